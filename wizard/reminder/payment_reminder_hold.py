from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...models.reminder.payment_reminder import OPEN_STATES


class PaymentReminderHold(models.TransientModel):
    _name = "payment.reminder.hold"
    _inherit = ["payment.assistant"]
    _description = "Hold Reminders"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(
        selection=[("until", "Until a date"), ("exclude", "For good")],
        required=True,
        default="until",
    )
    line_ids = fields.Many2many(comodel_name="account.move.line", string="Due Lines")
    partner_ids = fields.Many2many(comodel_name="res.partner", string="Customers")
    until = fields.Date(
        string="No Reminder Until",
        default=lambda self: self.env.company._get_payment_today() + timedelta(14),
        help="Included: reminders go on the day after.",
    )
    reason = fields.Char(required=True)

    @api.model
    def default_get(self, fields):
        """Fill the assistant from the selected invoices, due lines, reminders or
        customers."""
        values = super().default_get(fields)
        model = self.env.context.get("active_model")
        ids = self.env.context.get("active_ids") or []
        if model == "res.partner":
            customers = self.env[model].browse(ids).commercial_partner_id
            return values | {"partner_ids": [Command.set(customers.ids)]}
        if not model:
            return values
        lines = self.env[model].browse(ids)._get_reminder_lines()
        if not lines:
            raise UserError(
                self.env._("Nothing is due on these: there is nothing to hold.")
            )
        return values | {
            "line_ids": [Command.set(lines.ids)],
            "company_id": lines[:1].company_id.id,
        }

    @api.model
    def _open_on(self, records):
        """Return the action that opens the assistant on ``records``.

        :rtype: dict
        """
        return self._open_dialog(
            self.env._("Hold Reminders"),
            context={"active_model": records._name, "active_ids": records.ids},
        )

    def action_hold(self):
        """Hold the reminders of what was selected.

        :raises UserError: without a date that is still to come
        """
        self.ensure_one()
        if self.kind == "exclude" and self.line_ids:
            self.line_ids._exclude_from_reminders(self.reason)
        else:
            self._check_until()
            if self.line_ids:
                self.line_ids._hold_reminders(self.until, self.reason)
            if self.partner_ids:
                self.partner_ids._hold_reminders(
                    self.company_id, self.until, self.reason
                )
        self._recheck_reminders()
        return {"type": "ir.actions.act_window_close"}

    def _recheck_reminders(self):
        """Take what is held now out of the reminders that have not left."""
        named = Domain("line_ids.move_line_id", "in", self.line_ids.ids)
        customers = self.partner_ids.commercial_partner_id
        theirs = (
            Domain("partner_id", "in", customers.ids)
            | Domain("party_id", "in", customers.ids)
        ) & Domain("company_id", "=", self.company_id.id)
        waiting = Domain("state", "in", OPEN_STATES)
        self.env["payment.reminder"].sudo().search(
            waiting & (named | theirs)
        )._recheck()

    def _check_until(self):
        if not self.until or self.until < self.company_id._get_payment_today():
            raise UserError(
                self.env._("Choose the day until which nothing is to be sent.")
            )
