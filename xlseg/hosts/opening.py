"""What is let in as a workbook: a zip package within bounds, with names and sizes that are what they seem.

Two libraries read a package here, and spreadsheet programs do later: what one of them could take for something else is refused.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from xlseg.errors import FormatError

MOST_BYTES = 2 << 30
"""Bound on the unpacked size of all parts together."""
MOST_PARTS = 10_000
MOST_BYTES_OF_PART = 1 << 30
MOST_RATIO = 400
"""Unpacked : packed, for parts (and packages) of more than 16 MiB. A sheet of one repeated row reaches about 250, a zip bomb 1,000."""
_SMALL = 16 << 20
CHUNK = 1 << 17
_HEADER = struct.Struct("<4s5H3L2H")
"""What stands before a part, without its name."""
_END = struct.Struct("<4s4H2LH")
_LONGEST_COMMENT = 65_535
_PATCHED_OR_LOCKED = 0x20 | 0x40
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS = "open it in Excel and save it as .xlsx or .xlsm"


def opened(path: Path) -> zipfile.ZipFile:
    """The zip file, if it is one."""
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if start.startswith(_OLE):
        encrypted = is_encrypted(path)
        advice = "open it in Excel, remove the password and save it" if encrypted else SAVE_AS
        raise FormatError(path.name, "the file is encrypted" if encrypted else "the file is a legacy .xls workbook", advice)
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise FormatError(path.name, "the file is XML or HTML, not a workbook that can be edited", SAVE_AS)
    try:
        package = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OverflowError, struct.error) as error:
        raise FormatError(path.name, f"the file is not a workbook, or broken ({error})", "restore it from a backup") from error
    try:
        _must_have_one_directory(package, path.name)
    except BaseException:
        package.close()
        raise
    return package


def is_encrypted(path: Path) -> bool:
    """Whether an OLE file is a workbook with a password; the stream's name stands in its directory, which may be anywhere."""
    mark, rest = "EncryptedPackage".encode("utf-16-le"), b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if mark in rest + chunk:
                return True
            rest = chunk[-len(mark) :]
    return False


def part_name(filename: str) -> str:
    """Name of the part that a member of the zip file is, in lower case."""
    return filename.replace("\\", "/").lstrip("/").lower()


def indexed(package: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """Members by part name, after a look at their number, sizes and names; nothing is unpacked for it."""
    members: dict[str, zipfile.ZipInfo] = {}
    _within_bounds(package.infolist(), name)
    for member in package.infolist():
        key = part_name(member.filename)
        _must_be_plain(member, name)
        if ".." in key.split("/"):
            raise FormatError(name, f"part {member.filename!r} points outside of the file", SAVE_AS)
        if key in members:
            raise FormatError(name, f"part {member.filename!r} is there twice", SAVE_AS)
        members[key] = member
    _must_lie_apart(package, name)
    if "[content_types].xml" not in members:
        raise FormatError(name, "the zip file is not a workbook", SAVE_AS)
    return members


def unpacked(package: zipfile.ZipFile, member: zipfile.ZipInfo, most: int = CHUNK) -> Iterator[bytes]:
    """Content of a member in pieces of so many bytes at most, held to the size that the directory states.

    Raises
    ------
    zipfile.BadZipFile
        When more comes out, or something else than its checksum says: other readers go on to the end, however far that is.
    """
    size, checksum = 0, 0
    for chunk in _inflated(package, member, most):
        size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
        if size > member.file_size:
            break
        if chunk:
            yield chunk
    if size != member.file_size or checksum != member.CRC:
        raise zipfile.BadZipFile(f"{member.filename} is not of the size or checksum that it claims")


def _inflated(package: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    if member.compress_type == zipfile.ZIP_STORED:
        yield from _packed(package, member)
        return
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    for packed in _packed(package, member):
        while packed:
            yield engine.decompress(packed, most)
            packed = engine.unconsumed_tail
    yield engine.flush()


def _packed(package: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file = _file_of(package)
    at, left = member.header_offset, member.compress_size
    file.seek(at)
    header = file.read(_HEADER.size)
    at += _HEADER.size + sum(_HEADER.unpack(header)[9:]) if len(header) == _HEADER.size else 0
    while left:
        file.seek(at)  # another part may be read in between
        chunk = file.read(min(left, CHUNK))
        if not chunk:
            raise zipfile.BadZipFile(f"{member.filename} is cut short")
        yield chunk
        at, left = at + len(chunk), left - len(chunk)


def _file_of(package: zipfile.ZipFile) -> IO[bytes]:
    if package.fp is None:
        raise ValueError("the package is closed")
    return package.fp


def _must_be_plain(member: zipfile.ZipInfo, name: str) -> None:
    """Refuse what no program packs into a workbook: passwords, other ways of packing, names with control characters."""
    if b"up" in (member.extra[at : at + 2] for at in _fields(member.extra)):
        raise FormatError(name, f"part {member.filename!r} has a second name", SAVE_AS)
    if member.flag_bits & _PATCHED_OR_LOCKED:
        raise FormatError(name, f"part {member.filename!r} is packed as no workbook is (flags {member.flag_bits})", SAVE_AS)
    if member.flag_bits & 1:
        raise FormatError(name, "the zip file has a password", SAVE_AS)
    if member.orig_filename != member.filename or _CONTROL.search(member.filename):
        raise FormatError(name, f"the name of part {member.orig_filename!r} holds control characters", SAVE_AS)
    stored = member.compress_type == zipfile.ZIP_STORED
    if not stored and member.compress_type != zipfile.ZIP_DEFLATED:
        raise FormatError(name, f"part {member.filename!r} is packed as no workbook is (method {member.compress_type})", SAVE_AS)
    if stored and member.compress_size != member.file_size:
        raise FormatError(name, f"part {member.filename!r} has two sizes", "restore the file from a backup")


def _fields(extra: bytes) -> Iterator[int]:
    """Where the fields begin that the directory holds of a part beside the usual ones."""
    at = 0
    while at + 4 <= len(extra):
        yield at
        at += 4 + int.from_bytes(extra[at + 2 : at + 4], "little")


def _must_have_one_directory(package: zipfile.ZipFile, name: str) -> None:
    """Refuse a file that begins before its first part or ends twice: another program might find other parts in it."""
    file, parts = _file_of(package), package.infolist()
    file.seek(max(0, file.seek(0, 2) - _LONGEST_COMMENT - _END.size))
    tail = file.read()
    places = [m.start() for m in re.finditer(b"PK\5\6", tail[: 4 - _END.size])]
    ends = [end for at in places if at + _END.size + (end := _END.unpack_from(tail, at))[7] == len(tail)]
    agrees = len(ends) == 1 and ends[0][4] in (len(parts), 0xFFFF) and ends[0][6] in (package.start_dir, 0xFFFF_FFFF)
    if not agrees or min((part.header_offset for part in parts), default=0):
        raise FormatError(name, "the zip file has more than one beginning or end", SAVE_AS)


def _must_lie_apart(package: zipfile.ZipFile, name: str) -> None:
    """Refuse parts that share bytes, by which a small file pretends to be a large one."""
    members = sorted(package.infolist(), key=lambda m: m.header_offset)
    starts = [m.header_offset for m in members[1:]] + [package.start_dir]
    for member, following in zip(members, starts, strict=True):
        if member.header_offset + _HEADER.size + member.compress_size > following:
            raise FormatError(name, f"part {member.filename!r} overlaps another", "restore the file from a backup")


def _within_bounds(members: list[zipfile.ZipInfo], name: str) -> None:
    advice = "split the workbook, or remove what it does not need"
    if len(members) > MOST_PARTS:
        raise FormatError(name, f"{len(members):,} parts are more than {MOST_PARTS:,}", advice)
    if sum(m.file_size for m in members) > MOST_BYTES:
        raise FormatError(name, f"unpacked it is larger than {MOST_BYTES:,} bytes", advice)
    for member in members:
        if member.file_size > MOST_BYTES_OF_PART or _is_bomb(member.file_size, member.compress_size):
            raise FormatError(name, f"part {member.filename} unpacks to {member.file_size:,} bytes", advice)
    unpacked, packed = (sum(sizes) for sizes in zip(*((m.file_size, m.compress_size) for m in members), strict=True))
    if _is_bomb(unpacked, packed):
        raise FormatError(name, f"its {packed:,} bytes unpack to {unpacked:,}", advice)


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > _SMALL and unpacked > MOST_RATIO * max(packed, 1)
