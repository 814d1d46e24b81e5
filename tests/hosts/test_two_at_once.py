"""Two programs at one file at once: one of them wins, the other says so; never is anything mixed, and never is a file half written."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from workbooks import column, segments, user_book

from xlseg.errors import BusyError
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.zipcopy import ZipCopy

WRITERS, TIMES = 3, 12
WRITER = """
import pathlib, sys
sys.path.insert(0, {tests!r})
from workbooks import segments
from xlseg.errors import BusyError, FileError
from xlseg.hosts.file import WorkbookFile
sys.stdin.readline()
for number in range({times}):
    try:
        WorkbookFile(pathlib.Path({path!r})).write([segments({{"A": float(number)}})])
        print("done")
    except FileError as error:
        print(type(error).__name__, error)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return user_book(tmp_path / "book.xlsx")


@pytest.mark.parametrize("moment", ["close", "copy"])
def test_a_refresh_keeps_out_another_until_the_file_has_its_name(path: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    real, told = getattr(ZipCopy, moment), []

    def interrupted(copy: ZipCopy, *given: object) -> None:
        real(copy, *given)
        if not told:
            told.append("busy")
            with pytest.raises(BusyError, match=r"book\.xlsx: another refresh is writing the file\. To go on, wait until it has finished"):
                WorkbookFile(path).write([segments({"B": 2.0})])

    monkeypatch.setattr(ZipCopy, moment, interrupted)
    WorkbookFile(path).write([segments({"A": 1.0})])
    assert told
    assert column(path, "A") == ["A"]
    assert [p.name for p in path.parent.iterdir()] == ["book.xlsx"]


def test_another_refresh_at_the_last_moment_takes_nothing_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, told = WorkbookFile._let_go, []

    def interrupted(file: WorkbookFile, book: object) -> None:
        real(file, book)  # type: ignore[arg-type]
        if not told:  # written and flushed, but not renamed yet
            told.append("busy")
            with pytest.raises(BusyError, match="another refresh is writing the file"):
                WorkbookFile(path).write([segments({"B": 2.0})])

    monkeypatch.setattr(WorkbookFile, "_let_go", interrupted)
    WorkbookFile(path).write([segments({"A": 1.0})])
    assert column(path, "A") == ["A"]


def test_many_processes_write_one_file_and_a_reader_always_sees_a_whole_one(path: Path) -> None:
    code = WRITER.format(tests=str(Path(__file__).parent), path=str(path), times=TIMES)
    writers = [subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(WRITERS)]
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen = set()
    while any(writer.poll() is None for writer in writers):
        content = path.read_bytes()
        if content not in seen:
            seen.add(content)
            assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    said = [line for writer in writers for line in writer.communicate()[0].splitlines()]
    assert len(said) == WRITERS * TIMES
    assert "done" in said
    busy = (
        "BusyError book.xlsx: another refresh is writing the file. To go on, wait",
        "BusyError book.xlsx: the file was changed while it was being read.",
    )
    locked = ("BusyError book.xlsx: another program has locked the file.",)
    assert [line for line in said if line != "done" and not line.startswith(busy + locked)] == []
    assert [p.name for p in path.parent.iterdir()] == ["book.xlsx"]
    assert column(path, "A") == ["A"]
