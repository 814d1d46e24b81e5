"""The cells that the user has added to a table of ours, and what becomes of them when the rows change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from xlseg.hosts import formulas
from xlseg.hosts.a1 import Area
from xlseg.hosts.cellxml import Cell, is_filled, is_formula, style_attribute
from xlseg.hosts.rowplan import Row
from xlseg.hosts.sheetxml import SheetXml


class UserCells:
    """Columns that belong to the user, as they stood before the refresh.

    Values follow the key of their row. The formula that most rows of a column have, each of its own row, stays where it is and is continued on
    new rows. Any other formula, such as =1200+300, and all in columns of ours that he fills (`kept`), is a value like any other: it follows its
    key, and what it says of its own row with it.
    """

    def __init__(self, sheet: SheetXml, name: str, data: Area, columns: Collection[int], kept: Collection[int]) -> None:
        self._name, self._data = name, data
        self._cells = sheet.columns(columns, data.top, data.bottom)
        self._height = max(map(len, self._cells.values()), default=0)
        self._origins = formulas.shared_origins(sheet)
        self._shared = {c: self._pattern_rows(c) if c not in kept else frozenset() for c in self._cells}
        self._style = {c: commonest([*map(style_attribute, cells)]) for c, cells in self._cells.items()}

    @property
    def columns(self) -> Iterable[int]:
        """Their numbers."""
        return self._cells.keys()

    def _pattern_rows(self, column: int) -> frozenset[int]:
        """The rows that have the formula of a column: the one that most have, if it is more than a sum that somebody has typed."""
        cells = self._cells[column]
        if 2 * sum(map(is_formula, cells)) <= len(cells):
            return frozenset()
        rows: dict[str, list[int]] = {}
        for index, cell in enumerate(cells):
            place = self._data.top + index, column
            words = formulas.own_text(cell, *place, self._origins) if cell and is_formula(cell) else None
            if words is not None:
                rows.setdefault(formulas.relative(words, place[0]), []).append(index)
        commonest = max(rows, key=lambda words: len(rows[words]), default="")
        is_shared = 2 * len(rows.get(commonest, ())) > len(cells) and formulas.is_computed(commonest)
        return frozenset(rows[commonest]) if is_shared else frozenset()

    def lost(self, rows: Sequence[Row]) -> list[tuple[int, Cell]]:
        """The values that go because the key of their row is gone, each with the index of that row."""
        staying = {row.origin for row in rows}
        gone = [i for i in range(self._height) if i not in staying]
        cells = [(i, column, self._cells[column][i]) for i in gone for column in self._cells]
        return [(i, cell) for i, column, cell in cells if cell and is_filled(cell) and i not in self._shared[column]]

    def here(self, column: int, index: int) -> Cell | None:
        """The cell of row `index`."""
        return self._cells[column][index]

    def moved(self, column: int, index: int, row: Row) -> Cell | None:
        """The cell for row `index` when rows change places."""
        cells, shared = self._cells[column], self._shared[column]
        mine = cells[row.origin] if row.origin is not None else None
        if mine and row.origin is not None and is_filled(mine) and row.origin not in shared:
            return self._brought(mine, row.origin, index) if is_formula(mine) else mine
        if shared:
            return cells[index] if index in shared else self.continued(column, index)
        if row.origin is not None:
            return mine
        return (self._style[column], None) if self._style[column] else None

    def _brought(self, cell: Cell, origin: int, index: int) -> Cell:
        """A formula of one row in another."""
        if origin == index:
            return cell
        return formulas.Moved(self._name, self._data.top + origin, self._data.top + index, self._data.left, self._data.right).cell(cell)

    def continued(self, column: int, index: int) -> Cell | None:
        """The cell for a new row `index`: the formula of the rows above, or nothing but their format."""
        cells, shared = self._cells[column], self._shared[column]
        if shared:
            source = max(shared)
            start, end = (self._data.top + source, column), (self._data.top + index, column)
            found = formulas.continued(cells[source] or (b"", b""), start, end, self._origins)
            if found is not None:
                return found
        return self.blank(column)

    def goes_on(self, column: int) -> bool:
        """Whether new rows get the formula of the rows above: most have it."""
        return bool(self._shared[column])

    def blank(self, column: int) -> Cell | None:
        """An empty cell that looks as most of the last ones do: a colour that the user gave to the last one is that row's."""
        style = commonest([style_attribute(cell) for cell in self._cells[column][-RECENT:]])
        return (style, None) if style else None


class Looks:
    """The styles of our cells as they stood before the refresh: where rows change places, a colour that the user gave to a customer goes with him."""

    def __init__(self, sheet: SheetXml, columns: Collection[int], first: int, last: int) -> None:
        self._styles = {column: [*map(style_attribute, cells)] for column, cells in sheet.columns(columns, first, last).items()}
        self._usual = {column: commonest(styles) for column, styles in self._styles.items()}

    def of(self, column: int, origin: int | None) -> bytes:
        """The style of a column in the row that was the row `origin`; in one that is new as in most."""
        return self._usual[column] if origin is None else self._styles[column][origin]


RECENT = 20
"""Rows at the end of a list that say how a new one is to look."""


def commonest(styles: Sequence[bytes]) -> bytes:
    """The style that most rows have, of several the last one's."""
    return Counter(reversed(styles)).most_common(1)[0][0] if styles else b""
