"""What becomes of reminders: channels, delivery status, payment and thanks."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.reminder_case import ReminderCase

BATCH_LOGGER = "odoo.addons.account_payment_request.models.batch"
RENDER_LOGGER = "odoo.addons.mail.models.mail_render_mixin"


@tagged("post_install", "-at_install")
class TestReminderDelivery(ReminderCase):
    """What becomes of reminders: channels, delivery status, payment and thanks."""

    # === Channels ===

    def test_without_an_address_the_next_channel_takes_it(self):
        self.customer.email = False
        with self.channel("sms") as taken:
            reminder = self.remind(self.overdue())
        self.assertEqual(taken, reminder.ids)
        self.assertEqual((reminder.state, reminder.channel), ("queued", "sms"))
        self.assertIn(self.customer.name, reminder.failure_reason)
        self.assertEqual(len(self.tasks_of(reminder)), 1)

    def test_a_blocked_or_wrong_address_goes_to_the_next_channel(self):
        self.env["mail.blacklist"]._add("marie.dupont@example.com")
        wrong = self.env["res.partner"].create({"name": "Wrong", "email": "nowhere"})
        invoices = self.overdue() | self.overdue(partner=wrong)
        with self.channel("sms"):
            reminders = self.remind(*invoices)
        self.assertEqual(len(reminders), 2)
        self.assertEqual(set(reminders.mapped("channel")), {"sms"})
        self.assertFalse(self.mails_of(reminders))

    def test_a_customer_whom_no_channel_reaches_is_told_to_a_person(self):
        self.customer.email = False
        with self.channel("sms", "They have no number."):
            reminder = self.remind(self.overdue())
        self.assertEqual(reminder.state, "failed")
        self.assertIn("They have no number.", reminder.failure_reason)
        self.assertEqual(self.tasks_of(reminder).user_id, self.accountant)

    def test_what_a_person_does_is_not_sent_before_it_is_done(self):
        self.first.channel = "letter"
        with self.channel("letter"):
            reminder = self.remind(self.overdue())
        self.assertEqual(reminder.state, "to_post")
        self.assertFalse(reminder.sent_at)
        reminder._mark_sent()
        self.assertEqual((reminder.state, reminder.sent_at), ("sent", self.now))

    def test_two_customers_of_the_same_name_have_a_task_each(self):
        self.first.second_channel = False
        partners = self.env["res.partner"].create([{"name": "Marie Dupont"}] * 2)
        for partner in partners:
            self.overdue(partner=partner)
        reminders = self.plan()
        self.send(reminders)
        self.assertEqual(len(self.tasks_of(reminders)), 2)

    def test_nobody_who_has_left_gets_the_task(self):
        gone = self.env["res.users"].create(
            {"name": "Gone", "login": "gone@boutique.example", "active": False}
        )
        self.policy.user_id = gone
        self.customer.email = False
        with self.channel("sms", "They have no number."):
            reminder = self.remind(self.overdue(invoice_user_id=False))
        self.assertEqual(self.tasks_of(reminder).user_id, self.accountant)

    def test_one_customer_has_one_task_for_the_same_trouble(self):
        self.customer.email = False
        with self.channel("sms"):
            first = self.remind(self.overdue(days=1))
            self.next_days(7)
            self.send(self.plan())
        self.assertEqual(len(self.tasks_of(self.find(first.line_ids.move_id))), 1)

    # === Delivery status ===

    def test_a_bounce_goes_to_the_next_channel_and_leaves_a_task(self):
        reminder = self.remind(self.overdue())
        self.deliver_mails(reminder)
        self.bounce(reminder, "marie.dupont@example.com")
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "sms"))
        self.assertFalse(reminder.sent_at)
        self.assertEqual(len(self.tasks_of(reminder)), 1)
        with self.channel("sms") as taken:
            self.send(reminder)
        self.assertEqual(taken, reminder.ids)
        self.assertFalse(self.mails_of(reminder))

    def test_the_channel_after_one_that_failed_waits_for_its_hours(self):
        self.overdue()
        reminder = self.plan()
        reminder.with_user(self.accountant).action_send()
        self.deliver_mails(reminder)
        self.set_now(datetime(2026, 3, 16, 22, 0))
        self.bounce(reminder, "marie.dupont@example.com")
        with self.channel("sms") as taken:
            self.run_reminders()
        self.assertFalse(taken)
        self.assertEqual(reminder.state, "to_send")

    def test_a_bounce_of_what_is_paid_by_now_goes_nowhere(self):
        invoice = self.overdue()
        reminder = self.remind(invoice)
        self.deliver_mails(reminder)
        self.bounce(reminder, "marie.dupont@example.com")
        self.register_payment(invoice)
        with self.channel("sms") as taken:
            self.send(reminder)
        self.assertFalse(taken)
        self.assertEqual(reminder.state, "dropped")

    @mute_logger(BATCH_LOGGER)
    def test_one_status_that_cannot_be_applied_does_not_hold_the_others(self):
        good, bad = self.overdue(), self.overdue(partner=self.company_customer)
        self.run_reminders()
        self.deliver_mails(self.find(good, bad))
        bad_id = self.company_customer.id
        registry_class = self.registry["payment.reminder"]
        apply_status = registry_class._apply_delivery_status

        def break_one(reminders, status, reason=None):
            if bad_id in reminders.partner_id.ids:
                raise RuntimeError("disk full")
            return apply_status(reminders, status, reason)

        with patch.object(registry_class, "_apply_delivery_status", break_one):
            self.run_reminders()
        self.assertEqual(self.find(good).state, "sent")
        self.assertEqual(self.find(bad).state, "queued")

    def test_a_copy_that_bounces_changes_nothing(self):
        reminder = self.remind(self.overdue())
        self.deliver_mails(reminder)
        self.follow()
        self.bounce(reminder, "sales@boutique.example")
        self.assertEqual(reminder.state, "sent")

    def test_a_late_bounce_after_the_next_channel_changes_nothing(self):
        reminder = self.remind(self.overdue())
        first = reminder.mail_message_id
        self.deliver_mails(reminder)
        self.bounce(reminder, "marie.dupont@example.com")
        with self.channel("sms"):
            self.send(reminder)
        self.assertEqual(reminder.mail_message_id, first)
        self.bounce(reminder, "marie.dupont@example.com")
        self.assertEqual((reminder.state, reminder.channel), ("queued", "sms"))

    def fail_mail(self, reminder, failure_type, reason="refused"):
        mail = self.mails_of(reminder)[-1:]
        mail.write({"state": "exception", "failure_type": failure_type})
        mail._postprocess_sent_message(
            success_pids=[],
            success_emails=[],
            failure_reason=reason,
            failure_type=failure_type,
        )
        self.follow()

    def test_a_refused_address_goes_to_the_next_channel(self):
        reminder = self.remind(self.overdue())
        self.fail_mail(reminder, "unknown", "550 no such user")
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "sms"))
        self.assertIn("does not exist", reminder.failure_reason)
        self.assertNotIn("550", reminder.failure_reason)
        self.assertEqual(self.mails_of(reminder).state, "cancel")

    def test_our_own_mail_server_down_costs_no_sms(self):
        reminder = self.remind(self.overdue())
        for again, hours in enumerate((1, 4)):
            self.fail_mail(reminder, "mail_smtp")
            self.assertEqual(reminder.state, "queued", "it is given some time")
            self.set_now(self.now + timedelta(hours=hours))
            self.follow()
            self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))
            self.assertEqual(reminder.send_attempts, again + 1)
            self.assertFalse(self.tasks_of(reminder))
            self.send(reminder)
            self.assertEqual(reminder.state, "queued")
        self.fail_mail(reminder, "mail_smtp")
        self.assertEqual(reminder.state, "failed")
        self.assertTrue(self.tasks_of(reminder))
        live = self.mails_of(reminder).filtered(lambda m: m.state != "cancel")
        self.assertFalse(live)

    def test_the_last_channel_that_fails_is_told(self):
        self.first.second_channel = False
        reminder = self.remind(self.overdue())
        self.fail_mail(reminder, "mail_email_invalid", "bad address")
        self.assertEqual(reminder.state, "failed")
        self.assertIn("Invalid email address", reminder.failure_reason)
        self.assertNotIn("bad address", reminder.failure_reason)
        self.assertTrue(self.tasks_of(reminder))

    def test_delivered_does_not_go_back_to_sent(self):
        reminder = self.remind(self.overdue())
        reminder._apply_delivery_status("delivered")
        reminder._apply_delivery_status("sent")
        self.assertEqual(reminder.state, "delivered")

    def test_a_mail_deleted_from_the_queue_does_not_wait_for_ever(self):
        reminder = self.remind(self.overdue())
        self.mails_of(reminder).unlink()
        self.follow()
        self.assertEqual(reminder.state, "queued")
        self.next_days(2)
        self.follow()
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "sms"))

    def test_a_queue_that_stands_still_is_told_to_a_person_once(self):
        reminder = self.remind(self.overdue())
        triggers = self.env["ir.cron.trigger"].search([])
        for _day in range(3):
            self.next_days(1)
            self.set_now(self.now + timedelta(minutes=1))
            self.follow()
        self.assertEqual(reminder.state, "queued")
        self.assertEqual(len(self.tasks_of(reminder)), 1)
        self.assertEqual(
            self.env["ir.cron.trigger"].search([]), triggers, "nothing is new"
        )

    # === Paid after, thanks ===

    def test_what_is_paid_after_is_told_on_the_reminder(self):
        invoice, other = self.overdue(100.0), self.overdue(50.0)
        reminder = self.remind(invoice, other)
        self.next_days(2)
        self.register_payment(invoice, payment_date=self.today)
        self.follow()
        self.assertEqual(reminder.amount_paid_after, 100.0)
        self.assertFalse(reminder.paid_date)
        self.next_days(1)
        self.register_payment(other, payment_date=self.today)
        self.follow()
        self.assertEqual(reminder.amount_paid_after, 150.0)
        self.assertEqual(reminder.paid_date, self.today)

    def test_a_payment_taken_back_is_no_payment(self):
        invoice = self.overdue()
        reminder = self.remind(invoice)
        self.register_payment(invoice, payment_date=self.today)
        self.follow()
        self.assertTrue(reminder.paid_date)
        self.due_lines(invoice).remove_move_reconcile()
        self.follow()
        self.assertFalse(reminder.paid_date)
        self.assertFalse(reminder.amount_paid_after)

    def thanks(self):
        self.follow()
        before = self.env["mail.mail"].sudo().search([])
        with self.without_commits():
            self.reminders._send_thanks(self.company)
        return self.env["mail.mail"].sudo().search([]) - before

    def test_whoever_pays_is_thanked_once(self):
        self.company.payment_reminder_thanks = True
        invoice = self.overdue()
        self.remind(invoice)
        self.assertFalse(self.thanks())
        self.next_days(7)
        self.send(self.plan())
        self.assertEqual(len(self.find(invoice)), 2)
        self.register_payment(invoice, payment_date=self.today)
        mail = self.thanks()
        self.assertEqual(len(mail), 1)
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn(invoice.name, mail.body_html)
        self.assertFalse(self.thanks())

    def test_nobody_is_thanked_without_the_setting_or_for_a_credit_note(self):
        paid = self.overdue()
        self.remind(paid)
        self.register_payment(paid, payment_date=self.today)
        self.assertFalse(self.thanks())
        self.company.payment_reminder_thanks = True
        credited = self.overdue(partner=self.company_customer)
        self.remind(credited)
        self.reverse(credited)
        self.find(paid).thanks_sent = True
        self.assertFalse(self.thanks())

    def test_nobody_is_thanked_for_what_is_written_off(self):
        self.company.payment_reminder_thanks = True
        invoice = self.overdue()
        reminder = self.remind(invoice)
        receivable = self.due_lines(invoice)
        entry = self.env["account.move"].create(
            {
                "journal_id": self.company_data["default_journal_misc"].id,
                "date": self.today,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": self.company_data[
                                "default_account_expense"
                            ].id,
                            "debit": 120.0,
                        }
                    ),
                    Command.create(
                        {
                            "account_id": receivable.account_id.id,
                            "partner_id": self.customer.id,
                            "credit": 120.0,
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        (receivable | entry.line_ids).filtered(
            lambda line: line.account_id == receivable.account_id
        ).reconcile()
        self.assertFalse(self.thanks())
        self.assertFalse(reminder.amount_paid_after)

    def test_whoever_still_owes_is_thanked_when_all_is_paid(self):
        self.company.payment_reminder_thanks = True
        invoice = self.overdue()
        self.remind(invoice)
        other = self.overdue(500.0, days=0)
        self.next_days(1)
        self.register_payment(invoice, payment_date=self.today)
        self.assertFalse(self.thanks())
        self.register_payment(other, payment_date=self.today)
        self.assertEqual(len(self.thanks()), 1)

    def test_thanks_wait_for_the_hours_of_the_level(self):
        self.company.payment_reminder_thanks = True
        invoice = self.overdue()
        self.remind(invoice)
        self.set_now(datetime(2026, 3, 22, 2, 0))
        self.register_payment(invoice, payment_date=self.today)
        self.assertFalse(self.thanks())
        self.set_now(datetime(2026, 3, 23, 9, 0))
        self.assertEqual(len(self.thanks()), 1)

    @mute_logger(RENDER_LOGGER)
    def test_thanks_of_which_the_text_fails_stop_their_customer_only(self):
        self.company.payment_reminder_thanks = True
        template = self.env.ref("account_payment_request.mail_template_reminder_thanks")
        template.subject = (
            "{{ 1 / (0 if object.partner_id.name == 'Generique SAS' else 1) }}"
        )
        self.company_customer.name = "Generique SAS"
        invoices = self.overdue() | self.overdue(partner=self.company_customer)
        reminders = self.remind(*invoices)
        for invoice in invoices:
            self.register_payment(invoice, payment_date=self.today)
        self.assertEqual(self.thanks().recipient_ids, self.customer)
        self.assertEqual(len(self.tasks_of(reminders)), 1)
        self.assertFalse(self.thanks())
