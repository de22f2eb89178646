from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import format_amount, format_date

from ...models.reminder.res_company_start import LIMITED, STARTS

#: How many a day are proposed.
DAILY = 50


class PaymentReminderStart(models.TransientModel):
    """Shows what would leave once automatic reminders begin, and asks how they do."""

    _name = "payment.reminder.start"
    _inherit = ["payment.assistant"]
    _description = "Begin Automatic Reminders"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    start = fields.Selection(
        selection=STARTS, string="How They Begin", required=True, default="due_later"
    )
    daily_max = fields.Integer(string="Reminders a Day", default=DAILY, required=True)
    test_email = fields.Char(
        string="Send All To", default=lambda self: self.env.user.email
    )
    planned_figures = fields.Html(compute="_compute_planned", sanitize=False)
    planned_count = fields.Integer(compute="_compute_planned")
    effect = fields.Char(compute="_compute_effect")

    @api.model
    def _open_on(self, company):
        """Return the action that opens the assistant for ``company``.

        :rtype: dict
        """
        return self._open_dialog(
            self.env._("Begin Automatic Reminders"),
            context={"default_company_id": company.id},
        )

    def _get_rows(self, start):
        reminders = self.env["payment.reminder"].sudo()
        company = self.company_id.sudo()
        return reminders.with_company(company)._get_start_figures(company, start)

    @api.depends("company_id")
    @api.depends_context("lang")
    def _compute_planned(self):
        for assistant in self:
            rows = assistant._get_rows("planned")
            assistant.planned_count = sum(row["messages"] for row in rows)
            assistant.planned_figures = assistant._render_figures(rows)

    @api.depends("company_id", "start", "daily_max")
    @api.depends_context("lang")
    def _compute_effect(self):
        for assistant in self:
            assistant.effect = assistant._get_effect()

    def _get_effect(self):
        """Return what the answer does, in a sentence.

        :rtype: str
        """
        count = self.planned_count
        if self.start != "planned":
            count = sum(row["messages"] for row in self._get_rows(self.start))
        today = self.company_id._get_payment_today()
        if self.start == "due_later":
            return self.env._(
                "Leaving now: %(count)s. What was due before %(day)s is left to you: "
                "filter invoices by “Before reminders began”.",
                count=count,
                day=format_date(self.env, today),
            )
        if self.start in LIMITED:
            daily = max(self.daily_max, 1)
            days = -(-count // daily)
            if self.start == "test":
                return self.env._(
                    "Messages: %(count)s, days: at least %(days)s, all to this "
                    "address. No customer receives anything, and no level is used up.",
                    count=count,
                    days=days,
                )
            return self.env._(
                "Messages: %(count)s, days: at least %(days)s, the oldest debts first. "
                "What was sent before counts no more.",
                count=count,
                days=days,
            )
        return self.env._(
            "Leaving as soon as days and hours allow: %(count)s.", count=count
        )

    def _render_figures(self, rows):
        """Return the tables of what would leave.

        :param list[dict] rows: see `PaymentReminder._get_start_figures`
        :rtype: Markup
        """
        ages = {
            0: self.env._("not due yet"),
            1: self.env._("up to 30 days late"),
            2: self.env._("31 to 90 days late"),
            3: self.env._("91 days to a year late"),
            4: self.env._("more than a year late"),
        }
        names = {level.id: level for level in self._get_levels(rows)}
        by_level = self._sum_rows(rows, lambda row: row["level_id"])
        by_age = self._sum_rows(rows, lambda row: row["age"])
        customers = {partner_id for row in rows for partner_id in row["partner_ids"]}
        oldest = min((row["oldest_date"] for row in rows), default=None)
        return self.env["ir.qweb"]._render(
            "account_payment_request.payment_reminder_start_figures",
            {
                "total": self._sum_rows(rows, lambda row: None).get(None),
                "customers": len(customers),
                "oldest": oldest and format_date(self.env, oldest),
                "levels": [
                    (f"{names[key].policy_id.name}: {names[key].name}", *by_level[key])
                    for key in sorted(
                        by_level, key=lambda key: names[key].days_from_due
                    )
                ],
                "ages": [(ages[key], *by_age[key]) for key in sorted(by_age)],
            },
            minimal_qcontext=True,
        )

    def _get_levels(self, rows):
        ids = {row["level_id"] for row in rows}
        return self.env["payment.reminder.level"].sudo().browse(ids)

    def _sum_rows(self, rows, key):
        """Return the number of messages and what they ask for, written out in each
        currency.

        :param Callable key: what to sum by
        :rtype: dict[object, tuple[int, str]]
        """
        counts, amounts = defaultdict(int), defaultdict(lambda: defaultdict(float))
        for row in rows:
            counts[key(row)] += row["messages"]
            amounts[key(row)][row["currency_id"]] += float(row["amount"])
        currencies = self.env["res.currency"]
        return {
            group: (
                counts[group],
                " + ".join(
                    format_amount(self.env, amount, currencies.browse(currency_id))
                    for currency_id, amount in amounts[group].items()
                ),
            )
            for group in counts
        }

    def action_begin(self):
        """Let automatic reminders begin as chosen.

        :raises UserError: if something is missing
        """
        self.ensure_one()
        self.company_id._begin_reminders(
            self.start, daily_max=self.daily_max, test_email=self.test_email
        )
        return {"type": "ir.actions.client", "tag": "soft_reload"}
