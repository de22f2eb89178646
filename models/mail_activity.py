from odoo import fields, models


class MailActivity(models.Model):
    _name = "mail.activity"
    _inherit = ["payment.engine.owned", "mail.activity"]

    payment_task = fields.Char(
        readonly=True,
        copy=False,
        help="What a task is about that the engine made: it takes back no other ones.",
    )
