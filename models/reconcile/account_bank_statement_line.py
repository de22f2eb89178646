"""What the *To reconcile* screen asks and does: load, accept, book, leave, undo.

What the browser does with the answers is in `static/src/reconcile/reconcile_model.js`.
"""

from operator import methodcaller

from odoo import api, models
from odoo.exceptions import MissingError, UserError
from odoo.fields import Domain

from ..batch import together_or_each
from ..match.account_bank_statement_line import BOOKING_GROUP
from .account_bank_statement_line_manual import UNFIT_ACCOUNT_TYPES

PAGE = 80
CANDIDATE_PAGE = 20


def read_amount(text):
    """Return the amount a person typed, with comma or point, or None.

    A lone separator followed by three digits stands for thousands.

    :param str text: e.g. ``1 234,50``, ``1,234.50``, ``-120``
    :rtype: float | None
    """
    text = "".join(text.split()).strip("€").lstrip("+-")
    comma, point = text.rfind(","), text.rfind(".")
    decimal = max(comma, point)
    if min(comma, point) < 0 and len(text) - decimal == 4:
        decimal = -1
    whole, cents = (text, "") if decimal < 0 else (text[:decimal], text[decimal + 1 :])
    whole = whole.replace(",", "").replace(".", "")
    if not (whole + cents).isdecimal():
        return None
    return float(f"{whole or 0}.{cents or 0}")


def split_words(search):
    """Return the words that must all be found; an amount with spaces is one word."""
    search = (search or "").strip()
    if search and read_amount(search) is not None:
        return [search]
    return search.split()


class AccountBankStatementLine(models.Model):
    # The last room that adds to lines: what a user gives passes here first.
    _name = "account.bank.statement.line"
    _inherit = ["payment.engine.owned", "account.bank.statement.line"]

    # === What the screen reads ===

    @api.model
    def to_reconcile_load(
        self, journal_id=False, search="", order="newest", by_journal=False, offset=0
    ):
        """Return a page of the open bank lines and, with the first, what is around.

        :param int journal_id: only this journal's lines
        :param str search: words of the label or the customer, or an amount
        :param str order: ``newest`` or ``oldest``
        :param bool by_journal: whether the lines of a journal stand together
        :param int offset: how many lines the screen has already
        :rtype: dict
        """
        domain = self._get_to_reconcile_domain(journal_id, search)
        ordering = f"internal_index {'asc' if order == 'oldest' else 'desc'}"
        if by_journal:
            ordering = f"journal_id, {ordering}"
        lines = self.search(domain, order=ordering, offset=offset, limit=PAGE)
        values = {
            "lines": lines._get_to_reconcile_rows(),
            "total": self.search_count(domain),
        }
        if not offset:
            values |= {
                "journals": self._get_to_reconcile_journals(),
                "summary": self._get_to_reconcile_summary(),
                "can_book": self.env.user.has_group(BOOKING_GROUP),
                "bank_note": self.env.companies._get_bank_data_note(
                    self.env["account.journal"].browse(journal_id) or None
                ),
                "unfit_account_types": UNFIT_ACCOUNT_TYPES,
            }
        return values

    @api.model
    def to_reconcile_read(self, line_ids):
        """Return the rows of those of these lines that are still open.

        :rtype: list[dict]
        """
        return self.browse(line_ids)._filter_still_open()._get_to_reconcile_rows()

    def to_reconcile_candidates(self, search="", partner_id=False, offset=0):
        """Return open entries that this line may pay, the oldest first.

        Without a word nor a customer, only those of the line's very amount.

        :param str search: words of a number, a reference or a customer, or an amount
        :param int partner_id: only the entries of this customer
        :return: ``entries``, and whether there are ``more``
        :rtype: dict
        """
        self.ensure_one()
        self.check_access("read")
        domain = Domain(self._get_default_amls_matching_domain())
        domain &= Domain("amount_residual_currency", "!=", 0)
        if partner_id:
            partner = self.env["res.partner"].browse(partner_id)
            domain &= Domain(
                "partner_id", "child_of", partner.commercial_partner_id.ids
            )
        words = split_words(search)
        for word in words:
            domain &= self._get_candidate_domain(word)
        if not words and not partner_id:
            domain &= Domain(
                "amount_residual_currency", "=", self._get_transaction_amount()
            )
        entries = self.env["account.move.line"].search(
            domain,
            order="date_maturity, id",
            offset=offset,
            limit=CANDIDATE_PAGE + 1,
        )
        return {
            "entries": self._get_entry_rows(entries[:CANDIDATE_PAGE]),
            "more": len(entries) > CANDIDATE_PAGE,
        }

    # === What the screen does ===

    @api.model
    def to_reconcile_accept(self, suggestion_ids):
        """Book these suggestions, at most one of each line.

        :return: see `_get_to_reconcile_outcome`
        :rtype: dict
        """
        self._check_may_reconcile()
        suggestions = self.env["bank.match.suggestion"].browse(suggestion_ids)
        suggestions = suggestions.exists()
        suggestions.check_access("read")
        lines = suggestions.line_id
        lines.check_access("read")
        if len(lines) < len(suggestions):
            raise UserError(self.env._("Accept one suggestion of each line."))
        gone = self.env._(
            "This suggestion is out of date. Reload the screen and look again."
        )
        if not lines:
            raise UserError(gone)
        was_open = lines._filter_still_open()
        suggestions = suggestions.filtered(lambda each: each.line_id in was_open)
        line_ids = {each.id: each.line_id.id for each in suggestions}
        messages = {}

        def refuse(suggestion, error):
            # One before it may have paid what it suggested.
            is_gone = isinstance(error, MissingError)
            messages[line_ids[suggestion.id]] = gone if is_gone else str(error)

        together_or_each(
            self.env,
            suggestions.sudo(),
            methodcaller("action_accept"),
            refuse,
            expected=UserError,
        )
        return lines._get_to_reconcile_outcome(was_open, messages)

    def to_reconcile_book(
        self, picks=(), partner_id=False, account_id=False, label="", credit=False
    ):
        """Book one line on what a person chose.

        What the picks leave of the line's amount goes to ``account_id``, or becomes a
        credit of the customer; otherwise nothing may be left.

        :param picks: pairs of an entry's id and the amount paid on it, in the line's
            currency and with the line's sign; None for the whole of it
        :param int partner_id: the customer, by default the picks' one
        :param int account_id: where the difference goes
        :param str label: of the difference
        :param bool credit: leave the rest as a credit of the customer
        :return: see `_get_to_reconcile_outcome`
        :rtype: dict
        """
        self.ensure_one()
        self._check_may_reconcile()
        self.check_access("read")
        was_open = self._filter_still_open()
        messages = {}
        if was_open:
            booking = self._prepare_manual_booking(
                picks, partner_id, account_id, label, credit
            )
            note = self.match_note
            try:
                with self.env.cr.savepoint():
                    booked = self.sudo()._book_matches([booking])
                if not booked and self.match_note != note:
                    messages[self.id] = self.match_note
                elif not booked:
                    messages[self.id] = self.env._(
                        "Somebody else is working on this line or on what it pays. "
                        "Try again in a moment."
                    )
            except UserError as error:
                messages[self.id] = str(error)
        return self._get_to_reconcile_outcome(was_open, messages)

    @api.model
    def to_reconcile_undo(self, marks):
        """Open lines again that this screen has just booked.

        A line that somebody has changed since is left alone.

        :param dict marks: what `_get_to_reconcile_outcome` gave, by line id
        :return: ``lines`` that are open again, ``refused``, ``summary``
        :rtype: dict
        """
        self._check_may_reconcile()
        marks = {int(line_id): mark for line_id, mark in marks.items()}
        lines = self.browse(list(marks)).exists()
        lines.check_access("read")
        changed = lines.filtered(lambda line: line._get_mark() != marks[line.id])
        messages = dict.fromkeys(
            changed.ids,
            self.env._(
                "It was changed meanwhile: open the line to see what it is now."
            ),
        )

        def undo(some):
            some.action_undo_reconciliation()
            bare = some.filtered(lambda line: not line.match_suggestion_ids)
            bare._match(book=False)

        def refuse(line, error):
            messages[line.id] = str(error)

        together_or_each(
            self.env, (lines - changed).sudo(), undo, refuse, expected=UserError
        )
        return lines._get_to_reconcile_outcome(self.browse(), messages)

    @api.model
    def to_reconcile_examine(self, line_ids):
        """Look for suggestions for these open lines anew; nothing is booked.

        :return: see `_get_to_reconcile_outcome`
        :rtype: dict
        """
        self._check_may_reconcile()
        lines = self.browse(line_ids)._filter_still_open()
        lines.sudo()._match(book=False)
        return lines._get_to_reconcile_outcome(self.browse(), {})

    # === Buttons of its views ===

    def action_open_to_reconcile(self):
        """Open the screen at this line, or at the first of its journal's.

        :rtype: dict
        """
        line = self[:1]
        action = line.journal_id.action_open_to_reconcile()
        action["context"]["default_line_id"] = line.id
        return action

    def action_reopen(self):
        """Undo the reconciliation of these lines, for those who may reconcile.

        In core that takes the right to write bank lines, which invoicing lacks.
        """
        self._check_may_reconcile()
        self.check_access("read")
        self.sudo().action_undo_reconciliation()

    def action_open_entry(self):
        """Open the line's journal entry.

        :rtype: dict
        """
        self.ensure_one()
        return self._get_moves_action(self.move_id)

    def action_open_matched(self):
        """Open what the line is reconciled with: invoices, payments, entries.

        :rtype: dict
        """
        self.ensure_one()
        return self._get_moves_action(
            self.line_ids._all_reconciled_lines().move_id - self.move_id
        )

    @api.model
    def _get_moves_action(self, moves):
        action = {
            "type": "ir.actions.act_window",
            "domain": [("id", "in", moves.ids)],
            "name": self.env._("Journal Entries"),
            "res_model": "account.move",
            "view_mode": "list,form",
        }
        if len(moves) == 1:
            action |= {"view_mode": "form", "res_id": moves.id}
        return action

    # === Which lines ===

    @api.model
    def _get_to_reconcile_domain(self, journal_id=False, search=""):
        """Return the domain of the open lines that this person may see."""
        domain = Domain(
            [
                ("is_reconciled", "=", False),
                ("state", "=", "posted"),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        if journal_id:
            domain &= Domain("journal_id", "=", journal_id)
        for word in split_words(search):
            found = Domain.OR(
                Domain(field, "ilike", word)
                for field in ("payment_ref", "partner_name", "partner_id")
            )
            amount = read_amount(word)
            if amount is not None:
                found |= Domain("amount", "in", [amount, -amount])
            domain &= found
        return domain

    @api.model
    def _get_candidate_domain(self, word):
        """Return the domain of the entries that a word of a search finds."""
        found = Domain.OR(
            Domain(field, "ilike", word)
            for field in ("move_name", "move_id.payment_reference", "ref", "partner_id")
        )
        amount = read_amount(word)
        if amount is not None:
            found |= Domain("amount_residual_currency", "in", [amount, -amount])
        return found

    def _filter_still_open(self):
        return self.search(
            self._get_to_reconcile_domain() & Domain("id", "in", self.ids)
        )

    # === Booking ===

    def _get_mark(self):
        """Return what changes whenever this line is booked or opened again."""
        self.ensure_one()
        entries = self.sudo().move_id.line_ids
        partials = entries.matched_debit_ids + entries.matched_credit_ids
        return f"{sorted(entries.ids)} {sorted(partials.ids)}"

    def _get_to_reconcile_outcome(self, was_open, messages):
        """Return what became of the lines that an action was asked for.

        :param was_open: those that were open before it
        :param dict messages: why a line was refused, by its id
        :return: ``done`` (a mark to undo it, by line id), ``refused``, ``lines`` (rows
            of those that are open now) and ``summary``
        :rtype: dict
        """
        self.invalidate_recordset()
        still_open = self._filter_still_open()
        done = was_open - still_open
        refused = []
        for line in self - done:
            message = messages.get(line.id)
            if not message and line not in still_open:
                message = self.env._("It was reconciled meanwhile.")
            if message:
                refused.append(
                    {"id": line.id, "label": line.payment_ref, "message": message}
                )
        return {
            "done": {line.id: line._get_mark() for line in done},
            "refused": refused,
            "lines": still_open._get_to_reconcile_rows(),
            "summary": self._get_to_reconcile_summary(),
        }
