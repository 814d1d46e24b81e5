"""Columns of values, made of the rows of cells that a library hands over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from xlseg.errors import FormatError
from xlseg.hosts.extent import MAX_DENSE, is_spread
from xlseg.workbook import Array, Value

_DAY = dt.timedelta(days=1)


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
    places, filled = width * sum(map(len, blocks)), sum(len(row) for block in blocks for row in block)
    if places > MAX_DENSE or is_spread(places, filled):
        raise FormatError(sheet, f"its cells spread over {places:,} places", "delete what stands far below or beside the table")
    pieces: list[list[Array]] = [[] for _ in range(width)]
    for block in blocks:
        full = [row if len(row) == width else [*row, *[None] * (width - len(row))] for row in block]
        for piece, cells in zip(pieces, zip(*full, strict=True), strict=True):
            piece.append(column_of(cells))
    return tuple(_joined(piece) for piece in pieces)


_NUMBERS, _DATES, _EMPTY, _TEXTS = {float, int}, {dt.datetime, dt.date}, {type(None)}, {str}


def column_of(cells: Sequence[Any]) -> Array:
    """One column: numbers or dates as such when it holds nothing else, else objects.

    An empty column is one of numbers, all absent.
    """
    kinds = set(map(type, cells))
    if kinds - _NUMBERS - _DATES - _EMPTY - _TEXTS or (str in kinds and "" in cells):
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
