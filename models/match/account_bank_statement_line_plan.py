"""From what the rules decide to what is booked and what is suggested."""

import logging
from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number
from odoo.addons.payment import utils as payment_utils

from ... import matching
from .booking import Booking, get_pieces
from .candidates import Candidates
from .reasons import write_sentence

_logger = logging.getLogger(__name__)


class Plan(NamedTuple):
    """What becomes of one bank line.

    :ivar one: the `Incoming`
    :ivar decision: what the rules say
    :ivar booking: the `Booking` of a sure decision, its line still to be filled in
    :ivar values: values of the line's fields, for its creation
    :ivar turned: whether ``values`` create it on the account of its booking
    """

    one: object
    decision: matching.Decision
    booking: Booking | None = None
    values: dict = {}
    turned: bool = False


class _Taken:
    """What earlier lines of a batch pay already."""

    def __init__(self):
        self._cents = defaultdict(int)  # by due
        self._paid = defaultdict(int)  # by target
        self._returned = set()  # keys of targets

    def add(self, proposal, receipt):
        """Note what a sure proposal pays.

        :param matching.Receipt receipt: what it was decided for
        """
        for due in proposal.dues:
            self._cents[due.key] += due.cents
        if proposal.dues:
            self._cents[proposal.dues[-1].key] -= proposal.missing_cents
        target = proposal.target
        if not target:
            return
        if receipt.cents < 0:
            self._returned.add(target.key)
            return
        cents = receipt.cents + proposal.fee_cents
        self._paid[target.key] += cents
        if not proposal.dues:
            self._spread(target.dues, cents)

    def _spread(self, dues, cents):
        """Note money that goes to ``dues`` as far as it reaches, first ones first."""
        for due in dues:
            part = max(min(due.cents - self._cents[due.key], cents), 0)
            self._cents[due.key] += part
            cents -= part

    def concerns(self, targets, dues):
        """Return whether any of these is paid by an earlier line."""
        return any(
            target.key in self._paid or target.key in self._returned
            for target in targets
        ) or any(
            due.key in self._cents
            for due in (*dues, *(d for target in targets for d in target.dues))
        )

    def reduce_dues(self, dues):
        """Return ``dues`` with what earlier lines leave of them."""
        return tuple(
            due._replace(cents=due.cents - self._cents[due.key], discount_cents=0)
            if due.key in self._cents
            else due
            for due in dues
        )

    def reduce_targets(self, targets, receipt):
        """Return ``targets`` with what earlier lines leave of them."""
        if receipt.cents < 0:
            return [target for target in targets if target.key not in self._returned]
        return [self._reduce_target(target) for target in targets]

    def _reduce_target(self, target):
        dues = self.reduce_dues(target.dues)
        left = tuple(due for due in dues if due.cents)
        target = target._replace(dues=left)
        if target.key not in self._paid and left == dues:
            return target
        if target.kind == "transaction" or not left:
            return target._replace(open=False)
        paid = self._paid[target.key]
        return target._replace(
            cents=max(target.cents - paid, 0), open=target.open and target.cents > paid
        )


class AccountBankStatementLine(models.Model):
    """Deciding on lines, before or after they are created."""

    _inherit = "account.bank.statement.line"

    @api.model
    def _plan(self, incoming, book=True):
        """Decide on each line; make ready what is sure.

        :param list[Incoming] incoming: lines of any companies
        :param bool book: whether sure decisions are booked, or only suggested
        :rtype: list[Plan]
        """
        plans = {}
        by_company = defaultdict(list)
        for one in incoming:
            by_company[one.company_id].append(one)
        for company, lines in by_company.items():
            model = company._with_books_language(self)
            decisions = model._decide(lines)
            model._read_ahead(decisions)
            for one, decision in zip(lines, decisions, strict=True):
                plans[one.receipt.key] = model._make_plan(one, decision, book)
        return [plans[one.receipt.key] for one in incoming]

    @api.model
    def _read_ahead(self, decisions):
        """Read in a few queries what booking the sure decisions will look at."""
        sure = [d.best for d in decisions if d.certainty == matching.SURE]
        ids = {due.key for proposal in sure for due in proposal.dues}
        targets = [proposal.target for proposal in sure if proposal.target]
        ids |= {due.key for target in targets for due in target.dues}
        entries = self.env["account.move.line"].browse(sorted(ids))
        entries.mapped("amount_residual_currency")
        transactions = self.env["payment.transaction"].browse(
            target.key[1] for target in targets if target.kind == "transaction"
        )
        transactions.payment_id.move_id.line_ids.mapped("account_id")

    @api.model
    def _decide(self, incoming):
        """Let the rules decide on lines of one company, one after the other: what a
        line pays is no longer due for the next.

        :rtype: list[matching.Decision]
        """
        found = Candidates(self.env, incoming)
        found.load()
        settings = self._get_match_settings(incoming[0])
        nothing = _Taken()
        decisions = [self._decide_one(o, found, settings, nothing) for o in incoming]
        unclear = [
            one
            for one, decision in zip(incoming, decisions, strict=True)
            if matching.needs_more(decision)
        ]
        if unclear:
            found.load_more(unclear)
        again = {one.receipt.key for one in unclear}
        taken = _Taken()
        for index, one in enumerate(incoming):
            if one.receipt.key in again or taken.concerns(
                found.targets(one), found.dues(one)
            ):
                decisions[index] = self._decide_one(one, found, settings, taken)
            if decisions[index].certainty == matching.SURE:
                taken.add(decisions[index].best, one.receipt)
        return decisions

    @api.model
    def _decide_one(self, one, found, settings, taken):
        try:
            return matching.decide(
                one.receipt,
                found.clues[one.receipt.key],
                taken.reduce_targets(found.targets(one), one.receipt),
                taken.reduce_dues(found.dues(one)),
                settings,
                found.payers(one),
            )
        except Exception:
            # Whatever a label holds, money must get into the books.
            _logger.exception("A bank line could not be examined")
            return matching.Decision(matching.NONE)

    @api.model
    def _get_match_settings(self, one):
        company = one.company_id
        tolerance = 0
        if company.bank_match_fee_account_id and (
            one.currency_id == company.currency_id
        ):
            tolerance = payment_utils.to_minor_currency_units(
                company.bank_match_tolerance, company.currency_id
            )
        return matching.Settings(
            partial=company.bank_match_partial, tolerance_cents=tolerance
        )

    @api.model
    def _make_plan(self, one, decision, book):
        """Turn one decision into a plan."""
        if decision.certainty == matching.NONE:
            return Plan(one, decision, values={"match_state": "open"})
        note = write_sentence(self.env, decision.best, one.currency_id)
        values = {
            "match_state": "open",
            "match_kind": decision.best.kind,
            "match_note": note,
        }
        if decision.certainty != matching.SURE or not book:
            return Plan(one, decision, values=values)
        try:
            # What is done here for a transfer of ours can fail half-way.
            booking = self._prepare_booking(one, decision.best, note)
        except UserError as error:
            _logger.warning("A bank line is left open: %s", error)
            values["match_note"] = self.env._(
                "%(reason)s But it could not be booked: %(error)s",
                reason=note,
                error=error,
            )
            return Plan(one, decision, values=values)
        plan = Plan(one, decision, booking)
        return plan if one.line else self._plan_creation(plan)

    @api.model
    def _plan_creation(self, plan):
        """Have the line created with its partner, and on its account if one entry is
        enough: nothing is to be written on it afterwards then."""
        one, booking = plan.one, plan.booking
        values = self._get_booking_values(booking)
        if booking.partner and not one.partner_id:
            values.update(partner_id=booking.partner.id, partner_matched=True)
        if booking.kind == "returned" or booking.discounts:
            return plan._replace(values=values)
        try:
            pieces = get_pieces(booking, one.currency_id, one.amount, one)
        except UserError:
            # It is said on the line when the booking fails.
            return plan._replace(values=values)
        if len(pieces) != 1 or (
            pieces[0].partner != (one.partner_id or booking.partner)
        ):
            return plan._replace(values=values)
        values["counterpart_account_id"] = pieces[0].account.id
        return plan._replace(values=values, turned=True)

    # === Booking ===

    @api.model
    def _prepare_booking(self, one, proposal, note):
        """Return what ``proposal`` books, on a line still to be filled in.

        :param Incoming one: the line
        :param matching.Proposal proposal: sure, or accepted by a person
        :rtype: Booking
        :raises UserError: when a transfer of ours cannot be booked first
        """
        transaction, request = self._get_target_records(proposal.target)
        allocations = self._get_allocations(one, proposal)
        if self._is_whole_transfer(one, proposal):
            entries = transaction._get_entries_at_bank()
            if not entries:
                raise UserError(self.env._("no open entry was found for it."))
            allocations = tuple((entry, None) for entry in entries)
        elif request and request.line_ids and not allocations and one.amount > 0:
            raise UserError(self.env._("no open entry was found for it."))
        partners = {due.partner for due in proposal.dues}
        if proposal.target:
            partners = {proposal.target.partner}
        partner = self.env["res.partner"].browse(
            partners if len(partners) == 1 else one.partner_id.ids
        )
        entries = [entry for entry, _amount in allocations]
        fee = payment_utils.to_major_currency_units(proposal.fee_cents, one.currency_id)
        return Booking(
            line=one.line,
            partner=partner,
            allocations=allocations,
            write_offs=self._get_fee_write_off(one.company_id, fee),
            transaction=transaction,
            request=request,
            kind=proposal.kind,
            note=note,
            discounts=self._get_discounted(entries, proposal),
        )

    @api.model
    def _get_target_records(self, target):
        """Return the transaction and the request of a target, empty without."""
        transaction = self.env["payment.transaction"]
        request = self.env["payment.request"]
        if target:
            model, record_id = target.key
            record = self.env[model].browse(record_id)
            if model == transaction._name:
                return record, record.payment_request_id
            return transaction, record
        return transaction, request

    @api.model
    def _is_whole_transfer(self, one, proposal):
        """Return whether the line is a transfer of ours, to the cent."""
        target = proposal.target
        return (
            bool(target)
            and target.kind == "transaction"
            and one.receipt.cents > 0
            and (target.cents, target.currency)
            == (one.receipt.cents, one.receipt.currency)
        )

    @api.model
    def _get_allocations(self, one, proposal):
        """Return the entries that a proposal settles, and for how much."""
        model = self.env["account.move.line"]
        target = proposal.target
        if target and not proposal.dues and one.amount > 0:
            # A part of its dues, or less a discount: as far as the money goes.
            return tuple((model.browse(due.key), None) for due in target.dues)
        entries = model.browse(due.key for due in proposal.dues)
        allocations = []
        for index, (entry, due) in enumerate(zip(entries, proposal.dues, strict=True)):
            amount = None
            if due.currency == one.receipt.currency:
                last = index == len(proposal.dues) - 1
                cents = due.cents - (proposal.missing_cents if last else 0)
                amount = payment_utils.to_major_currency_units(cents, one.currency_id)
            allocations.append((entry, amount))
        return tuple(allocations)

    @api.model
    def _get_fee_write_off(self, company, fee):
        """Return the write-off of a fee that a bank kept."""
        if not fee:
            return ()
        account = company.bank_match_fee_account_id
        if not account:
            raise UserError(
                self.env._("no account for bank fees is chosen in the settings.")
            )
        return ((account, -fee, self.env._("Bank fee")),)

    @api.model
    def _get_discounted(self, entries, proposal):
        """Return the entries that the early-payment discount of a proposal closes."""
        if not proposal.discount_cents:
            return ()
        return tuple(
            entry
            for entry, due, paid in zip(
                entries, proposal.dues, proposal.paid, strict=False
            )
            if due.discount_cents and paid == due.cents - due.discount_cents
        )

    # === Looking again ===

    def _select_concerned(self, moves):
        """Return those of these open lines that documents may explain: their number,
        their amount or their customer is told.

        :param account.move moves: customer documents posted since
        """
        digits, amounts = set(), set()
        for move in moves:
            for text in (move.name, move.payment_reference):
                digits.add("".join(char for char in text or "" if char.isdigit()))
            dues = move.line_ids.filtered(lambda e: e.display_type == "payment_term")
            amounts |= {
                (entry.amount_residual_currency, move.currency_id) for entry in dues
            } | {(move.amount_residual, move.currency_id)}
        partners = moves.commercial_partner_id
        accounts = set(partners.bank_ids.mapped("sanitized_acc_number"))
        concerned = self.browse()
        for one in self._read_lines():
            line = one.line
            if (
                (one.amount, one.currency_id) in amounts
                or one.partner_id.commercial_partner_id & partners
                or line.match_suggestion_ids.partner_id & partners
                or sanitize_account_number(one.receipt.iban) in accounts
                or digits & set(matching.read_clues(one.receipt).digits)
            ):
                concerned |= line
        return concerned

    # === Carrying out ===

    @api.model
    def _carry_out(self, lines, plans):
        """Book what is sure and suggest the rest, for lines that are there.

        :param lines: in sudo, in the order of ``plans``
        :return: the lines that were booked
        :rtype: account.bank.statement.line
        """
        bookings, turned, unclear = [], set(), []
        for line, plan in zip(lines, plans, strict=True):
            if plan is None:
                continue
            if plan.booking:
                company_line = line.company_id._with_books_language(line)
                bookings.append(plan.booking._replace(line=company_line))
                if plan.turned:
                    turned.add(line.id)
            elif plan.decision.best and line._is_untouched():
                unclear.append((line, plan))
        booked = self._book(bookings, turned) if bookings else self.browse()
        returned = self._find_returned(lines, plans, booked)
        booked |= returned._match()
        if unclear := [pair for pair in unclear if pair[0] not in returned]:
            self.env["bank.match.suggestion"]._suggest(unclear)
            self._flag_differences(unclear)
        return booked

    @api.model
    def _find_returned(self, lines, plans, booked):
        """Return the lines by which what came in with ``booked`` went out again: only
        now is it known that it had come in.

        :rtype: account.bank.statement.line
        """
        paid = booked.matched_transaction_id.mapped("reference")
        paid += booked.matched_request_id.mapped("reference")
        returned = self.browse()
        for line, plan in zip(lines, plans, strict=True):
            if not paid or plan is None or plan.booking or plan.one.amount > 0:
                continue
            if set(matching.read_clues(plan.one.receipt).codes) & set(paid):
                returned |= line
        return returned

    @api.model
    def _flag_differences(self, unclear):
        """Call a person when a transfer of ours came with another amount."""
        for _line, plan in unclear:
            best = plan.decision.best
            if best.reason == "amount" and best.target and plan.one.amount > 0:
                transaction, _request = self._get_target_records(best.target)
                transaction._flag_difference(plan.values["match_note"])
