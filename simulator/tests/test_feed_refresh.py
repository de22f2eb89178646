"""What a refresh brings and tells: new, changed, deleted and coming lines, consent."""

import json
import threading
from datetime import timedelta

import pytest
import requests

from simulator import Clock, Simulator, sign
from simulator.clock import from_text, to_text

from .conftest import START, Api, link_body
from .feed_api import FeedApi


def events(sim, since=0):
    """Return (type, content) of the item webhooks from number ``since`` on."""
    return [
        (delivery.type.removeprefix("item."), delivery.content)
        for delivery in sim.webhooks[since:]
        if delivery.type.startswith("item.")
    ]


def counts(content):
    return tuple(
        content[f"nb_{kind}_transactions"] for kind in ("new", "updated", "deleted")
    )


# -- events -------------------------------------------------------------------


def test_events_of_a_connection(sim, feed, account):
    sim.transfer(25, account=account["iban"])
    item_id = feed.connect(accounts=[account["iban"]])
    account_id = feed.accounts()[0]["id"]
    known = {"item_id": item_id, "user_uuid": feed.uuid}
    assert events(sim) == [
        ("created", known),
        (
            "refreshed",
            {
                **known,
                "status_code": 0,
                "status_code_info": "ok",
                "full_refresh": True,
                "refresh_trigger": "connect",
                "account_types": "all",
                "authentication_expires_at": to_text(START + timedelta(days=180)),
            },
        ),
        ("account.created", {**known, "account_id": account_id, "balance": 1025}),
        (
            "account.updated",
            {
                **known,
                "account_id": account_id,
                "balance": 1025,
                "nb_new_transactions": 1,
                "nb_updated_transactions": 0,
                "nb_deleted_transactions": 0,
            },
        ),
    ]


def test_events_are_signed_as_the_others(sim, connected, receiver):
    sim.transfer(5)
    sim.refresh()
    kinds = []
    for _path, body, headers in receiver.received:
        assert headers["BridgeApi-Signature"] == sign(body, ["sim-webhook"])
        kinds.append(json.loads(body)["type"])
    assert sorted(kinds) == ["item.account.updated", "item.refreshed"]


def test_events_go_to_the_application_of_the_user(sim, connected):
    sim.add_application("other", "secret-2")
    other = FeedApi(Api(sim, "other", "secret-2"))
    number = len(sim.webhooks)
    other.connect()
    assert {x.client_id for x in sim.webhooks[number:]} == {"other"}


@pytest.mark.parametrize("fault", ["wrong_signature", "unknown_item", "duplicate"])
def test_forged_and_repeated_events(sim, connected, receiver, fault):
    sim.faults.set(**{fault: 1})
    sim.refresh()
    genuine = {
        "item_id": connected.item,
        "signed": True,
    }
    seen = [
        {
            "item_id": json.loads(body)["content"]["item_id"],
            "signed": headers["BridgeApi-Signature"] == sign(body, ["sim-webhook"]),
        }
        for _path, body, headers in receiver.received
    ]
    if fault == "wrong_signature":
        assert seen == [{**genuine, "signed": False}]
    elif fault == "duplicate":
        assert seen == [genuine, genuine]
    else:
        assert genuine in seen and len(seen) == 2
        assert {x["item_id"] for x in seen} != {connected.item}


# -- lines --------------------------------------------------------------------


def test_money_is_known_after_the_next_refresh(sim, connected, account):
    line = sim.transfer(100, "FAC/2026/00042")
    assert connected.transactions() == []
    assert connected.accounts()[0]["balance"] == 1000
    assert sim.bank_balance(account["iban"]) == 110000
    sim.refresh()
    assert [x["amount"] for x in connected.transactions()] == [100]
    assert connected.accounts()[0]["balance"] == 1100
    assert sim.transaction_of(line)["account_id"] == connected.account_id


def test_a_bank_is_read_every_twelve_hours(sim, clock, connected):
    sim.transfer(100)
    clock.advance(hours=11, minutes=59)
    connected.renew()
    assert connected.transactions() == []
    clock.advance(minutes=1)
    assert len(connected.transactions()) == 1
    assert events(sim)[-1][0] == "account.updated"
    assert events(sim)[-2][1]["refresh_trigger"] == "scheduler"


def test_a_quiet_refresh_tells_only_that(sim, connected):
    number = len(sim.webhooks)
    sim.refresh(connected.item)
    assert [kind for kind, _content in events(sim, number)] == ["refreshed"]


def test_a_line_corrected(sim, connected):
    line = sim.transfer(100, "FAC/2026/00042")
    sim.refresh()
    before = sim.transaction_of(line)["id"]
    sim.clock.advance(minutes=1)
    sim.correct(before, amount="99,50", label="FAC/2026/00043")
    (after,) = connected.transactions()
    assert after["id"] == before and after["amount"] == 99.5
    assert after["provider_description"].endswith("FAC/2026/00043")
    assert after["updated_at"] == to_text(START + timedelta(minutes=1))
    assert counts(events(sim)[-1][1]) == (0, 1, 0)
    assert connected.accounts()[0]["balance"] == 1099.5


def test_a_line_deleted(sim, connected):
    line = sim.transfer(100)
    sim.refresh()
    transaction_id = sim.transaction_of(line)["id"]
    sim.clock.advance(minutes=1)
    sim.delete(transaction_id)
    moment = to_text(sim.clock.now())
    (gone,) = connected.transactions(since=moment)
    assert gone["deleted"] is True and gone["updated_at"] == moment
    assert counts(events(sim)[-1][1]) == (0, 0, 1)
    assert connected.accounts()[0]["balance"] == 1000
    number = len(sim.webhooks)
    sim.refresh()
    assert len(events(sim, number)) == 1


def test_a_line_replaced_by_its_twin(sim, connected):
    line = sim.transfer(100, "FAC/2026/00042")
    sim.refresh()
    sim.reissue(sim.transaction_of(line)["id"])
    old, new = sorted(connected.transactions(), key=lambda x: x["id"])
    assert (old["deleted"], new["deleted"]) == (True, False)
    assert old["provider_description"] == new["provider_description"]
    assert counts(events(sim)[-1][1]) == (1, 0, 1)


def test_what_bridge_never_saw_does_not_exist(sim, connected):
    sim.delete(sim.transfer(100), now=False)
    sim.refresh()
    assert connected.transactions() == []


def test_a_change_waits_for_the_refresh_when_told(sim, connected):
    line = sim.transfer(100)
    sim.refresh()
    sim.correct(line, now=False, amount=5)
    assert connected.transactions()[0]["amount"] == 100
    sim.refresh()
    assert connected.transactions()[0]["amount"] == 5


def test_a_coming_line(sim, clock, connected):
    sim.transfer(100, when="2026-11-04")
    sim.refresh()
    (coming,) = connected.transactions()
    assert coming["future"] is True and coming["date"] == "2026-11-04"
    (shown,) = connected.accounts()
    assert (shown["balance"], shown["instant_balance"]) == (1000, 1100)
    clock.advance(days=1)
    connected.renew()
    assert connected.transactions()[0]["updated_at"] == coming["updated_at"]
    clock.advance(days=1)
    connected.renew()
    (there,) = connected.transactions()
    assert there["id"] == coming["id"] and there["future"] is False
    assert there["updated_at"] > coming["updated_at"]
    assert connected.accounts()[0]["balance"] == 1100


def test_debits_and_returns(sim, connected):
    sent = sim.transfer(100, "K7XQ4M2PRT", payer="ACME SAS", end_to_end_id="E-1")
    sim.transfer(-42, "LOYER", payer="SCI Tilleuls")
    sim.refresh()
    sim.give_back(sim.transaction_of(sent)["id"])
    sim.refresh()
    assert sorted(
        (x["amount"], x["provider_description"]) for x in connected.transactions()
    ) == [
        (-100, "RETOUR VIR SEPA ACME SAS K7XQ4M2PRT"),
        (-42, "VIR SEPA VERS SCI TILLEULS LOYER"),
        (100, "VIR SEPA DE ACME SAS K7XQ4M2PRT"),
    ]
    assert connected.accounts()[0]["balance"] == 958


@pytest.mark.parametrize("amount", [0, "0", "1.001", "x", None, "nan", "inf"])
def test_amounts_that_are_none(sim, connected, amount):
    with pytest.raises(ValueError):
        sim.transfer(amount)
    line = sim.transfer(5)
    with pytest.raises(ValueError):
        sim.correct(line, amount=amount)
    with pytest.raises(ValueError):
        sim.correct(line, colour="blue")
    sim.refresh()
    assert [x["amount"] for x in connected.transactions()] == [5]


def test_ten_thousand_lines(sim, connected):
    account = sim.find_bank_account()
    with sim.lock:
        for number in range(10_000):
            sim.feed.banks.post(account, 1, f"Line {number}")
    sim.refresh()
    assert counts(events(sim)[-1][1]) == (10_000, 0, 0)
    found = connected.transactions(limit=500)
    assert len({x["id"] for x in found}) == 10_000


# -- simulated payments -------------------------------------------------------


def pay(sim, api, outcome="acsc", **changes):
    link_id = api.create(**changes)
    sim.pay(link_id, outcome)
    return link_id


def test_a_simulated_payment_arrives_at_the_next_refresh(sim, clock, api, feed):
    feed.connect()
    before = len(feed.transactions())
    number = len(sim.webhooks)
    pay(sim, api)
    sim.refresh()
    assert len(feed.transactions()) == before
    clock.advance(seconds=10)
    sim.refresh()
    new = feed.transactions()[0]
    assert len(feed.transactions()) == before + 1
    assert new["amount"] == 129.9 and new["date"] == "2026-11-02"
    assert new["provider_description"] == (
        "VIR INST DE LINA MARTIN K7XQ4M2PRT FACTURE 42"
    )
    assert "bridge_payment_information" not in new
    assert events(sim, number)[-1][0] == "account.updated"


def test_an_ordinary_transfer_takes_a_night(sim, clock, api, feed):
    feed.connect()
    pay(sim, api, "pdng-acsc")
    clock.advance(hours=12)
    assert 129.9 not in [x["amount"] for x in sim.transactions.values()]
    clock.advance(hours=12)
    feed.renew()
    new = feed.transactions()[0]
    assert (new["amount"], new["date"]) == (129.9, "2026-11-03")


def test_a_payment_to_nobody_here_is_nowhere(sim, clock, api, feed):
    feed.connect()
    before = len(feed.transactions())
    iban = "FR1420041010050500013M02606"
    beneficiary = {"iban": iban, "company_name": "Ailleurs"}
    pay(sim, api, transaction={"beneficiary": beneficiary})
    clock.advance(minutes=1)
    sim.refresh()
    assert len(sim.bank_credits) == 1 and len(feed.transactions()) == before


def test_payment_information_when_the_application_wants_it(sim, clock, api, feed):
    feed.connect()
    link_id = pay(sim, api)
    clock.advance(minutes=1)
    sim.refresh()
    sim.application().payment_information = True
    sim.refresh()
    request = api.requests(link_id)[0]
    assert feed.transactions()[0]["bridge_payment_information"] == {
        "payment_link_id": link_id,
        "payment_request_id": request["id"],
        "payment_transaction_id": request["transactions"][0]["id"],
    }


def test_payment_information_of_another_application_is_not_told(sim, clock, api):
    sim.add_application("other", "secret-2", payment_information=True)
    other = FeedApi(Api(sim, "other", "secret-2"))
    other.connect()
    pay(sim, api)
    clock.advance(minutes=1)
    sim.refresh()
    assert "bridge_payment_information" not in other.transactions()[0]


def test_in_a_demo_money_is_seen_within_a_minute():
    with Simulator(clock=Clock(start=START, speed=180)) as sim:
        feed = FeedApi(Api(sim))
        feed.connect()
        before = len(feed.transactions())
        answer = feed.post("/v3/payment/payment-links", link_body())
        sim.pay(answer.json()["id"], "pdng-acsc")
        sim.transfer(75.5, "FAC/2026/00042")
        sim.clock.advance(seconds=6)
        assert len(feed.transactions()) == before + 1
        sim.clock.advance(seconds=54)
        amounts = [x["amount"] for x in feed.transactions()]
        assert len(amounts) == before + 2 and {75.5, 129.9} <= set(amounts)
        # nobody sees money of tomorrow
        assert max(x["date"] for x in feed.transactions()) == "2026-11-02"


def test_in_a_demo_a_day_that_is_skipped_has_two_reads():
    with Simulator(clock=Clock(start=START, speed=180)) as sim:
        FeedApi(Api(sim)).connect()
        number = len(sim.webhooks)
        sim.clock.advance(days=1)
        assert [kind for kind, _content in events(sim, number)] == ["refreshed"] * 2


# -- what goes wrong ----------------------------------------------------------


def test_consent_ends_after_180_days(sim, clock, connected):
    clock.advance(days=179, hours=23)
    connected.renew()
    assert connected.items()[0]["status"] == 0
    clock.advance(hours=13)
    connected.renew()
    (item,) = connected.items()
    assert (item["status"], item["status_code_info"]) == (1010, "otp_required")
    sim.transfer(100)
    sim.refresh()
    assert connected.transactions() == []
    kind, content = events(sim)[-1]
    assert (kind, content["status_code"]) == ("refreshed", 1010)
    assert connected.accounts()[0]["last_refresh_status"] == "failed"


def test_consent_expired_on_purpose(sim, connected):
    sim.expire_consent(connected.item, days=7)
    (item,) = connected.items()
    assert item["status"] == 0
    assert item["authentication_expires_at"] == to_text(START + timedelta(days=7))
    sim.expire_consent(connected.item)
    assert connected.items()[0]["status"] == 1010


@pytest.mark.parametrize("status", [402, 429, 1003, 1005, 1007, 1010, 1099])
def test_a_status_stays_until_mended(sim, connected, status):
    sim.set_item_status(connected.item, status)
    assert events(sim)[-1][1]["status_code"] == status
    sim.transfer(100)
    sim.refresh()
    assert connected.items()[0]["status"] == status
    last = connected.items()[0]["last_successful_refresh"]
    assert from_text(last) <= sim.clock.now() and connected.transactions() == []
    sim.set_item_status(connected.item, 0)
    assert connected.items()[0]["status"] == 0 and connected.transactions()


def test_a_balance_that_moves_alone(sim, connected):
    sim.set_item_status(connected.item, 1009)
    sim.transfer(100)
    sim.refresh()
    assert connected.accounts()[0]["balance"] == 1100


@pytest.mark.parametrize("status", [1, -1, 500])
def test_statuses_that_are_none(sim, connected, status):
    with pytest.raises(ValueError):
        sim.set_item_status(connected.item, status)


def test_the_bank_is_down_once(sim, connected):
    sim.transfer(100)
    sim.faults.set(refresh_fails=1)
    sim.refresh()
    assert connected.items()[0]["status_code_info"] == "cnt_crash"
    assert connected.transactions() == []
    sim.refresh()
    assert connected.items()[0]["status"] == 0 and connected.transactions()


def test_an_account_closed_and_opened_again(sim, connected, account):
    sim.close_account(account["iban"])
    sim.refresh()
    assert events(sim)[-1][0] == "account.deleted"
    assert connected.accounts()[0]["data_access"] == "disabled"
    number = len(sim.webhooks)
    sim.refresh()
    assert len(events(sim, number)) == 1
    account["open"] = True
    sim.refresh()
    assert events(sim)[-1][0] == "account.updated"
    assert connected.accounts()[0]["data_access"] == "enabled"


def test_seven_days_first_then_everything(sim, clock, feed):
    sim.faults.set(short_history=True)
    feed.connect()
    refreshed = [content for kind, content in events(sim) if kind == "refreshed"]
    assert refreshed[-1]["full_refresh"] is False
    first = feed.transactions()
    assert first and min(x["date"] for x in first) >= "2026-10-26"
    clock.advance(minutes=5)
    refreshed = [content for kind, content in events(sim) if kind == "refreshed"]
    assert refreshed[-1]["full_refresh"] is True
    everything = feed.transactions()
    assert min(x["date"] for x in everything) < "2026-09-01"
    assert {x["id"] for x in first} < {x["id"] for x in everything}
    sim.refresh()
    assert events(sim)[-1][1]["full_refresh"] is False


# -- faults of the API --------------------------------------------------------


def test_a_token_dies_early(sim, connected):
    sim.faults.set(expired_token=1)
    assert connected.get("/items").status_code == 401
    # for good: the same token is not good any more
    assert connected.get("/items").status_code == 401
    connected.renew()
    assert connected.get("/items").status_code == 200


def test_pages_of_ill_will(sim, connected):
    for number in range(1, 6):
        sim.transfer(number, when=f"2026-10-0{number}")
    sim.refresh()
    sim.faults.set(page_twice=1)
    amounts = [x["amount"] for x in connected.transactions(limit=2)]
    assert amounts == [5, 4, 5, 4, 3, 2, 1]
    sim.faults.set(page_twice=True)
    assert [x["amount"] for x in connected.transactions(limit=3)] == [
        *(5, 4, 3),
        *(5, 4, 3),
        *(2, 1),
        *(2, 1),
    ]
    sim.faults.clear()
    sim.faults.set(reversed_order=True)
    assert [x["amount"] for x in connected.transactions(limit=2)] == [1, 2, 3, 4, 5]


def test_a_page_lost(sim, connected):
    sim.faults.set(lost_page=1)
    with pytest.raises(requests.ConnectionError):
        connected.get("/transactions")
    assert connected.get("/transactions").status_code == 200


def test_too_many_requests_say_when_to_come_back(sim, connected):
    sim.faults.set(status_429=1, retry_after="30")
    answer = connected.get("/transactions")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")


def test_a_wrong_balance(sim, connected):
    sim.faults.set(wrong_balance=-12.34)
    assert connected.accounts()[0]["balance"] == 987.66
    sim.transfer(1)
    sim.refresh()
    assert events(sim)[-1][1]["balance"] == 988.66


def test_slow_pages_hold_nobody_else_up(sim, connected, monkeypatch):
    free = []

    def try_lock():
        free.append(sim.lock.acquire(timeout=2))
        if free[-1]:
            sim.lock.release()

    def sleep(seconds):
        # the lock can be taken twice by one thread: ask from another
        other = threading.Thread(target=try_lock)
        other.start()
        other.join()

    monkeypatch.setattr("simulator.feed.api.time.sleep", sleep)
    sim.faults.set(slow_page=20)
    assert connected.get("/transactions").status_code == 200
    assert free == [True]
