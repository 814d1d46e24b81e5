"""The log of runs with nobody at the desk: a line when one begins, one when it ends, of bounded size. No customers, no addresses of services."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlseg.errors import ScheduleError
from xlseg.scheduling.job import key_of
from xlseg.terminal import plain_line

STARTED, DONE, FAILED, NOTICE = "started", "done", "FAILED", "notice"

MOST = 512 * 1024
"""Bytes beyond which the older half of a log goes."""

_LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*) (started|done|FAILED|notice) +(.*)")


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
        When it cannot be written.
    """
    line = plain_line(f"{when.isoformat(timespec='seconds')} {state:<8} {words}") + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MOST:
            _halve(path)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(line.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise ScheduleError(str(path), f"the log cannot be written ({error.strerror})", "name another one with --log") from None


def _halve(path: Path) -> None:
    kept = path.read_bytes()[-MOST // 2 :].split(b"\n", 1)[-1]
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(kept)
    beside.replace(path)


def last_run(path: Path) -> Ran | None:
    """The last run that a log tells of; None when it tells of none."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST))
        lines = file.read().decode("utf-8", "replace").splitlines()
    found = [Ran(*match.groups()) for line in lines if (match := _LINE.fullmatch(line)) and match[2] != NOTICE]
    return found[-1] if found else None
