"""Errors: both shapes of body, no secret in the text."""

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import BridgeError, BridgeUnreachable, Fault
from bridge.errors import MAX_TEXT, from_response, mask
from devtools.any_text import any_text

IBAN = "FR7630006000011234567890189"
SPACED_IBAN = "FR76 3000 6000 0112 3456 7890 189"


@pytest.mark.parametrize(
    "text",
    [
        f"beneficiary {IBAN} is closed",
        f"beneficiary {SPACED_IBAN} is closed",
        f"beneficiary ({IBAN.lower()}), unknown",
        f"iban={IBAN}",
        "NO9386011117947",
        "MT84MALT011000012345MTLCAST001S",
        "secret s3cr3t-value was wrong",
        "Authorization: Bearer eyJhbGciOi.abc-def",
    ],
)
def test_masked(text):
    safe = mask(text, secrets=("s3cr3t-value", None, ""))
    for private in ("3000600", "3000 6000", "86011117", "MALT0110", "s3cr3t", "eyJ"):
        assert private not in safe


def test_an_iban_keeps_its_ends():
    assert mask(f"to {IBAN}") == "to FR76" + "X" * 20 + "189"
    assert mask("NO9386011117947") == "NO93" + "X" * 8 + "947"
    assert mask("AB12 CDEF GHIJ KL") == "AB12 CDEF GHIJ KL", "too short for one"


@pytest.mark.parametrize(
    "text",
    [
        "transactions[0].amount must not have more than 2 decimal places",
        "no link 2b6f0c7e-5a51-4d0e-9a53-0a9e7d1f1c11",
        "no link de12cdef-5a51-4d0e-9a53-ab12cdefabcd",
        "reference K7X2Q48MNP, INV/2026/00042",
    ],
)
def test_not_masked(text):
    assert mask(text) == text


def test_text_is_one_short_line():
    assert mask("a\nb\r\x00\u2028c") == "a b c"
    assert len(mask("x" * 10_000)) == MAX_TEXT == 300
    assert mask("x" * 300) == "x" * 300
    assert mask("x" * 301) == "x" * 299 + "…"


@pytest.mark.parametrize(
    "body",
    [None, [], {}, "oops", 5, True, [1, "x"], {"errors": []}, {"errors": "no"}]
    + [{"errors": [None, 3]}, {"code": 5, "message": ["x"], "property": {}}],
)
def test_any_body_makes_an_error(body):
    error = from_response(400, body)
    assert (error.status, error.code, error.property) == (400, "http_400", None)
    assert error.faults and str(error)
    assert error.message == "Bridge answered with status 400"


def test_flat_shape():
    error = from_response(400, {"code": "a.b", "message": "No", "property": "user"})
    assert (error.code, error.property, error.message) == ("a.b", "user", "No")
    assert from_response(400, {"errors": [], "code": "a.b"}).code == "a.b"
    assert error.faults == (Fault("a.b", "user", "No"),)
    assert str(error) == "No (user) [a.b]"


@pytest.mark.parametrize(
    "wrap", [lambda faults: {"errors": faults}, lambda faults: faults]
)
def test_list_shape(wrap):
    faults = [
        {"code": "a", "property": "transactions[0].amount", "message": "Too much"},
        {"code": "b", "message": "Too long"},
    ]
    error = from_response(400, wrap(faults))
    assert (error.code, error.property) == ("a", "transactions[0].amount")
    assert error.message == "Too much"
    assert [fault.code for fault in error.faults] == ["a", "b"]
    assert str(error) == "Too much (transactions[0].amount) [a]; Too long [b]"


def test_our_own_error_has_one_fault():
    error = BridgeError("No", code="timeout")
    assert error.faults == (Fault("timeout", None, "No"),)
    assert str(error) == "No [timeout]"


def test_all_texts_of_bridge_are_masked():
    fault = {"code": IBAN, "property": IBAN, "message": f"{IBAN} key"}
    error = from_response(400, {"errors": [fault]}, secrets=("key",))
    everything = str(error) + repr(error) + repr(vars(error)) + repr(error.args)
    assert "300060" not in everything and "key" not in everything


@pytest.mark.parametrize(
    "status, temporary",
    [(400, 0), (401, 0), (403, 0), (404, 0), (409, 0), (429, 1), (500, 1), (503, 1)]
    + [(499, 0)],
)
def test_temporary(status, temporary):
    assert from_response(status, None).is_temporary is bool(temporary)


def test_unreachable_is_temporary_but_for_bad_certificates():
    for code, temporary in [("timeout", 1), ("connection_error", 1), ("tls_error", 0)]:
        error = BridgeUnreachable("No", code=code, maybe_received=True)
        assert error.is_temporary is bool(temporary)
    assert not BridgeError("No", code="invalid_id").is_temporary


@pytest.mark.parametrize(
    "error",
    [
        from_response(400, {"code": "a", "message": "No", "property": "p"}),
        BridgeUnreachable("No", code="timeout", maybe_received=True),
    ],
)
def test_errors_can_be_copied_and_pickled(error):
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert (str(twin), vars(twin)) == (str(error), vars(error))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | any_text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["errors", "code", "message"]), inner)
    ),
    max_leaves=8,
)


@given(json_values)
def test_no_body_breaks_it(body):
    assert isinstance(str(from_response(418, body)), str)
