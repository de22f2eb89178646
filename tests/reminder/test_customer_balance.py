"""Customers by what they owe, and the page of one of them."""

from datetime import datetime

from odoo.tests import tagged

from ..common.reminder_screen_case import ScreenCase


@tagged("post_install", "-at_install")
class TestCustomerBalance(ScreenCase):
    """Customers by what they owe, and how late it is."""

    def test_each_amount_stands_in_the_column_of_its_age(self):
        for days, amount in (
            (-10, 1.0),
            (0, 2.0),
            (1, 4.0),
            (30, 8.0),
            (31, 16.0),
            (60, 32.0),
            (61, 64.0),
            (90, 128.0),
            (91, 256.0),
        ):
            self.overdue(amount, days)
        row = self.balance()
        self.assertRecordValues(
            row,
            [
                {
                    "not_due": 3.0,
                    "late_30": 12.0,
                    "late_60": 48.0,
                    "late_90": 192.0,
                    "late_more": 256.0,
                    "overdue": 508.0,
                    "overdue_company": 508.0,
                    "credit": 0.0,
                    "balance": 511.0,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                }
            ],
        )

    def test_the_day_is_the_companys_own(self):
        self.overdue(100.0, 0)
        self.set_now(datetime(2026, 3, 16, 22, 59))
        self.assertEqual(self.balance().not_due, 100.0)
        # Midnight in Paris.
        self.set_now(datetime(2026, 3, 16, 23, 0))
        self.assertRecordValues(self.balance(), [{"not_due": 0.0, "late_30": 100.0}])

    def test_credits_stand_apart_and_lower_the_balance(self):
        invoice = self.overdue(100.0, 5)
        self.reverse(self.overdue(80.0, 5))
        self.create_invoice(30.0, move_type="out_refund", invoice_date=self.today)
        self.assertRecordValues(
            self.balance(),
            [{"overdue": 100.0, "credit": 30.0, "balance": 70.0}],
        )
        self.register_payment(invoice, amount=100.0)
        self.assertRecordValues(
            self.balance(), [{"overdue": 0.0, "credit": 30.0, "balance": -30.0}]
        )

    def test_installments_age_one_by_one(self):
        self.create_invoice(
            100.0,
            invoice_date=datetime(2026, 2, 24).date(),
            invoice_payment_term_id=self.installments().id,
        )
        # Due on 6, 16 and 26 March; today is the 16th.
        self.assertRecordValues(self.balance(), [{"late_30": 30.0, "not_due": 70.0}])

    def test_paid_without_an_entry_is_owed_no_more(self):
        invoice = self.overdue(100.0, 5)
        self.overdue(40.0, 5)
        # As where a payment waits for its bank line, which is its entry.
        invoice.payment_state = "in_payment"
        self.assertRecordValues(self.balance(), [{"overdue": 40.0, "balance": 40.0}])

    def test_each_currency_has_a_row(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        self.overdue(100.0, 5)
        self.overdue(100.0, 5, currency_id=dollar.id)
        self.assertRecordValues(
            self.balance().sorted("overdue_company"),
            [
                {"overdue": 100.0, "overdue_company": 50.0, "currency_id": dollar.id},
                {
                    "overdue": 100.0,
                    "overdue_company": 100.0,
                    "currency_id": self.company.currency_id.id,
                },
            ],
        )
        self.assertEqual(self.page().payment_overdue, 150.0)

    def test_what_a_contact_bought_is_owed_by_their_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.company_customer.id}
        )
        self.overdue(100.0, 5, contact)
        self.assertEqual(self.balance(self.company_customer).overdue, 100.0)
        self.assertFalse(self.balance(contact))
        self.assertEqual(self.page(contact).payment_overdue, 100.0)
        action = self.page(contact).action_open_reminder_customer()
        self.assertEqual(action["res_id"], self.company_customer.id)

    def test_last_reminder_and_its_level(self):
        invoice = self.overdue(100.0, 1)
        self.assertFalse(self.balance().last_reminder_id)
        first = self.remind(invoice)
        self.next_days(8)
        both = self.remind(invoice)
        self.assertEqual(len(both), 2)
        self.assertRecordValues(
            self.balance(),
            [
                {
                    "last_reminder_id": (both - first).id,
                    "last_reminder_at": self.now,
                    "last_level_name": "Second",
                }
            ],
        )

    def test_most_overdue_come_first(self):
        self.overdue(100.0, 5)
        self.overdue(300.0, 5, self.company_customer)
        rows = self.env["payment.customer.balance"].search(
            [("partner_id", "in", (self.customer | self.company_customer).ids)]
        )
        self.assertEqual(rows.partner_id[:1], self.company_customer)

    def test_remind_from_the_list(self):
        self.overdue(100.0, 5)
        self.overdue(300.0, 5, self.company_customer)
        rows = self.balance() | self.balance(self.company_customer)
        action = rows.with_user(self.accountant).action_remind()
        reminders = self.env["payment.reminder"].search(action["domain"])
        self.assertEqual(reminders.partner_id, self.customer | self.company_customer)

    def test_hold_from_the_list(self):
        self.overdue(100.0, 5)
        action = self.balance().with_user(self.accountant).action_reminder_hold()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"reason": "Called, pays on Friday"})
        )
        wizard.action_hold()
        self.assertEqual(self.balance().hold_until, wizard.until)
        self.assertFalse(self.plan())


@tagged("post_install", "-at_install")
class TestCustomerPage(ScreenCase):
    """Balance, escalation and history of a customer on one page."""

    def test_escalation_shows_the_level_each_due_line_has_reached(self):
        old, new = self.overdue(100.0, 8), self.overdue(50.0, -5)
        self.remind(old)
        page = self.page()
        lines = page.payment_due_line_ids
        self.assertEqual(lines, self.due_lines(old) + self.due_lines(new))
        self.assertRecordValues(
            lines,
            [
                {
                    "reminder_level_id": self.first.id,
                    "reminder_next_level_id": self.second.id,
                    "reminder_days_late": 8,
                },
                {
                    "reminder_level_id": False,
                    "reminder_next_level_id": self.first.id,
                    "reminder_days_late": -5,
                },
            ],
        )
        self.assertIn("Second", lines[0].reminder_note)
        self.assertRecordValues(
            page, [{"payment_balance": 150.0, "payment_overdue": 100.0}]
        )
        self.assertEqual(page.payment_reminder_ids, self.find(old))
        self.assertEqual(page.payment_reminder_count, 1)
        self.assertEqual(page.payment_balance_ids.balance, 150.0)

    def test_paid_lines_leave_the_escalation_and_stay_in_the_history(self):
        invoice = self.overdue(100.0, 1)
        self.remind(invoice)
        self.register_payment(invoice)
        page = self.page()
        self.assertFalse(page.payment_due_line_ids)
        self.assertFalse(page.payment_balance)
        self.assertTrue(page.payment_reminder_ids)

    def test_balances_are_summed_up_once(self):
        self.overdue(100.0, 5)
        page = self.page()
        self.assertEqual(page.payment_balance, 100.0)
        with self.assertQueryCount(0):
            self.assertEqual(page.payment_overdue, 100.0)
            self.assertEqual(page.payment_balance_ids.late_30, 100.0)

    def test_hold_that_is_over_is_not_told(self):
        self.overdue(100.0, 5)
        self.customer._hold_reminders(self.company, self.today, "Until today")
        self.assertTrue(self.page().payment_reminder_is_held)
        self.assertEqual(self.balance().hold_until, self.today)
        self.next_days()
        self.assertFalse(self.page().payment_reminder_is_held)
        self.assertFalse(self.balance().hold_until)

    def test_page_of_many_lines_takes_as_many_queries_as_of_few(self):
        def queries(count, partner):
            for _number in range(count):
                self.overdue(100.0, 5, partner)
            lines = self.page(partner).payment_due_line_ids.with_prefetch()
            return self.count_queries(lambda: lines.mapped("reminder_note"))

        queries(1, self.env["res.partner"].create({"name": "First of all"}))
        self.assertEqual(queries(9, self.company_customer), queries(2, self.customer))
