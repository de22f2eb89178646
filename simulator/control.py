"""The operator's pages, and the HTTP API that drives the simulated world."""

from urllib.parse import urlsplit

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from .calls import ApiError, json_answer
from .clock import to_text
from .payment.banks import BANKS, DEMO_BANK
from .payment.payments import JourneyError, holder_name
from .templating import page
from .texts import Texts

SHOWN = 100


def _values(request):
    if request.is_json:
        values = request.get_json()
        if not isinstance(values, dict):
            raise ApiError(400, "invalid_request", "a JSON object is expected")
        return values
    return request.form.to_dict()


def action(handler):
    """Wrap ``(sim, values) -> JSON data``: JSON in and out, or a form and a page."""

    def wrapped(sim, request, **ids):
        # a page of another site could post a form here, but not with our origin
        origin = request.headers.get("Origin")
        if origin and urlsplit(origin).netloc != request.host:
            raise ApiError(403, "forbidden", "Foreign origin")
        try:
            data = handler(sim, {**_values(request), **ids})
        except KeyError as error:
            raise ApiError(404, "not_found", f"unknown or missing: {error}") from error
        except (JourneyError, ValueError, TypeError) as error:
            raise ApiError(400, "invalid_request", str(error)) from error
        if request.is_json:
            return json_answer(data)
        back = urlsplit(request.referrer or "/")
        return redirect(back.path or "/", 303)

    return wrapped


# -- actions ------------------------------------------------------------------


@action
def set_faults(sim, values):
    """Set knobs by name; ``clear`` first turns all off."""
    with sim.lock:
        if values.pop("clear", None):
            sim.faults.clear()
        if values.pop("form", None):
            # a box that is not ticked is not sent
            for name, _value, default, _help in sim.faults.describe():
                if isinstance(default, bool):
                    values.setdefault(name, False)
        sim.faults.set(**values)
        return sim.faults.as_dict()


@action
def advance(sim, values):
    """Put the clock forward by ``days``, ``hours``, ``minutes``, ``seconds``."""
    duration = {name: float(value) for name, value in values.items()}
    return {"now": to_text(sim.clock.advance(**duration))}


@action
def settle(sim, values):
    """Move ``link`` (or a request) to its end, or to ``end``."""
    changed = sim.settle(values["link"], values.get("end") or None)
    return {"requests": [item["id"] for item in changed]}


@action
def pay(sim, values):
    """Do what a payer does: ``link``, ``outcome``, ``bank``."""
    bank = int(values.get("bank") or DEMO_BANK)
    return {"callback": sim.pay(values["link"], values.get("outcome", "acsc"), bank)}


@action
def expire(sim, values):
    """Let ``link`` expire now."""
    return {"status": sim.expire(values["link"])["status"]}


@action
def replay(sim, values):
    """Send webhook number ``index`` again."""
    return {"index": sim.replay(int(values["index"])).index}


@action
def deliver(sim, values):
    """Deliver what is pending (``order``, ``duplicate``, ``drop`` as in Python)."""
    made = sim.deliver_pending(
        values.get("order"), values.get("duplicate", ()), values.get("drop", ())
    )
    return {"delivered": [item.index for item in made]}


@action
def test_event(sim, values):
    """Send the dashboard's test event."""
    return {"index": sim.send_test_event(values.get("client_id")).index}


@action
def webhook(sim, values):
    """Register the webhook ``url`` and ``secret`` of ``client_id``."""
    sim.set_webhook(values["url"], values.get("secret"), values.get("client_id"))
    return {"url": values["url"]}


@action
def rotate(sim, values):
    """Make ``secret`` the newest webhook secret of ``client_id``."""
    sim.rotate_webhook_secret(values["secret"], values.get("client_id"))
    return {}


@action
def application(sim, values):
    """Add an application, as :meth:`Simulator.add_application`."""
    return {"client_id": sim.add_application(**values).client_id}


# -- data ---------------------------------------------------------------------


def data(read):
    """Wrap ``(sim) -> JSON data``."""

    def wrapped(sim, request):
        with sim.lock:
            return json_answer(read(sim))

    return wrapped


def all_of(*names):
    """Return the routes of the simulator's collections with these names."""
    return [
        (
            "GET",
            f"/sim/{name.replace('_', '-')}.json",
            data(lambda sim, name=name: list(getattr(sim, name).values())),
        )
        for name in names
    ]


def _webhook(delivery):
    return {
        "index": delivery.index,
        "client_id": delivery.client_id,
        "type": delivery.type,
        "body": delivery.event,
        "state": delivery.state,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "headers": delivery.headers,
        "emitted_at": to_text(delivery.emitted_at),
    }


# -- pages --------------------------------------------------------------------


def home(sim, request):
    """Clock, links and their requests, newest first."""
    with sim.lock:
        links = sorted(sim.links.values(), key=lambda link: -link["number"])[:SHOWN]
        rows = [
            {
                "link": link,
                "url": sim.pay_url(link),
                "amount": sum(item["amount"] for item in link["transactions"]),
                "payer": holder_name(link["user"]),
                "requests": sim.store.requests_of(link)[::-1],
            }
            for link in links
        ]
        return page(
            "home.html",
            here="/",
            t=Texts(request),
            sim=sim,
            rows=rows,
            banks=BANKS,
            now=f"{sim.clock.now():%Y-%m-%d %H:%M:%S}",
        )


def faults_page(sim, request):
    """Every knob."""
    with sim.lock:
        knobs = list(sim.faults.describe())
        return page("faults.html", here="/faults", t=Texts(request), knobs=knobs)


def webhooks_page(sim, request):
    """The log of webhooks, newest first."""
    with sim.lock:
        deliveries = sim.webhooks[::-1][:SHOWN]
        applications = sim.store.applications
        return page(
            "webhooks.html",
            here="/webhooks",
            t=Texts(request),
            deliveries=deliveries,
            applications=applications,
        )


def favicon(sim, request):
    return Response(status=204)


ROUTES = [
    ("GET", "/", home),
    ("GET", "/favicon.ico", favicon),
    ("GET", "/faults", faults_page),
    ("GET", "/webhooks", webhooks_page),
    ("POST", "/sim/faults", set_faults),
    ("POST", "/sim/advance", advance),
    ("POST", "/sim/settle", settle),
    ("POST", "/sim/pay", pay),
    ("POST", "/sim/expire", expire),
    ("POST", "/sim/replay/<index>", replay),
    ("POST", "/sim/deliver", deliver),
    ("POST", "/sim/test-event", test_event),
    ("POST", "/sim/webhook", webhook),
    ("POST", "/sim/rotate", rotate),
    ("POST", "/sim/applications", application),
    ("GET", "/sim/faults", data(lambda sim: sim.faults.as_dict())),
    ("GET", "/sim/clock.json", data(lambda sim: {"now": to_text(sim.clock.now())})),
    *all_of("links", "requests"),
    ("GET", "/sim/bank-credits.json", data(lambda sim: sim.bank_credits)),
    ("GET", "/sim/webhooks.json", data(lambda sim: list(map(_webhook, sim.webhooks)))),
]
