"""Cron: a marked line in the user's crontab; all other lines stay byte for byte as they are."""

from __future__ import annotations

import datetime as dt
import os
import re
import shlex
from pathlib import Path

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Run, must_succeed
from xlseg.scheduling.job import Job, must_be_writable

_LONGEST = 990
"""Bytes of a line; the cron of Debian and its relatives takes 998 of a command."""

_LINE = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|1-5) /usr/bin/env (.*) >/dev/null # xlseg ([0-9a-f]{8})")


class Cron:
    """The crontab of the user."""

    name = "cron"
    zones = False
    changes = "cron runs it once, right after the change in spring, and once in autumn; the cron of some systems leaves it out or runs it twice"
    missed = "A run that is missed because the machine is off is not made up for; the next one is on the next day."

    def __init__(self, run: Run, processes: Path = Path("/proc")) -> None:
        self._run = run
        self._processes = processes

    def jobs(self) -> list[Job]:
        """Every refresh in the crontab."""
        return [job for line in self._lines() if (job := job_of(line)) is not None]

    def install(self, job: Job) -> list[str]:
        """Put the line of the job in, in place of an earlier one of the same book; returns remarks."""
        line = line_of(job)
        others = self._others(job.key)
        if others and not others[-1].endswith(b"\n"):
            others[-1] += b"\n"
        self._write(b"".join([*others, line, b"\n"]))
        return (
            []
            if self._is_running()
            else ["cron does not seem to run on this machine. To go on, start it (service cron start), or choose --with systemd"]
        )

    def remove(self, key: str) -> bool:
        """Take the line of a book out; whether there was one."""
        lines, others = self._lines(), self._others(key)
        if len(others) == len(lines):
            return False
        if others:
            self._write(b"".join(others))
        else:
            must_succeed(self._run(["crontab", "-r"], b""), "crontab")
        return True

    def _lines(self) -> list[bytes]:
        answer = self._run(["crontab", "-l"], b"")
        if answer.code and b"no crontab for" in answer.err.lower():
            return []
        return must_succeed(answer, "crontab").out.splitlines(keepends=True)

    def _others(self, key: str) -> list[bytes]:
        return [line for line in self._lines() if (job := job_of(line)) is None or job.key != key]

    def _write(self, content: bytes) -> None:
        must_succeed(self._run(["crontab", "-"], content), "crontab")

    def _is_running(self) -> bool:
        """Whether a process of the name of a cron is there; where processes cannot be seen, it is taken to be."""
        names = [self._name_of(folder) for folder in self._processes.glob("[0-9]*")]
        return not names or any(name in ("cron", "crond", "fcron", "anacron") for name in names)

    @staticmethod
    def _name_of(folder: Path) -> str:
        try:
            return (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""


def line_of(job: Job) -> bytes:
    """The line of a job.

    Cron takes % for the end of a line unless a backslash is before it, and hands the rest to a shell, which takes quoted words as they are.
    """
    must_be_writable(job)
    words = [f"{name}={value}" for name, value in job.environment] + list(job.command)
    if any("\\" in word for word in words):
        raise ScheduleError(
            str(job.book), "crons differ in how they read a backslash in a path", "rename the file or folder, or choose --with systemd"
        )
    command = " ".join(map(shlex.quote, words)).replace("%", r"\%")
    line = f"{job.at.minute} {job.at.hour} * * {'1-5' if job.weekdays else '*'} /usr/bin/env {command} >/dev/null # xlseg {job.key}"
    found = os.fsencode(line)
    if len(found) > _LONGEST:
        raise ScheduleError(str(job.book), "the paths are too long for a line of cron", "move the book nearer to the top, or choose --with systemd")
    return found


def job_of(line: bytes) -> Job | None:
    """The job of a line of ours; None for any other line."""
    found = _LINE.fullmatch(os.fsdecode(line).rstrip("\r\n"))
    if found is None:
        return None
    minute, hour, days, command, key = found.groups()
    try:
        words, at = shlex.split(command.replace(r"\%", "%")), dt.time(int(hour), int(minute))
    except ValueError:
        return None
    start = next((number for number, word in enumerate(words) if "=" not in word), 0)
    return Job(key, at, days == "1-5", "", tuple(words[start:]))
