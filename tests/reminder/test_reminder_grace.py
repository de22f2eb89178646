"""Nobody is reminded of what they cannot know of yet, nor of a cent."""

from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..common.properties import IN_ODOO
from ..common.reminder_case import DUE, ReminderPlanCase

TODAY = DUE + timedelta(5)


class GraceCase(ReminderPlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        default = cls.env["res.company"].default_get
        names = ["payment_reminder_sent_days", "payment_reminder_sent_only"]
        cls.company.write(default(names))

    def setUp(self):
        super().setUp()
        self.at(TODAY)

    def create_draft(self, due=DUE):
        return self.create_invoice(
            post=False,
            invoice_date=due - timedelta(30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
        )

    def post(self, move):
        move.action_post()
        self.env.flush_all()
        return self.due_lines(move)

    def mark_sent(self, move):
        """Have Odoo send an invoice, as far as that is known."""
        move.is_move_sent = True
        self.env.flush_all()

    def forget_issue(self, move, created):
        """Make an invoice one that was there before the reminders."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE account_move SET reminder_issued_at = NULL, create_date = %s "
            "WHERE id = %s",
            [created, move.id],
        )
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestReminderGrace(GraceCase):
    def test_a_draft_of_long_ago_that_is_posted_and_sent_today(self):
        line = self.post(self.create_draft())
        self.mark_sent(line.move_id)
        self.assertFalse(self.plan())
        self.assert_reason(line, "recent", TODAY + timedelta(2))
        self.assertEqual(self.state(line)["next_date"], TODAY + timedelta(3))
        self.at(TODAY + timedelta(2))
        self.assertFalse(self.plan())
        self.at(TODAY + timedelta(3))
        self.assertEqual(self.plan().level_days, 1)

    def test_what_was_never_sent_is_not_reminded_until_it_is(self):
        line = self.post(self.create_draft())
        self.at(TODAY + timedelta(40))
        self.assertFalse(self.plan())
        self.assert_reason(line, "unsent")
        self.mark_sent(line.move_id)
        self.assert_reason(line, "recent", TODAY + timedelta(42))
        self.at(TODAY + timedelta(43))
        self.assertTrue(self.plan())

    def test_companies_that_send_invoices_without_odoo(self):
        self.company.payment_reminder_sent_only = False
        line = self.post(self.create_draft())
        self.assert_reason(line, "recent", TODAY + timedelta(2))
        self.at(TODAY + timedelta(3))
        self.assertTrue(self.plan())

    def test_a_person_marks_invoices_as_sent(self):
        lines = self.post(self.create_draft()) + self.post(self.create_draft())
        draft = self.create_draft()
        moves = lines.move_id + draft
        reader = new_test_user(
            self.env, "grace_reader", groups="account.group_account_readonly"
        )
        with self.assertRaises(AccessError):
            moves.with_user(reader).action_mark_as_sent()
        moves.with_user(self.accountant).action_mark_as_sent()
        self.assertEqual(moves.mapped("is_move_sent"), [True, True, False])
        self.at(TODAY + timedelta(3))
        self.assertEqual(self.plan().line_ids.move_line_id, lines)

    def test_a_person_who_reminds_is_told_why_it_waits(self):
        line = self.post(self.create_draft())
        move = line.move_id.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "never sent"):
            move.action_remind()
        self.mark_sent(line.move_id)
        with self.assertRaisesRegex(UserError, "a short time ago"):
            move.action_remind()

    def test_imported_and_earlier_invoices_count_from_their_creation(self):
        line = self.post(self.create_draft())
        self.mark_sent(line.move_id)
        self.forget_issue(line.move_id, self.now - timedelta(1))
        self.assert_reason(line, "recent", TODAY + timedelta(1))
        self.forget_issue(line.move_id, self.now - timedelta(3))
        self.assertTrue(self.plan())

    def test_days_are_those_of_the_company(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        self.now = datetime(2026, 12, 14, 20, 0)  # The 15th in Noumea.
        line = self.post(self.create_draft())
        self.mark_sent(line.move_id)
        self.assert_reason(line, "recent", DUE + timedelta(8))

    def test_what_is_due_later_has_its_own_day(self):
        due = TODAY + timedelta(30)
        line = self.post(self.create_draft(due))
        self.mark_sent(line.move_id)
        self.assert_reason(line, "not_yet", due - timedelta(3))

    def test_nothing_is_announced_on_the_day_of_sending(self):
        due = TODAY + timedelta(3)
        line = self.post(self.create_draft(due))
        self.mark_sent(line.move_id)
        self.assertFalse(self.plan())
        self.assert_reason(line, "recent", TODAY + timedelta(2))

    def test_it_joins_no_other_message_of_the_customer(self):
        old = self.post(self.create_draft())
        self.mark_sent(old.move_id)
        self.at(TODAY + timedelta(5))
        new = self.post(self.create_draft())
        self.mark_sent(new.move_id)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(reminder.line_ids.move_line_id, old)
        self.assertNotIn(new.move_id.name, reminder.invoice_table)

    def test_an_invoice_that_is_sent_again_is_known(self):
        line = self.post(self.create_draft())
        self.mark_sent(line.move_id)
        self.at(TODAY + timedelta(3))
        self.mark_sent(line.move_id)
        self.assertIsNone(self.reason(line))

    def test_what_was_corrected_between_plan_and_sending_waits_again(self):
        line = self.post(self.create_draft())
        self.mark_sent(line.move_id)
        self.at(TODAY + timedelta(3))
        reminder = self.plan()
        line.move_id.button_draft()
        self.post(line.move_id)
        self.assertFalse(reminder._recheck())
        self.assertIn("a short time ago", reminder.note)

    def test_facts_in_any_order(self):
        """Dates, posting and sending in any order: the first reminder leaves on the
        first day on which nothing speaks against it."""
        self.company.payment_reminder_policy_id = self.create_policy("One", 1)
        days = st.integers(0, 9)

        @settings(IN_ODOO, max_examples=12)
        @given(
            due=st.integers(-60, 9),
            posted=days,
            sent=st.none() | days,
            grace=st.integers(0, 5),
            only=st.booleans(),
        )
        @example(due=-60, posted=0, sent=9, grace=3, only=False)
        @example(due=-60, posted=3, sent=3, grace=0, only=True)
        def live(**facts):
            with self.env.cr.savepoint() as savepoint:
                self.check_first_day(**facts)
                savepoint.rollback()
            self.env.invalidate_all()

        live()

    def check_first_day(self, due, posted, sent, grace, only):
        self.company.write(
            {"payment_reminder_sent_days": grace, "payment_reminder_sent_only": only}
        )
        # Nothing can be sent before it is posted.
        sent = sent if sent is None else max(sent, posted)
        move = self.create_draft(TODAY + timedelta(due))
        first = expected = None
        for day in range(16):
            self.at(TODAY + timedelta(day))
            if day == posted:
                self.post(move)
            if day == sent:
                self.mark_sent(move)
            issues = [d for d in (posted, sent) if d is not None and d <= day]
            knows = bool(issues) and day >= max(issues) + grace
            if only:
                knows = knows and sent is not None and sent <= day
            if expected is None and knows and day > due:
                expected = day
            if first is None and self.plan():
                first = day
        self.assertEqual(first, expected)


@tagged("post_install", "-at_install")
class TestReminderMinimum(ReminderPlanCase):
    def test_ready_made_levels_ask_for_a_euro_at_least(self):
        for name in ("courteous", "firm", "key_account", "consumer"):
            levels = self.ready_made(name).level_ids
            self.assertEqual(set(levels.mapped("amount_min")), {1.0}, name)

    def test_a_cent_that_is_left_is_not_reminded(self):
        self.company.payment_reminder_policy_id = self.ready_made("courteous")
        line = self.owe(100.0)
        self.register_payment(line.move_id, amount=99.99)
        for day in (1, 7, 15, 30):
            self.after(day)
            self.assertFalse(self.plan())
            self.assert_reason(line, "below_minimum")

    def test_a_cent_gets_no_notice_for_what_else_is_overdue(self):
        policy = self.create_policy("Notice", 1, 20)
        self.company.payment_reminder_policy_id = policy
        policy.level_ids[-1].formal_notice = True
        line = self.owe(100.0)
        self.after(1)
        self.remind()
        self.register_payment(line.move_id, amount=99.99)
        self.owe(500.0, DUE + timedelta(18))
        self.after(20)
        self.assertFalse(self.plan().filtered("level_id.formal_notice"))
        self.assert_reason(line, "below_minimum")
