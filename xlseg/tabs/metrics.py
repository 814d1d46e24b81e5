"""The Metrics tab: every metric of docs/metrics.md by its name, one row a customer."""

from __future__ import annotations

import numpy as np

from xlseg.analysis import Analysis
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.tabs.top import HEADER_ROW, footer, orders_note, style_of, top
from xlseg.workbook import Array, Cell, Column, Tab, Table

NAME, TABLE = "Metrics", "tblMetrics"


def metrics_tab(analysis: Analysis) -> Tab:
    """The tab, customers in the order of the Customers sheet. Those who left have empty cells: an old number would look like a new one."""
    rows, gone = analysis.standing, analysis.departed

    def values(name: str) -> Array | list[object]:
        if CATALOGUE[name].unit == "letter":
            return [*rows[name].tolist(), *[None] * len(gone)]
        return np.concatenate([rows[name].to_numpy("float64"), np.full(len(gone), np.nan)])

    columns = (
        Column("customer_id", [*rows["customer"].tolist(), *(d.customer for d in gone)], "text", 14),
        Column("name", [*rows["name"].tolist(), *(d.name for d in gone)], "text", 28),
        *(Column(name, values(name), style_of(name), max(11.0, len(name) + 3.0)) for name in CATALOGUE),  # type: ignore[arg-type]
    )
    cells = top(analysis, "Metrics", f"Each defined in docs/metrics.md. An empty cell is unknown, not 0.{_season(analysis)}{orders_note(analysis)}")
    cells |= {(5, at): Cell(CATALOGUE[column.heading].meaning, "wrap") for at, column in enumerate(columns, start=1) if column.heading in CATALOGUE}
    table = Table(TABLE, (HEADER_ROW, 1), columns, key=("customer_id",), growth="keep")
    return Tab(NAME, cells, (table,), freeze=(HEADER_ROW, 2), footer=footer(analysis))


def _season(analysis: Analysis) -> str:
    return "" if analysis.season.adjusted else " Order rates are not adjusted for season: fewer than 24 complete months."
