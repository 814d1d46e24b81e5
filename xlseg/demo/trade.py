"""From habits to documents: orders, the invoices for them, and when they are paid. Days are numbers, money is in hundredths."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from xlseg.demo.chance import Chance
from xlseg.demo.habits import NEVER, Habits, next_workday, off_weekend
from xlseg.workbook import Array

WORKDAYS_A_MONTH = 260.89 / 12
DISPUTE_DELAY = 14
PAPER_DELAY = 7

Reach = Literal["payments", "invoices"]
"""What a change of payment habits takes hold of: every payment that would come after the day of change, or only invoices issued after it."""


def order_events(chance: Chance, habits: Habits, begin: int, until: int) -> pd.DataFrame:
    """Orders from day `begin` to day `until`, a Poisson process on workdays: customer (position), day, cents; by day."""
    days = np.arange(begin, until + 1)
    days = days[(days + 3) % 7 < 5]
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype("int64") % 12
    rates = np.where(days >= habits.shift[:, None], habits.orders_after[:, None], habits.orders[:, None])
    rates = rates * habits.season[:, months] * (days >= habits.first[:, None]) / WORKDAYS_A_MONTH
    counts = chance.poisson(rates)
    day, customer = np.nonzero(counts.T)
    repeats = counts.T[day, customer]
    day, customer = np.repeat(days[day], repeats), np.repeat(customer, repeats)
    return pd.DataFrame({"customer": customer, "day": day, "cents": amounts(chance, habits, customer)})


def amounts(chance: Chance, habits: Habits, customer: Array) -> Array:
    """An amount for each of these customers' orders, at least 1.00."""
    drawn = habits.amount[customer] * np.exp(habits.amount_spread[customer] * chance.normal(len(customer)))
    return np.asarray(np.maximum(np.round(drawn), 100), dtype="int64")


def billed(chance: Chance, habits: Habits, orders: pd.DataFrame, split: float = 0.0) -> pd.DataFrame:
    """Invoices for the orders, some days later; a share of the orders is `split` into two deliveries.

    Columns: order (its index), customer, issued, due, cents, disputed, paper; by issue day. They run on beyond the end of the book.
    """
    size = len(orders)
    lag = chance.whole(size, 0, 6)
    in_two = chance.happens(np.full(size, split))
    first = np.where(in_two, np.round(orders["cents"] * chance.uniform(size, 0.3, 0.8)), orders["cents"]).astype("int64")
    whole = pd.DataFrame({"order": orders.index, "customer": orders["customer"], "issued": orders["day"] + lag, "cents": first})
    rest = whole[in_two].assign(issued=lambda f: f["issued"] + chance.whole(len(f), 3, 15), cents=(orders["cents"] - first)[in_two])
    invoices = pd.concat([whole, rest], ignore_index=True)
    issued = off_weekend(invoices["issued"].to_numpy())
    invoices["issued"] = np.maximum(issued, orders["day"].to_numpy()[invoices["order"]])
    invoices = invoices.sort_values(["issued", "order"], kind="stable", ignore_index=True)
    customer, issued = invoices["customer"].to_numpy(), invoices["issued"].to_numpy()
    invoices["due"] = issued + habits.terms[customer]
    invoices["disputed"] = chance.happens(habits.disputed[customer])
    invoices["paper"] = issued < habits.paper_until[customer]
    return invoices


def pay_days(chance: Chance, habits: Habits, invoices: pd.DataFrame, reach: Reach = "payments") -> Array:
    """Day on which the last of each invoice is paid, never a weekend and never before the workday after issue; NEVER for bad debts."""
    customer, issued, due = (invoices[name].to_numpy() for name in ("customer", "issued", "due"))
    own = habits.late[customer] + habits.spread[customer] * chance.normal(len(customer))
    own = own + DISPUTE_DELAY * invoices["disputed"].to_numpy() + PAPER_DELAY * invoices["paper"].to_numpy()
    day = due + np.rint(own).astype("int64")
    shift = habits.shift[customer]
    more = np.rint((habits.late_after - habits.late)[customer]).astype("int64")
    changed = (day if reach == "payments" else issued) >= shift
    day = np.where(changed, np.maximum(day + more, np.minimum(day, shift)), day)
    day = np.maximum(off_weekend(day), next_workday(issued))
    return np.where(chance.happens(habits.unpaid[customer]), NEVER, day)
