"""Work on many records takes no more queries than work on few."""

import json
from contextlib import closing
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

from ..bridge import signature
from .common.payment_request import EVENT_CRON, WEBHOOK_SECRET, PaymentRequestCommon

# Fewer than the ORM writes in one statement, so that counts are equal, not close.
FEW, MANY = 2, 9


class QueryCase(PaymentRequestCommon):
    def draft_invoices(self, count):
        return self.env["account.move"].create(
            [
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "invoice_line_ids": [
                        Command.create({"name": "Service", "price_unit": 120.0})
                    ],
                }
                for _number in range(count)
            ]
        )


@tagged("post_install", "-at_install")
class TestBatchQueries(QueryCase):
    def test_many_requests_take_as_many_queries_as_few(self):
        self.company.payment_request_policy = "manual"
        few, many, first = map(self.draft_invoices, (FEW, MANY, 1))
        (few | many | first).action_post()
        first._get_or_create_payment_requests()  # Fills the caches of the registry.
        self.assertEqual(
            self.count_queries(many._get_or_create_payment_requests),
            self.count_queries(few._get_or_create_payment_requests),
        )
        self.assertEqual(len(many.own_payment_request_ids), MANY)

    def test_posting_many_invoices_adds_no_query_for_each(self):
        def added(count):
            moves = [self.draft_invoices(count) for _policy in ("manual", "posting")]
            counts = []
            for policy, invoices in zip(("manual", "posting"), moves, strict=True):
                self.company.payment_request_policy = policy
                counts.append(self.count_queries(invoices.action_post))
            core, ours = counts
            return ours - core

        added(1)  # Fills the caches of the registry.
        few, many = added(FEW), added(MANY)
        self.assertGreater(few, 0)
        self.assertLessEqual(many - few, 2)

    def test_page_of_many_invoices_takes_as_many_queries_as_of_few(self):
        def grouped(count):
            moves = self.draft_invoices(count)
            moves.action_post()
            model = self.env["payment.request"].sudo()
            return model.create([model._prepare_for_moves(moves)])

        def show(request):
            request._get_page_state()
            request._get_documents()
            request._get_payment_options()

        few, many, first = map(grouped, (FEW, MANY, FEW))
        show(first)
        self.assertEqual(
            self.count_queries(lambda: show(many)),
            self.count_queries(lambda: show(few)),
        )


@tagged("post_install", "-at_install")
class TestWebhookQueries(QueryCase):
    def setUp(self):
        super().setUp()
        self.model = self.env["bridge.event"].with_user(SUPERUSER_ID)
        self.receive("first")  # Calls the worker and fills the cache of secrets.
        # As in a transaction that has just begun.
        self.env.cr.execute("UPDATE ir_cron_trigger SET create_date = call_at")

    def receive(self, link, secret=WEBHOOK_SECRET):
        body = json.dumps({"content": {"payment_link_id": link}}).encode()
        return self.model._receive(self.bridge.id, body, signature.header(body, secret))

    def calls(self):
        cron = self.env.ref(EVENT_CRON)
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def test_notification_is_stored_in_one_query(self):
        with self.assertQueryCount(1):
            self.assertTrue(self.receive("second"))

    def test_forged_notification_takes_no_query(self):
        with self.assertQueryCount(0):
            self.assertFalse(self.receive("second", secret="guessed"))

    def test_worker_that_was_called_is_not_called_again(self):
        calls = self.calls()
        self.assertTrue(calls)
        self.receive("second")
        self.assertEqual(self.calls(), calls)

    def test_call_planned_for_a_moment_ago_wakes_nobody(self):
        """Odoo notifies its workers of calls for now only: a planned one waits for
        their next look, up to a minute."""
        cron = self.env.ref(EVENT_CRON)
        calls = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        calls.unlink()
        cron._trigger(fields.Datetime.now() + timedelta(minutes=1))
        with freeze_time(fields.Datetime.now() + timedelta(minutes=2)):
            self.receive("second")
        self.assertEqual(self.calls(), 2)

    def test_changed_secret_counts_at_once(self):
        self.bridge.bridge_webhook_secret = "rotated"
        self.assertFalse(self.receive("second"))
        self.assertTrue(self.receive("second", secret="rotated"))
        self.bridge.bridge_webhook_secret_old = WEBHOOK_SECRET
        self.assertTrue(self.receive("third"))

    def test_disabled_provider_counts_at_once(self):
        self.bridge.state = "disabled"
        self.assertFalse(self.receive("second"))


@tagged("post_install", "-at_install")
class TestWorkerCall(BaseCase):
    """Two database connections; nothing but one call of the worker is committed."""

    def test_event_calls_a_worker_that_has_just_started(self):
        registry = Registry(get_db_name())
        provider_class = registry["payment.provider"]
        secrets = patch.object(
            provider_class,
            "_bridge_webhook_secrets",
            lambda provider: (WEBHOOK_SECRET,),
        )
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            cron = env.ref(EVENT_CRON)
            provider_id = env.ref("account_payment_request.payment_provider_bridge").id
            cr.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [cron.id])
            cron._trigger()
            cr.postcommit.clear()
        self.addCleanup(self.remove_calls, registry, cron.id)
        with closing(registry.cursor()) as worker, closing(registry.cursor()) as cr:
            # The worker deletes its calls, then looks for events.
            worker.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [cron.id])
            events = api.Environment(cr, SUPERUSER_ID, {})["bridge.event"]
            body = b"{}"
            with secrets:
                events._receive(
                    provider_id, body, signature.header(body, WEBHOOK_SECRET)
                )
            cr.execute(
                "SELECT count(*) FROM ir_cron_trigger WHERE cron_id = %s", [cron.id]
            )
            self.assertEqual(cr.fetchone(), (2,))

    def remove_calls(self, registry, cron_id):
        with registry.cursor() as cr:
            cr.execute("DELETE FROM ir_cron_trigger WHERE cron_id = %s", [cron_id])
