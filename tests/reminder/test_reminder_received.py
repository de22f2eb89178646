"""Money that is there and not allocated yet is not chased."""

from datetime import timedelta
from itertools import permutations
from unittest.mock import patch

from odoo.tests import tagged

from ..common.page_case import PageCase
from ..common.reminder_case import DUE, ReminderPlanCase

MATCH_CRON = "account_payment_request.ir_cron_bank_match"
NAME = "Imprimerie Delcourt SARL"
LABEL = "VIR INST RE 552012345 DE IMPRIMERIE DELCOURT SARL MERCI"
AMOUNT = 731.25
PAYER_IBAN = "FR7630004000031234567890143"


class ReceivedCase(ReminderPlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.payer = cls.env["res.partner"].create(
            {"name": NAME, "is_company": True, "email": "compta@delcourt.example"}
        )

    def come_in(self, amount=AMOUNT, label="VIR 6789", **values):
        """Let money come in today, known from now on."""
        line = self.bank_line(amount, label, **{"date": self.today, **values})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_bank_statement_line SET create_date = %s WHERE id = %s",
            [self.now, line.id],
        )
        self.env.invalidate_all()
        return line

    def suggested(self):
        """Let money come in that may be for one invoice."""
        line = self.come_in(label=LABEL)
        self.assertFalse(line.partner_id)
        return line

    def of_customer(self, amount=640.0, **values):
        return self.come_in(amount, partner_id=self.payer.id, **values)

    def from_account(self, amount=850.0):
        """Let money come in from the customer's account, as a bank may write it."""
        self.remember_account()
        spaced = " ".join(PAYER_IBAN[i : i + 4] for i in range(0, len(PAYER_IBAN), 4))
        return self.come_in(amount, "VIR TRAVAUX", account_number=spaced.lower())

    def remember_account(self):
        self.env["res.partner.bank"].create(
            {"acc_number": PAYER_IBAN, "partner_id": self.payer.id}
        )

    def registered(self, amount=100.0, **values):
        """Register a payment that makes no entry."""
        self.inbound_payment_method_line.payment_account_id = False
        # As with Odoo's accounting application; without it there is always an entry.
        self.startPatcher(
            patch.object(
                self.registry["account.move"],
                "_get_invoice_in_payment_state",
                lambda _move: "in_payment",
            )
        )
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": self.payer.id,
                "amount": amount,
                "date": self.today,
                "journal_id": self.bank_journal.id,
                "payment_method_line_id": self.inbound_payment_method_line.id,
                **values,
            }
        )
        payment.action_post()
        self.assertEqual((payment.state, bool(payment.move_id)), ("in_process", False))
        return payment

    def owe(self, amount=AMOUNT, due=DUE, partner=None, **values):
        return super().owe(amount, due, partner or self.payer, **values)


@tagged("post_install", "-at_install")
class TestReminderReceived(ReceivedCase):
    def test_each_way_to_know_whose_it_is_holds(self):
        ways = (self.suggested, self.of_customer, self.from_account, self.registered)
        for way in ways:
            with self.subTest(way.__name__), self.env.cr.savepoint() as savepoint:
                line = self.owe()
                other = self.owe(100.0, partner=self.company_customer)
                self.after(5)
                self.assertIsNone(self.reason(line))
                money = way()
                until = DUE + timedelta(5 + self.company.payment_receipt_days - 1)
                self.assert_reason(line, "received", until)
                self.assertEqual(self.state(line)["money"], money)
                sentence = self.in_iso(line)["sentence"]
                self.assertIn(str(self.today), sentence)
                self.assertIn(f"{money.amount:.2f}", sentence)
                self.assertEqual(self.plan().line_ids.move_line_id, other)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_a_receipt_that_comes_between_plan_and_sending(self):
        first, second = self.owe(), self.owe(50.0)
        self.after(5)
        reminder = self.plan()
        self.suggested()
        blockers = reminder._get_line_blockers()
        [blocked] = reminder.line_ids.filtered(lambda ln: ln.id in blockers)
        self.assertEqual(blocked.move_line_id, first)
        self.assertEqual(blockers[blocked.id].reason, "received")
        self.assertEqual(reminder._recheck().line_ids.move_line_id, second)
        self.of_customer()
        self.assertFalse(reminder._recheck())
        self.assertEqual(reminder.state, "dropped")
        self.assertIn("not allocated yet", reminder.note)

    def test_facts_in_any_order(self):
        """Whatever was there first: the invoice, the money, or whose account it is."""

        def receive():
            self.come_in(850.0, "VIR TRAVAUX", account_number=PAYER_IBAN)

        def set_customer():
            domain = [("payment_ref", "=", "VIR TRAVAUX")]
            lines = self.env["account.bank.statement.line"].search(domain)
            lines.partner_id = self.payer

        def learn():
            self.remember_account()

        def examine():
            self.run_cron(MATCH_CRON)

        orders = [
            *permutations((self.owe, receive, learn)),
            *permutations((self.owe, receive, examine)),
            (self.owe, receive, set_customer),
            (receive, set_customer, self.owe),
        ]
        self.after(5)
        for order in orders:
            knows = learn in order or set_customer in order
            names = [fact.__name__ for fact in order]
            with self.subTest(names), self.env.cr.savepoint() as savepoint:
                for fact in order:
                    fact()
                reminders = self.plan(partners=self.payer)
                self.assertEqual(not reminders, knows)
                savepoint.rollback()
            self.env.invalidate_all()

    def test_money_that_was_there_before_its_invoice(self):
        self.after(5)
        self.suggested()
        line = self.owe()
        self.run_cron(MATCH_CRON)
        self.assertEqual(self.reason(line), "received")

    def test_it_holds_for_the_days_of_the_setting(self):
        self.company.payment_receipt_days = 4
        line = self.owe()
        self.after(5)
        self.of_customer()
        for day, held in ((5, True), (8, True), (9, False)):
            self.after(day)
            self.assertEqual(self.reason(line) == "received", held, day)
        self.after(5)
        self.company.payment_receipt_days = 0
        self.assertIsNone(self.reason(line))

    def test_a_statement_that_is_imported_late_holds_from_then_on(self):
        self.company.payment_receipt_days = 4
        line = self.owe()
        self.after(30)
        self.of_customer(date=DUE)
        self.assert_reason(line, "received", DUE + timedelta(33))

    def test_once_it_is_allocated_what_is_left_is_reminded(self):
        line, rest = self.owe(), self.owe(50.0)
        self.after(5)
        receipt = self.come_in(label=LABEL, partner_id=self.payer.id)
        self.assertEqual((self.reason(line), self.reason(rest)), ("received",) * 2)
        receipt.match_suggestion_ids[:1].action_accept()
        self.assertEqual(line.move_id.payment_state, "paid")
        self.assertIsNone(self.reason(rest))
        receipt.with_user(self.accountant).action_reopen()
        self.assertEqual(self.reason(line), "received")

    def test_only_money_that_came_in_for_the_company(self):
        line = self.owe()
        self.after(5)
        self.of_customer(-640.0)
        foreign = self.setup_other_company()
        self.come_in(
            journal_id=foreign["default_journal_bank"].id, partner_id=self.payer.id
        )
        self.assertIsNone(self.reason(line))
        cancelled = self.of_customer()
        cancelled.move_id.button_cancel()
        self.assertIsNone(self.reason(line))

    def test_money_of_a_branch_comes_in_at_its_parent(self):
        branch = self.create_branch()
        move = self.owe_to(branch)
        self.after(5)
        self.come_in(partner_id=self.customer.id)
        self.assertFalse(self.plan(branch))
        self.assert_reason(self.due_lines(move), "received")

    def test_a_person_who_set_the_customer_knows_better_than_the_account(self):
        line = self.owe()
        other = self.owe(partner=self.company_customer)
        self.after(5)
        self.from_account().partner_id = self.company_customer
        self.assertIsNone(self.reason(line))
        self.assertEqual(self.reason(other), "received")

    def test_a_contact_of_the_customer_paid(self):
        line = self.owe()
        contact = self.env["res.partner"].create(
            {"name": "Claire", "parent_id": self.payer.id}
        )
        self.after(5)
        self.come_in(5.0, partner_id=contact.id)
        self.assertEqual(self.reason(line), "received")

    def test_a_registered_payment_holds_until_somebody_has_seen_it(self):
        line = self.owe()
        self.after(5)
        payment = self.registered()
        self.assertEqual(self.reason(line), "received")
        payment.action_validate()
        self.assertIsNone(self.reason(line))

    def test_what_a_registered_payment_settles_holds_nothing_else(self):
        line, other = self.owe(), self.owe(50.0)
        self.after(5)
        self.registered(invoice_ids=line.move_id.ids)
        self.assertEqual(self.reason(other), None)

    def test_the_invoice_opens_the_receipt(self):
        line = self.owe()
        self.after(5)
        move = line.move_id.with_user(self.accountant)
        self.assertFalse(move.reminder_is_received)
        self.assertFalse(move.action_open_received())
        receipt = self.of_customer()
        self.env.invalidate_all()
        self.assertTrue(move.reminder_is_received)
        action = move.action_open_received()
        self.assertEqual(action["context"]["default_line_id"], receipt.id)
        receipt.unlink()
        payment = self.registered()
        self.assertEqual(move.action_open_received()["res_id"], payment.id)

    def test_the_plan_of_many_receipts_takes_as_many_queries_as_of_few(self):
        line = self.owe()
        self.after(5)
        self.of_customer()
        self.reason(line)
        few = self.count_queries(lambda: self.state(line))
        for _number in range(5):
            self.of_customer()
            self.suggested()
        self.assertEqual(self.count_queries(lambda: self.state(line)), few)


@tagged("post_install", "-at_install")
class TestPageReceived(ReceivedCase, PageCase):
    """The pay page says what came in before it asks for it once more."""

    def setUp(self):
        super().setUp()
        self.after(5)
        self.request = self.request_of(self.owe().move_id)

    def told(self):
        return [amount for amount, *_rest in self.request._get_unallocated()]

    def test_it_is_said_before_it_is_asked(self):
        self.assertNotIn("being allocated", self.page(self.request)[0])
        self.suggested()
        text, _tree = self.page(self.request)
        self.assertRegex(text, r"We received \D*731.25\D* on December 14, 2026; it is")
        self.assertLess(text.index("being allocated"), text.index("To pay now"))

    def test_each_receipt_is_said_once(self):
        # Suggested for it, of the customer, and from their account.
        self.remember_account()
        self.come_in(label=LABEL, partner_id=self.payer.id, account_number=PAYER_IBAN)
        self.of_customer(20.0)
        self.registered(30.0)
        self.assertEqual(sorted(self.told()), [20.0, 30.0, AMOUNT])

    def test_what_may_be_of_somebody_else_is_not_said(self):
        twin = self.env["res.partner"].create({"name": NAME, "is_company": True})
        line = self.owe(partner=twin)
        receipt = self.suggested()
        suggested = receipt.match_suggestion_ids.entry_ids
        self.assertEqual(suggested.partner_id, self.payer + twin)
        self.assertEqual(self.told(), [])
        self.assertEqual(self.reason(line), "received")

    def test_an_account_of_several_tells_none_of_them(self):
        twin = self.env["res.partner"].create({"name": "Gérance", "is_company": True})
        self.env["res.partner.bank"].create(
            {"acc_number": PAYER_IBAN, "partner_id": twin.id}
        )
        self.from_account()
        self.assertEqual(self.told(), [])

    def test_whoever_holds_the_link_reads_no_amount_of_something_else(self):
        self.of_customer(640.0)
        text = self.page(self.request)[0]
        self.assertIn("A payment of yours came in", text)
        self.assertNotIn("640", text)

    def test_what_is_allocated_or_of_another_is_not_said(self):
        self.come_in(partner_id=self.company_customer.id)
        self.assertEqual(self.told(), [])
        receipt = self.suggested()
        self.assertEqual(self.told(), [AMOUNT])
        receipt.match_suggestion_ids[:1].action_accept()
        self.assertEqual(self.told(), [])

    def test_it_takes_one_query(self):
        self.of_customer(20.0)
        self.told()
        self.env.flush_all()
        with self.assertQueryCount(1):
            self.assertEqual(self.told(), [20.0])
