"""Pages of a payment request, opened by whoever holds its token.

The token in the address is the whole permission: no login, no session, and a wrong
one gets the same answer as one that never existed. A request that was revoked, or has
expired, still has its page, which says so: `_get_page_state` chooses it.
"""

import base64
import logging
import re

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.mimetypes import guess_mimetype

from ...models.payment_rate import TooOften
from ...report.qr import make_qr
from .pay_http import (
    PRIVATE_HEADERS,
    pay_route,
    redirect,
    redirect_page,
    respond_file,
    respond_not_offered,
    respond_page,
    respond_unknown,
)
from .pay_page import PayPage

_logger = logging.getLogger(__name__)

IMAGE_CACHE = "private, max-age=86400"
# Programs that open a link to show a preview of it, or to look for malware.
PREVIEW_AGENTS = re.compile(
    r"bot\b|crawler|spider|preview|facebookexternalhit|facebookcatalog|whatsapp|"
    r"snippet|embedly|safelinks|proofpoint|mimecast|barracuda",
    re.IGNORECASE,
)
# Times that the page reads the transfer at Bridge by itself after a return.
CHECKS = 6


class PayController(http.Controller):
    @pay_route("", part="page", methods=["GET"])
    def pay(self, pay_request, /, back=None, check=None, **query):
        """Show what is asked, or what became of it.

        :param back: how the payer came back from the bank, `left` or `checking`; it
            only chooses a sentence.
        :param check: how many times their return was checked.
        """
        if self._is_payer_reading():
            pay_request._update_page()
        if back == "checking" and PayPage(pay_request).is_waiting_for_bank():
            done = self._count(check)
            return respond_page(
                pay_request,
                state="checking",
                next_check=done + 1 if done < CHECKS else 0,
            )
        return respond_page(pay_request, left=back == "left")

    def _is_payer_reading(self):
        """Whether it may be a person outside the company, by what the browser says of
        itself: whoever only looks for the answer's head, or fetches it ahead, is none.
        """
        headers = request.httprequest.headers
        purpose = headers.get("Sec-Purpose", "") + headers.get("Purpose", "")
        return (
            request.httprequest.method in ("GET", "POST")
            and "prefetch" not in purpose
            and not PREVIEW_AGENTS.search(headers.get("User-Agent", ""))
            and not request.env.user._is_internal()
        )

    @pay_route("/opened", part="page", methods=["POST"])
    def pay_opened(self, pay_request, /, **form):
        """Note that a person reads the page: its script saw them move, type or tap,
        which what scans links for malware or a preview does not.
        """
        self._note_opened(pay_request)
        return request.make_response("", headers=PRIVATE_HEADERS, status=204)

    def _note_opened(self, pay_request):
        """Note that the page was opened, unless it is plain that nobody reads it."""
        site = request.httprequest.headers.get("Sec-Fetch-Site", "same-origin")
        if self._is_payer_reading() and site == "same-origin":
            # The note is for those who keep the books, not for the payer.
            lang = pay_request.company_id.partner_id.lang
            pay_request.with_context(lang=lang)._mark_opened()

    @staticmethod
    def _count(value):
        """Return the number of checks that a query says, at least one."""
        return int(value) if (value or "").isdecimal() and len(value) < 4 else 1

    @pay_route("/status", part="page", methods=["GET"])
    def pay_status(self, pay_request, /, **query):
        """Say in one word where the request stands, for a page that waits."""
        return request.make_json_response(
            {"state": pay_request._get_page_state()}, headers=PRIVATE_HEADERS
        )

    # The bank

    @pay_route(
        "/bank", part="bank", instead=redirect_page, limit="bank", methods=["POST"]
    )
    def pay_bank(self, pay_request, /, option="", **form):
        """Send the payer to their bank with the amount of one of our own options."""
        self._note_opened(pay_request)
        if not PayPage(pay_request).offers(option):
            return redirect_page(pay_request)
        try:
            url = pay_request._start_bridge_transfer(option)
        except TooOften:
            raise
        except UserError as error:
            return respond_page(
                pay_request, status=409, error=str(error), chosen=option
            )
        return redirect(url, local=False)

    @pay_route("/bank", part="page", methods=["GET"])
    def pay_bank_again(self, pay_request, /, **query):
        """Lead back to the page who reloads or bookmarks the way to the bank."""
        return redirect_page(pay_request)

    @pay_route("/return", part="page", limit="return", methods=["GET"])
    def pay_return(self, pay_request, /, status=None, check=None, **query):
        """Take the payer back from the bank.

        Nothing in the query is believed: it makes us read our own open attempts at
        Bridge, and what is read there decides.
        """
        attempts = pay_request.transaction_ids.filtered(
            lambda tx: tx.state in ("draft", "pending")
        )
        known = pay_request._refresh_transactions()
        self._book(attempts)
        if not PayPage(pay_request).is_waiting_for_bank():
            return redirect_page(pay_request)
        if known and status == "abort":
            return redirect_page(pay_request, "?back=left")
        return redirect_page(pay_request, f"?back=checking&check={self._count(check)}")

    def _book(self, attempts):
        """Book what was just found executed, so that the payer finds the receipt.

        What a setting of the accounting refuses is left to the scheduled job.
        """
        done = attempts.filtered(
            lambda tx: tx.state == "done" and not tx.is_post_processed
        )
        if not done:
            return
        try:
            with request.env.cr.savepoint():
                done._post_process()
        except UserError as error:
            _logger.warning("Transactions %s are not booked yet: %s", done.ids, error)

    # Files

    @pay_route("/logo", part="page", limit="file", methods=["GET"])
    def pay_logo(self, pay_request, /, **query):
        """The logo of the company that asks, whoever is logged in."""
        if not pay_request.company_id.logo_web:
            return respond_unknown()
        logo = base64.b64decode(pay_request.company_id.logo_web)
        return respond_file(logo, guess_mimetype(logo), cache=IMAGE_CACHE)

    @pay_route("/qr.png", part="phone", limit="file", methods=["GET"])
    def pay_qr(self, pay_request, /, **query):
        """The page's own address, to go on with on a phone."""
        picture = make_qr(pay_request.url)
        return respond_file(picture.png, "image/png", cache=IMAGE_CACHE)

    @pay_route("/transfer.png", part="transfer", limit="file", methods=["GET"])
    def pay_transfer_qr(self, pay_request, /, **query):
        """The transfer's details for banking apps that scan (EPC QR code)."""
        options = pay_request._get_payment_options()
        picture = options and pay_request._get_transfer_qr(options[0]["amount"])
        if not picture:
            return respond_unknown()
        png = base64.b64decode(picture.partition(",")[2])
        return respond_file(png, "image/png")

    @pay_route("/invoice/<int:index>", part="invoice", limit="file", methods=["GET"])
    def pay_invoice(self, pay_request, /, index, **query):
        """The PDF of one of the invoices asked for, as it was sent."""
        pdf = pay_request._get_invoice_file(index)
        if not pdf:
            return respond_unknown()
        return respond_file(pdf["content"], "application/pdf", filename=pdf["filename"])

    @pay_route("/invoices", part="invoices", limit="file", methods=["GET"])
    def pay_invoices(self, pay_request, /, **query):
        """The PDFs of all the invoices asked for, as one file."""
        pdf = pay_request._get_invoices_file()
        if not pdf:
            return respond_not_offered(pay_request)
        return respond_file(pdf["content"], "application/pdf", filename=pdf["filename"])

    @pay_route("/receipt", part="receipt", limit="file", methods=["GET"])
    def pay_receipt(self, pay_request, /, **query):
        """The receipt of the payments made of this request."""
        pdf = pay_request._get_receipt_file()
        if not pdf:
            return respond_unknown()
        name = request.env._("Receipt %(reference)s", reference=pay_request.reference)
        return respond_file(pdf, "application/pdf", filename=f"{name}.pdf")
