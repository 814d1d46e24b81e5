"""The units of systemd: as written by hand, and as systemd itself reads them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from jobs import HARD, HARD_NAME, PLAIN, Programs

from xlseg.errors import ScheduleError
from xlseg.scheduling.commands import Answer
from xlseg.scheduling.systemd import Systemd, service_of, timer_of

SERVICE = """\
[Unit]
Description=xlseg: refresh erp.xlsx

[Service]
Type=oneshot
Environment="HOME=/home/anna"
Environment="LANG=de_DE.UTF-8"
ExecStart="/opt/py/bin/python" "-P" "-m" "xlseg" "refresh" "/srv/finance/erp.xlsx" "--log" "/var/log/erp.log"
"""
TIMER = """\
[Unit]
Description=xlseg: refresh erp.xlsx

[Timer]
OnCalendar=Mon..Fri *-*-* 06:30:00 Europe/Berlin
Persistent=true

[Install]
WantedBy=timers.target

[X-xlseg]
Job=["0a1b2c3d", "06:30", true, "Europe/Berlin", ["/opt/py/bin/python", "-P", "-m", "xlseg", "refresh", "/srv/finance/erp.xlsx", "--log", \
"/var/log/erp.log"]]
"""

analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")


def test_the_units_read_like_this() -> None:
    assert service_of(PLAIN) == SERVICE
    assert timer_of(replace(PLAIN, zone="Europe/Berlin")) == TIMER


def test_signs_that_mean_something_to_systemd_are_doubled() -> None:
    service = service_of(HARD)
    assert '"/srv/Jörg\'s \\"100%%\\" & 5%% more; $$(touch x) `id` $$HOME #1/erp.xlsx"' in service
    assert 'Environment="HOME=/home/Jörg\'s \\"100%%\\" & 5%% more; $(touch x) `id` $HOME #1"' in service


def read_by_systemd(folder: Path, unit: str) -> str:
    """What systemd complains about in a unit."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "LANG": "C.UTF-8"}
    done = subprocess.run(["systemd-analyze", "--user", "verify", str(folder / unit)], capture_output=True, text=True, check=False, env=environment)
    return "\n".join(line for line in (done.stdout + done.stderr).splitlines() if "xlseg" in line)


@analyze
def test_systemd_reads_both_units_without_a_complaint(tmp_path: Path) -> None:
    job = replace(HARD, weekdays=True, zone="Europe/Berlin", command=(sys.executable, *HARD.command[1:]))
    (tmp_path / "xlseg-ffffffff.service").write_text(service_of(job), encoding="utf-8")
    (tmp_path / "xlseg-ffffffff.timer").write_text(timer_of(job), encoding="utf-8")
    assert read_by_systemd(tmp_path, "xlseg-ffffffff.timer") == ""
    assert read_by_systemd(tmp_path, "xlseg-ffffffff.service") == ""
    (tmp_path / "xlseg-ffffffff.service").write_text(service_of(job).replace("oneshot", "sometimes"), encoding="utf-8")
    assert "sometimes" in read_by_systemd(tmp_path, "xlseg-ffffffff.service")  # it does look


@analyze
def test_systemd_reads_every_word_as_it_is(tmp_path: Path) -> None:
    command = (sys.executable, *HARD.command[1:])
    (tmp_path / "xlseg-ffffffff.service").write_text(service_of(replace(HARD, command=command)), encoding="utf-8")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "LANG": "C.UTF-8", "SYSTEMD_LOG_LEVEL": "debug"}
    unit = str(tmp_path / "xlseg-ffffffff.service")
    done = subprocess.run(["systemd-analyze", "--user", "verify", unit], capture_output=True, text=True, check=False, env=environment)
    said = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    read = next((line.removeprefix("Command Line: ") for line in said if line.startswith("Command Line: ") and "xlseg" in line), None)
    if read is None:
        pytest.skip("this systemd-analyze does not show what it has read")
    # It shows the words quoted for a shell, and $$ as it stands in the file: that becomes $ when the command is run.
    words = [re.sub(r"\\([$`])", r"\1", word).replace("$$", "$") for word in shlex.split(read)]
    assert tuple(words) == command
    assert f"Environment: HOME=/home/{HARD_NAME}" in said


def elapses(expression: str, since: str) -> list[str]:
    done = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=3", f"--base-time={since}", expression],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LANG": "C.UTF-8"},
    )
    return [line.split(": ", 1)[1].strip() for line in done.stdout.splitlines() if "elapse" in line or "Iter." in line]


@analyze
def test_half_past_two_is_left_out_in_spring_and_comes_once_in_autumn() -> None:
    when = timer_of(replace(HARD, at=HARD.at.replace(hour=2, minute=30), zone="Europe/Berlin")).split("OnCalendar=")[1].splitlines()[0]
    # 2026-03-29 02:30 does not exist in Berlin; 2026-10-25 02:30 comes at 00:30 and at 01:30 by UTC.
    assert elapses(when, "2026-03-28 12:00:00")[:2] == ["Mon 2026-03-30 00:30:00 UTC", "Tue 2026-03-31 00:30:00 UTC"]
    assert elapses(when, "2026-10-24 12:00:00")[:2] == ["Sun 2026-10-25 00:30:00 UTC", "Mon 2026-10-26 01:30:00 UTC"]


@analyze
def test_working_days_are_monday_to_friday() -> None:
    when = timer_of(PLAIN).split("OnCalendar=")[1].splitlines()[0]
    assert elapses(when, "2026-10-30 12:00:00")[:2] == ["Mon 2026-11-02 06:30:00 UTC", "Tue 2026-11-03 06:30:00 UTC"]


def test_a_timer_is_started_replaced_and_removed_without_trace(tmp_path: Path) -> None:
    programs = Programs({"loginctl": Answer(0, b"no\n")})
    systemd = Systemd(programs, tmp_path / "units", tmp_path / "stamps")
    remarks = systemd.install(PLAIN)
    assert "loginctl enable-linger" in remarks[0]
    systemd.install(replace(PLAIN, weekdays=False))
    assert [(job.key, job.weekdays, job.command) for job in systemd.jobs()] == [(PLAIN.key, False, PLAIN.command)]
    assert programs.calls[1:4] == [
        "systemctl --user daemon-reload",
        "systemctl --user enable xlseg-0a1b2c3d.timer",
        "systemctl --user restart xlseg-0a1b2c3d.timer",
    ]
    (tmp_path / "stamps").mkdir()
    (tmp_path / "stamps" / "stamp-xlseg-0a1b2c3d.timer").touch()
    assert systemd.remove(PLAIN.key) is True
    assert "systemctl --user disable --now xlseg-0a1b2c3d.timer" in programs.calls
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert systemd.remove(PLAIN.key) is False


def test_without_a_systemd_for_the_user_nothing_is_written(tmp_path: Path) -> None:
    systemd = Systemd(Programs({"systemctl": Answer(1, b"", b"Failed to connect to bus\n")}), tmp_path / "units", tmp_path)
    with pytest.raises(ScheduleError, match=r"no systemd runs for this user\. To go on, choose --with cron"):
        systemd.install(PLAIN)
    assert list(tmp_path.iterdir()) == []


def test_the_name_with_everything_is_in_a_unit_that_is_read_back(tmp_path: Path) -> None:
    systemd = Systemd(Programs(), tmp_path / "units", tmp_path / "stamps")
    systemd.install(HARD)
    assert [job.book for job in systemd.jobs()] == [Path(f"/srv/{HARD_NAME}/erp.xlsx")]
