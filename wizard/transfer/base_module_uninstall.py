from odoo import api, fields, models

from ... import const
from ...models.transfer.payment_provider_end import LEAVE_BEHIND


class BaseModuleUninstall(models.TransientModel):
    _inherit = "base.module.uninstall"

    bridge_alive = fields.Text(compute="_compute_bridge_alive")
    bridge_leave_behind = fields.Boolean(
        string="Uninstall even if Bridge does not withdraw it"
    )

    @api.depends("module_ids")
    def _compute_bridge_alive(self):
        for wizard in self:
            leaving = wizard._get_modules().mapped("name")
            wizard.bridge_alive = const.MODULE in leaving and wizard._list_alive()

    @api.model
    def _list_alive(self):
        """Return what lives at Bridge as far as it is known here, a line each."""
        providers = self.env["payment.provider"].sudo()
        providers = providers.search([("code", "=", const.PROVIDER_CODE)])
        return "\n".join(
            record._bridge_describe()
            for records in providers._bridge_get_alive()
            for record in records
        )

    def action_uninstall(self):
        """Override of `base`: what Bridge does not withdraw is left to whoever
        confirmed it."""
        confirmed = self.with_context(**{LEAVE_BEHIND: self.bridge_leave_behind})
        return super(BaseModuleUninstall, confirmed).action_uninstall()
