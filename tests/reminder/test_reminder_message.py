from lxml import html

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderMessage(ReminderCase):
    """A message is a body, the table of invoices and a closing, stored apart."""

    def prepare(self, *amounts):
        """Return the invoices, and the prepared reminder that names them."""
        invoices = [self.overdue(amount) for amount in amounts]
        self.first.closing = "<p>Yours, {{ object.company_id.name }}</p>"
        reminder = self.plan()
        reminder._prepare()
        return *invoices, reminder

    def sent_text(self, reminder):
        text = html.fromstring(self.mails_of(reminder).body_html).text_content()
        return " ".join(text.split())

    def assert_order(self, text, *parts):
        self.assertEqual([text.count(part) for part in parts], [1] * len(parts))
        places = [text.index(part) for part in parts]
        self.assertEqual(places, sorted(places))

    def test_the_three_parts_are_stored_apart_and_sent_in_order(self):
        invoice, reminder = self.prepare(120.0)
        self.assertEqual(reminder.body, "<p>First, Marie Dupont</p>")
        self.assertEqual(reminder.closing, f"<p>Yours, {self.company.name}</p>")
        table = html.fromstring(str(reminder.invoice_table))
        self.assertEqual(table.get("name"), "payment_reminder")
        self.assertIn(invoice.name, table.text_content())
        self.send(reminder)
        self.assert_order(
            self.sent_text(reminder),
            "First, Marie Dupont",
            "Total to pay",
            f"Yours, {self.company.name}",
        )

    def test_body_and_closing_of_a_person_survive_a_new_table(self):
        paid, owed, reminder = self.prepare(100.0, 50.0)
        mine = reminder.with_user(self.accountant)
        mine.write({"body": "<p>Dear Marie</p>", "closing": "<p>Jeanne</p>"})
        self.assertTrue(reminder.edited)
        self.register_payment(paid)
        self.send(reminder)
        self.assertEqual(reminder.body, "<p>Dear Marie</p>")
        self.assertEqual(reminder.closing, "<p>Jeanne</p>")
        self.assertNotIn(paid.name, reminder.invoice_table)
        text = self.sent_text(reminder)
        self.assertNotIn(paid.name, text)
        self.assert_order(text, "Dear Marie", owed.name, "Jeanne")

    def test_a_text_that_a_person_emptied_stays_empty(self):
        paid, _owed, reminder = self.prepare(100.0, 50.0)
        reminder.with_user(self.accountant).write({"body": False, "closing": False})
        self.register_payment(paid)
        self.send(reminder)
        self.assertFalse(reminder.body)
        self.assertFalse(reminder.closing)
        self.assertNotIn("Marie Dupont", reminder.invoice_table)
        self.assertNotIn("First,", self.sent_text(reminder))

    def test_the_table_that_was_sent_stays_as_it_was(self):
        paid, _owed, reminder = self.prepare(100.0, 50.0)
        self.send(reminder)
        sent = reminder.invoice_table
        self.assertIn(paid.name, sent)
        self.register_payment(paid)
        reminder._prepare()
        reminder.action_prepare()
        self.follow()
        self.assertEqual(reminder.invoice_table, sent)
        with self.assertRaises(UserError):
            reminder.invoice_table = "<p>Other</p>"

    def test_nobody_writes_the_table(self):
        _invoice, reminder = self.prepare(100.0)
        with self.assertRaises(AccessError):
            reminder.with_user(self.accountant).invoice_table = "<p>Other</p>"

    def test_a_level_without_body_begins_with_the_table(self):
        self.first.body = False
        invoice, reminder = self.prepare(100.0)
        self.send(reminder)
        self.assert_order(
            self.sent_text(reminder), invoice.name, f"Yours, {self.company.name}"
        )

    def test_a_level_without_closing_ends_with_the_table(self):
        invoice = self.overdue(100.0)
        reminder = self.remind(invoice)
        self.assertFalse(reminder.closing)
        self.assert_order(self.sent_text(reminder), "First, Marie Dupont", invoice.name)

    def test_the_table_comes_once_even_if_the_level_has_one_of_its_name(self):
        self.first.body = '<p>Hello</p><div name="payment_reminder">Mine</div>'
        invoice, reminder = self.prepare(100.0)
        self.send(reminder)
        text = self.sent_text(reminder)
        self.assert_order(text, "Hello", "Mine", invoice.name, "Yours,")
        self.assertIn("Mine", reminder._get_sent_text())
