import threading
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from unittest.mock import patch
from urllib.parse import urlsplit

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.service.model import retrying
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.payment.tests.http_common import PaymentHttpCommon

from ... import const
from ...bridge.client import BridgeClient
from ..common.payment_request import EXPIRY_CRON, POST_PROCESS_CRON, ProcessesCase
from ..common.request_case import RequestCase

MODELS_LOGGER = "odoo.addons.account_payment_request.models"
CORE_LOGGER = "odoo.addons.payment.models.payment_transaction"

# Never tells whether it executed a transfer.
SILENT_BANK = 9101


@tagged("post_install", "-at_install")
class TestTransaction(RequestCase):
    def answer(self, tx, link_status, *statuses):
        """Return what Bridge would answer about ``tx``.

        :param statuses: one of each attempt at a bank, oldest first
        """
        transfers = [{"amount": tx.amount, "currency": tx.currency_id.name}]
        return {
            "link": {
                "id": tx.provider_reference,
                "status": link_status,
                "client_reference": tx.reference,
                "transactions": transfers,
            },
            "attempts": [
                {
                    "id": f"attempt-{index}",
                    "status": status,
                    "payment_link_id": tx.provider_reference,
                    "transactions": transfers,
                    "created_at": f"2026-11-02T09:{index:02}:00.000Z",
                }
                for index, status in enumerate(statuses)
            ],
        }

    def process(self, tx, link_status, *statuses):
        answer = self.answer(tx, link_status, *statuses)
        with mute_logger(CORE_LOGGER):
            tx._process(const.PROVIDER_CODE, answer)

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

    def customer_credit(self, tx):
        """Return what of the transaction's payment is still a credit."""
        payment = tx.payment_id
        lines = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == payment.destination_account_id
        )
        return -sum(lines.mapped("amount_residual"))

    def assert_told(self, tx, issue):
        """The accountant finds ``tx`` on the list to handle, and has one task."""
        self.assertEqual(tx.issue, issue)
        record = tx.payment_request_id or tx.invoice_ids[:1]
        tasks = self.tasks(record).filtered(lambda t: tx.reference in t.summary)
        self.assertEqual(len(tasks), 1)
        self.assertTrue(tasks.user_id.has_group("account.group_account_invoice"))
        if tx.payment_request_id:
            self.assertIn(
                tx.payment_request_id,
                self.env["payment.request"].search([("issue", "!=", False)]),
            )

    # === Every bank status with every state of the link ===

    def test_each_status_leads_to_one_state_whatever_the_link_says(self):
        closed = {"valid": "draft", "expired": "cancel", "revoked": "cancel"}
        waiting = {**closed, "completed": "pending"}
        refused = {**closed, "completed": "error"}
        expected = {
            None: waiting,
            "CREA": waiting,
            "ACTC": waiting,
            "ACCP": waiting,  # no longer sent, or not known yet
            "PDNG": dict.fromkeys(waiting, "pending"),
            "ACSC": dict.fromkeys(waiting, "done"),
            "RJCT": refused,
            "CANC": refused,
            "PART": dict.fromkeys(waiting, "error"),
        }
        for status, link in product(expected, waiting):
            with self.subTest(bank=status, link=link):
                tx = self.start(self.create_deposit())
                self.process(tx, link, *filter(None, [status]))
                self.assertEqual(tx.state, expected[status][link])
                # Reading the same again changes nothing.
                self.process(tx, link, *filter(None, [status]))
                self.assertEqual(tx.state, expected[status][link])

    def test_no_later_answer_takes_a_done_transfer_back(self):
        tx = self.start(self.create_deposit())
        self.process(tx, "completed", "ACSC")
        for link, status in product(
            ("valid", "expired", "revoked", "completed"), ("RJCT", "PDNG", "ACTC")
        ):
            self.process(tx, link, status)
            self.assertEqual(tx.state, "done")

    def test_money_is_taken_in_from_every_earlier_state(self):
        for link, status in product(
            ("valid", "expired", "revoked", "completed"),
            ("CREA", "ACTC", "PDNG", "RJCT", "PART"),
        ):
            with self.subTest(bank=status, link=link):
                tx = self.start(self.create_deposit())
                self.process(tx, link, status)
                self.process(tx, "completed", "ACSC")
                self.assertEqual(tx.state, "done")

    def test_the_strongest_attempt_of_a_link_wins_in_any_order(self):
        for statuses, state in (
            (("RJCT", "ACSC"), "done"),
            (("ACSC", "RJCT"), "done"),
            (("PDNG", "ACTC"), "pending"),
            (("PDNG", "RJCT"), "pending"),
            (("ACSC", "PDNG"), "done"),
            (("RJCT", "RJCT"), "error"),
        ):
            with self.subTest(statuses):
                tx = self.start(self.create_deposit())
                answer = self.answer(tx, "completed", *statuses)
                answer["attempts"].reverse()
                tx._process(const.PROVIDER_CODE, answer)
                self.assertEqual(tx.state, state)

    # === A payer and his bank ===

    def test_opening_the_bank_changes_nothing(self):
        request = self.create_request()
        tx = self.pay(request, "leave")
        self.settle_all()
        self.assertEqual((tx.state, tx.bank_status), ("draft", "ACTC"))
        self.assert_state(request, "valid", 120.0)
        self.assert_nothing_booked(tx)

    def test_an_instant_transfer_is_booked_at_once(self):
        request = self.create_request()
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx, 120.0)
        invoice = request.line_ids.move_id
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertEqual(tx.payment_id.reconciled_invoice_ids, invoice)
        self.assertFalse(tx.payment_id.is_matched)
        self.assert_state(request, "paid", 0.0)

    def test_a_slow_transfer_is_in_progress_then_booked_once(self):
        request = self.create_request()
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.assertEqual((tx.state, tx.bank_status), ("pending", "PDNG"))
        self.assertTrue(request.line_ids.move_id.transfer_in_progress)
        self.assert_state(request, "in_progress", 0.0)
        self.assert_nothing_booked(tx)
        self.sim.clock.advance(hours=1)
        self.settle_all()
        self.assert_booked(tx)
        self.assertFalse(request.line_ids.move_id.transfer_in_progress)
        self.poll()
        self.settle_all()
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "=", tx.id)]
        )
        self.assertEqual(len(payments), 1)

    def test_a_refusal_before_completion_leaves_the_same_link_usable(self):
        request = self.create_request()
        tx = self.pay(request, "rjct-am18")
        url = tx.bridge_link_url
        self.settle_all()
        self.assertEqual((tx.state, tx.bank_status), ("draft", "RJCT"))
        self.assertEqual(tx.bank_status_reason, "AM18")
        self.assertEqual(request._get_last_refusal(), tx)
        self.assertIn("limit", tx._bridge_reason_text())
        self.assertFalse(tx.issue)
        self.assertFalse(self.tasks(request))
        self.assertEqual(request._start_bridge_transfer("due"), url)
        self.assertEqual(len(self.sim.links), 1)
        self.sim.pay(url, "acsc")
        self.settle_all()
        self.assert_booked(tx)
        self.assertFalse(request._get_last_refusal())

    def test_two_attempts_at_once_on_one_link(self):
        request = self.create_request()
        link = self.start(request).provider_reference
        first, second = self.sim.pick_bank(link), self.sim.pick_bank(link)
        self.sim.finish(first["id"], "pdng-acsc")
        self.sim.finish(second["id"], "rjct")
        self.settle_all()
        tx = request.transaction_ids
        self.assertEqual(tx.state, "pending")
        self.sim.settle(first["id"])
        self.settle_all()
        self.assert_booked(tx)

    def test_a_tab_left_open_does_not_hide_a_refusal(self):
        request = self.create_request()
        tx = self.start(request)
        first = self.sim.pick_bank(tx.provider_reference)
        self.sim.clock.advance(minutes=1)
        self.sim.pick_bank(tx.provider_reference)  # and left there
        self.sim.finish(first["id"], "pdng-rjct")
        self.settle_all()
        self.assertEqual(tx.state, "pending")
        self.sim.settle(first["id"])
        self.settle_all()
        self.assertEqual((tx.state, tx.issue), ("error", "refused"))
        self.assert_state(request, "valid", 120.0)

    def test_a_refusal_before_completion_is_not_taken_for_one_after_it(self):
        tx = self.start(self.create_deposit())
        answer = self.answer(tx, "completed", "RJCT", "ACTC")
        # The link was completed after the refusal: the other attempt is what counts,
        # though its own status is not there yet.
        answer["link"]["updated_at"] = "2026-11-02T10:00:00.000Z"
        for attempt in answer["attempts"]:
            attempt["updated_at"] = attempt["created_at"]
        tx._process(const.PROVIDER_CODE, answer)
        self.assertEqual(tx.state, "pending")
        self.assertFalse(tx.issue)

    def test_two_executed_attempts_on_one_link_are_told(self):
        request = self.create_request()
        tx = self.start(request)
        attempts = [self.sim.pick_bank(tx.provider_reference) for _i in range(2)]
        for attempt in attempts:
            self.sim.finish(attempt["id"], "acsc")
        self.settle_all()
        self.assert_booked(tx, 120.0)
        self.assert_told(tx, "paid_twice")

    def test_a_refusal_after_confirmation_frees_the_payer_and_tells_both_sides(self):
        request = self.create_request()
        tx = self.pay(request, "pdng-rjct")
        self.settle_all()
        self.assert_state(request, "in_progress")
        self.sim.clock.advance(hours=1)
        with self.mock_mails() as mails:
            self.settle_all()
            self.run_cron("mail.ir_cron_mail_scheduler_action")
        self.assertEqual((tx.state, tx.bank_status), ("error", "RJCT"))
        self.assert_state(request, "valid", 120.0)
        self.assert_nothing_booked(tx)
        self.assert_told(tx, "refused")
        ((_to, body),) = [
            (mail["email_to"], mail["body"])
            for mail in mails
            if self.customer.email in mail["email_to"][0]
        ]
        self.assertIn(request.url, body)
        self.assertIn("120.00", body)
        # Once only, however often it is read.
        with self.mock_mails() as mails:
            self.sim.replay(len(self.sim.webhooks) - 1)
            tx._bridge_trigger_check()
            self.settle_all()
            self.poll()
            self.run_cron("mail.ir_cron_mail_scheduler_action")
        self.assertEqual(mails, [])
        self.assert_told(tx, "refused")
        # He tries again, on a new link.
        again = self.pay(request)
        self.assertNotEqual(again, tx)
        self.settle_all()
        self.assert_booked(again)
        self.assert_state(request, "paid")
        # Nobody has to handle that refusal any more.
        self.assertFalse(request.issue)
        self.assertFalse(self.tasks(request))

    @mute_logger(MODELS_LOGGER, "odoo.addons.mail.models.mail_render_mixin")
    def test_a_broken_mail_text_does_not_keep_the_payer_locked_out(self):
        self.env.ref(
            "account_payment_request.mail_template_transfer_refused"
        ).body_html = "<p t-out='object.no_such_field'/>"
        request = self.create_request()
        tx = self.pay(request, "pdng-rjct")
        self.settle_all()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(tx.state, "error")
        self.assert_told(tx, "refused")
        self.assert_state(request, "valid", 120.0)

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

    # === Attempts that are given up ===

    def test_an_abandoned_attempt_ends_with_its_link(self):
        request = self.create_request()
        tx = self.start(request)
        self.travel(minutes=59)
        self.poll()
        self.assertEqual(tx.state, "draft")
        self.travel(minutes=65)
        self.poll()
        self.assertEqual((tx.state, tx.bridge_link_status), ("cancel", "expired"))
        self.assert_state(request, "valid", 120.0)
        again = self.pay(request)
        self.assertNotEqual(again, tx)
        self.settle_all()
        self.assert_booked(again)

    def test_two_tabs_with_the_same_amount_share_one_link(self):
        request = self.create_request()
        urls = {request._start_bridge_transfer("due") for _i in range(3)}
        self.assertEqual(len(urls), 1)
        self.assertEqual(len(self.sim.links), 1)
        self.assertEqual(len(request.transaction_ids), 1)

    def test_a_link_about_to_expire_is_not_handed_out_again(self):
        request = self.create_request()
        first = self.start(request)
        self.travel(minutes=57)
        second = self.start(request)
        self.assertNotEqual(first.provider_reference, second.provider_reference)

    def test_another_amount_withdraws_the_first_link(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        request = self.request_of(invoice)
        first = self.start(request, "due")
        second = self.start(request, "all")
        self.assertEqual((first.amount, second.amount), (30.0, 100.0))
        self.poll()
        self.assertEqual(self.link(first)["status"], "revoked")
        self.assertEqual(self.link(second)["status"], "valid")
        self.assertEqual((first.state, second.state), ("cancel", "draft"))
        self.sim.pay(second.provider_reference, "acsc")
        self.settle_all()
        self.assert_booked(second)
        self.assert_state(request, "paid", 0.0)

    def test_a_link_asking_more_than_is_due_is_withdrawn(self):
        request = self.create_request(120.0)
        tx = self.start(request)
        self.register_payment(request.line_ids.move_id, amount=100.0)
        self.travel(minutes=3)
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked")
        self.assertEqual(tx.state, "cancel")

    def test_a_confirmed_transfer_is_never_withdrawn(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        request = self.request_of(invoice)
        first = self.pay(request, "pdng-acsc", "due")
        second = self.start(request, "all")
        self.poll()
        self.assertEqual((first.state, second.state), ("pending", "draft"))
        # Only 70 are left, so the second link asks too much and goes.
        self.travel(minutes=3)
        self.poll()
        self.assertEqual(second.state, "cancel")
        self.sim.settle(first.provider_reference)
        self.settle_all()
        self.assert_booked(first, 30.0)

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
        self.bridge.action_reset_credentials()
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


@tagged("post_install", "-at_install")
class TestDoubleClick(ProcessesCase):
    """Two taps at once, each in a process of its own."""

    def setUp(self):
        super().setUp()
        # Whether Bridge is offered depends on a chart of accounts, not needed here.
        self.startPatcher(
            patch.object(
                self.registry["payment.request"],
                "_get_compatible_providers",
                lambda request, _amount: request.env.ref(
                    "account_payment_request.payment_provider_bridge"
                ),
            )
        )
        # A request that is run again waits for a random time before.
        self.startPatcher(patch("odoo.service.model.time.sleep"))
        with self.process() as env:
            self.triggers = env["ir.cron.trigger"].search([]).ids
            self.request_id = (
                env["payment.request"]
                .create(
                    {
                        "partner_id": env.ref("base.main_partner").id,
                        "currency_id": env.ref("base.EUR").id,
                        "amount": 120.0,
                    }
                )
                .id
            )
        self.addCleanup(self._remove)

    def _remove(self):
        with self.process() as env:
            request = self.pay_request(env)
            request.transaction_ids.unlink()
            request.unlink()
            env["ir.cron.trigger"].search([("id", "not in", self.triggers)]).unlink()

    def pay_request(self, env):
        return env["payment.request"].browse(self.request_id)

    def tap(self, urls, failures):
        """Tap the button, as a request of Odoo's server does."""
        try:
            with self.process() as env:
                start = partial(self.pay_request(env)._start_bridge_transfer, "due")
                urls.append(retrying(start, env))
        except Exception as error:
            failures.append(error)

    def test_two_taps_at_once_open_one_link(self):
        urls, failures = [], []
        first_at_bridge, second_arrived = threading.Event(), threading.Event()
        create, lock = (
            BridgeClient.create_payment_link,
            self.registry["payment.request"]._lock_against_double_click,
        )

        def create_payment_link(client, **values):
            first_at_bridge.set()
            self.assertTrue(second_arrived.wait(5))
            return create(client, **values)

        def lock_against_double_click(request):
            if first_at_bridge.is_set():
                # What this tap sees of the database is from before the first's end.
                request.env.cr.execute("SELECT 1 FROM payment_request LIMIT 1")
                second_arrived.set()
            lock(request)

        taps = [
            threading.Thread(target=self.tap, args=(urls, failures)) for _i in range(2)
        ]
        with (
            patch.object(BridgeClient, "create_payment_link", create_payment_link),
            patch.object(
                self.registry["payment.request"],
                "_lock_against_double_click",
                lock_against_double_click,
            ),
            mute_logger("odoo.sql_db", "odoo.service.model"),
        ):
            taps[0].start()
            self.assertTrue(first_at_bridge.wait(5))
            taps[1].start()
            for tap in taps:
                tap.join(20)
        self.assertEqual(failures, [])
        self.assertEqual(len(urls), 2)
        self.assertEqual(len(set(urls)), 1)
        self.assertEqual(len(self.sim.links), 1)
        with self.process() as env:
            self.assertEqual(len(self.pay_request(env).transaction_ids), 1)


@tagged("post_install", "-at_install")
class TestCoreFlow(RequestCase, PaymentHttpCommon):
    """What core can have paid online, paid through Bridge."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.bridge
        cls.payment_method = cls.bridge.payment_method_ids
        cls.env["ir.config_parameter"].set_param(
            "account_payment.enable_portal_payment", "True"
        )

    def start_core(self, route, access_token, amount, **values):
        """Choose Bridge in core's payment form; return the transaction."""
        processing = self._get_processing_values(
            tx_route=route,
            provider_id=self.bridge.id,
            payment_method_id=self.payment_method.id,
            token_id=None,
            amount=amount,
            flow="redirect",
            tokenization_requested=False,
            landing_route="/my",
            access_token=access_token,
            **values,
        )
        tx = self._get_tx(processing["reference"])
        self.form = processing.get("redirect_form_html")
        return tx

    def start_invoice(self, invoice):
        return self.start_core(
            f"/invoice/transaction/{invoice.id}",
            invoice._portal_ensure_token(),
            invoice.amount_residual,
        )

    def come_back(self, callback):
        """Follow the address to which Bridge sends the payer."""
        url = urlsplit(callback)
        return self.url_open(f"{url.path}?{url.query}", allow_redirects=False)

    def test_portal_pay_now_leads_to_the_bank_and_back(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.assertFalse(tx.payment_request_id)
        form = self._extract_values_from_html_form(self.form)
        self.assertEqual(form["action"], tx.bridge_link_url)
        self.assertEqual(form["method"], "get")
        callback = self.sim.pay(tx.provider_reference, "pdng-acsc")
        answer = self.come_back(callback)
        self.assertEqual(answer.status_code, 303)
        self.assertTrue(answer.headers["Location"].endswith("/payment/status"))
        self.assertEqual(tx.state, "pending")
        # The same debt is on its way for whoever opens our own page.
        self.assert_state(self.request_of(invoice), "in_progress", 0.0)
        self.assertTrue(invoice.transfer_in_progress)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 120.0)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assert_state(self.request_of(invoice), "paid", 0.0)

    def test_a_refusal_after_portal_pay_now_frees_the_invoice(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.sim.pay(tx.provider_reference, "pdng-rjct")
        self.settle_all()
        self.assertFalse(invoice._has_to_be_paid())
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual((tx.state, tx.issue), ("error", "refused"))
        self.assertEqual(len(self.tasks(invoice)), 1)
        self.assertTrue(invoice._has_to_be_paid())
        mails = self.env["mail.mail"].search(
            [("recipient_ids", "in", self.customer.ids)]
        )
        self.assertEqual(len(mails), 1)

    def test_a_released_transfer_no_longer_hides_pay_now(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.sim.pay(tx.provider_reference, "pdng", bank=SILENT_BANK)
        self.settle_all()
        self.assertFalse(invoice._has_to_be_paid())
        self.travel(days=4)
        self.poll()
        self.assertTrue(tx.released_at)
        self.assertTrue(invoice._has_to_be_paid())

    def test_an_invoice_back_in_draft_is_not_posted_by_pay_now(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.sim.pay(tx.provider_reference, "acsc")
        invoice.button_draft()
        self.settle_all()
        self.assertEqual(invoice.state, "draft")
        self.assert_booked(tx, 120.0)

    def test_a_paid_invoice_withdraws_the_link_of_pay_now(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        self.register_payment(invoice)
        self.travel(minutes=3)
        self.poll()
        self.assertEqual(self.link(tx)["status"], "revoked")
        self.assertEqual(tx.state, "cancel")

    def test_bridge_down_tells_the_payer_in_core_s_form(self):
        invoice = self.create_invoice(120.0)
        self.sim.faults.set(status_503=True)
        with mute_logger(MODELS_LOGGER):
            tx = self.start_invoice(invoice)
        self.assertEqual(tx.state, "error")
        self.assertIn("few minutes", tx.state_message)
        self.assertNotIn("503", tx.state_message)
        self.assertTrue(invoice._has_to_be_paid())

    def test_the_return_believes_nothing_that_the_address_says(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        link = tx.provider_reference
        answer = self.url_open(
            f"/payment/bridge/return?payment_link_id={link}&status=success",
            allow_redirects=False,
        )
        self.assertEqual(answer.status_code, 303)
        self.assert_nothing_booked(tx)
        self.assertEqual(tx.state, "draft")

    @mute_logger("odoo.addons.account_payment_request.controllers.transfer.bridge")
    def test_a_return_while_bridge_is_down_is_read_soon_after(self):
        invoice = self.create_invoice(120.0)
        tx = self.start_invoice(invoice)
        callback = self.sim.pay(tx.provider_reference, "acsc")
        self.sim.faults.set(status_503=True)
        answer = self.come_back(callback)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(tx.state, "draft")
        self.sim.faults.clear()
        self.poll()
        self.assert_booked(tx)

    def test_core_s_payment_link_offers_bridge(self):
        invoice = self.create_invoice(120.0)
        wizard = (
            self.env["payment.link.wizard"]
            .with_context(active_model="account.move", active_id=invoice.id)
            .create({"amount": 120.0})
        )
        link = urlsplit(wizard.link)
        page = self.url_open(f"{link.path.replace('//', '/')}?{link.query}")
        self.assertEqual(page.status_code, 200)
        self.assertIn(f'data-provider-id="{self.bridge.id}"', page.text)

    def test_the_link_printed_by_core_is_our_own_address(self):
        invoice = self.create_invoice(120.0)
        request = self.request_of(invoice)
        self.assertEqual(invoice._get_portal_payment_link(), request.url)
        request.action_revoke()
        self.assertNotIn(request.token, invoice._get_portal_payment_link())

    def test_an_order_is_paid_and_confirmed(self):
        order = self.create_order(250.0)
        tx = self.start_core(
            f"/my/orders/{order.id}/transaction", order._portal_ensure_token(), 250.0
        )
        self.assertEqual(tx.sale_order_ids, order)
        self.sim.pay(tx.provider_reference, "pdng-acsc")
        self.settle_all()
        self.assertEqual((tx.state, order.state), ("pending", "sent"))
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 250.0)
        self.assertEqual(order.state, "sale")

    def test_a_paid_order_is_invoiced_where_that_is_automatic(self):
        self.env["ir.config_parameter"].set_param("sale.automatic_invoice", "True")
        order = self.create_order(250.0)
        tx = self.start_core(
            f"/my/orders/{order.id}/transaction", order._portal_ensure_token(), 250.0
        )
        self.sim.pay(tx.provider_reference, "acsc")
        with self.mock_mails():
            self.settle_all()
        self.assert_booked(tx, 250.0)
        self.assertEqual(order.invoice_ids.state, "posted")
        self.assertEqual(order.invoice_ids.amount_residual, 0.0)

    def test_a_refused_transfer_of_an_order_is_a_task_on_the_order(self):
        order = self.create_order(250.0)
        tx = self.start_core(
            f"/my/orders/{order.id}/transaction", order._portal_ensure_token(), 250.0
        )
        self.sim.pay(tx.provider_reference, "pdng-rjct")
        self.settle_all()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual((tx.state, tx.issue), ("error", "refused"))
        self.assertEqual(len(self.tasks(order)), 1)

    def create_order(self, amount):
        """Create a quotation that is confirmed by paying all of it online."""
        if "sale.order" not in self.env:
            self.skipTest("Sales is not installed")
        product = (
            self.env["product.product"]
            .sudo()
            .create({"name": "Service", "type": "service", "invoice_policy": "order"})
        )
        return (
            self.env["sale.order"]
            .sudo()
            .create(
                {
                    "partner_id": self.customer.id,
                    "require_payment": True,
                    "prepayment_percent": 1.0,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "price_unit": amount,
                                "tax_ids": [Command.clear()],
                            }
                        )
                    ],
                }
            )
        )
