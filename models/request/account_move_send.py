from markupsafe import Markup

from odoo import api, models
from odoo.tools import format_amount


class AccountMoveSend(models.AbstractModel):
    _inherit = "account.move.send"

    @api.model
    def _get_mail_params(self, move, move_data):
        """Override of `account`: end the mail with a button to pay.

        It is added when the mail leaves, whatever template or text was chosen, and
        not a second time where the text already holds the address.
        """
        params = super()._get_mail_params(move, move_data)
        request = move.sudo().payment_request_id
        body = params and params.get("body") or ""
        if not params or not request or not request._is_payable():
            return params
        if request.url in body:
            return params
        lang = move_data.get("mail_lang") or move.partner_id.lang
        return {**params, "body": Markup(body) + self._get_pay_button(request, lang)}

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
                "from_bank": request._is_paid_from_bank(),
                "amount": format_amount(
                    request.env, request.amount_to_pay, request.currency_id
                ),
                "transfer": with_transfer
                and request._get_told_transfer(request.amount_to_pay),
            },
            minimal_qcontext=True,
            lang=lang,
        )
