from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..batch import cut

# The kinds of evidence, strongest first, as the rules name them.
MATCH_KINDS = [
    ("bridge", "Bridge's payment information"),
    ("end_to_end", "End-to-end id"),
    ("reference", "Our reference"),
    ("structured", "Structured reference"),
    ("number", "Invoice number"),
    ("iban", "Known account"),
    ("name", "Name and amount"),
    ("returned", "Returned transfer"),
    ("manual", "By hand"),
]

# Lines of one call of `create` that are examined at once; more are left to the job.
MATCH_AT_ONCE = 500
# Lines that the job examines between two commits.
MATCH_SLICE = 200

BOOKING_GROUP = "account.group_account_invoice"


class AccountBankStatementLine(models.Model):
    _inherit = "account.bank.statement.line"

    matched_transaction_id = fields.Many2one(
        comodel_name="payment.transaction",
        string="Received Transfer",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    matched_request_id = fields.Many2one(
        comodel_name="payment.request",
        string="Paid Request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    match_state = fields.Selection(
        selection=[
            ("waiting", "To examine"),
            ("open", "To reconcile"),
            ("automatic", "Reconciled by itself"),
            ("manual", "Reconciled by hand"),
        ],
        string="Matching",
        readonly=True,
        copy=False,
    )
    match_kind = fields.Selection(
        selection=MATCH_KINDS,
        string="Evidence",
        readonly=True,
        copy=False,
        help="The evidence for what the line pays. “By hand” on an open line: somebody "
        "undid its match, and it is not matched automatically again.",
    )
    match_note = fields.Char(
        string="Matched Because",
        readonly=True,
        copy=False,
        help="Why this line was reconciled automatically, or why it was left open.",
    )
    match_suggestion_ids = fields.One2many(
        comodel_name="bank.match.suggestion",
        inverse_name="line_id",
        string="Suggestions",
        readonly=True,
    )
    partner_matched = fields.Boolean(
        readonly=True,
        copy=False,
        help="The partner comes from the match, and goes with it.",
    )

    # The last line of a journal, whatever the company that it is of.
    _journal_last_idx = models.Index("(journal_id, internal_index)")
    _match_waiting_idx = models.Index("(id) WHERE match_state = 'waiting'")
    _match_open_idx = models.Index(
        "(company_id, id) WHERE match_state = 'open' AND is_reconciled IS NOT TRUE"
    )

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("no_bank_match"):
            return super().create(vals_list)
        if len(vals_list) > MATCH_AT_ONCE:
            lines = super().create(
                [{"match_state": "waiting", **vals} for vals in vals_list]
            )
            self._trigger_match()
            return lines
        # Decided before, so that partner and account are there from the beginning:
        # each write on a posted entry costs more than the decision.
        plans = self.sudo()._plan_values(vals_list)
        lines = super().create(
            [
                {**vals, **(plan.values if plan else {})}
                for vals, plan in zip(vals_list, plans, strict=True)
            ]
        )
        records = lines.sudo()
        records._carry_out(records, plans)
        # Lines whose values only core could complete.
        records.browse(
            line.id
            for line, plan in zip(records, plans, strict=True)
            if plan is None and line._is_to_match()
        )._match()
        return lines

    @api.model
    def _plan_values(self, vals_list):
        """Decide on lines about to be created.

        :rtype: list[Plan | None]
        """
        batch = self._read_incoming(vals_list)
        plans = iter(self._plan([incoming for incoming in batch if incoming]))
        return [incoming and next(plans) for incoming in batch]

    def _is_to_match(self):
        """Return whether the line moves money and nothing is booked on it yet."""
        self.ensure_one()
        return not self.currency_id.is_zero(self.amount) and self._is_untouched()

    # === Examination ===

    def _match(self, book=True):
        """Examine these lines: book what is sure, suggest the rest.

        Lines that another process holds, and those that are booked, are passed over.

        :param bool book: False to suggest only, whatever is sure
        :return: the lines that were booked
        :rtype: account.bank.statement.line
        """
        held = self.sudo().try_lock_for_update(allow_referencing=True)
        lines = held.filtered(lambda line: line._is_to_match())
        # A line that was reconciled meanwhile no longer waits.
        (held - lines).filtered(lambda line: line.match_state == "waiting")._set_match(
            match_state=False
        )
        if not lines:
            return lines
        lines.match_suggestion_ids.unlink()
        plans = lines._plan(lines._read_lines(), book)
        for line, plan in zip(lines, plans, strict=True):
            if plan.booking:
                continue  # It is said when it is booked.
            values = {"match_kind": False, "match_note": False, **plan.values}
            if line.match_kind == "manual" and not book:
                values["match_kind"] = "manual"
            line._set_match(**values)
        return lines._carry_out(lines, plans)

    @api.model
    def _trigger_match(self):
        self.env.ref("account_payment_request.ir_cron_bank_match").sudo()._trigger()

    @api.model
    def _cron_match(self):
        """Examine the lines that wait.

        Several workers may do so at once: each takes lines that no other one holds.
        """
        self.env["bank.match.recheck"]._process_documents()
        domain = Domain("match_state", "=", "waiting")
        self.env["payment.batch"]._run(
            cut(self.search(domain, order="id"), MATCH_SLICE),
            "_match",
            domain=domain,
            failed="_fail_match",
        )

    def _fail_match(self, error):
        """Leave a line that cannot even be examined to a person."""
        note = str(error) if isinstance(error, UserError) else type(error).__name__
        self._set_match(match_state="open", match_note=note)

    # === Undo ===

    def action_undo_reconciliation(self):
        """Override of `account`: what the line was matched with is forgotten too.

        It is examined again when a person asks for it, never by itself.
        """
        res = super().action_undo_reconciliation()
        lines = self.sudo()
        lines._forget_partner()
        lines._set_match(
            match_state="open",
            match_kind="manual",
            match_note=False,
            matched_transaction_id=False,
            matched_request_id=False,
        )
        return res

    def _forget_match(self):
        """Put lines back as the bank sent them."""
        self.action_undo_reconciliation()
        self._set_match(match_kind=False)

    def _forget_partner(self):
        """Remove the partner that only the match had set."""
        guessed = self.filtered("partner_matched")
        if guessed:
            guessed.write({"partner_id": False, "partner_matched": False})

    def _set_match(self, **values):
        """Write those fields of the match that change, without tracking."""
        for line in self:
            changed = {
                name: value
                for name, value in values.items()
                if line._fields[name].convert_to_write(line[name], line) != value
            }
            if changed:
                line.sudo().with_context(tracking_disable=True).write(changed)

    def _is_untouched(self):
        """Return whether the line is as the bank sent it: nothing booked on it yet."""
        self.ensure_one()
        liquidity, suspense, other = self._seek_for_lines()
        return (
            self.move_id.state == "posted"
            and len(liquidity) == 1
            and len(suspense) == 1
            and not other
            and not self.is_reconciled
        )

    def _get_transaction_currency(self):
        """Return the currency in which the line's counterpart is.

        :rtype: res.currency
        """
        return self.foreign_currency_id or self.currency_id

    def _get_transaction_amount(self):
        return self.amount_currency if self.foreign_currency_id else self.amount

    @api.model
    def _check_may_reconcile(self):
        """Refuse users who may only read.

        :raises AccessError: without the right to book
        """
        if not self.env.user.has_group(BOOKING_GROUP):
            raise AccessError(
                self.env._(
                    "You can look at the bank lines, but not reconcile them. Ask an "
                    "administrator for the right to invoice."
                )
            )
