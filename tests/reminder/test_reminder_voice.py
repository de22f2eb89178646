"""A customer hears one voice: the whole correspondence, day by day."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..common.properties import IN_ODOO
from ..common.reminder_case import DUE, ReminderPlanCase

EIGHT_WEEKS = 56
NAMES = "ABCDE"


class VoiceCase(ReminderPlanCase):
    """Levels of -3, +1, +7, +15 and, to be confirmed by a person, a notice on +30."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.create_policy("Voice", -3, 1, 7, 15, 30)
        cls.policy.level_ids[-1].write({"formal_notice": True, "automatic": False})
        cls.company.payment_reminder_policy_id = cls.policy

    def owe_on(self, *days, **values):
        """Return due lines, A, B, C…, due that many days after `DUE`."""
        lines = [self.owe(due=DUE + timedelta(day), **values) for day in days]
        self.names = dict(zip((line.id for line in lines), NAMES, strict=False))
        return lines

    def told(self, reminder):
        """Return the level of a reminder and what it names: “+7 A B”."""
        named = sorted(self.names[line.id] for line in reminder.line_ids.move_line_id)
        return " ".join([f"{reminder.level_days:+d}", *named])

    def live(self, days=EIGHT_WEEKS, start=-5, meanwhile=None):
        """Let the days go by; return what left, by day.

        :param dict meanwhile: what happens in the morning of a day
        """
        letters = {}
        for day in range(start, days):
            self.after(day)
            (meanwhile or {}).get(day, lambda: None)()
            for reminder in self.remind():
                letters[day] = self.told(reminder)
        return letters

    def pay_line(self, line):
        self.register_payment(line.move_id)


@tagged("post_install", "-at_install")
class TestReminderCorrespondence(VoiceCase):
    def test_two_invoices_of_different_age(self):
        self.owe_on(0, 10)
        self.assertEqual(
            self.live(),
            {-3: "-3 A", 1: "+1 A", 7: "+7 A", 15: "+15 A B", 30: "+30 A B"},
        )

    def test_three_due_dates_in_eight_weeks(self):
        self.owe_on(0, 10, 20)
        self.assertEqual(
            self.live(),
            # Nobody reminded them of C yet: it is no part of the notice.
            {-3: "-3 A", 1: "+1 A", 7: "+7 A", 15: "+15 A B", 30: "+30 A B"},
        )

    def test_what_was_paid_is_over_and_what_was_never_told_begins_anew(self):
        first, second, _third = self.owe_on(0, 10, 20)
        pay_both = lambda: (self.pay_line(first), self.pay_line(second))  # noqa: E731
        self.assertEqual(
            self.live(meanwhile={28: pay_both}),
            {
                -3: "-3 A",
                1: "+1 A",
                7: "+7 A",
                15: "+15 A B",
                28: "+1 C",
                34: "+7 C",
                42: "+15 C",
            },
        )

    def test_the_younger_one_goes_on_where_the_customer_is(self):
        first, _second = self.owe_on(0, 5)
        self.assertEqual(
            self.live(meanwhile={9: lambda: self.pay_line(first)}),
            {-3: "-3 A", 1: "+1 A", 7: "+7 A B", 20: "+15 B", 35: "+30 B"},
        )

    def test_once_all_is_paid_the_next_episode_begins_with_the_first_word(self):
        first, _second = self.owe_on(0, 30)
        self.assertEqual(
            self.live(meanwhile={9: lambda: self.pay_line(first)}),
            {
                -3: "-3 A",
                1: "+1 A",
                7: "+7 A",
                27: "-3 B",
                31: "+1 B",
                37: "+7 B",
                45: "+15 B",
            },
        )

    def test_a_transfer_that_comes_back_goes_on_where_it_was(self):
        [line] = self.owe_on(0)

        def undo():
            payment = line.move_id.matched_payment_ids
            payment.action_draft()
            payment.action_cancel()

        letters = self.live(meanwhile={8: lambda: self.pay_line(line), 20: undo})
        self.assertEqual(
            letters, {-3: "-3 A", 1: "+1 A", 7: "+7 A", 20: "+15 A"} | {35: "+30 A"}
        )

    def test_a_disputed_invoice_is_no_part_of_it(self):
        first, _second = self.owe_on(0, 12)
        hold = lambda: first._hold_reminders(DUE + timedelta(80), "Disputed")  # noqa: E731
        self.assertEqual(
            self.live(30, meanwhile={8: hold}),
            {
                -3: "-3 A",
                1: "+1 A",
                7: "+7 A",
                10: "-3 B",
                14: "+1 B",
                20: "+7 B",
                28: "+15 B",
            },
        )

    def test_all_currencies_share_one(self):
        dollar = self.setup_other_currency("USD", rates=[("1900-01-01", 2.0)])
        self.owe_on(0, 2)
        self.after(7)
        self.remind()
        self.after(8)
        self.company.payment_reminder_interval_days = 0
        abroad = self.owe(currency_id=dollar.id)
        self.assertFalse(self.plan())
        self.after(13)
        reminders = self.plan()
        self.assertEqual(reminders.mapped("level_days"), [7, 7])
        self.assertIn(abroad, reminders.line_ids.move_line_id)

    def test_random_due_dates(self):
        @settings(IN_ODOO, max_examples=6)
        @given(st.lists(st.integers(0, 35), min_size=1, max_size=4))
        def live(days):
            with self.env.cr.savepoint() as savepoint:
                self.check_correspondence(sorted(days))
                savepoint.rollback()
            self.env.invalidate_all()

        live()

    def check_correspondence(self, days):
        self.owe_on(*days)
        letters = self.live()
        levels = [int(text.split()[0]) for text in letters.values()]
        # Nothing is paid: all is one episode once the first is late.
        late = [int(text.split()[0]) for day, text in letters.items() if day > days[0]]
        self.assertEqual(levels, sorted(levels), letters)
        self.assertEqual(len(set(late)), len(late), letters)
        self.assertFalse([level for level in late if level < 0], letters)
        due = dict(zip(NAMES, days, strict=False))
        for day, text in letters.items():
            level, *named = text.split()
            for name in named:
                self.assertEqual(due[name] < day, int(level) > 0, letters)


@tagged("post_install", "-at_install")
class TestReminderMemory(VoiceCase):
    """What counts is what reached the customer."""

    def test_a_reminder_that_failed_is_not_reached_and_leaves_to_the_new_address(self):
        self.customer.email = "wrong@example.com"
        line = self.owe()
        self.after(1)
        reminder = self.plan()
        reminder._mark_failed("No such address")
        self.after(9)
        self.assertFalse(self.plan())
        self.assert_reason(line, "undelivered", DUE + timedelta(1))
        self.assertFalse(line.move_id.reminder_level_id)
        self.customer.email = "wrong@example.com"
        self.assertEqual(reminder.state, "failed")
        self.customer.email = "right@example.com"
        self.assertEqual((reminder.state, reminder.level_days), ("to_send", 1))
        self.leave(reminder)
        self.after(15)
        self.assertEqual(self.plan().level_days, 7)

    def test_a_new_contact_gets_what_did_not_arrive(self):
        self.owe(partner=self.company_customer)
        self.after(1)
        reminder = self.plan()
        reminder._mark_failed("No address")
        self.env["res.partner"].create(
            {
                "name": "Accounts",
                "type": "followup",
                "parent_id": self.company_customer.id,
                "email": "accounts@example.com",
            }
        )
        self.assertEqual(reminder.state, "to_send")

    def test_what_a_person_confirms_is_confirmed_again(self):
        self.level(1).automatic = False
        self.owe()
        self.after(1)
        reminder = self.plan()
        reminder._mark_failed("No address")
        self.customer.email = "right@example.com"
        self.assertEqual(reminder.state, "to_confirm")

    def test_a_notice_that_waits_was_not_sent(self):
        line = self.owe()
        for day in (1, 7, 15):
            self.after(day)
            self.remind()
        self.after(30)
        notice = self.plan()
        self.assertEqual((notice.state, notice.level_days), ("to_confirm", 30))
        self.assertEqual(line.move_id.reminder_level_id, self.level(15))
        self.assert_reason(line, "waiting", DUE + timedelta(30))
        self.leave(notice)
        self.env.invalidate_all()
        self.assertEqual(line.move_id.reminder_level_id, self.level(30))

    def test_nothing_else_leaves_while_one_waits(self):
        self.level(1).automatic = False
        self.owe()
        self.after(1)
        self.plan()
        second = self.owe()
        self.after(8)
        self.assertFalse(self.plan())
        self.assert_reason(second, "waiting", DUE + timedelta(1))

    def test_what_a_person_dropped_was_not_said_but_is_passed(self):
        line = self.owe()
        self.after(1)
        self.plan().with_user(self.accountant).action_drop()
        self.assertFalse(self.plan())
        self.assertFalse(line.move_id.reminder_level_id)
        self.after(7)
        self.assertEqual(self.plan().level_days, 7)

    def test_a_notice_names_what_was_reminded_and_lists_the_rest_apart(self):
        first, second = self.owe(100.0), self.owe(50.0, DUE + timedelta(20))
        for day in (1, 7, 15):
            self.after(day)
            self.remind()
        self.after(30)
        notice = self.plan()
        self.level(30).body = "<p>Our reminders of {{ object.earlier_dates }}</p>"
        notice._prepare()
        self.assertEqual(notice.line_ids.move_line_id, first)
        self.assertEqual((notice.amount_asked, notice.amount_overdue), (100.0, 100.0))
        self.assertEqual(notice.request_id.amount_to_pay, 100.0)
        self.assertIn(
            "reminders of December 10, 2026, December 16, 2026, and December 24, 2026",
            notice.body,
        )
        self.assertIn('name="apart"', notice.invoice_table)
        self.assertIn(second.move_id.name, notice.invoice_table)
        self.leave(notice)
        self.assert_reason(second, "finished", DUE + timedelta(30))

    def test_what_became_overdue_later_is_also_due(self):
        self.owe()
        self.after(1)
        self.remind()
        self.owe(50.0, DUE + timedelta(3))
        self.after(7)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(reminder.line_ids.mapped("also_due"), [False, True])
        self.assertEqual(reminder.invoice_table.count("Also due since"), 1)
        self.assertEqual(reminder.earlier_dates, "December 10, 2026")

    def test_whoever_never_got_a_word_gets_no_notice(self):
        line = self.owe()
        for day in (1, 7, 15):
            self.after(day)
            self.plan().with_user(self.accountant).action_drop()
        self.after(30)
        self.assertFalse(self.plan())
        self.assert_reason(line, "unreminded")
        with self.assertRaisesRegex(UserError, "has reached the customer"):
            line.move_id.with_user(self.accountant).action_remind()

    def test_an_invoice_that_is_not_due_is_announced_and_never_called_late(self):
        line = self.owe()
        self.after(-10)
        self.assertEqual(self.remind(lines=line).level_days, -3)
        self.assertFalse(self.plan(lines=line))
        self.after(0)
        self.assertFalse(self.plan(lines=line))

    def test_an_announcement_by_hand_names_nothing_that_is_late(self):
        self.owe()
        self.after(1)
        self.remind()
        early = self.owe(50.0, DUE + timedelta(30))
        reminder = self.plan(lines=early)
        self.assertEqual(reminder.line_ids.move_line_id, early)
        self.assertEqual((reminder.amount_asked, reminder.amount_overdue), (50.0, 0.0))

    def test_an_open_reminder_is_opened(self):
        line = self.owe()
        self.after(1)
        reminder = self.plan()
        action = line.move_id.with_user(self.accountant).action_remind()
        self.assertEqual(action["res_id"], reminder.id)

    def test_the_plan_of_many_takes_as_many_queries_as_of_few(self):
        def queries(count):
            partners = self.env["res.partner"].create(
                [{"name": f"Customer {number}"} for number in range(count)]
            )
            for partner in partners:
                for due in (DUE, DUE - timedelta(9)):
                    self.owe(partner=partner, due=due)
            self.env.flush_all()
            return self.count_queries(lambda: self.plan(partners=partners))

        self.after(1)
        queries(1)  # Fills the caches of the registry.
        self.assertEqual(queries(2), queries(9))
