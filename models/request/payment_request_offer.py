"""What is printed and mailed of a request: its address, while it can be paid."""

from odoo import models

from ...report.qr import make_qr

# Width of the printed symbol: wkhtmltopdf shrinks what it is told to less than
# 80 %, and what comes out must stay above 3 cm.
PRINTED_SYMBOL_MM = 42


class PaymentRequest(models.Model):
    _inherit = "payment.request"

    def _get_payment_offer(self):
        """Return what is printed for the payer, empty when he has nothing to pay.

        :return: `url`, `short_url`, `from_bank` (whether the payer's bank is offered),
            `qr` (picture as a data URI) and its `qr_width` in millimetres, quiet zone
            included
        :rtype: dict
        """
        self.ensure_one()
        request = self.sudo()
        if not request._is_payable():
            return {}
        picture = make_qr(request.url)
        return {
            "url": request.url,
            "short_url": request.short_url,
            "from_bank": request._is_paid_from_bank(),
            "qr": picture.data_uri,
            "qr_width": picture.width(PRINTED_SYMBOL_MM),
        }

    def _is_payable(self):
        """Return whether the payer is asked for something with this request now."""
        self.ensure_one()
        return self._get_page_state() == "pay"

    def _is_paid_from_bank(self):
        """Return whether the payer may pay from his bank: in euros, through Bridge."""
        self.ensure_one()
        return bool(self._get_bridge_offer(self.amount_to_pay)["provider"])


class AccountMove(models.Model):
    _inherit = "account.move"

    def _get_payment_offer(self):
        """Return what is printed of the invoice's own request, see there.

        :rtype: dict
        """
        self.ensure_one()
        request = self.sudo().payment_request_id
        return request._get_payment_offer() if request else {}
