from datetime import date

from odoo import fields, models

from .payment_reminder import OPEN_STATES, SENT_STATES, TEXTS


class PaymentRequest(models.Model):
    """The payment request of a reminder."""

    _inherit = "payment.request"

    reminder_ids = fields.One2many(
        comodel_name="payment.reminder", inverse_name="request_id", readonly=True
    )

    def _get_reminder(self):
        """Return the reminder that asks for this request, empty for other requests.

        :rtype: payment.reminder
        """
        self.ensure_one()
        return self.reminder_ids.filtered(lambda r: r.state != "dropped")[:1]

    def _get_page_notice(self):
        """Override: the reminder, once it was sent."""
        reminder = self._get_reminder()
        return reminder._get_notice_text() if reminder.state in SENT_STATES else ""

    def _get_documents(self):
        """Override: a reminder shows what is open of its invoices; credits are shown
        apart, and may cover some invoices wholly.
        """
        documents = super()._get_documents()
        reminder = self._get_reminder()
        if not reminder:
            return documents
        for document, line in zip(documents, self.line_ids, strict=True):
            document["amount"] = line._get_residual()
        asked = self.line_ids.move_line_id
        covered = reminder._sort_lines().filtered(
            lambda line: line.move_line_id not in asked
            and line.move_id.state == "posted"
            and line.amount_now > 0
        )
        documents += [
            {
                "index": index,
                "move": line.move_id,
                "name": line.move_id.name,
                "date": line.move_id.invoice_date,
                "due_date": line.date_maturity,
                "amount": line.amount_now,
                "has_pdf": True,
            }
            for index, line in enumerate(covered, len(documents))
        ]
        return sorted(
            documents, key=lambda row: (row["due_date"] or date.max, row["index"])
        )

    def _get_deducted(self, documents):
        """Override: credits of the customer cover a part of what a reminder names."""
        self.ensure_one()
        if not self._get_reminder():
            return super()._get_deducted(documents)
        open_amount = sum(document["amount"] for document in documents)
        return self.currency_id.round(max(open_amount - self.amount_due, 0.0))

    def _update_page(self):
        """Override: what a reminder asks for is known when its page is opened."""
        reminder = self._get_reminder()
        if reminder and self.state != "paid" and not self.amount_in_progress:
            reminder._refresh_asked()
        return super()._update_page()

    def _replace_token(self, values):
        """Override: reminders that have not left carry the new link."""
        old = self.sudo().token
        res = super()._replace_token(values)
        waiting = self.sudo().reminder_ids.filtered(
            lambda r: r.state in (*OPEN_STATES, "failed")
        )
        waiting._forget_letters()
        for reminder in waiting._without_tracking():
            for name in (*TEXTS, "invoice_table", "phone_script"):
                if old in (reminder[name] or ""):
                    reminder[name] = reminder[name].replace(old, values["token"])
        return res
