"""What a reminder asks for, of whom, and what it says."""

from datetime import timedelta

from lxml import html

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.reminder_case import ReminderCase

RENDER_LOGGER = "odoo.addons.mail.models.mail_render_mixin"


@tagged("post_install", "-at_install")
class TestReminderPrepare(ReminderCase):
    """What a reminder asks for, of whom, and what it says."""

    # === Amounts and request ===

    def test_the_request_asks_for_the_lines_named_and_no_others(self):
        named, later = self.overdue(120.0), self.overdue(80.0, days=-20)
        reminder = self.remind(named)
        self.assertEqual(reminder.request_id.line_ids.move_id, named)
        self.assertEqual(reminder.request_id.amount_to_pay, 120.0)
        self.assertNotIn(later, reminder.line_ids.move_id)

    def not_due_of(self, reminder):
        """Return the text of what the mail tells for information."""
        body = html.fromstring(reminder._get_message())
        return " ".join(
            part.text_content() for part in body.xpath("//table[@name='not_due']")
        )

    def test_what_is_not_due_yet_is_told_and_not_asked_for(self):
        named, later = self.overdue(120.0), self.overdue(80.0, days=-20)
        held, flying = self.overdue(70.0, days=-20), self.overdue(60.0, days=-20)
        self.due_lines(held).reminder_hold_until = self.today + timedelta(days=30)
        self.pay(self.request_of(flying), "pdng-acsc")
        self.settle_all()
        reminder = self.remind(named)
        text = self.not_due_of(reminder)
        self.assertIn(later.name, text)
        self.assertIn("80.00", text)
        self.assertNotIn(held.name, text)
        self.assertNotIn(flying.name, text)
        self.assertEqual(reminder.request_id.line_ids.move_id, named)
        self.assertEqual(reminder.request_id.amount_to_pay, 120.0)
        self.assertNotIn(later.name, reminder.sms_body)

    def test_of_much_that_is_not_due_yet_the_sum_is_told(self):
        named = self.overdue()
        for _number in range(12):
            self.overdue(10.0, days=-20)
        text = self.not_due_of(self.remind(named))
        self.assertIn("and 2 more", text)
        self.assertIn("120.00", text)

    def test_one_alone_is_shown_instead_of_counted(self):
        named = [self.overdue() for _number in range(4)]
        later = [self.overdue(10.0, days=-20) for _number in range(11)]
        reminder = self.remind(*named)
        text = self.not_due_of(reminder)
        self.assertTrue(all(move.name in text for move in later))
        self.assertTrue(all(move.name in reminder.invoice_names for move in named))
        self.assertNotIn("more", text + reminder.invoice_names)

    def test_a_formal_notice_speaks_of_what_is_due_alone(self):
        self.second.formal_notice = True
        named, later = self.overdue(), self.overdue(days=-20)
        first = self.remind(named)
        first.state = "sent"
        self.next_days(7)
        notice = self.remind(named) - first
        self.assertEqual(notice.level_id, self.second)
        self.assertNotIn(later.name, notice._get_message())

    def test_of_installments_only_the_overdue_one_is_asked_for(self):
        invoice = self.create_invoice(
            1000.0,
            invoice_date=self.today - timedelta(days=11),
            invoice_payment_term_id=self.installments().id,
        )
        reminder = self.remind(invoice)
        self.assertEqual(reminder.amount_asked, 300.0)
        self.assertEqual(len(reminder.request_id.line_ids), 1)
        self.assertEqual(reminder.request_id.amount_to_pay, 300.0)

    def test_credits_are_taken_off_the_oldest_line(self):
        old, new = self.overdue(100.0, days=9), self.overdue(200.0, days=2)
        self.credit(130.0)
        reminder = self.remind(old, new)
        self.assertEqual(reminder.amount_total, 300.0)
        self.assertEqual(reminder.amount_credit, 130.0)
        self.assertEqual(reminder.amount_asked, 170.0)
        self.assertEqual(reminder.request_id.line_ids.move_id, new)
        self.assertEqual(reminder.request_id.amount_to_pay, 170.0)
        text = html.fromstring(reminder._get_message()).text_content()
        self.assertIn("130.00", text)
        self.assertIn("170.00", text)

    def test_an_open_payment_counts_like_a_credit_note(self):
        invoice = self.overdue(100.0)
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_id": self.customer.id,
                "amount": 40.0,
                "journal_id": self.bank_journal.id,
            }
        ).action_post()
        reminder = self.remind(invoice)
        self.assertEqual(reminder.amount_asked, 60.0)
        self.assertEqual(reminder.request_id.amount_to_pay, 60.0)

    def test_a_credit_allocated_later_is_not_taken_off_twice(self):
        invoice, note = self.overdue(100.0), self.credit(30.0)
        request = self.remind(invoice).request_id
        self.assertEqual(request.amount_to_pay, 70.0)
        self.due_lines(invoice | note).reconcile()
        request._update_page()
        self.assertEqual(request.amount_to_pay, 70.0)

    def test_what_was_asked_and_paid_is_paid_before_the_credit_is_allocated(self):
        invoice, _note = self.overdue(100.0), self.credit(30.0)
        request = self.remind(invoice).request_id
        self.register_payment(invoice, amount=70.0)
        request._update_page()
        self.assertEqual((request.state, request.amount_to_pay), ("paid", 0.0))

    def test_a_credit_of_after_the_message_counts_until_it_is_used_elsewhere(self):
        invoice = self.overdue(100.0)
        request = self.remind(invoice).request_id
        note = self.credit(100.0)
        request._update_page()
        self.assertEqual(request.amount_to_pay, 0.0)
        other = self.overdue(100.0)
        self.due_lines(other | note).reconcile()
        request._update_page()
        self.assertEqual(request.amount_to_pay, 100.0)

    def test_a_request_that_was_paid_stays_paid_when_it_is_opened(self):
        invoice = self.overdue(100.0)
        request = self.remind(invoice).request_id
        self.register_payment(invoice)
        self.assertEqual(request.state, "paid")
        request._update_page()
        self.assertEqual(request.state, "paid")

    # === Whom ===

    def contact(self, type_, **values):
        return self.env["res.partner"].create(
            {
                "parent_id": self.company_customer.id,
                "type": type_,
                "name": f"Contact {type_}",
                "email": f"{type_}@generique.example",
                **values,
            }
        )

    def recipient(self, partner=None):
        invoice = self.overdue(partner=partner or self.company_customer)
        return self.remind(invoice).contact_id

    def test_the_reminder_contact_comes_first(self):
        followup = self.contact("followup")
        self.contact("invoice")
        self.assertEqual(self.recipient(), followup)

    def test_without_one_the_invoice_contact_is_written_to(self):
        contact = self.contact("invoice")
        self.assertEqual(self.recipient(), contact)

    def test_the_contact_on_the_invoice_is_written_to(self):
        buyer = self.contact("contact", name="Buyer")
        self.assertEqual(self.recipient(buyer), buyer)

    def test_the_company_itself_if_the_level_says_so(self):
        self.contact("followup")
        self.contact("invoice")
        self.first.recipient = "company"
        self.assertEqual(self.recipient(), self.company_customer)

    def test_an_archived_contact_or_one_without_address_is_passed_over(self):
        self.contact("followup", active=False)
        self.contact("followup", email=False)
        self.assertEqual(self.recipient(), self.company_customer)

    def test_a_contact_whom_no_channel_of_the_level_reaches_is_passed_over(self):
        desk = self.contact("invoice", email=False, phone="06 98 76 54 32")
        self.assertEqual(self.recipient(), desk)
        self.first.second_channel = False
        self.next_days(7)
        self.second.channel = "email"
        invoice = self.overdue(partner=self.company_customer)
        self.assertEqual(self.remind(invoice).contact_id, self.company_customer)

    def test_a_contact_of_another_company_is_passed_over(self):
        other = self.env["res.company"].create({"name": "Other"})
        partner = self.contact("followup")
        partner.company_id = other
        self.assertEqual(self.recipient(), self.company_customer)

    def test_one_message_for_invoices_to_several_contacts(self):
        one, two = self.contact("contact"), self.contact("other")
        invoices = self.overdue(partner=one) | self.overdue(partner=two)
        reminder = self.remind(*invoices)
        self.assertEqual(len(reminder), 1)
        self.assertEqual(reminder.line_ids.move_id, invoices)
        self.assertEqual(reminder.contact_id, self.company_customer)

    def test_the_recipient_reads_their_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.first.with_context(
            lang="fr_FR"
        ).subject = "Rappel {{ object.company_id.name }}"
        self.customer.lang = "fr_FR"
        reminder = self.remind(self.overdue(1234.5))
        self.assertEqual(reminder.lang, "fr_FR")
        self.assertEqual(reminder.subject, f"Rappel {self.company.name}")
        text = html.fromstring(reminder._get_message()).text_content()
        self.assertIn("234,50", text)

    def test_a_language_changed_after_the_dry_run_is_used(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.first.with_context(lang="fr_FR").subject = "Rappel"
        self.overdue()
        reminder = self.plan()
        reminder._prepare()
        self.customer.lang = "fr_FR"
        self.send(reminder)
        self.assertEqual((reminder.lang, reminder.subject), ("fr_FR", "Rappel"))

    def test_the_recipient_of_an_edited_text_reads_the_rest_in_their_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.overdue(1234.5)
        reminder = self.plan()
        reminder._prepare()
        reminder.body = str(reminder.body).replace("First, ", "Dear ")
        reminder.contact_id = self.env["res.partner"].create(
            {
                "name": "Jean Martin",
                "parent_id": self.customer.id,
                "email": "jean@example.com",
                "lang": "fr_FR",
            }
        )
        self.send(reminder)
        self.assertEqual(reminder.lang, "fr_FR")
        text = html.fromstring(reminder._get_message()).text_content()
        self.assertIn("Dear Marie", text)
        self.assertIn("234,50", text)

    def test_a_language_that_is_not_installed_is_not_used(self):
        self.customer.lang = False
        reminder = self.remind(self.overdue())
        self.assertIn(reminder.lang, dict(self.env["res.lang"].get_installed()))

    def test_an_archived_customer_is_left_to_a_person(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.customer.active = False
        with self.channel("sms", "No number."):
            self.send(reminder)
        self.assertEqual(self.find(invoice).state, "failed")
        self.assertFalse(self.mails_of(reminder))
        self.assertTrue(self.tasks_of(reminder))

    def merge_into_customer(self, duplicate):
        self.env["base.partner.merge.automatic.wizard"]._merge(
            (duplicate | self.customer).ids, self.customer
        )
        self.env.invalidate_all()

    def test_a_customer_merged_before_it_leaves_is_reminded_under_the_new_name(self):
        duplicate = self.env["res.partner"].create(
            {"name": "Marie D.", "email": "old@example.com"}
        )
        invoice = self.overdue(partner=duplicate)
        prepared = self.plan()
        prepared._prepare()
        self.assertIn("Marie D.", prepared.body)
        self.merge_into_customer(duplicate)
        self.assertEqual(prepared.state, "dropped")
        reminder = self.remind(invoice)
        self.assertEqual(reminder.partner_id, self.customer)
        mail = self.mails_of(reminder)
        self.assertEqual(mail.email_to, self.customer.email_formatted)
        self.assertNotIn("Marie D.", mail.body_html)

    def test_two_customers_merged_before_it_leaves_get_one_message(self):
        duplicate = self.env["res.partner"].create(
            {"name": "Marie D.", "email": "old@example.com"}
        )
        invoices = self.overdue(partner=duplicate) | self.overdue()
        self.plan()
        self.merge_into_customer(duplicate)
        self.send(self.find(*invoices))
        self.send(self.plan())
        self.assertEqual(len(self.mails_of(self.find(*invoices))), 1)

    # === Texts ===

    @mute_logger(RENDER_LOGGER)
    def test_a_text_that_fails_stops_its_customer_only_and_is_told(self):
        self.first.body = (
            '<p t-out="1 / (1 if object.partner_id.email else 0)">Hello</p>'
        )
        broken = self.env["res.partner"].create({"name": "No Mail"})
        lost, fine = self.overdue(partner=broken), self.overdue()
        reminders = self.plan()
        self.assertEqual(len(reminders), 2)
        self.send(reminders)
        failed, sent = self.find(lost), self.find(fine)
        self.assertEqual(sent.state, "queued")
        self.assertEqual(len(self.mails_of(sent)), 1)
        self.assertEqual(failed.state, "failed")
        self.assertIn("division by zero", failed.failure_reason)
        self.assertEqual(self.tasks_of(failed).user_id, self.accountant)
        self.assertFalse(self.mails_of(failed))

    @mute_logger(RENDER_LOGGER)
    def test_a_level_of_which_the_text_fails_is_one_task(self):
        self.first.subject = "{{ 1 / (0 if object.partner_id.name[0] == 'P' else 1) }}"
        partners = self.env["res.partner"].create(
            [{"name": f"P{i}", "email": f"p{i}@example.com"} for i in range(3)]
        )
        for partner in partners:
            self.overdue(partner=partner)
        reminders = self.plan()
        self.send(reminders)
        self.assertEqual(set(reminders.mapped("state")), {"failed"})
        self.assertEqual(len(self.tasks_of(reminders)), 1)
        self.first.subject = "Corrected"
        reminders.action_send()
        self.assertEqual(set(reminders.mapped("state")), {"queued"})

    def test_a_text_written_by_a_person_is_sent_as_it_is(self):
        paid, owed = self.overdue(100.0), self.overdue(50.0)
        reminder = self.plan()
        reminder._prepare()
        table = html.fromstring(reminder._get_message()).xpath(
            "//div[@name='payment_reminder']"
        )
        self.assertEqual(len(table), 1)
        reminder.body = str(reminder.body).replace("First, ", "Dear ")
        reminder.subject = "By hand"
        self.assertTrue(reminder.edited)
        self.register_payment(paid)
        self.send(reminder)
        mail = self.mails_of(reminder)
        self.assertEqual(mail.subject, "By hand")
        self.assertIn("Dear Marie Dupont", mail.body_html)
        # The amounts are those of now all the same.
        self.assertNotIn(paid.name, mail.body_html)
        self.assertIn(owed.name, mail.body_html)

    def test_a_text_of_another_day_tells_the_days_late_of_today(self):
        self.first.body = '<p t-out="object.days_late"/>'
        self.overdue(days=1)
        reminder = self.plan()
        reminder._prepare()
        self.assertIn("<p>1</p>", reminder.body)
        self.next_days(3)
        self.send(reminder)
        self.assertIn("<p>4</p>", reminder.body)

    def test_another_recipient_is_greeted_by_name(self):
        self.overdue()
        reminder = self.plan()
        reminder._prepare()
        child = self.env["res.partner"].create(
            {
                "name": "Jean Martin",
                "parent_id": self.customer.id,
                "email": "jean@example.com",
            }
        )
        reminder.with_user(self.accountant).contact_id = child
        self.assertFalse(reminder.edited)
        self.send(reminder)
        self.assertIn("Jean Martin", reminder.body)
        self.assertEqual(self.mails_of(reminder).email_to, child.email_formatted)

    def test_another_recipient_is_greeted_by_name_in_a_reminder_that_is_edited(self):
        self.first.closing = '<p>Bye <t t-out="object.contact_id.name"/></p>'
        self.overdue()
        reminder = self.plan()
        reminder._prepare()
        child = self.env["res.partner"].create(
            {
                "name": "Jean Martin",
                "parent_id": self.customer.id,
                "email": "jean@example.com",
            }
        )
        mine = reminder.with_user(self.accountant)
        mine.contact_id = child
        self.assertFalse(mine.body or mine.closing or mine.sms_body)
        mine.sms_body = "Hello"
        self.assertTrue(reminder.edited)
        self.send(reminder)
        self.assertIn("Jean Martin", reminder.body)
        self.assertIn("Jean Martin", reminder.closing)
        self.assertNotIn("Marie Dupont", reminder.body + reminder.closing)
        self.assertEqual(reminder.sms_body, "Hello")

    def test_somebody_of_another_company_may_receive_it(self):
        self.overdue()
        reminder = self.plan()
        reminder._prepare()
        firm = self.env["res.partner"].create(
            {"name": "Accounting Firm", "email": "firm@example.com"}
        )
        reminder.contact_id = firm
        self.send(reminder)
        self.assertEqual(self.mails_of(reminder).email_to, firm.email_formatted)
        self.assertEqual(reminder.request_id.partner_id, self.customer)

    def test_what_was_sent_cannot_be_written_again(self):
        reminder = self.remind(self.overdue())
        for name, value in (("body", "<p>Other</p>"), ("contact_id", False)):
            with self.assertRaises(UserError):
                reminder.write({name: value})
