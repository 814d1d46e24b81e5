"""The cells above a table stay where they belong when the user inserts rows and columns, as Excel moves them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl.worksheet.table import TableColumn
from workbooks import by_hand, cells, segments, table_ref, user_book

from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import Cell, Tab

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


def dated(words: str) -> Tab:
    """Our tab with a text that says the date, in a book of another month."""
    tab = segments({"A": 1.5, "B": 2.0})
    return replace(tab, cells={**tab.cells, (2, 1): Cell(words, "label")})


@pytest.mark.parametrize("rows", [3, 60])
def test_a_text_that_has_changed_is_not_written_over_what_the_user_has_typed_in_rows_of_his_own(tmp_path: Path, rows: int) -> None:
    def insert(sheet: Any) -> None:
        sheet.move_range("A4:D6", rows=rows)
        table = sheet.tables["tblSegments"]
        table.ref = table.autoFilter.ref = f"A{4 + rows}:D{6 + rows}"
        for row in range(3, 4 + rows):
            sheet.cell(row, 1, f"note {row}")

    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([dated("up to September")])
    written = WorkbookFile(by_hand(path, insert)).write([dated("up to October")])
    assert written.remarks == ()
    found = cells(path)
    assert [found[f"A{row}"] for row in range(1, 4 + rows)] == ["Segments", "up to October", *(f"note {row}" for row in range(3, 4 + rows))]


def test_where_the_texts_above_a_moved_table_are_gone_what_stands_there_is_left(path: Path) -> None:
    def move(sheet: Any) -> None:
        sheet.move_range("A4:D6", rows=10)
        for row in range(1, 14):
            sheet.cell(row, 1, f"mine {row}")
        sheet["B2"] = sheet["C2"] = None
        table = sheet.tables["tblSegments"]
        table.ref = table.autoFilter.ref = "A14:D16"

    written = WorkbookFile(by_hand(path, move)).write([segments({"A": 1.5, "B": 2.0})])
    assert written.remarks == ("Segments: other cells stand where the texts above tblSegments belong; they are left.",)
    found = cells(path)
    assert [found[f"A{row}"] for row in range(1, 14)] == [f"mine {row}" for row in range(1, 14)]
    assert found["A15"] == "A"
