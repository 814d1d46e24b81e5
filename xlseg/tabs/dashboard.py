"""The Dashboard tab: cards and charts on one page, and beside the page the numbers that the charts show.

The page is laid out in six columns with a gap between them; the lists stand to the right of it in fixed blocks, their unused lines empty.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xlseg.analysis import BETTER, PROVISIONAL, WORSE, Analysis
from xlseg.dashboard import LATENESS, MOVERS, SEGMENTS, Card, Dashboard
from xlseg.movers import Mover
from xlseg.segments.rules import cell_name
from xlseg.tabs.top import footer
from xlseg.workbook import Block, Cell, Chart, Series, Style, Tab

NAME = "Dashboard"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COLUMNS = (1, 3, 5, 7, 9, 11)
"""The six columns of the page; a narrow one stands between them."""
_WIDE, _GAP = 25.0, 1.5
_CARDS = (6, 11)
"""First rows of the two rows of cards."""
_BARS_ROW, _COLUMNS_ROW, _LAST_ROW = 16, 30, 40
_THIRD, _HALF, _BARS_HIGH, _COLUMNS_HIGH = 376, 572, 14 * 19, 11 * 19
"""Charts in pixels: two or three columns of the page wide, so many of its rows high."""
_HEIGHTS = {1: 24.0, 5: 6.0, 10: 6.0, 15: 9.0, **{row: 17.25 for row in _CARDS}, **{row + 1: 24.0 for row in _CARDS}}
_ROW_HEIGHT = 14.25
_LISTS = 13
"""First column of the lists."""
_SEGMENTS_ROW, _MONTHS_ROW = 16, 34
_LATENESS_ROW, _MOVERS_ROW = _MONTHS_ROW + 16, _MONTHS_ROW + 16 + len(LATENESS) + 5
_PERIODS = 12
_LONGEST_NAME = 24

Cells = dict[tuple[int, int], Cell]

_UNITS: dict[str, tuple[Style, Style]] = {
    "money": ("card_money", "was_money"),
    "share": ("card_share", "was_share"),
    "days": ("card_days", "was_days"),
    "count": ("card_count", "was_count"),
}


def dashboard_tab(analysis: Analysis, board: Dashboard, run: int, state: str, light: Cell) -> Tab:
    """The tab.

    Parameters
    ----------
    run
        Number of the run that first had these inputs and rules.
    state
        State of the rule set in a word or two, such as `default`, `approved` or `DRAFT`.
    light
        The traffic light of the controls.
    """
    cells = _head(analysis, run, state, light) | _page(analysis, board)
    cells |= _segments(analysis, board) | _months(analysis, board) | _lateness(analysis, board) | _movers(analysis, board)
    widths = {column: _WIDE if column in _COLUMNS else _GAP for column in range(1, _COLUMNS[-1] + 1)}
    widths |= {12: 4.0, _LISTS: 30.0, **{column: 14.0 for column in range(_LISTS + 1, _LISTS + 9)}}
    return Tab(
        NAME,
        cells,
        widths=widths,
        owns_columns=_LISTS + 8,
        footer=footer(analysis),
        charts=_charts(analysis.facts.has_invoices, analysis.settings.confirm),
        one_page=True,
        print_area=(1, 1, _LAST_ROW, _COLUMNS[-1]),
        heights={row: _HEIGHTS.get(row, _ROW_HEIGHT) for row in range(1, _LAST_ROW + 1)},
        gridlines=False,
    )


# ── the page ─────────────────────────────────────────────────────────────────


def _head(analysis: Analysis, run: int, state: str, light: Cell) -> Cells:
    known = int(analysis.standing["known"].sum())
    silent = len(analysis.standing) - known
    without = f", and {silent:,} without any document by this date" if silent else ""
    money = f", amounts in {analysis.ledger.currency}" if analysis.ledger.currency else ""
    head = (
        ("As of", Cell(analysis.as_of, "head_date")),
        ("Compared with", Cell(analysis.previous, "head_date")),
        ("Run", Cell(run, "head_count")),
        ("Rule set", Cell(f"{analysis.rules.hash}, {state}", "warn" if state.startswith("DRAFT") else "head_text")),
        ("Controls", light),
    )
    said = "Each card shows the figure now, and at the date it is compared with. The numbers of the charts stand right of the page."
    words = f"{known:,} {_plural(analysis.settings.entity, known)}{without}{money}. {said}"
    cells: Cells = {(1, 1): Cell(NAME, "title"), (2, 1): Cell(words, "subtitle")}
    for column, (name, cell) in zip(_COLUMNS, head, strict=False):
        cells |= {(3, column): Cell(name, "note"), (4, column): cell}
    return cells | {(4, column): Cell(None, light.style) for column in (_COLUMNS[-2] + 1, _COLUMNS[-1])}


def _plural(entity: str, count: int) -> str:
    return entity.lower() if count == 1 else f"{entity.lower()}s"


def _page(analysis: Analysis, board: Dashboard) -> Cells:
    cells: Cells = {}
    places = [(row, column) for row in _CARDS for column in _COLUMNS]
    missing = "not known" if analysis.facts.has_invoices else "does not apply: no invoices"
    for (row, column), card in zip(places, board.cards, strict=True):
        now, before = _UNITS[card.unit]
        cells |= {
            (row, column): Cell(card.name, "card_label"),
            (row + 1, column): Cell(_known(card.value), now),
            (row + 2, column): change(card, missing),
            (row + 3, column): Cell(_known(card.before), before),
        }
    return cells


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def change(card: Card, missing: str) -> Cell:
    """What has changed: an arrow for more or less, how much, and a word for what that means."""
    if math.isnan(card.value):
        return Cell(missing, "card_note")
    if math.isnan(card.before):
        return Cell("not known a month before", "card_note")
    amount = _amount(card.value - card.before, card.unit)
    if not any(digit in amount for digit in "123456789"):
        return Cell("= unchanged", "card_note")
    arrow, more = ("▲", 1) if card.value > card.before else ("▼", -1)
    if not card.better:
        return Cell(f"{arrow} {amount} {'more' if more > 0 else 'less'}", "card_note")
    good = more == card.better
    return Cell(f"{arrow} {amount}, {'better' if good else 'worse'}", "card_good" if good else "card_bad")


def _amount(change: float, unit: str) -> str:
    size = abs(change)
    return {"money": f"{size:,.0f}", "count": f"{size:,.0f}", "days": f"{size:,.1f} days", "share": f"{100 * size:,.1f} points"}[unit]


# ── the numbers behind the charts ────────────────────────────────────────────


def _list(row: int, title: str, headings: Sequence[str], note: str = "") -> Cells:
    cells: Cells = {(row, _LISTS): Cell(title, "section")}
    cells |= {(row, _LISTS + at): Cell(note if at == 2 else None, "section_note") for at in range(1, len(headings))}
    return cells | {(row + 1, _LISTS + at): Cell(heading, "header") for at, heading in enumerate(headings)}


def _lines(row: int, lines: Sequence[Sequence[Cell]], room: int) -> Cells:
    """Cells of a list below its headings; a line that is not used is empty, so that what stood there goes."""
    width = max(map(len, lines), default=0)
    padded = [*lines[:room], *([Cell(None)] * width for _ in range(room - len(lines)))]
    return {(row + 2 + at, _LISTS + i): cell for at, line in enumerate(padded) for i, cell in enumerate(line)}


def _segments(analysis: Analysis, board: Dashboard) -> Cells:
    with_invoices = analysis.facts.has_invoices
    exposure = "Open Balance" if with_invoices else "Revenue"
    headings = ("Segment", "Risk", "Customers", exposure, "Current", "1–30 days", "31–60 days", "61–90 days", "91+ days")
    note = "ageing by days past due" if with_invoices else "revenue in the window; ageing does not apply: no invoices"
    lines = [
        (
            Cell(line.segment),
            Cell(line.risk, "score"),
            Cell(line.customers, "count"),
            Cell(line.exposure, "money"),
            *(Cell(amount, "money") for amount in line.ageing),
        )
        for line in board.segments
    ]
    cells = _list(_SEGMENTS_ROW, "Exposure and ageing by segment", headings, note) | _lines(_SEGMENTS_ROW, lines, SEGMENTS)
    first, total = _SEGMENTS_ROW + 2, _SEGMENTS_ROW + 2 + SEGMENTS
    sums = [float(sum(line.customers for line in board.segments)), sum(line.exposure for line in board.segments)]
    sums += [sum(column) for column in zip(*(line.ageing for line in board.segments), strict=True)]
    cells[total, _LISTS] = Cell("Total", "label")
    for at, value in enumerate(sums, start=2):
        span = f"{cell_name(first, _LISTS + at)}:{cell_name(total - 1, _LISTS + at)}"
        cells[total, _LISTS + at] = Cell(round(value, 2), "count" if at == 2 else "money", f"ROUND(SUM({span}),2)")
    source = "Open balance by the ledger" if with_invoices else "Revenue by the ledger"
    return cells | {(total + 1, _LISTS): Cell(source, "note"), (total + 1, _LISTS + 3): Cell(board.ledger, "money")}


def _months(analysis: Analysis, board: Dashboard) -> Cells:
    lines = [
        (Cell(_month(date, first=not at)), Cell(date, "date"), Cell(worsened, "count"), Cell(improved, "count"))
        for at, (date, worsened, improved) in enumerate(board.months[-_PERIODS:])
    ]
    headings = ("Month", "To", "Worsened", "Improved")
    note = "confirmed moves; a provisional one counts once it is" if analysis.settings.confirm else ""
    return _list(_MONTHS_ROW, "Customers who worsened and improved", headings, note) | _lines(_MONTHS_ROW, lines, _PERIODS)


def _month(date: object, *, first: bool) -> str:
    """Its name, with the year where that is new."""
    year, month = str(date)[:4], int(str(date)[5:7])
    return f"{_MONTHS[month - 1]} {year}" if first or month == 1 else _MONTHS[month - 1]


def _lateness(analysis: Analysis, board: Dashboard) -> Cells:
    note = f"settled in {analysis.settings.window} days, or open and past due" if analysis.facts.has_invoices else "does not apply: no invoices"
    lines = [(Cell(name), Cell(settled, "count"), Cell(late, "count")) for name, settled, late in board.lateness]
    cells = _list(_LATENESS_ROW, "Invoices by days late", ("Days Late", "Settled", "Open, Past Due"), note)
    cells |= _lines(_LATENESS_ROW, lines, len(LATENESS))
    first, total = _LATENESS_ROW + 2, _LATENESS_ROW + 2 + len(LATENESS)
    cells[total, _LISTS] = Cell("Total", "label")
    for at in (1, 2):
        column = _LISTS + at
        value = sum(line[at] for line in board.lateness)  # type: ignore[misc]
        cells[total, column] = Cell(value, "count", f"SUM({cell_name(first, column)}:{cell_name(total - 1, column)})")
    return cells


def _movers(analysis: Analysis, board: Dashboard) -> Cells:
    names = analysis.standing["name"].to_numpy(object)
    lines: list[tuple[Cell, ...]] = []
    for mover in board.movers:
        name = _short(str(names[mover.position]) if mover.position >= 0 else "") or mover.customer
        waits = " (provisional)" if mover.status == PROVISIONAL else ""
        move = f"{mover.before} → {mover.after}{waits}"
        lines.append((Cell(name), Cell(mover.customer), *_signed(mover), Cell(move)))
    cells = _list(_MOVERS_ROW, "Ten biggest movers", ("Customer", "Customer ID", WORSE, BETTER, "Move"), "impact: exposure × change of risk")
    if not board.movers:
        lines = [(Cell(f"Nobody with exposure moved since {analysis.previous.isoformat()}.", "note"),)]
    return cells | _lines(_MOVERS_ROW, lines, MOVERS)


def _signed(mover: Mover) -> tuple[Cell, Cell]:
    worse = mover.impact > 0
    return Cell(mover.impact if worse else None, "money"), Cell(None if worse else mover.impact, "money")


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


# ── charts ───────────────────────────────────────────────────────────────────


def _charts(with_invoices: bool, confirmed: bool) -> tuple[Chart, ...]:
    """The charts; in a book without invoices those of ageing and lateness would be empty, and the others take their room."""
    wide = _THIRD if with_invoices else _HALF
    bars, columns = (wide, _BARS_HIGH), (_HALF if with_invoices else 2 * _HALF, _COLUMNS_HIGH)
    exposed = (_series(_SEGMENTS_ROW, 3, SEGMENTS, 0),)
    ageing = tuple(_series(_SEGMENTS_ROW, 4 + at, SEGMENTS, 5 + at) for at in range(5))
    moved = tuple(_series(_MOVERS_ROW, at, MOVERS, colour) for at, colour in ((2, 1), (3, 2)))
    mobile = tuple(_series(_MONTHS_ROW, at, _PERIODS, colour) for at, colour in ((2, 1), (3, 2)))
    timing = tuple(_series(_LATENESS_ROW, at, len(LATENESS), colour) for at, colour in ((1, 0), (2, 3)))
    months = "Customers who worsened and improved, by month" + (" (confirmed)" if confirmed else "")
    always = (
        Chart("bar", "Exposure by segment", (_BARS_ROW, 1), bars, exposed, "money", labels=True),
        Chart("split bar", "Ten biggest movers: impact", (_BARS_ROW, 9 if with_invoices else 7), bars, moved, "money"),
        Chart("column", months, (_COLUMNS_ROW, 1), columns, mobile, labels=True),
    )
    of_invoices = (
        Chart("stacked bar", "Ageing by segment", (_BARS_ROW, 5), bars, ageing, "money"),
        Chart("stacked column", "Invoices by days late", (_COLUMNS_ROW, 7), columns, timing),
    )
    return (*always, *of_invoices) if with_invoices else always


def _series(row: int, at: int, lines: int, colour: int) -> Series:
    first, last = row + 2, row + 1 + lines
    values: Block = (first, _LISTS + at, last, _LISTS + at)
    return Series((row + 1, _LISTS + at), (first, _LISTS, last, _LISTS), values, colour)
