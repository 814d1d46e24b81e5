"""The rows of one table brought up to date, in place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from xlseg.errors import LayoutError
from xlseg.hosts import formulas, ranges
from xlseg.hosts.a1 import LAST_COLUMN, LAST_ROW, Area, letters
from xlseg.hosts.attached import Moves
from xlseg.hosts.book import sheet_place
from xlseg.hosts.cellxml import BLANK, Cell, formula, is_filled, is_formula, is_uncomputed, style_attribute, text
from xlseg.hosts.lines import BLOCK, Lines
from xlseg.hosts.plainrows import PlainRows
from xlseg.hosts.render import tail
from xlseg.hosts.rowedit import Strings, edited, written
from xlseg.hosts.rowplan import EMPTY, Row, plan
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.tablexml import TableXml
from xlseg.hosts.telling import went_with_rows
from xlseg.hosts.usercells import RECENT, Looks, UserCells, commonest
from xlseg.workbook import Table

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


def fill(ground: Ground, table: TableXml, spec: Table, columns: Mapping[str, int], lines: Lines | None = None) -> tuple[list[str], Moves]:
    """Bring a table up to date; `columns` is where our headings stand now. Returns remarks, and which rows have changed places.

    `lines` are its rows, if somebody has made them already for these columns.

    Raises
    ------
    LayoutError
        When there is no room below the table.
    """
    if spec.growth == "append" and not spec.rows and table.first_row < table.last_row == _last_filled(ground.sheet, table):
        return [], Moves(table.area)  # a log of many rows to which none is added
    return _Filling(ground, table, spec, columns, lines or Lines(spec, columns, ground.epoch_1904)).run()


class _Filling:
    def __init__(self, ground: Ground, table: TableXml, spec: Table, columns: Mapping[str, int], lines: Lines) -> None:
        self._ground, self._sheet, self._table, self._spec = ground, ground.sheet, table, spec
        self._columns = columns
        self._new, self._ours = lines, lines.ours
        self._first, filled = table.first_row, _last_filled(ground.sheet, table)
        self._old_last = self._last_of_ours(filled) if spec.growth == "replace" else filled
        self._has_typed = self._old_last < filled
        taken = {o.column for o in self._ours if not o.kept}
        everything = range(table.area.left, table.area.right + 1)
        self._kept = {o.column for o in self._ours if o.kept}
        self._user = self._users_of([c for c in everything if c not in taken])
        self._letters = frozenset(letters(o.column).encode() for o in self._ours)
        self._last_styles: dict[int, bytes] = {}
        self._looks = Looks(ground.sheet, [], 0, 0)

    def _last_of_ours(self, last: int) -> int:
        """The last row before those that the user has typed at the end of a list that is made anew: Excel takes them into the table."""
        while last > self._first and self._is_typed(last):
            last -= 1
        return last

    def _must_lose_nothing_typed(self, old: Sequence[str], rows: Sequence[Row]) -> None:
        """Of a list that is made anew the rows that go are ours: what the user has typed into rows of his own between them has no place any more.

        Nor has what he has typed into the blank row of an empty list: it would come to stand beside whoever comes first.
        """
        if old == [""]:
            typed = [c for c in self._user.columns if is_filled(cell := self._user.here(c, 0)) and not is_formula(cell)] if self._spec.rows else []
            if typed:
                fact = f"something is typed into the blank row of {self._spec.name}, to which rows come now"
                raise LayoutError(sheet_place(self._ground.name, self._first, typed[0]), fact, "move it above the list or to the right of it")
            return
        if self._spec.growth != "replace" or not self._spec.key:
            return
        staying = {row.origin for row in rows}
        for row in (self._first + index for index in range(len(old)) if index not in staying):
            if self._is_typed(row):
                fact = f"this row of {self._spec.name} is not one that xlseg has written, and the list is made anew"
                raise LayoutError(sheet_place(self._ground.name, row, min(self._filled_in(row))), fact, "move it below the list or to another place")

    def _is_typed(self, row: int) -> bool:
        """Whether a row is the user's own; not an action that he has taken on himself, which goes into the log."""
        filled = self._filled_in(row)
        is_for_the_log = self._spec.logged and {self._columns[heading] for heading in self._spec.key} <= filled
        return bool(filled) and not is_for_the_log and not self._looks_ours(filled)

    def _filled_in(self, row: int) -> set[int]:
        area = self._table.area
        return {column for column, cell in self._sheet.cells(row).items() if area.left <= column <= area.right and is_filled(cell)}

    def _looks_ours(self, filled: Collection[int]) -> bool:
        """Whether a row with these cells filled has its whole key, if that is more than a word, or at least half of those that all our rows have."""
        key = {self._columns[heading] for heading in self._spec.key}
        return (len(key) > 1 and key <= set(filled)) or 2 * len(self._always.intersection(filled)) >= len(self._always)

    @cached_property
    def _always(self) -> frozenset[int]:
        return frozenset(ours.column for ours in self._ours if not ours.kept and BLANK not in ours.values.distinct)

    def _users_of(self, columns: Sequence[int]) -> UserCells:
        data = Area(self._first, self._table.area.left, self._old_last, self._table.area.right)
        return UserCells(self._sheet, self._ground.name, data, columns, self._kept)

    def run(self) -> tuple[list[str], Moves]:
        old = self._old_keys()
        self._must_be_named(old)
        new = self._new_keys() if old != [""] else [""] * self._spec.rows  # to a table without rows all are new
        old = _with_zeros(old, new)
        rows = plan(self._spec.growth, old, new, bool(self._spec.key))
        last = self._first + len(rows) - 1
        self._must_have_room(last)
        self._must_lose_nothing_typed(old, rows)
        height = self._old_last - self._first + 1
        changes = (row.origin != i for i, row in enumerate(rows) if i < height or row.origin is not None)
        changes_places = self._spec.growth == "replace" and bool(self._spec.key) and any(changes)
        moving = changes_places and bool(self._user.columns)  # ours have no place of their own
        remarks = [*self._doubled(old, new), *(self._lost(rows, old) if moving or last < self._old_last else [])]
        remarks += self._left_beside() if changes_places else []
        in_place = self._typed_in_place()
        stood = self._raw_rows() if in_place else []
        moves = self._moves(rows, old) if changes_places else Moves(self._table.area)
        if moving or last < self._old_last or self._overwrites_formulas() or self._moves_totals(last):
            formulas.unshare(self._sheet, Area(self._first, self._table.area.left, self._table.area.bottom, self._table.area.right))
            self._user = self._users_of([*self._user.columns])
        self._looks = Looks(self._sheet, [o.column for o in self._ours if not o.kept] if moving else [], self._first, self._old_last)
        totals = self._lift_totals(last)
        cuts = [0, *range(1, min(height, len(rows)), BLOCK), *range(height, len(rows), BLOCK), len(rows)]  # the first row says more of itself
        for start, stop in pairwise(cuts):
            self._fill_block(start, rows[start:stop], moving)
        self._clear(last)
        self._put_totals(totals, last)
        data = Area(self._first, self._table.area.left, self._table.last_row, self._table.area.right)
        ranges.follow(self._sheet, data, last)
        self._table.end_at(last)
        if stood != (self._raw_rows() if in_place else []):
            about = f"{self._spec.name}, which is made anew: what is typed there stays in its place, and may come to stand beside another row"
            remarks += [f"{self._ground.name}: column {letters(column)} stands beside {about}." for column in in_place]
        return remarks, moves

    def _moves(self, rows: Sequence[Row], old: Sequence[str]) -> Moves:
        to = {row.origin: index for index, row in enumerate(rows) if row.origin is not None}
        gone = {self._first + index: _name(key) for index, key in enumerate(old) if index not in to}
        return Moves(self._table.area, {self._first + old: self._first + new for old, new in to.items() if old != new}, gone)

    def _doubled(self, old: Sequence[str], new: Sequence[str]) -> list[str]:
        """Rows that the user has copied: one of them stays as it was, and is counted with the others."""
        if self._spec.growth != "keep" or not self._spec.key or len(set(old)) == len(old):
            return []
        due = Counter(new)
        doubled = [key.replace(_BETWEEN_KEYS, ", ") for key in Counter(old) - due if due[key] and key.strip(_BETWEEN_KEYS)]
        if not doubled:
            return []
        which = f"{doubled[0]} stands" if len(doubled) == 1 else f"{doubled[0]} and {len(doubled) - 1} others stand"
        return [f"{self._ground.name}: {which} in too many rows of {self._spec.name}; delete those that are not kept up to date."]

    def _must_be_named(self, old: Sequence[str]) -> None:
        """Whose key the user has emptied would stay as he is, and be counted once more in a new row."""
        if self._spec.growth != "keep" or not self._spec.key or "" not in old or len(old) == 1:
            return
        for row in (self._first + index for index, key in enumerate(old) if not key):
            if self._looks_ours(self._filled_in(row)):
                heading = self._spec.key[0]
                fact = f"the {heading} of this row of {self._spec.name} is empty"
                raise LayoutError(sheet_place(self._ground.name, row, self._columns[heading]), fact, "write it back, or delete the row of the table")

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
        order = [c.heading for c in self._spec.columns]
        columns = [self._ours[order.index(h)].values for h in self._spec.key]
        if not columns:
            return ["row"] * self._spec.rows
        words = [[text(distinct, ()) for distinct in column.distinct] for column in columns]
        each = [[known[place] for place in column.places.tolist()] for known, column in zip(words, columns, strict=True)]
        return [_key(parts) for parts in zip(*each, strict=True)]

    # ── room ─────────────────────────────────────────────────────────────────

    def _must_have_room(self, last: int) -> None:
        area, totals = self._table.area, self._table.totals_rows
        if last + totals > LAST_ROW:
            place = sheet_place(self._ground.name, self._first, area.left)
            raise LayoutError(place, f"{last - self._first + 1:,} rows do not fit into a sheet", "leave out what need not be segmented")
        if last + totals <= self._old_last if self._has_typed else last <= self._table.last_row:
            return
        ground = Area(self._old_last + 1 if self._has_typed else area.bottom + 1, area.left, last + totals, area.right)
        blocked = next((a for a in (*self._ground.others, *ranges.merged(self._sheet)) if a.meets(ground)), None)
        found = (blocked.top, max(blocked.left, area.left)) if blocked else self._filled(ground)
        if found:
            more = last - self._old_last + (totals if self._has_typed else 0)
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

    def _fill_block(self, start: int, rows: Sequence[Row], moving: bool) -> None:
        """Rows one after the other; the usual ones all at once, where nothing stands yet and where rows stay."""
        if moving or any(row.values is None or row.values == EMPTY for row in rows):
            for index, row in enumerate(rows, start=start):
                self._fill_row(index, row, moving)
            return
        first, tails = self._first + start, self._row_tails(start, rows)
        if first > self._old_last and self._sheet.are_free(first, first + len(rows) - 1):
            self._add_rows(first, tails)
        else:
            self._change_rows(start, rows, tails)

    def _add_rows(self, first: int, tails: Mapping[int, Any]) -> None:
        run = None if self._continues_formulas else self._new.run(first, tails)
        if run is not None:
            self._sheet.add_run(run)
        else:
            self._sheet.add(first, self._new.listed(first, tails))

    def _change_rows(self, start: int, rows: Sequence[Row], tails: Mapping[int, Any]) -> None:
        """Rows that hold nothing but what we have written are written anew, the others cell by cell; those that hold their values stay."""
        first = self._first + start
        old = [self._sheet.raw(number) for number in range(first, first + len(rows))]
        are_plain = self._plain.are(first, old)
        if all(are_plain) and (run := self._new.run(first, tails)):
            if run.content != b"".join(old):
                self._sheet.replace_run(run)
            return
        for index, (row, line, is_plain) in enumerate(zip(rows, self._new.listed(first, tails), are_plain, strict=True), start=start):
            number = self._first + index
            if number > self._old_last and not self._sheet.has(number):
                self._sheet.add(number, [line])
            elif self._sheet.holds(number, line):
                continue
            elif is_plain:
                self._sheet.hold(number, line)
            elif not self._edit_row(number, line):
                self._fill_row(index, row, False)

    @cached_property
    def _plain(self) -> PlainRows:
        return PlainRows(self._table.area, {ours.column: self._style(ours.column) for ours in self._ours if not ours.kept})

    @property
    def _continues_formulas(self) -> bool:
        """Whether new rows get formulas of the user's; ours are values."""
        return any(self._user.goes_on(column) for column in self._user.columns if column not in self._kept)

    def _row_tails(self, start: int, rows: Sequence[Row]) -> dict[int, Any]:
        """The cells of rows, by column, as they will be if each looks like the last row there was, and nothing stands beside the table."""
        chosen, are_new = [row.values or 0 for row in rows], self._first + start > self._old_last and all(row.fresh for row in rows)
        tails = {ours.column: self._new.tails(ours, chosen, self._style(ours.column)) for ours in self._ours}
        for column in self._user.columns:
            if are_new and column in self._kept:
                continue
            if are_new and not self._user.goes_on(column):
                tails[column] = [tail(self._user.blank(column))] * len(rows)
                continue
            others = [tail(self._users_cell(column, start + i, row)) for i, row in enumerate(rows)]
            kept = tails.get(column)
            if kept is not None:
                kept = kept if isinstance(kept, list) else kept.to_pylist()
                others = [k if row.fresh else o for k, o, row in zip(kept, others, rows, strict=True)]
            tails[column] = others
        return tails

    def _users_cell(self, column: int, index: int, row: Row) -> Cell | None:
        """The cell in a column of the user's, in a row that stays where it is or is new."""
        if self._first + index <= self._old_last:
            return self._user.here(column, index)
        if column in self._kept:
            return None
        return self._user.continued(column, index) if self._user.goes_on(column) else self._user.blank(column)

    def _edit_row(self, number: int, line: bytes) -> bool:
        """Bring a row that stays where it is up to date without taking it apart; whether that could be done."""
        row = self._sheet.raw(number)
        new = edited(row, line, self._letters, self._ground.strings) if number <= self._old_last else None
        if new is not None and new != row:
            self._sheet.replace(number, new)
        return new is not None

    def _fill_row(self, index: int, row: Row, moving: bool) -> None:
        number = self._first + index
        if row.values is None and not moving and number <= self._old_last:
            return
        cells = self._sheet.cells(number)
        changed = number > self._old_last
        if changed:
            self._prepare(cells, index)
        if moving:
            for column in self._user.columns:
                changed |= _set(cells, column, self._user.moved(column, index, row))
        for ours in self._ours:
            if row.values is not None and (row.fresh or not ours.kept):
                value = ours.values[row.values] if row.values != EMPTY else BLANK
                look = self._looks.of(ours.column, row.origin) if moving and not ours.kept else None
                changed |= _set(cells, ours.column, written(cells.get(ours.column), value, self._ground.strings, look))
        if changed:
            self._sheet.put(number, cells)

    def _prepare(self, cells: dict[int, Cell], index: int) -> None:
        """A new row looks like the last one, and continues its formulas."""
        for ours in self._ours:
            _set(cells, ours.column, self._blank(ours.column))
        for column in self._user.columns:
            if column not in self._kept:
                _set(cells, column, self._users_cell(column, index, Row(None, None, True)))

    def _blank(self, column: int) -> Cell | None:
        style = self._style(column)
        return (style, None) if style else None

    def _style(self, column: int) -> bytes:
        """The style of the column in most of the last rows there were."""
        if column not in self._last_styles:
            last = self._sheet.column(column, max(self._first, self._old_last - RECENT + 1), self._old_last)
            self._last_styles[column] = commonest([*map(style_attribute, last)])
        return self._last_styles[column]

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

    def _moves_totals(self, last: int) -> bool:
        return bool(self._table.totals_rows) and last != self._table.last_row

    def _lift_totals(self, last: int) -> dict[int, Cell]:
        """The totals row, ready to be put below the last row."""
        if not self._moves_totals(last):
            return {}
        area, rows = self._table.area, (self._first, self._table.last_row)
        moved = formulas.Moved(self._ground.name, area.bottom, last + 1, area.left, area.right, rows, last)
        return {column: moved.cell(cell) for column, cell in self._without_table(area.bottom).items()}

    def _put_totals(self, totals: dict[int, Cell], last: int) -> None:
        if totals:
            self._sheet.put(last + 1, {**self._sheet.cells(last + 1), **totals})

    def _lost(self, rows: Sequence[Row], old: Sequence[str]) -> list[str]:
        gone = [(i, cell) for i, cell in self._user.lost(rows) if not self._spec.logged or is_uncomputed(cell)]  # else it is written down in the log
        if not gone:
            return []
        which = f"{len(gone)} {'value' if len(gone) == 1 else 'values'} typed beside rows that are gone from {self._spec.name}"
        told = [(_name(old[i]), text(cell, self._ground.strings()) or f"={formula(cell)}") for i, cell in gone]
        return [went_with_rows(self._ground.name, which, told)]

    def _left_beside(self) -> list[str]:
        """Cells that stand directly beside rows that change places, and not under a heading of the table."""
        name, filled = self._spec.name, self._filled_columns(self._beside)
        advice = f"give it a heading, as text, in the row of the headings and to the right of {name}, and it does"
        return [
            f"{self._ground.name}: column {letters(column)} stands directly beside {name} and does not move with its rows; {advice}."
            for column in filled
        ]

    def _typed_in_place(self) -> list[int]:
        """The columns of the user's in or directly beside a list that is made anew, and whose rows nobody tells from each other."""
        is_keyless = self._spec.growth == "replace" and not self._spec.key
        return self._filled_columns([*self._user.columns, *self._beside]) if is_keyless else []

    def _raw_rows(self) -> list[bytes]:
        return [self._sheet.raw(row) for row in range(self._first, self._old_last + 1)]

    @property
    def _beside(self) -> list[int]:
        area = self._table.area
        return [column for column in (area.left - 1, area.right + 1) if 1 <= column <= LAST_COLUMN]

    def _filled_columns(self, columns: Iterable[int]) -> list[int]:
        return [column for column in columns if any(map(is_filled, self._sheet.column(column, self._first, self._old_last)))]

    def _overwrites_formulas(self) -> bool:
        """Whether the user has typed formulas that are shared between cells into columns of ours."""
        rows = set(self._sheet.formula_rows(b't="shared"'))
        inside = [r for r in rows if self._first <= r <= self._old_last]
        return any(is_formula(self._sheet.cells(r).get(o.column)) for r in inside for o in self._ours)


def _last_filled(sheet: SheetXml, table: TableXml) -> int:
    """The last row of a table in which there are cells, be it for their look alone: a script that deletes a row leaves one without any at the end."""
    last = table.last_row
    while last > table.first_row and not any(table.area.left <= column <= table.area.right for column in sheet.cells(last)):
        last -= 1
    return last


def _with_zeros(old: list[str], new: Sequence[str]) -> list[str]:
    """The keys of the rows that stand, 417 read as 00417 where that is what it was: a spreadsheet program has made a number of the id."""
    known, missing = set(new), set(old).difference(new)
    bare = {key: _BETWEEN_KEYS.join(part.lstrip("0") for part in key.split(_BETWEEN_KEYS)) for key in known.difference(old)} if missing else {}
    was: dict[str, list[str]] = {}
    for key, without in bare.items():
        if without != key:
            was.setdefault(without, []).append(key)
    return [was[key][0] if key in missing and len(was.get(key, ())) == 1 else key for key in old]


def _name(key: str) -> str:
    """The customer, or whatever comes first, of a row."""
    return key.split(_BETWEEN_KEYS)[0]


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
