"""The Change Log tab: what changed in rules, settings, playbook, overrides and approvals, and when that was first published. Append only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from xlseg.approval import Approval
from xlseg.changelog import Entry
from xlseg.tabs.top import HEADER_ROW, footer_of, state_of
from xlseg.workbook import Cell, Column, Tab, Table

NAME, TABLE = "Change Log", "tblChangeLog"


def change_log_tab(approval: Approval, entries: Sequence[Entry], last: int, on: dt.date) -> Tab:
    """The tab with the lines to append, numbered after the last one that is there; `on` is the day of this refresh."""
    count = len(entries)
    columns = (
        Column("No", np.arange(last + 1, last + 1 + count, dtype="float64"), "count", 6),
        Column("Published", np.full(count, np.datetime64(on, "s")), "date", 12),
        Column("Sheet", [entry.sheet for entry in entries], "text", 12),
        Column("Item", [entry.item for entry in entries], "text", 44),
        Column("Before", [entry.before or None for entry in entries], "wrap", 50),
        Column("After", [entry.after or None for entry in entries], "wrap", 50),
        Column("Rule Set", [approval.hash] * count, "text", 11),
    )
    cells = {
        (1, 1): Cell("Change log", "title"),
        (2, 1): Cell(
            "What changed in Rules, Config, Playbook, Overrides and approvals, and the day it was first published. Never rewritten.", "subtitle"
        ),
        (3, 1): state_of(approval),
        (4, 1): Cell("The first lines say how things stood at the beginning. An empty Before: new. An empty After: taken away.", "note"),
    }
    table = Table(TABLE, (HEADER_ROW, 1), columns, growth="append")
    return Tab(NAME, cells, (table,), freeze=(HEADER_ROW, 0), footer=footer_of(approval), record=True)
