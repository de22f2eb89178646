"""Core's payment form on a payment request, for the providers beside the bank."""

from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.payment.controllers.portal import PaymentPortal

from .pay_http import (
    OPEN_POLICY,
    PRIVATE_HEADERS,
    pay_route,
    redirect_page,
)
from .pay_page import PayPage


class PayOtherMeans(PaymentPortal):
    # Core's status page finds the transaction through the session.
    @pay_route(
        "/other",
        part="other",
        instead=redirect_page,
        methods=["GET"],
        save_session=True,
        website=True,
        multilang=False,
    )
    def pay_other(self, pay_request, /, option="due", **query):
        """Offer the other providers that are enabled for this amount."""
        page = PayPage(pay_request)
        if not page.offers(option):
            return redirect_page(pay_request)
        path = pay_request._get_page_path()
        response = request.render(
            "account_payment_request.pay_other",
            {
                **page.payment_form_values(option, request.env.user),
                **page.frame_values(),
                "res_company": pay_request.company_id,
                "documents": pay_request._get_documents(),
                "transaction_route": f"{path}/transaction/{option}",
                "landing_route": path,
            },
        )
        response.headers.update(PRIVATE_HEADERS)
        response.headers["Content-Security-Policy"] = OPEN_POLICY
        return response

    @pay_route(
        "/transaction",
        "/transaction/<string:option>",
        part="other",
        type="jsonrpc",
        save_session=True,
    )
    def pay_transaction(
        self, pay_request, /, provider_id, flow, option="due", amount=None, **kwargs
    ):
        """Create the transaction of another provider and return its values.

        What is paid and by whom comes from the request. The amount that the browser
        shows is only compared, so that nobody pays another one than they read.

        :raise ValidationError: if the token is wrong or the offer has changed.
        """
        if not pay_request or not PayPage(pay_request).offers(option):
            raise ValidationError(
                request.env._("This payment request cannot be paid any more.")
            )
        self._validate_transaction_kwargs(
            kwargs,
            additional_allowed_keys=(
                "access_token",
                "payment_reference",
                "reference_prefix",
            ),
        )
        is_payer = PayPage(pay_request).is_payer(request.env.user)
        values = pay_request._transaction_create_values(option)
        currency = pay_request.currency_id
        if currency.compare_amounts(float(amount or 0), values["amount"]):
            raise ValidationError(
                request.env._("The amount has changed: please reload the page.")
            )
        if provider_id not in pay_request._get_other_providers(values["amount"]).ids:
            raise ValidationError(
                request.env._("This means of payment is not available.")
            )
        if flow == "token" and not is_payer:
            raise ValidationError(
                request.env._("Log in to pay with a saved means of payment.")
            )
        tokenize = is_payer and kwargs.get("tokenization_requested")
        tx = self._create_transaction(
            provider_id=provider_id,
            payment_method_id=kwargs.get("payment_method_id"),
            token_id=kwargs.get("token_id"),
            amount=values.pop("amount"),
            currency_id=values.pop("currency_id"),
            partner_id=values.pop("partner_id"),
            flow=flow,
            tokenization_requested=bool(tokenize),
            landing_route=pay_request._get_page_path(),
            custom_create_values=values,
        )
        return tx._get_processing_values()
