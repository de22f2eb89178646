"""Date-times as Bridge writes them: ISO 8601 in UTC, with or without fraction."""

import re
from datetime import datetime, timezone

# datetime.fromisoformat of Python 3.10 knows neither "Z" nor short fractions
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?",
    re.ASCII | re.IGNORECASE,
)


def now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(timezone.utc)


def as_utc(moment: datetime) -> datetime:
    """Return ``moment`` as an aware datetime in UTC; a naive one is UTC already."""
    if moment.tzinfo is None:
        return moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc)


def to_seconds(moment: datetime) -> str:
    """Return a datetime as ``yyyy-MM-ddThh:mm:ssZ`` (expiry of a link)."""
    return as_utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def to_milliseconds(moment: datetime) -> str:
    """Return a datetime as ``yyyy-MM-ddThh:mm:ss.SSSZ`` (filters of lists)."""
    return as_utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: object) -> datetime | None:
    """Return an ISO 8601 date-time as an aware UTC datetime, None if it is not one."""
    match = _ISO.fullmatch(text) if isinstance(text, str) else None
    if not match:
        return None
    date, time, fraction, zone = match.groups()
    fraction = (fraction or "").ljust(6, "0")[:6]
    zone = "+0000" if zone in (None, "Z", "z") else zone.replace(":", "")
    try:
        moment = datetime.strptime(
            f"{date} {time}.{fraction} {zone}", "%Y-%m-%d %H:%M:%S.%f %z"
        )
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
