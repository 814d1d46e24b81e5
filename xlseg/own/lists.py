"""Lists on sheets by their headings, wherever they stand, as the user has left them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import groupby

import numpy as np

from xlseg.errors import LayoutError, SettingError
from xlseg.workbook import Array, CellError, HasTables, KnowsTotals, KnowsUncomputed, ReadsSomeColumns, Sheet, Source, Value

_DEPTHS = (60, 1_000)
"""Rows that are searched for headings: most lists begin at the top, and a head of few rows is read without the rest of the sheet."""
MANY_ROWS = 2_000
"""Rules, Playbook and Config have no more rows."""
UNCOMPUTED = CellError("a formula without a value")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]|$)")
_DAY_0, _DAYS_TO_1904 = dt.date(1899, 12, 30), 1462
_FIRST_DAY, _LAST_DAY = 36_526, 73_051
"""The years 2000 to 2099, in days."""
MOST_RUNS = 10**9
"""What is numbered has no number above this."""


def sheet_of(source: Source, tab: str, table: str) -> str | None:
    """The sheet of a tab of ours: by its name, or by its table (a tab without one by a mark) when the user has renamed it."""
    found = next((name for name in source.sheets() if name.casefold() == tab.casefold()), None)
    return source.sheet_of_table(table) if found is None and isinstance(source, HasTables) else found


def all_rows(source: Source, name: str) -> Sequence[Sequence[Value]]:
    """The rows of Rules, Playbook or Config: all of them, or none. A formula that nobody has computed yet is an error value, not an empty cell."""
    rows = [list(row) for row in source.sheet(name).head(MANY_ROWS + 1)]
    if any(cell is not None for row in rows[MANY_ROWS:] for cell in row):
        raise SettingError(name, f"more than {MANY_ROWS:,} rows", "clear what stands below")
    for row, column in source.uncomputed(name) if isinstance(source, KnowsUncomputed) else ():
        if row <= len(rows):
            rows[row - 1] += [None] * (column - len(rows[row - 1]))
            rows[row - 1][column - 1] = UNCOMPUTED
    return rows


def rows_of(source: Source, tab: str, table: str, headings: Sequence[str], wished: Sequence[str] = ()) -> list[tuple[Value, ...]]:
    """The rows of a list on one of our tabs, in the given headings; none when the tab or a heading is not there (the host says so when it writes).

    The cells under a heading that is only wished for are empty where it is not there.
    """
    name, totals = sheet_of(source, tab, table), totals_row(source, table)
    return [row for number, row in numbered_rows(source, name, headings, wished) or [] if number != totals] if name else []


def log_of(source: Source, tab: str, table: str, headings: Sequence[str], wished: Sequence[str] = ()) -> list[tuple[int, tuple[Value, ...]]]:
    """The numbered rows of a list that the next refresh builds on; none when the tab is not there.

    Raises
    ------
    LayoutError
        When a heading is not there: read as an empty list, it would be begun anew in silence.
    """
    name = sheet_of(source, tab, table)
    if name is None:
        return []
    found = numbered_rows(source, name, headings, wished)
    if found is None:
        fact = f"no headings {', '.join(headings)} in one row"
        raise LayoutError(name, fact, "put them back (Table Design, Header Row), or rename the sheet if it is your own")
    totals = totals_row(source, table)
    return [row for row in found if row[0] != totals]


def totals_row(source: Source, table: str) -> int | None:
    """Number of the totals row that the user has given a table of ours; None when there is none, or nobody knows."""
    return source.totals_row(table) if isinstance(source, KnowsTotals) else None


def last_row(source: Source, table: str) -> int | None:
    """Number of the last row of a table of ours; None when there is none, or nobody knows."""
    return source.last_row(table) if isinstance(source, KnowsTotals) else None


def numbered_rows(source: Source, name: str, headings: Sequence[str], wished: Sequence[str] = ()) -> list[tuple[int, tuple[Value, ...]]] | None:
    """The rows below the given headings with their numbers on the sheet; None when the headings are not there."""
    sheet, ours = source.sheet(name), set(map(folded, (*headings, *wished)))
    found = _head(sheet, headings, ours)
    if found is None:
        return None
    number, row = found
    words = _words(row)
    at = {words[i]: i for i in reversed(_places_of(words, headings, ours))}
    places = [at.get(folded(heading)) for heading in (*headings, *wished)]
    there = [i for i in places if i is not None]
    body = sheet.some(number, there) if isinstance(sheet, ReadsSomeColumns) else sheet.body(number)
    columns = [_values(body.columns[i]) if i is not None and i < len(body.columns) else [None] * body.rows for i in places]
    return list(enumerate(zip(*columns, strict=True), start=number + 1))


def lines_of(source: Source, name: str, needed: Sequence[str], ours: Collection[str]) -> list[tuple[int, dict[str, Value]]]:
    """The numbered rows of a list by heading, with the columns of the user's that stand beside ours; the headings that are `ours` are folded."""
    sheet = source.sheet(name)
    found = _head(sheet, needed, ours)
    if found is None:
        return []
    number, row = found
    words = _words(row)
    heads = {at: words[at] if words[at] in ours else str(row[at]).strip() for at in _places_of(words, needed, ours)}
    columns = sheet.body(number).columns
    listed = [_values(columns[at]) for at in heads if at < len(columns)]
    lines = enumerate(zip(*listed, strict=True), start=number + 1)
    return [(at, dict(zip(heads.values(), line, strict=False))) for at, line in lines]


def _head(sheet: Sheet, needed: Sequence[str], ours: Collection[str]) -> tuple[int, Sequence[Value]] | None:
    """The row of the headings of a list, and its number: of those that hold all that are needed the one that holds most of ours, and most texts.

    A filter's criteria or a box above the list may hold some of them.
    """
    wanted = set(map(folded, needed))
    for depth in _DEPTHS:
        rows = [(number, row, set(_words(row))) for number, row in enumerate(sheet.head(depth), start=1)]
        if heads := [(number, row, words) for number, row, words in rows if wanted <= words]:
            number, row, _ = max(heads, key=lambda head: (len(head[2].intersection(ours)), sum(isinstance(cell, str) for cell in head[1])))
            return number, row
    return None


def _words(row: Sequence[Value]) -> list[str]:
    return [folded(str(cell)) if cell is not None else "" for cell in row]


def _places_of(words: Sequence[str], needed: Sequence[str], ours: Collection[str]) -> list[int]:
    """Where the headings of our list stand: side by side, and what is missing there beyond a gap. A list beside it may have the same ones."""
    wanted = {folded(heading) for heading in needed}
    runs = [list(run) for filled, run in groupby(range(len(words)), lambda at: bool(words[at])) if filled]
    run = max(runs, key=lambda run: (len(wanted & {words[at] for at in run}), len({words[at] for at in run} & set(ours))))
    seen = {words[at] for at in run}
    beyond = [at for at, word in enumerate(words) if word in ours and word not in seen and word not in words[:at]]
    return sorted([*run, *beyond])


def folded(heading: str) -> str:
    """A heading without case and line breaks."""
    return " ".join(heading.split()).casefold()


def _values(column: Array) -> list[Value]:
    absent = np.isnan(column) if column.dtype.kind == "f" else np.isnat(column) if column.dtype.kind == "M" else np.zeros(len(column), "bool")
    cells: list[Value] = column.tolist()
    return [None if gone else value for value, gone in zip(cells, absent.tolist(), strict=True)] if absent.any() else cells


def as_text(value: Value) -> str:
    """An id or a word as a text; a number as it is written, "" for an empty cell."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def as_whole(value: Value) -> int:
    """A count; 0 for what is none."""
    return int(value) if isinstance(value, (int, float)) and abs(value) < MOST_RUNS else 0


def as_date(value: Value, source: Source) -> dt.date | None:
    """A date, also where the user has formatted it as a number or made it a text; None for what is none."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, str) and _ISO.match(value):
        with suppress(ValueError):
            return dt.date.fromisoformat(value[:10])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        days = value + (_DAYS_TO_1904 if source.epoch_1904 else 0)
        return _DAY_0 + dt.timedelta(days=int(days)) if _FIRST_DAY <= days < _LAST_DAY else None
    return value if isinstance(value, dt.date) else None
