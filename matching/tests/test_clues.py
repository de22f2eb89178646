"""Clues: a number that is not looked up is lost, and each one looked up costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import reference
from devtools.any_text import any_text
from matching import read_clues
from matching.clues import MOST_KEYS

from .samples import receipt

# how a number may be written -> the digits to look up
WRITTEN = {
    "FAC/2026/00042": "202600042",
    "VIR SEPA RECU /DE ACME /MOTIF FAC-2026-00042 /REF NOTPROVIDED": "202600042",
    "fac 2026 00042 du 12/10/2026": "202600042",
    "FAC202600042DU12102026": "202600042",
    "FACTURE20260004212102026": "202600042",
    "FAC/2026/00\n042": "202600042",
    "FAC/20 26/00 042": "202600042",
    "INV/2026/11/0007": "2026110007",
    "INV 2026 11 00 07": "2026110007",
    "F2026-0042": "20260042",
    "2026-0042": "20260042",
    "FACT 260042": "260042",
    "VTE26110042": "26110042",
    "VTE 2611 0042": "26110042",
    # the year short or missing, zeros lost
    "FAC/26/00042": "202600042",
    "FAC/2026/42": "202600042",
    "FAC 42": "202600042",
    "facture n° 42": "20260042",
    "FAC2026/42": "202600042",
    "FAC202642": "202600042",
    "INV/11/7": "2026110007",
    "VTE 42": "26110042",
    # last year's number: this year's is offered to a person
    "FAC/2025/00042": "202600042",
    "F25004526": "26004526",
    # lists that shorten their numbers
    "FAC/2026/00041, 42 ET 43": "202600042",
    "FAC/2026/00041/42": "202600042",
    "FAC/2026/00041 A 00043": "202600042",
    "F26-004512/004513": "26004513",
    "FAC/2026/00213-00214-00215": "202600215",
    # structured references
    "+++090/9337/55493+++": "090933755493",
    "***090/9337/55493***": "090933755493",
    "RF67 INV0 0003 7": "67000037",
    "/REMI/RF67INV0\n00037/": "67000037",
    # beside what is not a number
    "EREF+NOTPROVIDED SVWZ+RE 2026-0042 IBAN+DE89370400440532013000": "20260042",
    "FR76 3000 6000 0112 3456 7890 189 FAC/2026/00042": "202600042",
    "1 234,56 EUR FAC/2026/00042 TEL 06 12 34 56 78": "202600042",
}


@pytest.mark.parametrize("text, digits", WRITTEN.items())
def test_the_digits_of_a_number_are_looked_up(text, digits):
    assert digits in read_clues(receipt(text, 100)).digits


@pytest.mark.parametrize("text, digits", WRITTEN.items())
@pytest.mark.parametrize("change", [str.lower, str.upper, "  {}  ".format])
def test_so_they_are_in_other_letters(text, digits, change):
    assert digits in read_clues(receipt(change(text), 100)).digits


def test_a_number_cut_by_the_end_of_a_field_is_looked_up():
    texts = ("RECHNUNGEN FAC/2026/00", "046 UND FAC/2026/00047")
    digits = read_clues(receipt(texts, 100)).digits
    assert {"202600046", "202600047"} <= set(digits)


def test_the_end_to_end_id_is_read_too():
    line = receipt("VIR ACME", 100, end_to_end=("FAC-2026-00042",))
    assert "202600042" in read_clues(line).digits


def test_an_iban_gives_no_numbers():
    line = receipt("IBAN FR76 3000 6000 0112 3456 7890 189", 100)
    assert not read_clues(line).digits


@pytest.mark.parametrize(
    "text",
    ["+++090/9337/55494+++", "097000000000", "RF69 INV0 0003 7", "RF", "VIR ACME 12"],
)
def test_wrong_check_digits_are_no_structured_reference(text):
    assert read_clues(receipt(text, 100)).structured == ()


def test_structured_references_are_told_without_their_signs():
    line = receipt("+++090/9337/55493+++ RF67 INV0 0003 7", 100)
    assert set(read_clues(line).structured) == {"RF67INV000037", "090933755493"}


@pytest.mark.parametrize("text", ["RF097", "RF87123456789ABCDEFGHIJKL", "097000000097"])
def test_short_and_long_references_are_found_and_those_without_remainder(text):
    for label in (text, f"VIR {text} MERCI"):
        assert text in read_clues(receipt(label, 100)).structured


def test_zeros_that_a_bank_dropped_from_an_rf_reference_are_restored():
    digits = read_clues(receipt("VIR RF09 104", 100)).digits
    assert {"09104", "09000000104", "09000000000104"} <= set(digits)
    assert "090000000000104" not in digits


def test_no_zeros_are_lost_from_other_references():
    assert read_clues(receipt("090933755493", 100)).digits == ("090933755493",)
    assert all(map(str.isdigit, read_clues(receipt("RF67INV000037", 100)).digits))


def test_our_codes_are_found_in_each_text_and_across_two():
    first, second = reference.make_many(2)
    texts = (f"VIR {first.lower()} ACME", f"REF {second[:4]}", f"{second[4:]} MERCI")
    codes = read_clues(receipt(texts, 100)).codes
    assert codes.index(first) < codes.index(second)
    assert reference.make() not in codes
    assert second in read_clues(receipt(texts[1:], 100)).codes


@given(st.lists(any_text(max_size=200), max_size=4), any_text(max_size=35))
def test_any_text_is_read_and_keys_are_few_different_and_digits(texts, end_to_end):
    line = receipt(tuple(texts), 100, end_to_end=(end_to_end,))
    clues = read_clues(line)
    assert len(set(clues.digits)) == len(clues.digits) <= MOST_KEYS
    assert all(key.isdigit() for key in clues.digits)
    assert clues == read_clues(line)


@given(st.text("0123456789 /-.\n", max_size=300))
def test_so_are_labels_of_nothing_but_digits(text):
    assert len(read_clues(receipt(text, 100)).digits) <= MOST_KEYS


@given(
    st.sampled_from(["FAC/2026/00042", "INV/2026/11/0007", "F2026-0042", "2026-0042"]),
    st.text(" /-.", min_size=1, max_size=1),
    st.integers(0, 20),
    st.text("ABCDEFG ", max_size=30),
)
def test_a_number_is_looked_up_wherever_a_bank_put_a_sign_into_it(
    number, sign, place, before
):
    place = min(place, len(number))
    text = f"{before} {number[:place]}{sign}{number[place:]}"
    digits = "".join(filter(str.isdigit, number))
    assert digits in read_clues(receipt(text, 100)).digits


def test_an_endless_label_is_not_read_to_its_end():
    line = receipt("FAC/2026/00042 " + "12 345/6 " * 50_000, 100)
    digits = read_clues(line).digits
    assert "202600042" in digits
    assert len(digits) <= 100
