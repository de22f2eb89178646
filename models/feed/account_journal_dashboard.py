from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...bridge.iban import masked

CURVE_DAYS = 30


class AccountJournal(models.Model):
    _inherit = "account.journal"

    @api.model
    def get_bank_feeds(self):
        """Return what *Bank Feeds* shows of the selected companies: every bank
        journal with its balance, its curve, its open lines and what feeds it, the
        total of each currency, and the connections somebody has to look after.

        The number of queries does not depend on the number of journals.

        :return: amounts in the currency of each journal, times in UTC
        :rtype: dict
        :raises AccessError: for who may not see bank lines
        """
        self.env["account.bank.statement.line"].check_access("read")
        journals = self.search(
            [
                ("type", "in", ("bank", "credit")),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        accounts = journals._get_bridge_accounts()
        curves = journals._get_bank_curves()
        open_lines = journals._get_open_bank_lines()
        rows = [
            {
                **journal._prepare_bank_row(accounts.get(journal)),
                **open_lines[journal.id],
                "curve": curves[journal.id],
            }
            for journal in journals
        ]
        today = fields.Date.context_today(self)
        connections = self.env["bridge.connection"]
        return {
            "accounts": rows,
            "totals": self._sum_bank_rows(rows),
            "days": [
                fields.Date.to_string(today - timedelta(days=days))
                for days in range(CURVE_DAYS, -1, -1)
            ],
            "connections": connections._get_to_look_after(),
            "can_connect": connections.has_access("create"),
            "can_fetch": self.env.user.has_group("account.group_account_invoice"),
            "many_companies": len(self.env.companies) > 1,
        }

    def _prepare_bank_row(self, account):
        """Return who this account is and what feeds it.

        :param account: the `bridge.account` of the journal, if it has one
        """
        self.ensure_one()
        currency = self.currency_id or self.company_id.sudo().currency_id
        row = {
            "id": self.id,
            "name": self.name,
            "company": self.company_id.name,
            "bank": self.bank_id.name or "",
            "number": masked(self.bank_account_id.sanitized_acc_number),
            "currency_id": currency.id,
            "feed": False,
        }
        if account:
            connection = account.connection_id
            row["bank"] = connection.name or row["bank"]
            row["feed"] = {
                "id": account.id,
                "connection_id": connection.id,
                "state": account.state,
                "connection_state": connection.state,
                "consent_days_left": connection.consent_days_left,
                "consent_ends": connection.authentication_expires_at,
                "data_at": account.data_at,
                "balance": account.balance,
                "difference": account.balance_difference,
                "difference_date": account.difference_date,
                "error": account.fetch_error,
                "is_fetching": bool(account.fetch_user_id),
                "fetched_count": account.fetched_count,
            }
        return row

    @api.model
    def _sum_bank_rows(self, rows):
        """Return for each currency the total today and 30 days ago, most accounts
        first."""
        totals = defaultdict(lambda: {"balance": 0.0, "before": 0.0, "accounts": 0})
        for row in rows:
            total = totals[row["currency_id"]]
            total["balance"] += row["curve"][-1]
            total["before"] += row["curve"][0]
            total["accounts"] += 1
        ranked = sorted(totals.items(), key=lambda item: -item[1]["accounts"])
        return [{"currency_id": currency, **total} for currency, total in ranked]

    def _get_bank_curves(self):
        """Return the balance of each journal at the end of each of the last 30 days and
        today, oldest first. Lines dated later count today, as in the journal's balance.

        :rtype: dict[int, list[float]]
        """
        if not self:
            return {}
        self._flush_bank_lines()
        balances = self._get_journal_dashboard_bank_running_balance()
        today = fields.Date.context_today(self)
        first = today - timedelta(days=CURVE_DAYS)
        query = SQL(
            """
            WITH moved AS (
                SELECT line.journal_id,
                       LEAST(move.date, %(today)s) AS day,
                       SUM(line.amount) AS amount
                  FROM account_bank_statement_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE line.journal_id = ANY(%(journals)s)
                   AND line.company_id = ANY(%(companies)s)
                   AND line.internal_index >= %(first_index)s
                   AND move.state != 'cancel'
              GROUP BY 1, 2
            ), curve AS (
                SELECT journal.id,
                       day.day,
                       journal.balance - COALESCE(SUM(moved.amount) OVER (
                           PARTITION BY journal.id
                           ORDER BY day.day DESC
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                       ), 0) AS balance
                  FROM UNNEST(%(journals)s, %(balances)s::numeric[])
                       AS journal(id, balance)
            CROSS JOIN GENERATE_SERIES(
                           %(first)s::timestamp, %(today)s::timestamp, '1 day'
                       ) AS day(day)
             LEFT JOIN moved ON moved.journal_id = journal.id
                            AND moved.day = day.day
            )
            SELECT id, ARRAY_AGG(balance::float8 ORDER BY day)
              FROM curve
          GROUP BY id
            """,
            journals=self.ids,
            balances=[balances[journal.id][1] for journal in self],
            companies=self.env.companies.ids,
            today=today,
            first=first,
            # The index starts with the day: only the lines of these days are read.
            first_index=first.strftime("%Y%m%d"),
        )
        return dict(self.env.execute_query(query))

    def _get_open_bank_lines(self):
        """Return of each journal the number and the date of the oldest of its lines to
        reconcile, and the date of its last line.

        :rtype: dict[int, dict]
        """
        if not self:
            return {}
        self._flush_bank_lines()
        query = SQL(
            """
               SELECT journal.id,
                      open.count AS open_count,
                      open.oldest AS open_since,
                      last.date AS last_date
                 FROM UNNEST(%(journals)s) AS journal(id)
        CROSS JOIN LATERAL (
                          SELECT COUNT(*), MIN(move.date) AS oldest
                            FROM account_bank_statement_line line
                            JOIN account_move move ON move.id = line.move_id
                           WHERE line.journal_id = journal.id
                             AND line.company_id = ANY(%(companies)s)
                             AND line.is_reconciled IS NOT TRUE
                             AND move.state = 'posted'
                      ) open
    LEFT JOIN LATERAL (
                          SELECT move.date
                            FROM account_bank_statement_line line
                            JOIN account_move move ON move.id = line.move_id
                           WHERE line.journal_id = journal.id
                             AND line.company_id = ANY(%(companies)s)
                        ORDER BY line.internal_index DESC
                           LIMIT 1
                      ) last ON TRUE
            """,
            journals=self.ids,
            companies=self.env.companies.ids,
        )
        rows = self.env.execute_query_dict(query)
        return {row.pop("id"): row for row in rows}

    @api.model
    def _flush_bank_lines(self):
        """Write what the figures are read from."""
        self.env["account.bank.statement"].flush_model()
        self.env["account.bank.statement.line"].flush_model()
        self.env["account.move"].flush_model(["date", "state", "company_id"])
