"""The rows of a table as they would be written anew: each looks like the others, and nothing stands beside them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from xlseg.hosts import joined, render
from xlseg.hosts.a1 import LAST_COLUMN
from xlseg.hosts.cellxml import style_attribute
from xlseg.hosts.render import Numbers, Rendered, rendered
from xlseg.hosts.sheetrows import Run, column_number
from xlseg.hosts.sheetxml import Standing
from xlseg.hosts.tablexml import TableXml
from xlseg.workbook import Table

BLOCK = 2_000
"""Rows that are written at once."""
_ROW_END = b"</row>"
_STYLED = re.compile(rb'<c r="([A-Z]+)[0-9]+"([^>]*?)/?>')


@dataclass(frozen=True)
class Ours:
    """A column of ours where it stands now."""

    column: int
    values: Rendered | Numbers
    kept: bool


class Lines:
    """The columns of a table, by the number of the column in which each stands, as what they make of cells."""

    def __init__(self, spec: Table, columns: Mapping[str, int], epoch_1904: bool) -> None:
        self.columns, self.rows = dict(columns), spec.rows
        self.ours = [Ours(columns[c.heading], rendered(c.values, epoch_1904), c.kept) for c in spec.columns]
        self._by: Any = joined if joined.has_arrow() else render
        self._tails: dict[tuple[int, bytes], Any] = {}

    def tails(self, ours: Ours, rows: Sequence[int] | slice, style: bytes) -> Any:
        """What follows the names of the cells of a column in some rows."""
        known = ours.column, style
        if known not in self._tails:
            self._tails[known] = self._by.each_tail(ours.values, style)
        return self._by.chosen(self._tails[known], ours.values.places[rows])

    def listed(self, first_row: int, tails: Mapping[int, Any]) -> list[bytes]:
        """The cells of rows, one row after the other, from the tails of each column."""
        found: list[bytes] = self._by.lines(first_row, sorted(tails.items()))
        return found

    def run(self, first_row: int, tails: Mapping[int, Any]) -> Run | None:
        """The rows as they follow each other on the sheet; None where one would have no cells."""
        found = self._by.rows(first_row, sorted(tails.items()))
        if found is None:
            return None
        content, height, used = found
        return Run(first_row, first_row + height - 1, content, used[0], used[-1])

    def standing(self, data: bytes, first_row: int) -> list[Standing] | None:
        """Where rows stand in a worksheet's XML just as they would be written, if all of them hold the same cells there; else None.

        In the style of the first. Rows that say more of themselves, such as their height, or have cells to the right of the table, are no part of it.
        """
        begin = data.find(b"<sheetData") if self.rows else -1
        at = data.find(b'<row r="%d"' % first_row, begin) if begin >= 0 else -1
        if at < 0:
            return None
        first = _STYLED.findall(data, at, data.find(_ROW_END, at))
        styles = {column_number(name): style_attribute((rest, None)) for name, rest in first}
        found = []
        for start, stop in pairwise([0, *range(1, self.rows, BLOCK), self.rows]):  # where a sheet has been changed the first row tells mostly
            tails = {ours.column: self.tails(ours, slice(start, stop), styles.get(ours.column, b"")) for ours in self.ours}
            run = self.run(first_row + start, tails)
            if run is not None and data.startswith(bytes(run.content), at):
                end = at + len(run.content)
                found.append(Standing(at, end, run._replace(content=memoryview(data)[at:end])))
                at = end
                continue
            for number, cells in enumerate(self.listed(first_row + start, tails), start=first_row + start):
                at = self._past(data, at, number, cells)
                if at < 0:
                    return None
        return found if data.rfind(b"</sheetData>") >= at else None

    def _past(self, data: bytes, at: int, number: int, cells: bytes) -> int:
        """Where a row ends that begins at a place and holds these cells, and none but these as far as the table reaches; -1 for another one."""
        begin = data.find(b">", at) + 1
        end = data.find(_ROW_END, begin)
        if not data.startswith(b'<row r="%d"' % number, at) or not data.startswith(cells, begin):
            return -1
        beside = [column_number(name) for name, _ in _STYLED.findall(data, begin + len(cells), end)]
        return end + len(_ROW_END) if min(beside, default=LAST_COLUMN + 1) > max(ours.column for ours in self.ours) else -1


def of_part(table: TableXml, spec: Table, epoch_1904: bool) -> Lines | None:
    """The lines of a table that has as many rows as it shall have, and no columns but ours; else None."""
    columns = {c.heading: table.column(c.heading) for c in spec.columns}
    there = {heading: column for heading, column in columns.items() if column is not None}
    is_whole = sorted(there.values()) == list(range(table.area.left, table.area.right + 1)) and len(there) == len(columns)
    return Lines(spec, there, epoch_1904) if is_whole and table.last_row - table.first_row + 1 == spec.rows else None
