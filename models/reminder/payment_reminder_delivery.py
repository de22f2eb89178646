from dataclasses import dataclass
from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..batch import back_off, cut
from ..task import find_tasks
from .failure_words import say_failure
from .payment_reminder import SENT_STATES
from .payment_reminder_task import UNREACHED

SLICE = 500
#: Days after which neither a bounce nor a delivery report is expected any more.
NEWS_DAYS = 7
#: Core's statuses of a notification, in the words of `_apply_delivery_status`; whatever
#: else they say is no news yet.
DELIVERY_STATUSES = {
    "email": {
        "sent": "sent",
        "bounce": "bounced",
        "exception": "failed",
        "canceled": "failed",
    },
    "sms": {
        "pending": "sent",
        "sent": "delivered",
        "bounce": "bounced",
        "exception": "failed",
        "canceled": "failed",
    },
    "snail": {"sent": "sent", "exception": "failed", "canceled": "failed"},
}
#: Our own server, the provider, or our account there is at fault, not the address.
GATEWAY_FAILURES = (
    "mail_smtp",
    "mail_from_invalid",
    "mail_from_missing",
    "sms_server",
    "sms_credit",
    "sms_acc",
    "sms_registration_needed",
    "sn_credit",
    "sn_trial",
    "sn_error",
)
#: How long to wait before each retry after such a failure.
PATIENCE = (timedelta(hours=1), timedelta(hours=4), timedelta(0))

#: How far a message got; it never goes back.
PROGRESS = ("queued", "sent", "delivered")
#: How often our own gateway may refuse before a user gets a task.
SEND_ATTEMPTS_MAX = 3


@dataclass(frozen=True)
class Delivery:
    """What a notification says of its reminder.

    :ivar status: see `PaymentReminder._apply_delivery_status`
    :ivar reason: why it failed, in a sentence
    """

    status: str
    reason: str | None = None


class PaymentReminder(models.Model):
    """Reads what mail servers and providers report of sent messages.

    The job reads it, rather than the sending process writing it: a conflict on the
    reminder would roll that process back, and the message would be sent again.
    """

    _inherit = "payment.reminder"

    @api.model
    def _read_notifications(self, company):
        """Apply the delivery status of a company's messages, in slices with a commit.

        :param res.company company: whose reminders
        :return: whether all were read
        :rtype: bool
        """
        now = company._get_payment_now()
        deliveries = {}
        for row in self._find_news(company, now):
            if delivery := self._read_delivery(now, **row):
                deliveries[row["id"]] = delivery
        return self.env["payment.batch"]._run(
            cut(self.browse(deliveries), SLICE), "_apply_deliveries", deliveries
        )

    def _apply_deliveries(self, deliveries):
        """Apply to each reminder what was read of its message.

        :param dict[int, Delivery] deliveries: by reminder
        """
        for delivery, reminders in self.grouped(lambda r: deliveries[r.id]).items():
            reminders._apply_delivery_status(delivery.status, delivery.reason)

    @api.model
    def _find_news(self, company, now):
        """Return the notifications that are ahead of their reminders.

        :rtype: list[dict]
        """
        self.flush_model(
            ["state", "channel", "sent_at", "send_attempts", "mail_message_id"]
        )
        self.env["mail.notification"].flush_model()
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT reminder.id,
                       COALESCE(reminder.send_attempts, 0) AS send_attempts,
                       reminder.sent_at,
                       note.notification_type AS kind,
                       note.notification_status AS status,
                       note.failure_type AS failure,
                       note.failure_reason AS why,
                       note.sms_number AS number
                  FROM payment_reminder reminder
                  JOIN mail_notification note
                    ON note.mail_message_id = reminder.mail_message_id
                 WHERE reminder.company_id = %(company_id)s
                   AND (reminder.state = 'queued'
                        OR reminder.state = 'sent' AND reminder.sent_at > %(since)s)
                   AND note.notification_status NOT IN ('ready', 'process')
                   AND (reminder.channel, note.notification_type) IN (
                           ('email', 'email'), ('sms', 'sms'), ('letter', 'snail')
                       )
                   AND (
                           reminder.state,
                           note.notification_type,
                           note.notification_status
                       ) NOT IN (
                           ('sent', 'email', 'sent'),
                           ('sent', 'sms', 'pending'),
                           ('sent', 'snail', 'sent')
                       )
              ORDER BY reminder.id
                """,
                company_id=company.id,
                since=now - timedelta(NEWS_DAYS),
            )
        )

    @api.model
    def _read_delivery(self, now, **row):
        """Return what a notification says of its reminder, None while it is too early.

        :param datetime now: the company's clock
        :param row: as `_find_news` returns it
        :rtype: Delivery | None
        """
        status = DELIVERY_STATUSES[row["kind"]].get(row["status"])
        if status not in ("bounced", "failed"):
            return status and Delivery(status)
        if status == "failed" and row["failure"] in GATEWAY_FAILURES:
            patience = back_off(PATIENCE, row["send_attempts"])
            if now < row["sent_at"] + patience:
                return None
            status = "retry"
        return Delivery(status, self._get_failure_sentence(row))

    @api.model
    def _get_failure_sentence(self, row):
        """Return why a message did not arrive, for a person.

        :param dict row: as `_find_news` returns it
        :rtype: str
        """
        cause = say_failure(self.env, row["failure"], row["why"])
        if row["kind"] == "email":
            return self.env._(
                "The mail to %(address)s did not arrive: %(cause)s",
                address=self.browse(row["id"]).contact_id.email,
                cause=cause,
            )
        if row["kind"] == "sms":
            return self.env._(
                "The SMS to %(number)s did not arrive: %(cause)s",
                number=row["number"],
                cause=cause,
            )
        return self.env._("The letter was not posted: %s", cause)

    def _apply_delivery_status(self, status, reason=None):
        """Apply the status of a mail, SMS or letter.

        After a failure the next run tries the next channel, and the responsible gets a
        task; without another channel the reminder is `failed`.

        :param str status: `sent`, `delivered`, `bounced`, `failed`, or `retry` if our
            own gateway is at fault and not the address
        :param str reason: why, in a sentence
        """
        gone = (
            self.sudo().filtered(lambda r: r.state in SENT_STATES)._without_tracking()
        )
        if status in PROGRESS:
            gone.filtered(
                lambda r: PROGRESS.index(r.state) < PROGRESS.index(status)
            ).write({"state": status})
        elif status == "retry":
            gone._retry(reason)
        else:
            gone._try_next_channel(reason)

    def _try_next_channel(self, reason, summary=None):
        """Send by the channel after the one that failed, within the hours of the level:
        an SMS must not arrive at night.

        :param str reason: why it failed
        :param str summary: of the task
        """
        for reminder in self:
            queue = reminder._get_channels_left()
            if reminder.channel not in queue or len(queue) < 2:
                reminder._mark_failed(reason, summary)
                continue
            reminder._note_failed_channels(reminder.channel)
            reminder._message_log(body=reason or "")
            reminder._schedule_task(reason, summary)
            reminder._send_again(reason, channel=queue[1], send_attempts=0)
        if "to_send" in self.mapped("state"):
            self._wake_cron()

    def _retry(self, reason):
        """Send by the same channel again, a few times.

        :param str reason: what our own gateway said
        """
        for reminder in self:
            if reminder.send_attempts + 1 >= SEND_ATTEMPTS_MAX:
                reminder._give_up(reason)
            else:
                reminder._send_again(reason, send_attempts=reminder.send_attempts + 1)

    def _send_again(self, reason, **vals):
        """Send one reminder once more, at a time that suits its level.

        :param str reason: why it has to
        :param vals: what else is different
        """
        self.ensure_one()
        self._cancel_message()
        self.write(
            {
                "state": "to_send",
                "sent_at": False,
                "manual": False,
                "failure_reason": reason,
                **vals,
            }
        )

    @api.model
    def _send_undelivered(self, partners, channels):
        """Let failed reminders leave again, at the same level: an address of their
        customers was corrected. What nobody may send by itself is confirmed again, and
        what failed by other channels only is not sent.

        :param res.partner partners: that have another address now
        :param tuple[str] channels: that use it
        """
        theirs = self._get_party_domain(partners._get_parties())
        failed = self.search(
            Domain("state", "=", "failed")
            & (theirs | Domain("contact_id", "in", partners.ids))
            & Domain("level_id", "!=", False)
        ).filtered(lambda r: not {*channels}.isdisjoint(r._get_failed_channels()))
        failed = failed._without_tracking()
        for reminder in failed:
            lost = reminder._get_failed_channels()
            again = [name for name in lost if name in channels]
            in_order = reminder.level_id._get_channels()
            state = "to_confirm" if reminder._needs_confirmation() else "to_send"
            reminder.write(
                {
                    "state": state,
                    "channel": next(
                        (name for name in in_order if name in again),
                        reminder.level_id.channel,
                    ),
                    "failed_channels": ",".join(
                        name for name in lost if name not in again
                    ),
                    "manual": False,
                    "send_attempts": 0,
                    "failure_reason": False,
                }
            )
            if not reminder.edited and reminder.contact_id not in partners:
                reminder.contact_id = False
        failed.prepared_date = False
        find_tasks(failed, UNREACHED).unlink()

    def _give_up(self, reason):
        """Take the next channel, except after mails: while our own server is down,
        thousands of mails must not become SMS and letters.

        :param str reason: what our own gateway said
        """
        self.ensure_one()
        env = self.company_id._with_books_language(self).env
        if self.channel == "email":
            self._mark_failed(reason, env._("Check the outgoing mail server"))
        else:
            self._try_next_channel(
                reason, env._("Check the account for SMS and letters")
            )

    def _cancel_message(self):
        """Cancel the message that failed: sent again from the queue, it would remind
        the customer twice."""
        self._cancel_sms()
        self._cancel_letters()
        self.env["mail.mail"].sudo().search(
            [
                ("mail_message_id", "in", self.mail_message_id.ids),
                ("state", "in", ("outgoing", "exception")),
            ]
        ).cancel()

    def _mark_failed(self, reason, summary=None):
        """Note that the reminders reached nobody, and schedule a task.

        :param str reason: why, in a sentence
        :param str summary: of the task
        """
        self._cancel_message()
        for reminder in self._without_tracking():
            reminder._note_failed_channels(reminder.channel)
            reminder.write(
                {"state": "failed", "failure_reason": reason, "sent_at": False}
            )
            reminder._message_log(body=reason)
            reminder._schedule_task(reason, summary)

    def _mark_failed_by(self, error):
        """Note an unexpected error; its trace is in the log.

        :param Exception error: what sending raised
        """
        for reminder in self.sudo():
            env = reminder.company_id._with_books_language(reminder).env
            text = env._("It could not be sent: %s", str(error).split("\n")[0][:200])
            reminder._mark_failed(text)
