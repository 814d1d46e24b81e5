"""The course of every customer: where among the measured rows he stands at each date, so that dates are compared without looking ids up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.workbook import Array

UNKNOWN = -1
"""Stands for the row, or whatever else is said of a row, of a customer who is not known yet."""


@dataclass(frozen=True)
class Courses:
    """customers × dates: the row of the measured frame, UNKNOWN where the customer is not known at the date."""

    customers: pd.Index
    rows: Array

    def of(self, customers: Sequence[str] | Array) -> Array:
        """The rows of some customers, each of whom is among them."""
        found: Array = self.rows[self.customers.get_indexer(pd.Index(customers, dtype=object))]
        return found


def courses(measured: pd.DataFrame, dates: Sequence[dt.date]) -> Courses:
    """The courses of the customers of a measured frame."""
    customer, ids = pd.factorize(measured["customer"].to_numpy(object))
    day = np.searchsorted(np.array(dates, "datetime64[s]"), measured["as_of"].to_numpy())
    known = np.flatnonzero(measured["known"].to_numpy("bool"))
    rows = np.full((len(ids), len(dates)), UNKNOWN)
    rows[customer[known], day[known]] = known
    return Courses(pd.Index(ids, dtype=object), rows)


def said_of(rows: Array, values: Array, of_unknown: object) -> Array:
    """What a column of the measured frame holds at some rows."""
    found: Array = np.append(values, np.array([of_unknown], dtype=values.dtype))[rows]
    return found
