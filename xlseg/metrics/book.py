"""Figures of the whole book: days sales outstanding, collection effectiveness, roll rates. docs/metrics.md, "Book figures"."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.calendar import FOREVER, day_number, month_numbers
from xlseg.engines import collect, load
from xlseg.facts import Facts, facts
from xlseg.metrics.receivables import BUCKETS, open_items
from xlseg.metrics.spans import Dates, spread
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.workbook import Array


def days_sales_outstanding(receivables: float, credit_sales: float, days: float) -> float:
    """Receivables ÷ credit sales × days. Days; NaN without sales."""
    return receivables / credit_sales * days if credit_sales else math.nan


def countback(receivables: float, sales: Sequence[float], lengths: Sequence[float]) -> float:
    """Days of sales, month by month backwards, that the receivables cover.

    Parameters
    ----------
    receivables
        Open balance.
    sales, lengths
        Sales and days of each month, the latest first.

    Returns
    -------
    float
        Days; 0 when nothing is open (or more credits than invoices), NaN when the sales given do not cover it.
    """
    if receivables <= 0:
        return 0.0
    left, days = receivables, 0.0
    for sold, length in zip(sales, lengths, strict=True):
        if left <= sold:
            return days + left / sold * length
        left, days = left - sold, days + length
    return math.nan


def collection_effectiveness(opening: float, credit_sales: float, closing: float, closing_current: float) -> float:
    """(opening + sales − closing) ÷ (opening + sales − closing current). Share; NaN when nothing could be collected."""
    collectable = opening + credit_sales - closing_current
    return (opening + credit_sales - closing) / collectable if collectable else math.nan


BOOK_FIGURES = ("open_balance", "past_due", "dso", "dso_best", "average_days_delinquent", "dso_countback", "collection_effectiveness")


def book_figures(ledger: Ledger, as_of: Sequence[dt.date], settings: Settings) -> pd.DataFrame:
    """The book figures, a row an as-of date, columns `BOOK_FIGURES`; money in units, days, shares, NaN = absent."""
    return book_figures_of(facts(ledger, settings), as_of, settings)


def book_figures_of(book: Facts, as_of: Sequence[dt.date], settings: Settings) -> pd.DataFrame:
    """`book_figures` for facts that are there already."""
    if not book.has_invoices:
        return pd.DataFrame({name: np.full(len(as_of), math.nan) for name in BOOK_FIGURES})
    due, since, until, balance = (book.balances[name].to_numpy("int64") for name in ("due", "since", "until", "amount"))
    sales = _sales(book.sales["day"].to_numpy("int64"), book.sales["amount"].to_numpy("int64"))
    rows = []
    before: tuple[int, float] | None = None
    for at in map(day_number, as_of):
        stands = (since <= at) & (until > at)
        total, past = balance[stands].sum() / 100, balance[stands & (due < at)].sum() / 100
        rows.append(_figures(sales, at, total, past, settings.window, before))
        before = (at, total)
    return pd.DataFrame(rows, columns=list(BOOK_FIGURES))


@dataclass(frozen=True)
class _Sales:
    """The sales of each day with any: its number, its month, and the sum (units)."""

    day: Array
    month: Array
    amount: Array


def _sales(day: Array, amount: Array) -> _Sales:
    start = int(day.min(initial=FOREVER))
    sums = np.zeros(int(day.max(initial=start)) - start + 1, "int64")
    is_one = np.zeros(len(sums), "bool")
    np.add.at(sums, day - start, amount)
    is_one[day - start] = True
    days = np.flatnonzero(is_one) + start
    return _Sales(days, month_numbers(days), sums[is_one] / 100)


def _figures(sales: _Sales, at: int, total: float, past: float, window: int, before: tuple[int, float] | None) -> tuple[float, ...]:
    seen = sales.day <= at
    day, month, amount = sales.day[seen], sales.month[seen], sales.amount[seen]
    sold = float(amount[day > at - window].sum())
    span = min(window, at - int(day.min()) + 1) if len(day) else 0
    dso, best = days_sales_outstanding(total, sold, span), days_sales_outstanding(total - past, sold, span)
    effectiveness = math.nan
    if before is not None:
        effectiveness = collection_effectiveness(before[1], float(amount[day > before[0]].sum()), total, total - past)
    return total, past, dso, best, dso - best, countback(total, *_months_back(month, amount, at)), effectiveness


def _months_back(month: Array, amount: Array, at: int) -> tuple[list[float], list[float]]:
    """Sales and days of each calendar month up to a day, the latest first; the latest ends on the day."""
    if not len(month):
        return [], []
    last = int(month_numbers(np.array([at]))[0])
    sales = np.bincount(last - month, weights=amount)
    starts = (np.arange(last, last - len(sales), -1) - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]").astype("int64")
    ends = np.concatenate([[at + 1], starts[:-1]])
    return sales.tolist(), (ends - starts).astype("float64").tolist()


def roll_rates(ledger: Ledger, before: dt.date, after: dt.date, settings: Settings) -> pd.DataFrame:
    """`roll_rates_of` for a ledger."""
    return roll_rates_of(facts(ledger, settings), before, after)


def roll_rates_of(book: Facts, before: dt.date, after: dt.date) -> pd.DataFrame:
    """What became of each ageing bucket's balance between two dates, invoice by invoice.

    Returns
    -------
    pandas.DataFrame
        Index: bucket names; columns `balance` (units, before), `worse` (share now open in a worse bucket), `cured` (share no longer open); NaN
        for an empty bucket.
    """
    dates = Dates((day_number(before), day_number(after)), "pandas")
    items = collect(spread(open_items(load(book.balances)).rows[0], dates))
    items = items[(items["is_credit"] == 0) & (items["amount"] > 0)]
    lows = np.array([low for _, low, _ in BUCKETS[1:]])
    items = items.assign(bucket=np.searchsorted(lows, items["age"].to_numpy(), side="right"))
    then = items[items["as_of"] == dates.days[0]].set_index("invoice")
    now = items[items["as_of"] == dates.days[1]].set_index("invoice").reindex(then.index)
    left = np.minimum(now["amount"].fillna(0).to_numpy(), then["amount"].to_numpy())
    worse = np.where(now["bucket"].to_numpy() > then["bucket"].to_numpy(), left, 0)
    sums = pd.DataFrame({"balance": then["amount"], "worse": worse, "cured": then["amount"] - left, "bucket": then["bucket"]})
    table = sums.groupby("bucket").sum().reindex(range(len(BUCKETS)), fill_value=0).astype("float64")
    whole = table["balance"].where(table["balance"] != 0)
    index = pd.Index([name for name, _, _ in BUCKETS])
    return pd.DataFrame(
        {"balance": table["balance"].to_numpy() / 100, "worse": (table["worse"] / whole).to_numpy(), "cured": (table["cured"] / whole).to_numpy()},
        index=index,
    )
