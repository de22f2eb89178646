"""Several fetches at once, and a fetch that dies, with transactions of their own."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...bridge.aggregation import Aggregation
from ...models.feed import bridge_account_fetch
from ..common.feed_case import BANK, OTHER_BANK, OTHER_IBAN
from ..common.payment_request import IBAN, ProcessesCase

SECONDS = 20


class Killed(BaseException):
    """The process dies here."""


def dying(commit, times):
    """Return ``commit`` that works so many times, then never again."""
    left = iter(range(times))

    def commit_or_die(records, *args, **kwargs):
        if next(left, None) is None:
            raise Killed
        return commit(records, *args, **kwargs)

    return commit_or_die


@tagged("post_install", "-at_install")
class TestTwoFetches(ProcessesCase):
    def setUp(self):
        super().setUp()
        # Without an IBAN no bank account is left behind, which Odoo only archives.
        self.sim.open_account(
            IBAN, BANK, name="Two Fetchs", currency="USD", balance=0, tells_iban=False
        )
        with self.process() as env:
            self.triggers = env["ir.cron.trigger"].search([]).ids
            self.provider_before = self._connect(env)
        self.addCleanup(self._remove)

    def _connect(self, env):
        """Commit a connected account; return what the provider was before."""
        company = env.ref("base.main_company")
        company.email = company.email or "company@example.com"
        provider = env.ref("account_payment_request.payment_provider_bridge")
        before = provider.read(
            ["bridge_user_ref", "bridge_access_token", "bridge_token_expires_at"]
        )[0]
        provider.write({"bridge_user_ref": False, "bridge_access_token": False})
        journal = env["account.journal"].create(
            {"name": "Two Fetchs", "type": "bank", "code": "TWOP"}
        )
        connection = env["bridge.connection"].create(
            {"company_id": company.id, "provider_id": provider.id}
        )
        url = connection.action_connect()["url"]
        self.sim.connect(url, bank=BANK, accounts=[IBAN])
        connection._handle_return()
        account = connection.account_ids
        account.journal_id = journal
        account.action_start()
        self.account_id, self.journal_id = account.id, journal.id
        return before

    def _remove(self):
        with self.process() as env:
            account = self.account(env)
            connection, journal = account.connection_id, account.journal_id
            journal_lines = env["account.bank.statement.line"].search(
                [("journal_id", "=", self.journal_id)]
            )
            journal_lines.unlink()
            env["bridge.event"].search([("digest", "=like", "two-fetches%")]).unlink()
            connection._set_removed()
            connection.unlink()
            default_account = journal.default_account_id
            journal.unlink()
            default_account.unlink()
            env["ir.cron.trigger"].search([("id", "not in", self.triggers)]).unlink()
            provider = env["payment.provider"].browse(self.provider_before.pop("id"))
            provider.write(self.provider_before)

    def remove_connection(self, connection_id):
        with self.process() as env:
            connection = env["bridge.connection"].browse(connection_id)
            connection._set_removed()
            connection.unlink()

    def account(self, env):
        return env["bridge.account"].browse(self.account_id)

    def receive(self, *amounts):
        for number, amount in enumerate(amounts):
            self.sim.transfer(amount, f"line {number}", account=IBAN)
        self.sim.refresh()
        with self.process() as env:
            self.account(env).connection_id._read_at_bridge()

    def fetch(self):
        with self.process() as env:
            self.account(env)._fetch()

    def assert_imported(self, *amounts):
        """Exactly these lines were made, and everything is agreed."""
        with self.process() as env:
            lines = env["account.bank.statement.line"].search(
                [("journal_id", "=", self.journal_id)]
            )
            self.assertEqual(sorted(lines.mapped("amount")), sorted(amounts))
            account = self.account(env)
            self.assertEqual(account.balance_difference, 0.0)
            self.assertTrue(account.cursor)

    def fetch_held_at(self, owner, name):
        """A fetch in another process, held when it has done ``owner.name`` once."""
        return self.held_at(self.fetch, owner, name)

    @contextmanager
    def held_at(self, work, owner, name):
        """``work`` in another process, held when it has done ``owner.name`` once."""
        reached, go_on, failures = threading.Event(), threading.Event(), []
        real = getattr(owner, name)

        def held(*args, **kwargs):
            result = real(*args, **kwargs)
            if threading.current_thread() is thread and not reached.is_set():
                reached.set()
                self.assertTrue(go_on.wait(SECONDS))
            return result

        def run():
            try:
                work()
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        with patch.object(owner, name, held):
            thread.start()
            try:
                self.assertTrue(reached.wait(SECONDS))
                yield
            finally:
                go_on.set()
                thread.join(SECONDS)
        self.assertFalse(thread.is_alive())
        self.assertFalse(failures)

    def test_second_fetch_while_the_first_waits_for_bridge(self):
        self.receive(10.0, 20.0, 30.0)
        # The account is not held while Bridge is asked.
        with self.fetch_held_at(Aggregation, "transaction_pages"):
            self.fetch()
            self.assert_imported(10.0, 20.0, 30.0)
        self.assert_imported(10.0, 20.0, 30.0)

    def test_second_fetch_between_two_batches_of_the_first(self):
        self.receive(10.0, 20.0, 30.0)
        with (
            patch.object(bridge_account_fetch, "IMPORT_BATCH", 1),
            self.fetch_held_at(self.registry["ir.cron"], "_commit_progress"),
        ):
            self.fetch()
        self.assert_imported(10.0, 20.0, 30.0)

    def test_second_fetch_while_the_first_imports_lines(self):
        self.receive(10.0, 20.0)
        model = self.registry["bridge.account"]
        with self.fetch_held_at(model, "_find_lines"):
            asked_at = fields.Datetime.now()
            # It leaves, without waiting, and comes again later.
            self.fetch()
        self.assert_imported(10.0, 20.0)
        with self.process() as env:
            self.assertFalse(self.account(env).fetch_error)
            calls = env["ir.cron.trigger"].search(
                [
                    ("cron_id", "=", env.ref(bridge_account_fetch.FETCH_CRON).id),
                    ("call_at", ">", asked_at),
                ]
            )
            self.assertTrue(calls)

    def test_event_during_a_fetch_has_it_fetched_again(self):
        self.receive(10.0)
        with self.process() as env:
            account = self.account(env)
            provider = account.provider_id
            event = env["bridge.event"].create(
                {
                    "provider_id": provider.id,
                    "event_type": "item.account.updated",
                    "body": "{}",
                    "digest": "two-fetches-1",
                    "item_ref": account.connection_id.item_ref,
                    "account_ref": account.account_ref,
                    "user_ref": provider.bridge_user_ref,
                    "next_attempt_at": fields.Datetime.now(),
                }
            )
            event_id = event.id
        with self.fetch_held_at(self.registry["bridge.account"], "_find_lines"):
            with self.process() as env:
                env["bridge.event"]._cron_process()
            with self.process() as env:
                event = env["bridge.event"].browse(event_id)
                self.assertEqual(event.state, "received")
                self.assertTrue(event.error)

    def test_news_between_two_batches_are_not_forgotten(self):
        self.receive(10.0)
        with self.fetch_held_at(self.registry["bridge.account"], "_begin_fetch"):
            with self.process() as env:
                self.account(env)._ask_to_fetch()
                asked_at = self.account(env).next_fetch_at
        with self.process() as env:
            self.assertEqual(self.account(env).next_fetch_at, asked_at)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_person_comes_back_while_the_job_reads_the_same_connection(self):
        self.sim.open_account(
            OTHER_IBAN, OTHER_BANK, currency="USD", balance=0, tells_iban=False
        )
        with self.process() as env:
            known = self.account(env).connection_id
            connection = known.create(
                {"company_id": known.company_id.id, "provider_id": known.provider_id.id}
            )
            url = connection.action_connect()["url"]
            connection_id = connection.id
        self.addCleanup(self.remove_connection, connection_id)
        self.sim.connect(url, bank=OTHER_BANK, accounts=[OTHER_IBAN])
        items = []
        list_items = Aggregation.list_items

        def job():
            # Called by a webhook.
            with self.process() as env:
                connection = env["bridge.connection"].browse(connection_id)
                env["payment.batch"]._run([connection], "_read_in_cron", {}, lock=False)

        def come_back():
            with self.process() as env:
                connection = env["bridge.connection"].browse(connection_id)
                # As the route does: whoever meets another process is run again.
                retrying(connection._handle_return, env)

        def listen(aggregation):
            items.append(threading.current_thread() is person)
            return list_items(aggregation)

        failures = []

        def run():
            try:
                come_back()
            except Exception as error:
                failures.append(error)

        person = threading.Thread(target=run)
        model = self.registry["bridge.connection"]
        with (
            patch("odoo.service.model.time.sleep"),
            patch.object(Aggregation, "list_items", listen),
        ):
            with self.held_at(job, model, "_import_accounts"):
                person.start()
                person.join(1)
                self.assertTrue(person.is_alive())
                self.assertEqual(items, [False], "only the job asks Bridge")
            person.join(SECONDS)
        self.assertFalse(person.is_alive())
        self.assertFalse(failures)
        with self.process() as env:
            connection = env["bridge.connection"].browse(connection_id)
            self.assertEqual(connection.state, "ok")
            self.assertEqual(len(connection.account_ids), 1)

    @mute_logger("odoo.addons.account_payment_request.models.batch")
    def test_fetch_killed_at_every_commit_loses_and_doubles_nothing(self):
        amounts = [10.0, 20.0, 30.0, 40.0]
        self.receive(*amounts)
        cron = self.registry["ir.cron"]
        commit = cron._commit_progress
        with patch.object(bridge_account_fetch, "IMPORT_BATCH", 1):
            for dies_at in range(12):
                with patch.object(cron, "_commit_progress", dying(commit, dies_at)):
                    try:
                        self.fetch()
                    except Killed:
                        continue
                    break
            else:
                self.fail("the fetch never ended")
        self.assertGreater(dies_at, 4)
        self.assert_imported(*amounts)
