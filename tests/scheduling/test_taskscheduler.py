"""The task of Windows: as written by hand, and as a reader of XML has it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from html import escape
from xml.etree import ElementTree

import pytest
from jobs import PLAIN, Programs

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Answer
from xlseg.scheduling.job import Job, as_text
from xlseg.scheduling.taskscheduler import TaskScheduler, task_of

MONDAY = dt.date(2026, 11, 2)
BOOK = r'C:\Users\Jörg Müller\100% & "Co"\erp.xlsx'.replace('"', "'")
WINDOWS = Job("0a1b2c3d", dt.time(6, 30), True, "", (r"C:\Program Files\py\python.exe", "-P", "-m", "xlseg", "refresh", BOOK, "--log", "C:\\x\\"))

TASK = r"""<?xml version='1.0' encoding='utf-16'?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>xlseg: refresh erp.xlsx</Description>
  </RegistrationInfo>
  <Triggers>
    <CalendarTrigger>
      <StartBoundary>2026-11-02T06:30:00</StartBoundary>
      <ScheduleByDay>
        <DaysInterval>1</DaysInterval>
      </ScheduleByDay>
    </CalendarTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT2H</ExecutionTimeLimit>
  </Settings>
  <Data>DATA</Data>
  <Actions Context="Author">
    <Exec>
      <Command>/opt/py/bin/python</Command>
      <Arguments>-P -m xlseg refresh /srv/finance/erp.xlsx --log /var/log/erp.log</Arguments>
    </Exec>
  </Actions>
</Task>""".replace(
    "DATA",
    '["0a1b2c3d", "06:30", false, "", ["/opt/py/bin/python", "-P", "-m", "xlseg", "refresh", "/srv/finance/erp.xlsx", "--log", "/var/log/erp.log"]]',
)


def found(task: bytes, name: str) -> ElementTree.Element:
    element = ElementTree.fromstring(task).find(f".//{{http://schemas.microsoft.com/windows/2004/02/mit/task}}{name}")
    assert element is not None
    return element


def test_the_task_reads_like_this() -> None:
    task = task_of(replace(PLAIN, weekdays=False), MONDAY)
    assert task[:2] in (b"\xff\xfe", b"\xfe\xff")
    assert task.decode("utf-16") == TASK


def test_working_days_are_named() -> None:
    days = found(task_of(WINDOWS, MONDAY), "DaysOfWeek")
    assert [day.tag.split("}")[1] for day in days] == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]


def test_words_with_blanks_are_quoted_as_windows_reads_them() -> None:
    # By the rules of the C runtime: a word with a blank in quotes; a backslash is doubled only before a quote.
    task = task_of(WINDOWS, MONDAY)
    assert found(task, "Command").text == r"C:\Program Files\py\python.exe"
    assert found(task, "Arguments").text == rf'-P -m xlseg refresh "{BOOK}" --log C:\x' + "\\"


@pytest.mark.parametrize("name", ["%TEMP%", "a%b%c", "$(Arg0)"])
def test_what_the_task_scheduler_would_take_for_a_variable_is_refused(name: str) -> None:
    with pytest.raises(ScheduleError, match="for a variable"):
        task_of(replace(WINDOWS, command=(*WINDOWS.command[:5], rf"C:\{name}\erp.xlsx")), MONDAY)


def test_a_task_is_made_read_back_and_deleted() -> None:
    listed = b'"\\xlseg-0a1b2c3d","02.11.2026 06:30:00","Bereit"\r\n"\\Microsoft\\Windows\\x","N/A","Ready"\r\n'
    shown = f"<?xml version='1.0' encoding='utf-16'?><Task><Data>{escape(as_text(WINDOWS))}</Data><Arguments>J\u00f6rg</Arguments></Task>"
    programs = Programs({"schtasks /Query /FO CSV /NH": Answer(0, listed), "schtasks /Query /TN xlseg-0a1b2c3d": Answer(0, shown.encode("cp850"))})
    tasks = TaskScheduler(programs, MONDAY)
    tasks.install(WINDOWS)
    call = programs.calls[0].split()
    assert (call[:4], call[-1]) == (["schtasks", "/Create", "/TN", "xlseg-0a1b2c3d"], "/F")
    assert list(programs.files.values()) == [task_of(WINDOWS, MONDAY)]
    assert tasks.jobs() == [WINDOWS]
    assert tasks.remove("0a1b2c3d") is True
    assert programs.calls[-1] == "schtasks /Delete /TN xlseg-0a1b2c3d /F"
    assert TaskScheduler(Programs({"schtasks": Answer(1, b"", b"ERROR: not found")}), MONDAY).remove("0a1b2c3d") is False
