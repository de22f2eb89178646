import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.exceptions import UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.service.model import retrying
from odoo.tests import get_db_name, tagged
from odoo.tools import mute_logger

from odoo.addons.payment.tests.http_common import PaymentHttpCommon

from .. import const
from ..bridge.client import BridgeClient
from ..simulator import Simulator
from .common import (
    CLIENT_ID,
    CLIENT_SECRET,
    EXPIRY_CRON,
    POST_PROCESS_CRON,
    LoopbackCase,
)
from .request_case import RequestCase

MODELS_LOGGER = "odoo.addons.account_payment_request.models"
CORE_LOGGER = "odoo.addons.payment.models.payment_transaction"

# Never tells whether it executed a transfer.
SILENT_BANK = 9101


@tagged("post_install", "-at_install")
class TestTmpDouble(LoopbackCase):
    """Two taps at once, each in a process and a database connection of its own.

    What they work on is committed, so it is made and removed by the test itself.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        # The thread that runs the tests holds it: no other would get an environment.
        self.startPatcher(patch.object(Registry, "_lock", DummyRLock()))
        self.sim = Simulator(
            deliver="manual", client_id=CLIENT_ID, client_secret=CLIENT_SECRET
        ).start()
        self.addCleanup(self.sim.stop)
        self.startPatcher(
            patch.object(
                self.registry["payment.provider"],
                "_bridge_client",
                lambda _provider: BridgeClient(
                    CLIENT_ID, CLIENT_SECRET, base_url=self.sim.url
                ),
            )
        )
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

    @contextmanager
    def process(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

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
            pass

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


