"""The notify file: apprise's own configuration, with the addresses of services and the passwords in them. It belongs to a machine and its user."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlseg.errors import NoticeError

_NAMES = ("notify.yml", "notify.yaml", "notify.txt")
_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class NotifyFile:
    """The text of a notify file and how it is written; `remark` when others than its owner may read it."""

    name: str
    text: str
    format: str
    remark: str = ""

    def __repr__(self) -> str:
        """Without the text: it holds passwords."""
        return f"NotifyFile({self.name!r})"


def standard_file(platform: str, home: Path, environment: Mapping[str, str]) -> Path:
    """Where the notify file is by default: as XLSEG_NOTIFY says, else in the user's folder of settings, as notify.yml or notify.txt."""
    if named := environment.get("XLSEG_NOTIFY"):
        return Path(named)
    folder = settings_folder(platform, home, environment)
    return next((folder / name for name in _NAMES if os.path.exists(folder / name)), folder / _NAMES[0])  # a folder that may not be read holds none


def settings_folder(platform: str, home: Path, environment: Mapping[str, str]) -> Path:
    """The folder that the system has for settings of a user's programs."""
    if platform == "win32":
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "xlseg"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "xlseg"
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "xlseg"


def notify_file(path: Path) -> NotifyFile:
    """Read a notify file: lines of `tag=address` in .txt, apprise's YAML in .yml.

    Raises
    ------
    NoticeError
        When it is not there or cannot be read.
    """
    if path.exists() and not path.is_file():  # opening a pipe may wait for ever
        raise NoticeError(str(path), "the notify file cannot be read (it is no file)", "name the right one with --notify-config")
    try:
        with path.open("rb") as file:
            about, content = os.fstat(file.fileno()), file.read(_MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except FileNotFoundError:
        raise NoticeError(str(path), "there is no such notify file", "make it as docs/schedule.md shows, or name it with --notify-config") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise NoticeError(str(path), f"the notify file cannot be read ({reason})", "check the file and its rights") from None
    if len(content) > _MOST_BYTES:
        raise NoticeError(str(path), "too large for a notify file", "name the right one with --notify-config")
    written = "yaml" if path.suffix.lower() in (".yml", ".yaml") else "text"
    return NotifyFile(path.name, text, written, _remark(path, about))


def _remark(path: Path, about: os.stat_result) -> str:
    if os.name == "nt" or not stat.S_IMODE(about.st_mode) & 0o077:
        return ""
    return f"others may read {path}, which holds passwords. To go on, run: chmod 600 {path.name}"
