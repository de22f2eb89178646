from odoo import api, fields, models

from .. import const


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    payment_request_policy = fields.Selection(
        related="company_id.payment_request_policy", readonly=False
    )
    payment_request_base_url = fields.Char(
        related="company_id.payment_request_base_url", readonly=False
    )
    payment_request_user_id = fields.Many2one(
        related="company_id.payment_request_user_id", readonly=False
    )
    bridge_provider_id = fields.Many2one(
        comodel_name="payment.provider", compute="_compute_bridge_provider"
    )
    bridge_provider_state = fields.Selection(related="bridge_provider_id.state")
    bridge_warning = fields.Text(related="bridge_provider_id.bridge_warning")
    bridge_webhook_url = fields.Char(related="bridge_provider_id.bridge_webhook_url")
    bridge_last_event_at = fields.Datetime(
        related="bridge_provider_id.bridge_last_event_at"
    )

    @api.depends("company_id")
    def _compute_bridge_provider(self):
        providers = self.env["payment.provider"].sudo()
        for settings in self:
            settings.bridge_provider_id = providers.search(
                [
                    *providers._check_company_domain(settings.company_id),
                    ("code", "=", const.PROVIDER_CODE),
                ],
                limit=1,
            )

    def action_bridge_provider(self):
        """Open the Bridge provider of the company."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "payment.provider",
            "view_mode": "form",
            "res_id": self.bridge_provider_id.id,
        }

    def action_bridge_test_connection(self):
        """Ask Bridge whether the credentials work."""
        self.ensure_one()
        return self.bridge_provider_id.action_bridge_test_connection()
