from datetime import timedelta

from markupsafe import escape

from odoo import api, models
from odoo.tools import SQL

from .payment_reminder import GONE_STATES

TODO_ACTIVITY = "mail.mail_activity_data_todo"
REMINDER_CRON = "account_payment_request.ir_cron_payment_reminder"
#: How far a message got; it never goes back.
PROGRESS = ("queued", "sent", "delivered")
#: How often our own gateway may refuse before a person is told.
TRIES = 3
#: A message that has not left after so long is looked for.
PATIENCE = timedelta(days=1)
#: A reminder that was paid may be found not to be, so long after.
PAID_AGAIN_DAYS = 60


class PaymentReminder(models.Model):
    """What became of the reminders that left."""

    _inherit = "payment.reminder"

    def _set_fate(self, fate, reason=None):
        """Follow what the mail or the SMS tells.

        A failure goes to the next channel of the level at the next run, and leaves a
        task; nothing more to try is `failed`.

        :param str fate: `sent`, `delivered`, `bounced`, `failed`, or `retry` if our own
            gateway is at fault and not the address
        :param str reason: why, in a sentence
        """
        gone = self.sudo().filtered(lambda r: r.state in GONE_STATES)._quietly()
        if fate in PROGRESS:
            gone.filtered(
                lambda r: PROGRESS.index(r.state) < PROGRESS.index(fate)
            ).write({"state": fate})
        elif fate == "retry":
            gone._retry(reason)
        else:
            gone._try_next_channel(reason)

    def _try_next_channel(self, reason, summary=None):
        """Let the reminders leave by the channel after the one that failed, within the
        hours of their level: nobody wants that SMS at night.

        :param str reason: why it failed
        :param str summary: of the task
        """
        for reminder in self:
            queue = reminder._get_channels_left()
            if reminder.channel not in queue or len(queue) < 2:
                reminder._fail(reason, summary)
                continue
            reminder._message_log(body=reason or "")
            reminder._leave_task(reason, summary)
            reminder._send_again(reason, channel=queue[1], tries=0)
        if "to_send" in self.mapped("state"):
            self._wake_cron()

    def _retry(self, reason):
        """Let the reminders leave by the same channel again, a few times.

        :param str reason: what our own gateway said
        """
        for reminder in self:
            if reminder.tries + 1 >= TRIES:
                reminder._give_up(reason)
            else:
                reminder._send_again(reason, tries=reminder.tries + 1)

    def _send_again(self, reason, **vals):
        """Let one leave once more, when its level lets it.

        :param str reason: why it has to
        :param vals: what else is different
        """
        self.ensure_one()
        self._cancel_message()
        self.write(
            {
                "state": "to_send",
                "sent_at": False,
                "by_hand": False,
                "failure_reason": reason,
                **vals,
            }
        )

    def _give_up(self, reason):
        """Take the next channel, but for mails: a server of ours that stays down must
        not turn thousands of mails into SMS and letters.

        :param str reason: what our own gateway said
        """
        self.ensure_one()
        env = self._for_colleagues().env
        if self.channel == "email":
            self._fail(reason, env._("Check the outgoing mail server"))
        else:
            self._try_next_channel(
                reason, env._("Check the account for SMS and letters")
            )

    def _cancel_message(self):
        """Take back the mail or SMS that failed: a person who sends it again from the
        queue would remind the customer twice."""
        self._cancel_sms()
        self._cancel_letters()
        self.env["mail.mail"].sudo().search(
            [
                ("mail_message_id", "in", self.mail_message_id.ids),
                ("state", "in", ("outgoing", "exception")),
            ]
        ).cancel()

    @api.model
    def _wake_cron(self):
        if cron := self.env.ref(REMINDER_CRON, raise_if_not_found=False):
            cron.sudo()._trigger()

    # === Telling a person ===

    def _for_colleagues(self):
        """Return the same reminder in the language in which its company works.

        :rtype: payment.reminder
        """
        return self.with_context(lang=self.company_id._get_payment_language())

    def _fail(self, reason, summary=None):
        """Note that the reminders reached nobody, and leave a task.

        :param str reason: why, in a sentence
        :param str summary: of the task
        """
        self._cancel_message()
        for reminder in self._quietly():
            reminder.write(
                {"state": "failed", "failure_reason": reason, "sent_at": False}
            )
            reminder._message_log(body=reason)
            reminder._leave_task(reason, summary)

    def _fail_unexpected(self, error):
        """Note an error that nobody foresaw; its trace is in the log."""
        for reminder in self.sudo():
            env = reminder._for_colleagues().env
            text = env._("It could not be sent: %s", str(error).split("\n")[0][:200])
            reminder._fail(text)

    def _leave_task(self, reason, summary=None):
        """Ask the responsible to look, unless he is asked already.

        :param str reason: what happened, in a sentence
        :param str summary: what to do; by default, to correct the contact
        """
        for reminder in self:
            title = summary or reminder._for_colleagues().env._(
                "Correct how %s is reached", reminder.partner_id.display_name
            )
            if not reminder._has_task(title, at_level=bool(summary)):
                reminder._schedule_task(TODO_ACTIVITY, title, escape(reason or ""))

    def _schedule_task(self, activity, summary, note=""):
        """Give the responsible something to do today, in the language of the company.

        :param str activity: external id of the type
        :param str summary: what to do
        :param str note: why, HTML
        """
        self.ensure_one()
        # Not a mail each: a run may leave hundreds.
        quiet = self._for_colleagues().with_context(mail_activity_quick_update=True)
        quiet.activity_schedule(
            activity,
            date_deadline=self.company_id._get_payment_today(),
            summary=summary,
            note=note,
            user_id=self._get_responsible().id or self.env.uid,
        )

    def _has_task(self, summary, at_level):
        """Return whether the same is asked of somebody already, for the company.

        :param str summary: of the task
        :param bool at_level: also about another customer at the same level
        """
        self.ensure_one()
        query = SQL(
            """
            SELECT 1
              FROM mail_activity activity
              JOIN payment_reminder other ON other.id = activity.res_id
             WHERE activity.res_model = %(model)s
               AND activity.active
               AND activity.summary = %(summary)s
               AND other.company_id = %(company_id)s
               AND (other.partner_id = %(partner_id)s OR other.level_id = %(level_id)s)
             LIMIT 1
            """,
            model=self._name,
            summary=summary,
            company_id=self.company_id.id,
            partner_id=self.partner_id.id,
            level_id=at_level and self.level_id.id or 0,
        )
        self.env["mail.activity"].flush_model(["summary", "res_model", "active"])
        return bool(self.env.execute_query(query))

    # === Later ===

    @api.model
    def _update_fates(self, company):
        """Bring up to date what became of the reminders of a company.

        :param res.company company: whose reminders
        """
        self._read_notifications(company)
        self._settle_queued(company)
        self._refresh_open_tasks(company)
        self._refresh_paid(company)

    @api.model
    def _settle_queued(self, company):
        """Find what is leaving for over a day: nothing is queued for ever.

        What still waits in the queue of mails or SMS is told to a person; what is in no
        queue any more did not leave.

        :param res.company company: whose reminders
        """
        self.env.flush_all()
        query = SQL(
            """
            SELECT reminder.id,
                   EXISTS (SELECT 1 FROM mail_mail
                            WHERE mail_message_id = reminder.mail_message_id
                              AND state = 'outgoing')
                   OR EXISTS (SELECT 1 FROM sms_sms
                               WHERE mail_message_id = reminder.mail_message_id
                                 AND state = 'outgoing'
                                 AND to_delete IS NOT TRUE)
              FROM payment_reminder reminder
             WHERE reminder.company_id = %(company_id)s
               AND reminder.state = 'queued'
               AND reminder.sent_at < %(since)s
            """,
            company_id=company.id,
            since=company._get_payment_now() - PATIENCE,
        )
        rows = self.env.execute_query(query)
        reason = self.env._("It did not leave within a day.")
        waiting = self.browse(reminder_id for reminder_id, waits in rows if waits)
        for reminders in waiting.grouped("level_id").values():
            reminders[:1]._leave_task(
                reason, self.env._("Check the queues of e-mails and SMS")
            )
        lost = self.browse(reminder_id for reminder_id, waits in rows if not waits)
        lost._set_fate("failed", reason)

    @api.model
    def _refresh_paid(self, company):
        """Note when and how much was paid of what the reminders name, in one statement.

        What a credit note settles or the company writes off was not paid.

        :param res.company company: whose reminders
        """
        today = company._get_payment_today()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE payment_reminder reminder
                   SET paid_at = fact.paid_at,
                       amount_paid_after = fact.amount
                  FROM (
                    SELECT sent.id,
                           CASE WHEN bool_and(line.reconciled IS TRUE)
                                THEN max(payment.last_on) END AS paid_at,
                           COALESCE(sum(payment.amount), 0) AS amount
                      FROM payment_reminder sent
                      JOIN payment_reminder_line named ON named.reminder_id = sent.id
                      JOIN account_move_line line ON line.id = named.move_line_id
                CROSS JOIN LATERAL (
                        SELECT max(counterpart.date) AS last_on,
                               sum(part.debit_amount_currency) FILTER (
                                   WHERE journal.type IN ('bank', 'cash', 'credit')
                                     AND counterpart.date >= (
                                         sent.sent_at AT TIME ZONE 'UTC'
                                         AT TIME ZONE %(zone)s
                                     )::date
                               ) AS amount
                          FROM account_partial_reconcile part
                          JOIN account_move_line counterpart
                            ON counterpart.id = part.credit_move_id
                          JOIN account_journal journal
                            ON journal.id = counterpart.journal_id
                         WHERE part.debit_move_id = line.id
                           ) payment
                     WHERE sent.company_id = %(company_id)s
                       AND sent.state IN %(states)s
                       AND sent.sent_at IS NOT NULL
                       AND (sent.paid_at IS NULL
                            OR sent.paid_at > %(today)s::date - %(days)s)
                  GROUP BY sent.id
                       ) fact
                 WHERE fact.id = reminder.id
                   AND (reminder.paid_at IS DISTINCT FROM fact.paid_at
                        OR COALESCE(reminder.amount_paid_after, 0) != fact.amount)
                """,
                company_id=company.id,
                states=GONE_STATES,
                zone=company._get_payment_timezone(),
                today=today,
                days=PAID_AGAIN_DAYS,
            )
        )
        self.invalidate_model(["paid_at", "amount_paid_after"])
