"""A labelled world made at random: as many labels as wanted, for the plain rules."""

import random
from collections import defaultdict

from stdnum.iso7064 import mod_97_10

from bridge import reference

from .label_maker import Case, Due, cases
from .labelled import Invoice, Label, LabelledWorld

INVOICES_EACH = 6
_NAMES = (
    ("Boulangerie", "Garage", "Hôtel", "Bakkerij", "Autohaus", "Praxis", "Cabinet"),
    ("Delmas", "Lefèvre", "Janssens", "Müller", "Noël", "Claes", "Weiß", "Perrin"),
    ("Lyon", "Liège", "Köln", "Gand", "Nîmes", "Bremen", "Namur", "Lille", "Metz"),
)
_KINDS = {
    "several": "number",
    "over": "reference",
    "last_year": "trap",
    "other_number": "trap",
    "wrong_check": "trap",
    "noise": "trap",
}
_TODAY = "2026-11-20"


def random_world(count: int, seed: int) -> LabelledWorld:
    """Return a world with ``count`` labels; the same ones for the same seed."""
    rng = random.Random(seed)
    codes = reference.make_many(count * INVOICES_EACH)
    customers, invoices, requests = {}, {}, {}
    dues = defaultdict(list)
    for position in range(count * INVOICES_EACH):
        customer = f"c{position // INVOICES_EACH}"
        if customer not in customers:
            name = " ".join(map(rng.choice, _NAMES))
            customers[customer] = name, (f"FR76{rng.randrange(10**22):023}",)
        name, (iban,) = customers[customer]
        number = f"FAC/2026/{position + 1:05}"
        amount = 5000 * rng.randint(1, 60)
        if rng.random() < 0.9:
            amount = rng.randint(2000, 900000)
        structured = rng.choice((_rf, _belgian, lambda _number: ""))(position)
        invoices[number] = Invoice(number, customer, amount, _TODAY, structured)
        requests[codes[position]] = (number,)
        dues[customer].append(
            Due(number, amount, name, iban, structured, codes[position])
        )
    made = cases(count, list(dues.values()), seed)
    return LabelledWorld(
        name=f"random {seed}",
        currency="EUR",
        today=_TODAY,
        tolerance_cents=0,
        customers=customers,
        invoices=invoices,
        paid={},
        requests=requests,
        transfers={},
        labels=[_label(case, at, invoices) for at, case in enumerate(made, 1)],
    )


def _label(case: Case, position: int, invoices: dict[str, Invoice]) -> Label:
    due = sum(invoices[number].cents for number in case.pays)
    kind = _KINDS.get(case.kind, case.kind)
    if case.kind == "part":
        kind = "number" if case.pays[0][-5:] in case.label else "reference"
    return Label(
        world="random",
        position=position,
        kind=kind,
        trait=case.kind,
        texts=(case.label,),
        cents=case.cents,
        date=_TODAY,
        name=case.name,
        iban=case.iban,
        end_to_end=case.end_to_end,
        ids=(),
        answer="sure" if case.sure else "suggest" if case.pays else "nothing",
        # The customer of a common name, or whom an old number meant, is not told.
        pays=frozenset(case.pays if case.sure or case.kind == "iban" else ()),
        settles="",
        returns="",
        missing=max(0, due - case.cents) if case.sure else 0,
        credit=max(0, case.cents - due) if case.sure else 0,
        discount=0,
        fee=0,
    )


def _rf(position: int) -> str:
    digits = f"{position:09}"
    return f"RF{mod_97_10.calc_check_digits(f'{digits}RF')}{digits}"


def _belgian(position: int) -> str:
    digits = f"{position:010}"
    digits += f"{position % 97 or 97:02}"
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
