"""Contacted against not contacted, as a block of cells that a tab can place."""

from __future__ import annotations

import math

from xlseg.contacted import Contacted, Group
from xlseg.segments.rules import cell_name
from xlseg.workbook import Cell, Value

ROWS, COLUMNS = 6, 4
"""Size of the block."""


def contacted_cells(found: Contacted, at: tuple[int, int]) -> dict[tuple[int, int], Cell]:
    """The two groups, the difference with its interval, and what can be said about it, from the cell `at` on."""
    top, left = at
    lines: list[tuple[Cell, ...]] = [
        (Cell("Past due, and contacted or not: who paid within 7 days", "section"),),
        tuple(Cell(word, "header") for word in ("Customers past due", "Customer-weeks", "Paid", "Share Paid")),
        _group("Contacted", found.contacted, top + 2, left),
        _group("Not contacted", found.others, top + 3, left),
        _difference(found, top, left),
        (Cell(said(found), "note"),),
    ]
    return {(top + row, left + column): cell for row, line in enumerate(lines) for column, cell in enumerate(line)}


def said(found: Contacted) -> str:
    """What the comparison says, in one sentence."""
    if found.cannot_say:
        return f"Cannot say: {found.cannot_say}."
    way = "more" if found.difference >= 0 else "less"
    many = f"The share that paid is {100 * abs(found.difference):.0f} points {way} among those contacted; 95% interval {_points(found)} points."
    if found.low <= 0 <= found.high:
        return f"Cannot say: {many[0].lower()}{many[1:].removesuffix('.')}, which includes no difference."
    return f"{many} They were not chosen by lot: this is no proof that the contact caused it."


def _points(found: Contacted) -> str:
    return f"{100 * found.low:+.0f} to {100 * found.high:+.0f}"


def _group(name: str, group: Group, row: int, left: int) -> tuple[Cell, ...]:
    share: Value = group.share if group.weeks else None
    paid, weeks = (cell_name(row, left + offset) for offset in (2, 1))
    formula = f'IF({weeks}=0,"",{paid}/{weeks})' if group.weeks else None
    return (Cell(name, "label"), Cell(group.weeks, "count"), Cell(group.paid, "count"), Cell(share, "share", formula))


def _difference(found: Contacted, top: int, left: int) -> tuple[Cell, ...]:
    known = not math.isnan(found.difference)
    formula = f"{cell_name(top + 2, left + 3)}-{cell_name(top + 3, left + 3)}" if known else None
    return (Cell("Difference", "label"), Cell(None, "count"), Cell(None, "count"), Cell(found.difference if known else None, "share", formula))
