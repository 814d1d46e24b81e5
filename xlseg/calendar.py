"""Days as integers, the month-ends a refresh looks at, and the season of a book. Plain numpy: the same for every engine."""

from __future__ import annotations

import calendar as gregorian
import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.workbook import Array

EPOCH = dt.date(1970, 1, 1)
FOREVER = 2_932_896
"""The day that never comes (9999-12-31): when an unpaid invoice is settled, when a credit memo is due."""

DAYS_IN_MONTH = 30.4375
MONTHS_SHOWN = 13
WARM_UP = 3
"""Month-ends before the first one shown at which segments are already followed, so that the first period has moves like any other."""

COMPLETE_MONTHS_NEEDED = 24


def day_number(date: dt.date) -> int:
    """Days since 1970-01-01."""
    return (date - EPOCH).days


def day_date(day: int) -> dt.date:
    """The date of a day number."""
    return EPOCH + dt.timedelta(days=day)


def month_number(day: int) -> int:
    """Months since year 0 of the month a day number lies in; January is a multiple of 12."""
    date = day_date(day)
    return date.year * 12 + date.month - 1


def month_numbers(days: Array) -> Array:
    """`month_number` of an int64 array of day numbers."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype("int64") + 1970 * 12


def is_month_end(date: dt.date) -> bool:
    """Whether a date is the last of its month."""
    return date.day == gregorian.monthrange(date.year, date.month)[1]


def month_end(month: int) -> dt.date:
    """Last day of a month number."""
    year, index = divmod(month, 12)
    return dt.date(year, index + 1, gregorian.monthrange(year, index + 1)[1])


def month_ends(as_of: dt.date, count: int = MONTHS_SHOWN) -> list[dt.date]:
    """The last `count` month-ends that are not after the as-of date, oldest first."""
    last = as_of.year * 12 + as_of.month - (1 if is_month_end(as_of) else 2)
    return [month_end(month) for month in range(last - count + 1, last + 1)]


def as_of_dates(as_of: dt.date) -> list[dt.date]:
    """The dates a refresh measures: 13 month-ends, and the as-of date if it is not the last of them."""
    ends = month_ends(as_of)
    return ends if ends[-1] == as_of else [*ends, as_of]


def checkpoints(as_of: dt.date) -> list[dt.date]:
    """The dates at which segments are followed: some month-ends of warm-up, then `as_of_dates`."""
    return [*month_ends(as_of, MONTHS_SHOWN + WARM_UP)[:WARM_UP], *as_of_dates(as_of)]


@dataclass(frozen=True)
class Season:
    """Twelve seasonal indices, January first, with mean 1; `adjusted` is False when there were too few months and all are 1.

    An index is exp(`kept` × `means`), divided by the mean of the twelve: the mean log ratio of each calendar month, and the share of it that is more
    than noise.
    """

    index: tuple[float, ...]
    adjusted: bool
    means: tuple[float, ...] = (0.0,) * 12
    kept: float = 0.0


NO_SEASON = Season((1.0,) * 12, adjusted=False)


def season(per_month: Mapping[int, int], first_day: int | None, as_of: int) -> Season:
    """The seasonal indices that the order counts of the complete months up to a day show.

    Definition: docs/metrics.md#seasonal_index.

    Parameters
    ----------
    per_month
        Order counts of the book by month number; months without orders may be left out.
    first_day
        Day number of the book's first order.
    as_of
        Day number.
    """
    months = _complete_months(first_day, as_of)
    if len(months) < COMPLETE_MONTHS_NEEDED:
        return NO_SEASON
    counts = [per_month.get(month, 0) for month in months]
    ratios: list[list[float]] = [[] for _ in range(12)]
    inverse = [0.0] * 12
    for at in range(6, len(counts) - 6):
        if counts[at] > 0:
            around = (sum(counts[at - 6 : at + 7]) - 0.5 * (counts[at - 6] + counts[at + 6])) / 12
            ratios[months[at] % 12].append(math.log(counts[at] / around))
            inverse[months[at] % 12] += 1 / counts[at]
    return _shrunk(ratios, inverse)


def _complete_months(first_day: int | None, as_of: int) -> range:
    if first_day is None:
        return range(0)
    first = month_number(first_day) + (day_date(first_day).day > 7)
    return range(first, month_number(as_of) + is_month_end(day_date(as_of)))


def _shrunk(ratios: Sequence[Sequence[float]], inverse: Sequence[float]) -> Season:
    means = np.array([sum(r) / len(r) if r else 0.0 for r in ratios])
    means -= means.mean()
    observed = float((means**2).sum() / 11)
    noise = _noise(ratios, inverse)
    share = max(0.0, 1 - noise / observed) if observed > 0 else 0.0
    index = np.exp(share * means)
    return Season(tuple((index / index.mean()).tolist()), adjusted=True, means=tuple(means.tolist()), kept=share)


def _noise(ratios: Sequence[Sequence[float]], inverse: Sequence[float]) -> float:
    """Variance of a month's mean ratio that would be there without any season."""
    used = [(r, i) for r, i in zip(ratios, inverse, strict=True) if r]
    if not used:
        return 0.0
    counting = sum(i / len(r) ** 2 for r, i in used) / len(used)
    freedom = sum(len(r) - 1 for r, _ in used)
    if freedom == 0:
        return counting
    squares = sum((x - sum(r) / len(r)) ** 2 for r, _ in used for x in r)
    return max(counting, squares / freedom * sum(1 / len(r) for r, _ in used) / len(used))
