"""Surveys the package of an .xlsx or .xlsm file before any library reads it: its date system, its bounds, error values.

The raw XML is only searched, not parsed, so that what claims to be larger than memory is refused before it is unpacked into it.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from lxml import etree

from xlseg.errors import FormatError

MAX_ROWS, MAX_COLUMNS = 1_048_576, 16_384
MAX_MEMBERS, MAX_BYTES = 10_000, 4 << 30

_CHUNK = 1 << 20
_BEYOND_Z = re.compile(rb"""r=["'][A-Z]{2}""")
_LETTERS = re.compile(rb"""r=["']([A-Z]+)\d""")
_ROW = re.compile(rb"""row\b[^<>]*?\sr=["'](\d+)["']""")
_WORKSHEET = re.compile(rb"<(\w+:)?worksheet[\s>]")


@dataclass(frozen=True)
class Survey:
    """What the raw XML of all worksheets tells before they are read: whether any holds error values, the cells of the largest rectangle filled."""

    has_errors: bool
    dense: int


def inspect(book: str, package: zipfile.ZipFile) -> tuple[bool, Survey]:
    """Whether a package counts days from 1904, and the survey of its worksheets.

    Raises
    ------
    FormatError
        When it is no Excel workbook, or claims more than Excel can hold.
    """
    members = package.infolist()
    names = {member.filename.replace("\\", "/").lstrip("/").lower(): member for member in members}
    if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_BYTES:
        raise FormatError(book, "larger than any workbook should be when unpacked", "save a copy with the export sheets only")
    if any(name.endswith("workbook.bin") for name in names):
        raise FormatError(book, "a binary workbook (.xlsb)", "open it in Excel and save it as .xlsx")
    epoch_1904 = _epoch_1904(book, package, names)
    has_errors, dense = False, 0
    for name, member in names.items():
        if name.endswith(".xml") and not name.startswith(("docprops/", "xl/drawings/", "xl/theme/", "xl/charts/")):
            with package.open(member) as part:
                errors, cells = _survey(book, part)
            has_errors, dense = has_errors or errors, max(dense, cells)
    return epoch_1904, Survey(has_errors, dense)


def _epoch_1904(book: str, package: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> bool:
    part = names.get(_workbook_part(package, names))
    if part is None:
        raise FormatError(book, "not an Excel workbook (no workbook part)", "open it in Excel and save it as .xlsx")
    root = _parsed(book, package.read(part))
    return any(node.get("date1904", "").lower() in ("1", "true", "on") for node in root.iter("{*}workbookPr"))


def _workbook_part(package: zipfile.ZipFile, names: dict[str, zipfile.ZipInfo]) -> str:
    relations = names.get("_rels/.rels")
    if relations is not None:
        for node in _parsed("_rels/.rels", package.read(relations)).iter("{*}Relationship"):
            if node.get("Type", "").endswith("/officeDocument"):
                return str(PurePosixPath("/", node.get("Target", "").replace("\\", "/"))).lstrip("/").lower()
    return "xl/workbook.xml"


def _parsed(book: str, content: bytes) -> etree._Element:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise FormatError(book, "its XML declares a document type", "open it in Excel and save it again")
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise FormatError(book, f"its XML is broken ({error})", "open it in Excel and save it again") from None


def _survey(book: str, part: IO[bytes]) -> tuple[bool, int]:
    """Whether a part holds error cells, and how many cells the rectangle has that it fills; (False, 0) when it is no worksheet."""
    chunk = part.read(_CHUNK)
    if not is_worksheet(chunk):
        return False, 0
    if b"<!DOCTYPE" in chunk[:4096]:
        raise FormatError(book, "its XML declares a document type", "open it in Excel and save it again")
    has_errors, rows, columns = False, 0, 1
    while chunk:
        has_errors = has_errors or b'"e"' in chunk or b"'e'" in chunk
        rows = max(rows, max(map(int, _ROW.findall(chunk)), default=0))
        letters = set(_LETTERS.findall(chunk)) if _BEYOND_Z.search(chunk) else {b"Z"}
        columns = max(columns, *map(column_number, letters))
        more = part.read(_CHUNK)
        chunk = chunk[-200:] + more if more else b""
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise FormatError(book, f"a sheet claims {rows:,} rows and {columns:,} columns", f"keep within {MAX_ROWS:,} × {MAX_COLUMNS:,}")
    return has_errors, rows * columns


def is_worksheet(start: bytes) -> bool:
    """Whether a part that begins like this is a worksheet."""
    return bool(_WORKSHEET.search(start[:4096]))


def column_number(letters: bytes) -> int:
    """Number of a column from its letters: A is 1, XFD is 16,384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
