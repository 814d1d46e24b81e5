"""Cells as Calc hands them over, as the port has them."""

import datetime as dt
from array import array

import numpy as np
import pytest

from xlseg.hosts.calcsheet import Cells
from xlseg.hosts.wire import Coded
from xlseg.workbook import Array, CellError

NULL = dt.datetime(1899, 12, 30)


def column(cells: object, dates: list[list[int]] | None = None, logicals: list[list[int]] | None = None, error: int | None = None) -> Array:
    """A column below the heading row."""
    errors = {} if error is None else {0: {error: CellError("#N/A")}}
    return Cells(1, [cells], dates or [], logicals or [], errors).grid(NULL).columns[0]  # type: ignore[list-item]


# 46326 days after 1899-12-30 is 2026-10-31; a quarter of a day is six hours.
DAYS = np.array(["2026-10-31", "2026-10-31T06:00:00"], dtype="datetime64[s]")


def test_numbers_formatted_as_dates_are_dates_and_empty_cells_between_them_none() -> None:
    assert column(array("d", [46326.0, 46326.25]), [[1, 0, 2, 0]]).tolist() == DAYS.tolist()
    found = column([46326.0, "", 46326.25], [[1, 0, 1, 0], [3, 0, 9, 0]])
    assert found.dtype == "datetime64[s]"
    assert found.tolist() == [DAYS[0].item(), None, DAYS[1].item()]


def test_a_number_that_is_not_formatted_so_stays_one_among_dates() -> None:
    assert column(array("d", [46326.0, 5.0]), [[1, 0, 1, 0]]).tolist() == [DAYS[0].item(), 5.0]


@pytest.mark.parametrize("beyond", [2958466.0, -700000.0, 1e300, 1e308])  # 9999-12-31 is day 2958465
def test_a_number_beyond_the_calendar_stays_one(beyond: float) -> None:
    assert column(array("d", [46326.0, beyond]), [[1, 0, 2, 0]]).tolist() == [DAYS[0].item(), beyond]


def test_the_last_second_of_the_calendar_is_a_date() -> None:
    assert column(array("d", [2958465.999988426]), [[1, 0, 1, 0]]).tolist() == [dt.datetime(9999, 12, 31, 23, 59, 59)]


def test_numbers_formatted_as_truth_values_are_such_and_errors_stand_where_they_were() -> None:
    assert column(array("d", [1.0, 0.0, 5.0]), logicals=[[1, 0, 2, 0]]).tolist() == [True, False, 5.0]
    assert column(["a", None, ""], error=1).tolist() == ["a", CellError("#N/A"), None]


def test_a_coded_column_holds_its_texts_and_says_which_cell_has_which() -> None:
    grid = Cells(1, [Coded(["USD", ""], array("i", [0, 1, 0]))], [], [], {}).grid(NULL)
    assert grid.columns[0].tolist() == ["USD", None, "USD"]
    codes, distinct = grid.coded[0]
    assert (codes.tolist(), distinct.tolist()) == ([0, 1, 0], ["USD", None])


def test_an_empty_column_is_one_of_numbers_however_it_comes() -> None:
    for empty in (["", ""], Coded([""], array("i", [0, 0]))):
        for dates in ([], [[1, 0, 2, 0]]):
            found = column(empty, dates)
            assert found.dtype == float
            assert np.isnan(found).all()
