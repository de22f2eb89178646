"""Bank feeds: what comes from the bank becomes lines, once and completely."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from ...bridge.aggregation import Aggregation
from ...bridge.client import BridgeClient
from ...models.batch import CONCURRENCY_RETRIES
from ..common.event_case import BATCH_LOGGER
from ..common.feed_case import FETCH_CRON, OTHER_BANK, OTHER_IBAN, FeedCase
from ..common.payment_request import EVENT_CRON, IBAN


class Killed(BaseException):
    """The process dies here: nobody catches it, nothing is committed after it."""


@tagged("post_install", "-at_install")
class TestFeedFetch(FeedCase):
    def test_new_money_becomes_a_line(self):
        account = self.feed()
        self.fetch()
        ref = self.receive_money(120.0, "FAC/2026/00042", payer="ACME SAS")
        self.fetch(account)
        line = self.line_of(ref)
        self.assertEqual(line.amount, 120.0)
        self.assertEqual(line.journal_id, self.bank_journal)
        self.assertEqual(line.bridge_account_id, account)
        self.assertEqual(line.transaction_details["id"], ref)
        self.assertIn("FAC", line.payment_ref)
        self.assertEqual(account.balance, 120.0)
        self.assertEqual(account.balance_difference, 0.0)
        self.assertTrue(account.cursor)
        self.assertFalse(account.fetch_error)

    def test_money_with_our_reference_pays_the_invoice(self):
        request = self.create_request(120.0)
        account = self.feed()
        self.fetch()
        ref = self.receive_money(120.0, request.reference)
        self.fetch(account)
        self.assertTrue(self.line_of(ref).is_reconciled)
        self.assertEqual(request.line_ids.move_id.payment_state, "paid")

    def test_fetching_twice_makes_nothing_twice(self):
        account = self.feed()
        self.receive_money(10.0, "one")
        self.receive_money(20.0, "two")
        self.fetch()
        before = self.lines()
        self.fetch(account)
        self.assertEqual(self.lines(), before)
        self.assertEqual(sum(before.mapped("amount")), 30.0)

    def test_next_fetch_is_about_an_hour_later(self):
        account = self.feed()
        self.fetch()
        wait = account.next_fetch_at - fields.Datetime.now()
        self.assertLess(wait, timedelta(hours=1))
        self.assertGreater(wait, timedelta(minutes=30))
        self.assertFalse(account.fetch_user_id)

    def test_debits_are_lines_too(self):
        account = self.feed()
        self.receive_money(500.0, "deposit")
        ref = self.receive_money(-35.5, "rent", kind="out")
        self.fetch()
        self.assertEqual(self.line_of(ref).amount, -35.5)
        self.assertEqual(account.balance_difference, 0.0)

    def test_all_pages_are_read(self):
        account = self.feed()
        self.fetch()
        for number in range(7):
            self.sim.transfer(10.0 + number, f"page {number}", account=account.iban)
        self.sim.refresh()
        with self.pages_of(2):
            self.fetch(account)
        self.assertEqual(len(self.lines(account)), 7)
        self.assertEqual(account.balance_difference, 0.0)

    def test_same_page_twice_is_taken_once(self):
        account = self.feed()
        for number in range(4):
            self.sim.transfer(10.0 + number, f"page {number}", account=account.iban)
        self.sim.refresh()
        self.sim.faults.page_twice = True
        with self.pages_of(3):
            self.fetch(account)
        self.assertEqual(len(self.lines(account)), 4)
        self.assertEqual(account.balance_difference, 0.0)

    def test_order_of_pages_does_not_matter(self):
        account = self.feed()
        for number in range(5):
            self.sim.transfer(
                10.0 + number,
                f"day {number}",
                account=account.iban,
                when=self.day(-number),
            )
        self.sim.refresh()
        self.sim.faults.reversed_order = True
        with self.pages_of(2):
            self.fetch(account)
        lines = self.lines(account)
        self.assertEqual(len(lines), 5)
        self.assertEqual(lines.mapped("date"), sorted(lines.mapped("date")))
        cursor = account.cursor
        self.sim.faults.reversed_order = False
        self.fetch(account)
        self.assertEqual(account.cursor, cursor)

    def test_lost_page_is_asked_again(self):
        account = self.feed()
        self.receive_money(10.0, "one")
        self.sim.faults.lost_page = 1
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 1)

    def test_days_before_the_first_one_are_not_imported(self):
        self.sim.transfer(10.0, "old", account=IBAN, when=self.day(-20))
        self.sim.transfer(20.0, "new", account=IBAN, when=self.day(-5))
        account = self.feed(first_day=self.day(-10))
        self.fetch()
        fed = self.lines(account) - account.opening_line_id
        self.assertEqual(fed.mapped("amount"), [20.0])

    def test_long_history_goes_on_after_the_last_quarter_done(self):
        for days in (-195, -100, -5):
            self.sim.transfer(10.0, f"day {days}", account=IBAN, when=self.day(days))
        account = self.feed(first_day=self.day(-200))
        with self.kill_after(1):
            self.assertTrue(self.dies_fetching(account))
        self.env.invalidate_all()
        self.assertEqual(account.history_done_date, self.day(-109))
        asked = []
        ask = Aggregation.transaction_pages

        def listen(aggregation, account_id, **filters):
            asked.append(filters["min_date"])
            return ask(aggregation, account_id, **filters)

        with patch.object(Aggregation, "transaction_pages", listen):
            self.fetch(account)
        self.assertEqual(asked, [self.day(-108), self.day(-16)])
        self.assertEqual(sum(self.lines(account).mapped("amount")), 30.0)
        self.assertEqual(account.balance_difference, 0.0)

    def test_time_over_goes_on_after_lines_were_made(self):
        account = self.feed()
        for number in range(6):
            self.sim.transfer(10.0 + number, f"line {number}", account=IBAN)
        self.sim.refresh()
        cron = type(self.env["ir.cron"])
        commit = cron._commit_progress

        def no_time(records, *args, **kwargs):
            commit(records, *args, **kwargs)
            return 0

        runs = 0
        with self.batches_of(2), patch.object(cron, "_commit_progress", no_time):
            while not account.cursor:
                runs += 1
                self.assertLess(runs, 9, "no progress")
                self.fetch(account)
        self.assertEqual(len(self.lines(account)), 6)
        self.assertEqual(account.balance_difference, 0.0)

    def test_time_over_leaves_the_other_accounts_for_the_next_run(self):
        self.sim.open_account(OTHER_IBAN, OTHER_BANK, name="Autre", balance=0)
        first = self.feed()
        other = self.connect(bank=OTHER_BANK, accounts=[OTHER_IBAN]).account_ids
        other.with_user(self.manager).action_create_journal()
        other.with_user(self.manager).action_start()
        accounts = first | other
        cron = type(self.env["ir.cron"])
        with patch.object(cron, "_commit_progress", return_value=0):
            accounts._cron_fetch()
            self.assertEqual(len(accounts.filtered("last_fetch_at")), 1)
            accounts._cron_fetch()
        self.assertEqual(accounts.filtered("last_fetch_at"), accounts)

    def test_earlier_first_day_brings_the_days_between(self):
        self.sim.transfer(10.0, "old", account=IBAN, when=self.day(-20))
        self.sim.transfer(20.0, "new", account=IBAN, when=self.day(-5))
        account = self.feed(first_day=self.day(-10))
        self.fetch()
        self.assertEqual(account.opening_line_id.amount, 10.0)
        account.with_user(self.manager).history_start_date = self.day(-30)
        self.fetch(account)
        fed = self.lines(account) - account.opening_line_id
        self.assertEqual(fed.mapped("amount"), [10.0, 20.0])
        self.assertEqual(account.opening_line_id.amount, 0.0)
        self.assertEqual(account.balance_difference, 0.0)

    def test_account_that_feeds_a_journal_stays_with_it(self):
        account = self.feed()
        other = self.bank_journal.copy({"bank_account_id": False})
        with self.assertRaises(UserError):
            account.with_user(self.manager).journal_id = other

    # === Killed ===

    def kill_after(self, batches):
        """Let the process die when so many batches are committed; return the patch."""
        seen = []
        import_batch = type(self.env["bridge.account"])._import_batch

        def dying(account, data_list, run):
            if len(seen) == batches:
                raise Killed
            seen.append(1)
            return import_batch(account, data_list, run)

        return patch.object(type(self.env["bridge.account"]), "_import_batch", dying)

    def dies_fetching(self, account):
        """Return whether the process died; what it had committed stays."""
        try:
            self.fetch(account)
        except Killed:
            return True
        return False

    def test_fetch_killed_at_any_point_goes_on_without_loss(self):
        account = self.feed()
        for number in range(6):
            self.sim.transfer(10.0 + number, f"line {number}", account=account.iban)
        self.sim.refresh()
        for dies_after in range(4):
            with self.batches_of(2), self.kill_after(dies_after):
                self.assertEqual(self.dies_fetching(account), dies_after < 3)
            self.env.invalidate_all()
            self.assertEqual(bool(account.cursor), dies_after == 3)
            self.assertEqual(len(self.lines(account)), min(6, dies_after * 2))
        self.assertTrue(account.cursor)
        self.assertEqual(account.balance_difference, 0.0)

    def test_cursor_waits_for_the_last_page(self):
        account = self.feed()
        self.fetch()
        before = account.cursor
        self.receive_money(10.0, "one")
        with patch.object(type(account), "_end_fetch", side_effect=Killed):
            self.assertTrue(self.dies_fetching(account))
        self.env.invalidate_all()
        self.assertEqual(len(self.lines(account)), 1)
        self.assertEqual(account.cursor, before)
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 1)
        self.assertNotEqual(account.cursor, before)

    # === Coming money ===

    def test_coming_money_waits_and_is_booked_when_it_counts(self):
        account = self.feed()
        self.fetch()
        coming = self.sim.transfer(
            50.0, "coming", account=account.iban, when=self.day(3)
        )
        self.sim.refresh()
        ref = self.sim.transaction_of(coming)["id"]
        self.receive_money(10.0, "now")
        self.fetch(account)
        self.assertFalse(self.line_of(ref))
        self.assertEqual(account.balance_difference, 0.0)
        self.assertLessEqual(account.cursor, self.sim.transactions[ref]["updated_at"])
        # Other news in between must not carry the cursor past it.
        self.travel(days=2)
        self.receive_money(20.0, "later")
        self.fetch(account)
        self.assertLessEqual(account.cursor, self.sim.transactions[ref]["updated_at"])
        self.travel(days=2)
        self.sim.refresh()
        self.fetch(account)
        self.assertEqual(self.line_of(ref).amount, 50.0)
        self.assertEqual(account.balance_difference, 0.0)

    # === Limits, tokens, slowness ===

    def test_too_many_requests_rest_as_long_as_bridge_says(self):
        account = self.feed()
        self.fetch()
        cursor = account.cursor
        self.receive_money(10.0, "one")
        self.sim.faults.set(status_429=True, retry_after="120")
        with self.assertLogs("odoo.addons.account_payment_request", "WARNING"):
            self.fetch(account)
        wait = (account.next_fetch_at - fields.Datetime.now()).total_seconds()
        self.assertGreater(wait, 100)
        self.assertLess(wait, 130)
        self.assertTrue(account.fetch_error)
        self.assertEqual(account.cursor, cursor)
        self.sim.faults.clear()
        self.travel(minutes=3)
        self.fetch()
        self.assertEqual(len(self.lines(account)), 1)
        self.assertFalse(account.fetch_error)

    def test_rest_is_kept_whoever_asks(self):
        account = self.feed()
        self.fetch()
        self.receive_money(10.0, "one")
        self.sim.faults.set(status_429=True, retry_after="120")
        with self.assertLogs("odoo.addons.account_payment_request", "WARNING"):
            self.fetch(account)
        self.sim.faults.clear()
        action = account.with_user(self.accountant).action_fetch()
        self.assertEqual(action["params"]["type"], "warning")
        self.assertIn("limits", action["params"]["message"])
        self.deliver()
        self.run_cron(EVENT_CRON)
        with self.calls() as calls:
            self.fetch()
        self.assertFalse(calls)
        self.travel(minutes=3)
        with patch.object(type(self.accountant), "_bus_send") as sent:
            self.fetch()
        self.assertIn("1", sent.call_args[0][1]["message"])
        self.assertEqual(len(self.lines(account)), 1)

    def test_bank_is_not_read_while_the_provider_is_disabled(self):
        account = self.feed()
        self.fetch()
        self.receive_money(10.0, "one")
        self.bridge.state = "disabled"
        action = account.with_user(self.accountant).action_fetch()
        self.assertIn("not switched on", action["params"]["message"])
        with self.calls() as calls:
            self.fetch()
        self.assertFalse(calls)
        self.bridge.state = "test"
        self.fetch()
        self.assertEqual(len(self.lines(account)), 1)

    def test_one_run_reads_nothing_twice(self):
        account = self.feed()
        self.fetch()
        with self.calls() as calls:
            self.fetch(account)
        self.assertEqual(
            calls,
            ["read_item", "list_accounts", "transaction_pages", "read_account"],
        )

    def test_bank_read_during_the_fetch_is_fetched_again_before_it_is_compared(self):
        account = self.feed()
        self.fetch()
        read = Aggregation.read_account

        def late(aggregation, account_id):
            if not self.lines(account):
                self.receive_money(10.0, "meanwhile")
            return read(aggregation, account_id)

        with patch.object(Aggregation, "read_account", late):
            self.fetch(account)
        self.assertEqual(account.balance, 10.0)
        self.assertEqual(account.balance_difference, 0.0)
        self.assertLessEqual(account.next_fetch_at, fields.Datetime.now())
        self.fetch()
        self.assertEqual(len(self.lines(account)), 1)
        self.assertEqual(account.journal_balance, 10.0)

    def test_bank_that_tells_no_balance_is_not_asked_again_at_once(self):
        account = self.feed()
        self.fetch()
        ref = self.receive_money(10.0, "one")
        read = Aggregation.read_account

        def silent(aggregation, account_id):
            data = read(aggregation, account_id)
            return {key: v for key, v in data.items() if "balance" not in key}

        with patch.object(Aggregation, "read_account", silent):
            self.fetch(account)
        self.assertTrue(self.line_of(ref))
        self.assertGreater(account.next_fetch_at, fields.Datetime.now())

    def test_earlier_first_day_chosen_during_a_fetch_is_not_forgotten(self):
        self.sim.transfer(10.0, "old", account=IBAN, when=self.day(-20))
        account = self.feed(first_day=self.day(-10))
        self.fetch()
        read = Aggregation.read_account

        def meanwhile(aggregation, account_id):
            account.with_user(self.manager).history_start_date = self.day(-30)
            self.env.flush_all()
            return read(aggregation, account_id)

        with patch.object(Aggregation, "read_account", meanwhile):
            self.fetch(account)
        self.fetch(account)
        fed = self.lines(account) - account.opening_line_id
        self.assertEqual(fed.mapped("amount"), [10.0])

    def test_dead_token_is_replaced_once(self):
        account = self.feed()
        self.fetch()
        self.receive_money(10.0, "one")
        self.sim.faults.expired_token = 1
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 1)
        self.assertFalse(account.fetch_error)

    def test_token_is_kept_between_fetches(self):
        account = self.feed()
        self.fetch()
        token = self.bridge.bridge_access_token
        self.assertTrue(token)
        self.fetch(account)
        self.assertEqual(self.bridge.bridge_access_token, token)
        self.travel(hours=3)
        self.fetch(account)
        self.assertNotEqual(self.bridge.bridge_access_token, token)
        self.assertFalse(account.fetch_error)

    def test_silent_bridge_is_asked_again_later(self):
        account = self.feed()
        self.fetch()
        self.receive_money(10.0, "one")
        self.sim.faults.status_503 = True
        with self.assertLogs("odoo.addons.account_payment_request", "WARNING"):
            self.fetch(account)
        self.assertFalse(self.lines(account))
        self.assertGreater(account.next_fetch_at, fields.Datetime.now())
        self.sim.faults.clear()
        self.travel(minutes=10)
        self.fetch()
        self.assertEqual(len(self.lines(account)), 1)

    def test_slow_page_gives_up_and_tries_again(self):
        account = self.feed()
        self.receive_money(10.0, "one")
        self.sim.faults.slow_page = 0.6

        def impatient(provider, budget=None):
            return BridgeClient(
                "sim-client",
                "sim-secret",
                base_url=self.sim.url,
                timeout=(1, 0.2),
                attempts=1,
            )

        with (
            patch.object(
                type(self.env["payment.provider"]), "_bridge_client", impatient
            ),
            self.assertLogs("odoo.addons.account_payment_request", "WARNING"),
        ):
            self.fetch(account)
        self.assertIn("time", account.fetch_error)
        self.sim.faults.clear()
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 1)

    # === What cannot be booked ===

    def test_one_bad_transaction_does_not_keep_the_others(self):
        account = self.feed()
        good = self.receive_money(10.0, "good")
        bad = self.receive_money(66.6, "bad")
        cls = type(self.env["account.bank.statement.line"])
        create = cls.create

        def refuse(lines, vals_list):
            if any(vals.get("amount") == 66.6 for vals in vals_list):
                raise UserError(vals_list[0]["payment_ref"])
            return create(lines, vals_list)

        with (
            patch.object(cls, "create", refuse),
            self.assertLogs("odoo.addons.account_payment_request", "WARNING"),
        ):
            self.fetch(account)
        self.assertTrue(self.line_of(good))
        self.assertFalse(self.line_of(bad))
        self.assertIn("BAD", account.fetch_error)
        self.assertLessEqual(account.cursor, self.sim.transactions[bad]["updated_at"])
        self.assertEqual(len(self.tasks(account)), 1)
        self.fetch(account)
        self.assertTrue(self.line_of(bad))
        self.assertFalse(account.fetch_error)

    def test_closed_period_puts_the_line_off_to_the_first_open_day(self):
        account = self.feed(first_day=self.day(-30))
        self.fetch()
        self.company.fiscalyear_lock_date = self.day(-5)
        ref = self.receive_money(10.0, "late", when=self.day(-10))
        self.fetch(account)
        line = self.line_of(ref)
        self.assertEqual(line.date, self.day(-4))
        self.assertIn(format_date(self.env, self.day(-10)), line.narration)
        self.fetch(account)
        self.assertEqual(self.line_of(ref), line)
        self.assertFalse(self.tasks(account))

    def test_queries_do_not_grow_with_known_transactions(self):
        account = self.feed()
        counts = []
        for number in (5, 40):
            for index in range(number):
                self.sim.transfer(
                    1.0 + index, f"q {number} {index}", account=account.iban
                )
            self.sim.refresh()
            self.fetch(account)
            data_list = [
                self.sim_data(transaction)
                for transaction in self.sim.transactions_of(account.iban)
            ][-number:]
            run = self.new_run(account)
            counts.append(
                self.count_queries(
                    lambda args=(data_list, run): account._import_batch(*args)
                )
            )
        self.assertEqual(counts[0], counts[1])

    def test_button_says_when_it_is_done(self):
        account = self.feed()
        self.fetch()
        self.receive_money(10.0, "one")
        action = account.with_user(self.accountant).action_fetch()
        self.assertEqual(action["tag"], "display_notification")
        self.assertEqual(account.fetch_user_id, self.accountant)
        with patch.object(type(self.accountant), "_bus_send") as sent:
            self.fetch()
        self.assertIn("1", sent.call_args[0][1]["message"])
        self.assertFalse(account.fetch_user_id)

    def test_paused_feed_waits_and_goes_on(self):
        account = self.feed()
        self.fetch()
        account.with_user(self.manager).action_pause()
        self.receive_money(10.0, "one")
        self.fetch()
        self.assertFalse(self.lines(account))
        account.with_user(self.manager).action_resume()
        self.fetch()
        self.assertEqual(len(self.lines(account)), 1)

    def test_what_another_process_holds_is_read_soon_and_who_asked_is_told(self):
        account = self.feed()
        self.fetch()
        connection = account.connection_id
        cron = self.env.ref(FETCH_CRON)
        triggers = self.env["ir.cron.trigger"].sudo()
        account.fetch_user_id = self.accountant
        for record, method, due in (
            (account, "_fetch_pages", "next_fetch_at"),
            (connection, "_import_answer", "next_read_at"),
        ):
            triggers.search([("cron_id", "=", cron.id)]).unlink()
            record[due] = fields.Datetime.now()
            busy = patch.object(type(record), method, side_effect=SerializationFailure)
            with self.subTest(method), mute_logger(BATCH_LOGGER), busy as asked:
                self.run_cron(FETCH_CRON)
                self.assertEqual(asked.call_count, CONCURRENCY_RETRIES)
                self.assertGreater(record[due], fields.Datetime.now())
                self.assertTrue(triggers.search([("cron_id", "=", cron.id)]))
        self.assertFalse(account.fetch_user_id)

    def test_logs_tell_no_iban_and_no_token(self):
        account = self.feed()
        with self.assertLogs("odoo.addons.account_payment_request", "INFO") as logs:
            self.receive_money(10.0, "one")
            self.fetch(account)
            self.sim.faults.status_500 = True
            self.fetch(account)
        text = "\n".join(logs.output)
        self.assertNotIn(account.iban, text)
        self.assertNotIn(self.bridge.bridge_access_token, text)
