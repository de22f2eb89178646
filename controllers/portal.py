"""State and way to pay of the customer's invoices in his portal."""

from odoo.addons.account_payment.controllers.portal import PortalAccount


def payment_offer(invoice):
    """Return what the portal shows of an invoice's payment request.

    :param account.move invoice: an invoice that the user may read
    :return: `url` of the page where it can be paid, or an empty string, and whether a
        transfer is `on_its_way`
    :rtype: dict
    """
    invoice = invoice.sudo()
    payable = invoice.payment_request_state == "valid"
    return {
        "url": payable and invoice.payment_request_url or "",
        "on_its_way": invoice.transfer_in_progress,
    }


class PortalPaymentRequest(PortalAccount):
    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        """Override of `account`: add the payment request of the invoice."""
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        return {**values, "payment_offer": payment_offer(invoice)}

    def _prepare_my_invoices_values(self, *args, **kwargs):
        """Override of `account`: add the payment request of each invoice listed."""
        values = super()._prepare_my_invoices_values(*args, **kwargs)
        get_invoices = values["invoices"]

        def get_invoices_with_offer(offset):
            rows = get_invoices(offset)
            for row in rows:
                row["payment_offer"] = payment_offer(row["invoice"])
            return rows

        return {**values, "invoices": get_invoices_with_offer}
