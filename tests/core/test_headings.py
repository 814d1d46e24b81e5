"""Headings of the exports that are known, and the sheets they stand in."""

from __future__ import annotations

import pytest
from exports import HEADINGS, MemoryBook, found, kinds, read, sheet_of, texts

from xlseg.errors import MissingColumnError, MissingSheetError, SettingError, SourceError
from xlseg.intake.fields import FIELDS
from xlseg.intake.headings import chosen, fold, header_of, recognised
from xlseg.settings import Settings
from xlseg.workbook import Value

DAY = "2026-01-31"


@pytest.mark.parametrize(
    "heading",
    [
        "InvoiceNo",
        "Invoice No.",
        "invoice_no",
        "INVOICE NUMBER",
        "Invoice #",
        "\ufeffInvoice No",
        "12 Invoice No",
        "\u200b12 Invoice No\u202f",
        "Maximum of Invoice Number",
        "Invoice Nr.",
    ],
)
def test_what_exports_vary_in_a_heading_makes_no_difference(heading: str) -> None:
    assert fold(heading) == "invoiceno"


DIALECTS = {
    "NetSuite": """Document Number: document | Name: customer | Date: date | 32 Due Date/Receive By: due | Amount: amount |
        Amount Remaining: remaining | Date Closed: paid | Terms: terms | Maximum of Status: status""",
    "SAP in German": """Belegnummer: document | Debitor: customer | Belegdatum: date | Nettofälligkeit: due | Betrag in Hauswährung: amount |
        Ausgleichsdatum: paid | Zahlungsbedingung: terms | Belegart: type""",
    "SAP FBL5N": """Document Number: document | Account: customer | Document Date: date | Net due date: due | Amount in local currency: amount |
        Clearing date: paid | Term of Payment: terms | Document Type: type""",
    "an SAP extract": """doc_id: document | cust_number: customer | document_create_date: date | due_in_date: due | total_open_amount: amount |
        clear_date: paid | cust_payment_terms: terms | invoice_currency: currency""",
    "QuickBooks": """Num: document | Customer: customer | Date: date | Due Date: due | Amount: amount | Open Balance: remaining | Terms: terms |
        Type: type""",
    "Xero": """InvoiceNumber: document | ContactName: customer | InvoiceDate: date | DueDate: due | Total: amount |
        InvoiceAmountDue: remaining | Currency: currency""",
    "Dynamics F&O": """Invoice: document | Customer account: customer | Date: date | Due date: due | Amount in transaction currency: amount |
        Balance: remaining | Last payment date: paid | Payment terms: terms""",
    "Business Central": """Document No.: document | Customer No.: customer | Posting Date: date | Due Date: due | Amount (LCY): amount |
        Remaining Amount: remaining | Closed at Date: paid | Document Type: type""",
    "a script": """Customer: customer | InvoiceNo: document | InvoiceDate: date | DueDate: due | Terms: terms | Amount: amount | PaidDate: paid |
        Disputed: disputed | AmountRemaining: remaining | Status: status""",
}


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_a_dialect_is_understood(dialect: str) -> None:
    wanted = {heading.strip(): field.strip() for heading, field in (part.rsplit(":", 1) for part in DIALECTS[dialect].split("|"))}
    header = recognised(list(wanted), "invoices", {})
    assert {candidate.heading: field for field, candidate, _ in chosen(header, lambda _column, _field: True, "invoices")} == wanted


def test_every_field_is_known_by_its_own_heading() -> None:
    for role, fields in FIELDS.items():
        for name, field in fields.items():
            assert recognised([field.heading], role, {})[name][0].strength == 1, (role, name)


def test_headings_that_only_look_like_a_field_are_none() -> None:
    assert recognised(["PaperlessDate", "FirstInvoice", "Lines", "Arrears after net due date", "Notes", None, 17], "invoices", {}) == {}


def test_the_header_row_is_found_below_title_rows() -> None:
    rows = [["Acme Inc."], ["Invoices by Date", None, "Amount"], [], HEADINGS["Invoices"], ["1", "A", DAY, DAY, 5.0]]
    assert header_of(rows, "invoices", {})[0] == 4


def test_rows_are_numbered_as_in_the_sheet() -> None:
    intake = read(sheet_of(["Report"], [], [None, *HEADINGS["Invoices"]], [], [None, "1", "A", DAY, DAY, 5.0], [], [None, "2", "A", DAY, DAY, 6.0]))
    assert intake.ledger.invoices["row"].tolist() == [5, 7]
    assert (intake.tallies[0].rows_read, intake.tallies[0].read) == (2, 1100)


def test_ids_are_preferred_to_names() -> None:
    intake = read(
        sheet_of(
            ["Name", "Customer ID", "Invoice No", "Date", "Due Date", "Amount"],
            ["ACME", "0017", "1", DAY, DAY, 5.0],
            ["Acme Inc", "0017", "2", DAY, DAY, 5.0],
        )
    )
    assert intake.ledger.invoices["customer"].tolist() == ["0017", "0017"]


def test_without_an_id_the_name_is_the_id() -> None:
    intake = read(sheet_of(["ContactName", "InvoiceNumber", "InvoiceDate", "DueDate", "Total"], ["Acme", "INV-1", DAY, DAY, 5.0]))
    assert intake.ledger.customers["customer"].tolist() == ["Acme"]


def test_the_account_of_the_general_ledger_is_no_customer() -> None:
    rows = [["Account", "Name", "Document Number", "Date", "Due Date", "Amount"], ["1100 Accounts Receivable", "Acme", "1", DAY, DAY, 5.0]]
    assert read(sheet_of(*rows)).ledger.invoices["customer"].tolist() == ["Acme"]


def test_of_two_equal_headings_the_first_is_read_and_a_finding_says_so() -> None:
    intake = read(sheet_of([*HEADINGS["Invoices"], "Amount"], ["1", "A", DAY, DAY, 5.0, 7.0]))
    assert intake.ledger.invoices["amount"].tolist() == [500]
    assert [(f.row, f.column) for f in found(intake, "duplicate heading")] == [(1, "Amount")]


def test_of_two_equal_headings_the_one_whose_cells_fit_is_read() -> None:
    intake = read(sheet_of(["Date", *HEADINGS["Invoices"]], ["n/a", "1", "A", DAY, DAY, 5.0]))
    assert texts(intake.ledger.invoices["issued"]) == [DAY]


def test_a_heading_that_says_date_but_holds_a_number_is_not_taken_for_one() -> None:
    intake = read(sheet_of([*HEADINGS["Invoices"], "Date Closed"], ["1", "A", DAY, DAY, 5.0, 12.0], ["2", "A", DAY, DAY, 5.0, -3.0]))
    assert intake.ledger.invoices["paid"].isna().all()
    assert [f.column for f in found(intake, "heading and content differ")] == ["Date Closed"]


def test_the_users_map_names_any_heading() -> None:
    rows = [["Belegno", "Customer ID", "Fakturadatum", "Due Date", "Amount"], ["1", "A", DAY, DAY, 5.0]]
    settings = Settings(headings={"Invoices.Belegno": "Invoice No", "fakturadatum": "Date"})
    assert read(sheet_of(*rows), settings).ledger.invoices["document"].tolist() == ["1"]
    with pytest.raises(SettingError, match=r"Config, Heading: Invoices.Belegno: 'Invoyce No' is not a field. To go on, write 'Invoice No'"):
        read(sheet_of(*rows), Settings(headings={"Invoices.Belegno": "Invoyce No"}))


def test_the_users_map_wins_over_what_is_known() -> None:
    rows = [[*HEADINGS["Invoices"], "Net"], ["1", "A", DAY, DAY, 5.0, 4.0]]
    assert read(sheet_of(*rows), Settings(headings={"Invoices.Net": "Amount"})).ledger.invoices["amount"].tolist() == [400]


def test_sheets_are_found_by_their_headings_whatever_their_names() -> None:
    source = MemoryBook(
        {
            "Notes": [["Call Acme"]],
            "Open AR 2026": [["Document Number", "Name", "Date", "Due Date", "Amount"], ["1", "A", DAY, DAY, 5.0]],
            "cash": [["Date", "Amount", "Applied To"], [DAY, 2.0, "1"]],
            "SO list": [["Order No", "Customer", "Date", "Amount"], ["S1", "A", DAY, 9.0]],
            "parties": [["Customer ID", "Name", "Credit Limit"], ["A", "Acme", 100.0]],
        }
    )
    intake = read(source)
    assert {tally.role: tally.sheet for tally in intake.tallies} == {
        "customers": "parties",
        "invoices": "Open AR 2026",
        "payments": "cash",
        "orders": "SO list",
    }


@pytest.mark.parametrize("tab", ["Segments", "Metrics", "History", "Movers", "Data Quality"])
def test_tabs_of_our_own_are_never_read(tab: str) -> None:
    rows = [["Order No", *HEADINGS["Invoices"]], ["S1", "1", "A", DAY, DAY, 5.0]]
    with pytest.raises(MissingSheetError, match="no sheet holds Invoices"):
        read(MemoryBook({tab: rows}))


def test_a_second_sheet_of_a_kind_is_not_read_and_a_finding_says_so() -> None:
    row: list[Value] = ["1", "A", DAY, DAY, 5.0]
    intake = read(MemoryBook({"Open Invoices": [HEADINGS["Invoices"], row], "Invoices": [HEADINGS["Invoices"], row, ["2", *row[1:]]]}))
    assert len(intake.ledger.invoices) == 2
    assert [f.sheet for f in found(intake, "sheet not read")] == ["Open Invoices"]


def test_last_years_sheet_beside_this_years_is_told() -> None:
    payments = [HEADINGS["Payments"], ["P", "A", DAY, 5.0, "1"]]
    book = sheet_of(HEADINGS["Invoices"], INVOICE, **{"Invoices 2025": [HEADINGS["Invoices"], ["9", *INVOICE[1:]]], "Payments": payments})
    intake = read(book)
    assert intake.ledger.invoices["document"].tolist() == ["1"]
    assert [(f.kind, f.severity, f.sheet) for f in intake.findings] == [("sheet not read", "warning", "Invoices 2025")]


def test_a_required_column_that_is_missing_stops_with_the_nearest_heading() -> None:
    with pytest.raises(MissingColumnError, match=r"Invoices: no column 'Amount'. To go on, rename 'Amounts' to 'Amount'"):
        read(sheet_of(["Invoice No", "Customer ID", "Date", "Due Date", "Amounts"], ["1", "A", DAY, DAY, 5.0]))
    with pytest.raises(MissingColumnError, match=r"Invoices: no column 'Date'\. To go on, add it"):  # and not: rename 'Due Date'
        read(sheet_of(["Invoice No", "Customer ID", "Due Date", "Amount"], ["1", "A", DAY, 5.0]))
    with pytest.raises(MissingColumnError, match=r"no column 'Due Date'\. To go on, add it"):
        read(sheet_of(["Invoice No", "Customer ID", "Date", "Amount"], ["1", "A", DAY, 5.0]))


INVOICE: list[Value] = ["1", "A", DAY, DAY, 5.0]
PIVOT: list[list[Value]] = [["Row Labels", "Sum of Amount"], ["Acme", 5.0], ["Grand Total", 5.0]]


@pytest.mark.parametrize("name", ["Orders", "Payments", "Reminders"])
def test_a_pivot_with_the_name_of_an_export_is_passed_over_and_told(name: str) -> None:
    intake = read(sheet_of(HEADINGS["Invoices"], INVOICE, **{name: PIVOT}))
    assert [tally.role for tally in intake.tallies] == ["invoices"]
    assert [(f.kind, f.severity, f.sheet) for f in intake.findings] == [("sheet without column", "error", name)]
    assert not intake.ledger.has_orders


def test_a_pivot_with_the_name_of_an_export_does_not_hide_the_export() -> None:
    orders = [["Order No", "Customer ID", "Date", "Amount"], ["S1", "A", DAY, 9.0]]
    intake = read(sheet_of(HEADINGS["Invoices"], INVOICE, **{"Orders": PIVOT, "SO export": orders}))
    assert {tally.role: tally.sheet for tally in intake.tallies} == {"invoices": "Invoices", "orders": "SO export"}
    assert [(f.kind, f.sheet) for f in intake.findings] == [("sheet not read", "Orders")]


def test_invoices_that_lack_one_column_stop_the_refresh_even_where_there_are_orders() -> None:
    orders = [HEADINGS["SalesOrders"], ["S1", "A", DAY, 9.0]]
    with pytest.raises(MissingColumnError, match="Invoices: no column 'Customer ID'"):
        read(sheet_of(["Invoice No", "Date", "Due Date", "Amount"], ["1", DAY, DAY, 5.0], SalesOrders=orders))


def test_a_book_without_invoices_and_orders_is_refused() -> None:
    with pytest.raises(MissingSheetError, match="book: no sheet holds Invoices"):
        read(MemoryBook({"Customers": [HEADINGS["Customers"], ["A", "Acme", ""]]}))


@pytest.mark.parametrize("name", ["Invoices", "Open Invoices", "SalesOrders"])
def test_a_book_whose_export_sheet_is_empty_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(SourceError, match=rf"^{name}: the sheet is empty\. To go on, paste the export there, its headings in the first rows\.$"):
        read(MemoryBook({"Customers": [HEADINGS["Customers"], ["A", "Acme", ""]], name: [[], [None, None]]}))


def test_an_empty_sheet_is_as_if_it_were_not_there() -> None:
    intake = read(MemoryBook({"Payments": [], "Invoices": [HEADINGS["Invoices"], ["1", "A", DAY, DAY, 5.0]]}))
    assert not intake.ledger.has_payments
    assert kinds(intake) == set()


def test_a_sheet_with_headings_only_is_there() -> None:
    ledger = read(MemoryBook({"Payments": [HEADINGS["Payments"]], "Invoices": [HEADINGS["Invoices"]]})).ledger
    assert (ledger.has_payments, ledger.has_invoices, len(ledger.invoices)) == (True, True, 0)
