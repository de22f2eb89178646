"""The rules of CONTRIBUTING.md, each with a test that fails if it is broken.

What can go wrong around each rule is tested in depth in the other files.
"""

import hmac
import io
import re
from pathlib import Path
from unittest.mock import Mock, patch

import polib
import requests

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.orm.models import LOG_ACCESS_COLUMNS
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger
from odoo.tools.translate import trans_export

from ..bridge import reference
from ..bridge.client import BridgeClient
from ..bridge.errors import BridgeError
from ..models.request import payment_request as payment_request_model
from ..models.transfer.bridge_event import BridgeEvent
from .common.payment_request import EVENT_CRON, PaymentRequestCommon
from .common.reminder_case import ReminderCase

ADDON = "account_payment_request"
FRENCH = Path(__file__).parent.parent / "i18n" / "fr.po"
# What a translation must keep: %s, %(name)s, {{ expression }}, {name}, tags.
PLACEHOLDER = re.compile(
    # {{ expression ||| default }}: the default is text.
    r"%\(\w+\)[-#0 +]*[\d.]*[a-zA-Z]|%[sdifr%]|\{\{.*?(?:\|\|\||\}\})|\{\w*\}|</?\w+"
)


@tagged("post_install", "-at_install")
class TestRules(PaymentRequestCommon):
    def test_rule_1_money_is_booked_only_from_what_was_read(self):
        request = self.create_request()
        tx = self.start(request)
        # A genuine webhook, worked off while Bridge itself knows of no transfer.
        self.sim.pay(tx.provider_reference, "acsc")
        self.deliver()
        self.sim.requests.clear()
        self.link(tx)["status"] = "valid"
        self.work_off()
        self.assertEqual({tx.state, tx.bank_status}, {"draft", False})
        self.assert_nothing_booked(tx)

    def test_rule_2_a_wrong_amount_is_never_done_and_late_money_is_taken_in(self):
        wrong = self.pay(self.create_request(120.0))
        self.sim.faults.set(wrong_amount=-100)
        for _i in range(3):
            wrong._bridge_refresh()
        self.assertEqual(wrong.state, "error")
        self.assert_nothing_booked(wrong)
        self.sim.faults.clear()
        late = self.start(self.create_request(50.0))
        attempt = self.sim.pick_bank(late.provider_reference)
        self.travel(hours=3)
        self.poll()
        self.assertEqual((late.state, late.bridge_link_status), ("cancel", "expired"))
        self.sim.finish(attempt["id"], "acsc")
        self.settle_all()
        self.assert_booked(late, 50.0)

    def test_rule_3_events_in_any_order_and_number_have_one_effect(self):
        ends = []
        for how in (
            {},
            {"order": "reversed"},
            {"duplicate": range(9)},
            {"drop": range(9)},  # None arrives: the poll reads.
        ):
            request = self.create_request()
            tx = self.pay(request, "pdng-acsc")
            self.sim.settle(tx.provider_reference)
            self.deliver(**how)
            for event in self.env["bridge.event"].search([("state", "=", "received")]):
                self.assertEqual(event.link_ref, tx.provider_reference)
            self.work_off()
            tx.bridge_next_check_at = fields.Datetime.now()
            self.poll()
            payments = self.env["account.payment"].search(
                [("payment_transaction_id", "=", tx.id)]
            )
            ends.append((tx.state, tx.bank_status, request.state, len(payments)))
        self.assertEqual(set(ends), {("done", "ACSC", "paid", 1)})

    def test_rule_4_a_transfer_without_news_frees_the_payer_and_calls_a_person(self):
        request = self.create_request()
        tx = self.pay(request, "pdng")
        self.settle_all()
        self.assertEqual((request.state, request.amount_to_pay), ("in_progress", 0.0))
        self.travel(days=self.bridge.bridge_no_news_days, hours=1)
        self.poll()
        self.assertEqual((tx.state, tx.issue), ("pending", "no_news"))
        self.assertEqual((request.state, request._get_page_state()), ("valid", "pay"))
        self.assertEqual(len(self.tasks(request)), 1)
        again = self.pay(request)
        self.settle_all()
        self.assert_booked(again)

    def test_rule_5_a_bank_line_is_matched_once_and_only_when_sure(self):
        tx = self.pay(self.create_request(120.0))
        self.settle_all()
        invoice = self.create_invoice(150.0)
        unsure = self.bank_line(119.0, f"VIR D UN INCONNU {invoice.name}")
        self.assertFalse(unsure.is_reconciled)
        self.assertTrue(unsure.match_note)
        self.assertEqual(invoice.amount_residual, 150.0)
        sure = self.bank_line(120.0, f"VIR {tx.reference}")
        self.assertTrue(sure.is_reconciled)
        self.assertEqual(sure.matched_transaction_id, tx)
        twice = self.bank_line(120.0, f"VIR {tx.reference}")
        self.assertFalse(twice.is_reconciled)
        self.assertTrue(twice.match_note)
        # A deleted bank transaction undoes its match.
        sure.unlink()
        self.assertFalse(tx.payment_id.is_matched)
        self.assertTrue(self.bank_line(120.0, f"VIR {tx.reference}").is_reconciled)

    def test_rule_6_nobody_is_reminded_whose_money_is_on_its_way(self):
        """What reminders will search: due lines without a transfer on its way."""
        on_its_way, refused, silent, untouched = (
            self.create_invoice(invoice_date_due="2020-01-31") for _i in range(4)
        )
        moves = on_its_way + refused + silent + untouched
        txs = {
            move: self.pay(self.request_of(move), outcome)
            for move, outcome in (
                (on_its_way, "pdng"),
                (refused, "pdng-rjct"),
                (silent, "pdng"),
            )
        }
        self.sim.settle(txs[refused].provider_reference)
        self.settle_all()
        txs[silent].released_at = fields.Datetime.now()

        def to_remind():
            lines = self.env["account.move.line"].search(
                [
                    ("move_id", "in", moves.ids),
                    ("display_type", "=", "payment_term"),
                    ("reconciled", "=", False),
                    ("date_maturity", "<", fields.Date.today()),
                    ("move_id.transfer_in_progress", "=", False),
                ]
            )
            return lines.move_id

        self.assertEqual(to_remind(), refused + silent + untouched)
        self.assertEqual(
            moves.mapped("transfer_in_progress"), [True, False, False, False]
        )
        # Executed, the payment entry not made yet: still nobody to remind.
        self.sim.settle(txs[on_its_way].provider_reference, end="ACSC")
        with patch.object(type(txs[on_its_way]), "_book_done"):
            self.deliver()
            self.run_cron(EVENT_CRON)
        self.assertEqual(txs[on_its_way].state, "done")
        self.assertFalse(txs[on_its_way].payment_id)
        self.assertEqual(to_remind(), refused + silent + untouched)

    def test_rule_7_posting_rendering_listing_and_computing_call_nobody(self):
        report = self.env["ir.actions.report"]
        refuse = AssertionError("the network was called")
        with (
            patch.object(requests.Session, "send", side_effect=refuse),
            patch.object(BridgeClient, "__init__", side_effect=refuse),
        ):
            invoice = self.create_invoice()
            report._render_qweb_html("account.report_invoice", invoice.ids)
            request = self.request_of(invoice)
            request.read()
            invoice.read()
            request._get_payment_options()
            self.env["payment.request"].search_read([])
        self.assertFalse(self.sim.links)

    def test_rule_8_tokens_are_compared_in_constant_time(self):
        request = self.create_request()
        compared, domains = [], []
        search = type(request).search

        def compare_digest(one, other):
            compared.append((one, other))
            return hmac.compare_digest(one, other)

        def spied_search(records, domain, **kwargs):
            domains.append(domain)
            return search(records, domain, **kwargs)

        with (
            patch.object(
                payment_request_model, "hmac", Mock(compare_digest=compare_digest)
            ),
            patch.object(type(request), "search", spied_search),
        ):
            found = request._find_by_token(request.token)
        self.assertEqual(found, request)
        self.assertEqual(compared, [(request.token, request.token)])
        # An index is searched for a digest, whose timing tells nothing.
        self.assertTrue(domains)
        self.assertNotIn(request.token, str(domains))

    def test_rule_8_companies_never_see_each_other(self):
        other = self.setup_other_company(name="Autre Boutique")["company"]
        stranger = new_test_user(
            self.env,
            login="apr_rule_8",
            groups="account.group_account_manager",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        request = self.create_request()
        env = self.env(user=stranger)
        self.assertFalse(env["payment.request"].search([]))
        self.assertFalse(env["payment.request.line"].search([]))
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            request.with_env(env).read(["token"])
        with mute_logger("odoo.models"), self.assertRaises(AccessError):
            self.bridge.with_env(env).read(["bridge_client_secret"])

    def test_rule_9_french_is_complete(self):
        buffer = io.BytesIO()
        trans_export(None, [ADDON], buffer, "po", self.env)
        exported = polib.pofile(buffer.getvalue().decode())
        self.assertGreater(len(exported), 300)
        french = {entry.msgid: entry for entry in polib.pofile(str(FRENCH))}
        faults = []
        for term in exported:
            entry = french.get(term.msgid)
            if entry is None or entry.obsolete:
                faults.append(f"missing: {term.msgid}")
            elif entry.fuzzy or not entry.msgstr:
                faults.append(f"not translated: {term.msgid}")
            elif sorted(PLACEHOLDER.findall(entry.msgstr)) != sorted(
                PLACEHOLDER.findall(term.msgid)
            ):
                faults.append(f"placeholders differ: {term.msgid}")
        self.assertEqual(faults, [], "run ./dev i18n and translate")

    def posting_queries(self, policy, count):
        """Return how many queries posting ``count`` invoices in one call takes."""
        self.company.payment_request_policy = policy
        moves = self.env["account.move"].browse(
            self.create_invoice(post=False).id for _i in range(count)
        )
        return self.count_queries(moves.action_post)

    def test_rule_10_posting_takes_no_query_more_for_each_invoice(self):
        self.posting_queries("posting", 2)  # What is cached is cached.
        self.posting_queries("manual", 2)
        few, many = (
            self.posting_queries("posting", count)
            - self.posting_queries("manual", count)
            for count in (3, 13)
        )
        self.assertGreater(few, 0)
        # A query for each would be ten more; caches are worth one or two.
        self.assertLess(many - few, 5)

    def test_rule_10_bank_lines_take_no_query_more_for_each_label_read(self):
        def lines_queries(count, label, **context):
            values = [
                {
                    "journal_id": self.bank_journal.id,
                    "date": fields.Date.today(),
                    "amount": 10.0,
                    "payment_ref": label,
                }
            ] * count
            lines = self.env["account.bank.statement.line"].with_context(**context)
            return self.count_queries(lambda: lines.create(values))

        lines_queries(2, "PRLV SEPA")
        for label in ("PRLV SEPA", f"VIR {reference.make()} DUPONT"):
            unread = {"no_bank_match": True}
            core = lines_queries(13, label, **unread)
            core -= lines_queries(3, label, **unread)
            ours = lines_queries(13, label) - lines_queries(3, label)
            with self.subTest(label):
                self.assertLess(ours - core, 5)

    @mute_logger("odoo.addons.base.models.ir_cron", "odoo.sql_db")
    def test_rule_10_what_was_committed_is_not_repeated_after_a_crash(self):
        first, second = (self.pay(self.create_request()) for _i in range(2))
        self.deliver()
        read = []
        work = BridgeEvent._process_group

        def work_then_crash(events):
            read.append(events[:1].link_ref)
            if len(read) == 2:
                raise MemoryError
            return work(events)

        with (
            patch.object(BridgeEvent, "_process_group", work_then_crash),
            self.enter_registry_test_mode(),
        ):
            # Odoo runs a job again that has crashed after some progress.
            self.env.ref(EVENT_CRON).sudo().method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(
            read,
            [
                first.provider_reference,
                second.provider_reference,
                second.provider_reference,
            ],
        )
        self.assert_booked(first)
        self.assert_booked(second)

    def test_rule_12_nothing_leaves_a_copy(self):
        tx = self.start(self.create_request())
        self.env["ir.config_parameter"].sudo().set_param("database.uuid", "another")
        self.sim.calls.clear()
        with self.assertRaisesRegex(UserError, "copy"):
            tx.action_bridge_check()
        self.poll()
        self.assertFalse(self.sim.calls)

    def test_rule_13_what_lives_at_bridge_does_not_outlive_its_record(self):
        deposit = self.create_deposit()
        link = self.link(self.start(deposit))
        self.assertEqual(link["status"], "valid")
        deposit.unlink()
        self.assertEqual(link["status"], "revoked")

    def test_rule_14_odd_answers_and_floods_change_nothing(self):
        request = self.create_request()
        tx = self.start(request)
        self.sim.calls.clear()
        for _i in range(20):
            request._refresh_transactions()
        self.assertLessEqual(len(self.sim.calls), 4)
        self.link(tx)["status"] = ["completed"]
        self.poll()
        with self.assertRaises(BridgeError):
            tx._bridge_refresh()
        self.assertEqual(tx.state, "draft")


@tagged("post_install", "-at_install")
class TestRuleOfReminders(ReminderCase):
    def test_rule_11_a_line_is_reminded_of_a_level_once_and_never_by_a_copy(self):
        parameters = self.env["ir.config_parameter"].sudo()
        uuid = parameters.get_param("database.uuid")
        invoice = self.overdue()
        parameters.set_param("database.uuid", "another")
        self.run_reminders()
        self.assertFalse(self.mails_of(self.find(invoice)))
        parameters.set_param("database.uuid", uuid)
        for _run in range(3):
            self.run_reminders()
        reminder = self.find(invoice)
        self.assertEqual(reminder.level_id, self.first)
        self.assertEqual(len(self.mails_of(reminder)), 1)
        self.assertFalse(self.plan())


@tagged("post_install", "-at_install")
class TestNames(TransactionCase):
    """A field's name says whether it holds a day or a moment."""

    def misnamed(self, kind, pattern):
        """Return the addon's own fields of a type whose name does not match.

        :param str kind: type of the field
        :param str pattern: a regular expression for the whole name
        """
        return sorted(
            f"{model}.{name}"
            for model, model_class in self.registry.items()
            for name, field in model_class._fields.items()
            if field._modules == (ADDON,)
            and field.type == kind
            and name not in LOG_ACCESS_COLUMNS
            and not re.fullmatch(pattern, name)
        )

    def test_days_are_named_date_or_until(self):
        # `date_maturity` is core's own name for the day on which a line is due.
        days = r"date|until|\w+_date|\w+_until|date_maturity"
        self.assertEqual(self.misnamed("date", days), [])

    def test_moments_are_named_at_or_until(self):
        self.assertEqual(self.misnamed("datetime", r"\w+_at|\w+_until"), [])
