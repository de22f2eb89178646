"""Calls: what the customer said, and the link sent meanwhile."""

from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException

from ..common.reminder_channel_case import NUMBER, ChannelCase


class CallCase(ChannelCase):
    def setUp(self):
        super().setUp()
        self.use("phone")


@tagged("post_install", "-at_install")
class TestReminderCalls(CallCase):
    def setUp(self):
        super().setUp()
        self.first.phone_script = "<p>Good morning {{ object.contact_id.name }}</p>"

    def call(self):
        """Return a reminder that waits for a call, and its invoice."""
        invoice = self.overdue()
        return self.remind(invoice), invoice

    def calls_of(self, reminders):
        return reminders.activity_ids.filtered(
            lambda task: task.activity_type_id
            == self.env.ref("mail.mail_activity_data_call")
        )

    def test_the_responsible_is_asked_to_call(self):
        reminder, _invoice = self.call()
        self.assertEqual((reminder.state, reminder.channel), ("to_call", "phone"))
        self.assertFalse(reminder.sent_at)
        self.assertEqual(reminder.call_date, self.today)
        self.assertEqual(self.calls_of(reminder).user_id, self.accountant)
        self.assertIn("Good morning Marie Dupont", reminder.phone_script)
        self.assertIn(f'href="tel:{NUMBER}"', reminder.phone_numbers)

    def test_without_a_number_it_goes_by_mail(self):
        self.customer.phone = False
        self.assert_next(self.remind(self.overdue()), "telephone")

    def test_a_promise_holds_until_its_day(self):
        reminder, invoice = self.call()
        day = self.today + timedelta(days=10)
        reminder.with_user(self.accountant).action_phone_outcome(
            "promised", "Friday week", day
        )
        self.assertEqual((reminder.state, reminder.outcome), ("sent", "promised"))
        self.assertEqual((reminder.sent_at, reminder.promise_date), (self.now, day))
        line = self.due_lines(invoice)
        self.assertEqual(line.reminder_hold_until, day)
        self.assertIn("Friday week", line.reminder_hold_reason)
        self.assertFalse(self.calls_of(reminder))
        self.next_days(10)
        self.assertFalse(self.plan())
        self.next_days(1)
        self.assertEqual(self.plan().level_id, self.second)

    def test_a_promise_needs_a_day_to_come(self):
        reminder, _invoice = self.call()
        for day in (None, self.today - timedelta(days=1)):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                reminder.action_phone_outcome("promised", None, day)
        self.assertEqual(reminder.state, "to_call")

    def test_a_dispute_is_held_and_somebody_settles_it(self):
        reminder, invoice = self.call()
        reminder.action_phone_outcome("disputed", "Two boxes were missing")
        line = self.due_lines(invoice)
        self.assertEqual(line.reminder_hold_until, self.today + timedelta(days=30))
        self.assertIn("Two boxes", line.reminder_hold_reason)
        task = self.tasks_of(reminder)
        self.assertEqual(task.user_id, self.accountant)
        self.assertIn("Two boxes", task.note)
        self.assertEqual(reminder.state, "sent")
        self.assertIn("Call: disputes", str(reminder.message_ids.mapped("body")))

    def test_a_wrong_number_goes_by_mail_and_is_corrected(self):
        reminder, _invoice = self.call()
        reminder.action_phone_outcome("wrong_number")
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))
        self.assertFalse(self.calls_of(reminder))
        self.send(reminder)
        self.assert_next(reminder, "06 12 34 56 78")

    def test_nobody_answers_on_three_days_then_it_goes_by_mail(self):
        reminder, _invoice = self.call()
        # A Friday: the next call is on Monday.
        self.next_days(4)
        reminder.action_phone_outcome("no_answer")
        monday = self.today + timedelta(days=3)
        self.assertEqual((reminder.state, reminder.call_date), ("to_call", monday))
        self.assertEqual(self.calls_of(reminder).date_deadline, monday)
        self.next_days(3)
        reminder.action_phone_outcome("no_answer")
        self.next_days(1)
        reminder.action_phone_outcome("no_answer")
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))
        self.assertFalse(self.calls_of(reminder))

    def test_a_holiday_is_no_day_to_call_again(self):
        reminder, _invoice = self.call()
        # Tomorrow is a Tuesday, and a public holiday.
        tomorrow = self.today + timedelta(days=1)
        self.env["resource.calendar.leaves"].sudo().create(
            {
                "date_from": f"{tomorrow} 00:00:00",
                "date_to": f"{tomorrow} 22:00:00",
                "company_id": self.company.id,
                "calendar_id": False,
            }
        )
        reminder.action_phone_outcome("no_answer")
        self.assertEqual(reminder.call_date, tomorrow + timedelta(days=1))

    def test_spoken_to_is_reminded(self):
        reminder, _invoice = self.call()
        reminder.action_phone_outcome("done")
        self.assertEqual((reminder.state, reminder.sent_at), ("sent", self.now))

    def test_an_outcome_is_noted_once(self):
        reminder, _invoice = self.call()
        reminder.action_phone_outcome("done")
        for outcome in ("done", "no_answer"):
            with self.assertRaises(UserError):
                reminder.action_phone_outcome(outcome)

    def test_one_call_is_about_all_that_the_customer_owes(self):
        dollars = self.env.ref("base.USD")
        dollars.active = True
        invoice, foreign = self.overdue(), self.overdue(60.0, currency_id=dollars.id)
        reminder, other = self.remind(invoice), self.find(foreign)
        self.assertNotEqual(reminder, other)
        self.assertIn(foreign.name, reminder.other_calls)
        self.assertIn("60.00", reminder.other_calls)
        reminder.action_phone_outcome("no_answer")
        self.assertEqual(set((reminder | other).mapped("call_due")), {False})
        self.next_days(1)
        day = self.today + timedelta(days=10)
        reminder.action_phone_outcome("promised", "All of it", day)
        self.assertEqual((other.state, other.outcome), ("sent", "promised"))
        self.assertEqual(self.due_lines(foreign).reminder_hold_until, day)
        self.assertFalse(self.calls_of(reminder | other))

    def test_another_customer_is_another_call(self):
        reminder, _invoice = self.call()
        other = self.remind(self.overdue(partner=self.customer.copy()))
        self.assertFalse(reminder.other_calls)
        reminder.action_phone_outcome("done")
        self.assertEqual(other.state, "to_call")

    def test_a_number_is_told_once(self):
        self.company_customer.phone = "06 98 76 54 32"
        for number in ("+33 6 98 76 54 32", "01 42 68 53 00"):
            self.env["res.partner"].create(
                {"name": "A", "parent_id": self.company_customer.id, "phone": number}
            )
        reminder = self.remind(self.overdue(partner=self.company_customer))
        numbers = [number for _partner, number, _name in reminder._get_phone_book()]
        self.assertEqual(numbers, ["+33698765432", "+33142685300"])

    def test_only_what_is_an_answer_is_taken(self):
        reminder, _invoice = self.call()
        with self.assertRaises(UserError):
            reminder.action_phone_outcome("handed_over")

    def test_nobody_is_called_for_what_was_paid_meanwhile(self):
        reminder, invoice = self.call()
        self.register_payment(invoice)
        self.follow_up()
        self.assertEqual(reminder.state, "dropped")
        self.assertFalse(self.calls_of(reminder))

    def test_the_assistant_asks_for_the_day(self):
        reminder, invoice = self.call()
        action = reminder.action_open_outcome("promised")
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"date": self.today + timedelta(days=2), "note": "Sure"})
        )
        wizard.action_confirm()
        self.assertEqual(reminder.outcome, "promised")
        self.assertTrue(self.due_lines(invoice).reminder_hold_until)

    # === The link, while the customer listens ===

    def link(self, reminder, **values):
        action = reminder.action_send_link()
        return (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create(values)
        )

    def test_the_link_leaves_by_sms_to_a_number_that_is_dictated(self):
        reminder, _invoice = self.call()
        link = self.link(reminder)
        self.assertEqual(link.number, NUMBER)
        link.number = "07 98 76 54 32"
        with self.sms_provider() as sent:
            link.action_send()
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent[0][1], "+33798765432")
        self.assertIn(reminder.request_id.url, sent[0][2])
        self.assertEqual(reminder.state, "to_call", "the call goes on")
        self.assertEqual(self.customer.phone, "06 12 34 56 78")

    def test_a_number_that_is_dictated_can_be_kept(self):
        reminder, _invoice = self.call()
        self.accountant.group_ids += self.env.ref("base.group_partner_manager")
        with self.sms_provider():
            self.link(reminder, number="07 98 76 54 32", keep=True).action_send()
        self.assertEqual(self.customer.phone, "+33798765432")

    def test_the_link_leaves_by_mail(self):
        reminder, _invoice = self.call()
        link = self.link(reminder, channel="email", email="new@example.com")
        with self.mock_mails() as mails:
            link.action_send()
        [mail] = mails
        self.assertEqual(mail["email_to"], ["new@example.com"])
        self.assertIn(reminder.request_id.url, mail["body"])

    def test_without_a_mobile_number_a_mail_is_proposed(self):
        self.customer.phone = "01 42 68 53 00"
        reminder, _invoice = self.call()
        self.assertEqual(self.link(reminder).channel, "email")

    def test_no_link_leaves_from_a_copy_of_the_database(self):
        reminder, _invoice = self.call()
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.is_neutralized", "True")
        with self.sms_provider() as sent, self.assertRaises(UserError):
            self.link(reminder).action_send()
        self.assertFalse(sent)

    def test_whoever_calls_is_told_if_the_mail_does_not_leave(self):
        reminder, _invoice = self.call()
        link = self.link(reminder, channel="email")
        refused = MailDeliveryException("550 no such mailbox")
        with (
            self.mock_mail_gateway(),
            patch.object(
                self.registry["ir.mail_server"], "send_email", side_effect=refused
            ),
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            with self.assertRaisesRegex(UserError, "address does not exist"):
                link.action_send()

    def test_whoever_calls_is_told_if_the_link_does_not_leave(self):
        reminder, _invoice = self.call()
        with self.sms_provider("insufficient_credit"):
            with self.assertRaisesRegex(UserError, "Insufficient Credit"):
                self.link(reminder).action_send()
        for values in (
            {"number": "06"},
            {"channel": "email", "email": "nobody"},
        ):
            with self.assertRaises(UserError):
                self.link(reminder, **values).action_send()


@tagged("post_install", "-at_install")
class TestReminderCallsTour(CallCase, HttpCase):
    def test_after_an_answer_comes_the_next_call(self):
        last = self.overdue(100.0)
        first = self.overdue(200.0, partner=self.customer.copy({"name": "Paul Martin"}))
        self.remind(first, last)
        self.env.flush_all()
        self.start_tour(
            "/odoo/reminder-calls", "reminder_calls", login=self.accountant.login
        )
        self.assertEqual(self.find(first).call_attempts, 1)
        self.assertEqual(self.find(last).outcome, "promised")
