"""Precision and recall of a matching engine on the labelled set."""

from collections import Counter
from dataclasses import dataclass, field

from .labelled import KINDS, Label, LabelledWorld


@dataclass(frozen=True)
class Effect:
    """What a line does, or would do: invoices it pays, or a transfer it concerns."""

    invoices: frozenset[str] = frozenset()
    settles: str = ""
    returns: str = ""
    discount: int = 0
    credit: int = 0
    fee: int = 0


@dataclass(frozen=True)
class Outcome:
    """What the engine did with a label.

    :param done: what it reconciled by itself, None if it left the line open
    :param suggested: what it offers to a person, best first
    """

    done: Effect | None = None
    suggested: tuple[Effect, ...] = ()


@dataclass
class Scores:
    """Counts by kind of evidence, and the labels that were not dealt with rightly."""

    counts: dict[str, Counter] = field(
        default_factory=lambda: {kind: Counter() for kind in KINDS}
    )
    failures: list[str] = field(default_factory=list)

    def add(self, world: LabelledWorld, label: Label, outcome: Outcome) -> None:
        """Judge one label."""
        count = self.counts[label.kind]
        count["labels"] += 1
        if label.answer == "sure":
            count["sure"] += 1
            if outcome.done is None:
                self._fail("missed", label, outcome)
            elif is_right(world, label, outcome.done):
                count["right"] += 1
            else:
                count["wrong"] += 1
                self._fail("WRONG", label, outcome)
            return
        if outcome.done is not None:
            count["wrong"] += 1
            self._fail("TOO SURE", label, outcome)
        elif label.pays:
            offered = any(is_right(world, label, each) for each in outcome.suggested)
            count["to suggest"] += 1
            count["suggested"] += offered
            if not offered:
                self._fail("not suggested", label, outcome)

    def total(self) -> Counter:
        """Return the counts of all kinds together."""
        return sum(self.counts.values(), Counter())

    def rows(self) -> list[tuple[str, ...]]:
        """Return a table: its head, one row a kind, and the total."""
        rows = [
            (
                *("evidence", "labels", "sure", "matched", "wrong"),
                *("precision", "recall", "suggested"),
            )
        ]
        for name, count in [*self.counts.items(), ("all", self.total())]:
            matched = count["right"] + count["wrong"]
            rows.append(
                (
                    name.replace("_", " "),
                    str(count["labels"]),
                    str(count["sure"]),
                    str(count["right"]),
                    str(count["wrong"]),
                    _share(count["right"], matched),
                    _share(count["right"], count["sure"]),
                    f"{count['suggested']} of {count['to suggest']}",
                )
            )
        return rows

    def _fail(self, verdict: str, label: Label, outcome: Outcome) -> None:
        expected = sorted(label.pays) or label.settles or label.returns or "-"
        self.failures.append(
            f"{verdict}: {label} {' | '.join(label.texts)!r} {label.cents / 100:.2f}\n"
            f"    expected {label.answer} {expected}; done {_words(outcome.done)}; "
            f"suggested {[_words(effect) for effect in outcome.suggested]}"
        )


def is_right(world: LabelledWorld, label: Label, effect: Effect) -> bool:
    """Tell if an effect is the label's right answer.

    A transfer that is settled stands for the invoices it was initiated for.
    """
    if label.returns or effect.returns:
        return label.returns == effect.returns
    if label.settles:
        invoices = frozenset(world.transfers[label.settles].invoices)
        return label.settles == effect.settles or (
            # A transfer on its way, whose invoices are open until it arrives.
            world.transfers[label.settles].state == "pending"
            and invoices == effect.invoices
        )
    if effect.settles:
        return label.pays == frozenset(world.transfers[effect.settles].invoices)
    if label.answer != "sure":
        return label.pays == effect.invoices
    return (
        label.pays == effect.invoices
        and label.discount == effect.discount
        and label.credit == effect.credit
        and label.fee == effect.fee
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _words(effect: Effect | None) -> str:
    if effect is None:
        return "nothing"
    words = ", ".join(sorted(effect.invoices)) or effect.settles or effect.returns
    for name in ("discount", "credit", "fee"):
        if amount := getattr(effect, name):
            words += f" {name} {amount / 100:.2f}"
    return words or "-"
