from odoo import api, fields, models
from odoo.fields import Domain

PROFILES = [
    ("on_time", "Always on time"),
    ("late", "Sometimes late"),
    ("chronic", "Chronically late"),
]


class PaymentReminderPolicy(models.Model):
    _name = "payment.reminder.policy"
    _description = "Reminder Policy"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
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
    tag_ids = fields.Many2many(
        comodel_name="res.partner.category",
        string="Customer Tags",
        help="Customers with one of these tags have this policy.",
    )
    payer_profile = fields.Selection(
        selection=PROFILES,
        string="Payment History",
        help="Customers who pay like this have this policy.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        help="Answers for the reminders; empty: the salesperson, else the accountant "
        "named in the settings.",
    )

    _payer_profile_uniq = models.UniqueIndex(
        "(company_id, payer_profile) WHERE payer_profile IS NOT NULL AND active",
        "Another policy is already meant for this payment history.",
    )

    @api.model
    def _get_company_domain(self, company):
        """Return the policies that ``company`` may use.

        :rtype: Domain
        """
        return Domain("company_id", "in", [False, company.id])
