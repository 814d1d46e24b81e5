"""What the options of a formula ask for: the product's own metric when they are left alone, else a robust statistic of single observations."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import numpy as np

from xlseg.addin.view import View
from xlseg.calendar import DAYS_IN_MONTH
from xlseg.metrics import robust
from xlseg.metrics.payments import RATINGS
from xlseg.workbook import Value

ByPosition = Callable[[int], Value]
"""Answer for the customer at a position; None where there is none."""

FEWEST_FOR_SCATTER = 3
FEWEST_FOR_SLOPE = 4


def velocity(view: View, weight: str, open_items: str, statistic: str) -> ByPosition:
    """Days late."""
    if (open_items, statistic) == ("known", "mean"):
        return view.metric("payment_velocity" if weight == "count" else "payment_velocity_weighted").__getitem__
    return _timing(view, "late", weight, open_items, statistic)


def days_to_pay(view: View, weight: str, open_items: str, statistic: str) -> ByPosition:
    """Days from invoice to settlement."""
    if (weight, open_items, statistic) == ("count", "exclude", "mean"):
        return view.metric("days_to_pay").__getitem__
    return _timing(view, "taken", weight, open_items, statistic)


def _timing(view: View, measure: Literal["late", "taken"], weight: str, open_items: str, statistic: str) -> ByPosition:
    payments = view.payments(open_items)

    def of(customer: int) -> float:
        own = payments.of(customer)
        days = (own.late if measure == "late" else own.taken).astype("float64")
        weights = own.amount if weight == "amount" else np.ones(len(days))
        if open_items == "km":
            estimate = robust.survival_mean if statistic == "mean" else robust.survival_median
            return estimate(days, weights, own.is_open)
        return robust.mean(days, weights) if statistic == "mean" else robust.median(days, weights)

    return view.made((measure, weight, open_items, statistic), of)


def consistency(view: View, method: str) -> ByPosition:
    """Scatter of days late."""
    if method == "sd":
        return view.metric("payment_consistency").__getitem__
    payments = view.payments()

    def of(customer: int) -> float:
        late = payments.of(customer).late
        return robust.median_deviation(late) if len(late) >= FEWEST_FOR_SCATTER else math.nan

    return view.made("mad", of)


def rating(view: View, method: str) -> ByPosition:
    """Letter for the scatter."""
    if method == "sd":
        return view.metric("consistency_rating").__getitem__
    scatter = consistency(view, method)

    def of(customer: int) -> Value:
        days = scatter(customer)
        return None if days is None else next((letter for most, letter in RATINGS if days <= most), "E")  # type: ignore[operator]

    return of


def payment_trend(view: View, method: str) -> ByPosition:
    """Change of days late, or its slope in days a month over the due dates."""
    if method == "change":
        return view.metric("velocity_change").__getitem__
    payments = view.payments()

    def of(customer: int) -> float:
        own = payments.of(customer)
        return robust.theil_sen(own.due, own.late) * DAYS_IN_MONTH if len(own.due) >= FEWEST_FOR_SLOPE else math.nan

    return view.made("trend", of)


def order_value_trend(view: View, method: str) -> ByPosition:
    """Slope of the logarithm of the order value, share a month."""
    if method == "least-squares":
        return view.metric("order_value_trend").__getitem__

    def of(customer: int) -> float:
        own = view.orders.of(customer)
        return robust.theil_sen(own.day, np.log(own.amount)) * DAYS_IN_MONTH if len(own.day) >= FEWEST_FOR_SLOPE else math.nan

    return view.made("value trend", of)


def order_value(view: View, statistic: str) -> ByPosition:
    """Mean or median amount of an order, in units."""
    if statistic == "mean":
        return view.metric("average_order_value").__getitem__

    def of(customer: int) -> float:
        amount = view.orders.of(customer).amount
        return float(np.median(amount)) / 100 if len(amount) else math.nan

    return view.made("median value", of)
