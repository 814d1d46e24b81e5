"""The names of the metrics, in the order the tabs show them; definitions in docs/metrics.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "days", "money", "share", "ratio", "z", "score", "letter", "per month"]


@dataclass(frozen=True)
class Metric:
    """A metric's name in the field's terms, unit, one line of meaning, and which way is worse for the seller: +1 up, -1 down, 0 neither."""

    name: str
    unit: Unit
    meaning: str
    worse: int = 0


_METRICS = (
    Metric("n_paid", "count", "payment events: invoices settled in the window, and open ones past due"),
    Metric("payment_velocity", "days", "mean days late: the average days to pay against terms", +1),
    Metric("payment_velocity_weighted", "days", "mean days late, weighted by amount", +1),
    Metric("n_settled", "count", "invoices settled in the window"),
    Metric("days_to_pay", "days", "mean days from invoice to settlement", +1),
    Metric("payment_consistency", "days", "standard deviation of days late", +1),
    Metric("consistency_rating", "letter", "A (within 3 days) to E (over 30 days)"),
    Metric("late_rms", "days", "scatter on the late side only", +1),
    Metric("late_share", "share", "share of events later than the grace days", +1),
    Metric("payment_index", "score", "1–100, 80 = on time, amount-weighted", -1),
    Metric("n_recent", "count", "payment events in the recent window"),
    Metric("velocity_recent", "days", "mean days late in the recent window", +1),
    Metric("velocity_change", "days", "recent mean less the earlier mean", +1),
    Metric("velocity_change_z", "z", "velocity change in standard errors", +1),
    Metric("expected_days_late", "days", "mean days late, drawn towards the book's when there are few events", +1),
    Metric("open_balance", "money", "open balance", +1),
    Metric("past_due", "money", "open balance past its due date", +1),
    Metric("past_due_share", "share", "past due as a share of the open balance", +1),
    Metric("oldest_past_due", "days", "age of the oldest open invoice past due", +1),
    Metric("ageing_current", "money", "open and not yet due, less unapplied credits"),
    Metric("ageing_1_30", "money", "open, 1–30 days past due", +1),
    Metric("ageing_31_60", "money", "open, 31–60 days past due", +1),
    Metric("ageing_61_90", "money", "open, 61–90 days past due", +1),
    Metric("ageing_91_plus", "money", "open, 91 or more days past due", +1),
    Metric("credit_share", "share", "share of settled invoices closed by credit or write-off", +1),
    Metric("dispute_share", "share", "share of payment events on disputed invoices", +1),
    Metric("orders", "count", "orders in the window", -1),
    Metric("orders_per_month", "per month", "orders a month", -1),
    Metric("seasonal_index", "ratio", "the book's seasonal factor of the as-of month"),
    Metric("orders_per_month_sa", "per month", "orders a month, seasonally adjusted", -1),
    Metric("frequency_change", "share", "adjusted order rate of the last 90 days against the rest of the window", -1),
    Metric("frequency_change_z", "z", "frequency change in standard errors", -1),
    Metric("deterioration_z", "z", "slower payment and fewer orders in one test", +1),
    Metric("average_order_value", "money", "mean amount of an order", -1),
    Metric("order_value_trend", "share", "trend of the order value, share a month", -1),
    Metric("days_since_last_order", "days", "days since the last order", +1),
    Metric("typical_gap", "days", "typical days between orders", +1),
    Metric("recency_ratio", "ratio", "days since the last order in typical gaps", +1),
    Metric("expected_orders", "ratio", "order days expected in the next 90 days (BG/NBD)", -1),
    Metric("refund_share", "share", "refunds as a share of orders", +1),
    Metric("revenue", "money", "net order amount in the window", -1),
)

CATALOGUE: dict[str, Metric] = {metric.name: metric for metric in _METRICS}
"""Every metric by its name."""
