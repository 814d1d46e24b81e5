"""The clock: none but the command line reads the time, for itself and for the other doors."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any


def today() -> dt.date:
    """The day by this machine's calendar."""
    return dt.date.today()


def time_now(zone: str) -> dt.datetime:
    """The time now, aware of its zone: the one named, or else this machine's."""
    from xlseg.zones import time_zone

    return dt.datetime.now(time_zone(zone)) if zone else dt.datetime.now().astimezone()


def started_clock(zone: str = "") -> Any:
    """A `refresh.Clock` that starts now: for every door, since none but this module reads the time."""
    from xlseg.refresh import Clock

    started = time.perf_counter()
    return Clock(time_now(zone).replace(tzinfo=None), lambda: time.perf_counter() - started)
