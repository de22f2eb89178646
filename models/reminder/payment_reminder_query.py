"""One SQL statement says of each due line what its next reminder is, or why none."""

from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ... import const
from .payment_reminder import OPEN_STATES, SENT_STATES

# Manually announced transfers get no status updates; count them as in flight this many
# days.
ANNOUNCED_DAYS = 10
# Days from the due date of a line that has reached no level: below those of any level.
NOTHING_REACHED = -100000


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    @api.model
    def _plan_query(
        self,
        company,
        line_ids=None,
        partner_ids=None,
        forced_ids=None,
        ignored_ids=None,
        level_due_only=False,
    ):
        """Return the statement with one row for each due line of ``company``.

        Columns: `line_id, move_id, partner_id, currency_id, residual, date_maturity,
        policy_id, level_id` (the next one) with its `days_from_due, formal_notice,
        next_date`; `reached_days, reached_level_key, last_on` of the level reached
        last; `reason`, why no reminder is to be made (NULL: it is due), and its
        `reason_date`;
        `blocker`, what holds the line whatever its level, with `blocker_date`;
        `named`, whether a reminder of its customer names it; `overdue, credit` (of
        the customer, in the currency); `invoice_user_id`.

        :param res.company company: whose invoices
        :param list line_ids: return the rows of these lines only
        :param list partner_ids: customers (commercial entities) to look at; None: all
        :param list forced_ids: lines to remind now, whether or not it is their day
        :param list ignored_ids: reminders to look past, for what they are checked again
        :param bool level_due_only: leave out customers in their contact pause: on most
            days, most of them
        :rtype: SQL
        """
        company.ensure_one()
        if line_ids is not None and partner_ids is None:
            # Credits and the last message are the customer's, not the line's.
            lines = self.env["account.move.line"].sudo().browse(line_ids)
            partner_ids = lines.partner_id.ids
        today = company._get_payment_today()
        quiet_days = max(company.payment_reminder_interval_days, 7)
        parts = {
            "company_id": company.id,
            "zone": company._get_payment_timezone(),
            "today": today,
            "messages_since": today - timedelta(quiet_days + 1),
            "remindable": self.env["account.move.line"]._get_remindable_sql(),
            "open_states": OPEN_STATES,
            "message_states": OPEN_STATES + SENT_STATES,
            "grace": company.payment_reminder_grace_days,
            "interval": company.payment_reminder_interval_days,
            "week_max": company.payment_reminder_week_max,
            "nothing": NOTHING_REACHED,
            "forced_ids": list(forced_ids or ()),
            "policies": self.env["payment.reminder.policy"]._partner_policy_query(
                company, partner_ids
            ),
            "moving": self._plan_moving_query(company),
            # A branch is paid through the application of its parent.
            "payee_ids": company.parent_ids.ids,
            "hold_until": self.env["res.partner"]
            .with_company(company)
            ._field_to_sql("partner", "payment_reminder_hold_until"),
            "line_scope": self._plan_scope("line.partner_id", partner_ids),
            "reachable": SQL(
                """AND NOT EXISTS (
                       SELECT FROM contact_pause
                        WHERE contact_pause.partner_id = line.partner_id
                          AND contact_pause.until > %s
                   )""",
                today,
            )
            if level_due_only
            else SQL(),
            "credits": self._open_credit_query(company, partner_ids),
            # Join for all customers, look up for a few.
            "seen_join": SQL("JOIN due ON due.line_id = seen.move_line_id")
            if partner_ids is None
            else SQL(),
            "seen_scope": SQL()
            if partner_ids is None
            else SQL("AND seen.move_line_id = ANY(ARRAY(SELECT line_id FROM due))"),
            "message_scope": self._plan_scope("reminder.partner_id", partner_ids),
            "not_ignored": SQL("AND reminder.id != ALL(%s)", list(ignored_ids))
            if ignored_ids
            else SQL(),
            "only": SQL()
            if line_ids is None
            else SQL("WHERE judged.line_id = ANY(%s)", list(line_ids)),
        }
        return SQL(_PLAN, **parts)

    @api.model
    def _plan_scope(self, column, partner_ids):
        if partner_ids is None:
            return SQL()
        return SQL("AND %s = ANY(%s)", SQL(column), list(partner_ids))

    @api.model
    def _open_credit_query(self, company, partner_ids=None):
        """Return the query of what ``company`` owes its customers: credit notes and
        payments not allocated yet.

        :return: a select of `partner_id` (commercial), `currency_id`, `amount` in it
            and `amount_company` in the company's currency, both positive
        :rtype: SQL
        """
        return SQL(
            """
            SELECT customer.commercial_partner_id AS partner_id,
                   line.currency_id,
                   -sum(line.amount_residual_currency) AS amount,
                   -sum(line.amount_residual) AS amount_company
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner customer ON customer.id = line.partner_id
             WHERE line.amount_residual < 0
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = %(company_id)s
               AND account.account_type = 'asset_receivable'
               %(scope)s
          GROUP BY customer.commercial_partner_id, line.currency_id
            """,
            company_id=company.id,
            scope=self._plan_scope("customer.commercial_partner_id", partner_ids),
        )

    @api.model
    def _plan_moving_query(self, company):
        """Return the query of the ids of transfers on their way to ``company``."""
        transactions = self.env["payment.transaction"].sudo()
        announced = Domain("provider_code", "!=", const.PROVIDER_CODE) & Domain(
            "state", "in", ("pending", "authorized")
        )
        since = company._get_payment_now() - timedelta(ANNOUNCED_DAYS)
        lasting = Domain("last_state_change", ">=", since)
        domain = transactions._get_on_its_way_domain() & Domain(
            "company_id", "in", company.parent_ids.ids
        )
        return transactions._search(domain & (~announced | lasting)).select()

    @api.model
    def _execute_plan(self, query, whole=False):
        """Run a statement made of the plan.

        It joins 100 000 rows in a few big steps: keep them in memory, and do not
        compile them, which takes longer than running them.

        :param bool whole: for all customers: force hash joins, as the statistics of
            tables filled just now are out of date
        :return: its rows, if it gives any
        :rtype: list[tuple]
        """
        self.env.flush_all()
        self.env.cr.execute("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off")
        if not whole:
            return self.env.execute_query(query)
        self.env.cr.execute(
            "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off"
        )
        rows = self.env.execute_query(query)
        self.env.cr.execute(
            "SET LOCAL enable_nestloop = on; SET LOCAL enable_mergejoin = on"
        )
        return rows


# The first blocker that applies is the `reason`.
_PLAN = """
-- Until when each customer is left in peace.
WITH contact_pause AS (
    SELECT partner_id,
           GREATEST(
               max(day) + NULLIF(%(interval)s, 0),
               (array_agg(day ORDER BY day DESC))[%(week_max)s] + 7
           ) AS until
      FROM (
        SELECT reminder.partner_id,
               COALESCE(
                   (reminder.sent_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date,
                   reminder.date
               ) AS day
          FROM payment_reminder reminder
         WHERE reminder.company_id = %(company_id)s
           AND reminder.state IN %(message_states)s
           AND COALESCE(reminder.sent_at, reminder.date) > %(messages_since)s
           %(message_scope)s
           %(not_ignored)s
           ) message
  GROUP BY partner_id
),
due AS MATERIALIZED (
    SELECT line.id AS line_id,
           line.move_id,
           line.partner_id,
           line.currency_id,
           line.amount_residual_currency AS residual,
           line.amount_residual AS residual_company,
           COALESCE(line.date_maturity, line.date) AS date_maturity,
           line.no_followup,
           line.reminder_hold_until,
           move.payment_state = 'blocked' AS blocked,
           move.payment_reminder_policy_id,
           move.invoice_user_id
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
     WHERE %(remindable)s
       AND line.company_id = %(company_id)s
       %(line_scope)s
       %(reachable)s
),
-- What each line was already reminded of.
memory AS (
    SELECT seen.move_line_id AS line_id,
           max(ARRAY[seen.level_days, seen.level_key])
               FILTER (WHERE seen.level_key IS NOT NULL) AS reached,
           array_agg(seen.level_key) FILTER (WHERE seen.level_key IS NOT NULL) AS used,
           max(COALESCE(
               (reminder.sent_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date,
               reminder.date
           )) FILTER (WHERE seen.level_key IS NOT NULL) AS last_on,
           max(reminder.date) FILTER (WHERE reminder.state IN %(open_states)s)
               AS waiting_since
      FROM payment_reminder_line seen
      JOIN payment_reminder reminder ON reminder.id = seen.reminder_id
      %(seen_join)s
     WHERE reminder.company_id = %(company_id)s
       %(seen_scope)s
       %(not_ignored)s
  GROUP BY seen.move_line_id
),
-- Money on its way, or given some days to arrive.
moving AS (
    SELECT tx.id,
           tx.payment_request_id,
           (tx.released_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
               + %(grace)s - 1 AS until
      FROM payment_transaction tx
     WHERE tx.company_id = ANY(%(payee_ids)s)
       AND (tx.id IN (%(moving)s)
            OR (tx.released_at IS NOT NULL
                AND tx.state IN ('pending', 'authorized')
                AND (tx.released_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
                    + %(grace)s > %(today)s))
),
in_flight AS (
    SELECT move_id,
           NULLIF(max(COALESCE(until, 'infinity')), 'infinity') AS until
      FROM (
        SELECT rel.invoice_id AS move_id, moving.until
          FROM moving
          JOIN account_invoice_transaction_rel rel ON rel.transaction_id = moving.id
         UNION ALL
        SELECT asked.move_id, moving.until
          FROM moving
          JOIN payment_request_line asked
            ON asked.request_id = moving.payment_request_id
           ) document
  GROUP BY move_id
),
credit AS (%(credits)s),
policy AS (%(policies)s),
customer AS (
    SELECT partner.id, policy.policy_id, %(hold_until)s AS hold_until
      FROM policy
      JOIN res_partner partner ON partner.id = policy.partner_id
),
usable_policy AS (
    SELECT id
      FROM payment_reminder_policy
     WHERE active
       AND (company_id IS NULL OR company_id = %(company_id)s)
),
standing AS MATERIALIZED (
    SELECT due.*,
           COALESCE(own_policy.id, customer.policy_id) AS policy_id,
           due.date_maturity <= %(today)s AS is_due,
           due.date_maturity < %(today)s AS overdue,
           due.line_id = ANY(%(forced_ids)s) AS forced,
           COALESCE(memory.reached[1], %(nothing)s) AS reached_days,
           memory.reached[2] AS reached_level_key,
           COALESCE(memory.used, '{}') AS used,
           memory.last_on,
           memory.waiting_since,
           customer.hold_until AS customer_hold_until,
           in_flight.move_id IS NOT NULL AS flies,
           in_flight.until AS flies_until
      FROM due
 LEFT JOIN customer ON customer.id = due.partner_id
 LEFT JOIN usable_policy own_policy
        ON own_policy.id = due.payment_reminder_policy_id
 LEFT JOIN memory ON memory.line_id = due.line_id
 LEFT JOIN in_flight ON in_flight.move_id = due.move_id
),
-- Thousands of lines have reached the same few levels: look up each next one once.
next_level AS (
    SELECT place.*, found.*
      FROM (
        SELECT DISTINCT policy_id, is_due, reached_days, used FROM standing
           ) place
CROSS JOIN LATERAL (
        SELECT level.id AS level_id,
               level.days_from_due,
               level.amount_min,
               level.formal_notice
          FROM payment_reminder_level level
         WHERE level.policy_id = place.policy_id
           AND level.days_from_due > place.reached_days
           AND level.id != ALL(place.used)
           AND (level.days_from_due >= 0 OR NOT place.is_due)
      ORDER BY level.days_from_due, level.sequence, level.id
         LIMIT 1
           ) found
),
escalation AS (
    SELECT DISTINCT policy_id FROM payment_reminder_level
),
escalating AS (
    SELECT standing.*,
           next_level.level_id,
           next_level.days_from_due,
           next_level.amount_min,
           next_level.formal_notice,
           escalation.policy_id IS NOT NULL AS has_levels,
           GREATEST(
               standing.date_maturity + next_level.days_from_due,
               standing.last_on + GREATEST(
                   next_level.days_from_due - standing.reached_days, 1
               )
           ) AS next_date,
           CASE WHEN standing.no_followup THEN 'excluded'
                WHEN standing.blocked THEN 'blocked'
                WHEN standing.reminder_hold_until >= %(today)s THEN 'held'
                WHEN standing.customer_hold_until >= %(today)s THEN 'customer_held'
                WHEN standing.flies THEN 'in_flight'
                WHEN standing.waiting_since IS NOT NULL THEN 'waiting'
           END AS blocker
      FROM standing
 LEFT JOIN next_level USING (policy_id, is_due, reached_days, used)
 LEFT JOIN escalation ON escalation.policy_id = standing.policy_id
),
examined AS MATERIALIZED (
    SELECT escalating.*,
           CASE blocker
               WHEN 'held' THEN reminder_hold_until
               WHEN 'customer_held' THEN customer_hold_until
               WHEN 'in_flight' THEN flies_until
               WHEN 'waiting' THEN waiting_since
           END AS blocker_date,
           has_levels AND blocker IS NULL AS free,
           level_id IS NOT NULL AND blocker IS NULL
               AND (forced OR next_date <= %(today)s) AS level_due
      FROM escalating
),
debt AS (
    SELECT partner_id,
           currency_id,
           sum(residual) FILTER (WHERE free AND (level_due OR overdue)) AS amount,
           sum(residual_company) FILTER (WHERE free AND (level_due OR overdue))
               AS amount_company,
           bool_or(forced) AS forced
      FROM examined
  GROUP BY partner_id, currency_id
),
judged AS (
    SELECT examined.*,
           debt.amount AS debt,
           COALESCE(credit.amount, 0) AS credit,
           contact_pause.until AS pause_until,
           CASE WHEN NOT has_levels THEN 'no_policy'
                WHEN level_id IS NULL THEN 'finished'
                WHEN blocker IS NOT NULL THEN blocker
                WHEN NOT level_due THEN 'not_yet'
                WHEN credit.amount >= debt.amount THEN 'credits'
                WHEN amount_min > debt.amount_company
                     - COALESCE(credit.amount_company, 0) THEN 'below_minimum'
                WHEN contact_pause.until > %(today)s AND NOT debt.forced THEN 'too_soon'
           END AS reason
      FROM examined
      JOIN debt USING (partner_id, currency_id)
 LEFT JOIN credit USING (partner_id, currency_id)
 LEFT JOIN contact_pause USING (partner_id)
)
SELECT line_id,
       move_id,
       partner_id,
       currency_id,
       residual,
       date_maturity,
       policy_id,
       level_id,
       days_from_due,
       formal_notice,
       next_date,
       NULLIF(reached_days, %(nothing)s) AS reached_days,
       reached_level_key,
       last_on,
       reason,
       CASE WHEN reason = blocker THEN blocker_date
            WHEN reason = 'finished' THEN last_on
            WHEN reason = 'not_yet' THEN next_date
            WHEN reason = 'too_soon' THEN pause_until
       END AS reason_date,
       blocker,
       blocker_date,
       free AND (reason IS NULL OR overdue) AS named,
       overdue,
       credit,
       invoice_user_id
  FROM judged
  %(only)s
"""
