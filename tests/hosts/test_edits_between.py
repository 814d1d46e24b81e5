"""What a user does to our tabs between two refreshes, in two programs: what is his stays his, what is ours is healed, or refused with advice."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import demo_file, header_row, rows
from loss import refreshed
from office import edited_in_office
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.filters import FilterColumn, Filters

from xlseg.errors import LayoutError
from xlseg.refresh import Report

Change = Callable[[Any, Any], None]
KEY = "Customer ID"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=8)
    refreshed(path)
    return path


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of some of the customers and of others."""
    return demo_file(tmp_path_factory.mktemp("more") / "more.xlsx", customers=10)


# ── the edits, in openpyxl ───────────────────────────────────────────────────


def table_rows(page: Any) -> range:
    top = header_row(page, KEY)
    return range(top + 1, next(row for row in range(top + 1, 999) if page.cell(row, 1).value is None))


def column_of(page: Any, heading: str) -> int:
    return next(cell.column for cell in page[header_row(page, KEY)] if cell.value == heading)


def columns(book: Any, page: Any) -> None:
    top, right = header_row(page, KEY), page.max_column + 1
    page.cell(top, right, "Region")
    for row in table_rows(page):
        page.cell(row, right, f"R-{page.cell(row, 1).value}")
        page.cell(row, right + 1, f"=LEN(A{row})*2")


def rows_above(book: Any, page: Any) -> None:
    top, last, right = header_row(page, KEY), page.max_row, page.max_column
    table = page.tables["tblSegments"]
    page.move_range(f"A{top}:{page.cell(last, right).coordinate}", rows=2)
    table.ref = table.autoFilter.ref = f"A{top + 2}:{page.cell(last + 2, right).coordinate}"
    page.cell(top, 2, "Checked by Anna")


def formats(book: Any, page: Any) -> None:
    page.cell(table_rows(page)[1], 2).fill = PatternFill("solid", fgColor="FF00FF00")
    page.column_dimensions["B"].width = 44


def filters(book: Any, page: Any) -> None:
    table, name = page.tables["tblSegments"], page.cell(table_rows(page)[0], 2).value
    table.autoFilter.filterColumn.append(FilterColumn(colId=1, filters=Filters(filter=[name])))
    for row in list(table_rows(page))[1:]:
        page.row_dimensions[row].hidden = True


def sort_order(book: Any, page: Any) -> None:
    lines = [[cell.value for cell in page[row]] for row in table_rows(page)]
    for row, line in zip(table_rows(page), sorted(lines, key=lambda line: line[0], reverse=True), strict=True):
        for column, value in enumerate(line, start=1):
            page.cell(row, column).value = value


def renamed_header(book: Any, page: Any) -> None:
    page.cell(header_row(page, KEY), column_of(page, "Risk")).value = "Our risk"
    place = column_of(page, "Our risk")
    page.tables["tblSegments"].tableColumns[place - 1].name = "Our risk"


def renamed_key(book: Any, page: Any) -> None:
    page.cell(header_row(page, KEY), 1).value = "Client"
    page.tables["tblSegments"].tableColumns[0].name = "Client"


def deleted_tab(book: Any, page: Any) -> None:
    for name in ("Movers", "Metrics", "Data Quality"):
        del book[name]


def moved_tab(book: Any, page: Any) -> None:
    book.move_sheet(page, -book.index(page))


def renamed_tab(book: Any, page: Any) -> None:
    book["Migration"].title = "Moves"


def notes(book: Any, page: Any) -> None:
    page.cell(table_rows(page)[2], 2).comment = Comment("call him", "Anna")


def owner(book: Any, page: Any) -> None:
    for row in table_rows(page):
        page.cell(row, column_of(page, "Owner")).value = f"O-{page.cell(row, 1).value}"


def typed_over(book: Any, page: Any) -> None:
    for row in table_rows(page):
        page.cell(row, column_of(page, "Segment")).value = "nonsense"


# ── the same in LibreOffice ──────────────────────────────────────────────────

BASIC = """
Sub columns(doc, page)
  Dim row, right, top
  top = HeadRow(page) : right = ColumnOf(page, "no such heading")
  page.getCellByPosition(right, top).String = "Region"
  For row = top + 1 To LastRow(page)
    page.getCellByPosition(right, row).String = "R-" & page.getCellByPosition(0, row).String
    page.getCellByPosition(right + 1, row).Formula = "=LEN(A" & (row + 1) & ")*2"
  Next
End Sub

Sub rows_above(doc, page)
  Dim top
  top = HeadRow(page)
  page.Rows.insertByIndex(top, 2)
  page.getCellByPosition(1, top).String = "Checked by Anna"
End Sub

Sub formats(doc, page)
  page.getCellByPosition(1, HeadRow(page) + 2).CellBackColor = RGB(0, 255, 0)
  page.Columns.getByIndex(1).Width = 12000
End Sub

Sub filters(doc, page)
  Dim field(0) As New com.sun.star.sheet.TableFilterField
  Dim ranges, area, descriptor
  area = page.getCellRangeByPosition(0, HeadRow(page), ColumnOf(page, "no such heading") - 1, LastRow(page))
  descriptor = area.createFilterDescriptor(True)
  field(0).Field = 1 : field(0).IsNumeric = False : field(0).Operator = com.sun.star.sheet.FilterOperator.EQUAL
  field(0).StringValue = page.getCellByPosition(1, HeadRow(page) + 1).String
  descriptor.ContainsHeader = True
  descriptor.setFilterFields(field())
  area.filter(descriptor)
End Sub

Sub sort_order(doc, page)
  Dim fields(0) As New com.sun.star.table.TableSortField
  Dim how(1) As New com.sun.star.beans.PropertyValue
  fields(0).Field = 0 : fields(0).IsAscending = False
  how(0).Name = "SortFields" : how(0).Value = fields()
  how(1).Name = "ContainsHeader" : how(1).Value = False
  page.getCellRangeByPosition(0, HeadRow(page) + 1, ColumnOf(page, "no such heading") - 1, LastRow(page)).sort(how())
End Sub

Sub renamed_header(doc, page)
  page.getCellByPosition(ColumnOf(page, "Risk"), HeadRow(page)).String = "Our risk"
End Sub

Sub renamed_key(doc, page)
  page.getCellByPosition(0, HeadRow(page)).String = "Client"
End Sub

Sub deleted_tab(doc, page)
  doc.Sheets.removeByName("Movers")
  doc.Sheets.removeByName("Metrics")
  doc.Sheets.removeByName("Data Quality")
End Sub

Sub moved_tab(doc, page)
  doc.Sheets.moveByName("Segments", 0)
End Sub

Sub renamed_tab(doc, page)
  doc.Sheets.getByName("Migration").Name = "Moves"
End Sub

Sub notes(doc, page)
  page.Annotations.insertNew(page.getCellByPosition(1, HeadRow(page) + 3).CellAddress, "call him")
End Sub

Sub owner(doc, page)
  Dim row, place
  place = ColumnOf(page, "Owner")
  For row = HeadRow(page) + 1 To LastRow(page)
    page.getCellByPosition(place, row).String = "O-" & page.getCellByPosition(0, row).String
  Next
End Sub

Sub typed_over(doc, page)
  Dim row, place
  place = ColumnOf(page, "Segment")
  For row = HeadRow(page) + 1 To LastRow(page)
    page.getCellByPosition(place, row).String = "nonsense"
  Next
End Sub
"""

# ── what has to be so afterwards ─────────────────────────────────────────────


@dataclass(frozen=True)
class Seen:
    """The Segments tab before and after the refresh that followed the edit, and that refresh's report."""

    before: Any
    after: Any
    path: Path
    report: Report

    def column(self, heading: str) -> dict[Any, Any]:
        return {key: line[heading] for key, line in rows(self.path, "Segments", KEY).items()}

    def keys(self, page: Any) -> list[Any]:
        return [page.cell(row, 1).value for row in table_rows(page)]


def is_beside_his_customer(seen: Seen) -> None:
    old = seen.keys(seen.before)
    place = column_of(seen.after, "Region")
    beside = {
        seen.after.cell(row, 1).value: (seen.after.cell(row, place).value, seen.after.cell(row, place + 1).value) for row in table_rows(seen.after)
    }
    first = table_rows(seen.after)[0]
    assert [beside[key] for key in old] == [(f"R-{key}", f"=LEN(A{first + i})*2") for i, key in enumerate(old)]


def stands_above(seen: Seen) -> None:
    assert header_row(seen.after, KEY) == header_row(seen.before, KEY)
    assert seen.after.cell(header_row(seen.after, KEY) - 2, 2).value == "Checked by Anna"


def is_green(seen: Seen) -> None:
    cell = seen.after.cell(table_rows(seen.after)[1], 2)
    assert str(cell.fill.fgColor.rgb)[2:] == "00FF00"
    assert seen.after.column_dimensions["B"].width == seen.before.column_dimensions["B"].width > 40


def is_hidden(seen: Seen) -> None:
    old = table_rows(seen.before)
    assert (
        [seen.after.row_dimensions[row].hidden for row in old]
        == [seen.before.row_dimensions[row].hidden for row in old]
        == [False, *[True] * (len(old) - 1)]
    )
    remark = "Segments: tblSegments is filtered; reapply the filter (Data, Reapply) to see what has changed."
    assert (remark in seen.report.written.remarks) == bool(seen.before.tables["tblSegments"].autoFilter.filterColumn)


def is_sorted_downwards(seen: Seen) -> None:
    old = seen.keys(seen.before)
    assert old == sorted(old, reverse=True)
    assert seen.keys(seen.after)[: len(old)] == old


def is_added_at_the_right(seen: Seen) -> None:
    assert column_of(seen.after, "Our risk") == column_of(seen.before, "Our risk")
    assert column_of(seen.after, "Risk") > column_of(seen.after, "Our risk")
    assert "Segments: the column 'Risk' was not there; it is added at the right of tblSegments." in seen.report.written.remarks


def are_there_again(seen: Seen) -> None:
    assert seen.report.written.made == ("Movers", "Metrics", "Data Quality")
    assert set(rows(seen.path, "Metrics", "customer_id")) >= {"C-0001"}


def is_known_under_its_other_name(seen: Seen) -> None:
    sheets = openpyxl.load_workbook(seen.path, read_only=True).sheetnames
    assert "Moves" in sheets
    assert "Migration" not in sheets
    assert seen.report.written.made == ()


def is_the_first(seen: Seen) -> None:
    assert openpyxl.load_workbook(seen.path, read_only=True).sheetnames[0] == "Segments"


def is_on_the_same_customer(seen: Seen) -> None:
    place = table_rows(seen.after)[2]
    assert "call him" in seen.after.cell(place, 2).comment.text
    assert seen.after.cell(place, 1).value == seen.before.cell(place, 1).value


def is_the_users(seen: Seen) -> None:
    owners = seen.column("Owner")
    assert [owners[key] for key in seen.keys(seen.before)] == [f"O-{key}" for key in seen.keys(seen.before)]


def is_ours_again(seen: Seen) -> None:
    assert "nonsense" not in seen.column("Segment").values()


EDITS: Mapping[str, tuple[Change, Callable[[Seen], None]]] = {
    "columns": (columns, is_beside_his_customer),
    "rows_above": (rows_above, stands_above),
    "formats": (formats, is_green),
    "filters": (filters, is_hidden),
    "sort_order": (sort_order, is_sorted_downwards),
    "renamed_header": (renamed_header, is_added_at_the_right),
    "deleted_tab": (deleted_tab, are_there_again),
    "moved_tab": (moved_tab, is_the_first),
    "renamed_tab": (renamed_tab, is_known_under_its_other_name),
    "notes": (notes, is_on_the_same_customer),
    "owner": (owner, is_the_users),
    "typed_over": (typed_over, is_ours_again),
}


@pytest.fixture(scope="module")
def in_openpyxl(once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openpyxl")
    for name, change in {**{name: change for name, (change, _) in EDITS.items()}, "renamed_key": renamed_key}.items():
        book = openpyxl.load_workbook(once)
        change(book, book["Segments"])
        book.save(folder / f"{name}.xlsx")
    return folder


@pytest.fixture(scope="module")
def in_libreoffice(once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("office")
    edited_in_office(folder, [(name, once, folder / f"{name}.xlsx") for name in (*EDITS, "renamed_key")], BASIC)
    return folder


@pytest.fixture(params=["in_openpyxl", "in_libreoffice"])
def folder(request: pytest.FixtureRequest) -> Path:
    """Where the edited books are."""
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("edit", EDITS)
def test_what_the_user_has_done_stays_and_what_is_ours_is_healed(folder: Path, more: Path, edit: str, tmp_path: Path) -> None:
    path = Path(shutil.copy(folder / f"{edit}.xlsx", tmp_path / "erp.xlsx"))
    before = openpyxl.load_workbook(path)["Segments"]
    report = refreshed(path, day=3, source=more)
    seen = Seen(before, openpyxl.load_workbook(path)["Segments"], path, report)
    EDITS[edit][1](seen)
    assert len(seen.keys(seen.after)) > len(seen.keys(before))  # the other customers have come
    assert refreshed(path, day=4, source=more).written.updated == ("Run Log",)


def test_a_key_that_is_renamed_is_refused_with_advice(folder: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(folder / "renamed_key.xlsx", tmp_path / "erp.xlsx"))
    content = path.read_bytes()
    with pytest.raises(LayoutError, match=r"the heading 'Customer ID' of the table tblSegments is not there any more\. To go on, rename it back"):
        refreshed(path, day=3)
    assert path.read_bytes() == content
