"""Amounts and date-times: exact both ways."""

import json
import random
import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import amount, moment


@pytest.mark.parametrize("cents", [1.0, 129.9, Decimal(5), "5", None, True])
def test_only_integers_are_cents(cents):
    with pytest.raises(TypeError):
        amount.to_json(cents)


@pytest.mark.parametrize("cents", [0, -1, 10**15])
def test_only_positive_amounts_are_asked(cents):
    with pytest.raises(ValueError):
        amount.to_json(cents)


@pytest.mark.parametrize(
    "number",
    [None, "", "x", True, 0.1 + 0.2, 1.005, float("nan"), float("inf"), [], {}],
)
def test_only_whole_cents_are_read(number):
    with pytest.raises(ValueError):
        amount.to_cents(number)


@pytest.mark.parametrize(
    "number, cents",
    [
        (129.9, 12990),
        (35000, 3500000),
        ("0.01", 1),
        (Decimal("1.10"), 110),
        (-5.5, -550),
    ],
)
def test_amounts_read(number, cents):
    assert amount.to_cents(number) == cents


def written(cents):
    return json.dumps(amount.to_json(cents))


def check_written(cents):
    euros, rest = divmod(cents, 100)
    assert re.fullmatch(r"\d+\.\d{1,2}", written(cents))
    assert Decimal(written(cents)) == Decimal(f"{euros}.{rest:02}")
    assert amount.to_cents(json.loads(written(cents))) == cents


def test_amounts_written():
    assert written(12990) == "129.9"
    assert written(30) == "0.3"
    assert written(1) == "0.01"
    assert written(10**15 - 1) == "9999999999999.99"
    for cents in [
        *range(1, 10_000),
        *random.Random(1).sample(range(1, 100_001), 5_000),
    ]:
        check_written(cents)


@given(st.integers(1, amount.MAX_CENTS))
def test_any_amount_is_exact(cents):
    decimal = Decimal(written(cents))
    assert (
        decimal == Decimal(cents) / 100 and decimal.normalize().as_tuple().exponent > -3
    )
    assert amount.to_cents(json.loads(written(cents))) == cents


def test_moments_written_in_utc():
    paris = timezone(timedelta(hours=1))
    assert moment.to_seconds(datetime(2026, 11, 30, 22, 0, 1, 999)) == (
        "2026-11-30T22:00:01Z"
    )
    assert moment.to_seconds(datetime(2026, 11, 30, 23, tzinfo=paris)) == (
        "2026-11-30T22:00:00Z"
    )
    assert moment.to_milliseconds(datetime(2026, 11, 30, 23, tzinfo=paris)) == (
        "2026-11-30T22:00:00.000Z"
    )


@pytest.mark.parametrize(
    "text",
    [None, "", 5, "2026-11-02", "2026-13-02T09:00:00Z", "x2026-11-02T09:00:00Z"]
    + ["0001-01-01T00:00:00+23:59", "2026-11-02T25:00:00Z", "２026-11-02T09:00:00Z"],
)
def test_what_is_no_moment(text):
    assert moment.parse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-02T09:00:00Z",
        "2026-11-02T09:00:00.000Z",
        "2026-11-02 09:00:00",
        "2026-11-02T10:00:00.0+01:00",
        "2026-11-02t10:00:00.000000000+0100",
    ],
)
def test_moments_read(text):
    assert moment.parse(text) == datetime(2026, 11, 2, 9, tzinfo=timezone.utc)


def test_of_a_fraction_microseconds_are_kept():
    read = moment.parse("2026-11-02T09:00:00.1234569Z")
    assert read.microsecond == 123456
    assert moment.parse("2026-11-02T09:00:00.5Z").microsecond == 500000


@given(st.datetimes(datetime(1900, 1, 1), timezones=st.just(timezone.utc)))
def test_moments_come_back(instant):
    in_milliseconds = instant.replace(microsecond=instant.microsecond // 1000 * 1000)
    assert moment.parse(moment.to_milliseconds(instant)) == in_milliseconds
    assert moment.parse(moment.to_seconds(instant)) == instant.replace(microsecond=0)
