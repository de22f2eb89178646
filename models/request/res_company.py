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
    payment_request_file_days = fields.Integer(
        string="Files of Paid Links (days)",
        default=90,
        help="For how many days a payment link still gives its invoices and receipt "
        "once it is paid. 0 or empty: it gives none from that moment.",
    )

    _payment_request_file_days_positive = models.Constraint(
        "CHECK(payment_request_file_days >= 0)",
        "A paid link cannot give its files for less than 0 days: 0 is none at all.",
    )
