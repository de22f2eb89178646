"""Numbers written almost right: one figure wrong, lacking, too many, or exchanged."""

import pytest

from matching.misspelling import differ_by_one, is_misspelt_in
from matching.text import Label

NUMBER = "FAC/2026/00042"
BELGIAN = "+++090/9337/55493+++"


@pytest.mark.parametrize(
    "one, other, expected",
    [
        ("1234", "1234", True),
        ("1234", "1224", True),
        ("1234", "134", True),
        ("1234", "123", True),
        ("1234", "12345", True),
        ("1234", "1243", False),
        ("1234", "12", False),
        ("1234", "123534", False),
        ("1234", "4321", False),
        ("1234", "2341", False),
    ],
)
def test_two_strings_differ_by_one_character(one, other, expected):
    assert differ_by_one(one, other) is expected
    assert differ_by_one(other, one) is expected


@pytest.mark.parametrize(
    "text, number, expected",
    [
        ("202600043", NUMBER, True),
        ("202600024", NUMBER, True),
        ("202060042", NUMBER, True),
        ("202060052", NUMBER, False),
        ("202600055", NUMBER, False),
        ("202600420", NUMBER, False),
        ("20260042", NUMBER, True),
        ("2026042", NUMBER, False),
        ("2026000422", NUMBER, True),
        ("20260004222", NUMBER, False),
        # too short to say something
        ("123457", "123456", True),
        ("12346", "12345", False),
        # check digits
        ("99000037", "RF67INV000037", True),
        ("99000137", "RF67INV000037", False),
        ("090933755400", BELGIAN, True),
        ("090933745400", BELGIAN, False),
        # split by a bank
        ("2026 0 00 43", NUMBER, True),
        ("20 26 0 00 43", NUMBER, False),
        ("2026   00043", NUMBER, True),
        ("2026    00043", NUMBER, False),
        ("1 2 3 202600043", NUMBER, True),
        ("FAC", NUMBER, False),
    ],
)
def test_a_number_is_in_a_label_but_for_a_figure(text, number, expected):
    assert is_misspelt_in(Label((text,)), number) is expected


def test_the_payment_reference_counts_as_well():
    assert is_misspelt_in(Label(("FACT 202600043",)), "7", NUMBER)
    assert not is_misspelt_in(Label(("FACT 202600043",)), "", "7")
