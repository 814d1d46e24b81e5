"""Reads the sheets of an .xlsx or .xlsm file: values only, typed as they stand in the cells.

python-calamine reads (a hundred thousand rows of ten columns in about a second). It shows an error value as an empty cell, so
the file is surveyed first, and where it holds one, fastexcel's error report says where and which. openpyxl reads, ten times
slower, where calamine is not installed, and sheets so sparse that calamine, which fills the gaps, would need the whole memory.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from xlseg.errors import FormatError, MissingSheetError
from xlseg.hosts.book import sheets_of_tables
from xlseg.hosts.extent import MAX_ROWS
from xlseg.hosts.heads import HEAD_ROWS, shortened
from xlseg.hosts.opening import indexed, opened
from xlseg.hosts.survey import Survey, inspect
from xlseg.workbook import Array, CellError, Grid, Value

MAX_DENSE = 60_000_000
"""Cells, empty ones included, up to which a sheet is read by calamine, which keeps 24 bytes for each; and up to which it is read at all."""

MAX_SPARSE = 20_000_000
"""The same for openpyxl, which needs a minute for as many cells that hold something."""

LARGE = 500_000
"""Cells of the largest sheet from which on a head is read without the rest."""

_BLOCK = 50_000
logging.getLogger("calamine").addHandler(logging.NullHandler())  # what it thinks of a false dimension is nothing to the user
_ERRORS = {"Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!", "Value": "#VALUE!"}
_DAY = dt.timedelta(days=1)


def open_sheets(path: Path) -> BookReader:
    """The sheets of a workbook file.

    Raises
    ------
    FormatError
        When the content (not the name) of the file is not an .xlsx or .xlsm, or claims more than Excel can hold.
    """
    try:
        with opened(path) as package:
            return BookReader(path, *inspect(path.name, package, indexed(package, path.name)))
    except (zipfile.BadZipFile, EOFError, zlib.error, struct.error) as error:
        raise FormatError(path.name, f"not a workbook, or broken ({error})", "restore it from a backup") from None
    except OSError as error:
        raise FormatError(path.name, f"cannot be opened ({error.strerror or error})", "check the name and the rights") from None


class BookReader:
    """A workbook file as a `Source`."""

    def __init__(self, path: Path, epoch_1904: bool, survey: Survey) -> None:
        self._path, self._epoch_1904, self._survey = path, epoch_1904, survey

    @property
    def name(self) -> str:
        """The file's name."""
        return self._path.name

    @property
    def epoch_1904(self) -> bool:
        """Whether the book counts days from 1904."""
        return self._epoch_1904

    def sheets(self) -> Sequence[str]:
        """Names of the worksheets (chart and macro sheets hold no cells)."""
        return self._cells.names()

    def sheet(self, name: str) -> SheetReader:
        """One of them.

        Raises
        ------
        MissingSheetError
            When there is no worksheet of that name.
        """
        if name not in self.sheets():
            raise MissingSheetError(self.name, name, self.sheets())
        if self._survey.dense > LARGE:
            return SheetReader(name, self._when_asked(name, False), self._when_asked(name, True))
        with self._told(name):
            return SheetReader(name, self._cells.load(name))

    def _when_asked(self, name: str, head: bool) -> Rows:
        """The rows of a worksheet, or of its head, which are not read before somebody wants them."""
        loaded: list[Rows] = []

        def rows(below: int) -> Iterator[Sequence[Any]]:
            if not loaded:
                with self._told(name):
                    loaded.append((self._heads if head else self._cells).load(name))
            return loaded[0](below)

        return rows

    @cached_property
    def _heads(self) -> Cells:
        return choose_cells(shortened(self._path), self._survey)

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name."""
        return self._tables.get(table.casefold())

    @cached_property
    def _tables(self) -> dict[str, str]:
        return sheets_of_tables(self._path)

    @cached_property
    def _cells(self) -> Cells:
        with self._told(self.name):
            return choose_cells(self._path, self._survey)

    @contextmanager
    def _told(self, place: str) -> Iterator[None]:
        """Whatever a parser raises on a broken part: the user can do the same about it."""
        try:
            yield
        except FormatError:
            raise
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise FormatError(place, f"cannot be read ({reason})", "open the workbook in Excel and save it again") from error


class SheetReader:
    """A worksheet as a `Sheet`."""

    def __init__(self, name: str, rows: Rows, head: Rows | None = None) -> None:
        self._name, self._rows, self._head = name, rows, head or rows

    @property
    def name(self) -> str:
        """Name on the sheet's tab."""
        return self._name

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`; empty ones are kept."""
        read = self._head if rows <= HEAD_ROWS else self._rows
        return [[plain(cell) for cell in row] for row in islice(read(0), rows)]

    def body(self, below: int) -> Grid:
        """All rows below row number `below`."""
        blocks, rows = [], self._rows(below)
        while block := list(islice(rows, _BLOCK)):
            blocks.append(block)
        return Grid(below + 1, columns_of(blocks, self._name))


Rows = Callable[[int], Iterator[Sequence[Any]]]
"""All rows below a row number, each from column A on."""


Package = Path | BytesIO
"""A workbook file, or the shortened copy of one."""


class Cells(Protocol):
    """A library that reads cells."""

    def names(self) -> Sequence[str]:
        """Names of the worksheets."""

    def load(self, name: str) -> Rows:
        """One worksheet's rows."""


def choose_cells(book: Package, survey: Survey) -> Cells:
    """The quickest library that is installed and sees all that is in this file."""
    if survey.dense <= MAX_DENSE and not survey.is_sparse:
        with suppress(ImportError):
            return calamine_cells(book, survey.has_errors)
    return OpenpyxlCells(book)


def calamine_cells(book: Package, has_errors: bool) -> Cells:
    """calamine, or openpyxl for what calamine refuses to open, such as a book with macro sheets.

    Raises
    ------
    ImportError
        When calamine is not installed.
    """
    from python_calamine import CalamineError

    try:
        return CalamineCells(book, has_errors)
    except CalamineError:
        return OpenpyxlCells(book)


class CalamineCells:
    """python-calamine, with fastexcel for the error values."""

    def __init__(self, book: Package, has_errors: bool) -> None:
        import python_calamine

        if isinstance(book, Path) and book.suffix.lower() not in (".xlsx", ".xlsm"):
            book = BytesIO(book.read_bytes())  # by its content: both libraries go by the name of a path
        self._book = python_calamine.load_workbook(book)  # first: its refusal has an error of its own kind
        if has_errors:
            import fastexcel

            self._reader = fastexcel.read_excel(book if isinstance(book, Path) else book.getvalue())
        self._has_errors = has_errors
        worksheet = python_calamine.SheetTypeEnum.WorkSheet
        self._names = [sheet.name for sheet in self._book.sheets_metadata if sheet.typ == worksheet]

    def names(self) -> Sequence[str]:
        """Names of the worksheets."""
        return self._names

    def load(self, name: str) -> Rows:
        """One worksheet's rows."""
        sheet = self._book.get_sheet_by_name(name)
        left = sheet.start[1] if sheet.start else 0
        errors = self._errors(name, left) if self._has_errors and sheet.start else {}
        margin = [None] * left

        def rows(below: int) -> Iterator[Sequence[Any]]:
            # iter_rows starts at the sheet's first row, but in each row at the first used column
            for number, row in enumerate(islice(sheet.iter_rows() if sheet.start else (), below, None), below):
                cells: list[Any] = [*margin, *row]
                for column, code in errors.get(number, ()):
                    cells[column] = CellError(code)
                yield cells

        return rows

    def _errors(self, name: str, left: int) -> dict[int, list[tuple[int, str]]]:
        """Row → (column, code), both from 0. fastexcel counts rows from the sheet's first when told to skip none, columns from the first used."""
        sheet = self._reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        report = sheet.to_arrow_with_errors()[1]
        found: dict[int, list[tuple[int, str]]] = {}
        for error in report.errors if report else ():
            code = re.search(r"Error\((\w+)\)", error.detail)
            row, column = error.position
            found.setdefault(row, []).append((column + left, _ERRORS.get(code[1], "#N/A") if code else "#N/A"))
        return found


class OpenpyxlCells:
    """openpyxl in its streaming mode."""

    def __init__(self, book: Package) -> None:
        import openpyxl

        content = BytesIO(book.read_bytes()) if isinstance(book, Path) else book  # of a path it would keep the file open: Windows replaces none such
        with _quiet():
            self._book = openpyxl.load_workbook(content, read_only=True, data_only=True)

    def names(self) -> Sequence[str]:
        """Names of the worksheets."""
        return [sheet.title for sheet in self._book.worksheets]

    def load(self, name: str) -> Rows:
        """One worksheet's rows."""
        sheet = self._book[name]
        sheet.reset_dimensions()  # what the file claims about its size may be wrong
        with _quiet():
            rows = list(_within_bounds(name, sheet.iter_rows()))
        return lambda below: iter(rows[below:])


def _within_bounds(name: str, rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """The values of rows of cells; openpyxl, too, fills the gaps before a cell, and above a row."""
    cells = 0
    for number, row in enumerate(rows, start=1):
        cells += len(row)
        if cells > MAX_SPARSE or number > MAX_ROWS:
            raise FormatError(name, f"its cells spread over more than {MAX_SPARSE:,} places", "delete what stands far below or beside the table")
        yield _trimmed([CellError(str(cell.value)) if cell.data_type == "e" else cell.value for cell in row])


def _trimmed(row: list[Any]) -> list[Any]:
    while row and row[-1] is None:  # cells that only have a format
        row.pop()
    return row


@contextmanager
def _quiet() -> Iterator[None]:
    """Openpyxl warns of what it would lose on saving; it never saves here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# ── from a library's cells to ours ───────────────────────────────────────────


def plain(cell: Any) -> Value:
    """A cell as one of the port's values: a time of day and a duration are days, as in the sheet; an empty text is no value."""
    if isinstance(cell, dt.time):
        return dt.timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second, microseconds=cell.microsecond) / _DAY
    if isinstance(cell, dt.timedelta):
        return cell / _DAY
    return None if cell == "" else cell


def columns_of(blocks: Sequence[Sequence[Sequence[Any]]], sheet: str) -> tuple[Array, ...]:
    """Columns of rows that come in blocks, the rows filled up to the longest.

    Raises
    ------
    FormatError
        When they would fill more cells than any export does.
    """
    width = max((len(row) for block in blocks for row in block), default=0)
    if (cells_ := width * sum(map(len, blocks))) > MAX_DENSE:
        raise FormatError(sheet, f"its cells spread over {cells_:,} places", "delete what stands far below or beside the table")
    pieces: list[list[Array]] = [[] for _ in range(width)]
    for block in blocks:
        full = [row if len(row) == width else [*row, *[None] * (width - len(row))] for row in block]
        for piece, cells in zip(pieces, zip(*full, strict=True), strict=True):
            piece.append(column_of(cells))
    return tuple(_joined(piece) for piece in pieces)


_NUMBERS, _DATES, _EMPTY = {float, int}, {dt.datetime, dt.date}, {type(None)}


def column_of(cells: Sequence[Any]) -> Array:
    """One column: numbers or dates as such when it holds nothing else, else objects.

    An empty column is one of numbers, all absent.
    """
    kinds = set(map(type, cells))
    if kinds - _NUMBERS - _DATES - _EMPTY:
        cells = [plain(cell) for cell in cells]
        kinds = set(map(type, cells))
    kinds -= _EMPTY
    if kinds <= _NUMBERS:
        return np.array(cells, dtype=float)
    if kinds <= _DATES:
        distinct = list(dict.fromkeys(cells))  # each made once: numpy takes a microsecond for one
        place = {date: i for i, date in enumerate(distinct)}
        return np.array(distinct, dtype="datetime64[s]")[[place[cell] for cell in cells]]
    objects = np.empty(len(cells), dtype=object)
    objects[:] = cells
    return objects


def _joined(pieces: Sequence[Array]) -> Array:
    """The pieces of a column, of one kind unless they differ; an empty piece takes on any kind."""
    if len({piece.dtype for piece in pieces}) == 1:
        return np.concatenate(pieces)
    kinds = {piece.dtype for piece in pieces if not _is_empty(piece)}
    if kinds == {np.dtype("datetime64[s]")}:
        return np.concatenate([np.full(len(p), "NaT", "datetime64[s]") if _is_empty(p) else p for p in pieces])
    return np.concatenate([_objects(p) for p in pieces])


def _is_empty(piece: Array) -> bool:
    return piece.dtype == float and bool(np.isnan(piece).all())


def _objects(piece: Array) -> Array:
    if piece.dtype == object:
        return piece
    objects = piece.astype(object)
    objects[np.isnan(piece) if piece.dtype == float else np.isnat(piece)] = None
    return objects
