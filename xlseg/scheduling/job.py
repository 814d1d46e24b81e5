"""A refresh to be run every day or every working day: when, and the command."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlseg.errors import ScheduleError
from xlseg.zones import time_zone

_SATURDAY = 5


@dataclass(frozen=True)
class Job:
    """What the scheduler is given.

    Attributes
    ----------
    key
        Tells the job of a book from those of others: the same book has the same key.
    zone
        Time zone of `at`, where the scheduler can follow one; empty: the machine's own.
    command
        This Python, the refresh and its options, as a list.
    environment
        What the command needs to know of the user's surroundings. Nothing secret.
    """

    key: str
    at: dt.time
    weekdays: bool
    zone: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def book(self) -> Path:
        """The workbook."""
        return Path(_after(self.command, "refresh"))

    @property
    def log(self) -> Path:
        """Where each run is noted."""
        return Path(_after(self.command, "--log"))

    @property
    def title(self) -> str:
        """What a list of scheduled jobs shows."""
        return f"xlseg: refresh {self.book.name}"

    @property
    def days(self) -> str:
        """The days in words."""
        return "every working day (Monday to Friday)" if self.weekdays else "every day"


def _after(command: Sequence[str], word: str) -> str:
    return command[command.index(word) + 1] if word in command[:-1] else ""


def key_of(book: Path) -> str:
    """Key of a book: the same for every way to write its folder."""
    place = os.path.normcase(book.parent.resolve() / book.name)
    return hashlib.sha256(os.fsencode(place)).hexdigest()[:8]


def must_be_writable(job: Job) -> None:
    """Refuse line breaks and other control characters, which end a line of a schedule."""
    for text in (*job.command, *(value for _, value in job.environment)):
        if any(unicodedata.category(sign) == "Cc" for sign in text):
            raise ScheduleError(repr(text), "a path with a line break or another control character cannot be scheduled", "rename the file or folder")


def as_text(job: Job) -> str:
    """The job in one line of ASCII, for schedulers that have a place for data of ours."""
    return json.dumps([job.key, f"{job.at:%H:%M}", job.weekdays, job.zone, list(job.command)])


def from_text(text: str) -> Job | None:
    """The job that `as_text` wrote; None for another text."""
    try:
        key, at, weekdays, zone, command = json.loads(text)
        return Job(str(key), dt.time.fromisoformat(at), bool(weekdays), str(zone), tuple(map(str, command)))
    except (ValueError, TypeError):
        return None


def next_run(job: Job, now: dt.datetime) -> dt.datetime:
    """When the job runs next, in its own time zone; `now` is aware of its zone."""
    here = now.astimezone(time_zone(job.zone)) if job.zone else now
    for ahead in range(8):
        day = here.date() + dt.timedelta(days=ahead)
        moment = dt.datetime.combine(day, job.at)
        if moment > here.replace(tzinfo=None) and not (job.weekdays and day.weekday() >= _SATURDAY):
            return moment
    raise AssertionError("a week has working days")


def surroundings(environment: Mapping[str, str], home: Path) -> tuple[tuple[str, str], ...]:
    """HOME and LANG, as the command needs them: where settings are, and that names of files are UTF-8."""
    return (("HOME", str(home)), ("LANG", environment.get("LC_ALL") or environment.get("LANG") or "C.UTF-8"))
