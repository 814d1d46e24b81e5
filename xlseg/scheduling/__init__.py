"""The refresh in the system's own scheduler: cron or a timer of systemd, launchd, the Task Scheduler."""

from xlseg.scheduling.commands import run_program
from xlseg.scheduling.job import Job, key_of, next_run, surroundings
from xlseg.scheduling.log import last_run, must_be_a_log, note, standard_log, state_folder
from xlseg.scheduling.system import Machine, Scheduler, install, remove, scheduled, schedulers

__all__ = [
    "Job",
    "Machine",
    "Scheduler",
    "install",
    "key_of",
    "last_run",
    "must_be_a_log",
    "next_run",
    "note",
    "remove",
    "run_program",
    "scheduled",
    "schedulers",
    "standard_log",
    "state_folder",
    "surroundings",
]
