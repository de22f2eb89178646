"""Invoice numbers: never the wrong invoice."""

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

FORMATS = (
    NUMBER,
    "INV/2026/11/0007",
    "F2026-0042",
    "2026-0042",
    "260042",
    "VTE26110042",
)


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


FIRST, SECOND = due(cents=1_000), due("FAC/2026/00043", 500)
OTHERS = SECOND._replace(partner="other")
DISCOUNTED = due(cents=10_000, discount_cents=200)

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
    "paid": Row("already_matched", receipt(NUMBER), [due(cents=0)], best={"dues": ()}),
    "paid, its digits alone": Row(
        "already_matched", receipt("VIR 202600042"), [due(cents=0)]
    ),
    "money goes out": Row("direction", receipt(NUMBER, -CENTS)),
    "refund": Row(
        "refund",
        receipt("REMBOURSEMENT AV/2026/00007", -CENTS),
        [due("AV/2026/00007", -CENTS)],
    ),
    "part of a refund": Row(
        "refund",
        receipt("REMBOURSEMENT AV/2026/00007", -4_000),
        [due("AV/2026/00007", -CENTS)],
        best={"paid": (-4_000,), "missing_cents": -990},
    ),
    "refund less an invoice": Row(
        "refund",
        receipt("REMBOURSEMENT AV/2026/00007", -4_000),
        [due("AV/2026/00007", -CENTS), due(cents=990), due("FAC/2026/00050", 77_700)],
        best={"paid": (-CENTS, 990)},
    ),
    "money comes in for an invoice and its credit note": Row(
        "amount",
        receipt("ACME INDUSTRIES FAC/2026/00042 RFAC/2026/00003", 400),
        [due(cents=990), due("RFAC/2026/00003", -990)],
        best={"paid": ()},
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
    "part, and a short number": Row(
        "amount", receipt(f"{NAMED} 43", 4_000), [due(), SECOND]
    ),
    "over, and a short number": Row(
        "amount", receipt(f"{NAMED} 43", 6_000), [due(), SECOND]
    ),
    "over, and the amount of what looks like a number": Row(
        "looks_like",
        receipt(f"{NAMED} CLIENT 202600043", 6_000),
        [due(), due("FAC/2026/00043", 6_000, "Garage du Lac")],
    ),
    "over, a number cut off": Row("amount", receipt(f"{NAMED} ET FAC/2", 6_000)),
    "over, the label goes on": Row("amount", receipt(f"VIR {NAMED},", 6_000)),
    "digits alone, from somebody of another name": Row(
        "other_customer", receipt("VIR 202600042", name="Garage du Lac")
    ),
    "discount taken by somebody of another name": Row(
        "other_customer", receipt(NUMBER, 9_800, name="Garage du Lac"), [DISCOUNTED]
    ),
    "short number less its discount, payer unknown": Row(
        "incomplete", receipt("VIR FACTURE 42", 9_800), [DISCOUNTED]
    ),
    "short number, and the payer owes as much": Row(
        "incomplete",
        receipt("VIR GARAGE DU LAC FACTURE 42"),
        [due(), due("FAC/2026/00043", partner="Garage du Lac")],
    ),
    "some of several short numbers, payer unknown": Row(
        "incomplete",
        receipt("VIR FACT 42, 43 ET 44", 1_500),
        [FIRST, SECOND, due("FAC/2026/00044", 777)],
    ),
    "a short number with a paid installment, payer unknown": Row(
        "incomplete",
        receipt("VIR FACT 42 ET 43", 500),
        [due(cents=0, move="invoice"), due(cents=700, move="invoice"), SECOND],
    ),
    "a short number that a payment registered by hand has too, payer unknown": Row(
        "incomplete",
        receipt("VIR FACT 42, 43 ET 44", 1_277),
        [
            FIRST,
            due("FAC/2025/00042", payment=True),
            SECOND,
            due("FAC/2026/00044", 777),
        ],
    ),
    "all that is due, and the label goes on": Row(
        "amount", receipt("VIR FAC/2026/00042 ET", 1_500), [FIRST, SECOND]
    ),
    "all that was due on the day, and as much is due later": Row(
        "amount",
        receipt("VIR FAC/2026/00042 SOLDE", 1_500),
        [FIRST, SECOND, due("FAC/2026/00044", 500, date=TODAY + timedelta(20))],
    ),
    "part of what a payment registered by hand left open": Row(
        "amount", receipt(NAMED, 4_000), [due(payment=True), due(cents=6_000)]
    ),
    "some of several, of two customers": Row(
        "several_customers",
        receipt("VIR FAC/2026/00042 FAC/2026/00043 FAC/2026/00044", 1_500),
        [FIRST, OTHERS, due("FAC/2026/00044", 777)],
    ),
    "short numbers of two customers": Row(
        "several_customers", receipt("VIR FACT 42 FACT 43", 1_500), [FIRST, OTHERS]
    ),
    "numbers of two customers, less a fee": Row(
        "several_customers",
        receipt("FAC/2026/00042 FAC/2026/00043", 1_400),
        [FIRST, due("FAC/2026/00043", 500, "other")],
        {"settings": Settings(tolerance_cents=500)},
        {"customer": "ACME Industries SAS"},
    ),
    "discount of either": Row(
        "ambiguous",
        receipt("FAC/2026/00042 ET 43", 19_800),
        [DISCOUNTED, due("FAC/2026/00043", 10_000, discount_cents=200)],
    ),
    "discount of either, beside two without": Row(
        "ambiguous",
        receipt("FAC/2026/00042/43/44/45", 20_800),
        [
            due(cents=500),
            SECOND,
            due("FAC/2026/00044", 10_000, discount_cents=200),
            due("FAC/2026/00045", 10_000, discount_cents=200),
        ],
    ),
    "numbers of two customers, the account of a third": Row(
        "several_customers",
        receipt("FAC/2026/00042 FAC/2026/00043", 1_500),
        [FIRST, OTHERS],
        {"payers": ["third"]},
    ),
    "digits that may be a date": Row(
        "looks_like", receipt("ACME INDUSTRIES 201026"), [due("201026")]
    ),
    "digits less a fee, payer unknown": Row(
        "amount",
        receipt("VIR 202600042", 9_800),
        [due(cents=10_000)],
        {"settings": Settings(tolerance_cents=500)},
    ),
    "over, and something is added": Row("amount", receipt(f"{NAMED} + DIVERS", 6_000)),
    "over, at the end of what the bank keeps": Row(
        "amount", receipt("VIR ACME INDUSTRIES FACT 2026/00042", 6_000)
    ),
    "over, fifteen characters before a bank's limit": Row(
        "amount",
        receipt("ACME INDUSTRIES SASU FAC/2026/00042 REGLT MARS MAI", 6_000),
    ),
    "same digits of two customers, the sum of both": Row(
        "ambiguous",
        receipt("VIR 202600042", 1_500),
        [FIRST, due("VTE/2026/00042", 500, "other")],
    ),
    "all but the payment registered by hand that is named": Row(
        "amount",
        receipt(NAMED, 1_500),
        [due(payment=True), due("FAC/2026/00043", 1_000), due("FAC/2026/00044", 500)],
    ),
    "part, its digits alone": Row(
        "amount", receipt("ACME INDUSTRIES 202600042", 4_000)
    ),
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
