"""Invoice numbers: never the wrong invoice, then never none where it is sure."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import NONE, SURE, UNSURE, Settings, needs_more

from .samples import TODAY, decided, documents, due, receipt

FORMATS = (
    "FAC/2026/00042",
    "INV/2026/11/0007",
    "F2026-0042",
    "2026-0042",
    "260042",
    "VTE26110042",
)


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
    decision = decided(receipt(f"VIR {text}", 4_990), [due(number, 4_990)])
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
    decision = decided(receipt(text, 4_990), [due("2026-0042", 4_990)])
    assert decision.certainty != SURE


@pytest.mark.parametrize(
    "text", ["VIR DU 20/10/2026", "VIR 20102026", "20.10.2026", "DU 201026"]
)
def test_dates_are_never_booked(text):
    for number in ("F2010-2026", "20102026", "201020-26", "201026"):
        decision = decided(receipt(text, 4_990), [due(number, 4_990)])
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
    line = receipt(f"VIR ACME INDUSTRIES {text}", 4_990)
    decision = decided(line, [due(number, 4_990)])
    assert decision.certainty == UNSURE
    assert documents(decision) == [number]


@pytest.mark.parametrize("reference", ["RF29000010026", "+++000/0010/02534+++"])
def test_a_part_of_a_structured_reference_does_not_pay(reference):
    entry = due("FAC/2026/10026", 4_990, payment_reference=reference)
    for text in ("FAC/2023/10026", "FACTURE 10025", "FACT 2534", "VIR 10026"):
        decision = decided(receipt(f"ACME INDUSTRIES {text}", 4_990), [entry])
        assert decision.certainty != SURE


def test_the_number_after_a_list_is_not_one_of_its_items():
    dues = [
        due("FAC/2026/16517", 1_000),
        due("FAC/2026/16513", 500),
        due("FAC/2026/12026", 500, "other"),
        due("FAC/2026/12028", 500, "other"),
    ]
    decision = decided(receipt("FAC-2026-16517 + FAC-2026-16513", 1_500), dues)
    assert decision.certainty == SURE
    assert documents(decision) == ["FAC/2026/16517", "FAC/2026/16513"]


@pytest.mark.parametrize(
    "text", ["FAC/2026/00043", "FAC/2026/00142", "FAC/2026/000421", "FAC/2026/0004"]
)
def test_another_number_does_not_pay_it(text):
    decision = decided(receipt(f"VIR {text}", 4_990), [due("FAC/2026/00042", 4_990)])
    assert decision.certainty != SURE


def test_a_number_that_the_bank_cut_is_left_to_a_person():
    text = "VIREMENT SEPA RECU DE ACME F2026-10"
    assert len(text) == 35
    decision = decided(receipt(text, 4_990), [due("F2026-10", 4_990, "other")])
    assert decision.certainty == UNSURE


@pytest.mark.parametrize(
    "text", ["RFAC/2026/00042", "AVFAC/2026/00042", "RFAC 202600042"]
)
def test_the_number_of_a_credit_note_is_not_the_invoices(text):
    decision = decided(receipt(f"VIR {text}", 4_990), [due("FAC/2026/00042", 4_990)])
    assert decision.certainty != SURE


def test_a_payer_known_as_another_customer_is_left_to_a_person():
    line = receipt("FAC/2026/00042", 4_990, iban="FR76")
    decision = decided(line, [due("FAC/2026/00042", 4_990)], payers=["other"])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "other_customer")


def test_a_line_of_another_customer_is_left_to_a_person():
    line = receipt("FAC/2026/00042", 4_990, partner="other")
    decision = decided(line, [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "other_customer")


@pytest.mark.parametrize("values", [{"name": "Garage du Lac"}, {}])
def test_a_payer_who_owes_the_same_amount_and_writes_anothers_number(values):
    line = receipt("VIR GARAGE DU LAC FAC/2026/00042", 4_990, **values)
    named = due("FAC/2026/00042", 4_990)
    first = decided(line, [named])
    assert needs_more(first)
    his_own = due("FAC/2026/00043", 4_990, "Garage du Lac")
    decision = decided(line, [named, his_own])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "ambiguous")


def test_two_invoices_whose_digits_are_the_same_are_left_to_a_person():
    dues = [due("FAC/2026/00042", 4_990), due("VTE/2026/00042", 4_990, "other")]
    decision = decided(receipt("VIR 2026 00042", 4_990), dues)
    assert (decision.certainty, decision.best.reason) == (UNSURE, "ambiguous")
    assert len(decision.alternatives) == 1


def test_letters_tell_them_apart():
    dues = [due("FAC/2026/00042", 4_990), due("VTE/2026/00042", 4_990, "other")]
    decision = decided(receipt("VIR VTE-2026-00042", 4_990), dues)
    assert decision.certainty == SURE
    assert documents(decision) == ["VTE/2026/00042"]


def test_two_invoices_named_and_the_amount_of_either():
    dues = [due("FAC/2026/00042", 4_990), due("FAC/2026/00043", 4_990)]
    line = receipt("FAC/2026/00042 FAC/2026/00043", 4_990)
    assert decided(line, dues).certainty == UNSURE


def test_another_currency_is_never_booked():
    decision = decided(
        receipt("ACME INDUSTRIES FAC/2026/00042", 4_990, currency="USD"),
        [due("FAC/2026/00042", 4_990)],
    )
    assert (decision.certainty, decision.best.reason) == (UNSURE, "currency")


def test_a_paid_invoice_says_so():
    decision = decided(receipt("FAC/2026/00042", 4_990), [due("FAC/2026/00042", 0)])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "already_matched")


@pytest.mark.parametrize(
    "text", ["FAC/2026/00042", "FAC202600042", "FACT 2026-00042", "2026 00042"]
)
def test_the_number_of_a_paid_invoice_is_not_that_of_another_series(text):
    dues = [due("FAC/2026/00042", 0), due("INV/2026/00042", 4_990, "other")]
    for known in (dues, dues[1:]):
        decision = decided(receipt(f"VIR {text}", 4_990), known)
        if known is dues or text.startswith("FAC"):
            assert decision.certainty != SURE or text == "FACT 2026-00042"
    assert decided(receipt(f"VIR {text}", 4_990), dues).certainty != SURE


def test_money_that_goes_out_pays_no_invoice():
    decision = decided(
        receipt("FAC/2026/00042", -4_990), [due("FAC/2026/00042", 4_990)]
    )
    assert (decision.certainty, decision.best.reason) == (UNSURE, "direction")


def test_a_refund_is_left_to_a_person():
    decision = decided(
        receipt("REMBOURSEMENT AV/2026/00007", -4_990), [due("AV/2026/00007", -4_990)]
    )
    assert (decision.certainty, decision.best.reason) == (UNSURE, "refund")


def test_a_short_number_of_somebody_unknown_is_left_to_a_person():
    decision = decided(receipt("VIR FACTURE 42", 4_990), [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "incomplete")


def test_a_short_number_of_two_years_is_left_to_a_person():
    dues = [due("FAC/2026/00042", 4_990), due("FAC/2025/00042", 4_990)]
    decision = decided(receipt("ACME INDUSTRIES FAC 42", 4_990), dues)
    assert (decision.certainty, decision.best.reason) == (UNSURE, "ambiguous")


def test_a_misspelt_number_is_only_suggested():
    line = receipt("VIR FAC/2026/00024", 4_990)
    decision = decided(line, [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "misspelt")


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
    decision = decided(receipt(text, 4_990), [due(number, 4_990)])
    assert (decision.certainty, decision.best.reason) == (SURE, "exact")
    assert decision.best.kind == "number"
    assert (documents(decision), decision.best.paid) == ([number], (4_990,))


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
    line = receipt(
        f"VIR {known.get('before', '')}{text}", 4_990, name=known.get("name", "")
    )
    decision = decided(line, [due(number, 4_990)], payers=known.get("payers", ()))
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
    assert (decision.certainty, decision.best.reason) == (SURE, "several")
    assert documents(decision) == [f"FAC/2026/000{n}" for n in (42, 43, 44)]
    assert sum(decision.best.paid) == 3_129


def test_several_customers_named_by_a_buying_group():
    dues = [due("FAC/2026/00042", 1_000), due("FAC/2026/00043", 500, "other")]
    line = receipt("CENTRALE D ACHATS FAC/2026/00042 FAC/2026/00043", 1_500)
    decision = decided(line, dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "several")


def test_a_customer_who_names_anothers_invoice_beside_his_own():
    dues = [due("FAC/2026/00042", 1_000), due("FAC/2026/00043", 500, "other")]
    line = receipt("ACME INDUSTRIES FAC/2026/00042 FAC/2026/00043", 1_500)
    decision = decided(line, dues)
    assert (decision.certainty, decision.best.reason) == (UNSURE, "several_customers")


def test_credit_notes_that_are_named_are_deducted():
    dues = [due("FAC/2026/00042", 4_990), due("RFAC/2026/00003", -990)]
    for text in (
        "FAC/2026/00042 - RFAC/2026/00003",
        "FAC/2026/00042 MOINS AVOIR RFAC/2026/00003",
        "RFAC202600003 FAC202600042",
    ):
        decision = decided(receipt(text, 4_000), dues)
        assert (decision.certainty, decision.best.reason) == (SURE, "several")
        assert sorted(decision.best.paid) == [-990, 4_990]


def test_credit_notes_that_are_not_named_are_suggested():
    dues = [
        due("FAC/2026/00042", 4_990),
        due("FAC/2026/00050", 77_700),
        due("RFAC/2026/00003", -990),
    ]
    decision = decided(receipt("ACME INDUSTRIES FAC/2026/00042", 4_000), dues)
    assert (decision.certainty, decision.best.reason) == (UNSURE, "credit_notes")


def test_all_that_the_customer_owes():
    dues = [due(f"FAC/2026/0004{n}", 1_000 + n) for n in range(4)]
    dues.append(due("RFAC/2026/00003", -500))
    dues.append(due("FAC/2026/00001", 0))  # paid
    line = receipt("FAC/2026/00042 ET SUIVANTES", 3_506)
    assert needs_more(decided(line, dues[2:3]))
    decision = decided(line, dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "all_due")
    assert len(decision.best.dues) == 5


def test_all_that_was_due_on_the_day():
    later = TODAY + datetime.timedelta(20)
    dues = [
        due("FAC/2026/00042", 1_000),
        due("FAC/2026/00043", 500),
        due("FAC/2026/00044", 77, date=later),
    ]
    decision = decided(receipt("FAC/2026/00042 ET SOLDE", 1_500), dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "all_due")
    assert documents(decision) == ["FAC/2026/00042", "FAC/2026/00043"]


def test_one_instalment():
    dues = [
        due("FAC/2026/00042", 300, key="first", move="invoice"),
        due("FAC/2026/00042", 700, key="second", move="invoice"),
    ]
    decision = decided(receipt("FAC/2026/00042", 700), dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "instalment")
    assert [entry.key for entry in decision.best.dues] == ["second"]
    assert decided(receipt("FAC/2026/00042", 1_000), dues).best.reason == "exact"


def test_of_equal_instalments_the_oldest_is_paid():
    dues = [
        due("FAC/2026/00042", 500, key="second", move="invoice"),
        due(
            "FAC/2026/00042",
            500,
            key="first",
            move="invoice",
            date=TODAY - datetime.timedelta(30),
        ),
    ]
    decision = decided(receipt("FAC/2026/00042", 500), dues)
    assert (decision.certainty, decision.best.dues[0].key) == (SURE, "first")


def test_early_payment_discount():
    dues = [due("FAC/2026/00042", 10_000, discount_cents=200)]
    decision = decided(receipt("FAC/2026/00042", 9_800), dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "discount")
    assert (decision.best.paid, decision.best.discount_cents) == ((9_800,), 200)


def test_discount_of_one_of_two():
    dues = [
        due("FAC/2026/00042", 10_000, discount_cents=200),
        due("FAC/2026/00043", 5_000),
    ]
    decision = decided(receipt("FAC/2026/00042 ET 43", 14_800), dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "discount")
    assert decision.best.paid == (9_800, 5_000)


def test_a_payment_registered_by_hand():
    dues = [due("FAC/2026/00042", 4_990, payment=True)]
    decision = decided(receipt("FAC/2026/00042", 4_990), dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "registered")


def test_one_payment_registered_for_two_invoices():
    dues = [
        due("FAC/2026/00042", 900, key="payment", move="entry", payment=True),
        due("FAC/2026/00043", 900, key="payment", move="entry", payment=True),
    ]
    decision = decided(receipt("FAC/2026/00042 FAC/2026/00043", 900), dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "registered")
    assert len(decision.best.dues) == 1


def test_a_payment_registered_by_hand_is_paid_whole_or_not_at_all():
    dues = [due("FAC/2026/00042", 4_990, payment=True)]
    line = receipt("ACME INDUSTRIES FAC/2026/00042", 4_000)
    assert decided(line, dues).certainty == UNSURE


# === Too little and too much ===


def test_a_part_of_a_known_customer():
    line = receipt("ACME INDUSTRIES FAC/2026/00042", 4_000)
    decision = decided(line, [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (SURE, "part")
    assert (decision.best.paid, decision.best.missing_cents) == ((4_000,), 990)
    assert needs_more(decision)


def test_too_much_of_a_known_customer():
    line = receipt("ACME INDUSTRIES FAC/2026/00042", 6_000)
    decision = decided(line, [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (SURE, "over")
    assert (decision.best.paid, decision.best.rest_cents) == ((4_990,), 1_010)


def test_a_part_of_an_invoice_with_instalments_pays_the_oldest():
    dues = [
        due("FAC/2026/00042", 700, key="second", move="invoice"),
        due(
            "FAC/2026/00042",
            300,
            key="first",
            move="invoice",
            date=TODAY - datetime.timedelta(30),
        ),
    ]
    decision = decided(receipt("ACME INDUSTRIES FAC/2026/00042", 200), dues)
    assert (decision.certainty, decision.best.reason) == (SURE, "part")
    assert [entry.key for entry in decision.best.dues] == ["first"]
    assert (decision.best.paid, decision.best.missing_cents) == ((200,), 100)
    assert decision.best.facts["missing"] == 800
    more = decided(receipt("ACME INDUSTRIES FAC/2026/00042", 400), dues)
    assert [entry.key for entry in more.best.dues] == ["first", "second"]
    assert (more.best.paid, more.best.missing_cents) == ((300, 100), 600)


@pytest.mark.parametrize("cents", [4_000, 6_000])
def test_not_of_somebody_unknown(cents):
    decision = decided(receipt("FAC/2026/00042", cents), [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "amount")


@pytest.mark.parametrize("cents", [4_000, 6_000])
def test_not_when_the_company_does_not_want_it(cents):
    line = receipt("ACME INDUSTRIES FAC/2026/00042", cents)
    settings = Settings(partial=False)
    decision = decided(line, [due("FAC/2026/00042", 4_990)], settings=settings)
    assert (decision.certainty, decision.best.reason) == (UNSURE, "amount")


@pytest.mark.parametrize("cents, other", [(4_000, 4_000), (6_000, 1_010)])
def test_not_when_another_entry_of_the_customer_explains_it(cents, other):
    dues = [
        due("FAC/2026/00042", 4_990),
        due("FAC/2026/00050", other),
        due("FAC/2026/00051", 77_777),
    ]
    decision = decided(receipt("ACME INDUSTRIES FAC/2026/00042", cents), dues)
    assert decision.certainty == UNSURE


@pytest.mark.parametrize(
    "text",
    [
        "ACME INDUSTRIES FAC/2026/00042 FAC/2026/00041",
        "ACME INDUSTRIES FAC/2026/00042 ET FAC/2",
        "VIR ACME INDUSTRIES FAC/2026/00042,",
    ],
)
def test_not_when_the_label_names_more_than_is_known(text):
    decision = decided(receipt(text, 6_000), [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (UNSURE, "amount")


def test_a_label_that_a_bank_tells_twice_names_no_more():
    texts = (
        "VIR SEPA ACME INDUSTRIES FAC/2026/00042",
        "Acme industries fac/2026/00042 reçu le 20/11/2026",
    )
    decision = decided(receipt(texts, 4_000), [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (SURE, "part")


def test_a_bank_fee_within_the_tolerance():
    settings = Settings(tolerance_cents=500)
    dues = [due("FAC/2026/00042", 10_000)]
    decision = decided(receipt("FAC/2026/00042", 9_500), dues, settings=settings)
    assert (decision.certainty, decision.best.reason) == (SURE, "fee")
    assert (decision.best.fee_cents, decision.best.missing_cents) == (500, 0)
    beyond = decided(receipt("FAC/2026/00042", 9_499), dues, settings=settings)
    assert beyond.certainty == UNSURE
    too_much = decided(receipt("FAC/2026/00042", 10_100), dues, settings=settings)
    assert too_much.best.fee_cents == 0


# === Structured references ===


def test_structured_references_are_sure_whoever_pays():
    dues = [
        due("INV/2026/00201", 4_990, payment_reference="+++090/9337/55493+++"),
        due("FAC/2026/00042", 700, payment_reference="RF67 INV0 0003 7"),
    ]
    for text, cents in (
        ("090/9337/55493", 4_990),
        ("090933755493", 4_990),
        ("MEDEDELING: 090 9337 55493", 4_990),
        ("RF67INV000037", 700),
        ("rf67 inv0 0\n003 7", 700),
    ):
        decision = decided(receipt(text, cents, name="Somebody Else"), dues)
        assert (decision.certainty, decision.best.kind) == (SURE, "structured")
    part = decided(receipt("090/9337/55493", 4_000), dues)
    assert (part.certainty, part.best.reason) == (SURE, "part")


def test_what_the_bank_adds_in_other_texts_does_not_count():
    texts = (
        "VIR SEPA DUPONT 202600042",
        "EUR",
        "2026-11-20",
        "transfer",
        "7f3e51c0-7d0d-4f63-8a50-202600042e01",
    )
    decision = decided(receipt(texts, 4_990), [due("FAC/2026/00042", 4_990)])
    assert (decision.certainty, decision.best.reason) == (SURE, "exact")
    alone = decided(receipt(texts[1:], 4_990), [due("FAC/2026/00042", 4_990)])
    assert alone.certainty != SURE


def test_wrong_check_digits_are_not_sure():
    dues = [due("INV/2026/00201", 4_990, payment_reference="+++090/9337/55493+++")]
    decision = decided(receipt("+++090/9337/55439+++", 4_990), dues)
    assert (decision.certainty, decision.best.reason) == (UNSURE, "misspelt")


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
    for proposal in filter(None, (decision.best, *decision.alternatives)):
        assert len(proposal.paid) == len(proposal.dues) or not proposal.facts["fit"]
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


@given(NUMBERS, NUMBERS, st.integers(1, 10**7))
def test_another_number_is_never_sure(number, other, cents):
    if number == other:
        return
    decision = decided(receipt(f"VIR FACT {other}", cents), [due(number, cents)])
    assert decision.certainty != SURE
