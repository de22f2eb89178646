from lxml import html

from odoo.tests import tagged

from odoo.addons.mail.tests.common import MailCommon

from ..common.payment_request import HOLDER, IBAN, PaymentRequestCommon

# What a phone sends in segments of 160 characters, the euro sign taking two.
GSM_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà€[]{}^~|\\"
)


@tagged("post_install", "-at_install")
class TestMails(PaymentRequestCommon, MailCommon):
    """Mails and SMS that lead to the payment page."""

    def send_invoice(self, invoice, **settings):
        """Send an invoice by e-mail; return the mail's body as the customer gets it."""
        with self.mock_mail_gateway():
            self.env["account.move.send"]._generate_and_send_invoices(
                invoice, sending_methods=["email"], **settings
            )
        self.assertEqual(len(self._mails), 1)
        return self._mails[0]["body"]

    def buttons(self, body):
        return html.fromstring(body).xpath("//div[@name='payment_request']//td//a")

    def test_the_mail_of_an_invoice_has_one_button_that_opens_its_page(self):
        request = self.create_request(120.0)
        buttons = self.buttons(self.send_invoice(request.line_ids.move_id))
        self.assertEqual([button.get("href") for button in buttons], [request.url])
        self.assertIn("120.00", buttons[0].text_content())

    def composer(self, invoice):
        """Return the assistant that sends an invoice, as it opens."""
        wizards = self.env["account.move.send.wizard"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        return wizards.create({})

    def test_whoever_writes_the_mail_sees_its_button_and_no_typed_transfer(self):
        bank = self.company.partner_id.bank_ids[:1]
        self.assertEqual(bank.sanitized_acc_number, IBAN)
        request = self.create_request(120.0, partner_bank_id=bank.id)
        wizard = self.composer(request.line_ids.move_id)
        core = self.env.ref("account.email_template_edi_invoice")
        self.assertNotEqual(wizard.template_id, core)
        for text in (wizard.body, self.send_invoice(request.line_ids.move_id)):
            [button] = self.buttons(text)
            self.assertEqual(button.get("href"), request.url)
            self.assertNotIn(IBAN[-4:], text)
            self.assertNotIn("communication", text)
        wizard.template_id = core
        self.assertEqual(len(self.buttons(wizard.body)), 1)

    def test_the_button_follows_language_and_template(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(
            ["account_payment_request"], ["fr_FR"]
        )
        self.customer.lang = "fr_FR"
        wizard = self.composer(self.create_request(120.0).line_ids.move_id)
        self.assertEqual(wizard.lang, "fr_FR")
        [button] = self.buttons(wizard.body)
        self.assertIn("Payer", button.text_content())
        wizard.lang = "en_US"
        [button] = self.buttons(wizard.body)
        self.assertIn("Pay 120.00", button.text_content().replace("\xa0", " "))

    def test_what_cannot_be_paid_by_link_is_sent_as_by_odoo(self):
        core = self.env.ref("account.email_template_edi_invoice")
        revoked = self.create_request()
        revoked.action_revoke()
        wizard = self.composer(revoked.line_ids.move_id)
        self.assertEqual(wizard.template_id, core)
        self.assertFalse(self.buttons(wizard.body))
        # A text that the company wrote is theirs.
        core.body_html = "<p>Our own words</p>"
        wizard = self.composer(self.create_request().line_ids.move_id)
        self.assertEqual(wizard.template_id, core)
        self.assertIn("Our own words", wizard.body)
        self.assertEqual(len(self.buttons(wizard.body)), 1)

    def test_a_customised_text_gets_the_button_too(self):
        request = self.create_request()
        body = self.send_invoice(
            request.line_ids.move_id, mail_body="<p>Written by hand</p>"
        )
        self.assertIn("Written by hand", body)
        self.assertEqual(len(self.buttons(body)), 1)

    def test_a_text_that_holds_the_address_gets_no_second_one(self):
        request = self.create_request()
        body = self.send_invoice(
            request.line_ids.move_id,
            mail_body=f'<p><a href="{request.url}">Pay here</a></p>',
        )
        self.assertIn(request.url, body)
        self.assertFalse(self.buttons(body))

    def test_nothing_due_means_no_button(self):
        paid, revoked = self.create_request(), self.create_request()
        self.pay(paid, "acsc")
        self.settle_all()
        revoked.action_revoke()
        for request in (paid, revoked):
            body = self.send_invoice(request.line_ids.move_id)
            self.assertFalse(self.buttons(body))
            self.assertNotIn(request.token, body)

    def test_the_mail_of_a_request_lists_what_is_asked_and_has_the_button(self):
        request = self.create_request(1234.5, self.company_customer)
        template = self.env.ref("account_payment_request.mail_template_payment_request")
        mail = self.env["mail.mail"].browse(template.send_mail(request.id))
        self.assertEqual(mail.recipient_ids, self.company_customer)
        self.assertIn(request.line_ids.move_id.name, mail.body_html)
        button = self.buttons(mail.body_html)[0]
        self.assertEqual(button.get("href"), request.url)
        self.assertIn("1,234.50", button.text_content())
        [transfer] = html.fromstring(mail.body_html).xpath(
            "//div[@name='payment_transfer']"
        )
        transfer = " ".join(transfer.text_content().split())
        for told in (HOLDER, "FR76 3000 6000 0112 3456 7890 189", request.reference):
            self.assertIn(told, transfer)

    def test_the_mail_of_an_invoice_names_no_second_reference(self):
        request = self.create_request()
        body = self.send_invoice(request.line_ids.move_id)
        self.assertNotIn(request.reference, body)

    def test_a_refused_transfer_is_explained_with_a_way_to_try_again(self):
        request = self.create_request()
        tx = self.pay(request, "pdng-rjct")
        self.settle_all()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        mail = self.env["mail.mail"].search(
            [("model", "=", tx._name), ("res_id", "=", tx.id)]
        )
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertIn(tx._bridge_reason_text(), mail.body_html)
        self.assertEqual(self.buttons(mail.body_html)[0].get("href"), request.url)

    def test_an_sms_uses_no_character_that_halves_its_length(self):
        request = self.create_request(1234567.89)
        template = self.env.ref("account_payment_request.sms_template_payment_request")
        body = template._render_field("body", request.ids)[request.id]
        self.assertIn(request.url, body)
        self.assertFalse(set(body) - set(GSM_ALPHABET))
