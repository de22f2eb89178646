"""What nobody confirms, posts or calls about silences no customer unnoticed."""

from datetime import datetime, timedelta

from odoo.tests import tagged

from ..common.reminder_case import MONDAY
from ..common.reminder_channel_case import ChannelCase

WHERE = {"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon"}


@tagged("post_install", "-at_install")
class TestReminderOverlooked(ChannelCase):
    def setUp(self):
        super().setUp()
        self.customer.write(WHERE)

    def waiting(self, state):
        """Return a reminder that waits for a person."""
        self.use({"to_post": "letter", "to_call": "phone"}.get(state, "email"), False)
        self.first.automatic = state != "to_confirm"
        self.overdue()
        self.run_reminders()
        [reminder] = self.reminders.search([("state", "=", state)])
        return reminder

    def told(self):
        return self.env["mail.activity"].search([("payment_task", "=", "overlooked")])

    def test_each_is_told_once(self):
        for state in ("to_confirm", "to_post", "to_call"):
            with self.subTest(state), self.env.cr.savepoint() as savepoint:
                self.set_now(MONDAY)
                reminder = self.waiting(state)
                self.next_days(6)
                self.run_reminders()
                self.assertFalse(self.told())
                self.next_days(1)
                self.run_reminders()
                [task] = self.told()
                self.assertEqual(task.res_id, reminder.id)
                self.assertEqual(task.user_id, self.accountant)
                self.assertIn("since March 16, 2026", task.note)
                self.assertTrue(reminder.overlooked)
                task.unlink()
                self.next_days(30)
                self.run_reminders()
                self.assertFalse(self.told(), "once")
                savepoint.rollback()
            self.env.invalidate_all()

    def test_the_accountant_hears_of_what_others_leave(self):
        colleague = self.make_user(
            "seller", "account.group_account_invoice", self.company
        )
        self.policy.user_id = colleague
        self.waiting("to_post")
        self.next_days(7)
        self.run_reminders()
        self.assertEqual(self.told().user_id, colleague | self.accountant)

    def test_many_are_one_task(self):
        self.waiting("to_post")
        for number in range(3):
            self.overdue(
                partner=self.env["res.partner"].create(
                    {
                        "name": f"Customer {number}",
                        "country_id": self.env.ref("base.fr").id,
                        **WHERE,
                    }
                )
            )
        self.run_reminders()
        self.next_days(7)
        self.run_reminders()
        [task] = self.told()
        self.assertIn("4", task.summary)

    def test_it_is_over_once_somebody_moves_it_on(self):
        reminder = self.waiting("to_confirm")
        self.next_days(7)
        self.run_reminders()
        self.assertTrue(self.told())
        reminder.with_user(self.accountant).action_drop()
        self.run_reminders()
        self.assertFalse(self.told())
        self.assertFalse(reminder.overlooked)

    def test_the_rest_is_told_of_once_one_is_moved_on(self):
        first = self.waiting("to_confirm")
        self.overdue(partner=self.company_customer)
        self.run_reminders()
        self.next_days(7)
        self.run_reminders()
        [task] = self.told()
        self.assertEqual(task.res_id, first.id)
        first.with_user(self.accountant).action_drop()
        self.run_reminders()
        [task] = self.told()
        self.assertNotEqual(task.res_id, first.id)
        task.unlink()
        self.run_reminders()
        self.assertFalse(self.told(), "once")

    def test_whoever_calls_in_vain_is_at_it(self):
        reminder = self.waiting("to_call")
        self.next_days(4)
        reminder.action_phone_outcome("no_answer")
        self.run_reminders()
        self.next_days(6)
        self.run_reminders()
        self.assertFalse(self.told())


@tagged("post_install", "-at_install")
class TestTheirHours(ChannelCase):
    def later(self, moment):
        """Return a reminder that a person lets leave in its hours, from 8:30 to 18."""
        self.set_now(moment)
        self.overdue()
        reminder = self.plan()
        openings = reminder._get_openings()
        reminder._send_in_their_hours(openings)
        return reminder

    def test_a_job_that_comes_late_waits_for_the_next_hours(self):
        reminder = self.later(datetime(2026, 3, 16, 5))
        opening = datetime(2026, 3, 16, 7, 30)
        self.assertEqual(reminder.leaves_at, opening)
        self.set_now(datetime(2026, 3, 16, 22))
        self.run_reminders()
        self.assertEqual(reminder.state, "to_send")
        self.assertEqual(reminder.leaves_at, opening + timedelta(1))
        self.set_now(datetime(2026, 3, 17, 9))
        self.run_reminders()
        self.assertEqual(reminder.state, "queued")

    def test_not_on_a_day_off_either(self):
        reminder = self.later(datetime(2026, 3, 20, 5))
        self.set_now(datetime(2026, 3, 21, 9))
        self.run_reminders()
        self.assertEqual(reminder.state, "to_send")
        self.assertEqual(reminder.leaves_at, datetime(2026, 3, 23, 7, 30))

    def test_an_sms_keeps_to_the_hours_of_its_number(self):
        self.use("sms", False)
        self.customer.phone = "+596696123456"
        reminder = self.later(datetime(2026, 3, 16, 9))
        self.assertEqual(reminder.leaves_at, datetime(2026, 3, 16, 12, 30))
        self.set_now(datetime(2026, 3, 16, 23))
        self.run_reminders()
        self.assertEqual(reminder.state, "to_send")
        self.set_now(datetime(2026, 3, 17, 13))
        self.run_reminders()
        self.assertEqual(reminder.state, "queued")

    def test_whoever_sends_it_at_once_still_does(self):
        reminder = self.later(datetime(2026, 3, 16, 5))
        reminder.with_user(self.accountant).action_send()
        self.assertEqual(reminder.state, "queued")
