from odoo import api, fields, models
from odoo.fields import Domain

from ...const import ACCOUNTING
from .payment_reminder_policy import PROFILES


class ResPartner(models.Model):
    """How a customer is reminded, and how he pays."""

    _inherit = "res.partner"

    payment_reminder_policy_note = fields.Char(
        string="Policy That Applies",
        compute="_compute_payment_reminder_policy_note",
        groups=ACCOUNTING,
    )
    payer_profile_ids = fields.One2many(
        comodel_name="payment.payer.profile",
        inverse_name="partner_id",
        string="Payer Profiles",
        groups=ACCOUNTING,
    )
    payer_profile = fields.Selection(
        selection=PROFILES,
        compute="_compute_payer_profile",
        search="_search_payer_profile",
        groups=ACCOUNTING,
        help="From the invoices of the last 24 months, refreshed each night.",
    )
    payer_profile_note = fields.Char(
        string="Payment History", compute="_compute_payer_profile", groups=ACCOUNTING
    )

    @api.depends("payment_reminder_policy_id", "category_id", "commercial_partner_id")
    @api.depends_context("company", "lang")
    def _compute_payment_reminder_policy_note(self):
        commercial = self.commercial_partner_id._origin
        self.env.flush_all()
        policies = self.env["payment.reminder.policy"]
        rows = {
            partner_id: (policies.browse(policy_id), source)
            for partner_id, policy_id, source in self.env.execute_query(
                policies._partner_policy_query(self.env.company, commercial.ids)
            )
        }
        for partner in self:
            policy, source = rows.get(
                partner.commercial_partner_id._origin.id, (policies, None)
            )
            partner.payment_reminder_policy_note = policy._get_note(source)

    @api.depends("commercial_partner_id.payer_profile_ids")
    @api.depends_context("company", "lang")
    def _compute_payer_profile(self):
        company = self.env.company
        for partner in self:
            profile = partner.commercial_partner_id.payer_profile_ids.filtered(
                lambda profile: profile.company_id == company
            )
            partner.payer_profile = profile.profile
            partner.payer_profile_note = profile._get_note()

    def _search_payer_profile(self, operator, value):
        if operator != "in":
            return NotImplemented
        wanted = set(value)
        own = Domain("company_id", "=", self.env.company.id)
        known = Domain("profile", "in", list(wanted - {False}))
        path = "commercial_partner_id.payer_profile_ids"
        domain = Domain(path, "any", own & known)
        if False in wanted:
            told = own & Domain("profile", "!=", False)
            domain |= ~Domain(path, "any", told)
        return domain
