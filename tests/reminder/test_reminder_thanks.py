"""What customers are thanked for, and how they are greeted."""

from lxml import html

from odoo.tests import tagged

from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderThanks(ReminderCase):
    """One thank-you names all that was paid; only people are greeted by name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.payment_reminder_thanks = True

    def thank(self):
        """Return the text of the thanks that leave now."""
        self.follow()
        before = self.env["mail.mail"].sudo().search([])
        with self.without_commits():
            self.reminders._send_thanks(self.company)
        mail = self.env["mail.mail"].sudo().search([]) - before
        self.assertEqual(len(mail), 1)
        return " ".join(html.fromstring(mail.body_html).text_content().split())

    def test_thanks_name_what_several_reminders_asked_for(self):
        first = self.overdue(100.0)
        self.remind(first)
        self.register_payment(first, payment_date=self.today)
        self.next_days(4)
        second = self.overdue(50.0)
        self.remind(second)
        self.assertEqual(len(self.find(first, second)), 2)
        self.register_payment(second, payment_date=self.today)
        text = self.thank()
        self.assertIn("your payment of 150.00 € for", text)
        self.assertIn(f"{first.name}, {second.name}. Thank you.", text)

    def test_a_line_that_two_reminders_name_counts_once(self):
        invoice = self.overdue(100.0)
        self.remind(invoice)
        self.next_days(7)
        self.assertEqual(len(self.remind(invoice)), 2)
        self.register_payment(invoice, payment_date=self.today)
        self.assertIn("100.00", self.thank())

    def test_only_people_are_greeted_by_name(self):
        person, firm = self.overdue(), self.overdue(partner=self.company_customer)
        self.company_customer.name = "Generique SAS"
        self.remind(person, firm)
        self.register_payment(person, payment_date=self.today)
        self.assertIn("Hello Marie Dupont,", self.thank())
        self.register_payment(firm, payment_date=self.today)
        self.assertRegex(self.thank(), r"Hello\s?,")

    def test_no_mail_greets_a_firm_by_name(self):
        templates = self.env["mail.template"].search([("body_html", "ilike", "Hello")])
        names = templates.get_external_id()
        ours = templates.filtered(
            lambda t: names[t.id].startswith("account_payment_request.")
        )
        self.assertGreaterEqual(len(ours), 3)
        for template in ours:
            with self.subTest(template.name):
                self.assertIn("is_company", template.body_html)
