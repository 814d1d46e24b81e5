"""Why a customer is in a segment: the winning row's criteria with his values, and the edge he is nearest to. It replays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.assign import Labels
from xlseg.segments.criteria import Criterion
from xlseg.segments.margin import Leeway

_STEP = {"days": 5.0, "share": 0.10, "z": 1.0, "count": 1.0, "ratio": 0.5, "score": 5.0, "per month": 0.5}
"""What is a step on each unit's scale, so that margins on different scales compare; money is compared with its edge."""

_UNIT, _TENTH = {"share": 0.01, "money": 1.0, "count": 1.0, "score": 1.0}, 0.1
"""What the last written digit of each unit counts, that of all others a tenth: two values further apart than two of that never look the same."""


@dataclass(frozen=True)
class Reason:
    """One criterion of a rule with the customer's value and, for numbers, the nearest edge and the distance to it."""

    name: str
    criterion: Criterion
    value: float | str
    edge: float = math.nan
    margin: float = math.inf

    def __str__(self) -> str:
        if self.criterion.is_text:
            return f"{self.name} {self.value} ({self.criterion.written})"
        shown, edge = side_by_side(float(self.value), self.edge, self.name)
        percentile = any(bound.edge.is_percentile for bound in self.criterion.bounds)
        return f"{self.name} {shown} ({self.criterion.written}{' = ' + edge if percentile else ''})"


def reasons(labelled: Labels, row: int, values: Mapping[str, Any]) -> list[Reason]:
    """The reasons of a row's label, in the order of the rule's columns. `values` is the row of the measured frame."""
    position = int(labelled.winner[row])
    return _reasons(labelled, position, values) if position >= 0 else []


def _reasons(labelled: Labels, position: int, values: Mapping[str, Any]) -> list[Reason]:
    found = []
    for name, criterion in labelled.rules.rules[position].criteria:
        if criterion.is_text:
            found.append(Reason(name, criterion, str(values[name])))
            continue
        value = float(values[name])
        edges = [labelled.edges[position, name, i][values["as_of"]] for i in range(len(criterion.bounds))]
        edge = min(edges, key=lambda edge: abs(value - edge))
        found.append(Reason(name, criterion, value, edge, abs(value - edge) / _scale(name, edge)))
    return found


def staying(labelled: Labels, leeway: Leeway, row: int, segment: int, values: Mapping[str, Any]) -> str:
    """What the margin lets pass: `Stays Slow Payer by the margin: payment_velocity 4.1 (>=5, by the margin >=2.5)`.

    Only the criteria that he misses as they are written; `segment` is the code of his own.
    """
    position = leeway.rule_of(segment, row)
    pairs = zip(_reasons(labelled, position, values), _reasons(leeway.loose, position, values), strict=True)
    missed = [
        f"{str(written).removesuffix(')')}, by the margin {str(loosened).split(' (', 1)[1]}"
        for written, loosened in pairs
        if written.criterion != loosened.criterion and not _meets(labelled, position, written, values["as_of"])
    ]
    return f"Stays {labelled.rules.segments[segment]} by the margin: {', '.join(missed)}"


def _meets(labelled: Labels, position: int, reason: Reason, as_of: object) -> bool:
    value = np.array([reason.value])
    return all(bound.holds(value, labelled.edges[position, reason.name, i][as_of])[0] for i, bound in enumerate(reason.criterion.bounds))


def sentence(segment: str, found: list[Reason]) -> str:
    """One sentence: `At-Risk: velocity_change +9.2 (>=5), … Nearest edge: recency_ratio, 0.6 away`."""
    if not found:
        return f"{segment}: no other rule matches"
    text = f"{segment}: {', '.join(str(reason) for reason in found)}"
    nearest = min(found, key=lambda reason: reason.margin)
    if math.isinf(nearest.margin):
        return text
    distance = abs(float(nearest.value) - nearest.edge)
    return f"{text}. Nearest edge: {nearest.name}, {apart(distance, nearest.name)} away"


def number(value: float, name: str, digits: int | None = None) -> str:
    """A metric's value as a reader wants it: signed changes, shares as percent, money with thousands."""
    sign = "+" if "change" in name or name == "order_value_trend" else ""
    return _written(value, name, digits, sign)


def apart(distance: float, name: str) -> str:
    """A distance between two values of a metric, with as many digits as it takes not to look like nothing."""
    text = _written(distance, name, None, "")
    if _read(text) > 0:
        return text
    texts = [_written(distance, name, digits, "") for digits in (1, 2, 3, 4)]
    return next((finer for finer in texts if _read(finer) > 0), text)


def side_by_side(value: float, edge: float, name: str) -> tuple[str, str]:
    """A value and its edge with as many digits as it takes to see which one is larger."""
    if abs(value - edge) > 2 * _UNIT.get(CATALOGUE[name].unit, _TENTH):
        return number(value, name), number(edge, name)
    for digits in (None, 1, 2, 3, 4):
        shown, limit = number(value, name, digits), number(edge, name, digits)
        if (_read(shown) < _read(limit), _read(shown) > _read(limit)) == (value < edge, value > edge):
            return shown, limit
    return repr(value), repr(edge)


def _written(value: float, name: str, digits: int | None, sign: str) -> str:
    unit = CATALOGUE[name].unit
    places = (0 if unit in ("share", "money", "count", "score") else 1) if digits is None else digits
    if unit == "share":
        return f"{value * 100:{sign}.{places}f}%"
    return f"{value:{sign},.{places}f}"


def _read(text: str) -> float:
    plain = text.replace(",", "")
    return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)


def _scale(name: str, edge: float) -> float:
    return _STEP.get(CATALOGUE[name].unit, max(abs(edge), 1.0))
