"""Messages between LibreOffice and the worker: an object of plain values as JSON, the cells of ranges beside it as columns.

A copy of this file goes into the extension, where LibreOffice's own Python reads it: it needs nothing but the standard library, of Python 3.8.
Nothing that is received is ever executed: numbers are read as numbers, all else as JSON.
"""

from __future__ import annotations

import json
import struct
import sys
from array import array
from collections import defaultdict
from itertools import count
from typing import Any, BinaryIO, Iterator, Sequence

_LENGTH = struct.Struct("<Q")
_MOST = 1 << 32
"""Bytes of a piece: more than any sheet fills, so what claims more is no message."""

_NUMBERS, _TEXTS, _CODED, _OTHERS = b"n", b"t", b"c", b"j"
_BETWEEN = "\0"
_FEW = 10_000
"""Different texts up to which a column is coded in any case; above, as long as they are a quarter of its cells."""


class Grid:
    """Cells, in rows of one width or in columns of one length: as they were given, and turned for who asks for the other."""

    def __init__(self, rows: Sequence[Sequence[Any]] | None = None, columns: Sequence[Sequence[Any]] | None = None) -> None:
        self._rows, self._columns = rows, columns

    @property
    def rows(self) -> Sequence[Sequence[Any]]:
        """Row by row."""
        if self._rows is None:
            self._rows = list(zip(*self._columns or ()))
        return self._rows

    @property
    def columns(self) -> Sequence[Sequence[Any]]:
        """Column by column; numbers alone may be an `array`, texts `Coded`."""
        if self._columns is None:
            self._columns = list(zip(*self._rows or ()))
        return self._columns


class Coded(Sequence[str]):
    """A column of texts of which few differ: these, and for each cell the place of its own among them."""

    def __init__(self, distinct: Sequence[str], codes: array[int]) -> None:
        self.distinct, self.codes = distinct, codes

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, index: Any) -> Any:
        codes = self.codes[index]
        return [self.distinct[code] for code in codes] if isinstance(index, slice) else self.distinct[codes]

    def __iter__(self) -> Iterator[str]:
        return map(self.distinct.__getitem__, self.codes)


class Column:
    """A column that comes piece by piece, made ready for sending while a piece is at hand: numbers as an `array`, few texts as codes, else a list.

    The pieces are as LibreOffice has them: texts and floats, None in the place of an error.
    """

    def __init__(self) -> None:
        self._numbers, self._codes = array("d"), array("i")
        self._places: defaultdict[str, int] = defaultdict(count().__next__)  # who is new gets the next number
        self._others: list[Any] | None = None

    def add(self, piece: Sequence[Any]) -> None:
        """More cells."""
        if self._others is None:
            try:
                self._add_alike(piece)
                return
            except TypeError:  # it is not like those before
                self._others = list(self.cells)
        self._others += piece

    def _add_alike(self, piece: Sequence[Any]) -> None:
        if not self._codes and piece[0].__class__ is float:
            self._numbers += array("d", piece)
        elif self._numbers or len(self._places) > max(_FEW, len(self._codes) // 4):
            raise TypeError
        else:
            "".join(piece)  # texts alone
            self._codes += array("i", map(self._places.__getitem__, piece))

    @property
    def cells(self) -> Sequence[Any]:
        """All of them."""
        if self._others is not None:
            return self._others
        return Coded(list(self._places), self._codes) if self._codes else self._numbers


def send(stream: BinaryIO, message: dict[str, Any]) -> None:
    """Write one message; a `Grid` may stand anywhere in it."""
    pieces: list[bytes] = []

    def beside(value: Any) -> Any:
        if not isinstance(value, Grid):
            raise TypeError(f"{type(value).__name__} is not for sending")
        first, columns = len(pieces), value.columns
        pieces.extend(map(_column, columns))
        return {"grid": [first, len(pieces), len(columns[0]) if columns else len(value.rows)]}

    head = json.dumps(message, default=beside, ensure_ascii=False).encode("utf-8", "surrogatepass")
    stream.write(_LENGTH.pack(1 + len(pieces)))
    for piece in (head, *pieces):
        stream.write(_LENGTH.pack(len(piece)))
        stream.write(piece)
    stream.flush()


def receive(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message, its grids as columns; None when the other side has gone."""
    start = stream.read(_LENGTH.size)
    if len(start) < _LENGTH.size:
        return None
    head, *pieces = [_piece(stream) for _ in range(_LENGTH.unpack(start)[0])]

    def back(value: dict[str, Any]) -> Any:
        if value.keys() != {"grid"}:
            return value
        first, end, rows = value["grid"]
        columns = [_cells(piece) for piece in pieces[first:end]]
        return Grid(columns=columns) if columns else Grid([()] * rows)

    message: dict[str, Any] = json.loads(head.decode("utf-8", "surrogatepass"), object_hook=back)
    return message


def _piece(stream: BinaryIO) -> bytes:
    (length,) = _LENGTH.unpack(stream.read(_LENGTH.size))
    if length > _MOST:
        raise ValueError("this is no message of xlseg")
    return stream.read(length)


def _column(cells: Sequence[Any]) -> bytes:
    if isinstance(cells, array):
        return _NUMBERS + _bare(cells)
    texts = cells.distinct if isinstance(cells, Coded) else cells
    try:
        text = _BETWEEN.join(texts)
    except TypeError:  # not texts alone
        return _mixed(cells)
    if not cells or text.count(_BETWEEN) != len(texts) - 1:
        return _OTHERS + _json(list(cells))
    content = text.encode("utf-8", "surrogatepass")
    return _CODED + _bare(cells.codes) + content if isinstance(cells, Coded) else _TEXTS + content


def _mixed(cells: Sequence[Any]) -> bytes:
    kinds = set(map(type, cells))
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
    return _bare(array("d", cells)) + there


def _bare(numbers: array[Any]) -> bytes:
    return _LENGTH.pack(numbers.itemsize * len(numbers)) + _little(numbers).tobytes()


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
    bare, rest = content[_LENGTH.size : end], content[end:].decode("utf-8", "surrogatepass")
    if kind == _CODED:
        codes = array("i")
        codes.frombytes(bare)
        return Coded(rest.split(_BETWEEN), _little(codes))
    numbers = array("d")
    numbers.frombytes(bare)
    return _with(_little(numbers), json.loads(rest)) if rest else _little(numbers)


def _with(numbers: array[float], others: Sequence[Sequence[Any]]) -> list[Any]:
    mixed: list[Any] = numbers.tolist()
    for index, cell in zip(*others):
        mixed[index] = cell
    return mixed


def _little(numbers: array[Any]) -> array[Any]:
    if sys.byteorder != "little":
        numbers.byteswap()
    return numbers
