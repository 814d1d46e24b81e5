"""Which features of spreadsheet programs a package holds, told by its parts and by what stands in them: the report's rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

PARTS: Mapping[str, str] = {
    "VBA": r"vbaproject\.bin$",
    "VBA signature": r"vbaprojectsignature",
    "charts": r"/charts/chart",
    "charts of 2016": r"/chartex",
    "chart sheets": r"/chartsheets/[^/]+$",
    "dialog sheets": r"/dialogsheets/[^/]+$",
    "macro sheets": r"/macrosheets/[^/]+$",
    "pivots": r"/pivottables/[^/]+$",
    "pivot caches": r"/pivotcache/[^/]+$",
    "slicers": r"/slicers/",
    "timelines": r"/timelines/",
    "ActiveX controls": r"/activex/",
    "form controls": r"/ctrlprops/",
    "comments": r"/comments[^/]*\.xml$",
    "threaded comments": r"/threadedcomments/",
    "drawings": r"/drawings/[^/]+\.xml$",
    "VML drawings": r"\.vml$",
    "pictures": r"/media/",
    "diagrams": r"/diagrams/",
    "embedded files": r"/embeddings/",
    "dynamic arrays": r"/metadata\.xml$",
    "rich data": r"/richdata/",
    "ribbon": r"^customui/",
    "task panes": r"/webextensions/",
    "external links": r"/externallinks/[^/]+$",
    "query tables": r"/querytables/",
    "connections": r"/connections\.xml$",
    "data model": r"/model/",
    "XML maps": r"/xmlmaps\.xml$",
    "custom XML": r"^customxml/",
    "printer settings": r"/printersettings/",
    "tables": r"/tables/table",
    "calculation chain": r"/calcchain\.xml$",
    "theme overrides": r"/themeoverride",
    "custom properties": r"^docprops/custom\.xml$",
    "package signature": r"^_xmlsignatures/",
}

SHEETS: Mapping[str, bytes] = {
    "conditional formats": rb"<(?:\w+:)?conditionalFormatting\b",
    "conditional formats of 2010": rb"<x14:conditionalFormatting\b",
    "data validation": rb"<(?:\w+:)?dataValidation\b",
    "sparklines": rb"<\w+:sparklineGroup\b",
    "array formulas": rb't="array"',
    "data tables": rb't="dataTable"',
    "merged cells": rb"<(?:\w+:)?mergeCell\b",
    "hyperlinks": rb"<(?:\w+:)?hyperlink\b",
    "protected sheets": rb"<(?:\w+:)?sheetProtection\b",
    "scenarios": rb"<(?:\w+:)?scenario\b",
    "custom views": rb"<(?:\w+:)?customSheetView\b",
    "background pictures": rb"<(?:\w+:)?picture\b",
    "phonetic texts": rb"<(?:\w+:)?rPh\b",
    "OLE objects": rb"<(?:\w+:)?oleObject\b",
    "filters": rb"<(?:\w+:)?autoFilter\b",
}

BOOK: Mapping[str, bytes] = {
    "names": rb"<(?:\w+:)?definedName\b",
    "1904 dates": rb'date1904="(?:1|true)"',
    "strict": rb"purl\.oclc\.org/ooxml/spreadsheetml/main",
    "prefixed XML": rb"<\w+:workbook\b",
    "workbook protection": rb"<(?:\w+:)?workbookProtection\b",
}


def features(parts: Mapping[str, bytes]) -> frozenset[str]:
    """What the package holds."""
    names = {name.replace("\\", "/").lower(): data for name, data in parts.items()}
    found = {feature for feature, pattern in PARTS.items() if any(re.search(pattern, name) for name in names)}
    found |= _matching(SHEETS, (data for name, data in names.items() if "sheet" in name or name.endswith("sharedstrings.xml")))
    return frozenset(found | _matching(BOOK, (data for data in names.values() if b"workbook" in data[:1000])))


def _matching(patterns: Mapping[str, bytes], contents: Iterable[bytes]) -> set[str]:
    contents = list(contents)
    return {feature for feature, pattern in patterns.items() if any(re.search(pattern, data) for data in contents)}
