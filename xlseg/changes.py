"""What changed about a mover since he last had the label he left: first what the rules saw, then what moved most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlseg.analysis import Analysis
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.why import number
from xlseg.workbook import Array

SHOWN = 3
"""How many metrics a mover is explained with."""


def changes(analysis: Analysis, positions: Sequence[int], left: Sequence[str]) -> dict[int, str]:
    """Position in the standing → `late_rms 5.0 → 8.2; …`, for customers who left a segment ("" = they had none).

    First the criteria of the rule that held him which he meets no longer, then those of the rule that holds him now which he did not meet, then
    the metrics of the rules that moved most on the scale of the book's spread. Test statistics are left out: what they compare stands there itself.
    """
    names = [name for name in analysis.rules.columns if name in CATALOGUE and CATALOGUE[name].unit not in ("z", "letter")]
    now = analysis.standing["row"].to_numpy("int64")[list(positions)]
    then = _last_rows(analysis, positions, left)
    values = analysis.measured[names].to_numpy("float64")
    spread = _spread(analysis.standing[names])
    found = {}
    for position, new, old in zip(positions, now.tolist(), then, strict=True):
        if old is None:
            found[position] = ""
            continue
        step = np.abs(values[new] - values[old])
        moved = np.nan_to_num(step / spread, nan=0.0)
        differ = {name for name, size in zip(names, step.tolist(), strict=True) if size > 0}
        most = [names[i] for i in np.argsort(-moved, kind="stable")]
        seen = [*_unmet(analysis, rule_of=old, at=new), *_unmet(analysis, rule_of=new, at=old)]
        shown = list(dict.fromkeys(name for name in (*seen, *most) if name in differ))[:SHOWN]
        found[position] = "; ".join(_change(name, values[old, names.index(name)], values[new, names.index(name)]) for name in shown)
    return found


def _change(name: str, old: float, new: float) -> str:
    return f"{name} {number(old, name)} → {number(new, name)}"


def _last_rows(analysis: Analysis, positions: Sequence[int], left: Sequence[str]) -> list[int | None]:
    """Per customer the last earlier row with the label he left; where there is none his last earlier one; None when he was not known."""
    customers = analysis.standing["customer"].to_numpy(object)[list(positions)]
    past = analysis.measured[analysis.measured["as_of"] < np.datetime64(analysis.as_of, "s")]
    past = past[past["customer"].isin(customers)]
    had = past["customer"].map(dict(zip(customers, left, strict=True))) == past["label"]
    labelled = past[had].reset_index().groupby("customer")["index"].last()
    known = past.reset_index().groupby("customer")["index"].last()
    rows = labelled.reindex(customers).fillna(known.reindex(customers))
    return [None if np.isnan(row) else int(row) for row in rows.to_numpy("float64").tolist()]


def _unmet(analysis: Analysis, rule_of: int, at: int) -> list[str]:
    """Columns of the rule that won one row whose criteria another row does not meet."""
    labelled, measured = analysis.labelled, analysis.measured
    position = int(labelled.winner[rule_of])
    if position < 0:
        return []
    day, missed = measured["as_of"].iloc[at], []
    for name, criterion in labelled.rules.rules[position].criteria:
        value = np.array([measured[name].iloc[at]])
        if criterion.is_text:
            met = bool(criterion.holds_text(value)[0])
        else:
            met = all(b.holds(value, labelled.edges[position, name, i][day])[0] for i, b in enumerate(criterion.bounds))
        if not met:
            missed.append(name)
    return missed


def _spread(values: pd.DataFrame) -> Array:
    """Distance between the 10th and 90th percentile of each metric; NaN where there is none."""
    numbers = values.astype("float64")
    spread = (numbers.quantile(0.9) - numbers.quantile(0.1)).to_numpy("float64")
    wide: Array = np.where(spread > 0, spread, np.nan)
    return wide
