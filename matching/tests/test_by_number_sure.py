"""Invoice numbers and structured references: never none where it is sure."""

from datetime import timedelta

import pytest

from matching import SURE, UNSURE, Settings, needs_more

from .samples import (
    CENTS,
    NAMED,
    NUMBER,
    TODAY,
    Row,
    decided,
    documents,
    due,
    receipt,
    said,
)

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
        "FAC/2026/00042, 43, 44",
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
    "list of numbers that do not follow each other": Row(
        "several",
        receipt("FAC/2026/00042, 44", 1_500),
        [FIRST, SECOND, due("FAC/2026/00044", 500)],
        best={"documents": (NUMBER, "FAC/2026/00044")},
    ),
    "list of one year": Row(
        "several",
        receipt("FAC/2026/00042, 43", 1_500),
        [FIRST, SECOND, due("FAC/2025/00043", 500)],
        best={"dues": (FIRST, SECOND)},
    ),
    "the month of the next number is not one of the list": Row(
        "several",
        receipt("VIR INV/2026/11/0007, INV 11/0008", 1_500, name="ACME Industries"),
        [
            due("INV/2026/11/0007", 1_000),
            due("INV/2026/11/0008", 500),
            due("INV/2026/11/0011", 500),
        ],
        best={"documents": ("INV/2026/11/0007", "INV/2026/11/0008")},
    ),
    "one of two": Row(
        "exact",
        receipt("FAC/2026/00042 FAC/2026/00043", 500),
        [FIRST, SECOND],
        best={"dues": (SECOND,)},
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
    "a customer number that looks like another number": Row(
        "exact",
        receipt("CLIENT 202600043 FAC/2026/00042"),
        [due(), due("FAC/2026/00043")],
        best={"documents": (NUMBER,)},
    ),
    "the label names the customer and another who owes as much": Row(
        "exact",
        receipt("ACME INDUSTRIES POUR GARAGE DU LAC FAC/2026/00042"),
        [due(), due("FAC/2026/00043", partner="Garage du Lac")],
    ),
    "two customers, both named": Row(
        "several",
        receipt("ACME INDUSTRIES GARAGE DU LAC FAC/2026/00042 FAC/2026/00043", 1_500),
        [FIRST, due("FAC/2026/00043", 500, "Garage du Lac")],
    ),
    "digits of two customers that add up": Row(
        "several", receipt("VIR 202600042 202600043", 1_500), [FIRST, OTHERS]
    ),
    "digits of a payer who is named, less a fee": Row(
        "fee",
        receipt("ACME INDUSTRIES 202600042", 9_500),
        [due(cents=10_000)],
        {"settings": Settings(tolerance_cents=500)},
    ),
    "digits that add up, from somebody of another name": Row(
        "several",
        receipt("VIR 202600042 202600043", 1_500, name="Garage du Lac"),
        [FIRST, SECOND],
    ),
    "discount of a structured reference, from somebody of another name": Row(
        "discount",
        receipt("RF67INV000037", 9_800, name="Garage du Lac"),
        [DISCOUNTED._replace(payment_reference="RF67INV000037")],
    ),
    "all that was due on the day": Row(
        "all_due",
        receipt("FAC/2026/00042 ET SOLDE", 1_500),
        [FIRST, SECOND, due("FAC/2026/00044", 77, date=TODAY + timedelta(20))],
        best={"dues": (FIRST, SECOND)},
    ),
    "all that was due on the day, and as much as is named is due later": Row(
        "all_due",
        receipt("FAC/2026/00042 ET SOLDE", 1_500),
        [FIRST, SECOND, due("FAC/2026/00044", 1_000, date=TODAY + timedelta(20))],
        best={"dues": (FIRST, SECOND)},
    ),
    "one installment": Row(
        "installment", receipt(NUMBER, 700), [EARLIER, LATER], best={"dues": (LATER,)}
    ),
    "all installments": Row("exact", receipt(NUMBER, 1_000), [EARLIER, LATER]),
    "the oldest of equal installments": Row(
        "installment",
        receipt(NUMBER, 300),
        [LATER._replace(cents=300), EARLIER],
        best={"dues": (EARLIER,)},
    ),
    "part of the first installment": Row(
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
    "part of the second installment": Row(
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
    "part, and the short number of a paid one": Row(
        "part", receipt(f"{NAMED} 43", 4_000), [due(), SECOND._replace(cents=0)]
    ),
    "part, and the short number of another customer": Row(
        "part", receipt(f"{NAMED} 43", 4_000), [due(), OTHERS]
    ),
    "part of a reference whose zeros the bank dropped": Row(
        "part",
        receipt("RF18539007547034", 4_000),
        [due(payment_reference="RF18000539007547034")],
    ),
    "over": Row(
        "over", receipt(NAMED, 6_000), best={"paid": (CENTS,), "rest_cents": 1_010}
    ),
    "over, sixteen characters before a bank's limit": Row(
        "over", receipt("ACME INDUSTRIES SAS FAC/2026/00042 REGLT MARS JUIN", 6_000)
    ),
    "over by as much as an installment": Row(
        "over", receipt(NAMED, 1_300), [EARLIER, LATER], best={"rest_cents": 300}
    ),
    "a payer who owes another amount and writes anothers number": Row(
        "exact",
        receipt("VIR GARAGE DU LAC FAC/2026/00042"),
        [due(), due("FAC/2026/00043", 1_000, "Garage du Lac")],
        best={"paid": (CENTS,)},
    ),
    "a payer who owes as much in another currency": Row(
        "exact",
        receipt("VIR GARAGE DU LAC FAC/2026/00042"),
        [due(), due("FAC/2026/00043", partner="Garage du Lac", currency="USD")],
        best={"paid": (CENTS,)},
    ),
    "same digits of one customer, the sum of both": Row(
        "all_due",
        receipt("VIR 202600042", 1_500),
        [FIRST, due("VTE/2026/00042", 500)],
    ),
    "fee within the tolerance": Row(
        "fee",
        receipt(NUMBER, 9_500),
        [due(cents=10_000)],
        {"settings": Settings(tolerance_cents=500)},
        {"fee_cents": 500, "missing_cents": 0},
    ),
    "fee of more than the last of two": Row(
        "fee",
        receipt("FAC/2026/00042 FAC/2026/00043", 9_900),
        [due(cents=10_000), due("FAC/2026/00043", 300)],
        {"settings": Settings(tolerance_cents=500)},
        {"paid": (9_900, 0), "fee_cents": 400},
    ),
}


@pytest.mark.parametrize("row", BOOKED.values(), ids=BOOKED)
def test_it_is_booked(row):
    row.check(SURE)


def test_a_part_is_booked_only_after_a_second_look():
    assert needs_more(decided(receipt(NAMED, 4_000), [due()]))
    assert not needs_more(decided(receipt(NAMED), [due()]))


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
