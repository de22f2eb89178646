"""Which due line is reminded when, and what keeps it from being reminded."""

from datetime import date, datetime, timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.request_case import RequestCase

# A Wednesday.
DUE = date(2026, 12, 9)


class ReminderPlanCase(RequestCase):
    """Levels of -3, +1, +7 and +15 days, and a clock that the tests set."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy = cls.create_policy("Ladder", -3, 1, 7, 15)
        cls.company.write(
            {
                "payment_reminder_enabled": True,
                "payment_reminder_policy_id": cls.policy.id,
            }
        )
        cls.reminders = cls.env["payment.reminder"].sudo()

    def setUp(self):
        super().setUp()
        self.moment = datetime(2026, 12, 1, 12, 0)
        self.startPatcher(
            patch.object(
                type(self.env["res.company"]),
                "_get_payment_now",
                lambda _company: self.moment,
            )
        )

    @classmethod
    def create_policy(cls, name, *days, company=None, **values):
        """Return a policy with a level at each of ``days`` from the due date."""
        return cls.env["payment.reminder.policy"].create(
            {
                "name": name,
                "company_id": (company or cls.company).id,
                "level_ids": [
                    Command.create(
                        {
                            "name": f"{name} {day:+d}",
                            "sequence": index,
                            "delay_days": day,
                        }
                    )
                    for index, day in enumerate(days)
                ],
                **values,
            }
        )

    @classmethod
    def owe(cls, amount=120.0, due=DUE, partner=None, **values):
        """Return the due line of a posted invoice."""
        move = cls.create_invoice(
            amount,
            partner,
            invoice_date=due - timedelta(30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            **values,
        )
        return cls.due_lines(move)

    @classmethod
    def due_lines(cls, move):
        return move.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).sorted("date_maturity")

    def at(self, day, hour=12):
        """Put the clock at an hour, UTC, of a day."""
        self.moment = datetime.combine(day, datetime.min.time()).replace(hour=hour)

    def after(self, days, due=DUE):
        self.at(due + timedelta(days))

    def plan(self, company=None, **options):
        return self.reminders._plan(company or self.company, **options)

    def state(self, line):
        return self.reminders._get_plan_state(line)[line.id]

    def reason(self, line):
        return self.state(line)["reason"]

    def level(self, days, policy=None):
        return (policy or self.policy).level_ids.filtered(
            lambda level: level.days_from_due == days
        )

    def leave(self, reminders):
        """Have the reminders sent at this moment."""
        reminders.write({"state": "sent", "sent_at": self.moment})

    def remind(self, **options):
        """Plan and send; return the reminders."""
        reminders = self.plan(**options)
        self.leave(reminders)
        return reminders

    def create_branch(self):
        """Return a branch of the company that reminds the day after the due date."""
        branch = self.env["res.company"].create(
            {"name": "Boutique du Nord", "parent_id": self.company.id}
        )
        self.env.cr.precommit.run()  # loads its chart of accounts
        policy = self.create_policy("Branch", 1, company=branch)
        branch.write(
            {"payment_reminder_enabled": True, "payment_reminder_policy_id": policy.id}
        )
        return branch

    def owe_to(self, company):
        """Return a posted invoice of another company."""
        moves = self.env["account.move"].with_company(company)
        move = moves.create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": DUE - timedelta(30),
                "invoice_date_due": DUE,
                "invoice_line_ids": [
                    Command.create({"name": "Service", "price_unit": 70.0})
                ],
            }
        )
        move.action_post()
        return move

    def create_transaction(self, move, **values):
        """Return a transfer for an invoice, on its way unless told otherwise."""
        values = {"state": "pending", "last_state_change": self.moment, **values}
        return (
            self.env["payment.transaction"]
            .sudo()
            .create(
                {
                    "provider_id": self.bridge.id,
                    "payment_method_id": self.bridge.payment_method_ids[:1].id,
                    "amount": move.amount_residual,
                    "currency_id": move.currency_id.id,
                    "partner_id": move.partner_id.id,
                    "invoice_ids": [Command.set(move.ids)],
                    **values,
                }
            )
        )

    def assert_reason(self, line, reason, day=None):
        state = self.state(line)
        self.assertEqual(state["reason"], reason)
        self.assertTrue(state["sentence"])
        if day:
            self.assertIn(fields.Date.to_string(day), self.in_iso(line)["sentence"])

    def in_iso(self, line):
        """Return the plan state with dates as in ISO 8601."""
        with patch(
            "odoo.addons.account_payment_request.models.reminder.payment_reminder_hold_reason"
            ".format_date",
            lambda _env, day: fields.Date.to_string(day),
        ):
            return self.state(line)


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
        line._hold_reminders(until, "He called")
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(line, "held", until)
        self.assertIn("He called", self.state(line)["sentence"])
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
        self.create_transaction(line.move_id, released_at=self.moment)
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
        self.create_transaction(line.move_id, released_at=self.moment)
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
        transaction.released_at = self.moment
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

    def test_the_minimum_is_in_the_company_s_currency_less_credits(self):
        self.policy.level_ids.amount_min = 100.0
        dollar = self.setup_other_currency("USD", rates=[("1900-01-01", 2.0)])
        half = self.owe(150.0, currency_id=dollar.id)
        line = self.owe(120.0)
        self.create_credit(30.0)
        self.after(5)
        self.assertFalse(self.plan())
        self.assert_reason(half, "below_minimum")
        self.assert_reason(line, "below_minimum")
        self.owe(60.0, currency_id=dollar.id)
        self.owe(20.0)
        self.assertEqual(
            sorted(self.plan().mapped("amount_total")),
            [140.0, 210.0],
        )

    def test_minimum_of_a_high_level_does_not_silence_a_low_one(self):
        old, new = self.owe(30.0, DUE - timedelta(10)), self.owe(30.0)
        self.after(1, DUE - timedelta(10))
        self.remind()
        self.level(7).amount_min = 100.0
        self.after(1)
        self.assert_reason(old, "below_minimum")
        reminder = self.plan()
        self.assertEqual(reminder.level_id, self.level(1))
        self.assertEqual(reminder.line_ids.move_line_id, old + new)
        self.assertEqual(
            reminder.line_ids.filtered("level_key").move_line_id,
            new,
        )

    def test_too_soon_after_the_last_message(self):
        self.owe()
        self.after(1)
        self.remind()
        second = self.owe(50.0, DUE + timedelta(1))
        self.after(2)
        self.assertFalse(self.plan())
        self.assert_reason(second, "too_soon", DUE + timedelta(4))
        self.after(4)
        self.assertTrue(self.plan())

    def test_no_more_than_so_many_messages_a_week(self):
        self.company.payment_reminder_interval_days = 1
        for offset in range(4):
            self.owe(50.0, DUE + timedelta(offset))
        planned = []
        for day in range(1, 10):
            self.after(day)
            planned += [day for _reminder in self.remind()]
        self.assertEqual(planned[:3], [1, 2, 8])

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
class TestReminderEscalation(ReminderPlanCase):
    def test_days_of_the_levels(self):
        line = self.owe()
        reached = {}
        for day in range(-5, 25):
            self.after(day)
            reminder = self.remind()
            if reminder:
                reached[day] = reminder.level_days
        self.assertEqual(reached, {-3: -3, 1: 1, 7: 7, 15: 15})
        self.assert_reason(line, "finished", DUE + timedelta(15))

    def test_a_pause_keeps_the_spacing_of_the_levels(self):
        self.owe()
        reached = {}
        for day in range(40, 70):
            self.after(day)
            reminder = self.remind()
            if reminder:
                reached[day] = reminder.level_days
        self.assertEqual(reached, {40: 1, 46: 7, 54: 15})

    def test_spacing_counts_from_the_day_it_left(self):
        self.level(1).automatic = False
        self.owe()
        self.after(1)
        reminder = self.plan()
        self.after(5)
        self.leave(reminder)
        self.after(10)
        self.assertFalse(self.plan())
        self.after(11)
        self.assertEqual(self.plan().level_days, 7)

    def test_a_formal_notice_names_what_is_overdue_only(self):
        self.level(1).formal_notice = True
        late = self.owe(100.0)
        early = self.owe(50.0, DUE + timedelta(3))
        self.after(1)
        notice = self.remind()
        self.assertEqual(notice.line_ids.move_line_id, late)
        self.assertEqual(notice.amount_total, 100.0)
        self.after(4)
        self.assertEqual(self.plan().line_ids.filtered("level_key").move_line_id, early)

    def test_a_formal_notice_never_claims_nothing(self):
        self.level(1).formal_notice = True
        self.owe(100.0)
        self.owe(50.0, DUE + timedelta(3))
        self.create_invoice(120.0, move_type="out_refund")
        self.after(1)
        self.assertFalse(self.plan())
        self.after(4)
        self.assertEqual(self.plan().amount_asked, 30.0)

    def test_on_its_due_date_no_announcement_is_made_any_more(self):
        line = self.owe()
        self.after(0)
        self.assertFalse(self.plan())
        self.assertEqual(self.state(line)["level"], self.level(1))

    def test_one_message_at_the_highest_level_with_all_that_is_overdue(self):
        old = self.owe(100.0, DUE - timedelta(6))
        self.after(1, DUE - timedelta(6))
        self.remind()
        named = self.owe(25.0, DUE - timedelta(20))
        self.after(-1)
        self.leave(self.plan(lines=named))
        new = self.owe(50.0)
        self.after(1)
        self.company.payment_reminder_interval_days = 0
        self.company.payment_reminder_week_max = 9
        reminder = self.plan()
        self.assertEqual(len(reminder), 1)
        self.assertEqual(reminder.level_id, self.level(7))
        self.assertEqual(
            {(line.move_line_id, line.level_id) for line in reminder.line_ids},
            {
                (old, self.level(7)),
                (new, self.level(1)),
                (named, self.level(1).browse()),
            },
        )
        self.assertEqual(reminder.amount_total, 175.0)

    def test_only_the_overdue_installment_is_named(self):
        self.at(DUE)
        move = self.create_invoice(
            1000.0,
            invoice_date=DUE - timedelta(11),
            invoice_payment_term_id=self.installments().id,
        )
        first, second, third = self.due_lines(move)
        reminder = self.plan()
        self.assertEqual(reminder.line_ids.move_line_id, first)
        self.assertEqual(reminder.amount_total, 300.0)
        self.leave(reminder)
        self.assert_reason(third, "not_yet")
        self.at(second.date_maturity + timedelta(1))
        reminder = self.plan()
        self.assertEqual(reminder.level_id, self.level(7))
        self.assertEqual(
            reminder.line_ids.mapped(lambda line: (line.move_line_id, line.level_days)),
            [(first, 7), (second, 1)],
        )

    def test_leap_day(self):
        leap = date(2028, 2, 29)
        line = self.owe(due=leap)
        self.at(date(2028, 2, 26))
        self.assertEqual(self.remind().level_days, -3)
        self.at(date(2028, 2, 29))
        self.assertFalse(self.plan())
        self.at(date(2028, 3, 1))
        self.assertEqual(self.remind().level_days, 1)
        self.assertEqual(self.state(line)["next_date"], date(2028, 3, 7))
        yearly = self.create_policy("Yearly", 366)
        line.move_id.payment_reminder_policy_id = yearly
        self.assertEqual(self.state(line)["next_date"], date(2029, 3, 1))

    def test_policy_changed_half_way_never_repeats_what_was_reached(self):
        line = self.owe()
        self.after(7)
        self.remind()
        self.after(13)
        self.assertEqual(self.remind().level_days, 7)
        line.move_id.payment_reminder_policy_id = self.create_policy("Firm", 2, 7, 10)
        self.assertEqual(self.state(line)["level"].days_from_due, 10)
        self.assertEqual(self.state(line)["next_date"], DUE + timedelta(16))

    def test_level_moved_up_is_not_sent_twice(self):
        line = self.owe()
        self.after(1)
        self.remind()
        self.level(1).delay_days = 10
        self.after(10)
        self.assertEqual(self.remind().level_id, self.level(7))
        self.assertEqual(self.state(line)["level"], self.level(15))

    def test_level_removed_is_remembered(self):
        line = self.owe()
        self.after(1)
        reminder = self.remind()
        self.level(1).unlink()
        self.after(3)
        self.assertFalse(self.plan())
        state = self.state(line)
        self.assertEqual(state["level"], self.level(7))
        self.assertFalse(state["reached"])
        self.assertEqual(state["next_date"], DUE + timedelta(7))
        self.assertTrue(reminder.line_ids.level_key)
        self.assertFalse(reminder.line_ids.level_id)

    def test_policy_deleted_half_way(self):
        own = self.create_policy("Own", 1, 20)
        line = self.owe()
        line.move_id.payment_reminder_policy_id = own
        self.after(1)
        reminder = self.remind()
        line.move_id.payment_reminder_policy_id = False
        own.unlink()
        self.assertEqual(reminder.level_name, "Own +1")
        self.after(7)
        self.assertEqual(self.plan().level_id, self.level(7))

    def test_two_companies_share_a_customer(self):
        other = self.setup_other_company()["company"]
        policy = self.create_policy("Other", 1, company=other)
        other.write(
            {"payment_reminder_enabled": True, "payment_reminder_policy_id": policy.id}
        )
        self.owe(100.0)
        move = self.owe_to(other)
        self.create_invoice(60.0, move_type="out_refund")
        self.after(1)
        first, second = self.plan(), self.plan(other)
        self.assertEqual(
            (first.company_id, first.level_id.policy_id), (self.company, self.policy)
        )
        self.assertEqual(
            (second.company_id, second.level_id.policy_id), (other, policy)
        )
        self.assertEqual(second.line_ids.move_id, move)
        self.assertEqual((first.amount_credit, second.amount_credit), (60.0, 0.0))

    def test_two_currencies_are_two_messages(self):
        self.owe(100.0)
        self.owe(100.0, currency_id=self.env.ref("base.USD").id)
        self.after(1)
        self.assertEqual(len(self.plan().currency_id), 2)

    def test_archived_customer_still_owes(self):
        self.owe()
        self.customer.active = False
        self.after(1)
        self.assertEqual(self.plan().partner_id, self.customer)

    def test_nothing_is_made_twice(self):
        self.owe()
        self.after(1)
        self.assertTrue(self.plan())
        self.assertFalse(self.plan())

    def test_responsible(self):
        clerk = new_test_user(
            self.env, "reminder_clerk", groups="account.group_account_invoice"
        )
        line = self.owe()
        line.move_id.invoice_user_id = clerk
        self.after(1)
        self.assertEqual(self.plan().user_id, clerk)
        other = self.owe(partner=self.company_customer)
        other.move_id.invoice_user_id = clerk
        self.policy.user_id = self.accountant
        self.level(1).user_id = new_test_user(self.env, "gone", active=False)
        self.assertEqual(self.plan().user_id, self.accountant)


@tagged("post_install", "-at_install")
class TestReminderDay(ReminderPlanCase):
    """A day is a day of the company."""

    def assert_day_begins(self, last_hour_before, due=DUE, customer=None):
        line = self.owe(due=due, partner=customer)
        self.moment = last_hour_before
        self.assertFalse(self.plan(partners=line.partner_id))
        self.assert_reason(line, "not_yet", due + timedelta(1))
        self.moment += timedelta(hours=1)
        reminder = self.plan(partners=line.partner_id)
        self.assertEqual(reminder.date, due + timedelta(1))
        self.assertEqual(reminder.level_id, self.level(1))

    def test_noumea_is_eleven_hours_ahead(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        self.assert_day_begins(datetime(2026, 12, 9, 12, 30))

    def test_martinique_is_four_hours_behind(self):
        self.company.partner_id.tz = "America/Martinique"
        self.assert_day_begins(datetime(2026, 12, 10, 3, 30))

    def test_clocks_are_put_forward_and_back_in_paris(self):
        self.company.partner_id.tz = "Europe/Paris"
        for due, last_hour_before in (
            (date(2026, 3, 29), datetime(2026, 3, 29, 21, 30)),
            (date(2026, 10, 25), datetime(2026, 10, 25, 22, 30)),
        ):
            customer = self.env["res.partner"].create({"name": f"Due on {due}"})
            self.assert_day_begins(last_hour_before, due, customer)
        for last_minute_before in (
            datetime(2026, 3, 27, 7, 29),
            datetime(2026, 3, 30, 6, 29),
            datetime(2026, 10, 23, 6, 29),
            datetime(2026, 10, 26, 7, 29),
        ):
            self.moment = last_minute_before
            level = self.level(1)
            blocker = self.company._get_reminder_blocker
            self.assertEqual(blocker(level), "outside_window")
            self.moment += timedelta(minutes=1)
            self.assertIsNone(blocker(level))

    def test_a_new_company_counts_its_days_where_it_is(self):
        companies = self.env["res.company"].with_context(tz="Europe/Paris")
        for country, zone in (
            ("base.nc", "Pacific/Noumea"),
            ("base.mq", "America/Martinique"),
        ):
            company = companies.create(
                {"name": zone, "country_id": self.env.ref(country).id}
            )
            self.assertEqual(company._get_payment_timezone(), zone)
            company.partner_id.tz = "Europe/Paris"
            self.assertEqual(company._get_payment_timezone(), "Europe/Paris")

    def test_the_last_message_is_counted_in_days_of_the_company(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        self.owe()
        self.moment = datetime(2026, 12, 10, 20, 0)  # The 11th in Noumea.
        self.remind()
        second = self.owe(50.0)
        self.assert_reason(second, "too_soon", date(2026, 12, 14))

    def test_window_and_business_days_are_those_of_the_company(self):
        self.company.partner_id.tz = "Pacific/Noumea"
        level = self.level(1)

        def blocker(*moment):
            self.moment = datetime(*moment)
            return self.company._get_reminder_blocker(level)

        self.assertEqual(blocker(2026, 12, 9, 21, 29), "outside_window")
        self.assertIsNone(blocker(2026, 12, 9, 21, 30))  # Half past eight.
        self.assertIsNone(blocker(2026, 12, 10, 6, 59))
        self.assertEqual(blocker(2026, 12, 10, 7, 0), "outside_window")
        self.assertEqual(blocker(2026, 12, 11, 22, 0), "not_a_business_day")
        level.business_days = False
        self.assertIsNone(blocker(2026, 12, 11, 22, 0))

    def test_a_copied_or_neutralized_database_sends_nothing(self):
        self.assertIsNone(self.company._get_reminder_blocker())
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.uuid", "another")
        self.assertEqual(self.company._get_reminder_blocker(), "copied")
        self.company.payment_reminder_enabled = False
        self.assertEqual(self.company._get_reminder_blocker(), "copied")
        parameters.set_param("database.is_neutralized", "True")
        self.assertEqual(self.company._get_reminder_blocker(), "neutralized")
        line = self.owe()
        self.after(1)
        self.assert_reason(line, "neutralized")

    def test_reminders_wait_while_the_bank_is_not_read(self):
        with patch.object(
            type(self.company),
            "_get_bank_data_age",
            lambda _company: timedelta(hours=49),
        ):
            self.assertEqual(self.company._get_reminder_blocker(), "stale_bank_data")
            self.company.payment_reminder_bank_hours = 0
            self.assertIsNone(self.company._get_reminder_blocker())

    def test_a_branch_waits_for_the_bank_of_its_parent(self):
        branch = self.create_branch()
        company = self.company
        with patch.object(
            type(company),
            "_get_bank_data_age",
            lambda companies: timedelta(hours=49) if company in companies else None,
        ):
            self.assertEqual(branch._get_reminder_blocker(), "stale_bank_data")


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
        return found and found[0]

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
        self.line._hold_reminders(DUE + timedelta(9), "He called")
        self.assertEqual(
            self.reminder._get_line_blockers(),
            {self.named[self.line].id: ("held", DUE + timedelta(9))},
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
        self.customer._hold_reminders(self.company, DUE + timedelta(9), "He called")
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
        self.after(2)
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
            .create({"reason": "He pays on Friday", **values})
        )
        assistant.action_hold()
        return assistant

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
        self.assertIn("Ladder +7", move.reminder_note)

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
        self.assertIn("He pays on Friday", line.move_id.message_ids[0].body)
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


@tagged("post_install", "-at_install")
class TestReminderJob(ReminderPlanCase):
    @mute_logger(
        "odoo.addons.account_payment_request.models.reminder.payment_reminder_plan"
    )
    def test_what_fails_stops_neither_the_other_steps_nor_companies(self):
        other = self.setup_other_company()["company"]
        other.payment_reminder_enabled = True
        seen = []

        def step(name, fails=False):
            def run(_self, company, **_options):
                seen.append((name, company.id))
                if fails:
                    raise ValueError(name)

            return run

        model = type(self.reminders)
        cron = type(self.env["ir.cron"])
        with (
            patch.object(model, "_plan_all", step("plan", fails=True)),
            patch.object(model, "_send", step("send")),
            patch.object(model, "_follow_up", step("follow_up", fails=True)),
            patch.object(model, "_send_thanks", step("thanks")),
            patch.object(cron, "_commit_progress", lambda *_a, **_k: 60),
            patch.object(self.env.cr, "rollback", lambda: None),
        ):
            self.reminders._cron_run()
        expected = [
            (name, company.id)
            for company in (self.company, other)
            for name in ("plan", "send", "follow_up", "thanks")
        ]
        self.assertEqual(sorted(seen), sorted(expected))

    def test_a_company_that_is_switched_off_sends_what_a_person_wants(self):
        self.company.payment_reminder_enabled = False
        self.customer.email = "customer@example.com"
        self.level(1).body = "<p>Please pay</p>"
        line = self.owe()
        self.owe(partner=self.company_customer)
        self.after(1)
        reminder = self.plan(lines=line)
        reminder._release_manually()
        with patch.object(
            type(self.env["ir.cron"]), "_commit_progress", lambda *_a, **_k: 60
        ):
            self.reminders._cron_run()
            self.assertEqual(reminder.state, "queued")
            reminder.mail_message_id.notification_ids.notification_status = "sent"
            self.reminders._cron_run()
        self.assertEqual(reminder.state, "sent")
        everything = self.reminders.search([("company_id", "=", self.company.id)])
        self.assertEqual(everything, reminder)

    def test_who_was_planned_by_somebody_else_meanwhile_is_left_out(self):
        line = self.owe()
        self.owe(partner=self.company_customer)
        self.after(1)
        count, last_id = self.reminders._draft_plan(self.company)
        self.assertEqual(count, 2)
        self.reminders.create(
            {
                "company_id": self.company.id,
                "partner_id": line.partner_id.id,
                "currency_id": line.currency_id.id,
                "date": DUE,
            }
        )
        made = self.reminders._make_drafted(self.company, 0, count, last_id)
        self.assertEqual(made.partner_id, self.company_customer)

    def test_slices_are_committed_one_by_one(self):
        for number in range(3):
            customer = self.env["res.partner"].create({"name": f"Customer {number}"})
            self.owe(partner=customer)
        self.after(1)
        steps = []
        with (
            patch(
                "odoo.addons.account_payment_request.models.reminder.payment_reminder_plan"
                ".CUSTOMERS_A_SLICE",
                2,
            ),
            patch.object(
                type(self.env["ir.cron"]),
                "_commit_progress",
                lambda _self, processed=0, **_k: steps.append(processed) or 60,
            ),
        ):
            self.reminders._plan_all(self.company)
        self.assertEqual(steps, [0, 2, 1])
