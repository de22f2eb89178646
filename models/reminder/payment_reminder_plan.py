"""Makes the reminders that are due, once, and runs the engine day by day."""

import logging

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..batch import cut
from .res_company import NOT_IN_USE

_logger = logging.getLogger(__name__)

CUSTOMERS_A_SLICE = 500

REMINDER_CRON = "account_payment_request.ir_cron_payment_reminder"


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    # === Planning ===

    @api.model
    def _plan(self, company, partners=None, lines=None, level=None):
        """Make the reminders that are due, in one transaction.

        :param res.company company: whose invoices
        :param res.partner partners: only these customers
        :param account.move.line lines: that a person wants to remind of now: only their
            customers, at their next level even before its day, or too soon after
            the last message
        :param payment.reminder.level level: that a person chose for these lines
        :return: the reminders made, in `to_send` or, if their level is not automatic or
            money that may pay them is not allocated, in `to_confirm`
        :rtype: payment.reminder
        :raises UserError: for lines, while another process plans for the company
        """
        company = company.sudo()
        reminders = self.env["payment.reminder"]
        if lines is not None:
            self._claim_plan(company)
        elif not self._lock_plan(company):
            return reminders
        scope = {}
        if lines is not None:
            customers = lines.sudo().partner_id
            scope = {"partner_ids": customers.ids, "forced_ids": lines.ids}
            if level:
                scope["chosen_level_id"] = level.id
        elif partners is not None:
            scope = {"partner_ids": partners.sudo().commercial_partner_id.ids}
        count, last_id = self._draft_plan(company, **scope)
        for rows in cut(range(count), CUSTOMERS_A_SLICE):
            reminders |= self._make_drafted(company, rows[0], rows[-1] + 1, last_id)
            self._analyze(rows[0], count)
        self.env.cr.execute("DROP TABLE pg_temp.payment_reminder_draft")
        return reminders

    @api.model
    def _plan_all(self, company):
        """Make all reminders that are due in slices, with a commit each.

        :param res.company company: whose invoices
        """
        cron = self.env["ir.cron"]
        if not self._lock_plan(company):
            return
        count, last_id = self._draft_plan(company)
        if company._ask_before_many(self._count_drafted(count)):
            _logger.warning("Company %s: asked before %s reminders", company.id, count)
            count = 0
        time_left = cron._commit_progress(remaining=count)
        # Not by `payment.batch`: the rows are no records yet, and fail together.
        answer = company._get_reminder_answer()
        for rows in cut(range(count), CUSTOMERS_A_SLICE):
            if not time_left or not self._lock_plan(company):
                break
            if company._get_reminder_answer() != answer:
                # A person said otherwise in the meantime: the next run plans by it.
                break
            self._make_drafted(company, rows[0], rows[-1] + 1, last_id)
            self._analyze(rows[0], count)
            time_left = cron._commit_progress(len(rows))
        self.env.cr.execute("DROP TABLE pg_temp.payment_reminder_draft")

    @api.model
    def _draft_plan(self, company, **scope):
        """Sum the plan up to one row for each reminder to make, in a table that only
        this connection sees: the plan is made once, not once a slice.

        :param scope: as for `_plan_query`
        :return: the number of parties to remind now, and the last reminder that the
            plan knows of
        :rtype: tuple[int, int]
        """
        draft = SQL(
            "CREATE TEMP TABLE payment_reminder_draft AS %s",
            self._get_draft_query(company, **scope),
        )
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.payment_reminder_draft")
        self._execute_plan(draft, scope.get("partner_ids") is None)
        [[count, last_id]] = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT COALESCE(max(number) + 1, 0)
                          FROM pg_temp.payment_reminder_draft),
                       (SELECT COALESCE(max(id), 0)
                          FROM payment_reminder
                         WHERE company_id = %s)
                """,
                company.id,
            )
        )
        if not scope.get("forced_ids"):
            messages = self._count_drafted(count)
            allowed = company._limit_planned(messages)
            if allowed < messages:
                count = self._count_parties(allowed)
        return count, last_id

    @api.model
    def _count_drafted(self, parties):
        """Return how many messages the first parties of the draft get.

        :param int parties: so many of them
        :rtype: int
        """
        [[messages]] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM pg_temp.payment_reminder_draft WHERE number < %s",
                parties,
            )
        )
        return messages

    @api.model
    def _count_parties(self, messages):
        """Return how many parties of the draft get so many messages together, no more;
        what one of them gets leaves on one day, even if that is more.

        :param int messages: that may be made
        :rtype: int
        """
        if not messages:
            return 0
        [[parties]] = self.env.execute_query(
            SQL(
                """
                SELECT count(*)
                  FROM (
                    SELECT sum(count(*)) OVER (ORDER BY number) AS up_to
                      FROM pg_temp.payment_reminder_draft
                  GROUP BY number
                       ) party
                 WHERE up_to <= %s
                """,
                messages,
            )
        )
        return max(parties, 1)

    @api.model
    def _get_draft_query(self, company, **scope):
        """Return the query of a row for each reminder to make, the oldest debts first;
        those of one party, in several currencies, have one number.

        :param scope: as for `_plan_query`
        :rtype: SQL
        """
        scope.setdefault("level_due_only", not scope.get("forced_ids"))
        return SQL(_DRAFT, plan=self._plan_query(company, **scope))

    @api.model
    def _make_drafted(self, company, start, stop, last_id):
        """Make the reminders of some parties of the draft.

        :param int start: the first one
        :param int stop: the one after the last
        :param int last_id: leave out customers with younger reminders: another process
            planned them since the draft was made
        :rtype: payment.reminder
        """
        rows = self.env.execute_query(
            SQL(
                _MAKE,
                start=start,
                stop=stop,
                last_id=last_id,
                company_id=company.id,
                today=company._get_payment_today(),
                lang=company._get_payment_language() or "en_US",
                # NULL for the job: two foreign keys fewer to check for each row.
                uid=None if self.env.uid == SUPERUSER_ID else self.env.uid,
                root_id=SUPERUSER_ID,
                now=self.env.cr.now(),
                is_test=company._is_reminder_test(),
                accountant_id=company._get_payment_accountant(
                    self.env["res.users"].sudo()
                ).id
                or None,
            )
        )
        # The cache knows nothing of them.
        self.env.invalidate_all()
        reminders = self.env["payment.reminder"]
        reminders.browse(row[0] for row in rows if row[1])._ask_to_allocate()
        return reminders.browse(row[0] for row in rows)

    @api.model
    def _analyze(self, start, count):
        """Refresh the database's statistics after the first slice of a big run: by the
        old ones it would scan the whole table to check each line's reminder.

        :param int start: where the slice began
        :param int count: how many reminders are to be made
        """
        if start or count <= CUSTOMERS_A_SLICE:
            return
        [[known]] = self.env.execute_query(
            SQL("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", self._table)
        )
        if known < count:
            self.env.cr.execute("ANALYZE payment_reminder, payment_reminder_line")

    @api.model
    def _lock_plan(self, company):
        """Take the right to plan for a company until the transaction ends.

        Never wait for it: a waiting transaction would not see what the other one made.
        The unique index of lines and levels covers transactions that began earlier.

        :rtype: bool
        """
        [[taken]] = self.env.execute_query(
            SQL(
                "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)",
                self._name,
                company.id,
            )
        )
        return taken

    @api.model
    def _claim_plan(self, company):
        """Take the right to plan for a person, or tell them to wait.

        :raises UserError: while another process plans for the company
        """
        if not self._lock_plan(company):
            raise UserError(
                self.env._(
                    "The reminders of %s are being planned at this moment. Please try "
                    "again in a minute.",
                    company.name,
                )
            )

    def _get_reminders_action(self):
        """Return the action that opens these reminders.

        :rtype: dict
        """
        action = {
            "name": self.env._("Reminders"),
            "type": "ir.actions.act_window",
            "res_model": self._name,
        }
        if len(self) == 1:
            return action | {"view_mode": "form", "res_id": self.id}
        return action | {
            "view_mode": "list,form,kanban",
            "domain": [("id", "in", self.ids)],
        }

    # === The job ===

    @api.model
    def _cron_run(self):
        """Plan, send and follow up, company by company: a failure stops neither the
        other companies nor the other steps. Where reminders are off, those that users
        sent are followed up all the same."""
        companies = self.env["res.company"].sudo()
        companies = companies.search([("payment_reminder_enabled", "=", True)]).union(
            *(company.sudo() for [company] in self._read_group([], ["company_id"]))
        )
        for company in companies:
            blocker = company._get_reminder_blocker()
            if blocker in NOT_IN_USE:
                _logger.info("No reminders of company %s: %s", company.id, blocker)
            elif not self._run_company(company):
                # The next round, for the other companies, follows at once.
                self.env["ir.cron"]._commit_progress(remaining=1)
                return

    @api.model
    def _run_company(self, company):
        """Take all steps for one company.

        :return: whether there is time left
        :rtype: bool
        """
        reminders = company._with_books_language(self).with_context(
            allowed_company_ids=company.ids
        )
        company = company.with_env(reminders.env)
        steps = [reminders._send, reminders._follow_up]
        if company._reminds_automatically():
            steps = [
                reminders._tell_ending_holds,
                reminders._plan_all,
                *steps,
                reminders._send_thanks,
            ]
        steps += [reminders._ask_for_waiting, reminders._tell_overlooked]
        cron = self.env["ir.cron"]
        for step in steps:
            try:
                step(company)
            except Exception:
                self.env.cr.rollback()
                _logger.exception(
                    "Reminders of company %s: %s failed", company.id, step.__name__
                )
            if not cron._commit_progress(remaining=0):
                return False
        return True

    @api.model
    def _wake_cron(self, moment=None):
        """Have the job run now, or at a moment.

        :param datetime.datetime moment: in UTC
        """
        if cron := self.env.ref(REMINDER_CRON, raise_if_not_found=False):
            cron.sudo()._trigger(at=moment)


# Carry lines in arrays: the planner misjudges a join with rows just inserted.
_DRAFT = """
SELECT dense_rank() OVER (ORDER BY min(oldest), party_id) - 1 AS number,
       partner_id,
       party_id,
       currency_id,
       top,
       max(invoice_user_id) FILTER (WHERE reason IS NULL) AS salesperson_id,
       sum(residual) AS amount,
       COALESCE(sum(residual) FILTER (WHERE overdue), 0) AS overdue,
       LEAST(max(credit), sum(residual)) AS credit,
       max(receipt_id) AS receipt_id,
       max(payment_id) AS payment_id,
       array_agg(line_id) AS line_ids,
       array_agg(CASE WHEN joins THEN level_id END) AS level_keys,
       array_agg(CASE WHEN joins THEN days_from_due END) AS level_days,
       array_agg(date_maturity) AS dates,
       array_agg(residual) AS residuals
  FROM (
    SELECT named_line.*,
           -- What became overdue later joins the level of the message.
           level_id = top[2] AND COALESCE(reason, 'not_yet') = 'not_yet' AS joins
      FROM (
        SELECT plan.*,
               max(ARRAY[days_from_due, level_id])
                   FILTER (WHERE reason IS NULL) OVER party AS top,
               bool_or(formal_notice)
                   FILTER (WHERE reason IS NULL) OVER party AS gives_notice,
               min(date_maturity) OVER party AS oldest
          FROM (%(plan)s) plan
         WHERE named
        WINDOW party AS (PARTITION BY party_id)
           ) named_line
       ) joining
 -- A party is at one level, with a message for each debtor and currency. What is late
 -- and what is to come are never one message, and a formal notice speaks of what was
 -- reminded of.
 WHERE CASE WHEN top[1] < 0 THEN NOT is_due
            WHEN gives_notice THEN overdue AND reminded
            ELSE overdue OR is_due AND top[1] = 0
       END
GROUP BY partner_id, party_id, currency_id, top
HAVING bool_or(joins)
   AND sum(residual) > COALESCE(max(credit), 0)
"""

# A transaction that cannot see another one's reminders yet violates the unique index of
# lines and levels.
_MAKE = """
WITH numbered AS MATERIALIZED (
    SELECT nextval('payment_reminder_id_seq') AS id, draft.*
      FROM pg_temp.payment_reminder_draft draft
     WHERE draft.number >= %(start)s
       AND draft.number < %(stop)s
       -- By customer: nearly all younger reminders are of this run, more each slice.
       AND (
               SELECT bool_or(other.id > %(last_id)s)
                 FROM payment_reminder other
                WHERE other.company_id = %(company_id)s
                  AND other.partner_id = draft.partner_id
                  AND COALESCE(other.party_id, other.partner_id) = draft.party_id
           ) IS NOT TRUE
),
colleague AS (
    SELECT id FROM res_users WHERE active AND NOT share AND id != %(root_id)s
),
reminder AS (
    INSERT INTO payment_reminder (
        id, company_id, currency_id, partner_id, party_id, policy_id, level_id,
        level_name, level_days, state, date, channel, user_id, amount_total,
        amount_credit, amount_asked, amount_overdue, receipt_id, payment_id, is_test,
        manual, create_uid, write_uid, create_date, write_date
    )
    SELECT numbered.id, %(company_id)s, numbered.currency_id, numbered.partner_id,
           NULLIF(numbered.party_id, numbered.partner_id), policy.id, level.id,
           COALESCE(level.name->>%(lang)s, level.name->>'en_US'), level.days_from_due,
           CASE WHEN %(is_test)s
                  OR level.automatic
                     AND COALESCE(numbered.receipt_id, numbered.payment_id) IS NULL
                THEN 'to_send'
                ELSE 'to_confirm'
           END,
           %(today)s, level.channel,
           COALESCE(
               by_level.id, by_policy.id, salesperson.id, %(accountant_id)s
           ),
           numbered.amount, numbered.credit, numbered.amount - numbered.credit,
           -- Credits go to the oldest.
           GREATEST(numbered.overdue - numbered.credit, 0),
           numbered.receipt_id, numbered.payment_id,
           -- Whoever tests does not wait for the hours of the level.
           %(is_test)s, %(is_test)s,
           %(uid)s::int, %(uid)s::int, %(now)s, %(now)s
      FROM numbered
      JOIN payment_reminder_level level ON level.id = numbered.top[2]
      JOIN payment_reminder_policy policy ON policy.id = level.policy_id
 LEFT JOIN colleague by_level ON by_level.id = level.user_id
 LEFT JOIN colleague by_policy ON by_policy.id = policy.user_id
 LEFT JOIN colleague salesperson ON salesperson.id = numbered.salesperson_id
),
line AS (
    INSERT INTO payment_reminder_line (
        reminder_id, move_line_id, level_key, level_days, date_maturity, amount
    )
    SELECT numbered.id, named.*
      FROM numbered
CROSS JOIN unnest(line_ids, level_keys, level_days, dates, residuals) named
)
SELECT id, COALESCE(receipt_id, payment_id) IS NOT NULL FROM numbered ORDER BY id
"""
