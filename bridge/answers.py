"""The one reader of answers: shapes, lengths and ranges, checked before use.

A shape is a function that is given a member's value and returns it, fit for a database
and for a person; None for what says nothing; and raises ``ValueError`` for what Bridge
would never say. Members without a shape are left out.
"""

import datetime
import re
from collections.abc import Callable
from typing import Any

from . import amount, moment
from .address import PRINTABLE, checked_page
from .errors import BridgeError

Shape = Callable[[Any], Any]

MAX_TEXT = 1000  # of a text that people read
MAX_TOKEN = 8000
#: Largest number, of an amount in major units or a count.
MAX_NUMBER = 10**13
#: Nothing at Bridge was or will be outside these years.
YEARS = range(1970, 2200)
# Of what is kept as it came: how deep, and how many members on each level.
_DEPTH = 4
_MEMBERS = 100

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{0,50}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MAX_INSTANT = 50
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


# -- what goes to Bridge ---------------------------------------------------------


def checked_id(record_id: object) -> str:
    """Return an id fit for a path; ids come from webhooks and return URLs too.

    :raises BridgeError: ``code`` ``invalid_id``
    """
    try:
        return str(identifier(record_id))
    except ValueError as error:
        raise BridgeError("This is not an id of Bridge", code="invalid_id") from error


def query_value(value: Any) -> Any:
    """Return a value as it is written in a query; several become a comma list."""
    if isinstance(value, datetime.datetime):
        return moment.to_milliseconds(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(str(item) for item in value)
    return value


def without_nulls(members: dict[str, Any]) -> dict[str, Any]:
    """Return the members that are not None: Bridge neither sends nor wants null."""
    return {name: value for name, value in members.items() if value is not None}


# -- shapes of single values -----------------------------------------------------


def identifier(value: Any) -> str | int:
    """Shape of an id: fit for a path."""
    usable = isinstance(value, (str, int)) and not isinstance(value, bool)
    if not usable or not _ID.fullmatch(str(value)):
        raise ValueError("no id")
    return value  # type: ignore[no-any-return]


def ref(value: Any) -> str:
    """Shape of an id that is compared with one that we keep as text."""
    return str(identifier(value))


def text(value: Any) -> str:
    """Shape of a text that people wrote, or read: cleaned, and cut if it is endless."""
    if not isinstance(value, str):
        raise ValueError("no text")
    # JSON can escape half of a surrogate pair, which UTF-8 cannot write.
    value = value[:MAX_TEXT].encode(errors="replace").decode()
    return _CONTROL.sub(" ", value)


def code(value: Any) -> str:
    """Shape of a status or another word for programs; which ones exist is open."""
    if not isinstance(value, str) or not _CODE.fullmatch(value):
        raise ValueError("no code")
    return value


def currency(value: Any) -> str:
    """Shape of a currency's ISO code."""
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise ValueError("no currency")
    return value


def number(value: Any) -> float:
    """Shape of a number of a size that makes sense."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("no number")
    # Neither NaN nor infinity is between any bounds.
    if not -MAX_NUMBER < value < MAX_NUMBER:
        raise ValueError("not a number of a sane size")
    return value


def whole(value: Any) -> int:
    """Shape of a whole number, fit for a column."""
    if not isinstance(number(value), int) or not -(2**31) <= value < 2**31:
        raise ValueError("no whole number")
    return value  # type: ignore[no-any-return]


def money(value: Any) -> float:
    """Shape of what is transferred, in whole cents."""
    if amount.to_cents(number(value)) <= 0:
        raise ValueError("nothing is transferred")
    return value  # type: ignore[no-any-return]


def flag(value: Any) -> bool:
    """Shape of yes or no."""
    if not isinstance(value, bool):
        raise ValueError("neither yes nor no")
    return value


def instant(value: Any) -> str | None:
    """Shape of a date-time, None if it cannot be read."""
    parsed = moment.parse(value) if len(text(value)) <= _MAX_INSTANT else None
    return value if parsed and parsed.year in YEARS else None


def day(value: Any) -> str:
    """Shape of a day."""
    if datetime.date.fromisoformat(text(value)[:10]).year not in YEARS:
        raise ValueError("not a day of our time")
    return value[:10]  # type: ignore[no-any-return]


def token(value: Any) -> str:
    """Shape of a token, fit for a header."""
    if not isinstance(value, str) or len(value) > MAX_TOKEN:
        raise ValueError("no token")
    if not PRINTABLE.fullmatch(value):
        raise ValueError("no token")
    return value


def harmless(value: Any, depth: int = _DEPTH) -> Any:
    """Shape of what is kept without being understood, None if it is not worth it."""
    if isinstance(value, str):
        return text(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        # ids are larger than amounts
        return value if -(2**63) < value < 2**63 else None
    if not depth or len(value) > _MEMBERS:
        return None
    if isinstance(value, list):
        return [harmless(item, depth - 1) for item in value]
    return {text(name): harmless(item, depth - 1) for name, item in value.items()}


# -- shapes of records -----------------------------------------------------------


def record_of(required: str, **members: Shape) -> Shape:
    """Return the shape of an object.

    :param str required: members that say something, separated by spaces
    :param members: shape of each member that is known
    """

    def read(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("no object")
        told = without_nulls(value)
        found = without_nulls(
            {name: members[name](told[name]) for name in members if name in told}
        )
        for name in required.split():
            if not found.get(name):
                raise ValueError(f"nothing in the member {name}")
        return found

    return read


def list_of(shape: Shape) -> Shape:
    """Return the shape of a list of not too many."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > _MEMBERS:
            raise ValueError("no list")
        return [shape(item) for item in value]

    return read


def _bank_transaction(value: Any) -> dict[str, Any]:
    """Shape of what a bank tells: one odd transaction must not hide the others, so it
    only says of itself that it is ``unreadable``, for ``BankTransaction`` to refuse."""
    found = {"id": RECORD(value)["id"]}
    for name, told in without_nulls(value).items():
        try:
            kept = _TOLD.get(name, harmless)(told)
        except ValueError:
            kept, name = name, "unreadable"
        if kept is not None:
            found[text(name)] = kept
    return found


def _transfer_in_short(value: Any) -> dict[str, Any]:
    """Shape of a transfer that may leave out its amount, as attempts do."""
    found: dict[str, Any] = record_of("", **_TRANSFER)(value)
    if "amount" in found and "currency" not in found:
        raise ValueError("an amount without currency")
    return found


_TRANSFER: dict[str, Shape] = {
    "id": identifier,
    "status": code,
    "amount": money,
    "currency": currency,
    "label": text,
    "end_to_end_id": text,
    "client_reference": text,
    "beneficiary": record_of(
        "", iban=text, company_name=text, first_name=text, last_name=text
    ),
}
_LINK: dict[str, Shape] = {
    "id": ref,
    "status": code,
    "payment_status": code,
    "client_reference": text,
    "link": text,
    "expired_at": instant,
    "created_at": instant,
    "updated_at": instant,
}
_TOLD: dict[str, Shape] = {
    "id": identifier,
    "account_id": identifier,
    "amount": number,
    "currency_code": currency,
    "date": day,
    "updated_at": instant,
    "clean_description": text,
    "provider_description": text,
    "operation_type": text,
    "end_to_end_id": text,
    "deleted": flag,
    "future": flag,
}

#: What has an id, and nothing else that we read.
RECORD = record_of("id", id=identifier)
#: Some link in a list: of others, too.
LINK = record_of("id", **_LINK, transactions=list_of(_transfer_in_short))
#: The link of a transfer: without its transfers it says nothing about ours.
LINK_OF_TRANSFER = record_of(
    "id status transactions",
    **_LINK,
    transactions=list_of(record_of("amount currency", **_TRANSFER)),
)
PAYMENT_REQUEST = record_of(
    "id",
    id=identifier,
    status=code,
    status_reason=text,
    payment_link_id=ref,
    provider_id=identifier,
    client_reference=text,
    created_at=instant,
    updated_at=instant,
    transactions=list_of(_transfer_in_short),
)
PROVIDER = record_of("id", id=identifier, name=text, country_code=code)
USER = record_of("uuid", uuid=identifier, external_user_id=text)
GRANT = record_of(
    "access_token user", access_token=token, expires_at=instant, user=USER
)
ITEM = record_of(
    "id",
    id=identifier,
    provider_id=identifier,
    status=whole,
    status_code_info=text,
    status_code_description=text,
    account_types=text,
    created_at=instant,
    last_successful_refresh=instant,
    last_try_refresh=instant,
    authentication_expires_at=instant,
)
ACCOUNT = record_of(
    "id",
    id=identifier,
    item_id=identifier,
    provider_id=identifier,
    name=text,
    type=text,
    iban=text,
    currency_code=currency,
    balance=number,
    accounting_balance=number,
    instant_balance=number,
    pro=flag,
    data_access=text,
    last_refresh_status=text,
    updated_at=instant,
)
BANK_TRANSACTION = _bank_transaction


# -- answers ---------------------------------------------------------------------


def read(body: Any, shape: Shape) -> Any:
    """Return an answer, or a part of it, in its shape.

    :raises BridgeError: ``code`` ``unexpected_response``
    """
    try:
        return shape(body)
    except ValueError as error:
        raise unexpected(f"Bridge answered in no known shape: {error}") from error


def created(body: Any, base_url: str, url_member: str = "url") -> dict[str, Any]:
    """Return id and URL of a record; the URL is where a person will be sent.

    :param str base_url: of the API
    :raises BridgeError: ``code`` ``unexpected_response``
    """
    found = read(
        body,
        record_of(
            f"id {url_member}",
            id=ref,
            **{url_member: lambda url: checked_page(url, base_url)},
        ),
    )
    return {"id": found["id"], "url": found[url_member]}


def page(body: Any, shape: Shape) -> tuple[list[dict[str, Any]], str | None]:
    """Return the records of a page of a list and the address of the next, or None.

    :param shape: of each record
    :raises BridgeError: ``code`` ``unexpected_response``
    """

    def read_page(value: Any) -> tuple[list[dict[str, Any]], str | None]:
        if not isinstance(value, dict) or not isinstance(value.get("resources"), list):
            raise ValueError("no list")
        pagination = value.get("pagination") or {}
        if not isinstance(pagination, dict):
            raise ValueError("no pagination")
        next_uri = pagination.get("next_uri")
        if next_uri is not None and not isinstance(next_uri, str):
            raise ValueError("no next page")
        return [shape(item) for item in value["resources"]], next_uri

    found: tuple[list[dict[str, Any]], str | None] = read(body, read_page)
    return found


def unexpected(message: str, status_code: int = 200) -> BridgeError:
    """Return the error for an answer in no known shape."""
    return BridgeError(message, status=status_code, code="unexpected_response")
