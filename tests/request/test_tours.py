from odoo.tests import HttpCase, tagged

from ..common.payment_request import PaymentRequestCommon


@tagged("post_install", "-at_install")
class TestTours(PaymentRequestCommon, HttpCase):
    """What an accountant does with the mouse, in a real browser."""

    def test_an_accountant_sends_revokes_and_renews_a_request(self):
        invoice = self.create_invoice()
        self.env.flush_all()
        self.start_tour(
            f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}",
            "payment_request_life",
            login=self.accountant.login,
        )
        request = self.request_of(invoice)
        self.assertEqual((request.state, request.revoked_at), ("valid", False))
        states = request.message_ids.tracking_value_ids.mapped("new_value_char")
        self.assertIn("Revoked", states)

    def test_an_accountant_asks_a_customer_for_a_deposit(self):
        self.env.flush_all()
        self.start_tour(
            f"/odoo/res.partner/{self.customer.id}",
            "payment_request_deposit",
            login=self.accountant.login,
        )
        request = self.env["payment.request"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual((request.amount_due, request.state), (250.0, "valid"))
