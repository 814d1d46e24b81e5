"""A sheet of an open Calc document: its cells as the port has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlseg.hosts.columns import column_of
from xlseg.workbook import Array, CellError, Grid, Value

Ask = Callable[..., Any]
"""Asks LibreOffice to do something by its name, such as `ask("read", "Invoices", 0, None)`; the answers are those of the extension."""

_DAY = 86_400


@dataclass(frozen=True)
class Cells:
    """Cells as Calc hands them over: numbers, texts, "" for an empty cell; and where numbers mean something else.

    Attributes
    ----------
    rows
        Row by row, all of one width.
    dates, logicals
        Areas (top, left, bottom, right), from 0, whose numbers are formatted as dates and as truth values.
    errors
        (row, column) from 0 within `rows` → error value.
    """

    first: int
    rows: Sequence[Sequence[Any]]
    dates: Sequence[Sequence[int]]
    logicals: Sequence[Sequence[int]]
    errors: dict[tuple[int, int], CellError]

    @classmethod
    def read(cls, ask: Ask, name: str, first: int = 0, last: int | None = None) -> Cells:
        """The rows from `first` up to before `last`, counted from 0."""
        given = ask("read", name, first, last)
        errors = {(row, column): CellError(code) for row, column, code in given["errors"]}
        return cls(first, given["cells"].rows, given["dates"], given["logicals"], errors)

    def columns(self) -> list[list[Value]]:
        """Every column as values; dates stay the numbers they are."""
        columns: list[list[Value]] = [[None if cell == "" else cell for cell in column] for column in zip(*self.rows, strict=True)]
        for (row, column), error in self.errors.items():
            columns[column][row] = error
        for column, rows in self._within(self.logicals, len(columns)):
            columns[column][rows] = [bool(cell) if isinstance(cell, float) else cell for cell in columns[column][rows]]
        return columns

    def grid(self, null: dt.datetime) -> Grid:
        """The columns as arrays, with dates; `null` is the day that dates count from."""
        columns = self.columns()
        dated: dict[int, list[slice]] = {}
        for column, rows in self._within(self.dates, len(columns)):
            dated.setdefault(column, []).append(rows)
        arrays = [_array(cells, dated.get(number, ()), null) for number, cells in enumerate(columns)]
        return Grid(self.first + 1, tuple(arrays))

    def _within(self, areas: Sequence[Sequence[int]], width: int) -> list[tuple[int, slice]]:
        """Column by column the rows of areas, as far as they lie in these cells."""
        found = []
        for top, left, bottom, right in areas:
            rows = slice(max(top - self.first, 0), bottom - self.first + 1)
            found += [(column, rows) for column in range(left, min(right, width - 1) + 1) if rows.start < rows.stop]
        return found


def _array(cells: list[Value], dated: Sequence[slice], null: dt.datetime) -> Array:
    if not dated:
        return column_of(cells)
    numbers = {cell for rows in dated for cell in cells[rows] if isinstance(cell, float)}
    dates = {number: _date(number, null) for number in numbers}
    for rows in dated:
        cells[rows] = [dates[cell] if isinstance(cell, float) else cell for cell in cells[rows]]
    return column_of(cells)


def _date(serial: float, null: dt.datetime) -> Value:
    try:
        return null + dt.timedelta(seconds=round(serial * _DAY))
    except OverflowError:
        return serial


class CalcSheet:
    """One sheet, read when it is asked for."""

    def __init__(self, ask: Ask, name: str, null: dt.datetime) -> None:
        self._ask, self.name, self._null = ask, name, null

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Its first rows."""
        columns = Cells.read(self._ask, self.name, 0, rows).grid(self._null).columns
        return [list(row) for row in zip(*map(_values, columns), strict=True)]

    def body(self, below: int) -> Grid:
        """All rows below a row number."""
        return Cells.read(self._ask, self.name, below).grid(self._null)


def _values(column: Array) -> list[Value]:
    if column.dtype == object:
        return column.tolist()  # type: ignore[no-any-return]
    absent = np.isnan(column) if column.dtype.kind == "f" else np.isnat(column)
    return [None if gone else value for value, gone in zip(column.tolist(), absent.tolist(), strict=True)]
