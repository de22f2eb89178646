"""Amounts: integer cents on our side, JSON numbers of major units at Bridge."""

from decimal import Decimal, DecimalException
from typing import Any

#: Largest amount converted, in cents: a binary float gives back 15 significant
#: decimal digits unchanged, so below this no digit can be lost on the wire.
MAX_CENTS = 10**15 - 1


def to_json(cents: int) -> float:
    """Return integer ``cents`` as the number to put in a JSON body (12990 -> 129.9).

    The decimal point is moved in base ten and the result is converted once;
    there is no float arithmetic, and the JSON text has at most two decimals.

    :raises TypeError: ``cents`` is not an integer
    :raises ValueError: ``cents`` is not positive, or absurdly large
    """
    if isinstance(cents, bool) or not isinstance(cents, int):
        raise TypeError("an amount is given in integer cents")
    if not 0 < cents <= MAX_CENTS:
        raise ValueError("an amount in cents must be positive")
    return float(Decimal(cents).scaleb(-2))


def to_cents(number: Any) -> int:
    """Return a JSON number of major units as integer cents (129.9 -> 12990).

    :param number: int, float, Decimal or decimal string as read from Bridge
    :raises ValueError: not a finite number, absurdly large, or more than two decimals
    """
    try:
        # str() of a float is its shortest exact text, the one JSON carried
        cents = Decimal(str(number)).scaleb(2)
        exact = abs(cents) <= MAX_CENTS and cents == cents.to_integral_value()
    except DecimalException as error:
        raise ValueError("not an amount") from error
    if not exact:
        raise ValueError("not an amount of whole cents")
    return int(cents)
