"""The Overrides sheet: segments that a person has decided on. The user's own page, made when it is absent and never written again."""

from __future__ import annotations

from xlseg.overrides import HEADINGS, SHEET
from xlseg.workbook import Cell, Column, Style, Tab, Table

NAME, TABLE = SHEET, "tblOverrides"

_LINES = 20
"""Empty yellow lines of a new list: not every program makes a list longer when something is typed below it."""

_WIDTHS = {"Customer ID": 14.0, "Segment": 24.0, "Reason": 60.0, "By": 20.0, "From": 12.0, "Until": 12.0}


def overrides_tab() -> Tab:
    """The empty list with its explanation."""
    cells = {
        (1, 1): Cell("Overrides", "title"),
        (2, 1): Cell("A segment that you decide on wins over the rules from From to Until, both included, and is shown as an override.", "subtitle"),
        (3, 1): Cell(
            "Segment is one of the Rules sheet. Reason and By must be filled. An empty Until: for good. An id that begins with 0 is typed as '0017.",
            "note",
        ),
        (4, 1): Cell("An empty From: the as-of date of the refresh that first saw the row. What cannot be used is on Data Quality.", "note"),
    }
    columns = tuple(Column(heading, [None] * _LINES, _style(heading), _WIDTHS[heading], kept=True) for heading in HEADINGS)
    return Tab(NAME, cells, (Table(TABLE, (6, 1), columns),), input=True, freeze=(6, 2))


def _style(heading: str) -> Style:
    return "input_date" if heading in ("From", "Until") else "input_text"
