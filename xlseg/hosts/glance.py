"""A look at the raw XML of a worksheet as nearly every program writes it: half a gigabyte in a second, by comparing bytes.

What it cannot be sure of it does not judge: that is looked at again, tag by tag (`extent`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from xlseg.workbook import Array

_NUMBERED = int.from_bytes(b' r="', "little")
_SINGLE_QUOTED = re.compile(rb"=\s*'")
_PIECE = 1 << 17
_DIGITS = 7
"""Of the last row of a sheet."""
_POWERS = 10 ** np.arange(_DIGITS + 1)
_MASKS = np.array([(1 << 8 * (digits + 1)) - 1 for digits in range(_DIGITS + 1)], np.uint64)
"""What leaves so many bytes, and one more, of eight."""
_LETTERS = 26
_BEFORE_A = ord("A") - 1
MANY = 30_000_000
"""Cells from which on it pays to look at the row that each cell names; fewer do no harm."""
_WITHOUT_END = 32
"""Bytes at the end in which no row or cell with a number has room."""


@dataclass(frozen=True)
class Glance:
    """What a piece of a worksheet holds.

    Attributes
    ----------
    rows
        The highest number of a row; 0 when none begins here.
    columns
        The highest column so far, at least Z.
    kinds
        The types of cells that are one letter, and other attributes of one character.
    has_formulas
        Whether any may be a formula.
    has_negatives
        Whether a text between tags begins with a minus.
    is_in_order
        Whether there are no comments, instructions and the like, each row is numbered higher than all before, and its cells are named by it.
    """

    rows: int
    columns: int
    kinds: frozenset[str]
    has_formulas: bool
    has_negatives: bool
    is_in_order: bool


def glance(chunk: bytes, rows: int, columns: int) -> Glance | None:
    """What a piece holds that begins and ends between tags, after rows and columns up to these numbers.

    None when a row or cell is written in an unusual way, or names a row of more digits than those that have begun.
    """
    if len(chunk) < 2 * _WITHOUT_END:
        return None
    signs, words = signs_of(chunk)
    tags = np.flatnonzero(signs[:-1] == ord("<"))
    first = signs[tags + 1]
    begun = _rows(signs, words, tags[first == ord("r")])
    if begun is None or _has_prefix_or_single_quotes(chunk, signs, tags):
        return None
    numbers = _number(signs, begun, _DIGITS)
    highest = int(numbers.max(initial=0))
    digits = len(str(max(highest, rows)))
    reached = _reach(signs, words, tags[first == ord("c")], digits, columns)
    if reached is None:
        return None
    named, row, columns = reached
    quotes = signs == ord('"')
    kinds = np.bincount(signs[1:-1][quotes[:-2] & quotes[2:]], minlength=1)
    return Glance(
        rows=max(highest, row),
        columns=columns,
        kinds=frozenset(map(chr, np.flatnonzero(kinds).tolist())),
        has_formulas=bool((first == ord("f")).any()),
        has_negatives=bool((signs[np.flatnonzero(signs == ord("-")) - 1] == ord(">")).any()),
        is_in_order=_are_elements(first) and _are_in_order(signs, begun, numbers, named, rows),
    )


def _are_elements(first: Array) -> bool:
    """Whether tags whose first signs are these are no comments, instructions and the like."""
    return not ((first < ord("/")).any() or (first == ord("?")).any())


def _are_in_order(signs: Array, begun: Array, numbers: Array, named: Array, before: int) -> bool:
    """Whether rows whose numbers begin at these places rise from one before, and the cells whose names end in numbers there are named by theirs."""
    if not (np.diff(numbers, prepend=before) > 0).all():
        return False
    ends = np.searchsorted(_POWERS, numbers, side="right")
    if (signs[begun + ends] != ord('"')).any():  # a zero in front
        return False
    written = np.ndarray((len(signs) - 7,), "<u8", signs, strides=(1,))
    masks = np.append(_MASKS[len(str(before))], _MASKS[ends])  # the digits and the quote behind them
    rows = np.append(np.uint64(int.from_bytes(b'%d"' % before, "little")), written[begun] & masks[1:])
    of = np.searchsorted(begun, named)
    return bool(((written[named] & masks[of]) == rows[of]).all())


def signs_of(chunk: bytes) -> tuple[Array, Array]:
    """The bytes of a piece, some more behind it, and the four bytes that begin at each of them as a number."""
    signs = np.frombuffer(chunk + bytes(_WITHOUT_END), np.uint8)
    return signs, np.ndarray((len(signs) - 3,), "<u4", signs, strides=(1,))


def begins_cell(signs: Array, words: Array, tags: Array) -> Array:
    """Which of the tags at some places begin a cell that is named first of all."""
    found: Array = (signs[tags + 1] == ord("c")) & (words[tags + 2] == _NUMBERED)
    return found


def is_usual(data: bytes, start: int, stop: int) -> bool:
    """Whether all rows and cells between two places, which lie between tags, have their names first, and nothing but elements is there.

    False where it cannot be sure.
    """
    while start < stop:
        end = data.find(b"<", start + _PIECE, stop)
        end = stop if end < 0 else end
        if not _is_usual_piece(data[start:end]):
            return False
        start = end
    return True


def _is_usual_piece(chunk: bytes) -> bool:
    signs, words = signs_of(chunk)
    tags = np.flatnonzero(signs[:-_WITHOUT_END] == ord("<"))
    first = signs[tags + 1]
    if not _are_elements(first) or _has_prefix_or_single_quotes(chunk, signs, tags):
        return False
    if not (words[tags[first == ord("c")] + 2] == _NUMBERED).all():
        return False
    rows = tags[first == ord("r")]
    rows = rows[(signs[rows + 2] == ord("o")) & (signs[rows + 3] == ord("w"))]
    return bool((words[rows + 4] == _NUMBERED).all())


def _has_prefix_or_single_quotes(chunk: bytes, signs: Array, tags: Array) -> bool:
    """As in <x:row> and r='1'; colons and apostrophes in texts do not matter."""
    before = signs[np.flatnonzero(signs == ord("'")) - 1]
    if ((before == ord("=")) | (before <= ord(" "))).any() and _SINGLE_QUOTED.search(chunk):
        return True
    return bool((signs == ord(":")).any() and _has_prefix(signs, tags))


def _has_prefix(signs: Array, tags: Array) -> bool:
    """Whether the name of an element has one; the tags at its ends have that of those at its beginnings."""
    at = tags[signs[tags + 1] != ord("/")] + 1
    while len(at):
        sign = signs[at]
        if (sign == ord(":")).any():
            return True
        at = at[_is_letter(sign) | _is_digit(sign) | (sign >= 128) | (sign == ord("_")) | (sign == ord("-")) | (sign == ord("."))] + 1
    return False


def _rows(signs: Array, words: Array, at: Array) -> Array | None:
    """Where the numbers of the rows begin that begin at these "<r"; None when one has none in front, or of too many digits."""
    at = at[(signs[at + 2] == ord("o")) & (signs[at + 3] == ord("w")) & ~_is_letter(signs[at + 4])]
    if not (words[at + 4] == _NUMBERED).all():
        return None
    return None if _have_digits(signs, at + 8, _DIGITS + 1) else at + 8


def _reach(signs: Array, words: Array, at: Array, digits: int, columns: int) -> tuple[Array, int, int] | None:
    """Where the row numbers of the cells begin that begin at these "<c", the highest of them (0 where it does not matter) and the highest column.

    None when one is not named first of all, by capitals and a number of so many digits at most.
    """
    usual = words[at + 2] == _NUMBERED
    if not usual.all():
        if not _is_letter(signs[at[~usual] + 2]).all():  # <col>, <conditionalFormatting>
            return None
        at = at[usual]
    at, reached = columns_at(signs, at + 6)
    if not _is_digit(signs[at]).all() or _have_digits(signs, at, digits + 1):
        return None
    columns = max(columns, _LETTERS, int(reached.max(initial=0)))
    return at, int(_number(signs, at, digits).max(initial=0)) if columns * 10**digits > MANY else 0, columns


def columns_at(signs: Array, at: Array) -> tuple[Array, Array]:
    """The places behind the letters of cells' names that begin there, and the columns, from 1; one of four letters is no usual name."""
    column = signs[at].astype(np.int32) - _BEFORE_A
    if ((column < 1) | (column > _LETTERS)).any():
        return at, column
    for _ in range(2):
        more = _is_capital(signs[at + 1])
        if not more.any():
            break
        column = np.where(more, column * _LETTERS + signs[at + 1] - _BEFORE_A, column)
        at = at + more
    return at + 1, column


def _have_digits(signs: Array, at: Array, count: int) -> bool:
    """Whether so many digits stand at any of these places."""
    for offset in reversed(range(count)):
        at = at[_is_digit(signs[at + offset])]
    return bool(len(at))


def _number(signs: Array, at: Array, digits: int) -> Array:
    """The numbers of so many digits at most that stand at these places."""
    numbers, going = np.zeros(len(at), np.int64), np.ones(len(at), bool)
    for offset in range(digits):
        digit = signs[at + offset] - np.uint8(ord("0"))
        going &= digit < 10
        numbers = np.where(going, numbers * 10 + digit, numbers)
    return numbers


def _is_digit(signs: Array) -> Array:
    return (signs - np.uint8(ord("0"))) < 10


def _is_capital(signs: Array) -> Array:
    return (signs - np.uint8(ord("A"))) < _LETTERS


def _is_letter(signs: Array) -> Array:
    return ((signs | np.uint8(32)) - np.uint8(ord("a"))) < 26
