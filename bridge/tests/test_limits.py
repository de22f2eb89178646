"""Answers that drip, swell or break off, over real sockets: a call has one time, and an
answer one size."""

import functools
import gzip
import time
import tracemalloc
import warnings
import zlib

import pytest
from urllib3.exceptions import InsecureRequestWarning

from bridge import BridgeError, BridgeUnreachable
from bridge.exchange import MAX_ANSWER
from bridge.transport import Budget

from .conftest import create, link, trusting

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG = HEAD + b"Content-Length: 100000\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
# A real clock: drips of a twentieth of a second, answers within half a second.
SECONDS = 0.5
PAUSE = 0.05


def drip(first, again):
    """Return what sends ``first``, then ``again`` for ever, a little at a time."""

    def serve(connection):
        connection.recv(65536)
        connection.sendall(first)
        while True:
            for byte in again:
                connection.sendall(bytes([byte]))
                time.sleep(PAUSE)

    return serve


def flood(first, again):
    """Return what sends ``first``, then ``again`` for ever, as fast as it goes."""

    def serve(connection):
        connection.recv(65536)
        connection.sendall(first)
        while True:
            connection.sendall(again)

    return serve


def say(answer):
    """Return what sends one answer and hangs up."""

    def serve(connection):
        connection.recv(65536)
        connection.sendall(answer)

    return serve


DRIPS = {
    "status line": drip(b"HTTP/1.1 200 ", b"OK"),
    "header": drip(HEAD + b"X-Long: ", b"x"),
    "headers": drip(HEAD, b"X: y\r\n"),
    "go on": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": drip(LONG, b" "),
    "chunks": drip(CHUNKED, b"1\r\n \r\n"),
    "size of a chunk": drip(CHUNKED, b"0"),
    "body of an error": drip(b"HTTP/1.1 400 No\r\nContent-Length: 999\r\n\r\n", b" "),
}


@pytest.fixture
def impatient(make_listener, make_client):
    """Return a function that makes a client of what ``serve`` serves, in real time."""

    def make(serve, **options):
        return make_client(
            **{
                "base_url": make_listener(serve, "http"),
                "timeout": (SECONDS, SECONDS),
                "sleep": time.sleep,
                "clock": time.monotonic,
                "attempts": 1,
                "max_elapsed": 60,
                **options,
            }
        )

    return make


def elapsed(call, code):
    """Return how long a call that fails with ``code`` lasts, and its error."""
    started = time.monotonic()
    with pytest.raises(BridgeError) as caught:
        call()
    assert caught.value.code == code
    return time.monotonic() - started, caught.value


@pytest.mark.parametrize("where", DRIPS)
def test_a_drip_ends_in_time(impatient, where):
    client = impatient(DRIPS[where])
    seconds, error = elapsed(lambda: client.read_payment_link("x"), "timeout")
    assert seconds < SECONDS + 0.4
    assert isinstance(error, BridgeUnreachable) and error.is_temporary


@pytest.mark.parametrize("where", ["headers", "body"])
def test_repeats_share_the_time(impatient, where):
    client = impatient(DRIPS[where], attempts=50, max_elapsed=1, timeout=0.4)
    seconds, _error = elapsed(lambda: client.read_payment_link("x"), "timeout")
    assert seconds < 1.4


def test_calls_share_a_budget(impatient):
    client = impatient(DRIPS["body"], timeout=5, budget=Budget(SECONDS))

    def call():
        client.read_payment_link("x")

    first, error = elapsed(call, "timeout")
    assert error.maybe_received
    second, error = elapsed(call, "timeout")
    assert not error.maybe_received, "nothing is sent without time for an answer"
    assert first + second < SECONDS + 0.4


def test_a_creation_that_drips_may_have_happened(impatient):
    client = impatient(DRIPS["body"], max_elapsed=SECONDS)
    seconds, error = elapsed(lambda: create(client), "timeout")
    assert error.maybe_received
    assert seconds < SECONDS + 1


def test_a_drip_over_tls_ends_in_time(impatient, make_listener, untrusted_tls):
    def serve(connection):
        with untrusted_tls.wrap_socket(connection, server_side=True) as secure:
            DRIPS["headers"](secure)

    client = trusting(impatient(None, base_url=make_listener(serve)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)
        seconds, _error = elapsed(lambda: client.read_payment_link("x"), "timeout")
    assert seconds < SECONDS + 0.6


def test_a_connection_has_its_whole_time_again(server, make_client):
    def slowly(handler):
        connections.append(handler.connection)
        handler.protocol_version = "HTTP/1.1"
        time.sleep(0.3)
        handler.reply(200, b'{"id": "x"}')
        handler.close_connection = False

    connections = []
    server.steps += [slowly] * 3
    client = make_client(timeout=SECONDS, attempts=1)
    for _again in range(3):
        assert client.read_provider("x") == {"id": "x"}
    assert len(set(connections)) == 1


# -- size ------------------------------------------------------------------------


@functools.cache
def bomb(megabytes):
    """Return so many megabytes of spaces, packed."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b" " * 2**20) for _megabyte in range(megabytes)]
    return b"".join([*parts, packer.flush()])


@pytest.mark.parametrize("status", [200, 302, 400, 503])
def test_a_bomb_is_not_unpacked(server, make_client, status):
    server.answer(status, bomb(64), Content_Encoding="gzip", Location="/x")
    tracemalloc.start()
    try:
        with pytest.raises(BridgeError) as caught:
            make_client(attempts=1).read_payment_link("x")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code == "answer_too_large"
    assert not caught.value.is_temporary and caught.value.maybe_received
    assert peak < 8 * MAX_ANSWER


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate", "zstd", "x"])
def test_nothing_is_unpacked_but_gzip_once(server, make_client, encoding):
    packed = gzip.compress(gzip.compress(b'{"id": "x"}'))
    server.answer(200, packed, Content_Encoding=encoding)
    with pytest.raises(BridgeUnreachable):
        make_client(attempts=1).read_provider("x")


def test_a_packed_answer_is_read(server, client):
    server.answer(200, gzip.compress(b'{"id": "x"}'), Content_Encoding="gzip")
    assert client.read_provider("x") == {"id": "x"}
    assert server.received[0].headers["Accept-Encoding"] == "gzip"


FLOODS = {
    "chunks without end": flood(CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"),
    "size of a chunk": flood(CHUNKED, b"0" * 4096),
    "body without end": flood(HEAD + b"\r\n", b" " * 4096),
    "more than the size said": flood(
        HEAD + b"Content-Length: 999999999999\r\n\r\n", b" " * 4096
    ),
}


@pytest.mark.parametrize("where", FLOODS)
def test_a_flood_is_cut(impatient, where):
    client = impatient(FLOODS[where], timeout=20)
    elapsed(lambda: client.read_payment_link("x"), "answer_too_large")


@pytest.mark.parametrize("line", [b"X: y\r\n", b"x" * 4096])
def test_headers_without_end_are_cut(impatient, line):
    client = impatient(flood(HEAD, line), timeout=20)
    elapsed(lambda: client.read_payment_link("x"), "connection_error")


def test_a_creation_whose_answer_is_too_large_is_looked_for(server, client):
    server.answer(200, b" " * (MAX_ANSWER + 1))
    server.page(link(1))
    assert create(client)["id"] == "link-1"
    assert [call.method for call in server.received] == ["POST", "GET"]


def test_the_largest_answer_is_read(server, client):
    body = b'{"id": "x"}'
    server.answer(200, body + b" " * (MAX_ANSWER - 1000))
    assert client.read_provider("x") == {"id": "x"}


# -- cut -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer, code",
    [
        (b"", "connection_error"),
        (b"HTTP/1.1 200 OK\r\nConte", "unexpected_response"),
        (LONG + b'{"id": "x"', "unexpected_response"),
        (CHUNKED + b'b\r\n{"id": "x"', "connection_error"),
        (CHUNKED + b"zz\r\n", "connection_error"),
        (HEAD + b"Content-Length: 3, 4\r\n\r\n{}", "connection_error"),
        (HEAD + b"Content-Length: -5\r\n\r\n", "unexpected_response"),
        (b"\x00\xff" * 100 + b"\r\n\r\n", "connection_error"),
        (b"HTTP/1.1 302 x\r\nLocation: http://[::1\r\n\r\n", "unexpected_redirect"),
        (b"HTTP/1.1 204 x\r\n\r\n", "unexpected_response"),
    ],
)
def test_an_answer_cut_half_way(impatient, answer, code):
    client = impatient(say(answer))
    elapsed(lambda: client.read_provider("x"), code)
