import io

from odoo import models

LETTER_REPORT = "account_payment_request.report_payment_reminder"
#: One document a record, each of which is kept, posted or attached on its own.
SEPARATE_REPORTS = (LETTER_REPORT, "account_payment_request.report_statement")


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _prepare_pdf_report_attachment_vals_list(self, report, streams):
        """Override of `base`: a letter is kept as the engine's own file, by whoever may
        send its reminder."""
        values = super()._prepare_pdf_report_attachment_vals_list(report, streams)
        if report.report_name != LETTER_REPORT:
            return values
        if self.env["payment.reminder"].browse(streams).has_access("write"):
            self.env["ir.attachment"].sudo().create(values)
        return []

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Override of `base`: letters get what stands in the window of the envelope.

        They are made one by one: wkhtmltopdf as distributions build it takes one
        document at a time, and does not tell where the next one begins.
        """
        name = self._get_report(report_ref).report_name
        if name not in SEPARATE_REPORTS or not res_ids:
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids)
        streams = {}
        for id_ in dict.fromkeys(res_ids):
            [document] = (
                super()
                ._render_qweb_pdf_prepare_streams(report_ref, dict(data or {}), [id_])
                .values()
            )
            if name == LETTER_REPORT and not document["attachment"]:
                letter = self.env["payment.reminder"].browse(id_)
                pages = letter._stamp_letter(document["stream"].getvalue())
                # The service for letters takes eight pages at most.
                if not self.env.context.get("snailmail_layout"):
                    pages = letter._enclose(pages)
                document["stream"] = io.BytesIO(pages)
            streams[id_] = document
        return streams
