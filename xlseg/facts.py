"""Tidy tables → integer facts: days since 1970, hundredths, customers as codes. No dates, nulls or floats beyond this page.

What a metric may see at an as-of date is said here once, as spans of days: an invoice is settled from a day on, a balance stands from one day
until another. docs/metrics.md, "Invoices: amount, balance, settled".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from xlseg.beside import beside
from xlseg.calendar import FOREVER, month_numbers
from xlseg.settings import Settings
from xlseg.tables import Ledger
from xlseg.workbook import Array

CENT = 1
"""An open balance up to this many hundredths is settled."""
_PARTS = 10_000
"""A tolerance is taken in hundredths of a percent, so that 5 % of 100.00 is 5.00 and not a little less."""


@dataclass(frozen=True)
class Facts:
    """What happened, in integers. All frames have `customer`, a position in `customers`; all columns are int64.

    Attributes
    ----------
    customers
        Ids: those of the Customers sheet in its order, then the others as they appear.
    known
        customer, day: his first fact. Customers without facts have no row.
    closings
        customer, invoice, issued, due, opened, settled (FOREVER = open), reopened, amount, by_credit, disputed, timed: one row an invoice whose
        timing is known or still open, and one more each time that a payment which came back opens it again. A row tells of the invoice from
        `opened` to the day before `reopened`; `timed` is 0 where Config leaves disputed ones out.
    balances
        customer, invoice, due, since, until, amount, is_credit: an open balance that stood from `since` to the day before `until`. Credit
        memos are due FOREVER; `invoice` is a position in the ledger's invoices.
    sales
        customer, day, amount: invoices without credit memos.
    orders
        customer, order, day, month (0–11), amount; refunds are below 0. `order` is a position in the table that they are of.
    order_days
        customer, day: distinct days with an order.
    """

    customers: tuple[str, ...]
    known: pd.DataFrame
    closings: pd.DataFrame
    balances: pd.DataFrame
    sales: pd.DataFrame
    orders: pd.DataFrame
    order_days: pd.DataFrame
    has_invoices: bool
    has_orders: bool
    orders_are_invoices: bool

    def closings_at(self, day: int) -> Standing:
        """The rows of `closings` that tell of their invoices on a day: one an invoice issued by then."""
        return Standing(self.closings, "opened", "reopened", day)

    def balances_at(self, day: int) -> Standing:
        """The rows of `balances` that stand on a day: one an invoice or credit memo that is not 0 then."""
        return Standing(self.balances, "since", "until", day)


class Standing:
    """The rows of a table whose span includes a day, by columns; `standing["amount"]` is an array of int64."""

    def __init__(self, table: pd.DataFrame, since: str, until: str, day: int) -> None:
        rows = (table[since].to_numpy("int64") <= day) & (table[until].to_numpy("int64") > day)
        self._table, self._rows = table, slice(None) if rows.all() else np.flatnonzero(rows)
        self._taken: dict[str, Array] = {}

    def __getitem__(self, column: str) -> Array:
        if column not in self._taken:
            self._taken[column] = self._table[column].to_numpy("int64")[self._rows]
        return self._taken[column]


def facts(ledger: Ledger, settings: Settings | None = None) -> Facts:
    """The facts of a ledger, by the settings or their defaults."""
    chosen = settings or Settings()
    customers, (_, invoiced, ordered, paying) = _coded(ledger)
    ordering = beside(partial(_ordering, ledger, ordered if ledger.has_orders else invoiced))
    invoices = _invoices(ledger.invoices, invoiced)
    applied = _applications(ledger.payments, invoices)
    word = _own_word(invoices, applied.invoice, ledger.has_payments)
    closed_on = _closed_on(invoices, word)
    sales = ~invoices.is_credit
    orders, order_days = ordering.result()
    return Facts(
        customers=customers,
        known=_known(invoices, orders, paying, days(ledger.payments["date"])),
        closings=_closings(invoices, word, _spells(invoices, applied, closed_on, chosen.tolerance), chosen.leave_out_disputed),
        balances=_balances(invoices, applied, _opening(invoices, word), closed_on),
        sales=_frame(customer=invoices.customer[sales], day=invoices.issued[sales], amount=invoices.amount[sales]),
        orders=orders,
        order_days=order_days,
        has_invoices=ledger.has_invoices,
        has_orders=ledger.has_orders or ledger.has_invoices,
        orders_are_invoices=not ledger.has_orders,
    )


def days(dates: pd.Series) -> Array:
    """Day numbers of a datetime column; FOREVER where it is absent."""
    values = dates.to_numpy("datetime64[D]")
    return np.where(np.isnat(values), FOREVER, values.astype("int64"))


def _frame(**columns: Array) -> pd.DataFrame:
    """A frame that holds the arrays as they are; pandas would copy them into one block."""
    return pd.DataFrame(columns, copy=False)


def _coded(ledger: Ledger) -> tuple[tuple[str, ...], list[Array]]:
    """The customers, and the position among them (-1 = none) on every row of the Customers, Invoices, Orders and Payments tables."""
    columns = [frame["customer"] for frame in (ledger.customers, ledger.invoices, ledger.orders, ledger.payments)]
    codes, names = pd.factorize(pd.concat(columns, ignore_index=True))
    customers = [str(name) for name in names]
    if "" in customers:
        nobody = customers.index("")
        customers.pop(nobody)
        codes = np.where(codes == nobody, -1, codes - (codes > nobody))
    return tuple(customers), np.split(codes.astype("int64"), np.cumsum([len(column) for column in columns])[:-1])


@dataclass(frozen=True)
class _Invoices:
    """The columns of the invoices, in the ledger's order, as arrays; a day that is absent is FOREVER."""

    customer: Array
    document: pd.Series
    issued: Array
    due: Array
    paid: Array
    amount: Array
    remaining: Array
    stated: Array
    says_open: Array
    says_closed: Array
    says_credited: Array
    is_credit: Array
    disputed: Array

    def __len__(self) -> int:
        return len(self.customer)


def _invoices(table: pd.DataFrame, customer: Array) -> _Invoices:
    remaining = table["remaining"].to_numpy("float64")
    status, names = pd.factorize(table["status"])
    says = {str(name): status == code for code, name in enumerate(names)}
    nobody = np.zeros(len(table), "bool")
    return _Invoices(
        customer=customer,
        document=table["document"],
        issued=days(table["issued"]),
        due=days(table["due"]),
        paid=days(table["paid"]),
        amount=table["amount"].to_numpy("int64"),
        remaining=np.nan_to_num(remaining).astype("int64"),
        stated=~np.isnan(remaining),
        says_open=says.get("open", nobody),
        says_closed=says.get("closed", nobody),
        says_credited=says.get("credited", nobody),
        is_credit=table["is_credit"].to_numpy("bool"),
        disputed=table["disputed"].to_numpy("bool"),
    )


@dataclass(frozen=True)
class _Applied:
    """What lowers a balance: a row an invoice and day, by invoice and day. A credit memo that is used is raised by as much."""

    invoice: Array
    day: Array
    amount: Array
    credit: Array


def _applications(payments: pd.DataFrame, invoices: _Invoices) -> _Applied:
    amount = payments["amount"].to_numpy("int64")
    is_credit = payments["is_credit"].to_numpy("bool")
    day = days(payments["date"])
    target, memo, used = _referred(payments, invoices)
    invoice = np.concatenate([target, memo[used]])
    hits = invoice >= 0
    invoice = invoice[hits]
    lowered = np.concatenate([amount, -amount[used]])[hits]
    by_credit = np.concatenate([np.where(is_credit, amount, 0), np.zeros(int(used.sum()), "int64")])[hits]
    at = np.maximum(np.concatenate([day, day[used]])[hits], invoices.issued[invoice])
    order = np.lexsort((at, invoice))
    invoice, at = invoice[order], at[order]
    first = _begins(invoice, at)
    return _Applied(invoice[first], at[first], _added(lowered[order], first), _added(by_credit[order], first))


def _referred(payments: pd.DataFrame, invoices: _Invoices) -> tuple[Array, Array, Array]:
    """The invoice that each payment refers to, the document that has its own number (-1 = none), and whether that is a credit memo used so."""
    target = memo = np.full(len(payments), -1)
    if len(payments) and len(invoices):
        documents = pd.Index(invoices.document)
        target, memo = documents.get_indexer(payments["document"]), documents.get_indexer(payments["payment"])
    used = payments["is_credit"].to_numpy("bool") & (target >= 0) & (memo >= 0) & (memo != target)
    used[used] = invoices.is_credit[memo[used]]
    return target, memo, used


def _by_customer(customer: Array) -> Array:
    """The rows by customer, each customer's in their order.

    Customer and row in one number, which sorts several times as fast as a stable argsort does.
    """
    rows = max(len(customer), 1)
    order: Array = np.sort((customer + 1) * rows + np.arange(len(customer))) % rows  # a customer of nobody is -1
    return order


def _begins(*keys: Array) -> Array:
    """Where a new group begins in sorted keys."""
    if not len(keys[0]):
        return np.zeros(0, "int64")
    new = np.ones(len(keys[0]), "bool")
    new[1:] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return np.flatnonzero(new)


def _added(values: Array, first: Array) -> Array:
    """Sum of each group."""
    sums: Array = np.add.reduceat(values, first) if len(first) else values[:0]
    return sums


def _running(values: Array, group: Array) -> Array:
    """Cumulative sum within each group of sorted rows."""
    total = np.cumsum(values)
    first = _begins(group)
    before = (total - values)[first]
    within: Array = total - np.repeat(before, np.diff(first, append=len(group)))
    return within


@dataclass(frozen=True)
class OwnWord:
    """What the rows of the invoices say of their own closing, where no payment refers to them: bool arrays, a row an invoice.

    Attributes
    ----------
    believed
        Settled on its paid date.
    undated, partly
        Closed, or paid in part, and nobody knows when.
    doubted
        Has a paid date that is not believed, as it is open.
    """

    believed: Array
    undated: Array
    partly: Array
    doubted: Array


def own_word(invoices: pd.DataFrame, payments: pd.DataFrame | None) -> OwnWord:
    """Of the ledger's table of invoices; `payments` is None when there is no Payments sheet."""
    arrays = _invoices(invoices, np.zeros(len(invoices), "int64"))
    if payments is None:
        return _own_word(arrays, np.zeros(0, "int64"), has_payments=False)
    target, memo, used = _referred(payments, arrays)
    return _own_word(arrays, np.concatenate([target[target >= 0], memo[used]]), has_payments=True)


def _own_word(invoices: _Invoices, referred: Array, has_payments: bool) -> OwnWord:
    """`referred`: invoices to which a payment refers."""
    alone = np.ones(len(invoices), "bool")
    alone[referred] = False
    amount, remaining, stated = invoices.amount, invoices.remaining, invoices.stated
    dated = invoices.paid < FOREVER
    silent = ~(invoices.says_open | invoices.says_closed | invoices.says_credited)
    says_open = invoices.says_open | (silent & stated & (np.abs(remaining) > CENT))
    says_closed = ~says_open & (invoices.says_closed | invoices.says_credited | (stated & (np.abs(remaining) <= CENT)))
    believed = alone & dated & ~says_open & (says_closed | (silent & ~stated) | np.bool_(not has_payments))
    trusted = invoices.is_credit | np.bool_(not has_payments)  # else the payments say what is open
    partly = alone & trusted & ~believed & ~says_closed & stated & (np.abs(remaining) < np.abs(amount))
    return OwnWord(believed, alone & says_closed & ~dated, partly, alone & says_open & dated)


def _closed_on(invoices: _Invoices, word: OwnWord) -> Array:
    """Day each invoice is closed by its own word (FOREVER = not, or not known)."""
    return np.where(word.believed, np.maximum(invoices.paid, invoices.issued), FOREVER)


def _opening(invoices: _Invoices, word: OwnWord) -> Array:
    """What is open of each invoice at first."""
    return np.where(word.undated, 0, np.where(word.partly, invoices.remaining, invoices.amount))


@dataclass(frozen=True)
class _Spells:
    """The spells in which invoices are open, and how each ends: a row an invoice in the ledger's order, then those that were opened again.

    invoice: position; opened: first day of the spell; settled: day it ends (FOREVER = it does not); reopened: first day on which that is undone
    (FOREVER + 1 = never); by_credit: whether more than half of the invoice was closed by credit then.
    """

    invoice: Array
    opened: Array
    settled: Array
    reopened: Array
    by_credit: Array


def _spells(invoices: _Invoices, applied: _Applied, closed_on: Array, tolerance: float) -> _Spells:
    """When each invoice was open; `closed_on` is what it says itself, `tolerance` the part of it that may be left."""
    amount = invoices.amount[applied.invoice]
    left = amount - _running(applied.amount, applied.invoice)
    done = left <= np.maximum(CENT, np.floor(round(tolerance * _PARTS) * amount / _PARTS))
    was_done = np.append(False, done[:-1])
    was_done[_begins(applied.invoice)] = False
    ends, again = np.flatnonzero(done & ~was_done), np.flatnonzero(was_done & ~done)
    by_credit = np.append(2 * _running(applied.credit, applied.invoice) > amount, False)
    day = np.append(applied.day, FOREVER + 1)  # of no application

    every = np.arange(len(invoices), dtype="int64")
    invoice = np.concatenate([every, applied.invoice[again]])
    begin = np.concatenate([np.searchsorted(applied.invoice, every), again])
    end = _next(applied, ends, begin, invoice)
    undone = np.where(end < 0, -1, _next(applied, again, end, invoice))
    by_own_word = (invoices.says_credited & (closed_on < FOREVER))[invoice]
    return _Spells(
        invoice=invoice,
        opened=np.concatenate([invoices.issued, applied.day[again]]),
        settled=np.where(end < 0, closed_on[invoice], day[end]),
        reopened=day[undone],
        by_credit=np.where(end < 0, by_own_word, by_credit[end]),
    )


def _next(applied: _Applied, among: Array, place: Array, invoice: Array) -> Array:
    """The first of some applications at or after a place that is of an invoice; -1 where none is."""
    found = np.append(among, -1)[np.searchsorted(among, place)]
    return np.where(np.append(applied.invoice, -1)[found] == invoice, found, -1)


def _closings(invoices: _Invoices, word: OwnWord, spells: _Spells, leave_out_disputed: bool) -> pd.DataFrame:
    kept = np.flatnonzero((~invoices.is_credit & ~word.undated & (invoices.amount > CENT))[spells.invoice])
    kept = kept[_by_customer(invoices.customer[spells.invoice[kept]])]
    invoice = spells.invoice[kept]
    disputed = invoices.disputed[invoice]
    return _frame(
        customer=invoices.customer[invoice],
        invoice=invoice,
        issued=invoices.issued[invoice],
        due=invoices.due[invoice],
        opened=spells.opened[kept],
        settled=spells.settled[kept],
        reopened=spells.reopened[kept],
        amount=invoices.amount[invoice],
        by_credit=spells.by_credit[kept].astype("int64"),
        disputed=disputed.astype("int64"),
        timed=(~(disputed & leave_out_disputed)).astype("int64"),
    )


def _balances(invoices: _Invoices, applied: _Applied, opening: Array, closed_on: Array) -> pd.DataFrame:
    """The open balances: from the issue date on what is open at first, and after each application what that leaves."""
    number = np.arange(len(invoices), dtype="int64")
    invoice = np.concatenate([number, applied.invoice])
    since = np.concatenate([invoices.issued, applied.day])
    amount = np.concatenate([opening, -applied.amount])
    if len(applied.invoice):
        order = np.lexsort((since, invoice))
        invoice, since, amount = invoice[order], since[order], amount[order]
        first = _begins(invoice, since)
        invoice, since, amount = invoice[first], since[first], _added(amount, first)
        amount = _running(amount, invoice)
    until = np.where(closed_on < FOREVER, closed_on, FOREVER + 1)[invoice]
    follows = invoice[1:] == invoice[:-1]
    until[:-1][follows] = since[1:][follows]
    kept = np.flatnonzero((amount != 0) & (since < until))
    kept = kept[_by_customer(invoices.customer[invoice[kept]])]
    invoice = invoice[kept]
    is_credit = invoices.is_credit[invoice]
    return _frame(
        customer=invoices.customer[invoice],
        invoice=invoice,
        due=np.where(is_credit, FOREVER, invoices.due[invoice]),
        since=since[kept],
        until=until[kept],
        amount=amount[kept],
        is_credit=is_credit.astype("int64"),
    )


def _ordering(ledger: Ledger, customer: Array) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The orders and their days."""
    orders = _orders(ledger, customer)
    return orders, _order_days(orders)


def _orders(ledger: Ledger, customer: Array) -> pd.DataFrame:
    """The orders; where the book has none, its invoices and credit memos stand in."""
    table, date = (ledger.orders, "date") if ledger.has_orders else (ledger.invoices, "issued")
    order = _by_customer(customer)
    day = days(table[date])[order]
    amount = table["amount"].to_numpy("int64")[order]
    return _frame(customer=customer[order], order=order, day=day, month=month_numbers(day) % 12, amount=amount)


def _order_days(orders: pd.DataFrame) -> pd.DataFrame:
    placed = orders["amount"].to_numpy() > 0
    customer, day = orders["customer"].to_numpy()[placed], orders["day"].to_numpy()[placed]
    start = day.min(initial=FOREVER)
    span = day.max(initial=start) - start + 1
    placed_on = np.sort(customer * span + (day - start))  # np.unique takes ten times as long
    distinct = placed_on[_begins(placed_on)]
    return _frame(customer=distinct // span, day=distinct % span + start)


def _known(invoices: _Invoices, orders: pd.DataFrame, paying: Array, paid: Array) -> pd.DataFrame:
    customer = np.concatenate([invoices.customer, orders["customer"].to_numpy(), paying])
    day = np.concatenate([invoices.issued, orders["day"].to_numpy(), paid])
    somebody = customer >= 0
    first = np.full(customer.max(initial=-1) + 1, FOREVER + 1)
    np.minimum.at(first, customer[somebody], day[somebody])
    known = np.flatnonzero(first <= FOREVER)
    return _frame(customer=known, day=first[known])
