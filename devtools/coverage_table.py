"""How much of the code the tests run: collected by each runner, told by folder."""

import collections
import json
from pathlib import Path

from .console import run, say
from .paths import LOG_DIR, ROOT
from .setup import python_env

FOLDER = LOG_DIR / "coverage"
# Beside `[tool.coverage]` of pyproject.toml: what the plain tests are about.
PLAIN = tuple(
    path.parent.name
    for path in sorted(ROOT.glob("*/tests"))
    if path.parent.name != "devtools"
)


def measured(module: str, name: str, folders: tuple[str, ...] = (".",)) -> list[str]:
    """Return the words after the interpreter that run ``module`` and measure it.

    :param name: of this run: its data take the place of its last run's
    :param folders: what is measured, from the root on
    """
    source = ",".join(str(ROOT / folder) for folder in folders)
    options = [f"--data-file={FOLDER / name}.data", f"--source={source}"]
    return ["-m", "coverage", "run", *options, "-m", module]


def clear() -> None:
    """Forget what earlier runs measured."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.glob("*.data"):
        path.unlink()


def show() -> None:
    """Print one line a folder for all that was measured, together."""
    measurements = sorted(map(str, FOLDER.glob("*.data")))
    if not measurements:
        return
    whole, report = FOLDER / "whole", FOLDER / "whole.json"
    _coverage("combine", "--keep", f"--data-file={whole}", *measurements)
    # Odoo compiles code of the database, which has no file.
    _coverage("json", "-q", "-i", f"--data-file={whole}", "-o", str(report))
    files = json.loads(report.read_text(encoding="utf-8"))["files"]
    for line in table(files):
        say(line)


def table(files: dict[str, dict]) -> list[str]:
    """Return the lines of the table: folder, statements, how many of them were run.

    :param files: by path, with the ``summary`` of coverage's JSON report
    """
    statements: collections.Counter[str] = collections.Counter()
    covered: collections.Counter[str] = collections.Counter()
    for path, entry in files.items():
        for folder in (Path(path).parent.as_posix(), ""):
            statements[folder] += entry["summary"]["num_statements"]
            covered[folder] += entry["summary"]["covered_lines"]
    folders = [folder for folder in sorted(statements) if folder and statements[folder]]
    width = max(map(len, folders), default=0)
    lines = [f"{'coverage':{width}}  statements     run"]
    for folder in [*folders, ""]:
        share = covered[folder] / statements[folder] if statements[folder] else 1
        name = folder or "all"
        lines.append(f"{name:{width}}  {statements[folder]:10}  {share:6.1%}")
    return lines


def _coverage(*words: str) -> None:
    command = [python_env.python(), "-m", "coverage", *words]
    run(command, cwd=ROOT, hint=f"Remove {FOLDER} and start again.")
