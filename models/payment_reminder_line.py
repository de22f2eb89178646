from odoo import fields, models


class PaymentReminderLine(models.Model):
    _name = "payment.reminder.line"
    _description = "Payment Reminder Line"
    _order = "date_maturity, id"
    _rec_name = "move_line_id"

    reminder_id = fields.Many2one(
        comodel_name="payment.reminder", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="reminder_id.company_id", store=True)
    currency_id = fields.Many2one(related="reminder_id.currency_id")
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Due Line",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(related="move_line_id.move_id", store=True, index=True)
    level_id = fields.Many2one(
        comodel_name="payment.reminder.level",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The level that this due line reaches; empty: named, but it climbs "
        "nothing.",
    )
    climbs = fields.Boolean(
        readonly=True, help="Whether it reaches a level, even if that is gone by now."
    )
    level_days = fields.Integer(
        readonly=True, help="What the due line remembers when levels change."
    )
    date_maturity = fields.Date(readonly=True)
    amount = fields.Monetary(string="Open", readonly=True, help="When it was named.")
    amount_now = fields.Monetary(
        related="move_line_id.amount_residual_currency", string="Still Open"
    )

    _level_uniq = models.UniqueIndex(
        "(move_line_id, level_id) WHERE level_id IS NOT NULL",
        "This due line was already reminded at this level.",
    )
    _reminder_uniq = models.UniqueIndex(
        "(reminder_id, move_line_id)",
        "The same due line appears twice in this reminder.",
    )
