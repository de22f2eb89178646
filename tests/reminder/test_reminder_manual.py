"""Reminders that a person asks for, and what an invoice says of its own."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..common.reminder_case import DUE, ReminderPlanCase


@tagged("post_install", "-at_install")
class TestReminderByHand(ReminderPlanCase):
    def test_before_its_day_and_too_soon(self):
        self.owe()
        self.after(1)
        self.remind()
        early = self.owe(50.0, DUE + timedelta(30))
        reminder = self.plan(lines=early)
        self.assertEqual(
            reminder.line_ids.filtered("level_key").move_line_id,
            early,
        )

    def test_what_is_held_stays_held(self):
        line = self.owe()
        line._hold_reminders(DUE + timedelta(5), "Disputed")
        self.after(1)
        with self.assertRaisesRegex(UserError, "Disputed"):
            line.move_id.with_user(self.accountant).action_remind()

    def test_from_the_invoice(self):
        line = self.owe()
        self.after(-20)
        action = line.move_id.with_user(self.accountant).action_remind()
        reminder = self.reminders.browse(action["res_id"])
        self.assertEqual(reminder.line_ids.move_line_id, line)
        self.assertEqual(reminder.level_id, self.level(-3))

    def test_from_the_customer_what_is_overdue(self):
        self.owe()
        self.after(1)
        self.remind()
        self.after(4)
        action = self.customer.with_user(self.accountant).action_remind()
        reminder = self.reminders.browse(action["res_id"])
        self.assertEqual(reminder.level_id, self.level(7))

    def test_only_accountants_remind_and_hold(self):
        line = self.owe()
        self.after(1)
        user = new_test_user(self.env, "reminder_reader", groups="base.group_user")
        for act in (
            line.move_id.with_user(user).action_remind,
            line.move_id.with_user(user).action_reminder_release,
            self.customer.with_user(user).action_remind,
            self.customer.with_user(user).action_reminder_release,
        ):
            with self.assertRaises(AccessError):
                act()


@tagged("post_install", "-at_install")
class TestReminderOnInvoice(ReminderPlanCase):
    def hold(self, records, **values):
        action = records.with_user(self.accountant).action_reminder_hold()
        assistant = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"reason": "They pay on Friday", **values})
        )
        assistant.action_hold()
        return assistant

    def test_the_invoice_leads_to_the_history_of_its_reminders(self):
        line = self.owe()
        move = line.move_id.with_user(self.accountant)
        self.assertEqual(move.reminder_count, 0)
        self.after(1)
        first = self.remind()
        other = self.owe(30.0, partner=self.company_customer)
        self.after(8)
        second = self.remind().filtered(lambda r: r.partner_id == self.customer)
        self.env.invalidate_all()
        self.assertEqual(move.reminder_count, 2)
        action = move.action_open_reminders()
        found = self.env[action["res_model"]].with_user(self.accountant)
        self.assertEqual(found.search(action["domain"]), first | second)
        self.assertEqual(other.move_id.reminder_count, 1)
        self.assertIn("list", action["view_mode"])
        form = move.get_view(view_type="form")["arch"]
        self.assertIn("action_open_reminders", form)

    def test_what_the_invoice_shows(self):
        move = self.owe().move_id
        self.after(1)
        self.remind()
        self.after(2)
        self.env.invalidate_all()
        move = move.with_user(self.accountant)
        self.assertEqual(move.reminder_level_id, self.level(1))
        self.assertEqual(move.reminder_next_level_id, self.level(7))
        self.assertEqual(move.reminder_next_date, DUE + timedelta(7))
        self.assertIn("Test +7", move.reminder_note)

    def test_each_installment_has_its_own_sentence(self):
        self.at(DUE)
        move = self.create_invoice(
            1000.0,
            invoice_date=DUE - timedelta(11),
            invoice_payment_term_id=self.installments().id,
        )
        self.assertEqual(len(move.reminder_note.splitlines()), 3)
        self.assertEqual(move.reminder_next_date, DUE)

    def test_draft_and_paid_invoices_show_nothing(self):
        draft = self.create_invoice(post=False)
        paid = self.owe().move_id
        self.register_payment(paid)
        for move in draft + paid:
            self.assertFalse(move.reminder_note)
            self.assertFalse(move.reminder_next_level_id)

    def assert_one_plan_for(self, moves):
        """The notes of all these take as many queries as those of two."""
        all_of_them, two = (
            self.count_queries(lambda records=records: records.mapped("reminder_note"))
            for records in (moves, moves[:2])
        )
        self.assertEqual(all_of_them, two)

    def test_many_invoices_take_one_plan(self):
        moves = self.env["account.move"].union(
            *(self.owe(partner=self.customer).move_id for _number in range(5))
        )
        self.after(1)

        moves.mapped("reminder_note")  # Fills the caches of the registry.
        self.assert_one_plan_for(moves)

    def test_the_reasons_of_many_held_customers_take_one_query(self):
        moves = self.env["account.move"]
        for number in range(5):
            customer = self.env["res.partner"].create({"name": f"Customer {number}"})
            moves |= self.owe(partner=customer).move_id
            customer._hold_reminders(self.company, DUE + timedelta(9), f"No {number}")
        self.after(1)

        moves.mapped("reminder_note")  # Fills the caches of the registry.
        self.assert_one_plan_for(moves)
        self.assertIn("No 3", moves[3].reminder_note)

    def test_hold_from_the_invoice(self):
        line = self.owe()
        self.after(1)
        until = DUE + timedelta(4)
        self.hold(line.move_id, until=until)
        self.assertEqual(line.reminder_hold_until, until)
        self.assertTrue(line.move_id.reminder_is_held)
        self.assertIn("They pay on Friday", line.move_id.message_ids[0].body)
        self.assertFalse(self.plan())
        line.move_id.with_user(self.accountant).action_reminder_release()
        self.assertFalse(line.move_id.reminder_is_held)
        self.assertTrue(self.plan())

    def test_exclude_from_the_invoice(self):
        line = self.owe()
        self.after(1)
        self.hold(line.move_id, kind="exclude")
        self.assertTrue(line.move_id.no_followup)
        self.assertFalse(self.plan())
        line.move_id.with_user(self.accountant).action_reminder_release()
        self.assertTrue(self.plan())

    def test_hold_from_the_customer(self):
        self.owe()
        self.after(1)
        self.hold(self.customer, until=DUE + timedelta(4))
        self.assertFalse(self.plan())
        self.customer.with_user(self.accountant).action_reminder_release()
        self.assertTrue(self.plan())

    def test_customers_are_held_for_one_s_own_companies_only(self):
        other = self.env["res.company"].create({"name": "Other"})
        with self.assertRaises(AccessError):
            self.hold(self.customer, company_id=other.id)
        self.assertFalse(self.customer.with_company(other).payment_reminder_hold_until)

    def test_hold_from_a_reminder(self):
        line = self.owe()
        self.after(1)
        reminder = self.plan()
        action = self.env["payment.reminder.hold"]._open_on(reminder)
        assistant = (
            self.env["payment.reminder.hold"]
            .with_context(**action["context"])
            .create({"reason": "Disputed", "until": DUE + timedelta(4)})
        )
        assistant.action_hold()
        self.assertEqual(line.reminder_hold_until, DUE + timedelta(4))
        self.assertEqual(reminder.state, "dropped")
        self.assertFalse(reminder.line_ids)

    def test_hold_needs_a_day_to_come(self):
        line = self.owe()
        self.after(1)
        with self.assertRaises(UserError):
            self.hold(line.move_id, until=DUE)
