"""Ranges of a sheet that follow a table: conditional formats, validations and the like that covered whole columns of it."""

from __future__ import annotations

from lxml import etree

from xlseg.hosts.a1 import Area
from xlseg.hosts.package import Element
from xlseg.hosts.sheetxml import SheetXml

_FOLLOWING = ("conditionalFormatting", "dataValidation", "ignoredError", "protectedRange")
_BEHIND_TABLES = ("extLst",)
_BEHIND_FORMATS = (
    "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "customProperties",
    "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "oleObjects",
    "controls", "webPublishItems", "tableParts", "extLst", "AlternateContent",
)  # fmt: skip


def follow(sheet: SheetXml, data: Area, last_row: int) -> None:
    """Let what covered the table's rows `data` down to the last cover it down to `last_row`."""
    if data.bottom == last_row:
        return
    for element in sheet.root.iter():
        if not isinstance(element.tag, str):
            continue
        name = etree.QName(element).localname
        if name in _FOLLOWING and element.get("sqref"):
            element.set("sqref", _followed(element.get("sqref", ""), data, last_row))
        elif name == "sqref" and element.text and _belongs_to_following(element):  # formats of Excel 2010 and later
            element.text = _followed(element.text, data, last_row)
        elif name in ("autoFilter", "sortState") and element.get("ref") and element.getparent() is sheet.root:
            element.set("ref", _followed(element.get("ref", ""), data, last_row))


def merged(sheet: SheetXml) -> list[Area]:
    """The merged ranges."""
    return [Area.of(m.get("ref", "A1")) for m in sheet.all("mergeCell")]


def set_dimension(sheet: SheetXml) -> None:
    """Say how far the cells reach."""
    dimension, used = sheet.find("dimension"), sheet.used()
    if dimension is not None and used is not None and dimension.get("ref") != str(used):
        dimension.set("ref", str(used))


def add_table_part(sheet: SheetXml, relation: str, identity: str) -> None:
    """Name a new table of the sheet."""
    parts = sheet.find("tableParts")
    if parts is None:
        parts = insert(sheet, "tableParts", _BEHIND_TABLES)
    etree.SubElement(parts, f"{{{sheet.namespace}}}tablePart").set(f"{{{relation}}}id", identity)
    parts.set("count", str(len(parts)))


def add_format(sheet: SheetXml, element: Element) -> None:
    """Add a conditional format."""
    home = insert(sheet, "conditionalFormatting", _BEHIND_FORMATS)
    for name, value in element.attrib.items():
        home.set(name, value)
    home.extend(list(element))


def insert(sheet: SheetXml, tag: str, behind: tuple[str, ...]) -> Element:
    """A new element below the root, before those that must come behind it."""
    new = etree.Element(f"{{{sheet.namespace}}}{tag}")
    names = [etree.QName(c).localname if isinstance(c.tag, str) else "" for c in sheet.root]
    sheet.root.insert(next((i for i, name in enumerate(names) if name in behind), len(names)), new)
    return new


def _belongs_to_following(element: Element) -> bool:
    """Not to a sparkline, whose range is the one cell that it is drawn in."""
    parent = element.getparent()
    return parent is not None and etree.QName(parent).localname in _FOLLOWING


def _followed(text: str, data: Area, last_row: int) -> str:
    return " ".join(_one(word, data, last_row) for word in text.split())


def _one(word: str, data: Area, last_row: int) -> str:
    try:
        return str(_ending(Area.of(word), data, last_row))
    except ValueError:  # whole columns, which need not follow: A:A
        return word


def _ending(area: Area, data: Area, last_row: int) -> Area:
    beside = area.right < data.left or data.right < area.left
    whole = area.top <= data.top and area.bottom == data.bottom
    return area if beside or not whole else area.ending(last_row)
