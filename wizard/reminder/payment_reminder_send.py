from odoo import Command, api, fields, models
from odoo.tools import format_amount

from ...models.text import labelled


class PaymentReminderSend(models.TransientModel):
    """Says what would leave, and when, before it does."""

    _name = "payment.reminder.send"
    _inherit = ["payment.assistant"]
    _description = "Send Reminders"

    reminder_ids = fields.Many2many(
        comodel_name="payment.reminder", string="Reminders", readonly=True
    )
    summary = fields.Text(compute="_compute_summary")
    outside_count = fields.Integer(
        string="Outside Their Hours", compute="_compute_summary"
    )
    outside_text = fields.Char(compute="_compute_summary")

    @api.model
    def _open_on(self, reminders):
        """Return the action that opens the assistant for what waits.

        :param payment.reminder reminders: what would leave
        :rtype: dict
        """
        assistant = self.create({"reminder_ids": [Command.set(reminders.ids)]})
        return assistant._open_dialog(self.env._("Send Reminders"), res_id=assistant.id)

    @api.depends("reminder_ids")
    @api.depends_context("lang")
    def _compute_summary(self):
        for assistant in self:
            reminders = assistant.reminder_ids
            openings = reminders._get_openings()
            assistant.summary = assistant._describe(reminders)
            assistant.outside_count = len(openings)
            assistant.outside_text = openings and self.env._(
                "Outside their hours: %(count)s. The first of them begin on "
                "%(moment)s.",
                count=len(openings),
                moment=reminders._write_moment(min(openings.values())),
            )

    @api.model
    def _describe(self, reminders):
        """Return how many would leave by each channel, and what they ask for.

        :param payment.reminder reminders: that wait
        :rtype: str
        """
        names = dict(reminders._fields["channel"]._description_selection(self.env))
        rows = [
            labelled(self.env, names.get(channel) or "-", len(mine))
            for channel, mine in reminders.grouped("channel").items()
        ]
        amounts = [
            format_amount(self.env, sum(mine.mapped("amount_asked")), currency)
            for currency, mine in reminders.grouped("currency_id").items()
        ]
        return "\n".join(
            [*rows, labelled(self.env, self.env._("Asked for"), ", ".join(amounts))]
        )

    def action_send(self):
        """Send all of them now, whatever the hour.

        :rtype: dict
        """
        self.ensure_one()
        return self.reminder_ids.action_send_many()

    def action_send_in_hours(self):
        """Send now what is within its hours; the rest leaves once they begin.

        :rtype: dict
        """
        self.ensure_one()
        # Once they are released, they are outside of nothing.
        reminders, text = self.reminder_ids, self.outside_text
        openings = reminders._get_openings()
        later = reminders.browse(reminder.id for reminder in openings)
        if later:
            later._send_in_their_hours(openings)
        if now := reminders - later:
            return now.action_send_many()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": text,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
