"""Where the single cells of a tab stand now, when the user has moved its table or inserted rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from xlseg.hosts.cellxml import body, formula, is_filled, same
from xlseg.hosts.formulas import shifted
from xlseg.hosts.rowedit import Strings
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.tablexml import TableXml
from xlseg.workbook import Cell, Tab, Table

_NEAR = 50
"""Up to how many inserted rows it is looked between which rows they were inserted."""

Place = tuple[int, int]
Column = Callable[[int], int]


@dataclass(frozen=True)
class Placing:
    """From the places of a tab as designed to those in the user's sheet.

    Attributes
    ----------
    rows
        How far each row has moved that holds cells of ours; all others by `further`.
    still
        Whether all stands where it was designed to.
    lost
        Whether the table has been moved and none of the cells is found: something else may stand in their place.
    """

    column: Column = lambda column: column
    further: int = 0
    rows: Mapping[int, int] = field(default_factory=dict)
    still: bool = False
    lost: bool = False

    def __call__(self, row: int, column: int) -> Place:
        """Where the cell stands now."""
        return row + self.rows.get(row, self.further), self.column(column)


def placing(sheet: SheetXml, tab: Tab, tables: Mapping[int, TableXml], strings: Strings) -> Placing:
    """Where the tab's cells stand: as far from the first table as designed.

    Unless more of them are found where the sheet rows and columns that the user has inserted between them have moved them.
    """
    if not tables:
        return Placing(still=True)
    spec, table = tab.tables[min(tables)], tables[min(tables)]
    further, aside = table.first_row - spec.at[0] - 1, table.area.left - spec.at[1]
    together, apart = _moved_by(aside), _following(spec, table)
    if further == 0 and all(together(column) == apart(column) for _, column in tab.cells):
        return Placing(together, still=aside == 0)
    search = _Search(sheet, tab, strings, further, spec.at[0])
    best = max((search.best(together), search.best(apart)), key=search.found)
    return replace(best, lost=search.found(best) == 0)


def _moved_by(aside: int) -> Column:
    return lambda column: column + aside


def _following(spec: Table, table: TableXml) -> Column:
    """Each cell stays above the heading that it was designed to stand above."""
    left, now = spec.at[1], [table.column(c.heading) for c in spec.columns]

    def place(column: int) -> int:
        known = next((i for i in range(min(column - left, len(now) - 1), -1, -1) if now[i] is not None), None)
        return column + table.area.left - left if known is None else (now[known] or 0) + column - left - known

    return place


@dataclass(frozen=True)
class _Search:
    sheet: SheetXml
    tab: Tab
    strings: Strings
    further: int
    header: int

    def best(self, column: Column) -> Placing:
        """The rows' moves by which most cells are found.

        A row of which none is, since its texts have changed, is taken to be where its cells are filled, the nearest to its old place; else it has
        moved as far as the table.
        """
        moves: Sequence[int] = (self.further, *range(self.further)) if 0 < self.further <= _NEAR else (self.further, 0)
        rows = {row for row, _ in self.tab.cells if row < self.header}

        def likely(row: int, move: int) -> tuple[int, int, int]:
            filled = self._filled(row, move, column)
            return self._found(row, move, column), filled, -abs(move) if filled else 0

        return Placing(column, self.further, {row: max(moves, key=lambda move, row=row: likely(row, move)) for row in rows})  # type: ignore[misc]

    def found(self, placing: Placing) -> int:
        """How many cells stand where this says."""
        return sum(self._is_at(cell, placing, at) for at, cell in self.tab.cells.items())

    def _found(self, row: int, move: int, column: Column) -> int:
        placing = Placing(column, self.further, {row: move})
        return sum(self._is_at(cell, placing, at) for at, cell in self.tab.cells.items() if at[0] == row)

    def _filled(self, row: int, move: int, column: Column) -> int:
        there = self.sheet.cells(row + move)
        return sum(is_filled(there.get(column(at))) for of, at in self.tab.cells if of == row)

    def _is_at(self, cell: Cell, placing: Placing, at: Place) -> bool:
        row, column = placing(*at)
        there = self.sheet.cells(row).get(column)
        if there is None:
            return False
        if cell.formula is not None:
            return formula(there) == shifted(cell.formula.removeprefix("="), placing)
        return isinstance(cell.value, str) and same(there, body(cell.value, False), self.strings())
