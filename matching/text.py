"""A bank label made readable: one folded line, with a map back from what is squeezed.

Banks change case, lose accents, and drop or insert spaces, slashes and line breaks.
So a number is searched in the letters and digits alone (`Label.squeezed`), and its
surroundings are judged where it stood (`Label.folded`).
"""

import re
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from .look_alikes import Place, find_dates, find_fields, find_look_alikes

if "." in __package__:
    from ..bridge import label, reference  # type: ignore[import-not-found]
else:  # outside Odoo, the two packages stand side by side
    from bridge import label, reference

#: More than this of a label is not read (a hostile or endless note).
MOST_CHARACTERS = 2000

#: Lengths at which banks cut: what stands at the end of such a text may go on.
CUTS = frozenset((31, 32, 35, 50, 70, 105, 140))

#: Stands between two texts of one line.
SEPARATOR = "\x1f"

_SIGNS = str.maketrans({"€": " EUR ", "×": "x"})
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_RUN = re.compile(r"\d+")
_NOT_ALNUM = re.compile(r"[^A-Z0-9]+")


def fold(text: str) -> str:
    """Return ``text`` in upper-case ASCII: accents folded, other signs as spaces."""
    if not text.isascii():
        text = _NOT_ASCII.sub(" ", label.fold(text.translate(_SIGNS)))
    return text.upper()


def squeeze(text: str) -> str:
    """Return the letters and digits of ``text``, folded."""
    return _NOT_ALNUM.sub("", fold(text))


def find_codes(texts: tuple[str, ...]) -> list[str]:
    """Return the codes of each text by itself, then those across two of them.

    Candidates: the characters of other words may make a code by chance.

    :param tuple[str] texts: empty ones are skipped
    """
    codes = dict.fromkeys(chain.from_iterable(map(reference.find, texts)))
    codes.update(dict.fromkeys(reference.find("", *texts)))
    return list(codes)


class Run(NamedTuple):
    """A run of digits of `Label.folded`, from `start` to `end`."""

    digits: str
    start: int
    end: int


class Label:
    """The texts of a bank line, read as one.

    :ivar folded: the texts, folded, `SEPARATOR` between them; a text that an
        earlier one holds is left out
    :ivar squeezed: its letters and digits
    :ivar at: for each character of `squeezed`, its place in `folded`
    :ivar cuts: ends in `folded` of the texts as long as a bank's limit
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        folded = ""
        kept: list[str] = []
        self.cuts: set[int] = set()
        for text in filter(None, texts):
            part = fold(text).replace(SEPARATOR, " ")
            squeezed = squeeze(part)
            if not squeezed or any(squeezed in other for other in kept):
                continue
            kept.append(squeezed)
            folded += (SEPARATOR if folded else "") + part
            if len(text) in CUTS or len(text.replace("\n", "")) in CUTS:
                self.cuts.add(len(folded.rstrip()))
        self.folded = folded[:MOST_CHARACTERS]
        self.at = [i for i, c in enumerate(self.folded) if c.isalnum()]
        self.squeezed = _NOT_ALNUM.sub("", self.folded)
        self._dates: dict[int, list[Place]] = {}

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of digits, in order: ``list[Run]``."""
        return [Run(m[0], *m.span()) for m in _RUN.finditer(self.folded)]

    @cached_property
    def digits(self) -> str:
        """All digits of the label, in order."""
        return "".join(run.digits for run in self.runs)

    @cached_property
    def digits_at(self) -> list[int]:
        """For each character of `digits`, its place in `folded`."""
        return [i for run in self.runs for i in range(run.start, run.end)]

    @cached_property
    def fields(self) -> list[Place]:
        """Places of IBANs and other fields that hold no number of ours."""
        return find_fields(self)

    @cached_property
    def look_alikes(self) -> list[Place]:
        """Places of numbers that are no invoice's, dates left out."""
        return find_look_alikes(self)

    def dates(self, year: int) -> list[Place]:
        """Places of dates near ``year``."""
        if year not in self._dates:
            self._dates[year] = find_dates(self.folded, year)
        return self._dates[year]

    @cached_property
    def numbers(self) -> dict[int, list[int]]:
        """Places in `runs` of the runs with a value, by value: ``dict[int, list]``."""
        numbers: dict[int, list[int]] = {}
        for index, run in enumerate(self.runs):
            if len(run.digits) <= 9:
                numbers.setdefault(int(run.digits), []).append(index)
        return numbers

    def word_before(self, start: int) -> tuple[str, str]:
        """Return the letters just before ``start``, and what stands between."""
        end = start
        while end and not self.folded[end - 1].isalnum():
            end -= 1
        begin = end
        while begin and self.folded[begin - 1].isalpha():
            begin -= 1
        return self.folded[begin:end], self.folded[end:start]


@lru_cache(maxsize=1024)
def read_label(texts: tuple[str, ...]) -> Label:
    """Return the `Label` of these texts; the two passes read the same one."""
    return Label(texts)
