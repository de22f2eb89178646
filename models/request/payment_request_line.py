from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PaymentRequestLine(models.Model):
    _name = "payment.request.line"
    _inherit = ["payment.engine.owned"]
    _description = "Payment Request Line"
    _order = "due_date, id"
    _rec_name = "move_id"

    request_id = fields.Many2one(
        comodel_name="payment.request",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="request_id.company_id", store=True)
    currency_id = fields.Many2one(related="request_id.currency_id")
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Due Line",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="One installment of the invoice; empty for all that is due on it.",
    )
    amount = fields.Monetary(
        string="Part",
        readonly=True,
        help="Part of the invoice that is asked for; zero for all that is due.",
    )
    residual_start = fields.Monetary(
        readonly=True,
        help="What was due when a part was asked for: whatever is paid since counts "
        "towards that part.",
    )
    amount_due = fields.Monetary(compute="_compute_amount_due", store=True)
    due_date = fields.Date(compute="_compute_due_date", store=True)

    _move_uniq = models.UniqueIndex(
        "(request_id, move_id, COALESCE(move_line_id, 0))",
        "The same invoice appears twice in this payment request.",
    )
    _amount_positive = models.Constraint(
        "CHECK(amount >= 0)", "The part of an invoice to ask for must be positive."
    )

    @api.depends(
        "amount",
        "residual_start",
        "move_id.state",
        # It changes with any of its due lines; to depend on those would cost a query
        # for each journal item reconciled anywhere.
        "move_id.amount_residual",
        "move_line_id",
    )
    def _compute_amount_due(self):
        for line in self:
            residual = line._get_residual()
            if line.amount:
                paid = max(line.residual_start - residual, 0.0)
                residual = min(residual, max(line.amount - paid, 0.0))
            line.amount_due = residual

    @api.depends("move_id.invoice_date_due", "move_line_id.date_maturity")
    def _compute_due_date(self):
        for line in self:
            line.due_date = (
                line.move_line_id.date_maturity or line.move_id.invoice_date_due
            )

    def _get_residual(self):
        """Return what is still due on the invoice or its due line, in its currency."""
        self.ensure_one()
        if self.move_id.state != "posted":
            return 0.0
        if self.move_line_id:
            return max(self.move_line_id.amount_residual_currency, 0.0)
        return self.move_id.amount_residual

    @api.constrains("request_id", "move_id", "move_line_id")
    def _check_same_debt(self):
        """All lines owe the same company, by the same customer, in one currency."""
        for line in self:
            request, move = line.request_id, line.move_id
            if move.move_type not in ("out_invoice", "out_receipt"):
                problem = self.env._("%s is not a customer invoice.", move.display_name)
            elif move.company_id != request.company_id:
                problem = self.env._(
                    "%s belongs to another company.", move.display_name
                )
            elif move.commercial_partner_id != request.commercial_partner_id:
                problem = self.env._(
                    "%(invoice)s is not owed by %(customer)s.",
                    invoice=move.display_name,
                    customer=request.commercial_partner_id.display_name,
                )
            elif move.currency_id != request.currency_id:
                problem = self.env._(
                    "%(invoice)s is in %(currency)s: ask for it separately.",
                    invoice=move.display_name,
                    currency=move.currency_id.name,
                )
            elif line.move_line_id and line.move_line_id.move_id != move:
                problem = self.env._(
                    "The due line is not one of %s.", move.display_name
                )
            else:
                continue
            raise ValidationError(problem)
