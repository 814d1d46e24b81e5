"""What real exports have and nobody wants: rows twice, text where a number should be, references to nothing.

Rows that intake must leave out are always rows too many: without them the ledger is whole. Defects of the other rows change only how
a value is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.demo.chance import Chance
from xlseg.workbook import Array, CellError

HEADER_ROW = {"Customers": 1, "Invoices": 1, "Payments": 1, "SalesOrders": 4, "Reminders": 1}
"""Row of the headings on each sheet; above those of SalesOrders stands the name of the saved search."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""As ERPs write them; strftime would ask the locale."""

EUR_RATE = 1.25
"""US dollars a euro: a fifth of all amounts has an exact price in both."""

MARK = "defect"
"""Column that holds a row's defect while the book is made."""

BOOK_OF_REFERENCE = 500
"""Customers of a book to which the counts below apply."""


@dataclass(frozen=True)
class Defect:
    """One row of a sheet that is not as it should be; row 1 is the sheet's first, `excluded`: it must not be counted."""

    sheet: str
    row: int
    kind: str
    excluded: bool


Plant = Callable[[Chance, pd.DataFrame, int], pd.DataFrame]


def strangers(chance: Chance, invoices: pd.DataFrame, count: int) -> pd.DataFrame:
    """Invoices of customers who are not on Customers."""
    ids = np.array([f"9{number:03d}" for number in range(1, count + 1)], dtype=object)
    return _extra(
        chance, invoices, _open(invoices), count, {"Customer ID": ids, "Name": "One-time customer", "Document Number": _new("INV19", count)}
    )


def without_date(chance: Chance, invoices: pd.DataFrame, count: int) -> pd.DataFrame:
    """Invoices without a date."""
    return _extra(chance, invoices, _open(invoices), count, {"Date": pd.NaT, "Document Number": _new("INV18", count)})


def unreadable_amount(chance: Chance, invoices: pd.DataFrame, count: int) -> pd.DataFrame:
    """Invoices whose amount is the text n/a."""
    return _extra(chance, invoices, _open(invoices), count, {"Amount": "n/a", "Document Number": _new("INV17", count)})


def error_amount(chance: Chance, invoices: pd.DataFrame, count: int) -> pd.DataFrame:
    """Invoices whose amount is an error value."""
    return _extra(chance, invoices, _open(invoices), count, {"Amount": CellError("#N/A"), "Document Number": _new("INV16", count)})


def without_rate(chance: Chance, invoices: pd.DataFrame, count: int) -> pd.DataFrame:
    """Invoices in euros without a rate."""
    return _extra(chance, invoices, _open(invoices), count, {"Currency": "EUR", "FX Rate": np.nan, "Document Number": _new("INV15", count)})


def foreign(chance: Chance, invoices: pd.DataFrame, count: int) -> pd.DataFrame:
    """Invoices in euros with a rate: nothing wrong with them, but they must be converted."""
    whole = np.round(pd.to_numeric(invoices["Amount"], errors="coerce") * 100) % 5 == 0
    rows = _chosen(chance, _open(invoices) & whole.to_numpy(), count)
    euros = np.round(invoices.loc[rows, "Amount"].astype("float64") / EUR_RATE, 2)
    return _rewritten(invoices, rows, {"Currency": "EUR", "FX Rate": EUR_RATE, "Amount": euros, "Amount Remaining": euros})


def text_amount(chance: Chance, invoices: pd.DataFrame, count: int) -> pd.DataFrame:
    """Credit memos whose amount is a text in brackets."""
    rows = _chosen(chance, (invoices["Type"] == "Credit Memo").to_numpy() & (invoices[MARK] == "").to_numpy(), count)
    return _rewritten(invoices, rows, {"Amount": [f"({-amount:,.2f})" for amount in invoices.loc[rows, "Amount"]]})


def twice(chance: Chance, sheet: pd.DataFrame, count: int) -> pd.DataFrame:
    """Rows that were exported twice."""
    return _extra(chance, sheet, (sheet[MARK] == "").to_numpy(), count, {})


def unknown_invoice(chance: Chance, payments: pd.DataFrame, count: int) -> pd.DataFrame:
    """Payments of an invoice that is not on Invoices."""
    cash = (payments["Type"] == "Payment").to_numpy() & (payments[MARK] == "").to_numpy()
    return _extra(chance, payments, cash, count, {"Applied To": _new("INV14", count), "Payment No": _new("PYMT29", count)})


def text_date(chance: Chance, orders: pd.DataFrame, count: int) -> pd.DataFrame:
    """A run of orders whose date is a text such as 03-Nov-2025."""
    start = int(chance.whole(1, 0, max(len(orders) - count, 0))[0])
    rows = orders.index[start : start + count]
    texts = [f"{date.day:02d}-{MONTHS[date.month - 1]}-{date.year}" for date in orders.loc[rows, "Date"]]
    return _rewritten(orders, rows, {"Date": texts})


def total_row(chance: Chance, orders: pd.DataFrame, count: int) -> pd.DataFrame:
    """The saved search's own total at the end, once whatever the count."""
    total = round(float(orders["Amount"].sum()), 2)
    row = pd.DataFrame([dict.fromkeys(orders.columns, "") | {"Date": "Overall Total", "Amount": total, MARK: NEW}])
    return pd.concat([orders.astype({"Date": object}), row.astype({"Date": object})], ignore_index=True)


def leading_zeros(chance: Chance, customers: pd.DataFrame, count: int) -> pd.DataFrame:
    """Ids that are numbers to a careless reader: they are there, and are only marked."""
    return _rewritten(customers, customers.index[customers["Customer ID"].str.startswith("0")], {})


def formula_name(chance: Chance, customers: pd.DataFrame, count: int) -> pd.DataFrame:
    """Names that look like a formula: they are there, and are only marked."""
    return _rewritten(customers, customers.index[customers["Name"].str.startswith("=")], {})


NEW = "new"
"""Mark of a row that the plant at work has made or changed."""

# kind, sheet, rows in a book of reference, whether they must be left out, and what makes them; in this order
PLANTS: tuple[tuple[str, str, int, bool, Plant], ...] = (
    ("id with leading zeros", "Customers", 1, False, leading_zeros),
    ("name like a formula", "Customers", 1, False, formula_name),
    ("foreign currency", "Invoices", 1, False, foreign),
    ("text amount", "Invoices", 2, False, text_amount),
    ("exported twice", "Invoices", 6, True, twice),
    ("no date", "Invoices", 2, True, without_date),
    ("unreadable amount", "Invoices", 2, True, unreadable_amount),
    ("error value", "Invoices", 2, True, error_amount),
    ("foreign currency without rate", "Invoices", 1, True, without_rate),
    ("exported twice", "Payments", 3, True, twice),
    ("unknown invoice", "Payments", 3, True, unknown_invoice),
    ("text date", "SalesOrders", 8, False, text_date),
    ("exported twice", "SalesOrders", 2, True, twice),
    ("total row", "SalesOrders", 1, True, total_row),
)

UNKNOWN_CUSTOMER = "unknown customer"
STRANGERS = 2
"""Kind and rows in a book of reference of invoices whose customers are not on Customers."""


def plant(seed: int, clean: Mapping[str, pd.DataFrame], customers: int) -> tuple[dict[str, pd.DataFrame], tuple[Defect, ...]]:
    """The sheets with their defects, and the list of these."""
    known = set(clean["Customers"]["Customer ID"])
    sheets = {name: frame.assign(**{MARK: ""}) for name, frame in clean.items()}
    sheets["Invoices"].loc[~sheets["Invoices"]["Customer ID"].isin(known), MARK] = UNKNOWN_CUSTOMER
    excluded = {UNKNOWN_CUSTOMER: False}
    for kind, sheet, count, out, made in PLANTS:
        frame = made(Chance(seed, f"{kind} {sheet}"), sheets[sheet], scaled(count, customers))
        frame[MARK] = frame[MARK].replace(NEW, kind)
        sheets[sheet], excluded[kind] = frame, out
    found = tuple(
        Defect(name, HEADER_ROW[name] + 1 + int(place), str(kind), excluded[str(kind)])
        for name, frame in sheets.items()
        for place, kind in enumerate(frame[MARK])
        if kind
    )
    return {name: frame.drop(columns=MARK) for name, frame in sheets.items()}, found


def with_strangers(seed: int, invoices: pd.DataFrame, customers: int) -> pd.DataFrame:
    """Invoices, among them some of customers who are not on Customers: part of the ledger, and a finding."""
    return strangers(Chance(seed, UNKNOWN_CUSTOMER), invoices.assign(**{MARK: ""}), scaled(STRANGERS, customers)).drop(columns=MARK)


def scaled(count: int, customers: int) -> int:
    """A count for a book of reference, in a book of this size; at least 1."""
    return max(1, round(count * customers / BOOK_OF_REFERENCE))


def _open(invoices: pd.DataFrame) -> Array:
    """Invoices of which nothing is paid: no payment refers to a copy of them."""
    untouched = (invoices["Type"] == "Invoice") & (invoices["Amount"] == invoices["Amount Remaining"]) & (invoices[MARK] == "")
    return untouched.to_numpy()


def _new(prefix: str, count: int) -> Array:
    return np.array([f"{prefix}{number:03d}" for number in range(1, count + 1)], dtype=object)


def _chosen(chance: Chance, eligible: Array, count: int) -> Array:
    """Up to `count` of the eligible rows, in their order."""
    rows = np.flatnonzero(eligible)
    return np.sort(rows[chance.shuffled(len(rows))[:count]])


def _extra(chance: Chance, frame: pd.DataFrame, eligible: Array, count: int, changes: Mapping[str, object]) -> pd.DataFrame:
    """The frame with changed copies of some rows, each after its original."""
    rows = _chosen(chance, eligible, count)
    cut = {heading: value[: len(rows)] if isinstance(value, np.ndarray) else value for heading, value in changes.items()}
    copies = _rewritten(frame.iloc[rows], rows, cut)
    return pd.concat([frame.astype(copies.dtypes), copies]).sort_index(kind="stable").reset_index(drop=True)


def _rewritten(frame: pd.DataFrame, rows: Array | pd.Index, changes: Mapping[str, object]) -> pd.DataFrame:
    """The frame with other values in some rows, which are marked; a column that would hold two types becomes one of objects."""
    changed = frame.copy()
    for heading, value in {**changes, MARK: NEW}.items():
        dtype = frame[heading].dtype
        column = changed[heading].astype(object)
        column[rows] = value
        changed[heading] = column.astype(dtype) if all(_fits(cell, dtype.kind) for cell in column[rows]) else column
    return changed


def _fits(cell: object, kind: str) -> bool:
    if kind == "M":
        return cell is pd.NaT or isinstance(cell, pd.Timestamp)
    return isinstance(cell, float) if kind == "f" else isinstance(cell, str)
