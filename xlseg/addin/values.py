"""What spreadsheet programs hand over, and what they get back. Their quirks are known here and nowhere else.

Excel through COM hands over tuples of tuples, numbers as floats, dates with a time zone, currency as decimals, and error values as integers;
Office.js lists, dates as serial numbers, errors as dictionaries, one-row ranges as flat lists; Calc tuples, dates as numbers, "" for an empty
cell. They all get back text, numbers, truth values, dates, None, and error values: never NaN or a number of numpy's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from xlseg.workbook import Array, CellError, Grid, Value

NOT_AVAILABLE, BAD_VALUE, BAD_NUMBER = CellError("#N/A"), CellError("#VALUE!"), CellError("#NUM!")

COM_ERRORS = {
    -2146826281: CellError("#DIV/0!"),
    -2146826246: NOT_AVAILABLE,
    -2146826259: CellError("#NAME?"),
    -2146826288: CellError("#NULL!"),
    -2146826252: BAD_NUMBER,
    -2146826265: CellError("#REF!"),
    -2146826273: BAD_VALUE,
}
COM_MISSING = -2147352572
"""What VBA passes on for an argument that is left out."""

_TEXT_OF_ERROR = {error.code: error for error in COM_ERRORS.values()}


def cell(given: Any) -> Value:
    """One cell or argument as a value of the port; None for an empty or missing one."""
    if isinstance(given, str):
        return _TEXT_OF_ERROR.get(given, given) if given else None
    if given is None or isinstance(given, (bool, CellError)):
        return given
    if isinstance(given, float):
        return None if given != given else float(given)
    if isinstance(given, int):
        return _integer(int(given))
    return _other(given)


def _integer(number: int) -> Value:
    return None if number == COM_MISSING else COM_ERRORS.get(number, number)


def _other(given: Any) -> Value:
    if isinstance(given, dt.datetime):
        return dt.datetime(*given.timetuple()[:6]) if given == given else None
    if isinstance(given, dt.date):
        return given
    if isinstance(given, Decimal):
        return float(given)
    if isinstance(given, np.generic):
        return cell(given.item())
    if isinstance(given, dict):
        error = given.get("type") == "Error"
        return _TEXT_OF_ERROR.get(str(given.get("basicValue")), BAD_VALUE) if error else cell(given.get("basicValue"))
    return None


def is_range(given: Any) -> bool:
    """Whether an argument is more than one cell."""
    return isinstance(given, (list, tuple))


def rows_of(given: Any) -> Sequence[Sequence[Any]]:
    """The rows of an argument: of a single cell one, of a flat list one."""
    if not is_range(given):
        return [[given]]
    return given if given and is_range(given[0]) else [given]


def grid_of(rows: Sequence[Sequence[Any]], first_row: int) -> Grid:
    """Rows as columns of the port."""
    width = max(map(len, rows), default=0)
    whole = rows if all(len(row) == width for row in rows) else [[*row, *[None] * (width - len(row))] for row in rows]
    return Grid(first_row, tuple(map(_column, zip(*whole, strict=True))))


_NUMBERS = {float, type(None)}
_TEXTS = {str, type(None)}


def _column(cells: tuple[Any, ...]) -> Array:
    kinds = set(map(type, cells))
    if kinds <= _NUMBERS:
        return np.array(cells, dtype="float64")
    if kinds <= _TEXTS:
        return _objects([each if each and each[0] != "#" else cell(each) for each in cells])
    if all(issubclass(kind, (dt.datetime, type(None))) for kind in kinds):
        return _dates(cells)
    return _typed([cell(each) for each in cells])


def _dates(cells: tuple[Any, ...]) -> Array:
    """Dates, of which a ledger has few different ones: each is converted once."""
    distinct = list(dict.fromkeys(cells))
    plain = [each if each is None or each.tzinfo is None else each.replace(tzinfo=None) for each in distinct]
    place = {each: i for i, each in enumerate(distinct)}
    found: Array = np.array(plain, dtype="datetime64[s]")[np.fromiter(map(place.__getitem__, cells), "int64", len(cells))]
    return found


def _typed(cells: list[Value]) -> Array:
    """Numbers as numbers, dates as dates, anything else as it is."""
    kinds = set(map(type, cells)) - {type(None)}
    if kinds <= {int, float}:
        return np.array(cells, dtype="float64")
    if kinds == {dt.datetime}:
        return np.array(cells, dtype="datetime64[s]")
    return _objects(cells)


def _objects(cells: list[Any]) -> Array:
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    return column


def for_xlwings(answer: Any) -> Any:
    """An answer as xlwings carries it: an error value as its text, since pywin32 turns no value into one.

    The wrappers in VBA, and xlwings itself for Office.js, make error values of these texts.
    """
    if isinstance(answer, list):
        return [[_plain(value) for value in row] for row in answer]
    return _plain(answer)


def _plain(value: Value) -> str | int | float | bool | dt.date | None:
    return "" if value is None else value.code if isinstance(value, CellError) else value
