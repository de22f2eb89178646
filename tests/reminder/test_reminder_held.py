"""What keeps a due line from being reminded, before it is planned and after."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import SQL

from ...models.reminder.payment_reminder_hold_reason import Blocker
from ..common.reminder_case import DUE, ReminderPlanCase


@tagged("post_install", "-at_install")
class TestReminderHeld(ReminderPlanCase):
    """What keeps a line from being reminded, and for how long."""

    def test_without_policy_nothing_is_reminded(self):
        self.company.payment_reminder_policy_id = False
        line = self.owe()
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "no_policy")

    def test_policy_without_levels_reminds_nobody(self):
        self.customer.with_company(
            self.company
        ).payment_reminder_policy_id = self.create_policy("None")
        line = self.owe()
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "no_policy")

    def test_policy_of_another_company_does_not_count(self):
        other = self.env["res.company"].create({"name": "Other"})
        line = self.owe()
        line.move_id.payment_reminder_policy_id = False
        foreign = self.create_policy("Foreign", 2, company=other)
        self.env.cr.execute(
            "UPDATE account_move SET payment_reminder_policy_id = %s WHERE id = %s",
            [foreign.id, line.move_id.id],
        )
        self.env.invalidate_all()
        self.after(2)
        self.assertEqual(self.plan().policy_id, self.policy)

    def test_archived_policy_gives_way_to_the_next(self):
        line = self.owe()
        line.move_id.payment_reminder_policy_id = self.create_policy("Own", 5)
        line.move_id.payment_reminder_policy_id.active = False
        self.after(5)
        self.assertEqual(self.plan().policy_id, self.policy)

    def test_excluded_invoice(self):
        line = self.owe()
        line.move_id.no_followup = True
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "excluded")

    def test_blocked_payment(self):
        line = self.owe()
        line.move_id.action_toggle_block_payment()
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "blocked")

    def test_hold_includes_its_last_day(self):
        line = self.owe()
        until = DUE + timedelta(5)
        line._hold_reminders(until, "They called")
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "held", until)
        self.assertIn("They called", self.state(line)["sentence"])
        self.after(6)
        self.assertEqual(self.plan().line_ids.move_line_id, line)

    def test_hold_of_the_customer_is_of_one_company(self):
        line = self.owe()
        until = DUE + timedelta(5)
        self.customer._hold_reminders(self.company, until, "Holidays")
        other = self.env["res.company"].create({"name": "Other"})
        partner = self.customer.with_company(other)
        self.assertFalse(partner.payment_reminder_hold_until)
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "customer_held", until)
        self.assertIn("Holidays", self.state(line)["sentence"])
        self.after(6)
        self.assertTrue(self.plan())

    def test_other_invoices_are_reminded_without_the_held_one(self):
        held, free = self.owe(100.0), self.owe(50.0)
        held._hold_reminders(DUE + timedelta(9), "Disputed")
        self.after(5)
        reminder = self.plan()
        self.assertEqual(reminder.line_ids.move_line_id, free)
        self.assertEqual(reminder.amount_asked, 50.0)

    def test_transfer_on_its_way_holds_until_it_is_refused(self):
        line = self.owe()
        self.after(5)
        transaction = self.create_transaction(line.move_id)
        self.assertFalse(self.plan())
        self.assert_reason(line, "in_flight")
        transaction.state = "error"
        self.assertTrue(self.plan())

    def test_transfer_for_a_request_that_names_the_invoice(self):
        line, second = self.owe(), self.owe()
        grouped = self.ask(line.move_id + second.move_id, mode="grouped")
        self.after(5)
        transaction = self.create_transaction(
            line.move_id, payment_request_id=grouped.id
        )
        transaction.invoice_ids = [Command.clear()]
        self.assertFalse(self.plan())
        self.assert_reason(second, "in_flight")

    def test_released_transfer_has_days_of_grace(self):
        line = self.owe()
        self.after(5)
        self.create_transaction(line.move_id, released_at=self.now)
        for days in (5, 6, 7):
            self.after(days)
            self.assertFalse(self.plan())
            self.assert_reason(line, "in_flight", DUE + timedelta(7))
        self.after(8)
        self.assertTrue(self.plan())

    def test_without_grace_a_released_transfer_holds_nothing(self):
        self.company.payment_reminder_grace_days = 0
        line = self.owe()
        self.after(5)
        self.create_transaction(line.move_id, released_at=self.now)
        self.assertTrue(self.plan())

    def test_transfer_announced_by_hand_does_not_hold_for_ever(self):
        line = self.owe()
        self.after(5)
        self.create_transaction(
            line.move_id,
            provider_id=self.env["payment.provider"]
            .sudo()
            .search(
                [("code", "=", "custom"), ("company_id", "=", self.company.id)],
                limit=1,
            )
            .id
            or self.dummy_provider.id,
        )
        self.assert_reason(line, "in_flight")
        self.after(16)
        self.assertTrue(self.plan())

    def test_transfer_of_a_branch_goes_through_the_application_of_its_parent(self):
        branch = self.create_branch()
        move = self.owe_to(branch)
        self.after(5)
        transaction = self.create_transaction(move)
        self.assertEqual(transaction.company_id, self.company)
        self.assertFalse(self.plan(branch))
        self.assert_reason(self.due_lines(move), "in_flight")
        transaction.released_at = self.now
        self.assert_reason(self.due_lines(move), "in_flight", DUE + timedelta(7))
        self.after(8)
        self.assertTrue(self.plan(branch))

    def test_a_payment_that_makes_no_entry_pays_too(self):
        line = self.owe()
        self.inbound_payment_method_line.payment_account_id = False
        # As with Odoo's accounting application; without it there is always an entry.
        self.startPatcher(
            patch.object(
                type(line.move_id),
                "_get_invoice_in_payment_state",
                lambda _move: "in_payment",
            )
        )
        self.register_payment(
            line.move_id, payment_method_line_id=self.inbound_payment_method_line.id
        )
        self.assertEqual(line.amount_residual, 120.0)
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "settled")
        line.move_id.matched_payment_ids.action_reject()
        self.assertTrue(self.plan())

    def test_paid_and_cancelled_invoices_are_no_due_lines(self):
        paid, cancelled = self.owe(), self.owe()
        self.register_payment(paid.move_id)
        cancelled.move_id.button_draft()
        cancelled.move_id.button_cancel()
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(paid, "settled")

    def test_the_condition_in_sql_keeps_what_the_domain_keeps(self):
        part_paid, paid, draft = self.owe(), self.owe(), self.owe()
        self.register_payment(part_paid.move_id, amount=20.0)
        self.register_payment(paid.move_id)
        draft.move_id.button_draft()
        self.reverse(self.owe().move_id, 30.0)
        lines = self.env["account.move.line"].sudo()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.id
                  FROM account_move_line line
                  JOIN account_move move ON move.id = line.move_id
                 WHERE %s
                """,
                lines._get_remindable_sql(),
            )
        )
        remindable = lines.search(lines._get_remindable_domain())
        self.assertIn(part_paid, remindable)
        self.assertEqual({line_id for [line_id] in rows}, set(remindable.ids))

    def test_credit_larger_than_the_debt(self):
        line = self.owe(100.0)
        self.create_credit(150.0)
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "credits")

    def test_credit_smaller_than_the_debt_is_netted(self):
        self.owe(100.0)
        self.create_credit(30.0)
        self.after(5)
        reminder = self.plan()
        self.assertEqual(
            (reminder.amount_total, reminder.amount_credit, reminder.amount_asked),
            (100.0, 30.0, 70.0),
        )
        self.assertEqual(reminder.amount_overdue, 70.0)

    def test_unallocated_payment_of_a_contact_is_a_credit(self):
        contact = self.env["res.partner"].create(
            {"name": "Accountant", "parent_id": self.company_customer.id}
        )
        line = self.owe(100.0, partner=self.company_customer)
        payment = self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": contact.id,
                "amount": 100.0,
                "journal_id": self.bank_journal.id,
                "payment_method_line_id": self.inbound_payment_method_line.id,
            }
        )
        payment.action_post()
        self.after(5)
        self.assertTrue(payment.move_id)
        self.assert_reason(line, "credits")

    def test_credit_in_another_currency_is_not_netted(self):
        self.owe(100.0)
        self.create_credit(500.0, currency_id=self.env.ref("base.USD").id)
        self.after(5)
        self.assertEqual(self.plan().amount_asked, 100.0)

    def create_credit(self, amount, **values):
        return self.create_invoice(amount, move_type="out_refund", **values)

    def test_below_the_minimum_of_its_level(self):
        self.policy.level_ids.amount_min = 100.0
        line = self.owe(60.0)
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "below_minimum")
        self.owe(60.0)
        self.assertEqual(self.plan().amount_total, 120.0)

    def test_the_minimum_is_of_all_in_the_company_s_currency_less_credits(self):
        self.policy.level_ids.amount_min = 100.0
        dollar = self.setup_other_currency("USD", rates=[("1900-01-01", 2.0)])
        half = self.owe(50.0, currency_id=dollar.id)
        line = self.owe(100.0)
        self.create_credit(30.0)
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(half, "below_minimum")
        self.assert_reason(line, "below_minimum")
        self.owe(10.0, currency_id=dollar.id)
        self.assertEqual(
            sorted(self.plan().mapped("amount_total")),
            [60.0, 100.0],
        )

    def test_minimum_of_a_level_counts_all_that_is_overdue(self):
        old = self.owe(30.0, DUE - timedelta(10))
        self.after(1, DUE - timedelta(10))
        self.remind()
        self.level(7).amount_min = 100.0
        self.after(0)
        self.assert_reason(old, "below_minimum")
        new = self.owe(80.0, DUE - timedelta(2))
        reminder = self.plan()
        self.assertEqual(reminder.level_id, self.level(7))
        self.assertEqual(reminder.line_ids.move_line_id, old + new)

    def test_too_soon_after_the_last_message(self):
        self.company.payment_reminder_policy_id = self.create_policy("Daily", 1, 2)
        self.owe()
        self.after(1)
        self.remind()
        dollar = self.env.ref("base.USD")
        second = self.owe(50.0, currency_id=dollar.id)
        self.after(2)
        self.assertFalse(self.plan())
        self.assert_reason(second, "too_soon", DUE + timedelta(4))
        self.after(4)
        self.assertTrue(self.plan())

    def test_no_more_than_so_many_messages_a_week(self):
        self.company.payment_reminder_interval_days = 1
        self.company.payment_reminder_policy_id = self.create_policy("Daily", 1, 2, 3)
        self.owe()
        planned = []
        for day in range(1, 10):
            self.after(day)
            planned += [day for _reminder in self.remind()]
        self.assertEqual(planned, [1, 2, 8])

    def test_a_dropped_reminder_does_not_count_as_a_message(self):
        line = self.owe()
        self.after(1)
        self.plan().state = "dropped"
        self.owe(50.0)
        self.assertTrue(self.plan())
        self.assert_reason(line, "waiting")

    def test_line_of_an_open_reminder_waits(self):
        self.level(1).automatic = False
        line = self.owe()
        self.after(1)
        self.assertEqual(self.plan().state, "to_confirm")
        self.after(20)
        self.assertFalse(self.plan())
        self.assert_reason(line, "waiting", DUE + timedelta(1))


@tagged("post_install", "-at_install")
class TestReminderBetween(ReminderPlanCase):
    """What happens between the plan and the moment at which a reminder leaves."""

    def setUp(self):
        super().setUp()
        self.line, self.second = self.owe(100.0), self.owe(50.0)
        self.after(1)
        self.reminder = self.plan()
        self.named = {line.move_line_id: line for line in self.reminder.line_ids}

    def blocker(self, line):
        found = self.reminder._get_line_blockers().get(self.named[line].id)
        return found and found.reason

    def test_nothing_happened(self):
        self.assertEqual(self.reminder._get_line_blockers(), {})

    def test_paid(self):
        self.register_payment(self.line.move_id)
        self.assertEqual(self.blocker(self.line), "settled")
        self.assertIsNone(self.blocker(self.second))

    def test_credited(self):
        self.reverse(self.line.move_id)
        self.assertEqual(self.blocker(self.line), "settled")

    def test_held(self):
        self.line._hold_reminders(DUE + timedelta(9), "They called")
        self.assertEqual(
            self.reminder._get_line_blockers(),
            {self.named[self.line].id: Blocker("held", DUE + timedelta(9))},
        )

    def test_excluded_blocked_or_less_than_the_minimum(self):
        self.line.move_id.no_followup = True
        self.second.move_id.action_toggle_block_payment()
        self.assertEqual(self.blocker(self.line), "excluded")
        self.assertEqual(self.blocker(self.second), "blocked")
        self.line.move_id.no_followup = False
        self.level(1).amount_min = 120.0
        self.assertEqual(self.blocker(self.line), "below_minimum")

    def test_customer_held(self):
        self.customer._hold_reminders(self.company, DUE + timedelta(9), "They called")
        self.assertEqual(self.blocker(self.line), "customer_held")
        self.assertEqual(self.blocker(self.second), "customer_held")

    def test_on_its_way(self):
        self.create_transaction(self.second.move_id)
        self.assertEqual(self.blocker(self.second), "in_flight")
        self.assertIsNone(self.blocker(self.line))

    def test_a_credit_covers_all(self):
        self.create_invoice(500.0, move_type="out_refund")
        self.assertEqual(self.blocker(self.line), "credits")
        self.assertEqual(self.blocker(self.second), "credits")

    def test_a_credit_covers_all_that_it_names(self):
        self.owe(60.0, DUE + timedelta(3))
        self.create_invoice(160.0, move_type="out_refund")
        self.assertEqual(self.blocker(self.line), "credits")
        self.assertEqual(self.blocker(self.second), "credits")

    def test_what_is_only_named_does_not_go_for_the_minimum_of_its_next_level(self):
        self.leave(self.reminder)
        self.level(7).amount_min = 1000.0
        self.after(20)
        late = self.owe(30.0, DUE + timedelta(10))
        late.move_id.payment_reminder_policy_id = self.create_policy("Own", 3)
        self.reminder = self.plan()
        self.assertEqual(
            self.reminder.line_ids.filtered("level_key").move_line_id,
            late,
        )
        self.assertEqual(len(self.reminder.line_ids), 3)
        self.assertEqual(self.reminder._get_line_blockers(), {})

    def test_customer_gets_no_reminders_any_more(self):
        self.customer.with_company(
            self.company
        ).payment_reminder_policy_id = self.create_policy("None")
        self.assertEqual(self.blocker(self.line), "no_policy")

    def test_level_removed(self):
        self.level(1).unlink()
        self.assertEqual(self.blocker(self.line), "overtaken")

    def test_by_hand_before_its_day_keeps_it_in(self):
        early = self.owe(10.0, DUE + timedelta(20), partner=self.company_customer)
        reminder = self.plan(lines=early)
        self.assertTrue(reminder)
        self.assertEqual(reminder._get_line_blockers(), {})
