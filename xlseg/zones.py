"""Time zones by name: whose calendar says what today is, and when the clocks are changed."""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from xlseg.errors import SettingError


def time_zone(name: str) -> ZoneInfo:
    """The zone of a name such as Europe/Berlin.

    Raises
    ------
    SettingError
        When there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # the last is zoneinfo's own error
        names = {known.rsplit("/", 1)[-1].casefold(): known for known in sorted(available_timezones())}
        near = get_close_matches(name.rsplit("/", 1)[-1].casefold(), names, n=1)
        raise SettingError("--timezone", f"{name!r} is not a time zone", f"write {names[near[0]] if near else 'one such as Europe/Berlin'}") from None


def clock_changes(name: str, year: int) -> list[dt.date]:
    """Days of a year on which the clocks are changed, in a zone or (without a name) on this machine."""

    def offset(day: dt.date) -> dt.timedelta | None:
        noon = dt.datetime(day.year, day.month, day.day, 12)
        return (noon.replace(tzinfo=time_zone(name)) if name else noon.astimezone()).utcoffset()

    days = [dt.date(year, 1, 1) + dt.timedelta(days=number) for number in range(366)]
    return [day for day in days if day.year == year and offset(day) != offset(day - dt.timedelta(days=1))]
