"""A file replaced all at once or not at all, and never under the hands of another program."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xlseg.errors import BusyError, FileError

try:
    import fcntl
except ImportError:  # Windows, where a file that is open elsewhere cannot be replaced anyway
    fcntl = None  # type: ignore[assignment]

_OUTPUT = "or write elsewhere with --output"


@dataclass(frozen=True)
class Fingerprint:
    """What tells one state of a file from another."""

    size: int
    changed_at: int
    digest: bytes

    @classmethod
    def of(cls, path: Path) -> Fingerprint:
        """The state the file is in."""
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
                status = os.fstat(file.fileno())
        except OSError as error:
            raise FileError(path.name, f"the file cannot be read ({error.strerror or error})", "check its rights") from error
        return cls(status.st_size, status.st_mtime_ns, digest)


def must_be_unchanged(path: Path, since: Fingerprint) -> None:
    """Refuse a file that another program has written since."""
    if not path.exists() or Fingerprint.of(path) != since:
        raise BusyError(path.name, "the file was changed while it was being read", "run the refresh again")


def must_be_free(path: Path) -> None:
    """Refuse a file that another program has open, or that may not be written; what is no file, or has a name that leaves no room for others."""
    must_leave_room(path)
    for owner in (path.with_name("~$" + path.name), path.with_name(f".~lock.{path.name}#")):
        if owner.exists():
            advice = f"close it there, {_OUTPUT}; if it is not open, delete {owner.name}"
            raise BusyError(path.name, "the file is open in Excel or another program", advice)
    if not os.access(path.parent, os.W_OK):
        raise FileError(str(path), "there is no such folder, or it is read-only", f"make it, or make it writable, {_OUTPUT}")
    if not _is_there(path):
        return
    if not os.access(path, os.W_OK):
        raise FileError(path.name, "the file is read-only", f"make it writable, {_OUTPUT}")
    try:
        with path.open("r+b") as file:
            _lock(file)
    except PermissionError as error:
        raise BusyError(path.name, "another program has locked the file", f"close it there, {_OUTPUT}") from error


def must_leave_room(path: Path) -> None:
    """Refuse a name so long that no file can lie beside it which has the same with something before it: so is the new one called, and the backup."""
    try:
        os.lstat(_backup_copy(path))
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise FileError(path.name, "the name is too long: new files and backups lie beside it, with longer ones", "take a shorter name") from None


def _is_there(path: Path) -> bool:
    """Whether there is a file that can be replaced; what else may be there is refused."""
    try:
        kind = path.stat().st_mode
    except FileNotFoundError:
        return False
    except OSError as error:  # a link that leads to itself, among others
        raise FileError(path.name, f"no file can be written there ({error.strerror})", f"take another name, {_OUTPUT}") from None
    if stat.S_ISDIR(kind):
        raise FileError(str(path), "this is a folder", "name a file in it")
    if not stat.S_ISREG(kind):  # opening a pipe may wait for ever
        raise FileError(path.name, "no file that can be written", f"take another name, {_OUTPUT}")
    return True


def other_names(path: Path) -> tuple[str, ...]:
    """A remark when the file has further names (hard links): only the one that is written will show the new state."""
    if not path.exists() or path.stat().st_nlink < 2:
        return ()
    return (f"{path.name}: the file has another name on this disk (a hard link), which keeps the old state; copy it anew if you need it.",)


def replace(path: Path, write: Callable[[BinaryIO], object], *, before: Callable[[], None], backups: int = 0) -> None:
    """Write a file beside `path`, flush it, call `before` (which may still refuse), keep backups, and rename it to `path`.

    A crash at any byte leaves the old file; what it leaves of the new one is removed at the next write.
    """
    path = path.resolve()
    temporary = path.with_name(f".~xlseg-{path.name}")

    def finish() -> None:
        _keep_mode(path, temporary)
        before()
        if backups and path.exists():
            _back_up(path, backups)
        os.replace(temporary, path)
        _flush_folder(path.parent)

    try:
        _remove_stray(temporary)
        with _beside(temporary) as file:
            _backup_copy(path).unlink(missing_ok=True)
            write(file)
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:
                finish()  # locked until it has its name: another refresh would take it for a stray
        if fcntl is None:
            finish()  # Windows renames no file that is open
    except OSError as error:
        raise FileError(path.name, f"the file cannot be written ({error.strerror or error})", "free space or rights, or write elsewhere") from error
    finally:
        if fcntl is None:
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _beside(temporary: Path) -> Iterator[BinaryIO]:
    """A new file, locked; removed while it still is, when what is done with it fails.

    Between making and locking it another refresh may take it for a stray: that one goes first then.
    """
    try:
        file = temporary.open("xb")
    except FileExistsError:
        raise _being_written(temporary) from None
    with file:
        try:
            _lock(file)
        except PermissionError:
            raise _being_written(temporary) from None
        if not _is_at(file, temporary):
            raise _being_written(temporary)
        try:
            yield file
        finally:
            if fcntl is not None and _is_at(file, temporary):
                temporary.unlink()


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether this open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock(file: BinaryIO) -> None:
    """Take the file's lock, or say that another program has it."""
    if fcntl is None:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise PermissionError(error.errno, "locked") from error
    except OSError:  # a network drive without locks
        return


def _remove_stray(temporary: Path) -> None:
    """Remove what a killed run has left; what a living run writes is locked."""
    try:
        if not stat.S_ISREG(os.lstat(temporary).st_mode):
            temporary.unlink()  # a link or a pipe is not of ours: opening it may reach another file, or wait for ever
            return
        with temporary.open("r+b") as file:
            _lock(file)
            if fcntl is not None and _is_at(file, temporary):
                temporary.unlink()  # while it is locked: nobody can have put another in its place
        if fcntl is None:
            temporary.unlink()
    except FileNotFoundError:
        return
    except PermissionError as error:
        raise _being_written(temporary) from error


def _being_written(path: Path) -> BusyError:
    return BusyError(path.name.removeprefix(".~xlseg-"), "another refresh is writing the file", "wait until it has finished")


def _keep_mode(path: Path, temporary: Path) -> None:
    if path.exists():
        shutil.copymode(path, temporary)
        status = path.stat()
        with contextlib.suppress(OSError, AttributeError):  # only an administrator may give a file away
            os.chown(temporary, status.st_uid, status.st_gid)


def _backup_copy(path: Path) -> Path:
    return path.with_name(f".~xlseg-backup-{path.name}")


def _back_up(path: Path, backups: int) -> None:
    """Number the old states: 1 is the newest. The copy is whole before any number moves; what a failed run has kept already is kept once."""
    copy = _backup_copy(path)
    numbered = [path.with_name(f"{path.stem}.{i}{path.suffix}") for i in range(1, backups + 1)]
    if numbered[0].exists() and filecmp.cmp(path, numbered[0], shallow=False):
        return
    try:
        shutil.copy2(path, copy)
        for older, newer in reversed(list(zip(numbered[1:], numbered, strict=False))):
            if newer.exists():
                os.replace(newer, older)
        os.replace(copy, numbered[0])
    finally:
        copy.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Make the new name last; the file itself is safe already, so that a drive that cannot do this does not matter."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
