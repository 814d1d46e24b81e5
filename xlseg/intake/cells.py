"""Reads columns of ids, texts and yes/no answers. Amounts and dates have modules of their own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from xlseg.intake.money import is_blank
from xlseg.workbook import Array, CellError, Value

_SPACES = "\ufeff\u00a0 \t\r\n"
_YES = frozenset(["yes", "y", "true", "t", "x", "1", "ja", "j", "wahr", "on", "hold", "✓", "✔"])
_NO = frozenset(["no", "n", "false", "f", "0", "nein", "falsch", "off", "auto", "none", "-"])


def text_of(cell: Value) -> str:
    """A cell as text, trimmed: the number 17.0 is "17", never 1.7E+01; "" for an empty cell or an error value."""
    if isinstance(cell, str):
        return cell.strip(_SPACES)
    if cell is None or isinstance(cell, CellError) or cell != cell:
        return ""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, dt.date):
        return f"{cell:%Y-%m-%d}"
    return format(Decimal(repr(cell)), "f").removesuffix(".0") if isfinite(cell) else str(cell)


def texts(column: Array) -> Array:
    """A column as texts (object array of str), "" where there is none."""
    if column.dtype == object:
        return _objects([text_of(cell) for cell in column])
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    return _objects([text_of(None if pd.isna(cell) else _plain(cell)) for cell in distinct])[codes]


def _plain(cell: Any) -> Value:
    value: Value = cell.item() if isinstance(cell, np.generic) else cell
    return value


def _objects(cells: list[str]) -> Array:
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def flags(column: Array) -> tuple[Array, Array]:
    """Yes/no answers of a column: (yes, neither yes nor no)."""
    words = [text.casefold() for text in texts(column)]
    yes = np.array([word in _YES for word in words], dtype=bool)
    odd = np.array([bool(word) and word not in _YES and word not in _NO for word in words], dtype=bool)
    return yes, odd | errors(column)


def blanks(column: Array) -> Array:
    """Where a column is empty."""
    if column.dtype == object:
        return np.array([is_blank(cell) for cell in column], dtype=bool)
    return np.isnan(column) if column.dtype == float else np.isnat(column)


def errors(column: Array) -> Array:
    """Where a column holds an error value such as #N/A."""
    if column.dtype != object:
        return np.zeros(len(column), dtype=bool)
    return np.array([isinstance(cell, CellError) for cell in column], dtype=bool)


def value_at(column: Array, index: int) -> Value:
    """One cell of a column as a value of the port."""
    cell: Value = column[index]
    if column.dtype == object:
        return cell
    return None if cell != cell else _plain(cell)
