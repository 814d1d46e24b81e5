"""What defined names refer to: a name over all rows of a table of ours grows with it, as it would if the user added the rows."""

from __future__ import annotations

import re
from collections.abc import Callable

from xlseg.hosts.a1 import Area, letters, number, sheet_in

_REFERENCE = re.compile(
    r"\"(?:[^\"]|\"\")*\"|(?P<sheet>'(?:[^']|'')+'|(?<![\w.\]:])[\w.]+)!(?P<area>\$?[A-Z]{1,3}\$[0-9]+:\$?[A-Z]{1,3}\$)(?P<bottom>[0-9]+)(?![0-9])",
    re.I,
)

_LONGEST = 8_192
"""Characters that Excel takes in a formula."""
_CELL = re.compile(r"\"(?:[^\"]|\"\")*\"|(?P<sheet>'(?:[^']|'')+'|(?<![\w.\]:])[\w.]+)!\$(?P<column>[A-Z]{1,3})\$(?P<bottom>[0-9]+)(?![0-9:])", re.I)


def followed(refers_to: str, sheet: str, table: Area, rows: tuple[int, int], grown: int) -> str:
    """The references to `sheet` over all rows of a table, longer by `grown` rows, and those to a cell of its totals row, as far below.

    The table stood at `table`, its data in `rows`, first and last. References may begin above it, and end with or above its totals row.
    Those with relative rows mean another place in every cell, and stay.
    """
    first, last = rows
    if "!" not in refers_to or len(refers_to) > _LONGEST:
        return refers_to

    def single(match: re.Match[str]) -> str:
        is_total = last < table.bottom == int(match["bottom"]) and table.left <= number(match["column"]) <= table.right
        if not is_total or sheet_in(match["sheet"]) != sheet.casefold():
            return match[0]
        return f"{match['sheet']}!${match['column']}${table.bottom + grown}"

    def one(match: re.Match[str]) -> str:
        name = match["sheet"]
        area = Area.of(match["area"] + match["bottom"])
        beside = area.right < table.left or table.right < area.left
        if sheet_in(name) != sheet.casefold() or beside:
            return match[0]
        if area.top == area.bottom == table.bottom > last:
            return f"{name}!${letters(area.left)}${area.top + grown}:${letters(area.right)}${area.bottom + grown}"
        if area.top > first or area.bottom not in (last, table.bottom):
            return match[0]
        return f"{name}!{match['area']}{area.bottom + grown}"

    return _CELL.sub(_but_texts(single), _REFERENCE.sub(_but_texts(one), refers_to))


def _but_texts(change: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """The same for what is no text in quotes."""
    return lambda match: change(match) if match["sheet"] else match[0]
