"""What strangers send is small, comes soon, and holds nothing up."""

import resource
import socket
import time
from contextlib import contextmanager, suppress
from unittest.mock import patch

from odoo import http
from odoo.tests import HOST, tagged
from odoo.tools import mute_logger

from ...bridge import signature
from ...controllers import body as public_body
from ..common.event_case import EventCase
from ..common.page_case import PageCase
from ..common.payment_request import WEBHOOK_SECRET

CONTROLLER_LOGGER = "odoo.addons.account_payment_request.controllers.transfer.bridge"
BODY = b'{"type": "TEST_EVENT"}'


@tagged("post_install", "-at_install")
class TestWebhookBody(EventCase, PageCase):
    def setUp(self):
        super().setUp()
        self.address = f"/payment/bridge/webhook/{self.bridge.id}"
        # How often a request got as far as Odoo, which opens a cursor first.
        self.served = []
        serve = http.Request._serve_db

        def serve_db(request):
            self.served.append(request.httprequest.path)
            return serve(request)

        self.startPatcher(patch.object(http.Request, "_serve_db", serve_db))

    @contextmanager
    def connection(self, *headers, path=None):
        """Yield a socket over which the head of a POST was sent."""
        self.env.flush_all()
        self.env.cr.clear()
        lines = [f"POST {path or self.address} HTTP/1.1", f"Host: {HOST}", *headers]
        with (
            self.allow_requests(all_requests=True),
            socket.create_connection((HOST, self.http_port()), timeout=30) as sock,
        ):
            sock.sendall("\r\n".join([*lines, "", ""]).encode())
            yield sock
        self.env.invalidate_all()

    def answer(self, sock):
        """Return the status that is answered, once the connection is closed."""
        answer = b""
        while part := sock.recv(4096):
            answer += part
        return int(answer.split()[1])

    def send(self, body, *headers, path=None, length=True):
        """Send a body at once; return the status."""
        if length:
            headers = (*headers, f"Content-Length: {len(body)}")
        with self.connection(*headers, path=path) as sock:
            sock.sendall(body)
            return self.answer(sock)

    def signed(self, body=BODY):
        return f"BridgeApi-Signature: {signature.header(body, WEBHOOK_SECRET)}"

    def test_whatever_its_content_type_says_a_signed_body_is_stored(self):
        types = (
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/plain; charset=utf-16",
        )
        for number, name in enumerate(types):
            body = b'{"a=b&c": %d}' % number
            with self.subTest(name):
                status = self.send(body, self.signed(body), f"Content-Type: {name}")
                self.assertEqual(status, 200)
        self.assertEqual(len(self.events()), len(types))

    def test_chunks_are_read_to_their_end(self):
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
        headers = (self.signed(), "Transfer-Encoding: chunked")
        self.assertEqual(self.send(chunks, *headers, length=False), 200)
        self.assertEqual(self.events().body.encode(), BODY)

    def test_too_much_is_refused_before_odoo_hears_of_it(self):
        big = b"x" * (public_body.MAX_BODY + 1)
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(big), big)
        for path in (
            self.address,
            f"/fr{self.address}",
            "//payment//bridge/return",
            "/pay/abc/bank",
            "/en/pay/abc/bank",
        ):
            with self.subTest(path):
                self.assertEqual(self.send(big, path=path), 413)
                headers = ("Transfer-Encoding: chunked",)
                status = self.send(chunked, *headers, path=path, length=False)
                self.assertEqual(status, 413)
        self.assertFalse(self.served)

    def test_what_is_exactly_as_large_as_allowed_is_read(self):
        body = b"x" * public_body.MAX_BODY
        self.assertEqual(self.send(body, self.signed(body)), 200)
        chunked = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        headers = (self.signed(body), "Transfer-Encoding: chunked")
        self.assertEqual(self.send(chunked, *headers, length=False), 200)

    def test_endless_body_takes_no_memory(self):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        for endless in (chunk, b"0" * 0x10000):
            with self.connection("Transfer-Encoding: chunked") as sock:
                # It is told to stop before it has sent its 100 MB.
                with suppress(OSError):
                    for _i in range(1600):
                        sock.sendall(endless)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        self.assertLess(grown, 60 * 1024)
        self.assertFalse(self.served)

    def test_malformed_lengths_are_refused(self):
        for header in (
            "Content-Length: -1",
            "Content-Length: many",
            "Content-Length: 99999999999999999999",
        ):
            with self.subTest(header), self.connection(header) as sock:
                self.assertIn(self.answer(sock), (400, 413))
        with self.connection("Transfer-Encoding: chunked") as sock:
            sock.sendall(b"nonsense\r\n")
            self.assertEqual(self.answer(sock), 400)
        self.assertFalse(self.served)

    def test_who_sends_nothing_holds_no_database_connection_and_is_let_go(self):
        self.startPatcher(patch.object(public_body, "MAX_SECONDS", 1))
        begin = time.monotonic()
        for header, status in (
            ("Content-Length: 100", 408),
            ("Transfer-Encoding: chunked", 400),
        ):
            with self.subTest(header), self.connection(header) as sock:
                self.assertEqual(self.answer(sock), status)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertFalse(self.served)

    def test_who_sends_a_byte_now_and_then_is_let_go(self):
        self.startPatcher(patch.object(public_body, "MAX_SECONDS", 1))
        begin = time.monotonic()
        with self.connection("Content-Length: 1000") as sock:
            # Closed by the other side, which is what is wanted.
            with suppress(OSError):
                while time.monotonic() - begin < 5:
                    sock.sendall(b"x")
                    sock.settimeout(0.1)
                    try:
                        if not sock.recv(4096):
                            break
                    except TimeoutError:
                        continue
        self.assertLess(time.monotonic() - begin, 3)
        self.assertFalse(self.served)

    def test_without_a_body_nothing_is_awaited(self):
        with mute_logger(CONTROLLER_LOGGER):
            self.assertEqual(self.send(b"", length=False), 401)
        request = self.create_request()
        self.assertEqual(self.open(request).status_code, 200)

    def test_other_addresses_are_left_as_they_are(self):
        environ = {"PATH_INFO": "/web/login", "CONTENT_LENGTH": "many"}
        public_body.read_body(environ)
        self.assertEqual(environ, {"PATH_INFO": "/web/login", "CONTENT_LENGTH": "many"})
