"""Which schedulers a machine has, and which of them is given a job."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Run
from xlseg.scheduling.cron import Cron
from xlseg.scheduling.job import Job
from xlseg.scheduling.launchd import Launchd
from xlseg.scheduling.systemd import Systemd
from xlseg.scheduling.taskscheduler import TaskScheduler


class Scheduler(Protocol):
    """A scheduler of the system.

    `zones`: whether it can follow another time zone than the machine's. `changes`: what it does in the nights when the clocks are changed,
    with a time that does not exist or comes twice. `missed`: what becomes of a run when the machine is off.
    """

    name: str
    zones: bool
    changes: str
    missed: str

    def jobs(self) -> list[Job]:
        """Every refresh that is scheduled."""

    def install(self, job: Job) -> list[str]:
        """Schedule a job, in place of an earlier one with its key; returns remarks for the user."""

    def remove(self, key: str) -> bool:
        """Take a job out without trace; whether there was one."""


@dataclass(frozen=True)
class Machine:
    """What must be known of the machine and its user."""

    platform: str
    home: Path
    environment: Mapping[str, str]
    user: int
    today: dt.date
    run: Run


def schedulers(machine: Machine) -> list[Scheduler]:
    """The schedulers that a machine may have, the preferred one first."""
    if machine.platform == "win32":
        return [TaskScheduler(machine.run, machine.today)]
    if machine.platform == "darwin":
        return [Launchd(machine.run, machine.home / "Library" / "LaunchAgents", machine.user)]
    settings = Path(machine.environment.get("XDG_CONFIG_HOME") or machine.home / ".config")
    data = Path(machine.environment.get("XDG_DATA_HOME") or machine.home / ".local" / "share")
    return [Cron(machine.run), Systemd(machine.run, settings / "systemd" / "user", data / "systemd" / "timers")]


def scheduled(found: Sequence[Scheduler]) -> list[tuple[Scheduler, Job]]:
    """Every refresh that any of the schedulers has; one that is not installed has none."""
    jobs: list[tuple[Scheduler, Job]] = []
    for scheduler in found:
        try:
            jobs += [(scheduler, job) for job in scheduler.jobs()]
        except ScheduleError:
            if len(found) == 1:
                raise
    return jobs


def install(found: Sequence[Scheduler], wanted: str, job: Job) -> tuple[Scheduler, list[str]]:
    """Give the job to the scheduler wanted, or else the first that is there; the others let go of the same book. Returns it, and remarks.

    Raises
    ------
    ScheduleError
        When it is not on this machine, or does not take the job.
    """
    scheduler = _chosen(found, wanted)
    remarks = scheduler.install(job)
    for other in found:
        if other is not scheduler:
            _without(other, job.key)
    return scheduler, remarks


def _chosen(found: Sequence[Scheduler], wanted: str) -> Scheduler:
    if wanted:
        named = next((scheduler for scheduler in found if scheduler.name == wanted), None)
        if named is None:
            raise ScheduleError("--with", f"{wanted} is not a scheduler of this system", f"leave --with out: it is {found[0].name}")
        return named
    return next((scheduler for scheduler in found if _answers(scheduler)), found[0])


def _answers(scheduler: Scheduler) -> bool:
    """Whether a scheduler is there and takes jobs of this user."""
    try:
        scheduler.jobs()
    except ScheduleError:
        return False
    return not isinstance(scheduler, Systemd) or scheduler.runs()


def remove(found: Sequence[Scheduler], key: str) -> list[str]:
    """Take the book out of every scheduler; returns the names of those that had it."""
    return [scheduler.name for scheduler in found if _without(scheduler, key)]


def _without(scheduler: Scheduler, key: str) -> bool:
    try:
        return scheduler.remove(key)
    except ScheduleError:
        if _answers(scheduler):
            raise
        return False  # a scheduler that is not on this machine has nothing
