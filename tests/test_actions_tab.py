"""The Actions tab, its log and the Playbook sheet in a file, as the user edits them between refreshes."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import AS_OF, NOW, demo_file, edited, header_row, part_of, parts, refreshed, rows
from core.exports import HEADINGS, MemoryBook
from openpyxl.worksheet.worksheet import Worksheet

from xlseg.errors import PlaybookError
from xlseg.hosts.file import WorkbookFile
from xlseg.refresh import Clock, refresh

LATER = NOW + dt.timedelta(days=1)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("once") / "erp.xlsx", customers=30)
    refreshed(path)
    return path


@pytest.fixture
def book(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(once, tmp_path / "erp.xlsx"))


def listed(path: Path, sheet: str = "Actions", key: str = "Rank") -> list[dict[str, Any]]:
    page = openpyxl.load_workbook(path)[sheet]
    top = header_row(page, key)
    heads = [cell.value for cell in page[top]]
    lines = (dict(zip(heads, line, strict=False)) for line in page.iter_rows(min_row=top + 1, values_only=True))
    return [line for line in lines if line["Customer ID"] is not None]


def typed(path: Path, row: int, **cells: Any) -> None:
    """The user types into a row of the list (0 is the first)."""

    def change(workbook: openpyxl.Workbook) -> None:
        page = workbook["Actions"]
        top = header_row(page, "Rank")
        columns = {cell.value: cell.column for cell in page[top]}
        for name, value in cells.items():
            cell = page.cell(top + 1 + row, columns[name.replace("_", " ")], value)
            if isinstance(value, str) and not value.startswith("=2"):
                cell.data_type = "s"  # a text, whatever it begins with

    edited(path, change)


def changed(before: dict[str, bytes], path: Path) -> set[str]:
    after = parts(path)
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def allowed(path: Path) -> set[str]:
    """The parts of the Run Log, which every refresh changes."""
    return {part_of(path, "Run Log"), *(name for name, data in parts(path).items() if name.startswith("xl/tables/") and b"tblRunLog" in data)}


def test_a_done_is_logged_once_and_the_next_refreshes_change_nothing(book: Path) -> None:
    first = listed(book)[0]
    typed(book, 0, Status="done ", Note="=called, pays on Friday", Follow_Up=dt.date(2026, 11, 6))
    report = refreshed(book, now=LATER)
    assert not [remark for remark in report.written.remarks if "went with them" in remark]
    (entry,) = listed(book, "Action Log", "Logged")
    assert (entry["Customer ID"], entry["Kind"], entry["Outcome"], entry["Channel"]) == (first["Customer ID"], "Collect", "Done", first["Channel"])
    assert (entry["Note"], entry["Follow Up"], entry["Logged"]) == ("=called, pays on Friday", dt.datetime(2026, 11, 6), dt.datetime(2026, 10, 31))
    assert entry["Balance Concerned"] == first["Balance Concerned"]
    assert (first["Customer ID"], "Collect") not in {(a["Customer ID"], a["Kind"]) for a in listed(book)}
    before = parts(book)
    for days in (2, 3):
        refreshed(book, now=NOW + dt.timedelta(days=days))
    assert changed(before, book) == allowed(book)


def test_what_is_typed_stays_with_its_customer_and_the_second_refresh_changes_nothing(book: Path) -> None:
    last = len(listed(book)) - 1
    for row in (0, last):
        typed(book, row, Status="Doing", Note=f"about {listed(book)[row]['Customer ID']}", Follow_Up="next week")
    typed(book, 1, Status="erledigt")
    typed(book, 2, Note="=2*600")  # a formula of his
    third = listed(book)[2]["Customer ID"]
    refreshed(book, now=LATER)
    found = {a["Customer ID"]: a for a in listed(book) if a["Note"] and str(a["Note"]).startswith("about")}
    assert {f"about {customer}" for customer in found} == {a["Note"] for a in found.values()}
    assert {(a["Status"], a["Follow Up"]) for a in found.values()} == {("Doing", "next week")}
    assert [a["Customer ID"] for a in listed(book) if a["Note"] == "=2*600"] == [third]
    findings = rows(book, "Data Quality", "Kind")
    assert findings["unknown status"]["Found"] == "erledigt"
    assert findings["unreadable follow-up"]["Found"] == "next week"
    before = parts(book)
    refreshed(book, now=LATER)
    assert changed(before, book) == allowed(book)


def test_the_drop_down_covers_every_row_and_only_the_status(book: Path) -> None:
    for as_of in (AS_OF, AS_OF + dt.timedelta(days=9)):
        refreshed(book, as_of=as_of)
        page = openpyxl.load_workbook(book)["Actions"]
        column = next(cell.column_letter for cell in page[header_row(page, "Rank")] if cell.value == "Status")
        (choice,) = page.data_validations.dataValidation
        assert str(choice.sqref) == f"{column}7:{column}{6 + len(listed(book))}"
        assert choice.formula1 == '"Open,Doing,Promised,Done,Suppressed"'
    assert len(listed(book)) > 5


def test_a_filter_stays_and_a_sorted_list_keeps_its_words(book: Path) -> None:
    def filter_and_sort(workbook: openpyxl.Workbook) -> None:
        page = workbook["Actions"]
        page.tables["tblActions"].autoFilter.add_filter_column(4, ["Collect"])
        top = header_row(page, "Rank")
        note = next(cell.column for cell in page[top] if cell.value == "Note")
        lines = [[cell.value for cell in line] for line in page.iter_rows(min_row=top + 1)]
        for at, line in enumerate(reversed(lines), start=top + 1):
            for column, value in enumerate(line, start=1):
                page.cell(at, column).value = value
            page.cell(at, note, f"about {line[1]} {line[4]}")

    report = refreshed(edited(book, filter_and_sort), now=LATER)
    found = listed(book)
    ranked = [a for a in found if not a["Held Back"]]
    assert [a["Rank"] for a in found] == [*range(1, len(ranked) + 1), *[None] * (len(found) - len(ranked))]
    assert all(a["Note"] == f"about {a['Customer ID']} {a['Kind']}" for a in found)
    assert any("tblActions is filtered" in remark for remark in report.written.remarks)


def of_playbook(change: Callable[[Worksheet, dict[str, int]], None]) -> Callable[[openpyxl.Workbook], None]:
    def apply(workbook: openpyxl.Workbook) -> None:
        page = workbook["Playbook"]
        change(page, {str(cell.value): cell.column for cell in page[header_row(page, "Kind")]})

    return apply


def test_a_playbook_cell_that_cannot_be_stops_the_refresh_and_leaves_the_file(book: Path) -> None:
    before = edited(book, of_playbook(lambda page, at: page.cell(8, at["Day"], "soon"))).read_bytes()
    with pytest.raises(PlaybookError, match=r"Playbook!C8: 'soon' is not a number of days\. To go on, write a whole number"):
        refreshed(book)
    assert book.read_bytes() == before


def test_the_playbook_on_the_sheet_decides_and_is_what_next_action_says(book: Path) -> None:
    def change(page: Worksheet, at: dict[str, int]) -> None:
        for row in range(7, page.max_row + 1):
            page.cell(row, at["Action"], f"Do number {row}")
        page.cell(7, at["Segment"], "Nobody")

    refreshed(edited(book, of_playbook(change)), now=LATER)
    assert all(a["Action"].startswith("Do number") for a in listed(book))
    said = {row["Next Action"] for row in rows(book, "Segments", "Customer ID").values()}
    assert all("Do number" in text for text in said if text)
    assert rows(book, "Data Quality", "Kind")["segment unknown to the rules"]["Found"] == "Nobody"


def test_a_deleted_playbook_and_a_deleted_list_come_back(book: Path) -> None:
    before, steps = listed(book), [[cell.value for cell in row] for row in openpyxl.load_workbook(book)["Playbook"].iter_rows()]

    def delete(workbook: openpyxl.Workbook) -> None:
        del workbook["Playbook"], workbook["Actions"]

    report = refreshed(edited(book, delete), now=LATER)
    assert set(report.written.made) == {"Actions", "Playbook"}
    assert listed(book) == before
    assert [[cell.value for cell in row] for row in openpyxl.load_workbook(book)["Playbook"].iter_rows()] == steps


def test_a_renamed_tab_is_read_as_well_as_written(book: Path) -> None:
    def rename(workbook: openpyxl.Workbook) -> None:
        workbook["Actions"].title, workbook["Action Log"].title, workbook["Playbook"].title = "Today", "Done list", "Plan"

    typed(book, 0, Status="Done")
    report = refreshed(edited(book, rename), now=LATER)
    assert report.written.made == ()
    assert [entry["Outcome"] for entry in listed(book, "Done list", "Logged")] == ["Done"]
    assert len(listed(book, "Today")) > 0


def test_what_stands_below_the_list_is_no_row_of_it(book: Path) -> None:
    def write_below(workbook: openpyxl.Workbook) -> None:
        page = workbook["Actions"]
        page.cell(page.max_row + 3, 2, "Checked by Anna")
        page.cell(page.max_row, 20, "note below")

    refreshed(edited(book, write_below), now=LATER)
    refreshed(book, now=LATER)
    assert listed(book, "Action Log", "Logged") == []
    assert listed(book)[-1]["Customer ID"] == "Checked by Anna"


def in_memory(tmp_path: Path, source: MemoryBook) -> Path:
    path = tmp_path / "book.xlsx"
    openpyxl.Workbook().save(path)
    refresh(WorkbookFile(path), source, AS_OF, Clock(NOW, lambda: 0.5))
    return path


def test_a_book_of_orders_alone_has_sales_actions_only(tmp_path: Path) -> None:
    days = [AS_OF - dt.timedelta(days=30 * n) for n in range(6, 24)]  # one a month, and then half a year of silence
    orders = [[f"O{n}", "C1", day, 100.0] for n, day in enumerate(days)]
    path = in_memory(tmp_path, MemoryBook({"SalesOrders": [HEADINGS["SalesOrders"], *orders]}))
    (action,) = listed(path)
    assert (action["Kind"], action["Segment"], action["Balance Concerned"], action["Expected Cash Sooner"]) == (
        "Sales", "Declining Engagement", None, None,  # its rule comes before that of Dormant
    )  # fmt: skip
    assert {row[1].value for row in openpyxl.load_workbook(path)["Playbook"].iter_rows(min_row=7)} == {"Sales", "None"}


def test_a_book_with_nothing_to_do_says_so_in_a_line(tmp_path: Path) -> None:
    invoices = [[f"I{n}", "C1", AS_OF - dt.timedelta(days=3), AS_OF + dt.timedelta(days=27), 100.0] for n in range(3)]
    path = in_memory(tmp_path, MemoryBook({"Invoices": [HEADINGS["Invoices"], *invoices]}))
    assert listed(path) == []
    assert openpyxl.load_workbook(path)["Actions"]["A4"].value == "Nothing to do: no step of the playbook is due."


def test_without_reminders_the_list_is_ranked_by_balance_and_says_so(tmp_path: Path) -> None:
    invoices = [[f"I{n}", f"C{n}", AS_OF - dt.timedelta(days=50), AS_OF - dt.timedelta(days=20), 200.0 + n] for n in range(3)]
    path = in_memory(tmp_path, MemoryBook({"Invoices": [HEADINGS["Invoices"], *invoices]}))
    assert [a["Customer ID"] for a in listed(path)] == ["C2", "C1", "C0"]
    assert {a["Response Rate"] for a in listed(path)} == {None}
    said = str(openpyxl.load_workbook(path)["Actions"]["A4"].value)
    assert said == "Collect 3. Capacity 50 of each kind (Config). No reminder could be judged yet: ranked by balance."
