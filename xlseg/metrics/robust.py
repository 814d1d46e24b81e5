"""What the options of the formulas add: medians, scatter and slopes that outliers do not move, and Kaplan–Meier. docs/metrics.md, "Options"."""

from __future__ import annotations

import math

import numpy as np

from xlseg.workbook import Array

MAD_SCALE = 1.4826
"""Makes the median absolute deviation of normal data equal to its standard deviation."""

MOST_POINTS = 2_000
"""Points of which a Theil–Sen slope takes all pairs; of more, the latest."""


def mean(values: Array, weights: Array) -> float:
    """Σ w·x ÷ Σ w; NaN without weight."""
    total = weights.sum()
    return float((values * weights).sum() / total) if total > 0 else math.nan


def median(values: Array, weights: Array) -> float:
    """The value below and above which half of the weight lies; midway between two where the half falls exactly between them. NaN without weight."""
    total = weights.sum()
    if not total > 0:
        return math.nan
    order = np.argsort(values, kind="stable")
    ordered, running = values[order], np.cumsum(weights[order])
    low = ordered[np.searchsorted(running, total / 2 * (1 - 1e-12), side="left")]
    high = ordered[np.searchsorted(running, total / 2 * (1 + 1e-12), side="right")]
    return float((low + high) / 2)


def median_deviation(values: Array) -> float:
    """1.4826 × the median distance from the median; NaN without values."""
    return float(MAD_SCALE * np.median(np.abs(values - np.median(values)))) if len(values) else math.nan


def theil_sen(x: Array, y: Array) -> float:
    """Median slope over all pairs of points of different x; the latest 2,000 points by x. NaN when all x are equal."""
    if len(x) > MOST_POINTS:
        latest = np.argsort(x, kind="stable")[-MOST_POINTS:]
        x, y = x[latest], y[latest]
    first, second = np.triu_indices(len(x), 1)
    run = x[second] - x[first]
    rises = run != 0
    return float(np.median((y[second] - y[first])[rises] / run[rises])) if rises.any() else math.nan


def survival(values: Array, weights: Array, is_open: Array) -> tuple[Array, Array]:
    """The Kaplan–Meier curve.

    Parameters
    ----------
    values
        Days until settled, or, where `is_open`, so far.
    weights
        What each invoice weighs.

    Returns
    -------
    tuple of arrays
        The days on which something was settled, rising, and the share still open after each of them. An invoice that is open as long counts as
        at risk on that day (E. L. Kaplan and P. Meier, Nonparametric estimation from incomplete observations, JASA 53, 1958).
    """
    days = np.unique(values[~is_open])
    at_risk = weights.sum() - _weight_below(values, weights, days)
    settled = np.bincount(np.searchsorted(days, values[~is_open]), weights=weights[~is_open], minlength=len(days))
    return days, np.cumprod(1 - settled / at_risk)


def _weight_below(values: Array, weights: Array, days: Array) -> Array:
    order = np.argsort(values, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(weights[order])])
    below: Array = running[np.searchsorted(values[order], days, side="left")]
    return below


def survival_median(values: Array, weights: Array, is_open: Array) -> float:
    """The first day by which half is settled; NaN when that was not seen."""
    days, still_open = survival(values, weights, is_open)
    half = np.flatnonzero(still_open <= 0.5 + 1e-12)
    return float(days[half[0]]) if len(half) else math.nan


def survival_mean(values: Array, weights: Array, is_open: Array) -> float:
    """The area under the curve up to the longest time seen, from the shortest settled one; NaN when nothing was settled."""
    days, still_open = survival(values, weights, is_open)
    if not len(days):
        return math.nan
    ends = np.append(days, max(values.max(), days[-1]))
    return float(days[0] + (still_open * np.diff(ends)).sum())
