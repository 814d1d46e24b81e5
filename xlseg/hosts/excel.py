"""A workbook that is open in Excel, through xlwings: read as it stands there, and changed there cell by cell.

What is to change is worked out on a small file of our tabs (`twin`) by the code that updates files, so that a live book gets what a file would
get, and nothing is touched before all of it is known to be possible. Only the API that xlwings has on Windows and Mac alike is used;
the few exceptions look at the platform first. xlwings itself is imported by whoever has the book.
"""

from __future__ import annotations

import datetime as dt
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from xlseg.errors import BusyError, LayoutError, XlsegError
from xlseg.hosts.a1 import Area
from xlseg.hosts.book import MARK
from xlseg.hosts.columns import columns_of
from xlseg.hosts.exceledits import Edits, notes, plain
from xlseg.hosts.twin import Changed, LiveSheet, Place, Twin
from xlseg.workbook import CellError, Grid, Sheet, Tab, Value, Written

_BLOCK = 20_000
"""Rows that are read at once: each transfer is held in memory by both programs."""
_ERRORS = ("#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!")
_QUIET = {"screen_updating": False, "calculation": "manual", "enable_events": False, "display_alerts": False}
_MAC_FOLDER = "Library/Containers/com.microsoft.Excel/Data"
"""The only folder of which Excel for Mac opens files without asking."""


class ExcelWorkbook:
    """An open workbook, a `Workbook` of the port. Nothing is saved: that is the user's to do.

    Parameters
    ----------
    book
        An `xlwings.Book`.
    """

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def name(self) -> str:
        """Name of the file."""
        return str(self._book.name)

    @property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904."""
        api = self._book.api
        with suppress(AttributeError):
            return bool(api.date_1904.get() if sys.platform == "darwin" else api.Date1904)
        return False

    def sheets(self) -> Sequence[str]:
        """Names of the worksheets, in their order."""
        return [str(sheet.name) for sheet in self._book.sheets]

    def sheet(self, name: str) -> Sheet:
        """One of them."""
        return ExcelSheet(self._book.sheets[name])

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name."""
        if table.endswith("!"):
            return next((name for name in self.sheets() if (_mark(self._book.sheets[name]) or "").casefold() == table[:-1].casefold()), None)
        return next((sheet for sheet, name in self._tables() if name.casefold() == table.casefold()), None)

    def totals_row(self, table: str) -> int | None:
        """Number of the totals row of the table of this name; None when it has none."""
        found = self._table(table)
        return _area(found.range).bottom if found is not None and found.show_totals else None

    def last_row(self, table: str) -> int | None:
        """Number of the last row of the table's data; None when there is no such table."""
        found = self._table(table)
        return _area(found.range).bottom - bool(found.show_totals) if found is not None else None

    def _table(self, name: str) -> Any:
        return next((each for sheet in self._book.sheets for each in sheet.tables if str(each.name).casefold() == name.casefold()), None)

    def write(self, tabs: Sequence[Tab], *, save: bool = True) -> Written:
        """Make or update the tabs in the open book, all or nothing; with `save=False` only say what would be done.

        Raises
        ------
        LayoutError
            When a tab of ours has lost its key column, has no room, or is protected.
        BusyError
            When Excel refuses a change, as it does while a cell is being edited; what was changed before is then as it was.
        """
        with tempfile.TemporaryDirectory(prefix="xlseg-", dir=_folder(), ignore_cleanup_errors=True) as folder, self._told():
            twin = Twin(Path(folder), [_live(self._book.sheets[name]) for name in self._homes(tabs)], self.name, epoch_1904=self.epoch_1904)
            try:
                written, changes = twin.update(tabs)
                if save and changes:
                    self._must_be_free(changes)
                    twin.save()
                    # Excel opens no two books of one name, and the user may have one of any.
                    self._apply(changes, twin.path.rename(Path(folder, f"{Path(folder).name}.xlsx")))
            finally:
                twin.close()
        return written

    def _apply(self, changes: Sequence[Changed], twin: Path) -> None:
        app = self._book.app
        with _quiet(app):
            shown = self._book.sheets.active
            drawn = app.books.open(str(twin))
            edits = Edits(self._book, drawn)
            try:
                edits.make(changes)
            except BaseException:
                edits.undo()
                raise
            finally:
                drawn.close()
                self._book.activate()
                shown.activate()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Whatever Excel or the bridge to it raises becomes one line."""
        try:
            yield
        except (XlsegError, MemoryError):
            raise
        except Exception as error:
            reason = " ".join(str(part) for part in error.args if isinstance(part, str))[:100] or type(error).__name__
            advice = "press Esc if a cell is being edited, close any open dialog, and refresh again"
            raise BusyError(self.name, f"Excel did not let the tabs be written ({reason})", advice) from error

    def _must_be_free(self, changes: Sequence[Changed]) -> None:
        """Look for protection before anything is written, as far as it can be seen."""
        if any(change.made for change in changes) and _is_protected(self._book, "ProtectStructure"):
            raise LayoutError(
                self.name, "the structure of the workbook is locked, so that no tab can be added", "unprotect it (Review, Protect Workbook)"
            )
        for change in changes:
            if not change.made and change.touches_cells and _is_protected(self._book.sheets[change.name], "ProtectContents"):
                raise LayoutError(change.name, "the sheet is protected", "unprotect it (Review, Unprotect Sheet)")

    def _homes(self, tabs: Sequence[Tab]) -> list[str]:
        """The sheets that are tabs of ours already, by name, table or mark."""
        tables = {table.name.casefold() for tab in tabs for table in tab.tables}
        ours = {tab.name.casefold() for tab in tabs}
        holders = {sheet for sheet, table in self._tables() if table.casefold() in tables}
        return [name for name in self.sheets() if name.casefold() in ours or name in holders or _mark(self._book.sheets[name]) is not None]

    def _tables(self) -> list[tuple[str, str]]:
        return [(str(sheet.name), str(table.name)) for sheet in self._book.sheets for table in sheet.tables]


class ExcelSheet:
    """One sheet, read in blocks when it is asked for."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    @property
    def name(self) -> str:
        """Name on the sheet's tab."""
        return str(self._sheet.name)

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`; empty ones are kept."""
        return [row for block in _blocks(self._sheet, 1, rows) for row in block]

    def body(self, below: int) -> Grid:
        """All rows below row number `below`."""
        return Grid(below + 1, columns_of(list(_blocks(self._sheet, below + 1)), self.name))


def _blocks(sheet: Any, first: int, last: int | None = None) -> Iterator[list[list[Value]]]:
    """The rows from `first` to `last` or the last that is used, from column A on."""
    end = sheet.used_range.last_cell
    bottom = int(end.row) if last is None else min(last, int(end.row))
    for top in range(first, bottom + 1, _BLOCK):
        area = sheet.range((top, 1), (min(top + _BLOCK - 1, bottom), int(end.column)))
        yield [[_value(cell) for cell in row] for row in area.options(ndim=2, err_to_str=True, dates=dt.datetime).value]


def _value(cell: Any) -> Value:
    if isinstance(cell, str):
        return CellError(cell) if cell in _ERRORS else cell or None
    value: Value = cell
    return value


def _live(sheet: Any) -> LiveSheet:
    """A tab as it stands. Totals rows are left to Excel, which puts them below the rows by itself."""
    tables = {str(table.name): _area(table.range) for table in sheet.tables}
    rows = [row for block in _blocks(sheet, 1) for row in block]
    formulas = _formulas(sheet, rows)
    for table in sheet.tables:
        if table.show_totals:
            area = tables[str(table.name)]
            tables[str(table.name)] = area.ending(area.bottom - 1)
            for column in range(area.left, area.right + 1):
                rows[area.bottom - 1][column - 1] = None
                formulas.pop((area.bottom, column), None)
    return LiveSheet(str(sheet.name), [list(column) for column in zip(*rows, strict=True)], formulas, tables, _mark(sheet), notes(sheet))


def _formulas(sheet: Any, rows: Sequence[Sequence[Value]]) -> dict[Place, str]:
    """The formulas; a text that begins with = is none."""
    if not rows:
        return {}
    words = sheet.range((1, 1), (len(rows), len(rows[0]))).formula
    lines = words if isinstance(words, (list, tuple)) else [[words]]
    return {
        (r, c): word[1:]
        for r, (line, row) in enumerate(zip(lines, rows, strict=True), start=1)
        for c, (word, value) in enumerate(zip(line, row, strict=True), start=1)
        if isinstance(word, str) and word.startswith("=") and word != value
    }


def _area(found: Any) -> Area:
    rows, columns = found.shape
    return Area(int(found.row), int(found.column), int(found.row) + int(rows) - 1, int(found.column) + int(columns) - 1)


def _mark(sheet: Any) -> str | None:
    """Which tab without tables a sheet was made as."""
    for name in sheet.names:
        if plain(name) == MARK:
            return str(name.refers_to or "").removeprefix("=").strip('"')
    return None


def _is_protected(what: Any, which: str) -> bool:
    """Only Excel for Windows says so by one name for all its versions."""
    return sys.platform != "darwin" and bool(getattr(what.api, which, False))


def _folder() -> str | None:
    folder = Path.home() / _MAC_FOLDER
    return str(folder) if sys.platform == "darwin" and folder.is_dir() else None


@contextmanager
def _quiet(app: Any, wanted: Mapping[str, object] = _QUIET) -> Iterator[None]:
    """Excel neither draws, calculates, runs macros of events nor asks meanwhile; then all is as it was, whatever happens."""
    before = {name: getattr(app, name) for name in wanted}
    try:
        for name, value in wanted.items():
            setattr(app, name, value)
        yield
    finally:
        for name, value in before.items():
            with suppress(Exception):
                setattr(app, name, value)
