import csv
import io
from datetime import date

from odoo import fields
from odoo.tests import tagged

from ..common.request_case import RequestCase


@tagged("post_install", "-at_install")
class TestFec(RequestCase):
    """The French audit file of Odoo shows payments and their letters once matched."""

    def export(self):
        """Return the rows of this year's file, as an inspector's program reads them."""
        today = fields.Date.today()
        wizard = self.env["l10n_fr.fec.export.wizard"].create(
            {
                "date_from": date(today.year, 1, 1),
                "date_to": date(today.year, 12, 31),
                "test_file": True,  # the definitive one closes the year
            }
        )
        self.env.flush_all()
        text = wizard.generate_fec()["file_content"].decode()
        return list(csv.DictReader(io.StringIO(text), delimiter="|"))

    def rows_of(self, moves, account="411"):
        """Return the rows of these entries on accounts that begin so."""
        return [
            row
            for row in self.export()
            if row["EcritureNum"] in moves.mapped("name")
            and row["CompteNum"].startswith(account)
        ]

    def letters(self, moves, account="411"):
        """Return the letters of these entries' rows; an open one has an empty one."""
        rows = self.rows_of(moves, account)
        for row in rows:
            self.assertEqual(bool(row["EcritureLet"]), bool(row["DateLet"]))
        return [row["EcritureLet"] for row in rows]

    def assert_lettered(self, *entries, account="411"):
        """These entries, and no others, bear one letter, dated today."""
        moves = entries[0].union(*entries[1:])
        rows = self.rows_of(moves, account)
        self.assertEqual(len(rows), len(moves))
        (letter,) = {row["EcritureLet"] for row in rows}
        self.assertTrue(letter)
        today = fields.Date.to_string(fields.Date.today()).replace("-", "")
        self.assertEqual({row["DateLet"] for row in rows}, {today})
        bearers = {
            row["EcritureNum"] for row in self.export() if row["EcritureLet"] == letter
        }
        self.assertEqual(bearers, set(moves.mapped("name")))

    def test_a_transfer_typed_by_hand_letters_its_invoice(self):
        request = self.create_request(120.0)
        invoice = request.line_ids.move_id
        self.assertEqual(self.letters(invoice), [""])
        line = self.bank_line(120.0, f"VIR {request.reference}")
        self.assert_lettered(invoice, line.move_id)
        bank, customer = (
            self.rows_of(line.move_id, "512")[0],
            self.rows_of(line.move_id)[0],
        )
        self.assertEqual(bank["JournalCode"], self.bank_journal.code)
        self.assertEqual(bank["Debit"].strip(" 0"), "120,")
        self.assertEqual(customer["Credit"].strip(" 0"), "120,")
        self.assertEqual(customer["CompAuxLib"], self.customer.name)

    def test_a_transfer_started_at_bridge_letters_its_invoice_and_its_payment(self):
        request = self.create_request(120.0)
        invoice = request.line_ids.move_id
        tx = self.pay(request)
        self.settle_all()
        payment = tx.payment_id.move_id
        # The invoice is paid; the money is on its way to the bank account.
        self.assert_lettered(invoice, payment)
        outstanding = payment.line_ids.filtered(lambda entry: entry.debit).account_id
        self.assertEqual(self.letters(payment, outstanding.code), [""])
        line = self.bank_line(120.0, f"VIR {tx.reference}")
        self.assert_lettered(payment, line.move_id, account=outstanding.code)
        self.assert_lettered(invoice, payment)

    def test_one_transfer_letters_all_the_invoices_it_pays(self):
        invoices = self.create_invoice(30.0) + self.create_invoice(50.0)
        invoices += self.create_invoice(40.0)
        request = self.ask(invoices, mode="grouped")
        line = self.bank_line(120.0, request.reference)
        letters = self.letters(invoices)
        self.assertEqual(len(letters), 3)
        self.assertTrue(all(letters))
        self.assertEqual(set(letters), set(self.letters(line.move_id)))

    def test_what_is_paid_in_part_has_no_letter_until_the_rest(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=30.0)
        first = self.bank_line(30.0, request.reference)
        self.assertTrue(first.is_reconciled)
        self.assertEqual(self.letters(invoice + first.move_id), ["", ""])
        second = self.bank_line(70.0, self.request_of(invoice).reference)
        self.assert_lettered(invoice, first.move_id, second.move_id)

    def test_an_undone_match_has_no_letter(self):
        request = self.create_request(120.0)
        invoice = request.line_ids.move_id
        line = self.bank_line(120.0, request.reference)
        self.assert_lettered(invoice, line.move_id)
        line.action_undo_reconciliation()
        self.assertEqual(self.letters(invoice), [""])
        self.assertEqual(self.letters(line.move_id, "47"), [""])
