"""The workbook part and what hangs on it: sheets, tables, names, shared strings, the calculation chain."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from xlseg.errors import FormatError, LayoutError
from xlseg.hosts import names
from xlseg.hosts.a1 import Area, place
from xlseg.hosts.cellxml import unescaped, without_markup
from xlseg.hosts.noted import NAME
from xlseg.hosts.opening import SAVE_AS
from xlseg.hosts.package import Element, Package, Relationships, must_have_usual_sheets, serialized
from xlseg.hosts.strings import SharedStrings
from xlseg.hosts.styles import Styles
from xlseg.hosts.tablexml import TableXml

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATION = "http://purl.oclc.org/ooxml/officeDocument/relationships"
MARK = "xlsegTab"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml."

_BEFORE_NAMES = (
    "fileVersion", "fileSharing", "workbookPr", "AlternateContent", "revisionPtr", "absPath", "workbookProtection", "bookViews", "sheets",
    "functionGroups", "externalReferences",
)  # fmt: skip
_BEFORE_PROPERTIES = ("fileVersion", "fileSharing")
_BEFORE_CALCULATION = (*_BEFORE_NAMES, "definedNames")


class Book:
    """An open workbook. Edits stay in memory until the package is saved.

    Parameters
    ----------
    without_formulas
        Names of sheets that are known to hold no formula, so that nobody need look for one.
    usual
        Names of sheets whose rows and cells are known to be named first of all, with nothing but elements among them.

    Attributes
    ----------
    package
        The zip package.
    styles
        The styles part, which only ever grows.
    """

    def __init__(self, path: Path, without_formulas: Collection[str] = (), usual: Collection[str] = ()) -> None:
        self._without_formulas, self._usual = without_formulas, usual
        self._holders: dict[str, str] | None = None
        self.package = Package(path)
        try:
            self._open()
        except BaseException:
            self.package.close()
            raise

    def _open(self) -> None:
        package = self.package
        self.part = next(iter(Relationships(package, "").targets("officeDocument").values()), "")
        if not self.part or not package.has(self.part):
            raise FormatError(package.name, "the file has no workbook part", SAVE_AS)
        if "sheet.binary" in package.content_type(self.part) or self.part.lower().endswith(".bin"):
            raise FormatError(package.name, "the file is a binary workbook (.xlsb)", SAVE_AS)
        self._root = package.xml(self.part)
        self.namespace = etree.QName(self._root).namespace or ""
        if self.namespace not in (MAIN, STRICT):
            raise FormatError(package.name, "the file is no Excel workbook", SAVE_AS)
        must_have_usual_sheets(package.name, self._root)
        self._relationships = Relationships(package, self.part)
        self._refuse_shared()
        self.folder = posixpath.dirname(self.part)
        self.styles = Styles(package, self._styles_part, self.namespace)

    def _refuse_shared(self) -> None:
        if self._relationships.targets("revisionHeaders"):
            raise FormatError(
                self.package.name, "the workbook is shared and keeps a change history", "end sharing it (Review, Unshare Workbook) and save it"
            )

    # ── what it is ───────────────────────────────────────────────────────────

    @property
    def strict(self) -> bool:
        """Whether it is written in the strict namespaces."""
        return self.namespace == STRICT

    @property
    def relation(self) -> str:
        """The namespace of relationship types and ids."""
        return STRICT_RELATION if self.strict else RELATION

    @property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904."""
        properties = self._child("workbookPr")
        return properties is not None and properties.get("date1904") in ("1", "true")

    def count_from_1904(self) -> None:
        """Let dates count from 1904."""
        properties = self._child("workbookPr")
        if properties is None:
            properties = self._insert("workbookPr", _BEFORE_PROPERTIES)
        properties.set("date1904", "1")
        self._put()

    @property
    def signed(self) -> bool:
        """Whether the package is signed as a whole."""
        return any(name.startswith("_xmlsignatures/") for name in self.package.names())

    @cached_property
    def strings(self) -> Sequence[str]:
        """The shared strings."""
        part = next(iter(self._relationships.targets("sharedStrings").values()), "")
        if not part or not self.package.has(part):
            return ()
        return SharedStrings(self.package.read(part), f"{self.package.name}: {part}")

    # ── sheets ───────────────────────────────────────────────────────────────

    def worksheets(self) -> dict[str, str]:
        """Part names of the worksheets by sheet name; no chart or dialog sheets."""
        parts = self._relationships.targets("worksheet")
        found = {s.get("name", ""): parts.get(s.get(f"{{{self.relation}}}id", ""), "") for s in self._sheets()}
        return {name: part for name, part in found.items() if part and self.package.has(part)}

    def sheets_with_formulas(self) -> dict[str, str]:
        """Those of them that may hold formulas."""
        return {name: part for name, part in self.worksheets().items() if name not in self._without_formulas}

    def is_usual(self, sheet: str) -> bool:
        """Whether a sheet is known to be written as usual, and has not been changed."""
        return sheet in self._usual and not self.package.is_new(self.worksheets()[sheet])

    def sheet_name(self, name: str) -> str | None:
        """The name of the worksheet as it is written in the book, whose names have no case; None when there is none."""
        known = {sheet.casefold(): sheet for sheet in self.worksheets()}
        if name.casefold() not in known and any(s.get("name", "").casefold() == name.casefold() for s in self._sheets()):
            raise LayoutError(f"{self.package.name}: {name}", "the sheet of this name is no worksheet", "rename it")
        return known.get(name.casefold())

    def add_sheet(self, name: str) -> str:
        """A line for a new sheet behind the others; the name of its part, which is still to be put."""
        protection = self._child("workbookProtection")
        if protection is not None and protection.get("lockStructure") in ("1", "true"):
            fact = f"the structure of the workbook is locked, so that the tab {name} cannot be added"
            raise FormatError(self.package.name, fact, "unprotect it (Review, Protect Workbook)")
        part = self.package.free(posixpath.join(self.folder, "worksheets/sheet%d.xml"))
        sheets = self._child("sheets")
        if sheets is None:
            raise FormatError(self.package.name, "the workbook has no list of sheets", SAVE_AS)
        identity = 1 + max((int(s.get("sheetId", "0")) for s in self._sheets()), default=0)
        sheet = etree.SubElement(sheets, f"{{{self.namespace}}}sheet", name=name, sheetId=str(identity))
        sheet.set(f"{{{self.relation}}}id", self._relationships.add(f"{self.relation}/worksheet", part))
        self.package.add_content_type(part, CONTENT + "worksheet+xml")
        self._put()
        return part

    def add_local_name(self, name: str, sheet: str, refers_to: str, *, hidden: bool = False) -> None:
        """A defined name that belongs to one sheet."""
        new = etree.SubElement(self._names(), f"{{{self.namespace}}}definedName", name=name, localSheetId=str(self._index(sheet)))
        new.text = refers_to
        if hidden:
            new.set("hidden", "1")
        self._put()

    def local_names(self, sheet: str, start: str) -> dict[str, str]:
        """The names that belong to a sheet and begin so, and what they refer to."""
        return {name.get("name", ""): name.text or "" for name in self._local_names(sheet, start)}

    def put_local_names(self, sheet: str, start: str, new: Mapping[str, str]) -> None:
        """Hidden names that belong to a sheet and what they refer to, in place of all that begin so."""
        home, index = self._names(), str(self._index(sheet))
        for old in self._local_names(sheet, start):
            home.remove(old)
        for name, refers_to in new.items():
            etree.SubElement(home, f"{{{self.namespace}}}definedName", name=name, localSheetId=index, hidden="1").text = refers_to
        self._put()

    def _local_names(self, sheet: str, start: str) -> list[Element]:
        home, index = self._child("definedNames"), str(self._index(sheet))
        names = () if home is None else home.iterchildren(f"{{{self.namespace}}}definedName")
        return [name for name in names if name.get("name", "").startswith(start) and name.get("localSheetId") == index]

    def _names(self) -> Element:
        home = self._child("definedNames")
        return self._insert("definedNames", _BEFORE_NAMES) if home is None else home

    def _index(self, sheet: str) -> int:
        return [s.get("name") for s in self._sheets()].index(sheet)

    def follow_names(self, sheet: str, table: Area, rows: tuple[int, int], grown: int) -> None:
        """Let the names over all rows of a table, which stood at `table` with its data in `rows`, first and last, grow with it."""
        changed = False
        for name in self._root.iter(f"{{{self.namespace}}}definedName") if grown else ():
            new = names.followed(name.text or "", sheet, table, rows, grown)
            changed, name.text = changed or new != (name.text or ""), new or name.text
        if changed:
            self._put()

    # ── tabs without tables ──────────────────────────────────────────────────

    def mark(self, sheet: str, tab: str = "") -> None:
        """Note on a sheet which tab of ours it is, to know it under another name: a name of its own that nobody sees."""
        self.add_local_name(MARK, sheet, f'"{tab or sheet}"', hidden=True)

    def marked(self) -> dict[str, list[str]]:
        """Names of the marked sheets by the tab that each is; several where the user has copied one."""
        order, worksheets = [s.get("name", "") for s in self._sheets()], self.worksheets()
        found: dict[str, list[str]] = {}
        for name in self._root.iter(f"{{{self.namespace}}}definedName"):
            index = name.get("localSheetId", "")
            if name.get("name") == MARK and index.isdigit() and int(index) < len(order) and order[int(index)] in worksheets:
                found.setdefault((name.text or "").strip('"'), []).append(order[int(index)])
        return found

    # ── tables ───────────────────────────────────────────────────────────────

    def tables_of(self, sheet_part: str) -> list[str]:
        """Names of the table parts of a sheet."""
        return [part for part in Relationships(self.package, sheet_part).targets("table").values() if self.package.has(part)]

    def sheet_of_table(self, name: str) -> str | None:
        """Name of the sheet that holds the table."""
        if self._holders is None:
            tables = ((self.table_name(table), sheet) for sheet, part in self.worksheets().items() for table in self.tables_of(part))
            self._holders = {}
            for table, sheet in tables:
                self._holders.setdefault(table.casefold(), sheet)
        return self._holders.get(name.casefold())

    def forget_holders(self) -> None:
        """A table has been added: who asks for the sheet of one looks again."""
        self._holders = None

    def table_name(self, part: str) -> str:
        """What formulas call the table of a part."""
        root = self.package.xml(part)
        return root.get("displayName", root.get("name", ""))

    def free_table_id(self) -> int:
        """An id above those of all tables and of the cells that are mapped to XML."""
        taken = [0]
        for part in self.worksheets().values():
            relationships = Relationships(self.package, part)
            for other in (*relationships.targets("table").values(), *relationships.targets("tableSingleCells").values()):
                if self.package.has(other):
                    taken += [int(e.get("id", "0")) for e in self.package.xml(other).iter() if _has_table_id(e)]
        return max(taken) + 1

    def has_name(self, name: str) -> bool:
        """Whether a defined name is called so."""
        return any(n.get("name", "").casefold() == name.casefold() for n in self._root.iter(f"{{{self.namespace}}}definedName"))

    def defined(self, name: str, sheet: str) -> str | None:
        """What a defined name means on a sheet; None when there is none of the name."""
        order = [s.get("name", "") for s in self._sheets()]
        found = {}
        for defined in self._root.iter(f"{{{self.namespace}}}definedName"):
            if defined.get("name", "").casefold() == name.casefold():
                index = defined.get("localSheetId", "")
                found[order[int(index)] if index.isdigit() and int(index) < len(order) else ""] = defined.text
        return found.get(sheet, found.get(""))

    # ── calculation ──────────────────────────────────────────────────────────

    def drop_calculation_chain(self) -> None:
        """Remove the list of formula cells, which Excel rebuilds; one that names a cell without formula counts as damage."""
        for part in self._relationships.targets("calcChain").values():
            if self.package.has(part):
                self.package.drop(part)
        self._relationships.remove("calcChain")
        self._put()

    def recalculate_on_load(self) -> None:
        """Ask for a full calculation when the book is opened."""
        calculation = self._child("calcPr")
        if calculation is None:
            calculation = self._insert("calcPr", _BEFORE_CALCULATION)
        calculation.set("fullCalcOnLoad", "1")
        self._put()

    def is_referred_to(
        self, sheets: Sequence[str], tables: Sequence[str], own: Sequence[str], but: Collection[str], known: Mapping[str, bytes]
    ) -> bool:
        """Whether a formula outside the sheet parts `own`, or a name that is not a sheet's own, refers to these sheets or tables.

        Formulas whose text is one of `but` do not count; `known` is the XML in which all formulas of a part stand.
        """
        marks = [without_markup(name).lower().encode() for name in (*(sheet.replace("'", "''") for sheet in sheets), *tables)]
        pattern = _references(sheets, tables)
        names = [n for n in self._root.iter(f"{{{self.namespace}}}definedName") if not n.get("name", "").startswith(("_xlnm.", NAME))]
        if any(pattern.search(without_markup(n.text or "").encode()) for n in names):
            return True
        others = (part for name, part in self.worksheets().items() if part not in own and name not in self._without_formulas)
        texts = (known[part] if part in known else self.package.read(part) for part in others)
        return any(_formula_matches(text, pattern, marks, but) for text in texts)

    # ── macros ───────────────────────────────────────────────────────────────

    def set_code_name(self, name: str) -> None:
        """Give the workbook the name it has in its VBA project."""
        properties = self._child("workbookPr")
        if properties is None:
            properties = self._insert("workbookPr", ("fileVersion", "fileSharing"))
        properties.set("codeName", name)
        self._put()

    def put_related(self, kind: str, part: str, content_type: str, data: bytes) -> None:
        """Put a part that the workbook part relates to by this type, in place of the one it relates to already."""
        there = next(iter(self._relationships.targets(posixpath.basename(kind)).values()), "")
        if not there:
            self._relationships.add(kind, part)
            self.package.add_content_type(part, content_type)
            self._put()
        self.package.put(there or part, data)

    # ── small ────────────────────────────────────────────────────────────────

    @property
    def _styles_part(self) -> str:
        part = next(iter(self._relationships.targets("styles").values()), "")
        if not part:
            part = posixpath.join(posixpath.dirname(self.part), "styles.xml")
        return part

    def styles_used(self) -> None:
        """Put the styles part, and relate to it if the book had none."""
        if self.styles.save() and not self._relationships.targets("styles"):
            self._relationships.add(f"{self.relation}/styles", self._styles_part)
            self._put()

    def _sheets(self) -> list[Element]:
        sheets = self._child("sheets")
        return [] if sheets is None else list(sheets.iter(f"{{{self.namespace}}}sheet"))

    def _child(self, tag: str) -> Element | None:
        return self._root.find(f"{{{self.namespace}}}{tag}")

    def _insert(self, tag: str, behind: Sequence[str]) -> Element:
        new = etree.Element(f"{{{self.namespace}}}{tag}")
        places = [i for i, child in enumerate(self._root) if isinstance(child.tag, str) and etree.QName(child).localname in behind]
        self._root.insert(places[-1] + 1 if places else 0, new)
        return new

    def _put(self) -> None:
        self.package.put(self.part, serialized(self._root))
        self._relationships.save()


class TablesOf(NamedTuple):
    """Where the tables of a book are, by their names in lower case.

    Attributes
    ----------
    sheets
        Name of the sheet that holds each; as `tab!` of the sheet that is a tab without tables.
    totals, last
        Numbers of the totals rows of those that have one, and of the last rows of data.
    """

    sheets: dict[str, str]
    totals: dict[str, int]
    last: dict[str, int]


def tables_in(path: Path) -> TablesOf:
    """The tables of a file; none for one that we cannot edit."""
    try:
        book = Book(path)
    except FormatError:
        return TablesOf({}, {}, {})
    try:
        found = TablesOf({f"{tab}!".casefold(): sheets[0] for tab, sheets in book.marked().items()}, {}, {})
        for sheet, part in book.worksheets().items():
            for table in (TableXml.of_part(book.package, table) for table in book.tables_of(part)):
                name = table.name.casefold()
                found.sheets[name], found.last[name] = sheet, table.last_row
                if table.totals_rows:
                    found.totals[name] = table.area.bottom
        return found
    finally:
        book.package.close()


def sheet_place(sheet: str, row: int, column: int) -> str:
    """A cell with its sheet, for messages."""
    return f"{sheet}!{place(row, column)}"


def _has_table_id(element: Element) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).localname in ("table", "singleXmlCell") and element.get("id", "").isdigit()


def _references(sheets: Sequence[str], tables: Sequence[str]) -> re.Pattern[bytes]:
    quote = "(?:'|&apos;)"
    quoted = [quote + re.escape(without_markup(s.replace("'", "''"))) + quote + "!" for s in sheets]
    plain = [rf"(?<![\w.\]]){re.escape(without_markup(s))}!" for s in sheets]
    named = [rf"(?<![\w.]){re.escape(without_markup(t))}(?![\w.])" for t in tables]
    return re.compile("|".join([*quoted, *plain, *named]).encode(), re.I)


_FORMULA = re.compile(rb"<(?:\w+:)?f(?:\s[^<>]*)?>([^<]+)<")


def formula_texts(sheet: bytes) -> Iterator[bytes]:
    """The formulas in the XML of a sheet, as they stand there."""
    return (match[1] for match in _FORMULA.finditer(sheet)) if _has_formulas(sheet) else iter(())


def _has_formulas(sheet: bytes) -> bool:
    """An export has none at all, however long it is."""
    return any(mark in sheet for mark in (b"<f>", b"<f ", b":f>", b":f "))


def _formula_matches(data: bytes, pattern: re.Pattern[bytes], marks: Sequence[bytes], but: Collection[str]) -> bool:
    """Whether a formula matches; sheets without formulas, or without any of the marks that a match must hold, are passed over quickly."""
    if not _has_formulas(data):
        return False
    lower = data.lower()
    if not any(mark in lower for mark in marks):
        return False
    return any(pattern.search(words) and unescaped(words) not in but for words in formula_texts(data))
