from contextlib import contextmanager

from odoo import models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    """The early-payment discount of due lines, granted as core does."""

    _inherit = "account.move.line"

    def _get_discount_account(self):
        """Return where core books the early-payment discount of this due line.

        :rtype: account.account
        """
        self.ensure_one()
        return self.company_id.account_journal_early_pay_discount_loss_account_id

    def _get_early_discount(self):
        """Return the early-payment discount of this due line by its terms, whatever the
        day; nothing without an account for it.

        :rtype: float
        """
        self.ensure_one()
        if not (self.discount_date and self._get_discount_account()):
            return 0.0
        return self.amount_currency - self.discount_amount_currency

    def _get_discount_items(self, company, currency, date):
        """Return core's journal items that grant the discounts of these due lines.

        :param res.company company: that books them
        :param res.currency currency: of the lines
        :param datetime.date date: of the payment
        :rtype: list[dict]
        :raises UserError: if the company has no account for them
        """
        with self._as_if_untouched():
            items = self._ask_discount_items(company, currency, date)
        if not all(item["account_id"] for item in items):
            # The database would refuse all that is booked with it.
            raise UserError(
                self.env._(
                    "no account for early-payment discounts is chosen in the settings."
                )
            )
        return items

    def _ask_discount_items(self, company, currency, date):
        if not self:
            return []

        def convert(amount):
            return currency._convert(amount, company.currency_id, company, date)

        granted = sum(
            line.amount_currency - line.discount_amount_currency for line in self
        )
        found = self.move_id._get_invoice_counterpart_amls_for_early_payment_discount(
            [
                {
                    "aml": line,
                    "amount_currency": -line.amount_residual_currency,
                    "balance": convert(-line.amount_residual_currency),
                }
                for line in self
            ],
            convert(granted),
        )
        return [item for items in found.values() for item in items]

    @contextmanager
    def _as_if_untouched(self):
        """Show the due lines as they were before anything was paid of them: core gives
        back the taxes of what is left alone, where the discount is of all of it."""
        field = self._fields["amount_residual_currency"]
        self.flush_recordset([field.name])
        try:
            for line in self:
                field._update_cache(line, line.amount_currency)
            yield
        finally:
            self.invalidate_recordset([field.name], flush=False)
