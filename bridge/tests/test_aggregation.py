"""Account information: who may ask, what is sent, what comes back."""

import datetime
import logging

import pytest

from bridge import Aggregation, BridgeError, BridgeUnreachable
from bridge.aggregation import (
    ACCOUNTS,
    CONNECT_SESSIONS,
    ITEMS,
    TOKEN,
    TRANSACTIONS,
    USERS,
)

from .conftest import CLIENT_ID, CLIENT_SECRET

BEARER = "tok3n-of-the-user"
GRANTED = {
    "access_token": BEARER,
    "expires_at": "2026-11-02T11:00:00.000Z",
    "user": {"uuid": "7d1a", "external_user_id": "org_12"},
}
SESSION = {"id": "s-1", "url": "https://connect.bridgeapi.io/session/opaque"}
LIMITED = {"code": "too_many_requests", "message": "Slow down"}


def transaction(number, **members):
    return {"id": number, "amount": 129.9, "date": "2026-11-03", **members}


@pytest.fixture
def aggregation(client):
    return Aggregation(client, BEARER)


# -- user and token -----------------------------------------------------------


def test_user(server, client):
    server.answer(201, {"uuid": "7d1a", "external_user_id": "org_12"})
    assert Aggregation(client).create_user("org_12")["uuid"] == "7d1a"
    (call,) = server.received
    assert (call.method, call.path) == ("POST", USERS)
    assert call.json == {"external_user_id": "org_12"}
    assert "Authorization" not in call.headers


def test_user_that_exists(server, client):
    server.answer(409, {"code": "conflict", "message": "exists"})
    with pytest.raises(BridgeError) as caught:
        Aggregation(client).create_user("org_12")
    assert caught.value.status == 409 and not caught.value.is_temporary
    assert len(server.received) == 1


@pytest.mark.parametrize("failure", ["hang_up", 503])
def test_user_is_never_created_twice(server, client, failure):
    server.answer(failure) if isinstance(failure, int) else server.hang_up()
    with pytest.raises(BridgeError) as caught:
        Aggregation(client).create_user("org_12")
    assert caught.value.is_temporary
    assert len(server.received) == 1


@pytest.mark.parametrize("bad", ["", None, 12, "a b", "é", "x" * 129, "org_12\n"])
def test_external_ids_that_are_none(server, client, bad):
    aggregation = Aggregation(client)
    with pytest.raises(BridgeError) as caught:
        aggregation.create_user(bad)
    assert caught.value.code == "invalid_id"
    if bad is not None:
        with pytest.raises(BridgeError):
            aggregation.authorize(external_user_id=bad)
    assert server.received == []


@pytest.mark.parametrize("who", [{"user_uuid": "7d1a"}, {"external_user_id": "org_12"}])
def test_token(server, client, who):
    server.answer(body=GRANTED)
    assert Aggregation(client).authorize(**who) == GRANTED
    (call,) = server.received
    assert (call.method, call.path, call.json) == ("POST", TOKEN, who)
    assert call.headers["Client-Id"] == CLIENT_ID


@pytest.mark.parametrize("who", [{}, {"user_uuid": "a", "external_user_id": "b"}])
def test_token_of_one_user(server, client, who):
    with pytest.raises(TypeError):
        Aggregation(client).authorize(**who)
    assert server.received == []


def test_token_is_asked_again_when_its_answer_is_lost(server, client):
    server.hang_up()
    server.answer(body=GRANTED)
    assert Aggregation(client).authorize(user_uuid="7d1a") == GRANTED


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"access_token": 5, "user": {"uuid": "a"}}]
    + [{"access_token": "x"}, {"access_token": "x", "user": {}}],
)
def test_token_in_no_known_shape(server, client, body):
    server.answer(body=body)
    with pytest.raises(BridgeError) as caught:
        Aggregation(client).authorize(user_uuid="7d1a")
    assert caught.value.code == "unexpected_response"


# -- who asks -----------------------------------------------------------------


def test_both_credentials_go_with_every_call(server, aggregation):
    server.page({"id": 501})
    server.answer(body={"id": 501, "status": 0})
    server.answer(204)
    server.page({"id": 9001})
    server.answer(body={"id": 9001})
    server.page(transaction(1))
    server.answer(201, SESSION)
    list(aggregation.list_items())
    aggregation.read_item(501)
    aggregation.delete_item(501)
    list(aggregation.list_accounts())
    aggregation.read_account("9001")
    list(aggregation.transaction_pages(9001))
    aggregation.create_connect_session(user_email="a@b.example")
    assert [(call.method, call.path) for call in server.received] == [
        ("GET", ITEMS),
        ("GET", f"{ITEMS}/501"),
        ("DELETE", f"{ITEMS}/501"),
        ("GET", ACCOUNTS),
        ("GET", f"{ACCOUNTS}/9001"),
        ("GET", TRANSACTIONS),
        ("POST", CONNECT_SESSIONS),
    ]
    for call in server.received:
        assert call.headers["Authorization"] == f"Bearer {BEARER}"
        assert call.headers["Client-Secret"] == CLIENT_SECRET


@pytest.mark.parametrize("token", [None, "", "two words", "line\r\nX-Evil: 1"])
def test_without_token_nothing_is_sent(server, client, token):
    aggregation = Aggregation(client, token)
    with pytest.raises(BridgeError) as caught:
        list(aggregation.list_items())
    assert (caught.value.status, caught.value.code) == (401, "invalid_token")
    with pytest.raises(BridgeError):
        aggregation.create_connect_session(user_email="a@b.example")
    assert server.received == []


def test_a_token_that_died_is_told_at_once(server, aggregation):
    server.answer(401, {"code": "unauthorized", "message": "token expired"})
    with pytest.raises(BridgeError) as caught:
        aggregation.read_item(501)
    assert caught.value.status == 401
    assert len(server.received) == 1


def test_a_token_that_died_is_replaced_once(server, client):
    renewed = []

    def renew():
        renewed.append(f"{BEARER}-{len(renewed)}")
        return renewed[-1]

    died = {"code": "unauthorized", "message": "token expired"}
    server.answer(401, died)
    server.page({"id": 501}, next_uri=f"{ITEMS}?after=501")
    server.page({"id": 502})
    aggregation = Aggregation(client, BEARER, renew)
    assert [item["id"] for item in aggregation.list_items()] == [501, 502]
    server.answer(401, died)
    with pytest.raises(BridgeError) as caught:
        aggregation.read_item(501)
    assert caught.value.status == 401
    used = [call.headers["Authorization"] for call in server.received]
    assert used == [f"Bearer {BEARER}", *[f"Bearer {BEARER}-0"] * 3]
    assert len(renewed) == 1


def test_the_token_is_nowhere_to_be_read(server, client, caplog):
    caplog.set_level(logging.DEBUG)
    aggregation = Aggregation(client, BEARER)
    server.answer(403, {"code": BEARER, "message": f"{BEARER} is not allowed"})
    with pytest.raises(BridgeError) as caught:
        aggregation.read_account(9001)
    shown = caplog.text + repr(vars(caught.value)) + repr(aggregation)
    assert "***" in str(caught.value)
    assert BEARER not in shown and CLIENT_SECRET not in shown


# -- connecting ---------------------------------------------------------------


def test_connect_session(server, aggregation):
    server.answer(201, SESSION)
    answer = aggregation.create_connect_session(
        user_email="camille@boutique.example",
        callback_url="https://shop.example/bank/connected?x=1",
        context="9f-12",
        country_code="FR",
        provider_id=574,
        item_id=501,
        force_reauthentication=True,
        account_types="payment",
    )
    assert answer == SESSION
    assert server.received[0].json == {
        "user_email": "camille@boutique.example",
        "callback_url": "https://shop.example/bank/connected?x=1",
        "context": "9f-12",
        "country_code": "FR",
        "provider_id": 574,
        "item_id": 501,
        "force_reauthentication": True,
        "account_types": "payment",
    }


def test_connect_session_without_options(server, aggregation):
    server.answer(201, SESSION)
    aggregation.create_connect_session(user_email="a@b.example")
    assert server.received[0].json == {"user_email": "a@b.example"}


@pytest.mark.parametrize("context", ["a_b", "a b", "é", "x" * 101])
def test_context_that_would_not_travel(server, aggregation, context):
    with pytest.raises(ValueError):
        aggregation.create_connect_session(user_email="a@b.example", context=context)
    assert server.received == []


@pytest.mark.parametrize("url", [None, 5, "javascript:alert(1)", "/relative"])
def test_connect_page_that_is_none(server, aggregation, url):
    server.answer(201, {"id": "s-1", "url": url})
    with pytest.raises(BridgeError) as caught:
        aggregation.create_connect_session(user_email="a@b.example")
    assert caught.value.code == "unexpected_response"


@pytest.mark.parametrize("status", [204, 404])
def test_a_connection_is_deleted_once(server, aggregation, status):
    server.hang_up()
    server.answer(status)
    assert aggregation.delete_item(501) is None
    assert [call.method for call in server.received] == ["DELETE", "DELETE"]


def test_a_connection_that_is_not_ours_to_delete(server, aggregation):
    server.answer(403)
    with pytest.raises(BridgeError):
        aggregation.delete_item(501)


@pytest.mark.parametrize("bad", ["", None, "../users", "1?x", True, 1.5])
@pytest.mark.parametrize("method", ["read_item", "delete_item", "read_account"])
def test_ids_that_are_none(server, aggregation, method, bad):
    with pytest.raises(BridgeError) as caught:
        getattr(aggregation, method)(bad)
    assert caught.value.code == "invalid_id"
    assert server.received == []


# -- transactions -------------------------------------------------------------


def test_pages(server, aggregation):
    server.page(transaction(3), transaction(1), next_uri=f"{TRANSACTIONS}?after=a%2Bb")
    server.page(next_uri=f"{TRANSACTIONS}?after=c")  # empty, yet not the last
    server.page(transaction(2, deleted=True))
    pages = [
        [item["id"] for item in page]
        for page in aggregation.transaction_pages(9001, limit=2)
    ]
    assert pages == [[3, 1], [], [2]]
    assert [call.target for call in server.received] == [
        f"{TRANSACTIONS}?limit=2&account_id=9001",
        f"{TRANSACTIONS}?after=a%2Bb",
        f"{TRANSACTIONS}?after=c",
    ]


def test_pages_are_read_when_needed(server, aggregation):
    server.page(transaction(1), next_uri=f"{TRANSACTIONS}?after=a")
    pages = aggregation.transaction_pages(9001)
    assert server.received == []
    next(pages)
    assert len(server.received) == 1


def test_filters(server, aggregation):
    server.page()
    east = datetime.timezone(datetime.timedelta(hours=1))
    list(
        aggregation.transaction_pages(
            9001,
            since=datetime.datetime(2026, 11, 3, 8, 12, 44, 101000, tzinfo=east),
            until="2026-11-04T00:00:00.000Z",
            min_date=datetime.date(2026, 11, 1),
            max_date="2026-11-30",
        )
    )
    assert server.received[0].query == {
        "account_id": "9001",
        "since": "2026-11-03T07:12:44.101Z",
        "until": "2026-11-04T00:00:00.000Z",
        "min_date": "2026-11-01",
        "max_date": "2026-11-30",
        "limit": "500",
    }


def test_accounts_of_one_connection(server, aggregation):
    server.page({"id": 9001}, {"id": 9002})
    assert [one["id"] for one in aggregation.list_accounts(501)] == [9001, 9002]
    assert server.received[0].query == {"limit": "500", "item_id": "501"}


def test_a_page_asked_to_wait_for_is_read_again(server, aggregation, time):
    server.page(transaction(1), next_uri=f"{TRANSACTIONS}?after=a")
    server.answer(429, LIMITED, Retry_After="7")
    server.page(transaction(2))
    pages = list(aggregation.transaction_pages(9001))
    assert [page[0]["id"] for page in pages] == [1, 2]
    assert time.slept == [7]
    assert server.received[1].target == server.received[2].target


@pytest.mark.parametrize("header, told", [({"Retry_After": "3600"}, 3600), ({}, None)])
def test_the_wait_asked_for_is_told_when_it_is_too_long(
    server, make_client, header, told
):
    server.answer(429, LIMITED, **header)
    aggregation = Aggregation(make_client(attempts=1), BEARER)
    with pytest.raises(BridgeError) as caught:
        next(aggregation.transaction_pages(9001))
    assert (caught.value.status, caught.value.retry_after) == (429, told)
    assert caught.value.is_temporary
    assert len(server.received) == 1


def test_a_page_that_is_lost_ends_the_reading_with_an_error(server, make_client):
    server.page(transaction(1), next_uri=f"{TRANSACTIONS}?after=a")
    server.hang_up()
    pages = Aggregation(make_client(attempts=1), BEARER).transaction_pages(9001)
    next(pages)
    with pytest.raises(BridgeUnreachable):
        next(pages)


@pytest.mark.parametrize(
    "next_uri", ["https://evil.example/v3/x", "//evil.example/v3", "v3/x"]
)
def test_the_token_goes_nowhere_else(server, aggregation, next_uri):
    server.page(transaction(1), next_uri=next_uri)
    pages = aggregation.transaction_pages(9001)
    next(pages)
    with pytest.raises(BridgeError) as caught:
        next(pages)
    assert caught.value.code == "unexpected_response"
    assert len(server.received) == 1


def test_pages_that_go_round_in_circles(server, aggregation):
    for number in range(6):
        server.page(
            transaction(number + 1), next_uri=f"{TRANSACTIONS}?after={number % 2}"
        )
    with pytest.raises(BridgeError) as caught:
        list(aggregation.transaction_pages(9001))
    assert caught.value.code == "unexpected_response"
    assert len(server.received) == 3


@pytest.mark.parametrize(
    "body", [None, [], {"resources": {}}, {"resources": [{"amount": 1}]}]
)
def test_a_list_that_is_none(server, aggregation, body):
    server.answer(body=body)
    with pytest.raises(BridgeError) as caught:
        list(aggregation.transaction_pages(9001))
    assert caught.value.code == "unexpected_response"
