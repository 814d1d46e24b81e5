"""The one idea behind one pass over the facts: each fact holds on a span of days, and is added up at every as-of date inside it.

An invoice settled on day s counts as a payment event at all T with s ≤ T < s + W; a balance that stood from day a until b counts at all T with
a ≤ T < b; an order is known at all T ≥ its day. What is added up is said once, as `Part`s; where the facts are added up is the engine's business:
`sums.py` lets an engine join them with the dates, `dense.py` walks over the dates in numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
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


@dataclass(frozen=True)
class Weights:
    """A number looked up by the as-of date and the month (0–11) a fact is of; it becomes the column `weight`."""

    by_day: dict[int, tuple[float, ...]]

    def table(self) -> pd.DataFrame:
        """as_of, month, weight."""
        rows = [(day, month, weight) for day, weights in self.by_day.items() for month, weight in enumerate(weights)]
        return pd.DataFrame(rows, columns=["as_of", "month", "weight"]).astype({"as_of": "int64", "month": "int64", "weight": "float64"})


@dataclass(frozen=True)
class Rows:
    """Facts of a kind, each counted at the as-of dates of its span.

    Attributes
    ----------
    source
        On the engine, with `customer`.
    since, until
        A row counts at all T with since ≤ T < until; of the columns of the source.
    fixed
        Adds the columns that are the same at every date, from those of the source.
    moving, needs
        Adds the columns that change with the date, from `as_of`, from `weight` (if there are weights), and from the columns it needs.
    """

    source: Frame
    since: nw.Expr
    until: nw.Expr
    fixed: Callable[[Frame], Frame] | None = None
    moving: Callable[[Frame], Frame] | None = None
    needs: tuple[str, ...] = ()
    weights: Weights | None = None

    @property
    def frame(self) -> Frame:
        """The source with the columns that are the same at every date."""
        return self.fixed(self.source) if self.fixed else self.source


@dataclass(frozen=True)
class Part:
    """What is added up of some rows, which all have these columns.

    Attributes
    ----------
    counts, sums
        Columns that are summed, of int64 (exact) and of float64; 0 for a customer without rows.
    least, most
        int64 columns of which the smallest and largest is kept; absent for a customer without rows.
    """

    rows: tuple[Rows, ...]
    counts: tuple[str, ...] = ()
    sums: tuple[str, ...] = ()
    least: tuple[str, ...] = ()
    most: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything that is added up."""
        return (*self.counts, *self.sums, *self.least, *self.most)

    def only(self, names: Collection[str]) -> Part:
        """The part with some of its columns."""
        kept = {kind: tuple(name for name in getattr(self, kind) if name in names) for kind in ("counts", "sums", "least", "most")}
        return Part(self.rows, **kept)


def spread(rows: Rows, dates: Dates) -> Frame:
    """Every row once for each as-of date of its span, with that date as `as_of`, and its moving columns.

    The two ends of a span are turned into positions among the as-of dates by comparing, and a small table of all pairs of positions
    spreads the row over the dates by an equi-join: no inequality join and no cross join, so that every engine can do it.
    """
    placed = rows.frame.with_columns(first=dates.position(rows.since), past=dates.position(rows.until)).filter(nw.col("first") < nw.col("past"))
    found = placed.join(load(dates.positions(), dates.engine), on=["first", "past"], how="inner").drop("first", "past")
    if rows.weights:
        found = found.join(load(rows.weights.table(), dates.engine), on=["as_of", "month"], how="inner")
    return rows.moving(found) if rows.moving else found


def flag(condition: nw.Expr) -> nw.Expr:
    """1 where a condition holds, else 0."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).cast(I64)


def ratio(above: nw.Expr, below: nw.Expr) -> nw.Expr:
    """`above` divided by `below`; absent, never infinite, where there is nothing to divide by."""
    return nw.when(below != 0).then(above / below)


def squares_about_mean(squares: nw.Expr, sums: nw.Expr, count: nw.Expr) -> nw.Expr:
    """Sum of squares about the mean, from Σx², Σx and n; absent when n = 0."""
    return squares - ratio(sums * sums, count)
