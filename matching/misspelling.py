"""Numbers written almost right: only a suggestion, beside an amount that agrees."""

from collections.abc import Iterator

from .numbers import Number, parse
from .text import Label

_SHORTEST = 6  # figures that say something even with one of them wrong


def is_misspelt_in(label: Label, *texts: str) -> bool:
    """Tell whether a number is in a label but for a figure or two exchanged ones.

    Of a structured reference, the check digits may be wrong too.

    :param texts: a document's number and its payment reference
    """
    for text in texts:
        number = parse(text)
        if number and len(number.digits) >= _SHORTEST:
            if any(_is_misspelt(number, written) for written in _written(label)):
                return True
    return False


def _written(label: Label) -> Iterator[str]:
    """Yield the digits of one to four neighbouring runs."""
    runs = label.runs[:40]
    for first in range(len(runs)):
        digits = ""
        for last in range(first, min(first + 4, len(runs))):
            if last > first and runs[last].start - runs[last - 1].end > 3:
                break
            digits += runs[last].digits
            yield digits


def _is_misspelt(number: Number, written: str) -> bool:
    digits = number.digits
    if abs(len(digits) - len(written)) > 1:
        return False
    if number.structured.startswith("RF"):
        if digits[2:] == written[2:]:
            return True
    elif number.structured and digits[:10] == written[:10]:
        return True
    return differ_by_one(digits, written) or _are_exchanged(digits, written)


def differ_by_one(one: str, other: str) -> bool:
    """Tell whether two strings are the same but for one character, or for its lack."""
    shorter, longer = sorted((one, other), key=len)
    lacking = len(longer) - len(shorter)
    if lacking > 1:
        return False
    at = _first_difference(one, other)
    return longer[at + 1 :] == shorter[at + 1 - lacking :]


def _are_exchanged(one: str, other: str) -> bool:
    """Whether two neighbouring characters took each other's place."""
    at = _first_difference(one, other)
    exchanged = one[at : at + 2] == other[at : at + 2][::-1]
    return exchanged and one[at + 2 :] == other[at + 2 :]


def _first_difference(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
