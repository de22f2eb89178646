"""Telephone numbers as people type them: of another territory, several in a field."""

import phonenumbers
from phonenumbers import timezone as phone_timezone

from odoo.tools import LazyTranslate

from ..const import FRENCH_TERRITORIES

# A module's terms have no `env` yet: they are translated when they are shown.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)

#: Prefixes of the countries that share the numbering plan of France: within all of
#: them, a number is dialled as in its own.
FRENCH_PLAN = (33, 262, 590, 594, 596)
#: By kind of number, why it gets no SMS.
NO_SMS = {
    phonenumbers.PhoneNumberType.FIXED_LINE: _lt(
        "%s is a landline, which takes no SMS."
    ),
    phonenumbers.PhoneNumberType.VOIP: _lt(
        "%s is a number of Internet telephony, which takes no SMS."
    ),
    phonenumbers.PhoneNumberType.TOLL_FREE: _lt(
        "%s is a freephone number, which takes no SMS."
    ),
    phonenumbers.PhoneNumberType.SHARED_COST: _lt(
        "%s is a shared-cost number, which takes no SMS."
    ),
    phonenumbers.PhoneNumberType.PREMIUM_RATE: _lt(
        "%s is a premium-rate number, which takes no SMS."
    ),
    phonenumbers.PhoneNumberType.UAN: _lt(
        "%s is a company's service number, which takes no SMS."
    ),
    phonenumbers.PhoneNumberType.PAGER: _lt(
        "%s is the number of a pager, which takes no SMS."
    ),
    phonenumbers.PhoneNumberType.VOICEMAIL: _lt(
        "%s is the number of a voice mail, which takes no SMS."
    ),
}


def french_territory(postcode):
    """Return the code of the French territory, outside Europe, of a postcode.

    :param str | bool postcode: of an address in France
    :rtype: str | None
    """
    digits = "".join((postcode or "").split())
    found = filter(digits.startswith, FRENCH_TERRITORIES)
    return FRENCH_TERRITORIES.get(next(found, ""))


def why_no_sms(number):
    """Return the sentence why a number takes no SMS, with a place for the number.

    :param str number: E.164
    :return: to be translated; None: it takes some
    """
    return NO_SMS.get(phonenumbers.number_type(phonenumbers.parse(number)))


def find_zones(number):
    """Return the time zones in which the telephone of a number may be.

    :param str number: E.164
    :rtype: list[str]
    """
    # By its first digits, of mobiles, too: Réunion and Mayotte share their prefix.
    zones = phone_timezone.time_zones_for_geographical_number(
        phonenumbers.parse(number)
    )
    return [zone for zone in zones if zone != phone_timezone.UNKNOWN_TIMEZONE]


def read_french_plan(text, country_code):
    """Return the number of the French plan that a text is, if it is one.

    :param str text: one number
    :param str | bool country_code: of the country whose numbers need no prefix
    :return: E.164
    :rtype: str | bool
    """
    try:
        number = phonenumbers.parse(text, country_code or None)
    except phonenumbers.NumberParseException:
        return False
    if number.country_code in FRENCH_PLAN:
        for number.country_code in FRENCH_PLAN:
            if phonenumbers.is_valid_number(number):
                return phonenumbers.format_number(
                    number, phonenumbers.PhoneNumberFormat.E164
                )
    return False
