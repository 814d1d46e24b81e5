"""What exports of real systems say in ways that once gave wrong numbers in silence: read rightly, or told on Data Quality."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest
from exports import MemoryBook, Rows, found, kinds, read, sheet_of

from xlseg.metrics import measure
from xlseg.segments.criteria import Edge, criterion
from xlseg.settings import Settings
from xlseg.tables import Intake
from xlseg.workbook import Value

JAN, FEB, MARCH = dt.datetime(2026, 1, 1), dt.datetime(2026, 2, 1), dt.datetime(2026, 3, 1)
T = dt.date(2026, 3, 31)
INVOICES = ("Invoice No", "Customer ID", "Date", "Due Date", "Amount")
PAYMENTS = ("Payment No", "Customer ID", "Date", "Amount", "Applied To")


def open_of(intake: Intake) -> dict[str, float]:
    """Open balance at the end of March by customer."""
    measured = measure(intake.ledger, [T], Settings())
    return dict(zip(measured["customer"], measured["open_balance"], strict=True))


def paid_by(*payments: Sequence[Value], more: Sequence[str] = (), owed: Sequence[float] = (1000,), also: Sequence[Value] = ()) -> Intake:
    """Invoices I1, I2 … of customer A, and payments."""
    invoices: Rows = [INVOICES, *([f"I{at}", "A", JAN, FEB, amount, *also] for at, amount in enumerate(owed, start=1))]
    return read(sheet_of(*invoices, Payments=[(*PAYMENTS, *more), *payments]))


# ── what is paid ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headings", "row", "left"),
    [
        pytest.param(["Amount Paid"], [400], 600, id="partly"),
        pytest.param(["Amount Paid", "Status"], [400, "Partially Paid"], 600, id="partly, by its status as well"),
        pytest.param(["Total Paid", "State"], [0, "Posted"], 1000, id="nothing"),
        pytest.param(["Paid Amount", "Paid Date"], [60, FEB], 940, id="a last payment that does not pay all"),
        pytest.param(["Paid Amount", "Paid Date"], [1000, FEB], 0, id="all"),
        pytest.param(["Amount Paid", "Paid Date"], [None, FEB], 0, id="nothing stated beside a paid date"),
        pytest.param(["Payments", "Credits"], [400, 100], 500, id="credits as well"),
        pytest.param(["Amount Paid"], [1200], 0, id="too much"),
        pytest.param(["Amount Paid", "Amount Remaining"], [400, 250], 250, id="what remains has the last word"),
    ],
)
def test_what_is_paid_of_an_invoice_is_taken_off_where_nothing_says_what_remains(headings: list[str], row: list[Value], left: float) -> None:
    assert open_of(read(sheet_of((*INVOICES, *headings), ["I1", "A", JAN, FEB, 1000, *row]))) == {"A": left}


def test_what_is_paid_of_a_document_of_several_lines_stands_on_each_or_is_added_up() -> None:
    # I1: 100 + 50, 60 paid, said on both lines: 90. I2: 100 + 50, of which 100 and 20 are paid: 30. A credit memo of 40, 10 of it used: −30.
    rows: Rows = [["I1", 100, 60], ["I1", 50, 60], ["I2", 100, 100], ["I2", 50, 20], ["CM1", -40, 10]]
    intake = read(sheet_of((*INVOICES, "Amount Paid"), *([number, number, JAN, FEB, amount, paid] for number, amount, paid in rows)))
    assert open_of(intake) == {"I1": 90, "I2": 30, "CM1": -30}


def test_invoices_of_which_nothing_says_that_they_are_paid_are_told() -> None:
    plain = read(sheet_of(INVOICES, ["I1", "A", JAN, FEB, 100]))
    assert not plain.ledger.tells_of_payment
    assert read(sheet_of((*INVOICES, "Status"), ["I1", "A", JAN, FEB, 100, "Open"])).ledger.tells_of_payment
    assert paid_by(["P1", "A", FEB, 10, "I1"]).ledger.tells_of_payment


# ── who the customer is ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("heading", "values", "taken"),
    [
        pytest.param("Entity", ["US01", "DE01"], "Customer Name", id="one's own companies"),
        pytest.param("Client", ["100", "100"], "Customer Name", id="SAP's client"),
        pytest.param("Account", ["1100 Trade Debtors", "1110 Trade Debtors EUR"], "Customer Name", id="accounts of receivables"),
        pytest.param("Account", ["K1", "K2", "K3"], "Account", id="ids beside names"),
        pytest.param("Customer", ["US01", "DE01"], "Customer", id="a heading that leaves no choice"),
    ],
)
def test_a_column_with_many_names_for_each_of_its_values_is_not_the_customers(heading: str, values: list[str], taken: str) -> None:
    rows: Rows = [[values[at % len(values)], f"Cust {at % 3}", f"I{at}", JAN, FEB, 100] for at in range(6)]
    intake = read(sheet_of((heading, "Customer Name", *INVOICES[:1], *INVOICES[2:]), *rows))
    column = [heading, "Customer Name"].index(taken)
    assert set(intake.ledger.invoices["customer"]) == {row[column] for row in rows}
    assert bool(found(intake, "customers of another column")) == (taken != heading)


def test_contacts_do_not_make_another_column_of_the_accounts() -> None:
    rows: Rows = [[f"Firm {at // 4}", f"Person {at}", f"I{at}", JAN, FEB, 100] for at in range(12)]
    intake = read(sheet_of(("Account", "Contact Name", *INVOICES[:1], *INVOICES[2:]), *rows))
    assert set(intake.ledger.invoices["customer"]) == {"Firm 0", "Firm 1", "Firm 2"}


@pytest.mark.parametrize("ids", [("Acme Inc", "ACME INC"), ("0017", 17), ("C 1", "C  1")])
def test_customers_that_differ_but_for_case_or_zeros_are_told_where_no_list_says_who_there_is(ids: tuple[Value, Value]) -> None:
    intake = read(sheet_of(INVOICES, *([f"I{at}", each, JAN, FEB, 100] for at, each in enumerate((*ids, "Beta")))))
    assert len(found(intake, "customer written in two ways")) == (1 if len(set(intake.ledger.invoices["customer"])) == 3 else 0)


# ── amounts ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headings", "row", "amount"),
    [
        (["Amount", "Gross Amount"], [100, 119], 119),
        (["Betrag", "Bruttobetrag"], [100, 119], 119),
        (["Amount", "CGST", "SGST", "Total Amount"], [100, 9, 9, 118], 118),
        (["Amount", "GST", "PST", "Total"], [100, 5, 7, 112], 112),
        (["Amount", "Shipping", "Total Amount"], [100, 15, 115], 115),
        (["Amount", "Discount", "Total"], [100, 10, 90], 90),
        (["Amount", "Tax", "Shipping", "Discount", "Total"], [100, 20, 15, 10, 125], 125),
        (["Amount", "Discount", "Total"], [100, 10, 9000], 100),  # of what, nothing says
        (["Amount", "Shipping", "Total"], [100, 0, 100], 100),
    ],
)
def test_the_amount_of_an_invoice_is_the_one_that_is_owed(headings: list[str], row: list[Value], amount: float) -> None:
    intake = read(sheet_of((*INVOICES[:4], *headings), *([f"I{at}", "A", JAN, FEB, *row] for at in range(4))))
    assert (intake.ledger.invoices["amount"] / 100).tolist() == [amount] * 4


CENTS = [1_234.56, 2_500.00, 9_876.54, 3_100.99, 4_050.50, 7_777.77, 12_345.67]
AS_TEXTS = ["1.234,56", "2.500,00", "9.876,54", "3.100,99", "4.050,50", "7.777,77", "12.345,67"]


@pytest.mark.parametrize(
    ("cells", "is_told"),
    [
        pytest.param([*AS_TEXTS, 12_345, 98_765, 45_600, 77_777, 20_001], True, id="234,56 became 23456"),
        pytest.param([*AS_TEXTS, 123.45, 98_765, 45_600, 77_777, 20_001], False, id="a number with cents"),
        pytest.param([*AS_TEXTS, 12_345, 98_765], False, id="too few numbers"),
        pytest.param([*CENTS, 12_345, 98_765, 45_600, 77_777, 20_001], False, id="no texts"),
        pytest.param(["1.234", "2.500", "9.876", "3.100", "4.050", 12_345, 98_765, 45_600, 77_777, 20_001], False, id="texts without cents"),
    ],
)
def test_a_column_of_amounts_of_which_a_program_has_read_half_is_told(cells: list[Value], is_told: bool) -> None:
    intake = read(sheet_of(INVOICES, *([f"I{at}", "A", JAN, FEB, cell] for at, cell in enumerate(cells))))
    assert ("amounts half converted" in kinds(intake)) == is_told


@pytest.mark.parametrize(
    ("cells", "is_told"),
    [
        pytest.param(["25-01-08", "25-02-15", "25-11-22", "26-01-29"], True, id="year first"),
        pytest.param(["08-01-25", "15-02-25", "22-11-25", "29-01-26"], False, id="day first"),
        pytest.param(["28-02-25", "31-03-25", "30-04-25", "30-09-26"], False, id="month-ends"),
        pytest.param(["25-01-2008", "25-02-2015", "25-11-2022", "26-01-2029"], False, id="years of four digits"),
    ],
)
def test_dates_that_seem_to_begin_with_the_year_are_told(cells: list[Value], is_told: bool) -> None:
    intake = read(sheet_of(INVOICES, *([f"I{at}", "A", cell, FEB, 100.0] for at, cell in enumerate(cells))))
    assert ("dates with the year in front" in kinds(intake)) == is_told


# ── kinds of documents ───────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["Facture d'avoir", "Rechnungskorrektur", "Factura rectificativa", "Sales Cr. Memo", "Invoice Cancellation"])
def test_what_takes_an_invoice_back_is_a_credit(kind: str) -> None:
    rows: Rows = [["I1", "A", JAN, FEB, 1000, "Invoice"], ["I2", "A", JAN, FEB, 200, kind]]
    assert read(sheet_of((*INVOICES, "Type"), *rows)).ledger.invoices["amount"].tolist() == [100_000, -20_000]


def test_a_cancelled_invoice_may_be_either_and_is_told() -> None:
    intake = read(sheet_of((*INVOICES, "Type"), ["I1", "A", JAN, FEB, 1000, "Invoice"], ["I2", "A", JAN, FEB, 200, "Cancelled invoice"]))
    assert [finding.found for finding in found(intake, "unknown type")] == ["Cancelled invoice"]


@pytest.mark.parametrize("kind", ["Void Check", "Bad check", "Zahlung storniert", "Voided payment", "Cancelled payment"])
def test_a_voided_payment_beside_the_payment_takes_it_back(kind: str) -> None:
    assert open_of(paid_by(["P1", "A", FEB, 400, "I1", "Check"], ["P2", "A", MARCH, 400, "I1", kind], more=("Type",))) == {"A": 1000}
    assert open_of(paid_by(["P1", "A", FEB, 400, "I1", "Check"], ["P2", "A", MARCH, -400, "I1", kind], more=("Type",))) == {"A": 1000}


@pytest.mark.parametrize("kind", ["Void Check", "Voided payment", "Zahlung storniert"])
def test_a_voided_payment_alone_counts_for_nothing(kind: str) -> None:
    intake = paid_by(["P1", "A", FEB, 300, "I1", "Check"], ["P2", "A", MARCH, 400, "I1", kind], more=("Type",))
    assert open_of(intake) == {"A": 700}
    assert [finding.row for finding in found(intake, "voided")] == [3]


# ── twice, whole, in parts ───────────────────────────────────────────────────


def test_a_payment_exported_again_after_its_state_has_changed_counts_once() -> None:
    rows: Rows = [["P1", "A", FEB, 400, "I1", "Not Deposited"], ["P1", "A", FEB, 400, "I1", "Deposited"], ["P2", "A", FEB, 100, "I1", "Deposited"]]
    intake = paid_by(*rows, more=("Status",))
    assert open_of(intake) == {"A": 500}
    assert [(finding.row, finding.amount) for finding in found(intake, "payment twice")] == [(3, 40_000)]


def test_parts_of_one_amount_on_several_days_or_invoices_or_without_number_all_count() -> None:
    rows: Rows = [
        ["P1", "A", FEB, 100, "I1"],
        ["P1", "A", MARCH, 100, "I1"],
        ["P1", "A", FEB, 100, "I2"],
        ["", "A", FEB, 50, "I1"],
        ["P3", "A", FEB, 50, "I1"],
    ]
    assert open_of(paid_by(*rows, owed=(1000, 1000))) == {"A": 1600}


def test_a_payment_that_stands_whole_on_each_of_its_rows_is_taken_apart() -> None:
    # 600 pays 100 + 200 + 300; I4 stays open
    rows: Rows = [["P1", "A", FEB, 600, f"I{at}"] for at in (1, 2, 3)]
    intake = paid_by(*rows, owed=(100, 200, 300, 5000))
    assert open_of(intake) == {"A": 5000}
    assert len(found(intake, "whole payment on each row")) == 1
    parts: Rows = [["P1", "A", FEB, 100, f"I{at}"] for at in (1, 2, 3)]
    assert open_of(paid_by(*parts, owed=(100, 200, 300, 5000))) == {"A": 5300}


def test_lines_of_exports_that_overlap_count_once() -> None:
    lines: Rows = [["I1", "A", JAN, FEB, 100], ["I1", "A", JAN, FEB, 50], ["I2", "B", JAN, FEB, 238]]
    intake = read(sheet_of((*INVOICES, "Days Overdue"), *([*line, days] for days in (10, 40) for line in lines)))
    assert open_of(intake) == {"A": 150, "B": 238}
    assert [finding.row for finding in found(intake, "document twice")] == [5, 6, 7]


def test_lines_of_one_document_that_are_alike_are_lines() -> None:
    # two deliveries of the same two things on one invoice: its rows stand together
    lines: Rows = [["I1", "A", JAN, FEB, amount, at] for at, amount in enumerate((100, 50, 100, 50))]
    assert open_of(read(sheet_of((*INVOICES, "Line"), *lines, ["I2", "B", JAN, FEB, 238, 1]))) == {"A": 300, "B": 238}


def test_what_is_withheld_beside_a_payment_is_told() -> None:
    intake = paid_by(["P1", "A", FEB, 880, "I1", 20, None], ["P2", "A", FEB, 20, "I1", 0, None], more=("Discount Taken", "Memo"))
    assert [finding.row for finding in found(intake, "withheld amounts not read")] == [2]


# ── currencies ───────────────────────────────────────────────────────────────


def test_payments_with_rates_are_converted_though_invoices_state_no_currency() -> None:
    # 50 × 0.9 + 55 = 100 pays I1; 80 × 0.006 = 0.48 of I2
    rows: Rows = [["P1", "A", FEB, 50, "I1", "USD", 0.9], ["P2", "A", FEB, 55, "I1", "EUR", 1], ["P3", "A", FEB, 80, "I2", "JPY", 0.006]]
    assert open_of(paid_by(*rows, more=("Currency", "FX Rate"), owed=(100, 100))) == {"A": 99.52}
    alone: Rows = [["P1", "A", FEB, 50, "I1", "USD", None]]
    assert open_of(paid_by(*alone, more=("Currency", "FX Rate"), owed=(100,))) == {"A": 50}


# ── formulas ─────────────────────────────────────────────────────────────────


class SavedByAScript(MemoryBook):
    def uncomputed(self, sheet: str) -> Sequence[tuple[int, int]]:
        return [(2, 6), (3, 6), (3, 7), (9, 6)] if sheet == "Invoices" else []


def test_formulas_that_nobody_has_computed_are_told_column_by_column() -> None:
    rows: Rows = [[*INVOICES, "Amount Remaining", "Memo"], ["I1", "A", JAN, FEB, 100, None, "x"], ["I2", "A", JAN, FEB, 100, None, None]]
    told = found(read(SavedByAScript({"Invoices": rows})), "formula without value")
    assert [(finding.severity, finding.row, finding.column, finding.effect[:10]) for finding in told] == [
        ("error", 2, "Amount Remaining", "2 formulas")
    ]


# ── edges ────────────────────────────────────────────────────────────────────


def test_a_percentage_is_the_decimal_that_is_written() -> None:
    wrong = [f"{tenths / 10}%" for tenths in range(1, 1000) if criterion(f"<={tenths / 10}%").bounds[0].edge.value != tenths / 1000]  # type: ignore[union-attr]
    assert wrong == []


@pytest.mark.parametrize(
    ("percent", "count", "place"), [(55, 101, 55), (56, 26, 14), (68, 76, 51), (70, 91, 63), (0, 7, 0), (100, 7, 6), (12.5, 9, 1)]
)
def test_a_percentile_that_falls_on_a_customer_is_his_very_number(percent: float, count: int, place: int) -> None:
    values = np.random.default_rng(place).permutation(np.arange(count) * 1000.19 + 37.46)
    assert Edge(percent, is_percentile=True).at(values) == np.sort(values)[place]


def test_a_change_of_exactly_5_days_is_5() -> None:
    # recent: 9 + 10 + 10 = 29 over 3; earlier: 4 + 5 + 5 = 14 over 3; 29/3 − 14/3 = 5
    rows: list[Sequence[Value]] = []
    for at, (late, due) in enumerate(
        [(4, "2025-10-01"), (5, "2025-10-02"), (5, "2025-10-03"), (9, "2026-03-01"), (10, "2026-03-02"), (10, "2026-03-03")]
    ):
        day = dt.datetime.fromisoformat(due)
        rows.append([f"I{at}", "A", day - dt.timedelta(30), day, 100, day + dt.timedelta(late)])
    measured = measure(read(sheet_of((*INVOICES, "Paid Date"), *rows)).ledger, [T], Settings())
    assert measured["velocity_change"].tolist() == [5.0]
