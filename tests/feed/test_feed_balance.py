"""Balance of the bank and of the journal, and the opening balance."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from ..common.feed_case import FeedCase
from ..common.payment_request import IBAN


@tagged("post_install", "-at_install")
class TestFeedBalance(FeedCase):
    """What the bank says it holds, and when it said so."""

    def test_empty_journal_starts_with_the_bank_balance(self):
        self.sim.open_account(IBAN, 574, balance=1000)
        self.sim.transfer(50.0, "new", account=IBAN, when=self.day(-1))
        account = self.feed(first_day=self.day(-5))
        self.fetch()
        opening = account.opening_line_id
        self.assertEqual(opening.amount, 1000.0)
        self.assertEqual(opening.date, self.day(-6))
        self.assertEqual(account.balance_difference, 0.0)
        self.assertEqual(self.lines()[0], opening)
        self.fetch(account)
        self.assertEqual(len(self.lines(account)), 2)

    def test_older_history_that_comes_later_leaves_the_opening(self):
        self.sim.open_account(IBAN, 574, balance=1000)
        self.sim.transfer(40.0, "older", account=IBAN, when=self.day(-20))
        self.sim.transfer(50.0, "new", account=IBAN, when=self.day(-1))
        self.sim.faults.short_history = True
        account = self.feed(first_day=self.day(-30))
        self.fetch()
        self.assertEqual(account.opening_line_id.amount, 1040.0)
        self.sim.faults.short_history = False
        self.travel(minutes=30)
        self.sim.refresh()
        self.fetch(account)
        self.assertEqual(account.opening_line_id.amount, 1000.0)
        self.assertEqual(len(self.lines(account)), 3)
        self.assertEqual(account.balance_difference, 0.0)

    def test_journal_with_entries_gets_no_opening(self):
        self.bank_line(10.0, "typed")
        account = self.feed()
        self.fetch()
        self.assertFalse(account.opening_line_id)

    def test_first_day_follows_the_last_line(self):
        self.bank_line(10.0, "typed", date=self.day(-3))
        account = self.connect().account_ids
        self.assertEqual(account.history_start_date, self.day(-2))

    def test_difference_is_shown_with_its_day(self):
        account = self.feed()
        self.receive_money(100.0, "one")
        self.fetch()
        self.assertEqual(account.balance_difference, 0.0)
        self.travel(hours=1)
        by_hand = self.env["account.move"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": self.day(-4),
                "line_ids": [
                    Command.create({"account_id": account_id, "balance": amount})
                    for account_id, amount in (
                        (self.bank_journal.default_account_id.id, 7.0),
                        (self.company_data["default_account_revenue"].id, -7.0),
                    )
                ],
            }
        )
        by_hand.action_post()
        self.fetch(account)
        self.assertEqual(account.balance_difference, -7.0)
        self.assertEqual(account.difference_date, self.day(-4))
        self.travel(days=3)
        self.fetch(account)
        self.assertEqual(account.difference_date, self.day(-7))
        by_hand.button_draft()
        self.fetch(account)
        self.assertEqual(account.balance_difference, 0.0)
        self.assertFalse(account.difference_date)

    def test_account_not_read_yet_is_as_old_as_itself(self):
        account = self.feed()
        self.fetch()
        journal = self.bank_journal.copy({"bank_account_id": False})
        self.env["bridge.account"].sudo().create(
            {
                "connection_id": account.connection_id.id,
                "account_ref": "new",
                "journal_id": journal.id,
                "state": "active",
            }
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE bridge_account SET create_date = '2020-01-01' WHERE id = %s",
            [account.id],
        )
        self.env.invalidate_all()
        self.assertLess(self.company._get_bank_data_age(), timedelta(hours=1))

    def test_age_is_that_of_the_oldest_account(self):
        self.assertIsNone(self.company._get_bank_data_age())
        self.assertEqual(self.company._get_bank_data_note(), "")
        account = self.feed()
        self.fetch()
        self.assertLess(self.company._get_bank_data_age(), timedelta(minutes=1))
        self.travel(hours=5, minutes=1)
        self.assertEqual(
            self.company._get_bank_data_note(), "Bank data are 5 hours old."
        )
        other = self.bank_journal.copy()
        self.assertIsNone(self.company._get_bank_data_age(other))
        account.with_user(self.manager).action_pause()
        self.assertIsNone(self.company._get_bank_data_age())
