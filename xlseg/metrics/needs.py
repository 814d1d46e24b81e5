"""Which sums a metric is made of, so that only those are added up where rows are many. `tests/core/test_parquet.py` asks for each metric alone."""

from __future__ import annotations

from collections.abc import Iterable

from xlseg.metrics import orders, payments, receivables
from xlseg.metrics.catalogue import CATALOGUE

_TIMING = ("n", "d")
_SPREAD = ("n", "d", "dd")
_CHANGE = ("n", "d", "n_recent", "d_recent")
_ADJUSTED = ("adjusted", "adjusted_last", "first_day")

OF_HISTORY = ("order_days", "first_day", "last_day")
"""What is known of all orders up to a day."""

_NEEDS: dict[str, tuple[str, ...]] = {
    "n_paid": ("n",),
    "payment_velocity": _TIMING,
    "payment_velocity_weighted": ("ad", "a"),
    "days_to_pay": ("paid_days", "n_settled"),
    "payment_consistency": _SPREAD,
    "consistency_rating": _SPREAD,
    "late_rms": ("square_late", "n"),
    "late_share": ("late", "n"),
    "payment_index": ("score", "a"),
    "velocity_recent": ("d_recent", "n_recent"),
    "velocity_change": _CHANGE,
    "velocity_change_z": (*_CHANGE, "dd", "dd_recent"),
    "expected_days_late": _TIMING,
    "past_due_share": ("open_balance", "past_due"),
    "oldest_past_due": ("first_due",),
    "credit_share": ("credited", "closed"),
    "dispute_share": ("disputed", "every"),
    "orders_per_month": ("orders", "first_day"),
    "seasonal_index": (),
    "orders_per_month_sa": ("adjusted", "first_day"),
    "frequency_change": ("orders", *_ADJUSTED),
    "frequency_change_z": _ADJUSTED,
    "deterioration_z": (*_CHANGE, "dd", "dd_recent", *_ADJUSTED),
    "average_order_value": ("value", "orders"),
    "order_value_trend": ("orders", "x", "xx", "y", "xy"),
    "days_since_last_order": ("last_day",),
    "typical_gap": OF_HISTORY,
    "recency_ratio": OF_HISTORY,
    "expected_orders": OF_HISTORY,
    "refund_share": ("refund", "value"),
    "revenue": ("value", "refund"),
}
"""Metrics that are no sum themselves."""

OF_ORDER_DAYS = frozenset(("typical_gap", "recency_ratio", "expected_orders"))
"""Metrics that need every customer's distinct order days, which are dear to count."""

OF_THE_BOOK = OF_ORDER_DAYS | {"expected_days_late"}
"""Metrics that look at all customers at once; the others are ratios of a customer's own sums, and can be made where those are."""


OF_EVENTS = (*payments.COUNTS, *payments.SUMS)
OF_ITEMS = (*receivables.COUNTS, "first_due")
OF_ORDERS = (*orders.COUNTS, *orders.SUMS)
"""The sums that are added up together: of payment events, of open items, of orders in the window."""


def sums_for(metrics: Iterable[str]) -> frozenset[str]:
    """The sums that some metrics need."""
    return frozenset(name for metric in metrics for name in _NEEDS.get(metric, (metric,)))


def kindred(metric: str) -> frozenset[str]:
    """The metrics that are there once one is measured: they are made of what is added up together for it. The fit to the book stands alone."""
    if metric == "expected_orders":
        return frozenset((metric,))
    return frozenset(name for name in CATALOGUE if name != "expected_orders" and _parts(name) <= _parts(metric))


def _parts(metric: str) -> set[tuple[str, ...]]:
    needed = sums_for((metric,))
    return {sums for sums in (OF_EVENTS, OF_ITEMS, OF_ORDERS) if not needed.isdisjoint(sums)}
