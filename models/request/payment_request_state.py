from odoo import api, fields, models

from ..transfer.payment_transaction import ISSUES

# What a page offers beside its text, by its state: routes below it answer nothing else.
PAGE_PARTS = {
    "pay": {"bank", "other", "phone", "transfer", "invoice"},
    "in_progress": {"invoice"},
    "paid": {"invoice", "receipt"},
}
FILES = {"invoice", "invoices", "receipt"}


class PaymentRequest(models.Model):
    """What is asked, what came in, and what state that makes."""

    _inherit = "payment.request"

    paid_date = fields.Date(
        string="Paid On",
        compute="_compute_state",
        store=True,
        help="Day on which nothing was left to pay; the files of its page go some time "
        "after.",
    )

    @api.depends(
        "amount",
        "line_ids.amount_due",
        "line_ids.move_id.transaction_ids.state",
        "line_ids.move_id.transaction_ids.released_at",
        "line_ids.move_id.transaction_ids.is_post_processed",
        "transaction_ids.state",
        "transaction_ids.released_at",
        "transaction_ids.is_post_processed",
        "transaction_ids.payment_id",
        "bank_line_ids",
    )
    def _compute_amounts(self):
        idle = []
        for request in self.sudo():
            due = request._get_amount_due()
            on_its_way = request._get_transactions_on_their_way()
            request.amount_due = due
            if on_its_way:
                to_pay = sum(request._get_left_to_pay(on_its_way).values())
                request.amount_to_pay = request.currency_id.round(to_pay)
                request.amount_in_progress = due - request.amount_to_pay
            else:
                request.amount_to_pay = due
                idle.append(request.id)
        # One assignment for most of a batch is many times cheaper than one each.
        self.browse(idle).amount_in_progress = 0.0

    def _get_amount_due(self):
        """Return what is due of all that is asked, whatever is on its way."""
        self.ensure_one()
        if self.line_ids:
            return sum(self.line_ids.mapped("amount_due"))
        return max(self.amount - self._get_deposit_received(), 0.0)

    def _get_left_to_pay(self, on_its_way):
        """Return what is left of what is due once some transfers arrive.

        :param payment.transaction on_its_way: started from any request
        :return: by line; by no line for a deposit
        :rtype: dict[payment.request.line, float]
        """
        self.ensure_one()
        if not self.line_ids:
            moving = sum(on_its_way.mapped("amount"))
            return {self.line_ids: max(self.amount_due - moving, 0.0)}
        # Without an offer, such as from the portal: for its invoices in their order.
        unassigned = {tx: tx.amount for tx in on_its_way if not tx.offer_ids}
        left = {}
        for line in self.line_ids:
            offers = line._get_offers(on_its_way)
            own = line._get_own_offers(offers)
            settled = sum(offers.mapped("settled"))
            for tx in unassigned:
                if line.move_id in tx.invoice_ids:
                    part = min(unassigned[tx], max(line.amount_due - settled, 0.0))
                    unassigned[tx] -= part
                    settled += part
            to_pay = line._get_residual() - settled
            if line.amount:
                part = line.amount - line._get_received() - sum(own.mapped("settled"))
                to_pay = min(to_pay, part)
            left[line] = max(to_pay, 0.0)
        return left

    @api.depends(
        "amount",
        "line_ids.amount",
        "line_ids.move_id.amount_total",
        "line_ids.move_line_id.amount_currency",
    )
    def _compute_amount_total(self):
        for request in self:
            request.amount_total = request.amount or sum(
                line.amount
                or line.move_line_id.amount_currency
                or line.move_id.amount_total
                for line in request.line_ids
            )

    def _get_deposit_received(self):
        """Return what was received of a fixed amount, in the request's currency."""
        self.ensure_one()
        transactions = self.transaction_ids
        transactions |= transactions.child_transaction_ids
        booked = transactions.filtered(lambda tx: tx.state == "done" and tx.payment_id)
        return sum(booked.mapped("amount")) + sum(
            line.amount
            for line in self.bank_line_ids
            if not line.matched_transaction_id or line.match_kind == "returned"
        )

    def _get_transactions_on_their_way(self):
        """Return the transfers on their way for what this request asks, whichever
        request or document they were started from.

        :rtype: payment.transaction
        """
        self.ensure_one()
        transactions = self.transaction_ids | self.line_ids.move_id.transaction_ids
        return transactions._is_on_its_way()

    @api.depends("line_ids.due_date", "line_ids.amount_due")
    def _compute_due_date(self):
        def first_due(request):
            open_lines = request.line_ids.filtered("amount_due") or request.line_ids
            dates = [line.due_date for line in open_lines if line.due_date]
            return min(dates, default=False)

        for due_date, requests in self.grouped(first_due).items():
            requests.due_date = due_date

    @api.depends(
        "amount_due",
        "amount_in_progress",
        "amount_to_pay",
        "expiry_date",
        "revoked_at",
        "line_ids.move_id.payment_state",
        "line_ids.move_id.state",
    )
    def _compute_state(self):
        for state, requests in self.grouped(lambda r: r._get_state()).items():
            requests.state = state
            if state != "paid":
                requests.paid_date = False
                continue
            undated = requests.filtered(lambda request: not request.paid_date)
            for company, paid in undated.grouped("company_id").items():
                paid.paid_date = company._get_payment_today()

    def _get_state(self):
        """Return the state that amounts, dates and documents add up to."""
        self.ensure_one()
        if self.amount_in_progress and not self.amount_to_pay:
            return "in_progress"
        if self._is_paid():
            return "paid"
        if self.revoked_at or not self.amount_due:
            # Without anything due its documents were cancelled, credited or
            # withdrawn; it comes back to life with them.
            return "revoked"
        if self._is_expired():
            return "expired"
        return "valid"

    def _is_paid(self):
        """Return whether what was asked was paid, whichever way."""
        self.ensure_one()
        if self.amount_due or not (self.line_ids or self.amount):
            return False
        moves = self.line_ids.move_id
        if not moves:
            return True
        payable = moves.filtered(
            lambda move: move.state == "posted" and move.payment_state != "reversed"
        )
        return bool(payable)

    def _is_expired(self):
        self.ensure_one()
        today = self.company_id._get_payment_today
        return bool(self.expiry_date) and self.expiry_date < today()

    @api.depends("transaction_ids.issue")
    def _compute_issue(self):
        order = [value for value, _label in ISSUES]

        def worst(request):
            issues = set(request.sudo().transaction_ids.mapped("issue"))
            return next((value for value in order if value in issues), False)

        for issue, requests in self.grouped(worst).items():
            requests.issue = issue

    def _get_page_state(self):
        """Return which page the payer sees.

        :return: `pay`, `in_progress`, `paid`, `expired`, `revoked`, `nothing_due`, or
            `copy` for what would be payable if this database were in production
        :rtype: str
        """
        self.ensure_one()
        state = self._get_state()
        if state == "in_progress":
            on_its_way = self._get_transactions_on_their_way()
            # Executed at the bank, only our booking is missing.
            return "paid" if all(tx.state == "done" for tx in on_its_way) else state
        if state == "revoked" and not self.revoked_at:
            return "nothing_due"
        if state == "valid":
            return "copy" if self.env["payment.database"]._get_blocker() else "pay"
        return state

    def _get_page_parts(self):
        """Return what the page offers beside its text: what it shows, and what the
        routes below it answer to, is decided here and nowhere else.

        :return: names of parts, as in `PAGE_PARTS`; `page` is the page itself
        :rtype: set[str]
        """
        parts = {"page"} | PAGE_PARTS.get(self._get_page_state(), set())
        if "invoice" in parts and len(self._get_files_moves()) > 1:
            parts |= {"invoices"}
        return parts - FILES if self._is_paid_long_ago() else parts

    def _is_paid_long_ago(self):
        """Return whether the link no longer gives the files of what was paid."""
        self.ensure_one()
        if not self.paid_date:
            return False
        company = self.company_id
        past = company._get_payment_today() - self.paid_date
        return past.days >= company.payment_request_file_days
