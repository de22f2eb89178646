"""What ends in Odoo leaves nothing at Bridge that nobody could withdraw afterwards."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import AccessDenied, AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.account_payment_request import uninstall_hook

from ...bridge.client import BridgeClient
from ..common.feed_case import FeedCase
from ..common.payment_request import IBAN

MODULE = "account_payment_request"
PROVIDER_LOGGER = f"odoo.addons.{MODULE}.models.transfer.payment_provider_end"
ALIVE_LOGGER = f"odoo.addons.{MODULE}.models.transfer.bridge_alive"
WRONG = {"bridge_client_secret": "wrong"}


class WithdrawnCase(FeedCase):
    def payable(self):
        """Return the ids of the links that can be paid at the simulator."""
        return [
            id_ for id_, link in self.sim.links.items() if link["status"] == "valid"
        ]

    def assert_nothing_lives(self):
        self.assertFalse(self.payable())
        self.assertFalse(self.sim.items)
        self.assertFalse(self.sim.users)

    @contextmanager
    def refused(self, *parts):
        """What is tried is refused, in a sentence that has these parts."""
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            yield
        for part in parts:
            self.assertIn(str(part), str(caught.exception))


@tagged("post_install", "-at_install")
class TestUninstall(WithdrawnCase):
    def setUp(self):
        super().setUp()
        self.connection = self.connect()
        self.tx = self.start(self.create_request())
        self.deposit = self.start(self.create_deposit())
        self.module = self.env["ir.module.module"].search([("name", "=", MODULE)])

    def assistant(self, **values):
        return self.env["base.module.uninstall"].create(
            {"module_ids": self.module.ids, **values}
        )

    def test_the_assistant_shows_what_lives(self):
        shown = self.assistant().bridge_alive
        for known in (
            self.bridge.bridge_user_ref,
            self.connection.item_ref,
            self.tx.provider_reference,
            self.deposit.provider_reference,
        ):
            self.assertIn(known, shown)
        installed = self.env["ir.module.module"].search([("state", "=", "installed")])
        other = installed.filtered(
            lambda m: self.module not in m + m.downstream_dependencies()
        )[:1]
        self.assertFalse(self.assistant(module_ids=other.ids).bridge_alive)
        # With what the addon depends on goes the addon.
        other = self.env["ir.module.module"].search([("name", "=", "account_payment")])
        self.assertEqual(self.assistant(module_ids=other.ids).bridge_alive, shown)

    def test_everything_is_withdrawn_before_it_is_dropped(self):
        self.module.button_uninstall()
        self.assert_nothing_lives()
        self.assertEqual(self.connection.state, "removed")
        self.assertEqual(self.tx.bridge_link_status, "revoked")
        self.sim.faults.set(status_500="always")
        uninstall_hook(self.env)
        self.assertFalse(self.tasks(self.company.partner_id))

    def test_consents_that_are_not_known_here_are_withdrawn_too(self):
        _connection, url = self.open_page()
        self.sim.connect(url, bank=574, accounts=[IBAN])
        self.assertEqual(len(self.sim.items), 2)
        self.module.button_uninstall()
        self.assert_nothing_lives()

    @mute_logger(ALIVE_LOGGER)
    def test_what_cannot_be_withdrawn_is_told_and_confirmed(self):
        self.bridge.write(WRONG)
        ids = (
            self.bridge.bridge_user_ref,
            self.connection.item_ref,
            self.tx.provider_reference,
            self.deposit.provider_reference,
        )
        with self.refused(*ids, "bridge_leave_behind"):
            self.module.button_uninstall()
        self.assertEqual(self.module.state, "installed")
        self.module.with_context(bridge_leave_behind=True).button_uninstall()
        self.assertEqual(self.module.state, "to remove")
        with self.assertLogs(PROVIDER_LOGGER, "WARNING") as logs:
            uninstall_hook(self.env)
        [task] = self.tasks(self.company.partner_id)
        for known in ids:
            self.assertIn(known, logs.output[0])
            self.assertIn(known, task.note)

    @mute_logger(ALIVE_LOGGER)
    def test_the_hook_leaves_a_task_where_nobody_was_asked(self):
        self.sim.faults.set(status_503="always")
        with self.assertLogs(PROVIDER_LOGGER, "WARNING"):
            uninstall_hook(self.env)
        [task] = self.tasks(self.company.partner_id)
        self.assertIn(self.connection.item_ref, task.note)
        self.assertEqual(self.bridge.code, "none")

    @mute_logger(ALIVE_LOGGER)
    def test_a_bridge_that_is_silent_is_not_asked_for_each(self):
        for _i in range(5):
            self.start(self.create_request())
        self.sim.faults.set(status_503="always")
        asked, call = [], BridgeClient.call

        def listen(client, *args, **kwargs):
            asked.append(args)
            return call(client, *args, **kwargs)

        with (
            patch.object(BridgeClient, "call", listen),
            self.refused(self.tx.provider_reference, self.connection.item_ref),
        ):
            self.module.button_uninstall()
        self.assertEqual(len(asked), 1)

    def test_it_goes_on_where_a_crash_stopped_it(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.module.button_uninstall()
            raise ZeroDivisionError
        self.env.invalidate_all()
        self.assert_nothing_lives()
        self.assertEqual(self.tx.bridge_link_status, "valid")
        self.module.button_uninstall()
        self.assertEqual(self.tx.bridge_link_status, "revoked")
        self.assertEqual(self.connection.state, "removed")

    def test_who_has_booked_payments_keeps_app_and_consents(self):
        self.sim.pay(self.tx.provider_reference)
        self.settle_all()
        with self.refused("payments were booked"):
            self.module.button_uninstall()
        self.assertEqual(len(self.sim.items), 1)
        self.assertEqual(self.payable(), [self.deposit.provider_reference])

    def test_only_administrators_withdraw(self):
        with self.assertRaises(AccessDenied):
            self.module.with_user(self.manager).button_uninstall()
        self.assertEqual(len(self.sim.items), 1)

    def test_a_copy_withdraws_nothing(self):
        self.env["ir.config_parameter"].set_param("database.is_neutralized", "True")
        self.assertFalse(self.assistant().bridge_alive)
        self.module.button_uninstall()
        with self.assertRaisesRegex(UserError, "copy"):
            self.connection.action_disconnect()
        self.connection.action_forget()
        self.connection.unlink()
        self.assertEqual(len(self.sim.items), 1)
        self.assertEqual(len(self.payable()), 2)


@tagged("post_install", "-at_install")
class TestEnds(WithdrawnCase):
    """Connections, journals, providers and companies."""

    def test_an_unfinished_connection_takes_its_consent_along(self):
        connection, url = self.open_page()
        self.sim.connect(url, bank=574, accounts=[IBAN])
        connection.unlink()
        self.assertFalse(self.sim.items)

    @mute_logger(ALIVE_LOGGER)
    def test_an_unfinished_connection_stays_while_bridge_is_silent(self):
        connection, url = self.open_page()
        self.sim.connect(url, bank=574, accounts=[IBAN])
        self.sim.faults.set(status_503="always")
        with self.refused("not finished", "does not answer"):
            connection.unlink()
        self.travel(days=8)
        self.env["bridge.connection"]._gc_unfinished()
        self.assertTrue(connection.exists())
        self.sim.faults.clear()
        self.env["bridge.connection"]._gc_unfinished()
        self.assertFalse(connection.exists())
        self.assertFalse(self.sim.items)

    @mute_logger(ALIVE_LOGGER)
    def test_an_administrator_forgets_what_bridge_does_not_withdraw(self):
        connection = self.connect()
        self.bridge.write(WRONG)
        with self.refused(connection.item_ref, "refuses these credentials"):
            connection.action_disconnect()
        with self.assertRaises(AccessError):
            connection.with_user(self.manager).action_forget()
        self.assertEqual(connection.state, "ok")
        connection.action_forget()
        self.assertEqual(connection.state, "removed")
        self.assertIn(
            connection.item_ref, "".join(connection.message_ids.mapped("body"))
        )

    def test_a_journal_that_is_fed_stays(self):
        account = self.feed()
        with self.refused(account.display_name, "pause"):
            self.bank_journal.active = False
        account.action_pause()
        self.bank_journal.active = False
        account.connection_id.action_disconnect()
        self.assertFalse(self.sim.items)

    def test_a_journal_that_was_fed_can_be_deleted(self):
        journal = self.bank_journal.copy({"name": "Other bank"})
        account = self.connect().account_ids
        account.journal_id = journal
        account.action_start()
        with self.refused(account.display_name, "Disconnect"):
            journal.unlink()
        account.connection_id.action_disconnect()
        journal.unlink()
        self.assertFalse(journal.exists())
        self.assertFalse(account.journal_id)

    def test_other_credentials_wait_until_the_banks_are_disconnected(self):
        connection = self.connect()
        tx = self.start(self.create_request())
        for change in (
            lambda: self.bridge.write({"bridge_client_id": "other"}),
            lambda: self.bridge.action_reset_credentials(),
            lambda: self.bridge.write({"code": "none"}),
            lambda: self.bridge._bridge_end(),
        ):
            with self.refused(connection.name, "Disconnect"):
                change()
        self.bridge.write({"bridge_client_secret": "sim-secret"})
        connection.action_disconnect()
        self.bridge.write({"bridge_client_id": "other"})
        self.assert_nothing_lives()
        self.assertEqual(tx.bridge_link_status, "revoked")
        self.assertFalse(self.bridge.bridge_user_ref)

    @mute_logger(ALIVE_LOGGER, PROVIDER_LOGGER)
    def test_what_lost_credentials_leave_is_a_task(self):
        tx = self.start(self.create_request())
        self.bridge.write(WRONG)
        self.bridge.write({"bridge_client_id": "other"})
        [task] = self.tasks(self.company.partner_id)
        self.assertIn(tx.provider_reference, task.note)

    def test_a_provider_switched_off_withdraws_its_links_and_tells_of_its_banks(self):
        connection = self.connect()
        tx = self.start(self.create_deposit())
        self.bridge.state = "disabled"
        self.poll()
        self.assertFalse(self.payable())
        self.assertEqual(tx.state, "cancel")
        self.bridge.invalidate_recordset(["bridge_warning"])
        self.assertIn(connection.name, self.bridge.bridge_warning)
        connection.action_disconnect()
        self.assertFalse(self.sim.items)

    def test_a_company_with_banks_stays(self):
        data = self.setup_other_company(name="Autre Boutique")
        other = data["company"]
        other.email = "contact@autre.example"
        self._enable_bridge(other, data["default_journal_bank"])
        connection = self.connect(
            user=self._new_manager("other_manager", other), company=other
        )
        with self.refused(connection.name, "Disconnect"):
            other.active = False
        with self.refused(connection.name, "Disconnect"):
            other.unlink()
        self.assertEqual(len(self.sim.items), 1)
        connection.action_disconnect()
        other._check_banks_disconnected()


@tagged("post_install", "-at_install")
class TestDocumentsEnd(WithdrawnCase):
    """Requests, invoices and contacts."""

    def setUp(self):
        super().setUp()
        self.invoice = self.create_invoice()
        self.request = self.request_of(self.invoice)

    def test_a_request_takes_its_link_along(self):
        self.start(self.request)
        self.request.unlink()
        self.assertFalse(self.payable())

    def test_an_invoice_takes_its_link_along(self):
        tx = self.start(self.request)
        both = self.ask_together()
        self.invoice.button_draft()
        self.invoice.unlink()
        self.assertFalse(self.payable())
        self.assertFalse(self.request.exists())
        self.assertTrue((tx | both).exists())

    def ask_together(self):
        """Begin to pay a request of two invoices; return the transaction."""
        both = self.invoice | self.create_invoice(80.0)
        requests = self.env["payment.request"].sudo()
        return self.start(requests.create(requests._prepare_for_moves(both)))

    def test_a_link_that_was_just_paid_keeps_its_request(self):
        tx = self.start(self.request)
        self.sim.pay(tx.provider_reference, "pdng")
        with self.refused(tx.reference, "on its way"):
            self.request.unlink()
        self.invoice.button_draft()
        with self.refused(tx.reference, "on its way"):
            self.invoice.unlink()

    @mute_logger(ALIVE_LOGGER)
    def test_nothing_goes_while_bridge_is_silent(self):
        tx = self.start(self.request)
        self.invoice.button_draft()
        self.sim.faults.set(status_503="always")
        for record in (tx, self.request, self.invoice):
            with self.refused(tx.provider_reference, "does not answer"):
                record.unlink()
        self.travel(hours=2)
        # By then nobody can pay with it.
        self.request.unlink()

    def test_a_contact_goes_with_deposits_that_are_over(self):
        contact = self.customer.copy()
        deposit = self.create_deposit(partner=contact)
        with self.refused(deposit.reference, "Archive"):
            contact.unlink()
        deposit.action_revoke()
        self.accountant.group_ids += self.env.ref("base.group_partner_manager")
        with self.refused("Archive"):
            contact.with_user(self.accountant).unlink()
        contact.unlink()
        self.assertFalse(deposit.exists())

    def test_a_contact_that_began_to_pay_is_archived_instead(self):
        contact = self.customer.copy()
        deposit = self.create_deposit(partner=contact)
        self.start(deposit)
        deposit.action_revoke()
        self.poll()
        self.assertFalse(self.payable())
        with self.refused(deposit.reference, "Archive"):
            contact.unlink()

    def test_a_contact_that_is_merged_ends_nothing(self):
        contact = self.customer.copy()
        tx = self.start(self.create_deposit(partner=contact))
        merge = self.env["base.partner.merge.automatic.wizard"].create({})
        merge._merge((self.customer | contact).ids, self.customer)
        self.assertFalse(contact.exists())
        self.assertEqual(self.payable(), [tx.provider_reference])
        self.assertEqual(tx.payment_request_id.partner_id, self.customer)
