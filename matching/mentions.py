"""Does this label name this document? How well, and where.

A number found by its digits may be a date, a phone number, or another document's. So
each reading is judged where it stands: the letters of the number, what is glued to it,
the word before it, and whether the label itself says that it is something else.
"""

import re
from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import NamedTuple

from .lists import Item, read_list
from .numbers import Number, parse
from .structured import normalize
from .surroundings import WIDEST_GAP, Surroundings
from .text import Label
from .types import Clues

_DIGITS = re.compile(r"\d+")


class Strength(IntEnum):
    """How well a label names a document."""

    HINT = 0  # for a person's eyes only
    FAINT = 1  # enough beside other numbers that add up with it
    WEAK = 2  # enough beside a payer who is known and an amount that agrees
    BARE = 3  # its digits, whole and standing alone
    PLAIN = 4  # the number as it is written
    CHECKED = 5  # a structured reference with right check digits


class Mention(NamedTuple):
    """A reading of a document's number in a label.

    :ivar strength: `Strength`
    :ivar doubt: '' or the reason of a doubt (``incomplete``, ``looks_like``,
        ``other_year``)
    :ivar start: its place in `Label.folded`
    :ivar end: where it ends
    """

    strength: Strength
    doubt: str
    start: int
    end: int


class Reader:
    """Finds documents in one label.

    :param Clues clues: its structured references
    :param int year: of the receipt, to tell dates from numbers
    """

    def __init__(self, label: Label, clues: Clues, year: int) -> None:
        self.label = label
        self.around = Surroundings(label, year)
        self.structured = frozenset(map(normalize, clues.structured))
        # items of lists, by series
        self._listed: dict[tuple[str, tuple[str, ...]], list[tuple[Item, Mention]]] = {}

    def find(self, *texts: str, credit: bool = False) -> Mention | None:
        """Return the best `Mention` of a document, None if it is not named.

        :param texts: its number and its payment reference, '' for none
        :param bool credit: whether it is a credit note
        """
        best = None
        for number in filter(None, map(parse, dict.fromkeys(texts))):
            best = _stronger(best, self._find_number(number, credit))
        return best

    def _find_number(self, number: Number, credit: bool) -> Mention | None:
        if number.structured:  # all of it, check digits and all, or nothing
            named = number.structured in self.structured
            return self._find_structured(number) if named else None
        if number.key not in self.label.digits and number.series not in self._listed:
            return None  # whatever is lost, the sequence without its zeros is there
        best = self._find_whole(number, credit)
        if best:  # its own letters are there: what they say counts
            return best
        best = _stronger(self._find_digits(number), self._find_parts(number))
        if best is None:
            for reading in self._find_other_years(number):
                best = _stronger(best, reading)
        return best

    def _find_structured(self, number: Number) -> Mention:
        place, at = self.label.squeezed.find(number.squeezed), self.label.at
        if place < 0:  # zeros were lost: where it stands does not matter
            return Mention(Strength.CHECKED, "", 0, 0)
        end = at[place + len(number.squeezed) - 1] + 1
        return Mention(Strength.CHECKED, "", at[place], end)

    # === The number with its letters, whatever stands between its characters ===

    def _find_whole(self, number: Number, credit: bool) -> Mention | None:
        if not number.letters:
            return None
        best = None
        for place in _occurrences(number.squeezed, self.label.squeezed):
            last = place + len(number.squeezed) - 1
            if _widest_gap(self.label.at, place, last) <= WIDEST_GAP:
                start, end = self.label.at[place], self.label.at[last] + 1
                best = _stronger(best, self._judge_whole(number, start, end, credit))
        return best

    def _judge_whole(
        self, number: Number, start: int, end: int, credit: bool
    ) -> Mention | None:
        around = self.around
        if around.is_other_word(number, start):
            return None
        strength, doubt = Strength.PLAIN, ""
        tail = around.digits_after(end) if number.squeezed[-1].isdigit() else ""
        if tail and not around.may_be_date(tail):
            return None  # a part of a longer number
        if tail or around.goes_on(end) or around.is_glued(start):
            strength = Strength.BARE
        if around.is_credited(start) and not credit:
            strength, doubt = Strength.WEAK, "looks_like"
        if around.may_be_cut(number, end):
            strength, doubt = Strength.WEAK, "incomplete"
        if len(number.squeezed) < 6 or len(number.digits) < 4:
            strength, doubt = Strength.WEAK, doubt or "incomplete"
        if strength < Strength.PLAIN and around.is_hidden(start, end):
            strength, doubt = Strength.HINT, "looks_like"
        return Mention(strength, doubt, start, end)

    # === Its digits alone, or after other letters ===

    def _find_digits(self, number: Number, digits: str = "") -> Mention | None:
        label, best = self.label, None
        digits = digits or number.digits
        for place in _occurrences(digits, label.digits):
            at, last = label.digits_at, place + len(digits) - 1
            start, end = at[place], at[last] + 1
            if place and at[place - 1] == start - 1 or self.around.digits_after(end):
                continue  # a part of a longer run
            letters = sum(map(str.isalpha, label.folded[start:end]))
            if letters <= 2 and _widest_gap(at, place, last) <= WIDEST_GAP:
                best = _stronger(best, self._judge_digits(number, start, end))
        return best

    def _judge_digits(self, number: Number, start: int, end: int) -> Mention:
        around, text = self.around, self.label.folded[start:end]
        if (
            around.is_credit_note(number, start)
            or around.is_hidden(start, end)
            or around.is_in_date(start, end)
        ):
            return Mention(Strength.HINT, "looks_like", start, end)
        _own, announced = around.announcement(number, start)
        strength, doubt = Strength.BARE, ""
        if announced or (not number.letters and _is_as_written(number, text)):
            strength = Strength.PLAIN
        if len(number.digits) < 6 or around.may_be_cut(number, end):
            strength, doubt = Strength.WEAK, "incomplete"
        elif (
            not _is_split_like(number, text)
            or around.is_foreign(number, start)
            or around.goes_on(end)
            or around.goes_back(start)
            or around.is_stuck(end)
        ):
            strength, doubt = Strength.WEAK, "looks_like"
        if around.may_be_date(text):
            limit = Strength.WEAK if announced else Strength.FAINT
            strength, doubt = min(strength, limit), "looks_like"
        return Mention(strength, doubt, start, end)

    def _find_other_years(self, number: Number) -> Iterator[Mention]:
        """Its digits glued, with zeros lost, a year of two figures, or another year."""
        if number.year is None or len(number.digits) < 6:
            return
        year = number.parts[number.year]
        head = "".join(number.parts[: number.year])
        tail = "".join(number.parts[number.year + 1 :])
        shorter = self._find_digits(number, head + year + tail.lstrip("0"))
        if shorter and shorter.strength > Strength.BARE:
            yield shorter._replace(strength=Strength.WEAK, doubt="incomplete")
        for spelling, is_other in _years(year):
            digits = head + spelling + tail
            reading = self._find_digits(number, digits) if len(digits) >= 6 else None
            if not reading:
                continue
            if is_other:
                yield reading._replace(strength=Strength.HINT, doubt="other_year")
            elif self.around.announcement(number, reading.start)[0]:
                yield reading._replace(strength=min(reading.strength, Strength.BARE))
            elif reading.strength > Strength.WEAK:
                yield reading._replace(strength=Strength.WEAK, doubt="incomplete")

    # === Its parts: zeros lost, a short year, no year, or another one ===

    def _find_parts(self, number: Number) -> Mention | None:
        sequence, best = int(number.sequence), None
        for item, mention in self._listed.get(number.series, ()):
            if item.low <= sequence <= item.high:
                best = _stronger(best, mention)
        for index in self.label.numbers.get(sequence, ()):
            for parts, year in number.shapes:
                best = _stronger(best, self._judge_parts(number, index, parts, year))
        return best

    def _judge_parts(
        self, number: Number, index: int, parts: tuple[str, ...], year: int | None
    ) -> Mention | None:
        around, runs = self.around, self.label.runs
        first, missing, other_year = self._match_parts(index, parts, year)
        if missing and missing != [year] and len(missing) < len(parts) - 1:
            return None
        start, end = runs[first].start, runs[index].end
        own, announced = around.announcement(number, start)
        if around.is_hidden(start, end):
            return None
        if around.is_in_date(start, end) and not own:
            return None
        own = own or (announced and not number.letters and len(number.groups) > 1)
        if around.goes_on(end) and not self._is_before_year(number, index):
            own = announced = False
        padded = runs[index].digits == number.sequence and len(number.sequence) > 3
        strength, doubt = Strength.HINT, "incomplete"
        if other_year:
            if not announced and not padded:
                return None
            doubt = "other_year"
        elif missing or len(parts) == 1 or end in self.label.cuts:
            if not announced:
                return None
            strength = Strength.WEAK
        elif own:
            strength, doubt = Strength.BARE, ""
        elif announced or padded:
            strength = Strength.WEAK
        return Mention(strength, doubt, start, end)

    def _is_before_year(self, number: Number, index: int) -> bool:
        """Whether the year comes after the sequence: 42/2026."""
        following = self.label.runs[index + 1].digits
        if number.year is None:
            # 42/00 is 42: zeros after a number say nothing.
            return not following.strip("0")
        return _is_same_part(number.parts[number.year], following, True)

    def _match_parts(
        self, index: int, parts: tuple[str, ...], year: int | None
    ) -> tuple[int, list[int], bool]:
        """Return the first run that belongs to the number whose sequence is run
        ``index``, which of its parts are missing, and whether the year is another."""
        runs, first, missing, other_year = self.label.runs, index, [], False
        for place in range(len(parts) - 2, -1, -1):
            digits = ""
            if first:
                gap = self.label.folded[runs[first - 1].end : runs[first].start]
                digits = runs[first - 1].digits if _is_gap(gap) else ""
            if digits and _is_same_part(parts[place], digits, place == year):
                first -= 1
            elif place == year and _is_other_year(parts[place], digits):
                first -= 1
                other_year = True
            else:
                missing.append(place)
        return first, missing, other_year

    # === Lists ===

    @property
    def has_list(self) -> bool:
        """Whether a list was read."""
        return bool(self._listed)

    def read_list(self, mention: Mention, *texts: str) -> None:
        """Note what follows a document found: "FAC/2026/00042, 43 et 44".

        The documents of the list are then found by `find`.

        :param Mention mention: where the document was found
        :param texts: its number and its payment reference
        """
        runs = self.label.runs
        at = next((i for i, run in enumerate(runs) if run.end == mention.end), None)
        if at is None or mention.strength < Strength.WEAK:
            return
        for text in dict.fromkeys(texts):
            number = parse(text)
            if number and number.digits.endswith(runs[at].digits[-2:]):
                for item in read_list(self.around, number, at):
                    listed = self._listed.setdefault(number.series, [])
                    listed.append((item, _of_item(item, mention.strength)))


def _of_item(item: Item, strongest: Strength) -> Mention:
    """Return the mention of an item of a list; none is stronger than the first."""
    strength = min(strongest, Strength.BARE if item.joined else Strength.WEAK)
    if not item.whole:
        strength = Strength.HINT
    doubt = "" if strength == Strength.BARE else "incomplete"
    return Mention(strength, doubt, item.start, item.end)


def _occurrences(part: str, whole: str) -> Iterator[int]:
    """Yield the places of ``part`` in ``whole``, overlapping ones too."""
    place = whole.find(part)
    while place >= 0:
        yield place
        place = whole.find(part, place + 1)


def _years(year: str) -> Iterator[tuple[str, bool]]:
    """Yield how else a year may be written, and whether that is another year."""
    value = int(year[-2:])
    yield (year[-2:] if len(year) == 4 else f"20{year}"), False
    for other in (value - 1, value + 1):
        yield f"{other:02}", True
        yield f"20{other:02}", True


def _is_as_written(number: Number, text: str) -> bool:
    """Whether digits are separated just as in the number itself."""
    if len(number.groups) < 2 or len(number.digits) < 7:
        return False
    return tuple(_DIGITS.findall(text)) == number.groups


def _is_split_like(number: Number, text: str) -> bool:
    """Whether digits are split, if at all, only where the number's own parts meet."""
    if any(map(str.isalpha, text)):
        return False
    groups = _DIGITS.findall(text)
    lengths = {len("".join(groups)) - end for end in _ends(groups)}
    length = len(number.digits)
    usual = _ends(number.groups) | _ends(number.parts)
    return lengths <= {length - end for end in usual}


def _stronger(one: Mention | None, other: Mention | None) -> Mention | None:
    """Return the stronger of two mentions, the first when they are alike."""
    if one is None or other is None:
        return one or other
    return other if other.strength > one.strength else one


def _widest_gap(at: list[int], first: int, last: int) -> int:
    """Return the most characters between two neighbours."""
    return max((at[i + 1] - at[i] for i in range(first, last)), default=1) - 1


def _ends(groups: Iterable[str]) -> set[int]:
    ends, length = set(), 0
    for group in groups:
        length += len(group)
        ends.add(length)
    return ends


def _is_gap(gap: str) -> bool:
    """Whether only separators stand between two parts of one number."""
    return len(gap) <= WIDEST_GAP and not any(map(str.isalpha, gap))


def _is_same_part(part: str, digits: str, is_year: bool) -> bool:
    if part.lstrip("0") == digits.lstrip("0"):
        return True
    return is_year and {len(part), len(digits)} == {2, 4} and part[-2:] == digits[-2:]


def _is_other_year(part: str, digits: str) -> bool:
    if len(digits) not in (2, 4) or (len(digits) == 4 and digits[:2] != "20"):
        return False
    return abs(int(digits[-2:]) - int(part[-2:])) <= 3
