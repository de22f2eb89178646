"""Who may preview a reminder: colleagues work for companies that one does not see."""

from odoo import Command
from odoo.tests import tagged

from ..common.reminder_case import ReminderCase


@tagged("post_install", "-at_install")
class TestReminderPreview(ReminderCase):
    """The responsible are found whatever whoever previews may read of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hidden = cls.env["res.company"].create({"name": "Holding"})
        cls.second_company = cls.env["res.company"].create({"name": "Second"})
        cls.accountant.company_ids = [Command.link(cls.second_company.id)]
        cls.colleague = cls.make_user(
            "colleague", "account.group_account_invoice", cls.company
        )
        cls.colleague.company_ids = [Command.link(cls.hidden.id)]

    def preview(self):
        """Return the preview as the accountant of both companies opens it."""
        previews = self.env["payment.reminder.preview"].with_user(self.accountant)
        companies = (self.company | self.second_company).ids
        return previews.with_context(allowed_company_ids=companies).create(
            {"level_id": self.first.id, "move_id": self.invoice.id}
        )

    def assert_previewed(self):
        self.env.flush_all()
        self.env.invalidate_all()
        preview = self.preview()
        self.assertFalse(preview.error)
        self.assertIn(self.invoice.name, preview.body)
        self.assertEqual(preview.contact_id, self.customer)

    def test_whoever_is_responsible_works_for_a_hidden_company(self):
        self.invoice = self.overdue()
        self.first.body = "<p>{{ object.user_id.name }}</p>"
        for owner, field in (
            (self.company, "payment_request_user_id"),
            (self.policy, "user_id"),
            (self.first, "user_id"),
            (self.invoice, "invoice_user_id"),
        ):
            with self.subTest(field, owner=owner._name):
                self.policy.user_id = self.invoice.invoice_user_id = False
                self.company.payment_request_user_id = False
                owner[field] = self.colleague
                self.assert_previewed()
                self.assertIn(self.colleague.name, self.preview().body)

    def test_nobody_is_named_and_the_group_has_hidden_companies(self):
        self.invoice = self.overdue()
        self.invoice.invoice_user_id = False
        self.policy.user_id = self.company.payment_request_user_id = False
        self.assert_previewed()
