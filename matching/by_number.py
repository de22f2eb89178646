"""Evidence by the numbers in the label: invoices, payment references, RF, Belgian."""

from .documents import Document, find_documents, places_of
from .doubts import doubt_exact, doubt_other, standing_of
from .fits import Fit, exact_fits, other_fits
from .mentions import Strength
from .payer import Standing
from .proposals import Case, Verdict, facts_of, propose
from .types import Proposal

_TIERS = (Strength.BARE, Strength.WEAK, Strength.FAINT, Strength.HINT)


def judge(case: Case) -> Verdict:
    """Return what the numbers say: a `Verdict`."""
    usable, proposals = [], []
    for document in find_documents(case, case.dues):
        if document.any.currency != case.receipt.currency:
            proposals.append(_without_fit(case, [document], "currency"))
            continue
        usable.append(document)
        if document.is_paid and document.mention.strength >= Strength.BARE:
            proposals.append(_without_fit(case, [document], "already_matched"))
    verdict = _judge(case, usable)
    if verdict.sure:
        return verdict
    return Verdict((*verdict.proposals, *proposals))


def _judge(case: Case, documents: list[Document]) -> Verdict:
    """Judge by what is named best first: exact amounts, then the other fits."""
    tiers: list[list[Document]] = []
    for strength in _TIERS:
        tier = [d for d in documents if d.mention.strength >= strength]
        if tier not in tiers:
            tiers.append(tier)
    proposals: list[Proposal] = []
    for tier in tiers:
        verdict = _judge_exact(case, places_of(tier))
        if verdict.sure:
            return verdict
        proposals += verdict.proposals
    for tier in tiers:
        verdict = _judge_others(case, places_of(tier), documents)
        if verdict.sure and not proposals:
            return verdict
        # beside an amount that agrees, one that does not is no news
        proposals += (p for p in verdict.proposals if p.paid or not proposals)
    return Verdict(tuple(proposals))


def _judge_exact(case: Case, places: list[list[Document]]) -> Verdict:
    """Judge the choices of what is named that give the amount to the cent."""
    fits, all_used = exact_fits(case.receipt.cents, places)
    doubts = [doubt_exact(case, fit, all_used) for fit in fits]
    if len(fits) > 1:
        doubts = [doubt or "ambiguous" for doubt in doubts]
    return _verdict(
        case,
        fits,
        doubts,
        complete=len(fits) == 1 and standing_of(case, fits[0]) >= Standing.NAMED,
    )


def _judge_others(
    case: Case, places: list[list[Document]], all_named: list[Document]
) -> Verdict:
    """Judge the other fits of all that is named at these places.

    :param list[Document] all_named: those named less well too
    """
    documents = [document for place in places for document in place]
    customers = {document.any.partner for document in documents}
    doubt = ""
    if not documents:
        return Verdict()
    amount = case.receipt.cents
    if not any(due.cents * amount > 0 for d in documents for due in d.entries):
        doubt = "direction"
    elif any(len(place) > 1 for place in places):
        doubt = "ambiguous"
    elif len(customers) > 1:
        doubt = "several_customers"
    if doubt:
        return Verdict((_without_fit(case, documents, doubt),))
    customer_dues = case.dues_of(customers)
    fits = other_fits(case, documents, customer_dues)
    if not fits:
        return Verdict((_without_fit(case, documents, "amount"),))
    doubts = [doubt_other(case, fit, customer_dues) for fit in fits]
    if fits[0].reason in ("part", "over") and _names_others(documents, all_named):
        doubts = [doubt or "amount" for doubt in doubts]
    if len(fits) > 1:
        doubts = [doubt or "ambiguous" for doubt in doubts]
    return _verdict(case, fits, doubts, complete=fits[0].reason == "discount")


def _names_others(documents: list[Document], all_named: list[Document]) -> bool:
    """Whether an open document of the same customer is named elsewhere, less well."""
    used = [document.mention[2:] for document in documents]
    customer = documents[0].any.partner
    return any(
        document.any.partner == customer
        and not document.is_paid
        and not any(
            start < document.mention.end and document.mention.start < end
            for start, end in used
        )
        for document in all_named
        if document not in documents
    )


def _verdict(case: Case, fits: list[Fit], doubts: list[str], complete: bool) -> Verdict:
    proposals = tuple(
        propose(case, _kind(fit), fit, doubt)
        for fit, doubt in zip(fits, doubts, strict=True)
    )
    return Verdict(proposals, sure=doubts == [""], complete=complete)


def _kind(fit: Fit) -> str:
    checked = all(d.mention.strength == Strength.CHECKED for d in fit.documents)
    return "structured" if checked else "number"


def _without_fit(case: Case, documents: list[Document], doubt: str) -> Proposal:
    """Propose documents whose amount does not agree: for a person to begin with."""
    entry = documents[0].any
    expected = {due.key: due.cents for d in documents for due in d.entries}
    facts = facts_of(
        case,
        None,
        documents=tuple(dict.fromkeys(d.any.document for d in documents)),
        expected=sum(expected.values()),
        expected_currency=entry.currency,
        customer=entry.partner_name,
    )
    dues = tuple(due for d in documents for due in d.dues if due.cents)
    return Proposal("number", doubt, None, dues, facts=facts)
