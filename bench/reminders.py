"""Reminders: the first day of 100 000 overdue lines of 10 000 customers.

The plan meets the OCA's `account_credit_control`, and the messages meet core's
`send_mail_batch` with a template of the same text, at the same time on the same core.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from unittest.mock import patch

from odoo import SUPERUSER_ID, fields

from devtools.console import step
from devtools.setup import postgres

from .crashes import kill_and_repeat
from .measure import Comparison, Stopwatch
from .pair import measured, pair
from .reminder_world import LINES, Databases, reminder_world
from .world import environment

PLAN_ROUNDS, ROUNDS = 5, 3
PLAN_SECONDS, AGAIN_SECONDS = 3.0, 1.0
#: How much more the process may hold after the last slice than after the first.
GROWTH_MB = 16.0
MAILS, MAIL_SLICE = 1000, 100
#: The work is killed when so much of it is committed.
PLANNED_BEFORE_KILL, SENT_BEFORE_KILL = 4000, 400


@dataclass
class Check:
    """One figure that the addon promises by itself, and whether it keeps it."""

    what: str
    figure: str
    limit: str
    holds: bool


@dataclass
class Reminders:
    """Comparisons with others, and what was promised without any."""

    comparisons: list[Comparison]
    checks: list[Check] = field(default_factory=list)

    def holds(self) -> bool:
        """Tell if every limit is kept."""
        return all(each.holds() for each in self.comparisons) and all(
            check.holds for check in self.checks
        )

    def add_lowest(
        self, what: str, unit: str, values: list[float], limit: float
    ) -> None:
        """Note the lowest of some rounds, which other work disturbed least."""
        self.add(what, unit, min(values), limit)
        self.checks[-1].figure += f" (median {median(values):.2f})"

    def add(self, what: str, unit: str, value: float, limit: float) -> None:
        """Note a figure that must not be more than ``limit``."""
        self.checks.append(
            Check(what, f"{value:.2f} {unit}", f"≤ {limit:g} {unit}", value <= limit)
        )


def measure(prefix: str, template: str) -> Reminders:
    """Plan, send, and be killed in both, in databases made for it."""
    planned = Comparison(
        "due lines planned, OCA as core", "lines/CPU s", 25, more_is_better=True
    )
    queued = Comparison("reminders queued, core's template", "CPU ms/mail", 2)
    result = Reminders([planned, queued])
    with reminder_world(prefix, template) as databases:
        with step("plan of the first day"):
            _measure_plan(databases, result)
        with step("the same with account_credit_control"):
            _compare_plan(databases, planned)
        with step("killed while it plans"):
            result.checks.append(_kill_plan(databases.ours))
        with step("messages"):
            _compare_mails(databases.ours, queued, result)
        with step("killed while it sends"):
            result.checks.append(_kill_sending(databases.ours))
        with step("job with nothing to do"):
            _measure_idle(databases.ours, result)
    return result


# === Plan ===


def _measure_plan(databases: Databases, result: Reminders) -> None:
    first, clock, again, growth = [], [], [], []
    with pair(1) as alone:
        alone.run((_plan_few, databases.ours))
        for _round in range(PLAN_ROUNDS):
            _forget_plan(databases.ours)
            [figures] = alone.run((_plan_day, databases.ours))
            first.append(figures["cpu"])
            clock.append(figures["clock"])
            again.append(figures["again"])
            growth.append(figures["growth"])
    lines = f"{LINES:_}".replace("_", " ")
    result.add_lowest(f"{lines} due lines planned", "CPU s", first, PLAN_SECONDS)
    result.add_lowest("the same, on the clock", "s", clock, PLAN_SECONDS)
    result.add_lowest("planned again the same day", "CPU s", again, AGAIN_SECONDS)
    result.add("memory, first to last slice of a plan", "MB", max(growth), GROWTH_MB)


def _compare_plan(databases: Databases, comparison: Comparison) -> None:
    with pair() as both:
        both.run((_plan_few, databases.ours), (_control, databases.oca))
        for _round in range(ROUNDS):
            _forget_plan(databases.ours)
            ours, (seconds, lines) = both.run(
                (_plan_day, databases.ours), (_control, databases.oca)
            )
            comparison.add(lines / seconds, ours["lines"] / ours["cpu"])


def _forget_plan(database: str) -> None:
    postgres.query("TRUNCATE payment_reminder CASCADE", database=database)


def _plan_few(database: str) -> None:
    """Plan for one customer and roll back: fills the caches of the registry."""
    with environment(database) as env:
        env = env(su=True)
        line = env["account.move.line"].search(
            [("display_type", "=", "payment_term")], limit=1
        )
        measured(
            env.cr, lambda: env["payment.reminder"]._plan(env.company, line.partner_id)
        )


def _plan_day(database: str) -> dict[str, float]:
    """Plan as the job does, twice, and count what it made."""
    with environment(database) as env:
        env = env(user=SUPERUSER_ID)
        reminders = env["payment.reminder"]
        clock = []

        def plan():
            start = time.perf_counter()
            reminders._plan_all(env.company)
            clock.append(time.perf_counter() - start)

        with _memory_by_slice(env) as sizes:
            cpu = measured(env.cr, plan)
        made = env["payment.reminder.line"].search_count([("level_key", ">", 0)])
        again = Stopwatch(env.cr).run(plan)
        if env["payment.reminder.line"].search_count([("level_key", ">", 0)]) != made:
            raise RuntimeError("The second plan of the day made reminders.")
    return {
        **{"cpu": cpu, "clock": clock[0], "again": again, "lines": made},
        "growth": max(sizes) - sizes[1],
    }


def _control(database: str) -> tuple[float, int]:
    """Let the OCA's addon make its lines, and roll back.

    :return: processor seconds, and lines made
    """
    with environment(database) as env:
        env = env(su=True)
        run = env["credit.control.run"].create(
            {
                "date": fields.Date.today(),
                "policy_ids": [(6, 0, env.company.credit_policy_id.ids)],
            }
        )
        env.flush_all()
        env.invalidate_all()

        def work():
            run.generate_credit_lines()
            env.cr.flush()

        seconds = measured(env.cr, work)
        return seconds, len(run.line_ids)


# === Messages ===


def _compare_mails(database: str, comparison: Comparison, result: Reminders) -> None:
    """Send some reminders, and mails about others with core's template."""
    growth = []
    with pair() as both:
        both.run(
            (_send, database, -MAIL_SLICE, 0),
            (_send_core, database, MAILS, MAILS + 1),
        )
        for start in range(0, MAILS, MAIL_SLICE):
            stop = start + MAIL_SLICE
            (seconds, sizes), reference = both.run(
                (_send, database, start, stop),
                (_send_core, database, MAILS + start, MAILS + stop),
            )
            growth += sizes
            comparison.add(1000 * reference / MAIL_SLICE, 1000 * seconds / MAIL_SLICE)
    result.add(
        f"memory, first to last of {MAILS} messages",
        *("MB", max(growth) - growth[1], GROWTH_MB),
    )


def _chosen(env, start: int, stop: int):
    ids = env["payment.reminder"].search([], order="id").ids
    return env["payment.reminder"].browse(ids[start:stop] if stop else ids[start:])


def _send(database: str, start: int, stop: int) -> tuple[float, list[float]]:
    with environment(database) as env:
        reminders = _chosen(env(su=True), start, stop)
        with _memory_by_slice(env) as sizes:
            seconds = measured(env.cr, lambda: reminders._send(env.company))
        reminders.invalidate_recordset()
        if set(reminders.mapped("state")) != {"queued"}:
            raise RuntimeError("Some reminders were not sent.")
        return seconds, sizes


def _send_core(database: str, start: int, stop: int) -> float:
    with environment(database) as env:
        env = env(su=True)
        reminders = _chosen(env, start, stop)
        template = env["mail.template"].search([("name", "=", "Bench")])
        env.invalidate_all()

        def work():
            template.send_mail_batch(reminders.ids)
            env.cr.commit()

        return measured(env.cr, work)


def _measure_idle(database: str, result: Reminders) -> None:
    """Run the whole job again once all that was planned has left."""
    postgres.query(
        "UPDATE payment_reminder SET state = 'sent', sent_at = now() AT TIME ZONE 'UTC'"
        " WHERE state IN ('to_send', 'queued')",
        database=database,
    )
    postgres.query("VACUUM ANALYZE payment_reminder", database=database)
    with pair(1) as alone:
        seconds = [alone.run((_run_job, database))[0] for _round in range(ROUNDS)]
    result.add("whole job again, all sent", "CPU s", median(seconds[1:]), AGAIN_SECONDS)


def _run_job(database: str) -> float:
    with environment(database) as env:
        env = env(su=True)
        made = env["payment.reminder"].search_count([])
        seconds = measured(env.cr, env["payment.reminder"]._cron_run)
        if env["payment.reminder"].search_count([]) != made:
            raise RuntimeError("The job made reminders again.")
        return seconds


# === Killed ===


def _kill_plan(database: str) -> Check:
    """Kill the plan half-way, plan again, and look at every due line."""
    _forget_plan(database)
    survived = kill_and_repeat(
        (_plan_in_process, database),
        lambda: _count(database, "payment_reminder"),
        PLANNED_BEFORE_KILL,
    )
    once, none, more, held, customers = map(
        int, postgres.query(_PLANNED, database=database).split("|")
    )
    return Check(
        f"killed after {survived} reminders, planned again",
        f"{once} due lines once, {none} never, {more} twice, {held} held ones, "
        f"{customers} customers twice",
        "0, 0, 0, 0",
        once > 0 and not (none or more or held or customers),
    )


def _kill_sending(database: str) -> Check:
    """Kill the sending half-way, send again, and count what every customer gets."""
    already = _count(database, _QUEUED)
    survived = kill_and_repeat(
        (_send_in_process, database, 2 * MAILS, 3 * MAILS),
        lambda: _count(database, _QUEUED) - already,
        SENT_BEFORE_KILL,
    )
    once, none, more = map(int, postgres.query(_SENT, database=database).split("|"))
    return Check(
        f"killed after {survived} messages, sent again",
        f"{once} messages once, {none} never, {more} twice",
        "0, 0",
        once == 2 * MAILS + MAIL_SLICE and not (none or more),
    )


def _count(database: str, table: str) -> int:
    return int(postgres.query(f"SELECT count(*) FROM {table}", database=database))


def _plan_in_process(database: str) -> None:
    with environment(database) as env:
        env = env(su=True)
        env["payment.reminder"]._plan_all(env.company)


def _send_in_process(database: str, start: int, stop: int) -> None:
    """Send those that were neither measured nor core's."""
    with environment(database) as env:
        waiting = _chosen(env(su=True), start, stop)
        waiting.filtered(lambda r: r.state == "to_send")._send(env.company)


_QUEUED = "payment_reminder WHERE state = 'queued'"
# Held and excluded lines have none, whatever the plan thinks of them.
_PLANNED = """
WITH due AS (
    SELECT line.id,
           line.no_followup OR line.reminder_hold_until IS NOT NULL AS held,
           count(named.level_key) AS times
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
 LEFT JOIN payment_reminder_line named ON named.move_line_id = line.id
     WHERE line.display_type = 'payment_term'
       AND line.parent_state = 'posted'
       AND move.move_type = 'out_invoice'
  GROUP BY line.id
)
SELECT count(*) FILTER (WHERE NOT held AND times = 1),
       count(*) FILTER (WHERE NOT held AND times = 0),
       count(*) FILTER (WHERE times > 1),
       count(*) FILTER (WHERE held AND times > 0),
       (SELECT count(*) - count(DISTINCT partner_id) FROM payment_reminder)
  FROM due
"""
_SENT = """
WITH gone AS (
    SELECT (SELECT count(*) FROM mail_message message
             WHERE message.model = 'payment.reminder'
               AND message.res_id = reminder.id
               AND message.id = reminder.mail_message_id) AS messages,
           (SELECT count(*) FROM mail_mail mail
              JOIN mail_message message ON message.id = mail.mail_message_id
             WHERE message.model = 'payment.reminder'
               AND message.res_id = reminder.id) AS mails,
           (SELECT count(*) FROM payment_request_line asked
             WHERE asked.request_id = reminder.request_id) > 0 AS asks
      FROM payment_reminder reminder
     WHERE reminder.state = 'queued'
)
SELECT count(*) FILTER (WHERE messages = 1 AND mails = 1 AND asks),
       count(*) FILTER (WHERE messages = 0 OR mails = 0 OR NOT asks),
       count(*) FILTER (WHERE messages > 1 OR mails > 1)
  FROM gone
"""


# === Memory ===


@contextmanager
def _memory_by_slice(env) -> Iterator[list[float]]:
    """Yield the megabytes that this process holds whenever the job commits a slice."""
    job = env.registry["ir.cron"]
    commit = job._commit_progress
    sizes = []

    def commit_and_look(self, *args, **kwargs):
        seconds = commit(self, *args, **kwargs)
        sizes.append(_resident_megabytes())
        return seconds

    with patch.object(job, "_commit_progress", commit_and_look):
        yield sizes


def _resident_megabytes() -> float:
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
