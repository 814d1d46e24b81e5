"""What changed about a mover since he last had the label he left: first what the rules saw, then what moved most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from xlseg.analysis import Analysis
from xlseg.courses import UNKNOWN, said_of
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.assign import Labels
from xlseg.segments.criteria import Criterion
from xlseg.segments.why import number
from xlseg.workbook import Array

SHOWN = 3
"""How many metrics a mover is explained with."""


def changes(analysis: Analysis, positions: Sequence[int], left: Sequence[str] | Array) -> dict[int, str]:
    """Position in the standing → `late_rms 5.0 → 8.2; …`, for customers who left a segment ("" = they had none).

    First the criteria of the rule that held him which he meets no longer, then those of the rule that holds him now which he did not meet, then
    the metrics of the rules that moved most on the scale of the book's spread. Test statistics are left out: what they compare stands there itself.
    """
    names = [name for name in analysis.rules.columns if name in CATALOGUE and CATALOGUE[name].unit not in ("z", "letter")]
    now = analysis.standing["row"].to_numpy("int64")[list(positions)]
    then = _last_rows(analysis, positions, left)
    found = dict.fromkeys(positions, "")
    seen = then != UNKNOWN
    now, then = now[seen], then[seen]
    new, old = (_at(analysis, names, rows) for rows in (now, then))
    step = np.abs(new - old)
    most = np.argsort(-np.nan_to_num(step / _spread(analysis.standing[names]), nan=0.0), kind="stable").tolist()
    unmet = zip(_unmet(analysis, names, rule_of=then, at=now), _unmet(analysis, names, rule_of=now, at=then), strict=True)
    rows = zip(np.array(positions)[seen].tolist(), old.tolist(), new.tolist(), (step > 0).tolist(), unmet, most, strict=True)
    for position, before, after, differ, (lost, gained), further in rows:
        shown = list(dict.fromkeys(at for at in (*lost, *gained, *further) if differ[at]))[:SHOWN]
        found[position] = "; ".join(_change(names[at], before[at], after[at]) for at in shown)
    return found


def _at(analysis: Analysis, names: Sequence[str], rows: Array) -> Array:
    """Some of the measured rows × some metrics."""
    columns = [analysis.measured[name].to_numpy("float64")[rows] for name in names]
    return np.array(columns).reshape(len(names), len(rows)).T


def _change(name: str, old: float, new: float) -> str:
    return f"{name} {number(old, name)} → {number(new, name)}"


def _last_rows(analysis: Analysis, positions: Sequence[int], left: Sequence[str] | Array) -> Array:
    """Per customer the last earlier row with the label he left; where there is none his last earlier one; UNKNOWN when he was not known."""
    past = analysis.courses.rows[analysis.standing["position"].to_numpy()[list(positions)], :-1]
    label = said_of(past, analysis.measured["label"].to_numpy(object), "")
    had = _last(past, (past != UNKNOWN) & (label == np.array(left, object)[:, None]))
    return np.where(had != UNKNOWN, had, _last(past, past != UNKNOWN))


def _last(rows: Array, where: Array) -> Array:
    """The last row of each line of a mask; UNKNOWN in a line without any."""
    last = rows.shape[1] - 1 - np.argmax(where[:, ::-1], axis=1)
    return np.where(where.any(axis=1), rows[np.arange(len(rows)), last], UNKNOWN)


def _unmet(analysis: Analysis, names: Sequence[str], rule_of: Array, at: Array) -> list[list[int]]:
    """Of the rule that won each of some rows, the columns (positions in `names`) whose criteria another row does not meet."""
    labelled, measured = analysis.labelled, analysis.measured
    winner = labelled.winner[rule_of]
    found: list[list[int]] = [[] for _ in rule_of]
    for position in np.unique(winner[winner >= 0]).tolist():
        places = np.flatnonzero(winner == position)
        for name, criterion in labelled.rules.rules[position].criteria:
            if name in names:
                values = measured[name].to_numpy()[at[places]]
                for place in places[~_met(labelled, position, name, criterion, values, measured["as_of"].to_numpy()[at[places]])].tolist():
                    found[place].append(names.index(name))
    return found


def _met(labelled: Labels, position: int, name: str, criterion: Criterion, values: Array, days: Array) -> Array:
    """Where values meet a numeric criterion of a rule, each with the edges of its day."""
    met = np.ones(len(values), "bool")
    for day in np.unique(days):
        rows = days == day
        for edge, bound in enumerate(criterion.bounds):
            met[rows] &= bound.holds(values[rows], labelled.edges[position, name, edge][pd.Timestamp(day)])
    return met


def _spread(values: pd.DataFrame) -> Array:
    """Distance between the 10th and 90th percentile of each metric; NaN where there is none."""
    numbers = values.astype("float64")
    spread = (numbers.quantile(0.9) - numbers.quantile(0.1)).to_numpy("float64")
    wide: Array = np.where(spread > 0, spread, np.nan)
    return wide
