"""What stands in the cells that formulas refer to: as the book says, or as it has been computed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from xlseg.errors import FormatError
from xlseg.hosts.a1 import Area
from xlseg.hosts.references import Place
from xlseg.workbook import Array, Source, Value

Rows = tuple[tuple[Value, ...], ...]

_MOST_RANGES = 32
_LARGEST = 20_000_000
"""Cells of a range, empty ones included."""
_WIDE = 256
"""Columns from which on a range is taken to be whole rows."""


class Operands:
    """The cells of a book, read a sheet at a time when one of them is asked for."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._columns: dict[str, tuple[Array, ...]] = {}
        self._lists: dict[tuple[str, int], list[Value]] = {}
        self._computed: dict[str, dict[tuple[int, int], Value]] = {}
        self._around: dict[str, Area] = {}
        self._ranges: dict[tuple[Place, int], Rows] = {}

    def show(self, sheet: str, values: Mapping[tuple[int, int], Value]) -> None:
        """From now on these values stand in cells of a sheet."""
        self._computed.setdefault(sheet, {}).update(values)
        for row, column in values:
            around = self._around.get(sheet, Area(row, column, row, column))
            self._around[sheet] = around.with_cell(row, column)

    def computed(self, sheet: str) -> Mapping[tuple[int, int], Value]:
        """All that has been shown on a sheet."""
        return self._computed.get(sheet, {})

    def at(self, place: Place, height: int) -> Value | Rows:
        """The value of a single cell, or the rows of several.

        Rows below the last one that is in use are left out, but not of the first `height`: a formula in so many cells would show too few answers.

        Raises
        ------
        FormatError
            When the cells are too many, or their sheet cannot be read.
        """
        area = place.area
        if (area.top, area.left) == (area.bottom, area.right):
            known = self.computed(place.sheet)
            return known[area.top, area.left] if (area.top, area.left) in known else self._cells(place.sheet, area.left, area.top, area.top)[0]
        return self._range(place, height)

    def _range(self, place: Place, height: int) -> Rows:
        if self._meets_computed(place):
            return self._read(place, height)
        key = (place, height)  # the same tuple for the same cells: what takes it knows it again
        if key not in self._ranges:
            if len(self._ranges) >= _MOST_RANGES:
                del self._ranges[next(iter(self._ranges))]
            self._ranges[key] = self._read(place, height)
        return self._ranges[key]

    def _read(self, place: Place, height: int) -> Rows:
        area = place.area
        columns = self._sheet(place.sheet)
        bottom = min(area.bottom, max(area.top + height - 1, len(columns[0]) if columns else 0))
        right = area.right if area.right - area.left < _WIDE else max(area.left, min(area.right, len(columns)))
        if (right - area.left + 1) * (bottom - area.top + 1) > _LARGEST:
            raise FormatError(place.sheet, f"a formula refers to the {bottom - area.top + 1:,} rows of {area}", "refer to fewer")
        found = [self._cells(place.sheet, column, area.top, bottom) for column in range(area.left, right + 1)]
        if self._meets_computed(place):
            for (row, column), value in self.computed(place.sheet).items():
                if Area(area.top, area.left, bottom, right).holds(row, column):
                    found[column - area.left][row - area.top] = value
        return tuple(zip(*found, strict=True))

    def _meets_computed(self, place: Place) -> bool:
        around = self._around.get(place.sheet)
        return around is not None and around.meets(place.area)

    def _cells(self, sheet: str, column: int, top: int, bottom: int) -> list[Value]:
        """Cells of one column."""
        columns = self._sheet(sheet)
        if column > len(columns):
            return [None] * (bottom - top + 1)
        key = (sheet, column)
        if key not in self._lists:
            self._lists[key] = _values(columns[column - 1])
        found = self._lists[key][top - 1 : bottom]
        return found + [None] * (bottom - top + 1 - len(found))

    def _sheet(self, sheet: str) -> tuple[Array, ...]:
        if sheet not in self._columns:
            self._columns[sheet] = self._source.sheet(sheet).body(0).columns
        return self._columns[sheet]


def _values(column: Array) -> list[Value]:
    if column.dtype.kind != "f":
        return column.tolist()  # type: ignore[no-any-return]
    return [None if value != value else value for value in column.tolist()]
