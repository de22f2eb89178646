from urllib.parse import urlsplit

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment.tests.http_common import PaymentHttpCommon

from ..common.request_case import RequestCase
from ..common.transaction_case import MODELS_LOGGER, SILENT_BANK


@tagged("post_install", "-at_install")
class TestCoreFlow(RequestCase, PaymentHttpCommon):
    """What core can have paid online, paid through Bridge."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.bridge
        cls.payment_method = cls.bridge.payment_method_ids
        cls.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "True"
        )

    def start_core(self, route, access_token, amount, **values):
        """Choose Bridge in core's payment form; return the transaction."""
        processing = self._get_processing_values(
            tx_route=route,
            provider_id=self.bridge.id,
            payment_method_id=self.payment_method.id,
            token_id=None,
            amount=amount,
            flow="redirect",
            tokenization_requested=False,
            landing_route="/my",
            access_token=access_token,
            **values,
        )
        tx = self._get_tx(processing["reference"])
        self.form = processing.get("redirect_form_html")
        return tx

    def start_invoice(self, invoice):
        return self.start_core(
            f"/invoice/transaction/{invoice.id}",
            invoice._portal_ensure_token(),
            invoice.amount_residual,
        )

    def come_back(self, callback):
        """Follow the address to which Bridge sends the payer."""
        url = urlsplit(callback)
        return self.url_open(f"{url.path}?{url.query}", allow_redirects=False)

    def test_portal_pay_now_leads_to_the_bank_and_back(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.assertFalse(tx.payment_request_id)
        form = self._extract_values_from_html_form(self.form)
        self.assertEqual(form["action"], tx.bridge_link_url)
        self.assertEqual(form["method"], "get")
        callback = self.sim.pay(tx.provider_reference, "pdng-acsc")
        answer = self.come_back(callback)
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(answer.headers["Location"].endswith("/payment/status"))
        self.assertEqual(tx.state, "pending")
        # The same debt is on its way for whoever opens our own page.
        self.assert_state(self.request_of(invoice), "in_progress", 0.0)
        self.assertTrue(invoice.transfer_in_progress)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 120.0)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assert_state(self.request_of(invoice), "paid", 0.0)

    def test_a_refusal_after_portal_pay_now_frees_the_invoice(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.sim.pay(tx.provider_reference, "pdng-rjct")
        self.settle_all()
        self.assertFalse(invoice._has_to_be_paid())
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual((tx.state, tx.issue), ("error", "refused"))
        self.assertEqual(len(self.tasks(invoice)), 1)
        self.assertTrue(invoice._has_to_be_paid())
        mails = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.customer.ids)]
        )
        self.assertEqual(len(mails), 1)

    def test_a_released_transfer_no_longer_hides_pay_now(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.sim.pay(tx.provider_reference, "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.assertFalse(invoice._has_to_be_paid())
        self.travel(days=4)
        self.poll()
        self.assertTrue(tx.released_at)
        self.assertTrue(invoice._has_to_be_paid())

    def test_an_invoice_back_in_draft_is_not_posted_by_pay_now(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.sim.pay(tx.provider_reference, "acsc")
        invoice.button_draft()
        self.settle_all()
        self.assertEqual(invoice.state, "draft")
        self.assert_booked(tx, 120.0)

    def test_a_paid_invoice_withdraws_the_link_of_pay_now(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.register_payment(invoice)
        self.travel(minutes=3)
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked")
        self.assertEqual(tx.state, "cancel")

    def test_bridge_down_tells_the_payer_in_core_s_form(self):
        invoice = self.create_invoice(120.0)
        self.sim.faults.set(status_503=True)
        with mute_logger(MODELS_LOGGER):
            tx = self.start_invoice(invoice)
        self.assertEqual(tx.state, "error")
        self.assertIn("few minutes", tx.state_message)
        self.assertNotIn("503", tx.state_message)
        self.assertTrue(invoice._has_to_be_paid())

    def test_the_return_believes_nothing_that_the_address_says(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        link = tx.provider_reference
        answer = self.url_open(
            f"/payment/bridge/return?payment_link_id={link}&status=success",
            allow_redirects=False,
        )
        self.assertEqual(answer.status_code, 303)
        self.assert_nothing_booked(tx)
        self.assertEqual(tx.state, "draft")

    @mute_logger("odoo.addons.account_payment_request.controllers.transfer.bridge")
    def test_a_return_while_bridge_is_down_is_read_soon_after(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        callback = self.sim.pay(tx.provider_reference, "acsc")
        self.sim.faults.set(status_503=True)
        answer = self.come_back(callback)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(tx.state, "draft")
        self.sim.faults.clear()
        self.poll()
        self.assert_booked(tx)

    def test_core_s_payment_link_offers_bridge(self):
        invoice = self.create_invoice(120.0)
        wizard = (
            self.env["payment.link.wizard"]
            .with_context(active_model="account.move", active_id=invoice.id)
            .create({"amount": 120.0})
        )
        link = urlsplit(wizard.link)
        page = self.url_open(f"{link.path.replace('//', '/')}?{link.query}")
        self.assertEqual(page.status_code, 200)
        self.assertIn(f'data-provider-id="{self.bridge.id}"', page.text)

    def test_the_link_printed_by_core_is_our_own_address(self):
        invoice = self.create_invoice(120.0)
        request = self.request_of(invoice)
        self.assertEqual(invoice._get_portal_payment_link(), request.url)
        request.action_revoke()
        self.assertNotIn(request.token, invoice._get_portal_payment_link())

    def test_an_order_is_paid_and_confirmed(self):
        order = self.create_order(250.0)
        tx = self.start_core(
            f"/my/orders/{order.id}/transaction", order._portal_ensure_token(), 250.0
        )
        self.assertEqual(tx.sale_order_ids, order)
        self.sim.pay(tx.provider_reference, "pdng-acsc")
        self.settle_all()
        self.assertEqual((tx.state, order.state), ("pending", "sent"))
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 250.0)
        self.assertEqual(order.state, "sale")

    def test_a_paid_order_is_invoiced_where_that_is_automatic(self):
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        order = self.create_order(250.0)
        tx = self.start_core(
            f"/my/orders/{order.id}/transaction", order._portal_ensure_token(), 250.0
        )
        self.sim.pay(tx.provider_reference, "acsc")
        with self.mock_mails():
            self.settle_all()
        self.assert_booked(tx, 250.0)
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(order.invoice_ids.amount_residual, 0.0)

    def test_a_refused_transfer_of_an_order_is_a_task_on_the_order(self):
        order = self.create_order(250.0)
        tx = self.start_core(
            f"/my/orders/{order.id}/transaction", order._portal_ensure_token(), 250.0
        )
        self.sim.pay(tx.provider_reference, "pdng-rjct")
        self.settle_all()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual((tx.state, tx.issue), ("error", "refused"))
        self.assertEqual(len(self.tasks(order)), 1)

    def create_order(self, amount):
        """Create a quotation that is confirmed by paying all of it online."""
        if "sale.order" not in self.env:
            self.skipTest("Sales is not installed")
        product = (
            self.env["product.product"]
            .sudo()
            .create({"name": "Service", "type": "service", "invoice_policy": "order"})
        )
        return (
            self.env["sale.order"]
            .sudo()
            .create(
                {
                    "partner_id": self.customer.id,
                    "require_payment": True,
                    "prepayment_percent": 1.0,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "price_unit": amount,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
            )
        )
