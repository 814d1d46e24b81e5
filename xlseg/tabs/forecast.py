"""The Cash Forecast tab: thirteen weeks of expected receipts with what they may be off, by segment, and how the last forecast did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from xlseg.analysis import Analysis
from xlseg.calendar import day_date, day_number
from xlseg.facts import Facts
from xlseg.forecast import ENOUGH, WEEKS, Forecast, Grounds, came_in, forecast_on, grounds
from xlseg.receipts import Applied
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.tabs.top import footer, top
from xlseg.workbook import Array, Cell, Chart, Series, Style, Tab

NAME = "Cash Forecast"
_WEEKS_AT, _PAST_AT, _SEGMENTS_AT = 6, 28, 45
_FIRST, _LAST = _WEEKS_AT + 1, _WEEKS_AT + WEEKS
_COLUMNS = 16
_LOOK_BACK = 400
"""Draws of the forecast that is looked back at."""

_Cells = dict[tuple[int, int], Cell]


@dataclass(frozen=True)
class Receipts:
    """The forecast at the as-of date, the one of 13 weeks before, and what came since of the invoices open then (hundredths a week)."""

    now: Forecast
    before: Forecast
    came: Array


@dataclass(frozen=True)
class Rests:
    """What the forecast at the as-of date rests on, and the one of 13 weeks before."""

    now: Grounds
    before: Grounds


def grounds_of(ledger: Ledger, book: Facts, came: Applied, as_of: dt.date, settings: Settings) -> Callable[[], Rests | None]:
    """What works out what both forecasts rest on, without pandas: it can be done beside other work. None for a book without invoices."""
    return partial(_grounds, ledger, book, came, day_number(as_of), settings) if book.has_invoices else lambda: None


def _grounds(ledger: Ledger, book: Facts, came: Applied, day: int, settings: Settings) -> Rests:
    now, before = (grounds(ledger, book, came, at, settings) for at in (day, day - 7 * WEEKS))
    return Rests(now, before)


def receipts_of(analysis: Analysis, rests: Callable[[], Rests | None] | None = None) -> Callable[[], Receipts | None]:
    """What works out both forecasts, as well beside other work, on what `grounds_of` has worked out. None for a book without invoices."""
    day = day_number(analysis.as_of)
    segments = segments_at(analysis, day), segments_at(analysis, day - 7 * WEEKS)
    made = grounds_of(analysis.ledger, analysis.facts, analysis.applied, analysis.as_of, analysis.settings)
    return partial(_receipts, rests or made, analysis.applied, segments)


def _receipts(rests: Callable[[], Rests | None], came: Applied, segments: tuple[Array, Array]) -> Receipts | None:
    if (found := rests()) is None:
        return None
    now, before = forecast_on(found.now, segments[0]), forecast_on(found.before, segments[1], _LOOK_BACK)
    return Receipts(now, before, came_in(came, before))


def segments_at(analysis: Analysis, day: int) -> Array:
    """Place among the analysis' segments of each of the facts' customers, at the last date followed up to a day; -1 = not known then."""
    past = [date for date in analysis.dates if day_number(date) <= day]
    return analysis.segments_at(past[-1]) if past else np.full(len(analysis.facts.customers), -1)


def forecast_tab(analysis: Analysis, found: Receipts | None) -> Tab:
    """The tab with what `receipts_of` has worked out; a book without invoices, or without enough history, says so in one line."""
    cells: _Cells = top(
        analysis, "Cash forecast", "Receipts expected from the invoices that are open, in the 13 weeks of seven days after the as-of date."
    )
    charts: tuple[Chart, ...] = ()
    if found is None:
        cells[4, 1] = Cell("Nothing to forecast: the book has no invoices.", "note")
    elif not found.now.known:
        cells[4, 1] = Cell(f"Cannot say: {found.now.paid} invoices were paid in the window, {ENOUGH} are needed.", "note")
    else:
        cells[4, 1] = Cell("Not in it: invoices still to be written. P10 and P90: in one case of ten less, or more. docs/forecast.md.", "note")
        cells |= _weeks(found.now) | _reconciled(analysis, found.now) | _look_back(found) | _by_segment(analysis, found.now)
        charts = (_chart(),)
    widths = {1: 24.0, **dict.fromkeys(range(2, _COLUMNS + 1), 12.0)}
    return Tab(NAME, cells, (), widths, owns_columns=_COLUMNS, freeze=(3, 1), footer=footer(analysis), charts=charts, one_page=True)


def _line(cells: _Cells, row: int, *values: tuple[object, Style] | Cell | None) -> None:
    for column, value in enumerate(values, start=1):
        if value is not None:
            cells[row, column] = value if isinstance(value, Cell) else Cell(value[0], value[1])  # type: ignore[arg-type]


def _header(cells: _Cells, row: int, *texts: str) -> None:
    _line(cells, row, *(Cell(text, "header") for text in texts))


def _money(hundredths: float, formula: str | None = None) -> Cell:
    return Cell(round(float(hundredths) / 100, 2), "money", formula)


def _weeks(found: Forecast) -> _Cells:
    cells: _Cells = {(_WEEKS_AT - 1, 1): Cell("Week by week", "section")}
    _header(cells, _WEEKS_AT, "Week", "From", "To", "Expected", "P10", "P50", "P90", "Cumulative")
    low, middle, high = found.quantiles(0.1, 0.5, 0.9)
    total = np.cumsum(found.expected)
    for week in range(WEEKS):
        row, start = _FIRST + week, found.day + 1 + 7 * week
        amounts = (found.expected[week], low[week], middle[week], high[week])
        running = _money(total[week], f"SUM(D${_FIRST}:D{row})")
        label, dates = Cell(f"Week {week + 1}", "label"), (day_date(start), day_date(start + 6))
        _line(cells, row, label, *(Cell(date, "date") for date in dates), *(_money(x) for x in amounts), running)
    every = (low[WEEKS], middle[WEEKS], high[WEEKS])
    expected = _money(total[WEEKS - 1], f"SUM(D{_FIRST}:D{_LAST})")
    _line(cells, _LAST + 1, Cell("13 weeks together", "label"), None, None, expected, *(_money(x) for x in every))
    return cells


def _reconciled(analysis: Analysis, found: Forecast) -> _Cells:
    """What is not expected in the 13 weeks, and how both add up to the open balance of the ledger."""
    ledger, later = int(analysis.facts.balances_at(found.day)["amount"].sum()), int(found.expected[WEEKS])
    row = _LAST + 2
    cells: _Cells = {}
    lines = (
        ("Later or never", _money(later), "after 13 weeks, never, or taken off by a credit"),
        ("Open invoices", _money(found.items.total, f"ROUND(D{row - 1}+D{row},2)"), ""),
        ("Credit memos, overpaid", _money(ledger - found.items.total), "customers may deduct them; not in the forecast"),
        ("Open balance", _money(ledger, f"ROUND(D{row + 1}+D{row + 2},2)"), "as on Segments"),
    )
    for at, (label, cell, note) in enumerate(lines):
        cells |= {(row + at, 1): Cell(label, "label"), (row + at, 4): cell, (row + at, 5): Cell(note or None, "note")}
    disputed = int(found.items.amount[found.items.disputed].sum())
    cells |= {(row + 4, 1): Cell("Disputed invoices", "label"), (row + 4, 4): _money(disputed)}
    cells[row + 4, 5] = Cell("among the open ones; expected later, by the days that disputes take", "note")
    return cells


def _look_back(found: Receipts) -> _Cells:
    made = found.before
    day = day_date(made.day)
    cells: _Cells = {(_PAST_AT - 1, 1): Cell(f"How the forecast of {day.isoformat()} would have done, from the invoices open then", "section")}
    if not made.known:
        cells[_PAST_AT, 1] = Cell(f"Cannot say: {made.paid} invoices had been paid in the window then, {ENOUGH} are needed.", "note")
        return cells
    _header(cells, _PAST_AT, "Week", "From", "To", "Expected", "P10", "P90", "Received", "Inside")
    low, high = made.quantiles(0.1, 0.9)
    for week in range(WEEKS):
        row, start = _PAST_AT + 1 + week, made.day + 1 + 7 * week
        inside = bool(low[week] <= found.came[week] <= high[week])
        told = Cell("yes" if inside else "no", "text", f'IF(AND(G{row}>=E{row},G{row}<=F{row}),"yes","no")')
        amounts = (made.expected[week], low[week], high[week], found.came[week])
        dates = (Cell(day_date(start), "date"), Cell(day_date(start + 6), "date"))
        _line(cells, row, Cell(f"Week {week + 1}", "label"), *dates, *(_money(x) for x in amounts), told)
    first, last = _PAST_AT + 1, _PAST_AT + WEEKS
    count = int(((low[:WEEKS] <= found.came) & (found.came <= high[:WEEKS])).sum())
    sums = [_money(values.sum(), f"SUM({at}{first}:{at}{last})") for at, values in (("D", made.expected[:WEEKS]), ("G", found.came))]
    together = (_money(low[WEEKS]), _money(high[WEEKS]))
    inside_count = Cell(count, "count", f'COUNTIF(H{first}:H{last},"yes")')
    _line(cells, last + 1, Cell("13 weeks together", "label"), None, None, sums[0], *together, sums[1], inside_count)
    return cells


def _by_segment(analysis: Analysis, found: Forecast) -> _Cells:
    """Expected receipts of each segment with open invoices, by week."""
    segment = segments_at(analysis, found.day)[found.items.customer]
    cells: _Cells = {(_SEGMENTS_AT - 1, 1): Cell("Expected by segment", "section")}
    _header(cells, _SEGMENTS_AT, "Segment", *(f"Week {week + 1}" for week in range(WEEKS)), "Later or never", "Open invoices")
    values = _rounded(found.expected_of(segment, len(analysis.segments)), found.expected)
    row = _SEGMENTS_AT
    for name, amounts in zip(analysis.segments, values, strict=True):
        if amounts.any():
            row += 1
            _line(cells, row, Cell(name, "label"), *(_money(x) for x in amounts), _money(amounts.sum(), f"ROUND(SUM(B{row}:O{row}),2)"))
    columns = "BCDEFGHIJKLMNOP"
    sums = [*values.sum(axis=0), values.sum()]
    totals = (_money(x, f"ROUND(SUM({at}{_SEGMENTS_AT + 1}:{at}{row}),2)") for at, x in zip(columns, sums, strict=True))
    _line(cells, row + 1, Cell("Total", "label"), *totals)
    return cells


def _rounded(values: Array, wanted: Array) -> Array:
    """Whole hundredths whose column sums are the wanted ones: the largest of a column takes what rounding leaves."""
    found = np.rint(values).astype("int64")
    found[values.argmax(axis=0), np.arange(values.shape[1])] += wanted - found.sum(axis=0)
    return found


def _chart() -> Chart:
    weeks = (_FIRST, 1, _LAST, 1)
    lines = [Series((_WEEKS_AT, column), weeks, (_FIRST, column, _LAST, column), colour) for column, colour in ((4, 0), (5, 1), (7, 2))]
    return Chart("line", "Receipts a week: expected, P10 and P90", (_WEEKS_AT - 1, 10), (640, 400), tuple(lines), "money")
