from odoo import api, models

from ..batch import cut
from .payment_reminder_send import SLICE


class PaymentReminder(models.Model):
    """Keeps what waits for a person up to date."""

    _inherit = "payment.reminder"

    def _refresh_to_do(self):
        """Bring letters to post and calls to make up to date: what is paid, held or on
        its way is removed.

        :return: those that are still to be done
        :rtype: payment.reminder
        """
        left = self._without_tracking()._bring_up_to_date()
        return self & left.filtered(lambda r: r.state in ("to_post", "to_call"))

    @api.model
    def _refresh_open_tasks(self, company):
        """Keep users from confirming, printing or calling for what was paid or is no
        more theirs.

        :param res.company company: whose reminders
        """
        tasks = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("to_post", "to_call")),
            ]
        )
        self.env["payment.batch"]._run(cut(tasks, SLICE), "_refresh_to_do")
        unconfirmed = self.search(
            [("company_id", "=", company.id), ("state", "=", "to_confirm")]
        )
        self.env["payment.batch"]._run(cut(unconfirmed, SLICE), "_refresh_to_confirm")

    def _refresh_to_confirm(self):
        """Take what is paid, credited, held or a matter of another level by now out of
        reminders to confirm; texts that were made say what is left."""
        quiet = self.filtered(lambda r: r.state == "to_confirm")._without_tracking()
        for company, reminders in quiet.grouped("company_id").items():
            left, changed = reminders.with_company(company)._update_named()
            left._settle_unallocated()
            left._ask_to_allocate()
            if prepared := changed.filtered("prepared_date"):
                prepared._prepare_contents()
