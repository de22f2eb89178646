from odoo import models

from ... import const
from .payment_provider_end import LEAVE_BEHIND


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def button_uninstall(self):
        """Override of `base`: what lives at Bridge is withdrawn before it goes."""
        leaving = (self + self.downstream_dependencies()).mapped("name")
        # It checks who uninstalls.
        action = super().button_uninstall()
        # What is confirmed already, the uninstall hook does once.
        if const.MODULE in leaving and not self.env.context.get(LEAVE_BEHIND):
            self.env["payment.provider"]._bridge_uninstall()
        return action
