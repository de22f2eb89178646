"""Which bank line pays what: plain rules, no Odoo, no I/O.

The caller reads a label into clues, looks the clues up, and lets the rules decide::

    clues = read_clues(receipt)               # codes, digits, structured references
    decision = decide(receipt, clues, targets, dues, settings, payers)
    if needs_more(decision):                  # a second, dearer look
        decision = decide(receipt, clues, targets, more_dues, settings, payers)

First pass: `dues` are those whose number or payment reference has the digits of a
clue. Second pass: the same, plus all open dues of the customers involved (those of the
first pass and of the targets, `payers`, `receipt.partner`), plus the dues of exactly
this amount. A decision that `needs_more` is never booked before the second pass; after
it, `SURE` is booked whatever `needs_more` says.

Where a step is: `clues` (what to look up), `mentions` and `documents` (what a label
names), `by_target`, `by_number`, `by_account` (one kind of evidence each), `fits` (how
the amount agrees), `doubts` (why it is left to a person), `decide`.

Only `SURE` books by itself. Precision comes first: what two readings could explain is
left to a person, best reading first.

Dues of one proposal may belong to several customers when all their documents are named.

Kinds of evidence, strongest first: ``bridge`` (Bridge's own ids), ``end_to_end`` (our
reference as end-to-end id), ``reference`` (our reference in the label), ``structured``
(RF or Belgian reference with right check digits), ``number`` (invoice number or payment
reference), ``iban`` (payer's known account), ``name`` (amount and name), ``returned``
(a transfer of ours that came back).

Reasons of a `SURE` proposal, which say how the amount agrees:

============== =======================================================================
exact          the amount is that of the reference or of the one document named
several        the documents named add up to the amount, credit notes deducted
all_due        everything that the customer named owes
installment     one installment of the document named
discount       what is named less its early-payment discount
registered     a payment registered by hand for the document named
fee            what is named less a bank fee within the tolerance
part           less than what is named: the part left stays open
over           more than what is named: the rest is a credit of the customer
returned       goes out with our reference and the amount that had come in
============== =======================================================================

Reasons of an `UNSURE` one, which say why it is left to a person:

================= ====================================================================
amount            the amount agrees with nothing that the label names, and too little
                  speaks for a part payment or an overpayment
already_matched   another bank line pays the target, or the document is paid already
ambiguous         several readings explain the amount
currency          the document is in another currency
other_customer    the payer is known as another customer than that of the document
several_customers the documents named belong to several customers
incomplete        the number is not whole: year, letters or figures are missing
looks_like        the digits are those of the document, but look like something else
                  (date, phone number, customer number, amount, other document)
other_year        the number named has another year than the open document
credit_notes      the documents named less open credit notes that are not named
refund            money goes out for credit notes that are named
misspelt          the amount is that of a document whose number is in the label but for
                  one figure
direction         money goes out for a document that is to be paid to us, or comes in
                  for a credit note
combination       no number; the only dues of the payer's that add up to the amount
customer          no number; the payer's account is known, their dues do not add up
name              no number; the amount and the customer's name agree
amount_only       nothing but the amount: the only open entry of that amount
================= ====================================================================

``facts`` always has ``amount`` (cents of the receipt); as they apply, ``reference``
(our code), ``documents`` (tuple of numbers), ``expected`` (cents of what is named,
before discount and fee), ``expected_currency``, ``discount``, ``fee``, ``rest``,
``missing`` (cents) and ``customer`` (name of the documents' first customer).
"""

from .types import (
    NONE,
    SURE,
    UNSURE,
    Clues,
    Decision,
    Due,
    Proposal,
    Receipt,
    Settings,
    Target,
)
from .clues import read_clues
from .decide import decide, needs_more

__all__ = [
    "NONE",
    "SURE",
    "UNSURE",
    "Clues",
    "Decision",
    "Due",
    "Proposal",
    "Receipt",
    "Settings",
    "Target",
    "decide",
    "needs_more",
    "read_clues",
]
