import logging
from datetime import timedelta

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, split_every

_logger = logging.getLogger(__name__)

SLICE = 500
#: After so long neither a bounce nor a delivery report is expected any more.
NEWS_DAYS = 7
#: What core's notification of a message tells, in the words of `_set_fate`; whatever
#: else it tells is no news yet.
FATES = {
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
#: Told for many at once by a provider: the job is woken for them.
PROVIDED = ("sms", "snail")
#: Our own server, the provider, or our account there is at fault: the address may be
#: right.
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
#: How long to wait, after each such failure, before it is tried again.
PATIENCE = (timedelta(hours=1), timedelta(hours=4), timedelta(0))


class PaymentReminder(models.Model):
    """What mail servers and providers tell of the messages that left.

    It is read here, and not written when they tell it: whoever has just sent something
    must not be rolled back by a reminder that somebody else changes at that moment, for
    what was sent would be sent again.
    """

    _inherit = "payment.reminder"

    @api.model
    def _read_notifications(self, company):
        """Follow what became of the messages of a company, in slices with a commit.

        :param res.company company: whose reminders
        """
        now = company._get_payment_now()
        fates = {}
        for row in self._find_news(company, now):
            if news := self._read_fate(now, **row):
                fates.setdefault(news, []).append(row["id"])
        for (fate, reason), ids in fates.items():
            for slice_ids in split_every(SLICE, ids):
                try:
                    self.browse(slice_ids)._set_fate(fate, reason)
                    self.env.cr.flush()
                except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                    # Somebody else changed one of them: they are for the next run.
                    self.env.cr.rollback()
                    _logger.info("Fate of reminders %s is read later", slice_ids)
                self.env["ir.cron"]._commit_progress(0)

    @api.model
    def _find_news(self, company, now):
        """Return the notifications that tell more than their reminders know.

        :rtype: list[dict]
        """
        self.flush_model(["state", "channel", "sent_at", "tries", "mail_message_id"])
        self.env["mail.notification"].flush_model()
        return self.env.execute_query_dict(
            SQL(
                """
                SELECT reminder.id,
                       COALESCE(reminder.tries, 0) AS tries,
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
    def _read_fate(self, now, **row):
        """Return what a notification tells of its reminder.

        :param datetime now: the company's clock
        :param row: as `_find_news` returns it
        :return: fate (see `_set_fate`) and reason, None while it is too early
        :rtype: tuple[str, str | None] | None
        """
        fate = FATES[row["kind"]].get(row["status"])
        if fate not in ("bounced", "failed"):
            return fate and (fate, None)
        if fate == "failed" and row["failure"] in GATEWAY_FAILURES:
            patience = PATIENCE[min(row["tries"], len(PATIENCE) - 1)]
            if now < row["sent_at"] + patience:
                return None
            fate = "retry"
        return fate, self._get_failure_sentence(row)

    @api.model
    def _get_failure_sentence(self, row):
        """Return why a message did not arrive, for a person.

        :param dict row: as `_find_news` returns it
        :rtype: str
        """
        failure, why = row["failure"], row["why"]
        if row["kind"] == "email":
            return self.browse(row["id"])._get_mail_failure_sentence(failure, why)
        failures = self.env["mail.notification"]._fields["failure_type"]
        named = dict(failures._description_selection(self.env)).get(failure)
        cause = why or named or self.env._("no reason given")
        if row["kind"] == "sms":
            return self.env._(
                "The SMS to %(number)s did not arrive: %(cause)s",
                number=row["number"],
                cause=cause,
            )
        return self.env._("The letter was not posted: %s", cause)


class MailNotification(models.Model):
    _inherit = "mail.notification"

    def write(self, vals):
        """Override: news of providers are read at once, by the job."""
        result = super().write(vals)
        if "notification_status" in vals:
            ours = self.sudo().filtered(
                lambda note: note.notification_type in PROVIDED
                and note.mail_message_id.model == "payment.reminder"
            )
            if ours:
                self.env["payment.reminder"]._wake_cron()
        return result
