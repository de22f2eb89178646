"""Data read at Bridge that are not this transaction's: nothing is ever booked.

Core compares amounts only until a transaction is in error, so that the same wrong
notification books the second time. Here each test reads the wrong data several times.
"""

from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...bridge.client import BridgeClient
from ..common.payment_request import PaymentRequestCommon

TRANSACTION_LOGGER = "odoo.addons.payment.models.payment_transaction"


@tagged("post_install", "-at_install")
class TestWrongAmount(PaymentRequestCommon):
    def setUp(self):
        super().setUp()
        self.request = self.create_request(120.0)
        self.tx = self.pay(self.request)

    def read_at_bridge(self, times=1):
        """Read the transaction at Bridge as webhook, return and poll do."""
        for _i in range(times):
            self.tx._bridge_refresh()
            self.tx.filtered(lambda tx: tx.state == "done")._post_process()

    def assert_refused(self):
        self.assertEqual(self.tx.state, "error")
        self.assertEqual(self.tx.issue, "amount_differs")
        self.assertEqual(self.request.issue, "amount_differs")
        self.assertEqual(self.request.state, "valid")
        self.assertEqual(len(self.tasks(self.request)), 1)
        self.assert_nothing_booked(self.tx)

    def test_less_money_than_asked_books_nothing(self):
        self.sim.faults.set(wrong_amount=-20)
        self.read_at_bridge()
        self.assert_refused()

    def test_more_money_than_asked_books_nothing(self):
        self.sim.faults.set(wrong_amount=20)
        self.read_at_bridge()
        self.assert_refused()

    def test_one_cent_less_books_nothing(self):
        self.sim.faults.set(wrong_amount=-0.01)
        self.read_at_bridge()
        self.assert_refused()

    def test_same_wrong_amount_twice_books_nothing(self):
        self.sim.faults.set(wrong_amount=-20)
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_same_wrong_amount_thrice_books_nothing(self):
        self.sim.faults.set(wrong_amount=-20)
        self.read_at_bridge(times=3)
        self.assert_refused()

    def test_wrong_amount_by_webhooks_then_return_then_poll_books_nothing(self):
        self.sim.faults.set(wrong_amount=-20)
        self.deliver(duplicate=[0, 1, 2])
        self.work_off()
        self.request._refresh_transactions()
        self.travel(minutes=10)
        self.poll()
        self.travel(hours=6)
        self.poll()
        self.assert_refused()

    def test_two_different_wrong_amounts_are_one_task(self):
        self.sim.faults.set(wrong_amount=-20)
        self.read_at_bridge()
        self.sim.faults.set(wrong_amount=30)
        self.read_at_bridge()
        self.assert_refused()

    def test_right_amount_after_a_wrong_one_is_taken_in(self):
        self.sim.faults.set(wrong_amount=-20)
        self.read_at_bridge(times=2)
        self.sim.faults.clear()
        self.read_at_bridge()
        self.assert_booked(self.tx, 120.0)
        self.assertEqual(self.request.state, "paid")

    def test_wrong_amount_while_pending_books_nothing_and_frees_the_payer(self):
        request = self.create_request(80.0)
        tx = self.pay(request, "pdng-acsc")
        tx._bridge_refresh()
        self.assertEqual((tx.state, request.state), ("pending", "in_progress"))
        self.sim.settle(tx.provider_reference)
        self.sim.faults.set(wrong_amount=-1)
        tx._bridge_refresh()
        tx._bridge_refresh()
        self.assertEqual((tx.state, request.state), ("error", "valid"))
        self.assert_nothing_booked(tx)
        self.assertEqual(len(self.tasks(request)), 1)

    def test_wrong_amount_after_done_changes_nothing_and_is_flagged_once(self):
        self.read_at_bridge()
        payment = self.tx.payment_id
        self.sim.faults.set(wrong_amount=-20)
        self.read_at_bridge(times=3)
        self.assert_booked(self.tx, 120.0)
        self.assertEqual(self.tx.payment_id, payment)
        self.assertEqual(self.request.state, "paid")
        self.assertEqual(self.tx.issue, "amount_differs")
        self.assertEqual(len(self.tasks(self.request)), 1)

    def test_amount_of_the_bank_transfer_counts_even_if_the_links_is_right(self):
        attempt = self.sim.store.requests_of(self.link(self.tx))[0]
        attempt["transactions"][0]["amount"] = 1.2
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_link_that_tells_no_amount_books_nothing(self):
        self.with_link(lambda link: {**link, "transactions": None})
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_link_without_transfers_books_nothing(self):
        self.with_link(lambda link: {**link, "transactions": []})
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_amount_that_is_no_number_books_nothing(self):
        self.with_link(
            lambda link: {
                **link,
                "transactions": [{"amount": "a lot", "currency": "EUR"}],
            }
        )
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_other_currency_books_nothing(self):
        self.link(self.tx)["transactions"][0]["currency"] = "USD"
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_other_currency_of_the_bank_transfer_books_nothing(self):
        attempt = self.sim.store.requests_of(self.link(self.tx))[0]
        attempt["transactions"][0]["currency"] = "GBP"
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_second_transfer_in_the_link_books_nothing(self):
        transfers = self.link(self.tx)["transactions"]
        transfers.append({**transfers[0], "amount": 5.0})
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_answer_about_another_link_books_nothing(self):
        other = self.pay(self.create_request(120.0))
        self.sim.links[self.tx.provider_reference] = self.link(other)
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_bank_transfer_of_another_link_books_nothing(self):
        other = self.pay(self.create_request(120.0))
        real = BridgeClient.list_payment_requests

        def list_payment_requests(client, **_filters):
            return real(client, payment_link_id=other.provider_reference)

        with patch.object(BridgeClient, "list_payment_requests", list_payment_requests):
            self.read_at_bridge(times=2)
        self.assert_refused()
        self.assert_nothing_booked(other)

    def test_other_client_reference_books_nothing(self):
        other = self.pay(self.create_request(120.0))
        self.link(self.tx)["client_reference"] = other.reference
        self.read_at_bridge(times=2)
        self.assert_refused()
        self.assert_nothing_booked(other)

    def test_part_executed_books_nothing_and_calls_a_person(self):
        attempt = self.sim.store.requests_of(self.link(self.tx))[0]
        attempt["status"] = "PART"
        self.read_at_bridge(times=2)
        self.assert_refused()

    def test_money_executed_on_a_done_transaction_is_booked_once(self):
        self.read_at_bridge(times=3)
        self.assert_booked(self.tx, 120.0)
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "=", self.tx.id)]
        )
        self.assertEqual(len(payments), 1)

    @mute_logger(TRANSACTION_LOGGER)
    def test_core_payment_form_is_guarded_too(self):
        """Without a payment request: an invoice paid through core's own form."""
        invoice = self.create_invoice(120.0)
        tx = self.create_bridge_transaction(120.0, invoice)
        self.sim.pay(tx.provider_reference, "acsc")
        self.sim.faults.set(wrong_amount=-119)
        for _i in range(3):
            tx._bridge_refresh()
        self.assertEqual((tx.state, tx.issue), ("error", "amount_differs"))
        self.assert_nothing_booked(tx)
        self.assertEqual(len(self.tasks(invoice)), 1)

    def create_bridge_transaction(self, amount, invoice):
        """Return a transaction made by core's form, its bank link opened."""
        method = self.env.ref("account_payment_request.payment_method_bridge_transfer")
        tx = self._create_transaction(
            "redirect",
            provider_id=self.bridge.id,
            payment_method_id=method.id,
            amount=amount,
            currency_id=invoice.currency_id.id,
            partner_id=invoice.partner_id.id,
            invoice_ids=[(6, 0, invoice.ids)],
            reference=self.env["payment.transaction"]._compute_reference("bridge"),
        )
        tx._bridge_open_link()
        return tx

    def with_link(self, change):
        """Let every payment link be read changed until the test ends."""
        real = BridgeClient.read_payment_link
        self.startPatcher(
            patch.object(
                BridgeClient,
                "read_payment_link",
                lambda client, link_id: change(real(client, link_id)),
            )
        )
