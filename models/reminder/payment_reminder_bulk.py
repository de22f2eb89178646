"""Prepares, sends and prints many reminders from a screen, a slice a request, beside a
bar that says how far it got and can be stopped: the screen can be used meanwhile. What
is left when it is closed leaves with the next run.
"""

import logging
from dataclasses import dataclass
from operator import methodcaller

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..batch import cut, together_or_each
from ..text import labelled
from .payment_reminder import RELEASABLE

_logger = logging.getLogger(__name__)

#: What may be sent today; letters and calls are for users.
WAITING = ("to_confirm", "to_send")


@dataclass(frozen=True)
class Job:
    """What is done slice by slice.

    :ivar step: method
    :ivar size: reminders a request
    """

    step: str
    size: int


#: A letter takes seconds; what is prepared costs the same queries for one as for many.
JOBS = {
    "prepare": Job("_prepare_slice", 200),
    "send": Job("_send_slice", 50),
    "print": Job("_print_letters", 10),
}


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    # === Buttons ===

    def action_plan_today(self):
        """Make today's reminders and their texts, to be looked at; none is sent."""
        self.browse().check_access("write")
        for company in self.env.companies:
            self.sudo().with_company(company)._plan(company)
        waiting = self.search(
            Domain("company_id", "in", self.env.companies.ids)
            & Domain("state", "in", WAITING),
            order="level_days desc, id",
        )
        return self._continue("prepare", waiting.ids)

    def _prepare_slice(self):
        """Bring those that wait up to date, without what was paid in the meantime."""
        waiting = self.filtered(lambda r: r.state in WAITING)
        waiting._without_tracking()._bring_up_to_date()

    def action_send_or_ask(self):
        """Send these reminders now or, if it is outside of the hours of one of them,
        ask whether they leave all the same.

        :rtype: dict
        :raises UserError: if none of them can leave
        """
        self.check_access("write")
        waiting = self.filtered(lambda r: r.state in RELEASABLE)
        if waiting.sudo()._get_openings():
            return self.env["payment.reminder.send"]._open_on(waiting)
        return self.action_send_many()

    def action_send_many(self):
        """Send these reminders now, with a bar that says how far it got.

        :raises UserError: if none of them can leave
        """
        return self._continue("send", self._release_manually().ids)

    def action_send_all(self):
        """Say what would leave, except what users have to confirm one by one, and ask.

        :rtype: dict
        """
        self.browse().check_access("write")
        waiting = self.search(
            Domain("company_id", "in", self.env.companies.ids)
            & Domain("state", "=", "to_send"),
            order="level_days desc, id",
        )
        if not waiting:
            raise UserError(
                self.env._("Nothing waits. What is to be confirmed is sent by hand.")
            )
        return self.env["payment.reminder.send"]._open_on(waiting)

    def action_open_customer(self):
        """Open the customer's page: what is due, its escalation and its history."""
        self.ensure_one()
        return self.partner_id._get_reminder_customer_action(self.company_id)

    def action_open_request(self):
        """Open the payment request of the reminder."""
        self.ensure_one()
        return self.request_id.get_formview_action()

    # === Slices ===

    @api.model
    def action_continue(self):
        """Take the next slice of the work that the context names.

        :return: how far it got, with what calls this again, or the last notice
        :rtype: dict
        """
        job, ids, done_ids = self._read_work()
        # One slice a request: the browser asks for the next, and can stop.
        chunk = next(cut(ids, JOBS[job].size), [])
        rest = ids[len(chunk) :]
        reminders = self.browse(chunk).exists()
        reminders.check_access("write")
        reminders.sudo()._do_slice(JOBS[job].step)
        return self._continue(job, rest, done_ids + chunk)

    @api.model
    def action_stop(self):
        """Leave the rest of the work that the context names: what was about to be sent
        waits as it did before.

        :return: the last notice
        :rtype: dict
        """
        job, ids, done_ids = self._read_work()
        rest = self.browse(ids).exists()
        rest.check_access("write")
        if job == "send":
            rest.sudo()._take_back()
        return self._finish(job, done_ids)

    def _take_back(self):
        """Let reminders that a person released wait again."""
        waiting = self.filtered(lambda r: r.state == "to_send")._without_tracking()
        waiting.manual = False
        waiting.filtered(lambda r: r._needs_confirmation()).state = "to_confirm"

    @api.model
    def _read_work(self):
        """Return the job, and which reminders are left to do and done, by the context.

        :rtype: tuple[str, list[int], list[int]]
        :raises UserError: if it names no work
        """
        self.browse().check_access("write")
        job = self.env.context.get("reminder_job")
        if job not in JOBS:
            raise UserError(self.env._("There is nothing to go on with."))
        ids, done_ids = (
            list(self.env.context.get(name) or ())
            for name in ("reminder_ids", "reminder_done_ids")
        )
        return job, ids, done_ids

    def _do_slice(self, step):
        """Take a step for these reminders together or, if that fails, for each alone:
        one customer must not hold up the others.

        :param str step: method
        """

        def fail(reminder, error):
            _logger.error("%s failed for %s", step, reminder, exc_info=error)
            reminder._mark_failed_by(error)

        together_or_each(self.env, self, methodcaller(step), fail)

    def _continue(self, job, ids, done_ids=()):
        """Return how far the work got: the client shows it, and goes on.

        :param str job: one of `JOBS`
        :param list[int] ids: reminders left to do
        :param list[int] done_ids: those done
        :rtype: dict
        """
        total = len(ids) + len(done_ids)
        if not ids:
            return self._finish(job, done_ids)
        done = {"done": len(done_ids), "total": total}
        if job == "prepare":
            progress = self.env._("%(done)s of %(total)s prepared…", **done)
        elif job == "send":
            progress = self.env._("%(done)s of %(total)s sent…", **done)
        else:
            progress = self.env._("%(done)s of %(total)s printed…", **done)
        return {
            "type": "ir.actions.client",
            "tag": "payment_reminder_work",
            "params": {
                # Too short to show its progress.
                "text": progress if total > JOBS[job].size else "",
                **done,
                "context": {
                    "reminder_job": job,
                    "reminder_ids": list(ids),
                    "reminder_done_ids": list(done_ids),
                },
            },
        }

    def _finish(self, job, done_ids):
        """Return the notice of what became of the reminders that were done."""
        return self._notify(
            self._describe_done(job, done_ids),
            self.browse(done_ids)._get_last_action(job),
            kind="success" if done_ids else "info",
        )

    def _get_last_action(self, job):
        """Return what the client does when all of these are done.

        :rtype: dict
        """
        letters = self.exists().filtered(lambda r: r.state == "to_post")
        if job == "print" and letters:
            return letters._get_print_action()
        return {"type": "ir.actions.act_window_close"}

    def _notify(self, message, next_action, kind="info"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": next_action},
        }

    def _describe_done(self, job, done_ids):
        """Return where the reminders are now, in a sentence.

        :rtype: str
        """
        if not done_ids:
            return self.env._("Nothing new is to be reminded today.")
        groups = self._read_group([("id", "in", done_ids)], ["state"], ["__count"])
        labels = dict(self._fields["state"]._description_selection(self.env))
        counts = ", ".join(
            labelled(self.env, labels[state], count) for state, count in groups
        )
        if job == "prepare":
            return self.env._("Prepared. %s", counts)
        return self.env._("Done. %s", counts)
