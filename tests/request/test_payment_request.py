from datetime import date, datetime, timedelta
from unittest.mock import patch

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
                self.env["payment.request"].sudo().create(
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
                self.env["payment.request"].sudo().create(prepare(first + stranger))

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

    def test_a_part_waits_for_its_own_money(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=30.0)
        self.assert_state(request, "valid", 30.0)
        self.register_payment(invoice, amount=20.0)
        self.assert_state(request, "valid", 30.0)
        self.register_payment(invoice, amount=60.0)
        self.assert_state(request, "valid", 20.0)
        self.assert_state(self.request_of(invoice), "valid", 20.0)

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
        invoice, first_due, request = self.ask_first_installment()
        self.assert_state(request, "valid", 30.0)
        self.assertEqual(request.due_date, first_due.date_maturity)
        self.register_payment(invoice, amount=30.0)
        self.assert_state(request, "paid", 0.0)


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
            self.env["payment.request"].sudo().create(
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
