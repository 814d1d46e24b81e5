"""The whole road on a file: refresh it, look at it with other eyes, refresh it again."""

from __future__ import annotations

import datetime as dt
import shutil
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from books import AS_OF, NOW, demo_file, edited, header_row, part_of, parts, refreshed, rows
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import PatternFill

from xlseg.demo import make_book, write_book
from xlseg.errors import CriterionError, SettingError
from xlseg.intake import read_ledger
from xlseg.intake.fields import OUR_TABS
from xlseg.metrics import CATALOGUE, measure
from xlseg.settings import Settings
from xlseg.sources import open_source

TABS = [
    "Dashboard", "Actions", "Segments", "Movers", "Migration", "Migration Data", "Drill", "Drill Data", "Value", "Cash Forecast", "Metrics",
    "Data Quality", "History", "Run Log", "Rule Sets", "Change Log", "Action Log", "Definitions", "Rules", "Playbook", "Overrides", "Config",
]  # fmt: skip


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of exports, as it comes from the ERP."""
    return demo_file(tmp_path_factory.mktemp("exported") / "erp.xlsx")


@pytest.fixture(scope="session")
def once(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, refreshed once."""
    path = tmp_path_factory.mktemp("once") / "erp.xlsx"
    shutil.copy(exported, path)
    report = refreshed(path)
    assert report.sound
    return path


@pytest.fixture
def book(once: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(once, tmp_path / "erp.xlsx"))


def test_the_tabs_come_after_the_users_sheets_and_his_parts_stay_as_they_were(exported: Path, once: Path) -> None:
    assert openpyxl.load_workbook(once, read_only=True).sheetnames == [*openpyxl.load_workbook(exported, read_only=True).sheetnames, *TABS]
    before, after = parts(exported), parts(once)
    touched = {"[Content_Types].xml", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"}
    assert {name for name, data in before.items() if after[name] != data} <= touched


def test_a_second_refresh_differs_in_the_run_log_alone(book: Path) -> None:
    before = parts(book)
    report = refreshed(book, now=NOW + dt.timedelta(days=1))
    after = parts(book)
    log = part_of(book, "Run Log")
    tables = {name for name in after if name.startswith("xl/tables/") and b"tblRunLog" in after[name]}
    assert {name for name in after if before.get(name) != after[name]} == {log, *tables}
    assert report.written.updated == ("Run Log",)


def test_the_metrics_tab_holds_every_metric_by_its_name_and_value(once: Path) -> None:
    ledger = read_ledger(open_source(once), Settings()).ledger
    wanted = measure(ledger, [AS_OF], Settings()).set_index("customer")
    found = rows(once, "Metrics", "customer_id")
    assert set(wanted.index) <= set(found)
    for customer, values in wanted.iterrows():
        for name in CATALOGUE:
            value, cell = values[name], found[customer][name]
            absent = value is None or (isinstance(value, float) and np.isnan(value))
            assert (cell is None) if absent else (cell == value), (customer, name)


def test_every_customer_has_one_segment_and_the_totals_agree_with_the_ledger(once: Path, exported: Path) -> None:
    segments = rows(once, "Segments", "Customer ID")
    invoices = pd.read_excel(exported, sheet_name="Invoices", engine="openpyxl")
    assert {str(c) for c in pd.read_excel(exported, sheet_name="Customers", dtype=str, engine="openpyxl")["Customer ID"]} <= set(segments)
    assert all(row["Segment"] for row in segments.values())
    # Independent of the product: the amount remaining that the export itself states, rows that intake leaves out aside.
    amounts = pd.to_numeric(invoices["Amount Remaining"], errors="coerce") * invoices["FX Rate"].fillna(1)
    excluded = {defect.row - 2 for defect in make_book(40, 11).defects if defect.sheet == "Invoices" and defect.excluded}
    stated = amounts.drop(index=[i for i in excluded if i in amounts.index]).sum()
    assert sum(row["Open Balance"] or 0 for row in segments.values()) == pytest.approx(stated, abs=0.005)


def test_a_customer_id_that_begins_with_an_equals_sign_or_a_zero_stays_text(once: Path) -> None:
    found = rows(once, "Segments", "Customer ID")
    assert all(isinstance(customer, str) for customer in found)
    sheet = openpyxl.load_workbook(once)["Segments"]
    assert not [cell for line in sheet.iter_rows(min_row=7) for cell in line if cell.data_type == "f"]


def test_ten_refreshes_keep_what_the_user_put_on_the_tab(book: Path, tmp_path: Path) -> None:
    def his(workbook: openpyxl.Workbook) -> None:
        page = workbook["Segments"]
        top, last = header_row(page, "Customer ID"), page.max_row
        column = page.max_column + 1
        page.cell(top, column, "My view")
        for row in range(top + 1, last + 1):
            page.cell(row, column, f"=L{row}*2")
        table = page.tables["tblSegments"]
        table.ref = f"A{top}:{page.cell(last, column).coordinate}"
        table.autoFilter.ref = table.ref
        table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=column, name="My view"))
        page.column_dimensions["B"].width = 51
        page.conditional_formatting.add(
            f"L{top + 1}:L{last}", CellIsRule(operator="greaterThan", formula=["999"], fill=PatternFill(bgColor="FFFF00"))
        )
        chart = openpyxl.chart.BarChart()
        chart.add_data(openpyxl.chart.Reference(page, min_col=12, min_row=top, max_row=last), titles_from_data=True)
        page.add_chart(chart, "AC3")
        notes = workbook.create_sheet("Mine")
        notes["A1"] = "=Segments!C12"
        notes["A2"] = f"=VLOOKUP(Segments!A{last},Segments!A{top}:L{last},12,FALSE)"

    edited(book, his)
    page = openpyxl.load_workbook(book)["Segments"]
    ids = [page.cell(row, 1).value for row in range(7, page.max_row + 1)]
    for turn in range(10):
        exports = tmp_path / f"exports{turn}.xlsx"
        write_book(make_book(40 + 3 * (turn % 3), 11), exports)
        refreshed(book, as_of=AS_OF - dt.timedelta(days=20 - 2 * turn), source=exports)
    workbook = openpyxl.load_workbook(book)
    page = workbook["Segments"]
    assert [page.cell(row, 1).value for row in range(7, 7 + len(ids))] == ids  # everybody kept his row
    assert page.max_row > 6 + len(ids)  # and new ones came after them
    column = next(cell.column for cell in page[6] if cell.value == "My view")
    assert [page.cell(row, column).value for row in range(7, page.max_row + 1)] == [f"=L{row}*2" for row in range(7, page.max_row + 1)]
    assert page.column_dimensions["B"].width == 51
    assert page.tables["tblSegments"].ref.endswith(str(page.max_row))
    assert len(page._charts) == 1
    assert f"L7:L{page.max_row}" in {str(found.sqref) for found in page.conditional_formatting}
    assert workbook["Mine"]["A1"].value == "=Segments!C12"


def test_a_customer_who_leaves_the_exports_is_gone_and_stays_gone_and_can_return(book: Path, tmp_path: Path) -> None:
    ids = [c for c in rows(book, "Segments", "Customer ID") if c.startswith("C-")]
    fewer, all_again = tmp_path / "fewer.xlsx", tmp_path / "all.xlsx"
    shutil.copy(book, all_again)
    shutil.copy(book, fewer)

    def without(workbook: openpyxl.Workbook) -> None:
        for name in ("Customers", "Invoices", "Payments", "SalesOrders", "Reminders"):
            page = workbook[name]
            gone = [row for row in range(2, page.max_row + 1) if any(str(cell.value) == ids[0] for cell in page[row])]
            for row in reversed(gone):
                page.delete_rows(row)

    edited(fewer, without)
    before = rows(book, "Segments", "Customer ID")[ids[0]]["Segment"]
    refreshed(book, source=fewer)
    row = rows(book, "Segments", "Customer ID")[ids[0]]
    assert (row["Segment"], row["Previous Segment"], row["Open Balance"]) == ("Gone", before, None)
    assert rows(book, "Metrics", "customer_id")[ids[0]]["payment_velocity"] is None
    still = parts(book)
    refreshed(book, source=fewer)
    assert {n for n, d in parts(book).items() if still[n] != d and b"RunLog" not in d} <= {part_of(book, "Run Log")}
    refreshed(book, source=all_again)
    assert rows(book, "Segments", "Customer ID")[ids[0]]["Segment"] == before


def test_an_earlier_date_leaves_no_later_number_on_the_tabs(book: Path) -> None:
    # "9001" is on no Customers sheet and has his only invoice in the last weeks of the book.
    assert rows(book, "Segments", "Customer ID")["9001"]["Open Balance"] is not None
    refreshed(book, as_of=dt.date(2026, 6, 30))
    row = rows(book, "Segments", "Customer ID")["9001"]
    assert (row["Segment"], row["Open Balance"]) == ("Not Enough History", None)
    assert rows(book, "Metrics", "customer_id")["9001"]["open_balance"] is None


def test_an_acknowledgement_stays_with_its_customer_when_the_ranks_change(book: Path) -> None:
    def acknowledge(workbook: openpyxl.Workbook) -> None:
        page = workbook["Movers"]
        top = header_row(page, "Rank")
        column = next(cell.column for cell in page[top] if cell.value == "Acknowledged")
        for row in range(top + 1, page.max_row + 1):
            page.cell(row, column, f"seen {page.cell(row, 2).value}")

    edited(book, acknowledge)
    refreshed(book, as_of=AS_OF - dt.timedelta(days=5))
    kept = {c: row["Acknowledged"] for c, row in rows(book, "Movers", "Customer ID").items() if row["Acknowledged"]}
    assert kept
    assert all(text == f"seen {customer}" for customer, text in kept.items())


def test_a_rule_changed_on_the_sheet_counts_at_the_next_refresh(book: Path) -> None:
    def change(workbook: openpyxl.Workbook) -> None:
        page = workbook["Rules"]
        page.append([1, "Everybody Else", 4, ">=0"])
        page.tables["tblRules"].ref = f"A6:{page.cell(page.max_row, page.max_column).coordinate}"

    edited(book, change)
    refreshed(book)
    today = {row["Today"] for row in rows(book, "Segments", "Customer ID").values()}
    assert today <= {"Everybody Else", "Not Enough History"}
    assert "Everybody Else" in today


def test_a_cell_that_is_no_criterion_stops_the_refresh_and_leaves_the_file(book: Path) -> None:
    def spoil(workbook: openpyxl.Workbook) -> None:
        workbook["Rules"]["E7"] = ">= five"

    before = edited(book, spoil).read_bytes()
    with pytest.raises(CriterionError, match=r"Rules!E7: '>= five' is not a criterion\. To go on, write a comparison such as >=5"):
        refreshed(book)
    assert book.read_bytes() == before


def test_a_setting_that_cannot_be_stops_the_refresh_with_its_cell(book: Path) -> None:
    def spoil(workbook: openpyxl.Workbook) -> None:
        page = workbook["Config"]
        row = next(row for row in range(1, 20) if page.cell(row, 1).value == "Grace")
        page.cell(row, 2, "some")

    edited(book, spoil)
    with pytest.raises(SettingError, match=r"Config!B\d+: Grace cannot be 'some'"):
        refreshed(book)


def test_a_wrong_control_total_is_shown_and_not_hidden(book: Path) -> None:
    def total(workbook: openpyxl.Workbook) -> None:
        page = workbook["Config"]
        row = next(row for row in range(1, 20) if page.cell(row, 1).value == "Ledger control total")
        page.cell(row, 2, 1.0)

    edited(book, total)
    report = refreshed(book)
    assert not report.sound
    page = openpyxl.load_workbook(book, data_only=True)["Data Quality"]
    assert str(page["B4"].value).startswith("RED: 1 control")


def test_history_grows_only_by_what_changed_and_is_never_rewritten(book: Path) -> None:
    first = [tuple(row) for row in openpyxl.load_workbook(book)["History"].iter_rows(min_row=7, values_only=True)]
    refreshed(book, as_of=dt.date(2026, 11, 15), now=dt.datetime(2026, 11, 15, 7))
    later = [tuple(row) for row in openpyxl.load_workbook(book)["History"].iter_rows(min_row=7, values_only=True)]
    assert later[: len(first)] == first
    standing = {customer: (row["Segment"], row["Status"]) for customer, row in rows(book, "Segments", "Customer ID").items()}
    last: dict[str, tuple[str, str]] = {}
    for row in later:
        last[str(row[2])] = (row[4], row[5])
    assert last == standing
    assert len(later) < 2 * len(first)


@pytest.mark.parametrize("as_text", [False, True])
def test_history_is_known_also_where_the_user_has_made_numbers_or_texts_of_its_dates(book: Path, as_text: bool) -> None:
    def plainly(workbook: openpyxl.Workbook) -> None:
        for name in ("History", "Run Log", "Rule Sets"):
            for cell in (cell for row in workbook[name].iter_rows() for cell in row if isinstance(cell.value, dt.datetime)):
                if as_text:
                    cell.value = f"{cell.value:%Y-%m-%d}"
                cell.number_format = "General"

    edited(book, plainly)
    before = len(rows(book, "History", "Customer ID"))
    size = sheet_rows(book, "History")
    refreshed(book, now=NOW + dt.timedelta(days=1))
    assert (len(rows(book, "History", "Customer ID")), sheet_rows(book, "History")) == (before, size)
    assert openpyxl.load_workbook(book)["Dashboard"]["E4"].value == 1  # the run that first had these inputs


def sheet_rows(path: Path, name: str) -> int:
    return sum(1 for row in openpyxl.load_workbook(path)[name].iter_rows(values_only=True) if any(cell is not None for cell in row))


def test_picked_dates_stay_and_the_matrix_follows_them(book: Path) -> None:
    def pick(workbook: openpyxl.Workbook) -> None:
        workbook["Migration"]["B5"] = dt.date(2026, 3, 31)

    edited(book, pick)
    report = refreshed(book)
    page = openpyxl.load_workbook(book, data_only=True)["Migration"]
    assert page["B5"].value.date() == page["C5"].value.date() == dt.date(2026, 3, 31)
    matrix = report.analysis.migration(dt.date(2026, 3, 31), AS_OF).counts
    top = header_row(page, "From \\ To")
    shown = [[cell.value for cell in page[row][1 : 1 + len(matrix.columns)]] for row in range(top + 1, top + 1 + len(matrix))]
    assert shown == matrix.to_numpy().tolist()


def test_the_refreshed_file_is_a_sound_package(once: Path) -> None:
    with zipfile.ZipFile(once) as package:
        assert package.testzip() is None
        assert len(set(package.namelist())) == len(package.namelist())


def test_the_second_refresh_of_a_book_of_invoices_alone_takes_no_tab_of_ours_for_its_customers(exported: Path, tmp_path: Path) -> None:
    def leave_the_invoices(workbook: openpyxl.Workbook) -> None:
        for name in set(workbook.sheetnames) - {"Invoices"}:
            del workbook[name]

    book = edited(Path(shutil.copy(exported, tmp_path / "erp.xlsx")), leave_the_invoices)
    refreshed(book)
    assert refreshed(book, now=NOW + dt.timedelta(days=1)).written.updated == ("Run Log",)
    read = openpyxl.load_workbook(book)["Data Quality"]
    top = header_row(read, "Rows read")
    assert [read.cell(top + row, 1).value for row in range(1, 6)] == ["no such sheet", "Invoices", *["no such sheet"] * 3]


def test_a_tab_of_ours_that_the_user_has_renamed_is_no_export_either(exported: Path, tmp_path: Path) -> None:
    def leave_the_invoices(workbook: openpyxl.Workbook) -> None:
        for name in set(workbook.sheetnames) - {"Invoices"}:
            del workbook[name]

    def rename(workbook: openpyxl.Workbook) -> None:
        workbook["Segments"].title = "Who is who"

    book = edited(Path(shutil.copy(exported, tmp_path / "erp.xlsx")), leave_the_invoices)
    refreshed(book)
    edited(book, rename)
    refreshed(book)
    read = openpyxl.load_workbook(book)["Data Quality"]
    top = header_row(read, "Rows read")
    assert [read.cell(top + row, 1).value for row in range(1, 6)] == ["no such sheet", "Invoices", *["no such sheet"] * 3]


def test_every_tab_that_a_refresh_writes_is_known_not_to_be_an_export() -> None:
    assert set(TABS) <= set(OUR_TABS)


def test_a_book_of_orders_alone_speaks_of_revenue_and_not_of_balances(exported: Path, tmp_path: Path) -> None:
    def leave_the_orders(workbook: openpyxl.Workbook) -> None:
        for name in set(workbook.sheetnames) - {"Customers", "SalesOrders"}:
            del workbook[name]

    book = edited(Path(shutil.copy(exported, tmp_path / "erp.xlsx")), leave_the_orders)
    refreshed(book)
    said = openpyxl.load_workbook(book, read_only=True)
    assert "Impact = revenue × change of risk." in said["Movers"]["A2"].value
    assert said["Actions"]["A4"].value.startswith("Sales ")
    assert "balance" not in said["Actions"]["A4"].value
