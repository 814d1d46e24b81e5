"""A look at the raw XML of a worksheet as nearly every program writes it: half a gigabyte in a second, by comparing bytes.

What it cannot be sure of it does not judge: that is looked at again, tag by tag (`extent`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from xlseg.workbook import Array

_NUMBERED = int.from_bytes(b' r="', "little")
_PREFIXED = re.compile(rb"<\w+:")
_PIECE = 1 << 17
_WITHOUT_END = 16
"""Bytes at the end in which no row or cell with a number has room."""


@dataclass(frozen=True)
class Glance:
    """What a piece of a worksheet holds; its cells lie in the columns A to Z.

    Attributes
    ----------
    rows
        The highest number of a row; 0 when none begins here.
    kinds
        The types of cells that are one letter, and other attributes of one character.
    has_formulas
        Whether any may be a formula.
    """

    rows: int
    kinds: frozenset[str]
    has_formulas: bool


def glance(chunk: bytes, rows: int) -> Glance | None:
    """What a piece holds that begins and ends between tags, after rows up to the number `rows`.

    None when a row or cell is written in an unusual way, lies beyond Z, or names a row of more digits than those that have begun.
    """
    if len(chunk) < 2 * _WITHOUT_END:
        return None
    signs = np.frombuffer(chunk + bytes(_WITHOUT_END), np.uint8)
    words = np.ndarray((len(signs) - 3,), "<u4", signs, strides=(1,))
    tags = signs[:-1] == ord("<")
    numbers = _row_numbers(signs, words, np.flatnonzero(tags & (signs[1:] == ord("r"))))
    if numbers is None or _has_prefix_or_single_quotes(chunk, signs):
        return None
    highest = int(numbers.max(initial=0))
    if not _are_usual(signs, words, np.flatnonzero(tags & (signs[1:] == ord("c"))), len(str(max(highest, rows)))):
        return None
    quotes = signs == ord('"')
    kinds = np.bincount(signs[1:-1][quotes[:-2] & quotes[2:]], minlength=1)
    return Glance(highest, frozenset(map(chr, np.flatnonzero(kinds).tolist())), bool((tags & (signs[1:] == ord("f"))).any()))


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
    signs = np.frombuffer(chunk + bytes(_WITHOUT_END), np.uint8)
    words = np.ndarray((len(signs) - 3,), "<u4", signs, strides=(1,))
    tags = np.flatnonzero(signs[:-_WITHOUT_END] == ord("<"))
    first = signs[tags + 1]
    if (first < ord("/")).any() or (first == ord("?")).any() or _has_prefix_or_single_quotes(chunk, signs):
        return False
    if not (words[tags[first == ord("c")] + 2] == _NUMBERED).all():
        return False
    rows = tags[first == ord("r")]
    rows = rows[(signs[rows + 2] == ord("o")) & (signs[rows + 3] == ord("w"))]
    return bool((words[rows + 4] == _NUMBERED).all())


def _has_prefix_or_single_quotes(chunk: bytes, signs: Array) -> bool:
    """As in <x:row> and r='1'; colons and apostrophes in texts do not matter."""
    single = signs == ord("'")
    return bool((single.any() and (b"='" in chunk or b"= '" in chunk)) or ((signs == ord(":")).any() and _PREFIXED.search(chunk)))


def _row_numbers(signs: Array, words: Array, at: Array) -> Array | None:
    """The numbers of the rows that begin at these "<r"; None when one has none in front."""
    at = at[(signs[at + 2] == ord("o")) & (signs[at + 3] == ord("w")) & ~_is_letter(signs[at + 4])]
    if not (words[at + 4] == _NUMBERED).all():
        return None
    numbers, going = np.zeros(len(at), np.int64), np.ones(len(at), bool)
    for offset in range(8, 15):
        digit = signs[at + offset] - np.uint8(ord("0"))
        going &= digit < 10
        numbers = np.where(going, numbers * 10 + digit, numbers)
    return None if going.any() else numbers  # seven digits and perhaps more


def _are_usual(signs: Array, words: Array, at: Array, digits: int) -> bool:
    """Whether the cells that begin at these "<c" are named first of all, by one capital and a number of so many digits at most."""
    usual = words[at + 2] == _NUMBERED
    if not usual.all():
        if not _is_letter(signs[at[~usual] + 2]).all():  # <col>, <conditionalFormatting>
            return False
        at = at[usual]
    capital = (signs[at + 6] - np.uint8(ord("A"))) < 26
    if not (capital & _is_digit(signs[at + 7])).all():
        return False
    for offset in range(7 + digits, 6, -1):
        at = at[_is_digit(signs[at + offset])]
    return not len(at)


def _is_digit(signs: Array) -> Array:
    return (signs - np.uint8(ord("0"))) < 10


def _is_letter(signs: Array) -> Array:
    return ((signs | np.uint8(32)) - np.uint8(ord("a"))) < 26
