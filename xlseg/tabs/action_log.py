"""The Action Log tab: what was done, suppressed, or has lapsed with something typed in it. Append only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xlseg.actions import Entry
from xlseg.tabs.segments import dates
from xlseg.tabs.top import HEADER_ROW
from xlseg.workbook import Cell, Column, Tab, Table

NAME, TABLE = "Action Log", "tblActionLog"


def action_log_tab(entries: Sequence[Entry]) -> Tab:
    """The tab with the rows to append."""
    rows = [entry.row for entry in entries]
    columns = (
        Column("Logged", dates([entry.day for entry in entries]), "date", 11),
        Column("Customer ID", [row.customer for row in rows], "text", 14),
        Column("Name", [row.name for row in rows], "text", 28),
        Column("Kind", [row.kind for row in rows], "text", 9),
        Column("Action", [row.action for row in rows], "text", 34),
        Column("Channel", [row.channel for row in rows], "text", 9),
        Column("Outcome", [entry.outcome for entry in entries], "text", 40),
        Column("Follow Up", [row.follow_up for row in rows], "date", 11),
        Column("Note", [row.note for row in rows], "text", 40),
        Column("Other", [entry.other for entry in entries], "text", 40),
        Column("Balance Concerned", np.array([row.balance for row in rows], "float64"), "money", 14),
    )
    cells = {
        (1, 1): Cell("Action log", "title"),
        (2, 1): Cell(
            "Rows of Actions that were done or suppressed, and rows of Actions and Movers that went with something typed in them.", "subtitle"
        ),
        (3, 1): Cell("Never rewritten. Done is a touch and covers what was due until its day. To take one back, delete its row.", "note"),
    }
    return Tab(NAME, cells, (Table(TABLE, (HEADER_ROW, 1), columns, growth="append"),), freeze=(HEADER_ROW, 0), record=True)
