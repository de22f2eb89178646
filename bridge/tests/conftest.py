"""A scripted HTTP server on loopback, and a clock that only moves when told."""

import datetime
import json
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import settings

from bridge import BridgeClient

# a busy machine is no failure, and nothing is written into the checkout
settings.register_profile("bridge", deadline=None, database=None)
settings.load_profile("bridge")

CLIENT_ID = "app-id-1"
CLIENT_SECRET = "s3cr3t-of-the-app"


@dataclass
class Received:
    """One request as it reached the server."""

    method: str
    target: str
    headers: dict
    body: bytes

    @property
    def path(self):
        return urlsplit(self.target).path

    @property
    def query(self):
        return {k: v[0] for k, v in parse_qs(urlsplit(self.target).query).items()}

    @property
    def json(self):
        return json.loads(self.body)


class ScriptedServer(ThreadingHTTPServer):
    """Answers each request with the next step of a script; records all requests.

    A step is a function that is given the request handler.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.received = []
        self.steps = []
        self.closing = threading.Event()

    def handle_error(self, request, client_address):
        """A client that hangs up early is part of the play."""

    # -- steps --------------------------------------------------------------

    def answer(self, status=200, body=None, **headers):
        """Add an answer; ``body`` is bytes, or what becomes JSON."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {name.replace("_", "-"): value for name, value in headers.items()}

        def step(handler):
            handler.reply(status, body or b"", headers)

        self.steps.append(step)

    def never_answer(self):
        """Keep the connection open without a word until the test ends."""
        self.steps.append(lambda handler: self.closing.wait(5))

    def hang_up(self):
        """Close the connection without an answer."""
        self.steps.append(lambda handler: None)

    def break_off(self, body=b'{"id": "l'):
        """Promise more than what is sent, then close the connection."""

        def step(handler):
            handler.reply(200, body, {"Content-Length": str(len(body) + 100)})

        self.steps.append(step)

    def page(self, *records, next_uri=None):
        """Add an answer that is a page of a list."""
        pagination = {"next_uri": next_uri} if next_uri else {}
        self.answer(body={"resources": list(records), "pagination": pagination})


class _Handler(BaseHTTPRequestHandler):
    def _play(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.received.append(
            Received(self.command, self.path, dict(self.headers), body)
        )
        number = len(self.server.received)
        if number > len(self.server.steps):
            self.reply(500, b'{"code": "unscripted", "message": "not in the script"}')
        else:
            self.server.steps[number - 1](self)

    do_GET = do_POST = do_DELETE = _play

    def reply(self, status, body, headers=()):
        self.send_response(status)
        headers = {"Content-Length": str(len(body)), **dict(headers)}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Tests read ``received`` instead of a log."""


class FakeTime:
    """Time that passes only in ``sleep``, which returns at once."""

    def __init__(self):
        self.elapsed = 0.0
        self.slept = []
        self.start = datetime.datetime(2026, 11, 2, 9, tzinfo=datetime.timezone.utc)

    def clock(self):
        return self.elapsed

    def now(self):
        return self.start + datetime.timedelta(seconds=self.elapsed)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.elapsed += seconds


@pytest.fixture
def server():
    server = ScriptedServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.005,))
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def time():
    return FakeTime()


@pytest.fixture
def make_client(server, time):
    """Return a function that makes a client of the server, with the fake time."""
    clients = []

    def make(**options):
        defaults = {
            "base_url": server.url,
            "timeout": (1, 5),
            "sleep": time.sleep,
            "clock": time.clock,
            "now": time.now,
            "jitter": lambda: 1.0,
        }
        client = BridgeClient(CLIENT_ID, CLIENT_SECRET, **{**defaults, **options})
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def client(make_client):
    return make_client()


IBAN = "FR7630006000011234567890189"
PAY_PAGE = "https://pay.bridgeapi.io/link/opaque"
CREATED = {"id": "link-1", "url": PAY_PAGE}
UNREACHABLE = ("never_answer", "hang_up")


def create(client, **changes):
    values = {
        "amount_cents": 12990,
        "currency": "EUR",
        "label": "K7X2Q48MNP INV-2026-00042",
        "end_to_end_id": "K7X2Q48MNP",
        "client_reference": "K7X2Q48MNP-1",
        "user": {"company_name": "Boutique Exemple"},
        "expires_at": datetime.datetime(2026, 11, 2, 9, 15),
        **changes,
    }
    return client.create_payment_link(**values)


def link(number=1, **members):
    return {
        "id": f"link-{number}",
        "status": "valid",
        "client_reference": f"K7X2Q48MNP-{number}",
        "link": PAY_PAGE,
        "transactions": [{"amount": 129.9, "currency": "EUR"}],
        **members,
    }


def calls(server):
    return [(received.method, received.path) for received in server.received]


@pytest.fixture
def hasty(make_client):
    """A client that gives up soon; its fake time does not pass while it waits."""
    return make_client(timeout=(1, 0.25))


@pytest.fixture
def make_listener():
    """Return a function that serves connections with ``serve`` and says where."""
    running = []

    def make(serve, scheme="https"):
        listener = socket.create_server(("127.0.0.1", 0))

        def accept():
            while True:
                try:
                    connection, _address = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        running.append((listener, thread))
        return f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"

    yield make
    for listener, thread in running:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.fixture
def untrusted_tls(tmp_path):
    """A TLS context of a server, with a certificate that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    both = tmp_path / "server.pem"
    both.write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(pem)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context


def trusting(client):
    """Return the client, which from now on trusts any certificate."""
    client._session.trust_env = False  # else REQUESTS_CA_BUNDLE wins over verify
    client._session.verify = False
    return client
