"""Notifications: stored before they are answered, worked off later, in any order."""

import json
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from unittest.mock import patch

from odoo import fields
from odoo.tests import RecordCapturer, tagged
from odoo.tools import mute_logger

from ... import const
from ...bridge import signature
from ...bridge.client import BridgeClient
from ...models.transfer import payment_provider
from ...models.transfer.bridge_event import BridgeEvent
from ..common.event_case import BATCH_LOGGER, EventCase
from ..common.payment_request import (
    CLIENT_SECRET,
    EVENT_CRON,
    POLL_CRON,
    WEBHOOK_SECRET,
)

CRON_LOGGER = "odoo.addons.base.models.ir_cron"


@tagged("post_install", "-at_install")
class TestEvents(EventCase):
    """What becomes of the stored events."""

    # === One effect ===

    def test_same_webhook_twice_has_one_row_one_reading_one_payment(self):
        tx = self.pay(self.create_request())
        self.deliver(duplicate=range(9))
        stored = self.events(tx)
        self.assertEqual(len(stored), len({hook.body for hook in self.sim.webhooks}))
        self.work_off()
        for index in range(len(stored)):
            self.sim.replay(index)
        self.deliver()
        self.work_off()
        self.assertEqual(self.events(tx), stored)
        self.assert_booked(tx)
        self.assertEqual(len(self.payments(tx)), 1)

    def test_events_of_one_link_are_one_reading(self):
        tx = self.pay(self.create_request())
        self.deliver()
        self.assertGreater(len(self.events(tx)), 1)
        calls = self.api_calls()
        self.run_cron(EVENT_CRON)
        reads = [path for _method, path in calls if tx.provider_reference in path]
        self.assertEqual(len(reads), 1)
        self.assertEqual(set(self.events(tx).mapped("state")), {"done"})

    def test_only_a_new_event_wakes_the_worker(self):
        self.pay(self.create_request())
        triggers = self.env["ir.cron.trigger"].sudo()
        domain = [("cron_id", "=", self.env.ref(EVENT_CRON).id)]
        with RecordCapturer(triggers, domain) as first:
            self.deliver(order=[0])
        self.assertTrue(first.records)
        self.sim.replay(0)
        with RecordCapturer(triggers, domain) as second:
            self.deliver(order=[len(self.sim.pending) - 1])
        self.assertFalse(second.records)

    # === Any order, same end ===

    def play(self, journey, choose):
        """Pay a new request, then deliver its webhooks, each twice, worked off one by
        one.

        :param journey: outcomes of the attempts made one after the other
        :param choose: which of n waiting webhooks comes next; None: all at once
        :return: all that must not depend on the order
        """
        request = self.create_request()
        tx = self.start(request)
        for outcome in journey:
            self.sim.pay(tx.provider_reference, outcome)
        self.sim.settle(tx.provider_reference)
        while choose and self.sim.pending:
            position = choose(len(self.sim.pending))
            self.deliver(order=[position], duplicate=[position])
            self.work_off()
        self.settle_all()
        return {
            "transaction": tx.state,
            "link": tx.bridge_link_status,
            "bank": (tx.bank_status, tx.bank_status_reason),
            "request": request.state,
            "issue": request.issue,
            "payments": self.payments(tx).mapped("amount"),
            "residual": request.line_ids.move_id.amount_residual,
            "tasks": len(self.tasks(request)),
        }

    def test_webhooks_in_any_order_end_in_the_same_state(self):
        orders = {
            "all at once": None,
            "first to last": lambda n: 0,
            "last to first": lambda n: n - 1,
            "from the middle": lambda n: n // 2,
        }
        journeys = {
            "acsc": ["acsc"],
            "pending then executed": ["pdng-acsc"],
            "pending then refused": ["pdng-rjct"],
            "refused then executed": ["rjct-am18", "acsc"],
            "refused only": ["rjct-cust"],
        }
        expected = {
            "acsc": ("done", "paid"),
            "pending then executed": ("done", "paid"),
            "pending then refused": ("error", "valid"),
            "refused then executed": ("done", "paid"),
            "refused only": ("draft", "valid"),
        }
        for name, journey in journeys.items():
            ends = {}
            for how, choose in orders.items():
                ends[how] = self.play(journey, choose)
            with self.subTest(name):
                first = ends["all at once"]
                self.assertEqual(
                    (first["transaction"], first["request"]), expected[name]
                )
                for how, end in ends.items():
                    self.assertEqual(end, first, how)

    def test_each_webhook_alone_is_enough(self):
        """All others lost: the one that arrives makes us read the truth."""
        for kept in range(4):
            tx = self.pay(self.create_request())
            count = len(self.sim.pending)
            self.assertEqual(count, 4)
            self.deliver(drop=[i for i in range(count) if i != kept])
            self.work_off()
            self.assert_booked(tx)

    def test_old_refusal_redelivered_after_the_payment_changes_nothing(self):
        tx = self.start(self.create_request())
        self.sim.pay(tx.provider_reference, "rjct")
        refusals = list(range(len(self.sim.webhooks)))
        self.settle_all()
        self.sim.pay(tx.provider_reference, "acsc")
        self.settle_all()
        self.assert_booked(tx)
        for index in refusals:
            self.sim.replay(index)
        # The same bytes are known; a redelivery with another timestamp is not.
        old = json.loads(self.sim.webhooks[refusals[-1]].body)
        self.receive_payload({**old, "timestamp": old["timestamp"] + 1})
        self.settle_all()
        self.assert_booked(tx)
        self.assertFalse(tx.issue)

    def receive_payload(self, payload):
        body = json.dumps(payload).encode()
        header = signature.header(body, WEBHOOK_SECRET)
        return self.receive("", body, {"BridgeApi-Signature": header})

    # === Events about what is not there ===

    def test_webhook_before_the_transaction_is_committed_is_worked_off_later(self):
        request = self.create_request()
        tx = self.start(request)
        link_id = tx.provider_reference
        # What the worker sees while the payer's request is not committed yet.
        tx.provider_reference = False
        self.sim.pay(link_id, "acsc")
        self.deliver()
        self.work_off()
        events = self.events().filtered(lambda event: event.link_ref == link_id)
        self.assertEqual(set(events.mapped("state")), {"received"})
        self.assertEqual(set(events.mapped("attempts")), {1})
        self.assertEqual(tx.state, "draft")
        tx.provider_reference = link_id
        self.travel(minutes=2)
        self.work_off()
        self.assert_booked(tx)
        self.assertEqual(set(events.mapped("state")), {"done"})

    def test_event_of_a_link_nobody_knows_is_set_aside_after_an_hour(self):
        self.sim.faults.set(unknown_link=1)
        tx = self.pay(self.create_request())
        self.settle_all()
        self.assert_booked(tx)
        stray = self.events() - self.events(tx)
        self.assertEqual(len(stray), 1)
        self.assertEqual(stray.state, "received")
        self.travel(hours=2)
        self.work_off()
        self.assertEqual((stray.state, stray.transaction_id.id), ("ignored", False))

    def test_event_is_never_believed(self):
        """A genuine signature on words that Bridge does not confirm."""
        tx = self.start(self.create_request())
        self.receive_payload(
            {
                "type": "payment.transaction.updated",
                "timestamp": 1,
                "content": {
                    "payment_link_id": tx.provider_reference,
                    "status": "ACSC",
                    "amount": 120.0,
                },
            }
        )
        self.work_off()
        self.assertEqual((tx.state, tx.bank_status), ("draft", False))
        self.assert_nothing_booked(tx)

    # === Crashes ===

    @mute_logger(CRON_LOGGER, "odoo.sql_db", BATCH_LOGGER)
    def test_crash_between_store_and_work_loses_nothing(self):
        tx = self.pay(self.create_request())
        self.deliver()
        with (
            patch.object(BridgeEvent, "_process_group", side_effect=MemoryError),
            self.enter_registry_test_mode(),
        ):
            self.env.ref(EVENT_CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(set(self.events(tx).mapped("state")), {"received"})
        self.assertEqual(tx.state, "draft")
        self.work_off()
        self.assert_booked(tx)

    @mute_logger(CRON_LOGGER, "odoo.sql_db")
    def test_crash_after_the_work_before_its_commit_has_one_effect(self):
        tx = self.pay(self.create_request())
        self.deliver()
        work = BridgeEvent._process_group

        def work_then_die(events):
            work(events)
            raise MemoryError

        with (
            patch.object(BridgeEvent, "_process_group", work_then_die),
            self.enter_registry_test_mode(),
        ):
            self.env.ref(EVENT_CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((tx.state, tx.bank_status), ("draft", False))
        self.work_off()
        self.assert_booked(tx)
        self.assertEqual(len(self.payments(tx)), 1)

    @mute_logger("odoo.addons.payment.models.payment_transaction")
    def test_crash_while_booking_keeps_the_payment_done_and_books_it_later(self):
        tx = self.pay(self.create_request())
        self.deliver()
        broken = patch.object(
            type(tx), "_create_payment", side_effect=RuntimeError("no journal")
        )
        with broken:
            self.run_cron(EVENT_CRON)
        self.assertEqual((tx.state, tx.is_post_processed), ("done", False))
        self.assertEqual(set(self.events(tx).mapped("state")), {"done"})
        self.assertEqual(tx.payment_request_id.state, "in_progress")
        self.work_off()
        self.assert_booked(tx)

    @mute_logger(BATCH_LOGGER)
    def test_one_link_that_cannot_be_read_does_not_keep_the_others_waiting(self):
        lost = self.pay(self.create_request())
        paid = self.pay(self.create_request())
        self.deliver()
        del self.sim.links[lost.provider_reference]
        self.work_off()
        self.assert_booked(paid)
        self.assertEqual(
            {(event.state, event.attempts) for event in self.events(lost)},
            {("received", 1)},
        )

    @mute_logger(BATCH_LOGGER)
    def test_answer_nobody_foresaw_does_not_keep_the_others_waiting(self):
        strange = self.pay(self.create_request())
        paid = self.pay(self.create_request())
        self.deliver()
        real = BridgeClient.read_payment_link

        def read_payment_link(client, link_id):
            link = real(client, link_id)
            if link_id == strange.provider_reference:
                link["transactions"] = "soon"
            return link

        with patch.object(BridgeClient, "read_payment_link", read_payment_link):
            self.work_off()
        self.assert_booked(paid)
        self.assertEqual(
            {(event.state, event.attempts) for event in self.events(strange)},
            {("received", 1)},
        )
        self.assertEqual(strange.state, "draft")

    @mute_logger(BATCH_LOGGER)
    def test_poll_goes_on_after_an_answer_nobody_foresaw(self):
        strange = self.pay(self.create_request())
        paid = self.pay(self.create_request())
        real = BridgeClient.read_payment_link

        def read_payment_link(client, link_id):
            link = real(client, link_id)
            if link_id == strange.provider_reference:
                link["transactions"] = "soon"
            return link

        self.travel(minutes=10)
        with patch.object(BridgeClient, "read_payment_link", read_payment_link):
            self.poll()
        self.assert_booked(paid)
        self.assertGreater(strange.bridge_next_check_at, fields.Datetime.now())

    # === Bridge down while working ===

    def assert_waiting(self, tx, attempts):
        for event in self.events(tx):
            self.assertEqual((event.state, event.attempts), ("received", attempts))
            self.assertTrue(event.error)
            self.assertGreater(event.next_attempt_at, fields.Datetime.now())
        self.assertEqual(tx.state, "draft")

    @contextmanager
    def held_up(self, trouble):
        """Cause ``trouble`` before a payment's events are worked off.

        Once the body has put an end to it, the payment is booked.
        """
        tx = self.pay(self.create_request())
        self.deliver()
        trouble()
        with mute_logger(BATCH_LOGGER):
            self.run_cron(EVENT_CRON)
            self.assert_waiting(tx, 1)
            yield tx
            self.travel(minutes=2)
            self.work_off()
        self.assert_booked(tx)

    def test_bridge_answers_503_and_the_event_is_tried_again(self):
        with self.held_up(lambda: self.sim.faults.set(status_503=True)) as tx:
            # Not before its time.
            self.sim.faults.clear()
            self.run_cron(EVENT_CRON)
            self.assert_waiting(tx, 1)
        self.assertFalse(any(self.events(tx).mapped("error")))

    def test_bridge_is_unreachable_and_the_event_is_tried_again(self):
        with self.held_up(self.sim.stop):  # Connections are refused.
            self.sim.start()
            self.env["ir.config_parameter"].sudo().set_param(
                const.API_URL_PARAMETER, self.sim.url
            )

    def test_bridge_does_not_answer_in_time_and_the_event_is_tried_again(self):
        hasty = partial(BridgeClient, timeout=0.05, attempts=1)
        patcher = patch.object(payment_provider, "BridgeClient", hasty)

        def slow_down():
            self.sim.faults.set(slow=0.2)
            self.startPatcher(patcher)

        with self.held_up(slow_down):
            patcher.stop()
            self.sim.faults.clear()

    def set_credentials(self, secret, state="enabled"):
        self.bridge.write({"state": state, "bridge_client_secret": secret})

    def test_bridge_refuses_the_credentials_and_the_event_is_tried_again(self):
        with self.held_up(lambda: self.set_credentials("mistyped-secret")) as tx:
            for event in self.events(tx):
                self.assertIn("invalid_client_credentials", event.error)
                self.assertNotIn("mistyped-secret", event.error)
            self.set_credentials(CLIENT_SECRET)

    def test_credentials_taken_away_keep_the_event_for_later(self):
        with self.held_up(lambda: self.set_credentials(False, "disabled")):
            self.set_credentials(CLIENT_SECRET)

    @mute_logger(BATCH_LOGGER)
    def test_credentials_taken_away_do_not_stop_the_poll_of_other_companies(self):
        other = self.setup_other_company(name="Autre Boutique")
        provider = self._enable_bridge(other["company"], other["default_journal_bank"])
        theirs = self.pay(self.create_request_in(other["company"]))
        ours = self.pay(self.create_request())
        self.assertEqual(theirs.provider_id, provider)
        provider.write({"state": "disabled", "bridge_client_secret": False})
        self.travel(minutes=10)
        self.poll()
        self.assert_booked(ours)
        self.assertEqual(theirs.state, "draft")

    def create_request_in(self, company):
        invoice = (
            self.env["account.move"]
            .with_company(company)
            .create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_date": fields.Date.today(),
                    "invoice_line_ids": [
                        (0, 0, {"name": "S", "price_unit": 75.0, "tax_ids": []})
                    ],
                }
            )
        )
        invoice.action_post()
        return self.request_of(invoice)

    @mute_logger(BATCH_LOGGER)
    def test_waits_grow_until_it_is_given_up_and_the_poll_still_finds_the_money(self):
        tx = self.pay(self.create_request())
        self.deliver()
        self.sim.faults.set(status_503=True)
        event = self.events(tx)[:1]
        waits = []
        while event.state == "received":
            before = fields.Datetime.now()
            self.run_cron(EVENT_CRON)
            self.assertEqual(event.attempts, len(waits) + 1, "it is tried each time")
            waits.append(event.next_attempt_at - before)
            self.travel(seconds=waits[-1].total_seconds() + 1)
            self.assertLess(len(waits), 40)
        self.assertEqual(event.state, "failed")
        self.assertEqual(waits, sorted(waits))
        self.assertGreaterEqual(waits[-1], timedelta(hours=1))
        # Given up after two days, not before and not much later.
        total = sum(waits, timedelta())
        self.assertGreater(total, timedelta(days=2))
        self.assertLess(total, timedelta(days=3))
        self.run_cron(EVENT_CRON)
        self.assertEqual(event.attempts, len(waits))
        self.sim.faults.clear()
        self.travel(days=1)
        self.poll()
        self.assert_booked(tx)

    @mute_logger(BATCH_LOGGER)
    def test_failed_event_can_be_replayed_by_a_person(self):
        tx = self.pay(self.create_request())
        self.deliver()
        events = self.events(tx)
        events.write({"state": "failed", "attempts": 20})
        self.run_cron(EVENT_CRON)
        self.assertEqual(tx.state, "draft")
        events.action_replay()
        self.work_off()
        self.assert_booked(tx)
        self.assertEqual(set(events.mapped("state")), {"done"})

    # === No webhook at all ===

    def test_poll_reads_what_no_webhook_told(self):
        self.sim.faults.set(drop=True)
        request = self.create_request()
        tx = self.pay(request, "pdng-acsc")
        self.assertFalse(self.sim.pending)
        self.travel(minutes=3)
        self.poll()
        self.assertEqual((tx.state, request.state), ("pending", "in_progress"))
        self.travel(hours=5)
        self.poll()
        self.assert_booked(tx)
        self.assertFalse(self.events())

    def test_forged_webhooks_leave_it_to_the_poll(self):
        self.sim.faults.set(wrong_signature=True)
        tx = self.pay(self.create_request())
        delivered = self.deliver()
        self.assertEqual({delivery.status for delivery in delivered}, {401})
        self.work_off()
        self.assertEqual(tx.state, "draft")
        self.travel(minutes=3)
        self.poll()
        self.assert_booked(tx)

    def test_events_worked_off_long_ago_are_forgotten_but_not_the_open_ones(self):
        tx = self.pay(self.create_request())
        self.settle_all()
        done = self.events(tx)
        self.pay(self.create_request())
        self.deliver()
        open_events = self.events() - done
        self.assertTrue(open_events)
        self.travel(days=91)
        self.env["bridge.event"].sudo()._gc_events()
        self.assertFalse(done.exists())
        self.assertEqual(open_events.exists(), open_events)

    def test_poll_is_woken_by_a_return_that_could_not_be_read(self):
        request = self.create_request()
        tx = self.pay(request)
        self.sim.faults.set(status_503=True)
        triggers = self.env["ir.cron.trigger"].sudo()
        domain = [("cron_id", "=", self.env.ref(POLL_CRON).id)]
        with (
            mute_logger(
                "odoo.addons.account_payment_request.models.request.payment_request_page"
            ),
            RecordCapturer(triggers, domain) as woken,
        ):
            self.assertFalse(request._refresh_transactions())
        self.assertTrue(woken.records)
        self.sim.faults.clear()
        self.poll()
        self.assert_booked(tx)
