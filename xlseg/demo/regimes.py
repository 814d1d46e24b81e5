"""The kinds of customers in the demo book, and who is of which kind."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlseg.demo.chance import Chance
from xlseg.demo.habits import AUTUMN_ONLY, NEVER, SEASON, Habits
from xlseg.workbook import Array

Range = tuple[float, float]


@dataclass(frozen=True)
class Regime:
    """A kind of customer: its share of the book, and the range from which each parameter is drawn.

    `shift` and `start` are ranges of days before the end of the book; `delay` is added to the days late and `fewer` multiplies the
    orders from the shift on.
    """

    kind: str
    share: float
    late: Range
    spread: Range
    orders: Range
    size: float = 1.0
    shift: Range | None = None
    delay: Range = (0, 0)
    fewer: Range = (1, 1)
    start: Range | None = None
    own_season: bool = False
    paper: float = 0.3
    unpaid: float = 0.0


REGIMES = (
    Regime("steady", 0.18, (-10, 2), (6, 11), (0.2, 0.9)),
    Regime("steady early", 0.25, (-35, -19), (4, 8), (0.25, 1.1)),
    Regime("reliable frequent", 0.06, (-7, -1), (3, 6), (2, 10), paper=0),
    Regime("steady late", 0.16, (5, 13), (6, 12), (0.25, 1.1), paper=0.4, unpaid=0.02),
    Regime("high value slow", 0.06, (6, 11), (5, 9), (0.5, 1.8), size=5, unpaid=0.01),
    Regime("deteriorating", 0.05, (-10, -1), (4, 7), (0.7, 1.8), shift=(50, 330), delay=(10, 20), paper=0),
    Regime("declining", 0.04, (-11, -1), (4, 9), (0.8, 3), shift=(60, 330), fewer=(0.2, 0.4), paper=0),
    Regime("at-risk shift", 0.04, (-10, -2), (4, 7), (1.8, 4), shift=(45, 330), delay=(15, 15), fewer=(0.5, 0.5), paper=0),
    Regime("improving", 0.03, (8, 15), (5, 9), (0.7, 2), shift=(60, 330), delay=(-14, -10), paper=0),
    Regime("dormant", 0.06, (-8, 6), (6, 11), (0.4, 1.3), size=0.5, shift=(170, 600), fewer=(0, 0), unpaid=0.02),
    Regime("new", 0.04, (-12, 6), (5, 9), (0.5, 3), start=(10, 270)),
    Regime("seasonal", 0.03, (-12, 4), (5, 9), (0.6, 1.8), own_season=True),
)
"""The first kind takes what rounding leaves."""

PARETO = 1.3
SMALLEST_ORDER = 300_00
"""Customers' typical orders follow Pareto's law from here on: a fifth of them makes most of the revenue."""


def allot(chance: Chance, customers: int) -> Array:
    """Number of each customer's regime; at least one customer a regime where there are as many."""
    counts = [round(regime.share * customers) for regime in REGIMES]
    if customers >= len(REGIMES):
        counts = [max(count, 1) for count in counts]
    order = np.repeat(np.arange(1, len(REGIMES)), counts[1:])[:customers]
    order = np.concatenate([np.zeros(customers - len(order), dtype="int64"), order])
    return order[chance.shuffled(customers)]


def draw_habits(chance: Chance, kinds: Array, begin: int, until: int) -> Habits:
    """Parameters for customers of these regimes in a book from day `begin` to day `until`."""
    size = len(kinds)
    start = _drawn(chance, kinds, [r.start or (0, 0) for r in REGIMES])
    late = _drawn(chance, kinds, [r.late for r in REGIMES])
    orders = _skewed(chance, kinds, [r.orders for r in REGIMES])
    shift = until - _drawn(chance, kinds, [r.shift or (0, 0) for r in REGIMES]).astype("int64")
    weight = np.array([r.size for r in REGIMES])[kinds]
    return Habits(
        first=np.where(start > 0, until - start, begin - 60).astype("int64"),
        shift=np.where([REGIMES[k].shift is None for k in kinds], NEVER, shift),
        late=late,
        late_after=late + _drawn(chance, kinds, [r.delay for r in REGIMES]),
        spread=_drawn(chance, kinds, [r.spread for r in REGIMES]),
        orders=orders,
        orders_after=orders * _drawn(chance, kinds, [r.fewer for r in REGIMES]),
        amount=pareto_amounts(chance, weight),
        amount_spread=chance.uniform(size, 0.3, 0.7),
        terms=chance.pick([30, 14, 45, 60], size, [0.6, 0.1, 0.15, 0.15]),
        season=np.where(np.array([r.own_season for r in REGIMES])[kinds][:, None], AUTUMN_ONLY, SEASON),
        paper_until=_paper_until(chance, kinds, begin, until),
        disputed=chance.uniform(size, 0.0, 0.16),
        instalments=np.full(size, 0.06),
        credited=chance.uniform(size, 0.03, 0.15),
        unpaid=np.array([r.unpaid for r in REGIMES])[kinds],
    )


def pareto_amounts(chance: Chance, weight: Array) -> Array:
    """A typical order in hundredths for each customer: few large ones, many small."""
    return np.asarray(np.round(SMALLEST_ORDER * weight * (1 - chance.uniform(len(weight), high=0.998)) ** (-1 / PARETO)))


def _drawn(chance: Chance, kinds: Array, ranges: list[Range]) -> Array:
    low, high = np.array(ranges, dtype="float64")[kinds].T
    return chance.uniform(len(kinds), low, high)


def _skewed(chance: Chance, kinds: Array, ranges: list[Range]) -> Array:
    """Like `_drawn`, with more customers at the low end: even on the logarithm."""
    low, high = np.log(np.array(ranges, dtype="float64")[kinds]).T
    return np.exp(chance.uniform(len(kinds), low, high))


def _paper_until(chance: Chance, kinds: Array, begin: int, until: int) -> Array:
    """Half of those billed on paper go over to e-mail some day in the book."""
    on_paper = chance.happens(np.array([r.paper for r in REGIMES])[kinds])
    changes = chance.happens(np.full(len(kinds), 0.5))
    day = chance.whole(len(kinds), begin, until)
    return np.where(on_paper, np.where(changes, day, NEVER), begin - 60)
