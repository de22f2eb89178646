"""Evidence by our own references: Bridge's ids, end-to-end ids, codes in the label."""

from .documents import Document, find_documents
from .fits import Fit, other_fits, pay_whole
from .mentions import Mention, Strength
from .proposals import Case, Verdict, facts_of, propose
from .types import Due, Proposal, Settings, Target

_KINDS = ("bridge", "end_to_end", "reference")


def judge(case: Case) -> Verdict:
    """Return what our own references say: a `Verdict`."""
    if case.receipt.cents < 0:
        return _judge_returned(case)
    verdicts = [_judge(case, kind, found) for kind, found in _find(case).items()]
    if not verdicts:
        return Verdict()
    proposals = tuple(told for verdict in verdicts for told in verdict.proposals)
    return verdicts[0]._replace(proposals=proposals)


def _find(case: Case) -> dict[str, list[Target]]:
    """Return the targets that the receipt names, by kind of evidence."""
    found: dict[str, list[Target]] = {}
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


def _judge(case: Case, kind: str, targets: list[Target]) -> Verdict:
    same, others = _by_currency(case, targets)
    exact = [target for target in same if target.cents == case.receipt.cents]
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
        return Verdict(_propose_none(case, kind, exact, "already_matched"))
    open_same = [target for target in same if target.open]
    if len(open_same) > 1:
        return _judge_several(case, kind, open_same)
    if open_same:
        return _judge_differing(case, kind, open_same[0])
    return Verdict(
        _propose_none(case, kind, same, "already_matched")
        + _propose_none(case, kind, others, "currency")
    )


def _by_currency(
    case: Case, targets: list[Target]
) -> tuple[list[Target], list[Target]]:
    """Return the targets in the receipt's currency, and the others."""
    currency = case.receipt.currency
    same = [target for target in targets if target.currency == currency]
    return same, [target for target in targets if target.currency != currency]


def _propose_exact(case: Case, kind: str, target: Target, doubt: str) -> Proposal:
    fit = pay_whole("exact", _known_dues(target))._replace(expected=target.cents)
    return propose(case, kind, fit, doubt, target, reference=target.reference)


def _known_dues(target: Target) -> tuple[Due, ...]:
    """Return the entries of a target, none if they are not what it asks for."""
    whole = sum(due.cents for due in target.dues) == target.cents
    return target.dues if whole else ()


def _propose_none(
    case: Case, kind: str, targets: list[Target], reason: str
) -> tuple[Proposal, ...]:
    """Propose targets without entries to pay."""
    return tuple(
        Proposal(
            kind,
            reason,
            target,
            facts=facts_of(
                case,
                None,
                reference=target.reference,
                expected=target.cents,
                expected_currency=target.currency,
                documents=tuple(due.document for due in target.dues),
            ),
        )
        for target in targets
    )


def _names_another(case: Case, target: Target) -> bool:
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
    return any(
        document.mention.strength >= Strength.PLAIN
        for document in find_documents(case, rivals)
    )


def _judge_several(case: Case, kind: str, targets: list[Target]) -> Verdict:
    """Several of our references, none of this amount: do they add up to it?"""
    dues = {due.key: due for target in targets for due in target.dues}
    total = sum(target.cents for target in targets)
    references = " ".join(target.reference for target in targets)
    fit = pay_whole("several", dues.values())
    if total == case.receipt.cents == fit.expected:
        sure = all(target.kind == "request" for target in targets)
        doubt = "" if sure else "ambiguous"
        proposal = propose(case, kind, fit, doubt, reference=references)
        return Verdict((proposal,), sure=sure, complete=True)
    return Verdict(_propose_none(case, kind, targets, "ambiguous"))


def _judge_differing(case: Case, kind: str, target: Target) -> Verdict:
    """One of our references, with another amount."""
    if dues := _known_dues(target):
        document = Document(Mention(Strength.CHECKED, "", 0, 0), dues, ())
        customer_dues = case.dues_of({due.partner for due in dues})
        fits = other_fits(case, [document], customer_dues)
    else:
        fits = [_without_entries(case.receipt.cents, target, case.settings)]
    if not fits:
        return Verdict(_propose_none(case, kind, [target], "amount"))
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


def _without_entries(amount: int, target: Target, settings: Settings) -> Fit:
    """The fit of a target whose entries are not known (a deposit, a payment done)."""
    left = target.cents - amount
    fit = Fit("part", (), (), (), target.cents)
    if 0 < left <= settings.tolerance_cents:
        return fit._replace(reason="fee", fee=left)
    if left < 0:
        return fit._replace(reason="over", rest=-left)
    return fit._replace(missing=left)


def _is_explained(case: Case, target: Target, fit: Fit) -> bool:
    """Whether another entry of the customer is just what was paid, or paid too much."""
    customers = {due.partner for due in target.dues} | {target.partner} - {None}
    used = {due.key for due in target.dues}
    wanted = {case.receipt.cents, fit.rest} - {0}
    return any(
        due.cents in wanted and not due.payment and due.key not in used
        for due in case.dues_of(customers)
    )


def _judge_returned(case: Case) -> Verdict:
    """Money that goes out with one of our references: a transfer that came back."""
    named = [target for targets in _find(case).values() for target in targets]
    same, others = _by_currency(case, named)
    exact = [target for target in same if target.cents == -case.receipt.cents]
    if exact:
        paid = [target for target in exact if not target.open] or exact
        sure = len(paid) == 1
        reason = "returned" if sure else "ambiguous"
        proposals = _propose_none(case, "returned", paid, reason)
        return Verdict(proposals, sure=sure, complete=True)
    return Verdict(
        _propose_none(case, "returned", same, "amount")
        + _propose_none(case, "returned", others, "currency")
    )
