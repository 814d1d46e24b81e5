"""What the user does to a refreshed book between two refreshes, as far as the refresh reads its own tabs back."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import openpyxl
import pytest
from books import AS_OF, NOW, demo_file, edited, refreshed, rows
from openpyxl.cell.cell import MergedCell
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.table import Table

from xlseg.errors import LayoutError
from xlseg.hosts.file import WorkbookFile
from xlseg.own.published import runs_of
from xlseg.own.typed import owners_of
from xlseg.tabs import movers

LATER = NOW + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=12)
    refreshed(path)
    return path


@pytest.fixture
def book(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(once, tmp_path / "erp.xlsx"))


def customers(path: Path) -> list[str]:
    return list(rows(path, "Segments", "Customer ID"))


def test_a_totals_row_and_notes_below_the_table_are_no_customers(book: Path) -> None:
    def write_below(workbook: openpyxl.Workbook) -> None:
        page = workbook["Segments"]
        table, last = page.tables["tblSegments"], page.max_row
        table.ref, table.totalsRowCount = table.ref.replace(str(last), str(last + 1)), 1
        table.tableColumns[0].totalsRowLabel = "Total"
        page.cell(last + 1, 1, "Total")
        page.cell(last + 4, 1, "Checked by Anna")
        page.cell(last + 4, 3, "with sales")

    before = customers(book)
    refreshed(edited(book, write_below), now=LATER)
    assert customers(book) == [*before, "Total", "Checked by Anna"]
    assert "Gone" not in {row["Segment"] for row in rows(book, "Segments", "Customer ID").values()}
    assert set(rows(book, "Metrics", "customer_id")) == set(before)


@pytest.mark.parametrize(("sheet", "table", "words"), [("Actions", "tblActions", {"Note": "checked by Anna"}), ("Run Log", "tblRunLog", {"Run": 10})])
def test_what_stands_in_a_totals_row_is_no_row_of_the_list(book: Path, sheet: str, table: str, words: dict[str, object]) -> None:
    def add(workbook: openpyxl.Workbook) -> None:
        page = workbook[sheet]
        found = page.tables[table]
        left, top, right, bottom = range_boundaries(found.ref)
        found.ref, found.totalsRowCount = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom + 1}", 1
        heads = {cell.value: cell.column for cell in page[top]}
        for heading, value in words.items():
            page.cell(bottom + 1, heads[heading]).value = value

    runs = len(rows(book, "Run Log", "Run"))
    for day in (1, 2):
        refreshed(edited(book, add) if day == 1 else book, now=NOW + dt.timedelta(days=day))
    assert [run for run in rows(book, "Run Log", "Run") if isinstance(run, int)][: runs + 2] == list(range(1, runs + 3))
    assert rows(book, "Action Log", "Customer ID").keys() <= {None}


def without_letters(workbook: openpyxl.Workbook) -> None:
    """C-0007 is 0007 on all sheets."""
    for cell in (cell for sheet in workbook for line in sheet.iter_rows() for cell in line):
        if isinstance(cell.value, str) and cell.value.startswith("C-00"):
            cell.value = cell.value.removeprefix("C-")


def with_numbers(workbook: openpyxl.Workbook) -> None:
    """The ids on Segments and Actions as numbers, each with a note in its row."""
    for name in ("Segments", "Actions"):
        head = next(cell for line in workbook[name].iter_rows() for cell in line if cell.value == "Customer ID")
        for (cell,) in workbook[name].iter_rows(head.row + 1, min_col=head.column, max_col=head.column):
            if str(cell.value).isdigit():
                workbook[name].cell(cell.row, 40, f"mine {cell.value}")
                cell.value = int(cell.value)


def test_ids_that_a_program_has_made_numbers_of_are_ids_again(tmp_path: Path) -> None:
    """The green corner that Excel shows beside 0007 offers to make a number of it."""
    path = edited(demo_file(tmp_path / "erp.xlsx", customers=12), without_letters)
    refreshed(path)
    before, actions = customers(path), list(rows(path, "Actions", "Customer ID"))
    assert {"0001", "0007"} <= set(before)
    refreshed(edited(path, with_numbers), now=LATER)
    assert customers(path) == before
    assert "Gone" not in {row["Segment"] for row in rows(path, "Segments", "Customer ID").values()}
    assert list(rows(path, "Actions", "Customer ID")) == actions
    book = openpyxl.load_workbook(path)
    notes = [line for name in ("Segments", "Actions") for line in book[name].iter_rows(values_only=True) if str(line[-1]).startswith("mine ")]
    assert len(notes) > len(before)
    assert [line for line in notes if line[-1].removeprefix("mine ") not in line] == []


def test_tabs_under_other_names_are_read_as_well_as_written(book: Path) -> None:
    def rename(workbook: openpyxl.Workbook) -> None:
        for old, new in (("Segments", "Our customers"), ("History", "Story"), ("Run Log", "Runs")):
            workbook[old].title = new

    story = rows(book, "History", "Customer ID")
    refreshed(edited(book, rename), now=LATER)
    assert list(rows(book, "Runs", "Run")) == [1, 2]
    assert rows(book, "Story", "Customer ID") == story
    assert openpyxl.load_workbook(book, read_only=True).sheetnames.count("Segments") == 0


def test_rules_and_settings_count_under_another_name_of_their_sheet(book: Path) -> None:
    def rename(workbook: openpyxl.Workbook) -> None:
        page = workbook["Rules"]
        page.append([1, "Everybody", 4, ">=0"])
        page.tables["tblRules"].ref = f"A6:{page.cell(page.max_row, page.max_column).coordinate}"
        page.title, workbook["Config"].title = "Our rules", "Our settings"
        settings = workbook["Our settings"]
        window = next(row for row in settings.iter_rows() if row[0].value == "Window")
        window[1].value = 180

    report = refreshed(edited(book, rename), now=LATER)
    assert report.analysis.settings.window == 180
    assert "Everybody" in {row["Today"] for row in rows(book, "Segments", "Customer ID").values()}
    assert not {"Rules", "Config"} & set(openpyxl.load_workbook(book, read_only=True).sheetnames)


def test_a_history_sorted_the_other_way_round_is_still_understood(book: Path) -> None:
    def newest_first(workbook: openpyxl.Workbook) -> None:
        page = workbook["History"]
        lines = [[cell.value for cell in line] for line in page.iter_rows(min_row=7)]
        for number, line in enumerate(sorted(lines, key=lambda line: line[1], reverse=True), start=7):
            for column, value in enumerate(line, start=1):
                page.cell(number, column).value = value

    refreshed(book, as_of=dt.date(2026, 4, 30), now=LATER)
    count = openpyxl.load_workbook(book)["History"].max_row
    refreshed(edited(book, newest_first), as_of=dt.date(2026, 4, 30), now=LATER + dt.timedelta(days=1))
    assert openpyxl.load_workbook(book)["History"].max_row == count


def test_dates_picked_on_a_renamed_migration_tab_stay(book: Path) -> None:
    def pick(workbook: openpyxl.Workbook) -> None:
        workbook["Migration"]["B5"] = dt.date(2026, 3, 31)
        workbook["Migration"].title = "Moves"

    refreshed(edited(book, pick), now=LATER)
    workbook = openpyxl.load_workbook(book, data_only=True)
    assert "Migration" not in workbook.sheetnames
    assert workbook["Moves"]["B5"].value.date() == workbook["Moves"]["C5"].value.date() == dt.date(2026, 3, 31)


def test_a_clock_a_day_behind_publishes_nothing_twice(book: Path) -> None:
    def length() -> int:
        return openpyxl.load_workbook(book)["History"].max_row

    refreshed(book, as_of=AS_OF - dt.timedelta(days=60), now=LATER)
    behind = [length()]
    for _ in range(3):
        refreshed(book, now=LATER - dt.timedelta(days=1))
        behind.append(length())
    assert behind[0] < behind[1] == behind[2] == behind[3]


def test_notes_beside_between_and_below_the_blocks_of_data_quality_stay(book: Path) -> None:
    notes = {place: f"mine {place}" for place in ("D1", "A5", "H9", "A16", "K20", "B24", "A25", "C26", "B27", "K31")}

    def note(workbook: openpyxl.Workbook) -> None:
        for place, words in notes.items():
            workbook["Data Quality"][place] = words

    refreshed(edited(book, note), now=LATER)
    refreshed(edited(book, lambda workbook: workbook.remove(workbook["Reminders"])), now=LATER + dt.timedelta(days=1))
    page = openpyxl.load_workbook(book)["Data Quality"]
    assert {place: page[place].value for place in notes} == notes
    assert [page.cell(row, 1).value for row in range(19, 24)] == ["Customers", "Invoices", "Payments", "SalesOrders", "no such sheet"]


def test_words_of_a_filter_above_a_list_are_not_its_headings(book: Path) -> None:
    who = customers(book)[0]

    def write(workbook: openpyxl.Workbook) -> None:
        page, log = workbook["Segments"], workbook["Run Log"]
        page["F2"], page["G2"], log["E2"] = "Customer ID", who, "Run"
        _, top, _, _ = range_boundaries(page.tables["tblSegments"].ref)
        heads = {cell.value: cell.column for cell in page[top]}
        page.cell(top + 1, heads["Owner"]).value = "Anna"

    refreshed(edited(book, write), now=LATER)
    assert owners_of(WorkbookFile(book))[who] == "Anna"
    assert runs_of(WorkbookFile(book)) == 2


def test_a_note_directly_below_the_actions_is_logged_at_no_refresh(book: Path) -> None:
    def note(workbook: openpyxl.Workbook) -> None:
        page = workbook["Actions"]
        bottom = range_boundaries(page.tables["tblActions"].ref)[3]
        page.cell(bottom + 1, 1, "Mine: ask Okafor")

    refreshed(edited(book, note), now=LATER)
    refreshed(book, now=LATER + dt.timedelta(days=1))
    assert "Mine: ask Okafor" in [cell.value for cell in openpyxl.load_workbook(book)["Actions"]["A"]]
    assert not [row for row in openpyxl.load_workbook(book)["Action Log"].iter_rows(values_only=True) if "Mine: ask Okafor" in row]


@pytest.mark.parametrize("page", ["Dashboard", "Drill", "Migration", "Value", "Cash Forecast"])
def test_what_is_typed_into_any_empty_cell_of_a_page_stays(book: Path, page: str) -> None:
    typed: list[str] = []

    def fill(workbook: openpyxl.Workbook) -> None:
        sheet = workbook[page]
        yellow = {"B5", "B6"} if page == "Drill" else set()
        for row in sheet.iter_rows(min_row=1, max_row=sheet.max_row + 2):
            for cell in row:
                if cell.value is None and not isinstance(cell, MergedCell) and cell.coordinate not in yellow:
                    cell.value = f"mine at {cell.coordinate}"
                    typed.append(cell.coordinate)

    refreshed(edited(book, fill), now=LATER)
    assert len(typed) > 50
    sheet = openpyxl.load_workbook(book)[page]
    assert [place for place in typed if sheet[place].value != f"mine at {place}"] == []


def test_what_is_typed_on_movers_that_leave_stands_in_the_action_log(book: Path) -> None:
    moves: list[tuple[object, str]] = []

    def fill(workbook: openpyxl.Workbook) -> None:
        page = workbook["Movers"]
        head = next(row for row in page.iter_rows() if row[0].value == "Rank")
        at = {cell.value: cell.column for cell in head}
        page.cell(head[0].row, len(at) + 1, "Insured")
        for row in range(head[0].row + 1, page.max_row + 1):
            customer, before, after = (page.cell(row, at[heading]).value for heading in ("Customer ID", "From", "To"))
            page.cell(row, at["Acknowledged"], f"seen {customer}")
            page.cell(row, len(at) + 1, 100 * row)
            moves.append((customer, f"{before} → {after}"))

    report = refreshed(edited(book, fill), AS_OF + dt.timedelta(days=30), now=LATER)
    staying = {(mover.customer, f"{mover.before} → {mover.after}") for mover in report.movers}
    left = [move for move in moves if move not in staying]
    assert left
    page = openpyxl.load_workbook(book)["Action Log"]
    head = next(row for row in page.iter_rows(values_only=True) if row[0] == "Logged")
    logged = [dict(zip(head, row, strict=True)) for row in page.iter_rows(min_row=7, values_only=True)]
    found = [(row["Customer ID"], row["Action"]) for row in logged if row["Kind"] == "Move"]
    assert sorted(found, key=str) == sorted(left, key=str)
    assert all(row["Note"] == f"seen {row['Customer ID']}" and row["Other"].startswith("Insured: ") for row in logged if row["Kind"] == "Move")
    assert not [remark for remark in report.written.remarks if "went with them" in remark]
    refreshed(book, AS_OF + dt.timedelta(days=30), now=LATER)
    assert openpyxl.load_workbook(book)["Action Log"].max_row == page.max_row


def test_the_headings_of_movers_are_known_to_who_reads_them_back(book: Path) -> None:
    page = openpyxl.load_workbook(book)["Movers"]
    head = next(row for row in page.iter_rows(values_only=True) if row[0] == "Rank")
    assert set(head) - {None} <= set(movers.HEADINGS)


@pytest.mark.parametrize("tab", ["Rules", "Config", "Actions"])
def test_a_copy_without_its_original_is_not_passed_over(book: Path, tab: str) -> None:
    def copy(workbook: openpyxl.Workbook) -> None:
        page = workbook[tab]
        found = next(iter(page.tables.values()))
        made = workbook.copy_worksheet(page)
        made.title = f"{tab} (2)"
        made.add_table(Table(displayName=f"{found.displayName}12", ref=found.ref))
        del workbook[tab]

    before = edited(book, copy).read_bytes()
    said = (
        rf"there is no tab {tab}, and the table tbl{tab}12 on '{tab} \(2\)' has its headings\. To go on, call it '{tab}' and its table tbl{tab}, or"
    )
    with pytest.raises(LayoutError, match=said):
        refreshed(book, now=LATER)
    assert book.read_bytes() == before

    def call_it_so(workbook: openpyxl.Workbook) -> None:
        found = workbook[f"{tab} (2)"].tables.pop(f"tbl{tab}12")
        found.name = found.displayName = f"tbl{tab}"
        workbook[f"{tab} (2)"].add_table(found)
        workbook[f"{tab} (2)"].title = tab

    refreshed(edited(book, call_it_so), now=LATER)
    assert f"{tab} (2)" not in openpyxl.load_workbook(book).sheetnames


def test_a_new_row_does_not_look_like_a_painted_last_one(book: Path) -> None:
    red = PatternFill("solid", fgColor="FFFF0000")

    def paint(workbook: openpyxl.Workbook) -> None:
        page = workbook["Segments"]
        for column in (1, 2, page.max_column + 1):
            page.cell(page.max_row, column).fill = red
        workbook["Invoices"].append([*(cell.value for cell in workbook["Invoices"][2])])
        invoice = workbook["Invoices"][workbook["Invoices"].max_row]
        for heading, cell in zip(workbook["Invoices"][1], invoice, strict=True):
            if heading.value in ("Document Number", "Invoice Number", "Customer ID"):
                cell.value = "NEW-1"

    last = customers(book)[-1]
    refreshed(edited(book, paint), now=LATER)
    page = openpyxl.load_workbook(book)["Segments"]
    painted = {page.cell(cell.row, 1).value for line in page.iter_rows() for cell in line if cell.fill.fgColor.rgb == "FFFF0000"}
    assert "NEW-1" in customers(book)
    assert painted == {last}
