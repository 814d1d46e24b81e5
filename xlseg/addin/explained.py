"""The documents behind a number, as rows of cells: headings, documents, and in the last row the number."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from xlseg.addin.arguments import ErrorAnswer
from xlseg.addin.catalogue import BY_NAME
from xlseg.addin.desk import Reading
from xlseg.addin.values import BAD_NUMBER, NOT_AVAILABLE
from xlseg.addin.view import View
from xlseg.analysis import Analysis
from xlseg.behind import DOCUMENT, Evidence, account
from xlseg.behind.orders import ORDERS
from xlseg.behind.receivables import RECEIVABLES
from xlseg.errors import ArgumentError, UnknownCustomerError
from xlseg.explain import explain
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.workbook import Value

Rows = list[list[Value]]

_OF_BOOK = ("seasonal_index", "expected_orders", "deterioration_z")
"""Metrics that no documents of the customer make: the whole book does, or two other metrics."""


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
    rows = _documents(view, view.facts.customers[position], metric)
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


def _documents(view: View, customer: str, metric: str) -> Rows:
    """The documents, in the columns of their kind; the dates and numbers are those of the account."""
    found = account(Evidence(view.ledger, view.facts, view.settings, view.as_of, customer, view.measured), metric).rows
    found = found[(found["kind"] == DOCUMENT).to_numpy()]
    told = {"Document": found["document"].tolist(), "Issued": _dates(found["issued"]), "Due": _dates(found["due"])}
    told |= {"Settled": _dates(found["settled"]), "Amount": found["amount"].tolist(), "Days": [_whole(days) for days in found["days"].tolist()]}
    return _listed([(heading, told[column]) for heading, column in _headings(metric)])


def _headings(metric: str) -> tuple[tuple[str, str], ...]:
    """What each column is called, and which one of the account it is."""
    if metric in RECEIVABLES:
        return (("Document", "Document"), ("Issued", "Issued"), ("Due", "Due"), ("Open", "Amount"), ("Days Past Due", "Days"))
    if metric in ORDERS:
        return (("Document", "Document"), ("Date", "Issued"), ("Amount", "Amount"))
    names = ("Document", "Issued", "Due", "Settled", "Amount")
    return (*((name, name) for name in names), ("Days to Pay" if metric in ("n_settled", "days_to_pay") else "Days Late", "Days"))


def _whole(days: float) -> Value:
    return int(days) if days == days else None


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


def _dates(values: pd.Series) -> list[Value]:
    return [None if pd.isna(day) else day.to_pydatetime() for day in values]


def _listed(columns: Sequence[tuple[str, list[Value]]]) -> Rows:
    headings, values = zip(*columns, strict=True)
    return [list(headings), *(["" if value is None else value for value in row] for row in zip(*values, strict=True))]
