"""*Bank Feeds* and what leads to and from it."""

import random
from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from ..common.payment_request import IBAN, PaymentRequestCommon

DAYS = 30
# Fewer than the ORM writes in one statement, so that counts are equal, not close.
FEW, MANY = 2, 9


class BankFeedsCase(PaymentRequestCommon):
    """Bank journals with lines, and what feeds them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.bank_journal)
        cls.env["account.bank.statement.line"].search([]).unlink()
        cls.reader = cls.create_user("bank_reader", "account.group_account_readonly")
        cls.manager = cls.create_user("bank_manager", "account.group_account_manager")

    @classmethod
    def create_user(cls, login, groups, companies=None):
        companies = companies or cls.company
        return new_test_user(
            cls.env,
            login=login,
            email=f"{login}@boutique.example",
            groups=groups,
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )

    def create_journal(self, name, company=None, **values):
        return (
            self.env["account.journal"]
            .sudo()
            .create(
                {
                    "name": name,
                    "type": "bank",
                    "company_id": (company or self.company).id,
                    **values,
                }
            )
        )

    def day(self, ago):
        return self.today - timedelta(days=ago)

    def connect(self, **values):
        """Return a connection as it is once its bank was read."""
        return (
            self.env["bridge.connection"]
            .sudo()
            .create(
                {
                    "company_id": self.company.id,
                    "provider_id": self.bridge.id,
                    "bank_name": "Demo Bank",
                    "state": "ok",
                    "authentication_expires_at": fields.Datetime.now()
                    + timedelta(days=90),
                    **values,
                }
            )
        )

    def feed(self, connection, journal, **values):
        """Return an account of ``connection`` that feeds ``journal``."""
        company = connection.company_id
        accounts = self.env["bridge.account"].sudo()
        return accounts.create(
            {
                "connection_id": connection.id,
                "account_ref": str(9000 + accounts.search_count([])),
                "name": "Current account",
                "currency_id": (journal.currency_id or company.currency_id).id,
                "journal_id": journal.id,
                "state": "active",
                "data_at": fields.Datetime.now(),
                **values,
            }
        )

    def dashboard(self, user=None, companies=None):
        return (
            self.env["account.journal"]
            .with_user(user or self.reader)
            .with_context(allowed_company_ids=(companies or self.company).ids)
            .get_bank_feeds()
        )

    def row(self, journal, **kwargs):
        rows = {row["id"]: row for row in self.dashboard(**kwargs)["accounts"]}
        return rows[journal.id]


@tagged("post_install", "-at_install")
class TestBankFigures(BankFeedsCase):
    def test_the_curve_is_the_balance_at_the_end_of_each_day(self):
        self.bank_line(1000.0, "long ago", date=self.day(90))
        self.bank_line(500.0, "first day", date=self.day(DAYS))
        self.bank_line(-200.0, "yesterday", date=self.day(1))
        self.bank_line(50.0, "today", date=self.today)
        curve = self.row(self.bank_journal)["curve"]
        self.assertEqual(len(curve), DAYS + 1)
        self.assertEqual(curve[:-2], [1500.0] * (DAYS - 1))
        self.assertEqual(curve[-2:], [1300.0, 1350.0])
        self.assertEqual(len(self.dashboard()["days"]), DAYS + 1)

    def test_a_line_dated_later_counts_today_as_in_the_balance(self):
        self.bank_line(100.0, "now")
        self.bank_line(30.0, "value date of the day after", date=self.day(-2))
        row = self.row(self.bank_journal)
        self.assertEqual(row["curve"][-2:], [0.0, 130.0])
        self.assertEqual(row["curve"][-1], self.bank_journal.current_statement_balance)

    def test_random_lines_against_a_sum_by_hand(self):
        dice = random.Random(20261122)
        other = self.create_journal("Second bank", code="BK2")
        for journal in (self.bank_journal, other):
            lines = [
                (dice.randint(-3, 45), dice.randint(-90000, 90000) / 100)
                for _number in range(40)
            ]
            for ago, amount in lines:
                self.bank_line(amount, "x", journal=journal, date=self.day(ago))
            curve = self.row(journal)["curve"]
            for index, balance in enumerate(curve):
                ago = DAYS - index
                expected = sum(amount for when, amount in lines if max(when, 0) >= ago)
                self.assertAlmostEqual(balance, expected, 2, f"{ago} days ago")

    def test_a_statement_is_the_start_as_in_core(self):
        line = self.bank_line(100.0, "of the statement", date=self.day(3))
        statement = self.env["account.bank.statement"].create(
            {"name": "October", "line_ids": [Command.set(line.ids)]}
        )
        statement.write({"balance_start": 700.0, "balance_end_real": 800.0})
        self.bank_line(25.0, "after it")
        curve = self.row(self.bank_journal)["curve"]
        self.assertEqual([curve[-5], curve[-2], curve[-1]], [700.0, 800.0, 825.0])

    def test_a_cancelled_line_does_not_count(self):
        self.bank_line(100.0, "kept")
        line = self.bank_line(40.0, "cancelled", date=self.day(2))
        line.move_id.button_draft()
        line.move_id.button_cancel()
        self.assertEqual(self.row(self.bank_journal)["curve"][-3:], [0.0, 0.0, 100.0])

    def test_open_lines_and_the_last_one(self):
        self.bank_line(100.0, "oldest open", date=self.day(9))
        booked = self.bank_line(60.0, "booked", date=self.day(12))
        _liquidity, suspense, _other = booked._seek_for_lines()
        suspense.account_id = self.company_data["default_account_revenue"]
        draft = self.bank_line(70.0, "draft", date=self.day(20))
        draft.move_id.button_draft()
        self.bank_line(10.0, "newest", date=self.day(1))
        row = self.row(self.bank_journal)
        self.assertEqual(row["open_count"], 2)
        self.assertEqual(row["open_since"], self.day(9))
        self.assertEqual(row["last_date"], self.day(1))

    def test_an_account_without_lines(self):
        row = self.row(self.create_journal("New bank", code="NEW"))
        self.assertEqual(row["curve"], [0.0] * (DAYS + 1))
        self.assertEqual((row["open_count"], row["last_date"]), (0, None))
        self.assertFalse(row["feed"])

    def test_a_total_for_each_currency(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        dollars = self.create_journal("Dollars", code="USD", currency_id=dollar.id)
        second = self.create_journal("Second", code="BK2")
        self.bank_line(100.0, "euros", date=self.day(40))
        self.bank_line(11.0, "euros", journal=second)
        self.bank_line(500.0, "dollars", journal=dollars, date=self.day(1))
        euro_total, dollar_total = self.dashboard()["totals"]
        self.assertEqual(euro_total["currency_id"], self.company.currency_id.id)
        self.assertEqual((euro_total["balance"], euro_total["before"]), (111.0, 100.0))
        self.assertEqual(dollar_total["currency_id"], dollar.id)
        self.assertEqual(dollar_total["accounts"], 1)
        self.assertEqual(dollar_total["balance"], 500.0)

    def test_the_number_of_queries_does_not_depend_on_the_journals(self):
        def queries(count):
            for number in range(count):
                journal = self.create_journal(f"Bank {number}")
                self.bank_line(10.0, "x", journal=journal)
                self.feed(self.connect(bank_name=f"Bank {number}"), journal)
            return self.count_queries(self.dashboard), len(self.dashboard()["accounts"])

        queries(1)  # Fills the caches of the registry.
        few, few_rows = queries(FEW)
        many, many_rows = queries(MANY)
        self.assertEqual(many_rows, few_rows + MANY)
        self.assertEqual(many, few)


@tagged("post_install", "-at_install")
class TestBankFeeds(BankFeedsCase):
    def test_what_feeds_a_journal(self):
        connection = self.connect()
        account = self.feed(
            connection,
            self.bank_journal,
            balance=12.5,
            balance_difference=-3.0,
            difference_date=self.day(4),
        )
        row = self.row(self.bank_journal)
        self.assertEqual(row["bank"], "Demo Bank")
        self.assertEqual(row["number"], f"{IBAN[:4]} … {IBAN[-4:]}")
        feed = row["feed"]
        self.assertEqual(feed["id"], account.id)
        self.assertEqual(feed["connection_id"], connection.id)
        self.assertEqual(feed["connection_state"], "ok")
        self.assertEqual(feed["consent_days_left"], 90)
        self.assertEqual(feed["data_at"], account.data_at)
        self.assertEqual(feed["difference"], -3.0)
        self.assertEqual(feed["difference_date"], self.day(4))
        self.assertEqual(self.bank_journal.bridge_account_id, account)

    def test_the_account_that_came_after_a_lost_one_is_shown(self):
        self.feed(self.connect(), self.bank_journal, state="closed", name="A")
        account = self.feed(self.connect(), self.bank_journal, name="B")
        self.assertEqual(self.row(self.bank_journal)["feed"]["id"], account.id)

    def test_connections_that_wait_for_somebody_urgent_ones_first(self):
        soon = fields.Datetime.now() + timedelta(days=13)
        self.connect(bank_name="Fine")
        self.connect(bank_name="Left", state="connecting")
        self.connect(bank_name="Past", state="removed")
        self.connect(bank_name="Ending", authentication_expires_at=soon)
        self.connect(bank_name="Silent", state="trouble", status_code=1003)
        self.connect(bank_name="Locked", state="action", status_code=402)
        waiting = self.dashboard()["connections"]
        self.assertEqual(
            [(each["name"], each["step"], each["urgent"]) for each in waiting],
            [
                ("Locked", "credentials", True),
                ("Ending", "renew", False),
                ("Silent", False, False),
            ],
        )
        self.assertEqual(waiting[0]["button"], "Enter the Login Again")
        self.assertIn("again", waiting[0]["text"])

    def test_the_next_step_of_every_state(self):
        connection = self.connect()
        cases = [
            ({"state": "connecting"}, "continue"),
            ({"state": "action", "status_code": 402}, "credentials"),
            ({"state": "action", "status_code": 429}, "terms"),
            ({"state": "action", "status_code": 1010}, "renew"),
            ({"state": "ok", "status_code": 0}, False),
            ({"state": "trouble", "status_code": 1003}, False),
            ({"state": "removed"}, False),
        ]
        for values, step in cases:
            with self.subTest(**values):
                connection.write(values)
                self.assertEqual(connection.next_step, step)
        connection.write({"state": "ok", "status_code": 0})
        with freeze_time(connection.authentication_expires_at - timedelta(days=14)):
            connection.invalidate_recordset()
            self.assertEqual(connection.next_step, "renew")

    def test_accounts_without_a_journal_are_asked_for(self):
        connection = self.connect()
        account = self.feed(connection, self.bank_journal, state="to_assign")
        self.assertEqual(connection.next_step, "assign")
        [waiting] = self.dashboard()["connections"]
        self.assertEqual(waiting["text"], "One account waits for its journal.")
        account.state = "active"
        self.assertFalse(connection.next_step)
        self.assertFalse(self.dashboard()["connections"])

    def test_the_card_of_cores_dashboard(self):
        journal = self.create_journal("Second", code="BK2")
        account = self.feed(self.connect(), journal)
        account.data_at = fields.Datetime.now() - timedelta(hours=5, minutes=1)
        journals = (self.bank_journal | journal).with_user(self.manager)
        data = journals._get_journal_dashboard_data_batched()
        self.assertTrue(data[self.bank_journal.id]["bank_feed"]["can_connect"])
        card = data[journal.id]["bank_feed"]
        self.assertFalse(card["can_connect"])
        self.assertIn("5", card["data_note"])

    def test_a_request_says_how_old_the_bank_data_are(self):
        account = self.feed(self.connect(), self.bank_journal)
        request = self.create_request()
        self.pay(request, "pdng")
        self.settle_all()
        self.assertTrue(request.amount_in_progress)
        account.data_at = fields.Datetime.now() - timedelta(hours=6)
        request.invalidate_recordset(["bank_data_note"])
        self.assertEqual(request.bank_data_note, "Bank data are 6 hours old.")
        self.assertFalse(self.create_request().bank_data_note)

    def test_from_a_journal_to_its_lines_and_what_is_open(self):
        lines = self.bank_journal.action_open_bank_lines()
        self.assertEqual(lines["domain"], [("journal_id", "=", self.bank_journal.id)])
        self.assertEqual(lines["res_model"], "account.bank.statement.line")
        to_reconcile = self.bank_journal.action_open_to_reconcile()
        self.assertEqual(to_reconcile["type"], "ir.actions.client")
        self.assertEqual(
            to_reconcile["context"]["default_journal_id"], self.bank_journal.id
        )


@tagged("post_install", "-at_install")
class TestBankRights(BankFeedsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.setup_other_company(name="Other Company")["company"]
        cls.other_reader = cls.create_user(
            "other_reader", "account.group_account_readonly", cls.other
        )
        cls.both_reader = cls.create_user(
            "both_reader", "account.group_account_readonly", cls.company + cls.other
        )

    def test_companies_do_not_see_each_other(self):
        journal = self.create_journal("Other bank", self.other, code="OTH")
        self.bank_line(999.0, "other", journal=journal)
        self.bank_line(111.0, "own")
        connection = self.connect(
            company_id=self.other.id,
            provider_id=self._enable_bridge(self.other, journal).id,
            state="action",
            status_code=1010,
        )
        self.feed(connection, journal)
        own = self.dashboard()
        self.assertNotIn(journal.id, [row["id"] for row in own["accounts"]])
        self.assertEqual([total["balance"] for total in own["totals"]], [111.0])
        self.assertFalse(own["connections"])
        with self.assertRaises(AccessError):
            self.dashboard(companies=self.other)
        other = self.dashboard(self.other_reader, self.other)
        self.assertEqual([each["id"] for each in other["connections"]], connection.ids)
        self.assertNotIn(self.bank_journal.id, [row["id"] for row in other["accounts"]])
        both = self.dashboard(self.both_reader, self.company + self.other)
        self.assertLessEqual(
            {journal.id, self.bank_journal.id}, {row["id"] for row in both["accounts"]}
        )
        # Somebody of both companies who looks at one sees that one.
        self.assertEqual(
            [row["id"] for row in self.dashboard(self.both_reader)["accounts"]],
            [row["id"] for row in own["accounts"]],
        )

    def test_who_may_look(self):
        employee = self.create_user("bank_employee", "base.group_user")
        with self.assertRaises(AccessError):
            self.dashboard(employee)
        for user, may_fetch, may_connect in (
            (self.reader, False, False),
            (self.accountant, True, False),
            (self.manager, True, True),
        ):
            with self.subTest(user=user.login):
                data = self.dashboard(user)
                self.assertIs(data["can_connect"], may_connect)
                self.assertIs(data["can_fetch"], may_fetch)

    def test_only_managers_connect(self):
        for user in (self.reader, self.accountant):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.env["bridge.connect"].with_user(user).create({})


@tagged("post_install", "-at_install")
class TestConnectBank(BankFeedsCase):
    def assistant(self, journals=None):
        """Return the assistant as the button of a journal, or of a screen, opens it."""
        journals = self.env["account.journal"] if journals is None else journals
        action = journals.with_user(self.manager).action_connect_bank()
        self.assertEqual(action["res_model"], "bridge.connect")
        wizards = self.env["bridge.connect"].with_user(self.manager)
        return Form(wizards.with_context(**action["context"])).save()

    def test_it_leads_to_the_banks_page_and_notes_the_journal(self):
        assistant = self.assistant(self.bank_journal)
        self.assertEqual(assistant.country_id.code, "FR")
        self.assertFalse(assistant.problem)
        action = assistant.action_continue()
        self.assertEqual(action["type"], "ir.actions.act_url")
        self.assertTrue(action["url"].startswith(self.sim.url))
        connection = self.env["bridge.connection"].search([])
        self.assertEqual(connection.journal_id, self.bank_journal)
        self.assertEqual(connection.state, "connecting")
        self.assertEqual(connection.user_id, self.manager)

    def test_a_company_elsewhere_still_gets_a_country_with_banks(self):
        self.company.country_id = self.env.ref("base.jp")
        self.assertEqual(self.assistant().country_id.code, "FR")
        self.company.country_id = self.env.ref("base.be")
        self.assertEqual(self.assistant().country_id.code, "BE")

    def test_without_credentials_it_says_so(self):
        self.bridge.state = "disabled"
        assistant = self.assistant()
        self.assertIn("Bridge", assistant.problem)
        with self.assertRaises(UserError):
            assistant.action_continue()


@tagged("post_install", "-at_install")
class TestBankTour(BankFeedsCase, HttpCase):
    def test_from_the_dashboard_to_the_lines_and_back(self):
        self.bank_journal.name = "Tour Bank"
        self.create_journal("Empty Bank", code="EMP")
        self.bank_line(1150.0, "long ago", date=self.day(40))
        self.bank_line(200.0, "yesterday", date=self.day(1))
        self.feed(self.connect(), self.bank_journal)
        self.connect(bank_name="Locked Bank", state="action", status_code=402)
        self.env.flush_all()
        self.start_tour("/odoo/bank-accounts", "bank_feeds", login=self.manager.login)
        self.assertFalse(
            self.env["bridge.connection"].search([("state", "=", "connecting")])
        )
