"""The demo book: what an ERP would export for customers whose behaviour is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlseg.demo.books import Documents, documents
from xlseg.demo.chance import Chance
from xlseg.demo.defects import Defect, plant, with_strangers
from xlseg.demo.habits import NEVER, Habits, as_dates, day_number
from xlseg.demo.parties import parties
from xlseg.demo.regimes import REGIMES, allot, draw_habits
from xlseg.demo.sheets import invoices_sheet, orders_sheet, payments_sheet, reminders_sheet
from xlseg.workbook import Array


@dataclass(frozen=True)
class DemoBook:
    """A book of ERP sheets and the truth about it.

    Attributes
    ----------
    sheets
        Customers, Invoices, Payments, SalesOrders and Reminders as exported, defects included. Money in units, dates as
        datetime64[s]; a column that a defect mixes holds objects (numbers, Timestamps, texts, CellError).
    clean
        The same without the defects: what intake must end up with.
    truth
        One row a customer: customer, name, regime, first (day of business, absent if before the book), shift (day of change, absent
        if there is none), days_late_before, days_late_after and spread (days; an e-mailed, undisputed invoice), orders_before and
        orders_after (a month), order_amount (median), terms (days), paper_until (day up to which bills go by post and are paid
        seven days later; absent if for ever or never: see `paper`), paper (never, until, always), own_season.
    defects
        What was done to which row.
    until
        Last day of the book.
    """

    sheets: Mapping[str, pd.DataFrame]
    clean: Mapping[str, pd.DataFrame]
    truth: pd.DataFrame
    defects: tuple[Defect, ...]
    until: dt.date


def make_book(customers: int, seed: int, until: dt.date = dt.date(2026, 10, 31), years: int = 3) -> DemoBook:
    """A believable book: the same for the same arguments, everywhere.

    Calibrated to published samples of receivables and orders: about 36 % of invoices paid late, 3.6 days early on average with a
    standard deviation of 12 days, disputes 14 and paper bills 7 days later, 6 % paid in instalments, a strong yearly season.

    Parameters
    ----------
    customers
        How many, at least 1. 500 have about 20,000 invoices in three years.
    seed
        Another seed is another book.
    until
        Last day of the book; only promises to pay lie beyond it.
    years
        Length of the book.
    """
    end = day_number(until)
    begin = day_number(dt.date(until.year - years, until.month, 1)) + until.day
    kinds = allot(Chance(seed, "regimes"), customers)
    habits = draw_habits(Chance(seed, "habits"), kinds, begin, end)
    people = parties(Chance(seed, "customers"), kinds, habits)
    clean = _sheets(seed, people, habits, documents(seed, habits, begin, end), end)
    clean["Invoices"] = with_strangers(seed, clean["Invoices"], customers)
    sheets, defects = plant(seed, clean, customers)
    return DemoBook(sheets, clean, _truth(people, kinds, habits, begin), defects, until)


def _sheets(seed: int, people: pd.DataFrame, habits: Habits, known: Documents, until: int) -> dict[str, pd.DataFrame]:
    return {
        "Customers": people,
        "Invoices": invoices_sheet(Chance(seed, "Invoices"), people, habits.terms, known),
        "Payments": payments_sheet(Chance(seed, "Payments"), people, known),
        "SalesOrders": orders_sheet(Chance(seed, "SalesOrders"), people, known),
        "Reminders": reminders_sheet(Chance(seed, "Reminders"), people, known, until),
    }


def _truth(people: pd.DataFrame, kinds: Array, habits: Habits, begin: int) -> pd.DataFrame:
    posted, forever = habits.paper_until > begin, habits.paper_until >= NEVER
    return pd.DataFrame(
        {
            "customer": people["Customer ID"],
            "name": people["Name"],
            "regime": np.array([regime.kind for regime in REGIMES], dtype=object)[kinds],
            "first": as_dates(np.where(habits.first > begin, habits.first, NEVER)),
            "shift": as_dates(habits.shift),
            "days_late_before": habits.late,
            "days_late_after": habits.late_after,
            "spread": habits.spread,
            "orders_before": habits.orders,
            "orders_after": habits.orders_after,
            "order_amount": habits.amount / 100,
            "terms": habits.terms,
            "paper": np.where(forever, "always", np.where(posted, "until", "never")),
            "paper_until": as_dates(np.where(posted, habits.paper_until, NEVER)),
            "own_season": np.array([regime.own_season for regime in REGIMES])[kinds],
        }
    )
