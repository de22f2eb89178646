"""Connecting a bank: sessions, the hosted page step by step, the way back."""

from datetime import timedelta

import pytest
import requests

from simulator import JourneyError
from simulator.clock import to_text

from .conftest import START, query
from .feed_api import CALLBACK

LOGIN = {"login": "demo-login", "password": "demo-password"}


def post(url, step, *, follow=True, **form):
    return requests.post(f"{url}/{step}", form, timeout=5, allow_redirects=follow)


def read(url, **options):
    return requests.get(url, timeout=5, **options)


# -- sessions -----------------------------------------------------------------


@pytest.mark.parametrize(
    "change, status",
    [
        ({"user_email": None}, 404),
        ({"callback_url": "ftp://shop.example/"}, 400),
        ({"callback_url": "not an address"}, 400),
        ({"callback_url": 5}, 400),
        ({"callback_url": "https://[shop.example/"}, 400),
        ({"context": "under_score"}, 400),
        ({"context": "x" * 101}, 400),
        ({"country_code": "fr"}, 400),
        ({"account_types": "both"}, 400),
        ({"provider_id": 1}, 400),
        ({"provider_id": 9106}, 400),
        ({"item_id": 1}, 404),
    ],
)
def test_sessions_that_are_refused(sim, feed, change, status):
    body = {"user_email": "a@b.example", **change}
    assert feed.post("/connect-sessions", body).status_code == status
    assert not sim.store.feed.sessions


def test_callback_on_a_domain_that_is_declared(sim, feed):
    sim.application().allowed_domains[:] = ["shop.example"]
    assert feed.session()
    body = {"user_email": "a@b.example", "callback_url": "https://evil.example/"}
    assert feed.post("/connect-sessions", body).status_code == 400


def test_a_session_is_over_after_an_hour(sim, clock, feed):
    url = feed.session()
    assert read(url).status_code == 200
    clock.advance(hours=1)
    assert read(url).status_code == 410
    with pytest.raises(JourneyError):
        sim.connect(url)
    assert not sim.items


def test_unknown_session(sim):
    assert read(sim.url + "/connect/nothing").status_code == 404
    assert post(sim.url + "/connect/nothing", "close").status_code == 404
    with pytest.raises(KeyError):
        sim.connect(sim.url + "/connect/nothing")


# -- the page -----------------------------------------------------------------


def test_the_whole_way_through_the_page(sim, feed):
    url = feed.session(account_types="all")
    assert "Demo Bank" in read(url).text
    page = post(url, "bank", provider_id=574)
    assert "Demo Bank" in page.text and "password" in page.text
    assert not sim.items
    page = post(url, "login", **LOGIN)
    assert "Compte courant professionnel" in page.text and "Livret pro" in page.text
    assert "FR7630006000011234567890189" not in page.text.replace('value="FR', "")
    (item,) = feed.items()
    assert item["status"] == -2 and feed.accounts() == []
    page = post(url, "accounts", account=sim.find_bank_account()["iban"])
    assert "Your bank is connected" in page.text
    session = sim.find_session(url)
    assert query(session["callback"]) == {
        "company": "1",
        "user_uuid": feed.uuid,
        "item_id": str(item["id"]),
        "success": "true",
        "context": "c-1",
    }
    assert f'url={session["callback"].replace("&", "&amp;")}"' in page.text
    (account,) = feed.accounts()
    assert account["iban"] == sim.find_bank_account()["iban"]
    assert feed.items()[0]["status"] == 0


def test_page_in_french(feed):
    page = read(feed.session(), headers={"Accept-Language": "fr-FR"})
    assert "Choisissez votre banque" in page.text


def test_banks_of_another_country(feed):
    url = feed.session(country_code="BE")
    assert "Banque de démonstration belge" in read(url).text
    assert "Demobank Musterstadt" in read(url + "?country=DE").text
    assert "Demo Bank" in read(url + "?country=XX").text


def test_a_bank_chosen_beforehand(feed):
    url = feed.session(provider_id=9107)
    page = read(url)
    assert "Banque Exemple Internationale" in page.text and "password" in page.text
    # there is no other
    assert "password" in read(url + "?other_bank=1").text


def test_another_bank_after_all(sim, feed):
    url = feed.session()
    post(url, "bank", provider_id=574)
    assert "Caisse Exemple Nord" in read(url + "?other_bank=1").text
    post(url, "bank", provider_id=9104)
    assert sim.find_session(url)["provider_id"] == 9104


def test_a_bank_that_cannot_be_connected(feed):
    assert post(feed.session(), "bank", provider_id=9106).status_code == 400


@pytest.mark.parametrize(
    "login, password", [("short", "long-enough"), ("long-one", "")]
)
def test_credentials_that_are_too_short(sim, feed, login, password):
    url = feed.session(provider_id=574)
    page = post(url, "login", login=login, password=password)
    assert "did not recognise" in page.text and not sim.items


def test_credentials_that_are_wrong_at_first(sim, feed):
    url = feed.session(provider_id=574)
    page = post(url, "login", login="id-wrong", password="whatever")
    assert "did not recognise" in page.text
    assert feed.items()[0]["status"] == 402
    post(url, "login", **LOGIN)
    post(url, "accounts", account=sim.find_bank_account()["iban"])
    (item,) = feed.items()
    assert item["status"] == 0


def test_another_bank_after_wrong_credentials(sim, feed):
    url = feed.session()
    post(url, "bank", provider_id=574)
    post(url, "login", login="id-wrong", password="whatever")
    post(url, "bank", provider_id=9104)
    post(url, "login", **LOGIN)
    iban = sim.feed.banks.at(9104)[0]["iban"]
    assert "is connected" in post(url, "accounts", account=iban).text
    assert [x["iban"] for x in feed.accounts()] == [iban]
    told = {x["provider_id"]: x["status"] for x in feed.items()}
    assert told == {574: 402, 9104: 0}


def test_a_code_is_asked_for(sim, feed):
    url = feed.session(provider_id=574)
    page = post(url, "login", login="id-otp", password="whatever")
    assert "Code sent by your bank" in page.text
    assert feed.items()[0]["status"] == 1010
    assert "did not recognise" in post(url, "code", code="123").text
    page = post(url, "code", code="1234567")
    assert "Accounts to share" in page.text
    post(url, "accounts", account=sim.find_bank_account()["iban"])
    assert feed.items()[0]["status"] == 0


def test_no_account_ticked(sim, feed):
    url = feed.session(provider_id=574)
    post(url, "login", **LOGIN)
    page = post(url, "accounts")
    assert "Tick one account at least" in page.text
    assert sim.find_session(url)["state"] == "accounts"


def test_an_account_of_another_bank(sim, feed):
    url = feed.session(provider_id=574)
    post(url, "login", **LOGIN)
    foreign = sim.feed.banks.at(9107)[0]["iban"]
    assert post(url, "accounts", account=foreign).status_code == 400
    assert feed.accounts() == []


def test_steps_out_of_order(sim, feed):
    url = feed.session()
    assert post(url, "accounts", account="FR76").status_code == 400
    assert post(url, "code", code="1234567").status_code == 400
    assert post(url, "login", **LOGIN).status_code == 400
    assert not sim.items


def test_the_cross(sim, feed):
    url = feed.session()
    answer = post(url, "close", follow=False)
    assert query(answer.headers["Location"]) == {
        "company": "1",
        "user_uuid": feed.uuid,
        "success": "false",
        "step": "highlighted_banks",
        "context": "c-1",
    }
    # a double click leads to the same place, and nothing goes on from there
    assert post(url, "close", follow=False).headers["Location"].startswith(CALLBACK)
    post(url, "bank", provider_id=574)
    assert not sim.items


def test_the_cross_after_wrong_credentials(feed):
    url = feed.session(provider_id=574)
    post(url, "login", login="id-wrong", password="whatever")
    back = query(post(url, "close", follow=False).headers["Location"])
    assert (back["success"], back["step"]) == ("false", "sync_error")
    assert back["item_id"] == str(feed.items()[0]["id"])


def test_without_callback_the_page_stays(sim, feed):
    url = feed.session(callback_url=None)
    assert sim.connect(url) is None
    assert "You can close this page" in read(url).text


# -- in Python ----------------------------------------------------------------


@pytest.mark.parametrize(
    "step", ["highlighted_banks", "sub_banks_list", "bank_creds_form"]
)
def test_closed_before_there_is_a_connection(sim, feed, step):
    back = query(sim.connect(feed.session(), step))
    assert (back["success"], back["step"]) == ("false", step)
    assert "item_id" not in back and not sim.items and not sim.webhooks


@pytest.mark.parametrize("step, status", [("otp_form", 1010), ("sync_error", 402)])
def test_closed_at_the_bank(sim, feed, step, status):
    back = query(sim.connect(feed.session(), step))
    (item,) = feed.items()
    assert (back["success"], back["step"]) == ("false", step)
    assert back["item_id"] == str(item["id"]) and item["status"] == status
    assert feed.accounts() == []
    assert sim.webhooks[-1].content["status_code"] == status
    sim.refresh()
    assert feed.items()[0]["status"] == status


@pytest.mark.parametrize("step", ["sync_in_progress", "sync_pending"])
def test_data_that_come_after_the_person_left(sim, clock, feed, step):
    back = query(sim.connect(feed.session(), step))
    assert (back["success"], back["step"]) == ("false", step)
    assert feed.items()[0]["status"] == -2 and feed.accounts() == []
    clock.advance(minutes=5)
    assert feed.items()[0]["status"] == 0 and len(feed.accounts()) == 2


def test_closed_when_all_was_well(sim, feed):
    back = query(sim.connect(feed.session(), "sync_success"))
    assert (back["success"], back["step"]) == ("false", "sync_success")
    assert feed.items()[0]["status"] == 0 and len(feed.accounts()) == 2


def test_leaving_without_a_word(sim, feed):
    url = feed.session()
    assert sim.connect(url, "leave") is None
    assert not sim.items
    # the page is still there
    assert sim.connect(url)


def test_callback_lost(sim, feed):
    sim.faults.set(lost_callback=1)
    assert sim.connect(feed.session()) is None
    assert feed.items()[0]["status"] == 0


@pytest.mark.parametrize("outcome", ["nonsense", "", None, 5])
def test_outcomes_that_are_none(sim, feed, outcome):
    with pytest.raises(JourneyError):
        sim.connect(feed.session(), outcome)


def test_a_session_is_used_once(sim, feed):
    url = feed.session()
    sim.connect(url)
    with pytest.raises(JourneyError):
        sim.connect(url)
    assert len(feed.items()) == 1


def test_payment_accounts_unless_all_are_asked_for(feed):
    feed.connect(body={"account_types": None})
    assert [x["type"] for x in feed.accounts()] == ["checking"]
    assert feed.items()[0]["account_types"] == "payment"
    feed.connect()
    assert sorted(x["type"] for x in feed.accounts()) == [
        "checking",
        "checking",
        "savings",
    ]


# -- mending ------------------------------------------------------------------


def test_consent_renewed(sim, clock, connected):
    clock.advance(days=170)
    connected.renew()
    url = connected.session(item_id=connected.item, force_reauthentication=True)
    assert "password" in read(url).text
    back = query(sim.connect(url, accounts=sim.items[connected.item]["ibans"]))
    assert back["item_id"] == str(connected.item)
    (item,) = connected.items()
    assert item["authentication_expires_at"] == to_text(START + timedelta(days=350))
    assert [x["id"] for x in connected.accounts()] == [connected.account_id]


@pytest.mark.parametrize("status", [402, 429, 1010])
def test_a_connection_is_mended_by_its_person(sim, connected, account, status):
    sim.set_item_status(connected.item, status)
    line = sim.transfer(10)
    sim.refresh()
    assert sim.transaction_of(line) is None
    url = connected.session(item_id=connected.item)
    assert "password" in read(url).text
    sim.connect(url, accounts=[account["iban"]])
    assert connected.items()[0]["status"] == 0
    assert [x["amount"] for x in connected.transactions()] == [10]


def test_a_person_shares_other_accounts(sim, connected, account):
    url = connected.session(item_id=connected.item)
    page = read(url).text
    assert f'value="{account["iban"]}" checked' in page
    assert page.count("checked />") == 1
    savings = next(x for x in sim.feed.banks.at(574) if x["type"] == "savings")
    sim.connect(url, accounts=[savings["iban"]])
    told = {x["id"]: x["data_access"] for x in connected.accounts()}
    assert told.pop(connected.account_id) == "disabled"
    assert list(told.values()) == ["enabled"]
    events = [x.type for x in sim.webhooks][-4:]
    assert sorted(events) == [
        "item.account.created",
        "item.account.deleted",
        "item.account.updated",
        "item.refreshed",
    ]


def test_a_connection_deleted_and_made_again(sim, connected, account):
    assert connected.call("DELETE", f"/items/{connected.item}").status_code == 204
    assert connected.call("DELETE", f"/items/{connected.item}").status_code == 404
    assert connected.get(f"/accounts/{connected.account_id}").status_code == 404
    assert sim.webhooks[-1].type == "item.deleted"
    sim.refresh()
    sim.clock.advance(days=2)
    connected.renew()
    new = connected.connect(accounts=[account["iban"]])
    assert new != connected.item
    (again,) = connected.accounts()
    assert again["iban"] == account["iban"] and again["id"] != connected.account_id
