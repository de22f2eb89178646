from itertools import product

from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import const
from ..common.transaction_case import (
    CORE_LOGGER,
    MODELS_LOGGER,
    TransactionCase,
)


@tagged("post_install", "-at_install")
class TestTransaction(TransactionCase):
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
        # They may change their mind again, for a while.
        self.assertEqual(self.link(first)["status"], "valid")
        self.travel(seconds=const.REPLACED_SECONDS + 1)
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
