"""What random histories stand on: one clock, and fuses, for all processes."""

from collections import Counter
from types import SimpleNamespace

import pytest

from devtools.histories.__main__ import WORLD, share_out
from devtools.histories.machine import History, make_history, shorten
from devtools.histories.shared import (
    END_SESSION,
    HTTP,
    KILL,
    NOTHING,
    SECOND_WORKER,
    SERVER,
    SQL,
    WORKER,
    Shared,
)


@pytest.fixture
def shared(tmp_path):
    return Shared(tmp_path / "shared")


def test_clock_is_seen_by_whoever_maps_the_file(shared, tmp_path):
    other = Shared(tmp_path / "shared")
    shared.ahead = 3600.5
    assert other.ahead == 3600.5
    other.ahead -= 60
    assert shared.ahead == 3540.5


def test_fuse_burns_down_once(shared):
    shared.light(WORKER, KILL, SQL, 3)
    assert [shared.burn(WORKER, SQL) for _n in range(5)] == [
        *(NOTHING, NOTHING, KILL, NOTHING, NOTHING)
    ]
    assert not shared.is_lit(WORKER)


def test_fuse_burns_by_its_own_fire_alone(shared):
    shared.light(SERVER, END_SESSION, HTTP, 1)
    assert shared.burn(SERVER, SQL) == NOTHING
    assert shared.burn(SERVER, HTTP) == END_SESSION


def test_each_has_a_fuse_of_its_own(shared):
    shared.ahead = 1.0
    shared.light(WORKER, KILL, SQL, 1)
    assert shared.burn(SERVER, SQL) == shared.burn(SECOND_WORKER, SQL) == NOTHING
    assert shared.burn(WORKER, SQL) == KILL
    shared.light(SECOND_WORKER, KILL, SQL, 1)
    shared.put_out(SECOND_WORKER)
    assert shared.burn(SECOND_WORKER, SQL) == NOTHING
    assert shared.ahead == 1.0


def test_a_history_comes_again_by_its_seed_and_number_alone():
    first = make_history(1, 2, 20)
    assert first == make_history(1, 2, 20)
    assert first != make_history(1, 3, 20)
    assert 10 <= len(first) <= 20


@pytest.mark.parametrize(("count", "jobs"), [(200, 1), (200, 2), (1001, 3), (1, 4)])
def test_each_history_is_played_in_one_world(count, jobs):
    shares = share_out(7, count, jobs)
    assert [number for share in shares for number in share] == list(range(7, 7 + count))
    assert len(shares) >= min(jobs, count)
    assert max(map(len, shares)) <= WORLD


def test_a_history_is_the_same_whatever_was_played_before():
    def begin(*numbers):
        world = SimpleNamespace(sim=None, tally=Counter(), plays=Counter())
        history = [History(world, 5, number) for number in numbers][-1]
        return history.customer, history.minute, history.number

    assert begin(3) == begin(1, 2, 3)
    # Their names are known: a customer who comes again would have their old debts.
    assert begin(3)[0] != begin(3, 3)[0]
    assert begin(3)[1] == begin(3, 3)[1] != begin(4)[1]


def test_a_broken_history_is_shortened():
    def breaks(steps):
        return 3 in steps and 11 in steps

    assert shorten(list(range(16)), breaks, 60) == [3, 11]
    assert shorten(list(range(16)), breaks, 0) == list(range(16))
