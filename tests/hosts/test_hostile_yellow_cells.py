"""What a user, or whoever writes into his book, puts into yellow cells and own columns, and what no library may stumble over."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import openpyxl
import pytest
from books import clock, demo_file, edited, parts, refreshed
from openpyxl.worksheet.table import TableColumn
from workbooks import repacked

from xlseg.errors import LayoutError, XlsegError
from xlseg.hosts.file import WorkbookFile
from xlseg.hosts.formulas import copied
from xlseg.refresh import refresh


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=6)
    refreshed(path)
    return path


@pytest.fixture
def book(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(once, tmp_path / "erp.xlsx"))


# calamine makes milliseconds of a number in a cell formatted as a date, and panics (no Exception of Python's) below -2^63 of them: -1.07e11 days
@pytest.mark.parametrize("number", [-1e308, -1e12, -123456789012345.0])
@pytest.mark.parametrize(("sheet", "cell"), [("Rule Sets", "G7"), ("Actions", "S7"), ("Config", "B22"), ("Invoices", "C9")])
def test_a_number_far_below_zero_where_a_date_should_be_does_not_end_the_reading(book: Path, sheet: str, cell: str, number: float) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook[sheet][cell] = number
        workbook[sheet][cell].number_format = "yyyy-mm-dd"

    edited(book, change)
    assert WorkbookFile(book).sheet(sheet).head(60)  # read without a word


def test_a_formula_that_cannot_be_taken_apart_stays_in_its_row_and_is_not_continued(book: Path) -> None:
    link = "=cmd|'/c calc'!A0"

    def change(workbook: openpyxl.Workbook) -> None:
        page = workbook["Actions"]
        table = page.tables["tblActions"]
        last = page.max_row
        page["U6"] = "Mine"
        page["U8"] = link
        page["R7"] = "Done"  # its row goes, the others move up
        table.ref = f"A6:U{last}"
        if table.autoFilter:
            table.autoFilter.ref = table.ref
        table.tableColumns.append(TableColumn(id=90, name="Mine"))

    edited(book, change)
    assert refresh(WorkbookFile(book), None, dt.date(2026, 10, 31), clock()).saved
    assert openpyxl.load_workbook(book)["Action Log"]["G7"].value == "Done"
    texts = [str(cell.value) for row in openpyxl.load_workbook(book)["Actions"].iter_rows(min_row=7, min_col=21) for cell in row if cell.value]
    assert set(texts) <= {link}
    before = parts(book)
    refreshed(book)
    assert len([name for name, content in parts(book).items() if name.startswith("xl/worksheets/sheet") and before.get(name) != content]) == 1


# a list that cannot be found must not be taken for an empty one: the log would be begun anew at each refresh, what is Done would come back
@pytest.mark.parametrize(("sheet", "cell"), [("Change Log", "B6"), ("Rule Sets", "B6"), ("Action Log", "B6"), ("Actions", "B6")])
@pytest.mark.parametrize("heading", [None, "Kunde"])
def test_a_list_that_the_next_refresh_builds_on_and_has_lost_a_heading_is_refused(book: Path, sheet: str, cell: str, heading: str | None) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook[sheet][cell] = heading

    content = edited(book, change).read_bytes()
    advice = r"put them back \(Table Design, Header Row\), or rename the sheet if it is your own\."
    with pytest.raises(LayoutError, match=rf"^{sheet}: no headings .* in one row\. To go on, {advice}$"):
        refreshed(book)
    assert book.read_bytes() == content


def test_a_formula_that_cannot_be_taken_apart_is_copied_nowhere_else() -> None:
    assert copied("cmd|'/c calc'!A0", (7, 21), (8, 21)) is None
    assert copied("cmd|'/c calc'!A0", (7, 21), (7, 21)) == "cmd|'/c calc'!A0"
    assert copied("SUM(A7:B7)", (7, 21), (9, 21)) == "SUM(A9:B9)"


@pytest.mark.parametrize(
    ("sheet", "cell", "said"),
    [
        ("Rules", "D7", r"Rules!D7: 'a formula without a value' is not a criterion"),
        ("Config", "B7", r"Config!B7: Window cannot be 'a formula without a value'"),
        ("Playbook", "D7", r"Playbook!D7: a formula without a value\. To go on, write what is meant"),
    ],
)
def test_a_formula_that_no_program_has_computed_is_not_taken_for_an_empty_cell(book: Path, sheet: str, cell: str, said: str) -> None:
    def change(workbook: openpyxl.Workbook) -> None:  # as a script writes it: without a value
        workbook[sheet][cell] = '=">="&4'

    edited(book, change)
    with pytest.raises(XlsegError, match=said):
        refreshed(book)


def test_a_formula_beside_the_rules_may_be_without_a_value(book: Path) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        workbook["Rules"]["AZ7"] = "=1+1"

    edited(book, change)
    assert refresh(WorkbookFile(book), None, dt.date(2026, 10, 31), clock()).saved


@pytest.mark.parametrize(
    ("kind", "value", "is_refused"),
    [("", "", True), ("", "<v/>", True), ("", "<v></v>", True), (' t="str"', "<v></v>", False), (' t="str"', "<v>&gt;=4</v>", False)],
)
def test_an_empty_text_is_what_a_formula_may_have_for_its_value(book: Path, kind: str, value: str, is_refused: bool) -> None:
    def change(members: dict[str, bytes]) -> None:  # as Excel and scripts write it
        (rules,) = (name for name, xml in members.items() if re.search(rb'<c r="A6"[^>]*><is><t>Priority<', xml))
        cell = f'<c r="D7"{kind}><f>IF(TRUE,"","")</f>{value}</c>'.encode()
        members[rules], count = re.subn(rb'<c r="D7"[^>]*?(?:/>|>.*?</c>)', lambda _: cell, members[rules])
        assert count == 1

    repacked(book, change)
    if is_refused:
        with pytest.raises(XlsegError, match="Rules!D7: 'a formula without a value'"):
            refreshed(book)
    else:
        assert refresh(WorkbookFile(book), None, dt.date(2026, 10, 31), clock()).saved
