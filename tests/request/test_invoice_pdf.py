import io
import subprocess
import tempfile
from pathlib import Path

from lxml import etree
from PIL import Image

from odoo.tests import HttpCase, tagged

from ...report.qr import QUIET_ZONE, make_qr
from ..common.payment_request import PaymentRequestCommon

DPI = 150
MILLIMETRES_PER_INCH = 25.4


@tagged("post_install", "-at_install")
class TestInvoicePdf(PaymentRequestCommon, HttpCase):
    """What is printed is scanned back by another program."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Long enough for a real domain: the size of the symbol depends on it.
        cls.company.payment_request_base_url = "https://factures.boutique.example"

    def render(self, report, record):
        """Return the first page of a printed report as a picture."""
        self.env.flush_all()
        content, kind = (
            self.env["ir.actions.report"]
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(report, record.ids)
        )
        self.assertEqual(kind, "pdf")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        pdf = Path(folder.name, "page.pdf")
        pdf.write_bytes(content)
        command = ["pdftoppm", "-r", str(DPI), "-png", "-singlefile", pdf.name, "page"]
        subprocess.run(command, cwd=folder.name, check=True)
        return pdf.with_suffix(".png")

    def scan(self, picture):
        """Return the texts of the QR codes of a picture, as a scanner reads them."""
        scanned = subprocess.run(
            ["zbarimg", "-q", "--xml", "-Sdisable", "-Sqrcode.enable", str(picture)],
            capture_output=True,
        )
        # Status 4: the program found no code.
        self.assertIn(scanned.returncode, (0, 4), scanned.stderr)
        if not scanned.stdout.strip():
            return []
        tree = etree.fromstring(scanned.stdout)
        return [node.text for node in tree.iter("{*}data")]

    def symbol_width(self, picture, text):
        """Return the printed width in millimetres of the QR code of `text`, without
        its quiet zone."""
        code = make_qr(text)
        with Image.open(io.BytesIO(code.png)) as image:
            pixels = image.width
        table = subprocess.run(
            ["pdfimages", "-list", picture.with_suffix(".pdf")],
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        rows = [line.split() for line in table.splitlines()[2:]]
        [resolution] = [int(row[12]) for row in rows if int(row[3]) == pixels]
        printed = pixels / resolution * MILLIMETRES_PER_INCH
        return printed * code.modules / (code.modules + 2 * QUIET_ZONE)

    def test_the_qr_code_on_the_invoice_opens_its_payment_page(self):
        request = self.create_request()
        picture = self.render("account.account_invoices", request.line_ids.move_id)
        self.assertEqual(self.scan(picture), [request.url])
        self.assertGreaterEqual(self.symbol_width(picture, request.url), 30)

    def test_the_printed_request_opens_its_payment_page(self):
        request = self.create_deposit()
        picture = self.render(
            "account_payment_request.action_report_payment_request", request
        )
        self.assertEqual(self.scan(picture), [request.url])
        self.assertGreaterEqual(self.symbol_width(picture, request.url), 30)

    def html(self, request):
        """Return the invoice as it is printed, before wkhtmltopdf."""
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account.account_invoices", request.line_ids.move_id.ids
        )
        return content.decode()

    def test_the_address_is_printed_in_letters_too(self):
        request = self.create_request()
        page = self.html(request)
        self.assertIn(f">factures.boutique.example/pay/{request.token}<", page)
        self.assertIn("Scan this code with your phone", page)

    def test_nothing_is_printed_when_nothing_can_be_paid(self):
        paid, revoked, draft = (self.create_request() for _i in range(3))
        self.pay(paid, "acsc")
        self.settle_all()
        revoked.action_revoke()
        draft.line_ids.move_id.button_draft()
        credit_note = self.create_invoice(move_type="out_refund")
        for request in (paid, revoked, draft):
            self.assertNotIn("payment_request_qr", self.html(request))
            self.assertNotIn(request.token, self.html(request))
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account.account_invoices", credit_note.ids
        )
        self.assertNotIn("payment_request_qr", content.decode())

    def test_ours_replaces_the_payment_link_of_core(self):
        self.company.link_qr_code = True
        page = self.html(self.create_request())
        self.assertIn("payment_request_qr", page)
        self.assertNotIn('id="payment_link_qrcode"', page)
