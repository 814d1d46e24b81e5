"""A source whose sheets are read once, however many questions are asked of them: our own tabs, during one refresh."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from functools import cached_property
from threading import RLock
from typing import TypeVar

from xlseg.beside import beside, done
from xlseg.workbook import Grid, HasTables, KnowsTotals, KnowsUncomputed, ReadByAnyThread, ReadsSomeColumns, Sheet, Source, Value

T = TypeVar("T")


class Kept:
    """A `Source` that remembers what it has read, and reads one sheet after the other, whichever thread asks.

    Parameters
    ----------
    source
        Where the sheets are. Nothing may be written there meanwhile.
    """

    def __init__(self, source: Source) -> None:
        self._source, self._lock = source, RLock()
        self._read: dict[str, KeptSheet] = {}

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self._source.name

    def ask(self, question: Callable[[], T]) -> Future[T]:
        """Begin to read what answers a question, beside other work where the source allows it."""
        return beside(question) if isinstance(self._source, ReadByAnyThread) else done(question)

    @property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904."""
        return self._source.epoch_1904

    def sheets(self) -> Sequence[str]:
        """Names of its sheets."""
        return self._names

    def sheet(self, name: str) -> Sheet:
        """One of them."""
        with self._lock:
            if name not in self._read:
                self._read[name] = KeptSheet(self._source.sheet(name), self._lock)
            return self._read[name]

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name; None where the source knows of no tables."""
        with self._lock:
            return self._source.sheet_of_table(table) if isinstance(self._source, HasTables) else None

    def totals_row(self, table: str) -> int | None:
        """Number of the totals row of a table, as far as the source knows."""
        with self._lock:
            return self._source.totals_row(table) if isinstance(self._source, KnowsTotals) else None

    def last_row(self, table: str) -> int | None:
        """Number of the last row of a table's data, as far as the source knows."""
        with self._lock:
            return self._source.last_row(table) if isinstance(self._source, KnowsTotals) else None

    def uncomputed(self, sheet: str) -> Sequence[tuple[int, int]]:
        """Where a sheet holds formulas without a value, as far as the source knows."""
        with self._lock:
            return self._source.uncomputed(sheet) if isinstance(self._source, KnowsUncomputed) else ()

    @cached_property
    def _names(self) -> Sequence[str]:
        with self._lock:
            return self._source.sheets()


class KeptSheet:
    """One of its sheets."""

    def __init__(self, sheet: Sheet, lock: RLock) -> None:
        self._sheet, self._lock = sheet, lock
        self._heads: dict[int, Sequence[Sequence[Value]]] = {}
        self._bodies: dict[tuple[int, frozenset[int] | None], Grid] = {}

    @property
    def name(self) -> str:
        """Name on the sheet's tab."""
        return self._sheet.name

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`."""
        with self._lock:
            if rows not in self._heads:
                self._heads[rows] = self._sheet.head(rows)
            return self._heads[rows]

    def body(self, below: int) -> Grid:
        """All rows below a row."""
        return self.some(below, None)

    def some(self, below: int, columns: Collection[int] | None) -> Grid:
        """All rows below a row; of other than some columns cells may be missing where the source reads those faster than all."""
        with self._lock:
            reader = self._sheet if isinstance(self._sheet, ReadsSomeColumns) else None
            asked = None if reader is None or columns is None or (below, None) in self._bodies else frozenset(columns)
            if (below, asked) not in self._bodies:
                self._bodies[below, asked] = reader.some(below, asked) if reader else self._sheet.body(below)
            return self._bodies[below, asked]
