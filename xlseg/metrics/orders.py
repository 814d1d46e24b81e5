"""Order behaviour: frequency with seasonal adjustment, order value, recency. docs/metrics.md, "Order behaviour"."""

from __future__ import annotations

import math

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from xlseg.calendar import DAYS_IN_MONTH, FOREVER, Season
from xlseg.engines import Frame
from xlseg.metrics.spans import F64, I64, Dates, Part, Rows, Weights, flag, ratio

LAST_DAYS = 90
"""What counts as "the last days" in `frequency_change`, and the least baseline it is compared with."""

PRIOR_GAPS = 3
"""Weight of the book's mean gap in `typical_gap`, in gaps."""

LEAST_EXPECTED = 0.5
"""The variance of a count is at least this in `frequency_change_z`."""

COUNTS = ("orders", "value", "refund", "x", "xx")
SUMS = ("adjusted", "adjusted_last", "y", "xy")
HISTORY = ("first_day", "last_day")


def orders_in_window(orders: Frame, dates: Dates, seasons: dict[int, Season], window: int) -> Part:
    """The orders in the window and their sums. x: days since the last of the as-of dates, y: ln(amount); a slope is the same from any day on."""
    order, amount = flag(col("amount") > 0), col("amount")

    def fixed(rows: Frame) -> Frame:
        counted = rows.with_columns(
            orders=order,
            x=(col("day") - dates.days[-1]) * order,
            value=amount * order,
            refund=amount * (order - 1),
            y=nw.when(amount > 0).then(amount.cast(F64)).otherwise(nw.lit(1.0)).log(math.e),
        )
        return counted.with_columns(xx=col("x") * col("x"), xy=col("x").cast(F64) * col("y"))

    def moving(rows: Frame) -> Frame:
        adjusted = rows.with_columns(adjusted=col("weight") * col("orders").cast(F64))
        return adjusted.with_columns(adjusted_last=col("adjusted") * flag(col("as_of") - col("day") < LAST_DAYS).cast(F64))

    weights = Weights({day: tuple(1 / index for index in season.index) for day, season in seasons.items()})
    return Part((Rows(orders, col("day"), col("day") + window, fixed, moving, ("day", "orders"), weights),), COUNTS, SUMS)


def order_history(order_days: Frame, dates: Dates) -> Part:
    """order_days, first_day and last_day up to each as-of date.

    Days are first gathered by the as-of date they precede, so that a long history is spread over the dates only once a customer and date.
    """
    placed = order_days.with_columns(since=dates.position(col("day")), order_days=nw.lit(1).cast(I64))
    gathered = placed.group_by("customer", "since").agg(col("order_days").sum(), first_day=col("day").min(), last_day=col("day").max())
    gathered = gathered.with_columns(col("order_days").cast(I64))  # DuckDB sums to 128 bits
    return Part((Rows(gathered, col("first_day"), nw.lit(FOREVER + 1)),), ("order_days",), least=("first_day",), most=("last_day",))


def exposure(window: int) -> nw.Expr:
    """Days in the window since the first order. Days; absent for a customer who never ordered."""
    days = nw.min_horizontal(col("as_of") - col("first_day") + 1, nw.lit(float(window)))
    return nw.when(~col("first_day").is_null()).then(days)  # a minimum passes over what is absent


def orders_per_month(adjusted: bool) -> nw.Expr:
    """Orders a month of exposure, seasonally adjusted or not. Absent for a customer who never ordered."""
    return ratio(col("adjusted" if adjusted else "orders"), col("exposure") / DAYS_IN_MONTH)


def frequency_change() -> nw.Expr:
    """Adjusted rate of the last 90 days over that of the rest of the window, less 1. Share; absent without a baseline of 90 days with orders."""
    rest = col("exposure") - LAST_DAYS
    before = ratio(col("adjusted") - col("adjusted_last"), rest)
    change = ratio(col("adjusted_last") / LAST_DAYS, before) - 1
    return nw.when((rest >= LAST_DAYS) & (col("orders") > 0) & (col("adjusted") - col("adjusted_last") > 1e-9)).then(change)


def frequency_change_z() -> nw.Expr:
    """(n − λ)/√max(λ, ½) for the adjusted orders of the last 90 days. Standard deviations; absent without a baseline of 90 days."""
    rest = col("exposure") - LAST_DAYS
    expected = (ratio(col("adjusted") - col("adjusted_last"), rest) * LAST_DAYS).clip(0.0, None)
    return nw.when(rest >= LAST_DAYS).then((col("adjusted_last") - expected) / expected.clip(LEAST_EXPECTED, None) ** 0.5)


def deterioration_z() -> nw.Expr:
    """Slower payment and fewer orders in one test. Standard deviations; absent unless both are known."""
    return (col("velocity_change_z") - col("frequency_change_z")) / math.sqrt(2)


def average_order_value() -> nw.Expr:
    """Mean amount of an order in the window. Hundredths; absent when there are none."""
    return ratio(col("value"), col("orders"))


def order_value_trend() -> nw.Expr:
    """Least-squares slope of ln(order amount) on time. Share a month; absent under 4 orders, or when all fall on one day."""
    n = col("orders")
    spread_of_days = n * col("xx") - col("x") * col("x")
    slope = ratio(n * col("xy") - col("x") * col("y"), spread_of_days)
    return nw.when(n >= 4).then(slope * DAYS_IN_MONTH)


def typical_gap() -> nw.Expr:
    """Mean gap between order days, drawn towards the book's by the weight of 3 gaps. Days; absent when nobody has ordered twice."""
    gaps = (col("order_days") - 1).clip(0.0, None)
    days = (col("last_day") - col("first_day")).fill_null(0.0)
    book = ratio(days.sum().over("as_of"), gaps.sum().over("as_of"))
    return nw.when(~col("first_day").is_null()).then((days + PRIOR_GAPS * book) / (gaps + PRIOR_GAPS))


def refund_share() -> nw.Expr:
    """Refunds as a share of orders in the window. Absent when there are no orders."""
    return ratio(col("refund"), col("value"))
