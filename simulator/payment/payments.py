"""Payment links and payment requests: their life, and the events of it."""

import re
import secrets
import uuid
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit

from ..clock import from_text, to_text
from .banks import BANKS, DEMO_BANK, PAYER_IBAN, offered

DEFAULT_LIFE = timedelta(minutes=15)
BANK_DELAY = timedelta(hours=1)
OPEN = ("CREA", "ACTC")
REASONS = (
    "AC01 AC04 AC06 AG01 AM18 CH03 CUST DS02 FF01 FRAD MS03 NOAS RR01 RR03 RR04"
).split()

_OUTCOME = re.compile(
    r"(?:id-)?(?P<kind>acsc|pdng-acsc|pdng-rjct|pdng|part|rjct(?:-(?P<code>[a-z0-9]{4}))?)"
)


class JourneyError(Exception):
    """The payer cannot do this: the link is closed, the bank unknown, ..."""


def parse_outcome(text):
    """Return (kind, reason) of a demo login such as ``id-rjct-am18`` or ``rjct_am18``.

    :raises JourneyError: no such login
    """
    match = _OUTCOME.fullmatch(str(text).strip().lower().replace("_", "-"))
    if not match:
        raise JourneyError(f"unknown outcome: {text!r}")
    code = match["code"]
    kind = "rjct" if code else match["kind"]
    return kind, code.upper() if code else None


def callback(link, **parameters):
    """Return the callback URL of ``link`` with ``parameters``, None if it has none."""
    if not link["callback_url"]:
        return None
    return with_query(link["callback_url"], payment_link_id=link["id"], **parameters)


def holder_name(holder):
    """Return the name of a payer or a beneficiary: a company's or a person's."""
    return holder.get("company_name") or (
        f"{holder['first_name']} {holder['last_name']}"
    )


def with_query(url, **parameters):
    """Return ``url`` with more parameters; those it has survive."""
    parts = urlsplit(url)
    query = urlencode(parameters)
    if parts.query:
        query = f"{parts.query}&{query}"
    return urlunsplit(parts._replace(query=query))


class Payments:
    """The two state machines. Everything here runs with the simulator's lock held."""

    def __init__(self, store, clock, agenda, outbox, faults, ledger):
        self._store = store
        self._clock = clock
        self._agenda = agenda
        self._outbox = outbox
        self._faults = faults
        self._ledger = ledger

    # -- links ---------------------------------------------------------------

    def create_link(self, application, body):
        """Store a new link from a checked ``body`` and return it."""
        now = self._clock.now()
        if body.get("expired_date"):
            expired_at = from_text(body["expired_date"])
        else:
            expired_at = now - self._clock.drift + DEFAULT_LIFE
        link = {
            "id": str(uuid.uuid4()),
            "number": self._store.number(),
            "client_id": application.client_id,
            "token": secrets.token_urlsafe(18),
            "status": "valid",
            "payment_status": None,
            "client_reference": body.get("client_reference"),
            "user": dict(body["user"]),
            "callback_url": body.get("callback_url"),
            "country": body.get("country") or "fr",
            "provider_id": body.get("provider_id"),
            "sender_iban": body.get("sender_iban"),
            "transactions": [
                self._transaction(item, application, now)
                for item in body["transactions"]
            ],
            "expired_at": to_text(expired_at),
            "closes_at": to_text(expired_at + self._clock.drift),
            "created_at": to_text(now),
            "updated_at": to_text(now),
        }
        self._store.links[link["id"]] = link
        self._plan_expiry(link)
        self._store.dirty = True
        return link

    def revoke(self, link):
        """Close a valid link forever; return whether it could be."""
        if link["status"] != "valid":
            return False
        self._set_link(link, "revoked")
        return True

    def expire(self, link):
        """Let a valid link expire now."""
        if link["status"] == "valid":
            self._set_link(link, "expired")

    # -- the payer's journey -------------------------------------------------

    def pick_bank(self, link, provider_id=None):
        """The payer chose a bank: return the new request, waiting at that bank.

        :raises JourneyError: closed link, or a bank not offered to this payer
        """
        if link["status"] != "valid":
            raise JourneyError(f"payment link is {link['status']}")
        provider_id = provider_id or link["provider_id"] or DEMO_BANK
        if provider_id not in [bank["id"] for bank in offered(link)]:
            raise JourneyError(f"bank {provider_id} is not offered on this link")
        application = self._application(link)
        now = to_text(self._clock.now())
        bank = BANKS[provider_id]
        request = {
            "id": str(uuid.uuid4()),
            "number": self._store.number(),
            "client_id": link["client_id"],
            "status": "CREA",
            "status_reason": None,
            "payment_link_id": link["id"],
            "provider_id": provider_id,
            "client_reference": link["client_reference"],
            "user": dict(link["user"]),
            "sender": None,
            "transactions": [
                {
                    **item,
                    "id": str(uuid.uuid4()),
                    "status": "CREA",
                    "label": self._label_at(bank, item["label"]),
                }
                for item in link["transactions"]
            ],
            "history": ["CREA"],
            "end": None,
            "end_at": None,
            "credited": False,
            "callback": None,
            "created_at": now,
            "updated_at": now,
        }
        self._store.requests[request["id"]] = request
        for transaction in request["transactions"]:
            self._outbox.emit(
                application,
                "payment.transaction.created",
                self._references(request, transaction),
            )
        self._set_request(request, "ACTC")
        if self._faults.take("expire_at_bank"):
            self.expire(link)
        return request

    def finish(self, request, outcome):
        """The payer used ``outcome`` as login at the demo bank.

        Once they confirmed, ``request["callback"]`` is where they are sent.

        :raises JourneyError: unknown outcome, or the request is not waiting for them
        """
        kind, reason = parse_outcome(outcome)
        if request["status"] not in OPEN:
            raise JourneyError(f"payment request is {request['status']}")
        if kind == "part" and len(request["transactions"]) < 2:
            raise JourneyError("PART needs a link of several transactions")
        link = self._store.links[request["payment_link_id"]]
        if link["status"] != "valid" and not self._faults.journey_survives:
            self._set_request(request, "RJCT", "NOAS")
            return
        if kind == "rjct":
            self._set_request(request, "RJCT", reason)
            return
        self._set_sender(request)
        if not self.reports_execution(request):
            self._wait_at_bank(request, None, money=kind != "pdng-rjct")
        elif kind == "acsc":
            self._set_request(request, "ACSC")
            self._credit(request, instant=True)
        elif kind == "part":
            self._set_part(request)
        elif kind == "pdng":
            self._wait_at_bank(request, None, money=True)
        else:
            self._wait_at_bank(request, kind[-4:].upper(), money=False)
        if link["status"] == "valid":
            link["payment_status"] = "initiated_in_success"
            self._set_link(link, "completed")
        if not self._faults.take("lost_callback"):
            request["callback"] = callback(
                link, payment_request_id=request["id"], status="success"
            )

    def abort(self, link, step):
        """The payer closed the page with the cross: return the callback URL or None.

        :raises JourneyError: the link is closed already
        """
        if link["status"] != "valid":
            raise JourneyError(f"payment link is {link['status']}")
        return callback(link, status="abort", step=step)

    def settle(self, request, end=None):
        """Move a PDNG request on to ``end``, by default its programmed end, now.

        Return whether anything changed: a request that waits forever has no end.
        """
        end = end or request["end"]
        if request["status"] != "PDNG" or not end:
            return False
        self._set_request(request, end, "MS03" if end == "RJCT" else None)
        if end == "ACSC":
            self._credit(request)
        return True

    def reports_execution(self, request):
        """Return whether the request's bank ever reports that it executed."""
        bank = BANKS[request["provider_id"]]
        return (
            bank["payment_metadata"]["execution_status_available"]
            and not self._faults.no_execution_status
        )

    # -- after a restart -----------------------------------------------------

    def resume(self):
        """Plan again what a saved state was waiting for."""
        for link in self._store.links.values():
            if link["status"] == "valid":
                self._plan_expiry(link)
        for request in self._store.requests.values():
            if request["status"] == "PDNG" and request["end_at"]:
                self._plan_end(request)

    # -- inside --------------------------------------------------------------

    def _application(self, thing):
        return self._store.applications[thing["client_id"]]

    def _transaction(self, item, application, now):
        beneficiary = dict(item.get("beneficiary") or {})
        if not beneficiary.get("iban"):
            beneficiary = dict(application.beneficiary)
        return {
            "amount": float(item["amount"]),
            "currency": item["currency"],
            "label": item.get("label") or f"Bridge Payment {now:%d-%m}",
            "end_to_end_id": item.get("end_to_end_id"),
            "client_reference": item.get("client_reference"),
            "execution_date": item.get("execution_date"),
            "beneficiary": beneficiary,
        }

    def _label_at(self, bank, label):
        limit = self._faults.truncated_label
        return label[: limit or bank["payment_metadata"]["max_size_label"]].rstrip()

    def _set_sender(self, request):
        bank = BANKS[request["provider_id"]]
        if bank["payment_metadata"]["sender_iban_available"]:
            request["sender"] = {
                "name": holder_name(request["user"]).upper(),
                "iban": PAYER_IBAN,
            }

    def _wait_at_bank(self, request, end, money):
        """PDNG; an hour later ``end``, or nothing more if it is None."""
        self._set_request(request, "PDNG")
        request["end"] = end
        if end:
            end_at = self._clock.now() + self._clock.delay(BANK_DELAY)
            request["end_at"] = to_text(end_at)
            self._plan_end(request)
        elif money:
            self._credit(request)

    def _set_part(self, request):
        """Bulk: the first transaction is executed, the others are refused."""
        first = request["transactions"][0]
        for transaction in request["transactions"]:
            status = "ACSC" if transaction is first else "RJCT"
            reason = None if transaction is first else "AM18"
            self._set_transaction(request, transaction, status, reason)
        self._mark_request(request, "PART", None)
        self._ledger.credit(request, [first], instant=True)

    def _credit(self, request, instant=False):
        if not request["credited"]:
            request["credited"] = True
            self._ledger.credit(request, request["transactions"], instant=instant)

    def _plan_expiry(self, link):
        self._agenda.put(from_text(link["closes_at"]), lambda: self.expire(link))

    def _plan_end(self, request):
        self._agenda.put(from_text(request["end_at"]), lambda: self.settle(request))

    def _set_link(self, link, status):
        link["status"] = status
        link["updated_at"] = to_text(self._clock.now())
        self._store.dirty = True
        self._outbox.emit(
            self._application(link),
            "payment.link.updated",
            {
                "payment_link_id": link["id"],
                "payment_link_status": status,
                "payment_link_client_reference": link["client_reference"],
                "payment_status": link["payment_status"],
            },
        )

    def _set_request(self, request, status, reason=None):
        self._mark_request(request, status, reason)
        for transaction in request["transactions"]:
            self._set_transaction(request, transaction, status, reason)

    def _mark_request(self, request, status, reason):
        request["status"] = status
        request["status_reason"] = reason
        request["history"].append(status)
        request["updated_at"] = to_text(self._clock.now())
        self._store.dirty = True

    def _set_transaction(self, request, transaction, status, reason):
        transaction["status"] = status
        transaction["status_reason"] = reason
        self._outbox.emit(
            self._application(request),
            "payment.transaction.updated",
            {
                **self._references(request, transaction),
                "status": status,
                "status_reason": reason,
            },
        )

    @staticmethod
    def _references(request, transaction):
        return {
            "payment_transaction_id": transaction["id"],
            "payment_request_id": request["id"],
            "payment_link_id": request["payment_link_id"],
            "client_reference": transaction["client_reference"],
            "end_to_end_id": transaction["end_to_end_id"],
        }
