"""Workbooks as formulas see them: a file read by its host, or plain rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from pathlib import Path

from xlseg.addin.desk import Desk
from xlseg.hosts.file import WorkbookFile
from xlseg.workbook import Source

TODAY = dt.date(2026, 10, 31)


class FileBook:
    """The calling workbook, as a file. `version` is raised by tests that change it."""

    epoch_1904 = False

    def __init__(self, path: Path) -> None:
        self.path, self.version, self.times_read = path, 0, 0

    def stamp(self) -> Hashable:
        return self.version

    def source(self) -> Source:
        self.times_read += 1
        return WorkbookFile(self.path)


def desk_of(path: Path) -> Desk:
    book = FileBook(path)
    return Desk(lambda: book, lambda: TODAY)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


INVOICES = [
    ["Invoice No", "Customer ID", "Date", "Due Date", "Amount", "Paid Date"],
    ["1", "A", day("2026-06-01"), day("2026-07-01"), 100.0, day("2026-06-29")],  # 2 days early
    ["2", "A", day("2026-07-01"), day("2026-07-31"), 300.0, day("2026-08-06")],  # 6 days late
    ["3", "A", day("2026-08-01"), day("2026-08-31"), 100.0, day("2026-09-11")],  # 11 days late
    ["4", "A", day("2026-09-01"), day("2026-10-01"), 500.0, None],  # 30 days late so far
    ["5", "B", day("2026-10-01"), day("2026-11-30"), 50.0, None],  # not yet due
    ["6", "C", day("2026-03-01"), day("2026-03-31"), 10.0, day("2026-03-31")],
    ["7", "C", day("2026-04-01"), day("2026-05-01"), 10.0, day("2026-05-02")],
]
"""Without a Payments sheet; seen on 2026-10-31."""
