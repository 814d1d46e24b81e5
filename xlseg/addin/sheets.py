"""The sheets a formula reads: those it is handed, and for the rest those of its workbook."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from xlseg.addin.formula import Sheet as Role
from xlseg.addin.values import cell, grid_of, rows_of
from xlseg.intake.fields import SHEET_NAMES
from xlseg.intake.headings import fold
from xlseg.workbook import Array, Grid, HasTables, Sheet, Source, Value

NAMES: Mapping[Role, str] = {
    "invoices": "Invoices",
    "payments": "Payments",
    "orders": "SalesOrders",
    "customers": "Customers",
    "rules": "Rules",
    "config": "Config",
}
"""What a handed range is called in messages, and where it stands in for the workbook's sheet."""


class CallingBook(Protocol):
    """The workbook a formula stands in, as far as its host can see it."""

    @property
    def epoch_1904(self) -> bool:
        """Whether a bare number that is a date counts from 1904."""

    def stamp(self) -> Hashable:
        """Equal as long as the same workbook holds the same cells. Asked at every call, so it has to be quick."""

    def source(self) -> Source:
        """The workbook's sheets, read now."""


@runtime_checkable
class Forgets(Protocol):
    """A source that can let go of the cells of some sheets."""

    def forget(self, names: Collection[str]) -> None:
        """Let go of them; their names stay."""


class RowsSheet:
    """Rows as a spreadsheet program hands them over, as a sheet."""

    def __init__(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        self.name, self._rows = name, rows

    def head(self, rows: int = 60) -> Sequence[Sequence[Value]]:
        """The first rows."""
        return [[cell(each) for each in row] for row in self._rows[:rows]]

    def body(self, below: int) -> Grid:
        """All rows below a row number."""
        return grid_of(self._rows[below:], below + 1)


class RangeSheet(RowsSheet):
    """A range with a heading row that a formula was handed."""

    def __init__(self, role: Role, given: Any) -> None:
        super().__init__(NAMES[role], rows_of(given))
        self.role = role
        self._grid = super().body(1)

    def body(self, below: int) -> Grid:
        """All rows below a row number."""
        return self._grid if below == 1 else super().body(below)

    def digest(self) -> bytes:
        """A hash of every cell: equal content, equal hash."""
        found = hashlib.blake2b(repr((self.role, self.head(1), self._grid.rows)).encode("utf-8", "surrogatepass"), digest_size=16)
        for column in self._grid.columns:
            found.update(column.dtype.str.encode())
            found.update(_bytes(column))
        return found.digest()


def _bytes(column: Array) -> bytes:
    if column.dtype != object:
        return column.tobytes()
    cells = column.tolist()
    try:
        text = "\x1f".join(cells)
    except TypeError:  # not texts alone
        return repr(cells).encode("utf-8", "surrogatepass")
    # A separator within a cell would let two contents look alike.
    return text.encode("utf-8", "surrogatepass") if text.count("\x1f") == len(cells) - 1 else repr(cells).encode("utf-8", "surrogatepass")


class FormulaSource:
    """A source made of ranges handed to a formula and, behind them, the sheets of its workbook."""

    def __init__(self, given: Sequence[RangeSheet], book: Source | None) -> None:
        self.given = {sheet.name: sheet for sheet in given}
        self.book = book
        self.name = book.name if book else "this formula"
        self.epoch_1904 = bool(book and book.epoch_1904)
        self._hidden = {fold(name) for sheet in given for name in (NAMES[sheet.role], *_names(sheet.role))}

    def sheets(self) -> Sequence[str]:
        """Those handed, then those of the workbook that none of them stands in for."""
        return [*self.given, *(name for name in (self.book.sheets() if self.book else ()) if fold(name) not in self._hidden)]

    def sheet(self, name: str) -> Sheet:
        """One of them."""
        if name in self.given:
            return self.given[name]
        assert self.book is not None
        return self.book.sheet(name)

    def forget(self, names: Collection[str]) -> None:
        """Let go of the cells of the ERP sheets once the ledger is read: Rules, Config and the Segments tab are still asked for."""
        self.given = {name: sheet for name, sheet in self.given.items() if name not in names}
        if isinstance(self.book, Forgets):
            self.book.forget(names)

    def sheet_of_table(self, table: str) -> str | None:
        """The workbook's sheet that holds a table."""
        return self.book.sheet_of_table(table) if isinstance(self.book, HasTables) else None


def _names(role: Role) -> tuple[str, ...]:
    return () if role == "rules" or role == "config" else SHEET_NAMES[role]


Opener = Callable[[], CallingBook | None]
"""The workbook of the cell that is being computed; None where the host cannot see it."""
