"""Whoever held reminders hears that the hold ends before the customer hears of it."""

from datetime import timedelta

from odoo.tests import tagged

from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderHoldEnds(ReminderCase):
    def setUp(self):
        super().setUp()
        self.invoice = self.overdue()
        self.until = self.today + timedelta(days=3)

    def hold(self, records=None, *args):
        lines = records or self.due_lines(self.invoice)
        lines.with_user(self.accountant)._hold_reminders(
            *args, self.until, "They pay on Thursday."
        )

    def run_at(self, day):
        """Run the job on a day; return the tasks that it gave about the customer."""
        self.set_now(self.now + (day - self.today))
        before = self.customer.activity_ids
        self.run_reminders()
        self.env.invalidate_all()
        return self.customer.activity_ids - before

    def test_the_owner_of_a_hold_is_told_on_its_last_day(self):
        self.hold()
        self.assertFalse(self.run_at(self.until - timedelta(days=1)))
        task = self.run_at(self.until)
        self.assertEqual(task.user_id, self.accountant)
        self.assertIn("Marie Dupont", task.summary)
        self.assertIn(self.invoice.name, task.note)
        self.assertIn("They pay on Thursday.", task.note)
        self.assertFalse(self.find(self.invoice))
        self.assertFalse(self.run_at(self.until + timedelta(days=1)), "once")
        self.assertTrue(self.find(self.invoice))

    def test_told_late_the_message_waits_for_the_day_after(self):
        self.hold()
        late = self.until + timedelta(days=5)
        self.assertTrue(self.run_at(late))
        self.assertFalse(self.find(self.invoice))
        self.assertFalse(self.run_at(late + timedelta(days=1)))
        self.assertTrue(self.find(self.invoice))

    def test_so_is_whoever_held_a_customer(self):
        self.hold(self.customer, self.company)
        self.assertFalse(self.run_at(self.until - timedelta(days=1)))
        task = self.run_at(self.until + timedelta(days=2))
        self.assertEqual(task.user_id, self.accountant)
        self.assertIn(self.invoice.name, task.note)
        self.assertFalse(self.find(self.invoice))
        self.assertFalse(self.run_at(self.until + timedelta(days=3)))
        self.assertTrue(self.find(self.invoice))

    def test_a_hold_written_on_the_customer_has_an_owner(self):
        self.accountant.group_ids |= self.env.ref("base.group_partner_manager")
        customer = self.customer.with_company(self.company)
        customer.with_user(self.accountant).payment_reminder_hold_until = self.until
        self.assertEqual(self.run_at(self.until).user_id, self.accountant)

    def test_a_promise_that_ends_is_told(self):
        self.use_phone()
        [reminder] = self.remind(self.invoice)
        reminder.with_user(self.accountant).action_phone_outcome(
            "promised", "By transfer", self.until
        )
        task = self.run_at(self.until)
        self.assertEqual(task.user_id, self.accountant)
        self.assertIn("By transfer", task.note)

    def use_phone(self):
        self.first.channel = "phone"
        self.customer.phone = "06 12 34 56 78"

    def test_nobody_is_told_of_what_is_paid_or_released(self):
        self.hold()
        self.register_payment(self.invoice)
        other = self.overdue()
        self.hold(self.due_lines(other))
        self.due_lines(other)._release_reminders()
        self.assertFalse(self.run_at(self.until))

    def test_one_task_for_all_that_one_reason_holds(self):
        other = self.overdue()
        self.hold(self.due_lines(self.invoice | other))
        [task] = self.run_at(self.until)
        self.assertIn(self.invoice.name, task.note)
        self.assertIn(other.name, task.note)
