from datetime import timedelta

from odoo import fields, models
from odoo.tools import SQL

OPENING_SEQUENCE = 100_000


class BridgeAccount(models.Model):
    """The balance the bank gives against the balance of the journal's account."""

    _inherit = "bridge.account"

    # === Balances ===

    def _get_journal_balance(self):
        """Return the balance of the journal's account in the journal's currency, of
        everything posted."""
        return self._read_journal_balance()[0]

    def _read_journal_balance(self):
        """Return the balance of the journal's account, and its newest entry's id.

        :rtype: tuple[float, int]
        """
        self.ensure_one()
        journal = self.journal_id
        company_currency = self.company_id.currency_id
        currency = journal.currency_id or company_currency
        self.env["account.move.line"].flush_model()
        amount = (
            SQL("balance") if currency == company_currency else SQL("amount_currency")
        )
        [(total, last_id)] = self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(SUM(%(amount)s), 0), COALESCE(MAX(id), 0)
                  FROM account_move_line
                 WHERE account_id = %(account)s
                   AND company_id = %(company)s
                   AND parent_state = 'posted'
                """,
                amount=amount,
                account=journal.default_account_id.id,
                company=self.company_id.id,
            )
        )
        return currency.round(float(total)), last_id

    def _has_bank_entries(self):
        """Return whether anything was ever booked on the journal's account."""
        self.ensure_one()
        return bool(
            self.env["account.move.line"]
            .sudo()
            .search_count(
                [
                    ("account_id", "=", self.journal_id.default_account_id.id),
                    ("company_id", "=", self.company_id.id),
                    ("parent_state", "=", "posted"),
                ],
                limit=1,
            )
        )

    def _check_balance(self):
        """Compare the bank's balance with the journal's, and note since when they
        differ."""
        for account in self:
            booked, last_id = account._read_journal_balance()
            currency = account.currency_id or account.company_id.currency_id
            difference = currency.round(account.balance - booked)
            values = {"journal_balance": booked, "balance_difference": difference}
            if currency.is_zero(difference):
                values.update(
                    difference_date=False,
                    balance_agreed_at=fields.Datetime.now(),
                    balance_agreed_entry=last_id,
                )
            elif not account.difference_date:
                values["difference_date"] = account._get_difference_day()
            account.write(values)

    def _get_difference_day(self):
        """Return the day since which the balances differ: the earliest day on which
        something was booked by hand since they were the same, else today; the day
        before the first one if they never were.

        :rtype: datetime.date
        """
        self.ensure_one()
        today = self.company_id._get_payment_today()
        if not self.balance_agreed_at:
            return (self.history_start_date or today) - timedelta(days=1)
        self.env["account.move.line"].flush_model()
        self.env["account.bank.statement.line"].flush_model()
        [(day,)] = self.env.execute_query(
            SQL(
                """
                SELECT MIN(entry.date)
                  FROM account_move_line entry
                  JOIN account_move move ON move.id = entry.move_id
             LEFT JOIN account_bank_statement_line line
                    ON line.id = move.statement_line_id
                   AND line.bridge_account_id = %(feed)s
                 WHERE entry.account_id = %(account)s
                   AND entry.company_id = %(company)s
                   AND entry.parent_state = 'posted'
                   AND (entry.id > %(last_entry)s OR entry.write_date > %(agreed)s)
                   AND line.id IS NULL
                """,
                feed=self.id,
                account=self.journal_id.default_account_id.id,
                company=self.company_id.id,
                last_entry=self.balance_agreed_entry,
                agreed=self.balance_agreed_at,
            )
        )
        return min(day, today) if day else today

    # === Opening balance ===

    def _book_opening(self):
        """Book what the account held before its first day, so that the journal starts
        with the bank's balance. Only for a journal that had no entry before."""
        self.ensure_one()
        if self.opening_state != "wanted":
            return
        amount = self.balance - self._get_journal_balance()
        self.opening_state = "booked"
        if not self.history_known_date:
            self.history_known_date = self.company_id._get_payment_today()
        self._move_opening(amount)

    def _note_history(self, lines):
        """Note how far back the lines go, and what came of days before that.

        Banks give the last days at once and older ones later: those were part of the
        opening balance until then.
        """
        if not lines:
            return
        self.ensure_one()
        known_from = self.history_known_date
        if self.opening_state == "booked":
            older = lines.filtered(lambda line: line.date < known_from)
            self.older_amount += sum(older.mapped("amount"))
        oldest = min(lines.mapped("date"))
        if not known_from or oldest < known_from:
            self.history_known_date = oldest

    def _correct_opening(self):
        """Take older history out of the opening balance, if that is what it was: the
        bank's balance did not move with it. A late booking moves it and is none."""
        self.ensure_one()
        older, self.older_amount = self.older_amount, 0.0
        currency = self.currency_id or self.company_id.currency_id
        difference = self.balance - self._get_journal_balance()
        if older and not currency.compare_amounts(difference, -older):
            self._move_opening(difference)

    def _move_opening(self, amount):
        """Change the opening balance by ``amount``, unless it was already handled: the
        difference then shows."""
        self.ensure_one()
        currency = self.currency_id or self.company_id.currency_id
        if currency.is_zero(amount):
            return
        line = self.opening_line_id
        if line:
            if not line.is_reconciled and not line._get_bank_lock():
                line.amount = currency.round(line.amount + amount)
            return
        locked = self.company_id._get_user_fiscal_lock_date(self.journal_id)
        day = max(
            self.history_start_date - timedelta(days=1), locked + timedelta(days=1)
        )
        self.opening_line_id = (
            self.env["account.bank.statement.line"]
            .with_context(no_bank_match=True)
            .create(
                {
                    "journal_id": self.journal_id.id,
                    "date": day,
                    "amount": currency.round(amount),
                    "payment_ref": self.env._("Opening balance"),
                    "bridge_account_id": self.id,
                    # Comes before the other lines of its day.
                    "sequence": OPENING_SEQUENCE,
                }
            )
        )
