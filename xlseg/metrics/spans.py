"""The one idea behind one pass over the facts: each fact holds on a span of days, and is added up at every as-of date inside it.

An invoice settled on day s counts as a payment event at all T with s ≤ T < s + W; a balance that stood from day a until b counts at all T with
a ≤ T < b; an order is known at all T ≥ its day. The two ends of a span are turned into positions among the as-of dates by
comparing, and a small table of all pairs of positions spreads the fact over the dates by an equi-join: no loop over dates, no inequality
join, no cross join, so that every engine can do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
import pandas as pd

from xlseg.engines import Frame, load

I64, F64 = nw.Int64, nw.Float64
KEYS = ("as_of", "customer")


@dataclass(frozen=True)
class Dates:
    """The as-of dates (day numbers, rising) and the engine that facts are on."""

    days: tuple[int, ...]
    engine: str

    def positions(self) -> pd.DataFrame:
        """first, past, as_of: a row for every as-of date whose position is at least `first` and below `past`."""
        n = len(self.days)
        rows = [(a, b, self.days[i]) for a in range(n) for b in range(a + 1, n + 1) for i in range(a, b)]
        return pd.DataFrame(rows, columns=["first", "past", "as_of"], dtype="int64")

    def position(self, day: nw.Expr) -> nw.Expr:
        """How many as-of dates lie before a day."""
        return nw.sum_horizontal(*[(day > as_of).cast(I64) for as_of in self.days]).cast(I64)


def spread(frame: Frame, since: nw.Expr, until: nw.Expr, dates: Dates) -> Frame:
    """Every row once for each as-of date with since ≤ date < until, with that date as `as_of`."""
    placed = frame.with_columns(first=dates.position(since), past=dates.position(until)).filter(nw.col("first") < nw.col("past"))
    return placed.join(load(dates.positions(), dates.engine), on=["first", "past"], how="inner").drop("first", "past")


def total(frame: Frame, keys: Sequence[str] = KEYS, *, counts: Sequence[str] = (), sums: Sequence[str] = (), **extremes: nw.Expr) -> Frame:
    """Plain sums a group: of int64 columns (`counts`, exact) and float64 ones (`sums`); `extremes` are plain minima and maxima.

    The casts after are needed: DuckDB sums integers to 128 bits.
    """
    grouped = frame.group_by(*keys).agg(*[nw.col(name).sum() for name in (*counts, *sums)], **extremes)
    return grouped.with_columns(*[nw.col(name).cast(I64) for name in counts], *[nw.col(name).cast(F64) for name in sums])


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where a condition holds, else 0."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).cast(I64)


def ratio(above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """`above` divided by `below`; absent, never infinite, where there is nothing to divide by."""
    return nw.when(below != 0).then(above / below)


def squares_about_mean(squares: nw.Expr, sums: nw.Expr, count: nw.Expr) -> nw.Expr:
    """Sum of squares about the mean, from Σx², Σx and n; absent when n = 0."""
    return squares - ratio(sums * sums, count)
