"""Whatever leaves, and whatever a customer opens, is in one language."""

import re
from datetime import timedelta

from lxml import html

from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..common.page_case import PageCase
from ..common.reminder_case import ReminderCase

ADDON = "account_payment_request"
#: Words of each language that sentences are made of, and that the other has not.
WORDS = {
    "en_US": "and are been by has have is it its not of our please the there they this "
    "to was we what which will with you your",
    "fr_FR": "au aux avec ce ces cette dans de des du elle est et il ils la le les "
    "leur nos notre nous ou par pour que qui sans sont sur un une votre vos vous",
}
OTHER = {"en_US": "fr_FR", "fr_FR": "en_US"}
#: Names are in nobody's language.
NAMES = ("Dépôt de la Paix", "The Bank and Sons")
PAGES = ("pay", "in_progress", "paid", "expired", "revoked", "nothing_due")


def foreign_words(text, lang):
    """Return the words of the other language that a text has, names apart."""
    for name in NAMES:
        text = text.replace(name, "")
    text = re.sub(r"https?://\S+|\S+@\S+|\w*\d\w*", "", text.lower())
    return set(WORDS[OTHER[lang]].split()) & set(re.findall(r"[^\W\d_]+", text))


@tagged("post_install", "-at_install")
class TestOneLanguage(ReminderCase, PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("fr_FR")
        modules = [ADDON, "account", "mail", "payment", "portal", "web"]
        cls.env["ir.module.module"]._load_module_terms(modules, ["fr_FR"])
        cls.company.name, cls.accountant.name = NAMES
        cls.company.payment_reminder_policy_id = cls.ready_made("courteous")
        where = {"street": "12 Lilas", "zip": "69003", "city": "Lyon"}
        cls.company.partner_id.write(where)
        cls.customer.write({**where, "name": "Dupont"})

    def assert_one_language(self, lang, **texts):
        for label, text in texts.items():
            if text is not None:
                plain = html2plaintext(str(text), include_references=False)
                self.assertTrue(plain.strip(), label)
                found = foreign_words(plain, lang)
                self.assertFalse(found, f"{label} ({lang}): {found} in {plain}")

    def render(self, name, record, lang):
        """Return the subject and body of a template of ours, in a language."""
        template = self.env.ref(f"{ADDON}.{name}").with_context(lang=lang)
        names = {"mail.template": ("subject", "body_html"), "sms.template": ("body",)}
        return {
            f"{name}_{field}": template._render_field(field, record.ids, set_lang=lang)[
                record.id
            ]
            for field in names[template._name]
        }

    def print(self, name, record, lang):
        content, _kind = (
            self.env["ir.actions.report"]
            .with_context(lang=lang)
            ._render_qweb_html(f"{ADDON}.{name}", record.ids)
        )
        (body,) = html.fromstring(content).xpath("//main | //*[@id='wrapwrap']")[-1:]
        return {name: html.tostring(body, encoding="unicode")}

    def text_of(self, request, *parts):
        """Return what a payer reads of a page, without what Odoo puts around it."""
        _text, tree = self.page(request, *parts)
        for node in tree.xpath("//script | //style | //header | //footer"):
            node.drop_tree()
        return tree.text_content()

    def test_what_only_looks_like_a_word_is_none(self):
        self.assertEqual(foreign_words("The bank, and la poste", "en_US"), {"la"})
        self.assertEqual(foreign_words("Le the est servi", "fr_FR"), {"the"})
        self.assertEqual(foreign_words("Dépôt de la Paix: the bill", "en_US"), set())
        self.assertEqual(foreign_words("Theo, UN9CZ35AU3", "en_US"), set())

    def test_levels(self):
        invoice = self.overdue(12345.67, 5)
        for level in self.env["payment.reminder.level"].search(
            [("policy_id.company_id", "=", False)]
        ):
            for lang in WORDS:
                preview = self.env["payment.reminder.preview"].create(
                    {"level_id": level.id, "move_id": invoice.id, "lang": lang}
                )
                self.assertFalse(preview.error)
                self.assert_one_language(
                    lang,
                    name=level.with_context(lang=lang).name,
                    policy=level.policy_id.with_context(lang=lang).description,
                    subject=preview.subject,
                    body=preview.body,
                    sms=preview.sms_body or None,
                    script=preview.phone_script or None,
                )

    def test_mails_letters_and_statements(self):
        for lang in WORDS:
            customer = self.customer.copy({"name": "Dupont", "lang": lang})
            for days in (*range(1, 6), *range(-60, -46)):
                self.overdue(100.0, days, customer)
            self.create_invoice(
                300.0,
                customer,
                invoice_date=self.today - timedelta(days=15),
                invoice_payment_term_id=self.installments().id,
            )
            self.credit(30.0, customer)
            reminder = self.plan()
            reminder._prepare()
            request = reminder.request_id
            self.assert_one_language(
                lang,
                **self.print("action_report_payment_reminder", reminder, lang),
                **self.print("action_report_statement", customer, lang),
                **self.print("action_report_payment_request", request, lang),
                **self.render("mail_template_payment_request", request, lang),
                **self.render("sms_template_payment_request", request, lang),
                **self.render("mail_template_reminder_thanks", reminder, lang),
                table=reminder.invoice_table,
            )
            self.send(reminder)
            mail = self.mails_of(reminder)
            self.assert_one_language(lang, subject=mail.subject, mail=mail.body_html)

    def test_a_refused_transfer(self):
        for lang in WORDS:
            self.customer.lang = lang
            transaction = self.pay(self.create_request(), "pdng-rjct")
            self.assert_one_language(
                lang, **self.render("mail_template_transfer_refused", transaction, lang)
            )

    def test_pages(self):
        for lang in WORDS:
            self.customer.lang = lang
            yesterday = self.today - timedelta(days=1)
            late, revoked, expired, credited, coming, waiting, paid, tapped = (
                self.create_request(invoice_date=yesterday, invoice_date_due=yesterday)
                for _number in range(8)
            )
            revoked.action_revoke()
            expired.expiry_date = yesterday
            credited.line_ids.move_id._reverse_moves(cancel=True)
            coming.line_ids.move_id.line_ids.date_maturity = self.today + timedelta(9)
            for request, outcome in ((waiting, "pdng-acsc"), (paid, "acsc")):
                self.pay(request, outcome)
                request._refresh_transactions()
                request.transaction_ids._post_process()
            self.tapped(tapped)
            requests = late | revoked | expired | credited | coming | waiting | paid
            states = {}
            for request in requests:
                states[request._get_page_state()] = request
                self.assert_one_language(lang, **{request.state: self.text_of(request)})
            self.assertEqual(set(states), set(PAGES))
            checking = self.text_of(tapped, "?back=checking&check=6")
            self.assert_one_language(lang, checking=checking)
            for back in ("other", "?back=left"):
                self.assert_one_language(lang, **{back: self.text_of(late, back)})
            headers = {"Accept-Language": lang.replace("_", "-")}
            unknown = self.visit("/pay/nobody", headers=headers)
            self.assert_one_language(lang, unknown=unknown.text)

    def test_all_that_is_written_in_templates(self):
        """What no test above happens to show, too."""
        views = self.env["ir.ui.view"].search(
            [("type", "=", "qweb"), ("key", "=like", f"{ADDON}.%")]
        )
        self.assertGreater(len(views), 25)
        for lang in WORDS:
            for view in views.with_context(lang=lang):
                tree = html.fromstring(view.arch_db)
                for text in tree.xpath(
                    "//*[not(self::attribute)]/text() | //@title | //@alt"
                ):
                    found = foreign_words(text, lang)
                    self.assertFalse(found, f"{view.key} ({lang}): {text}")
