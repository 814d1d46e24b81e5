"""The live Excel host, on an Excel of paper; and the one contract that it shares with the file host."""

import ast
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fake_excel
import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.worksheet.table import TableColumn
from workbooks import by_hand, cells, column, layout, segments, table_ref, user_book

from xlseg.errors import BusyError, LayoutError
from xlseg.hosts.excel import ExcelWorkbook
from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import CellError, HasTables, Tab, Value, Written

Write = Callable[[Path, Sequence[Tab]], Written]

CUSTOMERS = {"0017": 120.0, "0018": 50.0}


def in_the_file(path: Path, tabs: Sequence[Tab]) -> Written:
    return WorkbookFile(path).write(tabs)


def in_excel(path: Path, tabs: Sequence[Tab]) -> Written:
    book = fake_excel.Book(path)
    written = ExcelWorkbook(book).write(tabs)
    fake_excel.saved(book)
    return written


@pytest.fixture(params=[in_the_file, in_excel], ids=["file", "excel"])
def write(request: pytest.FixtureRequest) -> Write:
    found: Write = request.param
    return found


# ── one contract ─────────────────────────────────────────────────────────────


def test_a_tab_is_made_as_it_is_given(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    assert write(path, [segments(CUSTOMERS), layout([0.5, 0.25])]).made == ("Segments", "Migration")
    found = cells(path, formulas=True)
    assert (found["A1"], found["C2"], found["A5"], found["C5"]) == ("Segments", "=SUM(tblSegments[Open balance])", "0017", 120)
    assert found["B2"] == dt.datetime(2026, 10, 31)
    assert cells(path, "Migration", formulas=True)["B5"] == "=SUM(B3:B4)"
    sheet = openpyxl.load_workbook(path)["Segments"]
    assert (table_ref(path), sheet["C5"].number_format, sheet.freeze_panes) == ("A4:D6", '#,##0;(#,##0);"-"', "A5")
    assert sheet["A1"].font.b


def test_nothing_differs_the_second_time(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    tabs = [segments(CUSTOMERS), layout([0.5, 0.25])]
    write(path, tabs)
    assert write(path, tabs) == Written(unchanged=("Segments", "Migration"))


def test_a_customer_keeps_his_row_and_who_left_stays(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS)])
    assert write(path, [segments({"0019": 7.0, "0018": 300.0})]).updated == ("Segments",)
    assert column(path, "A") == ["0017", "0018", "0019"]
    assert [cells(path)[f"C{row}"] for row in (5, 6, 7)] == [120, 300, 7]
    assert table_ref(path) == "A4:D7"
    assert openpyxl.load_workbook(path)["Segments"]["C7"].number_format == '#,##0;(#,##0);"-"'


def test_what_the_user_added_to_a_table_stays_and_is_continued(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS)])

    def add(sheet: Any) -> None:
        sheet["D5"], sheet["E4"], sheet["E5"], sheet["E6"] = "Mary", "Twice", "=C5*2", "=C6*2"
        sheet["C6"].font = Font(i=True)
        sheet["G9"] = "=SUM(C5:C6)"
        table = sheet.tables["tblSegments"]
        table.ref = table.autoFilter.ref = "A4:E6"
        table.tableColumns.append(TableColumn(id=9, name="Twice"))

    by_hand(path, add)
    write(path, [segments({"0018": 60.0, "0019": 7.0})])
    found = cells(path, formulas=True)
    assert [found.get(f"D{row}") for row in (5, 6, 7)] == ["Mary", None, None]
    assert [found.get(f"E{row}") for row in (5, 6, 7)] == ["=C5*2", "=C6*2", "=C7*2"]
    assert (found["G9"], found["C6"]) == ("=SUM(C5:C6)", 60)
    assert openpyxl.load_workbook(path)["Segments"]["C6"].font.i


def test_texts_stay_texts(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments({"x": 1.0})])
    ids = ["0017", "1E5", "=cmd|' /c calc'!A0", "'quoted", "TRUE", "2026-01-02", "50%", "+1", "@SUM(1)", "#N/A?"]
    write(path, [segments(dict.fromkeys(ids, 1.0))])
    assert column(path, "A") == ["x", *ids]


def test_a_tab_that_the_user_renamed_is_found(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS), layout([0.5])])
    by_hand(path, lambda sheet: setattr(sheet, "title", "Kunden"))
    by_hand(path, lambda sheet: setattr(sheet, "title", "Wanderung"), "Migration")
    assert write(path, [segments(CUSTOMERS | {"9": 1.0}), layout([0.75])]).updated == ("Segments", "Migration")
    assert openpyxl.load_workbook(path).sheetnames == ["Invoices", "Kunden", "Wanderung"]
    assert (column(path, "A", "Kunden"), cells(path, "Wanderung")["B3"]) == (["0017", "0018", "9"], 0.75)


def test_an_input_tab_is_left_to_the_user(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    tab = Tab("Config", {(1, 1): segments({}).cells[1, 1]}, input=True)
    assert write(path, [tab]).made == ("Config",)
    by_hand(path, lambda sheet: sheet.append(["Grace", 9]), "Config")
    assert write(path, [tab]).unchanged == ("Config",)
    assert cells(path, "Config")["B2"] == 9


def test_a_layout_tab_clears_what_it_no_longer_writes(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [layout([0.5, 0.25, 0.125])])
    by_hand(path, lambda sheet: sheet.cell(4, 6, "why?"), "Migration")
    write(path, [layout([0.5])])
    assert cells(path, "Migration", formulas=True) == {"A1": "Migration", "B3": 0.5, "B4": "=SUM(B3:B3)", "F4": "why?"}


def test_a_table_without_room_is_refused_and_nothing_is_written(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS), layout([0.5])])
    by_hand(path, lambda sheet: sheet.cell(7, 2, "mine"))
    before = cells(path, "Migration"), cells(path)
    with pytest.raises(LayoutError, match=r"Segments!B7: the table tblSegments needs 1 more row, and this cell is in use\. To go on, move it"):
        write(path, [layout([0.75]), segments(CUSTOMERS | {"9": 1.0})])
    assert (cells(path, "Migration"), cells(path)) == before


def test_a_lost_key_heading_is_refused(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS)])

    def rename(sheet: Any) -> None:
        sheet["A4"] = sheet.tables["tblSegments"].tableColumns[0].name = "Kunde"

    by_hand(path, rename)
    with pytest.raises(LayoutError, match="the heading 'Customer ID' of the table tblSegments is not there any more"):
        write(path, [segments(CUSTOMERS)])


def test_a_sheet_of_the_users_with_the_name_of_a_tab_is_refused(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    by_hand(path, lambda sheet: setattr(sheet, "title", "Segments"), "Invoices")
    with pytest.raises(LayoutError, match="there is a sheet of this name that xlseg has not made"):
        write(path, [segments(CUSTOMERS)])


@pytest.mark.parametrize("epoch_1904", [False, True])
def test_days_stay_days(tmp_path: Path, write: Write, epoch_1904: bool) -> None:
    path = user_book(tmp_path / "book.xlsx", epoch_1904=epoch_1904)
    write(path, [segments(CUSTOMERS)])
    assert cells(path)["B2"] == dt.datetime(2026, 10, 31)


# ── Excel's own ──────────────────────────────────────────────────────────────


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
    ExcelWorkbook(live).write([segments(CUSTOMERS | {"9": 1.0})])
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
