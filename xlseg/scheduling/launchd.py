"""launchd of macOS: an agent of the user, a small file in his LaunchAgents."""

from __future__ import annotations

import datetime as dt
import plistlib
from pathlib import Path
from typing import Any

from xlseg.scheduling.commands import Run, must_succeed
from xlseg.scheduling.job import Job, must_be_writable

_LABEL = "xlseg."


class Launchd:
    """The agents of the user."""

    name = "launchd"
    zones = False
    changes = "Apple does not say what launchd does in these two nights"
    missed = "A run that is missed because the Mac sleeps is made up for when it wakes; one that is missed because it is off is not."

    def __init__(self, run: Run, agents: Path, user: int) -> None:
        self._run = run
        self._agents, self._domain = agents, f"gui/{user}"

    def jobs(self) -> list[Job]:
        """Every refresh that an agent is there for."""
        found = [job_of(path.read_bytes()) for path in sorted(self._agents.glob(f"{_LABEL}*.plist"))]
        return [job for job in found if job is not None]

    def install(self, job: Job) -> list[str]:
        """Write the agent and load it, in place of an earlier one of the same book."""
        must_be_writable(job)
        self.remove(job.key)
        self._agents.mkdir(parents=True, exist_ok=True)
        path = self._path(job.key)
        path.write_bytes(agent_of(job))
        must_succeed(self._run(["launchctl", "bootstrap", self._domain, str(path)], b""), "launchctl")
        return []

    def remove(self, key: str) -> bool:
        """Unload the agent and delete its file; whether there was one."""
        path = self._path(key)
        if not path.exists():
            return False
        self._run(["launchctl", "bootout", f"{self._domain}/{_LABEL}{key}"], b"")
        path.unlink()
        return True

    def _path(self, key: str) -> Path:
        return self._agents / f"{_LABEL}{key}.plist"


def agent_of(job: Job) -> bytes:
    """The agent as a property list."""
    time = {"Hour": job.at.hour, "Minute": job.at.minute}
    agent: dict[str, Any] = {
        "Label": f"{_LABEL}{job.key}",
        "ProgramArguments": list(job.command),
        "EnvironmentVariables": dict(job.environment),
        "StartCalendarInterval": [{**time, "Weekday": day} for day in range(1, 6)] if job.weekdays else time,
        "ProcessType": "Background",
    }
    return plistlib.dumps(agent, sort_keys=False)


def job_of(content: bytes) -> Job | None:
    """The job of an agent of ours; None for any other file."""
    try:
        agent = plistlib.loads(content)
        when = agent["StartCalendarInterval"]
        first = when[0] if isinstance(when, list) else when
        at = dt.time(first["Hour"], first["Minute"])
        return Job(agent["Label"].removeprefix(_LABEL), at, isinstance(when, list), "", tuple(agent["ProgramArguments"]))
    except (plistlib.InvalidFileException, ValueError, KeyError, TypeError, IndexError):
        return None
