from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from ..common.oca_case import OcaCase

WIDGET = "account_reconcile_oca.bank_statement_line_form_reconcile_view"


@tagged("post_install", "-at_install", "-standard", "oca")
class TestOcaReconcile(OcaCase):
    """Their reconciliation widget and ours show, and leave, the same truth."""

    def pick(self, line, invoice):
        """Choose an invoice in their widget, and save, without reconciling."""
        with Form(line, view=WIDGET) as widget:
            widget.add_account_move_line_id = self.due_of(invoice)

    def reconcile_there(self, line, invoice):
        """Reconcile a line with an invoice in their widget."""
        self.pick(line, invoice)
        self.assertTrue(line.can_reconcile)
        line.reconcile_bank_line()

    def shown_there(self, line):
        """Return the kinds and amounts of the entries that their widget shows."""
        line.invalidate_recordset(["reconcile_data_info"])
        data = line.reconcile_data_info["data"]
        return sorted((entry["kind"], entry["amount"]) for entry in data)

    def to_reconcile(self):
        """Return the lines that our screen shows."""
        lines = self.env["account.bank.statement.line"]
        return lines.search(lines._get_to_reconcile_domain(self.bank_journal.id))

    def credit_notes(self):
        return self.env["account.move"].search(
            [("move_type", "=", "out_refund"), ("company_id", "=", self.company.id)]
        )

    # === Who acts first when a line is created ===

    def test_a_line_that_both_would_match_is_matched_once_and_by_us(self):
        invoice = self.numbered("FAC/2026/00042", 120.0)
        line = self.bank_line(120.0, "FAC/2026/00042")
        self.assert_paid(line, invoice)
        self.assertTrue(line.match_note)
        self.assertEqual(len(invoice._get_reconciled_amls()), 1)

    def test_what_we_leave_open_they_may_reconcile(self):
        # A part of the number is no evidence for us; it is all they look for.
        invoice = self.numbered("FAC/2026/00042", 120.0)
        line = self.bank_line(120.0, "2026/000")
        self.assert_paid(line, invoice)
        self.assertNotIn(line, self.to_reconcile())
        self.assertFalse(line.matched_request_id)
        self.assert_state(self.request_of(invoice), "paid", 0.0)

    def test_one_invoice_wanted_by_both_in_one_import_is_paid_once(self):
        invoice = self.numbered("FAC/2026/00042", 120.0)
        values = {
            "journal_id": self.bank_journal.id,
            "date": fields.Date.today(),
            "amount": 120.0,
        }
        for labels in (("2026/000", "FAC/2026/00042"), ("FAC/2026/00042", "2026/000")):
            with self.subTest(labels=labels):
                lines = self.env["account.bank.statement.line"].create(
                    [{**values, "payment_ref": label} for label in labels]
                )
                paid = lines.filtered("is_reconciled")
                self.assertEqual(paid.mapped("payment_ref"), ["FAC/2026/00042"])
                self.assert_paid(paid, invoice)
                self.assert_open(lines - paid)
                paid.action_undo_reconciliation()

    def test_their_rules_book_what_is_not_ours(self):
        fees = self.company_data["default_account_expense"]
        self.env["account.reconcile.model"].create(
            {
                "name": "Fees",
                "trigger": "auto_reconcile",
                "match_label": "contains",
                "match_label_param": "VIR",
                "line_ids": [Command.create({"account_id": fees.id})],
            }
        )
        request = self.create_request(120.0)
        ours = self.bank_line(120.0, f"VIR {request.reference}")
        theirs = self.bank_line(-9.6, "FRAIS VIR SEPA")
        self.assert_paid(ours, request.line_ids.move_id)
        self.assertTrue(theirs.is_reconciled)
        self.assertIn(fees, theirs.line_ids.account_id)
        self.assertFalse(theirs.match_note)

    def test_the_partner_they_find_by_the_name_does_not_change_our_match(self):
        stranger = self.env["res.partner"].create({"name": "Dupont Père et Fils"})
        request = self.create_request(120.0)
        line = self.bank_line(
            120.0, f"VIR {request.reference}", partner_name="Dupont Père"
        )
        self.assert_paid(line, request.line_ids.move_id)
        self.assertEqual(line.partner_id, self.customer)
        self.assertNotEqual(line.partner_id, stranger)

    # === The same truth ===

    def test_a_line_reconciled_there_is_not_open_here(self):
        invoice = self.create_invoice(120.0)
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.assertIn(line, self.to_reconcile())
        self.reconcile_there(line, invoice)
        self.assert_paid(line, invoice)
        self.assertNotIn(line, self.to_reconcile())
        self.assertEqual(line.match_state, "manual")
        self.assertFalse(line.match_note)

    def test_a_line_reconciled_there_is_never_taken_up_here(self):
        invoice, request = self.create_invoice(120.0), self.create_request(80.0)
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.reconcile_there(line, invoice)
        line.with_context(skip_readonly_check=True).ref = request.reference
        line._match()
        self.assert_paid(line, invoice)
        self.assert_state(request, "valid", 80.0)

    def test_a_line_reconciled_here_is_reconciled_there(self):
        request = self.create_request(120.0)
        line = self.bank_line(120.0, request.reference)
        self.assertEqual(
            self.shown_there(line), [("liquidity", 120.0), ("other", -120.0)]
        )
        with Form(line, view=WIDGET) as widget:
            self.assertTrue(widget.is_reconciled)

    def test_an_open_line_shows_there_what_is_left(self):
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.assertEqual(
            self.shown_there(line), [("liquidity", 120.0), ("suspense", -120.0)]
        )

    def test_a_suggestion_of_ours_is_void_once_they_reconciled_the_line(self):
        invoice = self.create_invoice(120.0)
        line = self.bank_line(110.0, f"FACTURE {invoice.name}", partner_name="X")
        suggestion = line.match_suggestion_ids[:1]
        self.assertTrue(suggestion)
        self.assert_open(line, invoice)
        other = self.create_invoice(110.0)
        self.reconcile_there(line, other)
        self.assertFalse(suggestion.exists())
        self.assert_paid(line, other)
        self.assertEqual(invoice.amount_residual, 120.0)

    # === Undone in either, open in both ===

    def test_undone_there_what_was_matched_here_is_open_in_both(self):
        request = self.create_request(120.0)
        invoice = request.line_ids.move_id
        line = self.bank_line(120.0, request.reference)
        self.assert_paid(line, invoice)
        line.unreconcile_bank_line()
        self.assert_open(line, invoice)
        self.assertFalse(line.match_note)
        self.assertFalse(line.matched_request_id)
        self.assertIn(line, self.to_reconcile())
        self.assert_state(request, "valid", 120.0)

    def test_undone_here_what_was_reconciled_there_is_open_in_both(self):
        invoice = self.create_invoice(120.0)
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.reconcile_there(line, invoice)
        line.action_undo_reconciliation()
        self.assert_open(line, invoice)
        self.assertIn(line, self.to_reconcile())
        self.assertEqual(
            self.shown_there(line), [("liquidity", 120.0), ("suspense", -120.0)]
        )

    def test_undone_what_was_reconciled_by_a_separate_entry_is_open_in_both(self):
        self.keep_suspense_accounts()
        invoice = self.create_invoice(120.0)
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.reconcile_there(line, invoice)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertNotIn(line, self.to_reconcile())
        line.action_undo_reconciliation()
        self.assert_open(line, invoice)
        self.assertIn(line, self.to_reconcile())
        self.assertFalse(self.credit_notes())

    # === Neither undoes the other's work ===

    def test_a_choice_made_there_is_forgotten_once_matched_here(self):
        chosen, request = self.create_invoice(120.0), self.create_request(120.0)
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.pick(line, chosen)
        self.match_by(line, request)
        self.assert_paid(line, request.line_ids.move_id)
        line.action_undo_reconciliation()
        self.assertEqual(
            self.shown_there(line), [("liquidity", 120.0), ("suspense", -120.0)]
        )

    def test_a_widget_left_open_there_does_not_undo_a_match_made_here(self):
        chosen, request = self.create_invoice(120.0), self.create_request(120.0)
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.pick(line, chosen)
        self.match_by(line, request)
        with self.assertRaises(UserError):
            line.reconcile_bank_line()
        self.assert_paid(line, request.line_ids.move_id)
        self.assertEqual(chosen.amount_residual, 120.0)

    def test_to_check_there_does_not_undo_a_match_made_here(self):
        request = self.create_request(120.0)
        line = self.bank_line(120.0, request.reference)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            line.action_to_check()
        self.assert_paid(line, request.line_ids.move_id)

    def test_undo_there_never_reverses_an_invoice_that_was_matched_here(self):
        self.keep_suspense_accounts()
        chosen, request = self.create_invoice(120.0), self.create_request(120.0)
        invoice = request.line_ids.move_id
        line = self.bank_line(120.0, "VIR SEPA MERCI")
        self.reconcile_there(line, chosen)
        line.unreconcile_bank_line()
        self.match_by(line, request)
        self.assert_paid(line, invoice)
        line.unreconcile_bank_line()
        self.assertFalse(self.credit_notes())
        self.assert_open(line, invoice)

    # === Helpers ===

    def match_by(self, line, request):
        """Let the bank tell the reference later, and match again."""
        line.with_context(skip_readonly_check=True).ref = request.reference
        line._match()

    def keep_suspense_accounts(self):
        """Let their widget reconcile by separate entries."""
        self.bank_journal.reconcile_mode = "keep"
        self.bank_journal.suspense_account_id.reconcile = True
