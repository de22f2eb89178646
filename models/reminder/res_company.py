from datetime import timedelta

import pytz

from odoo import fields, models

SATURDAY = 5
#: A database that is not the one in use sends nothing, whoever asks.
NOT_IN_USE = ("neutralized", "copied")


class ResCompany(models.Model):
    """What keeps all reminders of a company from leaving at a moment."""

    _inherit = "res.company"

    def _get_reminder_obstacle(self, level=None):
        """Return why no reminder leaves by itself now.

        :param payment.reminder.level level: whose days and hours count, if any
        :return: `neutralized`, `copied`, `off`, `stale_bank_data`,
            `not_a_business_day`, `outside_window`, or None
        :rtype: str | None
        """
        self.ensure_one()
        parameters = self.env["ir.config_parameter"].sudo()
        company = self.sudo()
        if parameters.get_param("database.is_neutralized"):
            return "neutralized"
        enabled = company.payment_reminder_enabled
        noted = company.payment_reminder_database
        if (enabled or noted) and noted != parameters.get_param("database.uuid"):
            return "copied"
        if not enabled:
            return "off"
        if company._has_stale_bank_data():
            return "stale_bank_data"
        if level:
            return company._get_window_obstacle(level)
        return None

    def _has_stale_bank_data(self):
        """Return whether a payment may have come in that nobody has seen yet."""
        self.ensure_one()
        hours = self.payment_reminder_bank_hours
        # A branch is paid on the accounts of its parent, too.
        age = self.parent_ids._get_bank_data_age() if hours else None
        return age is not None and age > timedelta(hours=hours)

    def _get_window_obstacle(self, level):
        """Return whether the moment suits the level, where the company is.

        :return: `not_a_business_day`, `outside_window`, or None
        :rtype: str | None
        """
        self.ensure_one()
        moment = self._get_payment_moment()
        if level.business_days and not self._is_business_day(moment):
            return "not_a_business_day"
        hour = moment.hour + moment.minute / 60
        if not level.hour_from <= hour < level.hour_to:
            return "outside_window"
        return None

    def _get_payment_moment(self):
        """Return the moment as the clocks show it where the company is.

        :rtype: datetime.datetime
        """
        return fields.Datetime.context_timestamp(
            self.with_context(tz=self._get_payment_timezone()),
            self._get_payment_now(),
        )

    def _get_next_business_day(self):
        """Return the first business day after today.

        :rtype: datetime.date
        """
        moment = self._get_payment_moment() + timedelta(1)
        while not self._is_business_day(moment):
            moment += timedelta(1)
        return moment.date()

    def _is_business_day(self, moment):
        """Return whether the company works then: neither week-end nor holiday.

        :param datetime moment: aware of its time zone, where the company is
        :rtype: bool
        """
        return moment.weekday() < SATURDAY and not self._is_on_holiday(moment)

    def _is_on_holiday(self, moment):
        """Return whether the company has time off then: all of it, by its own working
        schedule or whatever the schedule, such as on public holidays.

        :param datetime moment: aware of its time zone
        :rtype: bool
        """
        self.ensure_one()
        moment = moment.astimezone(pytz.utc).replace(tzinfo=None)
        return bool(
            self.env["resource.calendar.leaves"]
            .sudo()
            .search_count(
                [
                    ("resource_id", "=", False),
                    ("time_type", "=", "leave"),
                    ("company_id", "in", [False, self.id]),
                    ("calendar_id", "in", [False, *self.resource_calendar_id.ids]),
                    ("date_from", "<=", moment),
                    ("date_to", ">=", moment),
                ],
                limit=1,
            )
        )
