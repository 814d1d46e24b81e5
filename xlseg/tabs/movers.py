"""The Movers tab: who moved since the last month-end, ranked, with a column for the analyst's acknowledgement."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xlseg.analysis import Analysis
from xlseg.migration import GONE
from xlseg.movers import Mover, counts
from xlseg.tabs.segments import IF_GONE, dates
from xlseg.tabs.top import HEADER_ROW, footer, top
from xlseg.workbook import Cell, Column, Highlight, Tab, Table

NAME, TABLE = "Movers", "tblMovers"
KEY = ("Customer ID", "From", "To")
TYPED = "Acknowledged"
HEADINGS = (
    "Rank", "Customer ID", "Name", "From", "To", "Direction", "Status", "Since", "Risk Change", "Open Balance", "Revenue", "Impact",
    "What Changed", "Why", "Next Action", TYPED,
)  # fmt: skip
"""All that the list may have; in a book without invoices it has Revenue in place of Open Balance."""


def movers_tab(analysis: Analysis, found: Sequence[Mover], next_action: Callable[[str], str] = lambda _: "") -> Tab:
    """The tab; the rows are made anew, and what is typed stays with its customer and move. `next_action` says by segment what is done."""
    rows = analysis.standing
    listed = [m.position for m in found if m.position >= 0]
    name = dict(zip(listed, rows["name"].iloc[listed].tolist(), strict=True))
    why = dict(zip(listed, rows["why"].iloc[listed].tolist(), strict=True))
    since = dict(zip(listed, rows["since"].iloc[listed].dt.date.tolist(), strict=True))
    gone = {d.customer: d for d in analysis.departed}
    columns = (
        Column("Rank", np.arange(1, len(found) + 1, dtype="float64"), "count", 7),
        Column("Customer ID", [m.customer for m in found], "text", 14),
        Column("Name", [name[m.position] if m.position >= 0 else gone[m.customer].name for m in found], "text", 28),
        Column("From", [m.before for m in found], "text", 22),
        Column("To", [m.after for m in found], "text", 22),
        Column("Direction", [m.direction for m in found], "text", 11),
        Column("Status", [m.status for m in found], "text", 12),
        Column("Since", dates([since[m.position] if m.position >= 0 else gone[m.customer].since for m in found]), "date", 11),
        Column("Risk Change", np.array([m.risk_change for m in found]), "score", 8),
        Column("Open Balance" if analysis.facts.has_invoices else "Revenue", np.array([m.exposure for m in found]), "money", 14),
        Column("Impact", np.array([m.impact for m in found]), "money", 14),
        Column("What Changed", [m.changed for m in found], "text", 60),
        Column("Why", [why.get(m.position, "") for m in found], "text", 60),
        Column("Next Action", [IF_GONE if m.after == GONE else next_action(m.after) for m in found], "text", 34),
        Column(TYPED, [None] * len(found), "input_text", 24, kept=True),
    )
    looks = (
        Highlight("Direction", "begins ▲", "bad"),
        Highlight("Direction", "begins ▼", "good"),
        Highlight("Status", "= provisional", "warn"),
        Highlight("Status", "= override", "note"),
    )
    worse, better, provisional = counts(list(found))
    exposure = "balance" if analysis.facts.has_invoices else "revenue"
    note = f"provisional moves are not yet in the Migration matrix. Impact = {exposure} × change of risk."
    text = f"Since {analysis.previous.isoformat()}: {worse} worse, {better} better, {provisional} of them provisional; {note}"
    cells = top(analysis, "Movers", text)
    cells[4, 1] = Cell("Status provisional: today's label differs, but has not yet held at two checkpoints four weeks apart.", "note")
    table = Table(TABLE, (HEADER_ROW, 1), columns, key=KEY, growth="replace", highlights=looks, logged=True)
    return Tab(NAME, cells, (table,), freeze=(HEADER_ROW, 3), footer=footer(analysis))
