"""Reads VBA projects back, with the eyes of other programs: olefile for the container, oletools for compressed texts."""

from __future__ import annotations

import io
import re
import struct
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import olefile

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # olevba uses old names of pyparsing
    from oletools.olevba import VBA_Parser, decompress_stream

NOBODY = 0xFFFFFFFF
DIR_GRAMMAR = (
    r"01( 4a)? 02 14 03 04 05 40 06 3d 07 08 09 0c 3c( 16 3e (0d|0e|33 2f( 16 3e)? 30|2f( 16 3e)? 30))* 0f 13"
    r"( 19 47 1a 32 1c 48 31 1e 2c (21|22)( 25)?( 28)? 2b)+ 10"
)
"""The records of the dir stream, by their ids (MS-OVBA 2.3.4.2)."""
_WINDOW = r"(-?\d+, ){4}[CZI]?"
PROJECT_GRAMMAR = (
    r'ID="\{[0-9A-F-]{36}\}"\r\n((Document=\w+/&H[0-9A-F]{8}|Module=\w+|Class=\w+|BaseClass=\w+|Package=\{[0-9A-F-]{36}\})\r\n)+'
    r'(HelpFile=".*"\r\n)?Name="\w+"\r\nHelpContextID="0"\r\n(Description=".*"\r\n)?VersionCompatible32="393222000"\r\n'
    r'CMG="[0-9A-F]{22,28}"\r\nDPB="[0-9A-F]{16,}"\r\nGC="[0-9A-F]{16,22}"\r\n\r\n'
    r"\[Host Extender Info\]\r\n(&H[0-9A-F]{8}=\{[0-9A-F-]{36}\};[\w.]+;&H[0-9A-F]{8}\r\n)+\r\n"
    rf"\[Workspace\]\r\n(\w+={_WINDOW}(, {_WINDOW})?\r\n)+"
)
"""The lines of the PROJECT stream (MS-OVBA 2.3.1.1), where nothing is optional that Excel always writes."""


def container(project: bytes) -> olefile.OleFileIO:
    return olefile.OleFileIO(io.BytesIO(project))


def project_of(book: Path) -> bytes:
    with zipfile.ZipFile(book) as package:
        return package.read("xl/vbaProject.bin")


def is_saved_by_excel(book: Path) -> bool:
    """Whether a workbook holds VBA that Excel itself has compiled and saved; other writers leave its version open, or take another minor version."""
    with zipfile.ZipFile(book) as package:
        if "xl/vbaProject.bin" not in package.namelist():
            return False
        project = package.read("xl/vbaProject.bin")
    return project[24:26] == b"\x3e\0" and container(project).openstream("VBA/_VBA_PROJECT").read()[2:4] != b"\xff\xff"


def sources(project: bytes) -> dict[str, str]:
    """The text of every module, as olevba gives it."""
    found = VBA_Parser("vbaProject.bin", data=project).extract_macros()
    return {name.rpartition(".")[0]: code for _, _, name, code in found}


def records(project: bytes) -> list[tuple[int, bytes]]:
    """The records of the dir stream."""
    data = bytes(decompress_stream(bytearray(container(project).openstream("VBA/dir").read())))
    found, at = [], 0
    while at < len(data):
        kind, size = struct.unpack_from("<HI", data, at)
        size = 6 if kind == 9 else size  # the version, whose size is stated wrong by specification
        found.append((kind, data[at + 6 : at + 6 + size]))
        at += 6 + size
    return found


def grammar(project: bytes) -> str:
    return " ".join(f"{kind:02x}" for kind, _ in records(project))


def named(project: bytes, kind: int) -> list[str]:
    return [value.decode("cp1252") for number, value in records(project) if number == kind]


def project_lines(project: bytes) -> str:
    return container(project).openstream("PROJECT").read().decode("cp1252")


def revealed(project: bytes, key: str) -> bytes:
    """What an obscured entry of the PROJECT stream says (MS-OVBA 2.4.3.3)."""
    lines = project_lines(project)
    identity, hexadecimal = re.search(r'ID="(.*?)"', lines)[1], re.search(key + r'="(.*?)"', lines)[1]  # type: ignore[index]
    data = bytes.fromhex(hexadecimal)
    seed, version, project_key = data[0], data[0] ^ data[1], data[0] ^ data[2]
    assert (version, project_key) == (2, sum(map(ord, identity)) & 255)
    plain, before, last, last_but_one = bytearray(), project_key, data[2], data[1]
    for byte in data[3:]:
        before = byte ^ ((last_but_one + before) & 255)
        last_but_one, last = last, byte
        plain.append(before)
    said = plain[(seed & 6) // 2 :]
    assert len(said) == 4 + int.from_bytes(said[:4], "little")
    return bytes(said[4:])


# ── the container, as Windows searches it ────────────────────────────────────


def unfindable(project: bytes) -> list[str]:
    """Names that are in the container but not where an ordered search looks for them (MS-CFB 2.6.4)."""
    entries = container(project).direntries
    return [
        f"{folder.name}/{entries[member].name}"
        for folder in entries
        if folder is not None and folder.entry_type in (1, 5)
        for member in _members(entries, folder.sid_child)
        if not _is_found(entries, folder.sid_child, entries[member].name)
    ]


def badly_coloured(project: bytes) -> list[str]:
    """Where a search tree breaks the rules of red and black."""
    entries = container(project).direntries
    return [fault for folder in entries if folder is not None and folder.entry_type in (1, 5) for fault in _faults(entries, folder.sid_child)[1]]


def _order(name: str) -> tuple[int, bytes]:
    return len(name.encode("utf-16-le")), name.upper().encode("utf-16-be")


def _members(entries: list[olefile.OleDirectoryEntry], top: int) -> Iterator[int]:
    if top != NOBODY:
        yield from _members(entries, entries[top].sid_left)
        yield top
        yield from _members(entries, entries[top].sid_right)


def _is_found(entries: list[olefile.OleDirectoryEntry], at: int, name: str) -> bool:
    while at != NOBODY and entries[at].name != name:
        at = entries[at].sid_left if _order(name) < _order(entries[at].name) else entries[at].sid_right
    return at != NOBODY


def _faults(entries: list[olefile.OleDirectoryEntry], at: int) -> tuple[int, list[str]]:
    """How many black entries lie on every path down, and what is wrong below."""
    if at == NOBODY:
        return 1, []
    entry = entries[at]
    children = [child for child in (entry.sid_left, entry.sid_right) if child != NOBODY]
    red_below_red = [f"two reds at {entry.name}" for child in children if entry.color == 0 and entries[child].color == 0]
    (left, on_the_left), (right, on_the_right) = _faults(entries, entry.sid_left), _faults(entries, entry.sid_right)
    uneven = [f"{left} and {right} blacks below {entry.name}"] if left != right else []
    return left + entry.color, [*on_the_left, *on_the_right, *red_below_red, *uneven]
