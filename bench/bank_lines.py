"""Bank lines among very many open invoices.

The same lines meet 20 000 and 200 000 open invoices, at the same time on the same core:
with the addon, and in Odoo alone, which is told what each line pays. They come in
slices, as a bank feed brings them, each slice committed.
"""

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from odoo import fields

from bridge import reference
from devtools import odoo as dev
from devtools.console import step
from devtools.paths import ADDON
from devtools.setup import oca, postgres

from .label_maker import Case, Due, cases
from .measure import Comparison
from .multiplied import multiply, post_seeds
from .pair import measured, pair
from .world import bank_journal, close, environment, install, make_french

SMALL, LARGE = 20_000, 200_000
LINES, SLICE = 2000, 200
OCA_LINES = 200
WARM_UP = 20
SEED = 19


@dataclass
class Shares:
    """What became of the lines of one engine.

    :ivar sure: lines whose label says enough; ``matched`` of them were reconciled
    :ivar open: the other lines; ``suggested`` of them have a right suggestion
    :ivar wrong: lines reconciled with what they do not pay, or without being sure
    """

    engine: str
    invoices: int
    milliseconds: list[float] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many lines were made."""
        return self.counts["sure"] + self.counts["open"]


@dataclass
class BankLines:
    """Comparisons with Odoo alone, and what became of the lines."""

    comparisons: list[Comparison]
    shares: list[Shares]

    def holds(self) -> bool:
        """Tell if we are fast enough, and dealt rightly with all lines."""
        return not self.failures() and all(each.holds() for each in self.comparisons)

    def failures(self) -> list[str]:
        """Return the lines that the addon did not deal with rightly."""
        return [
            f"{share.engine}, {share.invoices} invoices: {failure}"
            for share in self.shares
            if share.engine == "addon"
            for failure in share.failures
        ]


def measure(prefix: str, template: str) -> BankLines:
    """Make the worlds, bring the lines to all of them, and look what they paid."""
    with _worlds(prefix, template) as (folder, databases):
        path = folder / "cases.json"
        with environment(databases["addon", SMALL]) as env:
            _write_cases(env, path)
        close(databases["addon", SMALL])
        result = _compare(databases, path)
        with step(f"{OCA_LINES} lines with account_reconcile_oca"):
            share = Shares("account_reconcile_oca", SMALL)
            result.shares.append(share)
            with pair(1) as alone:
                name = databases["oca", SMALL]
                alone.run((_by_create, name, path, 0, WARM_UP, False))
                _note(share, alone.run((_by_create, name, path, 0, OCA_LINES)))
            _judge(share, databases["oca", SMALL], path)
    return result


def _compare(databases: dict, path: Path) -> BankLines:
    sides = [(engine, size) for size in (SMALL, LARGE) for engine in ("core", "addon")]
    works = {"core": _known_pairs, "addon": _by_create}
    shares = {side: Shares(*side) for side in sides}
    with pair(len(sides)) as all_sides, step(f"{LINES} lines, four at once"):

        def bring(start: int, stop: int, keep: bool) -> list:
            return all_sides.run(
                *(
                    (works[side[0]], databases[side], path, start, stop, keep)
                    for side in sides
                )
            )

        bring(0, WARM_UP, False)
        for start in range(0, LINES, SLICE):
            answers = bring(start, start + SLICE, True)
            for side, answer in zip(sides, answers, strict=True):
                _note(shares[side], [answer])
    with step("what they paid"):
        for side in sides:
            _judge(shares[side], databases[side], path)
    return BankLines(_comparisons(shares), list(shares.values()))


def _comparisons(shares: dict) -> list[Comparison]:
    def compare(what: str, limit: float, floor: tuple, ours: tuple) -> Comparison:
        return Comparison(
            f"bank lines, {what}".replace("_", " "),
            "CPU ms/line",
            limit,
            reference=shares[floor].milliseconds,
            ours=shares[ours].milliseconds,
        )

    return [
        *(
            compare(f"{size:_} open invoices", 1.15, ("core", size), ("addon", size))
            for size in (SMALL, LARGE)
        ),
        compare(f"{LARGE:_} over {SMALL:_}", 1.10, ("addon", SMALL), ("addon", LARGE)),
    ]


def _note(share: Shares, answers: list) -> None:
    for seconds, count in answers:
        share.milliseconds.append(1000 * seconds / count)


# === Worlds ===


@contextmanager
def _worlds(prefix: str, template: str) -> Iterator[tuple[Path, dict]]:
    """Yield a folder, and the databases by engine and number of open invoices."""
    codes = reference.make_many(LARGE)
    modules = {"core": "", "addon": ADDON, "oca": oca.MODULES[0]}
    databases = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for engine, module in modules.items():
                sizes = (SMALL,) if engine == "oca" else (SMALL, LARGE)
                with step(f"open invoices, {engine}"):
                    for size in sizes:
                        databases[engine, size] = f"{prefix}_{engine}_{size}"
                    names = [databases[engine, size] for size in sizes]
                    _make_seeds(names[0], template, module)
                    for name in names[1:]:
                        dev.drop(name)
                        _copy(names[0], name)
                    for size, name in zip(sizes, names, strict=True):
                        with environment(name) as env:
                            multiply(env(su=True), size, codes)
                            env.cr.commit()
                        close(name)
                        postgres.query("VACUUM ANALYZE", database=name)
            yield Path(folder), databases
        finally:
            for name in databases.values():
                close(name)
                dev.drop(name)


def _make_seeds(name: str, template: str, module: str) -> None:
    dev.drop(name)
    dev.create_database(name, template)
    if module:
        install(name, module)
    with environment(name) as env:
        env = env(su=True)
        make_french(env)
        if "payment_request_policy" in env.company._fields:
            env.company.payment_request_policy = "posting"
        post_seeds(env)
        env.cr.commit()
    close(name)


def _copy(source: str, target: str) -> None:
    postgres.copy(source, target)
    files = dev.DATA_DIR / "filestore"
    if (files / source).is_dir():
        shutil.copytree(files / source, files / target)


def _write_cases(env, path: Path) -> None:
    """Store the lines to bring, made for customers whose names were multiplied."""
    env.cr.execute(
        """
        SELECT m.commercial_partner_id, m.name, m.amount_residual, p.name,
               b.sanitized_acc_number, m.payment_reference, r.reference
          FROM account_move m
          JOIN res_partner p ON p.id = m.commercial_partner_id
          JOIN res_partner_bank b ON b.partner_id = p.id
          JOIN payment_request r ON r.move_id = m.id
         WHERE m.move_type = 'out_invoice' AND m.state = 'posted'
           AND p.name NOT LIKE 'Seed %'
      ORDER BY m.commercial_partner_id, m.id
        """
    )
    customers = defaultdict(list)
    for partner, number, amount, name, iban, text, code in env.cr.fetchall():
        dues = customers[partner]
        structured = "" if text == number else text
        dues.append(Due(number, round(amount * 100), name, iban, structured, code))
    # Two lines for each customer, which pay different invoices.
    halves = [dues[half::2] for half in (0, 1) for dues in customers.values()]
    made = cases(LINES, halves, SEED)
    if len(made) < LINES:
        raise RuntimeError(f"Only {len(made)} lines instead of {LINES}.")
    path.write_text(json.dumps([asdict(case) for case in made]))


def _read_cases(path: Path) -> list[Case]:
    return [Case(**values) for values in json.loads(path.read_text())]


# === The work, in the process of each side ===


def _line_values(env, case: Case, journal) -> dict:
    return {
        "journal_id": journal.id,
        "date": fields.Date.today(),
        "amount": case.cents / 100,
        "payment_ref": case.label,
        "partner_name": case.name or False,
        "account_number": case.iban or False,
        "transaction_details": (
            {"end_to_end_id": case.end_to_end} if case.end_to_end else False
        ),
    }


def _slice(env, path: Path, start: int, stop: int) -> tuple[list[Case], list[dict]]:
    journal = bank_journal(env)
    chosen = _read_cases(path)[start:stop]
    return chosen, [_line_values(env, case, journal) for case in chosen]


def _by_create(
    database: str, path: Path, start: int, stop: int, keep: bool = True
) -> tuple[float, int]:
    """Create lines that find by themselves what they pay."""
    with environment(database) as env:
        env = env(su=True)
        _cases, values = _slice(env, path, start, stop)

        def work():
            env["account.bank.statement.line"].create(values)
            _finish(env, keep)

        env.invalidate_all()
        return measured(env.cr, work), len(values)


def _known_pairs(
    database: str, path: Path, start: int, stop: int, keep: bool = True
) -> tuple[float, int]:
    """Odoo alone: create the lines, then one plan of the pairs, which it is told."""
    with environment(database) as env:
        env = env(su=True)
        chosen, values = _slice(env, path, start, stop)
        numbers = [number for case in chosen if case.sure for number in case.pays]
        found = env["account.move"].search([("name", "in", numbers)])
        moves = {move.name: move.id for move in found}
        env.invalidate_all()

        def work():
            lines = env["account.bank.statement.line"].create(values)
            plan = []
            for line, case in zip(lines, chosen, strict=True):
                if not case.sure:
                    continue
                paid = env["account.move"].browse([moves[name] for name in case.pays])
                dues = paid.line_ids.filtered(
                    lambda entry: entry.display_type == "payment_term"
                )
                _liquidity, suspense, _other = line._seek_for_lines()
                suspense.write(
                    {
                        "account_id": dues.account_id.id,
                        "partner_id": paid.commercial_partner_id.id,
                    }
                )
                plan.append(suspense + dues)
            env["account.move.line"]._reconcile_plan(plan)
            _finish(env, keep)

        return measured(env.cr, work), len(values)


def _finish(env, keep: bool) -> None:
    if keep:
        env.cr.commit()
    else:
        env.cr.flush()


# === What they paid ===


def _judge(share: Shares, database: str, path: Path) -> None:
    """Compare what the lines paid with what they should have paid."""
    with environment(database) as env:
        env = env(su=True)
        paid = _paid_by_line(env)
        suggested = _suggested_by_line(env)
    close(database)
    for case, (line, numbers) in zip(_read_cases(path), paid.items(), strict=False):
        share.counts["sure" if case.sure else "open"] += 1
        if numbers == set(case.pays) and case.sure:
            share.counts["matched"] += 1
        elif numbers:
            share.counts["wrong"] += 1
            share.failures.append(f"WRONG {case} paid {sorted(numbers)}")
        elif case.sure:
            share.failures.append(f"missed {case}")
        elif case.pays:
            share.counts["to suggest"] += 1
            share.counts["suggested"] += set(case.pays) in suggested.get(line, ())


def _paid_by_line(env) -> dict[int, set[str]]:
    """Return the invoices that each bank line is reconciled with, lines in order."""
    env.cr.execute(
        """
        WITH partial AS (
            SELECT debit_move_id AS entry, credit_move_id AS other
              FROM account_partial_reconcile
             UNION ALL
            SELECT credit_move_id, debit_move_id FROM account_partial_reconcile
        )
        SELECT line.id,
               coalesce(array_agg(other.move_name) FILTER (WHERE other.id > 0), '{}')
          FROM account_bank_statement_line line
          JOIN account_move_line entry ON entry.move_id = line.move_id
     LEFT JOIN partial ON partial.entry = entry.id
     LEFT JOIN account_move_line other ON other.id = partial.other
      GROUP BY line.id
      ORDER BY line.id
        """
    )
    return {line: set(numbers) for line, numbers in env.cr.fetchall()}


def _suggested_by_line(env) -> dict[int, list[set[str]]]:
    """Return what is suggested to a person for each line, if the engine does that."""
    suggested = defaultdict(list)
    if "bank.match.suggestion" in env:
        for suggestion in env["bank.match.suggestion"].search([]):
            numbers = set(suggestion.entry_ids.mapped("move_name"))
            suggested[suggestion.line_id.id].append(numbers)
    return suggested
