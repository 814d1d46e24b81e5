"""Which of several columns holds an amount, a customer, a date or a state: by headings as real systems give them, and by what stands below."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from exports import kinds, read, sheet_of

from xlseg.errors import MissingColumnError
from xlseg.tables import Intake
from xlseg.workbook import Value

JAN, FEB = dt.datetime(2026, 1, 5), dt.datetime(2026, 2, 4)
PLAIN = ("Invoice No", "Customer ID", "Date", "Due Date")


def invoices(more: Sequence[str], *rows: Sequence[Value], **sheets: Sequence[Sequence[Value]]) -> Intake:
    """An Invoices sheet with more columns, a document a row."""
    lines = [[f"I{at}", "A", JAN, FEB, *row] for at, row in enumerate(rows, start=1)]
    return read(sheet_of((*PLAIN, *more), *lines, **sheets))


def amounts(intake: Intake) -> list[float]:
    return [amount / 100 for amount in intake.ledger.invoices["amount"].tolist()]


# ── amounts ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        (("Amount", "Tax", "Total"), (1000, 200, 1200)),
        (("Amount (Net)", "VAT", "Total"), (1000, 200, 1200)),
        (("Amount", "Amount Including VAT"), (1000, 1200)),
        (("Net Amount", "MwSt", "Rechnungsbetrag"), (1000, 200, 1200)),
        (("Amount", "Tax", "Total"), (1200, 200, 1000)),  # Total is without tax here
        (("Amount", "Total"), (1200, 9900)),  # of what, nothing says
        (("Amount", "Amount (LCY)", "Currency Code"), (100_000, 1200, "JPY")),
        (("Amount in transaction currency", "Amount in accounting currency", "Currency"), (900, 1200, "EUR")),
    ],
)
def test_an_invoice_is_what_the_customer_owes_in_base_currency(headings: Sequence[str], row: Sequence[Value]) -> None:
    assert amounts(invoices(headings, row, row)) == [1200, 1200]


def test_what_remains_is_taken_in_base_currency_too() -> None:
    headings = ("Currency Code", "Amount (LCY)", "Remaining Amount", "Remaining Amt. (LCY)")
    intake = invoices(headings, ("GBP", 1170, 1000, 1170), (None, 50, 50, 50))
    assert intake.ledger.invoices["remaining"].tolist() == [117_000, 5000]


def test_a_payment_is_what_is_applied_to_its_invoice() -> None:
    payments = (("Payment No", "Customer ID", "Date", "Amount", "Amount Applied", "Applied To"),)
    lines = [("P1", "A", FEB, 600, 200, f"I{at}") for at in (1, 2, 3)]
    intake = invoices(("Amount",), (200,), (200,), (200,), Payments=(*payments, *lines))
    assert intake.ledger.payments["amount"].tolist() == [20_000] * 3


def test_a_payment_of_which_nothing_is_applied_stands_on_account() -> None:
    payments = (("Payment No", "Customer ID", "Date", "Amount", "Amount Applied", "Applied To"),)
    lines = [(f"P{at}", "A", FEB, 30, 20, f"I{at}") for at in range(1, 19)]
    on_account = [("Q1", "A", FEB, 500, 0, None), ("Q2", "A", FEB, 70, None, None)]
    intake = invoices(("Amount",), *[(20,)] * 18, Payments=(*payments, *lines, *on_account))
    assert intake.ledger.payments["amount"].tolist() == [2000] * 18 + [50_000, 7000]


@pytest.mark.parametrize(
    ("headings", "row", "other", "amount"),
    [
        (("Amount", "Gross Amount", "Discount"), (900, 1000, 100), (900, 1000, 100), 900),  # before the discount, not with tax
        (("Amount", "Amount (LCY)"), (1000, 0), (900, 800), 1000),  # hardly filled
        (("Amount", "Amount Including VAT"), (1000, None), (900, 1080), 1000),
        (("Amount", "Tax", "Total"), (1000, 0, None), (900, 180, 1080), 1000),
    ],
)
def test_a_column_that_is_better_by_its_name_is_not_taken_where_it_does_not_hold(
    headings: Sequence[str], row: Sequence[Value], other: Sequence[Value], amount: float
) -> None:
    assert amounts(invoices(headings, row, row, row, row, other))[0] == amount


# ── base currency ────────────────────────────────────────────────────────────


def test_rows_without_a_currency_are_in_the_home_currency_where_most_are() -> None:
    intake = invoices(("Amount", "Currency Code", "FX Rate"), (100, None, None), (100, None, None), (100, "JPY", 0.0065))
    assert (intake.ledger.currency, amounts(intake)) == ("home currency", [100, 100, 0.65])


def test_rows_without_a_currency_are_in_the_home_currency_where_they_alone_have_the_rate_one() -> None:
    intake = invoices(("Amount", "Currency", "FX Rate"), (100, "EUR", 0.85), (100, "EUR", 0.85), (100, None, 1))
    assert (intake.ledger.currency, amounts(intake)) == ("home currency", [85, 85, 100])


def test_a_foreign_row_in_a_book_whose_home_currency_is_not_named_needs_a_rate() -> None:
    intake = invoices(("Amount", "Currency"), (100, None), (100, None), (100, "JPY"))
    (finding,) = [f for f in intake.findings if f.severity == "error"]
    assert (finding.kind, finding.wanted, amounts(intake)) == ("foreign currency without rate", "home currency, or an FX Rate to it", [100, 100])


def test_a_currency_that_most_rows_forget_is_the_base_where_another_sheet_says_so() -> None:
    customers = (("Customer ID", "Name", "Currency"), ("A", "Ann", "USD"))
    intake = invoices(("Amount", "Currency"), (100, None), (100, None), (100, "USD"), Customers=customers)
    assert (intake.ledger.currency, amounts(intake)) == ("USD", [100, 100, 100])


# ── customers ────────────────────────────────────────────────────────────────


def test_a_number_of_the_row_is_no_customer() -> None:
    rows = [(at, f"I{at}", "A" if at < 450 else "B", JAN, FEB, 5) for at in range(500)]
    intake = read(sheet_of(("ID", *PLAIN, "Amount"), *rows))
    assert intake.ledger.customers["customer"].tolist() == ["A", "B"]
    intake = read(sheet_of(("ID", *PLAIN, "Amount"), *rows[:30]))
    assert intake.ledger.customers["customer"].tolist() == ["A"]


def test_a_number_of_the_row_is_not_taken_for_want_of_a_customer() -> None:
    rows = [(at, f"I{at}", "Ann", JAN, FEB, 5) for at in range(30)]
    assert read(sheet_of(("ID", "Invoice", "Client", "Date", "Due Date", "Amount"), *rows)).ledger.customers["customer"].tolist() == ["Ann"]
    with pytest.raises(MissingColumnError, match="no column 'Customer ID'"):
        read(sheet_of(("ID", "Invoice", "Whose", "Date", "Due Date", "Amount"), *rows))


@pytest.mark.parametrize("heading", ["Bill To", "Buyer", "Sold To", "Debtor"])
def test_a_customer_s_name_is_he_rather_than_to_whom_it_goes(heading: str) -> None:
    rows = [(f"I{at}", "Acme", f"Street {at}", JAN, FEB, 5) for at in range(3)]
    intake = read(sheet_of(("Invoice No", "Customer Name", heading, "Date", "Due Date", "Amount"), *rows))
    assert intake.ledger.customers["customer"].tolist() == ["Acme"]


# ── dates ────────────────────────────────────────────────────────────────────


def test_words_for_unpaid_among_the_first_dates_do_not_lose_the_column() -> None:
    rows: list[tuple[Value, ...]] = [(5, "unpaid" if at < 500 else FEB) for at in range(900)]
    intake = invoices(("Amount", "Paid Date"), *rows)
    assert (int(intake.ledger.invoices["paid"].notna().sum()), kinds(intake)) == (400, set())


def test_numbers_that_would_be_dates_before_the_invoice_are_amounts() -> None:
    rows = [(f"I{at}", "A", JAN, 30_000 + at / 2, "Net 30", 40_000) for at in range(8)]
    intake = read(sheet_of(("Invoice No", "Customer ID", "Date", "Due", "Terms", "Amount"), *rows))
    assert set(intake.ledger.invoices["due"]) == {JAN + dt.timedelta(days=30)}
    assert "heading and content differ" in kinds(intake)
    intake = invoices(("Amount", "Paid"), *((31_000, 30_000 + at / 2) for at in range(8)))
    assert intake.ledger.invoices["paid"].isna().all()


def test_dates_held_as_numbers_are_dates_however_few_and_before_the_invoice_too() -> None:
    rows: list[Sequence[Value]] = [(100, None), (100, None), (100, None), (100, 46_054), (100, 46_030)]
    assert invoices(("Amount", "Paid Date"), *rows).ledger.invoices["paid"].notna().sum() == 2


# ── states and types ─────────────────────────────────────────────────────────


def test_of_two_states_the_one_that_says_more_counts() -> None:
    rows = ((10, "Posted", "Paid"), (10, "Posted", "Not Paid"), (10, "Draft", "Not Paid"), (10, "Cancelled", "Paid"), (10, "Posted", None))
    intake = invoices(("Amount", "Status", "Payment Status"), *rows)
    assert intake.ledger.invoices["status"].tolist() == ["closed", "open", ""]
    assert kinds(intake) == {"not posted", "voided", "closed on no known date"}


@pytest.mark.parametrize(
    ("headings", "row", "state"),
    [
        (("Status", "Payment Status"), ("Open", "Rejected"), "open"),  # a payment that is rejected voids no invoice
        (("Status", "Payment Status"), ("Open", "Submitted"), "open"),
        (("Status", "Approval Status"), ("Paid In Full", "Pending Approval"), "closed"),
        (("Status", "Order Status"), ("Paid", "Open"), "closed"),
        (("Status", "Paid"), ("Written off", "No"), "credited"),
        (("Status", "Paid"), ("Posted", "No"), "open"),
        (("Status", "Is Paid"), ("Posted", "T"), "closed"),
    ],
)
def test_a_column_says_no_more_than_it_can_know(headings: Sequence[str], row: Sequence[Value], state: str) -> None:
    assert invoices(("Amount", *headings), (10, *row), (10, *row)).ledger.invoices["status"].tolist() == [state, state]


def test_orders_are_not_void_for_what_became_of_a_payment() -> None:
    rows = (("Order No", "Customer ID", "Date", "Amount", "Status", "Payment Status"), ("1", "A", JAN, 5, "Open", "Voided"))
    assert len(read(sheet_of(*rows, name="SalesOrders")).ledger.orders) == 1


@pytest.mark.parametrize(("heading", "open_answer"), [("Paid", "No"), ("Is Paid", "no"), ("Is Open", "Yes"), ("Paid", 0.0)])
def test_yes_and_no_say_whether_an_invoice_is_paid(heading: str, open_answer: Value) -> None:
    other: Value = {"No": "Yes", "no": "yes", "Yes": "No", 0.0: 1.0}[open_answer]  # type: ignore[index]
    intake = invoices(("Amount", heading), (10, other), (10, open_answer))
    assert (intake.ledger.invoices["status"].tolist(), kinds(intake)) == (["closed", "open"], {"closed on no known date"})


def test_how_an_invoice_is_to_be_paid_does_not_make_a_credit_memo_of_it() -> None:
    intake = invoices(("Amount", "Payment Type"), (10, "Cash"), (10, "Credit"), (10, "Bank Transfer"))
    assert (amounts(intake), kinds(intake)) == ([10, 10, 10], set())
