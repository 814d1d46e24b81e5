"""The traps of real exports, each with what must come of it. Amounts in hundredths, by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from exports import HEADINGS, MemoryBook, book, found, kinds, read, sheet_of, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from xlseg.calendar import FOREVER
from xlseg.facts import facts
from xlseg.intake.cells import text_of
from xlseg.intake.findings import LISTED
from xlseg.intake.money import shape_of, value_of
from xlseg.intake.words import days_of, kind_of, state_of
from xlseg.settings import Settings
from xlseg.sources import open_source
from xlseg.tables import CUSTOMERS, INVOICES, ORDERS, PAYMENTS, Intake, empty
from xlseg.workbook import CellError, Value

JAN, FEB = "2026-01-15", "2026-02-14"
SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def invoices(*rows: list[Value], more: tuple[str, ...] = (), **sheets: list[list[Value]]) -> Intake:
    """The intake of invoices, with columns beyond the usual five."""
    others = {name: [HEADINGS[name], *own] for name, own in sheets.items()}
    return read(MemoryBook({"Invoices": [[*HEADINGS["Invoices"], *more], *rows], **others}))


# ── the plain case ───────────────────────────────────────────────────────────


def test_a_clean_book_is_read_without_a_finding() -> None:
    intake = read(
        book(
            Customers=[["A", "Acme", "Net 30"]],
            Invoices=[["1", "A", JAN, FEB, 100.0], ["2", "A", JAN, FEB, -20.0]],
            Payments=[["P1", "A", FEB, 60.0, "1"]],
            SalesOrders=[["S1", "A", JAN, 100.0]],
        )
    )
    ledger = intake.ledger
    assert intake.findings == ()
    assert ledger.invoices["amount"].tolist() == [10000, -2000]
    assert ledger.invoices["is_credit"].tolist() == [False, True]
    assert texts(ledger.invoices["due"]) == [FEB, FEB]
    assert ledger.payments["document"].tolist() == ["1"]
    assert ledger.orders["amount"].tolist() == [10000]
    assert [(t.role, t.rows_read, t.read, t.used) for t in intake.tallies] == [
        ("customers", 1, 0, 0),
        ("invoices", 2, 8000, 8000),
        ("payments", 1, 6000, 6000),
        ("orders", 1, 10000, 10000),
    ]


@pytest.mark.parametrize("empty_book", [True, False])
def test_every_table_has_the_columns_and_types_of_its_contract(empty_book: bool) -> None:
    rows: dict[str, list[list[Value]]] = {
        "Customers": [["A", "Acme", ""]],
        "Invoices": [["1", "A", JAN, FEB, 1.0]],
        "Payments": [],
        "SalesOrders": [],
    }
    ledger = read(book(**{name: [] if empty_book else own for name, own in rows.items()})).ledger
    for frame, columns in ((ledger.customers, CUSTOMERS), (ledger.invoices, INVOICES), (ledger.payments, PAYMENTS), (ledger.orders, ORDERS)):
        assert frame.dtypes.astype(str).to_dict() == empty(columns).dtypes.astype(str).to_dict()


# ── ids ──────────────────────────────────────────────────────────────────────


def test_an_id_with_leading_zeros_stays_apart_from_the_number() -> None:
    intake = read(book(Customers=[["0017", "Acme", ""]], Invoices=[["1", "0017", JAN, FEB, 1.0], ["2", 17.0, JAN, FEB, 1.0]]))
    assert intake.ledger.customers["customer"].tolist() == ["0017", "17"]
    assert [(f.row, f.found, f.wanted) for f in found(intake, "customer not listed")] == [(3, "17", "an id on Customers, such as '0017'")]


def test_one_name_spelled_several_ways_is_one_customer_by_id() -> None:
    rows: list[list[Value]] = [["1", "A", JAN, FEB, 1.0, "Acme Inc."], ["2", "A", JAN, FEB, 1.0, "ACME"]]
    assert len(invoices(*rows, more=("Name",)).ledger.customers) == 1


def test_a_number_that_is_a_document_meets_the_text_that_is() -> None:
    intake = read(book(Invoices=[["1001", "A", JAN, FEB, 1.0]], Payments=[["P", "A", FEB, 1.0, 1001.0]]))
    assert intake.ledger.payments["document"].tolist() == ["1001"]


def test_text_stays_text() -> None:
    assert read(book(Customers=[["A", "=cmd|' /C calc'!A0", ""]], SalesOrders=[])).ledger.customers["name"].tolist() == ["=cmd|' /C calc'!A0"]


def test_of_a_customer_listed_twice_the_first_row_counts() -> None:
    intake = read(book(Customers=[["A", "Acme", ""], ["A", "Other", ""], ["", "Nobody", ""]], Invoices=[]))
    assert intake.ledger.customers["name"].tolist() == ["Acme"]
    assert kinds(intake) == {"customer twice", "no customer"}
    assert intake.tallies[0].rows_excluded == 2


def test_an_id_that_looks_like_the_number_of_a_row_left_out_is_no_customer_twice() -> None:
    intake = read(book(Customers=[["A", "Acme", ""], ["A", "Acme", ""], ["3", "Three", ""]], Invoices=[]))  # the copy stands in row 3
    assert intake.ledger.customers["customer"].tolist() == ["A", "3"]
    assert kinds(intake) == {"row exported twice"}


def test_customers_that_are_not_listed_are_added_in_the_order_of_their_appearance() -> None:
    intake = read(
        book(Customers=[["A", "Acme", ""]], Invoices=[["1", "C", JAN, FEB, 1.0], ["2", "C", JAN, FEB, 1.0]], SalesOrders=[["S", "B", JAN, 1.0]])
    )
    assert intake.ledger.customers["customer"].tolist() == ["A", "C", "B"]
    assert [(f.sheet, f.row, f.severity) for f in found(intake, "customer not listed")] == [("Invoices", 2, "info"), ("SalesOrders", 2, "info")]


def test_a_name_that_is_one_customers_is_read_as_his_id_and_no_other() -> None:
    customers: list[list[Value]] = [["0017", "Acme", ""], ["0042", "Twin", ""], ["0043", "Twin", ""], ["Acme Ltd", "0042", ""]]
    rows: list[list[Value]] = [
        [str(i), name, JAN, FEB, 5.0] for i, name in enumerate(["0017 Acme", "Acme", "0017", "Twin", "0042", "0042 Twin", "acme"])
    ]
    intake = invoices(*rows, Customers=customers)
    assert intake.ledger.invoices["customer"].tolist() == ["0017", "0017", "0017", "Twin", "0042", "0042", "acme"]
    assert [f.effect for f in found(intake, "customer by name")] == ["3 rows name the customer otherwise: his id is taken from Customers"]


def test_the_payments_of_a_customer_by_name_are_his() -> None:
    rows: list[list[Value]] = [["1", "7 Acme", JAN, FEB, 5.0], ["1", "8 Best", JAN, FEB, 6.0]]
    intake = invoices(*rows, Customers=[[7.0, "Acme", ""], [8.0, "Best", ""]], Payments=[["P", "8 Best", FEB, 6.0, "1"]])
    assert intake.ledger.payments[["customer", "document"]].to_numpy().tolist() == [["8", "1 (8)"]]


def test_a_customer_who_is_not_listed_has_the_name_that_his_first_document_states() -> None:
    rows: list[list[Value]] = [["1", "A", JAN, FEB, 5.0, ""], ["2", "A", JAN, FEB, 5.0, "=Acme"], ["3", "A", JAN, FEB, 5.0, "Acme Ltd"]]
    assert invoices(*rows, more=("Customer Name",)).ledger.customers[["customer", "name"]].to_numpy().tolist() == [["A", "=Acme"]]


def test_without_a_customers_sheet_nobody_is_missing_from_it() -> None:
    intake = read(book(Invoices=[["1", "C", JAN, FEB, 1.0]]))
    assert intake.findings == ()
    assert intake.ledger.customers["customer"].tolist() == ["C"]


# ── rows that are left out ───────────────────────────────────────────────────

GOOD: list[Value] = ["1", "A", JAN, FEB, 10.0]


@pytest.mark.parametrize(
    ("row", "kind", "column", "amount"),
    [
        (["2", None, JAN, FEB, 5.0], "no customer", "Customer ID", 500),
        (["2", CellError("#N/A"), JAN, FEB, 5.0], "error value", "Customer ID", 500),
        (["2", "A", None, FEB, 5.0], "no date", "Date", 500),
        (["2", "A", "soon", FEB, 5.0], "unreadable date", "Date", 500),
        (["2", "A", CellError("#VALUE!"), FEB, 5.0], "error value", "Date", 500),
        (["2", "A", "1899-12-31", FEB, 5.0], "date out of range", "Date", 500),
        (["2", "A", JAN, FEB, None], "no amount", "Amount", 0),
        (["2", "A", JAN, FEB, "n/a"], "unreadable amount", "Amount", 0),
        (["2", "A", JAN, FEB, 1e11], "unreadable amount", "Amount", 0),
        (["2", "A", JAN, FEB, CellError("#REF!")], "error value", "Amount", 0),
        (["2", "A", JAN, None, 5.0], "no due date", "Due Date", 500),
        (["2", "A", JAN, "soon", 5.0], "unreadable due date", "Due Date", 500),
        (["1", "A", FEB, FEB, 5.0], "document twice", "Invoice No", 500),
        (GOOD, "row exported twice", "", 1000),
    ],
)
def test_a_bad_row_is_left_out_and_told_with_its_place_and_amount(row: list[Value], kind: str, column: str, amount: int) -> None:
    intake = invoices(GOOD, row)
    assert [(f.kind, f.severity, f.sheet, f.row, f.column, f.amount) for f in intake.findings] == [(kind, "error", "Invoices", 3, column, amount)]
    assert intake.ledger.invoices["amount"].tolist() == [1000]
    tally = intake.tallies[0]
    assert (tally.rows_read, tally.rows_used, tally.read, tally.excluded) == (2, 1, 1000 + amount, amount)


def test_blank_rows_are_not_counted() -> None:
    intake = invoices(GOOD, [None] * 5, ["", " ", None, "", None])
    assert (intake.tallies[0].rows_read, intake.findings) == (1, ())


@pytest.mark.parametrize(
    "row",
    [
        ["Total", None, None, None, 10.0],
        ["", "Grand Total", None, None, 10.0],
        ["", "A", "Overall Total", None, 10.0],
        ["Total - Acme", "", "", "", 10.0],
        ["", "Summe", "", "", 10.0],
        ["* Ergebnis", "", "", "", 10.0],
        [None, None, None, None, 10.0],
        [None, "A", None, None, 10.0],
    ],
)
def test_a_total_row_is_no_document_and_not_part_of_the_sums(row: list[Value]) -> None:
    intake = invoices(GOOD, row)
    assert kinds(intake) == {"total row"}
    assert (intake.tallies[0].read, intake.tallies[0].rows_excluded) == (1000, 1)


def test_a_row_that_is_not_the_sum_of_its_customer_is_no_total() -> None:
    # A has 10.00 on his other row.
    assert [(f.kind, f.amount) for f in invoices(GOOD, [None, "A", None, None, 9.0]).findings] == [("no date", 900)]


def test_a_customer_called_total_is_no_total() -> None:
    assert invoices(["1", "Total Energies", JAN, FEB, 10.0]).findings == ()
    assert kinds(invoices(["1", "Total Energies", None, FEB, 10.0])) == {"no date"}


def test_voided_documents_and_drafts_are_left_out() -> None:
    rows: list[list[Value]] = [[*GOOD, "Invoice : Voided"], ["2", *GOOD[1:], "Pending Approval"], ["3", *GOOD[1:], "Open"]]
    intake = invoices(*rows, more=("Status",))
    assert intake.ledger.invoices["document"].tolist() == ["3"]
    assert [(f.kind, f.severity, f.amount) for f in intake.findings] == [("voided", "info", 1000), ("not posted", "info", 1000)]


def test_a_cancelled_order_is_left_out_but_not_one_that_waits_for_approval() -> None:
    rows: list[list[Value]] = [["S1", "A", JAN, 5.0, "Cancelled"], ["S2", "A", JAN, 5.0, "Pending Approval"]]
    intake = read(MemoryBook({"SalesOrders": [[*HEADINGS["SalesOrders"], "Status"], *rows]}))
    assert intake.ledger.orders["document"].tolist() == ["S2"]


def test_an_offer_is_no_order() -> None:
    # As Odoo exports a list of quotations and orders: of 5 + 7 + 11 + 13 the customer has ordered 11.
    rows: list[list[Value]] = [["S1", "A", JAN, 5.0, "Quotation"], ["S2", "A", JAN, 7.0, "Quotation Sent"], ["S3", "A", JAN, 11.0, "Sales Order"]]
    intake = read(MemoryBook({"SalesOrders": [[*HEADINGS["SalesOrders"], "Status"], *rows, ["S4", "A", JAN, 13.0, "Draft"]]}))
    assert intake.ledger.orders["document"].tolist() == ["S3"]
    assert [(f.kind, f.severity, f.found, f.amount) for f in intake.findings if f.kind == "not ordered yet"] == [
        ("not ordered yet", "info", found, amount) for found, amount in (("Quotation", 500), ("Quotation Sent", 700), ("Draft", 1300))
    ]


def test_what_is_neither_invoice_nor_credit_memo_is_left_out_of_the_invoices() -> None:
    rows: list[list[Value]] = [[*GOOD, "Invoice"], ["2", *GOOD[1:], "Payment"], ["3", *GOOD[1:], "DZ"], ["4", *GOOD[1:], "Quote"]]
    intake = invoices(*rows, more=("Type",))
    assert intake.ledger.invoices["document"].tolist() == ["1"]
    assert kinds(intake) == {"not an invoice"}


def test_a_payment_among_the_invoices_that_is_not_cleared_is_told_apart_from_those_that_are() -> None:
    # The account owes 10 − 4 = 6, the open balance is 10: the 4 stand under a kind of their own. The other payment was cleared with its invoice.
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 10.0, "RV", None],
        ["2", "A", JAN, FEB, 25.0, "RV", FEB],
        ["3", "A", FEB, FEB, -25.0, "DZ", FEB],
        ["4", "A", FEB, FEB, -4.0, "DZ", None],
    ]
    intake = invoices(*rows, more=("Belegart", "Ausgleichsdatum"))
    assert intake.ledger.invoices["document"].tolist() == ["1", "2"]
    assert [(f.row, f.amount) for f in found(intake, "payment not cleared")] == [(5, -400)]
    assert [(f.row, f.amount) for f in found(intake, "payment among the invoices")] == [(4, -2500)]


# ── credits ──────────────────────────────────────────────────────────────────


def test_credit_memos_are_below_zero_however_they_are_written() -> None:
    rows: list[list[Value]] = [
        ["1", "A", JAN, None, 10.0, "Credit Memo", 4.0],
        ["2", "A", JAN, None, "(10.00)", "Gutschrift", "(4.00)"],
        ["3", "A", JAN, None, -10.0, "", None],
    ]
    intake = invoices(*rows, more=("Type", "Amount Remaining"))
    frame = intake.ledger.invoices
    assert frame["amount"].tolist() == [-1000, -1000, -1000]
    assert frame["is_credit"].all()
    assert frame["remaining"].tolist()[:2] == [-400, -400]
    assert np.isnan(frame["remaining"][2])
    assert texts(frame["due"]) == [JAN] * 3


# ── due dates and terms ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("terms", "days"),
    [
        ("Net 30", 30),
        ("NT30", 30),
        ("N30", 30),
        ("2/10 Net 30", 30),
        ("2% 10, Net 45", 45),
        ("30 days", 30),
        ("30 Days Net", 30),
        ("Due on receipt", 0),
        ("COD", 0),
        ("Zahlbar 14 Tage", 14),
        ("14 Tage 2%, 30 Tage netto", 30),
        ("14 Tage 2 %, 30 netto", 30),
        ("10 days 2%, 30 net", 30),
        ("10 Tage 3%, 20 Tage 2%, 60 netto", 60),
        ("2/10 net 30", 30),
        ("2/10, n/30", 30),
        ("45 jours fin de mois", None),
        ("NET-30", 30),
        ("2 months", None),
        ("20 net of discount, 30 days", 30),
        ("sofort", 0),
        ("60", 60),
        ("NAA8", None),
        ("Net 30 EOM", None),
        ("", None),
    ],
)
def test_terms_say_after_how_many_days_an_invoice_is_due(terms: str, days: int | None) -> None:
    assert days_of(terms) == days


def test_terms_in_months_are_learned_from_other_invoices() -> None:
    intake = invoices(["1", "A", JAN, FEB, 10.0, "1 Monat"], ["2", "A", JAN, None, 10.0, "1 Monat"], more=("Terms",))
    assert texts(intake.ledger.invoices["due"]) == [FEB, FEB]


def test_terms_from_the_end_of_a_month_are_not_guessed_from_other_invoices() -> None:
    rows: list[list[Value]] = [["1", "A", JAN, FEB, 10.0, "EOM+30"], ["2", "A", JAN, None, 10.0, "EOM+30"], ["3", "A", JAN, None, 10.0, "NAA8"]]
    rows.append(["4", "A", JAN, FEB, 10.0, "NAA8"])
    intake = invoices(*rows, more=("Terms",))
    assert [(f.kind, f.row) for f in intake.findings if f.severity == "error"] == [("no due date", 3)]
    assert intake.ledger.invoices["document"].tolist() == ["1", "3", "4"]


def test_a_missing_due_date_is_taken_from_the_terms_else_from_the_customers() -> None:
    rows: list[list[Value]] = [["1", "A", JAN, None, 10.0, "Net 10"], ["2", "A", JAN, None, 10.0, ""]]
    intake = invoices(*rows, more=("Terms",), Customers=[["A", "Acme", "30 days"]])
    assert texts(intake.ledger.invoices["due"]) == ["2026-01-25", "2026-02-14"]
    assert [(f.kind, f.severity, f.row) for f in intake.findings] == [("no due date", "warning", 2)]


def test_a_code_means_the_days_that_its_other_rows_took() -> None:
    # NAA8: 30 days twice, 31 once, so 30
    rows: list[list[Value]] = [
        ["1", "A", "2026-01-01", "2026-01-31", 1.0, "NAA8"],
        ["2", "A", "2026-01-01", "2026-01-31", 1.0, "NAA8"],
        ["3", "A", "2026-01-01", "2026-02-01", 1.0, "NAA8"],
        ["4", "A", "2026-03-01", None, 1.0, "NAA8"],
        ["5", "A", "2026-03-01", None, 1.0, "ZZ99"],
    ]
    intake = invoices(*rows, more=("Terms",))
    assert texts(intake.ledger.invoices["due"])[3:] == ["2026-03-31"]
    assert [(f.row, f.column) for f in found(intake, "no due date") if f.severity == "error"] == [(6, "Due Date")]


def test_terms_alone_are_enough() -> None:
    intake = read(sheet_of(["Invoice No", "Customer ID", "Date", "Terms", "Amount"], ["1", "A", JAN, "Net 30", 5.0]))
    assert texts(intake.ledger.invoices["due"]) == [FEB]
    assert intake.findings == ()


def test_a_due_date_before_the_invoice_is_used_and_told() -> None:
    assert [(f.kind, f.severity) for f in invoices(["1", "A", FEB, JAN, 5.0]).findings] == [("due before issued", "info")]


# ── dates ────────────────────────────────────────────────────────────────────


def test_a_paid_date_that_means_none_is_absent() -> None:
    rows: list[list[Value]] = [
        [*GOOD, dt.datetime(9999, 12, 31)],
        ["2", *GOOD[1:], dt.datetime(2099, 12, 31)],
        ["3", *GOOD[1:], dt.datetime(2026, 2, 1)],
    ]
    intake = invoices(*rows, more=("Paid Date",))
    assert texts(intake.ledger.invoices["paid"]) == ["", "", "2026-02-01"]
    assert [(f.kind, f.severity) for f in intake.findings] == [("paid date means none", "info")] * 2


def test_a_paid_date_before_the_invoice_is_told() -> None:
    assert kinds(invoices([*GOOD, "2026-01-14"], more=("Paid Date",))) == {"paid before issued"}


def test_dates_in_the_future_are_no_defect() -> None:
    assert invoices(["1", "A", "2049-01-01", "2049-02-01", 5.0]).findings == ()


def test_one_column_of_mixed_orders_is_read_by_its_own_evidence() -> None:
    rows: list[list[Value]] = [
        ["1", "A", "13/01/2026", FEB, 1.0],
        ["2", "A", "03/02/2026", FEB, 1.0],
        ["3", "A", "05-Jan-2026", FEB, 1.0],
        ["4", "A", "2026/01/07", FEB, 1.0],
    ]
    intake = invoices(*rows)
    assert texts(intake.ledger.invoices["issued"]) == ["2026-01-13", "2026-02-03", "2026-01-05", "2026-01-07"]
    assert intake.findings == ()


def test_an_ambiguous_column_is_warned_of_and_the_user_can_say() -> None:
    source = book(Invoices=[["1", "A", "03/02/2026", "2026-04-01", 1.0]])
    intake = read(source)
    assert texts(intake.ledger.invoices["issued"]) == ["2026-03-02"]
    assert [(f.kind, f.severity, f.row, f.column) for f in intake.findings] == [("ambiguous dates", "warning", 2, "Date")]
    assert "read month first" in intake.findings[0].effect
    told = read(source, Settings(day_first=True))
    assert texts(told.ledger.invoices["issued"]) == ["2026-02-03"]
    assert told.findings == ()


def test_another_column_of_the_sheet_tells_the_order() -> None:
    intake = read(book(Invoices=[["1", "A", "03/02/2026", "28/02/2026", 1.0]]))
    assert texts(intake.ledger.invoices["issued"]) == ["2026-02-03"]
    assert [(f.kind, f.severity) for f in intake.findings] == [("ambiguous dates", "info")]


def test_a_torn_column_leaves_out_what_could_be_either() -> None:
    rows: list[list[Value]] = [["1", "A", "13/01/2026", FEB, 1.0], ["2", "A", "01/14/2026", FEB, 1.0], ["3", "A", "03/02/2026", FEB, 1.0]]
    intake = invoices(*rows)
    assert intake.ledger.invoices["document"].tolist() == ["1", "2"]
    assert kinds(intake) == {"contradictory dates"}


def test_numbers_are_dates_of_the_books_date_system() -> None:
    rows: list[list[Value]] = [["1", "A", 45000.0, 45030.0, 1.0]]
    assert texts(read(book(Invoices=rows)).ledger.invoices["issued"]) == ["2023-03-15"]
    assert texts(read(book(True, Invoices=rows)).ledger.invoices["issued"]) == ["2027-03-16"]


# ── status ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Invoice : Paid In Full", "closed"),
        ("Paid", "closed"),
        ("Ausgeglichen", "closed"),
        ("Open", "open"),
        ("AUTHORISED", "open"),
        ("Past Due", "open"),
        ("Awaiting Payment", "open"),
        ("Awaiting Approval", "draft"),
        ("Closed/Written Off", "credited"),
        ("Fully Credited", "credited"),
        ("Cancelled", "void"),
        ("Storniert", "void"),
        ("Approved", ""),
        ("Frozen", None),
    ],
)
def test_a_status_is_open_closed_or_credited(status: str, state: str | None) -> None:
    assert state_of(status) == state


@pytest.mark.parametrize(("answer", "state"), [("1", "open"), (0.0, "closed"), ("1.0", "open"), (True, "open"), ("false", "closed")])
def test_the_column_is_open_of_an_extract_answers_yes_or_no(answer: Value, state: str) -> None:
    intake = invoices([*GOOD, answer, FEB if state == "closed" else None], more=("isOpen", "clear_date"))
    assert (intake.ledger.invoices["status"].tolist(), intake.findings) == ([state], ())


def test_what_an_invoice_says_of_its_own_closing_is_told_where_no_payment_says_it() -> None:
    more = ("Status", "Amount Remaining", "Paid Date")
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 10.0, "Paid", None, None],
        ["2", "A", JAN, FEB, 10.0, "", 4.0, None],
        ["3", "A", JAN, FEB, 10.0, "Open", None, FEB],
        ["4", "A", JAN, FEB, 10.0, "Paid", None, FEB],
        ["5", "A", JAN, FEB, 10.0, "", None, FEB],
    ]
    alone = invoices(*rows, more=more)
    told = [("closed on no known date", "warning", 2), ("partly paid on no known date", "info", 3), ("paid date of an open invoice", "warning", 4)]
    assert [(f.kind, f.severity, f.row) for f in alone.findings] == told
    beside = invoices(*rows, ["6", "A", JAN, FEB, 10.0, "Paid", 0.0, None], more=more, Payments=[["P", "A", FEB, 10.0, "6"]])
    told = [told[0], told[2], ("closed without payment", "info", 5)]
    assert [(f.kind, f.severity, f.row) for f in beside.findings] == told


def test_a_credit_whose_own_number_is_that_of_an_invoice_closes_only_what_it_is_applied_to() -> None:
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 10.0, "Closed", FEB],
        ["2", "A", JAN, FEB, 10.0, "Open", None],
        ["3", "A", JAN, FEB, 10.0, "Closed", FEB],
    ]
    found = invoices(*rows, more=("Status", "Paid Date"), Payments=[["1", "A", FEB, 4.0, "2", "Credit"]])
    (own,) = [f for f in found.findings if f.kind == "closed without payment"]
    assert own.effect.startswith("2 documents")
    closed = facts(found.ledger).closings
    assert (closed["settled"] < FOREVER).sum() == 2


def test_an_unknown_status_is_told_once_for_its_word() -> None:
    intake = invoices([*GOOD, "Frozen"], ["2", *GOOD[1:], "Frozen"], more=("Status",))
    assert intake.ledger.invoices["status"].tolist() == ["", ""]
    assert [f.effect for f in found(intake, "unknown status")] == ["2 rows are read as if they had no status"]


def test_a_disputed_invoice_is_open() -> None:
    frame = invoices([*GOOD, "Disputed", ""], ["2", *GOOD[1:], "Open", "Yes"], more=("Status", "Disputed")).ledger.invoices
    assert frame["disputed"].tolist() == [True, True]
    assert frame["status"].tolist() == ["open", "open"]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Invoice", "invoice"),
        ("Credit Memo", "credit"),
        ("Bill Credit", "credit"),
        ("Bill Payment", "payment"),
        ("Credit Card", "payment"),
        ("Sales Receipt", "invoice"),
        ("Write-off", "credit"),
        ("Refund", "refund"),
        ("Rückzahlung", "reversal"),
        ("Refund of overpayment", "reversal"),
        ("Payment on Invoice", "payment"),
        ("Zahlung Rechnung", "payment"),
        ("Write-Off Invoice", "credit"),
        ("Skontorechnung", "credit"),
        ("Facture", "invoice"),
        ("Avoir", "credit"),
        ("Retoure", "credit"),
        ("Nota de crédito", "credit"),
        ("Virement", "payment"),
        ("Customer Refund", "reversal"),  # money paid out raises what is owed, other than a refund of goods
        ("Bank Transfer", "payment"),
        ("SEPA Credit Transfer", "payment"),
        ("Electronic Funds Transfer", "payment"),
        ("ACH Credit", "payment"),
        ("Bank Giro Credit", "payment"),
        ("Invoice (Bank Transfer)", "invoice"),
        ("Wireless Invoice", "invoice"),
        ("Separate Invoice", "invoice"),
        ("Rechnung mit Skonto", "invoice"),
        ("Stornorechnung", "credit"),
        ("Credit Invoice", "credit"),
        ("Sales Invoice (Credit)", None),  # sold on credit, or a credit memo?
        ("Transfer Order", "none"),
        ("NSF Check", "reversal"),
        ("ACH Return", "reversal"),
        ("Returned Check", "reversal"),
        ("Payment Returned", "reversal"),
        ("Dishonoured Cheque", "reversal"),
        ("Stopped Payment", "reversal"),
        ("Item Return", "credit"),
        ("Lastschriftrückgabe", "reversal"),
        ("Payment Reversal", "reversal"),
        ("RV", "invoice"),
        ("DG", "credit"),
        ("Credit Sale", "invoice"),
        ("Credit Sale Return", "credit"),
        ("Creditor Invoice", "invoice"),
        ("Creditor Credit Note", "credit"),
        ("Returnable Packaging Invoice", "invoice"),
        ("Sales Return", "credit"),
        ("Written Off", "credit"),
        ("Underwriting Invoice", "invoice"),
        ("Prepayment Invoice", "invoice"),
        ("Deposit Invoice", "invoice"),
        ("Anzahlungsrechnung", "invoice"),
        ("Invoice Payment", "payment"),
        ("Sales Invoice (Direct Debit)", "invoice"),
        ("Bill Payment (Check)", "payment"),
        ("Invoice (Credit Memo)", "credit"),
        ("Journal", None),
    ],
)
def test_a_type_says_what_a_document_is(word: str, kind: str | None) -> None:
    assert kind_of(word) == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Returned", None),  # goods, or a payment? Read by the sign of its amount
        ("Returned Item", "reversal"),
        ("Storno", "reversal"),
        ("Stornorechnung", "credit"),
        ("ACH Debit", "payment"),
        ("Standing Order", "payment"),
        ("Payment", "payment"),
        ("Credit Memo", "credit"),
    ],
)
def test_among_payments_what_comes_back_is_a_reversal(word: str, kind: str | None) -> None:
    assert kind_of(word, of_payments=True) == kind


PAID: list[Value] = ["1", "A", JAN, FEB, 10.0]


@pytest.mark.parametrize(
    ("status", "kinds"),
    [
        ("Failed", ["voided"]),
        ("Returned NSF", ["voided"]),
        ("Declined", ["voided"]),
        ("Pending Approval", ["not posted"]),
        ("Draft", ["not posted"]),
        ("Not Deposited", []),
        ("AUTHORISED", []),  # Xero's word for a payment that stands
        ("Fully Applied", []),
        ("Refunded", ["voided"]),
        ("Authorized", ["not posted"]),
        ("Enigmatic", ["unknown status"]),
    ],
)
def test_a_payment_that_came_back_or_has_not_come_settles_nothing(status: str, kinds: list[str]) -> None:
    paid: list[list[Value]] = [[*HEADINGS["Payments"], "Status"], ["P", "A", FEB, 10.0, "1", status]]
    intake = read(MemoryBook({"Invoices": [HEADINGS["Invoices"], PAID], "Payments": paid}))
    assert [f.kind for f in intake.findings] == kinds
    assert len(intake.ledger.payments) == (0 if kinds in (["voided"], ["not posted"]) else 1)


# ── a document on several rows ───────────────────────────────────────────────


def test_lines_of_one_document_are_added_up() -> None:
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 10.0, 9.5],
        ["1", "A", JAN, FEB, -0.5, 9.5],
        ["2", "A", JAN, FEB, 5.0, 5.0],
        ["2", "A", JAN, FEB, 6.0, 6.0],
    ]
    intake = invoices(*rows, more=("Amount Remaining",))
    frame = intake.ledger.invoices
    assert frame[["document", "amount", "remaining"]].to_numpy().tolist() == [["1", 950, 950.0], ["2", 1100, 1100.0]]
    assert not frame["is_credit"].any()
    assert [(f.kind, f.severity, f.effect) for f in intake.findings] == [
        ("several lines", "info", "2 documents have several lines, which are added up")
    ]
    assert (intake.tallies[0].rows_used, intake.tallies[0].used) == (4, 2050)


def test_equal_amounts_are_lines_only_where_the_sheet_has_lines() -> None:
    rows: list[list[Value]] = [[*GOOD, "Bolts"], [*GOOD, "Nuts"]]
    alone = invoices(*rows, more=("Item",))
    assert alone.ledger.invoices["amount"].tolist() == [1000]
    assert kinds(alone) == {"document twice"}
    among_lines = invoices(*rows, ["2", *GOOD[1:4], 1.0, "Bolts"], ["2", *GOOD[1:4], 2.0, "Nuts"], more=("Item",))
    assert among_lines.ledger.invoices["amount"].tolist() == [2000, 300]


def test_what_stands_beside_the_table_makes_no_row_of_it() -> None:
    intake = invoices([*GOOD, "", "call them"], [None, None, None, None, None, None, 17.0], more=("", "Notes"))
    assert (intake.tallies[0].rows_read, intake.findings) == (1, ())


def test_a_later_version_of_a_document_is_no_line_of_it() -> None:
    intake = invoices([*GOOD, 10.0, "Open"], [*GOOD, 0.0, "Paid In Full"], [*GOOD, 4.0, "Open"], more=("Amount Remaining", "Status"))
    assert intake.ledger.invoices[["amount", "remaining"]].to_numpy().tolist() == [[1000, 1000.0]]
    assert [f.row for f in found(intake, "document twice")] == [3, 4]


def test_one_number_of_two_vendors_is_two_bills_and_each_has_its_own_payments() -> None:
    bills: list[list[Value]] = [["1", "V1", JAN, FEB, 10.0], ["1", "V2", JAN, FEB, 20.0], ["2", "V1", JAN, FEB, 5.0]]
    payments: list[list[Value]] = [
        ["P1", "V2", FEB, 15.0, "1"],
        ["P2", "V1", FEB, 10.0, "Bill #1"],
        ["P3", None, FEB, 1.0, "1"],
        ["P4", "V3", FEB, 2.0, "1"],
        ["P5", None, FEB, 3.0, "2"],
    ]
    intake = invoices(*bills, Payments=payments)
    assert intake.ledger.invoices[["document", "amount"]].to_numpy().tolist() == [["1 (V1)", 1000], ["1 (V2)", 2000], ["2", 500]]
    used = intake.ledger.payments[["customer", "document", "amount"]].to_numpy().tolist()
    assert used == [["V2", "1 (V2)", 1500], ["V1", "1 (V1)", 1000], ["V1", "2", 300]]
    assert [(f.kind, f.severity, f.row, f.amount) for f in intake.findings] == [
        ("number of several customers", "warning", 2, 0),
        ("payment of one of several invoices", "error", 4, 100),
        ("payment of one of several invoices", "error", 5, 200),
    ]


def test_a_credit_memo_whose_number_two_customers_have_is_used_by_its_own() -> None:
    rows: list[list[Value]] = [["1", "A", JAN, FEB, 10.0], ["7", "A", JAN, FEB, -4.0], ["7", "B", JAN, FEB, -9.0]]
    intake = read(sheet_of(HEADINGS["Invoices"], *rows, Payments=[[*HEADINGS["Payments"], "Type"], ["7", "A", FEB, 4.0, "1", "Credit"]]))
    assert intake.ledger.payments["payment"].tolist() == ["7 (A)"]


def test_one_number_of_two_customers_is_two_orders() -> None:
    orders = read(book(SalesOrders=[["1", "A", JAN, 5.0], ["1", "B", JAN, 7.0]])).ledger.orders
    assert orders[["customer", "amount"]].to_numpy().tolist() == [["A", 500], ["B", 700]]


def test_an_invoice_without_number_keeps_its_amount() -> None:
    intake = invoices([None, "A", JAN, FEB, 5.0], ["", "A", JAN, FEB, 6.0])
    assert intake.ledger.invoices["document"].tolist() == ["(row 2)", "(row 3)"]
    assert [f.severity for f in found(intake, "no document number")] == ["warning", "warning"]


# ── currency ─────────────────────────────────────────────────────────────────


def test_a_foreign_amount_is_converted_with_the_rate_of_its_row_or_left_out() -> None:
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 10.0, "USD", 1.0, 10.0],
        ["2", "A", JAN, FEB, 10.01, "EUR", 1.25, 4.0],  # 12.5125 → 12.51
        ["3", "A", JAN, FEB, 0.1, "EUR", "1,25", None],  # 0.125 → 0.12, half to even
        ["4", "A", JAN, FEB, 10.0, "EUR", None, None],
        ["5", "A", JAN, FEB, 7.0, "", None, None],
        ["6", "A", JAN, FEB, 7.0, "usd", None, None],
        ["7", "A", JAN, FEB, 7.0, "USD", None, None],
        ["8", "A", JAN, FEB, 7.0, "USD", None, None],
    ]
    intake = invoices(*rows, more=("Currency", "FX Rate", "Amount Remaining"))
    assert intake.ledger.currency == "USD"
    assert intake.ledger.invoices["amount"].tolist() == [1000, 1251, 12, 700, 700, 700, 700]
    assert intake.ledger.invoices["remaining"].tolist()[:2] == [1000, 500]
    left_out = [(f.kind, f.row, f.found, f.amount) for f in intake.findings if f.severity == "error"]
    assert left_out == [("foreign currency without rate", 5, "EUR", 1000)]


def test_a_currency_that_is_written_with_an_amount_is_the_rows() -> None:
    amounts: list[Value] = ["€ 300.00", "EUR 500.00", "USD 1,234.00", "$ 100.00", 7.0]
    intake = invoices(*[[str(number), "A", JAN, FEB, amount] for number, amount in enumerate(amounts, start=1)])
    assert intake.ledger.currency == "EUR"
    assert [(f.kind, f.row, f.amount) for f in intake.findings] == [
        ("foreign currency without rate", 4, 123400),
        ("foreign currency without rate", 5, 10000),
    ]
    assert intake.ledger.invoices["amount"].tolist() == [30000, 50000, 700]


def test_a_sign_of_several_currencies_alone_tells_none_and_is_the_base_where_that_is_one_of_them() -> None:
    intake = invoices(["1", "A", JAN, FEB, "$ 300.00"], ["2", "A", JAN, FEB, "$5"])
    assert (intake.ledger.currency, intake.findings, intake.ledger.invoices["amount"].tolist()) == ("", (), [30000, 500])
    source = sheet_of(HEADINGS["Invoices"], ["1", "A", JAN, FEB, "$ 300.00"], ["2", "A", JAN, FEB, "€5"])
    found = read(source, Settings(base_currency="CAD"))
    assert [(f.kind, f.found) for f in found.findings] == [("foreign currency without rate", "EUR")]


def test_an_amount_in_another_currency_than_its_row_says_is_left_out() -> None:
    intake = invoices([*GOOD[:4], "EUR 5.00", "USD"], ["2", *GOOD[1:4], "$ 5.00", "USD"], ["3", *GOOD[1:], "USD"], more=("Currency",))
    assert [(f.kind, f.row, f.found) for f in intake.findings] == [("two currencies", 2, "EUR 5.00")]
    assert intake.ledger.invoices["amount"].tolist() == [500, int(GOOD[4] * 100)]  # type: ignore[operator]


@pytest.mark.parametrize("word", ["US Dollar", "USA", "$", ""])
def test_a_currency_column_that_holds_no_codes_contradicts_nothing(word: str) -> None:
    intake = invoices(["1", "A", JAN, FEB, "$ 5.00", word], ["2", "A", JAN, FEB, "$6.00 USD", word], more=("Currency",))
    assert [f.kind for f in intake.findings if f.severity == "error"] == []
    assert intake.ledger.invoices["amount"].tolist() == [500, 600]


def test_an_amount_with_a_sign_and_a_code_is_in_that_currency_and_an_unknown_sign_is_no_base() -> None:
    rows: list[list[Value]] = [[str(number), "A", JAN, FEB, "$100.00 USD"] for number in range(3)]
    intake = invoices(*rows, ["9", "A", JAN, FEB, "€50.00"], ["10", "A", JAN, FEB, "XX$ 7.00"], ["11", "A", JAN, FEB, "R$ 8.00"])
    assert (intake.ledger.currency, intake.ledger.invoices["amount"].tolist()) == ("USD", [10000] * 3)
    assert [(f.kind, f.row, f.found) for f in intake.findings] == [
        ("foreign currency without rate", 5, "EUR"), ("foreign currency without rate", 6, "XX$"), ("foreign currency without rate", 7, "BRL"),
    ]  # fmt: skip


def test_one_row_at_rate_one_does_not_outvote_the_book() -> None:
    rows: list[list[Value]] = [[str(number), "A", JAN, FEB, 5.0, "USD", None] for number in range(5)]
    intake = invoices(*rows, ["8", "A", JAN, FEB, 5.0, "EUR", 1.1], ["9", "A", JAN, FEB, 5.0, "CAD", 1], more=("Currency", "FX Rate"))
    assert (intake.ledger.currency, len(intake.ledger.invoices)) == ("USD", 7)


def test_the_base_is_the_currency_at_rate_one_rather_than_the_one_most_rows_are_in() -> None:
    rows: list[list[Value]] = [[*GOOD, "EUR", 1], ["2", *GOOD[1:], "USD", 0.9], ["3", *GOOD[1:], "USD", "0,9"]]
    intake = invoices(*rows, more=("Currency", "FX Rate"))
    assert intake.ledger.currency == "EUR"
    (told,) = intake.findings
    assert (told.kind, told.severity, told.row) == ("converted to the base currency", "info", 3)
    assert told.effect.startswith("2 amounts are multiplied by their rate to EUR; if the column is in EUR already")
    assert intake.ledger.invoices["amount"].tolist() == [round(GOOD[4] * 100 * rate) for rate in (1, 0.9, 0.9)]  # type: ignore[operator]


def test_rates_that_contradict_the_base_are_told() -> None:
    source = sheet_of([*HEADINGS["Invoices"], "Currency", "FX Rate"], [*GOOD, "EUR", 1], ["2", *GOOD[1:], "USD", 0.9], ["3", *GOOD[1:], "GBP", 1.2])
    intake = read(source, Settings(base_currency="USD"))
    assert [(f.kind, f.severity, f.row) for f in intake.findings] == [
        ("rate of the base currency", "warning", 3),
        ("foreign currency at rate 1", "warning", 2),
        ("converted to the base currency", "info", 2),
    ]


def test_a_row_with_a_date_and_an_amount_is_no_total() -> None:
    intake = invoices(GOOD, [None, None, JAN, FEB, 5000.0], [None, None, None, None, 5010.0])
    assert [(f.kind, f.row, f.amount) for f in intake.findings] == [("total row", 4, 0), ("no customer", 3, 500000)]


def test_two_numbers_in_a_cell_are_no_amount() -> None:
    good = ["1 234,50 EUR", "1'234.50", "12 345", "5,- €", "EUR 5.--"]
    assert [value_of(shape, shape.point) for shape in map(shape_of, good) if shape] == [123450, 123450, 1234500, 500, 500]
    assert [shape_of(text) for text in ("100\n200", "12 34", "1 2 3", "1234 5678", "100\t200")] == [None] * 5


def test_the_user_says_which_currency_is_the_base() -> None:
    source = sheet_of(
        [*HEADINGS["Invoices"], "Currency", "FX Rate"], [*GOOD, "USD", 0.9], ["2", *GOOD[1:], "USD", 0.9], ["3", *GOOD[1:], "eur", None]
    )
    assert read(source, Settings(base_currency="EUR")).ledger.invoices["amount"].tolist() == [900, 900, 1000]


def test_amounts_in_local_currency_are_not_converted_again() -> None:
    for amount, beside in (("Amount in local currency", "Text"), ("Amount", "Amount (Foreign Currency)")):
        rows = [
            ["Invoice No", "Customer ID", "Date", "Due Date", amount, "Currency", "FX Rate", beside],
            ["1", "A", JAN, FEB, 9.0, "USD", 0.9, 10.0],
            ["2", "A", JAN, FEB, 5.0, "EUR", 1.0, 5.0],
        ]
        assert read(sheet_of(*rows), Settings(base_currency="EUR")).ledger.invoices["amount"].tolist() == [900, 500]


def test_a_payment_of_a_foreign_invoice_settles_it_exactly() -> None:
    head = [*HEADINGS["Invoices"], "Currency", "FX Rate"]
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 100.0, "EUR", 1.25],
        ["2", "A", JAN, FEB, 50.0, "USD", None],
        ["3", "A", JAN, FEB, 50.0, "USD", None],
    ]
    intake = read(sheet_of(head, *rows, Payments=[HEADINGS["Payments"], ["P", "A", FEB, 100.0, "1"], ["Q", "A", FEB, 50.0, "2"]]))
    assert intake.ledger.payments["amount"].tolist() == [12500, 5000]
    assert kinds(intake) == {"payment without currency", "converted to the base currency"}
    with_currency = [[*HEADINGS["Payments"], "Currency", "FX Rate"], ["P", "A", FEB, 60.0, "1", "EUR", 1.3], ["Q", "A", FEB, 50.0, "1", "USD", None]]
    intake = read(sheet_of(head, *rows, Payments=with_currency))
    assert intake.ledger.payments["amount"].tolist() == [7500, 5000]
    assert [(f.kind, f.sheet) for f in intake.findings] == [("converted to the base currency", "Invoices")]


def test_dates_that_a_program_has_half_converted_are_a_finding() -> None:
    true: list[list[Value]] = [[f"T{n}", "A", dt.datetime(2026, n, 5), "2026-12-31", 1.0] for n in range(1, 9)]
    left: list[list[Value]] = [[f"L{n}", "A", f"{n}/05/2026", "2026-12-31", 1.0] for n in range(13, 21)]
    intake = invoices(*true, *left)
    assert [(f.kind, f.severity, f.row) for f in intake.findings] == [("dates half converted", "warning", 2)]
    assert intake.findings[0].effect.startswith("8 true dates have days up to 12")


FOREIGN = [*HEADINGS["Invoices"], "Currency", "FX Rate"]
PAID_IN = [*HEADINGS["Payments"], "Currency", "FX Rate"]


def test_instalments_of_a_foreign_invoice_add_up_to_it() -> None:
    # 100.00 at 0.33335 are 33.335, half to even 33.34; 10.00, 20.00 … are 3.33, 6.67, 10.00, 13.33, 16.67, 20.00, 23.33, 26.67, 30.00, 33.34
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 100.0, "USD", 0.33335],
        ["2", "A", JAN, FEB, 1.0, "EUR", None],
        ["3", "A", JAN, FEB, 1.0, "EUR", None],
    ]
    part: list[list[Value]] = [[f"P{n}", "A", f"2026-02-{n + 1:02d}", 10.0, "1", "USD", 0.4] for n in range(10)]
    intake = read(sheet_of(FOREIGN, *rows, Payments=[PAID_IN, *part[::-1]]), Settings(base_currency="EUR"))
    paid = dict(zip(intake.ledger.payments["payment"], intake.ledger.payments["amount"], strict=True))
    assert [paid[f"P{n}"] for n in range(10)] == [333, 334, 333, 333, 334, 333, 333, 334, 333, 334]
    assert intake.ledger.invoices["amount"].tolist()[0] == sum(paid.values()) == 3334
    assert [(f.kind, f.sheet) for f in intake.findings] == [("converted to the base currency", "Invoices")]


def test_a_payment_in_a_third_currency_counts_at_its_own_rate() -> None:
    rows: list[list[Value]] = [
        ["1", "A", JAN, FEB, 100.0, "USD", 0.9],
        ["2", "A", JAN, FEB, 1.0, "EUR", None],
        ["3", "A", JAN, FEB, 1.0, "EUR", None],
    ]
    some: list[list[Value]] = [
        ["P", "A", FEB, 10_000.0, "1", "JPY", 0.006],
        ["Q", "A", FEB, 5.0, "1", "JPY", None],
        ["R", "A", FEB, 10.0, "1", "usd", 0.8],
    ]
    intake = read(sheet_of(FOREIGN, *rows, Payments=[PAID_IN, *some]), Settings(base_currency="EUR"))
    assert intake.ledger.payments["amount"].tolist() == [6000, 900]
    told = [(f.kind, f.sheet, f.row) for f in intake.findings]
    converted = [("converted to the base currency", "Invoices", 2), ("converted to the base currency", "Payments", 2)]
    assert sorted(told) == [*converted, ("foreign currency without rate", "Payments", 3)]


# ── payments ─────────────────────────────────────────────────────────────────


def paid(*rows: list[Value], more: tuple[str, ...] = ()) -> Intake:
    return read(sheet_of(HEADINGS["Invoices"], GOOD, ["2", "B", JAN, FEB, 5.0], Payments=[[*HEADINGS["Payments"], *more], *rows]))


def test_several_payments_of_one_invoice_are_kept_apart() -> None:
    assert paid(["P", "A", FEB, 4.0, "1"], ["Q", "A", FEB, 6.0, "1"]).ledger.payments["amount"].tolist() == [400, 600]


def test_a_payment_of_an_unknown_invoice_is_left_out() -> None:
    intake = paid(["P", "A", FEB, 4.0, "9"], ["Q", "A", FEB, 4.0, "Invoice #1"])
    assert intake.ledger.payments["document"].tolist() == ["1"]
    assert [(f.kind, f.severity, f.found, f.amount) for f in intake.findings] == [("payment of an unknown invoice", "error", "9", 400)]


def test_a_payment_without_document_stands_on_account() -> None:
    intake = paid(["P", "A", FEB, 4.0, None])
    assert intake.ledger.payments[["customer", "document", "amount"]].to_numpy().tolist() == [["A", "", 400]]
    assert [(f.kind, f.severity) for f in intake.findings] == [("payment on account", "warning")]


def test_a_payment_by_another_customer_counts_for_the_invoice() -> None:
    intake = paid(["P", "B", FEB, 4.0, "1"], ["Q", None, FEB, 1.0, "2"])
    assert intake.ledger.payments["customer"].tolist() == ["A", "B"]
    assert [(f.kind, f.severity, f.row) for f in intake.findings] == [("paid by another customer", "warning", 2)]


def test_credits_write_offs_and_reversals() -> None:
    rows: list[list[Value]] = [
        ["P", "A", FEB, 4.0, "1", "Payment"],
        ["C", "A", FEB, 2.0, "1", "Credit"],
        ["W", "A", FEB, 1.0, "1", "Write-off"],
        ["R", "A", FEB, 4.0, "1", "Reversal"],
        ["S", "A", FEB, -1.0, "1", "Payment"],
        ["T", "A", FEB, 3.0, "1", "Credit Card"],
    ]
    frame = paid(*rows, more=("Type",)).ledger.payments
    assert frame["amount"].tolist() == [400, 200, 100, -400, -100, 300]
    assert frame["is_credit"].tolist() == [False, True, True, False, False, False]


def test_an_export_that_books_payments_below_zero_is_turned() -> None:
    intake = paid(["P", "A", FEB, -4.0, "1"], ["Q", "B", FEB, -5.0, "2"], ["R", "A", FEB, 1.0, "1"])
    assert intake.ledger.payments["amount"].tolist() == [400, 500, -100]
    assert [f.effect for f in intake.findings] == ["2 payments are below 0: the signs of all payments are turned"]


def test_credits_below_zero_are_turned_without_the_payments() -> None:
    intake = paid(["P", "A", FEB, 4.0, "1", "Payment"], ["C", "A", FEB, -2.0, "1", "Credit"], more=("Type",))
    assert intake.ledger.payments["amount"].tolist() == [400, 200]
    assert kinds(intake) == {"credits below 0"}


def test_an_overpaid_invoice_and_a_payment_before_it_are_told() -> None:
    intake = paid(["P", "A", FEB, 8.0, "1"], ["Q", "A", FEB, 8.0, "1"], ["R", "B", "2026-01-14", 5.0, "2"])
    assert [(f.kind, f.severity, f.row) for f in intake.findings] == [("paid before issued", "info", 4), ("overpaid", "info", 3)]


# ── amounts as text ──────────────────────────────────────────────────────────


def test_amounts_are_read_by_the_convention_of_their_column() -> None:
    german = invoices(["1", "A", JAN, FEB, "1.234,50"], ["2", "A", JAN, FEB, "1.234"], ["3", "A", JAN, FEB, 17.0])
    assert german.ledger.invoices["amount"].tolist() == [123450, 123400, 1700]
    assert german.findings == ()


def test_an_ambiguous_column_of_amounts_is_warned_of() -> None:
    intake = invoices(["1", "A", JAN, FEB, "1,234"], ["2", "A", JAN, FEB, "2,500"])
    assert intake.ledger.invoices["amount"].tolist() == [123400, 250000]
    assert [(f.kind, f.severity, f.row) for f in intake.findings] == [("ambiguous amounts", "warning", 2)]


# ── reminders ────────────────────────────────────────────────────────────────


def test_reminders_are_read() -> None:
    rows = [
        ["Customer ID", "Invoice No", "Date", "Channel", "Outcome", "Promise Date"],
        ["A", "1", FEB, "E-mail", "Promised", "2026-03-01"],
        ["A", "1", None, "", "", None],
    ]
    intake = read(sheet_of(HEADINGS["Invoices"], GOOD, Reminders=rows))
    assert intake.ledger.reminders[["customer", "channel", "outcome"]].to_numpy().tolist() == [["A", "E-mail", "Promised"]]
    assert texts(intake.ledger.reminders["promised"]) == ["2026-03-01"]
    assert kinds(intake) == {"no date"}


# ── bounds and sums ──────────────────────────────────────────────────────────


def test_findings_of_a_kind_are_capped_and_the_rest_counted() -> None:
    intake = invoices(*[[str(i), "A", None, FEB, 1.0] for i in range(LISTED + 37)])
    listed = found(intake, "no date")
    assert len(listed) == LISTED + 1
    assert (listed[-1].count, listed[-1].row, listed[-1].amount) == (37, 0, 3700)
    assert sum(f.amount for f in listed) == intake.tallies[0].excluded


CELLS: list[Value] = [
    "1",
    "2",
    "3",
    "A",
    "B",
    "",
    None,
    JAN,
    FEB,
    "13/02/2026",
    "Total",
    5.0,
    -2.5,
    "1.234,50",
    "(7.10)",
    "n/a",
    CellError("#N/A"),
    45000.0,
    True,
]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_whatever_the_cells_hold_used_and_excluded_add_up_to_what_was_read(seed: int) -> None:
    chance = random.Random(seed)
    heads = {
        "Invoices": [*HEADINGS["Invoices"], "Type", "Status", "Currency", "FX Rate"],
        "Payments": [*HEADINGS["Payments"], "Type"],
        "SalesOrders": HEADINGS["SalesOrders"],
    }
    fitting: dict[str, list[Value]] = {
        "Type": ["Invoice", "Credit Memo", "Payment", ""],
        "Status": ["Open", "Voided", ""],
        "Currency": ["USD", "EUR", ""],
        "FX Rate": [1.1, None],
    }
    fitting |= {
        "Customer ID": ["A", "B", "C"],
        "Date": [JAN, FEB, "01/02/2026"],
        "Due Date": [FEB, None],
        "Amount": [10.0, -3.25, "1,5"],
        "Applied To": ["1", "2", ""],
    }

    def cell(heading: str) -> Value:
        return chance.choice(CELLS) if chance.random() < 0.15 else chance.choice(fitting.get(heading, ["1", "2", "3", "4", "5"]))

    sheets = {name: [head, *[[cell(heading) for heading in head] for _ in range(chance.randrange(1, 30))]] for name, head in heads.items()}
    intake = read(MemoryBook(sheets))  # whose `read` checks each tally
    listed = {tally.sheet: sum(f.amount for f in intake.findings if f.sheet == tally.sheet) for tally in intake.tallies}
    assert listed == {tally.sheet: tally.excluded for tally in intake.tallies}
    by_role = {tally.role: tally for tally in intake.tallies}
    assert intake.ledger.invoices["amount"].sum() == by_role["invoices"].used
    assert intake.ledger.invoices["document"].is_unique
    assert set(intake.ledger.payments["document"]) <= {"", *intake.ledger.invoices["document"]}
    assert not intake.ledger.invoices["due"].isna().any()
    for name, frame in (("Invoices", intake.ledger.invoices), ("Payments", intake.ledger.payments), ("SalesOrders", intake.ledger.orders)):
        told = {f.row for f in intake.findings if f.sheet == name}
        silent = set(range(2, len(sheets[name]) + 1)) - set(frame["row"]) - told
        assert all(_blank(sheets[name][row - 1]) or _repeats(sheets[name], row) for row in silent), (name, silent)


def _blank(row: Sequence[Value]) -> bool:
    return all(cell in (None, "") for cell in row)


def _repeats(rows: Sequence[Sequence[Value]], row: int) -> bool:
    """Whether a row is a line of a document that an earlier row has begun."""
    return any([text_of(cell) for cell in rows[row - 1][:2]] == [text_of(cell) for cell in other[:2]] for other in rows[1 : row - 1])


@pytest.mark.parametrize(
    ("folder", "role", "rows", "amount"),
    [("receivables", "invoices", 1608, 9704780), ("receivables", "payments", 1608, 9704780), ("orders", "orders", 22572, 837925410)],
)
def test_the_sample_data_are_read_whole(folder: str, role: str, rows: int, amount: int) -> None:
    # Rows by `wc -l` less the header, amounts by awk over the files.
    place = SHARED / "data" / folder
    if not place.is_dir():
        pytest.skip("../shared/data is not here")
    intake = read(open_source(place))  # type: ignore[arg-type]
    tally = next(tally for tally in intake.tallies if tally.role == role)
    assert (tally.rows_used, tally.used, tally.rows_excluded) == (rows, amount, 0)
    assert intake.findings == ()


# ── reminders ────────────────────────────────────────────────────────────────


def test_a_reminder_is_of_a_known_customer_and_of_the_invoice_that_it_means() -> None:
    reminders: list[list[Value]] = [
        ["Customer ID", "Invoice No", "Date"],
        ["A", "Invoice #1", FEB],
        ["A", "2", FEB],  # a number that A and B share
        ["A", "1, 2", FEB],
        ["a", "1", FEB],
        ["A", "", FEB],
        ["B", "1", FEB],  # A's
    ]
    rows = [["1", "A", JAN, FEB, 5.0], ["2", "A", JAN, FEB, 5.0], ["2", "B", JAN, FEB, 5.0]]
    intake = read(MemoryBook({"Invoices": [HEADINGS["Invoices"], *rows], "Reminders": reminders}))
    assert intake.ledger.reminders["document"].tolist() == ["1", "2 (A)", "", "", ""]
    told = [(f.kind, f.severity, f.row, f.found) for f in intake.findings if f.sheet == "Reminders"]
    unknown = [("reminder of an unknown invoice", "warning", row, words) for row, words in ((4, "1, 2"), (7, "1"))]
    assert told == [("reminder of an unknown customer", "warning", 5, "a"), *unknown]
    assert [(t.rows_used, t.rows_excluded) for t in intake.tallies if t.role == "reminders"] == [(5, 1)]
