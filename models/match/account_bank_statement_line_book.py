import logging
from collections import defaultdict
from typing import NamedTuple

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class Booking(NamedTuple):
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
    :ivar by_hand: whether a person decided
    :ivar discounts: entries among the allocations that an early-payment discount closes
    """

    line: object
    partner: object
    allocations: tuple = ()
    write_offs: tuple = ()
    transaction: object = None
    request: object = None
    kind: str = "hand"
    note: str = ""
    by_hand: bool = False
    discounts: tuple = ()


class Piece(NamedTuple):
    """One journal item opposite the bank's, and the entries it is reconciled with."""

    account: object
    partner: object
    amount: float
    entries: tuple = ()
    label: str = ""


class AccountBankStatementLine(models.Model):
    """Booking what was decided: entries under lock, one plan for all lines."""

    _inherit = "account.bank.statement.line"

    @api.model
    def _book_matches(self, bookings):
        """Book each line on what it settles, all of them in one reconciliation.

        Entries and lines are locked and looked at anew first. A booking that fails
        leaves its line as the bank sent it, with a note; the others are booked.

        :param list[Booking] bookings: one for each line
        :return: the lines that were booked
        :rtype: account.bank.statement.line
        """
        return self.sudo()._book(bookings)

    @api.model
    def _book(self, bookings, turned=()):
        """Do `_book_matches`.

        :param turned: ids of lines created on the account of their booking already
        """
        booked = self.browse()
        bookings = self._lock_bookings(bookings, turned)
        if not bookings:
            return booked
        try:
            # One savepoint for all: each one costs a flush.
            with self.env.cr.savepoint():
                self._book_together(bookings, turned)
        except UserError:
            bookings = [b for b in bookings if b.line._book_alone(b, turned)]
        for booking in bookings:
            booked |= booking.line
        self._remember_bookings(bookings)
        return booked

    @api.model
    def _book_together(self, bookings, turned):
        """Turn all the lines, then reconcile them in one plan."""
        plan = []
        for booking in bookings:
            plan += booking.line._turn(booking, booking.line.id in turned)
        if plan:
            self.env["account.move.line"]._reconcile_plan(plan)
        for booking in bookings:
            booking.line._note_booking(booking)

    def _book_alone(self, booking, turned):
        """Book one line by itself, or leave it as the bank sent it.

        :rtype: bool
        """
        self.ensure_one()
        try:
            with self.env.cr.savepoint():
                self._book_together([booking], turned)
        except UserError as error:
            self._leave_as_it_came(booking, error, self.id in turned)
            return False
        return True

    def _leave_as_it_came(self, booking, error, turned=False):
        """Put the line back into suspense and say why it was not booked."""
        self.ensure_one()
        _logger.warning("Bank line %s left open: %s", self.id, error)
        if turned:
            self._forget_match()
        self._set_match(
            match_state="open",
            match_kind=booking.kind,
            match_note=self.env._(
                "%(reason)s But it could not be booked: %(error)s",
                reason=booking.note,
                error=error,
            ).strip(),
        )

    # === Locks ===

    @api.model
    def _lock_bookings(self, bookings, turned):
        """Lock lines and entries; return the bookings that can still be made.

        What another process holds is being matched there: the line waits for the next
        run of the job, or for the person.
        """
        lines = self.browse(b.line.id for b in bookings)
        entries = self.env["account.move.line"].union(
            *(entry for b in bookings for entry, _amount in b.allocations)
        )
        fresh = self.browse(id_ for id_ in lines.ids if id_ not in turned)
        held = set(fresh.try_lock_for_update(allow_referencing=True).ids) | set(turned)
        open_ids, locked_ids = self._lock_entries(entries)
        chosen = set()  # by a person, each for one line
        possible = []
        for booking in bookings:
            line = booking.line
            allocated = {entry.id for entry, _amount in booking.allocations}
            if line.id not in held or allocated - locked_ids:
                line._wait_for_other(booking, line.id in turned)
            elif allocated - open_ids or allocated & chosen:
                line._leave_as_it_came(
                    booking,
                    self.env._("it was paid meanwhile."),
                    line.id in turned,
                )
            elif line.id in turned or line._is_untouched():
                possible.append(booking)
                if booking.by_hand:
                    chosen |= allocated
        return possible

    @api.model
    def _lock_entries(self, entries):
        """Lock journal items until the end of the transaction.

        :return: ids of those still open, and of those that nobody else holds
        :rtype: tuple[set[int], set[int]]
        """
        if not entries:
            return set(), set()
        entries.flush_recordset(["reconciled", "parent_state"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, reconciled IS NOT TRUE AND parent_state = 'posted'
                  FROM account_move_line
                 WHERE id IN %s
                   FOR NO KEY UPDATE SKIP LOCKED
                """,
                tuple(sorted(entries.ids)),
            )
        )
        return {id_ for id_, is_open in rows if is_open}, {id_ for id_, _o in rows}

    def _is_untouched(self):
        """Return whether the line is as the bank sent it: nothing booked on it yet."""
        self.ensure_one()
        liquidity, suspense, other = self._seek_for_lines()
        return (
            self.move_id.state == "posted"
            and len(liquidity) == 1
            and len(suspense) == 1
            and not other
            and not self.is_reconciled
        )

    def _wait_for_other(self, booking, turned):
        """Have the job look at the line again: somebody holds what it would pay."""
        self.ensure_one()
        if turned:
            self._forget_match()
        if not booking.by_hand:
            self._set_match(match_state="waiting")
            self._trigger_match()

    # === Journal items ===

    def _get_transaction_currency(self):
        """Return the currency in which the line's counterpart is.

        :rtype: res.currency
        """
        return self.foreign_currency_id or self.currency_id

    def _get_transaction_amount(self):
        return self.amount_currency if self.foreign_currency_id else self.amount

    def _turn(self, booking, turned):
        """Replace the suspense entry by those of ``booking``.

        :param bool turned: whether the line was created so
        :return: the entries to reconcile, group by group
        :rtype: list[account.move.line]
        :raises UserError: when it does not add up, or the period is locked
        """
        self.ensure_one()
        if booking.kind == "returned":
            booking = self._reopen_returned(booking)
        pieces = get_pieces(
            booking,
            self._get_transaction_currency(),
            self._get_transaction_amount(),
            self,
        )
        discounts = self._get_discount_values(booking)
        _liquidity, suspense, other = self._seek_for_lines()
        if not turned:
            self._set_partner(booking.partner)
        if len(pieces) > 1 or discounts:
            if turned:
                raise UserError(self.env._("it needs several entries."))
            pairs = self._write_pieces(suspense, pieces, discounts)
        else:
            (piece,) = pieces
            if not turned:
                # What it was matched with is said on the line: no message for each.
                suspense.with_context(tracking_disable=True).write(
                    {
                        "account_id": piece.account.id,
                        "partner_id": piece.partner.id,
                        "name": piece.label or suspense.name,
                    }
                )
            pairs = [(other if turned else suspense, piece.entries)]
        return [
            counterpart.union(*entries) for counterpart, entries in pairs if entries
        ]

    def _write_pieces(self, suspense, pieces, discounts):
        """Write several entries in the place of the suspense entry.

        :return: pairs of a journal item and the entries to reconcile it with
        """
        currency = self._get_transaction_currency()
        total, balance = -suspense.amount_currency, -suspense.balance
        values = []
        balance_left = balance + sum(vals["balance"] for vals in discounts)
        for index, piece in enumerate(pieces):
            share = (
                balance_left
                if index == len(pieces) - 1
                else self.company_id.currency_id.round(balance * piece.amount / total)
            )
            balance_left -= share
            values.append(
                {
                    "name": piece.label or self.payment_ref,
                    "account_id": piece.account.id,
                    "partner_id": piece.partner.id,
                    "currency_id": currency.id,
                    "amount_currency": -piece.amount,
                    "balance": -share,
                }
            )
        move = self.move_id.with_context(
            skip_readonly_check=True, force_delete=True, tracking_disable=True
        )
        before = move.line_ids
        move.write(
            {
                "line_ids": [
                    Command.update(suspense.id, values[0]),
                    *(Command.create(vals) for vals in (*values[1:], *discounts)),
                ]
            }
        )
        items = [suspense, *(move.line_ids - before).sorted("id")]
        return [
            (item, piece.entries) for item, piece in zip(items, pieces, strict=False)
        ]

    def _set_partner(self, partner):
        """Set whose money it is, without having core write the entries anew."""
        if not partner or self.partner_id == partner:
            return
        values = {"partner_id": partner.id}
        if not self.partner_id:
            values["partner_matched"] = True
        self.with_context(skip_account_move_synchronization=True).write(values)
        liquidity, _suspense, _other = self._seek_for_lines()
        liquidity.with_context(tracking_disable=True).partner_id = partner

    # === Discounts ===

    def _get_discount_values(self, booking):
        """Return core's own journal items for the early-payment discounts.

        :rtype: list[dict]
        :raises UserError: if the company has no account for them
        """
        if not booking.discounts:
            return []
        currency = self._get_transaction_currency()
        company_currency = self.company_id.currency_id
        amls, open_amount = [], 0.0
        for entry in booking.discounts:
            amls.append(
                {
                    "aml": entry,
                    "amount_currency": -entry.amount_residual_currency,
                    "balance": currency._convert(
                        -entry.amount_residual_currency,
                        company_currency,
                        self.company_id,
                        self.date,
                    ),
                }
            )
            open_amount += entry.amount_currency - entry.discount_amount_currency
        open_balance = currency._convert(
            open_amount, company_currency, self.company_id, self.date
        )
        values = self.env[
            "account.move"
        ]._get_invoice_counterpart_amls_for_early_payment_discount(amls, open_balance)
        items = [item for items in values.values() for item in items]
        if not all(item["account_id"] for item in items):
            # The database would refuse it, and with it all lines of the import.
            raise UserError(
                self.env._(
                    "no account for early-payment discounts is chosen in the settings."
                )
            )
        return items

    # === What is remembered ===

    def _note_booking(self, booking):
        """Write on the line what it was matched with, and why."""
        self.ensure_one()
        self._set_match(**self._get_booking_values(booking))

    @api.model
    def _get_booking_values(self, booking):
        """Return what a booked line says of its match.

        :rtype: dict
        """
        transaction, request = booking.transaction, booking.request
        return {
            "match_state": "manual" if booking.by_hand else "automatic",
            "match_kind": booking.kind,
            "match_note": booking.note,
            "matched_transaction_id": transaction.id if transaction else False,
            "matched_request_id": request.id if request else False,
            **self._get_oca_booked_values(),
        }

    def _set_match(self, **values):
        """Write the fields of the match that change, none of which concerns core."""
        for line in self:
            changed = {
                name: value
                for name, value in values.items()
                if line._fields[name].convert_to_write(line[name], line) != value
            }
            if changed:
                line.with_context(tracking_disable=True).write(changed)

    @api.model
    def _remember_bookings(self, bookings):
        """Do what follows from booked lines: suggestions that are settled go, payers'
        accounts are learned."""
        lines = self.browse(b.line.id for b in bookings)
        entries = self.env["account.move.line"].union(
            *(entry for b in bookings for entry, _amount in b.allocations)
        )
        self.env["bank.match.suggestion"]._forget_settled(lines, entries)
        lines._learn_ibans()
        for booking in bookings:
            booking.line._tell_about(booking)


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
        piece._replace(amount=currency.round(piece.amount))
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
            share = line.company_currency_id._convert(
                entry.amount_residual, currency, line.company_id, line.date
            )
        shares.append(currency.round(share))
    # What is missing is missing on the last of those that were not given an amount.
    excess = currency.round(sum(shares) - available)
    for index in reversed(range(len(shares))):
        entry, asked = booking.allocations[index]
        if asked is not None or excess * sign <= 0 or shares[index] * sign <= 0:
            continue
        cut = min(abs(excess), abs(shares[index])) * sign
        shares[index] = currency.round(shares[index] - cut)
        excess = currency.round(excess - cut)
    # A payment in another currency pays its invoice, whatever the day's rate says.
    if (
        len(shares) == 1
        and booking.allocations[0][1] is None
        and booking.allocations[0][0].currency_id != currency
    ):
        shares = [available]
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
        pieces[index] = pieces[index]._replace(amount=pieces[index].amount + rest)
        return pieces
    owner = partner.commercial_partner_id.with_company(line.company_id)
    account = (
        owner.property_account_receivable_id
        if rest > 0
        else owner.property_account_payable_id
    )
    return [*pieces, Piece(account, owner, rest)]
