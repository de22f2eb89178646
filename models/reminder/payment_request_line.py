from odoo import fields, models


class PaymentRequestLine(models.Model):
    """What a reminder asks of a due line: all of it but what credits pay."""

    _inherit = "payment.request.line"

    received_start = fields.Monetary(
        string="Received Before",
        readonly=True,
        help="What had been paid of the due line when the reminder asked for the rest.",
    )

    def _get_own_offers(self, offers):
        """Override: whatever is paid of it counts, by any link of the customer."""
        if self.request_id.sudo()._get_reminder():
            return offers
        return super()._get_own_offers(offers)

    def _get_received(self):
        """Override: whatever was paid since it was asked."""
        if not self.request_id.sudo()._get_reminder():
            return super()._get_received()
        return self.move_line_id._get_paid() - self.received_start
