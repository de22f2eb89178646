"""The labelled set: what is sure is booked, and nothing else."""

from bench.match_rules import measure


def test_the_labelled_set_is_dealt_with_rightly():
    scores = measure()
    assert scores.failures == []
    assert scores.total()["labels"] >= 300
