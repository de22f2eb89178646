"""Evidence by reference: our code in the label, and the amount to the cent."""

from typing import NamedTuple

#: How sure a decision is: booked by itself, left to a person, or no evidence.
SURE, UNSURE, NONE = "sure", "unsure", "none"


class Target(NamedTuple):
    """Something a bank line may pay.

    :ivar key: what the caller recognises it by
    :ivar cents: amount expected, in minor units of the currency
    :ivar currency: its code
    :ivar open: whether no other bank line pays it yet
    """

    key: object
    cents: int
    currency: str
    open: bool = True


class Decision(NamedTuple):
    """What a bank line pays.

    :ivar target: the `Target`, None without evidence
    :ivar certainty: `SURE`, `UNSURE` or `NONE`
    :ivar reason: `matched`, `amount`, `already_matched`, `ambiguous`, `no_reference`
    """

    target: Target | None
    certainty: str
    reason: str


def decide(cents, currency, targets):
    """Return which of ``targets`` a credit of ``cents`` pays.

    Only one open target of exactly this amount is sure. A known reference with
    another amount is evidence for a person, never a booking.

    :param int cents: amount of the bank line in minor units, positive
    :param str currency: its code
    :param list[Target] targets: those whose reference the line carries
    :rtype: Decision
    """
    if not targets:
        return Decision(None, NONE, "no_reference")
    exact = [t for t in targets if (t.cents, t.currency) == (cents, currency)]
    open_exact = [target for target in exact if target.open]
    if len(open_exact) == 1:
        return Decision(open_exact[0], SURE, "matched")
    if open_exact:
        return Decision(open_exact[0], UNSURE, "ambiguous")
    if exact:
        return Decision(exact[0], UNSURE, "already_matched")
    return Decision(targets[0], UNSURE, "amount")
