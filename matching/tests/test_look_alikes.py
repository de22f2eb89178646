"""Digits that are no invoice number: where they stand in a label."""

import pytest

from matching.text import Label

IBANS = (
    "AT611904300234573201",
    "BE68539007547034",
    "CH9300762011623852957",
    "CZ6508000000192000145399",
    "DE89370400440532013000",
    "DK5000400440116243",
    "ES9121000418450200051332",
    "FI2112345600000785",
    "FR1420041010050500013M02606",
    "GB29NWBK60161331926819",
    "IE29AIBK93115212345678",
    "IT60X0542811101000000123456",
    "LU280019400644750000",
    "MC5811222000010123456789030",
    "NL91ABNA0417164300",
    "PL61109010140000071219812874",
    "PT50000201231234567890154",
    "SE4550000000058398257466",
)


@pytest.mark.parametrize("iban", IBANS)
def test_the_iban_of_a_country_is_found_to_its_end(iban):
    places = Label((f"VIR {iban} 42",)).fields
    assert places == [(4, 4 + len(iban))]


@pytest.mark.parametrize(
    "text, hidden",
    [
        ("VIR 42 IBAN DE89370400440532", "DE89370400440532"),
        ("VIR 42 DE89370400440532", None),
        ("VIR DE00370400440532013000", None),
        ("VIR FR76 3000 6000 0112 3456 7890 189", "FR76 3000 6000 0112 3456 7890 189"),
    ],
)
def test_an_iban_has_right_check_digits_or_is_cut_off_after_its_word(text, hidden):
    assert [text[slice(*place)] for place in Label((text,)).fields] == _list(hidden)


@pytest.mark.parametrize(
    "text, date",
    [
        ("VIR 12/10/2026 ACME", "12/10/2026"),
        ("VIR 1.2.26", "1.2.26"),
        ("12/10/2023", "12/10/2023"),
        ("12/10/2022", None),
        ("12/10/2029", "12/10/2029"),
        ("12/10/2030", None),
        ("32/10/2026", None),
        ("12/13/2026", None),
        ("12/10-2026", None),
        ("2026-10-12", "2026-10-12"),
        ("2022-10-12", None),
        ("2026-13-12", None),
        ("DU 13022026", "13022026"),
        ("DU 31122026", "31122026"),
        ("VALEUR 20260213", "20260213"),
        ("VALEUR 20261231", "20261231"),
        ("LE 130226", "130226"),
        ("LE 311226", "311226"),
        ("VOM 260213", "260213"),
        ("VOM 261231", "261231"),
        ("DU 12102022", None),
        ("DU 32102026", None),
        ("DU 451399", None),
        ("12102026", None),
    ],
)
def test_a_date_is_one_of_these_years(text, date):
    places = Label((text,)).dates(2026)
    assert [text[slice(*place)] for place in places] == _list(date)


@pytest.mark.parametrize(
    "text, hidden",
    [
        ("VIR 4970 1012 3456 7893", "4970 1012 3456 7893"),
        ("VIR 4970-1012-3456-7893", "4970-1012-3456-7893"),
        ("VIR 4970 1012 3456 7894", None),
        ("VIR 4970 1012-3456 7893", None),
        ("VIR 1970 1012 3456 7896", None),
    ],
)
def test_a_card_number_has_a_right_check_digit(text, hidden):
    places = Label((text,)).look_alikes
    assert [text[slice(*place)] for place in places] == _list(hidden)


@pytest.mark.parametrize(
    "text, hidden",
    [
        ("VIRDUPONTCLIENT42", "4"),
        ("VIRLOYERNO42", "4"),
        ("VIRDUPONTHUUR42", None),
        ("VIRDUPONTFACT42", None),
    ],
)
def test_a_long_word_for_another_number_is_found_where_spaces_are_lost(text, hidden):
    places = Label((text,)).look_alikes
    assert [text[slice(*place)] for place in places] == _list(hidden)


def _list(found):
    return [found] if found else []
