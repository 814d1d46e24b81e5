"""The columns of a large sheet, read whole: fastexcel gives each column a type, several times as fast as cell by cell.

A column of several types it turns into texts. It is trusted only where that cannot have happened: no text of the column looks like
what a number, a date or TRUE becomes then. Otherwise the sheet is read cell by cell.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from xlseg.hosts.pieces import Piece
from xlseg.workbook import Array, Grid, Value

AT_A_TIME = min(4, os.cpu_count() or 1)
"""Pieces of a large sheet that are read at once."""

_MADE_OF_A_VALUE = r"^(-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?|-?inf|NaN|true|false|[0-9]{4,}-[0-9]{2}-[0-9]{2} [0-9:.]+)$"
"""As Rust prints what is no text: the shortest digits, never with an exponent or a zero in front; dates always with the time of day."""

_NO_DAY = np.datetime64("1905-01-01", "ms")
"""What seems to be before is a time of day, in either date system; it has always been read as part of a day."""


def whole_columns(
    book: Path | BytesIO,
    sheet: str,
    below: int,
    head: Sequence[Sequence[Value]],
    wanted: Collection[int] | None = None,
    pieces: Iterable[Piece] | None = None,
) -> Grid | None:
    """The cells of a sheet without error values, TRUE and FALSE, from A on, below a row; None where only its single cells tell what stands there.

    Parameters
    ----------
    head
        Its first rows: most of what would be found out in the end can be seen in them.
    wanted
        The columns that are asked for, from 0; the others are empty in what is found. By default all.
    pieces
        Its rows, if they have been cut.
    """
    with suppress(ImportError):
        if _is_mixed_at_once(head[below:], wanted):
            return None
        loaded = [_load(book, sheet, below + 1, below)] if pieces is None else _in_pieces(pieces, sheet, below)
        return _columns(loaded, below, wanted)
    return None


def _is_mixed_at_once(rows: Sequence[Sequence[Value]], wanted: Collection[int] | None) -> bool:
    import pyarrow as pa

    texts = [cell for row in rows for at, cell in enumerate(row) if isinstance(cell, str) and (wanted is None or at in wanted)]
    return _may_be_values(pa.array(texts, pa.string()))


def _columns(loaded: Sequence[_Loaded | None], below: int, wanted: Collection[int] | None) -> Grid | None:
    """The columns of parts of a sheet, one below the other; None where one that is wanted would be a mixture, or is not sure."""
    found = [each for each in loaded if each is not None]
    if len(found) < len(loaded) or any(above.last >= each.first for above, each in pairwise(found)):
        return None
    width = max((max(each.columns, default=-1) for each in found), default=-1) + 1
    left = min((min(each.columns, default=width) for each in found), default=width)
    rows = found[-1].last - found[0].first + 1
    asked = [at for at in range(left, width) if wanted is None or at in wanted]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        read = dict(zip(asked, pool.map(lambda at: _read(found, at), asked), strict=True))
    whole = {at: column for at, column in read.items() if column is not None}
    if len(whole) < len(read):
        return None
    coded = {at: column for at, column in whole.items() if isinstance(column, tuple)}
    values = {at: column[1][column[0]] if isinstance(column, tuple) else column for at, column in whole.items()}
    return Grid(below + 1, tuple(values[at] if at in values else np.full(rows, np.nan) for at in range(width)), coded)


@dataclass(frozen=True)
class _Loaded:
    """Some rows of a sheet: the number of the first, how many, and the columns (Arrow arrays) by their position from A."""

    first: int
    rows: int
    columns: dict[int, Any]

    @property
    def last(self) -> int:
        return self.first + self.rows - 1


def _load(book: Path | BytesIO | bytes, sheet: str, first: int, skip: int | None) -> _Loaded | None:
    """The rows of a workbook's sheet below those to skip, counted from row 1; by default from the first that holds a value. None for a mixture."""
    import fastexcel

    reader = fastexcel.read_excel(book.getvalue() if isinstance(book, BytesIO) else book)
    try:
        loaded = reader.load_sheet(sheet, header_row=None, skip_rows=skip, schema_sample_rows=None)
        batch, report = loaded.to_arrow_with_errors()
    except fastexcel.FastExcelError:  # a mixture it has no type for
        return None
    if report is not None and report.errors:
        return None
    left = min((column.absolute_index for column in loaded.selected_columns), default=0)
    return _Loaded(first, batch.num_rows, dict(enumerate(batch.columns, start=left)))


def _load_piece(piece: Piece, sheet: str, below: int) -> _Loaded | None:
    is_top = piece.first <= below + 1
    return _load(piece.package(), sheet, *((below + 1, below) if is_top else (piece.first, None)))


def _in_pieces(pieces: Iterable[Piece], sheet: str, below: int) -> list[_Loaded | None]:
    """The rows of a sheet, loaded some pieces at a time."""
    loaded: list[_Loaded | None] = []
    waiting: deque[Future[_Loaded | None]] = deque()
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for piece in pieces:
            waiting.append(pool.submit(_load_piece, piece, sheet, below))
            if len(waiting) > AT_A_TIME:  # so that few are in memory
                loaded.append(waiting.popleft().result())
            if None in loaded:
                break
        loaded.extend(each.result() for each in waiting)
    return loaded


def _read(loaded: Sequence[_Loaded], at: int) -> Array | tuple[Array, Array] | None:
    """A column of all parts: its values, or its texts as in `_texts`; empty rows between the parts stay empty."""
    import pyarrow as pa

    parts = [each.columns.get(at, pa.nulls(each.rows)) for each in loaded]
    kind = _kind_of(parts)
    if kind is None:
        return None
    gaps = [*(each.first - above.last - 1 for above, each in pairwise(loaded)), 0]
    filled = [array for part, gap in zip(parts, gaps, strict=True) for array in (_cast(part, kind), pa.nulls(gap, kind))]
    column = parts[0] if len(parts) == 1 else pa.concat_arrays(filled)
    return _texts(column) if _is_text(column.type) else _column(column)


def _cast(part: Any, kind: Any) -> Any:
    import pyarrow as pa

    return part.cast(kind, safe=False) if part.null_count < len(part) else pa.nulls(len(part), kind)


def _kind_of(parts: Sequence[Any]) -> Any | None:
    """The one type that the parts of a column have, those that hold nothing aside; None for a mixture."""
    import pyarrow as pa

    as_float = {pa.int64(): pa.float64()}
    kinds = {as_float.get(part.type, part.type) for part in parts if part.null_count < len(part)}
    return None if len(kinds) > 1 else next(iter(kinds), pa.null())


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _column(column: Any) -> Array | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_floating(kind) and not pc.all(pc.is_finite(column), min_count=0).as_py():
        return None  # no number is: a text such as NaN, which fastexcel takes for one
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return np.asarray(column.to_numpy(zero_copy_only=False), dtype=float)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_timestamp(kind):
        moments: Array = column.to_numpy(zero_copy_only=False)
        return None if (moments < _NO_DAY).any() else moments.astype("datetime64[s]")
    return None


def _texts(column: Any) -> tuple[Array, Array] | None:
    """For each cell its position among the different texts, and those as objects; None among them for the empty ones."""
    encoded = column.dictionary_encode()
    if _may_be_values(encoded.dictionary):
        return None
    distinct: Array = encoded.dictionary.to_numpy(zero_copy_only=False)
    if encoded.indices.null_count:
        distinct = np.append(distinct, np.array([None], dtype=object))
    distinct[distinct == ""] = None
    return encoded.indices.fill_null(len(distinct) - 1).to_numpy().astype(np.intp), distinct


def _may_be_values(texts: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(texts, _MADE_OF_A_VALUE)).as_py())
