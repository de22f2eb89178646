"""The list of what is to be sent: dry run, send, drop."""

import ast
from datetime import datetime
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.reminder_screen_case import ScreenCase

SCREEN = "odoo.addons.account_payment_request.models.reminder.payment_reminder_bulk"


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
