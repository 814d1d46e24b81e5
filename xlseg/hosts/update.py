"""One tab made or brought up to date in an open book."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Literal

from xlseg.errors import LayoutError
from xlseg.hosts import attached, locate, noted, ranges
from xlseg.hosts.a1 import LAST_COLUMN, LAST_ROW, Area, letters, place
from xlseg.hosts.blocks import rectangles
from xlseg.hosts.book import Book, sheet_place
from xlseg.hosts.cellxml import Cell as CellXml
from xlseg.hosts.cellxml import body, cell_type, formula_body, is_filled, is_formula, text
from xlseg.hosts.fill import Ground, fill
from xlseg.hosts.formulas import shifted
from xlseg.hosts.graft import Drawing
from xlseg.hosts.lines import Lines, of_part
from xlseg.hosts.placing import Placing, placing
from xlseg.hosts.rowedit import written
from xlseg.hosts.sheetxml import SheetXml, Standing
from xlseg.hosts.skeleton import area_of, footer, is_our_footer
from xlseg.hosts.tablexml import TableXml
from xlseg.workbook import Tab, Table

_SPILLS = re.compile(rb"""<f(?=[^>]*\st=["']array)[^>]*\sref=["'][^"']*:""")
_TABLES = re.compile(r"\b(tbl\w+)\[")
_HIDDEN = re.compile(rb'<row r="([0-9]{1,7})"[^<>]* hidden="(?:1|true)"')
_STATES = ("good", "bad", "warn", "note")
"""Looks that say how things stand: they change with the value, also where the user's formats stay."""


@dataclass(frozen=True)
class Outcome:
    """What became of a tab.

    Attributes
    ----------
    sheet, part
        Name of its sheet and of the sheet's part.
    user_formulas
        Names of the cells of the user on this sheet that depend on a calculation; none when the sheet is as it was.
    formulas
        The XML in which all formulas on the sheet stand; None when nobody has looked.
    """

    how: Literal["made", "updated", "unchanged"]
    sheet: str
    part: str
    user_formulas: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()
    formulas: bytes | None = None


def write_tab(book: Book, tab: Tab, lost: Collection[str] = ()) -> Outcome:
    """Make the tab, or bring it up to date where it stands; `lost` are names of tables that formulas cannot ask, as the user has made ranges of them.

    Raises
    ------
    LayoutError
        When the sheet is not ours, has lost its key column, or has no room.
    """
    _must_fit(tab)
    name = locate.sheet_of(book, tab)
    drawing = Drawing(book, tab)
    if name is None:
        part = drawing.add_sheet()
        return _Update(book, tab, drawing, tab.name, part, lost, is_new=True).run()
    part = book.worksheets()[name]
    if tab.input:
        return Outcome("unchanged", name, part)
    return _Update(book, tab, drawing, name, part, lost).run()


def _must_fit(tab: Tab) -> None:
    for table in tab.tables:
        row, column = table.at
        if column + len(table.columns) - 1 > LAST_COLUMN or row + table.rows > LAST_ROW:
            fact = f"a table of {table.rows:,} rows and {len(table.columns):,} columns does not fit into a sheet"
            raise LayoutError(sheet_place(tab.name, row, column), fact, "leave out what need not be segmented")


@dataclass(frozen=True)
class _Ready:
    """The rows of a table as they shall be, and where they stand on the sheet already, if all of them do."""

    area: Area
    lines: Lines
    standing: list[Standing] | None


@dataclass
class _Update:
    book: Book
    tab: Tab
    drawing: Drawing
    name: str
    part: str
    lost: Collection[str] = ()
    is_new: bool = False
    remarks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.old = self.book.package.read(self.part)
        self.tables: dict[int, TableXml] = {}
        self.ready = {} if self.is_new else self._ready()
        standing = sorted(place for ready in self.ready.values() for place in ready.standing or ())
        place = f"{self.book.package.name}: {self.name}"
        self.sheet = SheetXml(self.old, place, is_usual=self.book.is_usual(self.name), standing=standing)

    def _ready(self) -> dict[int, _Ready]:
        """The tables whose new rows can be compared with the sheet before it is taken apart."""
        by_name, found = locate.tables_by_name(self.book, self.part), {}
        for index, spec in enumerate(self.tab.tables):
            table = by_name.get(spec.name.casefold())
            lines = of_part(table, spec, self.book.epoch_1904) if table else None
            if table and lines:
                found[index] = _Ready(table.area, lines, lines.standing(self.old, table.first_row))
        return found

    def run(self) -> Outcome:
        formulas = self.sheet.formula_cells()
        self._find_tables()
        self._must_have_room_above()
        place_of = placing(self.sheet, self.tab, self.tables, lambda: self.book.strings)
        by_place = {place_of(*at): at for at in self.tab.cells}
        if place_of.lost:
            by_place = self._free_of(by_place)
        ours = {place for place, at in by_place.items() if not self._is_blank(at)}
        if self.tab.owns_columns:
            self._lay_out_anew(ours)
            by_place = {place: at for place, at in by_place.items() if place in ours or not self._is_filled(*place)}
        for index, table in self.tables.items():
            self._fill(index, table, self.tab.tables[index])
        self._write_cells(by_place, place_of)
        if self.tab.owns_columns:
            self._note(ours)
        self._update_footer()
        if self.sheet.touched:
            ranges.set_dimension(self.sheet)
        self._save()
        after = self.sheet.formula_cells()
        if formulas - after:
            self.book.drop_calculation_chain()
        changed = self._changed
        user_formulas = frozenset(after - {place(*at) for at in by_place}) if changed else frozenset()
        if changed:
            filtered = [self.tab.tables[i].name for i, table in self.tables.items() if table.filtered]
            self.remarks += [f"{self.name}: {name} is filtered; reapply the filter (Data, Reapply) to see what has changed." for name in filtered]
            hiding = [self.tab.tables[i].name for i, table in self.tables.items() if self._hides_rows(self.tab.tables[i], table)]
            self.remarks += [
                f"{self.name}: rows of {name} are hidden, and may be others than those that you have hidden; show them all." for name in hiding
            ]
        how: Literal["made", "updated", "unchanged"] = "made" if self.is_new else "updated" if changed else "unchanged"
        return Outcome(how, self.name, self.part, user_formulas, tuple(self.remarks), self.sheet.formulas())

    def _hides_rows(self, spec: Table, table: TableXml) -> bool:
        """Whether the user has hidden rows of a table whose rows change places."""
        if spec.growth != "replace" or not spec.key or table.filtered or self.is_new:
            return False
        return any(table.first_row <= int(row) <= table.last_row for row in _HIDDEN.findall(self.old))

    # ── tables ───────────────────────────────────────────────────────────────

    def _find_tables(self) -> None:
        self.tables = locate.tables_of(self.book, self.sheet, self.part, self.tab)
        if not self.is_new:
            locate.must_be_ours(self.book, self.sheet, self.name, self.tab, self.tables)
        rows, columns = self._offset()
        for index in sorted(set(range(len(self.tab.tables))) - self.tables.keys()):
            home = area_of(self.tab.tables[index])
            area = Area(home.top + rows, home.left + columns, home.bottom + rows, home.right + columns)
            self._must_be_free(area, self.tab.tables[index].name)
            self.tables[index] = self.drawing.add_table(self.sheet, self.part, index, area)
        self.tables = dict(sorted(self.tables.items()))

    def _fill(self, index: int, table: TableXml, spec: Table) -> None:
        columns = locate.columns_of(self.name, table, spec)
        for column in spec.columns:
            if column.heading not in columns:
                columns[column.heading] = self._add_column(table, spec, column.heading)
        if spec.key and spec.growth == "replace":
            self._take_in(table)
        ready = self.ready.get(index)
        lines = ready.lines if ready and ready.lines.columns == columns else None
        stand = ready and lines and ready.standing is not None and ready.area == table.area and self.sheet.is_plain
        if stand and (spec.key or spec.growth == "replace"):
            return  # all rows stand there already
        others = tuple(t.area for t in self._all_tables() if t.area != table.area)
        ground = Ground(self.name, self.sheet, self.book.epoch_1904, lambda: self.book.strings, others)
        stood, rows = table.area, (table.first_row, table.last_row)
        remarks, moves = fill(ground, table, spec, columns, lines)
        self.remarks += remarks
        if moves:
            self.remarks += attached.follow(self.book, self.part, self.name, self.sheet, moves)
        self.book.follow_names(self.name, stood, rows, table.last_row - rows[1])
        table.save(self.book.package)

    def _add_column(self, table: TableXml, spec: Table, heading: str) -> int:
        """A column of ours that the user has deleted or renamed, or that is new in this version."""
        column = table.area.right + 1
        self._must_be_free(Area(table.area.top, column, table.area.bottom, column), f"the column {heading!r} of {spec.name}")
        home, offset = area_of(spec), [c.heading for c in spec.columns].index(heading)
        if table.header_rows:
            self._restyle(table.area.top, column, self.drawing.style(home.top, home.left + offset), heading)
        for row in range(table.first_row, table.last_row + 1):
            self._restyle(row, column, self.drawing.style(home.bottom, home.left + offset), None)
        self.remarks.append(f"{self.name}: the column {heading!r} was not there; it is added at the right of {spec.name}.")
        return table.add_column(heading)

    def _take_in(self, table: TableXml) -> None:
        """Columns typed beside a table whose rows change places: Excel takes one in as its heading is typed, other programs do not.

        Left outside, what stands in them would come to stand beside another row.
        """
        others = [*(t.area for t in self._all_tables() if t.area != table.area), *ranges.merged(self.sheet)]
        heads = self.sheet.cells(table.area.top) if table.header_rows else {}
        while cell := heads.get(table.area.right + 1):
            heading, column = text(cell, self.book.strings), table.area.right + 1
            beside = Area(table.area.top, column, table.area.bottom, column)
            is_text = cell_type(cell) in (b"s", b"inlineStr") and not is_formula(cell) and heading.strip()
            if not is_text or table.column(heading) is not None or any(area.meets(beside) for area in others) or self._spills(beside):
                return
            table.add_column(heading)

    def _spills(self, area: Area) -> bool:
        """Whether a formula in a column fills several cells, which no table may hold."""
        return any(cell and cell[1] and _SPILLS.search(cell[1]) for cell in self.sheet.column(area.left, area.top, area.bottom))

    def _restyle(self, row: int, column: int, style: bytes, words: str | None) -> None:
        cells = self.sheet.cells(row)
        cell = written(cells.get(column), body(words, False), lambda: self.book.strings, style)
        if cell is not None:
            cells[column] = cell
            self.sheet.put(row, cells)

    def _must_be_free(self, area: Area, what: str) -> None:
        taken = [a for a in (*(t.area for t in self._all_tables()), *ranges.merged(self.sheet)) if a.meets(area)]
        cells = [
            (row, column)
            for row in self.sheet.rows()
            if area.top <= row <= area.bottom
            for column, cell in self.sheet.cells(row).items()
            if area.left <= column <= area.right and is_filled(cell)
        ]
        if taken or cells or area.right > LAST_COLUMN:
            at = cells[0] if cells else (area.top, area.left)
            raise LayoutError(sheet_place(self.name, *at), f"{what} is missing, and its place {area} is in use", "free these cells")

    def _all_tables(self) -> list[TableXml]:
        known = {t.part for t in self.tables.values()}
        others = [TableXml.of_part(self.book.package, p) for p in self.book.tables_of(self.part) if p not in known]
        return [*self.tables.values(), *others]

    # ── cells ────────────────────────────────────────────────────────────────

    def _offset(self) -> tuple[int, int]:
        """How far the user has moved the first table."""
        if not self.tables:
            return 0, 0
        index = min(self.tables)
        row, column = self.tab.tables[index].at
        return self.tables[index].first_row - row - 1, self.tables[index].area.left - column

    def _must_have_room_above(self) -> None:
        """Where the user has deleted rows above the first table, what stands there has no place any more."""
        gone = -self._offset()[0]
        if gone > 0 and any(row <= gone for row, _ in self.tab.cells):
            index = min(self.tables)
            area, rows = self.tables[index].area, "a row" if gone == 1 else f"{gone} rows"
            fact = f"the table {self.tab.tables[index].name} stands {rows} higher than the texts above it need"
            raise LayoutError(sheet_place(self.name, area.top, area.left), fact, f"insert {rows} above it")

    def _free_of(self, by_place: Mapping[tuple[int, int], tuple[int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
        """The cells whose place is empty; where nothing of ours is found, what is filled is the user's."""
        free = {(row, column): at for (row, column), at in by_place.items() if not self._is_filled(row, column)}
        if len(free) < len(by_place):
            self.remarks.append(
                f"{self.name}: other cells stand where the texts above {self.tab.tables[min(self.tables)].name} belong; they are left."
            )
        return free

    def _lay_out_anew(self, ours: Collection[tuple[int, int]]) -> None:
        """Clear what the last refresh wrote on a page and this one does not; nothing of the user's may stand where the page has grown to."""
        known = self.book.local_names(self.name, noted.NAME)
        known = known if len(known) <= noted.MOST else {}
        before, others = self._written_before(known, ours), [table.area for table in self._all_tables()]
        if known:
            self._must_be_noted(ours, before)
            self._must_be_as_filled(known)
        for row in self.sheet.rows():
            there = [area for area in before if area.top <= row <= area.bottom]
            cells = self.sheet.cells(row) if there else {}
            gone = {column for column in cells if (row, column) not in ours and _holds(there, row, column) and not _holds(others, row, column)}
            if gone:
                self.sheet.put(row, {column: cell for column, cell in cells.items() if column not in gone})

    def _is_blank(self, at: tuple[int, int]) -> bool:
        """Whether a page has nothing to say in a cell but its look: what the user types there is his. Where he is asked to type, it is ours."""
        cell = self.tab.cells[at]
        return cell.value in (None, "") and cell.formula is None and not cell.style.startswith("input")

    def _is_filled(self, row: int, column: int) -> bool:
        return is_filled(self.sheet.cells(row).get(column))

    def _note(self, ours: Collection[tuple[int, int]]) -> None:
        known = self.book.local_names(self.name, noted.NAME)
        now = noted.names(self.name, {area: self._filled(area) for area in rectangles(ours)})
        if not (noted.are_same(known, now) and noted.are_same(known.values(), now.values())):
            self.book.put_local_names(self.name, noted.NAME, now)

    def _filled(self, area: Area) -> int:
        """How many cells of an area are filled."""
        rows = (self.sheet.cells(row) for row in self.sheet.rows() if area.top <= row <= area.bottom)
        return sum(is_filled(cell) for cells in rows for column, cell in cells.items() if area.left <= column <= area.right)

    def _written_before(self, known: Mapping[str, str], ours: Collection[tuple[int, int]]) -> list[Area]:
        """The cells of a page that may hold what an earlier refresh wrote.

        All that the page uses where nobody knows: on a page of a former version, or when a script has moved the cells and not the names.
        """
        columns = self.tab.owns_columns
        if not known:
            return [Area(1, 1, LAST_ROW, columns)]
        now = [noted.reference(self.name, area) for area in rectangles(ours)]
        moved = locate.moved_by(self.sheet, self.tab, lambda: self.book.strings) if noted.are_same(known.values(), now) else (0, 0)
        return [Area(1, 1, LAST_ROW, columns + moved[1])] if any(moved) else [area for found in noted.areas(known).values() for area in found]

    def _must_be_noted(self, ours: Collection[tuple[int, int]], before: Sequence[Area]) -> None:
        for row, places in groupby(sorted(ours), key=itemgetter(0)):
            cells = self.sheet.cells(row)
            for _, column in places:
                if is_filled(cells.get(column)) and not _holds(before, row, column):
                    fact = "this cell is in use, and the page has grown to where it stands"
                    raise LayoutError(
                        sheet_place(self.name, row, column), fact, f"move it to column {letters(self.tab.owns_columns + 1)}, or delete it"
                    )

    def _must_be_as_filled(self, known: Mapping[str, str]) -> None:
        """Where rows or columns have been inserted within our cells, nothing of the user's may stand in them."""
        for area, filled in noted.widened(known):
            if self._filled(area) > filled:
                fact = f"rows or columns have been inserted within our cells {area}, and something stands in them"
                advice = f"move it to column {letters(self.tab.owns_columns + 1)}, or delete them"
                raise LayoutError(sheet_place(self.name, area.top, area.left), fact, advice)

    def _write_cells(self, by_place: Mapping[tuple[int, int], tuple[int, int]], place_of: Placing) -> None:
        by_row: dict[int, list[int]] = {}
        for row, column in sorted(by_place):
            by_row.setdefault(row, []).append(column)
        for row, columns in by_row.items():
            cells = self.sheet.cells(row)
            before = dict(cells)
            for column in columns:
                self._must_be_outside(row, column)
                self._write_cell(cells, column, by_place[row, column], place_of)
            if cells != before:
                self.sheet.put(row, cells)

    def _must_be_outside(self, row: int, column: int) -> None:
        inside = next((self.tab.tables[i].name for i, table in self.tables.items() if table.area.holds(row, column)), None)
        if inside:
            fact = f"the table {inside} has grown over a cell of the tab"
            raise LayoutError(sheet_place(self.name, row, column), fact, "move the table back to where it was")

    def _write_cell(self, cells: dict[int, CellXml], column: int, at: tuple[int, int], place_of: Placing) -> None:
        cell = self.tab.cells[at]
        new = body(cell.value, self.book.epoch_1904)
        if cell.formula is not None and not any(name in self.lost for name in _TABLES.findall(cell.formula)):
            words = cell.formula.removeprefix("=")
            new = formula_body(words if place_of.still else shifted(words, place_of), cell.value, self.book.epoch_1904)
        keeps_style = not self.tab.owns_columns and column in cells and cell.style not in _STATES
        style = None if keeps_style else self.drawing.style(*at)
        result = written(cells.get(column), new, lambda: self.book.strings, style)
        if result is None:
            cells.pop(column, None)
        else:
            cells[column] = result

    def _update_footer(self) -> None:
        for element in self.sheet.all("oddFooter"):
            if self.tab.footer and is_our_footer(element.text or "", self.tab.footer):
                element.text = footer(self.tab.footer)

    def _save(self) -> None:
        new = bytes(self.sheet)
        self._changed = new != self.old
        if self._changed:
            self.book.package.put(self.part, new, is_other=True)


def _holds(areas: Sequence[Area], row: int, column: int) -> bool:
    return any(area.holds(row, column) for area in areas)
