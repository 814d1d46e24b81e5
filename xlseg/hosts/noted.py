"""Which cells of a page are ours, so that what the user types between them is known as his: hidden names of its sheet refer to them.

A name moves along where rows are inserted, and every spreadsheet program keeps it. It tells how large the area was and how many of its cells were
filled: where rows have been inserted within it since, more filled ones are what the user has typed there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from xlseg.hosts.a1 import LAST_COLUMN, LAST_ROW, Area, letters, number

NAME = "xlsegCells"
"""How the names begin; a number follows, and the rows, columns and filled cells of the area."""

MOST = 1_000
"""No page of ours has as many areas: more names say nothing."""

_QUOTED = re.compile(r"'(?:[^']|'')*'")
_SIZE = re.compile(r"_([0-9]+)x([0-9]+)_([0-9]+)\Z")
_AREA = re.compile(r"\$([A-Z]{1,3})\$([0-9]{1,7})(?::\.?\$([A-Z]{1,3})\$([0-9]{1,7}))?", re.I)


def names(sheet: str, ours: Mapping[Area, int]) -> dict[str, str]:
    """The names of a sheet when these areas are ours, and what they refer to: one each, as programs differ in how they write several.

    Parameters
    ----------
    ours
        How many cells of each area are filled.
    """
    found = sorted(ours.items(), key=lambda item: (item[0].top, item[0].left))
    return {f"{NAME}{at}_{_rows(area)}x{_columns(area)}_{filled}": reference(sheet, area) for at, (area, filled) in enumerate(found, start=1)}


def reference(sheet: str, area: Area) -> str:
    """What a name of a sheet refers to when it is an area."""
    quoted = sheet.replace("'", "''")
    return f"'{quoted}'!{_absolute(area)}"


def areas(noted: Mapping[str, str]) -> dict[str, list[Area]]:
    """The areas that names refer to, as Excel or LibreOffice says it; what has been deleted is none."""
    return {name: list(_areas(refers_to)) for name, refers_to in noted.items()}


def widened(noted: Mapping[str, str]) -> list[tuple[Area, int]]:
    """The areas into which rows or columns have been inserted, and how many of their cells we had filled."""
    found = []
    for name, (area, *_) in ((name, each) for name, each in areas(noted).items() if each):
        size = _SIZE.search(name)
        if size and (_rows(area) > int(size[1]) or _columns(area) > int(size[2])):
            found.append((area, int(size[3])))
    return found


def _areas(refers_to: str) -> Iterable[Area]:
    for left, top, right, bottom in _AREA.findall(_QUOTED.sub("", refers_to)):
        area = Area(int(top), number(left), int(bottom or top), number(right or left))
        if area.bottom <= LAST_ROW and area.right <= LAST_COLUMN:
            yield area


def are_same(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether names, or what they refer to, are the same; programs differ in what they quote and in which order they write names."""
    first, second = (sorted(text.replace("'", "").casefold() for text in texts) for texts in (some, others))
    return first == second


def _rows(area: Area) -> int:
    return area.bottom - area.top + 1


def _columns(area: Area) -> int:
    return area.right - area.left + 1


def _absolute(area: Area) -> str:
    first, last = (f"${letters(column)}${row}" for row, column in ((area.top, area.left), (area.bottom, area.right)))
    return first if first == last else f"{first}:{last}"
