"""A person chooses the level with which a customer goes on, or begins again."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain

from .payment_reminder import OPEN_STATES


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    chosen_reason = fields.Char(
        string="Why This Level",
        readonly=True,
        help="A person chose its level, whatever came next.",
    )

    @api.model
    def _plan_chosen(self, company, lines, level, reason):
        """Make the reminders of one party at a level that a person chose: what it was
        told of this level and of higher ones counts no more, in whatever currency.

        :param res.company company: whose invoices
        :param account.move.line lines: due lines of one party, open
        :param payment.reminder.level level: of the policy that applies
        :param str reason: kept on the reminder, the invoices and the customer
        :return: the reminders made; none if something holds them
        :rtype: payment.reminder
        """
        rows = self._read_plan(
            self._plan_query(company, partner_ids=lines.partner_id.ids)
        )
        parties = {row["party_id"] for row in rows if row["line_id"] in lines.ids}
        open_lines = lines.browse(
            row["line_id"] for row in rows if row["party_id"] in parties
        )
        told = self.env["payment.reminder.line"].search(
            Domain("move_line_id", "in", open_lines.ids)
            & Domain("reminder_id.state", "not in", (*OPEN_STATES, "failed"))
            & (
                Domain("reminder_id.level_days", ">=", level.days_from_due)
                # Its days may have been others then.
                | Domain("level_key", "=", level.id)
            )
        )
        told.forgotten = True
        self.env.flush_all()
        reminders = self._plan(company, lines=lines, level=level)
        reminders._without_tracking().chosen_reason = reason
        if reminders:
            text = self.env._(
                "Reminder at the level “%(level)s”, chosen by %(user)s: %(reason)s",
                level=level.name,
                user=self.env.user.name,
                reason=reason,
            )
            reminders.line_ids.move_line_id._log_reminders(text)
            for record in (*reminders, *reminders.partner_id):
                record._message_log(
                    body=Markup("<p>%s</p>") % text,
                    author_id=self.env.user.partner_id.id,
                )
        return reminders
