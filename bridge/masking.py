"""What no log may hold, found by what it looks like, wherever it stands.

Addresses reach logs as somebody typed them: with a language or a second slash before
the path, in capitals, percent-encoded once or more.
"""

import re

from .iban import masked
from .reference import TOKEN_ALPHABET, TOKEN_LENGTH

# A percent sign may be encoded itself: %2F, %252F, …
_PERCENT = "%(?:25)*"
_SLASH = f"(?:/|{_PERCENT}2F)"
# Where a word begins, also behind a character that is encoded.
_START = r"(?:(?<![0-9A-Za-z])|(?<=%[0-9A-Fa-f]{2})|(?<=%25[0-9A-Fa-f]{2}))"
_END = "(?![0-9A-Za-z])"
_SPACE = r"(?:[ \xa0+-]|%20|%C2%A0)"

_CODES = "|".join(
    format(ord(character), "X") for character in TOKEN_ALPHABET + TOKEN_ALPHABET.upper()
)
_HIDDEN = re.compile(
    # A token of our links, by its shape …
    rf"{_START}(?:[{TOKEN_ALPHABET}]|{_PERCENT}(?:{_CODES})){{{TOKEN_LENGTH}}}{_END}"
    # … and whatever stands in the place of one: it may be one with a slip.
    rf"|(?<=pay)(?P<slash>{_SLASH}+)(?:(?!{_SLASH}|{_PERCENT}3F)[^\s?#\"'<>&])+"
    # What Bridge brings back with a person who connected their bank, likewise.
    rf"|{_START}\d{{1,9}}(?:-|{_PERCENT}2D)[0-9a-f]{{24,}}"
    r"|(?<=connect/return)(?P<mark>\?)[^\s\"'<>]+",
    re.IGNORECASE,
)
_BEARER = re.compile(r"(?i)\bbearer\s+\S+")
_IBAN = re.compile(
    rf"{_START}"
    rf"(?:[A-Z]{{2}}\d{{2}}(?:{_SPACE}?[A-Z0-9]{{4}}){{2,7}}(?:{_SPACE}?[A-Z0-9]{{1,3}})?"
    r"|[a-z]{2}\d{2}[a-z0-9]{11,30})"
    rf"{_END}"
)
_SHORTEST_IBAN = 15


def mask_accounts(text: str) -> str:
    """Return ``text`` without IBANs and bearer tokens."""
    return _IBAN.sub(_mask_iban, _BEARER.sub("Bearer ***", text))


def mask_log(text: str) -> str:
    """Return ``text`` without IBANs, bearer tokens, and what opens our addresses."""
    # A token can look like an account number, too.
    return mask_accounts(_HIDDEN.sub(_hide, text))


def _hide(match: re.Match[str]) -> str:
    return f"{match['slash'] or match['mark'] or ''}***"


def _mask_iban(match: re.Match[str]) -> str:
    iban = re.sub(_SPACE, "", match[0])
    if len(iban) < _SHORTEST_IBAN:
        return match[0]
    return masked(iban, "X" * (len(iban) - 7), tail=3)
