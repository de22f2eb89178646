"""Reminders wait while the bank may know of a payment that Odoo does not know."""

from datetime import timedelta
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from ..common.feed_case import FeedCase
from ..common.properties import IN_ODOO
from ..common.reminder_case import DUE, ReminderPlanCase

KINDS = ("customer", "open", "interest", "fee")


@tagged("post_install", "-at_install")
class TestReminderStale(ReminderPlanCase):
    def setUp(self):
        super().setUp()
        self.at(DUE)
        self.company.write(
            {"payment_reminder_bank_days": 7, "payment_reminder_unfed": False}
        )

    def journal(self, name="Savings", **values):
        return self.env["account.journal"].create(
            {"name": name, "code": name[:5].upper(), "type": "bank", **values}
        )

    def line_of(self, days=0, journal=None, kind="open", amount=100.0):
        """Create a bank line of so many days ago."""
        values = {"date": self.today - timedelta(days)}
        if kind == "customer":
            values["partner_id"] = self.customer.id
        elif kind != "open":
            values["counterpart_account_id"] = self.company_data[
                "default_account_revenue"
            ].id
        amount = -amount if kind == "fee" else amount
        return self.bank_line(amount, "VIR", journal, **values)

    def blocker(self):
        return self.company._get_reminder_blocker()

    def test_where_nothing_feeds_the_administrator_chooses(self):
        line = self.owe()
        self.after(1)
        self.assertEqual(self.blocker(), "no_bank_data")
        self.assert_reason(line, "no_bank_data")
        note = self.env["res.config.settings"].sudo().new().payment_reminder_bank_note
        self.assertIn("cannot know who has paid", note)
        self.company.payment_reminder_unfed = "wait"
        self.assertEqual(self.blocker(), "no_bank_data")
        self.company.payment_reminder_unfed = "remind"
        self.assertIsNone(self.blocker())

    def test_typed_lines_are_good_for_some_days(self):
        line = self.owe()
        self.line_of(0)
        for days, blocker in ((0, None), (7, None), (8, "stale_bank_lines")):
            self.after(days)
            self.assertEqual(self.blocker(), blocker, days)
        self.assert_reason(line, "stale_bank_lines")
        self.line_of(1)
        self.assertIsNone(self.blocker())

    def test_no_days_no_waiting(self):
        self.line_of(100)
        self.company.payment_reminder_bank_days = 0
        self.assertIsNone(self.blocker())

    def test_a_statement_tells_that_nothing_came_since(self):
        line = self.line_of(20)
        self.assertEqual(self.blocker(), "stale_bank_lines")
        statement = self.env["account.bank.statement"].create(
            {"name": "December", "line_ids": line.ids}
        )
        statement.date = self.today - timedelta(2)
        self.assertIsNone(self.blocker())

    def test_a_file_of_long_ago_that_is_imported_today_is_old(self):
        self.line_of(40)
        self.assertEqual(self.blocker(), "stale_bank_lines")

    def test_what_receives_no_money_of_customers_does_not_count(self):
        self.line_of(1, kind="customer")
        self.line_of(60, self.journal(), kind="interest")
        self.line_of(60, self.journal("Costs"), kind="fee")
        self.line_of(60, self.journal("Cash", type="cash"), kind="customer")
        self.line_of(200, self.journal("Former"), kind="customer")
        self.assertIsNone(self.blocker())
        second = self.journal("Second")
        self.line_of(60, second, kind="customer")
        self.assertEqual(self.blocker(), "stale_bank_lines")
        self.assertEqual(self.company._get_oldest_bank_line()[1], second)
        self.assertIn("Second", self.company._get_bank_note())
        self.line_of(3, second, kind="fee")
        self.assertIsNone(self.blocker())

    def test_a_branch_is_paid_at_its_parent(self):
        branch = self.create_branch()
        branch.write({"payment_reminder_bank_days": 7, "payment_reminder_unfed": False})
        self.assertEqual(branch._get_reminder_blocker(), "no_bank_data")
        self.line_of(9)
        self.assertEqual(branch._get_reminder_blocker(), "stale_bank_lines")

    def test_the_job_plans_and_sends_nothing_meanwhile(self):
        self.owe()
        self.line_of(0)
        self.after(9)
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 60
        ):
            self.reminders._run_company(self.company)
        reminder = self.reminders.search([("company_id", "=", self.company.id)])
        self.assertEqual(reminder.state, "to_send")
        self.assertIn("import or type", reminder.note)

    def test_journals_and_lines_in_any_order(self):
        journals = [self.bank_journal, self.journal(), self.journal("Second")]
        line = st.tuples(st.integers(0, 2), st.integers(0, 150), st.sampled_from(KINDS))

        @settings(IN_ODOO, max_examples=12)
        @given(st.lists(line, max_size=6))
        def feed(lines):
            with self.env.cr.savepoint() as savepoint:
                for index, days, kind in lines:
                    self.line_of(days, journals[index], kind)
                self.assertEqual(self.blocker(), self.expect(lines), lines)
                savepoint.rollback()
            self.env.invalidate_all()

        feed()

    def expect(self, lines):
        newest = min((days for _index, days, _kind in lines), default=0)
        ages = []
        for index in range(3):
            mine = [(days, kind) for other, days, kind in lines if other == index]
            received = [days for days, kind in mine if kind in ("customer", "open")]
            if received and min(received) - newest <= 90:
                ages.append(min(days for days, _kind in mine))
        if not ages:
            return "no_bank_data"
        return "stale_bank_lines" if max(ages) > 7 else None


@tagged("post_install", "-at_install")
class TestReminderStaleFeed(FeedCase):
    """A connected bank says itself when it was read."""

    def test_a_connected_bank_counts_by_its_hours_while_it_feeds(self):
        account = self.feed()
        company = self.company
        self.bank_line(50.0, "VIR", date=self.day(-60))
        self.assertIsNone(company._get_bank_blocker())
        self.assertIn("A connected bank", company._get_bank_note())
        self.travel(hours=49)
        self.assertEqual(company._get_bank_blocker(), "stale_bank_data")
        company.payment_reminder_bank_hours = 0
        self.assertIsNone(company._get_bank_blocker())
        account.state = "paused"
        self.assertEqual(company._get_bank_blocker(), "stale_bank_lines")
