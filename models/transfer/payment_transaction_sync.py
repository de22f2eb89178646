import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, mute_logger

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...bridge import verdict
from ...bridge.transport import Budget
from .payment_provider import KNOWN_ERRORS, get_rate_limit

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """What is read at Bridge, and what it changes."""

    _inherit = "payment.transaction"

    def _bridge_refresh(self, budget=None):
        """Read each transaction's link and bank attempts at Bridge and apply them.

        A transaction that another worker is reading is left to it, so that an older
        answer never overwrites a newer one. Those for which no time is left are read by
        the poll within seconds.

        :param Budget budget: time left for all of them, during which they are held
        :return: the transactions that were read
        :rtype: payment.transaction
        :raises BridgeError: if Bridge cannot be read; nothing is lost, read again later
        """
        read = self.browse()
        budget = budget or Budget(const.CALL_SECONDS)
        for tx in self.filtered("provider_reference").try_lock_for_update(
            allow_referencing=True
        ):
            if read and budget.remaining() < const.CALL_SECONDS / 2:
                tx._bridge_trigger_check()
                continue
            link_id = tx.provider_reference
            with tx.provider_id._bridge_client(budget) as client:
                link = client.read_payment_link(link_id)
                attempts = list(client.list_payment_requests(payment_link_id=link_id))
            tx.company_id._with_books_language(tx)._process(
                const.PROVIDER_CODE, {"link": link, "attempts": attempts}
            )
            read |= tx
        return read

    def _bridge_refresh_for_payer(self):
        """Read the transactions for a payer who is looking at them, none twice in a few
        seconds: what is not read now, the scheduled job reads soon.

        :return: whether all of them were read
        :rtype: bool
        """
        rates = self.env["payment.rate"]
        seconds = const.PAYER_READ_SECONDS
        early = self.filtered(lambda tx: rates._use("reads", tx.id, 1, seconds))
        try:
            (self - early)._bridge_refresh()
        except KNOWN_ERRORS as error:
            _logger.warning("Transactions %s could not be read: %s", self.ids, error)
            self._bridge_trigger_check(get_rate_limit(error) or 0)
            return False
        # Who asks ten times in a second wakes the job once.
        now = fields.Datetime.now()
        asleep = early.filtered(
            lambda tx: not now
            < (tx.bridge_next_check_at or now)
            <= now + timedelta(seconds=seconds)
        )
        asleep.try_lock_for_update(allow_referencing=True)._bridge_trigger_check(
            seconds
        )
        return not early

    def _bridge_wait_for_reader(self):
        """Wait a few seconds at most for whoever holds the transaction."""
        self.ensure_one()
        try:
            with self.env.cr.savepoint(flush=False), mute_logger("odoo.sql_db"):
                self.env.cr.execute(
                    SQL("SET LOCAL lock_timeout = %s", f"{const.READER_SECONDS}s")
                )
                self.env.cr.execute(
                    SQL(
                        "SELECT FROM payment_transaction WHERE id = %s FOR UPDATE",
                        self.id,
                    )
                )
        except OperationalError:
            # Too long, or changed meanwhile: both are for the next attempt to see.
            _logger.info("Transaction %s was held by another process", self.id)

    @api.model
    def _extract_reference(self, provider_code, payment_data):
        """Override of `payment` to extract the reference from the payment data."""
        if provider_code != const.PROVIDER_CODE:
            return super()._extract_reference(provider_code, payment_data)
        return payment_data["link"].get("client_reference")

    def _extract_amount_data(self, payment_data):
        """Override of `payment`: `_apply_updates` checks amounts itself, because core's
        check lets the same wrong notification through the second time."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._extract_amount_data(payment_data)
        return None

    def _apply_updates(self, payment_data):
        """Override of `payment` to update the transaction from what Bridge answered."""
        if self.provider_code != const.PROVIDER_CODE:
            return super()._apply_updates(payment_data)
        expected = verdict.Expected(
            link_id=self.provider_reference,
            reference=self.reference,
            amount_cents=payment_utils.to_minor_currency_units(
                self.amount, self.currency_id
            ),
            currency=self.currency_id.name,
            link_status=self.bridge_link_status or None,
            bank_status=self.bank_status or None,
        )
        link = payment_data["link"]
        judged = verdict.judge(link, payment_data["attempts"], expected)
        self._bridge_keep_proof(payment_data, judged)
        if judged.mismatch:
            self._bridge_refuse_data(
                self._bridge_get_mismatch_text(judged.mismatch, expected)
            )
            return None
        self.provider_id._bridge_note_beneficiary(link)
        self._bridge_store_statuses(judged)
        self._bridge_apply_outcome(judged)
        return None

    def _bridge_apply_outcome(self, judged):
        """Bring the transaction to the state that Bridge's answer means.

        :param Verdict judged: of this transaction's link and attempts
        """
        self.ensure_one()
        if judged.outcome == verdict.EXECUTED:
            # Late money, after a cancel or an expiry, is still booked.
            if self.state != "done":
                self._bridge_set_done()
            self._bridge_flag_second_transfer(judged.executed_count)
        elif judged.outcome == verdict.PARTIAL:
            self._bridge_refuse_data(
                self.env._("The bank executed only a part of this transfer.")
            )
        elif judged.outcome == verdict.CONFIRMED:
            if self.state not in ("pending", "done"):
                self._set_pending(extra_allowed_states=("cancel", "error"))
        elif judged.outcome == verdict.REFUSED:
            self._bridge_set_refused()
        elif judged.outcome == verdict.CLOSED and self.state in ("draft", "pending"):
            self._set_canceled(self._bridge_closed_text())

    def _bridge_store_statuses(self, judged):
        """Store the statuses that were read; money is never forgotten.

        :param Verdict judged: what was read
        """
        values = {}
        if judged.link_status:
            values["bridge_link_status"] = judged.link_status
        if judged.bank_status:
            status, reason = judged.bank_status, judged.bank_reason or False
            if (status, reason) != (self.bank_status, self.bank_status_reason):
                values.update(
                    bank_status=status,
                    bank_status_reason=reason,
                    bank_status_at=self._bridge_datetime(judged.changed_at),
                )
        if any(self[field] != value for field, value in values.items()):
            self.write(values)

    @api.model
    def _bridge_datetime(self, moment):
        """Return an aware moment as naive UTC, now if there is none or it is ahead."""
        now = fields.Datetime.now()
        return min(moment.replace(tzinfo=None, microsecond=0), now) if moment else now

    def _bridge_get_mismatch_text(self, mismatch, expected):
        """Return in a sentence why what was read is not this transaction.

        :param Mismatch mismatch: what differs
        :param Expected expected: what was asked for
        :rtype: str
        """
        if mismatch.kind == verdict.OTHER_AMOUNT:
            currencies = "/".join(mismatch.read_currencies)
            return self.env._(
                "Bridge reports %(read)s, but %(asked)s was asked for.",
                read=f"{mismatch.read_cents / 100:.2f} {currencies}",
                asked=f"{expected.amount_cents / 100:.2f} {expected.currency}",
            )
        return {
            verdict.OTHER_LINK: self.env._(
                "Bridge answered about another payment link."
            ),
            verdict.FOREIGN_ATTEMPT: self.env._(
                "The bank transfer belongs to another payment link."
            ),
            verdict.OTHER_REFERENCE: self.env._(
                "The payment link carries another reference."
            ),
            verdict.UNREADABLE_AMOUNT: self.env._("Bridge gave no readable amount."),
        }[mismatch.kind]

    def _bridge_refuse_data(self, message):
        """Book nothing from data that is not ours, and call a person."""
        self.ensure_one()
        if self.state in ("draft", "pending"):
            self._set_error(message)
        if self.issue != "amount_differs":
            self._flag("amount_differs", message)

    def _bridge_set_refused(self):
        """Refused after it was confirmed: free the payer, and tell both sides."""
        self.ensure_one()
        if self.state in ("error", "done", "cancel"):
            return
        reason = self._bridge_reason_text()
        self._set_error(reason)
        self._flag("refused", reason)
        template = self.env.ref(
            "account_payment_request.mail_template_transfer_refused",
            raise_if_not_found=False,
        )
        if not template or not self.partner_email:
            return
        try:
            with self.env.cr.savepoint():
                template.sudo().send_mail(self.id)
        except UserError:
            # A text that somebody edited must not keep the refusal from being known.
            _logger.exception("The payer of transaction %s was not told", self.id)
        else:
            # Odoo's mail queue runs once an hour: the payer is told now.
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _bridge_set_done(self):
        """The money left the payer, or is here: book it, whatever came before."""
        done = self._set_done(extra_allowed_states=("cancel",))
        if done:
            # Whoever read it books it at once: core's job is for when that fails.
            self.env.ref("payment.cron_post_process_payment_tx")._trigger(
                at=fields.Datetime.now() + timedelta(minutes=1)
            )
        # An earlier refusal is settled too by the attempt that succeeded.
        settled = self.filtered(lambda tx: tx.issue == "no_news")
        siblings = self | self.payment_request_id.transaction_ids
        settled |= siblings.filtered(lambda tx: tx.issue == "refused")
        settled._clear_issue()
        self.filtered("released_at").released_at = False

    def _bridge_flag_second_transfer(self, executed_count):
        """Call a person when the payer confirmed twice on one link: one transfer is
        booked, the bank line of the other one stays open.

        :param int executed_count: how many transfers the bank executed
        """
        if executed_count > 1 and self.issue != "paid_twice":
            self._flag(
                "paid_twice",
                self.env._(
                    "The payer confirmed %(count)s transfers of %(amount)s with one "
                    "link. One of them is booked; refund the others once they are on "
                    "the bank account, or use them for another invoice.",
                    count=executed_count,
                    amount=self.currency_id.format(self.amount),
                ),
            )

    def _bridge_closed_text(self):
        self.ensure_one()
        if self.bridge_link_status == "expired":
            return self.env._("The time to confirm at the bank has run out.")
        return self.env._("This attempt was replaced or withdrawn.")

    def _bridge_reason_text(self):
        """Return in words why the bank refused, for the payer and the accountant.

        The codes are those of ISO 20022 that Bridge passes on."""
        self.ensure_one()
        reasons = {
            "AC01": self.env._("The account to debit was not recognised by the bank."),
            "AC04": self.env._("The account to debit is closed."),
            "AC06": self.env._("The account to debit is blocked."),
            "AG01": self.env._("Transfers are not allowed from this type of account."),
            "AM04": self.env._("There was not enough money on the account."),
            "AM18": self.env._("The bank's limit of transfers was reached."),
            "CH03": self.env._("The execution date is too far away."),
            "CUST": self.env._("The payer did not confirm the transfer."),
            "DS02": self.env._("The transfer was cancelled by an authorised person."),
            "FF01": self.env._("The bank could not read the transfer order."),
            "FRAD": self.env._("The bank stopped the transfer to prevent fraud."),
            "MS03": self.env._(
                "The bank refused the transfer without giving a reason."
            ),
            "NOAS": self.env._("The payer did not answer their bank in time."),
            "RR01": self.env._("The payer's identification is missing."),
            "RR03": self.env._("The beneficiary's name or address is missing."),
            "RR04": self.env._(
                "The bank refused the transfer for a regulatory reason."
            ),
        }
        return reasons.get(
            self.bank_status_reason, self.env._("The bank refused the transfer.")
        )
