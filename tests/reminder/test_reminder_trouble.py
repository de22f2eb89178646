"""What goes wrong as reminders leave: it is told once, in words, to whoever can mend it."""

from unittest.mock import patch

from odoo.tests import tagged

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

    # === Archived ===

    def test_an_archived_customer_is_told_once(self):
        self.use("email", second="sms", third="letter")
        invoice = self.overdue()
        self.customer.active = False
        reminder = self.remind(invoice)
        self.assertEqual(reminder.state, "failed")
        self.assertEqual(reminder.failure_reason, "Marie Dupont is archived.")
        self.assertEqual(len(self.tasks_of(reminder)), 1)
