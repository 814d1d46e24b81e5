"""Our tabs of an open document as a small workbook file: the code that updates a file updates it, and the cells that differ go back.

So a live document gets exactly what a file would get: rows that stay with their key, columns and formulas of the user's, remarks, refusals.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from xlseg.hosts.a1 import Area
from xlseg.hosts.book import CONTENT, MAIN, RELATION, Book
from xlseg.hosts.cellxml import Cell, formula, formula_body, number_in, style_attribute, text
from xlseg.hosts.file import bare_book, update
from xlseg.hosts.locate import sheet_of
from xlseg.hosts.noted import NAME, areas, reference
from xlseg.hosts.package import Relationships
from xlseg.hosts.render import lines, rendered, tail
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.tablexml import TableXml
from xlseg.workbook import Tab, Value, Written

Place = tuple[int, int]
"""Row and column, from 1."""


@dataclass(frozen=True)
class LiveSheet:
    """A tab as it stands in the open document.

    Attributes
    ----------
    columns
        The values from row 1 and column A on; dates as numbers.
    formulas
        The formulas among them, as Excel writes them.
    tables
        Area of each table by its name.
    noted
        The names of the sheet that note our cells, and what they refer to.
    """

    name: str
    columns: Sequence[Sequence[Value]]
    formulas: Mapping[Place, str] = field(default_factory=dict)
    tables: Mapping[str, Area] = field(default_factory=dict)
    mark: str | None = None
    noted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Changed:
    """What is to change on one sheet.

    Attributes
    ----------
    values
        New values; "" empties a cell, a date is its number.
    formulas
        New formulas, as Excel writes them.
    looks
        Cells by a cell of the twin that looks as they shall look.
    tables
        Areas that are new or other ones than before.
    grown
        Rows added to tables, each with the row above, whose look they take.
    made
        Whether the whole sheet is new.
    frozen
        Rows and columns that stay in sight, of a new sheet.
    noted
        The names that are to note our cells, and what they refer to; None when they do already.
    """

    name: str
    values: dict[Place, str | float] = field(default_factory=dict)
    formulas: dict[Place, str] = field(default_factory=dict)
    looks: dict[Place, list[Place]] = field(default_factory=dict)
    tables: dict[str, Area] = field(default_factory=dict)
    grown: list[Area] = field(default_factory=list)
    made: bool = False
    frozen: Place = (0, 0)
    noted: Mapping[str, str] | None = None

    @property
    def touches_cells(self) -> bool:
        """Whether more than names is to change."""
        return bool(self.values or self.formulas or self.tables)

    def __bool__(self) -> bool:
        return self.made or self.touches_cells or self.noted is not None


class Twin:
    """The file, in a folder of its own."""

    def __init__(self, folder: Path, sheets: Sequence[LiveSheet], name: str, *, epoch_1904: bool) -> None:
        self.path = folder / "tabs.xlsx"
        bare = folder / "bare.xlsx"
        bare.write_bytes(bare_book())
        self._book = Book(bare)
        self._book.package.name = name  # what messages call it
        if epoch_1904:
            self._book.count_from_1904()
        for sheet in sheets:
            self._add(sheet)
        self._before = {sheet.name: SheetXml(self._book.package.read(part), sheet.name) for sheet, part in self._parts(sheets)}
        self._tables = {sheet.name: sheet.tables for sheet in sheets}
        self._noted = {sheet.name: self._book.local_names(sheet.name, NAME) for sheet in sheets}
        self._models: dict[tuple[str, bytes], Place] = {}

    def update(self, tabs: Sequence[Tab]) -> tuple[Written, list[Changed]]:
        """Bring the tabs up to date; what that changes, and what there is to say."""
        written = update(self._book, tabs)
        changes = [change for name, part in self._book.worksheets().items() if (change := self._difference(name, part))]
        changed = {change.name for change in changes if not change.made}
        names = {tab.name: sheet_of(self._book, tab) or tab.name for tab in tabs}
        updated = tuple(tab for tab in written.updated if names[tab] in changed)
        unchanged = tuple(tab.name for tab in tabs if tab.name not in (*written.made, *updated))
        return Written(written.made, updated, unchanged, written.remarks), changes

    def save(self) -> None:
        """Write the file, to be looked at by LibreOffice."""
        with self.path.open("wb") as file:
            self._book.package.save(file)

    def close(self) -> None:
        """Let go of the file."""
        self._book.package.close()

    # ── making it ────────────────────────────────────────────────────────────

    def _parts(self, sheets: Sequence[LiveSheet]) -> list[tuple[LiveSheet, str]]:
        parts = self._book.worksheets()
        return [(sheet, parts[sheet.name]) for sheet in sheets]

    def _add(self, sheet: LiveSheet) -> None:
        book = self._book
        part = book.add_sheet(sheet.name)
        book.package.put(part, b"")
        relationships, listed = Relationships(book.package, part), []
        for name, area in sheet.tables.items():
            table = book.package.free(posixpath.join(book.folder, "tables/table%d.xml"))
            book.package.put(table, _table(name, area, sheet.columns, book.free_table_id()))
            book.package.add_content_type(table, CONTENT + "table+xml")
            listed.append(f'<tablePart r:id="{relationships.add(f"{RELATION}/table", table)}"/>')
        relationships.save()
        tables = f'<tableParts count="{len(listed)}">{"".join(listed)}</tableParts>' if listed else ""
        start = f'<worksheet xmlns="{MAIN}" xmlns:r="{RELATION}"><sheetData>'
        book.package.put(part, start.encode() + _rows(sheet, book.epoch_1904) + f"</sheetData>{tables}</worksheet>".encode())
        if sheet.mark:
            book.mark(sheet.name, sheet.mark)
        if sheet.noted:
            book.put_local_names(sheet.name, NAME, {name: reference(sheet.name, each[0]) for name, each in areas(sheet.noted).items() if each})

    # ── what differs ─────────────────────────────────────────────────────────

    def _difference(self, name: str, part: str) -> Changed:
        before, after = self._before.get(name), SheetXml(self._book.package.read(part), name)
        old = {table.casefold(): area for table, area in self._tables.get(name, {}).items()}
        now = {t.name: t.area for t in (TableXml.of_part(self._book.package, p) for p in self._book.tables_of(part))}
        tables = {table: area for table, area in now.items() if old.get(table.casefold()) != area}
        noted = self._book.local_names(name, NAME)
        if before is None:
            return Changed(name, formulas=_formulas(after), tables=tables, made=True, frozen=_frozen(after), noted=noted)
        grown = [
            Area(was.bottom, area.left, area.bottom, area.right)
            for table, area in tables.items()
            if (was := old.get(table.casefold())) is not None and area.bottom > was.bottom
        ]
        changed = Changed(name, tables=tables, grown=grown, noted=noted if noted != self._noted[name] else None)
        for row in sorted({*before.rows(), *after.rows()}):
            if before.raw(row) != after.raw(row):
                self._compare(row, before.cells(row), after.cells(row), changed)
        _fill(after, changed)
        return changed

    def _compare(self, row: int, old: Mapping[int, Cell], new: Mapping[int, Cell], changed: Changed) -> None:
        for column in sorted(old.keys() | new.keys()):
            was, now = old.get(column), new.get(column)
            words = formula(now) if now is not None else None
            if _plain(was) == _plain(now) or (words is not None and was is not None and formula(was) == words):
                continue
            at = row, column
            if words is not None:
                changed.formulas[at] = words
            else:
                changed.values[at] = _value(now)
            if style_attribute(now) not in (b"", style_attribute(was)):
                model = self._models.setdefault((changed.name, style_attribute(now)), at)
                changed.looks.setdefault(model, []).append(at)


def _plain(cell: Cell | None) -> tuple[bytes, bytes | None]:
    """The cell without its style; one that holds nothing is like none."""
    if cell is None or not cell[1]:
        return b"", None
    return cell[0].replace(style_attribute(cell), b""), cell[1]


def _value(cell: Cell | None) -> str | float:
    if cell is None:
        return ""
    number = number_in(cell)
    if number is not None:
        return number
    words = text(cell, ())
    return words == "1" if b' t="b"' in cell[0] else words


def _frozen(sheet: SheetXml) -> Place:
    pane = next(sheet.all("pane"), None)
    return (0, 0) if pane is None else (int(pane.get("ySplit", "0")), int(pane.get("xSplit", "0")))


def _formulas(sheet: SheetXml) -> dict[Place, str]:
    found = {}
    for row in sheet.formula_rows():
        for column, cell in sheet.cells(row).items():
            words = formula(cell)
            if words is not None:
                found[row, column] = words
    return found


def _fill(sheet: SheetXml, changed: Changed) -> None:
    """Rows added to a table take everything from the row above: what shall be empty in them is emptied."""
    for area in changed.grown:
        for row in range(area.top + 1, area.bottom + 1):
            cells = sheet.cells(row)
            for column in range(area.left, area.right + 1):
                if (row, column) not in changed.formulas:
                    changed.values[row, column] = _value(cells.get(column))


def _rows(sheet: LiveSheet, epoch_1904: bool) -> bytes:
    if not sheet.columns:
        return b""
    columns = []
    for number, values in enumerate(sheet.columns, start=1):
        column = rendered(values, epoch_1904)
        each = column.tails(b"")
        columns.append((number, [each[place] for place in column.places]))
    for (row, number), words in sheet.formulas.items():
        kind, content = formula_body(words, sheet.columns[number - 1][row - 1], epoch_1904)
        columns[number - 1][1][row - 1] = tail((kind, content))
    return b"".join(b'<row r="%d">%s</row>' % (row, line) for row, line in enumerate(lines(1, columns), start=1) if line)


def _table(name: str, area: Area, columns: Sequence[Sequence[Value]], identity: int) -> bytes:
    listed, taken = [], set()
    for number in range(area.left, area.right + 1):
        cells = columns[number - 1] if number <= len(columns) else []
        heading = str(cells[area.top - 1] or "") if area.top <= len(cells) else ""
        words = heading if heading and heading.casefold() not in taken else f"Column{number}"
        taken.add(words.casefold())
        listed.append(f'<tableColumn id="{number}" name={quoteattr(words)}/>')
    start = f'<table xmlns="{MAIN}" id="{identity}" name={quoteattr(name)} displayName={quoteattr(name)} ref="{area}">'
    return f'{start}<tableColumns count="{len(listed)}">{"".join(listed)}</tableColumns></table>'.encode()
