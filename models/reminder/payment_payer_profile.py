from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..batch import cut
from .payment_reminder_policy import PROFILES

#: Months of payments that count, and how many of them are "recent" for the trend.
MONTHS = 24
RECENT_MONTHS = 6
#: A customer of fewer invoices has figures, but no profile.
INVOICES_MIN = 3
#: What arrives within these days left on time: banks close at week-ends.
ON_TIME_DAYS = 3
#: Always on time: at least this share of the money, and at most `ON_TIME_DAYS` late on
#: average. Chronically late: less than half of it on time, or more days late than that.
SHARE_ON_TIME = 0.9
SHARE_CHRONIC = 0.5
DAYS_CHRONIC = 15


class PaymentPayerProfile(models.Model):
    """How a customer pays one company: figures of their invoices, refreshed each night.

    Each part of a due line counts with its amount: a paid one with the days between
    its due date and its payment (none if it came early), an open one that is late with
    the days until today. Credit notes and exchange differences are no payments.
    """

    _name = "payment.payer.profile"
    _description = "Payer Profile"
    _rec_name = "partner_id"
    _order = "days_late desc, id"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    profile = fields.Selection(
        selection=PROFILES,
        readonly=True,
        help="Empty: too few invoices to tell.",
    )
    days_late = fields.Float(
        string="Average Days Late",
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Weighted by amount, over what was paid in the last 24 months and what is "
        "overdue.",
    )
    share_on_time = fields.Float(
        string="Paid on Time",
        readonly=True,
        aggregator="avg",
        help="By amount, within 3 days of the due date; between 0 and 1.",
    )
    trend = fields.Float(
        digits=(16, 1),
        readonly=True,
        aggregator="avg",
        help="Days late of the last six months less those of the months before: "
        "negative is better.",
    )
    invoice_count = fields.Integer(string="Invoices", readonly=True)

    _partner_uniq = models.UniqueIndex(
        "(partner_id, company_id)", "A customer has one profile for each company."
    )

    @api.model
    def _cron_refresh(self):
        """Compute the profiles of all customers again, one company after the other."""
        companies = self.env["res.company"].search([("active", "=", True)])
        self.env["payment.batch"]._run(
            cut(companies, 1), "_refresh_payer_profiles", lock=False
        )

    @api.model
    def _refresh(self, company):
        """Compute the profiles of the customers of ``company`` again, and delete those
        of customers without any figures left."""
        self.env.flush_all()
        self.env.cr.execute(self._refresh_query(company))
        self.env.invalidate_all(flush=False)

    @api.model
    def _refresh_query(self, company):
        """Return the statement that `_refresh` runs.

        :rtype: SQL
        """
        today = company._get_payment_today()
        now = company._get_payment_now()
        return SQL(
            """
            WITH part AS (
                SELECT move.commercial_partner_id AS partner_id, move.id AS move_id,
                       paid.amount, money.date AS day,
                       GREATEST(money.date - due.date_maturity, 0) AS days
                  FROM account_partial_reconcile paid
                  JOIN account_move_line due ON due.id = paid.debit_move_id
                  JOIN account_move move ON move.id = due.move_id
                  JOIN account_move_line money ON money.id = paid.credit_move_id
                  JOIN account_move entry ON entry.id = money.move_id
                 WHERE paid.company_id = %(company)s
                   AND paid.max_date > %(since)s
                   AND money.date > %(since)s
                   AND due.display_type = 'payment_term'
                   AND move.move_type = 'out_invoice'
                   AND move.state = 'posted'
                   AND entry.move_type = 'entry'
                   AND entry.journal_id IS DISTINCT FROM %(exchange)s
             UNION ALL
                SELECT move.commercial_partner_id, move.id,
                       due.amount_residual, %(today)s, %(today)s - due.date_maturity
                  FROM account_move_line due
                  JOIN account_move move ON move.id = due.move_id
                 WHERE due.company_id = %(company)s
                   AND due.parent_state = 'posted'
                   AND due.display_type = 'payment_term'
                   AND due.reconciled IS NOT TRUE
                   AND due.amount_residual > 0
                   AND due.date_maturity < %(today)s
                   AND move.move_type = 'out_invoice'
                   AND move.payment_state != 'blocked'
            ),
            fact AS (
                SELECT partner_id,
                       COUNT(DISTINCT move_id) AS invoice_count,
                       SUM(amount * days) / SUM(amount) AS days_late,
                       COALESCE(SUM(amount) FILTER (WHERE days <= %(on_time_days)s), 0)
                           / SUM(amount) AS share_on_time,
                       COALESCE(
                           SUM(amount * days) FILTER (WHERE day > %(recent)s)
                           / SUM(amount) FILTER (WHERE day > %(recent)s)
                           - SUM(amount * days) FILTER (WHERE day <= %(recent)s)
                           / SUM(amount) FILTER (WHERE day <= %(recent)s),
                           0
                       ) AS trend
                  FROM part
                 WHERE amount > 0 AND partner_id IS NOT NULL
              GROUP BY partner_id
            ),
            gone AS (
                DELETE FROM payment_payer_profile profile
                 WHERE profile.company_id = %(company)s
                   AND NOT EXISTS (SELECT FROM fact
                                    WHERE fact.partner_id = profile.partner_id)
            )
            INSERT INTO payment_payer_profile AS profile (
                company_id, partner_id, invoice_count, days_late, share_on_time, trend,
                profile, create_uid, create_date, write_uid, write_date
            )
            SELECT %(company)s, partner_id, invoice_count, days_late, share_on_time,
                   trend,
                   CASE WHEN invoice_count < %(invoices_min)s THEN NULL
                        WHEN share_on_time < %(share_chronic)s
                          OR days_late > %(days_chronic)s THEN 'chronic'
                        WHEN share_on_time >= %(share_on_time)s
                         AND days_late <= %(on_time_days)s THEN 'on_time'
                        ELSE 'late'
                    END,
                   %(user)s, %(now)s, %(user)s, %(now)s
              FROM fact
            ON CONFLICT (partner_id, company_id) DO UPDATE
               SET invoice_count = EXCLUDED.invoice_count,
                   days_late = EXCLUDED.days_late,
                   share_on_time = EXCLUDED.share_on_time,
                   trend = EXCLUDED.trend,
                   profile = EXCLUDED.profile,
                   write_uid = EXCLUDED.write_uid,
                   write_date = EXCLUDED.write_date
            """,
            company=company.id,
            today=today,
            since=today - relativedelta(months=MONTHS),
            recent=today - relativedelta(months=RECENT_MONTHS),
            exchange=company.currency_exchange_journal_id.id or None,
            on_time_days=ON_TIME_DAYS,
            invoices_min=INVOICES_MIN,
            share_on_time=SHARE_ON_TIME,
            share_chronic=SHARE_CHRONIC,
            days_chronic=DAYS_CHRONIC,
            user=self.env.uid,
            now=now,
        )

    def action_open_customer(self):
        """Open the page of the customer: what is due, its escalation and its history.

        :rtype: dict
        """
        self.ensure_one()
        return self.partner_id._get_reminder_customer_action(self.company_id)

    def _get_note(self):
        """Return the figures as one sentence; False without a profile.

        :rtype: str | bool
        """
        if not self:
            return False
        self.ensure_one()
        days = round(self.days_late)
        trend = round(self.trend)
        late = {
            0: self.env._("not late on average"),
            1: self.env._("1 day late on average"),
        }.get(days) or self.env._("%s days late on average", days)
        on_time = self.env._("%s%% on time", round(self.share_on_time * 100))
        change = {
            -1: self.env._("1 day better in the last six months"),
            0: "",
            1: self.env._("1 day worse in the last six months"),
        }.get(trend)
        if change is None and trend < 0:
            change = self.env._("%s days better in the last six months", -trend)
        elif change is None:
            change = self.env._("%s days worse in the last six months", trend)
        invoices = (
            self.env._("1 invoice")
            if self.invoice_count == 1
            else self.env._("%s invoices", self.invoice_count)
        )
        return ", ".join(filter(None, (late, on_time, change, invoices)))
