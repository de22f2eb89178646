"""What goes wrong as reminders leave is told once, to whoever can mend it."""

from unittest.mock import patch

from lxml import etree, html

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from ...models.reminder.failure_words import say_failure
from ..common.reminder_channel_case import ChannelCase


@tagged("post_install", "-at_install")
class TestReminderTrouble(ChannelCase):
    """Levels without words, a missing PDF engine, archived customers."""

    def assert_task(self, reminder, summary, note):
        [task] = self.tasks_of(reminder)
        self.assertIn(summary, task.summary)
        self.assertIn(note, task.note)

    # === Nothing to say ===

    def test_nothing_leaves_without_subject(self):
        for channel in ("email", "portal", "letter"):
            with self.subTest(channel), self.channel("portal"), self.channel("letter"):
                self.use(channel, second=False)
                self.first.subject = False
                reminder = self.remind(self.overdue(partner=self.customer.copy()))
                self.assertEqual(reminder.state, "failed")
                self.assertIn("“First” has no subject", reminder.failure_reason)
                self.assert_task(reminder, "Correct the text", "no subject")
                reminder.activity_ids.unlink()

    def test_nothing_leaves_without_text(self):
        for channel in ("email", "portal", "letter"):
            with self.subTest(channel), self.channel("portal"), self.channel("letter"):
                self.use(channel, second=False)
                self.first.write({"body": "<p><br></p>", "closing": False})
                reminder = self.remind(self.overdue(partner=self.customer.copy()))
                self.assertEqual(reminder.state, "failed")
                self.assertIn("“First” has no text", reminder.failure_reason)
                self.assertFalse(self.mails_of(reminder))
                reminder.activity_ids.unlink()

    def test_a_channel_that_has_its_text_is_tried_next(self):
        self.use("email", second="sms")
        self.first.subject = False
        self.customer.phone = "06 12 34 56 78"
        reminder = self.remind(self.overdue())
        self.assertEqual((reminder.channel, reminder.state), ("sms", "queued"))
        self.assert_task(reminder, "Correct the text", "no subject")

    # === No PDF engine ===

    def test_without_the_pdf_engine_the_reminder_leaves_without_the_statement(self):
        self.env = self.env(
            context={**self.env.context, "force_report_rendering": True}
        )
        self.first.attach_statement = True
        invoices = self.overdue() | self.overdue(partner=self.company_customer)
        reports = self.registry["ir.actions.report"]
        with patch.object(reports, "get_wkhtmltopdf_state", lambda _r: "install"):
            reminders = self.remind(*invoices)
        self.assertEqual(set(reminders.mapped("state")), {"queued"})
        self.assertEqual(reminders.mapped("failure_reason"), [False, False])
        self.assertFalse(self.mails_of(reminders).attachment_ids)
        self.assert_task(reminders, "printing of statements", "Wkhtmltopdf")

    # === What servers say ===

    def test_what_a_server_says_is_put_in_words(self):
        for failure, said, words in (
            ("unknown", "550 5.1.1 <a@b.example> User unknown", "does not exist"),
            ("mail_bounce", "smtp; 552-5.2.2 over quota\nhttps://x", "mailbox is full"),
            ("mail_bounce", "452 try later", "mailbox is full"),
            ("unknown", "4.4.1 connection to 10.0.0.1 timed out", "be reached"),
            ("mail_bounce", "554 5.7.1 Service unavailable; blocked", "refuses"),
            ("mail_bounce", "It is a human writing in 2026", "came back"),
            ("unknown", "(-1, b'\\xff odd')", "no reason"),
            (None, None, "no reason"),
            ("mail_smtp", "[Errno 111] refused 550", "outgoing mail server"),
            ("sms_credit", "550", "redit"),
        ):
            with self.subTest(said, failure=failure):
                text = say_failure(self.env, failure, said)
                self.assertIn(words, text)
                self.assertNotRegex(text, r"\d{3}|5\.|http|\\x|Errno")

    def test_a_bounce_is_told_without_the_words_of_the_server(self):
        self.first.second_channel = False
        reminder = self.remind(self.overdue())
        self.deliver_mails(reminder)
        self.bounce(reminder, "marie.dupont@example.com")
        self.assertEqual(reminder.state, "failed")
        self.assertIn("marie.dupont@example.com", reminder.failure_reason)
        said = [reminder.failure_reason, *reminder.message_ids.mapped("body")]
        said += self.tasks_of(reminder).mapped("note")
        for text in said:
            self.assertNotIn("User unknown", text)

    # === Red is for what failed ===

    def test_what_left_by_the_next_channel_is_not_shown_as_failed(self):
        self.use("email", second="sms")
        self.customer.write({"email": False, "phone": "06 12 34 56 78"})
        reminder = self.remind(self.overdue())
        self.assertEqual((reminder.channel, reminder.state), ("sms", "queued"))
        self.assertIn("no e-mail address", reminder.failure_reason)
        arch = etree.fromstring(
            self.env["payment.reminder"].get_view(view_type="form")["arch"]
        )
        alerts = arch.xpath("//div[field[@name='failure_reason']]")
        self.assertEqual(len(alerts), 2)
        for state in ("queued", "sent", "to_send", "failed"):
            values = {"failure_reason": "No such mailbox", "state": state}
            shown = [a for a in alerts if not safe_eval(a.get("invisible"), values)]
            [alert] = shown
            with self.subTest(state):
                self.assertEqual("danger" in alert.get("class"), state == "failed")

    # === Copies ===

    def test_the_copy_says_what_it_is(self):
        self.first.copy_salesperson = True
        seller = self.make_user("seller", "base.group_user", self.company)
        seller.email = "seller@boutique.example"
        invoice = self.overdue(invoice_user_id=seller.id)
        reminder = self.remind(invoice)
        copies = self.env["mail.mail"].search([("email_to", "ilike", seller.email)])
        self.assertEqual(len(copies), 1)
        self.assertEqual(copies.subject, f"Copy: {reminder.subject}")
        text = html.fromstring(copies.body_html).text_content()
        self.assertIn("Copy for your information of what Marie Dupont", text)
        self.assertIn("marie.dupont@example.com", text)
        self.assertIn(invoice.name, text)
        mine = self.mails_of(reminder) - copies
        self.assertNotIn("Copy", mine.subject + mine.body_html)

    # === Archived ===

    def test_an_archived_customer_is_told_once(self):
        self.use("email", second="sms", third="letter")
        invoice = self.overdue()
        self.customer.active = False
        reminder = self.remind(invoice)
        self.assertEqual(reminder.state, "failed")
        self.assertEqual(reminder.failure_reason, "Marie Dupont is archived.")
        self.assertEqual(len(self.tasks_of(reminder)), 1)
