"""The table of coverage: a line a folder."""

from devtools.coverage_table import PLAIN, table


def file(statements: int, covered: int) -> dict:
    """Return what coverage reports of one file."""
    return {"summary": {"num_statements": statements, "covered_lines": covered}}


def test_files_of_a_folder_are_added_up():
    files = {
        "bridge/client.py": file(30, 15),
        "bridge/label.py": file(10, 5),
        "models/match/decide.py": file(60, 60),
        "models/__init__.py": file(0, 0),
    }
    assert table(files) == [
        "coverage      statements     run",
        "bridge                40   50.0%",
        "models/match          60  100.0%",
        "all                  100   80.0%",
    ]


def test_plain_packages_are_measured():
    assert {"bridge", "matching", "simulator"} <= set(PLAIN)
