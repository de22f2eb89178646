from datetime import timedelta

from odoo import models

from ...phone_number import find_zones
from ..payment_reminder_send import RINGING

#: Zones that are further apart say nothing about where a number is.
SPREAD = timedelta(hours=2)


class PaymentReminder(models.Model):
    """The hours of the place of a number: an SMS or a call must not wake anybody."""

    _inherit = "payment.reminder"

    def _find_too_early(self, channel):
        """Return the reminders that must not leave by a channel now, by the clock of
        the place of their number. Those that a user sends leave at any hour.

        :param str channel: by which they would leave
        :return: by the sentence why
        :rtype: dict[str, payment.reminder]
        """
        if channel not in RINGING:
            return {}
        early = {}
        for reminders, level, zone, code in self._find_outside_hours(
            lambda _r: channel
        ):
            code = "closed_there" if zone else code
            early[self._get_reason_sentence(code, level=level)] = reminders
        return early

    def _find_outside_hours(self, get_channel):
        """Find the reminders that are outside of the hours of their level now. An SMS
        or a call keeps to the place of its number, all else to the company's. Those
        that a user sends leave at any hour.

        :param Callable get_channel: by which channel a reminder would leave
        :return: reminders with the same hours, their level, the time zone of their
            numbers (None: the company's) and why they wait: see `_get_window_blocker`
        :rtype: Iterator[tuple]
        """

        def get_place(reminder):
            channel, zone = get_channel(reminder), None
            if channel in RINGING:
                number = getattr(reminder, f"_find_{channel}_number")()[0]
                zone = reminder._find_zone(number)
            return reminder.company_id, reminder.level_id, zone

        # Whoever sends by hand may have wanted to wait for the hours.
        mine = self.filtered(lambda r: r.level_id and (not r.manual or r.leaves_at))
        for (company, level, zone), reminders in mine.grouped(get_place).items():
            if code := company._get_window_blocker(level, zone):
                yield reminders, level, zone, code

    def _find_zone(self, number):
        """Return the time zone of a number where its clocks differ from the company's.

        :param str | bool | None number: E.164
        :return: the one in the middle of several that are close to each other; None if
            it is not known
        :rtype: str | None
        """
        self.ensure_one()
        if not number:
            return None
        company = self.company_id
        offsets = {
            zone: company._get_payment_moment(zone).utcoffset()
            for zone in find_zones(number)
        }
        zones = sorted(offsets, key=offsets.get)
        if not zones or offsets[zones[-1]] - offsets[zones[0]] > SPREAD:
            return None
        zone = zones[len(zones) // 2]
        here = company._get_payment_moment().utcoffset()
        return None if offsets[zone] == here else zone

    def _describe_hour_there(self, number):
        """Return what time it is where a number is, if that is another one than where
        the company is.

        :param str | bool number: E.164
        :rtype: str
        """
        if not (zone := self._find_zone(number)):
            return ""
        hour = self.company_id._get_payment_moment(zone).strftime("%H:%M")
        return self.env._("(%s there)", hour)
