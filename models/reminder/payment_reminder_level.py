from datetime import timedelta

from odoo import api, fields, models

# In the order in which they cost more.
CHANNELS = [
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("portal", "Customer portal"),
    ("letter", "Letter"),
    ("phone", "Phone call"),
]


class PaymentReminderLevel(models.Model):
    _name = "payment.reminder.level"
    _description = "Reminder Level"
    _inherit = [
        "payment.engine.owned",
        "payment.reminder.audience",
        "mail.render.mixin",
    ]
    _order = "policy_id, sequence, id"

    name = fields.Char(required=True, translate=True)
    policy_id = fields.Many2one(
        comodel_name="payment.reminder.policy",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="policy_id.company_id", store=True)
    sequence = fields.Integer(default=10)
    delay_days = fields.Integer(
        string="Days", help="Negative: before the due date.", default=7
    )
    delay_from = fields.Selection(
        selection=[
            ("due_date", "from the due date"),
            ("previous", "from the previous level"),
        ],
        required=True,
        default="due_date",
    )
    days_from_due = fields.Integer(
        string="Days from the Due Date",
        compute="_compute_days_from_due",
        store=True,
        help="Orders the levels; what a due line remembers of it.",
    )
    timing = fields.Char(string="When", compute="_compute_timing")
    channel = fields.Selection(selection=CHANNELS, required=True, default="email")
    second_channel = fields.Selection(
        selection=CHANNELS, help="If the first one does not reach the customer."
    )
    third_channel = fields.Selection(selection=CHANNELS)
    tone = fields.Selection(
        selection=[
            ("courteous", "Courteous"),
            ("neutral", "Neutral"),
            ("firm", "Firm"),
            ("formal", "Formal"),
        ],
        required=True,
        default="courteous",
    )
    subject = fields.Char(translate=True)
    body = fields.Html(
        translate=True,
        sanitize="email_outgoing",
        render_engine="qweb",
        render_options={"post_process": True},
        help="Text above the table of invoices and the button to pay.",
    )
    closing = fields.Html(
        translate=True,
        sanitize="email_outgoing",
        render_engine="qweb",
        render_options={"post_process": True},
        help="Text below the table of invoices and the button to pay.",
    )
    sms_body = fields.Text(string="SMS", translate=True)
    phone_script = fields.Html(
        translate=True,
        sanitize="email_outgoing",
        render_engine="qweb",
        help="What to say, for whoever calls.",
    )
    attach_invoices = fields.Boolean(default=True)
    attach_statement = fields.Boolean(string="Attach Statement of Account")
    recipient = fields.Selection(
        selection=[
            ("followup", "Reminder contact, else invoice contact"),
            ("invoice", "Invoice contact"),
            ("company", "The company itself"),
        ],
        required=True,
        default="followup",
    )
    copy_salesperson = fields.Boolean(string="Salesperson in Copy")
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        domain="[('share', '=', False)]",
        help="Empty: the one of the policy.",
    )
    amount_min = fields.Float(
        string="Minimum Amount",
        digits="Product Price",
        default=1.0,
        help="In the company's currency: a customer who owes less is not reminded at "
        "this level.",
    )
    formal_notice = fields.Boolean(
        help="It puts the customer in default: leave it to a person to confirm."
    )
    registered_letter = fields.Boolean(
        help="A letter says that it is registered. A person posts it: the service for "
        "letters does not."
    )
    automatic = fields.Boolean(
        default=True, help="Otherwise each message waits for a person to confirm it."
    )
    business_days = fields.Boolean(
        string="Business Days Only",
        default=True,
        help="Neither at week-ends, nor on public holidays, nor on the global days off "
        "of the company's working schedule.",
    )
    hour_from = fields.Float(string="Not Before", default=8.5)
    hour_to = fields.Float(string="Not After", default=18.0)

    _hours_ordered = models.Constraint(
        "CHECK(hour_from >= 0 AND hour_from < hour_to AND hour_to <= 24)",
        "The sending window must end after it begins.",
    )
    _delay_days_bounds = models.Constraint(
        "CHECK(delay_days BETWEEN -365 AND 3650)",
        "The days of a level must lie between 365 before and 3650 after.",
    )
    _amount_min_positive = models.Constraint(
        "CHECK(amount_min >= 0)", "The minimum amount must be positive."
    )

    @api.depends(
        "delay_days",
        "delay_from",
        "sequence",
        "policy_id.level_ids.sequence",
        "policy_id.level_ids.delay_days",
        "policy_id.level_ids.delay_from",
    )
    def _compute_days_from_due(self):
        for policy, levels in self.grouped("policy_id").items():
            days = 0
            for level in (policy.level_ids | levels).sorted(
                lambda level: (level.sequence, level.id or 0)
            ):
                if level.delay_from == "previous":
                    days += level.delay_days
                else:
                    days = level.delay_days
                level.days_from_due = days

    @api.depends("days_from_due")
    @api.depends_context("lang")
    def _compute_timing(self):
        for level in self:
            days = level.days_from_due
            if days == -1:
                level.timing = self.env._("The day before the due date")
            elif days == 1:
                level.timing = self.env._("The day after the due date")
            elif days < 0:
                level.timing = self.env._("%s days before the due date", -days)
            elif days > 0:
                level.timing = self.env._("%s days after the due date", days)
            else:
                level.timing = self.env._("On the due date")

    def action_preview(self):
        """Open the preview of the level's texts on an invoice.

        :rtype: dict
        """
        self.ensure_one()
        return self.env["payment.reminder.preview"]._open_dialog(
            self.env._("Preview"), context={"default_level_id": self.id}
        )

    def _get_channels(self):
        """Return the channels to try, in order, each once; in the end a letter, if the
        policy wants it.

        :rtype: list[str]
        """
        self.ensure_one()
        wanted = [self.channel, self.second_channel, self.third_channel]
        # No letter is in time to announce what is not due yet.
        if self.policy_id.letter_if_unreached and self.days_from_due >= 0:
            wanted.append("letter")
        return list(dict.fromkeys(filter(None, wanted)))

    def _get_earlier_days(self, due_date):
        """Return, for a preview, the days on which the levels before this one leave.

        :param datetime.date due_date: of an invoice
        :rtype: list[datetime.date]
        """
        self.ensure_one()
        return [
            due_date + timedelta(level.days_from_due)
            for level in self.policy_id.level_ids.sorted("days_from_due")
            if 0 <= level.days_from_due < self.days_from_due
        ]
