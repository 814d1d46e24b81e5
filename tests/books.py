"""Workbooks for tests, made by the demo generator, and ways to look into them with another program's eyes."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from xlseg.demo import make_book, write_book
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import Clock, Report, refresh
from xlseg.sources import open_source

AS_OF = dt.date(2026, 10, 31)
NOW = dt.datetime(2026, 11, 2, 6, 30)


def clock(now: dt.datetime = NOW) -> Clock:
    return Clock(now, lambda: 0.5)


def demo_file(path: Path, customers: int = 40, seed: int = 11) -> Path:
    write_book(make_book(customers, seed), path)
    return path


def refreshed(path: Path, as_of: dt.date = AS_OF, now: dt.datetime = NOW, source: Path | None = None) -> Report:
    return refresh(WorkbookFile(path), open_source(source) if source else None, as_of, clock(now))


def edited(path: Path, change: Callable[[openpyxl.Workbook], None]) -> Path:
    """The file as a user leaves it who has changed it in another program."""
    workbook = openpyxl.load_workbook(path)
    change(workbook)
    workbook.save(path)
    return path


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def part_of(path: Path, sheet: str) -> str:
    """Name of the part that holds a sheet."""
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return str(book[sheet]._worksheet_path).lstrip("/")  # type: ignore[union-attr]
    finally:
        book.close()


def header_row(sheet: Worksheet, heading: str) -> int:
    return next(row for row in range(1, 60) if any(cell.value == heading for cell in sheet[row]))


def rows(path: Path, sheet: str, key: str) -> dict[Any, dict[str, Any]]:
    """The list on a tab, by the value under the heading `key`."""
    book = openpyxl.load_workbook(path, data_only=True)
    page = book[sheet]
    top = header_row(page, key)
    heads = [cell.value for cell in page[top]]
    found = [dict(zip(heads, line, strict=False)) for line in page.iter_rows(min_row=top + 1, values_only=True)]
    return {line[key]: line for line in found if line[key] is not None}
