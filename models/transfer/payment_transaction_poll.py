from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ... import const
from ...bridge.transport import Budget
from ..batch import back_off, cut
from .payment_provider import KNOWN_ERRORS, get_rate_limit


class PaymentTransaction(models.Model):
    """Transactions nobody told us about, read at growing intervals."""

    _inherit = "payment.transaction"

    @api.model
    def _cron_bridge_poll(self, limit=200):
        """Read the transactions nobody told us about, at growing intervals, and free
        the payers of transfers without news.

        :param int limit: how many transactions one run reads at most
        """
        if self.env["payment.database"]._get_blocker():
            return
        self._release_without_news()
        domain = Domain("provider_code", "=", const.PROVIDER_CODE) & Domain(
            "bridge_next_check_at", "<=", fields.Datetime.now()
        )
        txs = self.search(domain, order="bridge_next_check_at, id", limit=limit)
        self.env["payment.batch"]._run(
            cut(txs, 1),
            "_bridge_check",
            {},
            domain=domain,
            failed="_bridge_handle_check_error",
            expected=KNOWN_ERRORS,
            busy_fails=True,
            left=self.search_count(domain) - len(txs),
        )

    def _bridge_check(self, unreachable):
        """Read one transaction for the poll; withdraw its link if it is obsolete.

        :param dict unreachable: providers that are not asked again in this run, by id,
            and the seconds that Bridge asks to wait, if it does
        :raises BridgeError: if Bridge does not answer
        """
        self.ensure_one()
        if self.provider_id.id not in unreachable:
            self._bridge_read_or_withdraw()
        self._bridge_schedule_check(unreachable.get(self.provider_id.id))
        self._book_done()

    def _bridge_handle_check_error(self, error, unreachable):
        """Read a transaction that could not be read at its next turn.

        :param Exception error: why
        """
        wait = get_rate_limit(error)
        if getattr(error, "is_temporary", False):
            unreachable[self.provider_id.id] = wait
        self._bridge_schedule_check(wait)

    def _bridge_read_or_withdraw(self):
        """Read one transaction at Bridge, its link withdrawn if it is obsolete.

        :raises BridgeError: if Bridge does not answer
        """
        if not self.provider_reference:
            self._set_canceled(self.env._("The payer never reached their bank."))
            return
        budget = Budget(const.CALL_SECONDS)
        if self._bridge_is_obsolete():
            with self.provider_id._bridge_client(budget) as client:
                client.revoke_payment_link(self.provider_reference)
        self._bridge_refresh(budget)

    def _bridge_is_obsolete(self):
        """Return whether the payer should no longer use this attempt's link."""
        self.ensure_one()
        if not self._bridge_is_open():
            return False
        if self.provider_id.state == "disabled" or not self.company_id.active:
            return True
        request = self.payment_request_id
        if request:
            newer = request.transaction_ids.filtered(
                lambda tx: tx.id > self.id
                and tx.state in ("pending", "done")
                and tx.provider_code == const.PROVIDER_CODE
            )
            return (
                bool(newer)
                or (
                    self._bridge_is_replaced()
                    and fields.Datetime.now() - request.bank_opened_at
                    >= timedelta(seconds=const.REPLACED_SECONDS)
                )
                or request.state in ("revoked", "expired", "paid")
                or self.currency_id.compare_amounts(self.amount, request.amount_to_pay)
                > 0
            )
        return bool(self.invoice_ids) and not any(
            move.state == "posted" and move.amount_residual for move in self.invoice_ids
        )

    def _bridge_is_replaced(self):
        """Return whether this attempt is open, and its payer opened another one."""
        last = self.payment_request_id.last_attempt_id
        return self._bridge_is_open() and last != self and last.state == "draft"

    def _bridge_is_open(self):
        """Return whether the payer was sent to their bank, and may still confirm."""
        self.ensure_one()
        return self.state == "draft" and self.bridge_link_status == "valid"

    def _bridge_schedule_check(self, wait=None):
        """Set when the transaction is read next; never again once its end is known.

        :param float wait: seconds until there are calls again: it was not read, and is
            as due as before
        """
        now = fields.Datetime.now()
        if wait:
            self.bridge_next_check_at = now + timedelta(seconds=wait)
            return
        for tx in self:
            last_change = tx.last_state_change or tx.create_date
            late = now - last_change > timedelta(days=const.LATE_MONEY_DAYS)
            if tx.state == "done" or (tx.state in ("cancel", "error") and late):
                tx.bridge_next_check_at = False
                continue
            seconds = 60 * back_off(const.POLL_MINUTES, tx.bridge_check_count)
            if tx._bridge_is_replaced():
                seconds = const.REPLACED_SECONDS
            tx.write(
                {
                    "bridge_check_count": tx.bridge_check_count + 1,
                    "bridge_next_check_at": now + timedelta(seconds=seconds),
                }
            )

    @api.model
    def _release_without_news(self):
        """Free the payers of transfers whose bank has been silent for too long."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT tx.id
                  FROM payment_transaction tx
                  JOIN payment_provider provider ON provider.id = tx.provider_id
                 WHERE provider.code = %(code)s
                   AND tx.state = 'pending'
                   AND tx.released_at IS NULL
                   AND tx.last_state_change
                       + make_interval(days => provider.bridge_no_news_days) < %(now)s
                """,
                code=const.PROVIDER_CODE,
                now=fields.Datetime.now(),
            )
        )
        silent = self.browse(row[0] for row in rows).try_lock_for_update(
            allow_referencing=True
        )
        silent.write({"released_at": fields.Datetime.now()})
        for provider, records in silent.grouped("provider_id").items():
            txs = provider.company_id._with_books_language(records)
            txs._flag(
                "no_news",
                txs.env._(
                    "The payer confirmed this transfer, but no news of it came in time "
                    "(days allowed: %(days)s). Look for it on the bank account. The "
                    "payer can pay again; the transfer is still booked if it arrives.",
                    days=provider.bridge_no_news_days,
                ),
            )

    def _bridge_trigger_check(self, wait=0):
        """Have the transactions read at Bridge within seconds.

        :param int wait: seconds until then
        """
        if self:
            at = fields.Datetime.now() + timedelta(seconds=wait)
            self.write({"bridge_next_check_at": at})
            self.env.ref("account_payment_request.ir_cron_bridge_sweep")._trigger(at=at)
