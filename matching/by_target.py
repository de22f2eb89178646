"""Evidence by our own references: Bridge's ids, end-to-end ids, codes in the label."""

from .documents import Document, find_documents
from .fits import Fit, other_fits
from .mentions import Mention, Strength
from .proposals import Verdict, facts_of, propose
from .types import Proposal

_KINDS = ("bridge", "end_to_end", "reference")


def judge(case):
    """Return what our own references say: a `Verdict`."""
    if case.receipt.cents < 0:
        return _judge_returned(case)
    found = _find(case)
    if not found:
        return Verdict()
    kind, targets = next(iter(found.items()))
    verdict = _judge(case, kind, targets)
    if verdict.sure or len(found) == 1:
        return verdict
    weaker = [
        proposal
        for other, others in list(found.items())[1:]
        for proposal in _judge(case, other, others).proposals
    ]
    return verdict._replace(proposals=(*verdict.proposals, *weaker))


def _find(case):
    """Return the targets that the receipt names, by kind of evidence."""
    found = {}
    ids, codes = set(case.receipt.payment_refs), set(case.clues.codes)
    for target in case.targets:
        if ids.intersection(target.ids):
            kind = "bridge"
        elif target.reference in case.end_to_end_codes:
            kind = "end_to_end"
        elif target.reference in codes:
            kind = "reference"
        else:
            continue
        found.setdefault(kind, []).append(target)
    return {kind: found[kind] for kind in _KINDS if kind in found}


def _judge(case, kind, targets):
    amount, currency = case.receipt.cents, case.receipt.currency
    exact = [t for t in targets if (t.cents, t.currency) == (amount, currency)]
    open_exact = [target for target in exact if target.open]
    if open_exact:
        doubt = "" if len(open_exact) == 1 else "ambiguous"
        if not doubt and _names_another(case, open_exact[0]):
            doubt = "ambiguous"
        return Verdict(
            tuple(_propose_exact(case, kind, t, doubt) for t in open_exact),
            sure=not doubt,
            complete=True,
        )
    if exact:
        return Verdict(
            tuple(_propose_none(case, kind, t, "already_matched") for t in exact)
        )
    same, others = [], []
    for target in targets:
        (same if target.currency == currency else others).append(target)
    open_same = [target for target in same if target.open]
    if len(open_same) > 1:
        return _judge_several(case, kind, open_same)
    if open_same:
        return _judge_differing(case, kind, open_same[0])
    return Verdict(
        tuple(_propose_none(case, kind, t, "already_matched") for t in same)
        + tuple(_propose_none(case, kind, t, "currency") for t in others)
    )


def _propose_exact(case, kind, target, doubt=""):
    dues = target.dues
    if sum(due.cents for due in dues) != target.cents:
        dues = ()
    fit = Fit("exact", (), dues, tuple(due.cents for due in dues), target.cents)
    return propose(case, kind, fit, doubt, target, reference=target.reference)


def _propose_none(case, kind, target, doubt):
    facts = facts_of(
        case,
        None,
        reference=target.reference,
        expected=target.cents,
        expected_currency=target.currency,
        documents=tuple(due.document for due in target.dues),
    )
    return Proposal(kind, doubt, target, facts=facts)


def _names_another(case, target):
    """Whether the label names another document of the same amount."""
    asked = {due.document for due in target.dues}
    # a transfer's label was written by us, with the numbers of its invoices
    ours = {due.partner for due in target.dues} if target.kind != "request" else ()
    rivals = [
        due
        for due in case.dues
        if asked
        and due.cents == case.receipt.cents
        and due.currency == case.receipt.currency
        and not due.payment
        and due.document not in asked
        and due.partner not in ours
    ]
    if not rivals:
        return False
    year = case.receipt.date.year
    named = find_documents(case.label, case.clues, year, rivals)
    return any(document.mention.strength >= Strength.PLAIN for document in named)


def _judge_several(case, kind, targets):
    """Several of our references, none of this amount: do they add up to it?"""
    dues = {due.key: due for target in targets for due in target.dues}
    total = sum(target.cents for target in targets)
    references = " ".join(target.reference for target in targets)
    whole = sum(due.cents for due in dues.values()) == total
    if total == case.receipt.cents and whole:
        paid = tuple(due.cents for due in dues.values())
        fit = Fit("several", (), tuple(dues.values()), paid, total)
        sure = all(target.kind == "request" for target in targets)
        doubt = "" if sure else "ambiguous"
        proposal = propose(case, kind, fit, doubt, reference=references)
        return Verdict((proposal,), sure=sure, complete=True)
    return Verdict(
        tuple(_propose_none(case, kind, target, "ambiguous") for target in targets)
    )


def _judge_differing(case, kind, target):
    """One of our references, with another amount."""
    amount = case.receipt.cents
    dues = target.dues
    if sum(due.cents for due in dues) != target.cents:
        dues = ()
    mention = Mention(Strength.CHECKED, "", 0, 0)
    if dues:
        customers = {due.partner for due in dues}
        customer_dues = [
            due
            for due in case.dues
            if due.partner in customers and due.currency == target.currency
        ]
        documents = [Document(mention, dues, ())]
        fits = other_fits(
            amount, documents, customer_dues, case.settings, case.receipt.date
        )
    else:
        fits = _without_entries(amount, target, case.settings)
    fits = [fit for fit in fits if fit.rest + sum(fit.paid) == amount or not fit.dues]
    if not fits:
        return Verdict((_propose_none(case, kind, target, "amount"),))
    doubt = ""
    if len(fits) > 1:
        doubt = "ambiguous"
    elif fits[0].reason == "credit_notes":
        doubt = "credit_notes"
    elif fits[0].reason in ("part", "over") and not case.settings.partial:
        doubt = "amount"
    elif fits[0].reason in ("part", "over", "fee"):
        doubt = "ambiguous" if _is_explained(case, target, fits[0]) else ""
    proposals = tuple(
        propose(
            case,
            kind,
            fit,
            doubt,
            target,
            reference=target.reference,
            expected=target.cents,
        )
        for fit in fits
    )
    complete = fits[0].reason == "discount"
    return Verdict(proposals, sure=not doubt, complete=complete)


def _without_entries(amount, target, settings):
    """The fits of a target whose entries are not known (a deposit, a payment done)."""
    left = target.cents - amount
    fit = Fit("part", (), (), (), target.cents, missing=left)
    if 0 < left <= settings.tolerance_cents:
        return [fit._replace(reason="fee", fee=left, missing=0)]
    if left < 0:
        return [fit._replace(reason="over", rest=-left, missing=0)]
    return [fit]


def _is_explained(case, target, fit):
    """Whether another entry of the customer is just what was paid, or paid too much."""
    customers = {due.partner for due in target.dues} | {target.partner} - {None}
    used = {due.key for due in target.dues}
    wanted = {case.receipt.cents, fit.rest} - {0}
    return any(
        due.cents in wanted
        and not due.payment
        and due.partner in customers
        and due.key not in used
        and due.currency == target.currency
        for due in case.dues
    )


def _judge_returned(case):
    """Money that goes out with one of our references: a transfer that came back."""
    amount, currency = -case.receipt.cents, case.receipt.currency
    named = [target for targets in _find(case).values() for target in targets]
    exact = [t for t in named if (t.cents, t.currency) == (amount, currency)]
    if exact:
        paid = [target for target in exact if not target.open] or exact
        doubt = "" if len(paid) == 1 else "ambiguous"
        proposals = tuple(
            Proposal(
                "returned",
                doubt or "returned",
                target,
                facts=facts_of(
                    case, None, reference=target.reference, expected=target.cents
                ),
            )
            for target in paid
        )
        return Verdict(proposals, sure=not doubt, complete=True)
    return Verdict(
        tuple(
            _propose_none(
                case, "returned", t, "amount" if t.currency == currency else "currency"
            )
            for t in named
        )
    )
