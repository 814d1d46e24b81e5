"""A drawn tab put into the user's book: style ids, table ids, names and namespaces become those of the book."""

from __future__ import annotations

import copy
import posixpath
import re

from lxml import etree

from xlseg.errors import LayoutError
from xlseg.hosts import ranges
from xlseg.hosts.a1 import Area
from xlseg.hosts.book import CONTENT, MAIN, RELATION, Book
from xlseg.hosts.charts import strict_drawing
from xlseg.hosts.package import Relationships, parsed, serialized
from xlseg.hosts.sheetxml import SheetXml
from xlseg.hosts.skeleton import Skeleton, area_of, draw
from xlseg.hosts.styles import Donor
from xlseg.hosts.tablexml import TableXml
from xlseg.workbook import Tab, Table

_UNSTYLED = re.compile(rb'<c r="[A-Z]+[0-9]+"(?![^>]* s=)')
_STYLED = re.compile(rb'(<(?:c|row)\b[^>]*? s=|<col\b[^>]*? style=)"([0-9]+)"')
_DIFFERENCE = re.compile(rb'( (?:dxfId|dataDxfId|headerRowDxfId|totalsRowDxfId)=)"([0-9]+)"')
_STYLE = re.compile(rb' s="([0-9]+)"')
_DRAWING_ID = re.compile(rb'<drawing r:id="([^"]*)"')
_DRAWING, _CHART = (f"application/vnd.openxmlformats-officedocument.{kind}+xml" for kind in ("drawing", "drawingml.chart"))


class Drawing:
    """The skeleton of a tab with ids of the user's book; drawn when it is first needed."""

    def __init__(self, book: Book, tab: Tab) -> None:
        self._book, self._tab = book, tab
        self._parts: tuple[Skeleton, Donor, SheetXml] | None = None
        self._styles: dict[int, dict[int, int]] = {}

    def style(self, row: int, column: int) -> bytes:
        """Style attribute of a cell, at its place in the tab as designed."""
        _, donor, sheet = self._drawn()
        if row not in self._styles:
            found = ((at, _STYLE.search(cell[0])) for at, cell in sheet.cells(row).items())
            self._styles[row] = {at: int(match[1]) for at, match in found if match}
        identity = donor.cell_format(self._styles[row].get(column, 0))
        return b' s="%d"' % identity if identity else b""

    def add_sheet(self) -> str:
        """Add the whole tab to the book; the name of its part."""
        book, (skeleton, donor, _) = self._book, self._drawn()
        part = book.add_sheet(self._tab.name)
        # Where a cell without a format shows numbers as something else, ours all have one.
        sheet = _UNSTYLED.sub(rb'\g<0> s="0"', skeleton.sheet) if donor.cell_format(0) else skeleton.sheet
        sheet = _STYLED.sub(lambda m: b'%s"%d"' % (m[1], donor.cell_format(int(m[2]))), sheet)
        sheet = _DIFFERENCE.sub(lambda m: b'%s"%d"' % (m[1], donor.difference(int(m[2]))), sheet)
        book.package.put(part, self._in_namespace(sheet))
        self._add_charts(part)
        for index, table in enumerate(self._tab.tables):
            self._add_table_part(part, index, area_of(table))
        for name, refers_to in skeleton.names.items():
            book.add_local_name(name, self._tab.name, refers_to)
        if not self._tab.tables and not self._tab.input:
            book.mark(self._tab.name)
        return part

    def add_table(self, sheet: SheetXml, part: str, index: int, area: Area) -> TableXml:
        """Add one table, header and an empty row, to a sheet that is already there."""
        table = self._tab.tables[index]
        _, _, drawn = self._drawn()
        home = area_of(table)
        for row in (home.top, home.bottom):
            cells = sheet.cells(row + area.top - home.top)
            for column in range(home.left, home.right + 1):
                _, content = drawn.cells(row).get(column, (b"", None))
                kind = b' t="inlineStr"' if content else b""
                cells[column + area.left - home.left] = (self.style(row, column) + kind, content)
            sheet.put(row + area.top - home.top, cells)
        if area == home:
            self._copy_formats(sheet, home)
        identity, table_part = self._add_table_part(part, index, area)
        ranges.add_table_part(sheet, self._book.relation, identity)
        return TableXml.of_part(self._book.package, table_part)

    def _copy_formats(self, sheet: SheetXml, area: Area) -> None:
        _, donor, drawn = self._drawn()
        for element in list(drawn.all("conditionalFormatting")):
            if area.meets(Area.of(element.get("sqref", "A1").split()[0])):
                new = parsed(self._in_namespace(etree.tostring(element)), "format")
                for rule in new:
                    rule.set("dxfId", str(donor.difference(int(rule.get("dxfId", "0")))))
                ranges.add_format(sheet, copy.deepcopy(new))

    def _add_table_part(self, sheet_part: str, index: int, area: Area) -> tuple[str, str]:
        book, (skeleton, donor, _) = self._book, self._drawn()
        table: Table = self._tab.tables[index]
        if book.has_name(table.name):
            raise LayoutError(
                f"{book.package.name}: {table.name}", "a defined name is called like a table of xlseg", "rename it (Formulas, Name Manager)"
            )
        part = book.package.free(posixpath.join(book.folder, "tables/table%d.xml"))
        data = _DIFFERENCE.sub(lambda m: b'%s"%d"' % (m[1], donor.difference(int(m[2]))), skeleton.tables[index])
        root = parsed(self._in_namespace(data), part)
        root.set("id", str(book.free_table_id()))
        for element in root.iter():
            if element.get("ref"):
                element.set("ref", str(area))
        book.package.put(part, serialized(root))
        book.package.add_content_type(part, CONTENT + "table+xml")
        relationships = Relationships(book.package, sheet_part)
        identity = relationships.add(f"{book.relation}/table", part)
        relationships.save()
        book.forget_holders()
        return identity, part

    def _add_charts(self, sheet_part: str) -> None:
        """The charts of the tab and the part that places them, under names that no chart of the user's has."""
        book, (skeleton, _, _) = self._book, self._drawn()
        if not skeleton.charts:
            return
        drawing = self._add_part("drawings/drawing%d.xml", skeleton.drawing, _DRAWING)
        charts = Relationships(book.package, drawing)
        for identity, chart in skeleton.charts.items():
            charts.add(f"{book.relation}/chart", self._add_part("charts/chart%d.xml", chart, _CHART), identity)
        charts.save()
        relationships, named = Relationships(book.package, sheet_part), _DRAWING_ID.search(skeleton.sheet)
        relationships.add(f"{book.relation}/drawing", drawing, named[1].decode() if named else "")
        relationships.save()

    def _add_part(self, pattern: str, data: bytes, kind: str) -> str:
        book = self._book
        part = book.package.free(posixpath.join(book.folder, pattern))
        book.package.put(part, strict_drawing(data) if book.strict else data)
        book.package.add_content_type(part, kind)
        return part

    def _drawn(self) -> tuple[Skeleton, Donor, SheetXml]:
        if self._parts is None:
            skeleton = draw(self._tab, self._book.epoch_1904, self._book.styles.default_font)
            self._parts = skeleton, self._book.styles.donor(skeleton.styles), SheetXml(skeleton.sheet, self._tab.name)
        return self._parts

    def _in_namespace(self, data: bytes) -> bytes:
        if not self._book.strict:
            return data
        return data.replace(MAIN.encode(), self._book.namespace.encode()).replace(RELATION.encode(), self._book.relation.encode())
