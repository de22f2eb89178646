"""The guide's configuration of nginx: nginx runs it, and it does what is said of it."""

import datetime
import http.client
import re
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ..paths import ROOT
from ..setup import system

MAIN = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{snippet}
}}
"""
WEBHOOK = "/payment/bridge/webhook/1"


def snippet(lang):
    text = (ROOT / "docs" / lang / "proxy.md").read_text(encoding="utf-8")
    [code] = re.findall(r"^```nginx\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return code


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def make_certificate(folder):
    """Write a certificate of its own for the guide's host, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "pay.example.com")])
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "pay.example.com.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "pay.example.com.key").write_bytes(
        key.private_bytes(
            pem,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


class Odoo(ThreadingHTTPServer):
    """What stands where Odoo does: it notes what it gets."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        self.connections = 0

    def get_request(self):
        self.connections += 1
        return super().get_request()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.server.requests.append((self.path, self.headers, self.rfile.read(length)))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *args):
        """Be silent."""


class Proxy:
    def __init__(self, folder, port, odoo):
        self.folder, self.port, self.odoo = folder, port, odoo

    def connect(self):
        context = ssl.create_default_context(cafile=self.folder / "pay.example.com.pem")
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(raw, server_hostname="pay.example.com")

    def ask(self, method, path, body=None, headers=(), chunked=False):
        connection = http.client.HTTPConnection("pay.example.com")
        connection.sock = self.connect()
        try:
            connection.request(
                method, path, body, dict(headers), encode_chunked=chunked
            )
            return connection.getresponse().status
        finally:
            connection.close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory):
    """nginx as the guide configures it, in front of a small server."""
    system.ensure("nginx")
    folder = tmp_path_factory.mktemp("nginx")
    make_certificate(folder)
    odoo = Odoo()
    threading.Thread(target=odoo.serve_forever, daemon=True).start()
    port = free_port()
    code = snippet("en")
    for ours, theirs in (
        ("127.0.0.1:8069", f"127.0.0.1:{odoo.server_port}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
    ):
        assert ours in code
        code = code.replace(ours, theirs)
    configuration = folder / "nginx.conf"
    configuration.write_text(MAIN.format(folder=folder, snippet=code))
    folder.chmod(0o755)
    words = [system.which("nginx"), "-p", folder, "-c", configuration, "-e", "stderr"]
    environment = system.environment()
    checked = subprocess.run(
        [*words, "-t"], env=environment, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stderr
    server = subprocess.Popen(words, env=environment)
    try:
        deadline = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert server.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        yield Proxy(folder, port, odoo)
    finally:
        server.terminate()
        server.wait()
        odoo.shutdown()
        odoo.server_close()


def test_both_languages_show_the_same():
    assert snippet("en") == snippet("fr")


def test_webhook_arrives_as_it_was_signed(proxy):
    body = b'{"type": "TEST_EVENT", "content": {"a": "\xc3\xa9"}}'
    headers = {"BridgeApi-Signature": "v1=ABC", "Content-Type": "application/json"}
    assert proxy.ask("POST", WEBHOOK, body, headers) == 200
    path, received, content = proxy.odoo.requests[-1]
    assert (path, content) == (WEBHOOK, body)
    assert received["BridgeApi-Signature"] == "v1=ABC"
    assert received["X-Forwarded-Proto"] == "https"
    assert received["X-Forwarded-Host"] == received["Host"] == "pay.example.com"


def test_nobody_chooses_their_own_address(proxy):
    forged = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "evil.example"}
    assert proxy.ask("POST", WEBHOOK, b"{}", forged) == 200
    _path, received, _body = proxy.odoo.requests[-1]
    assert received.get_all("X-Forwarded-For") == ["127.0.0.1"]
    assert received.get_all("X-Forwarded-Host") == ["pay.example.com"]


@pytest.mark.parametrize("path", [WEBHOOK, "/pay/abc/bank"])
@pytest.mark.parametrize("chunked", [False, True])
def test_what_is_too_large_stays_outside(proxy, path, chunked):
    before = proxy.odoo.connections
    size = 64 * 1024 + 1
    body, headers = b"x" * size, {}
    if chunked:
        body, headers = iter([body]), {"Transfer-Encoding": "chunked"}
    assert proxy.ask("POST", path, body, headers, chunked=chunked) == 413
    assert proxy.odoo.connections == before


def test_whoever_sends_slowly_waits_outside(proxy):
    before = proxy.odoo.connections
    with proxy.connect() as sock:
        head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: pay.example.com\r\n"
        sock.sendall(f"{head}Content-Length: 100\r\n\r\nhalf".encode())
        time.sleep(0.5)
        assert proxy.odoo.connections == before
    assert proxy.ask("POST", WEBHOOK, b"{}") == 200


def test_who_asks_too_often_waits_and_bridge_does_not(proxy):
    answers = [proxy.ask("GET", "/pay/abc") for _i in range(80)]
    assert answers[0] == 200
    assert set(answers) == {200, 429}
    assert {proxy.ask("POST", WEBHOOK, b"{}") for _i in range(80)} == {200}


def test_no_token_is_in_a_log(proxy):
    for _i in range(80):
        proxy.ask("GET", "/pay/abcdefghjkmnpqrstuvw")
    logs = "".join(path.read_text() for path in proxy.folder.glob("*.log"))
    assert WEBHOOK in logs
    assert "abcdefghjkmnpqrstuvw" not in logs
