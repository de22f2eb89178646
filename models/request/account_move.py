from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import str2bool

from ...const import ACCOUNTING
from .payment_request import STATES

MAIL_TEMPLATE = "account_payment_request.mail_template_invoice"


class AccountMove(models.Model):
    _inherit = "account.move"

    own_payment_request_ids = fields.One2many(
        comodel_name="payment.request",
        inverse_name="move_id",
        readonly=True,
        groups=ACCOUNTING,
    )
    payment_request_id = fields.Many2one(
        comodel_name="payment.request",
        string="Payment Link",
        compute="_compute_payment_request",
        search="_search_payment_request_id",
        compute_sudo=True,
        groups=ACCOUNTING,
    )
    payment_request_state = fields.Selection(
        selection=STATES,
        string="Payment Request",
        compute="_compute_payment_request",
        search="_search_payment_request_state",
        compute_sudo=True,
        groups=ACCOUNTING,
    )
    payment_request_url = fields.Char(
        string="Payment Address",
        compute="_compute_payment_request",
        compute_sudo=True,
        groups=ACCOUNTING,
    )
    transfer_in_progress = fields.Boolean(
        compute="_compute_transfer_in_progress",
        search="_search_transfer_in_progress",
        compute_sudo=True,
        groups=ACCOUNTING,
        help="The customer confirmed a transfer that is not booked yet.",
    )

    # === Compute ===

    @api.depends("own_payment_request_ids.state")
    def _compute_payment_request(self):
        for move in self:
            request = move.own_payment_request_ids[:1]
            move.payment_request_id = request
            move.payment_request_state = request.state
            move.payment_request_url = request.url

    def _search_payment_request_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("own_payment_request_ids", "in", list(value))

    def _search_payment_request_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        states = [state for state in value if state]
        domain = Domain("own_payment_request_ids.state", "in", states)
        if len(states) < len(value):
            domain |= Domain("own_payment_request_ids", "=", False)
        return domain

    @api.depends(
        "transaction_ids.state",
        "transaction_ids.released_at",
        "transaction_ids.is_post_processed",
    )
    def _compute_transfer_in_progress(self):
        for move in self:
            move.transfer_in_progress = bool(move.transaction_ids._is_on_its_way())

    def _search_transfer_in_progress(self, operator, value):
        if operator != "in":
            return NotImplemented
        on_its_way = self.env["payment.transaction"]._get_on_its_way_domain()
        return Domain("transaction_ids", "any!", on_its_way)

    # === Creation ===

    def _post(self, soft=True):
        """Override of `account`: what is posted can be paid from its own link."""
        posted = super()._post(soft=soft)
        posted.filtered(
            lambda move: move.company_id.payment_request_policy == "posting"
        )._get_or_create_payment_requests()
        return posted

    def _can_have_payment_request(self):
        """Return whether a customer can be asked to pay this document."""
        self.ensure_one()
        return (
            self.move_type == "out_invoice"
            and self.state == "posted"
            and not self.currency_id.is_zero(self.amount_residual)
        )

    def _get_or_create_payment_requests(self):
        """Return the own payment request of each invoice that can be paid, made in one
        batch where it is missing.

        :return: requests by invoice
        :rtype: dict[account.move, payment.request]
        """
        moves = self.filtered(lambda move: move._can_have_payment_request()).sudo()
        missing = moves.filtered(lambda move: not move.own_payment_request_ids)
        requests = self.env["payment.request"].sudo()
        requests.with_context(
            tracking_disable=True,
            mail_create_nolog=True,
            mail_create_nosubscribe=True,
        ).create([requests._prepare_for_moves(move) for move in missing])
        return {move: move.own_payment_request_ids for move in moves}

    @api.ondelete(at_uninstall=False)
    def _unlink_payment_requests(self):
        """Withdraw what could still pay these documents; their own requests go too."""
        moves = self.sudo()
        requests = moves.env["payment.request"].search(
            [("line_ids.move_id", "in", moves.ids)]
        )
        (moves.transaction_ids | requests.transaction_ids)._bridge_end()
        moves.own_payment_request_ids.unlink()

    def _get_mail_template(self):
        """Override of `account`: core's text asks for a transfer typed by hand. What
        has a payment link is sent with one that leads there, unless core's was changed.
        """
        template = super()._get_mail_template()
        own = self.env.ref(MAIL_TEMPLATE, raise_if_not_found=False)
        requests = self.sudo().payment_request_id
        asks_for_transfer = "object.payment_reference" in (
            template.sudo().with_context(lang="en_US").body_html or ""
        )
        if (
            own
            and asks_for_transfer
            and requests
            and all(request._is_payable() for request in requests)
        ):
            return own
        return template

    # === Portal and PDF ===

    def _get_portal_payment_link(self):
        """Override of `account_payment`: our own address, resolved when it is opened.

        Core's link freezes the amount and its token for the life of the PDF.
        """
        self.ensure_one()
        request = self.sudo().payment_request_id
        if request and request._is_payable():
            return request.url
        return super()._get_portal_payment_link()

    def _has_to_be_paid(self):
        """Override of `account_payment`: a transfer without news that was released, or
        that pays only a part, does not keep the customer from paying."""
        self.ensure_one()
        if super()._has_to_be_paid():
            return True
        transactions = self.transaction_ids
        waiting = transactions.filtered(
            lambda tx: tx.state in ("pending", "authorized")
            and tx.provider_code not in ("none", "custom")
        )
        on_its_way = waiting._is_on_its_way()
        request = self.sudo().payment_request_id
        if not waiting or (on_its_way and (not request or not request.amount_to_pay)):
            return False
        enabled = (
            self.env["ir.config_parameter"]
            .sudo()
            .get_param("account_payment.enable_portal_payment")
        )
        return (
            str2bool(enabled)
            and self._can_have_payment_request()
            and self.payment_state in ("not_paid", "in_payment", "partial")
        )

    # === Actions ===

    def action_payment_request(self):
        """Open the payment request of the invoice, made if it has none yet."""
        self.ensure_one()
        self.check_access("read")
        self.env["payment.request"].check_access("read")
        if not self.sudo().payment_request_id:
            self.env["payment.request"].check_access("write")
            self._get_or_create_payment_requests()
        request = self.sudo().payment_request_id
        if not request:
            raise UserError(
                self.env._(
                    "%s cannot be asked for: only posted customer invoices with an "
                    "amount due have a payment link.",
                    self.display_name,
                )
            )
        return request._get_records_action(
            name=self.env._("Payment Request"), context={}
        )

    def action_create_payment_requests(self):
        """Open the assistant that asks for the selected invoices."""
        return self.env["payment.request"]._get_create_action(self)

    def _get_payment_offer(self):
        """Return what is printed of the invoice's own request, see there."""
        self.ensure_one()
        request = self.sudo().payment_request_id
        return request._get_payment_offer() if request else {}
