"""Which due line is reminded when, at which level."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.reminder_case import DUE, NO_WAITING, ReminderPlanCase


@tagged("post_install", "-at_install")
class TestReminderEscalation(ReminderPlanCase):
    def test_days_of_the_levels(self):
        line = self.owe()
        reached = {}
        for day in range(-5, 25):
            self.after(day)
            reminder = self.remind()
            if reminder:
                reached[day] = reminder.level_days
        self.assertEqual(reached, {-3: -3, 1: 1, 7: 7, 15: 15})
        self.assert_reason(line, "finished", DUE + timedelta(15))

    def test_a_pause_keeps_the_spacing_of_the_levels(self):
        self.owe()
        reached = {}
        for day in range(40, 70):
            self.after(day)
            reminder = self.remind()
            if reminder:
                reached[day] = reminder.level_days
        self.assertEqual(reached, {40: 1, 46: 7, 54: 15})

    def test_spacing_counts_from_the_day_it_left(self):
        self.level(1).automatic = False
        self.owe()
        self.after(1)
        reminder = self.plan()
        self.after(5)
        self.leave(reminder)
        self.after(10)
        self.assertFalse(self.plan())
        self.after(11)
        self.assertEqual(self.plan().level_days, 7)

    def test_a_formal_notice_names_what_is_overdue_only(self):
        self.level(7).formal_notice = True
        late = self.owe(100.0)
        early = self.owe(50.0, DUE + timedelta(8))
        self.after(1)
        self.remind()
        self.after(7)
        notice = self.remind()
        self.assertEqual(notice.line_ids.move_line_id, late)
        self.assertEqual(notice.amount_total, 100.0)
        self.after(15)
        self.assertEqual(
            self.plan().line_ids.filtered("level_key").move_line_id, late + early
        )

    def test_a_formal_notice_never_claims_nothing(self):
        self.level(7).formal_notice = True
        self.owe(100.0)
        self.owe(50.0, DUE + timedelta(12))
        self.after(1)
        self.remind()
        self.create_invoice(120.0, move_type="out_refund")
        self.after(7)
        self.assertFalse(self.plan())
        self.after(13)
        reminder = self.plan()
        self.assertEqual((reminder.level_days, reminder.amount_asked), (1, 30.0))

    def test_on_its_due_date_no_announcement_is_made_any_more(self):
        line = self.owe()
        self.after(0)
        self.assertFalse(self.plan())
        self.assertEqual(self.state(line)["level"], self.level(1))

    def test_one_message_at_the_highest_level_with_all_that_is_overdue(self):
        old = self.owe(100.0, DUE - timedelta(6))
        self.after(1, DUE - timedelta(6))
        self.remind()
        named = self.owe(25.0, DUE - timedelta(20))
        named.move_id.payment_reminder_policy_id = self.create_policy("Slow", 60)
        new = self.owe(50.0)
        self.after(1)
        reminder = self.plan()
        self.assertEqual(len(reminder), 1)
        self.assertEqual(reminder.level_id, self.level(7))
        self.assertEqual(
            {(line.move_line_id, line.level_id) for line in reminder.line_ids},
            {
                (old, self.level(7)),
                (new, self.level(7)),
                (named, self.level(1).browse()),
            },
        )
        self.assertEqual(reminder.amount_total, 175.0)

    def test_only_the_overdue_installment_is_named(self):
        self.at(DUE)
        move = self.create_invoice(
            1000.0,
            invoice_date=DUE - timedelta(11),
            invoice_payment_term_id=self.installments().id,
        )
        first, second, third = self.due_lines(move)
        reminder = self.plan()
        self.assertEqual(reminder.line_ids.move_line_id, first)
        self.assertEqual(reminder.amount_total, 300.0)
        self.leave(reminder)
        self.assert_reason(third, "not_yet")
        self.at(second.date_maturity + timedelta(1))
        reminder = self.plan()
        self.assertEqual(reminder.level_id, self.level(7))
        self.assertEqual(
            reminder.line_ids.mapped(lambda line: (line.move_line_id, line.level_days)),
            [(first, 7), (second, 7)],
        )

    def test_leap_day(self):
        leap = date(2028, 2, 29)
        line = self.owe(due=leap)
        self.at(date(2028, 2, 26))
        self.assertEqual(self.remind().level_days, -3)
        self.at(date(2028, 2, 29))
        self.assertFalse(self.plan())
        self.at(date(2028, 3, 1))
        self.assertEqual(self.remind().level_days, 1)
        self.assertEqual(self.state(line)["next_date"], date(2028, 3, 7))
        yearly = self.create_policy("Yearly", 366)
        line.move_id.payment_reminder_policy_id = yearly
        self.assertEqual(self.state(line)["next_date"], date(2029, 3, 1))

    def test_policy_changed_half_way_never_repeats_what_was_reached(self):
        line = self.owe()
        self.after(7)
        self.remind()
        self.after(13)
        self.assertEqual(self.remind().level_days, 7)
        line.move_id.payment_reminder_policy_id = self.create_policy("Firm", 2, 7, 10)
        self.assertEqual(self.state(line)["level"].days_from_due, 10)
        self.assertEqual(self.state(line)["next_date"], DUE + timedelta(16))

    def test_level_moved_up_is_not_sent_twice(self):
        line = self.owe()
        self.after(1)
        self.remind()
        self.level(1).delay_days = 10
        self.after(10)
        self.assertEqual(self.remind().level_id, self.level(7))
        self.assertEqual(self.state(line)["level"], self.level(15))

    def test_level_removed_is_remembered(self):
        line = self.owe()
        self.after(1)
        reminder = self.remind()
        self.level(1).unlink()
        self.after(3)
        self.assertFalse(self.plan())
        state = self.state(line)
        self.assertEqual(state["level"], self.level(7))
        self.assertFalse(state["reached"])
        self.assertEqual(state["next_date"], DUE + timedelta(7))
        self.assertTrue(reminder.line_ids.level_key)
        self.assertFalse(reminder.line_ids.level_id)

    def test_policy_deleted_half_way(self):
        own = self.create_policy("Own", 1, 20)
        line = self.owe()
        line.move_id.payment_reminder_policy_id = own
        self.after(1)
        reminder = self.remind()
        line.move_id.payment_reminder_policy_id = False
        own.unlink()
        self.assertEqual(reminder.level_name, "Own +1")
        self.after(7)
        self.assertEqual(self.plan().level_id, self.level(7))

    def test_two_companies_share_a_customer(self):
        other = self.setup_other_company()["company"]
        policy = self.create_policy("Other", 1, company=other)
        other.sudo().write(
            {
                "payment_reminder_enabled": True,
                "payment_reminder_start": "planned",
                "payment_reminder_policy_id": policy.id,
                **NO_WAITING,
            }
        )
        self.owe(100.0)
        move = self.owe_to(other)
        self.create_invoice(60.0, move_type="out_refund")
        self.after(1)
        first, second = self.plan(), self.plan(other)
        self.assertEqual(
            (first.company_id, first.level_id.policy_id), (self.company, self.policy)
        )
        self.assertEqual(
            (second.company_id, second.level_id.policy_id), (other, policy)
        )
        self.assertEqual(second.line_ids.move_id, move)
        self.assertEqual((first.amount_credit, second.amount_credit), (60.0, 0.0))

    def test_two_currencies_are_two_messages(self):
        self.owe(100.0)
        self.owe(100.0, currency_id=self.env.ref("base.USD").id)
        self.after(1)
        self.assertEqual(len(self.plan().currency_id), 2)

    def test_archived_customer_still_owes(self):
        self.owe()
        self.customer.active = False
        self.after(1)
        self.assertEqual(self.plan().partner_id, self.customer)

    def test_nothing_is_made_twice(self):
        self.owe()
        self.after(1)
        self.assertTrue(self.plan())
        self.assertFalse(self.plan())

    def test_responsible(self):
        clerk = new_test_user(
            self.env, "reminder_clerk", groups="account.group_account_invoice"
        )
        line = self.owe()
        line.move_id.invoice_user_id = clerk
        self.after(1)
        self.assertEqual(self.plan().user_id, clerk)
        other = self.owe(partner=self.company_customer)
        other.move_id.invoice_user_id = clerk
        self.policy.user_id = self.accountant
        self.level(1).user_id = new_test_user(self.env, "gone", active=False)
        self.assertEqual(self.plan().user_id, self.accountant)


@tagged("post_install", "-at_install")
class TestReminderDay(ReminderPlanCase):
    """A day is a day of the company."""

    def assert_day_begins(self, last_hour_before, due=DUE, customer=None):
        line = self.owe(due=due, partner=customer)
        self.now = last_hour_before
        self.assertFalse(self.plan(partners=line.partner_id))
        self.assert_reason(line, "not_yet", due + timedelta(1))
        self.now += timedelta(hours=1)
        reminder = self.plan(partners=line.partner_id)
        self.assertEqual(reminder.date, due + timedelta(1))
        self.assertEqual(reminder.level_id, self.level(1))

    def test_noumea_is_eleven_hours_ahead(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        self.assert_day_begins(datetime(2026, 12, 9, 12, 30))

    def test_martinique_is_four_hours_behind(self):
        self.company.partner_id.tz = "America/Martinique"
        self.assert_day_begins(datetime(2026, 12, 10, 3, 30))

    def test_clocks_are_put_forward_and_back_in_paris(self):
        self.company.partner_id.tz = "Europe/Paris"
        for due, last_hour_before in (
            (date(2026, 3, 29), datetime(2026, 3, 29, 21, 30)),
            (date(2026, 10, 25), datetime(2026, 10, 25, 22, 30)),
        ):
            customer = self.env["res.partner"].create({"name": f"Due on {due}"})
            self.assert_day_begins(last_hour_before, due, customer)
        for last_minute_before in (
            datetime(2026, 3, 27, 7, 29),
            datetime(2026, 3, 30, 6, 29),
            datetime(2026, 10, 23, 6, 29),
            datetime(2026, 10, 26, 7, 29),
        ):
            self.now = last_minute_before
            level = self.level(1)
            blocker = self.company._get_reminder_blocker
            self.assertEqual(blocker(level), "outside_window")
            self.now += timedelta(minutes=1)
            self.assertIsNone(blocker(level))

    def test_a_new_company_counts_its_days_where_it_is(self):
        companies = self.env["res.company"].with_context(tz="Europe/Paris")
        for country, zone in (
            ("base.nc", "Pacific/Noumea"),
            ("base.mq", "America/Martinique"),
        ):
            company = companies.create(
                {"name": zone, "country_id": self.env.ref(country).id}
            )
            self.assertEqual(company._get_payment_timezone(), zone)
            company.partner_id.tz = "Europe/Paris"
            self.assertEqual(company._get_payment_timezone(), "Europe/Paris")

    def test_the_last_message_is_counted_in_days_of_the_company(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        self.company.payment_reminder_policy_id = self.create_policy("Daily", 1, 2)
        self.now = datetime(2026, 12, 10, 20, 0)  # The 11th in Noumea.
        line = self.owe()
        self.remind()
        self.now += timedelta(1)
        self.assert_reason(line, "too_soon", date(2026, 12, 14))

    def test_window_and_business_days_are_those_of_the_company(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        level = self.level(1)

        def blocker(*moment):
            self.now = datetime(*moment)
            return self.company._get_reminder_blocker(level)

        self.assertEqual(blocker(2026, 12, 9, 21, 29), "outside_window")
        self.assertIsNone(blocker(2026, 12, 9, 21, 30))  # Half past eight.
        self.assertIsNone(blocker(2026, 12, 10, 6, 59))
        self.assertEqual(blocker(2026, 12, 10, 7, 0), "outside_window")
        self.assertEqual(blocker(2026, 12, 11, 22, 0), "not_a_business_day")
        level.business_days = False
        self.assertIsNone(blocker(2026, 12, 11, 22, 0))

    def test_a_copied_or_neutralized_database_sends_nothing(self):
        self.assertIsNone(self.company._get_reminder_blocker())
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.uuid", "another")
        self.assertEqual(self.company._get_reminder_blocker(), "copied")
        self.company.payment_reminder_enabled = False
        self.assertEqual(self.company._get_reminder_blocker(), "copied")
        parameters.set_param("database.is_neutralized", "True")
        self.assertEqual(self.company._get_reminder_blocker(), "neutralized")
        line = self.owe()
        self.after(1)
        self.assert_reason(line, "neutralized")

    def test_reminders_wait_while_the_bank_is_not_read(self):
        with patch.object(
            type(self.company),
            "_get_bank_data_age",
            lambda _company: timedelta(hours=49),
        ):
            self.assertEqual(self.company._get_reminder_blocker(), "stale_bank_data")
            self.company.payment_reminder_bank_hours = 0
            self.assertIsNone(self.company._get_reminder_blocker())

    def test_a_branch_waits_for_the_bank_of_its_parent(self):
        branch = self.create_branch()
        company = self.company
        with patch.object(
            type(company),
            "_get_bank_data_age",
            lambda companies: timedelta(hours=49) if company in companies else None,
        ):
            self.assertEqual(branch._get_reminder_blocker(), "stale_bank_data")


@tagged("post_install", "-at_install")
class TestReminderJob(ReminderPlanCase):
    @mute_logger(
        "odoo.addons.account_payment_request.models.reminder.payment_reminder_plan"
    )
    def test_what_fails_stops_neither_the_other_steps_nor_companies(self):
        other = self.setup_other_company()["company"]
        other.sudo().write(
            {"payment_reminder_enabled": True, "payment_reminder_start": "planned"}
        )
        seen = []

        def step(name, fails=False):
            def run(_self, company, **_options):
                seen.append((name, company.id))
                if fails:
                    raise ValueError(name)

            return run

        model = type(self.reminders)
        cron = type(self.env["ir.cron"])
        with (
            patch.object(model, "_plan_all", step("plan", fails=True)),
            patch.object(model, "_send", step("send")),
            patch.object(model, "_follow_up", step("follow_up", fails=True)),
            patch.object(model, "_send_thanks", step("thanks")),
            patch.object(cron, "_commit_progress", lambda *_a, **_k: 60),
            patch.object(self.env.cr, "rollback", lambda: None),
        ):
            self.reminders._cron_run()
        expected = [
            (name, company.id)
            for company in (self.company, other)
            for name in ("plan", "send", "follow_up", "thanks")
        ]
        self.assertEqual(sorted(seen), sorted(expected))

    def test_a_company_that_is_switched_off_sends_what_a_person_wants(self):
        self.company.payment_reminder_enabled = False
        self.customer.email = "customer@example.com"
        self.level(1).write({"subject": "Reminder", "body": "<p>Please pay</p>"})
        line = self.owe()
        self.owe(partner=self.company_customer)
        self.after(1)
        reminder = self.plan(lines=line)
        reminder._release_manually()
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 60
        ):
            self.reminders._cron_run()
            self.assertEqual(reminder.state, "queued")
            reminder.mail_message_id.notification_ids.notification_status = "sent"
            self.reminders._cron_run()
        self.assertEqual(reminder.state, "sent")
        everything = self.reminders.search([("company_id", "=", self.company.id)])
        self.assertEqual(everything, reminder)

    def test_who_was_planned_by_somebody_else_meanwhile_is_left_out(self):
        line = self.owe()
        self.owe(partner=self.company_customer)
        self.after(1)
        count, last_id = self.reminders._draft_plan(self.company)
        self.assertEqual(count, 2)
        self.reminders.create(
            {
                "company_id": self.company.id,
                "partner_id": line.partner_id.id,
                "currency_id": line.currency_id.id,
                "date": DUE,
            }
        )
        made = self.reminders._make_drafted(self.company, 0, count, last_id)
        self.assertEqual(made.partner_id, self.company_customer)

    def test_slices_are_committed_one_by_one(self):
        for number in range(3):
            customer = self.env["res.partner"].create({"name": f"Customer {number}"})
            self.owe(partner=customer)
        self.after(1)
        steps = []
        with (
            patch(
                "odoo.addons.account_payment_request.models.reminder.payment_reminder_plan"
                ".CUSTOMERS_A_SLICE",
                2,
            ),
            patch.object(
                type(self.env["ir.cron"]),
                "_commit_progress",
                lambda _self, processed=0, **_k: steps.append(processed) or 60,
            ),
        ):
            self.reminders._plan_all(self.company)
        self.assertEqual(steps, [0, 2, 1])
