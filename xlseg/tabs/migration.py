"""The Migration tab: matrices between two dates that the reader picks, the periods' mobility, book figures and roll rates.

The matrices are live formulas over the list on Migration Data, so that a reviewer can trace and re-pick them; the rest are values.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from xlseg.analysis import Analysis, direction
from xlseg.metrics.book import BOOK_FIGURES
from xlseg.migration import FEW, GONE, NEW, Migration, mobility
from xlseg.segments.rules import cell_name
from xlseg.tabs.segments import dates as date_array
from xlseg.tabs.top import HEADER_ROW, footer, top
from xlseg.workbook import Cell, Column, Style, Tab, Table, Value

NAME, DATA, TABLE = "Migration", "Migration Data", "tblMigration"
LAST, AS_OF = "Last month-end", "As-of date"
"""What the pickers say when they follow the refresh."""

_PICK_ROW = 5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Picked:
    """What the two pickers hold: a date, or one of the words that follow the refresh."""

    before: dt.date | str = LAST
    after: dt.date | str = AS_OF

    def resolved(self, analysis: Analysis) -> tuple[dt.date, dt.date]:
        """The two dates."""
        words = {LAST: analysis.previous, AS_OF: analysis.as_of}
        before, after = (words[x] if isinstance(x, str) else x for x in (self.before, self.after))
        return before, after

    def holds(self, analysis: Analysis) -> bool:
        """Whether both are among the dates shown, and in order."""
        before, after = self.resolved(analysis)
        return {before, after} <= set(analysis.dates) and before < after


@dataclass
class _Sheet:
    """Cells as they are laid out from top to bottom."""

    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    row: int = 1

    def line(self, *cells: Cell | None, gap: int = 0) -> None:
        for column, cell in enumerate(cells, start=1):
            if cell is not None:
                self.cells[self.row, column] = cell
        self.row += 1 + gap

    def header(self, *texts: str) -> None:
        self.line(*(Cell(text, "header") for text in texts))


def migration_tabs(analysis: Analysis, picked: Picked) -> tuple[Tab, Tab]:
    """The Migration tab and the list behind it."""
    picked = picked if picked.holds(analysis) else Picked()
    before, after = picked.resolved(analysis)
    sheet = _Sheet(top(analysis, "Migration", f"Confirmed segments of the last {len(analysis.dates)} dates, recomputed from the ledger as of each."))
    sheet.row = 4
    _pickers(sheet, analysis, picked, before, after)
    matrix = analysis.migration(before, after)
    _matrices(sheet, matrix)
    _periods(sheet, analysis)
    _figures(sheet, analysis)
    _roll_rates(sheet, analysis)
    _seasons(sheet, analysis)
    width = max(len(analysis.segments) + 3, 15)
    choices = {(_PICK_ROW, 2): f"='{DATA}'!$J$7:$J${6 + len(_words(analysis))}", (_PICK_ROW + 1, 2): f"='{DATA}'!$J$7:$J${6 + len(_words(analysis))}"}
    widths = {1: 24.0, **{column: 13.0 for column in range(2, width + 1)}}
    return Tab(NAME, sheet.cells, (), widths, choices, owns_columns=width, freeze=(3, 1), footer=footer(analysis)), _data_tab(analysis)


def _words(analysis: Analysis) -> list[Value]:
    return [LAST, AS_OF, *reversed(analysis.dates)]


def _pickers(sheet: _Sheet, analysis: Analysis, picked: Picked, before: dt.date, after: dt.date) -> None:
    sheet.line(Cell("Pick two dates in the yellow cells; the three matrices follow.", "note"))
    for label, pick, date in (("From", picked.before, before), ("To", picked.after, after)):
        at = cell_name(sheet.row, 2)
        formula = f'IF({at}="{LAST}",DATE({_ymd(analysis.previous)}),IF({at}="{AS_OF}",DATE({_ymd(analysis.as_of)}),{at}))'
        sheet.line(Cell(label, "label"), Cell(pick, "input_date"), Cell(date, "date", formula))
    sheet.row += 1


def _ymd(date: dt.date) -> str:
    return f"{date.year},{date.month},{date.day}"


def _matrices(sheet: _Sheet, matrix: Migration) -> None:
    first = sheet.row + 2
    _sums(sheet, matrix, "Customers: from (rows) to (columns)", "Customers", matrix.counts, "count")
    _shares(sheet, matrix, first)
    _sums(sheet, matrix, "Open balance of the same customers, after the move", "Open Balance", matrix.weights, "money")


def _sums(sheet: _Sheet, matrix: Migration, title: str, column: str, table: pd.DataFrame, style: Style) -> None:
    sheet.line(Cell(title, "section"))
    head, names = sheet.row, list(table.columns)
    sheet.header("From \\ To", *names, "Total")
    before, after = f"$C${_PICK_ROW}", f"$C${_PICK_ROW + 1}"
    for name, values in zip(table.index, table.to_numpy("float64").tolist(), strict=True):
        cells = []
        for at, value in enumerate(values, start=2):
            look: Style = "good" if matrix.segments[at - 2 : at - 1] == (name,) and style == "count" and value else style
            pair = f"{TABLE}[From],{before},{TABLE}[To],{after}"
            ends = _asked(name, f"$A{sheet.row}"), _asked(names[at - 2], cell_name(head, at))
            criteria = f"{pair},{TABLE}[Before],{ends[0]},{TABLE}[After],{ends[1]}"
            cells.append(Cell(_exact(value), look, f"SUMIFS({TABLE}[{column}],{criteria})"))
        row = f"{cell_name(sheet.row, 2)}:{cell_name(sheet.row, len(names) + 1)}"
        sheet.line(Cell(name, "label"), *cells, Cell(_exact(sum(values)), style, f"SUM({row})"))
    totals = [*table.sum(axis=0).tolist(), float(table.to_numpy().sum())]
    spans = (f"{cell_name(head + 1, at)}:{cell_name(sheet.row - 1, at)}" for at in range(2, len(totals) + 2))
    sheet.line(Cell("Total", "label"), *(Cell(_exact(v), style, f"SUM({span})") for v, span in zip(totals, spans, strict=True)), gap=1)


def _asked(name: str, cell: str) -> str:
    """What SUMIFS is to look for: the cell that holds the name; made harmless where that would be read as a comparison or a pattern."""
    if name.startswith(("<", ">", "=")) or any(mark in name for mark in "*?~"):
        return f'"="&SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({cell},"~","~~"),"*","~*"),"?","~?")'
    return cell


def _exact(value: float) -> float | int:
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def _shares(sheet: _Sheet, matrix: Migration, first: int) -> None:
    """Row shares, greyed where they rest on few customers. `first` is the first row of the counts."""
    sheet.line(Cell(f"Share of each row (grey: fewer than {FEW} customers)", "section"))
    sheet.header("From \\ To", *matrix.counts.columns)
    width = len(matrix.counts.columns)
    for offset, (name, values) in enumerate(zip(matrix.counts.index, matrix.counts.to_numpy().tolist(), strict=True)):
        total, total_at = sum(values), f"${cell_name(first + offset, width + 2)}"
        style: Style = "grey_share" if total < FEW else "share"
        cells = []
        for at, value in enumerate(values, start=2):
            formula = f'IF({total_at}=0,"",{cell_name(first + offset, at)}/{total_at})'
            cells.append(Cell(value / total if total else "", style, formula))
        sheet.line(Cell(name, "label"), *cells)
    sheet.row += 1


def _periods(sheet: _Sheet, analysis: Analysis) -> None:
    sheet.line(Cell("Mobility by period, latest first", "section"))
    sheet.header(
        "To", "From", "Customers", "Worsened", "Improved", "Stayed", "Sideways", "New", "Gone",
        "Worsened %", "Improved %", "Net downgrade", "Mobility", "Stability index", "p-value (books under 500)",
    )  # fmt: skip
    for before, after in reversed(list(pairwise(analysis.dates))):
        m = mobility(analysis.migration(before, after), analysis.risks)
        counts = (m.customers, m.worsened, m.improved, m.stayed, m.sideways, m.new, m.gone)
        shares = (_share(m.worsened, m.customers), _share(m.improved, m.customers), m.net_downgrade)
        sheet.line(
            Cell(after, "date"),
            Cell(before, "date"),
            *(Cell(count, "count") for count in counts),
            *(Cell(_known(share), "share") for share in shares),
            *(Cell(_known(value), "ratio") for value in (m.shorrocks, m.stability_index, m.p_value)),
        )
    sheet.row += 1


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


_FIGURES: dict[str, tuple[str, Style]] = {
    "open_balance": ("Open balance", "money"),
    "past_due": ("Past due", "money"),
    "dso": ("DSO", "days"),
    "dso_best": ("Best possible DSO", "days"),
    "average_days_delinquent": ("Average days delinquent", "days"),
    "dso_countback": ("DSO, countback", "days"),
    "collection_effectiveness": ("Collection effectiveness", "share"),
}


def _figures(sheet: _Sheet, analysis: Analysis) -> None:
    if not analysis.facts.has_invoices:
        return
    sheet.line(Cell("Book figures, latest first", "section"))
    sheet.header("As of", *(_FIGURES[name][0] for name in BOOK_FIGURES))
    for date, values in reversed(list(zip(analysis.dates, analysis.figures.to_numpy("float64").tolist(), strict=True))):
        sheet.line(Cell(date, "date"), *(Cell(_known(v), _FIGURES[name][1]) for name, v in zip(BOOK_FIGURES, values, strict=True)))
    sheet.row += 1


def _roll_rates(sheet: _Sheet, analysis: Analysis) -> None:
    if not analysis.facts.has_invoices:
        return
    sheet.line(Cell(f"Roll rates {analysis.previous.isoformat()} to {analysis.as_of.isoformat()}", "section"))
    sheet.header("Days past due", "Balance before", "Rolled to worse", "Cured")
    labels = ("Current", "1–30", "31–60", "61–90", "91+")
    for at, label in enumerate(labels):
        balance, worse, cured = analysis.roll_rates.to_numpy("float64")[at].tolist()
        sheet.line(Cell(label, "label"), Cell(balance, "money"), Cell(_known(worse), "share"), Cell(_known(cured), "share"))
    sheet.row += 1


def _seasons(sheet: _Sheet, analysis: Analysis) -> None:
    note = "" if analysis.season.adjusted else " (not adjusted: fewer than 24 complete months of orders)"
    sheet.line(Cell(f"Seasonal index of orders{note}", "section"))
    sheet.header(*_MONTHS)
    sheet.line(*(Cell(index, "ratio") for index in analysis.season.index))


def _data_tab(analysis: Analysis) -> Tab:
    rows = [
        (before, after, b, a, n, w)
        for i, before in enumerate(analysis.dates)
        for after in analysis.dates[i + 1 :]
        for b, a, n, w in _moves(analysis.migration(before, after))
    ]
    columns = (
        Column("From", date_array([r[0] for r in rows]), "date", 12),
        Column("To", date_array([r[1] for r in rows]), "date", 12),
        Column("Before", [r[2] for r in rows], "text", 24),
        Column("After", [r[3] for r in rows], "text", 24),
        Column("Customers", np.array([r[4] for r in rows], "float64"), "count", 12),
        Column("Open Balance", np.array([r[5] for r in rows], "float64"), "money", 15),
        Column("Direction", [_way(r[2], r[3], analysis) for r in rows], "text", 12),
    )
    cells = top(
        analysis, "Migration data", "The list behind the Migration tab: every pair of dates, segment before and after. Made anew by each refresh."
    )
    cells[6, 10] = Cell("Dates", "header")
    cells |= {(7 + i, 10): Cell(word, "date" if isinstance(word, dt.date) else "text") for i, word in enumerate(_words(analysis))}
    table = Table(TABLE, (HEADER_ROW, 1), columns, growth="replace")
    return Tab(DATA, cells, (table,), widths={10: 16.0}, footer=footer(analysis))


def _moves(matrix: Migration) -> list[tuple[str, str, int, float]]:
    rows, columns = list(matrix.counts.index), list(matrix.counts.columns)
    counts, weights = matrix.counts.to_numpy(), matrix.weights.to_numpy()
    used = zip(*np.nonzero(counts), strict=True)
    return [(rows[i], columns[j], int(counts[i, j]), round(float(weights[i, j]), 2)) for i, j in used]


def _way(before: str, after: str, analysis: Analysis) -> str:
    if after == GONE:
        return GONE
    return direction("" if before == NEW else before, after, analysis.risks)


def pick(cells: dict[str, Value]) -> Picked:
    """The pickers as they stand in B5 and B6 of a Migration tab that is there already."""
    found = [value.date() if isinstance(value, dt.datetime) else value for value in (cells.get("B5"), cells.get("B6"))]
    before, after = (value if isinstance(value, dt.date) or value in (LAST, AS_OF) else None for value in found)
    return Picked() if before is None or after is None else Picked(before, after)
