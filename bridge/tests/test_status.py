"""Statuses: the strongest attempt decides, in whatever order they are told."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import status


def attempt(request_status, minute=0, **members):
    created_at = f"2026-11-02T09:{minute:02}:00.000Z"
    return {"status": request_status, "created_at": created_at, **members}


def test_no_attempt():
    assert status.strongest([]) is None


def test_an_unknown_status_is_never_taken_for_money():
    odd = [attempt("ACCC", 50), attempt("acsc", 51), attempt(None, 52), {}]
    for known in ("RJCT", "CREA", "ACTC", "CANC"):
        assert status.strongest([*odd, attempt(known)])["status"] == known
    assert status.strongest([{}]) == {}


def test_a_later_refusal_does_not_hide_money():
    attempts = [attempt("ACSC", 1), attempt("RJCT", 30), attempt("PDNG", 40)]
    for order in permutations(attempts):
        assert status.strongest(order)["status"] == "ACSC"


@pytest.mark.parametrize(
    "statuses, strongest",
    [
        ("PART PDNG RJCT", "PART"),
        ("ACSC PART", "ACSC"),
        ("PDNG ACTC CREA CANC", "PDNG"),
        ("PDNG RJCT", "PDNG"),
    ],
)
def test_ranks(statuses, strongest):
    # the stronger an attempt, the older it is here: age must not count
    attempts = [
        attempt(name, minute) for minute, name in enumerate(statuses.split(), start=1)
    ]
    for order in permutations(attempts):
        assert status.strongest(order)["status"] == strongest


@pytest.mark.parametrize("last", ["ACTC", "CREA", "RJCT", "CANC"])
def test_the_most_recent_of_the_others(last):
    others = [attempt(s, m) for m, s in enumerate(["RJCT", "ACTC", "CREA", "CANC"])]
    assert status.strongest([attempt(last, 59), *others])["created_at"][14:16] == "59"


def test_of_the_same_instant_the_one_that_is_further_decides():
    further = attempt("ACTC", id="a")
    for other in (attempt("CREA", id="z"), attempt("RJCT", id="z")):
        assert status.strongest([other, further]) is further
        assert status.strongest([further, other]) is further
    created = attempt("CREA", id="a")
    assert status.strongest([attempt("RJCT", id="z"), created]) is created


def test_dates_are_compared_as_dates():
    early = {"status": "RJCT", "created_at": "2026-11-02T09:00:00.000Z"}
    late = {"status": "CREA", "created_at": "2026-11-02T09:00:00.5Z"}
    later = {"status": "ACTC", "created_at": "2026-11-02T11:00:01+02:00"}
    undated = {"status": "CREA"}
    for order in permutations([early, late, later, undated]):
        assert status.strongest(order) is later


@given(
    st.lists(
        st.builds(
            attempt,
            st.sampled_from([*sorted(status.REQUEST_STATUSES), "XXXX"]),
            st.integers(0, 2),
            id=st.integers(0, 5),
        ),
        min_size=1,
        max_size=5,
    ),
    st.randoms(),
)
def test_the_order_never_matters(attempts, rng):
    shuffled = list(attempts)
    rng.shuffle(shuffled)
    assert status.strongest(shuffled) == status.strongest(attempts)
