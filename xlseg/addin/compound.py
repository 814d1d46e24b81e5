"""Writes a compound file (MS-CFB, version 3): the container of a VBA project, a small file system in one file.

A sector is 512 bytes. Streams of 4096 bytes and more lie in sectors of their own; shorter ones share the mini stream, in pieces of 64 bytes.
The allocation tables (FAT, mini FAT) chain what belongs together. Every folder is a search tree, which programs walk in the order of names.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SECTOR, PIECE, CUTOFF = 512, 64, 4096
FREE, END, FAT, NOBODY = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1
_IN_HEADER = 109
"""Sectors of the FAT that the header itself lists: 7 MB of file, and no VBA project comes near."""
_NAME = 64


@dataclass
class _Entry:
    """A line of the directory."""

    name: str
    kind: int
    data: bytes = b""
    colour: int = _BLACK
    left: int = NOBODY
    right: int = NOBODY
    child: int = NOBODY
    start: int = 0


@dataclass
class _Chains:
    """An allocation table: element i says which sector follows sector i."""

    next: list[int] = field(default_factory=list)

    def take(self, sectors: int) -> int:
        """Chain that many further sectors; the first of them."""
        if not sectors:
            return END
        first = len(self.next)
        self.next += [*range(first + 1, first + sectors), END]
        return first

    def packed(self) -> bytes:
        """The table as bytes, filled up to whole sectors."""
        return _filled(struct.pack(f"<{len(self.next)}I", *self.next), SECTOR, b"\xff")


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """The compound file that holds the streams.

    Parameters
    ----------
    streams
        `NAME`, or `STORAGE/NAME` for one in a storage, → content. Storages have one level.

    Raises
    ------
    ValueError
        For a name longer than 31 characters, or more than 7 MB in all.
    """
    entries = _directory(streams)
    big, mini_stream, mini_chains = _placed(entries)
    return _laid_out(entries, big, mini_stream, mini_chains)


# ── the directory ────────────────────────────────────────────────────────────


def name_order(name: str) -> tuple[int, str]:
    """By what names are compared: shorter ones come first, case does not count."""
    return len(name.encode("utf-16-le")), name.upper()


def _directory(streams: Mapping[str, bytes]) -> list[_Entry]:
    """Root, then what lies in it, then what lies in its storages; each group in the order of names."""
    entries = [_Entry("Root Entry", _ROOT)]
    storages = {path.rpartition("/")[0] for path in streams} - {""}
    here = [_Entry(path, _STREAM, data) for path, data in streams.items() if "/" not in path]
    entries[0].child = _add_folder(entries, [*here, *(_Entry(storage, _STORAGE) for storage in storages)])
    for storage in [entry for entry in entries if entry.kind == _STORAGE]:
        inside = {path.rpartition("/")[2]: data for path, data in streams.items() if path.rpartition("/")[0] == storage.name}
        storage.child = _add_folder(entries, [_Entry(name, _STREAM, data) for name, data in inside.items()])
    return entries


def _add_folder(entries: list[_Entry], members: Iterable[_Entry]) -> int:
    """Append the members in their order; the place of the top of their search tree."""
    first = len(entries)
    entries += sorted(members, key=lambda entry: name_order(entry.name))
    count = len(entries) - first
    deepest = count.bit_length() - 1

    def tree(low: int, high: int, depth: int) -> int:
        """Halve again and again: all leaves lie on the two lowest levels, and with the lowest one red every path is equally black."""
        if low > high:
            return NOBODY
        middle = (low + high) // 2
        entry = entries[first + middle]
        entry.colour = _RED if depth == deepest and depth else _BLACK
        entry.left, entry.right = tree(low, middle - 1, depth + 1), tree(middle + 1, high, depth + 1)
        return first + middle

    return tree(0, count - 1, 0)


def _line(entry: _Entry) -> bytes:
    """128 bytes: name, its length with the final 0, kind, colour, tree, no class, no state, no times, place and size."""
    name = entry.name.encode("utf-16-le") + b"\0\0"
    if len(name) > _NAME:
        raise ValueError(f"{entry.name!r} has more than 31 characters")
    tree = (entry.kind, entry.colour, entry.left, entry.right, entry.child)
    return name.ljust(_NAME, b"\0") + struct.pack("<HBBIII16sIQQIQ", len(name), *tree, bytes(16), 0, 0, 0, entry.start, len(entry.data))


_NO_LINE = bytes(68) + struct.pack("<III", NOBODY, NOBODY, NOBODY) + bytes(48)


# ── sectors ──────────────────────────────────────────────────────────────────


def _placed(entries: Sequence[_Entry]) -> tuple[list[_Entry], bytes, _Chains]:
    """The large streams, which still need their place; and the mini stream with its chains, where the small ones have theirs."""
    big, mini_stream, chains = [], bytearray(), _Chains()
    for entry in (e for e in entries if e.kind == _STREAM):
        if len(entry.data) >= CUTOFF:
            big.append(entry)
        else:
            entry.start = chains.take(_count(len(entry.data), PIECE))
            mini_stream += _filled(entry.data, PIECE)
    return big, bytes(mini_stream), chains


def _laid_out(entries: Sequence[_Entry], big: Sequence[_Entry], mini_stream: bytes, mini_chains: _Chains) -> bytes:
    """Header, FAT, directory, mini FAT, mini stream, large streams."""
    mini_fat = mini_chains.packed()
    directory = _count(len(entries) * 128, SECTOR)
    sizes = [directory, *(_count(len(part), SECTOR) for part in (mini_fat, mini_stream, *(e.data for e in big)))]
    chains = _Chains([FAT] * _fat_sectors(sum(sizes)))
    fat_sectors = len(chains.next)
    starts = [chains.take(size) for size in sizes]
    entries[0].start, entries[0].data = starts[2], mini_stream
    for entry, start in zip(big, starts[3:], strict=True):
        entry.start = start
    lines = b"".join(map(_line, entries))
    lines += _NO_LINE * ((directory * SECTOR - len(lines)) // len(_NO_LINE))
    parts = [chains.packed(), lines, mini_fat, mini_stream, *(entry.data for entry in big)]
    header = _header(fat_sectors, starts[0], starts[1], sizes[1])
    return header + b"".join(_filled(part, SECTOR) for part in parts)


def _fat_sectors(used: int) -> int:
    """How many sectors the FAT needs, which lists itself too."""
    count = 1
    while count * SECTOR // 4 < used + count:
        count += 1
    if count > _IN_HEADER:
        raise ValueError("more than 7 MB do not fit into a compound file of this writer")
    return count


def _header(fat_sectors: int, directory: int, mini_fat: int, mini_fat_sectors: int) -> bytes:
    """512 bytes: signature, version 3.62, byte order, sizes of a sector (2^9) and a piece (2^6), where the tables begin."""
    places = [*range(fat_sectors), *[FREE] * (_IN_HEADER - fat_sectors)]
    kind = struct.pack("<HHHHH6s", 0x3E, 3, 0xFFFE, 9, 6, bytes(6))
    tables = struct.pack("<9I", 0, fat_sectors, directory, 0, CUTOFF, mini_fat, mini_fat_sectors, END, 0)
    return bytes.fromhex("D0CF11E0A1B11AE1") + bytes(16) + kind + tables + struct.pack(f"<{_IN_HEADER}I", *places)


def _count(size: int, unit: int) -> int:
    return -(-size // unit)


def _filled(data: bytes, unit: int, filler: bytes = b"\0") -> bytes:
    return data.ljust(_count(len(data), unit) * unit, filler)
