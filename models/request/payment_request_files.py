import logging
from base64 import b64decode, b64encode

from odoo import fields, models
from odoo.tools import SQL
from odoo.tools.pdf import PdfReadError, merge_pdf

from ...const import ACCOUNTING

_logger = logging.getLogger(__name__)

#: Invoices made for one answer: a browser waits for no more.
MADE_AT_ONCE = 5

RECEIPT_REPORT = "account.action_report_payment_receipt"


class RenderingBusyError(Exception):
    """Another process makes a file of the same link at this moment."""


class PaymentRequest(models.Model):
    """Files that the page gives; every method runs on a sudo record.

    A PDF takes seconds to make, and anybody with the link may ask for it as often as
    they like: it is made once, by one process at a time, and kept.
    """

    _inherit = "payment.request"

    receipt_file = fields.Binary(
        attachment=True, readonly=True, copy=False, groups=ACCOUNTING
    )
    receipt_key = fields.Char(
        readonly=True, copy=False, groups=ACCOUNTING, help="What the receipt says."
    )

    def _get_invoice_file(self, index):
        """Return the PDF of one of the documents of the page, made and kept as Odoo's
        own *Send* does if it never was.

        :param int index: as `_get_documents` says
        :return: `filename` and `content`, empty if there is no such document
        :rtype: dict
        :raises RenderingBusyError: if another process makes one for this request
        """
        move = next(
            (
                document["move"]
                for document in self._get_documents()
                if document["index"] == index and document["has_pdf"]
            ),
            None,
        )
        if not move:
            return {}
        if not move.invoice_pdf_report_id:
            self._lock_rendering()
            self._make_invoice_file(move)
        # A fault in the invoice's electronic format leaves it without a legal file.
        return move._get_invoice_legal_documents("pdf", allow_fallback=True)

    def _get_files_moves(self):
        """Return the documents of the page that have a PDF, in its order.

        :rtype: account.move
        """
        return self.env["account.move"].union(
            *(doc["move"] for doc in self._get_documents() if doc["has_pdf"])
        )

    def _get_invoices_file(self):
        """Return the PDFs of all documents of the page as one.

        :return: `filename` and `content`; empty if one of them is no PDF
        :rtype: dict
        :raises RenderingBusyError: while some are still to be made
        """
        moves = self._get_files_moves()
        # Merging takes memory, too: one at a time.
        self._lock_rendering()
        missing = moves.filtered(lambda move: not move.invoice_pdf_report_id)
        for move in missing[:MADE_AT_ONCE]:
            self._make_invoice_file(move)
        if len(missing) > MADE_AT_ONCE:
            if missing.filtered("invoice_pdf_report_id"):
                raise RenderingBusyError
            return {}
        files = [
            move._get_invoice_legal_documents("pdf", allow_fallback=True)["content"]
            for move in moves
        ]
        try:
            content = merge_pdf(files)
        except PdfReadError as error:
            _logger.info("Invoices of request %s have no PDF: %s", self.id, error)
            return {}
        name = self.env._("Invoices %(reference)s", reference=self.reference)
        return {"filename": f"{name}.pdf", "content": content}

    def _make_invoice_file(self, move):
        """Make the legal PDF of an invoice, and send it nowhere: neither to the
        customer nor to an authority.

        :param account.move move: posted
        """
        send = move.env["account.move.send"].with_company(move.company_id)
        settings = send._get_default_sending_settings(
            move, sending_methods=set(), extra_edis=set()
        )
        send._generate_invoice_documents({move: settings})

    def _get_receipt_payments(self):
        """Return the payments that a receipt may be printed for, oldest first.

        Only those made from this request: one that also pays other invoices would
        show them to whoever holds the link.

        :rtype: account.payment
        """
        self.ensure_one()
        return self.transaction_ids.payment_id.filtered(
            lambda payment: payment.state not in ("draft", "canceled", "rejected")
        ).sorted("date")

    def _get_receipt_file(self):
        """Return the receipt of the payments made from this request, as a PDF; it is
        made again when it would say something else.

        :return: empty if there is nothing to give a receipt for
        :rtype: bytes
        :raises RenderingBusyError: if another process makes one for this request
        """
        payments = self._get_receipt_payments()
        if not payments:
            return b""
        key = repr(
            [
                (
                    payment.id,
                    payment.write_date.isoformat(),
                    payment.reconciled_invoice_ids.mapped("amount_residual"),
                )
                for payment in payments
            ]
        )
        if self.receipt_key != key or not self.receipt_file:
            self._lock_rendering()
            content, _format = self.env["ir.actions.report"]._render_qweb_pdf(
                RECEIPT_REPORT, payments.ids
            )
            self.write({"receipt_file": b64encode(content), "receipt_key": key})
            return content
        return b64decode(self.receipt_file)

    def _lock_rendering(self):
        """Take the right to make a file of this request until the transaction ends.

        Never wait for it: a few clicks would occupy every process. The request's own
        row stays free for what Bridge and the bank say meanwhile.

        :raises RenderingBusyError: if another process has it
        """
        self.ensure_one()
        [[taken]] = self.env.execute_query(
            SQL(
                "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)",
                "payment.request.file",
                self.id,
            )
        )
        if not taken:
            raise RenderingBusyError
