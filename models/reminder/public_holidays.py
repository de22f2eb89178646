"""Public holidays of countries and their regions, by the library `holidays`."""

from functools import lru_cache

import holidays

from ...const import FRENCH_TERRITORIES
from ..phone_number import french_territory

#: French departments with two holidays more, and the region that they are of.
ALSACE_MOSELLE = {"57": "57", "67": "6AE", "68": "6AE"}


def find_holiday_place(country, state, postcode):
    """Return the country and the region whose public holidays hold at an address.

    :param str | bool country: its code
    :param str | bool state: code of Land, canton, department…, as Odoo writes it
    :param str | bool postcode: tells Alsace, Moselle and the territories of France
    :return: codes of the library; no region: none is known, or none has its own
    :rtype: tuple[str, str | None]
    """
    country, state, postcode = country or "", state or "", postcode or ""
    if country == "FR":
        territory = french_territory(postcode) or french_territory(state)
        if territory or state in FRENCH_TERRITORIES.values():
            return territory or state, None
        codes = map(ALSACE_MOSELLE.get, (postcode.strip()[:2], state[:2]))
        return country, next(filter(None, codes), None)
    # "DE-BY" is Bavaria, "GE-FR" is Geneva in French.
    known = get_regions(country)
    return country, next((part for part in state.split("-") if part in known), None)


@lru_cache
def get_public_holidays(country, region, year):
    """Return the public holidays of a year: the whole country's without a region.

    :param str country: its code
    :param str | None region: see `find_holiday_place`
    :param int year: any
    :return: empty if nothing is known of the country or the year
    :rtype: frozenset[datetime.date]
    """
    return frozenset(_get_calendar(country, subdiv=region, years=year))


def get_regions(country):
    """Return the regions of a country that have holidays of their own.

    :param str country: its code
    :return: their codes
    :rtype: tuple[str, ...]
    """
    return _get_calendar(country).subdivisions


def _get_calendar(country, **options):
    try:
        return holidays.country_holidays(country, **options)
    except NotImplementedError:
        return holidays.HolidayBase(years=options.get("years"))
