"""Thirteen weeks of receipts from the invoices that are open: expected, and how far off it may be. docs/forecast.md.

Every open invoice has a chance to be paid in each week, by how late its customer, his segment and the book pay, given how late it is already, and by
the days of the month on which he pays. What the weeks add up to is then drawn many times, so that invoices may come together.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from xlseg.draws import DRAWS, drawn
from xlseg.facts import CENT, Facts
from xlseg.lateness import PAID, History, Level, Slow, history, level
from xlseg.receipts import Applied
from xlseg.rhythm import day_of_month, rhythm
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.workbook import Array

WEEKS = 13
OWN, OF_SEGMENT, OF_BOOK = 8.0, 20.0, 1.0
"""Paid invoices by which a customer, a segment and the book is believed as much as what stands behind it."""

LATE, WAIT = 90, 180
"""Beyond LATE days late a payment comes at a constant rate: one in WAIT days, if the book has nothing to say."""

ENOUGH = 10
"""With fewer invoices paid in the window there is no forecast."""


@dataclass(frozen=True)
class OpenInvoices:
    """The invoices that are open on a day, by customer id and document, whatever the order of the ledger.

    customer: position among the facts' customers; invoice: position in the ledger's invoices; amount: what is still open, hundredths; due: day;
    disputed: bool.
    """

    customer: Array
    invoice: Array
    amount: Array
    due: Array
    disputed: Array

    @property
    def total(self) -> int:
        """What is open, in hundredths."""
        return int(self.amount.sum())


def open_invoices(ledger: Ledger, book: Facts, day: int) -> OpenInvoices:
    """The invoices with an open balance above a cent; credit memos and what was paid too much are not among them."""
    column = book.balances_at(day)
    kept = np.flatnonzero((column["is_credit"] == 0) & (column["amount"] > CENT))
    names = np.array(book.customers, object)[column["customer"][kept]]
    document = ledger.invoices["document"].array.take(column["invoice"][kept]).to_numpy(object)
    kept = kept[np.lexsort((document, names))] if len(kept) else kept
    customer, invoice, amount, due = (column[name][kept] for name in ("customer", "invoice", "amount", "due"))
    return OpenInvoices(customer, invoice, amount, due, ledger.invoices["disputed"].to_numpy("bool")[invoice])


@dataclass(frozen=True)
class Forecast:
    """What is expected of the open invoices in the 13 weeks of seven days after a day.

    Attributes
    ----------
    share
        open invoices × 14: part of the balance expected in each week, then later or never. A row sums to 1.
    draws
        draws × 13: receipts of each week, hundredths.
    paid
        Number of invoices paid in the window, by which it is made.
    """

    day: int
    items: OpenInvoices
    share: Array
    draws: Array
    paid: int

    @property
    def known(self) -> bool:
        """Whether there was enough history to forecast from."""
        return self.paid >= ENOUGH

    @cached_property
    def expected(self) -> Array:
        """Expected receipts of each week, then later or never: whole hundredths that add up to what is open."""
        weighed = (self.items.amount[:, None] * self.share[:, :WEEKS]).sum(axis=0)
        weeks = np.rint(weighed).astype("int64")
        return np.append(weeks, self.items.total - weeks.sum())

    def quantiles(self, *levels: float) -> Array:
        """Quantiles (a row each) of each week's receipts and, last, of the 13 weeks together; hundredths."""
        together = np.column_stack([self.draws, self.draws.sum(axis=1)])
        found: Array = np.rint(np.quantile(together, levels, axis=0)).astype("int64")
        return found

    def expected_of(self, group: Array, groups: int) -> Array:
        """For each group, `expected` of its part of the open invoices, in hundredths that are not rounded."""
        weighed = self.items.amount[:, None] * self.share
        return np.column_stack([np.bincount(group, weighed[:, at], groups) for at in range(WEEKS + 1)])


def forecast(ledger: Ledger, book: Facts, came: Applied, segment: Array, day: int, settings: Settings, draws: int = DRAWS) -> Forecast:
    """The forecast that could be made on a day.

    Parameters
    ----------
    came
        What lowered the invoices; only what is dated up to the day is looked at.
    segment
        Segment of each of the facts' customers, numbered from 0; -1 = none.
    day
        Day number; nothing later is looked at.
    """
    return forecast_on(grounds(ledger, book, came, day, settings), segment, draws)


@dataclass(frozen=True)
class Grounds:
    """What a forecast rests on, in whatever segments the customers are.

    Attributes
    ----------
    seen
        The invoices of the window.
    of_book, of_each
        How late the whole book pays, and each customer, with the book behind him.
    times
        How many times as often as in any week each customer pays in each of the weeks: customers × 13.
    cash
        Part of what is open that will not be credited.
    """

    day: int
    items: OpenInvoices
    seen: History
    of_book: Level
    of_each: Level
    times: Array
    cash: float


def grounds(ledger: Ledger, book: Facts, came: Applied, day: int, settings: Settings) -> Grounds:
    """What the forecast of `forecast` rests on."""
    seen, customers = history(book, day, settings.window), len(book.customers)
    of_book = level(np.zeros(customers, "int64"), 1, OF_BOOK, seen, Slow(_slow_rate(seen)))
    of_each = level(np.arange(customers), customers, OWN, seen, of_book)
    cash = 1 - credited_part(came, book, day, settings.window)
    return Grounds(day, open_invoices(ledger, book, day), seen, of_book, of_each, _times(book, day, settings.window), cash)


def forecast_on(found: Grounds, segment: Array, draws: int = DRAWS) -> Forecast:
    """The forecast that could be made with the customers in these segments."""
    day, items, seen, ways = found.day, found.items, found.seen, _ways(found, segment)
    late = (day - items.due - seen.delay * items.disputed)[:, None] + 7 * np.arange(WEEKS + 1)
    paid, left = ways.at(_places(items.customer, segment), late)
    chance = found.cash * _chances(paid, left, found.times[items.customer])
    within, between = ties(seen, ways, segment, day)
    known = seen.known(np.arange(len(segment)), len(segment))[items.customer]
    drawn_ = drawn(items.amount, chance, items.customer, 1 / (known + OWN + 1) + within, between, draws)
    return Forecast(day, items, np.column_stack([chance, 1 - chance.sum(axis=1)]), drawn_, int((seen.kind == PAID).sum()))


def came_in(came: Applied, made: Forecast) -> Array:
    """Receipts of each of the 13 weeks after a forecast, from the invoices it was made for; hundredths."""
    cash = came.cash
    week = (cash.day - made.day - 1) // 7
    seen = np.isin(cash.invoice, made.items.invoice) & (week >= 0) & (week < WEEKS)
    found: Array = np.bincount(week[seen], cash.amount[seen], WEEKS)[:WEEKS]
    return found


def _ways(found: Grounds, segment: Array) -> Level:
    """How late each customer pays, with his segment and the book behind him."""
    segments = level(segment + 1, int(segment.max(initial=-1)) + 2, OF_SEGMENT, found.seen, found.of_book)
    return replace(found.of_each, above=segments)


def _places(customer: Array, segment: Array) -> tuple[Array, ...]:
    """The groups of invoices on every level, the narrowest first."""
    return customer, segment[customer] + 1, np.zeros(len(customer), "int64")


def _slow_rate(seen: History) -> float:
    """Payments a day and open invoice beyond LATE days late, drawn towards one in WAIT days."""
    days = np.maximum(seen.exit, LATE) - np.maximum(seen.entry, LATE)
    paid = ((seen.exit > LATE) & (seen.kind == PAID)).sum()
    return float((paid + 1) / (days.sum() + WAIT))


def _times(book: Facts, day: int, window: int) -> Array:
    """How many times as often as in any week each customer pays in each of the weeks, by its days of the month: customers × 13."""
    days = day_of_month(day + 1 + np.arange(7 * WEEKS))
    found: Array = rhythm(book, day, window)[:, days].reshape(-1, WEEKS, 7).mean(axis=2)
    return found


_LITTLE, _SURELY = 1e-14, 30.0
"""A share taken for none, and the rate of a week in which everything is settled."""
_DIGITS = 10
"""Decimals beyond which sums depend on the order of rows."""


def _chances(paid: Array, left: Array, times: Array) -> Array:
    """Chance to be paid in each week, invoices × 13, when the rate of settling in it is `times` as high as it would be in any week.

    paid, left: invoices × 14, shares paid by and open after the ends of the weeks, from the as-of day on.
    """
    settled = -np.diff(left, axis=1)
    rate = np.minimum(-np.log(np.maximum(left[:, 1:], _LITTLE) / np.maximum(left[:, :-1], 10 * _LITTLE)), _SURELY)
    still = np.exp(-np.cumsum(np.maximum(rate, 0) * times, axis=1))
    gone = -np.diff(np.column_stack([np.ones(len(still)), still]), axis=1)
    by_payment = np.divide(np.diff(paid, axis=1), settled, out=np.ones(settled.shape), where=settled > _LITTLE)
    found: Array = np.round(gone * np.clip(by_payment, 0, 1), _DIGITS)
    return found


def credited_part(came: Applied, book: Facts, day: int, window: int) -> float:
    """Part of what is open on some day that credits take off in the end, of invoices that are paid otherwise.

    What was applied in the window, weighed by how long it had been open.
    """
    closings = book.closings_at(day)
    whole = np.zeros(1 + max(came.invoice.max(initial=0), closings["invoice"].max(initial=0)), "bool")
    whole[closings["invoice"][(closings["by_credit"] == 1) & (closings["settled"] <= day)]] = True
    seen = (came.day <= day) & (came.day > day - window) & (came.invoice >= 0) & ~whole[came.invoice]
    open_days = came.amount[seen].astype("float64") * came.waited[seen]
    total = open_days.sum()
    return round(float(np.clip(open_days[came.is_credit[seen]].sum() / total, 0, 1)), _DIGITS) if total > 0 else 0.0


def ties(seen: History, ways: Level, segment: Array, day: int) -> tuple[float, float]:
    """How much the invoices that fell due in one week were early or late together: correlation within a customer, and between customers.

    The place of each paid invoice in its own distribution, as far as it could be seen in the window, is multiplied with those of the other invoices
    due in its week; of the mean product, one standard error is taken off, and nothing is below 0.
    """
    paid = np.flatnonzero((seen.kind == PAID) & (seen.weight >= _RECENT))
    customer, late = seen.customer[paid], seen.exit[paid]
    by, _ = ways.at(_places(customer, segment), np.column_stack([seen.entry[paid], late - 1, late, seen.most(day)[paid]]))
    room = by[:, 3] - by[:, 0]
    kept = room > 0.5
    off = ((by[:, 1] + by[:, 2]) / 2 - by[:, 0])[kept] / room[kept] - 0.5
    customer, weight, week = customer[kept], seen.weight[paid][kept], seen.due[paid][kept] // 7
    week = week - week.min(initial=0)
    own_week = np.unique(customer * (week.max(initial=0) + 1) + week, return_inverse=True)[1]
    products, pairs = ([_squares(week, x), _squares(own_week, x), float((x**2).sum())] for x in (weight * off, weight))
    return _tie(products[1] - products[2], pairs[1] - pairs[2]), _tie(products[0] - products[1], pairs[0] - pairs[1])


_RECENT = 0.25
"""Least weight of an invoice that is asked whether it was paid together with others."""


def _squares(group: Array, values: Array) -> float:
    """Sum over the groups of their squared sums."""
    return float((np.bincount(group, values) ** 2).sum())


def _tie(products: float, pairs: float) -> float:
    """Correlation of places whose variance is 1/12, less a standard error."""
    return round(max(12 * products / pairs - 1 / pairs**0.5, 0.0), _DIGITS) if pairs > 1e-9 else 0.0
