"""What the Dashboard shows, as values: cards with the value a month before, and the numbers behind its charts.

Definitions: docs/dashboard.md.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from xlseg.analysis import Analysis
from xlseg.calendar import day_number
from xlseg.gains import cash_accelerated_at
from xlseg.metrics.receivables import BUCKETS
from xlseg.metrics.samples import Payments, payments_of
from xlseg.migration import mobility
from xlseg.movers import Mover

HIGH_RISK = 6
"""Exposure counts as at risk from this risk on."""
SEGMENTS, MOVERS = 12, 10
"""Lines of the lists."""
OTHERS = "All other segments"

LATENESS = (
    ("11+ early", None, -11),
    ("1–10 early", -10, -1),
    ("On the day", 0, 0),
    ("1–5 late", 1, 5),
    ("6–15 late", 6, 15),
    ("16–30 late", 16, 30),
    ("31–60 late", 31, 60),
    ("61–90 late", 61, 90),
    ("91+ late", 91, None),
)
"""Classes of days late, both ends in."""

Unit = Literal["money", "share", "days", "count"]


@dataclass(frozen=True)
class Card:
    """One figure: now and a month before, NaN where unknown. `better` is 1 when more is better, -1 when less is, 0 when neither."""

    name: str
    unit: Unit
    value: float
    before: float
    better: int = 0

    @classmethod
    def of(cls, name: str, unit: Unit, values: Sequence[float], better: int = 0) -> Card:
        """A card of the two values, now and before."""
        now, before = values
        return cls(name, unit, float(now), float(before), better)


@dataclass(frozen=True)
class SegmentLine:
    """A segment at the as-of date: its customers, exposure (open balance, or revenue in a book without invoices), and that by ageing bucket."""

    segment: str
    risk: int | None
    customers: int
    exposure: float
    ageing: tuple[float, ...]


@dataclass(frozen=True)
class Dashboard:
    """Everything on the tab.

    Attributes
    ----------
    cards
        Twelve, in the order of the tab.
    segments
        At most SEGMENTS lines by falling exposure; together they are the whole book.
    months
        (date, worsened, improved) of the last twelve periods, the earliest first.
    lateness
        (class, invoices settled, invoices open and past due) of the payment events in the window; empty without invoices.
    movers
        At most MOVERS with the largest impact in either direction, the largest first.
    ledger
        Exposure of the whole book, not by segment.
    """

    cards: tuple[Card, ...]
    segments: tuple[SegmentLine, ...]
    months: tuple[tuple[dt.date, int, int], ...]
    lateness: tuple[tuple[str, int, int], ...]
    movers: tuple[Mover, ...]
    ledger: float


def dashboard(analysis: Analysis, found: Sequence[Mover]) -> Dashboard:
    """The Dashboard of an analysis; `found` are all movers since the last month-end."""
    return Dashboard(
        cards=(*_receivables(analysis),) if analysis.facts.has_invoices else (*_orders(analysis),),
        segments=segment_lines(analysis),
        months=_months(analysis),
        lateness=lateness(payment_events(analysis, analysis.as_of)) if analysis.facts.has_invoices else (),
        movers=_biggest(found),
        ledger=_ledger(analysis),
    )


# ── cards ────────────────────────────────────────────────────────────────────


def _receivables(analysis: Analysis) -> list[Card]:
    now, before = (analysis.figures.iloc[at] for at in (-1, -2))

    def figure(name: str, column: str, unit: Unit, better: int = 0) -> Card:
        return Card.of(name, unit, (now[column], before[column]), better)

    share = [float(row["past_due"] / row["open_balance"]) if row["open_balance"] > 0 else math.nan for row in (now, before)]
    late = [weighted_days_late(payment_events(analysis, date)) for date in (analysis.as_of, analysis.previous)]
    return [
        figure("Open balance", "open_balance", "money"),
        figure("Past due", "past_due", "money", -1),
        Card.of("Past due, share of open", "share", share, -1),
        *_at_risk(analysis, "open_balance", "Exposure"),
        Card.of("Cash accelerated at target", "money", [cash_accelerated_at(analysis, date) for date in (analysis.as_of, analysis.previous)], -1),
        figure("DSO", "dso", "days", -1),
        figure("Best possible DSO", "dso_best", "days"),
        figure("DSO, countback", "dso_countback", "days", -1),
        figure("Collection effectiveness", "collection_effectiveness", "share", 1),
        Card.of("Days late, by amount", "days", late, -1),
        _net_downgrade(analysis),
    ]


def _orders(analysis: Analysis) -> list[Card]:
    """A book without invoices has revenue and segments; what needs receivables is named and left empty."""
    now, before = (_at(analysis, date) for date in (analysis.as_of, analysis.previous))

    def total(name: str, column: str, unit: Unit) -> Card:
        return Card.of(name, unit, [_sum(rows[column]) for rows in (now, before)], 1)

    absent = (("Open balance", "money"), ("Past due, share of open", "share"), ("DSO", "days"), ("Collection effectiveness", "share"))
    late = (("Days late, by amount", "days"), ("Cash accelerated at target", "money"))
    return [
        total("Revenue", "revenue", "money"),
        total("Orders", "orders", "count"),
        Card("Customers", "count", float(len(now)), float(len(before)), 1),
        *_at_risk(analysis, "revenue", "Revenue"),
        _net_downgrade(analysis),
        *(Card(name, unit, math.nan, math.nan) for name, unit in (*absent, *late)),  # type: ignore[arg-type]
    ]


def _at_risk(analysis: Analysis, column: str, name: str) -> list[Card]:
    exposure, customers = [], []
    for date in (analysis.as_of, analysis.previous):
        rows = _risky(analysis, date)
        exposure.append(_sum(rows[column]))
        customers.append(float(len(rows)))
    return [
        Card.of(f"{name} in risk {HIGH_RISK}+", "money", exposure, -1),
        Card.of(f"Customers in risk {HIGH_RISK}+", "count", customers, -1),
    ]


def _risky(analysis: Analysis, date: dt.date) -> pd.DataFrame:
    """The measured rows of the customers in a segment of high risk at a date."""
    rows = _at(analysis, date)
    return rows[np.array([analysis.risks.get(segment) or 0 for segment in rows["segment"].tolist()]) >= HIGH_RISK]


def exposure_at_risk(analysis: Analysis) -> float | None:
    """Open balance of the customers in a segment of high risk; None in a book without invoices."""
    return _sum(_risky(analysis, analysis.as_of)["open_balance"]) if analysis.facts.has_invoices else None


def _net_downgrade(analysis: Analysis) -> Card:
    third, previous, last = analysis.dates[-3:]
    moved = (mobility(analysis.migration(*pair), analysis.risks) for pair in ((previous, last), (third, previous)))
    return Card.of("Net downgrade of customers", "share", [each.net_downgrade for each in moved], -1)


def _at(analysis: Analysis, date: dt.date) -> pd.DataFrame:
    """The measured rows of the customers known at a date."""
    measured = analysis.measured
    return measured[(measured["as_of"] == np.datetime64(date, "s")) & measured["known"]]


def _sum(values: pd.Series) -> float:
    return round(float(np.nansum(values.to_numpy("float64"))), 2)


# ── lists ────────────────────────────────────────────────────────────────────


def segment_lines(analysis: Analysis) -> tuple[SegmentLine, ...]:
    """The segments with customers by falling exposure; those that find no line of their own are summed up in the last."""
    rows = _at(analysis, analysis.as_of)
    with_invoices = analysis.facts.has_invoices
    columns = ["open_balance", *(name for name, _, _ in BUCKETS)] if with_invoices else ["revenue"]
    code, names = pd.factorize(rows["segment"].to_numpy(object))
    count = np.bincount(code, minlength=len(names))
    sums = [np.bincount(code, np.nan_to_num(rows[column].to_numpy("float64")), len(names)).round(2).tolist() for column in columns]
    found = [
        SegmentLine(name, analysis.risks.get(name), int(count[at]), sums[0][at], tuple(each[at] for each in sums[1:]))
        for at, name in enumerate(names)
    ]
    found.sort(key=lambda line: (-line.exposure, -line.customers, line.segment))
    return (*found,) if len(found) <= SEGMENTS else (*found[: SEGMENTS - 1], _together(found[SEGMENTS - 1 :]))


def _together(lines: Sequence[SegmentLine]) -> SegmentLine:
    ageing = tuple(round(sum(parts), 2) for parts in zip(*(line.ageing for line in lines), strict=True))
    return SegmentLine(OTHERS, None, sum(line.customers for line in lines), round(sum(line.exposure for line in lines), 2), ageing)


def _months(analysis: Analysis) -> tuple[tuple[dt.date, int, int], ...]:
    found = [(after, mobility(analysis.migration(before, after), analysis.risks)) for before, after in pairwise(analysis.dates)]
    return tuple((after, moved.worsened, moved.improved) for after, moved in found)


def _biggest(found: Sequence[Mover]) -> tuple[Mover, ...]:
    moved = [mover for mover in found if mover.impact and not math.isnan(mover.impact)]
    return tuple(sorted(moved, key=lambda mover: (-abs(mover.impact), mover.customer))[:MOVERS])


def _ledger(analysis: Analysis) -> float:
    if analysis.facts.has_invoices:
        return round(float(analysis.figures["open_balance"].iloc[-1]), 2)
    orders, at = analysis.facts.orders, day_number(analysis.as_of)
    day = orders["day"].to_numpy()
    inside = (day <= at) & (day > at - analysis.settings.window) & (orders["customer"].to_numpy() >= 0)
    return float(orders["amount"].to_numpy()[inside].sum()) / 100


# ── payment events ───────────────────────────────────────────────────────────


def payment_events(analysis: Analysis, date: dt.date) -> Payments:
    """The invoices settled in the window before a date, and those open and past due on it."""
    return payments_of(analysis.facts, day_number(date), analysis.settings)


def weighted_days_late(events: Payments) -> float:
    """Mean days late of the events, weighted by invoice amount; NaN without any."""
    weight = float(events.amount.sum())
    return float((events.amount * events.late).sum()) / weight if weight else math.nan


def lateness(events: Payments) -> tuple[tuple[str, int, int], ...]:
    """How many events fall into each class of days late: settled, and open and past due."""
    found = []
    for name, low, high in LATENESS:
        inside = np.ones(len(events.late), "bool") if low is None else events.late >= low
        inside = inside if high is None else inside & (events.late <= high)
        found.append((name, int((inside & ~events.is_open).sum()), int((inside & events.is_open).sum())))
    return tuple(found)
