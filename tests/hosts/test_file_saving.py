"""A file is replaced all at once or not at all, and never while another program has it."""

import errno
import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workbooks import column, segments, user_book

from xlseg.errors import BusyError, FileError
from xlseg.hosts import saving
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.zipcopy import ZipCopy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A user's book in a folder of its own."""
    return user_book(tmp_path / "book.xlsx")


def write(path: Path, balance: float = 1.0, **how: Any) -> None:
    WorkbookFile(path, **how).write([segments({"A": balance})])


def full(*_: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def interrupted(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("failure", [full, interrupted], ids=["disk full", "interrupted"])
@pytest.mark.parametrize(
    ("owner", "name"),
    [(ZipCopy, "copy"), (ZipCopy, "add"), (ZipCopy, "close"), (os, "fsync"), (saving, "_keep_mode"), (saving, "_back_up"), (os, "replace")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_failure_at_any_step_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, failure: Callable[..., None]
) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(owner, name, failure)
    with pytest.raises((FileError, KeyboardInterrupt)):
        write(path, backups=1)
    assert path.read_bytes() == before
    assert {p.name for p in path.parent.iterdir()} <= {"book.xlsx", "book.1.xlsx"}


def test_a_process_killed_in_the_middle_leaves_the_old_file_and_the_next_run_cleans_up(path: Path) -> None:
    before = path.read_bytes()
    code = f"""
import os, pathlib, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from workbooks import segments
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.zipcopy import ZipCopy
ZipCopy.close = lambda self: os.kill(os.getpid(), 9)
WorkbookFile(pathlib.Path({str(path)!r})).write([segments({{"A": 1.0}})])
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert path.read_bytes() == before
    assert {p.name for p in path.parent.iterdir()} == {"book.xlsx", ".~xlseg-book.xlsx"}
    write(path)
    assert [p.name for p in path.parent.iterdir()] == ["book.xlsx"]


def test_a_file_that_is_being_written_by_another_refresh_is_left_to_it(path: Path) -> None:
    other = path.with_name(".~xlseg-book.xlsx")
    with other.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match=r"book\.xlsx: another refresh is writing the file\. To go on, wait"):
            write(path)
        assert other.exists()


def test_a_link_or_a_pipe_where_the_new_file_is_made_goes_and_is_not_written_to(path: Path, tmp_path: Path) -> None:
    temporary, his = path.with_name(".~xlseg-book.xlsx"), tmp_path / "sub" / "his"
    his.parent.mkdir()
    his.write_text("his")
    for balance, make in ((1.0, lambda: temporary.symlink_to(his)), (2.0, lambda: os.mkfifo(temporary))):
        make()
        write(path, balance)
        assert sorted(p.name for p in path.parent.iterdir()) == ["book.xlsx", "sub"]
        assert his.read_text() == "his"


@pytest.mark.parametrize("owner", ["~$book.xlsx", ".~lock.book.xlsx#"], ids=["Excel", "LibreOffice"])
def test_a_file_open_in_another_program_is_refused_unless_an_output_is_given(path: Path, owner: str) -> None:
    before = path.read_bytes()
    path.with_name(owner).touch()
    with pytest.raises(BusyError):  # before anything is computed
        WorkbookFile(path)
    path.with_name(owner).unlink()
    file = WorkbookFile(path)
    path.with_name(owner).touch()
    with pytest.raises(
        BusyError, match=r"book\.xlsx: the file is open in Excel or another program\. To go on, close it there, or write elsewhere with --output"
    ):
        file.write([segments({"A": 1.0})])
    assert path.read_bytes() == before
    output = path.with_name("out.xlsx")
    write(path, output=output)
    assert column(output, "A") == ["A"]


def test_an_output_open_in_another_program_is_refused(path: Path) -> None:
    path.with_name("~$out.xlsx").touch()
    with pytest.raises(BusyError, match=r"out\.xlsx: the file is open"):
        write(path, output=path.with_name("out.xlsx"))


def test_a_locked_file_is_refused(path: Path) -> None:
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="another program has locked the file"):
            write(path)


def test_a_file_changed_since_it_was_opened_is_refused(path: Path) -> None:
    book = WorkbookFile(path)
    times = path.stat()
    content = bytearray(path.read_bytes())
    content[-1:] = content[-1:]
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1_000_000_000))
    with pytest.raises(BusyError, match=r"the file was changed while it was being read\. To go on, run the refresh again"):
        book.write([segments({"A": 1.0})])


def test_a_file_may_be_written_twice_by_the_same_object(path: Path) -> None:
    book = WorkbookFile(path)
    for balance in (1.0, 2.0):
        book.write([segments({"A": balance})])
    assert column(path, "C") == [2.0]


def test_backups_are_numbered_and_the_newest_is_1(path: Path) -> None:
    original = path.read_bytes()
    for balance in (1.0, 2.0, 3.0):
        write(path, balance, backups=2)
    assert {p.name for p in path.parent.iterdir()} == {"book.xlsx", "book.1.xlsx", "book.2.xlsx"}
    assert [column(path.with_name(name), "C") for name in ("book.xlsx", "book.1.xlsx", "book.2.xlsx")] == [[3.0], [2.0], [1.0]]
    assert original not in [p.read_bytes() for p in path.parent.iterdir()]


def test_no_backup_is_made_when_nothing_changes(path: Path) -> None:
    write(path)
    write(path, backups=2)
    assert [p.name for p in path.parent.iterdir()] == ["book.xlsx"]


def test_the_mode_of_the_file_stays(path: Path) -> None:
    path.chmod(0o640)
    write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link_and_its_target_is_written(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "sub" / "link.xlsx"
    link.parent.mkdir()
    link.symlink_to(path)
    write(link)
    assert link.is_symlink()
    assert column(path, "A") == ["A"]
    assert [p.name for p in link.parent.iterdir()] == ["link.xlsx"]


def test_a_hard_link_keeps_the_old_state_and_is_remarked_upon(path: Path, tmp_path: Path) -> None:
    other, before = tmp_path / "sub" / "other.xlsx", path.read_bytes()
    other.parent.mkdir()
    other.hardlink_to(path)
    written = WorkbookFile(path).write([segments({"A": 1.0})])
    assert written.remarks == (
        "book.xlsx: the file has another name on this disk (a hard link), which keeps the old state; copy it anew if you need it.",
    )
    assert other.read_bytes() == before
    assert WorkbookFile(path).write([segments({"A": 2.0})]).remarks == ()


def test_a_target_of_a_link_that_is_open_is_refused(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "sub" / "link.xlsx"
    link.parent.mkdir()
    link.symlink_to(path)
    path.with_name("~$book.xlsx").touch()
    with pytest.raises(BusyError, match=r"book\.xlsx: the file is open"):
        write(link)


def test_a_read_only_file_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda place, _: place != path)  # an administrator may write everything
    with pytest.raises(FileError, match=r"the file is read-only\. To go on, make it writable, or write elsewhere"):
        write(path)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_computed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileError, match=r"there is no such folder, or it is read-only\. To go on, make it"):
        WorkbookFile(path, output=path.parent / "nowhere" / "book.xlsx")
    monkeypatch.setattr(os, "access", lambda place, _: place != path.parent)
    with pytest.raises(FileError, match="there is no such folder, or it is read-only"):
        WorkbookFile(path)


def test_what_a_run_killed_while_backing_up_has_left_is_removed(path: Path) -> None:
    path.with_name(".~xlseg-backup-book.xlsx").write_bytes(b"half a copy")
    write(path)
    assert [p.name for p in path.parent.iterdir()] == ["book.xlsx"]


def test_an_output_that_is_a_folder_or_ends_otherwise_is_refused(path: Path) -> None:
    with pytest.raises(FileError, match=r"this is a folder\. To go on, name a file in it"):
        WorkbookFile(path, output=path.parent)
    with pytest.raises(FileError, match=r"out\.xlsm: a \.xlsx workbook stays one, .*\. To go on, call it out\.xlsx"):
        WorkbookFile(path, output=path.with_name("out.xlsm"))
