"""From the references in a formula to cells of the book: sheets and tables by name, rows and columns of a table by its headings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from xlseg.hosts.a1 import Area
from xlseg.hosts.book import Book
from xlseg.hosts.calls import Argument, Literal, Named, Reference, TableReference, named
from xlseg.hosts.tablexml import TableXml

_PARTS = ("headers", "data", "totals")
_MEANT = {frozenset(): {"data"}, frozenset({"all"}): set(_PARTS), frozenset({"this row"}): {"this row"}}


@dataclass(frozen=True)
class Place:
    """Cells of a sheet, which is called as it is written in the book."""

    sheet: str
    area: Area


class Resolver:
    """Knows where the sheets, tables and names of an open book are."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._sheets = {name.casefold(): name for name in book.worksheets()}

    def place(self, argument: Argument, sheet: str, row: int, column: int) -> Place | None:
        """The cells that an argument of the formula in this cell names; None when there are none such.

        An argument that names no cells (a literal, one left out) has no place either.
        """
        if argument is None or isinstance(argument, Literal):
            return None
        if isinstance(argument, Named):
            argument = self._meaning(argument, sheet)
        if isinstance(argument, Reference):
            name = self._sheets.get(argument.sheet.casefold()) if argument.sheet is not None else sheet
            return Place(name, argument.area) if name is not None else None
        return self._of_table(argument, sheet, row, column) if isinstance(argument, TableReference) else None

    def _meaning(self, argument: Named, sheet: str) -> Argument:
        if argument.name.casefold() in self._tables:
            return TableReference(argument.name)
        return named(self._book.defined(argument.name, sheet) or "")

    def _of_table(self, reference: TableReference, sheet: str, row: int, column: int) -> Place | None:
        own = next((entry for entry in self._tables.values() if entry[0] == sheet and entry[1].area.holds(row, column)), None)
        entry = self._tables.get(reference.table.casefold()) if reference.table else own
        if entry is None:
            return None
        name, table = entry
        rows, columns = _rows(table, reference.items, row), _columns(table, reference.columns)
        if rows is None or columns is None or (reference.items == {"this row"} and name != sheet):
            return None
        return Place(name, Area(rows[0], columns[0], rows[1], columns[1]))

    @cached_property
    def _tables(self) -> dict[str, tuple[str, TableXml]]:
        found = {}
        for sheet, part in self._book.worksheets().items():
            for table in self._book.tables_of(part):
                known = TableXml.of_part(self._book.package, table)
                found[known.name.casefold()] = (sheet, known)
        return found


def _rows(table: TableXml, items: frozenset[str], row: int) -> tuple[int, int] | None:
    """First and last row of parts of a table; None when it has no such part, or they do not lie together."""
    meant = _MEANT.get(items, set(items))
    if meant == {"this row"}:
        return (row, row) if table.first_row <= row <= table.last_row else None
    if not meant <= set(_PARTS) or meant == {"headers", "totals"}:
        return None
    edges = (table.area.top, table.first_row, table.last_row + 1, table.area.bottom + 1)
    spans = [(top, below - 1) for part, top, below in zip(_PARTS, edges, edges[1:], strict=False) if part in meant and top < below]
    return (spans[0][0], spans[-1][1]) if spans else None


def _columns(table: TableXml, headings: tuple[str, ...]) -> tuple[int, int] | None:
    found = [column for heading in headings if (column := table.column(heading)) is not None]
    if len(found) != len(headings):
        return None
    return (min(found), max(found)) if found else (table.area.left, table.area.right)
