"""What Bridge says of banks in no known shape: nothing follows; it is read again."""

import math
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...simulator.feed import api
from ..common.feed_case import FETCH_CRON, FeedCase
from ..common.payment_request import IBAN

MODELS = "odoo.addons.account_payment_request.models"
ODD_ITEMS = [
    {"status": 10**12},
    {"status": "ok"},
    {"id": {}},
    {"provider_id": ["574"]},
    {"created_at": 5},
    {"status_code_info": {"a": 1}},
]
ODD_ACCOUNTS = [
    {"balance": math.inf},
    {"balance": "a lot"},
    {"instant_balance": 1e300},
    {"iban": 5},
    {"name": ["Compte"]},
    {"currency_code": {}},
    {"id": "x" * 5000},
]


@tagged("post_install", "-at_install")
class TestFeedOddAnswers(FeedCase):
    @contextmanager
    def answering(self, what, change):
        """Let the simulator show something changed."""
        show = getattr(api, what)
        with (
            patch.object(api, what, lambda *args: change(show(*args))),
            mute_logger(f"{MODELS}.batch", f"{MODELS}.feed.bridge_connection"),
            mute_logger(f"{MODELS}.feed.bridge_account_import"),
        ):
            yield

    def odd_answers(self):
        for what, odd in (("show_item", ODD_ITEMS), ("show_account", ODD_ACCOUNTS)):
            for members in odd:
                with (
                    self.subTest(f"{what} {members}"),
                    self.answering(what, lambda shown, m=members: {**shown, **m}),
                ):
                    yield

    @staticmethod
    def _change(odd, members, shown):
        return {**shown, **members} if shown["id"] == odd else shown

    def test_person_who_comes_back_is_not_shown_a_fault(self):
        connection, url = self.open_page()
        callback = self.sim.connect(url, bank=574, accounts=[IBAN])
        for _odd in self.odd_answers():
            self.come_back(callback)
            self.assertEqual(
                (connection.state, connection.item_ref), ("connecting", False)
            )
            self.assertLessEqual(connection.next_read_at, fields.Datetime.now())
        self.run_cron(FETCH_CRON)
        self.assertEqual(connection.state, "ok")
        self.assertTrue(connection.account_ids)

    def test_connection_is_read_again(self):
        connection = self.feed().connection_id
        for _odd in self.odd_answers():
            connection.next_read_at = fields.Datetime.now()
            self.run_cron(FETCH_CRON)
            self.assertIn("unexpected_response", connection.read_error)
            self.assertGreater(connection.next_read_at, fields.Datetime.now())
            self.assertEqual(connection.state, "ok")
        connection.next_read_at = fields.Datetime.now()
        self.run_cron(FETCH_CRON)
        self.assertFalse(connection.read_error)

    def test_fetch_is_a_failed_one_and_tried_again(self):
        account = self.feed()
        ref = self.receive_money(10.0, "one")
        with self.answering("show_account", lambda shown: {**shown, "balance": "?"}):
            self.fetch(account)
        self.assertIn("unexpected_response", account.fetch_error)
        self.assertEqual(account.fetch_failures, 1)
        self.fetch(account)
        self.assertFalse(account.fetch_error)
        self.assertEqual(len(self.line_of(ref)), 1)

    def test_one_odd_transaction_does_not_keep_the_others(self):
        account = self.feed()
        good = self.receive_money(10.0, "good")
        odd = self.receive_money(66.6, "odd")
        for members in (
            {"amount": math.inf},
            {"amount": None},
            {"currency_code": ["EUR"]},
            {"deleted": "true"},
            {"date": "9999-12-31"},
            {"updated_at": "0001-01-01T00:00:00Z"},
            {"provider_description": {"a": 1}},
        ):
            change = partial(self._change, odd, members)
            with self.subTest(members), self.answering("show_transaction", change):
                self.fetch(account)
                self.assertTrue(self.line_of(good))
                self.assertFalse(self.line_of(odd))
                self.assertTrue(account.fetch_error)
        self.fetch(account)
        self.assertEqual(self.line_of(odd).amount, 66.6)
        self.assertFalse(account.fetch_error)

    def test_what_is_not_understood_is_kept_harmless(self):
        account = self.feed()
        ref = self.receive_money(10.0, "one")
        unknown = {
            "text": "a\x00b\x1b[31m",
            "number": math.inf,
            "long": "x" * 50_000,
            "deep": [[[[[["too deep"]]]]]],
            "fine": {"a": [1, 2.5, True]},
        }
        with self.answering("show_transaction", lambda shown: {**shown, **unknown}):
            self.fetch(account)
        details = self.line_of(ref).transaction_details
        self.assertEqual(details["text"], "a b [31m")
        self.assertNotIn("number", details)
        self.assertEqual(len(details["long"]), 1000)
        self.assertNotIn("too deep", str(details["deep"]))
        self.assertEqual(details["fine"], unknown["fine"])

    def test_bank_whose_id_is_no_number_can_be_mended(self):
        connection = self.connect()
        connection.item_ref = "item-x"
        with mute_logger("odoo.addons.account_payment_request"):
            with self.assertRaises(UserError):
                connection.with_user(self.manager).action_connect()
