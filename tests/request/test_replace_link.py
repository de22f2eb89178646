from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..common.page_case import PageCase
from ..common.reminder_case import ReminderCase

UNKNOWN = "/pay/abcdefghjkmnpqrstuvw"


@tagged("post_install", "-at_install")
class TestReplaceLink(PageCase):
    """A link that got into wrong hands is replaced, and dies."""

    def replace(self, request):
        """Press the button; return the path of the old link."""
        old = self.path(request)
        request.with_user(self.accountant).action_replace_link()
        self.assertNotEqual(self.path(request), old)
        return old

    def assert_dead(self, path):
        unknown = self.visit(UNKNOWN)
        for part in ("", "/status", "/invoice/0", "/receipt", "/qr.png", "/return"):
            answer = self.visit(path + part)
            self.assertEqual((answer.status_code, answer.text), (404, unknown.text))
        answer = self.visit(f"{path}/bank", data={"option": "due"})
        self.assertEqual((answer.status_code, answer.text), (404, unknown.text))

    def test_the_old_link_is_unknown_and_the_new_one_pays(self):
        request = self.create_request()
        old_url, digest = request.url, request.token_digest
        old = self.replace(request)
        self.assert_dead(old)
        self.assertNotEqual(request.token_digest, digest)
        self.assertNotEqual(request.url, old_url)
        self.assertEqual(request.state, "valid")
        self.assertEqual(self.open(request).status_code, 200)
        self.assert_booked_by(request)

    def assert_booked_by(self, request):
        tx = self.tapped(request)
        self.sim.pay(tx.provider_reference, "acsc")
        self.open(request, "return")
        self.assert_booked(tx)

    def test_who_did_it_is_noted(self):
        request = self.create_request()
        self.replace(request)
        note = request.message_ids.sorted("id")[-1]
        self.assertIn("the old one no longer works", note.body)
        self.assertEqual(note.author_id, self.accountant.partner_id)

    def test_a_bank_link_still_open_is_withdrawn_and_not_used_again(self):
        request = self.create_request()
        tx = self.tapped(request)
        self.replace(request)
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked", "before another tap, too")
        again = self.tapped(request)
        self.assertNotEqual(again, tx, "the bank would lead back to the old link")
        callback = self.link(again)["callback_url"]
        self.assertEqual(callback, f"{request.url}/return")
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked")
        self.assertEqual((tx.state, again.state), ("cancel", "draft"))

    def test_without_a_new_attempt_it_is_withdrawn_too(self):
        request = self.create_request()
        tx = self.tapped(request)
        self.replace(request)
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked")

    def test_money_on_its_way_arrives_all_the_same(self):
        request = self.create_request()
        tx = self.pay(request, "pdng-acsc")
        self.deliver()
        self.work_off()
        self.assertEqual(request.state, "in_progress")
        old = self.replace(request)
        self.assert_dead(old)
        self.assertEqual(request.state, "in_progress")
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx)
        self.assertEqual(request.state, "paid")

    def test_a_paid_link_is_replaced_as_well(self):
        request = self.create_request()
        self.assert_booked_by(request)
        old = self.replace(request)
        self.assert_dead(old)
        self.assertEqual(request.state, "paid")
        self.assertEqual(self.open(request, "invoice", "0").status_code, 200)

    def test_one_that_was_revoked_or_has_expired_is_payable_again(self):
        revoked, expired = self.create_request(), self.create_request()
        revoked.action_revoke()
        expired.expiry_date = fields.Date.today() - timedelta(days=2)
        for request in (revoked, expired):
            old = self.replace(request)
            self.assert_dead(old)
            self.assertEqual(request.state, "valid")
            self.assertIn("120.00", self.open(request).text)


@tagged("post_install", "-at_install")
class TestReplaceLinkOfReminder(ReminderCase):
    def test_reminders_that_wait_carry_the_new_link(self):
        self.overdue(days=2)
        reminder = self.plan()
        reminder._prepare()
        edited = "<p>Dear Marie, please pay.</p>"
        reminder.body = edited
        request = reminder.request_id.sudo()
        old = request.token
        self.assertIn(old, reminder.invoice_table)
        self.assertIn(old, reminder.sms_body)
        request.action_replace_link()
        for text in (reminder.invoice_table, reminder.sms_body):
            self.assertNotIn(old, text)
            self.assertIn(request.token, text)
        self.assertEqual(reminder.body, edited)
