"""What earlier refreshes and the user left on our own tabs: settings, rules, who was there, what was published, which dates were picked."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from xlseg.actions import Listed
from xlseg.actions import Logged as LoggedAction
from xlseg.actions import Typed as TypedAction
from xlseg.actions.typed import day_of
from xlseg.actions.values import ORDER
from xlseg.analysis import Departed
from xlseg.approval import Signed
from xlseg.changelog import Entry, Logged
from xlseg.drill import Asked
from xlseg.errors import SettingError
from xlseg.migration import GONE
from xlseg.overrides import HEADINGS, Typed, read_overrides
from xlseg.playbook import Playbook, default_playbook, read_playbook
from xlseg.segments.defaults import default_rules
from xlseg.segments.rules import RuleSet, read_rules
from xlseg.settings import Settings, read_settings
from xlseg.tables import Finding
from xlseg.tabs import action_log, actions, change_log, drill, history, migration, overrides, rule_sets, run_log, segments
from xlseg.tabs.inputs import CONFIG, CONFIG_TABLE, PLAYBOOK, PLAYBOOK_TABLE, RULES, RULES_TABLE
from xlseg.tabs.migration import Picked
from xlseg.workbook import Array, HasTables, Source, Value

_MANY_ROWS = 2_000
"""Rules, Playbook and Config have no more rows."""
_MOST_RUNS = 10**9


def settings_of(source: Source) -> Settings:
    """The settings on the Config sheet; the defaults where there is none."""
    name = _named(source, CONFIG, CONFIG_TABLE)
    return read_settings(_all_rows(source, name), name) if name else Settings()


def rules_of(source: Source, with_invoices: bool) -> RuleSet:
    """The rule set on the Rules sheet; where there is none the default one, for a book with or without invoices."""
    found = rules_sheet_of(source)
    return read_rules(*found) if found else default_rules(with_invoices)


def rules_sheet_of(source: Source) -> tuple[Sequence[Sequence[Value]], str] | None:
    """The rows of the Rules sheet and its name; None where there is none."""
    name = _named(source, RULES, RULES_TABLE)
    return (_all_rows(source, name), name) if name else None


def playbook_of(source: Source, with_invoices: bool, segments: Sequence[str]) -> tuple[Playbook, str]:
    """The playbook on the Playbook sheet and its name; where there is none the default one for the segments of the rule set."""
    name = _named(source, PLAYBOOK, PLAYBOOK_TABLE)
    return (read_playbook(_all_rows(source, name), name), name) if name else (default_playbook(with_invoices, segments), PLAYBOOK)


def _all_rows(source: Source, name: str) -> Sequence[Sequence[Value]]:
    """The rows of Rules, Playbook or Config: all of them, or none."""
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


def rule_set_published(source: Source) -> tuple[str, str | None] | None:
    """Hash and state of the rule set of the last run on the Run Log; no state in a book of a version that knew none; None without a run."""
    last = max(run_log_of(source), key=lambda run: run[0], default=None)
    return (last[3], last[4] or None) if last else None


def run_log_of(source: Source) -> list[tuple[int, str, dt.date | None, str, str]]:
    """The runs of the Run Log: number, when, as-of date, rule set and how it stood ("" in a row of a version that did not say)."""
    rows = _rows(source, run_log.NAME, run_log.TABLE, ("Run", "Refreshed", "As Of", "Rules"), ("Rule Set State",))
    return [
        (int(run), _text(when), _date(as_of), _text(rules), _text(state))
        for run, when, as_of, rules, state in rows
        if isinstance(run, (int, float)) and abs(run) < _MOST_RUNS
    ]


def history_of(source: Source) -> list[tuple[dt.date, str, str, str, str, float | None, str, str, str]]:
    """The customers' rows of the History tab: published, customer, name, segment, status, risk, rule set, how that stood, override."""
    wanted = ("Published", "Customer ID", "Name", "Segment", "Status", "Risk", "Rules")
    rows = _rows(source, history.NAME, history.TABLE, wanted, ("Rule Set State", "Override"))
    found = []
    for published, customer, name, segment, status, risk, *others in rows:
        day = _date(published)
        if day is not None and customer is not None:
            rules, state, override = map(_text, others)
            level = float(risk) if isinstance(risk, (int, float)) else None
            found.append((day, _text(customer), _text(name), _text(segment), _text(status), level, rules, state, override))
    return found


def overrides_typed(source: Source) -> tuple[list[Typed], list[Finding]]:
    """The rows of the Overrides sheet whose shape is right, and what is wrong with the others.

    Raises
    ------
    SettingError
        When a heading is not there: no override is lost in silence.
    """
    name = _named(source, overrides.NAME, overrides.TABLE)
    if name is None:
        return [], []
    found = _numbered(source, name, HEADINGS)
    if found is None:
        fact = f"no headings {', '.join(HEADINGS)} in one row"
        raise SettingError(name, fact, "put them back, or rename the sheet if it is your own")
    return read_overrides(found, name)


def signed_of(source: Source, today: dt.date) -> list[Signed]:
    """The rows of the Rule Sets tab, one a rule set; one whose First Used cannot be read counts from today."""
    name = _named(source, rule_sets.NAME, rule_sets.TABLE)
    wanted = ("No", "Rule Set", "First Used", "Rules", "Approved By", "Approved On")
    found: dict[str, Signed] = {}
    for row, (number, rules, first, count, by, on) in (_numbered(source, name, wanted) or []) if name else []:
        if rules is None or not isinstance(number, (int, float)) or not abs(number) < _MOST_RUNS:
            continue  # a totals row, or what the user has written below
        signed = Signed(int(number), _text(rules), _date(first) or today, _whole(count), by, on, row)
        found.setdefault(signed.hash, signed)
    return list(found.values())


def change_log_of(source: Source) -> list[Logged]:
    """The lines of the Change Log tab."""
    wanted = ("No", "Published", "Sheet", "Item", "Before", "After", "Rule Set")
    return [
        Logged(int(number), _date(published), Entry(_text(sheet), _text(item), _text(before), _text(after)), _text(rules))
        for number, published, sheet, item, before, after, rules in _rows(source, change_log.NAME, change_log.TABLE, wanted)
        if isinstance(number, (int, float)) and abs(number) < _MOST_RUNS and sheet is not None
    ]


def playbook_sheet_of(source: Source) -> Sequence[Sequence[Value]] | None:
    """The rows of the Playbook sheet; None where there is none."""
    name = _named(source, PLAYBOOK, PLAYBOOK_TABLE)
    return source.sheet(name).head(_MANY_ROWS) if name else None


def owners_of(source: Source) -> dict[str, str]:
    """Who looks after each customer, as the Segments tab says."""
    rows = _rows(source, segments.NAME, segments.TABLE, ("Customer ID", "Owner"))
    return {_text(customer): _text(owner) for customer, owner in rows if customer is not None and _text(owner).strip()}


def listed_of(source: Source) -> Listed:
    """The Actions tab as the user has left it, in the order of its rows."""
    name = _named(source, actions.NAME, actions.TABLE)
    if name is None:
        return Listed()
    lines, ended = [], False
    for line in _lines(source, name, actions.KEY):
        ended |= all(value is None for value in line.values())  # what stands below the table is no row of it
        if not ended or (line["customer id"] is not None and line["kind"] in ORDER):
            lines.append(line)
    as_of = next((_date(after) for row in source.sheet(name).head(60) for cell, after in pairwise(row) if cell == "As of"), None)
    return Listed(as_of, tuple(_typed(line) for line in lines if any(value is not None for value in line.values())))


_OURS = frozenset(" ".join(heading.split()).casefold() for heading in actions.headings())


def _typed(line: Mapping[str, Value]) -> TypedAction:
    balance = line.get("balance concerned")
    return TypedAction(
        customer=_text(line["customer id"]),
        kind=_text(line["kind"]),
        name=_text(line.get("name")),
        segment=_text(line.get("segment")),
        action=_text(line.get("action")),
        when=_date(line.get("when")),
        channel=_text(line.get("channel")),
        tone=_text(line.get("tone")),
        owner=_text(line.get("owner")),
        balance=float(balance) if isinstance(balance, (int, float)) else math.nan,
        held=_text(line.get("held back")),
        status=line.get("status"),
        follow_up=line.get("follow up"),
        note=line.get("note"),
        own={heading: value for heading, value in line.items() if heading.casefold() not in _OURS},
    )


def logged_of(source: Source) -> list[LoggedAction]:
    """The rows of the Action Log that have a date and a customer."""
    wanted = ("Logged", "Customer ID", "Kind", "Channel", "Outcome", "Follow Up")
    found = []
    for logged, customer, kind, channel, outcome, until in _rows(source, action_log.NAME, action_log.TABLE, wanted):
        day = _date(logged)
        if day is not None and customer is not None:
            found.append(LoggedAction(day, _text(customer), _text(kind), _text(outcome), _text(channel), day_of(until)))
    return found


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


def _rows(source: Source, tab: str, table: str, headings: Sequence[str], wished: Sequence[str] = ()) -> list[tuple[Value, ...]]:
    """The rows of a list on one of our tabs, in the given headings; none when the tab or a heading is not there (the host says so when it writes).

    The cells under a heading that is only wished for are empty where it is not there.
    """
    name = _named(source, tab, table)
    return [row for _, row in _numbered(source, name, headings, wished) or []] if name else []


def _numbered(source: Source, name: str, headings: Sequence[str], wished: Sequence[str] = ()) -> list[tuple[int, tuple[Value, ...]]] | None:
    """The rows below the given headings with their numbers on the sheet; None when the headings are not there."""
    sheet = source.sheet(name)
    for number, row in enumerate(sheet.head(60), start=1):
        at = {_folded(str(cell)): i for i, cell in enumerate(row) if cell is not None}
        if all(_folded(heading) in at for heading in headings):
            body = sheet.body(number)
            places = [at.get(_folded(heading), len(body.columns)) for heading in (*headings, *wished)]
            columns = [_values(body.columns[i]) if i < len(body.columns) else [None] * body.rows for i in places]
            return list(enumerate(zip(*columns, strict=True), start=number + 1))
    return None


def _lines(source: Source, name: str, needed: Sequence[str]) -> list[dict[str, Value]]:
    """The rows of a list by heading, with the columns of the user's that stand beside ours; the needed headings (and all of ours) are folded."""
    sheet = source.sheet(name)
    for number, row in enumerate(sheet.head(60), start=1):
        words = [_folded(str(cell)) if cell is not None else "" for cell in row]
        if all(_folded(heading) in words for heading in needed):
            first = last = words.index(_folded(needed[0]))
            while first > 0 and words[first - 1]:
                first -= 1
            while last + 1 < len(words) and words[last + 1]:
                last += 1
            heads = [word if word in _OURS else str(row[at]).strip() for at, word in enumerate(words)][first : last + 1]
            columns = sheet.body(number).columns[first : last + 1]
            return [dict(zip(heads, line, strict=False)) for line in zip(*map(_values, columns), strict=True)]
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


def _whole(value: Value) -> int:
    return int(value) if isinstance(value, (int, float)) and abs(value) < _MOST_RUNS else 0


def _date(value: Value) -> dt.date | None:
    return value.date() if isinstance(value, dt.datetime) else value if isinstance(value, dt.date) else None
