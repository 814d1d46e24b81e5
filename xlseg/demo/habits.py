"""How customers order and pay: the parameters behind a ledger, one element a customer. Days are counted from 1970-01-01."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from xlseg.workbook import Array

NEVER = 2_900_000
"""A day beyond every calendar: of a change that does not come."""

SEASON = np.array([0.95, 0.90, 1.00, 1.00, 0.95, 0.75, 0.60, 0.65, 1.10, 1.35, 1.40, 1.35])
"""Orders of each calendar month against the mean month: ±40 %, a peak in November and a quiet summer."""

AUTUMN_ONLY = np.array([0.1, 0.1, 0.2, 0.2, 0.2, 0.1, 0.1, 0.7, 2.6, 3.2, 3.0, 1.5])
"""The same for a customer with a season of his own."""

LEVEL = np.ones(12)
"""No season at all."""


@dataclass(frozen=True)
class Habits:
    """One array a parameter, one element a customer (`season`: a row of twelve factors a customer).

    Attributes
    ----------
    first, shift
        Day from which he orders; day from which the `…_after` parameters hold (NEVER: they do not).
    late, late_after, spread
        Mean days after the due date on which he pays an undisputed e-mailed invoice, and their standard deviation.
    orders, orders_after
        Orders a month, averaged over the year's season.
    amount, amount_spread
        Median order in hundredths, and the standard deviation of its logarithm.
    terms
        Days from invoice to due date.
    paper_until
        Day up to which his bills go by post; they are paid PAPER_DELAY later.
    disputed, instalments, credited, unpaid
        Shares of his invoices.
    """

    first: Array
    shift: Array
    late: Array
    late_after: Array
    spread: Array
    orders: Array
    orders_after: Array
    amount: Array
    amount_spread: Array
    terms: Array
    season: Array
    paper_until: Array
    disputed: Array
    instalments: Array
    credited: Array
    unpaid: Array

    @property
    def customers(self) -> int:
        """Number of customers."""
        return len(self.first)


def day_number(date: dt.date) -> int:
    """Days since 1970-01-01."""
    return (date - dt.date(1970, 1, 1)).days


def as_dates(days: Array) -> Array:
    """Day numbers as datetime64[s]; NEVER, and all beyond it, is absent."""
    dates = np.asarray(days).astype("datetime64[D]").astype("datetime64[s]")
    dates[np.asarray(days) >= NEVER] = np.datetime64("NaT", "s")
    return dates


def next_workday(days: Array) -> Array:
    """The first workday after each of these days."""
    weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
    return np.asarray(days + np.array([1, 1, 1, 1, 3, 2, 1])[weekday])


def off_weekend(days: Array) -> Array:
    """Saturdays become Fridays and Sundays Mondays, which moves no mean."""
    weekday = (days + 3) % 7
    return np.asarray(days - (weekday == 5) + (weekday == 6))
