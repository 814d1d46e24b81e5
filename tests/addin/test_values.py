"""What each spreadsheet program hands over for the same cells."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from formula_books import INVOICES, TODAY

from xlseg.addin import functions
from xlseg.addin.desk import Desk, at
from xlseg.addin.values import cell, for_xlwings, grid_of, rows_of
from xlseg.workbook import CellError

EPOCH = dt.date(1899, 12, 30)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ("", None), (None, None), (-2147352572, None), (float("nan"), None), (pd.NaT, None), ({"type": "Empty"}, None),
        (-2146826246, CellError("#N/A")), ({"type": "Error", "basicValue": "#N/A"}, CellError("#N/A")), ("#N/A", CellError("#N/A")),
        ({"type": "Error", "basicValue": "#SPILL!"}, CellError("#VALUE!")), ({"type": "Double", "basicValue": 2.5}, 2.5),
        (Decimal("12.50"), 12.5), (np.float64(2), 2.0), (np.int64(7), 7), (np.bool_(True), True), (True, True), ("#1", "#1"),
        (dt.datetime(2026, 10, 31, tzinfo=dt.UTC), dt.datetime(2026, 10, 31)), (pd.Timestamp("2026-10-31"), dt.datetime(2026, 10, 31)),
    ],
)  # fmt: skip
def test_a_cell(given: Any, value: Any) -> None:
    found = cell(given)
    assert found == value
    assert type(found) is type(value)


def calc(value: Any) -> Any:
    """As LibreOffice hands it over: dates as numbers, empty cells as empty texts."""
    return "" if value is None else float((value - EPOCH).days) if isinstance(value, dt.date) else value


def office_js(value: Any) -> Any:
    return {"type": "Double", "basicValue": calc(value)} if isinstance(value, dt.date) else calc(value)


def com(value: Any) -> Any:
    return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC) if isinstance(value, dt.date) else value


@pytest.mark.parametrize("host", [calc, office_js, com])
def test_every_host_s_cells_give_the_same_numbers(host: Any) -> None:
    rows = tuple(tuple(map(host, row)) for row in INVOICES)
    with at(Desk(today=lambda: TODAY)):
        assert functions.PAYMENT_VELOCITY([["A"], ["B"], ["C"]], rows) == [[11.25], [CellError("#N/A")], [0.5]]
        assert functions.OPEN_BALANCE("A", [list(row) for row in rows], host(dt.date(2026, 9, 30))) == 500


def test_rows() -> None:
    assert rows_of("A") == [["A"]]
    assert rows_of(["A", "B"]) == [["A", "B"]]
    assert rows_of((("A",), ("B",))) == (("A",), ("B",))


def test_columns_are_of_one_type_or_of_none() -> None:
    day = dt.datetime(2026, 10, 31)
    grid = grid_of([(1.0, "a", day, 1.0), (None, None, None, "x"), (2.0, "", day.replace(tzinfo=None), day)], 2)
    number, text, date, mixed = grid.columns
    assert (number.dtype, text.dtype, date.dtype, mixed.dtype) == ("float64", object, "datetime64[s]", object)
    assert text.tolist() == ["a", None, None]
    assert date.tolist() == [day, None, day]
    assert mixed.tolist() == [1.0, "x", day]


def test_rows_of_different_length_are_filled_up() -> None:
    assert [column.tolist() for column in grid_of([["a"], ["b", "c"]], 2).columns] == [["a", "b"], [None, "c"]]


def test_error_values_leave_as_their_text() -> None:
    assert for_xlwings(CellError("#N/A")) == "#N/A"
    assert for_xlwings([[1.0, None, CellError("#NUM!")]]) == [[1.0, "", "#NUM!"]]
