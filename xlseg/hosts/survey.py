"""Surveys the package of an .xlsx or .xlsm file before any library reads it: its date system, its bounds, error values.

The raw XML is only searched, not parsed, so that what claims to be larger than memory is refused before it is unpacked into it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePosixPath

from xlseg.errors import FormatError
from xlseg.hosts.extent import Extent
from xlseg.hosts.opening import unpacked
from xlseg.hosts.package import Element, parsed

_WORKSHEET = re.compile(rb"<(\w+:)?worksheet[\s>]")
_READ = re.compile(rb"<(?:\w+:)?(?:worksheet|sst|styleSheet|workbook|Relationships|table)[\s>]")
"""The parts that a library unpacks by itself, whatever size they claim."""
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_LONGEST_TAG = 1 << 16
_SAVE_AGAIN = "open it in Excel and save it again"


@dataclass(frozen=True)
class Survey:
    """What the raw XML of all worksheets tells before they are read.

    Attributes
    ----------
    has_errors
        Whether any holds error values.
    dense
        The cells of the largest rectangle filled.
    is_sparse
        Whether some rectangle is far larger than what can stand in it.
    """

    has_errors: bool
    dense: int
    is_sparse: bool = False


def inspect(book: str, package: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo]) -> tuple[bool, Survey]:
    """Whether a package counts days from 1904, and the survey of its worksheets.

    Parameters
    ----------
    names
        Its members by part name, in lower case.

    Raises
    ------
    FormatError
        When it is no Excel workbook, or claims more than Excel can hold.
    """
    if any(name.endswith("workbook.bin") for name in names):
        raise FormatError(book, "a binary workbook (.xlsb)", "open it in Excel and save it as .xlsx")
    epoch_1904 = _epoch_1904(book, package, names)
    found = [_survey(f"{book}: {member.filename}", package, member) for member in names.values()]
    sheets = [extent for extent in found if extent]
    return epoch_1904, Survey(any(e.has_errors for e in sheets), max((e.dense for e in sheets), default=0), any(e.is_sparse for e in sheets))


def _epoch_1904(book: str, package: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo]) -> bool:
    part = names.get(_workbook_part(book, package, names))
    if part is None:
        raise FormatError(book, "not an Excel workbook (no workbook part)", "open it in Excel and save it as .xlsx")
    root = _tree(book, package, part)
    return any(node.get("date1904", "").lower() in ("1", "true", "on") for node in root.iter("{*}workbookPr"))


def _workbook_part(book: str, package: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo]) -> str:
    relations = names.get("_rels/.rels")
    if relations is not None:
        for node in _tree(book, package, relations).iter("{*}Relationship"):
            if node.get("Type", "").endswith("/officeDocument"):
                return str(PurePosixPath("/", node.get("Target", "").replace("\\", "/"))).lstrip("/").lower()
    return "xl/workbook.xml"


def _tree(book: str, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> Element:
    return parsed(b"".join(unpacked(package, member)), f"{book}: {member.filename}")


def _survey(place: str, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> Extent | None:
    """The extent of a worksheet; None for another part."""
    chunks = _in_utf_8(unpacked(package, member))
    start = next(chunks, b"")
    if not _READ.search(start):
        return None
    if b"<!DOCTYPE" in start:
        raise FormatError(place, "the XML declares a document type", _SAVE_AGAIN)
    if not _WORKSHEET.search(start):
        for _ in chunks:  # to its end, for its size
            pass
        return None
    extent = Extent(place, member.file_size)
    for chunk in _whole_tags(chain([start], chunks)):
        extent.take(chunk)
    return extent


def _in_utf_8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    start = next(chunks, b"")
    encoding = _UTF_16.get(start[:2])
    if encoding is None:
        return chain([start], chunks)
    return iter([(start + b"".join(chunks)).decode(encoding, "replace").encode()])


def _whole_tags(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut before a tag and not within one."""
    rest = b""
    for chunk in chunks:
        chunk = rest + chunk
        cut = chunk.rfind(b"<")
        rest = chunk[cut:] if cut >= 0 and len(chunk) - cut < _LONGEST_TAG else b""
        yield chunk[:cut] if rest else chunk
    yield rest


def is_worksheet(start: bytes) -> bool:
    """Whether a part that begins like this is a worksheet."""
    return bool(_WORKSHEET.search(start[:4096]))
