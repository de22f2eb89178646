import hashlib
import hmac
import secrets
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...bridge.reference import TOKEN_ALPHABET, TOKEN_LENGTH
from ...const import ACCOUNTING
from ..transfer.payment_transaction import ISSUES

STATES = [
    ("valid", "To pay"),
    ("in_progress", "In progress"),
    ("paid", "Paid"),
    ("expired", "Expired"),
    ("revoked", "Revoked"),
]


def _digest(token):
    """Return the SHA-256 by which a token is looked up.

    The index never sees the token itself, so its timing tells nothing about it.
    """
    return hashlib.sha256(token.encode()).hexdigest()


def _new_token_values():
    token = "".join(secrets.choice(TOKEN_ALPHABET) for _i in range(TOKEN_LENGTH))
    return {"token": token, "token_digest": _digest(token)}


class PaymentRequest(models.Model):
    _name = "payment.request"
    _description = "Payment Request"
    _inherit = ["payment.engine.owned", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _rec_name = "reference"
    _check_company_auto = True

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        store=True,
        index=True,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        check_company=True,
        tracking=True,
    )
    reference = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        help="Written by the payer into a transfer typed by hand; comes back on the "
        "bank statement.",
    )
    token = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        groups=ACCOUNTING,
    )
    token_digest = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        groups=ACCOUNTING,
    )
    url = fields.Char(
        string="Payment Link",
        compute="_compute_url",
        compute_sudo=True,
        groups=ACCOUNTING,
    )
    short_url = fields.Char(
        compute="_compute_url", compute_sudo=True, groups=ACCOUNTING
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Own Invoice",
        readonly=True,
        copy=False,
        ondelete="cascade",
        help="The invoice of which this is the payment link; empty for a deposit, a "
        "part, or several invoices.",
    )
    line_ids = fields.One2many(
        comodel_name="payment.request.line",
        inverse_name="request_id",
        string="Invoices",
        readonly=True,
        copy=False,
    )
    invoice_names = fields.Char(compute="_compute_invoice_names")
    amount = fields.Monetary(
        string="Fixed Amount",
        readonly=True,
        help="Amount of a deposit; zero when invoices say what is due.",
    )
    description = fields.Char(readonly=True, help="What a deposit is for.")
    amount_total = fields.Monetary(
        string="Asked For", compute="_compute_amount_total", store=True
    )
    amount_due = fields.Monetary(compute="_compute_amounts", store=True)
    amount_in_progress = fields.Monetary(
        string="On Its Way",
        compute="_compute_amounts",
        store=True,
        help="Transfers that the customer confirmed and that are not booked yet.",
    )
    amount_to_pay = fields.Monetary(compute="_compute_amounts", store=True)
    due_date = fields.Date(compute="_compute_due_date", store=True)
    expiry_date = fields.Date(
        string="Expires On",
        tracking=True,
        copy=False,
        help="Last day on which the request can be paid; empty: as long as it is due.",
    )
    revoked_at = fields.Datetime(readonly=True, copy=False)
    opened_at = fields.Datetime(string="First Opened", readonly=True, copy=False)
    last_opened_at = fields.Datetime(string="Last Opened", readonly=True, copy=False)
    bank_opened_at = fields.Datetime(readonly=True, copy=False)
    last_attempt_id = fields.Many2one(
        comodel_name="payment.transaction",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The transfer whose bank page the payer opened last.",
    )
    state = fields.Selection(
        selection=STATES,
        compute="_compute_state",
        group_expand=True,
        store=True,
        index=True,
        tracking=True,
    )
    transaction_ids = fields.One2many(
        comodel_name="payment.transaction",
        inverse_name="payment_request_id",
        readonly=True,
    )
    bank_line_ids = fields.One2many(
        comodel_name="account.bank.statement.line",
        inverse_name="matched_request_id",
        string="Bank Lines",
        readonly=True,
    )
    issue = fields.Selection(
        selection=ISSUES,
        string="To Handle",
        compute="_compute_issue",
        store=True,
        index="btree_not_null",
    )
    transaction_count = fields.Integer(compute="_compute_counts")
    payment_count = fields.Integer(compute="_compute_counts")

    _reference_uniq = models.Constraint(
        "UNIQUE(reference)", "This reference is already used."
    )
    _token_uniq = models.Constraint(
        "UNIQUE(token_digest)", "This payment link is already used."
    )
    _move_uniq = models.UniqueIndex(
        "(move_id) WHERE move_id IS NOT NULL",
        "This invoice already has its payment link.",
    )
    _amount_positive = models.Constraint(
        "CHECK(amount >= 0)", "The amount of a deposit must be positive."
    )

    # === Creation ===

    @api.model_create_multi
    def create(self, vals_list):
        references = self.env["payment.transaction"]._new_references(len(vals_list))
        for vals, reference in zip(vals_list, references, strict=True):
            vals.update(reference=reference, **_new_token_values())
        return super().create(vals_list)

    @api.model
    def _prepare_for_moves(self, moves, amount=0.0, move_lines=None):
        """Return the values of one request for ``moves``.

        :param account.move moves: invoices of one customer, company and currency
        :param float amount: part of the residual of a single invoice, 0 for all
        :param account.move.line move_lines: due lines to ask for, instead of all
        :rtype: dict
        """
        first = moves[:1]
        part = {"amount": amount} if amount else {}
        lines = [
            {"move_id": line.move_id.id, "move_line_id": line.id}
            for line in move_lines or ()
        ] or [{"move_id": move.id, **part} for move in moves]
        whole_invoice = len(moves) == 1 and not amount and not move_lines
        return {
            "move_id": first.id if whole_invoice else False,
            "company_id": first.company_id.id,
            "partner_id": first.partner_id.id,
            "currency_id": first.currency_id.id,
            "user_id": first.invoice_user_id.id,
            "line_ids": [Command.create(line) for line in lines],
        }

    # === Compute ===

    @api.depends("token", "company_id")
    def _compute_url(self):
        for company, requests in self.grouped("company_id").items():
            base_url = company._payment_request_base_url()
            host = base_url.partition("://")[2]
            for request in requests:
                token = request.token
                request.url = token and f"{base_url}/pay/{token}"
                request.short_url = token and f"{host}/pay/{token}"

    @api.depends("line_ids.move_id.name", "description")
    def _compute_invoice_names(self):
        for request in self:
            names = request.line_ids.move_id.mapped("name")
            request.invoice_names = (
                ", ".join(filter(None, names)) or request.description
            )

    def _compute_counts(self):
        for request in self.sudo():
            request.transaction_count = len(request.transaction_ids)
            request.payment_count = len(request.transaction_ids.payment_id)

    @api.depends("reference", "partner_id")
    def _compute_display_name(self):
        for request in self:
            request.display_name = request.reference

    # === Finding ===

    @api.model
    def _find_by_token(self, token):
        """Return the request of a token that came from outside, empty if none.

        :param str token: as in the address, whatever its case
        :return: the request, in sudo
        :rtype: payment.request
        """
        token = (token or "").strip().lower()
        empty = self.sudo().browse()
        if len(token) != TOKEN_LENGTH or not token.isascii():
            return empty
        request = self.sudo().search([("token_digest", "=", _digest(token))], limit=1)
        if request and hmac.compare_digest(request.token, token):
            return request
        return empty

    # === Life ===

    def _update_page(self):
        """Bring what the page shows up to date before the payer reads it."""

    def _mark_opened(self):
        """Note that the payer reads the page, the first time in the chatter too."""
        self.ensure_one()
        now = fields.Datetime.now()
        first = not self.opened_at
        # One write a minute is enough for a page that refreshes itself.
        if first or now - self.last_opened_at > timedelta(minutes=1):
            self.write({"last_opened_at": now, **({"opened_at": now} if first else {})})
        if first:
            env = self.company_id._with_books_language(self).env
            self.message_post(
                body=env._("The payment link was opened for the first time."),
                author_id=self.env.ref("base.partner_root").id,
            )

    def action_revoke(self):
        """Make the requests unusable; bank links still open are withdrawn at Bridge."""
        self.check_access("write")
        to_revoke = self.filtered(
            lambda r: not r.revoked_at and r.state not in ("paid", "in_progress")
        )
        if not to_revoke:
            raise UserError(
                self.env._(
                    "Nothing to revoke: these requests are paid, on their way, or "
                    "already revoked."
                )
            )
        to_revoke.sudo().revoked_at = fields.Datetime.now()
        to_revoke._withdraw_bank_links()

    def _withdraw_bank_links(self):
        """Have the bank links still open withdrawn at Bridge within seconds, where
        they are obsolete."""
        self.sudo().transaction_ids.filtered(
            lambda tx: tx.state == "draft" and tx.provider_reference
        )._bridge_trigger_check()

    @api.ondelete(at_uninstall=False)
    def _unlink_withdrawn(self):
        """Withdraw the bank links at Bridge: nobody could do it afterwards."""
        self.sudo().transaction_ids._bridge_end()

    def action_renew(self):
        """Make revoked or expired requests payable again, under the same link."""
        self.check_access("write")
        for request in self:
            if request.state in ("paid", "in_progress"):
                raise UserError(
                    self.env._(
                        "%s is paid or on its way: there is nothing to renew.",
                        request.display_name,
                    )
                )
        self._reopen()

    def _reopen(self):
        self.sudo().revoked_at = False
        self.filtered(lambda r: r._is_expired()).write({"expiry_date": False})

    def action_replace_link(self):
        """Give the requests new links; the old ones are unknown from now on.

        Whatever their state: who holds a leaked link reads invoices while a transfer
        is in progress and after it was paid, too. Money never finds its request by the
        token, so that none is lost.
        """
        self.check_access("write")
        self.filtered(lambda r: r.state not in ("paid", "in_progress"))._reopen()
        for request in self:
            request._replace_token(_new_token_values())
            request.message_post(
                body=self.env._(
                    "The payment link was replaced: the old one no longer works, "
                    "wherever it was sent or printed."
                )
            )
        self._withdraw_bank_links()

    def _replace_token(self, values):
        """Write a new token; overridden where texts that have not left name the old
        one.

        :param dict values: of the fields `token` and `token_digest`
        """
        self.ensure_one()
        self.sudo().write(values)

    def action_handled(self):
        """Take the requests off the list of what is to be handled."""
        self.check_access("write")
        self.sudo().transaction_ids._clear_issue()

    @api.model
    def _cron_expire(self):
        """Bring the stored state of requests up to their expiry date."""
        field = self._fields["state"]
        candidates = self.search(
            [("state", "=", "valid"), ("expiry_date", "<=", fields.Date.today())]
        )
        self.env.add_to_compute(field, candidates)
        candidates._recompute_recordset([field.name])
