"""Whether two groups differ: the difference of their means with an interval. docs/metrics.md, "Value"."""

from __future__ import annotations

import numpy as np

from xlseg.workbook import Array


def mean_difference(these: Array, those: Array, confidence: float = 0.90) -> tuple[float, float, float]:
    """Mean of these less mean of those, and the ends of its interval, for groups that may scatter differently (B. L. Welch 1947).

    Both need at least two values.
    """
    from scipy.special import stdtrit

    parts = [float(np.var(values, ddof=1)) / len(values) for values in (these, those)]
    difference, variance = float(np.mean(these) - np.mean(those)), sum(parts)
    if variance == 0:
        return difference, difference, difference
    freedom = variance**2 / sum(part**2 / (len(values) - 1) for part, values in zip(parts, (these, those), strict=True))
    reach = float(stdtrit(freedom, (1 + confidence) / 2)) * variance**0.5
    return difference, difference - reach, difference + reach
