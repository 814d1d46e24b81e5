"""The Rule Sets tab: every rule set the book was refreshed with, and who has approved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from xlseg.approval import APPROVED, DRAFT, SHEET, Approval, Signed
from xlseg.tabs.segments import dates
from xlseg.tabs.top import HEADER_ROW, footer_of, state_of
from xlseg.workbook import Cell, Column, Highlight, Tab, Table

NAME, TABLE = SHEET, "tblRuleSets"


def rule_sets_tab(approval: Approval, signed: Sequence[Signed], approvals: Mapping[str, Approval]) -> Tab:
    """The tab; what is typed under Approved By, Approved On and Note stays with its rule set."""
    count = len(signed)
    columns = (
        Column("No", np.array([row.number for row in signed], "float64"), "count", 6),
        Column("Rule Set", [row.hash for row in signed], "text", 12),
        Column("First Used", dates([row.first_used for row in signed]), "date", 12),
        Column("Rules", np.array([row.rules for row in signed], "float64"), "count", 8),
        Column("State", [approvals[row.hash].state for row in signed], "text", 11),
        Column("Approved By", [None] * count, "input_text", 22, kept=True),
        Column("Approved On", [None] * count, "input_date", 13, kept=True),
        Column("Note", [None] * count, "input_text", 50, kept=True),
    )
    looks = (Highlight("State", f"= {DRAFT}", "warn"), Highlight("State", f"= {APPROVED}", "good"))
    cells = {
        (1, 1): Cell("Rule sets", "title"),
        (2, 1): Cell("Every rule set this book was refreshed with. What is made with one that is not approved is marked DRAFT.", "subtitle"),
        (3, 1): state_of(approval),
        (4, 1): Cell("To approve: type who and when in the yellow cells of its row, and refresh. Clear a cell to withdraw it.", "note"),
    }
    table = Table(TABLE, (HEADER_ROW, 1), columns, key=("Rule Set",), growth="keep", highlights=looks)
    return Tab(NAME, cells, (table,), freeze=(HEADER_ROW, 0), footer=footer_of(approval), record=True)
