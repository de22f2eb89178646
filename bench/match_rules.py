"""The plain rules of ``matching/`` on the labelled set, without a database.

``python -m bench.match_rules [-v] [--random COUNT [--seed N]] [WORLD …]``
"""

import argparse
import re
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import date

import matching

from .labelled import Label, LabelledWorld, load
from .random_world import random_world
from .scoring import Effect, Outcome, Scores
from .text_table import markdown


class Books:
    """What a database would find for the clues of a label."""

    def __init__(self, world: LabelledWorld):
        self.world = world
        self.by_digits = defaultdict(set)
        self.by_customer = defaultdict(set)
        self.by_amount = defaultdict(set)
        # What is paid has nothing left: it only says whose a number is.
        self.documents = world.invoices | {
            number: replace(invoice, cents=0, discount_cents=0)
            for number, invoice in world.paid.items()
        }
        for invoice in self.documents.values():
            for text in (invoice.number, invoice.reference):
                if digits := re.sub(r"\D", "", text):
                    self.by_digits[digits].add(invoice.number)
        for invoice in world.invoices.values():
            self.by_customer[invoice.customer].add(invoice.number)
            for amount in (invoice.cents, invoice.cents - invoice.discount_cents):
                self.by_amount[amount].add(invoice.number)
        self.payers = defaultdict(tuple)
        for key, (_name, ibans) in world.customers.items():
            for iban in ibans:
                self.payers[iban] += (key,)

    def outcome(self, label: Label) -> Outcome:
        """Return what the rules decide for a label."""
        receipt = matching.Receipt(
            key=str(label),
            cents=label.cents,
            currency=self.world.currency,
            date=date.fromisoformat(label.date),
            texts=tuple(filter(None, label.texts)),
            end_to_end=(label.end_to_end,) if label.end_to_end else (),
            payment_refs=label.ids,
            iban=label.iban,
            name=label.name,
        )
        clues = matching.read_clues(receipt)
        targets = self._targets(clues, label)
        numbers = set().union(
            *(self.by_digits.get(digits, ()) for digits in clues.digits)
        )
        payers = self.payers.get(label.iban, ())
        settings = matching.Settings(tolerance_cents=self.world.tolerance_cents)
        decision = self._decide(receipt, clues, targets, numbers, settings, payers)
        if matching.needs_more(decision):
            customers = {self.documents[number].customer for number in numbers}
            numbers |= set().union(
                self.by_amount.get(label.cents, ()),
                *(self.by_customer[key] for key in customers.union(payers)),
            )
            decision = self._decide(receipt, clues, targets, numbers, settings, payers)
        return _outcome(decision)

    def _decide(self, receipt, clues, targets, numbers, settings, payers):
        dues = [self._due(number, str(receipt.date)) for number in sorted(numbers)]
        return matching.decide(receipt, clues, targets, dues, settings, payers)

    def _due(self, number: str, on: str):
        invoice = self.documents[number]
        in_time = on <= invoice.discount_until
        return matching.Due(
            key=number,
            move=number,
            document=number,
            payment_reference=invoice.reference,
            partner=invoice.customer,
            partner_name=self.world.customers[invoice.customer][0],
            cents=invoice.cents,
            currency=self.world.currency,
            date=date.fromisoformat(invoice.due),
            discount_cents=invoice.discount_cents if in_time else 0,
        )

    def _targets(self, clues, label: Label) -> list:
        codes = {*clues.codes, label.end_to_end.upper()}
        targets = []
        for transfer in self.world.transfers.values():
            if transfer.code in codes or transfer.link in label.ids:
                dues = self._dues(transfer.invoices, label)
                targets.append(
                    matching.Target(
                        key=transfer.code,
                        cents=transfer.cents,
                        currency=self.world.currency,
                        open=transfer.state != "matched",
                        reference=transfer.code,
                        kind="transaction",
                        ids=(transfer.link,),
                        dues=dues,
                    )
                )
        for code, numbers in self.world.requests.items():
            if code in codes:
                dues = self._dues(numbers, label)
                targets.append(
                    matching.Target(
                        key=code,
                        cents=sum(due.cents for due in dues),
                        currency=self.world.currency,
                        reference=code,
                        partner=dues[0].partner,
                        kind="request",
                        dues=dues,
                    )
                )
        return targets

    def _dues(self, numbers, label: Label) -> tuple:
        return tuple(
            self._due(number, label.date)
            for number in numbers
            if number in self.world.invoices
        )


def _outcome(decision) -> Outcome:
    proposals = [decision.best] if decision.best else []
    proposals += decision.alternatives
    effects = tuple(map(_effect, proposals))
    if decision.certainty == matching.SURE:
        return Outcome(done=effects[0])
    return Outcome(suggested=effects)


def _effect(proposal) -> Effect:
    target = proposal.target
    if proposal.kind == "returned":
        return Effect(returns=target.reference)
    if target is not None and target.kind == "transaction":
        return Effect(settles=target.reference)
    dues = proposal.dues or (target.dues if target else ())
    return Effect(
        invoices=frozenset(due.document for due in dues),
        discount=proposal.discount_cents,
        credit=proposal.rest_cents,
        fee=proposal.fee_cents,
    )


def measure(worlds: list[LabelledWorld] | None = None) -> Scores:
    """Judge the labels of some worlds, or the whole labelled set."""
    scores = Scores()
    for world in load() if worlds is None else worlds:
        books = Books(world)
        for label in world.labels:
            scores.add(world, label, books.outcome(label))
    return scores


def main() -> int:
    """Print the table, and with ``-v`` the labels that were not dealt with rightly.

    :return: 0 if nothing was matched wrongly
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true")
    parser.add_argument("--random", type=int, metavar="COUNT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("worlds", nargs="*", metavar="WORLD")
    options = parser.parse_args()
    if options.random:
        worlds = [random_world(options.random, options.seed)]
    else:
        names = options.worlds
        worlds = [world for world in load() if not names or world.name in names]
    scores = measure(worlds)
    if options.verbose:
        print(*scores.failures, sep="\n")
    print(markdown(scores.rows()))
    return 1 if scores.total()["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
