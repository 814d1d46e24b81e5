"""The demo book: calibrated to published figures, whole to the cent, the same for the same seed."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy import stats

from xlseg.demo import Defect, DemoBook, make_book, write_book, writing
from xlseg.demo.chance import Chance
from xlseg.demo.defects import HEADER_ROW
from xlseg.demo.simulate import Population, shifted, unchanging
from xlseg.errors import FileError, FormatError
from xlseg.intake import read_ledger
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import CUSTOMERS, INVOICES, ORDERS, PAYMENTS, Intake
from xlseg.workbook import CellError

UNTIL = pd.Timestamp("2026-10-31")


@pytest.fixture(scope="module")
def book() -> DemoBook:
    return make_book(500, seed=1)


@pytest.fixture(scope="module")
def paid() -> pd.DataFrame:
    """Invoices of a large book that were closed by payments alone, with their days late."""
    clean = make_book(2000, seed=5).clean
    invoices, payments = clean["Invoices"], clean["Payments"]
    others = payments.loc[payments["Type"] != "Payment", "Applied To"]
    closed = invoices[(invoices["Status"] == "Paid In Full") & ~invoices["Document Number"].isin(others)]
    parts = payments.groupby("Applied To").size()
    late = (closed["Paid Date"] - closed["Due Date/Receive By"]).dt.days
    return closed.assign(late=late, parts=parts.reindex(closed["Document Number"]).to_numpy())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoBook, Path]:
    book, path = make_book(20, seed=3), tmp_path_factory.mktemp("demo") / "book.xlsx"
    write_book(book, path)
    return book, path


@pytest.fixture(scope="module")
def read(small: tuple[DemoBook, Path]) -> tuple[DemoBook, Intake]:
    return small[0], read_ledger(open_source(small[1]), Settings())


# ── calibration: figures of two published samples (finance factoring: late payment histories; online retail) ──


def test_the_share_of_late_invoices_is_that_of_the_sample(paid: pd.DataFrame) -> None:
    assert (paid["late"] > 0).mean() == pytest.approx(0.356, abs=0.03)


def test_days_late_have_the_mean_and_deviation_of_the_sample(paid: pd.DataFrame) -> None:
    assert paid["late"].mean() == pytest.approx(-3.6, abs=1.0)
    assert paid["late"].std() == pytest.approx(12.3, abs=1.0)


@pytest.mark.parametrize(("column", "yes", "no", "days"), [("Disputed", "Yes", "No", 14), ("Delivery", "Paper", "E-mail", 7)])
def test_disputes_and_paper_bills_are_paid_later_by_the_same_customer(paid: pd.DataFrame, column: str, yes: str, no: str, days: float) -> None:
    by_customer = paid.groupby(["Customer ID", column])["late"]
    means, counts = by_customer.mean().unstack(), by_customer.size().unstack()
    both = counts.notna().all(axis=1)
    later = np.average((means[yes] - means[no])[both], weights=counts[both].min(axis=1))
    assert later == pytest.approx(days, abs=1.5)


def test_one_invoice_in_twelve_is_disputed_and_six_in_a_hundred_are_paid_in_parts(book: DemoBook, paid: pd.DataFrame) -> None:
    invoices = book.clean["Invoices"].query("Type == 'Invoice'")
    assert (invoices["Disputed"] == "Yes").mean() == pytest.approx(0.08, abs=0.015)
    assert (paid["parts"] > 1).mean() == pytest.approx(0.06, abs=0.01)


def test_credit_memos_are_between_5_and_17_in_a_hundred_documents(book: DemoBook) -> None:
    assert 0.05 < (book.clean["Invoices"]["Type"] == "Credit Memo").mean() < 0.17


def test_orders_peak_in_november_and_are_low_in_summer() -> None:
    dates = make_book(2000, seed=5).clean["SalesOrders"]["Date"]
    monthly = dates.dt.month.value_counts().sort_index()
    share = monthly / monthly.mean()
    assert share[[10, 11, 12]].mean() == pytest.approx(1.4, abs=0.1)
    assert share[[6, 7, 8]].mean() == pytest.approx(0.65, abs=0.1)


def test_a_book_of_500_customers_has_the_size_of_a_middling_ledger(book: DemoBook) -> None:
    rows = {name: len(frame) for name, frame in book.sheets.items()}
    assert rows["Customers"] == 500
    assert rows["Invoices"] == pytest.approx(21_000, rel=0.1)
    assert rows["SalesOrders"] == pytest.approx(16_500, rel=0.1)
    a_year = book.clean["Invoices"].groupby("Customer ID").size() / 3
    assert a_year.quantile(0.2) < 12 < 100 < a_year.max()


# ── a ledger that holds together ──


@pytest.mark.parametrize("customers", [1, 3, 500])
def test_payments_and_what_remains_add_up_to_every_invoice_to_the_cent(customers: int) -> None:
    clean = make_book(customers, seed=1).clean
    invoices, payments = clean["Invoices"].set_index("Document Number"), clean["Payments"]
    applied = cents(payments["Amount"]).groupby(payments["Applied To"]).sum()
    used = cents(payments["Amount"])[payments["Type"] == "Credit"].groupby(payments["Payment No"]).sum()
    assert set(applied.index) <= {*invoices.index, ""}
    paid = applied.reindex(invoices.index, fill_value=0) - used.reindex(invoices.index, fill_value=0)
    assert (cents(invoices["Amount"]) - paid == cents(invoices["Amount Remaining"])).all()


def test_status_and_paid_date_agree_with_the_payments(book: DemoBook) -> None:
    invoices, payments = book.clean["Invoices"], book.clean["Payments"]
    is_open = invoices["Status"] == "Open"
    assert (is_open == (invoices["Amount Remaining"] != 0)).all()
    assert (is_open == invoices["Paid Date"].isna()).all()
    closed = invoices[~is_open & (invoices["Type"] == "Invoice")]
    last = payments.groupby("Applied To")["Date"].max().reindex(closed["Document Number"])
    assert (last.to_numpy() == closed["Paid Date"].to_numpy()).all()


def test_nothing_is_dated_after_the_last_day_but_what_is_due_or_promised(book: DemoBook) -> None:
    for name, frame in book.clean.items():
        for heading in {"Date", "Paid Date"} & set(frame.columns):
            assert frame[heading].max() <= UNTIL, name
            assert frame[heading].min() > UNTIL - pd.DateOffset(years=3), name


def test_invoices_are_due_by_their_terms_and_never_paid_before_they_are_issued(book: DemoBook) -> None:
    invoices = book.clean["Invoices"].query("Type == 'Invoice'")
    terms = invoices["Terms"].str.removeprefix("Net ").astype(int)
    assert set(terms) == {14, 30, 45, 60}
    assert ((invoices["Due Date/Receive By"] - invoices["Date"]).dt.days == terms).all()
    applied = book.clean["Payments"].merge(invoices, left_on="Applied To", right_on="Document Number", suffixes=("", " of invoice"))
    assert (applied["Date"] > applied["Date of invoice"]).all()
    assert (applied["Customer ID"] == applied["Customer ID of invoice"]).all()


def test_nobody_pays_on_a_weekend(book: DemoBook) -> None:
    payments = book.clean["Payments"]
    assert payments.loc[payments["Type"] == "Payment", "Date"].dt.day_of_week.max() == 4


def test_document_numbers_are_used_once(book: DemoBook) -> None:
    assert book.clean["Customers"]["Customer ID"].is_unique
    assert book.clean["Invoices"]["Document Number"].is_unique
    assert book.clean["SalesOrders"]["Document Number"].is_unique
    payments = book.clean["Payments"]
    assert not payments.duplicated(["Payment No", "Applied To"]).any()


def test_invoices_follow_their_orders_within_days() -> None:
    orders, invoices = (make_book(1, seed=1).clean[name] for name in ("SalesOrders", "Invoices"))
    billed = orders[orders["Status"] == "Billed"]
    single = billed.merge(invoices[invoices["Type"] == "Invoice"], on="Amount", suffixes=("", " of invoice"))
    wait = (single["Date of invoice"] - single["Date"]).dt.days
    assert len(single) > 5
    assert wait.between(0, 7).all()


def test_cancelled_orders_are_on_the_sheet_and_say_so(book: DemoBook) -> None:
    assert (book.clean["SalesOrders"]["Status"] == "Cancelled").mean() == pytest.approx(0.04, abs=0.01)


def test_reminders_ask_for_invoices_that_were_past_due_and_open(book: DemoBook) -> None:
    invoices = book.clean["Invoices"].set_index("Document Number")
    reminders = book.clean["Reminders"]
    of = invoices.loc[reminders["Invoice No"]]
    assert len(reminders) > 500
    assert (reminders["Date"].to_numpy() > of["Due Date/Receive By"].to_numpy()).all()
    assert (of["Paid Date"].isna().to_numpy() | (of["Paid Date"].to_numpy() > reminders["Date"].to_numpy())).all()
    assert (reminders["Promise Date"].notna() == (reminders["Outcome"] == "Promised")).all()


# ── truth ──


def test_the_truth_names_every_customer_and_changes_only_those_with_a_day_of_change(book: DemoBook) -> None:
    truth = book.truth
    assert list(truth["customer"]) == list(book.clean["Customers"]["Customer ID"])
    same = (truth["days_late_before"] == truth["days_late_after"]) & (truth["orders_before"] == truth["orders_after"])
    assert (same == truth["shift"].isna()).all()
    assert (truth["shift"].dropna() < UNTIL).all()


def test_an_at_risk_customer_pays_15_days_later_and_halves_his_orders(book: DemoBook) -> None:
    truth = book.truth[book.truth["regime"] == "at-risk shift"]
    assert len(truth) == 20  # 4 % of 500
    assert np.allclose(truth["days_late_after"] - truth["days_late_before"], 15)
    assert np.allclose(truth["orders_after"] / truth["orders_before"], 0.5)


def test_dormant_customers_have_no_orders_after_their_last_day_and_new_ones_none_before_their_first(book: DemoBook) -> None:
    orders = book.clean["SalesOrders"].merge(book.truth, left_on="Customer ID", right_on="customer")
    dormant, new = orders[orders["regime"] == "dormant"], orders[orders["regime"] == "new"]
    assert len(dormant) > 100
    assert (dormant["Date"] < dormant["shift"]).all()
    assert len(new) > 20
    assert (new["Date"] >= new["first"]).all()


def test_customers_behave_as_the_truth_says(book: DemoBook) -> None:
    invoices = book.clean["Invoices"].merge(book.truth, left_on="Customer ID", right_on="customer")
    plain = invoices[invoices["shift"].isna() & (invoices["Disputed"] == "No") & (invoices["Delivery"] == "E-mail")]
    plain = plain[plain["Status"].eq("Paid In Full") & plain["Due Date/Receive By"].lt(UNTIL - pd.Timedelta(days=90)) & plain["terms"].ge(45)]
    days = (plain["Paid Date"] - plain["Due Date/Receive By"]).dt.days
    by_customer = (days - plain["days_late_before"]).groupby(plain["customer"])
    # long terms, so that paying before the invoice is issued does not cut the early side; credit notes change it by little
    many = by_customer.size() >= 30
    assert many.sum() > 10
    assert (by_customer.mean()[many].abs() < 4).mean() > 0.9


# ── defects ──


def test_a_book_of_500_has_about_37_defects_and_a_tiny_one_a_handful(book: DemoBook) -> None:
    assert 35 <= len(book.defects) <= 39
    assert {d.sheet for d in book.defects} == {"Customers", "Invoices", "Payments", "SalesOrders"}
    assert 10 <= len(make_book(20, seed=1).defects) <= 16


def test_without_the_excluded_rows_every_sheet_has_its_clean_rows(book: DemoBook) -> None:
    for name, frame in book.sheets.items():
        out = [d.row - HEADER_ROW[name] - 1 for d in book.defects if d.sheet == name and d.excluded]
        kept = frame.drop(index=out).reset_index(drop=True)
        touched = {d.row - HEADER_ROW[name] - 1 for d in book.defects if d.sheet == name}
        untouched = [place for place, row in enumerate(frame.drop(index=out).index) if row not in touched]
        assert len(kept) == len(book.clean[name])
        for heading in frame.columns:
            assert (filled(kept[heading][untouched]) == filled(book.clean[name][heading][untouched])).all(), (name, heading)


LOOKS = {
    "no date": lambda row, clean: row["Date"] is pd.NaT,
    "text amount": lambda row, clean: str(row["Amount"]).startswith("(") and row["Type"] == "Credit Memo",
    "unreadable amount": lambda row, clean: row["Amount"] == "n/a",
    "error value": lambda row, clean: row["Amount"] == CellError("#N/A"),
    "unknown customer": lambda row, clean: row["Customer ID"] not in set(clean["Customers"]["Customer ID"]),
    "foreign currency": lambda row, clean: (row["Currency"], row["FX Rate"]) == ("EUR", 1.25),
    "foreign currency without rate": lambda row, clean: row["Currency"] == "EUR" and pd.isna(row["FX Rate"]),
    "unknown invoice": lambda row, clean: row["Applied To"] not in set(clean["Invoices"]["Document Number"]),
    "text date": lambda row, clean: dt.datetime.strptime(row["Date"], "%d-%b-%Y") <= UNTIL,
    "id with leading zeros": lambda row, clean: row["Customer ID"] == "00417",
    "name like a formula": lambda row, clean: row["Name"] == "=cmd|' /C calc'!A0",
}


@pytest.mark.parametrize("kind", LOOKS)
def test_every_kind_of_defect_is_where_the_list_says(book: DemoBook, kind: str) -> None:
    rows = [row_of(book, defect) for defect in book.defects if defect.kind == kind]
    assert rows
    assert all(LOOKS[kind](row, book.clean) for row in rows)


@pytest.mark.parametrize("sheet", ["Invoices", "Payments", "SalesOrders"])
def test_rows_exported_twice_follow_their_original(book: DemoBook, sheet: str) -> None:
    places = [d.row - HEADER_ROW[sheet] - 1 for d in book.defects if (d.kind, d.sheet) == ("exported twice", sheet)]
    assert places
    for place in places:
        assert filled(book.sheets[sheet].iloc[place]).equals(filled(book.sheets[sheet].iloc[place - 1]))


def test_the_saved_search_ends_with_its_total(book: DemoBook) -> None:
    orders = book.sheets["SalesOrders"]
    (total,) = [d for d in book.defects if d.kind == "total row"]
    assert total.row == HEADER_ROW["SalesOrders"] + len(orders)
    assert orders["Date"].iloc[-1] == "Overall Total"
    assert cents(orders["Amount"]).iloc[-1] == cents(orders["Amount"]).iloc[:-1].sum()


def test_rows_must_be_left_out_only_where_they_cannot_be_read_or_are_too_many(book: DemoBook) -> None:
    readable = {"text amount", "unknown customer", "foreign currency", "text date", "id with leading zeros", "name like a formula"}
    assert {d.kind for d in book.defects if not d.excluded} == readable
    assert {d.kind for d in book.defects} == {*LOOKS, "exported twice", "total row"}


def test_foreign_amounts_and_bracketed_texts_mean_what_the_clean_sheet_says(book: DemoBook) -> None:
    clean = book.clean["Invoices"].set_index("Document Number")["Amount"]
    for defect in book.defects:
        row = row_of(book, defect)
        if defect.kind == "foreign currency":
            assert row["Amount"] * row["FX Rate"] == pytest.approx(clean[row["Document Number"]], abs=1e-9)
        if defect.kind == "text amount":
            assert -float(row["Amount"].strip("()").replace(",", "")) == clean[row["Document Number"]]


@pytest.mark.parametrize(("sheet", "table"), [("Invoices", "invoices"), ("Payments", "payments"), ("SalesOrders", "orders")])
def test_intake_makes_the_clean_ledger_of_the_file(read: tuple[DemoBook, Intake], sheet: str, table: str) -> None:
    book, intake = read
    clean, ledger = book.clean[sheet], getattr(intake.ledger, table)
    clean = clean[clean["Status"] != "Cancelled"] if "Status" in clean else clean
    key = "payment" if sheet == "Payments" else "document"
    number = "Payment No" if sheet == "Payments" else "Document Number"
    assert sorted(zip(ledger[key], ledger["customer"], ledger["amount"], strict=True)) == sorted(
        zip(clean[number], clean["Customer ID"], cents(clean["Amount"]), strict=True)
    )


def test_every_row_that_must_be_left_out_has_its_finding(read: tuple[DemoBook, Intake]) -> None:
    book, intake = read
    found = {(finding.sheet, finding.row) for finding in intake.findings}
    assert {(d.sheet, d.row) for d in book.defects if d.excluded} <= found
    assert all(tally.agrees for tally in intake.tallies)


# ── the same for the same seed ──


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_book(small: tuple[DemoBook, Path], tmp_path: Path) -> None:
    write_book(make_book(20, seed=3), tmp_path / "again.xlsx")
    write_book(make_book(20, seed=4), tmp_path / "other.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == small[1].read_bytes()
    assert (tmp_path / "other.xlsx").read_bytes() != small[1].read_bytes()


def test_uniform_numbers_are_the_bits_that_numpy_guarantees() -> None:
    bits = np.random.PCG64(np.random.SeedSequence([7, 0x8CDC1683])).random_raw(3)  # the CRC-32 of "x"
    expected = [(2 * (int(bit) >> 12) + 1) / 2**53 for bit in bits]
    assert list(Chance(7, "x").uniform(3)) == expected


@pytest.mark.parametrize("mean", [0.02, 0.4, 1.0])
def test_poisson_counts_are_poisson(mean: float) -> None:
    counts = np.bincount(Chance(1, "counts").poisson(np.full(40_000, mean)), minlength=4)[:3]
    expected = 40_000 * stats.poisson.pmf([0, 1, 2], mean)
    assert np.allclose(counts, expected, atol=4 * np.sqrt(expected).max())


# ── the file ──


def test_the_file_holds_what_the_book_says_with_texts_as_texts(small: tuple[DemoBook, Path]) -> None:
    book, path = small
    saved = openpyxl.load_workbook(path)
    assert saved.sheetnames == ["Customers", "Invoices", "Payments", "SalesOrders", "Reminders", "Notes"]
    for name, frame in book.sheets.items():
        rows = list(saved[name].iter_rows(min_row=HEADER_ROW[name], values_only=True))
        assert list(rows[0]) == list(frame.columns)
        assert len(rows) == len(frame) + 1
        assert [as_written(value) for value in rows[len(rows) // 2]] == [as_written(value) for value in frame.iloc[len(rows) // 2 - 1]]
    ids = {cell.value: cell.data_type for cell in saved["Customers"]["A"]}
    names = {cell.value: cell.data_type for cell in saved["Customers"]["B"]}
    assert ids["00417"] == names["=cmd|' /C calc'!A0"] == "s"


def test_some_exports_are_tables_and_one_has_a_title_above_its_headings(small: tuple[DemoBook, Path]) -> None:
    saved = openpyxl.load_workbook(small[1])
    assert [*saved["Invoices"].tables, *saved["Payments"].tables] == ["Invoices", "Payments"]
    assert not saved["SalesOrders"].tables
    assert saved["SalesOrders"]["A1"].value == "Sales Orders: Results"
    assert saved["SalesOrders"]["A4"].value == "Date"
    assert saved["SalesOrders"].freeze_panes == "A5"


def test_the_teams_own_page_has_a_chart_and_formulas_whose_values_are_right(small: tuple[DemoBook, Path]) -> None:
    book, path = small
    formulas, values = openpyxl.load_workbook(path)["Notes"], openpyxl.load_workbook(path, data_only=True)["Notes"]
    last = len(book.sheets["Invoices"]) + 1
    assert formulas["B5"].value == f"=SUM(Invoices!$J$2:$J${last})"
    cells = openpyxl.load_workbook(path)["Invoices"][f"J2:J{last}"]
    assert values["B5"].value == pytest.approx(sum(cell.value or 0 for (cell,) in cells), abs=0.005)
    months = [(values[f"A{row}"].value, values[f"B{row}"].value) for row in range(10, 22)]
    assert [months[0][0], months[-1][0]] == [dt.datetime(2025, 11, 1), dt.datetime(2026, 10, 1)]
    orders = openpyxl.load_workbook(path)["SalesOrders"].iter_rows(min_row=5, values_only=True)
    october = sum(row[5] for row in orders if isinstance(row[0], dt.datetime) and (row[0].year, row[0].month) == (2026, 10))
    assert months[-1][1] == pytest.approx(october, abs=0.005)
    assert "xl/charts/chart1.xml" in zipfile.ZipFile(path).namelist()


def test_a_large_book_is_streamed_with_the_same_cells(small: tuple[DemoBook, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LARGE", 10)
    write_book(small[0], tmp_path / "large.xlsx")
    streamed, whole = openpyxl.load_workbook(tmp_path / "large.xlsx"), openpyxl.load_workbook(small[1])
    assert not streamed["Invoices"].tables
    for sheet in whole:
        assert list(streamed[sheet.title].values) == list(sheet.values)


def test_a_sheet_longer_than_excel_holds_is_refused(small: tuple[DemoBook, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_ROWS", 100)
    with pytest.raises(FormatError, match=r"long\.xlsx: Payments would have \d+ rows and Excel holds 100\. To go on, make a book of fewer"):
        write_book(small[0], tmp_path / "long.xlsx")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"book\.xlsx: cannot be written"):
        write_book(make_book(1, seed=1), tmp_path / "no such folder" / "book.xlsx")


# ── simulated ledgers ──


def test_a_simulated_ledger_is_made_of_tidy_tables() -> None:
    ledger = unchanging(Population(customers=5, years=1), seed=1)
    for frame, columns in ((ledger.customers, CUSTOMERS), (ledger.invoices, INVOICES), (ledger.payments, PAYMENTS), (ledger.orders, ORDERS)):
        assert {name: str(dtype).replace("object", "str") for name, dtype in frame.dtypes.items()} == columns
    paid = ledger.payments.set_index("document")["amount"].reindex(ledger.invoices["document"], fill_value=0)
    assert (ledger.invoices["amount"].to_numpy() - paid.to_numpy() == ledger.invoices["remaining"].to_numpy()).all()


def test_customers_who_never_change_order_and_pay_alike_in_every_year() -> None:
    ledger = unchanging(Population(customers=300, invoices_a_month=3, years=2), seed=2)
    # 300 customers × 3 a month × 24 months = 21,600 orders
    assert len(ledger.orders) == pytest.approx(21_600, rel=0.03)
    years = ledger.orders["date"].dt.year.where(ledger.orders["date"].dt.month < 11, ledger.orders["date"].dt.year + 1).value_counts()
    assert years[2026] / years[2025] == pytest.approx(1, abs=0.04)
    late = (ledger.invoices["paid"] - ledger.invoices["due"]).dt.days
    by_customer = late.groupby(ledger.invoices["customer"])
    assert late.mean() == pytest.approx(-3.6, abs=2)
    assert by_customer.mean().std() == pytest.approx(10.2, abs=1.2)
    assert by_customer.std().mean() == pytest.approx(7.7, abs=0.5)


@pytest.mark.parametrize("reach", ["payments", "invoices"])
def test_a_shift_adds_its_days_and_takes_its_orders_from_the_day_on(reach: str) -> None:
    population = Population(customers=300, late=0, between=3, season=False, years=2)
    ledger = shifted(population, 3, dt.date(2025, 11, 1), days=15, orders=0.5, reach=reach)  # type: ignore[arg-type]
    before = ledger.orders["date"] < "2025-11-01"
    # 300 customers × 4 a month × 12 months = 14,400, then half of it
    assert before.sum() == pytest.approx(14_400, rel=0.03)
    assert (~before).sum() == pytest.approx(7_200, rel=0.04)
    invoices = ledger.invoices.assign(late=(ledger.invoices["paid"] - ledger.invoices["due"]).dt.days)
    invoices = invoices[invoices["due"] < "2026-08-01"]
    assert invoices.loc[invoices["issued"] < "2025-09-01", "late"].mean() == pytest.approx(0, abs=0.6)
    assert invoices.loc[invoices["issued"] >= "2025-11-01", "late"].mean() == pytest.approx(15, abs=0.6)
    around = invoices[invoices["issued"].between("2025-10-15", "2025-10-31")]["late"].mean()
    assert around == pytest.approx(15 if reach == "payments" else 0, abs=1)


def row_of(book: DemoBook, defect: Defect) -> pd.Series:
    return book.sheets[defect.sheet].iloc[defect.row - HEADER_ROW[defect.sheet] - 1]


def cents(amounts: pd.Series) -> pd.Series:
    return (amounts.astype("float64") * 100).round().astype("int64")


def filled(values: pd.Series) -> pd.Series:
    """The same with one sign for every kind of empty cell."""
    return values.astype(object).where(values.notna(), "").reset_index(drop=True)


def as_written(value: object) -> object:
    if value is None or value == "" or value != value or value is pd.NaT:
        return None
    return "#N/A" if value in ("=NA()", CellError("#N/A")) else value
