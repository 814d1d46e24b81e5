"""The cells in which the user has typed formulas of ours: found in the XML of the sheets, given new values and nothing else."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from xlseg.hosts import calls, ranges
from xlseg.hosts.a1 import LAST_COLUMN, LAST_ROW, Area, place
from xlseg.hosts.book import Book, formula_texts
from xlseg.hosts.calls import Call
from xlseg.hosts.cellxml import Cell, is_filled, is_formula, style_attribute, with_result
from xlseg.hosts.formulas import attributes, own_text, shared_origins
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.tablexml import TableXml
from xlseg.workbook import Value

_REACH = re.compile(rb'(<f\s[^>]*?ref=")[^"]*(")')
_DYNAMIC = b" cm="
_FEW_ROWS = 1_000
"""Rows that are asked for one by one, rather than sought among all."""


@dataclass(frozen=True, eq=False)
class FormulaCell:
    """A cell with a formula of ours.

    Attributes
    ----------
    words
        The formula, without `=`.
    call
        What is to be computed; None when the formula is more than one call with simple arguments.
    area
        The cells that show its answer.
    kind
        one: a single cell; array: a fixed area; spill: an area that is as large as the answer.
    """

    sheet: str
    row: int
    column: int
    words: str
    call: Call | None
    area: Area
    kind: Literal["one", "array", "spill"] = "one"

    @property
    def place(self) -> str:
        """The cell with its sheet."""
        return f"{self.sheet}!{place(self.row, self.column)}"


class FormulaSheet:
    """A sheet with such cells.

    Attributes
    ----------
    cells
        They, from top to bottom.
    """

    def __init__(self, book: Book, name: str, part: str, names: Collection[str]) -> None:
        self.name, self.part, self._book = name, part, book
        self.xml = SheetXml(book.package.read(part), f"{book.package.name}: {name}")
        self.cells = list(_cells(self.xml, name, names))

    def others(self, known: Collection[str]) -> set[str]:
        """Names of its cells that hold any other formula than those in `known`."""
        return self.xml.formula_cells() - set(known)

    def is_free(self, area: Area, but: Area) -> bool:
        """Whether nothing stands in an area, outside of `but`, in which an answer may spread."""
        if area.bottom > LAST_ROW or area.right > LAST_COLUMN:
            return False
        if any(taken.meets(area) for taken in self._taken):
            return False
        rows = range(area.top, area.bottom + 1) if area.bottom - area.top < _FEW_ROWS else self.xml.rows()
        filled = ((row, column) for row in rows if area.top <= row <= area.bottom for column, cell in self.xml.cells(row).items() if is_filled(cell))
        return not any(area.holds(*at) and not but.holds(*at) for at in filled)

    @cached_property
    def _taken(self) -> list[Area]:
        """Where no answer may spread: tables and merged cells."""
        tables = (TableXml.of_part(self._book.package, part).area for part in self._book.tables_of(self.part))
        return [*tables, *ranges.merged(self.xml)]

    def put(self, values: Mapping[tuple[int, int], Value], reaches: Mapping[tuple[int, int], Area]) -> set[tuple[int, int]]:
        """Let cells show values; formulas in `reaches` have new areas. Returns the cells that are not what they were."""
        by_row: dict[int, list[int]] = {}
        for row, column in sorted(values):
            by_row.setdefault(row, []).append(column)
        changed = set()
        for row, columns in by_row.items():
            cells = self.xml.cells(row)
            new = dict(cells)
            for column in columns:
                self._put(new, column, values[row, column], reaches.get((row, column)))
            if new != cells:
                changed |= {(row, column) for column in columns if new.get(column) != cells.get(column)}
                self.xml.put(row, new)
        if reaches:
            ranges.set_dimension(self.xml)
        self._book.package.put(self.part, bytes(self.xml))
        return changed

    def _put(self, cells: dict[int, Cell], column: int, value: Value, reach: Area | None) -> None:
        old = cells.get(column, (b"", None))
        if value is None and not is_formula(old):  # no answer reaches this cell any more
            cells[column] = (style_attribute(old), None)
            if not style_attribute(old):
                del cells[column]
            return
        new = with_result(old, value, self._book.epoch_1904, self._book.strings if b' t="s"' in old[0] else ())
        if reach is not None:
            new = new[0], _REACH.sub(rb"\g<1>%s\g<2>" % str(reach).encode(), new[1] or b"", count=1)
        cells[column] = new


def formula_sheets(book: Book, names: Collection[str], known: Mapping[str, bytes]) -> dict[str, FormulaSheet]:
    """The sheets with formulas that call one of the functions `names`; `known` is the XML in which all formulas of a sheet stand."""
    pattern = calls.pattern(names)
    found = {}
    for name, part in book.sheets_with_formulas().items():
        if any(map(pattern.search, formula_texts(known[name] if name in known else book.package.read(part)))):
            found[name] = FormulaSheet(book, name, part, names)
    return {name: sheet for name, sheet in found.items() if sheet.cells}


def _cells(sheet: SheetXml, name: str, names: Collection[str]) -> Iterator[FormulaCell]:
    pattern = calls.pattern(names)
    origins = {si: origin for si, origin in shared_origins(sheet).items() if pattern.search(origin[2].encode("utf-8", "replace"))}
    for row in sheet.formula_rows():
        for column, cell in sheet.cells(row).items():
            if not is_formula(cell) or not (pattern.search(cell[1] or b"") or attributes(cell).get("si") in origins):
                continue
            words = own_text(cell, row, column, origins)
            found = calls.found(words, names) if words else None
            if words and found is not None:
                yield _cell(name, (row, column), cell, words, found.call)


def _cell(name: str, at: tuple[int, int], cell: Cell, words: str, call: Call | None) -> FormulaCell:
    about = attributes(cell)
    if about.get("t") != "array":
        return FormulaCell(name, *at, words, call, Area(*at, *at))
    return FormulaCell(name, *at, words, call, Area.of(about["ref"]), "spill" if _DYNAMIC in cell[0] else "array")
