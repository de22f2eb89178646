"""Numbers of documents taken apart: FAC/2026/00042 is FAC, 2026, 00042."""

import re
from functools import lru_cache
from typing import NamedTuple

from . import structured
from .text import fold, squeeze

_GROUP = re.compile(r"\d+")
_LETTERS = re.compile("[A-Z]+")
# how sequences write their year, and their month, without a separator after it
_GLUED = re.compile(r"(20[1-4]\d)(\d{4,6})|([1-4]\d)(0[1-9]|1[0-2])(\d{4,6})")
_GLUED_SHORT = re.compile(r"([1-4]\d)(\d{4,5})")
_YEAR = re.compile(r"20[1-4]\d")
_SHORT_YEAR = re.compile(r"[1-4]\d")


class Number(NamedTuple):
    """A document's number, or its payment reference.

    :ivar squeezed: its letters and digits
    :ivar digits: its digits
    :ivar letters: the letters before its first digit
    :ivar groups: its runs of digits, as written
    :ivar parts: year, month and sequence, as far as they can be told apart
    :ivar year: place of the year in `parts`, None without one
    :ivar key: the last of its parts without zeros, the least that names it
    :ivar structured: the same as a structured reference, '' if it is none
    """

    squeezed: str
    digits: str
    letters: str
    groups: tuple[str, ...]
    parts: tuple[str, ...]
    year: int | None
    key: str
    structured: str

    @property
    def shapes(self) -> list[tuple[tuple[str, ...], int | None]]:
        """Its parts, and the place of the year in them, as it may be written."""
        shapes = [(self.parts, self.year)]
        if len(self.parts) > 2:  # VTE 2611 0042
            shapes.append((("".join(self.parts[:-1]), self.parts[-1]), None))
        return shapes

    @property
    def sequence(self) -> str:
        """The last of its parts, which counts."""
        return self.parts[-1]

    @property
    def series(self) -> tuple[str, tuple[str, ...]]:
        """What its number shares with those before and after it."""
        return (self.letters, self.parts[:-1])


@lru_cache(maxsize=16384)
def parse(text: str) -> Number | None:
    """Return the `Number` written in ``text``, None if it has no digits.

    :param str text: '' for none
    """
    folded = fold(text or "")
    groups = tuple(_GROUP.findall(folded))
    if not groups:
        return None
    squeezed = squeeze(folded)
    letters = _LETTERS.match(squeezed)
    parts = groups
    if len(groups) == 1:
        glued = _GLUED.fullmatch(groups[0]) or _GLUED_SHORT.fullmatch(groups[0])
        if glued:
            parts = tuple(part for part in glued.groups() if part)
    year = None
    for index, part in enumerate(parts[:-1]):
        if _YEAR.fullmatch(part) or (index == 0 and _SHORT_YEAR.fullmatch(part)):
            year = index
            break
    return Number(
        squeezed=squeezed,
        digits="".join(groups),
        letters=letters[0] if letters else "",
        groups=groups,
        parts=parts,
        year=year,
        key=parts[-1].lstrip("0") or "0",
        structured=structured.normalize(squeezed),
    )
