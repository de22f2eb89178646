from datetime import timedelta

import pytz

from odoo import models

SATURDAY = 5


class ResCompany(models.Model):
    """What keeps all reminders of a company from leaving at a moment."""

    _inherit = "res.company"

    def _get_reminder_obstacle(self, level=None, now=None):
        """Return why no reminder leaves by itself now.

        :param payment.reminder.level level: whose days and hours count, if any
        :param datetime now: naive UTC; None: the company's clock
        :return: `neutralized`, `copied`, `off`, `stale_bank_data`,
            `not_a_business_day`, `outside_window`, or None
        :rtype: str | None
        """
        self.ensure_one()
        parameters = self.env["ir.config_parameter"].sudo()
        company = self.sudo()
        if parameters.get_param("database.is_neutralized"):
            return "neutralized"
        if not company.payment_reminder_enabled:
            return "off"
        if company.payment_reminder_database != parameters.get_param("database.uuid"):
            return "copied"
        if company._has_stale_bank_data():
            return "stale_bank_data"
        if level:
            return company._get_window_obstacle(level, now)
        return None

    def _has_stale_bank_data(self):
        """Return whether a payment may have come in that nobody has seen yet."""
        self.ensure_one()
        hours = self.payment_reminder_bank_hours
        age = self._get_bank_data_age() if hours else None
        return age is not None and age > timedelta(hours=hours)

    def _get_window_obstacle(self, level, now=None):
        """Return whether the moment suits the level, where the company is.

        :return: `not_a_business_day`, `outside_window`, or None
        :rtype: str | None
        """
        self.ensure_one()
        zone = pytz.timezone(self._get_payment_timezone())
        moment = pytz.utc.localize(now or self._get_payment_now()).astimezone(zone)
        if level.business_days and moment.weekday() >= SATURDAY:
            return "not_a_business_day"
        hour = moment.hour + moment.minute / 60
        if not level.hour_from <= hour < level.hour_to:
            return "outside_window"
        return None
