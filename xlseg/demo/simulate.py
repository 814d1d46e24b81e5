"""Ledgers for measuring how often a segment moves with no cause, and how soon a known change is seen.

Customers differ from each other like those of the sample the demo book is calibrated to, and are otherwise as plain as can be: terms of 30 days,
one invoice an order, one payment an invoice, no disputes, credits or paper.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xlseg.demo.chance import Chance
from xlseg.demo.habits import LEVEL, NEVER, SEASON, Habits, as_dates, day_number
from xlseg.demo.regimes import pareto_amounts
from xlseg.demo.sheets import numbered
from xlseg.demo.trade import Reach, billed, order_events, pay_days
from xlseg.tables import CUSTOMERS, INVOICES, ORDERS, PAYMENTS, Ledger, empty
from xlseg.workbook import Array


@dataclass(frozen=True)
class Population:
    """What the customers of a simulated ledger have in common.

    Attributes
    ----------
    customers, invoices_a_month
        How many, and their orders (each of which is billed) a month, averaged over the year.
    late, between, within
        Mean days late, its standard deviation between customers, and the standard deviation of a customer's own invoices.
    season
        Whether orders follow the demo book's season.
    until, years
        Last day of the ledger and its length.
    """

    customers: int = 200
    invoices_a_month: float = 4.0
    late: float = -3.6
    between: float = 10.2
    within: float = 7.7
    season: bool = True
    until: dt.date = dt.date(2026, 10, 31)
    years: int = 3


def unchanging(population: Population, seed: int) -> Ledger:
    """A ledger whose customers never change: every move between segments is a false alarm."""
    return _ledger(population, seed, _habits(population, seed), "payments")


def shifted(population: Population, seed: int, shift: dt.date, days: float = 15, orders: float = 0.5, reach: Reach = "payments") -> Ledger:
    """A ledger whose customers all change on one day.

    Parameters
    ----------
    shift
        Day from which they pay `days` later and place `orders` times as many orders.
    reach
        Whether the delay takes hold of all payments that would come after that day, or only of invoices issued after it.
    """
    habits = _habits(population, seed)
    changed = replace(
        habits,
        shift=np.full(population.customers, day_number(shift)),
        late_after=habits.late + days,
        orders_after=habits.orders * orders,
    )
    return _ledger(population, seed, changed, reach)


def _habits(population: Population, seed: int) -> Habits:
    size = population.customers
    chance = Chance(seed, "habits")
    late = population.late + population.between * chance.normal(size)
    nobody, never = np.zeros(size), np.full(size, NEVER)
    orders = np.full(size, population.invoices_a_month)
    return Habits(
        first=np.zeros(size, dtype="int64"),
        shift=never,
        late=late,
        late_after=late,
        spread=np.full(size, population.within),
        orders=orders,
        orders_after=orders,
        amount=pareto_amounts(chance, np.ones(size)),
        amount_spread=np.full(size, 0.5),
        terms=np.full(size, 30),
        season=np.tile(SEASON if population.season else LEVEL, (size, 1)),
        paper_until=np.zeros(size, dtype="int64"),
        disputed=nobody,
        instalments=nobody,
        credited=nobody,
        unpaid=nobody,
    )


def _ledger(population: Population, seed: int, habits: Habits, reach: Reach) -> Ledger:
    until = day_number(population.until)
    begin = day_number(dt.date(population.until.year - population.years, population.until.month, 1)) + population.until.day
    orders = order_events(Chance(seed, "orders"), habits, begin, until)
    invoices = billed(Chance(seed, "invoices"), habits, orders)
    invoices = invoices[invoices["issued"] <= until].reset_index(drop=True)
    paid = pay_days(Chance(seed, "payments"), habits, invoices, reach)
    ids = numbered("C", 1001, population.customers)
    people = pd.DataFrame({"customer": ids, "name": ids, "terms": "Net 30", "currency": "USD"})
    return Ledger(
        customers=_filled(people, CUSTOMERS),
        invoices=_invoices(ids, invoices, np.where(paid <= until, paid, NEVER)),
        payments=_payments(ids, invoices, paid, until),
        orders=_orders(ids, orders),
        has_invoices=True,
        has_payments=True,
        has_orders=True,
        currency="USD",
    )


def _invoices(ids: Array, invoices: pd.DataFrame, closed: Array) -> pd.DataFrame:
    is_open = closed >= NEVER
    frame = pd.DataFrame(
        {
            "document": numbered("INV", 20001, len(invoices)),
            "customer": ids[invoices["customer"]],
            "issued": as_dates(invoices["issued"].to_numpy()),
            "due": as_dates(invoices["due"].to_numpy()),
            "amount": invoices["cents"],
            "remaining": np.where(is_open, invoices["cents"], 0.0),
            "paid": as_dates(closed),
            "status": np.where(is_open, "open", "closed"),
        }
    )
    return _filled(frame, INVOICES)


def _payments(ids: Array, invoices: pd.DataFrame, paid: Array, until: int) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "payment": numbered("PYMT", 50001, len(invoices)),
            "customer": ids[invoices["customer"]],
            "date": as_dates(paid),
            "amount": invoices["cents"],
            "document": numbered("INV", 20001, len(invoices)),
        }
    )
    return _filled(frame[paid <= until].sort_values("date", kind="stable", ignore_index=True), PAYMENTS)


def _orders(ids: Array, orders: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "document": numbered("SO", 40001, len(orders)),
            "customer": ids[orders["customer"]],
            "date": as_dates(orders["day"].to_numpy()),
            "amount": orders["cents"],
        }
    )
    return _filled(frame, ORDERS)


def _filled(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """The frame with every column of a tidy table: what it has not said is "", no or absent; rows are numbered as below a header."""
    blanks: dict[str, str | bool | float] = {"str": "", "bool": False, "float64": np.nan}
    full = frame.assign(row=np.arange(2, len(frame) + 2))
    for name, kind in columns.items():
        if name not in full:
            full[name] = blanks[kind]
    return full[list(columns)].astype(columns) if len(full) else empty(columns)
