"""How an amount agrees with the documents that a label names.

Amounts are those of the entries; for money that goes out they are negative alike.
"""

import datetime
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from .combinations import choose, combine
from .documents import Document
from .proposals import Case
from .types import Due, Settings


class Fit(NamedTuple):
    """One way in which the amount agrees.

    :ivar reason: code of a `SURE` proposal
    :ivar documents: the named documents it uses
    :ivar dues: entries paid
    :ivar paid: money for each
    :ivar expected: what is open of these entries (of all named ones for `part`)
    """

    reason: str
    documents: tuple[Document, ...]
    dues: tuple[Due, ...]
    paid: tuple[int, ...]
    expected: int
    discount: int = 0
    fee: int = 0
    rest: int = 0
    missing: int = 0


def pay_whole(
    reason: str, dues: Collection[Due], documents: Iterable[Document] = ()
) -> Fit:
    """Return the `Fit` that pays all that is open of some dues."""
    paid = tuple(due.cents for due in dues)
    return Fit(reason, tuple(documents), tuple(dues), paid, sum(paid))


class _Option(NamedTuple):
    """What may be paid of one place of the label."""

    cents: int
    reason: str
    documents: tuple[Document, ...] = ()
    dues: tuple[Due, ...] = ()


_NOTHING = _Option(0, "")


def exact_fits(amount: int, places: list[list[Document]]) -> tuple[list[Fit], bool]:
    """Return the choices of what is named that give the amount to the cent.

    All that is named comes first; else some of it. More than one: none is certain.

    :param int amount: cents of the receipt
    :param list[list[Document]] places: see `documents.places_of`
    :return: the fits, and whether all that is named is used
    """
    named = [options for options in map(_options, places) if options]
    payments = _payment_options(places)
    for some_left in (False, True):
        rows = [[_NOTHING, *row] if some_left else row for row in named] + payments
        cents = [[option.cents for option in row] for row in rows]
        fits = {}
        for choice in choose(cents, amount):
            taken = [row[i] for row, i in zip(rows, choice, strict=True) if row[i].dues]
            fit = _exact(taken)
            fits[frozenset(due.key for due in fit.dues)] = fit
        if fits:
            return list(fits.values()), not some_left
    return [], False


def _options(place: list[Document]) -> list[_Option]:
    """Return what may be paid of a place: a document, an installment, or all there."""
    options = []
    for document in place:
        dues = document.dues
        if not document.cents:
            continue
        options.append(_Option(document.cents, "exact", (document,), dues))
        parts: dict[int, tuple[Due, ...]] = {}
        # one installment, or the first ones; the oldest of equal ones
        for end in range(2, len(dues)):
            parts.setdefault(sum(due.cents for due in dues[:end]), dues[:end])
        for due in dues:
            parts.setdefault(due.cents, (due,))
        parts.pop(document.cents, None)
        options += (
            _Option(cents, "installment", (document,), part)
            for cents, part in parts.items()
        )
    if len(place) > 1 and len({document.any.partner for document in place}) == 1:
        dues = tuple(due for document in place for due in document.dues)
        options.append(_Option(sum(d.cents for d in dues), "all_due", (*place,), dues))
    return options


def _payment_options(places: list[list[Document]]) -> list[list[_Option]]:
    payments = {
        due.key: (document, due)
        for place in places
        for document in place
        for due in document.payments
    }
    return [
        [_NOTHING, _Option(due.cents, "registered", (document,), (due,))]
        for document, due in payments.values()
    ]


def _exact(options: list[_Option]) -> Fit:
    reasons = {option.reason for option in options}
    reason = next(iter(reasons)) if len(reasons) == 1 else "several"
    if reason == "exact" and len(options) > 1:
        reason = "several"
    dues = {due.key: due for option in options for due in option.dues}
    documents = [document for option in options for document in option.documents]
    return pay_whole(reason, dues.values(), documents)


def other_fits(
    case: Case, documents: list[Document], customer_dues: list[Due]
) -> list[Fit]:
    """Return the other ways in which the amount agrees with all that is named.

    :param list[Document] documents: of one customer, one for each place
    :param list[Due] customer_dues: all open entries of this customer that are known
    """
    amount = case.receipt.cents
    dues = [due for document in documents for due in document.dues]
    if not dues:
        return []
    named = pay_whole("", dues, documents)
    fits: dict[object, Fit] = {}
    for fit in (
        *_less_discount(amount, named),
        *_all_due(amount, named, customer_dues, case.receipt.date),
        *_less_credit_notes(amount, named, customer_dues),
        *_less_fee(amount, named, case.settings),
    ):
        entries = zip((due.key for due in fit.dues), fit.paid, strict=True)
        fits.setdefault(frozenset(entries), fit)
    return list(fits.values()) or _part_or_over(amount, named)


def _less_discount(amount: int, named: Fit) -> Iterator[Fit]:
    offered = [due for due in named.dues if due.discount_cents]
    taken = named.expected - amount
    for choice in combine([due.discount_cents for due in offered], taken):
        less = {offered[index].key: offered[index].discount_cents for index in choice}
        paid = tuple(due.cents - less.get(due.key, 0) for due in named.dues)
        yield named._replace(reason="discount", paid=paid, discount=taken)


def _less_credit_notes(
    amount: int, named: Fit, customer_dues: list[Due]
) -> Iterator[Fit]:
    used = {due.key for due in named.dues}
    credits = [
        due
        for due in customer_dues
        if due.cents * named.expected < 0 and due.key not in used and not due.payment
    ]
    left = amount - named.expected
    for choice in combine([due.cents for due in credits], left):
        dues = (*named.dues, *(credits[index] for index in choice))
        paid = tuple(due.cents for due in dues)
        yield named._replace(
            reason="credit_notes", dues=dues, paid=paid, expected=amount
        )


def _all_due(
    amount: int, named: Fit, customer_dues: list[Due], day: datetime.date
) -> Iterator[Fit]:
    """All that the customer owes: with or without what is not due yet, or credits."""
    used = {due.key for due in named.dues}
    entries = {due.key: due for due in customer_dues if due.cents and not due.payment}
    if not used < entries.keys():
        return
    for of_day in (False, True):
        for with_credits in (True, False):
            dues = tuple(
                due
                for due in entries.values()
                if due.key in used
                or not (of_day and due.date and due.date > day)
                and (with_credits or due.cents * amount > 0)
            )
            paid = tuple(due.cents for due in dues)
            if sum(paid) == amount and not _is_arbitrary(dues, used, entries):
                yield named._replace(
                    reason="all_due", dues=dues, paid=paid, expected=amount
                )


def _is_arbitrary(
    dues: tuple[Due, ...], used: set[object], entries: dict[object, Due]
) -> bool:
    """Whether an entry left out has the amount of one taken that was not named."""
    taken = {due.key for due in dues}
    amounts = {due.cents for due in dues if due.key not in used}
    return any(
        entry.cents in amounts for key, entry in entries.items() if key not in taken
    )


def _less_fee(amount: int, named: Fit, settings: Settings) -> Iterator[Fit]:
    fee = named.expected - amount
    if amount > 0 and 0 < fee <= settings.tolerance_cents:
        yield _short(named, fee, keep=True)._replace(reason="fee", fee=fee)


def _part_or_over(amount: int, named: Fit) -> list[Fit]:
    left = named.expected - amount
    if named.expected * amount <= 0:
        return []
    if abs(amount) > abs(named.expected):
        return [named._replace(reason="over", rest=-left)]
    part = _short(named, left)
    missing = sum(due.cents for due in part.dues) - amount
    return [part._replace(reason="part", missing=missing)]


def _short(named: Fit, left: int, keep: bool = False) -> Fit:
    """Take what is missing from the last entries; credit notes are never short.

    :param bool keep: whether to keep entries for which nothing is left
    :return: the fit, the entry that is paid in part as its last
    """
    paid = list(named.paid)
    for index in range(len(paid) - 1, -1, -1):
        if paid[index] * left > 0:
            cut = min(paid[index], left, key=abs)
            paid[index] -= cut
            left -= cut
    kept = [index for index, cents in enumerate(paid) if cents or keep]
    kept.sort(key=lambda index: paid[index] != named.dues[index].cents)
    return named._replace(
        dues=tuple(named.dues[index] for index in kept),
        paid=tuple(paid[index] for index in kept),
    )
