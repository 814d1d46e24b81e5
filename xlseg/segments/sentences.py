"""Why each of many customers is in a segment: the sentences of `why`, for all whom one rule puts there at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.segments.assign import Labels
from xlseg.segments.criteria import Criterion
from xlseg.segments.margin import Leeway
from xlseg.segments.why import apart, pattern, said, scale, side_by_side, smallest
from xlseg.workbook import Array

Values = Mapping[str, Array]
"""The columns that the rules ask for, an element a customer; all at one as-of date."""


@dataclass(frozen=True)
class _Reasons:
    """One criterion of a rule for many customers: what is said of it, the value, the nearest edge, the distance in steps (infinite for texts)."""

    name: str
    texts: list[str]
    values: Array
    edges: Array
    margins: Array


def sentences(labelled: Labels, rows: Array, values: Values, as_of: object) -> list[str]:
    """One sentence for each of some rows of the measured frame: `At-Risk: velocity_change +9.2 (>=5), … Nearest edge: recency_ratio, 0.6 away`."""
    found = np.full(len(rows), "", dtype=object)
    winner = labelled.winner[rows]
    segment = labelled.segment[rows]
    for position in np.unique(winner).tolist():
        chosen = np.flatnonzero(winner == position)
        reasons = _reasons(labelled, position, chosen, values, as_of) if position >= 0 else []
        name = segment[chosen[0]]
        found[chosen] = _sentences(name, reasons) if reasons else f"{name}: no other rule matches"
    return found.tolist()


def stays(labelled: Labels, leeway: Leeway, rows: Array, segments: Array, values: Values, as_of: object) -> list[str]:
    """What the margin lets pass: `Stays Slow Payer by the margin: payment_velocity 4.1 (>=5, by the margin >=2.5)`.

    Only the criteria that a customer misses as they are written; `segments` are the codes of his own.
    """
    found = np.full(len(rows), "", dtype=object)
    position = np.array([leeway.rule_of(segment, row) for segment, row in zip(segments.tolist(), rows.tolist(), strict=True)], "int64")
    for rule in np.unique(position).tolist():
        chosen = np.flatnonzero(position == rule)
        missed = _missed(labelled, leeway, rule, chosen, values, as_of)
        start = f"Stays {labelled.rules.rules[rule].segment} by the margin: "
        found[chosen] = [start + ", ".join(filter(None, texts)) for texts in zip(*missed, strict=True)] if missed else start
    return found.tolist()


def _missed(labelled: Labels, leeway: Leeway, rule: int, chosen: Array, values: Values, as_of: object) -> list[list[str]]:
    """What is said of each criterion that the margin moves; "" where it is met as it is written."""
    both = zip(_reasons(labelled, rule, chosen, values, as_of), _reasons(leeway.loose, rule, chosen, values, as_of), strict=True)
    criteria = zip(labelled.rules.rules[rule].criteria, leeway.loose.rules.rules[rule].criteria, strict=True)
    found = []
    for (written, loosened), ((name, criterion), (_, loose)) in zip(both, criteria, strict=True):
        if criterion == loose:
            continue
        meets = np.ones(len(chosen), "bool")
        for number, bound in enumerate(criterion.bounds):
            meets &= bound.holds(written.values, labelled.edges[rule, name, number][as_of])
        texts = zip(written.texts, loosened.texts, meets.tolist(), strict=True)
        found.append(["" if met else f"{w.removesuffix(')')}, by the margin {m.split(' (', 1)[1]}" for w, m, met in texts])
    return found


def _sentences(segment: str, reasons: Sequence[_Reasons]) -> list[str]:
    texts = [", ".join(parts) for parts in zip(*(reason.texts for reason in reasons), strict=True)]
    margins = np.array([reason.margins for reason in reasons])
    nearest = np.where(np.isinf(margins.min(axis=0)), -1, margins.argmin(axis=0))
    ends = np.full(len(texts), "", dtype=object)
    for at, reason in enumerate(reasons):
        here = np.flatnonzero(nearest == at)
        distances = _apart(np.abs(reason.values[here] - reason.edges[here]), reason.name) if len(here) else []
        ends[here] = [f". Nearest edge: {reason.name}, {distance} away" for distance in distances]
    return [f"{segment}: {text}{end}" for text, end in zip(texts, ends.tolist(), strict=True)]


def _reasons(labelled: Labels, position: int, chosen: Array, values: Values, as_of: object) -> list[_Reasons]:
    found = []
    for name, criterion in labelled.rules.rules[position].criteria:
        column = values[name][chosen]
        if criterion.is_text:
            texts = [f"{name} {value} ({criterion.written})" for value in column.tolist()]
            found.append(_Reasons(name, texts, column, column, np.full(len(column), np.inf)))
            continue
        limits = [labelled.edges[position, name, number][as_of] for number in range(len(criterion.bounds))]
        edges = _nearest(column, limits)
        margins = np.abs(column - edges)
        for limit in set(limits):
            margins[edges == limit] /= scale(name, limit)
        found.append(_Reasons(name, _texts(name, criterion, column, edges), column, edges, margins))
    return found


def _nearest(values: Array, limits: Sequence[float]) -> Array:
    """The nearest of one or two edges; the first where both are as near."""
    edges = np.full(len(values), limits[0])
    for limit in limits[1:]:
        edges = np.where(np.abs(values - limit) < np.abs(values - edges), limit, edges)
    return edges


def _texts(name: str, criterion: Criterion, values: Array, edges: Array) -> list[str]:
    """What is said of a criterion: by the usual number of digits, unless value and edge may look the same then."""
    if any(bound.edge.is_percentile for bound in criterion.bounds):
        return [said(name, criterion, value, edge) for value, edge in zip(values.tolist(), edges.tolist(), strict=True)]
    start, end = f"{name} ", f" ({criterion.written})"
    write, factor = pattern(name)
    texts = [start + write(value) + end for value in (values * factor).tolist()]
    for at in np.flatnonzero(~(np.abs(values - edges) > 2 * smallest(name))).tolist():
        texts[at] = start + side_by_side(float(values[at]), float(edges[at]), name)[0] + end
    return texts


def _apart(distances: Array, name: str) -> list[str]:
    write, factor = pattern(name, sign="")
    texts = [write(distance) for distance in (distances * factor).tolist()]
    for at in np.flatnonzero(~(distances > smallest(name))).tolist():
        texts[at] = apart(float(distances[at]), name)
    return texts
