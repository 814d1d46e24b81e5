"""The workbook a formula stands in, as xlwings shows it on Excel for Windows; read anew at every calculation that asks for it, never per cell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any

from xlseg.addin.sheets import RowsSheet
from xlseg.addin.values import rows_of
from xlseg.workbook import Sheet

PAUSE = 0.5
"""Seconds without a call after which the next one belongs to another calculation, before which the user may have changed a cell."""


class ExcelSheets:
    """The sheets of an open workbook. Each is read in one transfer, when it is first asked for."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.name = str(book.name)
        self.epoch_1904 = bool(book.api.Date1904)
        self._read: dict[str, RowsSheet] = {}

    def sheets(self) -> Sequence[str]:
        """Names of the worksheets."""
        return [str(sheet.name) for sheet in self._book.sheets]

    def sheet(self, name: str) -> Sheet:
        """One of them, from cell A1 on."""
        if name not in self._read:
            sheet = self._book.sheets[name]
            self._read[name] = RowsSheet(name, rows_of(sheet.range((1, 1), sheet.used_range.last_cell).options("raw").value))
        return self._read[name]

    def forget(self, names: Collection[str]) -> None:
        """Let go of the cells of some sheets, which are not needed any more."""
        for name in names:
            self._read.pop(name, None)

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the worksheet that holds a table."""
        return next((str(sheet.name) for sheet in self._book.sheets if table in [str(each.name) for each in sheet.tables]), None)


class Calculations:
    """Counts the calculations of a workbook by the pauses between the calls."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds, self._ended, self._number = seconds, float("-inf"), 0

    def number(self) -> int:
        """Number of the calculation that a call belongs to, which begins now."""
        self._number += self._seconds() - self._ended > PAUSE
        self._ended = self._seconds()
        return self._number

    def ended(self) -> None:
        """A call has been answered."""
        self._ended = self._seconds()


class ExcelBook:
    """The calling workbook, for the desk."""

    def __init__(self, book: Any, calculations: Calculations) -> None:
        self._book, self._calculations = book, calculations

    @property
    def epoch_1904(self) -> bool:
        """Whether a bare number that is a date counts from 1904."""
        return bool(self._book.api.Date1904)

    def stamp(self) -> Hashable:
        """The workbook and the calculation."""
        return str(self._book.fullname), self._calculations.number()

    def source(self) -> ExcelSheets:
        """The sheets."""
        return ExcelSheets(self._book)
