"""What sooner payment is worth, segment by segment, and what was gained since a baseline. docs/metrics.md, "Value"."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.analysis import Analysis
from xlseg.calendar import day_number
from xlseg.facts import Facts
from xlseg.metrics.difference import mean_difference
from xlseg.metrics.samples import Payments, payments_of
from xlseg.metrics.value import cash_accelerated, working_capital_benefit
from xlseg.receipts import Applied
from xlseg.settings import Settings
from xlseg.touches import Touches
from xlseg.workbook import Array

PERIOD = 30
"""Days for which receipts are stated."""

FEW = 10
"""A group of fewer customers is not compared."""


@dataclass(frozen=True)
class SegmentValue:
    """What a segment's payments are worth; money in units, days, NaN = not known.

    receipts: in 30 days. days_late: amount-weighted, over the payment events in the window. touches: in the window.
    """

    segment: str
    customers: int
    receipts: float
    days_late: float
    touches: int

    def days_saved(self, target: float) -> float:
        """Days from now to the target; 0 where it is reached."""
        return math.nan if math.isnan(self.days_late) else max(0.0, self.days_late - target)

    def cash(self, target: float) -> float:
        """Cash released once when the target is reached."""
        return cash_accelerated(self.receipts, self.days_saved(target), PERIOD)

    def benefit(self, settings: Settings) -> float:
        """What that cash is worth in a year."""
        return working_capital_benefit(self.cash(settings.target_days_late), settings.cost_of_capital)


def values(analysis: Analysis, date: dt.date, touches: Touches | None = None) -> list[SegmentValue]:
    """A line a segment with customers at one of the dates, by falling cash, then in the order of the rules."""
    book, day, settings = analysis.facts, day_number(date), analysis.settings
    segment, names = analysis.segments_at(date), analysis.segments
    events = payments_of(book, day, settings)
    days = span(book, day, settings.window)
    cash = _in_segments(segment, names, *_cash(analysis.applied, day - settings.window, day))
    amounts, late = (_in_segments(segment, names, events.customer, x) for x in (events.amount, events.amount * events.late))
    touched = _touched(touches, day - settings.window, day)
    contacts = _in_segments(segment, names, touched, np.ones(len(touched)))
    customers = np.bincount(segment[segment >= 0], minlength=len(names))
    found = [
        SegmentValue(
            name,
            int(customers[at]),
            round(float(cash[at]) / 100 * PERIOD / days, 2),
            float(late[at] / amounts[at]) if amounts[at] else math.nan,
            int(contacts[at]),
        )
        for at, name in enumerate(names)
        if customers[at]
    ]
    return sorted(found, key=lambda value: -np.nan_to_num(value.cash(settings.target_days_late)))


def _touched(touches: Touches | None, after: int, until: int) -> Array:
    """Who was touched after one day, up to another, once a touch."""
    if touches is None:
        return np.zeros(0, "int64")
    return touches.customer[(touches.day > after) & (touches.day <= until)]


def span(book: Facts, day: int, window: int) -> int:
    """Days over which receipts are counted: the window, or as long as there have been invoices."""
    first = int(book.sales["day"].min()) if len(book.sales) else day
    return max(min(window, day - first + 1), 1)


def cash_accelerated_total(found: Sequence[SegmentValue], settings: Settings) -> float:
    """Cash released once when every segment reaches the target; units."""
    return round(float(np.nansum([value.cash(settings.target_days_late) for value in found])), 2)


def cash_accelerated_at(analysis: Analysis, date: dt.date) -> float:
    """The total at one of the dates; NaN in a book without invoices."""
    return cash_accelerated_total(values(analysis, date), analysis.settings) if analysis.facts.has_invoices else math.nan


def _cash(came: Applied, after: int, until: int) -> tuple[Array, Array]:
    seen = ~came.is_credit & (came.day > after) & (came.day <= until) & (came.customer >= 0)
    return came.customer[seen], came.amount[seen].astype("float64")


def _in_segments(segment: Array, names: Sequence[str], customer: Array, value: Array) -> Array:
    of = segment[customer]
    return np.bincount(of[of >= 0], value[of >= 0], len(names))


# ── gained since a baseline ───────────────────────────────────────────────────


@dataclass(frozen=True)
class Group:
    """Customers of one kind: how many, and their mean days late before and after the baseline."""

    customers: int
    before: float
    after: float

    @property
    def change(self) -> float:
        """Days; below 0 is sooner."""
        return self.after - self.before


@dataclass(frozen=True)
class Gain:
    """The change of the customers contacted since the baseline less that of the others.

    difference, low, high: days with a 90 % interval; below 0 is sooner. receipts: of the contacted, in 30 days, units. `reason` says why there is no
    comparison; "" when there is one.
    """

    contacted: Group
    others: Group
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    receipts: float = math.nan
    reason: str = ""

    def cash(self, days: float) -> float:
        """What a difference of so many days has released; units."""
        return cash_accelerated(self.receipts, -days, PERIOD)


_NOBODY = Group(0, math.nan, math.nan)


def gain(analysis: Analysis, touches: Touches) -> Gain:
    """Difference in differences of amount-weighted days late since the baseline on Config."""
    baseline, settings = analysis.settings.baseline, analysis.settings
    if baseline is None:
        return Gain(_NOBODY, _NOBODY, reason="no Baseline on Config")
    if baseline >= analysis.as_of:
        return Gain(_NOBODY, _NOBODY, reason=f"the baseline {baseline.isoformat()} is not before the as-of date")
    book, start, day = analysis.facts, day_number(baseline), day_number(analysis.as_of)
    size = len(book.customers)
    before, after = _weighted(payments_of(book, start, settings), size), _weighted(_since(payments_of(book, day, settings), start), size)
    known = ~np.isnan(before) & ~np.isnan(after)
    contacted = np.zeros(size, "bool")
    contacted[_touched(touches, start, day)] = True
    groups = [_group(before, after, known & chosen) for chosen in (contacted, ~contacted)]
    few = [f"{g.customers} {name}" for g, name in zip(groups, ("contacted", "not contacted"), strict=True) if g.customers < FEW]
    if few:
        return Gain(groups[0], groups[1], reason=f"too few customers with payments before and after: {' and '.join(few)}, {FEW} of each are needed")
    change = after - before
    customer, amount = _cash(analysis.applied, max(start, day - settings.window), day)
    receipts = amount[contacted[customer]].sum() / 100 * PERIOD / min(day - start, settings.window)
    return Gain(groups[0], groups[1], *mean_difference(change[known & contacted], change[known & ~contacted]), receipts=round(float(receipts), 2))


def _since(events: Payments, start: int) -> Payments:
    """The events of invoices that were still open on a day."""
    return events.where(events.is_open | (events.due + events.late > start))


def _weighted(events: Payments, customers: int) -> Array:
    """Amount-weighted days late of each customer; NaN without payment events."""
    weight = np.bincount(events.customer, events.amount, customers)
    late = np.bincount(events.customer, events.amount * events.late, customers)
    found: Array = np.divide(late, weight, out=np.full(customers, np.nan), where=weight > 0)
    return found


def _group(before: Array, after: Array, chosen: Array) -> Group:
    count = int(chosen.sum())
    return Group(count, float(before[chosen].mean()), float(after[chosen].mean())) if count else _NOBODY
