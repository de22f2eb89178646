"""The transport against real HTTP on loopback: what goes wrong comes first."""

import logging
import re
import warnings
from datetime import datetime, timezone
from email.utils import format_datetime

import pytest
from urllib3.exceptions import InsecureRequestWarning

from bridge import BridgeClient, BridgeError, BridgeUnreachable
from bridge.client import LINKS
from bridge.transport import BASE_URL

from .conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    IBAN,
    UNREACHABLE,
    create,
    link,
    trusting,
)

# -- reads are repeated, within limits ----------------------------------------


@pytest.mark.parametrize("failure", [*UNREACHABLE, 429, 502, 503, 504])
def test_reads_are_repeated(server, hasty, time, failure):
    for _ in range(2):
        if isinstance(failure, int):
            server.answer(failure)
        else:
            getattr(server, failure)()
    server.answer(body=link())
    assert hasty.read_payment_link("link-1") == link()
    assert time.slept == [0.5, 1.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 500, 501])
def test_reads_are_not_repeated_after_an_answer(server, client, status):
    server.answer(status)
    with pytest.raises(BridgeError) as caught:
        client.read_payment_link("link-1")
    assert caught.value.status == status
    assert len(server.received) == 1


def test_reads_are_repeated_a_limited_number_of_times(server, make_client, time):
    for _ in range(6):
        server.answer(503)
    with pytest.raises(BridgeError) as caught:
        make_client(attempts=6, max_elapsed=1000).read_payment_link("link-1")
    assert caught.value.status == 503
    assert len(server.received) == 6
    assert time.slept == [0.5, 1.0, 2.0, 4.0, 8.0]


def test_waits_do_not_grow_for_ever_and_are_jittered(server, make_client, time):
    for _ in range(9):
        server.answer(503)
    jitter = iter([0.0, 0.5, 0.25, 1.0, 0.5, 0.0, 1.0, 0.1])
    client = make_client(attempts=9, max_elapsed=1e6, jitter=lambda: next(jitter))
    with pytest.raises(BridgeError):
        client.read_payment_link("link-1")
    assert time.slept == [0, 0.5, 0.5, 4, 4, 0, 8, 0.8]


def test_reads_are_not_repeated_past_the_time_limit(server, make_client, time):
    for _ in range(10):
        server.answer(503)
    with pytest.raises(BridgeError):
        make_client(attempts=10, max_elapsed=4).read_payment_link("link-1")
    assert time.slept == [0.5, 1.0, 2.0]
    assert len(server.received) == 4


def test_time_outs_are_cut_to_the_time_left(server, make_client):
    server.never_answer()
    # would wait five seconds otherwise
    with pytest.raises(BridgeUnreachable) as caught:
        make_client(timeout=5, max_elapsed=0.1).read_payment_link("link-1")
    assert caught.value.code == "timeout"


@pytest.mark.parametrize(
    "value, waited",
    [
        ("3", 3),
        ("0", 0),
        (" 2 ", 2),
        (format_datetime(datetime(2026, 11, 2, 9, 0, 7, tzinfo=timezone.utc)), 7),
        (format_datetime(datetime(2026, 11, 2, 9, 0, 7), usegmt=False), 7),
        (format_datetime(datetime(2020, 1, 1, tzinfo=timezone.utc)), 0),
        ("-3", 0.5),
        ("nan", 0.5),
        ("1e9", 0.5),
        ("²", 0.5),
        ("soon", 0.5),
        ("", 0.5),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(server, client, time, status, value, waited):
    server.answer(status, Retry_After=value.encode().decode("latin-1"))
    server.answer(body=link())
    assert client.read_payment_link("link-1")
    assert time.slept == [waited]


@pytest.mark.parametrize(
    "value",
    ["31", "9" * 400, "Sun, 01 Nov 2099 09:00:00 GMT", "Sun, 01 Nov 2099 09:00"],
)
def test_who_must_wait_too_long_is_told_at_once(server, client, time, value):
    server.answer(429, {"code": "too_many", "message": "Slow down"}, Retry_After=value)
    with pytest.raises(BridgeError) as caught:
        client.read_payment_link("link-1")
    assert caught.value.is_temporary and caught.value.retry_after >= 31
    assert time.slept == [] and len(server.received) == 1


def test_real_time_is_used_by_default(server):
    server.answer(503, Retry_After="0")
    server.answer(body=link())
    with BridgeClient(CLIENT_ID, CLIENT_SECRET, base_url=server.url) as client:
        assert client.read_payment_link("link-1") == link()


# -- answers of an unexpected shape -------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b"3",
        b"<html>",
        b"\xff\xfe\xfa",
        b'{"id": ""}',
    ]
    + [b'{"id": null}', b'[{"id": 1}]', b"[" * 100_000, b'{"id": "x"'],
)
@pytest.mark.parametrize("method", ["read_payment_link", "read_provider"])
def test_a_record_of_another_shape(server, client, method, body):
    server.answer(200, body)
    with pytest.raises(BridgeError) as caught:
        getattr(client, method)("x")
    assert caught.value.code == "unexpected_response"
    assert not caught.value.is_temporary


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        "x",
        {"resources": None},
        {"resources": {}},
        {"resources": ["x"]},
        {"resources": [{}]},
        {"resources": [], "pagination": ["x"]},
        {"resources": [], "pagination": {"next_uri": 5}},
        {"resources": [], "pagination": {"next_uri": {"x": 1}}},
    ],
)
def test_a_list_of_another_shape(server, client, body):
    server.answer(200, body)
    with pytest.raises(BridgeError) as caught:
        list(client.list_payment_links())
    assert caught.value.code == "unexpected_response"


@pytest.mark.parametrize("status", [400, 404, 500])
@pytest.mark.parametrize(
    "body", [b"", b"<html>secret page</html>", b"\xff", b"[", b"1"]
)
def test_an_error_without_readable_body(server, client, status, body):
    server.answer(status, body)
    with pytest.raises(BridgeError) as caught:
        client.read_payment_link("x")
    assert (caught.value.status, caught.value.code) == (status, f"http_{status}")
    assert "html" not in str(caught.value)


def test_an_answer_that_cannot_be_decompressed(server, client):
    for _ in range(4):
        server.answer(200, b"not gzip", Content_Encoding="gzip")
    with pytest.raises(BridgeUnreachable):
        client.read_payment_link("x")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_redirections_are_not_followed(server, client, status, method):
    server.answer(status, Location=f"{server.url}/elsewhere")
    with pytest.raises(BridgeError) as caught:
        if method == "GET":
            client.read_payment_link("x")
        else:
            create(client)
    assert caught.value.code == "unexpected_redirect"
    assert len(server.received) == 1


def test_all_faults_are_told(server, client):
    faults = [
        {"code": "a", "property": "transactions[0].amount", "message": "Too much"},
        {"code": "b", "property": "user.name", "message": "Too long"},
    ]
    server.answer(400, {"errors": faults})
    with pytest.raises(BridgeError) as caught:
        create(client)
    assert [fault.property for fault in caught.value.faults] == [
        "transactions[0].amount",
        "user.name",
    ]


# -- credentials and private data stay where they belong ----------------------


def test_headers(server, client):
    server.answer(body=link())
    client.read_payment_link("link-1")
    headers = server.received[0].headers
    assert headers["Bridge-Version"] == "2025-01-15"
    assert headers["Client-Id"] == CLIENT_ID
    assert headers["Client-Secret"] == CLIENT_SECRET
    assert "Authorization" not in headers and "Content-Type" not in headers


def test_a_netrc_is_not_used(server, client, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer(body=link())
    client.read_payment_link("link-1")
    assert "Authorization" not in server.received[0].headers


def test_wrong_credentials(server, client):
    body = {
        "code": "invalid_client_credentials",
        "message": "client_id and client_secret are invalid",
    }
    server.answer(401, body)
    with pytest.raises(BridgeError) as caught:
        client.check_credentials()
    assert caught.value.status == 401
    assert caught.value.code == "invalid_client_credentials"
    assert not caught.value.is_temporary


@pytest.mark.parametrize("bad", ["", None, " ", "a\r\nX-Evil: 1", "é", "a b", "\x00"])
def test_malformed_credentials_are_wrong_and_stay_here(server, bad):
    for pair in ((bad, CLIENT_SECRET), (CLIENT_ID, bad)):
        with BridgeClient(*pair, base_url=server.url) as client:
            with pytest.raises(BridgeError) as caught:
                client.check_credentials()
        assert caught.value.status == 401
        assert caught.value.code == "invalid_client_credentials"
        assert not bad or not bad.strip() or bad not in str(caught.value)
    assert server.received == []


def test_pasted_spaces_do_not_count(server):
    server.page()
    with BridgeClient(f" {CLIENT_ID}\n", f"{CLIENT_SECRET} ", base_url=server.url) as c:
        assert c.check_credentials() is None
    assert server.received[0].headers["Client-Secret"] == CLIENT_SECRET
    assert server.received[0].target == f"{LINKS}?limit=1"


def test_another_server_is_not_taken_for_bridge(server, client):
    server.answer(200, b"<html>Welcome</html>")
    with pytest.raises(BridgeError):
        client.check_credentials()


def test_nothing_private_is_logged_or_shown(server, client, caplog):
    caplog.set_level(logging.DEBUG)
    server.answer(400, {"code": "x", "message": f"{CLIENT_SECRET} and {IBAN}\nline"})
    with pytest.raises(BridgeError) as caught:
        create(client, beneficiary={"iban": IBAN, "company_name": "Lina Martin"})
    error = caught.value
    shown = "".join(
        [caplog.text, str(error), repr(error), repr(vars(error)), repr(client)]
    )
    for private in (CLIENT_SECRET, IBAN, IBAN[4:-3], "Lina", "\nline"):
        assert private not in shown


def test_calls_are_logged(server, client, caplog):
    caplog.set_level(logging.INFO, "bridge.transport")
    server.page(next_uri=f"{LINKS}?after=secret-cursor")
    server.answer(404)
    with pytest.raises(BridgeError):
        list(client.list_payment_links())
    first, second = (record.getMessage() for record in caplog.records)
    assert re.fullmatch(rf"GET {LINKS} -> 200 in \d+ ms", first)
    assert re.fullmatch(rf"GET {LINKS} -> 404 in \d+ ms", second)


def test_lost_calls_are_logged(server, hasty, caplog):
    caplog.set_level(logging.INFO, "bridge.transport")
    server.never_answer()
    server.page(link(1))
    create(hasty)
    assert caplog.records[0].getMessage().startswith(f"POST {LINKS} -> timeout in ")


@pytest.mark.parametrize(
    "url",
    [
        "",
        None,
        "api.bridgeapi.io",
        "ftp://api.bridgeapi.io",
        "http://api.bridgeapi.io",
        "http://127.0.0.1.evil.example",
        "https://",
        "https://user:pass@api.bridgeapi.io",
        "https://api.bridgeapi.io/v3",
        "https://api.bridgeapi.io?x=1",
        "https://api.bridgeapi.io#x",
        "https://[::1",
        "https://api.bridgeapi.io:port",
    ],
)
def test_unsafe_addresses(url):
    with pytest.raises(ValueError):
        BridgeClient(CLIENT_ID, CLIENT_SECRET, base_url=url)


@pytest.mark.parametrize(
    "url",
    [BASE_URL, BASE_URL + "/", "http://localhost:8070", "http://[::1]:8070"],
)
def test_safe_addresses(url):
    assert BridgeClient(CLIENT_ID, CLIENT_SECRET, base_url=url)


def test_a_bad_certificate_needs_a_person(
    make_listener, make_client, untrusted_tls, time
):
    url = make_listener(lambda c: untrusted_tls.wrap_socket(c, server_side=True))
    with pytest.raises(BridgeUnreachable) as caught:
        create(make_client(base_url=url))
    assert caught.value.code == "tls_error"
    assert not caught.value.is_temporary
    assert not caught.value.maybe_received
    assert time.slept == []


def test_a_tls_connection_lost_after_the_request(
    make_listener, make_client, untrusted_tls
):
    received = []

    def serve(connection):
        with untrusted_tls.wrap_socket(connection, server_side=True) as secure:
            received.append(secure.recv(4096))

    client = trusting(make_client(base_url=make_listener(serve)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureRequestWarning)
        with pytest.raises(BridgeUnreachable) as caught:
            create(client)
    assert received[0].startswith(b"POST ") and received[-1].startswith(b"GET ")
    assert caught.value.maybe_received and caught.value.is_temporary


def test_a_server_that_speaks_no_tls(make_listener, make_client):
    def serve(connection):
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    with pytest.raises(BridgeUnreachable) as caught:
        make_client(base_url=make_listener(serve)).read_payment_link("x")
    assert caught.value.code == "connection_error"


# -- lists ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "next_uri",
    [
        "https://evil.example/v3/payment/payment-links",
        "https://127.0.0.1/v3/payment/payment-links",
        "http://127.0.0.1:1/v3/payment/payment-links",
        "http://user@127.0.0.1/v3",
        "//evil.example/v3/payment/payment-links",
        "///evil.example/",
        "@evil.example/v3",
        ".evil.example/v3",
        ":1@evil.example/",
        "?after=x",
        "v3/payment/payment-links",
        "/v3 /x",
        "/v3\r\nX-Evil: 1",
        "http://[::1",
        "http://127.0.0.1:port/v3",
        "javascript:alert(1)",
    ],
)
def test_credentials_go_nowhere_else(server, client, next_uri):
    server.page(link(1), next_uri=next_uri)
    records = client.list_payment_links()
    assert next(records) == link(1)
    with pytest.raises(BridgeError) as caught:
        next(records)
    assert caught.value.code == "unexpected_response"
    assert len(server.received) == 1


def test_pages_that_go_round_in_circles(server, client):
    for number in range(10):
        server.page(link(number), next_uri=f"{LINKS}?after={number % 2}")
    with pytest.raises(BridgeError) as caught:
        list(client.list_payment_links())
    assert caught.value.code == "unexpected_response"
    assert len(server.received) == 3


def test_a_list_without_end_is_given_up(server, client, monkeypatch):
    monkeypatch.setattr("bridge.transport.MAX_PAGES", 3)
    for number in range(10):
        server.page(link(number), next_uri=f"{LINKS}?after={number}")
    with pytest.raises(BridgeError) as caught:
        list(client.list_payment_links())
    assert caught.value.code == "unexpected_response"
    assert len(server.received) == 4


def test_all_pages_are_read(server, client):
    server.page(link(1), link(2), next_uri=f"{LINKS}?after=a%2Bb&limit=2")
    server.page(next_uri=f"{server.url}{LINKS}?after=c")  # empty, yet not the last
    server.answer(body={"resources": [link(3)], "pagination": {"next_uri": None}})
    assert [record["id"] for record in client.list_payment_links(limit=2)] == [
        "link-1",
        "link-2",
        "link-3",
    ]
    assert [received.target for received in server.received] == [
        f"{LINKS}?limit=2",
        f"{LINKS}?after=a%2Bb&limit=2",
        f"{LINKS}?after=c",
    ]


def test_a_list_without_pagination(server, client):
    server.answer(body={"resources": [link(1)]})
    assert list(client.list_payment_links()) == [link(1)]


def test_pages_are_read_when_needed(server, client):
    server.page(link(1), next_uri=f"{LINKS}?after=a")
    records = client.list_payment_links()
    assert server.received == []
    next(records)
    assert len(server.received) == 1


def test_a_page_is_read_again_not_the_list(server, client):
    server.page(link(1), next_uri=f"{LINKS}?after=a")
    server.answer(503)
    server.page(link(2))
    assert [r["id"] for r in client.list_payment_links()] == ["link-1", "link-2"]
    assert len(server.received) == 3
