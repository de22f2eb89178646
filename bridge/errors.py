"""What can go wrong with Bridge, as one exception whose text can be shown."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from .masking import mask_accounts

MAX_TEXT = 300
# Of what a server says, so much is looked at.
_MAX_READ = 10_000
_MAX_FAULTS = 20

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def mask(text: str, secrets: Iterable[str | None] = ()) -> str:
    """Return ``text`` on one line, without IBANs, bearer tokens and ``secrets``."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "***")
    # JSON can escape half of a surrogate pair, which UTF-8 cannot write.
    text = text[:_MAX_READ].encode(errors="replace").decode()
    text = mask_accounts(_CONTROL.sub(" ", text)).strip()
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


class Fault(NamedTuple):
    """One fault of a refused call: code, faulty property (or None), message."""

    code: str
    property: str | None
    message: str


class BridgeError(Exception):
    """A call to Bridge failed.

    :ivar status: HTTP status, None when Bridge did not answer or was not asked
    :ivar code: Bridge's code (``payment.transaction.amount_missing``) or ours:
        ``unexpected_response``, ``unexpected_redirect``, ``answer_too_large``,
        ``invalid_id``, ``timeout``, ``connection_error``, ``tls_error``,
        ``http_<status>``
    :ivar property: the faulty member of the request, None if Bridge names none
    :ivar message: what Bridge says, in English
    :ivar faults: all faults, as a tuple of ``Fault``; the first one is repeated
        in ``code``, ``property`` and ``message``
    :ivar retry_after: seconds that Bridge asks to wait, None if it does not

    Texts are masked: no secret, no token, no IBAN.
    """

    #: Whether Bridge may have received the call, and acted on it.
    maybe_received = True

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str,
        property: str | None = None,
        faults: Iterable[Fault] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.property = property
        self.faults = tuple(faults) or (Fault(code, property, message),)
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        # keyword-only arguments: rebuild from the state, as copy and pickle need
        return _rebuild, (type(self), self.args, self.__dict__.copy())

    def __str__(self) -> str:
        texts = []
        for fault in self.faults:
            where = f" ({fault.property})" if fault.property else ""
            texts.append(f"{fault.message}{where} [{fault.code}]")
        return "; ".join(texts)

    @property
    def is_temporary(self) -> bool:
        """Whether the same call may succeed later: 429, 5xx or no answer."""
        return self.status is not None and (self.status == 429 or self.status >= 500)


class BridgeUnreachable(BridgeError):
    """Bridge gave no answer: time-out, connection refused or lost, bad certificate."""

    def __init__(self, message: str, *, code: str, maybe_received: bool) -> None:
        super().__init__(message, code=code)
        self.maybe_received = maybe_received

    @property
    def is_temporary(self) -> bool:
        """Whether it is anything but a bad certificate, which needs a person."""
        return self.code != "tls_error"


def _rebuild(
    error_class: type[BridgeError], args: tuple[Any, ...], state: dict[str, Any]
) -> BridgeError:
    error = error_class.__new__(error_class, *args)
    error.__dict__.update(state)
    return error


def from_response(
    status: int,
    body: Any,
    *,
    secrets: Iterable[str | None] = (),
    retry_after: float | None = None,
) -> BridgeError:
    """Return the ``BridgeError`` told by an answer.

    Two shapes exist: one flat object, or several faults under ``errors``. A body
    in neither shape is not quoted, as it may hold anything.

    :param int status: HTTP status
    :param body: parsed JSON, None if there is none
    """
    listed = body.get("errors") if isinstance(body, dict) else body
    entries = listed if isinstance(listed, list) and listed else [body]
    faults = [
        _fault(entry, status, secrets)
        for entry in entries[:_MAX_FAULTS]
        if isinstance(entry, dict)
    ] or [_fault({}, status, secrets)]
    return BridgeError(
        faults[0].message,
        status=status,
        code=faults[0].code,
        property=faults[0].property,
        faults=faults,
        retry_after=retry_after,
    )


def _fault(entry: dict[str, Any], status: int, secrets: Iterable[str | None]) -> Fault:
    def text(key: str) -> str:
        value = entry.get(key)
        return mask(value, secrets) if isinstance(value, str) else ""

    return Fault(
        text("code") or f"http_{status}",
        text("property") or None,
        text("message") or f"Bridge answered with status {status}",
    )
