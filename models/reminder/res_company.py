from datetime import date, datetime, time, timedelta

import pytz

from odoo import api, fields, models
from odoo.tools import format_date

from .public_holidays import find_holiday_place, get_public_holidays, get_regions

SATURDAY = 5
HOURS_A_DAY = 24
#: Days in which hours of a level are looked for.
YEAR = 366
#: Blockers of databases that must send nothing, even if a user asks.
NOT_IN_USE = ("neutralized", "copied")


class ResCompany(models.Model):
    """Settings of reminders, and what keeps all of a company from being sent now."""

    _inherit = "res.company"

    payment_reminder_policy_id = fields.Many2one(
        comodel_name="payment.reminder.policy",
        string="Reminder Policy",
        check_company=True,
        default=lambda self: self.env.ref(
            "account_payment_request.payment_reminder_policy_courteous",
            raise_if_not_found=False,
        ),
        help="For customers and invoices that have none of their own.",
    )

    _payment_reminder_numbers_positive = models.Constraint(
        """CHECK(
            payment_reminder_interval_days >= 0 AND payment_reminder_week_max >= 1
            AND payment_reminder_grace_days >= 0 AND payment_reminder_bank_hours >= 0
            AND payment_reminder_sent_days >= 0 AND payment_reminder_bank_days >= 0
        )""",
        "Days and hours must not be negative, and at least one reminder a week must "
        "be allowed.",
    )

    payment_reminder_enabled = fields.Boolean(
        string="Automatic Reminders",
        help="Unless enabled, no reminder is sent automatically.",
    )

    payment_reminder_interval_days = fields.Integer(
        string="Days Between Two Reminders", default=3
    )

    payment_reminder_week_max = fields.Integer(
        string="Reminders a Week", default=2, help="To one customer, in seven days."
    )

    payment_reminder_grace_days = fields.Integer(
        string="Days of Grace",
        default=3,
        help="After a transfer that was on its way and did not arrive.",
    )

    payment_reminder_sent_only = fields.Boolean(
        string="Only Invoices That Were Sent",
        default=True,
        help="Invoices that were neither sent from Odoo nor marked as sent are not "
        "reminded.",
    )

    payment_reminder_sent_days = fields.Integer(
        string="Days After Sending",
        default=3,
        help="An invoice is not reminded for so many days after it was posted and "
        "first sent, whatever its date. One that was there before the reminders counts "
        "from the day on which it was created.",
    )

    payment_reminder_bank_hours = fields.Integer(
        string="Age of Bank Data",
        default=48,
        help="In hours: reminders wait while the last bank data are older. Zero: they "
        "do not wait.",
    )

    payment_reminder_thanks = fields.Boolean(string="Thank After Payment")

    payment_reminder_snailmail = fields.Boolean(
        string="Post Letters with Snailmail",
        help="The Snailmail service prints and posts the letters, and is paid for each "
        "of them. Otherwise a person does.",
    )

    def _get_reminder_blocker(self, level=None):
        """Return why no reminder is sent automatically now.

        :param payment.reminder.level level: whose days and hours count, if any
        :return: `neutralized`, `copied`, `off`, `unanswered`, `stale_bank_data`,
            `stale_bank_lines`, `no_bank_data`, `not_a_business_day`, `outside_window`,
            or None
        :rtype: str | None
        """
        self.ensure_one()
        if blocker := self.env["payment.database"]._get_blocker():
            return blocker
        company = self.sudo()
        if not company.payment_reminder_enabled:
            return "off"
        if not company.payment_reminder_start:
            return "unanswered"
        if blocker := company._get_bank_blocker():
            return blocker
        if level:
            return company._get_window_blocker(level)
        return None

    def _get_window_blocker(self, level, zone=None):
        """Return whether the moment suits the level, where the company is.

        :param str | None zone: time zone of another place
        :return: `not_a_business_day`, `outside_window`, or None
        :rtype: str | None
        """
        self.ensure_one()
        moment = self._get_payment_moment(zone)
        if level.business_days and not self._is_business_day(moment):
            return "not_a_business_day"
        hour = moment.hour + moment.minute / 60
        if not level.hour_from <= hour < level.hour_to:
            return "outside_window"
        return None

    def _get_next_opening(self, level, zone=None):
        """Return when the hours of a level begin next, where the company is.

        :param str | None zone: time zone of another place
        :return: in UTC, without a time zone
        :rtype: datetime.datetime
        """
        self.ensure_one()
        moment = self._get_payment_moment(zone)
        opens, closes = (
            time.min if hour == HOURS_A_DAY else time(int(hour), int(hour % 1 * 60))
            for hour in (level.hour_from, level.hour_to)
        )
        clock = pytz.timezone(zone or self._get_payment_timezone())
        is_over = moment.time() >= closes > time.min
        # In a year without business days, on its last day.
        for ahead in range(is_over, YEAR):
            day = moment.date() + timedelta(ahead)
            opening = clock.localize(datetime.combine(day, opens))
            if not level.business_days or self._is_business_day(opening):
                break
        return opening.astimezone(pytz.utc).replace(tzinfo=None)

    def _get_payment_moment(self, zone=None):
        """Return the moment as the clocks show it where the company is.

        :param str | None zone: time zone of another place
        :rtype: datetime.datetime
        """
        return fields.Datetime.context_timestamp(
            self.with_context(tz=zone or self._get_payment_timezone()),
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
        """Return whether the whole company is off then: on a public holiday of its
        place, or by its own working schedule or for all schedules.

        :param datetime moment: aware of its time zone
        :rtype: bool
        """
        self.ensure_one()
        day = moment.date()
        if day in get_public_holidays(*self._get_holiday_place(), day.year):
            return True
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

    def _get_holiday_place(self):
        """Return whose public holidays are the company's, by the address of its own
        contact.

        :return: see `find_holiday_place`
        :rtype: tuple[str, str | None]
        """
        partner = self.partner_id
        return find_holiday_place(
            partner.country_id.code, partner.state_id.code, partner.zip
        )

    def _get_holiday_note(self):
        """Return whose public holidays count, and the next one, for administrators.

        :rtype: str
        """
        self.ensure_one()
        code, region = self._get_holiday_place()
        today = self._get_payment_today()
        days = get_public_holidays(code, region, today.year)
        days |= get_public_holidays(code, region, today.year + 1)
        if not days:
            return self.env._("None are known: complete the address of the company.")
        country = self.env["res.country"].search([("code", "=", code)]).name
        day = format_date(self.env, min(day for day in days if day >= today))
        if region:
            name = "Alsace-Moselle" if code == "FR" else self.partner_id.state_id.name
            return self.env._(
                "%(region)s, %(country)s. The next one is on %(day)s.",
                region=name,
                country=country,
                day=day,
            )
        note = self.env._(
            "%(country)s. The next one is on %(day)s.", country=country, day=day
        )
        if get_regions(code) and not (code == "FR" and self.partner_id.zip):
            note += " " + self.env._(
                "Those of your region are missing: complete the address of the company."
            )
        return note

    @api.model
    def _set_default_reminder_policy(self):
        """Give the ready-made policy to the companies that existed before it."""
        without = self.search([("payment_reminder_policy_id", "=", False)])
        without.payment_reminder_policy_id = self.env.ref(
            "account_payment_request.payment_reminder_policy_courteous"
        )

    def _get_payment_today(self):
        """Override: a preview shows the day on which its reminder would leave."""
        day = self.env.context.get("payment_reminder_preview_day")
        # Only from our own code: what a client sends is no date object.
        return day if isinstance(day, date) else super()._get_payment_today()

    def _refresh_payer_profiles(self):
        """Compute the profiles of the customers of these companies again."""
        for company in self:
            self.env["payment.payer.profile"]._refresh(company)
