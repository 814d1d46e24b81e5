"""Documents that an export writes in several rows, or with another sign or number than one would think."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from exports import HEADINGS, book, found, kinds, read, sheet_of

from xlseg.errors import SourceError
from xlseg.settings import Settings
from xlseg.tables import Intake
from xlseg.workbook import Value

JAN, FEB, MAR = dt.datetime(2026, 1, 5), dt.datetime(2026, 2, 4), dt.datetime(2026, 3, 4)
PLAIN = HEADINGS["Invoices"]


def invoices(more: Sequence[str], *rows: Sequence[Value], **sheets: Sequence[Sequence[Value]]) -> Intake:
    return read(sheet_of((*PLAIN, *more), *rows, **sheets))


def amounts(intake: Intake) -> dict[str, float]:
    frame = intake.ledger.invoices
    return dict(zip(frame["document"], (frame["amount"] / 100).tolist(), strict=True))


# ── lines ────────────────────────────────────────────────────────────────────


def test_what_an_export_says_on_first_lines_alone_holds_for_the_documents() -> None:
    rows: list[Sequence[Value]] = []
    for number, paid, status, left in (("1", MAR, "Paid", 0), ("2", None, "Open", 50), ("3", MAR, "Paid", 0), ("4", MAR, "Paid", 0)):
        rows += [(number, "A", JAN, FEB, 100, paid, status, left), (number, "A", JAN, None, 200, None, None, None)]
    intake = invoices(("Paid Date", "Status", "Amount Remaining"), *rows)
    assert amounts(intake) == dict.fromkeys("1234", 300)
    assert intake.ledger.invoices["remaining"].tolist() == [0, 5000, 0, 0]
    assert [str(day)[:10] for day in intake.ledger.invoices["paid"]] == ["2026-03-04", "NaT", "2026-03-04", "2026-03-04"]
    assert set(intake.ledger.invoices["due"]) == {FEB}
    assert kinds(intake) == {"several lines", "partly paid on no known date"}


def test_a_blank_paid_date_below_one_document_s_first_line_says_that_this_part_is_not_paid() -> None:
    rows = (("1", "A", JAN, FEB, 600, MAR), ("1", "A", JAN, FEB, 400, None), ("2", "A", JAN, FEB, 5, None))
    intake = invoices(("Paid Date",), *rows)
    assert (amounts(intake), [(f.row, f.amount) for f in found(intake, "document twice")]) == ({"1": 600, "2": 5}, [(3, 40_000)])


def test_a_discount_line_is_a_line_also_where_due_dates_come_from_terms() -> None:
    rows = (("1", "A", JAN, "Net 30", 500), ("1", "A", JAN, "Net 30", -50))
    intake = read(sheet_of(("Invoice No", "Customer ID", "Date", "Terms", "Amount"), *rows))
    assert (amounts(intake), kinds(intake)) == ({"1": 450}, {"several lines"})


def test_a_version_without_its_paid_date_is_no_line() -> None:
    rows = (("1", "A", JAN, FEB, 100, MAR), ("1", "A", JAN, FEB, 100, None), ("2", "A", JAN, FEB, 5, None), ("2", "A", JAN, FEB, 6, None))
    intake = invoices(("Paid Date",), *rows)
    assert (amounts(intake), len(found(intake, "document twice"))) == ({"1": 100, "2": 11}, 1)


def test_lines_in_foreign_currency_are_converted_so_that_a_payment_of_all_settles_them() -> None:
    lines = [("1", "A", JAN, FEB, amount, "EUR", 1.1) for amount in (10.05, 10.25, 10.45, 10.65, 10.85, 11.05)]
    payments = (("Payment No", "Customer ID", "Date", "Amount", "Applied To", "Currency"), ("P", "A", FEB, 63.3, "1", "EUR"))
    others = [(f"U{at}", "B", JAN, FEB, 5, "USD", 1) for at in range(9)]
    intake = invoices(("Currency", "FX Rate"), *others, *lines, Payments=payments)
    assert amounts(intake)["1"] == 69.63  # 63.30 × 1.1, rounded once
    assert intake.ledger.payments["amount"].tolist() == [6963]


@pytest.mark.parametrize(("heading", "part", "total"), [("Main Line", 190, 300), ("Mainline", 200, 300), ("*", 200, 300), ("*", 190, 590)])
def test_item_lines_beside_the_document_s_own_row_are_not_added_to_it(heading: str, part: int, total: int) -> None:
    rows = [("1", "A", JAN, FEB, 300, "*"), ("1", "A", JAN, FEB, 100, None), ("1", "A", JAN, FEB, part, None), ("2", "A", JAN, FEB, 7, "*")]
    intake = invoices((heading,), *rows)
    assert amounts(intake) == {"1": total, "2": 7}  # a star that is not NetSuite's marks what somebody likes


def test_item_lines_are_known_by_their_sum_where_all_documents_have_it() -> None:
    def rows(*totals: float) -> list[tuple[Value, ...]]:
        lines = [(str(at), amount) for at, total in enumerate(totals) for amount in (total, 30, 60)]
        return [(number, "A", JAN, FEB, amount, at) for at, (number, amount) in enumerate([*lines, ("9", 5), ("9", 5)])]

    items: list[tuple[Value, ...]] = [("8", "A", JAN, FEB, amount, amount) for amount in (300, 100, 200)]
    assert amounts(invoices(("Line",), *rows(90, 90), *items)) == {"0": 90, "1": 90, "8": 300, "9": 5}
    assert amounts(invoices(("Line",), *rows(90, 91), *items)) == {"0": 180, "1": 181, "8": 600, "9": 10}
    assert amounts(invoices(("Line",), *rows(90, 90, 90))) == {"0": 180, "1": 180, "2": 180, "9": 10}  # a package that costs as much each time


def test_a_document_in_foreign_currency_that_is_there_twice_is_no_line() -> None:
    rows = [("1", "A", JAN, FEB, 33.33, "USD", 0.9137, at) for at in (1, 2)]
    others: list[Sequence[Value]] = [(f"E{at}", "A", JAN, FEB, 1000, "EUR", 1, None) for at in range(3)]
    intake = invoices(("Currency", "FX Rate", "Line"), *others, *rows)
    assert (amounts(intake)["1"], len(found(intake, "document twice"))) == (30.45, 1)


def test_what_remains_is_no_sum_of_what_all_lines_repeat_in_foreign_currency() -> None:
    rows = [("1", "A", JAN, FEB, amount, "USD", 0.9137, 75.01) for amount in (50, 60)]
    intake = invoices(("Currency", "FX Rate", "Amount Remaining"), *rows, ("E", "A", JAN, FEB, 9, "EUR", 1, 0), ("F", "A", JAN, FEB, 9, "EUR", 1, 0))
    assert intake.ledger.invoices["remaining"].tolist()[0] == 6854


# ── totals ───────────────────────────────────────────────────────────────────


def test_amounts_alone_are_totals_only_if_they_are_sums() -> None:
    rows: list[Sequence[Value]] = [("1", "A", JAN, FEB, 100), ("2", "A", JAN, FEB, 50), (None, None, None, None, 150), ("3", "B", JAN, FEB, 7)]
    totals = [(None, None, None, None, 7), (None, None, None, None, 157)]
    assert [f.severity for f in read(book(Invoices=[*rows, *totals])).findings] == ["info"] * 3
    intake = read(book(Invoices=[("1", "A", JAN, FEB, 100), (None, None, None, None, 200)]))
    assert [(f.kind, f.severity, f.amount) for f in intake.findings] == [("no customer", "error", 20_000)]


# ── signs and numbers ────────────────────────────────────────────────────────


def test_payables_that_are_booked_below_zero_are_turned() -> None:
    rows: list[Sequence[Value]] = [(str(at), "V", JAN, FEB, -100, "RE", -40) for at in range(3)]
    intake = invoices(("Document Type", "Amount Remaining"), *rows, ("9", "V", JAN, FEB, 30, "KG", 30))
    assert amounts(intake) == {"0": 100, "1": 100, "2": 100, "9": -30}
    assert intake.ledger.invoices["remaining"].tolist() == [4000, 4000, 4000, -3000]
    assert found(intake, "invoices below 0")[0].severity == "warning"


def test_many_amounts_below_zero_without_a_type_are_invoices_and_a_few_are_credits() -> None:
    many: list[Sequence[Value]] = [(str(at), "V", JAN, FEB, -100) for at in range(12)]
    assert set(amounts(read(book(Invoices=many))).values()) == {100}
    assert set(amounts(read(book(Invoices=many[:5]))).values()) == {-100}
    assert set(amounts(read(book(Invoices=[*many, ("90", "V", JAN, FEB, 5), ("91", "V", JAN, FEB, 5)]))).values()) == {-100, 5}


def test_a_credit_memo_may_have_the_number_of_an_invoice() -> None:
    rows = (("1", "A", JAN, FEB, 100, "Invoice"), ("1", "A", MAR, None, 30, "Credit Memo"))
    payments = (HEADINGS["Payments"], ("P", "A", FEB, 100, "1"))
    intake = invoices(("Type",), *rows, Payments=payments)
    assert amounts(intake) == {"1": 100, "1 (credit memo)": -30}
    assert intake.ledger.payments["document"].tolist() == ["1"]
    applied = ((*HEADINGS["Payments"], "Type"), ("1", "A", MAR, 30, "2", "Credit"))
    intake = invoices(("Type",), *rows, ("2", "A", JAN, FEB, 50, "Invoice"), Payments=applied)
    assert intake.ledger.payments["payment"].tolist() == ["1 (credit memo)"]


def test_a_payment_with_the_number_of_a_credit_memo_applies_it() -> None:
    payments = (HEADINGS["Payments"], ("CM", "A", MAR, 40, "1"), ("P", "A", MAR, 60, "1"), ("CM", "B", MAR, 5, "2"))
    rows = (("1", "A", JAN, FEB, 100), ("CM", "A", FEB, None, -40), ("2", "B", JAN, FEB, 5))
    intake = invoices((), *rows, Payments=payments)
    assert intake.ledger.payments["is_credit"].tolist() == [True, False, False]
    rows = (("1", "A", JAN, FEB, 100), ("2", "A", FEB, None, -40), ("3", "A", JAN, FEB, 5))
    intake = invoices((), *rows, Payments=(HEADINGS["Payments"], ("1", "A", MAR, 5, "3"), ("2", "A", MAR, 40, "1")))
    assert not intake.ledger.payments["is_credit"].any()  # payments are numbered on their own


def test_a_sheet_of_credit_memos_is_not_passed_over_in_silence() -> None:
    credits = (("Credit Memo No", "Customer ID", "Date", "Amount"), ("CM", "A", FEB, 40))
    intake = read(sheet_of(PLAIN, ("1", "A", JAN, FEB, 100), **{"Credit Memos": credits}))
    (finding,) = intake.findings
    assert (finding.kind, finding.severity, finding.sheet) == ("sheet not read", "warning", "Credit Memos")
    assert finding.effect == "not read: paste its rows below those of 'Invoices'"


# ── rows of reports ──────────────────────────────────────────────────────────


def test_a_report_that_groups_documents_below_their_customer_is_read() -> None:
    rows = (
        ("Customer", "Date", "Num", "Due Date", "Amount"),
        ("Ann",), (None, JAN, "1", FEB, 100), (None, FEB, "2", MAR, 200), ("Total for Ann", None, None, None, 300),
        ("Bert", None, None, None, None), (None, JAN, "3", FEB, 50), ("Total for Bert", None, None, None, 50), ("TOTAL", None, None, None, 350),
    )  # fmt: skip
    intake = read(sheet_of(*[(*row, *[None] * (5 - len(row))) for row in rows]))
    assert dict(zip(intake.ledger.invoices["document"], intake.ledger.invoices["customer"], strict=True)) == {"1": "Ann", "2": "Ann", "3": "Bert"}
    assert (kinds(intake), len(found(intake, "total row"))) == ({"customer above his rows", "total row"}, 3)


def test_rows_without_a_customer_among_rows_with_one_are_nobody_s() -> None:
    intake = read(book(Invoices=[(None, "Ann", None, None, None), ("1", None, JAN, FEB, 5), ("2", "Bert", JAN, FEB, 6)]))
    assert (amounts(intake), len(found(intake, "no customer"))) == ({"2": 6}, 1)


@pytest.mark.parametrize("label", ["A Total", "A Ergebnis", "Grand Total"])
def test_lines_that_a_spreadsheet_program_puts_below_a_group_are_totals(label: str) -> None:
    intake = read(book(Invoices=[("1", "A", JAN, FEB, 5), (None, label, None, None, 5)]))
    assert (amounts(intake), kinds(intake)) == ({"1": 5}, {"total row"})


def test_a_total_row_on_customers_is_no_customer() -> None:
    customers = (("Customer ID", "Name", "Credit Limit"), ("A", "Ann", 5), ("Total", None, 5), ("C9", "Total Energies", 1))
    intake = invoices((), ("1", "A", JAN, FEB, 5), Customers=customers)
    assert intake.ledger.customers["customer"].tolist() == ["A", "C9"]


def test_a_number_written_otherwise_means_the_only_document_like_it() -> None:
    rows: list[Sequence[Value]] = [("000101", "A", JAN, FEB, 5), ("INV7", "A", JAN, FEB, 6), ("8", "A", JAN, FEB, 7), ("08", "A", JAN, FEB, 7.5)]
    payments = [
        ("P1", "A", FEB, 5, "101.0"),
        ("P2", "A", FEB, 6, "inv7"),
        ("P3", "A", FEB, 7, "008"),
        ("P4", "B", FEB, 5, "101"),
        ("P5", None, FEB, 5, "101"),
    ]
    intake = read(book(Invoices=rows, Payments=payments))
    assert intake.ledger.payments["document"].tolist() == ["000101", "INV7"]
    assert [f.row for f in found(intake, "payment of an unknown invoice")] == [4, 5, 6]  # like two, another customer's, of nobody


def test_an_id_in_other_capitals_or_spaces_is_the_customer_s() -> None:
    customers = (("Customer ID", "Name"), ("Acme GmbH", ""), ("b1", ""), ("B1", ""))
    intake = invoices((), ("1", "ACME\u00a0gmbh", JAN, FEB, 5), ("2", "B1", JAN, FEB, 5), ("3", "Ｂ1", JAN, FEB, 5), Customers=customers)
    assert intake.ledger.invoices["customer"].tolist() == ["Acme GmbH", "B1", "Ｂ1"]  # the last might be either


def test_what_business_central_says_of_a_blocked_customer() -> None:
    customers = (("No.", "Name", "Blocked"), ("A", "Ann", "All"), ("B", "Bert", "Ship"), ("C", "Carl", None))
    intake = invoices((), ("1", "A", JAN, FEB, 5), Customers=customers)
    assert (intake.ledger.customers["on_hold"].tolist(), kinds(intake)) == ([True, True, False], set())


def test_a_heading_that_config_maps_and_no_sheet_has_is_told() -> None:
    source = sheet_of(PLAIN, ("1", "A", JAN, FEB, 5))
    intake = read(source, Settings(headings={"Invoices.Belegdatumm": "Date", "Amount": "Amount", "Invoices.Due Date": "Due Date"}))
    assert [(f.severity, f.found) for f in intake.findings] == [("warning", "Heading: Invoices.Belegdatumm")]


def test_a_sheet_of_invoices_without_a_row_of_headings_is_told() -> None:
    heads = (("Invoice", None, "Customer", None, "Amounts", None), ("No.", "Date", "ID", "Name", "Gross", "Open"))
    source = sheet_of(*heads, ("1", JAN, "A", "Ann", 5, 5))
    with pytest.raises(SourceError, match=r"Invoices: no row of headings is to be found\. To go on, put its headings in one row"):
        read(source)
