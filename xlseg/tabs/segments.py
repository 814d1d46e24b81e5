"""The Segments tab: one row a customer, his segment and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from xlseg.analysis import Analysis
from xlseg.migration import GONE
from xlseg.responses import LIKELY
from xlseg.tabs.top import HEADER_ROW, footer, orders_note, style_of, top
from xlseg.workbook import Array, Cell, Column, Highlight, Style, Tab, Table

NAME, TABLE = "Segments", "tblSegments"
KEY = ("Customer ID",)
READ_BACK = ("Name", "Segment", "Since", "Previous Segment", "Owner")
"""What the next refresh reads of each customer."""

HEADINGS = {
    "open_balance": "Open Balance",
    "past_due": "Past Due",
    "oldest_past_due": "Oldest Past Due",
    "payment_velocity": "Payment Velocity",
    "velocity_recent": "Recent Velocity",
    "late_share": "Late Share",
    "expected_days_late": "Expected Days Late",
    "payment_index": "Payment Index",
    "orders_per_month_sa": "Orders per Month",
    "frequency_change": "Frequency Change",
    "recency_ratio": "Recency Ratio",
    "revenue": "Revenue",
}
"""The metrics shown beside the segment; all others are on Metrics."""

IF_GONE = "Not in the ERP sheets any more: close or find out why"
"""What to do about customers who are gone; for all others the playbook says it."""


def segments_tab(analysis: Analysis, next_action: Callable[[str], str] = lambda _: "", likely: Collection[str] = ()) -> Tab:
    """The tab, customers by falling risk and exposure when it is made; afterwards each keeps his row.

    `next_action` says by segment what is done (the playbook's `said`); `likely` are the customers who are likely to respond to a reminder.
    """
    table = Table(
        TABLE,
        (HEADER_ROW, 1),
        _columns(analysis, next_action, likely),
        key=KEY,
        growth="keep",
        highlights=(
            Highlight("Risk", ">= 6", "bad"),
            Highlight("Risk", "<= 2", "good"),
            Highlight("Direction", "begins ▲", "bad"),
            Highlight("Direction", "begins ▼", "good"),
            Highlight("Status", "= provisional", "warn"),
            Highlight("Status", "= override", "note"),
            Highlight("Segment", f"= {GONE}", "note"),
        ),
    )
    cells = top(analysis, f"{analysis.settings.entity} segments", _subtitle(analysis))
    cells |= _totals(analysis, [column.heading for column in table.columns])
    return Tab(NAME, cells, (table,), freeze=(HEADER_ROW, 2), footer=footer(analysis))


def _subtitle(analysis: Analysis) -> str:
    return f"Behaviour up to the as-of date; moves since {analysis.previous.isoformat()}.{orders_note(analysis)}"


def _totals(analysis: Analysis, headings: Sequence[str]) -> dict[tuple[int, int], Cell]:
    rows = len(analysis.standing) + len(analysis.departed)
    cells = {(4, 1): Cell("Customers", "label"), (4, 2): Cell(rows, "count", f"ROWS({TABLE}[Customer ID])")}
    for metric in ("open_balance", "past_due"):
        values = analysis.standing[metric].to_numpy("float64")
        total = round(float(np.nansum(values)), 2)
        cells[4, headings.index(HEADINGS[metric]) + 1] = Cell(total, "money", f"ROUND(SUM({TABLE}[{HEADINGS[metric]}]),2)")
    return cells


def _columns(analysis: Analysis, next_action: Callable[[str], str], likely: Collection[str]) -> tuple[Column, ...]:
    gone = analysis.departed
    rows = analysis.standing.iloc[_order(analysis)]

    def texts(name: str, for_gone: Sequence[str] | str = "") -> list[Any]:
        last = [for_gone] * len(gone) if isinstance(for_gone, str) else list(for_gone)
        return [*rows[name].tolist(), *last]

    def numbers(name: str) -> Array:
        return np.concatenate([rows[name].to_numpy("float64"), np.full(len(gone), np.nan)])

    def text(heading: str, values: list[Any], width: float, style: Style = "text") -> Column:
        return Column(heading, values, style, width)

    segment = rows["segment"]
    by_segment = {name: next_action(name) for name in set(segment.tolist())}
    action = [*map(by_segment.__getitem__, segment.tolist()), *[IF_GONE] * len(gone)]
    tags = [*(LIKELY if customer in likely else "" for customer in rows["customer"].tolist()), *[""] * len(gone)]
    return (
        text("Customer ID", texts("customer", [d.customer for d in gone]), 14),
        text("Name", texts("name", [d.name for d in gone]), 28),
        text("Segment", texts("segment", GONE), 22),
        Column("Since", np.concatenate([rows["since"].to_numpy("datetime64[s]"), dates([d.since for d in gone])]), "date", 11),
        text("Previous Segment", texts("previous", [d.segment for d in gone]), 22),
        text("Direction", texts("direction", GONE), 11),
        Column("Risk", numbers("risk"), "score", 7),
        text("Status", texts("status"), 12),
        text("Today", texts("today"), 22),
        text("Also Matches", texts("also"), 24),
        text("Why", texts("why"), 60),
        *(Column(heading, numbers(metric), style_of(metric), 13) for metric, heading in HEADINGS.items()),
        text("Tags", tags, 18),
        text("Next Action", action, 34),
        Column("Owner", texts("sales_rep"), "input_text", 16, kept=True),
    )


def _order(analysis: Analysis) -> Array:
    """Positions in the standing by falling risk, then exposure."""
    rows = analysis.standing
    return np.lexsort((-np.nan_to_num(rows["past_due"]), -np.nan_to_num(rows["open_balance"]), -np.nan_to_num(rows["risk"])))


def first_of(analysis: Analysis) -> str:
    """The customer who stands first where the tab is new."""
    return str(analysis.standing["customer"].iloc[_order(analysis)[0]])


def dates(values: Sequence[dt.date | None]) -> Array:
    """A column of dates; None is an empty cell."""
    return np.array(values, "datetime64[s]")
