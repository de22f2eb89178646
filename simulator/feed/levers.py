"""What tests and the demo pull on the bank side, in Python."""

from datetime import timedelta
from urllib.parse import urlsplit

from ..payment.banks import DEMO_BANK, PAYER_IBAN
from ..payment.payments import JourneyError
from .sessions import CODE_LOGIN, EARLY_STEPS, LATE_STEPS
from .status import CONSENT_NEEDED, INVALID_CREDENTIALS

CONNECT_PATH = "/connect/"


class BankLevers:
    """The bank half of :class:`~simulator.Simulator`.

    Money that arrives (:meth:`transfer`, simulated payments) is on the account at
    once; Bridge knows it after the next refresh, asked with :meth:`refresh` or its
    own, every twelve hours. ``sim.faults`` has the knobs of the feed as well.
    """

    # -- the simulator's own truth -------------------------------------------

    def bank_lines(self, account):
        """Return the lines at the bank of an account (IBAN or Bridge's id)."""
        with self.lock:
            return self.feed.banks.lines(self.find_bank_account(account))

    def bank_balance(self, account):
        """Return the cents on an account (IBAN or Bridge's id), at the bank."""
        with self.lock:
            return self.feed.banks.balance(self.find_bank_account(account))

    def transactions_of(self, account):
        """Return Bridge's transactions of an account: its id, IBAN or dict."""
        with self.lock:
            number = self.find_bank_account(account)["iban"]
            ids = {x["id"] for x in self.accounts.values() if x["bank_iban"] == number}
            found = self.transactions.values()
            return [item for item in found if item["account_id"] in ids]

    def transaction_of(self, line):
        """Return Bridge's transaction of a line at the bank, None if not read yet."""
        with self.lock:
            found = self.transactions.values()
            return next((item for item in found if item["line"] == line["id"]), None)

    def find_bank_account(self, account=None):
        """Return an account at a bank, by IBAN, Bridge's id, or either's dict.

        None: the first account that is shared, else the demo bank's first one.

        :raises KeyError: there is none
        """
        if isinstance(account, dict):
            account = account.get("bank_iban") or account["iban"]
        if account is None:
            shared = [
                number for item in self.items.values() for number in item["ibans"]
            ]
            first = self.feed.banks.at(DEMO_BANK)[0]["iban"]
            return self.feed.banks.find(shared[0] if shared else first)
        if str(account).isdecimal():
            account = self.accounts[int(account)]["bank_iban"]
        return self.feed.banks.find(account)

    # -- connecting ----------------------------------------------------------

    def connect_url(self, session):
        """Return the address of the page of a connect session (dict)."""
        return f"{self.url}{CONNECT_PATH}{session['token']}"

    def find_session(self, session):
        """Return the connect session for an address of its page, an id or a dict.

        :raises KeyError: there is none
        """
        if isinstance(session, dict):
            session = session.get("token") or session["url"]
        token = urlsplit(session).path.partition(CONNECT_PATH)[2].strip("/") or session
        for found in self.store.feed.sessions.values():
            if token in (found["token"], found["id"]):
                return found
        raise KeyError(f"no connect session {session}")

    def connect(self, url, outcome="success", bank=DEMO_BANK, accounts=None):
        """Do what a person does on the connect page.

        :param url: address of the page, as Bridge gave it
        :param outcome: ``success``; ``leave`` (closed the tab); or the step at which
            the person closes the page: ``highlighted_banks``, ``bank_creds_form``, ...
            (no connection comes of it), ``otp_form`` (status 1010), ``sync_error``
            (402), ``sync_in_progress`` and ``sync_pending`` (data minutes later),
            ``sync_success`` (all is well, the callback says false)
        :param bank: id of the bank, unless the session has one
        :param accounts: IBANs to share, by default all that are offered
        :return: the callback URL the person is sent to, or None
        :raises JourneyError: the page does not let them
        """
        with self._acting():
            session = self.find_session(url)
            if outcome == "leave":
                return None
            if outcome not in ("success", *EARLY_STEPS, *LATE_STEPS):
                raise JourneyError(f"unknown outcome: {outcome!r}")
            if outcome in EARLY_STEPS:
                self.feed.sessions.close(session, outcome)
            else:
                self._go_on(session, outcome, bank, accounts)
            return session["callback"]

    def _go_on(self, session, outcome, bank, accounts):
        sessions = self.feed.sessions
        if session["state"] == "bank":
            sessions.choose_bank(session, bank)
        if session["state"] == "login":
            login = CODE_LOGIN if outcome == "otp_form" else "any-login"
            sessions.sign_in(session, login, "any-password")
        if outcome in ("otp_form", "sync_error"):
            status = CONSENT_NEEDED if outcome == "otp_form" else INVALID_CREDENTIALS
            self.feed.items.hold(sessions.item(session), status)
            sessions.close(session, outcome)
            return
        if accounts is None:
            accounts = [account["iban"] for account in sessions.accounts(session)]
        sessions.choose_accounts(
            session,
            [self.find_bank_account(account)["iban"] for account in accounts],
            later=outcome in ("sync_in_progress", "sync_pending"),
            success=outcome == "success",
            step=outcome,
        )

    # -- at the bank ---------------------------------------------------------

    def open_account(self, iban, bank=DEMO_BANK, **options):
        """Open an account at a bank, without lines; in place of one with this IBAN.

        :param options: ``name``, ``type``, ``currency``, ``balance`` (major units),
            ``pro``, ``tells_iban``
        """
        with self._acting():
            return self.feed.banks.open(iban, bank, **options)

    def close_account(self, account):
        """Close an account (IBAN or Bridge's id): the next refresh tells it is gone."""
        with self._acting():
            self.find_bank_account(account)["open"] = False
            self.store.dirty = True

    def transfer(
        self,
        amount,
        label="",
        *,
        payer="ACME SAS",
        iban=PAYER_IBAN,
        account=None,
        **options,
    ):
        """Make a plain transfer to an account, as a customer types it.

        :param amount: major units; negative: money goes out
        :param account: IBAN or Bridge's id; by default the first account shared
        :param options: ``end_to_end_id``, ``when``, ``kind`` and ``text``, as of
            :meth:`~.banks.Banks.post`
        :return: the line at the bank; Bridge knows it after the next refresh
        """
        with self._acting():
            account = self.find_bank_account(account)
            options.update(payer=payer, payer_iban=iban)
            return self.feed.banks.post(account, amount, label, **options)

    def give_back(self, transaction):
        """Return a transfer received (transaction id or line): a debit, same label."""
        with self._acting():
            return self.feed.banks.give_back(self.find_line(transaction))

    def correct(self, transaction, now=True, **values):
        """Let the bank change a line: ``amount``, ``date``, ``label``, ``payer``, ...

        :param transaction: Bridge's id, or a line at the bank
        :param now: whether Bridge reads the bank at once
        """
        return self._alter(transaction, now, self.feed.banks.correct, values)

    def delete(self, transaction, now=True):
        """Let a line vanish at the bank; parameters as of :meth:`correct`."""
        return self._alter(transaction, now, self.feed.banks.delete)

    def reissue(self, transaction, now=True):
        """Let the bank replace a line by a new one that says the same."""
        return self._alter(transaction, now, self.feed.banks.reissue)

    def find_line(self, transaction):
        """Return the line at the bank of a transaction (id, dict) or line.

        :raises KeyError: there is none
        """
        if isinstance(transaction, dict):
            line_id = transaction.get("line", transaction["id"])
        else:
            line_id = self.transactions[int(transaction)]["line"]
        return self.store.feed.bank_lines[line_id]

    def _alter(self, transaction, now, change, *values):
        with self._acting():
            line = self.find_line(transaction)
            changed = change(line, *values)
            if now:
                for item in list(self.items.values()):
                    if line["iban"] in item["ibans"]:
                        self.feed.items.refresh(item)
            return changed or line

    # -- between Bridge and the bank -----------------------------------------

    def refresh(self, item=None):
        """Let Bridge read the bank of ``item`` (id or dict) now, by default of all."""
        with self._acting():
            items = list(self.items.values()) if item is None else [self._item(item)]
            for one in items:
                self.feed.items.refresh(one)
            return items

    def expire_consent(self, item, days=0):
        """Let the consent end in so many days; 0: now, and Bridge notices."""
        with self._acting():
            item = self._item(item)
            moment = self.clock.now() + timedelta(days=days)
            self.feed.items.set_consent_end(item, moment)
            self.feed.items.refresh(item)
            return item

    def set_item_status(self, item, status):
        """Give a connection a status, and tell; 0 mends it (see ``STATUSES``)."""
        with self._acting():
            item = self._item(item)
            self.feed.items.hold(item, int(status))
            return item

    def _item(self, item):
        return self.items[item["id"] if isinstance(item, dict) else int(item)]
