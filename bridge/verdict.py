"""What an answer of Bridge means for one transfer: decided here, and only here.

A link tells whether the payer can still use the page, an attempt (payment request) what
their bank did; one link may have several attempts. Sources: see ``bridge.status``.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import amount, moment, status

# Outcomes, from what moved money to what did not.
EXECUTED = "executed"  # the payer's bank sent the money
PARTIAL = "partial"  # it sent a part of it
CONFIRMED = "confirmed"  # the payer confirmed; the bank has not executed yet
REFUSED = "refused"  # refused after the payer confirmed
CLOSED = "closed"  # nobody can pay with this link any more
OPEN = "open"  # the payer may still pay
MISMATCH = "mismatch"  # the answer is not about this transfer: nothing follows

# Mismatches
OTHER_LINK = "other_link"
FOREIGN_ATTEMPT = "foreign_attempt"
OTHER_REFERENCE = "other_reference"
UNREADABLE_AMOUNT = "unreadable_amount"
OTHER_AMOUNT = "other_amount"

BANK_STATUSES = status.REQUEST_STATUSES - {status.CANC}


@dataclass(frozen=True)
class Expected:
    """What was asked for, and what is known of it.

    :ivar amount_cents: in the currency's cents
    :ivar link_status: as last stored, None if never
    :ivar bank_status: as last stored, None if never
    """

    link_id: str
    reference: str
    amount_cents: int
    currency: str
    link_status: str | None = None
    bank_status: str | None = None


@dataclass(frozen=True)
class Mismatch:
    """Why an answer is not about what was asked for.

    :ivar read_cents: sum of the amounts that were read, for `OTHER_AMOUNT`
    :ivar read_currencies: their currencies
    """

    kind: str
    read_cents: int = 0
    read_currencies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What an answer means.

    :ivar link_status: None if Bridge said nothing that we know
    :ivar bank_status: of the attempt that decides, None if Bridge said nothing that
        we know
    :ivar bank_reason: ISO 20022 code of a refusal
    :ivar changed_at: when Bridge last changed that attempt, aware
    :ivar executed_count: how many attempts moved money
    """

    outcome: str
    link_status: str | None = None
    bank_status: str | None = None
    bank_reason: str | None = None
    changed_at: datetime.datetime | None = None
    executed_count: int = 0
    mismatch: Mismatch | None = None


def judge(
    link: dict[str, Any], attempts: Sequence[dict[str, Any]], expected: Expected
) -> Verdict:
    """Return what an answer of Bridge means; the order of ``attempts`` is of no matter.

    :param link: payment link as read
    :param attempts: all its payment requests as read
    """
    attempt = find_decisive(link, attempts)
    mismatch = _find_mismatch(link, attempt, expected)
    if mismatch:
        return Verdict(MISMATCH, mismatch=mismatch)
    link_status = _known(link.get("status"), status.LINK_STATUSES)
    bank_status = attempt.get("status")
    if bank_status == status.CANC:
        bank_status = status.RJCT
    bank_status = _known(bank_status, BANK_STATUSES)
    return Verdict(
        conclude(
            link_status or expected.link_status, bank_status or expected.bank_status
        ),
        link_status=link_status,
        bank_status=bank_status,
        bank_reason=attempt.get("status_reason") or None,
        changed_at=moment.parse(attempt.get("updated_at") or attempt.get("created_at")),
        executed_count=sum(a.get("status") == status.ACSC for a in attempts),
    )


def conclude(link_status: str | None, bank_status: str | None) -> str:
    """Return the outcome of a link's and a bank's status.

    :param bank_status: of the attempt that decides, CANC taken for RJCT
    """
    if bank_status == status.ACSC:
        return EXECUTED
    if bank_status == status.PART:
        return PARTIAL
    completed = link_status == status.COMPLETED
    if bank_status == status.RJCT and completed:
        return REFUSED
    if bank_status == status.PDNG or completed:
        return CONFIRMED
    if link_status in (status.EXPIRED, status.REVOKED):
        return CLOSED
    return OPEN


def find_decisive(
    link: dict[str, Any], attempts: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """Return the attempt that tells what became of ``link``, empty without any."""
    decisive = status.strongest(attempts) or {}
    completed_at = moment.parse(link.get("updated_at"))
    if (
        link.get("status") != status.COMPLETED
        or decisive.get("status") not in (status.CREA, status.ACTC)
        or not completed_at
    ):
        return decisive
    # A second tab was left open at the bank: what completed the link was refused
    # since, and the payer must not wait for that tab.
    refused_since = [
        attempt
        for attempt in attempts
        if attempt.get("status") in (status.RJCT, status.CANC)
        and (updated_at := moment.parse(attempt.get("updated_at")))
        and updated_at >= completed_at
    ]
    return status.strongest(refused_since) or decisive


def _find_mismatch(
    link: dict[str, Any], attempt: dict[str, Any], expected: Expected
) -> Mismatch | None:
    """Return why what was read is not what was asked for.

    The link's id, its reference, its currency and the total of its transfers must be
    ours, whatever was received before.
    """
    if link.get("id") and link["id"] != expected.link_id:
        return Mismatch(OTHER_LINK)
    if attempt.get("payment_link_id") not in (None, expected.link_id):
        return Mismatch(FOREIGN_ATTEMPT)
    if link.get("client_reference") not in (None, expected.reference):
        return Mismatch(OTHER_REFERENCE)
    # A link without amounts is refused; an attempt may leave them out.
    asked = link.get("transactions") or [{}]
    tried = [t for t in attempt.get("transactions") or () if "amount" in t]
    for transfers in filter(None, (asked, tried)):
        currencies = {str(transfer.get("currency")) for transfer in transfers}
        try:
            total = sum(amount.to_cents(t.get("amount")) for t in transfers)
        except ValueError:
            return Mismatch(UNREADABLE_AMOUNT)
        if total != expected.amount_cents or currencies != {expected.currency}:
            return Mismatch(OTHER_AMOUNT, total, tuple(sorted(currencies)))
    return None


def _known(value: Any, values: frozenset[str]) -> str | None:
    return value if isinstance(value, str) and value in values else None
