"""Lists: pages with an opaque cursor, and the filters in their query."""

import base64
import re
from urllib.parse import urlencode

from .calls import ApiError, json_answer
from .clock import from_text, to_text

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


def listing(request, things, show, key="number"):
    """Answer the page of ``things`` asked for, each one as ``show`` makes it."""
    shown, pagination = page(request, things, key)
    resources = [show(thing) for thing in shown]
    return json_answer({"resources": resources, "pagination": pagination})


def page(request, things, key="number"):
    """Return the page of ``things`` asked for and where the next one is.

    ``key`` names the member of each that is its cursor.
    """
    limit = _limit(request)
    after = request.args.get("after")
    if after:
        cursor = _read_cursor(after)
        position = next((i for i, x in enumerate(things) if x[key] == cursor), None)
        if position is None:
            raise ApiError(400, "invalid_request", "Unknown cursor")
        things = things[position + 1 :]
    pagination = {}
    if len(things) > limit:
        args = request.args.to_dict()
        args["after"] = _cursor(things[limit - 1][key])
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


def moment(request, name):
    """Return the date-time ``name`` of the query as Bridge writes it, or None."""
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


def values(request, name):
    """Return the values of ``name`` in the query, a comma list, in lower case."""
    return {
        value.strip().lower()
        for value in request.args.get(name, "").split(",")
        if value.strip()
    }
