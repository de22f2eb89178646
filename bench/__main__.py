"""Run the benchmarks: ``./dev bench [NAME …]``."""

import argparse
import sys

from devtools import odoo
from devtools.console import DevError, say, step, warn
from devtools.paths import ROOT, database_name
from devtools.setup import oca

from . import (
    bank_lines,
    batch,
    match_odoo,
    match_rules,
    pages,
    posting,
    reminders,
    report,
    webhooks,
)
from .world import load_odoo, world

COMPARISONS = {
    "posting": posting.measure,
    "webhooks": webhooks.measure,
    "page": pages.measure,
}
NAMES = (*COMPARISONS, "bank-lines", "labels", "reminders")


def main() -> int:
    """Measure, print the tables, and store them with those of other runs.

    :return: 0 if every ratio is within its limit and nothing was matched wrongly
    """
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    names = parser.parse_args().names or NAMES
    if unknown := set(names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    prefix = database_name("bench")
    if {"bank-lines", "reminders"} & set(names):
        oca.ensure()
    load_odoo()
    template, results, fine = odoo.template(), report.Results(NAMES), True
    if "labels" in names:
        fine &= _labels(prefix, template, results)
    if chosen := [name for name in COMPARISONS if name in names]:
        fine &= _compare(chosen, prefix, template, results)
    if "bank-lines" in names:
        fine &= _bank_lines(prefix, template, results)
    if "reminders" in names:
        fine &= _reminders(prefix, template, results)
    results.write()
    say(f"Stored in {report.RESULTS.relative_to(ROOT)}.")
    return 0 if fine else 1


def _compare(names: list[str], prefix: str, template: str, results) -> bool:
    fine = True
    with world(prefix, template) as databases:
        for name in names:
            tables = []
            if name == "posting":
                with step("queries of a batch of payment requests"):
                    tables = [report.queries_table(batch.measure(databases))]
            with step(name):
                comparison = COMPARISONS[name](databases)
            results.add(name, [comparison], tables)
            fine &= comparison.holds()
    return fine


def _bank_lines(prefix: str, template: str, results) -> bool:
    result = bank_lines.measure(prefix, template)
    for failure in result.failures():
        say(failure)
    results.add("bank-lines", result.comparisons, [report.shares_table(result)])
    return result.holds()


def _reminders(prefix: str, template: str, results) -> bool:
    result = reminders.measure(prefix, template)
    results.add("reminders", result.comparisons, [report.checks_table(result)])
    return result.holds()


def _labels(prefix: str, template: str, results) -> bool:
    scores = {
        "Plain rules": match_rules.measure(),
        "Bank lines in Odoo": match_odoo.measure(prefix, template),
    }
    for each in scores.values():
        for failure in each.failures:
            say(failure)
    results.add("labels", tables=report.labels_tables(scores))
    return not any(each.total()["wrong"] for each in scores.values())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DevError as error:
        warn(f"\n{error}")
        sys.exit(1)
