"""The documents under the headings of an ERP's saved searches. Money in units, dates as datetime64[s], empty cells None or NaT."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xlseg.demo.books import Documents
from xlseg.demo.chance import Chance
from xlseg.demo.habits import NEVER, as_dates, off_weekend
from xlseg.demo.parties import terms_text
from xlseg.demo.settling import CREDIT, PAYMENT, WRITE_OFF
from xlseg.workbook import Array

ON_ACCOUNT = 0.003
"""Payments that name no invoice, beside each hundred that do: cash nobody has applied yet."""

REMINDED_AFTER = (7, 21, 45)
"""Days past due of the first, second and third reminder."""

OUTCOMES = ("Sent", "No answer", "Left message", "Promised", "Disputed")


def numbered(prefix: str, first: int, size: int) -> Array:
    """Document numbers that count up from `first`."""
    return np.array([f"{prefix}{number}" for number in range(first, first + size)], dtype=object)


def invoices_sheet(chance: Chance, parties: pd.DataFrame, terms: Array, documents: Documents) -> pd.DataFrame:
    """Invoices and credit memos, by date."""
    invoices, memos = documents.invoices, documents.memos
    customer = np.concatenate([invoices["customer"], memos["customer"]]).astype("int64")
    size, bills = len(customer), len(invoices)
    is_memo = np.arange(size) >= bills
    issued = np.concatenate([invoices["issued"], memos["issued"]]).astype("int64")
    closed = np.concatenate([invoices["closed"], memos["closed"]]).astype("int64")
    blank = np.full(len(memos), "", dtype=object)
    order = np.concatenate([invoices["order"], invoices["order"].to_numpy()[memos["invoice"]]]).astype("int64")
    sheet = pd.DataFrame(
        {
            "Date": as_dates(issued),
            "Type": np.where(is_memo, "Credit Memo", "Invoice"),
            "Document Number": np.concatenate([numbered("INV", 20001, bills), numbered("CM", 1001, len(memos))]),
            "Customer ID": parties["Customer ID"].to_numpy()[customer],
            "Name": parties["Name"].to_numpy()[customer],
            "PO #": purchase_orders(chance, documents)[order],
            "Terms": np.concatenate([terms_text(terms[invoices["customer"]]), blank]),
            "Due Date/Receive By": as_dates(np.concatenate([invoices["due"], np.full(len(memos), NEVER)])),
            "Amount": np.concatenate([invoices["cents"], -memos["cents"]]) / 100,
            "Amount Remaining": np.concatenate([invoices["remaining"], -memos["remaining"]]) / 100,
            "Status": np.where(closed >= NEVER, "Open", np.where(is_memo, "Fully Applied", "Paid In Full")),
            "Paid Date": as_dates(closed),
            "Currency": "USD",
            "FX Rate": 1.0,
            "Disputed": np.concatenate([np.where(invoices["disputed"], "Yes", "No"), np.full(len(memos), "No")]),
            "Delivery": np.concatenate([np.where(invoices["paper"], "Paper", "E-mail"), blank]),
            "Location": chance.pick(["Main Warehouse", "West DC", "Drop Ship"], size, [0.6, 0.3, 0.1]),
        }
    )
    return sheet.sort_values("Date", kind="stable", ignore_index=True)


def purchase_orders(chance: Chance, documents: Documents) -> Array:
    """The customer's own number of each order; one in five gives none."""
    size = len(documents.orders)
    numbers = chance.whole(size, 10_000, 99_999)
    return np.where(chance.happens(np.full(size, 0.2)), "", np.array([f"PO-{number}" for number in numbers], dtype=object))


def payments_sheet(chance: Chance, parties: pd.DataFrame, documents: Documents) -> pd.DataFrame:
    """Applications of payments, credit memos and write-offs, and some cash on account, by date."""
    applied = documents.applications
    kind = applied["type"].to_numpy().astype(object)
    invoice = applied["invoice"].to_numpy()
    own = np.where(kind == WRITE_OFF, numbered("JE", 3001, len(applied)), numbered("PYMT", 50001, len(applied)))
    memos = np.append(numbered("CM", 1001, len(documents.memos)), "")
    frame = pd.DataFrame(
        {
            "day": applied["day"],
            "customer": documents.invoices["customer"].to_numpy()[invoice],
            "number": np.where(kind == CREDIT, memos[applied["memo"]], own),
            "type": kind,
            "cents": applied["cents"],
            "to": numbered("INV", 20001, len(documents.invoices))[invoice],
        }
    )
    loose = frame[(kind == PAYMENT) & chance.happens(np.full(len(frame), ON_ACCOUNT))]
    loose = loose.assign(number=numbered("PYMT", 30001, len(loose)), to="", cents=chance.whole(len(loose), 10_00, 900_00))
    frame = pd.concat([frame, loose]).sort_values("day", kind="stable", ignore_index=True)
    customer = frame["customer"].to_numpy()
    method = chance.pick(["ACH", "Check", "Wire", "Card"], len(frame), [0.5, 0.25, 0.15, 0.1])
    return pd.DataFrame(
        {
            "Payment No": frame["number"],
            "Date": as_dates(frame["day"].to_numpy()),
            "Type": frame["type"],
            "Customer ID": parties["Customer ID"].to_numpy()[customer],
            "Name": parties["Name"].to_numpy()[customer],
            "Amount": frame["cents"] / 100,
            "Applied To": frame["to"],
            "Payment Method": np.where(frame["type"] == PAYMENT, method, ""),
        }
    )


def orders_sheet(chance: Chance, parties: pd.DataFrame, documents: Documents) -> pd.DataFrame:
    """Sales orders, by date."""
    orders = documents.orders
    customer, billed = orders["customer"].to_numpy(), orders["billed"].to_numpy()
    status = np.where(billed >= orders["cents"], "Billed", np.where(billed > 0, "Partially Fulfilled", "Pending Fulfillment"))
    sheet = pd.DataFrame(
        {
            "Date": as_dates(orders["day"].to_numpy()),
            "Document Number": numbered("SO", 40001, len(orders)),
            "Customer ID": parties["Customer ID"].to_numpy()[customer],
            "Name": parties["Name"].to_numpy()[customer],
            "Status": np.where(orders["cancelled"], "Cancelled", status),
            "Amount": orders["cents"] / 100,
            "Sales Rep": parties["Sales Rep"].to_numpy()[customer],
            "Ship Via": chance.pick(["Ground", "Freight", "Air", "Pick-up"], len(orders), [0.6, 0.25, 0.05, 0.1]),
        }
    )
    return sheet[orders["listed"].to_numpy()].reset_index(drop=True)


def reminders_sheet(chance: Chance, parties: pd.DataFrame, documents: Documents, until: int) -> pd.DataFrame:
    """Reminders of the last twelve months for invoices that were still open on the day, by date."""
    invoices = documents.invoices
    numbers = numbered("INV", 20001, len(invoices))
    levels = []
    for level, days in enumerate(REMINDED_AFTER):
        day = off_weekend(invoices["due"].to_numpy() + days)
        due = (day <= until) & (day > until - 365) & (invoices["closed"] > day)
        chosen = np.flatnonzero(due & chance.happens(np.full(len(invoices), 0.8)))
        levels.append(pd.DataFrame({"invoice": chosen, "day": day[chosen], "level": level}))
    rows = pd.concat(levels, ignore_index=True).sort_values(["day", "invoice"], kind="stable", ignore_index=True)
    size, nth = len(rows), rows["level"].to_numpy()
    outcome = np.where(nth == 0, "Sent", chance.pick(OUTCOMES[1:], size, [0.3, 0.25, 0.35, 0.1]))
    promised = off_weekend(rows["day"].to_numpy() + chance.whole(size, 3, 14))
    return pd.DataFrame(
        {
            "Date": as_dates(rows["day"].to_numpy()),
            "Customer ID": parties["Customer ID"].to_numpy()[invoices["customer"].to_numpy()[rows["invoice"]]],
            "Invoice No": numbers[rows["invoice"]],
            "Channel": np.array(["E-mail", "Phone", "Letter"], dtype=object)[nth],
            "Outcome": outcome,
            "Promise Date": as_dates(np.where(outcome == "Promised", promised, NEVER)),
        }
    )
