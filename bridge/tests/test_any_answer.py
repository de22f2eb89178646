"""Whatever Bridge answers, a method returns what it declares, or raises BridgeError."""

import copy
import json
import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import Aggregation, BridgeClient, BridgeError, verdict
from bridge.bank_transaction import BankTransaction
from bridge.fetch import FetchRun, order
from devtools.any_text import any_text

from .conftest import CLIENT_ID, CLIENT_SECRET, create

LINK_ID = "2b6f0c7e-5a51"
MOMENT = "2026-11-02T09:02:31.000Z"
TRANSFER = {
    "id": "c0a1",
    "status": "ACSC",
    "amount": 129.9,
    "currency": "EUR",
    "label": "Facture 2026-0042",
    "end_to_end_id": "K7X2Q48MNP",
    "client_reference": "K7X2Q48MNP",
    "beneficiary": {"iban": "FR76XXXXXXXXXXXXXXXXXXXX189", "company_name": "Boutique"},
}
LINK = {
    "id": LINK_ID,
    "status": "completed",
    "payment_status": "initiated_in_success",
    "client_reference": "K7X2Q48MNP",
    "user": {"first_name": "Lina", "last_name": "Martin"},
    "link": "https://pay.bridgeapi.io/link/opaque",
    "transactions": [TRANSFER],
    "expired_at": MOMENT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
ATTEMPT = {
    "id": "9f41",
    "status": "RJCT",
    "status_reason": "AM04",
    "payment_link_id": LINK_ID,
    "provider_id": 574,
    "client_reference": "K7X2Q48MNP",
    "sender": {"iban": "FR76XXXXXXXXXXXXXXXXXXXX250", "name": "MME LINA MARTIN"},
    "transactions": [TRANSFER],
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
BANK = {"id": 574, "name": "Demo Bank", "country_code": "FR", "capabilities": ["a"]}
USER = {"uuid": "7d1a", "external_user_id": "org_12"}
TOKEN = {"access_token": "tok3n", "expires_at": MOMENT, "user": USER}
ITEM = {
    "id": 501,
    "provider_id": 574,
    "status": 1010,
    "status_code_info": "otp_required",
    "account_types": "payment",
    "created_at": MOMENT,
    "last_successful_refresh": MOMENT,
    "authentication_expires_at": MOMENT,
}
ACCOUNT = {
    "id": 9001,
    "name": "Compte courant pro",
    "type": "checking",
    "balance": 1630.15,
    "instant_balance": 1500.25,
    "currency_code": "EUR",
    "iban": "FR7600000000000000000000097",
    "pro": True,
    "item_id": 501,
    "data_access": "enabled",
    "updated_at": MOMENT,
}
TRANSACTION = {
    "id": 33000000000001,
    "account_id": 9001,
    "amount": -129.9,
    "currency_code": "EUR",
    "date": "2026-11-03",
    "value_date": "2026-11-03",
    "updated_at": MOMENT,
    "clean_description": "Virement Lina Martin",
    "provider_description": "VIR INST DE MME LINA MARTIN FACTURE 2026-0042",
    "operation_type": "transfer",
    "category_id": 283,
    "deleted": False,
    "future": False,
    "bridge_payment_information": {"payment_link_id": LINK_ID},
}


def page(*records):
    return {"resources": list(records), "pagination": {"next_uri": None}}


CREATED = {"id": LINK_ID, "url": "https://pay.bridgeapi.io/link/opaque"}
# What a method is answered, and how it is called: with a client, or with a user.
PAYMENTS = {
    "create_payment_link": (CREATED, create),
    "read_payment_link": (LINK, lambda c: c.read_payment_link(LINK_ID)),
    "list_payment_links": (page(LINK), lambda c: list(c.list_payment_links())),
    "revoke_payment_link": (LINK, lambda c: c.revoke_payment_link(LINK_ID)),
    "list_payment_requests": (
        page(ATTEMPT, ATTEMPT),
        lambda c: list(c.list_payment_requests(payment_link_id=LINK_ID)),
    ),
    "read_provider": (BANK, lambda c: c.read_provider(574)),
    "check_credentials": (page(LINK), lambda c: c.check_credentials()),
}
BANKS = {
    "create_user": (USER, lambda a: a.create_user("org_12")),
    "authorize": (TOKEN, lambda a: a.authorize(user_uuid="7d1a")),
    "create_connect_session": (
        CREATED,
        lambda a: a.create_connect_session(user_email="a@b.example"),
    ),
    "list_items": (page(ITEM), lambda a: list(a.list_items())),
    "read_item": (ITEM, lambda a: a.read_item(501)),
    "delete_item": (ITEM, lambda a: a.delete_item(501)),
    "list_accounts": (page(ACCOUNT), lambda a: list(a.list_accounts())),
    "read_account": (ACCOUNT, lambda a: a.read_account(9001)),
    "transaction_pages": (
        page(TRANSACTION, {**TRANSACTION, "id": 2}),
        lambda a: list(a.transaction_pages(9001)),
    ),
}

DEEP = json.loads("[" * 500 + "]" * 500)
ODD = st.one_of(
    st.sampled_from(
        [None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, -(10**400), 1.005]
        + [math.nan, math.inf, -math.inf, 1e308, -1e15, 5e-324]
        + ["", " ", "\x00", "a\x00b", "\r\nX-Evil: 1", "\ud800", "\x9b31m", "x" * 5000]
        + ["1e999999", "NaN", "-1", "EUR", "ACSC", "CANC", "https://evil.example/"]
        + ["https://pay.bridgeapi.io\\@evil.example/", "//evil.example", "javascript:"]
        + ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "9999-12-31", "0001"]
        + [[], {}, [None], [[]], {"a": None}, [{}], {"id": 1}, DEEP, ["x"] * 1000]
    ),
    any_text(max_size=20),
    st.integers(),
    st.floats(),
)


@st.composite
def mutated(draw, body):
    """Draw an answer with one to three oddities, as JSON can carry them."""
    for _oddity in range(draw(st.integers(1, 3))):
        body = _mutate(draw, copy.deepcopy(body))
    return json.loads(json.dumps(body))


def _mutate(draw, value):
    if not value or not isinstance(value, (dict, list)) or draw(st.integers(0, 5)) == 0:
        return draw(ODD)
    is_list = isinstance(value, list)
    at = draw(st.sampled_from(range(len(value)) if is_list else sorted(value)))
    how = draw(st.sampled_from(["inside", "inside", "inside", "gone", "twice", "new"]))
    if how == "inside":
        value[at] = _mutate(draw, value[at])
    elif how == "gone":
        del value[at]
    elif is_list:
        value.append(value[at] if how == "twice" else draw(ODD))
    else:
        value[draw(any_text(max_size=5)) if how == "new" else at] = draw(ODD)
    return value


def answered(body):
    """Return a client that is given ``body`` for an answer, whatever it asks."""
    client = BridgeClient(
        CLIENT_ID, CLIENT_SECRET, attempts=1, max_elapsed=5, sleep=lambda _s: None
    )
    client._exchange = lambda *_args: copy.deepcopy(body)
    return client


def check_clean(value, depth=0):
    """Fail for what a database, a page or a reader would stumble over."""
    assert depth < 8
    if isinstance(value, dict):
        for name, member in value.items():
            assert isinstance(name, str)
            check_clean(name)
            check_clean(member, depth + 1)
    elif isinstance(value, list):
        for item in value:
            check_clean(item, depth + 1)
    elif isinstance(value, str):
        value.encode()
        assert len(value) <= 8000
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in value)
    elif isinstance(value, float):
        assert math.isfinite(value)
    else:
        assert value is None or isinstance(value, int)


TYPES = {
    ("id", "uuid", "item_id", "account_id", "payment_link_id"): (str, int),
    ("name", "iban", "label", "client_reference", "status_reason", "url"): str,
    ("access_token", "currency", "currency_code", "updated_at", "created_at"): str,
    ("amount", "balance", "instant_balance"): (int, float),
    ("status",): (str, int),
    ("deleted", "future", "pro"): bool,
    ("transactions",): list,
    ("user", "beneficiary"): dict,
}


def check_types(found):
    """Fail if a member that we read has another type than it says."""
    if isinstance(found, list):
        for item in found:
            check_types(item)
    if isinstance(found, dict):
        for names, types in TYPES.items():
            for name in names:
                if name in found:
                    assert isinstance(found[name], types), name
                    assert types is bool or not isinstance(found[name], bool), name
        check_types(found.get("transactions"))


def ask(method, body):
    """Return what a method makes of an answer, None if it refuses it."""
    of_user = method in BANKS
    client = answered(body)
    _sample, call = (BANKS if of_user else PAYMENTS)[method]
    try:
        found = call(Aggregation(client, "tok3n") if of_user else client)
    except BridgeError as error:
        str(error).encode()
        return None
    if method != "transaction_pages" or found:
        check_clean(found)
        check_types(found)
    return found


@pytest.mark.parametrize("method", [*PAYMENTS, *BANKS])
def test_a_right_answer_is_taken(method):
    sample, _call = {**PAYMENTS, **BANKS}[method]
    found = ask(method, sample)
    if method not in ("check_credentials", "delete_item"):
        assert found
    if isinstance(found, dict):
        known = {name: sample[name] for name in found if name != "transactions"}
        assert known.items() <= found.items()


@pytest.mark.parametrize("method", [*PAYMENTS, *BANKS])
@given(data=st.data())
def test_any_answer(method, data):
    sample, _call = {**PAYMENTS, **BANKS}[method]
    ask(method, data.draw(mutated(sample)))


EXPECTED = verdict.Expected(LINK_ID, "K7X2Q48MNP", 12990, "EUR")
OUTCOMES = {value for name, value in vars(verdict).items() if name.isupper()}


@given(mutated(LINK), mutated(page(ATTEMPT, {**ATTEMPT, "status": "ACSC"})))
def test_any_answer_is_judged(link, attempts):
    link = ask("read_payment_link", link)
    attempts = ask("list_payment_requests", attempts)
    if link is None or attempts is None:
        return
    judged = verdict.judge(link, attempts, EXPECTED)
    assert judged.outcome in OUTCOMES
    check_clean([judged.bank_reason, judged.bank_status, judged.link_status])
    if judged.mismatch:
        # What cannot be read is no proof of anything.
        assert judged.mismatch.kind != verdict.UNREADABLE_AMOUNT
        assert "None" not in judged.mismatch.read_currencies


@given(mutated(page(TRANSACTION, {**TRANSACTION, "id": 2})))
def test_any_transaction_is_parsed(body):
    run = FetchRun("9001", BankTransaction.parse(TRANSACTION).date)
    for data in [
        one for records in ask("transaction_pages", body) or () for one in records
    ]:
        try:
            transaction = BankTransaction.parse(data)
        except ValueError:
            continue
        check_clean([*transaction[2:6], transaction.ref, transaction.evidence])
        assert transaction.currency in ("", "EUR") or len(transaction.currency) == 3
        run.see(transaction)
        run.wait_for(transaction)
        again = FetchRun("9001", transaction.date, run.get_cursor())
        assert again.since and order(run.get_cursor())
        assert again.windows(transaction.date)


UNREADABLE = {
    "link": [
        {"transactions": [None]},
        {"transactions": {}},
        {"transactions": []},
        {"transactions": [{"amount": math.inf, "currency": "EUR"}]},
        {"transactions": [{"amount": 129.905, "currency": "EUR"}]},
        {"transactions": [{"amount": "129.90", "currency": "EUR"}]},
        {"transactions": [{"amount": 129.9, "currency": ["EUR"]}]},
        {"transactions": [{"amount": 129.9}]},
        {"status": ["completed"]},
        {"status": None},
        {"id": "x" * 5000},
        {"client_reference": 5},
        {"updated_at": 1793610250000},
    ],
    "attempt": [
        {"status": ["ACSC"]},
        {"status": {"code": "ACSC"}},
        {"status_reason": ["AM04"]},
        {"transactions": [None]},
        {"transactions": [{"amount": -math.inf, "currency": "EUR"}]},
        {"transactions": [{"amount": 129.9}]},
        {"payment_link_id": [LINK_ID]},
        {"payment_link_id": "a/b"},
    ],
}


@pytest.mark.parametrize("members", UNREADABLE["link"])
def test_a_link_that_cannot_be_read(members):
    assert ask("read_payment_link", {**LINK, **members}) is None


@pytest.mark.parametrize("members", UNREADABLE["attempt"])
def test_an_attempt_that_cannot_be_read(members):
    assert ask("list_payment_requests", page(ATTEMPT, {**ATTEMPT, **members})) is None


def test_control_characters_are_taken_out_of_texts():
    (attempt,) = ask(
        "list_payment_requests", page({**ATTEMPT, "status_reason": "AM\x0004\ud800"})
    )
    assert attempt["status_reason"] == "AM 04?"


@pytest.mark.parametrize(
    "members",
    [{"currency_code": ["USD"]}, {"deleted": "true"}, {"future": 1}, {"amount": "1"}]
    + [{"amount": 1e300}, {"date": "9999-12-31"}, {"date": "0001-01-01"}]
    + [{"updated_at": "0001-01-01T00:00:00Z"}, {"provider_description": ["VIR"]}],
)
def test_one_odd_transaction_does_not_hide_the_others(members):
    body = page({**TRANSACTION, **members}, {**TRANSACTION, "id": 2})
    ((odd, good),) = ask("transaction_pages", body)
    assert BankTransaction.parse(good).ref == "2"
    with pytest.raises(ValueError):
        BankTransaction.parse(odd)


# -- where people are sent ----------------------------------------------------------


def created_at(url, base_url=None):
    client = answered({"id": LINK_ID, "url": url})
    client._base_url = base_url or client.base_url
    return Aggregation(client, "tok3n").create_connect_session(user_email="a@b.example")


@pytest.mark.parametrize(
    "url",
    [
        "https://bridgeapi.io/x",
        "https://pay.bridgeapi.io/link/x?y=z#a",
        "https://connect.bridgeapi.io:443/x",
    ],
)
def test_pages_of_bridge(url):
    assert created_at(url)["url"] == url


@pytest.mark.parametrize(
    "url",
    [
        "http://pay.bridgeapi.io/x",
        "https://evil.example/x",
        "https://bridgeapi.io.evil.example/x",
        "https://evilbridgeapi.io/x",
        "https://pay.bridgeapi.io@evil.example/x",
        "https://evil.example\\.bridgeapi.io/x",
        "https://evil.example\\@pay.bridgeapi.io/x",
        "https://pay.bridgeapi.io:8443/x",
        "https://pay.bridgeapi.io/\r\nX-Evil: 1",
        "https://pay.bridgeapi.io/\x00",
        "https://pay.bridgeapi.io/é",
        "https://pay.bridgeapi.io./x",
        "https://[::1/x",
        "https://127.0.0.1/x",
        "//pay.bridgeapi.io/x",
        "https://pay.bridgeapi.io/" + "x" * 5000,
    ],
)
def test_pages_of_others(url):
    with pytest.raises(BridgeError) as caught:
        created_at(url)
    assert caught.value.code == "unexpected_response"


def test_a_simulator_has_its_own_pages():
    here = partial(created_at, base_url="http://127.0.0.1:8070")
    assert here("http://127.0.0.1:8070/pay/x")
    assert here("https://pay.bridgeapi.io/x")
    for url in ("http://localhost:8070/x", "ftp://127.0.0.1/x", "http://evil.example/"):
        with pytest.raises(BridgeError):
            here(url)
