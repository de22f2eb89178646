from datetime import timedelta

from odoo import api, models
from odoo.tools import SQL

from .payment_reminder import SENT_STATES

#: A message still queued after so long is checked.
QUEUED_MAX = timedelta(days=1)
#: Of what is a payment: credit notes and write-offs are none.
PAYING_JOURNALS = ("bank", "cash", "credit")
#: Days during which a payment may still turn out to be reversed.
REVERSAL_DAYS = 60


class PaymentReminder(models.Model):
    """Follows reminders up after they were sent."""

    _inherit = "payment.reminder"

    @api.model
    def _follow_up(self, company):
        """Read delivery and payment of the reminders of a company.

        :param res.company company: whose reminders
        """
        if not self._read_notifications(company):
            # Messages whose status is still unread must not count as lost.
            return
        self._settle_queued(company)
        self._refresh_open_tasks(company)
        self._refresh_paid(company)

    @api.model
    def _settle_queued(self, company):
        """Settle what has been queued for over a day: nothing stays queued for ever.

        For what still waits in the queue of mails or SMS, the responsible gets a task;
        what is in no queue any more was not sent.

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
            since=company._get_payment_now() - QUEUED_MAX,
        )
        rows = self.env.execute_query(query)
        reason = self.env._("It did not leave within a day.")
        waiting = self.browse(reminder_id for reminder_id, waits in rows if waits)
        for reminders in waiting.grouped("level_id").values():
            reminders[:1]._schedule_task(
                reason, self.env._("Check the queues of e-mails and SMS")
            )
        lost = self.browse(reminder_id for reminder_id, waits in rows if not waits)
        lost._apply_delivery_status("failed", reason)

    @api.model
    def _refresh_paid(self, company):
        """Note when and how much was paid of what the reminders name, in one statement.

        :param res.company company: whose reminders
        """
        today = company._get_payment_today()
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE payment_reminder reminder
                   SET paid_date = fact.paid_date,
                       amount_paid_after = fact.amount
                  FROM (
                    SELECT sent.id,
                           CASE WHEN bool_and(line.reconciled IS TRUE)
                                THEN max(payment.last_on) END AS paid_date,
                           COALESCE(sum(payment.amount), 0) AS amount
                      FROM payment_reminder sent
                      JOIN payment_reminder_line named ON named.reminder_id = sent.id
                      JOIN account_move_line line ON line.id = named.move_line_id
                CROSS JOIN LATERAL (
                        SELECT max(counterpart.date) AS last_on,
                               sum(part.debit_amount_currency) FILTER (
                                   WHERE journal.type IN %(journals)s
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
                       AND (sent.paid_date IS NULL
                            OR sent.paid_date > %(today)s::date - %(days)s)
                  GROUP BY sent.id
                       ) fact
                 WHERE fact.id = reminder.id
                   AND (reminder.paid_date IS DISTINCT FROM fact.paid_date
                        OR COALESCE(reminder.amount_paid_after, 0) != fact.amount)
                """,
                company_id=company.id,
                states=SENT_STATES,
                journals=PAYING_JOURNALS,
                zone=company._get_payment_timezone(),
                today=today,
                days=REVERSAL_DAYS,
            )
        )
        self.invalidate_model(["paid_date", "amount_paid_after"])
