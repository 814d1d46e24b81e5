"""The libraries that read cells, each cell as it stands: calamine, or openpyxl.

calamine reads a hundred thousand rows of ten columns in about a second. It shows an error value as an empty cell, so where the
survey has seen one, fastexcel's error report says where and which. openpyxl reads, ten times slower, where calamine is not
installed, sheets so sparse that calamine, which fills the gaps, would need the whole memory, and books with a number
so far below zero that calamine ends in a panic where it is to be a date.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from xlseg.errors import FormatError
from xlseg.hosts.extent import MAX_DENSE, MAX_ROWS
from xlseg.hosts.survey import Survey
from xlseg.workbook import CellError

MAX_SPARSE = 12_000_000
"""Cells, empty ones included, up to which a sheet is read by openpyxl, which needs most of a minute for as many that hold something."""

_ERRORS = {"Div0": "#DIV/0!", "NA": "#N/A", "Name": "#NAME?", "Null": "#NULL!", "Num": "#NUM!", "Ref": "#REF!", "Value": "#VALUE!"}
for _library in ("calamine", "fastexcel"):  # what they think of a false dimension or an empty column is nothing to the user
    logging.getLogger(_library).addHandler(logging.NullHandler())

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?")
_NO_DATE = CellError("#NUM!")
_DAY_0 = dt.datetime(1899, 12, 31)  # before 1 March 1900 the library counts as if 1900 had no 29 February

Rows = Callable[[int], Iterator[Sequence[Any]]]
"""All rows below a row number, each from column A on."""


Package = Path | BytesIO
"""A workbook file, or the shortened copy of one."""


def named_by_content(path: Path) -> Package:
    """The file, or its content where the name would mislead the libraries, which go by the ending of a path."""
    return path if path.suffix.lower() in (".xlsx", ".xlsm") else BytesIO(path.read_bytes())


class Cells(Protocol):
    """A library that reads cells."""

    def names(self) -> Sequence[str]:
        """Names of the worksheets."""

    def load(self, name: str) -> Rows:
        """One worksheet's rows."""


def choose_cells(book: Package, survey: Survey) -> Cells:
    """The quickest library that is installed and sees all that is in this file."""
    if survey.dense <= MAX_DENSE and not survey.is_sparse and not survey.has_huge:
        with suppress(ImportError):
            return calamine_cells(book, survey.has_errors, survey.has_negatives)
    return OpenpyxlCells(book)


def calamine_cells(book: Package, has_errors: bool, has_negatives: bool = False) -> Cells:
    """calamine, or openpyxl for what calamine refuses to open, such as a book with macro sheets.

    Raises
    ------
    ImportError
        When calamine is not installed.
    """
    from python_calamine import CalamineError

    try:
        return CalamineCells(book, has_errors, has_negatives)
    except CalamineError:
        return OpenpyxlCells(book)


class CalamineCells:
    """python-calamine, with fastexcel for the error values, and for numbers below 0 that look like dates, of which it keeps the time of day alone."""

    def __init__(self, book: Package, has_errors: bool, has_negatives: bool) -> None:
        import python_calamine

        self._book = python_calamine.load_workbook(book)  # first: its refusal has an error of its own kind
        if has_errors or has_negatives:
            import fastexcel  # noqa: F401 (said now if it is not there)

        self._package, self._has_errors, self._has_negatives = book, has_errors, has_negatives
        self._before_1900: dict[str, dict[tuple[int, int], float]] = {}
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
            if sheet.start and not margin and not errors and not self._has_negatives:
                yield from islice(sheet.iter_rows(), below, None)
                return
            # iter_rows starts at the sheet's first row, but in each row at the first used column
            for number, row in enumerate(islice(sheet.iter_rows() if sheet.start else (), below, None), below):
                cells: list[Any] = [*margin, *row]
                for column, code in errors.get(number, ()):
                    cells[column] = CellError(code)
                if self._has_negatives:
                    for column in [column for column, cell in enumerate(cells) if type(cell) is dt.time]:
                        cells[column] = self._number(name, (number, column - left), cells[column])
                yield cells

        return rows

    def _number(self, name: str, at: tuple[int, int], time: dt.time) -> dt.time | float | CellError:
        day = self._days(name).get(at)
        return _NO_DATE if day is None else day if day < 0 else time

    def _days(self, name: str) -> dict[tuple[int, int], float]:
        """The numbers below 1 that look like dates, by row and column of what is used; seconds make out a hundred-thousandth.

        Of one below -693,595 no date can be made.
        """
        if name not in self._before_1900:
            sheet = self._reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_arrow()
            texts = [column.to_pylist() for column in sheet.columns]
            dated = ((row, at, text) for at, column in enumerate(texts) for row, text in enumerate(column) if text and _MOMENT.fullmatch(text))
            days = {(row, at): (dt.datetime.fromisoformat(text) - _DAY_0) / dt.timedelta(days=1) for row, at, text in dated}
            self._before_1900[name] = {at: round(day, 4) for at, day in days.items() if day < 1}
        return self._before_1900[name]

    @cached_property
    def _reader(self) -> Any:
        import fastexcel

        return fastexcel.read_excel(self._package if isinstance(self._package, Path) else self._package.getvalue())

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
        while rows and not rows[-1]:  # for calamine, too, a sheet ends with the last row that holds something
            rows.pop()
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
