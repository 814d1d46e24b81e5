"""The Run Log tab: one row a run. The only tab that differs between two refreshes of the same inputs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields

import numpy as np

from xlseg.tabs.segments import dates
from xlseg.tabs.top import HEADER_ROW
from xlseg.workbook import Cell, Column, Style, Tab, Table

NAME, TABLE = "Run Log", "tblRunLog"


@dataclass(frozen=True)
class Run:
    """One run, in the order of the tab's columns."""

    run: int
    refreshed: dt.datetime
    as_of: dt.date
    version: str
    input_hash: str
    rules_hash: str
    customers: int
    rows_read: int
    rows_used: int
    rows_excluded: int
    worse: int
    better: int
    provisional: int
    checks_passed: int
    checks: int
    seconds: float
    rules_state: str
    rules_number: int


_STYLES: dict[str, Style] = {
    "refreshed": "text",
    "as_of": "date",
    "version": "text",
    "input_hash": "text",
    "rules_hash": "text",
    "rules_state": "text",
    "seconds": "days",
}
_HEADINGS = {
    "as_of": "As Of",
    "version": "xlseg",
    "input_hash": "Input",
    "rules_hash": "Rules",
    "rules_state": "Rule Set State",
    "rules_number": "Rule Set No",
}


def run_log_tab(run: Run) -> Tab:
    """The tab with the row to append."""
    columns = tuple(_column(field.name, getattr(run, field.name)) for field in fields(run))
    cells = {
        (1, 1): Cell("Run log", "title"),
        (2, 1): Cell("One row a refresh. The same input and rules hash mean the same inputs; what is made with a DRAFT is not approved.", "subtitle"),
    }
    return Tab(NAME, cells, (Table(TABLE, (HEADER_ROW, 1), columns, growth="append"),), freeze=(HEADER_ROW, 0), record=True)


def _column(name: str, value: object) -> Column:
    heading = _HEADINGS.get(name, name.replace("_", " ").title())
    style = _STYLES.get(name, "count")
    if isinstance(value, dt.datetime):
        return Column(heading, [value.strftime("%Y-%m-%d %H:%M")], "text", 17)
    if isinstance(value, dt.date):
        return Column(heading, dates([value]), "date", 11)
    if isinstance(value, str):
        return Column(heading, [value], style, 11)
    return Column(heading, np.array([value], "float64"), style, 11)
