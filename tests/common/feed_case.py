"""What the tests of bank feeds share: banks of the simulator, connected and fetched."""

from contextlib import ExitStack, contextmanager
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo import Command, fields
from odoo.tests import new_test_user

from ...bridge.aggregation import Aggregation
from ...bridge.fetch import FetchRun
from ...models.feed import bridge_account_fetch
from ...simulator.feed.show import show_transaction
from .payment_request import IBAN, PaymentRequestCommon

FETCH_CRON = "account_payment_request.ir_cron_bridge_pull"
STRANGE_IBAN = "DE02120300000000202051"
CONSENT_CRON = "account_payment_request.ir_cron_bridge_consent"
BANK = 574
OTHER_BANK = 9101
OTHER_IBAN = "FR7610107001011234567890129"


class FeedCase(PaymentRequestCommon):
    """A company whose bank account at the simulator's demo bank is empty at first."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._new_manager("feed_manager", cls.company)

    @classmethod
    def _new_manager(cls, login, company):
        return new_test_user(
            cls.env,
            login=login,
            email=f"{login}@boutique.example",
            groups="account.group_account_manager,account.group_account_basic",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.sim.open_account(IBAN, BANK, name="Compte courant", balance=0)

    # === What a person does ===

    def open_page(self, user=None, company=None, **values):
        """Press *Connect a bank*; return the connection and the address of the page."""
        connection = (
            self.env["bridge.connection"]
            .with_user(user or self.manager)
            .create({"company_id": (company or self.company).id, **values})
        )
        return connection.sudo(), connection.action_connect()["url"]

    def connect(self, user=None, company=None, bank=BANK, accounts=(IBAN,), **values):
        """Connect a bank and come back.

        :rtype: bridge.connection
        """
        connection, url = self.open_page(user, company, **values)
        callback = self.sim.connect(url, bank=bank, accounts=list(accounts))
        self.come_back(callback, user)
        return connection

    def come_back(self, callback, user=None):
        """Follow the callback as the route does; return the connection found."""
        query = parse_qs(urlsplit(callback).query)
        connection = (
            self.env["bridge.connection"]
            .with_user(user or self.manager)
            ._find_by_token(query["context"][0])
        )
        if connection:
            connection._handle_return(query.get("item_id", [None])[0])
        return connection.sudo()

    def feed(self, first_day=None, **connect):
        """Connect the bank and start its first account on the bank journal.

        :rtype: bridge.account
        """
        account = self.connect(**connect).account_ids[:1]
        self.assertEqual(account.state, "to_assign")
        if first_day:
            account.history_start_date = first_day
        account.with_user(self.manager).action_start()
        return account

    # === What the bank does ===

    def receive_money(self, amount=120.0, label="FAC/2026/00042", **how):
        """Let money come in, read by Bridge; return Bridge's id of the transaction."""
        line = self.sim.transfer(amount, label, **{"account": IBAN, **how})
        self.sim.refresh()
        return self.sim.transaction_of(line)["id"]

    def day(self, days):
        """Return the day so many days from now, as the simulator takes it."""
        return self.sim.clock.now().date() + timedelta(days=days)

    # === What the jobs do ===

    def fetch(self, *accounts):
        """Fetch what is due, and these accounts in any case."""
        for account in accounts:
            account.next_fetch_at = fields.Datetime.now()
        self.run_cron(FETCH_CRON)

    def lines(self, account=None):
        """Return the lines fed, or all of the journal, the earliest first."""
        domain = (
            [("bridge_account_id", "=", account.id)]
            if account
            else [("journal_id", "=", self.bank_journal.id)]
        )
        return self.env["account.bank.statement.line"].search(
            domain, order="internal_index"
        )

    def line_of(self, transaction_id):
        """Return the bank line of a transaction, empty if there is none."""
        return self.env["account.bank.statement.line"].search(
            [("bridge_transaction_ref", "=", str(transaction_id))]
        )

    @contextmanager
    def batches_of(self, size):
        """Import lines by so many."""
        with patch.object(bridge_account_fetch, "IMPORT_BATCH", size):
            yield

    @contextmanager
    def pages_of(self, size):
        """Let Bridge list so many transactions on a page."""
        ask = Aggregation.transaction_pages

        def small(aggregation, account_id, **filters):
            return ask(aggregation, account_id, **{**filters, "limit": size})

        with patch.object(Aggregation, "transaction_pages", small):
            yield

    @contextmanager
    def calls(self):
        """Yield the names of what Bridge is asked about banks, as it goes on."""
        asked = []

        def noted(name):
            ask = getattr(Aggregation, name)

            def listen(aggregation, *args, **kwargs):
                asked.append(name)
                return ask(aggregation, *args, **kwargs)

            return patch.object(Aggregation, name, listen)

        with ExitStack() as stack:
            for name in (
                "read_item",
                "list_accounts",
                "read_account",
                "transaction_pages",
            ):
                stack.enter_context(noted(name))
            yield asked

    def sim_data(self, transaction):
        """Return a transaction of the simulator as its API shows it."""
        return show_transaction(transaction)

    def new_run(self, account):
        """Return what a fetch of the account begins with."""
        return FetchRun(account.account_ref, account.history_start_date)
