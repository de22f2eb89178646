"""What would leave once reminders begin, and what makes place for it."""

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..batch import cut
from .payment_reminder import OPEN_STATES

#: Planned, and in nobody's hands yet.
PLANNED_STATES = ("to_confirm", "to_send")
#: Reminders that are removed at a time.
SLICE = 500
#: What a row of what would leave holds, see `_get_start_figures`.
FIGURES = (
    "level_id",
    "currency_id",
    "age",
    "messages",
    "amount",
    "oldest_date",
    "partner_ids",
)
#: Days late at which each age begins; what is not due yet is below the first.
AGES = (0, 31, 91, 366)


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    # === What would leave ===

    @api.model
    def _get_start_figures(self, company, start):
        """Return what would be made at once if reminders began like this: by the query
        that makes it, so that it is what then happens.

        :param res.company company: whose reminders
        :param str start: see `ResCompany._begin_reminders`; its limit is not in it
        :return: a row for each level, currency and age: `level_id`, `currency_id`,
            `age` (place in `AGES`), `messages`, `amount` (asked), `oldest_date`; and
            the ids of the customers, `partner_ids`
        :rtype: list[dict]
        """
        scope = {"ignored_ids": self._find_planned(company).ids}
        if start == "due_later":
            scope["due_from"] = company._get_payment_today()
        elif start == "gradual":
            scope["from_first"] = True
        query = SQL(
            """
            SELECT level_id,
                   currency_id,
                   width_bucket(%(today)s::date - oldest_date, %(ages)s) AS age,
                   count(*) AS messages,
                   sum(asked) AS amount,
                   min(oldest_date) AS oldest_date,
                   array_agg(DISTINCT partner_id) AS partner_ids
              FROM (
                SELECT draft.partner_id,
                       draft.currency_id,
                       draft.top[2] AS level_id,
                       draft.amount - COALESCE(draft.credit, 0) AS asked,
                       (SELECT min(day) FROM unnest(draft.dates) day) AS oldest_date
                  FROM (%(draft)s) draft
                   ) message
          GROUP BY level_id, currency_id, age
          ORDER BY level_id, currency_id, age
            """,
            today=company._get_payment_today(),
            ages=list(AGES),
            draft=self._get_draft_query(company, **scope),
        )
        rows = self._execute_plan(query, whole=True)
        return [dict(zip(FIGURES, row, strict=True)) for row in rows]

    @api.model
    def _count_of_today(self, company):
        """Return how many messages of a company are of today: made or sent, or waiting
        to be sent.

        :rtype: int
        """
        self.env["payment.reminder"].flush_model(["state", "date", "sent_at"])
        [[count]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*)
                  FROM payment_reminder
                 WHERE company_id = %(company_id)s
                   AND state != 'dropped'
                   AND (state = 'to_send'
                        OR date = %(today)s
                        OR (sent_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                           = %(today)s)
                """,
                company_id=company.id,
                today=company._get_payment_today(),
                zone=company._get_payment_timezone(),
            )
        )
        return count

    @api.model
    def get_banner(self):
        """Return what stands above the screens of reminders: that a company is in test
        mode, or that nobody said yet how its reminders begin.

        :return: `company_id`, `text`, and `may_answer` for whoever may say it
        :rtype: list[dict]
        """
        self.browse().check_access("read")
        may_answer = self.env["payment.reminder.start"].has_access("create")
        companies = self.env.companies.sudo().filtered("payment_reminder_enabled")
        return [
            {
                "company_id": company.id,
                "text": company._get_reminder_start_note(),
                "may_answer": may_answer,
            }
            for company in companies
            if company.payment_reminder_start in (False, "test")
        ]

    # === What makes place ===

    @api.model
    def _find_planned(self, company):
        """Return what was planned and has not left, before a person said how reminders
        begin; what a person rewrote is theirs to send.

        :rtype: payment.reminder
        """
        return self.search(
            Domain("company_id", "=", company.id)
            & (
                Domain("state", "in", PLANNED_STATES)
                & Domain("edited", "=", False)
                # What left before, and did not arrive, is known to its customer.
                & Domain("mail_message_id", "=", False)
                & Domain("opened_at", "=", False)
                & Domain("chosen_reason", "=", False)
                | Domain("is_test", "=", True)
            )
        )

    @api.model
    def _remove_planned(self, company):
        """Remove what was planned and has not left: it is planned again. What a person
        rewrote waits for them to send it.

        :param res.company company: whose reminders
        """
        planned = self._find_planned(company)
        planned._remove()
        kept = self.search(
            Domain("company_id", "=", company.id) & Domain("state", "=", "to_send")
        )
        kept._without_tracking().state = "to_confirm"

    @api.model
    def _remove_tests(self, companies):
        """Remove what was made in test mode: no level of it was used up.

        :param res.company companies: that leave test mode
        """
        self.search(
            Domain("company_id", "in", companies.ids) & Domain("is_test", "=", True)
        )._remove()

    def _remove(self):
        """Delete these reminders with their links, which no customer has."""
        for reminders in cut(self, SLICE):
            requests = reminders.request_id.sudo()
            reminders.unlink()
            requests.filtered(lambda request: not request.transaction_ids).unlink()

    @api.model
    def _forget_levels(self, company):
        """Let all customers of a company begin again with the first level.

        :param res.company company: whose reminders
        """
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                   UPDATE payment_reminder_line line
                      SET forgotten = TRUE
                     FROM payment_reminder reminder
                    WHERE reminder.id = line.reminder_id
                      AND reminder.company_id = %s
                      AND reminder.state != 'failed'
                      AND reminder.state NOT IN %s
                      AND line.forgotten IS NOT TRUE
                RETURNING line.id
                """,
                company.id,
                OPEN_STATES,
            )
        )
        self.env["payment.reminder.line"].invalidate_model(["forgotten"])
