"""Why a fit between an amount and named documents is left to a person.

Each function returns a reason of the table of `matching`, '' when there is no doubt.
"""

import re
from collections.abc import Callable, Iterable

from .documents import names_more
from .fits import Fit
from .mentions import Strength
from .payer import Standing
from .proposals import Case
from .text import Label
from .types import Due

#: A number that ends so near to where the bank cuts may have been followed by others.
_SHORT_OF_CUT = 16

_JOINS = r"\s*(?:(?:ET|UND|EN|AND)\b|[+&,;/-])\s*"
_ENDS = re.compile(_JOINS + r"$")
_GOES_ON = re.compile(r"\s*(?:(?:ET|UND|EN|AND)\b|[+&]|[,;/-]\s*(?:\d|$))")


def standing_of(
    case: Case, fit: Fit, of: Callable[[Iterable[Standing]], Standing] = min
) -> Standing:
    """Return the `Standing` of the customers of a fit: the least, or ``of=max``."""
    return of(case.payer.standing(due.partner, due.partner_name) for due in fit.dues)


def doubt_exact(case: Case, fit: Fit, all_used: bool) -> str:
    """Return the doubt about a fit to the cent of (some of) what is named.

    :param bool all_used: whether all that is named is used
    """
    doubt = _doubt_documents(case, fit, all_used)
    if not doubt and standing_of(case, fit) < Standing.NAMED and _has_rival(case, fit):
        return "ambiguous"
    return doubt


def _doubt_documents(case: Case, fit: Fit, all_used: bool) -> str:
    standing = standing_of(case, fit)
    weakest = min(fit.documents, key=lambda document: document.mention.strength)
    strength, doubt = weakest.mention[:2]
    confirmed = all_used and len(fit.documents) > 1  # several that add up
    if len({due.partner for due in fit.dues}) > 1:
        # a buying group: it is none of them, and names each document
        mixed = standing < Standing.NAMED <= standing_of(case, fit, max)
        known = standing == Standing.OTHER or mixed
        certain = confirmed and strength >= Strength.BARE and not known
        return "" if certain else "several_customers"
    if standing == Standing.OTHER:
        return "other_customer"
    if case.receipt.cents < 0:
        return "refund"
    if strength == Strength.HINT:
        return doubt
    if strength <= Strength.WEAK:
        known = strength == Strength.WEAK and standing >= Standing.NAMED
        return "" if known or confirmed else doubt
    if strength == Strength.BARE and standing == Standing.UNLIKE and not confirmed:
        return "other_customer"
    return ""


def doubt_other(case: Case, fit: Fit, customer_dues: list[Due]) -> str:
    """Return the doubt about a fit of all that is named which is not to the cent.

    :param list[Due] customer_dues: all open entries of the customer that are known
    """
    doubt = _doubt_documents(case, fit, all_used=True)
    if doubt:
        return doubt
    if fit.reason == "credit_notes":
        return "credit_notes"
    if names_more(case.label, fit.documents):
        return "amount"
    standing = standing_of(case, fit)
    strength = min(document.mention.strength for document in fit.documents)
    if standing == Standing.UNLIKE and strength < Strength.CHECKED:
        return "other_customer"
    if fit.reason == "all_due":
        return "amount" if _is_cut_off(case.label, fit) else ""
    if fit.reason == "fee":
        certain = strength >= Strength.PLAIN or standing >= Standing.NAMED
        return _explained(case, fit, customer_dues) if certain else "amount"
    if fit.reason in ("part", "over"):
        return _doubt_part(case, fit, customer_dues, strength, standing)
    return ""


def _doubt_part(
    case: Case,
    fit: Fit,
    customer_dues: list[Due],
    strength: Strength,
    standing: Standing,
) -> str:
    """A part or too much: only of one document, named in full by a known payer."""
    known = strength == Strength.CHECKED or standing >= Standing.NAMED
    if (
        not case.settings.partial
        or len(fit.documents) > 1
        or fit.documents[0].payments
        or strength < Strength.PLAIN
        or not known
    ):
        return "amount"
    if fit.rest and (_goes_on(case.label, fit) or _is_cut_off(case.label, fit)):
        return "amount"
    return _explained(case, fit, customer_dues)


def _explained(case: Case, fit: Fit, customer_dues: list[Due]) -> str:
    """Whether another entry explains the amount, or what was paid too much."""
    used = {due.key for document in fit.documents for due in document.dues}
    wanted = {case.receipt.cents, fit.rest} - {0}
    if any(due.cents in wanted and due.key not in used for due in customer_dues):
        return "ambiguous"
    return "ambiguous" if _has_rival(case, fit) else ""


def _has_rival(case: Case, fit: Fit) -> bool:
    """Whether another customer, who seems to be the payer, owes just this amount."""
    customers = {due.partner for due in fit.dues}
    return any(
        due.cents == case.receipt.cents
        and due.partner not in customers
        and due.currency == case.receipt.currency
        and case.payer.standing(due.partner, due.partner_name) >= Standing.NAMED
        for due in case.dues
    )


def _goes_on(label: Label, fit: Fit) -> bool:
    """Whether a list of numbers seems to go on, unread, after one of those named."""
    return any(
        document.mention.strength < Strength.CHECKED
        and _GOES_ON.match(label.folded, document.mention.end)
        for document in fit.documents
    )


def _is_cut_off(label: Label, fit: Fit) -> bool:
    """Whether the bank may have cut further numbers off after those named."""
    ends = [
        document.mention.end
        for document in fit.documents
        if document.mention.strength < Strength.CHECKED
    ]
    return any(
        _ENDS.match(label.folded, end)
        or any(0 <= cut - end < _SHORT_OF_CUT for cut in label.cuts)
        for end in ends
    )
