"""The banks: how they write, what they start with, what survives; the operator."""

import json

import pytest
import requests

from simulator import Clock, Simulator
from simulator.feed import history, iban
from simulator.feed.writing import WRITINGS
from simulator.payment.banks import BANKS, connectable
from simulator.payment.validation import iban_is_valid

from .conftest import EMPTY_IBAN, START, Api
from .feed_api import FeedApi
from .test_control import act

LABEL = "K7XQ4M2PRT FAC/2026/00042 société Émile & Cie"


# -- writing ------------------------------------------------------------------


def test_every_bank_that_can_be_connected_writes_somehow(sim):
    assert {bank["id"] for bank in connectable()} <= set(WRITINGS)
    for bank in connectable():
        assert sim.feed.banks.at(bank["id"])


@pytest.mark.parametrize(
    "bank, description",
    [
        (574, "VIR SEPA DE ACME SAS K7XQ4M2PRT FAC/2026/00042 SOCIETE EMILE & CIE"),
        (
            9101,
            "Virement reçu de ACME SAS - Motif : K7XQ4M2PRT FAC/2026/00042 "
            "société Émile & Cie - Réf : E2E-42",
        ),
        (9102, "K7XQ4M2PRT FAC/2026/00042 SOCIETE E"),
        (
            9103,
            "VIR SEPA RECU /DE ACME SAS /MOTI\nF K7XQ4M2PRT FAC/2026/00042 SOCI\n"
            "ETE EMILE & CIE /REF E2E-42",
        ),
        (9104, "VIR SEPA DE ACME SAS K7XQ4M2PRT FAC/2026/00042 SOC"),
        (9105, "VIRSEPADEACMESASK7XQ4M2PRTFAC202600042SOCIETEEMILE&CIE"),
        (
            9202,
            "GUTSCHRIFT ACME SAS EREF+E2\nE-42 SVWZ+K7XQ4M2PRT FAC/20\n"
            "26/00042 SOCIETE EMILE & CI\nE",
        ),
        (
            9302,
            "/TRTP/SEPA OVERBOEKING/IBAN/FR7610107001011234567890129/NAME/ACME SAS"
            "/REMI/K7XQ4M2PRT FAC/2026/00042 SOCIETE EMILE & CIE/EREF/E2E-42",
        ),
    ],
)
def test_each_bank_writes_in_its_own_way(sim, feed, bank, description):
    feed.connect(bank=bank)
    number = sim.feed.banks.at(bank)[0]["iban"]
    line = sim.transfer(5, LABEL, end_to_end_id="E2E-42", account=number)
    sim.refresh()
    assert sim.transaction_of(line)["provider_description"] == description


def test_dates_that_a_bank_does_not_tell(sim, feed):
    for bank, told in [
        (574, {"booking_date", "transaction_date", "value_date"}),
        (9102, {"booking_date"}),
        (9107, {"booking_date", "value_date"}),
    ]:
        feed.connect(bank=bank)
        number = sim.feed.banks.at(bank)[0]["iban"]
        line = sim.transfer(5, account=number)
        sim.refresh()
        shown = feed.get(f"/transactions/{sim.transaction_of(line)['id']}").json()
        assert shown["date"] in {shown[name] for name in told}
        assert {name for name in shown if name.endswith("_date")} == told


def test_a_text_of_the_bank_itself(sim, connected):
    sim.transfer(-3.5, text="Frais de tenue de compte", label="ignored")
    sim.refresh()
    (shown,) = connected.transactions()
    assert shown["provider_description"] == "FRAIS DE TENUE DE COMPTE"
    assert shown["clean_description"] == "Frais de tenue de compte"


# -- the start ----------------------------------------------------------------


def test_account_numbers_are_right(sim):
    assert all(map(iban_is_valid, sim.bank_accounts))
    assert iban.french("30006", "00001", "12345678901") == "FR7630006000011234567890189"
    assert iban.belgian("5390075470") == "BE68539007547034"
    assert iban_is_valid(EMPTY_IBAN)


def test_demo_accounts(sim):
    main, savings = sim.feed.banks.at(574)
    assert main["iban"] == sim.application().beneficiary["iban"]
    assert (main["type"], savings["type"]) == ("checking", "savings")
    currencies = [account["currency"] for account in sim.feed.banks.at(9107)]
    assert currencies == ["EUR", "USD"]
    for account in (main, savings, *sim.feed.banks.at(9107)):
        assert sim.bank_lines(account) and sim.bank_balance(account) > 0


def test_history_is_of_the_past(sim):
    today = START.date()
    lines = history.lines(today)
    days = [day for _account, day, _amount, _text in lines]
    assert days == sorted(days) and max(days) < today
    assert (today - min(days)).days > 60
    # money between the two accounts of the company balances out
    moved = [amount for _account, _day, amount, _text in lines if "1500.00" in amount]
    assert sorted(moved) == sorted(["1500.00", "-1500.00"] * (len(moved) // 2))


def test_an_account_opened_in_place_of_another(sim, connected, account):
    sim.transfer(100)
    sim.refresh()
    sim.transfer(30)
    sim.open_account(account["iban"], balance=5)
    # what Bridge has read is gone, what it has not never was
    (gone,) = sim.bank_lines(account["iban"])
    assert gone["deleted"] and gone["cents"] == 10000
    sim.refresh()
    assert [x["deleted"] for x in connected.transactions()] == [True]
    assert connected.accounts()[0]["balance"] == 5


@pytest.mark.parametrize("account", ["FR00", 99, {"iban": "FR00"}])
def test_accounts_that_are_none(sim, account):
    with pytest.raises(KeyError):
        sim.transfer(5, account=account)


# -- disk ---------------------------------------------------------------------


def test_restart_goes_on(tmp_path):
    path = tmp_path / "state.json"
    clock = Clock(start=START)
    with Simulator(clock=clock, state_file=path) as sim:
        feed = FeedApi(Api(sim))
        number = sim.open_account(EMPTY_IBAN, balance=1000)["iban"]
        item = feed.connect(accounts=[number])
        session = feed.session()
        sim.transfer(10, when="2026-11-05")
        sim.refresh()
        sim.transfer(20)
        before = feed.transactions()
        token = feed.token
    assert path.stat().st_mode & 0o077 == 0
    later = Clock(start=START)
    with Simulator(clock=later, state_file=path) as sim:
        feed.sim = feed.api.sim = sim
        feed.token = token
        assert feed.transactions() == before
        assert sim.bank_balance(EMPTY_IBAN) == 102000
        later.advance(hours=12)
        feed.renew()
        assert sorted(x["amount"] for x in feed.transactions()) == [10, 20]
        assert sim.items[item]["next_refresh_at"] > before[0]["updated_at"]
        assert sim.find_session(session)["state"] == "bank"
        later.advance(days=3)
        feed.renew()
        assert not any(x["future"] for x in feed.transactions())


def test_a_payment_under_way_over_a_restart(tmp_path):
    path = tmp_path / "state.json"
    with Simulator(clock=Clock(start=START), state_file=path) as sim:
        api = Api(sim)
        FeedApi(api).connect()
        sim.pay(api.create(), "acsc")
    clock = Clock(start=START)
    with Simulator(clock=clock, state_file=path) as sim:
        clock.advance(minutes=1)
        sim.refresh()
        amounts = [x["amount"] for x in sim.transactions.values()]
        assert amounts.count(129.9) == 1


def test_a_state_from_before_there_were_feeds(tmp_path):
    path = tmp_path / "state.json"
    with Simulator(clock=Clock(start=START), state_file=path) as sim:
        sim.pay(Api(sim).create(), "acsc")
    state = json.loads(path.read_text())
    del state["feed"]
    for credit in state["credits"]:
        for name in ("kind", "text", "payer_iban"):
            del credit[name]
    path.write_text(json.dumps(state))
    clock = Clock(start=START)
    with Simulator(clock=clock, state_file=path) as sim:
        main = sim.find_bank_account()
        number = len(sim.bank_lines(main))
        clock.advance(minutes=1)
        assert len(sim.bank_lines(main)) == number + 1


# -- over HTTP ----------------------------------------------------------------


def test_driven_over_http(sim, feed, account):
    url = feed.session()
    answer = act(sim, "bank/connect", url=url, accounts=[account["iban"]]).json()
    assert "success=true" in answer["callback"]
    (item,) = feed.items()
    line = act(
        sim,
        "bank/transfer",
        amount=120,
        label="FAC/2026/00042",
        payer="Lina Martin",
        account=account["iban"],
    ).json()
    assert act(sim, "bank/refresh", item=item["id"]).json()["items"]
    (shown,) = feed.transactions()
    assert shown["provider_description"] == "VIR SEPA DE LINA MARTIN FAC/2026/00042"
    act(sim, "bank/correct", transaction=shown["id"], amount="119.00")
    assert feed.transactions()[0]["amount"] == 119
    act(sim, "bank/give-back", line=line["id"])
    act(sim, "bank/reissue", line=line["id"])
    assert sorted(x["amount"] for x in feed.transactions()) == [-119, 119, 119]
    act(sim, "bank/delete", transaction=shown["id"])
    act(sim, "bank/payment-information", on=True)
    assert sim.application().payment_information
    act(sim, "bank/expire-consent", item=item["id"])
    assert feed.items()[0]["status"] == 1010
    act(sim, "bank/status", item=item["id"], status=402)
    assert feed.items()[0]["status"] == 402
    act(sim, "bank/open-account", iban="FR7630006000011234567890383", bank=9104)
    act(sim, "bank/close-account", account=account["iban"])
    assert not sim.find_bank_account(account["iban"])["open"]
    for name in ("users", "items", "accounts", "transactions", "bank-accounts"):
        answer = requests.get(f"{sim.url}/sim/{name}.json", timeout=5)
        assert answer.json(), name
        assert feed.token not in answer.text


@pytest.mark.parametrize(
    "path, values, status",
    [
        ("bank/transfer", {}, 404),
        ("bank/transfer", {"amount": "much"}, 400),
        ("bank/transfer", {"amount": 5, "account": "FR00"}, 404),
        ("bank/transfer", {"amount": 5, "kind": "cheque"}, 400),
        ("bank/transfer", {"amount": 5, "when": "soon"}, 400),
        ("bank/refresh", {"item": 1}, 404),
        ("bank/correct", {"transaction": 1}, 404),
        ("bank/delete", {}, 404),
        ("bank/status", {"item": 1, "status": 0}, 404),
        ("bank/connect", {"url": "nothing"}, 404),
        ("bank/open-account", {"iban": EMPTY_IBAN, "bank": 1}, 404),
        ("bank/open-account", {"iban": EMPTY_IBAN, "colour": "x"}, 400),
    ],
)
def test_wrong_actions(sim, path, values, status):
    assert act(sim, path, **values).status_code == status


# -- the operator's pages -----------------------------------------------------


def post(sim, path, **form):
    return requests.post(
        f"{sim.url}/sim/{path}",
        form,
        headers={"Referer": f"{sim.url}/account/{EMPTY_IBAN}"},
        timeout=5,
    )


def test_operator_makes_a_transfer_and_changes_it(sim, connected):
    page = post(
        sim,
        "bank/transfer",
        account=EMPTY_IBAN,
        amount="1 234,50",
        label="fac 2026 00042 <b>",
        payer="",
        iban="",
        end_to_end_id="",
        kind="",
        when="2026-11-02",
    )
    assert page.history[0].status_code == 303
    assert "VIR SEPA DE ACME SAS FAC 2026 00042 &lt;B&gt;" in page.text
    assert "€1,234.50" in page.text and "not yet" in page.text
    sim.refresh()
    (line,) = sim.bank_lines(EMPTY_IBAN)
    page = post(
        sim,
        "bank/correct",
        line=line["id"],
        amount="1234",
        date="2026-11-01",
        label="x",
    )
    assert "2026-11-01" in page.text and "€1,234.00" in page.text
    page = post(sim, "bank/delete", line=line["id"])
    assert "deleted" in page.text and "Return to the payer" not in page.text
    assert [x["deleted"] for x in connected.transactions()] == [True]


def test_page_of_all_banks(sim, connected):
    page = requests.get(sim.url + "/account", timeout=5).text
    assert "Compte neuf" in page and "0 ok" in page and "€1,000.00" in page
    assert all(BANKS[number]["name"].split("'")[0] in page for number in (574, 9107))
    post(sim, "bank/expire-consent", item=connected.item)
    page = requests.get(sim.url + "/account", timeout=5).text
    assert "1010 otp_required" in page
    missing = requests.get(sim.url + "/account/FR00", timeout=5)
    assert missing.status_code == 404


def test_history_page_of_a_german_bank_keeps_its_line_breaks(sim, feed):
    feed.connect(bank=9202)
    number = sim.feed.banks.at(9202)[0]["iban"]
    sim.transfer(5, "RE-2026-00042", account=number, when="2026-11-09")
    page = requests.get(f"{sim.url}/account/{number}", timeout=5).text
    assert "EREF+NO\nTPROVIDED" in page and "coming" in page
