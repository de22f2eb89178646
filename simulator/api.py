"""The HTTP API below ``/v3``: payment links, payment requests, providers."""

import base64
import json
import re
import time
from collections import deque
from decimal import Decimal
from urllib.parse import urlencode

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from .banks import BANKS
from .clock import from_text, to_text
from .validation import Invalid, check_payment_link

VERSION = "2025-01-15"
DEFAULT_LIMIT = 50
MAX_LIMIT = 500


class ApiError(HTTPException):
    """An error answer: ``faults`` gives the list shape, otherwise the flat one."""

    def __init__(self, status, code, message, faults=None, headers=None):
        body = {"errors": faults} if faults else {"code": code, "message": message}
        super().__init__(message, json_answer(body, status, headers))


def json_answer(data, status=200, headers=None):
    """Return ``data`` as a JSON response, members that are None left out."""
    body = json.dumps(without_nulls(data), ensure_ascii=False)
    return Response(body, status, headers, mimetype="application/json")


def without_nulls(data):
    """Return ``data`` without None members, at any depth."""
    if isinstance(data, dict):
        return {k: without_nulls(v) for k, v in data.items() if v is not None}
    if isinstance(data, list):
        return [without_nulls(item) for item in data]
    return data


class RateLimit:
    """At most ``calls`` in any ``seconds``, for each application."""

    def __init__(self, calls=2000, seconds=300):
        self.calls = calls
        self.seconds = seconds
        self._seen = {}

    def exceeded(self, client_id):
        """Count a call; return whether it is one too many."""
        now = time.monotonic()
        seen = self._seen.setdefault(client_id, deque())
        while seen and seen[0] <= now - self.seconds:
            seen.popleft()
        if len(seen) >= self.calls:
            return True
        seen.append(now)
        return False


# -- what every call goes through ---------------------------------------------


def call(handler):
    """Wrap an API handler ``(sim, request, application, **ids)``."""

    def wrapped(sim, request, **ids):
        if sim.faults.slow:
            time.sleep(sim.faults.slow)
        with sim.lock:
            _fail_on_purpose(sim)
            application = _authenticate(sim, request)
            if sim.rate_limit.exceeded(application.client_id):
                raise ApiError(429, "too_many_requests", "Too many requests")
            answer = handler(sim, request, application, **ids)
            if request.method == "POST" and sim.faults.take("lost_answer"):
                # the server drops the connection without a word
                raise ConnectionAbortedError("answer lost on purpose")
            return answer

    return wrapped


def _fail_on_purpose(sim):
    faults = sim.faults
    later = {"Retry-After": faults.retry_after} if faults.retry_after else {}
    if faults.take("status_429"):
        raise ApiError(429, "too_many_requests", "Too many requests", headers=later)
    if faults.take("status_500"):
        raise ApiError(500, "internal_server_error", "Unexpected error")
    if faults.take("status_502"):
        body = "<html><body><h1>502 Bad Gateway</h1></body></html>"
        raise HTTPException("", Response(body, 502, mimetype="text/html"))
    if faults.take("status_503"):
        raise ApiError(503, "service_unavailable", "Try again later", headers=later)


def _authenticate(sim, request):
    application = sim.store.applications.get(request.headers.get("Client-Id"))
    secret = request.headers.get("Client-Secret")
    if application is None or secret != application.client_secret:
        raise ApiError(
            401,
            "invalid_client_credentials",
            "client_id and client_secret are invalid",
        )
    if request.headers.get("Bridge-Version") != VERSION:
        raise ApiError(
            400, "invalid_request", "Bridge-Version header is missing or not supported"
        )
    return application


def _read_json(request):
    if request.mimetype != "application/json":
        raise ApiError(415, "unsupported_media_type", "Content-Type must be JSON")
    try:
        return json.loads(
            request.get_data(), parse_float=Decimal, parse_constant=_refuse_constant
        )
    except ValueError as error:
        raise ApiError(422, "invalid_json", "Body is not valid JSON") from error


def _refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def _own(things, identifier, application):
    thing = things.get(identifier)
    if thing is None or thing["client_id"] != application.client_id:
        raise ApiError(404, "not_found", "Resource not found")
    return thing


# -- paging -------------------------------------------------------------------


def _page(request, things, key):
    """Return the page of ``things`` asked for; ``key`` gives each one's cursor."""
    limit = _limit(request)
    after = request.args.get("after")
    if after:
        cursor = _read_cursor(after)
        position = next((i for i, x in enumerate(things) if key(x) == cursor), None)
        if position is None:
            raise ApiError(400, "invalid_request", "Unknown cursor")
        things = things[position + 1 :]
    pagination = {}
    if len(things) > limit:
        args = request.args.to_dict()
        args["after"] = _cursor(key(things[limit - 1]))
        args["limit"] = str(limit)
        pagination["next_uri"] = f"{request.path}?{urlencode(args)}"
    return things[:limit], pagination


def _limit(request):
    text = request.args.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MAX_LIMIT:
        raise ApiError(400, "invalid_request", f"limit must be 1 to {MAX_LIMIT}")
    return int(text)


def _cursor(value):
    return base64.urlsafe_b64encode(f"c:{value}".encode()).decode().rstrip("=")


def _read_cursor(text):
    try:
        plain = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        return int(plain.removeprefix("c:"))
    except ValueError as error:
        raise ApiError(400, "invalid_request", "Unknown cursor") from error


def _listed(sim, request, things, application):
    """Return the application's ``things`` filtered by the query, newest first."""
    since, until = _moment(request, "since"), _moment(request, "until")
    if until:
        # the client's present may lag behind the virtual one
        until = to_text(from_text(until) + sim.clock.drift)
    status = _values(request, "status")
    return sorted(
        (
            thing
            for thing in things
            if thing["client_id"] == application.client_id
            and (not since or thing["created_at"] >= since)
            and (not until or thing["created_at"] <= until)
            and (not status or thing["status"].lower() in status)
        ),
        key=lambda thing: -thing["number"],
    )


def _moment(request, name):
    text = request.args.get(name)
    if not text:
        return None
    try:
        # a bare "+" of an offset reaches us as a space
        return to_text(from_text(text.replace(" ", "+")))
    except ValueError as error:
        raise ApiError(
            400, "invalid_request", f"{name} must be an ISO 8601 date-time"
        ) from error


def _values(request, name):
    return {
        value.strip().lower()
        for value in request.args.get(name, "").split(",")
        if value.strip()
    }


# -- what is shown ------------------------------------------------------------


def mask_iban(iban):
    """Return ``iban`` as Bridge shows it: 4 first, X..., 3 last, same length."""
    return iban and iban[:4] + "X" * (len(iban) - 7) + iban[-3:]


def _show_transaction(sim, item, keys):
    shown = {key: item.get(key) for key in keys}
    amount = round(item["amount"] + sim.faults.wrong_amount, 2)
    shown["amount"] = int(amount) if amount.is_integer() else amount
    limit = sim.faults.truncated_label
    shown["label"] = item["label"][:limit] if limit else item["label"]
    beneficiary = item["beneficiary"]
    shown["beneficiary"] = {**beneficiary, "iban": mask_iban(beneficiary["iban"])}
    return shown


_TRANSACTION = ("currency", "end_to_end_id", "client_reference", "execution_date")


def show_link(sim, link):
    """Return a payment link as read."""
    return {
        "id": link["id"],
        "status": link["status"],
        "payment_status": link["payment_status"],
        "client_reference": link["client_reference"],
        "user": link["user"],
        "link": sim.pay_url(link),
        "transactions": [
            _show_transaction(sim, item, _TRANSACTION) for item in link["transactions"]
        ],
        "expired_at": link["expired_at"],
        "created_at": link["created_at"],
        "updated_at": link["updated_at"],
    }


def show_request(sim, request):
    """Return a payment request as read."""
    sender = request["sender"]
    return {
        "id": request["id"],
        "status": request["status"],
        "status_reason": request["status_reason"],
        "payment_link_id": request["payment_link_id"],
        "provider_id": request["provider_id"],
        "client_reference": request["client_reference"],
        "user": request["user"],
        "sender": sender and {**sender, "iban": mask_iban(sender["iban"])},
        "transactions": [
            _show_transaction(
                sim, item, ("id", "status", "status_reason", *_TRANSACTION)
            )
            for item in request["transactions"]
        ],
        "created_at": request["created_at"],
        "updated_at": request["updated_at"],
    }


# -- endpoints ----------------------------------------------------------------


@call
def create_link(sim, request, application):
    body = _read_json(request)
    try:
        check_payment_link(body, application, sim.clock.now() - sim.clock.drift)
    except Invalid as error:
        raise ApiError(400, "invalid_request", str(error), error.faults) from error
    link = sim.payments.create_link(application, body)
    return json_answer({"id": link["id"], "url": sim.pay_url(link)})


@call
def read_link(sim, request, application, link_id):
    return json_answer(show_link(sim, _own(sim.links, link_id, application)))


@call
def list_links(sim, request, application):
    found = _listed(sim, request, sim.links.values(), application)
    page, pagination = _page(request, found, lambda link: link["number"])
    resources = [show_link(sim, link) for link in page]
    return json_answer({"resources": resources, "pagination": pagination})


@call
def revoke_link(sim, request, application, link_id):
    link = _own(sim.links, link_id, application)
    if not sim.payments.revoke(link):
        raise ApiError(
            409,
            "payment_link.not_revocable",
            f"Payment link is {link['status']}",
        )
    return json_answer(show_link(sim, link))


@call
def read_request(sim, request, application, request_id):
    return json_answer(show_request(sim, _own(sim.requests, request_id, application)))


@call
def list_requests(sim, request, application):
    found = _listed(sim, request, sim.requests.values(), application)
    link_id = request.args.get("payment_link_id")
    if link_id:
        found = [item for item in found if item["payment_link_id"] == link_id]
    page, pagination = _page(request, found, lambda item: item["number"])
    resources = [show_request(sim, item) for item in page]
    return json_answer({"resources": resources, "pagination": pagination})


@call
def read_provider(sim, request, application, provider_id):
    if provider_id not in BANKS:
        raise ApiError(404, "not_found", "Resource not found")
    return json_answer(_show_bank(sim, BANKS[provider_id]))


@call
def list_providers(sim, request, application):
    found = [bank for bank in BANKS.values() if _bank_matches(request, bank)]
    page, pagination = _page(request, found, lambda bank: bank["id"])
    resources = [_show_bank(sim, bank) for bank in page]
    return json_answer({"resources": resources, "pagination": pagination})


def _show_bank(sim, bank):
    logo = sim.url + bank["images"]["logo"]
    metadata = dict(bank["payment_metadata"])
    if sim.faults.no_execution_status:
        metadata["execution_status_available"] = False
    return {**bank, "images": {"logo": logo}, "payment_metadata": metadata}


def _bank_matches(request, bank):
    payment = bank["payment_metadata"]
    one_of = {
        "country_code": [bank["country_code"]],
        "payment_release_status": [payment["release_status"]],
        "aggregation_release_status": [bank["aggregation_metadata"]["release_status"]],
        "segment": bank["tags"]["segment"],
        "provider_environments": payment["provider_environments"],
    }
    for name, has in one_of.items():
        asked = _values(request, name)
        if asked and not asked & {value.lower() for value in has}:
            return False
    return _values(request, "capabilities") <= set(bank["capabilities"])


def unknown(sim, request, path=""):
    raise ApiError(404, "not_found", "Not found")


ROUTES = [
    ("POST", "/v3/payment/payment-links", create_link),
    ("GET", "/v3/payment/payment-links", list_links),
    ("GET", "/v3/payment/payment-links/<link_id>", read_link),
    ("POST", "/v3/payment/payment-links/<link_id>/revoke", revoke_link),
    ("GET", "/v3/payment/payment-requests", list_requests),
    ("GET", "/v3/payment/payment-requests/<request_id>", read_request),
    ("GET", "/v3/providers", list_providers),
    ("GET", "/v3/providers/<int:provider_id>", read_provider),
    *(
        (method, "/v3/<path:path>", unknown)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    ),
]
