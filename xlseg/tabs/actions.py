"""The Actions tab: the worklist of the day, with the columns the user types into."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from xlseg.actions import Action, Work
from xlseg.actions.typed import OPEN, STATUSES
from xlseg.analysis import Analysis
from xlseg.playbook import COLLECT
from xlseg.tabs.segments import dates
from xlseg.tabs.top import HEADER_ROW, footer, top
from xlseg.workbook import Array, Cell, Column, Highlight, Style, Tab, Table

NAME, TABLE = "Actions", "tblActions"
KEY = ("Customer ID", "Kind")


def actions_tab(analysis: Analysis, work: Work) -> Tab:
    """The tab: rows are made anew in their order; what is typed stays with its customer and kind of action."""
    looks = (
        Highlight("Status", "= Doing", "warn"),
        Highlight("Status", "= Promised", "note"),
        Highlight("Oldest Days", ">= 31", "bad"),
    )
    cells = top(
        analysis,
        "Actions",
        "From the top, the most expected cash a touch first; without a rank: held back. Done or Suppressed rows move to Action Log.",
    )
    cells[4, 1] = Cell(_counts(work, analysis.settings.capacity), "note")
    table = Table(TABLE, (HEADER_ROW, 1), _columns(work.rows), key=KEY, growth="replace", highlights=looks, logged=True)
    return Tab(NAME, cells, (table,), freeze=(HEADER_ROW, 3), footer=footer(analysis))


def _counts(work: Work, capacity: int) -> str:
    """How many there are of each kind, how many more beyond the capacity, how many held back; or that there is nothing to do."""
    kinds = [kind for kind in work.beyond if any(row.kind == kind and not row.held for row in work.rows)]
    said = [f"{kind} {sum(row.kind == kind and not row.held for row in work.rows)}{_more(work.beyond[kind])}" for kind in kinds]
    held = sum(bool(row.held) for row in work.rows)
    said += [f"held back {held}"] if held else []
    if not said:
        return "Nothing to do: no step of the playbook is due."
    rates = " No reminder could be judged yet: ranked by balance." if COLLECT in kinds and not work.responses.book else ""
    return f"{' · '.join(said)}. Capacity {capacity} of each kind (Config).{rates}"


def _more(count: int) -> str:
    return f" and {count:,} more" if count else ""


def _columns(rows: Sequence[Action]) -> tuple[Column, ...]:
    def text(heading: str, name: str, width: float, style: Style = "text") -> Column:
        return Column(heading, [getattr(row, name) for row in rows], style, width)

    def number(heading: str, values: Sequence[float], style: Style, width: float) -> Column:
        return Column(heading, _numbers(values), style, width)

    def kept(heading: str, value: str | None, style: Style, width: float, choices: str = "") -> Column:
        return Column(heading, [value] * len(rows), style, width, kept=True, choices=choices)

    return (
        number("Rank", [math.nan if row.held else at for at, row in enumerate(rows, start=1)], "score", 6),
        text("Customer ID", "customer", 13),
        text("Name", "name", 24),
        text("Segment", "segment", 19),
        text("Kind", "kind", 8),
        text("Action", "action", 34),
        Column("When", dates([row.when for row in rows]), "date", 11),
        text("Channel", "channel", 9),
        text("Tone", "tone", 9),
        text("Owner", "owner", 15),
        number("Balance Concerned", [row.balance for row in rows], "money", 11),
        number("Invoices", [row.invoices or math.nan for row in rows], "score", 8),
        number("Oldest Days", [row.oldest for row in rows], "score", 8),
        number("Response Rate", [row.rate for row in rows], "share", 9),
        number("Expected Cash Sooner", [row.expected for row in rows], "money", 11),
        text("Held Back", "held", 22, "note"),
        Column("Why", [row.why for row in rows], "text", 46),
        kept("Status", OPEN, "input_text", 11, ", ".join(STATUSES)),
        kept("Follow Up", None, "input_date", 11),
        kept("Note", None, "input_text", 34),
    )


def _numbers(values: Sequence[float]) -> Array:
    return np.array(values, "float64")


def headings() -> tuple[str, ...]:
    """The headings of our columns."""
    return tuple(column.heading for column in _columns(()))
