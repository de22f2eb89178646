from odoo import api, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model
    def _get_reference_models(self):
        """Override: a request has a reference, for transfers typed by hand."""
        return [*super()._get_reference_models(), "payment.request"]
