"""A large worksheet cut into pieces, each a small workbook of its own with some of the rows, so that several can be read at a time.

Only where rows are in order (`Extent.is_in_order`). A piece begins with a row that holds a value: what reads it counts from the first that does.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

PIECE = 12 << 20
"""Bytes of XML of a piece, at least."""

_TIMES, _MOST = 6, 32 << 20
"""So many times what all pieces need, such as the shared texts, which is read for each; larger ones take more memory than they save time."""

_XML = re.compile(r".*\.(xml|rels)", re.IGNORECASE)
_OF_SHEETS = re.compile(r"(.*/)?(worksheets|chartsheets|tables|drawings|charts|comments|theme|pivotTables|pivotCache|ctrlProps)/.*", re.IGNORECASE)
"""Where other sheets, what belongs to sheets, and the theme usually lie, which reading a sheet does not need."""
_SMALL = 1 << 16
_LONGEST_HEAD = 1 << 22

_START = b"<sheetData>"
_END = b"</sheetData></worksheet>"
_ROW, _ROW_END = b"<row ", b"</row>"
_NUMBER = re.compile(rb'<row r="(\d{1,7})"')
_VALUE = re.compile(rb'<c r="[A-Z]{1,3}\d+"(?: s="\d+")?(?: t="[ns]")?><v>\d')
_TRIES = 1_000
"""Rows looked at, from the end of a piece, for one that holds a value."""


@dataclass(frozen=True)
class Piece:
    """Some of the rows.

    Attributes
    ----------
    first
        Number of the first of them; 1 for the piece at the top, whatever it begins with.
    """

    first: int
    shared: bytes
    part: str
    sheet: tuple[bytes, ...]

    def package(self) -> bytes:
        """The workbook that holds them."""
        content = BytesIO(self.shared)
        with zipfile.ZipFile(content, "a") as package, package.open(self.part, "w") as file:
            for xml in self.sheet:
                file.write(xml)
        return content.getvalue()


@dataclass(frozen=True)
class Cutter:
    """What cuts a worksheet.

    Attributes
    ----------
    part
        Name of the worksheet's member in the package, as it stands there.
    size
        Bytes of XML of a piece.
    """

    shared: bytes
    part: str
    size: int

    def pieces(self, chunks: Iterator[bytes], below: int) -> Iterator[Piece]:
        """The rows of the worksheet of which these are the bytes, from the top; those down to the one below a row stand in one piece."""
        head, rest = _head(chunks)
        first, gathered, held = 1, [rest], 0  # chunks are not joined: most of the time would be spent on copying
        for chunk in chunks:
            if held >= self.size and (cut := _cut(gathered[-1], max(below + 1, first))):
                at, number = cut
                last = gathered.pop()
                yield Piece(first, self.shared, self.part, (head, *gathered, last[:at], _END))
                first, gathered, held = number, [last[at:]], 0
            gathered.append(chunk)
            held += len(chunk)
        yield Piece(first, self.shared, self.part, (head, *gathered))


def cutter(package: zipfile.ZipFile, part: str, *, narrow: bool = False) -> Cutter | None:
    """What cuts a worksheet; None where it does not pay. One that is made narrow may be small: it is read as a single piece."""
    size = piece_size(package)
    pays = size <= _MOST if narrow else is_large(package.getinfo(part), size)
    return Cutter(_shared(package, part), part, size) if pays else None


def is_large(part: zipfile.ZipInfo, size: int) -> bool:
    """Whether it pays to read a worksheet in pieces of so many bytes."""
    return size <= _MOST and part.file_size >= 2 * size


def piece_size(package: zipfile.ZipFile) -> int:
    """Bytes of XML of a piece."""
    return max(PIECE, _TIMES * sum(member.file_size for member in package.infolist() if _is_needed(member)))


def _is_needed(member: zipfile.ZipInfo) -> bool:
    """Whether a sheet may not be read without a part: the workbook, relationships, looks and shared texts, but no large sheet or cache."""
    name = member.filename
    return bool(_XML.fullmatch(name)) and (member.file_size < _SMALL or name.count("/") < 2) and not _OF_SHEETS.fullmatch(name)


def _shared(package: zipfile.ZipFile, part: str) -> bytes:
    """A package of what all pieces need."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as shared:
        for member in package.infolist():
            if member.filename != part and _is_needed(member):
                shared.writestr(member.filename, package.read(member))
    return content.getvalue()


def _head(chunks: Iterator[bytes]) -> tuple[bytes, bytes]:
    """What stands before the rows, and what was read beyond."""
    content = b""
    for more in chunks:
        content += more
        at = content.find(_START)
        if at >= 0:
            return content[: at + len(_START)], content[at + len(_START) :]
        if len(content) > _LONGEST_HEAD:
            break
    return b"", content + b"".join(chunks)  # without rows, or not in unprefixed UTF-8: one piece


def _cut(rows: bytes, after: int) -> tuple[int, int] | None:
    """Where the last row begins that is whole and holds a value, and its number, which is above another one; None where no such row is near."""
    at = len(rows)
    for _ in range(_TRIES):
        at, end = rows.rfind(_ROW, 0, at), at
        if at <= 0:
            return None
        stop = rows.find(_ROW_END, at, end)
        number = _NUMBER.match(rows, at, end)
        if number and stop >= 0 and _VALUE.search(rows, at, stop):
            return (at, int(number[1])) if int(number[1]) > after else None
    return None
