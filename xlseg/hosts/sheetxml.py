"""The XML of a worksheet: rows as bytes, taken apart only where they are touched; all around them as a tree.

A sheet of fifty thousand rows is 200 MB of XML and would be a tree of gigabytes, so rows are never a tree.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from lxml import etree

from xlseg.errors import FormatError
from xlseg.hosts import glance
from xlseg.hosts.a1 import Area, letters, number
from xlseg.hosts.cellxml import Cell
from xlseg.hosts.package import Element, parsed, serialized
from xlseg.hosts.sheetrows import NO_LETTERS, ROW, START, Run, SheetRows, column_number, split

_UNUSUAL = re.compile(rb"<!|<\?|<row (?!r=\")|<row>|<c (?!r=\")|<c>|<c/>|<[^<>]*='|<\w+:")
_ROOT = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>)?\s*<worksheet[\s>]")
_ENCODING = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding=[\"'](?!utf-8)", re.I)
_DATA = re.compile(rb"<sheetData\b[^>]*?(/?)>")
_CELL = re.compile(rb'<c r="([A-Z]+)([0-9]+)"([^>]*?)(?:/>|>(.*?)</c>)', re.S)
_FEW_COLUMNS = 50
_REST = re.compile(rb"([^>]*?)(?:/>|>(.*?)</c>)", re.S)
_FORMULA_CELL = re.compile(rb'<c r="([A-Z]+[0-9]+)"[^>]*><f[\s>/]')
_ROW_END = b"</row>"
_SPANS = re.compile(rb' spans="(?:([0-9]{1,5}):([0-9]{1,5})|[^"]*)"')


class Standing(NamedTuple):
    """Where in a worksheet's XML a run of rows stands that is known to be written as we write it."""

    start: int
    stop: int
    run: Run


class SheetXml:
    """A worksheet part that can be edited.

    Parameters
    ----------
    is_usual
        Whether its rows and cells are known to be named first of all, with nothing but elements among them; else it is looked at.
    standing
        Rows that are known already, by their places.

    Attributes
    ----------
    root
        Everything but the rows, as a tree; `sheetData` is empty in it.
    is_plain
        Whether it was written as Excel writes it; else it has been written anew, and nothing stands where it stood.
    """

    def __init__(self, data: bytes, place: str, *, is_usual: bool = False, standing: Sequence[Standing] = ()) -> None:
        if b"<!DOCTYPE" in data[:4096]:
            raise FormatError(place, "the XML declares a document type", "open it in Excel and save it as .xlsx or .xlsm")
        self._place = place
        plain = _plain(data, place, is_usual, standing)
        self.is_plain = plain is data
        known, data = standing if self.is_plain else (), plain
        start = _DATA.search(data)
        if start is None:
            raise FormatError(place, "the sheet has no rows element", "repair the file by opening and saving it in Excel")
        stop = start.end() if start[1] else data.rindex(b"</sheetData>")
        tail = stop if start[1] else stop + len(b"</sheetData>")
        self._head, self._tail, self._original = data[: start.start()], data[tail:], data
        listed = [each for begin, end in _others(start.end(), stop, known) for each in split(data[begin:end])]
        rows = dict(listed)
        if len(rows) < len(listed):
            twice = next(row for row, count in Counter(row for row, _ in listed).items() if count > 1)
            raise FormatError(place, f"row {twice} is there twice", "repair the file by opening and saving it in Excel")
        has_formulas = any(data.find(b"<f", begin, end) >= 0 for begin, end in _others(start.end(), stop, known))
        formula_rows = (row for row, content in rows.items() if b"<f" in content) if has_formulas else ()
        self._rows = SheetRows(rows, formula_rows, (run for _, _, run in known))
        self._touched = False
        self.root: Element = parsed(self._head + b"<sheetData/>" + self._tail, place)
        self._frame = serialized(self.root)
        self.namespace = etree.QName(self.root).namespace or ""

    def __bytes__(self) -> bytes:
        frame = serialized(self.root)
        if frame == self._frame and not self._touched:
            return self._original
        head, tail = (self._head, self._tail) if frame == self._frame else frame.split(b"<sheetData/>")
        return b"".join([head, b"<sheetData>", *self._rows.in_order(), b"</sheetData>", tail])

    @property
    def touched(self) -> bool:
        """Whether a cell was changed."""
        return self._touched

    def rows(self) -> list[int]:
        """Numbers of the rows that are there, in order."""
        return self._rows.numbers()

    def has(self, row: int) -> bool:
        """Whether there is such a row."""
        return row in self._rows

    def raw(self, row: int) -> bytes:
        """The XML of a row; nothing when it is not there."""
        return self._rows.get(row) or b""

    def holds(self, row: int, cells: bytes) -> bool:
        """Whether a row holds just these cells."""
        data = self.raw(row)
        start = data.find(b">") + 1
        return len(data) == start + len(cells) + len(_ROW_END) and data.startswith(cells, start)

    def are_free(self, first: int, last: int) -> bool:
        """Whether none of these rows is there."""
        return self._rows.are_free(first, last)

    def add(self, first: int, cells: Sequence[bytes]) -> None:
        """Add rows from a number on, none of which was there; those without cells are left out."""
        for row, line in enumerate(cells, start=first):
            if line:
                self._set(row, b'<row r="%d">%b</row>' % (row, line))

    def add_run(self, run: Run) -> None:
        """Add rows, none of which was there, as they are written one below the other."""
        self._rows.add_run(run)
        self._touched = True

    def hold(self, row: int, cells: bytes) -> None:
        """Put cells in the place of those of a row that is there."""
        data = self.raw(row)
        self._set(row, data[: data.find(b">") + 1] + cells + _ROW_END)

    def replace_run(self, run: Run) -> None:
        """Put rows, one below the other, in the place of those of the same numbers."""
        self._rows.replace_run(run)
        self._touched = True

    def cells(self, row: int) -> dict[int, Cell]:
        """The cells of a row by column.

        Raises
        ------
        FormatError
            When one is named by another row: it would take the place of the one of its column.
        """
        data, number = self._rows.get(row), b"%d" % row
        cells = list(_CELL.finditer(data)) if data is not None else []
        if other := next((cell for cell in cells if cell[2] != number), None):
            fact = f"a cell in row {row} is called {(other[1] + other[2]).decode()}"
            raise FormatError(self._place, fact, "repair the file by opening and saving it in Excel")
        return {column_number(cell[1]): (cell[3], cell[4]) for cell in cells}

    def replace(self, row: int, content: bytes) -> None:
        """Put a row in the place of one that is there."""
        end = content.index(b">")
        if b" spans=" in content[:end]:
            ends = [column_number(_letters_at(content, at)) for at in (content.find(START), content.rfind(START)) if at >= 0]
            content = _attributes(content[:end], ends) + content[end:]
        self._set(row, content)

    def column(self, column: int, first: int, last: int) -> list[Cell | None]:
        """The cells of one column, without taking the rows apart."""
        start = b'<c r="' + letters(column).encode()
        return [_cell_at(self.raw(row), b'%s%d"' % (start, row)) for row in range(first, last + 1)]

    def columns(self, columns: Collection[int], first: int, last: int) -> dict[int, list[Cell | None]]:
        """The cells of some columns; where they are many, rows are taken apart, as looking for each of them takes the square of their number."""
        if len(columns) <= _FEW_COLUMNS:
            return {column: self.column(column, first, last) for column in columns}
        found: dict[int, list[Cell | None]] = {column: [] for column in columns}
        for row in range(first, last + 1):
            cells = self.cells(row)
            for column, its in found.items():
                its.append(cells.get(column))
        return found

    def formula_rows(self, mark: bytes = b"") -> list[int]:
        """Numbers of the rows that hold formulas, and something else in their XML."""
        return [row for row, content in self._rows.formulas() if mark in content]

    def put(self, row: int, cells: Mapping[int, Cell]) -> None:
        """Replace the cells of a row; its height and the like stay."""
        old = self._rows.get(row)
        if len(cells) == 0 and old is None:
            return
        match = ROW.match(old or b"")
        attributes = _attributes(match[2], cells) if match else b""
        if not cells and not attributes:
            self._set(row, None)
        else:
            name = b'"%d"' % row
            parts = [_cell(column, name, cells[column]) for column in sorted(cells)]
            self._set(row, b"<row r=%s%s>%s</row>" % (name, attributes, b"".join(parts)))

    def _set(self, row: int, content: bytes | None) -> None:
        self._touched = True
        self._rows.put(row, content)

    def unhide(self, row: int) -> None:
        """Show a row that a filter hid."""
        data = self.raw(row)
        end = data.find(b">")
        if b' hidden="' in data[:end]:
            self._set(row, re.sub(rb' hidden="[^"]*"', b"", data[:end]) + data[end:])

    def formulas(self) -> bytes:
        """The XML in which everything stands that may be a formula: of cells, and of what stands beside them, such as a sparkline."""
        beside = (etree.tostring(element) for element in self.root.iter("{*}f"))
        return b"".join([*(content for _, content in self._rows.formulas()), *beside])

    def formula_cells(self) -> set[str]:
        """Names of all cells that hold a formula."""
        return {name.decode() for _, content in self._rows.formulas() for name in _FORMULA_CELL.findall(content)}

    def used(self) -> Area | None:
        """The smallest area around all cells."""
        return self._rows.used()

    def find(self, tag: str) -> Element | None:
        """The first element of this name directly below the root."""
        return self.root.find(f"{{{self.namespace}}}{tag}")

    def all(self, tag: str) -> Iterator[Element]:
        """All elements of this name, at any depth."""
        return self.root.iter(f"{{{self.namespace}}}{tag}")


def _cell_at(data: bytes, start: bytes) -> Cell | None:
    """The cell of a row that begins like this."""
    at = data.find(start)
    match = _REST.match(data, at + len(start)) if at >= 0 else None
    return (match[1], match[2]) if match else None


def _cell(column: int, row: bytes, cell: Cell) -> bytes:
    start = b'<c r="%s%s%s' % (letters(column).encode(), row[1:], cell[0])
    return start + b"/>" if cell[1] is None else b"%s>%s</c>" % (start, cell[1])


def _attributes(attributes: bytes, columns: Collection[int]) -> bytes:
    """Attributes of a row, without the columns that it says it spans where they are others."""
    return _SPANS.sub(lambda spans: spans[0] if _spanned(spans, columns) else b"", attributes)


def _spanned(spans: re.Match[bytes], columns: Collection[int]) -> bool:
    """Whether the columns lie within the only span that a row says it has."""
    return bool(spans[1] and columns) and int(spans[1]) <= min(columns) and max(columns) <= int(spans[2])


def _letters_at(data: bytes, cell: int) -> bytes:
    """The letters of the name of a cell that begins there: three at most."""
    name = cell + len(START)
    return data[name : name + 3].translate(None, NO_LETTERS)


# ── sheets that are written in an unusual way ────────────────────────────────


def _plain(data: bytes, place: str, is_usual: bool, standing: Sequence[Standing]) -> bytes:
    """The same sheet in UTF-8 with the main namespace as default, numbered rows and cells, no comments: as Excel writes it."""
    around = _others(0, len(data), standing)
    usual = _ROOT.match(data) and not _ENCODING.match(data) and all(data.find(b"<!--", begin, end) < 0 for begin, end in around)
    start = _DATA.search(data) if usual else None
    if start and (start[1] or is_usual):
        return data
    if start:
        stop = max(data.rfind(b"</sheetData>"), start.end())
        if all(_is_usual(data, begin, end) for begin, end in _others(start.end(), stop, standing)):
            return data
    old = parsed(data, place)
    namespace = etree.QName(old).namespace
    if etree.QName(old).localname != "worksheet" or not namespace:
        raise FormatError(place, "the part is no worksheet", "repair the file by opening and saving it in Excel")
    prefixes: dict[str | None, str] = {None: namespace}
    prefixes |= {prefix: uri for prefix, uri in old.nsmap.items() if prefix and uri != namespace}
    root = etree.Element(old.tag, nsmap=prefixes)
    _copy(old, root)
    _number(root, namespace)
    return serialized(root)


def _others(start: int, stop: int, standing: Sequence[Standing]) -> list[tuple[int, int]]:
    """The stretches between two places in which no run stands."""
    starts, stops = [start, *(known.stop for known in standing)], [*(known.start for known in standing), stop]
    return list(zip(starts, stops, strict=True))


def _is_usual(data: bytes, start: int, stop: int) -> bool:
    return glance.is_usual(data, start, stop) or not _UNUSUAL.search(data, start, stop)


def _copy(old: Element, new: Element) -> None:
    """Element by element: lxml keeps a prefix for as long as an element is moved whole."""
    for name, value in old.attrib.items():
        new.set(name, value)
    new.text = old.text
    for child in old:
        if isinstance(child.tag, str):
            own = {p: u for p, u in child.nsmap.items() if p and p not in old.nsmap}
            copy = etree.SubElement(new, child.tag, nsmap=own)
            copy.tail = child.tail
            _copy(child, copy)
        elif child.tail:
            _add_text(new, child.tail)


def _add_text(parent: Element, words: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + words
    else:
        parent.text = (parent.text or "") + words


def _number(root: Element, namespace: str) -> None:
    row_number = 0
    for row in root.iter(f"{{{namespace}}}row"):
        row_number = int(row.get("r") or row_number + 1)
        _first(row, str(row_number))
        row.text = None
        column = 0
        for cell in row:
            cell.tail = None
            name = cell.get("r")
            column = number("".join(filter(str.isalpha, name))) if name else column + 1
            _first(cell, f"{letters(column)}{row_number}")


def _first(element: Element, name: str) -> None:
    others = {k: v for k, v in element.attrib.items() if k != "r"}
    element.attrib.clear()
    element.attrib.update({"r": name, **others})
