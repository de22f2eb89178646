"""What payers do, and what becomes of their payments."""

import pytest

from simulator import Clock, JourneyError, Simulator

from .conftest import START, Api, query, told

PICKED = [("transaction.created", None, None), ("transaction.updated", "ACTC", None)]
COMPLETED = ("link.updated", "completed", None)


def updated(status, reason=None):
    return ("transaction.updated", status, reason)


@pytest.mark.parametrize(
    "outcome, at_once, later",
    [
        ("acsc", [updated("ACSC"), COMPLETED], []),
        ("pdng-acsc", [updated("PDNG"), COMPLETED], [updated("ACSC")]),
        ("pdng-rjct", [updated("PDNG"), COMPLETED], [updated("RJCT", "MS03")]),
        ("pdng", [updated("PDNG"), COMPLETED], []),
        ("rjct", [updated("RJCT")], []),
        ("rjct-am18", [updated("RJCT", "AM18")], []),
        ("id_rjct_ac04", [updated("RJCT", "AC04")], []),
        ("rjct-zz99", [updated("RJCT", "ZZ99")], []),
        ("leave", [], []),
    ],
)
def test_outcomes(sim, api, outcome, at_once, later):
    link_id = api.create(expired_date="2026-11-30T00:00:00Z")
    callback = sim.pay(link_id, outcome)
    assert told(sim) == PICKED + at_once
    sim.clock.advance(minutes=59)
    assert told(sim) == PICKED + at_once
    sim.clock.advance(minutes=1)
    assert told(sim) == PICKED + at_once + later
    confirmed = COMPLETED in at_once
    assert (callback is not None) == confirmed
    assert api.link(link_id)["status"] == ("completed" if confirmed else "valid")
    [request] = api.requests(link_id)
    last = (at_once + later or PICKED)[-1]
    status, reason = (at_once[0] if last is COMPLETED else last)[1:]
    assert request["status"] == request["transactions"][0]["status"] == status
    assert request.get("status_reason") == reason
    single = api.get(f"/v3/payment/payment-requests/{request['id']}").json()
    assert single == request


def test_read_after_payment(sim, api):
    link_id = api.create()
    sim.pay(link_id, "acsc")
    assert api.link(link_id)["payment_status"] == "initiated_in_success"
    [request] = api.requests(link_id)
    assert request["payment_link_id"] == link_id
    assert request["provider_id"] == 574
    assert request["sender"] == {
        "name": "LINA MARTIN",
        "iban": "FR76XXXXXXXXXXXXXXXXXXXX129",
    }
    assert request["transactions"][0]["amount"] == 129.9
    assert "status_reason" not in request


def test_callback_keeps_its_own_parameters(sim, api):
    link_id = api.create()
    url = sim.pay(link_id)
    assert url.startswith("https://shop.example/retour?order=42&")
    request_id = next(iter(sim.requests))
    assert query(url) == {
        "order": "42",
        "payment_link_id": link_id,
        "payment_request_id": request_id,
        "status": "success",
    }


def test_abort(sim, api):
    link_id = api.create()
    assert query(sim.pay(link_id, "abort")) == {
        "order": "42",
        "payment_link_id": link_id,
        "status": "abort",
        "step": "banks_list",
    }
    assert not sim.requests and api.link(link_id)["status"] == "valid"
    assert sim.pay(api.create(callback_url=None), "abort") is None


def test_rejected_then_paid_on_the_same_link(sim, api):
    link_id = api.create()
    sim.pay(link_id, "rjct-cust")
    sim.pay(sim.pay_url(sim.links[link_id]), "acsc", bank=9102)
    assert [x["status"] for x in api.requests(link_id)] == ["ACSC", "RJCT"]
    with pytest.raises(JourneyError):
        sim.pay(link_id)


def test_unknown_outcome_or_bank_changes_nothing(sim, api):
    link_id = api.create()
    for outcome, bank in (("nonsense", 574), ("acsc", 9201), ("acsc", 9106)):
        with pytest.raises(JourneyError):
            sim.pay(link_id, outcome, bank)
    with pytest.raises(KeyError):
        sim.pay("no-such-link")
    assert not sim.requests and not sim.webhooks


def test_bank_set_by_the_merchant(sim, api):
    link_id = api.create(provider_id=9103)
    with pytest.raises(JourneyError):
        sim.pay(link_id, "pdng", bank=574)
    assert sim.pick_bank(link_id)["provider_id"] == 9103


def test_bank_without_execution_status(sim, api):
    link_id = api.create()
    sim.pay(link_id, "pdng-acsc", bank=9101)
    sim.clock.advance(days=10)
    assert api.requests(link_id)[0]["status"] == "PDNG"
    assert sim.settle(link_id) == []
    assert [x["payment_link_id"] for x in sim.bank_credits] == [link_id]


def test_settle_moves_to_the_programmed_end(sim, api):
    accepted, rejected = api.create(), api.create()
    sim.pay(accepted, "pdng-acsc")
    sim.pay(rejected, "pdng-rjct")
    sim.settle(accepted)
    sim.settle(rejected)
    assert api.requests(accepted)[0]["status"] == "ACSC"
    assert api.requests(rejected)[0]["status"] == "RJCT"
    assert api.link(rejected)["status"] == "completed"
    told_so_far = told(sim)
    sim.clock.advance(hours=2)
    assert told(sim) == told_so_far


def test_bulk(sim, api):
    item = {"amount": 10, "currency": "EUR", "label": "Un"}
    link_id = api.create(transactions=[item, {**item, "amount": 5.5}])
    with pytest.raises(JourneyError):
        sim.pay(link_id, "acsc", bank=9102)
    sim.pay(link_id, "part")
    [request] = api.requests(link_id)
    assert request["status"] == "PART"
    assert [x["status"] for x in request["transactions"]] == ["ACSC", "RJCT"]
    sim.clock.advance(minutes=1)
    assert [x["amount"] for x in sim.bank_credits] == [10]


def test_two_tabs_can_both_pay(sim, api):
    link_id = api.create()
    first, second = sim.pick_bank(link_id), sim.pick_bank(link_id)
    sim.finish(first["id"], "acsc")
    sim.finish(second["id"], "acsc")
    assert [x["status"] for x in api.requests(link_id)] == ["ACSC", "ACSC"]
    assert told(sim).count(COMPLETED) == 1
    with pytest.raises(JourneyError):
        sim.finish(first["id"], "acsc")


def test_expiry(sim, api):
    link_id = api.create()
    sim.clock.advance(minutes=14)
    assert api.link(link_id)["status"] == "valid"
    sim.clock.advance(minutes=2)
    link = api.link(link_id)
    assert link["status"] == "expired"
    assert link["updated_at"] == "2026-11-02T09:15:00.000Z"
    assert told(sim) == [("link.updated", "expired", None)]
    with pytest.raises(JourneyError):
        sim.pay(link_id)


def test_paid_link_does_not_expire(sim, api):
    link_id = api.create()
    sim.pay(link_id)
    sim.clock.advance(days=1)
    assert api.link(link_id)["status"] == "completed"


@pytest.mark.parametrize("close", ["expired", "revoked"])
@pytest.mark.parametrize("survives", [True, False])
def test_link_closed_while_at_the_bank(sim, api, close, survives):
    sim.faults.set(journey_survives=survives)
    link_id = api.create()
    request = sim.pick_bank(link_id)
    if close == "expired":
        sim.clock.advance(hours=1)
    else:
        api.post(f"/v3/payment/payment-links/{link_id}/revoke")
    callback = sim.finish(request["id"], "acsc")
    assert api.link(link_id)["status"] == close
    status = api.requests(link_id)[0]["status"]
    assert status == ("ACSC" if survives else "RJCT")
    assert (callback is None) != survives
    sim.clock.advance(days=5)
    assert len(sim.bank_credits) == int(survives)


def test_dates_of_a_client_on_the_machines_clock():
    """After an advance the client's dates still give links their whole life."""
    clock = Clock()
    with Simulator(clock=clock) as sim:
        api = Api(sim)
        clock.advance(days=2)
        start = clock.now() - clock.drift
        expires = start.replace(microsecond=0) + (START.replace(hour=10) - START)
        link_id = api.create(expired_date=expires.strftime("%Y-%m-%dT%H:%M:%SZ"))
        assert api.link(link_id)["status"] == "valid"
        clock.advance(minutes=50)
        assert api.link(link_id)["status"] == "valid"
        clock.advance(minutes=11)
        assert api.link(link_id)["status"] == "expired"


def test_background_clock_executes_by_itself():
    with Simulator(speed=36000) as sim:
        link_id = Api(sim).create()
        sim.pay(link_id, "pdng-acsc")
        [request] = sim.requests.values()
        assert sim.wait(lambda: request["status"] == "ACSC", timeout=5)


@pytest.mark.parametrize(
    "outcome, bank, wait, day, start",
    [
        ("acsc", 574, {"seconds": 10}, "2026-11-02", "VIR INST DE "),
        ("acsc", 9103, {"days": 1}, "2026-11-03", "VIR SEPA DE "),
        ("pdng-acsc", 574, {"days": 1}, "2026-11-03", "VIR SEPA DE "),
        ("pdng", 574, {"days": 1}, "2026-11-03", "VIR SEPA DE "),
    ],
)
def test_credit_on_the_account(sim, api, outcome, bank, wait, day, start):
    sim.pay(
        api.create(user={"company_name": "Société Été"}, label="K7XQ4M2PRT été"),
        outcome,
        bank,
    )
    assert sim.bank_credits == []
    sim.clock.advance(**wait)
    [credit] = sim.bank_credits
    assert credit["date"] == day
    assert credit["amount"] == 129.9
    assert credit["label"] == f"{start}SOCIETE ETE K7XQ4M2PRT ETE"


def test_credit_waits_for_monday(sim, api):
    sim.clock.advance(days=4)  # a Friday
    sim.pay(api.create(), "pdng-acsc")
    sim.clock.advance(days=2)
    assert sim.bank_credits == []
    sim.clock.advance(days=1)
    assert sim.bank_credits[0]["date"] == "2026-11-09"


def test_no_credit_without_money(sim, api):
    for outcome in ("rjct", "leave", "pdng-rjct"):
        sim.pay(api.create(), outcome)
    sim.clock.advance(days=7)
    assert sim.bank_credits == []


def test_short_label_bank_cuts(sim, api):
    link_id = api.create(label="K7XQ4M2PRT Facture 2026-0042 du mois de mai")
    sim.pay(link_id, "acsc", bank=9102)
    sim.clock.advance(days=1)
    label = "K7XQ4M2PRT Facture 2026-0042 du moi"
    assert api.requests(link_id)[0]["transactions"][0]["label"] == label
    assert sim.bank_credits[0]["label"].endswith(label.upper())
    assert "sender" not in api.requests(link_id)[0]
