"""Who writes: what the law wants stated on letters and mails, and what is missing."""

import re
from unittest.mock import patch

from odoo.tests import Form, tagged

from .test_reminder_letter import STAMP, LetterCase


@tagged("post_install", "-at_install")
class TestReminderSender(LetterCase):
    def setUp(self):
        super().setUp()
        self.company.write(
            {
                "street": "12 rue des Tisserands",
                "zip": "69001",
                "city": "Lyon",
                "company_registry": "33417522101010",
                "vat": "FR23334175221",
                "payment_legal_form": "SARL",
                "payment_share_capital": 20000,
                "payment_register_city": "Lyon",
            }
        )

    def missing(self, **values):
        self.company.write(values)
        return self.company._get_missing_sender_data()

    def footer(self, reminder):
        """Return the lines at the foot of a letter."""
        with patch(STAMP, lambda _pdf, sheet: sheet):
            return reminder._stamp_letter(b"").footer

    def test_what_the_law_wants_and_nobody_entered_is_missing(self):
        self.assertEqual(self.missing(), [])
        self.assertEqual(self.missing(payment_share_capital=0), ["share capital"])
        self.assertEqual(
            self.missing(payment_register_city=False),
            ["share capital", "city of the trade register (RCS)"],
        )
        self.assertEqual(self.missing(payment_legal_form="EI"), [], "has no capital")
        self.assertEqual(self.missing(payment_legal_form=False), ["legal form"])
        self.assertEqual(
            self.missing(company_registry=False, vat=False, street=False),
            ["address", "SIREN", "legal form"],
        )

    def test_what_name_and_footer_tell_is_not_missing(self):
        nothing = {
            "payment_legal_form": False,
            "payment_share_capital": 0,
            "payment_register_city": False,
        }
        self.assertEqual(
            self.missing(**nothing, name="Capital Conseil S.A.S."),
            ["share capital", "city of the trade register (RCS)"],
        )
        footer = "<p><b>Boutique</b>, capital de 20 000 €<br/>RCS Lyon 334 175 221</p>"
        self.assertEqual(self.missing(report_footer=footer), [])

    def test_other_countries_need_no_french_register(self):
        self.company.partner_id.country_id = self.env.ref("base.be")
        self.assertEqual(
            self.missing(payment_legal_form=False, payment_share_capital=0), []
        )
        self.assertEqual(
            self.missing(company_registry=False, vat=False), ["company number"]
        )

    def test_letters_and_mails_state_who_writes(self):
        told = [
            "Boutique Exemple, SARL with a share capital of 20,000 €",
            "12 rue des Tisserands, 69001 Lyon, France",
            "RCS Lyon 334 175 221",
            "SIRET: 33417522101010",
            "VAT: FR23334175221",
        ]
        letter = self.remind(self.overdue())
        other = self.customer.copy({"name": "Paul", "city": False})
        mail = self.mails_of(self.remind(self.overdue(partner=other)))
        for text in ("\n".join(self.footer(letter)), mail.body_html):
            text = " ".join(re.sub(r"<[^>]+>", "", text).split())
            for part in told:
                self.assertIn(part, text)

    def test_what_the_footer_of_documents_tells_is_not_told_twice(self):
        self.company.report_footer = (
            "<p>Boutique Exemple <strong>SARL</strong> au capital de 20 000 €<br/>"
            "12 rue des Tisserands, 69001 Lyon – RCS Lyon 334 175 221</p>"
            "<p>TVA FR 23 334175221 – contact@boutique.example</p>"
        )
        self.assertEqual(
            self.footer(self.remind(self.overdue())),
            [
                "Boutique Exemple",
                "SIRET: 33417522101010",
                "Boutique Exemple SARL au capital de 20 000 €",
                "12 rue des Tisserands, 69001 Lyon – RCS Lyon 334 175 221",
                "TVA FR 23 334175221 – contact@boutique.example",
            ],
        )

    def test_the_settings_and_each_notice_say_what_is_missing(self):
        settings = self.env["res.config.settings"].create({})
        self.assertFalse(settings.payment_sender_warning)
        self.overdue()
        notice = self.plan()
        self.first.formal_notice = True
        self.assertFalse(notice.sender_warning)
        self.company.payment_share_capital = 0
        notice.invalidate_recordset(["sender_warning"])
        settings = self.env["res.config.settings"].create({})
        for warning in (settings.payment_sender_warning, notice.sender_warning):
            self.assertIn("Boutique Exemple they lack: share capital.", warning)
        with Form(notice.with_user(self.accountant)) as form:
            self.assertIn("share capital", form.sender_warning)
        self.first.formal_notice = False
        self.assertFalse(notice.sender_warning, "an ordinary reminder")
