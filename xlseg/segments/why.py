"""Why a customer is in a segment: the winning row's criteria with his values, and the edge he is nearest to. It replays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.assign import Labels
from xlseg.segments.criteria import Criterion

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
        return said(self.name, self.criterion, float(self.value), self.edge)


def said(name: str, criterion: Criterion, value: float, edge: float) -> str:
    """A criterion with the value that meets it, and with what a percentile stands for: `revenue 5,200 (>=p80 = 4,100)`."""
    shown, limit = side_by_side(value, edge, name)
    percentile = any(bound.edge.is_percentile for bound in criterion.bounds)
    return f"{name} {shown} ({criterion.written}{' = ' + limit if percentile else ''})"


def reasons(labelled: Labels, row: int, values: Mapping[str, Any]) -> list[Reason]:
    """The reasons of a row's label, in the order of the rule's columns. `values` is the row of the measured frame."""
    position = int(labelled.winner[row])
    if position < 0:
        return []
    found = []
    for name, criterion in labelled.rules.rules[position].criteria:
        if criterion.is_text:
            found.append(Reason(name, criterion, str(values[name])))
            continue
        value = float(values[name])
        edges = [labelled.edges[position, name, i][values["as_of"]] for i in range(len(criterion.bounds))]
        edge = min(edges, key=lambda edge: abs(value - edge))
        found.append(Reason(name, criterion, value, edge, abs(value - edge) / scale(name, edge)))
    return found


def smallest(name: str) -> float:
    """What the last written digit of a metric counts."""
    return _UNIT.get(CATALOGUE[name].unit, _TENTH)


def number(value: float, name: str, digits: int | None = None) -> str:
    """A metric's value as a reader wants it: signed changes, shares as percent, money with thousands."""
    return _written(value, name, digits, _sign(name))


def _sign(name: str) -> str:
    return "+" if "change" in name or name == "order_value_trend" else ""


def apart(distance: float, name: str) -> str:
    """A distance between two values of a metric, with as many digits as it takes not to look like nothing."""
    text = _written(distance, name, None, "")
    if _read(text) > 0:
        return text
    texts = [_written(distance, name, digits, "") for digits in (1, 2, 3, 4)]
    return next((finer for finer in texts if _read(finer) > 0), text)


def side_by_side(value: float, edge: float, name: str) -> tuple[str, str]:
    """A value and its edge with as many digits as it takes to see which one is larger."""
    if abs(value - edge) > 2 * smallest(name):
        return number(value, name), number(edge, name)
    for digits in (None, 1, 2, 3, 4):
        shown, limit = number(value, name, digits), number(edge, name, digits)
        if (_read(shown) < _read(limit), _read(shown) > _read(limit)) == (value < edge, value > edge):
            return shown, limit
    return repr(value), repr(edge)


def _written(value: float, name: str, digits: int | None, sign: str) -> str:
    write, factor = pattern(name, digits, sign)
    return write(value * factor)


@cache
def pattern(name: str, digits: int | None = None, sign: str | None = None) -> tuple[Callable[[float], str], int]:
    """How a metric is written: what writes a number of it, and by what the number is multiplied before; the sign is that of the metric by default."""
    unit = CATALOGUE[name].unit
    places = (0 if unit in ("share", "money", "count", "score") else 1) if digits is None else digits
    sign = _sign(name) if sign is None else sign
    return (f"{{:{sign}.{places}f}}%".format, 100) if unit == "share" else (f"{{:{sign},.{places}f}}".format, 1)


def _read(text: str) -> float:
    plain = text.replace(",", "")
    return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)


def scale(name: str, edge: float) -> float:
    """What is a step from an edge of a metric, so that distances on different scales compare."""
    return _STEP.get(CATALOGUE[name].unit, max(abs(edge), 1.0))
