"""State and way to pay of the customer's invoices in their portal."""

from odoo.addons.account_payment.controllers.portal import PortalAccount


def add_payment_offers(rows):
    """Add to each portal row of an invoice what it shows of its payment request.

    `payment_offer`: `url` of the page where the invoice can be paid from the payer's
    bank, or an empty string, and whether a transfer is `on_its_way`.

    :param rows: dicts with an `invoice` that the user may read
    """
    from_bank = {}
    for row in rows:
        invoice = row["invoice"].sudo()
        pay_request = invoice.payment_request_id
        url = ""
        if pay_request and pay_request._is_payable():
            # The providers are the same for all that a customer owes in a currency.
            key = (invoice.company_id, invoice.currency_id, invoice.partner_id)
            if key not in from_bank:
                from_bank[key] = pay_request._is_paid_from_bank()
            url = from_bank[key] and pay_request.url
        row["payment_offer"] = {
            "url": url or "",
            "on_its_way": invoice.transfer_in_progress,
        }


class PortalPaymentRequest(PortalAccount):
    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        """Override of `account`: add the payment request of the invoice."""
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        row = {"invoice": invoice}
        add_payment_offers([row])
        return {**values, "payment_offer": row["payment_offer"]}

    def _prepare_my_invoices_values(self, *args, **kwargs):
        """Override of `account`: add the payment request of each invoice listed."""
        values = super()._prepare_my_invoices_values(*args, **kwargs)
        get_invoices = values["invoices"]

        def get_invoices_with_offer(offset):
            rows = get_invoices(offset)
            add_payment_offers(rows)
            return rows

        return {**values, "invoices": get_invoices_with_offer}
