"""Who may do, see and make us believe what."""

import logging
import re
import socket
from contextlib import contextmanager
from unittest.mock import patch

import requests

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..bridge.client import BridgeClient
from .common.page_case import PageCase
from .common.payment_request import (
    CLIENT_SECRET,
    EVENT_CRON,
    IBAN,
    WEBHOOK_SECRET,
    PaymentRequestCommon,
)

MODULE = "odoo.addons.account_payment_request"
BUTTONS = ("action_revoke", "action_renew", "action_replace_link", "action_handled")


@tagged("post_install", "-at_install")
class TestAccess(PaymentRequestCommon):
    """Companies, groups and secrets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company(name="Autre Boutique")
        cls.other_company = cls.other_data["company"]
        cls.stranger = cls.make_user(
            "stranger", "account.group_account_manager", cls.other_company
        )
        cls.clerk = cls.make_user("clerk", "base.group_user", cls.company)
        cls.reader = cls.make_user(
            "reader", "base.group_user,account.group_account_readonly", cls.company
        )
        cls.manager = cls.make_user(
            "manager", "account.group_account_manager", cls.company
        )
        cls.administrator = cls.make_user(
            "administrator", "base.group_system", cls.company
        )

    def setUp(self):
        super().setUp()
        self.request = self.create_request()
        self.tx = self.pay(self.request)
        self.deliver()
        self.event = self.env["bridge.event"].sudo().search([], limit=1)
        self.env.flush_all()
        self.env.invalidate_all()

    def as_user(self, record, user):
        return record.with_user(user).sudo(False).with_env(self.env(user=user))

    # === Other companies ===

    def test_another_companys_accountant_finds_nothing_of_ours(self):
        for record in (self.request, self.request.line_ids, self.tx):
            model = self.as_user(record.browse(), self.stranger)
            with self.subTest(record._name):
                self.assertFalse(model.search([("id", "in", record.ids)]))
                self.assertFalse(model.search_count([("id", "in", record.ids)]))
                self.assertFalse(
                    model._read_group([("id", "in", record.ids)], [], ["id:recordset"])[
                        0
                    ][0]
                )
                names = model.name_search(record.display_name)
                self.assertNotIn(record.id, [found[0] for found in names])

    def test_another_companys_accountant_cannot_read_or_change_ours(self):
        for record in (self.request, self.request.line_ids, self.tx):
            theirs = self.as_user(record, self.stranger)
            with self.subTest(record._name), mute_logger("odoo.models"):
                with self.assertRaises(AccessError):
                    theirs.read(["id", "display_name"])
                with self.assertRaises(AccessError):
                    theirs.write({"currency_id": self.env.ref("base.USD").id})
                with self.assertRaises(AccessError):
                    theirs.unlink()

    def test_another_companys_accountant_cannot_use_our_buttons(self):
        request = self.as_user(self.request, self.stranger)
        with mute_logger("odoo.models"):
            for button in BUTTONS:
                with self.subTest(button), self.assertRaises(AccessError):
                    getattr(request, button)()
            with self.assertRaises(AccessError):
                self.as_user(self.tx, self.stranger).action_bridge_check()
            with self.assertRaises(AccessError):
                invoice = self.request.line_ids.move_id
                self.as_user(invoice, self.stranger).action_payment_request()
        self.env.invalidate_all()
        self.assertEqual((self.request.state, self.tx.state), ("valid", "draft"))

    def test_another_companys_administrator_sees_none_of_our_events(self):
        foreign = self.make_user(
            "foreign_admin", "base.group_system", self.other_company
        )
        events = self.as_user(self.event.browse(), foreign)
        self.assertFalse(events.search([]))
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            self.as_user(self.event, foreign).read(["body"])
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            self.as_user(self.event, foreign).action_replay()
        ours = self.as_user(self.event.browse(), self.administrator)
        self.assertTrue(ours.search([]))

    def test_company_that_is_not_chosen_is_not_seen(self):
        both = self.make_user(
            "both", "account.group_account_manager", self.other_company
        )
        both.company_ids = [Command.link(self.company.id)]
        requests_ = self.as_user(self.request.browse(), both)
        only_other = requests_.with_context(allowed_company_ids=self.other_company.ids)
        self.assertFalse(only_other.search([]))
        all_of_them = requests_.with_context(
            allowed_company_ids=(self.other_company + self.company).ids
        )
        self.assertIn(self.request.id, all_of_them.search([]).ids)

    def test_request_cannot_ask_for_another_companys_invoice(self):
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            self.as_user(self.env["payment.request"], self.stranger).with_company(
                self.other_company
            ).create(
                {
                    "partner_id": self.customer.id,
                    "currency_id": self.company.currency_id.id,
                    "company_id": self.company.id,
                    "amount": 10.0,
                }
            )

    def test_nobody_of_another_company_is_made_responsible(self):
        mine = self.as_user(self.request, self.accountant)
        with self.assertRaises(UserError):
            mine.user_id = self.stranger

    # === Groups ===

    def test_user_without_accounting_rights_sees_nothing(self):
        for record in (self.request, self.request.line_ids, self.event):
            theirs = self.as_user(record, self.clerk)
            with self.subTest(record._name), mute_logger("odoo.models"):
                with self.assertRaises(AccessError):
                    theirs.search([])
                with self.assertRaises(AccessError):
                    theirs.read(["id"])
                with self.assertRaises(AccessError):
                    theirs.write({"company_id": self.company.id})
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            self.as_user(self.env["payment.request.create"], self.clerk).create({})

    def test_portal_user_sees_nothing_even_of_his_own(self):
        self.portal_user.partner_id = self.customer
        for record in (self.request, self.request.line_ids, self.event, self.tx):
            theirs = self.as_user(record, self.portal_user)
            with self.subTest(record._name), mute_logger("odoo.models"):
                with self.assertRaises(AccessError):
                    theirs.search([])
                with self.assertRaises(AccessError):
                    theirs.read(["id"])

    def test_portal_user_cannot_make_requests_by_a_button(self):
        self.portal_user.partner_id = self.customer
        self.company.payment_request_policy = "manual"
        invoice = self.create_invoice()
        invoice.message_subscribe(self.customer.ids)
        mine = self.as_user(invoice, self.portal_user)
        self.assertEqual(mine.name, invoice.name)  # He may read his invoice.
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            mine.action_payment_request()
        self.assertFalse(invoice.sudo().payment_request_id)

    def test_auditor_reads_but_changes_nothing(self):
        theirs = self.as_user(self.request, self.reader)
        self.assertEqual(theirs.read(["state", "amount_due"])[0]["amount_due"], 120.0)
        with mute_logger("odoo.models"):
            for button in BUTTONS:
                with self.subTest(button), self.assertRaises(AccessError):
                    getattr(theirs, button)()
            with self.assertRaises(AccessError):
                theirs.write({"expiry_date": "2030-01-01"})
            with self.assertRaises(AccessError):
                theirs.copy()

    def test_accountant_works_with_requests_but_deletes_none(self):
        theirs = self.as_user(self.request, self.accountant)
        theirs.action_revoke()
        theirs.action_renew()
        theirs.action_replace_link()
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            theirs.unlink()
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            self.as_user(self.event, self.manager).read(["body"])

    # === Secrets ===

    SECRETS = (
        "bridge_client_id",
        "bridge_client_secret",
        "bridge_webhook_secret",
        "bridge_webhook_secret_old",
        "bridge_beneficiary_iban",
    )

    def test_secrets_are_read_by_administrators_only(self):
        for user in (self.manager, self.accountant, self.reader, self.clerk):
            provider = self.as_user(self.bridge, user)
            for field in self.SECRETS:
                with self.subTest(user=user.login, field=field):
                    with mute_logger("odoo.models"), self.assertRaises(AccessError):
                        provider.read([field])
                    with mute_logger("odoo.models"), self.assertRaises(AccessError):
                        provider.search([(field, "!=", False)])
        read = self.as_user(self.bridge, self.administrator).read(list(self.SECRETS))
        self.assertEqual(read[0]["bridge_client_secret"], CLIENT_SECRET)

    def test_secrets_are_not_among_the_fields_others_are_told_of(self):
        told = self.as_user(self.bridge, self.manager).sudo(False)
        names = set(told.with_user(self.manager).fields_get())
        self.assertFalse(names & set(self.SECRETS))

    def test_secrets_do_not_follow_a_copy_of_the_provider(self):
        copy = self.bridge.copy()
        for field in self.SECRETS:
            self.assertFalse(copy[field], field)

    def test_resetting_the_credentials_blanks_every_secret(self):
        self.bridge.bridge_webhook_secret_old = "old"
        self.bridge.action_reset_credentials()
        for field in self.SECRETS[:-1]:
            self.assertFalse(self.bridge[field], field)

    def test_only_an_administrator_tests_the_connection(self):
        for user in (self.manager, self.accountant, self.clerk, self.portal_user):
            with self.subTest(user.login):
                with mute_logger("odoo.models"), self.assertRaises(AccessError):
                    self.as_user(self.bridge, user).action_bridge_test_connection()
        action = self.as_user(
            self.bridge, self.administrator
        ).action_bridge_test_connection()
        self.assertEqual(action["params"]["type"], "success")

    def test_token_is_read_by_accounting_and_the_bank_link_by_administrators(self):
        self.assertTrue(self.as_user(self.request, self.accountant).token)
        self.assertTrue(self.as_user(self.request, self.reader).token)
        for user in (self.clerk, self.portal_user, self.stranger):
            with mute_logger("odoo.models"), self.assertRaises(AccessError):
                self.as_user(self.request, user).read(["token"])
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            self.as_user(self.tx, self.manager).read(["bridge_link_url"])

    def test_token_cannot_be_chosen_or_copied(self):
        made = self.create_deposit(token="a" * 20, token_digest="b", reference="MINE")
        self.assertNotEqual(made.token, "a" * 20)
        self.assertNotEqual(made.reference, "MINE")
        self.assertNotEqual(made.copy().token, made.token)
        self.assertFalse(self.env["payment.request"]._find_by_token("a" * 20))

    def test_tokens_have_nothing_in_common(self):
        tokens = [self.create_deposit().token for _i in range(30)]
        self.assertEqual(len(set(tokens)), 30)
        for token in tokens:
            self.assertRegex(token, r"^[2-9a-hjkmnp-z]{20}$")
        # Each place takes many values: no counter, no clock, no fixed part.
        self.assertTrue(all(len(set(place)) > 5 for place in zip(*tokens, strict=True)))


@tagged("post_install", "-at_install")
class TestNoLeak(PageCase):
    """What a whole payment leaves in the logs, and when the network is called."""

    WRONG_IBAN = "FR7630006000011234567890180"
    LOGGERS = (
        MODULE,
        "odoo.addons.payment",
        "odoo.addons.account_payment",
        "odoo.addons.account",
        "odoo.addons.mail",
        "odoo.addons.base.models.ir_cron",
        "odoo.http",
        "requests",
        "urllib3",
        "werkzeug",
    )

    @contextmanager
    def everything_logged(self):
        """Yield the list of all that these loggers say, from DEBUG on."""
        lines = []
        ours = self.base_url()

        class Memory(logging.Handler):
            def emit(self, record):
                line = f"{record.name}: {self.format(record)}"
                # The browser's part of this test calls our pages, of course.
                if not (record.name.startswith("urllib3") and ours in line):
                    lines.append(line)

        handler = Memory(logging.DEBUG)
        levels = {}
        for name in self.LOGGERS:
            logger = logging.getLogger(name)
            levels[logger] = logger.level
            logger.setLevel(logging.DEBUG)
            logger.addHandler(handler)
        try:
            yield lines
        finally:
            for logger, level in levels.items():
                logger.setLevel(level)
                logger.removeHandler(handler)

    def test_no_secret_token_or_iban_is_logged_during_a_whole_payment(self):
        self.bridge.bridge_dynamic_beneficiary = True
        request = self.create_request()
        pay = f"/pay/{request.token}"
        with self.everything_logged() as lines:
            self.visit(pay)
            # Bridge down, then a refused creation, then the way through.
            self.sim.faults.set(status_503=True)
            self.visit(f"{pay}/bank", data={"option": "due"})
            self.sim.faults.clear()
            account = self.bank_journal.bank_account_id
            self.bank_journal.bank_account_id = account.copy(
                {"acc_number": self.WRONG_IBAN}
            )
            self.visit(f"{pay}/bank", data={"option": "due"})
            self.assertFalse(self.sim.links)
            self.bank_journal.bank_account_id = account
            self.visit(f"{pay}/bank", data={"option": "due"})
            tx = request.transaction_ids.sorted("id")[-1:]
            callback = self.sim.pay(tx.provider_reference, "pdng-acsc")
            self.visit(callback[callback.index("/pay/") :])
            self.sim.faults.set(wrong_signature=1)
            self.sim.deliver_pending(order=[0], transport=self.post)
            self.sim.deliver_pending(transport=self.post)
            self.sim.faults.set(status_503=True)
            self.run_cron(EVENT_CRON)
            self.sim.faults.clear()
            self.bridge.bridge_client_secret = "mistyped-secret"
            self.travel(hours=2)
            self.poll()
            self.bridge.bridge_client_secret = CLIENT_SECRET
            self.travel(hours=8)
            self.poll()
            self.assert_booked(tx)
            self.bank_line(tx.amount, f"VIR SEPA {tx.reference} MARIE DUPONT")
            self.visit(pay)
            self.visit(f"/pay/{request.token[:-1]}x")
        self.assertGreater(len(lines), 30)
        seen = "\n".join(lines)
        for logger in (f"{MODULE}.bridge.transport", "urllib3", "werkzeug"):
            self.assertIn(logger, seen, "the logs that could leak were not captured")
        compact = re.sub(r"\s", "", seen).lower()
        for what, secret in {
            "client secret": CLIENT_SECRET,
            "mistyped secret": "mistyped-secret",
            "webhook secret": WEBHOOK_SECRET,
            "token": request.token,
            "most of a token": request.token[:-1],
            "IBAN": IBAN,
            "wrong IBAN": self.WRONG_IBAN,
            "payer's IBAN": "FR7610107001011234567890129",
            "address of the bank page": self.link(tx)["token"],
        }.items():
            self.assertFalse(secret.lower() in compact, f"{what} is in a log")

    @contextmanager
    def no_network(self):
        """Fail on any attempt to open a connection or to call over HTTP."""

        def refuse(*args, **kwargs):
            raise AssertionError("the network was called")

        with (
            patch.object(socket.socket, "connect", refuse),
            patch.object(socket.socket, "connect_ex", refuse),
            patch.object(requests.Session, "send", refuse),
            patch.object(BridgeClient, "__init__", refuse),
        ):
            yield

    def test_network_guard_notices_a_call(self):
        with self.no_network(), self.assertRaisesRegex(AssertionError, "network"):
            self.create_request()._start_bridge_transfer("due")

    def test_posting_calls_nobody(self):
        with self.no_network():
            moves = self.create_invoice(post=False)
            moves |= self.create_invoice(80.0, post=False)
            moves.action_post()
            self.env.flush_all()
        self.assertEqual(len(moves.payment_request_id), 2)

    def test_printing_calls_nobody(self):
        invoice = self.create_invoice()
        report = self.env["ir.actions.report"]
        with self.no_network():
            html = report._render_qweb_html("account.report_invoice", invoice.ids)[0]
            report._render_qweb_html(
                "account_payment_request.action_report_payment_request",
                self.request_of(invoice).ids,
            )
        self.assertIn(self.request_of(invoice).token.encode(), html)

    def test_mailing_calls_nobody_but_the_mail_server(self):
        request = self.create_request()
        template = self.env.ref("account_payment_request.mail_template_payment_request")
        with self.no_network():
            mail_id = template.send_mail(request.id)
        self.assertIn(request.token, self.env["mail.mail"].browse(mail_id).body_html)

    def test_listing_and_computing_calls_nobody(self):
        request = self.create_request()
        tx = self.start(request)
        self.env.flush_all()
        self.env.invalidate_all()
        records = (
            request,
            request.line_ids,
            request.line_ids.move_id,
            tx,
            self.bridge,
            self.customer,
            self.env["res.config.settings"].create({}),
        )
        with self.no_network():
            for record in records:
                record.read()  # Every field, computed ones too.
            self.env["payment.request"].search_read([], limit=10)
            for state in ("valid", "in_progress", "paid"):
                self.env["account.move"].search(
                    [("payment_request_state", "in", [state])], limit=5
                )
            self.env["account.move"].search([("transfer_in_progress", "=", True)])
            for field in ("amount_due", "state", "issue"):
                self.env.add_to_compute(request._fields[field], request)
            self.env.flush_all()

    def test_showing_the_page_calls_nobody(self):
        request = self.create_request()
        with patch.object(
            BridgeClient, "__init__", side_effect=AssertionError("the network")
        ):
            for page in ("", "/status", "/qr.png"):
                response = self.visit(f"/pay/{request.token}{page}")
                self.assertEqual(response.status_code, 200)

    def test_bank_lines_call_nobody(self):
        request = self.create_request()
        tx = self.pay(request, "pdng")
        tx._bridge_refresh()
        with self.no_network():
            line = self.bank_line(tx.amount, f"VIR {tx.reference}")
        self.assertTrue(line.is_reconciled)
        self.assertEqual(request.state, "paid")
