"""Evidence without a whole number: account or name of the payer, and the amount.

Never sure: it only suggests.
"""

from collections.abc import Iterable, Iterator

from .combinations import combine
from .documents import oldest_first
from .fits import Fit, pay_whole
from .misspelling import is_misspelt_in
from .payer import Standing
from .proposals import Case, Verdict, facts_of, propose
from .types import Due, Proposal

#: Entries of a customer whose combinations are searched.
MOST_ENTRIES = 24
_MOST_NAMED = 3
_MOST_SAME = 50  # entries of one amount whose numbers are compared, figure by figure


def judge(case: Case) -> Verdict:
    """Return what account, name and amount say: a `Verdict`, never sure."""
    currency = case.receipt.currency
    usable = _distinct(due for due in case.dues if due.currency == currency)
    proposals = list(_misspelt(case, usable))
    for partner in case.payer.known:
        proposals += _by_account(case, _distinct(case.dues_of({partner})))
    proposals += _by_name(case, usable)
    return Verdict(tuple(proposals))


def _distinct(dues: Iterable[Due]) -> list[Due]:
    entries = {due.key: due for due in dues if due.cents}
    return sorted(entries.values(), key=oldest_first)


def _by_account(case: Case, dues: list[Due]) -> Iterator[Proposal]:
    """The only combination of a known customer's entries, else the customer."""
    amount = case.receipt.cents
    entries = [due for due in dues if not due.payment]
    found: list[tuple[Due, ...]] = [(due,) for due in dues if due.cents == amount]
    if not found and sum(due.cents for due in entries) == amount:
        found = [tuple(entries)]
    if not found and 1 < len(entries) <= MOST_ENTRIES:
        choices = combine([due.cents for due in entries], amount)
        found = [tuple(entries[i] for i in choice) for choice in choices]
    doubt = "combination" if len(found) == 1 else "ambiguous"
    for combination in found:
        yield propose(case, "iban", pay_whole("", combination), doubt)
    for due in entries:
        if due.discount_cents and due.cents - due.discount_cents == amount:
            yield propose(case, "iban", _discounted(due), "combination")
    if dues and not found and amount > 0:
        facts = facts_of(
            case,
            None,
            customer=dues[0].partner_name,
            expected=sum(due.cents for due in entries),
        )
        yield Proposal("iban", "customer", rest_cents=amount, facts=facts)


def _by_name(case: Case, dues: list[Due]) -> Iterator[Proposal]:
    """Entries of this amount whose customer is named by the bank or in the label."""
    amount = case.receipt.cents
    found: list[tuple[int, Fit]] = []
    for due in dues:
        fits = []
        if due.cents == amount:
            fits.append(pay_whole("", [due]))
        if due.discount_cents and due.cents - due.discount_cents == amount:
            fits.append(_discounted(due))
        if not fits:
            continue
        standing = case.payer.standing(due.partner, due.partner_name)
        if standing >= Standing.LIKELY:
            found += ((-standing, fit) for fit in fits)
    found.sort(key=lambda pair: pair[0])
    for _standing, fit in found[:_MOST_NAMED]:
        yield propose(case, "name", fit, "name")
    alone = [due for due in dues if due.cents == amount]
    if not found and len(alone) == 1 and amount > 0:
        standing = case.payer.standing(alone[0].partner, alone[0].partner_name)
        if standing == Standing.UNKNOWN:
            yield propose(case, "name", pay_whole("", alone), "amount_only")


def _misspelt(case: Case, dues: list[Due]) -> Iterator[Proposal]:
    """Entries of this amount whose number stands in the label but for one figure."""
    same = [due for due in dues if due.cents == case.receipt.cents]
    if len(same) > _MOST_SAME:
        return
    for due in same:
        standing = case.payer.standing(due.partner, due.partner_name)
        if standing > Standing.UNLIKE and is_misspelt_in(
            case.label, due.document, due.payment_reference
        ):
            yield propose(case, "number", pay_whole("", [due]), "misspelt")


def _discounted(due: Due) -> Fit:
    paid = due.cents - due.discount_cents
    return Fit("", (), (due,), (paid,), due.cents, discount=due.discount_cents)
