"""The single observations behind a customer's metrics: payment events, and orders. docs/metrics.md, "Options of the formulas"."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from xlseg.facts import Facts
from xlseg.settings import Settings
from xlseg.workbook import Array


@dataclass(frozen=True)
class Payments:
    """Payment events, a row an invoice, by customer.

    Attributes
    ----------
    customer, invoice
        Positions among the facts' customers and in the ledger's invoices.
    due
        Day number.
    late, taken
        Days late, and days since the invoice: until it was settled, or so far.
    amount
        Hundredths.
    is_open
        Whether it is not settled yet.
    """

    customer: Array
    invoice: Array
    due: Array
    late: Array
    taken: Array
    amount: Array
    is_open: Array

    def of(self, customer: int) -> Payments:
        """Those of one customer."""
        return self.where(slice(*np.searchsorted(self.customer, [customer, customer + 1])))

    def where(self, chosen: Array | slice) -> Payments:
        """Some of them."""
        return Payments(*(getattr(self, column.name)[chosen] for column in fields(self)))


def payments_of(book: Facts, day: int, settings: Settings, open_items: str = "known") -> Payments:
    """The payment events at a day.

    "known": settled in the window, and open ones past due, which count the days they are late so far; "exclude": settled in the window only;
    "km": every invoice issued in the window, settled or open.
    """
    column = book.closings_at(day)
    issued, due, settled = column["issued"], column["due"], column["settled"]
    timed = column["timed"] == 1
    is_open = settled > day
    paid = timed & ~is_open & (column["by_credit"] == 0)
    if open_items == "km":
        kept = (paid | (timed & is_open)) & (issued <= day) & (issued > day - settings.window)
        late = np.minimum(settled, day) - due
    else:
        overdue = timed & is_open & (issued <= day) & (due < day) & (open_items == "known")
        kept = (paid & (settled > day - settings.window)) | overdue
        late = np.where(is_open, np.minimum(day - due, settings.window), settled - due)
    return Payments(
        column["customer"][kept],
        column["invoice"][kept],
        due[kept],
        late[kept],
        (late + due - issued)[kept],
        column["amount"][kept].astype("float64"),
        is_open[kept],
    )


@dataclass(frozen=True)
class Orders:
    """Orders above 0 in the window, by customer: position among the facts' customers, day number, hundredths."""

    customer: Array
    day: Array
    amount: Array

    def of(self, customer: int) -> Orders:
        """Those of one customer."""
        low, high = np.searchsorted(self.customer, [customer, customer + 1])
        return Orders(self.customer[low:high], self.day[low:high], self.amount[low:high])


def orders_of(book: Facts, day: int, settings: Settings) -> Orders:
    """The orders in the window at a day."""
    customer, placed, amount = (book.orders[name].to_numpy("int64") for name in ("customer", "day", "amount"))
    kept = (placed <= day) & (placed > day - settings.window) & (amount > 0)
    return Orders(customer[kept], placed[kept], amount[kept].astype("float64"))
