"""The language of a Rules cell: `>5`, `<=-25%`, `<>0`, `5..15`, `USD`, `>=p80`. Nothing else, and nothing is evaluated."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import numpy as np

from xlseg.workbook import Array, CellError, Value

Sign = Literal["<", "<=", ">", ">=", "=", "<>"]

_COMPARE: dict[Sign, Callable[[Array, float], Array]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "=": np.equal,
    "<>": np.not_equal,
}

_NUMBER = r"[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)?(?:\.\d+)?%?"
_COMPARISON = re.compile(rf"(?P<sign><=|>=|<>|<|>|=)\s*(?:p(?P<percentile>\d{{1,2}}(?:\.\d+)?)|(?P<number>{_NUMBER}))", re.IGNORECASE)
_RANGE = re.compile(rf"(?P<low>{_NUMBER})\s*\.\.\s*(?P<high>{_NUMBER})")
_TEXT = re.compile(r"(?P<sign><>|=)?\s*(?P<text>[^<>=\d][^<>=]{0,60})")
_ANY_TEXT = re.compile(r"(?P<sign><>|=)?\s*(?P<text>[^<>=]{1,61})")
_LONGEST = 64


@dataclass(frozen=True)
class Edge:
    """A limit: a number, or a percentile (0–100) of the customers who have the metric."""

    value: float
    is_percentile: bool = False

    def at(self, values: Array) -> float:
        """The number it stands for among the given values; NaN when none of them is known."""
        if not self.is_percentile:
            return self.value
        known = np.sort(values[~np.isnan(values)])
        if not len(known):
            return math.nan
        below, part = divmod(Fraction(str(self.value)) * (len(known) - 1), 100)  # exactly: in floating point p55 of 21 lies above the twelfth
        low, high = float(known[below]), float(known[min(below + 1, len(known) - 1)])
        return low + (high - low) * float(part / 100)


@dataclass(frozen=True)
class Bound:
    """One comparison with an edge."""

    sign: Sign
    edge: Edge

    def holds(self, values: Array, edge: float) -> Array:
        """Where values meet the bound, with the number its edge stands for; an unknown value or edge never does."""
        if math.isnan(edge):
            return np.zeros(len(values), "bool")
        met: Array = _COMPARE[self.sign](values, edge) & ~np.isnan(values)
        return met

    def moved(self, step: float) -> Bound:
        """The bound that lets in more by a step; a percentile stays between 0 and 100."""
        value = self.edge.value + {"<": step, "<=": step, ">": -step, ">=": -step}.get(self.sign, 0.0)
        if self.edge.is_percentile:
            value = min(max(value, 0.0), 100.0)
        return Bound(self.sign, Edge(round(value, 9), self.edge.is_percentile))


@dataclass(frozen=True)
class Criterion:
    """What one cell asks: one or two bounds on a number, or a text to be or not to be.

    `written` is the cell in its normal spelling, which parses to the same criterion.
    """

    written: str
    bounds: tuple[Bound, ...] = ()
    text: str | None = None
    negated: bool = False

    @property
    def is_text(self) -> bool:
        """Whether it asks for a text."""
        return self.text is not None

    def moved(self, step: Callable[[Edge], float]) -> Criterion:
        """The same criterion with every edge moved outwards by its step (below 0: inwards); "=" and "<>" stay."""
        bounds = tuple(bound.moved(step(bound.edge)) for bound in self.bounds)
        return self if bounds == self.bounds else Criterion(_spelled(bounds, percent="%" in self.written), bounds)

    def holds_text(self, values: Array) -> Array:
        """Where texts meet it, without regard to case; an unknown text never does."""
        wanted = (self.text or "").casefold()
        return np.array([bool(v) and (str(v).casefold() == wanted) != self.negated for v in values], "bool")


def criterion(cell: Value, *, of_text: bool = False) -> Criterion | None:
    """The criterion in a cell; None for an empty cell, which is "any".

    `of_text`: what is asked about is a text, so that `30 days` and 1001 are texts as well.

    Raises
    ------
    ValueError
        When the cell holds something else; the message says what would be right.
    """
    if cell is None:
        return None
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not math.isfinite(cell):
            raise ValueError("a finite number")
        if of_text:
            return _text(_written(float(cell)))
        return Criterion(_written(float(cell)), (Bound("=", Edge(float(cell))),))
    if not isinstance(cell, str) or isinstance(cell, CellError):
        raise ValueError("a comparison such as >=5")
    text = cell.strip()
    return (_text(text) if of_text else _parsed(text)) if text else None


def _written(number: float) -> str:
    """Equality with a number to its last digit, or else two rule sets would seem the same."""
    written = "=" + format(Decimal(repr(number)), "f").removesuffix(".0")
    if len(written) > _LONGEST:
        raise ValueError(f"a number of at most {_LONGEST - 1} digits")
    return written


def _parsed(text: str) -> Criterion:
    if len(text) > _LONGEST:
        raise ValueError(f"at most {_LONGEST} characters")
    if match := _COMPARISON.fullmatch(text):
        return _comparison(match)
    if match := _RANGE.fullmatch(text):
        return _range(match)
    if match := _TEXT.fullmatch(text):
        return Criterion(text, text=match["text"].strip(), negated=match["sign"] == "<>")
    raise ValueError("a comparison such as >=5, a range such as 5..15, a percentile such as >=p80, or a text")


def _text(text: str) -> Criterion:
    match = _ANY_TEXT.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise ValueError("a text such as USD, or <> before it")
    return Criterion(text, text=match["text"].strip(), negated=match["sign"] == "<>")


def _comparison(match: re.Match[str]) -> Criterion:
    sign: Sign = match["sign"]  # type: ignore[assignment]  # the pattern admits no other
    if match["percentile"]:
        return Criterion(f"{sign}p{match['percentile']}", (Bound(sign, Edge(float(match["percentile"]), is_percentile=True)),))
    return Criterion(f"{sign}{match['number']}", (Bound(sign, Edge(_number(match["number"]))),))


def _range(match: re.Match[str]) -> Criterion:
    low, high = _number(match["low"]), _number(match["high"])
    if low > high:
        raise ValueError("a range with the smaller number first, such as 5..15")
    return Criterion(f"{match['low']}..{match['high']}", (Bound(">=", Edge(low)), Bound("<=", Edge(high))))


def _spelled(bounds: tuple[Bound, ...], percent: bool) -> str:
    """The normal spelling of bounds."""

    def edge(bound: Bound) -> str:
        if bound.edge.is_percentile:
            return f"p{bound.edge.value:g}"
        return f"{bound.edge.value * 100:.10g}%" if percent else f"{bound.edge.value:.10g}"

    if len(bounds) == 2:
        return f"{edge(bounds[0])}..{edge(bounds[1])}"
    return f"{bounds[0].sign}{edge(bounds[0])}"


def _number(text: str) -> float:
    digits = text.replace(",", "").removesuffix("%")
    if not any(c.isdigit() for c in digits):
        raise ValueError("a comparison with a number, such as >=5")
    return float(Decimal(digits) / (100 if text.endswith("%") else 1))  # 5.6% is 0.056, which 5.6 / 100 is not
