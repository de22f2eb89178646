"""Odoo's tests by file: which there are, and which of two processes runs them."""

import collections
import json
from dataclasses import dataclass, field
from pathlib import Path

from .paths import ADDON, LOG_DIR, ROOT

TESTS = ROOT / "tests"
# With the OCA's addons: the tests written for that, and again those of this room.
OCA_TAG = "oca"
OCA_FILES = "test_oca*.py"
OCA_ROOM = "match"
# Of Odoo's tests, how many the first of two cores runs while nothing was measured; the
# other one has the rest, the plain tests, those with the OCA's addons and histories.
FIRST_SHARE = 0.7


@dataclass
class Seconds:
    """How long the last whole run took: each file, and what ran beside Odoo's tests."""

    files: dict[str, float] = field(default_factory=dict)
    beside: float = 0.0

    @classmethod
    def read(cls) -> "Seconds":
        """Return what was measured last, nothing if there was no whole run yet."""
        path = LOG_DIR / "seconds.json"
        return cls(**json.loads(path.read_text("utf-8"))) if path.is_file() else cls()

    def write(self) -> None:
        """Keep them for the next run."""
        path = LOG_DIR / "seconds.json"
        path.write_text(json.dumps(vars(self), indent=1), encoding="utf-8")


def odoo_tags(seconds: Seconds) -> tuple[str, str]:
    """Return the tags of the addon's tests, file by file, in two shares.

    Files are weighed by their seconds; where none were measured, by their tests.
    """
    files = [path for path in TESTS.rglob("test_*.py") if not path.match(OCA_FILES)]
    counts = {file_tag(path): _count(path) for path in files}
    known = seconds.files.keys() & counts.keys()
    spent = sum(seconds.files[tag] for tag in known)
    pace = spent / sum(counts[tag] for tag in known) if known else 1.0
    weights = {tag: seconds.files.get(tag, n * pace) for tag, n in counts.items()}
    total = sum(weights.values())
    wanted = (total + seconds.beside) / 2 if known else FIRST_SHARE * total
    first: list[str] = []
    taken = 0.0
    for tag in sorted(weights, key=lambda tag: (-weights[tag], tag)):
        if taken + weights[tag] <= wanted:
            taken += weights[tag]
            first.append(tag)
    return ",".join(sorted(first)), ",".join(sorted(weights.keys() - set(first)))


def oca_tags() -> str:
    """Return what Odoo runs with the OCA's addons: tests by tag and by file."""
    files = [
        path
        for path in (TESTS / OCA_ROOM).glob("test_*.py")
        if not path.match(OCA_FILES)
    ]
    return ",".join([f"{OCA_TAG}/{ADDON}", *sorted(map(file_tag, files))])


def file_tag(path: Path) -> str:
    """Return the tag by which Odoo knows the tests of a file."""
    return f"/{ADDON}/{path.relative_to(ROOT).as_posix()}"


def files_of(tags: str) -> set[str]:
    """Return those of some tags that stand for a whole file."""
    return {tag for tag in tags.split(",") if tag.endswith(".py")}


def tag_of_test(test: str) -> str:
    """Return the tag of the file that holds a test, by the test's dotted name.

    The name of a class's set-up has the class in brackets.
    """
    module = test.partition("(")[2] or test
    words = module.removeprefix("odoo.addons.").split(".")
    ends = [n for n, word in enumerate(words) if word.startswith("test_")]
    return f"/{'/'.join(words[: ends[0] + 1])}.py" if ends else ""


def _count(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("def test_")


def sum_seconds(report: Path) -> dict[str, float]:
    """Return the seconds of each file, by its tag, from the recorder's report."""
    spent: collections.Counter[str] = collections.Counter()
    for line in report.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if tag := tag_of_test(entry["test"]):
            spent[tag] += entry["seconds"]
    return {tag: round(seconds, 1) for tag, seconds in spent.items()}
