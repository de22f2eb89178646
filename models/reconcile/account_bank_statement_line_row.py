from odoo import api, fields, models

from ...bridge.iban import masked


class AccountBankStatementLine(models.Model):
    """What the *To reconcile* screen shows of a line, and around the lines."""

    _inherit = "account.bank.statement.line"

    def _get_to_reconcile_rows(self):
        """Return what the screen shows of each line, its suggestions included.

        :rtype: list[dict]
        """
        return [
            {
                "id": line.id,
                "company_id": line.company_id.id,
                "journal_id": line.journal_id.id,
                "journal": line.journal_id.display_name,
                "date": fields.Date.to_string(line.date),
                "label": line.payment_ref or "",
                "partner_id": line.partner_id.id,
                "partner": line.partner_id.display_name or line.partner_name or "",
                "account_number": masked(line.account_number, " •••• "),
                "bank_amount": line.amount,
                "bank_currency_id": line.currency_id.id,
                "amount": line._get_transaction_amount(),
                "currency_id": line._get_transaction_currency().id,
                "waiting": line.match_state == "waiting",
                "note": line._get_note_to_show(),
                "begun": not line._is_untouched(),
                "suggestions": [
                    suggestion._get_to_reconcile_row()
                    for suggestion in line.match_suggestion_ids
                ],
                "exact": line._has_one_exact_suggestion(),
                "fee_account_id": line.company_id.bank_match_fee_account_id.id,
            }
            for line in self
        ]

    def _get_entry_rows(self, entries):
        """Return what the screen shows of entries this line may pay.

        :param account.move.line entries: open entries
        :return: ``open`` is signed as the line's amount and in its currency
        :rtype: list[dict]
        """
        self.ensure_one()
        currency = self._get_transaction_currency()
        rows = []
        for entry in entries:
            same = entry.currency_id == currency
            amount = entry.amount_residual_currency
            if not same:
                amount = self._prepare_counterpart_amounts_using_st_line_rate(
                    entry.currency_id, entry.amount_residual, amount
                )["amount_currency"]
            rows.append(
                {
                    "id": entry.id,
                    "move_id": entry.move_id.id,
                    "number": entry.move_name or "",
                    "partner_id": entry.partner_id.id,
                    "partner": entry.partner_id.display_name or "",
                    "due": fields.Date.to_string(entry.date_maturity or entry.date),
                    "open": amount,
                    "own_open": entry.amount_residual_currency,
                    "own_currency_id": entry.currency_id.id,
                    "splittable": same,
                }
            )
        return rows

    def _get_note_to_show(self):
        """Return why the line is open, unless its first suggestion says the same."""
        self.ensure_one()
        note = self.match_note or ""
        return "" if note == self.match_suggestion_ids[:1].reason else note

    def _has_one_exact_suggestion(self):
        """Whether its only suggestion agrees to the cent, by more than a name."""
        self.ensure_one()
        suggestion = self.match_suggestion_ids
        return (
            len(suggestion) == 1
            and suggestion.kind != "name"
            and suggestion._is_exact()
        )

    # === Around the lines ===

    @api.model
    def _get_to_reconcile_journals(self):
        """Return the journals with open lines, and how many they have."""
        groups = self._read_group(
            self._get_to_reconcile_domain(), ["journal_id"], ["__count"]
        )
        return [
            {"id": journal.id, "name": journal.display_name, "count": count}
            for journal, count in groups
        ]

    @api.model
    def _get_to_reconcile_summary(self):
        """Return how much of the money received this month matched by itself.

        :return: ``received`` and ``automatic``, numbers of lines dated this month
        :rtype: dict
        """
        month = fields.Date.context_today(self).strftime("%Y%m")
        groups = self._read_group(
            [
                # Starts with the date, and is indexed.
                ("internal_index", ">=", month),
                ("amount", ">", 0),
                ("state", "=", "posted"),
                ("company_id", "in", self.env.companies.ids),
            ],
            ["is_reconciled", "match_state"],
            ["__count"],
        )
        return {
            "received": sum(count for _reconciled, _state, count in groups),
            "automatic": sum(
                count
                for reconciled, state, count in groups
                if reconciled and state == "automatic"
            ),
        }


class BankMatchSuggestion(models.Model):
    _inherit = "bank.match.suggestion"

    def _get_to_reconcile_row(self):
        """Return what the screen shows of a suggestion."""
        self.ensure_one()
        return {
            "id": self.id,
            "reason": self.reason or "",
            "partner_id": self.partner_id.id,
            "partner": self.partner_id.display_name or "",
            "left": self.amount_left,
            "discount": self.discount_amount,
            "fee": self.fee_amount,
            "entries": self.line_id._get_entry_rows(self._get_oldest_first()),
        }

    def _is_exact(self):
        """Whether line and entries agree to the cent, nothing written off."""
        self.ensure_one()
        return self.currency_id.is_zero(
            abs(self.amount_left) + abs(self.discount_amount) + abs(self.fee_amount)
        )
