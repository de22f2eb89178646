"""What the accountant sees and does on the screens of reminders, and who may not."""

import ast
from datetime import datetime
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.reminder_case import ReminderCase

SCREEN = "odoo.addons.account_payment_request.models.reminder.payment_reminder_bulk"


class ScreenCase(ReminderCase):
    """The screens as an accountant uses them."""

    def balance(self, partner=None, **values):
        """Return the rows of a customer, as the accountant sees them."""
        self.env.flush_all()
        self.env.invalidate_all()
        domain = [("partner_id", "=", (partner or self.customer).id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["payment.customer.balance"].search(domain)

    def page(self, partner=None, user=None):
        """Return the customer as his page shows him."""
        self.env.flush_all()
        self.env.invalidate_all()
        return (partner or self.customer).with_user(user or self.accountant)

    def as_accountant(self, reminders=None):
        if reminders is None:
            reminders = self.env["payment.reminder"]
        return reminders.with_user(self.accountant)


@tagged("post_install", "-at_install")
class TestCustomerBalance(ScreenCase):
    """Customers by what they owe, and how late it is."""

    def test_each_amount_stands_in_the_column_of_its_age(self):
        for days, amount in (
            (-10, 1.0),
            (0, 2.0),
            (1, 4.0),
            (30, 8.0),
            (31, 16.0),
            (60, 32.0),
            (61, 64.0),
            (90, 128.0),
            (91, 256.0),
        ):
            self.overdue(amount, days)
        row = self.balance()
        self.assertRecordValues(
            row,
            [
                {
                    "not_due": 3.0,
                    "late_30": 12.0,
                    "late_60": 48.0,
                    "late_90": 192.0,
                    "late_more": 256.0,
                    "overdue": 508.0,
                    "overdue_company": 508.0,
                    "credit": 0.0,
                    "balance": 511.0,
                    "company_id": self.company.id,
                    "currency_id": self.company.currency_id.id,
                }
            ],
        )

    def test_the_day_is_the_companys_own(self):
        self.overdue(100.0, 0)
        self.set_now(datetime(2026, 3, 16, 22, 59))
        self.assertEqual(self.balance().not_due, 100.0)
        # Midnight in Paris.
        self.set_now(datetime(2026, 3, 16, 23, 0))
        self.assertRecordValues(self.balance(), [{"not_due": 0.0, "late_30": 100.0}])

    def test_credits_stand_apart_and_lower_the_balance(self):
        invoice = self.overdue(100.0, 5)
        self.reverse(self.overdue(80.0, 5))
        self.create_invoice(30.0, move_type="out_refund", invoice_date=self.today)
        self.assertRecordValues(
            self.balance(),
            [{"overdue": 100.0, "credit": 30.0, "balance": 70.0}],
        )
        self.register_payment(invoice, amount=100.0)
        self.assertRecordValues(
            self.balance(), [{"overdue": 0.0, "credit": 30.0, "balance": -30.0}]
        )

    def test_installments_age_one_by_one(self):
        self.create_invoice(
            100.0,
            invoice_date=datetime(2026, 2, 24).date(),
            invoice_payment_term_id=self.installments().id,
        )
        # Due on 6, 16 and 26 March; today is the 16th.
        self.assertRecordValues(self.balance(), [{"late_30": 30.0, "not_due": 70.0}])

    def test_paid_without_an_entry_is_owed_no_more(self):
        invoice = self.overdue(100.0, 5)
        self.overdue(40.0, 5)
        # As where a payment waits for its bank line, which is its entry.
        invoice.payment_state = "in_payment"
        self.assertRecordValues(self.balance(), [{"overdue": 40.0, "balance": 40.0}])

    def test_each_currency_has_a_row(self):
        dollar = self.setup_other_currency("USD", rates=[("2020-01-01", 2.0)])
        self.overdue(100.0, 5)
        self.overdue(100.0, 5, currency_id=dollar.id)
        self.assertRecordValues(
            self.balance().sorted("overdue_company"),
            [
                {"overdue": 100.0, "overdue_company": 50.0, "currency_id": dollar.id},
                {
                    "overdue": 100.0,
                    "overdue_company": 100.0,
                    "currency_id": self.company.currency_id.id,
                },
            ],
        )
        self.assertEqual(self.page().payment_overdue, 150.0)

    def test_what_a_contact_bought_is_owed_by_his_company(self):
        contact = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.company_customer.id}
        )
        self.overdue(100.0, 5, contact)
        self.assertEqual(self.balance(self.company_customer).overdue, 100.0)
        self.assertFalse(self.balance(contact))
        self.assertEqual(self.page(contact).payment_overdue, 100.0)
        action = self.page(contact).action_open_reminder_customer()
        self.assertEqual(action["res_id"], self.company_customer.id)

    def test_last_reminder_and_its_level(self):
        invoice = self.overdue(100.0, 1)
        self.assertFalse(self.balance().last_reminder_id)
        first = self.remind(invoice)
        self.next_days(8)
        both = self.remind(invoice)
        self.assertEqual(len(both), 2)
        self.assertRecordValues(
            self.balance(),
            [
                {
                    "last_reminder_id": (both - first).id,
                    "last_reminder_at": self.now,
                    "last_level_name": "Second",
                }
            ],
        )

    def test_most_overdue_come_first(self):
        self.overdue(100.0, 5)
        self.overdue(300.0, 5, self.company_customer)
        rows = self.env["payment.customer.balance"].search(
            [("partner_id", "in", (self.customer | self.company_customer).ids)]
        )
        self.assertEqual(rows.partner_id[:1], self.company_customer)

    def test_remind_from_the_list(self):
        self.overdue(100.0, 5)
        self.overdue(300.0, 5, self.company_customer)
        rows = self.balance() | self.balance(self.company_customer)
        action = rows.with_user(self.accountant).action_remind()
        reminders = self.env["payment.reminder"].search(action["domain"])
        self.assertEqual(reminders.partner_id, self.customer | self.company_customer)

    def test_hold_from_the_list(self):
        self.overdue(100.0, 5)
        action = self.balance().with_user(self.accountant).action_reminder_hold()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"reason": "Called, pays on Friday"})
        )
        wizard.action_hold()
        self.assertEqual(self.balance().hold_until, wizard.until)
        self.assertFalse(self.plan())


@tagged("post_install", "-at_install")
class TestCustomerPage(ScreenCase):
    """Balance, escalation and history of a customer on one page."""

    def test_escalation_shows_the_level_each_due_line_has_reached(self):
        old, new = self.overdue(100.0, 8), self.overdue(50.0, -5)
        self.remind(old)
        page = self.page()
        lines = page.payment_due_line_ids
        self.assertEqual(lines, self.due_lines(old) + self.due_lines(new))
        self.assertRecordValues(
            lines,
            [
                {
                    "reminder_level_id": self.first.id,
                    "reminder_next_level_id": self.second.id,
                    "reminder_days_late": 8,
                },
                {
                    "reminder_level_id": False,
                    "reminder_next_level_id": self.first.id,
                    "reminder_days_late": -5,
                },
            ],
        )
        self.assertIn("Second", lines[0].reminder_note)
        self.assertRecordValues(
            page, [{"payment_balance": 150.0, "payment_overdue": 100.0}]
        )
        self.assertEqual(page.payment_reminder_ids, self.find(old))
        self.assertEqual(page.payment_reminder_count, 1)
        self.assertEqual(page.payment_balance_ids.balance, 150.0)

    def test_paid_lines_leave_the_escalation_and_stay_in_the_history(self):
        invoice = self.overdue(100.0, 1)
        self.remind(invoice)
        self.register_payment(invoice)
        page = self.page()
        self.assertFalse(page.payment_due_line_ids)
        self.assertFalse(page.payment_balance)
        self.assertTrue(page.payment_reminder_ids)

    def test_balances_are_summed_up_once(self):
        self.overdue(100.0, 5)
        page = self.page()
        self.assertEqual(page.payment_balance, 100.0)
        with self.assertQueryCount(0):
            self.assertEqual(page.payment_overdue, 100.0)
            self.assertEqual(page.payment_balance_ids.late_30, 100.0)

    def test_hold_that_is_over_is_not_told(self):
        self.overdue(100.0, 5)
        self.customer._hold_reminders(self.company, self.today, "Until today")
        self.assertTrue(self.page().payment_reminder_is_held)
        self.assertEqual(self.balance().hold_until, self.today)
        self.next_days()
        self.assertFalse(self.page().payment_reminder_is_held)
        self.assertFalse(self.balance().hold_until)

    def test_page_of_many_lines_takes_as_many_queries_as_of_few(self):
        def queries(count, partner):
            for _number in range(count):
                self.overdue(100.0, 5, partner)
            lines = self.page(partner).payment_due_line_ids.with_prefetch()
            return self.count_queries(lambda: lines.mapped("reminder_note"))

        queries(1, self.env["res.partner"].create({"name": "First of all"}))
        self.assertEqual(queries(9, self.company_customer), queries(2, self.customer))


@tagged("post_install", "-at_install")
class TestRemindersToSend(ScreenCase):
    """Today's reminders are looked at before they leave."""

    def setUp(self):
        super().setUp()
        self.moves = [
            self.overdue(100.0, 1, self.env["res.partner"].create(values))
            for values in (
                {"name": f"Customer {number}", "email": f"c{number}@example.com"}
                for number in range(5)
            )
        ]
        self.use_slices(2)

    def prepare(self):
        notices = self.go_on(self.as_accountant().action_plan_today())
        return self.find(*self.moves), notices

    def test_dry_run_shows_the_texts_and_nothing_leaves(self):
        reminders, notices = self.prepare()
        self.assertEqual(len(reminders), 5)
        self.assertEqual(set(reminders.mapped("state")), {"to_send"})
        for reminder in reminders:
            self.assertEqual(
                reminder.subject, f"First: {reminder.line_ids.move_id.name}"
            )
            self.assertIn(reminder.contact_id.name, reminder.body)
        self.assertFalse(self.mails_of(reminders))
        self.assertEqual(
            notices,
            [
                "0 of 5 prepared…",
                "2 of 5 prepared…",
                "4 of 5 prepared…",
                "Prepared. To send: 5",
            ],
        )

    def test_dry_run_again_makes_nothing_new(self):
        reminders, _notices = self.prepare()
        reminders[0].with_user(self.accountant).subject = "By hand"
        again, notices = self.prepare()
        self.assertEqual(again, reminders)
        self.assertEqual(notices[-1], "Prepared. To send: 5")
        self.assertEqual(reminders[0].subject, "By hand")

    def test_dry_run_again_leaves_out_what_was_paid_meanwhile(self):
        self.prepare()
        self.register_payment(self.moves[0])
        _left, notices = self.prepare()
        self.assertEqual(notices[-1], "Prepared. Dropped: 1, To send: 4")

    def test_prepared_again_leaves_out_what_was_paid_meanwhile(self):
        reminders, _notices = self.prepare()
        self.register_payment(self.moves[0])
        reminders.with_user(self.accountant).action_prepare()
        self.assertEqual(
            sorted(reminders.mapped("state")), ["dropped", *["to_send"] * 4]
        )

    def test_dry_run_of_the_next_day_makes_the_texts_again(self):
        reminders, _notices = self.prepare()
        self.next_days()
        _again, notices = self.prepare()
        self.assertEqual(notices[-1], "Prepared. To send: 5")
        self.assertEqual(set(reminders.mapped("prepared_date")), {self.today})

    def test_send_all_goes_in_slices_and_tells_how_far(self):
        reminders, _notices = self.prepare()
        notices = self.go_on(self.as_accountant().action_send_all())
        self.assertEqual(set(reminders.mapped("state")), {"queued"})
        self.assertEqual(len(self.mails_of(reminders)), 5)
        self.assertEqual(notices[1:3], ["2 of 5 sent…", "4 of 5 sent…"])
        with self.assertRaises(UserError):
            self.as_accountant().action_send_all()

    def test_send_all_leaves_what_a_person_has_to_confirm(self):
        self.first.automatic = False
        reminders, _notices = self.prepare()
        self.assertEqual(set(reminders.mapped("state")), {"to_confirm"})
        with self.assertRaises(UserError):
            self.as_accountant().action_send_all()
        self.go_on(self.as_accountant(reminders[:1]).action_send_many())
        self.assertEqual(reminders.mapped("state"), ["queued"] + ["to_confirm"] * 4)

    def test_what_is_left_when_the_screen_is_closed_leaves_with_the_run(self):
        reminders, _notices = self.prepare()
        self.set_now(datetime(2026, 3, 16, 21, 0))
        self.as_accountant().action_send_all()
        self.assertEqual(set(reminders.mapped("state")), {"to_send"})
        self.run_reminders()
        self.env.invalidate_all()
        self.assertEqual(set(reminders.mapped("state")), {"queued"})

    def test_paid_between_is_not_sent(self):
        reminders, _notices = self.prepare()
        self.register_payment(self.moves[0])
        notices = self.go_on(self.as_accountant().action_send_all())
        self.assertEqual(self.find(self.moves[1]).state, "queued")
        self.assertEqual(len(self.mails_of(reminders)), 4)
        self.assertIn("Dropped: 1", notices[-1])

    def test_one_that_cannot_be_sent_holds_up_nobody(self):
        reminders, _notices = self.prepare()
        bad = reminders[1]
        model = self.registry["payment.reminder"]
        hand_over = model._hand_over

        def fail_on_one(records):
            if bad in records:
                raise OSError("disk full")
            return hand_over(records)

        with patch.object(model, "_hand_over", fail_on_one), mute_logger(SCREEN):
            self.go_on(self.as_accountant().action_send_all())
        self.assertEqual(set((reminders - bad).mapped("state")), {"queued"})
        self.assertEqual(bad.state, "failed")
        self.assertIn("disk full", bad.failure_reason)
        self.assertTrue(bad.activity_ids)

    def test_failed_stay_in_sight_until_they_are_sent_again_or_dropped(self):
        self.customer.write({"email": False, "phone": False})
        failed = self.remind(self.overdue(100.0, 1))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account_payment_request.action_payment_reminder_to_send"
        )
        to_send = Domain(ast.literal_eval(action["domain"]))
        self.assertEqual(failed.state, "failed")
        self.assertEqual(failed.filtered_domain(to_send), failed)
        self.customer.email = "found@example.com"
        self.go_on(self.as_accountant(failed).action_send_many())
        self.assertEqual(failed.state, "queued")
        self.assertFalse(failed.filtered_domain(to_send))

    def test_drop_and_open(self):
        reminders, _notices = self.prepare()
        one = self.as_accountant(reminders[:1])
        one.action_drop()
        self.assertEqual(one.state, "dropped")
        self.assertEqual(one.action_open_customer()["res_id"], one.partner_id.id)
        other = self.as_accountant(reminders[1:2])
        self.assertEqual(other.action_open_request()["res_id"], other.request_id.id)


@tagged("post_install", "-at_install")
class TestReminderRights(ScreenCase):
    """Who sees reminders and balances, and who may act on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_data = cls.setup_other_company(name="Autre Boutique")
        cls.stranger = cls.make_user(
            "stranger", "account.group_account_manager", cls.other_data["company"]
        )
        cls.reader = cls.make_user(
            "reader", "base.group_user,account.group_account_readonly", cls.company
        )
        cls.clerk = cls.make_user("clerk", "base.group_user", cls.company)

    @classmethod
    def make_user(cls, login, groups, company):
        return new_test_user(
            cls.env,
            login=f"reminder_{login}",
            groups=groups,
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )

    def setUp(self):
        super().setUp()
        self.invoice = self.overdue(100.0, 1)
        self.reminder = self.plan()
        self.reminder._prepare()
        self.env["payment.payer.profile"]._refresh(self.company)
        self.env.flush_all()
        self.env.invalidate_all()

    def own(self):
        """Return records of each model of reminders, of our company."""
        profiles = self.env["payment.payer.profile"].search(
            [("partner_id", "=", self.customer.id)]
        )
        return [
            self.reminder,
            self.reminder.line_ids,
            self.policy,
            self.policy.level_ids,
            profiles,
            self.balance(),
        ]

    def test_user_of_another_company_sees_nothing(self):
        for records in self.own():
            with self.subTest(model=records._name):
                self.assertTrue(records)
                mine = records.with_user(self.accountant)
                found = mine.search([("id", "in", records.ids)])
                self.assertEqual(found, mine)
                theirs = records.with_user(self.stranger)
                self.assertFalse(theirs.search([("id", "in", records.ids)]))
                if not records._auto:
                    # Read from a statement that only knows the user's companies.
                    self.assertFalse(theirs.read(["overdue"]))
                    continue
                with self.assertRaises(AccessError):
                    theirs.read(["display_name"])

    def test_shared_customer_shows_each_company_its_own(self):
        page = self.page(user=self.stranger)
        self.assertFalse(page.payment_reminder_ids)
        self.assertFalse(page.payment_reminder_count)
        self.assertFalse(page.payment_balance_ids)
        self.assertFalse(page.payment_due_line_ids)
        self.assertRecordValues(
            page, [{"payment_balance": 0.0, "payment_overdue": 0.0}]
        )
        both = new_test_user(
            self.env,
            "reminder_both",
            groups="account.group_account_invoice",
            company_id=self.company.id,
            company_ids=[Command.set((self.company | self.stranger.company_id).ids)],
        )
        page = self.page(user=both)
        self.assertEqual(page.payment_overdue, 100.0)
        elsewhere = page.with_company(self.stranger.company_id)
        self.assertEqual(elsewhere.payment_overdue, 0.0)

    def test_user_of_another_company_changes_nothing(self):
        theirs = self.reminder.with_user(self.stranger)
        for act in (
            theirs.action_send,
            theirs.action_send_many,
            theirs.action_drop,
            theirs.action_prepare,
        ):
            with self.subTest(act.__name__), self.assertRaises(AccessError):
                act()
        go_on = theirs.browse().with_context(
            reminder_job="send", reminder_ids=self.reminder.ids
        )
        with self.assertRaises(AccessError):
            go_on.action_continue()
        self.assertEqual(self.reminder.state, "to_send")

    def test_readers_read(self):
        for records in self.own():
            with self.subTest(model=records._name):
                records.with_user(self.reader).read()
        page = self.page(user=self.reader)
        self.assertEqual(page.payment_due_line_ids.mapped("reminder_days_late"), [1])
        self.assertEqual(page.payment_reminder_ids, self.reminder)

    def test_readers_neither_send_nor_drop_nor_hold(self):
        seen = self.reminder.with_user(self.reader)
        balance = self.balance().with_user(self.reader)
        lines = self.due_lines(self.invoice).with_user(self.reader)
        hold = self.env["payment.reminder.hold"].with_user(self.reader)
        hold = hold.with_context(active_model=seen._name, active_ids=seen.ids)
        for name, act in {
            "send": seen.action_send,
            "send many": seen.action_send_many,
            "send all": seen.action_send_all,
            "prepare": seen.action_prepare,
            "plan": seen.action_plan_today,
            "drop": seen.action_drop,
            "hold": lambda: hold.create({"reason": "No"}).action_hold(),
            "release": lines.action_reminder_release,
            "remind": lines.action_remind,
            "remind customer": balance.action_remind,
            "write": lambda: seen.write({"subject": "Mine"}),
            "go on": lambda: seen.with_context(
                reminder_job="send", reminder_ids=seen.ids
            ).action_continue(),
            "run": self.env.ref("account_payment_request.action_payment_reminder_go_on")
            .with_user(self.reader)
            .run,
        }.items():
            with self.subTest(name), self.assertRaises(AccessError):
                act()
        self.assertEqual(self.reminder.state, "to_send")

    def test_nobody_writes_a_balance(self):
        row = self.balance().with_user(self.stranger)
        manager = self.make_user(
            "manager", "account.group_account_manager", self.company
        )
        for user in (self.accountant, manager):
            with self.assertRaises(AccessError):
                row.with_user(user).write({"user_id": user.id})

    def test_employees_without_accounting_and_customers_see_nothing(self):
        customer = new_test_user(self.env, "reminder_customer", "base.group_portal")
        customer.partner_id.parent_id = self.customer
        line = self.due_lines(self.invoice)
        line._hold_reminders(self.today, "Not to be told to him")
        self.customer._hold_reminders(self.company, self.today, "Nor this")
        for user in (self.clerk, customer):
            for records in self.own():
                with self.subTest(model=records._name, user=user.login):
                    with self.assertRaises(AccessError):
                        records.with_user(user).search([])
            for record, name in (
                (self.customer, "payment_overdue"),
                (self.customer, "payment_reminder_hold_reason"),
                (self.customer, "payment_reminder_policy_id"),
                (line, "reminder_hold_reason"),
                (line, "reminder_note"),
                (self.invoice, "payment_reminder_policy_id"),
            ):
                with self.subTest(name, user=user.login):
                    record.invalidate_recordset()
                    with self.assertRaises(AccessError):
                        record.with_user(user).read([name])

    def test_what_the_engine_wrote_is_not_changed_by_hand(self):
        mine = self.reminder.with_user(self.accountant)
        for values in (
            {"state": "sent"},
            {"amount_asked": 1.0, "subject": "Less"},
            {"line_ids": [Command.clear()]},
            {"sent_at": self.now},
        ):
            with self.subTest(values), self.assertRaises(AccessError):
                mine.write(values)
        with self.assertRaises(AccessError):
            mine.line_ids.write({"level_key": 0})
        mine.write({"subject": "Dear customer", "user_id": self.reader.id})
        self.assertEqual(self.reminder.subject, "Dear customer")
        self.send(self.reminder)
        for context in ({}, {"reminder_preparing": True}):
            with self.subTest(context), self.assertRaises(UserError):
                mine.with_context(**context).subject = "Something else"

    def test_screens_open_for_accountants_and_readers(self):
        for name in (
            "action_payment_reminder",
            "action_payment_reminder_to_send",
            "action_payment_customer_balance",
            "action_payment_reminder_customer",
            "action_payment_payer_profile",
            "action_payment_reminder_policy",
        ):
            action = self.env["ir.actions.act_window"]._for_xml_id(
                f"account_payment_request.{name}"
            )
            for user in (self.accountant, self.reader):
                with self.subTest(name, user=user.login):
                    model = self.env[action["res_model"]].with_user(user)
                    views = model.get_views(action["views"])["views"]
                    self.assertEqual(len(views), len(action["views"]))
        reader_form = self.env["payment.reminder"].with_user(self.reader)
        arch = reader_form.get_view(view_type="form")["arch"]
        self.assertNotIn('name="action_send"', arch)
        self.assertNotIn('name="action_drop"', arch)
        self.assertNotIn('name="action_hold"', arch)

    def test_reminders_are_counted_by_level_channel_status_and_payment(self):
        self.send(self.reminder)
        self.register_payment(self.invoice)
        self.reminders._refresh_paid(self.company)
        groups = self.env["payment.reminder"].formatted_read_group(
            [("id", "=", self.reminder.id)],
            ["level_name", "channel", "state"],
            ["amount_asked:sum", "amount_paid_after:sum", "__count"],
        )
        [group] = groups
        self.assertEqual(group["level_name"], "First")
        self.assertEqual((group["channel"], group["state"]), ("email", "queued"))
        self.assertEqual(group["amount_paid_after:sum"], 100.0)
