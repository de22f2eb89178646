"""Structured references: ISO 11649 (RF) and the Belgian structured communication."""

import re
from collections.abc import Iterator

from stdnum import iso11649

from .text import Label

#: ISO 11649: RF, two check digits, 1 to 21 letters and digits.
_RF_HEAD = re.compile(r"RF\d\d")
_RF_LONGEST = 25
_RF_SHORTEST = 5
_WIDEST_BODY = 12  # zeros are restored up to this width

# Belgian: 10 digits and their remainder by 97 (97 for 0), written +++ddd/dddd/ddddd+++
_BELGIAN = re.compile(r"(?=(?<!\d)(\d(?:[ /.+*\-\n]{0,3}\d){11})(?!\d))")
_NOT_DIGIT = re.compile(r"\D")


def is_belgian(digits: str) -> bool:
    """Tell whether 12 digits are a Belgian structured reference."""
    return len(digits) == 12 and (int(digits[:10]) % 97 or 97) == int(digits[10:])


def normalize(reference: str) -> str:
    """Return a structured reference without the zeros that do not count, '' if none.

    :param str reference: a payment reference, squeezed (`text.squeeze`)
    """
    if reference.startswith("RF"):
        if not iso11649.is_valid(reference):
            return ""
        return reference[:4] + reference[4:].lstrip("0")
    return reference if reference.isdigit() and is_belgian(reference) else ""


def spellings(reference: str) -> Iterator[str]:
    """Yield the digits of a reference as `find` gives it, with the zeros it may lack.

    Zeros at the head of an RF reference do not count, and some banks drop them.
    """
    yield _NOT_DIGIT.sub("", reference)
    head, body = reference[:4], reference[4:]
    if head.startswith("RF") and body.isdigit():
        body = body.lstrip("0")
        for width in range(len(body), _WIDEST_BODY + 1):
            yield head[2:] + body.zfill(width)


def find(label: Label) -> list[str]:
    """Return the structured references of a `Label`, check digits verified.

    Those of other people may be among them, and a few by chance: they are looked up.
    """
    found: dict[str, None] = {}
    squeezed, at = label.squeezed, label.at
    for head in _RF_HEAD.finditer(squeezed):
        start = head.start()
        longest = min(start + _RF_LONGEST, len(squeezed))
        for end in range(start + _RF_SHORTEST, longest + 1):
            # it ends where a word ends: a figure within a run is not the last one
            inside = end < len(squeezed) and at[end] - at[end - 1] == 1
            if inside and squeezed[end].isdigit() and squeezed[end - 1].isdigit():
                continue
            if iso11649.is_valid(squeezed[start:end]):
                found[squeezed[start:end]] = None
    for match in _BELGIAN.finditer(label.folded):
        digits = _NOT_DIGIT.sub("", match[1])
        if is_belgian(digits):
            found[digits] = None
    return list(found)
