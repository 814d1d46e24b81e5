"""When a label counts: a customer stays by a margin, and moves when two checkpoints four weeks apart agree. docs/segments.md, "Confirmation"."""

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
class Evidence:
    """What speaks for and against a move.

    Attributes
    ----------
    today
        customers × dates: the labels by the rules, as codes; ABSENT where a customer is not known.
    holds
        segments × customers × dates: whether a customer of that segment stays in it; True where he is not known.
    clear
        customers × dates: whether the label rests on a change so clear that it counts at once.
    risk
        Risk of each code, NaN = none.
    """

    today: Array
    holds: Array
    clear: Array
    risk: Array


@dataclass(frozen=True)
class Confirmed:
    """customers × dates: the confirmed labels (codes, ABSENT = not known), and whether each waits for its second checkpoint."""

    labels: Array
    waits: Array

    def since(self, first: int = 0) -> Array:
        """From which date on (position, not before `first`) each customer's last label holds without a break."""
        since = np.full(len(self.labels), self.labels.shape[1] - 1)
        holds = np.ones(len(self.labels), "bool")
        for at in range(self.labels.shape[1] - 2, first - 1, -1):
            holds &= self.labels[:, at] == self.labels[:, -1]
            since[holds] = at
        return since


def confirm(evidence: Evidence, dates: Sequence[dt.date], on: bool = True) -> Confirmed:
    """Confirmed labels from the labels by the rules.

    Parameters
    ----------
    evidence
        Of every customer at every date.
    dates
        Month-ends, rising, and possibly a last date that is none.
    on
        Config `Confirm moves`; when off, every label counts at once.
    """
    confirmed = evidence.today.copy()
    waits = np.zeros(confirmed.shape, "bool")
    for at in range(1, len(dates)) if on else ():
        own = confirmed[:, at - 1]
        left = (own != ABSENT) & ~_held(evidence, own, at)
        moves = left & (_agree(evidence, own, at, _checkpoint(dates, at)) | _clear(evidence, own, at))
        confirmed[:, at] = np.where((own == ABSENT) | moves, evidence.today[:, at], own)
        waits[:, at] = left & ~moves
    return Confirmed(confirmed, waits)


def _held(evidence: Evidence, own: Array, at: int) -> Array:
    held: Array = evidence.holds[own, np.arange(len(own)), at]
    return held


def _agree(evidence: Evidence, own: Array, at: int, before: int) -> Array:
    """Where a checkpoint before also left the segment: for the same label, on the same side by risk, or from a segment without risk."""
    now, then = evidence.today[:, at], evidence.today[:, before]
    risk = evidence.risk
    same_side = ((risk[now] > risk[own]) & (risk[then] > risk[own])) | ((risk[now] < risk[own]) & (risk[then] < risk[own]))
    agree: Array = ~_held(evidence, own, before) & ((now == then) | same_side | np.isnan(risk[own]))
    return agree


def _clear(evidence: Evidence, own: Array, at: int) -> Array:
    """Where the change is clear enough to count at once; good news can wait."""
    clear: Array = evidence.clear[:, at] & ~(evidence.risk[evidence.today[:, at]] < evidence.risk[own])
    return clear


def _checkpoint(dates: Sequence[dt.date], at: int) -> int:
    """Position of the last month-end at least four weeks before a date; the first one if none is."""
    return next((i for i in range(at - 1, -1, -1) if (dates[at] - dates[i]).days >= FOUR_WEEKS), 0)
