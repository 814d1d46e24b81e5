"""`xlseg schedule`: the refresh of a book in the system's scheduler, what is scheduled and how it went."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from xlseg import own
from xlseg.addresses import Addresses, read_addresses
from xlseg.errors import FileError, ScheduleError
from xlseg.notices import must_reach, notify_file
from xlseg.scheduling import (
    Job,
    Machine,
    Scheduler,
    install,
    key_of,
    last_run,
    must_be_a_log,
    next_run,
    remove,
    scheduled,
    schedulers,
    standard_log,
    state_folder,
    surroundings,
)
from xlseg.sources import open_source
from xlseg.zones import clock_changes

_EARLY, _LATE = dt.time(1), dt.time(3)
"""Between these the clocks are changed, in most zones that change them."""


@dataclass(frozen=True)
class Wish:
    """What is to be scheduled, as it was asked for. Paths are absolute; `secrets` is the notify file, None when nobody is told."""

    book: Path
    at: dt.time
    weekdays: bool = False
    source: Path | None = None
    backups: int = 0
    zone: str = ""
    notify: str = ""
    to: Addresses = field(default_factory=Addresses)
    secrets: Path | None = None
    log: Path | None = None
    wanted: str = ""


def time_of_day(text: str) -> dt.time:
    """A time such as 06:30 or 6:30."""
    found = re.fullmatch("([01]?[0-9]|2[0-3]):([0-5][0-9])", text)
    if found is None:
        raise ScheduleError("--daily", f"{text!r} is not a time of day", "write one from 00:00 to 23:59, such as 06:30")
    return dt.time(int(found[1]), int(found[2]))


def schedule(wish: Wish, machine: Machine, python: str, now: dt.datetime) -> list[str]:
    """Schedule a refresh; returns what to say.

    Raises
    ------
    XlsegError
        When the book or what its refresh needs is not there, or the scheduler does not take it.
    """
    _must_exist(wish)
    found = schedulers(machine)
    log = wish.log or standard_log(state_folder(machine.platform, machine.home, machine.environment), wish.book)
    command, around = _command(wish, python, log, _told(wish)), surroundings(machine.environment, machine.home)
    made = Job(key_of(wish.book), wish.at, wish.weekdays, wish.zone, command, around)
    scheduler, remarks = install(found, wish.wanted, made)
    return [*_said(scheduler, made, now), *(f"note      {remark}" for remark in (*remarks, *_warnings(scheduler, made, now)))]


def show(book: Path | None, machine: Machine, now: dt.datetime) -> list[str]:
    """What is scheduled, of one book or of all."""
    jobs = scheduled(schedulers(machine))
    if book is not None:
        jobs = [(scheduler, job) for scheduler, job in jobs if job.key == key_of(book)]
    if not jobs:
        return [f"{book.name}  is not scheduled" if book else "nothing is scheduled"]
    return [line for scheduler, job in jobs for line in (*_said(scheduler, job, now), _last(job))]


def unschedule(book: Path, machine: Machine) -> list[str]:
    """Take a book out of the scheduler, with the log that was kept where none was named."""
    found, key = schedulers(machine), key_of(book)
    logs = [job.log for _, job in scheduled(found) if job.key == key]
    names = remove(found, key)
    folder = state_folder(machine.platform, machine.home, machine.environment)
    standard = standard_log(folder, book)
    standard.unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    kept = [f"note      the log stays: {log}" for log in logs if log != standard and log.exists()]
    return [f"{book.name}  is not scheduled any more ({', '.join(names)})" if names else f"{book.name}  was not scheduled", *kept]


def _must_exist(wish: Wish) -> None:
    if not wish.book.is_file():
        raise FileError(wish.book.name, "there is no such workbook", "check the name and the folder")
    if wish.book.suffix.lower() not in (".xlsx", ".xlsm"):
        raise FileError(wish.book.name, "not a workbook that tabs can be written to", "name the .xlsx or .xlsm, and the exports with --from")
    if wish.source is not None and not wish.source.exists():
        raise FileError(str(wish.source), "there is nothing of that name to read", "check --from")
    if wish.log is not None:
        must_be_a_log(wish.log)


def _told(wish: Wish) -> Addresses:
    """Who is to be told, now that it can still be put right: those named, else those on Config."""
    if wish.secrets is None:
        return Addresses()
    to = wish.to or read_addresses(own.settings_of(open_source(wish.book)).digest_to)
    must_reach(to, notify_file(wish.secrets))
    return to


def _command(wish: Wish, python: str, log: Path, told: Addresses) -> tuple[str, ...]:
    """The refresh by the Python that runs now; -P, so that no folder it happens to start in can put another program in the place of xlseg."""
    words = [python, "-P", "-m", "xlseg", "refresh", str(wish.book), "--log", str(log)]
    if wish.source is not None:
        words += ["--from", str(wish.source)]
    if wish.backups:
        words += ["--backup", str(wish.backups)]
    if wish.zone:
        words += ["--timezone", wish.zone]
    if wish.secrets is not None:
        words += ["--notify", wish.notify, "--notify-config", str(wish.secrets)]
        words += [*_named("--notify-to", wish.to), *_named("--failures-to", told if not wish.to else Addresses())]
    return tuple(words)


def _named(option: str, to: Addresses) -> list[str]:
    return [option, str(to)] if to else []


def _said(scheduler: Scheduler, job: Job, now: dt.datetime) -> list[str]:
    zone = f" {job.zone}" if job.zone and scheduler.zones else ""
    follows = next_run(job if scheduler.zones else replace(job, zone=""), now)
    return [
        f"{job.book.name}  is refreshed {job.days} at {job.at:%H:%M}{zone} ({scheduler.name})",
        f"next      {follows:%Y-%m-%d %H:%M}{zone}",
        f"log       {job.log}",
    ]


def _last(job: Job) -> str:
    ran = last_run(job.log)
    if ran is None:
        return "last run  none yet"
    words = "it has not ended: it is under way, was stopped, or the machine went off" if ran.state == "started" else ran.words
    return f"last run  {ran.when} {ran.state}: {words}"


def _warnings(scheduler: Scheduler, job: Job, now: dt.datetime) -> Sequence[str]:
    """What is to be known of the time asked for: the nights when the clocks are changed, another zone."""
    warnings = [scheduler.missed]
    if job.zone and not scheduler.zones:
        warnings.append(f"{scheduler.name} goes by the machine's own time; {job.zone} decides the as-of date")
    zone = job.zone if scheduler.zones else ""
    changed = [day for year in (now.year, now.year + 1) for day in clock_changes(zone, year) if day >= now.date()][:2]
    if changed and _EARLY <= job.at < _LATE:
        days = " and ".join(day.isoformat() for day in changed)
        warnings.append(
            f"{job.at:%H:%M} may not exist, or come twice, when the clocks are changed ({days}): {scheduler.changes}; a second run does no harm"
        )
    return warnings
