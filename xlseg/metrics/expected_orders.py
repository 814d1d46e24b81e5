"""Orders to come: the BG/NBD model of repeat buying.

A customer orders as a Poisson process with a rate that is gamma distributed over customers (r, α), and after each order leaves for
good with a probability that is beta distributed (a, b). P. Fader, B. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way,
Marketing Science 24 (2005), equations 6 and 10. docs/metrics.md#expected_orders
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlseg.facts import Facts
from xlseg.workbook import Array

HORIZON_WEEKS = 90 / 7
LEAST_REPEATERS = 30
"""Fewer customers who ordered twice are too few to fit four parameters to."""


class Parameters(NamedTuple):
    """Gamma shape r and rate alpha (weeks) of the order rate; beta a, b of the chance to leave after an order."""

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True)
class Histories:
    """What the likelihood needs of each customer, with what hangs on the number of repeat orders alone kept once a number.

    Attributes
    ----------
    counts, of
        The distinct numbers of repeat orders, and the position in them of each customer's.
    recency, age
        Weeks from the first order to the last, and to now.
    """

    counts: Array
    of: Array
    recency: Array
    age: Array


def histories(frequency: Array, recency: Array, age: Array) -> Histories:
    """Histories from repeat orders, weeks from first to last order, weeks from first order to now; an element a customer."""
    counts, of = np.unique(frequency, return_inverse=True)
    return Histories(counts, of, recency, age)


def log_likelihood(parameters: Parameters, seen: Histories) -> tuple[float, Array]:
    """Log-likelihood of all customers (equation 6), and its gradient by the four parameters."""
    from scipy.special import betaln, expit, gammaln, psi

    r, alpha, a, b = parameters
    x, of = seen.counts, seen.of
    late, early = np.log(alpha + seen.age), np.log(alpha + seen.recency)
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    with np.errstate(divide="ignore"):
        chance_left = np.where(x > 0, np.log(a / (b + np.maximum(x, 1) - 1)), -np.inf)
    times = (r + x)[of]
    left = chance_left[of] + times * (late - early)  # log odds of having left after the last order, to being there still
    value = constant[of] - times * late + np.logaddexp(0.0, left)
    gone = expit(left)
    base = psi(a + b + x) - psi(a + b)
    repeats = b + np.maximum(x, 1) - 1
    gradient = [
        (psi(r + x) - psi(r) + np.log(alpha))[of] - late + gone * (late - early),
        r / alpha - times * ((1 - gone) / (alpha + seen.age) + gone / (alpha + seen.recency)),
        gone / a - base[of],
        (psi(b + x) - psi(b) - base)[of] - gone / repeats[of],
    ]
    return float(value.sum()), np.array([part.sum() for part in gradient])


def fitted(frequency: Array, recency: Array, age: Array) -> Parameters | None:
    """`fit`, unless too few have ordered twice. The last book is remembered: who asks what stands behind a number need not search again."""
    if (frequency > 0).sum() < LEAST_REPEATERS:
        return None
    return _fitted(frequency.tobytes(), recency.tobytes(), age.tobytes())


@lru_cache(maxsize=2)
def _fitted(*histories: bytes) -> Parameters | None:
    return fit(*(np.frombuffer(part, "float64") for part in histories))


def make_ready() -> None:
    """Load what `fit` searches with, which takes half a second."""
    import scipy.optimize  # noqa: F401


def fit(frequency: Array, recency: Array, age: Array) -> Parameters | None:
    """Maximum-likelihood parameters; None when the search does not converge."""
    from scipy.optimize import minimize

    seen = histories(frequency, recency, age)

    def cost(logs: Array) -> tuple[float, Array]:
        at = np.exp(logs)
        value, gradient = log_likelihood(Parameters(*at), seen)
        return -value / len(age), -gradient * at / len(age)

    at = np.log([0.5, max(float(age.mean()) / 10, 1e-3), 0.5, 2.5])
    for _ in range(_STARTS):  # on a ridge a search says "arrived" too soon; one that forgets the way it came walks on
        before, found = at, minimize(cost, at, method="L-BFGS-B", jac=True, bounds=[(-LOG_BOUND, LOG_BOUND)] * 4, options=_SEARCH)
        at = found.x
        if np.abs(at - before).max() < _STILL:
            break
    return Parameters(*(float(value) for value in np.exp(at))) if np.isfinite(found.fun) and _is_summit(at, found.jac) else None


def _is_summit(logs: Array, slope: Array) -> bool:
    """Whether the cost falls in no direction that the bounds leave open."""
    outwards = ((logs <= -LOG_BOUND) & (slope > 0)) | ((logs >= LOG_BOUND) & (slope < 0))
    return bool((np.abs(slope[~outwards]) < _LEVEL).all())


LOG_BOUND = 9.0
"""Parameters lie in e^±9. Where nobody ever leaves, or all order at one rate, the likelihood has no summit but a ridge that ends there."""

_SEARCH = {"maxiter": 2000, "maxfun": 5000, "ftol": 1e-14, "gtol": 1e-9}
_STARTS, _STILL = 5, 1e-5
_LEVEL = 1e-5
"""A slope of the mean log-likelihood by the logarithm of a parameter that counts as none."""


def expected(parameters: Parameters, frequency: Array, recency: Array, age: Array, horizon: float) -> Array:
    """Orders each customer is expected to place in the next `horizon` weeks."""
    orders, odds_left = prospects(parameters, frequency, recency, age, horizon)
    total: Array = orders / (1 + odds_left)
    return total


def prospects(parameters: Parameters, frequency: Array, recency: Array, age: Array, horizon: float) -> tuple[Array, Array]:
    """Orders of each customer in the next `horizon` weeks if he has not left, and the odds that he has (equation 10)."""
    from scipy.special import hyp2f1

    r, alpha, a, b = parameters
    a = a if abs(a - 1) > 1e-6 else 1 + 1e-6  # the formula has a removable gap at a = 1
    x, last, now = frequency, recency, age
    shrink = ((alpha + now) / (alpha + now + horizon)) ** (r + x)
    series = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + now + horizon))
    orders = (a + b + x - 1) / (a - 1) * (1 - shrink * series)
    with np.errstate(over="ignore"):  # infinite odds: gone for certain
        odds_left = np.where(x > 0, a / (b + np.maximum(x, 1.0) - 1) * ((alpha + now) / (alpha + last)) ** (r + x), 0.0)
    return orders, odds_left


def orders_to_come(customer: Array, day: Array, as_of: int) -> tuple[Array, Array]:
    """The customers who have ordered up to the as-of date (a day number), and the orders to come of each.

    Of distinct order days, by customer and day. Plain numpy, so that it can be done beside the sums.
    """
    seen = day <= as_of
    customer, day = customer[seen], day[seen]
    new = np.ones(len(customer), "bool")
    new[1:] = customer[1:] != customer[:-1]
    first = np.flatnonzero(new)
    past = np.append(first, len(customer))[1:]
    return customer[first], expected_from(past - first, day[first], day[past - 1], as_of)


def _ordered(book: Facts, as_of: int) -> pd.DataFrame:
    """count, min and max of the order days up to a day, by customer."""
    return book.order_days[book.order_days["day"] <= as_of].groupby("customer")["day"].agg(["count", "min", "max"])


@dataclass(frozen=True)
class Prospect:
    """What the model makes of one customer: repeat order days, weeks from the first to the last and to now, and of that the orders to come.

    orders: in the next 90 days if he is still a customer; odds_left: that he is none any more.
    """

    parameters: Parameters
    repeats: float
    recency: float
    age: float
    orders: float
    odds_left: float


def prospect(book: Facts, customer: int, as_of: int) -> Prospect | None:
    """The prospect of the customer at a position, who has ordered; None when nothing can be fitted to the book."""
    seen = _ordered(book, as_of)
    frequency, recency, age = _lives(seen["count"].to_numpy(), seen["min"].to_numpy(), seen["max"].to_numpy(), as_of)
    parameters = fitted(frequency, recency, age)
    if parameters is None:
        return None
    at = int(np.searchsorted(seen.index.to_numpy(), customer))
    own = (frequency[at : at + 1], recency[at : at + 1], age[at : at + 1])
    orders, odds = prospects(parameters, *own, HORIZON_WEEKS)
    return Prospect(parameters, *(float(part[0]) for part in (*own, orders, odds)))


def _lives(order_days: Array, first: Array, last: Array, as_of: int) -> tuple[Array, Array, Array]:
    """Repeat order days, weeks from the first to the last, weeks from the first to now."""
    return order_days.astype("float64") - 1, (last - first).astype("float64") / 7, (as_of - first).astype("float64") / 7


def expected_from(order_days: Array, first: Array, last: Array, as_of: int) -> Array:
    """Orders to come of those who have ordered, from their number of order days, first and last one; absent for all when nothing can be fitted."""
    frequency, recency, age = _lives(order_days, first, last, as_of)
    parameters = fitted(frequency, recency, age)
    if parameters is None:
        return np.full(len(frequency), np.nan)
    orders = expected(parameters, frequency, recency, age, HORIZON_WEEKS)
    return np.where(np.isfinite(orders), orders, np.nan)
