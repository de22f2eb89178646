"""Account numbers as people may see them."""

import pytest

from bridge.iban import masked


@pytest.mark.parametrize(
    "number, shown",
    [
        ("FR76 3000 6000 0112 3456 7890 189", "FR76 … 0189"),
        ("123456789", "1234 … 6789"),
        ("12345678", "12345678"),
        ("", ""),
        (None, ""),
    ],
)
def test_ends_only(number, shown):
    assert masked(number) == shown


def test_what_stands_for_the_rest():
    assert masked("NO9386011117947", "X" * 8, tail=3) == "NO93XXXXXXXX947"
