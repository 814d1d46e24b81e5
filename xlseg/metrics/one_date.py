"""Adds the facts up at one date, in one pass over the rows they come from: nothing is spread or joined, what does not count is passed over.

The same parts as `sums.py`. An invoice is several facts at once (an event, an open item, an order); each kind of fact is laid beside the row as
columns of numbers, and all of them are summed in one group-by.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import narwhals.stable.v2 as nw
from narwhals.stable.v2 import col

from xlseg.engines import Frame
from xlseg.metrics.spans import F64, I64, Part, Rows

_ROW, _SUM, _COUNTED = "row ", "sum ", "counted "
"""Before the names of the columns of the rows themselves, of the numbers laid beside them, and of whether a fact counts on the date."""


@dataclass(frozen=True)
class Kind:
    """A kind of fact that a row may be.

    Attributes
    ----------
    part
        What is added up of it, from a frame with the columns of the view. A row is at most one of its facts at a date.
    view
        The columns of such facts that are not those of the row, or others than its, from the columns of the row. When a fact counts rests on
        the row's own columns and on new ones alone, and kinds have the same under the same name.
    holds
        Whether the row is one.
    """

    part: Callable[[Frame], Part]
    view: Mapping[str, nw.Expr]
    holds: nw.Expr


@dataclass(frozen=True)
class _Fact:
    """A fact that counts on the date where `flag` says so: what is gathered of it, by name, and under which names its columns are."""

    rows: Rows
    flag: str
    gathered: Mapping[str, str]
    floats: Collection[str]
    columns: Mapping[str, str]


def sums_at(rows: Frame, kinds: Sequence[Kind], day: int, wanted: Collection[str], exact: bool, there: nw.Expr | None = None) -> Frame:
    """A row a `customer` with a fact that counts on the day, and the sums that are wanted, absent where nothing was added.

    `exact`: whether every sum stays below 2^53, so that floating point adds it up without loss; whole numbers take twice as long, as DuckDB
    adds them to 128 bits. `there`: whose customer is to have a row although nothing may count.
    """
    others = [{name: f"{number} {name}" if name in rows.columns else name for name in kind.view} for number, kind in enumerate(kinds)]
    seen = {other[name]: expr for kind, other in zip(kinds, others, strict=True) for name, expr in kind.view.items()}
    frame = rows.with_columns(as_of=nw.lit(day).cast(I64), **seen)
    facts: list[_Fact] = []
    flags: dict[str, nw.Expr] = {}
    for kind, other in zip(kinds, others, strict=True):
        part = kind.part(frame)
        if gathered := _gathered(part, wanted):
            for fact_rows in part.rows:
                flag = f"{_COUNTED}{len(facts)}"
                flags[flag] = kind.holds & (fact_rows.since <= day) & (fact_rows.until > day)
                facts.append(_Fact(fact_rows, flag, gathered, part.sums, {name: name for name in (*rows.columns, "as_of")} | other))
    if there is not None:
        flags[f"{_COUNTED}there"] = there
    if not flags:
        return rows.select("customer").unique()
    frame = frame.with_columns(**flags)
    frame = frame.filter(nw.any_horizontal(*map(col, flags), ignore_nulls=False))  # before a number is worked out: rows of years past need none
    frame = frame.select(*(fact.flag for fact in facts), **{_ROW + name: col(name) for name in (*rows.columns, "as_of", *seen)})
    laid: dict[str, str] = {}
    for fact in facts:
        frame = _with(frame, fact, day, laid, exact)
        laid |= fact.gathered
    grouped = frame.group_by(_ROW + "customer").agg(*[getattr(col(_SUM + name), how)() for name, how in laid.items()])
    return grouped.select(customer=col(_ROW + "customer"), **{name: col(_SUM + name).cast(F64) for name in laid})


def _with(frame: Frame, fact: _Fact, day: int, laid: Collection[str], exact: bool) -> Frame:
    """The rows with the numbers of one more fact beside them; `laid` are those of which there are some already."""
    now = frame.with_columns(**{name: col(_ROW + under) for name, under in fact.columns.items()})
    now = fact.rows.fixed(now) if fact.rows.fixed else now
    now = _moved(now, fact.rows, day)
    numbers = {
        _SUM + name: _number(name, fact.flag, name in laid, how == "sum" and (exact or name in fact.floats)) for name, how in fact.gathered.items()
    }
    return now.select(*(name for name in frame.columns if name not in numbers), **numbers)


def _gathered(part: Part, wanted: Collection[str]) -> dict[str, str]:
    gathered = dict.fromkeys((*part.counts, *part.sums), "sum") | dict.fromkeys(part.least, "min") | dict.fromkeys(part.most, "max")
    return {name: how for name, how in gathered.items() if name in wanted}


def _moved(frame: Frame, rows: Rows, day: int) -> Frame:
    """The rows with the columns that change with the date, on that date."""
    if rows.weights:
        usual = rows.weights.by_day[day][0]
        weight = nw.lit(usual)
        for month, value in enumerate(rows.weights.by_day[day]):
            weight = nw.when(col("month") == month).then(nw.lit(value)).otherwise(weight) if value != usual else weight
        frame = frame.with_columns(weight=weight)
    return rows.moving(frame) if rows.moving else frame


def _number(name: str, flag: str, follows: bool, floats: bool) -> nw.Expr:
    """The number of a fact where it counts; where it does not, that of the part's facts before it."""
    counted = nw.when(col(flag)).then(col(name).cast(F64) if floats else col(name))
    return counted.otherwise(col(_SUM + name)) if follows else counted
