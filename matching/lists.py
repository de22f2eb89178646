"""Lists whose later numbers are shortened: "FAC/2026/00042, 43 et 44", "42 a 45"."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from .numbers import Number
from .surroundings import Surroundings
from .words import JOINING, RANGE

_WORD = re.compile("[A-Z]+")
_YEAR = re.compile(r"20[1-4]\d")
_MOST_LISTED = 30  # numbers of one list
_WIDEST_GAP = 8  # characters between two of them
_OTHER = re.compile(r"[A-Z%]|,\d")  # what follows a street number, a percentage, euros


class Item(NamedTuple):
    """A number of a list, or a range of them.

    :ivar low: its sequence
    :ivar high: the same, or the end of the range
    :ivar joined: whether a sign or a word joins it to the list; a space does not
    :ivar whole: whether it was written out, and not cut off by the bank
    :ivar start: its place in `Label.folded`
    :ivar end: where it ends
    """

    low: int
    high: int
    joined: bool
    whole: bool
    start: int
    end: int


def read_list(around: Surroundings, number: Number, at: int) -> Iterator[Item]:
    """Yield what follows a number in a label, as numbers of the same series.

    :param Surroundings around: of the label
    :param Number number: the first of the list
    :param int at: place in `Label.runs` of its last digits
    """
    label, runs = around.label, around.label.runs
    base = low = number.sequence
    for previous, run in zip(runs[at:], runs[at + 1 : at + _MOST_LISTED], strict=False):
        gap = label.folded[previous.end : run.start]
        words = set(_WORD.findall(gap))
        if (
            len(gap) > _WIDEST_GAP
            or len(run.digits) > len(base)
            or words - JOINING - RANGE - {number.letters}
            or _YEAR.fullmatch(run.digits)  # the next number, written out
            or run.digits in number.parts[:-1]
            or _OTHER.match(label.folded, run.end)
            or around.is_hidden(run.start, run.end)
            or around.is_in_date(run.start, run.end)
        ):
            return
        high = base[: -len(run.digits)] + run.digits
        is_range = bool(words & RANGE) or gap.strip() == "-"
        if is_range and int(high) <= int(low):
            return
        yield Item(
            low=int(low) + 1 if is_range else int(high),
            high=int(high),
            joined=bool(words or gap.strip()),
            whole=run.end not in label.cuts or len(run.digits) == len(base),
            start=run.start,
            end=run.end,
        )
        low = high
