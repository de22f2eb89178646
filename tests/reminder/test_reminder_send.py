"""How reminders leave: one mail, what changed since the plan, hours, failures."""

import base64
from datetime import datetime, timedelta
from unittest.mock import patch

from lxml import html
from psycopg2.errors import DeadlockDetected

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.reminder_case import MONDAY, ReminderCase

BATCH_LOGGER = "odoo.addons.account_payment_request.models.batch"


@tagged("post_install", "-at_install")
class TestReminderSend(ReminderCase):
    """How reminders leave: one mail, what changed since the plan, hours, failures."""

    # === One mail ===

    def test_a_mail_leaves_with_what_is_stored(self):
        invoice = self.overdue(120.0)
        reminder = self.remind(invoice)
        self.assertEqual((reminder.state, reminder.channel), ("queued", "email"))
        self.assertEqual(reminder.sent_at, self.now)
        self.assertEqual(reminder.contact_id, self.customer)
        self.assertEqual(reminder.subject, f"First: {invoice.name}")
        mail = self.mails_of(reminder)
        self.assertEqual(len(mail), 1)
        self.assertIn(reminder._get_message(), mail.body_html)
        self.assertEqual(mail.mail_message_id, reminder.mail_message_id)
        message = html.fromstring(str(reminder.mail_message_id.body))
        stored = html.fromstring(reminder._get_message())
        self.assertEqual(message.text_content(), stored.text_content())

    def test_the_mail_names_what_is_owed_and_has_one_button(self):
        invoice = self.overdue(120.0)
        reminder = self.remind(invoice)
        body = html.fromstring(self.mails_of(reminder).body_html)
        text = body.text_content()
        self.assertIn(invoice.name, text)
        self.assertIn("120.00", text)
        buttons = body.xpath("//div[@name='payment_request']//td//a")
        self.assertEqual([b.get("href") for b in buttons], [reminder.request_id.url])

    def test_the_footer_says_who_writes(self):
        self.company.write(
            {"street": "1 rue de la Paix", "zip": "75002", "city": "Paris"}
        )
        reminder = self.remind(self.overdue())
        text = html.fromstring(self.mails_of(reminder).body_html).text_content()
        for part in (self.company.name, "1 rue de la Paix", "75002 Paris"):
            self.assertIn(part, text)

    def test_sending_a_mail_writes_nothing_that_others_write(self):
        reminder = self.remind(self.overdue())
        with patch.object(
            self.registry["payment.reminder"],
            "write",
            side_effect=AssertionError("the mail would leave twice after a conflict"),
        ):
            self.deliver_mails(reminder)
        self.follow()
        self.assertEqual(reminder.state, "sent")

    def test_a_mail_that_left_is_sent_and_its_message_stays(self):
        reminder = self.remind(self.overdue())
        sent = self.deliver_mails(reminder)
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent[0]["email_to"], [self.customer.email_formatted])
        self.follow()
        self.assertEqual(reminder.state, "sent")
        self.assertTrue(reminder.mail_message_id.body)
        self.assertFalse(self.mails_of(reminder))

    def test_the_archived_invoice_is_attached_and_never_rendered_again(self):
        with_pdf, without = self.overdue(100.0), self.overdue(50.0)
        with_pdf.invoice_pdf_report_file = base64.b64encode(b"%PDF-1.4 archived")
        with patch.object(
            self.registry["ir.actions.report"],
            "_render_qweb_pdf",
            side_effect=AssertionError("rendered again"),
        ):
            reminder = self.remind(with_pdf, without)
        with_pdf.invalidate_recordset()
        attachments = self.mails_of(reminder).attachment_ids
        self.assertEqual(attachments, with_pdf.invoice_pdf_report_id)

    def test_the_level_decides_about_attachments(self):
        self.first.attach_invoices = False
        invoice = self.overdue()
        invoice.invoice_pdf_report_file = base64.b64encode(b"%PDF-1.4 archived")
        reminder = self.remind(invoice)
        self.assertFalse(self.mails_of(reminder).attachment_ids)

    def test_the_salesperson_gets_a_copy_if_the_level_wants_it(self):
        self.first.copy_salesperson = True
        invoice = self.overdue(invoice_user_id=self.accountant.id)
        reminder = self.remind(invoice)
        mail = self.mails_of(reminder)
        self.assertEqual(len(mail), 1)
        self.assertFalse(mail.email_cc)
        copy = self.env["mail.mail"].search(
            [("email_to", "like", self.accountant.email), ("state", "=", "outgoing")]
        )
        self.assertEqual(len(copy), 1)
        self.assertEqual(copy.subject, f"Copy: {mail.subject}")
        self.assertIn("Copy for your information", copy.body_html)
        self.assertIn(reminder.invoice_names, copy.body_html)

    def test_the_copy_that_arrives_does_not_hide_that_the_customer_s_does_not(self):
        self.first.copy_salesperson = True
        invoice = self.overdue(invoice_user_id=self.accountant.id)
        reminder = self.remind(invoice)
        mails = self.env["mail.mail"].sudo()
        copy = mails.search(
            [("email_to", "like", self.accountant.email), ("state", "=", "outgoing")]
        )
        with self.mock_mail_gateway():
            copy.send()
        self.assertEqual(copy.state, "sent")
        self.assertEqual(
            reminder.mail_message_id.notification_ids.notification_status, "ready"
        )

    # === Between plan and send ===

    def test_what_was_paid_meanwhile_is_not_asked_for(self):
        paid, owed = self.overdue(100.0), self.overdue(50.0)
        reminder = self.plan()
        self.register_payment(paid)
        self.send(reminder)
        self.assertEqual(reminder.line_ids.move_id, owed)
        self.assertEqual(reminder.amount_asked, 50.0)
        self.assertEqual(reminder.request_id.amount_to_pay, 50.0)
        self.assertNotIn(paid.name, self.mails_of(reminder).body_html)

    def test_a_text_prepared_before_a_payment_is_made_again(self):
        paid, owed = self.overdue(100.0), self.overdue(50.0)
        reminder = self.plan()
        reminder._prepare()
        self.assertIn(paid.name, reminder._get_message())
        self.register_payment(paid)
        self.send(reminder)
        self.assertNotIn(paid.name, reminder._get_message())
        self.assertNotIn(paid.name, reminder.subject)
        self.assertEqual(reminder.request_id.line_ids.move_id, owed)

    def assert_dropped(self, invoice, reminder):
        self.send(reminder)
        self.assertEqual(reminder.state, "dropped")
        self.assertTrue(reminder.note)
        self.assertFalse(self.mails_of(reminder))
        self.assertFalse(reminder.line_ids, "the level is free again")
        self.assertFalse(reminder.request_id)
        self.assertFalse(self.find(invoice))

    def test_nothing_leaves_for_what_was_paid(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.register_payment(invoice)
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_what_was_credited(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.reverse(invoice)
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_if_credits_cover_it(self):
        invoice = self.overdue(100.0)
        reminder = self.plan()
        self.credit(100.0)
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_what_is_held(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.due_lines(invoice).reminder_hold_until = self.today + timedelta(days=5)
        self.assert_dropped(invoice, reminder)
        self.next_days(6)
        self.assertEqual(self.plan().line_ids.move_id, invoice)

    def test_nothing_leaves_for_what_is_due_later_by_now(self):
        invoice = self.overdue()
        reminder = self.plan()
        due = self.today + timedelta(days=20)
        self.due_lines(invoice).date_maturity = due
        self.assert_dropped(invoice, reminder)
        self.assertIn(self.first.name, reminder.note)

    def test_the_due_date_of_now_is_told(self):
        self.first.body = '<p t-out="object.days_late"/>'
        invoice = self.overdue(days=5)
        reminder = self.plan()
        reminder._prepare()
        self.due_lines(invoice).date_maturity = self.today - timedelta(days=2)
        self.send(reminder)
        self.assertIn("<p>2</p>", reminder.body)

    def test_what_a_later_level_reached_is_not_reminded_at_an_earlier_one(self):
        invoice = self.overdue()
        first = self.remind(invoice)
        self.next_days(7)
        second = self.remind(invoice) - first
        self.assertEqual(second.level_id, self.second)
        first._mark_failed("Nobody there")
        first.with_user(self.accountant).action_send()
        self.assertEqual(first.state, "dropped")
        self.assertTrue(first.note)
        self.assertEqual(len(self.mails_of(first)), 1)

    def test_of_two_levels_of_a_line_the_higher_one_leaves(self):
        invoice = self.overdue()
        first = self.remind(invoice)
        self.next_days(7)
        second = self.plan()
        self.bounce(first, "marie.dupont@example.com")
        self.assertEqual(first.state, "to_send")
        self.send(first | second)
        self.assertEqual(first.state, "dropped")
        self.assertEqual((second.state, second.level_id), ("queued", self.second))

    def test_nothing_leaves_for_what_is_excluded(self):
        invoice = self.overdue()
        reminder = self.plan()
        invoice.no_followup = True
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_what_is_blocked(self):
        invoice = self.overdue()
        reminder = self.plan()
        invoice.action_toggle_block_payment()
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_to_a_customer_on_hold(self):
        invoice = self.overdue()
        reminder = self.plan()
        until = self.today + timedelta(days=5)
        self.customer._hold_reminders(self.company, until, "Talks")
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_less_than_the_minimum(self):
        self.first.amount_min = 50.0
        invoice = self.overdue(120.0)
        reminder = self.plan()
        self.register_payment(invoice, amount=119.0)
        self.assert_dropped(invoice, reminder)
        self.assertIn(self.first.name, reminder.note)

    def test_nothing_leaves_while_a_transfer_is_on_its_way(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.pay(self.request_of(invoice), "pdng-acsc")
        self.settle_all()
        self.assertTrue(invoice.transfer_in_progress)
        self.assert_dropped(invoice, reminder)

    def test_a_customer_who_joins_a_group_is_reminded_as_the_group(self):
        customer = self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "email": "acme@example.com"}
        )
        invoice = self.overdue(partner=customer)
        reminder = self.plan()
        customer.write({"is_company": False, "parent_id": self.company_customer.id})
        self.send(reminder)
        self.assertEqual(reminder.state, "dropped")
        self.assertEqual(self.remind(invoice).partner_id, self.company_customer)

    def test_a_level_removed_before_it_leaves_frees_its_lines(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.first.unlink()
        self.env.invalidate_all()
        self.assert_dropped(invoice, reminder)

    def test_a_level_removed_after_it_left_is_remembered(self):
        invoice = self.overdue()
        reminder = self.remind(invoice)
        self.first.unlink()
        self.env.invalidate_all()
        self.assertEqual(reminder.level_name, "First")
        self.next_days(7)
        self.assertEqual(self.plan().level_id, self.second)

    # === Hours, copies ===

    def test_the_job_sends_inside_the_window_only(self):
        invoice = self.overdue()
        self.set_now(datetime(2026, 3, 16, 6, 0))
        self.run_reminders()
        reminder = self.find(invoice)
        self.assertEqual(reminder.state, "to_send")
        self.assertTrue(reminder.note)
        self.set_now(MONDAY)
        self.run_reminders()
        self.assertEqual(reminder.state, "queued")
        self.assertFalse(reminder.note)

    def test_the_job_waits_for_fresh_bank_data(self):
        invoice = self.overdue()
        with patch.object(
            self.registry["res.company"],
            "_get_bank_data_age",
            lambda *_args: timedelta(hours=49),
        ):
            self.run_reminders()
        reminder = self.find(invoice)
        self.assertEqual(reminder.state, "to_send")
        self.assertTrue(reminder.note)

    def test_a_person_may_send_on_a_sunday(self):
        self.overdue()
        reminder = self.plan()
        self.set_now(datetime(2026, 3, 22, 9, 0))
        reminder.with_user(self.accountant).action_send()
        self.assertEqual(reminder.state, "queued")

    def test_a_neutralized_or_copied_database_sends_nothing(self):
        parameters = self.env["ir.config_parameter"].sudo()
        uuid = parameters.get_param("database.uuid")
        invoice = self.overdue()
        reminder = self.plan()
        for name, value in (
            ("database.is_neutralized", "True"),
            ("database.uuid", "another"),
        ):
            parameters.set_param(name, value)
            self.run_reminders()
            self.assertEqual(reminder.state, "to_send")
            with self.assertRaises(UserError):
                reminder.action_send()
            self.send(reminder)
            self.assertFalse(self.mails_of(reminder))
            parameters.set_param("database.is_neutralized", False)
        parameters.set_param("database.uuid", uuid)
        self.run_reminders()
        self.assertEqual(self.find(invoice).state, "queued")

    def test_what_must_be_confirmed_waits_for_a_person(self):
        self.first.automatic = False
        self.overdue()
        self.run_reminders()
        reminder = self.reminders.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(reminder.state, "to_confirm")
        reminder.with_user(self.accountant).action_send()
        self.assertEqual(reminder.state, "queued")

    def test_one_task_a_level_while_something_waits_for_a_person(self):
        self.first.automatic = False
        others = [self.customer.copy({"name": f"Other {name}"}) for name in "AB"]
        self.overdue()
        for partner in others:
            self.overdue(partner=partner)
        self.run_reminders()
        waiting = self.reminders.search([("state", "=", "to_confirm")])
        self.assertEqual(len(waiting), 3)
        [task] = waiting.activity_ids
        self.assertEqual(task.summary, "Check and send reminders: First")
        self.assertEqual(task.user_id, self.accountant)
        asked = self.reminders.browse(task.res_id)
        asked.with_user(self.accountant).action_send()
        self.run_reminders()
        [moved] = waiting.activity_ids
        self.assertIn(moved.res_id, (waiting - asked).ids)
        (waiting - asked).with_user(self.accountant).action_drop()
        self.run_reminders()
        self.assertFalse(waiting.activity_ids)

    def test_what_was_dropped_by_a_person_is_not_planned_again(self):
        invoice = self.overdue()
        reminder = self.plan()
        reminder.with_user(self.accountant).action_drop()
        self.assertEqual(reminder.state, "dropped")
        self.assertIn(self.accountant.name, reminder.note)
        self.next_days(4)
        self.assertFalse(self.plan())
        self.next_days(3)
        self.assertEqual(self.plan().level_id, self.second)
        self.assertEqual(len(self.find(invoice)), 2)

    # === Failures of the job itself ===

    def test_a_deadlock_is_for_the_next_run(self):
        invoice = self.overdue()
        with patch.object(
            self.registry["payment.reminder"],
            "_queue_mails",
            side_effect=DeadlockDetected,
        ):
            self.run_reminders()
        self.assertEqual(self.find(invoice).state, "to_send")
        self.run_reminders()
        self.assertEqual(self.find(invoice).state, "queued")

    @mute_logger(BATCH_LOGGER)
    def test_one_reminder_that_cannot_leave_does_not_hold_the_others(self):
        good, bad = self.overdue(), self.overdue(partner=self.company_customer)
        bad_id = self.company_customer.id
        registry_class = self.registry["payment.reminder"]
        queue_mails = registry_class._queue_mails

        def break_one(reminders):
            if bad_id in reminders.partner_id.ids:
                raise RuntimeError("disk full")
            return queue_mails(reminders)

        with patch.object(registry_class, "_queue_mails", break_one):
            self.run_reminders()
        self.assertEqual(self.find(good).state, "queued")
        failed = self.find(bad)
        self.assertEqual(failed.state, "failed")
        self.assertIn("disk full", failed.failure_reason)
        self.assertTrue(self.tasks_of(failed))
