"""Sending: what leaves, to whom, once, and what becomes of it."""

import base64
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import patch

from lxml import html
from psycopg2.errors import DeadlockDetected

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.reminder_case import MONDAY, ReminderCase

RENDER_LOGGER = "odoo.addons.mail.models.mail_render_mixin"
BATCH_LOGGER = "odoo.addons.account_payment_request.models.batch"


class SendCase(ReminderCase):
    @contextmanager
    def channel(self, name, why_not=None):
        """Let a channel take all it gets, or refuse it with a sentence."""
        taken = []

        def send(reminders):
            if why_not:
                return dict.fromkeys(reminders.ids, why_not)
            taken.extend(reminders.ids)
            return {}

        registry_class = self.registry["payment.reminder"]
        with patch.object(registry_class, f"_send_by_{name}", send, create=True):
            yield taken

    def tasks_of(self, reminders):
        return reminders.sudo().activity_ids


@tagged("post_install", "-at_install")
class TestReminderSend(SendCase):
    # === One mail ===

    def test_a_mail_leaves_with_what_is_stored(self):
        invoice = self.overdue(120.0)
        reminder = self.remind(invoice)
        self.assertEqual((reminder.state, reminder.channel), ("queued", "email"))
        self.assertEqual(reminder.sent_at, self.now)
        self.assertEqual(reminder.contact_id, self.customer)
        self.assertEqual(reminder.subject, f"First: {invoice.name}")
        mail = self.mails_of(reminder)
        self.assertEqual(len(mail), 1)
        self.assertIn(str(reminder.body), mail.body_html)
        self.assertEqual(mail.mail_message_id, reminder.mail_message_id)
        message = html.fromstring(str(reminder.mail_message_id.body))
        stored = html.fromstring(str(reminder.body))
        self.assertEqual(message.text_content(), stored.text_content())

    def test_the_mail_names_what_is_owed_and_has_one_button(self):
        invoice = self.overdue(120.0)
        reminder = self.remind(invoice)
        body = html.fromstring(self.mails_of(reminder).body_html)
        text = body.text_content()
        self.assertIn(invoice.name, text)
        self.assertIn("120.00", text)
        buttons = body.xpath("//div[@name='payment_request']//td//a")
        self.assertEqual([b.get("href") for b in buttons], [reminder.request_id.url])

    def test_the_footer_says_who_writes(self):
        self.company.write(
            {"street": "1 rue de la Paix", "zip": "75002", "city": "Paris"}
        )
        reminder = self.remind(self.overdue())
        text = html.fromstring(self.mails_of(reminder).body_html).text_content()
        for part in (self.company.name, "1 rue de la Paix", "75002 Paris"):
            self.assertIn(part, text)

    def test_sending_a_mail_writes_nothing_that_others_write(self):
        reminder = self.remind(self.overdue())
        with patch.object(
            self.registry["payment.reminder"],
            "write",
            side_effect=AssertionError("the mail would leave twice after a conflict"),
        ):
            self.deliver_mails(reminder)
        self.follow()
        self.assertEqual(reminder.state, "sent")

    def test_a_mail_that_left_is_sent_and_its_message_stays(self):
        reminder = self.remind(self.overdue())
        sent = self.deliver_mails(reminder)
        self.assertEqual(len(sent), 1)
        self.assertEqual(sent[0]["email_to"], [self.customer.email_formatted])
        self.follow()
        self.assertEqual(reminder.state, "sent")
        self.assertTrue(reminder.mail_message_id.body)
        self.assertFalse(self.mails_of(reminder))

    def test_the_archived_invoice_is_attached_and_never_rendered_again(self):
        with_pdf, without = self.overdue(100.0), self.overdue(50.0)
        with_pdf.invoice_pdf_report_file = base64.b64encode(b"%PDF-1.4 archived")
        with patch.object(
            self.registry["ir.actions.report"],
            "_render_qweb_pdf",
            side_effect=AssertionError("rendered again"),
        ):
            reminder = self.remind(with_pdf, without)
        with_pdf.invalidate_recordset()
        attachments = self.mails_of(reminder).attachment_ids
        self.assertEqual(attachments, with_pdf.invoice_pdf_report_id)

    def test_the_level_decides_about_attachments(self):
        self.first.attach_invoices = False
        invoice = self.overdue()
        invoice.invoice_pdf_report_file = base64.b64encode(b"%PDF-1.4 archived")
        reminder = self.remind(invoice)
        self.assertFalse(self.mails_of(reminder).attachment_ids)

    def test_the_salesperson_gets_a_copy_if_the_level_wants_it(self):
        self.first.copy_salesperson = True
        invoice = self.overdue(invoice_user_id=self.accountant.id)
        reminder = self.remind(invoice)
        mail = self.mails_of(reminder)
        self.assertEqual(len(mail), 1)
        self.assertFalse(mail.email_cc)
        copy = self.env["mail.mail"].search(
            [("email_to", "like", self.accountant.email), ("state", "=", "outgoing")]
        )
        self.assertEqual(len(copy), 1)
        self.assertEqual(copy.subject, mail.subject)
        self.assertEqual(copy.body_html, mail.body_html)

    def test_the_copy_that_arrives_does_not_hide_that_the_customer_s_does_not(self):
        self.first.copy_salesperson = True
        invoice = self.overdue(invoice_user_id=self.accountant.id)
        reminder = self.remind(invoice)
        mails = self.env["mail.mail"].sudo()
        copy = mails.search(
            [("email_to", "like", self.accountant.email), ("state", "=", "outgoing")]
        )
        with self.mock_mail_gateway():
            copy.send()
        self.assertEqual(copy.state, "sent")
        self.assertEqual(
            reminder.mail_message_id.notification_ids.notification_status, "ready"
        )

    # === Amounts and request ===

    def test_the_request_asks_for_the_lines_named_and_no_others(self):
        named, later = self.overdue(120.0), self.overdue(80.0, days=-20)
        reminder = self.remind(named)
        self.assertEqual(reminder.request_id.line_ids.move_id, named)
        self.assertEqual(reminder.request_id.amount_to_pay, 120.0)
        self.assertNotIn(later, reminder.line_ids.move_id)

    def not_due_of(self, reminder):
        """Return the text of what the mail tells for information."""
        body = html.fromstring(str(reminder.body))
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

    def test_a_formal_notice_speaks_of_what_is_due_alone(self):
        self.first.formal_notice = True
        named, later = self.overdue(), self.overdue(days=-20)
        reminder = self.remind(named)
        self.assertNotIn(later.name, reminder.body)

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
        text = html.fromstring(str(reminder.body)).text_content()
        self.assertIn("130.00", text)
        self.assertIn("170.00", text)

    def credit(self, amount, partner=None):
        """Post a credit note that nobody allocated yet."""
        note = self.create_invoice(
            amount, partner, post=False, move_type="out_refund", invoice_date=self.today
        )
        note.action_post()
        return note

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
        request._mark_opened()
        self.assertEqual(request.amount_to_pay, 70.0)

    def test_what_was_asked_and_paid_is_paid_before_the_credit_is_allocated(self):
        invoice, _note = self.overdue(100.0), self.credit(30.0)
        request = self.remind(invoice).request_id
        self.register_payment(invoice, amount=70.0)
        request._mark_opened()
        self.assertEqual((request.state, request.amount_to_pay), ("paid", 0.0))

    def test_a_credit_of_after_the_message_counts_until_it_is_used_elsewhere(self):
        invoice = self.overdue(100.0)
        request = self.remind(invoice).request_id
        note = self.credit(100.0)
        request._mark_opened()
        self.assertEqual(request.amount_to_pay, 0.0)
        other = self.overdue(100.0)
        self.due_lines(other | note).reconcile()
        request._mark_opened()
        self.assertEqual(request.amount_to_pay, 100.0)

    def test_a_request_that_was_paid_stays_paid_when_it_is_opened(self):
        invoice = self.overdue(100.0)
        request = self.remind(invoice).request_id
        self.register_payment(invoice)
        self.assertEqual(request.state, "paid")
        request._mark_opened()
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

    def test_the_recipient_reads_his_own_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.first.with_context(
            lang="fr_FR"
        ).subject = "Rappel {{ object.company_id.name }}"
        self.customer.lang = "fr_FR"
        reminder = self.remind(self.overdue(1234.5))
        self.assertEqual(reminder.lang, "fr_FR")
        self.assertEqual(reminder.subject, f"Rappel {self.company.name}")
        text = html.fromstring(str(reminder.body)).text_content()
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

    def test_the_recipient_of_an_edited_text_reads_the_rest_in_his_language(self):
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
        text = html.fromstring(str(reminder.body)).text_content()
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

    def test_a_customer_merged_before_it_leaves_is_reminded_under_his_new_name(self):
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

    # === Between plan and send ===

    def test_what_was_paid_meanwhile_is_not_asked_for(self):
        paid, owed = self.overdue(100.0), self.overdue(50.0)
        reminder = self.plan()
        self.register_payment(paid)
        self.send(reminder)
        self.assertEqual(reminder.line_ids.move_id, owed)
        self.assertEqual(reminder.amount_asked, 50.0)
        self.assertEqual(reminder.request_id.amount_to_pay, 50.0)
        self.assertNotIn(paid.name, self.mails_of(reminder).body_html)

    def test_a_text_prepared_before_a_payment_is_made_again(self):
        paid, owed = self.overdue(100.0), self.overdue(50.0)
        reminder = self.plan()
        reminder._prepare()
        self.assertIn(paid.name, reminder.body)
        self.register_payment(paid)
        self.send(reminder)
        self.assertNotIn(paid.name, reminder.body)
        self.assertNotIn(paid.name, reminder.subject)
        self.assertEqual(reminder.request_id.line_ids.move_id, owed)

    def assert_dropped(self, invoice, reminder):
        self.send(reminder)
        self.assertEqual(reminder.state, "dropped")
        self.assertTrue(reminder.note)
        self.assertFalse(self.mails_of(reminder))
        self.assertFalse(reminder.line_ids, "the level is free again")
        self.assertFalse(reminder.request_id)
        self.assertFalse(self.find(invoice))

    def test_nothing_leaves_for_what_was_paid(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.register_payment(invoice)
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_what_was_credited(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.reverse(invoice)
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_if_credits_cover_it(self):
        invoice = self.overdue(100.0)
        reminder = self.plan()
        self.credit(100.0)
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_what_is_held(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.due_lines(invoice).reminder_hold_until = self.today + timedelta(days=5)
        self.assert_dropped(invoice, reminder)
        self.next_days(6)
        self.assertEqual(self.plan().line_ids.move_id, invoice)

    def test_nothing_leaves_for_what_is_due_later_by_now(self):
        invoice = self.overdue()
        reminder = self.plan()
        due = self.today + timedelta(days=20)
        self.due_lines(invoice).date_maturity = due
        self.assert_dropped(invoice, reminder)
        self.assertIn(self.first.name, reminder.note)

    def test_the_due_date_of_now_is_told(self):
        self.first.body = '<p t-out="object.days_late"/>'
        invoice = self.overdue(days=5)
        reminder = self.plan()
        reminder._prepare()
        self.due_lines(invoice).date_maturity = self.today - timedelta(days=2)
        self.send(reminder)
        self.assertIn("<p>2</p>", reminder.body)

    def test_what_a_later_level_reached_is_not_reminded_at_an_earlier_one(self):
        invoice = self.overdue()
        first = self.remind(invoice)
        first._mark_failed("Nobody there")
        self.next_days(7)
        second = self.remind(invoice) - first
        self.assertEqual(second.level_id, self.second)
        first.with_user(self.accountant).action_send()
        self.assertEqual(first.state, "dropped")
        self.assertTrue(first.note)
        self.assertEqual(len(self.mails_of(first)), 1)

    def test_of_two_levels_of_a_line_the_higher_one_leaves(self):
        invoice = self.overdue()
        first = self.remind(invoice)
        self.next_days(7)
        second = self.plan()
        self.bounce(first, "marie.dupont@example.com")
        self.assertEqual(first.state, "to_send")
        self.send(first | second)
        self.assertEqual(first.state, "dropped")
        self.assertEqual((second.state, second.level_id), ("queued", self.second))

    def test_nothing_leaves_for_what_is_excluded(self):
        invoice = self.overdue()
        reminder = self.plan()
        invoice.no_followup = True
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_what_is_blocked(self):
        invoice = self.overdue()
        reminder = self.plan()
        invoice.action_toggle_block_payment()
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_to_a_customer_on_hold(self):
        invoice = self.overdue()
        reminder = self.plan()
        until = self.today + timedelta(days=5)
        self.customer._hold_reminders(self.company, until, "Talks")
        self.assert_dropped(invoice, reminder)

    def test_nothing_leaves_for_less_than_the_minimum(self):
        self.first.amount_min = 50.0
        invoice = self.overdue(120.0)
        reminder = self.plan()
        self.register_payment(invoice, amount=119.0)
        self.assert_dropped(invoice, reminder)
        self.assertIn(self.first.name, reminder.note)

    def test_nothing_leaves_while_a_transfer_is_on_its_way(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.pay(self.request_of(invoice), "pdng-acsc")
        self.settle_all()
        self.assertTrue(invoice.transfer_in_progress)
        self.assert_dropped(invoice, reminder)

    def test_a_customer_who_joins_a_group_is_reminded_as_the_group(self):
        customer = self.env["res.partner"].create(
            {"name": "Acme", "is_company": True, "email": "acme@example.com"}
        )
        invoice = self.overdue(partner=customer)
        reminder = self.plan()
        customer.write({"is_company": False, "parent_id": self.company_customer.id})
        self.send(reminder)
        self.assertEqual(reminder.state, "dropped")
        self.assertEqual(self.remind(invoice).partner_id, self.company_customer)

    def test_a_level_removed_before_it_leaves_frees_its_lines(self):
        invoice = self.overdue()
        reminder = self.plan()
        self.first.unlink()
        self.env.invalidate_all()
        self.assert_dropped(invoice, reminder)

    def test_a_level_removed_after_it_left_is_remembered(self):
        invoice = self.overdue()
        reminder = self.remind(invoice)
        self.first.unlink()
        self.env.invalidate_all()
        self.assertEqual(reminder.level_name, "First")
        self.next_days(7)
        self.assertEqual(self.plan().level_id, self.second)

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
        self.first.subject = "{{ object.unknown_field }}"
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
        table = html.fromstring(str(reminder.body)).xpath(
            "//div[@name='payment_reminder']"
        )
        self.assertEqual(len(table), 1)
        before = str(reminder.body)
        reminder.body = before.replace("First, ", "Dear ")
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

    def test_another_recipient_is_greeted_by_his_name(self):
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
        with self.channel("sms", "He has no number."):
            reminder = self.remind(self.overdue())
        self.assertEqual(reminder.state, "failed")
        self.assertIn("He has no number.", reminder.failure_reason)
        self.assertEqual(self.tasks_of(reminder).user_id, self.accountant)

    def test_what_a_person_does_is_not_sent_before_he_did_it(self):
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
        with self.channel("sms", "He has no number."):
            reminder = self.remind(self.overdue(invoice_user_id=False))
        self.assertEqual(self.tasks_of(reminder).user_id, self.accountant)

    def test_one_customer_has_one_task_for_the_same_trouble(self):
        self.customer.email = False
        with self.channel("sms"):
            first = self.remind(self.overdue(days=1))
            self.next_days(7)
            self.send(self.plan())
        self.assertEqual(len(self.tasks_of(self.find(first.line_ids.move_id))), 1)

    # === Fate ===

    def bounce(self, reminder, address):
        """Hand over what the mail gateway makes of a mail that came back."""
        self.env["mail.thread"]._routing_handle_bounce(
            None,
            {
                "bounced_email": address,
                "bounced_partner": self.env["res.partner"].search(
                    [("email_normalized", "=", address)]
                ),
                "bounced_msg_ids": [reminder.mail_message_id.message_id],
                "bounced_message": reminder.mail_message_id,
                "body": "User unknown",
                "email_from": "mailer-daemon@example.com",
                "to": "bounce@boutique.example",
                "message_id": "<bounce@example.com>",
            },
        )
        self.follow()

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
        self.assertIn("550", reminder.failure_reason)
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
        self.assertIn("bad address", reminder.failure_reason)
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

    # === Hours, copies ===

    def test_the_job_sends_inside_the_window_only(self):
        invoice = self.overdue()
        self.set_now(datetime(2026, 3, 16, 6, 0))
        self.run_reminders()
        reminder = self.find(invoice)
        self.assertEqual(reminder.state, "to_send")
        self.assertTrue(reminder.note)
        self.set_now(MONDAY)
        self.run_reminders()
        self.assertEqual(reminder.state, "queued")
        self.assertFalse(reminder.note)

    def test_the_job_waits_for_fresh_bank_data(self):
        invoice = self.overdue()
        with patch.object(
            self.registry["res.company"],
            "_get_bank_data_age",
            lambda *_args: timedelta(hours=49),
        ):
            self.run_reminders()
        reminder = self.find(invoice)
        self.assertEqual(reminder.state, "to_send")
        self.assertTrue(reminder.note)

    def test_a_person_may_send_on_a_sunday(self):
        self.overdue()
        reminder = self.plan()
        self.set_now(datetime(2026, 3, 22, 9, 0))
        reminder.with_user(self.accountant).action_send()
        self.assertEqual(reminder.state, "queued")

    def test_a_neutralized_or_copied_database_sends_nothing(self):
        parameters = self.env["ir.config_parameter"].sudo()
        uuid = parameters.get_param("database.uuid")
        invoice = self.overdue()
        reminder = self.plan()
        for name, value in (
            ("database.is_neutralized", "True"),
            ("database.uuid", "another"),
        ):
            parameters.set_param(name, value)
            self.run_reminders()
            self.assertEqual(reminder.state, "to_send")
            with self.assertRaises(UserError):
                reminder.action_send()
            self.send(reminder)
            self.assertFalse(self.mails_of(reminder))
            parameters.set_param("database.is_neutralized", False)
        parameters.set_param("database.uuid", uuid)
        self.run_reminders()
        self.assertEqual(self.find(invoice).state, "queued")

    def test_what_must_be_confirmed_waits_for_a_person(self):
        self.first.automatic = False
        self.overdue()
        self.run_reminders()
        reminder = self.reminders.search([("partner_id", "=", self.customer.id)])
        self.assertEqual(reminder.state, "to_confirm")
        reminder.with_user(self.accountant).action_send()
        self.assertEqual(reminder.state, "queued")

    def test_one_task_a_level_while_something_waits_for_a_person(self):
        self.first.automatic = False
        others = [self.customer.copy({"name": f"Other {name}"}) for name in "AB"]
        self.overdue()
        for partner in others:
            self.overdue(partner=partner)
        self.run_reminders()
        waiting = self.reminders.search([("state", "=", "to_confirm")])
        self.assertEqual(len(waiting), 3)
        [task] = waiting.activity_ids
        self.assertEqual(task.summary, "Check and send reminders: First")
        self.assertEqual(task.user_id, self.accountant)
        asked = self.reminders.browse(task.res_id)
        asked.with_user(self.accountant).action_send()
        self.run_reminders()
        [moved] = waiting.activity_ids
        self.assertIn(moved.res_id, (waiting - asked).ids)
        (waiting - asked).with_user(self.accountant).action_drop()
        self.run_reminders()
        self.assertFalse(waiting.activity_ids)

    def test_what_was_dropped_by_a_person_is_not_planned_again(self):
        invoice = self.overdue()
        reminder = self.plan()
        reminder.with_user(self.accountant).action_drop()
        self.assertEqual(reminder.state, "dropped")
        self.assertIn(self.accountant.name, reminder.note)
        self.next_days(4)
        self.assertFalse(self.plan())
        self.next_days(3)
        self.assertEqual(self.plan().level_id, self.second)
        self.assertEqual(len(self.find(invoice)), 2)

    # === Failures of the job itself ===

    def test_a_deadlock_is_for_the_next_run(self):
        invoice = self.overdue()
        with patch.object(
            self.registry["payment.reminder"],
            "_queue_mails",
            side_effect=DeadlockDetected,
        ):
            self.run_reminders()
        self.assertEqual(self.find(invoice).state, "to_send")
        self.run_reminders()
        self.assertEqual(self.find(invoice).state, "queued")

    @mute_logger(BATCH_LOGGER)
    def test_one_reminder_that_cannot_leave_does_not_hold_the_others(self):
        good, bad = self.overdue(), self.overdue(partner=self.company_customer)
        bad_id = self.company_customer.id
        registry_class = self.registry["payment.reminder"]
        queue_mails = registry_class._queue_mails

        def break_one(reminders):
            if bad_id in reminders.partner_id.ids:
                raise RuntimeError("disk full")
            return queue_mails(reminders)

        with patch.object(registry_class, "_queue_mails", break_one):
            self.run_reminders()
        self.assertEqual(self.find(good).state, "queued")
        failed = self.find(bad)
        self.assertEqual(failed.state, "failed")
        self.assertIn("disk full", failed.failure_reason)
        self.assertTrue(self.tasks_of(failed))
