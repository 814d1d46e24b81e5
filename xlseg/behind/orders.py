"""Accounts of the metrics of order behaviour. docs/metrics.md, "Order behaviour"."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

from xlseg.behind.account import Account, Step, documents, inputs, together
from xlseg.behind.evidence import Evidence
from xlseg.calendar import DAYS_IN_MONTH
from xlseg.metrics.orders import LAST_DAYS, LEAST_EXPECTED, PRIOR_GAPS
from xlseg.workbook import Array


def _placed(evidence: Evidence) -> pd.DataFrame:
    placed: pd.DataFrame = evidence.orders[evidence.orders["orders"].to_numpy() == 1]
    return placed


def _count(evidence: Evidence, metric: str) -> Account:
    return Account(metric, evidence.values[metric], documents(_placed(evidence), 1.0), (), "Each order in the window counts 1.")


def _months(evidence: Evidence) -> tuple[float, str]:
    months = evidence.exposure / DAYS_IN_MONTH
    return months, f"{months:.4f} months ({evidence.exposure} days ÷ {DAYS_IN_MONTH})"


def _rate(evidence: Evidence, metric: str) -> Account:
    orders, (months, said) = _placed(evidence), _months(evidence)
    how = f"Each order contributes 1 ÷ {said}."
    return Account(metric, evidence.values[metric], documents(orders, 1 / months), (), how)


def _adjusted_rate(evidence: Evidence, metric: str) -> Account:
    orders, (months, said) = _placed(evidence), _months(evidence)
    how = f"Each order contributes 1 ÷ seasonal index of its month ÷ {said}."
    return Account(metric, evidence.values[metric], documents(orders, orders["adjusted"].to_numpy() / months, _indices(orders)), (), how)


def _indices(orders: pd.DataFrame) -> list[str]:
    return [f"index {1 / weight:.4f}" for weight in orders["adjusted"].tolist()]


def _frequency(evidence: Evidence, metric: str) -> Account:
    """The adjusted orders of the last 90 days against the rest of the window: as a share, or in standard errors."""
    orders = _placed(evidence)
    is_last = orders["days"].to_numpy() < LAST_DAYS
    adjusted = orders["adjusted"].to_numpy("float64")
    last, rest, days = float(adjusted[is_last].sum()), float(adjusted[~is_last].sum()), evidence.exposure - LAST_DAYS
    expected = rest / days * LAST_DAYS
    steps = [
        Step("orders of the last 90 days", last, "their contributions, added up"),
        Step("orders before", rest, "their contributions, added up"),
        Step("days before", days, f"{evidence.exposure} − {LAST_DAYS}"),
        Step("expected in 90 days", expected, f"orders before ÷ days before × {LAST_DAYS}"),
    ]
    how = "orders of the last 90 days ÷ expected in 90 days − 1"
    if metric == "frequency_change_z":
        steps.append(Step("standard error", math.sqrt(max(expected, LEAST_EXPECTED)), f"√ of what is expected, at least {LEAST_EXPECTED}"))
        how = "(orders of the last 90 days − expected in 90 days) ÷ standard error"
    notes = [f"{'last 90 days' if late else 'before'}, {index}" for late, index in zip(is_last.tolist(), _indices(orders), strict=True)]
    text = f"Each order contributes 1 ÷ seasonal index of its month; the number is: {how}."
    return Account(metric, evidence.values[metric], documents(orders, adjusted, notes), tuple(steps), text, "steps")


def _mean_value(evidence: Evidence, metric: str) -> Account:
    orders = _placed(evidence)
    share = orders["value"].to_numpy() / 100 / len(orders)
    return Account(metric, evidence.values[metric], documents(orders, share), (), f"Each order contributes amount ÷ {len(orders)} orders.")


def _trend(evidence: Evidence, metric: str) -> Account:
    """The least-squares slope is a sum over the orders once the two means are known."""
    orders = _placed(evidence)
    x, y = orders["x"].to_numpy("float64"), orders["y"].to_numpy("float64") - math.log(100)
    squares = float(((x - x.mean()) ** 2).sum())
    share = (x - x.mean()) * (y - y.mean()) / squares * DAYS_IN_MONTH
    mean = "orders count −days"
    steps = (Step("mean day", float(x.mean()), mean), Step("mean ln", float(y.mean()), "of the amounts"), Step("sum of squares of days", squares))
    how = f"Each order contributes (day − mean day) × (ln amount − mean ln) ÷ sum of squares of days × {DAYS_IN_MONTH}; day is −days."
    return Account(metric, evidence.values[metric], documents(orders, share, [f"ln {log:.4f}" for log in y.tolist()]), steps, how)


def _since_last(evidence: Evidence, metric: str) -> Account:
    rows = documents(evidence.history, evidence.history["days"].to_numpy("float64"))
    how = "Each order shows its days before the as-of date; the number is the smallest of them."
    return Account(metric, evidence.values[metric], rows, (), how, "smallest")


def _gaps(evidence: Evidence) -> tuple[pd.DataFrame, str]:
    """The rows of the typical gap: the gap before each order day, and the book's mean gap, which counts as three."""
    weight = len(evidence.order_days) - 1 + PRIOR_GAPS
    gap = evidence.history["gap"].to_numpy("float64")
    book = _gap_of_book(evidence)
    mean = inputs([("mean gap of the book", PRIOR_GAPS * book / weight, f"{book:.4f} × {PRIOR_GAPS} ÷ {weight}")])
    notes = [f"gap {days:.0f}" if days else "" for days in gap.tolist()]
    how = f"days since the order day before ÷ {weight}: {weight - PRIOR_GAPS} gaps, and the book's mean gap as {PRIOR_GAPS} more"
    return together(documents(evidence.history, gap / weight, notes), mean), how


def _gap_of_book(evidence: Evidence) -> float:
    """Days between order days, over all gaps of all customers up to the date."""
    customer, day = (evidence.facts.order_days[name].to_numpy() for name in ("customer", "day"))
    known = day <= evidence.day
    customer, day = customer[known], day[known]
    same = customer[1:] == customer[:-1]
    gaps: Array = (day[1:] - day[:-1])[same]
    return float(gaps.sum() / len(gaps))


def _typical_gap(evidence: Evidence, metric: str) -> Account:
    rows, how = _gaps(evidence)
    return Account(metric, evidence.values[metric], rows, (), f"Each order day contributes {how}.")


def _recency(evidence: Evidence, metric: str) -> Account:
    rows, how = _gaps(evidence)
    steps = (
        Step("typical_gap", float(rows["contribution"].sum()), "the contributions, added up"),
        Step("days_since_last_order", float(evidence.history["days"].min()), "the smallest of the days"),
    )
    text = f"Each order day contributes {how}; the number is: days_since_last_order ÷ typical_gap."
    return Account(metric, evidence.values[metric], rows, steps, text, "steps")


def _refunds(evidence: Evidence, metric: str) -> Account:
    orders = evidence.orders
    whole = float(orders["value"].sum())
    share = orders["refund"].to_numpy() / whole
    how = f"Each refund contributes its amount ÷ {whole / 100:,.2f}, the orders in the window."
    return Account(metric, evidence.values[metric], documents(orders, share), (), how)


def _revenue(evidence: Evidence, metric: str) -> Account:
    how = "Each order in the window contributes its amount, a refund what was refunded, below 0."
    return Account(metric, evidence.values[metric], documents(evidence.orders, evidence.orders["net"].to_numpy() / 100), (), how)


def _both(evidence: Evidence, metric: str) -> Account:
    """Slower payment and fewer orders: two metrics that have accounts of their own."""
    signs = {"velocity_change_z": +1, "frequency_change_z": -1}
    parts = {name: (sign, float(evidence.values[name] or 0)) for name, sign in signs.items()}
    rows = inputs((name, sign * z / math.sqrt(2), f"{'−' if sign < 0 else ''}({z:.4f}) ÷ √2") for name, (sign, z) in parts.items())
    return Account(metric, evidence.values[metric], rows, (), "The two metrics, which have accounts of their own, each ÷ √2, the second taken off.")


ORDERS: dict[str, Callable[[Evidence, str], Account]] = {
    "orders": _count,
    "orders_per_month": _rate,
    "orders_per_month_sa": _adjusted_rate,
    "frequency_change": _frequency,
    "frequency_change_z": _frequency,
    "deterioration_z": _both,
    "average_order_value": _mean_value,
    "order_value_trend": _trend,
    "days_since_last_order": _since_last,
    "typical_gap": _typical_gap,
    "recency_ratio": _recency,
    "refund_share": _refunds,
    "revenue": _revenue,
}
