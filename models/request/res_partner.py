from odoo import api, fields, models
from odoo.exceptions import UserError

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

    @api.ondelete(at_uninstall=False)
    def _unlink_unused_requests(self):
        """Delete, with a contact, requests that are over and that nobody began to pay.

        :raises UserError: if there are others
        """
        requests = self.env["payment.request"]
        theirs = requests.sudo().search([("partner_id", "in", self.ids)])
        over = theirs.filtered(
            lambda r: r.state in ("revoked", "expired") and not r.transaction_ids
        )
        over = over.sudo(self.env.su)._filtered_access("unlink").sudo()
        if kept := theirs - over:
            readable = kept.sudo(self.env.su)._filtered_access("read")
            raise UserError(
                self.env._(
                    "%(contact)s was asked to pay (%(requests)s). Archive the contact "
                    "instead; only requests that were revoked, and that nobody began "
                    "to pay, go with it.",
                    contact=", ".join(kept.partner_id.mapped("display_name")),
                    requests=", ".join(readable.mapped("reference")) or "…",
                )
            )
        over.unlink()

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
