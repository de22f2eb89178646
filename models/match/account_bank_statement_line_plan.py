"""Turns decisions of the rules into bookings and suggestions."""

import logging
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_bank import sanitize_account_number
from odoo.addons.payment import utils as payment_utils

from ... import matching
from .booking import Booking, get_pieces
from .candidates import Candidates
from .reasons import write_sentence

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of one bank line.

    :ivar incoming: the `Incoming`
    :ivar decision: what the rules say
    :ivar booking: the `Booking` of a sure decision, its line still to be filled in
    :ivar values: values of the line's fields, for its creation
    """

    incoming: object
    decision: matching.Decision
    booking: Booking | None = None
    values: dict = field(default_factory=dict)


class AllocatedSoFar:
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
            self._allocate_in_order(target.dues, cents)

    def _allocate_in_order(self, dues, cents):
        """Allocate money to ``dues`` in their order, as far as it goes."""
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
        if target.kind == "transaction":
            # Its own money, even if another line paid what it was for.
            return target._replace(open=target.open and target.key not in self._paid)
        if target.key not in self._paid and left == dues:
            return target
        if not left:
            return target._replace(open=False)
        paid = self._paid[target.key]
        return target._replace(
            cents=max(target.cents - paid, 0), open=target.open and target.cents > paid
        )


class AccountBankStatementLine(models.Model):
    """Deciding on lines, before or after they are created."""

    _inherit = "account.bank.statement.line"

    @api.model
    def _plan(self, batch, book=True):
        """Decide on each line; prepare the booking of what is sure.

        :param list[Incoming] batch: lines of any companies
        :param bool book: whether sure decisions are booked, or only suggested
        :rtype: list[Plan]
        """
        plans = {}
        by_company = defaultdict(list)
        for incoming in batch:
            by_company[incoming.company_id].append(incoming)
        for company, lines in by_company.items():
            model = company._with_books_language(self)
            decisions = model._decide(lines)
            model._read_ahead(decisions)
            for incoming, decision in zip(lines, decisions, strict=True):
                plans[incoming.receipt.key] = model._make_plan(incoming, decision, book)
        return [plans[incoming.receipt.key] for incoming in batch]

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
    def _decide(self, batch):
        """Let the rules decide on lines of one company, one after the other: what a
        line pays is no longer due for the next.

        :rtype: list[matching.Decision]
        """
        found = Candidates(self.env, batch)
        found.load()
        settings = self._get_match_settings(batch[0])
        nothing = AllocatedSoFar()
        decisions = [
            self._decide_one(incoming, found, settings, nothing) for incoming in batch
        ]
        unclear = [
            incoming
            for incoming, decision in zip(batch, decisions, strict=True)
            if matching.needs_more(decision)
        ]
        if unclear:
            found.load_more(unclear)
        again = {incoming.receipt.key for incoming in unclear}
        allocated = AllocatedSoFar()
        for index, incoming in enumerate(batch):
            if incoming.receipt.key in again or allocated.concerns(
                found.targets(incoming), found.dues(incoming)
            ):
                decisions[index] = self._decide_one(
                    incoming, found, settings, allocated
                )
            if decisions[index].certainty == matching.SURE:
                allocated.add(decisions[index].best, incoming.receipt)
        return decisions

    @api.model
    def _decide_one(self, incoming, found, settings, allocated):
        try:
            return matching.decide(
                incoming.receipt,
                incoming.clues,
                allocated.reduce_targets(found.targets(incoming), incoming.receipt),
                allocated.reduce_dues(found.dues(incoming)),
                settings,
                found.payers(incoming),
            )
        except Exception:
            # Whatever a label holds, money must get into the books.
            _logger.exception("A bank line could not be examined")
            return matching.Decision(matching.NONE)

    @api.model
    def _get_match_settings(self, incoming):
        company = incoming.company_id
        tolerance = 0
        if company.bank_match_fee_account_id and (
            incoming.currency_id == company.currency_id
        ):
            tolerance = payment_utils.to_minor_currency_units(
                company.bank_match_tolerance, company.currency_id
            )
        return matching.Settings(
            partial=company.bank_match_partial, tolerance_cents=tolerance
        )

    @api.model
    def _make_plan(self, incoming, decision, book):
        """Make one decision a plan."""
        if decision.certainty == matching.NONE:
            return Plan(incoming, decision, values={"match_state": "open"})
        note = write_sentence(self.env, decision.best, incoming.currency_id)
        values = {
            "match_state": "open",
            "match_kind": decision.best.kind,
            "match_note": note,
        }
        if decision.certainty != matching.SURE or not book:
            return Plan(incoming, decision, values=values)
        try:
            # A transfer of ours is completed here, which can fail.
            booking = self._prepare_decided_booking(incoming, decision.best, note)
        except UserError as error:
            _logger.warning("A bank line is left open: %s", error)
            values["match_note"] = self._get_failure_note(note, error)
            return Plan(incoming, decision, values=values)
        plan = Plan(incoming, decision, booking)
        return plan if incoming.line else self._plan_creation(plan)

    @api.model
    def _plan_creation(self, plan):
        """Have the line created with its partner, and directly on its account if one
        entry is enough: it then needs no write afterwards."""
        incoming, booking = plan.incoming, plan.booking
        values = self._get_booking_values(booking)
        if booking.partner and not incoming.partner_id:
            values.update(partner_id=booking.partner.id, partner_matched=True)
        pieces = ()
        if booking.kind != "returned" and not booking.discounts:
            # If it does not add up, the booking fails, and the line says why.
            with suppress(UserError):
                pieces = get_pieces(
                    booking, incoming.currency_id, incoming.amount, incoming
                )
        if len(pieces) == 1 and (
            pieces[0].partner == (incoming.partner_id or booking.partner)
        ):
            values["counterpart_account_id"] = pieces[0].account.id
            booking = replace(booking, created_on_account=True)
        return replace(plan, booking=booking, values=values)

    # === Booking ===

    @api.model
    def _prepare_decided_booking(self, incoming, proposal, note):
        """Return what ``proposal`` books, on a line still to be filled in.

        :param Incoming incoming: the line
        :param matching.Proposal proposal: sure, or accepted by a person
        :rtype: Booking
        :raises UserError: when a transfer of ours cannot be booked first
        """
        transaction, request = self._get_target_records(proposal.target)
        allocations = self._get_allocations(incoming, proposal)
        needs_entries = bool(request.line_ids) and incoming.amount > 0
        if self._is_whole_transfer(incoming, proposal):
            entries = transaction._get_entries_at_bank()
            allocations = tuple((entry, None) for entry in entries)
            needs_entries = True
        if needs_entries and not allocations:
            raise UserError(self.env._("no open entry was found for it."))
        partner = self.env["res.partner"].browse(proposal.partner)
        entries = [entry for entry, _amount in allocations]
        fee = incoming.get_money(proposal.fee_cents)
        return Booking(
            line=incoming.line,
            partner=partner or incoming.partner_id,
            allocations=allocations,
            write_offs=self._get_fee_write_off(incoming.company_id, fee),
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
    def _is_whole_transfer(self, incoming, proposal):
        """Return whether the line is a transfer of ours, to the cent."""
        target = proposal.target
        return (
            bool(target)
            and target.kind == "transaction"
            and incoming.receipt.cents > 0
            and (target.cents, target.currency)
            == (incoming.receipt.cents, incoming.receipt.currency)
        )

    @api.model
    def _get_allocations(self, incoming, proposal):
        """Return the entries that a proposal settles, and for how much."""
        model = self.env["account.move.line"]
        target = proposal.target
        if target and not proposal.dues and incoming.amount > 0:
            # A part of its dues, or less a discount: as far as the money goes.
            return tuple((model.browse(due.key), None) for due in target.dues)
        entries = model.browse(due.key for due in proposal.dues)
        allocations = []
        for index, (entry, due) in enumerate(zip(entries, proposal.dues, strict=True)):
            amount = None
            if due.currency == incoming.receipt.currency:
                last = index == len(proposal.dues) - 1
                missing = proposal.missing_cents if last else 0
                amount = incoming.get_money(due.cents - missing)
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
        their amount or their customer fits.

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
        for incoming in self._read_lines():
            line = incoming.line
            if (
                (incoming.amount, incoming.currency_id) in amounts
                or incoming.partner_id.commercial_partner_id & partners
                or line.match_suggestion_ids.partner_id & partners
                or sanitize_account_number(incoming.receipt.iban) in accounts
                or digits & set(incoming.clues.digits)
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
        bookings, unclear = [], []
        for line, plan in zip(lines, plans, strict=True):
            if plan is None:
                continue
            if plan.booking:
                company_line = line.company_id._with_books_language(line)
                bookings.append(replace(plan.booking, line=company_line))
            elif plan.decision.best and line._is_untouched():
                unclear.append((line, plan))
        booked = self._book_matches(bookings)
        returned = self._find_return_lines(lines, plans, booked)
        booked |= returned._match()
        if unclear := [pair for pair in unclear if pair[0] not in returned]:
            self.env["bank.match.suggestion"]._suggest(unclear)
            self._flag_differences(unclear)
        return booked

    @api.model
    def _find_return_lines(self, lines, plans, booked):
        """Return the lines by which what came in with ``booked`` went out again: only
        now is it known that it had come in.

        :rtype: account.bank.statement.line
        """
        paid = booked.matched_transaction_id.mapped("reference")
        paid += booked.matched_request_id.mapped("reference")
        returned = self.browse()
        for line, plan in zip(lines, plans, strict=True):
            if not paid or plan is None or plan.booking or plan.incoming.amount > 0:
                continue
            if set(plan.incoming.clues.codes) & set(paid):
                returned |= line
        return returned

    @api.model
    def _flag_differences(self, unclear):
        """Call a person when a transfer of ours came with another amount."""
        for _line, plan in unclear:
            best = plan.decision.best
            if best.reason == "amount" and best.target and plan.incoming.amount > 0:
                transaction, _request = self._get_target_records(best.target)
                transaction._flag_difference(plan.values["match_note"])
