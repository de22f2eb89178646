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
        left = self._without_tracking()._bring_up_to_date()
        return self & left.filtered(lambda r: r.state in ("to_post", "to_call"))

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
