"""What an answer of Bridge means, cell by cell."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import status, verdict
from bridge.verdict import (
    CLOSED,
    CONFIRMED,
    EXECUTED,
    MISMATCH,
    OPEN,
    PARTIAL,
    REFUSED,
    Expected,
    judge,
)

LINK_ID = "link-1"
EXPECTED = Expected(LINK_ID, "K7X2Q48MNP", 12990, "EUR")
TRANSFERS = [{"amount": 129.9, "currency": "EUR"}]
# Of a link that is: valid, completed, expired, revoked.
OUTCOMES = {
    None: (OPEN, CONFIRMED, CLOSED, CLOSED),
    "CREA": (OPEN, CONFIRMED, CLOSED, CLOSED),
    "ACTC": (OPEN, CONFIRMED, CLOSED, CLOSED),
    "PDNG": (CONFIRMED, CONFIRMED, CONFIRMED, CONFIRMED),
    "ACSC": (EXECUTED, EXECUTED, EXECUTED, EXECUTED),
    "RJCT": (OPEN, REFUSED, CLOSED, CLOSED),
    "CANC": (OPEN, REFUSED, CLOSED, CLOSED),
    "PART": (PARTIAL, PARTIAL, PARTIAL, PARTIAL),
    "XXXX": (OPEN, CONFIRMED, CLOSED, CLOSED),
}
LINK_STATUSES = ("valid", "completed", "expired", "revoked")


def link(link_status="valid", **members):
    return {
        "id": LINK_ID,
        "client_reference": EXPECTED.reference,
        "status": link_status,
        "transactions": TRANSFERS,
        **members,
    }


def attempt(bank_status, minute=0, **members):
    moment = f"2026-11-02T09:{minute:02}:00.000Z"
    return {
        "status": bank_status,
        "created_at": moment,
        "updated_at": moment,
        "payment_link_id": LINK_ID,
        **members,
    }


def attempts_of(bank_status):
    return [attempt(bank_status)] if bank_status else []


@pytest.mark.parametrize(
    "link_status, bank_status, outcome",
    [
        (link_status, bank_status, outcome)
        for bank_status, row in OUTCOMES.items()
        for link_status, outcome in zip(LINK_STATUSES, row, strict=True)
    ],
)
def test_every_pair_of_statuses_has_one_outcome(link_status, bank_status, outcome):
    judged = judge(link(link_status), attempts_of(bank_status), EXPECTED)
    assert (judged.outcome, judged.mismatch) == (outcome, None)
    assert judged.link_status == link_status
    known = {"CANC": "RJCT", "XXXX": None}.get(bank_status, bank_status)
    assert judged.bank_status == known


def test_the_table_has_every_status():
    assert set(OUTCOMES) == {None, "XXXX"} | status.REQUEST_STATUSES
    assert set(LINK_STATUSES) == status.LINK_STATUSES


@pytest.mark.parametrize("nothing", [None, "", "XXXX", 5, ["valid"]])
def test_what_bridge_does_not_say_stays_as_it_was(nothing):
    stored = replace(EXPECTED, link_status="completed", bank_status="RJCT")
    judged = judge(link(nothing), [], stored)
    assert (judged.link_status, judged.bank_status) == (None, None)
    assert judged.outcome == REFUSED
    executed = replace(EXPECTED, bank_status="ACSC")
    assert judge(link("expired"), attempts_of("XXXX"), executed).outcome == EXECUTED


def test_a_tab_left_open_does_not_hide_a_refusal():
    completed = link("completed", updated_at="2026-11-02T09:10:00Z")
    tab = attempt("ACTC", 30)
    refused = attempt("RJCT", 10, status_reason="AM04")
    for order in permutations([tab, refused]):
        judged = judge(completed, order, EXPECTED)
        assert (judged.outcome, judged.bank_reason) == (REFUSED, "AM04")
    # Refused before the link was completed: by what then? The tab is waited for.
    earlier = attempt("RJCT", 9)
    assert judge(completed, [tab, earlier], EXPECTED).outcome == CONFIRMED
    undated = link("completed")
    assert judge(undated, [tab, refused], EXPECTED).outcome == CONFIRMED


def test_a_refusal_does_not_hide_what_the_payer_does_next():
    dated = {"updated_at": "2026-11-02T09:10:00Z"}
    tab, pending = attempt("ACTC", 30), attempt("PDNG", 10)
    refused = attempt("RJCT", 20)
    again = judge(link("valid", **dated), [refused, tab], EXPECTED)
    assert (again.outcome, again.bank_status) == (OPEN, "ACTC")
    under_way = judge(link("completed", **dated), [pending, refused], EXPECTED)
    assert (under_way.outcome, under_way.bank_status) == (CONFIRMED, "PDNG")


def test_what_else_is_told_of_the_attempt():
    judged = judge(
        link("completed"),
        [attempt("ACSC", 5), attempt("ACSC", 7), attempt("PDNG", 9)],
        EXPECTED,
    )
    assert judged.executed_count == 2
    assert judged.changed_at.minute == 7
    assert (
        judge(link(), [attempt("PDNG", status_reason="")], EXPECTED).bank_reason is None
    )
    changed = attempt("PDNG", 3, updated_at="2026-11-02T09:09:00Z")
    assert judge(link(), [changed], EXPECTED).changed_at.minute == 9
    created = attempt("PDNG", 3)
    del created["updated_at"]
    assert judge(link(), [created], EXPECTED).changed_at.minute == 3
    assert judge(link(), [], EXPECTED).changed_at is None


@pytest.mark.parametrize(
    "wrong_link, wrong_attempt, kind",
    [
        ({"id": "link-2"}, {}, verdict.OTHER_LINK),
        ({"client_reference": "K7X2Q48MNQ"}, {}, verdict.OTHER_REFERENCE),
        ({}, {"payment_link_id": "link-2"}, verdict.FOREIGN_ATTEMPT),
        ({"transactions": []}, {}, verdict.UNREADABLE_AMOUNT),
        ({"transactions": [{"amount": 1.005, "currency": "EUR"}]}, {}, "unreadable"),
        ({"transactions": [{"amount": 129.91, "currency": "EUR"}]}, {}, "amount"),
        ({"transactions": [{"amount": 129.9, "currency": "USD"}]}, {}, "amount"),
        ({"transactions": TRANSFERS * 2}, {}, "amount"),
        ({}, {"transactions": [{"amount": 1, "currency": "EUR"}]}, "amount"),
    ],
)
@pytest.mark.parametrize("bank_status", ["PDNG", "ACSC", "RJCT"])
def test_nothing_follows_from_another_transfer(
    wrong_link, wrong_attempt, kind, bank_status
):
    judged = judge(
        link("completed", **wrong_link),
        [attempt(bank_status, **wrong_attempt)],
        EXPECTED,
    )
    assert judged.outcome == MISMATCH
    assert kind in judged.mismatch.kind
    assert (judged.link_status, judged.bank_status) == (None, None)


def test_another_amount_is_told():
    other = [{"amount": 100, "currency": "EUR"}, {"amount": 5, "currency": "USD"}]
    mismatch = judge(link(transactions=other), [], EXPECTED).mismatch
    assert (mismatch.read_cents, mismatch.read_currencies) == (10500, ("EUR", "USD"))


def test_what_is_left_out_is_no_mismatch():
    terse = {"status": "completed", "transactions": TRANSFERS}
    silent = attempt("PDNG", transactions=[{"currency": "EUR"}], payment_link_id=None)
    assert judge(terse, [silent], EXPECTED).outcome == CONFIRMED


def test_an_amount_in_several_transfers_is_their_sum():
    halves = [{"amount": 100, "currency": "EUR"}, {"amount": 29.9, "currency": "EUR"}]
    assert judge(link(transactions=halves), [], EXPECTED).outcome == OPEN


@given(
    st.sampled_from(LINK_STATUSES),
    st.lists(
        st.builds(
            attempt,
            st.sampled_from([*sorted(status.REQUEST_STATUSES), "XXXX"]),
            st.integers(0, 3),
            id=st.integers(0, 5),
        ),
        max_size=5,
    ),
    st.randoms(),
)
def test_the_order_of_attempts_never_matters(link_status, attempts, rng):
    read = link(link_status, updated_at="2026-11-02T09:02:00Z")
    shuffled = list(attempts)
    rng.shuffle(shuffled)
    assert judge(read, shuffled, EXPECTED) == judge(read, attempts, EXPECTED)
