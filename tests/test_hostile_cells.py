"""Cells made to do harm: text stays text on every tab and on the screen, and a number that none can be is a finding, never a wrong sum."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from books import AS_OF, clock, part_of, parts, refreshed
from core.exports import HEADINGS, MemoryBook, book
from core.exports import Rows as SheetRows

from xlseg.cli import main
from xlseg.errors import CriterionError, SettingError, SourceError
from xlseg.intake import read_ledger
from xlseg.refresh import examine
from xlseg.segments.rules import read_rules
from xlseg.settings import Settings, read_settings
from xlseg.sources import open_source
from xlseg.tables import Intake
from xlseg.workbook import Value

EVIL = [
    '=HYPERLINK("http://x","y")',
    "=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "'=1", 'a"&NOW()&"', "_x0041_", "<f>1</f>", "]]>&amp;", "=1\n=2",
    "\x1b[2Jname\x07", "C\u202egnp.exe", "{=1}", "DDE(\"cmd\";\"/c calc\")", "0017", "1e5", "TRUE", "#N/A", "😀", "  spaced  ", "a" * 32_767,
]  # fmt: skip
"""Ids, names, categories and segments of customers."""

TABS = (
    "Dashboard", "Actions", "Segments", "Movers", "Migration", "Migration Data", "Drill", "Drill Data", "Value", "Cash Forecast", "Metrics",
    "Data Quality", "History", "Run Log", "Rule Sets", "Change Log", "Action Log", "Definitions",
)  # fmt: skip


def evil_book(path: Path) -> Path:
    written = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    day = written.add_format({"num_format": "yyyy-mm-dd"})

    def sheet(name: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        page = written.add_worksheet(name)
        for at, row in enumerate([head, *rows]):
            for column, value in enumerate(row):
                if isinstance(value, str):
                    page.write_string(at, column, value)
                else:
                    page.write_number(at, column, value, day if value > 40_000 else None)

    sheet("Customers", ["Customer ID", "Name", "Category", "Sales Rep", EVIL[0]], [[text, text, text, text, text] for text in EVIL])
    numbers = [(i, text, n) for i, text in enumerate(EVIL) for n in range(6)]
    invoices = [[f"I{i}-{n}" if n else text, text, 46_000 + 20 * n, 46_030 + 20 * n, 100 + i] for i, text, n in numbers]
    sheet("Invoices", HEADINGS["Invoices"], [*invoices, ["I", "C", EVIL[12], EVIL[1], EVIL[2]]])
    sheet("Rules", ["Priority", "Segment", "Risk", "n_paid", "category"], [[i, text[:200], 1, "", text[:60]] for i, text in enumerate(EVIL[:3])])
    written.close()
    return path


def inline_texts(content: bytes) -> Iterator[str]:
    return (m[1].decode() for m in re.finditer(rb"<f[^>]*>([^<]*)</f>", content))


def test_no_text_of_a_cell_becomes_a_formula_on_any_tab(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    written = xlsxwriter.Workbook(str(path))
    written.close()
    refreshed(evil_book(path), AS_OF)
    evil = [text for text in EVIL if len(text) > 4]
    members = parts(path)
    for tab in TABS:
        for formula in inline_texts(members[part_of(path, tab)]):
            assert not any(text.lstrip("=") in formula for text in evil), (tab, formula)
    page = openpyxl.load_workbook(path)["Segments"]
    texts = {str(cell.value) for row in page.iter_rows() for cell in row if cell.data_type in ("s", "str", "inlineStr")}
    assert not any(cell.data_type == "f" for row in page.iter_rows(min_row=8) for cell in row)
    for text in ("+1+1", "@SUM(A1)", "=cmd|'/c calc'!A0", '=HYPERLINK("http://x","y")', "0017", "1e5", "TRUE", "#N/A"):
        assert text in texts


def test_ids_come_back_as_they_were_so_that_a_second_refresh_finds_its_rows(tmp_path: Path) -> None:
    path = evil_book(tmp_path / "book.xlsx")
    refreshed(path, AS_OF)
    before = parts(path)
    again = refreshed(path, AS_OF)
    assert again.written.updated == ("Run Log",)
    unlike = {name for name, content in parts(path).items() if before[name] != content}
    assert unlike <= {part_of(path, "Run Log")} | {name for name in before if name.startswith("xl/tables/")}


def test_no_text_is_a_formula_in_what_is_printed_for_a_spreadsheet_and_its_ids_read_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = evil_book(tmp_path / "book.xlsx")
    refreshed(path, AS_OF)
    capsys.readouterr()
    assert main(["history", str(path), "--on", "2026-12-31", "--csv"]) == 0
    printed = capsys.readouterr().out
    cells = [cell for line in csv.reader(io.StringIO(printed)) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    (tmp_path / "history.csv").write_text(printed, encoding="utf-8")
    ids = {row[0] for row in open_source(tmp_path / "history.csv").sheet("history").head()[1:]}
    assert {"=cmd|'/c calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "'=1", "0017"} <= ids


@pytest.mark.parametrize("command", ["check", "refresh", "explain"])
def test_no_escape_of_a_cell_reaches_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    path = evil_book(tmp_path / "\x1b[31mbook\udcff.xlsx")
    for more in ([], ["--json"]) if command != "explain" else (["\x1b[2Jname\x07"], ["\x1b]0;nobody\x07"]):
        main([command, str(path), "--as-of", "2026-10-31", *more])
        printed = "".join(capsys.readouterr())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", printed)
        assert "\\x1b[31mbook\\udcff.xlsx" in printed or "\\u001b[31mbook\\udcff.xlsx" in printed or "name" in printed
        assert max(map(len, printed.splitlines())) < 3_000


def test_a_cell_of_any_length_makes_a_message_of_a_few_lines() -> None:
    head: list[Value] = ["Priority", "Segment", "Risk", "payment_velocity"]
    with pytest.raises(CriterionError, match=r"Rules!D2: '>>>.* … .*>>>' is not a criterion\. To go on, write") as told:
        read_rules([head, [1, "A", 1, ">" * 32_767]])
    assert len(str(told.value)) < 600


# ── numbers ──────────────────────────────────────────────────────────────────


def ledger(*amounts: Value, **more: SheetRows) -> Intake:
    day, due = "2026-01-05", "2026-02-05"
    return read_ledger(book(Invoices=[[f"I{i}", "C1", day, due, amount] for i, amount in enumerate(amounts)], **more), Settings())


@pytest.mark.parametrize(
    "amount", [1e308, -1e308, float("inf"), float("-inf"), 1e11, "1e308", "9" * 400, "1e99999999999", "NaN", "inf", "(" * 32_000]
)
def test_an_amount_that_none_can_be_is_left_out_with_a_finding(amount: Value) -> None:
    intake = ledger(100.0, amount, 50.0)
    assert intake.ledger.invoices["amount"].tolist() == [10_000, 5_000]
    assert [(f.kind, f.row) for f in intake.findings if f.severity == "error"] == [("unreadable amount", 3)]
    assert all(tally.agrees for tally in intake.tallies)


def test_an_amount_that_its_rate_makes_too_large_is_left_out_with_a_finding() -> None:
    head = [*HEADINGS["Invoices"], "Currency", "FX Rate"]
    rows = [
        ["I1", "C1", "2026-01-05", "2026-02-05", 5e10, "USD", 1e8],
        *[[f"I{i}", "C1", "2026-01-05", "2026-02-05", 7, "EUR", None] for i in range(2, 6)],
    ]
    intake = read_ledger(MemoryBook({"Invoices": [head, *rows]}), Settings())
    assert intake.ledger.invoices["amount"].tolist() == [700] * 4
    assert [f.kind for f in intake.findings if f.severity == "error"] == ["amount out of range"]
    assert all(tally.agrees for tally in intake.tallies)


def test_a_sum_beyond_what_can_be_added_to_the_cent_is_refused() -> None:
    # 1,000 × 99,999,999,999 = 99,999,999,999,000 units are 10^16 cents, more than 2^53
    with pytest.raises(SourceError, match=r"Invoices: the amounts add up to more than 90,071,992,547,409, which cannot be done to the cent"):
        ledger(*[99_999_999_999.0 - i for i in range(1_000)])


@pytest.mark.parametrize("limit", [1e308, float("inf"), -1e308, "1e400"])
def test_a_credit_limit_that_none_can_be_is_not_stated(limit: Value) -> None:
    customers = MemoryBook({
        "Customers": [["Customer ID", "Name", "Credit Limit"], ["C1", "A", limit], *[[f"C{i}", "B", 500] for i in (2, 3)]],
        "Invoices": [HEADINGS["Invoices"], ["I1", "C1", "2026-01-05", "2026-02-05", 100]],
    })  # fmt: skip
    intake = read_ledger(customers, Settings())
    assert intake.ledger.customers["credit_limit"].isna().tolist() == [True, False, False]
    assert "unreadable credit limit" in {finding.kind for finding in intake.findings}


@pytest.mark.parametrize(
    "day", ["0000-00-00", "0001-01-01", "1899-12-31", "9999-12-31", "10000-01-01", "2026-02-29", 1e308, float("inf"), 2_958_466, -5, "T" * 32_000]
)
def test_a_day_that_none_can_be_is_left_out_or_no_date(day: Value) -> None:
    rows: list[list[Value]] = [["I1", "C1", "2026-01-05", "2026-02-05", 100], ["I2", "C1", day, "2026-02-05", 50]]
    intake = read_ledger(book(Invoices=rows), Settings())
    assert intake.ledger.invoices["document"].tolist() == ["I1"]
    assert next(f.kind for f in intake.findings if f.severity == "error") in ("unreadable date", "date out of range", "no date")
    assert all(tally.agrees for tally in intake.tallies)


def test_the_last_day_there_is_can_be_looked_at(tmp_path: Path) -> None:
    invoices: list[list[Value]] = [["I1", "C1", "2026-01-05", "2026-02-05", 100]]
    config: list[list[Value]] = [["Key", "Value"], ["As of", dt.date(2100, 1, 1)]]
    assert examine(book(Invoices=invoices), None, dt.date(2099, 12, 31), clock()).sound
    with pytest.raises(SourceError, match="no date as late as 2100-01-01 is read"):
        examine(MemoryBook({"Invoices": [HEADINGS["Invoices"], *invoices], "Config": config}), None, None, clock())
    with pytest.raises(SourceError, match="no invoice, order or payment is dated up to 0001-01-01"):
        examine(book(Invoices=invoices), None, AS_OF.min, clock())


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("Window", float("inf"), "a whole number from 1 to 3660"),
        ("Window", "nan", "a whole number from 1 to 3660"),
        ("Window", "9" * 5_000, "a whole number from 1 to 3660"),
        ("Window", -1, "a whole number from 1 to 3660"),
        ("Grace", 1e308, "a whole number from 1 to 3660"),
        ("Ledger control total", 1e308, "a number below 10,000,000,000,000"),
        ("Ledger control total", float("nan"), "a number below 10,000,000,000,000"),
        ("As of", 1e308, "a date such as 2026-10-31"),
    ],
)
def test_a_setting_that_none_can_be(key: str, value: Value, wanted: str) -> None:
    with pytest.raises(SettingError, match=rf"Config!B2: {key} cannot be .*\. To go on, write {wanted}\."):
        read_settings([["Key", "Value"], [key, value]])


def test_more_rules_or_segments_than_can_be_read_are_refused_not_cut() -> None:
    head: list[Value] = ["Priority", "Segment", "Risk", "payment_velocity"]
    with pytest.raises(CriterionError, match="more than 50 segments"):
        read_rules([head, *[[i, f"S{i}", 1, ">5"] for i in range(51)]])
    rules = MemoryBook(
        {"Rules": [head, *[[i, "S", 1, ">5"] for i in range(2_001)]], "Invoices": [HEADINGS["Invoices"], ["I", "C", "2026-01-05", "2026-02-05", 1]]}
    )
    with pytest.raises(SettingError, match="Rules: more than 2,000 rows"):
        examine(rules, None, AS_OF, clock())


def test_two_rule_sets_that_differ_in_the_seventh_digit_are_not_the_same() -> None:
    head: list[Value] = ["Priority", "Segment", "Risk", "open_balance"]
    one, other = (read_rules([head, [1, "A", 1, number]]).hash for number in (1_234_567, 1_234_568))
    assert one != other


def test_a_column_of_remarks_that_is_called_status_takes_no_time_for_each_of_them() -> None:
    head = [*HEADINGS["Invoices"], "Status", "Type"]
    rows = [[f"I{i}", "C1", "2026-01-05", "2026-02-05", 5, f"remark {i}", f"sort {i}"] for i in range(3_000)]
    intake = read_ledger(MemoryBook({"Invoices": [head, *rows]}), Settings())
    told = [f for f in intake.findings if f.kind in ("unknown status", "unknown type")]
    assert len(told) == 42  # twenty words of each one by one, and the others together
    assert sum("2,980 rows" in f.effect for f in told) == 2


@pytest.mark.parametrize(
    "text", ["T" * 32_000, " " * 15_000 + "x", "n" + " " * 30_000 + "x", "inv" + " " * 30_000 + "x y", "1" * 32_000, "-" * 32_000, "total " * 5_000]
)
def test_no_text_takes_longer_the_longer_it_is_squared(text: str) -> None:
    """Sixty of them in every column; a search that begins anew at each character would take minutes, and this test would be noticed."""
    head = [*HEADINGS["Invoices"], "Terms", "Status", "Type", "Paid Date", "Disputed", "Currency", "FX Rate"]
    rows = [[f"I{i}", "C1", "2026-01-05", None, 5, *[f"{text}{i}"] * 7] for i in range(60)]
    payments = [[text, f"{text}{i}", f"{text}{i}", f"{text}{i}", f"{text}{i}"] for i in range(60)]
    intake = read_ledger(MemoryBook({"Invoices": [head, *rows], "Payments": [HEADINGS["Payments"], *payments]}), Settings())
    assert all(tally.agrees for tally in intake.tallies)


def test_where_every_row_is_left_out_the_first_reason_is_said_and_no_other_date_is_advised(tmp_path: Path) -> None:
    path, book = tmp_path / "book.xlsx", openpyxl.Workbook()
    sheet, config = book.create_sheet("Invoices"), book.create_sheet("Config")
    for row in (["Invoice No", "Customer ID", "Date", "Due Date", "Amount", "Currency"], ["1", "A", "2026-06-01", "2026-06-30", 5.0, "USD"]):
        sheet.append(row)
    for setting in (["Key", "Value"], ["Base currency", "EUR"]):
        config.append(setting)
    book.save(path)
    refusal = r"book\.xlsx: Invoices row 2: foreign currency without rate, and no other row can be used\. To go on, give it EUR, or an FX Rate to it"
    with pytest.raises(SourceError, match=refusal):
        refreshed(path, AS_OF)
