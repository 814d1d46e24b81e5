"""A script moves cells of our tabs and leaves the tables where they were, as openpyxl does: no value comes to stand under another heading."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import demo_file
from loss import refreshed

from xlseg.errors import LayoutError

TABLES = {
    "Actions": "Rank",
    "Segments": "Since",
    "Movers": "Rank",
    "Migration Data": "Before",
    "Metrics": "n_paid",
    "Action Log": "Name",
    "Definitions": "Unit",
}
"""Tabs, each with a column that a refresh makes anew."""

Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=12)
    refreshed(path)
    return path


def edited(once: Path, folder: Path, tab: str, change: Callable[[Any, int], None]) -> Path:
    """A copy in which a sheet was changed, given the row of its headings."""
    return edited_all(once, folder, [tab], lambda _, page, top: change(page, top))


def edited_all(once: Path, folder: Path, tabs: Iterable[str], change: Callable[[str, Any, int], None]) -> Path:
    """A copy in which some sheets were changed, each given its name and the row of its headings."""
    path = folder / "book.xlsx"
    book = openpyxl.load_workbook(once)
    for tab in tabs:
        change(tab, book[tab], openpyxl.utils.range_boundaries(table_of(book[tab]).ref)[1])
    book.save(path)
    return path


def table_of(page: Any) -> Any:
    return next(iter(page.tables.values()))


def listed(path: Path, tab: str) -> Lines:
    """The rows of a tab's table by the headings in its cells, which are those that the table itself names."""
    page = openpyxl.load_workbook(path)[tab]
    heads, *rows = [[cell.value for cell in row] for row in page[table_of(page).ref]]
    assert heads == [column.name for column in table_of(page).tableColumns]
    return [dict(zip(heads, row, strict=True)) for row in rows]


def test_a_deleted_column_comes_again_and_the_others_keep_their_values(once: Path, tmp_path: Path) -> None:
    def delete(tab: str, page: Any, top: int) -> None:
        page.delete_cols(next(cell.column for cell in page[top] if cell.value == TABLES[tab]))

    path = edited_all(once, tmp_path, TABLES, delete)
    remarks = refreshed(path).written.remarks
    for tab, heading in TABLES.items():
        assert any(remark.startswith(f"{tab}: the column '{heading}' was not there; it is added at the right of tbl") for remark in remarks), tab
        before, after = listed(once, tab), listed(path, tab)
        assert list(after[0])[-1] == heading, tab
        assert after == before, tab


def test_a_table_that_was_pushed_down_is_found_where_it_stands(once: Path, tmp_path: Path) -> None:
    path = edited_all(once, tmp_path, TABLES, lambda _, page, __: page.insert_rows(2))
    refreshed(path)
    for tab in TABLES:
        assert listed(path, tab) == listed(once, tab), tab


def test_a_column_of_the_users_between_ours_stays_with_its_rows(once: Path, tmp_path: Path) -> None:
    def insert(_: str, page: Any, top: int) -> None:
        page.insert_cols(3)
        page.cell(top, 3).value = "Mine"
        for row in range(top + 1, page.max_row + 1):
            page.cell(row, 3).value = f"{page.cell(row, 1).value}, {page.cell(row, 2).value}"

    path = edited_all(once, tmp_path, TABLES, insert)
    refreshed(path)
    for tab in TABLES:
        after = listed(path, tab)
        assert [{heading: value for heading, value in line.items() if heading != "Mine"} for line in after] == listed(once, tab), tab
        firsts = list(listed(once, tab)[0])[:2]
        assert [line["Mine"] for line in after] == [f"{line[firsts[0]]}, {line[firsts[1]]}" for line in after], tab


@pytest.mark.parametrize("tab", TABLES)
def test_an_empty_column_between_ours_is_refused_with_advice(once: Path, tmp_path: Path, tab: str) -> None:
    path = edited(once, tmp_path, tab, lambda page, _: page.insert_cols(3))
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=rf"{tab}!C6: a column without a heading stands within the table tbl\w+\. To go on, give it one, or delete"):
        refreshed(path)
    assert path.read_bytes() == before


def test_a_deleted_row_comes_again_and_looks_like_the_others(once: Path, tmp_path: Path) -> None:
    tabs = ["Actions", "Segments", "Movers", "Metrics", "Migration Data"]
    path = edited_all(once, tmp_path, tabs, lambda _, page, top: page.delete_rows(top + 2))
    refreshed(path)
    for tab in tabs:
        before, after = listed(once, tab), listed(path, tab)
        assert sorted(map(repr, after)) == sorted(map(repr, before)), tab  # where rows keep their order, the one that was missing comes last
        assert looks(path, tab) == looks(once, tab), tab
    assert refreshed(path).written.updated == ("Run Log",)


def looks(path: Path, tab: str) -> list[list[str]]:
    """The number formats of the rows of a tab's table."""
    page = openpyxl.load_workbook(path)[tab]
    return [[cell.number_format for cell in row] for row in page[table_of(page).ref][1:]]


@pytest.mark.parametrize("tab", ["Segments", "Metrics"])
def test_without_the_row_of_headings_nothing_is_written(once: Path, tmp_path: Path, tab: str) -> None:
    path = edited(once, tmp_path, tab, lambda page, top: page.delete_rows(top))
    with pytest.raises(LayoutError, match=rf"{tab}!A6: the headings of the table tbl{tab} do not stand in row 6, where it is\. To go on, undo"):
        refreshed(path)


def test_a_deleted_key_is_named(once: Path, tmp_path: Path) -> None:
    path = edited(once, tmp_path, "Segments", lambda page, _: page.delete_cols(1))
    with pytest.raises(LayoutError, match=r"Segments!A6: the heading 'Customer ID' of the table tblSegments is not there any more"):
        refreshed(path)


@pytest.mark.parametrize("tab", ["Segments", "Actions"])
def test_a_table_that_is_put_where_it_stands_is_headed_as_its_cells_are(once: Path, tmp_path: Path, tab: str) -> None:
    def change(page: Any, top: int) -> None:
        page.cell(top, 4).value = page.cell(top, 4).value.upper()
        page.insert_rows(2)

    path = edited(once, tmp_path, tab, change)
    refreshed(path)
    assert [list(line.values()) for line in listed(path, tab)] == [list(line.values()) for line in listed(once, tab)]  # both headings are the same


@pytest.mark.parametrize(("tab", "count", "rows"), [("Segments", 1, "a row"), ("Actions", 3, "3 rows")])
def test_a_table_below_too_few_rows_is_refused_with_advice(once: Path, tmp_path: Path, tab: str, count: int, rows: str) -> None:
    path = edited(once, tmp_path, tab, lambda page, _: page.delete_rows(2, count))
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=rf"{tab}!A{6 - count}: the table tbl\w+ stands {rows} higher .*\. To go on, insert {rows} above it"):
        refreshed(path)
    assert path.read_bytes() == before


def without_header_row(page: Any, top: int) -> None:
    """As in Table Design."""
    table = table_of(page)
    table.ref, table.headerRowCount, table.autoFilter = table.ref.replace("A6", "A7"), 0, None
    for cell in page[top]:
        cell.value = None


@pytest.mark.parametrize(
    ("tab", "said"),
    [
        ("History", r"History: no headings Published, Customer ID, Segment, Status in one row\. To go on, put them back"),
        ("Segments", r"Segments!A7: the header row of the table tblSegments is switched off\. To go on, switch it on \(Table Design, Header Row\)"),
        ("Run Log", r"Run Log!A7: the header row of the table tblRunLog is switched off"),
    ],
)
def test_a_list_without_its_headings_is_not_begun_anew(once: Path, tmp_path: Path, tab: str, said: str) -> None:
    path = edited(once, tmp_path, tab, without_header_row)
    before = path.read_bytes()
    with pytest.raises(LayoutError, match=said):
        refreshed(path)
    assert path.read_bytes() == before


def test_a_table_that_is_written_anew_needs_no_headings(once: Path, tmp_path: Path) -> None:
    path = edited(once, tmp_path, "Migration Data", without_header_row)
    refreshed(path)
    assert openpyxl.load_workbook(path)["Migration Data"].tables["tblMigration"].headerRowCount == 0


def test_a_totals_row_of_the_actions_is_no_action_that_has_lapsed(once: Path, tmp_path: Path) -> None:
    def switch_on(page: Any, top: int) -> None:  # as in Table Design
        table = table_of(page)
        left, _, right, bottom = openpyxl.utils.range_boundaries(table.ref)
        page.cell(bottom + 1, left).value, page.cell(bottom + 1, right).value = "Total", 0
        table.ref = f"{page.cell(top, left).coordinate}:{page.cell(bottom + 1, right).coordinate}"
        table.totalsRowCount = 1

    path = edited(once, tmp_path, "Actions", switch_on)
    refreshed(path)
    assert [line["Outcome"] for line in listed(path, "Action Log")] == [None]


def test_a_list_beside_the_actions_with_headings_like_ours_is_not_taken_for_them(once: Path, tmp_path: Path) -> None:
    def change(page: Any, top: int) -> None:
        heads = {cell.value: cell.column for cell in page[top]}
        page.cell(top + 1, heads["Status"]).value, page.cell(top + 1, heads["Note"]).value = "Done", "promised by phone"
        for column, (heading, value) in enumerate({"Customer ID": "X", "Note": "mine", "Status": "Open"}.items(), start=page.max_column + 2):
            page.cell(top, column).value, page.cell(top + 1, column).value = heading, value

    path = edited(once, tmp_path, "Actions", change)
    done = listed(path, "Actions")[0]["Customer ID"]
    refreshed(path)
    (logged,) = listed(path, "Action Log")
    assert (logged["Customer ID"], logged["Outcome"], logged["Note"]) == (done, "Done", "promised by phone")


def test_a_list_beside_the_segments_with_headings_like_ours_gives_nobody_an_owner(once: Path, tmp_path: Path) -> None:
    def change(page: Any, top: int) -> None:
        for column, (heading, value) in enumerate({"Customer ID": "C-0008", "Owner": "Nobody"}.items(), start=page.max_column + 2):
            page.cell(top, column).value, page.cell(top + 1, column).value = heading, value

    path = edited(once, tmp_path, "Segments", change)
    refreshed(path)
    assert [line["Owner"] for line in listed(path, "Actions")] == [line["Owner"] for line in listed(once, "Actions")]
