"""Its state follows by itself, and what may be chosen follows from it."""

from datetime import date, datetime, timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from ..common.payment_request import EXPIRY_CRON
from ..common.request_case import RequestCase


@tagged("post_install", "-at_install")
class TestPaymentRequestState(RequestCase):
    # === Its state follows by itself ===

    def test_a_cancelled_invoice_asks_for_nothing(self):
        invoice = self.create_invoice()
        request = self.request_of(invoice)
        invoice.button_draft()
        invoice.button_cancel()
        self.assert_state(request, "revoked", 0.0)
        self.assertEqual(request._get_page_state(), "nothing_due")
        with self.assertRaises(UserError):
            request._start_bridge_transfer("due")
        self.assertFalse(self.sim.links)

    def test_an_invoice_put_back_to_draft_asks_for_nothing_until_posted(self):
        invoice = self.create_invoice(120.0)
        request = self.request_of(invoice)
        invoice.button_draft()
        self.assert_state(request, "revoked", 0.0)
        self.assertEqual(request._get_page_state(), "nothing_due")
        invoice.invoice_line_ids.price_unit = 80.0
        invoice.action_post()
        self.assert_state(request, "valid", 80.0)
        self.assertEqual(request._get_page_state(), "pay")

    def test_a_credited_invoice_asks_for_what_is_left(self):
        invoice = self.create_invoice(120.0)
        request = self.request_of(invoice)
        self.reverse(invoice, 50.0)
        self.assert_state(request, "valid", 70.0)

    def test_an_invoice_wholly_credited_is_not_paid(self):
        invoice = self.create_invoice(120.0)
        request = self.request_of(invoice)
        self.reverse(invoice)
        self.assert_state(request, "revoked", 0.0)
        self.assertEqual(request._get_page_state(), "nothing_due")

    def test_paid_and_part_paid_by_hand(self):
        invoice = self.create_invoice(120.0)
        request = self.request_of(invoice)
        self.register_payment(invoice, amount=100.0)
        self.assert_state(request, "valid", 20.0)
        self.register_payment(invoice)
        self.assert_state(request, "paid", 0.0)
        self.assertEqual(request._get_page_state(), "paid")

    def test_a_payment_undone_asks_again(self):
        invoice = self.create_invoice(120.0)
        request = self.request_of(invoice)
        self.register_payment(invoice)
        self.assert_state(request, "paid")
        paid = invoice.line_ids.filtered("reconciled")
        paid.remove_move_reconcile()
        self.assert_state(request, "valid", 120.0)

    def test_other_payment_terms_are_followed(self):
        invoice = self.create_invoice(100.0)
        request = self.request_of(invoice)
        invoice.button_draft()
        invoice.invoice_payment_term_id = self.installments()
        invoice.action_post()
        today = fields.Date.today()
        self.assert_state(request, "valid", 100.0)
        options = {option["key"]: option for option in request._get_payment_options()}
        self.assertEqual(options["due"]["amount"], 30.0)
        self.assertEqual(options["due"]["due_date"], today + timedelta(days=10))
        self.assertEqual(options["all"]["amount"], 100.0)

    def test_an_installment_whose_line_is_gone_asks_for_the_invoice(self):
        invoice, _first_due, request = self.ask_first_installment()
        invoice.button_draft()
        invoice.invoice_payment_term_id = False
        invoice.action_post()
        self.assertLessEqual(request.amount_to_pay, invoice.amount_residual)
        self.assertIn(request.state, ("valid", "revoked"))

    def test_a_transfer_of_another_request_is_seen_as_in_progress(self):
        first, second = self.create_invoice(30.0), self.create_invoice(50.0)
        grouped = self.ask(first + second, mode="grouped")
        own = self.request_of(first)
        tx = self.pay(grouped, "pdng-acsc")
        self.settle_all()
        self.assertEqual(tx.state, "pending")
        self.assert_state(grouped, "in_progress", 0.0)
        self.assert_state(own, "in_progress", 0.0)
        with self.assertRaises(UserError):
            own._start_bridge_transfer("due")
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_state(grouped, "paid", 0.0)
        self.assert_state(own, "paid", 0.0)
        self.assert_state(self.request_of(second), "paid", 0.0)

    def test_a_request_expires_with_its_day_in_the_company_s_time_zone(self):
        for tz, last_second, first_second in (
            # UTC+11: the day is over while it is still noon in Greenwich
            (
                "Pacific/Noumea",
                datetime(2027, 3, 10, 12, 59),
                datetime(2027, 3, 10, 13),
            ),
            # UTC-4: the day goes on after midnight in Greenwich
            (
                "America/Martinique",
                datetime(2027, 3, 11, 3, 59),
                datetime(2027, 3, 11, 4),
            ),
        ):
            with self.subTest(tz):
                self.company.partner_id.tz = tz
                request = self.create_request()
                request.expiry_date = date(2027, 3, 10)
                self.travel_to(last_second)
                self.run_cron(EXPIRY_CRON)
                self.assert_state(request, "valid")
                self.assertEqual(request._get_page_state(), "pay")
                self.travel_to(first_second + timedelta(seconds=1))
                # The page knows at once, the list with the next run.
                self.assertEqual(request._get_page_state(), "expired")
                with self.assertRaisesRegex(UserError, "Expired"):
                    request._check_payable()
                self.run_cron(EXPIRY_CRON)
                self.assert_state(request, "expired")
                with self.assertRaises(UserError):
                    request._start_bridge_transfer("due")

    def test_a_revoked_request_withdraws_its_bank_link(self):
        request = self.create_request()
        tx = self.start(request)
        request.action_revoke()
        self.assert_state(request, "revoked")
        self.assertEqual(request._get_page_state(), "revoked")
        with self.assertRaises(UserError):
            request._start_bridge_transfer("due")
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked")
        self.assertEqual(tx.state, "cancel")

    def test_an_expired_request_withdraws_its_bank_link(self):
        request = self.create_request()
        request.expiry_date = fields.Date.today()
        self.bridge.bridge_link_minutes = 7 * 24 * 60
        tx = self.start(request)
        self.travel(days=1, hours=2)
        self.run_cron(EXPIRY_CRON)
        self.assert_state(request, "expired")
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked")

    def test_a_renewed_request_can_be_paid_under_the_same_address(self):
        request = self.create_request()
        url = request.url
        request.action_revoke()
        request.expiry_date = fields.Date.today() - timedelta(days=1)
        self.run_cron(EXPIRY_CRON)
        request.action_renew()
        self.assert_state(request, "valid", 120.0)
        self.assertEqual(request.url, url)
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx)
        self.assert_state(request, "paid")

    def test_money_that_was_under_way_is_taken_in_after_revocation(self):
        request = self.create_request()
        tx = self.start(request)
        attempt = self.sim.pick_bank(tx.provider_reference)
        request.action_revoke()
        self.poll()
        self.assertEqual(tx.state, "cancel")
        self.sim.finish(attempt["id"], "acsc")
        self.settle_all()
        self.assert_booked(tx)
        self.assert_state(request, "paid", 0.0)
        self.assertFalse(tx.issue)

    def test_what_is_paid_or_on_its_way_is_neither_revoked_nor_renewed(self):
        paid = self.create_request()
        self.register_payment(paid.line_ids.move_id)
        on_its_way = self.create_request()
        self.pay(on_its_way, "pdng-acsc")
        self.settle_all()
        for request in (paid, on_its_way):
            with self.assertRaises(UserError):
                request.action_revoke()
            with self.assertRaises(UserError):
                request.action_renew()
            self.assertFalse(request.revoked_at)

    # === What the payer may choose ===

    def test_a_single_due_date_leaves_nothing_to_choose(self):
        request = self.create_request(120.0)
        (option,) = request._get_payment_options()
        self.assertEqual((option["key"], option["amount"]), ("due", 120.0))

    def test_overdue_installments_come_first_then_everything(self):
        invoice = self.create_invoice(
            100.0,
            invoice_date=fields.Date.today() - timedelta(days=15),
            invoice_payment_term_id=self.installments().id,
        )
        request = self.request_of(invoice)
        due, everything = request._get_payment_options()
        self.assertEqual((due["key"], due["amount"]), ("due", 30.0))
        self.assertEqual((everything["key"], everything["amount"]), ("all", 100.0))
        tx = self.pay(request)
        self.assertEqual(tx.amount, 30.0)
        self.settle_all()
        self.assert_state(request, "valid", 70.0)
        # Then the next one.
        (due, everything) = request._get_payment_options()
        self.assertEqual((due["amount"], everything["amount"]), (30.0, 70.0))
        tx = self.pay(request, option="all")
        self.settle_all()
        self.assert_booked(tx, 70.0)
        self.assert_state(request, "paid")

    def test_an_unknown_choice_is_the_amount_due_now(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        request = self.request_of(invoice)
        for option in ("", "999999", None, "due; drop table", "ALL"):
            self.assertEqual(request._get_option(option)["amount"], 30.0)

    def test_an_early_payment_discount_is_granted_and_booked(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.early_discount().id
        )
        request = self.request_of(invoice)
        (option,) = request._get_payment_options()
        self.assertEqual((option["amount"], option["share"]), (98.0, 100.0))
        self.assertTrue(option["note"])
        tx = self.pay(request, "pdng-acsc")
        self.assertEqual((tx.amount, tx.request_share), (98.0, 100.0))
        self.settle_all()
        # All of it is on its way: nobody pays the discount back by a second transfer.
        self.assert_state(request, "in_progress", 0.0)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 98.0)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assert_state(request, "paid", 0.0)
        self.assertFalse(tx.issue)

    def test_a_discount_that_ran_out_is_no_longer_granted(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.early_discount().id
        )
        request = self.request_of(invoice)
        self.travel(days=9)
        (option,) = request._get_payment_options()
        self.assertEqual((option["amount"], option["share"]), (100.0, 100.0))
        self.assertFalse(option["note"])

    def test_a_part_of_the_residual_gets_no_discount(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.early_discount().id
        )
        request = self.ask(invoice, mode="part", amount=50.0)
        (option,) = request._get_payment_options()
        self.assertEqual((option["amount"], option["share"]), (50.0, 50.0))

    def test_nothing_can_be_chosen_when_all_is_on_its_way(self):
        request = self.create_request()
        self.pay(request, "pdng")
        self.settle_all()
        self.assertEqual(request._get_payment_options(), [])
        self.assertEqual(request._get_page_state(), "in_progress")

    # === The ceiling of one transfer ===

    def test_a_large_amount_is_paid_in_several_transfers(self):
        request = self.create_request(80_000.0)
        expected = (
            (35_000.0, 45_000.0, 3),
            (35_000.0, 10_000.0, 2),
            (10_000.0, 0.0, 1),
        )
        transactions = self.env["payment.transaction"]
        for amount, left, transfers in expected:
            offer = request._get_bridge_offer(request.amount_to_pay)
            self.assertEqual(offer["provider"], self.bridge)
            self.assertEqual(
                (offer["amount"], offer["left"], offer["transfers"]),
                (amount, left, transfers),
            )
            tx = self.pay(request, "pdng-acsc")
            self.settle_all()
            self.assertEqual((tx.amount, tx.state), (amount, "pending"))
            self.assertEqual(request.amount_to_pay, left)
            # With a part on its way the next one can be paid, and only then not.
            self.assert_state(request, "valid" if left else "in_progress", left)
            transactions += tx
        self.assertEqual(len(set(transactions.mapped("provider_reference"))), 3)
        self.assertEqual(len(set(transactions.mapped("reference"))), 3)
        self.assertEqual(request.amount_in_progress, 80_000.0)
        with self.assertRaises(UserError):
            request._start_bridge_transfer("due")
        for tx in transactions:
            self.sim.settle(tx.provider_reference)
        self.settle_all()
        for tx in transactions:
            self.assert_booked(tx)
        self.assertEqual(request.line_ids.move_id.amount_residual, 0.0)
        self.assert_state(request, "paid", 0.0)

    def test_a_refused_part_can_be_paid_again(self):
        request = self.create_request(50_000.0)
        first = self.pay(request, "pdng-rjct")
        self.settle_all()
        second = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.assert_state(request, "in_progress", 0.0)
        self.sim.settle(first.provider_reference)
        self.settle_all()
        self.assertEqual((first.state, second.state), ("error", "pending"))
        self.assert_state(request, "valid", 35_000.0)

    def test_an_exact_multiple_of_the_ceiling_needs_no_transfer_more(self):
        request = self.create_request(70_000.0)
        offer = request._get_bridge_offer(70_000.0)
        self.assertEqual((offer["transfers"], offer["left"]), (2, 35_000.0))
        offer = request._get_bridge_offer(35_000.01)
        self.assertEqual((offer["transfers"], offer["left"]), (2, 0.01))

    def test_a_lower_ceiling_can_be_set_and_none_above_bridge_s(self):
        self.bridge.maximum_amount = 1_000.0
        offer = self.create_request(2_500.0)._get_bridge_offer(2_500.0)
        self.assertEqual((offer["amount"], offer["transfers"]), (1_000.0, 3))
        with self.assertRaises(ValidationError):
            self.bridge.maximum_amount = 35_000.01

    # === Not in euros ===

    def test_another_currency_is_not_offered_and_says_why(self):
        invoice = self.create_invoice(100.0, currency_id=self.currency_usd.id)
        request = self.request_of(invoice)
        self.assert_state(request, "valid", 100.0)
        offer = request._get_bridge_offer(100.0)
        self.assertFalse(offer["provider"])
        self.assertIn("USD", offer["reason"])
        with self.assertRaisesRegex(UserError, "USD"):
            request._start_bridge_transfer("due")
        self.assertFalse(request.transaction_ids)
        self.assertFalse(self.sim.links)
        others = request._get_other_providers(100.0)
        self.assertIn(self.dummy_provider, others)
        self.assertNotIn(self.bridge, others)
