"""The rules by which a bank line is booked by itself, or left to a person."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import matching
from matching import NONE, SURE, UNSURE, Target, decide


def test_another_amount_is_never_booked():
    target = Target("tx", 10_000, "EUR")
    for cents in (9_999, 10_001, 1, 1_000_000):
        assert decide(cents, "EUR", [target]) == (target, UNSURE, "amount")


def test_the_same_figure_in_another_currency_is_never_booked():
    target = Target("tx", 10_000, "EUR")
    assert decide(10_000, "USD", [target]) == (target, UNSURE, "amount")


def test_a_target_that_another_line_pays_is_never_booked_again():
    target = Target("tx", 10_000, "EUR", open=False)
    assert decide(10_000, "EUR", [target]) == (target, UNSURE, "already_matched")


def test_two_open_targets_of_the_same_amount_are_left_to_a_person():
    first, second = Target("a", 10_000, "EUR"), Target("b", 10_000, "EUR")
    decision = decide(10_000, "EUR", [first, second])
    assert (decision.certainty, decision.reason) == (UNSURE, "ambiguous")
    assert decision.target in (first, second)


def test_a_label_without_reference_is_no_evidence():
    assert decide(10_000, "EUR", []) == (None, NONE, "no_reference")


def test_one_open_target_of_exactly_this_amount_is_sure():
    target = Target("tx", 10_000, "EUR")
    assert decide(10_000, "EUR", [target]) == (target, SURE, "matched")


def test_the_amount_tells_apart_several_references_in_one_label():
    wanted, other = Target("a", 10_000, "EUR"), Target("b", 2_500, "EUR")
    assert decide(10_000, "EUR", [other, wanted]) == (wanted, SURE, "matched")


def test_a_paid_target_does_not_keep_the_open_one_from_its_line():
    paid = Target("a", 10_000, "EUR", open=False)
    still_open = Target("b", 10_000, "EUR")
    assert decide(10_000, "EUR", [paid, still_open]).target == still_open


TARGETS = st.lists(
    st.builds(
        Target,
        key=st.integers(),
        cents=st.integers(1, 5),
        currency=st.sampled_from(["EUR", "USD"]),
        open=st.booleans(),
    ),
    max_size=4,
)


@given(st.integers(1, 5), st.sampled_from(["EUR", "USD"]), TARGETS)
def test_sure_means_the_only_open_target_of_that_amount(cents, currency, targets):
    decision = decide(cents, currency, targets)
    candidates = [
        target
        for target in targets
        if target.open and (target.cents, target.currency) == (cents, currency)
    ]
    assert (decision.certainty == SURE) == (len(candidates) == 1)
    if decision.certainty == SURE:
        assert decision.target == candidates[0]


@given(st.integers(1, 5), st.sampled_from(["EUR", "USD"]), TARGETS)
def test_the_order_of_the_targets_changes_nothing(cents, currency, targets):
    first = decide(cents, currency, targets)
    last = decide(cents, currency, targets[::-1])
    assert (first.certainty, first.reason) == (last.certainty, last.reason)
    if first.certainty == SURE:
        assert first.target == last.target


@given(st.integers(1, 5), st.sampled_from(["EUR", "USD"]), TARGETS)
def test_whatever_is_known_is_told_with_its_target(cents, currency, targets):
    decision = decide(cents, currency, targets)
    assert (decision.certainty == NONE) == (not targets)
    assert (decision.target is None) == (not targets)
    assert not targets or decision.target in targets


@pytest.mark.parametrize(
    "path", sorted(Path(matching.__file__).parent.glob("*.py")), ids=lambda p: p.name
)
def test_the_rules_need_no_odoo(path):
    imported = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            imported.add(node.module.partition(".")[0])
    assert "odoo" not in imported
