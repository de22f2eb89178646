from odoo import fields, models


class ResCompany(models.Model):
    """How the company asks to be paid."""

    _inherit = "res.company"

    payment_request_policy = fields.Selection(
        selection=[
            ("posting", "When an invoice is posted"),
            ("manual", "By hand"),
        ],
        string="Create Payment Links",
        default="posting",
        required=True,
    )
