"""What no log may hold is masked wherever it stands, and words are left alone."""

import re
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.masking import mask_log
from bridge.reference import TOKEN_ALPHABET, TOKEN_LENGTH

TOKEN = "k7x2q48mnpabcdefghjk"
STATE = "12-" + "0123456789abcdef" * 3
IBAN = "FR7630006000011234567890189"

# Other processes of the machine take their time, too.
patient = settings(deadline=None)
tokens = st.text(TOKEN_ALPHABET, min_size=TOKEN_LENGTH, max_size=TOKEN_LENGTH)


def encode(text, times):
    """Percent-encode every character, as often as wanted."""
    for _time in range(times):
        text = "".join(f"%{ord(character):02X}" for character in text)
    return text


@pytest.mark.parametrize(
    "line",
    [
        "GET /pay/{} HTTP/1.1",
        "GET /pay/{}/invoice/0 HTTP/1.1",
        "GET /fr/pay/{}?back=left HTTP/1.1",
        "GET //pay//{} HTTP/1.1",
        "GET /PAY/{} HTTP/1.1",
        "GET /pay%2F{} HTTP/1.1",
        "GET %2fpay%2f{}%2Fstatus HTTP/1.1",
        "GET /fr%252Fpay%252F{} HTTP/1.1",
        "GET /web/login?redirect=/pay/{}&lang=fr HTTP/1.1",
        "GET /web/login?redirect=%2Fpay%2F{} HTTP/1.1",
        "GET /x?token={}&y=1 HTTP/1.1",
        "GET /{} HTTP/1.1",
        '"https://pay.example.com/pay/{}" "Mozilla/5.0"',
        "<Request 'https://pay.example.com/fr/pay/{}' [GET]>",
        "{{'path': '/a/{}', 'query': ''}}",
        "KeyError: '{}'",
        "mailto:{}.",
    ],
)
@patient
@given(
    token=tokens,
    form=st.sampled_from([str, str.upper, str.title, lambda text: encode(text, 1)]),
)
def test_a_token_is_masked_wherever_it_stands(line, token, form):
    masked = mask_log(line.format(form(token)))
    assert form(token) not in masked
    assert token not in masked.lower()
    assert "***" in masked


@patient
@given(token=tokens, data=st.data())
def test_a_token_of_which_some_characters_are_encoded_is_masked(token, data):
    text = "".join(data.draw(st.sampled_from([c, encode(c, 1)])) for c in token)
    masked = mask_log(f"GET /fr/x/{text}/y HTTP/1.1")
    assert masked == "GET /fr/x/***/y HTTP/1.1"


@pytest.mark.parametrize(
    "slip",
    [TOKEN[:-1], TOKEN[1:], f"{TOKEN}a", f"{TOKEN}-and", f"{TOKEN}é", f"l{TOKEN[1:]}"],
)
@pytest.mark.parametrize("path", ["/pay/{}", "/fr/pay/{}/status", "/Pay%2f{}?x"])
def test_what_stands_in_the_place_of_a_token_is_masked(path, slip):
    masked = mask_log(f"GET {path.format(slip)} HTTP/1.1")
    assert slip not in masked
    assert masked == f"GET {path.format('***')} HTTP/1.1"


@pytest.mark.parametrize(
    "line",
    [
        "GET /bridge/connect/return?context={}&item_id=7 HTTP/1.1",
        "GET /bridge/connect/return?item_id=7&context={} HTTP/1.1",
        "GET //fr/bridge/connect/return?context={} HTTP/1.1",
        "GET /web/login?redirect=%2Fbridge%2Fconnect%2Freturn%3Fcontext%3D{} HTTP/1.1",
        "no connection of {}",
    ],
)
@patient
@given(secret=st.binary(min_size=24, max_size=24), number=st.integers(1, 10**9 - 1))
def test_what_bridge_brings_back_is_masked(line, secret, number):
    for state in (f"{number}-{secret.hex()}", f"{number}%2D{secret.hex().upper()}"):
        masked = mask_log(line.format(state))
        assert secret.hex() not in masked.lower()


@pytest.mark.parametrize(
    "iban",
    [
        IBAN,
        IBAN.lower(),
        "FR76 3000 6000 0112 3456 7890 189",
        "FR76+3000+6000+0112+3456+7890+189",
        quote("FR76 3000 6000 0112 3456 7890 189"),
    ],
)
@pytest.mark.parametrize(
    "line", ["{}", "search?q={}", "q%3D{}%26", "bad query: INSERT … ('{}')", "({})"]
)
def test_an_iban_is_masked(iban, line):
    masked = mask_log(line.format(iban))
    assert "30006" not in re.sub(r"%20|[ +]", "", masked)


def test_a_bearer_token_is_masked():
    assert mask_log("Authorization: Bearer eyJhb.c-d") == "Authorization: Bearer ***"


@pytest.mark.parametrize(
    "line",
    [
        "GET /web/assets/1/a1b2c3d/web.assets_frontend.min.js HTTP/1.1",
        "GET /web/assets/debug/web.assets_backend.js HTTP/1.1",
        "GET /account_payment_request/static/src/request/pay.css?v=1a2b3c4d HTTP/1.1",
        "GET /web/content/42?unique=3f786850e387550fdab836ed7e6dc881de23001b HTTP/1.1",
        "GET /web/image/7?access_token=2b6f0c7e-5a51-4d0e-9a53-0a9e7d1f1c11 HTTP/1.1",
        "GET /payment/status HTTP/1.1",
        "GET /my/invoices/12?report_type=pdf HTTP/1.1",
        "POST /payment/bridge/webhook/14 HTTP/1.1",
        "POST /web/dataset/call_kw/payment.request/action_replace_link HTTP/1.1",
        "File /srv/account_payment_request/controllers/request/pay.py, line 12, in pay",
        "account_payment_request: characteristically uncopyrightable",
        "Loading module account_payment_request (42/43)",
        "Transaction 7 could not be read: K7X2Q48MNP of INV/2026/00042",
    ],
)
def test_what_opens_nothing_is_left_as_it_is(line):
    assert mask_log(line) == line
