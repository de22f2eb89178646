"""What bank lines are booked on by themselves, in Odoo's books."""

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.match_case import MatchCase

IBAN = "FR7610107001011234567890129"
MODELS_LOGGER = "odoo.addons.account_payment_request.models"


@tagged("post_install", "-at_install")
class TestMatch(MatchCase):
    # === By number ===

    def test_one_invoice_by_its_number(self):
        invoice = self.billed()
        line = self.bank_line(120.0, f"VIR SEPA ACME {invoice.name}")
        self.assert_booked_line(line, invoice, kind="number")
        self.assertIn(invoice.name, line.match_note)
        self.assertEqual(line.partner_id, self.acme)
        liquidity, _suspense, other = line._seek_for_lines()
        self.assertEqual((liquidity + other).partner_id, self.acme)
        self.assertEqual(other.account_id, self.receivable)

    def test_the_account_is_there_from_the_beginning(self):
        """Nothing is written on a posted entry afterwards."""
        invoice = self.billed()
        entry_class = self.env.registry["account.move.line"]
        write = entry_class.write
        written = []

        def note(entries, vals):
            if set(vals) & {"account_id", "partner_id"}:
                written.append(vals)
            return write(entries, vals)

        with patch.object(entry_class, "write", note):
            line = self.bank_line(120.0, invoice.name)
        self.assert_booked_line(line, invoice)
        self.assertFalse(written)

    def test_several_invoices_in_one_transfer(self):
        moves = self.billed(30.0) + self.billed(50.0) + self.billed(20.5)
        label = " ".join(moves.mapped("name"))
        line = self.bank_line(100.5, label)
        self.assert_booked_line(line, *moves, kind="number")

    def test_several_transfers_for_one_invoice(self):
        invoice = self.billed(120.0)
        lines = self.env["account.bank.statement.line"].create(
            [
                self.line_values(100.0, f"ACME CONSEIL {invoice.name}"),
                self.line_values(20.0, f"ACME CONSEIL {invoice.name} SOLDE"),
            ]
        )
        self.assertEqual(lines.mapped("is_reconciled"), [True, True])
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_the_same_line_twice_pays_once(self):
        invoice = self.billed()
        lines = self.env["account.bank.statement.line"].create(
            [self.line_values(120.0, invoice.name)] * 2
        )
        self.assert_booked_line(lines[0], invoice)
        self.assert_left_open(lines[1])
        self.assertIn("paid", lines[1].match_note)

    def test_credit_note_is_deducted(self):
        invoice, credit_note = self.billed(120.0), self.refund(20.0)
        line = self.bank_line(100.0, f"{invoice.name} - {credit_note.name}")
        self.assert_booked_line(line, invoice, credit_note, kind="number")

    def test_installments(self):
        term = self.installments()
        invoice = self.billed(100.0, invoice_payment_term_id=term.id)
        line = self.bank_line(30.0, f"ACME CONSEIL {invoice.name}")
        self.assertTrue(line.is_reconciled, line.match_note)
        self.assertEqual(invoice.amount_residual, 70.0)

    def test_a_payment_registered_by_hand_is_closed(self):
        invoice = self.billed()
        self.register_payment(invoice)
        payment = invoice.matched_payment_ids
        self.assertFalse(payment.is_matched)
        line = self.bank_line(120.0, f"ACME {invoice.name}")
        self.assert_booked_line(line, invoice, kind="number")
        self.assertTrue(payment.is_matched)

    def test_the_payment_of_a_transfer_waits_for_its_own_line(self):
        """A transfer typed by hand for the same invoice does not take its place."""
        request = self.create_request(120.0)
        invoice = request.line_ids.move_id
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx)
        typed = self.bank_line(120.0, f"VIR {request.reference} {invoice.name}")
        self.assert_left_open(typed)
        self.assertFalse(tx.payment_id.is_matched)
        own = self.bank_line(120.0, f"VIR {tx.reference} {invoice.name}")
        self.assert_booked_line(own, invoice, kind="reference")
        self.assertEqual(own.matched_transaction_id, tx)
        self.assertTrue(tx.payment_id.is_matched)

    def test_wrong_number_pays_nothing(self):
        invoice = self.billed()
        number = invoice.name[:-1] + str((int(invoice.name[-1]) + 1) % 10)
        line = self.bank_line(121.0, number)
        self.assert_left_open(line)
        self.assertEqual(invoice.amount_residual, 120.0)

    def test_a_reference_of_very_many_invoices_is_not_read_in_part(self):
        reference = "RF18539007547034"
        with patch(f"{MODELS_LOGGER}.match.candidates.MOST_DOCUMENTS", 2):
            for amount in (77.0, 10.0, 10.0, 77.0):
                self.billed(amount, payment_reference=reference)
            line = self.bank_line(77.0, f"ACME CONSEIL {reference}")
        self.assert_left_open(line)

    def test_draft_and_cancelled_invoices_pay_nothing(self):
        cancelled, draft = self.billed(), self.billed()
        for move in (cancelled, draft):
            move.button_draft()
        cancelled.button_cancel()
        for move in (cancelled, draft):
            line = self.bank_line(120.0, move.name)
            self.assert_left_open(line)

    # === More and less ===

    def test_a_fee_within_the_tolerance_is_written_off(self):
        self.company.write(
            {
                "bank_match_tolerance": 5.0,
                "bank_match_fee_account_id": self.fee_account.id,
            }
        )
        invoice = self.billed(120.0)
        line = self.bank_line(117.5, f"ACME CONSEIL {invoice.name}")
        self.assert_booked_line(line, invoice)
        self.assertEqual(
            self.counterparts(line), {self.receivable: -120.0, self.fee_account: 2.5}
        )
        self.assertIn("2.50", line.match_note)

    def test_without_an_account_no_fee_is_written_off(self):
        self.company.bank_match_tolerance = 5.0
        invoice = self.billed(120.0)
        request = self.request_of(invoice)
        line = self.bank_line(117.5, request.reference)
        self.assertEqual(invoice.amount_residual, 2.5)
        self.assertEqual(self.counterparts(line), {self.receivable: -117.5})

    def test_early_payment_discount_uses_core_s_entries(self):
        self.company.account_journal_early_pay_discount_loss_account_id = (
            self.fee_account
        )
        tax = self.company_data["default_tax_sale"]
        for computation in ("included", "excluded", "mixed"):
            with self.subTest(computation):
                term = self.early_discount()
                term.early_pay_discount_computation = computation
                invoice = self.taxed_invoice(100.0, term, tax)
                invoice.action_post()
                due = self.due_line(invoice)
                amount = due.discount_amount_currency
                self.assertLess(amount, invoice.amount_total)
                line = self.bank_line(amount, f"ACME CONSEIL {invoice.name}")
                self.assert_booked_line(line, invoice)
                taxes = line.move_id.line_ids.filtered("tax_line_id")
                self.assertEqual(bool(taxes), computation == "included")

    def test_the_discount_of_some_of_several_invoices(self):
        self.company.account_journal_early_pay_discount_loss_account_id = (
            self.fee_account
        )
        term = self.early_discount()
        first = self.billed(100.0, invoice_payment_term_id=term.id)
        second = self.billed(150.0, invoice_payment_term_id=term.id)
        line = self.bank_line(247.0, f"ACME CONSEIL {first.name} {second.name}")
        self.assert_booked_line(line, first, second)
        self.assertEqual(self.counterparts(line)[self.fee_account], 3.0)

    @mute_logger(f"{MODELS_LOGGER}.match.account_bank_statement_line_book")
    def test_without_an_account_no_discount_is_booked(self):
        self.company.account_journal_early_pay_discount_loss_account_id = False
        term = self.early_discount()
        invoice = self.billed(100.0, invoice_payment_term_id=term.id)
        line = self.bank_line(98.0, f"ACME CONSEIL {invoice.name}")
        self.assert_left_open(line)
        self.assertIn("no account", line.match_note)
        self.assertEqual(invoice.amount_residual, 100.0)

    def test_late_payment_gets_no_discount(self):
        term = self.early_discount()
        invoice = self.billed(
            100.0, invoice_payment_term_id=term.id, invoice_date="2024-01-01"
        )
        line = self.bank_line(98.0, f"ACME CONSEIL {invoice.name}")
        self.assertEqual(invoice.amount_residual, 2.0 if line.is_reconciled else 100.0)

    # === Currencies ===

    def test_foreign_invoice_on_a_journal_of_its_currency(self):
        usd = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        journal = self.currency_journal(usd)
        invoice = self.billed(120.0, currency_id=usd.id)
        line = self.bank_line(120.0, invoice.name, journal=journal)
        self.assert_booked_line(line, invoice)
        self.assertEqual(self.counterparts(line), {self.receivable: -60.0})

    def test_foreign_invoice_paid_in_euros_is_left_to_a_person(self):
        usd = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        invoice = self.billed(120.0, currency_id=usd.id)
        line = self.bank_line(60.0, f"ACME CONSEIL {invoice.name}")
        self.assert_left_open(line)
        self.assertIn("USD", line.match_note)
        suggestion = line.match_suggestion_ids[:1]
        self.assertEqual(suggestion.entry_ids, self.due_line(invoice))
        suggestion.action_accept()
        self.assert_booked_line(line, invoice, state="manual")

    def test_foreign_amount_that_the_bank_told_pays_its_invoice(self):
        usd = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        invoice = self.billed(120.0, currency_id=usd.id)
        line = self.bank_line(
            61.0,
            f"ACME CONSEIL {invoice.name}",
            foreign_currency_id=usd.id,
            amount_currency=120.0,
        )
        self.assert_booked_line(line, invoice)
        self.assertEqual(line.amount, 61.0)

    # === Companies and rights ===

    def test_another_company_s_invoice_is_never_paid(self):
        invoice = self.billed()
        other = self.other_company()
        line = self.bank_line(
            120.0, invoice.name, journal=other["default_journal_bank"]
        )
        self.assert_left_open(line)
        self.assertFalse(line.match_suggestion_ids)
        self.assertEqual(invoice.amount_residual, 120.0)

    def test_a_branch_is_paid_on_its_mother_s_account_and_not_the_other_way(self):
        self.company.write({"child_ids": [Command.create({"name": "Agence"})]})
        self.cr.precommit.run()
        branch = self.company.child_ids
        sale_journal = self.company_data["default_journal_sale"]
        invoice = (
            self.env["account.move"]
            .with_company(branch)
            .create(
                {
                    "move_type": "out_invoice",
                    "company_id": branch.id,
                    "journal_id": sale_journal.id,
                    "partner_id": self.acme.id,
                    "invoice_date": "2026-01-15",
                    "invoice_line_ids": [
                        Command.create(
                            {
                                "name": "Service",
                                "price_unit": 75.0,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
            )
        )
        invoice.action_post()
        mothers = self.billed(85.0)
        journal = self.env["account.journal"].create(
            {
                "name": "Banque agence",
                "type": "bank",
                "code": "BAG",
                "company_id": branch.id,
            }
        )
        stranger = self.bank_line(85.0, f"ACME {mothers.name}", journal=journal)
        self.assert_left_open(stranger)
        self.assertFalse(stranger.match_suggestion_ids)
        self.assert_booked_line(self.bank_line(75.0, f"ACME {invoice.name}"), invoice)

    def test_importers_and_accountants_without_system_rights(self):
        for group in ("account.group_account_basic", "account.group_account_user"):
            user = new_test_user(
                self.env,
                login=f"clerk_{group[-5:]}",
                groups=f"account.group_account_basic,{group}",
                company_id=self.company.id,
                company_ids=[Command.set(self.company.ids)],
            )
            invoice = self.billed()
            line = (
                self.env["account.bank.statement.line"]
                .with_user(user)
                .create(self.line_values(120.0, invoice.name, account_number=IBAN))
            )
            with self.subTest(group):
                self.assert_booked_line(line.sudo(), invoice)

    # === What cannot be booked ===

    def test_a_rule_that_fails_does_not_keep_money_out_of_the_books(self):
        with (
            patch(
                "odoo.addons.account_payment_request.matching.decide",
                side_effect=ZeroDivisionError,
            ),
            mute_logger(f"{MODELS_LOGGER}.match.account_bank_statement_line_plan"),
        ):
            line = self.bank_line(120.0, "VIR")
        self.assert_left_open(line)

    @mute_logger(f"{MODELS_LOGGER}.match.account_bank_statement_line_book")
    def test_a_failed_booking_leaves_its_line_as_it_came(self):
        first, second = self.billed(10.0), self.billed(11.0)
        bad = self.due_line(first)
        entry_class = self.env.registry["account.move.line"]
        check = entry_class._check_amls_exigibility_for_reconciliation

        def refuse(entries, *args, **kwargs):
            if bad.id in entries.ids:
                raise UserError(bad.display_name)
            return check(entries, *args, **kwargs)

        with patch.object(
            entry_class, "_check_amls_exigibility_for_reconciliation", refuse
        ):
            lines = self.env["account.bank.statement.line"].create(
                [
                    self.line_values(10.0, first.name),
                    self.line_values(11.0, second.name),
                ]
            )
        self.assert_left_open(lines[0])
        self.assertIn(bad.display_name, lines[0].match_note)
        self.assertFalse(lines[0].partner_id)
        self.assert_booked_line(lines[1], second)

    def test_a_hashed_journal_is_matched_at_creation(self):
        self.bank_journal.restrict_mode_hash_table = True
        invoice = self.billed()
        line = self.bank_line(120.0, invoice.name)
        self.assertTrue(line.move_id.inalterable_hash)
        self.assert_booked_line(line, invoice)

    def test_lines_that_say_where_they_go_are_left_alone(self):
        invoice = self.billed()
        line = self.bank_line(
            120.0, invoice.name, counterpart_account_id=self.fee_account.id
        )
        self.assertEqual(self.counterparts(line), {self.fee_account: -120.0})
        self.assertEqual(invoice.amount_residual, 120.0)
        model = self.env["account.bank.statement.line"]
        quiet = model.with_context(no_bank_match=True).create(
            self.line_values(120.0, invoice.name)
        )
        self.assert_left_open(quiet)
        self.assertFalse(quiet.match_suggestion_ids)

    # === Payers' accounts ===

    def test_the_payer_s_account_is_learned(self):
        invoice = self.billed()
        self.bank_line(120.0, invoice.name, account_number="FR76 1010 7001 0112")
        (account,) = self.acme.bank_ids
        self.assertEqual(account.sanitized_acc_number, "FR76101070010112")

    def test_it_is_not_learned_if_the_company_does_not_want_it(self):
        self.company.bank_match_learn_iban = False
        invoice = self.billed()
        self.bank_line(120.0, invoice.name, account_number=IBAN)
        self.assertFalse(self.acme.bank_ids)

    def test_somebody_s_account_is_not_learned_for_another(self):
        self.bank_account(IBAN, self.company_customer)
        request = self.request_of(self.billed())
        line = self.bank_line(120.0, request.reference, account_number=IBAN)
        self.assertTrue(line.is_reconciled)
        self.assertFalse(self.acme.bank_ids)

    def test_nothing_is_learned_from_what_is_left_open(self):
        self.billed(120.0)
        line = self.bank_line(
            120.0, "VIREMENT", partner_name="ACME CONSEIL", account_number=IBAN
        )
        self.assert_left_open(line)
        self.assertFalse(self.acme.bank_ids)

    # === Undo ===

    def test_undone_lines_are_not_matched_again_by_themselves(self):
        invoice = self.billed()
        line = self.bank_line(120.0, invoice.name)
        line.action_undo_reconciliation()
        self.assert_left_open(line)
        self.assertFalse(line.partner_id)
        self.assertEqual(line.match_state, "open")
        self.assertEqual(invoice.amount_residual, 120.0)
        self.billed(120.0)  # posting has open lines looked at again
        self.run_cron("account_payment_request.ir_cron_bank_match")
        self.assert_left_open(line)
        # On request it is.
        line._match(book=False)
        self.assert_left_open(line)
        self.assertTrue(line.match_suggestion_ids)
        line._match()
        self.assert_booked_line(line, invoice)

    def test_undo_keeps_the_partner_that_a_person_gave(self):
        invoice = self.billed()
        line = self.bank_line(120.0, invoice.name, partner_id=self.acme.id)
        line.action_undo_reconciliation()
        self.assertEqual(line.partner_id, self.acme)
