"""Surveys the package of an .xlsx or .xlsm file before any library reads it: its date system, its bounds, error values.

The raw XML is only searched, not parsed, so that what claims to be larger than memory is refused before it is unpacked into it. A large worksheet
waits until somebody asks for it, and is then surveyed in the pass that reads it: no library gets to see rows before they have gone by here.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from lxml import etree

from xlseg.beside import ahead
from xlseg.errors import FormatError
from xlseg.hosts import pieces
from xlseg.hosts.extent import Extent
from xlseg.hosts.opening import unpacked
from xlseg.hosts.package import Element, must_have_usual_sheets, parsed

_WORKSHEET = re.compile(rb"<(\w+:)?worksheet[\s>]")
_READ = re.compile(rb"<(?:\w+:)?(?:worksheet|sst|styleSheet|workbook|Relationships|table)[\s>]")
"""The parts that a library unpacks by itself, whatever size they claim."""
_DECLARATION = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml[^<>]*\?>")
_CLAIM = re.compile(rb"""uniqueCount\s*=\s*["']([^"']*)""")
_ENCODING = re.compile(rb"""(?:\xef\xbb\xbf)?\s*<\?xml\s[^<>]*?\bencoding\s*=\s*["']([\w.:-]+)""")
_UTF_16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_ID = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"
_LONGEST_TAG = 1 << 16
_AT_HAND = 1 << 19
"""Bytes that are looked at at once: few enough for the cache of a processor."""
_STYLES = re.compile(rb"<(?:\w+:)?styleSheet[\s>]")
_MOST_FORMATS = 200_000
_WORTH_WAITING = 1 << 20
"""Bytes from which on a sheet is not looked at before somebody asks for it, in a book with large ones."""
_MANY = 2 << 20
"""Bytes of a large part that are unpacked while those before are looked at."""
_WORKBOOK = "xl/workbook.xml"
_DATE_1904 = re.compile(rb"""\bdate1904\s*=\s*["']([^"']*)""")
_YES = {b"1", b"true"}
_YES_AND_NO = _YES | {b"0", b"false"}
_SAVE_AGAIN = "open it in Excel and save it again"


class Survey:
    """What the raw XML of the worksheets tells before they are read; of the large ones, while they are read.

    Attributes
    ----------
    sheets
        The extents of the worksheets by their names, of those that have been looked at.
    waiting
        The members of those that have not been.
    """

    def __init__(self, book: str, every: Iterable[Extent], sheets: Mapping[str, Extent], waiting: Mapping[str, zipfile.ZipInfo]) -> None:
        self._book, self._every = book, [*every]
        self.sheets, self.waiting = dict(sheets), dict(waiting)

    @property
    def has_errors(self) -> bool:
        """Whether any holds error values."""
        return any(extent.has_errors for extent in self._every)

    @property
    def dense(self) -> int:
        """The cells of the largest rectangle filled."""
        return max((extent.dense for extent in self._every), default=0)

    @property
    def is_sparse(self) -> bool:
        """Whether some rectangle is far larger than what can stand in it."""
        return any(extent.is_sparse for extent in self._every)

    @property
    def has_negatives(self) -> bool:
        """Whether any may hold a negative number."""
        return any(extent.has_negatives for extent in self._every)

    @property
    def has_huge(self) -> bool:
        """Whether any holds a negative number that no date is."""
        return any(extent.has_huge for extent in self._every)

    def without_formulas(self) -> frozenset[str]:
        """Names of the sheets of which it is known that no cell holds a formula."""
        return frozenset(name for name, extent in self.sheets.items() if not extent.has_formulas)

    def usual(self) -> frozenset[str]:
        """Names of the sheets of which it is known that their rows and cells are named first of all, with nothing but elements among them."""
        return frozenset(name for name, extent in self.sheets.items() if extent.is_usual)

    def going_by(self, package: zipfile.ZipFile, sheet: str) -> tuple[Extent, Iterator[bytes]]:
        """The extent of a sheet that waits, and its bytes; it tells of those that have been taken, and of the sheet with the last."""
        member = self.waiting[sheet]
        extent = Extent(f"{self._book}: {member.filename}", member.file_size, member.filename)
        return extent, self._noted(sheet, extent, _looked_at(extent, ahead(unpacked(package, member, _MANY))))

    def _noted(self, sheet: str, extent: Extent, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield from chunks
        self._every.append(extent)
        self.sheets[sheet] = extent
        del self.waiting[sheet]

    def look_at(self, package: zipfile.ZipFile, sheet: str) -> None:
        """Look at a sheet that waits."""
        to_the_end(self.going_by(package, sheet)[1])


def inspect(book: str, package: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo], *, may_wait: bool) -> tuple[bool, Survey]:
    """Whether a package counts days from 1904, and the survey of its worksheets.

    Parameters
    ----------
    names
        Its members by part name, in lower case.
    may_wait
        Whether, in a book with large worksheets, all but the small ones are looked at later: when somebody asks for them, and before a library
        reads them.

    Raises
    ------
    FormatError
        When it is no Excel workbook, or claims more than Excel can hold.
    """
    if any(name.endswith("workbook.bin") for name in names):
        raise FormatError(book, "a binary workbook (.xlsb)", "open it in Excel and save it as .xlsx")
    part = _workbook_part(book, package, names)
    if part not in names:
        raise FormatError(book, "not an Excel workbook (no workbook part)", "open it in Excel and save it as .xlsx")
    raw = b"".join(unpacked(package, names[part]))
    root = parsed(raw, f"{book}: {names[part].filename}")
    must_have_usual_sheets(book, root)
    parts = _sheet_parts(book, package, names, part, root)
    waiting = _waiting(package, {sheet: names[name] for sheet, name in parts.items() if name in names}) if may_wait else {}
    now = {name: member for name, member in names.items() if member not in waiting.values()}
    found = {name: _survey(f"{book}: {member.filename}", package, member) for name, member in now.items()}
    extents = {name: extent for name, extent in found.items() if extent}
    sheets = {sheet: extents[name] for sheet, name in parts.items() if name in extents}
    return _epoch_1904(book, root, raw), Survey(book, extents.values(), sheets, waiting)


def _epoch_1904(book: str, root: Element, raw: bytes) -> bool:
    """Whether days count from 1904, where all readers agree about it: some look for the word wherever it stands."""
    tag = etree.QName(etree.QName(root).namespace, "workbookPr").text
    own = {each.get("date1904", "0").encode() for each in root if each.tag == tag}
    said = {*_DATE_1904.findall(raw)}
    if len(own) > 1 or said - _YES_AND_NO or (said & _YES and not own & _YES):
        raise FormatError(book, "it does not say plainly from which year its dates count", _SAVE_AGAIN)
    return bool(own & _YES)


def _workbook_part(book: str, package: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo]) -> str:
    relations = _relations(book, package, names, "")
    found = next((target for kind, target in relations.values() if kind.endswith("/officeDocument")), _WORKBOOK)
    _must_be_the_only(book, found, _WORKBOOK, names)
    return found


def _must_be_the_only(book: str, part: str, usual: str, names: Collection[str]) -> None:
    """A library takes a part by its usual name, whatever the relationships say."""
    if part != usual and usual in names and part in names:
        raise FormatError(book, f"it has {usual} and names {part} in its place", _SAVE_AGAIN)


def _sheet_parts(book: str, package: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo], workbook: str, root: Element) -> dict[str, str]:
    """Names of the parts of the worksheets, by the names of the sheets."""
    relations = _relations(book, package, names, workbook)
    for kind, target in relations.values():
        if kind.endswith("/sharedStrings"):
            _must_be_the_only(book, target, posixpath.join(posixpath.dirname(workbook), "sharedstrings.xml"), names)
    sheets = ((sheet.get("name", ""), relations.get(sheet.get(_ID) or sheet.get(_STRICT_ID) or "")) for sheet in root.iter("{*}sheet"))
    return {name: relation[1] for name, relation in sheets if relation and relation[0].endswith("/worksheet")}


def _relations(book: str, package: zipfile.ZipFile, names: Mapping[str, zipfile.ZipInfo], base: str) -> dict[str, tuple[str, str]]:
    """Type and target of what a part relates to, by the relation's id."""
    folder, name = posixpath.split(base)
    member = names.get(posixpath.join(folder, "_rels", name + ".rels"))
    nodes = [*_tree(book, package, member).iter("{*}Relationship")] if member else []
    if len({node.get("Id", "") for node in nodes}) < len(nodes):
        raise FormatError(f"{book}: {base or 'the package'}", "two relationships have one id", _SAVE_AGAIN)
    return {node.get("Id", ""): (node.get("Type", ""), _target(folder, node)) for node in nodes}


def _target(folder: str, node: Element) -> str:
    target = posixpath.join("/", folder, node.get("Target", "").replace("\\", "/"))
    return posixpath.normpath(target).lstrip("/").lower()


def _tree(book: str, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> Element:
    return parsed(b"".join(unpacked(package, member)), f"{book}: {member.filename}")


def _waiting(package: zipfile.ZipFile, sheets: Mapping[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """In a book with sheets that can be looked at while they are read, some rows after the others: those, and others that nobody may ask about."""
    size = pieces.piece_size(package)
    if not any(pieces.is_large(member, size) for member in sheets.values()):
        return {}
    return {name: member for name, member in sheets.items() if member.file_size >= _WORTH_WAITING and _is_surely_worksheet(package, member)}


def _is_surely_worksheet(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    start = next(unpacked(package, member), b"")
    return _WORKSHEET.search(start) is not None and _is_utf_8(start) and b"<!DOCTYPE" not in start


def _survey(place: str, package: zipfile.ZipFile, member: zipfile.ZipInfo) -> Extent | None:
    """The extent of a worksheet; None for another part."""
    chunks = unpacked(package, member) if member.file_size <= _MANY else ahead(unpacked(package, member, _MANY))
    first = next(chunks, b"")
    chunks = _in_utf_8(chain([first], chunks))
    start = next(chunks, b"")
    if _STYLES.search(start):
        _must_have_few_formats(place, chain([start], chunks))
    if not _READ.search(start):
        return None
    if b"<!DOCTYPE" in start:
        raise FormatError(place, "the XML declares a document type", _SAVE_AGAIN)
    if not _WORKSHEET.search(start):
        _must_count_right(place, start, member.file_size)
        to_the_end(chunks)  # for its size
        return None
    if not _is_utf_8(first):
        raise FormatError(place, "a sheet in another encoding than UTF-8, as no spreadsheet program writes it", _SAVE_AGAIN)
    extent = Extent(place, member.file_size, member.filename)
    to_the_end(_looked_at(extent, chain([start], chunks)))
    return extent


def _looked_at(extent: Extent, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, each handed on when the extent tells of it."""
    start = next(chunks, b"")
    rows = _DECLARATION.sub(b"", start, count=1)
    yield start[: len(start) - len(rows)]
    for chunk in _whole_tags(chain([rows], chunks)):
        extent.take(chunk)
        yield chunk


def to_the_end(chunks: Iterator[bytes]) -> None:
    """Take what is left of a part, for what that tells of it."""
    for _ in chunks:
        pass


def _must_count_right(place: str, start: bytes, size: int) -> None:
    """A library makes room for as many texts as the shared strings claim to be."""
    for claimed in _CLAIM.findall(start.partition(b"<si")[0]):
        if not claimed.isdigit() or int(claimed[:12]) > size:
            raise FormatError(place, f"it claims to hold {claimed[:12].decode('utf-8', 'replace')} texts", _SAVE_AGAIN)


def _must_have_few_formats(place: str, chunks: Iterator[bytes]) -> None:
    formats = sum(chunk.count(b"<xf") + chunk.count(b":xf") for chunk in chunks)
    if formats > _MOST_FORMATS:
        raise FormatError(place, f"{formats:,} cell formats are more than {_MOST_FORMATS:,}, of which Excel knows no more than 65,490", _SAVE_AGAIN)


def _is_utf_8(start: bytes) -> bool:
    """Whether a part that begins like this is; of a sheet in another encoding, which XML allows, the libraries that read cells find none."""
    said = _ENCODING.match(start)
    return start[:2] not in _UTF_16 and (said is None or said[1].lower() in (b"utf-8", b"us-ascii"))


def _in_utf_8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    start = next(chunks, b"")
    encoding = _UTF_16.get(start[:2])
    if encoding is None:
        return chain([start], chunks)
    return iter([(start + b"".join(chunks)).decode(encoding, "replace").encode()])


def _whole_tags(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, no more at a time than a processor keeps at hand, cut before a tag and not within one."""
    rest = b""
    for chunk in chunks:
        rest, start = rest + chunk, 0
        while start + _AT_HAND <= len(rest):
            cut = rest.rfind(b"<", start + _AT_HAND - _LONGEST_TAG, start + _AT_HAND)
            stop = cut if cut > 0 else start + _AT_HAND
            yield rest[start:stop]
            start = stop
        rest = rest[start:]
    yield rest


def is_worksheet(start: bytes) -> bool:
    """Whether a part that begins like this is a worksheet."""
    return bool(_WORKSHEET.search(start[:4096]))
