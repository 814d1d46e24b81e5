"""The Dashboard tab in a workbook: what stands in its cells, its run number, its page."""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from books import AS_OF, NOW, demo_file, edited, part_of, parts, refreshed, rows

from xlseg.dashboard import Card
from xlseg.refresh import Report
from xlseg.tabs.dashboard import change

CARDS = [f"{column}{row}" for row in (6, 11) for column in "ACEGIK"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    path = demo_file(tmp_path_factory.mktemp("dashboard") / "erp.xlsx")
    return path, refreshed(path)


@pytest.fixture
def book(made: tuple[Path, Report], tmp_path: Path) -> Path:
    return Path(shutil.copy(made[0], tmp_path / "erp.xlsx"))


def sheet(path: Path, *, formulas: bool = False, name: str = "Dashboard") -> Any:
    return openpyxl.load_workbook(path, data_only=not formulas)[name]


def shown(path: Path) -> dict[str, tuple[object, ...]]:
    """Card → its value, what has changed, its value before."""
    page = sheet(path)
    return {page[at].value: tuple(page[at].offset(row).value for row in (1, 2, 3)) for at in CARDS}


def below(path: Path, heading: str, count: int, column: str = "M") -> list[tuple[Any, ...]]:
    """The lines of a list below a heading in its first column, so many columns wide, to the first empty line or its total."""
    page = sheet(path)
    first = next(row for row in range(1, 90) if page[f"{column}{row}"].value == heading) + 1
    lines = [tuple(cell.value for cell in line[:count]) for line in page.iter_rows(min_row=first, max_row=first + 14, min_col=13)]
    end = next(at for at, line in enumerate(lines) if line[0] in (None, "Total"))
    return lines[:end]


def test_its_head_says_what_the_other_tabs_say(made: tuple[Path, Report]) -> None:
    path, report = made
    page, quality = sheet(path), sheet(path, name="Data Quality")
    assert [page[at].value for at in ("A4", "C4", "E4")] == [dt.datetime(2026, 10, 31), dt.datetime(2026, 9, 30), 1]
    assert page["G4"].value == f"{report.analysis.rules.hash}, default"
    assert page["I4"].value == quality["B4"].value


def test_the_cards_agree_with_the_tabs_that_show_the_same(made: tuple[Path, Report]) -> None:
    path, _ = made
    cards, listed = shown(path), rows(path, "Segments", "Customer ID").values()
    assert cards["Open balance"][0] == pytest.approx(sum(line["Open Balance"] or 0 for line in listed))
    assert cards["Past due"][0] == pytest.approx(sum(line["Past Due"] or 0 for line in listed))
    risky = [line for line in listed if line["Risk"] is not None and line["Risk"] >= 6]
    assert cards["Customers in risk 6+"][0] == len(risky)
    assert cards["Exposure in risk 6+"][0] == pytest.approx(sum(line["Open Balance"] for line in risky))
    migration = [[cell.value for cell in line] for line in sheet(path, name="Migration").iter_rows()]
    start = next(at for at, line in enumerate(migration) if line[0] == "As of" and "DSO" in line)
    heads = migration[start]
    for at, place in ((start + 1, 0), (start + 2, 2)):
        figures = dict(zip(heads, migration[at], strict=True))
        assert cards["DSO"][place] == pytest.approx(figures["DSO"])
        assert cards["Best possible DSO"][place] == pytest.approx(figures["Best possible DSO"])
        assert cards["DSO, countback"][place] == pytest.approx(figures["DSO, countback"])
        assert cards["Collection effectiveness"][place] == pytest.approx(figures["Collection effectiveness"])


def test_the_lists_agree_with_the_tabs_that_show_the_same(made: tuple[Path, Report]) -> None:
    path, _ = made
    listed = rows(path, "Segments", "Customer ID").values()
    lines = below(path, "Segment", 9)
    for segment, risk, customers, balance, *ageing in lines:
        own = [line for line in listed if line["Segment"] == segment]
        assert (customers, risk) == (len(own), own[0]["Risk"])
        assert balance == pytest.approx(sum(line["Open Balance"] for line in own))
        assert sum(ageing) == pytest.approx(balance)
    assert sum(line[2] for line in lines) == len(listed)
    movers = sorted(rows(path, "Movers", "Customer ID").values(), key=lambda line: -abs(line["Impact"] or 0))
    biggest = below(path, "Customer", 4)
    assert [(line[1], line[2] or line[3]) for line in biggest] == [(line["Customer ID"], line["Impact"]) for line in movers[: len(biggest)]]
    assert all((line[2] is None) != (line[3] is None) for line in biggest)


def test_the_months_are_those_of_the_migration_tab(made: tuple[Path, Report]) -> None:
    path, _ = made
    migration = [[cell.value for cell in line] for line in sheet(path, name="Migration").iter_rows()]
    start = next(at for at, line in enumerate(migration) if line[:2] == ["To", "From"])
    periods = [(line[0], line[3], line[4]) for line in migration[start + 1 : start + 13]]
    lines = below(path, "Month", 4)
    assert [line[1:] for line in reversed(lines)] == periods
    assert [line[0] for line in lines] == [
        "Nov 2025", "Dec", "Jan 2026", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
    ]  # fmt: skip


def test_the_months_end_with_the_as_of_date_where_it_ends_no_month(tmp_path: Path) -> None:
    path = demo_file(tmp_path / "book.xlsx")
    refreshed(path, as_of=dt.date(2026, 6, 17))
    months = [(line[0], line[1]) for line in below(path, "Month", 4)]
    assert (len(months), months[0], months[-1]) == (12, ("Jul 2025", dt.datetime(2025, 7, 31)), ("Jun", dt.datetime(2026, 6, 17)))


def test_the_total_of_the_segments_is_a_formula_and_the_ledgers_balance_stands_below(made: tuple[Path, Report]) -> None:
    path, _ = made
    values, formulas = sheet(path), sheet(path, formulas=True)
    assert (values["M30"].value, values["M31"].value) == ("Total", "Open balance by the ledger")
    assert formulas["P30"].value == "=ROUND(SUM(P18:P29),2)"
    assert values["P30"].value == pytest.approx(values["P31"].value, abs=0.005)
    for column in "OPQRSTU":
        assert values[f"{column}30"].value == pytest.approx(sum(values[f"{column}{row}"].value or 0 for row in range(18, 30)))


# ── what has changed ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("card", "words", "look"),
    [
        (Card("x", "money", 1500, 1000, -1), "▲ 500, worse", "card_bad"),
        (Card("x", "money", 1000, 1500, -1), "▼ 500, better", "card_good"),
        (Card("x", "share", 0.907, 0.832, 1), "▲ 7.5 points, better", "card_good"),
        (Card("x", "share", 0.05, 0.06, 1), "▼ 1.0 points, worse", "card_bad"),
        (Card("x", "days", 41.2, 31.6, 0), "▲ 9.6 days more", "card_note"),
        (Card("x", "count", 2, 5, 0), "▼ 3 less", "card_note"),
        (Card("x", "days", 41.21, 41.2, -1), "= unchanged", "card_note"),
        (Card("x", "days", math.nan, 41.2, -1), "not known", "card_note"),
        (Card("x", "days", 41.2, math.nan, -1), "not known a month before", "card_note"),
    ],
)
def test_a_change_is_said_in_words_that_need_no_colour(card: Card, words: str, look: str) -> None:
    cell = change(card, "not known")
    assert (cell.value, cell.style) == (words, look)


# ── the run ──────────────────────────────────────────────────────────────────


def run_shown(path: Path) -> object:
    return sheet(path)["E4"].value


def test_it_names_the_first_of_the_runs_that_had_the_same_inputs(book: Path) -> None:
    before = parts(book)
    refreshed(book, now=NOW + dt.timedelta(days=1))
    assert run_shown(book) == 1
    assert parts(book)[part_of(book, "Dashboard")] == before[part_of(book, "Dashboard")]
    refreshed(book, dt.date(2026, 9, 30))
    assert run_shown(book) == 3
    refreshed(book)
    assert run_shown(book) == 4  # the same inputs as in the first run, but others came in between
    refreshed(book)
    assert run_shown(book) == 4


def test_other_rules_are_another_run_and_are_not_called_default(book: Path) -> None:
    def stricter(workbook: openpyxl.Workbook) -> None:
        for line in workbook["Rules"].iter_rows(min_row=7):
            if line[1].value == "High Engagement":
                line[2].value = 4

    refreshed(edited(book, stricter))
    assert run_shown(book) == 2
    assert str(sheet(book)["G4"].value).endswith(", DRAFT")


def test_a_run_log_that_was_sorted_or_emptied_does_no_harm(book: Path) -> None:
    refreshed(book)

    def upside_down(workbook: openpyxl.Workbook) -> None:
        log = workbook["Run Log"]
        lines = [[cell.value for cell in log[row]] for row in (8, 7)]
        for row, line in zip((7, 8), lines, strict=True):
            for column, value in enumerate(line, start=1):
                log.cell(row, column, value)

    refreshed(edited(book, upside_down))
    assert run_shown(book) == 1


# ── other books ──────────────────────────────────────────────────────────────


def test_customers_without_any_document_are_counted_apart(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    workbook = openpyxl.Workbook()
    orders, customers = workbook.active, workbook.create_sheet("Customers")
    assert orders is not None
    orders.title = "SalesOrders"
    for line in (("Order No", "Customer ID", "Date", "Amount"), ("1", "A", dt.date(2026, 10, 1), 100), ("2", "C", dt.date(2026, 11, 5), 100)):
        orders.append(line)
    for line in (("Customer ID", "Name"), ("A", "Ann"), ("B", "Bert"), ("C", "Carl")):
        customers.append(line)
    workbook.save(path)
    refreshed(path)
    assert str(sheet(path)["A2"].value).startswith("1 customer, and 2 without any document by this date. Each card")


def test_a_book_of_orders_alone_says_what_does_not_apply(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    workbook = openpyxl.Workbook()
    orders = workbook.active
    assert orders is not None
    orders.title = "SalesOrders"
    for line in (("Order No", "Customer ID", "Date", "Amount"), ("1", "A", dt.date(2026, 10, 1), 100), ("2", "B", dt.date(2026, 8, 1), 50)):
        orders.append(line)
    workbook.save(path)
    refreshed(path)
    cards = shown(path)
    assert cards["Revenue"][0] == 150
    assert cards["DSO"] == (None, "does not apply: no invoices", None)
    titles = [chart.title.tx.rich.p[0].r[0].t for chart in sheet(path, formulas=True)._charts]
    assert titles == ["Exposure by segment", "Ten biggest movers: impact", "Customers who worsened and improved, by month (confirmed)"]
    assert sheet(path)["M31"].value == "Revenue by the ledger"
    assert sheet(path)["P30"].value == sheet(path)["P31"].value == 150


def test_nobody_moved_is_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "quiet.xlsx"
    workbook = openpyxl.Workbook()
    invoices = workbook.active
    assert invoices is not None
    invoices.title = "Invoices"
    invoices.append(("Invoice No", "Customer ID", "Date", "Due Date", "Amount", "Paid Date"))
    invoices.append(("1", "A", dt.date(2026, 1, 1), dt.date(2026, 2, 1), 100, None))
    workbook.save(path)
    refreshed(path)
    page = sheet(path)
    assert "Nobody with exposure moved since 2026-09-30." in [page[f"M{row}"].value for row in range(50, 80)]


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    def named(workbook: openpyxl.Workbook) -> None:
        customers = workbook["Customers"]
        heads = [cell.value for cell in customers[1]]
        for row in range(2, customers.max_row + 1):
            customers.cell(row, heads.index("Name") + 1, "=1+1").data_type = "s"

    path = edited(demo_file(tmp_path / "erp.xlsx"), named)
    refreshed(path)
    assert {line[0] for line in below(path, "Customer", 1)} == {"=1+1"}
    page = sheet(path, formulas=True)
    assert {page[f"M{row}"].data_type for row in range(50, 80) if page[f"M{row}"].value == "=1+1"} == {"s"}


# ── other programs ───────────────────────────────────────────────────────────


def test_the_open_xml_sdk_finds_no_error(book: Path) -> None:
    validator = os.environ.get("OOXML_VALIDATOR")
    if not validator:
        pytest.skip("OOXML_VALIDATOR does not name the validator of the Open XML SDK")
    refreshed(book, dt.date(2026, 9, 30))
    report = subprocess.run([validator, str(book)], capture_output=True, text=True, check=False).stdout
    assert json.loads(report)["errors"] == []


def _alone(workbook: bytes) -> bytes:
    """The workbook part with every other sheet hidden and without a print area, which is then not printed."""
    place = re.findall(rb'<sheet [^>]*name="([^"]*)"', workbook).index(b"Dashboard")
    shown_first = re.sub(rb'<workbookView ([^>]*?)(?: activeTab="[0-9]*")?/>', rb'<workbookView \1 activeTab="%d"/>' % place, workbook)
    without_areas = re.sub(rb'<definedName name="_xlnm.Print_Area" localSheetId="(?!%d")[^>]*>[^<]*</definedName>' % place, b"", shown_first)
    return re.sub(rb'<sheet (?=name="(?!Dashboard"))', b'<sheet state="hidden" ', without_areas)


def test_it_prints_on_one_landscape_page_with_all_its_cards_and_charts(book: Path, tmp_path: Path) -> None:
    if not all(map(shutil.which, ("soffice", "pdfinfo", "pdftotext"))):
        pytest.skip("no LibreOffice, pdfinfo and pdftotext to print with")
    alone = tmp_path / "alone.xlsx"
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(alone, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, _alone(old.read(name)) if name == "xl/workbook.xml" else old.read(name))
    command = ["soffice", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(alone)], check=True, capture_output=True, timeout=120)
    said = subprocess.run(["pdfinfo", str(tmp_path / "alone.pdf")], check=True, capture_output=True, text=True).stdout
    assert re.search(r"^Pages: +1$", said, re.M)
    width, height = map(float, re.findall(r"Page size: +([\d.]+) x ([\d.]+)", said)[0])
    assert width > height
    text = subprocess.run(["pdftotext", str(tmp_path / "alone.pdf"), "-"], check=True, capture_output=True, text=True).stdout
    words = [*shown(book), "Exposure by segment", "Ageing by segment", "Ten biggest movers", "by month", "Invoices by days late"]
    assert [word for word in words if word not in text] == []
    assert "Open balance by the ledger" not in text  # the lists stand beside the page
    assert AS_OF.isoformat() in text
