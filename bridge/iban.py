"""Account numbers as people may see them."""


def masked(number: str | None, hidden: str = " … ", tail: int = 4) -> str:
    """Return an account number of which only the ends show, a short one as it is.

    :param str hidden: what stands for the rest
    :param int tail: how many of the last characters show
    """
    number = "".join((number or "").split())
    return f"{number[:4]}{hidden}{number[-tail:]}" if len(number) > 8 else number
