"""Exports in memory: sheets as lists of rows, read through the same port as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from xlseg.hosts.columns import columns_of
from xlseg.intake import read_ledger
from xlseg.settings import Settings
from xlseg.tables import Finding, Intake
from xlseg.workbook import Grid, Value

Rows = Sequence[Sequence[Value]]

HEADINGS = {
    "Customers": ["Customer ID", "Name", "Terms"],
    "Invoices": ["Invoice No", "Customer ID", "Date", "Due Date", "Amount"],
    "Payments": ["Payment No", "Customer ID", "Date", "Amount", "Applied To"],
    "SalesOrders": ["Order No", "Customer ID", "Date", "Amount"],
}


@dataclass(frozen=True)
class MemorySheet:
    name: str
    rows: Rows

    def head(self, rows: int = 60) -> Rows:
        return self.rows[:rows]

    def body(self, below: int) -> Grid:
        return Grid(below + 1, columns_of([self.rows[below:]], self.name))


@dataclass(frozen=True)
class MemoryBook:
    grids: Mapping[str, Rows]
    epoch_1904: bool = False
    name: str = "book"

    def sheets(self) -> Sequence[str]:
        return list(self.grids)

    def sheet(self, name: str) -> MemorySheet:
        return MemorySheet(name, self.grids[name])


def book(epoch_1904: bool = False, **sheets: Rows) -> MemoryBook:
    """Sheets with the headings of `HEADINGS` above the rows."""
    return MemoryBook({name: [HEADINGS[name], *rows] for name, rows in sheets.items()}, epoch_1904)


def sheet_of(*rows: Sequence[Value], name: str = "Invoices", **more: Rows) -> MemoryBook:
    """A book whose one sheet brings its own headings."""
    return MemoryBook({name: rows, **more})


def read(source: MemoryBook, settings: Settings | None = None) -> Intake:
    """The intake of a book, whose reconciliation is checked on the way."""
    intake = read_ledger(source, settings or Settings())
    assert all(tally.agrees for tally in intake.tallies), intake.tallies
    return intake


def found(intake: Intake, kind: str) -> list[Finding]:
    return [finding for finding in intake.findings if finding.kind == kind]


def kinds(intake: Intake) -> set[str]:
    return {finding.kind for finding in intake.findings}


def texts(dates: pd.Series) -> list[str]:
    return [f"{date:%Y-%m-%d}" if pd.notna(date) else "" for date in dates]
