"""SMS: who cannot be reached, what became of it, and the queue of each company."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.reminder_channel_case import NUMBER, ChannelCase


@tagged("post_install", "-at_install")
class TestReminderSms(ChannelCase):
    def setUp(self):
        super().setUp()
        self.use("sms")

    # === Leaving ===

    def test_an_sms_leaves_with_what_is_stored(self):
        reminder = self.remind(self.overdue())
        self.assertEqual((reminder.state, reminder.channel), ("queued", "sms"))
        self.assertEqual(reminder.sent_at, self.now)
        self.assertIn(reminder.request_id.url, reminder.sms_body)
        sent = self.deliver_sms()
        self.assertEqual(sent, [(self.company.id, NUMBER, reminder.sms_body)])
        self.assertEqual(reminder.mail_message_id.message_type, "sms")
        self.assertFalse(self.deliver_sms(), "nothing leaves twice")

    def test_the_sms_of_one_slice_are_made_together(self):
        partners = self.env["res.partner"].create(
            [{"name": f"P{i}", "phone": f"+3361234560{i}"} for i in range(5)]
        )
        for partner in partners:
            self.overdue(partner=partner)
        reminders = self.plan()
        sms_class = self.registry["sms.sms"]
        with patch.object(
            sms_class, "create", autospec=True, side_effect=sms_class.create
        ) as create:
            self.send(reminders)
        self.assertEqual(create.call_count, 1)
        self.assertEqual(len(self.sms_of(reminders)), 5)
        self.assertEqual(
            {reminder.mail_message_id.res_id for reminder in reminders},
            set(reminders.ids),
        )

    def test_without_a_number_of_their_own_the_customers_is_taken(self):
        self.company_customer.phone = "06 98 76 54 32"
        self.env["res.partner"].create(
            {
                "parent_id": self.company_customer.id,
                "type": "followup",
                "name": "Accounts",
                "email": "accounts@generique.example",
            }
        )
        reminder = self.remind(self.overdue(partner=self.company_customer))
        self.assertEqual(reminder.contact_id.name, "Accounts")
        self.assertEqual(self.sms_of(reminder).number, "+33698765432")

    # === Not reached ===

    def test_no_phone_goes_by_mail(self):
        self.customer.phone = False
        self.assert_next(self.remind(self.overdue()), "no telephone number")

    def test_a_bad_phone_goes_by_mail(self):
        self.customer.phone = "06 12"
        self.assert_next(self.remind(self.overdue()), "06 12")

    def test_a_landline_goes_by_mail(self):
        self.customer.phone = "01 42 68 53 00"
        self.assert_next(self.remind(self.overdue()), "landline")

    def test_a_blocked_number_goes_by_mail(self):
        self.env["phone.blacklist"].sudo().create({"number": NUMBER})
        self.assert_next(self.remind(self.overdue()), "blocked")

    def test_a_level_without_text_goes_by_mail(self):
        self.first.sms_body = False
        self.assert_next(self.remind(self.overdue()), "no text")

    def test_an_archived_customer_is_left_to_a_person(self):
        self.overdue()
        reminder = self.plan()
        for channel in ("sms", "portal", "letter", "phone"):
            with self.subTest(channel):
                self.use(channel, False)
                reminder.write({"channel": channel, "state": "to_send"})
                self.customer.active = False
                self.send(reminder)
                self.assertEqual(reminder.state, "failed")
                self.assertIn("archived", reminder.failure_reason)

    def test_neither_phone_nor_mail_is_told_to_a_person(self):
        self.customer.write({"phone": False, "email": False})
        reminder = self.remind(self.overdue())
        self.assertEqual(reminder.state, "failed")
        for word in ("telephone", "e-mail"):
            self.assertIn(word, reminder.failure_reason)
        self.assertEqual(self.tasks_of(reminder).user_id, self.accountant)

    # === Delivery ===

    def test_what_the_provider_took_is_sent_then_delivered(self):
        reminder = self.remind(self.overdue())
        tracker = self.sms_of(reminder).sms_tracker_id
        self.deliver_sms()
        self.follow_up()
        self.assertEqual(reminder.state, "sent")
        tracker._action_update_from_sms_state("sent")
        self.follow_up()
        self.assertEqual(reminder.state, "delivered")
        self.assertFalse(self.tasks_of(reminder))

    def test_news_of_an_sms_wake_the_job(self):
        reminder = self.remind(self.overdue())
        cron = self.env.ref("account_payment_request.ir_cron_payment_reminder")
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        self.sms_of(reminder).sms_tracker_id._action_update_from_sms_state("pending")
        self.assertTrue(triggers.search_count([("cron_id", "=", cron.id)]))

    def test_an_sms_that_the_network_refuses_goes_by_mail(self):
        reminder = self.remind(self.overdue())
        tracker = self.sms_of(reminder).sms_tracker_id
        self.deliver_sms()
        self.follow_up()
        tracker._action_update_from_provider_error("invalid_destination")
        self.follow_up()
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))
        self.assertIn(NUMBER, reminder.failure_reason)
        self.assertEqual(len(self.tasks_of(reminder)), 1)
        self.send(reminder)
        self.assert_next(reminder, NUMBER)

    def test_a_number_that_the_provider_refuses_goes_by_mail_once(self):
        reminder = self.remind(self.overdue())
        self.deliver_sms("wrong_number_format")
        self.follow_up()
        self.send(reminder)
        self.assert_next(reminder, NUMBER)
        # Somebody sends all failed SMS of the queue again.
        with self.sms_provider() as sent:
            self.env["sms.sms"].sudo().search([]).resend_failed()
        self.assertFalse(sent)

    def test_a_provider_that_is_down_is_tried_again_later(self):
        for state in ("server_error", "insufficient_credit"):
            with self.subTest(state):
                reminder = self.remind(self.overdue(partner=self.customer.copy()))
                self.deliver_sms(state)
                self.follow_up()
                self.assertEqual(reminder.state, "queued", "not at once")
                self.now += timedelta(hours=1)
                self.follow_up()
                self.assertEqual((reminder.state, reminder.channel), ("to_send", "sms"))
                self.assertFalse(self.tasks_of(reminder))
                self.send(reminder)
                self.assertEqual(len(self.deliver_sms()), 1)
                self.follow_up()
                self.assertEqual(reminder.state, "sent")

    def test_what_was_paid_while_the_provider_was_down_does_not_leave(self):
        invoice = self.overdue()
        reminder = self.remind(invoice)
        self.deliver_sms("server_error")
        self.now += timedelta(hours=1)
        self.follow_up()
        self.register_payment(invoice)
        self.send(reminder)
        self.assertEqual(reminder.state, "dropped")
        self.assertFalse(self.deliver_sms())

    def test_a_provider_that_stays_down_is_told_to_a_person(self):
        reminder = self.remind(self.overdue())
        for hours in (1, 4):
            self.deliver_sms("server_error")
            self.now += timedelta(hours=hours)
            self.follow_up()
            self.assertFalse(self.tasks_of(reminder))
            self.send(reminder)
        self.deliver_sms("server_error")
        self.follow_up()
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))
        self.assertEqual(len(self.tasks_of(reminder)), 1)


@tagged("post_install", "-at_install")
class TestSmsQueue(ChannelCase):
    """Core's own queue, with SMS of two companies in it."""

    def setUp(self):
        super().setUp()
        self.other = self.env["res.company"].create({"name": "Other Company"})

    def queue(self, company, number, body="Hello"):
        message = self.env["mail.message"].create(
            {"body": body, "record_company_id": company.id, "message_type": "sms"}
        )
        return self.env["sms.sms"].create(
            {"number": number, "body": body, "mail_message_id": message.id}
        )

    def test_each_company_sends_its_own(self):
        first = self.queue(self.company, "+33600000001")
        second = self.queue(self.other, "+33600000002")
        third = self.queue(self.company, "+33600000003")
        sent = self.deliver_sms()
        self.assertEqual(
            sorted((company, number) for company, number, _body in sent),
            sorted(
                [
                    (self.company.id, first.number),
                    (self.other.id, second.number),
                    (self.company.id, third.number),
                ]
            ),
        )
        self.assertEqual(set((first | second | third).mapped("state")), {"pending"})
        self.assertFalse(self.deliver_sms())

    def test_an_sms_of_no_company_is_sent_too(self):
        sms = self.env["sms.sms"].create({"number": NUMBER, "body": "Hello"})
        self.queue(self.other, "+33600000002")
        self.assertEqual(len(self.deliver_sms()), 2)
        self.assertEqual(sms.state, "pending")

    @mute_logger("odoo.addons.account_payment_request.models.reminder.sms_sms")
    def test_a_company_that_fails_does_not_stop_the_others(self):
        # The older one: its turn comes first.
        broken = self.queue(self.other, "+33600000002")
        fine = self.queue(self.company, "+33600000001")
        company_class = self.registry["res.company"]
        original = company_class._get_sms_api_class

        def get_class(company):
            if company == self.other:
                raise ValueError("no account")
            return original(company)

        with patch.object(company_class, "_get_sms_api_class", get_class):
            sent = self.deliver_sms()
        self.assertEqual([number for _company, number, _body in sent], [fine.number])
        self.assertEqual((broken.state, fine.state), ("outgoing", "pending"))
        self.assertEqual(len(self.deliver_sms()), 1, "and is tried again")
        self.assertEqual(broken.state, "pending")

    def test_a_queue_of_many_leaves_in_slices(self):
        self.env["ir.config_parameter"].sudo().set_param("sms.session.batch.size", 2)
        for number in range(5):
            self.queue(self.company, f"+3360000000{number}", body=f"Text {number}")
        self.assertEqual(len(self.deliver_sms()), 5)
