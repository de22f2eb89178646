from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .payment_payer_profile import PROFILES

#: Days late after which the next column of the ageing begins.
AGES = (0, 30, 60, 90)


class PaymentCustomerBalance(models.Model):
    """What a customer owes a company in a currency, by how late it is.

    Read from the open receivable items at each look, so it is never out of date; the
    day is the company's own. Amounts are in the currency of the row. What a payment
    without an entry has settled is owed no more, although the item stays open.
    """

    _name = "payment.customer.balance"
    _inherit = "payment.reminder.buttons"
    _description = "Customer Balance"
    _auto = False
    _rec_name = "partner_id"
    _order = "overdue_company desc, id"
    _depends = {
        "account.account": ["account_type"],
        "account.move": ["payment_state"],
        "account.move.line": [
            "account_id",
            "amount_residual",
            "amount_residual_currency",
            "company_id",
            "currency_id",
            "date",
            "date_maturity",
            "move_id",
            "parent_state",
            "partner_id",
            "reconciled",
        ],
        "payment.payer.profile": ["company_id", "partner_id", "profile"],
        "payment.reminder": [
            "company_id",
            "currency_id",
            "level_name",
            "partner_id",
            "sent_at",
        ],
        "res.company": ["currency_id"],
        "res.partner": ["commercial_partner_id", "user_id"],
    }

    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        comodel_name="res.currency", string="Company Currency", readonly=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users", string="Salesperson", readonly=True
    )
    not_due = fields.Monetary(readonly=True)
    late_30 = fields.Monetary(string="1-30 Days", readonly=True)
    late_60 = fields.Monetary(string="31-60 Days", readonly=True)
    late_90 = fields.Monetary(string="61-90 Days", readonly=True)
    late_more = fields.Monetary(string="> 90 Days", readonly=True)
    credit = fields.Monetary(
        string="Credits",
        readonly=True,
        help="Credit notes and payments not allocated yet.",
    )
    overdue = fields.Monetary(readonly=True, help="Before credits.")
    balance = fields.Monetary(
        string="Balance Due", readonly=True, help="All that is open, net of credits."
    )
    overdue_company = fields.Monetary(
        string="Overdue in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    balance_company = fields.Monetary(
        string="Balance in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    oldest_due_date = fields.Date(readonly=True, aggregator="min")
    last_reminder_id = fields.Many2one(
        comodel_name="payment.reminder", string="Last Reminder", readonly=True
    )
    last_reminder_at = fields.Datetime(string="Last Reminded", readonly=True)
    last_level_name = fields.Char(string="Level", readonly=True)
    payer_profile = fields.Selection(
        selection=PROFILES, string="Payment History", readonly=True
    )
    hold_until = fields.Date(string="Held Until", compute="_compute_hold_until")

    @property
    def _table_query(self):
        # Each company counts in days of its own: its today comes with it.
        companies = self.env.companies.sudo()
        days = SQL(", ").join(
            SQL(
                "(%s, %s, %s::date)",
                company.id,
                company.currency_id.id,
                company._get_payment_today(),
            )
            for company in companies
        )
        return SQL(
            _BALANCE,
            days=days,
            open=self.env["account.move.line"]._get_open_sql(),
            first=AGES[1],
            second=AGES[2],
            third=AGES[3],
        )

    @api.depends("partner_id.payment_reminder_hold_until", "company_id")
    def _compute_hold_until(self):
        for balance in self:
            customer = balance.partner_id.with_company(balance.company_id)
            balance.hold_until = (
                customer.payment_reminder_is_held
                and customer.payment_reminder_hold_until
            )

    # === Actions ===

    def action_open_customer(self):
        """Open the page of the customer: what is due, its escalation and its history.

        :rtype: dict
        """
        self.ensure_one()
        return self.partner_id._get_reminder_customer_action(self.company_id)

    def _get_reminder_lines(self):
        """Override: all that is overdue in these companies and currencies."""
        lines = self.env["account.move.line"]
        owed = Domain.OR(
            [
                ("company_id", "=", balance.company_id.id),
                ("partner_id", "=", balance.partner_id.id),
                ("currency_id", "=", balance.currency_id.id),
                ("date_maturity", "<", balance.company_id._get_payment_today()),
            ]
            for balance in self
        )
        return lines.search(lines._get_remindable_domain() & owed)

    def action_reminder_hold(self):
        """Open the assistant that holds all reminders of these customers.

        :rtype: dict
        :raises UserError: if they are of several companies
        """
        if len(self.company_id) > 1:
            raise UserError(
                self.env._("Please hold the customers of one company at a time.")
            )
        action = self.partner_id.action_reminder_hold()
        context = {**action["context"], "default_company_id": self.company_id.id}
        return {**action, "context": context}


# The last reminder is looked up in one pass, and not at all where only the amounts are
# asked for: the database drops a join of which it needs nothing.
_BALANCE = """
SELECT owed.*,
       owner.user_id,
       last.id AS last_reminder_id,
       last.sent_at AS last_reminder_at,
       last.level_name AS last_level_name,
       profile.profile AS payer_profile
  FROM (
    SELECT min(line.id) AS id,
           line.company_id,
           customer.commercial_partner_id AS partner_id,
           line.currency_id,
           day.company_currency_id,
           sum(claim.amount * (late.days <= 0)::int) AS not_due,
           sum(claim.amount * (late.days BETWEEN 1 AND %(first)s)::int) AS late_30,
           sum(claim.amount * (late.days > %(first)s AND late.days <= %(second)s)::int)
               AS late_60,
           sum(claim.amount * (late.days > %(second)s AND late.days <= %(third)s)::int)
               AS late_90,
           sum(claim.amount * (late.days > %(third)s)::int) AS late_more,
           sum(claim.amount - line.amount_residual_currency) AS credit,
           sum(claim.amount * (late.days > 0)::int) AS overdue,
           sum(line.amount_residual_currency) AS balance,
           sum(GREATEST(line.amount_residual, 0) * (late.days > 0)::int)
               AS overdue_company,
           sum(line.amount_residual) AS balance_company,
           min(COALESCE(line.date_maturity, line.date))
               FILTER (WHERE line.amount_residual > 0) AS oldest_due_date
      FROM account_move_line line
      JOIN (VALUES %(days)s) day (company_id, company_currency_id, today)
        ON day.company_id = line.company_id
      JOIN account_move move ON move.id = line.move_id
      JOIN res_partner customer ON customer.id = line.partner_id
CROSS JOIN LATERAL (
        SELECT day.today - COALESCE(line.date_maturity, line.date) AS days
           ) late
CROSS JOIN LATERAL (
        SELECT CASE WHEN line.amount_residual > 0
                    THEN line.amount_residual_currency ELSE 0 END AS amount
           ) claim
     WHERE line.account_id = ANY(ARRAY(
               SELECT id FROM account_account WHERE account_type = 'asset_receivable'
           ))
       AND line.amount_residual != 0
       AND %(open)s
  GROUP BY line.company_id, customer.commercial_partner_id, line.currency_id,
           day.company_currency_id
       ) owed
LEFT JOIN res_partner owner ON owner.id = owed.partner_id
LEFT JOIN (
    SELECT DISTINCT ON (company_id, partner_id, currency_id)
           id, company_id, partner_id, currency_id, sent_at, level_name
      FROM payment_reminder
     WHERE sent_at IS NOT NULL
  ORDER BY company_id, partner_id, currency_id, sent_at DESC, id DESC
       ) last
    ON last.company_id = owed.company_id
   AND last.partner_id = owed.partner_id
   AND last.currency_id = owed.currency_id
LEFT JOIN payment_payer_profile profile
    ON profile.partner_id = owed.partner_id
   AND profile.company_id = owed.company_id
"""
