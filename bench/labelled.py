"""The labelled set: bank labels, each with what an accountant would do with it.

``bench/labels/*.json`` holds one world a file: customers (name, IBAN), open and paid
invoices (number, customer, open amount, due date, more), payment requests (reference,
invoices), transfers (reference, state, amount, Bridge's id, invoices), and labels.
Each label is judged by itself, on the world as it is written. Of a label:

* ``text``: the label, or the label, the reference and the narration;
* ``amount``, and ``date`` if it is not the world's ``today``; what else the bank told:
  ``name``, ``iban``, ``end_to_end``, ``ids`` (Bridge's payment information);
* ``kind``: the evidence an accountant would go by, ``trap`` if there is none to go by;
* ``answer``: ``sure`` (reconciled without a person), ``suggest`` (a person decides) or
  ``nothing``; left out, it is ``sure`` if the label says what is paid;
* ``pays``: invoices, or ``settles``/``returns``: a transfer's reference; ``missing``,
  ``credit``, ``discount`` and ``fee``: how the amount differs from theirs.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

FOLDER = Path(__file__).parent / "labels"
KINDS = (
    "bridge",
    "reference",
    "number",
    "structured",
    "end_to_end",
    "returned",
    "iban",
    "name",
    "trap",
)


def cents(amount: str | None) -> int:
    """Return an amount, written with a decimal point, as integer cents."""
    return int(Decimal(amount or "0").scaleb(2))


@dataclass(frozen=True)
class Invoice:
    """A customer invoice or, with a negative amount, a credit note."""

    number: str
    customer: str
    cents: int
    due: str
    reference: str = ""
    discount_cents: int = 0
    discount_until: str = ""


@dataclass(frozen=True)
class Transfer:
    """A transfer initiated from one of our payment links."""

    code: str
    state: str  # pending, done (booked, not yet seen at the bank) or matched
    cents: int
    link: str
    invoices: tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """A bank line and its right answer."""

    world: str
    position: int
    kind: str
    trait: str
    texts: tuple[str, ...]
    cents: int
    date: str
    name: str
    iban: str
    end_to_end: str
    ids: tuple[str, ...]
    answer: str
    pays: frozenset[str]
    settles: str
    returns: str
    missing: int
    credit: int
    discount: int
    fee: int

    def __str__(self):
        return f"{self.world} {self.position} ({self.kind}, {self.trait})"


@dataclass
class LabelledWorld:
    """A company's books, and labels that were found on its bank account."""

    name: str
    currency: str
    today: str
    tolerance_cents: int
    customers: dict[str, tuple[str, tuple[str, ...]]]
    invoices: dict[str, Invoice]
    paid: dict[str, Invoice]
    requests: dict[str, tuple[str, ...]]
    transfers: dict[str, Transfer]
    labels: list[Label] = field(repr=False)


def load() -> list[LabelledWorld]:
    """Read all worlds.

    :raises ValueError: if an answer does not add up
    """
    return [_world(path) for path in sorted(FOLDER.glob("*.json"))]


def _world(path: Path) -> LabelledWorld:
    data = json.loads(path.read_text())
    world = LabelledWorld(
        name=path.stem,
        currency=data["currency"],
        today=data["today"],
        tolerance_cents=cents(data["tolerance"]),
        customers={
            key: (name, tuple(ibans))
            for key, (name, *ibans) in data["customers"].items()
        },
        invoices=_invoices(data["invoices"]),
        paid=_invoices(data["paid"]),
        requests={code: tuple(numbers) for code, *numbers in data["requests"]},
        transfers={
            code: Transfer(code, state, cents(amount), link, tuple(numbers))
            for code, state, amount, link, *numbers in data["transfers"]
        },
        labels=[
            _label(path.stem, position, values, data["today"])
            for position, values in enumerate(data["labels"], 1)
        ],
    )
    for label in world.labels:
        _check(world, label)
    return world


def _invoices(rows: list) -> dict[str, Invoice]:
    invoices = {}
    for number, customer, amount, due, *more in rows:
        extra = more[0] if more else {}
        invoices[number] = Invoice(
            number,
            customer,
            cents(amount),
            due,
            extra.get("reference", ""),
            cents(extra.get("discount")),
            extra.get("until", ""),
        )
    return invoices


def _label(world: str, position: int, values: dict, today: str) -> Label:
    text = values["text"]
    effects = [key for key in ("pays", "settles", "returns") if key in values]
    return Label(
        world=world,
        position=position,
        kind=values["kind"],
        trait=values["trait"],
        texts=(text,) if isinstance(text, str) else tuple(text),
        cents=cents(values["amount"]),
        date=values.get("date", today),
        name=values.get("name", ""),
        iban=values.get("iban", ""),
        end_to_end=values.get("end_to_end", ""),
        ids=tuple(values.get("ids", ())),
        answer=values.get("answer", "sure" if effects else "nothing"),
        pays=frozenset(values.get("pays", ())),
        settles=values.get("settles", ""),
        returns=values.get("returns", ""),
        **{
            name: cents(values.get(name))
            for name in ("missing", "credit", "discount", "fee")
        },
    )


def _check(world: LabelledWorld, label: Label) -> None:
    """Refuse an answer that does not add up: it would judge the rules wrongly."""
    if label.kind not in KINDS or label.answer not in ("sure", "suggest", "nothing"):
        raise ValueError(f"{label}: unknown kind or answer")
    if unknown := label.pays - set(world.invoices):
        raise ValueError(f"{label}: {unknown} not open in this world")
    if label.answer != "sure":
        return
    if code := label.settles or label.returns:
        expected = world.transfers[code].cents * (-1 if label.returns else 1)
    else:
        expected = sum(world.invoices[number].cents for number in label.pays)
    expected += label.credit - label.missing - label.discount - label.fee
    if expected != label.cents:
        raise ValueError(f"{label}: {label.cents} instead of {expected} cents")
