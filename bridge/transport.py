"""HTTP with Bridge: credentials, time-outs, repeats and pages, whatever is asked."""

import email.utils
import json
import logging
import math
import random
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from urllib3 import Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
)

from . import moment
from .address import MAX_ADDRESS, PRINTABLE, checked_base_url, origin
from .answers import RECORD, Shape, page, query_value, unexpected, without_nulls
from .errors import BridgeError, BridgeUnreachable, from_response
from .exchange import AnswerTooLarge, LimitedSession, read_body

_logger = logging.getLogger(__name__)

API_VERSION = "2025-01-15"
BASE_URL = "https://api.bridgeapi.io"
USER_AGENT = "account-payment-request"
PAGE_SIZE = 500  # the largest that Bridge allows
MAX_PAGES = 5000  # longer than any real list: one that never ends
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
T = TypeVar("T", bound="Transport")


class Transport:
    """Calls Bridge for one application (a pair of credentials).

    Every call raises ``BridgeError`` when it fails, and returns what Bridge sends,
    parsed. It lasts no longer than its time, from its first connection to the last byte
    of its last answer: only the resolver, and a host of many dead addresses, may add to
    it.

    Reads are repeated on 429, 502, 503, 504 and lost connections, with
    exponential back-off and full jitter, or after the time Bridge asks to wait.
    Nothing else is ever repeated blindly.

    :param str client_id: credentials of the application, sandbox or production
    :param str client_secret: never logged, never part of an error's text
    :param str base_url: origin of the API; plain HTTP is for loopback only
    :param timeout: seconds to connect and for a whole answer, or one for both
    :param int attempts: how often a read is tried, in all
    :param float max_elapsed: seconds that a call may last, with all its attempts
    :param Budget budget: time left for all calls together, in place of ``max_elapsed``
    :param float backoff: longest wait before the second attempt, in seconds;
        doubles with each attempt up to ``backoff_max``
    :param sleep: waits a number of seconds
    :param clock: monotonic seconds
    :param now: current time as an aware datetime
    :param jitter: random number between 0 and 1
    :param before_call: called before each HTTP exchange, which it may refuse by raising
    :raises ValueError: ``base_url`` is no safe address
    """

    def __init__(
        self,
        client_id: str | None,
        client_secret: str | None,
        *,
        base_url: str | None = BASE_URL,
        timeout: float | tuple[float, float] = (3.05, 10),
        attempts: int = 4,
        max_elapsed: float = 30.0,
        budget: "Budget | None" = None,
        backoff: float = 0.5,
        backoff_max: float = 8.0,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = moment.now,
        jitter: Callable[[], float] = random.random,
        before_call: Callable[[], None] | None = None,
    ) -> None:
        self._client_id = (client_id or "").strip()
        self._client_secret = (client_secret or "").strip()
        self._base_url = checked_base_url(base_url)
        self._timeout = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        self._session = LimitedSession()
        self._attempts = attempts
        self._max_elapsed = max_elapsed
        self._shared_budget = budget
        self._backoff = backoff
        self._backoff_max = backoff_max
        self._sleep = sleep
        self._clock = clock
        self._now = now
        self._jitter = jitter
        self._before_call = before_call

    def __repr__(self) -> str:
        return f"<BridgeClient {self._client_id} at {self._base_url}>"

    def __enter__(self: T) -> T:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    @property
    def base_url(self) -> str:
        """Origin of the API."""
        return self._base_url

    def call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        payload: dict[str, Any] | None = None,
        bearer: str | None = None,
        repeatable: bool | None = None,
        budget: "Budget | None" = None,
    ) -> Any:
        """Call Bridge and return the parsed body, None when it is empty.

        :param str path: path below ``base_url``, with its query or ``params``
        :param str bearer: token of a user, sent with the application's credentials
        :param bool repeatable: whether making the call twice does no harm; by
            default that is so for reads
        :param budget: time left for the operation this call belongs to
        """
        budget = budget or self._budget()
        if repeatable is None:
            repeatable = method == "GET"
        attempts = self._attempts if repeatable else 1
        attempt = 1
        while True:
            try:
                return self._exchange(method, path, params, payload, bearer, budget)
            except BridgeError as error:
                if attempt >= attempts or not _worth_repeating(error):
                    raise
                delay = error.retry_after
                if delay is None:
                    ceiling = self._backoff * 2 ** (attempt - 1)
                    delay = self._jitter() * min(ceiling, self._backoff_max)
                if delay >= budget.remaining():
                    raise
                self._sleep(delay)
                attempt += 1

    def _exchange(
        self,
        method: str,
        path: str,
        params: dict[str, Any] | None,
        payload: dict[str, Any] | None,
        bearer: str | None,
        budget: "Budget",
    ) -> Any:
        """Make one HTTP exchange; log its method, path, status and duration."""
        if not self._has_usable_credentials():
            raise BridgeError(
                "The client id or the client secret is missing or malformed",
                status=401,
                code="invalid_client_credentials",
            )
        if bearer is not None and not PRINTABLE.fullmatch(bearer):
            raise BridgeError(
                "The user's token is missing or malformed",
                status=401,
                code="invalid_token",
            )
        if budget.remaining() <= 0:
            raise BridgeUnreachable(
                "No time was left to ask Bridge", code="timeout", maybe_received=False
            )
        headers = {
            "Accept": "application/json",
            "Bridge-Version": API_VERSION,
            "User-Agent": USER_AGENT,
        }
        data = None
        if payload is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(payload, allow_nan=False).encode()
        if self._before_call:
            self._before_call()
        timeout: Any = budget.trim(self._timeout)
        started = self._clock()
        outcome: object = "failed"
        try:
            with self._session.request(
                method,
                self._base_url + path,
                params=params,
                data=data,
                headers=headers,
                # also keeps requests from using a .netrc
                auth=_Credentials(self._client_id, self._client_secret, bearer),
                timeout=timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = read_body(response)
            outcome = response.status_code
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = _failure(error)
            outcome = failure.code
            raise failure from error
        finally:
            _logger.info(
                "%s %s -> %s in %d ms",
                method,
                path.partition("?")[0],
                outcome,
                (self._clock() - started) * 1000,
            )
        secrets = (self._client_secret, bearer)
        return self._parsed(response, content, secrets=secrets)

    def _parsed(
        self,
        response: requests.Response,
        content: bytes,
        secrets: Iterable[str | None],
    ) -> Any:
        """Return the JSON of a successful answer, raise the error of another."""
        body, readable = None, True
        if content:
            try:
                body = json.loads(content)
            except (ValueError, RecursionError):
                readable = False
        if 200 <= response.status_code < 300:
            if not readable:
                raise unexpected(
                    "Bridge answered something else than JSON", response.status_code
                )
            return body
        if 300 <= response.status_code < 400:
            raise BridgeError(
                "Bridge answered with a redirection, which is not followed",
                status=response.status_code,
                code="unexpected_redirect",
            )
        raise from_response(
            response.status_code,
            body,
            secrets=secrets,
            retry_after=self._retry_after(response),
        )

    def _retry_after(self, response: requests.Response) -> float | None:
        """Return the seconds of ``Retry-After``, given as a number or as a date."""
        value = response.headers.get("Retry-After", "").strip()
        if value.isdecimal() and value.isascii():
            return float(value) if len(value) < 10 else math.inf
        try:
            date = email.utils.parsedate_to_datetime(value)
        except (TypeError, ValueError):
            return None
        return max(0.0, (moment.as_utc(date) - self._now()).total_seconds())

    def _has_usable_credentials(self) -> bool:
        # requests refuses other values with an error that quotes them
        return all(
            PRINTABLE.fullmatch(part) for part in (self._client_id, self._client_secret)
        )

    def pages(
        self,
        path: str,
        filters: dict[str, Any],
        shape: Shape = RECORD,
        *,
        call: Callable[..., Any] | None = None,
        budget: "Budget | None" = None,
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield the records of a list, a list a page, following ``next_uri``.

        :param dict filters: query of the first page; None: left out, several
            values: a comma list, datetimes and dates as Bridge writes them
        :param shape: of each record
        :param call: makes the calls, in place of :meth:`call`
        :param budget: time left for the operation that these calls belong to
        """
        call = call or self.call
        query: dict[str, Any] = {"limit": PAGE_SIZE}
        for name, value in without_nulls(filters).items():
            query[name] = query_value(value)
        params: dict[str, Any] | None = query
        seen: set[str] = set()
        while path:
            body = call("GET", path, params=params, budget=budget)
            records, next_uri = page(body, shape)
            yield records
            path, params = self._next_path(next_uri), None
            if path in seen or len(seen) >= MAX_PAGES:
                raise unexpected("The pages of Bridge's list go round in circles")
            seen.add(path)

    def _next_path(self, next_uri: str | None) -> str:
        """Return ``next_uri`` without host, '' if there is none; never one of another
        origin.

        It is a path with query in practice, an address on the same origin at most:
        the credentials go with the next call and belong nowhere else.
        """
        if not next_uri:
            return ""
        path = next_uri if len(next_uri) <= MAX_ADDRESS else ""
        try:
            if origin(path) == origin(self._base_url):
                path = urlsplit(path)._replace(scheme="", netloc="").geturl()
        except ValueError:
            path = ""
        # "//host/path" is an address, "@host/path" would turn ours into a user name
        if not PRINTABLE.fullmatch(path) or path[0] != "/" or path[1:2] == "/":
            raise unexpected("The next page of Bridge's list is somewhere else")
        return path

    def _budget(self) -> "Budget":
        return self._shared_budget or Budget(self._max_elapsed, self._clock)


class _Credentials(requests.auth.AuthBase):
    """Puts the application's credentials, and a user's token, on one call."""

    def __init__(self, client_id: str, client_secret: str, bearer: str | None) -> None:
        self._headers = {"Client-Id": client_id, "Client-Secret": client_secret}
        if bearer:
            self._headers["Authorization"] = f"Bearer {bearer}"

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class Budget:
    """Time left for one operation, whatever number of calls it takes."""

    def __init__(
        self, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left."""
        return self._end - self._clock()

    def trim(self, timeout: tuple[float, float]) -> Timeout:
        """Return the time-outs, together no longer than what is left."""
        connect, read = timeout
        return Timeout(max(self.remaining(), 0.001), connect, read)


def _worth_repeating(error: BridgeError) -> bool:
    if isinstance(error, BridgeUnreachable):
        return error.is_temporary
    return error.status in RETRIED_STATUSES


def _failure(error: Exception) -> BridgeError:
    """Return the ``BridgeError`` for an exception of requests, urllib3 or a socket."""
    causes = tuple(_causes(error))

    def caused_by(*classes: type[BaseException]) -> bool:
        return any(isinstance(cause, classes) for cause in causes)

    if caused_by(AnswerTooLarge):
        return BridgeError(
            "Bridge's answer is larger than any real one", code="answer_too_large"
        )
    if caused_by(ssl.SSLCertVerificationError):
        return BridgeUnreachable(
            "The certificate of Bridge's server cannot be verified",
            code="tls_error",
            maybe_received=False,
        )
    # a lost TLS connection is an SSLError too, and may come after the request
    connected = not caused_by(NewConnectionError, ConnectTimeoutError)
    if caused_by(requests.Timeout, ReadTimeoutError, TimeoutError):
        code, message = "timeout", "Bridge did not answer in time"
    else:
        code, message = "connection_error", "Bridge cannot be reached"
    return BridgeUnreachable(message, code=code, maybe_received=connected)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what requests and urllib3 wrapped in it."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        cause = waiting.pop()
        if isinstance(cause, BaseException) and id(cause) not in seen:
            seen.add(id(cause))
            yield cause
            waiting += [*cause.args, getattr(cause, "reason", None), cause.__cause__]
