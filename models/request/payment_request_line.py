from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .payment_request_offer import OfferedDue


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
        "move_id.state",
        # It changes with any of its due lines; to depend on those would cost a query
        # for each journal item reconciled anywhere.
        "move_id.amount_residual",
        "move_line_id",
        "request_id.transaction_ids.payment_id",
        "request_id.bank_line_ids",
    )
    def _compute_amount_due(self):
        for line in self:
            residual = line._get_residual()
            if line.amount:
                residual = min(residual, max(line.amount - line._get_received(), 0.0))
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

    def _get_received(self):
        """Return what was allocated to this part, and to no other of the invoice: by
        transfers of the request, and by receipts that were for it.

        :rtype: float
        """
        self.ensure_one()
        request = self.request_id.sudo()
        transactions = request.transaction_ids
        transactions |= transactions.child_transaction_ids
        received = transactions.payment_id.move_id | request.bank_line_ids.move_id
        if not received:
            return 0.0
        entries = self.sudo().move_line_id or self.sudo().move_id.line_ids
        return sum(
            partial.debit_amount_currency
            for partial in entries.matched_credit_ids
            if partial.credit_move_id.move_id in received
        )

    def _get_entries(self):
        """Return the open due lines that are asked for, the first due first.

        :rtype: account.move.line
        """
        self.ensure_one()
        entries = self.move_line_id or self.move_id.line_ids.filtered(
            lambda entry: entry.display_type == "payment_term"
        )
        return entries.filtered(
            lambda entry: entry.parent_state == "posted"
            and not entry.reconciled
            and entry.amount_residual_currency > 0
        ).sorted(lambda entry: (entry.date_maturity or entry.date, entry.id))

    def _is_in_installments(self):
        """Return whether all of an invoice is asked for that is due on several days."""
        self.ensure_one()
        if self.move_line_id or self.amount:
            return False
        lines = self.move_id.line_ids
        return len(lines.filtered(lambda e: e.display_type == "payment_term")) > 1

    def _get_open_dues(self, left, on_its_way):
        """Return what can be paid of each due line, the first due first.

        :param float left: of what is asked with this line
        :param payment.transaction on_its_way: whose money is not asked for again
        :rtype: list[OfferedDue]
        """
        self.ensure_one()
        offers = self._get_offers(on_its_way)
        entries = self._get_entries()
        room = {}
        for entry in entries:
            mine = offers.filtered(lambda offer, e=entry: offer.move_line_id == e)
            settled = sum(mine.mapped("settled"))
            room[entry] = max(entry.amount_residual_currency - settled, 0.0)
        # What is on its way for none of them pays the first.
        unassigned = max(sum(room.values()) - left, 0.0) if not self.amount else 0.0
        dues = []
        for entry in entries:
            open_amount = max(room[entry] - unassigned, 0.0)
            unassigned = max(unassigned - room[entry], 0.0)
            amount = self.currency_id.round(min(open_amount, left))
            if self.currency_id.compare_amounts(amount, 0) <= 0:
                continue
            left -= amount
            discount, until = self._get_discount(entry, amount, on_its_way)
            dues.append(OfferedDue(self, entry, amount, discount, until))
        return dues

    def _get_discount(self, entry, amount, on_its_way):
        """Return the early-payment discount of a due line, granted by core's terms if
        nothing of it was paid, or only by transfers for which it was accepted.

        :param account.move.line entry: the due line
        :param float amount: what would be settled of it
        :param payment.transaction on_its_way: whose money is not asked for again
        :return: the discount, and its last day
        :rtype: tuple[float, datetime.date | None]
        """
        self.ensure_one()
        until = entry.discount_date
        today = self.company_id._get_payment_today()
        if (
            not until
            or today > until
            or not entry.move_id.invoice_payment_term_id.early_discount
            or not entry._get_early_discount()
        ):
            return 0.0, None
        paying = entry.sudo().matched_credit_ids.credit_move_id.move_id
        offers = self.env["payment.transaction.offer"].sudo()
        accepted = offers.search(
            [("move_line_id", "=", entry.id), ("discount_until_date", "!=", False)]
        ).filtered(
            lambda offer: offer.transaction_id in on_its_way
            or offer.transaction_id.payment_id.move_id & paying
        )
        paid = sum(accepted.mapped("settled"))
        if self.currency_id.compare_amounts(amount + paid, entry.amount_currency):
            return 0.0, None
        granted = entry._get_early_discount()
        discount = max(granted - sum(accepted.mapped("discount")), 0.0)
        return self.currency_id.round(min(discount, amount)), until

    def _get_offers(self, transactions):
        """Return what the payer accepted of this line with some transfers.

        :param payment.transaction transactions: started from any request
        :rtype: payment.transaction.offer
        """
        self.ensure_one()
        return transactions.sudo().offer_ids.filtered(
            lambda offer: offer.move_id == self.move_id
            and (
                not self.move_line_id
                or offer.move_line_id == self.move_line_id
                # Its due line is gone since the invoice was corrected.
                or (not offer.move_line_id and offer.due_date == self.due_date)
            )
        )

    def _get_own_offers(self, offers):
        """Return which of these pay the part that this line asks for: a part waits for
        its own money, not for that of another part.

        :param payment.transaction.offer offers: on its invoice
        :rtype: payment.transaction.offer
        """
        self.ensure_one()
        return offers.filtered(
            lambda offer: offer.transaction_id.payment_request_id == self.request_id
        )

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
