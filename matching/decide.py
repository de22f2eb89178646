"""The decision: what a receipt pays, how sure that is, and why."""

from collections.abc import Iterable

from . import by_account, by_number, by_target
from .payer import Payer
from .proposals import Case, Verdict, collect
from .text import find_codes, read_label
from .types import NONE, Clues, Decision, Due, Receipt, Settings, Target


def decide(
    receipt: Receipt,
    clues: Clues,
    targets: Iterable[Target],
    dues: Iterable[Due],
    settings: Settings,
    payers: Iterable[object],
) -> Decision:
    """Return what a receipt pays.

    :param Receipt receipt: the bank line
    :param Clues clues: what `read_clues` found in it
    :param list[Target] targets: those with one of the codes, or of Bridge's ids; others
        are left out
    :param list[Due] dues: open entries found by number; in a second pass also those of
        the customers involved and those of the same amount
    :param Settings settings: what the company allows
    :param payers: customers known for `Receipt.iban`
    """
    label = read_label(receipt.texts + receipt.end_to_end)
    case = Case(
        receipt=receipt,
        clues=clues,
        label=label,
        targets=tuple({target.key: target for target in targets}.values()),
        dues=tuple({(due.key, due.document): due for due in dues}.values()),
        settings=settings,
        payer=Payer(receipt, label, payers),
        end_to_end_codes=frozenset(find_codes(receipt.end_to_end)),
    )
    if not receipt.cents:
        return Decision(NONE, complete=True)
    verdicts: list[Verdict] = []
    for evidence in (by_target, by_number, by_account):
        verdict = evidence.judge(case)
        if verdict.sure and not _is_contradicted(verdict, verdicts):
            return collect([verdict, *verdicts])
        verdicts.append(verdict._replace(sure=False))
    return collect(verdicts)


def _is_contradicted(verdict: Verdict, stronger: list[Verdict]) -> bool:
    """Whether stronger evidence, not sure by itself, speaks for something else."""
    dues = {due.key for due in verdict.proposals[0].dues}
    return any(
        proposal.reason in ("ambiguous", "amount")
        and dues.isdisjoint(due.key for due in proposal.dues)
        for earlier in stronger
        for proposal in earlier.proposals
    )


def needs_more(decision: Decision) -> bool:
    """Tell whether more dues (see `decide`) may change or enrich a decision.

    :param Decision decision: of the first pass
    """
    return not decision.complete
