from dataclasses import replace

from odoo import models
from odoo.exceptions import UserError

from ..task import schedule_task


class AccountBankStatementLine(models.Model):
    """Transfers that came back: what they paid is due again."""

    _inherit = "account.bank.statement.line"

    def _reopen_returned(self, booking):
        """Undo what the returned money had paid.

        The payment stays in the books: its customer entry is no longer the invoice's
        but this line's, and both are balanced. A discount or a fee that had been
        granted with it is taken back.

        :param Booking booking: of kind `returned`
        :return: the booking with the entries that this line settles
        :rtype: Booking
        :raises UserError: if somebody else is working on what came back
        """
        self.ensure_one()
        customers, others = self._get_returned_entries(booking)
        _open_ids, locked_ids = self._lock_entries(customers)
        if not customers or set(customers.ids) - locked_ids:
            raise UserError(self.env._("what came back is being worked on."))
        customers.remove_move_reconcile()
        return replace(
            booking,
            partner=booking.partner or customers.partner_id[:1],
            allocations=tuple((entry, None) for entry in customers),
            write_offs=tuple(
                (entry.account_id, entry.amount_currency, entry.name or "")
                for entry in others
            ),
        )

    def _get_returned_entries(self, booking):
        """Return the entries opposite the bank's of what had come in: those of the
        customer, and the others."""
        if booking.transaction:
            payment = booking.transaction.payment_id
            liquidity, _counterpart, _writeoff = payment._seek_for_lines()
            entries = payment.move_id.line_ids - liquidity
        else:
            received = booking.request._get_returnable_lines().filtered(
                lambda line: not line.currency_id.compare_amounts(
                    line.amount, -self.amount
                )
            )[:1]
            liquidity, _suspense, _other = received._seek_for_lines()
            entries = received.move_id.line_ids - liquidity
        customers = entries.filtered(
            lambda entry: entry.account_id.account_type == "asset_receivable"
        )
        return customers, entries - customers

    def _flag_exceptions(self, booking):
        """Call a person where the booking is not all there is to do."""
        self.ensure_one()
        if booking.kind == "returned":
            self._flag_returned(booking)
        elif booking.transaction and not self._is_amount_of(booking.transaction):
            booking.transaction._flag_difference(booking.note)

    def _is_amount_of(self, transaction):
        """Return whether the line brought the transfer's amount, to the cent."""
        currency = self._get_transaction_currency()
        return currency == transaction.currency_id and not currency.compare_amounts(
            self._get_transaction_amount(), transaction.amount
        )

    def _flag_returned(self, booking):
        transaction, request = booking.transaction, booking.request
        if transaction:
            transaction._flag("returned", booking.note)
        elif request:
            request.message_post(body=booking.note)
            schedule_task(
                request,
                self.env._("Returned by the bank: %s", request.reference),
                booking.note,
                user=request.company_id._get_payment_accountant(request.user_id),
            )
