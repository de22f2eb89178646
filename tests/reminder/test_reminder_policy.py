"""Policies: their levels, whom they are for, and the settings."""

from datetime import datetime

from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderPolicy(ReminderCase):
    # === Levels ===

    def test_days_count_from_the_due_date_or_from_the_previous_level(self):
        policy = self.make_policy("Mixed", -3, 5)
        last = self.env["payment.reminder.level"].create(
            {**self._level("Last", 30), "policy_id": policy.id}
        )
        last.write({"delay_days": 10, "delay_from": "previous"})
        self.assertEqual(policy.level_ids.mapped("days_from_due"), [-3, 5, 15])
        policy.level_ids[1].delay_days = 7
        self.assertEqual(last.days_from_due, 17)
        self.assertEqual(
            policy.level_ids.mapped("timing"),
            [
                "3 days before the due date",
                "7 days after the due date",
                "17 days after the due date",
            ],
        )

    def test_levels_follow_each_other_in_time(self):
        first = self.make_policy("Two", 1, 8).level_ids[0]
        with self.assertRaisesRegex(ValidationError, "Drag it to its place"):
            first.policy_id.level_ids = [
                Command.update(first.id, {"delay_days": 8}),
            ]

    def test_levels_can_be_dragged_to_another_place(self):
        policy = self.make_policy("Three", 1, 8, 15)
        _first, second, third = policy.level_ids
        # The one in the middle becomes the last: on the way the order is wrong.
        policy.level_ids = [
            Command.update(second.id, {"sequence": 30, "delay_days": 20}),
            Command.update(third.id, {"sequence": 25}),
        ]
        policy.invalidate_recordset()
        self.assertEqual(
            [lvl.days_from_due for lvl in policy.level_ids.sorted("sequence")],
            [1, 15, 20],
        )
        self.assertEqual(policy.escalation, "+1 E-mail · +15 E-mail · +20 E-mail")

    def test_a_level_removed_moves_those_that_count_from_it(self):
        policy = self.make_policy("Three", 1, 8, 15)
        _first, second, third = policy.level_ids
        third.write({"delay_days": 7, "delay_from": "previous"})
        policy.level_ids = [Command.delete(second.id)]
        self.assertEqual(policy.level_ids.mapped("days_from_due"), [1, 8])
        self.assertEqual(third.days_from_due, 8)

    def test_channels_are_tried_once_each_in_order(self):
        self.first.write(
            {"channel": "sms", "second_channel": "email", "third_channel": "sms"}
        )
        self.assertEqual(self.first._get_channels(), ["sms", "email"])

    def test_a_copy_is_for_nobody_yet(self):
        policy = self.make_policy("Original", 1, 8, payer_profile="late")
        copy = policy.copy()
        self.assertEqual(copy.name, "Original (copy)")
        self.assertFalse(copy.payer_profile)
        self.assertEqual(copy.level_ids.mapped("days_from_due"), [1, 8])
        self.assertEqual(copy.level_ids[0].body, policy.level_ids[0].body)

    def test_the_policy_of_a_company_stays_usable(self):
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        for change in (
            self.policy.unlink,
            self.policy.action_archive,
            lambda: self.policy.write({"company_id": other.id}),
        ):
            with (
                self.assertRaisesRegex(ValidationError, self.company.name),
                self.env.cr.savepoint(),
            ):
                change()
        self.policy.company_id = False
        nobodys = self.make_policy("Nobody's", 1)
        nobodys.action_archive()
        nobodys.unlink()

    # === Assignment ===

    def assert_policy(self, policy, source, partner=None, company=None):
        company = company or self.company
        partner = (partner or self.customer).with_company(company)
        self.env.flush_all()
        rows = self.env.execute_query(
            self.env["payment.reminder.policy"]._partner_policy_query(
                company, partner.ids
            )
        )
        self.assertEqual(rows, [(partner.id, policy.id or None, source)])
        partner.invalidate_recordset()
        self.assertIn(policy.name or "None", partner.payment_reminder_policy_note)

    def test_the_strongest_assignment_counts(self):
        tag = self.env["res.partner.category"].create({"name": "Members"})
        self.assert_policy(self.policy, "company")

        history = self.make_policy("History", 1, payer_profile="late")
        self.env["payment.payer.profile"].sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "profile": "late",
            }
        )
        self.assert_policy(history, "history")

        tagged_policy = self.make_policy("Tag", 1, tag_ids=tag.ids, sequence=20)
        self.assert_policy(history, "history")
        self.customer.category_id = tag
        self.assert_policy(tagged_policy, "tag")
        before = self.make_policy("Earlier tag", 1, tag_ids=tag.ids, sequence=15)
        self.assert_policy(before, "tag")

        own = self.make_policy("Own", 1)
        self.customer.payment_reminder_policy_id = own
        self.assert_policy(own, "customer")
        # Archived half-way: the next one in line takes over.
        own.action_archive()
        self.assert_policy(before, "tag")
        own.action_unarchive()
        self.customer.payment_reminder_policy_id = False
        before.action_archive()
        tagged_policy.action_archive()
        history.action_archive()
        self.assert_policy(self.policy, "company")
        self.company.payment_reminder_policy_id = False
        self.assert_policy(self.env["payment.reminder.policy"], None)

    def test_policies_of_two_companies_do_not_mix(self):
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        tag = self.env["res.partner.category"].create({"name": "Members"})
        self.customer.category_id = tag
        foreign = self.make_policy("Theirs", 1, tag_ids=tag.ids, company_id=other.id)
        other.payment_reminder_policy_id = self.ready_made("firm")
        self.assert_policy(self.policy, "company")
        self.assert_policy(foreign, "tag", company=other)
        self.customer.payment_reminder_policy_id = self.policy
        self.assert_policy(self.policy, "customer")
        self.assert_policy(foreign, "tag", company=other)
        # Written past the screen: another company's policy never counts.
        self.customer.with_company(other).payment_reminder_policy_id = self.policy
        self.assert_policy(foreign, "tag", company=other)

    def test_a_deleted_policy_leaves_its_customers_to_the_next_one(self):
        own = self.make_policy("Own", 1)
        self.customer.payment_reminder_policy_id = own
        own.unlink()
        self.assert_policy(self.policy, "company")

    def test_contacts_show_what_their_company_has(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.company_customer.id}
        )
        own = self.make_policy("Own", 1)
        self.company_customer.payment_reminder_policy_id = own
        self.assertIn("Own", contact.payment_reminder_policy_note)

    # === Business days ===

    def test_general_time_off_is_no_business_day(self):
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        leaves = self.env["resource.calendar.leaves"].sudo()
        values = {"date_from": "2026-06-05 00:00:00", "date_to": "2026-06-05 22:00:00"}
        # Of another company, and of one person: on a Friday.
        leaves.with_company(other).create(
            {**values, "calendar_id": other.resource_calendar_id.id}
        )
        person = self.env["resource.resource"].sudo().create({"name": "Marie"})
        leaves.create({**values, "resource_id": person.id})
        friday, thursday = datetime(2026, 6, 5, 9, 0), datetime(2026, 6, 4, 9, 0)

        def blocker(moment):
            self.set_now(moment)
            return self.company._get_reminder_blocker(self.first)

        self.assertIsNone(blocker(friday))
        holiday = leaves.with_company(self.company).create(values)
        for calendar in (
            self.env["resource.calendar"],
            self.company.resource_calendar_id,
        ):
            holiday.calendar_id = calendar
            self.assertEqual(blocker(friday), "not_a_business_day")
            self.assertIsNone(blocker(thursday))
        self.first.business_days = False
        self.assertIsNone(blocker(friday))

    # === Settings ===

    def test_switching_reminders_on_in_a_copy_sends_nothing(self):
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.uuid", "copied")
        self.company.payment_reminder_enabled = False
        self.env["res.config.settings"].create(
            {"payment_reminder_interval_days": 4, "payment_reminder_enabled": True}
        ).execute()
        self.assertEqual(self.company.payment_reminder_interval_days, 4)
        self.assertTrue(self.company.payment_reminder_enabled)
        self.assertEqual(self.company._get_reminder_blocker(), "copied")
        self.env["payment.database"]._set_in_production()
        self.assertEqual(self.company._get_reminder_blocker(), "unanswered")
        self.company._begin_reminders("planned")
        self.assertIsNone(self.company._get_reminder_blocker())

    def test_a_new_company_is_courteous_and_off(self):
        company = self.env["res.company"].create({"name": "New one"})
        self.assertEqual(
            company.payment_reminder_policy_id, self.ready_made("courteous")
        )
        self.assertFalse(company.payment_reminder_enabled)
