"""The playbook: what is done with the customers of each segment, and when. The Playbook sheet, or the default one. docs/actions.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Literal

import numpy as np
import pandas as pd

from xlseg.errors import PlaybookError
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.criteria import Criterion, criterion
from xlseg.segments.rules import ATTRIBUTES, RuleSet, cell_name
from xlseg.tables import Finding
from xlseg.workbook import Array, CellError, Value

Kind = Literal["Collect", "Review", "Sales", "Clear", "None"]
COLLECT, REVIEW, SALES, CLEAR, NOTHING = KINDS = ("Collect", "Review", "Sales", "Clear", "None")
"""Collect counts its days from an invoice's due date; Review, Sales and Clear from the day the customer came into the segment."""

HEAD = ("Segment", "Kind", "Day", "Action", "Channel", "Tone", "Owner", "Service Level", "Stop If", "Note")
ACCOUNT_OWNER = "Account owner"
"""An owner of this name is the person that Segments names beside the customer."""

EARLIEST, LATEST = -90, 365
LONGEST_SERVICE = 90
_DAYS = re.compile(r"\s*([+\-−]?)\s*(\d{1,4})\s*")
_SERVICE = re.compile(r"(\d{1,4})\s*(h|hours?|d|days?)?", re.IGNORECASE)
_STOP = re.compile(r"([A-Za-z_][A-Za-z_0-9 ]*?)\s*([<>=].*)|([A-Za-z_][A-Za-z_0-9 ]*)\s+([-+.\d].*)")
"""A name and a comparison, or a name and a range or number behind a space: names such as ageing_91_plus hold digits."""


@dataclass(frozen=True)
class Stop:
    """One condition of a Stop If cell: a metric or attribute of the customer, and what it may not be."""

    name: str
    criterion: Criterion

    def __str__(self) -> str:
        return f"{self.name} {self.criterion.written}"


@dataclass(frozen=True)
class Step:
    """One row: what to do, for whom, from which day on. `within` is the service level in days; any of the `stops` holds it back."""

    segment: str
    kind: str
    day: int
    action: str
    channel: str = ""
    tone: str = ""
    owner: str = ""
    within: int = 0
    stops: tuple[Stop, ...] = ()
    row: int = 0


@dataclass(frozen=True)
class Playbook:
    """The steps, in the order of the sheet."""

    steps: tuple[Step, ...]

    def of(self, segment: str, *kinds: str) -> tuple[Step, ...]:
        """The steps of a segment by rising day, of the given kinds or of all."""
        found = (step for step in self.steps if step.segment == segment and (not kinds or step.kind in kinds))
        return tuple(sorted(found, key=lambda step: step.day))

    def said(self, segment: str) -> str:
        """What is done with a segment in one line, as Segments and Movers show it; "" for a segment without a row."""
        steps = self.of(segment)
        once = [_within(step) for step in steps if step.kind in (REVIEW, SALES, CLEAR)]
        nothing = [f"None: {step.action}" if step.action else "None" for step in steps if step.kind == NOTHING]
        days: dict[str, list[str]] = {}
        for step in steps:
            if step.kind == COLLECT:
                days.setdefault(step.action, []).append(signed(step.day))
        return "; ".join([*once, *nothing, *(f"{action} ({', '.join(at)})" for action, at in days.items())])


def signed(day: int) -> str:
    """Days from the due date with their sign: −7, 0, +5."""
    return f"+{day}" if day > 0 else str(day).replace("-", "−")


def _within(step: Step) -> str:
    return f"{step.action}, within {step.within} days" if step.within else step.action


def stopped(step: Step, standing: pd.DataFrame) -> list[tuple[Stop, Array]]:
    """For each stop of a step, where it holds among the customers of the standing; percentiles are those of all of them."""
    return [(stop, _holds(stop.criterion, standing[stop.name])) for stop in step.stops]


def _holds(asked: Criterion, column: pd.Series) -> Array:
    if asked.is_text:
        return asked.holds_text(column.to_numpy(object))
    values = column.to_numpy("float64")
    met: Array = np.logical_and.reduce([bound.holds(values, bound.edge.at(values)) for bound in asked.bounds])
    return met


# ── the sheet ────────────────────────────────────────────────────────────────


def read_playbook(rows: Sequence[Sequence[Value]], sheet: str = "Playbook") -> Playbook:
    """The playbook on its sheet.

    Raises
    ------
    PlaybookError
        For a heading that is not there or a cell that cannot be what its column says, with the cell.
    """
    heads = [{_folded(cell): at for at, cell in reversed(list(enumerate(row)))} for row in rows]
    number = next((i for i, found in enumerate(heads) if {"segment", "kind"} <= found.keys()), None)
    if number is None:
        raise PlaybookError(sheet, "no row with the headings Segment and Kind", "put them back, or rename the sheet if it is your own")
    missing = next((heading for heading in HEAD[:-1] if _folded(heading) not in heads[number]), None)
    if missing:
        place = f"{sheet}, row {number + 1}"
        raise PlaybookError(place, f"no heading {missing!r}", "put it back; the cells below it may be empty")
    places = {heading: heads[number][_folded(heading)] for heading in HEAD[:-1]}
    steps = [
        _Row(sheet, at, places, row).step()
        for at, row in enumerate(rows[number + 1 :], start=number + 2)
        if any(place < len(row) and row[place] not in (None, "") for place in places.values())
    ]
    _must_differ(steps, sheet, places)
    return Playbook(tuple(steps))


def _folded(cell: Value) -> str:
    return " ".join(str(cell or "").split()).casefold()


@dataclass(frozen=True)
class _Row:
    sheet: str
    number: int
    places: Mapping[str, int]
    cells: Sequence[Value]

    def step(self) -> Step:
        kind = self._kind()
        day = 0 if kind == NOTHING else self._day()
        return Step(
            segment=self._needed("Segment", "write the name of a segment, or clear the row"),
            kind=kind,
            day=day,
            action=self._text("Action") if kind == NOTHING else self._needed("Action", "write what is to be done"),
            channel=self._text("Channel"),
            tone=self._text("Tone"),
            owner=self._text("Owner"),
            within=self._service(),
            stops=self._stops(),
            row=self.number,
        )

    def _cell(self, heading: str) -> Value:
        at = self.places[heading]
        cell = self.cells[at] if at < len(self.cells) else None
        if isinstance(cell, CellError):
            raise self._fail(heading, str(cell), "write what is meant, or clear the cell")
        return cell

    def _text(self, heading: str) -> str:
        cell = self._cell(heading)
        return "" if cell is None else " ".join(str(cell).split())

    def _fail(self, heading: str, fact: str, advice: str) -> PlaybookError:
        return PlaybookError(f"{self.sheet}!{cell_name(self.number, self.places[heading] + 1)}", fact, advice)

    def _needed(self, heading: str, advice: str) -> str:
        text = self._text(heading)
        if not text:
            raise self._fail(heading, f"no {heading.lower()}", advice)
        return text

    def _kind(self) -> str:
        text = self._text("Kind")
        kind = next((kind for kind in KINDS if kind.casefold() == text.casefold()), None)
        if kind is None:
            fact = f"{text!r} is not a kind of action" if text else "no kind of action"
            raise self._fail("Kind", fact, f"write one of {', '.join(KINDS)}, or clear the row")
        return kind

    def _day(self) -> int:
        cell = self._cell("Day")
        advice = f"write a whole number of days from {EARLIEST} to {LATEST}, such as -7, 0 or 5"
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            day = int(cell) if np.isfinite(cell) and cell == int(cell) else None
        else:
            match = _DAYS.fullmatch(cell) if isinstance(cell, str) else None
            day = int(match[2]) * (-1 if match[1] in ("-", "−") else 1) if match else None
        if day is None or not EARLIEST <= day <= LATEST:
            raise self._fail("Day", "no day" if cell is None else f"{cell!r} is not a number of days", advice)
        return day

    def _service(self) -> int:
        text = self._text("Service Level").removesuffix(".0")
        match = _SERVICE.fullmatch(text) if text else None
        days = 0
        if match:
            days = -(-int(match[1]) // 24) if (match[2] or "").lower().startswith("h") else int(match[1])
        if (text and not match) or days > LONGEST_SERVICE:
            raise self._fail(
                "Service Level",
                f"{text!r} is not a service level",
                f"write days or hours, such as 5 days or 48 hours, at most {LONGEST_SERVICE} days",
            )
        return days

    def _stops(self) -> tuple[Stop, ...]:
        cell = self._cell("Stop If")
        if cell is None or cell == "":
            return ()
        if not isinstance(cell, str):
            raise self._fail("Stop If", f"{cell!r} is not a condition", "write a metric and a criterion, such as past_due <=100")
        return tuple(self._stop(part.strip()) for part in cell.split(";") if part.strip())

    def _stop(self, text: str) -> Stop:
        match = _STOP.fullmatch(text)
        if not match:
            raise self._fail(
                "Stop If", f"{text!r} is not a condition", "write a metric and a criterion, such as past_due <=100; several with ; between them"
            )
        said, asked = match[1] or match[3], match[2] or match[4]
        name = "_".join(said.split()).casefold()
        known = (*CATALOGUE, *ATTRIBUTES)
        if name not in known:
            near = get_close_matches(name, known, n=1)
            raise self._fail("Stop If", f"{said!r} is no metric", f"write {near[0]!r}" if near else "take a name from the Metrics tab")
        is_text = name in ATTRIBUTES or CATALOGUE[name].unit == "letter"
        advice = f"{name} is a text: write = and the text" if is_text else f"{name} is a number: write a comparison such as >=5"
        try:
            found = criterion(asked, of_text=is_text)
        except ValueError as error:
            raise self._fail("Stop If", f"{text!r} is not a condition", advice if is_text else f"write {error}") from None
        if found is None or found.is_text != is_text:
            raise self._fail("Stop If", f"{text!r} is not a condition", advice)
        return Stop(name, found)


def _must_differ(steps: Sequence[Step], sheet: str, places: Mapping[str, int]) -> None:
    seen: dict[tuple[str, str, int], Step] = {}
    for step in steps:
        first = seen.setdefault((step.segment.casefold(), step.kind, step.day), step)
        if first is not step:
            fact = f"{first.segment} has a {step.kind} step on day {signed(step.day)} in row {first.row} already"
            raise PlaybookError(f"{sheet}!{cell_name(step.row, places['Day'] + 1)}", fact, "give it another day, or clear one of the two rows")


def agreed(playbook: Playbook, rules: RuleSet, used: Sequence[str], sheet: str = "Playbook") -> tuple[Playbook, list[Finding]]:
    """The playbook with the segments spelled as the rule set does, and what does not fit: rows for unknown segments, segments without a row.

    `used` are the segments that customers have now.
    """
    spelled = {name.casefold(): name for name in rules.segments}
    steps, findings = [], []
    for step in playbook.steps:
        name = spelled.get(step.segment.casefold())
        if name is None:
            near = get_close_matches(step.segment, rules.segments, n=1)
            wanted = near[0] if near else "a segment of the Rules sheet"
            findings.append(
                Finding("segment unknown to the rules", "warning", sheet, step.row, "Segment", step.segment, wanted, "the row has no effect")
            )
        else:
            steps.append(replace(step, segment=name))
    covered = {step.segment for step in steps}
    for name in sorted(set(used) - covered):
        effect = "its customers have no actions; write None as Kind if that is meant"
        findings.append(Finding("segment without a playbook", "info", sheet, 0, "Segment", name, "at least one row", effect))
    return Playbook(tuple(steps)), findings


# ── the default ──────────────────────────────────────────────────────────────

_Rows = tuple[tuple[str, str, int | None, str, str, str, str, str, str], ...]

_COLLECTOR, _CREDIT, _SALES, _ACCOUNTS = "Collector", "Credit manager", "Sales", "Accounts receivable"
_SMALL = "past_due <=100"

_ROWS: _Rows = (
    ("At-Risk", REVIEW, 0, "Credit review: limit, hold, open orders", "Desk", "", _CREDIT, "48 hours", ""),
    ("At-Risk", COLLECT, 1, "Call: a date for every open invoice", "Phone", "firm", _COLLECTOR, "1 day", _SMALL),
    ("At-Risk", COLLECT, 7, "Call again: what was agreed", "Phone", "firm", _COLLECTOR, "1 day", _SMALL),
    ("At-Risk", COLLECT, 15, "Letter: deliveries only against payment", "Letter", "final", _CREDIT, "2 days", _SMALL),
    ("Declining Engagement", SALES, 0, "Sales call: ask why orders fell", "Phone", "friendly", _SALES, "5 days", ""),
    ("Declining Engagement", COLLECT, 5, "Courtesy note", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("Declining Engagement", COLLECT, 15, "Reminder", "E-mail", "factual", _COLLECTOR, "1 day", ""),
    ("Declining Engagement", COLLECT, 30, "Call: agree a date", "Phone", "factual", _COLLECTOR, "2 days", _SMALL),
    ("High Value Slow Pay", COLLECT, -10, "Confirm the payment date", "E-mail", "friendly", ACCOUNT_OWNER, "2 days", ""),
    ("High Value Slow Pay", COLLECT, 1, "Account manager calls", "Phone", "friendly", ACCOUNT_OWNER, "1 day", ""),
    ("High Value Slow Pay", COLLECT, 10, "Account manager calls their head of finance", "Phone", "firm", ACCOUNT_OWNER, "1 day", _SMALL),
    ("High Value Slow Pay", COLLECT, 30, "Meeting: payment plan", "Phone", "firm", _CREDIT, "5 days", _SMALL),
    ("Deteriorating Payer", REVIEW, 0, "Ask what changed; look at limit and terms", "Desk", "", _CREDIT, "5 days", ""),
    ("Deteriorating Payer", COLLECT, -3, "Reminder before it is due", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("Deteriorating Payer", COLLECT, 1, "Call: is anything in the way", "Phone", "friendly", _COLLECTOR, "1 day", _SMALL),
    ("Deteriorating Payer", COLLECT, 7, "Call: agree a date", "Phone", "factual", _COLLECTOR, "1 day", _SMALL),
    ("Deteriorating Payer", COLLECT, 15, "Call: what was agreed", "Phone", "firm", _COLLECTOR, "1 day", _SMALL),
    ("Deteriorating Payer", COLLECT, 30, "Letter", "Letter", "firm", _CREDIT, "2 days", _SMALL),
    ("Habitual Late Payer", COLLECT, -7, "Reminder before it is due", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("Habitual Late Payer", COLLECT, -1, "Reminder: due tomorrow", "E-mail", "friendly", _COLLECTOR, "", ""),
    ("Habitual Late Payer", COLLECT, 1, "Reminder: due yesterday", "E-mail", "factual", _COLLECTOR, "1 day", ""),
    ("Habitual Late Payer", COLLECT, 7, "Call: agree a date", "Phone", "factual", _COLLECTOR, "1 day", _SMALL),
    ("Habitual Late Payer", COLLECT, 15, "Call: what was agreed", "Phone", "firm", _COLLECTOR, "1 day", _SMALL),
    ("Habitual Late Payer", COLLECT, 30, "Letter: last date, then hold", "Letter", "final", _CREDIT, "2 days", _SMALL),
    ("Dormant Low-Balance", CLEAR, 0, "Clear open credits: refund or set off", "Desk", "", _ACCOUNTS, "10 days", ""),
    ("Dormant Low-Balance", COLLECT, 7, "Reminder", "E-mail", "friendly", _COLLECTOR, "2 days", ""),
    ("Dormant Low-Balance", COLLECT, 30, "Letter", "Letter", "factual", _COLLECTOR, "5 days", _SMALL),
    ("Reliable Frequent", COLLECT, 5, "Courtesy note", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("Reliable Frequent", COLLECT, 20, "Call: has the invoice arrived", "Phone", "friendly", _COLLECTOR, "2 days", _SMALL),
    ("Early Payer", NOTHING, None, "review discount terms once a year", "", "", _CREDIT, "", ""),
    ("High Engagement", COLLECT, 5, "Courtesy note", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("High Engagement", COLLECT, 20, "Call: has the invoice arrived", "Phone", "friendly", _COLLECTOR, "2 days", _SMALL),
    ("Slow Payer", COLLECT, 0, "Reminder on the due date", "E-mail", "friendly", _COLLECTOR, "", ""),
    ("Slow Payer", COLLECT, 7, "Reminder", "E-mail", "factual", _COLLECTOR, "1 day", ""),
    ("Slow Payer", COLLECT, 15, "Call: agree a date", "Phone", "factual", _COLLECTOR, "1 day", _SMALL),
    ("Slow Payer", COLLECT, 30, "Call: what was agreed", "Phone", "firm", _COLLECTOR, "2 days", _SMALL),
    ("Standard", COLLECT, 3, "Reminder", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("Standard", COLLECT, 10, "Second reminder", "E-mail", "factual", _COLLECTOR, "1 day", ""),
    ("Standard", COLLECT, 20, "Call: agree a date", "Phone", "factual", _COLLECTOR, "2 days", _SMALL),
    ("Standard", COLLECT, 30, "Letter", "Letter", "firm", _COLLECTOR, "2 days", _SMALL),
    ("Not Enough History", COLLECT, -3, "Ask whether the invoice has arrived", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("Not Enough History", COLLECT, 3, "Reminder", "E-mail", "friendly", _COLLECTOR, "1 day", ""),
    ("Not Enough History", COLLECT, 10, "Call: agree a date", "Phone", "factual", _COLLECTOR, "1 day", _SMALL),
    ("Not Enough History", COLLECT, 30, "Letter", "Letter", "firm", _CREDIT, "2 days", _SMALL),
)  # fmt: skip

_ORDER_ROWS: _Rows = (
    ("Declining Engagement", SALES, 0, "Sales call: ask why orders fell", "Phone", "friendly", _SALES, "5 days", ""),
    ("Dormant", SALES, 0, "Call: find out why; offer to reactivate", "Phone", "friendly", _SALES, "10 days", ""),
    ("High Value Frequent", NOTHING, None, "keep the service level", "", "", _SALES, "", ""),
    ("Frequent", NOTHING, None, "courtesy offers", "", "", _SALES, "", ""),
    ("Standard", NOTHING, None, "keep the service level", "", "", _SALES, "", ""),
    ("Not Enough History", NOTHING, None, "watch the first orders", "", "", _SALES, "", ""),
)


def default_rows(with_invoices: bool, segments: Sequence[str]) -> list[list[Value]]:
    """The default playbook as rows of a Playbook sheet, headings first; only for segments of the rule set."""
    rows = [row for row in (_ROWS if with_invoices else _ORDER_ROWS) if row[0] in segments]
    body: list[list[Value]] = [[*(cell if cell != "" else None for cell in row), None] for row in rows]
    return [list(HEAD), *body]


def default_playbook(with_invoices: bool, segments: Sequence[str]) -> Playbook:
    """The default playbook."""
    return read_playbook(default_rows(with_invoices, segments))
