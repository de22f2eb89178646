"""A hostile server: each knob does its harm, on payments and on bank feeds alike."""

import gzip
import io
import json
import random
import socket
import time
from urllib.parse import urlsplit

import pytest
import requests

from simulator import hostile

LINKS = "/v3/payment/payment-links"
ACCOUNTS = "/v3/aggregation/accounts"


@pytest.fixture(params=[LINKS, ACCOUNTS])
def ask(request, sim, connected):
    """Make a call, of payments and then of bank feeds, and return its answer."""

    def ask(**options):
        options = {"timeout": 5, "headers": connected.headers, **options}
        return requests.get(sim.url + request.param, **options)

    assert ask().status_code == 200
    return ask


def test_silence(sim, ask):
    sim.faults.set(silence=1)
    with pytest.raises(requests.ReadTimeout):
        ask(timeout=0.2)
    assert ask().status_code == 200


def test_silence_ends(sim, ask, monkeypatch):
    monkeypatch.setattr(hostile, "SILENCE_SECONDS", 0.1)
    sim.faults.set(silence=1)
    with pytest.raises(requests.ConnectionError):
        ask()


def test_silence_does_nothing_else(sim, api):
    sim.faults.set(silence=1)
    with pytest.raises(requests.ReadTimeout):
        requests.post(sim.url + LINKS, json={}, headers=api.headers, timeout=0.2)
    assert not sim.links


def test_silence_does_not_end_with_a_body_that_comes_late(sim):
    sim.faults.set(silence=1)
    with ask_raw(sim, "POST", "Content-Length: 2") as connection:
        time.sleep(0.1)
        connection.sendall(b"{}")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_silence_holds_nobody_up(sim, ask):
    sim.faults.set(silence=1)
    with ask_raw(sim):
        deadline = time.monotonic() + 5
        while sim.faults.silence and time.monotonic() < deadline:
            time.sleep(0.01)
        assert ask().status_code == 200


def test_redirect(sim, ask):
    sim.faults.set(redirect=1)
    answer = ask(allow_redirects=False)
    assert answer.status_code == 307
    there, here = urlsplit(answer.headers["Location"]), urlsplit(answer.url)
    assert (there.path, there.port) == (here.path, here.port)
    assert there.hostname != here.hostname
    assert ask(allow_redirects=False).status_code == 200


def test_drip_headers(sim, ask):
    sim.faults.set(drip_headers=1, drip_pause=0.05)
    # each byte comes in time: no time-out of a single read ever ends it
    with ask_raw(sim) as connection:
        assert b"".join(connection.recv(1) for _byte in range(12)) == b"HTTP/1.1 200"
    assert ask().status_code == 200


def ask_raw(sim, method="GET", *headers):
    """Return a connection on which the head of a call was sent."""
    address = urlsplit(sim.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=1)
    lines = [f"{method} {LINKS} HTTP/1.1", "Host: x", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    return connection


def test_drip_body(sim, ask):
    right = ask().content
    sim.faults.set(drip_body=1, drip_pause=0.001)
    answer = ask(stream=True)
    assert next(answer.iter_content(1)) == right[:1]
    assert right[:1] + answer.raw.read() == right


def test_drip_takes_its_time(sim, ask):
    sim.faults.set(drip_body=1, drip_pause=0.05)
    started = time.monotonic()
    answer = ask(stream=True, timeout=0.5)
    for _byte in range(20):
        next(answer.iter_content(1))
    assert time.monotonic() - started >= 0.8
    answer.close()


def test_bomb(sim, ask):
    right = ask().content
    sim.faults.set(bomb=1)
    answer = ask(stream=True)
    assert answer.headers["Content-Encoding"] == "gzip"
    packed = answer.raw.read(decode_content=False)
    assert len(packed) < 1 << 20
    with gzip.open(io.BytesIO(packed)) as unpacked:
        size = 0
        while part := unpacked.read(16 << 20):
            size, last = size + len(part), part
    assert size > 200 << 20
    assert last.endswith(right)
    assert ask().content == right


def test_wrong_shape(sim, ask):
    right = ask().content
    sim.chance.seed(1)
    sim.faults.set(wrong_shape=30)
    assert all(ask().content != right for _answer in range(30))
    assert ask().content == right


BODY = json.dumps(
    {
        "id": "link-1",
        "link": "https://pay.example/x",
        "transactions": [{"amount": 12.5, "label": "A", "beneficiary": {"iban": "X"}}],
    }
).encode()


def test_every_wrong_shape_is_wrong():
    wrong = {hostile.misshapen(BODY, random.Random(n)) for n in range(2000)}
    assert BODY not in wrong
    text = b"\n".join(wrong)
    for sign in (b"null", b"\\u0000", b"1e999999", b"NaN", b"elsewhere", b"[[[[[["):
        assert sign in text
    assert any(b"9" * 5000 in body for body in wrong)
    assert any(b"link-1" in body and b"amount" not in body for body in wrong)


def test_wrong_shapes_come_again_by_their_seed():
    first, again = (
        [hostile.misshapen(BODY, chance) for _n in range(50)]
        for chance in (random.Random(3), random.Random(3))
    )
    # The same generator goes on: what comes is never the same twice in a row.
    assert first == again
    assert len(set(first)) > 20


def test_nothing_that_a_client_could_believe():
    """An amount is never another amount, a status never another status."""
    for n in range(2000):
        body = hostile.misshapen(BODY, random.Random(n))
        try:
            data = json.loads(body.replace(b"9" * 5000, b"9" * 50))
        except (ValueError, RecursionError):
            continue
        if not isinstance(data, dict) or not isinstance(data.get("transactions"), list):
            continue
        for item in data["transactions"]:
            amount = item.get("amount") if isinstance(item, dict) else None
            if isinstance(amount, (int, float)) and not isinstance(amount, bool):
                assert amount == 12.5 or amount != amount or amount > 1e40
