from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: What a customer may be chosen by, what tells most of them first, and the source of
#: the policy that it makes.
SOURCES = {
    "tag_ids": "tag",
    "group_ids": "group",
    "salesperson_ids": "salesperson",
    "payer_profile": "history",
    "owed_min": "amount",
    "country_ids": "country",
    "by_class": "class",
}
GROUPINGS = [
    ("customer", "Each customer"),
    ("contact", "Each invoice address"),
    ("group", "Each group of companies"),
]
PROFILES = [
    ("on_time", "Always on time"),
    ("late", "Sometimes late"),
    ("chronic", "Chronically late"),
]


class PaymentReminderPolicy(models.Model):
    _name = "payment.reminder.policy"
    _inherit = ["payment.reminder.audience"]
    _description = "Reminder Policy"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(
        default=10, help="When a customer fits several, the first one counts."
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        default=lambda self: self.env.company,
        help="Empty: every company may use it.",
    )
    description = fields.Text(translate=True)
    level_ids = fields.One2many(
        comodel_name="payment.reminder.level",
        inverse_name="policy_id",
        string="Levels",
        copy=True,
        help="Without levels, whoever has this policy is not reminded.",
    )
    letter_if_unreached = fields.Boolean(
        string="Letter as Last Resort",
        help="Whom none of the channels of a level reaches gets a letter, if their "
        "address is complete: a person posts it. Not before the due date.",
    )
    escalation = fields.Char(
        compute="_compute_escalation",
        help="The days of its levels, and how they leave.",
    )
    tag_ids = fields.Many2many(
        comodel_name="res.partner.category",
        string="Customer Tags",
        help="Customers with one of these tags, or of a tag below one, have this "
        "policy.",
    )
    payer_profile = fields.Selection(
        selection=PROFILES,
        string="Payment History",
        help="Customers who pay like this have this policy.",
    )
    grouping = fields.Selection(
        selection=GROUPINGS,
        string="One Conversation With",
        required=True,
        default="customer",
        help="Who is reminded by messages of their own, and has levels of their own. "
        "Invoice address: for customers with agencies. Each hears of what is invoiced "
        "to it; payments and credits of the customer as a whole count for each of "
        "them, until they are allocated. Group: the topmost company, if this is its "
        "policy, is reminded for all companies below it, by its policy; each company "
        "has a message and a payment link of its own, of the same level on the same "
        "day.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        domain="[('share', '=', False)]",
        help="Answers for the reminders; empty: the salesperson, else the accountant "
        "named in the settings.",
    )
    is_company_default = fields.Boolean(
        string="Default",
        compute="_compute_is_company_default",
        help="Chosen in the settings, for customers who have no other policy.",
    )

    @api.depends("level_ids.days_from_due", "level_ids.channel")
    @api.depends_context("lang")
    def _compute_escalation(self):
        channels = dict(
            self.env["payment.reminder.level"]
            ._fields["channel"]
            ._description_selection(self.env)
        )
        for policy in self:
            policy.escalation = " · ".join(
                f"{level.days_from_due:+d} {channels.get(level.channel, '')}"
                for level in policy.level_ids.sorted("days_from_due")
            ) or self.env._("No reminders")

    @api.depends_context("company")
    def _compute_is_company_default(self):
        default = self.env.company.payment_reminder_policy_id
        for policy in self:
            policy.is_company_default = policy._origin == default

    # On the policy, not on the level: while levels are dragged to another place, they
    # are written one after the other, and only the last one makes the order good.
    @api.constrains("level_ids")
    def _check_levels_ordered(self):
        for policy in self:
            levels = policy.level_ids.sorted(lambda lvl: (lvl.sequence, lvl.id))
            for before, after in zip(levels, levels[1:], strict=False):
                if before.days_from_due >= after.days_from_due:
                    raise ValidationError(
                        self.env._(
                            "Levels follow each other in time, but “%(after)s” (day "
                            "%(after_days)+d) stands below “%(before)s” (day "
                            "%(before_days)+d). Drag it to its place, or change its "
                            "days.",
                            after=after.name,
                            after_days=after.days_from_due,
                            before=before.name,
                            before_days=before.days_from_due,
                        )
                    )

    @api.constrains("active", "company_id")
    def _check_default_usable(self):
        companies = self._get_default_companies()
        self._refuse_without_default(
            companies.filtered(
                lambda company: not (
                    company.payment_reminder_policy_id.active
                    and company.payment_reminder_policy_id.company_id
                    in (company, company.browse())
                )
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_default(self):
        self._refuse_without_default(self._get_default_companies())

    def _get_default_companies(self):
        """Return the companies of which one of these is the policy, in sudo."""
        companies = self.env["res.company"].sudo()
        return companies.search([("payment_reminder_policy_id", "in", self.ids)])

    @api.model
    def _refuse_without_default(self, companies):
        if companies:
            known = companies & self.env.user.company_ids
            raise ValidationError(
                self.env._(
                    "%(policy)s is the policy of %(companies)s. Choose another one in "
                    "the settings first.",
                    policy=companies[:1].payment_reminder_policy_id.name,
                    companies=", ".join(known.mapped("name"))
                    or self.env._("another company"),
                )
            )

    def copy_data(self, default=None):
        """Override: a copy is for others than the original."""
        default = {**dict.fromkeys(SOURCES, False), **(default or {})}
        return [
            {**vals, "name": self.env._("%s (copy)", policy.name)}
            if "name" not in default
            else vals
            for policy, vals in zip(self, super().copy_data(default), strict=True)
        ]
