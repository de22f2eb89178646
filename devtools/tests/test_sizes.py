"""A file of tests has one subject, so it stays short."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 600


def test_no_file_of_tests_is_long():
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in ROOT.rglob("tests/**/*.py")
    }
    assert "tests/test_rules.py" in lines
    assert {path: n for path, n in lines.items() if n > MOST_LINES} == {}
