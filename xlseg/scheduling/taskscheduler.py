"""The Task Scheduler of Windows: a task of the user, made from a description in XML."""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import tempfile
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Run, must_succeed
from xlseg.scheduling.job import Job, as_text, from_text, must_be_writable

_NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
_WORKING_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
_SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "StartWhenAvailable": "true",
    "ExecutionTimeLimit": "PT2H",
}


class TaskScheduler:
    """The tasks of the user."""

    name = "Task Scheduler"
    zones = False
    changes = "Microsoft does not say what the Task Scheduler does in these two nights"
    missed = "A run that is missed because the machine is off or nobody is logged in is made up for as soon as it can be."

    def __init__(self, run: Run, today: dt.date) -> None:
        self._run = run
        self._today = today

    def jobs(self) -> list[Job]:
        """Every refresh among the tasks."""
        listed = must_succeed(self._run(["schtasks", "/Query", "/FO", "CSV", "/NH"], b""), "schtasks").out.decode("ascii", "replace")
        found = [self._job(key) for key in dict.fromkeys(re.findall(r'"\\xlseg-([0-9a-f]{8})"', listed))]
        return [job for job in found if job is not None]

    def install(self, job: Job) -> list[str]:
        """Make the task, in place of an earlier one of the same book."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "task.xml"
            path.write_bytes(task_of(job, self._today))
            must_succeed(self._run(["schtasks", "/Create", "/TN", f"xlseg-{job.key}", "/XML", str(path), "/F"], b""), "schtasks")
        return []

    def remove(self, key: str) -> bool:
        """Delete the task; whether there was one."""
        if self._job(key) is None:
            return False
        must_succeed(self._run(["schtasks", "/Delete", "/TN", f"xlseg-{key}", "/F"], b""), "schtasks")
        return True

    def _job(self, key: str) -> Job | None:
        answer = self._run(["schtasks", "/Query", "/TN", f"xlseg-{key}", "/XML", "ONE"], b"")
        found = re.search("<Data>(.*?)</Data>", answer.out.replace(b"\x00", b"").decode("ascii", "replace"), re.DOTALL)
        return from_text(unescape(found[1])) if answer.code == 0 and found else None


def task_of(job: Job, today: dt.date) -> bytes:
    """The task in the XML of the Task Scheduler, which wants UTF-16."""
    must_be_writable(job)
    if any(re.search("%[^%]+%|\\$\\(", word) for word in job.command):
        raise ScheduleError(str(job.book), "the Task Scheduler takes %…% and $( in a path for a variable", "rename the file or folder")
    task = ElementTree.Element("Task", {"version": "1.2", "xmlns": _NAMESPACE})
    _put(_put(task, "RegistrationInfo"), "Description", job.title)
    trigger = _put(_put(task, "Triggers"), "CalendarTrigger")
    _put(trigger, "StartBoundary", f"{today.isoformat()}T{job.at:%H:%M}:00")
    _days(trigger, job.weekdays)
    principal = _put(_put(task, "Principals"), "Principal")
    principal.set("id", "Author")
    _put(principal, "LogonType", "InteractiveToken")
    _put(principal, "RunLevel", "LeastPrivilege")
    settings = _put(task, "Settings")
    for name, value in _SETTINGS.items():
        _put(settings, name, value)
    _put(task, "Data", as_text(job))
    actions = _put(task, "Actions")
    actions.set("Context", "Author")
    _put(_put(actions, "Exec"), "Command", job.command[0])
    _put(actions[0], "Arguments", subprocess.list2cmdline(job.command[1:]))
    ElementTree.indent(task)
    described: bytes = ElementTree.tostring(task, encoding="utf-16", xml_declaration=True)
    return described


def _days(trigger: ElementTree.Element, weekdays: bool) -> None:
    if not weekdays:
        _put(_put(trigger, "ScheduleByDay"), "DaysInterval", "1")
        return
    week = _put(trigger, "ScheduleByWeek")
    days = _put(week, "DaysOfWeek")
    for day in _WORKING_DAYS:
        _put(days, day)
    _put(week, "WeeksInterval", "1")


def _put(parent: ElementTree.Element, name: str, text: str = "") -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name)
    child.text = text or None
    return child
