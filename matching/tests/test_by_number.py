"""Invoice numbers: never the wrong invoice, then never none where it is sure."""

from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import NONE, SURE, UNSURE, Receipt, Settings, needs_more

from .samples import CENTS, NUMBER, TODAY, decided, documents, due, receipt, said

FORMATS = (
    NUMBER,
    "INV/2026/11/0007",
    "F2026-0042",
    "2026-0042",
    "260042",
    "VTE26110042",
)


#: A payer whose name is told, and the number.
NAMED = f"ACME INDUSTRIES {NUMBER}"


class Row(NamedTuple):
    """What is decided of a receipt, by default with one open invoice.

    :ivar reason: of the best proposal
    :ivar more: further arguments of `decided`
    :ivar best: fields of the best proposal, and facts of it
    """

    reason: str
    line: Receipt
    dues: list = [due()]
    more: dict = {}
    best: dict = {}

    def check(self, certainty):
        decision = decided(self.line, self.dues, **self.more)
        assert said(decision) == (certainty, self.reason)
        told = decision.best._asdict() | decision.best.facts
        assert {name: told[name] for name in self.best} == self.best


# === What can go wrong ===

# digits of the number, in the place of something else
LOOK_ALIKES = (
    "CLIENT {digits}",
    "N CLIENT: {digits}",
    "KUNDENNR {digits}",
    "COMMANDE {digits}",
    "CDE N {digits}",
    "BESTELLUNG {digits}",
    "CONTRAT {digits}",
    "DEVIS {digits}",
    "BL {digits}",
    "SIRET {digits}00012",
    "PRLV 9{digits}7",
    "{digits}12",
    "99{digits}",
    "REF {digits}X77",
    "BC{digits}",
    "{euros},{cents} EUR",
    "{digits} EUR",
    "EUR {digits}",
    "CARTE {digits}",
    "CB*{digits}",
    "LOYER {digits}",
    "MREF+{digits} SVWZ+MIETE",
    "/MARF/{digits}/REMI/MERCI",
    "CHEQUE {digits}",
    "ORDRE {digits}",
)


@pytest.mark.parametrize("number", FORMATS)
@pytest.mark.parametrize("label", LOOK_ALIKES)
def test_digits_of_something_else_are_never_booked(number, label):
    digits = "".join(filter(str.isdigit, number))
    text = label.format(digits=digits, euros=digits[:-2], cents=digits[-2:])
    # the amount agrees by chance, and nobody is known
    decision = decided(receipt(f"VIR {text}"), [due(number)])
    assert decision.certainty != SURE


@pytest.mark.parametrize(
    "text",
    [
        "VIR 06 20 26 00 42",
        "TEL +33 6 20 26 00 42",
        "VIR 20/26/0042 20",
        "FR76 2026 0042 2026 0042 2026 004",
        "VIR 4970 2026 0042 0004",
    ],
)
def test_phone_card_and_account_numbers_are_never_booked(text):
    decision = decided(receipt(text), [due("2026-0042")])
    assert decision.certainty != SURE


@pytest.mark.parametrize(
    "text", ["VIR DU 20/10/2026", "VIR 20102026", "20.10.2026", "DU 201026"]
)
def test_dates_are_never_booked(text):
    for number in ("F2010-2026", "20102026", "201020-26", "201026"):
        decision = decided(receipt(text), [due(number)])
        assert decision.certainty != SURE


@pytest.mark.parametrize(
    "number, text",
    [
        ("FAC/2026/00042", "FAC/2025/00042"),
        ("FAC/2026/00042", "FAC 2025 42"),
        ("FAC/2026/00042", "FAC202500042"),
        ("INV/2026/11/0007", "INV/2025/11/0007"),
        ("INV/2026/11/0007", "INV/2026/10/0007"),
        ("F2026-0042", "F2025-0042"),
        ("2026-0042", "2025-0042"),
        ("260042", "250042"),
        ("VTE26110042", "VTE25110042"),
        ("F26-004526", "F25004526"),
    ],
)
def test_last_years_number_does_not_pay_this_years_invoice(number, text):
    line = receipt(f"VIR ACME INDUSTRIES {text}")
    decision = decided(line, [due(number)])
    assert decision.certainty == UNSURE
    assert documents(decision) == [number]


@pytest.mark.parametrize("reference", ["RF29000010026", "+++000/0010/02534+++"])
def test_a_part_of_a_structured_reference_does_not_pay(reference):
    entry = due("FAC/2026/10026", payment_reference=reference)
    for text in ("FAC/2023/10026", "FACTURE 10025", "FACT 2534", "VIR 10026"):
        decision = decided(receipt(f"ACME INDUSTRIES {text}"), [entry])
        assert decision.certainty != SURE


@pytest.mark.parametrize(
    "text", ["FAC/2026/00043", "FAC/2026/00142", "FAC/2026/000421", "FAC/2026/0004"]
)
def test_another_number_does_not_pay_it(text):
    decision = decided(receipt(f"VIR {text}"), [due()])
    assert decision.certainty != SURE


@pytest.mark.parametrize(
    "text", ["RFAC/2026/00042", "AVFAC/2026/00042", "RFAC 202600042"]
)
def test_the_number_of_a_credit_note_is_not_the_invoices(text):
    decision = decided(receipt(f"VIR {text}"), [due()])
    assert decision.certainty != SURE


@pytest.mark.parametrize("values", [{"name": "Garage du Lac"}, {}])
def test_a_payer_who_owes_the_same_amount_and_writes_anothers_number(values):
    line = receipt("VIR GARAGE DU LAC FAC/2026/00042", **values)
    named = due()
    first = decided(line, [named])
    assert needs_more(first)
    his_own = due("FAC/2026/00043", partner="Garage du Lac")
    decision = decided(line, [named, his_own])
    assert said(decision) == (UNSURE, "ambiguous")


@pytest.mark.parametrize(
    "text", [NUMBER, "FAC202600042", "FACT 2026-00042", "2026 00042"]
)
def test_the_number_of_a_paid_invoice_is_not_that_of_another_series(text):
    dues = [due(cents=0), due("INV/2026/00042", partner="other")]
    assert decided(receipt(f"VIR {text}"), dues).certainty != SURE


@pytest.mark.parametrize("text", [NUMBER, "FAC202600042"])
def test_other_letters_name_another_series(text):
    decision = decided(receipt(f"VIR {text}"), [due("INV/2026/00042")])
    assert decision.certainty != SURE


LEFT_TO_A_PERSON = {
    "payer known as another customer": Row(
        "other_customer", receipt(NUMBER, iban="FR76"), more={"payers": ["other"]}
    ),
    "line of another customer": Row("other_customer", receipt(NUMBER, partner="other")),
    "invoice of another customer beside one's own": Row(
        "several_customers",
        receipt(f"{NAMED} FAC/2026/00043", 1_500),
        [due(cents=1_000), due("FAC/2026/00043", 500, "other")],
    ),
    "same digits": Row(
        "ambiguous",
        receipt("VIR 2026 00042"),
        [due(), due("VTE/2026/00042", partner="other")],
    ),
    "short number of two years": Row(
        "ambiguous",
        receipt("ACME INDUSTRIES FAC 42"),
        [due(), due("FAC/2025/00042")],
    ),
    "two named, the amount of either": Row(
        "ambiguous",
        receipt("FAC/2026/00042 FAC/2026/00043"),
        [due(), due("FAC/2026/00043")],
    ),
    "short number, payer unknown": Row("incomplete", receipt("VIR FACTURE 42")),
    "number cut after 35 characters": Row(
        "incomplete",
        receipt("VIREMENT SEPA RECU DE ACME F2026-10"),
        [due("F2026-10", partner="other")],
    ),
    "misspelt": Row("misspelt", receipt("VIR FAC/2026/00024")),
    "wrong check digits": Row(
        "misspelt",
        receipt("+++090/9337/55439+++"),
        [due("INV/2026/00201", payment_reference="+++090/9337/55493+++")],
    ),
    "another currency": Row("currency", receipt(NAMED, currency="USD")),
    "paid": Row("already_matched", receipt(NUMBER), [due(cents=0)]),
    "money goes out": Row("direction", receipt(NUMBER, -CENTS)),
    "refund": Row(
        "refund",
        receipt("REMBOURSEMENT AV/2026/00007", -CENTS),
        [due("AV/2026/00007", -CENTS)],
    ),
    "credit note not named": Row(
        "credit_notes",
        receipt(NAMED, 4_000),
        [due(), due("FAC/2026/00050", 77_700), due("RFAC/2026/00003", -990)],
    ),
    "part of a payment registered by hand": Row(
        "amount",
        receipt(NAMED, 4_000),
        [due(payment=True)],
        best={"documents": (NUMBER,), "expected": CENTS},
    ),
    "part, payer unknown": Row("amount", receipt(NUMBER, 4_000)),
    "over, payer unknown": Row("amount", receipt(NUMBER, 6_000)),
    "part, not wanted": Row(
        "amount", receipt(NAMED, 4_000), more={"settings": Settings(partial=False)}
    ),
    "over, not wanted": Row(
        "amount", receipt(NAMED, 6_000), more={"settings": Settings(partial=False)}
    ),
    "part, the amount of another entry": Row(
        "ambiguous",
        receipt(NAMED, 4_000),
        [due(), due("FAC/2026/00050", 4_000), due("FAC/2026/00051", 77_777)],
    ),
    "over, the rest is another entry": Row(
        "ambiguous",
        receipt(NAMED, 6_000),
        [due(), due("FAC/2026/00050", 1_010), due("FAC/2026/00051", 77_777)],
    ),
    "over, an unknown number too": Row(
        "amount", receipt(f"{NAMED} FAC/2026/00041", 6_000)
    ),
    "over, a number cut off": Row("amount", receipt(f"{NAMED} ET FAC/2", 6_000)),
    "over, the label goes on": Row("amount", receipt(f"VIR {NAMED},", 6_000)),
    "fee beyond the tolerance": Row(
        "amount",
        receipt(NUMBER, 9_499),
        [due(cents=10_000)],
        {"settings": Settings(tolerance_cents=500)},
    ),
    "too much is no fee": Row(
        "amount",
        receipt(NUMBER, 10_100),
        [due(cents=10_000)],
        {"settings": Settings(tolerance_cents=500)},
        {"fee_cents": 0},
    ),
}


@pytest.mark.parametrize("row", LEFT_TO_A_PERSON.values(), ids=LEFT_TO_A_PERSON)
def test_it_is_left_to_a_person(row):
    row.check(UNSURE)


def test_both_readings_of_the_same_digits_are_told():
    row = LEFT_TO_A_PERSON["same digits"]
    assert len(decided(row.line, row.dues).alternatives) == 1


# === What is sure ===

# number -> ways in which banks and payers write it; the payer is not known
WHOLE = {
    "FAC/2026/00042": (
        "FAC/2026/00042",
        "fac/2026/00042",
        "FAC-2026-00042",
        "FAC 2026 00042",
        "FAC202600042",
        "FAC/2026/00\n042",
        "F\nAC/2026/00042",
        "FAC/20 26/00 042",
        "FACT 2026/00042",
        "FACTURE N° 2026-00042",
        "EREF+NOTPROVIDED SVWZ+FAC/2026/00042 ABWA+DUPONT",
        "EREF+FAC-2026-00042SVWZ+RECHNUNG",
        "/EREF/NOTPROVIDED/REMI/FAC/2026/00042/BENM//NAME/X",
        "VIRSEPADUPONTFAC202600042DU12102026",
        "VIR 202600042 DU 12/10/2026",
        "MERCI FAC/2026/00042 TEL 06 12 34 56 78 CLIENT 4711",
        "FR76 3000 6000 0112 3456 7890 189 FAC/2026/00042",
    ),
    "INV/2026/11/0007": (
        "INV/2026/11/0007",
        "INV 2026 11 0007",
        "inv2026110007",
        "INVOICE 2026-11-0007",
        "RECHNUNG 2026/11/0007",
    ),
    "F2026-0042": ("F2026-0042", "F20260042", "F 2026 0042", "FACT 2026-0042"),
    "2026-0042": ("2026-0042", "FACTURE 2026 0042", "FAC 20260042", "REF 2026-0042"),
    "260042": ("FACTURE 260042", "FACT N 260042", "REF 260042", "VIR DUPONT 260042"),
    "VTE26110042": ("VTE26110042", "vte 26110042", "VTE 2611 0042", "VTE-26-11-0042"),
}


@pytest.mark.parametrize(
    "number, text", [(number, text) for number, ways in WHOLE.items() for text in ways]
)
def test_a_whole_number_and_its_amount_are_sure(number, text):
    decision = decided(receipt(text), [due(number)])
    assert said(decision) == (SURE, "exact")
    assert decision.best.kind == "number"
    assert (documents(decision), decision.best.paid) == ([number], (CENTS,))


# the number is not whole: sure only because the payer is known
SHORT = {
    "FAC/2026/00042": (
        "FAC/2026/42",
        "FAC 42",
        "FACTURE N°42",
        "FAC/26/42",
        "FAC202642",
    ),
    "INV/2026/11/0007": ("INV/11/0007", "INV 11/7", "FACTURE 7"),
    "F2026-0042": ("F 42", "FACT 0042", "FACTURE 42/2026"),
    "260042": ("FACT 42", "FACTURE 26/0042"),
    "VTE26110042": ("VTE 42", "VTE 2611 42"),
    "2026-1021": ("FACTURE 20261021",),
}


@pytest.mark.parametrize(
    "number, text", [(number, text) for number, ways in SHORT.items() for text in ways]
)
@pytest.mark.parametrize(
    "known",
    [{"payers": ["acme"]}, {"name": "ACME INDUSTRIES"}, {"before": "ACME INDUSTRIES "}],
    ids=str,
)
def test_a_short_number_is_sure_when_the_payer_is_known(number, text, known):
    line = receipt(f"VIR {known.get('before', '')}{text}", name=known.get("name", ""))
    decision = decided(line, [due(number)], payers=known.get("payers", ()))
    assert decision.certainty == SURE
    assert documents(decision) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "FAC/2026/00042 FAC/2026/00043 FAC/2026/00044",
        "FAC/2026/00042, 43 ET 44",
        "FAC/2026/00042 43 44",
        "FAC/2026/00042/43/44",
        "FAC/2026/00042 + 00043 + 00044",
        "FAC/2026/00042 A 44",
        "FAC/2026/00042-00043-00044",
        "FAC202600042FAC202600043FAC202600044",
        "FACTURES 202600042 202600043 202600044",
        "RECHNUNGEN FAC/2026/00\n042 UND FAC/2026/00043, FAC/2026/00044",
    ],
)
def test_several_numbers_that_add_up_are_sure(text):
    dues = [due(f"FAC/2026/000{n}", 1_000 + n) for n in range(40, 48)]
    decision = decided(receipt(f"VIR {text}", 3_129), dues)
    assert said(decision) == (SURE, "several")
    assert documents(decision) == [f"FAC/2026/000{n}" for n in (42, 43, 44)]
    assert sum(decision.best.paid) == 3_129


FIRST = due(cents=1_000)
SECOND = due("FAC/2026/00043", 500)
OTHERS = SECOND._replace(partner="other")
SAME_DIGITS = due("VTE/2026/00042", partner="other")
CREDIT = due("RFAC/2026/00003", -990)
DISCOUNTED = due(cents=10_000, discount_cents=200)
REGISTERED = due(payment=True)
EARLIER = due(cents=300, move="invoice", date=TODAY - timedelta(30))
LATER = due(cents=700, move="invoice")

BOOKED = {
    "letters tell them apart": Row(
        "exact",
        receipt("VIR VTE-2026-00042"),
        [due(), SAME_DIGITS],
        best={"dues": (SAME_DIGITS,)},
    ),
    "numbers after a list are not its items": Row(
        "several",
        receipt("FAC-2026-16517 + FAC-2026-16513", 1_500),
        [
            due("FAC/2026/16517", 1_000),
            due("FAC/2026/16513", 500),
            due("FAC/2026/12026", 500, "other"),
            due("FAC/2026/12028", 500, "other"),
        ],
        best={"paid": (1_000, 500)},
    ),
    "buying group": Row(
        "several",
        receipt("CENTRALE D ACHATS FAC/2026/00042 FAC/2026/00043", 1_500),
        [FIRST, OTHERS],
    ),
    **{
        f"credit note: {text}": Row(
            "several", receipt(text, 4_000), [due(), CREDIT], best={"paid": paid}
        )
        for text, paid in {
            "FAC/2026/00042 - RFAC/2026/00003": (4_990, -990),
            "FAC/2026/00042 MOINS AVOIR RFAC/2026/00003": (4_990, -990),
            "RFAC202600003 FAC202600042": (-990, 4_990),
        }.items()
    },
    "all that was due on the day": Row(
        "all_due",
        receipt("FAC/2026/00042 ET SOLDE", 1_500),
        [FIRST, SECOND, due("FAC/2026/00044", 77, date=TODAY + timedelta(20))],
        best={"dues": (FIRST, SECOND)},
    ),
    "one instalment": Row(
        "instalment", receipt(NUMBER, 700), [EARLIER, LATER], best={"dues": (LATER,)}
    ),
    "all instalments": Row("exact", receipt(NUMBER, 1_000), [EARLIER, LATER]),
    "the oldest of equal instalments": Row(
        "instalment",
        receipt(NUMBER, 300),
        [LATER._replace(cents=300), EARLIER],
        best={"dues": (EARLIER,)},
    ),
    "part of the first instalment": Row(
        "part",
        receipt(NAMED, 200),
        [LATER, EARLIER],
        best={
            "dues": (EARLIER,),
            "paid": (200,),
            "missing_cents": 100,
            "expected": 1_000,
            "missing": 800,
        },
    ),
    "part of the second instalment": Row(
        "part",
        receipt(NAMED, 400),
        [LATER, EARLIER],
        best={"dues": (EARLIER, LATER), "paid": (300, 100), "missing_cents": 600},
    ),
    "early-payment discount": Row(
        "discount",
        receipt(NUMBER, 9_800),
        [DISCOUNTED],
        best={"paid": (9_800,), "discount_cents": 200},
    ),
    "discount of one of two": Row(
        "discount",
        receipt("FAC/2026/00042 ET 43", 10_300),
        [DISCOUNTED, SECOND],
        best={"paid": (9_800, 500), "discount_cents": 200},
    ),
    "payment registered by hand": Row("registered", receipt(NUMBER), [REGISTERED]),
    "one payment registered for two": Row(
        "registered",
        receipt("FAC/2026/00042 FAC/2026/00043"),
        [REGISTERED, REGISTERED._replace(document="FAC/2026/00043")],
        best={"paid": (CENTS,)},
    ),
    "part": Row(
        "part", receipt(NAMED, 4_000), best={"paid": (4_000,), "missing_cents": 990}
    ),
    "part, the label told twice": Row(
        "part",
        receipt(
            (
                "VIR SEPA ACME INDUSTRIES FAC/2026/00042",
                "Acme industries fac/2026/00042 reçu le 20/11/2026",
            ),
            4_000,
        ),
    ),
    "over": Row(
        "over", receipt(NAMED, 6_000), best={"paid": (CENTS,), "rest_cents": 1_010}
    ),
    "fee within the tolerance": Row(
        "fee",
        receipt(NUMBER, 9_500),
        [due(cents=10_000)],
        {"settings": Settings(tolerance_cents=500)},
        {"fee_cents": 500, "missing_cents": 0},
    ),
}


@pytest.mark.parametrize("row", BOOKED.values(), ids=BOOKED)
def test_it_is_booked(row):
    row.check(SURE)


def test_a_part_is_booked_only_after_a_second_look():
    assert needs_more(decided(receipt(NAMED, 4_000), [due()]))


def test_all_that_the_customer_owes():
    dues = [due(f"FAC/2026/0004{n}", 1_000 + n) for n in range(4)]
    dues.append(due("RFAC/2026/00003", -500))
    dues.append(due("FAC/2026/00001", 0))  # paid
    line = receipt("FAC/2026/00042 ET SUIVANTES", 3_506)
    assert needs_more(decided(line, dues[2:3]))
    decision = decided(line, dues)
    assert said(decision) == (SURE, "all_due")
    assert len(decision.best.dues) == 5


# === Structured references ===


def test_structured_references_are_sure_whoever_pays():
    dues = [
        due("INV/2026/00201", payment_reference="+++090/9337/55493+++"),
        due(NUMBER, 700, payment_reference="RF67 INV0 0003 7"),
    ]
    for text, cents in (
        ("090/9337/55493", CENTS),
        ("090933755493", CENTS),
        ("MEDEDELING: 090 9337 55493", CENTS),
        ("RF67INV000037", 700),
        ("rf67 inv0 0\n003 7", 700),
    ):
        decision = decided(receipt(text, cents, name="Somebody Else"), dues)
        assert (decision.certainty, decision.best.kind) == (SURE, "structured")
    part = decided(receipt("090/9337/55493", 4_000), dues)
    assert said(part) == (SURE, "part")


def test_what_the_bank_adds_in_other_texts_does_not_count():
    texts = (
        "VIR SEPA DUPONT 202600042",
        "EUR",
        "2026-11-20",
        "transfer",
        "7f3e51c0-7d0d-4f63-8a50-202600042e01",
    )
    decision = decided(receipt(texts), [due()])
    assert said(decision) == (SURE, "exact")
    alone = decided(receipt(texts[1:]), [due()])
    assert alone.certainty != SURE


def test_a_reference_of_the_customer_pays_the_only_entry_of_that_amount():
    dues = [
        due(f"INV/2026/0020{n}", 1_000 * n, payment_reference="RF67INV000037")
        for n in (1, 2, 4)
    ]
    decision = decided(receipt("RF67INV000037", 2_000), dues)
    assert (decision.certainty, documents(decision)) == (SURE, ["INV/2026/00202"])
    assert decided(receipt("RF67INV000037", 7_000), dues).certainty == SURE
    assert decided(receipt("RF67INV000037", 3_000), dues).certainty == UNSURE


# === Always ===

NUMBERS = st.builds(
    lambda form, n: form.format(n),
    st.sampled_from(["FAC/2026/{:05}", "F2026-{:04}", "VTE2611{:04}", "26{:04}"]),
    st.integers(1, 99),
)
DUES = st.lists(
    st.builds(
        due,
        NUMBERS,
        st.integers(-3, 6).map(lambda n: n * 100),
        st.sampled_from(["acme", "Garage du Lac", "Garage du Port"]),
        currency=st.sampled_from(["EUR", "EUR", "USD"]),
        discount_cents=st.sampled_from([0, 0, 50]),
        payment=st.sampled_from([False, False, True]),
    ),
    max_size=6,
    unique_by=lambda entry: entry.document,
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.one_of(NUMBERS, st.sampled_from(["ACME INDUSTRIES", "GARAGE DU LAC", "ET"])),
        max_size=4,
    ).map(" ".join),
)
SETTINGS = st.builds(Settings, st.booleans(), st.sampled_from([0, 100]))
AMOUNTS = st.integers(-8, 12).map(lambda n: n * 50)


@given(TEXTS, AMOUNTS, DUES, SETTINGS, st.sampled_from([(), ("acme",)]))
def test_every_proposal_adds_up(text, cents, dues, settings, payers):
    decision = decided(receipt(text, cents), dues, settings=settings, payers=payers)
    assert (decision.best is None) == (decision.certainty == NONE)
    assert decision.certainty != SURE or decision.best.paid
    for proposal in filter(None, (decision.best, *decision.alternatives)):
        assert len(proposal.paid) in (0, len(proposal.dues))
        assert len({entry.key for entry in proposal.dues}) == len(proposal.dues)
        if proposal.paid:
            assert sum(proposal.paid) + proposal.rest_cents == cents
            assert {entry.currency for entry in proposal.dues} == {"EUR"}
            owed = sum(entry.cents for entry in proposal.dues)
            gap = proposal.discount_cents + proposal.fee_cents + proposal.missing_cents
            assert owed - gap == sum(proposal.paid)
        assert proposal.fee_cents <= settings.tolerance_cents
        assert proposal.facts["amount"] == cents


@given(
    st.lists(st.text(max_size=50), max_size=3),
    st.lists(st.tuples(st.text(max_size=20), st.text(max_size=30)), max_size=4),
    st.text(max_size=20),
    AMOUNTS,
)
def test_no_text_whatever_stops_the_rules(texts, numbers, name, cents):
    dues = [
        due(document, 100, payment_reference=other, partner_name=other)
        for document, other in numbers
    ]
    texts += [document for document, _other in numbers]
    decided(receipt(tuple(texts), cents, name=name), dues, settings=Settings(True, 9))


@given(TEXTS, AMOUNTS, DUES, SETTINGS)
def test_what_is_sure_does_not_depend_on_the_order(text, cents, dues, settings):
    first = decided(receipt(text, cents), dues, settings=settings)
    last = decided(receipt(text, cents), dues[::-1], settings=settings)
    assert first.certainty == last.certainty
    if first.certainty == SURE:
        assert {d.key for d in first.best.dues} == {d.key for d in last.best.dues}


@given(TEXTS, AMOUNTS, DUES)
def test_only_what_the_label_names_makes_a_customer_sure(text, cents, dues):
    decision = decided(receipt(text, cents), dues)
    if decision.certainty == SURE:
        sequences = [entry.document[-2:].lstrip("0") for entry in decision.best.dues]
        assert any(sequence in text for sequence in sequences)
        assert decision.best.kind in ("number", "structured")


@given(NUMBERS, st.integers(1, 10**7), st.text("ABCDEGHJ ", max_size=30))
def test_a_number_as_it_is_written_is_sure_in_any_label(number, cents, before):
    decision = decided(receipt(f"{before} FACT {number}", cents), [due(number, cents)])
    assert decision.certainty == SURE


@given(st.lists(NUMBERS, min_size=2, max_size=2, unique=True), st.integers(1, 10**7))
def test_another_number_is_never_sure(numbers, cents):
    number, other = numbers
    decision = decided(receipt(f"VIR FACT {other}", cents), [due(number, cents)])
    assert decision.certainty != SURE
