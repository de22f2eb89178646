"""The texts of levels, and their preview."""

from datetime import timedelta

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ...models.reminder.payment_reminder_level_render import RENDERED
from ...wizard.reminder.payment_reminder_preview import sms_size
from ..common.reminder_case import ReminderCase

READY_MADE = {
    "courteous": [-3, 1, 7, 15, 30],
    "firm": [-5, 1, 5, 10, 20],
    "key_account": [3, 10, 20, 35, 60],
    "consumer": [-3, 2, 9, 20, 35],
    "public_body": [5, 15, 30, 45],
    "none": [],
}


@tagged("post_install", "-at_install")
class TestReminderTexts(ReminderCase):
    def preview(self, level, move, **values):
        return self.env["payment.reminder.preview"].create(
            {"level_id": level.id, "move_id": move.id, **values}
        )

    def test_six_policies_are_ready_made(self):
        for name, days in READY_MADE.items():
            policy = self.ready_made(name)
            self.assertEqual(policy.level_ids.mapped("days_from_due"), days, name)
            self.assertFalse(policy.company_id, name)
            notices = policy.level_ids.filtered("formal_notice")
            self.assertEqual(notices, policy.level_ids[-1:], name)
            self.assertFalse(any(notices.mapped("automatic")), name)
        key_account = self.ready_made("key_account").level_ids
        self.assertEqual(key_account[0].channel, "phone")

    def assert_ready_made_texts(self, lang, amount, notice):
        self.company_customer.name = "Dupont & <Fils>"
        invoice = self.overdue(12345.67, 5, self.company_customer)
        for name in READY_MADE:
            for level in self.ready_made(name).level_ids:
                preview = self.preview(level, invoice, lang=lang)
                label = f"{name}: {level.name} ({lang})"
                self.assertFalse(preview.error, label)
                texts = [preview.subject, preview.body, preview.sms_body]
                if level.days_from_due > 0 and not level.formal_notice:
                    texts.append(preview.phone_script)
                for text in texts:
                    self.assertTrue(text, label)
                    self.assertNotIn("{{", text, label)
                    self.assertNotIn("<Fils>", text, label)
                self.assertIn(amount, preview.body, label)
                self.assertIn("Boutique Exemple", preview.sms_body, label)
                self.assertIn("/pay/", preview.sms_body, label)
                _places, messages, foreign = sms_size(preview.sms_body)
                self.assertEqual((messages, foreign), (1, ""), label)
                if level.formal_notice:
                    self.assertIn(notice, preview.body, label)
                    self.assertIn("Dupont &amp; &lt;Fils&gt;", preview.body)

    def test_ready_made_texts_read_well_on_an_invoice(self):
        self.assert_ready_made_texts("en_US", "12,345.67", "formal notice to pay")

    def test_ready_made_texts_read_well_in_french(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["ir.module.module"]._load_module_terms(
            ["account_payment_request"], ["fr_FR"]
        )
        self.assert_ready_made_texts("fr_FR", "12\xa0345,67", "mettons en demeure")

    def test_the_preview_changes_nothing(self):
        invoice = self.overdue(partner=self.company_customer)
        preview = self.preview(self.first, invoice)
        self.env.flush_all()
        models = ("payment.reminder", "payment.reminder.line", "payment.request")
        before = [self.env[model].sudo().search([]).ids for model in models]
        writes = []
        execute = self.env.cr.execute

        def listen(query, *args, **kwargs):
            if str(getattr(query, "code", query)).lstrip()[:6] in ("INSERT", "UPDATE"):
                writes.append(query)
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", listen)
        self.assertIn(invoice.name, preview.body)
        self.env.flush_all()
        self.assertEqual(writes, [])
        after = [self.env[model].sudo().search([]).ids for model in models]
        self.assertEqual(after, before)

    def test_the_preview_shows_the_day_on_which_it_would_leave(self):
        invoice = self.overdue(days=40)
        due = invoice.invoice_date_due
        self.third.body = "<p>{{ object.days_late }} days late</p>"
        preview = self.preview(self.third, invoice)
        self.assertEqual(preview.date, due + timedelta(days=15))
        self.assertIn("<p>15 days late</p>", preview.body)
        self.assertNotIn("40 days late", preview.body)
        self.assertEqual(self.company._get_payment_today(), self.today)

    def test_the_preview_of_a_notice_has_the_days_of_the_reminders_before(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.third.with_context(
            lang="fr_FR"
        ).body = "<p>Relances des {{ object.earlier_dates }}</p>"
        preview = self.preview(self.third, self.overdue(days=40), lang="fr_FR")
        # Due on 4 February.
        self.assertIn("Relances des 5 février 2026 et 12 février 2026", preview.body)

    def test_the_preview_speaks_the_language_chosen(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.first.with_context(lang="fr_FR").write(
            {
                "subject": "Rappel du {{ format_date(object.due_date) }}",
                "body": "<p>{{ format_amount(object.amount_asked, "
                "object.currency_id) }}</p>",
                "sms_body": "Règlement « {{ format_amount(object.amount_asked, "
                "object.currency_id) }} »",
            }
        )
        invoice = self.overdue(1234.5, partner=self.company_customer)
        preview = self.preview(self.first, invoice, lang="fr_FR")
        due = invoice.invoice_date_due
        self.assertEqual(preview.subject, f"Rappel du {due:%d/%m/%Y}")
        self.assertIn("234,50", preview.body)
        # An SMS keeps to its own alphabet, which has one space and one quote.
        self.assertRegex(preview.sms_body, r'^Règlement " 1 234,50 ')
        self.assertEqual(sms_size(preview.sms_body)[1:], (1, ""))
        preview.lang = "en_US"
        self.assertEqual(preview.subject, f"First: {invoice.name}")

    def test_the_preview_tells_what_is_wrong_with_a_text(self):
        # What fails for everybody is refused as it is written.
        self.first.body = (
            "<p>{{ object.no_such_field if object.partner_id.name == 'Marie Dupont'"
            " else '' }}</p>"
        )
        preview = self.preview(self.first, self.overdue())
        self.assertIn("no_such_field", preview.error)
        self.assertFalse(preview.body)

    def test_the_preview_is_in_the_language_of_its_recipient(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["res.partner"].create(
            {
                "name": "Relances",
                "type": "followup",
                "parent_id": self.company_customer.id,
                "email": "relances@example.com",
                "lang": "fr_FR",
            }
        )
        preview = self.preview(self.first, self.overdue(partner=self.company_customer))
        self.assertEqual(preview.contact_id.name, "Relances")
        self.assertEqual(preview.lang, "fr_FR")

    def test_a_paid_invoice_has_no_preview(self):
        invoice = self.overdue()
        preview = self.preview(self.first, invoice)
        self.assertTrue(preview.body)
        self.reverse(invoice)
        preview = self.preview(self.first, invoice)
        self.assertFalse(preview.body)
        self.assertFalse(preview.date)

    def test_the_preview_opens_on_the_oldest_open_invoice(self):
        invoice = self.overdue(days=900)
        self.overdue(days=3)
        with Form(
            self.env["payment.reminder.preview"].with_context(
                default_level_id=self.first.id
            )
        ) as preview:
            self.assertEqual(preview.move_id, invoice)
            self.assertIn(invoice.name, preview.subject)

    def test_placeholders_in_html_are_escaped(self):
        self.customer.name = "<b>Marie</b>"
        self.first.body = (
            "<p>{{ object.contact_id.name }} {{ object.user_id.nothing"
            " if 1 &gt; 2 else object.company_id.name }} {{ False ||| nobody }}</p>"
        )
        preview = self.preview(self.first, self.overdue())
        self.assertFalse(preview.error)
        self.assertIn("&lt;b&gt;Marie&lt;/b&gt; Boutique Exemple nobody", preview.body)

    def test_placeholders_work_in_attributes(self):
        self.first.body = (
            '<p><a href="{{ object.request_id.url }}" title="{{ object.company_id.name '
            '}} &amp; you">Pay</a></p>'
        )
        preview = self.preview(self.first, self.overdue())
        self.assertFalse(preview.error)
        self.assertRegex(
            preview.body,
            r'<p><a href="http[^"{]+/pay/\w+" title="Boutique Exemple &amp; you">Pay<',
        )

    def test_many_reminders_are_rendered_as_one_by_one(self):
        self.first.write(
            {
                "body": "<p>{{ object.partner_id.name }}</p><p>{{ object.days_late }}"
                ' days<br/><t t-if="object.days_late &gt; 3">Late</t></p>',
                "closing": "<p>The same for all</p>",
                "phone_script": False,
            }
        )
        self.customer.name = "<b>Marie</b>"
        self.overdue(100, 2)
        self.overdue(200, 9, self.company_customer)
        reminders = self.plan()
        self.assertEqual(len(reminders), 2)
        together = self.first._render_texts(reminders, "en_US")
        for reminder in reminders:
            alone = self.first._render_texts(reminder, "en_US")
            self.assertEqual(together[reminder.id], alone[reminder.id])
        marie = reminders.filtered(lambda r: r.partner_id == self.customer)
        self.assertEqual(
            together[marie.id]["body"],
            "<p>&lt;b&gt;Marie&lt;/b&gt;</p><p>2 days<br/></p>",
        )
        self.assertIn("9 days<br/>Late", together[(reminders - marie).id]["body"])

    def test_an_accountant_previews_and_changes_nothing(self):
        invoice = self.overdue()
        level = self.first.with_user(self.accountant)
        preview = (
            self.env["payment.reminder.preview"]
            .with_user(self.accountant)
            .create({"level_id": level.id, "move_id": invoice.id})
        )
        self.assertIn(invoice.name, preview.body)
        with self.assertRaises(AccessError):
            level.subject = "Mine"

    def manager(self):
        """Return a manager of accounting who is no editor of mail templates."""
        manager = new_test_user(
            self.env,
            login="reminder_manager",
            groups="account.group_account_manager",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.assertFalse(manager.has_group("mail.group_mail_template_editor"))
        return manager

    def test_a_manager_edits_ready_made_policies(self):
        manager = self.manager()
        # What all companies share is changed by who works in each of them.
        companies = self.env["res.company"].with_context(active_test=False)
        manager.company_ids = companies.search([])
        policy = self.ready_made("courteous").with_user(manager)
        for level in policy.level_ids:
            level.write({"delay_days": level.delay_days + 2, "amount_min": 15})
        copy = policy.copy({"company_id": self.company.id})
        self.assertEqual(copy.level_ids.mapped("days_from_due"), [-1, 3, 9, 17, 32])
        copy.level_ids[0].write(
            {
                "subject": "{{ object.partner_id.name ||| You }}: {{object.days_late}}",
                "body": '<p title="Link"><a href="{{ object.request_id.url }}">Pay</a> '
                "before {{ format_date(object.due_date) }}</p>",
            }
        )
        copy.level_ids.flush_recordset()
        preview = self.preview(copy.level_ids[0], self.overdue())
        self.assertRegex(preview.body, r'<a href="http[^"]+">Pay</a> before [A-Z]')

    def test_each_text_of_the_form_offers_what_everybody_may_write(self):
        view = self.env["payment.reminder.level"].get_view(view_type="form")
        form = etree.fromstring(view["arch"])
        for name in RENDERED:
            [widget] = form.xpath(f"//field[@name='{name}']/@widget")
            self.assertIn("payment_placeholder", widget, name)

    def test_only_template_editors_write_expressions(self):
        level = self.first.with_user(self.manager())
        # What was there before, an editor wrote: it is in the way of any change.
        self.first.body = "<p>Hello {{ object.partner_id.name }}</p>"
        level.delay_days = 2
        for name, text in (
            ("body", "<p>{{ object.env['res.users'].sudo().search([]) }}</p>"),
            ("body", '<p title="#{object.env.cr} {{ object.days_late }}">x</p>'),
            ("body", '<p>{{ object.env.cr #="{{ object.days_late }}"</p>'),
            ("body", '<a href="{{ object.env.cr }}">x</a>'),
            ("closing", "<p>{{ object.days_late or object.env.cr }}</p>"),
            ("phone_script", '<p><t t-out="object.sudo().env"/></p>'),
            ("phone_script", '<p t-if="object.env.cr">{{ object.days_late }}</p>'),
            ("sms_body", "{{ object.env.cr }}"),
            ("sms_body", "{{ object.days_late }}{{{ object.days_late }}}}"),
            ("subject", "{{ object.env.cr }} {{ object.days_late }}"),
            # An editor's browser would make an expression of it.
            ("body", '<p><span data-expression="object.env.cr">Customer</span></p>'),
        ):
            with (
                self.subTest(text=text),
                self.assertRaises(AccessError),
                self.env.cr.savepoint(),
            ):
                level[name] = text
                level.flush_recordset()

    def test_room_of_an_sms(self):
        self.assertEqual(sms_size("a" * 160), (160, 1, ""))
        self.assertEqual(sms_size("a" * 161), (161, 2, ""))
        self.assertEqual(sms_size("€" * 80), (160, 1, ""))
        self.assertEqual(sms_size("é" * 160), (160, 1, ""))
        self.assertEqual(sms_size("ê" * 70), (70, 1, "ê"))
        self.assertEqual(sms_size("ê" * 71), (71, 2, "ê"))
