from odoo.tests import tagged
from odoo.tools.misc import file_open

from ..common.request_case import RequestCase

COLUMNS = ["date", "payment_ref", "amount", "ref", "partner_name"]


@tagged("post_install", "-at_install")
class TestBankLineImport(RequestCase):
    """A table of lines, through the import of any list of Odoo."""

    def import_table(self, name, dryrun=False):
        """Import a file as the list's *Import records* does; with ``dryrun``, *Test*.

        :rtype: account.bank.statement.line
        """
        lines = self.env["account.bank.statement.line"].with_context(
            default_journal_id=self.bank_journal.id
        )
        with file_open(f"account_payment_request/tests/files/{name}", "rb") as file:
            wizard = lines.env["base_import.import"].create(
                {
                    "res_model": lines._name,
                    "file": file.read(),
                    "file_name": name,
                    "file_type": "text/csv",
                }
            )
        options = {
            "quoting": '"',
            "separator": ";",
            "encoding": "utf-8",
            "has_headers": True,
            "date_format": "%d/%m/%Y",
            "float_thousand_separator": " ",
            "float_decimal_separator": ",",
        }
        result = wizard.execute_import(COLUMNS, [], options, dryrun=dryrun)
        self.assertFalse(result["messages"])
        return lines.browse(result["ids"])

    def test_lines_of_a_table_are_matched(self):
        request = self.create_request(1200.0, self.company_customer)
        request.reference = "W48TA8FB5A"
        invoice = self.create_invoice(348.5, post=False, invoice_date="2026-03-02")
        invoice.name = "FAC/2026/00043"
        invoice.action_post()
        by_reference, by_number, fee = self.import_table("lines_fr.csv")
        self.assertEqual(by_reference.matched_request_id, request)
        self.assert_state(request, "paid", 0.0)
        self.assertTrue(by_number.is_reconciled)
        self.assertEqual(invoice.payment_state, "paid")
        self.assertFalse(fee.is_reconciled)
        self.assertEqual(fee.amount, -9.6)

    def test_a_table_tried_out_pays_nothing(self):
        request = self.create_request(1200.0, self.company_customer)
        request.reference = "W48TA8FB5A"
        lines = self.env["account.bank.statement.line"]
        before = lines.search_count([])
        self.env.flush_all()  # *Test* rolls back what is not in the database yet
        self.import_table("lines_fr.csv", dryrun=True)
        self.env.invalidate_all()
        self.assertEqual(lines.search_count([]), before)
        self.assert_state(request, "valid", 1200.0)
