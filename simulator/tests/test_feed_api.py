"""Users, tokens, and who may read what; pages and filters of transactions."""

from datetime import timedelta

import pytest
import requests

from simulator.clock import from_text, to_text

from .conftest import START, Api
from .feed_api import FeedApi

PATHS = ("/items", "/items/576", "/accounts", "/accounts/1", "/transactions")


# -- users and tokens ---------------------------------------------------------


def test_users(feed):
    again = feed.post("/users", {"external_user_id": "org_12"})
    assert again.status_code == 409
    other = feed.post("/users", {})
    assert other.status_code == 201 and set(other.json()) == {"uuid"}
    for bad in ("", "a b", "x" * 129, 5):
        assert feed.post("/users", {"external_user_id": bad}).status_code == 400
    assert len(feed.get("/users").json()["resources"]) == 2
    assert feed.get(f"/users/{feed.uuid}").json() == {
        "uuid": feed.uuid,
        "external_user_id": "org_12",
    }


def test_token_by_either_id(feed):
    by_uuid = feed.renew()
    answer = feed.post("/authorization/token", {"external_user_id": "org_12"})
    assert answer.json()["user"] == by_uuid["user"]
    assert by_uuid["expires_at"] == "2026-11-02T11:00:00.000Z"
    assert answer.json()["access_token"] != by_uuid["access_token"]
    for body, status in [({}, 400), ({"user_uuid": "x"}, 404), ([], 400)]:
        assert feed.post("/authorization/token", body).status_code == status


def test_tokens_die_after_two_hours(sim, clock, feed):
    clock.advance(hours=1, minutes=59)
    assert feed.get("/items").status_code == 200
    clock.advance(minutes=1)
    answer = feed.get("/items")
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    feed.renew()
    assert feed.get("/items").status_code == 200
    assert len(sim.store.feed.tokens) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("bearer", [None, "", "Bearer", "Bearer nonsense", "Basic x"])
def test_wrong_tokens(feed, path, bearer):
    headers = dict(feed.api.headers)
    if bearer is not None:
        headers["Authorization"] = bearer
    url = f"{feed.sim.url}/v3/aggregation{path}"
    answer = requests.get(url, headers=headers, timeout=5)
    assert answer.status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_a_token_alone_is_not_enough(feed, path):
    url = f"{feed.sim.url}/v3/aggregation{path}"
    headers = {
        "Authorization": f"Bearer {feed.token}",
        "Bridge-Version": "2025-01-15",
    }
    answer = requests.get(url, headers=headers, timeout=5)
    assert answer.json()["code"] == "invalid_client_credentials"


def test_a_token_of_another_application(sim, feed):
    sim.add_application("other", "secret-2")
    stranger = Api(sim, "other", "secret-2")
    answer = requests.get(
        f"{sim.url}/v3/aggregation/items",
        headers={**stranger.headers, "Authorization": f"Bearer {feed.token}"},
        timeout=5,
    )
    assert answer.status_code == 401
    # nor is the user there
    body = {"user_uuid": feed.uuid}
    path = "/v3/aggregation/authorization/token"
    assert stranger.post(path, body).status_code == 404
    assert stranger.post("/v3/aggregation/users", {"external_user_id": "org_12"}).ok


def test_users_are_sealed_from_each_other(api, connected):
    other = FeedApi(api, "org_13")
    transaction = connected.sim.transfer(5)
    connected.sim.refresh()
    transaction_id = connected.sim.transaction_of(transaction)["id"]
    for path in (
        f"/items/{connected.item}",
        f"/accounts/{connected.account_id}",
        f"/transactions/{transaction_id}",
    ):
        assert connected.get(path).status_code == 200
        assert other.get(path).status_code == 404
    assert other.call("DELETE", f"/items/{connected.item}").status_code == 404
    session = {"user_email": "a@b.example", "item_id": connected.item}
    assert other.post("/connect-sessions", session).status_code == 404
    assert (other.items(), other.accounts(), other.transactions()) == ([], [], [])
    assert other.accounts(item_id=connected.item) == []
    assert other.transactions(account_id=connected.account_id) == []


def test_the_same_account_twice(api, connected, account):
    other = FeedApi(api, "org_13")
    other.connect(accounts=[account["iban"]])
    (mine,), (theirs,) = connected.accounts(), other.accounts()
    assert mine["iban"] == theirs["iban"] and mine["id"] != theirs["id"]
    api.sim.transfer(12.5, account=account["iban"])
    api.sim.refresh(connected.item)
    assert len(connected.transactions()) == 1 and other.transactions() == []


def test_token_and_call_limits(sim, feed):
    body = {"user_uuid": feed.uuid}
    answers = [feed.post("/authorization/token", body) for _ in range(10)]
    assert [x.status_code for x in answers] == [200] * 9 + [429]
    sim.user_limit.calls = 2
    assert [feed.get("/items").status_code for _ in range(3)] == [200, 200, 429]


def test_user_deleted(sim, connected):
    session = connected.session()
    answer = connected.call("DELETE", f"/users/{connected.uuid}")
    assert answer.status_code == 204
    assert not (sim.items or sim.accounts or sim.transactions or sim.users)
    assert connected.get("/items").status_code == 401
    assert requests.get(session, timeout=5).status_code == 404
    assert [x.type for x in sim.webhooks[-2:]] == ["item.deleted", "user.deleted"]


# -- shapes -------------------------------------------------------------------


def test_account_and_transaction_have_bridge_members(sim, connected, account):
    line = sim.transfer("129.90", "K7XQ4M2PRT Facture 42", payer="Lina Martin")
    sim.refresh()
    (transaction,) = connected.transactions()
    assert transaction == {
        "id": sim.transaction_of(line)["id"],
        "account_id": connected.account_id,
        "amount": 129.9,
        "currency_code": "EUR",
        "date": "2026-11-02",
        "booking_date": "2026-11-02",
        "transaction_date": "2026-11-02",
        "value_date": "2026-11-02",
        "updated_at": "2026-11-02T09:00:00.000Z",
        "clean_description": "Virement Lina Martin",
        "provider_description": "VIR SEPA DE LINA MARTIN K7XQ4M2PRT FACTURE 42",
        "operation_type": "transfer",
        "category_id": 283,
        "deleted": False,
        "future": False,
    }
    assert connected.get(f"/transactions/{transaction['id']}").json() == transaction
    (shown,) = connected.accounts(item_id=connected.item)
    assert connected.get(f"/accounts/{shown['id']}").json() == shown
    assert shown["balance"] == 1129.9 and shown["iban"] == account["iban"]
    assert shown["currency_code"] == "EUR" and shown["data_access"] == "enabled"
    (item,) = connected.items()
    assert connected.get(f"/items/{item['id']}").json() == item
    assert item["status"] == 0 and item["status_code_info"] == "ok"
    assert item["authentication_expires_at"] == to_text(START + timedelta(days=180))
    for hidden in ("client_id", "user_uuid", "ibans", "held"):
        assert hidden not in item | shown | transaction


def test_status_in_the_language_asked_for(connected):
    path = f"/items/{connected.item}"
    french = connected.call("GET", path, headers={"Accept-Language": "fr"}).json()
    assert french["status_code_description"] == "La connexion fonctionne."
    english = connected.get(path).json()
    assert english["status_code_description"] == "The connection works."


def test_an_account_whose_iban_the_bank_keeps_to_itself(sim, feed):
    hidden = sim.open_account("FR7630006000011234567890383", 9104, tells_iban=False)
    feed.connect(bank=9104, accounts=[hidden["iban"]])
    assert "iban" not in feed.accounts()[0]


# -- pages --------------------------------------------------------------------


@pytest.fixture
def seven(sim, connected):
    """Seven transactions on seven days, read at seven different moments."""
    for day in range(1, 8):
        sim.transfer(day, f"Line {day}", when=f"2026-10-{day:02d}")
        sim.clock.advance(minutes=1)
        sim.refresh()
    return connected


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 500])
def test_every_transaction_comes_once(seven, limit):
    amounts = [x["amount"] for x in seven.transactions(limit=limit)]
    assert amounts == [7, 6, 5, 4, 3, 2, 1]


def test_the_last_page_says_so(seven):
    for limit, pages in [(7, 1), (6, 2), (8, 1)]:
        pagination = seven.get("/transactions", limit=limit).json()["pagination"]
        assert ("next_uri" in pagination) == (pages > 1)


def test_next_page_has_no_host_and_keeps_the_filters(seven):
    answer = seven.get("/transactions", limit=2, min_date="2026-10-03").json()
    path = answer["pagination"]["next_uri"]
    assert path.startswith("/v3/aggregation/transactions?")
    assert "min_date=2026-10-03" in path and "limit=2" in path
    rest = seven.transactions(limit=2, min_date="2026-10-03")
    assert [x["amount"] for x in rest] == [7, 6, 5, 4, 3]


def test_money_that_arrives_between_two_pages(sim, seven):
    first = seven.get("/transactions", limit=3).json()
    sim.transfer(99, when="2026-10-31")
    sim.transfer(98, when="2026-09-01")
    sim.refresh()
    second = seven.get(first["pagination"]["next_uri"]).json()
    assert [x["amount"] for x in second["resources"]] == [4, 3, 2]


# -- filters ------------------------------------------------------------------


def test_since_is_about_the_last_change(sim, seven):
    old = next(x for x in seven.transactions() if x["amount"] == 1)
    cursor = max(x["updated_at"] for x in seven.transactions())
    assert [x["amount"] for x in seven.transactions(since=cursor)] == [7]
    just_after = to_text(from_text(cursor) + timedelta(milliseconds=1))
    assert seven.transactions(since=just_after) == []
    sim.clock.advance(seconds=1)
    sim.correct(old["id"], amount="1.10")
    (changed,) = seven.transactions(since=just_after)
    assert (changed["id"], changed["amount"]) == (old["id"], 1.1)
    # it did not move on the calendar
    assert changed["date"] == "2026-10-01"
    until = seven.transactions(until=cursor)
    assert [x["amount"] for x in until] == [7, 6, 5, 4, 3, 2]


def test_a_refresh_without_news_changes_nothing(sim, seven):
    before = seven.transactions()
    sim.clock.advance(days=1)
    sim.refresh()
    seven.renew()
    assert seven.transactions() == before


def test_dates_are_about_the_booking(seven):
    found = seven.transactions(min_date="2026-10-02", max_date="2026-10-04")
    assert [x["amount"] for x in found] == [4, 3, 2]


def test_transactions_of_one_account(sim, seven):
    seven.connect(bank=9107)
    assert len(seven.transactions()) > 7
    assert len(seven.transactions(account_id=seven.account_id)) == 7
    dollars = next(x for x in seven.accounts() if x["currency_code"] == "USD")
    found = seven.transactions(account_id=dollars["id"])
    assert found and {x["currency_code"] for x in found} == {"USD"}


@pytest.mark.parametrize(
    "query",
    [{"since": "yesterday"}, {"until": "2026-11-02"}, {"min_date": "x"}]
    + [{"max_date": "2026-13-01"}, {"account_id": "x"}, {"since": "2026-11-02T10:00"}],
)
def test_filters_that_are_none(seven, query):
    assert seven.get("/transactions", **query).status_code == 400
