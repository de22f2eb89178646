"""``./dev test``: every test there is, counted from the runners' own reports."""

import json
import os
import subprocess
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import coverage_table, odoo
from .console import say, step, tail
from .histories import command
from .paths import ADDON, LOG_DIR, ROOT, database_name
from .setup import oca, postgres, python_env, system
from .shares import Seconds, files_of, oca_tags, odoo_tags, sum_seconds
from .world import command as world

# Runs Odoo, and writes down what becomes of each test.
RECORDER = "devtools.odoo_tests"
# What tests look through: a browser, the invoice's PDF, its pages, their QR codes.
ORDER = ("passed", "skipped", "failed")
PROGRAMS = ("chromium", "wkhtmltopdf", "pdftoppm", "zbarimg")
# So that CI stays short on a slow machine, which plays fewer histories then.
HISTORIES_SECONDS = 60
# As few as still have most habits; `./dev world` has more.
WORLD = ("--customers", 6, "--days", 18)


@dataclass
class Result:
    """Counts of one run, and the names of what failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def add(self, status: str, name: str) -> None:
        """Count one test; ``status`` is passed, failed or skipped."""
        setattr(self, status, getattr(self, status) + 1)
        if status == "failed":
            self.failures.append(name)

    @classmethod
    def of(cls, statuses: Iterable[tuple[str, str]]) -> "Result":
        """Count tests by name, the worst status of each."""
        worst: dict[str, str] = {}
        for name, status in statuses:
            worst[name] = max(worst.get(name, "passed"), status, key=ORDER.index)
        result = cls()
        for name, status in worst.items():
            result.add(status, name)
        return result

    def __add__(self, other: "Result") -> "Result":
        return Result(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.failures + other.failures,
        )

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def judge(self, runner: str, exit_code: int, log: Path) -> None:
        """Turn a run that ended badly, or ran nothing, into a failure."""
        if exit_code and not self.failed:
            self.add("failed", f"{runner} ended with {exit_code}: {log}")
            say(tail(log))
        elif not self.passed + self.failed:
            self.add("failed", f"{runner} ran no test: {log}")


def run_tests(options) -> int:
    """Run what ``options`` of the command line select; return the exit code."""
    narrowed = options.plain or options.keyword
    with_plain = not (options.tags or options.oca)
    with_odoo = not (narrowed or options.oca)
    with_oca = options.oca or not (narrowed or options.tags)
    if with_odoo or with_oca:
        odoo.prepare()
        system.ensure(*PROGRAMS)
    else:
        python_env.ensure()
    coverage_table.clear()
    seconds = Seconds.read()
    first, rest = (options.tags, "") if options.tags else odoo_tags(seconds)
    aside: list[Callable[..., Result]] = [run_plain] if with_plain else []
    aside += [run_oca] if with_oca else []
    if with_plain and with_odoo and with_oca:
        aside += [play_histories, live_in_world]
    with ThreadPoolExecutor() as pool:
        # One core installs and tests the addon while the other runs the rest.
        others = pool.submit(_run_beside, options, rest if with_odoo else "", aside)
        results = [run_odoo("test", options, first)] if with_odoo else []
        more, seconds_aside = others.result()
    if with_plain and with_odoo and with_oca:
        files = sum_seconds(LOG_DIR / "odoo.jsonl")
        files |= sum_seconds(LOG_DIR / "rest.jsonl")
        Seconds(files, seconds_aside).write()
    total = sum([*results, *more], Result())
    coverage_table.show()
    for name in total.failures:
        say(f"FAILED {name}")
    say(str(total))
    return 1 if total.failed else 0


def _run_beside(
    options, tags: str, aside: list[Callable[..., Result]]
) -> tuple[list[Result], float]:
    """Run the second share of Odoo's tests and all that runs aside of them.

    :return: the results, and the seconds of what is aside
    """
    results = [run_odoo("rest", options, tags)] if tags else []
    started = time.monotonic()
    results += [run(options) for run in aside]
    return results, round(time.monotonic() - started, 1)


def _files(name: str, kind: str) -> tuple[Path, Path]:
    """Return the report and the log of a run, empty."""
    LOG_DIR.mkdir(parents=True, exist_ok=True)
    report, log = (LOG_DIR / f"{name}.{ending}" for ending in (kind, "log"))
    report.write_bytes(b"")
    log.write_bytes(b"")
    return report, log


def run_plain(options) -> Result:
    """Run the tests that need no Odoo with pytest: pyproject.toml has their folders."""
    report, log = _files("plain", "xml")
    words = ["-m", "pytest"]
    # Of a few tests it says nothing.
    if options.coverage or not options.keyword:
        words = coverage_table.measured("pytest", "plain", coverage_table.PLAIN)
    words = [python_env.python(), *words, "-q", f"--junitxml={report}"]
    words += ["-k", options.keyword] if options.keyword else []
    with step("plain Python tests"):
        with log.open("wb") as output:
            done = subprocess.run(
                list(map(str, words)),
                cwd=ROOT,
                env={**os.environ, **system.environment()},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        result = read_junit(report)
        result.judge("pytest", done.returncode, log)
        say(f"  plain Python: {result}")
    if result.failed:
        say(log.read_text(errors="replace"))
    return result


def read_junit(path: Path) -> Result:
    """Count the tests of a JUnit report, the worst status of each."""
    if not path.stat().st_size:
        return Result()
    kinds = {"skipped": "skipped", "failure": "failed", "error": "failed"}
    return Result.of(
        (f"{case.get('classname')}.{case.get('name')}", kinds.get(tag, "passed"))
        for case in ElementTree.parse(path).iter("testcase")
        for tag in ["", *(child.tag for child in case)]
    )


def run_oca(options) -> Result:
    """Run what concerns bank lines in a database with the OCA's addons."""
    tags = options.tags or oca_tags()
    return run_odoo("oca", options, tags, oca.MODULES, oca.addons_path())


def play_histories(options) -> Result:
    """Play random histories with faults, others each time: see `devtools.histories`."""
    return _play(
        "histories", command.play, "--seconds", HISTORIES_SECONDS, options=options
    )


def live_in_world(options) -> Result:
    """Live some weeks with messy customers, others each time: see `devtools.world`."""
    return _play("world", world.play, *WORLD, options=options)


def _play(name: str, play: Callable[..., int], *words, options) -> Result:
    """Play what chance makes, in words of a program; its last line says how it was."""
    _report, log = _files(name, "txt")
    with log.open("ab") as output:
        seed = command.new_seed()
        code = play(seed, *words, reuse=options.reuse, output=output)
    said = log.read_text(errors="replace")
    say(f"  {said.strip().splitlines()[-1].strip()}" if not code else said)
    status = "failed" if code else "passed"
    return Result.of([(f"{name}: {log}", status)])


def run_odoo(
    purpose: str, options, tags: str, modules: tuple[str, ...] = (), *more: str
) -> Result:
    """Install the addon in the database of a purpose; run its tests of some tags.

    :param modules: what is installed beside the addon
    :param more: more options of Odoo
    """
    database = database_name(purpose)
    template = odoo.template()
    change = ["-i", ",".join([ADDON, *modules])]
    if options.reuse and postgres.exists(database):
        change = ["-u", ADDON]
    else:
        with step(f"database {database}"):
            odoo.create_database(database, template)
    name = "odoo" if purpose == "test" else purpose
    report, log = _files(name, "jsonl")
    say(f"· Odoo tests {tags} (log: {log})")
    command = odoo.command(
        *("-d", database, *change, "--test-tags", tags, *more),
        *("--stop-after-init", "--max-cron-threads=0", "-p", str(odoo.free_port())),
        *("--screenshots", str(LOG_DIR / "screenshots"), "--logfile", str(log)),
        module=RECORDER,
    )
    if options.coverage:
        command[1:3] = coverage_table.measured(RECORDER, name)
    environment = {**os.environ, **odoo.environment(), "ODOO_TEST_REPORT": str(report)}
    # A test that only passes when it is tried again has failed.
    environment["ODOO_TEST_FAILURE_RETRIES"] = "0"
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL)
    result = read_recorded(report)
    result.judge("Odoo", done.returncode, log)
    if not result.failed:
        for tag in sorted(files_of(tags) - sum_seconds(report).keys()):
            result.add("failed", f"{tag}: tests/__init__.py does not name it")
    beside = f" beside {', '.join(modules)}" if modules else ""
    say(f"  Odoo{beside}: {result}, {time.monotonic() - started:.0f} s")
    if not options.reuse:
        odoo.drop(database)
    return result


def read_recorded(path: Path) -> Result:
    """Count the tests that ``devtools.odoo_tests`` recorded."""
    lines = path.read_text(encoding="utf-8").splitlines()
    # Each error in the log counts, whatever its name.
    return Result.of(
        (f"{item['test']} {item['detail']} ({n})" if item["detail"] else item["test"],)
        + (item["status"],)
        for n, item in enumerate(map(json.loads, lines))
    )
