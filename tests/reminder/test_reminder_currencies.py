"""One customer is one conversation, whatever the currencies."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..common.properties import IN_ODOO
from ..common.reminder_case import DUE
from .test_reminder_voice import VoiceCase


@tagged("post_install", "-at_install")
class TestReminderCurrencies(VoiceCase):
    """One customer is one conversation, with a message in each currency."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dollar = cls.setup_other_currency("USD", rates=[("1900-01-01", 2.0)])

    def remind_on(self, *days):
        for day in days:
            self.after(day)
            self.remind()

    def levels(self, reminders):
        return sorted(
            (reminder.currency_id.name, reminder.level_days) for reminder in reminders
        )

    def test_one_level_on_one_day(self):
        self.owe(100.0)
        self.owe(100.0, DUE + timedelta(5), currency_id=self.dollar.id)
        self.after(1)
        self.assertEqual(self.levels(self.remind()), [("EUR", 1)])
        self.after(2)
        self.assertFalse(self.plan())
        for day in (7, 15):
            self.after(day)
            reminders = self.remind()
            self.assertEqual(self.levels(reminders), [("EUR", day), ("USD", day)])

    def test_nothing_is_announced_while_something_is_late(self):
        self.owe(100.0)
        self.remind_on(1)
        self.owe(100.0, DUE + timedelta(9), currency_id=self.dollar.id)
        self.after(6)
        self.assertFalse(self.plan())

    def test_messages_of_one_plan_do_not_stop_each_other(self):
        self.owe(100.0)
        self.owe(100.0, currency_id=self.dollar.id)
        self.after(1)
        first, second = self.plan()
        self.leave(first)
        self.assertEqual(second._recheck(), second)
        second._prepare()
        self.assertEqual(second.amount_asked, 100.0)

    def test_they_count_as_one_message_a_week(self):
        policy = self.create_policy("Daily", 1, 4, 8)
        self.company.payment_reminder_policy_id = policy
        self.owe(100.0)
        self.owe(100.0, currency_id=self.dollar.id)
        self.remind_on(1)
        self.after(4)
        self.assertEqual(self.levels(self.plan()), [("EUR", 4), ("USD", 4)])

    def test_a_notice_is_of_what_was_reminded(self):
        self.owe(100.0)
        self.remind_on(1, 7, 15)
        abroad = self.owe(100.0, DUE + timedelta(28), currency_id=self.dollar.id)
        self.after(30)
        self.assertEqual(self.levels(self.plan()), [("EUR", 30)])
        self.assert_reason(abroad, "waiting")

    def test_one_of_them_that_waits_holds_the_next_level_of_all(self):
        self.owe(100.0)
        self.owe(100.0, currency_id=self.dollar.id)
        self.after(1)
        first, _second = self.plan()
        self.leave(first)
        self.after(7)
        self.assertFalse(self.plan())

    def test_what_is_due_is_told_beside_each(self):
        self.owe(100.0)
        self.owe(100.0, currency_id=self.dollar.id)
        self.owe(30.0, DUE + timedelta(20), currency_id=self.dollar.id)
        self.after(1)
        reminders = self.plan()
        reminders._prepare()
        self.assertEqual(sorted(reminders.mapped("amount_coming")), [0.0, 30.0])

    def test_cents_in_another_currency_are_no_message(self):
        self.policy.level_ids.amount_min = 1.0
        self.owe(100.0)
        cents = self.owe(1.5, currency_id=self.dollar.id)
        self.after(1)
        self.assertEqual(self.levels(self.plan()), [("EUR", 1)])
        self.assert_reason(cents, "waiting")

    def test_a_limit_a_day_does_not_part_them(self):
        self.company.sudo().write(
            {
                "payment_reminder_start": "gradual",
                "payment_reminder_start_date": DUE,
                "payment_reminder_daily_max": 1,
            }
        )
        self.owe(100.0)
        self.owe(100.0, currency_id=self.dollar.id)
        self.owe(70.0, DUE + timedelta(0), partner=self.company_customer)
        self.after(1)
        reminders = self.plan()
        self.assertEqual(self.levels(reminders), [("EUR", 1), ("USD", 1)])
        self.assertEqual(reminders.partner_id, self.customer)

    def test_every_address_hears_one_voice(self):
        self.policy.grouping = "contact"
        addresses = self.env["res.partner"].create(
            [
                {"name": name, "parent_id": self.company_customer.id, "type": "invoice"}
                for name in ("Lyon", "Nantes")
            ]
        )
        debts = st.tuples(st.sampled_from(addresses), st.booleans(), st.integers(0, 25))

        @settings(IN_ODOO, max_examples=4)
        @given(st.lists(debts, min_size=2, max_size=5))
        def live(debts):
            with self.env.cr.savepoint() as savepoint:
                self.check_voices(debts)
                savepoint.rollback()
            self.env.invalidate_all()

        live()

    def check_voices(self, debts):
        for address, abroad, days in debts:
            currency = self.dollar if abroad else self.company.currency_id
            due = DUE + timedelta(days)
            self.owe(due=due, partner=address, currency_id=currency.id)
        heard = {}
        for day in range(1, 45):
            self.after(day)
            for reminder in self.remind():
                moves = reminder.line_ids.move_id
                self.assertEqual(moves.partner_id, reminder._get_party())
                self.assertEqual(moves.currency_id, reminder.currency_id)
                levels = heard.setdefault(moves.partner_id, {}).setdefault(day, set())
                levels.add(reminder.level_days)
        for days in heard.values():
            # All of a day at one level, and each level once.
            levels = [level for [level] in days.values()]
            late = levels[levels.index(1) :]
            self.assertEqual(late, sorted(set(late)), heard)
            self.assertFalse([level for level in late if level < 0], heard)
