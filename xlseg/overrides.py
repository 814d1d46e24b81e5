"""Overrides: a segment that a person has decided on, with his reason, for a time. docs/governance.md, "Overrides"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlseg.intake.cells import shown
from xlseg.tables import Finding, Severity
from xlseg.terminal import plain_line
from xlseg.workbook import Array, Value

SHEET = "Overrides"
HEADINGS = ("Customer ID", "Segment", "Reason", "By", "From", "Until")

NONE = -1
"""Stands for the place of an override where none holds."""

_WORDS = {"Customer ID": "customer", "Segment": "segment", "Reason": "reason", "By": "name"}
_LONGEST_NAME, _LONGEST_REASON = 60, 300
"""Characters of a name and of a reason that are repeated elsewhere; the cell itself holds all of them."""


@dataclass(frozen=True)
class Override:
    """One row of the Overrides sheet. It holds on every day from `since` to `until`, both included; without `until` for good."""

    customer: str
    segment: str
    reason: str
    by: str
    since: dt.date
    until: dt.date | None = None
    row: int = 0

    def holds(self, day: dt.date) -> bool:
        """Whether it holds on a day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def meets(self, other: Override) -> bool:
        """Whether there is a day on which both hold."""
        return (other.until is None or self.since <= other.until) and (self.until is None or other.since <= self.until)

    @property
    def who(self) -> str:
        """Who, and until when: `Anna until 2026-12-31`."""
        return brief(self.by, _LONGEST_NAME) + (f" until {self.until.isoformat()}" if self.until else "")

    @property
    def sentence(self) -> str:
        """What the reason begins with: `Override by Anna until 2026-12-31: promised by phone.`."""
        return f"Override by {self.words}."

    @property
    def words(self) -> str:
        """Who, until when and why: `Anna until 2026-12-31: promised by phone`."""
        return f"{self.who}: {brief(self.reason, _LONGEST_REASON).rstrip('.')}"


@dataclass(frozen=True)
class Typed:
    """A row as it is typed, once its shape is right: nothing is known yet of the customer and the segment. `since` is None where From is empty."""

    customer: str
    segment: str
    reason: str
    by: str
    since: dt.date | None
    until: dt.date | None
    row: int


def brief(text: str, most: int) -> str:
    """A text in one line, a long one cut off."""
    line = plain_line(" ".join(text.split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"


def day_in(cell: Value) -> dt.date | None:
    """The date in a cell; None for an empty one.

    Raises
    ------
    ValueError
        When it holds something else; a text such as 2026-12-31 is a date.
    """
    if cell is None or cell == "":
        return None
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if not isinstance(cell, str):
        raise ValueError("a date")
    return dt.date.fromisoformat(cell.strip()) if cell.strip() else None


def read_overrides(rows: Iterable[tuple[int, Sequence[Value]]], sheet: str = SHEET) -> tuple[list[Typed], list[Finding]]:
    """The rows whose shape is right, and what is wrong with the others. `rows` are (row number, cells in the order of HEADINGS)."""
    found: list[Typed] = []
    findings: list[Finding] = []
    for number, cells in rows:
        if all(cell is None or str(cell).strip() == "" for cell in cells):
            continue
        wrong, typed = _typed(number, cells, sheet)
        findings += wrong
        if typed is not None:
            found.append(typed)
    return found, findings


def _typed(row: int, cells: Sequence[Value], sheet: str) -> tuple[list[Finding], Typed | None]:
    words = [shown(cell) for cell in cells[:4]]
    for heading, word in zip(HEADINGS, words, strict=False):
        if not word:
            return [_left_out(f"override without {_WORDS[heading]}", sheet, row, heading, None, "a text")], None
    days: list[dt.date | None] = []
    findings: list[Finding] = []
    for heading, cell in zip(HEADINGS[4:], cells[4:], strict=True):
        try:
            days.append(day_in(cell))
        except ValueError:
            return [_left_out("unreadable date", sheet, row, heading, cell, "a date")], None
        if isinstance(cell, str) and days[-1]:
            findings.append(_finding("date typed as text", "warning", sheet, row, heading, cell, "a date", f"read as {days[-1]}"))
    customer, segment, reason, by = words
    since, until = days
    if since and until and until < since:
        return [_left_out("override ends before it begins", sheet, row, "Until", until, f"a day from {since.isoformat()} on")], None
    return findings, Typed(customer, segment, reason, by, since, until, row)


def in_force(
    typed: Sequence[Typed],
    begins: Sequence[dt.date],
    customers: Iterable[str],
    segments: Sequence[str],
    as_of: dt.date,
    sheet: str = SHEET,
) -> tuple[tuple[Override, ...], list[Finding]]:
    """The overrides that count, and what the user should know of the others.

    Parameters
    ----------
    typed
        The rows of the sheet.
    begins
        The day on which each begins: its From, or what stands for an empty one.
    customers, segments
        Whom the ledger knows, and what the rule set knows.
    """
    people, names = _by_folded(customers), _by_folded(segments)
    found: list[Override] = []
    findings: list[Finding] = []
    of: dict[str, list[Override]] = {}
    for each, since in zip(typed, begins, strict=True):
        override, wrong = _judged(each, since, people, names, of, as_of, sheet)
        findings += wrong
        if override is not None:
            of.setdefault(override.customer, []).append(override)
            found.append(override)
    return tuple(found), findings


def _judged(
    typed: Typed,
    since: dt.date,
    people: Mapping[str, str],
    names: Mapping[str, str],
    others: Mapping[str, Sequence[Override]],
    as_of: dt.date,
    sheet: str,
) -> tuple[Override | None, list[Finding]]:
    customer, segment = _named(typed.customer, people), _named(typed.segment, names)
    if customer is None:
        return None, [_left_out("unknown customer", sheet, typed.row, "Customer ID", typed.customer, "an id of the ERP sheets")]
    if segment is None:
        return None, [_left_out("no such segment", sheet, typed.row, "Segment", typed.segment, "a segment of the Rules sheet")]
    if typed.until and typed.until < since:
        return None, [_left_out("override ends before it begins", sheet, typed.row, "Until", typed.until, f"a day from {since.isoformat()} on")]
    override = Override(customer, segment, typed.reason, typed.by, since, typed.until, typed.row)
    other = next((other for other in others.get(customer, ()) if override.meets(other)), None)
    if other is not None:
        wanted = f"days that row {other.row} does not cover"
        return None, [_left_out("overlapping overrides", sheet, typed.row, "From", typed.customer, wanted, f"row {other.row} counts")]
    return override, _remarks(override, as_of, sheet)


def _remarks(override: Override, as_of: dt.date, sheet: str) -> list[Finding]:
    if override.until and override.until < as_of:
        what = f"the rules decide again from {(override.until + dt.timedelta(days=1)).isoformat()} on"
        return [_finding("expired override", "info", sheet, override.row, "Until", override.until, "a later day, or no row", what)]
    if override.since > as_of:
        what = f"the rules decide until {override.since.isoformat()}"
        return [_finding("override that has not begun", "info", sheet, override.row, "From", override.since, "nothing", what)]
    return []


def holding(overrides: Sequence[Override], customers: Sequence[str] | Array, dates: Sequence[dt.date]) -> Array:
    """Place of the override that holds, customers × dates; NONE where none does."""
    found = np.full((len(customers), len(dates)), NONE)
    if overrides:
        at = {str(customer): i for i, customer in enumerate(customers)}
        for place, override in enumerate(overrides):
            row = at.get(override.customer)
            if row is not None:
                found[row, [override.holds(day) for day in dates]] = place
    return found


def _by_folded(names: Iterable[str]) -> dict[str, str]:
    """Names by themselves, and in lower case where only one is written so."""
    exact = list(names)
    folded: dict[str, str] = {}
    for name in exact:
        folded[name.casefold()] = "" if name.casefold() in folded else name
    return {**{key: name for key, name in folded.items() if name}, **{name: name for name in exact}}


def _named(word: str, names: Mapping[str, str]) -> str | None:
    return names.get(word) or names.get(word.casefold())


def _left_out(kind: str, sheet: str, row: int, column: str, found: Value, wanted: str, more: str = "the rules decide") -> Finding:
    return _finding(kind, "error", sheet, row, column, found, wanted, f"the override is left out, {more}")


def _finding(kind: str, severity: Severity, sheet: str, row: int, column: str, found: Value, wanted: str, effect: str) -> Finding:
    shown = brief(found, _LONGEST_REASON) if isinstance(found, str) else found
    return Finding(kind, severity, sheet, row, column, shown, wanted, effect)
