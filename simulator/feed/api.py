"""The HTTP API below ``/v3/aggregation``: users, connect sessions, what banks tell."""

import re
import time
from datetime import date
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from ..calls import ApiError, call, json_answer, limit, own, read_json
from ..paging import listing, moment, page
from ..payment.banks import connectable
from ..payment.validation import callback_allowed
from .show import show_account, show_item, show_token, show_transaction, show_user
from .users import EXTERNAL_ID

COUNTRIES = (
    "FR ES IT PT DE BE NL LU PL HU IE MT CZ NO BG SE DK AT SK FI GB GR EE IS CY HR LV"
    " RO"
).split()
CONTEXT = re.compile(r"[A-Za-z0-9-]{0,100}")


def user_call(handler):
    """Wrap an API handler ``(sim, request, application, user, **ids)``."""

    @call
    def wrapped(sim, request, application, **ids):
        header = request.headers.get("Authorization")
        user = sim.feed.users.authenticate(application, header)
        if user is None:
            raise ApiError(401, "invalid_token", "Access token is invalid or expired")
        limit(sim.user_limit, user["uuid"])
        return handler(sim, request, application, user, **ids)

    return wrapped


def _mine(things, identifier, user):
    thing = things.get(identifier)
    if thing is None or thing["user_uuid"] != user["uuid"]:
        raise ApiError(404, "not_found", "Resource not found")
    return thing


def _invalid(message, prop=None):
    faults = prop and [
        {"code": "invalid_request", "property": prop, "message": message}
    ]
    return ApiError(400, "invalid_request", message, faults)


def _body(request):
    body = read_json(request)
    if not isinstance(body, dict):
        raise _invalid("Invalid body content")
    return body


def _listed(request, things, show):
    return listing(request, sorted(things, key=lambda thing: thing["number"]), show)


# -- users and tokens ---------------------------------------------------------


@call
def create_user(sim, request, application):
    external_id = _body(request).get("external_user_id")
    if external_id is not None:
        if not isinstance(external_id, str) or not EXTERNAL_ID.fullmatch(external_id):
            raise _invalid("external_user_id is not valid", "external_user_id")
        if sim.feed.users.find(application, external_user_id=external_id):
            raise ApiError(409, "conflict", "A user with this external id exists")
    user = sim.feed.users.create(application, external_id)
    return json_answer(show_user(user), 201)


@call
def list_users(sim, request, application):
    return _listed(request, sim.feed.users.of(application), show_user)


@call
def read_user(sim, request, application, uuid):
    return json_answer(show_user(own(sim.users, uuid, application)))


@call
def delete_user(sim, request, application, uuid):
    sim.feed.users.delete(own(sim.users, uuid, application))
    return Response(status=204)


@call
def authorize(sim, request, application):
    body = _body(request)
    names = {"user_uuid", "external_user_id"}
    wanted = {name: body[name] for name in names if isinstance(body.get(name), str)}
    if not wanted:
        raise _invalid("user_uuid or external_user_id is expected")
    user = sim.feed.users.find(application, **wanted)
    if user is None:
        raise ApiError(404, "not_found", "User not found")
    limit(sim.token_limit, user["uuid"])
    return json_answer(show_token(user, sim.feed.users.grant(user)))


# -- connect sessions ---------------------------------------------------------


@user_call
def create_session(sim, request, application, user):
    body = _body(request)
    if not body.get("user_email"):
        # a 404 was seen, of all things
        raise ApiError(404, "not_found", "user_email is required")
    checks = {
        "callback_url": lambda value: callback_allowed(value, application),
        "context": lambda value: isinstance(value, str) and CONTEXT.fullmatch(value),
        "country_code": COUNTRIES.__contains__,
        "account_types": ("payment", "all").__contains__,
    }
    if body.get("item_id") is not None:
        _mine(sim.items, body["item_id"], user)
    else:
        checks["provider_id"] = {bank["id"] for bank in connectable()}.__contains__
    for name, is_valid in checks.items():
        if body.get(name) is not None and not is_valid(body[name]):
            raise _invalid(f"{name} is not valid", name)
    session = sim.feed.sessions.create(user, body)
    return json_answer({"id": session["id"], "url": sim.connect_url(session)}, 201)


# -- items --------------------------------------------------------------------


@user_call
def list_items(sim, request, application, user):
    found = sim.store.feed.items_of(user)
    return _listed(request, found, lambda item: _show_item(request, item))


@user_call
def read_item(sim, request, application, user, item_id):
    return json_answer(_show_item(request, _mine(sim.items, item_id, user)))


def _show_item(request, item):
    language = request.accept_languages.best_match(("en", "fr"), default="en")
    return show_item(item, language)


@user_call
def delete_item(sim, request, application, user, item_id):
    sim.feed.items.delete(_mine(sim.items, item_id, user))
    return Response(status=204)


# -- accounts and transactions ------------------------------------------------


@user_call
def list_accounts(sim, request, application, user):
    found = [acc for acc in sim.accounts.values() if acc["user_uuid"] == user["uuid"]]
    item_id = _number(request, "item_id")
    if item_id is not None:
        found = [account for account in found if account["item_id"] == item_id]
    return _listed(request, found, lambda account: show_account(sim, account))


@user_call
def read_account(sim, request, application, user, account_id):
    account = _mine(sim.accounts, account_id, user)
    return json_answer(show_account(sim, account))


@user_call
def read_transaction(sim, request, application, user, transaction_id):
    found = _mine(sim.transactions, transaction_id, user)
    return json_answer(show_transaction(found))


@user_call
def _list_transactions(sim, request, application, user):
    account_id = _number(request, "account_id")
    since, until = moment(request, "since"), moment(request, "until")
    min_date, max_date = _day(request, "min_date"), _day(request, "max_date")
    found = sorted(
        (
            thing
            for thing in sim.transactions.values()
            if thing["user_uuid"] == user["uuid"]
            and (account_id is None or thing["account_id"] == account_id)
            and (not since or thing["updated_at"] >= since)
            and (not until or thing["updated_at"] <= until)
            and (not min_date or thing["date"] >= min_date)
            and (not max_date or thing["date"] <= max_date)
        ),
        key=lambda thing: (thing["date"], thing["number"]),
        reverse=not sim.faults.reversed_order,
    )
    shown, pagination = page(request, found)
    # names the page that came already: the next ones have it in their address, too
    again = request.args.get("after", "first")
    if request.args.get("again") != again and sim.faults.take("page_twice"):
        args = {**request.args.to_dict(), "again": again}
        pagination = {"next_uri": f"{request.path}?{urlencode(args)}"}
    resources = [show_transaction(thing) for thing in shown]
    return json_answer({"resources": resources, "pagination": pagination})


def list_transactions(sim, request):
    """The transactions, with the knobs of their pages."""
    if sim.faults.slow_page:
        # not with the lock held: the world goes on meanwhile
        time.sleep(sim.faults.slow_page)
    answer = _list_transactions(sim, request)
    with sim.lock:
        if sim.faults.take("lost_page"):
            raise ConnectionAbortedError("page lost on purpose")
    return answer


def _number(request, name):
    text = request.args.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise _invalid(f"{name} must be a number", name)
    return int(text)


def _day(request, name):
    text = request.args.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise _invalid(f"{name} must be a date", name) from error


_BASE = "/v3/aggregation"
ROUTES = [
    ("POST", f"{_BASE}/users", create_user),
    ("GET", f"{_BASE}/users", list_users),
    ("GET", f"{_BASE}/users/<uuid>", read_user),
    ("DELETE", f"{_BASE}/users/<uuid>", delete_user),
    ("POST", f"{_BASE}/authorization/token", authorize),
    ("POST", f"{_BASE}/connect-sessions", create_session),
    ("GET", f"{_BASE}/items", list_items),
    ("GET", f"{_BASE}/items/<int:item_id>", read_item),
    ("DELETE", f"{_BASE}/items/<int:item_id>", delete_item),
    ("GET", f"{_BASE}/accounts", list_accounts),
    ("GET", f"{_BASE}/accounts/<int:account_id>", read_account),
    ("GET", f"{_BASE}/transactions", list_transactions),
    ("GET", f"{_BASE}/transactions/<int:transaction_id>", read_transaction),
]
