"""What is booked, and on which debt, whenever the money comes."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.task import schedule_task
from ..common.payment_request import EXPIRY_CRON, POST_PROCESS_CRON
from ..common.transaction_case import (
    CORE_LOGGER,
    TransactionCase,
)


@tagged("post_install", "-at_install")
class TestTransactionBooking(TransactionCase):
    def card_payment(self, invoice, amount=None):
        """Pay ``invoice`` through another online provider."""
        tx = self._create_transaction(
            "direct",
            reference=f"CARD-{invoice.name}",
            amount=amount or invoice.amount_residual,
            currency_id=invoice.currency_id.id,
            partner_id=invoice.partner_id.id,
            invoice_ids=[Command.set(invoice.ids)],
        )
        tx._set_done()
        tx._post_process()
        return tx

    # === Money that comes late ===

    def test_money_is_taken_in_after_the_link_expired(self):
        request = self.create_request()
        tx = self.start(request)
        attempt = self.sim.pick_bank(tx.provider_reference)
        self.travel(hours=2)
        self.poll()
        self.assertEqual((tx.state, tx.bridge_link_status), ("cancel", "expired"))
        self.sim.finish(attempt["id"], "pdng-acsc")
        self.settle_all()
        self.assertEqual(tx.state, "pending")
        self.assert_state(request, "in_progress", 0.0)
        self.sim.settle(attempt["id"])
        self.settle_all()
        self.assert_booked(tx)

    def test_money_is_taken_in_after_the_request_expired(self):
        request = self.create_request()
        request.expiry_date = fields.Date.today()
        tx = self.start(request)
        attempt = self.sim.pick_bank(tx.provider_reference)
        self.travel(days=1, hours=3)
        self.run_cron(EXPIRY_CRON)
        self.poll()
        self.assert_state(request, "expired")
        self.sim.finish(attempt["id"], "acsc")
        self.settle_all()
        self.assert_booked(tx)
        self.assert_state(request, "paid", 0.0)

    def test_money_is_taken_in_after_an_error(self):
        request = self.create_request()
        tx = self.start(request)
        tx._set_error("The connection was lost")
        self.sim.pay(tx.provider_reference, "acsc")
        self.settle_all()
        self.assert_booked(tx)
        self.assert_state(request, "paid", 0.0)

    def test_money_is_taken_in_without_any_webhook(self):
        for ended in ("expired", "revoked"):
            with self.subTest(ended):
                request = self.create_request()
                tx = self.start(request)
                attempt = self.sim.pick_bank(tx.provider_reference)
                if ended == "revoked":
                    request.action_revoke()
                else:
                    self.travel(hours=2)
                self.poll()
                self.assertEqual(tx.state, "cancel")
                self.sim.finish(attempt["id"], "acsc")
                self.travel(days=1, hours=1)
                self.poll()
                self.assert_booked(tx)

    # === More money than was asked ===

    def test_paid_by_hand_meanwhile_is_a_credit_and_a_task(self):
        request = self.create_request()
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.register_payment(request.line_ids.move_id)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 120.0)
        self.assertEqual(self.customer_credit(tx), 120.0)
        self.assert_told(tx, "paid_twice")
        self.assert_state(request, "paid", 0.0)

    def test_paid_by_card_meanwhile_is_a_credit_and_a_task(self):
        request = self.create_request()
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        card = self.card_payment(request.line_ids.move_id)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(self.customer_credit(card), 0.0)
        self.assertEqual(self.customer_credit(tx), 120.0)
        self.assert_told(tx, "paid_twice")

    def test_partly_paid_meanwhile_leaves_the_rest_as_a_credit(self):
        request = self.create_request(120.0)
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.register_payment(request.line_ids.move_id, amount=50.0)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 120.0)
        self.assertEqual(self.customer_credit(tx), 50.0)
        self.assert_told(tx, "paid_twice")
        self.assertEqual(request.line_ids.move_id.amount_residual, 0.0)

    def test_a_handled_issue_leaves_the_list_with_its_task(self):
        request = self.create_request()
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.register_payment(request.line_ids.move_id)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        request.with_user(self.accountant).action_handled()
        self.assertFalse(tx.issue)
        self.assertFalse(request.issue)
        self.assertFalse(self.tasks(request))

    # === An invoice that changes while its money is under way ===

    def test_an_invoice_in_draft_is_not_posted_by_its_payment(self):
        request = self.create_request()
        invoice = request.line_ids.move_id
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        invoice.button_draft()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(invoice.state, "draft")
        self.assert_booked(tx, 120.0)
        self.assertEqual(self.customer_credit(tx), 120.0)
        story = " ".join(invoice.message_ids.mapped("body"))
        self.assertIn("draft", story)
        # Posted again, the credit is there to be used.
        invoice.action_post()
        credits = invoice.invoice_outstanding_credits_debits_widget
        self.assertEqual([line["amount"] for line in credits["content"]], [120.0])

    def test_money_for_a_cancelled_invoice_is_a_credit_and_a_task(self):
        request = self.create_request()
        invoice = request.line_ids.move_id
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        invoice.button_draft()
        invoice.button_cancel()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(invoice.state, "cancel")
        self.assert_booked(tx, 120.0)
        self.assertEqual(self.customer_credit(tx), 120.0)
        self.assert_told(tx, "paid_twice")

    # === What is booked ===

    def test_the_payment_carries_the_day_of_the_transfer_where_the_company_is(self):
        # 23:30 in Greenwich is the next day in Paris, the same one in Martinique.
        evening = datetime(2027, 4, 14, 23, 30)
        for tz, day in (("Europe/Paris", 15), ("America/Martinique", 14)):
            with self.subTest(tz):
                self.company.partner_id.tz = tz
                request = self.create_request()
                self.travel_to(evening)
                tx = self.pay(request)
                # It is read a week later only.
                self.travel(days=7)
                self.settle_all()
                self.assert_booked(tx)
                self.assertEqual(tx.payment_id.date, datetime(2027, 4, day).date())

    def test_a_transfer_in_a_locked_period_is_booked_today(self):
        request = self.create_request()
        tx = self.pay(request)
        self.travel(days=5)
        self.company.fiscalyear_lock_date = fields.Date.today() - timedelta(days=1)
        self.settle_all()
        self.assert_booked(tx)
        self.assertEqual(tx.payment_id.date, fields.Date.today())

    def test_the_payment_carries_the_reference_and_the_invoice(self):
        request = self.create_request()
        tx = self.pay(request)
        self.settle_all()
        self.assertIn(tx.reference, tx.payment_id.memo)
        self.assertIn(request.line_ids.move_id.name, tx.payment_id.memo)
        self.assertEqual(tx.payment_id.journal_id, self.bank_journal)
        (transfer,) = self.link(tx)["transactions"]
        self.assertTrue(transfer["label"].startswith(tx.reference))
        self.assertEqual(transfer["end_to_end_id"], tx.reference)
        self.assertEqual(transfer["amount"], 120.0)

    def test_a_booking_that_fails_is_tried_again(self):
        request = self.create_request()
        tx = self.pay(request)
        transaction_class = self.env.registry["payment.transaction"]
        with (
            patch.object(
                transaction_class, "_create_payment", side_effect=UserError("locked")
            ),
            mute_logger(CORE_LOGGER),
        ):
            self.deliver()
            self.work_off()
        self.assertEqual(tx.state, "done")
        self.assertFalse(tx.payment_id)
        # Nobody pays a second time meanwhile.
        self.assert_state(request, "in_progress", 0.0)
        self.assertEqual(request._get_page_state(), "paid")
        self.run_cron(POST_PROCESS_CRON)
        self.assert_booked(tx)
        self.assert_state(request, "paid", 0.0)

    def test_a_task_that_a_payer_s_visit_makes_is_mailed_by_us(self):
        request = self.create_request()
        visitor = self.env.ref("base.public_user")
        [task] = schedule_task(
            request.with_user(visitor).sudo(), "Look at it", user=self.accountant
        )
        self.assertEqual(task.create_uid, self.env.ref("base.user_root"))
        [task] = schedule_task(
            request.with_user(self.accountant), "Look", user=self.accountant
        )
        self.assertEqual(task.create_uid, self.accountant)
