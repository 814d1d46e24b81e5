"""The demo book as a file: exports as they are pasted into a finance team's workbook, and a page of the team's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from xlseg.demo.book import DemoBook
from xlseg.demo.defects import HEADER_ROW
from xlseg.demo.notes import write_notes
from xlseg.errors import FileError, FormatError
from xlseg.workbook import CellError

TABLES = {"Invoices": "Invoices", "Payments": "Payments"}
"""Sheets on which the team has made an Excel table of the export; the others are plain ranges."""

LARGE = 60_000
"""Rows of a sheet from which on rows are streamed to the file; that rules out Excel tables."""

MOST_ROWS = 1_048_576

EXCEL_DAY_0 = dt.datetime(1899, 12, 30)

FORMATS = {
    "date": {"num_format": "dd-mmm-yyyy", "align": "center"},
    "money": {"num_format": "#,##0.00_);[Red]-#,##0.00_)"},
    "rate": {"num_format": "0.0000", "align": "center"},
    "header": {"bold": True, "bg_color": "#D9E1F2", "bottom": 1},
    "title": {"bold": True, "font_size": 14},
}
DATES = ("Date", "Due Date/Receive By", "Paid Date", "Promise Date")
MONEY = ("Amount", "Amount Remaining", "Credit Limit")
WIDE = {
    "Name": 30,
    "Due Date/Receive By": 19,
    "Document Number": 17,
    "Payment Method": 16,
    "Amount Remaining": 17,
    "Status": 17,
    "Do Not Contact": 15,
}


def write_book(book: DemoBook, path: Path) -> None:
    """Write the book as .xlsx, the same bytes for the same book.

    Raises
    ------
    FormatError
        When a sheet has more rows than Excel holds.
    FileError
        When the file cannot be written.
    """
    longest = max(book.sheets, key=lambda name: len(book.sheets[name]))
    rows = HEADER_ROW[longest] + len(book.sheets[longest])
    if rows > MOST_ROWS:
        raise FormatError(path.name, f"{longest} would have {rows:,} rows and Excel holds {MOST_ROWS:,}", "make a book of fewer customers or years")
    large = rows > LARGE
    workbook = xlsxwriter.Workbook(str(path), {"constant_memory": large})
    workbook.set_properties({"title": "Customer ledger", "author": "Finance", "created": dt.datetime.combine(book.until, dt.time(8))})
    formats = {name: workbook.add_format(look) for name, look in FORMATS.items()}
    for name, frame in book.sheets.items():
        _write_sheet(workbook.add_worksheet(name), name, frame, formats, "" if large else TABLES.get(name, ""))
    write_notes(workbook, book)
    try:
        workbook.close()
    except FileCreateError as error:
        raise FileError(str(path), f"cannot be written ({error})", "close it in Excel, or name another place") from error


def _write_sheet(sheet: Any, name: str, frame: pd.DataFrame, formats: dict[str, Any], table: str) -> None:
    header, last = HEADER_ROW[name] - 1, HEADER_ROW[name] - 1 + len(frame)
    looks = [_look(heading) for heading in frame.columns]
    for place, heading in enumerate(frame.columns):
        sheet.set_column(place, place, WIDE.get(heading, 13), formats.get(looks[place]))
    if header:
        sheet.write_string(0, 0, "Sales Orders: Results", formats["title"])
        sheet.write_string(1, 0, "Saved search, all dates")
    sheet.freeze_panes(header + 1, 0)
    sheet.repeat_rows(header)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    if table:
        columns = [{"header": heading, "header_format": formats["header"]} for heading in frame.columns]
        sheet.add_table(header, 0, max(last, header + 1), len(columns) - 1, {"name": table, "columns": columns, "style": "Table Style Light 9"})
    else:
        sheet.write_row(header, 0, list(frame.columns), formats["header"])
        sheet.autofilter(header, 0, max(last, header + 1), len(looks) - 1)
    columns_of_cells = [_cells(frame[heading]) for heading in frame.columns]
    for row, cells in enumerate(zip(*columns_of_cells, strict=True), start=header + 1):
        _write_row(sheet, row, cells, [formats.get(look) for look in looks])


def _look(heading: str) -> str:
    if heading in DATES:
        return "date"
    return "money" if heading in MONEY else "rate" if heading == "FX Rate" else ""


def _cells(column: pd.Series) -> Sequence[Any]:
    """What to write: texts, floats, serial numbers for dates, CellErrors, and None where the cell stays empty."""
    if column.dtype.kind == "M":
        serials = (column - EXCEL_DAY_0).dt.days
        return [None if missing else float(serial) for serial, missing in zip(serials, column.isna(), strict=True)]
    return [_cell(value) for value in column]


def _cell(value: object) -> object:
    if isinstance(value, pd.Timestamp):
        return float((value - EXCEL_DAY_0).days)
    return None if value == "" or value is pd.NaT or value != value else value


def _write_row(sheet: Any, row: int, cells: Sequence[Any], looks: Sequence[Any]) -> None:
    for place, (value, look) in enumerate(zip(cells, looks, strict=True)):
        if isinstance(value, str):
            sheet.write_string(row, place, value, look)
        elif isinstance(value, CellError):
            sheet.write_formula(row, place, "=NA()", look, value.code)
        elif value is not None:
            sheet.write_number(row, place, value, look)
