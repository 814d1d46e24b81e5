"""Reads the sources of a VBA project back, whoever has written it: to know which version of xlwings a workbook is made for.

A project that is broken or lies about its sizes gives what can be read of it, or nothing; it is never an error.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from xlseg.addin.ovba import ENCODING

_SIGNATURE = bytes.fromhex("D0CF11E0A1B11AE1")
_STREAM, _ROOT = 2, 5
_MOST_TEXT = 1 << 22
"""Bytes of a module's text; the VBA editor holds fewer."""


def module_texts(project: bytes) -> dict[str, str]:
    """The text of each module, by the name of its stream; {} for what is no VBA project."""
    try:
        found = streams(project)
        starts = dict(_starts(decompressed(found.get("dir", b""))))
        return {name: decompressed(found[name][start:]).decode(ENCODING, "replace") for name, start in starts.items() if name in found}
    except (struct.error, ValueError, LookupError):
        return {}


# ── the container ────────────────────────────────────────────────────────────


def streams(file: bytes) -> dict[str, bytes]:
    """Content of every stream of a compound file by its name, without the storage it lies in.

    Raises
    ------
    ValueError
        When it is no compound file, or its chains lead nowhere.
    """
    if not file.startswith(_SIGNATURE):
        raise ValueError("no compound file")
    sector = 1 << struct.unpack_from("<H", file, 30)[0]
    if sector not in (512, 4096):
        raise ValueError("sectors of an impossible size")
    directory, cutoff, mini_fat = struct.unpack_from("<I4xII", file, 48)
    table = b"".join(_sector(file, n, sector) for n in struct.unpack_from("<109I", file, 76) if n < 0xFFFFFFF0)
    entries = list(_entries(_chained(file, directory, table, sector)))
    mini_table = _chained(file, mini_fat, table, sector)
    mini_stream = next((_chained(file, start, table, sector) for _, kind, start, _ in entries if kind == _ROOT), b"")
    found = {}
    for name, _, start, size in (entry for entry in entries if entry[1] == _STREAM):
        whole = _chained(file, start, table, sector) if size >= cutoff else _chained(mini_stream, start, mini_table, 64, first=0)
        found[name] = whole[:size]
    return found


def _entries(directory: bytes) -> Iterator[tuple[str, int, int, int]]:
    """Name, kind, first sector and size of every line."""
    for at in range(0, len(directory) - 127, 128):
        length, kind = struct.unpack_from("<HB", directory, at + 64)
        start, size = struct.unpack_from("<II", directory, at + 116)
        yield directory[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace"), kind, start, size


def _chained(data: bytes, start: int, table: bytes, size: int, first: int = 1) -> bytes:
    """The sectors of a chain, one after the other; `first`: how many lie before number 0 (the header of the file)."""
    parts, number = [], start
    while number * 4 + 4 <= len(table):
        parts.append(data[(number + first) * size : (number + first + 1) * size])
        (number,) = struct.unpack_from("<I", table, number * 4)
        if len(parts) > len(table) // 4:
            raise ValueError("a chain that has no end")
    return b"".join(parts)


def _sector(file: bytes, number: int, size: int) -> bytes:
    return file[(number + 1) * size : (number + 2) * size]


# ── compressed texts (MS-OVBA 2.4.1) ─────────────────────────────────────────


def decompressed(data: bytes) -> bytes:
    """What a compressed container holds.

    Raises
    ------
    ValueError
        When it is none, or longer than any module.
    """
    if data[:1] != b"\x01":
        raise ValueError("no compressed container")
    out, at = bytearray(), 1
    while at + 2 <= len(data):
        (header,) = struct.unpack_from("<H", data, at)
        end = at + (header & 0x0FFF) + 3
        out += _plain(data[at + 2 : end]) if header & 0x8000 else data[at + 2 : end]
        at = end
        if len(out) > _MOST_TEXT:
            raise ValueError("longer than a module can be")
    return bytes(out)


def _plain(tokens: bytes) -> bytes:
    """One chunk: groups of eight tokens behind a byte that says which of them are copies."""
    out, at = bytearray(), 0
    while at < len(tokens):
        flags, at = tokens[at], at + 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += tokens[at : at + 1]
                at += 1
            elif at + 2 <= len(tokens):
                _copy(out, *struct.unpack_from("<H", tokens, at))
                at += 2
    return bytes(out)


def _copy(out: bytearray, token: int) -> None:
    """Append what stands some bytes back, byte by byte, for a copy may repeat itself."""
    bits = max((len(out) - 1).bit_length(), 4)
    back, length = (token >> (16 - bits)) + 1, (token & (0xFFFF >> bits)) + 3
    if back > len(out):
        raise ValueError("a copy from before the beginning")
    for _ in range(length):
        out.append(out[-back])


def _starts(directory: bytes) -> Iterator[tuple[str, int]]:
    """Name of each module's stream, and where its source begins in it: behind the compiled code, if there is any."""
    at, stream = 0, ""
    while at + 6 <= len(directory):
        kind, size = struct.unpack_from("<HI", directory, at)
        size = 6 if kind == 0x09 else size
        value = directory[at + 6 : at + 6 + size]
        if kind == 0x1A:
            stream = value.decode(ENCODING, "replace")
        elif kind == 0x31 and len(value) == 4:
            yield stream, struct.unpack("<I", value)[0]
        at += 6 + size
