"""What stands on top of every tab: its title, the as-of date, the rule set."""

from __future__ import annotations

from xlseg.analysis import Analysis
from xlseg.approval import DEFAULT, Approval
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.workbook import Cell, Style

HEADER_ROW = 6
"""Row of a list's headings when its tab is made; title, as-of and totals stand above it."""

_STYLES: dict[str, Style] = {
    "count": "count", "days": "days", "money": "money", "share": "share", "ratio": "ratio", "z": "ratio", "score": "score", "letter": "text",
    "per month": "ratio",
}  # fmt: skip


_WHOLE_DAYS = ("oldest_past_due", "days_since_last_order")


def style_of(metric: str) -> Style:
    """The look of a metric's cells."""
    return "count" if metric in _WHOLE_DAYS else _STYLES[CATALOGUE[metric].unit]


def top(analysis: Analysis, title: str, subtitle: str) -> dict[tuple[int, int], Cell]:
    """Rows 1 to 3: title, what the tab is, as-of date and rule set."""
    return {
        (1, 1): Cell(title, "title"),
        (2, 1): Cell(subtitle, "subtitle"),
        (3, 1): Cell("As of", "label"),
        (3, 2): Cell(analysis.as_of, "date"),
        (3, 3): state_of(analysis.approval),
    }


def state_of(approval: Approval) -> Cell:
    """The rule set and how it stands: a draft is not to be overlooked."""
    if approval.is_draft:
        return Cell(f"Rules {approval.hash} · DRAFT: not approved, see Rule Sets", "warn")
    return Cell(f"Rules {approval.hash}" + ("" if approval.state == DEFAULT else f" · {approval.words}"), "note")


def footer(analysis: Analysis) -> str:
    """Footer of the printed page."""
    return f"As of {analysis.as_of.isoformat()} · {footer_of(analysis.approval)}"


def footer_of(approval: Approval) -> str:
    """The same of a tab that has no as-of date."""
    return f"rules {approval.hash}" + (" · DRAFT, not approved" if approval.is_draft else "")


def orders_note(analysis: Analysis) -> str:
    """Says so where invoices stand in for orders."""
    return " Invoices stand in for orders." if analysis.facts.orders_are_invoices and analysis.facts.has_invoices else ""
