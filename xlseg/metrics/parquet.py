"""Measures the invoices of a parquet file where they lie: DuckDB adds up, a row a customer comes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from narwhals.stable.v2 import col

from xlseg.calendar import Season, day_number, month_number
from xlseg.engines import Frame, collect, relation, told
from xlseg.errors import SettingError, SourceError
from xlseg.metrics.catalogue import CATALOGUE, Metric
from xlseg.metrics.expected_orders import expected_from
from xlseg.metrics.invoices import kinds_of, known_before, may_count, order_days_of, read_rows
from xlseg.metrics.measure import derived, seasons_from
from xlseg.metrics.needs import OF_HISTORY, OF_ORDER_DAYS, OF_THE_BOOK, sums_for
from xlseg.metrics.one_date import sums_at
from xlseg.parquet import EXACT, LAST, InvoiceFile, open_invoices
from xlseg.settings import Settings
from xlseg.workbook import Array


def measure_parquet(path: Path | str, as_of: Sequence[dt.date], settings: Settings, metrics: Sequence[str] | None = None) -> pd.DataFrame:
    """The metrics of the invoices in a parquet file at each as-of date, by the same definitions as `measure`.

    Parameters
    ----------
    path
        A file, or a pattern of files, with the columns of `xlseg.parquet`.
    metrics
        Those wanted, in the order wanted; None: all. The fewer, the less is added up.

    Returns
    -------
    pandas.DataFrame
        `as_of`, `customer` (as in the file), then the metrics; money in units, absent values NaN or None. Rows by as-of date, then customer.
        `expected_orders` stands at the last date only.

    Raises
    ------
    SettingError
        For a metric that does not exist, or without duckdb.
    SourceError, FormatError
        When the file cannot be read, or holds what no invoice can have; for an as-of date after the last that one can have.
    """
    for date in as_of:
        if date > LAST:
            raise SourceError(Path(path).name, f"no date as late as {date.isoformat()} is read", f"take an as-of date up to {LAST.isoformat()}")
    wanted = _known(tuple(metrics) if metrics is not None else tuple(CATALOGUE))
    file = open_invoices(path)
    days = tuple(day_number(date) for date in as_of)
    with told(file.name):
        seasons = seasons_from(*file.orders_per_day(), days)
        invoices = relation(file.invoices)
        frames = [_at(file, invoices, day, seasons[day], settings, wanted, last=day == days[-1]) for day in days]
    return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]


def _known(metrics: tuple[str, ...]) -> tuple[str, ...]:
    for metric in metrics:
        if metric not in CATALOGUE:
            near = get_close_matches(metric, CATALOGUE, n=1)
            raise SettingError("metrics", f"{metric!r} is none", f"take {near[0]!r}" if near else "take some of docs/metrics.md")
    return metrics


def _at(file: InvoiceFile, invoices: Frame, day: int, season: Season, settings: Settings, wanted: tuple[str, ...], last: bool) -> pd.DataFrame:
    """The measured rows of one date."""
    summed = _summed(file, invoices, day, season, settings, wanted)
    sums = collect(summed) if OF_THE_BOOK & set(wanted) else None
    own = [name for name in wanted if name not in _NOT_DERIVED]
    measured = collect(derived(summed if sums is None else nw.from_native(sums), settings, own))
    _check_customers(file, measured["customer"])
    columns: dict[str, object] = {"as_of": np.full(len(measured), np.datetime64(day, "D").astype("datetime64[s]")), "customer": measured["customer"]}
    for name in wanted:
        if name == "seasonal_index":
            columns[name] = np.full(len(measured), season.index[month_number(day) % 12])
        elif name == "expected_orders":
            columns[name] = _expected(sums, day) if last and sums is not None else np.full(len(measured), np.nan)
        else:
            columns[name] = _in_units(measured[name], CATALOGUE[name])
    return pd.DataFrame(columns, copy=False)


_NOT_DERIVED = ("seasonal_index", "expected_orders")


def _in_units(values: pd.Series, metric: Metric) -> object:
    """The values as they are handed out: money in units, absent letters None."""
    if metric.unit == "letter":
        return values.astype(object).where(values.notna(), None)
    return values.to_numpy("float64") / (100 if metric.unit == "money" else 1)


def _summed(file: InvoiceFile, invoices: Frame, day: int, season: Season, settings: Settings, wanted: Collection[str]) -> Frame:
    """Every sum that is needed, a row a known customer.

    Distinct order days are counted over all rows; without them, what was before the window is looked at apart from what may count in it, so
    that most rows are looked at once.
    """
    needed = sums_for(wanted)
    span = max(file.last, day) - file.first + 1
    exact = file.rows * span**2 < EXACT
    rows = read_rows(invoices.filter(may_count(day, settings)), settings)
    kinds = kinds_of(settings, day, season)
    if OF_ORDER_DAYS & set(wanted):
        known = order_days_of(invoices, day)
        events = sums_at(rows, kinds, day, needed.difference(OF_HISTORY), exact)
        frame = known.join(events, on="customer", how="left")
    else:
        start = day - settings.window
        before = known_before(invoices, start, needed)
        events = sums_at(rows, kinds, day, needed, exact, there=(col("issued") > start) & (col("issued") <= day))
        frame = _together(before, events)
    numbers = [col(name).cast(nw.Float64) for name in OF_HISTORY if name in frame.columns]
    added = {name: col(name).fill_null(0.0) for name in sorted(needed - {"first_due", *OF_HISTORY})}
    return frame.with_columns(*numbers, as_of=nw.lit(float(day)), **added).sort("customer")


def _together(before: Frame, events: Frame) -> Frame:
    """The sums of those who were known before the window, who have something in it, or both."""
    both = before.join(events, on="customer", how="full", suffix=_LATER)
    customer, later = col("customer"), col(f"customer{_LATER}")
    columns = {"customer": nw.when(customer.is_null()).then(later).otherwise(customer)}
    for name, of in (("first_day", nw.min_horizontal), ("last_day", nw.max_horizontal)):
        if name in before.columns:
            columns[name] = of(name, name + _LATER)
    return both.select(*(name for name in events.columns if name not in columns), **columns)


_LATER = " later"


def _check_customers(file: InvoiceFile, customers: pd.Series) -> None:
    if customers.isna().any() or (customers == "").any():
        raise SourceError(file.name, "invoices without a customer", "fill in column 'customer'")


def _expected(sums: pd.DataFrame, day: int) -> Array:
    """Orders to come; absent for those who never ordered."""
    ordered = sums["first_day"].notna().to_numpy()
    column = np.full(len(sums), np.nan)
    order_days, first, last = (sums[name].to_numpy()[ordered] for name in ("order_days", "first_day", "last_day"))
    column[ordered] = expected_from(order_days, first, last, day)
    return column
