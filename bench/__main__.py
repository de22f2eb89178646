"""Run the benchmarks: ``./dev bench [NAME …]``."""

import argparse
import os
import sys

from devtools import odoo
from devtools.console import DevError, say, step, warn
from devtools.paths import database_name

from . import bank_lines, batch, pages, posting, report, webhooks
from .world import load_odoo, world

COMPARISONS = {
    "posting": posting.measure,
    "webhooks": webhooks.measure,
    "page": pages.measure,
    "bank-lines": bank_lines.measure,
}


def main() -> int:
    """Measure, print the table, and store it after a complete run.

    :return: 0 if every ratio is within its limit
    """
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(COMPARISONS))
    names = parser.parse_args().names or list(COMPARISONS)
    if unknown := set(names) - set(COMPARISONS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    prefix = os.environ.get("BENCH_DATABASE_PREFIX") or database_name("bench")
    load_odoo()
    comparisons = []
    with world(prefix, odoo.template()) as databases:
        with step("queries of a batch of payment requests"):
            queries = batch.measure(databases)
        for name in names:
            with step(name) as details:
                comparison = COMPARISONS[name](databases)
                details.append(f"ratio {comparison.ratio():.2f}")
            comparisons.append(comparison)
    say(f"\n{report.table(comparisons)}\n\n{report.queries_table(queries)}")
    if len(names) == len(COMPARISONS):
        report.write(comparisons, queries)
        say(f"\nStored in {report.RESULTS.relative_to(report.ROOT)}.")
    return 0 if all(comparison.holds() for comparison in comparisons) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DevError as error:
        warn(f"\n{error}")
        sys.exit(1)
