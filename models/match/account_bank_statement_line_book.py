import logging

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..batch import together_or_each
from .booking import get_pieces

_logger = logging.getLogger(__name__)


class AccountBankStatementLine(models.Model):
    """Booking what was decided: entries under lock, one plan for all lines."""

    _inherit = "account.bank.statement.line"

    @api.model
    def _book_matches(self, bookings):
        """Book each line on what it settles, all of them in one reconciliation.

        Entries and lines are locked and checked again first. A booking that fails
        leaves its line as the bank sent it, with a note; the others are booked.

        :param list[Booking] bookings: one for each line
        :return: the lines that were booked
        :rtype: account.bank.statement.line
        """
        model = self.sudo()
        booked = together_or_each(
            self.env,
            model._lock_bookings(bookings),
            model._book_together,
            lambda booking, error: booking.line._leave_as_it_came(booking, error),
            expected=UserError,
        )
        model._remember_bookings(booked)
        return model.browse(booking.line.id for booking in booked)

    @api.model
    def _book_together(self, bookings):
        """Replace the suspense entry of all the lines, then reconcile them at once."""
        plan = []
        for booking in bookings:
            plan += booking.line._replace_suspense(booking)
        if plan:
            self.env["account.move.line"]._reconcile_plan(plan)
        for booking in bookings:
            booking.line._set_match(**self._get_booking_values(booking))

    def _leave_as_it_came(self, booking, error):
        """Put the line back into suspense and say why it was not booked."""
        self.ensure_one()
        _logger.warning("Bank line %s left open: %s", self.id, error)
        if booking.created_on_account:
            self._forget_match()
        self._set_match(
            match_state="open",
            match_kind=booking.kind,
            match_note=self._get_failure_note(booking.note, error),
        )

    @api.model
    def _get_failure_note(self, reason, error):
        """Return why a line was not booked, after the reason of its match."""
        return self.env._(
            "%(reason)s But it could not be booked: %(error)s",
            reason=reason,
            error=error,
        ).strip()

    # === Locks ===

    @api.model
    def _lock_bookings(self, bookings):
        """Lock lines and entries; return the bookings that can still be made.

        What another process holds is being matched there: the line waits for the next
        run of the job, or until the person tries again.
        """
        created = {b.line.id for b in bookings if b.created_on_account}
        others = self.browse(b.line.id for b in bookings if not b.created_on_account)
        held = created | set(others.try_lock_for_update(allow_referencing=True).ids)
        open_ids, locked_ids = self._lock_entries(self._get_entries(bookings))
        chosen = set()  # by a person, each for one line
        possible = []
        for booking in bookings:
            line = booking.line
            allocated = {entry.id for entry, _amount in booking.allocations}
            if line.id not in held or allocated - locked_ids:
                line._wait_for_other(booking)
            elif allocated - open_ids or allocated & chosen:
                line._leave_as_it_came(booking, self.env._("it was paid meanwhile."))
            elif line.id in created or line._is_untouched():
                possible.append(booking)
                if booking.manual:
                    chosen |= allocated
        return possible

    @api.model
    def _get_entries(self, bookings):
        """Return the open entries that these bookings settle."""
        return self.env["account.move.line"].union(
            *(entry for b in bookings for entry, _amount in b.allocations)
        )

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

    def _wait_for_other(self, booking):
        """Have the job look at the line again: somebody holds what it would pay."""
        self.ensure_one()
        if booking.created_on_account:
            self._forget_match()
        if not booking.manual:
            self._set_match(match_state="waiting")
            self._trigger_match()

    # === Journal items ===

    def _replace_suspense(self, booking):
        """Replace the suspense entry by those of ``booking``.

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
        discounts = self.env["account.move.line"]
        if booking.discounts:
            discounts = discounts.union(*booking.discounts)
        discounts = discounts._get_discount_items(
            self.company_id, self._get_transaction_currency(), self.date
        )
        _liquidity, suspense, other = self._seek_for_lines()
        if not booking.created_on_account:
            self._set_partner(booking.partner)
        if len(pieces) > 1 or discounts:
            if booking.created_on_account:
                raise UserError(self.env._("it needs several entries."))
            pairs = self._write_pieces(suspense, pieces, discounts)
        else:
            (piece,) = pieces
            if not booking.created_on_account:
                # The line says what it was matched with: no tracking message as well.
                suspense.with_context(tracking_disable=True).write(
                    {
                        "account_id": piece.account.id,
                        "partner_id": piece.partner.id,
                        "name": piece.label or suspense.name,
                    }
                )
            pairs = [(suspense or other, piece.entries)]
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
        line = self.sudo().with_context(skip_account_move_synchronization=True)
        line.write(values)
        liquidity, _suspense, _other = self._seek_for_lines()
        liquidity.with_context(tracking_disable=True).partner_id = partner

    # === What is remembered ===

    @api.model
    def _get_booking_values(self, booking):
        """Return what a booked line says of its match.

        :rtype: dict
        """
        transaction, request = booking.transaction, booking.request
        return {
            "match_state": "manual" if booking.manual else "automatic",
            "match_kind": booking.kind,
            "match_note": booking.note,
            "matched_transaction_id": transaction.id if transaction else False,
            "matched_request_id": request.id if request else False,
            **self._get_oca_booked_values(),
        }

    @api.model
    def _remember_bookings(self, bookings):
        """Drop suggestions that are settled, learn payers' accounts, call a person
        where needed."""
        lines = self.browse(b.line.id for b in bookings)
        entries = self._get_entries(bookings)
        self.env["bank.match.suggestion"]._forget_settled(lines, entries)
        lines._learn_ibans()
        for booking in bookings:
            booking.line._flag_exceptions(booking)

    def _learn_ibans(self):
        """Remember for each customer the account that their money came from.

        An account that somebody owns already stays theirs: people pay for others.
        """
        lines = self.filtered(
            lambda line: line.account_number
            and line.partner_id
            and line.amount > 0
            and line.company_id.bank_match_learn_iban
        )
        if not lines:
            return
        accounts = {
            line: sanitize_account_number(line.account_number) for line in lines
        }
        known = set(
            self.env["res.partner.bank"]
            .sudo()
            .with_context(active_test=False)
            .search([("sanitized_acc_number", "in", sorted(set(accounts.values())))])
            .mapped("sanitized_acc_number")
        )
        for line, account in accounts.items():
            if account and account not in known:
                known.add(account)
                line._find_or_create_bank_account()
