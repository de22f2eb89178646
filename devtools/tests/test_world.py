"""The account that the world of messy customers keeps by itself."""

from copy import deepcopy

import pytest

from devtools.world.people import TRAITS, make_customers
from devtools.world.truth import Truth, amounts

TODAY = "2026-03-16"
LATE = {
    **{"id": 1, "name": "INV/1", "due": "2026-03-01", "open": 100.0},
    **{"partner": 7, "currency": "EUR", "held": False, "moving": 0},
}
COMING = {**LATE, "id": 2, "name": "INV/2", "due": "2026-04-01", "open": 30.0}
MESSAGE = {
    **{"id": 9, "partner": 7, "name": "Client", "currency": "EUR", "channel": "email"},
    **{"party": 7, "to": 7, "planned_on": TODAY},
    **{"state": "sent", "manual": False, "level": 1, "level_name": "First", "days": 1},
    **{"notice": False, "sent_on": TODAY, "named": [[1, 100.0]], "asked": 100.0},
    **{"overdue": 100.0, "coming": 30.0, "credit": 0.0, "days_late": 15, "sms": ""},
    "script": "",
    **{"earlier": "", "lang": "fr_FR", "url": "http://x/pay/a", "to_pay": 100.0},
    **{"subject": "Relance", "body": "<p>100,00 € restent dus</p>", "closing": ""},
    "table": "<div><table name='not_due'><td>30,00 €</td></table></div>",
}


@pytest.fixture
def truth():
    return Truth()


def judge(truth, *messages, lines=(LATE, COMING), today=TODAY, others=None):
    ledger = {"today": today, "lines": {"7": deepcopy(list(lines)), **(others or {})}}
    truth.begin_day(ledger)
    truth.check(ledger, deepcopy(list(messages)))
    found, truth.problems = truth.problems, []
    return [problem.partition("”: ")[2] for problem in found]


def test_what_is_true_passes(truth):
    assert judge(truth, MESSAGE) == []


@pytest.mark.parametrize(
    "change",
    [
        {"asked": 130.0},
        {"to_pay": 130.0},
        {"body": "<p>130,00 € restent dus</p>"},
        {"body": "<p>0,00 € restent dus</p>"},
        {"body": "<p>Malgré notre relance du 3 mars, 100,00 € restent dus</p>"},
        {"body": "", "subject": ""},
        {"named": [[3, 5.0]]},
        {"days": -3},
        {"notice": True},
        {"table": "<table name='not_due'><td>100,00 €</td></table>"},
        {"table": "<table name='not_due'><td>7,00 €</td></table>"},
    ],
    ids=str,
)
def test_what_is_false_does_not(truth, change):
    assert judge(truth, {**MESSAGE, **change})


def test_what_is_held_or_covered_is_not_named(truth):
    assert judge(truth, MESSAGE, lines=[{**LATE, "held": True}])
    credit = {**LATE, "id": 3, "open": -100.0}
    assert judge(truth, MESSAGE, lines=[LATE, credit])


def test_nothing_leaves_at_a_week_end_by_itself(truth):
    saturday = "2026-03-14"
    assert judge(truth, MESSAGE, today=saturday) == ["it left at a week-end"]
    by_hand = {**MESSAGE, "manual": True}
    assert judge(Truth(), by_hand, today=saturday) == []


def test_a_level_is_said_once_an_episode(truth):
    again = {**MESSAGE, "id": 10}
    assert judge(truth, MESSAGE) == []
    assert judge(truth, again) == ["the same level again", "level 1 after levels [1]"]
    # Paid, and another one became overdue: it begins anew.
    assert judge(truth, lines=[]) == []
    assert judge(truth, again) == []


def test_an_announcement_is_not_made_within_an_episode(truth):
    note = {
        **MESSAGE,
        **{"id": 10, "level": 3, "days": -3, "named": [[2, 30.0]], "asked": 30.0},
        **{"overdue": 0.0, "to_pay": 30.0, "body": "<p>30,00 €</p>", "table": ""},
    }
    assert judge(Truth(), note) == []
    judge(truth, MESSAGE)
    assert judge(truth, note) == ["an announcement after levels [1]"]


def test_a_notice_names_the_days_of_what_arrived(truth):
    notice = {
        **{**MESSAGE, "id": 10, "level": 2, "days": 30, "notice": True},
        **{"earlier": "16 mars 2026", "sent_on": "2026-03-31"},
    }
    judge(truth, MESSAGE)
    assert judge(truth, notice, today="2026-03-31") == []
    truth.note_failed(10)
    other = {**notice, "earlier": "17 mars 2026"}
    assert judge(truth, other, today="2026-03-31")
    truth.note_failed(9)
    truth.note_failed(10)
    assert judge(truth, notice, today="2026-03-31")


def test_a_message_in_each_currency_is_of_one_plan(truth):
    abroad = {**LATE, "id": 5, "currency": "USD"}
    message = {
        **{**MESSAGE, "id": 10, "currency": "USD", "named": [[5, 100.0]]},
        **{"coming": 0.0, "table": ""},
    }
    lines = [LATE, COMING, abroad]
    assert judge(truth, MESSAGE, message, lines=lines) == []
    later = {**message, "planned_on": "2026-03-17"}
    assert judge(Truth(), MESSAGE, later, lines=lines) == [
        "the same level again",
        "level 1 after levels [1]",
    ]


def test_nobody_hears_of_what_another_address_owes(truth):
    theirs = {"8": [{**LATE, "id": 6}]}
    of_both = {**MESSAGE, "named": [[1, 100.0], [6, 100.0]]}
    assert judge(truth, of_both, others=theirs) == ["it names what is not open"]
    to_them = {**MESSAGE, "to": 8}
    assert judge(Truth(), to_them, others=theirs) == ["it went to somebody else"]
    # Each has levels of its own.
    own = {**MESSAGE, "party": 8, "to": 8, "named": [[6, 100.0]], "coming": 0.0}
    own["table"] = ""
    assert judge(Truth(), MESSAGE, own, others=theirs) == []


def test_amounts_are_read_as_the_language_writes_them():
    assert amounts("1\u202f234,56 € et 7,00 €", "fr_FR") == {1234.56, 7.0}
    assert amounts("12/03/2026 178,25 INV/00012 2 243,31", "fr_FR") == {178.25, 2243.31}
    assert amounts("$ 1,234.56 on 01/02/2026", "en_US") == {1234.56}


def test_customers_are_the_same_again_and_have_every_habit():
    customers = make_customers(3, 60, 60)
    assert customers == make_customers(3, 60, 60)
    assert customers != make_customers(4, 60, 60)
    assert {trait for one in customers for trait in one.traits} == set(TRAITS)
    assert all(day >= 0 for one in customers for day in one.agenda)
