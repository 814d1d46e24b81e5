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
    """The facts' customers × dates: the row of the measured frame, UNKNOWN where the customer is not known at the date."""

    customers: tuple[str, ...]
    rows: Array

    def of(self, customer: str) -> Array:
        """The rows of one of the customers."""
        found: Array = self.rows[self.customers.index(customer)]
        return found


def courses(measured: pd.DataFrame, dates: Sequence[dt.date], customers: tuple[str, ...]) -> Courses:
    """The courses of the customers of a measured frame."""
    day = np.searchsorted(np.array(dates, "datetime64[s]"), measured["as_of"].to_numpy())
    known = np.flatnonzero(measured["known"].to_numpy("bool"))
    rows = np.full((len(customers), len(dates)), UNKNOWN)
    rows[measured["position"].to_numpy()[known], day[known]] = known
    return Courses(customers, rows)


def said_of(rows: Array, values: Array, of_unknown: object) -> Array:
    """What a column of the measured frame holds at some rows."""
    found: Array = np.append(values, np.array([of_unknown], dtype=values.dtype))[rows]
    return found
