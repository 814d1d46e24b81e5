"""Adds the facts up at one date, in one pass over the rows they come from: nothing is spread or joined, what does not count is multiplied by 0.

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
"""Before the names of the columns of the rows themselves, of the numbers laid beside them, and of whether a kind of fact counts on the date."""


@dataclass(frozen=True)
class Kind:
    """A kind of fact that a row may be.

    Attributes
    ----------
    part
        What is added up of it, from a frame with the columns of the view.
    view
        The columns of such facts, from the columns of the row.
    holds
        Whether the row is one.
    """

    part: Callable[[Frame], Part]
    view: Mapping[str, nw.Expr]
    holds: nw.Expr


def sums_at(rows: Frame, kinds: Sequence[Kind], day: int, wanted: Collection[str], exact: bool) -> Frame:
    """A row a `customer` with a fact that counts on the day, and the sums that are wanted.

    `exact`: whether every sum stays below 2^53, so that floating point adds it up without loss; whole numbers take twice as long, as DuckDB
    adds them to 128 bits.
    """
    frame = rows.rename({name: _ROW + name for name in rows.columns})
    asked: list[tuple[Kind, int, dict[str, str], nw.Expr]] = []
    for kind in kinds:
        part = kind.part(_seen(frame, kind))
        if how := _how(part, wanted):
            asked += [(kind, at, how, kind.holds & (fact.since <= day) & (fact.until > day)) for at, fact in enumerate(part.rows)]
    if not asked:
        return rows.select("customer").unique()
    flags = [f"{_COUNTED}{number}" for number in range(len(asked))]
    for flag, (kind, _, _, counts) in zip(flags, asked, strict=True):
        frame = _seen(frame, kind).with_columns(**{flag: counts}).select(*frame.columns, flag)
    frame = frame.filter(nw.any_horizontal(*map(col, flags), ignore_nulls=False))  # before a number is worked out: rows of years past need none
    laid: dict[str, str] = {}
    for flag, (kind, at, how, _) in zip(flags, asked, strict=True):
        frame = _with(frame, kind, at, day, how, flag, laid.keys(), exact)
        laid |= how
    grouped = frame.group_by(_ROW + "customer").agg(*[getattr(col(_SUM + name), how)() for name, how in laid.items()])
    return grouped.select(customer=col(_ROW + "customer"), **{name: col(_SUM + name).cast(F64) for name in laid})


def _seen(frame: Frame, kind: Kind) -> Frame:
    """The rows as facts of a kind."""
    of_row = {name.removeprefix(_ROW): col(name) for name in frame.columns if name.startswith(_ROW)}
    seen = frame.with_columns(**of_row)
    return seen.with_columns(**kind.view) if kind.view else seen


def _with(frame: Frame, kind: Kind, at: int, day: int, how: Mapping[str, str], flag: str, laid: Collection[str], exact: bool) -> Frame:
    """The rows with the numbers of one more kind of fact beside them; `laid` are those of which there are some already."""
    part = kind.part(_seen(frame, kind))
    now = _on(part.rows[at].frame, part.rows[at], day)
    numbers = {_SUM + name: _number(name, gathered, flag, name in laid, exact or name in part.sums) for name, gathered in how.items()}
    kept = [name for name in frame.columns if name not in numbers]
    return now.with_columns(one=col(flag).cast(I64)).select(*kept, **numbers)


def _how(part: Part, wanted: Collection[str]) -> dict[str, str]:
    gathered = dict.fromkeys((*part.counts, *part.sums), "sum") | dict.fromkeys(part.least, "min") | dict.fromkeys(part.most, "max")
    return {name: how for name, how in gathered.items() if name in wanted}


def _on(frame: Frame, rows: Rows, day: int) -> Frame:
    """The columns that change with the date, on that date."""
    dated = frame.with_columns(as_of=nw.lit(day).cast(I64))
    if rows.weights:
        weight = nw.lit(rows.weights.by_day[day][0])
        for month, value in enumerate(rows.weights.by_day[day]):
            weight = nw.when(col("month") == month).then(nw.lit(value)).otherwise(weight) if value != rows.weights.by_day[day][0] else weight
        dated = dated.with_columns(weight=weight)
    return rows.moving(dated) if rows.moving else dated


def _number(name: str, how: str, flag: str, follows: bool, floats: bool) -> nw.Expr:
    """The number of a kind of fact; where a part has several kinds of rows, it goes on from those before."""
    if how != "sum":
        kept = nw.when(col(flag)).then(col(name))
        return (nw.min_horizontal if how == "min" else nw.max_horizontal)(col(_SUM + name), kept) if follows else kept
    number = col(name).cast(F64) * col("one").cast(F64) if floats else col(name) * col("one")
    return col(_SUM + name) + number if follows else number
