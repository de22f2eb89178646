import logging
from contextlib import contextmanager
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain

from ...bridge import moment
from ...bridge.aggregation import Aggregation
from ...bridge.errors import BridgeError
from ..transfer.payment_provider import RATE_LIMIT_SECONDS, RATE_LIMIT_SECONDS_MAX

_logger = logging.getLogger(__name__)

# A token that dies sooner than this is not used for another round of calls.
TOKEN_MARGIN = timedelta(minutes=5)
# Of another user, nothing is known yet.
USER_RESET = dict.fromkeys(
    (
        "bridge_user_ref",
        "bridge_access_token",
        "bridge_token_expires_at",
        "bridge_rate_limited_until",
    )
)


class PaymentProvider(models.Model):
    """The provider as the company's user at Bridge, whose banks are read."""

    _inherit = "payment.provider"

    bridge_user_ref = fields.Char(
        string="User at Bridge",
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Whose bank connections Bridge keeps for this company.",
    )
    bridge_access_token = fields.Char(
        readonly=True, copy=False, groups="base.group_system"
    )
    bridge_token_expires_at = fields.Datetime(
        readonly=True, copy=False, groups="base.group_system"
    )
    bridge_rate_limited_until = fields.Datetime(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="Bridge counts the calls about all banks together, and wants none before.",
    )

    def _get_reset_values(self):
        """Override of `payment`: another application has other users."""
        values = super()._get_reset_values()
        if self.code == "bridge":
            values.update(USER_RESET)
        return values

    # === What lives at Bridge ===

    def _find_connections(self):
        """Return the banks that are connected by these credentials.

        :rtype: bridge.connection
        """
        connections = self.env["bridge.connection"].sudo()
        return connections.search(
            [("provider_id", "in", self.ids), ("state", "!=", "removed")]
        )._bridge_find_alive()

    def _bridge_find_alive(self):
        """Override: the users, whose deletion withdraws all their consents at once."""
        connected = self._find_connections().provider_id
        return super()._bridge_find_alive() | self.filtered(
            lambda provider: provider.sudo().bridge_user_ref or provider in connected
        )

    def _bridge_withdraw(self):
        """Override: delete the user with all their items, known here or not."""
        provider = self.sudo()
        with provider._bridge_client() as client:
            if not provider.bridge_user_ref:
                provider._bridge_new_token(client)
            Aggregation(client).delete_user(provider.bridge_user_ref)
        self._find_connections()._set_removed()
        provider.write(USER_RESET)

    def _bridge_describe(self):
        """Override: the user, and the items that go with them."""
        banks = [f"{c.name} {c.item_ref or ''}" for c in self._find_connections()]
        return self.env._(
            "Bridge user %(user)s of %(company)s, bank connections: %(banks)s",
            user=self.sudo().bridge_user_ref or "?",
            company=self.company_id.name,
            banks=", ".join(banks).strip() or "–",
        )

    def _bridge_check_may_end(self):
        """Override: without the credentials nobody withdraws the consents."""
        res = super()._bridge_check_may_end()
        self._find_connections()._check_disconnected()
        return res

    def _compute_bridge_warning(self):
        """Override: what is switched off keeps its consents."""
        res = super()._compute_bridge_warning()
        for provider in self.filtered(lambda provider: provider.state == "disabled"):
            if banks := provider._find_connections():
                provider.bridge_warning = self.env._(
                    "Bridge keeps the consents to read these banks: %s. Disconnect "
                    "them unless Bridge is switched on again soon.",
                    ", ".join(banks.mapped("name")),
                )
        return res

    # === When to ask ===

    @api.model
    def _get_reading_domain(self):
        """Return the domain of providers whose banks may be read now."""
        if self.env["payment.database"]._get_blocker():
            return Domain.FALSE
        rested = Domain("bridge_rate_limited_until", "=", False) | Domain(
            "bridge_rate_limited_until", "<=", fields.Datetime.now()
        )
        return Domain("state", "!=", "disabled") & rested

    def _get_reading_problem(self):
        """Return why the banks are not read now, empty if they are."""
        self.ensure_one()
        provider = self.sudo()
        if provider.filtered_domain(self._get_reading_domain()):
            return ""
        if provider.state == "disabled":
            return provider.company_id._get_bridge_off_text()
        return self.env._("Bridge limits the number of calls: tried again soon.")

    def _bridge_note_error(self, error, resting=None):
        """Ask Bridge nothing about banks for as long as it wants, or in this run.

        :param Exception error: why a call failed
        :param dict resting: to note, by provider, that Bridge does not answer now
        :return: until when, None if Bridge does not ask to wait
        :rtype: datetime.datetime | None
        """
        self.ensure_one()
        if resting is not None and getattr(error, "is_temporary", False):
            resting[self.id] = error
        seconds = getattr(error, "retry_after", None)
        if not seconds and getattr(error, "status", None) != 429:
            return None
        seconds = min(seconds or RATE_LIMIT_SECONDS, RATE_LIMIT_SECONDS_MAX)
        until = fields.Datetime.now() + timedelta(seconds=seconds)
        # Another process that holds it asks Bridge too, and gets the same answer.
        self.sudo().try_lock_for_update(
            allow_referencing=True
        ).bridge_rate_limited_until = until
        return until

    # === Asking ===

    @contextmanager
    def _bridge_aggregation(self, budget=None):
        """Yield Bridge's account information API with a live token of our user.

        :param Budget budget: as of `_bridge_client`
        :rtype: Aggregation
        :raises BridgeError: if Bridge gives no token
        """
        self.ensure_one()
        with self._bridge_client(budget) as client:

            def renew():
                _logger.info("The token of provider %s died, asking again", self.id)
                return self._bridge_new_token(client)

            yield Aggregation(client, self._bridge_live_token(client), renew)

    def _bridge_live_token(self, client):
        """Return a token that lives for a while: the one we hold, or a new one.

        :param BridgeClient client: the provider's own
        :rtype: str
        """
        provider = self.sudo()
        token, expires_at = (
            provider.bridge_access_token,
            provider.bridge_token_expires_at,
        )
        if token and expires_at and expires_at > fields.Datetime.now() + TOKEN_MARGIN:
            return token
        return self._bridge_new_token(client)

    def _bridge_new_token(self, client):
        """Return a new token, and keep it.

        Parameters as of `_bridge_live_token`.
        """
        provider = self.sudo()
        answer = provider._bridge_authorize(client)
        expires_at = moment.parse(answer.get("expires_at"))
        values = {
            "bridge_user_ref": answer["user"]["uuid"],
            "bridge_access_token": answer["access_token"],
            "bridge_token_expires_at": expires_at and expires_at.replace(tzinfo=None),
        }
        try:
            with self.env.cr.savepoint():
                provider.write(values)
                provider.flush_recordset()
        except OperationalError:
            # Somebody else changes the provider: the token is good all the same.
            provider.invalidate_recordset()
        return answer["access_token"]

    def _bridge_authorize(self, client):
        """Return a new token of our user, made at the first time."""
        aggregation = Aggregation(client)
        if self.bridge_user_ref:
            try:
                return aggregation.authorize(user_uuid=self.bridge_user_ref)
            except BridgeError as error:
                # Deleted at Bridge, or the credentials are another application's.
                if error.status not in (400, 404):
                    raise
        database = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        name = f"odoo-{database}-{self.company_id.id}"
        try:
            aggregation.create_user(name)
        except BridgeError as error:
            if error.status != 409:
                raise
        return aggregation.authorize(external_user_id=name)
