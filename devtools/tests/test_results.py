"""The counts of ``./dev test`` come out right when something goes wrong."""

import json

import pytest

from devtools.test_run import Result, read_junit, read_recorded


def test_a_test_that_fails_twice_is_one_failure(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        "<testcase classname='a' name='fails'><failure/></testcase>"
        "<testcase classname='a' name='fails'><error/></testcase>"
        "<testcase classname='a' name='skips'><skipped/></testcase>"
        "<testcase classname='a' name='passes'/>"
        "</testsuite></testsuites>"
    )
    assert str(read_junit(report)) == "1 passed, 1 failed, 1 skipped"


def test_the_worst_of_a_recorded_test_counts(tmp_path):
    report = tmp_path / "report.jsonl"
    entries = [
        ("a.test", "failed", ""),
        ("a.test", "passed", ""),
        ("b.test", "passed", ""),
        ("log:odoo.http", "failed", "a traceback"),
        ("log:odoo.http", "failed", "a traceback"),
    ]
    report.write_text(
        "".join(
            json.dumps({"test": test, "status": status, "detail": detail}) + "\n"
            for test, status, detail in entries
        )
    )
    result = read_recorded(report)
    assert str(result) == "1 passed, 3 failed, 0 skipped"
    assert result.failures[0] == "a.test"


@pytest.mark.parametrize(
    ("result", "exit_code", "failed"),
    [
        (Result(passed=3), 0, 0),
        (Result(passed=3), 1, 1),
        (Result(), 0, 1),
        (Result(skipped=2), 0, 1),
        (Result(passed=1, failed=2), 1, 2),
    ],
)
def test_a_run_that_ends_badly_or_runs_nothing_has_failed(
    tmp_path, result, exit_code, failed
):
    log = tmp_path / "log"
    log.write_text("why\n")
    result.judge("runner", exit_code, log)
    assert result.failed == failed
