"""The documents of a whole demo book as they are known on its last day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.demo.chance import Chance
from xlseg.demo.habits import NEVER, Habits
from xlseg.demo.settling import settle
from xlseg.demo.trade import billed, order_events, pay_days
from xlseg.workbook import Array

CANCELLED = 0.04
"""Share of the orders that are cancelled and never billed."""

WITHOUT_ORDER = 0.05
"""Share of the invoices' orders that were taken by telephone and are not on SalesOrders."""

TWO_DELIVERIES = 0.15


@dataclass(frozen=True)
class Documents:
    """Orders, invoices, credit memos and applications up to the last day; days are numbers, money is in hundredths.

    orders: customer, day, cents, cancelled, listed, billed. invoices: customer, order, issued, due, cents, disputed, paper,
    remaining, closed (NEVER while open). memos: invoice, customer, issued, cents, remaining, closed. applications: invoice,
    memo (−1: none), day, cents, type. `order`, `invoice` and `memo` are row numbers.
    """

    orders: pd.DataFrame
    invoices: pd.DataFrame
    memos: pd.DataFrame
    applications: pd.DataFrame


def documents(seed: int, habits: Habits, begin: int, until: int) -> Documents:
    """A book from day `begin` to day `until`."""
    orders = order_events(Chance(seed, "orders"), habits, begin, until)
    fate = Chance(seed, "order fate")
    orders["cancelled"] = fate.happens(np.full(len(orders), CANCELLED))
    orders["listed"] = orders["cancelled"] | ~fate.happens(np.full(len(orders), WITHOUT_ORDER))
    invoices = billed(Chance(seed, "invoices"), habits, orders, TWO_DELIVERIES)
    wanted = (invoices["issued"] <= until) & ~orders["cancelled"].to_numpy()[invoices["order"]]
    invoices = invoices[wanted].reset_index(drop=True)
    orders["billed"] = np.bincount(invoices["order"], invoices["cents"], len(orders)).astype("int64")
    settling = settle(Chance(seed, "settling"), habits, invoices, pay_days(Chance(seed, "payments"), habits, invoices))
    applications = settling.applications[settling.applications["day"] <= until].reset_index(drop=True)
    invoices["remaining"], invoices["closed"] = _balance(invoices["cents"], applications, "invoice")
    memos = settling.memos.drop(columns="applied")
    memos["remaining"], memos["closed"] = _balance(memos["cents"], applications[applications["memo"] >= 0], "memo")
    return Documents(orders, invoices, *_numbered(memos, applications, until))


def _balance(cents: pd.Series, applications: pd.DataFrame, document: str) -> tuple[Array, Array]:
    """What is left of each document, and the day of the last application to those of which nothing is."""
    applied = np.bincount(applications[document], applications["cents"], len(cents)).astype("int64")
    last = np.full(len(cents), 0, dtype="int64")
    np.maximum.at(last, applications[document].to_numpy(), applications["day"].to_numpy())
    remaining = cents.to_numpy() - applied
    return remaining, np.where(remaining == 0, last, NEVER)


def _numbered(memos: pd.DataFrame, applications: pd.DataFrame, until: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The memos written by the last day, by issue day, and applications that refer to them by their new row number."""
    kept = memos[memos["issued"] <= until].sort_values("issued", kind="stable")
    place = np.full(len(memos) + 1, -1)  # the last one answers for memo −1
    place[kept.index] = np.arange(len(kept))
    return kept.reset_index(drop=True), applications.assign(memo=place[applications["memo"]])
