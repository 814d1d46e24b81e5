"""A ledger that formulas ask: read once, measured once for every as-of date and window, looked up by customer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from xlseg.addin.view import View
from xlseg.analysis import Analysis, Departed, analyse
from xlseg.errors import MissingSheetError, SourceError
from xlseg.facts import Facts, facts
from xlseg.intake.dates import FIRST_YEAR, LAST_YEAR
from xlseg.overrides import Override
from xlseg.segments.rules import RuleSet
from xlseg.settings import Settings
from xlseg.tables import Ledger

K = TypeVar("K")
V = TypeVar("V")

_MOST_KEPT = 32
"""Views and analyses kept of one ledger: more dates and windows than a sheet of formulas asks for."""


class Book:
    """One ledger and its settings, with what has been computed from them so far."""

    def __init__(self, ledger: Ledger, settings: Settings, name: str) -> None:
        self.ledger, self.settings, self.name = ledger, settings, name
        self._views: dict[tuple[dt.date, int | None, int | None], View] = {}
        self._analyses: dict[tuple[dt.date, str, tuple[Departed, ...], frozenset[str], tuple[Override, ...]], Analysis] = {}

    @cached_property
    def facts(self) -> Facts:
        """The facts of the ledger."""
        return facts(self.ledger, self.settings)

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """Position among the facts' customers by id."""
        return {customer: i for i, customer in enumerate(self.facts.customers)}

    @cached_property
    def _folded(self) -> Mapping[str, int]:
        return {customer.casefold(): i for customer, i in reversed([*self.positions.items()])}

    def position(self, customer: str) -> int | None:
        """Position of a customer, in whatever case his id is written; None when there is no such customer."""
        found = self.positions.get(customer)
        return self._folded.get(customer.casefold()) if found is None else found

    def at(self, as_of: dt.date, window: int | None = None, grace: int | None = None) -> View:
        """The ledger at a date, with a window and grace of its own or those of the settings.

        Raises
        ------
        SourceError
            For a date outside of the years that are read.
        """
        key = (as_of, window, grace)
        view = self._views.get(key)
        if view is None:
            settings = self.settings if window is None else replace(self.settings, window=window)
            settings = settings if grace is None else replace(settings, grace=grace)
            view = View(self.ledger, self.facts, self.positions, must_be_a_day(as_of), settings)
            _keep(self._views, key, view)
        return view

    def analysis(
        self, as_of: dt.date, rules: RuleSet, departed: tuple[Departed, ...], shown: frozenset[str], overrides: tuple[Override, ...] = ()
    ) -> Analysis:
        """Segments, and what belongs to them."""
        key = (as_of, rules.hash, departed, shown, overrides)
        if key not in self._analyses:
            _keep(self._analyses, key, analyse(self.ledger, self.settings, rules, must_be_a_day(as_of), departed, shown, overrides))
        return self._analyses[key]

    def must_tell_of_payment(self) -> None:
        """Stop when there are no invoices, or nothing says which of them are paid: all of them would look open.

        Raises
        ------
        SourceError
            With what to add.
        """
        if not self.ledger.has_invoices:
            raise MissingSheetError(self.name, "Invoices", ())
        if not self.ledger.tells_of_payment:
            advice = "give the payments as an argument, or invoices with a column 'Paid Date', 'Status' or 'Amount Remaining'"
            raise SourceError("Invoices", "nothing says which of them are paid", advice)


def _keep(kept: dict[K, V], key: K, value: V) -> None:
    while len(kept) >= _MOST_KEPT:
        del kept[next(iter(kept))]
    kept[key] = value


def must_be_a_day(as_of: dt.date) -> dt.date:
    """The date, unless it lies outside of the years that dates are read of.

    Raises
    ------
    SourceError
        For an earlier or later one.
    """
    if as_of.year < FIRST_YEAR:
        raise SourceError(as_of.isoformat(), "no sheet is read for such a day", f"take a date from {FIRST_YEAR} on")
    if as_of.year > LAST_YEAR:
        raise SourceError(as_of.isoformat(), "no sheet is read for such a day", f"take a date up to {LAST_YEAR}")
    return as_of
