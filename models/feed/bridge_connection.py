import logging
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import consteq

from ... import const
from ...bridge.transport import Budget
from ..transfer.payment_provider import KNOWN_ERRORS

_logger = logging.getLogger(__name__)

# Bridge's page to connect a bank knows the banks of these countries.
CONNECT_COUNTRIES = frozenset(
    "FR ES IT PT DE BE NL LU PL HU IE MT CZ NO BG SE DK AT SK FI GB GR EE IS CY HR LV "
    "RO".split()
)
# What an item's status asks for (docs.bridgeapi.io/docs/items-status).
STATE_OF_STATUS = {
    0: "ok",
    -2: "refreshing",
    -3: "refreshing",
    402: "action",
    429: "action",
    1005: "action",
    1010: "action",
}
# Days before its end at which a consent becomes a task.
CONSENT_DAYS = (14, 7, 1)
CONNECT_PATH = "/bridge/connect/return"
FETCH_CRON = "account_payment_request.ir_cron_bridge_pull"


class BridgeConnection(models.Model):
    """A consent to read one bank: Bridge's item."""

    _name = "bridge.connection"
    _inherit = [
        "payment.engine.owned",
        "bridge.alive",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _description = "Bank Connection"
    _order = "name, id"
    _given_at_creation = frozenset({"company_id", "journal_id", "bank_name"})
    # Whose bank is read.
    _owned_besides = frozenset({"provider_id"})

    name = fields.Char(string="Bank", compute="_compute_name", store=True)
    bank_name = fields.Char(readonly=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
        index=True,
        ondelete="cascade",
    )
    provider_id = fields.Many2one(
        comodel_name="payment.provider",
        string="Bridge Credentials",
        compute="_compute_provider_id",
        store=True,
        precompute=True,
        required=True,
        readonly=False,
        index=True,
        ondelete="restrict",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        tracking=True,
        help="Gets the tasks about this bank: renew the consent, correct the access.",
    )
    journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Started from",
        readonly=True,
        check_company=True,
        ondelete="set null",
        help="Proposed for the account that is found, if there is only one.",
    )
    item_ref = fields.Char(string="Connection at Bridge", readonly=True, copy=False)
    item_created_at = fields.Datetime(readonly=True, copy=False)
    bank_ref = fields.Char(string="Bank at Bridge", readonly=True, copy=False)
    status_code = fields.Integer(readonly=True, copy=False)
    status_info = fields.Char(string="Status at Bridge", readonly=True, copy=False)
    state = fields.Selection(
        selection=[
            ("connecting", "Not finished"),
            ("ok", "Connected"),
            ("refreshing", "Being read"),
            ("action", "Action needed"),
            ("trouble", "Bank in trouble"),
            ("removed", "Disconnected"),
        ],
        required=True,
        default="connecting",
        readonly=True,
        copy=False,
        tracking=True,
    )
    state_text = fields.Char(string="What to Do", compute="_compute_state_text")
    authentication_expires_at = fields.Datetime(
        string="Consent Ends", readonly=True, copy=False
    )
    consent_days_left = fields.Integer(
        string="Days of Consent Left", compute="_compute_consent_days_left"
    )
    task_key = fields.Char(
        readonly=True, copy=False, help="What the last task was made for."
    )
    last_success_at = fields.Datetime(string="Last Read", readonly=True, copy=False)
    next_read_at = fields.Datetime(readonly=True, copy=False)
    read_error = fields.Char(string="Last Error", readonly=True, copy=False)
    session_opened_at = fields.Datetime(readonly=True, copy=False)
    token = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="What Bridge brings back with the person who connected their bank.",
    )
    account_ids = fields.One2many(
        comodel_name="bridge.account",
        inverse_name="connection_id",
        string="Bank Accounts",
        readonly=False,
    )

    _item_uniq = models.UniqueIndex(
        "(provider_id, item_ref) WHERE item_ref IS NOT NULL",
        "This bank connection is known already.",
    )
    _due_idx = models.Index("(next_read_at) WHERE state != 'removed'")

    # === Compute ===

    @api.depends("bank_name")
    def _compute_name(self):
        for connection in self:
            connection.name = connection.bank_name or self.env._("New bank")

    @api.depends("company_id")
    def _compute_provider_id(self):
        for connection in self:
            company = connection.company_id
            connection.provider_id = company and company._get_bridge_provider()

    # === Constraints ===

    @api.constrains("company_id", "provider_id")
    def _check_provider_company(self):
        for connection in self.sudo():
            if connection.provider_id.company_id not in (
                connection.company_id | connection.company_id.parent_ids
            ):
                raise ValidationError(
                    self.env._("A bank is read with the company's own credentials.")
                )

    # === Buttons ===

    def action_connect(self):
        """Open Bridge's page to connect the bank, or to mend what is wrong with it:
        renew the consent, correct the login, accept new terms.

        Context key ``bank_country_code``: country whose banks are listed first.

        :raises UserError: if Bridge does not open it
        """
        self.ensure_one()
        self.check_access("write")
        if self.state == "removed":
            raise UserError(
                self.env._("This bank was disconnected: connect it as a new one.")
            )
        email = self.env.user.email or self.company_id.email
        if not email:
            raise UserError(
                self.env._(
                    "Bridge wants your e-mail address: enter it in your profile."
                )
            )
        country = self.env.context.get("bank_country_code") or (
            self.company_id.country_id.code
        )
        connection = self.sudo()
        # Bridge lets letters, digits and "-" travel.
        token = f"{self.id}-{secrets.token_hex(24)}"
        options = {
            "user_email": email,
            "callback_url": self.company_id._payment_request_base_url() + CONNECT_PATH,
            "context": token,
        }
        if self.item_ref:
            # A number on the wire, as long as Bridge's ids of connections are some.
            ref = self.item_ref
            options["item_id"] = int(ref) if ref.isdecimal() else ref
            # To renew the consent, not to correct the login or to accept terms.
            options["force_reauthentication"] = self.status_code not in (402, 429)
        elif country in CONNECT_COUNTRIES:
            options["country_code"] = country
        provider, budget = connection.provider_id, Budget(const.CALL_SECONDS)
        with (
            provider._bridge_explained(),
            provider._bridge_aggregation(budget) as bridge,
        ):
            session = bridge.create_connect_session(**options)
        connection.write({"token": token, "session_opened_at": fields.Datetime.now()})
        return {"type": "ir.actions.act_url", "url": session["url"], "target": "self"}

    def action_fetch(self):
        """Have the bank's accounts read now; the user is told when it is done."""
        self.check_access("read")
        self.sudo()._ask_to_read()
        return self.account_ids.action_fetch()

    def action_start_all(self):
        """Start the feed of every account for which a journal was chosen."""
        self.check_access("write")
        return self.account_ids.filtered(
            lambda account: account.state == "to_assign" and account.journal_id
        ).action_start()

    def action_disconnect(self):
        """Withdraw the consent at Bridge. What was read stays; the journals are kept,
        so that the accounts go on where they stopped when they come back.

        :raises UserError: if Bridge does not do it
        """
        self.check_access("write")
        self.env["payment.database"]._check_in_production()
        connections = self.sudo().filtered(lambda c: c.state != "removed")
        connections._bridge_end()
        connections.filtered(lambda c: c.state != "removed")._set_removed()

    def action_forget(self):
        """Take the bank for disconnected although Bridge was not asked: it does not
        answer, or its credentials are lost. Bridge's ids stay in the chatter.

        :raises AccessError: for who is no administrator
        """
        self.check_access("write")
        if not self.env.is_system():
            raise AccessError(
                self.env._("Only an administrator forgets a bank without Bridge.")
            )
        for connection in self.sudo().filtered(lambda c: c.state != "removed"):
            connection.message_post(
                body=self.env._(
                    "Forgotten without Bridge, which may still read the bank until "
                    "somebody deletes it in Bridge's dashboard. %s",
                    connection._bridge_describe(),
                )
            )
            connection._set_removed()

    # === What lives at Bridge ===

    def _bridge_find_alive(self):
        """Override: consents, and pages that were opened: somebody may have consented
        and never come back."""
        return self.filtered(
            lambda c: c.state != "removed" and (c.item_ref or c.session_opened_at)
        )

    def _bridge_withdraw(self):
        """Override: delete the item for ever."""
        budget = Budget(const.CALL_SECONDS)
        with self.provider_id._bridge_aggregation(budget) as bridge:
            item_ref = self.item_ref
            if not item_ref:
                item = self._find_new_item(bridge.list_items(), None)
                item_ref = item and item["id"]
            if item_ref:
                bridge.delete_item(item_ref)
        self._set_removed()

    def _bridge_describe(self):
        """Override: bank and item, which Bridge keeps with its user."""
        if not self.item_ref:
            return self.env._("Bank connection that was not finished (%s)", self.name)
        return self.env._(
            "Bank connection %(item)s (%(bank)s) of the Bridge user %(user)s",
            item=self.item_ref,
            bank=self.name,
            user=self.provider_id.sudo().bridge_user_ref,
        )

    def _check_disconnected(self):
        """Refuse what would end these consents, or leave them to nobody.

        :raises UserError: if one of them is alive
        """
        banks = self.browse().concat(*self._bridge_get_alive())
        if banks:
            raise UserError(
                self.env._(
                    "Disconnect these banks first, so that Bridge reads them no more: "
                    "%s. If Bridge does not answer, an administrator can forget them.",
                    ", ".join(banks.mapped("name")),
                )
            )

    # === Coming back from Bridge ===

    @api.model
    def _find_by_token(self, token):
        """Return the connection whose page was opened with ``token``, among those that
        the user may change.

        :param str token: what the return brought, from anybody
        :return: empty if there is none
        :rtype: bridge.connection
        """
        head = (token or "").partition("-")[0]
        if not (head.isascii() and head.isdecimal()) or len(head) > 9:
            return self.browse()
        connection = self.search([("id", "=", int(head))])
        secret = connection.sudo().token or ""
        if not secret or not token.isascii() or not consteq(secret, token):
            return self.browse()
        return connection if connection.has_access("write") else self.browse()

    def _handle_return(self, item_id=None):
        """Read at Bridge what the person did there.

        :param str item_id: what the return claims; it only chooses among the items
            that Bridge says are this company's and new
        """
        self.ensure_one()
        connection = self.sudo()
        if not connection.try_lock_for_update(allow_referencing=True):
            # The job reads it at this moment, called by a webhook.
            connection._ask_to_read()
            return
        try:
            # What Bridge says is kept as a whole, or not at all.
            with self.env.cr.savepoint():
                connection._read_at_bridge(claimed_item_id=item_id)
        except KNOWN_ERRORS as error:
            _logger.warning("Connection %s could not be read: %s", self.id, error)
            connection.provider_id._bridge_note_error(error)
            connection._ask_to_read()

    def _ask_to_read(self):
        """Have the connection and its accounts read within seconds."""
        now = fields.Datetime.now()
        self.filtered(lambda c: c.state != "removed").write({"next_read_at": now})
        self.env.ref(FETCH_CRON)._trigger()

    # === Cleaning up ===

    @api.autovacuum
    def _gc_unfinished(self):
        """Forget connections that nobody finished for a week."""
        limit = fields.Datetime.now() - timedelta(days=7)
        connections = self.search(
            [
                ("state", "=", "connecting"),
                ("item_ref", "=", False),
                ("write_date", "<", limit),
            ]
        )
        # What cannot be withdrawn today is forgotten another day.
        for connection in connections:
            if not connection._bridge_leave():
                connection.unlink()

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused(self):
        if any(
            connection.state not in ("connecting", "removed") for connection in self
        ) or any(account.line_ids for account in self.account_ids.sudo()):
            raise UserError(
                self.env._(
                    "Disconnect the bank first. Connections that brought bank lines "
                    "are kept."
                )
            )
