"""Opens whatever holds ERP sheets, by its content and not by its name."""

from __future__ import annotations

import re
from pathlib import Path

from xlseg.errors import FormatError
from xlseg.hosts.reading import open_sheets
from xlseg.sources.separated import CsvSource, decoded
from xlseg.sources.spreadsheetml import NAMESPACE, XmlSource
from xlseg.workbook import Source

_START = 8192


def open_source(path: Path) -> Source:
    """A workbook, a SpreadsheetML 2003 file, a CSV file or a folder of CSV files.

    Raises
    ------
    FormatError
        When it is none of them.
    """
    if path.is_dir():
        return _folder(path)
    if path.exists() and not path.is_file():
        raise FormatError(path.name, "no file that can be read", "name a workbook, a CSV file or a folder")
    try:
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as error:
        raise FormatError(path.name, f"cannot be opened ({error.strerror})", "check the name and the rights") from None
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        return open_sheets(path)
    text = decoded(start, path.name, whole=len(start) < _START).lstrip()
    if text.startswith("<"):
        return _xml(path, text)
    if not text or re.search("[\x00-\x08\x0e-\x1f]", text):
        raise FormatError(path.name, "neither a workbook nor a CSV file", "export the sheets as .xlsx or .csv")
    return CsvSource(path.name, [path])


def _folder(path: Path) -> CsvSource:
    try:
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv" and not file.name.startswith("."))
    except OSError as error:
        raise FormatError(path.name, f"cannot be opened ({error.strerror})", "check the name and the rights") from None
    if not files:
        raise FormatError(path.name, "a folder without .csv files", "export the sheets there, or name a workbook")
    return CsvSource(path.name, files)


def _xml(path: Path, text: str) -> XmlSource:
    if NAMESPACE not in text:
        kind = "a web page" if re.match(r"<(!doctype html|html|table|meta)", text, re.IGNORECASE) else "XML, but no SpreadsheetML"
        raise FormatError(path.name, kind, "open it in Excel and save it as .xlsx")
    return XmlSource(path)
