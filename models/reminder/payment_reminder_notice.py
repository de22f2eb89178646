from odoo import api, fields, models

from .payment_reminder import OPEN_STATES


class PaymentReminder(models.Model):
    """What a formal notice and a registered letter need beside their text."""

    _inherit = "payment.reminder"

    registered_letter = fields.Boolean(related="level_id.registered_letter")
    registered_number = fields.Char(
        string="Registered Letter No.",
        size=40,
        tracking=True,
        help="Printed on the letter, which is then a registered one.",
    )
    sender_warning = fields.Char(
        compute="_compute_sender_warning",
        help="What the law wants a formal notice to state of the company.",
    )

    @api.depends("company_id", "level_id.formal_notice", "state")
    @api.depends_context("lang")
    def _compute_sender_warning(self):
        for reminder in self:
            notice = reminder.state in OPEN_STATES and reminder.level_id.formal_notice
            company = reminder.company_id
            reminder.sender_warning = notice and company._get_sender_warning()

    def write(self, vals):
        """Override: a letter with another number is printed again."""
        res = super().write(vals)
        if "registered_number" in vals:
            self._forget_letters()
        return res

    def _get_registered_text(self):
        """Return that the letter is registered, with its number if it is known.

        :return: empty for an ordinary letter
        :rtype: str
        """
        self.ensure_one()
        if number := self.registered_number:
            return self.env._("Registered letter with proof of delivery No. %s", number)
        if self.registered_letter:
            return self.env._("Registered letter with proof of delivery")
        return ""
