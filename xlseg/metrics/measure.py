"""The pass: facts → one frame with every metric, a row an as-of date and known customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from functools import partial

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from narwhals.stable.v2 import col

from xlseg.beside import beside
from xlseg.calendar import FOREVER, Season, day_number, month_number, month_numbers, season
from xlseg.engines import Frame, collect, load
from xlseg.facts import Facts, facts
from xlseg.metrics import orders as order
from xlseg.metrics import payments as pay
from xlseg.metrics import receivables as due
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.metrics.dense import dense_sums
from xlseg.metrics.expected_orders import orders_to_come
from xlseg.metrics.needs import OF_EVENTS, OF_ITEMS, OF_ORDERS, sums_for
from xlseg.metrics.spans import F64, KEYS, Dates, Part, Rows
from xlseg.metrics.sums import joined_sums
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.workbook import Array


def measure(ledger: Ledger, as_of: Sequence[dt.date], settings: Settings, engine: str = "pandas") -> pd.DataFrame:
    """Every metric of docs/metrics.md at each as-of date.

    Returns
    -------
    pandas.DataFrame
        `as_of` (datetime64[s]), `customer` (id), then the metrics by name; money in units, absent values NaN or None. Rows by as-of date,
        customers in the ledger's order. `expected_orders` stands at the last date only.
    """
    return measure_facts(facts(ledger, settings), as_of, settings, engine).drop(columns="position")


def measure_facts(
    book: Facts, as_of: Sequence[dt.date], settings: Settings, engine: str = "pandas", metrics: Collection[str] = tuple(CATALOGUE)
) -> pd.DataFrame:
    """`measure` for facts that are there already; of some metrics only, for which no more is added up than they need.

    Behind `customer` stands his `position` among the facts' customers: whoever compares rows need not look ids up.
    """
    dates = Dates(tuple(day_number(date) for date in as_of), engine)
    seasons = seasons_of(book, dates.days)
    to_come = beside(partial(_to_come, book, dates.days[-1])) if "expected_orders" in metrics else None
    measured = _in_order(collect(derived(_summed(book, dates, seasons, settings, sums_for(metrics)), settings, metrics)))
    if "seasonal_index" in metrics:
        measured["seasonal_index"] = _factor_of_month(measured["as_of"], seasons) if book.has_orders else np.nan
    if to_come:
        measured["expected_orders"] = _at(measured, dates.days[-1], *to_come.result())
    return _presented(measured, book, [name for name in CATALOGUE if name in metrics])


def _to_come(book: Facts, day: int) -> tuple[Array, Array]:
    return orders_to_come(book.order_days["customer"].to_numpy(), book.order_days["day"].to_numpy(), day)


def _in_order(measured: pd.DataFrame) -> pd.DataFrame:
    """Rows by as-of date, then customer."""
    as_of, customer = measured["as_of"].to_numpy(), measured["customer"].to_numpy()
    rises = (as_of[1:] > as_of[:-1]) | ((as_of[1:] == as_of[:-1]) & (customer[1:] > customer[:-1]))
    return measured if rises.all() else measured.sort_values(["as_of", "customer"], ignore_index=True)


def season_of(book: Facts, day: int) -> Season:
    """The season that the book's orders show on a day."""
    return seasons_of(book, (day,))[day]


def seasons_of(book: Facts, days: Sequence[int]) -> dict[int, Season]:
    """The season that the book's orders show on each of some days."""
    placed = book.orders["day"].to_numpy("int64")[book.orders["amount"].to_numpy() > 0]
    start = int(placed.min(initial=FOREVER))
    per_day = np.bincount(placed - start)
    ordered = np.flatnonzero(per_day)
    return seasons_from(ordered + start, per_day[ordered], days)


def seasons_from(ordered: Array, orders: Array, days: Sequence[int]) -> dict[int, Season]:
    """The season on each of some days, from the day numbers with orders (rising) and how many there are on each."""
    month = month_numbers(ordered)
    seasons = {}
    for day in days:
        number, first = np.unique(month[ordered <= day], return_index=True)
        count = np.add.reduceat(orders[ordered <= day], first) if len(first) else first
        seasons[day] = season(dict(zip(number.tolist(), count.tolist(), strict=True)), int(ordered[0]) if len(first) else None, day)
    return seasons


def _summed(book: Facts, dates: Dates, seasons: dict[int, Season], settings: Settings, needed: Collection[str]) -> Frame:
    """Every sum that is needed, a row an as-of date and known customer."""
    known = Rows(load(book.known, dates.engine), col("day"), nw.lit(FOREVER + 1))
    made: dict[tuple[str, ...], Callable[[], Part]] = {
        OF_EVENTS: lambda: pay.payment_events(load(book.closings, dates.engine), settings),
        OF_ITEMS: lambda: due.open_items(load(book.balances, dates.engine)),
        OF_ORDERS: lambda: order.orders_in_window(load(book.orders, dates.engine), dates, seasons, settings.window),
    }
    parts = [make().only(needed) for sums, make in made.items() if not set(sums).isdisjoint(needed)]
    parts.append(order.order_history(load(book.order_days, dates.engine), dates))
    frame = dense_sums(known, parts, dates, len(book.customers)) if dates.engine == "pandas" else joined_sums(known, parts, dates)
    return frame.with_columns(*[col(name).cast(F64) for name in ("as_of", *(name for part in parts for name in part.columns))])


def derived(sums: Frame, settings: Settings, metrics: Collection[str] = tuple(CATALOGUE)) -> Frame:
    """The metrics: ratios of the sums, and what is made of them. Money in hundredths; without seasonal_index and expected_orders.

    Of some metrics only, with those that they are made of.
    """
    own = [name for name in CATALOGUE if name in metrics and name not in ("seasonal_index", "expected_orders")]
    needed = set(own)
    for name in reversed(_MADE_OF):
        needed |= _MADE_OF[name] if name in needed else set()
    first: dict[str, Callable[[], nw.Expr]] = {
        "n_paid": lambda: col("n"),
        "exposure": lambda: order.exposure(settings.window),
        "payment_velocity": pay.payment_velocity,
        "payment_velocity_weighted": pay.payment_velocity_weighted,
        "days_to_pay": pay.days_to_pay,
        "payment_consistency": pay.payment_consistency,
        "late_rms": pay.late_rms,
        "late_share": pay.late_share,
        "payment_index": pay.payment_index,
        "velocity_recent": pay.velocity_recent,
        "velocity_change": pay.velocity_change,
        "expected_days_late": pay.expected_days_late,
        "credit_share": pay.credit_share,
        "dispute_share": pay.dispute_share,
        "past_due_share": due.past_due_share,
        "oldest_past_due": due.oldest_past_due,
        "average_order_value": order.average_order_value,
        "order_value_trend": order.order_value_trend,
        "refund_share": order.refund_share,
        "revenue": lambda: col("value") - col("refund"),
        "days_since_last_order": lambda: col("as_of") - col("last_day"),
        "typical_gap": order.typical_gap,
    }
    second: dict[str, Callable[[], nw.Expr]] = {
        "consistency_rating": pay.consistency_rating,
        "velocity_change_z": pay.velocity_change_z,
        "orders_per_month": lambda: order.orders_per_month(adjusted=False),
        "orders_per_month_sa": lambda: order.orders_per_month(adjusted=True),
        "frequency_change": order.frequency_change,
        "frequency_change_z": order.frequency_change_z,
        "recency_ratio": lambda: col("days_since_last_order") / col("typical_gap"),
    }
    frame = sums
    for made in (first, second, {"deterioration_z": order.deterioration_z}):
        if expressions := {name: make() for name, make in made.items() if name in needed}:
            frame = frame.with_columns(**expressions)
    return frame.select(*KEYS, *own)


_MADE_OF: dict[str, set[str]] = {
    "consistency_rating": {"payment_consistency"},
    "velocity_change_z": {"velocity_change"},
    "orders_per_month": {"exposure"},
    "orders_per_month_sa": {"exposure"},
    "frequency_change": {"exposure"},
    "frequency_change_z": {"exposure"},
    "recency_ratio": {"days_since_last_order", "typical_gap"},
    "deterioration_z": {"velocity_change_z", "frequency_change_z"},
}
"""What a metric is made of beside sums; what another one is made of stands before it."""


def _at(measured: pd.DataFrame, day: int, customers: Array, values: Array) -> Array:
    """A column of measured rows that says something of some customers (codes) at one date, and nothing elsewhere."""
    column = np.full(len(measured), np.nan)
    rows = np.flatnonzero(measured["as_of"].to_numpy() == day)
    column[rows] = pd.Series(values, index=customers).reindex(measured["customer"].to_numpy("int64")[rows]).to_numpy()
    return column


def _factor_of_month(as_of: pd.Series, seasons: dict[int, Season]) -> pd.Series:
    return as_of.map({day: s.index[month_number(day) % 12] for day, s in seasons.items()})


_ABSENT_WITHOUT_INVOICES = ("open_balance", "past_due", *(name for name, _, _ in due.BUCKETS))
_ABSENT_WITHOUT_ORDERS = ("orders", "revenue")


def _presented(measured: pd.DataFrame, book: Facts, metrics: Sequence[str]) -> pd.DataFrame:
    """Ids for codes, dates for day numbers, units for hundredths; absent where the book has no such sheet."""
    ids, position = np.array(book.customers, dtype=object), measured["customer"].to_numpy("int64")
    columns: dict[str, object] = {
        "as_of": measured["as_of"].to_numpy("int64").astype("datetime64[D]").astype("datetime64[s]"),
        "customer": pd.Series(ids[position], dtype=object),
        "position": position,
    }
    for name in metrics:
        metric = CATALOGUE[name]
        if metric.unit == "letter":
            columns[name] = measured[name].astype(object).where(measured[name].notna(), None)
        else:
            values = measured[name].to_numpy("float64")
            columns[name] = values / 100 if metric.unit == "money" else values
    frame = pd.DataFrame(columns, copy=False)
    if not book.has_invoices:
        frame[[name for name in _ABSENT_WITHOUT_INVOICES if name in metrics]] = np.nan
    if not book.has_orders:
        frame[[name for name in _ABSENT_WITHOUT_ORDERS if name in metrics]] = np.nan
    return frame
