"""The Value tab: what sooner payment would be worth, segment by segment, and what was gained since the baseline."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xlseg.analysis import Analysis
from xlseg.calendar import day_number
from xlseg.contacted import Contacted
from xlseg.gains import PERIOD, Gain, SegmentValue, gain, span, values
from xlseg.tabs.contacts import contacted_cells
from xlseg.tabs.top import footer, top
from xlseg.touches import Touches
from xlseg.workbook import Cell, Chart, Series, Style, Tab, Value

NAME = "Value"
_GAIN_AT, _SEGMENTS_AT = 13, 26
_RATE, _COST, _TARGET = "$B$6", "$B$7", "$B$8"
_TOTAL = _SEGMENTS_AT + 1
_SHOWN = 8
"""Segments in the chart."""
_COLUMNS = 11

_Cells = dict[tuple[int, int], Cell]


def value_tab(analysis: Analysis, touches: Touches, compared: Contacted) -> Tab:
    """The tab; below the segments stands how those contacted compare with the others."""
    cells: _Cells = top(analysis, "Value", "What it is worth when customers pay sooner: a release of cash, once, and what that saves in a year.")
    charts: tuple[Chart, ...] = ()
    if not analysis.facts.has_invoices:
        cells[4, 1] = Cell("Nothing to value: the book has no invoices.", "note")
    else:
        cells[4, 1] = Cell(
            "What would be, not what will be: nobody knows that a segment can be brought to the target. docs/metrics.md, Value.", "note"
        )
        found = values(analysis, analysis.as_of, touches)
        cells |= _assumptions(analysis) | _gained(analysis, gain(analysis, touches)) | _by_segment(analysis, found)
        cells |= contacted_cells(compared, (_TOTAL + len(found) + 2, 1))
        charts = (_chart(),)
    widths = {1: 34.0, **dict.fromkeys(range(2, _COLUMNS + 1), 15.0)}
    return Tab(NAME, cells, (), widths, owns_columns=_COLUMNS, freeze=(3, 1), footer=footer(analysis), charts=charts, one_page=True)


def _put(cells: _Cells, row: int, *line: Cell | None) -> None:
    cells |= {(row, column): cell for column, cell in enumerate(line, start=1) if cell is not None}


def _known(value: float) -> Value:
    return None if math.isnan(value) else value


def _assumptions(analysis: Analysis) -> _Cells:
    settings = analysis.settings
    days = span(analysis.facts, day_number(analysis.as_of), settings.window)
    cells: _Cells = {(5, 1): Cell("What it rests on (Config)", "section")}
    lines: tuple[tuple[str, Value, Style, str], ...] = (
        ("Cost of capital", settings.cost_of_capital, "share", "a year"),
        ("Cost of a touch", settings.touch_cost, "money", ""),
        ("Target days late", settings.target_days_late, "days", ""),
        ("Days of receipts", days, "count", "up to the as-of date"),
        ("Baseline", settings.baseline, "date", "" if settings.baseline else "none on Config"),
    )
    for row, (label, value, style, note) in enumerate(lines, start=6):
        _put(cells, row, Cell(label, "label"), Cell(value, style), Cell(note or None, "note"))
    return cells


def _gained(analysis: Analysis, found: Gain) -> _Cells:
    baseline = analysis.settings.baseline
    since = f"Gained since {baseline.isoformat()}" if baseline else "Gained since a baseline"
    row = _GAIN_AT
    cells: _Cells = {(row - 1, 1): Cell(f"{since}: customers contacted against those not contacted", "section")}
    if found.reason:
        cells[row, 1] = Cell(f"Cannot say: {found.reason}.", "note")
        return cells
    _put(cells, row, *(Cell(text, "header") for text in ("", "Customers", "Days late before", "Days late since", "Change")))
    for at, (name, group) in enumerate((("Contacted", found.contacted), ("Not contacted", found.others)), start=row + 1):
        numbers = (Cell(group.customers, "count"), Cell(group.before, "days"), Cell(group.after, "days"))
        _put(cells, at, Cell(name, "label"), *numbers, Cell(group.change, "days", f"D{at}-C{at}"))
    change = f"E{row + 1}-E{row + 2}"
    _put(cells, row + 3, Cell("Difference in days (below 0: sooner)", "label"), None, None, None, Cell(found.difference, "days", change))
    _put(cells, row + 4, Cell("90 % interval, from and to", "label"), None, None, Cell(found.low, "days"), Cell(found.high, "days"))
    _put(cells, row + 5, Cell(f"Receipts of the contacted in {PERIOD} days", "label"), None, None, None, Cell(found.receipts, "money"))
    days, receipts = f"E{row + 3}", f"$E${row + 5}"
    cash = _money(found.cash(found.difference), f"-{days}*{receipts}/{PERIOD}")
    _put(cells, row + 6, Cell("Cash that came sooner", "label"), None, None, None, cash)
    ends = (_money(found.cash(days), f"-{at}{row + 4}*{receipts}/{PERIOD}") for at, days in (("E", found.high), ("D", found.low)))
    _put(cells, row + 7, Cell("90 % interval, from and to", "label"), None, None, *ends)
    cells[row + 8, 1] = Cell(_verdict(found), "note")
    cells[row + 9, 1] = Cell("No experiment: who was contacted was chosen, mostly for paying late, and who is late today is often", "note")
    cells[row + 10, 1] = Cell("less late tomorrow without any contact.", "note")
    return cells


def _verdict(found: Gain) -> str:
    if found.low <= 0 <= found.high:
        return "The interval holds 0: it cannot be said that there is a difference."
    return "The contacted now pay sooner than the others would let expect." if found.high < 0 else "The contacted now pay later than the others."


def _money(value: float, formula: str | None = None) -> Cell:
    return Cell(value, "money", formula)


_HEADINGS = (
    "Segment", "Customers", f"Receipts in {PERIOD} days", "Days late now", "Target", "Days saved", "Cash accelerated", "Yearly benefit", "Touches",
    "Cost of touches", "Net a year",
)  # fmt: skip


def _by_segment(analysis: Analysis, found: Sequence[SegmentValue]) -> _Cells:
    cells: _Cells = {(_SEGMENTS_AT - 1, 1): Cell("By segment, if it paid at the target", "section")}
    _put(cells, _SEGMENTS_AT, *(Cell(text, "header") for text in _HEADINGS))
    lines = [_line(analysis, value, row) for row, value in enumerate(found, start=_TOTAL + 1)]
    for row, line in enumerate(lines, start=_TOTAL + 1):
        _put(cells, row, *line)
    last = max(_TOTAL + len(found), _TOTAL + 1)
    total: list[Cell | None] = [Cell("All segments", "label")]
    for column in range(1, _COLUMNS):
        at = "ABCDEFGHIJK"[column]
        summed = at in "BCGHIJK"
        numbers = [cell.value for line in lines if isinstance((cell := line[column]).value, (int, float))]
        sums: float = sum(numbers)
        total.append(Cell(sums, "count" if at in "BI" else "money", f"SUM({at}{_TOTAL + 1}:{at}{last})") if summed else None)
    _put(cells, _TOTAL, *total)
    return cells


def _line(analysis: Analysis, value: SegmentValue, row: int) -> tuple[Cell, ...]:
    settings = analysis.settings
    saved, cash, benefit = value.days_saved(settings.target_days_late), value.cash(settings.target_days_late), value.benefit(settings)
    cost = value.touches * settings.touch_cost
    gone = math.isnan(saved)

    def live(number: float, style: Style, formula: str, needs: str) -> Cell:
        return Cell("" if gone else number, style, f'IF({needs}{row}="","",{formula})')

    return (
        Cell(value.segment, "label"),
        Cell(value.customers, "count"),
        Cell(value.receipts, "money"),
        Cell(_known(value.days_late), "days"),
        Cell(settings.target_days_late, "days", _TARGET),
        live(saved, "days", f"MAX(0,D{row}-E{row})", "D"),
        live(cash, "money", f"C{row}*F{row}/{PERIOD}", "F"),
        live(benefit, "money", f"G{row}*{_RATE}", "G"),
        Cell(value.touches, "count"),
        Cell(cost, "money", f"I{row}*{_COST}"),
        Cell((0.0 if gone else benefit) - cost, "money", f"N(H{row})-J{row}"),
    )


def _chart() -> Chart:
    first, last = _TOTAL + 1, _TOTAL + _SHOWN
    cash = Series((_SEGMENTS_AT, 7), (first, 1, last, 1), (first, 7, last, 7))
    return Chart("bar", "Cash accelerated if the target is reached", (5, 7), (600, 380), (cash,), "money")
