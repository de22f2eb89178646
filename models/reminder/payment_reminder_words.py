from odoo import api, fields, models
from odoo.tools import format_list

from ..text import write_day_in_words


class PaymentReminder(models.Model):
    """Words that texts of levels put in, and that hold whatever came before: who was
    never reminded is told of no reminder, what came since is told apart, and nobody is
    told to pay by a link that takes no payment."""

    _inherit = "payment.reminder"

    amount_also_due = fields.Monetary(
        string="Overdue Since",
        compute="_compute_also_due",
        help="Overdue, and no part of what the customer was reminded of.",
    )
    amount_reminded = fields.Monetary(
        string="Reminded Before",
        compute="_compute_also_due",
        help="What is overdue, without what came since the customer was reminded.",
    )
    also_due_text = fields.Char(compute="_compute_also_due")
    earlier_dates = fields.Char(
        string="Earlier Reminders",
        compute="_compute_earlier_dates",
        help="The days of those that reached the customer and named the same.",
    )
    despite_reminders = fields.Char(compute="_compute_earlier_dates")
    pay_text = fields.Char(compute="_compute_pay_text")
    pay_label = fields.Char(compute="_compute_pay_text")

    @api.depends("line_ids.also_due", "amount_overdue", "amount_credit")
    @api.depends_context("lang")
    def _compute_also_due(self):
        for reminder in self:
            today = reminder.company_id._get_payment_today()
            asked = reminder._share_credit(reminder.amount_credit, "amount")
            since = reminder.currency_id.round(
                sum(
                    amount
                    for line, amount in asked.items()
                    if line.also_due and line.date_maturity < today
                )
            )
            reminder.amount_also_due = since
            reminder.amount_reminded = reminder.amount_overdue - since
            reminder.also_due_text = False
            if since:
                reminder.also_due_text = self.env._(
                    "A further %(amount)s is overdue as well, which makes %(total)s in "
                    "all.",
                    amount=reminder._write_amount(since),
                    total=reminder._write_amount(reminder.amount_overdue),
                )

    @api.depends(
        "line_ids.amount",
        "line_ids.move_line_id",
        "amount_credit",
        "level_id",
        "due_date",
    )
    @api.depends_context("lang")
    def _compute_earlier_dates(self):
        earlier = self._find_earlier()
        for reminder in self:
            # What credits cover is asked for no more.
            asked = reminder._share_credit(reminder.amount_credit, "amount")
            told = self.browse().union(
                *(earlier[line] for line, amount in asked.items() if amount)
            )
            days = sorted({r._get_sent_date() for r in told})
            if not reminder._origin and reminder.level_id and reminder.due_date:
                # A preview shows what there will be.
                days = reminder.level_id._get_earlier_days(reminder.due_date)
            dates = format_list(
                self.env, [write_day_in_words(self.env, day) for day in days]
            )
            reminder.earlier_dates = dates
            if not days:
                text = self.env._("Unless we are mistaken")
            elif len(days) == 1:
                text = self.env._("Despite our reminder of %s", dates)
            else:
                text = self.env._("Despite our reminders of %s", dates)
            reminder.despite_reminders = text

    @api.depends("request_id", "amount_asked")
    @api.depends_context("lang")
    def _compute_pay_text(self):
        for reminder in self:
            way = reminder._get_way_to_pay()
            if way in ("bank", "online"):
                text = self.env._("The details are below, with a secure link to pay.")
                label = self.env._("Details and payment")
            elif way == "transfer":
                text = self.env._(
                    "The details are below, with our bank account for your transfer."
                )
                label = self.env._("Details and bank account")
            else:
                text = self.env._("The details are below.")
                label = self.env._("Details")
            reminder.pay_text, reminder.pay_label = text, label

    def _get_way_to_pay(self):
        """Return how the recipient can pay, as the page will offer it; what is the same
        for all the reminders of one country is asked once.

        :return: see `payment.request._get_way_to_pay`
        :rtype: str
        """
        self.ensure_one()
        request = self.request_id.sudo()
        if not request:
            return ""
        known = self.env.cr.cache.setdefault("reminder_ways_to_pay", {})
        country = request.partner_id.country_id
        key = (self.company_id.id, self.currency_id.id, country.id)
        if key not in known:
            # Other means may be limited to some amounts: then each one is asked.
            known[key] = (
                "bank"
                if request._is_paid_from_bank()
                else bool(request._get_other_providers(0.01)) and "online"
            )
        if known[key] == "bank":
            return "bank"
        return request._get_way_to_pay(online=bool(known[key]))
