"""Makes the reminders that are ripe, once, and runs the engine day by day."""

import logging

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

CUSTOMERS_A_SLICE = 500
# A database that is not the one in use makes no messages at all.
NOT_IN_USE = ("neutralized", "copied")


class PaymentReminder(models.Model):
    _inherit = "payment.reminder"

    # === Planning ===

    @api.model
    def _plan(self, company, partners=None, lines=None, by_hand=False):
        """Make the reminders that are ripe, in one transaction.

        :param res.company company: whose invoices
        :param res.partner partners: only these customers
        :param account.move.line lines: only the customers of these lines
        :param bool by_hand: a person asks for it: these lines (without any: all that
            is overdue of these customers) climb although it is not their day, or too
            soon after the last message
        :return: the reminders made, in `to_send` or, if their level is not automatic,
            in `to_confirm`
        :rtype: payment.reminder
        :raises UserError: by hand, while another process plans for the company
        """
        company = company.sudo()
        reminders = self.env["payment.reminder"]
        if not self._lock_plan(company):
            if by_hand:
                raise UserError(
                    self.env._(
                        "The reminders of %s are being planned at this moment. Please "
                        "try again in a minute.",
                        company.name,
                    )
                )
            return reminders
        plan = {"company": company, "now": company._get_payment_now()}
        if partners is not None or lines is not None:
            customers = self.env["res.partner"].sudo().browse()
            customers |= (partners or customers).sudo().commercial_partner_id
            customers |= (lines or self.env["account.move.line"]).sudo().partner_id
            plan["partner_ids"] = customers.ids
        if by_hand:
            plan["forced_ids"] = (
                lines.ids if lines else self._get_overdue_line_ids(**plan)
            )
        count, last_id = self._draft_plan(**plan)
        for start in range(0, count, CUSTOMERS_A_SLICE):
            stop = min(start + CUSTOMERS_A_SLICE, count)
            reminders |= self._make_drafted(company, start, stop, last_id)
            self._analyze(start, count)
        self.env.cr.execute("DROP TABLE pg_temp.payment_reminder_draft")
        return reminders

    @api.model
    def _plan_all(self, company):
        """Make all reminders that are ripe in slices, with a commit each.

        :param res.company company: whose invoices
        :return: whether the job may go on
        :rtype: bool
        """
        cron = self.env["ir.cron"]
        if not self._lock_plan(company):
            return True
        count, last_id = self._draft_plan(company, company._get_payment_now())
        time_left = cron._commit_progress(remaining=count)
        for start in range(0, count, CUSTOMERS_A_SLICE):
            if not time_left or not self._lock_plan(company):
                break
            stop = min(start + CUSTOMERS_A_SLICE, count)
            self._make_drafted(company, start, stop, last_id)
            self._analyze(start, count)
            time_left = cron._commit_progress(stop - start)
        self.env.cr.execute("DROP TABLE pg_temp.payment_reminder_draft")
        return bool(time_left)

    @api.model
    def _draft_plan(self, company, now, **scope):
        """Sum the plan up to one row for each reminder to make, in a table that only
        this connection sees: the plan is made once, not once a slice.

        :param scope: as for `_plan_query`
        :return: the number of rows, and the last reminder that the plan can know of
        :rtype: tuple[int, int]
        """
        scope.setdefault("ripe_only", not scope.get("forced_ids"))
        plan = self._plan_query(company, now, **scope)
        self.env.cr.execute("DROP TABLE IF EXISTS pg_temp.payment_reminder_draft")
        self._execute_plan(SQL(_DRAFT, plan=plan), scope.get("partner_ids") is None)
        [row] = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT count(*) FROM pg_temp.payment_reminder_draft),
                       (SELECT last_value FROM payment_reminder_id_seq)
                """
            )
        )
        return row

    @api.model
    def _make_drafted(self, company, start, stop, last_id):
        """Make the reminders of some rows of the draft.

        :param int start: the first row
        :param int stop: the row after the last
        :param int last_id: customers of younger reminders were planned by somebody else
            since the draft was made, and are left out
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
                uid=self.env.uid,
                root_id=SUPERUSER_ID,
                now=self.env.cr.now(),
                accountant_id=company._get_payment_accountant(
                    self.env["res.users"].sudo()
                ).id
                or None,
            )
        )
        # What was read before knows nothing of them.
        self.env.invalidate_all()
        return self.env["payment.reminder"].browse(row[0] for row in rows)

    @api.model
    def _analyze(self, start, count):
        """Tell the database, after the first slice, that its tables are growing far
        beyond what it knew of them: it would go on reading them from end to end to
        check each line's reminder.

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
    def _get_overdue_line_ids(self, company, now, **scope):
        query = SQL(
            "SELECT line_id FROM (%s) plan WHERE overdue",
            self._plan_query(company, now, **scope),
        )
        rows = self._execute_plan(query, scope.get("partner_ids") is None)
        return [line_id for [line_id] in rows]

    @api.model
    def _lock_plan(self, company):
        """Take the right to plan for a company until the transaction ends.

        It is not waited for: a transaction that waits does not see what the other one
        has made meanwhile. If it began earlier still, the database refuses its lines.

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
    def _execute_plan(self, query, whole=False):
        """Run a statement made of the plan.

        It joins 100 000 rows in a few big steps: they should stay in memory, and to
        compile them takes longer than to run them.

        :param bool whole: for all customers: each step is to be one hash join then,
            whatever the database believes about tables that were filled just now
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
        return action | {"view_mode": "list,form", "domain": [("id", "in", self.ids)]}

    # === The job ===

    @api.model
    def _cron_run(self):
        """Plan, send and follow up, company by company: what fails in one of them stops
        neither the others nor its own other steps."""
        companies = (
            self.env["res.company"]
            .sudo()
            .search([("payment_reminder_enabled", "=", True)])
        )
        for company in companies:
            obstacle = company._get_reminder_obstacle()
            if obstacle in NOT_IN_USE:
                _logger.info("No reminders of company %s: %s", company.id, obstacle)
            elif not self._run_company(company):
                # The others come in the next round, which follows at once.
                self.env["ir.cron"]._commit_progress(remaining=1)
                return

    @api.model
    def _run_company(self, company):
        """Take all steps for one company.

        :return: whether there is time left
        :rtype: bool
        """
        reminders = self.with_context(
            allowed_company_ids=company.ids, lang=company._get_payment_language()
        )
        company = company.with_env(reminders.env)
        steps = (
            reminders._plan_all,
            reminders._send,
            reminders._update_fates,
            reminders._send_thanks,
        )
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


# The lines travel as arrays from their sum to their reminder: a join of 100 000 of them
# with rows that were only just made is one the database cannot foresee.
_DRAFT = """
CREATE TEMP TABLE payment_reminder_draft AS
SELECT row_number() OVER (ORDER BY partner_id, currency_id) - 1 AS number,
       partner_id,
       currency_id,
       max(ARRAY[days_from_due, level_id, policy_id]) FILTER (WHERE reason IS NULL)
           AS top,
       max(invoice_user_id) FILTER (WHERE reason IS NULL) AS salesperson_id,
       sum(residual) AS amount,
       COALESCE(sum(residual) FILTER (WHERE overdue), 0) AS overdue,
       LEAST(max(credit), sum(residual)) AS credit,
       array_agg(line_id) AS line_ids,
       array_agg(CASE WHEN reason IS NULL THEN level_id END) AS level_ids,
       array_agg(CASE WHEN reason IS NULL THEN days_from_due END) AS level_days,
       array_agg(reason IS NULL) AS climbs,
       array_agg(date_maturity) AS dates,
       array_agg(residual) AS residuals
  FROM (%(plan)s) plan
 WHERE named
GROUP BY partner_id, currency_id
HAVING bool_or(reason IS NULL)
"""

# Who cannot see yet what another process made is stopped by the unique index of lines
# and levels.
_MAKE = """
WITH numbered AS MATERIALIZED (
    SELECT nextval('payment_reminder_id_seq') AS id, draft.*
      FROM pg_temp.payment_reminder_draft draft
     WHERE draft.number >= %(start)s
       AND draft.number < %(stop)s
       AND NOT EXISTS (
               SELECT FROM payment_reminder younger
                WHERE younger.id > %(last_id)s
                  AND younger.company_id = %(company_id)s
                  AND younger.partner_id = draft.partner_id
                  AND younger.currency_id = draft.currency_id
           )
),
reminder AS (
    INSERT INTO payment_reminder (
        id, company_id, currency_id, partner_id, policy_id, level_id, level_name,
        level_days, state, date, channel, user_id, amount_total, amount_credit,
        amount_asked, amount_overdue, create_uid, write_uid, create_date, write_date
    )
    SELECT numbered.id, %(company_id)s, numbered.currency_id, numbered.partner_id,
           numbered.top[3], level.id,
           COALESCE(level.name->>%(lang)s, level.name->>'en_US'), level.days_from_due,
           CASE WHEN level.automatic THEN 'to_send' ELSE 'to_confirm' END,
           %(today)s, level.channel,
           COALESCE(
               level.user_id, policy.user_id, salesperson.id, %(accountant_id)s
           ),
           numbered.amount, numbered.credit, numbered.amount - numbered.credit,
           -- Credits go to the oldest.
           GREATEST(numbered.overdue - numbered.credit, 0),
           %(uid)s, %(uid)s, %(now)s, %(now)s
      FROM numbered
      JOIN payment_reminder_level level ON level.id = numbered.top[2]
      JOIN payment_reminder_policy policy ON policy.id = level.policy_id
 LEFT JOIN res_users salesperson
        ON salesperson.id = numbered.salesperson_id
       AND salesperson.active
       AND NOT salesperson.share
       AND salesperson.id != %(root_id)s
),
line AS (
    INSERT INTO payment_reminder_line (
        reminder_id, move_line_id, level_id, level_days, climbs, date_maturity, amount
    )
    SELECT numbered.id, named.*
      FROM numbered
CROSS JOIN unnest(
               line_ids, level_ids, level_days, climbs, dates, residuals
           ) named
)
SELECT id FROM numbered ORDER BY id
"""
