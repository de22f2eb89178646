"""What every call of the HTTP API goes through: faults, credentials, limits, JSON."""

import json
import time
from collections import deque
from decimal import Decimal

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from . import hostile

VERSION = "2025-01-15"


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
    """At most ``calls`` in any ``seconds`` per caller; ``calls`` None: no limit."""

    def __init__(self, calls=2000, seconds=300):
        self.calls = calls
        self.seconds = seconds
        self._seen = {}

    def exceeded(self, who):
        """Count a call of ``who``; return whether it is one too many."""
        if self.calls is None:
            return False
        now = time.monotonic()
        seen = self._seen.setdefault(who, deque())
        while seen and seen[0] <= now - self.seconds:
            seen.popleft()
        if len(seen) >= self.calls:
            return True
        seen.append(now)
        return False


def call(handler):
    """Wrap an API handler ``(sim, request, application, **ids)``."""

    def wrapped(sim, request, **ids):
        sim.calls.append(f"{request.method} {request.path}")
        if sim.faults.slow:
            time.sleep(sim.faults.slow)
        # not with the lock held: the world goes on meanwhile
        hostile.before(sim, request)
        with sim.lock:
            if elsewhere := hostile.redirection(sim, request):
                return elsewhere
            _fail_on_purpose(sim)
            application = _authenticate(sim, request)
            limit(sim.rate_limit, application.client_id)
            answer = handler(sim, request, application, **ids)
            if request.method == "POST" and sim.faults.take("lost_answer"):
                # the server drops the connection without a word
                raise ConnectionAbortedError("answer lost on purpose")
            return hostile.spoiled(sim, answer)

    return wrapped


def limit(rate_limit, who):
    """Count a call of ``who``; refuse it when it is one too many."""
    if rate_limit.exceeded(who):
        raise ApiError(429, "too_many_requests", "Too many requests")


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
        message = "client_id and client_secret are invalid"
        raise ApiError(401, "invalid_client_credentials", message)
    if request.headers.get("Bridge-Version") != VERSION:
        message = "Bridge-Version header is missing or not supported"
        raise ApiError(400, "invalid_request", message)
    return application


def read_json(request):
    """Return the parsed body; numbers with a fraction as Decimal."""
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


def own(things, identifier, application):
    """Return the application's thing ``identifier``, or answer 404."""
    thing = things.get(identifier)
    if thing is None or thing["client_id"] != application.client_id:
        raise ApiError(404, "not_found", "Resource not found")
    return thing


def mask_iban(iban):
    """Return ``iban`` as Bridge shows it: 4 first, X..., 3 last, same length."""
    return iban and iban[:4] + "X" * (len(iban) - 7) + iban[-3:]
