"""What waits to be confirmed stays true while it waits."""

from odoo.tests import tagged

from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderConfirm(ReminderCase):
    def setUp(self):
        super().setUp()
        self.first.automatic = False
        self.paid, self.owed = self.overdue(100.0), self.overdue(50.0)
        self.reminder = self.plan()
        self.reminder._prepare()
        self.assertEqual(self.reminder.state, "to_confirm")
        self.assertIn(self.paid.name, self.reminder.subject)

    def test_what_is_paid_leaves_it_and_its_text(self):
        self.register_payment(self.paid)
        self.follow()
        self.assertEqual(self.reminder.line_ids.move_id, self.owed)
        self.assertEqual(self.reminder.amount_asked, 50.0)
        for text in (self.reminder.subject, self.reminder.invoice_table):
            self.assertNotIn(self.paid.name, text)
            self.assertIn(self.owed.name, text)
        self.assertEqual(self.reminder.request_id.amount_to_pay, 50.0)

    def test_nothing_is_left_to_confirm_when_all_is_paid(self):
        self.register_payment(self.paid)
        self.register_payment(self.owed)
        self.follow()
        self.assertEqual(self.reminder.state, "dropped")

    def test_a_credit_note_lowers_it(self):
        self.credit(30.0)
        self.follow()
        self.assertEqual(self.reminder.amount_asked, 120.0)
        self.assertIn("120.00", self.reminder.invoice_table)

    def test_another_policy_takes_it_back(self):
        other = self.make_policy("Other", 1)
        self.customer.payment_reminder_policy_id = other
        self.follow()
        self.assertEqual(self.reminder.state, "dropped")
        self.assertEqual(self.plan().policy_id, other)

    def test_what_a_person_wrote_is_kept(self):
        self.reminder.with_user(self.accountant).body = "<p>Dear Marie</p>"
        self.register_payment(self.paid)
        self.follow()
        self.assertEqual(self.reminder.body, "<p>Dear Marie</p>")
        self.assertNotIn(self.paid.name, self.reminder.invoice_table)

    def test_texts_that_were_not_made_yet_are_not_made(self):
        waiting = self.overdue(partner=self.company_customer)
        reminder = self.plan()
        self.assertEqual(reminder.line_ids.move_id, waiting)
        self.credit(10.0, self.company_customer)
        self.follow()
        self.assertEqual(reminder.amount_asked, 110.0)
        self.assertFalse(reminder.prepared_date)
