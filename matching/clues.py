"""From a label to what is worth looking up.

The database finds invoices by the digits of their number alone, so the keys are the
strings of digits that may be all the digits of a number, however it was written:
as it stands, split or glued, without its year or its leading zeros, with a year of two
figures, or shortened in a list (``FAC/2026/00042, 43 et 44``). Too many keys cost a
look-up each and too few cost a match: the likeliest come first, `MOST_KEYS` are kept.
Whether a document found is the one meant is decided by `mentions`.
"""

import datetime
import re
from collections.abc import Iterator

from . import structured
from .surroundings import WIDEST_GAP
from .text import Label, Run, find_codes, read_label
from .types import Clues, Receipt
from .words import JOINING, RANGE

#: Most digit keys of one label.
MOST_KEYS = 100

_SHORTEST, _LONGEST = 4, 16  # digits of a number
_MOST_RUNS = 6  # runs of digits that make one number
_MOST_LISTED = 30  # numbers of one range

_WORD = re.compile("[A-Z]+")
_YEAR_INSIDE = re.compile(r"(?=(20[2-4]\d|[2-4]\d(?:0[1-9]|1[0-2])))")
_PADDINGS = (5, 4, 3, 6)

# first and last of the runs that may make one number, and its digits
Window = tuple[int, int, str]


def read_clues(receipt: Receipt) -> Clues:
    """Return what to look up for a receipt.

    :param Receipt receipt: its texts and end-to-end ids are read
    """
    label = read_label(receipt.texts + receipt.end_to_end)
    found = structured.find(label)
    keys = {}
    for reference in found:
        keys.update(dict.fromkeys(structured.spellings(reference)))
    for key in _digit_keys(label, receipt.date):
        if len(keys) >= MOST_KEYS:
            break
        keys[key] = None
    return Clues(
        codes=tuple(find_codes(receipt.end_to_end + receipt.texts)),
        digits=tuple(keys),
        structured=tuple(found),
    )


def _digit_keys(label: Label, day: datetime.date) -> Iterator[str]:
    """Yield the keys, likeliest first; some of them twice."""
    runs = _usable_runs(label)
    windows = list(_windows(label, runs))
    # 1. as it stands: few runs before many
    for _first, _last, digits in sorted(windows, key=lambda w: w[1] - w[0]):
        if len(digits) >= _SHORTEST:
            yield digits
    # 2. numbers glued to something else
    for run in runs:
        yield from _parts_of_long_run(run.digits)
    # 3. a list that shortens its numbers
    yield from _listed(label, runs, windows)
    # 4. the year short or missing, zeros lost
    year = day.year
    years = (str(year), str(year - 1))
    months = [
        f"{year}{month:02}" for month in range(max(day.month - 2, 1), day.month + 1)
    ]
    dates = label.dates(year)
    for first, last, digits in windows:
        dated = any(
            start <= runs[first].start and runs[last].end <= end for start, end in dates
        )
        alone = first == last
        if last - first < 3 and not (dated or alone and digits in years):
            groups = [run.digits for run in runs[first : last + 1]]
            yield from _restored(groups, years, months)


def _usable_runs(label: Label) -> list[Run]:
    """Return the runs of digits outside of IBANs and such; dates may be numbers."""
    hidden = label.fields
    return [
        run
        for run in label.runs
        if not any(start <= run.start and run.end <= end for start, end in hidden)
    ]


def _windows(label: Label, runs: list[Run]) -> Iterator[Window]:
    """Yield runs that may make one number: first and last index, and digits."""
    for first, run in enumerate(runs):
        digits = ""
        for last in range(first, min(first + _MOST_RUNS, len(runs))):
            run = runs[last]
            if last > first:
                gap = label.folded[runs[last - 1].end : run.start]
                if len(gap) > WIDEST_GAP or sum(map(str.isalpha, gap)) > 2:
                    break
            digits += run.digits
            if len(digits) > _LONGEST:
                break
            yield first, last, digits


def _parts_of_long_run(digits: str) -> Iterator[str]:
    """Yield the numbers that begin with a year inside a long run of digits."""
    for match in _YEAR_INSIDE.finditer(digits):
        start = match.start()
        lengths = (9, 8, 10) if match[1].startswith("20") else (8, 9)
        for length in lengths:
            if start + length <= len(digits):
                yield digits[start : start + length]


def _listed(label: Label, runs: list[Run], windows: list[Window]) -> Iterator[str]:
    """Yield the numbers of a list whose later ones are shortened."""
    for first, last, digits in windows:
        if last - first > 1 or len(digits) < 5:
            continue
        base, value = digits, runs[last].digits
        previous = last
        for place in range(last + 1, min(last + 8, len(runs))):
            short = runs[place].digits
            gap = label.folded[runs[previous].end : runs[place].start]
            words = set(_WORD.findall(gap))
            if (
                len(gap) > 8
                or len(short) > len(value)
                or words - JOINING - RANGE
                or (len(short) == len(base) and not words & RANGE)
            ):
                break
            yield base[: -len(short)] + short
            if words & RANGE or gap.strip() == "-":
                yield from _range(base, short)
            previous = place


def _range(base: str, short: str) -> Iterator[str]:
    """Yield the numbers between ``base`` and the one that ends with ``short``."""
    low, high = int(base), int(base[: -len(short)] + short)
    if high <= low + _MOST_LISTED:
        for number in range(low + 1, high):
            yield str(number).zfill(len(base))


def _restored(
    groups: list[str], years: tuple[str, str], months: list[str]
) -> Iterator[str]:
    """Yield what the number may be with its whole year and its zeros."""
    *head, last = groups
    if head:
        if len(last) <= 6 and 2 <= len("".join(head)) <= 6:
            yield from _restored_after(head, last, years)
        return
    if len(last) <= 6:
        yield from _restored_alone(last.lstrip("0"), years, months)
    yield from _restored_glued(last, years)


def _restored_after(
    head: list[str], last: str, years: tuple[str, str]
) -> Iterator[str]:
    """The year, or year and month, and the number: 26/42, 2026/42, 11/0007."""
    start = "".join(head)
    heads = [start]
    if len(head[0]) == 2:
        heads.append("20" + start)
    elif len(head[0]) == 4 and head[0].startswith("20"):
        heads.append(start[2:])
        heads += [year + start[4:] for year in years]
    if len(head[0]) <= 2 and int(head[0]) <= 12:
        heads += [year + head[0].zfill(2) + start[len(head[0]) :] for year in years]
    number = last.lstrip("0")
    for start in heads:
        yield start + last
        for width in _PADDINGS:
            if len(number) < width:
                yield start + number.zfill(width)


def _restored_alone(
    number: str, years: tuple[str, str], months: list[str]
) -> Iterator[str]:
    """A number alone: this year's, the last one's, or of one of these months."""
    for width in (5, 4, 6):
        if len(number) <= width:
            yield years[0] + number.zfill(width)
            yield years[1] + number.zfill(width)
    yield years[0][2:] + number.zfill(4)
    yield years[1][2:] + number.zfill(4)
    yield number.zfill(5)
    if len(number) <= 4:
        for month in months:  # VTE26110042
            yield month[2:] + number.zfill(4)
            yield month + number.zfill(4)


def _restored_glued(digits: str, years: tuple[str, str]) -> Iterator[str]:
    """One run of digits that holds the year: 2600042, 202642, or another year's."""
    if digits.startswith("20"):
        if 5 <= len(digits) <= 8:  # FAC/2026/00042 as FAC202642
            yield digits[:4] + digits[4:].zfill(5)
            yield digits[:4] + digits[4:].zfill(4)
        if len(digits) > 6:
            yield from (year + digits[4:] for year in years)
            yield digits[2:]
        return
    if len(digits) in (7, 8):
        yield "20" + digits
    if 6 <= len(digits) <= 9:
        yield from (year[2:] + digits[2:] for year in years)
