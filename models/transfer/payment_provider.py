import logging
from contextlib import contextmanager
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import ormcache

from ... import const
from ...bridge import label as bridge_label
from ...bridge.bank_transaction import comparable
from ...bridge.client import BridgeClient
from ...bridge.errors import BridgeError

_logger = logging.getLogger(__name__)

# What decides whether a webhook is stored.
WEBHOOK_FIELDS = {"code", "state", "bridge_webhook_secret", "bridge_webhook_secret_old"}
# After "too many requests", if Bridge does not say how long (60 requests in 60 s).
RATE_LIMIT_SECONDS = 60
RATE_LIMIT_SECONDS_MAX = 3600
# What may happen whenever Bridge is asked.
KNOWN_ERRORS = (BridgeError, UserError)


def error_text(error):
    """Return what went wrong; an error that nobody foresaw may quote anything."""
    return str(error) if isinstance(error, KNOWN_ERRORS) else type(error).__name__


def get_rate_limit(error):
    """Return the seconds to wait if ``error`` says that there were too many calls,
    Bridge's own limit or ours; None for any other error.

    :rtype: float | None
    """
    if getattr(error, "status", None) != 429:
        return None
    return min(error.retry_after or RATE_LIMIT_SECONDS, RATE_LIMIT_SECONDS_MAX)


class PaymentProvider(models.Model):
    _inherit = "payment.provider"

    code = fields.Selection(
        selection_add=[(const.PROVIDER_CODE, "Bridge")],
        ondelete={const.PROVIDER_CODE: "set default"},
    )
    bridge_client_id = fields.Char(
        string="Bridge Client ID",
        required_if_provider=const.PROVIDER_CODE,
        copy=False,
        groups="base.group_system",
    )
    bridge_client_secret = fields.Char(
        required_if_provider=const.PROVIDER_CODE,
        copy=False,
        groups="base.group_system",
    )
    bridge_webhook_secret = fields.Char(
        copy=False,
        groups="base.group_system",
        help="Shown once by Bridge when the webhook is created. Without it every "
        "notification is refused and payments are only seen by the periodic check.",
    )
    bridge_webhook_secret_old = fields.Char(
        string="Bridge Previous Webhook Secret",
        copy=False,
        groups="base.group_system",
        help="While a secret is rotated Bridge signs with both for 24 hours: keep the "
        "old one here until then.",
    )
    bridge_webhook_url = fields.Char(
        string="Bridge Webhook Address", compute="_compute_bridge_webhook_url"
    )
    bridge_last_event_at = fields.Datetime(
        string="Last Notification", compute="_compute_bridge_last_event_at"
    )
    bridge_link_minutes = fields.Integer(
        string="Bank Link Life (minutes)",
        default=const.LINK_MINUTES,
        help="How long the payer may stay between tapping the button and confirming "
        "at their bank. The address of the payment request itself does not expire.",
    )
    bridge_no_news_days = fields.Integer(
        string="Release after (days)",
        default=const.NO_NEWS_DAYS,
        help="A transfer whose bank gives no news for this number of days no longer "
        "keeps the payer from paying again, and becomes a task for the accountant.",
    )
    bridge_dynamic_beneficiary = fields.Boolean(
        string="Send the Beneficiary",
        help="Send the journal's bank account with each payment. Bridge must have "
        "switched on the dynamic beneficiary for your application; otherwise the "
        "beneficiary registered at Bridge receives the money.",
    )
    bridge_beneficiary_name = fields.Char(
        string="Beneficiary at Bridge",
        help="Name of the beneficiary registered at Bridge, as last read there.",
        copy=False,
    )
    bridge_beneficiary_iban = fields.Char(
        string="Beneficiary IBAN at Bridge",
        help="IBAN registered at Bridge, masked as Bridge shows it.",
        copy=False,
        groups="base.group_system",
    )
    bridge_warning = fields.Text(compute="_compute_bridge_warning")

    _bridge_link_minutes_bounds = models.Constraint(
        f"CHECK(bridge_link_minutes BETWEEN 5 AND {const.LINK_MINUTES_MAX})",
        "The life of a bank link must be between 5 minutes and 90 days.",
    )

    # === Compute ===

    def _compute_bridge_webhook_url(self):
        for provider in self:
            provider.bridge_webhook_url = (
                f"{provider.company_id._payment_request_base_url()}"
                f"/payment/bridge/webhook/{provider.id}"
                if provider.code == const.PROVIDER_CODE and provider.id
                else False
            )

    def _compute_bridge_last_event_at(self):
        groups = self.env["bridge.event"]._read_group(
            [("provider_id", "in", self.ids)], ["provider_id"], ["create_date:max"]
        )
        last = {provider.id: date for provider, date in groups}
        for provider in self:
            provider.bridge_last_event_at = last.get(provider.id)

    @api.depends(
        "state",
        "journal_id",
        "bridge_beneficiary_name",
        "bridge_beneficiary_iban",
        "bridge_dynamic_beneficiary",
        "bridge_webhook_secret",
    )
    def _compute_bridge_warning(self):
        for provider in self:
            warnings = (
                provider._bridge_warnings()
                if provider.code == const.PROVIDER_CODE and provider.state != "disabled"
                else []
            )
            provider.bridge_warning = "\n".join(warnings) or False

    def _bridge_warnings(self):
        """Return what an administrator should mend, one sentence each."""
        self.ensure_one()
        warnings = [*filter(None, [self.env["payment.database"]._get_warning()])]
        account = self.journal_id.bank_account_id
        holder = account.acc_holder_name or account.partner_id.name
        iban = account.sanitized_acc_number or ""
        seen_name = self.bridge_beneficiary_name
        seen_iban = (self.sudo().bridge_beneficiary_iban or "").replace(" ", "")
        if not account:
            warnings.append(
                self.env._(
                    "The payment journal has no bank account: the transfer details "
                    "and the SEPA QR code cannot be shown to customers. Set it on "
                    "the journal."
                )
            )
        elif (
            seen_name
            and not self.bridge_dynamic_beneficiary
            and comparable(seen_name) != comparable(holder)
        ):
            warnings.append(
                self.env._(
                    "The beneficiary registered at Bridge is “%(bridge)s”, the holder "
                    "of the journal's bank account is “%(holder)s”. Payers' banks "
                    "check the name and will warn them: make both the same.",
                    bridge=seen_name,
                    holder=holder,
                )
            )
        if iban and seen_iban and not self._bridge_iban_matches(iban, seen_iban):
            warnings.append(
                self.env._(
                    "The IBAN registered at Bridge is not the one of the payment "
                    "journal: the money would arrive on another account. Correct the "
                    "journal here or the beneficiary at Bridge."
                )
            )
        if not self.sudo().bridge_webhook_secret:
            warnings.append(
                self.env._(
                    "No webhook secret is set: Bridge's notifications are refused, and "
                    "payments are seen some minutes late. Create a webhook at Bridge "
                    "with the address below and copy its secret here."
                )
            )
        return warnings

    @api.model
    def _bridge_iban_matches(self, iban, masked):
        """Return whether ``iban`` can be ``masked``, where X hides a character."""
        iban = iban.replace(" ", "").upper()
        return len(iban) == len(masked) and all(
            shown in ("X", own) for own, shown in zip(iban, masked.upper(), strict=True)
        )

    # === Constraints ===

    @api.constrains("maximum_amount", "code")
    def _check_bridge_maximum_amount(self):
        for provider in self.filtered(lambda p: p.code == const.PROVIDER_CODE):
            if not 0 < provider.maximum_amount <= const.TRANSFER_CEILING:
                raise ValidationError(
                    self.env._(
                        "The maximum amount of a Bridge transfer lies between 0 and "
                        "%s euros. Above it, payers are offered several transfers.",
                        f"{const.TRANSFER_CEILING:,.0f}",
                    )
                )

    # === CRUD ===

    @api.model_create_multi
    def create(self, vals_list):
        """Override to see the webhook secrets of a new provider."""
        providers = super().create(vals_list)
        self.env.registry.clear_cache()
        return providers

    def write(self, vals):
        """Override to see changed webhook secrets."""
        res = super().write(vals)
        if not WEBHOOK_FIELDS.isdisjoint(vals):
            self.env.registry.clear_cache()
        return res

    def unlink(self):
        """Override to forget the webhook secrets."""
        res = super().unlink()
        self.env.registry.clear_cache()
        return res

    # === Payment framework ===

    def _get_supported_currencies(self):
        """Override of `payment`: Bridge initiates transfers in euros only."""
        currencies = super()._get_supported_currencies()
        if self.code == const.PROVIDER_CODE:
            currencies = currencies.filtered(
                lambda currency: currency.name in const.SUPPORTED_CURRENCIES
            )
        return currencies

    def _get_default_payment_method_codes(self):
        """Override of `payment` to return the method switched on with Bridge."""
        self.ensure_one()
        if self.code != const.PROVIDER_CODE:
            return super()._get_default_payment_method_codes()
        return const.DEFAULT_PAYMENT_METHOD_CODES

    def _get_reset_values(self):
        """Override of `payment` to blank the credentials."""
        if self.code != const.PROVIDER_CODE:
            return super()._get_reset_values()
        return {
            "bridge_client_id": None,
            "bridge_client_secret": None,
            "bridge_webhook_secret": None,
            "bridge_webhook_secret_old": None,
        }

    # === Bridge ===

    def _bridge_client(self, budget=None, max_calls=const.CALLS_MAX_READS):
        """Return the API client of this provider's credentials.

        :param Budget budget: time left for all calls together, by default each call
            may take `const.CALL_SECONDS`; whoever holds a row meanwhile gives one
        :param int max_calls: of the application in the time for which Bridge counts
            them; who makes more gets a `BridgeError` with status 429
        :rtype: BridgeClient
        :raises UserError: if this database is a copy, or the credentials are missing
        """
        self.ensure_one()
        self.env["payment.database"]._check_in_production()
        provider = self.sudo()
        if not provider.bridge_client_id or not provider.bridge_client_secret:
            raise UserError(
                self.env._(
                    "Bridge has no credentials in %(company)s. Copy the client ID and "
                    "the client secret from your Bridge dashboard into the provider.",
                    company=self.company_id.display_name,
                )
            )
        base_url = (
            self.env["ir.config_parameter"].sudo().get_param(const.API_URL_PARAMETER)
        )
        try:
            return BridgeClient(
                provider.bridge_client_id,
                provider.bridge_client_secret,
                base_url=base_url or const.API_URL,
                max_elapsed=const.CALL_SECONDS,
                budget=budget,
                before_call=partial(provider._bridge_count_call, max_calls),
            )
        except ValueError as error:
            raise UserError(
                self.env._(
                    "The system parameter %(key)s is not a safe address: %(error)s",
                    key=const.API_URL_PARAMETER,
                    error=error,
                )
            ) from error

    def _bridge_count_call(self, max_calls):
        """Count a call of this application, whichever company's provider makes it.

        :param int max_calls: see `_bridge_client`
        :raises BridgeError: as Bridge itself refuses what is too much
        """
        wait = self.env["payment.rate"]._use(
            "calls", self.bridge_client_id, max_calls, const.CALL_WINDOW_SECONDS
        )
        if wait:
            raise BridgeError(
                "The calls that Bridge allows are used up for the moment",
                status=429,
                code="calls_used_up",
                # Nobody waits for it within a call.
                retry_after=max(wait, const.CALL_SECONDS),
            )

    def _bridge_ceiling(self, currency):
        """Return the most one transfer may carry, in ``currency``.

        :param res.currency currency: currency of the transfer
        :rtype: float
        """
        self.ensure_one()
        return self.main_currency_id._convert(
            self.maximum_amount or const.TRANSFER_CEILING,
            currency,
            self.company_id,
            fields.Date.context_today(self),
        )

    def _bridge_webhook_secrets(self):
        """Return the secrets that may sign a webhook: the current and the old one.

        :return: empty for what is no enabled Bridge provider
        :rtype: tuple[str]
        """
        self.ensure_one()
        return self._get_all_bridge_webhook_secrets().get(self.id, ())

    @api.model
    @ormcache()
    def _get_all_bridge_webhook_secrets(self):
        """Return the webhook secrets of every enabled Bridge provider, by its id.

        One entry for all of them: numbers that strangers try must not fill the cache.
        """
        providers = self.sudo().search(
            [("code", "=", const.PROVIDER_CODE), ("state", "!=", "disabled")]
        )
        return {
            provider.id: tuple(
                secret.strip()
                for secret in (
                    provider.bridge_webhook_secret,
                    provider.bridge_webhook_secret_old,
                )
                if secret and secret.strip()
            )
            for provider in providers
        }

    def _bridge_beneficiary(self):
        """Return the beneficiary to send, or None for the one set at Bridge.

        :rtype: dict | None
        """
        self.ensure_one()
        account = self.journal_id.bank_account_id
        if not self.bridge_dynamic_beneficiary or not account:
            return None
        return {
            "iban": account.sanitized_acc_number,
            "company_name": bridge_label.safe_name(
                account.acc_holder_name or account.partner_id.name
            ),
        }

    def _bridge_note_beneficiary(self, link):
        """Remember who Bridge says is paid, so that settings can warn.

        :param dict link: a payment link as read at Bridge
        """
        provider = self.sudo()
        provider.ensure_one()
        for transaction in link.get("transactions") or []:
            told = transaction.get("beneficiary") or {}
            names = filter(None, (told.get("first_name"), told.get("last_name")))
            values = {
                "bridge_beneficiary_name": told.get("company_name") or " ".join(names),
                "bridge_beneficiary_iban": told.get("iban"),
            }
            changed = {
                field: value
                for field, value in values.items()
                if value and provider[field] != value
            }
            if changed:
                provider.write(changed)

    def action_bridge_test_connection(self):
        """Ask Bridge whether the credentials work, and say it in a notification.

        :raises UserError: with what to do when they do not
        """
        self.ensure_one()
        self.check_access("write")
        with self._bridge_explained(), self._bridge_client() as client:
            client.check_credentials()
            link = next(client.list_payment_links(limit=1), None)
        if link:
            self._bridge_note_beneficiary(link)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Bridge accepts these credentials."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @contextmanager
    def _bridge_explained(self):
        """Say in plain words, to a person who waits, why Bridge cannot be asked.

        :raises UserError: if Bridge refuses or does not answer
        """
        try:
            yield
        except BridgeError as error:
            _logger.info("Bridge refused provider %s: %s", self.id, error)
            raise UserError(self._bridge_connection_message(error)) from error

    def _bridge_connection_message(self, error):
        """Return what an administrator should do about ``error``."""
        if error.status in (401, 403):
            return self.env._(
                "Bridge refuses these credentials (%(code)s). Copy the client ID and "
                "the client secret again from your Bridge dashboard; sandbox and "
                "production have different ones, and the dashboard may restrict the "
                "addresses of your servers.",
                code=error.code or error.status,
            )
        if error.is_temporary:
            return self.env._(
                "Bridge does not answer at the moment (%(error)s). Try again in a few "
                "minutes.",
                error=error,
            )
        return self.env._("Bridge answered: %(error)s", error=error)
