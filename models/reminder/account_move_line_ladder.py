from odoo import api, fields, models

from ...const import ACCOUNTING


class AccountMoveLine(models.Model):
    """Where a due line stands on its ladder."""

    _inherit = "account.move.line"

    reminder_level_id = fields.Many2one(
        comodel_name="payment.reminder.level",
        string="Level Reached",
        compute="_compute_reminder_step",
        compute_sudo=True,
        groups=ACCOUNTING,
    )
    reminder_next_level_id = fields.Many2one(
        comodel_name="payment.reminder.level",
        string="Next Level",
        compute="_compute_reminder_step",
        compute_sudo=True,
        groups=ACCOUNTING,
    )
    reminder_next_date = fields.Date(
        string="Next Reminder On",
        compute="_compute_reminder_step",
        compute_sudo=True,
        groups=ACCOUNTING,
    )
    reminder_note = fields.Char(
        string="What Comes Next",
        compute="_compute_reminder_step",
        compute_sudo=True,
        groups=ACCOUNTING,
        help="Or why nothing does.",
    )
    reminder_days_late = fields.Integer(
        string="Days Late",
        compute="_compute_reminder_step",
        compute_sudo=True,
        groups=ACCOUNTING,
        help="Negative before the due date.",
    )

    @api.depends(
        "amount_residual_currency",
        "date_maturity",
        "move_id.payment_reminder_policy_id",
        "move_id.payment_state",
        "no_followup",
        "parent_state",
        "reconciled",
        "reminder_hold_until",
    )
    @api.depends_context("lang")
    def _compute_reminder_step(self):
        lines = self._origin._filter_remindable()
        states = self.env["payment.reminder"]._get_plan_state(lines) if lines else {}
        levels = self.env["payment.reminder.level"]
        days = {company: company._get_payment_today() for company in lines.company_id}
        for line in self:
            state = states.get(line._origin.id, {})
            line.reminder_level_id = state.get("reached", levels)
            line.reminder_next_level_id = state.get("level", levels)
            line.reminder_next_date = state.get("ripe_on") or False
            line.reminder_note = state.get("sentence", False)
            due = line.date_maturity or line.date
            line.reminder_days_late = (days[line.company_id] - due).days if state else 0
