"""A workbook for every feature of spreadsheet programs that a refresh has to leave alone: drawn by XlsxWriter, or its parts written by hand."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import xlsxwriter
from features import features
from lxml import etree
from workbooks import MAIN, RELATION, STRICT, STRICT_RELATION, parts, picture, repacked, user_book

Members = dict[str, bytes]
Part = tuple[str, str, str, str, bytes]
"""Owner (a part, or the package), kind of the relationship, name, content type, content."""

BOOK, SHEET, PACKAGE = "xl/workbook.xml", "xl/worksheets/sheet1.xml", ""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
_MS = "http://schemas.microsoft.com/office/"
_TYPE = "application/vnd.openxmlformats-officedocument."
_M = f'xmlns="{MAIN.decode()}" xmlns:r="{RELATION.decode()}"'


def xml(text: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n' + text).encode()


def made(path: Path, feature: str) -> Path:
    """A workbook that holds the feature."""
    if feature in DRAWN:
        _drawn(path, DRAWN[feature])
    else:
        repacked(user_book(path), lambda members: WRITTEN[feature](members))
    assert feature in features(parts(path))
    return path


# ── drawn by XlsxWriter ──────────────────────────────────────────────────────


def _drawn(path: Path, draw: Callable[[Any, Any], None]) -> None:
    book = xlsxwriter.Workbook(str(path), {"date_1904": draw is _dates_of_1904})
    sheet = book.add_worksheet("Invoices")
    sheet.write_column("A1", ["Number", 1, 2, 3])
    draw(book, sheet)
    book.close()


def _chart(book: Any) -> Any:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Invoices!$A$2:$A$4"})
    return chart


def _dates_of_1904(book: Any, sheet: Any) -> None:
    sheet.write_number("B1", 40000, book.add_format({"num_format": "yyyy-mm-dd"}))


def _vba(book: Any, sheet: Any) -> None:
    book.add_vba_project(io.BytesIO(b"not really a VBA project"), is_stream=True)


def _signed_vba(book: Any, sheet: Any) -> None:
    book.add_signed_vba_project(io.BytesIO(b"no VBA project"), io.BytesIO(b"no signature"), project_is_stream=True, signature_is_stream=True)


DRAWN: Mapping[str, Callable[[Any, Any], None]] = {
    "1904 dates": _dates_of_1904,
    "VBA": _vba,
    "VBA signature": _signed_vba,
    "charts": lambda book, sheet: sheet.insert_chart("D2", _chart(book)),
    "chart sheets": lambda book, sheet: book.add_chartsheet("Curve").set_chart(_chart(book)),
    "comments": lambda book, sheet: sheet.write_comment("A2", "looks odd", {"author": "Anna"}),
    "VML drawings": lambda book, sheet: sheet.set_header("&L&G", {"image_left": "logo.png", "image_data_left": picture()}),
    "drawings": lambda book, sheet: sheet.insert_textbox("D2", "Do not forget"),
    "pictures": lambda book, sheet: sheet.insert_image("D2", "dot.png", {"image_data": picture()}),
    "background pictures": lambda book, sheet: sheet.set_background(picture()),
    "dynamic arrays": lambda book, sheet: sheet.write_dynamic_array_formula("B2:B4", "=SORT(A2:A4)", None, 1),
    "rich data": lambda book, sheet: sheet.embed_image("B2", "dot.png", {"image_data": picture()}),
    "array formulas": lambda book, sheet: sheet.write_array_formula("B2:B4", "{=A2:A4*2}", None, 2),
    "sparklines": lambda book, sheet: sheet.add_sparkline("B1", {"range": "Invoices!A2:A4"}),
    "conditional formats": lambda book, sheet: sheet.conditional_format("A2:A4", {"type": "3_color_scale"}),
    "conditional formats of 2010": lambda book, sheet: sheet.conditional_format("A2:A4", {"type": "data_bar", "data_bar_2010": True}),
    "data validation": lambda book, sheet: sheet.data_validation("A2:A4", {"validate": "integer", "criteria": ">", "value": 0}),
    "merged cells": lambda book, sheet: sheet.merge_range("C1:E2", "Merged", book.add_format({"bold": True})),
    "hyperlinks": lambda book, sheet: sheet.write_url("D1", "https://example.com/"),
    "protected sheets": lambda book, sheet: sheet.protect("secret"),
    "filters": lambda book, sheet: (sheet.autofilter("A1:A4"), sheet.filter_column("A", "x > 1")),
    "tables": lambda book, sheet: sheet.add_table("A1:A4", {"columns": [{"header": "Number"}]}),
    "names": lambda book, sheet: (book.define_name("Rate", "=Invoices!$A$2"), sheet.print_area("A1:A4"), sheet.repeat_rows(0)),
    "custom properties": lambda book, sheet: book.set_custom_property("Ledger", "2000"),
}

# ── parts written by hand ────────────────────────────────────────────────────


def attach(members: Members, part: Part) -> str:
    """Add a part, its content type and its relationship; the id of that."""
    owner, kind, name, content_type, content = part
    members[name] = content
    if content_type:
        override = f'<Override PartName="/{name}" ContentType="{content_type}"/></Types>'.encode()
        members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(b"</Types>", override)
    relations = posixpath.join(posixpath.dirname(owner), "_rels", posixpath.basename(owner) + ".rels") if owner else "_rels/.rels"
    empty = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    text = members.get(relations, empty)
    identity = f"rIdF{text.count(b'<Relationship ')}"
    new = f'<Relationship Id="{identity}" Type="{kind}" Target="/{name}"/></Relationships>'.encode()
    members[relations] = text.replace(b"</Relationships>", new)
    return identity


def inserted(members: Members, part: str, before: bytes, text: str) -> None:
    assert before in members[part], (part, before)
    members[part] = members[part].replace(before, text.encode() + before, 1)


def holding(*given: Part, sheet: str = "") -> Callable[[Members], None]:
    """Attaches parts; `sheet` is the sheet's element that names the first, with its id as %s."""

    def edit(members: Members) -> None:
        ids = [attach(members, part) for part in given]
        if sheet:
            inserted(members, SHEET, b"</worksheet>", sheet.replace("%s", ids[0]))

    return edit


def _sheet_of(kind: str, element: str, content_type: str, folder: str) -> Callable[[Members], None]:
    """A sheet that is no worksheet."""

    def edit(members: Members) -> None:
        relation = _MS + "2006/relationships/xlMacrosheet" if kind == "macro" else _OFFICE + "dialogsheet"
        prefix = ' xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"' if kind == "macro" else ""
        content = xml(f'<{element} {_M}{prefix}><sheetData><row r="1"><c r="A1" t="e"><v>#N/A</v></c></row></sheetData></{element}>')
        if kind == "dialog":
            content = xml(f'<{element} {_M}><sheetFormatPr defaultRowHeight="15"/></{element}>')
        identity = attach(members, (BOOK, relation, f"xl/{folder}/sheet1.xml", content_type, content))
        inserted(members, BOOK, b"</sheets>", f'<sheet name="Old {kind}" sheetId="77" r:id="{identity}"/>')

    return edit


def _pivot_parts() -> tuple[Part, Part]:
    cache = xml(
        f'<pivotCacheDefinition {_M} saveData="0" refreshOnLoad="1"><cacheSource type="worksheet"><worksheetSource ref="A1:B6" sheet="Invoices"/>'
        '</cacheSource><cacheFields count="2"><cacheField name="Invoice No" numFmtId="0"><sharedItems/></cacheField>'
        '<cacheField name="Amount" numFmtId="0"><sharedItems/></cacheField></cacheFields></pivotCacheDefinition>'
    )
    table = xml(
        f'<pivotTableDefinition {_M} name="Pivot1" cacheId="1" dataCaption="Values"><location ref="J1:K2" firstHeaderRow="1" firstDataRow="1" '
        'firstDataCol="1"/><pivotFields count="2"><pivotField/><pivotField dataField="1"/></pivotFields></pivotTableDefinition>'
    )
    definition, pivot = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/pivotTables/pivotTable1.xml"
    return (
        (BOOK, _OFFICE + "pivotCacheDefinition", definition, _TYPE + "spreadsheetml.pivotCacheDefinition+xml", cache),
        (SHEET, _OFFICE + "pivotTable", pivot, _TYPE + "spreadsheetml.pivotTable+xml", table),
    )


def _on_pivot(folder: str, content: str) -> Callable[[Members], None]:
    kind = _MS + "2007/relationships/" + folder[:-1]
    part = (SHEET, kind, f"xl/{folder}/{folder[:-1]}1.xml", f"application/vnd.ms-excel.{folder[:-1]}+xml", xml(content))

    def edit(members: Members) -> None:
        identity, _ = (attach(members, p) for p in _pivot_parts())
        attach(members, part)
        inserted(members, BOOK, b"</workbook>", f'<pivotCaches><pivotCache cacheId="1" r:id="{identity}"/></pivotCaches>')

    return edit


def _strict(members: Members) -> None:
    for name in members:
        members[name] = members[name].replace(MAIN, STRICT).replace(RELATION, STRICT_RELATION)


def _prefixed(members: Members) -> None:
    for name in (BOOK, SHEET, "xl/styles.xml"):
        root = etree.fromstring(members[name])
        new = etree.Element(root.tag, root.attrib, nsmap={"x": MAIN.decode(), **{k: v for k, v in root.nsmap.items() if k}})
        new.extend(list(root))
        members[name] = etree.tostring(new, xml_declaration=True, encoding="UTF-8").replace(b' xmlns="%s"' % MAIN, b"")


def _protected_book(members: Members) -> None:
    inserted(members, BOOK, b"<bookViews>", '<workbookProtection lockWindows="1"/>')


def _after_sheet_data(element: str) -> Callable[[Members], None]:
    return lambda members: members.update({SHEET: members[SHEET].replace(b"</sheetData>", b"</sheetData>" + element.encode(), 1)})


def _in_cells(cells: str) -> Callable[[Members], None]:
    return lambda members: inserted(members, SHEET, b"</sheetData>", f'<row r="40">{cells}</row>')


_XML = "application/xml"
_BINARY = "application/octet-stream"
_DRAWING = _TYPE + "drawing"
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_CONNECTIONS: Part = (
    BOOK, _OFFICE + "connections", "xl/connections.xml", _TYPE + "spreadsheetml.connections+xml",
    xml(f'<connections {_M}><connection id="1" name="Bank" type="1" refreshedVersion="6"><dbPr connection="DSN=bank" command="SELECT 1"/>'
        "</connection></connections>"),
)  # fmt: skip

WRITTEN: Mapping[str, Callable[[Members], None]] = {
    "strict": _strict,
    "prefixed XML": _prefixed,
    "workbook protection": _protected_book,
    "macro sheets": _sheet_of("macro", "xm:macrosheet", "application/vnd.ms-excel.macrosheet+xml", "macrosheets"),
    "dialog sheets": _sheet_of("dialog", "dialogsheet", _TYPE + "spreadsheetml.dialogsheet+xml", "dialogsheets"),
    "slicers": _on_pivot("slicers", f'<slicers {_M}/>'),
    "timelines": _on_pivot("timelines", f'<timelines {_M}/>'),
    "charts of 2016": holding(
        (SHEET, _MS + "2014/relationships/chartEx", "xl/charts/chartEx1.xml", "application/vnd.ms-office.chartex+xml", xml("<cx/>")),
    ),
    "ActiveX controls": holding(
        (SHEET, _OFFICE + "control", "xl/activeX/activeX1.xml", "application/vnd.ms-office.activeX+xml", xml("<ocx/>")),
        (SHEET, _MS + "2006/relationships/activeXControlBinary", "xl/activeX/activeX1.bin", "application/vnd.ms-office.activeX", bytes(range(256))),
    ),
    "form controls": holding(
        (SHEET, _OFFICE + "ctrlProp", "xl/ctrlProps/ctrlProp1.xml", "application/vnd.ms-excel.controlproperties+xml", xml("<formControlPr/>")),
    ),
    "threaded comments": holding(
        (SHEET, _MS + "2017/10/relationships/threadedComment", "xl/threadedComments/threadedComment1.xml",
         "application/vnd.ms-excel.threadedcomments+xml", xml("<ThreadedComments/>")),
        (BOOK, _MS + "2017/10/relationships/person", "xl/persons/person.xml", "application/vnd.ms-excel.person+xml", xml("<personList/>")),
    ),
    "diagrams": holding((SHEET, _OFFICE + "diagramData", "xl/diagrams/data1.xml", _DRAWING + "ml.diagramData+xml", xml("<dgm/>"))),
    "embedded files": holding((SHEET, _OFFICE + "package", "xl/embeddings/Document1.docx", _BINARY, b"PK and so on")),
    "OLE objects": holding(
        (SHEET, _OFFICE + "oleObject", "xl/embeddings/oleObject1.bin", _TYPE + "oleObject", bytes(300)),
        sheet='<oleObjects><oleObject progId="Paint.Picture" shapeId="1025" r:id="%s"/></oleObjects>',
    ),
    "ribbon": holding((PACKAGE, _MS + "2006/relationships/ui/extensibility", "customUI/customUI.xml", _XML, xml("<customUI/>"))),
    "task panes": holding((PACKAGE, _MS + "2011/relationships/webextensiontaskpanes", "xl/webextensions/taskpanes.xml", _XML, xml("<taskpanes/>"))),
    "external links": holding(
        (BOOK, _OFFICE + "externalLink", "xl/externalLinks/externalLink1.xml", _TYPE + "spreadsheetml.externalLink+xml",
         xml(f"<externalLink {_M}/>")),
    ),
    "connections": holding(_CONNECTIONS),
    "query tables": holding(
        _CONNECTIONS,
        (SHEET, _OFFICE + "queryTable", "xl/queryTables/queryTable1.xml", _TYPE + "spreadsheetml.queryTable+xml",
         xml(f'<queryTable {_M} name="Bank" connectionId="1"/>')),
    ),
    "data model": holding((BOOK, _OFFICE + "powerPivotData", "xl/model/item.data", _BINARY, bytes(5000))),
    "XML maps": holding((BOOK, _OFFICE + "xmlMaps", "xl/xmlMaps.xml", _XML, xml(f'<MapInfo {_M} SelectionNamespaces=""/>'))),
    "custom XML": holding(
        (BOOK, _OFFICE + "customXml", "customXml/item1.xml", "", b"\xef\xbb\xbf<ledger/>"),
        ("customXml/item1.xml", _OFFICE + "customXmlProps", "customXml/itemProps1.xml", _TYPE + "customXmlProperties+xml", xml("<ds/>")),
    ),
    "printer settings": holding(
        (SHEET, _OFFICE + "printerSettings", "xl/printerSettings/printerSettings1.bin", _TYPE + "spreadsheetml.printerSettings", bytes(range(99))),
    ),
    "calculation chain": holding(
        (BOOK, _OFFICE + "calcChain", "xl/calcChain.xml", _TYPE + "spreadsheetml.calcChain+xml",
         xml(f'<calcChain {_M}><c r="D1" i="1"/></calcChain>')),
    ),
    "theme overrides": holding(
        ("xl/charts/chart1.xml", _OFFICE + "themeOverride", "xl/theme/themeOverride1.xml", _TYPE + "themeOverride+xml",
         xml(f"<a:themeOverride {_A}/>")),
    ),
    "package signature": holding(
        (PACKAGE, "http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin", "_xmlsignatures/origin.sigs",
         "application/vnd.openxmlformats-package.digital-signature-origin", b""),
    ),
    "scenarios": _after_sheet_data('<scenarios><scenario name="High"><inputCells r="B2" val="9"/></scenario></scenarios>'),
    "custom views": _after_sheet_data('<customSheetViews><customSheetView guid="{6A9B2D5C-9F7E-4B7B-8E5A-000000000001}"/></customSheetViews>'),
    "data tables": _in_cells('<c r="B40"><f t="dataTable" ref="B40:B40" dt2D="0" dtr="0" r1="B2"/><v>1</v></c>'),
    "phonetic texts": _in_cells('<c r="B40" t="inlineStr"><is><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></is></c>'),
}  # fmt: skip
