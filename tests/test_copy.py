"""A copy of the database acts on nothing outside, and says so."""

from contextlib import contextmanager

from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import neutralize_database
from odoo.tests import tagged

from ..models.database import PARAMETER
from .common.feed_case import CONSENT_CRON, FETCH_CRON, FeedCase
from .common.page_case import PageCase
from .common.payment_request import EVENT_CRON, POLL_CRON
from .common.reminder_channel_case import ChannelCase

SECRETS = (
    "bridge_client_id",
    "bridge_client_secret",
    "bridge_webhook_secret",
    "bridge_webhook_secret_old",
    "bridge_user_ref",
    "bridge_access_token",
)


class CopyCase(FeedCase):
    def copies(self):
        """Yield the name of each kind of copy, while the database is one."""
        parameters = self.env["ir.config_parameter"].sudo()
        original = parameters.get_param(PARAMETER)
        uuid = parameters.get_param("database.uuid")
        for kind, key, value, before in (
            ("copied by Odoo", "database.uuid", "another", uuid),
            ("restored under another name", PARAMETER, f"{uuid} elsewhere", original),
            ("of unknown origin", PARAMETER, False, original),
            ("flagged as neutralized", "database.is_neutralized", "True", False),
        ):
            parameters.set_param(key, value)
            with self.subTest(kind):
                yield kind
            parameters.set_param(key, before)
        self.assertIsNone(self.env["payment.database"]._get_blocker())

    @contextmanager
    def no_call(self):
        """Bridge is asked nothing meanwhile, whatever fails."""
        self.sim.calls.clear()
        yield
        self.assertEqual([*self.sim.calls], [])

    def refused(self, action):
        with self.assertRaisesRegex(UserError, "copy"):
            action()


@tagged("post_install", "-at_install")
class TestCopy(CopyCase):
    def test_a_copy_asks_bridge_nothing(self):
        account = self.feed()
        connection = account.connection_id
        self.receive_money()
        request = self.create_request()
        # A link that the periodic check of the original would withdraw.
        obsolete = self.start(request)
        paid = self.pay(self.create_request(), "acsc")
        self.deliver()
        request.action_revoke()
        for _kind in self.copies():
            with self.no_call():
                account.next_fetch_at = connection.next_read_at = self.env.cr.now()
                (obsolete | paid).bridge_next_check_at = self.env.cr.now()
                for cron in (POLL_CRON, EVENT_CRON, FETCH_CRON, CONSENT_CRON):
                    self.run_cron(cron)
                for action in (
                    self.bridge.action_bridge_test_connection,
                    obsolete.action_bridge_check,
                    connection.action_connect,
                    connection.action_disconnect,
                    obsolete._bridge_refresh,
                    obsolete._bridge_open_link,
                    connection._read_at_bridge,
                ):
                    self.refused(action)
                self.assertFalse(request._refresh_transactions())
                connection._handle_return()
        # Nothing was lost meanwhile, and nothing withdrawn.
        self.assertEqual(self.link(obsolete)["status"], "valid")
        self.assertNotEqual(connection.state, "removed")
        self.work_off()
        self.assert_booked(paid)
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 1)

    def test_a_payer_is_offered_nothing_by_a_copy(self):
        request = self.create_request()
        invoice = request.move_id
        for _kind in self.copies():
            with self.no_call():
                self.assertEqual(request._get_page_state(), "copy")
                self.assertEqual(request._get_payment_offer(), {})
                with self.assertRaises(UserError):
                    request._start_bridge_transfer("due")
                for action in (
                    request.action_send_email,
                    request.action_send_sms,
                    request.action_share_whatsapp,
                ):
                    self.refused(action)
                self.assertNotIn(request.token, invoice._get_portal_payment_link())
        self.assertEqual(request._get_page_state(), "pay")

    def test_neutralizing_removes_what_lets_anybody_act(self):
        connection = self.feed().connection_id
        self.open_page()
        tokens = self.env["bridge.connection"].search([]).mapped("token")
        self.assertTrue(any(tokens))
        self.env.flush_all()
        neutralize_database(self.env.cr)
        self.env.invalidate_all()
        self.env.registry.clear_all_caches()
        bridge = self.bridge.sudo()
        self.assertEqual(bridge.state, "disabled")
        self.assertFalse(any(bridge[field] for field in SECRETS))
        self.assertFalse(any(self.env["bridge.connection"].search([]).mapped("token")))
        self.assertEqual(self.env["payment.database"]._get_blocker(), "neutralized")
        with self.no_call():
            self.refused(connection.action_disconnect)

    def test_an_administrator_says_which_database_is_in_production(self):
        parameters = self.env["ir.config_parameter"].sudo()
        administrator = self.make_user("admin", "base.group_system", self.company)
        parameters.set_param("database.uuid", "another")
        database = self.env["payment.database"]
        self.assertIn("copy", database.with_user(self.accountant).get_banner())
        self.assertFalse(
            database.with_user(self.env.ref("base.public_user")).get_banner()
        )
        self.assertIn("copy", self.bridge.bridge_warning)
        for user in (self.accountant, self.manager):
            with self.assertRaises(AccessError):
                database.with_user(user)._set_in_production()
        settings = self.env["res.config.settings"].with_user(administrator).create({})
        self.assertIn("copy", settings.payment_database_warning)
        settings.action_use_database()
        self.env.invalidate_all()
        self.assertIsNone(database._get_blocker())
        self.assertFalse(database.get_banner())
        self.pay(self.create_request())
        # The original, restored as it was, is the copy of this one by now.
        parameters.set_param("database.is_neutralized", "True")
        self.assertEqual(database._get_blocker(), "neutralized")


@tagged("post_install", "-at_install")
class TestCopyMessages(ChannelCase):
    def request_url(self):
        return self.request_of(self.overdue()).url

    def test_what_waits_in_the_queue_of_a_copy_is_the_originals_to_send(self):
        self.first.copy_salesperson = True
        self.overdue(invoice_user_id=self.accountant.id)
        self.run_reminders()
        mail = self.mails_of(self.env["payment.reminder"].search([]))
        copies = self.env["mail.mail"].search(
            [("email_to", "like", self.accountant.email)]
        )
        self.assertTrue(copies)
        mail |= copies
        self.first.copy_salesperson = False
        self.use("sms")
        self.overdue(partner=self.company_customer.copy({"phone": "06 12 34 56 79"}))
        other = self.env["mail.mail"].create(
            {"email_to": "somebody@example.com", "body_html": "<p>Not ours.</p>"}
        )
        self.run_reminders()
        parameters = self.env["ir.config_parameter"].sudo()
        uuid = parameters.get_param("database.uuid")
        parameters.set_param("database.uuid", "another")
        with self.mock_mail_gateway():
            (mail | other).send()
            self.assertFalse(self.deliver_sms())
        self.assertEqual({*mail.mapped("state")}, {"outgoing"})
        typed = self.env["sms.sms"].create(
            {"number": "+33612345678", "body": f"Pay: {self.request_url()}"}
        )
        with self.sms_provider() as sent:
            typed.send()
        self.assertFalse(sent)
        self.env["payment.database"]._cancel_queue()
        self.assertEqual(typed.state, "canceled")
        self.assertEqual(other.state, "sent")
        parameters.set_param("database.uuid", uuid)
        with self.mock_mail_gateway():
            self.env["mail.mail"].search([("state", "=", "cancel")]).mark_outgoing()
            mail.send()
        self.assertEqual({*mail.mapped("state")}, {"sent"})


@tagged("post_install", "-at_install")
class TestCopyPages(PageCase):
    def test_pages_of_a_copy_say_so(self):
        request = self.create_request()
        self.start(request)
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "another")
        self.sim.calls.clear()
        text, _tree = self.page(request)
        self.assertIn("Nothing can be paid here", text)
        for parts in (["bank"], ["return"], ["other"]):
            self.assertNotIn(self.sim.url, self.open(request, *parts).text)
        self.assertNotIn(self.sim.url, str(self.tap(request).headers))
        self.assertFalse(self.sim.calls)
        self.authenticate("request_accountant", "request_accountant")
        page = self.url_open("/odoo")
        self.assertIn("payment_copy_banner", page.text)
