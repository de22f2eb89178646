from unittest.mock import patch

from odoo.tests import HttpCase, tagged
from odoo.tests.common import ChromeBrowser

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


@tagged("post_install", "-at_install")
class TestOpened(PaymentRequestCommon, HttpCase):
    """The page in a real browser: with a person before it, or without one."""

    # What a person does comes from the browser, not from a script in the page.
    MOVE = {"type": "mouseMoved", "x": 100, "y": 100}

    def open(self, code):
        request = self.create_request()
        self.env.flush_all()
        self.browser_js(f"/pay/{request.token}", code, timeout=30)
        self.env.invalidate_all()
        return request

    def test_a_page_that_nobody_touches_is_not_opened(self):
        request = self.open(
            """
            for (const name of ["pointermove", "keydown", "touchstart"]) {
                window.dispatchEvent(new Event(name));
            }
            window.scrollTo(0, 200);
            setTimeout(() => console.log("test successful"), 500);
            """
        )
        self.assertFalse(request.opened_at)

    def test_a_page_before_a_person_is_opened(self):
        wait = ChromeBrowser._wait_code_ok

        def move(browser, *args, **kwargs):
            browser._websocket_request("Input.dispatchMouseEvent", params=self.MOVE)
            return wait(browser, *args, **kwargs)

        with patch.object(ChromeBrowser, "_wait_code_ok", move):
            request = self.open(
                'setTimeout(() => console.log("test successful"), 1000)'
            )
        self.assertTrue(request.opened_at)
