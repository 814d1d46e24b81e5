"""Places in a sheet as Excel writes them: A1, B2:D9."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]+)")


@cache
def letters(column: int) -> str:
    """Column number from 1 → letters."""
    text = ""
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


@cache
def number(column: str) -> int:
    """Letters → column number from 1."""
    total = 0
    for letter in column.upper():
        total = total * 26 + ord(letter) - 64
    return total


def place(row: int, column: int) -> str:
    """Name of a cell."""
    return f"{letters(column)}{row}"


def position(cell: str) -> tuple[int, int]:
    """Row and column of a cell's name."""
    match = _CELL.fullmatch(cell)
    if match is None or len(match[2]) > 7 or int(match[2]) > LAST_ROW or number(match[1]) > LAST_COLUMN:
        raise ValueError(f"{cell[:20]!r} is no cell")
    return int(match[2]), number(match[1])


def sheet_in(reference: str) -> str:
    """The sheet that a reference names, as it is compared: without quotes and case."""
    return (reference[1:-1].replace("''", "'") if reference.startswith("'") else reference).casefold()


@dataclass(frozen=True)
class Area:
    """A rectangle of cells, all four edges included."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def of(cls, text: str) -> Area:
        """The area that `A1:B2` or `A1` names."""
        first, _, last = text.partition(":")
        return cls(*position(first), *position(last or first))

    def __str__(self) -> str:
        first, last = place(self.top, self.left), place(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"

    def holds(self, row: int, column: int) -> bool:
        """Whether the cell lies in it."""
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def meets(self, other: Area) -> bool:
        """Whether the two share a cell."""
        apart = self.right < other.left or other.right < self.left or self.bottom < other.top or other.bottom < self.top
        return not apart

    def cells(self) -> Iterator[tuple[int, int]]:
        """Row and column of each of its cells, row by row."""
        return ((row, column) for row in range(self.top, self.bottom + 1) for column in range(self.left, self.right + 1))

    @property
    def size(self) -> int:
        """How many cells it has."""
        return (self.bottom - self.top + 1) * (self.right - self.left + 1)

    def with_cell(self, row: int, column: int) -> Area:
        """The smallest area that holds this one and a cell."""
        if self.holds(row, column):
            return self
        return Area(min(self.top, row), min(self.left, column), max(self.bottom, row), max(self.right, column))

    def ending(self, bottom: int) -> Area:
        """The same area with another last row."""
        return replace(self, bottom=bottom)
