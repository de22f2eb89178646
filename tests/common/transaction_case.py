from .request_case import RequestCase

MODELS_LOGGER = "odoo.addons.account_payment_request.models"
CORE_LOGGER = "odoo.addons.payment.models.payment_transaction"

# Never tells whether it executed a transfer.
SILENT_BANK = 9101


class TransactionCase(RequestCase):
    """What a transfer leaves behind."""

    def customer_credit(self, tx):
        """Return what of the transaction's payment is still a credit."""
        payment = tx.payment_id
        lines = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.destination_account_id
        )
        return -sum(lines.mapped("amount_residual"))

    def assert_told(self, tx, issue):
        """The accountant finds ``tx`` on the list to handle, and has one task."""
        self.assertEqual(tx.issue, issue)
        record = tx.payment_request_id or tx.invoice_ids[:1]
        tasks = self.tasks(record).filtered(lambda t: tx.reference in t.summary)
        self.assertEqual(len(tasks), 1)
        self.assertTrue(tasks.user_id.has_group("account.group_account_invoice"))
        if tx.payment_request_id:
            self.assertIn(
                tx.payment_request_id,
                self.env["payment.request"].search([("issue", "!=", False)]),
            )
