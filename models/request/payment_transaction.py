from odoo import api, models


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model
    def _get_reference_models(self):
        """Override: a request has a reference, for transfers typed by hand."""
        return [*super()._get_reference_models(), "payment.request"]

    def _bridge_is_obsolete(self):
        """Override: so is a bank link that leads back to a payment link that was
        replaced."""
        if super()._bridge_is_obsolete():
            return True
        request = self.payment_request_id.sudo()
        return (
            bool(request)
            and self._bridge_is_open()
            and self.landing_route != request._get_page_path()
        )
