from odoo import api, fields, models
from odoo.tools import format_datetime

#: A day and an hour, in letters.
MOMENT = "EEE d MMM HH:mm"


class PaymentReminder(models.Model):
    """What a reminder waits for before it leaves, and when its hours begin."""

    _inherit = "payment.reminder"

    waits_for = fields.Char(
        compute="_compute_waits_for", help="What keeps it from leaving now."
    )
    leaves_at = fields.Datetime(
        readonly=True, help="Its hours, for which a person wanted to wait."
    )

    @api.depends("state", "note", "manual", "leaves_at", "failure_reason")
    @api.depends_context("lang")
    def _compute_waits_for(self):
        waiting = self.filtered(lambda r: r.state == "to_send")
        openings = waiting._get_openings()
        blockers = {
            company: company._get_reminder_blocker() for company in waiting.company_id
        }
        for reminder in self:
            if reminder not in waiting:
                reminder.waits_for = {
                    "to_confirm": reminder.money_note
                    or self.env._("A person confirms it."),
                    "failed": reminder.failure_reason,
                }.get(reminder.state)
            elif opening := reminder.leaves_at or openings.get(reminder):
                moment = reminder._write_moment(opening)
                reminder.waits_for = self.env._("Its hours: %s", moment)
            elif not reminder.manual and (code := blockers[reminder.company_id]):
                reminder.waits_for = self._get_reason_sentence(
                    code, level=reminder.level_id
                )
            else:
                reminder.waits_for = self.env._("The next run.")

    def _write_moment(self, moment):
        """Return a moment as the clocks show it where the company is.

        :param datetime.datetime moment: in UTC
        :rtype: str
        """
        zone = self.company_id[:1]._get_payment_timezone()
        return format_datetime(self.env, moment, tz=zone, dt_format=MOMENT)

    def _get_openings(self):
        """Return when the hours of these reminders begin, for those that are outside of
        them now.

        :return: in UTC
        :rtype: dict[payment.reminder, datetime.datetime]
        """
        openings = {}
        found = self._find_outside_hours(
            lambda r: next(iter(r._get_channels_left()), None)
        )
        for reminders, level, zone, _code in found:
            opening = reminders.company_id._get_next_opening(level, zone)
            openings.update(dict.fromkeys(reminders, opening))
        return openings

    def _send_in_their_hours(self, openings):
        """Let these reminders leave once their hours begin: a person saw to them.

        :param dict openings: as `_get_openings` returns them
        """
        self._release_manually()._set_openings(openings)

    def _wait_for_hours(self):
        """Let those that are outside of their hours wait for the next ones."""
        openings = self._get_openings()
        self.browse(reminder.id for reminder in openings)._set_openings(openings)

    def _set_openings(self, openings):
        for reminder in self._without_tracking():
            reminder.leaves_at = openings[reminder]
        for moment in set(openings.values()):
            self._wake_cron(moment)
