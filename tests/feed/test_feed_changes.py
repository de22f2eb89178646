"""What the bank changes, takes back, or tells a second time."""

from odoo import Command
from odoo.tests import tagged

from ..common.feed_case import FeedCase
from ..common.payment_request import IBAN


@tagged("post_install", "-at_install")
class TestFeedChanges(FeedCase):
    def setUp(self):
        super().setUp()
        self.request = self.create_request(120.0)
        self.invoice = self.request.line_ids.move_id
        self.account = self.feed(first_day=self.day(-30))
        self.fetch()

    def receive_payment(self, **how):
        """Let the invoice be paid and matched; return Bridge's id and the line."""
        ref = self.receive_money(120.0, self.request.reference, **how)
        self.fetch(self.account)
        line = self.line_of(ref)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self.invoice.payment_state, "paid")
        return ref, line

    def said(self, record, text):
        """Return whether a note on the record contains ``text``."""
        return any(text in (body or "") for body in record.message_ids.mapped("body"))

    # === Deleted ===

    def test_deleted_after_match_undoes_it_and_goes(self):
        ref, line = self.receive_payment()
        move = line.move_id
        self.sim.delete(ref)
        self.fetch(self.account)
        self.assertFalse(line.exists())
        self.assertFalse(move.exists())
        self.assertEqual(self.invoice.payment_state, "not_paid")
        for record in (self.account, self.invoice, self.request):
            self.assertTrue(self.said(record, "took back"), record)
        self.assertFalse(self.tasks(self.account))
        self.assertEqual(self.account.balance_difference, 0.0)

    def test_deleted_open_line_goes(self):
        ref = self.receive_money(33.0, "nobody's")
        self.fetch(self.account)
        self.sim.delete(ref)
        self.fetch(self.account)
        self.assertFalse(self.line_of(ref))
        self.assertEqual(self.account.balance_difference, 0.0)

    def test_deleted_before_it_was_read_leaves_no_trace(self):
        ref = self.receive_money(33.0, "nobody's")
        self.sim.delete(ref)
        self.fetch(self.account)
        self.assertFalse(self.lines(self.account))

    def assert_kept(self, ref, line, amount=120.0):
        """The line stays as it was; one person is told once."""
        self.assertTrue(line.exists())
        self.assertEqual(line.amount, amount)
        self.assertTrue(line.is_reconciled)
        self.assertEqual(self.invoice.payment_state, "paid")
        self.assertTrue(line.match_note)
        self.assertEqual(len(self.tasks(self.account)), 1)
        self.fetch(self.account)
        self.assertEqual(len(self.tasks(self.account)), 1)
        self.assertNotEqual(self.account.balance_difference, 0.0)
        self.assertEqual(
            self.account.difference_date, self.account.company_id._get_payment_today()
        )

    def test_deleted_in_a_closed_period_becomes_a_task(self):
        ref, line = self.receive_payment(when=self.day(-10))
        self.company.fiscalyear_lock_date = self.day(-5)
        self.sim.delete(ref)
        self.fetch(self.account)
        self.assert_kept(ref, line)
        self.assertIn("closed", line.match_note)

    def test_a_payer_s_words_are_no_markup_in_a_task(self):
        self.account._schedule_task(
            "Look", 'Took back "<a href="https://x.test">a</a>"'
        )
        (task,) = self.tasks(self.account)
        self.assertNotIn("<a ", task.note)
        self.assertIn("&lt;a href=", task.note)

    def test_deleted_in_a_hashed_journal_becomes_a_task(self):
        ref, line = self.receive_payment()
        self.bank_journal.restrict_mode_hash_table = True
        line.move_id.button_hash()
        self.assertTrue(line.move_id.inalterable_hash)
        self.sim.delete(ref)
        self.fetch(self.account)
        self.assert_kept(ref, line)
        self.assertIn("hash", line.match_note)

    def test_deleted_in_a_valid_statement_becomes_a_task(self):
        ref, line = self.receive_payment()
        self.env["account.bank.statement"].create(
            {
                "name": "BNK 11",
                "line_ids": [Command.set(line.ids)],
                "balance_end_real": 120.0,
            }
        )
        self.assertTrue(line.statement_id.is_valid)
        self.sim.delete(ref)
        self.fetch(self.account)
        self.assert_kept(ref, line)
        self.assertIn("BNK 11", line.match_note)

    def test_reissued_transaction_pays_again(self):
        ref, _line = self.receive_payment()
        self.sim.reissue(ref)
        self.fetch(self.account)
        self.fetch(self.account)
        lines = self.lines(self.account)
        self.assertEqual(len(lines), 1)
        self.assertNotEqual(lines.bridge_transaction_ref, str(ref))
        self.assertEqual(self.account.balance_difference, 0.0)
        self.assertEqual(self.invoice.payment_state, "paid")

    # === Changed ===

    def test_changed_amount_undoes_the_match_and_matches_again(self):
        ref, line = self.receive_payment()
        self.sim.correct(ref, amount=100)
        self.fetch(self.account)
        self.assertEqual(line.amount, 100.0)
        self.assertNotEqual(self.invoice.payment_state, "paid")
        self.assertTrue(self.said(self.invoice, "changed the transaction"))
        self.assertEqual(self.account.balance_difference, 0.0)
        self.sim.correct(ref, amount=120)
        self.fetch(self.account)
        self.assertEqual(line.amount, 120.0)
        self.assertEqual(self.invoice.payment_state, "paid")

    def test_changed_amount_of_an_open_line(self):
        ref = self.receive_money(33.0, self.request.reference[:4])
        self.fetch(self.account)
        line = self.line_of(ref)
        self.sim.correct(ref, amount=44)
        self.fetch(self.account)
        self.assertEqual(line.amount, 44.0)
        self.assertFalse(line.is_reconciled)

    def test_label_told_later_matches_the_line(self):
        ref = self.receive_money(120.0, "?", text="VIREMENT")
        self.fetch(self.account)
        line = self.line_of(ref)
        self.assertFalse(line.is_reconciled)
        self.sim.correct(ref, text=f"VIREMENT {self.request.reference}")
        self.fetch(self.account)
        self.assertIn(self.request.reference, line.payment_ref)
        self.assertTrue(line.is_reconciled)

    def test_label_told_later_leaves_what_is_matched(self):
        ref, line = self.receive_payment()
        label = line.payment_ref
        self.sim.correct(ref, text="VIREMENT RECU")
        self.fetch(self.account)
        self.assertEqual(line.payment_ref, label)
        self.assertTrue(line.is_reconciled)

    def test_changed_date_moves_the_line(self):
        ref, line = self.receive_payment()
        self.sim.correct(ref, date=self.day(-3))
        self.fetch(self.account)
        self.assertEqual(line.date, self.day(-3))
        self.assertEqual(self.invoice.payment_state, "paid")

    def test_changed_amount_in_a_closed_period_becomes_a_task(self):
        ref, line = self.receive_payment(when=self.day(-10))
        self.company.fiscalyear_lock_date = self.day(-5)
        self.sim.correct(ref, amount=100)
        self.fetch(self.account)
        self.assert_kept(ref, line)

    def test_changed_amount_in_a_hashed_journal_becomes_a_task(self):
        ref, line = self.receive_payment()
        self.bank_journal.restrict_mode_hash_table = True
        line.move_id.button_hash()
        self.sim.correct(ref, amount=100)
        self.fetch(self.account)
        self.assert_kept(ref, line)

    def test_label_changed_by_hand_is_kept(self):
        ref = self.receive_money(33.0, "nobody's")
        self.fetch(self.account)
        line = self.line_of(ref)
        line.payment_ref = "Deposit of the landlord"
        self.fetch(self.account)
        self.assertEqual(line.payment_ref, "Deposit of the landlord")


@tagged("post_install", "-at_install")
class TestFeedLink(FeedCase):
    """Lines that are there already are the same transactions, not others."""

    def lines_of_file(self, *labels, amount=120.0, days=-3):
        return self.env["account.bank.statement.line"].create(
            [
                {
                    "journal_id": self.bank_journal.id,
                    "date": self.day(days),
                    "amount": amount,
                    "payment_ref": label,
                }
                for label in labels
            ]
        )

    def receive(self, text, amount=120.0, days=-3):
        return self.receive_money(amount, text=text, when=self.day(days))

    def fetch_history(self):
        account = self.feed(first_day=self.day(-30))
        self.fetch()
        return account

    def test_line_of_a_file_is_linked(self):
        line = self.lines_of_file("Vir. ACME: facture 42")
        account = self.connect().account_ids
        ref = self.receive("VIR ACME FACTURE 42")
        account.history_start_date = self.day(-30)
        account.with_user(self.manager).action_start()
        self.fetch()
        self.assertEqual(self.lines(), line)
        self.assertEqual(line.bridge_transaction_ref, str(ref))
        self.assertEqual(line.bridge_account_id, account)
        self.assertEqual(line.payment_ref, "Vir. ACME: facture 42")

    def test_two_equal_transactions_need_two_lines(self):
        line = self.lines_of_file("VIR ACME FACTURE 42")
        account = self.connect().account_ids
        self.receive("VIR ACME FACTURE 42")
        self.receive("VIR ACME FACTURE 42")
        account.history_start_date = self.day(-30)
        account.with_user(self.manager).action_start()
        self.fetch()
        self.assertEqual(len(self.lines()), 2)
        self.assertIn(line, self.lines())
        self.assertEqual(len(set(self.lines().mapped("bridge_transaction_ref"))), 2)

    def test_cut_label_is_linked_but_no_other_day_or_amount(self):
        cut = self.lines_of_file("VIR ACME FACTURE")
        others = self.lines_of_file("VIR ACME FACTURE 43", amount=121.0)
        others |= self.lines_of_file("VIR ACME FACTURE 42", days=-4)
        account = self.connect().account_ids
        ref = self.receive("VIR ACME FACTURE 42")
        account.history_start_date = self.day(-30)
        account.with_user(self.manager).action_start()
        self.fetch()
        self.assertEqual(cut.bridge_transaction_ref, str(ref))
        self.assertEqual(self.lines(), cut | others)

    def test_exact_label_goes_before_a_cut_one(self):
        cut, exact = self.lines_of_file("VIR ACME FACTURE", "VIR ACME FACTURE 42")
        account = self.connect().account_ids
        ref = self.receive("VIR ACME FACTURE 42")
        account.history_start_date = self.day(-30)
        account.with_user(self.manager).action_start()
        self.fetch()
        self.assertEqual(exact.bridge_transaction_ref, str(ref))
        self.assertFalse(cut.bridge_transaction_ref)

    def test_bank_connected_again_goes_on_in_the_same_account(self):
        account = self.feed(first_day=self.day(-30))
        self.receive("VIR ACME FACTURE 42")
        self.receive("VIR ACME FACTURE 42")
        self.receive("VIR AUTRE", amount=7.0)
        self.fetch(account)
        lines = self.lines(account)
        old = account.connection_id
        old_ref = account.account_ref
        old.with_user(self.manager).action_disconnect()
        self.assertEqual(old.state, "removed")
        self.assertEqual(account.state, "closed")
        new = self.connect()
        self.assertEqual(new.account_ids, account)
        self.assertNotEqual(account.account_ref, old_ref)
        self.assertEqual(account.state, "active")
        self.receive("VIR NOUVEAU", amount=9.0, days=0)
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 4)
        self.assertLess(lines, self.lines(account))
        self.assertEqual(account.balance_difference, 0.0)
        self.assertEqual(
            set(self.lines(account).mapped("bridge_transaction_ref")),
            {
                str(transaction["id"])
                for transaction in self.sim.transactions_of(IBAN)
                if str(transaction["account_id"]) == account.account_ref
            },
        )

    def test_bank_connected_again_without_iban_doubles_nothing(self):
        account = self.feed(first_day=self.day(-30))
        self.receive("VIR ACME FACTURE 42")
        self.fetch(account)
        line = self.lines(account)
        account.iban = False
        account.connection_id.with_user(self.manager).action_disconnect()
        new = self.connect().account_ids
        self.assertNotEqual(new, account)
        self.assertEqual(new.journal_id, account.journal_id)
        new.history_start_date = self.day(-30)
        new.with_user(self.manager).action_start()
        self.fetch(new)
        self.assertEqual(self.lines(new), line)
        self.assertEqual(sum(self.lines().mapped("amount")), 120.0)

    def test_newer_connection_takes_the_account_over_for_good(self):
        account = self.feed(first_day=self.day(-30))
        self.receive("VIR ACME FACTURE 42")
        self.fetch(account)
        old = account.connection_id
        self.travel(days=1)
        new = self.connect()
        self.assertEqual(account.connection_id, new)
        old._read_at_bridge()
        self.assertEqual(account.connection_id, new)
        self.assertFalse(old.account_ids)
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 1)
