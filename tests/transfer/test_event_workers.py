import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from unittest.mock import patch

from odoo import fields
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...bridge import signature
from ...bridge.client import BridgeClient
from ..common.payment_request import (
    WEBHOOK_SECRET,
    ProcessesCase,
)

CRON_LOGGER = "odoo.addons.base.models.ir_cron"


@tagged("post_install", "-at_install")
class TestTwoWorkers(ProcessesCase):
    """Two workers at once on one transaction, or on its notifications."""

    def setUp(self):
        super().setUp()
        # Booking needs a chart of accounts and is not what is tested here.
        self.booked = []

        def post_process(txs):
            self.booked += txs.filtered(lambda tx: tx.state == "done").ids
            txs.is_post_processed = True

        self.startPatcher(
            patch.object(
                self.registry["payment.transaction"], "_post_process", post_process
            )
        )
        with self.process() as env:
            self.triggers = env["ir.cron.trigger"].search([]).ids
            self.tx_id = self._make_transaction(env).id
        self.addCleanup(self._remove)

    def _make_transaction(self, env):
        provider = env.ref("account_payment_request.payment_provider_bridge")
        code = env["payment.transaction"]._compute_reference("bridge")
        euro = env.ref("base.EUR")
        with self.client() as client:
            link = client.create_payment_link(
                amount_cents=12000,
                currency="EUR",
                label=code,
                end_to_end_id=code,
                client_reference=code,
                user={"company_name": "Two Workers"},
                expires_at=fields.Datetime.now() + timedelta(hours=1),
            )
        return env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": env.ref(
                    "account_payment_request.payment_method_bridge_transfer"
                ).id,
                "reference": code,
                "amount": 120.0,
                "currency_id": euro.id,
                "partner_id": env.ref("base.main_partner").id,
                "provider_reference": link["id"],
                "bridge_link_status": "valid",
            }
        )

    def _remove(self):
        with self.process() as env:
            env["bridge.event"].search(
                [("link_ref", "=", self.tx(env).provider_reference)]
            ).unlink()
            self.tx(env).unlink()
            env["ir.cron.trigger"].search([("id", "not in", self.triggers)]).unlink()

    def tx(self, env):
        return env["payment.transaction"].browse(self.tx_id)

    def make_event(self, body):
        """Store one more event of the link, committed; return its id."""
        with self.process() as env:
            tx = self.tx(env)
            return (
                env["bridge.event"]
                .create(
                    {
                        "provider_id": tx.provider_id.id,
                        "body": body,
                        "digest": body,
                        "link_ref": tx.provider_reference,
                        "next_attempt_at": fields.Datetime.now(),
                    }
                )
                .id
            )

    def states(self, *event_ids):
        with self.process() as env:
            events = env["bridge.event"].browse(event_ids)
            return [(event.state, event.attempts) for event in events]

    def work(self):
        with self.process() as env:
            env["bridge.event"]._cron_process()

    @contextmanager
    def first_worker_in_the_middle(self):
        """A worker that has read at Bridge and is held before he applies it.

        Yield the links read so far, by anybody.
        """
        reading, go_on, read, failures = (
            threading.Event(),
            threading.Event(),
            [],
            [],
        )
        real = BridgeClient.list_payment_requests

        def list_payment_requests(client, payment_link_id):
            read.append(payment_link_id)
            attempts = list(real(client, payment_link_id=payment_link_id))
            if threading.current_thread() is thread:
                reading.set()
                self.assertTrue(go_on.wait(5))
            return attempts

        def run():
            try:
                self.work()
            except Exception as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        with patch.object(BridgeClient, "list_payment_requests", list_payment_requests):
            thread.start()
            try:
                self.assertTrue(reading.wait(5))
                yield read
            finally:
                go_on.set()
                thread.join(5)
        self.assertFalse(failures)

    def test_second_worker_leaves_an_event_to_the_first(self):
        event = self.make_event("one")
        self.sim.pay(self.link_id(), "acsc")
        with self.first_worker_in_the_middle() as read:
            self.work()
            self.assertEqual(len(read), 1)
            self.assertEqual(self.states(event), [("received", 0)])
        self.assertEqual(self.states(event), [("done", 0)])
        self.work()
        self.assertEqual(self.booked, [self.tx_id])

    def link_id(self):
        with self.process() as env:
            return self.tx(env).provider_reference

    def test_second_event_waits_while_the_first_ones_transaction_is_read(self):
        first = self.make_event("one")
        self.sim.pay(self.link_id(), "pdng-acsc")
        with self.first_worker_in_the_middle() as read:
            # Executed after the first worker has read: his answer is old already.
            self.sim.settle(self.link_id())
            second = self.make_event("two")
            self.work()
            self.assertEqual(len(read), 1)
            self.assertEqual(self.states(second), [("received", 1)])
        self.assertEqual(self.states(first, second), [("done", 0), ("received", 1)])
        with self.process() as env:
            self.assertEqual(self.tx(env).state, "pending")
            env["bridge.event"].browse(second).next_attempt_at = fields.Datetime.now()
        self.work()
        self.assertEqual(self.states(second)[0][0], "done")
        with self.process() as env:
            self.assertEqual(self.tx(env).state, "done")
            self.assertEqual(self.tx(env).bank_status, "ACSC")
        self.assertEqual(self.booked, [self.tx_id])

    def test_poll_and_return_leave_a_transaction_to_the_worker_that_reads_it(self):
        self.make_event("one")
        self.sim.pay(self.link_id(), "acsc")
        with self.process() as env:
            self.tx(env).bridge_next_check_at = fields.Datetime.now()
        with self.first_worker_in_the_middle() as read:
            with self.process() as env:
                self.assertFalse(self.tx(env)._bridge_refresh())
            with self.process() as env:
                env["payment.transaction"]._cron_bridge_poll()
            self.assertEqual(len(read), 1)
        self.assertEqual(self.booked, [self.tx_id])

    @mute_logger("odoo.sql_db")
    def test_worker_that_began_before_the_others_commit_tries_later(self):
        first, second = self.make_event("one"), self.make_event("two")
        self.sim.pay(self.link_id(), "acsc")
        with self.process() as late:
            events = late["bridge.event"].browse(second)
            self.assertEqual(events.state, "received")  # Its view begins here.
            with self.process() as early:
                early["bridge.event"].browse(first)._process_group()
            events._process_group()
            self.assertEqual((events.state, events.attempts), ("received", 1))
        with self.process() as env:
            self.assertEqual(self.tx(env).state, "done")
            env["bridge.event"].browse(second).next_attempt_at = fields.Datetime.now()
        self.work()
        self.assertEqual(self.states(second)[0][0], "done")

    @mute_logger("odoo.sql_db")
    def test_same_webhook_at_once_on_two_connections_is_stored_once(self):
        body = json.dumps({"content": {"payment_link_id": self.link_id()}}).encode()
        header = signature.header(body, WEBHOOK_SECRET)
        provider_class = self.registry["payment.provider"]
        with (
            patch.object(
                provider_class,
                "_bridge_webhook_secrets",
                lambda provider: [WEBHOOK_SECRET],
            ),
            patch("odoo.service.model.time.sleep"),
        ):
            stored = []

            def receive():
                with self.process() as env:
                    events = env["bridge.event"]
                    provider_id = self.tx(env).provider_id.id
                    # As the route does: whoever loses the race is run again.
                    call = partial(events._receive, provider_id, body, header)
                    stored.append(retrying(call, env))

            threads = [threading.Thread(target=receive) for _i in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(5)
        self.assertEqual(stored, 4 * [True])
        with self.process() as env:
            events = env["bridge.event"].search([("link_ref", "=", self.link_id())])
            self.assertEqual(len(events), 1)
