from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from ..common.bank_line_case import BankLineCase

# Never tells whether it executed a transfer.
SILENT_BANK = 9101


@tagged("post_install", "-at_install")
class TestBankLine(BankLineCase):
    # === What stays open ===

    def test_another_amount_stays_open_and_is_told_if_the_company_wants_it_so(self):
        self.company.bank_match_partial = False
        tx = self.paid(120.0)
        for amount in (119.99, 120.01, 1200.0):
            line = self.bank_line(amount, tx.reference)
            self.assert_open(line)
            self.assertIn(tx.reference, line.match_note)
            self.assertIn("120.00", line.match_note)
            self.assertTrue(line.match_suggestion_ids)
        self.assertEqual(tx.issue, "amount_differs")
        self.assertEqual(len(self.tasks(tx.payment_request_id)), 1)
        self.assertFalse(tx.payment_id.is_matched)

    def test_another_amount_never_makes_a_pending_transfer_done(self):
        for partial in (True, False):
            with self.subTest(partial=partial):
                self.company.bank_match_partial = partial
                tx = self.paid(120.0, "pdng")
                line = self.bank_line(100.0, tx.reference)
                self.assertEqual(line.is_reconciled, partial)
                self.assertEqual(tx.state, "pending")
                self.assertFalse(tx.payment_id)
                self.assertEqual(tx.issue, "amount_differs")

    def test_too_little_pays_a_part_and_calls_a_person(self):
        tx = self.paid(120.0, "pdng")
        request = tx.payment_request_id
        line = self.bank_line(100.0, tx.reference)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(line.matched_transaction_id, tx)
        self.assertIn("20.00", line.match_note)
        self.assertEqual(request.line_ids.move_id.amount_residual, 20.0)
        self.assertEqual(len(self.tasks(request)), 1)
        # What is left can be asked for: the transfer is no longer awaited.
        self.assert_state(request, "valid", 20.0)

    def test_too_much_pays_and_leaves_a_credit(self):
        tx = self.paid(120.0, "pdng")
        line = self.bank_line(150.0, tx.reference)
        self.assertTrue(line.is_reconciled)
        (credit,) = line.move_id.line_ids - line._seek_for_lines()[0]
        self.assertEqual(credit.account_id.account_type, "asset_receivable")
        self.assertEqual(credit.partner_id, self.customer)
        self.assertEqual(credit.amount_residual, -30.0)
        self.assertEqual(tx.payment_request_id.line_ids.move_id.amount_residual, 0.0)
        self.assertEqual((tx.state, tx.issue), ("pending", "amount_differs"))

    def test_another_amount_of_a_booked_transfer_uses_its_payment(self):
        tx = self.paid(120.0)
        outstanding = tx.payment_id._seek_for_lines()[0]
        line = self.bank_line(100.0, tx.reference)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(outstanding.amount_residual, 20.0)
        self.assertEqual((tx.state, tx.issue), ("done", "amount_differs"))
        # The invoice was paid by the payment, and is not paid a second time.
        self.assertEqual(tx.payment_request_id.line_ids.move_id.amount_residual, 0.0)

    def test_the_same_transfer_is_never_paid_by_two_lines(self):
        tx = self.paid()
        first = self.bank_line(120.0, tx.reference)
        second = self.bank_line(120.0, tx.reference)
        self.assert_reconciled(first, tx)
        self.assert_open(second)
        self.assertIn("another bank line", second.match_note)

    def test_two_such_lines_in_one_import_pay_once(self):
        tx = self.paid()
        values = {
            "journal_id": self.bank_journal.id,
            "date": fields.Date.today(),
            "amount": 120.0,
            "payment_ref": tx.reference,
        }
        first, second = self.env["account.bank.statement.line"].create([values] * 2)
        self.assert_reconciled(first, tx)
        self.assert_open(second)

    def test_a_transfer_is_booked_though_its_invoice_is_paid_in_the_same_import(self):
        tx = self.paid(outcome="pdng")
        # Without news for long: something else may pay.
        tx.released_at = fields.Datetime.now()
        values = {"journal_id": self.bank_journal.id, "date": fields.Date.today()}
        labels = (tx.payment_request_id.reference, tx.reference)
        lines = self.env["account.bank.statement.line"].create(
            [{**values, "amount": 120.0, "payment_ref": label} for label in labels]
        )
        self.assert_reconciled(lines[1], tx)
        self.assertEqual(tx.state, "done")
        self.assertEqual(tx.payment_request_id.line_ids.move_id.amount_residual, 0.0)

    def test_money_that_leaves_pays_nothing(self):
        tx = self.paid()
        for amount in (-119.0, 0.0):
            line = self.bank_line(amount, tx.reference)
            self.assertFalse(line.matched_transaction_id)
        self.assertFalse(tx.payment_id.is_matched)

    def test_a_journal_in_another_currency_pays_nothing_in_euros(self):
        dollars = self.env["account.journal"].create(
            {
                "name": "Dollars",
                "type": "bank",
                "code": "USDB",
                "currency_id": self.currency_usd.id,
            }
        )
        tx = self.paid()
        line = self.bank_line(120.0, tx.reference, journal=dollars)
        self.assert_open(line)
        self.assertFalse(tx.payment_id.is_matched)

    def test_a_line_exchanged_by_the_bank_is_left_to_a_person(self):
        tx = self.paid()
        line = self.bank_line(
            120.0,
            tx.reference,
            foreign_currency_id=self.currency_usd.id,
            amount_currency=130.0,
        )
        self.assert_open(line)

    def test_labels_without_our_reference_stay_open_without_a_word(self):
        self.paid()
        for label in ("VIR SEPA MARIE DUPONT", "FACTURE 2026-0042", "/", "K7XQ4", ""):
            line = self.bank_line(120.0, label or "x")
            self.assert_open(line)
            self.assertFalse(line.match_note)

    def test_a_wrong_character_in_the_reference_is_not_forgiven(self):
        tx = self.paid()
        code = tx.reference
        wrong = "A" if code[4] != "A" else "B"
        self.assert_open(self.bank_line(120.0, code[:4] + wrong + code[5:]))
        self.assert_open(self.bank_line(120.0, code[:-1]))

    def test_a_label_with_two_of_our_references_is_told_apart_by_the_amount(self):
        first, second = self.paid(120.0), self.paid(80.0)
        label = f"{first.reference} {second.reference}"
        self.assert_reconciled(self.bank_line(80.0, label), second)
        third = self.paid(120.0)
        line = self.bank_line(120.0, f"{first.reference} {third.reference}")
        self.assert_open(line)
        self.assertIn("several", line.match_note)

    # === What is closed ===

    def test_the_line_closes_the_payment_s_outstanding_entry(self):
        tx = self.paid()
        payment = tx.payment_id
        line = self.bank_line(120.0, f"VIR {tx.reference}")
        self.assert_reconciled(line, tx)
        self.assertEqual(line.matched_request_id, tx.payment_request_id)
        self.assertEqual(payment._seek_for_lines()[0].amount_residual, 0.0)
        self.assertEqual(payment.state, "paid")
        # Nothing was booked a second time.
        self.assertEqual(tx.payment_request_id.line_ids.move_id.amount_residual, 0.0)
        payments = self.env["account.payment"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(payments, payment)

    def test_a_pending_transfer_is_done_first(self):
        tx = self.paid(outcome="pdng")
        self.assertEqual(tx.state, "pending")
        line = self.bank_line(120.0, tx.reference)
        self.assert_booked(tx, 120.0)
        self.assert_reconciled(line, tx)
        self.assert_state(tx.payment_request_id, "paid", 0.0)
        self.assertEqual(tx.payment_request_id.line_ids.move_id.amount_residual, 0.0)

    def test_a_released_transfer_is_closed_and_its_task_done(self):
        tx = self.pay(self.create_request(), "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.travel(days=4)
        self.poll()
        self.assertEqual(tx.issue, "no_news")
        line = self.bank_line(120.0, tx.reference)
        self.assert_reconciled(line, tx)
        self.assertFalse(tx.issue)
        self.assertFalse(self.tasks(tx.payment_request_id))

    def test_money_at_the_bank_counts_whatever_was_known_before(self):
        for before in ("draft", "cancel", "error"):
            with self.subTest(before):
                tx = self.start(self.create_request())
                if before == "cancel":
                    tx._set_canceled()
                elif before == "error":
                    tx._set_error("no news")
                line = self.bank_line(120.0, tx.reference)
                self.assert_booked(tx, 120.0)
                self.assert_reconciled(line, tx)
                self.assert_state(tx.payment_request_id, "paid", 0.0)

    def test_a_late_answer_of_bridge_books_nothing_more(self):
        tx = self.paid(outcome="pdng-acsc")
        self.bank_line(120.0, tx.reference)
        payment = tx.payment_id
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.poll()
        self.assertEqual(tx.payment_id, payment)
        self.assertEqual(tx.state, "done")
        self.assertFalse(tx.issue)

    def test_the_reference_is_found_however_the_bank_writes_it(self):
        for write in (
            lambda code: f"VIR INST DE MME MARIE DUPONT {code} INV 2026 00042",
            lambda code: code.lower(),
            lambda code: " ".join(code),
            lambda code: f"{code[:5]}\n{code[5:]}",
            lambda code: f"{code[:3]} {code[3:7]}-{code[7:]}",
            lambda code: f"/ROC/{code}//RFB/NOTPROVIDED",
            lambda code: f"VIRSEPADUPONT{code}",
            lambda code: f"Règlement n°{code} – merci !",
            lambda code: f"   {code}",
        ):
            tx = self.book(120.0)
            label = write(tx.reference)
            with self.subTest(label):
                self.assert_reconciled(self.bank_line(120.0, label), tx)

    def test_a_label_cut_by_the_payer_s_bank_is_enough(self):
        tx = self.start(self.create_request())
        self.sim.faults.set(truncated_label=10)
        self.sim.pay(tx.provider_reference, "acsc")
        self.sim.clock.advance(hours=1)
        (credit,) = self.sim.bank_credits
        line = self.bank_line(credit["amount"], credit["label"])
        self.assert_reconciled(line, tx)

    def test_the_line_of_the_simulated_bank_closes_its_transfer(self):
        tx = self.paid(outcome="pdng-acsc", partner=self.company_customer)
        self.sim.clock.advance(days=4)
        self.settle_all()
        (credit,) = self.sim.bank_credits
        self.assertIn("SOCIETE GENERIQUE", credit["label"])
        line = self.bank_line(credit["amount"], credit["label"])
        self.assert_reconciled(line, tx)

    def test_the_reference_is_found_in_every_text_of_the_line(self):
        for texts in (
            lambda code: {"ref": code},
            lambda code: {"narration": f"<p>End to end: <b>{code}</b></p>"},
            lambda code: {"transaction_details": {"end_to_end_id": code}},
            lambda code: {
                "transaction_details": {"refs": {"ids": ["NOTPROVIDED", code]}}
            },
        ):
            tx = self.book(120.0)
            values = texts(tx.reference)
            with self.subTest(values):
                line = self.bank_line(120.0, "VIR SEPA RECU", **values)
                self.assert_reconciled(line, tx)

    def test_no_cent_is_lost_on_the_way(self):
        for amount in (0.29, 19.99, 1234.56, 33_333.33):
            with self.subTest(amount):
                tx = self.paid(amount)
                self.assert_booked(tx, amount)
                self.assert_reconciled(self.bank_line(amount, tx.reference), tx)

    # === A transfer that the payer typed in ===

    def test_a_transfer_typed_by_hand_pays_the_invoice(self):
        request = self.create_request(120.0)
        line = self.bank_line(120.0, f"DUPONT {request.reference}")
        self.assert_reconciled(line)
        self.assertEqual(line.matched_request_id, request)
        self.assertFalse(line.matched_transaction_id)
        self.assertEqual(request.line_ids.move_id.amount_residual, 0.0)
        self.assert_state(request, "paid", 0.0)

    def test_a_transfer_typed_by_hand_pays_several_invoices(self):
        moves = self.create_invoice(30.0) + self.create_invoice(50.0)
        request = self.ask(moves, mode="grouped")
        line = self.bank_line(80.0, request.reference)
        self.assert_reconciled(line)
        self.assertEqual(sum(moves.mapped("amount_residual")), 0.0)
        self.assert_state(request, "paid", 0.0)

    def test_a_transfer_typed_by_hand_pays_the_part_that_was_asked(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=30.0)
        line = self.bank_line(30.0, request.reference)
        self.assert_reconciled(line)
        self.assertEqual(invoice.amount_residual, 70.0)
        self.assert_state(request, "paid", 0.0)

    def test_two_lines_of_one_import_pay_the_part_that_was_asked_once(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=30.0)
        lines = self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": self.bank_journal.id,
                    "date": fields.Date.today(),
                    "amount": amount,
                    "payment_ref": label,
                }
                for amount, label in (
                    (30.0, request.reference),
                    (30.0, request.reference),
                    (100.0, invoice.name),
                )
            ]
        )
        self.assert_reconciled(lines[0])
        self.assert_open(lines[1])
        self.assert_open(lines[2])
        self.assertEqual(invoice.amount_residual, 70.0)

    def test_a_transfer_typed_by_hand_after_expiry_is_taken_in(self):
        request = self.create_request(120.0)
        request.action_revoke()
        self.assert_reconciled(self.bank_line(120.0, request.reference))
        self.assert_state(request, "paid", 0.0)

    def test_a_deposit_becomes_a_credit_of_its_customer(self):
        request = self.create_deposit(300.0)
        line = self.bank_line(300.0, request.reference)
        self.assertTrue(line.is_reconciled)
        self.assertFalse(self.suspense_of(line))
        credit = line.move_id.line_ids.filtered(
            lambda entry: entry.account_id.account_type == "asset_receivable"
        )
        self.assertEqual(credit.partner_id, self.customer)
        self.assertEqual(credit.amount_residual, -300.0)
        self.assert_state(request, "paid", 0.0)
        self.assertEqual(request._get_page_state(), "paid")
        # The same line again pays nothing more.
        self.assert_open(self.bank_line(300.0, request.reference))

    def test_by_hand_and_by_transfer_are_not_both_taken_for_one_debt(self):
        request = self.create_request(120.0)
        self.pay(request, "pdng")
        self.settle_all()
        # All of it is on its way: a person decides what the second transfer is.
        line = self.bank_line(120.0, request.reference)
        self.assert_open(line)
        self.assertTrue(line.match_note)

    # === Undone, deleted ===

    def test_an_undone_match_is_forgotten(self):
        tx = self.paid()
        line = self.bank_line(120.0, tx.reference)
        line.action_undo_reconciliation()
        self.assert_open(line)
        self.assertFalse(line.match_note)
        self.assertFalse(tx.payment_id.is_matched)
        # Another line of the bank can pay it now.
        self.assert_reconciled(self.bank_line(120.0, tx.reference), tx)

    def test_an_undone_match_asks_for_the_invoice_again(self):
        request = self.create_request(120.0)
        line = self.bank_line(120.0, request.reference)
        line.action_undo_reconciliation()
        self.assert_open(line)
        self.assert_state(request, "valid", 120.0)

    def test_an_undone_deposit_is_asked_for_again(self):
        request = self.create_deposit(300.0)
        line = self.bank_line(300.0, request.reference)
        line.action_undo_reconciliation()
        self.assert_open(line)
        self.assert_state(request, "valid", 300.0)

    def test_a_deleted_line_reopens_what_it_paid(self):
        tx = self.paid()
        request, deposit = self.create_request(80.0), self.create_deposit(300.0)
        lines = self.create_lines(
            [
                (120.0, tx.reference),
                (80.0, request.reference),
                (300.0, deposit.reference),
            ]
        )
        self.assertEqual(lines.mapped("is_reconciled"), [True] * 3)
        lines.unlink()
        self.assertFalse(tx.payment_id.is_matched)
        self.assertEqual(tx.payment_id._seek_for_lines()[0].amount_residual, 120.0)
        self.assert_state(request, "valid", 80.0)
        self.assert_state(deposit, "valid", 300.0)
        self.assertTrue(tx.exists())
        # The bank sends it again, under another line.
        self.assert_reconciled(self.bank_line(120.0, tx.reference), tx)

    # === Rights and companies ===

    def test_who_may_only_enter_bank_lines_has_them_matched(self):
        clerk = new_test_user(
            self.env,
            login="bank_clerk",
            groups="account.group_account_basic",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        tx, request = self.paid(outcome="pdng"), self.create_request(80.0)
        lines = self.create_lines(
            [(120.0, tx.reference), (80.0, request.reference)], user=clerk
        )
        self.assert_reconciled(lines[0].sudo(), tx)
        self.assert_reconciled(lines[1].sudo())

    def test_another_company_s_reference_is_never_matched(self):
        other = self.setup_other_company(name="Autre Boutique")
        journal = other["default_journal_bank"]
        tx, request = self.paid(), self.create_request(80.0)
        stranger = self.env["account.bank.statement.line"].with_company(
            other["company"]
        )
        for amount, reference in ((120.0, tx.reference), (80.0, request.reference)):
            line = stranger.create(
                {
                    "journal_id": journal.id,
                    "date": fields.Date.today(),
                    "amount": amount,
                    "payment_ref": reference,
                }
            )
            self.assert_open(line)
            self.assertFalse(line.match_note)
        self.assertFalse(tx.payment_id.is_matched)
        self.assertFalse(tx.issue)
        self.assert_state(request, "valid", 80.0)
