from odoo import api, models

WAITING_ACTIVITY = "account_payment_request.mail_activity_reminder_waiting"


class PaymentReminder(models.Model):
    """Reminders that only a person moves on hold their invoices until he does: he is
    asked to. A call has a task of its own."""

    _inherit = "payment.reminder"

    @api.model
    def _ask_for_waiting(self, company):
        """Keep a task open for each level and responsible whose reminders wait to be
        confirmed, or whose letters wait to be posted, and none where nothing waits.

        :param res.company company: of the reminders
        """
        groups = self._read_group(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("to_confirm", "to_post")),
            ],
            ["state", "level_id", "user_id"],
            ["id:min"],
        )
        missing = {tuple(key): first_id for *key, first_id in groups}
        asked = self.search(
            [
                ("company_id", "=", company.id),
                (
                    "activity_ids.activity_type_id",
                    "=",
                    self.env.ref(WAITING_ACTIVITY).id,
                ),
            ]
        )
        over = self.browse()
        for reminder in asked:
            key = (reminder.state, reminder.level_id, reminder.user_id)
            if missing.pop(key, None) is None:
                over |= reminder
        over.activity_unlink([WAITING_ACTIVITY])
        for first_id in missing.values():
            self.browse(first_id)._ask_to_move_on()

    def _ask_to_move_on(self):
        """Ask the responsible to confirm, or to post, what waits at this level."""
        self.ensure_one()
        env, level = self._for_colleagues().env, self.level_name or ""
        if self.state == "to_confirm":
            summary = env._("Check and send reminders: %s", level)
        else:
            summary = env._("Print and post letters: %s", level)
        self._schedule_task(WAITING_ACTIVITY, summary)
