from odoo import api, models
from odoo.fields import Domain

from ..task import TODO as TODO_ACTIVITY
from ..task import find_tasks, schedule_task

#: What tasks are about.
UNREACHED = "unreached"
WAITING = "waiting"
WAITING_ACTIVITY = "account_payment_request.mail_activity_reminder_waiting"


class PaymentReminder(models.Model):
    """Tasks for the responsible users."""

    _inherit = "payment.reminder"

    def _schedule_task(
        self, reason, summary=None, activity=TODO_ACTIVITY, about="task"
    ):
        """Give the responsible of each reminder something to do today, in the language
        of the company; what is to be done once is not asked twice.

        :param str reason: what happened, in a sentence
        :param str summary: what to do; by default, to correct the contact
        :param str activity: external id of the type
        :param str about: a code by which it is found, if it has a summary
        """
        for reminder in self:
            # No mail for each: a run may schedule hundreds.
            quiet = reminder.company_id._with_books_language(reminder).with_context(
                mail_activity_quick_update=True
            )
            title = summary or quiet.env._(
                "Correct how %s is reached", reminder.partner_id.display_name
            )
            if activity == TODO_ACTIVITY and reminder._has_task(
                title, at_level=bool(summary)
            ):
                continue
            schedule_task(
                quiet,
                title,
                reason or "",
                user=reminder._get_responsible() or self.env.user,
                deadline=reminder.company_id._get_payment_today(),
                kind=activity,
                about=about if summary else UNREACHED,
            )

    def _has_task(self, summary, at_level):
        """Return whether the company already has the same task open.

        :param str summary: of the task
        :param bool at_level: also about another customer at the same level
        """
        self.ensure_one()
        others = Domain("partner_id", "=", self.partner_id.id)
        if at_level and self.level_id:
            others |= Domain("level_id", "=", self.level_id.id)
        same = Domain("company_id", "=", self.company_id.id) & Domain(
            "activity_ids.summary", "=", summary
        )
        return bool(self.sudo().search_count(same & others, limit=1))

    @api.model
    def _ask_for_waiting(self, company):
        """Keep one task open for each level and responsible with reminders to confirm
        or letters to post, and none where nothing waits.

        :param res.company company: of the reminders
        """
        groups = self._read_group(
            [
                ("company_id", "=", company.id),
                ("state", "in", ("to_confirm", "to_post")),
                ("is_test", "=", False),
                # These have a task of their own.
                ("receipt_id", "=", False),
                ("payment_id", "=", False),
            ],
            ["state", "level_id", "user_id"],
            ["id:min"],
        )
        missing = {tuple(key): first_id for *key, first_id in groups}
        asked = self.search(
            [
                ("company_id", "=", company.id),
                ("activity_ids.payment_task", "=", WAITING),
            ]
        )
        over = self.browse()
        for reminder in asked:
            key = (reminder.state, reminder.level_id, reminder.user_id)
            if missing.pop(key, None) is None:
                over |= reminder
        find_tasks(over, WAITING).unlink()
        for reminder in self.browse(missing.values()):
            reminder._schedule_task(
                "", reminder._get_waiting_summary(), WAITING_ACTIVITY, WAITING
            )

    def _get_waiting_summary(self):
        """Return what to do with what waits at this level: confirm, or post it.

        :rtype: str
        """
        self.ensure_one()
        env, level = (
            self.company_id._with_books_language(self).env,
            self.level_name or "",
        )
        if self.state == "to_confirm":
            return env._("Check and send reminders: %s", level)
        return env._("Print and post letters: %s", level)
