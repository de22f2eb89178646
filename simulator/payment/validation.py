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
_EXTERNAL_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,35}")
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
    checker.user(body["user"])
    checker.link(body, application, now)
    bank = BANKS.get(body.get("provider_id"))
    for index, transaction in enumerate(body["transactions"]):
        checker.transaction(transaction, f"transactions[{index}]", bank, application)
    if checker.faults:
        raise Invalid(checker.faults)


class _Checker:
    def __init__(self):
        self.faults = []

    def fault(self, code, message, prop=None):
        fault = {"code": code, "message": message}
        if prop:
            fault["property"] = prop
        self.faults.append(fault)

    # -- payer ---------------------------------------------------------------

    def user(self, user):
        self.name(user, "user", "payment.user")
        reference = user.get("external_reference")
        if reference is not None and not (
            isinstance(reference, str) and _EXTERNAL_REFERENCE.fullmatch(reference)
        ):
            self.fault(
                "payment.user.external_reference_invalid",
                "User external reference must have letters and digits, 35 at most",
                "user.external_reference",
            )
        email = user.get("email")
        if email is not None and not (
            isinstance(email, str) and re.fullmatch(r"[^@\s]+@[^@\s]+", email)
        ):
            self.fault(
                "payment.user.email_invalid", "User email is invalid", "user.email"
            )
        address = user.get("ip_address")
        if address is not None:
            try:
                ipaddress.ip_address(address)
            except ValueError:
                self.fault(
                    "payment.user.ip_address_invalid",
                    "User IP address must be IPv4 or IPv6",
                    "user.ip_address",
                )

    def name(self, holder, prop, code, required=True):
        """A company name, or a first and a last name."""
        if holder.get("company_name") is not None:
            parts = ["company_name"]
        else:
            parts = ["first_name", "last_name"]
        values = {part: holder.get(part) for part in parts}
        if not all(values.values()):
            if required:
                self.fault(f"{code}.name_missing", "A name is required", f"{prop}.name")
            return
        for part, value in values.items():
            where = f"{prop}.{part}"
            if not isinstance(value, str):
                self.fault(f"{code}.name_invalid", "Name must be a text", where)
            elif len(value) > MAX_NAME:
                self.fault(
                    f"{code}.name_too_long",
                    f"Name is too long ({MAX_NAME} characters max)",
                    where,
                )
            elif not _NAME.fullmatch(value) or not any(map(str.isalpha, value)):
                self.fault(
                    f"{code}.name_invalid", "Name has characters not allowed", where
                )

    # -- link ----------------------------------------------------------------

    def link(self, body, application, now):
        self.reference(body, "client_reference", "payment.client_reference_invalid")
        self.expiry(body.get("expired_date"), now)
        if body.get("country") not in (None, *COUNTRIES):
            self.fault("payment.country_invalid", "Country is not allowed", "country")
        self.provider(body)
        callback = body.get("callback_url")
        if callback is not None and not callback_allowed(callback, application):
            self.fault(
                "payment.invalid_callback_url",
                "The domain of the callback URL is not declared",
            )
        sender = body.get("sender_iban")
        if sender is not None and not iban_is_valid(sender):
            self.fault(
                "payment.sender_iban_invalid", "Sender IBAN is invalid", "sender_iban"
            )

    def reference(self, holder, key, code, prefix=""):
        value = holder.get(key)
        if value is not None and not (
            isinstance(value, str) and len(value) <= MAX_REFERENCE
        ):
            self.fault(
                code,
                f"Reference is limited to {MAX_REFERENCE} characters",
                prefix + key,
            )

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
        self.fault("payment.expired_date_invalid", message, "expired_date")

    def provider(self, body):
        identifier = body.get("provider_id")
        if identifier is None:
            return
        bank = BANKS.get(identifier) if isinstance(identifier, int) else None
        if not bank or not payable(bank, len(body["transactions"])):
            self.fault(
                "payment.provider_invalid",
                "Provider is unknown or cannot execute this payment",
                "provider_id",
            )

    # -- transaction ---------------------------------------------------------

    def transaction(self, transaction, prop, bank, application):
        code = "payment.transaction"
        self.amount(transaction.get("amount"), f"{prop}.amount")
        currency = transaction.get("currency")
        if not currency:
            self.fault(
                f"{code}.currency_missing",
                "Transaction currency is required",
                f"{prop}.currency",
            )
        elif currency != "EUR":
            self.fault(
                f"{code}.currency_invalid",
                "Transaction currency must be EUR",
                f"{prop}.currency",
            )
        self.label(transaction.get("label"), f"{prop}.label", bank)
        end_to_end_id = transaction.get("end_to_end_id")
        if end_to_end_id is not None and not (
            isinstance(end_to_end_id, str)
            and _EXTERNAL_REFERENCE.fullmatch(end_to_end_id)
        ):
            self.fault(
                f"{code}.end_to_end_id_invalid",
                "End to end id is limited to 35 letters, digits, - and _",
                f"{prop}.end_to_end_id",
            )
        self.reference(
            transaction,
            "client_reference",
            f"{code}.client_reference_invalid",
            f"{prop}.",
        )
        self.execution_date(transaction.get("execution_date"), prop)
        self.beneficiary(transaction.get("beneficiary"), prop, application)

    def amount(self, amount, prop):
        code = "payment.transaction"
        if amount is None:
            self.fault(f"{code}.amount_missing", "Transaction amount is required", prop)
        elif isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
            self.fault(
                f"{code}.amount_invalid", "Transaction amount must be a number", prop
            )
        elif amount <= 0:
            self.fault(
                f"{code}.amount_invalid", "Transaction amount must be above 0", prop
            )
        elif amount > MAX_AMOUNT:
            self.fault(
                f"{code}.max_amount", f"Transaction amount is above {MAX_AMOUNT}", prop
            )
        elif Decimal(amount) != round(Decimal(amount), 2):
            self.fault(
                f"{code}.amount_too_many_decimals",
                "Transaction amount must not have more than 2 decimal places",
                prop,
            )

    def label(self, label, prop, bank):
        code = "payment.transaction"
        if label is None:
            return
        limit = MAX_LABEL
        if bank:
            limit = min(limit, bank["payment_metadata"]["max_size_label"])
        if not isinstance(label, str) or not label.strip():
            self.fault(f"{code}.label_missing", "Transaction label is required", prop)
        elif len(label) > limit:
            self.fault(
                f"{code}.label_too_long",
                f"Transaction label is too long ({limit} characters max)",
                prop,
            )
        elif not _LABEL.fullmatch(label):
            self.fault(
                f"{code}.characters_not_allowed",
                "Transaction label has characters not allowed",
                prop,
            )

    def execution_date(self, text, prop):
        if text is None:
            return
        try:
            date.fromisoformat(text)
        except (TypeError, ValueError):
            self.fault(
                "payment.transaction.execution_date_invalid",
                "Execution date must be a date (yyyy-MM-dd)",
                f"{prop}.execution_date",
            )

    def beneficiary(self, beneficiary, prop, application):
        if beneficiary is None:
            return
        code = "payment.transaction.beneficiary"
        if not isinstance(beneficiary, dict) or not application.dynamic_beneficiary:
            self.fault(
                f"{code}_not_allowed",
                "Dynamic beneficiary is not activated",
                f"{prop}.beneficiary",
            )
            return
        iban = beneficiary.get("iban")
        if iban is not None and not iban_is_valid(iban):
            self.fault(
                f"{code}.iban_invalid",
                "Beneficiary IBAN is invalid",
                f"{prop}.beneficiary.iban",
            )
        self.name(beneficiary, f"{prop}.beneficiary", code, required=iban is not None)
