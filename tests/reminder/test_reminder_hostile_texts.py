"""Texts as nobody should write them: refused, or the same for one and for many."""

import random
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..common.reminder_case import ReminderCase

RENDER_LOGGER = "odoo.addons.mail.models.mail_render_mixin"
NAME = "{{ object.partner_id.name }}"
PIECES = [
    "Dear ",
    NAME,
    "{{ object.days_late }}",
    "{{ False ||| nobody }}",
    "{{ object.user_id.nothing if 1 > 2 else object.company_id.name }}",
    "{{ object.partner_id\n.name }}",
    "{{ object.partner_id.name",
    "{{",
    "}}",
    "<p>",
    "</p>",
    "</div>",
    "</t>",
    "<table><tr>",
    "<td>",
    "<ul><li>",
    "<br>",
    "&nbsp;&lt;t t-out&gt;",
    "\x0b\x1f\u2028",
    f"<!-- {NAME} -->",
    f"<!--[if mso]>{NAME}<![endif]-->",
    "<!--",
    f"<style>p {{ color: {NAME} }}</style>",
    f'<p style="color: {NAME}">styled</p>',
    f'<a href="{{{{ object.request_id.url }}}}" title="{NAME} &amp; you">pay</a>',
    f"<textarea>{NAME}</textarea>",
    f"<title>{NAME}</title>",
    f"<script>{NAME}</script>",
    '<t t-out="object.partner_id.name"/>',
    '<t t-out="object.partner_id.name\x0b"></t>',
    '<t\x0ct-out="object.days_late">none</t>',
    '<p t-if="object.days_late &gt; 3">late</p>',
    '<t t-if="object.days_late &gt; 3" t-set="late" t-value="1"/>',
    '<t t-out="late or 0"/>',
    '<t t-set="n" t-value="(n or 0) + 1"/><t t-out="n"/>',
    '<t t-set="object" t-value="object.partner_id"/><t t-out="object.id"/>',
    '<t t-set="format_date" t-value="0"/><t t-out="format_date"/>',
    '<t t-set="late">late</t>',
    '<t t-foreach="object.line_ids" t-as="line"><t t-out="line.amount"/></t>',
    '<t t-out="line.amount"/>',
    '<t t-out="line_index or 0"/>',
    '<t t-out="object_index"/>',
]


@tagged("post_install", "-at_install")
class TestHostileTexts(ReminderCase):
    def refuse(self, name, text, *parts, **context):
        level = self.first.with_context(**context)
        with self.assertRaises(ValidationError) as caught, self.env.cr.savepoint():
            level[name] = text
            level.flush_recordset()
        for part in ("First", *parts):
            self.assertIn(part, str(caught.exception))

    @mute_logger(RENDER_LOGGER)
    def test_what_cannot_be_rendered_is_refused_as_it_is_written(self):
        self.refuse(
            "body", "<p>{{ object.no_such_field }}</p>", "Body", "no_such_field"
        )
        self.refuse("closing", "<p>{{ 1 + }}</p>", "Closing")
        self.refuse("subject", "{{ object.no_such_field }}", "Subject")
        self.refuse("subject", "{{ object.partner_id\n.name }}", "several lines")
        self.refuse("sms_body", "Pay {{ object.request_id.url", "SMS", "not closed")
        self.refuse("phone_script", "<p>{{ object.days_late + '' }}</p>", "Script")
        with self.assertRaises(ValidationError):
            self.make_policy("Broken", 3).level_ids.copy({"subject": "{{ 1 / 0 }}"})

    @mute_logger(RENDER_LOGGER)
    def test_each_language_is_tried_as_it_is_written(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.refuse("body", "<p>{{ object.rien }}</p>", "fr_FR", lang="fr_FR")
        with self.assertRaisesRegex(ValidationError, "fr_FR"), self.env.cr.savepoint():
            self.first.update_field_translations(
                "subject", {"fr_FR": "{{ object.rien }}"}
            )
        self.first.update_field_translations(
            "subject", {"fr_FR": "{{ object.partner_id.name }}"}
        )

    def test_nothing_is_tried_for_who_may_not_write_it(self):
        manager = self.make_user("m", "account.group_account_manager", self.company)
        level = self.first.with_user(manager)
        evil = "{{ object.env.cr }}"
        with patch.object(type(level), "_try_texts") as tried:
            for change in (
                lambda: level.write({"sms_body": evil}),
                lambda: level.copy({"subject": evil}),
                lambda: level.update_field_translations("subject", {"en_US": evil}),
            ):
                with self.assertRaises(AccessError), self.env.cr.savepoint():
                    change()
        tried.assert_not_called()

    def test_ready_made_texts_pass(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        levels = self.env["payment.reminder.level"].search([])
        self.assertGreater(len(levels), 20)
        for lang in ("en_US", "fr_FR"):
            for level in levels:
                level._try_texts(lang)

    def test_a_subject_stays_on_one_line(self):
        self.first.subject = (
            "First\r\nBcc: everybody@example.com {{ object.days_late }}"
        )
        reminder = self.plan_one()
        self.assertEqual(reminder.subject, "First Bcc: everybody@example.com 5")
        reminder.with_user(self.accountant).subject = "Mine\nBcc: all@example.com"
        self.assertEqual(reminder.subject, "Mine Bcc: all@example.com")

    def plan_one(self):
        self.overdue(100, 5)
        reminder = self.plan()
        reminder._prepare()
        return reminder

    @mute_logger(RENDER_LOGGER, "odoo.tools.mail.html_sanitize")
    def test_one_is_rendered_as_many_are(self):
        self.customer.name = "<b>Marie</b> {{ 1 }}"
        self.overdue(100, 2)
        self.overdue(200, 9, self.company_customer)
        self.overdue(300, 4, self.customer.copy({"name": "Zoé"}))
        reminders = self.plan()
        self.assertEqual(len(reminders), 3)
        chance = random.Random(11)
        texts = [*PIECES, *(a + b for a in PIECES[9:] for b in PIECES[:2])]
        texts += ["".join(chance.choices(PIECES, k=4)) for _i in range(60)]
        taken = 0
        for text in texts:
            with self.subTest(text=text):
                try:
                    with self.env.cr.savepoint():
                        self.first.write({"body": text, "subject": text})
                        self.first.flush_recordset()
                except UserError:
                    continue
                taken += 1
                together = self.first._render_texts(reminders, "en_US")
                for reminder in reminders:
                    alone = self.first._render_texts(reminder, "en_US")
                    self.assertEqual(together[reminder.id], alone[reminder.id])
                    self.assertNotRegex(alone[reminder.id]["subject"], r"[\r\n]")
                    self.assertNotRegex(alone[reminder.id]["body"], r"<t\b|t-out=\"")
        self.assertGreater(taken, 40)
