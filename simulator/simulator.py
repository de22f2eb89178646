"""The simulator itself: starts and stops everything, and what tests call."""

import random
import threading
from collections import deque
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from .agenda import Agenda
from .calls import RateLimit
from .clock import Clock, from_text, to_text
from .faults import Faults
from .feed import Feed
from .feed.levers import BankLevers
from .inbox import Inbox
from .payment.banks import DEMO_BANK
from .payment.ledger import Ledger
from .payment.payments import Payments, parse_outcome
from .server import Server
from .store import Application, Store
from .webhooks import TIMEOUT, Outbox

PAY_PATH = "/pay-page/link/"


class Simulator(BankLevers):
    """A local Bridge over real HTTP, with its payers, banks, mail and SMS.

    :param host: address to listen on
    :param port: port, 0 for any free one (see :attr:`url` once started)
    :param clock: a :class:`Clock` to share, by default one of its own
    :param deliver: how webhooks leave. None: over HTTP. A callable
        ``(url, body, headers) -> status``: through it, in the caller's thread; events
        caused by HTTP calls wait for the next Python call. In both cases a Python call
        (:meth:`pay`, ``clock.advance``, ...) returns once what is due was tried.
        ``"manual"``: nothing leaves before :meth:`deliver_pending`
    :param speed: how much faster the delays of the simulated world go by
    :param client_id: of the first application, likewise ``client_secret`` and
        ``webhook_secret``
    :param smtp_port: None for no mail server, 0 for any free port
    :param language: of all pages that have several; None: the browser's
    :param state_file: path where links, payments and applications are kept over
        restarts, and the inbox beside it; an application found there wins over the
        one given here
    """

    def __init__(
        self,
        host="127.0.0.1",
        port=0,
        *,
        clock=None,
        deliver=None,
        speed=1.0,
        client_id="sim-client",
        client_secret="sim-secret",
        webhook_secret="sim-webhook",
        smtp_port=None,
        language=None,
        state_file=None,
    ):
        self.lock = threading.RLock()
        self._change = threading.Condition(self.lock)
        self._thread_state = threading.local()
        self.host = host
        self.language = language
        self._port = port
        self.clock = clock or Clock(speed=speed)
        self.faults = Faults()
        # what was asked of the HTTP API, the newest last
        self.calls = deque(maxlen=10_000)
        # what chooses where faults leave a choice; seed it to have the same again
        self.chance = random.Random()
        self.store = Store()
        # payment links and requests by id, as stored: full IBANs, all members
        self.links, self.requests = self.store.links, self.store.requests
        feed = self.store.feed
        self.users, self.items = feed.users, feed.items
        # as Bridge knows them, by id, balances in cents
        self.accounts, self.transactions = feed.accounts, feed.transactions
        # by IBAN: the truth that a refresh reads
        self.bank_accounts = feed.bank_accounts
        self.inbox = Inbox()
        self.rate_limit = RateLimit()
        # of each Bridge user: 10 tokens a minute; calls, at Bridge 60 a minute
        self.token_limit = RateLimit(10, 60)
        self.user_limit = RateLimit(None, 60)
        self.agenda = Agenda()
        self.outbox = Outbox(
            self._change, self.clock, self.faults, self.store.applications, deliver
        )
        # every webhook Delivery, in order of emission
        self.webhooks = self.outbox.deliveries
        self.feed = Feed(self.store, self.clock, self.agenda, self.outbox, self.faults)
        self.ledger = Ledger(self.store, self.clock, self.agenda, self.feed.banks)
        self.payments = Payments(
            self.store, self.clock, self.agenda, self.outbox, self.faults, self.ledger
        )
        self.default_client_id = client_id
        self._state_file = state_file and Path(state_file)
        self._inbox_file = state_file and Path(f"{state_file}.inbox")
        if self._state_file:
            self._load()
        if client_id not in self.store.applications:
            self.add_application(
                client_id, client_secret, webhook_secrets=[webhook_secret]
            )
        if not self.store.feed.bank_accounts:
            self.feed.banks.seed()
        self._wanted_smtp_port = smtp_port
        self._smtp = None
        self._server = None
        self._thread = None
        self._running = False

    # -- life ----------------------------------------------------------------

    def start(self):
        """Start serving; return self."""
        if self._running:
            return self
        self._server = Server(self, self.host, self._port)
        self._running = True
        self._server.start()
        if self._wanted_smtp_port is not None:
            # imported here: tests that send no mail need no mail library
            from .smtp import MailServer

            self._smtp = MailServer(self, self.host, self._wanted_smtp_port)
            self._smtp.start()
        self.clock.watch(self)
        self._thread = threading.Thread(
            target=self._tick, name="bridge-simulator-clock", daemon=True
        )
        self._thread.start()
        return self

    def stop(self):
        """Stop serving and save; what was stored can still be read."""
        if not self._running:
            return
        with self.lock:
            self._running = False
            self._change.notify_all()
        self._thread.join()
        self.clock.unwatch(self)
        self._server.stop()
        if self._smtp:
            self._smtp.stop()
        self.save()

    def __enter__(self):
        return self.start()

    def __exit__(self, *exc_info):
        self.stop()

    @property
    def url(self):
        """Address of the simulator, without slash at the end."""
        if self._server is None:
            raise RuntimeError("the simulator is not started")
        return f"http://{self.host}:{self._server.port}"

    @property
    def smtp_port(self):
        """Port of the mail server, None without one."""
        return self._smtp and self._smtp.port

    # -- applications --------------------------------------------------------

    def add_application(self, *args, **options):
        """Add (or replace) an application, sealed from the others, and return it.

        Parameters are the members of :class:`~.store.Application`.
        """
        application = Application(*args, **options)
        with self.lock:
            self.store.applications[application.client_id] = application
            self.store.dirty = True
        return application

    def application(self, client_id=None):
        """Return the application ``client_id``, by default the first one."""
        return self.store.applications[client_id or self.default_client_id]

    def set_webhook(self, url, secret=None, client_id=None):
        """Register the webhook address; ``secret`` replaces all secrets if given."""
        with self.lock:
            application = self.application(client_id)
            application.webhook_url = url
            if secret is not None:
                application.webhook_secrets[:] = [secret]
            self.store.dirty = True

    def rotate_webhook_secret(self, secret, client_id=None):
        """Make ``secret`` the newest one; the former one also signs for 24 hours."""
        with self.lock:
            self.outbox.rotate(self.application(client_id), secret)
            self.store.dirty = True

    # -- the simulator's own truth -------------------------------------------

    @property
    def bank_credits(self):
        """Lines shown by the beneficiary's bank so far, oldest first."""
        with self.lock:
            return self.ledger.booked()

    @property
    def pending(self):
        """Webhooks not delivered yet, in order of emission."""
        with self.lock:
            return self.outbox.pending

    def pay_url(self, link):
        """Return the address of the pay page of ``link`` (dict)."""
        return f"{self.url}{PAY_PATH}{link['token']}"

    def find_link(self, link):
        """Return the stored link for an id, a pay page address or a link dict.

        :raises KeyError: there is none
        """
        if isinstance(link, dict):
            link = link["id"]
        found = self.links.get(link)
        if found is None and PAY_PATH in link:
            token = urlsplit(link).path.partition(PAY_PATH)[2].strip("/")
            found = self.store.link_by_token(token)
        if found is None:
            raise KeyError(f"no payment link {link}")
        return found

    # -- what a payer does ---------------------------------------------------

    def pay(self, link, outcome="acsc", bank=DEMO_BANK):
        """Do what a person does on the pay page.

        :param link: id or address of the pay page
        :param outcome: ``acsc``, ``pdng-acsc``, ``pdng-rjct``, ``pdng`` (forever),
            ``rjct``, ``rjct-am18`` (any reason), ``part`` (bulk), ``abort`` (closed the
            list of banks) or ``leave`` (chose a bank, never came back)
        :return: the callback URL the payer is sent to, or None
        :raises JourneyError: the page does not let them (link closed, unknown bank)
        """
        if outcome == "abort":
            return self.abort(link)
        if outcome != "leave":
            parse_outcome(outcome)
        request = self.pick_bank(link, bank)
        return None if outcome == "leave" else self.finish(request["id"], outcome)

    def pick_bank(self, link, bank=None):
        """Choose a bank: return the payment request, waiting for its payer there."""
        with self._acting():
            return self.payments.pick_bank(self.find_link(link), bank)

    def finish(self, request_id, outcome):
        """Finish at the bank; return the callback URL, None after a refusal."""
        with self._acting():
            request = self.requests[request_id]
            self.payments.finish(request, outcome)
            return request["callback"]

    def abort(self, link, step="banks_list"):
        """Close the page with the cross; return the callback URL or None."""
        with self.lock:
            return self.payments.abort(self.find_link(link), step)

    def settle(self, link, end=None):
        """Move PDNG requests of ``link`` (or one request id) to their end, now.

        :param end: ``"ACSC"`` or ``"RJCT"`` instead of the programmed end
        :return: the requests that changed
        """
        with self._acting():
            if link in self.requests:
                requests = [self.requests[link]]
            else:
                requests = self.store.requests_of(self.find_link(link))
            return [item for item in requests if self.payments.settle(item, end)]

    def expire(self, link):
        """Let a valid link expire now; return the link."""
        with self._acting():
            link = self.find_link(link)
            self.payments.expire(link)
            return link

    # -- webhooks ------------------------------------------------------------

    def deliver_pending(self, order=None, duplicate=(), drop=(), transport=None):
        """Deliver pending webhooks now: see :meth:`~.webhooks.Outbox.deliver_pending`.

        ``sim.outbox.transport`` is the default transport.
        """
        return self.outbox.deliver_pending(order, duplicate, drop, transport)

    def replay(self, index):
        """Send delivery ``index`` again, the same bytes; return the new delivery."""
        with self._acting():
            return self.outbox.replay(index)

    def send_test_event(self, client_id=None):
        """Send the dashboard's ``TEST_EVENT`` (its timestamp is in seconds)."""
        with self._acting():
            return self.outbox.emit(
                self.application(client_id),
                "TEST_EVENT",
                {"item_id": 1, "status": 0, "user_uuid": "0" * 32},
                in_seconds=True,
            )

    def wait(self, condition, timeout=10):
        """Wait until ``condition()`` is true; return its last value."""
        with self.lock:
            return self._change.wait_for(condition, timeout)

    # -- time ----------------------------------------------------------------

    def next_due(self):
        """Return the next moment at which something happens, or None."""
        with self.lock:
            dues = [self.agenda.next_due()]
            if self._may_deliver():
                dues.append(self.outbox.next_due())
        return min((due for due in dues if due), default=None)

    def run_due(self, deliver=True):
        """Do all that is due, in order; with ``deliver`` send the webhooks as well."""
        with self.lock:
            batch = self._take_due(deliver)
        self._send(batch)

    @contextmanager
    def _acting(self):
        """Hold the lock, then deliver what came of it, in order."""
        with self.lock:
            self._take_due(deliver=False)
            yield
            # taken before the lock is free: the background would send all at once
            batch = self._take_due(deliver=True)
        self._send(batch)

    def _take_due(self, deliver):
        while due := self.agenda.take_due(self.clock.now()):
            for action in due:
                action()
        self._change.notify_all()
        return self.outbox.take_due() if deliver and self._may_deliver() else None

    def _send(self, batch):
        if batch is None:
            return
        self._attempt(batch)
        if self.outbox.background:
            # the background threads may have taken some before
            self.outbox.wait_idle(TIMEOUT)

    def changed(self):
        """Wake whoever waits for a change."""
        with self.lock:
            self._change.notify_all()

    def serving(self, now):
        """Note whether this thread answers an HTTP request."""
        self._thread_state.serving = now

    def _may_deliver(self):
        # a test's own transport is called in its own thread only
        serving = getattr(self._thread_state, "serving", False)
        return self.outbox.background or not serving

    def _tick(self):
        """Background thread: transitions in time, webhooks over HTTP, saving."""
        while True:
            with self.lock:
                wait = self._seconds_to_wait()
                if self._running and wait != 0:
                    self._change.wait(wait)
                if not self._running:
                    return
            self.run_due(deliver=False)
            if self.outbox.background:
                self._deliver_in_background()
            if self._state_file and (self.store.dirty or self.inbox.dirty):
                self.save()

    def _seconds_to_wait(self):
        dues = [self.agenda.next_due()]
        if self.outbox.background:
            dues.append(self.outbox.next_due())
        due = min((due for due in dues if due), default=None)
        return self.clock.real_seconds_until(due)

    def _deliver_in_background(self):
        with self.lock:
            one_by_one = self.faults.reorder
            batch = self.outbox.take_due()
        # side by side, as the vendor does, unless their order is the point
        groups = [batch] if one_by_one else [[delivery] for delivery in batch]
        for group in groups:
            threading.Thread(target=self._attempt, args=(group,), daemon=True).start()

    def _attempt(self, deliveries):
        for delivery in deliveries:
            self.outbox.attempt(delivery)

    # -- disk ----------------------------------------------------------------

    def save(self):
        """Write the state file, if there is one."""
        if self._state_file:
            with self.lock:
                self.store.save(self._state_file, to_text(self.clock.now()))
                self.inbox.save(self._inbox_file)

    def _load(self):
        self.inbox.load(self._inbox_file)
        now = self.store.load(self._state_file)
        if now:
            self.clock.restore(from_text(now))
            self.payments.resume()
            self.ledger.resume()
            self.feed.items.resume()
