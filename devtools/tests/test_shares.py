"""Each file of Odoo's tests runs in one of two shares, which take as long."""

import json
import re

import pytest

from devtools import shares
from devtools.shares import Seconds, files_of, oca_tags, odoo_tags, tag_of_test

# What `--test-tags` of Odoo 19 takes for the path of a file.
FILE = re.compile(r"/[\w/.-]+\.py")


@pytest.fixture
def tests(tmp_path, monkeypatch):
    """A folder of tests, by rooms and beside them: each file has as many as named."""
    monkeypatch.setattr(shares, "ROOT", tmp_path)
    monkeypatch.setattr(shares, "TESTS", tmp_path / "tests")
    for name, count in (
        ("test_rules.py", 1),
        ("match/test_match.py", 6),
        ("match/test_oca_statement.py", 3),
        ("match/plan/test_deep.py", 2),
        ("feed/test_feed.py", 1),
        ("common/feed_case.py", 5),
    ):
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("def test_it(): ...\n" * count)


def split(seconds: Seconds) -> list[list[str]]:
    """Return both shares as paths below the folder of tests."""
    head = "/account_payment_request/tests/"
    return [
        [tag.removeprefix(head) for tag in tags.split(",") if tag]
        for tags in odoo_tags(seconds)
    ]


def test_beside_the_oca_run_tests_written_for_it_and_those_of_bank_lines():
    first, *files = oca_tags().split(",")
    assert first == "oca/account_payment_request"
    assert "/account_payment_request/tests/match/test_bank_line.py" in files
    assert not any("test_oca" in file for file in files)


def test_each_file_of_tests_is_in_one_share():
    files = [tag for tags in odoo_tags(Seconds()) for tag in tags.split(",")]
    there = {shares.file_tag(path) for path in shares.TESTS.rglob("test_*.py")}
    assert sorted(files) == sorted(tag for tag in there if "/test_oca" not in tag)
    assert all(FILE.fullmatch(tag) for tag in files)


def test_files_that_were_never_measured_are_weighed_by_their_tests(tests):
    assert split(Seconds()) == [
        ["feed/test_feed.py", "match/test_match.py"],
        ["match/plan/test_deep.py", "test_rules.py"],
    ]


def test_files_are_weighed_by_their_seconds(tests):
    head = "/account_payment_request/tests/"
    slow = {f"{head}feed/test_feed.py": 50.0, f"{head}match/test_match.py": 20.0}
    slow |= {f"{head}match/plan/test_deep.py": 20.0, f"{head}test_rules.py": 10.0}
    assert split(Seconds(slow)) == [
        ["feed/test_feed.py"],
        ["match/plan/test_deep.py", "match/test_match.py", "test_rules.py"],
    ]
    # What runs beside the second share is taken off it.
    assert split(Seconds(slow, beside=40.0)) == [
        ["feed/test_feed.py", "match/plan/test_deep.py"],
        ["match/test_match.py", "test_rules.py"],
    ]


def test_a_new_file_is_weighed_at_the_pace_of_the_others(tests):
    head = "/account_payment_request/tests/"
    known = {f"{head}feed/test_feed.py": 10.0, f"{head}test_rules.py": 10.0}
    # Six tests at 10 s are more than half of 100 s.
    assert split(Seconds(known))[1] == ["match/test_match.py"]


def test_seconds_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(shares, "LOG_DIR", tmp_path)
    assert Seconds.read() == Seconds()
    Seconds({"/a/tests/test_b.py": 2.5}, 7.0).write()
    assert Seconds.read() == Seconds({"/a/tests/test_b.py": 2.5}, 7.0)


def test_seconds_are_summed_by_file(tmp_path):
    report = tmp_path / "report.jsonl"
    name = "odoo.addons.account_payment_request.tests.match.test_fec.TestFec"
    entries = [(f"{name}.test_a", 1.5), (f"setUpClass ({name})", 2), ("log:odoo", 9)]
    report.write_text(
        "\n".join(json.dumps({"test": test, "seconds": n}) for test, n in entries)
    )
    tag = "/account_payment_request/tests/match/test_fec.py"
    assert shares.sum_seconds(report) == {tag: 3.5}
    assert files_of(f"oca/account_payment_request,{tag},{tag}:TestFec") == {tag}
    assert tag_of_test("log:odoo.http") == ""
