"""One contract for all hosts: a tab comes out the same in a file, in an Excel of paper, and in a LibreOffice Calc where one is there.

What a host saves is read back by openpyxl. What only one host can do is tested beside it.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from each_host import HOSTS, LiveCalc, Write, why_no_calc
from openpyxl.styles import Font
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import TableColumn
from workbooks import by_hand, cells, column, layout, segments, table_ref, user_book

from xlseg.errors import LayoutError
from xlseg.workbook import Column, Tab, Table, Written

CUSTOMERS = {"0017": 120.0, "0018": 50.0}

pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")  # openpyxl on what LibreOffice saves


@pytest.fixture(scope="module")
def calc() -> Iterator[LiveCalc]:
    """One LibreOffice for all tests, started by the first."""
    live = LiveCalc()
    yield live
    live.quit()


@pytest.fixture(params=[*HOSTS, "calc"])
def write(request: pytest.FixtureRequest) -> Write:
    if request.param in HOSTS:
        return HOSTS[request.param]
    if why := why_no_calc():
        pytest.skip(why)
    live: LiveCalc = request.getfixturevalue("calc")
    return live.write


MONEY = "#,##0;(#,##0);-"


def unquoted(number_format: str) -> str:
    """A number format without the signs that mark its letters: Excel writes "-" where LibreOffice writes \\-."""
    return number_format.replace('"', "").replace("\\", "")


def test_a_tab_is_made_as_it_is_given(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    assert write(path, [segments(CUSTOMERS), layout([0.5, 0.25])]).made == ("Segments", "Migration")
    found = cells(path, formulas=True)
    assert (found["A1"], found["C2"], found["A5"], found["C5"]) == ("Segments", "=SUM(tblSegments[Open balance])", "0017", 120)
    assert found["B2"] == dt.datetime(2026, 10, 31)
    assert cells(path, "Migration", formulas=True)["B5"] == "=SUM(B3:B4)"
    sheet = openpyxl.load_workbook(path)["Segments"]
    assert (table_ref(path), unquoted(sheet["C5"].number_format)) == ("A4:D6", MONEY)
    assert sheet["A1"].font.b


@pytest.mark.parametrize("write", HOSTS.values(), ids=HOSTS)  # a document of LibreOffice without a window keeps nothing in sight
def test_the_headings_stay_in_sight(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS)])
    assert openpyxl.load_workbook(path)["Segments"].freeze_panes == "A5"


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
    assert unquoted(openpyxl.load_workbook(path)["Segments"]["C7"].number_format) == MONEY


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
    found = cells(path, "Migration", formulas=True)
    assert found.pop("B4") in ("=SUM(B3:B3)", "=SUM(B3)")  # LibreOffice makes a cell of a range of one
    assert found == {"A1": "Migration", "B3": 0.5, "F4": "why?"}


def test_what_the_user_types_on_a_page_stays(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [layout([0.5, 0.25, 0.125])])

    def note(sheet: Any) -> None:
        sheet["A4"], sheet["C3"], sheet["B9"] = "why?", 7, "=C3*2"

    by_hand(path, note, "Migration")
    write(path, [layout([0.5])])
    write(path, [layout([0.5, 0.25])])
    found = cells(path, "Migration", formulas=True)
    assert found == {"A1": "Migration", "B3": 0.5, "B4": 0.25, "B5": "=SUM(B3:B4)", "A4": "why?", "C3": 7, "B9": "=C3*2"}


def test_a_page_that_would_grow_over_what_the_user_has_typed_is_refused_and_nothing_is_written(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS), layout([0.5])])
    by_hand(path, lambda sheet: sheet.cell(5, 2, "mine"), "Migration")
    before = cells(path, "Migration"), cells(path)
    with pytest.raises(
        LayoutError, match=r"Migration!B5: this cell is in use, and the page has grown .*\. To go on, move it to column E, or delete it"
    ):
        write(path, [segments(CUSTOMERS | {"9": 1.0}), layout([0.5, 0.25])])
    assert (cells(path, "Migration"), cells(path)) == before


def test_of_copies_of_a_page_none_is_overwritten(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [layout([0.5])])

    def archive(sheet: Any) -> None:
        copy = sheet.parent.copy_worksheet(sheet)
        copy.title, sheet.title = "Q3", "Today"
        copy.defined_names.add(DefinedName("xlsegTab", attr_text='"Migration"', hidden=True))  # as Excel copies it

    by_hand(path, archive, "Migration")
    with pytest.raises(LayoutError, match=r"'Today', 'Q3' are copies of the tab Migration, and none is called so"):
        write(path, [layout([0.25])])
    assert (cells(path, "Today")["B3"], cells(path, "Q3")["B3"]) == (0.5, 0.5)


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


def test_a_tab_that_the_user_deleted_is_made_again(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    write(path, [segments(CUSTOMERS)])
    book = openpyxl.load_workbook(path)
    del book["Segments"]
    book.save(path)
    assert write(path, [segments(CUSTOMERS)]).made == ("Segments",)
    assert column(path, "A") == ["0017", "0018"]


def test_a_new_table_on_a_tab_that_is_there_is_added_beside_the_others(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    tab = segments(CUSTOMERS)
    second = Table("tblMore", (4, 8), (Column("Segment", ["A", "B"]), Column("Count", [3, 4], "count")), ("Segment",))
    write(path, [tab])
    write(path, [Tab(tab.name, tab.cells, (*tab.tables, second), footer=tab.footer)])
    assert table_ref(path, name="tblMore") == "H4:I6"
    assert cells(path)["I6"] == 4
    assert column(path, "A") == ["0017", "0018"]


def test_the_users_own_sheet_stays_as_it_was(tmp_path: Path, write: Write) -> None:
    path = user_book(tmp_path / "book.xlsx")
    before = cells(path, "Invoices", formulas=True)
    write(path, [segments(CUSTOMERS), layout([0.5])])
    write(path, [segments({"0019": 1.0}), layout([0.5, 0.25])])
    assert cells(path, "Invoices", formulas=True) == before
