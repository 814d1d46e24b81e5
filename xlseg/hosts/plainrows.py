"""Rows that hold nothing but what we have written, whatever it says: they can be written anew as a whole, and nothing of the user's is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from xlseg.hosts import joined
from xlseg.hosts.a1 import Area
from xlseg.hosts.sheetrows import column_number

_CONTENT = ">([^<&]|&(amp|lt|gt);)+<"
"""What a cell holds, between the end of a tag and the next one; as we write it, without a sign by its number."""
_CELL = re.compile(rb'<c r="([A-Z]+)"( s="[0-9]+")?(?:/>|><v></v></c>| t="inlineStr"><is><t(?: xml:space="preserve")?></t></is></c>)')
_NUMBER = re.compile(rb'(<(?:row|c) r="[A-Z]*)[0-9]+')


class PlainRows:
    """What tells them.

    Parameters
    ----------
    table
        Where the table stands.
    styles
        The style of each column of ours, as new rows have it. In the other columns of the table any will do: their cells are written as they are.
    """

    def __init__(self, table: Area, styles: Mapping[int, bytes]) -> None:
        self._table, self._styles = table, styles
        self._known: dict[bytes, bool] = {}

    def are(self, first: int, rows: Sequence[bytes]) -> list[bool]:
        """Which of some rows, whose numbers follow each other; none where there is no Arrow, since it takes as long as editing them."""
        if not joined.has_arrow():
            return [False] * len(rows)
        import pyarrow as pa
        import pyarrow.compute as pc

        bare = pc.replace_substring_regex(pa.array(rows, pa.large_binary()), pattern=_CONTENT, replacement="><").to_pylist()
        return [self._is(_unnumbered(row, number)) for number, row in enumerate(bare, start=first)]

    def _is(self, bare: bytes) -> bool:
        if bare not in self._known:  # of many thousand rows a few hundred are different
            self._known[bare] = self._is_plain(bare)
        return self._known[bare]

    def _is_plain(self, bare: bytes) -> bool:
        start, end = b'<row r="">', b"</row>"
        if not (bare.startswith(start) and bare.endswith(end)):
            return False
        cells = [*_CELL.finditer(bare, len(start), len(bare) - len(end))]
        styles = {column_number(cell[1]): cell[2] or b"" for cell in cells}
        return (
            len(bare) == len(start) + sum(len(cell[0]) for cell in cells) + len(end)
            and list(styles) == sorted(styles)
            and len(styles) == len(cells)
            and all(self._table.left <= column <= self._table.right for column in styles)
            and all(styles.get(column, b"") == style for column, style in self._styles.items())
        )


def _unnumbered(row: bytes, number: int) -> bytes:
    """A row without its number, in its own name and in those of its cells."""
    end = b'%d"' % number
    if row.count(end) != row.count(b' r="'):  # the number of a style ends alike
        return _NUMBER.sub(rb"\1", row)
    return row.replace(end, b'"')
