from odoo import models
from odoo.tools import SQL


class PaymentRequest(models.Model):
    _inherit = "payment.request"

    def _get_returnable_lines(self):
        """Return the bank lines that brought money without a transfer of ours and that
        were not taken back since.

        :rtype: account.bank.statement.line
        """
        self.ensure_one()
        lines = self.bank_line_ids.filtered(
            lambda line: line.is_reconciled and not line.matched_transaction_id
        ).sorted("id")
        received = lines.filtered(lambda line: line.amount > 0)
        for returned in lines.filtered(lambda line: line.match_kind == "returned"):
            received -= received.filtered(
                lambda line, back=returned: not line.currency_id.compare_amounts(
                    line.amount, -back.amount
                )
            )[:1]
        return received

    def _get_unallocated(self):
        """Override: what waits in *To Reconcile*. What may be somebody else's as well
        is not told."""
        self.ensure_one()
        lines = self.env["account.bank.statement.line"]
        moves = self.line_ids.filtered("amount_due").move_id
        for model in (
            *("account.payment", "bank.match.suggestion", lines._name),
            *("res.partner", "res.partner.bank"),
        ):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                _UNALLOCATED,
                unallocated=lines._get_unallocated_query(self.company_id),
                move_ids=moves.ids,
                partner_id=self.commercial_partner_id.id,
                today=self.company_id._get_payment_today(),
            )
        )
        currencies = self.env["res.currency"]
        return [
            (float(amount), currencies.browse(currency_id), day, is_for_this)
            for amount, currency_id, day, is_for_this in rows
        ]


# An account may have several owners, and a receipt several suggestions.
_UNALLOCATED = """
WITH found AS MATERIALIZED (%(unallocated)s),
mine AS (
    SELECT found.*,
           found.entry_id IN (
               SELECT id FROM account_move_line WHERE move_id = ANY(%(move_ids)s)
           ) IS TRUE AS is_for_this
      FROM found
)
SELECT mine.amount, mine.currency_id, mine.day, bool_or(mine.is_for_this)
  FROM mine
 WHERE mine.until >= %(today)s
   AND (mine.partner_id = %(partner_id)s OR mine.is_for_this)
   AND NOT EXISTS (
           SELECT
             FROM found other
            WHERE other.receipt_id = mine.receipt_id
              AND other.partner_id != %(partner_id)s
       )
   AND (NOT EXISTS (
            SELECT
              FROM bank_match_suggestion proposal
             WHERE proposal.line_id = mine.receipt_id
               AND proposal.partner_id IS DISTINCT FROM %(partner_id)s
        )
        -- A person said whose it is.
        OR EXISTS (
            SELECT
              FROM account_bank_statement_line line
              JOIN res_partner customer ON customer.id = line.partner_id
             WHERE line.id = mine.receipt_id
               AND customer.commercial_partner_id = %(partner_id)s
        ))
GROUP BY mine.receipt_id, mine.payment_id, mine.amount, mine.currency_id, mine.day
ORDER BY mine.day, mine.receipt_id, mine.payment_id
"""
