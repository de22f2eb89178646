"""What strangers may ask for, and how often: nobody uses up what is there for all."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, hmac

from ... import const
from ...controllers import limits
from ..common.event_case import EventCase
from ..common.page_case import PageCase
from ..common.payment_request import (
    CLIENT_ID,
    EVENT_CRON,
    POLL_CRON,
    ProcessesCase,
)

ENOUGH = "Too many attempts in a short time"


class LimitCase(EventCase, PageCase):
    def use_calls(self, count):
        """Have the application made ``count`` calls just now."""
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO payment_rate (key, used_at)
                SELECT %s, now() AT TIME ZONE 'UTC' FROM generate_series(1, %s)
                """,
                hmac(self.env(su=True), "payment.rate calls", CLIENT_ID),
                count,
            )
        )

    @contextmanager
    def allowing(self, limit, for_request, for_address):
        """Have what ``limit`` names asked for that often."""
        with patch.dict(limits.LIMITS, {limit: (for_request, for_address)}):
            yield

    def assert_told_to_wait(self, response, text=ENOUGH):
        self.assertEqual(response.status_code, 429)
        self.assertGreater(int(response.headers["Retry-After"]), 0)
        self.assertIn(text, response.text)


@tagged("post_install", "-at_install")
class TestReadsOfPayers(LimitCase):
    """A payer may look as often as they like; Bridge is asked now and then."""

    def test_returns_in_a_row_are_one_read(self):
        request = self.create_request()
        self.start(request)
        self.travel(seconds=0)
        calls = self.api_calls()
        pages = [self.follow(self.open(request, "return"))[0] for _i in range(15)]
        self.assertEqual(len(calls), 2)
        for page in pages:
            self.assertIn("We are checking with your bank", page)

    def test_what_was_not_read_is_read_by_the_job_within_seconds(self):
        request = self.create_request()
        tx = self.start(request)
        self.travel(seconds=0)
        self.open(request, "return")
        self.sim.pay(tx.provider_reference, "acsc")
        for _i in range(5):
            self.open(request, "return")
        self.assertEqual(tx.state, "draft")
        cron = self.env.ref(POLL_CRON)
        domain = [("cron_id", "=", cron.id), ("call_at", "=", tx.bridge_next_check_at)]
        # Once, however often the page was opened meanwhile.
        self.assertEqual(self.env["ir.cron.trigger"].sudo().search_count(domain), 1)
        self.travel(seconds=const.PAYER_READ_SECONDS + 1)
        self.run_cron(POLL_CRON)
        self.assert_booked(tx)

    def test_after_that_time_it_is_read_again(self):
        request = self.create_request()
        tx = self.start(request)
        self.open(request, "return")
        self.sim.pay(tx.provider_reference, "acsc")
        self.travel(seconds=const.PAYER_READ_SECONDS + 1)
        self.open(request, "return")
        self.assertEqual(tx.state, "done")

    def test_core_return_reads_once_too(self):
        tx = self.start(self.create_request())
        self.travel(seconds=0)
        calls = self.api_calls()
        for _i in range(5):
            path = f"/payment/bridge/return?payment_link_id={tx.provider_reference}"
            self.assertEqual(self.visit(path).status_code, 303)
        self.assertEqual(len(calls), 2)

    def test_one_payer_keeps_nobody_else_from_reading(self):
        mine, theirs = self.create_request(), self.create_request()
        txs = self.start(mine) | self.start(theirs)
        for tx in txs:
            self.sim.pay(tx.provider_reference, "acsc")
        self.open(mine, "return")
        self.open(theirs, "return")
        self.assertEqual(txs.mapped("state"), ["done", "done"])


@tagged("post_install", "-at_install")
class TestAttempts(LimitCase):
    """Bank links: few are made, and those that were are used again."""

    def two_options(self):
        """Return a request of two amounts to choose from."""
        request = self.create_request(
            300.0, invoice_payment_term_id=self.installments_term().id
        )
        keys = [option["key"] for option in request._get_payment_options()]
        self.assertEqual(len(keys), 2)
        return request, keys

    def installments_term(self):
        return self.env["account.payment.term"].create(
            {
                "name": "Half now",
                "line_ids": [
                    (0, 0, {"value": "percent", "value_amount": 50, "nb_days": days})
                    for days in (0, 30)
                ],
            }
        )

    def test_taps_on_two_options_in_turn_make_two_links(self):
        request, keys = self.two_options()
        for turn in range(12):
            answer = self.tap(request, option=keys[turn % 2])
            self.assertEqual(answer.status_code, 303)
            # What wakes the job meanwhile withdraws nothing.
            request.transaction_ids._bridge_trigger_check()
            self.run_cron(POLL_CRON)
        self.assertEqual(len(self.sim.links), 2)
        self.assertEqual(set(request.transaction_ids.mapped("state")), {"draft"})

    def test_the_attempt_left_behind_is_withdrawn_after_a_while(self):
        request, (due, whole) = self.two_options()
        first = self.tapped(request, option=due)
        second = self.tapped(request, option=whole)
        self.assertEqual(self.tapped(request, option=due), first)
        self.travel(seconds=const.REPLACED_SECONDS + 1)
        self.run_cron(POLL_CRON)
        self.assertEqual((first.state, second.state), ("draft", "cancel"))
        self.assertEqual(self.link(second)["status"], "revoked")

    def test_page_tells_of_the_attempt_that_was_opened_last(self):
        request, (due, whole) = self.two_options()
        first = self.tapped(request, option=due)
        self.tapped(request, option=whole)
        self.tapped(request, option=due)
        self.sim.pay(first.provider_reference, "rjct")
        self.open(request, "return")
        text, _tree = self.page(request)
        self.assertIn("Your bank refused the transfer", text)

    def test_one_request_makes_so_many_links_and_says_when_it_makes_more(self):
        request = self.create_request()
        for _i in range(const.LINKS_MAX):
            tx = self.tapped(request)
            tx._set_canceled("The payer gave up")
        made = len(request.transaction_ids)
        answer = self.tap(request)
        self.assert_told_to_wait(answer)
        self.assertIn("in 10 minutes", answer.text)
        # The offer is still there, and no attempt was left behind.
        self.assertIn("Pay from my bank", answer.text)
        self.assertEqual(len(request.transaction_ids), made)
        self.assertEqual(self.tap(self.create_request()).status_code, 303)
        self.travel(seconds=const.LINK_WINDOW_SECONDS + 1)
        self.assertEqual(self.tap(request).status_code, 303)

    def test_payer_reads_it_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        request = self.create_request()
        with self.allowing("bank", 1, 9):
            self.tap(request)
            answer = self.tap(request)
        self.assertEqual(answer.status_code, 429)
        self.assertRegex(answer.text, r"(5\d\ssecondes|1\sminute)\.")
        self.assertIn('lang="fr', answer.text)

    def test_core_form_makes_so_many_links_for_one_payer(self):
        invoice = self.create_invoice()
        method = self.env.ref("account_payment_request.payment_method_bridge_transfer")
        values = {
            "provider_id": self.bridge.id,
            "payment_method_id": method.id,
            "amount": 120.0,
            "currency_id": invoice.currency_id.id,
            "partner_id": self.customer.id,
            "operation": "online_redirect",
        }
        txs = self.env["payment.transaction"].sudo()
        with patch.object(const, "LINKS_MAX_PAYER", 2):
            for _i in range(3):
                tx = txs.create(
                    {**values, "reference": txs._compute_reference("bridge")}
                )
                tx._get_processing_values()
                txs |= tx
        self.assertEqual(txs.mapped("state"), ["draft", "draft", "error"])
        self.assertIn(ENOUGH, txs[2].state_message)
        self.assertEqual(len(self.sim.links), 2)


@tagged("post_install", "-at_install")
class TestRates(LimitCase):
    """What costs more than a page is limited for each request and each address."""

    def test_every_kind_is_limited_for_its_request(self):
        for limit, path, how in (
            ("bank", "bank", {"data": {"option": "due"}}),
            ("return", "return", {}),
            ("other", "other", {}),
            ("file", "qr.png", {}),
            ("file", "transfer.png", {}),
            ("file", "invoice/0", {}),
            ("file", "logo", {}),
            ("file", "receipt", {}),
        ):
            request = self.create_request()
            with self.subTest(path), self.allowing(limit, 1, 99):
                self.assertNotEqual(self.open(request, path, **how).status_code, 429)
                self.assert_told_to_wait(self.open(request, path, **how))
                other = self.create_request()
                self.assertNotEqual(self.open(other, path, **how).status_code, 429)
                self.travel(seconds=limits.LIMIT_SECONDS + 1)
                self.assertNotEqual(self.open(request, path, **how).status_code, 429)

    def test_one_address_is_limited_whatever_it_asks_for(self):
        with self.allowing("file", 9, 3):
            codes = [
                self.open(self.create_request(), "qr.png").status_code
                for _i in range(5)
            ]
        self.assertEqual(codes, [200, 200, 200, 429, 429])

    def test_who_comes_back_too_often_is_not_asked_to_pay_again(self):
        request = self.create_request()
        self.start(request)
        with self.allowing("return", 1, 9):
            self.open(request, "return")
            answer = self.open(request, "return")
        self.assert_told_to_wait(answer)
        self.assertIn("we keep checking", answer.text)
        self.assertNotIn("Pay from my bank", answer.text)

    def test_other_means_say_it_over_json(self):
        request = self.create_request()
        with self.allowing("other", 1, 9):
            self.open(request, "other")
            answer = self.url_open(
                self.path(request, "transaction"),
                json={"params": {"provider_id": 1, "flow": "redirect"}},
            ).json()
        self.assertIn(ENOUGH, answer["error"]["data"]["message"])

    def test_page_itself_is_always_there(self):
        request = self.create_request()
        with self.allowing("bank", 1, 1), self.allowing("file", 1, 1):
            for path in ("", "status", "", "status"):
                self.assertEqual(self.open(request, path).status_code, 200)

    def test_no_address_and_no_token_is_kept(self):
        request = self.create_request()
        self.open(request, "qr.png")
        self.tapped(request)
        kept = self.env["payment.rate"].sudo().search([]).mapped("key")
        self.assertTrue(kept)
        for key in kept:
            self.assertRegex(key, r"^[0-9a-f]{64}$")

    def test_one_network_is_one_client(self):
        network = self.env["payment.rate"]._get_network
        self.assertEqual(network("2001:db8::1"), network("2001:db8::ffff:2"))
        self.assertNotEqual(network("2001:db8::1"), network("2001:db8:0:1::1"))
        self.assertEqual(network("::ffff:192.0.2.1"), network("192.0.2.1"))
        self.assertNotEqual(network("192.0.2.1"), network("192.0.2.2"))
        self.assertEqual(network("nonsense"), "nonsense")
        self.assertEqual(network(None), "")

    def test_old_uses_are_deleted(self):
        rates = self.env["payment.rate"].sudo()
        rates._use("a thing", 1, 5, 60)
        self.travel(hours=2)
        rates._use("a thing", 1, 5, 60)
        rates._gc_old()
        self.assertEqual(len(rates.search([])), 1)


@tagged("post_install", "-at_install")
class TestBudget(LimitCase):
    """Calls of one application, whoever makes them: taps come first."""

    def test_each_exchange_is_counted(self):
        request = self.create_request()
        self.start(request)
        before = self.env["payment.rate"].sudo().search_count([])
        request.transaction_ids._bridge_refresh()
        self.assertEqual(self.env["payment.rate"].sudo().search_count([]), before + 2)

    def test_reads_stop_before_taps_do(self):
        request = self.create_request()
        tx = self.start(request)
        self.sim.pay(tx.provider_reference, "acsc")
        self.use_calls(const.CALLS_MAX_READS)
        calls = self.api_calls()
        text, _tree = self.follow(self.open(request, "return"))
        self.assertIn("We are checking with your bank", text)
        self.assertEqual(tx.state, "draft")
        self.assertEqual(self.tap(self.create_request(80.0)).status_code, 303)
        self.assertEqual([method for method, _path in calls], ["GET", "POST"])
        self.assertEqual(len(self.sim.links), 2)
        # Nothing is lost: it is read as soon as there are calls again.
        self.travel(seconds=const.CALL_WINDOW_SECONDS + 1)
        self.run_cron(POLL_CRON)
        self.assert_booked(tx)

    def test_tap_beyond_the_budget_says_when_to_try_again(self):
        request = self.create_request()
        self.use_calls(const.CALLS_MAX)
        answer = self.tap(request)
        self.assert_told_to_wait(answer, "very busy at the moment")
        self.assertIn("in 5 minutes", answer.text)
        self.assertIn("Pay from my bank", answer.text)
        self.assertFalse(self.sim.links)
        self.travel(seconds=const.CALL_WINDOW_SECONDS + 1)
        self.assertEqual(self.tap(request).status_code, 303)

    def test_bridges_own_limit_is_told_in_the_same_way(self):
        request = self.create_request()
        self.sim.faults.set(status_429=True, retry_after="90")
        answer = self.tap(request)
        self.assert_told_to_wait(answer, "very busy at the moment")
        self.assertEqual(answer.headers["Retry-After"], "90")

    def test_companies_with_one_application_share_it(self):
        data = self.setup_other_company(name="Autre Boutique")
        theirs = self._enable_bridge(data["company"], data["default_journal_bank"])
        self.use_calls(const.CALLS_MAX)
        for provider in (self.bridge, theirs):
            with self.subTest(provider.company_id.name):
                self.assertRaisesRegex(
                    Exception,
                    "used up",
                    provider._bridge_client(
                        max_calls=const.CALLS_MAX
                    ).check_credentials,
                )
        theirs.bridge_client_id = "another application"
        self.assertRaisesRegex(
            Exception,
            "invalid_client_credentials",
            theirs._bridge_client().check_credentials,
        )

    def test_poll_leaves_its_work_as_due_as_it_was(self):
        tx = self.pay(self.create_request())
        tx._bridge_trigger_check()
        count = tx.bridge_check_count
        self.use_calls(const.CALLS_MAX_READS)
        for _i in range(3):
            self.run_cron(POLL_CRON)
            tx._bridge_trigger_check()
        self.run_cron(POLL_CRON)
        self.assertEqual((tx.state, tx.bridge_check_count), ("draft", count))
        self.travel(seconds=const.CALL_WINDOW_SECONDS + 1)
        self.run_cron(POLL_CRON)
        self.assert_booked(tx)

    def test_webhook_waits_and_is_never_given_up_for_that(self):
        tx = self.pay(self.create_request())
        self.deliver()
        self.use_calls(const.CALLS_MAX_READS)
        self.run_cron(EVENT_CRON)
        events = self.events(tx)
        self.assertEqual(set(events.mapped("state")), {"received"})
        self.assertEqual(set(events.mapped("attempts")), {0})
        self.travel(seconds=const.CALL_WINDOW_SECONDS + 1)
        self.work_off()
        self.assert_booked(tx)


@tagged("post_install", "-at_install")
class TestRateProcesses(ProcessesCase):
    """Many count at once, each on a connection of its own."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self.forget)

    def forget(self):
        with self.process() as env:
            env.cr.execute("DELETE FROM payment_rate")

    def use(self, _number=0, limit=1000):
        with self.process() as env:
            return env["payment.rate"]._use("a test", 1, limit, 60)

    def test_what_was_counted_stays_counted_whatever_becomes_of_the_rest(self):
        with self.process() as env:
            env["payment.rate"]._use("a test", 1, 1, 60)
            env.cr.rollback()
        self.assertGreater(self.use(limit=1), 0)

    def test_who_counts_waits_for_nobody_who_counts(self):
        with self.process() as env:
            # One is in the middle of it, and stays there.
            with env["payment.rate"]._own_cursor() as cr:
                cr.execute(
                    "INSERT INTO payment_rate (key, used_at) VALUES ('x', now())"
                )
                self.assertEqual(self.use(), 0)

    def test_many_at_once_are_all_counted(self):
        with ThreadPoolExecutor(8) as pool:
            self.assertEqual(set(pool.map(self.use, range(80))), {0})
        self.assertGreater(self.use(limit=80), 0)
        self.assertEqual(self.use(limit=81), 0)
