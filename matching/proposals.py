"""From fits to proposals, and from proposals to one decision."""

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from .payer import Payer
from .text import Label
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

if TYPE_CHECKING:
    from .fits import Fit

#: Most proposals beside the best.
MOST_ALTERNATIVES = 5


class Case(NamedTuple):
    """All that is known of one receipt."""

    receipt: Receipt
    clues: Clues
    label: Label
    targets: tuple[Target, ...]
    dues: tuple[Due, ...]
    settings: Settings
    payer: Payer
    end_to_end_codes: frozenset[str]

    def dues_of(self, customers: Collection[object]) -> list[Due]:
        """Return the dues known of some customers, in the receipt's currency."""
        return [
            due
            for due in self.dues
            if due.partner in customers and due.currency == self.receipt.currency
        ]


class Verdict(NamedTuple):
    """What one kind of evidence says.

    :ivar proposals: likeliest first
    :ivar sure: whether the first one is to be booked
    :ivar complete: whether more dues cannot change that
    """

    proposals: tuple[Proposal, ...] = ()
    sure: bool = False
    complete: bool = False


def facts_of(case: Case, fit: "Fit | None", **more: object) -> dict[str, object]:
    """Return the facts of a proposal; see the table of `matching`.

    :param Fit fit: how the amount agrees, None when it does not
    """
    facts: dict[str, object] = {"amount": case.receipt.cents}
    if fit:
        facts.update(
            expected=fit.expected,
            documents=tuple(dict.fromkeys(due.document for due in fit.dues)),
        )
        if fit.dues:
            facts["customer"] = fit.dues[0].partner_name
        for name in ("discount", "fee", "rest", "missing"):
            if getattr(fit, name):
                facts[name] = getattr(fit, name)
        if fit.reason == "part":  # of all that is named
            facts["missing"] = fit.expected - case.receipt.cents
    return facts | more


def propose(
    case: Case,
    kind: str,
    fit: "Fit",
    doubt: str = "",
    target: Target | None = None,
    **more: object,
) -> Proposal:
    """Return the proposal of a fit; ``doubt`` is why it is not sure."""
    return Proposal(
        kind=kind,
        reason=doubt or fit.reason,
        target=target,
        dues=fit.dues,
        paid=fit.paid,
        discount_cents=fit.discount,
        fee_cents=fit.fee,
        rest_cents=fit.rest,
        missing_cents=fit.missing,
        facts=facts_of(case, fit, **more),
    )


def collect(verdicts: list[Verdict]) -> Decision:
    """Return the decision that verdicts make together, the strongest first.

    :param list[Verdict] verdicts: a sure one, if any, comes first
    """
    distinct: dict[object, Proposal] = {}
    for verdict in verdicts:
        for proposal in verdict.proposals:
            target = proposal.target.key if proposal.target else None
            entries = frozenset(due.key for due in proposal.dues)
            distinct.setdefault((target, entries, proposal.paid), proposal)
    proposals = tuple(distinct.values())
    if not proposals:
        return Decision(NONE)
    best, *others = proposals
    sure = verdicts[0].sure
    return Decision(
        SURE if sure else UNSURE,
        best,
        tuple(others[:MOST_ALTERNATIVES]),
        complete=sure and verdicts[0].complete,
    )
