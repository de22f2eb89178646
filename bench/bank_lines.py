"""Bank lines that find what they pay, against pairs that are known beforehand."""

from contextlib import contextmanager

from odoo import fields

from .measure import Comparison, rounds
from .pair import measured, pair
from .world import World, drafts, environment

LINES = 100
ROUNDS, SECONDS = 4, 50


def measure(world: World) -> Comparison:
    """Create and reconcile the same bank lines in both databases at once."""
    comparison = Comparison(f"{LINES} bank lines reconciled", "CPU s", limit=1.15)
    for database in (world.without, world.with_addon):
        with environment(database) as env:
            drafts(env, LINES).action_post()
            env.cr.commit()
    with pair() as both:
        sides = (_known_pairs, world.without), (_by_reference, world.with_addon)
        both.run(*sides)
        for _round in rounds(ROUNDS, SECONDS):
            comparison.add(*both.run(*sides))
    return comparison


@contextmanager
def _importer(database: str):
    """Yield the environment of an import: nobody may create bank lines by hand."""
    with environment(database) as env:
        yield env(su=True)


def _posted(env):
    return env["account.move"].search(
        [("state", "=", "posted"), ("move_type", "=", "out_invoice")],
        order="id",
        limit=LINES,
    )


def _line_values(env, moves, labels) -> list[dict]:
    journal = env["account.journal"].search(
        [("type", "=", "bank"), ("company_id", "=", env.company.id)], limit=1
    )
    return [
        {
            "journal_id": journal.id,
            "date": fields.Date.today(),
            "amount": move.amount_residual,
            "payment_ref": label,
        }
        for move, label in zip(moves, labels, strict=True)
    ]


def _known_pairs(database: str) -> float:
    """Core alone: create the lines, then one plan of pairs given to it."""
    with _importer(database) as env:
        moves = _posted(env)
        values = _line_values(env, moves, [f"VIR SEPA {move.name}" for move in moves])

        def work():
            lines = env["account.bank.statement.line"].create(values)
            plan = []
            for line, move in zip(lines, moves, strict=True):
                _liquidity, suspense, _other = line._seek_for_lines()
                due = move.line_ids.filtered(
                    lambda entry: entry.display_type == "payment_term"
                )
                suspense.write(
                    {
                        "account_id": due.account_id.id,
                        "partner_id": move.commercial_partner_id.id,
                    }
                )
                plan.append(suspense + due)
            env["account.move.line"]._reconcile_plan(plan)
            env.cr.flush()

        return _checked(env, moves, work)


def _by_reference(database: str) -> float:
    """The addon: create the lines, whose labels say what they pay."""
    with _importer(database) as env:
        moves = _posted(env)
        codes = moves.sudo().payment_request_id.mapped("reference")
        values = _line_values(env, moves, [f"VIR SEPA {code} MERCI" for code in codes])

        def work():
            env["account.bank.statement.line"].create(values)
            env.cr.flush()

        return _checked(env, moves, work)


def _checked(env, moves, work) -> float:
    env.cr.flush()
    env.invalidate_all()
    seconds = measured(env.cr, work)
    if any(moves.mapped("amount_residual")):
        raise RuntimeError("Some invoices were not paid by their bank line.")
    return seconds
