"""The rows of one table brought up to date, in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from xlseg.errors import LayoutError
from xlseg.hosts import formulas, ranges
from xlseg.hosts.a1 import LAST_ROW, Area
from xlseg.hosts.book import sheet_place
from xlseg.hosts.cellxml import Body, Cell, body, is_filled, is_formula, number_in, plain_values, same, style_attribute, text
from xlseg.hosts.rowplan import EMPTY, Row, plan
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.tablexml import TableXml
from xlseg.hosts.usercells import UserCells
from xlseg.workbook import Table, Value

Strings = Callable[[], Sequence[str]]
"""The shared strings of the book, which are read only when a cell needs them."""

_BETWEEN_KEYS = "\x1f"


@dataclass(frozen=True)
class Ground:
    """Where a table is filled.

    Attributes
    ----------
    name
        Name of the sheet.
    others
        Areas of the other tables on the sheet.
    """

    name: str
    sheet: SheetXml
    epoch_1904: bool
    strings: Strings
    others: tuple[Area, ...] = ()


@dataclass(frozen=True)
class _Ours:
    """A column of ours where it stands now."""

    column: int
    values: Sequence[Value]
    kept: bool


def fill(ground: Ground, table: TableXml, spec: Table, columns: Mapping[str, int]) -> list[str]:
    """Bring a table up to date; `columns` is where our headings stand now. Returns remarks.

    Raises
    ------
    LayoutError
        When there is no room below the table.
    """
    return _Filling(ground, table, spec, columns).run()


def written(old: Cell | None, new: Body, strings: Strings, style: bytes | None = None) -> Cell | None:
    """The cell with a new value: the very same one if it holds that already, in its style unless another is given."""
    attribute = style_attribute(old) if style is None else style
    if old is not None and style is None and (number := number_in(old)) is not None and (other := number_in(new)) is not None:
        return old if number == other else (attribute, new[1])  # nearly all cells
    if old is not None:
        known = strings() if b' t="s"' in old[0] and old[1] != new[1] else ()
        if same(old, new, known):
            return old if style is None or attribute == style_attribute(old) else (_restyled(old[0], attribute), old[1])
    if new[1] is None and not attribute:
        return None
    return attribute + new[0], new[1]


class _Filling:
    def __init__(self, ground: Ground, table: TableXml, spec: Table, columns: Mapping[str, int]) -> None:
        self._ground, self._sheet, self._table, self._spec = ground, ground.sheet, table, spec
        self._columns = columns
        self._first, self._old_last = table.first_row, table.last_row
        self._ours = [_Ours(columns[c.heading], plain_values(c.values, ground.epoch_1904), c.kept) for c in spec.columns]
        taken = {o.column for o in self._ours if not o.kept}
        everything = range(table.area.left, table.area.right + 1)
        self._user = UserCells(self._sheet, [c for c in everything if c not in taken], self._first, self._old_last)
        self._kept = {o.column for o in self._ours if o.kept}
        self._last_styles: dict[int, bytes] = {}

    def run(self) -> list[str]:
        rows = plan(self._spec.growth, self._old_keys(), self._new_keys(), bool(self._spec.key))
        last = self._first + len(rows) - 1
        self._must_have_room(last)
        moving = self._spec.growth == "replace" and any(row.origin != i for i, row in enumerate(rows))
        remarks = self._lost(rows) if moving or last < self._old_last else []
        if moving or last < self._old_last or self._overwrites_formulas():
            formulas.unshare(self._sheet, Area(self._first, self._table.area.left, self._old_last, self._table.area.right))
            self._user = UserCells(self._sheet, self._user.columns, self._first, self._old_last)
        totals = self._lift_totals(last)
        for index, row in enumerate(rows):
            self._fill_row(index, row, moving)
        self._clear(last)
        self._put_totals(totals, last)
        data = Area(self._first, self._table.area.left, self._old_last, self._table.area.right)
        ranges.follow(self._sheet, data, last)
        self._table.end_at(last)
        return remarks

    # ── keys ─────────────────────────────────────────────────────────────────

    def _old_keys(self) -> list[str]:
        headings = self._spec.key or ([c.heading for c in self._spec.columns] if self._old_last == self._first else [])
        if not headings:
            return ["row"] * (self._old_last - self._first + 1)
        columns = [self._sheet.column(self._columns[h], self._first, self._old_last) for h in headings]
        return [
            _key([text(cell, self._ground.strings() if cell and b' t="s"' in cell[0] else ()) for cell in cells])
            for cells in zip(*columns, strict=True)
        ]

    def _new_keys(self) -> list[str]:
        columns = [o.values for o, c in zip(self._ours, self._spec.columns, strict=True) if c.heading in self._spec.key]
        order = [c.heading for c in self._spec.columns if c.heading in self._spec.key]
        columns = [columns[order.index(h)] for h in self._spec.key]
        if not columns:
            return ["row"] * self._spec.rows
        return [_key([text(body(v, self._ground.epoch_1904), ()) for v in values]) for values in zip(*columns, strict=True)]

    # ── room ─────────────────────────────────────────────────────────────────

    def _must_have_room(self, last: int) -> None:
        area, totals = self._table.area, self._table.totals_rows
        if last + totals > LAST_ROW:
            place = sheet_place(self._ground.name, self._first, area.left)
            raise LayoutError(place, f"{last - self._first + 1:,} rows do not fit into a sheet", "leave out what need not be segmented")
        if last <= self._old_last:
            return
        ground = Area(area.bottom + 1, area.left, last + totals, area.right)
        blocked = next((a for a in (*self._ground.others, *ranges.merged(self._sheet)) if a.meets(ground)), None)
        found = (blocked.top, max(blocked.left, area.left)) if blocked else self._filled(ground)
        if found:
            more = last - self._old_last
            fact = f"the table {self._spec.name} needs {more} more {'row' if more == 1 else 'rows'}, and this cell is in use"
            raise LayoutError(sheet_place(self._ground.name, *found), fact, "move it to the right of the table, or to another sheet")

    def _filled(self, area: Area) -> tuple[int, int] | None:
        for row in self._sheet.rows():
            if area.top <= row <= area.bottom:
                for column, cell in self._sheet.cells(row).items():
                    if area.left <= column <= area.right and is_filled(cell):
                        return row, column
        return None

    # ── rows ─────────────────────────────────────────────────────────────────

    def _fill_row(self, index: int, row: Row, moving: bool) -> None:
        number = self._first + index
        cells = self._sheet.cells(number)
        changed = number > self._old_last
        if changed:
            self._prepare(cells, index)
        if moving:
            for column in self._user.columns:
                changed |= _set(cells, column, self._user.moved(column, index, row))
        for ours in self._ours:
            if row.values is not None and (row.fresh or not ours.kept):
                value = ours.values[row.values] if row.values != EMPTY else None
                changed |= _set(cells, ours.column, written(cells.get(ours.column), body(value, self._ground.epoch_1904), self._ground.strings))
        if changed:
            self._sheet.put(number, cells)

    def _prepare(self, cells: dict[int, Cell], index: int) -> None:
        """A new row looks like the last one, and continues its formulas."""
        for ours in self._ours:
            _set(cells, ours.column, self._blank(ours.column))
        for column in self._user.columns:
            if column not in self._kept:
                going_on = self._user.ends_in_formula(column)
                _set(cells, column, self._user.continued(column, index) if going_on else self._user.blank(column))

    def _blank(self, column: int) -> Cell | None:
        if column not in self._last_styles:
            self._last_styles[column] = style_attribute(self._sheet.column(column, self._old_last, self._old_last)[0])
        style = self._last_styles[column]
        return (style, None) if style else None

    def _clear(self, last: int) -> None:
        """Empty the rows that the table no longer has."""
        for number in range(last + 1, self._old_last + 1):
            self._without_table(number)
            if self._table.filtered:
                self._sheet.unhide(number)

    def _without_table(self, number: int) -> dict[int, Cell]:
        cells, area = self._sheet.cells(number), self._table.area
        gone = {c: cells.pop(c) for c in list(cells) if area.left <= c <= area.right}
        if gone:
            self._sheet.put(number, cells)
        return gone

    # ── what stands below ────────────────────────────────────────────────────

    def _lift_totals(self, last: int) -> dict[int, Cell]:
        moves = self._table.totals_rows and last != self._old_last
        return self._without_table(self._table.area.bottom) if moves else {}

    def _put_totals(self, totals: dict[int, Cell], last: int) -> None:
        if totals:
            self._sheet.put(last + 1, {**self._sheet.cells(last + 1), **totals})

    def _lost(self, rows: Sequence[Row]) -> list[str]:
        lost = self._user.lost(rows)
        if not lost:
            return []
        return [
            f"{self._ground.name}: {lost} {'value' if lost == 1 else 'values'} typed beside rows that are gone from {self._spec.name} went with them."
        ]

    def _overwrites_formulas(self) -> bool:
        """Whether the user has typed formulas that are shared between cells into columns of ours."""
        rows = set(self._sheet.rows_with(b't="shared"'))
        inside = [r for r in rows if self._first <= r <= self._old_last]
        return any(is_formula(self._sheet.cells(r).get(o.column)) for r in inside for o in self._ours)


def _key(parts: Sequence[str]) -> str:
    return _BETWEEN_KEYS.join(parts) if any(parts) else ""


def _set(cells: dict[int, Cell], column: int, cell: Cell | None) -> bool:
    """Set a cell or remove it; whether that is a change."""
    old = cells.get(column)
    if cell is None:
        cells.pop(column, None)
    else:
        cells[column] = cell
    return cell is not old and cell != old


def _restyled(attributes: bytes, style: bytes) -> bytes:
    old = style_attribute((attributes, None))
    return style + (attributes.replace(old, b"", 1) if old else attributes)
