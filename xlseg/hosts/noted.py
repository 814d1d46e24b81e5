"""Which cells of a page are ours, so that what the user types between them is known as his: hidden names of its sheet refer to them.

A name moves along where rows are inserted, and every spreadsheet program keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from xlseg.hosts.a1 import LAST_COLUMN, LAST_ROW, Area, letters, number

NAME = "xlsegCells"
"""How the names begin; a number follows."""

MOST = 1_000
"""No page of ours has as many areas: more names say nothing."""

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_AREA = re.compile(r"\$([A-Z]{1,3})\$([0-9]{1,7})(?::\.?\$([A-Z]{1,3})\$([0-9]{1,7}))?", re.I)


def references(sheet: str, ours: Iterable[Area]) -> list[str]:
    """What the names of a sheet refer to when these areas are ours: one each, as programs differ in how they write several."""
    quoted = sheet.replace("'", "''")
    return [f"'{quoted}'!{_absolute(area)}" for area in sorted(ours, key=lambda area: (area.top, area.left))]


def areas(referred: Iterable[str]) -> list[Area]:
    """The areas in what names refer to, as Excel or LibreOffice says it; what has been deleted is none."""
    found = [
        Area(int(top), number(left), int(bottom or top), number(right or left))
        for text in referred
        for left, top, right, bottom in _AREA.findall(_QUOTED.sub("", text))
    ]
    return [area for area in found if area.bottom <= LAST_ROW and area.right <= LAST_COLUMN]


def are_same(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether names refer to the same cells of the same sheet; programs differ in what they quote and in which order they write names."""
    first, second = (sorted(text.replace("'", "").casefold() for text in texts) for texts in (some, others))
    return first == second


def _absolute(area: Area) -> str:
    first, last = (f"${letters(column)}${row}" for row, column in ((area.top, area.left), (area.bottom, area.right)))
    return first if first == last else f"{first}:{last}"
