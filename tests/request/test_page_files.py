from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError
from odoo.sql_db import db_connect
from odoo.tests import get_db_name, tagged
from odoo.tools import mute_logger

from ..common.page_case import PageCase


@tagged("post_install", "-at_install")
class TestPageFiles(PageCase):
    """Files are made once, by one process at a time, and not given for ever."""

    @contextmanager
    def renderings(self):
        """Yield the list of the reports that are rendered."""
        made = []
        model = self.registry["ir.actions.report"]
        render = model._pre_render_qweb_pdf

        def count(report, report_ref, *arguments, **options):
            made.append(report_ref)
            return render(report, report_ref, *arguments, **options)

        with patch.object(model, "_pre_render_qweb_pdf", count):
            yield made

    @contextmanager
    def another_process_renders(self, request):
        """Another process makes a file of the request meanwhile."""
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(
                "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)",
                ["payment.request.file", request.id],
            )
            self.assertEqual(cr.fetchone(), (True,))
            yield
            cr.rollback()

    def paid(self):
        """Return a request that was paid from the payer's bank."""
        request = self.create_request()
        self.pay(request)
        self.open(request, "return")
        self.assertEqual(request.state, "paid")
        return request

    def assert_busy(self, request, *parts):
        answer = self.open(request, *parts)
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(answer.headers["Retry-After"], "5")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertIn("is being prepared", answer.text)
        self.assertIn(self.path(request), answer.text)

    # Once

    def test_an_invoice_is_made_once_and_kept_as_core_keeps_it(self):
        request = self.create_request()
        invoice = request.line_ids.move_id
        self.assertFalse(invoice.invoice_pdf_report_id)
        mails = self.env["mail.mail"].search_count([])
        with self.renderings() as made:
            first = self.open(request, "invoice", "0")
            second = self.open(request, "invoice", "0")
        self.assertEqual((first.status_code, second.status_code), (200, 200))
        self.assertEqual(len(made), 1)
        self.assertEqual(first.content, second.content)
        kept = invoice.invoice_pdf_report_id
        self.assertEqual(kept.raw, first.content)
        self.assertEqual(kept.name, invoice._get_invoice_report_filename())
        self.assertIn(kept.name, first.headers["Content-Disposition"])
        self.assertEqual(self.env["mail.mail"].search_count([]), mails, "it was sent")

    def test_what_was_sent_is_not_made_again(self):
        request = self.create_request()
        invoice = request.line_ids.move_id
        invoice._generate_and_send(sending_methods=["manual"])
        sent = invoice.invoice_pdf_report_id
        with self.renderings() as made:
            answer = self.open(request, "invoice", "0")
        self.assertFalse(made)
        self.assertEqual(answer.content, sent.raw)

    def test_an_invoice_that_was_changed_is_made_again(self):
        request = self.create_request()
        invoice = request.line_ids.move_id
        self.open(request, "invoice", "0")
        kept = invoice.invoice_pdf_report_id
        invoice.button_draft()
        self.assertEqual(self.open(request, "invoice", "0").status_code, 404)
        invoice.invoice_line_ids.price_unit = 77.0
        invoice.action_post()
        with self.renderings() as made:
            answer = self.open(request, "invoice", "0")
        self.assertEqual(len(made), 1)
        self.assertIn("77.00", answer.text)
        self.assertNotEqual(invoice.invoice_pdf_report_id, kept)

    def test_a_cancelled_invoice_is_neither_given_nor_made(self):
        request = self.create_request()
        invoice = request.line_ids.move_id
        invoice.button_draft()
        invoice.button_cancel()
        with self.renderings() as made:
            self.assertEqual(self.open(request, "invoice", "0").status_code, 404)
        self.assertFalse(made)

    def test_a_receipt_is_made_once_and_again_when_it_says_something_else(self):
        request = self.paid()
        with self.renderings() as made:
            first = self.open(request, "receipt")
            second = self.open(request, "receipt")
            self.assertEqual(len(made), 1)
            self.assertEqual(first.status_code, 200)
            self.assertEqual(first.content, second.content)
            request.transaction_ids.payment_id.memo = "Another memo"
            self.env.cr.execute(
                "UPDATE account_payment SET write_date = write_date + interval '1 min'"
            )
            self.assertIn("Another memo", self.open(request, "receipt").text)
        self.assertEqual(len(made), 2)

    # One at a time

    def test_two_at_once_make_one_and_nothing_is_lost(self):
        request = self.create_request()
        with self.renderings() as made:
            with self.another_process_renders(request):
                self.assert_busy(request, "invoice", "0")
            self.assertFalse(made)
            self.assertEqual(self.open(request, "invoice", "0").status_code, 200)
        self.assertEqual(len(made), 1)

    def test_what_is_made_already_is_given_meanwhile(self):
        request = self.create_request()
        request.line_ids.move_id._generate_and_send(sending_methods=["manual"])
        with self.another_process_renders(request):
            self.assertEqual(self.open(request, "invoice", "0").status_code, 200)
            self.assertEqual(self.open(request).status_code, 200)

    def test_two_receipts_at_once_make_one(self):
        request = self.paid()
        with self.renderings() as made, self.another_process_renders(request):
            self.assert_busy(request, "receipt")
        self.assertFalse(made)
        self.assertEqual(self.open(request, "receipt").status_code, 200)

    def test_other_links_do_not_wait(self):
        busy, other = self.create_request(), self.create_request()
        with self.another_process_renders(busy):
            self.assertEqual(self.open(other, "invoice", "0").status_code, 200)

    # Not for ever

    def files(self, request):
        """Return the answers to the files of a request, and whether it shows them."""
        shown = self.open(request).text
        return [
            (self.open(request, *parts).status_code, f"/{parts[0]}" in shown)
            for parts in (("invoice", "0"), ("receipt",))
        ]

    def test_a_paid_link_gives_its_files_for_so_many_days(self):
        request = self.paid()
        today = self.company._get_payment_today()
        self.assertEqual(request.paid_date, today)
        self.assertEqual(self.company.payment_request_file_days, 90)
        for days, given in ((0, True), (89, True), (90, False), (4000, False)):
            with self.subTest(days):
                request.paid_date = today - timedelta(days=days)
                expected = (200, True) if given else (404, False)
                self.assertEqual(self.files(request), [expected] * 2)
                self.assertIn("it is paid", self.open(request).text)
        self.assertEqual(request._get_page_state(), "paid")

    def test_zero_or_empty_gives_none_and_a_large_number_all(self):
        request = self.paid()
        for days in (0, False):
            self.company.payment_request_file_days = days
            self.assertEqual(self.files(request), [(404, False)] * 2)
        self.company.payment_request_file_days = 2**31 - 1
        request.paid_date -= timedelta(days=40_000)
        self.assertEqual(self.files(request), [(200, True)] * 2)

    @mute_logger("odoo.sql_db")
    def test_a_negative_number_of_days_is_refused(self):
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.company.payment_request_file_days = -1
            self.env.flush_all()

    def test_the_days_count_from_when_nothing_was_left_to_pay(self):
        request = self.create_request()
        self.assertFalse(request.paid_date)
        invoice = request.line_ids.move_id
        register = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        payments = register.create({})._create_payments()
        self.assertEqual(request.paid_date, self.company._get_payment_today())
        request.paid_date -= timedelta(days=100)
        payments.move_id.line_ids.remove_move_reconcile()
        self.assertFalse(request.paid_date)
        self.assertEqual(request.state, "valid")
        self.assertEqual(self.open(request, "invoice", "0").status_code, 200)
        register.create({})._create_payments()
        self.assertEqual(request.paid_date, self.company._get_payment_today())

    def test_nobody_changes_a_receipt_that_is_kept(self):
        request = self.paid()
        self.assertEqual(self.open(request, "receipt").status_code, 200)
        kept = self.env["ir.attachment"].search(
            [
                ("res_model", "=", request._name),
                ("res_id", "=", request.id),
                ("res_field", "=", "receipt_file"),
            ]
        )
        self.assertTrue(kept)
        mine = kept.with_user(self.accountant)
        for change in (
            lambda: mine.write({"datas": "YQ=="}),
            lambda: mine.write({"public": True}),
            mine.unlink,
        ):
            with self.assertRaises(AccessError):
                change()
