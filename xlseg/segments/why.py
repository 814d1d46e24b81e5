"""Why a customer is in a segment: the winning row's criteria with his values, and the edge he is nearest to. It replays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.assign import Labels, winning_rule
from xlseg.segments.criteria import Criterion

_STEP = {"days": 5.0, "share": 0.10, "z": 1.0, "count": 1.0, "ratio": 0.5, "score": 5.0, "per month": 0.5}
"""What is a step on each unit's scale, so that margins on different scales compare; money is compared with its edge."""


@dataclass(frozen=True)
class Reason:
    """One criterion of the winning rule with the customer's value and, for numbers, the nearest edge and the distance to it."""

    name: str
    criterion: Criterion
    value: float | str
    edge: float = math.nan
    margin: float = math.inf

    def __str__(self) -> str:
        if self.criterion.is_text:
            return f"{self.name} {self.value} ({self.criterion.written})"
        shown = shown_beside(float(self.value), self.edge, self.name)
        percentile = any(bound.edge.is_percentile for bound in self.criterion.bounds)
        return f"{self.name} {shown} ({self.criterion.written}{' = ' + number(self.edge, self.name) if percentile else ''})"


def reasons(labelled: Labels, row: int, values: Mapping[str, Any]) -> list[Reason]:
    """The reasons of a row's label, in the order of the rule's columns. `values` is the row of the measured frame."""
    rule = winning_rule(labelled, row)
    if rule is None:
        return []
    position = int(labelled.winner[row])
    found = []
    for name, criterion in rule.criteria:
        if criterion.is_text:
            found.append(Reason(name, criterion, str(values[name])))
            continue
        value = float(values[name])
        edges = [labelled.edges[position, name, i][values["as_of"]] for i in range(len(criterion.bounds))]
        edge = min(edges, key=lambda edge: abs(value - edge))
        found.append(Reason(name, criterion, value, edge, abs(value - edge) / _scale(name, edge)))
    return found


def sentence(segment: str, found: list[Reason]) -> str:
    """One sentence: `At-Risk: velocity_change +9.2 (>=5), … Nearest edge: recency_ratio 2.6 against 2.0`."""
    if not found:
        return f"{segment}: no criteria"
    text = f"{segment}: {', '.join(str(reason) for reason in found)}"
    nearest = min(found, key=lambda reason: reason.margin)
    if math.isinf(nearest.margin):
        return text
    value = shown_beside(float(nearest.value), nearest.edge, nearest.name)
    return f"{text}. Nearest edge: {nearest.name} {value} against {number(nearest.edge, nearest.name)}"


def number(value: float, name: str, digits: int | None = None) -> str:
    """A metric's value as a reader wants it: signed changes, shares as percent, money with thousands."""
    unit = CATALOGUE[name].unit
    if unit == "share":
        places = 0 if digits is None else digits
        return f"{value * 100:{_sign(name)}.{places}f}%"
    if unit == "money":
        return f"{value:,.{0 if digits is None else digits}f}"
    if unit == "count":
        return f"{value:.{0 if digits is None else digits}f}"
    return f"{value:{_sign(name)}.{1 if digits is None else digits}f}"


def shown_beside(value: float, edge: float, name: str) -> str:
    """A value with as many digits as are needed to see on which side of its edge it lies."""
    for digits in (None, 1, 2, 3, 4):
        text = number(value, name, digits)
        shown = _read(text)
        if (shown < edge) == (value < edge) and (shown > edge) == (value > edge):
            return text
    return repr(value)


def _read(text: str) -> float:
    plain = text.replace(",", "")
    return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)


def _sign(name: str) -> str:
    return "+" if "change" in name or name == "order_value_trend" else ""


def _scale(name: str, edge: float) -> float:
    return _STEP.get(CATALOGUE[name].unit, max(abs(edge), 1.0))
