"""Labels: which rule matches which customer at which as-of date, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from xlseg.segments.criteria import Bound
from xlseg.segments.rules import ATTRIBUTES, NO_SEGMENT, Rule, RuleSet
from xlseg.tables import Ledger
from xlseg.workbook import Array

Edges = dict[tuple[int, str, int], dict[object, float]]
"""(rule position, column, bound position) → as-of date → the number its edge stands for then."""


@dataclass(frozen=True)
class Labels:
    """The outcome of the rules, row by row of the measured frame.

    Attributes
    ----------
    winner
        Position of the winning rule, -1 when none matches.
    matches
        rules × rows, True where a rule matches.
    edges
        What each edge stood for at each as-of date, for the percentiles.
    """

    rules: RuleSet
    winner: Array
    matches: Array
    edges: Edges

    @property
    def code(self) -> Array:
        """Position of each row's segment in `rules.segments`."""
        codes = {name: i for i, name in enumerate(self.rules.segments)}
        return np.array([*(codes[rule.segment] for rule in self.rules.rules), codes[NO_SEGMENT]])[self.winner]

    @property
    def segment(self) -> Array:
        """Segment name of each row."""
        return np.array(self.rules.segments, dtype=object)[self.code]

    def rows(self, first: int) -> Labels:
        """The labels from a row on."""
        return Labels(self.rules, self.winner[first:], self.matches[:, first:], self.edges)

    def also(self, row: int) -> list[str]:
        """Other segments that match a row, in order of priority; a rule without criteria says nothing about anybody and is not listed."""
        winner = int(self.winner[row])
        own = self.rules.rules[winner].segment if winner >= 0 else NO_SEGMENT
        found = (self.rules.rules[i] for i in np.flatnonzero(self.matches[:, row]))
        return [name for name in dict.fromkeys(rule.segment for rule in found if rule.criteria) if name != own]


def with_attributes(measured: pd.DataFrame, ledger: Ledger, customers: Sequence[str]) -> pd.DataFrame:
    """The measured frame with the attributes of the Customers sheet that a rule may ask for ("" = absent); `customers` are those of the facts."""
    place = pd.Index(ledger.customers["customer"].to_numpy(object)).get_indexer(np.array(customers, object))
    position = measured["position"].to_numpy()
    texts = {name: np.append(ledger.customers[name].to_numpy(object), "")[place] for name in ATTRIBUTES}  # place -1: the last
    return measured.assign(**{name: plain_texts(column[position]) for name, column in texts.items()})


def plain_texts(texts: Array) -> pd.Series:
    """A column of texts as the objects they are: pandas would copy them into memory of its own, and back whenever they are asked for."""
    return pd.Series(texts, dtype=object)


def labels(measured: pd.DataFrame, rules: RuleSet) -> Labels:
    """The labels of all rows of a measured frame (by as-of date, with attributes); percentiles are taken at each as-of date."""
    groups = _groups(measured["as_of"].to_numpy())
    matches = np.ones((len(rules.rules), len(measured)), "bool")
    edges: Edges = {}
    for position, rule in enumerate(rules.rules):
        for name, criterion in rule.criteria:
            values = measured[name].to_numpy()
            if criterion.is_text:
                matches[position] &= criterion.holds_text(values)
                continue
            for number, bound in enumerate(criterion.bounds):
                edges[position, name, number] = _edges(values, bound, groups)
                matches[position] &= _holds(values, bound, groups, edges[position, name, number])
    winner = np.where(matches.any(axis=0), matches.argmax(axis=0), -1)
    return Labels(rules, winner, matches, edges)


def _groups(as_of: Array) -> dict[object, slice]:
    """The rows of each as-of date."""
    if (as_of[1:] < as_of[:-1]).any():
        raise ValueError("measured rows that are not by as-of date")
    starts = np.flatnonzero(np.append(True, as_of[1:] != as_of[:-1])).tolist() if len(as_of) else []
    return {pd.Timestamp(as_of[start]): slice(start, stop) for start, stop in pairwise([*starts, len(as_of)])}


def _edges(values: Array, bound: Bound, groups: dict[object, slice]) -> dict[object, float]:
    """The number that the edge of a bound stands for at each as-of date."""
    if not bound.edge.is_percentile:
        return dict.fromkeys(groups, bound.edge.value)
    return {day: bound.edge.at(values[rows]) for day, rows in groups.items()}


def _holds(values: Array, bound: Bound, groups: dict[object, slice], edges: dict[object, float]) -> Array:
    if not bound.edge.is_percentile:
        return bound.holds(values, bound.edge.value)
    met = np.zeros(len(values), "bool")
    for day, rows in groups.items():
        met[rows] = bound.holds(values[rows], edges[day])
    return met


def winning_rule(labelled: Labels, row: int) -> Rule | None:
    """The rule that made a row's label; None when none matched."""
    position = int(labelled.winner[row])
    return labelled.rules.rules[position] if position >= 0 else None
