from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .account_bank_statement_line import MATCH_KINDS
from .booking import Booking
from .reasons import write_sentence

# Suggestions kept for one line.
MOST_SUGGESTIONS = 5


class BankMatchSuggestion(models.Model):
    """One way to book a bank line that was left to a person."""

    _name = "bank.match.suggestion"
    _description = "Suggested Match of a Bank Line"
    _order = "line_id, sequence, id"
    _rec_name = "reason"

    line_id = fields.Many2one(
        comodel_name="account.bank.statement.line",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="line_id.company_id", store=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    sequence = fields.Integer(readonly=True)
    kind = fields.Selection(selection=MATCH_KINDS, string="Evidence", readonly=True)
    reason = fields.Char(readonly=True, help="Why it is suggested.")
    partner_id = fields.Many2one(
        comodel_name="res.partner", readonly=True, ondelete="cascade"
    )
    entry_ids = fields.Many2many(
        comodel_name="account.move.line",
        string="Open Entries",
        readonly=True,
        help="What the line would pay.",
    )
    transaction_id = fields.Many2one(
        comodel_name="payment.transaction", readonly=True, ondelete="cascade"
    )
    request_id = fields.Many2one(
        comodel_name="payment.request", readonly=True, ondelete="cascade"
    )
    amount = fields.Monetary(
        readonly=True, help="How much of the line the open entries take."
    )
    discount_amount = fields.Monetary(string="Early-Payment Discount", readonly=True)
    fee_amount = fields.Monetary(string="Bank Fee", readonly=True)
    amount_left = fields.Monetary(
        readonly=True,
        help="What remains: a credit of the customer if positive, still due if "
        "negative.",
    )

    @api.model
    def _suggest(self, plans):
        """Keep what the rules propose for lines that are left to a person.

        :param plans: pairs of a line and its `Plan`
        """
        values = []
        for line, plan in plans:
            model = line.company_id._with_books_language(self)
            decision = plan.decision
            proposals = [decision.best, *decision.alternatives][:MOST_SUGGESTIONS]
            values += [
                model._prepare_suggestion(line, plan.incoming, proposal)
                | {"sequence": sequence}
                for sequence, proposal in enumerate(proposals)
            ]
        self.create(values)

    @api.model
    def _prepare_suggestion(self, line, incoming, proposal):
        currency = incoming.currency_id
        transaction, request = line._get_target_records(proposal.target)
        dues, paid, left = self._get_settlement(incoming, proposal)
        return {
            "line_id": line.id,
            "currency_id": currency.id,
            "kind": proposal.kind,
            "reason": write_sentence(self.env, proposal, currency),
            "partner_id": proposal.partner or False,
            "entry_ids": [Command.set(list(dict.fromkeys(due.key for due in dues)))],
            "transaction_id": transaction.id,
            "request_id": request.id,
            "amount": incoming.get_money(paid),
            "discount_amount": incoming.get_money(proposal.discount_cents),
            "fee_amount": incoming.get_money(proposal.fee_cents),
            "amount_left": incoming.get_money(left),
        }

    @api.model
    def _get_settlement(self, incoming, proposal):
        """Return what accepting a proposal would settle: the dues, how much of the line
        they take, and what remains of it (negative: of them).
        """
        cents = incoming.receipt.cents
        if proposal.paid:
            missing = abs(proposal.missing_cents) * (1 if cents > 0 else -1)
            return proposal.dues, sum(proposal.paid), proposal.rest_cents or -missing
        if proposal.kind == "returned":
            return (), cents, 0
        # The amount agrees with nothing: as far as the money goes.
        dues = proposal.dues or (proposal.target.dues if proposal.target else ())
        dues = tuple(due for due in dues if due.cents * cents > 0)
        if any(due.currency != incoming.receipt.currency for due in dues):
            return dues, cents, 0
        due_cents = sum(due.cents for due in dues)
        return dues, min(cents, due_cents, key=abs), cents - due_cents

    @api.model
    def _forget_settled(self, lines, entries):
        """Have the lines examined again for which something was suggested that these
        booked lines paid.

        What a person accepted stays, in case they take it back.
        """
        if not entries:
            return
        stale = self.search([("entry_ids", "in", entries.ids)]).filtered(
            lambda suggestion: suggestion.line_id not in lines
            and any(entry.reconciled for entry in suggestion.entry_ids)
        )
        others = stale.line_id.filtered(lambda line: not line.is_reconciled)
        stale.unlink()
        others = others.try_lock_for_update(allow_referencing=True)
        if others := others.filtered(lambda line: line.match_kind != "manual"):
            others._set_match(match_state="waiting")
            others._trigger_match()

    def action_accept(self):
        """Book each line as suggested, if all of it is still open.

        :raises UserError: when something was paid meanwhile
        """
        self.check_access("read")
        self.line_id.check_access("read")
        self.line_id._check_may_reconcile()
        suggestions = self.sudo()
        bookings = [
            suggestion._prepare_accepted_booking() for suggestion in suggestions
        ]
        lines = suggestions.line_id
        notes = {line: line.match_note for line in lines}
        booked = lines._book_matches(bookings)
        if missed := lines - booked:
            line = missed[:1]
            reason = line.match_note if line.match_note != notes[line] else ""
            raise UserError(
                reason
                or self.env._(
                    "“%s” could not be booked: somebody else is working on it, or it "
                    "is reconciled already. Look at it again.",
                    line.payment_ref or line.display_name,
                )
            )
        return True

    def _prepare_accepted_booking(self):
        """Return what this suggestion books.

        :rtype: Booking
        :raises UserError: when what it would settle is no longer open
        """
        self.ensure_one()
        line = self.line_id
        entries = self._get_oldest_first()
        transaction = self.transaction_id
        if transaction and line._is_amount_of(transaction):
            entries = transaction._get_entries_at_bank()
        else:
            self._check_unchanged(entries)
        discounted = entries.browse()
        if self.discount_amount:
            discounted = entries.filtered(
                lambda entry: entry.move_id._is_eligible_for_early_payment_discount(
                    entry.currency_id, line.date
                )
            )
        return Booking(
            line=line,
            partner=self.partner_id or line.partner_id,
            allocations=tuple((entry, None) for entry in entries),
            write_offs=line._get_fee_write_off(line.company_id, self.fee_amount),
            transaction=transaction,
            request=self.request_id,
            kind=self.kind,
            note=self.reason,
            manual=True,
            discounts=tuple(discounted),
        )

    def _get_oldest_first(self):
        """Return the entries that the line would pay, the oldest first."""
        return self.entry_ids.sorted(lambda e: (e.date_maturity or e.date, e.id))

    def _check_unchanged(self, entries):
        """Check that as much is due as when this was suggested.

        :raises UserError: when something was paid, changed or deleted since
        """
        self.ensure_one()
        same_currency = entries.filtered(lambda e: e.currency_id == self.currency_id)
        missing = min(self.amount_left, 0.0)
        expected = self.amount + self.discount_amount + self.fee_amount - missing
        due = sum(same_currency.mapped("amount_residual_currency"))
        is_changed = self.currency_id.compare_amounts(due, expected)
        if any(entry.reconciled for entry in entries) or (
            is_changed and same_currency == entries and self.amount > 0
        ):
            names = ", ".join(entries.move_id.mapped("display_name"))
            raise UserError(
                self.env._(
                    "%s is not as it was when this was suggested. Have the line "
                    "examined again.",
                    names or self.reason,
                )
            )
