"""Statuses of payment links and payment requests, and what they allow to conclude.

Sources: docs.bridgeapi.io/docs/payment-links-statuses-1,
/docs/payment-requests-and-transactions-statuses, /docs/payments-statuses-2.
A link tells whether the payer can still use the page, never whether he paid; a
payment request is one attempt at a bank, and one link may have several.
"""

from collections.abc import Iterable
from typing import Any

from . import moment

# payment link
VALID = "valid"
EXPIRED = "expired"
REVOKED = "revoked"
COMPLETED = "completed"
LINK_STATUSES = frozenset({VALID, EXPIRED, REVOKED, COMPLETED})
FINAL_LINK_STATUSES = LINK_STATUSES - {VALID}

# payment request and its transactions (ISO 20022)
CREA = "CREA"  # created at Bridge
ACTC = "ACTC"  # created at the bank, the payer has not confirmed
PDNG = "PDNG"  # confirmed by the payer; some banks never tell what follows
ACSC = "ACSC"  # executed by the payer's bank
RJCT = "RJCT"  # refused by the payer, the bank, a rule or a time-out
PART = "PART"  # several transfers with different outcomes
CANC = "CANC"  # no longer sent; means the same as RJCT
REQUEST_STATUSES = frozenset({CREA, ACTC, PDNG, ACSC, RJCT, PART, CANC})
FINAL_REQUEST_STATUSES = frozenset({ACSC, RJCT, PART, CANC})

#: ``status_reason`` of a refusal -> stable key. Meanings are those of ISO 20022.
REASONS = {
    "AC01": "account_wrong",
    "AC04": "account_closed",
    "AC06": "account_blocked",
    "AG01": "account_type_forbidden",
    "AM04": "insufficient_funds",
    "AM18": "too_many_transactions",
    "CH03": "date_too_far",
    "CUST": "declined_by_payer",
    "DS02": "cancelled_by_payer",
    "FF01": "format",
    "FRAD": "fraud",
    "MS03": "unspecified",
    "NOAS": "no_answer_from_payer",
    "RR01": "payer_details_missing",
    "RR03": "beneficiary_details_missing",
    "RR04": "regulatory",
    "TM01": "too_late_today",
}

# an attempt that moved money outranks one that might, which outranks the rest
_STRENGTH = {ACSC: 4, PART: 3, PDNG: 2, ACTC: 1, CREA: 1, RJCT: 1, CANC: 1}
# only to be deterministic between attempts of the same instant
_PROGRESS = {ACTC: 2, CREA: 1}


def is_final(status: str) -> bool:
    """Tell whether a status, of a link or of a payment request, never changes again.

    PDNG is not final, though banks without execution status stop there.
    """
    return status in FINAL_LINK_STATUSES or status in FINAL_REQUEST_STATUSES


def reason_key(code: str | None) -> str:
    """Return the stable key of a ``status_reason``.

    :return: "unspecified" without a code, "other" for one that is not known
    """
    return REASONS.get(code, "other") if code else "unspecified"


def strongest(requests: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the payment request that decides for its link, None if there is none.

    ACSC, else PART, else PDNG, else the most recent of ACTC, CREA and RJCT. An
    unknown status is the weakest of all. The order of the list does not matter.

    :param requests: iterable of payment requests as read from Bridge
    """
    return max(requests, key=_rank, default=None)


def _rank(request: dict[str, Any]) -> tuple[Any, ...]:
    status: Any = request.get("status")
    return (
        _STRENGTH.get(status, 0),
        _instant(request.get("created_at")),
        _instant(request.get("updated_at")),
        _PROGRESS.get(status, 0),
        str(request.get("id")),
        str(status),
    )


def _instant(text: object) -> float:
    instant = moment.parse(text)
    return instant.timestamp() if instant else float("-inf")
