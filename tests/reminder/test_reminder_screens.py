"""The screens of reminders: what they show whole, and what a phone can do."""

import re
import time
from pathlib import Path
from unittest.mock import patch

from lxml import etree

from odoo.tests import HttpCase, tagged
from odoo.tools import file_path

from ...models.reminder.payment_reminder_level_render import PLACEHOLDERS
from ..common.reminder_screen_case import ScreenCase

#: What a person looks for in a list: never cut.
NAMES = {
    "partner_id",
    "level_name",
    "invoice_names",
    "reminder_note",
    "reminder_level_id",
    "reminder_next_level_id",
    "last_level_name",
    "waits_for",
}
MODELS = ("payment.reminder", "payment.customer.balance", "account.move", "res.partner")


@tagged("post_install", "-at_install")
class TestReminderViews(ScreenCase):
    def archs(self, *models):
        """Yield our views of some models: record and tree."""
        ours = self.env["ir.model.data"].search(
            [("module", "=", "account_payment_request"), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(ours.mapped("res_id"))
        for view in views.filtered(lambda v: v.model in models):
            yield view, etree.fromstring(view.arch_db)

    def test_names_and_next_steps_are_not_cut(self):
        seen = set()
        for view, arch in self.archs(*MODELS):
            lists = arch.iter("list") if view.model != "account.move" else [arch]
            for field in (f for found in lists for f in found.iter("field")):
                name = field.get("name")
                in_list = view.type == "list" or field.iterancestors("list")
                if name not in NAMES or not in_list or field.get("column_invisible"):
                    continue
                if view.model == "account.move" and view.type != "list":
                    continue
                seen.add(name)
                with self.subTest(view.name, field=name):
                    self.assertIn("o_list_text", field.get("class") or "")
                    self.assertFalse(field.get("width"))
        self.assertEqual(seen, NAMES)

    def test_no_column_of_amounts_is_narrower_than_odoos_own(self):
        for view, arch in self.archs(*MODELS):
            model = self.env[view.model]
            for field in arch.xpath("//list//field[@width]"):
                known = model._fields.get(field.get("name"))
                if known is not None and known.type == "monetary":
                    with self.subTest(view.name, field=known.name):
                        self.assertGreater(int(field.get("width")[:-2]), 105)

    def test_the_graph_opens_on_what_was_asked(self):
        view = self.env.ref("account_payment_request.payment_reminder_view_graph")
        measures = etree.fromstring(view.arch).xpath("//field[@type='measure']")
        self.assertEqual([f.get("name") for f in measures], ["amount_asked"])

    def test_on_a_phone_lists_are_cards(self):
        actions = self.env["ir.actions.act_window"].search(
            [("res_model", "=", "payment.reminder")]
        )
        self.assertGreaterEqual(len(actions), 4)
        for action in actions:
            with self.subTest(action.name):
                self.assertIn("kanban", action.view_mode)
                self.assertIn("kanban", [mode for _id, mode in action.views])
        opened = self.reminders.browse()._get_reminders_action()
        self.assertIn("kanban", opened["view_mode"])

    def test_on_a_phone_the_customers_page_has_cards(self):
        view = self.env.ref(
            "account_payment_request.res_partner_view_form_reminder_customer"
        )
        arch = etree.fromstring(view.arch)
        for name in ("payment_due_line_ids", "payment_reminder_ids"):
            [field] = arch.xpath(f"//field[@name='{name}']")
            self.assertEqual(field.get("mode"), "list,kanban")
            self.assertTrue(field.xpath("kanban//t[@t-name='card']"))

    def test_on_a_phone_to_send_prepares_and_sends(self):
        action = self.env.ref("account_payment_request.action_payment_reminder_to_send")
        views = {mode: id_ for id_, mode in action.views}
        for mode in ("list", "kanban"):
            with self.subTest(mode):
                model = self.env["payment.reminder"].with_user(self.accountant)
                arch = etree.fromstring(model.get_view(views[mode], mode)["arch"])
                buttons = arch.xpath("//header/button[@display='always']/@name")
                self.assertEqual(buttons, ["action_plan_today", "action_send_all"])
                self.assertTrue(arch.xpath("//field[@name='waits_for']"))


@tagged("post_install", "-at_install")
class TestReminderTours(ScreenCase, HttpCase):
    """Long work beside a bar, in a real browser."""

    def setUp(self):
        super().setUp()
        self.moves = self.owe_each(6)
        self.use_slices(1)
        model = self.registry["payment.reminder"]
        do_slice = model._do_slice

        def slowly(reminders, step):
            time.sleep(1)
            return do_slice(reminders, step)

        self.startPatcher(patch.object(model, "_do_slice", slowly))
        self.env.flush_all()

    def test_a_bar_shows_the_work_and_stops_it(self):
        self.start_tour(
            "/odoo/reminders-to-send", "reminders_bar", login=self.accountant.login
        )
        self.env.invalidate_all()
        reminders = self.find(*self.moves)
        self.assertEqual(len(reminders), 6)
        prepared = reminders.filtered("prepared_date")
        self.assertTrue(0 < len(prepared) < 6, "it was stopped on its way")

    def test_send_all_asks_and_does_what_is_chosen(self):
        self.plan()
        self.env.flush_all()
        self.set_now(self.now.replace(hour=21))
        self.start_tour(
            "/odoo/reminders-to-send", "reminders_send_all", login=self.accountant.login
        )
        self.env.invalidate_all()
        reminders = self.find(*self.moves)
        self.assertEqual(set(reminders.mapped("state")), {"to_send"})
        self.assertTrue(all(reminders.mapped("leaves_at")))


@tagged("post_install", "-at_install")
class TestReminderPlaceholders(ScreenCase, HttpCase):
    """The texts of a level are written with names, and stored as they are rendered."""

    def test_the_editor_knows_every_placeholder(self):
        script = file_path(
            "account_payment_request/static/src/reminder/placeholder_field.js"
        )
        named = re.findall(r'^    "(.+?)": _t\(', Path(script).read_text(), re.M)
        self.assertEqual(set(named), PLACEHOLDERS)
        self.assertEqual(len(named), len(PLACEHOLDERS))

    def test_chips_have_names_and_the_text_is_kept(self):
        amount = "{{ format_amount(object.amount_asked, object.currency_id) }}"
        self.first.write(
            {
                "body": f"<p>Hello {{{{ object.contact_id.name ||| dear customer }}}},"
                f"</p><p>{amount} <a href='{{{{ object.request_id.url }}}}'>Pay</a></p>"
                "<p>Last</p>",
                "closing": "<p>{{ object.company_id.name }}</p>",
                "subject": "{{ object.company_id.name }}",
                "sms_body": "Two lines:\n",
            }
        )
        administrator = self.make_user(
            "boss", "account.group_account_manager,base.group_system", self.company
        )
        self.env.flush_all()
        self.start_tour(
            f"/odoo/payment.reminder.level/{self.first.id}",
            "reminder_placeholders",
            login=administrator.login,
        )
        self.env.invalidate_all()
        body = str(self.first.body)
        self.assertIn("Changed", body)
        for kept in (
            "{{ object.contact_id.name|||dear customer }}",
            amount,
            'href="{{ object.request_id.url }}"',
        ):
            self.assertIn(kept, body)
        self.assertNotIn("o_payment_placeholder", body)
        self.assertEqual(self.first.closing, "<p>{{ object.company_id.name }}</p>")
        self.assertEqual(
            self.first.subject, "{{ object.company_id.name }} – your account"
        )
        self.assertEqual(self.first.sms_body, "Two lines:\n{{ object.request_id.url }}")
        self.overdue()
        reminder = self.plan()
        reminder._prepare()
        self.assertIn("Hello Marie Dupont,", reminder.body)
