from odoo import fields, models

from ...const import ACCOUNTING


class ResPartner(models.Model):
    _inherit = "res.partner"

    payment_request_count = fields.Integer(
        compute="_compute_payment_request_count", groups=ACCOUNTING
    )

    def _compute_payment_request_count(self):
        groups = self.env["payment.request"]._read_group(
            [("commercial_partner_id", "in", self.commercial_partner_id.ids)],
            ["commercial_partner_id"],
            ["__count"],
        )
        counts = {partner.id: count for partner, count in groups}
        for partner in self:
            partner.payment_request_count = counts.get(
                partner.commercial_partner_id.id, 0
            )

    def action_view_payment_requests(self):
        """Open the payment requests of the customer."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_payment_request.action_payment_request"
        )
        commercial = self.commercial_partner_id
        return {
            **action,
            "domain": [("commercial_partner_id", "=", commercial.id)],
            "context": {},
        }

    def action_request_deposit(self):
        """Open the assistant that asks this customer for a fixed amount."""
        self.ensure_one()
        return self.env["payment.request"]._get_create_action(self)
