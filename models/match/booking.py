"""What is to be booked of one bank line: plain values, no database."""

from collections import defaultdict
from dataclasses import dataclass, replace

from odoo.exceptions import UserError


@dataclass(frozen=True, slots=True)
class Booking:
    """What one bank line is booked on.

    Amounts are in the line's currency (its foreign one if it has one) and signed as
    the line: what allocations and write-offs leave of it is a credit of the partner.

    :ivar line: the statement line, not reconciled yet
    :ivar partner: whose money it is, may be empty
    :ivar allocations: pairs of an open entry and how much of it is settled; None for
        all that is left of it, or of the line when that is less
    :ivar write_offs: account, amount and label of what no entry settles
    :ivar transaction: the transfer of ours that this line is
    :ivar request: the request of ours that this line pays
    :ivar kind: value of the line's field `match_kind`
    :ivar note: why, in a sentence
    :ivar manual: whether a person decided
    :ivar discounts: entries among the allocations that an early-payment discount closes
    :ivar created_on_account: whether the line was created on the account of its only
        piece, and has no suspense entry to replace
    """

    line: object
    partner: object
    allocations: tuple = ()
    write_offs: tuple = ()
    transaction: object = None
    request: object = None
    kind: str = "manual"
    note: str = ""
    manual: bool = False
    discounts: tuple = ()
    created_on_account: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """One journal item opposite the bank's, and the entries it is reconciled with."""

    account: object
    partner: object
    amount: float
    entries: tuple = ()
    label: str = ""


def get_pieces(booking, currency, amount, line):
    """Return the journal items that ``booking`` puts opposite the bank's.

    Entries wholly settled on one account share an item; a partly settled one has its
    own, so that core cannot spend its money on another.

    :param res.currency currency: that of the line's counterpart
    :param float amount: what the line brought, in that currency
    :param line: record or new record: its company, journal and translations
    :rtype: list[Piece]
    :raises UserError: when more is settled than the line brought
    """
    available = (
        amount
        - sum(share for _account, share, _label in booking.write_offs)
        + sum(
            entry.amount_currency - entry.discount_amount_currency
            for entry in booking.discounts
        )
    )
    sign = 1 if amount > 0 else -1
    shares = _get_shares(booking, currency, available, sign, line)
    rest = currency.round(available - sum(shares))
    if rest * sign < 0:
        raise UserError(line.env._("it settles more than the line brought."))
    groups, single = defaultdict(list), []
    for (entry, _asked), share in zip(booking.allocations, shares, strict=True):
        if currency.is_zero(share):
            continue
        whole = entry.currency_id == currency and currency.is_zero(
            entry.amount_residual_currency - share
        )
        partner = entry.partner_id or booking.partner
        if whole:
            groups[entry.account_id, partner].append((entry, share))
        else:
            single.append(Piece(entry.account_id, partner, share, (entry,)))
    pieces = [
        Piece(account, partner, sum(s for _e, s in found), tuple(e for e, _s in found))
        for (account, partner), found in groups.items()
    ] + single
    if not currency.is_zero(rest):
        pieces = _add_rest(pieces, booking, rest, line)
    pieces += [
        Piece(account, booking.partner or line.partner_id, share, (), label)
        for account, share, label in booking.write_offs
    ]
    return [
        replace(piece, amount=currency.round(piece.amount))
        for piece in pieces
        if not currency.is_zero(piece.amount)
    ]


def _get_shares(booking, currency, available, sign, line):
    """Return how much of ``available`` each allocation takes.

    :param int sign: that of the line's amount
    """
    shares = []
    for entry, asked in booking.allocations:
        if asked is not None:
            share = asked
        elif entry.currency_id == currency:
            share = entry.amount_residual_currency
        else:
            share = line.company_id.currency_id._convert(
                entry.amount_residual, currency, line.company_id, line.date
            )
        shares.append(currency.round(share))
    # Charge any shortfall to the last entries without an explicit amount.
    excess = currency.round(sum(shares) - available)
    for index in reversed(range(len(shares))):
        entry, asked = booking.allocations[index]
        if asked is not None or excess * sign <= 0 or shares[index] * sign <= 0:
            continue
        cut = min(abs(excess), abs(shares[index])) * sign
        shares[index] = currency.round(shares[index] - cut)
        excess = currency.round(excess - cut)
    # A payment in another currency pays its invoice, whatever the day's rate says.
    if len(shares) == 1:
        ((entry, asked),) = booking.allocations
        if asked is None and entry.currency_id != currency:
            return [available]
    return shares


def _add_rest(pieces, booking, rest, line):
    """Return ``pieces`` with the remainder of the line."""
    partner = booking.partner or next((p.partner for p in pieces if p.partner), None)
    if not partner:
        raise UserError(line.env._("nobody is known whose credit the rest would be."))
    due = [
        index
        for index, piece in enumerate(pieces)
        if piece.account.account_type in ("asset_receivable", "liability_payable")
        and piece.partner == partner
    ]
    if due:
        # Paid and more: the same item carries the credit.
        index = due[0]
        pieces[index] = replace(pieces[index], amount=pieces[index].amount + rest)
        return pieces
    owner = partner.commercial_partner_id.with_company(line.company_id)
    account = (
        owner.property_account_receivable_id
        if rest > 0
        else owner.property_account_payable_id
    )
    return [*pieces, Piece(account, owner, rest)]
