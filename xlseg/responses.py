"""Response to reminders: how often a touch is followed by a payment within a week, by customer and channel. docs/actions.md, "Response rate"."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.touches import Touches, channel_of
from xlseg.workbook import Array

LIKELY = "Likely to Respond"

ENOUGH_CUSTOMERS = 10
"""A segment with fewer customers touched, or fewer touches beyond the first of each, takes the prior of the book."""

LEAST_STRENGTH, USUAL_STRENGTH, MOST_STRENGTH = 2.0, 10.0, 100.0
"""Bounds of the strength of a prior, and what it is where the book says too little."""

CHANCE = 0.01
"""How many customers in a book where all respond alike may be called likely to respond."""


@dataclass(frozen=True)
class Prior:
    """A beta distribution of response rates among customers: its mean, and its strength in touches."""

    mean: float
    strength: float

    def rate(self, touched: float, answered: float) -> float:
        """The expected rate of a customer by his own touches: (mean × strength + answered) ÷ (strength + touched)."""
        return (self.mean * self.strength + answered) / (self.strength + touched)


@dataclass(frozen=True)
class Responses:
    """Response rates of a book.

    Attributes
    ----------
    book
        The prior of the whole book; None when no touch could be judged yet: no rate is known then.
    priors
        Segment → prior, for segments with enough touches of their own.
    touched, answered
        Judged touches of each customer, and how many of them were answered, by position.
    by_channel
        (customer, channel) → the same two.
    likely
        Positions of the customers who are likely to respond.
    """

    book: Prior | None
    priors: Mapping[str, Prior]
    touched: Array
    answered: Array
    by_channel: Mapping[tuple[int, str], tuple[int, int]]
    likely: frozenset[int]

    def rate(self, customer: int, segment: str, channel: str) -> float:
        """The rate of a customer by a channel, shrunk towards his segment; NaN when nothing is known in the book."""
        prior = self.priors.get(segment, self.book)
        return math.nan if prior is None else prior.rate(*self.by_channel.get((customer, channel_of(channel)), (0, 0)))

    def overall(self, customer: int, segment: str) -> float:
        """The same over all channels."""
        prior = self.priors.get(segment, self.book)
        return math.nan if prior is None else prior.rate(float(self.touched[customer]), float(self.answered[customer]))


def responses(found: Touches, counts: Array, answered: Array, segment: Sequence[str]) -> Responses:
    """Response rates by customer and channel.

    Parameters
    ----------
    found
        The touches.
    counts, answered
        Which of them are judged, and which were answered (`touches.judged`).
    segment
        Segment of each customer by position, "" = none.
    """
    size = len(segment)
    n = np.bincount(found.customer[counts], minlength=size)
    k = np.bincount(found.customer[answered], minlength=size)
    if not n.sum():
        return Responses(None, {}, n, k, {}, frozenset())
    whole = fitted(n, k) or Prior(_mean(n, k), USUAL_STRENGTH)
    names = np.array(segment, object)
    own = {name: fitted(n[names == name], k[names == name]) for name in sorted(set(segment) - {""})}
    priors = {name: prior for name, prior in own.items() if prior is not None}
    made = Responses(whole, priors, n, k, _by_channel(found, counts, answered), frozenset())
    return Responses(whole, priors, n, k, made.by_channel, _likely(made, segment))


def fitted(touched: Array, answered: Array) -> Prior | None:
    """The prior of customers who differ, from their touches and answers; None where they are too few.

    The mean is (Σ answered + ½) ÷ (Σ touched + 1). The strength is 1/ρ − 1, with ρ the correlation of the answers of one customer, estimated by the
    analysis of variance: ρ = (B − W) ÷ (B + (n₀ − 1)·W), with B and W the mean squares between and within customers and n₀ the mean number of
    touches, corrected for their spread (Ridout, Demétrio & Firth, Biometrics 55, 1999). It is kept between 2 and 100.
    """
    n, k = touched[touched > 0].astype("float64"), answered[touched > 0].astype("float64")
    customers, total = len(n), float(n.sum())
    if customers < ENOUGH_CUSTOMERS or total - customers < ENOUGH_CUSTOMERS:
        return None
    share = k / n
    between = float((n * (share - k.sum() / total) ** 2).sum()) / (customers - 1)
    within = float((n * share * (1 - share)).sum()) / (total - customers)
    size = (total - float((n**2).sum()) / total) / (customers - 1)
    spread = between + (size - 1) * within
    rho = (between - within) / spread if spread > 0 else 0.0
    strength = 1 / rho - 1 if rho > 0 else math.inf
    return Prior(_mean(n, k), min(max(strength, LEAST_STRENGTH), MOST_STRENGTH))


def _mean(touched: Array, answered: Array) -> float:
    return (float(answered.sum()) + 0.5) / (float(touched.sum()) + 1.0)


def _by_channel(found: Touches, counts: Array, answered: Array) -> dict[tuple[int, str], tuple[int, int]]:
    places, back = np.unique(np.stack([found.customer[counts], found.channel[counts]]), axis=1, return_inverse=True)
    n = np.bincount(back.ravel(), minlength=places.shape[1]).tolist()
    k = np.bincount(back.ravel(), weights=answered[counts], minlength=places.shape[1]).astype("int64").tolist()
    return {(customer, found.channels[channel]): (n[at], k[at]) for at, (customer, channel) in enumerate(places.T.tolist())}


def _likely(made: Responses, segment: Sequence[str]) -> frozenset[int]:
    """Customers with an expected rate of at least one half whose answers would be rare if everybody responded like the whole book."""
    base = float(made.answered.sum()) / float(made.touched.sum())
    pairs = zip(made.touched.tolist(), made.answered.tolist(), strict=True)
    rare = {pair: tail(*pair, base) <= CHANCE for pair in set(pairs)}
    some = np.flatnonzero(made.answered > 0).tolist()
    return frozenset(at for at in some if rare[int(made.touched[at]), int(made.answered[at])] and made.overall(at, segment[at]) >= 0.5)


def tail(trials: int, least: int, chance: float) -> float:
    """Probability of at least so many successes in independent trials (binomial)."""
    if least <= 0:
        return 1.0
    if chance in (0.0, 1.0):
        return chance
    logs = [_log_choose(trials, k) + k * math.log(chance) + (trials - k) * math.log1p(-chance) for k in range(least, trials + 1)]
    return min(math.fsum(math.exp(log) for log in logs), 1.0)


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
