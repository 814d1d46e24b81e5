"""The documents behind a number, as rows of cells: headings, documents, and in the last row the number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlseg.addin.arguments import ErrorAnswer
from xlseg.addin.catalogue import BY_NAME
from xlseg.addin.desk import Reading
from xlseg.addin.values import BAD_NUMBER, NOT_AVAILABLE
from xlseg.addin.view import View
from xlseg.analysis import Analysis
from xlseg.errors import ArgumentError, UnknownCustomerError
from xlseg.explain import explain
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.metrics.receivables import BUCKETS
from xlseg.workbook import Array, Value

Rows = list[list[Value]]

_SETTLED = ("n_settled", "days_to_pay")
_OPEN = ("open_balance", "past_due", "past_due_share", "oldest_past_due", *(name for name, _, _ in BUCKETS))
_WINDOW_ORDERS = (
    "orders", "orders_per_month", "orders_per_month_sa", "frequency_change", "frequency_change_z", "average_order_value", "order_value_trend",
    "refund_share", "revenue",
)  # fmt: skip
_ALL_ORDERS = ("days_since_last_order", "typical_gap", "recency_ratio")
_OF_BOOK = ("seasonal_index", "expected_orders", "credit_share", "dispute_share", "deterioration_z")


def explanation(reading: Reading, customer: str, metric: str, as_of: dt.date | None) -> Rows:
    """The rows behind a metric, or behind the segment.

    Raises
    ------
    ErrorAnswer
        #N/A for an unknown customer, #NUM! for a number without documents of its own.
    """
    if metric == "segment":
        return _segment(reading.analysis(as_of), customer)
    position, view = reading.book.position(customer), reading.book.at(reading.day(as_of))
    if position is None or position not in view.known:
        raise ErrorAnswer(NOT_AVAILABLE, "EXPLAIN", f"nothing is known of {customer!r} on that day", "take an id from the Segments tab")
    if metric in _OF_BOOK:
        raise ErrorAnswer(BAD_NUMBER, "EXPLAIN", f"{metric} has no documents of its own", "take a metric such as payment_velocity")
    rows = _documents(view, position, metric)
    value = view.metric(metric)[position]
    width = len(rows[0])
    return [*rows, [metric, *[""] * (width - 2), NOT_AVAILABLE if value is None else value]]


def metric_named(name: str) -> str:
    """The metric of a name, or of a formula's name; "segment" as it is.

    Raises
    ------
    ArgumentError
        For any other name.
    """
    folded = name.strip().casefold()
    formula = BY_NAME.get(name.strip().upper())
    if formula and (formula.metric in CATALOGUE or formula.name == "AGING"):
        return "open_balance" if formula.name == "AGING" else formula.metric
    if folded == "segment" or folded in CATALOGUE:
        return folded
    raise ArgumentError("EXPLAIN", f"{name!r} is no metric", "write one such as payment_velocity, open_balance, orders, or segment")


def _documents(view: View, position: int, metric: str) -> Rows:
    if metric in _OPEN:
        return _open_items(view, position, metric)
    if metric in _WINDOW_ORDERS or metric in _ALL_ORDERS:
        return _orders(view, position, None if metric in _ALL_ORDERS else view.day - view.settings.window)
    return _payments(view, position, metric)


def _payments(view: View, position: int, metric: str) -> Rows:
    own = view.payments("exclude" if metric in _SETTLED else "known").of(position)
    invoices = view.ledger.invoices.iloc[own.invoice]
    settled = [None if still else value for value, still in zip(_dates(own.due + own.late), own.is_open.tolist(), strict=True)]
    days, heading = (own.taken, "Days to Pay") if metric in _SETTLED else (own.late, "Days Late")
    columns = [
        invoices["document"].tolist(), _dates(invoices["issued"]), _dates(own.due), settled, (invoices["amount"] / 100).tolist(), days.tolist(),
    ]  # fmt: skip
    return _listed(("Document", "Issued", "Due", "Settled", "Amount", heading), columns, by=1)


def _open_items(view: View, position: int, metric: str) -> Rows:
    items = view.facts.balances
    column = {name: items[name].to_numpy("int64") for name in items}
    kept = (column["customer"] == position) & (column["since"] <= view.day) & (column["until"] > view.day)
    age = view.day - column["due"]
    bucket = next(((low, high) for name, low, high in BUCKETS if name == metric), None)
    if metric in ("past_due", "oldest_past_due"):
        kept &= age > 0
    elif bucket:
        kept &= (age >= (bucket[0] if bucket[0] is not None else age.min(initial=0))) & (
            age <= (bucket[1] if bucket[1] is not None else age.max(initial=0))
        )
    invoices = view.ledger.invoices.iloc[column["invoice"][kept]]
    past = np.where(column["is_credit"][kept] == 1, 0, age[kept])
    columns = [
        invoices["document"].tolist(), _dates(invoices["issued"]), _dates(invoices["due"]), (column["amount"][kept] / 100).tolist(), past.tolist(),
    ]  # fmt: skip
    return _listed(("Document", "Issued", "Due", "Open", "Days Past Due"), columns, by=1)


def _orders(view: View, position: int, after: int | None) -> Rows:
    ledger = view.ledger
    table, date = (ledger.orders, "date") if ledger.has_orders else (ledger.invoices, "issued")
    customer = view.facts.customers[position]
    day = table[date].to_numpy("datetime64[D]").astype("int64")
    kept = (
        (table["customer"].astype(object) == customer).to_numpy()
        & (day <= view.day)
        & (day > (after if after is not None else day.min(initial=0) - 1))
    )
    found = table[kept]
    return _listed(("Document", "Date", "Amount"), [found["document"].tolist(), _dates(found[date]), (found["amount"] / 100).tolist()], by=1)


def _segment(analysis: Analysis, customer: str) -> Rows:
    try:
        found = explain(analysis, customer)
    except UnknownCustomerError as error:
        raise ErrorAnswer(NOT_AVAILABLE, error.place, error.fact, error.advice) from None
    rows: Rows = [["Metric", "Value", "Criterion", "Edge"]]
    for reason in found.reasons:
        edge = None if reason.edge != reason.edge else reason.edge
        rows.append([reason.name, reason.value, reason.criterion.written, "" if edge is None else float(edge)])
    return [*rows, ["segment", "", "", str(found.standing["segment"])]]


def _dates(values: Array | pd.Series) -> list[Value]:
    days = values if isinstance(values, np.ndarray) else values.to_numpy("datetime64[D]").astype("int64")
    return [None if day is None else day for day in np.asarray(days).astype("datetime64[D]").astype("datetime64[s]").tolist()]


def _listed(headings: tuple[str, ...], columns: Sequence[list[Value]], by: int) -> Rows:
    rows = sorted(zip(*columns, strict=True), key=lambda row: (row[by], str(row[0])))
    return [list(headings), *(["" if value is None else value for value in row] for row in rows)]
