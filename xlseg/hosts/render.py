"""Columns of values as the XML of cells, a whole column at once: each distinct value is written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xlseg.hosts.a1 import letters
from xlseg.hosts.cellxml import Body, Cell, body, plain_values, text_bodies
from xlseg.workbook import Array, Value

_LONGEST_WHOLE = 1e15
_SAMPLE = 1_000
"""Numbers by which a column is judged: of many different ones, each is written where it stands."""


@dataclass(frozen=True)
class Rendered:
    """A column of values.

    Attributes
    ----------
    distinct
        What the different values make of a cell.
    places
        Which of them each row has.
    """

    distinct: Sequence[Body]
    places: Array

    def __getitem__(self, row: int) -> Body:
        found: Body = self.distinct[self.places[row]]
        return found

    def tails(self, style: bytes) -> list[bytes]:
        """What follows the name of a cell that holds each distinct value in this style; nothing where no cell is needed."""
        blank = tail((style, None)) if style else b""
        return [blank if content is None else b'"%s%s>%s</c>' % (style, kind, content) for kind, content in self.distinct]


@dataclass(frozen=True)
class Numbers:
    """A column of numbers, like `Rendered`; NaN and infinity are empty.

    Attributes
    ----------
    values
        The numbers, each once where they repeat.
    places
        Which of them each row has.
    """

    values: Array
    places: Array

    @cached_property
    def distinct(self) -> list[Body]:
        """What the numbers make of a cell."""
        return [body(value, False) for value in self.values.tolist()]

    def __getitem__(self, row: int) -> Body:
        found: Body = self.distinct[self.places[row]]
        return found

    def tails(self, style: bytes) -> list[bytes]:
        """What follows the name of a cell that holds each number in this style: Python writes a list of numbers faster than each of them."""
        start, end = b'"%s><v>' % style, b"</v></c>"
        digits = (repr(self.values.tolist())[1:-1] + ", ").replace(".0, ", ", ").encode()
        found = (start + digits.replace(b", ", end + b"\n" + start)).split(b"\n")[: len(self.values)]
        blank = tail((style, None)) if style else b""
        for at in np.flatnonzero(~(np.abs(self.values) < _LONGEST_WHOLE)).tolist():
            number = body(self.values[at], False)[1]
            found[at] = blank if number is None else b'"%s>%s</c>' % (style, number)
        return found


def rendered(values: Sequence[Value] | Array, epoch_1904: bool) -> Rendered | Numbers:
    """A column of values, or an array of numbers or dates, as what they make of cells."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        if len(np.unique(values[:_SAMPLE])) > _SAMPLE // 2:
            return Numbers(values + 0.0, np.arange(len(values)))
        return Numbers(*np.unique(values + 0.0, return_inverse=True))
    column = plain_values(values, epoch_1904)
    if set(map(type, column)) == {str}:
        return _texts(column)  # type: ignore[arg-type]
    known: dict[tuple[type, Value], int] = {}
    places = [known.setdefault((value.__class__, value), len(known)) for value in column]
    return Rendered([body(value, epoch_1904) for _, value in known], np.array(places, np.intp))


def _texts(column: Sequence[str]) -> Rendered:
    place = {text: at for at, text in enumerate(dict.fromkeys(column))}
    return Rendered(text_bodies([*place]), np.fromiter(map(place.__getitem__, column), np.intp, len(column)))


def each_tail(column: Rendered | Numbers, style: bytes) -> list[bytes]:
    """What follows the name of a cell that holds each distinct value in this style."""
    return column.tails(style)


def chosen(tails: Sequence[bytes], places: Array) -> list[bytes]:
    """Some of the tails, one after the other."""
    return [tails[place] for place in places.tolist()]


def tail(cell: Cell | None) -> bytes:
    """What follows the name of a cell."""
    if cell is None:
        return b""
    attributes, content = cell
    return b'"%s/>' % attributes if content is None else b'"%s>%s</c>' % (attributes, content)


def lines(first_row: int, columns: Sequence[tuple[int, Sequence[bytes]]]) -> list[bytes]:
    """The cells of rows, row by row, from those of columns: their numbers in order, and the tails of their cells."""
    height = len(columns[0][1]) if columns else 0
    numbers = [b"%d" % number for number in range(first_row, first_row + height)]
    row, parts = b"", []
    for column, tails in columns:
        start = b'<c r="' + letters(column).encode()
        if all(tails):
            row += start + b"%b%b"
            parts += [numbers, tails]
        else:
            row += b"%b"
            parts.append([start + number + rest if rest else b"" for number, rest in zip(numbers, tails, strict=True)])
    return [row % cells for cells in zip(*parts, strict=True)]


def rows(first_row: int, columns: Sequence[tuple[int, Sequence[bytes]]]) -> tuple[bytes, int, list[int]] | None:
    """The XML of rows one below the other, how many they are, and the columns in which there are cells; None where a row would have none."""
    found = lines(first_row, columns)
    if not found or not all(found):
        return None
    used = [column for column, tails in columns if any(tails)]
    return b"".join(b'<row r="%d">%b</row>' % (row, line) for row, line in enumerate(found, start=first_row)), len(found), used
