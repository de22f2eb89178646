from odoo import fields

from ...bridge.verdict import EXECUTED
from .request_case import RequestCase


class BankLineCase(RequestCase):
    """Bank lines that carry our own references."""

    def paid(self, amount=120.0, outcome="acsc", **values):
        """Return a transaction as it is when its bank line arrives."""
        tx = self.pay(self.create_request(amount, **values), outcome)
        self.settle_all()
        return tx

    def suspense_of(self, line):
        return line.move_id.line_ids.filtered(
            lambda entry: entry.account_id == line.journal_id.suspense_account_id
        )

    def assert_reconciled(self, line, tx=None):
        self.assertTrue(line.is_reconciled)
        self.assertFalse(self.suspense_of(line))
        entries = line.move_id.line_ids - line._seek_for_lines()[0]
        self.assertTrue(all(entries.mapped("reconciled")))
        self.assertTrue(line.match_note)
        if tx is not None:
            self.assertEqual(line.matched_transaction_id, tx)
            self.assertTrue(tx.payment_id.is_matched)

    def assert_open(self, *lines):
        for line in lines:
            self.assertFalse(line.is_reconciled)
            self.assertEqual(len(self.suspense_of(line)), 1)
            self.assertFalse(line.matched_transaction_id)
            self.assertFalse(line.matched_request_id)

    def book(self, *amounts):
        """Return transactions of deposits, done and booked, without their journey."""
        transactions = self.env["payment.transaction"].sudo()
        for amount in amounts:
            request = self.create_deposit(amount)
            transactions |= transactions.create(
                {
                    **request._transaction_create_values("due"),
                    "provider_id": self.bridge.id,
                    "payment_method_id": self.bridge.payment_method_ids.id,
                }
            )
        for tx in transactions:
            tx._add_proof("bridge", EXECUTED)
        transactions._set_done()
        transactions._post_process()
        return transactions

    def create_lines(self, labels, user=None):
        """Create one bank line for each amount and label, in one call."""
        model = self.env["account.bank.statement.line"]
        if user:
            model = model.with_user(user)
        return model.create(
            [
                {
                    "journal_id": self.bank_journal.id,
                    "date": fields.Date.today(),
                    "amount": amount,
                    "payment_ref": label,
                }
                for amount, label in labels
            ]
        )
