"""What defined names refer to: a name over all rows of a table of ours grows with it, as it would if the user added the rows."""

from __future__ import annotations

import re

from xlseg.hosts.a1 import Area

_REFERENCE = re.compile(
    r"(?P<sheet>'(?:[^']|'')+'|(?<![\w.\]])[\w.]+)!(?P<area>\$?[A-Z]{1,3}\$[0-9]+:\$?[A-Z]{1,3}\$)(?P<bottom>[0-9]+)(?![0-9])", re.I
)


def followed(refers_to: str, sheet: str, table: Area, rows: tuple[int, int], grown: int) -> str:
    """The references to `sheet` over all rows of a table, longer by `grown` rows.

    The table stood at `table`, its data in `rows`, first and last. References may begin above it, and end with or above its totals row.
    Those with relative rows mean another place in every cell, and stay.
    """
    first, last = rows

    def one(match: re.Match[str]) -> str:
        name = match["sheet"]
        plain = name[1:-1].replace("''", "'") if name.startswith("'") else name
        area = Area.of(match["area"] + match["bottom"])
        beside = area.right < table.left or table.right < area.left
        if plain.casefold() != sheet.casefold() or beside or area.top > first or area.bottom not in (last, table.bottom):
            return match[0]
        return f"{name}!{match['area']}{area.bottom + grown}"

    return _REFERENCE.sub(one, refers_to)
