"""Test mode: all is rendered and goes to one address, and customers know nothing."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from ..common.reminder_case import ReminderCase

TESTER = "tester@boutique.example"


@tagged("post_install", "-at_install")
class TestReminderTestMode(ReminderCase):
    def setUp(self):
        super().setUp()
        self.customer.write({"email": "customer@example.com", "phone": "0612345678"})
        self.company.payment_reminder_thanks = True
        self.move = self.overdue()
        self.begin("test", daily_max=5, test_email=TESTER)

    def begin(self, start, **answer):
        self.company._begin_reminders(start, **answer)

    def run_all(self):
        """Run the job; return the reminders of the invoice."""
        with self.without_commits():
            self.reminders._run_company(self.company)
        self.env.invalidate_all()
        return self.find(self.move)

    def mails(self, address=TESTER):
        return self.env["mail.mail"].sudo().search([("email_to", "ilike", address)])

    def use(self, channel, **contact):
        """Let the first level use one channel only."""
        self.first.write({"channel": channel, "second_channel": False})
        self.customer.write(contact)

    def test_a_mail_goes_to_the_tester_alone(self):
        [test] = self.run_all()
        self.assertEqual((test.state, test.is_test), ("tested", True))
        [mail] = self.mails()
        self.assertEqual(mail.email_to, TESTER)
        self.assertFalse(mail.recipient_ids)
        self.assertTrue(mail.subject.startswith("[Test] First: "))
        body = mail.body_html
        self.assertIn("who did not receive it", body)
        self.assertIn("customer@example.com", body)
        self.assertIn(f"First, {self.customer.name}", body)
        self.assertIn(test.request_id.url, body)
        # The note stands above what the customer would read.
        self.assertLess(body.index("did not receive"), body.index("First, "))
        self.assertFalse(self.mails("customer@example.com"))
        self.assertFalse(self.mails_of(test))

    def test_in_its_hours_or_not(self):
        self.set_now(self.now + timedelta(hours=12))
        self.assertEqual(self.run_all().state, "tested")

    def test_the_customer_and_the_invoice_know_nothing(self):
        test = self.run_all()
        domain = self.reminders._get_portal_domain(self.invite())
        self.assertFalse(self.reminders.search(domain))
        self.assertFalse(self.move.reminder_level_id)
        self.assertFalse(test.message_ids.filtered("partner_ids"))

    def test_an_sms_is_shown_as_a_mail(self):
        self.use("sms")
        messages = self.env["sms.sms"].search_count([])
        test = self.run_all()
        self.assertEqual((test.state, test.channel), ("tested", "sms"))
        self.assertEqual(self.env["sms.sms"].search_count([]), messages)
        body = self.mails().body_html
        self.assertIn("+33612345678", body)
        self.assertIn(test.sms_body, body)

    def test_a_letter_is_shown_as_a_mail(self):
        self.use("letter", street="1 rue Haute", zip="75001", city="Paris")
        test = self.run_all()
        self.assertEqual((test.state, test.channel), ("tested", "letter"))
        self.assertIn("1 rue Haute", self.mails().body_html)

    def test_a_call_is_nobodys_task(self):
        self.use("phone")
        self.first.phone_script = "<p>Say hello</p>"
        test = self.run_all()
        self.assertEqual((test.state, test.channel), ("tested", "phone"))
        self.assertFalse(self.tasks_of(test))
        self.assertIn("Say hello", self.mails().body_html)

    def invite(self):
        return new_test_user(
            self.env,
            login="portal_customer",
            groups="base.group_portal",
            partner_id=self.customer.id,
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )

    def test_the_portal_shows_nothing(self):
        self.use("portal")
        self.invite()
        test = self.run_all()
        self.assertEqual((test.state, test.channel), ("tested", "portal"))
        self.assertFalse(test.message_ids.filtered("subject") | test.mail_message_id)
        self.assertIn("In the customer account", self.mails().body_html)

    def test_whom_it_would_not_reach(self):
        self.customer.email = False
        test = self.run_all()
        self.assertEqual((test.state, test.channel), ("tested", "sms"))
        self.assertIn("has no e-mail address", self.mails().body_html)
        self.use("email")
        other = self.overdue()
        self.next_days(8)
        self.run_all()
        bodies = "".join(self.mails().mapped("body_html"))
        self.assertIn("It would reach nobody", bodies)
        self.assertFalse(self.find(other).filtered(lambda r: r.state == "failed"))

    @mute_logger(
        "odoo.addons.account_payment_request.models.reminder.payment_reminder_prepare"
    )
    def test_a_text_that_cannot_be_made_is_told(self):
        self.first.body = (
            "<p>{{ object.no_such_field if object.partner_id.name == 'Marie Dupont'"
            " else '' }}</p>"
        )
        test = self.run_all()
        self.assertEqual(test.state, "tested")
        self.assertFalse(self.tasks_of(test))
        [mail] = self.mails()
        self.assertIn("no_such_field", mail.body_html)

    def test_what_a_person_would_confirm(self):
        self.first.automatic = False
        test = self.run_all()
        self.assertEqual(test.state, "tested")
        self.assertFalse(self.tasks_of(test))
        self.assertIn("wait for a person to confirm", self.mails().body_html)

    def test_it_goes_on_level_by_level_and_so_many_a_day(self):
        for _number in range(6):
            partner = self.env["res.partner"].create({"name": "Other"})
            self.overdue(partner=partner)
        self.run_all()
        self.assertEqual(len(self.mails()), 5)
        self.run_all()
        self.assertEqual(len(self.mails()), 5)
        self.next_days(7)
        self.run_all()
        self.assertEqual(self.find(self.move).level_id, self.first | self.second)

    def test_leaving_it_used_up_no_level(self):
        test = self.run_all()
        link = test.request_id
        self.begin("planned")
        self.assertFalse(test.exists() or link.exists())
        real = self.run_all()
        self.assertEqual((real.level_id, real.state), (self.first, "queued"))
        self.assertIn("customer@example.com", self.mails_of(real).email_to)
        self.assertNotIn("Test", self.mails_of(real).subject)

    def test_switching_off_ends_it(self):
        test = self.run_all()
        self.company.payment_reminder_enabled = False
        self.assertFalse(test.exists())
        self.company.payment_reminder_enabled = True
        self.assertFalse(self.run_all())

    def test_what_is_real_waits_until_it_is_left(self):
        self.begin("planned")
        real = self.plan()
        real.sudo(False).with_user(self.accountant).subject = "My own words"
        self.begin("test", daily_max=5, test_email=TESTER)
        self.assertEqual(real.state, "to_confirm")
        with self.assertRaisesRegex(UserError, "test mode"):
            real.with_user(self.accountant).action_send()
        real.state = "to_send"
        self.assertEqual(self.run_all(), real)
        self.assertFalse(self.send(real))
        self.assertEqual(real.state, "to_send")
        self.assertFalse(self.mails() | self.mails_of(real))

    def test_by_hand_it_goes_to_the_tester_too(self):
        self.begin("test", daily_max=5, test_email=TESTER)
        action = self.move.with_user(self.accountant).action_remind()
        test = self.reminders.browse(action["res_id"])
        test.with_user(self.accountant).action_send()
        self.assertEqual(test.state, "tested")
        self.assertEqual(len(self.mails()), 1)

    def test_nobody_is_thanked(self):
        self.begin("planned")
        real = self.run_all()
        real.write({"state": "sent"})
        self.register_payment(self.move)
        self.begin("test", daily_max=5, test_email=TESTER)
        self.run_all()
        self.assertEqual(real.amount_paid_after, 120.0)
        self.assertFalse(real.thanks_sent)
        self.begin("planned")
        self.run_all()
        self.assertTrue(real.thanks_sent)

    def test_a_notice_is_shown_once_the_tester_got_what_comes_before(self):
        self.second.formal_notice = True
        self.run_all()
        self.next_days(7)
        tests = self.run_all()
        self.assertEqual(tests.level_id, self.first | self.second)
        self.assertTrue(tests[0].earlier_dates)

    def test_screens_say_so(self):
        banner = self.reminders.with_user(self.accountant).sudo(False).get_banner
        [note] = banner()
        self.assertIn(TESTER, note["text"])
        self.assertFalse(note["may_answer"])
        self.begin("planned")
        self.assertFalse(banner())
        self.company.payment_reminder_enabled = False
        self.assertFalse(banner())
        self.company.payment_reminder_enabled = True
        [note] = banner()
        self.assertIn("sends no reminder", note["text"])
        self.accountant.group_ids = [
            Command.link(self.env.ref("account.group_account_manager").id)
        ]
        self.assertTrue(banner()[0]["may_answer"])
