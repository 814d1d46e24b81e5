"""The contract with the user's file: what is not ours stays, what is ours stays in its place. What all hosts share: test_contract.py."""

import os
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName
from workbooks import MAIN, VBA, add_part, add_user_column, by_hand, cells, column, layout, parts, repacked, segments, shared, table_ref, user_book

from xlseg.errors import FileError, LayoutError
from xlseg.hosts.file import WorkbookFile, new_book
from xlseg.workbook import Cell, Column, Tab, Table

TYPES = "[Content_Types].xml"
EDITED = {TYPES, "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
CUSTOMERS = {"0017": 120.0, "0018": 80.0}


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm"])
def test_every_part_of_the_user_stays_to_the_byte(tmp_path: Path, suffix: str) -> None:
    path = user_book(tmp_path / f"book{suffix}")
    before = parts(path)
    written = WorkbookFile(path).write([segments(CUSTOMERS), layout([0.5, 0.25])])
    after = parts(path)
    assert written.made == ("Segments", "Migration")
    assert {name for name in before if after.get(name) != before[name]} == EDITED
    assert after.keys() - before.keys() == {
        "xl/worksheets/sheet2.xml", "xl/worksheets/sheet3.xml", "xl/tables/table1.xml", "xl/worksheets/_rels/sheet2.xml.rels",
    }  # fmt: skip
    assert suffix == ".xlsx" or after["xl/vbaProject.bin"] == VBA


def test_members_that_are_not_edited_keep_their_compressed_bytes(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    repacked(path, lambda members: members.update({"customXml/item9.xml": b"<odd/>" * 1000}))
    WorkbookFile(path).write([layout([1.0])])
    with zipfile.ZipFile(path) as package:
        assert package.getinfo("customXml/item9.xml").date_time == (2020, 1, 1, 0, 0, 0)
        assert package.testzip() is None


def test_styles_are_only_appended_to(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")

    def formats() -> list[bytes]:
        xml = re.search(rb"<cellXfs.*</cellXfs>", parts(path)["xl/styles.xml"], re.S)
        assert xml
        return re.findall(rb"<xf .*?(?:/>|</xf>)", xml[0])

    before = formats()
    WorkbookFile(path).write([segments(CUSTOMERS)])
    assert formats()[: len(before)] == before
    assert len(formats()) > len(before)


def test_a_second_write_of_the_same_changes_no_byte(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    book = WorkbookFile(path)
    book.write([segments(CUSTOMERS), layout([0.5])])
    before, status = path.read_bytes(), path.stat()
    written = book.write([segments(CUSTOMERS), layout([0.5])])
    assert written.unchanged == ("Segments", "Migration")
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == (before, status.st_mtime_ns, status.st_ino)


def test_a_second_write_of_the_same_changes_no_byte_after_excel_has_shared_the_strings(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    new_book(path, [segments(CUSTOMERS), layout([0.5])])
    shared(path)
    before = path.read_bytes()
    assert b't="s"' in parts(path)["xl/worksheets/sheet1.xml"]
    assert WorkbookFile(path).write([segments(CUSTOMERS), layout([0.5])]).unchanged == ("Segments", "Migration")
    assert path.read_bytes() == before


def test_a_hundred_refreshes_add_no_styles_and_no_parts(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    book = WorkbookFile(path)
    book.write([segments({"1": 1.0}), layout([0.5])])
    names, styles = parts(path).keys(), parts(path)["xl/styles.xml"]
    for run in range(100):
        book.write([segments({"1": run + 2.0}), layout([0.5] * (run % 3 + 1))])
    assert parts(path).keys() == names
    assert parts(path)["xl/styles.xml"] == styles


def test_sheet_id_and_table_id_stay_while_rows_come(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments(CUSTOMERS)])
    before = parts(path)
    WorkbookFile(path).write([segments(CUSTOMERS | {"0020": 5.0})])
    after = parts(path)
    assert {name for name in after if after[name] != before.get(name)} == {"xl/worksheets/sheet2.xml", "xl/tables/table1.xml"}
    assert b'<table xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" id="1" name="tblSegments"' in after["xl/tables/table1.xml"]
    assert table_ref(path) == "A4:D7"


def test_ten_refreshes_keep_the_users_columns_formulas_widths_formats_and_filter(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    chance = random.Random(7)
    model = {"0001": 10.0, "0002": 20.0}
    order = list(model)
    WorkbookFile(path).write([segments(model)])

    def dress(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        add_user_column(sheet, "Note", ["call him", None])
        add_user_column(sheet, "Doubled", ["=C5*2", "=C6*2"])
        sheet.column_dimensions["B"].width = 44
        sheet["B6"].fill = openpyxl.styles.PatternFill("solid", fgColor="00FF00")
        sheet.tables["tblSegments"].autoFilter.filterColumn.append(openpyxl.worksheet.filters.FilterColumn(colId=1))
        sheet["J1"] = "my own remark"
        chart = openpyxl.chart.BarChart()
        chart.add_data(openpyxl.chart.Reference(sheet, min_col=3, min_row=4, max_row=6))
        sheet.add_chart(chart, "L2")

    by_hand(path, dress)
    drawings = {n: d for n, d in parts(path).items() if "drawing" in n or "chart" in n}
    for run in range(10):
        model = {key: run * 100.0 + int(key) for key in chance.sample(order, k=len(order) - 1)} | {f"{run + 3:04d}": 1.0 * run}
        order += [key for key in model if key not in order]
        WorkbookFile(path).write([segments(model)])
        balances = dict(zip(column(path, "A"), column(path, "C"), strict=True))
        assert list(balances) == order
        assert {key: balances[key] for key in model} == model
        assert column(path, "E") == ["call him"] + [None] * (len(order) - 1)
        assert column(path, "F", formulas=True) == [f"=C{row}*2" for row in range(5, 5 + len(order))]
    sheet = openpyxl.load_workbook(path)["Segments"]
    assert sheet.column_dimensions["B"].width == 44
    assert sheet["B6"].fill.fgColor.rgb == "0000FF00"
    assert sheet["J1"].value == "my own remark"
    assert len(sheet.tables["tblSegments"].autoFilter.filterColumn) == 1
    assert {n: d for n, d in parts(path).items() if "drawing" in n or "chart" in n} == drawings


def test_highlights_and_filter_follow_the_rows(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments({str(i): 1.0 * i for i in range(9)})])
    sheet = openpyxl.load_workbook(path)["Segments"]
    assert {str(f.sqref) for f in sheet.conditional_formatting} == {"B5:B13", "C5:C13"}
    assert sheet.tables["tblSegments"].autoFilter.ref == "A4:D13"
    assert sheet.dimensions == "A1:D13"
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.page_setup.orientation) == ("A5", "$4:$4", "landscape")
    assert sheet.oddFooter.left.text == "As of 2026-10-31"


def test_the_footer_is_brought_up_to_date_unless_the_user_has_his_own(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    tab = segments(CUSTOMERS)
    WorkbookFile(path).write([tab])
    WorkbookFile(path).write([Tab(tab.name, tab.cells, tab.tables, footer="As of 2026-11-30")])
    assert openpyxl.load_workbook(path)["Segments"].oddFooter.left.text == "As of 2026-11-30"
    by_hand(path, lambda sheet: setattr(sheet.oddFooter.left, "text", "Confidential"))
    by_hand(path, lambda sheet: setattr(sheet.oddFooter.center, "text", "mine"))
    WorkbookFile(path).write([Tab(tab.name, tab.cells, tab.tables, footer="As of 2026-12-31")])
    assert openpyxl.load_workbook(path)["Segments"].oddFooter.left.text == "Confidential"


def test_a_tab_that_the_user_renamed_is_found_by_its_table(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments(CUSTOMERS)])
    by_hand(path, lambda sheet: setattr(sheet, "title", "Kunden"))
    assert WorkbookFile(path).write([segments(CUSTOMERS | {"9": 1.0})]).updated == ("Segments",)
    assert openpyxl.load_workbook(path).sheetnames == ["Invoices", "Kunden"]
    assert column(path, "A", "Kunden") == ["0017", "0018", "9"]


def test_an_input_tab_is_made_once_and_then_left_to_the_user(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    tab = Tab("Config", {(1, 1): Cell("Key", "header"), (2, 1): Cell("Window", "input_text")}, choices={(2, 2): "yes, no"}, input=True)
    assert WorkbookFile(path).write([tab]).made == ("Config",)
    by_hand(path, lambda sheet: sheet.append(["Grace", 9]), "Config")
    before = path.read_bytes()
    assert WorkbookFile(path).write([tab]).unchanged == ("Config",)
    assert path.read_bytes() == before
    assert cells(path, "Config") == {"A1": "Key", "A2": "Window", "A3": "Grace", "B3": 9}


def test_a_layout_tab_clears_what_it_no_longer_writes_and_nothing_of_the_users(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([layout([0.5, 0.25, 0.125])])
    by_hand(path, lambda sheet: sheet.cell(4, 6, "why?"), "Migration")
    WorkbookFile(path).write([layout([0.5])])
    assert cells(path, "Migration", formulas=True) == {"A1": "Migration", "B3": 0.5, "B4": "=SUM(B3:B3)", "F4": "why?"}
    assert openpyxl.load_workbook(path)["Migration"]["B4"].number_format == "0.0%"
    assert openpyxl.load_workbook(path)["Migration"]["B6"].number_format == "General"


def noted(path: Path, sheet: str = "Migration") -> list[str]:
    """What the names that note our cells refer to."""
    names = openpyxl.load_workbook(path)[sheet].defined_names
    assert all(name.hidden for name in names.values())
    return sorted(str(name.value) for key, name in names.items() if key.startswith("xlsegCells"))


def test_the_cells_of_a_page_are_noted_in_hidden_names(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments(CUSTOMERS), layout([0.5, 0.25])])
    assert noted(path) == ["'Migration'!$A$1", "'Migration'!$B$3:$B$5"]
    assert noted(path, "Segments") == []
    repacked(path, lambda members: members.update({"xl/workbook.xml": members["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")}))
    WorkbookFile(path).write([layout([0.5, 0.5])])
    assert b"fullCalcOnLoad" not in parts(path)["xl/workbook.xml"]  # nobody computes anything from these names
    WorkbookFile(path).write([layout([0.5])])
    assert noted(path) == ["'Migration'!$A$1", "'Migration'!$B$3:$B$4"]
    before = path.read_bytes()
    WorkbookFile(path).write([layout([0.5])])
    assert path.read_bytes() == before


def test_a_row_inserted_into_a_page_leaves_nothing_of_ours_behind(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([layout([0.5, 0.25])])

    def insert(sheet: Any) -> None:
        sheet.insert_rows(2, 3)
        sheet["C9"] = "mine"
        names = sheet.defined_names
        names["xlsegCells2_3x1_3"].value = "Migration!$B$6:$B$8"  # so a spreadsheet program lets it move along
        names.add(DefinedName("xlsegCells3_1x1_1", attr_text="Migration!#REF!", hidden=True))

    by_hand(path, insert, "Migration")
    WorkbookFile(path).write([layout([0.5, 0.25])])
    assert cells(path, "Migration", formulas=True) == {"A1": "Migration", "B3": 0.5, "B4": 0.25, "B5": "=SUM(B3:B4)", "C9": "mine"}
    assert noted(path) == ["'Migration'!$A$1", "'Migration'!$B$3:$B$5"]


def test_what_is_typed_into_a_row_inserted_within_our_cells_is_not_written_over(tmp_path: Path) -> None:
    def insert(sheet: Any) -> None:
        sheet.insert_rows(4)
        sheet.defined_names["xlsegCells2_3x1_3"].value = "Migration!$B$3:$B$6"  # so a spreadsheet program lets it grow

    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([layout([0.5, 0.25])])
    by_hand(path, insert, "Migration")
    by_hand(path, lambda sheet: sheet.cell(4, 2, "why?"), "Migration")
    before = path.read_bytes()
    refusal = r"^Migration!B3: rows or columns have been inserted within our cells B3:B6, and something stands in them\. To go on, move it to "
    with pytest.raises(LayoutError, match=refusal):
        WorkbookFile(path).write([layout([0.5, 0.25])])
    assert path.read_bytes() == before
    by_hand(path, lambda sheet: sheet.move_range("B4", cols=4), "Migration")
    WorkbookFile(path).write([layout([0.5, 0.25])])
    assert cells(path, "Migration", formulas=True) == {"A1": "Migration", "B3": 0.5, "B4": 0.25, "B5": "=SUM(B3:B4)", "F4": "why?"}


@pytest.mark.parametrize("insert", [lambda sheet: sheet.insert_rows(1), lambda sheet: sheet.insert_rows(4, 2), lambda sheet: sheet.insert_cols(1)])
def test_rows_and_columns_that_a_script_has_inserted_into_a_page_leave_nothing_of_ours_behind(tmp_path: Path, insert: Callable[[Any], None]) -> None:
    def page(share: float) -> Tab:
        words = {(row, 1): Cell(f"line {row}", "section") for row in range(2, 9)}
        return Tab("Page", {(1, 1): Cell("Page", "title"), **words, (8, 2): Cell(share, "share")}, owns_columns=3)

    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([page(0.5)])
    expected = cells(path, "Page") | {"B8": 0.25}
    by_hand(path, insert, "Page")
    WorkbookFile(path).write([page(0.25)])
    assert cells(path, "Page") == expected


def test_a_list_of_names_that_moves_up_is_not_taken_for_a_row_that_a_script_has_inserted(tmp_path: Path) -> None:
    def page(*names: str) -> Tab:
        return Tab(
            "Page", {(1, 1): Cell("Page", "title")} | {(row, 1): Cell(name, "label") for row, name in enumerate(names, start=3)}, owns_columns=3
        )

    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([page("At-Risk", "Slow", "Reliable")])
    by_hand(path, lambda sheet: sheet.cell(4, 2, "mine"), "Page")
    WorkbookFile(path).write([page("Slow", "Reliable", "Standard")])
    assert cells(path, "Page") == {"A1": "Page", "A3": "Slow", "A4": "Reliable", "A5": "Standard", "B4": "mine"}


def test_of_copies_of_a_page_none_is_overwritten(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([layout([0.5])])

    def archive(sheet: Any) -> None:
        copy = sheet.parent.copy_worksheet(sheet)
        copy.title, sheet.title = "Q3", "Today"
        copy.defined_names.add(DefinedName("xlsegTab", attr_text='"Migration"', hidden=True))  # as Excel copies it

    by_hand(path, archive, "Migration")
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=r"'Today', 'Q3' are copies of the tab Migration, and none is called so\. To go on, call the one"):
        WorkbookFile(path).write([layout([0.25])])
    assert path.read_bytes() == before
    by_hand(path, lambda sheet: setattr(sheet, "title", "Migration"), "Today")
    WorkbookFile(path).write([layout([0.25])])
    assert (cells(path, "Migration")["B3"], cells(path, "Q3")["B3"]) == (0.25, 0.5)


def test_a_page_on_which_nothing_is_noted_is_cleared_as_far_as_it_may_reach(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([layout([0.5, 0.25])])

    def forget(sheet: Any) -> None:
        sheet.defined_names.clear()
        sheet["D9"], sheet["E9"] = "a cell of ours for all one knows", "beside the page"

    by_hand(path, forget, "Migration")
    WorkbookFile(path).write([layout([0.5])])
    assert cells(path, "Migration", formulas=True) == {"A1": "Migration", "B3": 0.5, "B4": "=SUM(B3:B3)", "E9": "beside the page"}


def test_no_formula_asks_a_table_that_the_user_has_made_a_range_of(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments(CUSTOMERS)])
    assert cells(path, formulas=True)["C2"] == "=SUM(tblSegments[Open balance])"
    by_hand(path, lambda sheet: sheet.tables.clear())
    written = WorkbookFile(path).write([segments(CUSTOMERS | {"9": 1.0})])
    remark = "book.xlsx: tblSegments is no table any more; what formulas of ours would ask of them stands there as values."
    assert (written.remarks, cells(path, formulas=True)["C2"]) == ((remark,), sum(CUSTOMERS.values()) + 1)
    assert cells(path)[f"A{5 + len(CUSTOMERS)}"] == "9"


def test_styles_do_not_grow_when_another_program_writes_them_in_its_own_way(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    counts = []
    for number in range(4):
        WorkbookFile(path).write([segments(CUSTOMERS | {"9": float(number)}), layout([number / 10])])
        styles = parts(path)["xl/styles.xml"]
        counts.append([len(re.findall(pattern, styles)) for pattern in (rb"<xf ", rb"<font[ >]", rb"<fill[ >]", rb"<numFmt ", rb"<dxf[ >]")])
        by_hand(path, lambda sheet: None)
    assert counts[1] == counts[2] == counts[3]


def test_cells_move_with_the_first_table(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments(CUSTOMERS, at=(4, 1))])
    # the same sheet as if the user had inserted two rows at the top and a column at the left
    moved = segments(CUSTOMERS, at=(6, 2))
    other = user_book(tmp_path / "moved.xlsx")
    WorkbookFile(other).write([Tab("Segments", {}, moved.tables)])
    WorkbookFile(other).write([segments(CUSTOMERS, at=(4, 1))])
    found = cells(other, formulas=True)
    assert (found["B3"], found["B4"], found["D4"]) == ("Segments", "As of", "=SUM(tblSegments[Open balance])")
    assert found["B7"] == "0017"


def test_the_calculation_chain_stays_until_a_formula_of_ours_goes(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([segments(CUSTOMERS), layout([0.5, 0.5])])

    def chain(members: dict[str, bytes]) -> None:
        members["xl/calcChain.xml"] = b'<calcChain xmlns="%s"><c r="B5" i="3"/></calcChain>' % MAIN
        add_part(members, "calcChain", "xl/calcChain.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml")

    repacked(path, chain)
    WorkbookFile(path).write([segments(CUSTOMERS | {"1": 1.0}), layout([0.5, 0.4])])
    assert "xl/calcChain.xml" in parts(path)
    WorkbookFile(path).write([segments(CUSTOMERS), layout([0.5])])  # the sum moves from B5 to B4
    after = parts(path)
    assert "xl/calcChain.xml" not in after
    assert b"calcChain" not in after["[Content_Types].xml"] + after["xl/_rels/workbook.xml.rels"]


@pytest.mark.parametrize(
    ("refers", "asked"),
    [
        ("=SUM(B2:B6)", False),
        ("=VLOOKUP(A2,Segments!A:C,3,0)", True),
        ("=SUM(tblSegments[Open balance])", True),
        ("=SUM('Other Segments'!A1)", False),
    ],
)
def test_a_recalculation_is_asked_for_only_if_a_formula_elsewhere_refers_to_us(tmp_path: Path, refers: str, asked: bool) -> None:
    path = user_book(tmp_path / "book.xlsx", refers=refers)
    repacked(path, lambda m: m.update({"xl/workbook.xml": m["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")}))
    WorkbookFile(path).write([segments(CUSTOMERS)])
    assert (b'fullCalcOnLoad="1"' in parts(path)["xl/workbook.xml"]) is asked


def test_a_new_table_on_a_tab_that_is_there_is_added_beside_the_others(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    tab = segments(CUSTOMERS)
    second = Table("tblMore", (4, 8), (Column("Segment", ["A", "B"]), Column("Count", [3, 4], "count")), ("Segment",))
    WorkbookFile(path).write([tab])
    WorkbookFile(path).write([Tab(tab.name, tab.cells, (*tab.tables, second), footer=tab.footer)])
    assert table_ref(path, name="tblMore") == "H4:I6"
    assert cells(path)["I6"] == 4
    assert column(path, "A") == ["0017", "0018"]
    before = path.read_bytes()
    WorkbookFile(path).write([Tab(tab.name, tab.cells, (*tab.tables, second), footer=tab.footer)])
    assert path.read_bytes() == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    before = path.read_bytes()
    file = WorkbookFile(path)
    (tmp_path / "~$book.xlsx").touch()  # opened in Excel meanwhile: no matter
    assert file.write([segments(CUSTOMERS)], save=False).made == ("Segments",)
    assert path.read_bytes() == before


def test_an_output_leaves_the_file_itself_alone(tmp_path: Path) -> None:
    path, goal = user_book(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    before = path.read_bytes()
    WorkbookFile(path, output=goal).write([segments(CUSTOMERS)])
    assert path.read_bytes() == before
    assert column(goal, "A") == ["0017", "0018"]


def test_a_new_book_holds_its_tabs_and_is_never_written_over_another(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    new_book(path, [segments(CUSTOMERS), layout([0.5])])
    assert openpyxl.load_workbook(path).sheetnames == ["Segments", "Migration"]
    assert os.listdir(tmp_path) == ["new.xlsx"]
    with pytest.raises(FileError, match=r"new\.xlsx: a file of this name is there already\. To go on, take another name"):
        new_book(path, [])


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = user_book(tmp_path / "book.xlsx")
    book = WorkbookFile(path)
    assert list(book.sheets()) == ["Invoices"]
    book.write([segments(CUSTOMERS)])
    assert list(book.sheets()) == ["Invoices", "Segments"]
    assert book.sheet("Segments").head(4)[3][:2] == ["Customer ID", "Segment"]


def page(share: float) -> Tab:
    texts = {(1, 1): Cell("Value", "title"), (3, 1): Cell("As of", "label"), (5, 1): Cell("By segment", "section"), (6, 2): Cell("Cash", "header")}
    return Tab("Value", texts | {(7, 2): Cell(share, "share")}, owns_columns=4)


@pytest.mark.parametrize("words", [{"A1": "Value"}, {"A3": "As of"}, {"A1": "Value", "A3": "As of"}])
def test_a_sheet_of_the_user_with_the_name_and_a_word_of_a_page_is_not_taken_for_it(tmp_path: Path, words: dict[str, str]) -> None:
    def make(sheet: Any) -> None:
        own = sheet.parent.create_sheet("Value")
        for at, text in {**words, "B4": "my plan", "C7": "=SUM(C4:C6)"}.items():
            own[at] = text

    path = user_book(tmp_path / "book.xlsx")
    by_hand(path, make, "Invoices")
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=r"^Value: there is a sheet of this name that xlseg has not made\. To go on, rename it"):
        WorkbookFile(path).write([page(0.5)])
    assert path.read_bytes() == before


def test_a_page_is_found_under_another_name_though_a_sheet_of_the_user_has_taken_its_own(tmp_path: Path) -> None:
    def rename(sheet: Any) -> None:
        sheet.title = "What it brings"
        own = sheet.parent.create_sheet("Value")
        own["A1"], own["B4"] = "Value", "my plan"

    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([page(0.5)])
    by_hand(path, rename, "Value")
    WorkbookFile(path).write([page(0.25)])
    assert (cells(path, "What it brings")["B7"], cells(path, "Value")) == (0.25, {"A1": "Value", "B4": "my plan"})


def test_a_page_without_its_hidden_names_is_known_by_most_of_its_texts(tmp_path: Path) -> None:
    def forget(sheet: Any) -> None:
        sheet.defined_names.clear()
        sheet["A5"] = "Nach Segment"

    path = user_book(tmp_path / "book.xlsx")
    WorkbookFile(path).write([page(0.5)])
    by_hand(path, forget, "Value")
    WorkbookFile(path).write([page(0.25)])
    assert (cells(path, "Value")["A5"], cells(path, "Value")["B7"]) == ("By segment", 0.25)


def test_a_list_of_the_user_with_some_of_our_headings_is_not_made_anew(tmp_path: Path) -> None:
    def make(sheet: Any) -> None:
        own = sheet.parent.create_sheet("Segments")
        own.append(["Customer ID", "Segment", "my own"])
        own.append(["A", "good", "x"])

    path = user_book(tmp_path / "book.xlsx")
    by_hand(path, make, "Invoices")
    with pytest.raises(LayoutError, match="Segments: there is a sheet of this name that xlseg has not made"):
        WorkbookFile(path).write([segments(CUSTOMERS)])


def test_what_a_file_says_of_parts_that_it_does_not_have_is_not_said_twice(tmp_path: Path) -> None:
    gone = b'<Override PartName="/xl/Worksheets/sheet2.xml" ContentType="application/x"/>'
    path = user_book(tmp_path / "book.xlsx")
    repacked(path, lambda members: members.update({TYPES: members[TYPES].replace(b"</Types>", gone + b"</Types>")}))
    WorkbookFile(path).write([segments(CUSTOMERS)])
    said = re.findall(rb'PartName="/xl/worksheets/sheet2.xml" ContentType="([^"]*)"', parts(path)[TYPES], re.I)
    assert said == [b"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"]
