"""Tidy tables → integer facts: days since 1970, hundredths, customers as codes. No dates, nulls or floats beyond this page.

What a metric may see at an as-of date is said here once, as spans of days: an invoice is settled from a day on, a balance stands from one day
until another. docs/metrics.md, "Invoices: amount, balance, settled".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.calendar import FOREVER, month_numbers
from xlseg.tables import Ledger
from xlseg.workbook import Array

CENT = 1
"""An open balance up to this many hundredths is settled."""


@dataclass(frozen=True)
class Facts:
    """What happened, in integers. All frames have `customer`, a position in `customers`; all columns are int64.

    Attributes
    ----------
    customers
        Ids: those of the Customers sheet in its order, then the others as they appear.
    known
        customer, day: his first fact. Customers without facts have no row.
    closings
        customer, invoice, issued, due, settled (FOREVER = open), amount, by_credit, disputed, timed: one row an invoice whose timing is known or
        still open; `timed` is 0 where Config leaves disputed ones out.
    balances
        customer, invoice, due, since, until, amount, is_credit: an open balance that stood from `since` to the day before `until`. Credit
        memos are due FOREVER; `invoice` is a position in the ledger's invoices.
    sales
        customer, day, amount: invoices without credit memos.
    orders
        customer, day, month (0–11), amount; refunds are below 0.
    order_days
        customer, day: distinct days with an order.
    """

    customers: tuple[str, ...]
    known: pd.DataFrame
    closings: pd.DataFrame
    balances: pd.DataFrame
    sales: pd.DataFrame
    orders: pd.DataFrame
    order_days: pd.DataFrame
    has_invoices: bool
    has_orders: bool
    orders_are_invoices: bool


def facts(ledger: Ledger, leave_out_disputed: bool = False) -> Facts:
    """The facts of a ledger."""
    codes = _codes(ledger)
    invoices = _invoices(ledger.invoices, codes)
    applied = _applications(ledger, invoices)
    invoices = invoices.assign(**_own_word(ledger, invoices, applied))
    steps = _steps(invoices, applied)
    settled, by_credit = _settled(invoices, applied)
    orders = _orders(ledger, codes)
    return Facts(
        customers=tuple(codes.index),
        known=_known(ledger, codes, invoices, orders),
        closings=_closings(invoices, settled, by_credit, leave_out_disputed),
        balances=_spans(invoices, steps),
        sales=invoices.loc[~invoices["is_credit"], ["customer", "issued", "amount"]].rename(columns={"issued": "day"}).reset_index(drop=True),
        orders=orders,
        order_days=orders.loc[orders["amount"] > 0, ["customer", "day"]].drop_duplicates().reset_index(drop=True),
        has_invoices=ledger.has_invoices,
        has_orders=ledger.has_orders or ledger.has_invoices,
        orders_are_invoices=not ledger.has_orders,
    )


def days(dates: pd.Series) -> Array:
    """Day numbers of a datetime column; FOREVER where it is absent."""
    values = dates.to_numpy("datetime64[D]")
    return np.where(np.isnat(values), FOREVER, values.astype("int64"))


def _codes(ledger: Ledger) -> pd.Series:
    ids = [frame["customer"] for frame in (ledger.customers, ledger.invoices, ledger.orders, ledger.payments)]
    names = pd.concat(ids, ignore_index=True).astype(object)
    unique = names[names != ""].drop_duplicates()
    return pd.Series(np.arange(len(unique), dtype="int64"), index=pd.Index(unique, dtype=object))


def _coded(names: pd.Series, codes: pd.Series) -> Array:
    return codes.reindex(names.astype(object)).fillna(-1).to_numpy("int64")


def _invoices(table: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    remaining = table["remaining"].to_numpy("float64")
    return pd.DataFrame(
        {
            "customer": _coded(table["customer"], codes),
            "document": table["document"].to_numpy(object),
            "issued": days(table["issued"]),
            "due": days(table["due"]),
            "paid": days(table["paid"]),
            "amount": table["amount"].to_numpy("int64"),
            "stated": ~np.isnan(remaining),
            "remaining": np.nan_to_num(remaining).astype("int64"),
            "status": table["status"].to_numpy(object),
            "is_credit": table["is_credit"].to_numpy("bool"),
            "disputed": table["disputed"].to_numpy("bool"),
        }
    )


def _applications(ledger: Ledger, invoices: pd.DataFrame) -> pd.DataFrame:
    """invoice, day, amount, credit: what lowers a balance, a row an invoice and day. A credit memo that is used is raised by as much."""
    payments = ledger.payments
    position = pd.Series(np.arange(len(invoices), dtype="int64"), index=pd.Index(invoices["document"], dtype=object))
    amount = payments["amount"].to_numpy("int64")
    is_credit = payments["is_credit"].to_numpy("bool")
    day = days(payments["date"])
    target = position.reindex(payments["document"].astype(object)).fillna(-1).to_numpy("int64")
    memo = position.reindex(payments["payment"].astype(object)).fillna(-1).to_numpy("int64")
    used = is_credit & (target >= 0) & (memo >= 0) & (memo != target)
    used[used] = invoices["is_credit"].to_numpy()[memo[used]]
    rows = pd.DataFrame(
        {
            "invoice": np.concatenate([target, memo[used]]),
            "day": np.concatenate([day, day[used]]),
            "amount": np.concatenate([amount, -amount[used]]),
            "credit": np.concatenate([np.where(is_credit, amount, 0), np.zeros(int(used.sum()), "int64")]),
        }
    )
    rows = rows[rows["invoice"] >= 0]
    rows["day"] = np.maximum(rows["day"], invoices["issued"].to_numpy()[rows["invoice"]])
    return rows.groupby(["invoice", "day"], as_index=False, sort=True).sum()


def _own_word(ledger: Ledger, invoices: pd.DataFrame, applied: pd.DataFrame) -> dict[str, Array]:
    """What an invoice's own row says where no payment refers to it.

    closed_on: day it was closed (FOREVER = not, or not known), undated: closed or partly paid, nobody knows when; left: what was left open then.
    """
    alone = np.ones(len(invoices), "bool")
    alone[applied["invoice"].to_numpy()] = False
    status = invoices["status"].to_numpy()
    amount, remaining, stated = invoices["amount"].to_numpy(), invoices["remaining"].to_numpy(), invoices["stated"].to_numpy()
    dated = invoices["paid"].to_numpy() < FOREVER
    says_open = (status == "open") | ((status == "") & stated & (np.abs(remaining) > CENT))
    says_closed = ~says_open & (np.isin(status, ["closed", "credited"]) | (stated & (np.abs(remaining) <= CENT)))
    says_nothing = (status == "") & ~stated
    believed = alone & dated & ~says_open & (says_closed | says_nothing | np.bool_(not ledger.has_payments))
    trusted = invoices["is_credit"].to_numpy() | np.bool_(not ledger.has_payments)  # else the payments say what is open
    partly = alone & trusted & ~believed & ~says_closed & stated & (np.abs(remaining) < np.abs(amount))
    undated = (alone & says_closed & ~dated) | partly
    return {
        "closed_on": np.where(believed, np.maximum(invoices["paid"], invoices["issued"]), FOREVER),
        "undated": undated & ~partly,
        "opening": np.where(undated, np.where(partly, remaining, 0), amount),
    }


def _steps(invoices: pd.DataFrame, applied: pd.DataFrame) -> pd.DataFrame:
    """invoice, day, balance at its end, until (the day it changes again)."""
    number = np.arange(len(invoices), dtype="int64")
    closed = invoices["closed_on"].to_numpy() < FOREVER
    moves = pd.DataFrame(
        {
            "invoice": np.concatenate([number, applied["invoice"], number[closed]]),
            "day": np.concatenate([invoices["issued"], applied["day"], invoices["closed_on"][closed]]),
            "amount": np.concatenate([invoices["opening"], -applied["amount"].to_numpy(), -invoices["opening"].to_numpy()[closed]]),
        }
    )
    steps = moves.groupby(["invoice", "day"], as_index=False, sort=True).sum()
    steps["balance"] = steps.groupby("invoice")["amount"].cumsum()
    following = steps["invoice"].to_numpy()[1:] == steps["invoice"].to_numpy()[:-1]
    until = np.full(len(steps), FOREVER + 1)
    until[:-1][following] = steps["day"].to_numpy()[1:][following]
    return steps.assign(until=until)


def _settled(invoices: pd.DataFrame, applied: pd.DataFrame) -> tuple[Array, Array]:
    """Day each invoice is settled (FOREVER = open), and whether more than half of it by credit then."""
    settled = invoices["closed_on"].to_numpy().copy()
    by_credit = (invoices["status"] == "credited").to_numpy() & (settled < FOREVER)
    target = applied["invoice"].to_numpy()
    total = applied.groupby("invoice")[["amount", "credit"]].cumsum()
    amount = invoices["amount"].to_numpy()[target]
    done = amount - total["amount"].to_numpy() <= CENT
    first = pd.DataFrame(
        {"invoice": target[done], "day": applied["day"].to_numpy()[done], "half": (2 * total["credit"].to_numpy() > amount)[done]}
    ).drop_duplicates("invoice")
    settled[first["invoice"]] = first["day"]
    by_credit[first["invoice"]] = first["half"]
    return settled, by_credit


def _closings(invoices: pd.DataFrame, settled: Array, by_credit: Array, leave_out_disputed: bool) -> pd.DataFrame:
    disputed = invoices["disputed"].to_numpy()
    frame = pd.DataFrame(
        {
            "customer": invoices["customer"],
            "invoice": np.arange(len(invoices), dtype="int64"),
            "issued": invoices["issued"],
            "due": invoices["due"],
            "settled": settled,
            "amount": invoices["amount"],
            "by_credit": by_credit.astype("int64"),
            "disputed": disputed.astype("int64"),
            "timed": (~(disputed & leave_out_disputed)).astype("int64"),
        }
    )
    counts = ~invoices["is_credit"] & ~invoices["undated"] & (invoices["amount"] > CENT)
    return frame[counts].reset_index(drop=True)


def _spans(invoices: pd.DataFrame, steps: pd.DataFrame) -> pd.DataFrame:
    number = steps["invoice"].to_numpy()
    is_credit = invoices["is_credit"].to_numpy()[number]
    frame = pd.DataFrame(
        {
            "customer": invoices["customer"].to_numpy()[number],
            "invoice": number,
            "due": np.where(is_credit, FOREVER, invoices["due"].to_numpy()[number]),
            "since": steps["day"],
            "until": steps["until"],
            "amount": steps["balance"],
            "is_credit": is_credit.astype("int64"),
        }
    )
    return frame[frame["amount"] != 0].reset_index(drop=True)


def _orders(ledger: Ledger, codes: pd.Series) -> pd.DataFrame:
    """The orders; where the book has none, its invoices and credit memos stand in."""
    table, date = (ledger.orders, "date") if ledger.has_orders else (ledger.invoices, "issued")
    day = days(table[date])
    return pd.DataFrame(
        {"customer": _coded(table["customer"], codes), "day": day, "month": month_numbers(day) % 12, "amount": table["amount"].to_numpy("int64")}
    )


def _known(ledger: Ledger, codes: pd.Series, invoices: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    payments = pd.DataFrame({"customer": _coded(ledger.payments["customer"], codes), "day": days(ledger.payments["date"])})
    first = invoices[["customer", "issued"]].rename(columns={"issued": "day"})
    every = pd.concat([first, orders[["customer", "day"]], payments[payments["customer"] >= 0]], ignore_index=True)
    return every.groupby("customer", as_index=False, sort=True)[["day"]].min()
