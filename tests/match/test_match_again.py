"""Lines examined later: large imports, documents posted after their money came."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.base.tests.test_ir_cron import CronMixinCase

from ...models.match import account_bank_statement_line as lines_module
from ..common.feed_case import FeedCase
from ..common.match_case import MatchCase

MATCH_CRON = "account_payment_request.ir_cron_bank_match"


@tagged("post_install", "-at_install")
class TestMatchAgain(MatchCase, CronMixinCase):
    def import_lines(self, moves, at_once=0):
        """Create one line for each document, more than are examined at once."""
        with patch.object(lines_module, "MATCH_AT_ONCE", at_once):
            return self.env["account.bank.statement.line"].create(
                [self.line_values(m.amount_residual, m.name) for m in moves]
            )

    def test_a_large_import_is_left_to_the_job(self):
        moves = self.billed(10.0) + self.billed(11.0) + self.billed(12.0)
        with self.capture_triggers(MATCH_CRON) as captured:
            lines = self.import_lines(moves)
        self.assertEqual(len(captured.records), 1)
        self.assertEqual(set(lines.mapped("match_state")), {"waiting"})
        for line in lines:
            self.assert_left_open(line)
        with patch.object(lines_module, "MATCH_SLICE", 2):
            self.run_cron(MATCH_CRON)
        for line, move in zip(lines, moves, strict=True):
            self.assert_booked_line(line, move)
            self.assertEqual(line.partner_id, self.acme)
            self.assertEqual(line._seek_for_lines()[0].partner_id, self.acme)

    def test_the_job_goes_on_where_it_was_stopped(self):
        moves = self.billed(10.0) + self.billed(11.0)
        lines = self.import_lines(moves)
        lines[0]._match()
        self.assert_booked_line(lines[0], moves[0])
        self.assertEqual(lines[1].match_state, "waiting")
        self.run_cron(MATCH_CRON)
        self.assert_booked_line(lines[1], moves[1])

    def test_lines_reconciled_by_hand_meanwhile_are_passed_over(self):
        moves = self.billed(10.0) + self.billed(11.0)
        lines = self.import_lines(moves)
        suspense = self.suspense_of(lines[0])
        suspense.account_id = self.receivable
        (suspense + self.due_line(moves[0])).reconcile()
        self.run_cron(MATCH_CRON)
        self.assertTrue(lines[0].is_reconciled)
        self.assertFalse(lines[0].match_state)
        self.assertFalse(lines[0].match_note)
        self.assert_booked_line(lines[1], moves[1])

    def test_one_line_that_cannot_be_read_does_not_hold_up_the_others(self):
        self.check_one_bad_line(UserError, "4711")

    def test_nor_does_one_that_meets_an_error_of_ours(self):
        self.check_one_bad_line(ValueError, "ValueError")

    @mute_logger("odoo.addons.account_payment_request.models")
    def check_one_bad_line(self, error, note):
        moves = self.billed(10.0) + self.billed(11.0)
        lines = self.import_lines(moves)
        line_class = self.env.registry["account.bank.statement.line"]
        read, bad = line_class._read_lines, lines[0].id

        def read_lines(records):
            if bad in records.ids:
                raise error(4711)
            return read(records)

        with patch.object(line_class, "_read_lines", read_lines):
            self.run_cron(MATCH_CRON)
        self.assert_left_open(lines[0])
        self.assertEqual(lines[0].match_note, note)
        self.assert_booked_line(lines[1], moves[1])

    # === Posted later ===

    def test_money_that_came_before_its_invoice_finds_it(self):
        invoice = self.billed(post=False)
        invoice.name = "INV/2026/77777"
        line = self.bank_line(120.0, "ACME INV/2026/77777")
        self.assert_left_open(line)
        with self.capture_triggers(MATCH_CRON) as captured:
            invoice.action_post()
        self.assertTrue(captured.records)
        self.run_cron(MATCH_CRON)
        self.assert_booked_line(line, invoice)

    def test_posting_costs_nothing_without_open_lines(self):
        invoice = self.billed(post=False)
        with self.capture_triggers(MATCH_CRON) as captured:
            invoice.action_post()
        self.assertFalse(captured.records)
        self.assertFalse(self.env["bank.match.recheck"].search([]))

    def test_other_lines_are_not_looked_at_again(self):
        line = self.bank_line(33.0, "SOMETHING ELSE ENTIRELY")
        self.assertEqual(line.match_state, "open")
        self.billed(120.0)
        self.assertTrue(self.env["bank.match.recheck"].search([]))
        line_class = self.env.registry["account.bank.statement.line"]
        examined = []
        match = line_class._match

        def note(records, book=True):
            examined.extend(records.ids)
            return match(records, book)

        with patch.object(line_class, "_match", note):
            self.run_cron(MATCH_CRON)
        self.assertNotIn(line.id, examined)
        self.assertFalse(self.env["bank.match.recheck"].search([]))

    def test_another_company_s_posting_changes_nothing(self):
        line = self.bank_line(120.0, "ACME")
        other = self.other_company()["company"]
        model = self.env["account.move"].with_company(other)
        move = model.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.acme.id,
                "invoice_date": "2026-01-15",
                "invoice_line_ids": [
                    (0, 0, {"name": "x", "price_unit": 120.0, "tax_ids": False})
                ],
            }
        )
        move.action_post()
        self.run_cron(MATCH_CRON)
        self.assert_left_open(line)
        self.assertFalse(line.match_suggestion_ids)

    # === Cost ===

    def test_queries_of_a_decision_do_not_grow_with_lines_or_what_is_open(self):
        moves = self.billed(10.0)
        for index in range(11):
            moves += self.billed(11.0 + index)
        model = self.env["account.bank.statement.line"].sudo()

        def queries(batch):
            vals = [self.line_values(m.amount_residual, m.name) for m in batch]

            def plan():
                plans = model._plan_values(vals)
                self.assertTrue(all(plan.booking.created_on_account for plan in plans))

            return self.count_queries(plan)

        queries(moves[:1])  # warm
        self.assertEqual(queries(moves[:2]), queries(moves[2:]))


@tagged("post_install", "-at_install")
class TestMatchFed(FeedCase):
    """What a person undid stays undone, whatever the bank tells later."""

    def test_another_label_does_not_match_again_what_a_person_undid(self):
        request = self.create_request(120.0)
        account = self.feed(first_day=self.day(-30))
        ref = self.receive_money(120.0, request.reference)
        self.fetch(account)
        line = self.line_of(ref)
        self.assertTrue(line.is_reconciled)
        line.action_undo_reconciliation()
        self.sim.correct(ref, text=f"VIREMENT {request.reference}")
        self.fetch(account)
        self.assertIn("VIREMENT", line.payment_ref)
        self.assertFalse(line.is_reconciled)
        self.assertEqual((request.state, request.amount_due), ("valid", 120.0))
