"""Money that is there and that nobody has allocated yet: what waits in *To Reconcile*,
and payments that were registered without a journal entry."""

from odoo import api, models
from odoo.tools import SQL


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    @api.model
    def _get_unallocated_query(self, company):
        """Return the query of what came in for ``company`` and is not allocated yet,
        with a row for each due line or customer that it may be of; nothing if the
        settings give it no days.

        What a bank line is suggested for it may be of; else it is of the customer whom
        somebody set, or who owns the account that it came from.

        :param res.company company: whose days count; it is paid on the accounts of its
            parents, too
        :return: a select of `receipt_id` (bank line) or `payment_id`; `amount`,
            `currency_id` and `day` of it; `until`, the last day on which it holds what
            it may pay, which may be past; `entry_id` (due line) or `partner_id`
            (commercial)
        :rtype: SQL
        """
        suggested = self.env["bank.match.suggestion"]._fields["entry_ids"]
        return SQL(
            _UNALLOCATED,
            days=company.payment_receipt_days,
            zone=company._get_payment_timezone(),
            payee_ids=company.parent_ids.ids,
            suggested=SQL.identifier(suggested.relation),
            suggestion=SQL.identifier("suggested", suggested.column1),
            entry=SQL.identifier("suggested", suggested.column2),
        )


# A file that is imported late tells of money that nobody could know of before.
_UNALLOCATED = r"""
WITH receipt AS MATERIALIZED (
    SELECT line.id AS receipt_id,
           NULL::int AS payment_id,
           line.amount,
           line.currency_id,
           move.date AS day,
           known.day + %(days)s - 1 AS until,
           line.partner_id AS customer_id,
           line.account_number
      FROM account_bank_statement_line line
      JOIN account_move move ON move.id = line.move_id
CROSS JOIN LATERAL (
        SELECT GREATEST(
                   move.date,
                   (line.create_date AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
               ) AS day
           ) known
     WHERE line.company_id = ANY(%(payee_ids)s)
       AND line.is_reconciled IS NOT TRUE
       AND line.amount > 0
       AND move.state = 'posted'
       AND %(days)s > 0
)
SELECT receipt.receipt_id, receipt.payment_id, receipt.amount,
       receipt.currency_id, receipt.day, receipt.until,
       %(entry)s AS entry_id,
       NULL::int AS partner_id
  FROM receipt
  JOIN bank_match_suggestion proposal ON proposal.line_id = receipt.receipt_id
  JOIN %(suggested)s suggested ON %(suggestion)s = proposal.id
 UNION ALL
SELECT receipt.receipt_id, receipt.payment_id, receipt.amount,
       receipt.currency_id, receipt.day, receipt.until,
       NULL,
       customer.commercial_partner_id
  FROM receipt
  JOIN res_partner customer ON customer.id = receipt.customer_id
 UNION ALL
SELECT receipt.receipt_id, receipt.payment_id, receipt.amount,
       receipt.currency_id, receipt.day, receipt.until,
       NULL,
       owner.commercial_partner_id
  FROM receipt
  JOIN res_partner_bank account
    ON account.sanitized_acc_number
       = upper(regexp_replace(receipt.account_number, '\W+', '', 'g'))
  JOIN res_partner owner ON owner.id = account.partner_id
 WHERE receipt.customer_id IS NULL
   AND account.active
   AND owner.active
   AND (account.company_id IS NULL OR account.company_id = ANY(%(payee_ids)s))
 UNION ALL
-- With an entry it is a credit, and with invoices it settles those.
SELECT NULL, payment.id, payment.amount, payment.currency_id, payment.date,
       payment.date + %(days)s - 1,
       NULL,
       customer.commercial_partner_id
  FROM account_payment payment
  JOIN res_partner customer ON customer.id = payment.partner_id
 WHERE payment.company_id = ANY(%(payee_ids)s)
   AND payment.payment_type = 'inbound'
   AND payment.partner_type = 'customer'
   AND payment.state = 'in_process'
   AND payment.move_id IS NULL
   AND %(days)s > 0
   AND NOT EXISTS (
           SELECT
             FROM account_move__account_payment paid
            WHERE paid.payment_id = payment.id
       )
"""
