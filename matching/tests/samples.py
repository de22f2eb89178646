"""Receipts, dues and labels to decide on, made short."""

import datetime
import itertools
from dataclasses import dataclass, field

from matching import Due, Receipt, Settings, decide, read_clues

TODAY = datetime.date(2026, 11, 20)
#: The invoice that most tests are about, one of ACME Industries.
NUMBER, CENTS = "FAC/2026/00042", 4_990
_keys = itertools.count(1)


def receipt(text, cents=CENTS, **values):
    """Return a receipt with one text, or several in a tuple."""
    texts = (text,) if isinstance(text, str) else text
    values = {"key": "line", "currency": "EUR", "date": TODAY, **values}
    return Receipt(cents=cents, texts=texts, **values)


def due(document=NUMBER, cents=CENTS, partner="acme", **values):
    """Return an open entry of a customer, by default ACME Industries."""
    key = values.pop("key", next(_keys))
    values = {
        "key": key,
        "move": values.pop("move", key),
        "payment_reference": document,
        "partner_name": "ACME Industries SAS" if partner == "acme" else partner,
        "currency": "EUR",
        "date": TODAY,
        **values,
    }
    return Due(document=document, cents=cents, partner=partner, **values)


def decided(line, dues=(), targets=(), payers=(), settings=None):
    """Return what is decided when all these dues are known."""
    return decide(line, read_clues(line), targets, dues, settings or Settings(), payers)


def said(decision):
    """Return how sure a decision is, and the reason of its best proposal."""
    return decision.certainty, decision.best.reason


def documents(decision):
    """Return the documents that the best proposal pays."""
    return [entry.document for entry in decision.best.dues]


#: A payer whose name is told, and the number.
NAMED = f"ACME INDUSTRIES {NUMBER}"


@dataclass(frozen=True)
class Row:
    """What is decided of a receipt, by default with one open invoice.

    :ivar reason: of the best proposal
    :ivar more: further arguments of `decided`
    :ivar best: fields of the best proposal, and facts of it
    """

    reason: str
    line: Receipt
    dues: list = field(default_factory=lambda: [due()])
    more: dict = field(default_factory=dict)
    best: dict = field(default_factory=dict)

    def check(self, certainty):
        decision = decided(self.line, self.dues, **self.more)
        assert said(decision) == (certainty, self.reason)
        told = decision.best._asdict() | decision.best.facts
        assert {name: told[name] for name in self.best} == self.best
