"""Looks at this machine for `xlseg doctor`: Python, xlwings, the registry, LibreOffice, and what a workbook says of itself. Changes nothing."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from xlseg.addin.calc_extension.office import find_office, is_listed, profile_folder
from xlseg.addin.doctor import BookFacts, Facts, Version
from xlseg.addin.runtime import version_of
from xlseg.addin.vba_reading import module_texts
from xlseg.errors import InstallError
from xlseg.hosts.macros import project_in
from xlseg.sources import open_source
from xlseg.workbook import Value

_CONF = "xlwings.conf"
_SECURITY = (r"Software\Policies\Microsoft\office\16.0\excel\security", r"Software\Microsoft\Office\16.0\Excel\Security")
"""Where Windows keeps Excel's answer to macros: what the company has set wins."""


def look(book: Path | None) -> Facts:
    """The facts of this machine, and of a workbook if one is named.

    Raises
    ------
    FileError
        When the workbook is not there or cannot be read.
    """
    home, version = Path(sys.executable).parent, installed_version()
    calc = calc_version()
    return Facts(
        platform=sys.platform,
        python=sys.version_info[:3],
        executable=sys.executable,
        is_64_bit=sys.maxsize > 2**32,
        xlwings=version,
        libraries=frozenset(path.name for folder in (home, home.parent) for path in folder.glob("xlwings*.dll")),
        has_script=_script(Path.home(), version).is_file(),
        macro_setting=macro_setting(),
        calc=calc,
        extension=is_listed(profile_folder(sys.platform, Path.home(), os.environ)) if calc else None,
        book=book_facts(book, os.environ) if book else None,
    )


def installed_version() -> str | None:
    """Version of xlwings that is installed; it is not imported, for that may fail."""
    try:
        return metadata.version("xlwings")
    except metadata.PackageNotFoundError:
        return None


def _script(home: Path, version: str | None) -> Path:
    """What lets Excel for Mac start Python."""
    return home / "Library" / "Application Scripts" / "com.microsoft.Excel" / f"xlwings-{version}.applescript"


def macro_setting() -> int | None:
    """Excel's answer to macros; None when nothing is set, or this is not Windows."""
    if sys.platform != "win32":
        return None
    registry: Any = importlib.import_module("winreg")
    for place in _SECURITY:
        try:
            with registry.OpenKey(registry.HKEY_CURRENT_USER, place) as key:
                return int(registry.QueryValueEx(key, "VBAWarnings")[0])
        except OSError:
            continue
    return None


# ── the workbook ─────────────────────────────────────────────────────────────


def book_facts(path: Path, environment: Mapping[str, str]) -> BookFacts:
    """What a workbook says of itself."""
    book = open_source(path)  # also while it is open in Excel
    project = project_in(path)
    versions = [version for text in module_texts(project or b"").values() if (version := version_of(text))]
    settings = _settings(book.sheet(_CONF).head(), environment) if _CONF in book.sheets() else {}
    named = settings.get("INTERPRETER_WIN" if sys.platform == "win32" else "INTERPRETER_MAC", "")
    return BookFacts(
        name=path.name,
        has_macros=project is not None,
        runtime=versions[0] if versions else None,
        settings=settings,
        interpreter_exists=Path(named).is_file() if named else None,
        blocked=sys.platform == "win32" and Path(f"{path}:Zone.Identifier").exists(),
        in_cloud=is_in_cloud(path.resolve(), environment),
    )


def _settings(rows: Sequence[Sequence[Value]], environment: Mapping[str, str]) -> dict[str, str]:
    """Keys and values as xlwings reads them: columns A and B, down to the first empty row."""
    found: dict[str, str] = {}
    for row in rows:
        if not row or row[0] is None:
            break
        value = row[1] if len(row) > 1 and row[1] is not None else ""
        found[str(row[0]).upper()] = expanded(str(value), environment)
    return found


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """A text with `%NAME%` replaced by the environment, as Windows does it."""
    known = {name.upper(): value for name, value in environment.items()}
    return re.sub(r"%(\w+)%", lambda m: known.get(m[1].upper(), m[0]), text)


def is_in_cloud(path: Path, environment: Mapping[str, str]) -> bool:
    """Whether a file lies in a folder that OneDrive keeps in step."""
    folders = [Path(environment[name]) for name in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer") if environment.get(name)]
    return any(path.is_relative_to(folder) for folder in folders) or "CloudStorage" in path.parts


# ── LibreOffice ──────────────────────────────────────────────────────────────


def calc_version() -> Version | None:
    """Version of the LibreOffice that is found first; None when there is none, or it does not say."""
    try:
        return find_office().version
    except InstallError:
        return None
