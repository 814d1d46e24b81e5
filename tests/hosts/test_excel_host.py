"""The live Excel host, on an Excel of paper. What it shares with the other hosts: test_contract.py."""

import ast
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fake_excel
import pytest
from workbooks import layout, segments, user_book

from xlseg.errors import BusyError, LayoutError
from xlseg.hosts.excel import ExcelWorkbook
from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import CellError, HasTables, Tab, Value

CUSTOMERS = {"0017": 120.0, "0018": 50.0}


@pytest.fixture
def live(tmp_path: Path) -> fake_excel.Book:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments(CUSTOMERS), layout([0.5])])
    return fake_excel.Book(path)


def _filled(row: Sequence[Value]) -> dict[int, Value]:
    days = {place: dt.datetime(v.year, v.month, v.day) for place, v in enumerate(row) if type(v) is dt.date}
    return {place: value for place, value in enumerate(row) if value is not None} | days


def test_sheets_are_read_as_from_the_file(live: fake_excel.Book) -> None:
    book, file = ExcelWorkbook(live), WorkbookFile(live.path)
    assert isinstance(book, HasTables)
    assert (book.name, book.epoch_1904, list(book.sheets())) == (file.name, file.epoch_1904, list(file.sheets()))
    for name in ("Invoices", "Segments"):
        assert [_filled(row) for row in book.sheet(name).head(5)] == [_filled(row) for row in file.sheet(name).head(5)]
        here, there = (source.sheet(name).body(4).columns[:3] for source in (book, file))
        assert repr([column.tolist() for column in here]) == repr([column.tolist() for column in there])  # NaN equals nothing
    assert (book.sheet_of_table("TBLSEGMENTS"), book.sheet_of_table("Migration!"), book.sheet_of_table("none")) == ("Segments", "Migration", None)


def test_error_values_are_read_as_such(live: fake_excel.Book) -> None:
    live.values["Invoices"]["B2"] = "#DIV/0!"
    assert ExcelWorkbook(live).sheet("Invoices").head(2)[1][1] == CellError("#DIV/0!")


def test_excel_is_as_it_was_afterwards(live: fake_excel.Book) -> None:
    live.app.calculation, live.app.enable_events = "semiautomatic", False
    ExcelWorkbook(live).write([segments(CUSTOMERS | {"9": 1.0})])
    app = live.app
    assert (app.screen_updating, app.calculation, app.enable_events, app.display_alerts) == (True, "semiautomatic", False, True)
    assert [book.closed for book in app.books.opened] == [True]


@pytest.mark.parametrize("changes", range(7))
def test_when_excel_refuses_a_change_all_is_as_it_was(live: fake_excel.Book, changes: int) -> None:
    before = contents(live)
    live.app.left = changes
    real, live.app.change = live.app.change, lambda: refuse_once(live.app, real)  # type: ignore[method-assign]
    new = Tab("New", {(1, 1): layout([0.5]).cells[1, 1]})
    with pytest.raises(BusyError, match=r"book\.xlsx: Excel did not let the tabs be written \(Call was rejected by callee\.\)\. To go on, press Esc"):
        ExcelWorkbook(live).write([segments({"9": 1.0, "0017": 999.0, "007": 2.0}), layout([0.75, 0.25]), new])
    assert contents(live) == before
    assert (live.app.screen_updating, live.app.calculation) == (True, "automatic")
    assert [book.closed for book in live.app.books.opened] == [True]


def refuse_once(app: fake_excel.App, change: Callable[[], None]) -> None:
    """Excel is busy once, and lets everything be taken back."""
    try:
        change()
    except fake_excel.Refused:
        app.left = 10**9
        raise


def contents(book: fake_excel.Book) -> dict[str, Any]:
    found: dict[str, Any] = {s.title: {c.coordinate: c.value for row in s.iter_rows() for c in row if c.value is not None} for s in book.file}
    return found | {f"{s.title}!": dict(s.tables.items()) for s in book.file}


def test_a_protected_sheet_is_refused_before_anything_is_written(live: fake_excel.Book) -> None:
    live.file["Segments"].protection.sheet = True
    before = contents(live)
    with pytest.raises(LayoutError, match=r"Segments: the sheet is protected\. To go on, unprotect it"):
        ExcelWorkbook(live).write([layout([0.75]), segments({"0017": 1.0})])
    assert contents(live) == before


def test_a_totals_row_stays_below_the_rows(live: fake_excel.Book) -> None:
    for book in (live.file, live.values):
        book["Segments"]["A7"], book["Segments"]["C7"] = "Total", 170
    live.file["Segments"]["C7"] = "=SUBTOTAL(109,tblSegments[Open balance])"
    table = live.file["Segments"].tables["tblSegments"]
    table.ref, table.totalsRowCount = "A4:D7", 1
    book = ExcelWorkbook(live)
    assert (book.totals_row("tblSegments"), book.totals_row("tblOther")) == (7, None)
    book.write([segments(CUSTOMERS | {"9": 1.0})])
    sheet = live.file["Segments"]
    assert [sheet[f"A{row}"].value for row in range(5, 9)] == ["0017", "0018", "9", "Total"]
    assert (sheet["C8"].value, table.ref) == ("=SUBTOTAL(109,tblSegments[Open balance])", "A4:D8")


def test_a_dry_run_changes_nothing(live: fake_excel.Book) -> None:
    before = contents(live)
    assert ExcelWorkbook(live).write([segments({"0017": 1.0})], save=False).updated == ("Segments",)
    assert (contents(live), live.app.books.opened) == (before, [])


def test_the_excel_of_paper_has_nothing_that_xlwings_has_not() -> None:
    xlwings = pytest.importorskip("xlwings", reason="xlwings is not installed")
    real = {"App": xlwings.App, "Book": xlwings.Book, "Sheet": xlwings.Sheet, "Range": xlwings.Range, "Books": type(xlwings.books)}
    real |= {"Sheets": xlwings.main.Sheets, "Table": xlwings.main.Table, "Tables": xlwings.main.Tables, "Font": xlwings.main.Font}
    own = {"file", "values", "path", "closed", "opened", "left", "alerts", "change", "edges", "cell", "cells", "totals"}
    tree = ast.parse(Path(fake_excel.__file__).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name in real:
            methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            targets = {
                each.attr
                for each in ast.walk(node)
                if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) and ast.unparse(each.value) == "self"
            }
            names = {name for name in methods | targets if not name.startswith("_")} - own
            assert {name for name in names if not hasattr(real[node.name], name)} == set(), node.name
    assert {"bold", "italic", "color", "size"} <= set(dir(xlwings.main.Font))


def test_yes_and_no_in_a_column_of_the_user_stay_so_when_rows_change_places(live: fake_excel.Book) -> None:
    book = ExcelWorkbook(live)
    book.write([segments(CUSTOMERS, growth="replace")])
    for each in (live.file, live.values):
        each["Segments"]["D5"], each["Segments"]["D6"] = True, False
    book.write([segments(dict(reversed(CUSTOMERS.items())), growth="replace")])
    sheet = live.file["Segments"]
    assert [(sheet[f"A{row}"].value, sheet[f"D{row}"].value) for row in (5, 6)] == [("0018", False), ("0017", True)]
    assert all(isinstance(sheet[f"D{row}"].value, bool) for row in (5, 6))
