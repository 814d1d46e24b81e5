"""Columns of values as the XML of cells, a whole column at once: each distinct value is written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.hosts.a1 import letters
from xlseg.hosts.cellxml import Body, Cell, body, plain_values
from xlseg.workbook import Array, Value

_LONGEST_WHOLE = 1e15


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
    places: Sequence[int]

    def __getitem__(self, row: int) -> Body:
        return self.distinct[self.places[row]]

    def tails(self, style: bytes) -> list[bytes]:
        """What follows the name of a cell that holds each distinct value in this style; nothing where no cell is needed."""
        return [tail((style + kind, content)) if content or style else b"" for kind, content in self.distinct]


def rendered(values: Sequence[Value] | Array, epoch_1904: bool) -> Rendered:
    """A column of values, or an array of numbers or dates, as what they make of cells."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        distinct, places = np.unique(values + 0.0, return_inverse=True)
        return Rendered(_numbers(distinct), places.tolist())
    known: dict[tuple[type, Value], int] = {}
    places_ = [known.setdefault((value.__class__, value), len(known)) for value in plain_values(values, epoch_1904)]
    return Rendered([body(value, epoch_1904) for _, value in known], places_)


def _numbers(values: Array) -> list[Body]:
    """The same as cell by cell; Python writes a list of numbers faster than each of them."""
    texts = repr(values.tolist())[1:-1].split(", ") if len(values) else []
    usual = np.abs(values) < _LONGEST_WHOLE  # not so NaN and infinity
    return [
        (b"", b"<v>%s</v>" % text.removesuffix(".0").encode()) if plain else body(value, False)
        for text, plain, value in zip(texts, usual.tolist(), values.tolist(), strict=True)
    ]


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
    cells = []
    for column, tails in columns:
        start = b'<c r="' + letters(column).encode()
        cells.append([start + number + rest if rest else b"" for number, rest in zip(numbers, tails, strict=True)])
    return [b"".join(row) for row in zip(*cells, strict=True)]
