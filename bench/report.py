"""The figures as a table: on the terminal and in ``bench/results.md``."""

import os
import platform
from datetime import datetime, timezone
from statistics import median

from devtools import odoo_source, postgres
from devtools.paths import ROOT

from .load import CLIENTS
from .measure import Comparison

RESULTS = ROOT / "bench" / "results.md"
HEAD = ("work", "unit", "core", "addon", "ratio", "range", "limit", "rounds", "")
INTRODUCTION = """\
# Benchmarks

Made by `./dev bench`; each line compares the addon with Odoo alone, round by round in
the same run. *Core* and *addon* are medians, *ratio* is the median of the rounds'
ratios and *range* their lowest and highest: the wider, the busier the machine was.
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
- Bank lines: created with labels that carry a reference, and reconciled, against core
  that creates the same lines and is given the pairs for one reconciliation plan.
  Measured like the invoices.
"""


def table(comparisons: list[Comparison]) -> str:
    """Return the comparisons as a Markdown table."""
    return _markdown([HEAD, *map(_row, comparisons)])


def queries_table(queries: dict[int, int]) -> str:
    """Return the query counts as a Markdown table."""
    rows = [(str(size), str(count)) for size, count in queries.items()]
    return _markdown([("requests", "queries"), *rows])


def _markdown(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, tuple("-" * width for width in widths))
    return "\n".join(f"| {' | '.join(map(str.ljust, row, widths))} |" for row in rows)


def write(comparisons: list[Comparison], queries: dict[int, int]) -> None:
    """Store the figures with the machine and the versions they were taken on."""
    RESULTS.write_text(
        "\n".join(
            [
                INTRODUCTION,
                table(comparisons),
                "",
                "Queries that make payment requests in one call:",
                "",
                queries_table(queries),
                "",
                "The ORM inserts and updates a hundred records a statement: four for "
                "each hundred requests.",
                "",
                "## What is measured",
                "",
                NOTES.format(clients=CLIENTS),
                "## Where",
                "",
                *_machine(),
                "",
            ]
        )
    )


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


def _machine() -> list[str]:
    load = os.getloadavg()[1]
    return [
        f"- {datetime.now(timezone.utc):%Y-%m-%d}, {os.cpu_count()} cores "
        f"({platform.machine()}), load average {load:.1f} during the run",
        f"- Odoo {odoo_source.version()}, Python {platform.python_version()}, "
        f"PostgreSQL {postgres.query('SHOW server_version').split()[0]}",
    ]
