"""Movers: who changed segment since the last month-end, ranked by what hangs on it, and what changed about him."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.analysis import BETTER, CONFIRMED, OVERRIDE, PROVISIONAL, WORSE, Analysis, direction
from xlseg.changes import changes
from xlseg.migration import GONE, NEW
from xlseg.overrides import NONE, holding


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
    """Everybody who moved since the last month-end, and everybody who has left his segment's margin and waits for a second checkpoint (provisional).

    Ranked by falling impact: the worsening with most at stake first, improvements last, then moves without a risk, New and Gone.
    """
    rows = analysis.standing
    customer, previous, segment, today, status = (rows[name].to_numpy(object) for name in ("customer", "previous", "segment", "today", "status"))
    moved = rows["known"].to_numpy("bool") & ((previous != segment) | (status == PROVISIONAL))
    exposure = rows["open_balance" if analysis.facts.has_invoices else "revenue"].to_numpy("float64")
    positions = np.flatnonzero(moved).tolist()
    changed = changes(analysis, positions, previous[moved]) | _by_override(analysis, positions)
    found = []
    for position in positions:
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
                OVERRIDE if status[position] == OVERRIDE else CONFIRMED if confirmed else PROVISIONAL,
                step,
                float(exposure[position]),
                round(max(float(exposure[position]), 0.0) * step, 2),
                changed[position],
            )
        )
    found += [
        Mover(-1, d.customer, d.segment, GONE, GONE, CONFIRMED, math.nan, math.nan, math.nan, "")
        for d in analysis.departed
        if analysis.previous < d.since <= analysis.as_of
    ]
    return sorted(found, key=lambda m: (-m.impact if not math.isnan(m.impact) else math.inf, -_or_zero(m.risk_change), m.customer))


def _by_override(analysis: Analysis, positions: Sequence[int]) -> dict[int, str]:
    """What changed about those whose move a person has decided on: an override holds now, or held at the last month-end and has ended."""
    ids = analysis.standing["customer"].to_numpy(object)[positions]
    held = holding(analysis.overrides, ids, (analysis.previous, analysis.as_of))
    found = {}
    for position, (before, now) in zip(positions, held.tolist(), strict=True):
        if now != NONE:
            found[position] = f"Override by {analysis.overrides[now].who}"
        elif before != NONE:
            found[position] = f"Override by {analysis.overrides[before].who} has ended"
    return found


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
