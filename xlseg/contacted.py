"""Contacted against not contacted: of the customers who were due, who paid within a week? docs/actions.md, "Contacted and not contacted"."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from xlseg.touches import ANSWER, Days, Owing, Touches

ENOUGH_CUSTOMERS = 10
ENOUGH_WEEKS = 30
_Z = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True)
class Group:
    """Customer-weeks of one group, how many of them had a payment within 7 days, and how many customers they are of."""

    weeks: int
    paid: int
    customers: int

    @property
    def share(self) -> float:
        """Share that paid; NaN without any."""
        return self.paid / self.weeks if self.weeks else math.nan


@dataclass(frozen=True)
class Contacted:
    """The two groups, the 95 % interval of the difference of their shares (contacted less others), and why nothing can be said ("" = it can)."""

    contacted: Group
    others: Group
    low: float
    high: float
    cannot_say: str

    @property
    def difference(self) -> float:
        """Share of the contacted less that of the others."""
        return self.contacted.share - self.others.share


def contacted(found: Touches, owing: Owing, as_of: int, window: int) -> Contacted:
    """Compare customers who were past due and touched with those past due and not touched, week by week.

    Weeks of seven days, the last of which ends seven days before the as-of day. In each, the day with the most touches is looked at (the earlier
    of two): who is past due that day and was not touched in the seven days before, is contacted if touched on it and not contacted otherwise.
    Both groups are counted from the same day on, so that nobody is in a group because of what he did afterwards.
    """
    counted = {True: [0, 0], False: [0, 0]}
    who: dict[bool, set[int]] = {True: set(), False: set()}
    by_customer = Days(found.customer, found.day)
    everybody = np.arange(len(owing.book.customers))
    for day in _days(found, as_of, window):
        eligible = everybody[owing.past_due.over(everybody, day) & (by_customer.within(everybody, day - ANSWER, day - 1) == 0)]
        touched = by_customer.within(eligible, day, day) > 0
        paid = owing.paid_customers.within(eligible, day + 1, day + ANSWER) > 0
        for group in (True, False):
            counted[group][0] += int((touched == group).sum())
            counted[group][1] += int(((touched == group) & paid).sum())
            who[group] |= set(eligible[touched == group].tolist())
    one, other = (Group(counted[group][0], counted[group][1], len(who[group])) for group in (True, False))
    return Contacted(one, other, *newcombe(one, other), _reason(one, other))


def _days(found: Touches, as_of: int, window: int) -> list[int]:
    """The day with the most touches of each week that has some."""
    last = as_of - ANSWER
    seen = found.day[(found.day <= last) & (found.day > as_of - window)]
    days, touched = np.unique(seen, return_counts=True)
    best: dict[int, tuple[int, int]] = {}
    for day, count in zip(days.tolist(), touched.tolist(), strict=True):
        week = (last - day) // 7
        if count > best.get(week, (0, 0))[0]:
            best[week] = (count, day)
    return sorted(day for _, day in best.values())


def _reason(one: Group, other: Group) -> str:
    for group, name in ((one, "were contacted"), (other, "were due and not contacted")):
        if group.customers < ENOUGH_CUSTOMERS:
            few = f"only {group.customers} customer{'s' * (group.customers > 1)}" if group.customers else "no customers"
            return f"{few} {name}; {ENOUGH_CUSTOMERS} are needed"
        if group.weeks < ENOUGH_WEEKS:
            return f"only {group.weeks} customer-weeks in which customers {name}; {ENOUGH_WEEKS} are needed"
    return ""


def newcombe(one: Group, other: Group) -> tuple[float, float]:
    """95 % interval of the difference of two shares: Newcombe's hybrid of two Wilson intervals (Statistics in Medicine 17, 1998, method 10)."""
    if not one.weeks or not other.weeks:
        return math.nan, math.nan
    (low1, high1), (low2, high2) = wilson(one.paid, one.weeks), wilson(other.paid, other.weeks)
    step = one.share - other.share
    return (
        step - math.hypot(one.share - low1, high2 - other.share),
        step + math.hypot(high1 - one.share, other.share - low2),
    )


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927)."""
    share, z2 = hits / trials, _Z**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    return middle - half, middle + half
