"""A rule set written onto the Rules sheet of a book: the one thing that xlseg writes on a page of the user's, and only when he asks for it."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence

from xlseg import own
from xlseg.segments.criteria import Criterion, criterion
from xlseg.segments.rules import HEAD, Rule, RuleSet, criteria_columns, heading_row, read_rules
from xlseg.tabs.inputs import RULES, RULES_TABLE, rules_tab_of
from xlseg.workbook import Column, Source, Tab, Table, Value

_Cells = Mapping[str, Value]
"""The cells of a rule by what their columns mean: Priority, Segment, Risk, or the name of a metric or attribute."""


def standing_rules(source: Source) -> RuleSet | None:
    """The rule set on the Rules sheet; None when there is no such sheet."""
    found = own.rules_sheet_of(source)
    return read_rules(*found) if found else None


def rules_to_write(source: Source, rules: RuleSet) -> list[Tab]:
    """What a host is to write so that the Rules sheet holds a rule set.

    Columns that the user has added, notes among them, stay with their rule. Headings, and cells that say the same already, keep their spelling.
    """
    found = own.rules_sheet_of(source)
    if found is None:
        return [rules_tab_of(_rows(rules))]
    headings, standing = _sheet(*found)
    names = [*headings, *(name for name in rules.columns if name not in headings)]
    cells = _merged(rules, standing)
    columns = [
        Column(headings.get(name, name), [row.get(name) for row in cells], "input_number" if name in ("Priority", "Risk") else "input_text")
        for name in names
    ]
    key = (headings["Priority"], headings["Segment"])
    return [Tab(RULES, tables=(Table(RULES_TABLE, (6, 1), tuple(columns[:count]), key=key),)) for count in _steps(len(headings), len(columns))]


def _steps(there: int, wanted: int) -> Iterator[int]:
    """Columns that are new come in steps: a host takes a list for ours only as long as it knows half of the headings."""
    while there < wanted:
        there = min(2 * there, wanted)
        if there < wanted:
            yield there
    yield wanted


def _rows(rules: RuleSet) -> list[list[Value]]:
    names = rules.columns
    cells = [_cells_of(rule) for rule in rules.rules]
    return [[*HEAD, *names], *([row.get(name) for name in (*HEAD, *names)] for row in cells)]


def _cells_of(rule: Rule) -> dict[str, Value]:
    return {"Priority": rule.priority, "Segment": rule.segment, "Risk": rule.risk, **{name: asked.written for name, asked in rule.criteria}}


def _sheet(rows: Sequence[Sequence[Value]], sheet: str) -> tuple[dict[str, str], list[_Cells]]:
    """How the headings are written, by what they mean, and the cells of each rule that stands there."""
    head = heading_row(rows, sheet)
    places = {**dict(enumerate(HEAD)), **criteria_columns(rows[head], sheet, head + 1)}
    headings = {name: str(rows[head][at]).strip() for at, name in places.items()}
    cells = [{name: row[at] if at < len(row) else None for at, name in places.items()} for row in rows[head + 1 :]]
    return headings, [row for row in cells if any(cell not in (None, "") for cell in row.values())]


def _merged(rules: RuleSet, standing: Sequence[_Cells]) -> list[dict[str, Value]]:
    """The cells of a rule set, each spelled as in the rule of the same segment and priority that stands there, where that says the same."""
    waiting: dict[tuple[str, float], deque[_Cells]] = defaultdict(deque)
    for row in standing:
        waiting[str(row["Segment"]).strip(), _number(row["Priority"])].append(row)
    found = []
    for rule in rules.rules:
        same = waiting[rule.segment, rule.priority]
        before = same.popleft() if same else {}
        asked = dict(rule.criteria)
        cells = _cells_of(rule)
        cells |= {name: before[name] for name in asked if name in before and _says(before[name], asked[name])}
        found.append({**cells, "Segment": before.get("Segment", rule.segment)})
    return found


def _number(cell: Value) -> float:
    return float(cell) if isinstance(cell, (int, float)) else float("nan")


def _says(cell: Value, asked: Criterion) -> bool:
    there = criterion(cell, of_text=asked.is_text)
    return there is not None and there.written == asked.written
