from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.transfer.payment_provider import PaymentProvider
from ..common.payment_request import HOLDER, IBAN, PaymentRequestCommon

MASKED = f"{IBAN[:4]}{'X' * (len(IBAN) - 7)}{IBAN[-3:]}"
PROVIDER_LOGGER = "odoo.addons.account_payment_request.models.transfer.payment_provider"


@tagged("post_install", "-at_install")
class TestProvider(PaymentRequestCommon):
    """What the administrator is told when he sets Bridge up."""

    def warnings(self, **values):
        self.bridge.write(values)
        self.bridge.invalidate_recordset(["bridge_warning"])
        return self.bridge.bridge_warning or ""

    # === Warnings ===

    def test_a_beneficiary_like_the_account_s_holder_is_no_warning(self):
        for name in (HOLDER, HOLDER.upper(), "Boutique-Exemple", " boutique  exémple"):
            with self.subTest(name):
                self.assertFalse(
                    self.warnings(
                        bridge_beneficiary_name=name, bridge_beneficiary_iban=MASKED
                    )
                )

    def test_another_beneficiary_s_name_is_a_warning_with_both_names(self):
        warning = self.warnings(bridge_beneficiary_name="Boutique Holding")
        self.assertIn("Boutique Holding", warning)
        self.assertIn(HOLDER, warning)

    def test_the_name_at_bridge_is_not_used_when_ours_is_sent(self):
        self.assertFalse(
            self.warnings(
                bridge_beneficiary_name="Boutique Holding",
                bridge_dynamic_beneficiary=True,
            )
        )

    def test_another_iban_at_bridge_is_a_warning_that_does_not_print_it(self):
        for masked in (
            f"{MASKED[:-3]}000",
            f"DE76{MASKED[4:]}",
            MASKED[:-4] + MASKED[-3:],
        ):
            with self.subTest(masked):
                warning = self.warnings(bridge_beneficiary_iban=masked)
                self.assertIn("IBAN", warning)
                self.assertNotIn(masked[-3:], warning)

    def test_a_journal_without_account_is_a_warning(self):
        self.bank_journal.bank_account_id = False
        self.assertIn("no bank account", self.warnings())

    def test_a_missing_webhook_secret_is_a_warning(self):
        self.assertIn("webhook", self.warnings(bridge_webhook_secret=False))

    def test_a_disabled_provider_warns_of_nothing(self):
        self.assertFalse(self.warnings(bridge_webhook_secret=False, state="disabled"))

    def test_the_first_payment_tells_who_is_paid_at_bridge(self):
        self.assertFalse(self.bridge.bridge_beneficiary_name)
        self.pay(self.create_request())
        self.settle_all()
        self.assertTrue(self.bridge.bridge_beneficiary_name)
        self.assertIn("XXXX", self.bridge.bridge_beneficiary_iban)

    # === Connection ===

    def test_the_right_credentials_are_accepted(self):
        action = self.bridge.action_bridge_test_connection()
        self.assertEqual(action["params"]["type"], "success")

    @mute_logger(PROVIDER_LOGGER)
    def test_wrong_credentials_say_so_and_what_to_do(self):
        self.bridge.bridge_client_secret = "not-the-secret"
        with self.assertRaisesRegex(UserError, "refuses these credentials") as caught:
            self.bridge.action_bridge_test_connection()
        self.assertIn("dashboard", str(caught.exception))
        self.assertNotIn("not-the-secret", str(caught.exception))

    def test_missing_credentials_say_where_to_find_them(self):
        self.bridge.state = "disabled"
        self.bridge.bridge_client_id = False
        with self.assertRaisesRegex(UserError, "dashboard"):
            self.bridge.action_bridge_test_connection()

    @mute_logger(PROVIDER_LOGGER)
    def test_bridge_down_is_not_taken_for_wrong_credentials(self):
        self.sim.faults.set(status_503=10)
        with self.assertRaisesRegex(UserError, "Try again"):
            self.bridge.action_bridge_test_connection()

    def test_an_address_that_is_not_safe_is_refused(self):
        self.env["ir.config_parameter"].sudo().set_param(
            "account_payment_request.bridge_url", "http://bridge.example.com"
        )
        with self.assertRaisesRegex(UserError, "not a safe address"):
            self.bridge.action_bridge_test_connection()

    # === Bounds ===

    def test_the_ceiling_is_bridge_s_own_at_most(self):
        for amount in (0, -1, 35_000.01):
            with self.subTest(amount), self.assertRaises(ValidationError):
                self.bridge.maximum_amount = amount
        self.bridge.maximum_amount = 35_000

    def test_the_life_of_a_link_has_bridge_s_bounds(self):
        for minutes in (4, 90 * 24 * 60 + 1):
            with (
                self.subTest(minutes),
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.bridge.bridge_link_minutes = minutes
                self.bridge.flush_recordset()

    def test_the_address_of_payment_pages_must_be_one(self):
        for address in ("pay.example.com", "ftp://pay.example.com", "https://"):
            with self.subTest(address), self.assertRaises(ValidationError):
                self.company.payment_request_base_url = address
        self.company.payment_request_base_url = "https://pay.example.com/"
        request = self.create_request()
        self.assertEqual(request.url, f"https://pay.example.com/pay/{request.token}")
        self.assertEqual(
            self.bridge.bridge_webhook_url,
            f"https://pay.example.com/payment/bridge/webhook/{self.bridge.id}",
        )

    def test_a_masked_iban_matches_only_what_it_shows(self):
        matches = PaymentProvider._bridge_iban_matches
        self.assertTrue(matches(self.bridge, IBAN, MASKED))
        self.assertFalse(matches(self.bridge, IBAN, MASKED[:-1]))
        self.assertFalse(matches(self.bridge, IBAN, f"{MASKED[:-1]}0"))
