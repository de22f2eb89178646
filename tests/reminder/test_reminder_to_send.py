"""The list of what is to be sent: dry run, send, drop."""

import ast
from datetime import datetime
from unittest.mock import patch

from lxml import etree

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
        self.moves = self.owe_each(5)
        self.use_slices(2)

    def prepare(self):
        notices = self.go_on(self.as_accountant().action_plan_today())
        return self.find(*self.moves), notices

    def ask(self):
        """Return the assistant that *Send All* opens."""
        action = self.as_accountant().action_send_all()
        assistant = self.env[action["res_model"]].with_user(self.accountant)
        return assistant.browse(action["res_id"])

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
        notices = self.go_on(self.ask().action_send())
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
        self.ask().action_send()
        self.assertEqual(set(reminders.mapped("state")), {"to_send"})
        self.run_reminders()
        self.env.invalidate_all()
        self.assertEqual(set(reminders.mapped("state")), {"queued"})

    def test_stopped_the_rest_waits_as_before(self):
        reminders, _notices = self.prepare()
        self.first.automatic = False
        reminders[:1].state = "to_confirm"
        action = self.as_accountant(reminders).action_send_many()
        model = self.as_accountant().with_context(**action["params"]["context"])
        action = model.action_continue()
        self.assertEqual(action["params"]["text"], "2 of 5 sent…")
        context = action["params"]["context"]
        action = self.as_accountant().with_context(**context).action_stop()
        self.assertEqual(self.go_on(action), ["Done. Leaving: 2"])
        rest = self.reminders.browse(context["reminder_ids"])
        self.assertEqual(len(rest), 3)
        self.assertEqual(set(rest.mapped("state")), {"to_confirm"})
        self.assertFalse(any(rest.mapped("manual")))
        self.first.automatic = True
        self.set_now(datetime(2026, 3, 16, 21, 0))
        self.run_reminders()
        self.env.invalidate_all()
        self.assertEqual(set(rest.mapped("state")), {"to_confirm"})

    def test_texts_of_many_are_compiled_as_often_as_those_of_one(self):
        reminders, _notices = self.prepare()
        compiled = []
        model = self.registry["ir.qweb"]
        generate = model._generate_code_uncached

        def count(qweb, template):
            compiled.append(template)
            return generate(qweb, template)

        with patch.object(model, "_generate_code_uncached", count):
            self.first._render_texts(reminders[:1], "en_US")
            of_one = len(compiled)
            self.first._render_texts(reminders, "en_US")
        self.assertGreater(of_one, 0)
        self.assertEqual(len(compiled), 2 * of_one)

    # === Send All asks ===

    def test_what_would_leave_is_said_first(self):
        self.prepare()
        assistant = self.ask()
        self.assertEqual(
            assistant.summary.replace("\xa0", " "), "E-mail: 5\nAsked for: 500.00 €"
        )
        self.assertFalse(assistant.outside_count)
        self.assertFalse(self.mails_of(self.find(*self.moves)))

    def test_at_night_what_a_person_chooses_is_done(self):
        for choice, state in (("action_send", "queued"), ("action_send_in_hours", "")):
            with self.subTest(choice):
                reminders, _notices = self.prepare()
                reminders = reminders.filtered(lambda r: r.state == "to_send")
                self.set_now(datetime(2026, 3, 16, 21, 0))
                late = reminders[:2] if choice == "action_send" else reminders
                self.second.hour_to = 24
                assistant = self.env["payment.reminder.send"].with_user(self.accountant)
                assistant = assistant.create({"reminder_ids": late.ids})
                self.assertEqual(assistant.outside_count, len(late))
                self.assertIn("Tue 17 Mar 08:30", assistant.outside_text)
                self.go_on(getattr(assistant, choice)())
                self.assertEqual(set(late.mapped("state")), {state or "to_send"})
                self.set_now(datetime(2026, 3, 16, 10, 0))
        for hour, state in ((6, "to_send"), (8, "queued")):
            self.set_now(datetime(2026, 3, 17, hour, 0))
            self.run_reminders()
            self.env.invalidate_all()
            self.assertEqual(set(late.mapped("state")), {state}, hour)

    def test_whoever_sends_some_at_night_is_asked(self):
        reminders, _notices = self.prepare()
        some = self.as_accountant(reminders[:2])
        self.set_now(datetime(2026, 3, 16, 21, 0))
        action = some.action_send_or_ask()
        self.assertEqual(action["res_model"], "payment.reminder.send")
        self.assertEqual(set(reminders.mapped("state")), {"to_send"})
        asked = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(asked.reminder_ids, some)
        self.go_on(asked.with_user(self.accountant).action_send())
        self.set_now(datetime(2026, 3, 17, 10, 0))
        self.go_on(self.as_accountant(reminders[2:3]).action_send_or_ask())
        self.assertEqual(reminders.mapped("state"), ["queued"] * 3 + ["to_send"] * 2)

    def test_what_is_within_its_hours_leaves_at_once(self):
        reminders, _notices = self.prepare()
        reminders[0].level_id = self.second
        self.second.write({"hour_from": 20, "hour_to": 24, "business_days": False})
        self.set_now(datetime(2026, 3, 16, 20, 0))
        assistant = self.ask()
        self.assertEqual(assistant.outside_count, 4)
        reminders._without_tracking().write({"note": False})
        self.go_on(assistant.action_send_in_hours())
        self.assertNotEqual(reminders[0].state, "to_send")
        self.assertEqual(set(reminders[1:].mapped("state")), {"to_send"})

    def test_switched_off_it_leaves_in_its_hours_all_the_same(self):
        reminders, _notices = self.prepare()
        self.company.payment_reminder_enabled = False
        self.set_now(datetime(2026, 3, 16, 21, 0))
        self.go_on(self.ask().action_send_in_hours())
        self.set_now(datetime(2026, 3, 17, 8, 0))
        self.run_reminders()
        self.env.invalidate_all()
        self.assertEqual(set(reminders.mapped("state")), {"queued"})

    def test_the_list_says_what_each_waits_for(self):
        reminders, _notices = self.prepare()
        reminder = reminders[:1]
        self.assertEqual(reminder.waits_for, "The next run.")
        self.set_now(datetime(2026, 3, 20, 21, 0))
        reminder.invalidate_recordset()
        self.assertEqual(reminder.waits_for, "Its hours: Mon 23 Mar 08:30")
        self.set_now(datetime(2026, 3, 16, 9, 0))
        self.company.payment_reminder_enabled = False
        reminder.invalidate_recordset()
        self.assertIn("switched off", reminder.waits_for)
        reminder._without_tracking().write({"state": "to_confirm"})
        self.assertEqual(reminder.waits_for, "A person confirms it.")
        arch = etree.fromstring(
            self.env["payment.reminder"].get_view(
                self.env.ref(
                    "account_payment_request.payment_reminder_view_list_to_send"
                ).id
            )["arch"]
        )
        [column] = arch.xpath("//field[@name='waits_for']")
        self.assertEqual(column.get("optional"), "show")

    def test_paid_between_is_not_sent(self):
        reminders, _notices = self.prepare()
        self.register_payment(self.moves[0])
        notices = self.go_on(self.ask().action_send())
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
            self.go_on(self.ask().action_send())
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
