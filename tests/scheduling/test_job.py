"""When a job runs next, what its key is, and the nights when the clocks are changed."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jobs import HARD, PLAIN

from xlseg.errors import ScheduleError, SettingError
from xlseg.scheduling.job import as_text, from_text, key_of, must_be_writable, next_run
from xlseg.zones import clock_changes, time_zone

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("now", "weekdays", "then"),
    [  # 2026-10-30 is a Friday
        ("2026-10-30 06:29", True, "2026-10-30 06:30"),
        ("2026-10-30 06:30", True, "2026-11-02 06:30"),
        ("2026-10-30 06:30", False, "2026-10-31 06:30"),
        ("2026-10-31 00:00", True, "2026-11-02 06:30"),
        ("2026-12-31 23:59", False, "2027-01-01 06:30"),
    ],
)
def test_the_next_run(now: str, weekdays: bool, then: str) -> None:
    moment = dt.datetime.fromisoformat(now).replace(tzinfo=BERLIN)
    assert f"{next_run(replace(PLAIN, weekdays=weekdays), moment):%Y-%m-%d %H:%M}" == then


def test_the_next_run_is_told_in_the_zone_of_the_job() -> None:
    # 23:00 in New York is 04:00 of the next day in Berlin (winter: UTC-5 and UTC+1).
    job = replace(PLAIN, weekdays=False, zone="Europe/Berlin")
    now = dt.datetime(2026, 12, 1, 23, 0, tzinfo=ZoneInfo("America/New_York"))
    assert next_run(job, now) == dt.datetime(2026, 12, 2, 6, 30)


@pytest.mark.parametrize(
    ("zone", "days"),
    [  # as published by the European Union, the United States and New Zealand; Lord Howe changes by half an hour
        ("Europe/Berlin", ["2026-03-29", "2026-10-25"]),
        ("America/New_York", ["2026-03-08", "2026-11-01"]),
        ("Pacific/Auckland", ["2026-04-05", "2026-09-27"]),
        ("Australia/Lord_Howe", ["2026-04-05", "2026-10-04"]),
        ("Asia/Tokyo", []),
        ("UTC", []),
    ],
)
def test_the_clocks_are_changed_on(zone: str, days: list[str]) -> None:
    assert [day.isoformat() for day in clock_changes(zone, 2026)] == days


def test_a_zone_that_does_not_exist_is_refused_with_the_one_meant() -> None:
    for name in ("Berlin", "Europe/Berln", "europe/BERLIN2"):
        with pytest.raises(SettingError, match=r"--timezone: .* is not a time zone\. To go on, write Europe/Berlin\."):
            time_zone(name)
    with pytest.raises(SettingError, match="not a time zone"):
        time_zone("../../etc/passwd")


def test_a_book_has_one_key_however_its_folder_is_written(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    book = tmp_path / "erp.xlsx"
    assert key_of(tmp_path / "deep" / ".." / "erp.xlsx") == key_of(book)
    assert key_of(tmp_path / "erp2.xlsx") != key_of(book)
    if os.name != "nt":
        (tmp_path / "link").symlink_to(tmp_path)
        assert key_of(tmp_path / "link" / "erp.xlsx") == key_of(book)


def test_a_job_is_read_back_from_its_line_of_text() -> None:
    for job in (PLAIN, HARD):
        text = as_text(job)
        assert text.isascii()
        assert "\n" not in text
        assert from_text(text) == replace(job, environment=())
    assert from_text("[1]") is None
    assert from_text("no job") is None


@pytest.mark.parametrize("sign", ["\n", "\r", "\x00", "\x1b"])
def test_control_characters_are_refused(sign: str) -> None:
    with pytest.raises(ScheduleError, match="cannot be scheduled"):
        must_be_writable(replace(PLAIN, command=(*PLAIN.command, f"/srv/a{sign}b")))
