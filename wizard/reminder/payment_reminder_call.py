from datetime import timedelta

from odoo import api, fields, models

from ...models.reminder.channel.phone import DISPUTE_DAYS
from ...models.reminder.payment_reminder import OUTCOMES


class PaymentReminderCall(models.TransientModel):
    _name = "payment.reminder.call"
    _inherit = ["payment.assistant"]
    _description = "Answer on the Phone"

    reminder_id = fields.Many2one(
        comodel_name="payment.reminder", required=True, readonly=True
    )
    outcome = fields.Selection(selection=OUTCOMES, required=True, readonly=True)
    date = fields.Date(
        compute="_compute_date",
        store=True,
        readonly=False,
        help="Included: reminders go on the day after.",
    )
    note = fields.Char(help="For the colleagues, and on the invoices.")

    @api.depends("outcome", "reminder_id")
    def _compute_date(self):
        """Propose when a dispute ends; the day of a promise only customers know."""
        for call in self:
            disputed = call.outcome == "disputed" and call.reminder_id
            today = disputed and disputed.company_id._get_payment_today()
            call.date = today and today + timedelta(DISPUTE_DAYS)

    def action_confirm(self):
        """Note the answer."""
        self.ensure_one()
        self.reminder_id.action_phone_outcome(self.outcome, self.note, self.date)
        return {"type": "ir.actions.act_window_close"}
