"""What is let in as a workbook: a zip package within bounds, with names that are what they seem."""

from __future__ import annotations

import zipfile
from pathlib import Path

from xlseg.errors import FormatError

MOST_BYTES = 2 << 30
"""Bound on the unpacked size of all parts together."""
MOST_PARTS = 10_000
MOST_BYTES_OF_PART = 1 << 30
MOST_RATIO = 400
"""Unpacked : packed, for parts of more than 64 MiB. A sheet of one repeated row reaches about 250, a zip bomb 1,000."""
_SMALL = 64 << 20
_HEADER = 30
"""Bytes before a part, without its name."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
SAVE_AS = "open it in Excel and save it as .xlsx or .xlsm"


def opened(path: Path) -> zipfile.ZipFile:
    """The zip file, if it is one."""
    with path.open("rb") as file:
        start = file.read(1 << 16)
    if start.startswith(_OLE):
        encrypted = "EncryptedPackage".encode("utf-16-le") in path.read_bytes()
        advice = "open it in Excel, remove the password and save it" if encrypted else SAVE_AS
        raise FormatError(path.name, "the file is encrypted" if encrypted else "the file is a legacy .xls workbook", advice)
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise FormatError(path.name, "the file is XML or HTML, not a workbook that can be edited", SAVE_AS)
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OverflowError) as error:
        raise FormatError(path.name, f"the file is not a workbook, or broken ({error})", "restore it from a backup") from error


def part_name(filename: str) -> str:
    """Name of the part that a member of the zip file is, in lower case."""
    return filename.replace("\\", "/").lstrip("/").lower()


def indexed(package: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """Members by part name, after a look at their number, sizes and names; nothing is unpacked for it."""
    members: dict[str, zipfile.ZipInfo] = {}
    _within_bounds(package.infolist(), name)
    for member in package.infolist():
        key = part_name(member.filename)
        if member.flag_bits & 1:
            raise FormatError(name, "the zip file has a password", SAVE_AS)
        if ".." in key.split("/"):
            raise FormatError(name, f"part {member.filename!r} points outside of the file", SAVE_AS)
        if key in members:
            raise FormatError(name, f"part {member.filename!r} is there twice", SAVE_AS)
        members[key] = member
    _must_lie_apart(package, name)
    if "[content_types].xml" not in members:
        raise FormatError(name, "the zip file is not a workbook", SAVE_AS)
    return members


def _must_lie_apart(package: zipfile.ZipFile, name: str) -> None:
    """Refuse parts that share bytes, by which a small file pretends to be a large one."""
    members = sorted(package.infolist(), key=lambda m: m.header_offset)
    starts = [m.header_offset for m in members[1:]] + [package.start_dir]
    for member, following in zip(members, starts, strict=True):
        if member.header_offset + _HEADER + member.compress_size > following:
            raise FormatError(name, f"part {member.filename!r} overlaps another", "restore the file from a backup")


def _within_bounds(members: list[zipfile.ZipInfo], name: str) -> None:
    advice = "split the workbook, or remove what it does not need"
    if len(members) > MOST_PARTS:
        raise FormatError(name, f"{len(members):,} parts are more than {MOST_PARTS:,}", advice)
    if sum(m.file_size for m in members) > MOST_BYTES:
        raise FormatError(name, f"unpacked it is larger than {MOST_BYTES:,} bytes", advice)
    for member in members:
        large = member.file_size > MOST_BYTES_OF_PART
        if large or (member.file_size > _SMALL and member.file_size > MOST_RATIO * max(member.compress_size, 1)):
            raise FormatError(name, f"part {member.filename} unpacks to {member.file_size:,} bytes", advice)
