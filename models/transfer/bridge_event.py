import hashlib
import json
import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...bridge import signature
from ..batch import back_off
from .payment_provider import KNOWN_ERRORS, error_text, get_rate_limit

_logger = logging.getLogger(__name__)

# Minutes until an event that could not be processed is tried again.
RETRY_MINUTES = (1, 2, 5, 15, 60, 240)
# Bridge itself repeats a notification for two days: after that the poll is enough.
GIVE_UP_AFTER = timedelta(days=2)
WORK_CRON = "account_payment_request.ir_cron_bridge_event"


class BridgeEvent(models.Model):
    _name = "bridge.event"
    _description = "Bridge Notification"
    _order = "id desc"
    _rec_name = "event_type"

    provider_id = fields.Many2one(
        comodel_name="payment.provider",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="provider_id.company_id")
    event_type = fields.Char(readonly=True)
    body = fields.Text(required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the raw body.")
    link_ref = fields.Char(string="Payment Link", readonly=True, index=True)
    item_ref = fields.Char(string="Bank Connection", readonly=True)
    account_ref = fields.Char(string="Bank Account", readonly=True)
    user_ref = fields.Char(string="User at Bridge", readonly=True)
    state = fields.Selection(
        selection=[
            ("received", "To process"),
            ("done", "Processed"),
            ("ignored", "Ignored"),
            ("failed", "Failed"),
        ],
        required=True,
        default="received",
        readonly=True,
    )
    attempts = fields.Integer(readonly=True, default=0)
    next_attempt_at = fields.Datetime(readonly=True)
    error = fields.Char(readonly=True)
    transaction_id = fields.Many2one(
        comodel_name="payment.transaction",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _digest_uniq = models.UniqueIndex(
        "(provider_id, digest)", "This notification was already received."
    )
    _to_work_off_idx = models.Index("(next_attempt_at, id) WHERE state = 'received'")

    # === Receiving ===

    @api.model
    def _receive(self, provider_id, body, header):
        """Store a signed notification; the same one twice is stored once.

        :param int provider_id: provider named in the webhook's address
        :param bytes body: the exact bytes received
        :param str header: value of `BridgeApi-Signature`
        :return: whether the signature is one of the provider's
        :rtype: bool
        """
        provider = self.env["payment.provider"].browse(provider_id)
        secrets = provider and provider._bridge_webhook_secrets()
        if not signature.verify(body, header, secrets):
            return False
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(WORK_CRON)
        # Whoever finds the worker already called does not call it again. It deletes
        # its calls when it starts, before it looks for events: a call that is being
        # deleted may be too early for this event and does not count. Nor does one that
        # was planned for later: nobody was notified of it.
        stored = self.env.execute_query(
            SQL(
                """
                WITH stored AS (
                    INSERT INTO bridge_event
                           (provider_id, event_type, body, digest, link_ref,
                            item_ref, account_ref, user_ref,
                            state, attempts, next_attempt_at, create_date, write_date)
                    VALUES (%(provider)s, %(event_type)s, %(body)s, %(digest)s,
                            %(link_ref)s, %(item_ref)s, %(account_ref)s, %(user_ref)s,
                            'received', 0, %(now)s, %(now)s, %(now)s)
                    ON CONFLICT (provider_id, digest) DO NOTHING
                    RETURNING id
                )
                SELECT EXISTS (
                           SELECT FROM ir_cron_trigger
                            WHERE cron_id = %(cron)s AND call_at <= %(now)s
                              AND call_at <= create_date
                              FOR KEY SHARE SKIP LOCKED
                       )
                  FROM stored
                """,
                provider=provider_id,
                digest=hashlib.sha256(body).hexdigest(),
                now=fields.Datetime.now(),
                cron=cron_id,
                **self._parse(body),
            )
        )
        if stored == [(False,)]:
            self.env["ir.cron"].browse(cron_id)._trigger()
        return True

    @api.model
    def _parse(self, body):
        """Return the columns read from ``body``, empty where it does not say.

        :param bytes body: a notification as received
        :rtype: dict
        """
        # PostgreSQL stores no NUL character, in text or escaped in JSON.
        text = body.decode("utf-8", errors="replace").replace("\x00", "")
        try:
            payload = json.loads(text)
        except (ValueError, RecursionError):
            payload = None
        payload = payload if isinstance(payload, dict) else {}
        content = payload.get("content")
        content = content if isinstance(content, dict) else {}

        def text_of(value):
            if not isinstance(value, str):
                return None
            # JSON can escape what UTF-8 cannot write: half of a surrogate pair.
            text = value[:200].replace("\x00", "")
            return text.encode(errors="replace").decode()

        def id_of(value):
            is_number = isinstance(value, int) and not isinstance(value, bool)
            return text_of(str(value) if is_number and abs(value) < 2**63 else value)

        return {
            "body": text,
            "event_type": text_of(payload.get("type")),
            "link_ref": text_of(content.get("payment_link_id")),
            "item_ref": id_of(content.get("item_id")),
            "account_ref": id_of(content.get("account_id")),
            "user_ref": text_of(content.get("user_uuid")),
        }

    # === Processing ===

    @api.model
    def _cron_process(self, limit=500):
        """Process what was received: one read at Bridge for each payment link.

        An event only says "go and read"; what it claims is never believed.

        :param int limit: how many events one run takes at most
        """
        if self.env["payment.database"]._get_blocker():
            return
        domain = Domain("state", "=", "received") & Domain(
            "next_attempt_at", "<=", fields.Datetime.now()
        )
        events = self.search(domain, order="id", limit=limit)
        by_subject = events.grouped(
            lambda event: (event.provider_id, event.link_ref, event.item_ref)
        )
        self.env["payment.batch"]._run(
            by_subject.values(),
            "_process_and_book",
            domain=domain,
            failed="_handle_error",
            expected=KNOWN_ERRORS,
            whole=True,
            left=self.search_count(domain) - len(events),
        )

    def _process_and_book(self):
        """Process events of one subject; what that makes done is booked."""
        self._process_group()._book_done()

    def _process_group(self):
        """Process events of one subject, here a payment link.

        :return: the transactions that were read
        :rtype: payment.transaction
        :raises BridgeError: if Bridge cannot be read
        """
        tx = self._find_transaction()
        if not tx:
            self._settle_unknown()
            return tx
        try:
            with self.env.cr.savepoint():
                read = tx._bridge_refresh()
        except OperationalError:
            _logger.info("Transaction %s is being changed, read later", tx.id)
            read = tx.browse()
        if read:
            self.write({"state": "done", "error": False, "transaction_id": tx.id})
        else:
            self._try_after_reader(tx)
        return read

    def _handle_error(self, error):
        """Try events that failed again later; those of other subjects go on.

        :param Exception error: why they failed
        """
        self._try_later(error_text(error), get_rate_limit(error))

    def _find_transaction(self):
        """Return the transaction these events are about, empty if it is not ours."""
        first = self[:1]
        transactions = self.env["payment.transaction"]
        if not first.link_ref:
            return transactions
        return transactions.search(
            Domain("provider_id", "=", first.provider_id.id)
            & Domain("provider_reference", "=", first.link_ref),
            limit=1,
        )

    def _settle_unknown(self):
        """Settle events of which no transaction is known (yet)."""
        now = fields.Datetime.now()
        for event in self:
            # The event may overtake the commit of the transaction it speaks of.
            if event.link_ref and now - event.create_date < timedelta(hours=1):
                event._try_later(self.env._("No transaction is known for this link."))
            else:
                event.write({"state": "ignored", "attempts": event.attempts + 1})

    def _try_after_reader(self, tx):
        """Another worker reads the transaction and may have asked Bridge before this
        event: the first time, wait for it and read again in this run."""
        first = not any(self.mapped("attempts"))
        if first:
            tx._bridge_wait_for_reader()
        self._try_later(self.env._("Being read by another process."))
        if first:
            self.write({"next_attempt_at": fields.Datetime.now()})
            # A run that settled nothing is only followed by the next poll.
            self.env.ref(WORK_CRON)._trigger()

    def _try_later(self, message, wait=None):
        """Plan the next attempt, or give up and leave it to the poll.

        :param str message: why it is not now
        :param float wait: seconds until there are calls again: this was no attempt
        """
        now = fields.Datetime.now()
        for event in self:
            delay = wait or 60 * back_off(RETRY_MINUTES, event.attempts)
            given_up = not wait and now - event.create_date > GIVE_UP_AFTER
            event.write(
                {
                    "attempts": event.attempts + (not wait),
                    "error": message,
                    "state": "failed" if given_up else "received",
                    "next_attempt_at": now + timedelta(seconds=delay),
                }
            )
        waiting = self.filtered(lambda event: event.state == "received")
        if waiting:
            next_attempt = min(waiting.mapped("next_attempt_at"))
            self.env.ref(WORK_CRON)._trigger(at=next_attempt)

    def action_replay(self):
        """Process the events again."""
        self.check_access("write")
        self.sudo().write(
            {"state": "received", "next_attempt_at": fields.Datetime.now()}
        )
        self.env.ref(WORK_CRON)._trigger()

    @api.autovacuum
    def _gc_events(self):
        """Delete events processed more than 90 days ago."""
        limit = fields.Datetime.now() - timedelta(days=90)
        self.search(
            [("state", "in", ("done", "ignored")), ("create_date", "<", limit)],
            limit=10_000,
        ).unlink()
