"""The clock of a running demo: ``./dev demo --at 2026-12-15`` moves it day by day.

The banks go on with it, and the job of the reminders runs each day: see the addon
``devtools/addons/payment_demo_clock``.
"""

from datetime import date, timedelta

from ..console import say
from .rpc import Odoo
from .story import BOOKED_WITHIN, eventually

CLOCK = "payment.demo.clock"


def today(odoo: Odoo) -> date:
    """Return the demo's day."""
    return date.fromisoformat(odoo.call(CLOCK, "get_today")["date"])


def next_day(odoo: Odoo) -> date:
    """Go on to the next day, until all that it brings has left; return it.

    :raises Failure: when something is left in a queue
    """
    day = date.fromisoformat(odoo.call(CLOCK, "next_day")["date"])
    what = "the messages of the day, sent, and those that failed dealt with"
    eventually(lambda: odoo.call(CLOCK, "is_quiet"), what, 3 * BOOKED_WITHIN)
    return day


def told(odoo: Odoo, day: date) -> list[str]:
    """Return what the reminders of a day are, each in a line for a person."""
    domain = [
        *("|", ("date", "=", day.isoformat()), "&"),
        ("sent_at", ">=", day.isoformat()),
        ("sent_at", "<", (day + timedelta(days=1)).isoformat()),
    ]
    fields = ("display_name", "state", "channel", "note", "failure_reason")
    lines = []
    for reminder in odoo.find("payment.reminder", domain, *fields):
        why = reminder["note"] or reminder["failure_reason"]
        text = f"{reminder['display_name']}: {reminder['channel']}, {reminder['state']}"
        lines.append(f"{text} ({why})" if why else text)
    return lines


def move(odoo: Odoo, target: date) -> date:
    """Go on day by day until ``target``, telling what leaves; return the demo's day."""
    day = today(odoo)
    if target <= day:
        say(f"The demo is at {day:%a %d %b %Y}; its clock only goes on.")
    while day < target:
        day = next_day(odoo)
        say(f"· {day:%a %d %b %Y}")
        for line in told(odoo, day):
            say(f"    {line}")
    return day
