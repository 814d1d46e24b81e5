"""A sheet of an open Calc document: its cells as the port has them."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlseg.hosts.columns import column_of
from xlseg.hosts.wire import Coded
from xlseg.workbook import Array, CellError, Grid, Value

Ask = Callable[..., Any]
"""Asks LibreOffice to do something by its name, such as `ask("read", "Invoices", 0, None)`; the answers are those of the extension."""

_DAY = 86_400


@dataclass(frozen=True)
class Cells:
    """Cells as Calc hands them over: numbers, texts, "" for an empty cell; and where numbers mean something else.

    Attributes
    ----------
    given
        Column by column, all of one length; a column of numbers alone may be an `array`, one of texts `Coded`.
    dates, logicals
        Areas (top, left, bottom, right), from 0, whose numbers are formatted as dates and as truth values.
    errors
        Column → row, both from 0 within these cells, → error value.
    """

    first: int
    given: Sequence[Sequence[Any]]
    dates: Sequence[Sequence[int]]
    logicals: Sequence[Sequence[int]]
    errors: Mapping[int, Mapping[int, CellError]]

    @classmethod
    def read(cls, ask: Ask, name: str, first: int = 0, last: int | None = None) -> Cells:
        """The rows from `first` up to before `last`, counted from 0."""
        found = ask("read", name, first, last)
        errors: dict[int, dict[int, CellError]] = {}
        for row, column, code in found["errors"]:
            errors.setdefault(column, {})[row] = CellError(code)
        return cls(first, found["cells"].columns, found["dates"], found["logicals"], errors)

    def columns(self) -> list[list[Value]]:
        """Every column as values; dates stay the numbers they are."""
        logicals = self._within(self.logicals)
        return [self._values(number, logicals.get(number, ())) for number in range(len(self.given))]

    def grid(self, null: dt.datetime) -> Grid:
        """The columns as arrays, with dates; `null` is the day that dates count from."""
        dates, logicals = self._within(self.dates), self._within(self.logicals)
        arrays: list[Array] = []
        coded: dict[int, tuple[Array, Array]] = {}
        for number, cells in enumerate(self.given):
            if isinstance(cells, Coded) and any(cells.distinct):
                codes, distinct = coded[number] = _codes(cells)
                arrays.append(distinct[codes])
                continue
            column = self._column(number, logicals.get(number, ()))
            arrays.append(_dated(column, dates[number], null) if number in dates else column)
        return Grid(self.first + 1, tuple(arrays), coded)

    def _column(self, number: int, logical: Sequence[slice]) -> Array:
        cells = self.given[number]
        if isinstance(cells, Coded):  # empty cells alone
            return np.full(len(cells), np.nan)
        if isinstance(cells, array) and not logical:
            return np.array(cells)
        return column_of(self._values(number, logical))

    def _values(self, number: int, logical: Sequence[slice]) -> list[Value]:
        cells: list[Value] = [None if cell == "" else cell for cell in self.given[number]]
        for row, error in self.errors.get(number, {}).items():
            cells[row] = error
        for rows in logical:
            cells[rows] = [bool(cell) if isinstance(cell, float) else cell for cell in cells[rows]]
        return cells

    def _within(self, areas: Sequence[Sequence[int]]) -> dict[int, list[slice]]:
        """By column the rows of areas, as far as they lie in these cells."""
        found: dict[int, list[slice]] = {}
        for top, left, bottom, right in areas:
            rows = slice(max(top - self.first, 0), bottom - self.first + 1)
            if rows.start < rows.stop:
                for column in range(left, min(right, len(self.given) - 1) + 1):
                    found.setdefault(column, []).append(rows)
        return found


def _codes(cells: Coded) -> tuple[Array, Array]:
    distinct = np.empty(len(cells.distinct), dtype=object)
    distinct[:] = [text or None for text in cells.distinct]
    return np.array(cells.codes, dtype=np.intp), distinct


def _dated(column: Array, dated: Sequence[slice], null: dt.datetime) -> Array:
    """A column whose numbers are dates where they are formatted so."""
    if column.dtype == float:
        if np.isnan(column).all():
            return column
        if (moments := _moments(column, dated, null)) is not None:
            return moments
    cells = _values(column)
    numbers = {cell for rows in dated for cell in cells[rows] if isinstance(cell, float)}
    dates = {number: _date(number, null) for number in numbers}
    for rows in dated:
        cells[rows] = [dates[cell] if isinstance(cell, float) else cell for cell in cells[rows]]
    return column_of(cells)


def _moments(column: Array, dated: Sequence[slice], null: dt.datetime) -> Array | None:
    """All numbers of a column as moments; None where one is formatted as something else, or lies beyond the calendar."""
    absent, covered = np.isnan(column), np.zeros(len(column), dtype=bool)
    for rows in dated:
        covered[rows] = True
    with np.errstate(over="ignore"):
        seconds = np.rint(column * _DAY)
    within = (seconds >= (dt.datetime.min - null).total_seconds()) & (seconds < (dt.datetime.max - null).total_seconds())
    if not (covered & within | absent).all():
        return None
    moments: Array = np.datetime64(null, "s") + np.where(absent, 0.0, seconds).astype("timedelta64[s]")
    moments[absent] = np.datetime64("NaT", "s")
    return moments


def _date(serial: float, null: dt.datetime) -> Value:
    try:
        return null + dt.timedelta(seconds=round(serial * _DAY))
    except OverflowError:
        return serial


class CalcSheet:
    """One sheet, read when it is asked for."""

    def __init__(self, ask: Ask, name: str, null: dt.datetime) -> None:
        self._ask, self.name, self._null = ask, name, null
        self._heads: dict[int, Sequence[Sequence[Value]]] = {}

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Its first rows; who looks for headings asks for them once for every kind of sheet."""
        if rows not in self._heads:
            columns = Cells.read(self._ask, self.name, 0, rows).grid(self._null).columns
            self._heads[rows] = [list(row) for row in zip(*map(_values, columns), strict=True)]
        return self._heads[rows]

    def body(self, below: int) -> Grid:
        """All rows below a row number."""
        return Cells.read(self._ask, self.name, below).grid(self._null)


def _values(column: Array) -> list[Value]:
    if column.dtype == object:
        return column.tolist()  # type: ignore[no-any-return]
    absent = np.isnan(column) if column.dtype.kind == "f" else np.isnat(column)
    return [None if gone else value for value, gone in zip(column.tolist(), absent.tolist(), strict=True)]
