import base64
from io import BytesIO
from unittest.mock import patch

from ofxparse import OfxParser

from odoo import Command
from odoo.tests import new_test_user, tagged
from odoo.tools.misc import file_open

from ..common.oca_case import OcaCase

FILES = "account_payment_request/tests/files"
FRENCH = "camt053_001_02_fr.xml"
GERMAN = "camt053_001_08_de.xml"
GERMAN_IBAN = "DE89370400440532013000"


@tagged("post_install", "-at_install", "-standard", "oca")
class TestOcaStatement(OcaCase):
    """Files of banks, through the import wizard of the OCA."""

    def setUp(self):
        super().setUp()
        self.importer = new_test_user(
            self.env,
            login="statement_importer",
            groups="account.group_account_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.german_journal = self.env["account.journal"].create(
            {
                "name": "Beispielbank",
                "type": "bank",
                "code": "BNKD",
                "bank_account_id": self.env["res.partner.bank"]
                .create(
                    {
                        "acc_number": GERMAN_IBAN,
                        "partner_id": self.company.partner_id.id,
                        "company_id": self.company.id,
                    }
                )
                .id,
            }
        )

    def import_file(self, name):
        """Upload a file as an accountant does.

        :return: the lines it made, in its order
        :rtype: account.bank.statement.line
        """
        with file_open(f"{FILES}/{name}", "rb") as file:
            content = base64.b64encode(file.read())
        wizard = (
            self.env["account.statement.import"]
            .with_user(self.importer)
            .create({"statement_file": content, "statement_filename": name})
        )
        action = wizard.import_file_button()
        statements = self.env["account.bank.statement"].search(action["domain"])
        self.assertEqual(len(statements), 1)
        return statements.line_ids.sorted("sequence")

    # === A French bank: camt.053.001.02 ===

    def test_the_end_to_end_id_of_a_file_is_found(self):
        request = self.referenced("W48TA8FB5A", 1200.0, self.company_customer)
        line = self.import_file(FRENCH)[0]
        # Where their importer keeps it: nothing in the label names what is paid.
        self.assertEqual(line.ref, "W48TA8FB5A")
        self.assertIn("(Refs/EndToEndId): W48TA8FB5A", line.narration)
        self.assertEqual(line.payment_ref, "REGLEMENT MOBILIER")
        self.assert_paid(line, request.line_ids.move_id)
        self.assertEqual(line.matched_request_id, request)
        self.assertIn("W48TA8FB5A", line.match_note)

    def test_a_transfer_started_at_bridge_is_found_in_a_file(self):
        tx = self.pay(self.create_request(1200.0, self.company_customer))
        self.settle_all()
        self.assertEqual(tx.state, "done")
        tx.reference = "W48TA8FB5A"
        line = self.import_file(FRENCH)[0]
        self.assertTrue(line.is_reconciled)
        self.assertEqual(line.matched_transaction_id, tx)
        self.assertTrue(tx.payment_id.is_matched)

    def test_an_invoice_number_written_by_hand_is_found(self):
        invoice = self.numbered("FAC/2026/00043", 348.5)
        line = self.import_file(FRENCH)[1]
        self.assertEqual(line.payment_ref, "REGLT FAC 2026 00043 MERCI")
        self.assert_paid(line, invoice)
        self.assertIn("FAC/2026/00043", line.match_note)
        self.assertEqual(line.partner_id, self.customer)

    def test_in_a_batch_one_payer_is_not_taken_for_another(self):
        request = self.referenced("G69A473EG5", 250.0)
        first, second = self.import_file(FRENCH)[2:4]
        self.assertEqual((first.amount, second.amount), (250.0, 250.0))
        self.assert_paid(first, request.line_ids.move_id)
        # Their importer leaves the first payer's id in the second one's narration.
        self.assert_open(second)
        self.assertEqual(second.partner_name, "GARAGE DU PORT")
        self.assertNotIn(request.reference, second.payment_ref)

    def test_in_a_batch_the_payer_without_id_does_not_pay_in_another_s_name(self):
        # Both are due, the same amount: only the one that is named is paid.
        named, unnamed = (
            self.referenced("G69A473EG5", 250.0),
            self.create_request(250.0, self.company_customer),
        )
        first, second = self.import_file(FRENCH)[2:4]
        self.assert_paid(first, named.line_ids.move_id)
        self.assert_open(second, unnamed.line_ids.move_id)

    def test_what_the_bank_charges_stays_open(self):
        fee = self.import_file(FRENCH)[4]
        self.assertEqual(fee.amount, -9.6)
        self.assert_open(fee)

    def test_a_returned_transfer_opens_the_invoice_again(self):
        request = self.referenced("X32QZ2BF38", 89.0)
        invoice = request.line_ids.move_id
        self.assert_paid(self.bank_line(89.0, "VIR X32QZ2BF38"), invoice)
        returned = self.import_file(FRENCH)[5]
        self.assertEqual(returned.amount, -89.0)
        self.assertIn("(RtrInf/Rsn/Cd): FOCR", returned.narration)
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assertEqual(invoice.amount_residual, 89.0)
        self.assert_state(request, "valid", 89.0)

    def test_the_same_file_twice_pays_once(self):
        requests = self.referenced("W48TA8FB5A", 1200.0, self.company_customer)
        requests |= self.referenced("G69A473EG5", 250.0)
        invoice = self.numbered("FAC/2026/00043", 348.5)
        invoices = requests.line_ids.move_id + invoice
        first = self.import_file(FRENCH)
        self.assertEqual(first[:4].mapped("is_reconciled"), [True, True, True, False])
        second = self.import_file(FRENCH)
        self.assertFalse(second & first)
        for line in second[:4]:
            self.assert_open(line)
            self.assertFalse(line.matched_request_id)
        for move in invoices:
            self.assertEqual(move.amount_residual, 0.0)
            paid_by = move._get_reconciled_amls().move_id.statement_line_id
            self.assertEqual(len(paid_by), 1)
            self.assertIn(paid_by, first)

    def test_the_statement_of_a_file_is_valid(self):
        self.referenced("W48TA8FB5A", 1200.0, self.company_customer)
        statement = self.import_file(FRENCH).statement_id
        self.assertEqual(statement.balance_start, 10000.0)
        self.assertEqual(statement.balance_end_real, 11949.9)
        self.assertTrue(statement.is_complete)

    # === A German bank: camt.053.001.08 ===

    def test_a_creditor_reference_is_found(self):
        invoice = self.numbered(
            "FAC/2026/00045",
            890.0,
            self.company_customer,
            payment_reference="RF18539007547034",
        )
        line = self.import_file(GERMAN)[0]
        self.assertEqual(line.ref, "RF18539007547034")
        self.assertEqual(line.journal_id, self.german_journal)
        self.assert_paid(line, invoice)
        self.assertEqual(line.match_kind, "structured")

    def test_numbers_cut_by_the_bank_are_found(self):
        invoices = self.numbered("FAC/2026/00046", 300.0, self.company_customer)
        invoices |= self.numbered("FAC/2026/00047", 160.0, self.company_customer)
        line = self.import_file(GERMAN)[1]
        self.assertIn("FAC/2026/00\n046", line.payment_ref)
        self.assert_paid(line, *invoices)

    def test_a_reference_typed_from_paper_is_found(self):
        request = self.referenced("CF6K95SP6Z", 75.0)
        line = self.import_file(GERMAN)[2]
        self.assertEqual(line.ref, "KD4711-2026-03")
        self.assert_paid(line, request.line_ids.move_id)

    def test_a_direct_debit_never_pays_an_invoice(self):
        # The supplier's contract number has the digits of our invoice.
        invoice = self.numbered("FAC/2026/00048", 45.2)
        line = self.import_file(GERMAN)[3]
        self.assertEqual(line.amount, -45.2)
        self.assert_open(line, invoice)

    def test_a_returned_transfer_of_a_german_bank_opens_the_invoice_again(self):
        request = self.referenced("JZ7BX3AUAE", 60.0)
        invoice = request.line_ids.move_id
        self.assert_paid(
            self.bank_line(60.0, "JZ7BX3AUAE", journal=self.german_journal), invoice
        )
        self.assertEqual(self.import_file(GERMAN)[4].amount, -60.0)
        self.assertEqual(invoice.payment_state, "not_paid")
        self.assert_state(request, "valid", 60.0)

    # === OFX ===

    def test_an_ofx_file_is_matched(self):
        """There is no OFX importer for Odoo 19: one is stood in for, as one would be
        written, with the values that the importers of earlier versions gave."""
        request = self.referenced("W48TA8FB5A", 1200.0, self.company_customer)
        invoice = self.numbered("FAC/2026/00043", 348.5)

        def parse(_wizard, content):
            account = OfxParser.parse(BytesIO(content)).accounts[0]
            transactions = [
                {
                    "date": entry.date,
                    "payment_ref": f"{entry.payee}: {entry.memo}",
                    "amount": float(entry.amount),
                    "unique_import_id": entry.id,
                }
                for entry in account.statement.transactions
            ]
            values = {"name": "OFX", "transactions": transactions}
            return account.statement.currency, account.number, [values]

        wizard = self.env.registry["account.statement.import"]
        with patch.object(wizard, "_parse_file", parse):
            lines = self.import_file("ofx_fr.ofx")
        # The bank cuts the name at 32 characters, and goes on in the memo.
        self.assertIn("FACTURE FAC/202: 6/00043", lines[0].payment_ref)
        self.assert_paid(lines[0], invoice)
        self.assert_paid(lines[1], request.line_ids.move_id)
        self.assert_open(lines[2])
