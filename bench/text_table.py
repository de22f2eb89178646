"""Tables in Markdown, which read well on a terminal too."""


def markdown(rows: list[tuple[str, ...]]) -> str:
    """Return rows, the head first, as a Markdown table with even columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [rows[0], tuple("-" * width for width in widths), *rows[1:]]
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in lines)
