"""What earlier refreshes and the user left on our own tabs: settings, rules, who was there, what was published, which dates were picked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from xlseg.analysis import Departed
from xlseg.drill import Asked
from xlseg.errors import SettingError
from xlseg.migration import GONE
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import RuleSet, read_rules
from xlseg.settings import Settings, read_settings
from xlseg.tabs import drill, history, migration, run_log, segments
from xlseg.tabs.inputs import CONFIG, CONFIG_TABLE, RULES, RULES_TABLE
from xlseg.tabs.migration import Picked
from xlseg.workbook import Array, HasTables, Source, Value

_MANY_ROWS = 2_000
"""Rules and Config have no more rows."""
_MOST_RUNS = 10**9


def settings_of(source: Source) -> Settings:
    """The settings on the Config sheet; the defaults where there is none."""
    name = _named(source, CONFIG, CONFIG_TABLE)
    return read_settings(_all_rows(source, name), name) if name else Settings()


def rules_of(source: Source, with_invoices: bool) -> RuleSet:
    """The rule set on the Rules sheet; where there is none the default one, for a book with or without invoices."""
    name = _named(source, RULES, RULES_TABLE)
    return read_rules(_all_rows(source, name), name) if name else default_rules(with_invoices)


def _all_rows(source: Source, name: str) -> Sequence[Sequence[Value]]:
    """The rows of Rules or Config: all of them, or none."""
    rows = source.sheet(name).head(_MANY_ROWS + 1)
    if any(cell is not None for row in rows[_MANY_ROWS:] for cell in row):
        raise SettingError(name, f"more than {_MANY_ROWS:,} rows", "clear what stands below")
    return rows


def shown_of(source: Source, present: set[str], as_of: dt.date) -> tuple[frozenset[str], tuple[Departed, ...]]:
    """Ids of the customers with a row on the Segments tab, and those of them who are not in the ERP sheets any more."""
    wanted = ("Customer ID", "Name", "Segment", "Since", "Previous Segment")
    shown, departed = set(), []
    for customer, name, segment, since, previous in _rows(source, segments.NAME, segments.TABLE, wanted):
        day = _date(since)
        if customer is None or day is None or not isinstance(segment, str):
            continue  # the last two: a totals row, or what the user has written below
        shown.add(_text(customer))
        if _text(customer) not in present:
            gone = segment == GONE
            departed.append(Departed(_text(customer), _text(name), _text(previous) if gone else segment, day if gone else as_of))
    return frozenset(shown), tuple(departed)


def published_of(source: Source) -> dict[str, history.Published]:
    """The last published segment and status of each customer on the History tab, however the user has sorted it."""
    wanted = ("Published", "Customer ID", "Segment", "Status")
    found: list[tuple[dt.date, str, history.Published]] = []
    for published, customer, segment, status in _rows(source, history.NAME, history.TABLE, wanted):
        day = _date(published)
        if day is not None and customer is not None:
            found.append((day, _text(customer), (_text(segment), _text(status))))
    return {customer: standing for _, customer, standing in sorted(found, key=lambda row: row[0])}


def runs_of(source: Source) -> int:
    """Number of the last run on the Run Log tab; 0 when there is none."""
    runs = (run for (run,) in _rows(source, run_log.NAME, run_log.TABLE, ("Run",)) if isinstance(run, (int, float)))
    return max((int(run) for run in runs if abs(run) < _MOST_RUNS), default=0)


def first_run_of(source: Source, as_of: dt.date, inputs: str, rules: str) -> int:
    """Number of the run that first had these inputs: the earliest of the last unbroken row of runs that had the same.

    The number of the run to come if the last had others, or there is none.
    """
    found = []
    for run, date, read, rule_set in _rows(source, run_log.NAME, run_log.TABLE, ("Run", "As Of", "Input", "Rules")):
        if isinstance(run, (int, float)) and abs(run) < _MOST_RUNS:
            found.append((int(run), (_date(date), _text(read), _text(rule_set)) == (as_of, inputs, rules)))
    first = max((run for run, _ in found), default=0) + 1
    for run, same in sorted(found, reverse=True):
        if not same:
            break
        first = run
    return first


def picked_of(source: Source) -> Picked:
    """The dates picked on the Migration tab."""
    name = _named(source, migration.NAME, f"{migration.NAME}!")
    rows = source.sheet(name).head(8) if name else []
    cells: dict[str, Value] = {f"B{number}": row[1] for number, row in enumerate(rows, start=1) if len(row) > 1}
    return migration.pick(cells)


def drilled_of(source: Source) -> Asked:
    """The customer and the metric typed on the Drill tab, and the owners typed on Segments."""
    name = _named(source, drill.NAME, f"{drill.NAME}!")
    rows = source.sheet(name).head(8) if name else []
    return drill.asked_in(rows, name or drill.NAME, _owners_of(source) if name else {})


def _owners_of(source: Source) -> dict[str, str]:
    """Owner of each customer, as the user has typed it on the Segments tab."""
    listed = _rows(source, segments.NAME, segments.TABLE, ("Customer ID", "Owner"))
    return {_text(customer): _text(owner) for customer, owner in listed if customer is not None}


def _named(source: Source, tab: str, table: str) -> str | None:
    """The sheet of a tab of ours: by its name, or by its table (a tab without one by a mark) when the user has renamed it."""
    named = next((name for name in source.sheets() if name.casefold() == tab.casefold()), None)
    return source.sheet_of_table(table) if named is None and isinstance(source, HasTables) else named


def _rows(source: Source, tab: str, table: str, headings: Sequence[str]) -> list[tuple[Value, ...]]:
    """The rows of a list on one of our tabs, in the given headings; none when the tab or a heading is not there (the host says so when it writes)."""
    name = _named(source, tab, table)
    if name is None:
        return []
    sheet = source.sheet(name)
    for number, row in enumerate(sheet.head(60), start=1):
        at = {_folded(str(cell)): i for i, cell in enumerate(row) if cell is not None}
        places = [at[heading] for heading in map(_folded, headings) if heading in at]
        if len(places) == len(headings):
            columns = sheet.body(number).columns
            return list(zip(*(_values(columns[i]) if i < len(columns) else [] for i in places), strict=False))
    return []


def _folded(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _values(column: Array) -> list[Value]:
    absent = np.isnan(column) if column.dtype.kind == "f" else np.isnat(column) if column.dtype.kind == "M" else np.zeros(len(column), "bool")
    return [None if gone else value for value, gone in zip(column.tolist(), absent.tolist(), strict=True)]


def _text(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _date(value: Value) -> dt.date | None:
    return value.date() if isinstance(value, dt.datetime) else value if isinstance(value, dt.date) else None
