"""The migration matrix between two days as rows of cells."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from xlseg.addin.arguments import ErrorAnswer
from xlseg.addin.desk import Reading
from xlseg.addin.values import BAD_NUMBER
from xlseg.analysis import Analysis
from xlseg.calendar import as_of_dates
from xlseg.courses import UNKNOWN
from xlseg.migration import Migration, Snapshot, migrate
from xlseg.workbook import Value

TOTAL = "Total"


def matrix(reading: Reading, before: dt.date | None, after: dt.date | None, show: str) -> list[list[Value]]:
    """Headings, a row a segment before, and for customers and balance the totals.

    Raises
    ------
    ErrorAnswer
        #NUM! when the earlier day is not before the later one.
    """
    later = reading.day(after)
    earlier = before or as_of_dates(later)[-2]
    if earlier >= later:
        raise ErrorAnswer(BAD_NUMBER, "MIGRATION", "the earlier day is not before the later one", "change the days")
    moved = _migration(reading, earlier, later)
    if show == "share":
        return _rows(moved.shares)
    table = moved.counts if show == "customers" else moved.weights
    whole = pd.concat([table, table.sum().to_frame(TOTAL).T])
    return _rows(whole.assign(**{TOTAL: whole.sum(axis=1)}))


def _migration(reading: Reading, earlier: dt.date, later: dt.date) -> Migration:
    """As on the Migration tab, where both days are among its dates."""
    for analysis in (reading.analysis(reading.now(later)), reading.analysis(later)):
        if earlier in analysis.dates and later in analysis.dates:
            return analysis.migration(earlier, later)
    was, now = reading.analysis(earlier), reading.analysis(later)
    segments = tuple(dict.fromkeys([*was.segments, *now.segments]))
    return migrate(_snapshot(was, segments), _snapshot(now, segments), segments)


def _snapshot(analysis: Analysis, segments: tuple[str, ...]) -> Snapshot:
    """Every customer's segment at the as-of date, by his position in the ledger."""
    known = analysis.standing[analysis.standing["known"]]
    position = pd.Index(analysis.facts.customers).get_indexer(pd.Index(known["customer"]))
    found, weights = np.full(len(analysis.facts.customers), UNKNOWN), np.zeros(len(analysis.facts.customers))
    found[position] = [segments.index(segment) for segment in known["segment"]]
    weights[position] = np.nan_to_num(known["open_balance"].to_numpy("float64"))
    return Snapshot(found, weights)


def _rows(table: pd.DataFrame) -> list[list[Value]]:
    heading: list[Value] = ["", *map(str, table.columns)]
    body = [
        [str(name), *("" if value != value else value for value in row)] for name, row in zip(table.index, table.to_numpy().tolist(), strict=True)
    ]
    return [heading, *body]
