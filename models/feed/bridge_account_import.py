import logging
import re
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...bridge.bank_transaction import BankTransaction
from ...bridge.fetch import order
from ..batch import together_or_each

_logger = logging.getLogger(__name__)

# A coming transaction of an older day is not waited for any more.
FUTURE_DAYS = 10


class BridgeAccount(models.Model):
    """Some transactions of a fetch become lines, within one database transaction."""

    _inherit = "bridge.account"

    def _import_batch(self, data_list, run):
        """Import some transactions; the account stays locked meanwhile.

        :param list data_list: as read, in any order
        :param FetchRun run: what was seen so far
        """
        transactions = self._parse_batch(data_list, run)
        oldest_future = fields.Date.today() - timedelta(days=FUTURE_DAYS)
        lines = self._find_lines(transactions)
        new = []
        changed = {}
        for transaction in transactions.values():
            run.see(transaction)
            line = lines.get(transaction.ref)
            if line:
                changed[line] = transaction
            elif transaction.deleted or transaction.date < run.first_day:
                continue
            elif transaction.future:
                if transaction.date >= oldest_future:
                    run.wait_for(transaction)
            else:
                new.append(transaction)
        self.env["account.bank.statement.line"]._apply_bank_changes(self, changed)
        self._create_lines(self._link_existing_lines(new), run)

    def _parse_batch(self, data_list, run):
        """Return the transactions by id; of one that comes twice, the newer reading."""
        transactions = {}
        currency = self.journal_id.currency_id or self.company_id.currency_id
        for data in data_list:
            try:
                transaction = BankTransaction.parse(data)
            except ValueError as error:
                _logger.warning(
                    "Transaction %s of account %s: %s", data.get("id"), self.id, error
                )
                run.fail(self.env._("Bridge sent transactions that make no sense."))
                continue
            if transaction.currency and transaction.currency != currency.name:
                run.see(transaction)
                run.fail(
                    self.env._(
                        "Transactions in %s cannot be booked on this journal.",
                        transaction.currency,
                    ),
                    transaction,
                )
                continue
            known = transactions.get(transaction.ref)
            if not known or order(known.updated_at) <= order(transaction.updated_at):
                transactions[transaction.ref] = transaction
        return transactions

    def _find_lines(self, transactions):
        """Return the lines that these transactions are already, by Bridge's id."""
        lines = self.env["account.bank.statement.line"].search(
            [
                ("bridge_account_id", "=", self.id),
                ("bridge_transaction_ref", "in", list(transactions)),
            ]
        )
        return lines.grouped("bridge_transaction_ref")

    def _create_lines(self, transactions, run):
        """Make lines of new transactions, the earliest first.

        A transaction that cannot be booked does not keep the others from it; it is
        read again by every fetch until it can.
        """
        if not transactions:
            return
        transactions = sorted(transactions, key=lambda tx: (tx.date, _number(tx.ref)))
        Line = self.env["account.bank.statement.line"]
        values = Line._prepare_from_bank(self, transactions)
        created = {}

        def create(pairs):
            lines = Line.create([vals for _transaction, vals in pairs])
            lines.flush_recordset()
            for (transaction, _vals), line in zip(pairs, lines, strict=True):
                created[transaction.ref] = line.id

        def refuse(pair, error):
            transaction = pair[0]
            _logger.warning(
                "Transaction %s of account %s was refused: %s",
                transaction.ref,
                self.id,
                type(error).__name__,
            )
            run.fail(
                self.env._(
                    "A transaction of %(date)s could not be booked: %(error)s",
                    date=format_date(self.env, transaction.date),
                    error=error,
                ),
                transaction,
            )

        pairs = list(zip(transactions, values, strict=True))
        done = together_or_each(self.env, pairs, create, refuse, expected=UserError)
        lines = Line.browse(created[transaction.ref] for transaction, _vals in done)
        run.created += len(lines)
        self.fetched_count = run.created
        self._note_history(lines)

    def _link_existing_lines(self, transactions):
        """Let lines that came another way be the transactions that they are.

        That is lines of files, typed by hand, or read under another id before the bank
        was connected again: same day, same amount, same text. Each line is one
        transaction at most, so that two equal ones need two lines.

        :param list transactions: those not known by their id
        :return: those that remain
        :rtype: list
        """
        if not transactions:
            return []
        free = self._get_linkable_lines(transactions)
        if not free:
            return transactions
        return free._link_existing(self, transactions)

    def _get_linkable_lines(self, transactions):
        """Return the journal's lines of these days that no transaction is yet."""
        days = [transaction.date for transaction in transactions]
        locked = self.company_id._get_user_fiscal_lock_date(self.journal_id)
        if min(days) <= locked:  # Put off to the first day of the open period.
            days.append(locked + timedelta(days=1))
        # The index starts with the day: only the lines of these days are read.
        return self.env["account.bank.statement.line"].search(
            [
                ("journal_id", "=", self.journal_id.id),
                ("company_id", "=", self.company_id.id),
                "|",
                ("bridge_transaction_ref", "=", False),
                # Without IBAN a bank connected again is another account.
                "&",
                ("bridge_account_id", "!=", self.id),
                ("bridge_account_id.state", "=", "closed"),
                ("id", "!=", self.opening_line_id.id),
                ("internal_index", ">=", f"{min(days):%Y%m%d}"),
                ("internal_index", "<", f"{max(days) + timedelta(days=1):%Y%m%d}"),
                ("state", "=", "posted"),
            ],
            order="id",
        )


def _number(ref):
    """Return what orders Bridge's ids as they were given."""
    return int(ref) if re.fullmatch(r"[0-9]{1,30}", ref) else 0
