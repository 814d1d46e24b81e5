"""The VBA of xlwings that a workbook carries: by it Excel starts Python, and only the Python that has the same version of xlwings.

It is looked for, not imported: importing xlwings may fail where there is no Excel.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from xlseg.addin.ovba import Module, from_exported

_VERSION = re.compile(r'XLWINGS_VERSION As String = "([^"]+)"')


@dataclass(frozen=True)
class Runtime:
    """Modules of one version of xlwings."""

    version: str
    modules: tuple[Module, ...]


def installed_runtime(folder: Path | None = None) -> Runtime | None:
    """The runtime of the xlwings that is installed here (or lies in a folder); None where there is none.

    Besides the runtime itself it needs a dictionary, which VBA on a Mac does not have.
    """
    folder = folder or installed_folder()
    if folder is None or not (folder / "xlwings.bas").is_file() or not (folder / "addin" / "Dictionary.cls").is_file():
        return None
    runtime = from_exported(_text(folder / "xlwings.bas"), "module")
    dictionary = from_exported(_text(folder / "addin" / "Dictionary.cls"), "class")
    return Runtime(version_of(runtime.code) or "", (runtime, dictionary))


def installed_folder() -> Path | None:
    """Where xlwings is installed."""
    spec = find_spec("xlwings")
    return Path(spec.origin).parent if spec and spec.origin else None


def version_of(source: str) -> str | None:
    """Version of xlwings that a module's text says it is of; None for another text."""
    found = _VERSION.search(source)
    return found[1] if found else None


def _text(path: Path) -> str:
    return path.read_text(encoding="cp1252")
