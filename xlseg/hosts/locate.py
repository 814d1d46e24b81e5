"""Where our tabs, tables and columns stand in the user's book, wherever he has moved them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from xlseg.errors import LayoutError
from xlseg.hosts.a1 import Area
from xlseg.hosts.book import Book, sheet_place
from xlseg.hosts.cellxml import text
from xlseg.hosts.rowedit import Strings
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.tablexml import TableXml, folded
from xlseg.workbook import Tab, Table

_DEEPEST_HEADER = 1_000
"""Rows that are searched for the headings of a table that is no table any more."""
_SURELY = 0.8
"""Part of our headings that a range without our table's name must have."""
_TELLING = 3
"""Headings that a copy must have at least."""
_FARTHEST = 20
"""Rows or columns that a script has inserted into a page: so many are looked for."""
_LABELS = ("title", "section", "label", "header")
_CONSTANT = ("title", "section", "header")
"""Looks of texts that are the same whatever the data are; a label may be the name of a segment or a customer."""


def sheet_of(book: Book, tab: Tab) -> str | None:
    """Name of the sheet that is this tab, also when the user has renamed it; None when it is to be made."""
    named = book.sheet_name(tab.name)
    if not tab.tables:
        return _page(book, tab.name, named)
    holder = book.sheet_of_table(tab.tables[0].name)
    if named and holder and holder != named:
        fact = f"its table {tab.tables[0].name} is on the sheet {holder}"
        raise LayoutError(named, fact, f"rename {holder!r} to {tab.name!r} and this sheet to something else")
    return named or holder


def must_have_no_copies(book: Book, missing: Sequence[Tab], ours: Collection[str]) -> None:
    """Refuse to make tabs of which a copy is there, as when the user has copied one, gone on with the copy and deleted the other.

    `ours`: the names of all tables of ours, in lower case.

    Raises
    ------
    LayoutError
        When a table of another name has nearly all headings of a missing one.
    """
    wanted = {(tab.name, tab.tables[0].name): {folded(column.heading) for column in tab.tables[0].columns} for tab in missing if tab.tables}
    if not wanted:
        return
    for sheet, part in book.worksheets().items():
        for name, table in tables_by_name(book, part).items():
            headings = set() if name in ours else {folded(heading) for heading in table.headings}
            like = (names for names, those in wanted.items() if len(those & headings) >= max(_SURELY * len(those), _TELLING))
            for tab, its_table in like:
                advice = f"call it {tab!r} and its table {its_table}, or make a range of the table to keep it aside"
                raise LayoutError(book.package.name, f"there is no tab {tab}, and the table {table.name} on {sheet!r} has its headings", advice)


def _page(book: Book, tab: str, named: str | None) -> str | None:
    """The sheet on which cells are noted as those of a page; the one of its name where that is one of them, or none is."""
    sheets = book.marked().get(tab, [])
    if named in sheets or not sheets:
        return named
    if len(sheets) > 1:
        fact = f"{', '.join(map(repr, sheets))} are copies of the tab {tab}, and none is called so"
        raise LayoutError(book.package.name, fact, f"call the one that is to be kept up to date {tab!r}")
    return sheets[0]


def tables_by_name(book: Book, part: str) -> dict[str, TableXml]:
    """All tables of a sheet's part, by their names in lower case."""
    return {table.name.casefold(): table for table in (TableXml.of_part(book.package, p) for p in book.tables_of(part))}


def tables_of(book: Book, sheet: SheetXml, part: str, tab: Tab) -> dict[int, TableXml]:
    """Our tables that are there, by their position in the tab: by name or else by their headings."""
    by_name = tables_by_name(book, part)
    taken = [t.area for t in by_name.values()]
    found = {}
    for index, spec in enumerate(tab.tables):
        table = by_name.get(spec.name.casefold())
        if table is None:
            table = _range_of(sheet, spec, spec.key, taken, lambda: book.strings)
            if table is not None and not _are_surely_ours(table, spec):
                continue
        elif not table.header_rows:
            _must_be_written_anew(table, spec, tab.name)
        elif not _has_headings(sheet, table, spec, lambda: book.strings):
            _put_where_headings_are(sheet, tab.name, table, spec, [area for area in taken if area != table.area], lambda: book.strings)
        if table is not None:
            found[index] = table
            taken.append(table.area)
    return found


def _must_be_written_anew(table: TableXml, spec: Table, name: str) -> None:
    """What stays is found by its headings at the next refresh, or when the tab is read: not where their row is switched off."""
    if spec.growth != "replace":
        fact = f"the header row of the table {spec.name} is switched off"
        raise LayoutError(sheet_place(name, table.area.top, table.area.left), fact, "switch it on (Table Design, Header Row)")


def _has_headings(sheet: SheetXml, table: TableXml, spec: Table, strings: Strings) -> bool:
    """Whether our headings stand in the cells where a table says they are: spreadsheet programs see to it, scripts that delete a column do not."""
    cells = sheet.cells(table.area.top)
    said = {column.heading: table.column(column.heading) for column in spec.columns}
    return all(folded(heading) == folded(text(cells.get(at), strings())) for heading, at in said.items() if at is not None)


def _put_where_headings_are(sheet: SheetXml, name: str, table: TableXml, spec: Table, others: Sequence[Area], strings: Strings) -> None:
    found, area = _range_of(sheet, spec, (), others, strings), table.area
    headings = found.headings if found else []
    known = {folded(heading) for heading in table.headings}
    while headings and folded(headings[-1]) not in known:  # what stands beside the table stays beside it
        headings.pop()
    if found is None or len(set(map(folded, headings))) < len(headings):
        fact = f"the headings of the table {spec.name} do not stand in row {area.top}, where it is"
        raise LayoutError(sheet_place(name, area.top, area.left), fact, "undo what has moved them, or delete the sheet so that it is made anew")
    top, left = found.area.top, found.area.left
    beyond = [c for c, cell in sheet.cells(top).items() if c >= left + len(headings) and folded(text(cell, strings())) in known - {""}]
    if beyond:
        fact = f"a column without a heading stands within the table {spec.name}"
        raise LayoutError(sheet_place(name, top, left + len(headings)), fact, "give it one, or delete the column")
    table.stand_at(Area(top, left, area.bottom + top - area.top, left + len(headings) - 1), headings)


def columns_of(sheet: str, table: TableXml, spec: Table) -> dict[str, int]:
    """Columns of our headings that are there.

    Raises
    ------
    LayoutError
        When a key heading is missing, or more than half of all.
    """
    found = {c.heading: table.column(c.heading) for c in spec.columns}
    there = {heading: column for heading, column in found.items() if column is not None}
    lost_keys = [h for h in spec.key if h not in there]
    if lost_keys or not _are_mostly_ours(table, spec):
        lost = lost_keys[0] if lost_keys else next(h for h in found if h not in there)
        offset = [c.heading for c in spec.columns].index(lost)
        place = sheet_place(sheet, table.area.top, min(table.area.left + offset, table.area.right))
        fact = f"the heading {lost!r} of the table {spec.name} is not there any more"
        raise LayoutError(place, fact, "rename it back, or delete the sheet so that it is made anew")
    return there


def must_be_ours(book: Book, sheet: SheetXml, name: str, tab: Tab, tables: Mapping[int, TableXml]) -> None:
    """Refuse a sheet that merely has the name of our tab."""
    if tables:
        return
    for table in tables_by_name(book, book.worksheets()[name]).values():
        if spec := next((spec for spec in tab.tables if _are_mostly_ours(table, spec)), None):
            place, fact = sheet_place(name, table.area.top, table.area.left), f"the table of this tab is called {table.name}, not {spec.name}"
            raise LayoutError(place, fact, "rename it back (Table Design, Table Name)")
    if not tab.tables and _is_page(book, sheet, name, tab):
        return
    raise LayoutError(name, "there is a sheet of this name that xlseg has not made", "rename it")


def _is_page(book: Book, sheet: SheetXml, name: str, tab: Tab) -> bool:
    """Whether a sheet is a page of ours: one that is noted as such and holds a text of it, or one that holds most of the texts that never change."""

    def standing(styles: Sequence[str]) -> tuple[int, int]:
        texts = _texts(tab, styles)
        return sum(text(sheet.cells(row).get(column), book.strings) == words for (row, column), words in texts.items()), len(texts)

    if name in book.marked().get(tab.name, ()):
        return standing(_LABELS)[0] > 0 or any(moved_by(sheet, tab, lambda: book.strings))
    found, every = standing(_CONSTANT)
    return 2 * found > every


def _texts(tab: Tab, styles: Sequence[str]) -> dict[tuple[int, int], str]:
    return {at: str(c.value) for at, c in tab.cells.items() if c.style in styles and c.value}


def moved_by(sheet: SheetXml, tab: Tab, strings: Strings) -> tuple[int, int]:
    """How many rows or columns further on the headings of a page stand that are not where they belong; nothing when most do not agree in that."""

    def stands(row: int, column: int, words: str) -> bool:
        return text(sheet.cells(row).get(column), strings()) == words

    astray = {at: words for at, words in _texts(tab, _CONSTANT).items() if not stands(*at, words)}
    for rows, columns in (*((n, 0) for n in range(1, _FARTHEST + 1)), *((0, n) for n in range(1, _FARTHEST + 1))):
        found = sum(stands(row + rows, column + columns, words) for (row, column), words in astray.items())
        if found > len(astray) / 2:
            return rows, columns
    return 0, 0


def _are_mostly_ours(table: TableXml, spec: Table) -> bool:
    """Whether a table has at least half of our headings."""
    return 2 * sum(table.column(column.heading) is not None for column in spec.columns) >= len(spec.columns)


def _are_surely_ours(table: TableXml, spec: Table) -> bool:
    """Whether a range without our table's name has nearly all of our headings: one that is made anew would be a list of the user's, and gone."""
    return sum(table.column(column.heading) is not None for column in spec.columns) >= _SURELY * len(spec.columns)


def _range_of(sheet: SheetXml, spec: Table, keys: Sequence[str], taken: Sequence[Area], strings: Strings) -> TableXml | None:
    wanted = {folded(c.heading) for c in spec.columns}
    for row in sheet.rows():
        if row > _DEEPEST_HEADER:
            return None
        words = {c: text(cell, strings()) for c, cell in sheet.cells(row).items() if not any(a.holds(row, c) for a in taken)}
        ours = [c for c, word in words.items() if folded(word) in wanted]
        if ours and 2 * len(ours) >= len(wanted):
            left, right = _run(words, ours[0])
            last = _last_row(sheet, row, left, right, strings)
            table = TableXml(Area(row, left, last, right), [words[c] for c in range(left, right + 1)])
            if all(table.column(key) is not None for key in keys):
                return table
    return None


def _run(words: Mapping[int, str], start: int) -> tuple[int, int]:
    """The filled cells without gap around a cell."""
    left = right = start
    while words.get(left - 1):
        left -= 1
    while words.get(right + 1):
        right += 1
    return left, right


def _last_row(sheet: SheetXml, header: int, left: int, right: int, strings: Strings) -> int:
    last = header
    known = set(sheet.rows())
    while last + 1 in known and any(text(cell, strings()) for c, cell in sheet.cells(last + 1).items() if left <= c <= right):
        last += 1
    return max(last, header + 1)
