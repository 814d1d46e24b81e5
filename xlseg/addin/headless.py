"""The formulas in the cells of a file, where no spreadsheet program asks for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from xlseg.addin import functions
from xlseg.addin.catalogue import BY_NAME
from xlseg.addin.desk import Desk, at
from xlseg.workbook import HasTables, Sheet, Source

_DAYS = ("as_of", "after")
"""The arguments that stand for the as-of date when they are left out."""


@dataclass(frozen=True)
class CellFormulas:
    """What answers the formulas of a book's cells.

    Attributes
    ----------
    today
        The day it is.
    as_of
        The as-of date of formulas that are given none; when None, the one on Config, or else today.
    exports
        Where the ERP sheets are, when that is not the book.
    """

    today: dt.date
    as_of: dt.date | None = None
    exports: Source | None = None

    @property
    def names(self) -> Collection[str]:
        """Names of all formulas."""
        return BY_NAME

    def of(self, book: Source) -> Callable[[str, Sequence[Any]], Any]:
        """What answers calls from the cells of a book."""
        seen = _Seen(book if self.exports is None else _Layers(self.exports, book))
        desk = Desk(lambda: seen, lambda: self.today)

        def answer(name: str, given: Sequence[Any]) -> Any:
            with at(desk):
                return getattr(functions, name)(*self._dated(name, given))

        return answer

    def _dated(self, name: str, given: Sequence[Any]) -> list[Any]:
        """The arguments with the as-of date where it is left out."""
        wanted = [argument.name for argument in BY_NAME[name].arguments]
        full = [*given, *[None] * (len(wanted) - len(given))]
        for day in _DAYS if self.as_of else ():
            if day in wanted and full[wanted.index(day)] is None:
                full[wanted.index(day)] = self.as_of
        return full


class _Seen:
    """A book that does not change while its formulas are answered."""

    def __init__(self, book: Source) -> None:
        self._book = book

    @property
    def epoch_1904(self) -> bool:
        return self._book.epoch_1904

    def stamp(self) -> Hashable:
        return id(self._book)

    def source(self) -> Source:
        return self._book


class _Layers:
    """The sheets of the exports, and behind them those of the book that none of them stands in for."""

    def __init__(self, exports: Source, book: Source) -> None:
        self._exports, self._book = exports, book
        self.name = book.name

    @property
    def epoch_1904(self) -> bool:
        return self._exports.epoch_1904

    def sheets(self) -> Sequence[str]:
        front = self._exports.sheets()
        known = {name.casefold() for name in front}
        return [*front, *(name for name in self._book.sheets() if name.casefold() not in known)]

    def sheet(self, name: str) -> Sheet:
        return (self._exports if name in self._exports.sheets() else self._book).sheet(name)

    def sheet_of_table(self, table: str) -> str | None:
        return self._book.sheet_of_table(table) if isinstance(self._book, HasTables) else None
