from unittest.mock import patch

from odoo import Command, fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.bank_line_case import BankLineCase

MODELS_LOGGER = "odoo.addons.account_payment_request.models"


@tagged("post_install", "-at_install")
class TestManyBankLines(BankLineCase):
    """Lines of one import are matched together, and none holds up the others."""

    def test_many_lines_are_reconciled_in_one_plan(self):
        transactions = self.book(10.0, 11.0, 12.0, 13.0)
        requests = [self.create_request(50.0 + index) for index in range(3)]
        labels = [(tx.amount, tx.reference) for tx in transactions]
        labels += [(request.amount_to_pay, request.reference) for request in requests]
        labels += [(77.0, "VIR SEPA SANS REFERENCE"), (-5.0, "FRAIS")]
        plans = []
        entry_class = self.env.registry["account.move.line"]
        reconcile_plan = entry_class._reconcile_plan

        def count(entries, plan):
            plans.append(len(plan))
            return reconcile_plan(entries, plan)

        with patch.object(entry_class, "_reconcile_plan", count):
            lines = self.create_lines(labels)
        # Core calls itself with nothing when there is no exchange difference.
        self.assertEqual([size for size in plans if size], [7])
        self.assertEqual(lines.mapped("is_reconciled"), [True] * 7 + [False] * 2)
        for line, tx in zip(lines, transactions, strict=False):
            self.assert_reconciled(line, tx)

    def test_searches_do_not_grow_with_the_number_of_lines(self):
        transactions = self.book(*range(10, 22))
        searches = []
        for model in ("payment.transaction", "payment.request"):
            model_class = self.env.registry[model]
            search = model_class.search

            def count(records, *args, search=search, **kwargs):
                searches.append(records._name)
                return search(records, *args, **kwargs)

            self.startPatcher(patch.object(model_class, "search", count))
        counts = []
        for batch in (transactions[:2], transactions[2:]):
            searches.clear()
            self.create_lines([(tx.amount, tx.reference) for tx in batch])
            counts.append(sorted(searches))
        self.assertEqual(counts[0], counts[1])

    def test_queries_grow_no_more_than_core_s_own(self):
        transactions = self.book(*range(10, 34))

        def queries(work, batch):
            def run():
                work(batch)
                # Messages of tracked fields are written before a commit.
                self.env.cr.flush()

            return self.count_queries(run)

        def by_hand(batch):
            """What a person's program would do who knows the pairs."""
            lines = self.create_lines([(tx.amount, "no reference") for tx in batch])
            pairs = []
            for line, tx in zip(lines, batch, strict=True):
                suspense = line._seek_for_lines()[1]
                outstanding = tx.payment_id._seek_for_lines()[0]
                suspense.account_id = outstanding.account_id
                pairs.append(suspense + outstanding)
            self.env["account.move.line"]._reconcile_plan(pairs)

        def matched(batch):
            lines = self.create_lines([(tx.amount, tx.reference) for tx in batch])
            self.assertTrue(all(lines.mapped("is_reconciled")))

        queries(by_hand, transactions[:2])  # warm
        few, many = transactions[2:5], transactions[5:13]
        core = queries(by_hand, many) - queries(by_hand, few)
        few, many = transactions[13:16], transactions[16:24]
        ours = queries(matched, many) - queries(matched, few)
        self.assertLessEqual(ours, core * 1.15)

    @mute_logger(MODELS_LOGGER)
    def test_one_pair_that_cannot_be_booked_does_not_keep_the_others_open(self):
        transactions = self.book(10.0, 11.0, 12.0)
        bad = transactions[1]
        # Put back to draft by an accountant: its entry cannot be reconciled.
        bad.payment_id.action_draft()
        lines = self.create_lines([(tx.amount, tx.reference) for tx in transactions])
        self.assert_reconciled(lines[0], transactions[0])
        self.assert_reconciled(lines[2], transactions[2])
        self.assert_open(lines[1])
        self.assertIn(bad.reference, lines[1].match_note)

    def test_lines_of_an_imported_statement_are_matched(self):
        tx, request = self.paid(120.0), self.create_request(80.0)
        statement = self.env["account.bank.statement"].create(
            {
                "name": "Import",
                "balance_end_real": 200.0,
                "line_ids": [
                    Command.create(
                        {
                            "journal_id": self.bank_journal.id,
                            "date": fields.Date.today(),
                            "amount": amount,
                            "payment_ref": f"VIR {reference} DUPONT",
                            "partner_name": "DUPONT MARIE",
                            "account_number": "FR7610107001011234567890129",
                            "transaction_type": "PMNT-RCDT",
                        }
                    )
                    for amount, reference in (
                        (120.0, tx.reference),
                        (80.0, request.reference),
                    )
                ],
            }
        )
        first, second = statement.line_ids.sorted("id")
        self.assert_reconciled(first, tx)
        self.assert_reconciled(second)
        self.assert_state(request, "paid", 0.0)
