"""What stands on a letter beside its text: address, numbers, enclosures, date, and on
which page."""

import io
import re
from datetime import date, datetime
from pathlib import Path

from odoo.tests import HttpCase, tagged
from odoo.tools.pdf import PdfFileReader

from ...models.text import write_day, write_day_in_words
from .test_reminder_letter import LETTER_REPORT, LetterCase


@tagged("post_install", "-at_install")
class TestReminderLetterParts(LetterCase):
    def text(self, reminder):
        return " ".join(self.render_html(reminder).text_content().split())

    def address(self, country, **values):
        """Return the address of a customer as a French company writes it."""
        country = country and self.env.ref(f"base.{country}").id
        self.customer.write({"street": "1 rue A", "country_id": country, **values})
        return self.customer._get_postal_lines(self.company)

    def test_an_address_is_written_as_its_country_does(self):
        town = "97400 SAINT-DENIS"
        saint_denis = {"zip": "97400", "city": "Saint-Denis"}
        for country in ("re", "fr", False):
            with self.subTest(country):
                self.assertEqual(
                    self.address(country, **saint_denis), ["1 rue A", town]
                )
        for country, zip_code, city, lines in (
            ("nc", "98800", "Nouméa", ["98800 NOUMÉA"]),
            ("mc", "98000", "Monaco", ["98000 MONACO"]),
            ("be", "4000", "Liège", ["4000 LIÈGE", "BELGIUM"]),
            ("de", "10115", "Berlin", ["10115 BERLIN", "GERMANY"]),
            ("uk", "sw1a 2aa", "London", ["LONDON", "SW1A 2AA", "UNITED KINGDOM"]),
        ):
            with self.subTest(country):
                lines = ["1 rue A", *lines]
                self.assertEqual(self.address(country, zip=zip_code, city=city), lines)

    def test_france_is_written_from_abroad(self):
        self.company.partner_id.country_id = self.env.ref("base.be")
        self.assertEqual(
            self.address("fr", zip="75002", city="Paris"),
            ["1 rue A", "75002 PARIS", "FRANCE"],
        )
        self.assertEqual(
            self.address(False, zip="1000", city="B"), ["1 rue A", "1000 B"]
        )

    def test_the_debtor_is_named_by_its_number(self):
        customer = self.company_customer
        siren = "Your SIREN: 334\N{NO-BREAK SPACE}175\N{NO-BREAK SPACE}221"
        belgium, martinique = self.env.ref("base.be"), self.env.ref("base.mq")
        for values, told in (
            ({"company_registry": "334 175 221 01010"}, siren),
            ({"company_registry": False, "vat": "FR23334175221"}, siren),
            ({"country_id": martinique.id}, siren),
            ({"country_id": belgium.id, "vat": "BE0477472701"}, "Your VAT number: BE0"),
            ({"company_registry": "0477.472.701"}, "Your company number: 0477."),
            ({"company_registry": False, "vat": False}, ""),
        ):
            customer.write(values)
            self.assertEqual(customer._get_number_text()[: len(told) or None], told)

    def test_the_table_has_the_customers_order_and_not_ours(self):
        theirs = self.overdue(ref="PO-77", invoice_origin="S00012")
        ours = self.overdue(ref="S00013", invoice_origin="S00013")
        both = self.overdue(ref="PO-78, S00015", invoice_origin="S00014, S00015")
        other = self.customer.copy({"name": "Paul"})
        text = self.text(self.remind(theirs, ours, both))
        day = write_day(self.env, theirs.invoice_date)
        self.assertIn("Invoice Your order Date", text)
        self.assertIn(f"{theirs.name} PO-77 {day}", text)
        self.assertIn(f"{ours.name} {day}", text)
        self.assertIn(f"{both.name} PO-78 {day}", text)
        text = self.text(self.remind(self.overdue(partner=other)))
        self.assertNotIn("Your order", text)

    def test_what_is_no_part_of_the_sum_is_told_apart(self):
        self.second.write({"formal_notice": True, "channel": "letter"})
        first, coming = self.overdue(days=9), self.overdue(30.0, days=-9)
        letter = self.remind(first)
        text = self.text(letter)
        self.assertIn("Not due yet, for your information", text)
        self.assertIn(f"{coming.name}, due on", text)
        self.print(letter)
        letter.with_user(self.accountant).action_posted()
        self.next_days(8)
        other = self.overdue(50.0, days=3)
        notice = self.remind(first)[:1]
        self.assertEqual((notice.level_id, notice.state), (self.second, "to_post"))
        text = self.text(notice)
        self.assertIn(f"not included in the sum above {other.name}, due on", text)
        self.assertNotIn(coming.name, text)

    def test_a_registered_letter_says_so_with_its_number(self):
        words = "Registered letter with proof of delivery"
        reminder = self.remind(self.overdue())
        self.assertNotIn(words, self.text(reminder))
        self.first.registered_letter = True
        self.assertIn(words, self.text(reminder))
        self.assertNotIn(f"{words} No.", self.text(reminder))
        self.print(reminder)
        self.assertTrue(reminder.is_printed)
        reminder.with_user(self.accountant).registered_number = "1A 234 567 8901 2"
        reminder.invalidate_recordset(["is_printed"])
        self.assertFalse(reminder.is_printed, "printed without its number")
        self.assertIn(f"{words} No. 1A 234 567 8901 2", self.text(reminder))

    def test_the_number_is_noted_after_the_letter_was_posted_too(self):
        reminder = self.remind(self.overdue())
        self.print(reminder)
        reminder.with_user(self.accountant).action_posted()
        reminder.with_user(self.accountant).registered_number = "1A 234 567 8901 2"
        self.assertTrue(reminder._get_letters()[reminder.id], "it is the proof")

    def test_what_is_enclosed_is_listed(self):
        first, second, third = (self.overdue(days=days) for days in (9, 8, 7))
        reminder = self.remind(first)
        self.assertNotIn("Enclosures", self.text(reminder))
        first._generate_and_send()
        second._generate_and_send()
        self.assertIn(
            f"Enclosures: invoices {first.name}, {second.name}", self.text(reminder)
        )
        self.assertNotIn(third.name, self.text(reminder).rpartition("Enclosures")[2])
        self.first.attach_statement = True
        self.assertIn(f"{second.name}, statement of account", self.text(reminder))
        service = self.env["ir.actions.report"].with_context(snailmail_layout=True)
        content, _kind = service._render_qweb_html(LETTER_REPORT, reminder.ids)
        self.assertNotIn(b"Enclosures", content, "the service posts none")
        self.first.attach_invoices = False
        self.assertIn("Enclosures: statement of account", self.text(reminder))

    def test_a_long_list_of_what_is_enclosed_is_shortened(self):
        invoices = [self.overdue() for _number in range(12)]
        reminder = self.remind(*invoices)
        for invoice in invoices:
            invoice.invoice_pdf_report_id = self.env["ir.attachment"].create(
                {"name": f"{invoice.name}.pdf", "raw": b"%PDF-1.4"}
            )
        self.assertIn("and 4 more", reminder._get_enclosures_text())

    def test_iban_and_reference_stand_beside_the_link_but_for_other_payers(self):
        self.use("email", False)
        reminder = self.remind(self.overdue())
        reference = reminder.request_id.reference
        told = " ".join(self.mails_of(reminder).body_html.split())
        self.assertIn("FR76 3000 6000 0112 3456 7890 189", told)
        self.assertIn(reference, told)
        other = self.customer.copy({"name": "Paul", "email": "paul@example.com"})
        other.property_inbound_payment_method_line_id = self.direct_debit()
        reminder = self.remind(self.overdue(partner=other))
        mail = self.mails_of(reminder).body_html
        self.assertIn(reminder.request_id.url, mail)
        self.assertNotIn("FR76", mail)
        self.assertNotIn(reminder.request_id.reference, mail)

    def direct_debit(self):
        """Return how a journal is paid by direct debit, as addons for it make it."""
        method = self.env["account.payment.method"].sudo()
        method = method.create(
            {"name": "Direct debit", "code": "sdd_test", "payment_type": "inbound"}
        )
        return self.env["account.payment.method.line"].create(
            {"payment_method_id": method.id, "journal_id": self.bank_journal.id}
        )


@tagged("post_install", "-at_install")
class TestReminderLetterPages(LetterCase, HttpCase):
    def pages(self, reminder):
        """Return the texts of the pages of a letter."""
        reader = PdfFileReader(io.BytesIO(self.print(reminder)))
        return [" ".join(page.extractText().split()) for page in reader.pages]

    def test_no_signature_stands_on_a_page_without_text(self):
        self.first.closing = (
            "<p>We thank you for your payment.</p><p>Yours faithfully<br/>Signed</p>"
        )
        broken = 0
        # Each line of text moves the signature down: some of them over the edge.
        for count in range(2, 30, 3):
            self.first.body = f"<p>Dear customer</p>{'<p>One more line.</p>' * count}"
            customer = self.customer.copy({"name": f"Customer {count}"})
            pages = self.pages(self.remind(self.overdue(partner=customer)))
            [page] = [page for page in pages if "Signed" in page]
            self.assertIn("thank you for your payment", page)
            broken += len(pages) > 1
        self.assertTrue(0 < broken < 10)


@tagged("post_install", "-at_install")
class TestDaysInWords(LetterCase):
    def test_french_says_the_first_and_counts_the_others(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        french = self.env(context={"lang": "fr_FR"})
        for day, text in (
            (date(2026, 12, 1), "1er décembre 2026"),
            (date(2026, 12, 11), "11 décembre 2026"),
            (date(2026, 12, 31), "31 décembre 2026"),
            (False, ""),
        ):
            self.assertEqual(write_day_in_words(french, day), text)
        self.assertEqual(
            write_day_in_words(self.env, date(2026, 12, 1)), "December 1, 2026"
        )

    def test_days_are_put_into_words_in_one_place(self):
        addon = Path(__file__).parents[2]
        found = [
            path.relative_to(addon).as_posix()
            for folder in ("controllers", "models", "report", "wizard", "data", "views")
            for path in sorted((addon / folder).rglob("*.*"))
            if path.suffix in (".py", ".xml")
            and re.search(r"date_format=.(long|full)", path.read_text())
        ]
        self.assertEqual(found, ["models/text.py"])

    def test_letters_notices_and_pages_say_so(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.customer.lang = "fr_FR"
        self.set_now(datetime(2026, 12, 1, 10, 0))
        reminder = self.remind(self.overdue())
        text = self.render_html(reminder).text_content()
        self.assertIn("Paris, le 1er décembre 2026", " ".join(text.split()))
        french = reminder.with_context(lang="fr_FR")
        self.assertIn("1er décembre 2026", french._get_title_text())
        reminder._mark_sent()
        self.next_days(9)
        self.customer.email = "marie@example.com"
        [later] = self.plan()
        self.assertEqual(
            later.with_context(lang="fr_FR").earlier_dates, "1er décembre 2026"
        )
