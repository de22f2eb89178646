from odoo import api, models
from odoo.exceptions import UserError


class AccountBankStatementLine(models.Model):
    """Keeps our match and the widget of `account_reconcile_oca` consistent.

    Without that addon, nothing here has any effect.
    """

    _inherit = "account.bank.statement.line"

    def write(self, vals):
        # Their *Reconcile* writes these on a line, first and last.
        if list(vals) == ["reconcile_mode"]:
            self._check_still_open()
        res = super().write(vals)
        if vals == {"reconcile_data": False}:
            self._take_over_from_oca()
        return res

    def _check_still_open(self):
        """Refuse to reconcile a line that was reconciled after their widget was
        opened: it would silently replace all entries of the line.

        :raises UserError: if one of these lines is reconciled with other entries
        """
        for line in self.filtered("is_reconciled"):
            entries = line.line_ids
            if entries.matched_debit_ids or entries.matched_credit_ids:
                raise UserError(
                    self.env._(
                        "The bank line “%s” is reconciled already: undo that first.",
                        line.payment_ref,
                    )
                )

    def _take_over_from_oca(self):
        """Forget what we suggested for lines that a person reconciled there."""
        lines = self.sudo().filtered(
            lambda line: line.is_reconciled and line.match_state in ("open", "waiting")
        )
        lines.match_suggestion_ids.unlink()
        lines._set_match(match_state="manual", match_kind="manual", match_note=False)

    @api.model
    def _get_oca_booked_values(self):
        """Return what their widget must know of a booked line.

        It keeps the counterparts it last proposed and how it last reconciled: outdated,
        they would make it reverse the invoice instead of undoing the match.

        :rtype: dict
        """
        values = {"reconcile_data": False, "reconcile_mode": "edit"}
        return {name: values[name] for name in values if name in self._fields}

    def action_undo_reconciliation(self):
        """Override: what they reconciled by a separate entry is reversed."""
        separate = self.filtered(lambda line: line._is_reconciled_by_separate_entry())
        for line in separate:
            line.unreconcile_bank_line()
        return super(
            AccountBankStatementLine, self - separate
        ).action_undo_reconciliation()

    def _is_reconciled_by_separate_entry(self):
        """Return whether their mode *Keep Suspense Accounts* reconciled this line."""
        self.ensure_one()
        return (
            "reconcile_mode" in self._fields
            and self.reconcile_mode == "keep"
            and self.is_reconciled
        )
