"""The figures as a table: on the terminal and in ``bench/results.md``."""

import json
import os
import platform
import textwrap
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timezone
from statistics import median

from devtools.console import say
from devtools.paths import CHECKOUT_DIR, ROOT
from devtools.setup import odoo_source, postgres

from . import bank_lines, reminder_world, reminders
from .bank_lines import BankLines
from .label_maker import MIX
from .load import CLIENTS
from .measure import Comparison
from .multiplied import SEED_CUSTOMERS, SEEDS
from .reminders import Reminders
from .scoring import Scores
from .text_table import markdown

RESULTS = ROOT / "bench" / "results.md"
STORE = CHECKOUT_DIR / "bench.json"
HEAD = ("work", "unit", "core", "addon", "ratio", "range", "limit", "rounds", "")
INTRODUCTION = """\
# Benchmarks

Made by `./dev bench`; each line compares the addon with Odoo alone, round by round in
the same run. *Core* and *addon* are medians, *ratio* is the median of the rounds'
ratios and *range* their lowest and highest: the wider, the busier the machine was.
"""
QUERIES = """\
Queries that make payment requests in one call (the ORM inserts and updates a hundred
records a statement: four for each hundred requests):
"""
BANK_LINES = """\
Bank lines made, matched and reconciled, side by side; *sure* are the lines whose label
says enough, *wrong* those reconciled with what they do not pay or without being sure:
"""
LABELS = """\
Labels written by hand ([labels](labels)), each judged by itself; *sure* are those that
an accountant would book without asking, *trap* those that hold something which only
looks like evidence. Precision is the share of what was booked that is right, recall the
share of the sure ones that was booked, *suggested* how many of the others come with the
right suggestion:
"""
REMINDERS = """\
Reminders, what has no counterpart: on the first day, when everything is overdue, and
when the process is killed with SIGKILL:
"""
NOTES = """\
- Invoices posted: `action_post` of one thousand drafts in one call, in two databases
  that differ by the addon alone: at the same time on the same core, since a busy
  machine changes speed by more than what is measured. CPU seconds of Odoo and of its
  database connection.
- Webhooks: different signed notifications, each stored, against a route that answers
  at once, in the same threaded server, from {clients} clients at a time in another
  process; scheduled jobs are off.
- Pay page: the page of one invoice against core's portal page of that invoice with
  its access token, warm, where it can be paid too (core's demo provider), without the
  addon.
- Bank lines: {lines} lines in slices of {slice}, each slice committed. Core is told
  what each line pays, creates the lines and gives all pairs of a slice to one
  reconciliation plan. The invoices were posted by Odoo and multiplied by the database,
  customers with them. All four worlds get the same lines, at the same time on the same
  core; the row *{large} over {small}* has the smaller world in the column of core.
  `account_reconcile_oca` gets the first {oca} of these lines.
- Their labels are random, as French, Belgian and German banks write and mangle them,
  with these kinds of evidence or of its lack in a hundred:
  {mix}.
- Labels: with the plain rules alone, and by bank lines created in an Odoo with these
  customers, invoices and transfers.
- Reminders planned: {due} open due lines of {customers} customers, posted by Odoo and
  multiplied by the database, overdue since up to {days} days, one in ten since a year
  more; one line in a hundred is held, one excluded, one customer in {credits} has a
  credit. Planned as the job does, in slices with a commit each; the lowest of five
  rounds, and their median, are shown. In the column of core is
  `account_credit_control`: {credit_control} such lines with its ready-made policy,
  in a database without the addon, at the same time on the same core; lines made a
  second are compared.
- Reminders queued: as the job does (each due line is checked again, texts for mail, SMS
  and phone, a payment request for the lines, then the mail), {mails} of them, each with
  a table of ten invoices, against mails about as many others by core's
  `send_mail_batch`, with a template of the same text and table in core's light layout,
  in the same database, at the same time on the same core.
- Killed: counted by the database from the due lines, whatever the plan says of them.
"""


class Results:
    """What was measured: the latest figures of each benchmark, kept between runs."""

    def __init__(self, names: Iterable[str]):
        self.names = tuple(names)
        self.parts = {}
        with suppress(FileNotFoundError):
            self.parts = json.loads(STORE.read_text())

    def add(
        self,
        name: str,
        comparisons: Iterable[Comparison] = (),
        tables: Iterable[tuple[str, list]] = (),
    ) -> None:
        """Keep the figures of one benchmark, and print them.

        :param tables: captions, and rows with their head
        """
        self.parts[name] = {
            "rows": [_row(comparison) for comparison in comparisons],
            "tables": [(caption, markdown(rows)) for caption, rows in tables],
            "where": _machine(),
        }
        STORE.write_text(json.dumps(self.parts))
        say(f"\n{self._tables([name])}\n")

    def write(self) -> None:
        """Store the latest figures of all benchmarks that were ever run here."""
        measured = [name for name in self.names if name in self.parts]
        notes = NOTES.format(
            clients=CLIENTS,
            lines=_number(bank_lines.LINES),
            slice=bank_lines.SLICE,
            oca=bank_lines.OCA_LINES,
            small=_number(bank_lines.SMALL),
            large=_number(bank_lines.LARGE),
            due=_number(reminder_world.LINES),
            customers=_number(reminder_world.LINES * SEED_CUSTOMERS // SEEDS),
            days=len(reminder_world.DUE_DAYS),
            credits=reminder_world.CREDITS_EACH,
            credit_control=_number(reminder_world.OCA_LINES),
            mails=_number(reminders.MAILS),
            mix=textwrap.fill(
                ", ".join(f"{kind} {share}" for kind, share in MIX.items()),
                width=86,
                subsequent_indent="  ",
            ).replace("_", " "),
        )
        where = [
            f"- {name}: {self.parts[name]['where'] if name in measured else 'not run'}"
            for name in self.names
        ]
        versions = (
            f"- Odoo {odoo_source.version()}, Python {platform.python_version()}, "
            f"PostgreSQL {postgres.query('SHOW server_version').split()[0]}"
        )
        sections = [INTRODUCTION, self._tables(measured)]
        sections += ["## What is measured\n", notes, "## Where and when\n"]
        RESULTS.write_text("\n".join([*sections, *where, versions, ""]))

    def _tables(self, names: Iterable[str]) -> str:
        parts = [self.parts[name] for name in names]
        texts = []
        if rows := [tuple(row) for part in parts for row in part["rows"]]:
            texts += [markdown([HEAD, *rows]), ""]
        for part in parts:
            for caption, table in part["tables"]:
                texts += [caption, table, ""]
        return "\n".join(texts)


def queries_table(queries: dict[int, int]) -> tuple[str, list]:
    """Return the caption and the rows of the query counts."""
    rows = [(str(size), str(count)) for size, count in queries.items()]
    return QUERIES, [("requests", "queries"), *rows]


def checks_table(result: Reminders) -> tuple[str, list]:
    """Return the caption and the rows of what the reminders promise by themselves."""
    rows = [
        (check.what, check.figure, check.limit, "ok" if check.holds else "missed")
        for check in result.checks
    ]
    return REMINDERS, [("reminders", "figure", "limit", ""), *rows]


def shares_table(result: BankLines) -> tuple[str, list]:
    """Return the caption and the rows of what became of the bank lines."""
    rows = [
        (
            *("engine", "open invoices", "lines", "CPU ms/line"),
            *("sure", "matched", "wrong", "suggested"),
        )
    ]
    for share in result.shares:
        count = share.counts
        told = share.engine == "core"
        rows.append(
            (
                "core, told the pairs" if told else share.engine,
                _number(share.invoices),
                _number(share.lines),
                _figure(median(share.milliseconds)),
                str(count["sure"]),
                f"{100 * count['matched'] / count['sure']:.1f} %",
                str(count["wrong"]),
                "–" if told else f"{count['suggested']} of {count['to suggest']}",
            )
        )
    return BANK_LINES, rows


def labels_tables(scores: dict[str, Scores]) -> list[tuple[str, list]]:
    """Return captions and rows of precision and recall, by who judged the labels."""
    return [
        (f"{LABELS}\n{engine}:\n" if first else f"{engine}:\n", each.rows())
        for first, (engine, each) in zip((True, False), scores.items(), strict=True)
    ]


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _row(comparison: Comparison) -> tuple[str, ...]:
    ratios = comparison.ratios()
    return (
        comparison.name,
        comparison.unit,
        _figure(median(comparison.reference)),
        _figure(median(comparison.ours)),
        f"{comparison.ratio():.2f}",
        f"{min(ratios):.2f}–{max(ratios):.2f}",
        f"{'≥' if comparison.more_is_better else '≤'} {comparison.limit:.2f}",
        str(len(ratios)),
        "ok" if comparison.holds() else "missed",
    )


def _figure(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def _machine() -> str:
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d}, {os.cpu_count()} cores "
        f"({platform.machine()}), load average {os.getloadavg()[1]:.1f}"
    )
