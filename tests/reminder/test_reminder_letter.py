"""Letters and statements of account: what is printed, kept and posted."""

import io
import re
import subprocess
import tempfile
from pathlib import Path
from unittest.mock import patch

from lxml import html

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.pdf import PdfFileReader

from ..common.reminder_channel_case import ChannelCase
from ..request import test_invoice_pdf

LETTER_REPORT = "account_payment_request.action_report_payment_reminder"
STAMP = "odoo.addons.account_payment_request.models.reminder.channel.letter.stamp"
MILLIMETRES_PER_POINT = 25.4 / 72


class LetterCase(ChannelCase):
    def setUp(self):
        super().setUp()
        self.use("letter")
        self.company.partner_id.write(
            {"street": "1 rue de la Paix", "zip": "75002", "city": "Paris"}
        )
        self.customer.write(
            {"street": "12 rue des Lilas", "zip": "69003", "city": "Lyon"}
        )

    def print(self, reminders):
        """Print letters as the button does; return the PDF."""
        # Nothing is printed in tests otherwise.
        self.env = self.env(
            context={**self.env.context, "force_report_rendering": True}
        )
        reminders = reminders.with_user(self.accountant)
        self.notices = self.go_on(reminders.action_print_letters())
        action = self.last_action
        content, kind = (
            self.env["ir.actions.report"]
            .with_user(self.accountant)
            ._render_qweb_pdf(action["report_name"], action["context"]["active_ids"])
        )
        self.assertEqual(kind, "pdf")
        return content

    def render_html(self, reminder):
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            LETTER_REPORT, reminder.ids
        )
        return html.fromstring(content)


@tagged("post_install", "-at_install")
class TestReminderLetter(LetterCase):
    def test_a_letter_waits_for_whoever_posts_it(self):
        reminder = self.remind(self.overdue())
        self.assertEqual((reminder.state, reminder.channel), ("to_post", "letter"))
        self.assertFalse(reminder.sent_at)
        self.run_reminders()
        [task] = reminder.activity_ids
        self.assertEqual(task.summary, "Print and post letters: First")
        reminder._mark_sent()
        self.run_reminders()
        self.assertFalse(reminder.activity_ids)

    def test_an_address_that_is_not_complete_goes_by_mail(self):
        self.customer.city = False
        self.assert_next(self.remind(self.overdue()), "city")

    def test_a_contact_without_address_is_written_to_at_the_customers(self):
        self.company_customer.write(
            {"street": "3 quai Nord", "zip": "13002", "city": "Marseille"}
        )
        self.env["res.partner"].create(
            {
                "parent_id": self.company_customer.id,
                "type": "followup",
                "name": "Jeanne Martin",
                "email": "jeanne@generique.example",
            }
        )
        reminder = self.remind(self.overdue(partner=self.company_customer))
        self.assertEqual(
            reminder._get_postal_lines(),
            ["Société Générique", "Jeanne Martin", "3 quai Nord", "13002 MARSEILLE"],
        )

    def test_the_country_is_written_for_abroad(self):
        self.customer.write(
            {
                "country_id": self.env.ref("base.be").id,
                "zip": "1000",
                "city": "Bruxelles",
            }
        )
        reminder = self.remind(self.overdue())
        self.assertEqual(
            reminder._get_postal_lines()[1:],
            ["12 rue des Lilas", "1000 BRUXELLES", "BELGIUM"],
        )

    def test_the_country_is_written_as_the_companys_post_reads_it(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.write({"country_id": self.env.ref("base.de").id, "lang": "fr_FR"})
        reminder = self.remind(self.overdue())
        self.assertEqual(reminder.lang, "fr_FR")
        sheets = []
        with patch(STAMP, lambda _pdf, sheet: sheets.append(sheet)):
            reminder._stamp_letter(b"")
        self.assertEqual(sheets[0].window[-1], "GERMANY")

    def test_the_letter_has_the_text_the_table_and_no_button(self):
        self.first.closing = "<p>Yours faithfully</p>"
        invoice = self.overdue(120.0)
        reminder = self.remind(invoice)
        tree = self.render_html(reminder)
        text = tree.text_content()
        self.assertFalse(tree.xpath("//div[@name='payment_reminder']"))
        [table] = tree.xpath("//table[@name='invoices']")
        self.assertIn(invoice.name, table.text_content())
        order = ["First, Marie Dupont", "Amount open", "120.00", "Yours faithfully"]
        places = [text.index(part) for part in order]
        self.assertEqual(places, sorted(places))
        for part in (
            reminder.request_id.short_url,
            reminder.request_id.reference,
            "FR76 3000 6000 0112 3456 7890 189",
            "Paris, March 16, 2026",
        ):
            self.assertIn(part, " ".join(text.split()))

    def test_what_was_paid_is_neither_printed_nor_posted(self):
        paid = self.overdue()
        reminder = self.remind(paid)
        self.register_payment(paid)
        with self.assertRaises(UserError):
            reminder.action_print_letters()
        self.follow_up()
        self.assertEqual(reminder.state, "dropped")

    def test_only_what_was_printed_can_be_posted(self):
        reminder = self.remind(self.overdue())
        with self.assertRaisesRegex(UserError, "not printed"):
            reminder.action_posted()
        self.assertEqual(reminder.state, "to_post")


@tagged("post_install", "-at_install")
class TestReminderLetterService(LetterCase):
    """With the service that prints and posts letters, where it is installed."""

    def setUp(self):
        super().setUp()
        if "snailmail.letter" not in self.env:
            self.skipTest("The service is not installed.")
        self.company.payment_reminder_snailmail = True
        self.reminder = self.remind(self.overdue())
        self.letter = self.env["snailmail.letter"].search(
            [("message_id", "=", self.reminder.mail_message_id.id)]
        )

    def answer(self, **answer):
        """Let the service answer for the letter, as its own job does."""
        self.letter.attachment_id = self.env["ir.attachment"].create(
            {"name": "letter.pdf", "raw": b"%PDF-1.4 letter"}
        )

        def post(_url, params, **_options):
            documents = [{**document, **answer} for document in params["documents"]]
            return {"request_code": 200, "request": {"documents": documents}}

        service = "odoo.addons.snailmail.models.snailmail_letter.iap_tools.iap_jsonrpc"
        with patch(service, post):
            self.letter._snailmail_print_valid_address()
        self.follow_up()

    def test_the_letter_leaves_by_itself(self):
        self.assertEqual(self.reminder.state, "queued")
        self.assertEqual(self.letter.partner_id, self.customer)
        self.answer(sent=True, send_id="42")
        self.assertEqual(self.reminder.state, "sent")

    def test_a_letter_that_cannot_be_posted_goes_by_mail(self):
        self.answer(error="NO_PRICE_AVAILABLE")
        self.assertEqual(
            (self.reminder.state, self.reminder.channel), ("to_send", "email")
        )
        self.assertEqual(self.letter.state, "canceled")
        self.send(self.reminder)
        self.assert_next(self.reminder, "letter")

    def test_a_registered_letter_is_left_to_a_person(self):
        self.first.registered_letter = True
        other = self.customer.copy({"name": "Paul Martin"})
        reminder = self.remind(self.overdue(partner=other))
        self.assertEqual(reminder.state, "to_post")

    def test_an_address_without_country_is_left_to_a_person(self):
        other = self.customer.copy({"country_id": False})
        reminder = self.remind(self.overdue(partner=other))
        self.assertEqual(reminder.state, "to_post")


@tagged("post_install", "-at_install")
class TestReminderLetterPdf(LetterCase, HttpCase):
    scan = test_invoice_pdf.TestInvoicePdf.scan

    def words(self, pdf):
        """Return the words of the first page and where they are.

        :return: text, left, top, right and bottom, in millimetres
        """
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "letter.pdf")
        path.write_bytes(pdf)
        subprocess.run(
            ["pdftoppm", "-r", "150", "-png", "-singlefile", path.name, "page"],
            cwd=folder.name,
            check=True,
        )
        self.picture = path.with_name("page.png")
        boxes = subprocess.run(
            ["pdftotext", "-l", "1", "-bbox", path.name, "-"],
            cwd=folder.name,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        pattern = (
            r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" '
            r'yMax="([\d.]+)">([^<]*)</word>'
        )
        return [
            (word, *(float(place) * MILLIMETRES_PER_POINT for place in places))
            for *places, word in re.findall(pattern, boxes)
        ]

    def test_the_address_lies_in_the_window_and_the_code_can_be_scanned(self):
        self.customer.write(
            {"name": "Marie-Antoinette Dupont-Lefebvre", "street2": "Bâtiment C"}
        )
        reminder = self.remind(self.overdue())
        words = self.words(self.print(reminder))
        self.assertEqual(self.scan(self.picture), [reminder.request_id.url])
        address = {"Marie-Antoinette", "Dupont-Lefebvre", "Lilas", "Bâtiment", "LYON"}
        seen = [box for box in words if box[0] in address and box[2] < 85]
        self.assertEqual({box[0] for box in seen}, address)
        for word, left, top, right, bottom in seen:
            with self.subTest(word):
                self.assertGreaterEqual(left, 100)
                self.assertGreaterEqual(top, 54.5)
                self.assertLessEqual(right, 190)
                self.assertLessEqual(bottom, 79)
        # Nothing else of the page shows through the window.
        for word, left, top, right, bottom in words:
            if word not in address and top < 90 and bottom > 45 and right > 92:
                self.assertTrue(top > 54.5 and bottom < 79 and left > 100, word)

    def test_nobody_forges_or_changes_a_letter(self):
        reminder = self.remind(self.overdue())
        attachments = self.env["ir.attachment"].with_user(self.accountant)
        forged = {
            "name": reminder._get_letter_name(),
            "res_model": reminder._name,
            "res_id": reminder.id,
            "datas": "YQ==",
        }
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            attachments.create(forged)
        note = attachments.create({**forged, "name": "A note.txt"})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            note.name = reminder._get_letter_name()
        self.print(reminder)
        letter = reminder._get_letters()[reminder.id].with_user(self.accountant)
        self.assertTrue(letter)
        with self.assertRaises(AccessError):
            letter.datas = "YQ=="
        with self.assertRaises(AccessError):
            letter.unlink()

    def test_letters_are_kept_one_by_one_and_printed_together(self):
        other = self.customer.copy({"name": "Paul Martin"})
        invoice = self.overdue(100.0)
        reminders = self.remind(invoice, self.overdue(partner=other))
        self.assertEqual(len(reminders), 2)
        self.use_slices(1)
        self.print(reminders)
        self.assertEqual(self.notices[1:], ["1 of 2 printed…", "Done. To post: 2"])
        letters = reminders._get_letters()
        kept = [letters[reminder.id].raw for reminder in reminders]
        self.assertTrue(all(pdf.startswith(b"%PDF") for pdf in kept))
        self.print(reminders)
        self.assertEqual(letters, reminders._get_letters(), "not made again")
        # The address is corrected after it was printed: that letter goes nowhere.
        printed = letters[reminders[0].id]
        self.env.cr.execute(
            "UPDATE ir_attachment SET create_date = create_date - interval '1 hour' "
            "WHERE id = %s",
            [printed.id],
        )
        printed.invalidate_recordset()
        reminders[0].contact_id.street = "14 rue des Lilas"
        self.print(reminders)
        again = reminders._get_letters()
        self.assertNotEqual(again[reminders[0].id], printed)
        self.assertEqual(again[reminders[1].id], letters[reminders[1].id])
        letters = again
        # A part of it is paid: what was printed is not true any more.
        self.register_payment(invoice, amount=30.0)
        mine = self.find(invoice)
        self.print(mine)
        self.assertNotEqual(letters[mine.id], mine._get_letters()[mine.id])
        self.assertEqual(mine.amount_asked, 70.0)
        reminders.with_user(self.accountant).action_posted()
        self.assertEqual(set(reminders.mapped("state")), {"sent"})
        self.assertEqual(mine.sent_at, self.now)
        self.assertEqual(mine.message_ids.attachment_ids, mine._get_letters()[mine.id])

    def test_invoices_and_statement_go_with_the_letter(self):
        invoice = self.overdue()
        reminder = self.remind(invoice)
        alone = self.count_pages(self.print(reminder))
        invoice.with_env(self.env)._generate_and_send()
        self.first.write({"attach_invoices": True, "attach_statement": True})
        invoice_pages = self.count_pages(invoice.invoice_pdf_report_id.raw)
        reminder._forget_letters()
        self.assertEqual(
            self.count_pages(self.print(reminder)), alone + invoice_pages + 1
        )
        kept = self.env["ir.attachment"].sudo()
        kept = kept.search(
            [("res_model", "=", reminder._name), ("res_id", "=", reminder.id)]
        )
        self.assertEqual(kept, reminder._get_letters()[reminder.id])

    def count_pages(self, pdf):
        return len(PdfFileReader(io.BytesIO(pdf)).pages)

    def test_the_statement_goes_with_the_mail(self):
        self.use("email", False)
        self.first.attach_statement = True
        other = self.customer.copy({"name": "Paul Martin"})
        reminders = self.remind(self.overdue(), self.overdue(partner=other))
        for mail in self.mails_of(reminders):
            [statement] = mail.attachment_ids
            self.assertTrue(statement.raw.startswith(b"%PDF"))
            self.assertIn("2026-03-16", statement.name)


@tagged("post_install", "-at_install")
class TestStatement(ChannelCase):
    def statement(self):
        return self.customer._get_statement(self.company)

    def test_everything_open_is_shown_and_aged(self):
        self.overdue(100.0, days=10)
        self.overdue(200.0, days=45)
        self.overdue(300.0, days=-5)
        paid = self.overdue(50.0, days=10)
        self.register_payment(paid)
        note = self.create_invoice(
            40.0, post=False, move_type="out_refund", invoice_date=self.today
        )
        note.action_post()
        [part] = self.statement()["currencies"]
        self.assertEqual(len(part["rows"]), 4)
        self.assertNotIn(paid.name, [row["name"] for row in part["rows"]])
        amounts = [
            float(re.sub(r"[^\d.-]", "", amount)) for _label, amount in part["ages"]
        ]
        # The credit goes to the oldest: no more is overdue than is due.
        self.assertEqual(amounts, [300.0, 100.0, 160.0, 0.0, 0.0])
        self.assertIn("560.00", part["open"])
        self.assertIn("260.00", part["overdue"])
        self.assertEqual([row["late"] for row in part["rows"]], [45, 10, "", ""])

    def test_what_is_owed_to_the_customer_is_not_overdue(self):
        self.overdue(0.1, days=40)
        self.overdue(0.2, days=10)
        note = self.create_invoice(
            0.35, post=False, move_type="out_refund", invoice_date=self.today
        )
        note.action_post()
        [part] = self.statement()["currencies"]
        amounts = [amount.replace("\ufeff", "") for _label, amount in part["ages"]]
        self.assertEqual([a[:5].strip() for a in amounts[:1]], ["-0.05"])
        self.assertTrue(all(a.startswith("0.00") for a in amounts[1:]), amounts)
        self.assertFalse(part["overdue"])

    def test_only_whoever_may_read_the_accounts_prints_it(self):
        self.overdue(100.0)
        seller = new_test_user(
            self.env,
            login="seller",
            groups="base.group_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        reports = self.env["ir.actions.report"]
        name = "account_payment_request.report_statement"
        with self.assertRaises(AccessError):
            reports.with_user(seller)._render_qweb_html(name, self.customer.ids)
        content, _kind = reports.with_user(self.accountant)._render_qweb_html(
            name, self.customer.ids
        )
        self.assertIn(b"100.00", content)

    def test_another_company_is_not_shown(self):
        self.overdue(100.0)
        other = self.env["res.company"].create({"name": "Other"})
        self.assertFalse(self.customer._get_statement(other)["currencies"])

    def test_each_currency_has_its_own_balance(self):
        self.overdue(100.0)
        dollars = self.env.ref("base.USD")
        dollars.active = True
        self.overdue(60.0, currency_id=dollars.id)
        parts = self.statement()["currencies"]
        self.assertEqual(
            {part["currency"] for part in parts}, {self.company.currency_id, dollars}
        )

    def test_what_was_due_yesterday_is_late(self):
        self.overdue(100.0, days=1)
        self.overdue(100.0, days=0)
        [part] = self.statement()["currencies"]
        self.assertEqual([row["late"] for row in part["rows"]], [1, ""])
        self.next_days(1)
        [part] = self.statement()["currencies"]
        self.assertEqual([row["late"] for row in part["rows"]], [2, 1])

    def test_it_is_printed_in_the_customers_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.overdue(1234.5, days=3)
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "account_payment_request.action_report_statement", self.customer.ids
        )
        text = html.fromstring(content).text_content()
        self.assertIn("234,50", text)
