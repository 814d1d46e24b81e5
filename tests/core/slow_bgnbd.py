"""The BG/NBD model of Fader, Hardie and Lee (2005), one customer at a time, fitted without a derivative and without a library."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Callable, Iterable, Sequence

from scipy.special import hyp2f1

History = tuple[int, float, float]
"""Repeat order days, weeks from the first to the last of them, weeks from the first to the as-of date."""


def log_likelihood(parameters: Sequence[float], histories: Iterable[History]) -> float:
    """Fader, Hardie and Lee (2005), equation (6), of a whole book."""
    r, alpha, a, b = parameters
    total = 0.0
    of_count: dict[int, tuple[float, float]] = {}
    for x, recency, age in histories:
        if x not in of_count:
            beta = math.lgamma(a + b) + math.lgamma(b + x) - math.lgamma(b) - math.lgamma(a + b + x)
            of_count[x] = (math.lgamma(r + x) - math.lgamma(r) + r * math.log(alpha) + beta, math.log(a / (b + x - 1)) if x else -math.inf)
        constant, dropped = of_count[x]
        alive = -(r + x) * math.log(alpha + age)
        gone = dropped - (r + x) * math.log(alpha + recency) if x else -math.inf
        high = max(alive, gone)
        total += constant + high + math.log(math.exp(alive - high) + math.exp(gone - high))
    return total


BOUND = 9.0
"""Parameters lie in e^±9. Where all order at one rate, or nobody ever leaves, the likelihood rises for ever along a ridge, ever more slowly."""


def bounded(logarithms: Sequence[float]) -> tuple[float, ...]:
    return tuple(math.exp(min(max(value, -BOUND), BOUND)) for value in logarithms)


def fit(histories: list[History]) -> tuple[float, ...]:
    """Parameters of largest likelihood, by Nelder and Mead's simplex on their logarithms, started again where it stopped."""
    best = [0.0, 1.0, 0.0, 1.0]
    for _ in range(3):
        best = simplex(lambda at: -log_likelihood(bounded(at), histories), best)
    return bounded(best)


def simplex(function: Callable[[list[float]], float], start: list[float], step: float = 0.3, rounds: int = 500) -> list[float]:
    points = [start] + [[value + step * (i == j) for j, value in enumerate(start)] for i in range(len(start))]
    ranked = sorted((function(point), point) for point in points)
    for _ in range(rounds):
        if ranked[-1][0] - ranked[0][0] < 1e-9 and max(abs(p - q) for p, q in zip(ranked[0][1], ranked[-1][1], strict=True)) < 1e-7:
            break
        centre = [statistics.fmean(column) for column in zip(*(point for _, point in ranked[:-1]), strict=True)]
        worst = ranked[-1][1]

        def trial(by: float, centre: list[float] = centre, worst: list[float] = worst) -> tuple[float, list[float]]:
            point = [c + by * (c - w) for c, w in zip(centre, worst, strict=True)]
            return function(point), point

        new = trial(1.0)
        if new < ranked[0]:
            new = min(new, trial(2.0))
        elif new >= ranked[-2]:
            new = min(new, trial(0.5), trial(-0.5))
        if new < ranked[-1]:
            ranked[-1] = new
        else:
            lowest = ranked[0][1]
            moved = [[(low + value) / 2 for low, value in zip(lowest, point, strict=True)] for _, point in ranked[1:]]
            ranked[1:] = [(function(point), point) for point in moved]
        ranked.sort()
    return ranked[0][1]


def expected(parameters: Sequence[float], history: History, horizon: float) -> float:
    """Fader, Hardie and Lee (2005), equation (10)."""
    (r, alpha, a, b), (x, recency, age) = parameters, history
    survived = ((alpha + age) / (alpha + age + horizon)) ** (r + x)
    purchases = (a + b + x - 1) / (a - 1) * (1 - survived * hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + age + horizon)))
    gone = a / (b + x - 1) * ((alpha + age) / (alpha + recency)) ** (r + x) if x else 0.0
    return float(purchases / (1 + gone))


def expected_orders(order_days: dict[str, list[dt.date]], as_of: dt.date) -> dict[str, float]:
    histories = {c: (len(d) - 1, (d[-1] - d[0]).days / 7, (as_of - d[0]).days / 7) for c, d in order_days.items() if d}
    if sum(x > 0 for x, _, _ in histories.values()) < 30:
        return {}
    parameters = fit(list(histories.values()))
    return {customer: expected(parameters, history, 90 / 7) for customer, history in histories.items()}
