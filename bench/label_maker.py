"""Bank labels in volume, as French, Belgian and German banks pass them on.

Random, yet the same for the same seed. Each case says what the line pays and whether
its label is enough to be sure of it.
"""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# How often each kind of evidence is met, in a hundred lines.
MIX = {
    "number": 30,
    "several": 10,
    "reference": 20,
    "structured": 12,
    "end_to_end": 8,
    "part": 4,
    "over": 2,
    "iban": 4,
    "name": 3,
    "last_year": 2,
    "other_number": 1,
    "wrong_check": 1,
    "noise": 3,
}
SURE = ("number", "several", "reference", "structured", "end_to_end", "part", "over")

FRAMES = (
    "VIR SEPA {name} {text}",
    "VIR SEPA RECU /DE {name} /MOTIF {text} /REF {digits}",
    "VIR INST {name} {text}",
    "VIR RECU {digits}S\nDE: {name}\nMOTIF: {text}",
    "VIREMENT EN VOTRE FAVEUR {name} {text}",
    "Virement de {name} Référence : {text}",
    "VIR {text}",
    "OVERSCHRIJVING VAN {name} MEDEDELING : {text}",
    "VIREMENT EN EUROS DU COMPTE {name} COMMUNICATION: {text} DATE VALEUR {day}",
    "INSTANTOVERSCHRIJVING {name} {text} VALUTA {day}",
    "GUTSCHRIFT SVWZ+{text} ABWA+{name}",
    "EREF+{digits} KREF+NONREF SVWZ+{text} ABWA+{name}",
    "/EREF/NOTPROVIDED/ORDP//NAME/{name}/REMI/{text}",
    "/RTRN//EREF/{digits}/REMI/{text}/BENM//NAME/BENCH",
)
WORDS = ("", "", "", "FACTURE ", "Facture n° ", "REGLT ", "factuur ", "RECHNUNG ")
NOISE = (
    "REMISE CB TPE {digits} DU {day} BRUT {euros}",
    "REM CHQ N {digits} DU {day} NBRE 3",
    "INTERETS CREDITEURS AU {day}",
    "VIR CPAM REMBOURSEMENT {digits}",
    "VIR DGFIP REMB TVA {digits}",
    "BANCONTACT AFREKENING {day} TERMINAL {digits}",
    "SVWZ+EC-UMSATZ TA-NR. {digits} VOM {day}",
    "VIR INST WERO 06 12 34 56 78 MERCI",
)


@dataclass(frozen=True)
class Due:
    """An open invoice, as far as a payer knows it."""

    number: str
    cents: int
    customer: str
    iban: str
    structured: str = ""  # RF… or +++…+++, when it is the invoice's reference
    code: str = ""  # reference of its payment request


@dataclass
class Case:
    """A bank line to be, and its right answer."""

    kind: str
    label: str
    cents: int
    pays: list[str]
    name: str = ""
    iban: str = ""
    end_to_end: str = ""

    @property
    def sure(self) -> bool:
        """Whether the label says enough to be sure of what the line pays."""
        return self.kind in SURE


def cases(count: int, customers: list[list[Due]], seed: int) -> list[Case]:
    """Return bank lines of as many customers.

    :param customers: open invoices, one list for each customer
    :param seed: the same one makes the same lines
    """
    rng = random.Random(seed)
    kinds = list(_kinds(rng, count))
    return [
        _case(rng, kind, dues, rng.choice(customers))
        for kind, dues in zip(kinds, customers, strict=False)
    ]


def _kinds(rng: random.Random, count: int) -> Iterator[str]:
    """Yield the kinds so that each hundred of them holds the whole mix."""
    hundred = [kind for kind, share in MIX.items() for _each in range(share)]
    for _start in range(0, count, len(hundred)):
        rng.shuffle(hundred)
        yield from hundred[: count - _start]


def _case(rng: random.Random, kind: str, dues: list[Due], others: list[Due]) -> Case:
    if kind in ("structured", "wrong_check"):
        dues = [due for due in dues if due.structured] or dues
        if not dues[0].structured:
            kind = "number"
    if kind == "other_number":
        return _other_number(rng, dues, others)
    return _MAKERS[kind](rng, dues)


def _number(rng, dues):
    due = rng.choice(dues)
    text = _mangled(rng, due.number)
    return _transfer(rng, "number", due, rng.choice(WORDS) + text, [due])


def _several(rng, dues):
    paid = rng.sample(dues, min(len(dues), rng.randint(2, 4)))
    joint = rng.choice((" ", " + ", ", ", " ET ", "\n"))
    style = rng.choice(_STYLES)
    text = joint.join(style(rng, due.number) for due in paid)
    return _transfer(rng, "several", paid[0], text, paid)


def _reference(rng, dues):
    due = rng.choice(dues)
    more = rng.choice(("", f" {due.number.replace('/', '-')}"))
    return _transfer(rng, "reference", due, _mangled(rng, due.code) + more, [due])


def _structured(rng, dues):
    due = rng.choice(dues)
    digits = re.sub("[^A-Z0-9]", "", due.structured)
    if digits.startswith("RF"):
        text = rng.choice((digits, " ".join(re.findall(".{1,4}", digits))))
    else:
        slashed = f"{digits[:3]}/{digits[3:7]}/{digits[7:]}"
        text = rng.choice((due.structured, f"***{slashed}***", slashed, digits))
    return _transfer(rng, "structured", due, text, [due])


def _end_to_end(rng, dues):
    due = rng.choice(dues)
    case = _transfer(rng, "end_to_end", due, rng.choice(("", "MERCI", "NOV")), [due])
    case.end_to_end = due.code
    return case


def _part(rng, dues):
    due = rng.choice(dues)
    # A reference of ours is enough, a number needs the payer's account.
    text = rng.choice((due.code, due.number))
    case = _transfer(rng, "part", due, text, [due])
    case.cents, case.iban = max(1, due.cents * rng.randint(20, 80) // 100), due.iban
    return case


def _over(rng, dues):
    due = rng.choice(dues)
    case = _transfer(rng, "over", due, due.code, [due])
    case.cents += rng.randint(1, 999)
    return case


def _iban(rng, dues):
    due = rng.choice(dues)
    case = _transfer(rng, "iban", due, "", [due])
    case.iban = due.iban
    return case


def _name(rng, dues):
    due = rng.choice(dues)
    case = _transfer(rng, "name", due, "", [due])
    case.label = f"VIR SEPA {_plain(due.customer)}"
    return case


def _last_year(rng, dues):
    """The number of a year before: none of its invoices is open."""
    due = rng.choice(dues)
    text = re.sub("/20[0-9]{2}/", "/2023/", due.number)
    return _transfer(rng, "last_year", due, text, [due])


def _other_number(rng, dues, others):
    """The number of another customer's invoice, of another amount."""
    due, other = rng.choice(dues), rng.choice(others)
    return _transfer(rng, "other_number", due, _mangled(rng, other.number), [due])


def _wrong_check(rng, dues):
    """A structured reference with one digit wrong, and a part of the amount."""
    due = rng.choice(dues)
    digits = re.sub("[^A-Z0-9]", "", due.structured)
    last = str((int(digits[-1]) + rng.randint(1, 9)) % 10)
    case = _transfer(rng, "wrong_check", due, digits[:-1] + last, [due])
    case.cents = max(1, case.cents * rng.randint(20, 80) // 100)
    return case


def _noise(rng, _dues):
    cents = rng.randint(100, 500000)
    label = rng.choice(NOISE).format(
        digits=rng.randint(10**5, 10**9), day=_day(rng), euros=f"{cents / 100:.2f}"
    )
    return Case("noise", label, cents, [])


_MAKERS = {
    "number": _number,
    "several": _several,
    "reference": _reference,
    "structured": _structured,
    "end_to_end": _end_to_end,
    "part": _part,
    "over": _over,
    "iban": _iban,
    "name": _name,
    "last_year": _last_year,
    "wrong_check": _wrong_check,
    "noise": _noise,
}


def _transfer(rng, kind: str, payer: Due, text: str, paid: list[Due]) -> Case:
    """Return a transfer of the whole amount, written by some bank."""
    told = rng.random() < 0.3
    label = _framed(rng, payer.customer, text)
    return Case(
        kind=kind,
        label=label,
        cents=sum(due.cents for due in paid),
        pays=[due.number for due in paid],
        name=_plain(payer.customer) if told else "",
        iban=payer.iban if told and kind != "name" else "",
    )


def _framed(rng, name: str, text: str) -> str:
    """Write a label as some bank does, cut where its evidence is not lost."""
    frame = rng.choice(FRAMES)
    label = frame.format(
        name=_plain(name) if rng.random() < 0.7 else name,
        text=text,
        digits=rng.randint(10**5, 10**9),
        day=_day(rng),
    )
    if rng.random() < 0.6:
        label = _plain(label)
    wanted = _squeezed(text)
    for limit in rng.sample((35, 50, 70, 140, 140), 5):
        if wanted in _squeezed(label[:limit]):
            return label[:limit]
    return label


def _day(rng) -> str:
    day, month = rng.randint(1, 28), rng.randint(1, 12)
    return rng.choice((f"{day:02}/{month:02}/2026", f"{day:02}.{month:02}.26"))


def _mangled(rng, evidence: str) -> str:
    return rng.choice(_STYLES)(rng, evidence)


def _split(rng, evidence: str, inside: str) -> str:
    position = rng.randint(2, len(evidence) - 2)
    return evidence[:position] + inside + evidence[position:]


_STYLES: tuple[Callable, ...] = (
    lambda rng, text: text,
    lambda rng, text: text,
    lambda rng, text: text.replace("/", "-"),
    lambda rng, text: text.replace("/", " "),
    lambda rng, text: text.replace("/", ""),
    lambda rng, text: text.lower(),
    lambda rng, text: text.replace("/", " / "),
    lambda rng, text: _split(rng, text, "\n"),
    lambda rng, text: _split(rng, text, " "),
)


def _plain(text: str) -> str:
    """Return a text in upper case, its accents lost."""
    decomposed = unicodedata.normalize("NFKD", text)
    return decomposed.encode("ascii", "ignore").decode().upper()


def _squeezed(text: str) -> str:
    return re.sub("[^A-Z0-9]", "", _plain(text))
