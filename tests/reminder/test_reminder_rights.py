"""Who sees and does what on the screens of reminders, and who may not."""

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..common.reminder_screen_case import ScreenCase


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

    def test_a_recipient_is_somebody_that_the_user_may_see(self):
        hidden = self.customer.copy(
            {"name": "Geheim SA", "company_id": self.other_data["company"].id}
        )
        with self.assertRaises(AccessError):
            self.reminder.with_user(self.accountant).contact_id = hidden.id

    def test_nobody_of_another_company_is_made_responsible(self):
        mine = self.reminder.with_user(self.accountant)
        with self.assertRaises(UserError):
            mine.user_id = self.stranger

    def test_what_all_companies_share_is_not_one_companys_to_change(self):
        shared = self.ready_made("courteous")
        manager = self.make_user("boss", "account.group_account_manager", self.company)
        administrator = self.make_user(
            "admin", "account.group_account_manager,base.group_system", self.company
        )
        for records in (shared, shared.level_ids[:1]):
            theirs = records.with_user(manager)
            self.assertTrue(theirs.read(["name"]))
            with self.assertRaises(AccessError):
                theirs.write({"name": "Hacked"})
            with self.assertRaises(AccessError):
                theirs.unlink()
            records.with_user(administrator).write({"name": "Mended"})
        own = shared.with_user(manager).copy({"company_id": self.company.id})
        own.name = "Ours"

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
            theirs.action_send_or_ask,
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
            "send or ask": seen.action_send_or_ask,
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
            "stop": seen.with_context(
                reminder_job="send", reminder_ids=seen.ids
            ).action_stop,
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
        line._hold_reminders(self.today, "Not to be told to them")
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
        self.assertNotIn('name="action_send_or_ask"', arch)
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
