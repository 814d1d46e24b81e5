"""Two snapshots → who moved where. A snapshot is every customer's segment at one as-of date. docs/segments.md, "Migration"."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.segments.rules import GONE as GONE
from xlseg.segments.rules import NEW as NEW
from xlseg.workbook import Array

FEW = 10
"""A row of shares with fewer customers is greyed."""

SMALL_BOOK = 500
"""Below as many customers the stability index is given a p-value."""

_LEAST_SHARE = 1e-4
"""Stands for an empty class in the stability index, whose logarithm has no value at 0."""


@dataclass(frozen=True)
class Snapshot:
    """Position of each customer's segment at one as-of date, -1 where he is not known, and what he weighs (open balance)."""

    segments: Array
    weights: Array


@dataclass(frozen=True)
class Migration:
    """A migration matrix with its margins.

    Attributes
    ----------
    counts, weights
        Rows: the segments, then New; columns: the segments, then Gone. Customers, and what they weigh after (0 for those gone).
    """

    segments: tuple[str, ...]
    counts: pd.DataFrame
    weights: pd.DataFrame

    @property
    def shares(self) -> pd.DataFrame:
        """Row shares ("transition probabilities"); NaN in a row without customers."""
        totals = self.counts.sum(axis=1)
        return self.counts.div(totals.where(totals > 0), axis=0)

    @property
    def both(self) -> Array:
        """Counts of the customers in both snapshots, segments × segments."""
        return self.counts.to_numpy("float64")[:-1, :-1]


def migrate(before: Snapshot, after: Snapshot, segments: Sequence[str]) -> Migration:
    """The migration matrix of two snapshots of the same customers; who is known in neither is not counted."""
    size = len(segments) + 1
    was, now = before.segments, after.segments
    there = (was >= 0) | (now >= 0)
    move = (np.where(was < 0, size - 1, was) * size + np.where(now < 0, size - 1, now))[there]
    weight = np.where(now < 0, 0, after.weights)[there]
    counts, weights = (np.bincount(move, weights=each, minlength=size * size).reshape(size, size) for each in (None, weight))
    rows, columns = [*segments, NEW], [*segments, GONE]
    return Migration(tuple(segments), pd.DataFrame(counts, rows, columns), pd.DataFrame(weights, rows, columns))


@dataclass(frozen=True)
class Mobility:
    """How much a book moved between two snapshots. Shares are of the customers in both; NaN when there are none."""

    customers: int
    worsened: int
    improved: int
    stayed: int
    new: int
    gone: int
    net_downgrade: float
    shorrocks: float
    stability_index: float
    p_value: float

    @property
    def sideways(self) -> int:
        """Moved to a segment of the same risk, or of none."""
        return self.customers - self.worsened - self.improved - self.stayed


def mobility(matrix: Migration, risks: Mapping[str, int | None]) -> Mobility:
    """The figures of a migration matrix.

    net_downgrade: (worsened − improved) ÷ customers. shorrocks: (n − trace P)/(n − 1) over the n segments that had customers before
    (A. F. Shorrocks, The Measurement of Mobility, Econometrica 46, 1978). stability_index: Σ (a − e)·ln(a/e) over segments, e before, a after;
    p_value: of the χ² test beside it, in books under 500 customers only.
    """
    both = matrix.both
    total = int(both.sum())
    level = np.array([math.nan if risks.get(name) is None else float(risks[name] or 0) for name in matrix.segments])
    change = level[None, :] - level[:, None]
    worsened, improved = int(both[change > 0].sum()), int(both[change < 0].sum())
    before, after = both.sum(axis=1), both.sum(axis=0)
    index, p_value = _stability(before, after)
    return Mobility(
        customers=total,
        worsened=worsened,
        improved=improved,
        stayed=int(np.trace(both)),
        new=int(matrix.counts.loc[NEW].to_numpy().sum()),
        gone=int(matrix.counts[GONE].to_numpy().sum()),
        net_downgrade=(worsened - improved) / total if total else math.nan,
        shorrocks=_shorrocks(both),
        stability_index=index,
        p_value=p_value,
    )


def _shorrocks(both: Array) -> float:
    held = both.sum(axis=1) > 0
    states = int(held.sum())
    if states < 2:
        return math.nan
    stays = np.diag(both)[held] / both.sum(axis=1)[held]
    return float((states - stays.sum()) / (states - 1))


def _stability(before: Array, after: Array) -> tuple[float, float]:
    total = before.sum()
    if not total:
        return math.nan, math.nan
    used = (before > 0) | (after > 0)
    expected, actual = (np.maximum(x[used] / total, _LEAST_SHARE) for x in (before, after))
    index = float(((actual - expected) * np.log(actual / expected)).sum())
    if total >= SMALL_BOOK or used.sum() < 2:
        return index, math.nan
    from scipy.special import chdtrc

    statistic = float(((before - after)[used] ** 2 / (before + after)[used]).sum())  # χ² of a table with two equal margins
    return index, float(chdtrc(int(used.sum()) - 1, statistic))
