"""The hosted page where a person connects a bank, one address for all its steps."""

from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect

from ..payment.banks import BANKS, connectable, hue
from ..payment.pages import RETURN_SECONDS, message, payer_page
from ..payment.payments import JourneyError
from ..templating import page
from .banks import to_number
from .levers import CONNECT_PATH
from .sessions import WrongCredentials


@payer_page
def show(sim, request, texts, token):
    """The step where the person is."""
    session = _session(sim, texts, token)
    sessions = sim.feed.sessions
    if session["state"] == "done":
        return _end(texts, session)
    if not sessions.is_open(session):
        return message(texts, "connect_over", 410, texts("connect_ask_again"))
    other_bank = "other_bank" in request.args and not session["fixed_bank"]
    if session["state"] == "bank" or (session["state"] == "login" and other_bank):
        return _banks(request, texts, session)
    values = {
        "t": texts,
        "session": session,
        "bank": BANKS[session["provider_id"]],
        "hue": hue(session["provider_id"]),
        "refused": "refused" in request.args,
    }
    if session["state"] != "accounts":
        return page("connect_login.html", **values)
    item = sessions.item(session)
    return page(
        "connect_accounts.html",
        accounts=[
            {
                **account,
                "balance": to_number(sim.feed.banks.balance(account)),
                "ticked": not (item and item["ibans"])
                or account["iban"] in item["ibans"],
            }
            for account in sessions.accounts(session)
        ],
        **values,
    )


def choose_bank(sim, request, token):
    bank = request.form.get("provider_id", type=int)
    return _step(sim, request, token, "choose_bank", bank)


def sign_in(sim, request, token):
    login = request.form.get("login", "").strip()
    return _step(
        sim, request, token, "sign_in", login, request.form.get("password", "")
    )


def give_code(sim, request, token):
    return _step(sim, request, token, "give_code", request.form.get("code", "").strip())


def choose_accounts(sim, request, token):
    ibans = request.form.getlist("account")
    if not ibans:
        return redirect(f"{CONNECT_PATH}{token}?refused=1", 303)
    return _step(sim, request, token, "choose_accounts", ibans)


@payer_page
def close(sim, request, texts, token):
    session = _session(sim, texts, token)
    # a double click comes when the session is over already
    if sim.feed.sessions.is_open(session):
        sim.feed.sessions.close(session)
    if session["callback"]:
        return redirect(session["callback"], 303)
    return message(texts, "can_close")


@payer_page
def _step(sim, request, texts, token, name, *values):
    session = _session(sim, texts, token)
    refused = ""
    try:
        getattr(sim.feed.sessions, name)(session, *values)
    except WrongCredentials:
        refused = "?refused=1"
    except JourneyError as error:
        if sim.feed.sessions.is_open(session):
            return message(texts, "not_possible", 400, str(error))
    return redirect(f"{CONNECT_PATH}{token}{refused}", 303)


def _banks(request, texts, session):
    countries = sorted({bank["country_code"] for bank in connectable()})
    country = request.args.get("country", session["country_code"]).upper()
    if country not in countries:
        country = "FR"
    return page(
        "connect_banks.html",
        t=texts,
        session=session,
        country=country,
        countries=countries,
        banks=connectable(country),
    )


def _end(texts, session):
    back = session["callback"]
    return page(
        "connect_end.html",
        t=texts,
        session=session,
        back=back,
        back_name=back and urlsplit(back).hostname,
        wait=RETURN_SECONDS,
    )


def _session(sim, texts, token):
    session = sim.feed.sessions.find(token)
    if session is None:
        text = texts("connect_ask_again")
        raise HTTPException("", message(texts, "connect_unknown", 404, text))
    return session


ROUTES = [
    ("GET", f"{CONNECT_PATH}<token>", show),
    ("POST", f"{CONNECT_PATH}<token>/bank", choose_bank),
    ("POST", f"{CONNECT_PATH}<token>/login", sign_in),
    ("POST", f"{CONNECT_PATH}<token>/code", give_code),
    ("POST", f"{CONNECT_PATH}<token>/accounts", choose_accounts),
    ("POST", f"{CONNECT_PATH}<token>/close", close),
]
