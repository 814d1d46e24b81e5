"""The styles part of a workbook. It is only appended to, and never twice with the same: a hundred refreshes add nothing."""

from __future__ import annotations

import copy

from lxml import etree

from xlseg.hosts.package import Element, Package, parsed, serialized

_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs", "tableStyles", "colors", "extLst")
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_FIRST_OWN_FORMAT = 164
_PARTS_OF_FORMAT = {"fontId": "fonts", "fillId": "fills", "borderId": "borders"}

_IN_EVERY_BOOK = {"General": "0", "0": "1", "0.00": "2", "#,##0": "3", "#,##0.00": "4", "0%": "9", "0.00%": "10", "@": "49"}
_BY_ID = {identity: code for code, identity in _IN_EVERY_BOOK.items()}
_UNSAID = dict.fromkeys(("b", "i", "strike", "outline", "shadow", "condense", "extend"), (("val", "1"),)) | {
    "patternFill": (("patternType", "none"),)
}
"""What elements mean that stand there without attributes."""

_SAYS_NOTHING = (("pivotButton", "0"), ("quotePrefix", "0"))

Key = tuple[object, ...]


class Styles:
    """The styles of a book, and the ids that formats of a drawn book have in it."""

    def __init__(self, package: Package, part: str, namespace: str) -> None:
        self._package, self._part, self._namespace = package, part, namespace
        self._was_there = package.has(part)
        self._root = package.xml(part) if self._was_there else None
        self._known: dict[str, dict[Key, int]] = {}
        self._changed = False

    @property
    def default_font(self) -> tuple[str, float]:
        """Name and size of the font that unformatted cells have."""
        font = None if self._root is None else self._root.find(f"{self._q('fonts')}/{self._q('font')}")
        if font is None:
            return "Calibri", 11.0
        name, size = font.find(self._q("name")), font.find(self._q("sz"))
        return ("Calibri" if name is None else name.get("val", "Calibri")), (11.0 if size is None else float(size.get("val", "11")))

    def donor(self, styles: bytes) -> Donor:
        """The styles of a drawn book, ready to be grafted."""
        if self._namespace != _MAIN:
            styles = styles.replace(_MAIN.encode(), self._namespace.encode())
        root = parsed(styles, "styles")
        if self._root is None:  # a book without styles takes those that every book must have
            self._root = copy.deepcopy(root)
            for box in ("cellXfs", "dxfs"):
                for extra in list(self._box(box))[1 if box == "cellXfs" else 0 :]:
                    self._box(box).remove(extra)
                self._count(self._box(box))
            self._changed = True
        return Donor(self, root)

    def save(self) -> bool:
        """Put the part if it grew; whether it is new."""
        if self._changed and self._root is not None:
            self._package.put(self._part, serialized(self._root))
            self._changed = False
            if not self._was_there and not self._package.content_type(self._part).endswith("styles+xml"):
                self._package.add_content_type(self._part, _CONTENT)
        return not self._was_there

    def add(self, box: str, element: Element) -> int:
        """Index of an equal element in one of the lists, where it is appended if there is none."""
        home = self._box(box)
        if box not in self._known:
            known: dict[Key, int] = {}
            for index, child in enumerate(_elements(home)):
                known.setdefault(_key(child), index)
            self._known[box] = known
        known, key = self._known[box], _key(element)
        if key not in known:
            known[key] = len(_elements(home))
            home.append(copy.deepcopy(element))
            self._count(home)
        return known[key]

    def number_format(self, code: str) -> str:
        """Id of a number format, which is added if it is not there and every book has none like it.

        Some programs number the formats of a book from 0, where every book has its own.
        """
        theirs = self._number_formats()
        for identity, known in theirs.items():
            if known == code:
                return identity
        if code in _IN_EVERY_BOOK and _IN_EVERY_BOOK[code] not in theirs:
            return _IN_EVERY_BOOK[code]
        home, taken = self._box("numFmts"), [int(identity) for identity in theirs]
        identity = str(max([_FIRST_OWN_FORMAT - 1, *taken]) + 1)
        etree.SubElement(home, self._q("numFmt"), numFmtId=identity, formatCode=code)
        self._count(home)
        return identity

    @property
    def has_cell_styles(self) -> bool:
        """Whether there is a format of named styles, of which that of a cell may be one."""
        return self._root is not None and self._root.find(f"{self._q('cellStyleXfs')}/{self._q('xf')}") is not None

    @property
    def shows_numbers_plainly(self) -> bool:
        """Whether a cell without a format shows a number as it is."""
        first = None if self._root is None else self._root.find(f"{self._q('cellXfs')}/{self._q('xf')}")
        identity = "0" if first is None else first.get("numFmtId", "0")
        return self._number_formats().get(identity, _BY_ID.get(identity)) == "General"

    def _number_formats(self) -> dict[str, str]:
        """The book's own number formats by id."""
        home = None if self._root is None else self._root.find(self._q("numFmts"))
        return {} if home is None else {n.get("numFmtId", "0"): n.get("formatCode", "") for n in _elements(home)}

    def _q(self, tag: str) -> str:
        return f"{{{self._namespace}}}{tag}"

    def _count(self, home: Element) -> None:
        home.set("count", str(len(_elements(home))))
        self._changed = True

    def _box(self, tag: str) -> Element:
        if self._root is None:
            raise ValueError("no styles yet")
        box = self._root.find(self._q(tag))
        if box is None:
            box = etree.Element(self._q(tag), count="0")
            before = _ORDER[: _ORDER.index(tag)]
            places = [i for i, child in enumerate(self._root) if isinstance(child.tag, str) and etree.QName(child).localname in before]
            self._root.insert(places[-1] + 1 if places else 0, box)
        return box


class Donor:
    """The styles part of a drawn book; its formats get their ids in the user's book one by one, as they are used."""

    def __init__(self, home: Styles, root: Element) -> None:
        self._home, self._root = home, root
        self._formats = {0: 0} if home.shows_numbers_plainly else {}
        self._differences: dict[int, int] = {}

    def cell_format(self, index: int) -> int:
        """Id of a cell format in the user's book."""
        if index not in self._formats:
            new = copy.deepcopy(self._list("cellXfs")[index])
            for attribute, box in _PARTS_OF_FORMAT.items():
                new.set(attribute, str(self._home.add(box, self._list(box)[int(new.get(attribute, "0"))])))
            self._translate_number_format(new)
            new.attrib.pop("xfId", None)
            if self._home.has_cell_styles:
                new.set("xfId", "0")
            self._formats[index] = self._home.add("cellXfs", new)
        return self._formats[index]

    def difference(self, index: int) -> int:
        """Id of a differential format (conditional formats, table columns)."""
        if index not in self._differences:
            self._differences[index] = self._home.add("dxfs", self._list("dxfs")[index])
        return self._differences[index]

    def _translate_number_format(self, cell_format: Element) -> None:
        codes = _BY_ID | {n.get("numFmtId", "0"): n.get("formatCode", "") for n in self._list("numFmts")}
        code = codes.get(cell_format.get("numFmtId", "0"))
        if code is not None:
            cell_format.set("numFmtId", self._home.number_format(code))

    def _list(self, tag: str) -> list[Element]:
        box = self._root.find(self._home._q(tag))
        return [] if box is None else _elements(box)


def _elements(box: Element) -> list[Element]:
    return [child for child in box if isinstance(child.tag, str)]


def _key(element: Element) -> Key:
    """What two formats must share to look the same.

    The order of attributes and children does not count, nor how a number (11, 11.0) or a flag (1, true, nothing) is written, nor what programs say
    beyond the look itself: which of its parts apply, and what the cell is not.
    """
    name = etree.QName(element).localname
    given = ((attribute, _written(value)) for attribute, value in element.attrib.items())
    attributes = tuple(sorted(each for each in given if not each[0].startswith("apply") and each not in _SAYS_NOTHING))
    attributes = attributes or _UNSAID.get(name, ())
    children = tuple(sorted((_key(child) for child in _elements(element)), key=repr))
    return name, attributes, (element.text or "").strip(), children


def _written(value: str) -> str:
    """A number or a truth value in the shortest way of writing it."""
    if value in ("true", "false"):
        return "1" if value == "true" else "0"
    return value.removesuffix(".0") if value.removesuffix(".0").isdigit() else value
