"""A source whose sheets are read once, however many questions are asked of them: our own tabs, during one refresh."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from xlseg.workbook import Grid, HasTables, Sheet, Source, Value


class Kept:
    """A `Source` that remembers what it has read.

    Parameters
    ----------
    source
        Where the sheets are. Nothing may be written there meanwhile.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[str, KeptSheet] = {}

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self._source.name

    @property
    def epoch_1904(self) -> bool:
        """Whether dates count from 1904."""
        return self._source.epoch_1904

    def sheets(self) -> Sequence[str]:
        """Names of its sheets."""
        return self._names

    def sheet(self, name: str) -> Sheet:
        """One of them."""
        if name not in self._read:
            self._read[name] = KeptSheet(self._source.sheet(name))
        return self._read[name]

    def sheet_of_table(self, table: str) -> str | None:
        """Name of the sheet that holds the table of this name; None where the source knows of no tables."""
        return self._source.sheet_of_table(table) if isinstance(self._source, HasTables) else None

    @cached_property
    def _names(self) -> Sequence[str]:
        return self._source.sheets()


class KeptSheet:
    """One of its sheets."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._heads: dict[int, Sequence[Sequence[Value]]] = {}
        self._bodies: dict[int, Grid] = {}

    @property
    def name(self) -> str:
        """Name on the sheet's tab."""
        return self._sheet.name

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """Rows 1 … `rows`."""
        if rows not in self._heads:
            self._heads[rows] = self._sheet.head(rows)
        return self._heads[rows]

    def body(self, below: int) -> Grid:
        """All rows below a row."""
        if below not in self._bodies:
            self._bodies[below] = self._sheet.body(below)
        return self._bodies[below]
