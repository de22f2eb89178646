"""The page of many invoices, and what a link says that nobody knows."""

import io
from datetime import date, timedelta
from unittest.mock import patch

from lxml import html

from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader

from ...models.request import payment_request_files
from ..common.page_case import PageCase


@tagged("post_install", "-at_install")
class TestPageMany(PageCase):
    def ask(self, count):
        """Return a request of so many invoices, the newest first."""
        moves = self.env["account.move"].concat(
            *(
                self.create_invoice(
                    10.0 + number,
                    invoice_date=date(2026, 1, 1),
                    invoice_date_due=date(2026, 6, 1) - timedelta(days=number),
                    invoice_payment_term_id=False,
                )
                for number in range(count)
            )
        )
        requests = self.env["payment.request"].sudo()
        return requests.create(requests._prepare_for_moves(moves)), moves

    def names(self, tree, inside=""):
        found = tree.xpath(f"//ul[@class='lines']{inside}//span[@class='name']/text()")
        return [text.strip() for text in found if text.strip()]

    def test_more_than_five_are_folded_the_oldest_first(self):
        request, moves = self.ask(40)
        _text, tree = self.page(request)
        wanted = list(reversed(moves.mapped("name")))
        self.assertEqual(self.names(tree), wanted)
        [details] = [found for found in tree.xpath("//details") if found.xpath(".//ul")]
        self.assertIsNone(details.get("open"))
        self.assertIn("35", details.xpath("summary")[0].text_content())
        folded = details.xpath(".//li//span[@class='name']/text()")
        self.assertEqual([t.strip() for t in folded if t.strip()], wanted[5:])
        self.assertLess(len(self.open(request).content), 80_000)

    def test_few_are_not_folded(self):
        for count in (2, 6):
            request, _moves = self.ask(count)
            _text, tree = self.page(request)
            self.assertEqual(len(self.names(tree)), count)
            self.assertFalse([d for d in tree.xpath("//details") if d.xpath(".//ul")])

    def test_the_details_of_a_transfer_are_in_reach(self):
        self.env["res.partner.bank"].create(
            {"partner_id": self.company.partner_id.id, "acc_number": "FR7612345678"}
        )
        request, _moves = self.ask(2)
        _text, tree = self.page(request)
        [link] = tree.xpath(f"//a[@href='{self.path(request)}#transfer']")
        [target] = tree.xpath("//*[@id='transfer']")
        documents = tree.xpath("//h2[.='Your invoices']")[0]
        order = list(tree.iter())
        self.assertLess(order.index(link), order.index(documents))
        self.assertTrue(list(target.iterancestors("details")))

    def test_one_file_has_them_all(self):
        request, moves = self.ask(3)
        self.assertIn("invoices", request._get_page_parts())
        _text, tree = self.page(request)
        self.assertTrue(tree.xpath(f"//a[@href='{self.path(request, 'invoices')}']"))
        self.give_pdf(*moves)
        answer = self.open(request, "invoices")
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertIn(request.reference, answer.headers["Content-Disposition"])
        pages = PdfFileReader(io.BytesIO(answer.content)).getNumPages()
        self.assertEqual(pages, 3)

    def test_those_that_are_missing_are_made_a_few_at_a_time(self):
        request, moves = self.ask(3)
        made = []

        def make(_request, move):
            made.append(move)
            self.give_pdf(move)

        model = self.registry["payment.request"]
        with (
            patch.object(payment_request_files, "MADE_AT_ONCE", 2),
            patch.object(model, "_make_invoice_file", make),
        ):
            self.assertEqual(self.open(request, "invoices").status_code, 503)
            self.assertEqual(len(made), 2)
            self.assertEqual(self.open(request, "invoices").status_code, 200)
        self.assertEqual(sorted(m.id for m in made), sorted(moves.ids))

    def test_a_file_that_is_none_is_no_crash(self):
        request, moves = self.ask(2)
        self.give_pdf(*moves)
        moves[0].invoice_pdf_report_id.raw = b"Not a PDF"
        self.assertEqual(self.open(request, "invoices").status_code, 404)
        self.assertEqual(self.open(request, "invoice", "1").status_code, 200)

    def test_an_unknown_link_names_nobody_and_says_what_to_do(self):
        text = html.fromstring(self.visit("/pay/abcdefghjkmnpqrstuvw").text)
        said = " ".join(text.text_content().split())
        self.assertIn("check that the address is complete", said)
        self.assertIn("contact whoever sent it to you", said)
        for company in self.env["res.company"].search([]):
            for name in ("name", "email", "phone", "vat"):
                self.assertNotIn(company[name] or "(nothing)", said)
        self.assertFalse(text.xpath("//img"))
