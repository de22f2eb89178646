"""Who may see and change bank connections, and what stays secret."""

from urllib.parse import urlsplit

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged

from ..common.feed_case import FETCH_CRON, STRANGE_IBAN, FeedCase
from ..common.payment_request import EVENT_CRON, IBAN


@tagged("post_install", "-at_install")
class TestFeedSecurity(FeedCase, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company(name="Autre Boutique")
        cls.other = cls.other_data["company"]
        cls.other.email = "contact@autre.example"
        cls.other_bridge = cls._enable_bridge(
            cls.other, cls.other_data["default_journal_bank"]
        )
        cls.stranger = cls._new_manager("feed_stranger", cls.other)

    def test_companies_never_see_each_other(self):
        account = self.feed()
        connection = account.connection_id
        for record in (connection, account):
            mine = record.with_user(self.stranger)
            self.assertFalse(mine.search([("id", "=", record.id)]))
            with self.assertRaises(AccessError):
                mine.read(["name"])
        for button in ("action_connect", "action_fetch", "action_disconnect"):
            with self.assertRaises(AccessError):
                getattr(connection.with_user(self.stranger), button)()
        for button in ("action_start", "action_fetch", "action_pause"):
            with self.assertRaises(AccessError):
                getattr(account.with_user(self.stranger), button)()
        Connection = self.env["bridge.connection"].with_user(self.stranger)
        self.assertFalse(Connection._find_by_token(connection.token))

    def test_each_company_is_its_own_user_at_bridge(self):
        mine = self.connect()
        self.sim.open_account(STRANGE_IBAN, 574, name="Autre")
        theirs = self.connect(
            user=self.stranger, company=self.other, accounts=[STRANGE_IBAN]
        )
        self.assertEqual(theirs.provider_id, self.other_bridge)
        self.assertNotEqual(
            self.bridge.bridge_user_ref, self.other_bridge.bridge_user_ref
        )
        self.assertEqual(theirs.account_ids.company_id, self.other)
        self.assertEqual(mine.account_ids.company_id, self.company)
        # Their item is nothing that our token can read.
        third, _url = self.open_page()
        third._handle_return(theirs.item_ref)
        self.assertFalse(third.item_ref)

    def test_event_about_another_companys_item_is_ignored(self):
        self.connect()
        self.sim.open_account(STRANGE_IBAN, 574, name="Autre")
        theirs = self.connect(
            user=self.stranger, company=self.other, accounts=[STRANGE_IBAN]
        )
        read_at = theirs.next_read_at
        # One application, one webhook: both companies' events reach our address.
        self.deliver()
        self.run_cron(EVENT_CRON)
        events = (
            self.env["bridge.event"].sudo().search([("item_ref", "=", theirs.item_ref)])
        )
        self.assertTrue(events)
        self.assertEqual(set(events.mapped("state")), {"ignored"})
        self.assertEqual(theirs.next_read_at, read_at)

    def test_same_iban_in_two_companies_stays_apart(self):
        mine = self.connect().account_ids
        theirs = self.connect(user=self.stranger, company=self.other).account_ids
        self.assertEqual(mine.iban, theirs.iban)
        self.assertNotEqual(mine, theirs)
        self.assertEqual(mine.journal_id, self.bank_journal)
        self.assertFalse(theirs.journal_id)
        with self.assertRaises(UserError):
            theirs.journal_id = self.bank_journal

    def test_accountants_read_and_managers_manage(self):
        account = self.feed()
        connection = account.connection_id
        accountant = self.accountant
        self.assertTrue(account.with_user(accountant).name)
        self.assertTrue(connection.with_user(accountant).state_text)
        for act in (
            connection.with_user(accountant).action_connect,
            connection.with_user(accountant).action_disconnect,
            account.with_user(accountant).action_pause,
            account.with_user(accountant).action_start,
        ):
            with self.assertRaises(AccessError):
                act()
        reader = new_test_user(
            self.env,
            login="feed_reader",
            groups="account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertTrue(account.with_user(reader).name)
        for record in (account, connection):
            with self.assertRaises(AccessError):
                record.with_user(reader).action_fetch()
        nobody = new_test_user(self.env, login="feed_nobody", groups="base.group_user")
        with self.assertRaises(AccessError):
            connection.with_user(nobody).read(["name"])
        with self.assertRaises(AccessError):
            account.with_user(nobody).read(["iban"])

    def test_managers_neither_read_the_token_nor_say_what_only_bridge_may(self):
        account = self.feed()
        connection = account.connection_id
        mine = connection.with_user(self.manager)
        with self.assertRaises(AccessError):
            mine.read(["token"])
        for values in (
            {"token": "1-x"},
            {"item_ref": "1"},
            {"company_id": self.other.id},
            {"provider_id": self.other_bridge.id},
            {"state": "ok"},
            {"session_opened_at": "2020-01-01"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                mine.write(values)
        for values in (
            {"account_ref": "1"},
            {"connection_id": connection.id},
            {"iban": STRANGE_IBAN},
            {"balance": 1e6},
            {"company_id": self.other.id},
            {"cursor": "2099-01-01T00:00:00Z"},
            {"next_fetch_at": "2099-01-01"},
        ):
            with self.subTest(values=values), self.assertRaises(AccessError):
                account.with_user(self.manager).write(values)
        for values in ({"item_ref": connection.item_ref}, {"state": "ok"}):
            with self.subTest(values=values), self.assertRaises(AccessError):
                connection.with_user(self.manager).create(
                    {"company_id": self.company.id, **values}
                )

    def test_line_is_not_said_to_come_from_another_companys_account(self):
        account = self.feed()
        values = {
            "journal_id": self.other_data["default_journal_bank"].id,
            "amount": 1.0,
            "payment_ref": "x",
            "bridge_account_id": account.id,
            "bridge_transaction_ref": "1",
        }
        Line = self.env["account.bank.statement.line"].with_user(self.stranger)
        with self.assertRaises(UserError):
            Line.create(values)

    def test_connection_uses_its_own_companys_credentials(self):
        both = self._new_manager("feed_both", self.company)
        both.company_ids = [Command.link(self.other.id)]
        with self.assertRaises(ValidationError):
            self.env["bridge.connection"].with_user(both).create(
                {"company_id": self.company.id, "provider_id": self.other_bridge.id}
            )

    # === The route that brings a person back ===

    def test_return_reads_the_bank_and_opens_the_connection(self):
        connection, url = self.open_page()
        callback = urlsplit(self.sim.connect(url, bank=574, accounts=[IBAN]))
        self.env.flush_all()
        self.authenticate("feed_manager", "feed_manager")
        response = self.url_open(
            f"{callback.path}?{callback.query}", allow_redirects=False
        )
        self.env.invalidate_all()
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith(f"/{connection.id}"))
        self.assertEqual(connection.state, "ok")

    def test_return_without_login_changes_nothing(self):
        connection, url = self.open_page()
        callback = urlsplit(self.sim.connect(url, bank=574, accounts=[IBAN]))
        self.env.flush_all()
        response = self.url_open(
            f"{callback.path}?{callback.query}", allow_redirects=False
        )
        self.assertIn("/web/login", response.headers["Location"])
        self.env.invalidate_all()
        self.assertFalse(connection.item_ref)

    def test_return_with_a_forged_context_is_not_found(self):
        self.open_page()
        self.env.flush_all()
        self.authenticate("feed_manager", "feed_manager")
        for query in ("", "?context=1-x", "?context=%00", "?item_id=1&success=true"):
            response = self.url_open(f"/bridge/connect/return{query}")
            self.assertEqual(response.status_code, 404, query)

    def test_return_when_bridge_is_down_is_read_later(self):
        connection, url = self.open_page()
        callback = urlsplit(self.sim.connect(url, bank=574, accounts=[IBAN]))
        self.sim.faults.status_500 = True
        self.env.flush_all()
        self.authenticate("feed_manager", "feed_manager")
        with self.assertLogs("odoo.addons.account_payment_request", "WARNING"):
            response = self.url_open(
                f"{callback.path}?{callback.query}", allow_redirects=False
            )
        self.assertEqual(response.status_code, 303)
        self.sim.faults.clear()
        self.env.invalidate_all()
        self.assertEqual(connection.state, "connecting")
        self.travel(minutes=10)
        self.run_cron(FETCH_CRON)
        self.assertEqual(connection.state, "ok")
