from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...bridge import bank_transaction


class AccountBankStatementLine(models.Model):
    """Lines that a bank account feeds."""

    _inherit = "account.bank.statement.line"

    bridge_account_id = fields.Many2one(
        comodel_name="bridge.account",
        string="Fed by",
        readonly=True,
        copy=False,
        check_company=True,
        index="btree_not_null",
        ondelete="set null",
    )
    bridge_transaction_ref = fields.Char(
        string="Transaction at Bridge", readonly=True, copy=False
    )

    _bridge_transaction_uniq = models.UniqueIndex(
        "(bridge_account_id, bridge_transaction_ref) "
        "WHERE bridge_transaction_ref IS NOT NULL",
        "This bank transaction was imported already.",
    )

    # === New ===

    @api.model
    def _prepare_from_bank(self, account, transactions):
        """Return the values of the lines of new transactions.

        :param bridge.account account: where they come from
        :param list transactions: `BankTransaction` records
        :rtype: list[dict]
        """
        journal = account.journal_id
        currency = journal.currency_id or account.company_id.currency_id
        locked = account.company_id._get_user_fiscal_lock_date(journal)
        first_open_day = locked + timedelta(days=1)
        values = []
        for transaction in transactions:
            vals = {
                "journal_id": journal.id,
                "date": max(transaction.date, first_open_day),
                "amount": currency.round(transaction.amount),
                "payment_ref": transaction.label,
                "transaction_type": transaction.data.get("operation_type"),
                "transaction_details": transaction.data,
                "bridge_account_id": account.id,
                "bridge_transaction_ref": transaction.ref,
            }
            if transaction.date < first_open_day:
                vals["narration"] = self.env._(
                    "Booked by the bank on %s, in a period that is closed.",
                    format_date(self.env, transaction.date),
                )
            values.append(vals)
        return values

    # === Already there ===

    def _link_existing(self, account, transactions):
        """Let these lines be the transactions that they are.

        :param bridge.account account: where the transactions come from
        :param list transactions: `BankTransaction` records
        :return: the transactions for which there is no line
        :rtype: list
        """
        free = {}
        for line in self:
            key = (line._get_bank_date(), line.currency_id.round(line.amount))
            text = bank_transaction.comparable(line._get_bank_label())
            free.setdefault(key, []).append((text, line))
        remaining = transactions
        told_more = self.browse()
        # All that are exactly the same first: a part must not take another's line.
        for is_same in (str.__eq__, bank_transaction.is_same_text):
            left = []
            for transaction in remaining:
                line = self._link_one(account, transaction, free, is_same)
                if not line:
                    left.append(transaction)
                elif any(transaction.evidence) and not line._is_touched():
                    told_more |= line
            remaining = left
        told_more._match_again()
        return remaining

    @api.model
    def _link_one(self, account, transaction, free, is_same):
        """Let one of the free lines be a transaction.

        :param dict free: lines and their comparable texts by day and amount
        :param is_same: compares two comparable texts
        :return: the line, empty if there was none
        :rtype: account.bank.statement.line
        """
        currency = account.journal_id.currency_id or account.company_id.currency_id
        candidates = free.get(
            (transaction.date, currency.round(transaction.amount)), []
        )
        text = bank_transaction.comparable(transaction.label)
        for position, (known, line) in enumerate(candidates):
            if is_same(known, text):
                del candidates[position]
                details = dict(transaction.data)
                if line.transaction_details and not line.bridge_account_id:
                    details["imported"] = line.transaction_details
                line.write(
                    {
                        "bridge_account_id": account.id,
                        "bridge_transaction_ref": transaction.ref,
                        "transaction_details": details,
                    }
                )
                return line
        return self.browse()

    def _get_bank_details(self):
        """Return the transaction as last read at Bridge, empty if it never was."""
        self.ensure_one()
        details = self.transaction_details
        if self.bridge_account_id and isinstance(details, dict) and "id" in details:
            return details
        return {}

    def _get_bank_date(self):
        """Return the day the bank gives, which a closed period may have put off."""
        day = self._get_bank_details().get("date")
        return fields.Date.to_date(day) if day else self.date

    def _get_bank_label(self):
        """Return the label the bank gives, which a person may have changed here."""
        details = self._get_bank_details()
        return bank_transaction.label_of(details) if details else self.payment_ref

    # === Changed and deleted ===

    @api.model
    def _apply_bank_changes(self, account, readings):
        """Do with lines what the bank did with their transactions.

        :param bridge.account account: where they come from
        :param dict readings: `BankTransaction` by line
        """
        to_match = self.browse()
        for line, transaction in readings.items():
            if transaction.deleted:
                line._apply_bank_deletion(account, transaction)
            elif line._apply_bank_change(account, transaction):
                to_match |= line
        to_match._match_again()

    def _match_again(self):
        """Match lines of which the bank told more, but for those a person undid."""
        self.filtered(lambda line: line.match_kind != "manual")._match()

    def _apply_bank_deletion(self, account, transaction):
        """Take back a line whose transaction the bank deleted."""
        self.ensure_one()
        if self._get_bank_details().get("deleted"):
            return  # It could not be taken back: a person knows already.
        note = self.env._("The bank took back the transaction %s.", self._describe())
        gone = self.env._("%s This entry is no longer paid by it.", note)

        def take_back():
            if self._is_touched():
                self.action_undo_reconciliation()
            self.unlink()

        self._follow_bank(account, transaction, take_back, note, gone)

    def _apply_bank_change(self, account, transaction):
        """Bring a line in line with its transaction.

        :return: whether it is to be matched anew
        :rtype: bool
        """
        self.ensure_one()
        details = self._get_bank_details()
        amount = self.currency_id.round(transaction.amount)
        known_amount = details.get("amount", self.amount)
        moved = (
            self.currency_id.compare_amounts(known_amount, amount)
            or self._get_bank_date() != transaction.date
        )
        relabelled = self._get_bank_label() != transaction.label
        evidence = bank_transaction.evidence_of(details) != transaction.evidence
        if moved:
            return self._apply_bank_move(account, transaction, amount)
        if relabelled or evidence:
            values = {"transaction_details": self._merge_details(transaction)}
            touched = self._is_touched()
            if relabelled and not touched and not self._get_bank_lock():
                values["payment_ref"] = transaction.label
            self.write(values)
            return not touched
        return False

    def _apply_bank_move(self, account, transaction, amount):
        """Change amount or day of a line; its match is undone and looked for anew."""
        note = self.env._(
            "The bank changed the transaction %(what)s: now %(amount)s on %(date)s.",
            what=self._describe(),
            amount=self.currency_id.format(amount),
            date=format_date(self.env, transaction.date),
        )
        locked = self.company_id._get_user_fiscal_lock_date(self.journal_id)

        def move():
            if self._is_touched():
                self._forget_match()
            self.write(
                {
                    "date": max(transaction.date, locked + timedelta(days=1)),
                    "amount": amount,
                    "payment_ref": transaction.label,
                    "transaction_details": self._merge_details(transaction),
                }
            )
            self.flush_recordset()

        return self._follow_bank(account, transaction, move, note, note)

    def _follow_bank(self, account, transaction, change, note, document_note):
        """Change a line as the bank did and say so, or keep it if it is locked.

        :param change: does it
        :param str note: what the bank did, for the account
        :param str document_note: the same, for what the line paid
        :return: whether the line followed
        :rtype: bool
        """
        documents = self._get_paid_documents()
        reason = self._get_bank_lock()
        if not reason:
            try:
                with self.env.cr.savepoint():
                    change()
            except UserError as error:
                self.invalidate_recordset()
                reason = str(error)
        if reason:
            self._keep_against_bank(account, transaction, note, reason)
            return False
        account.message_post(body=note)
        for document in documents:
            document.message_post(body=document_note)
        return True

    def _keep_against_bank(self, account, transaction, note, reason):
        """Leave a line as it is although the bank says otherwise: a person decides."""
        text = self.env._(
            "%(note)s The line could not follow: %(reason)s", note=note, reason=reason
        )
        self.write(
            {
                "transaction_details": self._merge_details(transaction),
                "match_note": text,
            }
        )
        account._schedule_task(
            self.env._("%s: the books differ from the bank", self.move_id.name), text
        )

    def _merge_details(self, transaction):
        """Return the new reading, with what a file had brought before."""
        details = self.transaction_details
        imported = details.get("imported") if isinstance(details, dict) else None
        return {**transaction.data, **({"imported": imported} if imported else {})}

    def _is_touched(self):
        """Return whether anything was done with the line since it came."""
        self.ensure_one()
        _liquidity, _suspense, other = self._seek_for_lines()
        return bool(self.is_reconciled or other)

    def _get_bank_lock(self):
        """Return why the line may not be changed, empty if it may."""
        self.ensure_one()
        move = self.move_id
        if move.inalterable_hash:
            return self.env._("its entry is secured by a hash.")
        statement = self.statement_id
        if statement and statement.is_valid and statement.is_complete:
            return self.env._("it belongs to the statement %s.", statement.name)
        if move._get_violated_lock_dates(move.date, False):
            return self.env._("its period is closed.")
        return ""

    def _describe(self):
        """Return the line in a few words."""
        return self.env._(
            "“%(label)s” of %(amount)s on %(date)s",
            label=self.payment_ref,
            amount=self.currency_id.format(self.amount),
            date=format_date(self.env, self.date),
        )

    def _get_paid_documents(self):
        """Return what the line paid: invoices and the payment request.

        :return: records with a chatter
        :rtype: list
        """
        self.ensure_one()
        partners = self.move_id.line_ids._all_reconciled_lines()
        moves = partners.move_id - self.move_id
        # A payment in between: the invoices that it paid.
        payments = moves.filtered(lambda move: move.origin_payment_id)
        invoices = (
            moves - payments
        ) | payments.origin_payment_id.reconciled_invoice_ids
        request = (
            self.matched_request_id | self.matched_transaction_id.payment_request_id
        )
        return [*invoices.filtered(lambda m: m.is_invoice()), *request.sudo()]
