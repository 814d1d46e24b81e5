"""Messages between LibreOffice and the worker: an object of plain values as JSON, the cells of ranges beside it as columns.

A copy of this file goes into the extension, where LibreOffice's own Python reads it: it needs nothing but the standard library, of Python 3.8.
Nothing that is received is ever executed: numbers are read as numbers, all else as JSON.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from typing import Any, BinaryIO, Sequence

_LENGTH = struct.Struct("<Q")
_MOST = 1 << 32
"""Bytes of a piece: more than any sheet fills, so what claims more is no message."""

_NUMBERS, _TEXTS, _OTHERS = b"n", b"t", b"j"
_BETWEEN = "\0"


class Grid:
    """Cells in rows, all of one width."""

    def __init__(self, rows: Sequence[Sequence[Any]]) -> None:
        self.rows = rows


def send(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message; a `Grid` may stand anywhere in it."""
    pieces: list[bytes] = []

    def beside(value: Any) -> Any:
        if not isinstance(value, Grid):
            raise TypeError(f"{type(value).__name__} is not for sending")
        first = len(pieces)
        pieces.extend(_column(cells) for cells in zip(*value.rows))
        return {"grid": [first, len(pieces), len(value.rows)]}

    head = json.dumps(message, default=beside, ensure_ascii=False).encode("utf-8", "surrogatepass")
    count = _LENGTH.pack(1 + len(pieces))
    stream.write(b"".join([count, *(part for piece in (head, *pieces) for part in (_LENGTH.pack(len(piece)), piece))]))
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message, its grids as lists of rows; None when the other side has gone."""
    start = stream.read(_LENGTH.size)
    if len(start) < _LENGTH.size:
        return None
    head, *pieces = [_piece(stream) for _ in range(_LENGTH.unpack(start)[0])]

    def back(value: dict[str, Any]) -> Any:
        if value.keys() != {"grid"}:
            return value
        first, end, rows = value["grid"]
        columns = [_cells(piece) for piece in pieces[first:end]]
        return Grid(list(zip(*columns)) if columns else [()] * rows)

    message: dict[str, Any] = json.loads(head.decode("utf-8", "surrogatepass"), object_hook=back)
    return message


def _piece(stream: BinaryIO) -> bytes:
    (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
    if length > _MOST:
        raise ValueError("this is no message of xlseg")
    return stream.read(length)


def _column(cells: Sequence[Any]) -> bytes:
    kinds = set(map(type, cells))
    if kinds == {str}:
        text = _BETWEEN.join(cells)
        if text.count(_BETWEEN) == len(cells) - 1:
            return _TEXTS + text.encode("utf-8", "surrogatepass")
    if float in kinds:
        others = [i for i, cell in enumerate(cells) if cell.__class__ is not float] if len(kinds) > 1 else []
        if 2 * len(others) < len(cells):
            return _NUMBERS + _numbers(cells, others)
    return _OTHERS + _json(cells)


def _numbers(cells: Sequence[Any], others: Sequence[int]) -> bytes:
    """The numbers as they lie in memory; where something else stands is said behind them."""
    there = _json([others, [cells[i] for i in others]]) if others else b""
    if others:
        cells = [cell if cell.__class__ is float else 0.0 for cell in cells]
    return _LENGTH.pack(8 * len(cells)) + _little(array("d", cells)).tobytes() + there


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _cells(piece: bytes) -> Sequence[Any]:
    kind, content = piece[:1], piece[1:]
    if kind == _TEXTS:
        return content.decode("utf-8", "surrogatepass").split(_BETWEEN)
    if kind == _OTHERS:
        cells: list[Any] = json.loads(content.decode("utf-8", "surrogatepass"))
        return cells
    end = _LENGTH.size + _LENGTH.unpack_from(content)[0]
    numbers = array("d")
    numbers.frombytes(content[_LENGTH.size : end])
    mixed: list[Any] = _little(numbers).tolist()
    if len(content) > end:
        for index, cell in zip(*json.loads(content[end:].decode("utf-8", "surrogatepass"))):
            mixed[index] = cell
    return mixed


def _little(numbers: array[float]) -> array[float]:
    if sys.byteorder != "little":
        numbers.byteswap()
    return numbers
