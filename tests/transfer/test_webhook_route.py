from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.transfer.bridge_event import BridgeEvent
from ..common.event_case import EventCase
from ..common.page_case import PageCase
from ..common.payment_request import (
    EVENT_CRON,
)


@tagged("post_install", "-at_install")
class TestWebhookRoute(EventCase, PageCase):
    """What the route answers, and when."""

    def test_webhook_is_stored_when_it_is_answered_and_nothing_is_read_yet(self):
        tx = self.pay(self.create_request())
        calls = self.api_calls()
        # Not even a first try on a read-only cursor, which Odoo would warn of.
        with self.assertNoLogs("odoo.http", "WARNING"):
            delivered = self.sim.deliver_pending(transport=self.post)
        self.assertEqual({delivery.status for delivery in delivered}, {200})
        events = self.events(tx)
        self.assertEqual(len(events), len(delivered))
        self.assertEqual(
            [event.body.encode() for event in events],
            [delivery.body for delivery in delivered],
        )
        self.assertEqual(set(events.mapped("state")), {"received"})
        self.assertEqual(tx.state, "draft")
        self.assertFalse(calls)

    def test_webhook_is_answered_though_bridge_is_down(self):
        tx = self.pay(self.create_request())
        self.sim.faults.set(status_503=True)
        delivered = self.sim.deliver_pending(transport=self.post)
        self.assertEqual({delivery.status for delivery in delivered}, {200})
        self.assertEqual(len(self.events(tx)), len(delivered))

    @mute_logger("odoo.http")
    def test_webhook_that_could_not_be_stored_is_not_answered_as_received(self):
        tx = self.pay(self.create_request())
        with patch.object(BridgeEvent, "_parse", side_effect=RuntimeError("disk full")):
            self.sim.deliver_pending(order=[0], transport=self.post)
        delivery = self.sim.webhooks[0]
        self.assertEqual((delivery.status, delivery.state), (500, "pending"))
        self.assertFalse(self.events(tx))
        # Bridge repeats it: nothing is lost.
        self.sim.deliver_pending(transport=self.post)
        self.assertEqual(delivery.state, "delivered")
        self.assertEqual(len(self.events(tx)), len(self.sim.webhooks))

    def test_same_webhook_twice_is_answered_twice_and_stored_once(self):
        tx = self.pay(self.create_request())
        self.sim.deliver_pending(transport=self.post)
        stored = self.events(tx)
        for index in range(len(stored)):
            self.sim.replay(index)
        again = self.sim.deliver_pending(transport=self.post)
        self.assertEqual({delivery.status for delivery in again}, {200})
        self.assertEqual(self.events(tx), stored)

    def test_from_the_route_to_the_booked_payment(self):
        request = self.create_request()
        tx = self.pay(request)
        self.sim.deliver_pending(transport=self.post)
        self.work_off()
        self.assert_booked(tx)
        self.assertEqual(request.state, "paid")
        self.assertEqual(set(self.events(tx).mapped("state")), {"done"})
        self.assertEqual(self.events(tx).transaction_id, tx)

    def test_dashboards_test_event_is_answered_and_set_aside(self):
        self.sim.send_test_event()
        delivered = self.sim.deliver_pending(transport=self.post)
        self.assertEqual([delivery.status for delivery in delivered], [200])
        self.run_cron(EVENT_CRON)
        event = self.events()
        self.assertEqual((event.event_type, event.state), ("TEST_EVENT", "ignored"))

    def test_return_reads_at_bridge_what_no_webhook_told(self):
        request = self.create_request()
        tx = self.pay(request)
        self.env.flush_all()
        response = self.url_open(
            f"/payment/bridge/return?payment_link_id={tx.provider_reference}",
            allow_redirects=False,
        )
        self.env.invalidate_all()
        self.assertEqual(response.status_code, 303)
        self.assertTrue(response.headers["Location"].endswith("/payment/status"))
        self.assertEqual(tx.state, "done")
