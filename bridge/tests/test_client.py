"""What is asked of Bridge, over real HTTP on loopback: what goes wrong first."""

import socket
from datetime import datetime, timedelta, timezone

import pytest

from bridge import BridgeError, BridgeUnreachable
from bridge.client import LINKS, PROVIDERS, REQUESTS

from .conftest import CREATED, IBAN, PAY_PAGE, UNREACHABLE, calls, create, link

# -- creation: no answer is not a refusal ------------------------------------


@pytest.mark.parametrize("failure", [*UNREACHABLE, 502, 503, 504])
def test_create_finds_the_link_whose_answer_was_lost(server, hasty, failure):
    if isinstance(failure, int):
        server.answer(failure, b"<html>Bad gateway</html>")
    else:
        getattr(server, failure)()
    server.page(link(2), next_uri=f"{LINKS}?after=x")
    server.page(link(1))
    assert create(hasty) == CREATED
    assert calls(server) == [("POST", LINKS), ("GET", LINKS), ("GET", LINKS)]
    # the clocks of the two sides may differ
    assert server.received[1].query["since"] == "2026-11-02T08:50:00.000Z"


@pytest.mark.parametrize("failure", UNREACHABLE)
def test_create_is_repeated_once_when_the_link_is_absent(server, hasty, failure):
    getattr(server, failure)()
    server.page(link(2))
    server.answer(body=CREATED)
    assert create(hasty) == CREATED
    assert [method for method, _path in calls(server)] == ["POST", "GET", "POST"]
    assert server.received[0].body == server.received[2].body


@pytest.mark.parametrize("useless", ["revoked", "expired", "completed"])
def test_create_does_not_take_a_link_that_nobody_can_use(server, client, useless):
    server.hang_up()
    server.page(link(1, status=useless))
    server.answer(body={"id": "link-new", "url": PAY_PAGE})
    assert create(client)["id"] == "link-new"


def test_create_is_never_made_a_third_time(server, client):
    server.hang_up()
    server.page()
    server.hang_up()
    server.page()
    with pytest.raises(BridgeUnreachable) as caught:
        create(client)
    assert caught.value.code == "connection_error" and caught.value.is_temporary
    assert len(server.received) == 4


def test_create_finds_the_link_of_its_second_attempt(server, client):
    server.hang_up()
    server.page()
    server.answer(504)
    server.page(link(1))
    assert create(client) == CREATED
    assert len(server.received) == 4


@pytest.mark.parametrize("status", [400, 401, 500])
def test_create_is_not_repeated_when_the_list_cannot_be_read(server, client, status):
    server.hang_up()
    server.answer(status)
    with pytest.raises(BridgeUnreachable) as caught:
        create(client)
    assert caught.value.__cause__.status == status
    assert calls(server) == [("POST", LINKS), ("GET", LINKS)]


def test_create_is_not_repeated_on_a_half_read_list(server, make_client):
    server.hang_up()
    server.page(link(2), next_uri=f"{LINKS}?after=x")
    server.answer(500)
    with pytest.raises(BridgeUnreachable):
        create(make_client())
    assert len(server.received) == 3


def test_create_is_not_repeated_without_time_for_an_answer(server, make_client, time):
    client = make_client(timeout=(1, 5), max_elapsed=5.4)
    server.hang_up()
    server.page()
    with pytest.raises(BridgeUnreachable):
        create(client)
    assert len(server.received) == 2
    assert time.elapsed == 0.5


@pytest.mark.parametrize("status", [400, 401, 403, 409, 415, 422, 429, 500])
def test_create_takes_an_answer_for_an_answer(server, client, status):
    server.answer(status, {"code": "no", "message": "No"}, Retry_After="1")
    with pytest.raises(BridgeError) as caught:
        create(client)
    assert (caught.value.status, caught.value.code) == (status, "no")
    assert calls(server) == [("POST", LINKS)]


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"id": "link-1"}', b"null"])
def test_create_looks_for_the_link_after_an_odd_answer(server, client, body):
    server.answer(200, body)
    server.page(link(1))
    assert create(client) == CREATED


def test_create_looks_for_the_link_after_half_an_answer(server, client):
    server.break_off()
    server.page(link(1))
    assert create(client) == CREATED


def test_create_repeats_at_once_what_never_left(make_client, time):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(BridgeUnreachable) as caught:
            create(make_client(base_url=address))
    assert caught.value.maybe_received is False
    assert caught.value.code == "connection_error"
    # nothing to look for: no read, hence none of the waits between reads
    assert time.slept == [0.5, 0.5]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/link/x", "", None, 5])
def test_create_gives_no_odd_address_to_a_payer(server, client, url):
    server.answer(body={"id": "link-1", "url": url})
    server.page(link(1, link=url))
    with pytest.raises(BridgeError) as caught:
        create(client)
    assert caught.value.code == "unexpected_response"


@pytest.mark.parametrize("cents", [0, -5])
def test_create_asks_for_a_positive_amount(server, client, cents):
    with pytest.raises(ValueError):
        create(client, amount_cents=cents)
    assert server.received == []


def test_create_sends_what_bridge_documents(server, client):
    server.answer(body=CREATED)
    paris = timezone(timedelta(hours=1))
    result = create(
        client,
        expires_at=datetime(2026, 11, 2, 10, 15, 59, tzinfo=paris),
        callback_url="https://shop.example/return?a=b",
        country="fr",
        provider_id=574,
        beneficiary={"iban": IBAN, "company_name": "Boutique Exemple"},
    )
    assert result == CREATED
    (received,) = server.received
    assert b'"amount": 129.9,' in received.body
    assert received.json == {
        "user": {"company_name": "Boutique Exemple"},
        "client_reference": "K7X2Q48MNP-1",
        "expired_date": "2026-11-02T09:15:59Z",
        "callback_url": "https://shop.example/return?a=b",
        "country": "fr",
        "provider_id": 574,
        "transactions": [
            {
                "amount": 129.9,
                "currency": "EUR",
                "label": "K7X2Q48MNP INV-2026-00042",
                "end_to_end_id": "K7X2Q48MNP",
                "client_reference": "K7X2Q48MNP-1",
                "beneficiary": {"iban": IBAN, "company_name": "Boutique Exemple"},
            }
        ],
    }
    assert received.headers["Content-Type"] == "application/json"


def test_create_leaves_nulls_out(server, client):
    server.answer(body=CREATED)
    create(client)
    assert b"null" not in server.received[0].body
    assert set(server.received[0].json) == {
        "user",
        "client_reference",
        "expired_date",
        "transactions",
    }


def test_filters_of_links(server, client):
    server.page()
    list(
        client.list_payment_links(
            since=datetime(2026, 9, 21, 22),
            until="2026-09-22T22:00:00.000Z",
            status=["valid", "completed"],
        )
    )
    assert server.received[0].query == {
        "limit": "500",
        "since": "2026-09-21T22:00:00.000Z",
        "until": "2026-09-22T22:00:00.000Z",
        "status": "valid,completed",
    }


def test_filters_of_requests(server, client):
    server.page({"id": "r1"})
    records = client.list_payment_requests(payment_link_id="l&1", status="ACSC")
    assert list(records) == [{"id": "r1"}]
    assert server.received[0].path == REQUESTS
    assert server.received[0].query == {
        "limit": "500",
        "payment_link_id": "l&1",
        "status": "ACSC",
    }


def test_filters_of_providers(server, client):
    server.page({"id": 574})
    filters = {
        "country_code": "FR",
        "capabilities": ("single_payment",),
        "segment": None,
    }
    assert list(client.pages(PROVIDERS, filters)) == [[{"id": 574}]]
    assert server.received[0].path == PROVIDERS
    assert server.received[0].query == {
        "limit": "500",
        "country_code": "FR",
        "capabilities": "single_payment",
    }


# -- single records and revocation ---------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        "",
        None,
        True,
        ".",
        "..",
        "../providers",
        "a/b",
        "a?b",
        "a#b",
        "a%2Fb",
        "é",
        "a b",
    ]
    + ["x" * 101, "a\n", b"x", 1.5, {}, "-\\x"],
)
@pytest.mark.parametrize(
    "method", ["read_payment_link", "read_provider", "revoke_payment_link"]
)
def test_ids_that_are_none(server, client, method, bad):
    with pytest.raises(BridgeError) as caught:
        getattr(client, method)(bad)
    assert caught.value.code == "invalid_id"
    assert server.received == []


def test_paths_of_records(server, client):
    server.answer(body=link(id="2b6f0c7e-5a51"))
    server.answer(body={"id": "9f41_x"})
    assert client.read_payment_link("2b6f0c7e-5a51") == link(id="2b6f0c7e-5a51")
    assert client.read_provider("9f41_x") == {"id": "9f41_x"}
    assert calls(server) == [
        ("GET", f"{LINKS}/2b6f0c7e-5a51"),
        ("GET", f"{PROVIDERS}/9f41_x"),
    ]


@pytest.mark.parametrize("method", ["read_payment_link", "revoke_payment_link"])
def test_unknown_link(server, client, method):
    server.answer(404)
    with pytest.raises(BridgeError) as caught:
        getattr(client, method)("nope")
    assert caught.value.status == 404
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503])
def test_revocation_that_may_not_have_happened(server, client, status):
    server.answer(status)
    with pytest.raises(BridgeError) as caught:
        client.revoke_payment_link("link-1")
    assert caught.value.status == status
    assert len(server.received) == 1


def test_revocation_without_answer(server, hasty):
    server.never_answer()
    with pytest.raises(BridgeUnreachable):
        hasty.revoke_payment_link("link-1")
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [400, 409, 410, 422])
@pytest.mark.parametrize(
    "link_status, unusable",
    [("revoked", 1), ("expired", 1), ("completed", 1), ("valid", 0), ("odd", 0)],
)
def test_revocation_refused(server, client, status, link_status, unusable):
    server.answer(status)
    server.answer(body=link(1, status=link_status))
    assert client.revoke_payment_link("link-1") is bool(unusable)


@pytest.mark.parametrize(
    "status, body", [(200, {}), (200, None), (204, None), (202, [])]
)
def test_revocation(server, client, status, body):
    server.answer(status, body)
    assert client.revoke_payment_link("link-1") is True
    assert calls(server) == [("POST", f"{LINKS}/link-1/revoke")]
