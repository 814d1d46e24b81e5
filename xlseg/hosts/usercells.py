"""The cells that the user has added to a table of ours, and what becomes of them when the rows change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from xlseg.hosts import formulas
from xlseg.hosts.cellxml import Cell, is_filled, is_formula, style_attribute
from xlseg.hosts.rowplan import Row
from xlseg.hosts.sheetxml import SheetXml


class UserCells:
    """Columns that belong to the user, as they stood before the refresh.

    Values follow the key of their row, formulas stay where they are and are continued on new rows; in columns of ours that he fills
    (`kept`) a formula is a value like any other: it follows its key as if it had been cut and pasted.
    """

    def __init__(self, sheet: SheetXml, columns: Iterable[int], first_row: int, last_row: int, kept: Collection[int] = ()) -> None:
        self._first_row, self._kept = first_row, kept
        self._cells = {c: sheet.column(c, first_row, last_row) for c in columns}
        self._origins = formulas.shared_origins(sheet)
        self._pattern = {c: _last_formula(cells) for c, cells in self._cells.items()}
        self._style = {c: _commonest_style(cells) for c, cells in self._cells.items()}

    @property
    def columns(self) -> Iterable[int]:
        """Their numbers."""
        return self._cells.keys()

    def lost(self, rows: Sequence[Row]) -> int:
        """How many values go because the key of their row is gone."""
        staying = {row.origin for row in rows}
        gone = [i for i in range(self._height) if i not in staying]
        return sum(is_filled(cells[i]) and not is_formula(cells[i]) for cells in self._cells.values() for i in gone)

    def here(self, column: int, index: int) -> Cell | None:
        """The cell of row `index`."""
        return self._cells[column][index]

    def moved(self, column: int, index: int, row: Row) -> Cell | None:
        """The cell for row `index` when rows change places."""
        cells = self._cells[column]
        here = cells[index] if index < self._height else None
        mine = cells[row.origin] if row.origin is not None else None
        if is_filled(mine) and (column in self._kept or not is_formula(mine)):
            return mine
        if column in self._kept:
            here = None
        if is_formula(here):
            return here
        if self._pattern[column] is not None and column not in self._kept:
            return self.continued(column, index)
        if row.origin is not None:
            return None if is_formula(mine) else mine
        return (self._style[column], None) if self._style[column] else None

    def continued(self, column: int, index: int) -> Cell | None:
        """The cell for a new row `index`: the formula of the rows above, or nothing but their format."""
        source = self._pattern[column]
        cells = self._cells[column]
        if source is not None:
            start, end = (self._first_row + source, column), (self._first_row + index, column)
            found = formulas.continued(cells[source] or (b"", b""), start, end, self._origins)
            if found is not None:
                return found
        style = style_attribute(cells[-1]) if cells else b""
        return (style, None) if style else None

    def ends_in_formula(self, column: int) -> bool:
        """Whether the last row holds a formula."""
        return bool(self._cells[column]) and is_formula(self._cells[column][-1])

    def blank(self, column: int) -> Cell | None:
        """An empty cell that looks like the last one."""
        style = style_attribute(self._cells[column][-1]) if self._cells[column] else b""
        return (style, None) if style else None

    @property
    def _height(self) -> int:
        return max((len(cells) for cells in self._cells.values()), default=0)


def _last_formula(cells: Sequence[Cell | None]) -> int | None:
    return next((i for i in range(len(cells) - 1, -1, -1) if is_formula(cells[i])), None)


def _commonest_style(cells: Sequence[Cell | None]) -> bytes:
    return Counter(style_attribute(c) for c in cells).most_common(1)[0][0] if cells else b""
