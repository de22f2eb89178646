from odoo import models


class PaymentRequest(models.Model):
    _inherit = "payment.request"

    def _get_returnable_lines(self):
        """Return the bank lines that brought money without a transfer of ours and that
        were not taken back since.

        :rtype: account.bank.statement.line
        """
        self.ensure_one()
        lines = self.bank_line_ids.filtered(
            lambda line: line.is_reconciled and not line.matched_transaction_id
        ).sorted("id")
        received = lines.filtered(lambda line: line.amount > 0)
        for returned in lines.filtered(lambda line: line.match_kind == "returned"):
            received -= received.filtered(
                lambda line, back=returned: not line.currency_id.compare_amounts(
                    line.amount, -back.amount
                )
            )[:1]
        return received
