"""`xlseg schedule` as a user types it, with a crontab of its own; and whose calendar says what today is."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from books import demo_file, edited, part_of, parts, refreshed

from xlseg.cli import clock, main

pytestmark = pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these go through cron; the others are in tests/scheduling")

CRONTAB = """#!{python}
import pathlib, sys
table = pathlib.Path({table!r})
match sys.argv[1]:
    case "-l":
        if not table.exists():
            sys.exit("no crontab for anna")
        sys.stdout.buffer.write(table.read_bytes())
    case "-":
        table.write_bytes(sys.stdin.buffer.read())
    case "-r":
        table.unlink()
"""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo_file(tmp_path_factory.mktemp("schedule") / "erp.xlsx", customers=12, seed=3)


@pytest.fixture
def book(exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book, and a user with a home and a crontab of his own."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "crontab").write_text(CRONTAB.format(python=sys.executable, table=str(tmp_path / "table")), encoding="utf-8")
    (programs / "crontab").chmod(0o755)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XLSEG_NOTIFY", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    return Path(shutil.copy(exported, tmp_path / "erp.xlsx"))


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def table(book: Path) -> str:
    path = book.parent / "table"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_a_book_is_scheduled_shown_changed_and_removed_without_trace(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(book.parent.rglob("*"))
    monkeypatch.chdir(book.parent)
    code, out, err = run(capsys, "schedule", "erp.xlsx", "--daily", "6:30", "--weekdays", "--backup", 3)
    assert (code, err) == (0, "")
    assert out.startswith("erp.xlsx  is refreshed every working day (Monday to Friday) at 06:30 (cron)\nnext      20")
    log = next(line.removeprefix("log       ") for line in out.splitlines() if line.startswith("log"))
    words = f"HOME={book.parent / 'home'} LANG=de_DE.UTF-8 {sys.executable} -P -m xlseg refresh {book} --log {log} --backup 3"
    assert re.fullmatch(rf"30 6 \* \* 1-5 /usr/bin/env {re.escape(words)} >/dev/null # xlseg [0-9a-f]{{8}}\n", table(book))
    run(capsys, "schedule", book, "--daily", "07:05")
    assert table(book).startswith("5 7 * * * ")
    assert table(book).count("\n") == 1
    assert "last run  none yet" in run(capsys, "schedule", "erp.xlsx", "--show")[1]
    assert run(capsys, "schedule", "--show")[1].startswith("erp.xlsx  is refreshed every day at 07:05 (cron)")
    Path(log).parent.mkdir(parents=True)
    Path(log).write_text("2026-11-02T06:30:00+01:00 started  refresh\n", encoding="utf-8")
    assert "last run  2026-11-02T06:30:00+01:00 started: it has not ended" in run(capsys, "schedule", book, "--show")[1]
    book.unlink()  # what is not there any more can still be taken out
    assert run(capsys, "schedule", book, "--remove")[:2] == (0, "erp.xlsx  is not scheduled any more (cron)\n")
    assert run(capsys, "schedule", book, "--remove")[:2] == (0, "erp.xlsx  was not scheduled\n")
    assert run(capsys, "schedule", "--show")[:2] == (0, "nothing is scheduled\n")
    left = {path for path in book.parent.rglob("*") if path.is_file()}
    assert left == {path for path in before if path.is_file()} - {book}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["schedule", "missing.xlsx", "--daily", "06:30"], r"missing\.xlsx: there is no such workbook\. To go on, "),
        (["schedule", "{book}", "--daily", "25:00"], r"--daily: '25:00' is not a time of day\. To go on, "),
        (["schedule", "{book}", "--daily", "6.30"], r"--daily: '6\.30' is not a time of day\. To go on, "),
        (["schedule", "{book}", "--daily", "٠٦:30"], r"--daily: '٠٦:30' is not a time of day\. To go on, "),
        (
            ["schedule", "{book}", "--daily", "06:30", "--timezone", "Berlin"],
            r"--timezone: 'Berlin' is not a time zone\. To go on, write Europe/Berlin\.",
        ),
        (["schedule", "{book}", "--daily", "06:30", "--from", "/nowhere"], r"/nowhere: there is nothing of that name to read\. To go on, "),
        (
            ["schedule", "{book}", "--daily", "06:30", "--notify"],
            r".*notify\.yml: there is no such notify file\. To go on, make it as docs/schedule\.md",
        ),
        (["schedule", "{book}", "--daily", "06:30", "--log", "{book}"], r".*erp\.xlsx: this is no log of xlseg, and is left as it is\. To go on, "),
        (["schedule", "{folder}", "--daily", "06:30"], r".*: there is no such workbook\. To go on, "),
        (["schedule", "{book}", "--daily", "06:30", "--with", "systemd"], r"systemctl: "),
        (["schedule", "--daily", "06:30"], r"xlseg schedule: no book is named\. To go on, "),
        (["refresh", "{book}", "--timezone", "Mars/Olympus"], r"--timezone: 'Mars/Olympus' is not a time zone\. To go on, "),
    ],
)
def test_what_cannot_be_scheduled_is_one_line_and_nothing_is_written(
    arguments: list[str], message: str, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, *(word.format(book=book, folder=book.parent) for word in arguments))
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert re.match(f"xlseg: {message}", err)
    assert table(book) == ""


def test_a_machine_without_crontab_and_systemd_is_one_line(book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(book.parent))
    code, _, err = run(capsys, "schedule", book, "--daily", "06:30")
    assert (code, err) == (
        1,
        "xlseg: crontab: there is no such program on this machine. To go on, install it, or choose another scheduler with --with.\n",
    )
    assert run(capsys, "schedule", book, "--show")[:2] == (0, "erp.xlsx  is not scheduled\n")
    assert run(capsys, "schedule", book, "--remove")[:2] == (0, "erp.xlsx  was not scheduled\n")


def test_who_is_on_config_is_noted_for_the_morning_on_which_config_cannot_be_read(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notify = book.parent / "notify.txt"
    notify.write_text(
        "mail=mailto://smtp.firm.example?user=x&pass=hunter2&from=x@firm.example\nteam=json://hooks.firm.example/hunter2\n", encoding="utf-8"
    )
    refreshed(book)

    def who(text: str) -> None:
        def fill(workbook: object) -> None:
            page = workbook["Config"]  # type: ignore[index]
            page.cell(next(row for row in range(1, 40) if page.cell(row, 1).value == "Digest to"), 2, text)

        edited(book, fill)

    asked = ["schedule", book, "--daily", "06:30", "--notify", "--notify-config", notify]
    who("anna@firm.example; team")
    assert run(capsys, *asked)[0] == 0
    assert f"--notify always --notify-config {notify} --failures-to 'anna@firm.example, team' >" in table(book)
    assert run(capsys, *asked, "--notify-to", "bob@firm.example")[0] == 0
    assert f"--notify always --notify-config {notify} --notify-to bob@firm.example >" in table(book)
    for text, fact in (
        ("nobody-knows-hunter3", r"notify\.txt: it has no channel"),
        ("json://x/hunter3", r"Config!B\d+: Digest to holds"),
        ("", "nobody is named"),
    ):
        who(text)
        code, out, err = run(capsys, *asked)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert re.search(fact, err)
        assert "hunter" not in err
    assert "hunter" not in table(book)


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
@pytest.mark.parametrize(("at", "warned"), [("00:59", False), ("01:00", True), ("02:30", True), ("02:59", True), ("03:00", False)])
def test_times_at_which_the_clocks_are_changed_are_warned_of(at: str, warned: bool, book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "schedule", book, "--daily", at)
    assert ("may not exist, or come twice, when the clocks are changed (20" in out) is warned


class Stopped(dt.datetime):
    """A clock that stands still at an instant."""

    instant = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
        return cls.instant.astimezone(tz) if tz else cls.instant.astimezone().replace(tzinfo=None)


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-10-30T04:30", "America/New_York", "2026-10-30"),
        ("2026-10-30T03:30", "America/New_York", "2026-10-29"),
        ("2026-10-24T21:59", "Europe/Berlin", "2026-10-24"),  # summer time: UTC+2
        ("2026-10-24T22:00", "Europe/Berlin", "2026-10-25"),
        ("2026-10-25T22:59", "Europe/Berlin", "2026-10-25"),  # winter time since 01:00 by UTC: UTC+1
        ("2026-10-25T23:00", "Europe/Berlin", "2026-10-26"),
        ("2026-03-28T23:00", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T21:59", "Europe/Berlin", "2026-03-29"),
        ("2026-03-29T22:00", "Europe/Berlin", "2026-03-30"),
    ],
)
def test_the_as_of_date_is_the_day_in_the_zone_named(
    instant: str, zone: str, day: str, book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stopped, "instant", dt.datetime.fromisoformat(instant).replace(tzinfo=dt.UTC))
    monkeypatch.setattr(clock.dt, "datetime", Stopped)
    found = clock.started_clock(zone).now
    assert found.date().isoformat() == day
    assert found.tzinfo is None


def test_a_run_at_both_half_past_two_of_an_autumn_night_changes_the_run_log_alone(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # 2026-10-25 02:30 comes at 00:30 and at 01:30 by UTC. The first refresh makes the tabs, those two are the second and third.
    refreshed(book, dt.date(2026, 10, 24))
    states = []
    for hour in (0, 1):
        monkeypatch.setattr(Stopped, "instant", dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC))
        with monkeypatch.context() as patched:
            patched.setattr(clock.dt, "datetime", Stopped)
            now = clock.started_clock("Europe/Berlin").now
        assert (now.hour, now.minute) == (2, 30)
        refreshed(book, None, now)  # type: ignore[arg-type]
        states.append(parts(book))
    log = part_of(book, "Run Log")
    differ = {name for name in states[0] if states[0][name] != states[1][name]}
    assert log in differ
    assert {name for name in differ if name.startswith("xl/worksheets/sheet")} == {log}
    assert os.path.exists(book)
