"""What "means something" is measured with: plain functions of arrays, each checked by hand in tests/core/test_measures.py."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.generic]


def ranking(score: Array, bad: Array) -> float:
    """Area under the ROC curve: the chance that a bad one has the higher score than a good one, ties counting half.

    Rows without a score are left out. NaN when all are bad, or none.
    """
    known = ~np.isnan(score)
    order = pd.Series(score[known]).rank().to_numpy()
    is_bad = bad[known]
    bads, goods = int(is_bad.sum()), int((~is_bad).sum())
    if not bads or not goods:
        return float("nan")
    return float((order[is_bad].sum() - bads * (bads + 1) / 2) / (bads * goods))


def lift(flagged: Array, bad: Array) -> float:
    """Bad rate among the flagged over the bad rate of all."""
    return float(bad[flagged].mean() / bad.mean())


def flips(labels: Array, known: Array) -> float:
    """Share of the moments at which a customer's label (customers × dates) is another than at the date before; both must be known."""
    both = known[:, 1:] & known[:, :-1]
    return float(((labels[:, 1:] != labels[:, :-1]) & both).sum() / both.sum())


def jumps(risk: Array, known: Array, least: float = 2) -> float:
    """Share of the moments at which a customer's risk (customers × dates, NaN = none) is at least so much higher or lower than before."""
    both = known[:, 1:] & known[:, :-1]
    return float(((np.abs(np.diff(risk, axis=1)) >= least) & both).sum() / both.sum())


def falls(risk: Sequence[float], bad_rate: Sequence[float]) -> bool:
    """Whether a segment has a lower bad rate than one of lower risk; segments of one risk are not compared."""
    pairs = list(zip(risk, bad_rate, strict=True))
    return any(r1 < r2 and b1 > b2 for r1, b1 in pairs for r2, b2 in pairs)


def interval(customers: Array, measure: Callable[[Array], float], draws: int = 300, seed: int = 1) -> tuple[float, float]:
    """95 % interval of a measure of rows when whole customers are drawn with replacement: the months of one customer are not independent."""
    chance = np.random.default_rng(seed)
    _, code = np.unique(customers, return_inverse=True)
    rows_of = [np.flatnonzero(code == c) for c in range(code.max() + 1)]
    found = [measure(np.concatenate([rows_of[c] for c in chance.integers(0, len(rows_of), len(rows_of))])) for _ in range(draws)]
    low, high = np.nanpercentile(found, [2.5, 97.5])
    return float(low), float(high)


def is_train(customers: Sequence[str]) -> Array:
    """The half of the customers by which rules were chosen: those whose id has an even SHA-256. The others are only reported."""
    return np.array([hashlib.sha256(str(c).encode()).digest()[-1] % 2 == 0 for c in customers])


def part_inside(draws: Array, value: float, low: float = 0.1, high: float = 0.9) -> float:
    """How far a value lies between two quantiles of draws: 1 or 0, or, where many draws equal the value, the part of their places that does.

    Whether the value 0 of a week in which nothing comes in most draws lies above the lower quantile is a matter of chance: of its places among the
    draws, from the share below to the share not above, those between `low` and `high` count (Czado, Gneiting and Held 2009).
    """
    below, upto = float((draws < value).mean()), float((draws <= value).mean())
    if upto == below:
        return float(low <= below <= high)
    return max(0.0, min(upto, high) - max(below, low)) / (upto - below)
