from odoo import api, models

from ..batch import cut
from .payment_reminder_send import SLICE


class PaymentReminder(models.Model):
    """Keeps letters to post and calls to make up to date."""

    _inherit = "payment.reminder"

    def _refresh_to_do(self):
        """Bring letters to post and calls to make up to date: what is paid, held or on
        its way is removed.

        :return: those that are still to be done
        :rtype: payment.reminder
        """
        left = self.browse()
        for company, reminders in (
            self._without_tracking().grouped("company_id").items()
        ):
            reminders = reminders.with_company(company)
            named = {reminder: reminder.line_ids for reminder in reminders}
            reminders = reminders._recheck()
            if not reminders:
                continue
            changed = reminders._prepare_amounts() | reminders.filtered(
                lambda r, named=named: r.line_ids != named[r]
            )
            changed._forget_letters()
            printed = reminders._get_letters()
            today = company._get_payment_today()
            # The days late change every day, but not on printed letters.
            changed |= reminders.filtered(
                lambda r, today=today, printed=printed: r.prepared_date != today
                and not printed[r.id]
            )
            if changed:
                changed._prepare_contents()
            left |= reminders.filtered(lambda r: r.state in ("to_post", "to_call"))
        return self & left

    @api.model
    def _refresh_open_tasks(self, company):
        """Keep users from printing or calling for what was paid in the meantime.

        :param res.company company: whose reminders
        """
        tasks = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("to_post", "to_call")),
            ]
        )
        self.env["payment.batch"]._run(cut(tasks, SLICE), "_refresh_to_do")
