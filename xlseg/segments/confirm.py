"""When a label counts: two checkpoints four weeks apart must agree. docs/segments.md, "Confirmation"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.workbook import Array

FOUR_WEEKS = 28
ABSENT = -1
"""Code of a customer who is not known yet."""


@dataclass(frozen=True)
class Confirmed:
    """customers × dates: the confirmed labels (codes, ABSENT = not known), and for the last date since which date each holds (position)."""

    labels: Array
    since: Array


def confirm(today: Array, dates: Sequence[dt.date], on: bool = True) -> Confirmed:
    """Confirmed labels from the labels by the rules.

    Parameters
    ----------
    today
        customers × dates, codes; ABSENT where a customer is not known.
    dates
        Month-ends, rising, and possibly a last date that is none.
    on
        Config `Confirm moves`; when off, every label counts at once.
    """
    confirmed = today.copy()
    for at in range(1, len(dates)) if on else ():
        before, agrees_with = confirmed[:, at - 1], today[:, _checkpoint(dates, at)]
        waits = (before != ABSENT) & (today[:, at] != agrees_with)
        confirmed[waits, at] = before[waits]
    return Confirmed(confirmed, _since(confirmed))


def _checkpoint(dates: Sequence[dt.date], at: int) -> int:
    """Position of the last month-end at least four weeks before a date; the first one if none is."""
    return next((i for i in range(at - 1, -1, -1) if (dates[at] - dates[i]).days >= FOUR_WEEKS), 0)


def _since(confirmed: Array) -> Array:
    since = np.full(len(confirmed), confirmed.shape[1] - 1)
    holds = np.ones(len(confirmed), "bool")
    for at in range(confirmed.shape[1] - 2, -1, -1):
        holds &= confirmed[:, at] == confirmed[:, -1]
        since[holds] = at
    return since
