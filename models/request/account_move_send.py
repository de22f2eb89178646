from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_amount


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_default_mail_body(self, move, mail_template, mail_lang):
        """Override of `account`: whoever writes the mail sees its button."""
        body = super()._get_default_mail_body(move, mail_template, mail_lang)
        return self._add_pay_button(move, body, mail_lang)

    @api.model
    def _get_mail_params(self, move, move_data):
        """Override of `account`: no mail leaves without the button to pay, whatever
        template or text was chosen."""
        params = super()._get_mail_params(move, move_data)
        if not params:
            return params
        body = self._add_pay_button(
            move, params.get("body"), move_data.get("mail_lang")
        )
        return {**params, "body": body}

    @api.model
    def _add_pay_button(self, move, body, lang):
        """Return a mail's text with a button to pay at its end, unless it has the
        address already, or nothing can be paid.

        :param str body: HTML, as `account` gives it
        :param str lang: language of the mail
        """
        request = move.sudo().payment_request_id
        if request.url and request.url in (body or ""):
            return body
        button = self._get_invoice_button(move, lang)
        return Markup(body or "") + button if button else body

    @api.model
    def _get_invoice_button(self, move, lang=None):
        """Return the button that pays an invoice, empty if nothing can be paid.

        :param account.move move: to be sent
        :param str lang: of the mail; by default the customer's
        :rtype: Markup
        """
        request = move.sudo().payment_request_id
        if not request or not request._is_payable():
            return Markup("")
        return self._get_pay_button(request, lang or move.partner_id.lang)

    @api.model
    def _get_pay_button(self, request, lang, with_transfer=False):
        """Return the button that opens the page of a payment request.

        :param payment.request request: in sudo
        :param str lang: language of the mail
        :param bool with_transfer: whether bank account and reference stand below it;
            the mail of an invoice names those of the invoice
        :rtype: Markup
        """
        request = request.with_context(lang=lang)
        return self.env["ir.qweb"]._render(
            "account_payment_request.mail_pay_button",
            {
                "url": request.url,
                "short_url": request.short_url,
                "way": request._get_way_to_pay(),
                "amount": format_amount(
                    request.env, request.amount_to_pay, request.currency_id
                ),
                "transfer": with_transfer
                and request._get_told_transfer(request.amount_to_pay),
            },
            minimal_qcontext=True,
            lang=lang,
        )
