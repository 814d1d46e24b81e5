"""The agent of macOS: as written by hand, and as a reader of property lists has it."""

from __future__ import annotations

import plistlib
from dataclasses import replace
from pathlib import Path

import pytest
from jobs import HARD, PLAIN, Programs

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Answer
from xlseg.scheduling.launchd import Launchd, agent_of, job_of

AGENT = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>xlseg.0a1b2c3d</string>
	<key>ProgramArguments</key>
	<array>
		<string>/opt/py/bin/python</string>
		<string>-P</string>
		<string>-m</string>
		<string>xlseg</string>
		<string>refresh</string>
		<string>/srv/finance/erp.xlsx</string>
		<string>--log</string>
		<string>/var/log/erp.log</string>
	</array>
	<key>EnvironmentVariables</key>
	<dict>
		<key>HOME</key>
		<string>/home/anna</string>
		<key>LANG</key>
		<string>de_DE.UTF-8</string>
	</dict>
	<key>StartCalendarInterval</key>
	<dict>
		<key>Hour</key>
		<integer>6</integer>
		<key>Minute</key>
		<integer>30</integer>
	</dict>
	<key>ProcessType</key>
	<string>Background</string>
</dict>
</plist>
"""


def test_the_agent_reads_like_this() -> None:
    assert agent_of(replace(PLAIN, weekdays=False)).decode() == AGENT


def test_working_days_are_the_days_one_to_five() -> None:
    read = plistlib.loads(agent_of(PLAIN))
    assert read["StartCalendarInterval"] == [{"Hour": 6, "Minute": 30, "Weekday": day} for day in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize("job", [PLAIN, HARD], ids=["plain", "hard"])
def test_every_word_arrives_as_it_is(job: object) -> None:
    read = plistlib.loads(agent_of(job))  # type: ignore[arg-type]
    assert read["ProgramArguments"] == list(job.command)  # type: ignore[attr-defined]
    assert job_of(agent_of(job)) == replace(job, environment=())  # type: ignore[arg-type, type-var]


def test_an_agent_is_loaded_replaced_and_removed_without_trace(tmp_path: Path) -> None:
    programs = Programs()
    launchd = Launchd(programs, tmp_path, 501)
    launchd.install(PLAIN)
    path = tmp_path / "xlseg.0a1b2c3d.plist"
    assert programs.calls == [f"launchctl bootstrap gui/501 {path}"]
    launchd.install(replace(PLAIN, weekdays=False))
    assert programs.calls[1:] == ["launchctl bootout gui/501/xlseg.0a1b2c3d", f"launchctl bootstrap gui/501 {path}"]
    (tmp_path / "xlseg.other.plist").write_text("not ours")
    assert [(job.key, job.weekdays) for job in launchd.jobs()] == [(PLAIN.key, False)]
    assert launchd.remove(PLAIN.key) is True
    assert launchd.remove(PLAIN.key) is False
    assert [path.name for path in tmp_path.iterdir()] == ["xlseg.other.plist"]


def test_a_refusal_of_launchctl_is_one_line(tmp_path: Path) -> None:
    refuses = Programs({"launchctl bootstrap": Answer(5, b"", b"Bootstrap failed: 5: Input/output error\nmore\n")})
    with pytest.raises(ScheduleError, match=r"launchctl: Bootstrap failed: 5: Input/output error\. To go on"):
        Launchd(refuses, tmp_path, 501).install(PLAIN)
