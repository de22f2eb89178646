"""Credentials, validation, reading, paging, revoking."""

import json
from datetime import timedelta

import pytest
import requests

from .conftest import START, Api, link_body

LINKS = "/v3/payment/payment-links"


def faults(response):
    assert response.status_code == 400, response.text
    return [(x["code"], x.get("property")) for x in response.json()["errors"]]


@pytest.mark.parametrize(
    "headers, status, code",
    [
        ({"Client-Secret": "wrong"}, 401, "invalid_client_credentials"),
        ({"Client-Id": "stranger"}, 401, "invalid_client_credentials"),
        ({"Client-Id": None}, 401, "invalid_client_credentials"),
        ({"Client-Secret": None}, 401, "invalid_client_credentials"),
        ({"Bridge-Version": None}, 400, "invalid_request"),
        ({"Bridge-Version": "2021-06-01"}, 400, "invalid_request"),
    ],
)
def test_every_call_needs_headers(sim, api, headers, status, code):
    headers = {**api.headers, **headers}
    for path in (LINKS, "/v3/payment/payment-requests", "/v3/providers"):
        answer = requests.get(sim.url + path, headers=headers, timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_body_that_is_no_json(sim, api):
    url = sim.url + LINKS
    typed = {**api.headers, "Content-Type": "application/json"}
    assert requests.post(url, data="{", headers=typed, timeout=5).status_code == 422
    nan = json.dumps(link_body()).replace("129.9", "NaN")
    assert requests.post(url, data=nan, headers=typed, timeout=5).status_code == 422
    plain = {**api.headers, "Content-Type": "text/plain"}
    assert requests.post(url, data="{}", headers=plain, timeout=5).status_code == 415


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"user": {"company_name": "Exemple"}},
        {"transactions": link_body()["transactions"]},
        link_body(transactions=[]),
        link_body(transactions=["x"]),
        link_body(user=None),
    ],
)
def test_body_at_fault_as_a_whole(api, body):
    answer = api.post(LINKS, body)
    assert answer.status_code == 400
    assert answer.json() == {
        "code": "invalid_request",
        "message": "Invalid body content",
    }


@pytest.mark.parametrize(
    "change, code",
    [
        ({"amount": None}, "amount_missing"),
        ({"amount": "12"}, "amount_invalid"),
        ({"amount": True}, "amount_invalid"),
        ({"amount": 0}, "amount_invalid"),
        ({"amount": -5}, "amount_invalid"),
        ({"amount": 12.345}, "amount_too_many_decimals"),
        ({"amount": 35000.01}, "max_amount"),
        ({"currency": None}, "currency_missing"),
        ({"currency": "USD"}, "currency_invalid"),
        ({"currency": "eur"}, "currency_invalid"),
        ({"label": "  "}, "label_missing"),
        ({"label": "x" * 51}, "label_too_long"),
        ({"label": "Facture: 42"}, "characters_not_allowed"),
        ({"label": "Facture\t42"}, "characters_not_allowed"),
        ({"end_to_end_id": "a" * 36}, "end_to_end_id_invalid"),
        ({"end_to_end_id": "a b"}, "end_to_end_id_invalid"),
        ({"client_reference": "x" * 101}, "client_reference_invalid"),
        ({"execution_date": "tomorrow"}, "execution_date_invalid"),
    ],
)
def test_transaction_rules(api, change, code):
    [(found, prop)] = faults(api.post(LINKS, link_body(transaction=change)))
    assert found == f"payment.transaction.{code}"
    assert prop == f"transactions[0].{next(iter(change))}"


@pytest.mark.parametrize(
    "change",
    [
        {"label": "Été n'est. fini-là"},
        {"label": "x" * 50},
        {"amount": 35000},
        {"amount": 0.01},
        {"amount": 0.29},
    ],
)
def test_transaction_accepted(api, change):
    link = api.link(api.create(transaction=change))
    [(key, value)] = change.items()
    assert link["transactions"][0][key] == value


@pytest.mark.parametrize(
    "change, code, prop",
    [
        ({"user": {}}, "payment.user.name_missing", "user.name"),
        ({"user": {"first_name": "Lina"}}, "payment.user.name_missing", "user.name"),
        (
            {"user": {"company_name": "x" * 36}},
            "payment.user.name_too_long",
            "user.company_name",
        ),
        (
            {"user": {"company_name": "123"}},
            "payment.user.name_invalid",
            "user.company_name",
        ),
        (
            {"user": {"company_name": "A & B_C"}},
            "payment.user.name_invalid",
            "user.company_name",
        ),
        (
            {"user": {"company_name": "A", "external_reference": "a b"}},
            "payment.user.external_reference_invalid",
            "user.external_reference",
        ),
        (
            {"user": {"company_name": "A", "ip_address": "1.2.3"}},
            "payment.user.ip_address_invalid",
            "user.ip_address",
        ),
        ({"client_reference": 5}, "payment.client_reference_invalid", None),
        ({"country": "FR"}, "payment.country_invalid", "country"),
        ({"provider_id": 1}, "payment.provider_invalid", "provider_id"),
        ({"provider_id": 9106}, "payment.provider_invalid", "provider_id"),
        ({"callback_url": "ftp://a.example"}, "payment.invalid_callback_url", None),
        ({"callback_url": "/retour"}, "payment.invalid_callback_url", None),
        ({"sender_iban": "FR76"}, "payment.sender_iban_invalid", "sender_iban"),
        ({"expired_date": "soon"}, "payment.expired_date_invalid", "expired_date"),
        (
            {"expired_date": "2026-11-02T08:59:59Z"},
            "payment.expired_date_invalid",
            "expired_date",
        ),
        (
            {"expired_date": "2027-02-01T09:00:01Z"},
            "payment.expired_date_invalid",
            "expired_date",
        ),
    ],
)
def test_link_rules(api, change, code, prop):
    [(found, where)] = faults(api.post(LINKS, link_body(**change)))
    assert found == code
    assert prop is None or where == prop


def test_all_faults_are_told_at_once(api):
    body = link_body(user={}, country="xx", transaction={"amount": 1.234, "label": ":"})
    assert len(faults(api.post(LINKS, body))) == 4
    assert not api.sim.links


def test_beneficiary(sim, api):
    wrong = {"iban": "FR7630006000011234567890188", "company_name": "Moi"}
    [(code, _prop)] = faults(
        api.post(LINKS, link_body(transaction={"beneficiary": wrong}))
    )
    assert code == "payment.transaction.beneficiary.iban_invalid"
    right = {"iban": "DE89370400440532013000", "company_name": "Moi"}
    link = api.link(api.create(transaction={"beneficiary": right}))
    assert link["transactions"][0]["beneficiary"] == {
        "iban": "DE89XXXXXXXXXXXXXXX000",
        "company_name": "Moi",
    }
    sim.application().dynamic_beneficiary = False
    assert faults(api.post(LINKS, link_body(transaction={"beneficiary": right})))


def test_beneficiary_without_iban_is_the_default_one(sim, api):
    link_id = api.create(transaction={"beneficiary": {"company_name": "Autre"}})
    stored = sim.links[link_id]["transactions"][0]["beneficiary"]
    assert stored == sim.application().beneficiary


def test_created_and_read_back(sim, api):
    answer = api.post(LINKS, link_body(amount=100)).json()
    assert set(answer) == {"id", "url"}
    assert answer["url"].startswith(sim.url + "/pay-page/link/")
    link = api.link(answer["id"])
    assert link["link"] == answer["url"]
    assert link["status"] == "valid"
    assert link["expired_at"] == "2026-11-02T09:15:00.000Z"
    assert "payment_status" not in link and "url" not in link
    transaction = link["transactions"][0]
    assert transaction["amount"] == 100 and isinstance(transaction["amount"], int)
    assert transaction["beneficiary"]["iban"] == "FR76XXXXXXXXXXXXXXXXXXXX189"
    assert not {"id", "status", "execution_date"} & set(transaction)


def test_no_label_gets_one(api):
    link = api.link(api.create(label=None))
    assert link["transactions"][0]["label"] == "Bridge Payment 02-11"


def test_unknown_things(api):
    for path in (
        f"{LINKS}/nothing",
        "/v3/payment/payment-requests/nothing",
        "/v3/providers/1",
        "/v3/nothing",
    ):
        answer = api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert api.post(f"{LINKS}/nothing/revoke").status_code == 404


def test_applications_are_sealed_from_each_other(sim, api):
    sim.add_application("other", "secret-2", allowed_domains=["*.other.example"])
    other = Api(sim, "other", "secret-2")
    link_id = api.create()
    sim.pay(link_id)
    request_id = api.requests(link_id)[0]["id"]
    assert other.get(f"{LINKS}/{link_id}").status_code == 404
    assert other.post(f"{LINKS}/{link_id}/revoke").status_code == 404
    assert other.get(f"/v3/payment/payment-requests/{request_id}").status_code == 404
    assert other.requests(link_id) == []
    assert other.get(LINKS).json()["resources"] == []
    assert Api(sim, "other", "sim-secret").get(LINKS).status_code == 401


def test_declared_callback_domains(sim):
    sim.add_application(
        "other", "secret-2", allowed_domains=["*.other.example", "one.example"]
    )
    other = Api(sim, "other", "secret-2")
    other.create(callback_url="https://a.other.example/x")
    other.create(callback_url="https://one.example:8443/x")
    for url in (
        "https://other.example/",
        "https://evilother.example/",
        "https://one.example.evil.example/",
        "https://one.example@evil.example/",
    ):
        answer = other.post(LINKS, link_body(callback_url=url))
        assert faults(answer) == [("payment.invalid_callback_url", None)]


def test_revoke(sim, api):
    link_id = api.create()
    assert api.post(f"{LINKS}/{link_id}/revoke").status_code == 200
    assert api.link(link_id)["status"] == "revoked"
    again = api.post(f"{LINKS}/{link_id}/revoke")
    assert 400 <= again.status_code < 500
    assert [x.content["payment_link_status"] for x in sim.webhooks] == ["revoked"]


def test_pages_newest_first(sim, api):
    made = [api.create() for _ in range(7)]
    found, path = [], f"{LINKS}?limit=3"
    pages = 0
    while path:
        assert path.startswith("/v3/")
        answer = api.get(path).json()
        found += [link["id"] for link in answer["resources"]]
        path = answer["pagination"].get("next_uri")
        pages += 1
    assert found == made[::-1]
    assert pages == 3


def test_page_holds_still_while_links_are_made(api):
    made = [api.create() for _ in range(4)]
    first = api.get(LINKS, limit=2).json()
    api.create()
    second = api.get(first["pagination"]["next_uri"]).json()
    assert [x["id"] for x in second["resources"]] == [made[1], made[0]]


@pytest.mark.parametrize("limit", ["0", "501", "x", "-1", "1.5"])
def test_limit_is_checked(api, limit):
    assert api.get(LINKS, limit=limit).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        *({"after": cursor} for cursor in ("??", "x", "Yzo5OTk5", "%00")),
        {"since": "yesterday"},
    ],
)
def test_query_is_checked(api, query):
    assert api.get(LINKS, **query).status_code == 400


def test_filters(sim, api):
    old = api.create(expired_date="2026-11-20T00:00:00Z")
    sim.clock.advance(hours=2)
    new = api.create()
    sim.pay(new)

    def ids(**query):
        return [x["id"] for x in api.get(LINKS, **query).json()["resources"]]

    middle = (START + timedelta(hours=1)).isoformat()
    assert ids(since=middle) == [new]
    assert ids(until=middle) == [old]
    assert ids(status="completed") == [new]
    assert ids(status="valid,completed") == [new, old]
    assert ids(since="2026-11-02T09:00:00.000Z") == [new, old]
    answer = api.get("/v3/payment/payment-requests", status="ACSC").json()
    assert len(answer["resources"]) == 1


def test_providers(api):
    def ids(**query):
        answer = api.get("/v3/providers", **query).json()
        return {x["id"] for x in answer["resources"]}

    assert ids(country_code="ES,DE") == {9201, 9202}
    assert 9103 not in ids(capabilities="single_payment,instant_single_payment")
    assert ids(payment_release_status="retired") == {9106}
    assert ids(provider_environments="prod") == set()
    first = api.get("/v3/providers", limit=4).json()
    rest = api.get(first["pagination"]["next_uri"]).json()
    shown = [x["id"] for x in first["resources"] + rest["resources"]]
    assert len(first["resources"]) == 4 and len(set(shown)) == len(shown)
    silent = api.get("/v3/providers/9101").json()
    assert silent["payment_metadata"]["execution_status_available"] is False
    assert "group_name" not in silent


def test_rate_limit(sim, api):
    sim.rate_limit.calls = 3
    assert [api.get(LINKS).status_code for _ in range(4)] == [200, 200, 200, 429]
