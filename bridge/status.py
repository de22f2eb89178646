"""Statuses of payment links and payment requests, and what they allow to conclude.

Sources: docs.bridgeapi.io/docs/payment-links-statuses-1,
/docs/payment-requests-and-transactions-statuses, /docs/payments-statuses-2.
A link tells whether the payer can still use the page, never whether they paid; a
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

# an attempt that moved money outranks one that might, which outranks the rest
_STRENGTH = {ACSC: 4, PART: 3, PDNG: 2, ACTC: 1, CREA: 1, RJCT: 1, CANC: 1}
# only to be deterministic between attempts of the same instant
_PROGRESS = {ACTC: 2, CREA: 1}


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
