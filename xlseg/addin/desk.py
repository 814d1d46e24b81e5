"""Where formulas get their data: ranges they are handed, and the workbook they stand in; read once, and again only when a cell has changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from xlseg import own
from xlseg.addin.book import Book
from xlseg.addin.formula import Sheet as Role
from xlseg.addin.sheets import CallingBook, FormulaSource, Opener, RangeSheet
from xlseg.addin.values import cell, is_range
from xlseg.analysis import Analysis
from xlseg.errors import SettingError, XlsegError
from xlseg.fingerprint import digest
from xlseg.governance import overrides_of
from xlseg.intake import read_ledger
from xlseg.intake.sheets import must_fit
from xlseg.migration import GONE
from xlseg.refresh import present
from xlseg.segments.rules import RuleSet
from xlseg.tables import Intake
from xlseg.workbook import Value

KNOWN_SEGMENT = "known segment"
"""The segment of those of whom something is known at the date: none for who is only on the Customers sheet, or has left since."""

_MOST_READINGS = 4
_MOST_RANGES = 6
"""What is kept of the cells themselves: a range of a million cells takes a hundred megabytes."""


class Reading:
    """What one set of sheets says: the ledger, the rules, and who is on the Segments tab."""

    def __init__(self, source: FormulaSource, today: Callable[[], dt.date], known: Callable[[Intake, Book], Book]) -> None:
        self.source, self._today = source, today
        self._analyses: dict[dt.date, Analysis] = {}
        self._standings: dict[tuple[dt.date, str], Mapping[str, Value]] = {}
        settings = own.settings_of(source)
        for sheet in source.given.values():
            if sheet.role != "rules" and sheet.role != "config":
                must_fit(sheet, sheet.role, settings)
        intake = read_ledger(source, settings)
        source.forget([tally.sheet for tally in intake.tallies])
        self.book = known(intake, Book(intake.ledger, settings, source.name))

    def day(self, as_of: dt.date | None) -> dt.date:
        """The as-of date that was given, or the one on Config, or today."""
        return as_of or self.book.settings.as_of or self._today()

    def now(self, otherwise: dt.date) -> dt.date:
        """The date on Config, or today; another one where nobody says what day it is, as in plain Python."""
        try:
            return self.day(None)
        except SettingError:
            return otherwise

    @cached_property
    def rules(self) -> RuleSet:
        """The segment rules."""
        return own.rules_of(self.source, self.book.ledger.has_invoices)

    def analysis(self, as_of: dt.date | None) -> Analysis:
        """Segments at a date, with those who have left since they were last shown."""
        day = self.day(as_of)
        if day not in self._analyses:
            customers = present(self.book.ledger)
            shown, departed = own.shown_of(self.source, customers, day)
            decided = overrides_of(self.source, self.rules, customers, day, self.now(day))
            self._analyses[day] = self.book.analysis(day, self.rules, departed, shown, decided)
        return self._analyses[day]

    def standing(self, column: str, as_of: dt.date | None) -> Callable[[str], Value]:
        """What tells a column of the Segments tab at a date by customer id: as it is written, else without regard to case where that leaves one.

        Who has left is Gone.
        """
        day = self.day(as_of)
        if (day, column) not in self._standings:
            self._standings[day, column] = _by_any_case(_by_customer(self.analysis(day), column))
        values = self._standings[day, column]
        return lambda customer: values[customer] if customer in values else values.get(customer.casefold())


def _by_any_case(values: Mapping[str, Value]) -> dict[str, Value]:
    """The same, and by ids in lower case as well where just one customer is called so."""
    folded: dict[str, list[str]] = {}
    for customer in values:
        folded.setdefault(customer.casefold(), []).append(customer)
    return {spelled: values[ids[0]] for spelled, ids in folded.items() if len(ids) == 1} | dict(values)


def _by_customer(analysis: Analysis, column: str) -> dict[str, Value]:
    if column == KNOWN_SEGMENT:
        known = analysis.standing[analysis.standing["known"]]
        return dict(zip(map(str, known["customer"]), map(str, known["segment"]), strict=True))
    values = [None if value != value else value for value in analysis.standing[column].tolist()]
    gone: dict[str, Value] = {d.customer: GONE if column == "segment" else None for d in analysis.departed}
    return gone | dict(zip(map(str, analysis.standing["customer"]), values, strict=True))


class Desk:
    """What the formulas of one session share.

    Attributes
    ----------
    last_error
        The line that says why the last error value was answered; "" when none was.
    """

    def __init__(self, calling_book: Opener = lambda: None, today: Callable[[], dt.date] | None = None) -> None:
        self._calling_book, self._today = calling_book, today or _no_today
        self._readings: dict[Hashable, Reading | XlsegError] = {}
        self._ranges: dict[tuple[Role, int], tuple[Any, RangeSheet, bytes]] = {}
        self._books: dict[Hashable, Book] = {}
        self.last_error = ""

    @property
    def epoch_1904(self) -> bool:
        """Whether a bare number that is a date counts from 1904."""
        book = self._calling_book()
        return bool(book and book.epoch_1904)

    def reading(self, given: Mapping[Role, Any]) -> Reading:
        """What the sheets say: those given, and for the rest the workbook's.

        Raises
        ------
        XlsegError
            When they cannot be read; the same again, without reading, until a cell changes.
        """
        book = self._calling_book()
        ranges = [self._range(role, value) for role, value in given.items() if value is not None]
        key = (book and book.stamp(), *sorted(hashed for _, hashed in ranges))
        found = self._readings.get(key)
        if found is None:
            _drop_oldest(self._readings, _MOST_READINGS)
            found = self._readings[key] = self._read([sheet for sheet, _ in ranges], book)
        if isinstance(found, XlsegError):
            raise found
        return found

    def _read(self, ranges: list[RangeSheet], book: CallingBook | None) -> Reading | XlsegError:
        try:
            return Reading(FormulaSource(ranges, book.source() if book else None), self._today, self._known)
        except XlsegError as error:
            return error

    def _known(self, intake: Intake, book: Book) -> Book:
        """The book of an earlier reading of the workbook that had the same content: what was measured then need not be measured again."""
        if self._calling_book() is None:
            return book  # all data are arguments, whose content is compared before they are read
        _drop_oldest(self._books, _MOST_READINGS)
        ledger = intake.ledger
        key = (digest(ledger, book.settings), ledger.has_invoices, ledger.has_payments, ledger.has_orders)
        return self._books.setdefault(key, book)

    def _range(self, role: Role, given: Any) -> tuple[RangeSheet, bytes]:
        # A tuple cannot change, so the same one need not be looked at again; a list may have.
        key = (role, id(given))
        kept = self._ranges.get(key)
        if kept is not None and kept[0] is given:
            return kept[1], kept[2]
        if not is_range(given) and not isinstance(cell(given), (str, type(None))):
            raise SettingError(str(role), "is not a table with its heading row", "give a range such as Invoices[#All]")
        sheet = RangeSheet(role, given)
        found = sheet.digest()
        if isinstance(given, tuple):
            _drop_oldest(self._ranges, _MOST_RANGES)
            self._ranges[key] = (given, sheet, found)
        return sheet, found


def _drop_oldest(kept: dict[Any, Any], most: int) -> None:
    while len(kept) >= most:
        del kept[next(iter(kept))]


def _no_today() -> dt.date:
    raise SettingError("as_of", "no date is given, and As of on the Config sheet is empty", "give one, such as DATE(2026,10,31)")


_default = [Desk()]
_seated: ContextVar[Desk | None] = ContextVar("desk", default=None)


def desk() -> Desk:
    """The desk of the call that is being answered."""
    return _seated.get() or _default[0]


def install(new: Desk) -> None:
    """Make a desk the one that all calls of this process use, unless they sit at another."""
    _default[0] = new


@contextmanager
def at(other: Desk) -> Iterator[Desk]:
    """Answer the calls inside at a desk of their own."""
    token = _seated.set(other)
    try:
        yield other
    finally:
        _seated.reset(token)
