from odoo import api, fields, models


class PaymentReminderLine(models.Model):
    _name = "payment.reminder.line"
    _description = "Payment Reminder Line"
    _order = "date_maturity, id"
    _rec_name = "move_line_id"
    # A run may make 100 000 of them: nothing that the reminder or the due line knows is
    # stored again, nor who made it.
    _log_access = False

    # The unique indexes below find the lines of a reminder and of a due line, too.
    reminder_id = fields.Many2one(
        comodel_name="payment.reminder", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="reminder_id.company_id")
    currency_id = fields.Many2one(related="reminder_id.currency_id")
    move_line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Due Line",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    move_id = fields.Many2one(related="move_line_id.move_id")
    # No foreign key: it outlives its level, and costs nothing to check.
    level_key = fields.Integer(
        readonly=True,
        help="Identifier of the level that this due line reaches, even if that is "
        "gone by now; empty: named, but it reaches no level.",
    )
    level_id = fields.Many2one(
        comodel_name="payment.reminder.level", compute="_compute_level_id"
    )
    level_days = fields.Integer(
        readonly=True, help="What the due line remembers when levels change."
    )
    forgotten = fields.Boolean(
        readonly=True,
        help="A person began again since: it counts for no level any more.",
    )
    date_maturity = fields.Date(readonly=True)
    amount = fields.Monetary(
        string="Open Amount", readonly=True, help="When it was named."
    )
    amount_now = fields.Monetary(
        related="move_line_id.amount_residual_currency", string="Still Open"
    )

    also_due = fields.Boolean(
        compute="_compute_also_due",
        help="It became overdue after the customer was reminded of others here.",
    )

    _level_uniq = models.UniqueIndex(
        "(move_line_id, level_key, (CASE WHEN forgotten THEN id ELSE 0 END))",
        "This due line was already reminded at this level.",
    )
    _reminder_uniq = models.UniqueIndex(
        "(reminder_id, move_line_id)",
        "The same due line appears twice in this reminder.",
    )

    @api.depends("level_key")
    def _compute_level_id(self):
        levels = self.env["payment.reminder.level"]
        known = levels.browse(set(self.mapped("level_key")) - {0}).exists()
        for line in self:
            line.level_id = known & levels.browse(line.level_key)

    @api.depends(
        "move_line_id",
        "reminder_id.amount_credit",
        "reminder_id.line_ids.amount",
        "reminder_id.line_ids.move_line_id",
    )
    def _compute_also_due(self):
        earlier = self.reminder_id._find_earlier()
        for reminder, lines in self.grouped("reminder_id").items():
            # What credits cover is asked for no more.
            asked = reminder._share_credit(reminder.amount_credit, "amount")
            told = any(earlier[other] for other, amount in asked.items() if amount)
            for line in lines:
                line.also_due = told and not earlier[line]
