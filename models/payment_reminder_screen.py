"""Prepares and sends many reminders from a screen, a slice a request, and says how far
it got: whatever is left when the screen is closed leaves with the next run."""

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

SLICE = 50
#: What leaves by itself or at a press of a button; letters and calls are a person's.
WAITING = ("to_confirm", "to_send")
TO_LEAVE = (*WAITING, "failed")


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    # === Buttons ===

    def action_plan_today(self):
        """Make the reminders of today and their texts, to be looked at; none leaves."""
        self.browse().check_access("write")
        stale = Domain.FALSE
        for company in self.env.companies:
            self.sudo().with_company(company)._plan(company)
            other_day = Domain("prepared_on", "!=", company._get_payment_today())
            stale |= Domain("company_id", "=", company.id) & other_day
        waiting = self.search(
            stale & Domain("state", "in", WAITING), order="level_days desc, id"
        )
        return self._continue("prepare", waiting.ids)

    def action_send_many(self):
        """Send these reminders now, with a notice of how far it got."""
        self.check_access("write")
        reminders = self.filtered(lambda r: r.state in TO_LEAVE)
        if not reminders:
            raise UserError(self.env._("These reminders have already left."))
        reminders._release_by_hand()
        return self._continue("send", reminders.ids)

    def action_send_all(self):
        """Send all that waits, but for what a person has to confirm one by one."""
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
        return waiting.action_send_many()

    def action_open_customer(self):
        """Open the page of the customer: what is due, its ladder and its history."""
        self.ensure_one()
        return self.partner_id._get_reminder_customer_action(self.company_id)

    def action_open_request(self):
        """Open the payment request of the reminder."""
        self.ensure_one()
        return self.request_id.get_formview_action()

    # === Slices ===

    def action_continue(self):
        """Take the next slice of the work that the context names.

        :return: the next notice, which calls this again, or the last one
        :rtype: dict
        """
        self.browse().check_access("write")
        job = self.env.context.get("reminder_job")
        ids = list(self.env.context.get("reminder_ids") or ())
        done_ids = list(self.env.context.get("reminder_done_ids") or ())
        chunk, rest = ids[:SLICE], ids[SLICE:]
        reminders = self.browse(chunk).exists()
        reminders.check_access("write")
        if job == "send":
            reminders.sudo()._send_slice()
        elif job == "prepare":
            reminders.sudo()._prepare()
        else:
            raise UserError(self.env._("There is nothing to go on with."))
        return self._continue(job, rest, done_ids + chunk)

    def _continue(self, job, ids, done_ids=()):
        """Return the notice of how far the work got; the client then goes on with it.

        :param str job: `prepare` or `send`
        :param list[int] ids: reminders left to do
        :param list[int] done_ids: those done
        :rtype: dict
        """
        total = len(ids) + len(done_ids)
        if not ids:
            return self._notify(
                self._tell_done(job, done_ids),
                {"type": "ir.actions.act_window_close"},
                kind="success" if done_ids else "info",
            )
        action = self.env.ref("account_payment_request.action_payment_reminder_go_on")
        go_on = {
            "type": "ir.actions.server",
            "id": action.id,
            "context": {
                "reminder_job": job,
                "reminder_ids": list(ids),
                "reminder_done_ids": list(done_ids),
            },
        }
        if not done_ids and total <= SLICE:
            # Done before anybody could read how far it got.
            return go_on
        progress = (
            self.env._(
                "%(done)s of %(total)s prepared…", done=len(done_ids), total=total
            )
            if job == "prepare"
            else self.env._(
                "%(done)s of %(total)s sent…", done=len(done_ids), total=total
            )
        )
        return self._notify(progress, go_on)

    def _notify(self, message, next_action, kind="info"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": next_action},
        }

    def _tell_done(self, job, done_ids):
        """Return where the reminders are now, in a sentence.

        :rtype: str
        """
        if not done_ids:
            return self.env._("Nothing new is to be reminded today.")
        groups = self._read_group([("id", "in", done_ids)], ["state"], ["__count"])
        labels = dict(self._fields["state"]._description_selection(self.env))
        counts = ", ".join(f"{labels[state]}: {count}" for state, count in groups)
        if job == "prepare":
            return self.env._("Prepared. %s", counts)
        return self.env._("Done. %s", counts)
