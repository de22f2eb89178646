"""Webhooks: envelopes, signatures, deliveries and retries."""

import hashlib
import hmac
import json
import logging
import random
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

import requests

from .agenda import Agenda

_logger = logging.getLogger(__name__)

TIMEOUT = 10
FIRST_RETRY = timedelta(seconds=10)
GIVE_UP = timedelta(days=2)
ROTATION = timedelta(hours=24)


def sign(body, secrets):
    """Return the ``BridgeApi-Signature`` of ``body`` (bytes), one value a secret."""
    values = (
        hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().upper()
        for secret in secrets
    )
    return ",".join(f"v1={value}" for value in values)


def post(url, body, headers):
    """Deliver over HTTP; return the status.

    :raises requests.RequestException: nobody answered in time
    """
    response = requests.post(
        url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False
    )
    return response.status_code


@dataclass
class Delivery:
    """One webhook on its way to one application.

    ``status``: HTTP status of the last attempt, None if nobody answered. ``state``:
    ``pending``, ``delivered``, ``dropped`` (by a fault or a test), ``given_up`` (two
    days of failures) or ``unregistered`` (the application has no webhook URL).
    """

    index: int
    client_id: str
    type: str
    body: bytes
    emitted_at: object
    forged: bool = False
    state: str = "pending"
    url: str | None = None
    headers: dict = field(default_factory=dict)
    attempts: int = 0
    status: int | None = None

    @property
    def event(self):
        """The whole event as sent, parsed."""
        return json.loads(self.body)

    @property
    def content(self):
        """The event's ``content``, parsed."""
        return self.event["content"]


class Outbox:
    """Emits events, signs them, delivers them, retries.

    ``deliver`` None: over HTTP from background threads. A callable
    ``(url, body, headers) -> status``: from within the simulator's Python calls only,
    in the caller's thread. ``"manual"``: when :meth:`deliver_pending` is called.
    """

    def __init__(self, change, clock, faults, applications, deliver=None):
        self.deliveries = []
        self.manual = deliver == "manual"
        self.background = deliver is None
        self.transport = deliver if callable(deliver) else post
        self._custom = callable(deliver)
        # a condition on the simulator's lock
        self._lock = change
        self._clock = clock
        self._faults = faults
        self._applications = applications
        self._agenda = Agenda()
        self._under_way = 0
        self._old_secrets = {}

    # -- emitting (lock held) ------------------------------------------------

    def emit(self, application, event_type, content, *, in_seconds=False):
        """Queue an event for ``application``; None members are left out."""
        now = self._clock.now()
        timestamp = int(now.timestamp() * 1000)
        event = {
            "type": event_type,
            "timestamp": timestamp // 1000 if in_seconds else timestamp,
            "content": {k: v for k, v in content.items() if v is not None},
        }
        delivery = self._queue(application.client_id, event_type, _encode(event))
        if self._faults.take("duplicate"):
            self._queue(application.client_id, event_type, delivery.body)
        if self._faults.take("unknown_link"):
            self._queue_stranger(application, event, "payment_", _any_uuid)
        if event_type.startswith("item.") and self._faults.take("unknown_item"):
            self._queue_stranger(application, event, ("item_", "account_"), _any_number)
        if self._faults.take("replay_old"):
            oldest = self.deliveries[0]
            self._queue(oldest.client_id, oldest.type, oldest.body)
        return delivery

    def replay(self, index):
        """Queue once more the event of delivery ``index``, the same bytes."""
        old = self.deliveries[index]
        return self._queue(old.client_id, old.type, old.body)

    def rotate(self, application, secret):
        """Make ``secret`` the newest one; the former stays valid for 24 hours."""
        former = application.webhook_secrets[:1]
        application.webhook_secrets[:] = [secret, *former]
        # a date, so not shortened by the clock's speed
        self._old_secrets[application.client_id] = self._clock.now() + ROTATION

    def _queue_stranger(self, application, event, prefix, make_id):
        """Queue the same event about something that nobody has heard of."""
        stranger = {
            key: make_id() if key.endswith("_id") and key.startswith(prefix) else value
            for key, value in event["content"].items()
        }
        body = _encode({**event, "content": stranger})
        self._queue(application.client_id, event["type"], body)

    def _queue(self, client_id, event_type, body):
        now = self._clock.now()
        application = self._applications[client_id]
        delivery = Delivery(
            index=len(self.deliveries),
            client_id=client_id,
            type=event_type,
            body=body,
            emitted_at=now,
        )
        self.deliveries.append(delivery)
        if not application.webhook_url and not self._custom and not self.manual:
            delivery.state = "unregistered"
        elif self._faults.take("drop"):
            delivery.state = "dropped"
        else:
            delivery.forged = self._faults.take("wrong_signature")
            if not self.manual:
                hold = self._clock.delay(timedelta(seconds=self._faults.delay))
                self._agenda.put(now + hold, delivery)
        return delivery

    # -- delivering ----------------------------------------------------------

    @property
    def pending(self):
        """Deliveries still to be made, in order of emission."""
        return [item for item in self.deliveries if item.state == "pending"]

    def next_due(self):
        """Return when the next attempt is due, or None."""
        return self._agenda.next_due()

    def take_due(self):
        """Remove and return the deliveries due now (lock held)."""
        due = self._agenda.take_due(self._clock.now())
        due = [item for item in due if item.state == "pending"]
        if len(due) > 1 and self._faults.take("reorder"):
            due.reverse()
        self._under_way += len(due)
        return due

    def attempt(self, delivery, transport=None):
        """Try one delivery taken by :meth:`take_due` (lock not held)."""
        try:
            self._send(delivery, transport or self.transport)
        finally:
            with self._lock:
                self._under_way -= 1
                if delivery.state == "pending" and not self.manual:
                    self._plan_retry(delivery)
                self._lock.notify_all()

    def deliver_pending(self, order=None, duplicate=(), drop=(), transport=None):
        """Deliver what is pending now, once each; return the deliveries made.

        :param order: None (as emitted), ``"reversed"``, or positions in ``pending``;
            positions not named are left for later
        :param duplicate: positions delivered twice in a row
        :param drop: positions never delivered
        :param transport: ``(url, body, headers) -> status`` for this call only
        """
        with self._lock:
            pending = self.pending
            if order is None:
                positions = range(len(pending))
            elif order == "reversed":
                positions = reversed(range(len(pending)))
            else:
                positions = order
            batch = []
            for position in positions:
                if position in drop:
                    pending[position].state = "dropped"
                    continue
                batch += [pending[position]] * (2 if position in duplicate else 1)
            self._under_way += len(batch)
        for delivery in batch:
            self.attempt(delivery, transport)
        return batch

    def wait_idle(self, timeout):
        """Wait until no attempt is due or under way; return whether that is so."""
        with self._lock:
            return self._lock.wait_for(self._is_idle, timeout)

    def _is_idle(self):
        due = self._agenda.next_due()
        return not self._under_way and (due is None or due > self._clock.now())

    def _send(self, delivery, transport):
        with self._lock:
            application = self._applications[delivery.client_id]
            delivery.url = application.webhook_url or ""
            delivery.headers = {
                "Content-Type": "application/json",
                "User-Agent": "bridge-simulator",
            }
            secrets = self._secrets(application)
            if delivery.forged:
                secrets = [f"not-{secret}" for secret in secrets]
            if secrets:
                delivery.headers["BridgeApi-Signature"] = sign(delivery.body, secrets)
        status = None
        try:
            status = transport(delivery.url, delivery.body, dict(delivery.headers))
        except requests.RequestException as error:
            _logger.info("webhook not delivered: %s", type(error).__name__)
        with self._lock:
            delivery.attempts += 1
            delivery.status = status
            if status == 200:
                delivery.state = "delivered"

    def _secrets(self, application):
        secrets = application.webhook_secrets
        until = self._old_secrets.get(application.client_id)
        if until and self._clock.now() >= until:
            del secrets[1:]
            del self._old_secrets[application.client_id]
        return list(secrets[:2])

    def _plan_retry(self, delivery):
        backoff = FIRST_RETRY * 2 ** (delivery.attempts - 1)
        waited = FIRST_RETRY * (2 ** (delivery.attempts - 1) - 1)
        if waited + backoff > GIVE_UP:
            delivery.state = "given_up"
            return
        wait = self._clock.delay(backoff * random.uniform(1, 1.1))
        self._agenda.put(self._clock.now() + wait, delivery)


def _any_uuid():
    return str(uuid.uuid4())


def _any_number():
    return random.randrange(10**8, 10**9)


def _encode(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
