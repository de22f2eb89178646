"""Is this the same payer? Names as banks write them.

Legal forms and titles do not count, nor word order, case and accents; the last word
may be cut off, and spaces may be gone.
"""

import re
from functools import lru_cache

from .misspelling import differ_by_one
from .text import SEPARATOR, Label, fold

_WORD = re.compile(r"[A-Z0-9]+")

# legal forms, titles, and small words: dropped unless nothing else is left
_EMPTY = frozenset(
    """
    SA SAS SASU SARL EURL SCI SNC SCOP SCP SELARL EI EIRL ASSO ASSOCIATION SCA SE
    GMBH MBH UG AG KG OHG KGAA EK EV GBR CO COKG UGHAFTUNGSBESCHRAENKT
    SRL SPRL BVBA BV NV SC SCRL CV CVBA VOF ASBL VZW SCS COMMV VZ
    LTD LIMITED LLC LLP PLC INC CORP CIE STE SOCIETE ETS ETABLISSEMENTS GROUPE GROUP
    M MR MME MLLE MRS MS MLE MONSIEUR MADAME HERR FRAU HR FR DHR MEVR MW DR OU
    ET AND UND EN DE DU DES LA LE LES L D THE VAN VON DER DEN AU AUX
    """.split()
)
_DOTTED = re.compile(r"\b([A-Z])\.(?=[A-Z]\b)")
_UMLAUT = re.compile("(A|O|U)E")

_SHORTEST_SAME = 4  # letters that two names must share


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of ``name`` that count, in order."""
    folded = _DOTTED.sub(r"\1", fold(name or ""))
    folded = _UMLAUT.sub(r"\1", folded)  # Müller is MUELLER or MULLER
    words = _WORD.findall(folded)
    return tuple(word for word in words if word not in _EMPTY) or tuple(words)


@lru_cache(maxsize=16384)
def likeness(one: str, other: str) -> float:
    """Tell how alike two names are.

    :return: 1.0 the same, 0.0 nothing in common: twice the letters of the words they
        share, over the letters of both
    """
    first, second = words_of(one), words_of(other)
    if not first or not second:
        return 0.0
    glued = "".join(first), "".join(second)
    if glued[0] == glued[1]:
        return 1.0
    total = len(glued[0]) + len(glued[1])
    shared, left = 0, list(second)
    for word in first:
        match = next((w for w in left if _same_word(word, w)), None)
        if match:
            left.remove(match)
            shared += len(word) + len(match)
    shorter, longer = sorted(glued, key=len)
    if len(shorter) >= 8 and longer.startswith(shorter):  # cut off, or spaces gone
        return max(shared / total, 0.9)
    return shared / total


def _same_word(one: str, other: str) -> bool:
    """Whether two words are the same, one of them cut off or misspelt by a letter."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < _SHORTEST_SAME:
        return False
    if longer.startswith(shorter):
        return True
    return len(shorter) >= 6 and differ_by_one(one, other)


def is_same(one: str, other: str) -> bool:
    """Tell whether two names are one payer's, as far as names can tell."""
    figures = [set(filter(str.isdigit, words_of(name))) for name in (one, other)]
    if all(figures) and figures[0].isdisjoint(figures[1]):
        return False  # SCI Lilas 1 is not SCI Lilas 2
    if likeness(one, other) >= 0.75:
        return True
    # a whole name within a longer one: "MARTIN BTP" and "MARTIN BTP AGENCE DE LYON"
    first, second = sorted((words_of(one), words_of(other)), key=len)
    return len("".join(first)) >= 6 and all(
        any(_same_word(word, w) for w in second) for word in first
    )


def is_unlike(one: str, other: str) -> bool:
    """Tell whether two names have nothing in common."""
    return bool(one and other) and likeness(one, other) < 0.25


class NamesIn:
    """The names that a label may hold."""

    def __init__(self, label: Label) -> None:
        texts = _UMLAUT.sub(r"\1", label.folded)
        words = _WORD.findall(texts.partition(SEPARATOR)[0])
        self.last = words[-1] if words and len(words[-1]) >= _SHORTEST_SAME else None
        self.words = frozenset(_WORD.findall(texts))
        self.squeezed = _UMLAUT.sub(r"\1", label.squeezed)

    def likeness(self, name: str) -> float:
        """Tell how much of ``name`` the label holds: 1.0 all its words that count."""
        words = words_of(name)
        letters = held = 0
        for word in words:
            letters += len(word)
            if word in self.words or self.last and word.startswith(self.last):
                held += len(word)  # the last word of a label may be cut off
        if letters < _SHORTEST_SAME:
            return 0.0
        if letters >= 7 and "".join(words) in self.squeezed:
            return 1.0
        return held / letters
