"""``./dev docs``: what the list of apps shows, made from ``docs/shop_window.md``.

The page of the app (``static/description/index.html``) and the manifest's summary say
the same as their source; ``python -m devtools.shop_window`` tells when they do not.
"""

import re
import sys
import textwrap
from collections.abc import Iterator
from html import escape
from pathlib import Path

from .console import say
from .paths import ROOT

SOURCE = ROOT / "docs/shop_window.md"
PAGE = ROOT / "static/description/index.html"
MANIFEST = ROOT / "__manifest__.py"
# Longer ones are cut on the card of the app.
SUMMARY_MAX = 160

_PICTURE = re.compile(r"!\[(?P<text>[^]]*)\]\((?P<path>[^)]+)\)")
_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
_SUMMARY = re.compile(r'(?<=\n    "summary": ).*?(?=,\n    "\w)', re.DOTALL)


def update(_options=None) -> int:
    """Write the files that differ from their source; return the exit code."""
    for path, text in _outdated().items():
        path.write_text(text, encoding="utf-8")
        say(f"· {path.relative_to(ROOT)}: written")
    return 0


def check() -> int:
    """Name the files that differ from their source; return the exit code."""
    outdated = _outdated()
    for path in outdated:
        say(f"{path.relative_to(ROOT)} differs from its source: run ./dev docs")
    return 1 if outdated else 0


def _outdated() -> dict[Path, str]:
    source = SOURCE.read_text(encoding="utf-8")
    wanted = {
        PAGE: page(source),
        MANIFEST: with_summary(MANIFEST.read_text(encoding="utf-8"), summary(source)),
    }
    return {
        path: text
        for path, text in wanted.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def summary(source: str) -> str:
    """Return the one line of the source that is quoted.

    :raises ValueError: if it is missing, or too long for the card of an app
    """
    [line] = re.findall(r"^> (.+)$", source, flags=re.MULTILINE) or [""]
    if not 0 < len(line) <= SUMMARY_MAX:
        raise ValueError(f"{SOURCE.name}: the quoted summary is missing or too long")
    return line


def with_summary(manifest: str, text: str) -> str:
    """Return the manifest with ``text`` as its summary, in lines of 88 characters."""
    pieces = textwrap.wrap(text.replace('"', "'"), 69)
    literal = ' "\n    "'.join(pieces)
    changed, count = _SUMMARY.subn(lambda _match: f'"{literal}"', manifest)
    if count != 1:
        raise ValueError("The manifest's summary was not found")
    return changed


def page(source: str) -> str:
    """Return the HTML page of the app: a section for each heading of the source."""
    return "\n".join(_sections(source)) + "\n"


def _sections(source: str) -> Iterator[str]:
    for number, part in enumerate(re.split(r"^#+ ", source, flags=re.MULTILINE)[1:]):
        title, _newline, body = part.partition("\n")
        heading = "h3" if number else "h2"
        yield '<section class="oe_container">'
        yield '    <div class="oe_row">'
        yield f'        <{heading} class="oe_slogan">{escape(title)}</{heading}>'
        for block in re.split(r"\n{2,}", body.strip()):
            yield from (f"        {line}" for line in _block(block))
        yield "    </div>"
        yield "</section>"


def _block(block: str) -> Iterator[str]:
    if block.startswith("> "):
        return
    if picture := _PICTURE.fullmatch(block):
        name, text = Path(picture["path"]).name, escape(picture["text"])
        yield '<div style="text-align: center">'
        yield f'    <img src="{name}" alt="{text}" style="max-width: 100%" />'
        yield "</div>"
    elif block.startswith("- "):
        yield "<ul>"
        for item in re.split(r"^- ", block, flags=re.MULTILINE)[1:]:
            yield f"    <li>{_inline(item)}</li>"
        yield "</ul>"
    else:
        yield f"<p>{_inline(block)}</p>"


def _inline(text: str) -> str:
    text = escape(" ".join(text.split()), quote=False)
    return _LINK.sub(r'<a href="\2">\1</a>', text)


if __name__ == "__main__":
    sys.exit(check())
