"""Transactions as read, and where the next fetch begins."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bank_transaction import BankTransaction, comparable, is_same_text, label_of
from bridge.fetch import FetchRun

DAY = datetime.date(2026, 3, 1)


def read(ref=1, updated_at="2026-03-02T10:00:00.000Z", **members):
    return {
        "id": ref,
        "amount": 12.5,
        "date": "2026-03-01",
        "updated_at": updated_at,
        "provider_description": "VIR ACME",
        **members,
    }


def test_transaction_is_read():
    transaction = BankTransaction.parse(read(33000000000001, currency_code="EUR"))
    assert transaction.ref == "33000000000001"
    assert transaction.date == DAY
    assert transaction.amount == 12.5
    assert transaction.currency == "EUR"
    assert not transaction.deleted
    assert not transaction.future


@pytest.mark.parametrize(
    "members",
    [
        {"amount": None},
        {"amount": True},
        {"amount": "12.5"},
        {"amount": float("nan")},
        {"amount": float("inf")},
        {"date": None},
        {"date": 20260301},
        {"date": "yesterday"},
        {"updated_at": None},
        {"updated_at": "yesterday"},
    ],
)
def test_nonsense_is_refused(members):
    with pytest.raises(ValueError):
        BankTransaction.parse(read(**members))


@pytest.mark.parametrize(
    ("data", "label"),
    [
        ({"provider_description": "VIR\n ACME\x00  42 "}, "VIR ACME 42"),
        ({"provider_description": " ", "clean_description": "Acme"}, "Acme"),
        ({"operation_type": "transfer"}, "transfer"),
        ({}, "/"),
        ({"provider_description": 7}, "/"),
    ],
)
def test_label(data, label):
    assert label_of(data) == label


def test_texts_of_two_sources_are_compared():
    for text in ("Vir. Société: fac-42", "VIR SOCIETE FAC 42"):
        assert comparable(text) == "virsocietefac42"
    assert is_same_text("viracmefacture42", "viracmefact")
    assert not is_same_text("vir", "viracme"), "too short to tell"
    assert is_same_text("vir", "vir")
    assert not is_same_text("viracmefacture42", "viracmefacture43")
    assert comparable(None) == ""


def test_a_part_of_a_text_says_something_from_eight_characters_on():
    assert is_same_text("viracme4", "viracme42")
    assert not is_same_text("viracme", "viracme42")


def test_a_currency_that_is_not_told_is_empty():
    assert BankTransaction.parse(read()).currency == ""
    assert BankTransaction.parse(read(currency_code="EUR")).currency == "EUR"


def test_the_time_of_a_booking_does_not_count():
    assert BankTransaction.parse(read(date="2026-03-01T23:30:00")).date == DAY


def test_a_fetch_begins_with_nothing():
    run = FetchRun("1", DAY)
    assert (run.created, run.ask_count, run.problems) == (0, 0, [])


def test_a_beginning_that_cannot_be_read_comes_before_everything():
    run = FetchRun("1", DAY, begun_at="?")
    run.see(BankTransaction.parse(read()))
    assert run.get_cursor() == "?"
    assert FetchRun("1", DAY, run.get_cursor()).since is None


def moment(seconds):
    start = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
    return (start + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.booleans()), max_size=30),
    st.none() | st.integers(0, 10**6),
)
def test_cursor_never_passes_what_must_be_read_again(seen, cursor):
    run = FetchRun("1", DAY, cursor=None if cursor is None else moment(cursor))
    for number, (seconds, waits) in enumerate(seen):
        transaction = BankTransaction.parse(read(number, moment(seconds)))
        run.see(transaction)
        if waits:
            run.wait_for(transaction)
    after = run.get_cursor()
    waiting = [moment(seconds) for seconds, waits in seen if waits]
    if waiting:
        assert after == min(waiting)
    elif seen:
        assert after == max(moment(seconds) for seconds, _waits in seen)
    else:
        assert after == run.cursor


def test_next_fetch_asks_again_for_a_day():
    run = FetchRun("1", DAY, cursor="2026-03-02T10:00:00.000Z")
    assert run.since == datetime.datetime(2026, 3, 1, 10, tzinfo=datetime.timezone.utc)
    assert FetchRun("1", DAY).since is None
    assert FetchRun("1", DAY, cursor="?").since is None


def test_cursor_stays_if_something_could_not_even_be_read():
    run = FetchRun("1", DAY, cursor="2026-03-02T10:00:00.000Z")
    run.see(BankTransaction.parse(read(1, "2026-03-05T10:00:00.000Z")))
    run.fail("nonsense")
    assert run.get_cursor() == "2026-03-02T10:00:00.000Z"


def test_moments_written_in_two_ways_are_ordered_by_time():
    run = FetchRun("1", DAY)
    run.see(BankTransaction.parse(read(1, "2026-03-05T10:00:00Z")))
    run.see(BankTransaction.parse(read(2, "2026-03-05T10:00:00.500Z")))
    run.see(BankTransaction.parse(read(3, "2026-03-05T11:00:00+02:00")))
    assert run.get_cursor() == "2026-03-05T10:00:00.500Z"


def test_first_fetch_asks_quarter_by_quarter_and_goes_on_where_it_stopped():
    today = datetime.date(2026, 9, 20)
    windows = FetchRun("1", DAY).windows(today)
    assert windows == [
        (datetime.date(2026, 3, 1), datetime.date(2026, 5, 31)),
        (datetime.date(2026, 6, 1), datetime.date(2026, 8, 31)),
        (datetime.date(2026, 9, 1), None),
    ]
    full = datetime.date(2026, 6, 1)  # the first window ends on the day before
    assert FetchRun("1", DAY).windows(full) == [windows[0], (full, None)]
    done = datetime.date(2026, 5, 31)
    assert FetchRun("1", DAY, done=done).windows(today) == windows[1:]
    assert FetchRun("1", today).windows(today) == [(today, None)]
    later = FetchRun("1", DAY, cursor="2026-03-02T10:00:00.000Z")
    assert later.windows(today) == [(None, None)]


@pytest.mark.parametrize("cursor", [None, "2026-03-02T10:00:00.000Z"])
def test_cursor_is_not_later_than_the_beginning_of_the_fetch(cursor):
    begun_at = "2026-03-04T10:00:00.000Z"
    run = FetchRun("1", DAY, cursor=cursor, begun_at=begun_at)
    assert run.get_cursor() == (cursor or begun_at)
    run.see(BankTransaction.parse(read(1, "2099-03-05T10:00:00.000Z")))
    assert run.get_cursor() == begun_at
