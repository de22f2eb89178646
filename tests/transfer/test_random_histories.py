from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from unittest.mock import patch

from freezegun import freeze_time
from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ... import const
from ...simulator import JourneyError
from ..common.properties import IN_ODOO
from ..common.request_case import RequestCase

QUIET = (
    "odoo.addons.account_payment_request.bridge",
    "odoo.addons.account_payment_request.models",
    "odoo.addons.payment",
    "odoo.addons.base.models.ir_cron",
)
# What may happen next, and how often it does.
STEPS = (
    ["pay"] * 5
    + ["pick", "pick", "pick", "finish", "finish", "finish", "settle", "settle"]
    + ["deliver", "deliver", "work", "work", "return", "poll", "poll"]
    + ["bank_line", "bank_line", "bank_line_again", "wait", "wait_long", "start"]
    + ["by_hand", "replay", "revoke", "renew", "bridge_down", "lost_answer"]
)
OUTCOMES = ["acsc", "pdng-acsc", "pdng-rjct", "pdng", "rjct", "abort", "leave"]

step = st.tuples(
    st.sampled_from(STEPS),
    st.sampled_from([0, 0, 0, 1]),  # which request
    st.sampled_from(OUTCOMES),
    st.integers(0, 2**16),  # order, duplicates and losses of webhooks
)
# Histories that every run begins with: each was, or would be, somebody's bug.
KNOWN = {
    "money after the link expired": "pick wait poll finish:acsc deliver work",
    "money after the request was revoked": "pick revoke poll finish:acsc",
    "refused in one tab, executed in the other": "pick pick finish:acsc finish:rjct",
    "confirmed in both tabs": "pick pick finish:acsc finish:acsc deliver work",
    "the bank shows a line twice": "pay:acsc poll bank_line bank_line_again",
    "the bank never tells": "pay:pdng deliver work wait_long bank_line poll",
    "refused after a day, then paid": "pay:pdng-rjct poll wait poll pay:acsc",
    "paid by hand meanwhile": "pay:pdng-acsc deliver work by_hand settle",
    "silence, release, paid again, late money": (
        "pay:pdng poll wait_long wait_long wait_long wait_long poll pay:acsc poll"
        " bank_line bank_line"
    ),
    "no answer to the creation": "lost_answer pay:acsc return",
    "down, then up": "bridge_down start bridge_down pay:acsc bridge_down poll",
}


def known_history(text):
    """Return a history written as steps on the first request."""
    steps = (word.partition(":") for word in text.split())
    return [(name, 0, outcome or "acsc", 0) for name, _colon, outcome in steps], True


histories = st.tuples(
    st.lists(step, min_size=10, max_size=16),
    st.booleans(),  # whether a payer at the bank may finish on a closed link
)


@tagged("post_install", "-at_install")
class TestRandomHistories(RequestCase):
    """Whatever happens in whatever order, the end is told by the simulator's truth."""

    def setUp(self):
        super().setUp()
        self.requests = self.create_request(120.0) | self.create_request(75.5)
        freezer = freeze_time(datetime.utcnow())
        self.time = freezer.start()
        self.addCleanup(freezer.stop)
        # The scheduled jobs run here without their commits: each example is undone.
        job_class = self.env.registry["ir.cron"]
        transaction_class = self.env.registry["payment.transaction"]
        self.startPatcher(
            patch.object(job_class, "_commit_progress", lambda *_a, **_k: 600.0)
        )
        self.startPatcher(
            patch.object(self.env.cr, "rollback", self.env.invalidate_all)
        )
        self.startPatcher(
            patch.object(
                transaction_class,
                "_cron_post_process",
                lambda transactions: transactions and transactions._post_process(),
            )
        )
        for logger in QUIET:
            muted = mute_logger(logger)
            muted.__enter__()
            self.addCleanup(muted.__exit__)

    def test_every_history_ends_as_the_bank_tells_it(self):
        @settings(IN_ODOO, max_examples=25)
        @given(histories)
        def replay(history):
            steps, survives = history
            with self.undone_example():
                self.sim.faults.set(journey_survives=survives)
                for name, index, outcome, seed in steps:
                    self.story.append(f"{name}:{outcome} (request {index})")
                    request = self.requests[index]
                    getattr(self, f"do_{name}")(request, outcome, Random(seed))
                self.end_of_history()
                self.check_truth()

        for title, text in KNOWN.items():
            replay = example(known_history(text)).via(title)(replay)
        replay()

    # === One example ===

    @contextmanager
    def undone_example(self):
        """Play one history and forget it."""
        savepoint = self.env.cr.savepoint()
        self.sim = self._start_simulator()
        self.env["ir.config_parameter"].sudo().set_param(
            const.API_URL_PARAMETER, self.sim.url
        )
        self.journeys = defaultdict(list)
        self.by_hand = defaultdict(float)
        self.lined = []
        self.story = []
        try:
            yield
        except AssertionError as error:
            raise AssertionError(f"{error}\nAfter: {', '.join(self.story)}") from error
        finally:
            self.sim.stop()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def end_of_history(self):
        """No webhook any more, Bridge answers, and time goes on."""
        self.sim.faults.set(status_503=0, lost_answer=0)
        for _round in range(2):
            self.wait(hours=25)
            self.do_work()
            self.do_poll()

    def wait(self, **duration):
        self.time.tick(timedelta(**duration))
        self.sim.run_due()

    def snapshot(self):
        """Return all that must not change any more."""
        return [
            (
                tx.id,
                tx.state,
                tx.payment_id.id,
                tx.payment_request_id.state,
                tuple(tx.invoice_ids.mapped("amount_residual")),
            )
            for tx in self.requests.transaction_ids.sorted("id")
        ]

    def check_truth(self):
        for request in self.requests:
            transactions = request.transaction_ids
            for tx in transactions:
                self.check_transaction(tx)
            invoice = request.line_ids.move_id
            payments = transactions.payment_id
            received = sum(payments.mapped("amount")) + self.by_hand[request]
            self.assertAlmostEqual(
                invoice.amount_residual, max(invoice.amount_total - received, 0.0), 2
            )
            entries = payments.move_id.line_ids.filtered(
                lambda entry: entry.account_id.account_type == "asset_receivable"
            )
            credit = -sum(entries.mapped("amount_residual"))
            self.assertAlmostEqual(credit, max(received - invoice.amount_total, 0.0), 2)
            if credit:
                self.assertIn("paid_twice", transactions.mapped("issue"))
            self.check_request(request)
        self.check_bank_lines()
        before = self.snapshot()
        for index in range(len(self.sim.webhooks)):
            self.sim.replay(index)
        self.deliver(order="reversed")
        self.do_work()
        self.requests.transaction_ids._bridge_trigger_check()
        self.do_poll()
        self.assertEqual(self.snapshot(), before)

    def check_transaction(self, tx):
        """The transaction is in the state, and booked as, the simulator knows it."""
        paid = False
        if not tx.provider_reference:
            # Bridge was down: nobody ever got an address to pay at.
            expected = "error"
        else:
            link = self.link(tx)
            attempts = self.sim.store.requests_of(link)
            statuses = {attempt["status"] for attempt in attempts}
            paid = "ACSC" in statuses or bool(self.lines_of(tx))
            if paid:
                expected = "done"
            elif "PDNG" in statuses:
                expected = "pending"
            else:
                expected = {
                    "valid": "draft",
                    "completed": "error",
                    "expired": "cancel",
                    "revoked": "cancel",
                }[link["status"]]
        self.assertEqual(tx.state, expected)
        payments = self.env["account.payment"].search(
            [("payment_transaction_id", "=", tx.id)]
        )
        self.assertEqual(payments.mapped("amount"), [tx.amount] if paid else [])

    def check_request(self, request):
        due = request.line_ids.move_id.amount_residual
        waiting = request.transaction_ids.filtered(
            lambda tx: tx.state == "pending" and not tx.released_at
        )
        left = max(due - sum(waiting.mapped("amount")), 0.0)
        self.assertAlmostEqual(request.amount_to_pay, left, 2)
        if not due:
            expected = "paid"
        elif not left:
            expected = "in_progress"
        else:
            expected = "revoked" if request.revoked_at else "valid"
        self.assertEqual(request.state, expected)

    def check_bank_lines(self):
        """A transfer is paid by one bank line, however often the bank shows it."""
        paid = self.lined_lines().filtered("is_reconciled")
        transactions = paid.mapped(lambda line: line.matched_transaction_id)
        self.assertEqual(len(paid), len(transactions))
        for line in paid:
            self.assertEqual(line.amount, line.matched_transaction_id.amount)

    def lined_lines(self):
        return self.env["account.bank.statement.line"].browse(
            [line.id for _credit, line in self.lined]
        )

    def lines_of(self, tx):
        return self.lined_lines().filtered(
            lambda line: line.matched_transaction_id == tx
        )

    # === What may happen ===

    def newest_link(self, request):
        """Tap the button if there is one; return the newest link's id, if any."""
        self.do_start(request)
        known = request.transaction_ids.filtered("provider_reference").sorted("id")
        return known[-1:].provider_reference

    def do_start(self, request, *_chance):
        try:
            request._start_bridge_transfer("due")
        except UserError:
            # What the payer is told; what was written stays, as on the page.
            self.env.flush_all()

    def do_pay(self, request, outcome, _chance):
        if link := self.newest_link(request):
            try:
                self.sim.pay(link, outcome)
            except JourneyError:
                self.story.append("link is closed")

    def do_pick(self, request, *_chance):
        if link := self.newest_link(request):
            try:
                self.journeys[request].append(self.sim.pick_bank(link)["id"])
            except JourneyError:
                self.story.append("link is closed")

    def do_finish(self, request, outcome, _chance):
        if not self.journeys[request]:
            self.do_pick(request)
        if self.journeys[request]:
            if outcome in ("abort", "leave"):
                outcome = "acsc"
            self.sim.finish(self.journeys[request].pop(0), outcome)

    def do_settle(self, request, *_chance):
        for tx in request.transaction_ids.filtered("provider_reference"):
            self.sim.settle(tx.provider_reference)

    def do_deliver(self, _request, _outcome, chance):
        positions = list(range(len(self.sim.pending)))
        chance.shuffle(positions)
        duplicate = [p for p in positions if chance.random() < 0.3]
        drop = [p for p in positions if chance.random() < 0.3]
        late = [p for p in positions if chance.random() < 0.2]
        order = [p for p in positions if p not in late]
        self.deliver(order=order, duplicate=duplicate, drop=drop)

    def do_replay(self, _request, _outcome, chance):
        if self.sim.webhooks:
            self.sim.replay(chance.randrange(len(self.sim.webhooks)))

    def do_work(self, *_chance):
        self.env["bridge.event"].sudo()._cron_process()

    def do_return(self, request, *_chance):
        request._refresh_transactions()

    def do_poll(self, *_chance):
        self.env["payment.transaction"].sudo()._cron_bridge_poll()
        unbooked = self.requests.transaction_ids.filtered(
            lambda tx: tx.state == "done" and not tx.is_post_processed
        )
        unbooked._post_process()

    def do_wait(self, *_chance):
        self.wait(minutes=61)

    def do_wait_long(self, *_chance):
        self.wait(days=1)

    def credits_of(self, request):
        """Return what the bank has shown, or will, of this request's transfers."""
        links = request.transaction_ids.mapped("provider_reference")
        return [c for c in self.sim.store.credits if c["payment_link_id"] in links]

    def show_credit(self, credit):
        line = self.bank_line(credit["amount"], credit["label"])
        self.lined.append((credit["id"], line))

    def do_bank_line(self, request, *_chance):
        shown = {credit_id for credit_id, _line in self.lined}
        for credit in self.credits_of(request):
            if credit["id"] not in shown:
                return self.show_credit(credit)
        return None

    def do_bank_line_again(self, request, *_chance):
        for credit in self.credits_of(request)[:1]:
            self.show_credit(credit)

    def do_by_hand(self, request, *_chance):
        invoice = request.line_ids.move_id
        if residual := invoice.amount_residual:
            self.register_payment(invoice)
            self.by_hand[request] += residual

    def do_revoke(self, request, *_chance):
        if request.state in ("valid", "expired"):
            request.action_revoke()

    def do_renew(self, request, *_chance):
        if request.state == "revoked":
            request.action_renew()

    def do_bridge_down(self, _request, _outcome, chance):
        self.sim.faults.set(status_503=chance.randint(1, 6))

    def do_lost_answer(self, *_chance):
        self.sim.faults.set(lost_answer=1)
