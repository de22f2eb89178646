from odoo import models

from .payment_provider import LEAVE_BEHIND

MODULE = "account_payment_request"


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def button_uninstall(self):
        """Override of `base`: what lives at Bridge is withdrawn before it goes."""
        leaving = (self + self.downstream_dependencies()).mapped("name")
        # It checks who uninstalls.
        action = super().button_uninstall()
        # What is confirmed already, the uninstall hook does once.
        if MODULE in leaving and not self.env.context.get(LEAVE_BEHIND):
            self.env["payment.provider"]._bridge_uninstall()
        return action
