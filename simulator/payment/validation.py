"""The rules of ``POST /v3/payment/payment-links``, every fault collected."""

import ipaddress
import re
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

from ..clock import from_text
from .banks import BANKS, payable

MAX_AMOUNT = Decimal(35000)
MAX_LABEL = 50
MAX_NAME = 35
MAX_REFERENCE = 100
MAX_LIFE = timedelta(days=90)
COUNTRIES = ("fr", "es", "de", "gb")

# Letters of any alphabet, digits and SEPA's punctuation without the colon.
_LABEL = re.compile(r"(?:[^\W_]|[ '.,?()/+-])*")
_NAME = re.compile(r"(?:[^\W_]|[ +()/.\-!?,;&%€])*")
_EXTERNAL_REFERENCE = r"[A-Za-z0-9_-]{1,35}"
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


class Invalid(Exception):
    """A body that cannot be accepted.

    ``faults`` lists {code, message, property?}; empty when the whole body is at fault.
    """

    def __init__(self, faults=()):
        super().__init__("Invalid body content")
        self.faults = list(faults)


def iban_is_valid(iban):
    """Return whether ``iban`` (no spaces) has a right form and check digits."""
    if not isinstance(iban, str) or not _IBAN.fullmatch(iban):
        return False
    digits = "".join(str(int(char, 36)) for char in iban[4:] + iban[:4])
    return int(digits) % 97 == 1


def callback_allowed(url, application):
    """Return whether people may be sent to ``url`` (of any type)."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host:
        return False
    return application.allows_domain(host)


def check_payment_link(body, application, now):
    """Check the body of a new payment link.

    :param body: parsed JSON, fractions as Decimal
    :param application: the caller's :class:`~.store.Application`
    :param now: the caller's present, aware datetime
    :raises Invalid: with all faults found
    """
    if not (
        isinstance(body, dict)
        and isinstance(body.get("user"), dict)
        and isinstance(body.get("transactions"), list)
        and body["transactions"]
        and all(isinstance(item, dict) for item in body["transactions"])
    ):
        raise Invalid()
    checker = _Checker()
    checker.name(body["user"], "user.", "user.")
    checker.optional(body["user"], _USER, "user.", "user.")
    checker.link(body, application, now)
    bank = BANKS.get(body.get("provider_id"))
    for index, transaction in enumerate(body["transactions"]):
        checker.transaction(transaction, f"transactions[{index}].", bank, application)
    if checker.faults:
        raise Invalid(checker.faults)


def _matches(pattern):
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value)


def _is_read_by(read):
    """Return a check that ``read`` makes sense of a value."""

    def check(value):
        try:
            read(value)
        except (TypeError, ValueError):
            return False
        return True

    return check


# Members that may be missing, but not wrong: name, check, what is said otherwise.
_REFERENCE = (
    "client_reference",
    lambda value: isinstance(value, str) and len(value) <= MAX_REFERENCE,
    f"Reference is limited to {MAX_REFERENCE} characters",
)
_USER = (
    (
        "external_reference",
        _matches(_EXTERNAL_REFERENCE),
        "User external reference must have letters and digits, 35 at most",
    ),
    ("email", _matches(r"[^@\s]+@[^@\s]+"), "User email is invalid"),
    (
        "ip_address",
        _is_read_by(ipaddress.ip_address),
        "User IP address must be IPv4 or IPv6",
    ),
)
_LINK = (
    _REFERENCE,
    ("country", COUNTRIES.__contains__, "Country is not allowed"),
    ("sender_iban", iban_is_valid, "Sender IBAN is invalid"),
)
_TRANSACTION = (
    (
        "end_to_end_id",
        _matches(_EXTERNAL_REFERENCE),
        "End to end id is limited to 35 letters, digits, - and _",
    ),
    _REFERENCE,
    (
        "execution_date",
        _is_read_by(date.fromisoformat),
        "Execution date must be a date (yyyy-MM-dd)",
    ),
)
_BENEFICIARY = (("iban", iban_is_valid, "Beneficiary IBAN is invalid"),)


class _Checker:
    """Collects faults. ``code`` and ``prop`` begin the fault's own."""

    def __init__(self):
        self.faults = []

    def fault(self, code, message, prop=None):
        fault = {"code": f"payment.{code}", "message": message}
        if prop:
            fault["property"] = prop
        self.faults.append(fault)

    def optional(self, holder, members, code="", prop=""):
        for member, is_valid, message in members:
            value = holder.get(member)
            if value is not None and not is_valid(value):
                self.fault(f"{code}{member}_invalid", message, prop + member)

    def name(self, holder, code, prop, required=True):
        """A company name, or a first and a last name."""
        if holder.get("company_name") is not None:
            parts = ["company_name"]
        else:
            parts = ["first_name", "last_name"]
        values = {prop + part: holder.get(part) for part in parts}
        if not all(values.values()):
            if required:
                self.fault(f"{code}name_missing", "A name is required", f"{prop}name")
            return
        for where, value in values.items():
            if not isinstance(value, str):
                self.fault(f"{code}name_invalid", "Name must be a text", where)
            elif len(value) > MAX_NAME:
                message = f"Name is too long ({MAX_NAME} characters max)"
                self.fault(f"{code}name_too_long", message, where)
            elif not _NAME.fullmatch(value) or not any(map(str.isalpha, value)):
                message = "Name has characters not allowed"
                self.fault(f"{code}name_invalid", message, where)

    # -- link ----------------------------------------------------------------

    def link(self, body, application, now):
        self.optional(body, _LINK)
        self.expiry(body.get("expired_date"), now)
        self.provider(body.get("provider_id"), len(body["transactions"]))
        callback = body.get("callback_url")
        if callback is not None and not callback_allowed(callback, application):
            message = "The domain of the callback URL is not declared"
            self.fault("invalid_callback_url", message)

    def expiry(self, text, now):
        if text is None:
            return
        try:
            moment = from_text(text)
        except (ValueError, AttributeError):
            message = "Expired date must be a date-time (yyyy-MM-ddThh:mm:ssZ)"
        else:
            if now < moment <= now + MAX_LIFE:
                return
            message = "Expired date must be in the future and within 90 days"
        self.fault("expired_date_invalid", message, "expired_date")

    def provider(self, identifier, transactions):
        if identifier is None:
            return
        bank = BANKS.get(identifier) if isinstance(identifier, int) else None
        if not bank or not payable(bank, transactions):
            message = "Provider is unknown or cannot execute this payment"
            self.fault("provider_invalid", message, "provider_id")

    # -- transaction ---------------------------------------------------------

    def transaction(self, transaction, prop, bank, application):
        wrong = {
            "amount": _wrong_amount(transaction.get("amount")),
            "currency": _wrong_currency(transaction.get("currency")),
            "label": _wrong_label(transaction.get("label"), bank),
        }
        for member, fault in wrong.items():
            if fault:
                code, message = fault
                message = f"Transaction {member} {message}"
                self.fault(f"transaction.{code}", message, prop + member)
        self.optional(transaction, _TRANSACTION, "transaction.", prop)
        beneficiary = transaction.get("beneficiary")
        if beneficiary is not None:
            self.beneficiary(beneficiary, f"{prop}beneficiary", application)

    def beneficiary(self, beneficiary, prop, application):
        code = "transaction.beneficiary"
        if not isinstance(beneficiary, dict) or not application.dynamic_beneficiary:
            message = "Dynamic beneficiary is not activated"
            self.fault(f"{code}_not_allowed", message, prop)
            return
        self.optional(beneficiary, _BENEFICIARY, f"{code}.", f"{prop}.")
        required = beneficiary.get("iban") is not None
        self.name(beneficiary, f"{code}.", f"{prop}.", required=required)


def _wrong_amount(amount):
    """Return (code, message) of what is wrong with an amount, or None."""
    if amount is None:
        return "amount_missing", "is required"
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
        return "amount_invalid", "must be a number"
    if amount <= 0:
        return "amount_invalid", "must be above 0"
    if amount > MAX_AMOUNT:
        return "max_amount", f"is above {MAX_AMOUNT}"
    if Decimal(amount) != round(Decimal(amount), 2):
        return "amount_too_many_decimals", "must not have more than 2 decimal places"
    return None


def _wrong_currency(currency):
    if not currency:
        return "currency_missing", "is required"
    return None if currency == "EUR" else ("currency_invalid", "must be EUR")


def _wrong_label(label, bank):
    if label is None:
        return None
    limit = MAX_LABEL
    if bank:
        limit = min(limit, bank["payment_metadata"]["max_size_label"])
    if not isinstance(label, str) or not label.strip():
        return "label_missing", "is required"
    if len(label) > limit:
        return "label_too_long", f"is too long ({limit} characters max)"
    if not _LABEL.fullmatch(label):
        return "characters_not_allowed", "has characters not allowed"
    return None
