"""Orders to come: the BG/NBD model of repeat buying.

A customer orders as a Poisson process with a rate that is gamma distributed over customers (r, α), and after each order leaves for
good with a probability that is beta distributed (a, b). P. Fader, B. Hardie, K. L. Lee: "Counting Your Customers" the Easy Way,
Marketing Science 24 (2005), equations 6 and 10. docs/metrics.md#expected_orders
"""

from __future__ import annotations

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


def log_likelihood(parameters: Parameters, frequency: Array, recency: Array, age: Array) -> Array:
    """Log-likelihood of each customer: repeat orders, weeks from first to last order, weeks from first order to now."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = parameters
    x, last, now = frequency, recency, age
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + now)
    repeats = np.maximum(x, 1.0)
    left = betaln(a + 1, b + repeats - 1) - betaln(a, b) - (r + repeats) * np.log(alpha + last)
    either: Array = shared + np.where(x > 0, np.logaddexp(alive, left), alive)
    return either


def fit(frequency: Array, recency: Array, age: Array) -> Parameters | None:
    """Maximum-likelihood parameters; None when the search does not converge.

    Customers with the same history are counted once with their number as weight, so that the cost hangs on the histories, not the customers.
    """
    from scipy.optimize import minimize

    histories, weight = np.unique(np.column_stack([frequency, recency, age]).astype("float64"), axis=0, return_counts=True)
    x, last, now = histories.T

    def cost(logs: Array) -> float:
        parameters = Parameters(*np.exp(logs))
        return float(-(weight * log_likelihood(parameters, x, last, now)).sum() / weight.sum())

    start = np.log([0.5, max(float(now.mean()) / 10, 1e-3), 0.5, 2.5])
    bounds = [(-LOG_BOUND, LOG_BOUND)] * 4
    near = minimize(cost, start, method="L-BFGS-B", jac="3-point", bounds=bounds, options=_SEARCH)
    # On a ridge the gradient says "arrived" too soon; a search without one walks on to its end.
    found = minimize(cost, near.x, method="Nelder-Mead", bounds=bounds, options=_WALK)
    if not np.isfinite(found.fun) or not (found.success or near.success):
        return None
    return Parameters(*(float(value) for value in np.exp(found.x)))


LOG_BOUND = 9.0
"""Parameters lie in e^±9. Where nobody ever leaves, or all order at one rate, the likelihood has no summit but a ridge that ends there."""

_SEARCH = {"maxiter": 2000, "maxfun": 20000, "ftol": 1e-13, "gtol": 1e-8}
_WALK = {"maxiter": 2000, "maxfev": 2000, "xatol": 1e-6, "fatol": 1e-13}


def expected(parameters: Parameters, frequency: Array, recency: Array, age: Array, horizon: float) -> Array:
    """Orders each customer is expected to place in the next `horizon` weeks."""
    from scipy.special import hyp2f1

    r, alpha, a, b = parameters
    a = a if abs(a - 1) > 1e-6 else 1 + 1e-6  # the formula has a removable gap at a = 1
    x, last, now = frequency, recency, age
    shrink = ((alpha + now) / (alpha + now + horizon)) ** (r + x)
    series = hyp2f1(r + x, b + x, a + b + x - 1, horizon / (alpha + now + horizon))
    orders = (a + b + x - 1) / (a - 1) * (1 - shrink * series)
    odds_left = np.where(x > 0, a / (b + np.maximum(x, 1.0) - 1) * ((alpha + now) / (alpha + last)) ** (r + x), 0.0)
    total: Array = orders / (1 + odds_left)
    return total


def expected_orders(book: Facts, measured: pd.DataFrame, as_of: int) -> Array:
    """The `expected_orders` column of measured rows: at the as-of date (a day number), absent elsewhere and for those who never ordered."""
    column = np.full(len(measured), np.nan)
    seen = book.order_days[book.order_days["day"] <= as_of].groupby("customer")["day"].agg(["count", "min", "max"])
    frequency = seen["count"].to_numpy("float64") - 1
    if (frequency > 0).sum() < LEAST_REPEATERS:
        return column
    recency, age = (seen["max"] - seen["min"]).to_numpy("float64") / 7, (as_of - seen["min"]).to_numpy("float64") / 7
    parameters = fit(frequency, recency, age)
    if parameters is None:
        return column
    orders = expected(parameters, frequency, recency, age, HORIZON_WEEKS)
    at = (measured["as_of"] == as_of).to_numpy()
    column[at] = pd.Series(orders, index=seen.index).reindex(measured.loc[at, "customer"].astype("int64")).to_numpy()
    return np.where(np.isfinite(column), column, np.nan)
