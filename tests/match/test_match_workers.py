"""Lines, entries and people at once, each in a process of their own."""

from odoo import Command, fields
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.batch import Step
from ..common.payment_request import ProcessesCase


@tagged("post_install", "-at_install")
class TestMatchWorkers(ProcessesCase):
    def setUp(self):
        super().setUp()
        with self.process() as env:
            journal = env["account.journal"].search([("type", "=", "bank")], limit=1)
            self.journal_id = journal.id
            self.company_id = journal.company_id.id
            # Two imports into one journal would wait for each other's numbers.
            self.other_journal_id = journal.create(
                {"name": "Second Bank", "type": "bank", "code": "BNKX"}
            ).id
            partner = env["res.partner"].create({"name": "Concurrent Client"})
            moves = env["account.move"].create(
                [
                    {
                        "move_type": "out_invoice",
                        "company_id": self.company_id,
                        "partner_id": partner.id,
                        "invoice_date": fields.Date.today(),
                        "invoice_line_ids": [
                            Command.create(
                                {
                                    "name": "Service",
                                    "price_unit": 4711.0 + index,
                                    "tax_ids": [Command.clear()],
                                }
                            )
                        ],
                    }
                    for index in range(2)
                ]
            )
            moves.action_post()
            self.partner_id, self.move_ids = partner.id, moves.ids
            self.names = moves.mapped("name")
        self.line_ids = []
        self.addCleanup(self.remove)

    def remove(self):
        with self.process() as env:
            lines = env["account.bank.statement.line"].browse(self.line_ids).exists()
            lines.action_undo_reconciliation()
            lines.unlink()
            moves = env["account.move"].browse(self.move_ids)
            moves.button_draft()
            moves.with_context(force_delete=True).unlink()
            env["bank.match.recheck"].search([]).unlink()
            partner = env["res.partner"].browse(self.partner_id)
            partner.bank_ids.unlink()
            partner.unlink()
            journal = env["account.journal"].browse(self.other_journal_id)
            journal.unlink()

    def create_lines(self, env, *indexes, state=None, journal_id=None):
        """Create lines that name the documents; kept for the end."""
        model = env["account.bank.statement.line"]
        if state:
            model = model.with_context(no_bank_match=True)
        lines = model.create(
            [
                {
                    "journal_id": journal_id or self.journal_id,
                    "date": fields.Date.today(),
                    "amount": 4711.0 + index,
                    "payment_ref": self.names[index],
                    "match_state": state,
                }
                for index in indexes
            ]
        )
        self.line_ids += lines.ids
        return lines

    def test_what_a_person_is_matching_is_waited_for(self):
        with self.process() as env:
            line_id = self.create_lines(env, 0, state="waiting").id
        with self.process() as person, self.process() as worker:
            entries = person["account.move"].browse(self.move_ids[0]).line_ids
            person["account.bank.statement.line"]._lock_entries(entries)
            line = worker["account.bank.statement.line"].browse(line_id)
            line._match()
            self.assertFalse(line.is_reconciled)
            self.assertEqual(line.match_state, "waiting")
        with self.process() as env:
            line = env["account.bank.statement.line"].browse(line_id)
            line._match()
            self.assertTrue(line.is_reconciled)

    def test_new_money_for_what_a_person_is_matching_waits(self):
        with self.process() as person, self.process() as worker:
            entries = person["account.move"].browse(self.move_ids[0]).line_ids
            person["account.bank.statement.line"]._lock_entries(entries)
            line = self.create_lines(worker, 0)
            self.assertFalse(line.is_reconciled)
            self.assertEqual(line.match_state, "waiting")
            self.assertEqual(len(line.move_id.line_ids), 2)

    def test_two_workers_take_different_lines(self):
        with self.process() as env:
            ids = self.create_lines(env, 0, 1, state="waiting").ids
        domain = [("id", "in", ids), ("match_state", "=", "waiting")]
        with self.process() as first, self.process() as second:
            line = first["account.bank.statement.line"].browse(ids[0])
            self.assertTrue(line.try_lock_for_update(allow_referencing=True))
            lines = second["account.bank.statement.line"].browse(ids)
            second["payment.batch"]._work(lines, Step("_match", domain=Domain(domain)))
            taken = lines.filtered("is_reconciled")
            self.assertEqual(taken.ids, ids[1:])
            self.assertTrue(taken.is_reconciled)
            line._match()
            self.assertTrue(line.is_reconciled)

    @mute_logger(
        "odoo.addons.account_payment_request.models.match.account_bank_statement_line_book"
    )
    def test_one_invoice_is_paid_by_one_of_two_imports_at_once(self):
        with self.process() as first, self.process() as second:
            one = self.create_lines(first, 0)
            self.assertTrue(one.is_reconciled)
            # The other one knows nothing of it yet.
            two = self.create_lines(second, 0, journal_id=self.other_journal_id)
            self.assertFalse(two.is_reconciled)
            two_id = two.id
        with self.process() as env:
            line = env["account.bank.statement.line"].browse(two_id)
            line._match()
            self.assertFalse(line.is_reconciled)
            move = env["account.move"].browse(self.move_ids[0])
            self.assertEqual(move.amount_residual, 0.0)
