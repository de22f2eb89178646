from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..match.booking import Booking

# What cannot take a difference: entries there need a customer, or are the bank's own.
UNFIT_ACCOUNT_TYPES = (
    "asset_receivable",
    "liability_payable",
    "asset_cash",
    "liability_credit_card",
    "off_balance",
)


class AccountBankStatementLine(models.Model):
    """Turning what a person chose for a line into a booking, checked."""

    _inherit = "account.bank.statement.line"

    def _prepare_manual_booking(self, picks, partner_id, account_id, label, credit):
        """Check what a person chose and return it as a booking of this line.

        :rtype: Booking
        :raises UserError: when it cannot be booked, with what to change
        """
        self.ensure_one()
        allocations, paid = self._check_picks(picks)
        currency = self._get_transaction_currency()
        left = currency.round(self._get_transaction_amount() - paid)
        partner = self.env["res.partner"].browse(partner_id)
        partner.check_access("read")
        if not partner:
            paid_for = partner.union(*(entry.partner_id for entry, _ in allocations))
            partner = paid_for if len(paid_for) == 1 else self.partner_id
        write_offs = ()
        if account_id:
            account = self._check_difference_account(account_id)
            if not currency.is_zero(left):
                write_offs = ((account, left, label or self.payment_ref),)
        elif not currency.is_zero(left):
            self._check_rest(left, partner, credit)
        return Booking(
            line=self.sudo(),
            partner=partner.sudo(),
            allocations=allocations,
            write_offs=write_offs,
            kind="manual",
            note=self.env._("Chosen by %s.", self.env.user.name),
            manual=True,
        )

    def _check_picks(self, picks):
        """Return the entries picked with the amounts paid, and their sum.

        :rtype: tuple[tuple, float]
        :raises UserError: when an entry cannot be paid so
        """
        amounts = dict(picks)
        entries = self.env["account.move.line"].search(
            Domain(self._get_default_amls_matching_domain())
            & Domain("id", "in", list(amounts))
        )
        if len(entries) < len(amounts):
            raise UserError(
                self.env._(
                    "One of the invoices chosen was paid or cancelled meanwhile. "
                    "Choose again."
                )
            )
        currency = self._get_transaction_currency()
        allocations, paid = [], 0.0
        for row, entry in zip(self._get_entry_rows(entries), entries, strict=True):
            amount = amounts[entry.id]
            if amount is None or not row["splittable"]:
                amount = row["open"]
            amount = currency.round(amount)
            if (
                currency.is_zero(amount)
                or (amount > 0) != (row["open"] > 0)
                or currency.compare_amounts(abs(amount), abs(row["open"])) > 0
            ):
                raise UserError(
                    self.env._(
                        "%(number)s takes an amount up to %(open)s.",
                        number=row["number"],
                        open=currency.format(row["open"]),
                    )
                )
            whole = not currency.compare_amounts(amount, row["open"])
            allocations.append((entry.sudo(), None if whole else amount))
            paid += amount
        return tuple(allocations), paid

    def _check_difference_account(self, account_id):
        """Return the account chosen for a difference.

        :raises UserError: when it cannot take one
        """
        account = self.env["account.account"].browse(account_id)
        account.check_access("read")
        journal = self.journal_id
        if (
            account.account_type in UNFIT_ACCOUNT_TYPES
            or account in journal.suspense_account_id + journal.default_account_id
            or not account.company_ids & self.company_id.sudo().parent_ids
        ):
            raise UserError(
                self.env._(
                    "%s cannot take this amount. Choose another account.",
                    account.display_name,
                )
            )
        return account.sudo()

    def _check_rest(self, left, partner, credit):
        """Check that what the picks leave may become a credit of the customer.

        :raises UserError: otherwise, with what to do
        """
        amount = self._get_transaction_amount()
        shown = self._get_transaction_currency().format(abs(left))
        if (left > 0) != (amount > 0):
            raise UserError(
                self.env._(
                    "The invoices chosen take %s more than the line has. Lower an "
                    "amount, or choose an account for the difference.",
                    shown,
                )
            )
        if not credit:
            raise UserError(
                self.env._(
                    "%s is left. Choose another invoice, an account for it, or leave "
                    "it as a credit of the customer.",
                    shown,
                )
            )
        if not partner:
            raise UserError(self.env._("Choose whose credit the %s is.", shown))
