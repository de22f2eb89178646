import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from odoo.addons.payment import utils as payment_utils

from .. import const, matching
from ..bridge import reference as bridge_reference

_logger = logging.getLogger(__name__)


def _texts_within(value):
    """Return the texts in what a bank told, however deep they are.

    :param value: parsed JSON
    :rtype: list[str]
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, list):
        return []
    return [text for item in value for text in _texts_within(item)]


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
    match_note = fields.Char(
        string="Matched Because",
        readonly=True,
        copy=False,
        help="Why this line was reconciled automatically, or why it was left open.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._match_payment_references()
        return lines

    def action_undo_reconciliation(self):
        """Override of `account`: what the line was matched with is forgotten too."""
        res = super().action_undo_reconciliation()
        self.write(
            {
                "matched_transaction_id": False,
                "matched_request_id": False,
                "match_note": False,
            }
        )
        return res

    # === Matching ===

    def _match_payment_references(self):
        """Reconcile the lines that carry one of our references and its amount.

        One search for the transactions and one for the requests of all the lines,
        then one reconciliation of all the pairs. What is not sure stays open and
        says why.
        """
        lang = self.company_id[:1]._get_payment_language()
        records = self.sudo().with_context(lang=lang)
        lines = records.filtered(
            lambda line: line.amount > 0
            and not line.is_reconciled
            and not line.foreign_currency_id
        )
        codes = {line: line._find_payment_references() for line in lines}
        targets = lines._get_payment_targets(set().union(*codes.values()))
        plan, taken = [], set()
        for line in lines:
            found = [
                target._replace(open=target.open and target.key not in taken)
                for code in codes[line]
                for target in targets.get((line.company_id.root_id, code), ())
            ]
            decision = matching.decide(
                payment_utils.to_minor_currency_units(line.amount, line.currency_id),
                line.currency_id.name,
                found,
            )
            if decision.certainty == matching.SURE:
                taken.add(decision.target.key)
                plan.append((line, decision.target.key))
            elif decision.certainty == matching.UNSURE:
                line._leave_open(decision)
        self._reconcile_payment_targets(plan)

    def _find_payment_references(self):
        """Return the codes in the line's texts that may be one of our references."""
        self.ensure_one()
        texts = [self.payment_ref, self.ref]
        if self.narration:
            texts.append(html2plaintext(self.narration))
        texts += _texts_within(self.transaction_details)
        # Each text by itself too: a code must not hide across two of them.
        codes = []
        for text in filter(None, texts):
            codes += bridge_reference.find(text)
        return list(dict.fromkeys(codes))

    def _get_payment_targets(self, codes):
        """Return what lines of these companies may pay, by company and reference.

        :param set[str] codes: references found in the labels
        :rtype: dict[tuple[res.company, str], list[matching.Target]]
        """
        targets = {}
        if not codes:
            return targets
        roots = self.company_id.root_id
        transactions = (
            self.env["payment.transaction"]
            .sudo()
            .search(
                [
                    ("reference", "in", list(codes)),
                    ("provider_code", "=", const.PROVIDER_CODE),
                    ("company_id", "child_of", roots.ids),
                ]
            )
        )
        requests = (
            self.env["payment.request"]
            .sudo()
            .search(
                [
                    ("reference", "in", list(codes)),
                    ("company_id", "child_of", roots.ids),
                ]
            )
        )
        for record in [*transactions, *requests]:
            is_transaction = record._name == "payment.transaction"
            amount = record.amount if is_transaction else record.amount_to_pay
            currency = record.currency_id
            target = matching.Target(
                key=record,
                cents=payment_utils.to_minor_currency_units(amount, currency),
                currency=currency.name,
                open=not is_transaction or record._is_awaited_at_bank(),
            )
            key = (record.company_id.root_id, record.reference)
            targets.setdefault(key, []).append(target)
        return targets

    def _leave_open(self, decision):
        """Note on the line, and on the transfer, why it was not reconciled."""
        self.ensure_one()
        record = decision.target.key
        notes = {
            "amount": self.env._(
                "The label carries the reference %(reference)s, but the amount is not "
                "the %(expected)s expected.",
                reference=record.reference,
                expected=record.currency_id.format(
                    payment_utils.to_major_currency_units(
                        decision.target.cents, record.currency_id
                    )
                ),
            ),
            "already_matched": self.env._(
                "The label carries the reference %s, which another bank line already "
                "paid.",
                record.reference,
            ),
            "ambiguous": self.env._("The label carries several of our references."),
        }
        self.match_note = notes[decision.reason]
        if (
            decision.reason == "amount"
            and record._name == "payment.transaction"
            and record.issue != "amount_differs"
        ):
            record._flag("amount_differs", self.match_note)

    def _reconcile_payment_targets(self, plan):
        """Reconcile each line with what it pays, all pairs in one plan.

        :param plan: pairs of a line and a transaction or a request
        """
        pairs = []
        for line, record in plan:
            try:
                open_lines = line._get_open_lines_paid(record)
                pair = line._prepare_payment_pair(record, open_lines)
            except UserError as error:
                line._note_failure(record, error)
                continue
            if pair:
                pairs.append((line, record, pair))
        if not pairs:
            return
        move_lines = self.env["account.move.line"]
        try:
            with self.env.cr.savepoint():
                move_lines._reconcile_plan([pair for _line, _record, pair in pairs])
        except UserError:
            # One bad pair must not keep the others open: find it.
            for line, record, pair in pairs:
                try:
                    with self.env.cr.savepoint():
                        pair.reconcile()
                except UserError as error:
                    line._note_failure(record, error)

    def _note_failure(self, record, error):
        """Leave the line open as it came, and say why."""
        self.ensure_one()
        _logger.warning("Bank line %s left open: %s", self.id, error)
        self.action_undo_reconciliation()
        self.match_note = self.env._(
            "The reference %(reference)s is right, but it could not be booked: "
            "%(error)s",
            reference=record.reference,
            error=error,
        )

    def _get_open_lines_paid(self, record):
        """Return the open entries that this line pays; a transfer whose bank never
        told is done first.

        :rtype: account.move.line
        """
        if record._name == "payment.request":
            return record.line_ids._get_due_lines()
        if record.state != "done" or not record.payment_id:
            # Only what is booked here can fail half-way.
            with self.env.cr.savepoint():
                if record.state != "done":
                    record._bridge_set_done()
                record._post_process()
        liquidity, _counterpart, _writeoff = record.payment_id._seek_for_lines()
        return liquidity.filtered(
            lambda entry: entry.account_id.reconcile
            and not entry.reconciled
            and entry.parent_state == "posted"
        )

    def _prepare_payment_pair(self, record, open_lines):
        """Turn the line's suspense entry towards ``open_lines``.

        :return: the entries to reconcile together, empty when there are none
        :rtype: account.move.line
        :raises UserError: when these entries cannot be paid by one line
        """
        self.ensure_one()
        _liquidity, suspense, _other = self._seek_for_lines()
        is_transaction = record._name == "payment.transaction"
        partner = record.partner_id.commercial_partner_id
        if open_lines:
            account = open_lines.account_id
        elif is_transaction or record.line_ids:
            raise UserError(self.env._("no open entry was found for it."))
        else:  # A deposit: a credit of the customer until it is invoiced.
            account = partner.with_company(
                self.company_id
            ).property_account_receivable_id
        if len(account) != 1:
            raise UserError(
                self.env._("the invoices are on several receivable accounts.")
            )
        # What it was matched with is said on the line: no message for each of them.
        suspense.with_context(tracking_disable=True).write(
            {"account_id": account.id, "partner_id": partner.id}
        )
        request = record.payment_request_id if is_transaction else record
        self.write(
            {
                "matched_transaction_id": record.id if is_transaction else False,
                "matched_request_id": request.id,
                "match_note": self.env._(
                    "The label carries the reference %(reference)s and the amount is "
                    "the %(amount)s expected.",
                    reference=record.reference,
                    amount=self.currency_id.format(self.amount),
                ),
            }
        )
        return suspense + open_lines if open_lines else open_lines
