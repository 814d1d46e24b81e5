"""Random draws that come out the same on every platform and under every version of numpy.

numpy promises a stable stream for the bits of PCG64, but for none of its distributions: only bits are drawn, and every distribution is
made of them by the inverse of its cumulative function. Each purpose has its own stream: a column more in one sheet changes nothing in the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
from scipy.special import ndtri

from xlseg.workbook import Array

STEP = 2.0**-52
"""Uniform numbers are odd multiples of half a step: never 0 or 1, where the normal quantile is infinite."""

MOST_IN_A_DAY = 9
"""Poisson counts end here: beyond a mean of 1 a day no customer of a demo book goes."""


class Chance:
    """The random numbers of one purpose."""

    def __init__(self, seed: int, purpose: str) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, crc32(purpose.encode())]))

    def uniform(self, shape: int | tuple[int, ...], low: float | Array = 0.0, high: float | Array = 1.0) -> Array:
        """Numbers between low and high, neither included."""
        upper_bits = self._bits.random_raw(shape) >> np.uint64(12)
        return np.asarray(low + (upper_bits + 0.5) * STEP * (np.asarray(high) - low))

    def whole(self, shape: int, low: int | Array, high: int | Array) -> Array:
        """Whole numbers from low to high, both included; low where high is below it."""
        spans = np.maximum(np.asarray(high) - low + 1, 1)
        return np.asarray(low + np.floor(self.uniform(shape) * spans)).astype("int64")

    def normal(self, shape: int) -> Array:
        """Standard normal numbers."""
        return np.asarray(ndtri(self.uniform(shape)))

    def poisson(self, means: Array) -> Array:
        """Poisson counts for means of up to about 1."""
        drawn = self.uniform(means.shape)
        chance = np.exp(-means)
        reached = chance.copy()
        counts = np.zeros(means.shape, dtype="int64")
        for count in range(1, MOST_IN_A_DAY + 1):
            counts += drawn > reached
            chance = chance * means / count
            reached += chance
        return counts

    def happens(self, shares: Array) -> Array:
        """Whether each of the events with these probabilities happens."""
        return np.asarray(self.uniform(len(shares)) < shares)

    def pick(self, values: Sequence[Any], size: int, shares: Sequence[float] | None = None) -> Array:
        """Some of the values, with these shares or all alike."""
        weights = np.ones(len(values)) if shares is None else np.asarray(shares, dtype="float64")
        edges = np.cumsum(weights)[:-1] / weights.sum()
        return np.asarray(values)[np.searchsorted(edges, self.uniform(size), side="right")]

    def shuffled(self, size: int) -> Array:
        """The numbers 0 … size − 1 in random order."""
        return np.argsort(self.uniform(size), kind="stable")
