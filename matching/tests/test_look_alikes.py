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
