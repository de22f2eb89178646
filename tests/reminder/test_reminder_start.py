"""Automatic reminders begin as a person said, and nothing leaves before."""

from collections import Counter
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.reminder import payment_reminder_plan
from ..common.reminder_case import ReminderPlanCase

PLAN_LOG = "odoo.addons.account_payment_request.models.reminder.payment_reminder_plan"


class ReminderStartCase(ReminderPlanCase):
    """Reminders were just switched on, and nobody said how they begin."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = new_test_user(
            cls.env,
            "reminder_boss",
            groups="account.group_account_manager,base.group_system",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.after(40)
        self.company.payment_reminder_enabled = False
        self.company.payment_reminder_enabled = True
        self.before = self.reminders.search([])

    def customers(self, count, days_late=40, amount=120.0):
        """Let so many new customers owe an invoice; return the due lines."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {days_late}/{i}"} for i in range(count)]
        )
        due = self.today - timedelta(days_late)
        return self.env["account.move.line"].union(
            *(self.owe(amount, due, partner) for partner in partners)
        )

    def owe_much(self):
        """Let debts of all kinds be open: old, new, to come, credited in part."""
        self.customers(3, 400)
        self.customers(2, 45, 75.5)
        self.customers(2, 5)
        self.customers(1, 1)
        self.customers(2, -3)
        [line] = self.customers(1, 60, 200.0)
        self.create_invoice(80.0, line.partner_id, move_type="out_refund")
        self.owe(30.0, self.today - timedelta(2), line.partner_id)
        [covered] = self.customers(1, 61, 50.0)
        self.create_invoice(50.0, covered.partner_id, move_type="out_refund")

    def begin(self, start, **answer):
        self.company._begin_reminders(start, **answer)

    def plan_as_the_job(self):
        """Plan as the job does; return what it made."""
        known = self.reminders.search([("company_id", "=", self.company.id)])
        with self.without_commits():
            self.reminders._plan_all(self.company)
        self.env.invalidate_all()
        return self.reminders.search([("company_id", "=", self.company.id)]) - known

    def run_all(self):
        with self.without_commits():
            self.reminders._run_company(self.company)

    def assistant(self, **values):
        assistants = self.env["payment.reminder.start"].with_user(self.boss)
        return assistants.create({"company_id": self.company.id, **values})


@tagged("post_install", "-at_install")
class TestReminderStart(ReminderStartCase):
    def test_nothing_is_made_or_leaves_before_it_was_answered(self):
        [line] = self.customers(1)
        self.plan()  # A person looks: it waits, and does not leave.
        self.assert_reason(line, "waiting")
        self.run_all()
        made = self.reminders.search([]) - self.before
        self.assertEqual(made.mapped("state"), ["to_send"])
        self.assertIn("nobody said yet", made.note)
        made._drop({made.id: "Not now"})
        [other] = self.customers(1)
        self.run_all()
        self.assertEqual(self.reminders.search([]) - self.before, made)
        self.assert_reason(other, "unanswered")

    def test_however_the_flag_is_set_it_is_asked(self):
        settings = self.env["res.config.settings"].with_user(self.boss)
        writes = {
            "write": lambda on: self.company.with_user(self.boss).write(
                {"payment_reminder_enabled": on}
            ),
            "settings": lambda on: settings.create(
                {"payment_reminder_enabled": on}
            ).execute(),
        }
        for name, write in writes.items():
            with self.subTest(name):
                self.begin("planned")
                write(False)
                write(True)
                blocker = self.company._get_reminder_blocker()
                self.assertEqual(blocker, "unanswered")
        created = self.env["res.company"].create(
            {"name": "New one", "payment_reminder_enabled": True}
        )
        self.assertEqual(created._get_reminder_blocker(), "unanswered")

    def test_writing_the_flag_again_changes_nothing(self):
        self.begin("gradual", daily_max=2)
        self.company.write({"payment_reminder_enabled": True})
        self.assertEqual(self.company.payment_reminder_start, "gradual")

    def test_nobody_writes_the_answer_besides_the_assistant(self):
        for vals in (
            {"payment_reminder_start": "planned"},
            {"payment_reminder_enabled": True, "payment_reminder_start": "planned"},
            {"payment_reminder_due_from_date": False},
            {"payment_reminder_daily_max": 9999},
        ):
            with self.subTest(vals), self.assertRaises(AccessError):
                self.company.with_user(self.boss).write(vals)

    def test_the_settings_ask_and_an_accountant_answers(self):
        settings = self.env["res.config.settings"].with_user(self.boss)
        action = settings.create({"payment_reminder_enabled": True}).execute()
        self.assertEqual(action["res_model"], "payment.reminder.start")
        assistant = (
            self.env["payment.reminder.start"]
            .with_user(settings.env.user)
            .with_context(**action["context"])
            .create({"start": "planned"})
        )
        assistant.action_begin()
        self.assertIsNone(self.company._get_reminder_blocker())
        self.assertIn("As planned", self.company.partner_id.message_ids[0].body)
        action = settings.create({"payment_reminder_enabled": True}).execute()
        self.assertNotEqual(action.get("res_model"), "payment.reminder.start")

    def test_what_is_missing_is_asked_for(self):
        for answer, said in (
            ({"start": "gradual", "daily_max": 0}, "at least one"),
            ({"start": "test", "daily_max": 5, "test_email": "camille"}, "camille"),
        ):
            with self.assertRaisesRegex(UserError, said):
                self.assistant(**answer).action_begin()
        self.company.payment_reminder_enabled = False
        with self.assertRaisesRegex(UserError, "switch on"):
            self.begin("planned")
        self.assertFalse(self.company.payment_reminder_start)

    # === What is shown is what happens ===

    def told(self, rows):
        """Return by level: how many messages, and how much they ask for."""
        counts, amounts = Counter(), Counter()
        for row in rows:
            counts[row["level_id"]] += row["messages"]
            amounts[row["level_id"]] += float(row["amount"])
        return {key: (counts[key], round(amounts[key], 2)) for key in counts}

    def made(self, reminders):
        return {
            level.id: (len(those), round(sum(those.mapped("amount_asked")), 2))
            for level, those in reminders.grouped("level_id").items()
        }

    def test_figures_are_what_then_leaves(self):
        self.owe_much()
        for start in ("planned", "due_later"):
            with self.subTest(start):
                self.plan()  # By hand before: it is planned again by the answer.
                rows = self.reminders._get_start_figures(self.company, start)
                self.assertTrue(rows)
                self.begin(start)
                made = self.plan_as_the_job()
                self.assertEqual(self.told(rows), self.made(made))
                customers = {id_ for row in rows for id_ in row["partner_ids"]}
                self.assertEqual(customers, set(made.partner_id.ids))
                self.assertEqual(
                    min(row["oldest_date"] for row in rows),
                    min(made.line_ids.mapped("date_maturity")),
                )

    def test_figures_after_a_pause_are_what_then_leaves(self):
        self.owe_much()
        self.begin("planned")
        self.leave(self.plan_as_the_job())
        self.at(self.today + timedelta(60))
        self.company.payment_reminder_enabled = False
        self.company.payment_reminder_enabled = True
        planned = self.reminders._get_start_figures(self.company, "planned")
        rows = self.reminders._get_start_figures(self.company, "gradual")
        self.assertNotEqual(self.told(planned), self.told(rows))
        self.begin("gradual", daily_max=1000)
        made = self.plan_as_the_job()
        self.assertEqual(self.told(rows), self.made(made))
        self.assertEqual(set(made.level_id), {self.level(1)})

    def test_ages_and_words_of_the_assistant(self):
        self.owe_much()
        assistant = self.assistant()
        figures = assistant.planned_figures
        for words in ("more than a year late", "not due yet", "Test: Test +1"):
            self.assertIn(words, figures)
        self.assertEqual(assistant.planned_count, 11)
        self.assertIn("2", assistant.effect)
        assistant.start = "gradual"
        assistant.daily_max = 4
        self.assertIn("Messages: 11, days: at least 3", assistant.effect)

    def test_figures_take_as_many_queries_for_many(self):
        def count():
            self.env.invalidate_all()
            return self.count_queries(
                lambda: self.reminders._get_start_figures(self.company, "planned")
            )

        self.customers(1)
        count()
        few = count()
        self.customers(20)
        self.assertEqual(count(), few)

    # === Only what becomes due from now on ===

    def test_older_debts_are_left_to_persons(self):
        [old] = self.customers(1, 40)
        [coming] = self.customers(1, -3)
        self.begin("due_later")
        self.assertEqual(self.plan_as_the_job().line_ids.move_line_id, coming)
        self.assert_reason(old, "before_start", self.today)
        moves = self.env["account.move"].search([("reminder_before_start", "=", True)])
        self.assertEqual(moves & (old + coming).move_id, old.move_id)
        self.assertTrue(old.move_id.reminder_before_start)
        # Once a person reminded of it, it goes on like any other.
        action = old.move_id.with_user(self.accountant).action_remind()
        by_hand = self.reminders.browse(action["res_id"])
        self.assertEqual(by_hand.line_ids.move_line_id, old)
        self.assertEqual(by_hand._recheck(), by_hand)
        self.leave(by_hand)
        self.at(self.today + timedelta(7))
        made = self.plan_as_the_job()
        self.assertIn(old, made.line_ids.move_line_id)
        moves = self.env["account.move"].search([("reminder_before_start", "=", True)])
        self.assertNotIn(old.move_id, moves)

    def test_an_older_debt_is_no_part_of_what_is_said(self):
        [old] = self.customers(1, 40)
        customer = old.partner_id
        new = self.owe(55.0, self.today, customer)
        self.begin("due_later")
        self.at(self.today + timedelta(1))
        made = self.plan_as_the_job()
        self.assertEqual(made.line_ids.move_line_id, new)
        self.assertEqual(made.amount_asked, 55.0)

    # === So many a day ===

    def test_so_many_a_day_until_all_are_through(self):
        lines = self.customers(7)
        self.begin("gradual", daily_max=3)
        days = []
        while self.company.payment_reminder_start == "gradual":
            made = self.plan_as_the_job()
            self.assertFalse(self.plan_as_the_job())
            self.leave(made)
            days.append(len(made))
            self.at(self.today + timedelta(1))
        # Whoever got a message a short time ago is no sign that all are through.
        self.assertEqual(days, [3, 3, 1, 0, 0, 0, 3, 3, 1])
        told = self.reminders.search([("line_ids.move_line_id", "in", lines.ids)])
        first = told.filtered(lambda reminder: reminder.level_id == self.level(1))
        self.assertEqual(len(first.partner_id), 7)

    def test_what_was_sent_a_short_time_ago_does_not_leave_at_once_later(self):
        self.customers(5)
        self.begin("planned")
        self.leave(self.plan_as_the_job())
        self.at(self.today + timedelta(1))
        self.begin("gradual", daily_max=2)
        for _day in range(7):
            self.assertLessEqual(len(self.plan_as_the_job()), 2)
            self.at(self.today + timedelta(1))

    def test_the_oldest_come_first(self):
        self.customers(2, 10)
        old = self.customers(2, 90)
        self.begin("gradual", daily_max=2)
        self.assertEqual(self.plan_as_the_job().line_ids.move_line_id, old)

    def test_what_waits_for_its_hours_counts(self):
        self.customers(5)
        self.begin("gradual", daily_max=2)
        waiting = self.plan_as_the_job()
        self.at(self.today + timedelta(1))
        self.assertFalse(self.plan_as_the_job())
        self.leave(waiting)
        self.assertFalse(self.plan_as_the_job())
        self.at(self.today + timedelta(1))
        self.assertEqual(len(self.plan_as_the_job()), 2)

    def test_after_a_pause_all_begin_with_the_first_level(self):
        [line] = self.customers(1)
        self.begin("planned")
        self.leave(self.plan_as_the_job())
        self.at(self.today + timedelta(8))
        self.leave(self.plan_as_the_job())
        self.assertEqual(self.state(line)["reached"], self.level(7))
        self.at(self.today + timedelta(30))
        self.company.payment_reminder_enabled = False
        self.company.payment_reminder_enabled = True
        self.begin("gradual", daily_max=5)
        self.assertEqual(self.plan_as_the_job().level_id, self.level(1))

    def test_a_run_that_is_under_way_gives_way_to_the_answer(self):
        self.customers(3)
        self.begin("planned")
        make = type(self.reminders)._make_drafted

        def make_and_answer(reminders, company, start, *args):
            made = make(reminders, company, start, *args)
            if not start:
                self.begin("due_later")
            return made

        with (
            patch.object(payment_reminder_plan, "CUSTOMERS_A_SLICE", 1),
            patch.object(type(self.reminders), "_make_drafted", make_and_answer),
        ):
            self.assertFalse(self.plan_as_the_job())

    # === What was planned before ===

    def test_what_was_planned_before_the_answer_is_planned_again(self):
        old = self.customers(2, 40)
        planned = self.plan()
        planned._prepare()
        links = planned.request_id
        planned[0].sudo(False).with_user(self.accountant).subject = "My own words"
        self.begin("due_later")
        self.assertFalse(planned[1].exists())
        self.assertEqual(links.exists(), planned[0].request_id)
        # What a person rewrote is theirs to send.
        self.assertEqual(planned[0].state, "to_confirm")
        self.assertFalse(self.plan_as_the_job())
        self.assertIn(planned[0].line_ids.move_line_id, old)

    def test_what_customers_may_have_already_is_not_deleted(self):
        self.customers(3, 40)
        planned = self.plan()
        planned._prepare()
        planned[0].opened_at = self.now
        planned[0].request_id.opened_at = self.now
        planned[1].chosen_reason = "They asked for it"
        self.begin("planned")
        self.assertEqual(planned.exists(), planned[:2])
        self.assertEqual(set(planned[:2].mapped("state")), {"to_confirm"})


@tagged("post_install", "-at_install")
class TestReminderBrake(ReminderStartCase):
    def setUp(self):
        super().setUp()
        self.begin("planned")
        self.company.payment_reminder_ask_above = 4
        self.at(self.today + timedelta(1))

    @mute_logger(PLAN_LOG)
    def test_many_at_once_are_asked_for(self):
        self.customers(5)
        self.assertFalse(self.plan_as_the_job())
        self.assertEqual(self.company._get_reminder_blocker(), "unanswered")
        task = self.company._get_start_tasks()
        self.assertEqual(task.user_id, self.accountant)
        self.assertIn("5 reminders", task.note)
        self.run_all()
        self.assertEqual(self.company._get_start_tasks(), task)
        self.begin("planned")
        self.assertEqual(len(self.plan_as_the_job()), 5)
        self.assertFalse(task.exists())

    def test_a_few_are_not(self):
        self.customers(4)
        self.assertEqual(len(self.plan_as_the_job()), 4)

    def test_zero_never_asks(self):
        self.company.payment_reminder_ask_above = 0
        self.customers(5)
        self.assertEqual(len(self.plan_as_the_job()), 5)

    @mute_logger(PLAN_LOG)
    def test_what_the_company_is_used_to_is_no_surprise(self):
        self.customers(3)
        self.leave(self.plan_as_the_job())
        self.at(self.today + timedelta(1))
        self.customers(6)
        self.assertEqual(len(self.plan_as_the_job()), 6)
        self.at(self.today + timedelta(70))
        self.customers(9)
        self.assertFalse(self.plan_as_the_job())

    @mute_logger(PLAN_LOG)
    def test_a_policy_given_to_many(self):
        nobody = self.create_policy("Nobody")
        lines = self.customers(5)
        lines.partner_id.with_company(self.company).payment_reminder_policy_id = nobody
        self.assertFalse(self.plan_as_the_job())
        self.assertIsNone(self.company._get_reminder_blocker())
        lines.partner_id.with_company(self.company).payment_reminder_policy_id = False
        self.assertFalse(self.plan_as_the_job())
        self.assertEqual(self.company._get_reminder_blocker(), "unanswered")

    @mute_logger(PLAN_LOG)
    def test_older_debts_stay_left_to_persons_after_the_question(self):
        self.customers(1, 40)
        self.begin("due_later")
        self.at(self.today + timedelta(30))
        self.customers(5, 2)
        self.assertFalse(self.plan_as_the_job())
        self.begin("planned")
        self.assertEqual(len(self.plan_as_the_job()), 5)

    def test_a_second_company_is_asked_for_itself(self):
        other = self.setup_other_company()["company"]
        other.payment_reminder_enabled = True
        self.owe_to(other)
        with patch.object(type(self.reminders), "_plan_all") as plan:
            with self.without_commits():
                self.reminders._cron_run()
        [asked] = {call.args[0] for call in plan.call_args_list}
        self.assertEqual(asked, self.company)
