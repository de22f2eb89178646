"""Every amount, date and number of days that a reminder says is the ledger's."""

import re
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from odoo.tests import tagged
from odoo.tools import format_amount

from ..common.properties import IN_ODOO
from ..common.reminder_case import DUE, ReminderPlanCase

AMOUNT = re.compile(r"\d[\d,]*\.\d\d")
DATE = re.compile(r"\b[A-Z][a-z]{2} \d{1,2}, \d{4}")
DAYS_LATE = re.compile(r"(\d+) days? (?:late|overdue)")

debt = st.fixed_dictionaries(
    {
        "cents": st.integers(100, 300_000),
        "due": st.integers(-20, 12),
        "installments": st.sampled_from([False, False, True]),
        "dollars": st.sampled_from([False, False, True]),
        "paid": st.sampled_from([0, 0, 0, 30, 99]),
        "held": st.sampled_from([False, False, False, True]),
    }
)
customers = st.fixed_dictionaries(
    {
        "debts": st.lists(debt, min_size=1, max_size=4),
        "credit": st.sampled_from([0, 0, 50, 700, 2000]),
        "days": st.lists(st.integers(-3, 20), min_size=1, max_size=3, unique=True),
    }
)


@tagged("post_install", "-at_install")
class TestReminderFigures(ReminderPlanCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.ready_made("courteous")
        cls.company.payment_reminder_policy_id = cls.policy
        cls.term = cls.installments(cls)
        cls.dollar = cls.setup_other_currency("USD", rates=[("1900-01-01", 2.0)])
        cls.customer.write({"email": "marie@example.com", "lang": "en_US"})

    def test_three_figures_are_never_mixed(self):
        self.owe(1000.0)
        self.owe(2000.0, DUE + timedelta(20))
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        self.assertRecordValues(
            reminder,
            [{"amount_overdue": 1000, "amount_asked": 1000, "amount_coming": 2000}],
        )
        self.check(reminder)

    def test_what_credits_pay_is_out_of_amounts_dates_and_days(self):
        old = self.owe(100.0, DUE - timedelta(10))
        new = self.owe(200.0)
        self.create_invoice(100.0, move_type="out_refund")
        self.after(1)
        reminder = self.plan()
        reminder._prepare()
        # A first word of the younger one: the older one is paid, as far as that goes.
        self.assertEqual((reminder.level_days, reminder.amount_asked), (1, 200.0))
        self.assertEqual((reminder.due_date, reminder.days_late), (DUE, 1))
        self.assertEqual(reminder.invoice_names, new.move_id.name)
        self.assertIn(old.move_id.name, reminder.invoice_table)
        self.assertIn("paid by your credits", reminder.invoice_table)
        self.assertNotIn("11 days late", reminder.invoice_table)
        self.check(reminder)

    def test_an_announcement_counts_nothing_that_is_late(self):
        self.owe(100.0, DUE - timedelta(10))
        early = self.owe(200.0)
        self.create_invoice(150.0, move_type="out_refund")
        self.after(-3)
        reminder = self.plan()
        reminder._prepare()
        self.assertEqual(reminder.line_ids.move_line_id, early)
        self.assertEqual((reminder.amount_credit, reminder.amount_asked), (50, 150))
        self.assertEqual(reminder.request_id.amount_to_pay, 150.0)
        self.check(reminder)

    def test_the_text_of_every_customer_says_what_the_ledger_says(self):
        @settings(IN_ODOO, max_examples=20)
        @given(customers)
        def remind(customer):
            with self.env.cr.savepoint() as savepoint:
                self.check_customer(**customer)
                savepoint.rollback()
            self.env.invalidate_all()

        remind()

    def check_customer(self, debts, credit, days):
        self.at(DUE - timedelta(30))
        for values in debts:
            self.make_debt(**values)
        if credit:
            self.create_invoice(credit, move_type="out_refund")
        for day in sorted(days):
            self.after(day)
            for reminder in self.plan():
                reminder._prepare()
                self.check(reminder)
                self.leave(reminder)

    def make_debt(self, cents, due, installments, dollars, paid, held):
        values = {"currency_id": self.dollar.id} if dollars else {}
        if installments:
            line = self.due_lines(
                self.create_invoice(
                    cents / 100,
                    invoice_date=DUE + timedelta(due - 20),
                    invoice_payment_term_id=self.term.id,
                    **values,
                )
            )[:1]
        else:
            line = self.owe(cents / 100, DUE + timedelta(due), **values)
        if paid:
            share = round(line.move_id.amount_residual * paid / 100, 2)
            self.register_payment(line.move_id, amount=max(share, 0.01))
        if held:
            line._hold_reminders(DUE + timedelta(99), "Disputed")

    # === What the ledger says ===

    def check(self, reminder):
        today, currency = self.today, reminder.currency_id
        lines = self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.customer.id),
                ("currency_id", "=", currency.id),
                ("account_type", "=", "asset_receivable"),
                ("parent_state", "=", "posted"),
                ("reconciled", "=", False),
            ],
            order="date_maturity, id",
        )
        credit = -sum(
            line.amount_residual_currency
            for line in lines
            if line.amount_residual_currency < 0
        )
        self.credits = lines.filtered(lambda line: line.amount_residual_currency < 0)
        lines = lines.filtered(
            lambda line: (
                line.amount_residual_currency > 0 and not line.reminder_hold_until
            )
        )
        late = lines.filtered(lambda line: line.date_maturity < today)
        early = reminder.level_days < 0
        named = reminder.line_ids.move_line_id
        told = lines - late - named
        if early:
            credit = max(credit - self.total(late), 0)
            self.assertFalse(named & late)
        else:
            self.assertEqual(named, late)
        asked = currency.round(self.total(named) - credit)
        self.assertGreater(asked, 0)
        figures = {
            "amount_asked": asked,
            "amount_overdue": 0 if early else asked,
            "amount_coming": self.total(told),
            "amount_credit": min(credit, self.total(named)),
        }
        for name, amount in figures.items():
            self.assertAlmostEqual(reminder[name], amount, msg=name)
        self.assertAlmostEqual(reminder.request_id.amount_to_pay, asked)

        unpaid = self.uncovered(named, credit)
        oldest = unpaid[0].date_maturity
        self.assertEqual(reminder.due_date, oldest)
        names = dict.fromkeys(unpaid.move_id.mapped("name"))
        self.assertEqual(
            list(dict.fromkeys(reminder.line_ids.move_id.mapped("name"))),
            list(dict.fromkeys(named.move_id.mapped("name"))),
        )
        texts = (reminder.subject, reminder.body, reminder.closing, reminder.sms_body)
        said = " ".join(map(self.plain, texts))
        self.assertIn(self.plain(format_amount(self.env, asked, currency)), said)
        before, since = self.split(reminder, unpaid, credit)
        self.assertEqual(self.amounts(said), {asked, *filter(None, (before, since))})
        self.assertLessEqual(self.dates(said), {oldest})
        days_late = {int(days) for days in DAYS_LATE.findall(said)}
        self.assertLessEqual(days_late, {(today - oldest).days})
        if len(names) == 1:
            self.assertIn(next(iter(names)), said)
        self.check_table(reminder, named, unpaid, told, asked, credit)

    def check_table(self, reminder, named, unpaid, told, asked, credit):
        tree = html.fragment_fromstring(reminder.invoice_table)
        information = tree.xpath("//table[@name='not_due']")
        rows = " ".join(self.plain(html.tostring(part)) for part in information)
        self.assertEqual(
            self.dates(rows), set(told.mapped("date_maturity")) if told else set()
        )
        self.assertFalse([day for day in self.dates(rows) if day < self.today])
        owed = set(told.mapped("amount_residual_currency"))
        whole = {line.amount_currency for line in told}
        self.assertLessEqual(owed, self.amounts(rows))
        self.assertLessEqual(self.amounts(rows), owed | whole)
        for part in information:
            part.drop_tree()
        text = self.plain(html.tostring(tree))
        residuals = named.mapped("amount_residual_currency")
        allowed = {asked, *residuals}
        allowed |= {line.amount_currency for line in named}
        if reminder.amount_credit:
            allowed |= {self.total(named), reminder.amount_credit}
        found = self.amounts(text)
        self.assertLessEqual({asked, *residuals}, found)
        self.assertLessEqual(found, {round(amount, 2) for amount in allowed})
        days = sorted(int(number) for number in DAYS_LATE.findall(text))
        late = [(self.today - line.date_maturity).days for line in unpaid]
        self.assertEqual(days, sorted(number for number in late if number > 0))
        known = {*named.mapped("date_maturity"), *named.move_id.mapped("invoice_date")}
        if reminder.amount_credit:
            known |= set(self.credits.mapped("date"))
        self.assertLessEqual(self.dates(text), known)

    def split(self, reminder, unpaid, credit):
        """Return what of the sum was reminded before and what came since, if the text
        speaks of both."""
        if "reminder of" not in reminder.body and "reminders of" not in reminder.body:
            return None, None
        earlier = self.reminders.search(
            [
                ("partner_id", "=", reminder.partner_id.id),
                ("currency_id", "=", reminder.currency_id.id),
                ("state", "in", ("sent", "delivered")),
                ("level_days", ">=", 0),
            ]
        ).line_ids.move_line_id
        since = self.total(unpaid - earlier)
        if unpaid[:1] not in earlier:
            # Credits have paid a part of the oldest.
            paid = self.total(reminder.line_ids.move_line_id) - self.total(unpaid)
            since -= credit - paid
        if not since:
            return None, None
        return round(reminder.amount_asked - since, 2), round(since, 2)

    def uncovered(self, named, credit):
        """Return what is left of the lines once credits pay the oldest."""
        left = named.browse()
        for line in named.sorted(lambda line: (line.date_maturity, line.id)):
            credit -= line.amount_residual_currency
            if self.company.currency_id.compare_amounts(credit, 0) < 0:
                left |= line
        return left

    def total(self, lines):
        return round(sum(lines.mapped("amount_residual_currency")), 2)

    def plain(self, text):
        if isinstance(text, bytes):
            text = text.decode()
        text = html.fragment_fromstring(str(text or ""), create_parent="div")
        return " ".join(" ".join(text.itertext()).split())

    def amounts(self, text):
        return {float(found.replace(",", "")) for found in AMOUNT.findall(text)}

    def dates(self, text):
        return {
            datetime.strptime(found, "%b %d, %Y").date() for found in DATE.findall(text)
        }
