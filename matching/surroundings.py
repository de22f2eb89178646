"""What stands around a number in a label, and what that makes of it."""

from .look_alikes import is_date
from .numbers import Number
from .text import Label
from .words import CREDITED, INVOICE, NEUTRAL, NUMBER, REFUND

#: Most characters between two parts of one number.
WIDEST_GAP = 4

_TIGHT = frozenset("-/._")  # joins the parts of one number
_SHORT_PREFIX = 5  # letters
_USUAL_WIDTH = 4  # figures of a yearly sequence, zeros included


class Surroundings:
    """The neighbourhood of places in one label.

    :param int year: of the receipt, to tell dates from numbers
    """

    def __init__(self, label: Label, year: int) -> None:
        self.label, self.year = label, year

    # === What overlaps ===

    def is_hidden(self, start: int, end: int) -> bool:
        """Whether something there is known as another kind of number."""
        return any(s < end and start < e for s, e in self.label.look_alikes)

    def is_in_date(self, start: int, end: int) -> bool:
        """Whether a part of it is written as a date."""
        return any(s < end and start < e for s, e in self.label.dates(self.year))

    def may_be_date(self, text: str) -> bool:
        """Whether these characters, all digits, can be a date."""
        return text.isdigit() and is_date(text, self.year)

    # === What follows ===

    def digits_after(self, end: int) -> str:
        """Return the digits glued after ``end``."""
        folded, stop = self.label.folded, end
        while stop < len(folded) and folded[stop].isdigit():
            stop += 1
        return folded[end:stop]

    def goes_on(self, end: int) -> bool:
        """Whether digits follow after a sign that joins the parts of one number."""
        following = self.label.folded[end : end + 2]
        if len(following) < 2 or following[0] not in _TIGHT:
            return False
        return following[1].isdigit()

    def is_stuck(self, end: int) -> bool:
        """Whether letters follow at once that are no word: 202600042X77."""
        folded, stop = self.label.folded, end
        while stop < len(folded) and folded[stop].isalpha():
            stop += 1
        return stop > end and folded[end:stop] not in NEUTRAL

    def may_be_cut(self, number: Number, end: int) -> bool:
        """Whether the bank may have cut more figures off.

        Sequences that begin anew each year are seldom longer than they are wide.
        """
        if end not in self.label.cuts or number.sequence.startswith("0"):
            return False
        return number.year is None or len(number.sequence) < _USUAL_WIDTH

    # === What precedes ===

    def goes_back(self, start: int) -> bool:
        """Whether digits precede before a sign that joins the parts of one number."""
        before = self.label.folded[max(start - 2, 0) : start]
        return len(before) == 2 and before[1] in _TIGHT and before[0].isdigit()

    def announcement(self, number: Number, start: int) -> tuple[bool, bool]:
        """Return whether the number's own letters precede, and whether those or a word
        for invoices do: "facture n° 42".
        """
        word, gap = self.label.word_before(start)
        if word in NUMBER and len(gap) < WIDEST_GAP:
            before = start - len(gap) - len(word)
            previous, wider = self.label.word_before(before)
            if len(wider) < WIDEST_GAP and previous:
                word, gap = previous, wider
        if len(gap) >= WIDEST_GAP:
            word = ""
        own = bool(word) and word == number.letters
        return own, own or word in INVOICE

    def is_foreign(self, number: Number, start: int) -> bool:
        """Whether other letters belong to these digits: another kind of document.

        ``BC2026-00042`` is an order; where invoices are ``INV/…``, ``FAC/2026/00042``
        is another series or somebody else's.
        """
        before, gap = self.label.word_before(start)
        letters = number.letters
        if not before or before == letters:
            return False
        attached = not gap or (len(gap) == 1 and gap in _TIGHT)
        if before in NEUTRAL:
            alike = before.startswith(letters) or letters.startswith(before)
            short = len(before) < _SHORT_PREFIX and before in INVOICE
            return attached and short and not alike
        return not gap or (attached and len(before) <= _SHORT_PREFIX)

    def is_credit_note(self, number: Number, start: int) -> bool:
        """Whether the digits follow the letters of a credit note: RFAC for FAC."""
        before, _gap = self.label.word_before(start)
        letters = number.letters
        return bool(letters) and any(before == prefix + letters for prefix in REFUND)

    def is_other_word(self, number: Number, start: int) -> bool:
        """Whether the number's letters are the end of a word: REF is not F."""
        before, gap = self.label.word_before(start)
        if gap or not before:
            return False
        return before + number.letters in NEUTRAL or before in REFUND

    def is_credited(self, start: int) -> bool:
        """Whether a word or a prefix says that the invoice named is credited."""
        before, gap = self.label.word_before(start)
        if gap or before in NEUTRAL:
            return before in CREDITED and len(gap) < WIDEST_GAP
        return before.endswith(("AV", "R"))

    def is_glued(self, start: int) -> bool:
        """Whether letters that are no word, or digits, are glued before ``start``."""
        before, gap = self.label.word_before(start)
        if gap or not start:
            return False
        return before not in NEUTRAL
