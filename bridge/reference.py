"""References: the 10-character codes that find a payment again in a bank label.

A code is written at the head of the transfer's label and is its end-to-end id.
It survives what banks do to labels, because

* the alphabet has no look-alikes (no 0, 1, I, L, O) and 31 characters, a prime:
  with a different weight for each position, the check character catches every
  single wrong character and every exchange of two characters;
* the first character is a letter and the third and sixth are digits, so that no
  word and no plain number looks like a code.

False candidates: measured on realistic French bank labels without a code, about 1
in 200 of the ordinary ones, and 1 in 100 of those with a random alphanumeric
reference of somebody else, hold ten characters that pass for one (the tests state
the bounds). As 1.3e12 codes exist, a candidate is looked up, never believed.
"""

import math
import re
import secrets

from .label import fold

DIGITS = "23456789"
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"
ALPHABET = DIGITS + LETTERS
LENGTH = 10
# Of a link: 99 bits, readable and typable from paper.
TOKEN_ALPHABET = ALPHABET.lower()
TOKEN_LENGTH = 20

# what may stand at each position, the check character left out
_POSITIONS = (LETTERS, ALPHABET, DIGITS, ALPHABET, ALPHABET, DIGITS) + (ALPHABET,) * 3
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
# distinct non-zero weights: the check character's own weight is -1 (30 mod 31)
_WEIGHTS = range(1, LENGTH)

_SHAPE = "".join(f"[{characters}]" for characters in (*_POSITIONS, ALPHABET))
_CODE = re.compile(_SHAPE)
_CANDIDATE = re.compile(f"(?=({_SHAPE}))")  # look-ahead: windows may overlap
_NOISE = re.compile("[^A-Z0-9]+")


#: How many different codes exist.
CAPACITY = math.prod(map(len, _POSITIONS))


def _check_character(body: str) -> str:
    total = sum(
        weight * _VALUES[character]
        for weight, character in zip(_WEIGHTS, body, strict=True)
    )
    return ALPHABET[total % len(ALPHABET)]


def make() -> str:
    """Return a new random code. Uniqueness is the caller's to ensure."""
    number = secrets.randbelow(CAPACITY)
    body = ""
    for characters in _POSITIONS:
        number, index = divmod(number, len(characters))
        body += characters[index]
    return body + _check_character(body)


def make_many(count: int) -> list[str]:
    """Return a list of ``count`` new codes, all different."""
    codes: dict[str, None] = {}  # a dict, to keep the random order
    while len(codes) < count:
        codes[make()] = None
    return list(codes)


def is_valid(code: object) -> bool:
    """Tell whether ``code`` is a code, written as ``make`` writes it."""
    return (
        isinstance(code, str)
        and _CODE.fullmatch(code) is not None
        and _check_character(code[:-1]) == code[-1]
    )


def normalize(text: str) -> str:
    """Return the upper-case ASCII letters and digits of ``text``, accents folded."""
    return _NOISE.sub("", (text if text.isascii() else fold(text)).upper())


def find(text: str | None, *more_texts: str | None) -> list[str]:
    """Return the codes that may be in a bank label, in order of appearance.

    Case, accents, spaces, line breaks and punctuation do not count, nor what is
    glued before or after. The texts are read as one, in the order given, since
    banks spread a label over several fields; empty ones are skipped.

    :return: list of distinct codes; all of them are to be looked up
    """
    line = "".join(normalize(part) for part in (text, *more_texts) if part)
    candidates = dict.fromkeys(_CANDIDATE.findall(line))
    return [code for code in candidates if _check_character(code[:-1]) == code[-1]]
