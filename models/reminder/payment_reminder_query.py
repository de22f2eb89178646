"""One SQL statement says of each due line what its next reminder is, or why none."""

from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ... import const
from .payment_reminder import ARRIVED_STATES, OPEN_STATES, SENT_STATES, TESTED

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
        chosen_level_id=None,
        due_from=None,
        from_first=False,
    ):
        """Return the statement with one row for each due line of ``company``.

        Columns: `line_id, move_id, partner_id` (who owes it), `party_id` (whom one
        talks with about it, by the policy), `currency_id, residual, date_maturity,
        policy_id, level_id` (the next one) with its `days_from_due, formal_notice,
        next_date`; `reached_days, last_on` of where the line or its party is;
        `reached_level_key`, the highest level that was sent of it; `reason`, why no
        reminder is to be made (NULL: it is due), and its `reason_date`;
        `blocker`, what holds the line whatever its level, with `blocker_date`;
        `receipt_id` or `payment_id`, the money that came in and may pay it, even if it
        is held for that no more;
        `named`, whether a reminder of its party names it; `is_due, overdue`;
        `covered`, whether credits pay it wholly; `reminded`, whether a reminder of it
        reached the party; `credit` (for the party, in the currency, for what is due or
        else for what is not); `pause_until`, from when on the party may get another
        message; `invoice_user_id`.

        The level is the party's, whatever the currency: that of the line which is due
        for the highest, beyond what the party was told. Others go with it.

        :param res.company company: whose invoices
        :param list line_ids: return the rows of these lines only
        :param list partner_ids: customers (commercial entities) to look at, with all
            of their groups; None: all
        :param list forced_ids: lines to remind now, whether or not it is their day
        :param list ignored_ids: reminders to look past, for what they are checked again
        :param bool level_due_only: leave out customers in their contact pause: on most
            days, most of them
        :param int chosen_level_id: level that a person chose, whatever comes next
        :param datetime.date due_from: leave what was due before to persons; None: as
            the company does
        :param bool from_first: as if nothing had been sent so far
        :rtype: SQL
        """
        company.ensure_one()
        if line_ids is not None and partner_ids is None:
            # Credits and the last message are the customer's, not the line's.
            lines = self.env["account.move.line"].sudo().browse(line_ids)
            partner_ids = lines.partner_id.ids
        policies = self.env["payment.reminder.policy"]
        usable = policies._get_usable(company)
        heads = usable._find_group_heads(company, partner_ids)
        if partner_ids is not None:
            partner_ids = list({*partner_ids, *heads})
        today = company._get_payment_today()
        due_from = due_from or company.sudo().payment_reminder_due_from_date or None
        quiet_days = max(company.payment_reminder_interval_days, 7)
        parts = {
            "company_id": company.id,
            "zone": company._get_payment_timezone(),
            "today": today,
            "messages_since": today - timedelta(quiet_days + 1),
            "remindable": self.env["account.move.line"]._get_remindable_sql(),
            "open_states": OPEN_STATES,
            "sent_states": (*SENT_STATES, TESTED),
            "arrived_states": (*ARRIVED_STATES, TESTED),
            "message_states": (*OPEN_STATES, *SENT_STATES, TESTED),
            "tested": TESTED,
            "chosen_level_id": chosen_level_id,
            "due_from": due_from,
            "from_first": from_first,
            "grace": company.payment_reminder_grace_days,
            "sent_days": company.payment_reminder_sent_days,
            "sent_only": company.payment_reminder_sent_only,
            "interval": company.payment_reminder_interval_days,
            "week_max": company.payment_reminder_week_max,
            "nothing": NOTHING_REACHED,
            "forced_ids": list(forced_ids or ()),
            "policies": policies._partner_policy_query(company, partner_ids, usable),
            **self._plan_parties(company, usable, heads, partner_ids),
            "fitting": usable._get_fitting_sql(),
            "moving": self._plan_moving_query(company),
            "unallocated": self.env[
                "account.bank.statement.line"
            ]._get_unallocated_query(company),
            # A branch is paid through the application of its parent.
            "payee_ids": company.parent_ids.ids,
            "hold_until": self.env["res.partner"]
            .with_company(company)
            ._field_to_sql("partner", "payment_reminder_hold_until"),
            "line_scope": self._plan_scope("line.partner_id", partner_ids),
            "reachable": SQL(
                """AND NOT EXISTS (
                       SELECT FROM contact_pause
                        WHERE contact_pause.party_id = party.id
                          AND contact_pause.until > %s
                   )""",
                today,
            )
            if level_due_only
            else SQL(),
            # Join for all customers, look up for a few.
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
    def _open_credit_query(self, company, partner_ids=None, by_contact=False):
        """Return the query of what ``company`` owes its customers: credit notes and
        payments not allocated yet.

        :param bool by_contact: apart for each contact that gets invoices of its own
        :return: a select of `partner_id` (commercial), `contact_id` (null: the
            customer as a whole), `currency_id`, `amount` in it and `amount_company` in
            the company's currency, both positive
        :rtype: SQL
        """
        return SQL(
            """
            SELECT customer.commercial_partner_id AS partner_id,
                   %(contact)s AS contact_id,
                   line.currency_id,
                   -sum(line.amount_residual_currency) AS amount,
                   -sum(line.amount_residual) AS amount_company
              FROM account_move_line line
              JOIN account_account account ON account.id = line.account_id
              JOIN res_partner customer ON customer.id = line.partner_id
              %(document)s
             WHERE line.amount_residual < 0
               AND line.reconciled IS NOT TRUE
               AND line.parent_state = 'posted'
               AND line.company_id = %(company_id)s
               AND account.account_type = 'asset_receivable'
               %(scope)s
          GROUP BY 1, 2, 3
            """,
            contact=SQL(
                """CASE WHEN document.move_type = 'out_refund'
                         AND document.partner_id != customer.commercial_partner_id
                         AND EXISTS (
                                 SELECT
                                   FROM account_move invoice
                                  WHERE invoice.partner_id = document.partner_id
                                    AND invoice.company_id = document.company_id
                                    AND invoice.move_type = 'out_invoice'
                                    AND invoice.state = 'posted'
                             )
                        THEN document.partner_id
                   END"""
            )
            if by_contact
            else SQL("NULL::int"),
            document=SQL("JOIN account_move document ON document.id = line.move_id")
            if by_contact
            else SQL(),
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
-- Until when each party is left in peace.
WITH contact_pause AS (
    SELECT party_id,
           GREATEST(
               max(day) + NULLIF(%(interval)s, 0),
               (array_agg(day ORDER BY day DESC))[%(week_max)s] + 7
           ) AS until
      FROM (
        -- Those of one plan, in several currencies, are one message.
        SELECT DISTINCT
               COALESCE(reminder.party_id, reminder.partner_id) AS party_id,
               reminder.date,
               reminder.level_days,
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
  GROUP BY party_id
),
policy AS (%(policies)s),
due AS MATERIALIZED (
    SELECT line.id AS line_id,
           line.move_id,
           line.partner_id,
           party.id AS party_id,
           %(governor)s AS governor_id,
           %(by_contact)s AS by_contact,
           line.currency_id,
           line.amount_residual_currency AS residual,
           line.amount_residual AS residual_company,
           COALESCE(line.date_maturity, line.date) AS date_maturity,
           line.no_followup,
           line.reminder_hold_until,
           move.payment_state = 'blocked' AS blocked,
           %(sent_only)s AND move.is_move_sent IS NOT TRUE AS unsent,
           (COALESCE(move.reminder_issued_at, move.create_date)
               AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date
               + NULLIF(%(sent_days)s, 0) - 1 AS recent_until,
           move.payment_reminder_policy_id,
           move.invoice_user_id
      FROM account_move_line line
      JOIN account_move move ON move.id = line.move_id
      %(party_joins)s
CROSS JOIN LATERAL (SELECT %(party)s AS id) party
     WHERE %(remindable)s
       AND line.company_id = %(company_id)s
       %(line_scope)s
       %(reachable)s
),
message AS MATERIALIZED (
    SELECT seen.move_line_id AS line_id,
           seen.level_key,
           seen.level_days AS passed_days,
           reminder.level_id,
           reminder.level_days,
           reminder.state,
           reminder.date,
           -- A person began again: it is known, and counts for no level any more.
           seen.forgotten IS TRUE
               OR %(from_first)s
                   AND reminder.state != 'failed'
                   AND reminder.state NOT IN %(open_states)s AS forgotten,
           COALESCE(
               (reminder.sent_at AT TIME ZONE 'UTC' AT TIME ZONE %(zone)s)::date,
               reminder.date
           ) AS day,
           -- Said to the party, or to the customer of which it is: neither to the group
           -- nor to another contact.
           CASE WHEN COALESCE(reminder.party_id, reminder.partner_id) = due.party_id
                    THEN TRUE
                WHEN due.party_id = due.partner_id
                    THEN due.partner_id = (
                        SELECT person.commercial_partner_id
                          FROM res_partner person
                         WHERE person.id
                               = COALESCE(reminder.party_id, reminder.partner_id)
                    )
                ELSE due.governor_id = due.partner_id
                     AND reminder.party_id IS NULL
                     AND reminder.partner_id = due.partner_id
           END AS to_party
      FROM payment_reminder_line seen
      JOIN payment_reminder reminder ON reminder.id = seen.reminder_id
      JOIN due ON due.line_id = seen.move_line_id
     WHERE reminder.company_id = %(company_id)s
       %(seen_scope)s
       %(not_ignored)s
),
-- What is known of each line by itself: which levels it has passed, sent or dropped by
-- a person, and which has reached the customer.
memory AS (
    SELECT line_id,
           max(passed_days) FILTER (WHERE escalates AND state != 'failed')
               AS passed_days,
           max(day) FILTER (WHERE escalates AND state != 'failed') AS last_on,
           array_agg(level_key) FILTER (WHERE escalates) AS used,
           max(ARRAY[level_days, COALESCE(level_id, level_key, 0)])
               FILTER (WHERE NOT forgotten
                         AND state IN %(sent_states)s AND state != %(tested)s)
               AS reached,
           bool_or(state IN %(arrived_states)s AND level_days >= 0 AND to_party)
               AS reminded,
           -- What was due before reminders began, once a person reminds of it.
           bool_or(state != 'dropped' AND date >= %(due_from)s::date) AS begun
      FROM (
        SELECT message.*, level_key IS NOT NULL AND NOT forgotten AS escalates
          FROM message
           ) known
  GROUP BY line_id
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
unallocated AS MATERIALIZED (%(unallocated)s),
-- The money that may be for a line; of several, what holds it longest.
received AS (
    SELECT DISTINCT ON (line_id) *
      FROM (
        SELECT due.line_id, found.receipt_id, found.payment_id, found.until
          FROM due
          JOIN unallocated found ON found.entry_id = due.line_id
         UNION ALL
        SELECT due.line_id, found.receipt_id, found.payment_id, found.until
          FROM due
          JOIN unallocated found ON found.partner_id = due.partner_id
         %(group_money)s
           ) money
  ORDER BY line_id, until DESC, receipt_id, payment_id
),
credit AS (%(credits)s),
customer AS (
    SELECT partner.id,
           policy.policy_id,
           policy.source,
           COALESCE(partner.customer_class, 'consumer') AS customer_class,
           %(hold_until)s AS hold_until
      FROM policy
      JOIN res_partner partner ON partner.id = policy.partner_id
),
usable_policy AS (SELECT * FROM %(fitting)s fitting),
standing AS MATERIALIZED (
    SELECT due.*,
           COALESCE(own_policy.id, customer.policy_id) AS policy_id,
           due.date_maturity <= %(today)s AS is_due,
           due.date_maturity < %(today)s AS overdue,
           due.line_id = ANY(%(forced_ids)s) AS forced,
           COALESCE(customer.customer_class, 'consumer') AS customer_class,
           customer.source AS policy_source,
           %(customer_hold)s AS customer_hold_until,
           in_flight.until AS flies_until,
           received.until AS received_until,
           received.receipt_id,
           received.payment_id,
           CASE WHEN due.no_followup THEN 'excluded'
                WHEN due.blocked THEN 'blocked'
                WHEN due.reminder_hold_until >= %(today)s THEN 'held'
                WHEN %(customer_hold)s >= %(today)s THEN 'customer_held'
                WHEN in_flight.move_id IS NOT NULL THEN 'in_flight'
                WHEN received.until >= %(today)s THEN 'received'
                WHEN due.date_maturity < %(due_from)s::date
                     AND NOT due.line_id = ANY(%(forced_ids)s)
                     AND memory.begun IS NOT TRUE THEN 'before_start'
                WHEN due.unsent THEN 'unsent'
                WHEN due.recent_until >= %(today)s THEN 'recent'
           END AS line_blocker
      FROM due
 LEFT JOIN memory ON memory.line_id = due.line_id
 LEFT JOIN customer ON customer.id = due.governor_id
 %(debtor_join)s
 LEFT JOIN usable_policy own_policy
        ON own_policy.id = due.payment_reminder_policy_id
       AND own_policy.customer_class = COALESCE(customer.customer_class, 'consumer')
 LEFT JOIN in_flight ON in_flight.move_id = due.move_id
 LEFT JOIN received ON received.line_id = due.line_id
),
-- Credits go to the oldest: what they pay wholly is overdue no more.
covered AS (
    SELECT line_id
      FROM (
        SELECT standing.line_id,
               credit.amount,
               sum(standing.residual) OVER (
                   PARTITION BY party_id, partner_id, currency_id
                   ORDER BY standing.date_maturity, standing.line_id
               ) AS up_to
          FROM standing
          JOIN credit USING (party_id, partner_id, currency_id)
         WHERE standing.is_due
           AND standing.line_blocker IS NULL
           ) sorted
     WHERE up_to <= amount
),
-- Where the conversation with each party is: it lasts while something is overdue of
-- what they were told, and what is set aside is no part of it.
talk AS (
    SELECT line.party_id,
           bool_or(line.overdue AND line.spoken_of) AS in_episode,
           max(ARRAY[message.level_days, COALESCE(message.level_id, 0)])
               FILTER (WHERE told) AS told,
           max(message.day) FILTER (WHERE told) AS told_on,
           max(message.date) FILTER (WHERE message.state IN %(open_states)s)
               AS waiting_since,
           max(message.date)
               FILTER (WHERE message.state = 'failed' AND message.level_days >= 0)
               AS failed_on
      FROM (
        SELECT standing.line_id,
               standing.party_id,
               standing.overdue,
               standing.is_due,
               covered.line_id IS NULL
                   AND COALESCE(standing.line_blocker, '')
                       NOT IN ('excluded', 'blocked', 'held', 'before_start')
                       AS spoken_of
          FROM standing
     LEFT JOIN covered USING (line_id)
           ) line
 LEFT JOIN message USING (line_id)
CROSS JOIN LATERAL (
        SELECT line.spoken_of
               AND NOT message.forgotten
               AND message.to_party
               AND message.state IN %(sent_states)s
               AND message.level_days >= 0
               -- A note on the due date itself begins it, too.
               AND (line.overdue OR line.is_due AND message.level_days = 0) AS told
           ) said
  GROUP BY line.party_id
),
remembering AS MATERIALIZED (
    SELECT standing.*,
           covered.line_id IS NOT NULL AS covered,
           -- Not in an episode, unless a person wants it.
           NOT standing.is_due AND (talk.in_episode IS NOT TRUE OR standing.forced)
               AS may_announce,
           GREATEST(
               memory.passed_days,
               CASE WHEN standing.is_due THEN talk.told[1] END,
               %(nothing)s
           ) AS reached_days,
           GREATEST(
               memory.last_on, CASE WHEN standing.is_due THEN talk.told_on END
           ) AS last_on,
           COALESCE(memory.used, '{}')
               || CASE WHEN standing.is_due THEN COALESCE(talk.told[2], 0) ELSE 0 END
               AS used,
           memory.reached[2] AS reached_level_key,
           memory.reminded IS TRUE AS reminded,
           talk.waiting_since,
           talk.failed_on,
           CASE WHEN standing.line_blocker IS NOT NULL THEN standing.line_blocker
                WHEN talk.waiting_since IS NOT NULL THEN 'waiting'
                WHEN talk.failed_on IS NOT NULL THEN 'undelivered'
           END AS blocker
      FROM standing
      JOIN talk USING (party_id)
 LEFT JOIN covered USING (line_id)
 LEFT JOIN memory USING (line_id)
),
-- Thousands of lines have reached the same few levels: look up each next one once.
next_level AS (
    SELECT place.*, found.*
      FROM (
        SELECT DISTINCT policy_id, customer_class, may_announce, reached_days, used
          FROM remembering
           ) place
CROSS JOIN LATERAL (
        SELECT level.id AS level_id,
               level.days_from_due,
               level.amount_min,
               level.formal_notice
          FROM payment_reminder_level level
         WHERE level.policy_id = place.policy_id
           AND (level.days_from_due >= 0 OR place.may_announce)
           AND CASE place.customer_class
                   WHEN 'business' THEN level.for_businesses
                   WHEN 'public' THEN level.for_public_bodies
                   ELSE level.for_consumers
               END
           AND CASE WHEN %(chosen_level_id)s::int IS NULL
                    THEN level.days_from_due > place.reached_days
                         AND level.id != ALL(place.used)
                    ELSE level.id = %(chosen_level_id)s
               END
      ORDER BY level.days_from_due, level.sequence, level.id
         LIMIT 1
           ) found
),
escalation AS (
    SELECT DISTINCT policy_id FROM payment_reminder_level
),
escalating AS (
    SELECT remembering.*,
           next_level.level_id,
           next_level.days_from_due,
           next_level.amount_min,
           next_level.formal_notice,
           escalation.policy_id IS NOT NULL AS has_levels,
           GREATEST(
               remembering.date_maturity + next_level.days_from_due,
               remembering.last_on + GREATEST(
                   next_level.days_from_due - remembering.reached_days, 1
               ),
               remembering.recent_until + 1
           ) AS own_date
      FROM remembering
 LEFT JOIN next_level
    USING (policy_id, customer_class, may_announce, reached_days, used)
 LEFT JOIN escalation ON escalation.policy_id = remembering.policy_id
),
examined AS MATERIALIZED (
    SELECT escalating.*,
           CASE blocker
               WHEN 'held' THEN reminder_hold_until
               WHEN 'customer_held' THEN customer_hold_until
               WHEN 'in_flight' THEN flies_until
               WHEN 'received' THEN received_until
               WHEN 'recent' THEN recent_until
               WHEN 'before_start' THEN %(due_from)s::date
               WHEN 'waiting' THEN waiting_since
               WHEN 'undelivered' THEN failed_on
           END AS blocker_date,
           has_levels AND blocker IS NULL AS free,
           level_id IS NOT NULL AND blocker IS NULL
               AND (
                   own_date <= %(today)s
                   -- By hand, too, no text says that something is late before it is.
                   OR forced AND (
                       overdue OR days_from_due < 0 OR is_due AND days_from_due = 0
                   )
               ) AS level_due
      FROM escalating
),
debt AS (
    SELECT party_id,
           partner_id,
           currency_id,
           sum(residual) FILTER (WHERE free AND (level_due OR overdue)) AS amount,
           sum(residual_company) FILTER (WHERE free AND (level_due OR overdue))
               AS amount_company,
           sum(residual) FILTER (WHERE free AND overdue) AS late,
           sum(residual_company) FILTER (WHERE free AND overdue AND reminded)
               AS reminded_company,
           min(own_date) FILTER (
               WHERE free AND overdue AND NOT covered AND level_id IS NOT NULL
           ) AS next_date,
           bool_or(forced) AS forced
      FROM examined
  GROUP BY party_id, partner_id, currency_id
),
-- All that a party owes, net of credits, and when it hears of it.
account AS (
    SELECT debt.party_id,
           debt.partner_id,
           debt.currency_id,
           debt.amount,
           debt.late,
           credit.amount AS credit,
           net.amount AS net,
           sum(net.amount) OVER party AS party_net,
           sum(net.reminded) OVER party AS party_reminded,
           min(debt.next_date) OVER party AS next_date,
           bool_or(debt.forced) OVER party AS forced
      FROM debt
 LEFT JOIN credit USING (party_id, partner_id, currency_id)
CROSS JOIN LATERAL (
        SELECT GREATEST(
                   debt.amount_company - COALESCE(credit.amount_company, 0), 0
               ) AS amount,
               GREATEST(
                   debt.reminded_company - COALESCE(credit.amount_company, 0), 0
               ) AS reminded
           ) net
    WINDOW party AS (PARTITION BY debt.party_id)
),
judged AS (
    SELECT examined.*,
           -- What is overdue goes with the oldest of its party.
           CASE WHEN overdue THEN LEAST(own_date, account.next_date) ELSE own_date END
               AS next_date,
           -- An announcement has what is left of credits once they pay what is overdue.
           CASE WHEN is_due THEN COALESCE(account.credit, 0)
                ELSE GREATEST(account.credit - COALESCE(account.late, 0), 0)
           END AS credit,
           contact_pause.until AS pause_until,
           CASE WHEN policy_id IS NULL AND policy_source = 'other_class'
                    THEN 'other_class'
                WHEN NOT has_levels THEN 'no_policy'
                WHEN blocker IN ('waiting', 'undelivered') THEN blocker
                WHEN level_id IS NULL THEN 'finished'
                -- Its day comes after the days of grace.
                WHEN blocker = 'recent' AND own_date > recent_until + 1 THEN 'not_yet'
                WHEN blocker IS NOT NULL THEN blocker
                WHEN covered THEN 'credits'
                WHEN NOT level_due THEN 'not_yet'
                WHEN account.credit >= account.amount THEN 'credits'
                WHEN formal_notice AND NOT reminded THEN 'unreminded'
                -- A notice asks for what the customer was reminded of, and no more.
                WHEN amount_min > CASE WHEN formal_notice THEN account.party_reminded
                                       ELSE account.party_net
                                  END
                    -- No message for cents alone, either.
                    OR LEAST(COALESCE(amount_min, 0), 1) > account.net
                    THEN 'below_minimum'
                WHEN contact_pause.until > %(today)s AND NOT account.forced
                    THEN 'too_soon'
           END AS reason
      FROM examined
      JOIN account USING (party_id, partner_id, currency_id)
 LEFT JOIN contact_pause USING (party_id)
)
SELECT line_id,
       move_id,
       partner_id,
       party_id,
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
       receipt_id,
       payment_id,
       free AND (reason IS NULL OR overdue) AS named,
       is_due,
       overdue,
       covered,
       reminded,
       credit,
       pause_until,
       invoice_user_id
  FROM judged
  %(only)s
"""
