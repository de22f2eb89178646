"""What the Odoo tests share: a French company paid through the Bridge simulator."""

from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta, timezone
from functools import partial
from unittest.mock import patch

from freezegun import freeze_time
from urllib3 import Timeout

from odoo import SUPERUSER_ID, Command, api, fields
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import BaseCase, HttpCase, get_db_name, new_test_user
from odoo.tests.common import _super_send as send_for_real

from odoo.addons.account.tests.common import AccountTestInvoicingCommon
from odoo.addons.account_payment.tests.common import AccountPaymentCommon

from ... import const
from ...bridge.client import BridgeClient
from ...models.transfer import payment_provider
from ...simulator import Simulator

IBAN = "FR7630006000011234567890189"
HOLDER = "Boutique Exemple"
LOOPBACK = "http://127.0.0.1:"
CLIENT_ID = "sim-client"
CLIENT_SECRET = "sim-secret"
WEBHOOK_SECRET = "sim-webhook"

EVENT_CRON = "account_payment_request.ir_cron_bridge_event"
POLL_CRON = "account_payment_request.ir_cron_bridge_sweep"
EXPIRY_CRON = "account_payment_request.ir_cron_payment_request_expiry"
POST_PROCESS_CRON = "payment.cron_post_process_payment_tx"


class LoopbackCase(BaseCase):
    """Lets our client keep its own time-outs towards the simulator.

    Odoo's tests lengthen time-outs, and expect one number where ours are several.
    """

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        if isinstance(kw.get("timeout"), Timeout) and r.url.startswith(LOOPBACK):
            return send_for_real(s, r, **kw)
        return super()._request_handler(s, r, **kw)


class ProcessesCase(LoopbackCase):
    """Several processes at once, each with a database connection of its own.

    What they work on is committed, so it is made and removed by the tests themselves.
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
        self.client = partial(
            BridgeClient, CLIENT_ID, CLIENT_SECRET, base_url=self.sim.url
        )
        self.startPatcher(
            patch.object(
                self.registry["payment.provider"],
                "_bridge_client",
                lambda _provider, budget=None, **_limit: self.client(budget=budget),
            )
        )

    @contextmanager
    def process(self):
        """Yield the environment of a process of its own, committed at the end."""
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})


class PaymentRequestCommon(LoopbackCase, AccountPaymentCommon):
    """A company in euros, its customers, its Bridge provider and a simulated Bridge.

    Each test has a simulator of its own, over real HTTP on loopback. Its webhooks
    wait in ``self.sim.pending`` until `deliver` hands them over.
    """

    @classmethod
    def _use_chart_template(cls, company, chart_template_ref=None):
        """Override of `account`: the planner takes the tables that were just filled
        for empty ones, which costs a class half a minute."""
        done = super()._use_chart_template(company, chart_template_ref)
        cls.env.flush_all()
        cls.env.cr.execute("ANALYZE account_account, account_account_res_company_rel")
        return done

    @classmethod
    @AccountTestInvoicingCommon.setup_country("fr")
    def setUpClass(cls):
        super().setUpClass()
        company = cls.company
        company.write({"name": HOLDER, "email": "contact@boutique.example"})
        company.partner_id.tz = "Europe/Paris"
        cls.bank_journal = cls.company_data["default_journal_bank"]
        cls.bank_journal.bank_account_id = cls.env["res.partner.bank"].create(
            {
                "acc_number": IBAN,
                "acc_holder_name": HOLDER,
                "partner_id": company.partner_id.id,
                "company_id": company.id,
                "allow_out_payment": True,
            }
        )
        cls.bridge = cls._enable_bridge(company, cls.bank_journal)
        cls.customer = cls.env["res.partner"].create(
            {
                "name": "Marie Dupont",
                "email": "marie.dupont@example.com",
                "phone": "06 12 34 56 78",
                "country_id": cls.env.ref("base.fr").id,
                "lang": "en_US",
            }
        )
        cls.company_customer = cls.env["res.partner"].create(
            {
                "name": "Société Générique",
                "is_company": True,
                "email": "compta@generique.example",
                "country_id": cls.env.ref("base.fr").id,
            }
        )
        cls.accountant = new_test_user(
            cls.env,
            login="request_accountant",
            email="accountant@boutique.example",
            groups="account.group_account_invoice",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def setUp(self):
        super().setUp()
        self._frozen = None
        self.sim = self._start_simulator()
        self.env["ir.config_parameter"].sudo().set_param(
            const.API_URL_PARAMETER, self.sim.url
        )
        # The real client over real HTTP, which never waits before trying again.
        self.startPatcher(
            patch.object(
                payment_provider,
                "BridgeClient",
                partial(BridgeClient, sleep=lambda _seconds: None),
            )
        )
        if not isinstance(self, HttpCase):
            # Another cursor would commit what it counts, for all tests that follow.
            self.startPatcher(
                patch.object(
                    self.registry["payment.rate"],
                    "_own_cursor",
                    lambda model: nullcontext(model.env.cr),
                )
            )

    def _start_simulator(self):
        sim = Simulator(
            deliver="manual",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            webhook_secret=WEBHOOK_SECRET,
        ).start()
        self.addCleanup(sim.stop)
        return sim

    # === Records ===

    @classmethod
    def make_user(cls, login, groups, company):
        """Create a user of one company, with these groups alone."""
        return new_test_user(
            cls.env,
            login=f"apr_{login}",
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    @classmethod
    def _enable_bridge(cls, company, journal, **values):
        """Enable the Bridge provider of ``company`` with the simulator's credentials.

        :rtype: payment.provider
        """
        provider = (
            cls.env["payment.provider"]
            .sudo()
            .search(
                [("code", "=", const.PROVIDER_CODE), ("company_id", "=", company.id)]
            )
        )
        provider.write(
            {
                "state": "enabled",
                "is_published": True,
                "bridge_client_id": CLIENT_ID,
                "bridge_client_secret": CLIENT_SECRET,
                "bridge_webhook_secret": WEBHOOK_SECRET,
                **values,
            }
        )
        provider.journal_id = journal
        return provider

    @classmethod
    def create_invoice(cls, amount=120.0, partner=None, post=True, **values):
        """Create a customer invoice of one line without tax, posted by default.

        :rtype: account.move
        """
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or cls.customer).id,
                "invoice_date": fields.Date.today(),
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Service",
                            "quantity": 1.0,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
                **values,
            }
        )
        if post:
            move.action_post()
        return move

    @classmethod
    def create_request(cls, amount=120.0, partner=None, **values):
        """Create a posted invoice and return its own payment request, in sudo."""
        return cls.request_of(cls.create_invoice(amount, partner, **values))

    @classmethod
    def request_of(cls, invoice):
        """Return the invoice's own payment request, in sudo."""
        return invoice.sudo().payment_request_id

    @classmethod
    def create_deposit(cls, amount=300.0, partner=None, **values):
        """Create a request of a fixed amount, in sudo."""
        return (
            cls.env["payment.request"]
            .sudo()
            .create(
                {
                    "partner_id": (partner or cls.customer).id,
                    "currency_id": cls.company.currency_id.id,
                    "amount": amount,
                    "description": "Deposit",
                    **values,
                }
            )
        )

    def bank_line(self, amount, label, journal=None, **values):
        """Create a bank statement line, as typed or imported.

        :rtype: account.bank.statement.line
        """
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": (journal or self.bank_journal).id,
                "date": fields.Date.today(),
                "amount": amount,
                "payment_ref": label,
                **values,
            }
        )

    # === What a payer does ===

    def start(self, request, option="due"):
        """Tap the button: return the transaction whose bank journey was opened."""
        url = request._start_bridge_transfer(option)
        tx = request.transaction_ids.sorted("id")[-1:]
        self.assertEqual(self.sim.find_link(url)["id"], tx.provider_reference)
        return tx

    def pay(self, request, outcome="acsc", option="due", **bank):
        """Go all the way at the bank; Odoo knows nothing of it yet.

        :param str outcome: see `Simulator.pay`
        :return: the transaction
        """
        tx = self.start(request, option)
        self.sim.pay(tx.provider_reference, outcome, **bank)
        return tx

    def link(self, tx):
        """Return the payment link of a transaction as the simulator stores it."""
        return self.sim.links[tx.provider_reference]

    # === What reaches Odoo ===

    def receive(self, _url, body, headers, provider=None):
        """Hand one webhook over, as the route does; return the HTTP status."""
        stored = (
            self.env["bridge.event"]
            .sudo()
            ._receive(
                (provider or self.bridge).id, body, headers.get("BridgeApi-Signature")
            )
        )
        return 200 if stored else 401

    def deliver(self, **how):
        """Deliver the pending webhooks; see `Simulator.deliver_pending`."""
        return self.sim.deliver_pending(transport=self.receive, **how)

    def run_cron(self, xmlid):
        """Run a scheduled job as the scheduler does, failing if it fails."""
        mode = (
            nullcontext()
            if isinstance(self, HttpCase)
            else self.enter_registry_test_mode()
        )
        with mode:
            result = self.env.ref(xmlid).sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertIs(result, True, f"{xmlid} failed")

    def work_off(self):
        """Work off the stored events, then book what is done."""
        self.run_cron(EVENT_CRON)
        self.run_cron(POST_PROCESS_CRON)

    def poll(self):
        """Read what is due at Bridge, then book what is done."""
        self.run_cron(POLL_CRON)
        self.run_cron(POST_PROCESS_CRON)

    def settle_all(self):
        """Deliver every webhook and work all of it off."""
        self.deliver()
        self.work_off()

    # === Time ===

    def travel(self, **duration):
        """Put Odoo's clock and the simulator's forward together.

        Time stands still there until the test ends or travels on.

        :param duration: as for `timedelta`
        """
        target = datetime.now(timezone.utc) + timedelta(**duration)
        if self._frozen:
            self._frozen.stop()
        else:
            self.addCleanup(self._thaw)
        self._frozen = freeze_time(target)
        self._frozen.start()
        self.sim.run_due()

    def _thaw(self):
        self._frozen.stop()

    # === Assertions ===

    def assert_booked(self, tx, amount=None):
        """The transaction is done and made exactly one posted payment."""
        self.assertEqual(tx.state, "done")
        self.assertTrue(tx.is_post_processed)
        payment = tx.payment_id
        self.assertEqual(len(payment), 1)
        self.assertIn(payment.state, ("in_process", "paid"))
        self.assertEqual(payment.amount, tx.amount if amount is None else amount)

    def assert_nothing_booked(self, *transactions):
        """None of the transactions made a payment."""
        for tx in transactions:
            self.assertNotEqual(tx.state, "done")
            self.assertFalse(tx.payment_id)
            for invoice in tx.invoice_ids:
                self.assertEqual(invoice.payment_state, "not_paid")

    def count_queries(self, work):
        """Return how many queries ``work`` takes from a cold record cache."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def tasks(self, record):
        """Return the to-do activities of a record."""
        return self.env["mail.activity"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )
