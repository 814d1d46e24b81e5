"""The fields of each sheet, and the headings by which exports call them.

A line reads `field kind: heading | other names`, with a star behind the kind where the sheet is useless without the field. The
first name is xlseg's own; earlier names win over later ones; `headings.fold` makes them comparable. Sources: NetSuite saved
searches, SAP FBL5N and its extracts, QuickBooks, Xero, Dynamics 365 F&O and Business Central, in English and German.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

Kind = Literal["id", "text", "money", "date", "flag"]
Role = Literal["customers", "invoices", "payments", "orders", "reminders"]


@dataclass(frozen=True)
class Field:
    """A field of a sheet: the heading xlseg gives it, what its cells hold, whether a sheet is useless without, all its names."""

    heading: str
    kind: Kind
    required: bool
    names: tuple[str, ...]


_SHARED = {
    "ids": """Customer No | Customer Account | Customer Code | Cust ID | Cust No | Customer Key | Account ID | Account No | Debitor |
        Debitorennummer | Kundennummer | Kunden-Nr. | Kunde | Konto | Client ID |
        Client No | Client Code | Vendor ID | Vendor No | Vendor Account | Vendor Code | Supplier ID |
        Supplier No | Kreditor | Kreditorennummer | Lieferantennummer | Entity ID | Bill-to Customer No. | Sell-to Customer No. | Sold-to Party""",
    "parties": """Customer | Account | Vendor | Supplier | Entity | Customer/Project | Customer:Job | Client""",
    "other parties": "Debtor | Bill To | Sold To | Buyer",
    "party names": "Contact Name | Customer Name | Name Customer | Vendor Name | Supplier Name | Client Name | Company Name | Name",
    "terms": """Payment Terms | Term of Payment | Terms of Payment | Payment Term | Pay Terms | Cust Payment Terms | Payment Terms Code |
        Terms Code | Zahlungsbedingung | Zahlungsbedingungen | ZBED | Zahlungsziel""",
    "currency": "Currency Code | Invoice Currency | Document Currency | Transaction Currency | Währung | Belegwährung | Curr | Crcy",
    "rate": "Exchange Rate | Currency Rate | Rate | Kurs | Wechselkurs | Umrechnungskurs",
    "amount": """Amount (LCY) | Amount in accounting currency | Amount in company currency | Amount in local currency |
        Amount in LC | Local Amount | Betrag in Hauswährung | Total Amount | Amount (Gross) |
        Gross Amount | Amount Including VAT | Amount Incl. VAT | Amount Including Tax | Amount Incl. Tax | Total Including VAT | Total Incl. VAT |
        Total Including Tax | Total Incl. Tax |
        Amount (Net) | Total | Invoice Amount | Invoice Total | Total Open Amount | Amount (Foreign Currency) |
        Amount in transaction currency | Amount in doc. curr. | Amount in document currency | Betrag in Belegwährung | Betrag | Bruttobetrag |
        Rechnungsbetrag | Original Amount | Debit | Value""",
    "status": "Document Status | Invoice Status | Payment Status | Order Status | Is Open | Is Paid | Approval Status",
    "type": "Transaction Type | Document Type | Doc Type | Trans Type | Belegart | Art | Invoice Type",
}

_FIELDS = {
    "customers": """
        customer id*: Customer ID | {ids} | ID | No | {parties} | {party names}
        name text: Name | {party names} | Account Name | Name 1 | Firmenname | Kundenname
        terms text: Terms | {terms}
        credit_limit money: Credit Limit | Credit Limit (LCY) | Credit Line | Kreditlimit
        currency text: Currency | {currency} | Primary Currency
        category text: Category | Customer Category | Customer Group | Kundengruppe | Segment | Industry | Customer Type
        sales_rep text: Sales Rep | Salesperson | Salesperson Code | Sales Representative | Account Manager | Owner | Vertriebsmitarbeiter
        country text: Country | Country Code | Billing Country | Country/Region | Country/Region Code | Country Key | Land
        parent id: Parent | Parent ID | Parent Customer | Top Level Parent | Parent Company | Parent Account
        on_hold flag: On Hold | Hold | Credit Hold | Blocked | Gesperrt
        do_not_contact flag: Do Not Contact | No Contact | Opt Out | Kontaktsperre
    """,
    "invoices": """
        document id*: Invoice No | Invoice | Invoice ID | Invoice Reference | Bill No | Bill | Document No | Doc No | Doc ID | Billing Document |
            Invoice Document | Rechnungsnummer | Rechnungs-Nr. | Rechnung | Belegnummer | Beleg | Num | Transaction No | Tran ID |
            Transaction ID | Voucher | Reference | Internal ID | Credit Memo No | Credit Memo | Credit Note No | Credit Note
        main flag: Main Line | *
        customer id*: Customer ID | {ids} | {parties} | {party names} | {other parties} | ID
        name text: Customer Name | {party names} | Name 1 | Customer | Vendor | Supplier
        date date*: Date | Invoice Date | Bill Date | Document Date | Document Create Date | Posting Date | Transaction Date | Tran Date |
            Issue Date | Billing Date | Belegdatum | Rechnungsdatum | Buchungsdatum | Date Created | Created | Baseline Create Date | Datum
        due date: Due Date | Due Date/Receive By | Net Due Date | Net Due Dt | Due In Date | Due | Due On | Payment Due Date | Nettofälligkeit |
            Nettofälligkeitsdatum | Fälligkeit | Fällig am | Fälligkeitsdatum
        amount money*: Amount | {amount}
        remaining money: Amount Remaining | Remaining Amount | Open Balance | Invoice Amount Due | Amount Due | Balance | Balance Due |
            Open Amount | Remaining Amt. (LCY) | Remaining Balance | Outstanding | Amount Outstanding | Offener Betrag | Restbetrag |
            Amount Remaining (Foreign Currency)
        paid date: Paid Date | Date Paid | Paid | Paid On | Payment Date | Settled Date | Date Closed | Closed Date | Close Date | Clearing Date |
            Clear Date | Clearing | Ausgleichsdatum | Ausgleich | Last Payment Date | Closed at Date | Fully Paid On Date | Zahlungsdatum |
            Bezahlt am | Date Fully Paid
        terms text: Terms | {terms}
        received money: Amount Paid | Paid Amount | Total Paid | Amount Received | Received Amount | Paid To Date | Payments Applied | Payments |
            Bezahlter Betrag | Bereits bezahlt
        credits money: Credits | Credits Applied | Credit Applied | Total Credits
        status text: Status | {status} | State
        type text: Type | {type}
        currency text: Currency | {currency}
        rate money: FX Rate | {rate}
        disputed flag: Disputed | In Dispute | Dispute | Is Disputed | Dispute Flag | Strittig | Klärungsfall
    """,
    "payments": """
        payment id: Payment No | Payment ID | Payment | Receipt No | Document No | Voucher | Num | Belegnummer | Zahlungsnummer | Transaction ID |
            Internal ID | ID
        customer id: Customer ID | {ids} | {parties} | {party names}
        date date*: Date | Payment Date | Date Paid | Paid Date | Receipt Date | Application Date | Posting Date | Clearing Date | Zahlungsdatum |
            Buchungsdatum | Ausgleichsdatum | Document Date | Belegdatum | Datum
        amount money*: Amount | Applied Amount | Amount Applied | Payment Amount | Amount Paid | Paid Amount | Applying Link Amount |
            Applied To Link Amount | Zahlbetrag |
            {amount}
        document id*: Applied To | Applied To Transaction | Applied To Invoice | Applied to Doc. No. | Applies To | Applies-to Doc. No. |
            Invoice No | Invoice | Invoice ID | Invoice Reference | Bill No | Bill | Rechnungsnummer | Rechnung | Cleared Document | Document
        type text: Type | {type} | Payment Type
        status text: Status | {status}
        currency text: Currency | {currency}
        rate money: FX Rate | {rate}
        withheld money: Discount | Discount Taken | Discount Amount | Discount Applied | Cash Discount | Skonto | Withholding Tax |
            Tax Withheld | WHT | TDS | Retention | Write-off Amount
    """,
    "orders": """
        document id*: Order No | Order | Order ID | Sales Order | Sales Order No | SO No | Order Reference | Purchase Order | Auftragsnummer |
            Auftrag | Bestellnummer | Sales Document | Document No | Num | Transaction No | Internal ID | PO No
        main flag: Main Line | *
        customer id*: Customer ID | {ids} | {parties} | {party names} | {other parties} | ID
        name text: Customer Name | {party names} | Name 1 | Customer | Vendor | Supplier
        date date*: Date | Order Date | Sales Order Date | Document Date | Created Date | Date Created | Transaction Date | Posting Date |
            Auftragsdatum | Bestelldatum | Belegdatum | Datum
        amount money*: Amount | Order Amount | Order Total | Net Value | Auftragswert | Nettowert | {amount}
        type text: Type | {type}
        status text: Status | {status}
        currency text: Currency | {currency}
        rate money: FX Rate | {rate}
    """,
    "reminders": """
        customer id*: Customer ID | {ids} | {parties} | {party names} | ID
        document id: Invoice No | Invoice | Invoice ID | Document No | Rechnungsnummer | Belegnummer | Bill No
        date date*: Date | Reminder Date | Sent | Sent On | Date Sent | Contact Date | Mahndatum | Datum
        channel text: Channel | Method | Medium | Via | Kanal
        outcome text: Outcome | Result | Response | Ergebnis
        promised date: Promise Date | Promise to Pay | Promised Date | Promised | Promise to Pay Date | Zusagedatum
    """,
}
_LINE = re.compile(r"^ {8}(\w+) (\w+)(\*?):(.*(?:\n {9,}.*)*)", re.MULTILINE)


def _fields(lines: str) -> dict[str, Field]:
    found = {}
    for name, kind, star, names in _LINE.findall(lines.format_map({key: " ".join(text.split()) for key, text in _SHARED.items()})):
        headings = tuple(dict.fromkeys(" ".join(heading.split()) for heading in names.split("|")))
        found[name] = Field(headings[0], cast(Kind, kind), bool(star), headings)
    return found


FIELDS: Mapping[Role, Mapping[str, Field]] = {cast(Role, role): _fields(lines) for role, lines in _FIELDS.items()}


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split("|"))


SHEET_NAMES: Mapping[Role, tuple[str, ...]] = {
    "customers": _names(
        "Customers | Customer | Customer List | Customer Master | Vendors | Vendor | Suppliers | Accounts | Entities | Kunden | Debitoren"
    ),
    "invoices": _names(
        "Invoices | Invoice | Customer Invoices | Sales Invoices | Transactions | Open Invoices | Bills | Vendor Bills | Receivables | "
        "Open Items | "
        "Customer Transactions | FBL5N | Rechnungen | Offene Posten"
    ),
    "payments": _names(
        "Payments | Payment | Customer Payments | Vendor Payments | Bill Payments | Receipts | Payment Applications | Applications | Zahlungen"
    ),
    "orders": _names("SalesOrders | Sales Orders | Sales Order | Orders | Purchase Orders | Aufträge | Bestellungen"),
    "reminders": _names("Reminders | Reminder | Dunning | Dunning Letters | Collection Log | Mahnungen"),
}
"""Names of export sheets; earlier ones win."""

CREDIT_SHEETS = _names("Credit Memos | Credit Memo | Customer Credits | Credit Notes | Credits | Vendor Credits | Gutschriften")
"""Names of exports of credit memos alone, which belong among the invoices."""

OUR_TABS = _names(
    "Dashboard | Actions | Segments | Movers | Migration | Migration Data | Drill | Drill Data | Value | Cash Forecast | Metrics | Data Quality | "
    "History | Run Log | Rule Sets | Change Log | Action Log | Definitions | Rules | Playbook | Overrides | Config | Instructions | "
    "Drill Down | Start Here | Start | Read Me | Customer Card | Card"
)
"""Tabs that xlseg writes: never taken for an export, whatever their headings."""

OUR_TABLES = _names(
    "tblActions | tblSegments | tblMovers | tblMigration | tblDrill | tblMetrics | tblFindings | tblHistory | tblRunLog | "
    "tblRuleSets | tblChangeLog | tblActionLog | tblDefinitions | tblRules | tblPlaybook | tblOverrides | tblConfig"
)
"""Their tables, by which one is known that the user has renamed."""
