"""Order behaviour by docs/metrics.md, the slow way: one customer and one as-of date at a time."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections import defaultdict
from collections.abc import Iterable

from xlseg.tables import Ledger

Value = float | str | None
MONTH = 30.4375


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def order_rows(ledger: Ledger, as_of: dt.date) -> dict[str, list[tuple[dt.date, int]]]:
    """(date, amount) of every order and refund dated ≤ as_of, by customer; invoices stand in without a SalesOrders sheet."""
    frame, date = (ledger.orders, "date") if ledger.has_orders else (ledger.invoices, "issued")
    rows: dict[str, list[tuple[dt.date, int]]] = defaultdict(list)
    for row in frame.to_dict("records"):
        if row[date].date() <= as_of:
            rows[row["customer"]].append((row[date].date(), int(row["amount"])))
    return rows


def month_number(date: dt.date) -> int:
    return date.year * 12 + date.month - 1


def month_ratios(counts: list[int], first: int) -> dict[int, list[tuple[float, int]]]:
    """Calendar month (0–11) → its (log ratio to the centred mean, count)."""
    ratios: dict[int, list[tuple[float, int]]] = {month: [] for month in range(12)}
    for at in range(6, len(counts) - 6):
        if counts[at] > 0:
            centred = (counts[at - 6] / 2 + sum(counts[at - 5 : at + 6]) + counts[at + 6] / 2) / 12
            ratios[(first + at) % 12].append((math.log(counts[at]) - math.log(centred), counts[at]))
    return ratios


def shrinkage(ratios: dict[int, list[tuple[float, int]]], s: list[float]) -> float:
    observed = sum(value**2 for value in s) / 11
    seen = [group for group in ratios.values() if group]
    if observed == 0:
        return 0.0
    noise = statistics.fmean(sum(1 / count for _, count in group) / len(group) ** 2 for group in seen)
    if any(len(group) >= 2 for group in seen):
        squares = sum((ratio - statistics.fmean(r for r, _ in group)) ** 2 for group in seen for ratio, _ in group)
        pooled = squares / sum(len(group) - 1 for group in seen)
        noise = max(noise, pooled * statistics.fmean(1 / len(group) for group in seen))
    return max(0.0, 1 - noise / observed)


def seasonal_indices(ledger: Ledger, as_of: dt.date) -> list[float]:
    """Twelve factors, January first."""
    dates = [date for rows in order_rows(ledger, as_of).values() for date, amount in rows if amount > 0]
    if not dates:
        return [1.0] * 12
    first = month_number(min(dates)) + (0 if min(dates).day <= 7 else 1)
    last = month_number(as_of + days(1)) - 1
    counts = [0] * (last - first + 1)
    if len(counts) < 24:
        return [1.0] * 12
    for date in dates:
        if first <= month_number(date) <= last:
            counts[month_number(date) - first] += 1
    ratios = month_ratios(counts, first)
    raw = [statistics.fmean(r for r, _ in ratios[month]) if ratios[month] else 0.0 for month in range(12)]
    s = [value - statistics.fmean(raw) for value in raw]
    f = shrinkage(ratios, s)
    index = [math.exp(f * value) for value in s]
    return [value / statistics.fmean(index) for value in index]


def frequency_changes(recent: float, rest: float, rest_days: int) -> tuple[float | None, float | None]:
    """From adjusted orders of the last 90 days and of the rest of the window."""
    if rest_days < 90:
        return None, None
    expected = rest / rest_days * 90
    return (recent / expected - 1 if rest else None), (recent - expected) / math.sqrt(max(expected, 0.5))


def value_trend(orders: list[tuple[dt.date, int]]) -> float | None:
    at = [date.toordinal() for date, _ in orders]
    if len(orders) < 4 or len(set(at)) == 1:
        return None
    return statistics.linear_regression(at, [math.log(amount) for _, amount in orders]).slope * MONTH


def order_metrics(rows: list[tuple[dt.date, int]], as_of: dt.date, window: int, index: list[float], gap: float | None) -> dict[str, Value]:
    start = as_of - days(window)
    orders = [(date, amount) for date, amount in rows if amount > 0 and date > start]
    refunds = sum(amount for date, amount in rows if amount < 0 and date > start)
    total = sum(amount for _, amount in orders)
    result: dict[str, Value] = {
        "orders": len(orders),
        "average_order_value": total / len(orders) / 100 if orders else None,
        "order_value_trend": value_trend(orders),
        "refund_share": -refunds / total if orders else None,
        "revenue": (total + refunds) / 100,
    }
    order_days = sorted({date for date, amount in rows if amount > 0})
    if not order_days:
        return result
    exposure = min(window, (as_of - order_days[0]).days + 1)
    adjusted = {date: 1 / index[date.month - 1] for date, _ in orders}
    recent = math.fsum(adjusted[date] for date, _ in orders if date > as_of - days(90))
    rest = math.fsum(adjusted[date] for date, _ in orders if date <= as_of - days(90))
    result["orders_per_month"] = len(orders) / (exposure / MONTH)
    result["orders_per_month_sa"] = math.fsum(adjusted[date] for date, _ in orders) / (exposure / MONTH)
    result["frequency_change"], result["frequency_change_z"] = frequency_changes(recent, rest, exposure - 90)
    result["days_since_last_order"] = (as_of - order_days[-1]).days
    if gap is not None:
        typical = ((order_days[-1] - order_days[0]).days + 3 * gap) / (len(order_days) - 1 + 3)
        result |= {"typical_gap": typical, "recency_ratio": (as_of - order_days[-1]).days / typical}
    return result


def book_gap(order_days: Iterable[list[dt.date]]) -> float | None:
    days_seen = [d for d in order_days if d]
    gaps = sum(len(d) - 1 for d in days_seen)
    return sum((d[-1] - d[0]).days for d in days_seen) / gaps if gaps else None
