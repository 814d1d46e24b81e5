"""The documents of one customer at one date, each with what it adds to the sums that metrics are ratios of.

The columns come from the very definitions by which a whole book is measured (`metrics/`): an account cannot tell another story than the number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xlseg.calendar import Season, day_number
from xlseg.engines import collect, load
from xlseg.facts import Facts, days
from xlseg.metrics.catalogue import CATALOGUE
from xlseg.metrics.measure import season_of
from xlseg.metrics.orders import orders_in_window
from xlseg.metrics.payments import COUNTS, SUMS, payment_events
from xlseg.metrics.receivables import BUCKETS, open_items
from xlseg.metrics.spans import Dates, Part, spread
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.workbook import Array

LISTED = ("document", "issued", "due", "settled", "amount", "days")
"""What is told of a document. Days: late, past due, to pay, or (of an order) before the as-of date."""

_EVENT = ("invoice", "days_late", "recent", "is_settled", *COUNTS, *SUMS)
_ITEM = ("invoice", "age", "is_credit", "open_balance", "past_due", "first_due", *(name for name, _, _ in BUCKETS))
_ORDER = ("place", "amount", "orders", "value", "refund", "x", "xx", "y", "xy", "adjusted", "adjusted_last")


@dataclass(frozen=True, eq=False)
class Evidence:
    """One customer at one date.

    Attributes
    ----------
    customer
        His id, as the ledger has it.
    measured
        Every metric at the date, a row a customer.
    """

    ledger: Ledger
    facts: Facts
    settings: Settings
    as_of: dt.date
    customer: str
    measured: pd.DataFrame

    @property
    def day(self) -> int:
        """The as-of date as a day number."""
        return day_number(self.as_of)

    @cached_property
    def position(self) -> int:
        """His position among the facts' customers."""
        return self.facts.customers.index(self.customer)

    @cached_property
    def values(self) -> dict[str, float | str | None]:
        """His metrics; None where one is absent."""
        rows = self.measured[(self.measured["customer"].astype(object) == self.customer).to_numpy()]
        found = {name: rows[name].iloc[0] if len(rows) else None for name in CATALOGUE}
        return {name: None if value is None or value != value else value for name, value in found.items()}

    @cached_property
    def season(self) -> Season:
        """The seasonal indices of the book."""
        return season_of(self.facts, self.day)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Invoices settled in the window, and open ones past due, by issue date; those closed by credit and those without timing count 0 events."""
        found = self._spread(payment_events(load(_of(self.facts.closings, self.position)), self.settings), _EVENT)
        invoices = self.ledger.invoices.iloc[found["invoice"].to_numpy()]
        settled = (days(invoices["due"]) + found["days_late"].to_numpy()).astype("datetime64[D]").astype("datetime64[s]")
        settled[found["is_settled"].to_numpy() == 0] = np.datetime64("NaT", "s")
        columns = {"amount": invoices["amount"].to_numpy() / 100, "days": found["days_late"].to_numpy(), "settled": settled}
        return _in_order(found.assign(**_named(invoices, "issued"), due=invoices["due"].to_numpy(), **columns))

    @cached_property
    def items(self) -> pd.DataFrame:
        """The open items, by issue date; a credit memo is 0 days past due."""
        found = self._spread(open_items(load(_of(self.facts.balances, self.position))), _ITEM)
        invoices = self.ledger.invoices.iloc[found["invoice"].to_numpy()]
        age = np.where(found["is_credit"] == 1, 0, found["age"])
        columns = {"amount": found["open_balance"].to_numpy() / 100, "days": age, "whole": invoices["amount"].to_numpy() / 100}
        return _in_order(found.assign(**_named(invoices, "issued"), due=invoices["due"].to_numpy(), settled=_NEVER, **columns))

    @cached_property
    def _order_rows(self) -> pd.DataFrame:
        """The orders and refunds up to the date, in the order of the facts; the documents that stand in for orders where the book has none."""
        table, date = (self.ledger.orders, "date") if self.ledger.has_orders else (self.ledger.invoices, "issued")
        own = table.iloc[_of(self.facts.orders, self.position)["order"].to_numpy()]
        columns = {"amount": own["amount"].to_numpy() / 100, "cents": own["amount"].to_numpy(), "days": self.day - days(own[date])}
        return pd.DataFrame({**_named(own, date), **columns}).assign(due=_NEVER, settled=_NEVER)

    @cached_property
    def orders(self) -> pd.DataFrame:
        """The orders and refunds in the window, by date; x counts from the as-of date."""
        own = _of(self.facts.orders, self.position)
        part = orders_in_window(load(own.assign(place=np.arange(len(own)))), self._dates, {self.day: self.season}, self.settings.window)
        found = self._spread(part, _ORDER).drop(columns="amount")
        told = self._order_rows.iloc[found["place"].to_numpy()].reset_index(drop=True)
        return _in_order(pd.concat([told, found], axis=1).assign(net=found["value"] - found["refund"]))

    @cached_property
    def history(self) -> pd.DataFrame:
        """All orders up to the date, by date; `gap` is the days since the order day before, on the first order of a day."""
        rows = self._order_rows
        placed = _in_order(rows[((rows["cents"] > 0) & (rows["days"] >= 0)).to_numpy()])
        back = placed["days"].to_numpy()
        return placed.assign(gap=np.concatenate([np.zeros(min(len(back), 1)), back[:-1] - back[1:]]))

    @cached_property
    def order_days(self) -> Array:
        """The distinct days with an order up to the date."""
        own = _of(self.facts.order_days, self.position)["day"].to_numpy()
        return own[own <= self.day]

    @property
    def exposure(self) -> int:
        """Days in the window since the first order; 0 for a customer who never ordered."""
        return min(self.settings.window, self.day - int(self.order_days[0]) + 1) if len(self.order_days) else 0

    @property
    def _dates(self) -> Dates:
        return Dates((self.day,), "pandas")

    def _spread(self, part: Part, columns: Sequence[str]) -> pd.DataFrame:
        """What counts at the date, with the columns of the sums."""
        return pd.concat([collect(spread(rows, self._dates).select(*columns)) for rows in part.rows], ignore_index=True)


_NEVER = np.datetime64("NaT", "s")


def _of(frame: pd.DataFrame, customer: int) -> pd.DataFrame:
    """The rows of a customer, of facts by customer."""
    low, high = np.searchsorted(frame["customer"].to_numpy(), [customer, customer + 1])
    return frame.iloc[low:high].reset_index(drop=True)


def _named(table: pd.DataFrame, date: str) -> dict[str, Array]:
    return {"document": table["document"].to_numpy(object), "issued": table[date].to_numpy("datetime64[s]")}


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["issued", "document"], ignore_index=True)
