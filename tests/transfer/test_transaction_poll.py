"""What is read though nobody tells it, and what is tried again."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import const
from ..common.transaction_case import (
    CORE_LOGGER,
    MODELS_LOGGER,
    SILENT_BANK,
    TransactionCase,
)


@tagged("post_install", "-at_install")
class TestTransactionPoll(TransactionCase):
    # === Banks that never tell ===

    def test_a_transfer_without_news_is_released_with_a_task(self):
        request = self.create_request()
        tx = self.pay(request, "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.travel(days=2, hours=23)
        self.poll()
        self.assertFalse(tx.released_at)
        self.assert_state(request, "in_progress", 0.0)
        self.travel(hours=2)
        self.poll()
        self.assertTrue(tx.released_at)
        self.assertEqual(tx.state, "pending")
        self.assert_told(tx, "no_news")
        self.assert_state(request, "valid", 120.0)
        self.assertFalse(request.line_ids.move_id.transfer_in_progress)
        # One task, however long it lasts.
        self.travel(days=1)
        self.poll()
        self.assert_told(tx, "no_news")

    def test_the_number_of_days_without_news_is_a_setting(self):
        self.bridge.bridge_no_news_days = 10
        tx = self.pay(self.create_request(), "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.travel(days=9)
        self.poll()
        self.assertFalse(tx.released_at)
        self.travel(days=1, hours=1)
        self.poll()
        self.assertTrue(tx.released_at)

    def test_a_late_execution_is_taken_in_after_the_release(self):
        request = self.create_request()
        tx = self.pay(request, "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.travel(days=4)
        self.poll()
        self.sim.settle(tx.provider_reference, "ACSC")
        self.settle_all()
        self.assert_booked(tx)
        self.assertFalse(tx.issue)
        self.assertFalse(tx.released_at)
        self.assertFalse(self.tasks(request))
        self.assert_state(request, "paid", 0.0)

    def test_money_that_comes_after_he_paid_again_is_his_credit(self):
        request = self.create_request()
        first = self.pay(request, "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.travel(days=4)
        self.poll()
        second = self.pay(request)
        self.settle_all()
        self.assert_booked(second)
        self.sim.settle(first.provider_reference, "ACSC")
        self.settle_all()
        self.assert_booked(first)
        self.assertEqual(self.customer_credit(first), 120.0)
        self.assertEqual(self.customer_credit(second), 0.0)
        self.assert_told(first, "paid_twice")

    # === Bridge is down ===

    @mute_logger(MODELS_LOGGER)
    def test_bridge_down_while_paying_says_so_and_leaves_nothing_behind(self):
        request = self.create_request()
        self.sim.faults.set(status_503=True)
        with self.assertRaisesRegex(UserError, "few minutes"):
            request._start_bridge_transfer("due")
        self.assert_state(request, "valid", 120.0)
        self.sim.faults.clear()
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx)
        self.assertEqual(len(self.sim.links), 1)
        # What failed waits for nothing, and stands in nobody's way.
        failed = request.transaction_ids - tx
        self.assertNotIn("draft", failed.mapped("state"))

    @mute_logger(MODELS_LOGGER)
    def test_a_failed_start_does_not_withdraw_the_link_in_use(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        request = self.request_of(invoice)
        first = self.start(request, "due")
        self.sim.faults.set(status_503=True)
        # As the route does: the refusal is shown, what was written stays.
        try:
            request._start_bridge_transfer("all")
        except UserError:
            self.env.flush_all()
        else:
            self.fail("Bridge was down")
        self.sim.faults.clear()
        self.travel(minutes=3)
        self.poll()
        self.assertEqual(self.link(first)["status"], "valid")
        self.assertEqual(first.state, "draft")

    @mute_logger(MODELS_LOGGER)
    def test_refused_credentials_do_not_reach_the_payer_s_screen(self):
        request = self.create_request()
        self.bridge.bridge_client_secret = "wrong"
        with self.assertRaises(UserError) as caught:
            request._start_bridge_transfer("due")
        self.assertNotIn("credential", str(caught.exception).lower())
        self.assertNotIn("401", str(caught.exception))
        self.assertIn("Nothing was paid", str(caught.exception))

    def test_an_answer_lost_after_the_work_was_done_makes_no_second_link(self):
        request = self.create_request()
        self.sim.faults.set(lost_answer=1)
        tx = self.pay(request)
        self.assertEqual(len(self.sim.links), 1)
        self.settle_all()
        self.assert_booked(tx)

    def test_a_create_that_failed_for_good_is_tried_once_more(self):
        request = self.create_request()
        self.sim.faults.set(status_503=1)
        self.start(request)
        self.assertEqual(len(self.sim.links), 1)

    @mute_logger(MODELS_LOGGER)
    def test_a_poll_that_finds_bridge_down_comes_back(self):
        transactions = self.pay(self.create_request()) | self.pay(self.create_request())
        self.sim.faults.set(status_503=True)
        self.travel(minutes=3)
        self.poll()
        self.assertEqual(set(transactions.mapped("state")), {"draft"})
        for tx in transactions:
            self.assertGreater(tx.bridge_next_check_at, fields.Datetime.now())
        self.sim.faults.clear()
        self.travel(minutes=6)
        self.poll()
        for tx in transactions:
            self.assert_booked(tx)

    @mute_logger(MODELS_LOGGER)
    def test_one_link_that_cannot_be_read_does_not_hold_up_the_others(self):
        lost, good = self.pay(self.create_request()), self.pay(self.create_request())
        # A sandbox forgets after 30 days.
        del self.sim.links[lost.provider_reference]
        self.travel(minutes=3)
        self.poll()
        self.assert_booked(good)
        self.assert_nothing_booked(lost)

    @mute_logger(MODELS_LOGGER, CORE_LOGGER)
    def test_one_transaction_that_cannot_be_processed_does_not_hold_up_the_others(self):
        bad, good = self.pay(self.create_request()), self.pay(self.create_request())
        transaction_class = self.env.registry["payment.transaction"]
        apply_updates = transaction_class._apply_updates

        def fail_on_bad(tx, payment_data):
            if tx.id == bad.id:
                raise ValueError("out of the blue")
            return apply_updates(tx, payment_data)

        self.travel(minutes=3)
        with patch.object(transaction_class, "_apply_updates", fail_on_bad):
            self.poll()
        self.assert_booked(good)
        self.assert_nothing_booked(bad)
        self.travel(minutes=6)
        self.poll()
        self.assert_booked(bad)

    @mute_logger(MODELS_LOGGER)
    def test_lost_credentials_do_not_stop_the_scheduled_jobs(self):
        tx = self.pay(self.create_request())
        # Past what reads and withdraws the links first.
        lost = self.bridge.with_context(bridge_leave_behind=True)
        lost.action_reset_credentials()
        self.travel(minutes=3)
        self.poll()
        self.work_off()
        self.assert_nothing_booked(tx)
        self.bridge.write(
            {"bridge_client_id": "sim-client", "bridge_client_secret": "sim-secret"}
        )
        self.travel(minutes=6)
        self.poll()
        self.assert_booked(tx)

    # === The poll ===

    def test_the_poll_asks_less_and_less_often(self):
        tx = self.start(self.create_request())
        waits = []
        for _i in range(len(const.POLL_MINUTES) + 2):
            before = fields.Datetime.now()
            waits.append(tx.bridge_next_check_at - before)
            self.travel(seconds=waits[-1].total_seconds())
            self.bridge.invalidate_recordset()
            self.poll()
        minutes = [round(wait.total_seconds() / 60) for wait in waits]
        self.assertEqual(minutes, sorted(minutes))
        self.assertEqual(minutes[0], const.POLL_MINUTES[0])
        self.assertEqual(minutes[-1], const.POLL_MINUTES[-1])

    def test_the_poll_ends_once_late_money_is_out_of_question(self):
        tx = self.start(self.create_request())
        for _i in range(20):
            if not tx.bridge_next_check_at:
                break
            wait = tx.bridge_next_check_at - fields.Datetime.now()
            self.travel(seconds=wait.total_seconds() + 1)
            self.poll()
        self.assertFalse(tx.bridge_next_check_at)
        self.assertEqual(tx.state, "cancel")
        asked = fields.Datetime.now() - tx.last_state_change
        self.assertGreaterEqual(asked, timedelta(days=const.LATE_MONEY_DAYS))

    def test_the_poll_leaves_a_done_transaction_alone(self):
        tx = self.pay(self.create_request())
        self.travel(minutes=3)
        self.poll()
        self.assert_booked(tx)
        self.assertFalse(tx.bridge_next_check_at)

    def test_the_poll_goes_on_as_long_as_a_transfer_is_pending(self):
        tx = self.pay(self.create_request(), "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.travel(days=30)
        self.poll()
        self.assertEqual(tx.state, "pending")
        self.assertTrue(tx.bridge_next_check_at)

    def test_a_disabled_provider_takes_nothing_new_and_loses_nothing(self):
        request, other = self.create_request(), self.create_request()
        tx = self.pay(request)
        self.bridge.state = "disabled"
        with self.assertRaises(UserError):
            other._start_bridge_transfer("due")
        self.assertFalse(other._get_bridge_offer(120.0)["provider"])
        self.travel(minutes=3)
        self.poll()
        self.assert_booked(tx)
