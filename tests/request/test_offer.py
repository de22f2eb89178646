from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from ..common.request_case import RequestCase


class OfferCase(RequestCase):
    """What a payer accepted is what is booked, whatever happens until it is."""

    def due_lines(self, invoice):
        return invoice.line_ids.filtered(
            lambda line: line.display_type == "payment_term"
        ).sorted("date_maturity")

    def create_receivable(self):
        return self.env["account.account"].create(
            {
                "name": "Customers abroad",
                "code": "411900",
                "account_type": "asset_receivable",
                "reconcile": True,
            }
        )

    def ask_for(self, dues):
        """Return a request for some due lines, in sudo."""
        requests = self.env["payment.request"].sudo()
        return requests.create(
            requests._prepare_for_moves(dues.move_id, move_lines=dues)
        )

    def amounts(self, request):
        return [option["amount"] for option in request._get_payment_options()]


@tagged("post_install", "-at_install")
class TestOffer(OfferCase):
    def test_the_second_installment_is_paid_by_its_own_link(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        first, second, third = self.due_lines(invoice)
        request = self.ask_for(second)
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx, 30.0)
        self.assertEqual(
            [due.amount_residual for due in (first, second, third)], [30, 0, 40]
        )
        self.assert_state(request, "paid", 0.0)
        self.assertEqual(self.amounts(self.request_of(invoice)), [30.0, 70.0])

    def test_invoices_on_two_receivable_accounts_are_paid_by_one_link(self):
        invoices = self.create_invoice(100.0) | self.create_invoice(50.0, post=False)
        self.due_lines(invoices[1]).account_id = self.create_receivable()
        invoices[1].action_post()
        self.assertEqual(len(self.due_lines(invoices).account_id), 2)
        request = self.ask(invoices)
        tx = self.pay(request)
        self.settle_all()
        self.assertEqual(invoices.mapped("amount_residual"), [0.0, 0.0])
        self.assert_state(request, "paid", 0.0)
        self.assertFalse(tx.issue)

    def test_two_halves_of_an_invoice_in_installments(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        requests = [self.ask(invoice, mode="part", amount=50.0) for _part in (1, 2)]
        # Both were offered the same due lines.
        transfers = [self.start(request) for request in requests]
        for request, tx in zip(requests, transfers, strict=True):
            self.sim.pay(tx.provider_reference, "acsc")
            self.settle_all()
            self.assert_state(request, "paid", 0.0)
            self.assertFalse(tx.issue)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_a_due_date_that_was_moved_is_the_same_debt(self):
        invoice = self.create_invoice(
            100.0, invoice_payment_term_id=self.installments().id
        )
        first, second, _third = self.due_lines(invoice)
        tx = self.pay(self.ask_for(first), "pdng-acsc")
        self.settle_all()
        first.date_maturity = second.date_maturity + timedelta(days=5)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual((first.amount_residual, second.amount_residual), (0.0, 30.0))

    def test_a_credit_lies_on_the_account_of_its_invoice(self):
        other = self.create_receivable()
        invoice = self.create_invoice(100.0, post=False)
        self.due_lines(invoice).account_id = other
        invoice.action_post()
        tx = self.pay(self.request_of(invoice), "pdng-acsc")
        self.settle_all()
        self.register_payment(invoice)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(tx.issue, "paid_twice")
        self.assertEqual(tx.payment_id.destination_account_id, other)

    def test_a_payment_of_several_is_edited_after_a_reset(self):
        invoices = self.create_invoice(100.0) | self.create_invoice(50.0)
        tx = self.pay(self.ask(invoices))
        self.settle_all()
        payment = tx.payment_id
        payment.action_draft()
        payment.date = payment.date - timedelta(days=1)
        items = payment.move_id.line_ids
        self.assertEqual(len(items), 2)
        self.assertEqual(sum(items.mapped("balance")), 0.0)
        payment.action_post()
        self.assertEqual(payment.state, "in_process")

    def test_two_halves_are_two_debts(self):
        invoice = self.create_invoice(100.0)
        one = self.ask(invoice, mode="part", amount=50.0)
        two = self.ask(invoice, mode="part", amount=50.0)
        self.pay(one)
        self.settle_all()
        self.assert_state(one, "paid", 0.0)
        self.assert_state(two, "valid", 50.0)
        self.pay(two)
        self.settle_all()
        self.assert_state(two, "paid", 0.0)
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_two_halves_on_their_way_are_two_debts(self):
        invoice = self.create_invoice(100.0)
        one = self.ask(invoice, mode="part", amount=50.0)
        two = self.ask(invoice, mode="part", amount=50.0)
        self.pay(one, "pdng")
        self.settle_all()
        self.assert_state(one, "in_progress", 0.0)
        self.assert_state(two, "valid", 50.0)
        self.assertEqual(self.request_of(invoice).amount_to_pay, 50.0)

    def test_a_part_of_an_invoice_that_was_corrected_is_asked_once(self):
        for total, left in ((60.0, 30.0), (200.0, 170.0)):
            with self.subTest(total):
                invoice = self.create_invoice(100.0)
                request = self.ask(invoice, mode="part", amount=30.0)
                invoice.button_draft()
                invoice.invoice_line_ids.price_unit = total
                invoice.action_post()
                self.assert_state(request, "valid", 30.0)
                self.pay(request)
                self.settle_all()
                self.assert_state(request, "paid", 0.0)
                self.assertEqual(invoice.amount_residual, left)

    def test_what_is_paid_otherwise_leaves_a_part_at_most_the_rest(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=50.0)
        self.register_payment(invoice, amount=40.0)
        self.assert_state(request, "valid", 50.0)
        self.register_payment(invoice, amount=30.0)
        self.assert_state(request, "valid", 30.0)

    def test_a_receipt_with_the_reference_of_a_part_pays_it(self):
        invoice = self.create_invoice(100.0)
        request = self.ask(invoice, mode="part", amount=50.0)
        line = self.bank_line(50.0, f"VIR {request.reference}")
        self.assertTrue(line.is_reconciled)
        self.assert_state(request, "paid", 0.0)
        line.action_undo_reconciliation()
        self.assert_state(request, "valid", 50.0)

    def test_what_was_paid_meanwhile_stays_a_credit(self):
        invoice, other = self.create_invoice(100.0), self.create_invoice(80.0)
        request = self.request_of(invoice)
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.register_payment(invoice)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(tx.issue, "paid_twice")
        self.assertEqual(other.amount_residual, 80.0)
        self.assertTrue(tx.payment_id)

    def test_an_offer_finds_the_due_lines_of_a_corrected_invoice(self):
        invoice = self.create_invoice(100.0)
        request = self.request_of(invoice)
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        invoice.button_draft()
        invoice.invoice_payment_term_id = self.installments()
        invoice.action_post()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertFalse(tx.issue)

    def test_a_second_tap_after_a_change_is_another_offer(self):
        one, two = self.create_invoice(100.0), self.create_invoice(100.0)
        request = self.ask(one | two)
        first = self.tap(request)
        self.assertEqual(self.tap(request), first)
        # The same amount, for other due lines.
        one.button_draft()
        one.invoice_line_ids.price_unit = 50.0
        two.button_draft()
        two.invoice_line_ids.price_unit = 150.0
        (one | two).action_post()
        second = self.tap(request)
        self.assertNotEqual(second, first)
        self.assertEqual(second.offer_ids.mapped("amount"), [50.0, 150.0])

    def test_a_clerk_reads_an_offer_and_writes_none(self):
        request = self.create_request()
        tx = self.pay(request)
        offer = tx.offer_ids.with_user(self.accountant)
        self.assertEqual(offer.amount, 120.0)
        with self.assertRaises(AccessError):
            offer.write({"amount": 1.0})

    def tap(self, request):
        request._start_bridge_transfer("due")
        return request.last_attempt_id


@tagged("post_install", "-at_install")
class TestOfferedDiscount(OfferCase):
    def discounted(self, amount=100.0, **values):
        return self.create_invoice(
            amount, invoice_payment_term_id=self.early_discount().id, **values
        )

    def test_accepted_on_the_last_day_and_executed_later(self):
        invoice = self.discounted()
        request = self.request_of(invoice)
        self.travel(days=7)
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.travel(days=2)
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 98.0)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assert_state(request, "paid", 0.0)

    def test_in_several_transfers_above_the_ceiling(self):
        invoice = self.discounted(50_000.0)
        request = self.request_of(invoice)
        self.assertEqual(self.amounts(request), [49_000.0])
        first = self.pay(request)
        self.settle_all()
        self.assertEqual(self.amounts(request), [49_000.0 - first.amount])
        self.travel(days=1)
        second = self.pay(request)
        self.settle_all()
        self.assertEqual(first.amount + second.amount, 49_000.0)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assert_state(request, "paid", 0.0)

    def test_in_several_transfers_at_the_same_time(self):
        invoice = self.discounted(50_000.0)
        request = self.request_of(invoice)
        first = self.pay(request, "pdng-acsc")
        self.settle_all()
        second = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.assertEqual(first.amount + second.amount, 49_000.0)
        self.assert_state(request, "in_progress", 0.0)
        for tx in (second, first):
            self.sim.settle(tx.provider_reference)
            self.settle_all()
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assert_state(request, "paid", 0.0)

    def test_the_rest_is_asked_if_the_second_transfer_comes_too_late(self):
        invoice = self.discounted(50_000.0)
        request = self.request_of(invoice)
        first = self.pay(request)
        self.settle_all()
        self.travel(days=9)
        self.assertEqual(self.amounts(request), [50_000.0 - first.amount])

    def test_with_several_taxes(self):
        taxes = self.env["account.tax"].create(
            [
                {"name": f"VAT {rate}", "amount": rate, "amount_type": "percent"}
                for rate in (20.0, 10.0)
            ]
        )
        for computation in ("included", "mixed", "excluded"):
            for parts in (1, 2):
                with self.subTest(computation, parts=parts):
                    self.check_taxes(taxes, computation, parts)

    def check_taxes(self, taxes, computation, parts):
        term = self.early_discount()
        term.early_pay_discount_computation = computation
        price = 30_000.0 if parts == 2 else 100.0
        invoice = self.create_invoice(
            invoice_payment_term_id=term.id,
            invoice_line_ids=[
                Command.create(
                    {
                        "name": "Service",
                        "price_unit": price,
                        "tax_ids": [Command.set(tax.ids)],
                    }
                )
                for tax in taxes
            ],
        )
        due = self.due_lines(invoice)
        (asked,) = self.amounts(self.request_of(invoice))
        self.assertEqual(asked, due.discount_amount_currency)
        paid = 0.0
        for _part in range(parts):
            tx = self.pay(self.request_of(invoice))
            self.settle_all()
            paid += tx.amount
        self.assertAlmostEqual(paid, asked)
        self.assertEqual(invoice.amount_residual, 0.0)
        items = tx.payment_id.move_id.line_ids
        self.assertAlmostEqual(sum(items.mapped("balance")), 0.0)
        if computation == "included":
            given_back = {
                tax: sum(
                    items.filtered(lambda i, t=tax: i.tax_line_id == t).mapped(
                        "balance"
                    )
                )
                for tax in taxes
            }
            for tax in taxes:
                expected = price * tax.amount / 100 * 0.02
                self.assertAlmostEqual(given_back[tax], expected, places=2)

    def test_on_a_link_of_several_invoices(self):
        invoices = self.discounted() | self.discounted(50.0) | self.create_invoice(10.0)
        request = self.ask(invoices)
        (option,) = request._get_payment_options()
        self.assertEqual((option["amount"], option["share"]), (157.0, 160.0))
        self.assertIn("3.00", option["note"])
        tx = self.pay(request)
        self.settle_all()
        self.assert_booked(tx, 157.0)
        self.assertEqual(set(invoices.mapped("amount_residual")), {0.0})

    def test_on_the_link_of_its_due_line(self):
        invoice = self.discounted()
        request = self.ask_for(self.due_lines(invoice))
        self.assertEqual(self.amounts(request), [98.0])
        self.pay(request)
        self.settle_all()
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_none_once_a_part_was_paid_without_it(self):
        invoice = self.discounted()
        self.register_payment(invoice, amount=10.0, payment_difference_handling="open")
        self.assertEqual(self.amounts(self.request_of(invoice)), [90.0])

    def test_none_if_a_part_was_paid_while_it_was_on_its_way(self):
        invoice = self.discounted()
        request = self.request_of(invoice)
        tx = self.pay(request, "pdng-acsc")
        self.settle_all()
        self.register_payment(invoice, amount=50.0, payment_difference_handling="open")
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertEqual(tx.issue, "paid_twice")

    def test_its_last_day_is_the_company_s(self):
        for zone, moment, discounted in (
            # 23:30 and 00:30 in Paris; still the day before in Martinique.
            ("Europe/Paris", datetime(2027, 1, 18, 22, 30), True),
            ("Europe/Paris", datetime(2027, 1, 18, 23, 30), False),
            ("America/Martinique", datetime(2027, 1, 19, 2, 30), True),
        ):
            with self.subTest(zone, moment=moment):
                self.company.partner_id.tz = zone
                invoice = self.discounted(
                    invoice_date=datetime(2027, 1, 11).date(),
                )
                self.assertEqual(
                    self.due_lines(invoice).discount_date, datetime(2027, 1, 18).date()
                )
                self.travel_to(moment)
                asked = 98.0 if discounted else 100.0
                self.assertEqual(self.amounts(self.request_of(invoice)), [asked])

    def test_without_an_account_for_it_none_is_offered(self):
        self.company.account_journal_early_pay_discount_loss_account_id = False
        self.assertEqual(self.amounts(self.request_of(self.discounted())), [100.0])

    def test_a_person_is_called_if_its_account_is_gone(self):
        invoice = self.discounted()
        tx = self.pay(self.request_of(invoice), "pdng-acsc")
        self.settle_all()
        self.company.account_journal_early_pay_discount_loss_account_id = False
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assert_booked(tx, 98.0)
        self.assertEqual((invoice.amount_residual, tx.issue), (2.0, "amount_differs"))

    def test_other_terms_since_grant_no_other_discount(self):
        for terms in (self.env["account.payment.term"], self.installments()):
            with self.subTest(terms=terms.name):
                invoice = self.discounted()
                tx = self.pay(self.request_of(invoice), "pdng-acsc")
                self.settle_all()
                invoice.button_draft()
                invoice.invoice_payment_term_id = terms
                invoice.action_post()
                self.sim.settle(tx.provider_reference)
                self.settle_all()
                self.assert_booked(tx, 98.0)
                self.assertEqual(invoice.amount_residual, 2.0)

    def test_a_corrected_amount_gets_no_other_discount(self):
        invoice = self.discounted()
        tx = self.pay(self.request_of(invoice), "pdng-acsc")
        self.settle_all()
        invoice.button_draft()
        invoice.invoice_line_ids.price_unit = 200.0
        invoice.action_post()
        self.sim.settle(tx.provider_reference)
        self.settle_all()
        self.assertEqual(invoice.amount_residual, 102.0)

    def test_it_is_offered_again_once_the_payment_is_undone(self):
        invoice = self.discounted()
        request = self.request_of(invoice)
        tx = self.pay(request)
        self.settle_all()
        self.assert_state(request, "paid", 0.0)
        tx.payment_id.action_draft()
        tx.payment_id.action_cancel()
        self.assertEqual(self.amounts(request), [98.0])
