"""What goes into the rules and what comes out: plain tuples.

Amounts are integers in minor units (cents) of one currency. A key is whatever the
caller recognises a thing by (a record, an id); it is only compared, never looked into.
"""

import datetime
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

#: How sure a decision is: booked by itself, left to a person, or no evidence.
SURE, UNSURE, NONE = "sure", "unsure", "none"


class Receipt(NamedTuple):
    """A bank line to be explained.

    :ivar key: the line
    :ivar cents: amount, positive when it comes in, negative when it goes out
    :ivar currency: code of the currency of `cents`
    :ivar date: booking date
    :ivar texts: everything that a payer or a bank wrote, in the order of importance:
        label, reference, notes, every text of the bank's details. HTML is not read.
    :ivar end_to_end: end-to-end ids that the bank passed on (CAMT, Bridge)
    :ivar payment_refs: ids of Bridge's own payment information (link, request or
        transaction)
    :ivar iban: the payer's account, in any writing; '' when unknown
    :ivar name: the payer's name as the bank gives it; '' when unknown
    :ivar partner: the customer already set on the line, as in `Due.partner`; None
        when nobody said
    """

    key: object
    cents: int
    currency: str
    date: datetime.date
    texts: tuple[str, ...] = ()
    end_to_end: tuple[str, ...] = ()
    payment_refs: tuple[str, ...] = ()
    iban: str = ""
    name: str = ""
    partner: object = None


class Clues(NamedTuple):
    """What to look up for a receipt, in three kinds. Candidates, never proofs.

    :ivar codes: 10-character codes that may be the reference of one of our targets
    :ivar digits: strings of digits that may be ALL the digits of an invoice number or
        of a payment reference (structured ones included), likeliest first, at most
        `clues.MOST_KEYS`
    :ivar structured: structured references with right check digits: ``RF…`` without
        spaces, as found, or the 12 digits of a Belgian one
    """

    codes: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    structured: tuple[str, ...] = ()


class Due(NamedTuple):
    """An open entry that a receipt may pay.

    Two dues with the same key are the same entry (a payment registered by hand for
    several invoices comes once for each of them). A document that is paid already
    may be given with ``cents=0``: it explains why the line is left open.

    :ivar key: the entry
    :ivar move: the invoice (or the payment's entry); the dues of one move are its
        installments
    :ivar document: number of the invoice
    :ivar payment_reference: the invoice's payment reference, '' when there is none
    :ivar partner: the customer, as its commercial entity, so that equal means the
        same payer
    :ivar partner_name: the customer's name
    :ivar cents: open amount, negative for a credit note
    :ivar currency: code of the currency of `cents`
    :ivar date: due date
    :ivar discount_cents: early-payment discount valid on the receipt's date, with the
        sign of `cents`, 0 when there is none
    :ivar payment: whether this is the outstanding entry of a payment registered by
        hand, to be taken as a whole or not at all
    """

    key: object
    move: object
    document: str
    payment_reference: str
    partner: object
    partner_name: str
    cents: int
    currency: str
    date: datetime.date
    discount_cents: int = 0
    payment: bool = False


class Target(NamedTuple):
    """One of our own references: a transaction, or a payment request.

    For a receipt that goes out (a returned transfer) the targets are those that were
    paid, with `cents` the amount that had come in.

    :ivar key: the transaction or the request
    :ivar cents: amount expected
    :ivar currency: its code
    :ivar open: whether no other bank line pays it yet
    :ivar reference: its 10-character code
    :ivar partner: the customer, as in `Due.partner`
    :ivar kind: ``transaction`` or ``request``
    :ivar ids: Bridge's ids of it, compared with `Receipt.payment_refs`
    :ivar dues: the open entries it asks for, oldest first
    """

    key: object
    cents: int
    currency: str
    open: bool = True
    reference: str = ""
    partner: object = None
    kind: str = "transaction"
    ids: tuple[str, ...] = ()
    dues: tuple[Due, ...] = ()


class Settings(NamedTuple):
    """What the company allows.

    :ivar partial: whether a sure reference with too little money is booked as a part
        payment, and with too much as a customer credit
    :ivar tolerance_cents: largest bank fee that may be missing from a receipt
    """

    partial: bool = True
    tolerance_cents: int = 0


class Proposal(NamedTuple):
    """One way to book a receipt.

    ``sum(paid) + rest_cents == receipt.cents``, and the open amounts of `dues` are what
    is paid, plus discount, fee and what is missing; the latter falls on the last due.
    When the amount agrees with nothing, `paid` is empty: `dues` are those that the
    label names, and a person decides.

    :ivar kind: the evidence: ``bridge``, ``end_to_end``, ``reference``,
        ``structured``, ``number``, ``iban``, ``name`` or ``returned``
    :ivar reason: code of the sentence, see the table of `matching`
    :ivar target: the `Target`, if it is one of ours
    :ivar dues: the entries it pays, oldest first; empty for a target without entries
        (a deposit) and for a customer whose entries do not explain the amount
    :ivar paid: money of the receipt for each of `dues`, in their order, or empty
    :ivar discount_cents: early-payment discount taken, over all dues
    :ivar fee_cents: bank fee to write off, positive
    :ivar rest_cents: money that no due takes: a credit of the customer
    :ivar missing_cents: what stays open of these dues
    :ivar facts: what the sentence needs, see the table of `matching`
    """

    kind: str
    reason: str
    target: Target | None = None
    dues: tuple[Due, ...] = ()
    paid: tuple[int, ...] = ()
    discount_cents: int = 0
    fee_cents: int = 0
    rest_cents: int = 0
    missing_cents: int = 0
    facts: Mapping[str, Any] = MappingProxyType({})

    @property
    def partner(self) -> object:
        """The customer it is about; None when there are several."""
        partners = {due.partner for due in self.dues}
        if self.target:
            partners = {self.target.partner}
        return partners.pop() if len(partners) == 1 else None


class Decision(NamedTuple):
    """What the rules say about a receipt.

    :ivar certainty: `SURE` (book `best`), `UNSURE` (suggest all) or `NONE`
    :ivar best: the likeliest proposal; None without evidence
    :ivar alternatives: other proposals, likeliest first, never the best again
    :ivar complete: whether more dues cannot change the decision; ask `needs_more`
    """

    certainty: str
    best: Proposal | None = None
    alternatives: tuple[Proposal, ...] = ()
    complete: bool = False
