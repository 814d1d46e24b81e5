"""The columns of a large sheet, read whole: fastexcel gives each column a type, several times as fast as cell by cell.

A column of several types it turns into texts. It is trusted only where that cannot have happened: no text of the column looks like
what a number, a date or TRUE becomes then. Otherwise the sheet is read cell by cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from xlseg.workbook import Array, Grid, Value

_MADE_OF_A_VALUE = r"^(-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?|-?inf|NaN|true|false|[0-9]{4,}-[0-9]{2}-[0-9]{2} [0-9:.]+)$"
"""As Rust prints what is no text: the shortest digits, never with an exponent or a zero in front; dates always with the time of day."""

_NO_DAY = np.datetime64("1905-01-01", "ms")
"""What seems to be before is a time of day, in either date system; it has always been read as part of a day."""


def whole_columns(book: Path | BytesIO, sheet: str, below: int, head: Sequence[Sequence[Value]]) -> Grid | None:
    """The cells of a sheet without error values, TRUE and FALSE, from A on, below a row; None where only its single cells tell what stands there.

    `head` are its first rows: most of what would be found out in the end can be seen in them.
    """
    with suppress(ImportError):
        return None if _is_mixed_at_once(head[below:]) else _columns(book, sheet, below)
    return None


def _is_mixed_at_once(rows: Sequence[Sequence[Value]]) -> bool:
    import pyarrow as pa

    texts = [cell for row in rows for cell in row if isinstance(cell, str)]
    return _may_be_values(pa.array(texts, pa.string()))


def _columns(book: Path | BytesIO, sheet: str, below: int) -> Grid | None:
    import fastexcel

    reader = fastexcel.read_excel(book if isinstance(book, Path) else book.getvalue())
    try:
        loaded = reader.load_sheet(sheet, header_row=None, skip_rows=below, schema_sample_rows=None)
        batch, report = loaded.to_arrow_with_errors()
    except fastexcel.FastExcelError:  # a mixture it has no type for
        return None
    if report is not None and report.errors:
        return None
    left = min((column.absolute_index for column in loaded.selected_columns), default=0)
    del loaded
    columns: list[Array] = [np.full(batch.num_rows, np.nan) for _ in range(left)]
    coded: dict[int, tuple[Array, Array]] = {}
    for at, column in enumerate(batch.columns, start=left):
        read = _texts(column) if _is_text(column) else _column(column)
        if read is None:
            return None
        if isinstance(read, tuple):
            coded[at] = read
            read = read[1][read[0]]
        columns.append(read)
    return Grid(below + 1, tuple(columns), coded)


def _is_text(column: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def _column(column: Any) -> Array | None:
    import pyarrow as pa

    kind = column.type
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
