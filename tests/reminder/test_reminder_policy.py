from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta
from lxml import etree
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ...models.reminder.payment_reminder_level_render import PLACEHOLDERS
from ...wizard.reminder.payment_reminder_preview import sms_size
from ..common.reminder_case import ReminderCase

READY_MADE = {
    "courteous": [-3, 1, 7, 15, 30],
    "firm": [-5, 1, 5, 10, 20],
    "key_account": [3, 10, 20, 35, 60],
    "consumer": [-3, 2, 9, 20, 35],
    "none": [],
}
PROFILE_CRON = "account_payment_request.ir_cron_payer_profile"


class PolicyCase(ReminderCase):
    @classmethod
    def ready_made(cls, name):
        return cls.env.ref(f"account_payment_request.payment_reminder_policy_{name}")

    @classmethod
    def make_policy(cls, name, *days, **values):
        """Create a policy with levels that many days from the due date."""
        return cls.env["payment.reminder.policy"].create(
            {
                "name": name,
                "company_id": cls.company.id,
                "level_ids": [Command.create(cls._level(name, day)) for day in days],
                **values,
            }
        )


@tagged("post_install", "-at_install")
class TestReminderPolicy(PolicyCase):
    # === Ladder ===

    def test_days_count_from_the_due_date_or_from_the_previous_level(self):
        policy = self.make_policy("Mixed", -3, 5)
        last = self.env["payment.reminder.level"].create(
            {**self._level("Last", 30), "policy_id": policy.id}
        )
        last.write({"delay_days": 10, "delay_from": "previous"})
        self.assertEqual(policy.level_ids.mapped("days_from_due"), [-3, 5, 15])
        policy.level_ids[1].delay_days = 7
        self.assertEqual(last.days_from_due, 17)
        self.assertEqual(
            policy.level_ids.mapped("timing"),
            [
                "3 days before the due date",
                "7 days after the due date",
                "17 days after the due date",
            ],
        )

    def test_levels_follow_each_other_in_time(self):
        first = self.make_policy("Two", 1, 8).level_ids[0]
        with self.assertRaisesRegex(ValidationError, "Drag it to its place"):
            first.policy_id.level_ids = [
                Command.update(first.id, {"delay_days": 8}),
            ]

    def test_levels_can_be_dragged_to_another_place(self):
        policy = self.make_policy("Three", 1, 8, 15)
        _first, second, third = policy.level_ids
        # The one in the middle becomes the last: on the way the order is wrong.
        policy.level_ids = [
            Command.update(second.id, {"sequence": 30, "delay_days": 20}),
            Command.update(third.id, {"sequence": 25}),
        ]
        policy.invalidate_recordset()
        self.assertEqual(
            [lvl.days_from_due for lvl in policy.level_ids.sorted("sequence")],
            [1, 15, 20],
        )
        self.assertEqual(policy.escalation, "+1 E-mail · +15 E-mail · +20 E-mail")

    def test_a_level_removed_moves_those_that_count_from_it(self):
        policy = self.make_policy("Three", 1, 8, 15)
        _first, second, third = policy.level_ids
        third.write({"delay_days": 7, "delay_from": "previous"})
        policy.level_ids = [Command.delete(second.id)]
        self.assertEqual(policy.level_ids.mapped("days_from_due"), [1, 8])
        self.assertEqual(third.days_from_due, 8)

    def test_channels_are_tried_once_each_in_order(self):
        self.first.write(
            {"channel": "sms", "second_channel": "email", "third_channel": "sms"}
        )
        self.assertEqual(self.first._get_channels(), ["sms", "email"])

    def test_a_copy_is_for_nobody_yet(self):
        policy = self.make_policy("Original", 1, 8, payer_profile="late")
        copy = policy.copy()
        self.assertEqual(copy.name, "Original (copy)")
        self.assertFalse(copy.payer_profile)
        self.assertEqual(copy.level_ids.mapped("days_from_due"), [1, 8])
        self.assertEqual(copy.level_ids[0].body, policy.level_ids[0].body)

    def test_the_policy_of_a_company_stays_usable(self):
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        for change in (
            self.policy.unlink,
            self.policy.action_archive,
            lambda: self.policy.write({"company_id": other.id}),
        ):
            with (
                self.assertRaisesRegex(ValidationError, self.company.name),
                self.env.cr.savepoint(),
            ):
                change()
        self.policy.company_id = False
        nobodys = self.make_policy("Nobody's", 1)
        nobodys.action_archive()
        nobodys.unlink()

    # === Assignment ===

    def assert_policy(self, policy, source, partner=None, company=None):
        company = company or self.company
        partner = (partner or self.customer).with_company(company)
        self.env.flush_all()
        rows = self.env.execute_query(
            self.env["payment.reminder.policy"]._partner_policy_query(
                company, partner.ids
            )
        )
        self.assertEqual(rows, [(partner.id, policy.id or None, source)])
        partner.invalidate_recordset()
        self.assertIn(policy.name or "None", partner.payment_reminder_policy_note)

    def test_the_strongest_assignment_counts(self):
        tag = self.env["res.partner.category"].create({"name": "Members"})
        self.assert_policy(self.policy, "company")

        history = self.make_policy("History", 1, payer_profile="late")
        self.env["payment.payer.profile"].sudo().create(
            {
                "partner_id": self.customer.id,
                "company_id": self.company.id,
                "profile": "late",
            }
        )
        self.assert_policy(history, "history")

        tagged_policy = self.make_policy("Tag", 1, tag_ids=tag.ids, sequence=20)
        self.assert_policy(history, "history")
        self.customer.category_id = tag
        self.assert_policy(tagged_policy, "tag")
        before = self.make_policy("Earlier tag", 1, tag_ids=tag.ids, sequence=15)
        self.assert_policy(before, "tag")

        own = self.make_policy("Own", 1)
        self.customer.payment_reminder_policy_id = own
        self.assert_policy(own, "customer")
        # Archived half-way: the next one in line takes over.
        own.action_archive()
        self.assert_policy(before, "tag")
        own.action_unarchive()
        self.customer.payment_reminder_policy_id = False
        before.action_archive()
        tagged_policy.action_archive()
        history.action_archive()
        self.assert_policy(self.policy, "company")
        self.company.payment_reminder_policy_id = False
        self.assert_policy(self.env["payment.reminder.policy"], None)

    def test_policies_of_two_companies_do_not_mix(self):
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        tag = self.env["res.partner.category"].create({"name": "Members"})
        self.customer.category_id = tag
        foreign = self.make_policy("Theirs", 1, tag_ids=tag.ids, company_id=other.id)
        other.payment_reminder_policy_id = self.ready_made("firm")
        self.assert_policy(self.policy, "company")
        self.assert_policy(foreign, "tag", company=other)
        self.customer.payment_reminder_policy_id = self.policy
        self.assert_policy(self.policy, "customer")
        self.assert_policy(foreign, "tag", company=other)
        # Written past the screen: another company's policy never counts.
        self.customer.with_company(other).payment_reminder_policy_id = self.policy
        self.assert_policy(foreign, "tag", company=other)

    def test_a_deleted_policy_leaves_its_customers_to_the_next_one(self):
        own = self.make_policy("Own", 1)
        self.customer.payment_reminder_policy_id = own
        own.unlink()
        self.assert_policy(self.policy, "company")

    def test_one_policy_for_each_payment_history(self):
        for company in (self.company, self.env["res.company"]):
            values = {"payer_profile": "chronic", "company_id": company.id}
            self.make_policy("One", 1, **values)
            with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self.make_policy("Two", 1, **values)

    def test_contacts_show_what_their_company_has(self):
        contact = self.env["res.partner"].create(
            {"name": "Accounts", "parent_id": self.company_customer.id}
        )
        own = self.make_policy("Own", 1)
        self.company_customer.payment_reminder_policy_id = own
        self.assertIn("Own", contact.payment_reminder_policy_note)

    # === Business days ===

    def test_public_holidays_are_no_business_days(self):
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        leaves = self.env["resource.calendar.leaves"].sudo()
        values = {"date_from": "2026-05-01 00:00:00", "date_to": "2026-05-01 22:00:00"}
        # Of another company, and of one person: the first of May is a Friday.
        leaves.with_company(other).create(
            {**values, "calendar_id": other.resource_calendar_id.id}
        )
        person = self.env["resource.resource"].sudo().create({"name": "Marie"})
        leaves.create({**values, "resource_id": person.id})
        friday, thursday = datetime(2026, 5, 1, 9, 0), datetime(2026, 4, 30, 9, 0)

        def blocker(moment):
            self.set_now(moment)
            return self.company._get_reminder_blocker(self.first)

        self.assertIsNone(blocker(friday))
        holiday = leaves.with_company(self.company).create(values)
        for calendar in (
            self.env["resource.calendar"],
            self.company.resource_calendar_id,
        ):
            holiday.calendar_id = calendar
            self.assertEqual(blocker(friday), "not_a_business_day")
            self.assertIsNone(blocker(thursday))
        self.first.business_days = False
        self.assertIsNone(blocker(friday))

    # === Settings ===

    def test_switching_on_notes_the_database(self):
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        self.assertEqual(self.company.payment_reminder_database, uuid)
        # A copy with a new identifier: saving the settings there changes nothing.
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "copied")
        self.env["res.config.settings"].create(
            {"payment_reminder_interval_days": 4}
        ).execute()
        self.assertEqual(self.company.payment_reminder_interval_days, 4)
        self.assertTrue(self.company.payment_reminder_enabled)
        self.assertEqual(self.company.payment_reminder_database, uuid)
        self.company.payment_reminder_enabled = False
        self.company.payment_reminder_enabled = True
        self.assertEqual(self.company.payment_reminder_database, "copied")

    def test_a_new_company_is_courteous_and_off(self):
        company = self.env["res.company"].create({"name": "New one"})
        self.assertEqual(
            company.payment_reminder_policy_id, self.ready_made("courteous")
        )
        self.assertFalse(company.payment_reminder_enabled)
        self.assertFalse(company.payment_reminder_database)


@tagged("post_install", "-at_install")
class TestReminderTexts(PolicyCase):
    def preview(self, level, move, **values):
        return self.env["payment.reminder.preview"].create(
            {"level_id": level.id, "move_id": move.id, **values}
        )

    def test_five_policies_are_ready_made(self):
        for name, days in READY_MADE.items():
            policy = self.ready_made(name)
            self.assertEqual(policy.level_ids.mapped("days_from_due"), days, name)
            self.assertFalse(policy.company_id, name)
            notices = policy.level_ids.filtered("formal_notice")
            self.assertEqual(notices, policy.level_ids[-1:], name)
            self.assertFalse(any(notices.mapped("automatic")), name)
        key_account = self.ready_made("key_account").level_ids
        self.assertEqual(key_account[0].channel, "phone")
        consumer = self.ready_made("consumer").level_ids
        self.assertFalse(any(consumer.mapped("show_late_fees")))

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
        self.first.body = "<p>{{ object.no_such_field }}</p>"
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
        policy = self.ready_made("courteous").with_user(self.manager())
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
        self.assertRegex(preview.body, r'<a href="http[^"]+">Pay</a> before \d')

    def test_the_form_shows_what_everybody_may_write(self):
        view = self.env["payment.reminder.level"].get_view(view_type="form")
        shown = etree.fromstring(view["arch"]).xpath("//code/text()")
        self.assertEqual({code[2:-2].strip() for code in shown}, PLACEHOLDERS)

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


@tagged("post_install", "-at_install")
class TestPayerProfile(PolicyCase):
    def make_invoice(self, amount, due, partner=None):
        return self.create_invoice(
            amount,
            partner,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
        )

    def money(self, move, day, amount=None, currency=None):
        """Book what arrived for an invoice on a day, and reconcile it.

        :param float amount: in the company's currency; None: all that is open
        :param res.currency currency: what it came in, 4 for 1
        """
        due = self.due_lines(move)
        amount = amount or move.amount_residual
        foreign = {"currency_id": currency.id} if currency else {}
        entry = self.env["account.move"].create(
            {
                "journal_id": self.bank_journal.id,
                "date": day,
                "line_ids": [
                    Command.create(
                        {
                            "account_id": due.account_id.id,
                            "partner_id": move.commercial_partner_id.id,
                            "credit": amount,
                            **(foreign and {**foreign, "amount_currency": -4 * amount}),
                        }
                    ),
                    Command.create(
                        {
                            "account_id": self.bank_journal.default_account_id.id,
                            "debit": amount,
                            **(foreign and {**foreign, "amount_currency": 4 * amount}),
                        }
                    ),
                ],
            }
        )
        entry.action_post()
        (entry.line_ids[:1] + due).reconcile()

    def paid(self, amount, days, due=date(2026, 2, 1), partner=None):
        """Create an invoice that was paid ``days`` after it was due."""
        move = self.make_invoice(amount, due, partner)
        self.money(move, due + timedelta(days=days))
        return move

    def profile(self, partner=None, company=None):
        company = company or self.company
        self.env["payment.payer.profile"]._refresh(company)
        return self.env["payment.payer.profile"].search(
            [
                ("partner_id", "=", (partner or self.customer).id),
                ("company_id", "=", company.id),
            ]
        )

    def test_days_and_shares_are_weighted_by_amount(self):
        self.paid(900, -10)
        self.paid(50, 3)
        self.paid(50, 21)
        profile = self.profile()
        # (900 × 0 + 50 × 3 + 50 × 21) / 1000
        self.assertAlmostEqual(profile.days_late, 1.2)
        self.assertAlmostEqual(profile.share_on_time, 0.95)
        self.assertEqual(profile.invoice_count, 3)
        self.assertEqual(profile.profile, "on_time")
        self.assertEqual(
            self.customer.payer_profile_note,
            "1 day late on average, 95% on time, 3 invoices",
        )
        self.assertEqual(self.customer.payer_profile, "on_time")

    def test_classes(self):
        for expected, *parts in (
            ("on_time", (100, 0), (100, 0), (100, -5)),
            ("on_time", (100, 3), (100, 3), (100, 3)),
            ("late", (100, 0), (700, 0), (100, 31)),
            ("late", (100, 0), (100, 4), (100, 0)),
            ("chronic", (100, 0), (100, 4), (100, 4)),
            ("chronic", (100, 0), (100, 0), (100, 60)),
            (False, (100, 90), (100, 90)),
        ):
            partner = self.env["res.partner"].create({"name": str(parts)})
            for amount, days in parts:
                self.paid(amount, days, partner=partner)
            with self.subTest(parts=parts):
                self.assertEqual(self.profile(partner).profile, expected)

    def test_trend_compares_the_last_six_months(self):
        old = self.today - relativedelta(months=10)
        self.paid(100, 20, old)
        self.paid(100, 10, old)
        self.paid(200, 5, self.today - relativedelta(months=2))
        profile = self.profile()
        self.assertAlmostEqual(profile.trend, 5 - 15)
        self.assertIn("10 days better", self.customer.payer_profile_note)

    def test_what_is_open_and_late_counts_up_to_today(self):
        for _i in range(2):
            self.paid(100, 0)
        open_one = self.make_invoice(200, self.today - timedelta(days=40))
        self.money(open_one, self.today - timedelta(days=40), 100)
        profile = self.profile()
        self.assertAlmostEqual(profile.days_late, 10)
        self.assertAlmostEqual(profile.share_on_time, 0.75)
        # Not due yet: tells nothing.
        self.make_invoice(5000, self.today + timedelta(days=10))
        self.assertAlmostEqual(self.profile().days_late, 10)
        # In dispute: the customer does not owe it yet.
        open_one.action_toggle_block_payment()
        self.assertAlmostEqual(self.profile().days_late, 0)
        # The day after, it is a day later: the company's own clock.
        open_one.action_toggle_block_payment()
        self.next_days(4)
        self.assertAlmostEqual(self.profile().days_late, 11)

    def test_amounts_in_other_currencies_weigh_in_the_companys(self):
        dollar = self.env.ref("base.USD")
        dollar.active = True
        dollar.rate_ids.unlink()
        self.env["res.currency.rate"].create(
            {
                "currency_id": dollar.id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 4,
            }
        )
        due = date(2026, 2, 1)
        self.paid(100, 0, due)
        self.paid(100, 0, due)
        in_dollars = self.create_invoice(
            400,
            invoice_date=due - timedelta(days=30),
            invoice_date_due=due,
            invoice_payment_term_id=False,
            currency_id=dollar.id,
        )
        # 400 $ are 100 €; half of them came 15 days late, half is still open.
        self.money(in_dollars, due + timedelta(days=15), 50, dollar)
        self.now = datetime(2026, 3, 3, 9, 0)
        profile = self.profile()
        # (200 × 0 + 50 × 15 + 50 × 30) / 300
        self.assertAlmostEqual(profile.days_late, 7.5)
        self.assertAlmostEqual(profile.share_on_time, 2 / 3)

    def test_money_given_back_is_no_payment(self):
        for _i in range(3):
            self.paid(100, 0)
        late = self.paid(500, 20)
        self.assertAlmostEqual(self.profile().days_late, 500 * 20 / 800)
        # The bank takes it back: it is open, and late until today.
        late.line_ids.remove_move_reconcile()
        days = (self.today - late.invoice_date_due).days
        self.assertAlmostEqual(self.profile().days_late, 500 * days / 800)

    def test_credit_notes_and_old_payments_do_not_count(self):
        for _i in range(3):
            self.paid(100, 0)
        credited = self.make_invoice(1000, self.today - timedelta(days=100))
        self.reverse(credited)
        self.paid(1000, 50, self.today - relativedelta(months=30))
        profile = self.profile()
        self.assertEqual(profile.invoice_count, 3)
        self.assertAlmostEqual(profile.days_late, 0)

    def test_profiles_go_with_their_facts_and_stay_in_their_company(self):
        move = self.paid(100, 12)
        other = self.env["res.company"].create({"name": "Autre Boutique"})
        self.env["payment.payer.profile"].sudo().create(
            {"partner_id": self.customer.id, "company_id": other.id, "profile": "late"}
        )
        self.assertAlmostEqual(self.profile().days_late, 12)
        move.line_ids.remove_move_reconcile()
        move.button_draft()
        self.assertFalse(self.profile())
        theirs = self.env["payment.payer.profile"].search(
            [("partner_id", "=", self.customer.id)]
        )
        self.assertEqual(theirs.company_id, other)
        self.assertFalse(self.customer.payer_profile)
        self.assertEqual(self.customer.with_company(other).payer_profile, "late")

    def test_the_job_refreshes_every_company(self):
        for _i in range(3):
            self.paid(100, 30)
        self.run_cron(PROFILE_CRON)
        self.assertEqual(self.customer.payer_profile, "chronic")
        found = self.env["res.partner"].search([("payer_profile", "=", "chronic")])
        self.assertIn(self.customer, found)
        self.assertNotIn(self.company_customer, found)
        none = self.env["res.partner"].search([("payer_profile", "=", False)])
        self.assertIn(self.company_customer, none)
        self.assertNotIn(self.customer, none)

    def test_only_accounting_sees_how_a_customer_pays(self):
        for _i in range(3):
            self.paid(100, 30)
        self.profile()
        seller = new_test_user(self.env, "seller", "base.group_user")
        with self.assertRaises(AccessError):
            self.env["payment.payer.profile"].with_user(seller).search([])
        with self.assertRaises(AccessError):
            self.customer.with_user(seller).read(["payer_profile"])
        reader = self.customer.with_user(self.accountant)
        self.assertEqual(reader.payer_profile, "chronic")

    def test_merged_customers_have_one_profile(self):
        twin = self.env["res.partner"].create({"name": "Marie Dupond"})
        profiles = self.env["payment.payer.profile"].sudo()
        for partner, days in ((self.customer, 1), (twin, 50)):
            profiles.create(
                {
                    "partner_id": partner.id,
                    "company_id": self.company.id,
                    "days_late": days,
                }
            )
        with mute_logger("odoo.sql_db"):
            self.env["base.partner.merge.automatic.wizard"].sudo()._merge(
                (self.customer + twin).ids, self.customer
            )
        self.env.invalidate_all()
        self.assertFalse(twin.exists())
        self.assertEqual(len(self.customer.payer_profile_ids), 1)
