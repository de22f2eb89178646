from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, new_test_user, tagged

from ...models.reconcile import (
    account_bank_statement_line as account_bank_statement_line_screen,
)
from ..common.payment_request import PaymentRequestCommon

SCREEN = "/odoo/to-reconcile"


@tagged("post_install", "-at_install")
class TestReconcileTour(PaymentRequestCommon, HttpCase):
    """The *To reconcile* screen in a real browser."""

    def open_line(self, amount, label, day="2026-03-01"):
        """Return a line that was not examined."""
        lines = self.env["account.bank.statement.line"].with_context(no_bank_match=True)
        return lines.create(
            {
                "journal_id": self.bank_journal.id,
                "date": day,
                "amount": amount,
                "payment_ref": label,
            }
        )

    def suggested_line(self, label, invoice, **values):
        """Return an open line for which it is suggested to pay ``invoice``."""
        line = self.open_line(invoice.amount_residual, label, **values)
        self.env["bank.match.suggestion"].sudo().create(
            {
                "line_id": line.id,
                "currency_id": line.currency_id.id,
                "kind": "iban",
                "reason": "The payer's account is known.",
                "partner_id": invoice.partner_id.id,
                "entry_ids": [
                    Command.set(
                        invoice.line_ids.filtered(
                            lambda entry: entry.display_type == "payment_term"
                        ).ids
                    )
                ],
                "amount": line.amount,
            }
        )
        return line

    def test_an_accountant_reconciles_by_keyboard(self):
        self.env["account.account"].create(
            {"name": "Tour Charges", "code": "TOUR1", "account_type": "expense"}
        )
        paid = self.create_invoice(120.0)
        part = self.create_invoice(200.0, self.company_customer)
        first = self.suggested_line("FIRST LINE", paid, day="2026-03-03")
        second = self.open_line(150.0, "SECOND LINE", day="2026-03-02")
        third = self.open_line(-18.9, "THIRD LINE")
        self.env.flush_all()
        self.start_tour(SCREEN, "reconcile_by_keyboard", login=self.accountant.login)
        lines = first + second + third
        self.assertEqual(lines.mapped("is_reconciled"), [True] * 3)
        self.assertEqual(set(lines.mapped("match_state")), {"manual"})
        self.assertEqual((paid.amount_residual, part.amount_residual), (0.0, 50.0))

    def test_a_line_of_a_later_page_is_asked_for(self):
        days = [f"2026-03-0{6 - number}" for number in range(1, 6)]
        lines = [
            self.open_line(10.0, f"LINE {number}", day)
            for number, day in enumerate(days, 1)
        ]
        self.env.flush_all()
        address = (
            f"/odoo/action-account_payment_request.action_bank_lines/{lines[-1].id}"
        )
        with patch.object(account_bank_statement_line_screen, "PAGE", 2):
            self.start_tour(
                address, "reconcile_from_a_line", login=self.accountant.login
            )

    def test_a_reader_looks_and_cannot_book(self):
        new_test_user(
            self.env,
            login="reconcile_reader",
            groups="account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        invoice = self.create_invoice(120.0)
        line = self.suggested_line("ONLY LINE", invoice)
        self.env.flush_all()
        self.start_tour(SCREEN, "reconcile_only_looking", login="reconcile_reader")
        self.assertFalse(line.is_reconciled)
