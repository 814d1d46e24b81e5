"""The Data Quality tab: a traffic light, the controls, the reconciliation of every sheet, and every finding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xlseg.analysis import Analysis
from xlseg.controls import Control
from xlseg.tables import Finding, Tally
from xlseg.tabs.top import footer, top
from xlseg.workbook import Cell, Column, Highlight, Style, Tab, Table

NAME, TABLE = "Data Quality", "tblFindings"
KEY = ("Kind", "Sheet", "Row", "Column")
"""What makes two findings of two refreshes the same."""
_CONTROLS_AT, _SHEETS_AT, _FINDINGS_AT = 7, 18, 29
_ROLES = ("customers", "invoices", "payments", "orders", "reminders")
"""Each has its line, whether there is such a sheet or not: the block is always as large, so that what the user types below it stays."""
_ORDER = {"error": 0, "warning": 1, "info": 2}


def data_quality_tab(analysis: Analysis, controls: Sequence[Control], tallies: Sequence[Tally], findings: Sequence[Finding]) -> Tab:
    """The tab; findings by falling severity, then by place."""
    listed = sorted(findings, key=lambda f: (_ORDER[f.severity], f.sheet, f.kind, f.row))
    cells = top(analysis, "Data quality", "What was read, what was left out, and whether the totals agree.")
    cells[4, 1], cells[4, 2] = Cell("State", "label"), light(controls, findings)
    cells |= _controls(controls) | _sheets(tallies)
    cells[_FINDINGS_AT - 1, 1] = Cell(f"Findings: {sum(f.count for f in listed):,} in {len(listed):,} lines", "section")
    columns = (
        Column("Kind", [f.kind for f in listed], "text", 44),
        Column("Severity", [f.severity for f in listed], "text", 30),
        Column("Sheet", [f.sheet for f in listed], "text", 16),
        Column("Row", np.array([f.row or np.nan for f in listed], "float64"), "score", 12),
        Column("Column", [f.column for f in listed], "text", 18),
        Column("Found", [str(f.found) if f.found is not None else "" for f in listed], "text", 22),
        Column("Wanted", [f.wanted for f in listed], "text", 32),
        Column("Effect", [f.effect for f in listed], "text", 60),
        Column("Amount Excluded", np.array([f.amount / 100 for f in listed], "float64"), "money", 14),
    )
    looks = (Highlight("Severity", "= error", "bad"), Highlight("Severity", "= warning", "warn"))
    table = Table(TABLE, (_FINDINGS_AT, 1), columns, KEY, "replace", looks)
    return Tab(NAME, cells, (table,), freeze=(5, 0), footer=footer(analysis))


def light(controls: Sequence[Control], findings: Sequence[Finding]) -> Cell:
    """The traffic light, as a word and a colour."""
    failed = sum(not control.passed for control in controls)
    if failed:
        return Cell(f"RED: {failed} control{'s' * (failed > 1)} failed", "bad")
    errors = sum(finding.count for finding in findings if finding.severity == "error")
    if errors:
        return Cell(f"AMBER: {errors:,} error{'s' * (errors > 1)} among the findings", "warn")
    return Cell("GREEN: all controls agree", "good")


def _controls(controls: Sequence[Control]) -> dict[tuple[int, int], Cell]:
    cells = {(_CONTROLS_AT - 1, 1): Cell("Controls", "section")}
    cells |= {(_CONTROLS_AT, at): Cell(text, "header") for at, text in enumerate(("Control", "Result", "Expected", "Found", "Difference", "Note"), 1)}
    for row, control in enumerate(controls, start=_CONTROLS_AT + 1):
        cells[row, 1] = Cell(control.name, "label")
        cells[row, 2] = _result(control)
        cells[row, 6] = Cell(control.note, "note")
        if control.expected is not None and control.found is not None:
            cells[row, 3], cells[row, 4] = Cell(control.expected, "money"), Cell(control.found, "money")
            cells[row, 5] = Cell(round(control.found - control.expected, 2), "money", f"ROUND(D{row}-C{row},2)")
        else:
            cells |= {(row, at): Cell(None, "money") for at in (3, 4, 5)}
    return cells


def _result(control: Control) -> Cell:
    if not control.applies:
        return Cell("does not apply", "note")
    return Cell("agrees", "good") if control.passed else Cell("FAILED", "bad")


def _sheets(tallies: Sequence[Tally]) -> dict[tuple[int, int], Cell]:
    cells = {(_SHEETS_AT - 1, 1): Cell("Reconciliation of the sheets", "section")}
    headings = ("Sheet", "Role", "Rows read", "Rows used", "Rows excluded", "Amount read", "Amount used", "Amount excluded", "Difference")
    cells |= {(_SHEETS_AT, at): Cell(text, "header") for at, text in enumerate(headings, 1)}
    by_role = {tally.role: tally for tally in tallies}
    for row, role in enumerate(_ROLES, start=_SHEETS_AT + 1):
        tally = by_role.get(role)
        if tally is None:
            cells |= {(row, 1): Cell("no such sheet", "note"), (row, 2): Cell(role, "text")} | {(row, at): Cell(None, "text") for at in range(3, 10)}
            continue
        cells |= {(row, 1): Cell(tally.sheet, "label"), (row, 2): Cell(role, "text")}
        counts = (tally.rows_read, tally.rows_used, tally.rows_excluded)
        cells |= {(row, at): Cell(count, "count") for at, count in enumerate(counts, 3)}
        amounts = (tally.read, tally.used, tally.excluded)
        style: Style = "money"
        cells |= {(row, at): Cell(amount / 100, style) for at, amount in enumerate(amounts, 6)}
        cells[row, 9] = Cell((tally.read - tally.used - tally.excluded) / 100, style, f"ROUND(F{row}-G{row}-H{row},2)")
    return cells
