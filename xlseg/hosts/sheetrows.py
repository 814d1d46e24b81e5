"""The rows of a worksheet by number: many at a time as they stand one below the other, taken apart only where one of them is asked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from xlseg.hosts.a1 import Area, number

ROW = re.compile(rb'<row r="([0-9]+)"([^>]*?)(/?)>')
START = b'<c r="'
NO_LETTERS = bytes(set(range(256)) - set(range(ord("A"), ord("Z") + 1)))


class Run(NamedTuple):
    """Rows without formulas that follow each other from one number to another; each is there, and reaches over some of the columns at most.

    `left` and `right` are the first and the last column in which any of them has a cell; `content` may be part of a larger text, which is not copied.
    """

    first: int
    last: int
    content: bytes | memoryview
    left: int
    right: int


class SheetRows:
    """The rows, and the numbers of those that hold formulas."""

    def __init__(self, rows: Mapping[int, bytes], formula_rows: Iterable[int], runs: Iterable[Run] = ()) -> None:
        self._rows, self._runs = dict(rows), sorted(runs)
        self.formula_rows = set(formula_rows)

    def __contains__(self, row: int) -> bool:
        return row in self._rows or self._run_of(row) >= 0

    def get(self, row: int) -> bytes | None:
        """The XML of a row; None when it is not there."""
        if row not in self._rows and (at := self._run_of(row)) >= 0:
            self._take_apart(at)
        return self._rows.get(row)

    def put(self, row: int, content: bytes | None) -> None:
        """Put a row in its place, or take it out."""
        self.get(row)
        self.formula_rows.discard(row)
        if content is None:
            del self._rows[row]
            return
        self._rows[row] = content
        if b"<f" in content:
            self.formula_rows.add(row)

    def are_free(self, first: int, last: int) -> bool:
        """Whether none of these rows is there."""
        return not (any(run.first <= last and run.last >= first for run in self._runs) or any(row in self._rows for row in range(first, last + 1)))

    def add_run(self, run: Run) -> None:
        """Add rows none of which was there."""
        self._runs.append(run)
        self._runs.sort()

    def replace_run(self, run: Run) -> None:
        """Put rows, one below the other, in the place of those of the same numbers."""
        for row in range(run.first, run.last + 1):
            if self.get(row) is not None:
                self.put(row, None)
        self.add_run(run)

    def numbers(self) -> list[int]:
        """Numbers of the rows that are there, in order."""
        return sorted([*self._rows, *(row for run in self._runs for row in range(run.first, run.last + 1))])

    def formulas(self) -> Iterator[tuple[int, bytes]]:
        """The rows that hold formulas, in order."""
        return ((row, self._rows[row]) for row in sorted(self.formula_rows))

    def in_order(self) -> Iterator[bytes | memoryview]:
        """The XML of all rows."""
        pieces: dict[int, bytes | memoryview] = {**self._rows, **{run.first: run.content for run in self._runs}}
        return (pieces[row] for row in sorted(pieces))

    def used(self) -> Area | None:
        """The smallest area around all cells."""
        rows = [row for row, data in self._rows.items() if START in data]
        name = len(START)
        first = {data[(at := data.index(START) + name) : at + 3] for data in map(self._rows.__getitem__, rows)}
        last = {data[(at := data.rindex(START) + name) : at + 3] for data in map(self._rows.__getitem__, rows)}
        runs = self._runs
        top, bottom = [*rows, *(run.first for run in runs)], [*rows, *(run.last for run in runs)]
        left, right = [*map(_column_of, first), *(run.left for run in runs)], [*map(_column_of, last), *(run.right for run in runs)]
        return Area(min(top), min(left), max(bottom), max(right)) if top else None

    def _run_of(self, row: int) -> int:
        """Position of the run that holds a row; -1 when there is none."""
        at = bisect_right(self._runs, row, key=lambda run: run.first) - 1
        return at if at >= 0 and row <= self._runs[at].last else -1

    def _take_apart(self, at: int) -> None:
        self._rows |= split(bytes(self._runs.pop(at).content))


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Rows by number. Splitting at the end tag is several times as fast as a lazy pattern."""
    for piece in data.split(b"</row>"):
        at = piece.find(b"<row ")
        while at >= 0:
            match = ROW.match(piece, at)
            if match is None:
                raise ValueError("a row without number")
            if match[3]:
                yield int(match[1]), piece[at : match.end()]
                at = piece.find(b"<row ", match.end())
            else:
                yield int(match[1]), piece[at:] + b"</row>"
                break


@cache
def _column_of(name: bytes) -> int:
    """The column of a cell whose name begins like this."""
    return column_number(name.translate(None, NO_LETTERS))


@cache
def column_number(name: bytes) -> int:
    """The column of these letters."""
    return number(name.decode())
