"""The rule set: the Rules sheet as an Excel criteria table, or the default one. docs/segments.md."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from xlseg.errors import CriterionError
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.criteria import Criterion, criterion
from xlseg.workbook import Value

HEAD = ("Priority", "Segment", "Risk")
ATTRIBUTES = ("currency", "category", "sales_rep", "country", "parent", "terms")
"""Columns of the Customers sheet that a rule may ask for, as texts."""

REMARKS = ("note", "notes", "comment", "comments", "description", "remark")
"""Columns of the Rules sheet that are for the reader only."""

MOST_SEGMENTS = 50

NEW, GONE = "New", "Gone"
"""What stands in place of a segment for customers who were not known before, or are not any more."""

NO_SEGMENT = "Unsegmented"
"""Label of a customer whom no rule matches; the default rules match everybody."""


@dataclass(frozen=True)
class Rule:
    """One row: all its criteria must hold. `row` is the sheet row, 0 in the default set."""

    priority: float
    segment: str
    risk: int | None
    criteria: tuple[tuple[str, Criterion], ...]
    row: int = 0


@dataclass(frozen=True)
class RuleSet:
    """Rules by rising priority; the first that matches a customer wins."""

    rules: tuple[Rule, ...]

    @property
    def segments(self) -> tuple[str, ...]:
        """Segment names in the order of their first rule, then the one for nobody's customers."""
        return (*dict.fromkeys(rule.segment for rule in self.rules), NO_SEGMENT)

    @property
    def risks(self) -> dict[str, int | None]:
        """Risk of each segment, 1 best … 9 worst, None for no risk."""
        return {**{rule.segment: rule.risk for rule in self.rules}, NO_SEGMENT: None}

    @property
    def columns(self) -> tuple[str, ...]:
        """Metrics and attributes that any rule asks for, in the order of the catalogue."""
        used = {name for rule in self.rules for name, _ in rule.criteria}
        return tuple(name for name in (*CATALOGUE, *ATTRIBUTES) if name in used)

    @property
    def hash(self) -> str:
        """Short fingerprint: the same for rule sets that say the same."""
        lines = [f"{r.priority:g}|{r.segment}|{r.risk}|" + "|".join(f"{n}{c.written}" for n, c in sorted(r.criteria, key=str)) for r in self.rules]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def read_rules(rows: Sequence[Sequence[Value]], sheet: str = "Rules") -> RuleSet:
    """The rule set on a Rules sheet.

    Raises
    ------
    CriterionError
        For a cell that is not a criterion, a column that is no metric, a row without priority or segment, with the cell.
    """
    head = heading_row(rows, sheet)
    columns = criteria_columns(rows[head], sheet, head + 1)
    rules = [
        _rule(row, columns, sheet, number) for number, row in enumerate(rows[head + 1 :], start=head + 2) if any(c not in (None, "") for c in row)
    ]
    if not rules:
        raise CriterionError(sheet, "no rules below the headings", "write at least one row, or delete the sheet to get the defaults")
    _agree(rules, sheet)
    _are_told_apart(rules, sheet)
    if len({rule.segment for rule in rules}) > MOST_SEGMENTS:
        raise CriterionError(sheet, f"more than {MOST_SEGMENTS} segments", "give several rows one segment: a matrix of them all must be readable")
    return RuleSet(tuple(sorted(rules, key=lambda rule: rule.priority)))


def cell_name(row: int, column: int) -> str:
    """A1 name of a cell; row and column from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def heading_row(rows: Sequence[Sequence[Value]], sheet: str) -> int:
    """Position of the row with the headings.

    Raises
    ------
    CriterionError
        When there is none.
    """
    head = next((i for i, row in enumerate(rows) if [str(c or "").strip().casefold() for c in row[:3]] == [h.casefold() for h in HEAD]), None)
    if head is None:
        raise CriterionError(sheet, "no headings Priority, Segment, Risk in columns A to C", "put them back, or rename the sheet if it is your own")
    return head


def criteria_columns(row: Sequence[Value], sheet: str, number: int) -> dict[int, str]:
    """Position → metric or attribute name of the columns that hold criteria, in the heading row, whose number on the sheet is given.

    Raises
    ------
    CriterionError
        For a column that is neither, nor a remark.
    """
    known = {name.casefold(): name for name in (*CATALOGUE, *ATTRIBUTES)}
    columns: dict[int, str] = {}
    for at, cell in enumerate(row[3:], start=3):
        heading = str(cell or "").strip()
        name = known.get(heading.casefold().replace(" ", "_"))
        if name is not None and name not in columns.values():
            columns[at] = name
        elif heading and heading.casefold() not in REMARKS:
            fact = f"{heading!r} stands twice" if name else f"{heading!r} is no metric"
            near = get_close_matches(heading.casefold(), list(known), n=1)
            advice = "delete one of the two columns" if name else f"write {known[near[0]]!r}" if near else "take a name from the Metrics tab"
            raise CriterionError(f"{sheet}!{cell_name(number, at + 1)}", fact, advice)
    return columns


def _rule(row: Sequence[Value], columns: dict[int, str], sheet: str, number: int) -> Rule:
    priority, segment, risk = (*row[:3], None, None, None)[:3]
    if isinstance(priority, bool) or not isinstance(priority, (int, float)):
        fact = "no priority" if priority is None else f"{str(priority)!r} is not a priority"
        raise CriterionError(f"{sheet}!A{number}", fact, "write a number such as 10, or clear the row; remarks have room in a column Note")
    if not isinstance(segment, str) or not segment.strip():
        raise CriterionError(f"{sheet}!B{number}", "no segment name", "write one, or clear the row")
    if risk not in (None, "") and (isinstance(risk, bool) or not isinstance(risk, (int, float)) or risk not in range(1, 10)):
        raise CriterionError(f"{sheet}!C{number}", f"{risk!r} is not a risk", "write a whole number from 1 (best) to 9 (worst), or nothing")
    criteria = []
    for at, name in columns.items():
        found = _criterion(row[at] if at < len(row) else None, name, f"{sheet}!{cell_name(number, at + 1)}")
        if found is not None:
            criteria.append((name, found))
    level = int(risk) if isinstance(risk, (int, float)) else None
    return Rule(float(priority), segment.strip(), level, tuple(criteria), number)


def _criterion(cell: Value, name: str, place: str) -> Criterion | None:
    is_text = name in ATTRIBUTES or CATALOGUE[name].unit == "letter"
    try:
        found = criterion(cell, of_text=is_text)
    except ValueError as error:
        fact = f"{str(cell)!r} is not a criterion" + (f" for {name}, which is a text" if is_text else "")
        raise CriterionError(place, fact, f"write {error}") from None
    if found is not None and found.is_text and not is_text:
        fact = f"{str(cell)!r} is not a criterion for {name}, which is a number"
        raise CriterionError(place, fact, "write a comparison such as >=5")
    return found


def _are_told_apart(rules: Sequence[Rule], sheet: str) -> None:
    """Names that a formula of a spreadsheet tells apart, which does not look at case, and none that means something else on our tabs."""
    spelled = {name.casefold(): name for name in (NEW, GONE, NO_SEGMENT)}
    for rule in rules:
        known = spelled.setdefault(rule.segment.casefold(), rule.segment)
        if known in (NEW, GONE, NO_SEGMENT):
            fact = f"{rule.segment!r} means something else on the tabs"
            raise CriterionError(f"{sheet}!B{rule.row}", fact, "take another name")
        if known != rule.segment:
            raise CriterionError(f"{sheet}!B{rule.row}", f"{rule.segment!r} is called {known!r} in another row", "write both alike")


def _agree(rules: Sequence[Rule], sheet: str) -> None:
    """Rows of one segment carry one risk: moves between segments have one direction."""
    risks: dict[str, int | None] = {}
    for rule in rules:
        if risks.setdefault(rule.segment, rule.risk) != rule.risk:
            fact = f"{rule.segment} has risk {rule.risk} here and {risks[rule.segment]} in another row"
            raise CriterionError(f"{sheet}!C{rule.row}", fact, "give all rows of a segment the same risk")
