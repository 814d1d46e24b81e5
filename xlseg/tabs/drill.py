"""The Drill tab: one customer on a page, down to the invoices behind a number; and the list of all of them behind every number."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd

from xlseg.analysis import Analysis
from xlseg.behind.account import DOCUMENT, Account, folded
from xlseg.calendar import is_month_end
from xlseg.drill import MOST_MONTHS, Asked, Drilled, drilled
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.segments.rules import cell_name
from xlseg.tabs.segments import first_of
from xlseg.tabs.top import HEADER_ROW, footer, orders_note, style_of, top
from xlseg.workbook import Cell, CellError, Chart, Column, Series, Style, Tab, Table, Value

NAME, DATA, TABLE = "Drill", "Drill Data", "tblDrill"
PICKED = ((5, 2), (6, 2))
"""The yellow cells: customer, metric."""

_REMARK_ROW, _WHO, _MONTHS, _ACCOUNT, _METRICS, _CHARTS = 7, 9, 20, 36, 9, 32
_LINES = 22
"""Lines of the account on the page, headings aside."""

_RIGHT, _LAST_COLUMN, _LAST_ROW = 11, 15, 61
"""Column in which the right half of the page begins, and where the page ends."""

_BESIDE, _LISTS = 17, 20
"""Column right of the page from which stands what formulas and charts look at, and row below which the lists of the charts do."""

_ROW_HEIGHT = 15.0

_WHY_LINES, _WHY_LETTERS = 3, 105

_MOST_DOCUMENTS = 5_000
"""Documents of a metric that are listed one by one on Drill Data."""

Cells = dict[tuple[int, int], Cell]


def drill_tabs(analysis: Analysis, asked: Asked) -> tuple[Tab, Tab]:
    """The page of the customer asked for, and the list behind it."""
    found = drilled(analysis, asked, first_of(analysis))
    return _page(analysis, found), _data_tab(analysis, found)


def asked_in(rows: Sequence[Sequence[Value]], sheet: str, owner: dict[str, str]) -> Asked:
    """What stands in the yellow cells of a Drill tab that is there already, given its first rows."""
    typed = [rows[row - 1][column - 1] if len(rows) >= row and len(rows[row - 1]) >= column else None for row, column in PICKED]
    places = (f"{sheet}!{cell_name(*PICKED[0])}", f"{sheet}!{cell_name(*PICKED[1])}")
    return Asked(typed[0], typed[1], places, owner)


def _page(analysis: Analysis, found: Drilled) -> Tab:
    subtitle = f"Type a customer id, and a metric if you like, into the yellow cells; the next refresh shows them.{orders_note(analysis)}"
    cells = top(analysis, f"Drill: one {analysis.settings.entity.lower()}", subtitle)
    cells |= _pickers(found) | _who(analysis, found) | _months(analysis, found) | _metrics(found) | _account(found) | _beside(found)
    return Tab(
        NAME,
        cells,
        widths=_WIDTHS,
        choices={PICKED[1]: f"='{DATA}'!$M${HEADER_ROW + 1}:$M${HEADER_ROW + len(CATALOGUE)}"},
        owns_columns=_BESIDE + 2,
        freeze=(3, 0),
        footer=footer(analysis),
        charts=_charts(),
        one_page=True,
        print_area=(1, 1, _LAST_ROW, _LAST_COLUMN),
        heights={row: _ROW_HEIGHT for row in range(2, _LAST_ROW + 1)},
        gridlines=False,
    )


_WIDTHS = {
    1: 19.0, 2: 21.0, 3: 11.0, 4: 13.0, 5: 13.0, 6: 10.0, 7: 13.0, 8: 11.0, 9: 15.0, 10: 2.0, 11: 25.0, 12: 11.0, 13: 2.0, 14: 24.0, 15: 11.0,
    16: 4.0, 17: 22.0, 18: 22.0, 19: 22.0,
}  # fmt: skip


# ── who, and what was asked ──────────────────────────────────────────────────


def _pickers(found: Drilled) -> Cells:
    """The yellow cells, each with what is shown beside it, and right of the page what the refresh has read in it."""
    cells: Cells = {}
    typed: tuple[Value, Value] = (found.asked.customer, found.asked.metric)
    for label, (row, column), value, what in zip(("Customer", "Metric"), PICKED, typed, (found.customer or "nobody", found.metric), strict=True):
        pick, read, shown = (cell_name(row, at) for at in (column, _BESIDE + 1, _BESIDE + 2))
        otherwise = f'"shown: "&{shown}&"; refresh to see '
        formula = f'IFERROR(IF(EXACT({pick}&"",{read}&""),"shown: "&{shown},{otherwise}"&{pick}),{otherwise}what is typed")'
        said = f"shown: {what}" + ("; refresh to see what is typed" if isinstance(value, CellError) else "")
        cells |= {(row, 1): Cell(label, "label"), (row, column): Cell(value, "input_date" if isinstance(value, dt.date) else "input_text")}
        cells |= {(row, 3): Cell(said, "text", formula), (row, _BESIDE): Cell("Read, and shown", "note")}
        cells |= {(row, _BESIDE + 1): Cell(value, "note"), (row, _BESIDE + 2): Cell(what, "note")}
    if found.remarks:
        cells[_REMARK_ROW, 1] = Cell(" ".join(found.remarks), "warn")
    return cells


def _who(analysis: Analysis, found: Drilled) -> Cells:
    """Three columns of labels and values, and why he is in his segment."""
    cells = _section(_WHO, analysis.settings.entity, 9)
    told = _told(analysis, found) if found.standing is not None else {}
    for column, names in ((1, _NAMES[:5]), (4, _NAMES[5:10]), (7, _NAMES[10:])):
        for row, (name, style) in enumerate(names, start=_WHO + 1):
            cells |= {(row, column): Cell(name, "label"), (row, column + 1): Cell(told.get(name), style)}
    row = _WHO + 6
    cells[row, 1] = Cell("Why", "label")
    lines = wrap(str(told.get("Why", "")), _WHY_LETTERS, max_lines=_WHY_LINES, placeholder=" …")
    cells |= {(row + at, 2): Cell(line) for at, line in enumerate(lines)}
    cells[row + len(lines), 2] = Cell(told.get("Also"), "note")
    return cells


_NAMES: tuple[tuple[str, Style], ...] = (
    ("Customer ID", "text"), ("Name", "text"), ("Owner", "text"), ("Country", "text"), ("Category", "text"),
    ("Segment", "text"), ("Since", "date"), ("Risk", "score"), ("Status", "text"), ("Before", "text"),
    ("Terms", "text"), ("Credit limit", "money"), ("Open balance", "money"), ("Past due", "money"), ("Flags", "text"),
)  # fmt: skip


def _told(analysis: Analysis, found: Drilled) -> dict[str, Value]:
    """What is known of him beside his metrics."""
    row = found.standing
    assert row is not None  # nosec: the caller has looked
    master = analysis.ledger.customers
    own = master[(master["customer"].astype(object) == found.customer).to_numpy()]
    sheet: dict[str, Any] = {str(name): value for name, value in own.iloc[0].items()} if len(own) else {}
    flags = [words for name, words in (("on_hold", "on hold"), ("do_not_contact", "do not contact")) if sheet.get(name)]
    today = "" if row["today"] == row["segment"] else f"Today by the rules: {row['today']}. "
    return {
        "Customer ID": found.customer,
        "Name": row["name"],
        "Owner": (found.asked.owner or {}).get(str(found.customer), row["sales_rep"]),
        **{name: sheet.get(name.casefold()) for name in ("Country", "Category", "Terms")},
        "Segment": row["segment"],
        "Since": row["since"].date(),
        "Risk": _known(row["risk"]),
        "Status": row["status"],
        "Before": f"{row['previous']} ({row['direction']})" if row["previous"] else row["direction"],
        "Credit limit": _known(sheet.get("credit_limit")),
        "Open balance": _known(row["open_balance"]),
        "Past due": _known(row["past_due"]),
        "Flags": ", ".join(flags),
        "Why": row["why"],
        "Also": f"{today}{'Also matches: ' + row['also'] if row['also'] else ''}",
    }


def _section(row: int, title: str, columns: int, first: int = 1) -> Cells:
    """A title with its line over some columns."""
    return {(row, column): Cell(title if column == first else None, "section") for column in range(first, first + columns)}


def _known(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


# ── his months ───────────────────────────────────────────────────────────────

_COURSE: tuple[tuple[str, str, Style], ...] = (
    ("Open Balance", "open_balance", "money"),
    ("Past Due", "past_due", "money"),
    ("Velocity", "payment_velocity", "days"),
    ("Events", "n_paid", "count"),
    ("Late Share", "late_share", "share"),
    ("Orders / Month", "orders_per_month_sa", "ratio"),
)
_MONTH_NAMES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _months(analysis: Analysis, found: Drilled) -> Cells:
    cells = _section(_MONTHS, "By month", 9)
    cells |= {(_MONTHS + 1, at): Cell(text, "header") for at, text in enumerate(("As Of", "Segment", "Risk", *(c[0] for c in _COURSE)), start=1)}
    for row, values in enumerate(found.course.to_dict("records"), start=_MONTHS + 2):
        segment = values["segment"] if isinstance(values["segment"], str) else None
        cells |= {(row, 1): Cell(values["as_of"], "date"), (row, 2): Cell(segment), (row, 3): Cell(analysis.risks.get(segment or ""), "score")}
        cells |= {(row, at): Cell(_known(values[name]), style) for at, (_, name, style) in enumerate(_COURSE, start=4)}
    return cells


def _beside(found: Drilled) -> Cells:
    """What the charts show and the page does not: the names of the months, and what was open and not past due."""
    cells = {(_LISTS, _BESIDE): Cell("Month", "header"), (_LISTS, _BESIDE + 1): Cell("Not past due", "header")}
    for row, values in enumerate(found.course.to_dict("records"), start=_LISTS + 1):
        balance, past = _known(values["open_balance"]), _known(values["past_due"])
        current = None if balance is None or past is None else round(balance - past, 2)
        cells |= {(row, _BESIDE): Cell(_month(values["as_of"])), (row, _BESIDE + 1): Cell(current, "money")}
    return cells


def _month(date: dt.date) -> str:
    name = _MONTH_NAMES[date.month - 1]
    return f"{name} {date.year % 100:02}" if is_month_end(date) else f"{date.day} {name}"


def _charts() -> tuple[Chart, ...]:
    """His open balance, the risk of his segment, and how late he paid."""
    names = (_LISTS + 1, _BESIDE, _LISTS + MOST_MONTHS, _BESIDE)

    def month(column: int, colour: int) -> Series:
        return Series((_MONTHS + 1, column), names, (_MONTHS + 2, column, _MONTHS + 1 + MOST_MONTHS, column), colour)

    current = Series((_LISTS, _BESIDE + 1), names, (_LISTS + 1, _BESIDE + 1, _LISTS + MOST_MONTHS, _BESIDE + 1), 5)
    size = (530, 200)
    return (
        Chart("stacked column", "Open balance", (_CHARTS, _RIGHT), size, (month(5, 9), current), "money"),
        Chart("line", "Risk of his segment (1 best, 9 worst)", (_CHARTS + 10, _RIGHT), size, (month(3, 2),), "count"),
        Chart("line", "Payment velocity: mean days late", (_CHARTS + 20, _RIGHT), size, (month(6, 0),), "days"),
    )


# ── his metrics ──────────────────────────────────────────────────────────────


def _metrics(found: Drilled) -> Cells:
    cells = _section(_METRICS, "Every metric at the as-of date (empty: unknown)", 5, _RIGHT)
    half = (len(CATALOGUE) + 1) // 2
    values = {account.metric: account.value for account in found.accounts}
    for at, name in enumerate(CATALOGUE):
        row, column = _METRICS + 1 + at % half, _RIGHT + 3 * (at // half)
        look: Style = "warn" if name == found.metric else "text"
        style: Style = style_of(name)
        cells |= {(row, column): Cell(name, look), (row, column + 1): Cell(values.get(name), "count" if style == "score" else style)}
    return cells


# ── what stands behind one of them ───────────────────────────────────────────

_HEADINGS = ("Document", "Issued", "Due", "Settled", "Amount", "Days", "Contribution", "Note")


def _account(found: Drilled) -> Cells:
    picked = next((account for account in found.accounts if account.metric == found.metric), None)
    cells = _section(_ACCOUNT, f"Behind {found.metric}", 9)
    if picked is None:
        return cells
    cells[_ACCOUNT + 1, 1] = Cell(picked.how, "note")
    cells |= {(_ACCOUNT + 2, at): Cell(text, "header") for at, text in enumerate((*_HEADINGS, ""), start=1)}
    inputs = int((picked.rows["kind"] != DOCUMENT).sum())
    rows = folded(picked, max(_LINES - 1 - len(picked.steps) - inputs, 1))
    row = first = _ACCOUNT + 3
    style = _finer(found.metric)
    for told in rows.to_dict("records"):
        cells |= {(row, at): cell for at, cell in enumerate(_line(told, style), start=1)}
        row += 1
    for step in picked.steps:
        look: Style = "count" if float(step.value).is_integer() else "ratio"
        cells |= {(row, 1): Cell(step.name), (row, 7): Cell(step.value, look), (row, 8): Cell(step.how, "note")}
        row += 1
    total = f"SUM({cell_name(first, 7)}:{cell_name(first + len(rows) - 1, 7)})" if picked.together == "sum" and picked.value is not None else None
    return cells | {(row, 1): Cell(found.metric, "label"), (row, 7): Cell(picked.value, style_of(found.metric), total)}


def _line(told: dict[Any, Any], style: Style) -> list[Cell]:
    days = told["days"]
    return [
        Cell(told["document"]),
        *(Cell(None if pd.isna(told[name]) else told[name].date(), "date") for name in ("issued", "due", "settled")),
        Cell(_known(told["amount"]), "money"),
        Cell(None if days != days else int(days), "count"),
        Cell(_known(told["contribution"]), style),
        Cell(told["note"], "note"),
    ]


def _finer(metric: str) -> Style:
    """The look of contributions: one that is a part of some days shows more digits than the days."""
    style = style_of(metric)
    return "ratio" if style in ("days", "score", "text", "count") else style


# ── all of them ──────────────────────────────────────────────────────────────


def _data_tab(analysis: Analysis, found: Drilled) -> Tab:
    rows = [row for account in found.accounts for row in _listed(account)]
    told = list(zip(*rows, strict=True)) if rows else [()] * 10
    columns = (
        Column("Metric", told[0], "text", 26),
        Column("Part", told[1], "text", 11),
        Column("Document", told[2], "text", 26),
        *(Column(name, np.array(told[at], "datetime64[s]"), "date", 11) for at, name in ((3, "Issued"), (4, "Due"), (5, "Settled"))),
        Column("Amount", np.array(told[6], "float64"), "money", 13),
        Column("Days", np.array(told[7], "float64"), "count", 8),
        Column("Contribution", told[8], "ratio", 14),
        Column("Note", told[9], "text", 70),
    )
    who = found.customer or "nobody"
    cells = top(analysis, "Drill data", f"What stands behind every metric of {who}: the list behind the Drill tab. Made anew by each refresh.")
    cells[4, 1] = Cell("Part document, others and input contribute; step is on the way; number is the metric.", "note")
    cells[HEADER_ROW, 13] = Cell("Metrics", "header")
    cells |= {(HEADER_ROW + 1 + at, 13): Cell(name) for at, name in enumerate(CATALOGUE)}
    table = Table(TABLE, (HEADER_ROW, 1), columns, growth="replace")
    return Tab(DATA, cells, (table,), widths={13: 26.0}, freeze=(HEADER_ROW, 1), footer=footer(analysis))


_Row = tuple[str, str, str, Any, Any, Any, float, float, Value, str]
_NEVER = np.datetime64("NaT", "s")


def _listed(account: Account) -> list[_Row]:
    """The rows of an account: what contributes, the steps, and last the number."""
    rows = folded(account, _MOST_DOCUMENTS)
    columns: list[Any] = [rows[name].tolist() for name in ("kind", "document")]
    columns += [list(rows[name].to_numpy("datetime64[s]")) for name in ("issued", "due", "settled")]
    columns += [rows[name].tolist() for name in ("amount", "days")]
    contribution = [None if value != value else value for value in rows["contribution"].tolist()]
    found: list[_Row] = [(account.metric, *row) for row in zip(*columns, contribution, rows["note"].tolist(), strict=True)]
    empty = (_NEVER, _NEVER, _NEVER, math.nan, math.nan)
    found += [(account.metric, "step", step.name, *empty, step.value, step.how) for step in account.steps]
    return [*found, (account.metric, "number", "", *empty, account.value, account.how)]
