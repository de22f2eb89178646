"""Each knob does what it says, as often as it says."""

import json
import time

import pytest
import requests

from simulator import Faults, UnknownFault

from .conftest import link_body, told
from .test_webhooks import signature

LINKS = "/v3/payment/payment-links"


def statuses(receiver):
    return [
        json.loads(body)["content"].get("status") for _, body, _ in receiver.received
    ]


def test_counting(sim):
    faults = Faults()
    faults.set(drop=2, duplicate="always", slow="0.5", mail_refused="a@b.c, d@e.f")
    assert [faults.take("drop") for _ in range(3)] == [True, True, False]
    assert [faults.take("duplicate") for _ in range(3)] == [True] * 3
    assert faults.slow == 0.5
    assert faults.mail_refused == ["a@b.c", "d@e.f"]
    faults.clear()
    assert faults == Faults()


@pytest.mark.parametrize("values", [{"nonsense": 1}, {"drop": "x"}, {"slow": [1]}])
def test_wrong_knobs_change_nothing(values):
    faults = Faults()
    with pytest.raises(UnknownFault):
        faults.set(status_500=1, **values)
    assert faults == Faults()


def test_duplicate(sim, api, receiver):
    sim.faults.set(duplicate=1)
    sim.pay(api.create(), "leave")
    assert statuses(receiver) == [None, None, "ACTC"]
    assert receiver.received[0][1] == receiver.received[1][1]


def test_reorder(sim, api, receiver):
    sim.faults.set(reorder=True)
    sim.pay(api.create(), "leave")
    assert statuses(receiver) == ["ACTC", None]


def test_reorder_of_what_http_causes(sim, api, receiver):
    sim.faults.set(reorder=True)
    url = sim.pay_url(sim.links[api.create()])
    requests.post(url + "/bank", {"provider_id": "574"}, timeout=5)
    assert sim.wait(lambda: all(x.state == "delivered" for x in sim.webhooks))
    assert statuses(receiver) == ["ACTC", None]


def test_delay(sim, api, receiver):
    sim.faults.set(delay=60)
    sim.pay(api.create(), "leave")
    assert not receiver.received
    sim.clock.advance(seconds=61)
    assert len(receiver.received) == 2


def test_drop(sim, api, receiver):
    sim.faults.set(drop=1)
    sim.pay(api.create(), "leave")
    sim.clock.advance(minutes=5)
    assert statuses(receiver) == ["ACTC"]
    assert sim.webhooks[0].state == "dropped"


def test_wrong_signature(sim, api, receiver):
    sim.faults.set(wrong_signature=1)
    sim.pay(api.create(), "leave")
    good = [
        headers["BridgeApi-Signature"] == signature(body, "sim-webhook")
        for _path, body, headers in receiver.received
    ]
    assert good == [False, True]


def test_unknown_link(sim, api, receiver):
    link_id = api.create()
    sim.faults.set(unknown_link=1)
    sim.pay(link_id, "leave")
    stranger = sim.webhooks[1]
    assert stranger.type == "payment.transaction.created"
    assert stranger.content["payment_link_id"] not in sim.links
    assert stranger.content["payment_request_id"] not in sim.requests
    assert len(receiver.received) == 3


def test_replay_old(sim, api, receiver):
    link_id = api.create()
    sim.pay(link_id, "rjct")
    sim.faults.set(replay_old=1)
    sim.pay(link_id, "acsc")
    bodies = [body for _path, body, _headers in receiver.received]
    assert bodies.count(bodies[0]) == 2
    assert len(bodies) == 8


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_failing_calls(sim, api, status):
    sim.faults.set(**{f"status_{status}": 2}, retry_after="7")
    answers = [api.get(LINKS) for _ in range(3)]
    assert [x.status_code for x in answers] == [status, status, 200]
    has_header = status in (429, 503)
    assert (answers[0].headers.get("Retry-After") == "7") == has_header
    if status == 502:
        assert answers[0].headers["Content-Type"].startswith("text/html")
    else:
        assert answers[0].json()["code"]


def test_failing_call_without_retry_after(sim, api):
    sim.faults.set(status_429=1)
    assert "Retry-After" not in api.get(LINKS).headers


def test_failing_create_creates_nothing(sim, api):
    sim.faults.set(status_503=1)
    assert api.post(LINKS, link_body()).status_code == 503
    assert not sim.links


def test_slow(sim, api):
    sim.faults.set(slow=0.2)
    with pytest.raises(requests.Timeout):
        requests.get(sim.url + LINKS, headers=api.headers, timeout=0.1)
    start = time.monotonic()
    assert api.get(LINKS).status_code == 200
    assert time.monotonic() - start >= 0.2


def test_lost_answer(sim, api):
    sim.faults.set(lost_answer=1)
    with pytest.raises(requests.ConnectionError):
        api.post(LINKS, link_body())
    assert len(sim.links) == 1
    assert api.get(LINKS).json()["resources"][0]["client_reference"] == "inv-42"
    assert api.post(LINKS, link_body()).status_code == 200


def test_wrong_amount(sim, api):
    link_id = api.create()
    sim.pay(link_id)
    sim.faults.set(wrong_amount=-0.1)
    assert api.link(link_id)["transactions"][0]["amount"] == 129.8
    assert api.requests(link_id)[0]["transactions"][0]["amount"] == 129.8
    assert sim.links[link_id]["transactions"][0]["amount"] == 129.9


def test_truncated_label(sim, api):
    sim.faults.set(truncated_label=8)
    link_id = api.create()
    sim.pay(link_id)
    sim.clock.advance(minutes=1)
    assert api.requests(link_id)[0]["transactions"][0]["label"] == "K7XQ4M2P"
    assert sim.bank_credits[0]["label"] == "VIR INST DE LINA MARTIN K7XQ4M2P"


def test_lost_callback(sim, api):
    sim.faults.set(lost_callback=1)
    assert sim.pay(api.create()) is None
    assert sim.pay(api.create()) is not None


def test_no_execution_status(sim, api):
    sim.faults.set(no_execution_status=True)
    link_id = api.create()
    sim.pay(link_id, "acsc")
    sim.clock.advance(days=3)
    assert api.requests(link_id)[0]["status"] == "PDNG"
    bank = api.get("/v3/providers/574").json()
    assert bank["payment_metadata"]["execution_status_available"] is False


@pytest.mark.parametrize("survives", [True, False])
def test_expire_at_bank(sim, api, survives):
    sim.faults.set(expire_at_bank=1, journey_survives=survives)
    link_id = api.create()
    sim.pay(link_id)
    assert api.link(link_id)["status"] == "expired"
    assert ("link.updated", "expired", None) in told(sim)
    expected = "ACSC" if survives else "RJCT"
    assert api.requests(link_id)[0]["status"] == expected
