"""What goes wrong outside the program, for real: a full disk, rights, locks, another program. One clear line each, and the file is as it was."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from books import AS_OF, clock, demo_file, edited, refreshed

from xlseg.errors import BusyError
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import refresh

NOBODY = 65534
CHILD = """
import sys
import xlseg.addin.headless, xlseg.analysis, xlseg.cli, xlseg.hosts.file, xlseg.refresh, xlseg.sources, xlseg.unattended, xlseg.words, xlseg.zones
import fastexcel, openpyxl, python_calamine, scipy.optimize, scipy.special, scipy.stats, xlsxwriter
{before}
sys.exit(xlseg.cli.main(["refresh", {path!r}, "--as-of", "2026-10-31"]))
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits, rights and users as POSIX has them")


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=4)
    refreshed(path)
    return path


@pytest.fixture
def book(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(once, tmp_path / "erp.xlsx"))


def fails(path: Path, line: str, before: str = "") -> None:
    """A refresh in another process ends with this line, and the folder is as it was."""
    content, files = path.read_bytes(), sorted(path.parent.iterdir())
    done = subprocess.run([sys.executable, "-c", CHILD.format(before=before, path=str(path))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"xlseg: {line}\n"
    assert path.read_bytes() == content
    assert sorted(path.parent.iterdir()) == files


def test_a_limit_on_the_size_of_files(book: Path) -> None:
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({book.stat().st_size // 2},) * 2)"
    fails(book, "erp.xlsx: the file cannot be written (File too large). To go on, free space or rights, or write elsewhere.", limit)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, of 1 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None or subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(book: Path, small_disk: Path) -> None:
    path = Path(shutil.copy(book, small_disk / "erp.xlsx"))
    room = os.statvfs(small_disk)
    (small_disk / "pictures.bin").write_bytes(bytes(room.f_bavail * room.f_frsize - path.stat().st_size // 2))
    fails(path, "erp.xlsx: the file cannot be written (No space left on device). To go on, free space or rights, or write elsewhere.")


@pytest.fixture
def outside(book: Path) -> Iterator[Path]:
    """The book in a folder that every user can reach."""
    folder = Path("/tmp") / f"xlseg-hardship-{os.getpid()}"
    folder.mkdir()
    yield Path(shutil.copy(book, folder / "erp.xlsx"))
    folder.chmod(0o755)
    shutil.rmtree(folder)


def unprivileged() -> str:
    """What makes a process of an administrator, who may write everything, one of a user without rights."""
    return f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})" if os.getuid() == 0 else ""


def test_a_folder_that_is_read_only(outside: Path) -> None:
    outside.chmod(0o666)
    outside.parent.chmod(0o555)
    fails(
        outside,
        f"{outside}: there is no such folder, or it is read-only. To go on, make it, or make it writable, or write elsewhere with --output.",
        unprivileged(),
    )


def test_a_file_that_is_read_only(outside: Path) -> None:
    outside.parent.chmod(0o777)
    outside.chmod(0o444)
    fails(outside, "erp.xlsx: the file is read-only. To go on, make it writable, or write elsewhere with --output.", unprivileged())


def test_a_file_that_may_not_even_be_read(outside: Path) -> None:
    outside.parent.chmod(0o777)
    outside.chmod(0o000)
    fails(outside, "erp.xlsx: the file cannot be read (Permission denied). To go on, check its rights.", unprivileged())


def test_a_file_that_another_process_has_locked(book: Path) -> None:
    code = "import fcntl, sys; file = open(sys.argv[1], 'rb'); fcntl.flock(file, fcntl.LOCK_EX); print('locked', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", code, str(book)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "locked\n"
        fails(book, "erp.xlsx: another program has locked the file. To go on, close it there, or write elsewhere with --output.")
        other.communicate("")


def test_a_file_that_is_open_in_excel(book: Path) -> None:
    owner = book.with_name("~$erp.xlsx")
    owner.write_bytes(b"\x04Anna")
    advice = "close it there, or write elsewhere with --output; if it is not open, delete ~$erp.xlsx"
    fails(book, f"erp.xlsx: the file is open in Excel or another program. To go on, {advice}.")


def test_an_edit_of_the_user_while_the_refresh_runs_is_kept(book: Path) -> None:
    def at(stop: str) -> None:
        if stop == "writing":
            edited(book, lambda workbook: workbook["Notes"].cell(30, 1, "typed meanwhile"))

    with pytest.raises(BusyError, match=r"erp\.xlsx: the file was changed while it was being read\. To go on, run the refresh again"):
        refresh(WorkbookFile(book), None, AS_OF, clock(), at)
    assert openpyxl.load_workbook(book, read_only=True)["Notes"].cell(30, 1).value == "typed meanwhile"
    assert [p.name for p in book.parent.iterdir()] == ["erp.xlsx"]


def test_two_refreshes_at_once_are_one_after_the_other_or_one_is_refused(book: Path) -> None:
    command = [sys.executable, "-m", "xlseg", "refresh", str(book), "--as-of", "2026-10-31"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [(process.communicate()[1], process.returncode) for process in both]
    refused = [line for line, code in said if code]
    assert len(refused) < 2
    assert all(line.startswith("xlseg: erp.xlsx: ") and ". To go on, " in line and line.count("\n") == 1 for line in refused)
    runs = [row[0] for row in openpyxl.load_workbook(book, read_only=True)["Run Log"].iter_rows(values_only=True) if isinstance(row[0], int)]
    assert runs == list(range(1, 4 - len(refused)))
    assert [p.name for p in book.parent.iterdir()] == ["erp.xlsx"]
