"""A transaction of a bank account, as Bridge's account information tells it."""

import datetime
import math
from typing import Any, NamedTuple

from . import moment
from .label import fold

#: Labels shorter than this are too common to tell two transactions apart by a part.
_SHORTEST_PART = 8

#: What decides whether a transaction has changed in a way that matters.
_EVIDENCE = ("bridge_payment_information", "end_to_end_id")


class BankTransaction(NamedTuple):
    """One booked, coming or deleted transaction.

    :ivar ref: Bridge's id, as text
    :ivar date: day on which the bank books it
    :ivar amount: number of major units, negative for a debit
    :ivar currency: ISO code, empty if Bridge does not say
    :ivar label: the bank's own text on one line
    :ivar updated_at: last change, as Bridge wrote it: the cursor of a fetch
    :ivar deleted: whether the bank took it back
    :ivar future: whether the bank only announces it
    :ivar data: everything as it was read
    """

    ref: str
    date: datetime.date
    amount: float
    currency: str
    label: str
    updated_at: str
    deleted: bool
    future: bool
    data: dict[str, Any]

    @classmethod
    def parse(cls, data: dict[str, Any]) -> "BankTransaction":
        """Return the transaction in ``data``.

        :param dict data: as read; a missing member means null
        :raises ValueError: without a date, an amount or the time of its last change, or
            with members that cannot be read
        """
        if data.get("unreadable"):
            raise ValueError(f"a transaction whose {data['unreadable']} is unreadable")
        amount = data.get("amount")
        if (
            isinstance(amount, bool)
            or not isinstance(amount, (int, float))
            or not math.isfinite(amount)
        ):
            raise ValueError("a transaction without an amount")
        updated_at: Any = data.get("updated_at")
        if not moment.parse(updated_at):
            raise ValueError("a transaction without the time of its last change")
        day = data.get("date")
        if not isinstance(day, str):
            raise ValueError("a transaction without a date")
        return cls(
            ref=str(data["id"]),
            date=datetime.date.fromisoformat(day[:10]),
            amount=amount,
            currency=data.get("currency_code") or "",
            label=label_of(data),
            updated_at=updated_at,
            deleted=data.get("deleted") is True,
            future=data.get("future") is True,
            data=data,
        )

    @property
    def evidence(self) -> list[Any]:
        """What tells who paid what, beside the label."""
        return evidence_of(self.data)


def label_of(data: dict[str, Any]) -> str:
    """Return the label of a transaction as read: the bank's own text, else Bridge's.

    :param dict data: as read
    :rtype: str
    """
    for name in ("provider_description", "clean_description", "operation_type"):
        text = data.get(name)
        if isinstance(text, str) and text.strip():
            # PostgreSQL stores no NUL character
            return " ".join(text.replace("\x00", "").split())
    return "/"


def evidence_of(data: dict[str, Any]) -> list[Any]:
    """Return what tells who paid what in a transaction as read, beside its label."""
    return [data.get(name) for name in _EVIDENCE]


def comparable(label: str | None) -> str:
    """Return a label as two sources of the same transaction would both write it: no
    case, accents, spaces or punctuation."""
    return "".join(char for char in fold(label).casefold() if char.isalnum())


def is_same_text(one: str, other: str) -> bool:
    """Return whether two comparable labels are the same, or one is the other cut."""
    if one == other:
        return True
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= _SHORTEST_PART and shorter in longer
