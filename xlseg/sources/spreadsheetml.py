"""SpreadsheetML 2003, XML named .xls: what NetSuite calls an Excel export.

Rows and cells may skip positions (ss:Index) and cover several (ss:MergeAcross). Cells are typed as the file types them; templates
exist in which every cell is a String, and the intake reads those texts as it reads a CSV file's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from lxml import etree

from xlseg.errors import FormatError, MissingSheetError
from xlseg.hosts.columns import columns_of
from xlseg.hosts.extent import FEW, MAX_COLUMNS, MAX_ROWS, PLACES_A_BYTE
from xlseg.workbook import CellError, Grid, Value

NAMESPACE = "urn:schemas-microsoft-com:office:spreadsheet"
MAX_BYTES = 1 << 30
_EMPTY: list[Value] = []
_SS = f"{{{NAMESPACE}}}"
_EXCEL = "{urn:schemas-microsoft-com:office:excel}"


class XmlSource:
    """A SpreadsheetML file as a `Source`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def epoch_1904(self) -> bool:
        """Whether the book counts days from 1904."""
        return self._book.epoch_1904

    def sheets(self) -> Sequence[str]:
        """Names of the worksheets."""
        return list(self._book.sheets)

    def sheet(self, name: str) -> XmlSheet:
        """One of them."""
        if name not in self._book.sheets:
            raise MissingSheetError(self.name, name, self.sheets())
        return XmlSheet(name, self._book.sheets[name])

    @cached_property
    def _book(self) -> _Book:
        if (size := self._path.stat().st_size) > MAX_BYTES:
            raise FormatError(self.name, "larger than 1 GiB", "export fewer rows")
        try:
            with self._path.open("rb") as file:
                return _parsed(file, self.name, size)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise FormatError(self.name, f"broken XML ({error})", "export it again") from None


class XmlSheet:
    """One of its worksheets as a `Sheet`."""

    def __init__(self, name: str, rows: list[list[Value]]) -> None:
        self._name, self._rows = name, rows

    @property
    def name(self) -> str:
        """Name on the sheet's tab."""
        return self._name

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`."""
        return self._rows[:rows]

    def body(self, below: int) -> Grid:
        """All rows below row number `below`."""
        return Grid(below + 1, columns_of([self._rows[below:]], self._name))


class _Book:
    """What has been read so far: the rows of each worksheet of a file of `size` bytes."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self._most_cells = FEW + size * PLACES_A_BYTE
        self.epoch_1904 = False
        self.sheets: dict[str, list[list[Value]]] = {}
        self._cells = 0

    def row(self, sheet: str, element: etree._Element) -> None:
        """Take a row of a worksheet, after the empty ones that it skips."""
        rows = self.sheets.setdefault(sheet, [])
        number = _position(element, len(rows) + 1)
        cells: list[Value] = []
        for cell in element.iterchildren(_SS + "Cell"):
            column = _position(cell, len(cells) + 1)
            self._check(number, column)
            cells += [None] * (column - 1 - len(cells))
            cells.append(_value(cell.find(_SS + "Data")))
            cells += [None] * min(int(cell.get(_SS + "MergeAcross", "0")), MAX_COLUMNS)
        self._check(number, len(cells))
        self._cells += number - len(rows) + len(cells)
        rows += [_EMPTY] * (number - 1 - len(rows))
        rows.append(cells)

    def _check(self, row: int, column: int) -> None:
        if row > MAX_ROWS or column > MAX_COLUMNS or self._cells > self._most_cells:
            fact = f"claims a cell in row {row:,}, column {column:,}, or more cells than can stand in it"
            raise FormatError(self.name, fact, f"keep within {MAX_ROWS:,} × {MAX_COLUMNS:,}")


def _parsed(file: BinaryIO, name: str, size: int) -> _Book:
    book, sheet = _Book(name, size), ""
    events = etree.iterparse(file, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    for event, element in events:
        if element.getparent() is None and event == "start" and element.getroottree().docinfo.doctype:
            raise FormatError(name, "its XML declares a document type", "export it again")
        if event == "start" and element.tag == _SS + "Worksheet":
            sheet = element.get(_SS + "Name", f"Sheet{len(book.sheets) + 1}")
            if sheet.casefold() in map(str.casefold, book.sheets):
                raise FormatError(name, f"two sheets are called {sheet!r}", "export it again")
            book.sheets[sheet] = []
        elif event == "end" and element.tag == _SS + "Row":
            book.row(sheet, element)
            element.clear(keep_tail=False)
            while element.getprevious() is not None:  # what is read is let go, or the tree would hold the whole file
                del element.getparent()[0]  # type: ignore[union-attr]
        elif event == "end" and element.tag == _EXCEL + "Date1904":
            book.epoch_1904 = True
    return book


def _position(element: etree._Element, following: int) -> int:
    """Number of a row or cell: its ss:Index, else the one after the last."""
    return max(int(element.get(_SS + "Index", "0")), following)


def _value(data: etree._Element | None) -> Value:
    if data is None:
        return None
    text = "".join(data.itertext())
    kind = data.get(_SS + "Type", "String")
    if not text or kind not in _KINDS:
        return text or None
    try:
        return _KINDS[kind](text)
    except ValueError:  # what the cell says it holds it does not: the intake lists it, as any bad cell
        return text


def _number(text: str) -> Value:
    return float(text.replace("_", "?"))  # 1_0 is a number in Python alone


def _date(text: str) -> Value:
    return dt.datetime.fromisoformat(text.strip()).replace(tzinfo=None)  # the day that is written, wherever it is read


_KINDS: dict[str, Callable[[str], Value]] = {
    "Number": _number,
    "DateTime": _date,
    "Boolean": lambda text: text.strip() in ("1", "true"),
    "Error": CellError,
}
