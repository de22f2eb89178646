"""What random histories stand on: one clock, and fuses, for all processes."""

import pytest

from devtools.histories.machine import make_history, shorten
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


def test_a_broken_history_is_shortened():
    def breaks(steps):
        return 3 in steps and 11 in steps

    assert shorten(list(range(16)), breaks, 60) == [3, 11]
    assert shorten(list(range(16)), breaks, 0) == list(range(16))
