from odoo import api, models
from odoo.tools import SQL


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    @api.model
    def _get_taken_references(self, references):
        """Override: a request carries one of its own, for transfers typed by hand."""
        query = SQL(
            "SELECT reference FROM payment_request WHERE reference IN %s",
            tuple(references),
        )
        rows = self.env.execute_query(query)
        return super()._get_taken_references(references) | {row[0] for row in rows}
