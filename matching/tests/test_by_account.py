"""Account, name and amount: never sure, and only what cannot be anything else first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import NONE, SURE, UNSURE

from .samples import NUMBER, decided, documents, due, receipt, said


def test_without_any_evidence_nothing_is_said():
    decision = decided(receipt("VIR SALAIRE", 4_990), [due("FAC/2026/00042", 1)])
    assert (decision.certainty, decision.best) == (NONE, None)


def test_an_account_and_an_amount_are_only_a_suggestion():
    decision = decided(
        receipt("VIR", 4_990), [due("FAC/2026/00042", 4_990)], payers=["acme"]
    )
    assert (decision.certainty, decision.best.kind) == (UNSURE, "iban")
    assert decision.best.reason == "combination"


def test_the_only_combination_of_a_known_payer():
    dues = [due(f"FAC/2026/0004{n}", cents) for n, cents in enumerate((100, 230, 511))]
    decision = decided(receipt("VIR", 611), dues, payers=["acme"])
    assert (decision.best.reason, decision.best.paid) == ("combination", (100, 511))


def test_two_combinations_are_ambiguous_and_both_are_told():
    dues = [
        due(f"FAC/2026/0004{n}", cents) for n, cents in enumerate((100, 200, 300, 77))
    ]
    decision = decided(receipt("VIR", 300), dues[:2] + dues[3:], payers=["acme"])
    assert decision.best.reason == "combination"
    dues = [*dues, due("FAC/2026/00049", 300)]
    decision = decided(receipt("VIR", 300), dues, payers=["acme"])
    assert decision.best.reason == "ambiguous"
    assert len(decision.alternatives) == 1


def test_a_payment_registered_by_hand_is_no_part_of_a_combination():
    dues = [due(cents=100), due(cents=511, payment=True), due(cents=230)]
    decision = decided(receipt("VIR", 611), dues, payers=["acme"])
    assert decision.best.reason == "customer"
    alone = decided(receipt("VIR", 511), dues, payers=["acme"])
    assert (alone.best.reason, alone.best.paid) == ("combination", (511,))


def test_a_known_payer_whose_entries_do_not_add_up():
    dues = [due("FAC/2026/00042", 4_990)]
    decision = decided(receipt("VIR", 777), dues, payers=["acme"])
    assert (decision.best.reason, decision.best.rest_cents) == ("customer", 777)


def test_too_many_entries_are_not_searched():
    dues = [due(f"FAC/2026/{n:05}", 2**n) for n in range(40)]
    decision = decided(receipt("VIR", 2**30 + 3), dues, payers=["acme"])
    assert decision.best.reason == "customer"
    everything = decided(receipt("VIR", 2**40 - 1), dues, payers=["acme"])
    assert everything.best.reason == "combination"


@pytest.mark.parametrize(
    "text, name",
    [
        ("VIR", "ACME INDUSTRIES"),
        ("VIR", "Acmé Industries S.A.S."),
        ("VIR", "INDUSTRIES ACME"),
        ("VIR ACME INDUSTRIES", ""),
        ("VIRACMEINDUSTRIES", ""),
    ],
)
def test_a_name_and_an_amount(text, name):
    dues = [due("FAC/2026/00042", 4_990), due("FAC/2026/00043", 4_990, "Garage")]
    decision = decided(receipt(text, 4_990, name=name), dues)
    assert said(decision) == (UNSURE, "name")
    assert documents(decision) == ["FAC/2026/00042"]


@pytest.mark.parametrize(
    "known, reason",
    [({"payers": ["acme"]}, "combination"), ({"name": "ACME INDUSTRIES"}, "name")],
)
def test_a_payer_who_takes_the_discount(known, reason):
    dues = [due(cents=10_000, discount_cents=200), due("FAC/2026/00043", 7_000)]
    line = receipt("VIR", 9_800, name=known.get("name", ""))
    decision = decided(line, dues, payers=known.get("payers", ()))
    assert said(decision) == (UNSURE, reason)
    assert (decision.best.paid, decision.best.discount_cents) == ((9_800,), 200)


def test_a_name_and_another_amount_say_nothing():
    line = receipt("VIR", 4_000, name="ACME INDUSTRIES")
    assert decided(line, [due(discount_cents=90)]).certainty == NONE
    known = decided(line, [due(discount_cents=90)], payers=["acme"])
    assert known.best.reason == "customer"


def test_a_name_that_is_only_alike_comes_after_the_same():
    alike = due("FAC/2026/00043", partner="Industries Dupont")
    decision = decided(receipt("VIR", name="ACME INDUSTRIES"), [alike, due()])
    assert (said(decision), documents(decision)) == ((UNSURE, "name"), [NUMBER])
    assert [told.dues for told in decision.alternatives] == [(alike,)]


def test_a_misspelt_number_from_somebody_of_another_name_says_nothing():
    line = receipt("VIR FAC/2026/00024", name="Garage du Lac")
    assert decided(line, [due()]).certainty == NONE


def test_an_amount_alone_is_told_when_it_is_the_only_one():
    first, second = due("FAC/2026/00042", 4_990), due("FAC/2026/00043", 4_990)
    decision = decided(receipt("VIR", 4_990), [first])
    assert said(decision) == (UNSURE, "amount_only")
    assert decided(receipt("VIR", 4_990), [first, second]).certainty == NONE
    assert decided(receipt("VIR", 4_990, name="X Y Z"), [first]).certainty != SURE


@given(
    st.integers(-500, 2_000),
    st.lists(st.integers(-300, 900), max_size=8),
    st.sampled_from(["", "ACME INDUSTRIES", "Garage"]),
    st.sampled_from([(), ("acme",), ("acme", "other"), ("other",)]),
)
def test_it_is_never_sure(cents, amounts, name, payers):
    dues = [due(f"FAC/2026/{n:05}", amount) for n, amount in enumerate(amounts)]
    decision = decided(receipt("VIR", cents, name=name), dues, payers=payers)
    assert decision.certainty != SURE
