"""Movers: who changed segment since the last month-end, ranked by what hangs on it, and what changed about him."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.analysis import BETTER, CONFIRMED, PROVISIONAL, WORSE, Analysis, direction
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.migration import GONE, NEW
from xlseg.segments.why import number
from xlseg.workbook import Array

SHOWN = 3
"""How many changed metrics a mover is explained with."""


@dataclass(frozen=True)
class Mover:
    """One move.

    `exposure` is the open balance, or revenue in a book without invoices; `impact` is exposure (at least 0) × change of risk; NaN where
    unknown. `position` is that in the standing, -1 for those who are gone.
    """

    position: int
    customer: str
    before: str
    after: str
    direction: str
    status: str
    risk_change: float
    exposure: float
    impact: float
    changed: str


def movers(analysis: Analysis) -> list[Mover]:
    """Everybody who moved since the last month-end, and everybody whose label of today differs from his segment (provisional).

    Ranked by falling impact: the worsening with most at stake first, improvements last, then moves without a risk, New and Gone.
    """
    rows = analysis.standing
    customer, previous, segment, today = (rows[name].to_numpy(object) for name in ("customer", "previous", "segment", "today"))
    moved = rows["known"].to_numpy("bool") & ((previous != segment) | (segment != today))
    exposure = rows["open_balance" if analysis.facts.has_invoices else "revenue"].to_numpy("float64")
    changes = _changes(analysis, np.flatnonzero(moved))
    found = []
    for position in np.flatnonzero(moved).tolist():
        confirmed = previous[position] != segment[position]
        before = previous[position] or NEW
        after = segment[position] if confirmed else today[position]
        step = _risk_change(analysis, previous[position], after)
        found.append(
            Mover(
                position,
                customer[position],
                before,
                after,
                direction(previous[position], after, analysis.risks),
                CONFIRMED if confirmed else PROVISIONAL,
                step,
                float(exposure[position]),
                max(float(exposure[position]), 0.0) * step,
                changes.get(position, ""),
            )
        )
    found += [
        Mover(-1, d.customer, d.segment, GONE, GONE, CONFIRMED, math.nan, math.nan, math.nan, "")
        for d in analysis.departed
        if analysis.previous < d.since <= analysis.as_of
    ]
    return sorted(found, key=lambda m: (-m.impact if not math.isnan(m.impact) else math.inf, -_or_zero(m.risk_change), m.customer))


def counts(found: list[Mover]) -> tuple[int, int, int]:
    """Movers for the worse, for the better, and those of both kinds that are provisional."""
    worse = [m for m in found if m.direction == WORSE]
    better = [m for m in found if m.direction == BETTER]
    return len(worse), len(better), sum(m.status == PROVISIONAL for m in [*worse, *better])


def _or_zero(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _risk_change(analysis: Analysis, before: str, after: str) -> float:
    low, high = analysis.risks.get(before), analysis.risks.get(after)
    return math.nan if low is None or high is None else float(high - low)


def _changes(analysis: Analysis, positions: Array) -> dict[int, str]:
    """Per mover the metrics of the rules that moved most since the last month-end, on the scale of the book's spread of each.

    Test statistics are left out: what they compare is in the list itself.
    """
    names = [name for name in analysis.rules.columns if name in CATALOGUE and CATALOGUE[name].worse and CATALOGUE[name].unit not in ("z", "letter")]
    measured = analysis.measured[analysis.measured["as_of"] == np.datetime64(analysis.previous, "s")].set_index("customer")
    now = analysis.standing[names].to_numpy("float64")
    then = measured[names].astype("float64").reindex(analysis.standing["customer"]).to_numpy()
    moved = np.abs(now[positions] - then[positions]) / _spread(analysis.standing[names].astype("float64"))
    moved = np.where(np.isfinite(moved), moved, -1.0)
    texts = {}
    for line, position in zip(moved, positions.tolist(), strict=True):
        best = [i for i in np.argsort(-line, kind="stable")[:SHOWN] if line[i] > 0]
        parts = [f"{names[i]} {number(then[position, i], names[i])} → {number(now[position, i], names[i])}" for i in best]
        texts[position] = "; ".join(parts)
    return texts


def _spread(values: pd.DataFrame) -> Array:
    """Distance between the 10th and 90th percentile of each metric; NaN where there is none."""
    spread = (values.quantile(0.9) - values.quantile(0.1)).to_numpy("float64")
    wide: Array = np.where(spread > 0, spread, np.nan)
    return wide
