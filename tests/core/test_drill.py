"""The Drill tab: who is shown, what stands there, and that the invoices behind a number lead to it; figures by hand or from the slow reading."""

from __future__ import annotations

import datetime as dt
import math
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import slow
from books import AS_OF, NOW, demo_file, edited, part_of, parts, refreshed, rows
from ledgers import T, ago, book, messy, order, past_due, settled, without_invoices, without_orders

from xlseg.analysis import Analysis, Departed, analyse
from xlseg.drill import Asked, customer_named, metric_named
from xlseg.errors import ArgumentError, UnknownCustomerError
from xlseg.intake import read_ledger
from xlseg.metrics import CATALOGUE
from xlseg.segments.defaults import default_rules
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import CUSTOMERS, Ledger
from xlseg.tabs.drill import drill_tabs
from xlseg.workbook import Cell, CellError, Tab, Value

IDS = ["0017", "C-1", "c-2", "Müller", "18", "018"]
LAST = dt.date(2024, 12, 31)


@cache
def one_customer() -> Analysis:
    return analysis_of(book([settled(5)]))


@cache
def messy_analysis() -> Analysis:
    return analysis_of(messy(1), LAST)


@cache
def slowly(date: dt.date) -> dict[str, dict[str, Any]]:
    """The slow reading of the same book; a month-end alone has no expected orders."""
    return slow.measure(messy(1), date, Settings(), with_expected=date == LAST)


def analysis_of(ledger: Ledger, as_of: dt.date = T, departed: tuple[Departed, ...] = ()) -> Analysis:
    return analyse(ledger, Settings(), default_rules(ledger.has_invoices), as_of, departed)


def drill(ledger: Ledger, customer: Value = None, metric: Value = None, as_of: dt.date = T, departed: tuple[Departed, ...] = ()) -> Tab:
    return drill_tabs(analysis_of(ledger, as_of, departed), Asked(customer, metric))[0]


def texts(tab: Tab) -> dict[str, Cell]:
    """Each label with the cell right of it."""
    return {str(cell.value): tab.cells.get((row, column + 1), Cell(None)) for (row, column), cell in tab.cells.items() if cell.value}


def behind(tab: Tab) -> list[dict[str, Cell]]:
    """The lines under the headings of the account, the last one the number."""
    top = next(row for (row, column), cell in tab.cells.items() if cell.value == "Document" and column == 1)
    heads = {column: str(tab.cells[top, column].value) for column in range(1, 9)}
    last = max(row for (row, column) in tab.cells if column == 1)
    return [{name: tab.cells.get((row, column), Cell(None)) for column, name in heads.items()} for row in range(top + 1, last + 1)]


def months(tab: Tab) -> list[dict[str, Value]]:
    top = next(row for (row, column), cell in tab.cells.items() if cell.value == "As Of" and column == 1)
    heads = [str(tab.cells[top, column].value) for column in range(1, 10)]
    return [dict(zip(heads, (tab.cells[row, column].value for column in range(1, 10)), strict=True)) for row in range(top + 1, top + 14)]


# ── who was asked for ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("0017", "0017"), ("c-1", "C-1"), ("C-2", "c-2"), (" C-1 ", "C-1"), ("MÜLLER", "Müller"), (17.0, "0017"), (17, "0017"), ("17", "0017"),
     ("18", "18"), (18.0, "18"), ("018", "018"), ("\u200bC-1", "C-1")],
)  # fmt: skip
def test_an_id_is_found_as_it_is_written_or_where_only_one_can_be_meant(typed: Value, meant: str) -> None:
    assert customer_named(typed, IDS, "Drill!B5") == meant


def test_an_id_that_may_be_two_customers_is_asked_back() -> None:
    with pytest.raises(ArgumentError, match=r"'00018' may be '18' or '018'\. To go on, write the id as it stands on the Segments tab"):
        customer_named("00018", IDS, "Drill!B5")
    with pytest.raises(ArgumentError, match="'c-1' may be 'C-1' or 'C-1 '"):
        customer_named("c-1", ["C-1", "C-1 "], "Drill!B5")


@pytest.mark.parametrize("typed", ["C-3", 3.5, True, dt.datetime(2026, 1, 2), CellError("#N/A"), "x" * 32_767, "²", "=1+1"], ids=str)
def test_what_no_customer_is_called_is_said_in_one_line_and_nobody_is_shown(typed: Value) -> None:
    with pytest.raises(UnknownCustomerError):
        customer_named(typed, IDS, "Drill!B5")
    tab = drill_tabs(one_customer(), Asked(typed))[0]
    (said,) = [cell.value for cell in tab.cells.values() if cell.style == "warn" and str(cell.value) not in CATALOGUE]
    assert str(said).startswith("Drill!B5: no customer ")
    assert len(str(said)) < 700
    assert tab.cells[5, 2].value == typed
    assert [cell.value for (row, column), cell in tab.cells.items() if row == 10 and column == 2] == [None]


def test_the_nearest_id_is_named() -> None:
    with pytest.raises(UnknownCustomerError, match="try 'Müller'"):
        customer_named("Müler", IDS, "Drill!B5")


@pytest.mark.parametrize(("typed", "meant"), [("late_share", "late_share"), ("Late Share", "late_share"), ("LATE-SHARE ", "late_share")])
def test_a_metric_is_found_in_any_case_with_spaces_or_underscores(typed: str, meant: str) -> None:
    assert metric_named(typed, "Drill!B6") == meant


def test_a_metric_that_is_none_is_said_and_the_usual_one_is_shown() -> None:
    tab = drill_tabs(one_customer(), Asked("A", "late_shar"))[0]
    assert "Drill!B6: 'late_shar' is no metric. To go on, write 'late_share'." in {cell.value for cell in tab.cells.values()}
    assert behind(tab)[-1]["Document"].value == "payment_velocity"


def test_without_an_id_the_customer_with_the_highest_risk_and_balance_is_shown() -> None:
    # A pays on time; B has four invoices 20 days late and one open: a slow payer
    ledger = book([*(settled(0) for _ in range(4)), *(settled(20, customer="B") for _ in range(4)), past_due(30, customer="B")])
    assert texts(drill(ledger))["Customer ID"].value == "B"


def test_one_who_has_left_the_sheets_is_said_to_have() -> None:
    gone = Departed("Z", "Zed", "Slow Payer", dt.date(2026, 1, 31))
    said = [str(cell.value) for cell in drill(book([settled(5)]), "z", departed=(gone,)).cells.values() if cell.style == "warn"]
    assert "Drill!B5: 'Z' is not in the ERP sheets any more, since 2026-01-31; he was Slow Payer." in said


# ── what is shown ────────────────────────────────────────────────────────────


def test_the_page_shows_the_invoices_and_the_last_row_is_the_number() -> None:
    # −10 and 16 days late settled, one open 30 days past due: (−10 + 16 + 30)/3 = 12
    lines = behind(drill(book([settled(-10), settled(16), past_due(30, 250)]), "A"))
    by_days = {line["Days"].value: line for line in lines[:-1]}
    assert {days: line["Contribution"].value for days, line in by_days.items()} == pytest.approx({30: 10, 16: 16 / 3, -10: -10 / 3})
    assert (by_days[30]["Settled"].value, by_days[30]["Amount"].value) == (None, 250)
    assert (lines[-1]["Document"].value, lines[-1]["Contribution"].value) == ("payment_velocity", 12)
    assert lines[-1]["Contribution"].formula == "SUM(G39:G41)"


def test_who_he_is_stands_on_top() -> None:
    row = {
        "customer": "A",
        "name": "Acme",
        "terms": "NT30",
        "credit_limit": 5000.0,
        "sales_rep": "Kim",
        "country": "",
        "category": "",
        "currency": "",
    }
    customers = pd.DataFrame([{**row, "parent": "", "on_hold": True, "do_not_contact": False, "row": 2}]).astype(CUSTOMERS)
    ledger = Ledger(**{**book([settled(2), past_due(3, 70)]).__dict__, "customers": customers})
    told = texts(drill(ledger, "A"))
    wanted = {"Name": "Acme", "Owner": "Kim", "Terms": "NT30", "Credit limit": 5000, "Open balance": 70, "Past due": 70, "Flags": "on hold"}
    assert {name: told[name].value for name in wanted} == wanted
    assert texts(drill_tabs(analysis_of(ledger), Asked("A", owner={"A": "Lee"}))[0])["Owner"].value == "Lee"


def test_at_most_a_page_of_invoices_is_shown_and_the_others_in_one_line() -> None:
    # 40 invoices, 1 to 40 days late: the number is 820/40 = 20.5. Shown are the latest 20: 40 … 21, together 610; the 20 others make 210
    lines = behind(drill(book([settled(late, 10) for late in range(1, 41)]), "A"))
    assert len(lines) == 22
    assert [line["Days"].value for line in lines[:20]] == list(range(40, 20, -1))
    assert (lines[20]["Document"].value, lines[20]["Amount"].value) == ("… 20 others", 200)
    assert lines[20]["Contribution"].value == pytest.approx(210 / 40)
    assert math.fsum(float(line["Contribution"].value) for line in lines[:-1]) == pytest.approx(20.5, abs=1e-12)  # type: ignore[arg-type]


@pytest.mark.parametrize("metric", CATALOGUE)
def test_the_account_of_every_metric_fits_the_page_and_ends_with_the_number(metric: str) -> None:
    analysis, wanted = messy_analysis(), slowly(LAST)
    customer = max(wanted, key=lambda name: sum(value is not None for value in wanted[name].values()))
    lines = behind(drill_tabs(analysis, Asked(customer, metric))[0])
    value = wanted[customer][metric]
    assert len(lines) <= 22
    assert lines[-1]["Document"].value == metric
    if isinstance(value, str):
        assert lines[-1]["Contribution"].value == value
    else:
        assert lines[-1]["Contribution"].value == pytest.approx(value, rel=1e-3 if metric == "expected_orders" else 1e-9)
    if lines[-1]["Contribution"].formula:
        shown = [float(line["Contribution"].value or 0) for line in lines[:-1] if line["Contribution"].style != "count"]  # type: ignore[arg-type]
        assert math.fsum(shown[: _added(lines)]) == pytest.approx(value, abs=1e-9)


def _added(lines: list[dict[str, Cell]]) -> int:
    """How many lines the formula of the number adds up."""
    first, last = (int(cell[1:]) for cell in str(lines[-1]["Contribution"].formula).removeprefix("SUM(").removesuffix(")").split(":"))
    return last - first + 1


def test_the_months_are_those_of_the_slow_reading() -> None:
    customer = str(sorted(messy(1).invoices["customer"].unique())[2])
    for line in months(drill_tabs(messy_analysis(), Asked(customer))[0]):
        date = line["As Of"]
        assert isinstance(date, dt.date)
        wanted: dict[str, Any] = slowly(date).get(customer, {})
        names = {"Open Balance": "open_balance", "Past Due": "past_due", "Velocity": "payment_velocity", "Events": "n_paid"}
        names |= {"Late Share": "late_share", "Orders / Month": "orders_per_month_sa"}
        for heading, name in names.items():
            assert line[heading] == (None if wanted.get(name) is None else pytest.approx(wanted[name], abs=1e-9)), (date, name)


def test_there_are_always_thirteen_months_and_a_day_between_is_the_last_of_them() -> None:
    ledger = book([settled(5)])
    assert [line["As Of"] for line in months(drill(ledger, "A", as_of=dt.date(2026, 10, 31)))][::12] == [dt.date(2025, 10, 31), dt.date(2026, 10, 31)]
    assert [line["As Of"] for line in months(drill(ledger, "A", as_of=dt.date(2026, 10, 17)))][::12] == [dt.date(2025, 10, 31), dt.date(2026, 10, 17)]


def test_what_the_charts_show_stands_in_cells_in_the_order_of_the_months() -> None:
    tab = drill(book([settled(5), past_due(30, 100), past_due(-10, 40)]), "A")
    balance, risk, velocity = tab.charts
    for chart in (balance, risk, velocity):
        for series in chart.series:
            assert str(tab.cells[series.name].value) in ("Past Due", "Not past due", "Risk", "Velocity")
            assert (series.values[2] - series.values[0], series.categories[2] - series.categories[0]) == (12, 12)
            assert str(tab.cells[series.categories[2], series.categories[1]].value) == f"{T:%b %y}"
    # 100 past due and 40 not yet, the last month
    assert [tab.cells[series.values[2], series.values[1]].value for series in balance.series] == [100, 40]


# ── the list behind it ───────────────────────────────────────────────────────


def test_drill_data_lists_every_metric_and_its_rows_lead_to_the_number() -> None:
    tab = drill_tabs(messy_analysis(), Asked())[1]
    told = {column.heading: list(column.values) for column in tab.tables[0].columns}
    assert list(dict.fromkeys(told["Metric"])) == list(CATALOGUE)
    at = [i for i, metric in enumerate(told["Metric"]) if metric == "open_balance"]
    parts_, numbers = [told["Part"][i] for i in at], [told["Contribution"][i] for i in at]
    assert parts_ == ["document"] * (len(at) - 1) + ["number"]
    assert math.fsum(numbers[:-1]) == pytest.approx(numbers[-1], abs=1e-9)


@pytest.mark.parametrize("ledger", [without_invoices(messy(1)), without_orders(messy(1)), book([settled(3)]), book(orders=[order(100, ago(3))])],
                         ids=["no invoices", "no orders", "one invoice", "one order"])  # fmt: skip
def test_books_that_lack_something_have_a_drill_tab(ledger: Ledger) -> None:
    as_of = LAST if len(ledger.orders) + len(ledger.invoices) > 1 else T
    tab = drill(ledger, as_of=as_of)
    assert behind(tab)[-1]["Document"].value == ("payment_velocity" if ledger.has_invoices else "orders_per_month")


# ── in a workbook ────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = demo_file(tmp_path_factory.mktemp("drill") / "erp.xlsx", customers=12)
    refreshed(path)
    return path


def typed(path: Path, customer: Value, metric: Value = None) -> Path:
    def type_in(workbook: openpyxl.Workbook) -> None:
        workbook["Drill"]["B5"], workbook["Drill"]["B6"] = customer, metric

    return edited(path, type_in)


def page(path: Path) -> dict[str, Any]:
    sheet = openpyxl.load_workbook(path, data_only=True)["Drill"]
    return {cell.coordinate: cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None}


def test_a_customer_that_is_typed_is_shown_by_the_next_refresh_and_stays_typed(once: Path, tmp_path: Path) -> None:
    path = typed(Path(shutil.copy(once, tmp_path / "erp.xlsx")), "c-0007", "Open Balance")
    refreshed(path)
    shown = page(path)
    assert (shown["B5"], shown["B6"], shown["B10"]) == ("c-0007", "Open Balance", "C-0007")
    assert (shown["C5"], shown["C6"]) == ("shown: C-0007", "shown: open_balance")
    before = parts(path)
    assert refreshed(path, now=NOW + dt.timedelta(days=1)).written.updated == ("Run Log",)
    assert {name for name, data in parts(path).items() if before[name] != data and b"RunLog" not in data} == {part_of(path, "Run Log")}
    segment = rows(path, "Segments", "Customer ID")["C-0007"]
    assert (shown["E10"], shown["H12"]) == (segment["Segment"], segment["Open Balance"])


def test_the_sum_of_the_invoices_is_what_the_export_says_is_open(once: Path, tmp_path: Path) -> None:
    path = typed(Path(shutil.copy(once, tmp_path / "erp.xlsx")), "C-0007", "open_balance")
    refreshed(path)
    listed = [row for row in _data(path) if row["Metric"] == "open_balance"]
    ledger = read_ledger(open_source(path), Settings()).ledger
    wanted = sum(document.balance(AS_OF) for document in slow.documents(ledger) if document.customer == "C-0007") / 100
    assert sum(row["Contribution"] for row in listed if row["Part"] == "document") == pytest.approx(wanted, abs=0.001)
    assert listed[-1]["Contribution"] == pytest.approx(wanted, abs=0.001)


def _data(path: Path) -> list[dict[str, Any]]:
    sheet = openpyxl.load_workbook(path, data_only=True)["Drill Data"]
    heads = [cell.value for cell in sheet[6]][:10]
    return [dict(zip(heads, row, strict=False)) for row in sheet.iter_rows(min_row=7, max_col=10, values_only=True) if row[0]]


@pytest.mark.parametrize("customer", [17, True, dt.datetime(2026, 3, 1), "0017", "=C-1", "x" * 3_000], ids=str)
def test_whatever_is_typed_stays_as_it_was_typed(once: Path, tmp_path: Path, customer: Value) -> None:
    path = Path(shutil.copy(once, tmp_path / "erp.xlsx"))

    def type_in(workbook: openpyxl.Workbook) -> None:
        cell = workbook["Drill"]["B5"]
        cell.value = customer
        if isinstance(customer, str):
            cell.data_type = "s"

    edited(path, type_in)
    refreshed(path)
    cell = openpyxl.load_workbook(path)["Drill"]["B5"]
    assert (cell.value, cell.data_type == "f") == (customer, False)
    assert refreshed(path).written.updated == ("Run Log",)


def test_the_users_column_beside_drill_data_and_his_renamed_tab_are_kept(once: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(once, tmp_path / "erp.xlsx"))

    def his(workbook: openpyxl.Workbook) -> None:
        workbook["Drill"]["W3"] = "mine"
        workbook["Drill"].title = "One customer"
        workbook["One customer"]["B5"] = "C-0003"

    edited(path, his)
    refreshed(path)
    book_ = openpyxl.load_workbook(path, data_only=True)
    assert "Drill" not in book_.sheetnames
    assert (book_["One customer"]["W3"].value, book_["One customer"]["B10"].value) == ("mine", "C-0003")
