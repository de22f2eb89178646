from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.reconcile import (
    account_bank_statement_line as account_bank_statement_line_screen,
)
from ...models.reconcile.account_bank_statement_line import read_amount
from ..common.request_case import RequestCase

BOOKING_LOGGER = (
    "odoo.addons.account_payment_request.models.match.account_bank_statement_line_book"
)
LABEL = "VIR SEPA REGLEMENT"


@tagged("post_install", "-at_install")
class TestReconcileScreen(RequestCase):
    """What the *To reconcile* screen asks of the server, as an accountant."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reader = new_test_user(
            cls.env,
            login="reconcile_reader",
            groups="account.group_account_readonly",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        cls.expense = cls.company_data["default_account_expense"]

    def setUp(self):
        super().setUp()
        self.screen = self.env["account.bank.statement.line"].with_user(self.accountant)

    def line_to_reconcile(self, amount=120.0, label=LABEL, **values):
        """Return an open line, not examined yet, as the accountant sees it."""
        lines = self.env["account.bank.statement.line"].with_context(no_bank_match=True)
        line = lines.create(
            {
                "journal_id": self.bank_journal.id,
                "date": fields.Date.today(),
                "amount": amount,
                "payment_ref": label,
                **values,
            }
        )
        return line.with_context(no_bank_match=False).with_user(self.accountant)

    def due_of(self, *moves):
        return self.env["account.move.line"].union(
            *(
                move.line_ids.filtered(
                    lambda entry: entry.account_type
                    in ("asset_receivable", "liability_payable")
                )
                for move in moves
            )
        )

    def suggest(self, line, *moves, **values):
        """Suggest to pay these invoices with the line, for the engine."""
        suggestions = self.env["bank.match.suggestion"].sudo()
        return suggestions.create(
            {
                "line_id": line.id,
                "currency_id": line.currency_id.id,
                "kind": "iban",
                "reason": "The payer's account is known.",
                "partner_id": moves[0].partner_id.id,
                "entry_ids": [Command.set(self.due_of(*moves).ids)],
                "amount": line.amount,
                **values,
            }
        )

    def row(self, line):
        (row,) = self.screen.to_reconcile_read(line.ids)
        return row

    def book(self, line, moves=(), **values):
        """Pick these invoices, or pairs of one and an amount, for the line."""
        picks = [
            (self.due_of(move).id, amount)
            for move, amount in (
                pick if isinstance(pick, tuple) else (pick, None) for pick in moves
            )
        ]
        return line.to_reconcile_book(picks=picks, **values)

    def undo(self, outcome):
        # Over the wire the keys are texts.
        marks = {str(line_id): mark for line_id, mark in outcome["done"].items()}
        return self.screen.to_reconcile_undo(marks)

    def assert_done(self, outcome, *lines):
        self.assertEqual(sorted(outcome["done"]), sorted(line.id for line in lines))
        self.assertFalse(outcome["refused"])
        for line in lines:
            self.assertTrue(line.is_reconciled)
            self.assertEqual(line.match_state, "manual")

    def assert_refused(self, outcome, line, words):
        self.assertFalse(outcome["done"])
        self.assertEqual([told["id"] for told in outcome["refused"]], [line.id])
        self.assertIn(words, outcome["refused"][0]["message"])

    # === Reading ===

    def test_the_first_page_tells_what_is_around(self):
        line = self.line_to_reconcile()
        page = self.screen.to_reconcile_load()
        self.assertIn(line.id, [row["id"] for row in page["lines"]])
        self.assertTrue(page["can_book"])
        self.assertIn(
            (self.bank_journal.id, 1),
            [(journal["id"], journal["count"]) for journal in page["journals"]],
        )

    def test_the_age_of_the_data_is_that_of_all_companies_selected(self):
        other = self.setup_other_company(name="Autre Boutique")["company"]
        companies = self.company + other
        screen = self.env["account.bank.statement.line"].with_context(
            allowed_company_ids=companies.ids
        )
        with patch.object(
            type(companies),
            "_get_bank_data_note",
            lambda asked, journals: ", ".join(asked.mapped("name")),
        ):
            note = screen.to_reconcile_load()["bank_note"]
        self.assertEqual(note, ", ".join(companies.mapped("name")))

    def test_lines_come_newest_first_or_oldest_first(self):
        old = self.line_to_reconcile(date="2026-01-05")
        new = self.line_to_reconcile(date="2026-02-05")
        for order, expected in (("newest", [new, old]), ("oldest", [old, new])):
            page = self.screen.to_reconcile_load(order=order)
            ids = [row["id"] for row in page["lines"]]
            self.assertEqual(ids, [line.id for line in expected])

    def test_the_pages_together_hold_every_line_once(self):
        lines = [self.line_to_reconcile(100.0 + i) for i in range(5)]
        with patch.object(account_bank_statement_line_screen, "PAGE", 2):
            pages = [self.screen.to_reconcile_load(offset=i) for i in (0, 2, 4)]
        ids = [row["id"] for page in pages for row in page["lines"]]
        self.assertEqual(ids, [line.id for line in reversed(lines)])
        self.assertEqual({page["total"] for page in pages}, {5})

    def test_a_search_finds_label_customer_and_amount(self):
        line = self.line_to_reconcile(1234.5, "VIR DUPONT LOYER")
        self.line_to_reconcile(99.0, "AUTRE")
        line.sudo().partner_id = self.company_customer
        for search in ("loyer", "générique", "1 234,50", "1234.5", "vir loyer"):
            page = self.screen.to_reconcile_load(search=search)
            self.assertEqual([row["id"] for row in page["lines"]], line.ids, search)
        self.assertFalse(self.screen.to_reconcile_load(search="vir absent")["lines"])

    def test_only_the_chosen_journal_is_shown(self):
        other = self.bank_journal.copy()
        self.line_to_reconcile()
        line = self.line_to_reconcile(journal_id=other.id)
        page = self.screen.to_reconcile_load(journal_id=other.id)
        self.assertEqual([row["id"] for row in page["lines"]], line.ids)

    def test_amounts_are_read_however_they_are_typed(self):
        for text, amount in (
            ("120", 120.0),
            ("1 234,50", 1234.5),
            ("1,234.50", 1234.5),
            ("1.234,50", 1234.5),
            ("1.234", 1234.0),
            ("-12,3", 12.3),
            ("FAC/12", None),
            ("", None),
            (",", None),
        ):
            self.assertEqual(read_amount(text), amount, text)

    def test_the_payer_s_account_is_shown_masked(self):
        line = self.line_to_reconcile(account_number="FR7630004000031234567890143")
        shown = self.row(line)["account_number"]
        self.assertIn("0143", shown)
        self.assertNotIn("3000400003", shown)

    def test_one_suggestion_that_agrees_is_exact_and_two_are_not(self):
        first, second = self.create_invoice(), self.create_invoice()
        line = self.line_to_reconcile(120.0)
        self.suggest(line, first)
        self.assertTrue(self.row(line)["exact"])
        self.suggest(line, second)
        self.assertFalse(self.row(line)["exact"])

    def test_a_suggestion_of_another_amount_or_by_name_only_is_not_exact(self):
        invoice = self.create_invoice(130.0)
        for values in ({"amount_left": -10.0}, {"kind": "name"}):
            line = self.line_to_reconcile(120.0)
            self.suggest(line, invoice, **values)
            self.assertFalse(self.row(line)["exact"])

    def test_a_page_costs_the_same_queries_whatever_it_holds(self):
        invoice = self.create_invoice(130.0)

        def count(lines):
            for line in lines:
                self.suggest(line, invoice, amount_left=-10.0)
            return self.count_queries(self.screen.to_reconcile_load)

        count([self.line_to_reconcile()])  # rights, languages and the like
        few = count([self.line_to_reconcile()])
        self.assertEqual(count([self.line_to_reconcile() for _i in range(8)]), few)

    # === Candidates ===

    def numbers(self, line, **values):
        found = line.to_reconcile_candidates(**values)
        return [entry["number"] for entry in found["entries"]]

    def test_without_a_word_only_the_same_amount_is_offered(self):
        same, other = self.create_invoice(120.0), self.create_invoice(80.0)
        line = self.line_to_reconcile(120.0)
        numbers = self.numbers(line)
        self.assertIn(same.name, numbers)
        self.assertNotIn(other.name, numbers)

    def test_candidates_are_found_by_number_customer_and_amount(self):
        invoice = self.create_invoice(87.65, self.company_customer)
        self.create_invoice(55.0)
        line = self.line_to_reconcile(999.0)
        for search in (invoice.name, "générique", "87,65", f"gén {invoice.name[-4:]}"):
            self.assertEqual(self.numbers(line, search=search), [invoice.name])
        partner_id = self.company_customer.id
        self.assertEqual(self.numbers(line, partner_id=partner_id), [invoice.name])

    def test_paid_and_draft_invoices_are_no_candidates(self):
        paid = self.create_invoice(120.0)
        self.register_payment(paid)
        draft = self.create_invoice(120.0, post=False)
        line = self.line_to_reconcile(120.0)
        self.assertFalse({paid.name, draft.name} & set(self.numbers(line)))

    # === Accepting ===

    def test_an_accepted_suggestion_pays_the_invoice(self):
        invoice = self.create_invoice()
        line = self.line_to_reconcile()
        outcome = self.screen.to_reconcile_accept(self.suggest(line, invoice).ids)
        self.assert_done(outcome, line)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertFalse(self.screen.to_reconcile_read(line.ids))

    def test_several_are_accepted_at_once_and_a_bad_one_does_not_keep_the_others(self):
        invoices = [self.create_invoice(100.0 + i) for i in range(3)]
        lines = [self.line_to_reconcile(100.0 + i) for i in range(3)]
        suggestions = self.env["bank.match.suggestion"].sudo()
        for line, invoice in zip(lines, invoices, strict=True):
            suggestions |= self.suggest(line, invoice)
        self.register_payment(invoices[1])
        with mute_logger(BOOKING_LOGGER):
            outcome = self.screen.to_reconcile_accept(suggestions.ids)
        self.assertEqual(sorted(outcome["done"]), [lines[0].id, lines[2].id])
        self.assertEqual([told["id"] for told in outcome["refused"]], [lines[1].id])
        self.assertTrue(outcome["refused"][0]["message"])
        self.assertFalse(lines[1].is_reconciled)
        self.assertEqual([row["id"] for row in outcome["lines"]], [lines[1].id])

    def test_one_line_takes_one_suggestion_at_a_time(self):
        line = self.line_to_reconcile(120.0)
        both = self.suggest(line, self.create_invoice()) + self.suggest(
            line, self.create_invoice()
        )
        with self.assertRaises(UserError):
            self.screen.to_reconcile_accept(both.ids)
        self.assertFalse(line.is_reconciled)

    def test_a_line_reconciled_meanwhile_goes_and_is_told(self):
        invoice, other = self.create_invoice(), self.create_invoice()
        line = self.line_to_reconcile(120.0)
        suggestion = self.suggest(line, invoice)
        # Somebody else, in core's own way.
        suspense = line.sudo()._seek_for_lines()[1]
        suspense.account_id = self.due_of(other).account_id
        (suspense + self.due_of(other)).reconcile()
        self.env.flush_all()
        suggestion = suggestion.exists() or self.suggest(line, invoice)
        outcome = self.screen.to_reconcile_accept(suggestion.ids)
        self.assert_refused(outcome, line, "meanwhile")
        self.assertFalse(outcome["lines"])
        self.assertEqual(invoice.amount_residual, 120.0)
        self.assert_refused(self.book(line, [invoice]), line, "meanwhile")

    def test_a_suggestion_that_is_gone_says_to_look_again(self):
        line = self.line_to_reconcile()
        suggestion = self.suggest(line, self.create_invoice())
        ids = suggestion.ids
        suggestion.unlink()
        with self.assertRaisesRegex(UserError, "out of date"):
            self.screen.to_reconcile_accept(ids)

    # === Picking by hand ===

    def test_several_invoices_are_paid_by_one_line(self):
        first, second = self.create_invoice(70.0), self.create_invoice(50.0)
        line = self.line_to_reconcile(120.0)
        self.assert_done(self.book(line, [first, second]), line)
        self.assertEqual((first + second).mapped("amount_residual"), [0.0, 0.0])

    def test_a_credit_note_lowers_what_is_paid(self):
        invoice = self.create_invoice(150.0)
        credit_note = self.create_invoice(30.0, move_type="out_refund")
        line = self.line_to_reconcile(120.0)
        self.assert_done(self.book(line, [invoice, credit_note]), line)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(credit_note.amount_residual, 0.0)

    def test_a_part_of_an_invoice_is_paid_and_the_rest_stays_open(self):
        invoice = self.create_invoice(200.0)
        line = self.line_to_reconcile(120.0)
        self.assert_done(self.book(line, [(invoice, 120.0)]), line)
        self.assertEqual(invoice.amount_residual, 80.0)

    def test_partial_amounts_are_as_typed(self):
        first, second = self.create_invoice(100.0), self.create_invoice(100.0)
        line = self.line_to_reconcile(120.0)
        self.assert_done(self.book(line, [(first, 45.5), (second, 74.5)]), line)
        self.assertEqual(first.amount_residual, 54.5)
        self.assertEqual(second.amount_residual, 25.5)

    def test_what_is_left_becomes_a_credit_of_the_customer(self):
        invoice = self.create_invoice(100.0)
        line = self.line_to_reconcile(120.0)
        self.assert_done(self.book(line, [invoice], credit=True), line)
        self.assertEqual(invoice.amount_residual, 0.0)
        credits = line.sudo().line_ids.filtered(
            lambda entry: entry.account_type == "asset_receivable"
        )
        self.assertEqual(sum(credits.mapped("amount_residual")), -20.0)
        self.assertEqual(credits.partner_id, self.customer)

    def test_what_is_left_is_never_kept_without_being_asked(self):
        line = self.line_to_reconcile(120.0)
        invoice = self.create_invoice(100.0)
        with self.assertRaisesRegex(UserError, "20.00.* left"):
            self.book(line, [invoice])
        self.assertFalse(line.is_reconciled)

    def test_more_than_the_line_brought_is_refused(self):
        line = self.line_to_reconcile(120.0)
        invoices = [self.create_invoice(100.0), self.create_invoice(50.0)]
        with self.assertRaisesRegex(UserError, "30.00.* more"):
            self.book(line, invoices)
        with self.assertRaisesRegex(UserError, "up to"):
            self.book(line, [(invoices[0], 100.01)])
        with self.assertRaisesRegex(UserError, "up to"):
            self.book(line, [(invoices[0], -10.0)])
        self.assertFalse(line.is_reconciled)

    def test_a_small_difference_is_written_off_both_ways(self):
        for due, received in ((120.5, 120.0), (119.5, 120.0)):
            invoice = self.create_invoice(due)
            line = self.line_to_reconcile(received)
            outcome = self.book(
                line, [invoice], account_id=self.expense.id, label="Fee"
            )
            self.assert_done(outcome, line)
            self.assertEqual(invoice.amount_residual, 0.0)
            written_off = line.sudo().line_ids.filtered(
                lambda entry: entry.account_id == self.expense
            )
            self.assertEqual(written_off.balance, due - received)
            self.assertEqual(written_off.name, "Fee")

    def test_a_line_is_set_aside_to_an_account(self):
        line = self.line_to_reconcile(-18.9, "COMMISSION")
        outcome = self.book(line, account_id=self.expense.id, label="Bank charges")
        self.assert_done(outcome, line)
        entry = line.sudo().line_ids.filtered(
            lambda entry: entry.account_id == self.expense
        )
        self.assertEqual((entry.balance, entry.name), (18.9, "Bank charges"))

    def test_a_difference_goes_to_no_receivable_nor_to_the_bank(self):
        line = self.line_to_reconcile()
        for account in (
            self.company_data["default_account_receivable"],
            self.bank_journal.default_account_id,
            self.bank_journal.suspense_account_id,
        ):
            with self.assertRaisesRegex(UserError, "another account"):
                self.book(line, account_id=account.id)

    def test_a_line_is_left_as_a_customer_s_credit(self):
        line = self.line_to_reconcile(500.0, "ACOMPTE")
        with self.assertRaisesRegex(UserError, "whose credit"):
            self.book(line, credit=True)
        outcome = self.book(line, partner_id=self.customer.id, credit=True)
        self.assert_done(outcome, line)
        self.assertEqual(line.partner_id, self.customer)
        credit = line.sudo().line_ids.filtered(
            lambda entry: entry.account_type == "asset_receivable"
        )
        self.assertEqual(credit.amount_residual, -500.0)

    def test_a_bill_is_paid_by_money_that_left(self):
        bill = self.create_invoice(340.0, self.company_customer, move_type="in_invoice")
        line = self.line_to_reconcile(-340.0, "PRLV")
        self.assertIn(bill.name, self.numbers(line))
        self.assert_done(self.book(line, [bill]), line)
        self.assertEqual(bill.amount_residual, 0.0)

    def test_an_invoice_in_dollars_is_paid_wholly_in_euros(self):
        invoice = self.create_invoice(200.0, currency_id=self.currency_usd.id)
        line = self.line_to_reconcile(100.0)
        (entry,) = line.to_reconcile_candidates(search=invoice.name)["entries"]
        self.assertFalse(entry["splittable"])
        self.assertEqual(entry["own_open"], 200.0)
        left = round(100.0 - entry["open"], 2)
        values = {"account_id": self.expense.id} if left else {}
        self.assert_done(self.book(line, [invoice], **values), line)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_what_another_process_holds_is_left_and_told(self):
        invoice = self.create_invoice()
        line = self.line_to_reconcile()
        with patch.object(type(line), "_lock_bookings", lambda *_args: []):
            outcome = self.book(line, [invoice])
        self.assert_refused(outcome, line, "Somebody else")
        self.assertEqual([row["id"] for row in outcome["lines"]], line.ids)

    def test_a_locked_period_is_told_and_nothing_is_booked(self):
        invoice = self.create_invoice(120.0, invoice_date="2026-01-10")
        line = self.line_to_reconcile(date="2026-01-15")
        # Core asks to reconcile first; the lock may also come from an import.
        with patch.object(type(self.company), "_validate_locks", lambda *_args: None):
            self.company.fiscalyear_lock_date = "2026-01-31"
        with mute_logger(BOOKING_LOGGER):
            outcome = self.book(line, [invoice])
        self.assertFalse(outcome["done"])
        self.assertTrue(outcome["refused"][0]["message"])
        self.assertFalse(line.is_reconciled)
        self.assertEqual(invoice.amount_residual, 120.0)

    # === Undoing ===

    def test_an_undone_action_leaves_the_books_as_they_were(self):
        invoice = self.create_invoice()
        line = self.line_to_reconcile()
        outcome = self.undo(self.book(line, [invoice]))
        self.assertEqual([row["id"] for row in outcome["lines"]], line.ids)
        self.assertFalse(outcome["refused"])
        self.assertFalse(line.is_reconciled)
        self.assertEqual(invoice.amount_residual, 120.0)

    def test_an_undone_line_has_its_suggestions_again(self):
        invoice = self.create_invoice(120.0, self.company_customer)
        line = self.line_to_reconcile(120.0, "SOCIETE GENERIQUE")
        outcome = self.screen.to_reconcile_examine(line.ids)
        (row,) = outcome["lines"]
        self.assertEqual(
            [entry["number"] for entry in row["suggestions"][0]["entries"]],
            [invoice.name],
        )
        done = self.screen.to_reconcile_accept([row["suggestions"][0]["id"]])
        self.assert_done(done, line)
        (row,) = self.undo(done)["lines"]
        self.assertTrue(row["suggestions"])
        self.assertFalse(line.is_reconciled)

    def test_what_somebody_changed_since_is_not_undone(self):
        invoice, other = self.create_invoice(), self.create_invoice()
        line = self.line_to_reconcile(120.0)
        done = self.book(line, [invoice])
        line.sudo().action_undo_reconciliation()
        self.book(line, [other])
        outcome = self.undo(done)
        self.assertEqual([told["id"] for told in outcome["refused"]], line.ids)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(other.amount_residual, 0.0)

    def test_invoicing_undoes_from_the_views_and_readers_do_not(self):
        invoice = self.create_invoice()
        line = self.line_to_reconcile()
        self.book(line, [invoice])
        with self.assertRaises(AccessError):
            line.with_user(self.reader).action_reopen()
        self.assertTrue(line.is_reconciled)
        line.action_reopen()
        self.assertFalse(line.is_reconciled)
        self.assertEqual(invoice.amount_residual, 120.0)

    # === Rights ===

    def test_readers_look_and_never_book(self):
        invoice = self.create_invoice()
        line = self.line_to_reconcile().with_user(self.reader)
        suggestion = self.suggest(line.sudo(), invoice)
        page = line.browse().to_reconcile_load()
        self.assertFalse(page["can_book"])
        self.assertIn(line.id, [row["id"] for row in page["lines"]])
        self.assertTrue(self.numbers(line, search=invoice.name))
        for call in (
            lambda: line.to_reconcile_accept(suggestion.ids),
            lambda: line.to_reconcile_book(picks=[(self.due_of(invoice).id, None)]),
            lambda: line.to_reconcile_undo({line.id: ""}),
            lambda: line.to_reconcile_examine(line.ids),
        ):
            with self.assertRaises(AccessError):
                call()
        self.assertFalse(line.is_reconciled)

    def test_who_has_no_accounting_right_sees_nothing(self):
        person = new_test_user(self.env, login="nobody", groups="base.group_user")
        line = self.line_to_reconcile().with_user(person)
        for call in (
            line.browse().to_reconcile_load,
            line.to_reconcile_candidates,
            lambda: line.to_reconcile_accept([]),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_another_company_s_lines_and_entries_stay_out_of_reach(self):
        other = self.setup_other_company(name="Autre Boutique")
        journal = other["default_journal_bank"]
        theirs = self.bank_line(120.0, "LEUR LIGNE", journal=journal)
        invoice = self.create_invoice(
            120.0, journal_id=other["default_journal_sale"].id
        )
        suggestion = self.suggest(theirs, invoice)
        mine = self.line_to_reconcile()
        page = self.screen.to_reconcile_load()
        self.assertNotIn(theirs.id, [row["id"] for row in page["lines"]])
        self.assertFalse(self.screen.to_reconcile_read(theirs.ids))
        self.assertFalse(self.numbers(mine, search=invoice.name))
        their_line = theirs.with_user(self.accountant)
        for call in (
            their_line.to_reconcile_candidates,
            lambda: self.screen.to_reconcile_accept(suggestion.ids),
            lambda: their_line.to_reconcile_book(account_id=self.expense.id),
            lambda: self.screen.to_reconcile_undo({theirs.id: ""}),
        ):
            with self.assertRaises(AccessError):
                call()
        # Entries of theirs on a line of mine.
        with self.assertRaises(UserError):
            self.book(mine, [invoice])
        their_account = other["default_account_expense"]
        with self.assertRaises(UserError):
            self.book(mine, account_id=their_account.id)
        self.assertFalse((theirs + mine.sudo()).filtered("is_reconciled"))
