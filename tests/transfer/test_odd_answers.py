"""Answers of Bridge in no known shape, or too slow: nothing follows from them, nobody
is shown a fault of the server, and they are read again."""

import math
import time
from contextlib import contextmanager
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import const
from ...bridge.errors import BridgeUnreachable
from ...simulator.payment import api
from ..common.event_case import BATCH_LOGGER, EventCase
from ..common.payment_request import EVENT_CRON, POLL_CRON

MODELS = "odoo.addons.account_payment_request.models"
PAGE_LOGGER = f"{MODELS}.request.payment_request_page"
EUROS = {"currency": "EUR"}
ODD_LINKS = [
    {"transactions": [None]},
    {"transactions": {}},
    {"transactions": [{"amount": math.inf, **EUROS}]},
    {"transactions": [{"amount": math.nan, **EUROS}]},
    {"transactions": [{"amount": "120.00", **EUROS}]},
    {"transactions": [{"amount": 120.001, **EUROS}]},
    {"transactions": [{"amount": 120, "currency": ["EUR"]}]},
    {"status": ["completed"]},
    {"id": "x" * 5000},
    {"id": None},
    {"client_reference": 5},
]
ODD_ATTEMPTS = [
    {"status": ["ACSC"]},
    {"status": {"ACSC": 1}},
    {"status": "ACSC\x00"},
    {"status_reason": ["AM04"]},
    {"transactions": [None]},
    {"transactions": [{"amount": -math.inf, **EUROS}]},
    {"payment_link_id": ["x"]},
]


@tagged("post_install", "-at_install")
class TestOddAnswers(EventCase):
    @contextmanager
    def answering(self, what, members):
        """Let the simulator show links or attempts with these members."""
        show = getattr(api, what)
        changed = patch.object(api, what, lambda *args: {**show(*args), **members})
        with changed, mute_logger(PAGE_LOGGER, BATCH_LOGGER):
            yield

    def odd_answers(self):
        """Yield while each odd answer is given, which one it is."""
        for what, odd in (("show_link", ODD_LINKS), ("show_request", ODD_ATTEMPTS)):
            for members in odd:
                with self.subTest(f"{what} {members}"), self.answering(what, members):
                    yield members

    def test_payer_who_comes_back_finds_their_page(self):
        request = self.create_request(120.0)
        tx = self.pay(request)
        for _odd in self.odd_answers():
            self.travel(seconds=const.PAYER_READ_SECONDS + 1)
            tx.bridge_next_check_at = False
            self.assertIs(request._refresh_transactions(), False)
            self.assertEqual((tx.state, tx.issue), ("draft", False))
            self.assertEqual((request.state, request.issue), ("valid", False))
            self.assertLessEqual(tx.bridge_next_check_at, fields.Datetime.now())
            self.assertFalse(tx.proof_ids)
        self.assertFalse(self.tasks(request))
        self.travel(seconds=const.PAYER_READ_SECONDS + 1)
        self.assertIs(request._refresh_transactions(), True)
        self.assertEqual(tx.state, "done")

    def test_event_is_a_failed_attempt_and_tried_again(self):
        tx = self.pay(self.create_request(120.0))
        self.deliver()
        for attempts, _odd in enumerate(self.odd_answers(), 1):
            self.events(tx).write({"next_attempt_at": fields.Datetime.now()})
            self.run_cron(EVENT_CRON)
            self.assertEqual(set(self.events(tx).mapped("state")), {"received"})
            self.assertEqual(set(self.events(tx).mapped("attempts")), {attempts})
            self.assertIn("unexpected_response", self.events(tx)[0].error)
            self.assertEqual((tx.state, tx.issue), ("draft", False))
        self.events(tx).write({"next_attempt_at": fields.Datetime.now()})
        self.work_off()
        self.assert_booked(tx)

    def test_poll_reads_again_at_its_next_turn(self):
        tx = self.pay(self.create_request(120.0))
        for count, _odd in enumerate(self.odd_answers(), 1):
            tx._bridge_trigger_check()
            self.run_cron(POLL_CRON)
            self.assertEqual(tx.bridge_check_count, count)
            self.assertGreater(tx.bridge_next_check_at, fields.Datetime.now())
            self.assertEqual((tx.state, tx.issue), ("draft", False))
        tx._bridge_trigger_check()
        self.poll()
        self.assert_booked(tx)

    def test_person_who_asks_is_told(self):
        tx = self.pay(self.create_request(120.0))
        for _odd in self.odd_answers():
            with self.assertRaises(UserError):
                tx.action_bridge_check()

    def test_payer_is_sent_to_pages_of_bridge_only(self):
        request = self.create_request(120.0)
        for url in (
            "https://evil.example/link/x",
            "https://pay.bridgeapi.io.evil.example/x",
            "https://pay.bridgeapi.io/x\r\nX-Evil: 1",
            "javascript:alert(1)",
            ["https://pay.bridgeapi.io/x"],
        ):
            with (
                self.subTest(url),
                patch.object(type(self.sim), "pay_url", lambda _sim, _link, u=url: u),
                mute_logger(f"{MODELS}.transfer.payment_transaction"),
                self.assertRaises(UserError),
            ):
                request._start_bridge_transfer("due")
            self.assertFalse(request.transaction_ids.filtered("bridge_link_url"))
        self.assertEqual(self.pay(request).state, "draft")

    # === Time ===

    def test_many_that_a_person_reads_share_the_time(self):
        txs = (
            self.env["payment.transaction"]
            .sudo()
            .union(
                *(
                    self.pay(self.create_request(amount))
                    for amount in (10.0, 20.0, 30.0)
                )
            )
        )
        txs.bridge_next_check_at = False
        self.sim.faults.set(slow=0.5)
        started = time.monotonic()
        with patch.object(const, "CALL_SECONDS", 2):
            txs.action_bridge_check()
        self.assertLess(time.monotonic() - started, 3)
        waiting = txs.filtered(lambda tx: tx.state == "draft")
        self.assertEqual(len(waiting), 2)
        for tx in waiting:
            self.assertLessEqual(tx.bridge_next_check_at, fields.Datetime.now())
        self.sim.faults.clear()
        self.poll()
        self.assertEqual(set(txs.mapped("state")), {"done"})

    def test_revoking_and_reading_share_the_time(self):
        request = self.create_request(120.0)
        tx = self.start(request)
        request.action_revoke()
        self.sim.faults.set(slow=1.2)
        with (
            patch.object(const, "CALL_SECONDS", 2),
            self.assertRaises(BridgeUnreachable) as caught,
        ):
            tx._bridge_read_or_withdraw()
        self.assertEqual(caught.exception.code, "timeout")
        self.assertEqual(self.link(tx)["status"], "revoked")
        self.sim.faults.clear()
        tx._bridge_read_or_withdraw()
        self.assertEqual(tx.state, "cancel")
