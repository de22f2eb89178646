"""How well a label names a document: one reading after the other."""

import pytest

from matching import read_clues
from matching.mentions import Reader
from matching.text import Label

from .samples import receipt

# label, number of the document, how well it is named, and where
READINGS = [
    ("FAC/2026/00042", "FAC/2026/00042", ("PLAIN", "", "FAC/2026/00042")),
    ("RF67INV000037", "RF67INV000037", ("CHECKED", "", "RF67INV000037")),
    ("X 202600042", "FAC/2026/00042", ("BARE", "", "202600042")),
    ("2026 00042", "FAC/2026/00042", ("BARE", "", "2026 00042")),
    ("FAC/2029/42", "FAC/2026/00042", ("HINT", "other_year", "2029/42")),
    ("FAC/2030/42", "FAC/2026/00042", None),
    ("FAC/2023/42", "FAC/2026/00042", ("HINT", "other_year", "2023/42")),
    ("FAC/2022/42", "FAC/2026/00042", None),
    ("FAC/1926/42", "FAC/2026/00042", None),
    ("FAC/26/42", "FAC/2026/00042", ("BARE", "", "26/42")),
    ("FAC/2026    42", "FAC/2026/00042", ("BARE", "", "2026    42")),
    ("FAC/2026     42", "FAC/2026/00042", None),
    ("FAC 26 A 42", "FAC/2026/00042", None),
    ("FAC 42", "FAC/2026/00042", ("WEAK", "incomplete", "42")),
    ("42", "FAC/2026/00042", None),
    ("00042", "FAC/2026/00042", None),
    ("2026-042", "2026-042", ("PLAIN", "", "2026-042")),
    ("2026-0042", "2026-0042", ("PLAIN", "", "2026-0042")),
    ("202642", "2026-42", ("BARE", "", "202642")),
    ("2026 0042", "2026-0042", ("PLAIN", "", "2026 0042")),
    ("F2-042", "F2-042", ("WEAK", "incomplete", "F2-042")),
    ("FA-0042", "FA-0042", ("PLAIN", "", "FA-0042")),
    ("F1042", "F1042", ("WEAK", "incomplete", "F1042")),
    ("F-0042", "F-0042", ("WEAK", "incomplete", "F-0042")),
    ("FA-042", "FA-042", ("WEAK", "incomplete", "FA-042")),
    ("AB1042", "AB1042", ("PLAIN", "", "AB1042")),
    ("ABC-042", "ABC-042", ("WEAK", "incomplete", "ABC-042")),
    ("FACT 123456789", "FAC/2026/123456789", ("WEAK", "incomplete", "123456789")),
    ("FACT 1234567890", "FAC/2026/1234567890", None),
    ("42/2026", "FAC/2026/00042", None),
    ("FACT 42/2026", "FAC/2026/00042", ("WEAK", "incomplete", "42")),
    ("FACT 42/2027", "FAC/2026/00042", None),
    ("FACT 42/26", "FAC/2026/00042", ("WEAK", "incomplete", "42")),
    ("FACT 42/7", "FAC/2026/00042", None),
    ("REF 7/42", "FAC/2026/00042", None),
    ("FACT 2026 42", "2026-0042", ("BARE", "", "2026 42")),
    ("FACT 2027 42", "FAC/2026/00042", ("HINT", "other_year", "2027 42")),
    ("2027-00042", "FAC/2026/00042", ("HINT", "other_year", "2027-00042")),
    ("202700042", "FAC/2026/00042", ("HINT", "other_year", "202700042")),
    ("2700042", "FAC/2026/00042", ("HINT", "other_year", "2700042")),
    ("2600042", "FAC/2026/00042", ("WEAK", "incomplete", "2600042")),
    ("FAC 2600042", "FAC/2026/00042", ("BARE", "", "2600042")),
    ("20262042", "F2026-2042", ("BARE", "", "20262042")),
    ("0042", "2026-0042", None),
    ("042", "2026-042", None),
    ("FACT 042", "2026-042", ("WEAK", "incomplete", "042")),
    ("VTE 2611 0042", "VTE26110042", ("PLAIN", "", "VTE 2611 0042")),
    ("RFAC/2026/00042", "FAC/2026/00042", ("WEAK", "incomplete", "2026/00042")),
    (
        "AVOIR FAC/2026/00042",
        "FAC/2026/00042",
        ("HINT", "looks_like", "FAC/2026/00042"),
    ),
    ("12/10/2026", "FAC/12/10", ("HINT", "looks_like", "12/10")),
    ("99202600042", "FAC/2026/00042", None),
    ("2026000421", "FAC/2026/00042", None),
    ("FAC/2026/0004299", "FAC/2026/00042", None),
    ("FAC/2026/00042-1", "FAC/2026/00042", ("BARE", "", "FAC/2026/00042")),
    ("FAC 20 26 00042", "FAC/2026/00042", ("PLAIN", "", "FAC 20 26 00042")),
    ("20 26 00042", "FAC/2026/00042", ("WEAK", "looks_like", "20 26 00042")),
    # signs and words between its parts, or what is glued to it
    ("2026 NR 00042", "FAC/2026/00042", ("WEAK", "looks_like", "2026 NR 00042")),
    ("2026ABC00042", "FAC/2026/00042", None),
    ("FAC N°26A0042", "FAC/26/0042", ("WEAK", "looks_like", "26A0042")),
    ("FAC/2026    00042", "FAC/2026/00042", ("PLAIN", "", "FAC/2026    00042")),
    ("X 2026     00042", "FAC/2026/00042", None),
    ("XFAC/2026/00042", "FAC/2026/00042", ("BARE", "", "FAC/2026/00042")),
    ("FAC/2026/0004212102026", "FAC/2026/00042", ("BARE", "", "FAC/2026/00042")),
    ("202600042X77", "FAC/2026/00042", ("WEAK", "looks_like", "202600042")),
    ("202600042-1", "FAC/2026/00042", ("WEAK", "looks_like", "202600042")),
    ("2600042-1", "FAC/2026/00042", None),
    ("3/202600042", "FAC/2026/00042", ("WEAK", "looks_like", "202600042")),
    ("INV2026/00042", "FAC/2026/00042", ("WEAK", "looks_like", "2026/00042")),
    ("CLIENT 3-2026-0042", "FAC/2026/0042", ("HINT", "looks_like", "2026-0042")),
    # zeros after a number without a year say nothing
    ("FACT 42/0", "F00042", ("WEAK", "incomplete", "42")),
    ("FAC 042/00", "FA42", ("WEAK", "incomplete", "042")),
    ("FACT 42/1", "F00042", None),
    # amounts and dates
    ("FAC 42,00 EUR", "FAC/2026/00042", None),
    ("VIR DU 2026-10-12", "FAC/10/0012", None),
    ("FAC 12/10/26", "FAC/12/0010", ("HINT", "incomplete", "12/10")),
    # a few digits only
    ("260042", "260042", ("BARE", "", "260042")),
    ("2600042", "2600042", ("BARE", "", "2600042")),
    ("26-0042", "26-0042", ("BARE", "", "26-0042")),
    ("26 042", "26042", ("WEAK", "incomplete", "26 042")),
    ("26/042", "2026-042", ("HINT", "incomplete", "26/042")),
    ("FACTURE 26/42", "260042", ("WEAK", "incomplete", "26/42")),
    ("VIR DUPONT 26/0042", "2026-0042", ("WEAK", "incomplete", "26/0042")),
    # zeros, the month or the year left out, in one run or not
    ("RF18539007547034", "RF18000539007547034", ("CHECKED", "", "")),
    ("RF67INV000037 MERCI", "RF67INV000037", ("CHECKED", "", "RF67INV000037")),
    ("202642", "FAC/2026/00042", None),
    ("FACT 202642", "FAC/2026/00042", ("WEAK", "incomplete", "202642")),
    ("FACT 260042", "2026-0042", ("WEAK", "incomplete", "260042")),
    ("FACT 2600042", "FAC/2026/00042", ("WEAK", "incomplete", "2600042")),
    ("INV 26110007", "INV/2026/11/0007", ("BARE", "", "26110007")),
    ("FACT 26042", "2026-042", None),
    ("FACT 2026-042", "26-042", ("BARE", "", "2026-042")),
    ("FA 2026042", "FA26-042", None),
    ("INV 11/7", "INV/2026/11/0007", ("WEAK", "incomplete", "11/7")),
    ("FACT 2611/42", "VTE26110042", ("WEAK", "incomplete", "2611/42")),
    # another year or month
    ("2500042", "FAC/2026/00042", ("HINT", "other_year", "2500042")),
    ("FACT 25/42", "FAC/2026/00042", ("HINT", "other_year", "25/42")),
    ("FAC 22/42", "FAC/2026/00042", None),
    ("FAC/025/42", "FAC/2026/00042", None),
    ("FAC/1925/42", "FAC/2026/00042", None),
    ("2025/42", "FAC/2026/00042", None),
    ("2025/00042 ET 2026/42", "FAC/2026/00042", ("HINT", "other_year", "2025/00042")),
    ("INV/2028/7", "INV/2026/11/0007", None),
    ("INV 2026/12/7", "INV/2026/11/0007", None),
    # words and signs at its sides
    ("DUPONT-202600042", "FAC/2026/00042", ("BARE", "", "202600042")),
    ("ABCDE-202600042", "FAC/2026/00042", ("WEAK", "looks_like", "202600042")),
    ("MARTIN202600042", "FAC/2026/00042", ("WEAK", "looks_like", "202600042")),
    ("REF-202600042", "FAC/2026/00042", ("BARE", "", "202600042")),
    ("202600042VIR DUPONT", "FAC/2026/00042", ("BARE", "", "202600042")),
    ("VTRFAC/2026/00042", "FAC/2026/00042", ("WEAK", "looks_like", "FAC/2026/00042")),
    ("POURFAC/2026/00042", "FAC/2026/00042", ("PLAIN", "", "FAC/2026/00042")),
    ("FAC/2026/00042-", "FAC/2026/00042", ("PLAIN", "", "FAC/2026/00042")),
    ("AVOIR    FAC/2026/00042", "FAC/2026/00042", ("PLAIN", "", "FAC/2026/00042")),
    ("202600042EUR 12,00", "FAC/2026/00042", ("WEAK", "looks_like", "202600042")),
    ("FACTURE   N 42", "FAC/2026/00042", ("WEAK", "incomplete", "42")),
    ("FACTURE    N 42", "FAC/2026/00042", None),
    # what its parts are
    ("FACT 42", "260042-2", None),
    ("FAC/07/42", "FAC/05/0042", None),
    ("INV 202611/7", "INV/2026/11/0007", ("BARE", "", "202611/7")),
    # the last of a text that the bank may have cut
    (
        "VIR SEPA M DUPONT ROGER FAC/2026/42",
        "FAC/2026/00042",
        ("WEAK", "incomplete", "2026/42"),
    ),
    (
        "VIR SEPA DUPONT CLIENT REF 12345678",
        "12345678",
        ("WEAK", "incomplete", "12345678"),
    ),
    (
        "VIR SEPA M DUPONT ROG FAC/2026/1042",
        "FAC/2026/1042",
        ("PLAIN", "", "FAC/2026/1042"),
    ),
]


@pytest.mark.parametrize("text, number, expected", READINGS)
def test_a_number_is_judged_where_it_stands(text, number, expected):
    line = receipt(text)
    mention = Reader(Label(line.texts), read_clues(line), 2026).find(number)
    if expected is None:
        assert mention is None
    else:
        found = text[mention.start : mention.end]
        assert (mention.strength.name, mention.doubt, found) == expected


def test_the_number_of_a_credit_note_is_its_own():
    line = receipt("AVOIR FAC/2026/00042")
    reader = Reader(Label(line.texts), read_clues(line), 2026)
    assert reader.find("FAC/2026/00042", credit=True).doubt != "looks_like"
