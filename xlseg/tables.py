"""The tidy tables that intake makes of the ERP sheets, and the findings about what they could not hold.

Dates are datetime64[s] at midnight (NaT = absent). Money is int64 in hundredths of the base currency. Texts are `str`, "" = absent.
Every frame has `row`, the row number (from 1) in its sheet, so that a number can be traced to its cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import pandas as pd

from xlseg.workbook import Value

CUSTOMERS = {
    "customer": "str", "name": "str", "terms": "str", "credit_limit": "float64", "currency": "str", "category": "str", "sales_rep": "str",
    "country": "str", "parent": "str", "on_hold": "bool", "do_not_contact": "bool", "row": "int64",
}  # fmt: skip
"""One row a customer, unique in `customer`. Credit limit in units, NaN = absent."""

INVOICES = {
    "document": "str", "customer": "str", "issued": "datetime64[s]", "due": "datetime64[s]", "amount": "int64", "remaining": "float64",
    "paid": "datetime64[s]", "status": "str", "is_credit": "bool", "disputed": "bool", "row": "int64",
}  # fmt: skip
"""One row an invoice or credit memo, unique in `document`.

amount: hundredths, below 0 for a credit memo. remaining: hundredths as stated by the ERP, signed like amount, NaN = not stated.
status: "open", "closed", "credited" (closed by credit or write-off), or "" = not stated. Voided documents are not here.
due: never absent (credit memos: the issue date when there is none).
"""

PAYMENTS = {
    "payment": "str", "customer": "str", "date": "datetime64[s]", "amount": "int64", "document": "str", "is_credit": "bool", "row": "int64",
}  # fmt: skip
"""One row an application. amount: hundredths, above 0 when it lowers what is owed; is_credit: credit or write-off.
document: the invoice it is applied to, "" = on account (unapplied cash)."""

ORDERS = {"document": "str", "customer": "str", "date": "datetime64[s]", "amount": "int64", "row": "int64"}
"""One row an order that is not cancelled, unique in `document`; refunds are below 0."""

REMINDERS = {
    "customer": "str", "document": "str", "date": "datetime64[s]", "channel": "str", "outcome": "str", "promised": "datetime64[s]", "row": "int64",
}  # fmt: skip


def empty(columns: Mapping[str, str]) -> pd.DataFrame:
    """A frame of the given columns and types, without rows."""
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in columns.items()})


@dataclass(frozen=True)
class Ledger:
    """The book's tidy tables. `has_…` says whether the sheet was there at all: no payments is not the same as no Payments sheet."""

    customers: pd.DataFrame = field(default_factory=lambda: empty(CUSTOMERS))
    invoices: pd.DataFrame = field(default_factory=lambda: empty(INVOICES))
    payments: pd.DataFrame = field(default_factory=lambda: empty(PAYMENTS))
    orders: pd.DataFrame = field(default_factory=lambda: empty(ORDERS))
    reminders: pd.DataFrame = field(default_factory=lambda: empty(REMINDERS))
    has_invoices: bool = False
    has_payments: bool = False
    has_orders: bool = False
    currency: str = ""

    @cached_property
    def tells_of_payment(self) -> bool:
        """Whether anything says which invoices are paid: else all of them look open."""
        invoices = self.invoices
        if self.has_payments or not len(invoices):
            return True
        return bool(invoices["paid"].notna().any() or invoices["remaining"].notna().any() or (invoices["status"].astype(object) != "").any())


Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """Something in the input that the user should know.

    Attributes
    ----------
    kind
        Short name of the defect, the same for all its rows ("duplicate row", "unreadable date", …).
    severity
        info: used as it is; warning: used with an assumption that `effect` states; error: the row (or value) is left out.
    sheet, row, column
        Where: row from 1, 0 for the whole sheet; column is the heading as it stands there.
    found, wanted, effect
        What stands there, what would be right, what was done about it.
    amount
        Hundredths that are left out of the sums because of it; 0 when nothing is.
    count
        Rows it stands for: more than 1 in the line that sums up those of a kind that are not listed one by one.
    """

    kind: str
    severity: Severity
    sheet: str
    row: int
    column: str
    found: Value
    wanted: str
    effect: str
    amount: int = 0
    count: int = 1


@dataclass(frozen=True)
class Tally:
    """Reconciliation of one sheet: rows and hundredths read = used + excluded.

    `rows_void` of the excluded are no defects: voided, cancelled, totals.
    """

    sheet: str
    role: str
    rows_read: int
    rows_used: int
    rows_excluded: int
    read: int
    used: int
    excluded: int
    rows_void: int = 0

    @property
    def agrees(self) -> bool:
        """Whether used and excluded add up to what was read, to the cent."""
        return self.rows_read == self.rows_used + self.rows_excluded and self.read == self.used + self.excluded


@dataclass(frozen=True)
class Intake:
    """What intake hands on: the ledger, its findings (at most 500 a kind, the rest counted in a last one), the reconciliation."""

    ledger: Ledger
    findings: tuple[Finding, ...]
    tallies: tuple[Tally, ...]
