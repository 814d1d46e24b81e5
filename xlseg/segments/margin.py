"""How far a customer may miss the criteria of his segment and stay, and how clear a change must be to count at once.

docs/segments.md, "Confirmation".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.assign import Labels, labels
from xlseg.segments.criteria import Criterion, Edge
from xlseg.segments.rules import Rule, RuleSet
from xlseg.workbook import Array

MARGIN = {"days": 2.5, "share": 0.05, "z": 0.5, "ratio": 0.25, "score": 2.5, "per month": 0.25}
"""The margin of each unit; a count has none."""

MONEY = 0.05
"""The margin of money, as a share of the edge."""

PERCENTILE = 20.0
"""The margin of a percentile, in points: who came in at p50 leaves below p30."""

AT_ONCE = 1.0
"""Standard deviations to spare with which a test of change needs no second checkpoint."""


@dataclass(frozen=True)
class Leeway:
    """What the margin says of every measured row.

    Attributes
    ----------
    loose
        The labels by the rules with every edge moved outwards by the margin.
    holds
        segments × rows: whether a customer of that segment stays in it. A row of the segment matches, as written or by the margin, and no row
        above it matches as written.
    clear
        Rows whose label rests on a test of change that is passed with `AT_ONCE` to spare.
    """

    loose: Labels
    holds: Array
    clear: Array

    def rows(self, first: int) -> Leeway:
        """The leeway from a row on."""
        return Leeway(self.loose.rows(first), self.holds[:, first:], self.clear[first:])

    def rule_of(self, segment: int, row: int) -> int:
        """Position of the first rule by which a segment (its code) holds a row."""
        rules, name = self.loose.rules.rules, self.loose.rules.segments[segment]
        return next(i for i, rule in enumerate(rules) if rule.segment == name and self.loose.matches[i, row])


def leeway(measured: pd.DataFrame, labelled: Labels, times: float) -> Leeway:
    """The leeway of every row, with so many times the margin."""
    rules = labelled.rules
    loose = labels(measured, _loosened(rules, times))
    code = {name: i for i, name in enumerate(rules.segments)}
    winner = np.where(labelled.winner < 0, len(rules.rules), labelled.winner)
    holds = labelled.code == np.arange(len(code))[:, None]
    for position, rule in enumerate(rules.rules):
        holds[code[rule.segment]] |= loose.matches[position] & (position <= winner)
    return Leeway(loose, holds, _clear(measured, labelled, code))


def _clear(measured: pd.DataFrame, labelled: Labels, code: dict[str, int]) -> Array:
    tests = tuple(_sharpened(rule) for rule in labelled.rules.rules if any(_is_test(name) for name, _ in rule.criteria))
    clear = np.zeros(len(measured), "bool")
    if tests:
        for rule, matches in zip(tests, labels(measured, RuleSet(tests)).matches, strict=True):
            clear |= matches & (labelled.code == code[rule.segment])
    return clear


def _loosened(rules: RuleSet, times: float) -> RuleSet:
    def looser(name: str, criterion: Criterion) -> Criterion:
        return criterion if criterion.is_text else criterion.moved(lambda edge: times * _margin(name, edge))

    return RuleSet(tuple(replace(rule, criteria=tuple((name, looser(name, c)) for name, c in rule.criteria)) for rule in rules.rules))


def _sharpened(rule: Rule) -> Rule:
    def sharper(name: str, criterion: Criterion) -> Criterion:
        return criterion.moved(lambda _: -AT_ONCE) if _is_test(name) else criterion

    return replace(rule, criteria=tuple((name, sharper(name, c)) for name, c in rule.criteria))


def _is_test(name: str) -> bool:
    return name in CATALOGUE and CATALOGUE[name].unit == "z"


def _margin(name: str, edge: Edge) -> float:
    if edge.is_percentile:
        return PERCENTILE
    unit = CATALOGUE[name].unit
    return abs(edge.value) * MONEY if unit == "money" else MARGIN.get(unit, 0.0)
