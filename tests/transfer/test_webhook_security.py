"""Only Bridge wakes us, and its words alone book nothing."""

import hashlib
import hmac
import json

from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from ...bridge import signature
from ..common.payment_request import (
    EVENT_CRON,
    WEBHOOK_SECRET,
    PaymentRequestCommon,
)

CONTROLLER_LOGGER = "odoo.addons.account_payment_request.controllers.transfer.bridge"
HEADER = "BridgeApi-Signature"


@tagged("post_install", "-at_install")
class TestWebhookSecurity(PaymentRequestCommon, HttpCase):
    """Only Bridge wakes us, and its words alone book nothing."""

    def setUp(self):
        super().setUp()
        self.tx = self.start(self.create_request())
        self.body = self.event(status="ACSC")

    def event(self, link_id=None, **content):
        """Return the body of a notification about our link."""
        return json.dumps(
            {
                "type": "payment.transaction.updated",
                "timestamp": 1790000000000,
                "content": {
                    "payment_link_id": link_id or self.tx.provider_reference,
                    "client_reference": self.tx.reference,
                    **content,
                },
            }
        ).encode()

    def post(self, body, header=None, provider=None):
        """Post a notification; return the status of the answer."""
        headers = {"Content-Type": "application/json"}
        if header is not None:
            headers[HEADER] = header
        self.env.flush_all()
        address = f"/payment/bridge/webhook/{(provider or self.bridge).id}"
        with mute_logger(CONTROLLER_LOGGER):
            response = self.url_open(address, data=body, headers=headers, method="POST")
        self.env.invalidate_all()
        self.assertFalse(response.content)
        return response.status_code

    def post_signed(self, body, *secrets, **kwargs):
        header = signature.header(body, *(secrets or (WEBHOOK_SECRET,)))
        return self.post(body, header, **kwargs)

    def stored(self):
        return self.env["bridge.event"].sudo().search([])

    def assert_refused(self, status):
        self.assertEqual(status, 401)
        self.assertFalse(self.stored())

    # === Signature ===

    def test_unsigned_webhook_is_refused(self):
        self.assert_refused(self.post(self.body))

    def test_forged_webhook_is_refused(self):
        self.assert_refused(self.post(self.body, "v1=" + "A" * 64))

    def test_webhook_signed_with_another_secret_is_refused(self):
        self.assert_refused(self.post_signed(self.body, "not-our-secret"))

    def test_genuine_signature_of_another_body_is_refused(self):
        header = signature.header(self.body, WEBHOOK_SECRET)
        self.assert_refused(self.post(self.body.replace(b"ACSC", b"RJCT"), header))

    def test_genuine_signature_under_another_scheme_is_refused(self):
        value = signature.sign(self.body, WEBHOOK_SECRET)
        self.assert_refused(self.post(self.body, f"v0={value}"))
        self.assert_refused(self.post(self.body, value))

    def test_strange_signatures_are_refused(self):
        for header in ("", "v1=", ",,,", "v1", "v1=\xe9", "v1=" + "0" * 5000):
            with self.subTest(header[:10]):
                self.assert_refused(self.post(self.body, header.encode("latin-1")))

    def test_without_a_secret_every_webhook_is_refused(self):
        for secret in (False, "", "  "):
            self.bridge.bridge_webhook_secret = secret
            with self.subTest(repr(secret)):
                for key in (b"", b"  ", b"False", b"None"):
                    forged = hmac.new(key, self.body, hashlib.sha256).hexdigest()
                    header = f"v1={forged.upper()}"
                    self.assert_refused(self.post(self.body, header))

    def test_both_secrets_are_accepted_while_one_rotates(self):
        self.bridge.write(
            {
                "bridge_webhook_secret": "the-new-secret",
                "bridge_webhook_secret_old": WEBHOOK_SECRET,
            }
        )
        bodies = [self.event(status=status) for status in ("CREA", "ACTC", "PDNG")]
        self.assertEqual(self.post_signed(bodies[0], WEBHOOK_SECRET), 200)
        self.assertEqual(self.post_signed(bodies[1], "the-new-secret"), 200)
        both = self.post_signed(bodies[2], "the-new-secret", WEBHOOK_SECRET)
        self.assertEqual(both, 200)
        self.assertEqual(len(self.stored()), 3)

    def test_old_secret_is_refused_once_the_rotation_is_over(self):
        self.bridge.bridge_webhook_secret = "the-new-secret"
        self.assert_refused(self.post_signed(self.body, WEBHOOK_SECRET))
        self.assertEqual(self.post_signed(self.body, "the-new-secret"), 200)

    def test_simulators_rotation_is_followed(self):
        self.sim.rotate_webhook_secret("the-new-secret")
        self.sim.pay(self.tx.provider_reference, "acsc")
        self.assertEqual({item.status for item in self.deliver()}, {200})
        self.bridge.write(
            {
                "bridge_webhook_secret": "the-new-secret",
                "bridge_webhook_secret_old": False,
            }
        )
        self.sim.replay(0)
        self.assertEqual({item.status for item in self.deliver()}, {200})

    # === Stale and replayed ===

    def test_stale_webhook_only_makes_us_read(self):
        """An old refusal, told again after the transfer was executed."""
        self.sim.pay(self.tx.provider_reference, "acsc")
        stale = json.loads(self.event(status="RJCT", status_reason="CUST"))
        body = json.dumps({**stale, "timestamp": 1000}).encode()
        self.assertEqual(self.post_signed(body), 200)
        self.work_off()
        self.assert_booked(self.tx)

    def test_replayed_webhook_is_stored_once_and_changes_nothing(self):
        self.sim.pay(self.tx.provider_reference, "acsc")
        self.assertEqual(self.post_signed(self.body), 200)
        self.work_off()
        self.assert_booked(self.tx)
        event = self.stored()
        for _i in range(3):
            self.assertEqual(self.post_signed(self.body), 200)
        self.work_off()
        self.assertEqual(self.stored(), event)
        self.assertEqual((event.state, event.attempts), ("done", 0))
        self.assert_booked(self.tx)

    def test_webhooks_own_words_are_not_believed(self):
        body = self.event(status="ACSC", amount=120.0, payment_link_status="completed")
        self.assertEqual(self.post_signed(body), 200)
        self.work_off()
        self.assertEqual((self.tx.state, self.tx.bank_status), ("draft", False))
        self.assert_nothing_booked(self.tx)

    # === Bodies ===

    def test_body_over_64_kb_is_refused_though_it_is_signed(self):
        body = self.event(padding="x" * 64 * 1024)
        self.assertEqual(self.post_signed(body), 413)
        self.assertFalse(self.stored())

    def test_body_of_exactly_64_kb_is_taken(self):
        room = 64 * 1024 - len(self.event(padding=""))
        body = self.event(padding="x" * room)
        self.assertEqual(len(body), 64 * 1024)
        self.assertEqual(self.post_signed(body), 200)
        self.assertEqual(self.stored().body.encode(), body)

    def test_signed_bodies_that_say_nothing_are_stored_and_set_aside(self):
        bodies = {
            "text": b"hello",
            "empty": b"",
            "list": b"[1, 2]",
            "number": b"42",
            "null": b"null",
            "content of another shape": b'{"type": 3, "content": ["x"]}',
            "link of another shape": b'{"content": {"payment_link_id": {"a": 1}}}',
            "not UTF-8": b'{"content": "\xff\xfe"}',
            "deeply nested": b"[" * 60_000,
            "half a surrogate": b'{"type": "\\ud800", "content": {}}',
        }
        for name, body in bodies.items():
            with self.subTest(name):
                self.assertEqual(self.post_signed(body), 200)
        self.assertEqual(len(self.stored()), len(bodies))
        self.run_cron(EVENT_CRON)
        self.assertEqual(set(self.stored().mapped("state")), {"ignored"})

    def test_nul_characters_are_stored_without_harm(self):
        self.assertEqual(self.post_signed(b"\x00" + self.body), 200)
        self.assertEqual(self.post_signed(self.event("abc\x00def")), 200)
        for event in self.stored():
            self.assertNotIn("\x00", event.body)
            self.assertNotIn("\x00", event.link_ref or "")
        self.work_off()
        self.assert_nothing_booked(self.tx)

    def test_event_of_an_unknown_link_touches_nothing(self):
        body = self.event(link_id="00000000-0000-4000-8000-000000000000")
        self.assertEqual(self.post_signed(body), 200)
        self.sim.pay(self.tx.provider_reference, "acsc")
        self.work_off()
        self.assertEqual(self.tx.state, "draft")
        self.assertEqual(self.stored().transaction_id.id, False)

    # === Addresses ===

    def test_address_of_no_bridge_provider_is_refused_like_a_wrong_signature(self):
        self.assert_refused(self.post_signed(self.body, provider=self.dummy_provider))
        for number in ("0", "999999999", "99999999999999999999"):
            with self.subTest(number), mute_logger(CONTROLLER_LOGGER):
                response = self.url_open(
                    f"/payment/bridge/webhook/{number}",
                    data=self.body,
                    headers={HEADER: signature.header(self.body, WEBHOOK_SECRET)},
                )
                self.assertEqual(response.status_code, 401)

    def test_disabled_provider_takes_no_webhook(self):
        self.bridge.state = "disabled"
        self.assert_refused(self.post_signed(self.body))

    def test_webhooks_are_not_taken_by_get(self):
        with mute_logger("odoo.http"):
            response = self.url_open(f"/payment/bridge/webhook/{self.bridge.id}")
        self.assertEqual(response.status_code, 405)

    def test_another_companys_secret_neither_opens_our_address_nor_our_transaction(
        self,
    ):
        data = self.setup_other_company(name="Autre Boutique")
        theirs = self._enable_bridge(
            data["company"],
            data["default_journal_bank"],
            bridge_webhook_secret="their-secret",
        )
        self.sim.pay(self.tx.provider_reference, "acsc")
        self.assert_refused(self.post_signed(self.body, "their-secret"))
        self.assert_refused(self.post_signed(self.body, provider=theirs))
        # Signed by them, sent to them, about our link: it is not theirs to wake.
        status = self.post_signed(self.body, "their-secret", provider=theirs)
        self.assertEqual(status, 200)
        self.work_off()
        self.assertEqual(self.tx.state, "draft")
        self.assertFalse(self.stored().transaction_id)
