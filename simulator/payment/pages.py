"""What a payer sees: the pay page, the banks and the result."""

from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from ..templating import page
from ..texts import Texts
from .banks import BANKS, hue, offered
from .payments import OPEN, REASONS, JourneyError, callback

RETURN_SECONDS = 3


def payer_page(handler):
    """Wrap ``(sim, request, texts, ...)``: in the payer's language, the lock held."""

    def wrapped(sim, request, *args, **ids):
        with sim.lock:
            return handler(sim, request, Texts(request), *args, **ids)

    return wrapped


@payer_page
def show_link(sim, request, texts, token):
    """The list of banks, or the one bank chosen by the merchant."""
    link = _link(sim, texts, token)
    if link["status"] != "valid":
        return _closed(texts, link)
    total = _total(link)
    return page("link.html", t=texts, link=link, banks=offered(link), total=total)


@payer_page
def choose_bank(sim, request, texts, token):
    link = _link(sim, texts, token)
    try:
        bank = request.form.get("provider_id", type=int)
        attempt = sim.payments.pick_bank(link, bank)
    except JourneyError as error:
        return _refuse(texts, link, error)
    return redirect(f"/bank/{attempt['id']}", 303)


@payer_page
def close_link(sim, request, texts, token):
    return _abort(sim, texts, _link(sim, texts, token), "banks_list")


@payer_page
def show_bank(sim, request, texts, request_id):
    """The bank's own page, with every outcome in words."""
    attempt = _attempt(sim, texts, request_id)[0]
    if attempt["status"] not in OPEN:
        return redirect(f"/pay-page/result/{request_id}", 303)
    bank = BANKS[attempt["provider_id"]]
    silent = not sim.payments.reports_execution(attempt)
    outcomes = ["id-pdng-acsc", "id-pdng-rjct", "id-pdng"]
    if "instant_single_payment" in bank["capabilities"]:
        outcomes.insert(0, "id-acsc")
    if len(attempt["transactions"]) > 1:
        outcomes.append("id-part")
    return page(
        "bank.html",
        t=texts,
        bank=bank,
        attempt=attempt,
        total=_total(attempt),
        outcomes=[] if silent else outcomes,
        silent=silent,
        reasons=REASONS,
        hue=hue(bank["id"]),
    )


@payer_page
def leave_bank(sim, request, texts, request_id):
    """An outcome chosen at the bank, or its cross."""
    attempt, link = _attempt(sim, texts, request_id)
    if "close" in request.form:
        return _abort(sim, texts, link, "bank_page")
    # a double click comes when the answer is already known
    if attempt["status"] in OPEN:
        try:
            sim.payments.finish(attempt, _outcome(request.form))
        except JourneyError as error:
            return _refuse(texts, link, error)
    return redirect(f"/pay-page/result/{request_id}", 303)


@payer_page
def show_result(sim, request, texts, request_id):
    """Back from the bank; a moment later back to the merchant."""
    attempt, link = _attempt(sim, texts, request_id)
    if attempt["status"] in OPEN:
        return redirect(f"/bank/{request_id}", 303)
    refused = attempt["status"] == "RJCT" and not attempt["callback"]
    back = attempt["callback"]
    if refused:
        back = callback(link, status="abort", step="bank_page")
    return page(
        "result.html",
        t=texts,
        attempt=attempt,
        link=link,
        total=_total(attempt),
        refused=refused,
        back=back,
        back_name=back and urlsplit(back).hostname,
        wait=RETURN_SECONDS,
    )


def logo(sim, request, identifier):
    """A bank's logo: its first letter on its colour."""
    if identifier not in BANKS:
        return Response(status=404)
    letter = BANKS[identifier]["name"].removeprefix("Banque ")[0].upper()
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48">'
        f'<rect width="48" height="48" rx="12" fill="hsl({hue(identifier)},45%,38%)"/>'
        '<text x="24" y="33" font-family="sans-serif" font-size="25" fill="#fff" '
        f'text-anchor="middle">{letter}</text></svg>'
    )
    return Response(svg, mimetype="image/svg+xml")


def _outcome(form):
    if "refuse" in form:
        reason = form.get("reason", "")
        return f"id-rjct-{reason}" if reason else "id-rjct"
    return form.get("login", "")


def _total(thing):
    return sum(item["amount"] for item in thing["transactions"])


def _link(sim, texts, token):
    link = sim.store.link_by_token(token)
    if link is None:
        raise _unknown(texts)
    return link


def _attempt(sim, texts, request_id):
    attempt = sim.requests.get(request_id)
    if attempt is None:
        raise _unknown(texts)
    return attempt, sim.links[attempt["payment_link_id"]]


def _abort(sim, texts, link, step):
    try:
        url = sim.payments.abort(link, step)
    except JourneyError:
        return _closed(texts, link)
    if url:
        return redirect(url, 303)
    return message(texts, "can_close")


def _refuse(texts, link, error):
    if link["status"] != "valid":
        return _closed(texts, link)
    return message(texts, "not_possible", 400, str(error))


def _closed(texts, link):
    text = "" if link["status"] == "completed" else texts("ask_again")
    return message(texts, f"link_{link['status']}", 410, text)


def _unknown(texts):
    return HTTPException("", message(texts, "link_unknown", 404, texts("ask_again")))


def message(texts, key, status=200, text=""):
    """Return a page that says what ``key`` is, and ``text`` below."""
    return page("message.html", status, t=texts, title=texts(key), text=text)


ROUTES = [
    ("GET", "/pay-page/link/<token>", show_link),
    ("POST", "/pay-page/link/<token>/bank", choose_bank),
    ("POST", "/pay-page/link/<token>/close", close_link),
    ("GET", "/bank/<request_id>", show_bank),
    ("POST", "/bank/<request_id>", leave_bank),
    ("GET", "/pay-page/result/<request_id>", show_result),
    ("GET", "/sim/logo/<int:identifier>.svg", logo),
]
