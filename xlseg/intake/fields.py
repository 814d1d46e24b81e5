"""The fields of each sheet, and the headings by which exports call them.

Names are written as people write them; `headings.fold` makes them comparable. Earlier names win over later ones. Sources: NetSuite
saved searches, SAP FBL5N and its extracts, QuickBooks, Xero, Dynamics 365 F&O and Business Central, in English and German.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "money", "date", "flag"]
Role = Literal["customers", "invoices", "payments", "orders", "reminders"]


@dataclass(frozen=True)
class Field:
    """A field of a sheet: the heading xlseg gives it, what its cells hold, whether a sheet is useless without, its other names."""

    heading: str
    kind: Kind
    required: bool
    names: tuple[str, ...]


def _field(heading: str, kind: Kind, names: str = "", *, required: bool = False) -> Field:
    return Field(heading, kind, required, (heading, *filter(None, (name.strip() for name in names.split("|")))))


_ENTITY = (
    "Customer No|Customer Number|Customer Account|Customer Code|Cust ID|Cust Number|Customer Key|Account ID|Account No|Account Number|Debitor|Debitorennr|"
    "Debitornummer|Kundennummer|Kunden-Nr.|Kunde|Konto|Vendor ID|Vendor No|Vendor Number|Vendor Account|Vendor Code|Supplier ID|Supplier No|Kreditor|"
    "Kreditorennummer|Lieferantennummer|Entity ID|Customer|Account|Vendor|Supplier|Entity|Sold-to Party|Bill-to Customer No.|Sell-to Customer No.|"
    "Customer/Project|Customer:Job|Company Name"
)
_NAMED_ENTITY = _ENTITY + "|Contact Name|Customer Name|Name Customer|Vendor Name|Supplier Name|Name|ID"
_TERMS = "Payment Terms|Term of Payment|Terms of Payment|Payment Term|Pay Terms|Cust Payment Terms|Payment Terms Code|Terms Code|Zahlungsbedingung|ZBED|Zahlungsziel"
_CURRENCY = "Currency Code|Invoice Currency|Document Currency|Transaction Currency|Währung|Belegwährung|Curr|Crcy"
_RATE = "Exchange Rate|Currency Rate|Rate|Kurs|Wechselkurs|Umrechnungskurs"
_AMOUNT = (
    "Amount (LCY)|Amount in local currency|Amount in LC|Local Amount|Betrag in Hauswährung|Total Amount|Amount (Gross)|Gross Amount|Amount (Net)|Total|"
    "Invoice Amount|Total Open Amount|Amount (Foreign Currency)|Amount in transaction currency|Amount in doc. curr.|Amount in document currency|"
    "Betrag in Belegwährung|Betrag|Bruttobetrag|Rechnungsbetrag|Original Amount|Invoice Total|Debit|Value"
)
_STATUS = "Document Status|Invoice Status|Payment Status|Order Status|Is Open|isOpen|Approval Status"
_TYPE = "Transaction Type|Document Type|Doc Type|Trans Type|Belegart|Art|Invoice Type|Payment Type"

FIELDS: Mapping[Role, Mapping[str, Field]] = {
    "customers": {
        "customer": _field("Customer ID", "id", _ENTITY.replace("Customer|", "", 1) + "|ID|No|Customer|Contact Name|Customer Name|Vendor Name|Name", required=True),
        "name": _field("Name", "text", "Customer Name|Company Name|Contact Name|Vendor Name|Supplier Name|Account Name|Name Customer|Name 1|Firmenname|Kundenname"),
        "terms": _field("Terms", "text", _TERMS),
        "credit_limit": _field("Credit Limit", "money", "Kreditlimit|Credit Limit (LCY)|Credit Line"),
        "currency": _field("Currency", "text", _CURRENCY + "|Primary Currency"),
        "category": _field("Category", "text", "Customer Category|Customer Group|Kundengruppe|Segment|Industry|Customer Type"),
        "sales_rep": _field("Sales Rep", "text", "Salesperson|Salesperson Code|Sales Representative|Sales Person|Account Manager|Owner|Vertriebsmitarbeiter"),
        "country": _field("Country", "text", "Country Code|Billing Country|Country/Region|Country/Region Code|Land|Country Key"),
        "parent": _field("Parent", "id", "Parent ID|Parent Customer|Top Level Parent|Parent Company|Parent Account"),
        "on_hold": _field("On Hold", "flag", "Hold|Credit Hold|Blocked|Gesperrt"),
        "do_not_contact": _field("Do Not Contact", "flag", "No Contact|Opt Out|Kontaktsperre"),
    },
    "invoices": {
        "document": _field(
            "Invoice No", "id",
            "Invoice|Invoice ID|Invoice Reference|Bill No|Bill|Bill Number|Document No|Document Number|Doc No|Doc ID|Billing Document|Invoice Document|Rechnungsnummer|"
            "Rechnungs-Nr.|Rechnung|Belegnummer|Beleg|Num|Transaction Number|Tran ID|Transaction ID|Voucher|Reference|Internal ID", required=True,
        ),
        "customer": _field("Customer ID", "id", _NAMED_ENTITY, required=True),
        "date": _field(
            "Date", "date",
            "Invoice Date|Bill Date|Document Date|Document Create Date|Posting Date|Transaction Date|Tran Date|Issue Date|Billing Date|Belegdatum|Rechnungsdatum|"
            "Buchungsdatum|Date Created|Created|Baseline Create Date|Datum", required=True,
        ),
        "due": _field("Due Date", "date", "Due Date/Receive By|Net Due Date|Net Due Dt|Due In Date|Due|Due On|Nettofälligkeit|Fälligkeit|Fällig am|Fälligkeitsdatum|Payment Due Date"),
        "amount": _field("Amount", "money", _AMOUNT, required=True),
        "remaining": _field(
            "Amount Remaining", "money",
            "Remaining Amount|Open Balance|Invoice Amount Due|Amount Due|Balance|Balance Due|Open Amount|Remaining Amt. (LCY)|Remaining Balance|Outstanding|Amount Outstanding|"
            "Offener Betrag|Restbetrag|Amount Remaining (Foreign Currency)",
        ),
        "paid": _field(
            "Paid Date", "date",
            "Date Paid|Payment Date|Settled Date|Date Closed|Closed Date|Close Date|Clearing Date|Clear Date|Clearing|Ausgleichsdatum|Ausgleich|Last Payment Date|Closed at Date|"
            "Fully Paid On Date|Zahlungsdatum|Bezahlt am",
        ),
        "terms": _field("Terms", "text", _TERMS),
        "status": _field("Status", "text", _STATUS),
        "type": _field("Type", "text", _TYPE),
        "currency": _field("Currency", "text", _CURRENCY),
        "rate": _field("FX Rate", "money", _RATE),
        "disputed": _field("Disputed", "flag", "In Dispute|Dispute|Is Disputed|Dispute Flag|Strittig|Klärungsfall"),
    },
    "payments": {
        "payment": _field(
            "Payment No", "id",
            "Payment ID|Payment Number|Payment|Receipt No|Receipt Number|Document Number|Document No|Voucher|Num|Belegnummer|Zahlungsnummer|Transaction ID|Internal ID|ID",
        ),
        "customer": _field("Customer ID", "id", _NAMED_ENTITY.removesuffix("|ID")),
        "date": _field("Date", "date", "Payment Date|Date Paid|Paid Date|Receipt Date|Application Date|Posting Date|Clearing Date|Zahlungsdatum|Buchungsdatum|Ausgleichsdatum|Document Date|Belegdatum|Datum", required=True),
        "amount": _field("Amount", "money", "Applied Amount|Amount Applied|Payment Amount|Amount Paid|Paid Amount|Applying Link Amount|Zahlbetrag|" + _AMOUNT, required=True),
        "document": _field(
            "Applied To", "id",
            "Applied To Transaction|Applied To Invoice|Applied to Doc. No.|Applies To|Applies-to Doc. No.|Invoice No|Invoice|Invoice ID|Invoice Reference|Bill No|Bill|"
            "Bill Number|Rechnungsnummer|Rechnung|Invoice Reference No|Cleared Document|Document", required=True,
        ),
        "type": _field("Type", "text", _TYPE),
        "status": _field("Status", "text", _STATUS),
        "currency": _field("Currency", "text", _CURRENCY),
        "rate": _field("FX Rate", "money", _RATE),
    },
    "orders": {
        "document": _field(
            "Order No", "id",
            "Order|Order ID|Sales Order|Sales Order No|SO No|Order Reference|Purchase Order|PO No|Auftragsnummer|Auftrag|Bestellnummer|Sales Document|Document Number|"
            "Document No|Num|Internal ID", required=True,
        ),
        "customer": _field("Customer ID", "id", _NAMED_ENTITY, required=True),
        "date": _field("Date", "date", "Order Date|Sales Order Date|Document Date|Created Date|Date Created|Transaction Date|Posting Date|Auftragsdatum|Bestelldatum|Belegdatum|Datum", required=True),
        "amount": _field("Amount", "money", "Order Amount|Order Total|Net Value|Auftragswert|Nettowert|" + _AMOUNT, required=True),
        "type": _field("Type", "text", _TYPE),
        "status": _field("Status", "text", _STATUS),
        "currency": _field("Currency", "text", _CURRENCY),
        "rate": _field("FX Rate", "money", _RATE),
    },
    "reminders": {
        "customer": _field("Customer ID", "id", _NAMED_ENTITY, required=True),
        "document": _field("Invoice No", "id", "Invoice|Invoice ID|Document Number|Document No|Rechnungsnummer|Belegnummer|Bill No"),
        "date": _field("Date", "date", "Reminder Date|Sent|Sent On|Date Sent|Contact Date|Mahndatum|Datum", required=True),
        "channel": _field("Channel", "text", "Method|Medium|Via|Kanal"),
        "outcome": _field("Outcome", "text", "Result|Response|Ergebnis"),
        "promised": _field("Promise Date", "date", "Promise to Pay|Promised Date|Promised|Promise to Pay Date|Zusagedatum"),
    },
}  # fmt: skip

SHEET_NAMES: Mapping[Role, tuple[str, ...]] = {
    "customers": ("Customers", "Customer", "Customer List", "Customer Master", "Vendors", "Vendor", "Suppliers", "Accounts", "Entities", "Kunden", "Debitoren", "Kreditoren"),
    "invoices": ("Invoices", "Invoice", "Customer Invoices", "Sales Invoices", "Transactions", "Open Invoices", "Bills", "Vendor Bills", "Receivables", "Open Items", "Rechnungen", "FBL5N",
                 "Customer Transactions", "Offene Posten"),
    "payments": ("Payments", "Payment", "Customer Payments", "Vendor Payments", "Bill Payments", "Receipts", "Payment Applications", "Applications", "Zahlungen"),
    "orders": ("SalesOrders", "Sales Orders", "Sales Order", "Orders", "Purchase Orders", "Aufträge", "Bestellungen"),
    "reminders": ("Reminders", "Reminder", "Dunning", "Dunning Letters", "Collection Log", "Mahnungen"),
}  # fmt: skip
"""Names of export sheets; earlier ones win."""

OUR_TABS = (
    "Segments", "Migration", "Movers", "Metrics", "Data Quality", "History", "Run Log", "Rules", "Config", "Instructions", "Dashboard", "Actions", "Drill",
    "Drill Down", "Start Here", "Start", "Read Me", "Readme", "Customer Card", "Card",
)  # fmt: skip
"""Tabs that xlseg writes: never taken for an export, whatever their headings."""
