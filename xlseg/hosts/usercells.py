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

    Values follow the key of their row. Formulas of a column that mostly holds formulas stay where they are and are continued on new rows.
    Elsewhere, and in columns of ours that he fills (`kept`), a formula is a value like any other: it follows its key, and what it says of its
    own row with it.
    """

    def __init__(self, sheet: SheetXml, name: str, data: Area, columns: Collection[int], kept: Collection[int]) -> None:
        self._name, self._data = name, data
        self._cells = sheet.columns(columns, data.top, data.bottom)
        self._height = max(map(len, self._cells.values()), default=0)
        self._follows = {c for c, cells in self._cells.items() if c in kept or 2 * sum(map(is_formula, cells)) <= len(cells)}
        self._origins = formulas.shared_origins(sheet)
        self._pattern = {c: _last_formula(cells) for c, cells in self._cells.items()}
        self._style = {c: _commonest([*map(style_attribute, cells)]) for c, cells in self._cells.items()}

    @property
    def columns(self) -> Iterable[int]:
        """Their numbers."""
        return self._cells.keys()

    def lost(self, rows: Sequence[Row]) -> list[tuple[int, Cell]]:
        """The values that go because the key of their row is gone, each with the index of that row."""
        staying = {row.origin for row in rows}
        gone = [i for i in range(self._height) if i not in staying]
        cells = [(i, column, self._cells[column][i]) for i in gone for column in self._cells]
        return [(i, cell) for i, column, cell in cells if cell and is_filled(cell) and (column in self._follows or not is_formula(cell))]

    def here(self, column: int, index: int) -> Cell | None:
        """The cell of row `index`."""
        return self._cells[column][index]

    def moved(self, column: int, index: int, row: Row) -> Cell | None:
        """The cell for row `index` when rows change places."""
        cells = self._cells[column]
        here = cells[index] if index < self._height else None
        mine = cells[row.origin] if row.origin is not None else None
        if mine and row.origin is not None and is_filled(mine) and (column in self._follows or not is_formula(mine)):
            return self._brought(mine, row.origin, index) if is_formula(mine) else mine
        if column not in self._follows and is_formula(here):
            return here
        if column not in self._follows and self._pattern[column] is not None:
            return self.continued(column, index)
        if row.origin is not None:
            return None if is_formula(mine) else mine
        return (self._style[column], None) if self._style[column] else None

    def _brought(self, cell: Cell, origin: int, index: int) -> Cell:
        """A formula of one row in another."""
        if origin == index:
            return cell
        return formulas.Moved(self._name, self._data.top + origin, self._data.top + index, self._data.left, self._data.right).cell(cell)

    def continued(self, column: int, index: int) -> Cell | None:
        """The cell for a new row `index`: the formula of the rows above, or nothing but their format."""
        source = self._pattern[column]
        cells = self._cells[column]
        if source is not None:
            start, end = (self._data.top + source, column), (self._data.top + index, column)
            found = formulas.continued(cells[source] or (b"", b""), start, end, self._origins)
            if found is not None:
                return found
        style = style_attribute(cells[-1]) if cells else b""
        return (style, None) if style else None

    def goes_on(self, column: int) -> bool:
        """Whether new rows get the formula of the rows above: the last one has it, or most have, and a value is typed over the last one."""
        cells = self._cells[column]
        return bool(cells) and (is_formula(cells[-1]) or (column not in self._follows and self._pattern[column] is not None))

    def blank(self, column: int) -> Cell | None:
        """An empty cell that looks like the last one."""
        style = style_attribute(self._cells[column][-1]) if self._cells[column] else b""
        return (style, None) if style else None


class Looks:
    """The styles of our cells as they stood before the refresh: where rows change places, a colour that the user gave to a customer goes with him."""

    def __init__(self, sheet: SheetXml, columns: Collection[int], first: int, last: int) -> None:
        self._styles = {column: [*map(style_attribute, cells)] for column, cells in sheet.columns(columns, first, last).items()}
        self._usual = {column: _commonest(styles) for column, styles in self._styles.items()}

    def of(self, column: int, origin: int | None) -> bytes:
        """The style of a column in the row that was the row `origin`; in one that is new as in most."""
        return self._usual[column] if origin is None else self._styles[column][origin]


def _last_formula(cells: Sequence[Cell | None]) -> int | None:
    return next((i for i in range(len(cells) - 1, -1, -1) if is_formula(cells[i])), None)


def _commonest(styles: Sequence[bytes]) -> bytes:
    """The style that most rows have, of several the last one's."""
    return Counter(reversed(styles)).most_common(1)[0][0] if styles else b""
