"""What tests that open our pages, or our webhook, over HTTP share."""

import io

from lxml import html

from odoo.tests import HttpCase
from odoo.tools.pdf import PdfFileWriter

from .payment_request import PaymentRequestCommon

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"


class PageCase(PaymentRequestCommon, HttpCase):
    """Pages are opened as a payer does: no login, nothing but the address."""

    def visit(self, path, **kwargs):
        """Open an address; redirections are not followed."""
        self.env.flush_all()
        response = self.url_open(path, allow_redirects=False, **kwargs)
        self.env.invalidate_all()
        return response

    def post(self, _url, body, headers):
        """Hand a webhook to the real controller; return the HTTP status."""
        address = f"/payment/bridge/webhook/{self.bridge.id}"
        return self.visit(address, data=body, headers=headers).status_code

    def path(self, request, *parts):
        return "/".join(["/pay", request.token, *parts])

    def open(self, request, *parts, **kwargs):
        """Open an address below the request's own, as `visit` does."""
        headers = {"User-Agent": PHONE, **kwargs.pop("headers", {})}
        path = self.path(request, *parts)
        return self.visit(path, headers=headers, timeout=30, **kwargs)

    def page(self, request, *parts, **kwargs):
        """Return the page as text without markup, spaces squeezed, and its tree."""
        response = self.open(request, *parts, **kwargs)
        tree = html.fromstring(response.content)
        return " ".join(tree.text_content().split()), tree

    def follow(self, response):
        """Follow a redirection; return the page as `page` does."""
        self.assertEqual(response.status_code, 303)
        answer = self.url_open(response.headers["Location"], allow_redirects=False)
        tree = html.fromstring(answer.content)
        return " ".join(tree.text_content().split()), tree

    def tap(self, request, **form):
        """Tap the button; return the answer."""
        return self.open(request, "bank", data=form or {"option": "due"})

    def tapped(self, request, **form):
        """Tap the button; return the transaction whose bank journey opens."""
        response = self.tap(request, **form)
        self.assertEqual(response.status_code, 303)
        link = self.sim.find_link(response.headers["Location"])
        return request.transaction_ids.filtered(
            lambda tx: tx.provider_reference == link["id"]
        )

    def give_pdf(self, *moves):
        """Let invoices have a PDF, as if they had been sent: none is made in tests."""
        writer, page = PdfFileWriter(), io.BytesIO()
        writer.addBlankPage(width=200, height=200)
        writer.write(page)
        for move in moves:
            move.invoice_pdf_report_id = self.env["ir.attachment"].create(
                {
                    "name": f"{move.id}.pdf",
                    "raw": page.getvalue(),
                    "res_model": "account.move",
                    "res_id": move.id,
                    "res_field": "invoice_pdf_report_file",
                }
            )

    def other_means(self, **changes):
        """Return what core's form sends to pay 120 € by another provider."""
        return {
            "provider_id": self.dummy_provider.id,
            "payment_method_id": self.payment_method_id,
            "token_id": None,
            "amount": 120.0,
            "flow": "redirect",
            "tokenization_requested": False,
            **changes,
        }
