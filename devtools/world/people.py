"""Customers and their habits: what each of them does, and on which day."""

from dataclasses import dataclass, field
from random import Random

# Days before and after which invoices of the past become due.
OLDEST, NEWEST = -45, 25
OUTCOMES = ("acsc", "pdng-acsc", "pdng-rjct")


@dataclass
class Customer:
    """Somebody who owes something, and what will happen with them.

    :ivar dict address: values of the contact
    :ivar dict agenda: by day, deeds with their arguments, in order
    """

    name: str
    traits: list[str]
    address: dict
    agenda: dict = field(default_factory=dict)

    def plan(self, day: int, deed: str, **args) -> None:
        """Have something happen on a day of the world, the first being 0."""
        self.agenda.setdefault(max(day, 0), []).append((deed, args))


def make_customers(seed: int, count: int, days: int) -> list[Customer]:
    """Return the customers of a world, the same for the same arguments."""
    chance = Random(f"customers/{seed}")
    return [_make_customer(chance, number, days) for number in range(1, count + 1)]


def _make_customer(chance: Random, number: int, days: int) -> Customer:
    traits = chance.sample(list(TRAITS), chance.choice((1, 1, 2, 3)))
    name = f"Client {number:02d}"
    address = {
        "email": f"client{number:02d}@world.example",
        "phone": f"+3361200{number:04d}",
        "lang": chance.choice(("fr_FR", "fr_FR", "fr_FR", "en_US")),
        "policy": chance.choice(("courteous", "courteous", "firm", "key_account")),
        "grouping": "customer",
    }
    customer = Customer(name, traits, address)
    invoices = _owe(chance, customer, days)
    for trait in traits:
        TRAITS[trait](chance, customer, invoices, days)
    return customer


def _owe(chance: Random, customer: Customer, days: int) -> list[int]:
    """Give the customer invoices; return the day on which each is due."""
    dues = []
    for _invoice in range(chance.choice((1, 1, 2, 3, 5))):
        posted = chance.choice((0, 0, chance.randrange(max(days // 2, 1))))
        due = posted + chance.randint(OLDEST if posted == 0 else 0, NEWEST)
        customer.plan(
            posted,
            "invoice",
            amount=round(chance.choice((40, 300, 2000)) * (0.5 + chance.random()), 2),
            due=due - posted,
        )
        dues.append((posted, due))
    # As the world posts them.
    order = sorted(range(len(dues)), key=lambda n: dues[n][0])
    return [dues[n][1] for n in order]


# === Habits ===


def _silent(_chance, _customer, _invoices, _days):
    """Never answers."""


def _punctual(chance, customer, invoices, _days):
    for number, due in enumerate(invoices):
        day = due - chance.randint(0, 3)
        customer.plan(day, "transfer", invoice=number, share=1, names_it=True)


def _late(chance, customer, invoices, _days):
    for number, due in enumerate(invoices):
        day = max(due, 0) + chance.randint(2, 40)
        customer.plan(day, "pay_link", invoice=number, outcome="acsc")


def _part(chance, customer, invoices, days):
    for number in range(len(invoices)):
        day, share = chance.randrange(days), chance.choice((0.3, 0.5, 0.9))
        customer.plan(day, "pay_part", invoice=number, share=share)


def _unnamed(chance, customer, invoices, _days):
    for number, due in enumerate(invoices):
        day = max(due, 0) + chance.randint(1, 20)
        customer.plan(day, "transfer", invoice=number, share=1, names_it=False)


def _credits(chance, customer, invoices, days):
    for number in range(len(invoices)):
        day, share = chance.randrange(days), chance.choice((0.2, 0.6, 1))
        customer.plan(day, "credit", invoice=number, share=share)


def _refused(chance, customer, invoices, _days):
    for number, due in enumerate(invoices):
        day = max(due, 0) + chance.randint(2, 25)
        outcome = chance.choice(OUTCOMES)
        customer.plan(day, "pay_link", invoice=number, outcome=outcome)


def _dead_address(chance, customer, _invoices, days):
    good, customer.address["email"] = customer.address["email"], "gone@world.example"
    if chance.random() < 0.5:
        customer.address["phone"] = False
    day = chance.randint(5, max(days - 5, 6))
    customer.plan(day, "correct_address", email=good)


def _no_address(_chance, customer, _invoices, _days):
    customer.address.update(email=False, phone=False)


def _disputes(chance, customer, invoices, days):
    number, day = chance.randrange(len(invoices)), chance.randrange(days)
    customer.plan(day, "hold", invoice=number, days=chance.randint(3, 30))
    if chance.random() < 0.5:
        later = day + chance.randint(1, 10)
        customer.plan(later, "release", invoice=number)


def _installments(chance, customer, invoices, days):
    day = chance.randrange(max(days // 3, 1))
    customer.plan(day, "invoice", amount=900.0, due=0, installments=True)
    if chance.random() < 0.5:
        late = day + chance.randint(2, 30)
        customer.plan(late, "transfer", invoice=len(invoices), share=0.3, names_it=True)


def _corrected(chance, customer, invoices, days):
    number, day = chance.randrange(len(invoices)), chance.randrange(days)
    customer.plan(day, "correct", invoice=number, due=chance.randint(-5, 20))


def _dollars(chance, customer, _invoices, days):
    day = chance.randrange(max(days // 2, 1))
    due = chance.randint(-20, 20)
    customer.plan(day, "invoice", amount=500.0, due=due, currency="USD")


def _agencies(chance, customer, _invoices, days):
    customer.address["grouping"] = "contact"
    _owe_by(chance, customer, days, (1, 1, 2, 2))


def _group(chance, customer, _invoices, days):
    # One conversation is enough for a customer.
    if customer.address["grouping"] == "customer":
        customer.address["grouping"] = "group"
        _owe_by(chance, customer, days, (0, 1, 1))


def _owe_by(chance, customer, days, parts):
    """Give invoices to addresses of the customer, or to companies below it."""
    for part in parts:
        day, due = chance.randrange(max(days // 2, 1)), chance.randint(-20, 20)
        amount = round(chance.choice((50, 400)) * (0.5 + chance.random()), 2)
        customer.plan(day, "invoice", amount=amount, due=due, part=part)


def _cents(_chance, customer, invoices, _days):
    customer.plan(max(invoices[0], 0), "leave_cents", invoice=0, left=0.4)


TRAITS = {
    "never answers": _silent,
    "pays in time": _punctual,
    "pays late, by the link": _late,
    "pays a part": _part,
    "transfers without a reference": _unnamed,
    "has credits": _credits,
    "pays by a link, which may fail": _refused,
    "has a dead address": _dead_address,
    "has no address": _no_address,
    "disputes": _disputes,
    "pays in installments": _installments,
    "has an invoice corrected": _corrected,
    "owes dollars, too": _dollars,
    "leaves some cents": _cents,
    "has agencies": _agencies,
    "has a company below": _group,
}
