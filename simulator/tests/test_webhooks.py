"""Envelopes, signatures, delivery and retries, over real HTTP where it matters."""

import hashlib
import hmac
import json
import threading

from simulator import Clock, Simulator

from .conftest import START, Api, Receiver, told


def signature(body, secret):
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().upper()


def test_envelopes(sim, api, receiver):
    link_id = api.create()
    sim.pay(link_id, "rjct-am18")
    sim.pay(link_id, "acsc")
    events = [json.loads(body) for _path, body, _headers in receiver.received]
    assert len(events) == 7
    ids = {
        "payment_link_id": link_id,
        "payment_request_id": list(sim.requests)[0],
        "payment_transaction_id": list(sim.requests.values())[0]["transactions"][0][
            "id"
        ],
        "client_reference": "inv-42",
        "end_to_end_id": "K7XQ4M2PRT",
    }
    timestamp = int(START.timestamp() * 1000)
    assert events[0] == {
        "type": "payment.transaction.created",
        "timestamp": timestamp,
        "content": ids,
    }
    assert events[2] == {
        "type": "payment.transaction.updated",
        "timestamp": timestamp,
        "content": {**ids, "status": "RJCT", "status_reason": "AM18"},
    }
    assert events[6] == {
        "type": "payment.link.updated",
        "timestamp": timestamp,
        "content": {
            "payment_link_id": link_id,
            "payment_link_status": "completed",
            "payment_link_client_reference": "inv-42",
            "payment_status": "initiated_in_success",
        },
    }


def test_optional_members_are_left_out(sim, api, receiver):
    bare = {"amount": 5, "currency": "EUR"}
    sim.pay(api.create(transactions=[bare], client_reference=None), "rjct")
    for _path, body, _headers in receiver.received:
        content = json.loads(body)["content"]
        assert not {"client_reference", "end_to_end_id", "status_reason"} & set(content)


def test_signature_of_the_bytes_sent(sim, api, receiver):
    sim.pay(api.create())
    for path, body, headers in receiver.received:
        assert path == "/hook"
        assert headers["Content-Type"] == "application/json"
        assert headers["BridgeApi-Signature"] == signature(body, "sim-webhook")


def test_two_secrets_for_24_hours(sim, api, receiver):
    sim.rotate_webhook_secret("second")
    sim.rotate_webhook_secret("third")
    link_id = api.create(expired_date="2026-12-01T00:00:00Z")
    sim.pay(link_id, "leave")
    _path, body, headers = receiver.received[0]
    expected = f"{signature(body, 'third')},{signature(body, 'second')}"
    assert headers["BridgeApi-Signature"] == expected
    sim.clock.advance(hours=24)
    sim.pay(link_id, "leave")
    _path, body, headers = receiver.received[-1]
    assert headers["BridgeApi-Signature"] == signature(body, "third")


def test_events_go_to_their_own_application(sim, receiver):
    other = Receiver()
    sim.add_application("other", "secret-2", other.url, ["hook-2"])
    sim.pay(Api(sim, "other", "secret-2").create())
    assert not receiver.received
    assert len(other.received) == 4
    _path, body, headers = other.received[0]
    assert headers["BridgeApi-Signature"] == signature(body, "hook-2")
    other.close()


def test_test_event(sim, receiver):
    delivery = sim.send_test_event()
    assert delivery.event["timestamp"] == int(START.timestamp())
    assert json.loads(receiver.received[0][1])["type"] == "TEST_EVENT"


def test_no_address_no_delivery(sim, api):
    sim.pay(api.create())
    assert {x.state for x in sim.webhooks} == {"unregistered"}
    assert {x.attempts for x in sim.webhooks} == {0}


def test_retries_back_off_until_answered(sim, api, receiver):
    receiver.answers = [500, 204, 302]
    delivery = sim.send_test_event()
    assert (delivery.attempts, delivery.status, delivery.state) == (1, 500, "pending")
    sim.clock.advance(seconds=9)
    assert delivery.attempts == 1
    sim.clock.advance(seconds=3)
    assert (delivery.attempts, delivery.status) == (2, 204)
    sim.clock.advance(seconds=15)
    assert delivery.attempts == 2
    sim.clock.advance(minutes=5)
    assert (delivery.attempts, delivery.state) == (4, "delivered")
    assert len({body for _path, body, _headers in receiver.received}) == 1
    assert sim.next_due() is None


def test_given_up_after_two_days(sim, api):
    receiver = Receiver()
    sim.set_webhook(receiver.url)
    receiver.close()
    delivery = sim.send_test_event()
    assert delivery.status is None
    sim.clock.advance(days=1)
    assert delivery.state == "pending"
    sim.clock.advance(days=2)
    assert delivery.state == "given_up"
    assert 10 < delivery.attempts < 20


def test_events_of_http_calls_leave_by_themselves(sim, api, receiver):
    link_id = api.create()
    api.post(f"/v3/payment/payment-links/{link_id}/revoke")
    assert sim.wait(lambda: sim.webhooks and sim.webhooks[0].state == "delivered")
    assert len(receiver.received) == 1


def test_receiver_may_call_the_api_meanwhile(sim, api):
    """What every client does: go and read when told."""
    link_id = api.create()
    seen = []

    def deliver(url, body, headers):
        seen.append(api.link(link_id)["status"])
        return 200

    sim.outbox.transport = deliver
    sim.set_webhook("http://127.0.0.1:1/")
    sim.pay(link_id)
    assert seen[-1] == "completed"


def test_own_transport_runs_in_the_callers_thread():
    calls = []

    def deliver(url, body, headers):
        calls.append((url, json.loads(body)["type"], threading.current_thread()))
        return 200

    with Simulator(clock=Clock(start=START), deliver=deliver) as sim:
        api = Api(sim)
        link_id = api.create()
        api.post(f"/v3/payment/payment-links/{link_id}/revoke")
        assert not calls
        sim.run_due()
        assert calls == [("", "payment.link.updated", threading.current_thread())]
        sim.pay(api.create(), "pdng-acsc")
        assert len(calls) == 5
        # the control API answers from its own thread: nothing may leave there
        api.post("/sim/advance", {"hours": 1})
        assert len(calls) == 5
        sim.run_due()
        assert len(calls) == 6
        assert {thread for _url, _type, thread in calls} == {threading.current_thread()}


def test_manual_delivery():
    received = []

    def deliver(url, body, headers):
        received.append(json.loads(body)["content"].get("status"))
        return 200

    with Simulator(clock=Clock(start=START), deliver="manual") as sim:
        sim.outbox.transport = deliver
        sim.pay(Api(sim).create(), "acsc")
        assert len(sim.pending) == 4 and not received
        sim.clock.advance(days=3)
        assert not received
        made = sim.deliver_pending(order=[2, 1], duplicate=[2])
        assert received == ["ACSC", "ACSC", "ACTC"]
        assert len(made) == 3
        assert [x.type for x in sim.pending] == [
            "payment.transaction.created",
            "payment.link.updated",
        ]
        sim.deliver_pending(order="reversed", drop=[1])
        assert sim.pending == []
        assert sim.webhooks[3].state == "dropped"
        sim.replay(2)
        sim.deliver_pending(transport=lambda *_: 503)
        assert sim.pending[0].status == 503
        sim.deliver_pending()
        assert received[-1] == "ACSC" and not sim.pending


def test_replay_sends_the_same_bytes(sim, api, receiver):
    sim.pay(api.create())
    again = sim.replay(0)
    assert again.state == "delivered"
    assert receiver.received[-1][1] == receiver.received[0][1]
    assert told(sim)[-1] == told(sim)[0]
