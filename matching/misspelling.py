"""Numbers written almost right: only a suggestion, beside an amount that agrees."""

from .numbers import parse

_SHORTEST = 6  # figures that say something even with one of them wrong


def is_misspelt_in(label, *texts):
    """Tell whether a number is in a label but for a figure or two exchanged ones.

    Of a structured reference, the check digits may be wrong too.

    :param Label label: the label
    :param texts: a document's number and its payment reference
    """
    for text in texts:
        number = parse(text)
        if number and len(number.digits) >= _SHORTEST:
            if any(_is_near(number, written) for written in _written(label)):
                return True
    return False


def _written(label):
    """Yield the digits of one to four neighbouring runs."""
    runs = label.runs[:40]
    for first in range(len(runs)):
        digits = ""
        for last in range(first, min(first + 4, len(runs))):
            if last > first and runs[last].start - runs[last - 1].end > 3:
                break
            digits += runs[last].digits
            yield digits


def _is_near(number, written):
    digits = number.digits
    if abs(len(digits) - len(written)) > 1:
        return False
    if number.structured.startswith("RF"):
        if digits[2:] == written[2:]:
            return True
    elif number.structured and digits[:10] == written[:10]:
        return True
    return is_near(digits, written)


def is_near(one, other):
    """Tell whether two strings differ by one character, or by two exchanged ones."""
    if len(one) < len(other):
        one, other = other, one
    start = 0
    while start < len(other) and one[start] == other[start]:
        start += 1
    if len(one) > len(other):
        return len(one) == len(other) + 1 and one[start + 1 :] == other[start:]
    if one[start + 1 :] == other[start + 1 :]:
        return True
    exchanged = one[start : start + 2] == other[start : start + 2][::-1]
    return exchanged and one[start + 2 :] == other[start + 2 :]
