"""The log of runs with nobody at the desk: a line when one begins, one when it ends, of bounded size. No customers, no addresses of services."""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xlseg.errors import FileError, ScheduleError
from xlseg.hosts import saving
from xlseg.scheduling.job import key_of
from xlseg.terminal import plain_line

STARTED, DONE, FAILED, NOTICE = "started", "done", "FAILED", "notice"

MOST = 512 * 1024
"""Bytes beyond which the older half of a log goes."""

_BEGINNING = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (started|done|FAILED|notice) +"
_LINE = re.compile(f"{_BEGINNING}(.*)")
_LONGEST_BEGINNING = 80
_NO_FILE = "|"
_OTHER = "name another one with --log"


_AT_ONCE = getattr(os, "O_NONBLOCK", 0)
"""Opening does not wait for whoever reads or writes at the other end of a pipe."""


@dataclass(frozen=True)
class Ran:
    """How the last run went: when, `done`, `FAILED` or (when nothing was noted after its beginning) `started`, and what was noted."""

    when: str
    state: str
    words: str


def state_folder(platform: str, home: Path, environment: Mapping[str, str]) -> Path:
    """The folder that the system has for what a user's programs note."""
    if platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local") / "xlseg"
    if platform == "darwin":
        return home / "Library" / "Logs" / "xlseg"
    return Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state") / "xlseg"


def standard_log(folder: Path, book: Path) -> Path:
    """The log of a book, where none is named."""
    return folder / f"{book.stem}-{key_of(book)}.log"


def note(path: Path, when: dt.datetime, state: str, words: str) -> None:
    """Add a line; of a log that has grown too large the newer half stays.

    Raises
    ------
    ScheduleError
        When it cannot be written, or is another file than a log of ours.
    """
    line = plain_line(f"{when.isoformat(timespec='seconds')} {state:<8} {words}") + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _must_be_ours(path)
        if path.exists() and path.stat().st_size > MOST:
            _halve(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _AT_ONCE, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(line.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise ScheduleError(str(path), f"the log cannot be written ({error.strerror})", _OTHER) from None
    except FileError as error:
        raise ScheduleError(str(path), f"the log cannot be written ({error.fact})", _OTHER) from None


def must_be_a_log(path: Path) -> None:
    """Refuse a file that is there and does not begin as a log does; what cannot be read is told of when a line is to be added to it.

    Raises
    ------
    ScheduleError
        When it is another file, a pipe or a device.
    """
    with suppress(OSError):
        _must_be_ours(path)


def _must_be_ours(path: Path) -> None:
    if path.exists() and not re.match(rf"\Z|{_BEGINNING}", _beginning(path)):
        raise ScheduleError(str(path), "this is no log of xlseg, and is left as it is", _OTHER)


def _beginning(path: Path) -> str:
    """The first characters of a file; of what is none a sign: reading a pipe or a device may not end."""
    if not path.is_file():
        return _NO_FILE
    with os.fdopen(os.open(path, os.O_RDONLY | _AT_ONCE), "rb") as file:
        is_file = stat.S_ISREG(os.fstat(file.fileno()).st_mode)  # it may be another one by now
        return file.read(_LONGEST_BEGINNING).decode("utf-8", "replace") if is_file else _NO_FILE


def _halve(path: Path) -> None:
    kept = path.read_bytes()[-MOST // 2 :].split(b"\n", 1)[-1]
    saving.replace(path, lambda file: file.write(kept), before=lambda: None)


def last_run(path: Path) -> Ran | None:
    """The last run that a log tells of; None when it tells of none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST))
        lines = file.read().decode("utf-8", "replace").splitlines()
    found = [Ran(*match.groups()) for line in lines if (match := _LINE.fullmatch(line)) and match[2] != NOTICE]
    return found[-1] if found else None
