from .request_case import RequestCase


class OcaCase(RequestCase):
    """Bank lines in a database where addons of the OCA are installed beside ours."""

    def setUp(self):
        super().setUp()
        # Theirs only reconcile by themselves in tests that ask for it.
        self.env = self.env(
            context={**self.env.context, "_test_account_reconcile_oca": True}
        )

    def numbered(self, number, amount, partner=None, day="2026-03-02", **values):
        """Create a posted invoice of this number.

        :rtype: account.move
        """
        move = self.create_invoice(
            amount, partner, post=False, invoice_date=day, **values
        )
        move.name = number
        move.action_post()
        return move

    def referenced(self, reference, amount, partner=None):
        """Create a posted invoice whose request has this reference; return that."""
        invoice = self.create_invoice(amount, partner, invoice_date="2026-03-02")
        request = self.request_of(invoice)
        request.reference = reference
        return request

    def due_of(self, invoice):
        return invoice.line_ids.filtered(
            lambda entry: entry.display_type == "payment_term"
        )

    def suspense_of(self, line):
        return line._seek_for_lines()[1]

    def assert_paid(self, line, *invoices):
        """The line is reconciled, in its own entry, with all of these invoices."""
        self.assertTrue(line.is_reconciled)
        self.assertFalse(self.suspense_of(line))
        _liquidity, _suspense, counterparts = line._seek_for_lines()
        self.assertTrue(all(counterparts.mapped("reconciled")))
        for invoice in invoices:
            self.assertEqual(invoice.amount_residual, 0.0)
            self.assertIn(
                line.move_id, invoice._get_reconciled_amls().move_id, invoice.name
            )

    def assert_open(self, line, *invoices):
        """The line is open in its own entry, and nothing was paid by it."""
        self.assertFalse(line.is_reconciled)
        self.assertEqual(len(self.suspense_of(line)), 1)
        self.assertFalse(line.line_ids.matched_debit_ids)
        self.assertFalse(line.line_ids.matched_credit_ids)
        for invoice in invoices:
            self.assertEqual(invoice.amount_residual, invoice.amount_total)
            self.assertEqual(invoice.payment_state, "not_paid")
