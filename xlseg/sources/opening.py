"""Opens whatever holds ERP sheets, by its content and not by its name."""

from __future__ import annotations

from pathlib import Path

from xlseg.errors import FormatError
from xlseg.hosts.reading import open_sheets
from xlseg.sources.separated import CsvSource
from xlseg.workbook import Source


def open_source(path: Path) -> Source:
    """A workbook, a SpreadsheetML 2003 file, a CSV file or a folder of CSV files.

    Raises
    ------
    FormatError
        When it is none of them.
    """
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv")
        if not files:
            raise FormatError(path.name, "a folder without .csv files", "export the sheets there, or name a workbook")
        return CsvSource(path.name, files)
    try:
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise FormatError(path.name, f"cannot be opened ({error.strerror})", "check the name and the rights") from None
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return open_sheets(path)
    return CsvSource(path.name, [path])
