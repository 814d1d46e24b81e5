"""The cells above a table stay where they belong when the user inserts rows and columns, as Excel moves them."""

from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.table import TableColumn
from workbooks import by_hand, cells, segments, table_ref, user_book

from xlseg.hosts.file import WorkbookFile

ABOVE = {"A1": "Segments", "A2": "As of", "C2": "=SUM(tblSegments[Open balance])"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A book with our tab: headings in A4:D4, two customers."""
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({"A": 1.0, "B": 2.0})])
    return path


def above(path: Path) -> dict[str, object]:
    """What stands above the table, dates aside."""
    found = cells(path, formulas=True)
    header = int("".join(filter(str.isdigit, table_ref(path).split(":")[0])))
    return {name: v for name, v in found.items() if int("".join(filter(str.isdigit, name))) < header and isinstance(v, str)}


def refreshed(path: Path) -> Path:
    WorkbookFile(path).write([segments({"A": 1.5, "B": 2.0, "C": 3.0})])
    return path


def insert_table_column(sheet: Any, at: int) -> None:
    table = sheet.tables["tblSegments"]
    table.tableColumns.insert(at - 1, TableColumn(id=50, name="Mine"))
    table.ref = table.autoFilter.ref = "A4:E6"


def test_a_sheet_column_inserted_in_the_middle_moves_the_cells_above(path: Path) -> None:
    def insert(sheet: Any) -> None:
        sheet.move_range("B1:D6", cols=1)
        sheet["B2"], sheet["B4"], sheet["B5"] = "my remark", "Mine", "x"
        insert_table_column(sheet, 2)

    refreshed(by_hand(path, insert))
    assert above(path) == {"A1": "Segments", "A2": "As of", "B2": "my remark", "D2": "=SUM(tblSegments[Open balance])"}
    found = cells(path)
    assert (found["D2"], found["D5"], found["B5"], found["A7"]) == (6.5, 1.5, "x", "C")


def test_a_column_inserted_in_the_table_alone_leaves_the_cells_above_where_they_are(path: Path) -> None:
    def insert(sheet: Any) -> None:
        sheet.move_range("B4:D6", cols=1)
        sheet["B4"] = "Mine"
        insert_table_column(sheet, 2)

    refreshed(by_hand(path, insert))
    assert above(path) == ABOVE


@pytest.mark.parametrize(
    ("first", "wanted"),
    [
        (1, {"A3": "Segments", "A4": "As of", "C4": "=SUM(tblSegments[Open balance])"}),
        (2, {"A1": "Segments", "A4": "As of", "C4": "=SUM(tblSegments[Open balance])"}),
        (3, ABOVE),
    ],
)
def test_rows_inserted_anywhere_above_the_table_leave_every_cell_once(path: Path, first: int, wanted: dict[str, str]) -> None:
    def insert(sheet: Any) -> None:
        sheet.move_range(f"A{first}:D6", rows=2)
        table = sheet.tables["tblSegments"]
        table.ref = table.autoFilter.ref = "A6:D8"

    refreshed(by_hand(path, insert))
    assert above(path) == wanted
    assert table_ref(path) == "A6:D9"


def test_columns_of_ours_in_another_order_leave_the_cells_above_where_they_are(path: Path) -> None:
    def swap(sheet: Any) -> None:
        for row in range(4, 7):
            sheet.cell(row, 1).value, sheet.cell(row, 3).value = sheet.cell(row, 3).value, sheet.cell(row, 1).value
        columns = sheet.tables["tblSegments"].tableColumns
        columns[0], columns[2] = columns[2], columns[0]

    refreshed(by_hand(path, swap))
    assert above(path) == ABOVE
