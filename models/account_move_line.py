from odoo import fields, models


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    reminder_hold_until = fields.Date(
        string="No Reminder Until", copy=False, help="Included."
    )
    reminder_hold_reason = fields.Char(copy=False)
