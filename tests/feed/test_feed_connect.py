"""Connecting a bank, keeping the consent, and who may see what."""

from unittest.mock import patch

from psycopg2 import IntegrityError, OperationalError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import uninstall_hook
from ..common.feed_case import (
    CONSENT_CRON,
    FETCH_CRON,
    OTHER_BANK,
    STRANGE_IBAN,
    FeedCase,
)
from ..common.payment_request import EVENT_CRON, IBAN


@tagged("post_install", "-at_install")
class TestFeedConnect(FeedCase):
    def test_account_found_proposes_the_journal_with_its_iban(self):
        connection = self.connect()
        account = connection.account_ids
        self.assertEqual(len(account), 1)
        self.assertEqual(account.journal_id, self.bank_journal)
        self.assertEqual(account.state, "to_assign")
        self.assertEqual(account.currency_id.name, "EUR")
        self.assertEqual(connection.state, "ok")
        self.assertTrue(connection.bank_name)
        self.assertGreater(connection.consent_days_left, 170)
        self.assertNotIn(IBAN, account.iban_masked)

    def test_page_asks_for_our_context_and_our_address(self):
        connection, url = self.open_page()
        session = self.sim.find_session(url)
        self.assertEqual(session["context"], connection.token)
        self.assertTrue(
            session["callback_url"].endswith("/bridge/connect/return"),
            session["callback_url"],
        )

    def test_bank_left_at_its_page_stays_unfinished(self):
        connection, url = self.open_page()
        self.come_back(self.sim.connect(url, "bank_creds_form", bank=574))
        self.assertEqual(connection.state, "connecting")
        self.assertFalse(connection.account_ids)
        again = connection.with_user(self.manager).action_connect()["url"]
        self.come_back(self.sim.connect(again, bank=574, accounts=[IBAN]))
        self.assertEqual(connection.state, "ok")
        self.assertTrue(connection.account_ids)

    def test_person_who_never_comes_back_is_found_by_the_event(self):
        connection, url = self.open_page()
        self.sim.connect(url, bank=574, accounts=[IBAN])
        self.deliver()
        self.run_cron(EVENT_CRON)
        self.run_cron(FETCH_CRON)
        self.assertEqual(connection.state, "ok")
        self.assertEqual(connection.account_ids.iban, IBAN)

    def test_bank_that_is_slow_shows_its_accounts_later(self):
        connection, url = self.open_page()
        self.come_back(self.sim.connect(url, "sync_pending", bank=574, accounts=[IBAN]))
        self.assertEqual(connection.state, "refreshing")
        self.assertTrue(connection.state_text)
        self.travel(minutes=10)
        self.deliver()
        self.run_cron(EVENT_CRON)
        self.run_cron(FETCH_CRON)
        self.assertEqual(connection.state, "ok")
        self.assertEqual(connection.account_ids.state, "to_assign")

    def test_item_named_in_the_query_must_be_read_at_bridge(self):
        connection, url = self.open_page()
        callback = self.sim.connect(url, "bank_creds_form", bank=574)
        connection._handle_return("424242")
        self.assertFalse(connection.item_ref)
        self.assertEqual(self.come_back(callback), connection)

    def test_item_of_another_connection_is_not_taken(self):
        first = self.connect()
        second, _url = self.open_page()
        second._handle_return(first.item_ref)
        self.assertFalse(second.item_ref)
        self.assertEqual(second.state, "connecting")

    def test_return_that_fails_half_way_keeps_nothing(self):
        connection, url = self.open_page()
        callback = self.sim.connect(url, bank=574, accounts=[IBAN])
        fails = patch.object(
            type(connection), "_import_accounts", side_effect=UserError("no")
        )
        with fails, self.assertLogs("odoo.addons.account_payment_request", "WARNING"):
            self.come_back(callback)
        self.assertFalse(connection.item_ref)
        self.assertEqual(connection.state, "connecting")
        self.run_cron(FETCH_CRON)
        self.assertTrue(connection.account_ids)

    def test_first_day_left_empty_is_proposed_again(self):
        account = self.connect().account_ids
        account.history_start_date = False
        account.with_user(self.manager).action_start()
        self.assertTrue(account.history_start_date)

    def test_uninstalling_leaves_no_journal_fed_by_bridge(self):
        account = self.feed()
        self.assertEqual(account.journal_id.bank_statements_source, "bridge")
        uninstall_hook(self.env)
        self.assertEqual(account.journal_id.bank_statements_source, "undefined")

    def test_two_banks_opened_at_once_are_told_apart_by_the_query(self):
        first, first_url = self.open_page()
        second, second_url = self.open_page()
        first_back = self.sim.connect(first_url, bank=574, accounts=[IBAN])
        second_back = self.sim.connect(second_url, bank=OTHER_BANK)
        second._handle_return()
        self.assertFalse(second.item_ref, "no telling which")
        self.come_back(second_back)
        self.come_back(first_back)
        self.assertEqual(first.bank_ref, "574")
        self.assertEqual(second.bank_ref, str(OTHER_BANK))

    def test_wrong_tokens_find_nothing(self):
        connection, _url = self.open_page()
        token = connection.token
        Connection = self.env["bridge.connection"].with_user(self.manager)
        self.assertEqual(Connection._find_by_token(token), connection)
        for wrong in (
            None,
            "",
            "-",
            str(connection.id),
            f"{connection.id}-",
            token[:-1],
            token + "0",
            token.upper(),
            f"{connection.id + 1}-{token.partition('-')[2]}",
            "é" * 20,
            "9" * 30 + "-x",
            "²-x",
        ):
            self.assertFalse(Connection._find_by_token(wrong), wrong)

    def test_iban_of_nobody_proposes_nothing(self):
        self.sim.open_account(STRANGE_IBAN, 574, name="Fremd", balance=5)
        connection = self.connect(accounts=[STRANGE_IBAN])
        account = connection.account_ids
        self.assertFalse(account.journal_id)
        with self.assertRaises(UserError):
            account.with_user(self.manager).action_start()
        with self.assertRaises(ValidationError):
            account.with_user(self.manager).journal_id = self.bank_journal

    def test_journal_it_was_started_from_is_proposed(self):
        journal = self.bank_journal.copy({"bank_account_id": False})
        self.sim.open_account(STRANGE_IBAN, 574, name="Fremd", balance=5)
        connection = self.connect(accounts=[STRANGE_IBAN], journal_id=journal.id)
        self.assertEqual(connection.account_ids.journal_id, journal)
        connection.with_user(self.manager).action_start_all()
        self.assertEqual(journal.bank_account_id.sanitized_acc_number, STRANGE_IBAN)
        self.assertEqual(journal.bank_statements_source, "bridge")

    def test_journal_is_made_for_an_account(self):
        self.sim.open_account(STRANGE_IBAN, 574, name="Dollar", currency="USD")
        account = self.connect(accounts=[STRANGE_IBAN]).account_ids
        account.with_user(self.manager).action_create_journal()
        journal = account.journal_id
        self.assertEqual(journal.currency_id.name, "USD")
        self.assertEqual(journal.company_id, self.company)
        self.assertEqual(journal.bank_account_id.sanitized_acc_number, STRANGE_IBAN)
        account.with_user(self.manager).action_start()
        self.receive_money(75.0, "wire", account=STRANGE_IBAN)
        self.fetch()
        self.assertEqual(self.lines(account).amount, 75.0)
        self.assertEqual(account.balance_difference, 0.0)

    def test_currency_of_the_journal_is_checked(self):
        self.sim.open_account(STRANGE_IBAN, 574, name="Dollar", currency="USD")
        account = self.connect(accounts=[STRANGE_IBAN]).account_ids
        journal = self.bank_journal.copy({"bank_account_id": False})
        with self.assertRaises(ValidationError):
            account.journal_id = journal

    def test_one_account_a_journal(self):
        self.sim.open_account(STRANGE_IBAN, 574, name="Zwei")
        journal = self.bank_journal.copy({"bank_account_id": False})
        accounts = self.connect(accounts=[IBAN, STRANGE_IBAN]).account_ids
        accounts.journal_id = False
        accounts[0].journal_id = journal
        self.env.flush_all()
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.env.cr.savepoint(),
        ):
            accounts[1].journal_id = journal
            self.env.flush_all()

    def test_account_that_goes_is_a_task_and_comes_back(self):
        account = self.feed()
        self.fetch()
        self.sim.close_account(IBAN)
        self.sim.refresh()
        self.deliver()
        self.run_cron(EVENT_CRON)
        self.run_cron(FETCH_CRON)
        self.assertEqual(account.state, "closed")
        self.assertEqual(len(self.tasks(account)), 1)
        self.assertIsNone(self.company._get_bank_data_age())
        self.sim.find_bank_account(IBAN)["open"] = True
        self.receive_money(10.0, "back again")
        self.deliver()
        self.run_cron(EVENT_CRON)
        self.run_cron(FETCH_CRON)
        self.assertEqual(account.state, "active")
        self.assertEqual(len(self.lines(account)), 1)

    def test_account_with_another_iban_is_paused_and_told_once(self):
        account = self.feed()
        self.fetch()
        connection = account.connection_id
        self.sim.accounts[int(account.account_ref)]["iban"] = STRANGE_IBAN
        for _reading in range(2):
            connection.next_read_at = fields.Datetime.now()
            self.run_cron(FETCH_CRON)
            self.assertFalse(connection.read_error)
            self.assertEqual(account.state, "paused")
            self.assertEqual(account.iban, IBAN)
            self.assertEqual(len(self.tasks(account)), 1)

    def test_journal_proposed_for_another_iban_is_not_kept(self):
        account = self.connect().account_ids
        self.assertEqual(account.journal_id, self.bank_journal)
        self.sim.accounts[int(account.account_ref)]["iban"] = STRANGE_IBAN
        account.connection_id._read_at_bridge()
        self.assertEqual(account.iban, STRANGE_IBAN)
        self.assertFalse(account.journal_id)

    def test_disconnecting_withdraws_the_consent(self):
        account = self.feed()
        connection = account.connection_id
        item = int(connection.item_ref)
        connection.with_user(self.manager).action_disconnect()
        self.assertNotIn(item, self.sim.items)
        self.assertEqual(account.state, "closed")
        self.assertFalse(connection.authentication_expires_at)
        with self.assertRaises(UserError):
            connection.with_user(self.manager).action_connect()

    def test_bank_disconnected_at_bridge_is_noted(self):
        account = self.feed()
        connection = account.connection_id
        with self.bridge._bridge_aggregation() as aggregation:
            aggregation.delete_item(int(connection.item_ref))
        self.deliver()
        self.run_cron(EVENT_CRON)
        self.run_cron(FETCH_CRON)
        self.assertEqual(connection.state, "removed")
        self.assertEqual(account.state, "closed")

    def test_other_banks_speak_for_themselves(self):
        number = "FR7612345678901234567890147"
        self.sim.open_account(number, OTHER_BANK, name="Pro", balance=3)
        connection = self.connect(bank=OTHER_BANK, accounts=[number])
        self.assertEqual(connection.bank_ref, str(OTHER_BANK))

    # === Consent ===

    def test_tasks_come_14_7_and_1_days_before_the_end(self):
        connection = self.connect()
        self.sim.expire_consent(int(connection.item_ref), days=20)
        connection._read_at_bridge()
        expected = []
        for days_left in (19, 14, 13, 7, 2, 1):
            if self._frozen:
                self.travel(seconds=1)
            end = connection.authentication_expires_at
            now = fields.Datetime.now()
            self.travel(seconds=(end - now).total_seconds() - days_left * 86400 + 60)
            self.run_cron(CONSENT_CRON)
            expected.append(
                (days_left, connection.task_key, len(self.tasks(connection)))
            )
        self.assertEqual(
            expected,
            [
                (19, False, 0),
                (14, "consent-14", 1),
                (13, "consent-14", 1),
                (7, "consent-7", 1),
                (2, "consent-7", 1),
                (1, "consent-1", 1),
            ],
        )
        task = self.tasks(connection)
        self.assertEqual(task.user_id, self.manager)
        self.assertEqual(
            task.date_deadline, connection.authentication_expires_at.date()
        )

    def test_task_done_early_is_not_made_again(self):
        connection = self.connect()
        self.sim.expire_consent(int(connection.item_ref), days=10)
        connection._read_at_bridge()
        self.tasks(connection).action_feedback()
        self.run_cron(CONSENT_CRON)
        self.assertFalse(self.tasks(connection))

    def test_ended_consent_is_renewed_with_the_button(self):
        account = self.feed()
        connection = account.connection_id
        self.sim.expire_consent(int(connection.item_ref))
        self.deliver()
        self.run_cron(EVENT_CRON)
        self.run_cron(FETCH_CRON)
        self.assertEqual(connection.state, "action")
        self.assertEqual(len(self.tasks(connection)), 1)
        self.assertIn("renew", connection.state_text)
        url = connection.with_user(self.manager).action_connect()["url"]
        session = self.sim.find_session(url)
        self.assertEqual(str(session["item_id"]), connection.item_ref)
        self.come_back(self.sim.connect(url))
        self.assertEqual(connection.state, "ok")
        self.assertFalse(self.tasks(connection))
        self.assertGreater(connection.consent_days_left, 170)
        self.assertEqual(account.state, "active")

    def test_consent_that_ends_unnoticed_needs_an_action(self):
        connection = self.connect()
        self.sim.expire_consent(int(connection.item_ref), days=2)
        connection._read_at_bridge()
        self.travel(days=3)
        self.run_cron(CONSENT_CRON)
        self.assertEqual(connection.state, "action")
        self.assertIn("renew", connection.state_text)

    def test_every_status_says_what_to_do(self):
        connection = self.connect()
        texts = set()
        for status, state in (
            (402, "action"),
            (429, "action"),
            (1005, "action"),
            (1010, "action"),
            (1003, "trouble"),
            (1007, "trouble"),
            (1009, "trouble"),
            (1099, "trouble"),
            (0, "ok"),
        ):
            with self.subTest(status=status):
                self.sim.set_item_status(int(connection.item_ref), status)
                connection._read_at_bridge()
                self.assertEqual(connection.state, state)
                self.assertEqual(
                    len(self.tasks(connection)), 1 if state == "action" else 0
                )
                texts.add(connection.state_text)
        self.assertEqual(len(texts), 9)

    def test_unknown_status_is_trouble(self):
        connection = self.connect()
        connection._import_answer(
            {"item": {"id": connection.item_ref, "status": 1234}, "accounts": []}
        )
        self.assertEqual(connection.state, "trouble")
        self.assertTrue(connection.state_text)

    # === Notifications ===

    def events(self, state=None):
        domain = [("provider_id", "=", self.bridge.id), ("item_ref", "!=", False)]
        if state:
            domain.append(("state", "=", state))
        return self.env["bridge.event"].sudo().search(domain)

    def test_news_of_an_account_have_it_fetched(self):
        account = self.feed()
        self.fetch()
        self.deliver()
        self.run_cron(EVENT_CRON)
        ref = self.receive_money(10.0, "one")
        self.deliver()
        calls = self.env["ir.cron.trigger"].sudo().search_count([])
        self.run_cron(EVENT_CRON)
        self.assertGreater(self.env["ir.cron.trigger"].sudo().search_count([]), calls)
        self.assertFalse(self.line_of(ref), "only marked")
        self.assertLessEqual(account.next_fetch_at, fields.Datetime.now())
        self.assertFalse(self.events("received"))
        self.run_cron(FETCH_CRON)
        self.assertTrue(self.line_of(ref))

    def test_event_that_meets_another_process_is_tried_again(self):
        self.feed()
        self.deliver()
        with patch.object(
            self.registry["bridge.event"],
            "_mark_to_read",
            side_effect=OperationalError,
        ):
            self.run_cron(EVENT_CRON)
        self.assertTrue(self.events("received").filtered("error"))

    def test_forged_event_is_refused(self):
        account = self.feed()
        self.fetch()
        self.deliver()
        self.run_cron(EVENT_CRON)
        before, known = account.next_fetch_at, self.events()
        self.sim.faults.wrong_signature = True
        self.receive_money(10.0, "one")
        statuses = {delivery.status for delivery in self.deliver()}
        self.assertEqual(statuses, {401})
        self.run_cron(EVENT_CRON)
        self.assertEqual(account.next_fetch_at, before)
        self.assertEqual(self.events(), known)

    def test_unknown_item_is_ignored(self):
        account = self.feed()
        self.fetch()
        self.deliver()
        self.run_cron(EVENT_CRON)
        self.sim.faults.unknown_item = True
        self.receive_money(10.0, "one")
        self.deliver()
        self.run_cron(EVENT_CRON)
        ignored = self.events("ignored")
        self.assertTrue(ignored)
        self.assertNotIn(account.connection_id.item_ref, ignored.mapped("item_ref"))

    def test_event_of_another_user_is_ignored(self):
        account = self.feed()
        self.fetch()
        before = account.next_fetch_at
        event = (
            self.env["bridge.event"]
            .sudo()
            .create(
                {
                    "provider_id": self.bridge.id,
                    "event_type": "item.account.updated",
                    "body": "{}",
                    "digest": "other-user",
                    "item_ref": account.connection_id.item_ref,
                    "account_ref": account.account_ref,
                    "user_ref": "11111111-2222-3333-4444-555555555555",
                    "next_attempt_at": fields.Datetime.now(),
                }
            )
        )
        self.run_cron(EVENT_CRON)
        self.assertEqual(event.state, "ignored")
        self.assertEqual(account.next_fetch_at, before)

    def test_garbage_in_an_event_is_stored_and_ignored(self):
        for content in (
            b'{"type":"item.refreshed","content":{"item_id":{"a":1},"user_uuid":[]}}',
            b'{"type":"item.refreshed","content":{"item_id":true}}',
            b'{"type":"item.refreshed","content":{"item_id":%s}}' % (b"9" * 400),
            b'{"type":"item.refreshed","content":{"item_id":"a\\u0000b"}}',
        ):
            with self.subTest(content=content):
                parsed = self.env["bridge.event"]._parse(content)
                self.assertIn(parsed["item_ref"], (None, "ab"))
                self.assertIsNone(parsed["user_ref"])
