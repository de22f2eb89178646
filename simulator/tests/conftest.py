"""What the simulator's tests share: a simulator, a client of its API, a receiver."""

import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulator import Clock, Simulator

from .feed_api import FeedApi

EMPTY_IBAN = "FR7630006000011234567890286"
# a Monday
START = datetime(2026, 11, 2, 9, 0, tzinfo=timezone.utc)


class Api:
    """A client that does nothing but HTTP."""

    def __init__(self, sim, client_id="sim-client", client_secret="sim-secret"):
        self.sim = sim
        self.headers = {
            "Bridge-Version": "2025-01-15",
            "Client-Id": client_id,
            "Client-Secret": client_secret,
        }

    def get(self, path, **query):
        return requests.get(
            self.sim.url + path, params=query, headers=self.headers, timeout=5
        )

    def post(self, path, body=None):
        return requests.post(
            self.sim.url + path, json=body, headers=self.headers, timeout=5
        )

    def create(self, **changes):
        """Create a link; ``amount`` and ``label`` go to its transaction."""
        response = self.post("/v3/payment/payment-links", link_body(**changes))
        assert response.status_code == 200, response.text
        return response.json()["id"]

    def link(self, link_id):
        return self.get(f"/v3/payment/payment-links/{link_id}").json()

    def requests(self, link_id):
        answer = self.get("/v3/payment/payment-requests", payment_link_id=link_id)
        return answer.json()["resources"]


def link_body(amount=129.9, label="K7XQ4M2PRT Facture 42", transaction=None, **changes):
    return {
        "user": {"first_name": "Lina", "last_name": "Martin"},
        "client_reference": "inv-42",
        "callback_url": "https://shop.example/retour?order=42",
        "transactions": [
            {
                "amount": amount,
                "currency": "EUR",
                "label": label,
                "end_to_end_id": "K7XQ4M2PRT",
                "client_reference": "inv-42",
                **(transaction or {}),
            }
        ],
        **changes,
    }


def query(url):
    """Return the parameters of an address, the first value of each."""
    return {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}


def told(sim):
    """Return (short type, status, reason) of every webhook emitted."""
    return [
        (
            delivery.type.removeprefix("payment."),
            delivery.content.get("status")
            or delivery.content.get("payment_link_status"),
            delivery.content.get("status_reason"),
        )
        for delivery in sim.webhooks
    ]


class Receiver:
    """An HTTP server that takes webhooks; ``answers`` are statuses, then 200."""

    def __init__(self):
        self.received = []
        self.answers = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.received.append((self.path, body, dict(self.headers)))
                status = receiver.answers.pop(0) if receiver.answers else 200
                self.send_response(status)
                self.end_headers()

            def log_message(self, format, *args):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/hook"
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(0.01,), daemon=True
        )
        self._thread.start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def clock():
    return Clock(start=START)


@pytest.fixture
def sim(clock):
    with Simulator(clock=clock) as sim:
        yield sim


@pytest.fixture
def api(sim):
    return Api(sim)


@pytest.fixture
def receiver(sim):
    receiver = Receiver()
    sim.set_webhook(receiver.url)
    yield receiver
    receiver.close()


@pytest.fixture
def feed(api):
    """A user of the account-information half, without connection yet."""
    return FeedApi(api)


@pytest.fixture
def account(sim):
    """An account at the demo bank without lines, with 1000 euros on it."""
    return sim.open_account(EMPTY_IBAN, name="Compte neuf", balance=1000)


@pytest.fixture
def connected(feed, account):
    """The same user with that account connected; ``item`` and ``account_id``."""
    feed.item = feed.connect(accounts=[account["iban"]])
    feed.account_id = feed.accounts()[0]["id"]
    return feed
