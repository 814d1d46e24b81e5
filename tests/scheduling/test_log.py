"""The log of scheduled runs."""

from __future__ import annotations

import datetime as dt
import os
import stat
from pathlib import Path

import pytest

from xlseg.errors import ScheduleError
from xlseg.scheduling.log import DONE, FAILED, MOST, NOTICE, STARTED, last_run, must_be_a_log, note, standard_log, state_folder

WHEN = dt.datetime(2026, 11, 2, 6, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def test_the_last_run_is_the_last_that_was_noted(tmp_path: Path) -> None:
    log = tmp_path / "new folder" / "erp.log"
    assert last_run(log) is None
    note(log, WHEN, STARTED, "refresh of erp.xlsx")
    ran = last_run(log)
    assert ran is not None
    assert ran.state == STARTED
    note(log, WHEN, FAILED, "erp.xlsx: open in another program")
    note(log, WHEN, NOTICE, "sent to anna@firm.example")
    ran = last_run(log)
    assert ran is not None
    assert (ran.when, ran.state, ran.words) == ("2026-11-02T06:30:00+01:00", FAILED, "erp.xlsx: open in another program")
    note(log, WHEN, DONE, "fine")
    assert log.read_text(encoding="utf-8").splitlines()[-1] == "2026-11-02T06:30:00+01:00 done     fine"


def test_a_log_never_grows_beyond_its_bounds_and_keeps_what_is_new(tmp_path: Path) -> None:
    log = tmp_path / "erp.log"
    for number in range(20):
        note(log, WHEN, DONE, f"{number} {'ü' * 40_000}")
    assert log.stat().st_size <= MOST + 100_000
    lines = log.read_text(encoding="utf-8").splitlines()
    assert lines[-1].startswith("2026-11-02T06:30:00+01:00 done     19 ü")
    assert all(line.startswith("2026-11-02") for line in lines)
    assert [path.name for path in tmp_path.iterdir()] == ["erp.log"]


def test_what_stands_in_an_error_cannot_begin_a_line(tmp_path: Path) -> None:
    note(tmp_path / "erp.log", WHEN, FAILED, "a\n2026-11-02T06:30:00+01:00 done     all is well\x1b[2J")
    lines = (tmp_path / "erp.log").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    ran = last_run(tmp_path / "erp.log")
    assert ran is not None
    assert ran.state == FAILED


@pytest.mark.skipif(os.name == "nt", reason="rights of Unix")
def test_a_log_is_for_its_owner(tmp_path: Path) -> None:
    note(tmp_path / "erp.log", WHEN, DONE, "fine")
    assert stat.S_IMODE((tmp_path / "erp.log").stat().st_mode) & 0o077 == 0


def test_a_log_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ScheduleError, match="the log cannot be written"):
        note(tmp_path / "file" / "erp.log", WHEN, DONE, "fine")


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("linux", {}, "/h/.local/state/xlseg"),
        ("linux", {"XDG_STATE_HOME": "/s"}, "/s/xlseg"),
        ("darwin", {}, "/h/Library/Logs/xlseg"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/xlseg"),
        ("win32", {}, "/h/AppData/Local/xlseg"),
    ],
)
def test_logs_lie_where_the_system_has_such(platform: str, environment: dict[str, str], folder: str) -> None:
    assert state_folder(platform, Path("/h"), environment) == Path(folder)
    assert standard_log(Path("/l"), Path("/srv/erp.xlsx")).parent == Path("/l")


LARGE = b"PK\x03\x04" + bytes(2 * MOST)


@pytest.mark.parametrize("content", [b"PK\x03\x04 a workbook", LARGE, b"Customer,Amount\n", b"2026-11-02T06:30:00 paid 5\n"])
def test_another_file_than_a_log_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    other = tmp_path / "erp.xlsx"
    other.write_bytes(content)
    for refuse in (lambda: note(other, WHEN, DONE, "fine"), lambda: must_be_a_log(other)):
        with pytest.raises(
            ScheduleError, match=r"erp\.xlsx: this is no log of xlseg, and is left as it is\. To go on, name another one with --log\."
        ):
            refuse()
    assert other.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["erp.xlsx"]


def test_an_empty_file_may_become_a_log(tmp_path: Path) -> None:
    (tmp_path / "erp.log").touch()
    note(tmp_path / "erp.log", WHEN, DONE, "fine")
    note(tmp_path / "erp.log", WHEN, DONE, "again")
    assert len((tmp_path / "erp.log").read_bytes().splitlines()) == 2


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_or_a_device_is_no_log(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "erp.log")
    for path in (tmp_path / "erp.log", Path(os.devnull)):
        with pytest.raises(ScheduleError, match="this is no log of xlseg"):
            note(path, WHEN, DONE, "fine")


def test_a_log_is_cut_without_a_file_that_somebody_could_have_put_there(tmp_path: Path) -> None:
    log, others = tmp_path / "erp.log", tmp_path / "others"
    note(log, WHEN, DONE, "x" * MOST)
    others.write_text("his")
    for name in ("erp.log.new", ".~xlseg-erp.log"):
        (tmp_path / name).symlink_to(others)
    note(log, WHEN, DONE, "fine")
    assert log.stat().st_size < 100
    assert others.read_text() == "his"
