"""Transfers that the bank takes back."""

from odoo.tests import tagged

from ..common.match_case import MatchCase


@tagged("post_install", "-at_install")
class TestMatchReturned(MatchCase):
    def paid(self, amount=120.0):
        request = self.request_of(self.billed(amount))
        tx = self.pay(request)
        self.settle_all()
        return tx

    def assert_undone(self, line, invoice, amount=120.0):
        self.assertTrue(line.is_reconciled, line.match_note)
        self.assertEqual(line.match_kind, "returned")
        self.assertEqual(invoice.amount_residual, amount)
        self.assertEqual(invoice.payment_state, "not_paid")
        entries = line.move_id.line_ids - line._seek_for_lines()[0]
        entries = entries.filtered(lambda entry: entry.account_id.reconcile)
        self.assertTrue(all(entries.mapped("reconciled")))
        # The customer owes the invoice, and nothing else is open on their account.
        open_entries = self.env["account.move.line"].search(
            [
                ("partner_id", "=", self.acme.id),
                ("account_id", "=", self.receivable.id),
                ("reconciled", "=", False),
                ("parent_state", "=", "posted"),
            ]
        )
        self.assertEqual(open_entries, self.due_line(invoice))

    def test_a_returned_transfer_undoes_its_payment_and_calls_a_person(self):
        tx = self.paid()
        request = tx.payment_request_id
        invoice = request.line_ids.move_id
        self.bank_line(120.0, tx.reference)
        self.assertTrue(tx.payment_id.is_matched)
        line = self.bank_line(-120.0, f"RETOUR VIREMENT {tx.reference}")
        self.assert_undone(line, invoice)
        self.assertEqual(tx.issue, "returned")
        self.assertEqual(request.issue, "returned")
        self.assertEqual(len(self.tasks(request)), 1)
        self.assertTrue(tx.payment_id.is_matched)
        self.assert_state(request, "valid", 120.0)

    def test_a_task_s_note_is_text(self):
        tx = self.paid()
        tx._flag("returned", '<a href="https://x.test">a</a>')
        (task,) = self.tasks(tx.payment_request_id)
        self.assertNotIn("<a ", task.note)

    def test_it_may_come_back_before_its_money_was_seen(self):
        tx = self.paid()
        line = self.bank_line(-120.0, tx.reference)
        self.assert_undone(line, tx.payment_request_id.line_ids.move_id)

    def test_money_that_comes_and_goes_in_one_import(self):
        tx = self.pay(self.request_of(self.billed()), "pdng")
        self.settle_all()
        self.assertEqual(tx.state, "pending")
        lines = self.env["account.bank.statement.line"].create(
            [
                self.line_values(120.0, tx.reference),
                self.line_values(-120.0, f"REJET {tx.reference}"),
            ]
        )
        self.assertTrue(lines[0].is_reconciled)
        self.assert_undone(lines[1], tx.payment_request_id.line_ids.move_id)

    def test_nothing_is_suggested_for_what_came_and_went_in_one_import(self):
        tx = self.pay(self.request_of(self.billed()), "pdng")
        self.settle_all()
        invoice = tx.payment_request_id.line_ids.move_id
        label = f"{tx.reference} {invoice.name}"
        _came, went = self.env["account.bank.statement.line"].create(
            [
                self.line_values(120.0, label),
                self.line_values(-120.0, f"RETOUR {label}"),
            ]
        )
        self.assert_undone(went, invoice)
        self.assertFalse(went.match_suggestion_ids)

    def test_it_is_taken_back_once(self):
        tx = self.paid()
        self.bank_line(120.0, tx.reference)
        self.bank_line(-120.0, tx.reference)
        again = self.bank_line(-120.0, tx.reference)
        self.assert_left_open(again)

    def test_it_is_taken_back_once_in_one_import(self):
        tx = self.paid()
        self.bank_line(120.0, tx.reference)
        first, again = self.env["account.bank.statement.line"].create(
            [self.line_values(-120.0, tx.reference) for _ in range(2)]
        )
        self.assert_undone(first, tx.payment_request_id.line_ids.move_id)
        self.assert_left_open(again)

    def test_another_amount_is_left_to_a_person(self):
        tx = self.paid()
        invoice = tx.payment_request_id.line_ids.move_id
        self.bank_line(120.0, tx.reference)
        line = self.bank_line(-20.0, tx.reference)
        self.assert_left_open(line)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertNotEqual(tx.issue, "returned")

    def test_a_transfer_that_never_came_is_not_returned(self):
        tx = self.start(self.request_of(self.billed()))
        self.assert_left_open(self.bank_line(-120.0, tx.reference))

    def test_a_transfer_typed_by_the_customer_comes_back(self):
        invoice = self.billed()
        request = self.request_of(invoice)
        self.assert_booked_line(self.bank_line(120.0, request.reference), invoice)
        line = self.bank_line(-120.0, request.reference)
        self.assert_undone(line, invoice)
        self.assertEqual(len(self.tasks(request)), 1)
        self.assert_state(request, "valid", 120.0)

    def test_a_returned_deposit_is_asked_for_again(self):
        request = self.create_deposit(300.0, self.acme)
        self.bank_line(300.0, request.reference)
        self.assert_state(request, "paid", 0.0)
        line = self.bank_line(-300.0, request.reference)
        self.assertTrue(line.is_reconciled, line.match_note)
        self.assert_state(request, "valid", 300.0)

    def test_a_returned_payment_takes_its_discount_back(self):
        term = self.early_discount()
        self.company.account_journal_early_pay_discount_loss_account_id = (
            self.fee_account
        )
        invoice = self.billed(100.0, invoice_payment_term_id=term.id)
        tx = self.pay(self.request_of(invoice))
        self.settle_all()
        self.assertEqual(tx.amount, 98.0)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.bank_line(98.0, tx.reference)
        line = self.bank_line(-98.0, tx.reference)
        self.assert_undone(line, invoice, 100.0)
        self.assertEqual(self.counterparts(line)[self.fee_account], -2.0)
