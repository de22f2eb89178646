"""Dates that customers read mean one day, wherever they are."""

from datetime import date

from lxml import html

from odoo.tests import tagged

from ...models.text import write_day
from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderDates(ReminderCase):
    def test_english_writes_the_month_in_letters(self):
        self.env["res.lang"]._activate_lang("en_GB")
        self.env["res.lang"]._activate_lang("fr_FR")
        for lang, text in (
            ("en_US", "Mar 7, 2026"),
            ("en_GB", "7 Mar 2026"),
            ("fr_FR", "07/03/2026"),
        ):
            env = self.env(context={**self.env.context, "lang": lang})
            self.assertEqual(write_day(env, date(2026, 3, 7)), text)
        self.assertEqual(write_day(self.env, False), "")

    def test_nothing_that_a_customer_reads_has_a_date_in_numbers(self):
        self.first.write(
            {
                "subject": "Due on {{ format_date(object.due_date) }}",
                "body": "<p>Since {{ format_date(object.due_date) }}</p>",
                "sms_body": "Since {{ format_date(object.due_date) }}",
            }
        )
        invoice = self.overdue(days=9)
        self.overdue(days=-20)
        reminder = self.plan()
        reminder._prepare()
        request = reminder.request_id
        reports = self.env["ir.actions.report"].sudo()
        prints = [
            reports._render_qweb_html(f"account_payment_request.{name}", record.ids)[0]
            for name, record in (
                ("action_report_payment_reminder", reminder),
                ("action_report_statement", self.customer),
                ("action_report_payment_request", request),
            )
        ]
        template = self.env.ref("account_payment_request.mail_template_payment_request")
        prints.append(template._render_field("body_html", request.ids)[request.id])
        due = write_day(self.env, invoice.invoice_date_due)
        texts = [reminder.subject, reminder.sms_body, reminder.body]
        texts += [reminder.invoice_table, *prints]
        for text in texts:
            shown = " ".join(html.fromstring(str(text)).text_content().split())
            with self.subTest(shown[:60]):
                self.assertIn(due, shown)
                self.assertNotRegex(shown, r"\d+/\d+/2026")
