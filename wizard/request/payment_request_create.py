from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError


class PaymentRequestCreate(models.TransientModel):
    _name = "payment.request.create"
    _inherit = ["payment.assistant"]
    _description = "Request Payment"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")
    move_ids = fields.Many2many(comodel_name="account.move", string="Invoices")
    mode = fields.Selection(
        selection=[
            ("each", "One link for each invoice"),
            ("grouped", "One link for each customer, for all the invoices"),
            ("part", "A part of the invoice"),
            ("deposit", "A fixed amount"),
        ],
        required=True,
        default="each",
    )
    invoice_count = fields.Integer(compute="_compute_totals")
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
    )
    amount_due = fields.Monetary(compute="_compute_totals")
    amount = fields.Monetary(string="Amount to Ask for")
    description = fields.Char(string="What For")
    expiry_date = fields.Date(string="Expires On")

    @api.model
    def default_get(self, fields):
        """Fill the assistant from the selected invoices or customer."""
        values = super().default_get(fields)
        model = self.env.context.get("active_model")
        records = self.env.context.get("active_ids") or []
        if model == "res.partner":
            values.update(mode="deposit", partner_id=records[:1] and records[0])
        elif model == "account.move":
            moves = self.env["account.move"].browse(records)
            payable = moves.filtered(lambda move: move._can_have_payment_request())
            if not payable:
                raise UserError(
                    self.env._(
                        "None of these can be asked for: only posted customer "
                        "invoices with an amount due have a payment link."
                    )
                )
            values.update(
                move_ids=[Command.set(payable.ids)],
                company_id=payable[:1].company_id.id,
                partner_id=payable[:1].commercial_partner_id.id,
                currency_id=payable[:1].currency_id.id,
                mode="grouped" if len(payable) > 1 else "part",
            )
        return values

    @api.depends("move_ids")
    def _compute_totals(self):
        for wizard in self:
            wizard.invoice_count = len(wizard.move_ids)
            same_currency = len(wizard.move_ids.currency_id) == 1
            wizard.amount_due = (
                sum(wizard.move_ids.mapped("amount_residual")) if same_currency else 0.0
            )

    def action_create(self):
        """Create the requests and open them.

        :raises UserError: with what to change when they cannot be made
        """
        self.ensure_one()
        self._check_may_ask()
        if self.expiry_date and self.expiry_date < fields.Date.context_today(self):
            raise UserError(self.env._("The expiry date is in the past."))
        requests = getattr(self.sudo(), f"_create_{self.mode}")()
        if self.expiry_date:
            requests.expiry_date = self.expiry_date
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_payment_request.action_payment_request"
        )
        if len(requests) == 1:
            return {**action, "view_mode": "form", "views": [], "res_id": requests.id}
        return {**action, "domain": [("id", "in", requests.ids)], "context": {}}

    def _check_may_ask(self):
        """Refuse who may not ask for these invoices, or ask this customer.

        :raises AccessError: for the first that is not theirs
        """
        self.env["payment.request"].check_access("write")
        if not self.company_id <= self.env.companies:
            raise AccessError(self.env._("Choose one of your own companies."))

    def _create_each(self):
        by_move = self.move_ids._get_or_create_payment_requests()
        return self.env["payment.request"].union(*by_move.values())

    def _create_grouped(self):
        requests = self.env["payment.request"]
        groups = self.move_ids.grouped(
            lambda m: (m.company_id, m.commercial_partner_id, m.currency_id)
        )
        found, values = requests, []
        for moves in groups.values():
            if len(moves) == 1:
                found |= found.union(*moves._get_or_create_payment_requests().values())
            else:
                values.append(requests._prepare_for_moves(moves))
        return found | requests.create(values)

    def _create_part(self):
        move = self.move_ids
        if len(move) != 1:
            raise UserError(
                self.env._("Choose a single invoice to ask for a part of it.")
            )
        self._check_amount(move.currency_id)
        compared = move.currency_id.compare_amounts(self.amount, move.amount_residual)
        if compared > 0:
            raise UserError(
                self.env._(
                    "Only %s is due on this invoice.",
                    move.currency_id.format(move.amount_residual),
                )
            )
        if not compared:
            return self._create_each()
        requests = self.env["payment.request"]
        return requests.create(requests._prepare_for_moves(move, amount=self.amount))

    def _create_deposit(self):
        if not self.partner_id:
            raise UserError(self.env._("Choose the customer."))
        self._check_amount(self.currency_id)
        return self.env["payment.request"].create(
            {
                "company_id": self.company_id.id,
                "partner_id": self.partner_id.id,
                "currency_id": self.currency_id.id,
                "amount": self.currency_id.round(self.amount),
                "description": self.description,
            }
        )

    def _check_amount(self, currency):
        if currency.compare_amounts(self.amount, 0) <= 0:
            raise UserError(self.env._("Give the amount to ask for."))
