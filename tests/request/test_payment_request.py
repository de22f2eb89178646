from datetime import date, datetime, timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.payment import setup_provider

from ..common.payment_request import EXPIRY_CRON
from ..common.request_case import RequestCase


@tagged("post_install", "-at_install")
class TestPaymentRequest(RequestCase):
    # === Made when an invoice is posted ===

    def test_policy_by_hand_makes_no_request(self):
        self.company.payment_request_policy = "manual"
        invoice = self.create_invoice()
        self.assertFalse(self.request_of(invoice))

    def test_nothing_is_made_for_what_no_customer_pays(self):
        refund = self.create_invoice(move_type="out_refund")
        free = self.create_invoice(amount=0.0)
        receipt = self.create_invoice(move_type="out_receipt")
        bill = self.create_invoice(move_type="in_invoice")
        draft = self.create_invoice(post=False)
        moves = refund + free + receipt + bill + draft
        self.assertFalse(self.env["payment.request"].search([]))
        self.assertEqual(moves._get_or_create_payment_requests(), {})

    def test_an_invoice_posted_again_keeps_its_request(self):
        invoice = self.create_invoice()
        request = self.request_of(invoice)
        url = request.url
        invoice.button_draft()
        invoice.action_post()
        self.assertEqual(self.request_of(invoice), request)
        self.assertEqual(request.url, url)
        self.assertEqual(len(invoice.own_payment_request_ids), 1)

    def test_a_copy_of_an_invoice_has_a_request_of_its_own(self):
        invoice = self.create_invoice()
        copy = invoice.copy()
        self.assertFalse(self.request_of(copy))
        self.assertFalse(
            self.env["payment.request.line"].search([("move_id", "=", copy.id)])
        )
        copy.action_post()
        self.assertNotEqual(self.request_of(copy), self.request_of(invoice))
        self.assertNotEqual(self.request_of(copy).token, self.request_of(invoice).token)

    def test_many_invoices_get_their_requests_in_one_batch(self):
        invoices = self.env["account.move"]
        for _i in range(5):
            invoices += self.create_invoice(post=False)
        batches = []
        request_class = self.env.registry["payment.request"]
        create = request_class.create

        def count(model, vals_list):
            batches.append(len(vals_list))
            return create(model, vals_list)

        with patch.object(request_class, "create", count):
            invoices.action_post()
        self.assertEqual(batches, [5])
        requests = invoices.sudo().own_payment_request_ids
        self.assertEqual(requests.line_ids.move_id, invoices)
        self.assertEqual(len(set(requests.mapped("token"))), 5)
        self.assertEqual(len(set(requests.mapped("reference"))), 5)

    def test_who_may_invoice_may_post_and_ask(self):
        invoice = self.create_invoice(post=False)
        invoice.with_user(self.accountant).action_post()
        request = self.request_of(invoice)
        self.assert_state(request, "valid", 120.0)
        self.assertEqual(request.partner_id, self.customer)
        self.assertEqual(request.company_id, self.company)

    def test_one_invoice_has_one_request_of_its_own(self):
        invoice = self.create_invoice()
        requests = invoice._get_or_create_payment_requests()
        self.assertEqual(requests, {invoice: self.request_of(invoice)})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            with self.env.cr.savepoint():
                self.env["payment.request"].create(
                    self.env["payment.request"]._prepare_for_moves(invoice)
                )

    # === Made by hand ===

    def test_assistant_refuses_what_cannot_be_asked_for(self):
        draft = self.create_invoice(post=False)
        paid = self.create_invoice()
        self.register_payment(paid)
        bill = self.create_invoice(move_type="in_invoice")
        with self.assertRaisesRegex(UserError, "None of these"):
            self.assistant(draft + paid + bill)

    def test_assistant_leaves_out_what_cannot_be_asked_for(self):
        self.company.payment_request_policy = "manual"
        good = self.create_invoice()
        draft = self.create_invoice(post=False)
        request = self.ask(good + draft, mode="each")
        self.assertEqual(request.line_ids.move_id, good)

    def test_a_part_above_the_residual_is_refused(self):
        invoice = self.create_invoice(100.0)
        self.register_payment(invoice, amount=40.0)
        with self.assertRaisesRegex(UserError, "60.00"):
            self.ask(invoice, mode="part", amount=60.01)

    def test_a_part_needs_an_amount_and_a_single_invoice(self):
        invoice = self.create_invoice(100.0)
        for amount in (0.0, -5.0):
            with self.assertRaisesRegex(UserError, "amount to ask for"):
                self.ask(invoice, mode="part", amount=amount)
        with self.assertRaisesRegex(UserError, "single invoice"):
            self.ask(invoice + self.create_invoice(), mode="part", amount=10.0)

    def test_a_deposit_needs_a_customer_and_an_amount(self):
        assistant = self.env["payment.request.create"].create(
            {"mode": "deposit", "amount": 10.0}
        )
        with self.assertRaisesRegex(UserError, "customer"):
            assistant.action_create()
        for amount in (0.0, -1.0, 0.001):
            with self.assertRaisesRegex(UserError, "amount to ask for"):
                self.ask(self.customer, mode="deposit", amount=amount)

    def test_an_expiry_in_the_past_is_refused(self):
        yesterday = fields.Date.today() - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "past"):
            self.ask(self.customer, mode="deposit", amount=5, expiry_date=yesterday)

    def test_a_request_never_mixes_debts(self):
        first = self.create_invoice()
        other_customer = self.create_invoice(partner=self.company_customer)
        dollars = self.create_invoice(currency_id=self.currency_usd.id)
        refund = self.create_invoice(move_type="out_refund")
        prepare = self.env["payment.request"]._prepare_for_moves
        for stranger in (other_customer, dollars, refund):
            with self.assertRaises(ValidationError):
                self.env["payment.request"].create(prepare(first + stranger))

    def test_a_selection_is_grouped_by_customer_and_currency(self):
        mine = self.create_invoice(10.0) + self.create_invoice(20.0)
        his = self.create_invoice(30.0, self.company_customer)
        his += self.create_invoice(40.0, self.company_customer)
        dollars = self.create_invoice(50.0, currency_id=self.currency_usd.id)
        requests = self.ask(mine + his + dollars, mode="grouped")
        by_moves = {request.line_ids.move_id: request for request in requests}
        self.assertEqual(set(by_moves), {mine, his, dollars})
        self.assertEqual(by_moves[mine].amount_due, 30.0)
        self.assertEqual(by_moves[his].amount_due, 70.0)
        # A single invoice already has its address: that one is used.
        self.assertEqual(by_moves[dollars], self.request_of(dollars))

    def test_contacts_of_one_company_are_one_customer(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.company_customer.id}
        )
        moves = self.create_invoice(10.0, self.company_customer)
        moves += self.create_invoice(20.0, contact)
        request = self.ask(moves, mode="grouped")
        self.assertEqual(request.line_ids.move_id, moves)
        self.assertEqual(request.commercial_partner_id, self.company_customer)

    def test_an_accountant_makes_every_kind_of_request(self):
        moves = self.create_invoice(10.0) + self.create_invoice(20.0)
        self.company.payment_request_policy = "manual"
        alone = self.create_invoice(30.0)
        mine = moves.with_user(self.accountant)
        for records, values, asked in (
            (mine, {"mode": "grouped"}, 30.0),
            (mine[:1], {"mode": "part", "amount": 4.0}, 4.0),
            (alone.with_user(self.accountant), {"mode": "each"}, 30.0),
            (
                self.customer.with_user(self.accountant),
                {"mode": "deposit", "amount": 5.0},
                5.0,
            ),
        ):
            with self.subTest(values):
                request = self.ask(records, **values).with_user(self.accountant)
                self.assert_state(request, "valid", asked)
                self.assertIn(request.token, request.url)
                request.action_revoke()
                request.action_renew()

    def test_the_assistant_opens_with_what_was_selected(self):
        invoice = self.create_invoice(120.0)
        context = {"active_model": "account.move", "active_ids": invoice.ids}
        form = Form(self.env["payment.request.create"].with_context(**context))
        self.assertEqual(form.mode, "part")
        form.amount = 45.0
        request_id = form.save().action_create()["res_id"]
        request = self.env["payment.request"].browse(request_id)
        self.assert_state(request, "valid", 45.0)
        self.assertFalse(request.move_id)

    def test_a_part_of_everything_is_the_invoice_s_own_request(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=100.0)
        self.assertEqual(request, self.request_of(invoice))

    def test_a_part_counts_what_is_paid_since(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=30.0)
        self.assert_state(request, "valid", 30.0)
        self.register_payment(invoice, amount=20.0)
        self.assert_state(request, "valid", 10.0)
        self.register_payment(invoice, amount=10.0)
        self.assert_state(request, "paid", 0.0)
        self.assert_state(self.request_of(invoice), "valid", 70.0)

    def test_a_part_is_paid_by_its_own_transfer(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=30.0)
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx, 30.0)
        self.assertEqual(invoice.amount_residual, 70.0)
        self.assert_state(request, "paid")

    def test_a_part_never_asks_more_than_is_left(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=30.0)
        self.reverse(invoice, 90.0)
        self.assertLessEqual(request.amount_to_pay, invoice.amount_residual)
        self.assertEqual(invoice.amount_residual, 10.0)

    def test_a_deposit_is_asked_from_a_customer(self):
        request = self.ask(
            self.customer, mode="deposit", amount=250.0, description="Order 42"
        )
        self.assert_state(request, "valid", 250.0)
        self.assertEqual(request.invoice_names, "Order 42")
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx, 250.0)
        self.assert_state(request, "paid", 0.0)
        self.assertIn("Order 42", tx.payment_id.memo)
        credit = tx.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == tx.payment_id.destination_account_id
        )
        self.assertEqual(credit.amount_residual, -250.0)
        # It waits for its invoice: nobody has to be told.
        self.assertFalse(tx.issue)

    def test_one_installment_can_be_asked_for(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        dues = invoice.line_ids.filtered("date_maturity").sorted("date_maturity")
        request = self.env["payment.request"].create(
            self.env["payment.request"]._prepare_for_moves(invoice, move_lines=dues[:1])
        )
        self.assert_state(request, "valid", 30.0)
        self.assertEqual(request.due_date, dues[0].date_maturity)
        self.register_payment(invoice, amount=30.0)
        self.assert_state(request, "paid", 0.0)

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
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        dues = invoice.line_ids.filtered("date_maturity").sorted("date_maturity")
        request = self.env["payment.request"].create(
            self.env["payment.request"]._prepare_for_moves(invoice, move_lines=dues[:1])
        )
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

    # === Sharing ===

    def test_what_cannot_be_paid_is_not_sent(self):
        request = self.create_request()
        request.action_revoke()
        for action in ("action_send_email", "action_send_sms", "action_share_whatsapp"):
            with self.assertRaises(UserError):
                getattr(request, action)()

    def test_a_request_is_sent_by_email_with_its_button(self):
        request = self.create_request(120.0)
        composer = self.compose(request.action_send_email())
        with self.mock_mails() as mails:
            composer._action_send_mail()
        self.assertEqual(len(mails), 1)
        self.assertIn(request.url, mails[0]["body"])
        self.assertIn(self.customer.email, mails[0]["email_to"][0])
        self.assertIn("120.00", mails[0]["body"])
        # The chatter tells it.
        self.assertIn(request.url, "".join(request.message_ids.mapped("body")))

    def test_many_requests_are_sent_by_email_each_with_its_own_link(self):
        requests = self.create_request(10.0)
        requests |= self.create_request(20.0, self.company_customer)
        composer = self.compose(requests.action_send_email())
        with self.mock_mails() as mails:
            composer._action_send_mail()
        self.assertEqual(len(mails), 2)
        for request in requests:
            (mail,) = (
                mail
                for mail in mails
                if request.partner_id.email in mail["email_to"][0]
            )
            self.assertIn(request.url, mail["body"])
            self.assertNotIn((requests - request).url, mail["body"])

    def test_an_sms_leaves_to_the_number_in_international_form(self):
        request = self.create_request()
        with self.mock_sms() as sent:
            self.compose(request.action_send_sms())._action_send_sms()
        ((number, content),) = sent
        self.assertEqual(number, "+33612345678")
        self.assertIn(request.url, content)
        self.assertIn("120.00", content)

    def test_no_sms_leaves_to_a_number_that_is_none(self):
        self.customer.phone = "12"
        request = self.create_request()
        with self.mock_sms() as sent, self.assertRaises(UserError):
            self.compose(request.action_send_sms())._action_send_sms()
        self.assertEqual(sent, [])

    def test_among_many_sms_a_wrong_number_fails_alone(self):
        self.customer.phone = "12"
        self.company_customer.phone = "07 81 22 33 44"
        requests = self.create_request(10.0)
        good = self.create_request(20.0, self.company_customer)
        requests |= good
        composer = self.compose(requests.action_send_sms())
        composer.mass_force_send = True
        with self.mock_sms() as sent:
            composer._action_send_sms()
        ((number, content),) = sent
        self.assertEqual(number, "+33781223344")
        self.assertIn(good.url, content)

    def test_a_customer_with_two_requests_gets_both(self):
        requests = self.create_request(10.0) | self.create_request(20.0)
        composer = self.compose(requests.action_send_sms())
        composer.mass_force_send = True
        with self.mock_sms() as sent, self.mock_mails() as mails:
            composer._action_send_sms()
            self.compose(requests.action_send_email())._action_send_mail()
        for texts in (
            [content for _number, content in sent],
            [mail["body"] for mail in mails],
        ):
            self.assertEqual(len(texts), 2)
            for request in requests:
                self.assertEqual(sum(request.url in text for text in texts), 1)

    def test_whatsapp_opens_on_the_customer_s_number_with_the_link(self):
        request = self.create_request(120.0)
        url = urlsplit(request.action_share_whatsapp()["url"])
        self.assertEqual((url.scheme, url.netloc), ("https", "wa.me"))
        self.assertEqual(url.path, "/33612345678")
        (text,) = parse_qs(url.query)["text"]
        self.assertIn(request.url, text)
        self.assertIn("120.00", text)

    def test_whatsapp_without_number_lets_the_sender_choose(self):
        self.customer.phone = False
        url = urlsplit(self.create_request().action_share_whatsapp()["url"])
        self.assertEqual(url.path, "/")

    def test_the_chatter_tells_the_story(self):
        request = self.create_request()
        request._mark_opened()
        self.pay(request)
        self.settle_all()
        story = " ".join(request.message_ids.sorted("id").mapped("body"))
        positions = [
            story.find(words)
            for words in ("opened", "initiated", "confirmed", "posted")
        ]
        self.assertNotIn(-1, positions)
        self.assertEqual(positions, sorted(positions))

    def test_opening_again_is_told_once(self):
        request = self.create_request()
        for _i in range(3):
            request._mark_opened()
            self.travel(minutes=10)
        opened = [
            body for body in request.message_ids.mapped("body") if "opened" in body
        ]
        self.assertEqual(len(opened), 1)
        self.assertGreater(request.last_opened_at, request.opened_at)

    def test_many_are_revoked_and_renewed_from_the_list(self):
        requests = self.create_request() | self.create_request() | self.create_deposit()
        paid = self.create_request()
        self.register_payment(paid.line_ids.move_id)
        (requests | paid).action_revoke()
        self.assertEqual(requests.mapped("state"), ["revoked"] * 3)
        self.assert_state(paid, "paid")
        requests.action_renew()
        self.assertEqual(requests.mapped("state"), ["valid"] * 3)

    def test_a_copy_has_an_address_of_its_own(self):
        deposit = self.create_deposit(300.0)
        copy = deposit.copy()
        self.assert_state(copy, "valid", 300.0)
        self.assertNotEqual(copy.token, deposit.token)
        self.assertNotEqual(copy.reference, deposit.reference)
        self.assertEqual(self.env["payment.request"]._find_by_token(copy.token), copy)


@tagged("post_install", "-at_install")
class TestPaymentRequestCompanies(RequestCase):
    """Two companies and a branch, each paid on its own account."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company(name="Autre Boutique")
        other = cls.other["company"]
        other.partner_id.tz = "Pacific/Noumea"
        setup_provider(cls.env(su=True), "bridge")
        cls.other_bridge = cls._enable_bridge(
            other,
            cls.other["default_journal_bank"],
            bridge_client_id="other-client",
            bridge_client_secret="other-secret",
        )
        cls.branch = cls.env["res.company"].create(
            {"name": "Boutique du Nord", "parent_id": cls.company.id}
        )
        cls.env.cr.precommit.run()  # loads its chart of accounts
        cls.env.user.company_ids |= cls.branch | other
        cls.env = cls.env(
            context={
                **cls.env.context,
                "allowed_company_ids": (cls.company | other | cls.branch).ids,
            }
        )

    def setUp(self):
        super().setUp()
        self.sim.add_application("other-client", "other-secret")

    def invoice_of(self, company, amount=120.0):
        company_env = self.env["account.move"].with_company(company)
        move = company_env.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "company_id": company.id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Service",
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move

    def test_each_company_asks_in_its_own_name_on_its_own_address(self):
        self.other["company"].payment_request_base_url = "https://pay.autre.example/"
        mine = self.request_of(self.invoice_of(self.company))
        his = self.request_of(self.invoice_of(self.other["company"]))
        self.assertEqual(mine.company_id, self.company)
        self.assertEqual(his.company_id, self.other["company"])
        self.assertEqual(his.url, f"https://pay.autre.example/pay/{his.token}")
        self.assertEqual(his.short_url, f"pay.autre.example/pay/{his.token}")
        self.assertFalse(mine.url.startswith("https://pay.autre.example"))

    def test_the_policy_is_each_company_s_own(self):
        self.other["company"].payment_request_policy = "manual"
        self.assertTrue(self.request_of(self.invoice_of(self.company)))
        self.assertFalse(self.request_of(self.invoice_of(self.other["company"])))

    def test_each_company_is_paid_through_its_own_application(self):
        mine = self.request_of(self.invoice_of(self.company))
        his = self.request_of(self.invoice_of(self.other["company"]))
        for request, provider in ((mine, self.bridge), (his, self.other_bridge)):
            tx = self.pay(request)
            self.assertEqual(tx.provider_id, provider)
            self.assertEqual(tx.company_id, request.company_id)
            self.assertEqual(self.link(tx)["client_id"], provider.bridge_client_id)
            self.travel(minutes=3)
            self.poll()
            self.assert_booked(tx)
            self.assertEqual(tx.payment_id.company_id, request.company_id)
            self.assert_state(request, "paid", 0.0)

    def test_a_request_never_mixes_companies(self):
        mine = self.invoice_of(self.company)
        his = self.invoice_of(self.other["company"])
        with self.assertRaises(ValidationError):
            self.env["payment.request"].create(
                self.env["payment.request"]._prepare_for_moves(mine + his)
            )
        requests = self.ask(mine + his, mode="grouped")
        self.assertEqual(
            requests.mapped("company_id"), self.company | self.other["company"]
        )

    def test_a_branch_is_paid_through_its_parent_s_application(self):
        invoice = self.invoice_of(self.branch)
        request = self.request_of(invoice)
        self.assertEqual(request.company_id, self.branch)
        tx = self.pay(request)
        self.assertEqual(tx.provider_id, self.bridge)
        self.settle_all()
        self.assert_booked(tx)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assert_state(request, "paid", 0.0)
        # The money arrives on the parent's account.
        line = self.bank_line(120.0, tx.reference)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(line.matched_transaction_id, tx)

    def test_a_branch_s_transfer_typed_by_hand_reaches_the_parent_s_account(self):
        invoice = self.invoice_of(self.branch)
        line = self.bank_line(120.0, self.request_of(invoice).reference)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_transfer_details_are_those_of_the_company_that_asks(self):
        request = self.request_of(self.invoice_of(self.company))
        details = request._get_transfer_details(120.0)
        account = self.bank_journal.bank_account_id
        self.assertEqual(details["iban"].replace(" ", ""), account.sanitized_acc_number)
        self.assertEqual(details["reference"], request.reference)
        self.assertFalse(
            self.request_of(
                self.invoice_of(self.other["company"])
            )._get_transfer_details(120.0)
        )
        self.assertEqual(
            self.request_of(self.invoice_of(self.branch))._get_transfer_details(120.0)[
                "iban"
            ],
            details["iban"],
        )

    def test_a_company_s_day_ends_where_it_is(self):
        mine = self.request_of(self.invoice_of(self.company))
        his = self.request_of(self.invoice_of(self.other["company"]))
        (mine | his).expiry_date = date(2027, 3, 10)
        # Already the 11th in Nouméa, still the 10th in Paris.
        self.travel_to(datetime(2027, 3, 10, 14))
        self.run_cron(EXPIRY_CRON)
        self.assert_state(mine, "valid")
        self.assert_state(his, "expired")
