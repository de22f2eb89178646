"""Which choices add up: all of them are found, or none is claimed."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from matching.combinations import MOST_ANSWERS, choose, combine


@given(st.lists(st.integers(-20, 20), max_size=8), st.integers(-30, 30))
def test_every_way_is_found_as_by_trying_all(amounts, amount):
    ways = {
        taken
        for size in range(1, len(amounts) + 1)
        for taken in itertools.combinations(range(len(amounts)), size)
        if sum(amounts[index] for index in taken) == amount
    }
    choices = set(combine(amounts, amount))
    if len(ways) < MOST_ANSWERS:
        assert choices == ways
    else:
        assert choices <= ways and len(choices) >= MOST_ANSWERS - 1


@given(st.lists(st.lists(st.integers(-9, 9), min_size=1, max_size=3), max_size=5))
def test_one_option_is_taken_at_each_place(places):
    amount = sum(options[-1] for options in places)
    choices = choose(places, amount)
    assert choices
    for choice in choices:
        taken = zip(places, choice, strict=True)
        assert sum(options[index] for options, index in taken) == amount


def test_what_would_take_too_long_is_given_up_not_guessed():
    amounts = [2**n for n in range(40)]
    assert combine(amounts, sum(amounts) // 3) == ()  # there is a way
