"""SMS, portal and phone: who cannot be reached, and what becomes of it."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import MailDeliveryException
from odoo.addons.sms.tools.sms_api import SmsApi

from ..common.reminder_case import ReminderCase

SMS_CRON = "sms.ir_cron_sms_scheduler_action"
NUMBER = "+33612345678"


class ChannelCase(ReminderCase):
    """An escalation of which the first level goes by one channel, then by e-mail."""

    def use(self, channel, second="email", third=False):
        self.first.write(
            {"channel": channel, "second_channel": second, "third_channel": third}
        )

    @contextmanager
    def sms_provider(self, state="success"):
        """Answer for the SMS provider; collect id of the company, number and text.

        :param str state: what it says of each SMS
        """
        sent = []

        def contact(api, _endpoint, params, **_options):
            answers = []
            for message in params["messages"]:
                for number in message["numbers"]:
                    sent.append(
                        (api.env.company.id, number["number"], message["content"])
                    )
                    answers.append({"uuid": number["uuid"], "state": state})
            return answers

        with patch.object(SmsApi, "_contact_iap", contact):
            yield sent

    def deliver_sms(self, state="success"):
        """Let the queue send what is in it; return what the provider got."""
        with self.sms_provider(state) as sent:
            self.run_cron(SMS_CRON)
        return sent

    def follow_up(self):
        """Read what providers told."""
        self.env.flush_all()
        self.run_reminders()

    def sms_of(self, reminders):
        return (
            self.env["sms.sms"]
            .sudo()
            .search(
                [
                    ("mail_message_id.model", "=", reminders._name),
                    ("mail_message_id.res_id", "in", reminders.ids),
                ],
                order="id",
            )
        )

    def tasks_of(self, reminders):
        todo = self.env.ref("mail.mail_activity_data_todo")
        return reminders.sudo().activity_ids.filtered(
            lambda task: task.activity_type_id == todo
        )

    def assert_next(self, reminder, word):
        """It went by mail, a person is told why, and the reason has ``word`` in it."""
        self.assertEqual((reminder.state, reminder.channel), ("queued", "email"))
        self.assertIn(word, reminder.failure_reason)
        self.assertEqual(len(self.tasks_of(reminder)), 1)
        self.assertIn(word, self.tasks_of(reminder).note)
        self.assertEqual(len(self.mails_of(reminder)), 1)


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

    def test_without_a_number_of_his_own_the_customers_is_taken(self):
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

    # === Fate ===

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


@tagged("post_install", "-at_install")
class TestReminderOnPortal(ChannelCase):
    def setUp(self):
        super().setUp()
        self.use("portal")

    def invite(self, partner, **values):
        return new_test_user(
            self.env,
            login="portal_customer",
            groups="base.group_portal",
            partner_id=partner.id,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
            **values,
        )

    def test_without_a_portal_user_it_goes_by_mail(self):
        self.assert_next(self.remind(self.overdue()), "portal")

    def test_whoever_may_log_in_finds_it_and_is_told(self):
        user = self.invite(self.customer, email="marie@portal.example")
        reminder = self.remind(self.overdue())
        self.assertEqual((reminder.state, reminder.channel), ("sent", "portal"))
        message = reminder.mail_message_id
        self.assertEqual((message.model, message.res_id), (reminder._name, reminder.id))
        self.assertIn(user.partner_id, message.partner_ids)
        self.assertFalse(message.is_internal)
        self.assertIn("First", message.body)
        mail = self.mails_of(reminder)
        self.assertIn(user.email, mail.email_to)
        self.assertIn(f"/my/reminders/{reminder.id}", mail.body_html)
        self.assertNotIn(reminder.request_id.url, mail.body_html)

    def test_whoever_may_log_in_is_told_now_and_in_his_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.invite(self.customer, email="marie@portal.example")
        cron = self.env.ref("mail.ir_cron_mail_scheduler_action")
        triggers = self.env["ir.cron.trigger"].sudo()
        triggers.search([("cron_id", "=", cron.id)]).unlink()
        invoices = [self.overdue() for _number in range(4)]
        reminder = self.remind(*invoices)
        self.assertIn("et 1 de plus", self.mails_of(reminder).body_html)
        self.assertTrue(triggers.search_count([("cron_id", "=", cron.id)]))

    def test_a_user_of_another_contact_of_the_customer_counts(self):
        buyer = self.env["res.partner"].create(
            {"name": "Buyer", "parent_id": self.company_customer.id}
        )
        self.invite(buyer)
        reminder = self.remind(self.overdue(partner=self.company_customer))
        self.assertEqual(reminder.channel, "portal")

    def test_a_user_who_may_not_log_in_any_more_does_not_count(self):
        self.invite(self.customer).active = False
        self.assert_next(self.remind(self.overdue()), "portal")


class CallCase(ChannelCase):
    def setUp(self):
        super().setUp()
        self.use("phone")


@tagged("post_install", "-at_install")
class TestReminderCalls(CallCase):
    def setUp(self):
        super().setUp()
        self.first.phone_script = "<p>Good morning {{ object.contact_id.name }}</p>"

    def call(self):
        """Return a reminder that waits for a call, and its invoice."""
        invoice = self.overdue()
        return self.remind(invoice), invoice

    def calls_of(self, reminders):
        return reminders.activity_ids.filtered(
            lambda task: task.activity_type_id
            == self.env.ref("mail.mail_activity_data_call")
        )

    def test_the_responsible_is_asked_to_call(self):
        reminder, _invoice = self.call()
        self.assertEqual((reminder.state, reminder.channel), ("to_call", "phone"))
        self.assertFalse(reminder.sent_at)
        self.assertEqual(reminder.call_date, self.today)
        self.assertEqual(self.calls_of(reminder).user_id, self.accountant)
        self.assertIn("Good morning Marie Dupont", reminder.phone_script)
        self.assertIn(f'href="tel:{NUMBER}"', reminder.phone_numbers)

    def test_without_a_number_it_goes_by_mail(self):
        self.customer.phone = False
        self.assert_next(self.remind(self.overdue()), "telephone")

    def test_a_promise_holds_until_its_day(self):
        reminder, invoice = self.call()
        day = self.today + timedelta(days=10)
        reminder.with_user(self.accountant).action_phone_outcome(
            "promised", "Friday week", day
        )
        self.assertEqual((reminder.state, reminder.outcome), ("sent", "promised"))
        self.assertEqual((reminder.sent_at, reminder.promise_date), (self.now, day))
        line = self.due_lines(invoice)
        self.assertEqual(line.reminder_hold_until, day)
        self.assertIn("Friday week", line.reminder_hold_reason)
        self.assertFalse(self.calls_of(reminder))
        self.next_days(10)
        self.assertFalse(self.plan())
        self.next_days(1)
        self.assertEqual(self.plan().level_id, self.second)

    def test_a_promise_needs_a_day_to_come(self):
        reminder, _invoice = self.call()
        for day in (None, self.today - timedelta(days=1)):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                reminder.action_phone_outcome("promised", None, day)
        self.assertEqual(reminder.state, "to_call")

    def test_a_dispute_is_held_and_somebody_settles_it(self):
        reminder, invoice = self.call()
        reminder.action_phone_outcome("disputed", "Two boxes were missing")
        line = self.due_lines(invoice)
        self.assertEqual(line.reminder_hold_until, self.today + timedelta(days=30))
        self.assertIn("Two boxes", line.reminder_hold_reason)
        task = self.tasks_of(reminder)
        self.assertEqual(task.user_id, self.accountant)
        self.assertIn("Two boxes", task.note)
        self.assertEqual(reminder.state, "sent")

    def test_a_wrong_number_goes_by_mail_and_is_corrected(self):
        reminder, _invoice = self.call()
        reminder.action_phone_outcome("wrong_number")
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))
        self.assertFalse(self.calls_of(reminder))
        self.send(reminder)
        self.assert_next(reminder, "06 12 34 56 78")

    def test_nobody_answers_on_three_days_then_it_goes_by_mail(self):
        reminder, _invoice = self.call()
        # A Friday: the next call is on Monday.
        self.next_days(4)
        reminder.action_phone_outcome("no_answer")
        monday = self.today + timedelta(days=3)
        self.assertEqual((reminder.state, reminder.call_date), ("to_call", monday))
        self.assertEqual(self.calls_of(reminder).date_deadline, monday)
        self.next_days(3)
        reminder.action_phone_outcome("no_answer")
        self.next_days(1)
        reminder.action_phone_outcome("no_answer")
        self.assertEqual((reminder.state, reminder.channel), ("to_send", "email"))
        self.assertFalse(self.calls_of(reminder))

    def test_a_holiday_is_no_day_to_call_again(self):
        reminder, _invoice = self.call()
        # Tomorrow is a Tuesday, and a public holiday.
        tomorrow = self.today + timedelta(days=1)
        self.env["resource.calendar.leaves"].sudo().create(
            {
                "date_from": f"{tomorrow} 00:00:00",
                "date_to": f"{tomorrow} 22:00:00",
                "company_id": self.company.id,
                "calendar_id": False,
            }
        )
        reminder.action_phone_outcome("no_answer")
        self.assertEqual(reminder.call_date, tomorrow + timedelta(days=1))

    def test_spoken_to_is_reminded(self):
        reminder, _invoice = self.call()
        reminder.action_phone_outcome("done")
        self.assertEqual((reminder.state, reminder.sent_at), ("sent", self.now))

    def test_an_outcome_is_noted_once(self):
        reminder, _invoice = self.call()
        reminder.action_phone_outcome("done")
        for outcome in ("done", "no_answer"):
            with self.assertRaises(UserError):
                reminder.action_phone_outcome(outcome)

    def test_one_call_is_about_all_that_the_customer_owes(self):
        dollars = self.env.ref("base.USD")
        dollars.active = True
        invoice, foreign = self.overdue(), self.overdue(60.0, currency_id=dollars.id)
        reminder, other = self.remind(invoice), self.find(foreign)
        self.assertNotEqual(reminder, other)
        self.assertIn(foreign.name, reminder.other_calls)
        self.assertIn("60.00", reminder.other_calls)
        reminder.action_phone_outcome("no_answer")
        self.assertEqual(set((reminder | other).mapped("call_due")), {False})
        self.next_days(1)
        day = self.today + timedelta(days=10)
        reminder.action_phone_outcome("promised", "All of it", day)
        self.assertEqual((other.state, other.outcome), ("sent", "promised"))
        self.assertEqual(self.due_lines(foreign).reminder_hold_until, day)
        self.assertFalse(self.calls_of(reminder | other))

    def test_another_customer_is_another_call(self):
        reminder, _invoice = self.call()
        other = self.remind(self.overdue(partner=self.customer.copy()))
        self.assertFalse(reminder.other_calls)
        reminder.action_phone_outcome("done")
        self.assertEqual(other.state, "to_call")

    def test_a_number_is_told_once(self):
        self.company_customer.phone = "06 98 76 54 32"
        for number in ("+33 6 98 76 54 32", "01 42 68 53 00"):
            self.env["res.partner"].create(
                {"name": "A", "parent_id": self.company_customer.id, "phone": number}
            )
        reminder = self.remind(self.overdue(partner=self.company_customer))
        numbers = [number for _partner, number, _name in reminder._get_phone_book()]
        self.assertEqual(numbers, ["+33698765432", "+33142685300"])

    def test_only_what_is_an_answer_is_taken(self):
        reminder, _invoice = self.call()
        with self.assertRaises(UserError):
            reminder.action_phone_outcome("handed_over")

    def test_nobody_is_called_for_what_was_paid_meanwhile(self):
        reminder, invoice = self.call()
        self.register_payment(invoice)
        self.follow_up()
        self.assertEqual(reminder.state, "dropped")
        self.assertFalse(self.calls_of(reminder))

    def test_the_assistant_asks_for_the_day(self):
        reminder, invoice = self.call()
        action = reminder.action_open_outcome("promised")
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create({"date": self.today + timedelta(days=2), "note": "Sure"})
        )
        wizard.action_confirm()
        self.assertEqual(reminder.outcome, "promised")
        self.assertTrue(self.due_lines(invoice).reminder_hold_until)

    # === The link, while the customer listens ===

    def link(self, reminder, **values):
        action = reminder.action_send_link()
        return (
            self.env[action["res_model"]]
            .with_user(self.accountant)
            .with_context(**action["context"])
            .create(values)
        )

    def test_the_link_leaves_by_sms_to_a_number_that_is_dictated(self):
        reminder, _invoice = self.call()
        link = self.link(reminder)
        self.assertEqual(link.number, NUMBER)
        link.number = "07 98 76 54 32"
        with self.sms_provider() as sent:
            link.action_send()
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent[0][1], "+33798765432")
        self.assertIn(reminder.request_id.url, sent[0][2])
        self.assertEqual(reminder.state, "to_call", "the call goes on")
        self.assertEqual(self.customer.phone, "06 12 34 56 78")

    def test_a_number_that_is_dictated_can_be_kept(self):
        reminder, _invoice = self.call()
        self.accountant.group_ids += self.env.ref("base.group_partner_manager")
        with self.sms_provider():
            self.link(reminder, number="07 98 76 54 32", keep=True).action_send()
        self.assertEqual(self.customer.phone, "+33798765432")

    def test_the_link_leaves_by_mail(self):
        reminder, _invoice = self.call()
        link = self.link(reminder, channel="email", email="new@example.com")
        with self.mock_mails() as mails:
            link.action_send()
        [mail] = mails
        self.assertEqual(mail["email_to"], ["new@example.com"])
        self.assertIn(reminder.request_id.url, mail["body"])

    def test_without_a_mobile_number_a_mail_is_proposed(self):
        self.customer.phone = "01 42 68 53 00"
        reminder, _invoice = self.call()
        self.assertEqual(self.link(reminder).channel, "email")

    def test_no_link_leaves_from_a_copy_of_the_database(self):
        reminder, _invoice = self.call()
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("database.is_neutralized", "True")
        with self.sms_provider() as sent, self.assertRaises(UserError):
            self.link(reminder).action_send()
        self.assertFalse(sent)

    def test_whoever_calls_is_told_if_the_mail_does_not_leave(self):
        reminder, _invoice = self.call()
        link = self.link(reminder, channel="email")
        refused = MailDeliveryException("550 no such mailbox")
        with (
            self.mock_mail_gateway(),
            patch.object(
                self.registry["ir.mail_server"], "send_email", side_effect=refused
            ),
            mute_logger("odoo.addons.mail.models.mail_mail"),
        ):
            with self.assertRaisesRegex(UserError, "550 no such mailbox"):
                link.action_send()

    def test_whoever_calls_is_told_if_the_link_does_not_leave(self):
        reminder, _invoice = self.call()
        with self.sms_provider("insufficient_credit"):
            with self.assertRaisesRegex(UserError, "Insufficient Credit"):
                self.link(reminder).action_send()
        for values in (
            {"number": "06"},
            {"channel": "email", "email": "nobody"},
        ):
            with self.assertRaises(UserError):
                self.link(reminder, **values).action_send()


@tagged("post_install", "-at_install")
class TestReminderCallsTour(CallCase, HttpCase):
    def test_after_an_answer_comes_the_next_call(self):
        last = self.overdue(100.0)
        first = self.overdue(200.0, partner=self.customer.copy({"name": "Paul Martin"}))
        self.remind(first, last)
        self.env.flush_all()
        self.start_tour(
            "/odoo/reminder-calls", "reminder_calls", login=self.accountant.login
        )
        self.assertEqual(self.find(first).call_attempts, 1)
        self.assertEqual(self.find(last).outcome, "promised")
