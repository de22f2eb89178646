"""What is left to a person: suggested, explained, accepted or not."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ...models.match.booking import Booking
from ..common.match_case import MatchCase

IBAN = "FR7610107001011234567890129"
BOOKING_LOGGER = (
    "odoo.addons.account_payment_request.models.match.account_bank_statement_line_book"
)


@tagged("post_install", "-at_install")
class TestMatchSuggestion(MatchCase):
    def suggested(self, amount=120.0, **values):
        """Return a line with one suggestion, by amount and name."""
        invoice = self.billed(amount)
        line = self.bank_line(
            amount, "VIREMENT SEPA", partner_name="ACME CONSEIL", **values
        )
        return invoice, line

    def test_amount_and_name_are_suggested_and_not_booked(self):
        invoice, line = self.suggested()
        self.assert_left_open(line)
        self.assertEqual(line.match_state, "open")
        (suggestion,) = line.match_suggestion_ids
        self.assertEqual(suggestion.entry_ids, self.due_line(invoice))
        self.assertEqual(suggestion.partner_id, self.acme)
        self.assertEqual(suggestion.amount, 120.0)
        self.assertEqual(suggestion.amount_left, 0.0)
        self.assertIn(invoice.name, suggestion.reason)
        self.assertEqual(suggestion.reason, line.match_note)

    def test_the_known_account_and_its_only_combination_are_suggested(self):
        self.bank_account(IBAN, self.acme)
        moves = self.billed(31.0) + self.billed(47.0) + self.billed(100.0)
        line = self.bank_line(78.0, "VIREMENT", account_number=IBAN)
        self.assert_left_open(line)
        best = line.match_suggestion_ids[:1]
        self.assertEqual(best.kind, "iban")
        self.assertEqual(best.entry_ids, self.due_line(moves[:2]))
        best.action_accept()
        self.assert_booked_line(line, *moves[:2], kind="iban", state="manual")
        self.assertEqual(moves[2].amount_residual, 100.0)

    def test_accepting_books_with_the_same_reason(self):
        invoice, line = self.suggested(account_number=IBAN)
        suggestion = line.match_suggestion_ids
        suggestion.action_accept()
        self.assert_booked_line(line, invoice, kind="name", state="manual")
        self.assertEqual(line.match_note, suggestion.reason)
        self.assertEqual(line.partner_id, self.acme)
        # A person confirmed whose account it is.
        self.assertEqual(self.acme.bank_ids.sanitized_acc_number, IBAN)

    def test_another_amount_is_suggested_as_far_as_the_money_goes(self):
        self.company.bank_match_partial = False
        for amount, left, due in ((100.0, -20.0, 20.0), (150.0, 30.0, 0.0)):
            invoice = self.billed(120.0)
            line = self.bank_line(amount, self.request_of(invoice).reference)
            with self.subTest(amount):
                self.assert_left_open(line)
                suggestion = line.match_suggestion_ids[:1]
                self.assertEqual(suggestion.amount, min(amount, 120.0))
                self.assertEqual(suggestion.amount_left, left)
                suggestion.action_accept()
                self.assert_booked_line(line, state="manual")
                self.assertEqual(invoice.amount_residual, due)

    def test_money_that_was_paid_twice_is_suggested_as_a_credit(self):
        request = self.request_of(self.billed(120.0))
        self.bank_line(120.0, request.reference)
        line = self.bank_line(120.0, request.reference)
        self.assert_left_open(line)
        suggestion = line.match_suggestion_ids[:1]
        self.assertEqual((suggestion.amount, suggestion.amount_left), (0.0, 120.0))
        suggestion.action_accept()
        self.assertEqual(self.counterparts(line), {self.receivable: -120.0})

    def test_accepting_what_was_paid_meanwhile_is_refused(self):
        invoice, line = self.suggested()
        self.register_payment(invoice)
        with self.assertRaises(UserError):
            line.match_suggestion_ids.action_accept()
        self.assert_left_open(line)

    def test_accepting_what_was_paid_in_part_or_deleted_is_refused(self):
        invoice, line = self.suggested()
        self.register_payment(invoice, amount=20.0)
        with self.assertRaises(UserError):
            line.match_suggestion_ids.action_accept()
        other, second = self.suggested(77.0)
        other.button_draft()
        other.with_context(force_delete=True).unlink()
        with self.assertRaises(UserError):
            second.match_suggestion_ids.action_accept()
        self.assert_left_open(second)

    def test_a_suggestion_is_accepted_as_it_is_and_never_edited(self):
        invoice, line = self.suggested()
        suggestion = line.match_suggestion_ids.with_user(self.accountant)
        for values in ({"reason": "Sure."}, {"fee_amount": 20.0}):
            with self.assertRaises(AccessError):
                suggestion.write(values)
        suggestion.action_accept()
        self.assert_booked_line(line, invoice, state="manual")

    @mute_logger(BOOKING_LOGGER)
    def test_accepting_twice_books_once(self):
        invoice, line = self.suggested()
        suggestion = line.match_suggestion_ids
        suggestion.action_accept()
        with self.assertRaises(UserError):
            suggestion.action_accept()
        self.assert_booked_line(line, invoice, state="manual")

    @mute_logger(BOOKING_LOGGER)
    def test_two_lines_accepted_at_once_do_not_both_pay_one_invoice(self):
        invoice, line = self.suggested()
        again = self.bank_line(120.0, "VIREMENT", partner_name="ACME CONSEIL")
        suggestions = (line + again).match_suggestion_ids
        self.assertEqual(suggestions.entry_ids, self.due_line(invoice))
        self.assertEqual(len(suggestions), 2)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            suggestions.action_accept()
        outcome = line.to_reconcile_accept(suggestions.ids)
        self.assertEqual(list(outcome["done"]), line.ids)
        (refused,) = outcome["refused"]
        self.assertEqual(refused["id"], again.id)
        self.assertIn("out of date", refused["message"])
        self.assert_left_open(again)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_what_a_booked_line_paid_is_no_longer_suggested_for_others(self):
        invoice, line = self.suggested()
        self.assertTrue(line.match_suggestion_ids)
        self.assert_booked_line(self.bank_line(120.0, invoice.name), invoice)
        self.assertFalse(line.match_suggestion_ids)
        self.assertEqual(line.match_state, "waiting")
        self.run_cron("account_payment_request.ir_cron_bank_match")
        self.assertEqual(line.match_state, "open")
        self.assertFalse(line.match_suggestion_ids)

    def test_suggestions_come_back_after_an_undo(self):
        _invoice, line = self.suggested()
        line.match_suggestion_ids.action_accept()
        line.action_undo_reconciliation()
        self.assert_left_open(line)
        self.assertTrue(line.match_suggestion_ids)

    def test_two_customers_of_one_amount_are_both_suggested(self):
        other = self.env["res.partner"].create({"name": "ACME Conseil Lyon"})
        self.billed(120.0)
        self.billed(120.0, other)
        line = self.bank_line(120.0, "VIREMENT", partner_name="ACME CONSEIL")
        self.assert_left_open(line)
        self.assertGreaterEqual(len(line.match_suggestion_ids.entry_ids), 1)

    def test_only_accountants_accept(self):
        _invoice, line = self.suggested()
        suggestion = line.match_suggestion_ids
        reader = new_test_user(
            self.env,
            login="match_reader",
            groups="account.group_account_readonly",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        with self.assertRaises(AccessError):
            suggestion.with_user(reader).action_accept()
        suggestion.with_user(self.accountant).action_accept()
        self.assertTrue(line.is_reconciled)

    def test_another_company_s_suggestions_are_not_seen(self):
        _invoice, line = self.suggested()
        other = self.other_company()["company"]
        stranger = new_test_user(
            self.env,
            login="match_stranger",
            groups="account.group_account_invoice",
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        suggestion = line.match_suggestion_ids.with_user(stranger)
        self.assertFalse(suggestion.search([("id", "in", suggestion.ids)]))
        with self.assertRaises(AccessError):
            suggestion.action_accept()

    def test_the_sentence_is_in_the_language_of_the_company(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.company.partner_id.lang = "fr_FR"
        invoice, line = self.suggested()
        self.assertIn(invoice.name, line.match_note)
        seen = line.with_context(lang="en_US").match_suggestion_ids.reason
        self.assertEqual(seen, line.match_note)

    # === By hand, as the screen books ===

    def book(self, line, **values):
        booking = self.env["account.bank.statement.line"]._book_matches
        return booking([self.booking(line, **values)])

    def booking(self, line, **values):
        return Booking(line=line, manual=True, **{"partner": self.acme, **values})

    def test_parts_of_several_invoices(self):
        moves = self.billed(50.0) + self.billed(60.0)
        first, second = (self.due_line(move) for move in moves)
        line = self.bank_line(70.0, "X")
        self.assertTrue(self.book(line, allocations=((first, 30.0), (second, 40.0))))
        self.assertEqual(moves.mapped("amount_residual"), [20.0, 20.0])
        self.assertTrue(line.is_reconciled)

    def test_a_line_may_be_a_credit_of_its_customer(self):
        line = self.bank_line(70.0, "X")
        self.book(line)
        self.assertEqual(self.counterparts(line), {self.receivable: -70.0})
        self.assertEqual(line.partner_id, self.acme)

    def test_a_line_may_be_set_aside_to_an_account(self):
        line = self.bank_line(-7.0, "FRAIS BANCAIRES")
        self.book(
            line,
            partner=self.env["res.partner"],
            write_offs=((self.fee_account, -7.0, "Frais"),),
        )
        self.assertEqual(self.counterparts(line), {self.fee_account: 7.0})

    @mute_logger(BOOKING_LOGGER)
    def test_more_than_the_line_brought_is_refused(self):
        invoice = self.billed(50.0)
        line = self.bank_line(20.0, "X")
        booked = self.book(line, allocations=((self.due_line(invoice), 30.0),))
        self.assertFalse(booked)
        self.assert_left_open(line)
        self.assertTrue(line.match_note)
        self.assertEqual(invoice.amount_residual, 50.0)

    def test_several_customers_keep_their_own_entries(self):
        moves = self.billed(50.0) + self.billed(60.0, self.company_customer)
        line = self.bank_line(110.0, "X")
        self.book(line, allocations=tuple((e, None) for e in self.due_line(moves)))
        self.assertEqual(moves.mapped("amount_residual"), [0.0, 0.0])
        entries = line.move_id.line_ids - line._seek_for_lines()[0]
        self.assertEqual(
            {entry.partner_id: entry.balance for entry in entries},
            {self.acme: -50.0, self.company_customer: -60.0},
        )
