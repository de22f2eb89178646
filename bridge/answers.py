"""Shapes of what goes to Bridge and of what it answers, checked before use."""

import datetime
import re
from typing import Any
from urllib.parse import urlsplit

from . import moment
from .errors import BridgeError

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def checked_id(record_id: object) -> str:
    """Return an id fit for a path; ids come from webhooks and return URLs too.

    :raises BridgeError: ``code`` ``invalid_id``
    """
    usable = isinstance(record_id, (str, int)) and not isinstance(record_id, bool)
    text = str(record_id) if usable else ""
    if not _ID.fullmatch(text):
        raise BridgeError("This is not an id of Bridge", code="invalid_id")
    return text


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


def record(body: Any, key: str = "id") -> dict[str, Any]:
    """Return ``body``, an object that has ``key``.

    :raises BridgeError: ``code`` ``unexpected_response``
    """
    if not isinstance(body, dict) or not body.get(key):
        raise unexpected(f"Bridge answered something without the member {key}")
    return body


def created(body: Any, url_member: str = "url") -> dict[str, Any]:
    """Return id and URL of a record; the URL is where a person will be sent.

    :raises BridgeError: ``code`` ``unexpected_response``
    """
    found = record(body)
    url = found.get(url_member)
    if not isinstance(url, str) or urlsplit(url).scheme not in ("https", "http"):
        raise unexpected("Bridge answered without the address of its page")
    return {"id": found["id"], "url": url}


def page(body: Any) -> tuple[list[dict[str, Any]], Any]:
    """Return the records of a page of a list and the address of the next, or None.

    :raises BridgeError: ``code`` ``unexpected_response``
    """
    if not isinstance(body, dict):
        raise unexpected("Bridge answered something else than a list")
    records = body.get("resources")
    pagination = body.get("pagination") or {}
    if not isinstance(records, list) or not isinstance(pagination, dict):
        raise unexpected("Bridge answered something else than a list")
    return [record(item) for item in records], pagination.get("next_uri")


def unexpected(message: str, status_code: int = 200) -> BridgeError:
    """Return the error for an answer in no known shape."""
    return BridgeError(message, status=status_code, code="unexpected_response")
