"""A ledger at one as-of date: metrics and single observations by the customer's position, made when first asked for."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from xlseg.calendar import Season, as_of_dates, day_number
from xlseg.facts import Facts
from xlseg.metrics.book import book_figures_of
from xlseg.metrics.measure import measure_facts, season_of
from xlseg.metrics.needs import kindred
from xlseg.metrics.samples import Orders, Payments, orders_of, payments_of
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.workbook import Value


@dataclass(frozen=True, eq=False)
class View:
    """What is known at a date, by the position of a customer."""

    ledger: Ledger
    facts: Facts
    positions: Mapping[str, int]
    as_of: dt.date
    settings: Settings
    _measured: dict[frozenset[str], pd.DataFrame] = field(default_factory=dict)
    _metrics: dict[str, list[Value]] = field(default_factory=dict)
    _payments: dict[str, Payments] = field(default_factory=dict)
    _made: dict[object, dict[int, Value]] = field(default_factory=dict)

    @property
    def day(self) -> int:
        """The as-of date as a day number."""
        return day_number(self.as_of)

    @cached_property
    def measured(self) -> pd.DataFrame:
        """Every metric, a row a known customer."""
        return measure_facts(self.facts, [self.as_of], self.settings)

    @cached_property
    def known(self) -> frozenset[int]:
        """Positions of the customers of whom something is known."""
        known, customers = self.facts.known, self.facts.customers
        return frozenset(self.positions[customers[at]] for at in known["customer"][known["day"] <= self.day].tolist())

    def metric(self, name: str) -> list[Value]:
        """A metric of every customer by position; None where it is absent."""
        found = self._metrics.get(name)
        if found is None:
            found, measured = [None] * len(self.positions), self._with(name)
            for customer, value in zip(measured["customer"].tolist(), measured[name].tolist(), strict=True):
                found[self.positions[customer]] = None if value != value else value
            self._metrics[name] = found
        return found

    def _with(self, metric: str) -> pd.DataFrame:
        """A metric, a row a known customer. The first of a kind is measured alone, for most sheets ask for one; with the second all of that kind."""
        if "measured" in self.__dict__:
            return self.measured
        kind = kindred(metric)
        asked = self._measured.get(kind)
        if asked is None or metric not in asked:
            self._measured[kind] = measure_facts(self.facts, [self.as_of], self.settings, metrics=(metric,) if asked is None else kind)
        return self._measured[kind]

    def payments(self, open_items: str = "known") -> Payments:
        """The payment events."""
        if open_items not in self._payments:
            self._payments[open_items] = payments_of(self.facts, self.day, self.settings, open_items)
        return self._payments[open_items]

    @cached_property
    def orders(self) -> Orders:
        """The orders in the window."""
        return orders_of(self.facts, self.day, self.settings)

    def made(self, key: object, make: Callable[[int], float]) -> Callable[[int], Value]:
        """What is made of a customer's observations, each customer's made once; None where it is not a number."""
        kept = self._made.setdefault(key, {})

        def of(customer: int) -> Value:
            if customer not in kept:
                value = make(customer)
                kept[customer] = None if math.isnan(value) else value
            return kept[customer]

        return of

    @cached_property
    def season(self) -> Season:
        """The seasonal indices."""
        return season_of(self.facts, self.day)

    def figure(self, name: str, since: dt.date | None = None) -> float:
        """A figure of the whole book; collection counts from `since`, or else the last month-end before."""
        dates = [since or as_of_dates(self.as_of)[-2], self.as_of]
        return float(book_figures_of(self.facts, dates, self.settings)[name].iloc[-1])
