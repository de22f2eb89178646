"""By hand: a level that a person chooses, and a question before it is too soon."""

from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.reminder_case import DUE, ReminderPlanCase


@tagged("post_install", "-at_install")
class TestReminderChoice(ReminderPlanCase):
    def setUp(self):
        super().setUp()
        self.line = self.owe()
        for days in (1, 8):
            self.after(days)
            self.remind()
        self.after(20)

    def open(self, record=None, **values):
        """Open the assistant on an invoice."""
        record = (record or self.line.move_id).with_user(self.accountant)
        action = record.action_reminder_level()
        self.assertEqual(action["res_model"], "payment.reminder.remind")
        return (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create(values)
        )

    def test_it_shows_what_was_said_so_far(self):
        assistant = self.open()
        self.assertFalse(assistant.note)
        self.assertEqual(len(assistant.told.splitlines()), 2)
        self.assertIn("Test +7", assistant.told)
        self.assertEqual(assistant.policy_id, self.policy)

    def choose(self, days, record=None, reason="They moved house"):
        level = self.level(days).id
        action = self.open(record, level_id=level, reason=reason).action_remind()
        return self.reminders.browse(action["res_id"])

    def test_restart(self):
        reminder = self.choose(1)
        self.assertEqual(reminder.level_id, self.level(1))
        self.assertEqual(reminder._recheck(), reminder)
        self.leave(reminder)
        self.after(30)
        self.assertEqual(self.plan().level_id, self.level(7))

    def test_a_level_that_had_other_days_when_it_was_sent(self):
        self.level(7).delay_days = 14
        reminder = self.choose(14)
        self.assertEqual(reminder.level_days, 14)

    def test_it_holds_in_every_currency(self):
        dollar = self.setup_other_currency("USD", rates=[("1900-01-01", 2.0)])
        other = self.owe(currency_id=dollar.id)
        self.after(21)
        self.remind()
        self.assertTrue(self.state(other)["reached"])
        level = self.level(1)
        action = self.open(level_id=level.id, reason="Moved").action_remind()
        reminders = self.reminders.search(action["domain"])
        self.assertEqual(reminders.currency_id, dollar | self.company.currency_id)
        self.assertEqual(reminders.level_id, level)
        self.assertFalse(self.state(other)["reached"])

    def test_the_same_level_again(self):
        reminder = self.choose(7)
        self.assertEqual(reminder.level_id, self.level(7))
        self.leave(reminder)
        self.assertEqual(self.state(self.line)["reached"], self.level(7))
        self.after(40)
        self.assertEqual(self.plan().level_id, self.level(15))

    def test_a_level_further_on(self):
        other = self.create_policy("Long", 1, 7, 15, 30, 45)
        self.company.payment_reminder_policy_id = other
        level = self.level(45, other)
        assistant = self.open(level_id=level.id, reason="Last chance")
        action = assistant.action_remind()
        reminder = self.reminders.browse(action["res_id"])
        self.assertEqual(reminder.level_id, level)
        # It is not overtaken by what would have come next.
        self.assertEqual(reminder._recheck(), reminder)

    def test_the_reason_is_kept(self):
        reminder = self.choose(1)
        self.assertEqual(reminder.chosen_reason, "They moved house")
        for record in (reminder, self.line.move_id, self.customer):
            body = record.message_ids[0].body
            self.assertIn("They moved house", body)
            self.assertIn(self.accountant.name, body)

    def test_from_the_customer_and_the_reminder(self):
        self.assertEqual(self.choose(1, self.customer).level_id, self.level(1))
        last = self.reminders.search([], limit=1)
        last._drop({last.id: "No"})
        past = self.reminders.search([("state", "=", "sent")], limit=1)
        self.assertEqual(self.choose(7, past.sudo(False)).level_id, self.level(7))

    def test_what_is_missing_is_asked_for(self):
        for values in (
            {"level_id": self.level(1).id},
            {"level_id": self.level(1).id, "reason": "  "},
            {"reason": "Why not"},
        ):
            with self.assertRaisesRegex(UserError, "give the reason"):
                self.open(**values).action_remind()
        other = self.create_policy("Other", 1).level_ids
        with self.assertRaisesRegex(UserError, "level of the policy"):
            self.open(level_id=other.id, reason="Hm").action_remind()
        self.assertFalse(self.line_of(forgotten=True))

    def line_of(self, **values):
        return self.env["payment.reminder.line"].search(
            [("move_line_id", "=", self.line.id)]
            + [(name, "=", value) for name, value in values.items()]
        )

    def test_what_waits_or_is_held_is_not_prepared_again(self):
        self.remind(lines=self.line)
        self.line._hold_reminders(self.company._get_payment_today(), "Disputed")
        with self.assertRaisesRegex(UserError, "Disputed"):
            self.choose(1)

    def test_the_days_of_what_was_said_before_stay(self):
        notice = self.level(15)
        notice.formal_notice = True
        self.leave(self.choose(1))
        reminder = self.choose(15)
        self.assertEqual(reminder.level_id, notice)
        self.assertEqual(len(reminder.earlier_dates.split("2026")), 4)

    def test_several_customers_are_refused(self):
        lines = self.line | self.owe(partner=self.company_customer)
        with self.assertRaisesRegex(UserError, "one customer"):
            lines.with_user(self.accountant).action_reminder_level()


@tagged("post_install", "-at_install")
class TestRemindTooSoon(ReminderPlanCase):
    def setUp(self):
        super().setUp()
        self.line = self.owe()
        self.after(1)
        self.first = self.remind()
        self.at(DUE + timedelta(2))

    def ask(self, records):
        action = records.with_user(self.accountant).action_remind()
        self.assertEqual(action["res_model"], "payment.reminder.remind")
        return (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({})
        )

    def test_it_says_so_and_asks(self):
        made = self.reminders.search_count([])
        assistant = self.ask(self.line.move_id)
        self.assertIn(self.customer.name, assistant.note)
        self.assertFalse(assistant.has_others)
        self.assertEqual(self.reminders.search_count([]), made)
        action = assistant.action_remind()
        reminder = self.reminders.browse(action["res_id"])
        self.assertEqual(reminder.level_id, self.level(7))

    def test_only_the_others(self):
        other = self.owe(partner=self.company_customer)
        assistant = self.ask((self.line | other).move_id)
        self.assertTrue(assistant.has_others)
        action = assistant.action_remind_others()
        reminder = self.reminders.browse(action["res_id"])
        self.assertEqual(reminder.partner_id, self.company_customer)

    def test_after_the_pause_nothing_is_asked(self):
        self.after(5)
        action = self.line.move_id.with_user(self.accountant).action_remind()
        self.assertEqual(action["res_model"], "payment.reminder")

    def test_what_waits_is_opened_without_a_question(self):
        waiting = self.plan(lines=self.line)
        action = self.line.move_id.with_user(self.accountant).action_remind()
        self.assertEqual(action["res_id"], waiting.id)

    def test_what_is_not_due_is_only_announced(self):
        self.after(12)
        customer = self.company_customer
        line = self.owe(
            due=self.company._get_payment_today() + timedelta(20), partner=customer
        )
        action = line.move_id.with_user(self.accountant).action_remind()
        reminder = self.reminders.browse(action["res_id"])
        self.assertEqual(reminder.level_id, self.level(-3))
