import threading
from functools import partial
from unittest.mock import patch

from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...bridge.client import BridgeClient
from ..common.payment_request import ProcessesCase


@tagged("post_install", "-at_install")
class TestDoubleClick(ProcessesCase):
    """Two taps at once, each in a process of its own."""

    def setUp(self):
        super().setUp()
        # Whether Bridge is offered depends on a chart of accounts, not needed here.
        self.startPatcher(
            patch.object(
                self.registry["payment.request"],
                "_get_compatible_providers",
                lambda request, _amount: request.env.ref(
                    "account_payment_request.payment_provider_bridge"
                ),
            )
        )
        # A request that is run again waits for a random time before.
        self.startPatcher(patch("odoo.service.model.time.sleep"))
        with self.process() as env:
            self.triggers = env["ir.cron.trigger"].search([]).ids
            self.request_id = (
                env["payment.request"]
                .create(
                    {
                        "partner_id": env.ref("base.main_partner").id,
                        "currency_id": env.ref("base.EUR").id,
                        "amount": 120.0,
                    }
                )
                .id
            )
        self.addCleanup(self._remove)

    def _remove(self):
        with self.process() as env:
            request = self.pay_request(env)
            request.transaction_ids.unlink()
            request.unlink()
            env["ir.cron.trigger"].search([("id", "not in", self.triggers)]).unlink()

    def pay_request(self, env):
        return env["payment.request"].browse(self.request_id)

    def tap(self, urls, failures):
        """Tap the button, as a request of Odoo's server does."""
        try:
            with self.process() as env:
                start = partial(self.pay_request(env)._start_bridge_transfer, "due")
                urls.append(retrying(start, env))
        except Exception as error:
            failures.append(error)

    def test_two_taps_at_once_open_one_link(self):
        urls, failures = [], []
        first_at_bridge, second_arrived = threading.Event(), threading.Event()
        create, lock = (
            BridgeClient.create_payment_link,
            self.registry["payment.request"]._lock_against_double_click,
        )

        def create_payment_link(client, **values):
            first_at_bridge.set()
            self.assertTrue(second_arrived.wait(5))
            return create(client, **values)

        def lock_against_double_click(request):
            if first_at_bridge.is_set():
                # What this tap sees of the database is from before the first's end.
                request.env.cr.execute("SELECT 1 FROM payment_request LIMIT 1")
                second_arrived.set()
            lock(request)

        taps = [
            threading.Thread(target=self.tap, args=(urls, failures)) for _i in range(2)
        ]
        with (
            patch.object(BridgeClient, "create_payment_link", create_payment_link),
            patch.object(
                self.registry["payment.request"],
                "_lock_against_double_click",
                lock_against_double_click,
            ),
            mute_logger("odoo.sql_db", "odoo.service.model"),
        ):
            taps[0].start()
            self.assertTrue(first_at_bridge.wait(5))
            taps[1].start()
            for tap in taps:
                tap.join(20)
        self.assertEqual(failures, [])
        self.assertEqual(len(urls), 2)
        self.assertEqual(len(set(urls)), 1)
        self.assertEqual(len(self.sim.links), 1)
        with self.process() as env:
            self.assertEqual(len(self.pay_request(env).transaction_ids), 1)
