from odoo import Command, fields

from .request_case import RequestCase


class MatchCase(RequestCase):
    """Bank lines, what they may pay, and how they are looked at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.acme = cls.env["res.partner"].create(
            {"name": "ACME Conseil", "is_company": True}
        )
        cls.receivable = cls.company_data["default_account_receivable"]
        cls.fee_account = cls.company_data["default_account_expense"]

    def billed(self, amount=120.0, partner=None, **values):
        return self.create_invoice(amount, partner or self.acme, **values)

    def due_line(self, move):
        return move.line_ids.filtered(lambda e: e.display_type == "payment_term")

    def line_values(self, amount, label, **values):
        return {
            "journal_id": self.bank_journal.id,
            "date": fields.Date.today(),
            "amount": amount,
            "payment_ref": label,
            **values,
        }

    def suspense_of(self, line):
        return line.move_id.line_ids.filtered(
            lambda entry: entry.account_id == line.journal_id.suspense_account_id
        )

    def assert_booked_line(self, line, *moves, kind=None, state="automatic"):
        """The line is reconciled, balanced, explained, and pays these documents."""
        self.assertTrue(line.is_reconciled, line.match_note)
        self.assertFalse(self.suspense_of(line))
        self.assertEqual(line.match_state, state)
        self.assertTrue(line.match_note)
        if kind:
            self.assertEqual(line.match_kind, kind)
        self.assertAlmostEqual(sum(line.move_id.line_ids.mapped("balance")), 0.0)
        for move in moves:
            self.assertEqual(move.amount_residual, 0.0)

    def assert_left_open(self, line):
        """The line is as the bank sent it."""
        self.assertFalse(line.is_reconciled)
        self.assertEqual(len(line.move_id.line_ids), 2)
        self.assertEqual(len(self.suspense_of(line)), 1)
        self.assertFalse(line.matched_transaction_id)
        self.assertFalse(line.matched_request_id)

    def counterparts(self, line):
        """Return what is opposite the bank's entry, by account."""
        entries = line.move_id.line_ids - line._seek_for_lines()[0]
        return {entry.account_id: entry.balance for entry in entries}

    def other_company(self):
        """Return the values of another company with its bank journal."""
        return self.setup_other_company(name="Autre Boutique")

    def bank_account(self, number, partner):
        return self.env["res.partner.bank"].create(
            {"acc_number": number, "partner_id": partner.id}
        )

    def currency_journal(self, currency):
        return self.env["account.journal"].create(
            {
                "name": currency.name,
                "type": "bank",
                "code": f"B{currency.name}",
                "currency_id": currency.id,
            }
        )

    def refund(self, amount, partner=None):
        """Return an open credit note."""
        return self.create_invoice(amount, partner or self.acme, move_type="out_refund")

    def taxed_invoice(self, amount, term, tax):
        """Return an invoice with a tax and a payment term."""
        return self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.acme.id,
                "invoice_date": fields.Date.today(),
                "invoice_payment_term_id": term.id,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "name": "Service",
                            "price_unit": amount,
                            "tax_ids": [Command.set(tax.ids)],
                        }
                    )
                ],
            }
        )
