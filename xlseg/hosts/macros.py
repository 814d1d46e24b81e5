"""What a workbook with macros has besides its sheets: code names, the VBA project, the ribbon."""

from __future__ import annotations

import posixpath
from pathlib import Path

from lxml import etree

from xlseg.hosts.book import Book
from xlseg.hosts.package import Relationships, serialized

_MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"
_PROJECT = f"{_MICROSOFT}/vbaProject"
_RIBBON = f"{_MICROSOFT}/ui/extensibility"
_PROJECT_TYPE = "application/vnd.ms-office.vbaProject"
_RIBBON_ID = "xlsegRibbon"
"""openpyxl numbers its own relationships from 1 and leaves this one its id: two of one id would be damage."""
WORKBOOK = "ThisWorkbook"
"""Code name of the workbook in every VBA project."""


def name_code(book: Book) -> tuple[str, ...]:
    """Give workbook and worksheets their code names, by which the VBA project knows them. Those of the sheets are Sheet1, Sheet2 and so on."""
    book.set_code_name(WORKBOOK)
    names = []
    for number, part in enumerate(book.worksheets().values(), start=1):
        root = book.package.xml(part)
        tag = f"{{{book.namespace}}}sheetPr"
        properties = root.find(tag)
        if properties is None:
            properties = etree.Element(tag)
            root.insert(0, properties)
        names.append(f"Sheet{number}")
        properties.set("codeName", names[-1])
        book.package.put(part, serialized(root))
    return tuple(names)


def project_in(path: Path) -> bytes | None:
    """The VBA project of a workbook; None when it has none.

    Raises
    ------
    FormatError
        When the file is no workbook.
    """
    book = Book(path)
    try:
        parts = Relationships(book.package, book.part).targets("vbaProject").values()
        part = next((part for part in parts if book.package.has(part)), None)
        return book.package.read(part) if part else None
    finally:
        book.package.close()


def put_project(book: Book, project: bytes) -> None:
    """Put the VBA project, in place of the one that is there."""
    book.put_related(_PROJECT, posixpath.join(book.folder, "vbaProject.bin"), _PROJECT_TYPE, project)


def put_ribbon(book: Book, ribbon: bytes) -> None:
    """Put the description of the ribbon that Excel has understood since 2007."""
    relationships, part = Relationships(book.package, ""), "customUI/customUI.xml"
    if not relationships.targets("extensibility"):
        relationships.add(_RIBBON, part, _RIBBON_ID)
        relationships.save()
    book.package.put(part, ribbon)
