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

# More than anybody asks for, and still a number that can be rounded.
AMOUNT_MAX = 1e12


def read_amount(value):
    """Return the amount that a browser sends, None for what is none.

    :rtype: float | None
    """
    try:
        amount = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    # What is not a number is not smaller than any.
    return amount if abs(amount) < AMOUNT_MAX else None


def is_one_of(value, records):
    """Return whether ``value``, sent by a browser, is the id of one of ``records``."""
    return type(value) is int and value in records.ids


class PayOtherMeans(PaymentPortal):
    # Core's status page finds the transaction through the session.
    @pay_route(
        "/other",
        part="other",
        instead=redirect_page,
        limit="other",
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
        limit="other",
        type="jsonrpc",
        save_session=True,
    )
    def pay_transaction(
        self,
        pay_request,
        /,
        provider_id=None,
        flow=None,
        option="due",
        amount=None,
        **kwargs,
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
        shown = read_amount(amount)
        if shown is None or currency.compare_amounts(shown, values["amount"]):
            raise ValidationError(
                request.env._("The amount has changed: please reload the page.")
            )
        if flow == "token" and not is_payer:
            raise ValidationError(
                request.env._("Log in to pay with a saved means of payment.")
            )
        providers = pay_request._get_other_providers(values["amount"])
        if not is_one_of(provider_id, providers) or not self._offers_means(
            pay_request, provider_id, flow, kwargs
        ):
            raise ValidationError(
                request.env._("This means of payment is not available.")
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

    def _offers_means(self, pay_request, provider_id, flow, means):
        """Whether a provider offers the method or the token in ``means``."""
        env, partner = pay_request.env, pay_request.partner_id
        if flow == "token":
            tokens = env["payment.token"]._get_available_tokens(
                [provider_id], partner.id
            )
            return is_one_of(means.get("token_id"), tokens)
        methods = env["payment.method"]._get_compatible_payment_methods(
            [provider_id], partner.id, currency_id=pay_request.currency_id.id
        )
        return flow in ("redirect", "direct") and is_one_of(
            means.get("payment_method_id"), methods
        )
