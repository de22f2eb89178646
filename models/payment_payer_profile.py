from odoo import fields, models

from .payment_reminder_policy import PROFILES


class PaymentPayerProfile(models.Model):
    """How a customer pays one company: facts of his invoices, refreshed each night."""

    _name = "payment.payer.profile"
    _description = "Payer Profile"
    _rec_name = "partner_id"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    profile = fields.Selection(selection=PROFILES, readonly=True)
    days_late = fields.Float(
        string="Average Days Late",
        readonly=True,
        help="Weighted by amount, over the invoices paid in the last 24 months.",
    )
    share_on_time = fields.Float(readonly=True, help="By amount, between 0 and 1.")
    trend = fields.Float(
        readonly=True,
        help="Days late of the last six months less those of the months before: "
        "negative is better.",
    )
    invoice_count = fields.Integer(readonly=True)

    _partner_uniq = models.UniqueIndex(
        "(partner_id, company_id)", "A customer has one profile for each company."
    )
